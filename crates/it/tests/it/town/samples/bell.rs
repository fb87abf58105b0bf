//! The bell: an operator's view. Parked timers are put there by hand, because nothing fails in a town.

use kernel::Id;
use store::{StoreError, params, sql};

use super::{Ctx, Sample, Shows, sample};
use crate::town::{Call, Town};

pub fn samples() -> Vec<Sample> {
    let plain = |path| sample("GET", path, Shows::Everyone, async |_| Call::default());
    vec![
        plain("/bell"),
        plain("/api/v1/bell/kinds"),
        plain("/api/v1/bell/parked-timers"),
        plain("/api/v1/bell/parked-changes"),
        timer("/api/v1/bell/parked-timers/{owner}/{name}/retry"),
        timer("/bell/timers/{owner}/{name}/retry"),
        change("/api/v1/bell/parked-changes/{owner}/{number}/retry"),
        change("/bell/changes/{owner}/{number}/retry"),
    ]
}

fn timer(path: &'static str) -> Sample {
    sample("POST", path, Shows::Whoever, move |ctx: Ctx| async move {
        let (owner, name) = if ctx.unknown() {
            (Id::new(ctx.town.clock.now()), Id::new(ctx.town.clock.now()))
        } else {
            parked_timer(&ctx.town).await
        };
        posted(path).at(&[&owner.to_string(), &name.to_string()])
    })
}

/// A timer that is parked: its owner and its name.
pub async fn parked_timer(town: &Town) -> (Id, Id) {
    let (owner, name) = (Id::new(town.clock.now()), Id::new(town.clock.now()));
    let parked: Result<u64, StoreError> = town
        .store()
        .shard_of(owner)
        .write(move |tx| {
            tx.execute(
                sql!(
                    "INSERT INTO timers (name, vshard, owner, kind, due_at, attempts, parked, timer_key, reason)
                     VALUES ($1, $2, $3, 1, 0, 12, 1, $3, 'it never worked')"
                ),
                params![name, owner.virtual_shard(), owner],
            )
        })
        .await;
    parked.unwrap();
    (owner, name)
}

fn change(path: &'static str) -> Sample {
    sample("POST", path, Shows::Whoever, move |ctx: Ctx| async move {
        let owner = Id::new(ctx.town.clock.now());
        if !ctx.unknown() {
            let parked: Result<u64, StoreError> = ctx
                .town
                .store()
                .shard_of(owner)
                .write(move |tx| {
                    tx.execute(
                        sql!(
                            "INSERT INTO outbox_parked (vshard, owner, number, parked_at, reason)
                             VALUES ($1, $2, 7, 0, 'nobody could take it in')"
                        ),
                        params![owner.virtual_shard(), owner],
                    )
                })
                .await;
            parked.unwrap();
        }
        posted(path).at(&[&owner.to_string(), "7"])
    })
}

/// As a program asks, or as a page's button does.
fn posted(path: &str) -> Call {
    if path.starts_with("/api/") {
        Call::default()
    } else {
        Call::form(&[])
    }
}
