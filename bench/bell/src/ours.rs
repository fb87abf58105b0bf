//! Ours, on the embedded store: setting, ringing, and the room it takes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bell::{Bell, Failed, Kind, Rung, Timer};
use kernel::{Clock, Id, Moment};
use rusqlite::{Connection, OpenFlags};
use serde_json::json;
use store::{Store, StoreConfig, StoreError, Tx, params, sql};
use tempfile::TempDir;

use crate::{BATCH, Rates, Size, key, print, rate};

pub static KIND: Kind = Kind::new(9001, "bench.timer");
/// Batches that are on their way at once: one is made while another is written.
const WRITERS: usize = 4;
/// As many different owners as a city has people in a minute.
const OWNERS: usize = 5_000;
const MONTH_SECONDS: usize = 30 * 24 * 3600;

pub async fn fresh(clock: &Clock) -> Result<(Store, TempDir)> {
    let folder = tempfile::tempdir()?;
    let config = StoreConfig::sqlite(folder.path().join("bench.sqlite"));
    Store::migrate(&config, clock).await?;
    let store = Store::open(config, clock.clone()).await?;
    for shard in store.everywhere() {
        let made: Result<u64, StoreError> = shard
            .write(|tx| {
                tx.execute(
                    sql!("CREATE TABLE done (number BIGINT NOT NULL PRIMARY KEY, timer_key BYTEA NOT NULL)"),
                    params![],
                )
            })
            .await;
        made?;
    }
    Ok((store, folder))
}

/// What a timer of the bench does: it leaves its key behind, as the peers' do.
pub fn record(tx: &mut Tx<'_>, rung: &Rung<'_>) -> Result<(), Failed> {
    tx.execute(
        sql!("INSERT INTO done (number, timer_key) SELECT coalesce(max(number), 0) + 1, $1 FROM done"),
        params![rung.key],
    )?;
    Ok(())
}

/// Sets timers in batches; `due` says when each is due.
pub async fn set_all(
    store: &Store,
    count: usize,
    key: fn(usize) -> String,
    due: impl Fn(usize) -> Moment + Send + Sync + 'static,
) -> Result<()> {
    let due = Arc::new(due);
    let owners: Arc<[Id]> = (0..OWNERS)
        .map(|at| Id::named("owner", &at.to_string()))
        .collect();
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let (store, due, owners) = (store.clone(), Arc::clone(&due), Arc::clone(&owners));
        writers.spawn(async move {
            for batch in (writer..count.div_ceil(BATCH)).step_by(WRITERS) {
                let (due, owners) = (Arc::clone(&due), Arc::clone(&owners));
                let body = move |tx: &mut Tx<'_>| -> Result<(), StoreError> {
                    for number in batch * BATCH..count.min((batch + 1) * BATCH) {
                        let key = key(number);
                        let timer = Timer {
                            owner: owners[number % owners.len()],
                            kind: &KIND,
                            key: key.as_bytes(),
                            note: b"",
                            due: due(number),
                        };
                        bell::set(tx, &timer)?;
                    }
                    Ok(())
                };
                store.shard_of(Id::from_bytes([0; 16])).write(body).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended??;
    }
    Ok(())
}

pub async fn rates(size: &Size) -> Result<Rates> {
    let clock = Clock::manual(Clock::system().now());
    let (store, _folder) = fresh(&clock).await?;
    let due = clock.now().plus_seconds(60);
    let began = Instant::now();
    set_all(&store, size.timers, key, move |number| spread(due, number, 60)).await?;
    let set = rate(size.timers, began.elapsed().as_secs_f64());
    clock.advance_seconds(3600);
    let bell = Bell::new(store.clone(), clock).ring(&KIND, record);
    let began = Instant::now();
    bell.catch_up().await?;
    let rung = rate(size.timers, began.elapsed().as_secs_f64());
    let done: i64 = store
        .shard_of(Id::from_bytes([0; 16]))
        .read::<_, StoreError>(|tx| {
            tx.query_one(sql!("SELECT count(*) FROM done"), params![], |row| row.get(0))
        })
        .await?;
    ensure!(usize::try_from(done)? == size.timers, "{done} were rung");
    store.close().await;
    Ok(Rates { set, rung })
}

/// An instant within so many seconds after `from`, far from that of the number before.
pub fn spread(from: Moment, number: usize, seconds: usize) -> Moment {
    let micros = number.wrapping_mul(2_654_435_761) % (seconds * 1_000_000);
    from.plus_micros(i64::try_from(micros).unwrap_or(0))
}

/// Keys as calendars have them: four ids.
fn short_key(number: usize) -> String {
    format!("{number:064}")
}

pub async fn bytes(size: &Size) -> Result<()> {
    let clock = Clock::system();
    let (store, folder) = fresh(&clock).await?;
    let path = folder.path().join("bench.sqlite");
    let before = file_bytes(&path)?;
    let from = clock.now().plus_seconds(3600);
    set_all(&store, size.pending, short_key, move |number| {
        spread(from, number, MONTH_SECONDS)
    })
    .await?;
    let after = file_bytes(&path)?;
    store.close().await;
    print(&json!({
        "bench": "bell", "case": "bytes_a_timer", "ours": rate(after - before, rate(size.pending, 1.0)).round(),
        "target": 200, "unit": "bytes of disk, 64-byte keys", "timers": size.pending,
    }))
}

fn file_bytes(path: &std::path::Path) -> Result<usize> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    let number =
        |pragma: &str| connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
    Ok(usize::try_from(number("page_count")? * number("page_size")?)?)
}
