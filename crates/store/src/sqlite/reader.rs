//! Readers of the embedded store. A point read takes a few microseconds, less than handing it to another thread, so it
//! runs where it is asked, on a connection of its own that sees the last commit and never waits for the writer.

use std::path::PathBuf;

use kernel::Moment;
use parking_lot::Mutex;
use rusqlite::Connection;

use super::failure;
use crate::config::Lanes;
use crate::gate::Gate;
use crate::job::{Outcome, run_body};
use crate::tx::{Fate, Hands};
use crate::{StoreError, Tx};

/// Connections kept for the next reader. More readers than this at once open one for themselves.
const KEPT_MAX: usize = 64;

pub(crate) struct Readers {
    path: PathBuf,
    lanes: Lanes,
    free: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf, lanes: Lanes) -> Readers {
        Readers {
            path,
            lanes,
            free: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn read<T, E>(
        &self,
        body: &impl Fn(&mut Tx<'_>) -> Result<T, E>,
        gate: &Gate,
        now: Moment,
    ) -> Outcome<T, E> {
        let connection = self.connection()?;
        let outcome = one_snapshot(&connection, body, gate, now);
        if connection.is_autocommit() {
            self.keep(connection);
        }
        outcome
    }

    /// A connection for reading, for whoever gives it back or drops it.
    pub(crate) fn connection(&self) -> Result<Connection, StoreError> {
        let kept = self.free.lock().pop();
        match kept {
            Some(connection) => Ok(connection),
            None => super::connect_reader(&self.path, &self.lanes)
                .map_err(|error| failure::of_open("opening the file for reading", error)),
        }
    }

    fn keep(&self, connection: Connection) {
        let mut free = self.free.lock();
        if free.len() < KEPT_MAX {
            free.push(connection);
        }
    }
}

fn one_snapshot<T, E>(
    connection: &Connection,
    body: &impl Fn(&mut Tx<'_>) -> Result<T, E>,
    gate: &Gate,
    now: Moment,
) -> Outcome<T, E> {
    run(connection, "BEGIN")?;
    let mut tx = Tx::new(Hands::Sqlite(connection), now);
    let outcome = run_body(body, gate, &mut tx);
    let fate = tx.into_fate();
    run(connection, "ROLLBACK")?;
    match (fate, outcome) {
        // A body that swallowed a failed statement does not know what it read.
        (Fate::Again(error) | Fate::Failed(error), Ok(Ok(_))) => Err(error),
        (_, outcome) => outcome,
    }
}

fn run(connection: &Connection, text: &'static str) -> Result<(), StoreError> {
    connection
        .prepare_cached(text)
        .and_then(|mut statement| statement.execute([]))
        .map(|_| ())
        .map_err(|error| failure::of_open(text, error))
}
