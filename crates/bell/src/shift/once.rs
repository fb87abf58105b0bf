//! A shift without loops: each task's rounds until nothing is due.

use std::sync::Arc;

use kernel::{Clock, random_token};
use store::lease::{self, Lease};
use store::{Shard, Store, StoreError};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Again, Held, LEASE_SECONDS, Part, Task, Work};

/// Runs the rounds of all tasks on all servers, until none has anything left to do now. The quarters of a task work side by
/// side, as they always do.
pub(crate) async fn once(store: &Store, clock: &Clock, tasks: &[Task]) -> Result<(), StoreError> {
    let me = random_token();
    let (_keep, wanted) = watch::channel(true);
    for (server, shard) in store.everywhere().into_iter().enumerate() {
        for task in tasks {
            let mut quarters = JoinSet::new();
            for lease in take(&shard, server, clock, task, &me).await? {
                let held = Held {
                    shard: shard.clone(),
                    lease,
                    server,
                    part: Part::of(1, 1),
                    wanted: wanted.clone(),
                };
                quarters.spawn(rounds(Arc::clone(&task.work), held, clock.clone()));
            }
            while let Some(ended) = quarters.join_next().await {
                ended.map_err(|error| StoreError::broken(format!("work ended in a panic: {error}")))??;
            }
        }
    }
    Ok(())
}

/// Until nothing is due. The lease is given back then.
async fn rounds(work: Arc<dyn Work>, held: Held, clock: Clock) -> Result<(), StoreError> {
    loop {
        match work.round(&held).await? {
            Again::AtOnce => {}
            Again::At(then) if then <= clock.now() => {}
            _ => break,
        }
    }
    let Held { shard, lease, .. } = held;
    shard.write_internal(move |tx| lease::release(tx, &lease)).await
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
