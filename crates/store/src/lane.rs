//! A server and the way to run a transaction on it, whatever its engine.

use std::path::PathBuf;
use std::sync::Arc;

use kernel::Moment;
use tokio::sync::watch;

use crate::config::Lanes;
use crate::job::{BodyJob, Outcome};
use crate::routes::Gate;
use crate::sqlite;
use crate::{OpenError, StoreError, Tx};

/// One database: a file or a PostgreSQL server.
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) lane: Lane,
}

pub(crate) enum Lane {
    Sqlite {
        path: PathBuf,
        writer: sqlite::Writer,
        readers: sqlite::Readers,
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
        let readers = sqlite::Readers::new(path.clone(), lanes.clone());
        Ok(Server {
            name,
            lane: Lane::Sqlite {
                path,
                writer,
                readers,
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
        _freshness: Freshness,
    ) -> Outcome<T, E>
    where
        B: Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match &self.lane {
            Lane::Sqlite { readers, .. } => readers.read(&**body, &gate, now),
        }
    }

    /// Why nothing can be written now, as far as the last attempt told.
    pub(crate) fn trouble(&self) -> Option<StoreError> {
        match &self.lane {
            Lane::Sqlite { writer, .. } => writer.trouble(),
        }
    }

    pub(crate) fn close(&self) {
        match &self.lane {
            Lane::Sqlite { writer, .. } => writer.close(),
        }
    }
}
