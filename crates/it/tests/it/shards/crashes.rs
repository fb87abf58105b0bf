//! A program dies at each named point of two-phase commit and of a move, and nothing breaks.
//!
//! Here a thread dies (to the databases that is the same: their connections are gone), and for some points a whole
//! process, which is this test binary run again. The hostile tests kill the real binary.

use std::process::Command;

use store::crash::{self, Points};
use store::{Engine, ServerConfig, Store, StoreConfig};
use testkit::stores::{self, TestStore};

use super::everywhere::{publish, versions, with_forms};
use super::{add, assert_one_owner, assert_tidy, owner_in, range, value, values_on_each};

/// A store whose threads die at `point`.
async fn doomed(store: &TestStore, point: &'static str) -> Store {
    let points = Points::visited_by(move |passed| {
        assert!(passed != point, "dying at {point}, as the test wants");
    });
    Store::open_visited(store.config.clone(), store.clock.clone(), points)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_change_of_a_reference_table_that_dies_is_on_all_servers_or_on_none() {
    let store = with_forms().await;
    let decided = crash::TWO_PHASE
        .iter()
        .position(|point| *point == "two_phase.decided")
        .unwrap();
    for (at, point) in crash::TWO_PHASE.iter().enumerate() {
        let id = i64::try_from(at).unwrap();
        let doomed = doomed(&store, point).await;
        assert!(publish(&doomed, id).await.is_err(), "{point}");
        store.recover(0.0).await.unwrap();
        let [one, two] = <[Vec<String>; 2]>::try_from(versions(&store)).unwrap();
        assert_eq!(one, two, "{point}");
        assert_eq!(
            one.contains(&format!("{id}:1")),
            at >= decided,
            "{point}: the verdict decides"
        );
        assert_tidy(&store);
        let before = i64::from(at >= decided);
        assert_eq!(
            publish(&store, id).await.unwrap(),
            before + 1,
            "{point}: nothing stands in the way"
        );
    }
}

#[tokio::test]
async fn a_move_that_dies_leaves_its_range_on_exactly_one_server() {
    let store = stores::two_postgres().await.unwrap();
    let owner = owner_in(range(10, 19));
    let mut value = 0;
    for point in crash::MOVE.iter().chain(crash::TWO_PHASE) {
        value += 1;
        assert_eq!(add(&store, owner).await.unwrap(), value);
        assert_eq!(values_on_each(&store, owner).await, [Some(value), None]);
        let doomed = doomed(&store, point).await;
        assert!(doomed.move_range(range(10, 19), "two").await.is_err(), "{point}");
        let done = store.recover(0.0).await.unwrap();
        assert_eq!(done.failures, Vec::<String>::new(), "{point}");
        assert_tidy(&store);
        assert_one_owner(&store);
        let places = values_on_each(&store, owner).await;
        assert_eq!(places.iter().flatten().count(), 1, "{point}: {places:?}");
        value += 1;
        assert_eq!(add(&store, owner).await.unwrap(), value, "{point}");
        store.move_range(range(10, 19), "two").await.unwrap();
        assert_eq!(
            values_on_each(&store, owner).await,
            [None, Some(value)],
            "{point}: a new move succeeds"
        );
        assert_tidy(&store);
        // The next point finds the house as this one did; moving back is cheaper than two new databases.
        store.move_range(range(10, 19), "one").await.unwrap();
    }
}

/// The name of the test below, and how it learns where to work.
const CHILD: &str = "shards::crashes::dies_where_it_is_told";
const CHILD_SERVERS: &str = "TOWNHALL_TEST_CHILD_SERVERS";
const CHILD_TASK: &str = "TOWNHALL_TEST_CHILD_TASK";

#[tokio::test]
async fn a_killed_process_leaves_what_recovery_can_end() {
    for (task, point) in [
        ("publish", "two_phase.prepared_all"),
        ("publish", "two_phase.decided"),
        ("move", "move.copied"),
        ("move", "move.fenced"),
        ("move", "two_phase.prepared_all"),
        ("move", "two_phase.decided"),
    ] {
        let store = with_forms().await;
        let owner = owner_in(range(10, 19));
        add(&store, owner).await.unwrap();
        die_in_child(&store, task, point);
        // The server notices the end of a connection by itself, in its own time.
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        loop {
            let done = store.recover(0.0).await.unwrap();
            let under_way = store.databases[0].query("SELECT id FROM shard_moves").unwrap();
            if done.left == 0 && under_way.is_empty() {
                break;
            }
            assert!(std::time::Instant::now() < deadline, "{task} {point}: {done:?}");
        }
        assert_tidy(&store);
        assert_one_owner(&store);
        let [one, two] = <[Vec<String>; 2]>::try_from(versions(&store)).unwrap();
        assert_eq!(one, two, "{task} {point}");
        assert_eq!(
            values_on_each(&store, owner).await.iter().flatten().count(),
            1,
            "{task} {point}"
        );
        assert_eq!(value(&store, owner).await.unwrap(), Some(1), "{task} {point}");
        publish(&store, 1).await.unwrap();
    }
}

fn die_in_child(store: &TestStore, task: &str, point: &str) {
    let urls: Vec<&str> = store
        .databases
        .iter()
        .map(testkit::postgres::Database::url)
        .collect();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--test-threads=1"])
        .env(CHILD_SERVERS, urls.join(","))
        .env(CHILD_TASK, task)
        .env(crash::ENVIRONMENT, point)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        !output.status.success() && !said.contains("FAILED"),
        "{task} {point}: {said}"
    );
}

/// Run as a child by the tests above, which say where its servers are; by itself it has nothing to do.
#[tokio::test]
async fn dies_where_it_is_told() {
    let Ok(urls) = std::env::var(CHILD_SERVERS) else {
        return;
    };
    let servers = ["one", "two"]
        .iter()
        .zip(urls.split(','))
        .map(|(name, url)| ServerConfig {
            name: (*name).to_owned(),
            url: kernel::Secret::new(url),
            replica_url: None,
            root_cert: None,
        });
    let config = StoreConfig::postgres(servers.collect());
    assert!(matches!(config.engine, Engine::Postgres { .. }));
    let store = Store::open(config, kernel::Clock::system()).await.unwrap();
    match std::env::var(CHILD_TASK).unwrap().as_str() {
        "publish" => publish(&store, 1).await.map(|_| ()).unwrap(),
        _ => store.move_range(range(10, 19), "two").await.map(|_| ()).unwrap(),
    }
}
