//! People who never acted live on the cold server, until their first write.

use kernel::Id;
use store::{MoveError, ShardState, Store, StoreError};
use testkit::stores::{Ground, TestStore};

use super::{
    add, assert_tidy, count_up, counter, owner_from, owner_in, range, value, values, values_on_each,
};

/// Hot servers `one` and `two`, and a cold `three`.
async fn with_cold() -> TestStore {
    Ground::postgres(3)
        .await
        .unwrap()
        .with_cold()
        .migrate_and_open()
        .await
        .unwrap()
}

async fn import(store: &Store, owner: Id) -> Result<i64, StoreError> {
    store
        .shard_of(owner)
        .write_cold(move |tx| count_up(tx, owner))
        .await
}

#[tokio::test]
async fn an_imported_owner_is_cold_until_the_first_write() {
    let store = with_cold().await;
    let owner = owner_in(range(0, 100));
    import(&store, owner).await.unwrap();
    assert_eq!(values_on_each(&store, owner).await, [None, None, Some(1)]);
    assert_eq!(
        value(&store, owner).await.unwrap(),
        Some(1),
        "reading finds it and leaves it there"
    );
    import(&store, owner).await.unwrap();
    assert_eq!(values_on_each(&store, owner).await, [None, None, Some(2)]);

    assert_eq!(
        add(&store, owner).await.unwrap(),
        3,
        "the first write brings the rows over and goes on"
    );
    assert_eq!(values_on_each(&store, owner).await, [Some(3), None, None]);
    assert_eq!(
        import(&store, owner).await.unwrap(),
        4,
        "an import that comes late goes where the owner is"
    );
    assert_eq!(values_on_each(&store, owner).await, [Some(4), None, None]);
    assert_tidy(&store);
}

#[tokio::test]
async fn an_owner_nobody_knew_begins_warm() {
    let store = with_cold().await;
    let owner = owner_in(range(3000, 3100));
    assert_eq!(value(&store, owner).await.unwrap(), None);
    assert_eq!(add(&store, owner).await.unwrap(), 1);
    assert_eq!(values_on_each(&store, owner).await, [None, Some(1), None]);
}

#[tokio::test]
async fn warm_owners_move_with_their_range_and_cold_ones_stay() {
    let store = with_cold().await;
    let (warm, cold) = (owner_from(range(0, 50), 1), owner_from(range(0, 50), 2));
    add(&store, warm).await.unwrap();
    import(&store, cold).await.unwrap();
    store.move_range(range(0, 50), "two").await.unwrap();
    assert_eq!(values_on_each(&store, warm).await, [None, Some(1), None]);
    assert_eq!(values_on_each(&store, cold).await, [None, None, Some(1)]);
    assert_eq!(add(&store, warm).await.unwrap(), 2);
    assert_eq!(add(&store, cold).await.unwrap(), 2);
    assert_eq!(values_on_each(&store, cold).await, [None, Some(2), None]);
    assert!(matches!(
        store.move_range(range(0, 50), "three").await,
        Err(MoveError::ToCold { .. })
    ));
    let infos = store.shards().await.unwrap();
    assert_eq!(
        infos.iter().filter(|info| info.state == ShardState::Cold).count(),
        1
    );
    assert_tidy(&store);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn first_writes_imports_and_reads_at_once_agree() {
    let store = with_cold().await;
    let other = store.another().await.unwrap();
    for round in 0..5 {
        let owner = owner_from(range(0, 4095), round);
        let mut tasks = Vec::new();
        for task in 0..6_usize {
            let program = if task % 2 == 0 {
                store.store.clone()
            } else {
                other.clone()
            };
            tasks.push(tokio::spawn(async move {
                for _ in 0..3 {
                    if task < 3 {
                        import(&program, owner).await.unwrap();
                    } else {
                        add(&program, owner).await.unwrap();
                    }
                    assert!(
                        value(&program, owner).await.unwrap().is_some(),
                        "one reads what one wrote"
                    );
                    assert!(
                        values(&program, &[owner]).await.unwrap() != [None],
                        "with others, too"
                    );
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(value(&other, owner).await.unwrap(), Some(18));
        let places: Vec<i64> = values_on_each(&store, owner)
            .await
            .into_iter()
            .flatten()
            .collect();
        assert_eq!(places, [18], "in one place");
    }
    assert_tidy(&store);
}

#[tokio::test]
async fn warm_and_cold_owners_are_read_together() {
    let store = with_cold().await;
    let owners: Vec<Id> = (0..100)
        .map(|number| owner_from(range(0, 4095), number))
        .collect();
    let mut expected = Vec::new();
    for (at, owner) in owners.iter().enumerate() {
        expected.push(match at % 3 {
            0 => Some(import(&store, *owner).await.unwrap()),
            1 => Some(add(&store, *owner).await.unwrap()),
            _ => None,
        });
    }
    assert_eq!(values(&store, &owners).await.unwrap(), expected);
    let is_cold = values_on_each(&store, owners[0]).await;
    assert_eq!(is_cold, [None, None, Some(1)], "reading leaves it there");
}

#[tokio::test]
async fn a_stale_read_finds_a_cold_owner_too() {
    let store = with_cold().await;
    let owner = owner_in(range(0, 100));
    import(&store, owner).await.unwrap();
    let found = store
        .shard_of(owner)
        .read_stale(move |tx| counter(tx, owner))
        .await
        .unwrap();
    assert_eq!(found, Some(1));
}
