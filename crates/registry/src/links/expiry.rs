//! Links that nobody used are forgotten at the instant they expire.

use bell::{Bell, Failed, Kind, Rung, Timer};
use kernel::PersonId;
use store::{StoreError, Tx};

use super::rows;
use super::types::{Link, Purpose};

/// There is one link of each purpose, so there is one timer: a newer link moves it.
static EXPIRY: Kind = Kind::new(1, "registry.link_expiry");

pub(super) fn watch(tx: &mut Tx<'_>, link: &Link) -> Result<(), StoreError> {
    let timer = Timer {
        owner: link.person.0,
        kind: &EXPIRY,
        key: link.purpose.as_str().as_bytes(),
        note: b"",
        due: link.expires,
    };
    bell::set(tx, &timer)
}

pub(super) fn unwatch(tx: &mut Tx<'_>, person: PersonId, purpose: Purpose) -> Result<bool, StoreError> {
    bell::cancel(tx, person.0, &EXPIRY, purpose.as_str().as_bytes())
}

fn forget(tx: &mut Tx<'_>, rung: &Rung<'_>) -> Result<(), Failed> {
    rows::remove_expired(tx, PersonId(rung.owner), rung.now)?;
    Ok(())
}

/// Has the bell ring what the registry sets.
pub fn timers(bell: Bell) -> Bell {
    bell.ring(&EXPIRY, forget)
}

#[cfg(test)]
mod tests {
    use store::{params, sql};
    use testkit::stores::KINDS;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_link_that_nobody_used_is_forgotten_when_it_expires() {
        for kind in KINDS {
            let house = testkit::stores::open(kind).await.unwrap();
            let now = house.clock.now();
            let anna = PersonId::new(now);
            for seconds in [60, 120] {
                let (link, _) = Link::new(anna, Purpose::Invitation, seconds, now);
                let made: Result<(), StoreError> = house
                    .shard_of(anna)
                    .write(move |tx| {
                        rows::put(tx, &link)?;
                        watch(tx, &link)
                    })
                    .await;
                made.unwrap();
            }
            let bell = Bell::new(house.store.clone(), house.clock.clone()).ring(&EXPIRY, forget);
            let links = || async {
                bell.catch_up().await.unwrap();
                let shard = house.shard_of(anna);
                let count = shard.read(|tx| {
                    tx.query_one(sql!("SELECT count(*) FROM links"), params![], |row| {
                        row.get::<i64>(0)
                    })
                });
                let count: Result<i64, StoreError> = count.await;
                count.unwrap()
            };
            house.clock.advance_seconds(60);
            assert_eq!(
                links().await,
                1,
                "the second took the place of the first and is still good"
            );
            house.clock.advance_seconds(60);
            assert_eq!(links().await, 0, "{kind:?}");
        }
    }
}
