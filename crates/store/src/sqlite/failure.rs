//! SQLite's codes in the store's words.

use rusqlite::ffi::{self, ErrorCode};
use rusqlite::{Connection, Error};

use crate::tx::Failure;
use crate::{Sql, StoreError, Unavailability};

/// What a failed statement means to its transaction.
pub(crate) fn of_statement(connection: &Connection, sql: &Sql, error: Error) -> Failure {
    Failure::Final(match told(&error) {
        Some(known) => known,
        None => match violated(connection, &error) {
            Some(constraint) => StoreError::Conflict { constraint },
            None => StoreError::broken_by(format!("{sql:?} failed"), error),
        },
    })
}

/// What a failed BEGIN, COMMIT or connect means to the jobs that wait for it.
pub(crate) fn of_open(what: &'static str, error: Error) -> StoreError {
    told(&error).unwrap_or_else(|| StoreError::broken_by(format!("{what} failed"), error))
}

fn told(error: &Error) -> Option<StoreError> {
    Some(match error.sqlite_error_code()? {
        ErrorCode::DiskFull => StoreError::unavailable(Unavailability::DiskFull),
        ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => {
            StoreError::unavailable(Unavailability::DiskFailing)
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy,
        _ => return None,
    })
}

/// The name of the unique constraint that was violated, as PostgreSQL would call it.
///
/// SQLite tells columns (`UNIQUE constraint failed: people.email`) or, for an index over expressions, the index.
fn violated(connection: &Connection, error: &Error) -> Option<String> {
    let Error::SqliteFailure(code, Some(message)) = error else {
        return None;
    };
    let unique = [
        ffi::SQLITE_CONSTRAINT_UNIQUE,
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY,
        ffi::SQLITE_CONSTRAINT_ROWID,
    ];
    if !unique.contains(&code.extended_code) {
        return None;
    }
    let (_, what) = message.split_once(": ")?;
    if let Some(index) = what.strip_prefix("index ") {
        return Some(index.trim_matches('\'').to_owned());
    }
    let table = what.split_once('.')?.0;
    let columns: Vec<&str> = what
        .split(", ")
        .filter_map(|column| column.split_once('.').map(|(_, name)| name))
        .collect();
    Some(named_index(connection, table, &columns).unwrap_or_else(|| format!("{table}_pkey")))
}

fn named_index(connection: &Connection, table: &str, columns: &[&str]) -> Option<String> {
    let mut indexes = connection
        .prepare_cached("SELECT name, origin FROM pragma_index_list(?1) WHERE \"unique\" = 1")
        .ok()?;
    let mut members = connection
        .prepare_cached("SELECT name FROM pragma_index_info(?1) ORDER BY seqno")
        .ok()?;
    let mut rows = indexes.query([table]).ok()?;
    while let Ok(Some(row)) = rows.next() {
        let (name, origin): (String, String) = (row.get(0).ok()?, row.get(1).ok()?);
        let found: Vec<Option<String>> = members
            .query_map([&name], |row| row.get(0))
            .ok()?
            .collect::<Result<_, _>>()
            .ok()?;
        if found
            .iter()
            .map(Option::as_deref)
            .eq(columns.iter().copied().map(Some))
        {
            return Some(match origin.as_str() {
                "pk" => format!("{table}_pkey"),
                "u" => format!("{table}_{}_key", columns.join("_")),
                _ => name,
            });
        }
    }
    None
}
