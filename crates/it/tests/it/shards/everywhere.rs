//! Reference tables: on all servers or on none.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use store::crash::Points;
use store::{Store, StoreError, Tx, params, sql};
use testkit::stores::{self, TestStore};

use super::assert_tidy;

/// A reference table that no migration knows.
pub(super) async fn with_forms() -> TestStore {
    let store = stores::two_postgres().await.unwrap();
    for database in &store.databases {
        database
            .execute("CREATE TABLE forms (id BIGINT PRIMARY KEY, version BIGINT NOT NULL)")
            .unwrap();
    }
    store
}

pub(super) fn new_version(tx: &mut Tx<'_>, id: i64) -> Result<i64, StoreError> {
    tx.query_one(
        sql!(
            "INSERT INTO forms (id, version) VALUES ($1, 1)
             ON CONFLICT (id) DO UPDATE SET version = forms.version + 1 RETURNING version"
        ),
        params![id],
        |row| row.get(0),
    )
}

pub(super) async fn publish(store: &Store, id: i64) -> Result<i64, StoreError> {
    store.write_everywhere(move |tx| new_version(tx, id)).await
}

pub(super) fn versions(store: &TestStore) -> Vec<Vec<String>> {
    let question = "SELECT id || ':' || version FROM forms ORDER BY id";
    store
        .databases
        .iter()
        .map(|database| database.query(question).unwrap())
        .collect()
}

#[tokio::test]
async fn a_reference_table_is_changed_on_all_servers() {
    let store = with_forms().await;
    assert_eq!(publish(&store, 7).await.unwrap(), 1);
    assert_eq!(publish(&store, 7).await.unwrap(), 2);
    assert_eq!(versions(&store), [["7:2"], ["7:2"]]);
    assert_tidy(&store);
}

#[tokio::test]
async fn what_one_server_refuses_is_on_none() {
    let store = with_forms().await;
    store.databases[1]
        .execute("INSERT INTO forms (id, version) VALUES (5, 1)")
        .unwrap();
    let insert =
        |tx: &mut Tx<'_>| tx.execute(sql!("INSERT INTO forms (id, version) VALUES (5, 1)"), params![]);
    let error = store.write_everywhere(insert).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Conflict { constraint } if constraint == "forms_pkey"),
        "{error:?}"
    );
    assert_eq!(versions(&store), [vec![], vec!["5:1".to_owned()]]);
    let declined: Result<(), StoreError> = store
        .write_everywhere(|tx| {
            new_version(tx, 6)?;
            Err(StoreError::broken("on second thoughts"))
        })
        .await;
    assert!(declined.unwrap_err().to_string().contains("on second thoughts"));
    assert_eq!(versions(&store), [vec![], vec!["5:1".to_owned()]]);
    assert_tidy(&store);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_programs_that_change_the_same_row_at_once_lose_nothing() {
    let store = with_forms().await;
    let other = store.another().await.unwrap();
    let mut tasks = Vec::new();
    for task in 0..6_usize {
        let writer = if task % 2 == 0 {
            store.store.clone()
        } else {
            other.clone()
        };
        tasks.push(tokio::spawn(async move {
            let mut kept = 0;
            for _ in 0..10 {
                kept += i64::from(publish(&writer, 1).await.is_ok());
            }
            kept
        }));
    }
    let mut kept = 0;
    for task in tasks {
        kept += task.await.unwrap();
    }
    let expected = [format!("1:{kept}")];
    assert_eq!(versions(&store), [expected.clone(), expected]);
    assert!(kept > 30, "most go through: {kept}");
    assert_tidy(&store);
}

/// A new form whose version is the number of forms there are: what it writes depends on rows it does not touch.
fn numbered_form(tx: &mut Tx<'_>, id: i64) -> Result<u64, StoreError> {
    tx.execute(
        sql!("INSERT INTO forms (id, version) SELECT $1, count(*) FROM forms"),
        params![id],
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_change_read_at_the_home_it_reads_everywhere() {
    let store = with_forms().await;
    let other = store.another().await.unwrap();
    let mut tasks = Vec::new();
    for task in 0..6_i64 {
        let writer = if task % 2 == 0 {
            store.store.clone()
        } else {
            other.clone()
        };
        tasks.push(tokio::spawn(async move {
            for round in 0..8 {
                let id = task * 100 + round;
                // Others got there first too often: that is allowed, and leaves nothing.
                let _ = writer.write_everywhere(move |tx| numbered_form(tx, id)).await;
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let [one, two] = <[Vec<String>; 2]>::try_from(versions(&store)).unwrap();
    assert_eq!(one, two);
    assert!(one.len() > 20, "{one:?}");
    let mut numbers: Vec<usize> = one
        .iter()
        .map(|line| line.split(':').next_back().unwrap().parse().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(
        numbers,
        (0..one.len()).collect::<Vec<_>>(),
        "each saw all before it"
    );
    assert_tidy(&store);
}

/// A store whose next transaction over several servers is held at `point` until told to go on.
async fn held_at(store: &TestStore, point: &'static str) -> (Store, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (arrived, arrivals) = mpsc::channel();
    let (go, gate) = mpsc::channel::<()>();
    let (gate, first) = (Mutex::new(gate), AtomicBool::new(true));
    let arrived = Mutex::new(arrived);
    let points = Points::visited_by(move |passed| {
        if passed == point && first.swap(false, Ordering::SeqCst) {
            arrived.lock().unwrap().send(()).unwrap();
            gate.lock().unwrap().recv().unwrap();
        }
    });
    let slow = Store::open_visited(store.config.clone(), store.clock.clone(), points)
        .await
        .unwrap();
    (slow, arrivals, go)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_coordinator_cannot_commit_what_recovery_undid() {
    let store = with_forms().await;
    let (slow, arrivals, go) = held_at(&store, "two_phase.before_decision").await;
    let task = tokio::spawn({
        let slow = slow.clone();
        async move { publish(&slow, 3).await }
    });
    tokio::task::spawn_blocking(move || arrivals.recv().unwrap())
        .await
        .unwrap();

    let young = store.recover(3600.0).await.unwrap();
    assert_eq!(
        (young.undone, young.left),
        (0, 1),
        "a young one is left alone: {young:?}"
    );
    let done = store.recover(0.0).await.unwrap();
    assert_eq!((done.undone, done.committed, done.left), (1, 0, 0), "{done:?}");
    assert_eq!(
        store.recover(0.0).await.unwrap().undone,
        0,
        "done again it changes nothing"
    );
    assert_eq!(
        versions(&store),
        [Vec::<String>::new(), Vec::new()],
        "the fence stands, nothing shows"
    );
    let verdicts = store.databases[0]
        .query("SELECT verdict FROM verdicts WHERE verdict = 'abort'")
        .unwrap();
    assert_eq!(verdicts, ["abort"]);

    go.send(()).unwrap();
    assert_eq!(
        task.await.unwrap().unwrap(),
        1,
        "the slow one begins again, under another name"
    );
    assert_eq!(versions(&store), [["3:1"], ["3:1"]]);
    assert_tidy(&store);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recovery_commits_what_was_decided_and_the_coordinator_may_do_so_too() {
    let store = with_forms().await;
    let (slow, arrivals, go) = held_at(&store, "two_phase.decided").await;
    let task = tokio::spawn({
        let slow = slow.clone();
        async move { publish(&slow, 3).await }
    });
    tokio::task::spawn_blocking(move || arrivals.recv().unwrap())
        .await
        .unwrap();
    let done = store.recover(0.0).await.unwrap();
    assert_eq!((done.undone, done.committed), (0, 1));
    assert_eq!(versions(&store), [["3:1"], ["3:1"]]);
    go.send(()).unwrap();
    assert_eq!(task.await.unwrap().unwrap(), 1);
    assert_eq!(versions(&store), [["3:1"], ["3:1"]], "once");
    assert_tidy(&store);
}

#[tokio::test]
async fn old_verdicts_are_forgotten_and_young_ones_kept() {
    let store = with_forms().await;
    publish(&store, 1).await.unwrap();
    let count = || store.databases[0].query("SELECT count(*) FROM verdicts").unwrap();
    assert_eq!(
        count(),
        ["2"],
        "that of the second server's joining, and this one"
    );
    store.clock.advance_seconds(2 * 60 * 60);
    let other = store.another().await.unwrap();
    other.forget_verdicts().await.unwrap();
    assert_eq!(count(), ["0"]);
}

#[tokio::test]
async fn a_program_that_does_not_know_all_servers_changes_no_reference_table() {
    let store = with_forms().await;
    store.databases[0]
        .execute("INSERT INTO house (server, house, role, here) SELECT 'three', house, 'hot', 0 FROM house WHERE here = 1")
        .unwrap();
    let error = publish(&store, 1).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert_eq!(versions(&store), [Vec::<String>::new(), Vec::new()]);
}

#[tokio::test]
async fn on_one_server_and_in_a_file_it_is_one_ordinary_write() {
    for store in [
        stores::sqlite().await.unwrap(),
        stores::one_postgres().await.unwrap(),
    ] {
        let take = |tx: &mut Tx<'_>| {
            tx.execute(
                sql!("INSERT INTO leases (task, first_vshard, last_vshard, owner, held_until, fence) VALUES ('t', 0, 1, 'me', 0, 1)"),
                params![],
            )
        };
        assert_eq!(store.write_everywhere(take).await.unwrap(), 1);
        assert!(matches!(
            store.write_everywhere(take).await,
            Err(StoreError::Conflict { .. })
        ));
        for database in &store.databases {
            assert_eq!(database.query("SELECT count(*) FROM verdicts").unwrap(), ["0"]);
        }
    }
}

#[tokio::test]
async fn of_changes_that_share_a_commit_only_the_one_that_fails_is_missing() {
    let store = with_forms().await;
    let change = |id: i64| {
        let store = store.clone();
        tokio::spawn(async move {
            let change = move |tx: &mut Tx<'_>| {
                new_version(tx, id)?;
                // This one would be a fault on both engines: the form is there already.
                if id % 10 == 7 {
                    tx.execute(
                        sql!("INSERT INTO forms (id, version) VALUES ($1, 1)"),
                        params![id],
                    )?;
                }
                Ok::<_, StoreError>(())
            };
            (id, store.write_everywhere(change).await)
        })
    };
    let changes: Vec<_> = (0..60).map(change).collect();
    for change in changes {
        let (id, outcome) = change.await.unwrap();
        assert_eq!(outcome.is_err(), id % 10 == 7, "{id}: {outcome:?}");
    }
    let mut expected: Vec<String> = (0..60)
        .filter(|id| id % 10 != 7)
        .map(|id| format!("{id}:1"))
        .collect();
    expected.sort_by_key(|row| row.split(':').next().and_then(|id| id.parse::<i64>().ok()));
    assert_eq!(versions(&store), [expected.clone(), expected]);
    assert_tidy(&store);
}

#[tokio::test]
async fn what_is_announced_everywhere_wakes_those_who_listen() {
    let store = with_forms().await;
    let mut listening = store.announcements();
    listening.mark_unchanged();
    store
        .write_everywhere(|tx| {
            let version = new_version(tx, 1)?;
            tx.announced();
            Ok::<_, StoreError>(version)
        })
        .await
        .unwrap();
    assert!(listening.has_changed().unwrap());
}
