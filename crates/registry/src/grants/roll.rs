//! The roll of administrators: who counts as one that can sign in.
//!
//! People live in many shards, so no transaction sees all administrators at once. The roll does: it is a few rows in
//! one shard. Whoever stops being an active administrator leaves it *before* they change, and the last one is not let
//! out; whoever becomes one enters it *after*. So at any instant, and after a crash at any instant, the roll counts
//! nobody who is not an administrator, and the house always keeps one. It may count one too few after a crash; giving
//! them the role again mends that.
//!
//! Each word on the roll carries the version of the person it speaks of, and a later version's word stands. That
//! settles somebody's being made and unmade an administrator at the same time.

use kernel::{Id, PersonId};
use store::{Store, StoreError};

use super::rows;
use super::types::HouseRoles;
use crate::failure::Failure;
use crate::people::types::{Person, Reason};

fn house() -> Id {
    Id::named("house", "admins")
}

/// Whether this person is to be on the roll.
pub fn counts(person: &Person, held: HouseRoles) -> bool {
    person.state.is_active() && held.admin
}

/// Enters the person as they are in this version, if they are to be on the roll. `false` when a later version's word
/// stands there.
pub async fn enter(store: &Store, person: &Person, held: HouseRoles) -> Result<bool, StoreError> {
    if !counts(person, held) {
        return Ok(true);
    }
    let (house, id, version) = (house(), person.id, person.version);
    store
        .shard_of(house)
        .write(move |tx| rows::put_on_roll(tx, house, id, true, version))
        .await
}

/// Leaves the roll for the version that is about to be saved. Refused when nobody else is on it.
pub async fn leave(store: &Store, person: PersonId, next_version: i64) -> Result<(), Failure> {
    let house = house();
    store
        .shard_of(house)
        .write(move |tx| {
            if !rows::others_on_roll(tx, house, person)? {
                return Err(Failure::from(Reason::LastAdmin));
            }
            rows::put_on_roll(tx, house, person, false, next_version)?;
            Ok(())
        })
        .await
}

/// Whether anybody is on the roll.
pub async fn counts_anybody(store: &Store) -> Result<bool, StoreError> {
    let house = house();
    store
        .shard_of(house)
        .read(move |tx| rows::anybody_on_roll(tx, house))
        .await
}
