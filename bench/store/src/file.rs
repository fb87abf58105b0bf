//! The embedded store: what committing in groups gives, and what reading where it is asked gives.

use std::sync::Arc;

use anyhow::Result;
use kernel::{Clock, Id};
use store::{Store, StoreConfig, StoreError};

use crate::measure::{Case, Report};
use crate::work;

/// The last is more than fits into one group.
const CALLERS: [usize; 4] = [1, 16, 64, 256];
/// Rows that are read at random.
const ROWS: usize = 20_000;
/// One piece of work is a hundred reads, so that counting them costs nothing.
const READS_AT_ONCE: f64 = 100.0;

async fn fresh(commit_jobs_max: Option<usize>) -> Result<(Store, tempfile::TempDir)> {
    let folder = tempfile::tempdir()?;
    let mut config = StoreConfig::sqlite(folder.path().join("bench.sqlite"));
    if let Some(jobs) = commit_jobs_max {
        config.lanes.commit_jobs_max = jobs;
    }
    Store::migrate(&config, &Clock::system()).await?;
    let store = Store::open(config, Clock::system()).await?;
    for shard in store.everywhere() {
        shard.write(work::make_table).await?;
        shard.write(work::fill_the_log).await?;
    }
    Ok((store, folder))
}

async fn writes_per_second(report: &Report, callers: usize, store: &Store) -> Result<f64> {
    let (store, clock) = (store.clone(), Clock::system());
    let work = move |_| {
        let (store, clock) = (store.clone(), clock.clone());
        async move { work::write_one(&store, &clock).await }
    };
    report.per_second(callers, work).await
}

pub async fn writes(report: &Report) -> Result<()> {
    for callers in CALLERS {
        let (ours, _folder) = fresh(None).await?;
        let (peer, _peers_folder) = fresh(Some(1)).await?;
        let case = Case {
            case: &format!("sqlite_writes_{callers}_callers"),
            peer_name: "the same lane, one commit each",
            unit: "durable transactions/s",
        };
        report
            .compare(
                &case,
                async || writes_per_second(report, callers, &ours).await,
                async || writes_per_second(report, callers, &peer).await,
            )
            .await?;
    }
    Ok(())
}

/// A store with rows to read, and their ids.
async fn filled() -> Result<(Store, tempfile::TempDir, Arc<Vec<Id>>)> {
    let (store, folder) = fresh(None).await?;
    let clock = Clock::system();
    let ids: Vec<Id> = (0..ROWS).map(|_| Id::new(clock.now())).collect();
    let ids = Arc::new(ids);
    for chunk in ids.chunks(1000) {
        let chunk = chunk.to_vec();
        let done: Result<(), StoreError> = store
            .shard_of(ids[0])
            .write(move |tx| chunk.iter().try_for_each(|&id| work::insert(tx, id)))
            .await;
        done?;
    }
    Ok((store, folder, ids))
}

pub async fn reads(report: &Report) -> Result<()> {
    let (store, folder, ids) = filled().await?;
    let path = folder.path().join("bench.sqlite");
    for callers in [1, 16] {
        let pool = Arc::new(parking::Pool::open(&path, callers)?);
        let case = Case {
            case: &format!("sqlite_point_reads_{callers}_callers"),
            peer_name: "rusqlite on tokio's blocking threads, one read each",
            unit: "reads/s",
        };
        let ours = async || {
            let (store, ids) = (store.clone(), Arc::clone(&ids));
            let work = move |caller| read_some(store.clone(), Arc::clone(&ids), caller);
            Ok(report.per_second(callers, work).await? * READS_AT_ONCE)
        };
        let peer = async || {
            let (pool, ids) = (Arc::clone(&pool), Arc::clone(&ids));
            let work = move |caller| read_elsewhere(Arc::clone(&pool), Arc::clone(&ids), caller);
            Ok(report.per_second(callers, work).await? * READS_AT_ONCE)
        };
        report.compare(&case, ours, peer).await?;
    }
    Ok(())
}

async fn read_some(store: Store, ids: Arc<Vec<Id>>, caller: usize) -> Result<()> {
    for at in picks(caller) {
        let id = ids[at % ids.len()];
        let body: Result<String, StoreError> = store.shard_of(id).read(move |tx| work::body(tx, id)).await;
        body?;
    }
    tokio::task::yield_now().await;
    Ok(())
}

async fn read_elsewhere(pool: Arc<parking::Pool>, ids: Arc<Vec<Id>>, caller: usize) -> Result<()> {
    for at in picks(caller) {
        let id = ids[at % ids.len()];
        let pool = Arc::clone(&pool);
        tokio::task::spawn_blocking(move || pool.read(id)).await??;
    }
    Ok(())
}

/// Rows far apart, so that no read finds the page of the one before.
fn picks(caller: usize) -> impl Iterator<Item = usize> {
    (0..100).map(move |at| caller * 7919 + at * 104_729)
}

/// What programs do that take rusqlite as it is: a few connections behind a lock, on threads that may block.
mod parking {
    use std::path::Path;
    use std::sync::Mutex;

    use anyhow::{Context, Result};
    use kernel::Id;
    use rusqlite::{Connection, OpenFlags};

    pub struct Pool(Mutex<Vec<Connection>>);

    impl Pool {
        pub fn open(path: &Path, count: usize) -> Result<Pool> {
            let open = |_| Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
            Ok(Pool(Mutex::new((0..count).map(open).collect::<Result<_, _>>()?)))
        }

        pub fn read(&self, id: Id) -> Result<String> {
            let connection = self.lock()?.pop().context("one connection for each caller")?;
            let body = connection
                .prepare_cached("SELECT body FROM bench WHERE vshard = ?1 AND id = ?2")?
                .query_row((id.virtual_shard().number(), id.as_bytes()), |row| row.get(0))?;
            self.lock()?.push(connection);
            Ok(body)
        }

        fn lock(&self) -> Result<std::sync::MutexGuard<'_, Vec<Connection>>> {
            self.0.lock().map_err(|_| anyhow::anyhow!("a reader panicked"))
        }
    }
}
