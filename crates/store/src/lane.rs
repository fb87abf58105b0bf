//! A server and the way to run a transaction on it, whatever its engine.

use std::path::PathBuf;
use std::sync::Arc;

use kernel::Moment;
use tokio::sync::watch;

use crate::config::Lanes;
use crate::gate::Gate;
use crate::job::{BodyJob, Outcome};
use crate::{OpenError, ServerConfig, StoreError, Tx, pg, sqlite};

/// One database: a file or a PostgreSQL server.
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) lane: Lane,
}

pub(crate) enum Lane {
    Sqlite {
        writer: sqlite::Writer,
        readers: sqlite::Readers,
    },
    Postgres {
        writes: pg::Lane,
        reads: pg::Lane,
        replica: Option<pg::Lane>,
    },
}

/// Which of the two kinds of reading is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    Latest,
    MayLag,
}

impl Server {
    pub(crate) fn open_file(
        path: PathBuf,
        lanes: &Lanes,
        announced: watch::Sender<u64>,
    ) -> Result<Server, OpenError> {
        let name = "file".to_owned();
        let unfit = |why: String| OpenError::Unfit {
            server: path.display().to_string(),
            why,
        };
        let connection = sqlite::connect_writer(&path, lanes, sqlite::Missing::Refuse)
            .map_err(|error| unfit(error.to_string()))?;
        let writer =
            sqlite::Writer::start(connection, lanes.queue_jobs_max, lanes.commit_jobs_max, announced)
                .map_err(|error| unfit(error.to_string()))?;
        let readers = sqlite::Readers::new(path, lanes.clone());
        Ok(Server {
            name,
            lane: Lane::Sqlite { writer, readers },
        })
    }

    /// Connects when the first job comes.
    pub(crate) fn open_postgres(
        config: &ServerConfig,
        lanes: &Lanes,
        announced: &watch::Sender<u64>,
    ) -> Result<Server, OpenError> {
        let name = config.name.clone();
        let start = |purpose, address| {
            pg::Lane::start(&name, purpose, address, lanes, announced.clone()).map_err(|error| {
                OpenError::Unfit {
                    server: name.clone(),
                    why: error.to_string(),
                }
            })
        };
        let writes = start(pg::Purpose::Write, pg::Address::of(config, lanes)?)?;
        let reads = start(pg::Purpose::Read, pg::Address::of(config, lanes)?)?;
        let replica = pg::Address::of_replica(config, lanes)
            .map(|address| start(pg::Purpose::ReadReplica, address?))
            .transpose()?;
        Ok(Server {
            name,
            lane: Lane::Postgres {
                writes,
                reads,
                replica,
            },
        })
    }

    pub(crate) async fn write<B, T, E>(&self, body: Arc<B>, gate: Gate, now: Moment) -> Outcome<T, E>
    where
        B: Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (job, answer) = BodyJob::new(body, gate, now);
        match &self.lane {
            Lane::Sqlite { writer, .. } => writer.submit(Box::new(job)),
            Lane::Postgres { writes, .. } => writes.submit(Box::new(job)),
        }
        answer
            .await
            .unwrap_or_else(|_| Err(StoreError::broken("a lane ended without an answer")))
    }

    pub(crate) async fn read<B, T, E>(
        &self,
        body: &Arc<B>,
        gate: Gate,
        now: Moment,
        freshness: Freshness,
    ) -> Outcome<T, E>
    where
        B: Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match &self.lane {
            Lane::Sqlite { readers, .. } => readers.read(&**body, &gate, now),
            Lane::Postgres {
                replica: Some(replica),
                reads,
                ..
            } if freshness == Freshness::MayLag => {
                match read_in(replica, body, gate.clone(), now).await {
                    // A replica that is away costs a little speed, not the answer.
                    Err(StoreError::Unavailable { .. }) => read_in(reads, body, gate, now).await,
                    outcome => outcome,
                }
            }
            Lane::Postgres { reads, .. } => read_in(reads, body, gate, now).await,
        }
    }

    /// Why nothing can be written now, as far as the last attempt told.
    pub(crate) fn trouble(&self) -> Option<StoreError> {
        match &self.lane {
            Lane::Sqlite { writer, .. } => writer.trouble(),
            Lane::Postgres { .. } => None,
        }
    }

    pub(crate) fn close(&self) {
        match &self.lane {
            Lane::Sqlite { writer, .. } => writer.close(),
            Lane::Postgres {
                writes,
                reads,
                replica,
            } => {
                writes.close();
                reads.close();
                replica.iter().for_each(pg::Lane::close);
            }
        }
    }
}

async fn read_in<B, T, E>(lane: &pg::Lane, body: &Arc<B>, gate: Gate, now: Moment) -> Outcome<T, E>
where
    B: Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let (job, answer) = BodyJob::new(Arc::clone(body), gate, now);
    lane.submit(Box::new(job));
    answer
        .await
        .unwrap_or_else(|_| Err(StoreError::broken("a lane ended without an answer")))
}
