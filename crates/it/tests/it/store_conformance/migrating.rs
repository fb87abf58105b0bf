//! Decision 4: a store is opened only on tables that this very program knows.

use kernel::Clock;
use store::{OpenError, Store, StoreConfig, StoreError, migrations, params, sql};
use testkit::stores::{Ground, KINDS, Kind, START, TestStore};

use super::{on_every_kind, owner, save_one, stored, thing};

on_every_kind!(
    a_second_migration_finds_nothing_to_do,
    a_newer_schema_is_refused,
    a_migration_that_was_edited_is_refused,
);

async fn refusal(config: &StoreConfig) -> OpenError {
    match Store::open(config.clone(), Clock::manual(START)).await {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unmigrated_store_says_what_to_run() {
    for kind in KINDS {
        let ground = Ground::of(kind).await.unwrap();
        let error = refusal(&ground.config).await;
        assert!(matches!(error, OpenError::Unmigrated { .. }), "{error}");
        assert!(error.to_string().contains("townhall migrate"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_migrate_at_once_do_it_once() {
    for kind in KINDS {
        let (ground, clock) = (Ground::of(kind).await.unwrap(), Clock::manual(START));
        let (one, two) = tokio::join!(
            Store::migrate(&ground.config, &clock),
            Store::migrate(&ground.config, &clock)
        );
        let servers = ground.databases.len().max(1);
        let applied = one.unwrap().applied.len() + two.unwrap().applied.len();
        assert_eq!(applied, servers * migrations().len(), "{kind:?}");
    }
}

async fn a_second_migration_finds_nothing_to_do(house: TestStore) {
    let migrated = Store::migrate(&house.config, &house.clock).await.unwrap();
    assert_eq!(migrated.applied, Vec::<String>::new());
}

async fn a_newer_schema_is_refused(house: TestStore) {
    let newer: Result<u64, StoreError> = house
        .store
        .shard_of(owner())
        .write(|tx| {
            tx.execute(
                sql!(
                    "INSERT INTO schema_versions (version, name, checksum, applied_at) VALUES (9999, 'x', 'x', 0)"
                ),
                params![],
            )
        })
        .await;
    newer.unwrap();
    let error = refusal(&house.config).await;
    assert!(matches!(error, OpenError::Newer { found: 9999, .. }), "{error}");
    let migrated = Store::migrate(&house.config, &house.clock).await;
    assert!(matches!(migrated, Err(OpenError::Newer { .. })));
}

async fn a_migration_that_was_edited_is_refused(house: TestStore) {
    let edited: Result<u64, StoreError> = house
        .store
        .shard_of(owner())
        .write(|tx| {
            tx.execute(
                sql!("UPDATE schema_versions SET checksum = 'x' WHERE version = 1"),
                params![],
            )
        })
        .await;
    edited.unwrap();
    let error = refusal(&house.config).await;
    assert!(matches!(error, OpenError::Changed { .. }), "{error}");
    assert!(error.to_string().contains("put its text back"), "{error}");
}

/// A backup taken while somebody writes is the state after some commit, whole.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_store_in_use_is_whole() {
    let house = super::house(Kind::Sqlite).await;
    let owner = owner();
    let writer = {
        let store = house.store.clone();
        tokio::spawn(async move {
            for number in 0..200 {
                save_one(&store, owner, thing(number)).await.unwrap();
            }
        })
    };
    let ground = Ground::of(Kind::Sqlite).await.unwrap();
    let store::Engine::Sqlite { path } = &ground.config.engine else {
        unreachable!()
    };
    let path = path.clone();
    house.store.backup_to(&path).await.unwrap();
    writer.await.unwrap();
    Store::check_backup(&path).await.unwrap();
    assert!(
        house.store.backup_to(&path).await.is_err(),
        "a backup replaces nothing"
    );

    let copy = Store::open(ground.config.clone(), house.clock.clone())
        .await
        .unwrap();
    let kept = stored(&copy.shard_of(owner), owner).await;
    assert_eq!(kept, (0..).map(thing).take(kept.len()).collect::<Vec<_>>());
    save_one(&copy, owner, thing(1000)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_backup_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let check = async |content: &[u8], expected: &str| {
        let path = folder.path().join("file");
        std::fs::write(&path, content).unwrap();
        let said = Store::check_backup(&path).await.unwrap_err().to_string();
        assert!(said.contains(expected), "{said}");
    };
    check(b"", "not a store of townhall").await;
    check(
        b"something else entirely, and long enough to be looked at",
        "not a store of townhall",
    )
    .await;
    let house = super::house(Kind::Sqlite).await;
    let path = folder.path().join("backup");
    house.store.backup_to(&path).await.unwrap();
    let mut damaged = std::fs::read(&path).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 4096].fill(0xa5);
    let whole = Store::check_backup(&path).await;
    assert!(whole.is_ok());
    std::fs::write(&path, damaged).unwrap();
    assert!(Store::check_backup(&path).await.is_err());
}
