//! PostgreSQL: our lanes against its plain client at the same durability, and all-or-none on two servers against two
//! commits that may fall apart.

use anyhow::Result;
use kernel::{Clock, Id, Secret};
use postgres::{Client, NoTls};
use store::{ServerConfig, Store, StoreConfig, StoreError};
use testkit::postgres::{Database, Options, Pair};

use crate::measure::{Case, Report};
use crate::work;

const CALLERS: [usize; 4] = [1, 16, 64, 256];
/// Connections of either side: as many as the store opens by itself.
const CONNECTIONS: usize = 8;

pub async fn all(report: &Report) -> Result<()> {
    let pair = tokio::task::spawn_blocking(|| Pair::start(&Options::default())).await??;
    let databases: Vec<Database> = pair
        .servers()
        .iter()
        .map(|server| server.address().create_database())
        .collect::<Result<_>>()?;
    one_server(report, &databases[0]).await?;
    drop(databases);
    let databases: Vec<Database> = pair
        .servers()
        .iter()
        .map(|server| server.address().create_database())
        .collect::<Result<_>>()?;
    two_servers(report, &databases).await
}

async fn opened(databases: &[Database]) -> Result<Store> {
    let server = |(number, database): (usize, &Database)| ServerConfig {
        name: format!("server{}", number + 1),
        url: Secret::new(database.url()),
        replica_url: None,
        root_cert: None,
    };
    let config = StoreConfig::postgres(databases.iter().enumerate().map(server).collect());
    Store::migrate(&config, &Clock::system()).await?;
    let store = Store::open(config, Clock::system()).await?;
    for shard in store.everywhere() {
        shard.write(work::make_table).await?;
    }
    Ok(store)
}

async fn one_server(report: &Report, database: &Database) -> Result<()> {
    let store = opened(std::slice::from_ref(database)).await?;
    for callers in CALLERS {
        let case = Case {
            case: &format!("postgres_writes_{callers}_callers"),
            peer_name: "postgres 0.19, READ COMMITTED, a thread for each of up to 8 connections",
            unit: "durable transactions/s",
        };
        let ours = async || {
            let (store, clock) = (store.clone(), Clock::system());
            let work = move |_| {
                let (store, clock) = (store.clone(), clock.clone());
                async move { work::write_one(&store, &clock).await }
            };
            report.per_second(callers, work).await
        };
        let peer = async || plain(report, callers.min(CONNECTIONS), database);
        report.compare(&case, ours, peer).await?;
    }
    Ok(())
}

/// The plain client at its best: no queue and nobody to answer to.
fn plain(report: &Report, connections: usize, database: &Database) -> Result<f64> {
    let clock = Clock::system();
    let measure = || {
        report.per_second_on_threads(
            connections,
            || {
                let mut client = Client::connect(database.url(), NoTls)?;
                let insert = client.prepare(work::INSERT)?;
                Ok((client, insert))
            },
            |(client, insert)| {
                let (vshard, id, body) = work::peer_values(&clock);
                let mut tx = client.transaction()?;
                tx.execute(&*insert, &[&vshard, &&id[..], &body])?;
                Ok(tx.commit()?)
            },
        )
    };
    // Not on a thread of the runtime: the client blocks on one of its own.
    std::thread::scope(|scope| scope.spawn(measure).join())
        .map_err(|_| anyhow::anyhow!("the peer panicked"))?
}

/// One caller, and as many as there are connections: with more, both sides measure their queues.
const CALLERS_EVERYWHERE: [usize; 2] = [1, CONNECTIONS];

async fn two_servers(report: &Report, databases: &[Database]) -> Result<()> {
    let store = opened(databases).await?;
    for callers in CALLERS_EVERYWHERE {
        let case = Case {
            case: &format!("write_everywhere_{callers}_callers"),
            peer_name: "two plain commits, one after the other",
            unit: "transactions on both servers/s",
        };
        let all_or_none = async || {
            let (store, clock) = (store.clone(), Clock::system());
            let work = move |_| write_everywhere(store.clone(), Id::new(clock.now()));
            report.per_second(callers, work).await
        };
        let one_by_one = async || {
            let (store, clock) = (store.clone(), Clock::system());
            let work = move |_| write_one_by_one(store.clone(), Id::new(clock.now()));
            report.per_second(callers, work).await
        };
        report.compare(&case, all_or_none, one_by_one).await?;
    }
    Ok(())
}

async fn write_everywhere(store: Store, id: Id) -> Result<()> {
    let done: Result<(), StoreError> = store.write_everywhere(move |tx| work::insert(tx, id)).await;
    Ok(done?)
}

async fn write_one_by_one(store: Store, id: Id) -> Result<()> {
    for shard in store.everywhere() {
        let done: Result<(), StoreError> = shard.write(move |tx| work::insert(tx, id)).await;
        done?;
    }
    Ok(())
}
