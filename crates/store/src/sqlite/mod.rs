//! The embedded engine: one file, one writer that commits in groups, readers that run where they are asked.

mod backup;
mod failure;
mod migrate;
mod reader;
mod restore;
mod writer;

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::ffi::ErrorCode;
use rusqlite::types::{ToSqlOutput, ValueRef as Cell};
use rusqlite::{Connection, OpenFlags, ToSql};

use crate::config::Lanes;
use crate::tx::Failure;
use crate::{Sql, StoreError, ValueRef};

pub(crate) use backup::{check as check_backup, copy as back_up};
pub(crate) use migrate::{accept, migrate};
pub(crate) use reader::Readers;
pub(crate) use restore::restore;
pub(crate) use writer::Writer;

/// More than the program has statements, so that none is prepared twice.
const PREPARED_MAX: usize = 1024;

/// Memory for pages of the connection that writes. With SQLite's own 2 MB, batches of timers and letters, which touch pages all
/// over the indexes, read the same pages again and again and write some of them twice.
const WRITER_PAGES_KIB: i64 = 64 * 1024;
/// The same of each connection that reads: the texts of a well filled calendar lie on more pages than 2 MB hold, and whoever looks
/// at a week would have them copied out of the file each time.
const READER_PAGES_KIB: i64 = 16 * 1024;
/// Between two attempts to have a log.
const LOG_PAUSE: Duration = Duration::from_millis(10);
/// Pages in the log that have it carried over into the file. A page that was written several times until then is carried
/// once; more would make opening after a crash slow.
const LOG_PAGES: i64 = 8_000;

/// May this open make a new file?
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    Make,
    Refuse,
}

/// The connection that writes. `synchronous=FULL` flushes the log at each commit: what was answered is on disk.
pub(crate) fn connect_writer(path: &Path, lanes: &Lanes, missing: Missing) -> rusqlite::Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if missing == Missing::Make {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(lanes.busy_timeout)?;
    keep_log(&connection, lanes.busy_timeout)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    connection.pragma_update(None, "cache_size", -WRITER_PAGES_KIB)?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    keep_statements(&connection)?;
    Ok(connection)
}

/// Has the file keep a log. Where another process makes the same new file at this moment, SQLite refuses this without waiting.
fn keep_log(connection: &Connection, patience: Duration) -> rusqlite::Result<()> {
    let deadline = Instant::now() + patience;
    loop {
        match connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())) {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && Instant::now() < deadline =>
            {
                thread::sleep(LOG_PAUSE);
            }
            done => return done,
        }
    }
}

pub(crate) fn connect_reader(path: &Path, lanes: &Lanes) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(lanes.busy_timeout)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -READER_PAGES_KIB)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    keep_statements(&connection)?;
    Ok(connection)
}

/// What is prepared stays prepared. Without the guarantee that a plan does not depend on parameters, SQLite plans every statement
/// with `LIMIT $n` anew each time it is run, which takes longer than running it.
fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_MAX);
    Ok(())
}

pub(crate) fn execute(
    connection: &Connection,
    sql: &'static Sql,
    params: &[ValueRef<'_>],
) -> Result<u64, Failure> {
    let run = || {
        let mut statement = connection.prepare_cached(sql.numbered())?;
        give(&mut statement, params)?;
        statement.raw_execute()
    };
    let changed = run().map_err(|error| failure::of_statement(connection, sql, error))?;
    Ok(u64::try_from(changed).unwrap_or(u64::MAX))
}

pub(crate) fn query(
    connection: &Connection,
    sql: &'static Sql,
    params: &[ValueRef<'_>],
    take: &mut dyn FnMut(&rusqlite::Row<'_>) -> Result<(), StoreError>,
) -> Result<(), Failure> {
    let told = |error| failure::of_statement(connection, sql, error);
    let mut statement = connection.prepare_cached(sql.numbered()).map_err(told)?;
    give(&mut statement, params).map_err(told)?;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(told)? {
        take(row)?;
    }
    Ok(())
}

fn give(statement: &mut rusqlite::Statement<'_>, params: &[ValueRef<'_>]) -> rusqlite::Result<()> {
    if statement.parameter_count() != params.len() {
        return Err(rusqlite::Error::InvalidParameterCount(
            params.len(),
            statement.parameter_count(),
        ));
    }
    for (at, value) in params.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, Parameter(*value))?;
    }
    Ok(())
}

struct Parameter<'a>(ValueRef<'a>);

impl ToSql for Parameter<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            ValueRef::Null => Cell::Null,
            ValueRef::Int(number) => Cell::Integer(number),
            ValueRef::Text(text) => Cell::Text(text.as_bytes()),
            ValueRef::Bytes(bytes) => Cell::Blob(bytes),
        }))
    }
}

pub(crate) fn cell<'a>(row: &'a rusqlite::Row<'_>, column: usize) -> Result<ValueRef<'a>, StoreError> {
    let wrong = |why: &str| StoreError::broken(format!("column {column}: {why}"));
    match row.get_ref(column).map_err(|error| wrong(&error.to_string()))? {
        Cell::Null => Ok(ValueRef::Null),
        Cell::Integer(number) => Ok(ValueRef::Int(number)),
        Cell::Text(text) => std::str::from_utf8(text)
            .map(ValueRef::Text)
            .map_err(|_| wrong("the text is not UTF-8")),
        Cell::Blob(bytes) => Ok(ValueRef::Bytes(bytes)),
        Cell::Real(_) => Err(wrong("a fraction, which the store does not hold")),
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_statement_with_a_limit_is_planned_once() {
        let connection = Connection::open_in_memory().unwrap();
        keep_statements(&connection).unwrap();
        let table = "CREATE TABLE things (number INTEGER PRIMARY KEY, name TEXT)";
        connection.execute_batch(table).unwrap();
        let text = "SELECT number FROM things WHERE name > ?1 ORDER BY name LIMIT ?2";
        let mut statement = connection.prepare(text).unwrap();
        for count in 1..=3 {
            assert!(!statement.exists(("a", count)).unwrap());
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }
}
