//! What a store needs done while it is open (the bell has it done): recovery on every server, moves that were killed, old verdicts, the map.
//!
//! A round takes no input and closes the gap between what is and what should be, so a round that fails is made good
//! by the next, and any number of programs may run them at once.

use std::sync::Arc;

use metrics::{counter, gauge};

use super::fleet::Fleet;
use super::recovery::{self, AGE_SECONDS_MIN, Swept};
use super::trouble::Attempt;
use super::{moves, status};
use crate::{MoveError, MoveReport, ShardInfo, Store, StoreError, VshardRange};

/// What one round of upkeep did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Upkeep {
    /// Prepared transactions that were found decided, and committed.
    pub committed: u32,
    /// Prepared transactions that nobody had decided, and were rolled back.
    pub undone: u32,
    /// Prepared transactions that are left, and how long the oldest has been waiting.
    pub left: u32,
    pub oldest_seconds: f64,
    /// Moves that were ended for a program that was killed.
    pub moves_ended: usize,
    /// What could not be looked at, and why.
    pub failures: Vec<String>,
}

impl Store {
    /// One round of what each process does: it reads the map again, and ends what killed programs left.
    pub async fn upkeep(&self) -> Result<(), StoreError> {
        if self.routes().sharding().is_none() {
            return Ok(());
        }
        let refreshed = self.routes().refresh().await;
        let done = self.recover(AGE_SECONDS_MIN).await?;
        refreshed?;
        match done.failures.first() {
            Some(failure) => Err(StoreError::broken(format!("upkeep of the store: {failure}"))),
            None => Ok(()),
        }
    }

    /// Forgets verdicts that no server can still ask for. Old ones do no harm but take room.
    pub async fn forget_verdicts(&self) -> Result<(), StoreError> {
        let Some(sharding) = self.routes().sharding() else {
            return Ok(());
        };
        let fleet = Arc::clone(&sharding.fleet);
        sharding.fleet.run(move || Ok(forget_verdicts(&fleet)?)).await
    }

    /// One round of recovery: settles what was left prepared for at least so long, and ends killed moves.
    pub async fn recover(&self, age_seconds_min: f64) -> Result<Upkeep, StoreError> {
        let Some(sharding) = self.routes().sharding() else {
            return Ok(Upkeep::default());
        };
        let fleet = Arc::clone(&sharding.fleet);
        sharding
            .fleet
            .run(move || Ok(round(&fleet, age_seconds_min)))
            .await
    }

    /// Where the virtual shards are and how many rows they hold. Counts them all, so it takes its time in a big house.
    pub async fn shards(&self) -> Result<Vec<ShardInfo>, StoreError> {
        let Some(sharding) = self.routes().sharding() else {
            return status::of_file(self);
        };
        let fleet = Arc::clone(&sharding.fleet);
        sharding.fleet.run(move || Ok(status::of_fleet(&fleet)?)).await
    }

    /// Moves what of `range` is not there yet to the server `to`, while it is in use. Takes its time; what was moved
    /// stays moved when it ends early.
    pub async fn move_range(&self, range: VshardRange, to: &str) -> Result<MoveReport, MoveError> {
        let Some(sharding) = self.routes().sharding() else {
            return Err(MoveError::OneFile);
        };
        let (fleet, to) = (Arc::clone(&sharding.fleet), to.to_owned());
        let moved = tokio::task::spawn_blocking(move || moves::move_range(&fleet, range, &to))
            .await
            .unwrap_or_else(|_| Err(MoveError::Failed(StoreError::broken("the move panicked"))));
        if let Err(error) = self.routes().refresh().await {
            tracing::warn!(%error, "the shard map could not be read after a move");
        }
        moved
    }
}

fn round(fleet: &Fleet, age_seconds_min: f64) -> Upkeep {
    let mut done = Upkeep::default();
    for contact in &fleet.contacts {
        let name = contact.name();
        match sweep(fleet, name, age_seconds_min) {
            Ok(swept) => {
                gauge!("townhall_prepared_transaction_age_seconds", "server" => name.to_owned())
                    .set(swept.oldest_seconds);
                counter!("townhall_recovered_transactions_total", "server" => name.to_owned())
                    .increment(u64::from(swept.committed + swept.undone));
                done.committed += swept.committed;
                done.undone += swept.undone;
                done.left += swept.left;
                done.oldest_seconds = done.oldest_seconds.max(swept.oldest_seconds);
            }
            Err(trouble) => done.failures.push(format!("{name}: {trouble}")),
        }
    }
    match end_moves(fleet) {
        Ok(ended) => done.moves_ended = ended,
        Err(trouble) => done.failures.push(format!("moves: {trouble}")),
    }
    done
}

fn sweep(fleet: &Fleet, name: &str, age_seconds_min: f64) -> Attempt<Swept> {
    let mut client = fleet.borrow(name)?;
    let swept = recovery::sweep(&mut client, age_seconds_min, fleet.clock.now(), &mut |gid| {
        fleet.home_of(gid)
    })?;
    fleet.give_back(name, client);
    Ok(swept)
}

fn end_moves(fleet: &Fleet) -> Attempt<usize> {
    let mut home = fleet.borrow(fleet.home_name())?;
    let ended = moves::recover(fleet, &mut home)?;
    fleet.give_back(fleet.home_name(), home);
    Ok(ended.unwrap_or(0))
}

/// A verdict may go only when no server waits for it, so all are asked before any is forgotten.
fn forget_verdicts(fleet: &Fleet) -> Attempt<()> {
    let mut clients = Vec::new();
    let mut waiting = Vec::new();
    for contact in &fleet.contacts {
        let mut client = fleet.borrow(contact.name())?;
        waiting.extend(recovery::names_prepared(&mut client)?);
        clients.push((contact.name(), client));
    }
    for (name, mut client) in clients {
        let forgotten = recovery::forget_verdicts(&mut client, fleet.clock.now(), &waiting)?;
        tracing::debug!(server = name, forgotten, "forgot old verdicts");
        fleet.give_back(name, client);
    }
    Ok(())
}
