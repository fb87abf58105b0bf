//! A shift without loops: each task's rounds until nothing is due.

use kernel::{Clock, random_token};
use store::lease::{self, Lease};
use store::{Shard, Store, StoreError};
use tokio::sync::watch;

use super::{Again, Held, LEASE_SECONDS, Part, Task};

/// Runs the rounds of all tasks on all servers, until none has anything left to do now.
pub(crate) async fn once(store: &Store, clock: &Clock, tasks: &[Task]) -> Result<(), StoreError> {
    let me = random_token();
    let (_keep, wanted) = watch::channel(true);
    for (server, shard) in store.everywhere().into_iter().enumerate() {
        for task in tasks {
            for lease in take(&shard, server, clock, task, &me).await? {
                let held = Held {
                    shard: shard.clone(),
                    lease: lease.clone(),
                    server,
                    part: Part::of(1, 1),
                    wanted: wanted.clone(),
                };
                loop {
                    match task.work.round(&held).await? {
                        Again::AtOnce => {}
                        Again::At(then) if then <= clock.now() => {}
                        _ => break,
                    }
                }
                shard.write_internal(move |tx| lease::release(tx, &lease)).await?;
            }
        }
    }
    Ok(())
}

async fn take(
    shard: &Shard,
    server: usize,
    clock: &Clock,
    task: &Task,
    me: &str,
) -> Result<Vec<Lease>, StoreError> {
    let (now, name, me) = (clock.now(), task.name.clone(), me.to_owned());
    let ranges = task.ranges(server == 0);
    shard
        .write_internal(move |tx| {
            let mut taken = Vec::new();
            for range in &ranges {
                taken.extend(lease::acquire(
                    tx,
                    &name,
                    *range,
                    &me,
                    now,
                    now.plus_seconds(LEASE_SECONDS),
                )?);
            }
            Ok(taken)
        })
        .await
}
