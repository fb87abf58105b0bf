//! Virtual shards, moves, the cold server and two-phase commit on PostgreSQL servers.

mod cold;
mod crashes;
mod everywhere;
mod house;
mod moves;

use kernel::{Id, VirtualShard};
use store::{Store, StoreError, Tx, VshardRange, params, sql};
use testkit::stores::{START, TestStore};

/// A counter that belongs to `owner`, in a row that moves with its owner.
fn count_up(tx: &mut Tx<'_>, owner: Id) -> Result<i64, StoreError> {
    tx.query_one(
        sql!(
            "INSERT INTO outbox (vshard, owner, number, kind, change_key, body, attempts, due_at)
             VALUES ($1, $2, 1, 'counter', $3, $3, 1, 0)
             ON CONFLICT (vshard, owner, number) DO UPDATE SET attempts = outbox.attempts + 1
             RETURNING attempts"
        ),
        params![owner.virtual_shard(), owner, b"".as_slice()],
        |row| row.get(0),
    )
}

fn counter(tx: &mut Tx<'_>, owner: Id) -> Result<Option<i64>, StoreError> {
    tx.query_opt(
        sql!("SELECT attempts FROM outbox WHERE vshard = $1 AND owner = $2 AND number = 1"),
        params![owner.virtual_shard(), owner],
        |row| row.get(0),
    )
}

async fn add(store: &Store, owner: Id) -> Result<i64, StoreError> {
    store.shard_of(owner).write(move |tx| count_up(tx, owner)).await
}

async fn value(store: &Store, owner: Id) -> Result<Option<i64>, StoreError> {
    store.shard_of(owner).read(move |tx| counter(tx, owner)).await
}

/// Of many at once.
async fn values(store: &Store, owners: &[Id]) -> Result<Vec<Option<i64>>, StoreError> {
    store
        .read_of_many(owners.to_vec(), |owner| *owner, |tx, owner| counter(tx, *owner))
        .await
}

/// What each server holds of this owner, whoever it belongs to.
async fn values_on_each(store: &Store, owner: Id) -> Vec<Option<i64>> {
    store.read_each(move |tx| counter(tx, owner)).await.unwrap()
}

fn owner_in(range: VshardRange) -> Id {
    owner_from(range, 0)
}

/// The same one for the same number.
fn owner_from(range: VshardRange, number: u32) -> Id {
    (0..)
        .map(|attempt: u32| Id::named("owner", &format!("{number}/{attempt}")))
        .find(|id| range.contains(id.virtual_shard()))
        .unwrap()
}

fn range(first: u16, last: u16) -> VshardRange {
    VshardRange {
        first: VirtualShard::new(first).unwrap(),
        last: VirtualShard::new(last).unwrap(),
    }
}

/// The lower half is on `one` and the upper half on `two` when a house of two is new.
const LOWER: (u16, u16) = (0, 2047);

/// The ends of everything between servers: nothing is prepared, moving, staged or under way.
fn assert_tidy(store: &TestStore) {
    for database in &store.databases {
        for question in [
            "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()",
            "SELECT state FROM shard_ranges WHERE state <> 'here'",
            "SELECT id FROM shard_moves",
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'townhall_move%'",
        ] {
            assert_eq!(
                database.query(question).unwrap(),
                Vec::<String>::new(),
                "{question}"
            );
        }
    }
}

/// Every virtual shard is owned by exactly one server, the one that the map names, in the epoch that it names.
fn assert_one_owner(store: &TestStore) {
    let owned = "SELECT n || ' ' || epoch FROM shard_ranges, generate_series(first_vshard, last_vshard) AS n";
    let mut all = Vec::new();
    for (database, name) in store.databases.iter().zip(["one", "two", "three"]) {
        all.extend(
            database
                .query(owned)
                .unwrap()
                .into_iter()
                .map(|line| format!("{line} {name}")),
        );
    }
    let mapped = store.databases[0]
        .query("SELECT n || ' ' || epoch || ' ' || server FROM shard_map, generate_series(first_vshard, last_vshard) AS n")
        .unwrap();
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    assert_eq!(mapped.len(), 4096);
    assert_eq!(sorted(all), sorted(mapped));
}

fn now() -> kernel::Moment {
    START
}
