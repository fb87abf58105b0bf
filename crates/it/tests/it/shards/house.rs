//! Servers that are one house, and configurations that do not fit it.

use kernel::Clock;
use store::{Engine, OpenError, ServerConfig, Store, StoreConfig};
use testkit::stores::{self, Ground, START};

use super::{add, owner_in, range, values_on_each};

fn servers(config: &StoreConfig) -> Vec<ServerConfig> {
    match &config.engine {
        Engine::Postgres { servers, .. } => servers.clone(),
        Engine::Sqlite { .. } => Vec::new(),
    }
}

fn with_servers(config: &StoreConfig, servers: Vec<ServerConfig>) -> StoreConfig {
    StoreConfig {
        engine: Engine::Postgres { servers, cold: None },
        ..config.clone()
    }
}

async fn refusal(config: StoreConfig) -> String {
    match Store::open(config, Clock::manual(START)).await {
        Ok(_) => "opened".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_shard_map_that_names_an_unknown_server_is_told_apart() {
    let store = stores::two_postgres().await.unwrap();
    store.databases[0]
        .execute("UPDATE shard_map SET server = 'gone' WHERE first_vshard = 2048")
        .unwrap();
    let says = refusal(store.config.clone()).await;
    for part in ["`gone`", "2048-4095", "`one`, `two`", "add that server"] {
        assert!(says.contains(part), "{part}: {says}");
    }
    store.databases[0]
        .execute("DELETE FROM shard_map WHERE first_vshard = 2048")
        .unwrap();
    let says = refusal(store.config.clone()).await;
    assert!(says.contains("nothing of virtual shard 2048"), "{says}");
}

#[tokio::test]
async fn swapped_missing_and_foreign_servers_are_noticed() {
    let store = stores::two_postgres().await.unwrap();
    let theirs = stores::one_postgres().await.unwrap();
    let [one, two] = <[ServerConfig; 2]>::try_from(servers(&store.config)).unwrap();

    let says = refusal(with_servers(&store.config, vec![two.clone(), one.clone()])).await;
    assert!(says.contains("home server must come first"), "{says}");

    let swapped = ServerConfig {
        url: one.url.clone(),
        ..two.clone()
    };
    let says = refusal(with_servers(&store.config, vec![one.clone(), swapped])).await;
    assert!(says.contains("that of the server `one`"), "{says}");

    let says = refusal(with_servers(&store.config, vec![one.clone()])).await;
    assert!(says.contains("`two`"), "{says}");

    let foreign = ServerConfig {
        url: servers(&theirs.config)[0].url.clone(),
        ..two.clone()
    };
    let says = refusal(with_servers(&store.config, vec![one.clone(), foreign.clone()])).await;
    assert!(says.contains("another house"), "{says}");
    let error = Store::migrate(
        &with_servers(&store.config, vec![one.clone(), foreign]),
        &store.clock,
    )
    .await;
    assert!(error.unwrap_err().to_string().contains("another house"));

    let empty = Ground::postgres(1).await.unwrap();
    let lost = ServerConfig {
        url: servers(&empty.config)[0].url.clone(),
        ..two
    };
    let error = Store::migrate(&with_servers(&store.config, vec![one, lost]), &store.clock).await;
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("is empty, but the house knows")
    );
}

#[tokio::test]
async fn names_that_cannot_be_are_refused_before_anything_is_touched() {
    let ground = Ground::postgres(2).await.unwrap();
    let [one, two] = <[ServerConfig; 2]>::try_from(servers(&ground.config)).unwrap();
    let check = async |servers: Vec<ServerConfig>, cold: Option<&str>, expected: &str| {
        let engine = Engine::Postgres {
            servers,
            cold: cold.map(str::to_owned),
        };
        let config = StoreConfig {
            engine,
            ..ground.config.clone()
        };
        let error = Store::migrate(&config, &Clock::manual(START)).await.unwrap_err();
        assert!(matches!(error, OpenError::Misconfigured(_)), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    };
    let twin = ServerConfig {
        name: one.name.clone(),
        ..two.clone()
    };
    let odd = ServerConfig {
        name: "it's".to_owned(),
        ..two.clone()
    };
    check(vec![one.clone(), twin], None, "two servers are named `one`").await;
    check(vec![one.clone(), odd], None, "cannot name a server").await;
    check(
        vec![one.clone(), two.clone()],
        Some("one"),
        "cannot be the cold one",
    )
    .await;
    check(vec![one, two], Some("three"), "not among the servers (one, two)").await;
}

#[tokio::test]
async fn a_server_that_joins_gets_the_reference_tables_and_then_ranges() {
    let ground = Ground::postgres(3).await.unwrap();
    let all = servers(&ground.config);
    let clock = Clock::manual(START);
    let two_of_them = with_servers(&ground.config, all[..2].to_vec());
    Store::migrate(&two_of_them, &clock).await.unwrap();
    let store = Store::open(two_of_them.clone(), clock.clone()).await.unwrap();
    let owner = owner_in(range(0, 20));
    add(&store, owner).await.unwrap();
    store.close().await;

    let says = refusal(ground.config.clone()).await;
    assert!(says.contains("run `townhall migrate`"), "{says}");
    Store::migrate(&ground.config, &clock).await.unwrap();
    let store = Store::open(ground.config.clone(), clock.clone()).await.unwrap();
    store.move_range(range(0, 20), "three").await.unwrap();
    assert_eq!(values_on_each(&store, owner).await, [None, None, Some(1)]);

    let says = refusal(two_of_them.clone()).await;
    assert!(says.contains("`three`"), "{says}");
    store.move_range(range(0, 20), "one").await.unwrap();
    Store::migrate(&two_of_them, &clock).await.unwrap();
    let smaller = Store::open(two_of_them, clock.clone()).await.unwrap();
    assert_eq!(
        values_on_each(&smaller, owner).await,
        [Some(1), None],
        "an empty server may leave"
    );
}

#[tokio::test]
async fn migrating_twice_at_once_makes_one_house() {
    let ground = Ground::postgres(2).await.unwrap();
    let clock = Clock::manual(START);
    let (one, two) = tokio::join!(
        Store::migrate(&ground.config, &clock),
        Store::migrate(&ground.config, &clock)
    );
    one.unwrap();
    two.unwrap();
    let store = ground.migrate_and_open().await.unwrap();
    super::assert_one_owner(&store);
}
