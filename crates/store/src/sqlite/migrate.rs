//! Brings one file up to date. Each migration and its version row are one transaction, taken with the write lock, so
//! two programs that migrate at once do it once.

use std::path::Path;

use kernel::Moment;
use rusqlite::{Connection, TransactionBehavior, params};

use super::{Missing, connect_reader, connect_writer};
use crate::OpenError;
use crate::config::Lanes;
use crate::ddl::{self, Dialect};
use crate::schema::{self, Applied, Migration, VERSIONS_TABLE};

fn unfit(path: &Path, error: &rusqlite::Error) -> OpenError {
    OpenError::Unfit {
        server: path.display().to_string(),
        why: error.to_string(),
    }
}

/// Applies what is missing and names it.
pub(crate) fn migrate(
    path: &Path,
    lanes: &Lanes,
    known: &[Migration],
    now: Moment,
) -> Result<Vec<String>, OpenError> {
    let told = |error: rusqlite::Error| unfit(path, &error);
    let mut connection = connect_writer(path, lanes, Missing::Make).map_err(told)?;
    let server = path.display().to_string();
    let mut done = Vec::new();
    loop {
        let tx = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(told)?;
        let applied = applied(&tx).map_err(told)?;
        let Some(next) = schema::missing(&server, known, applied.as_deref().unwrap_or_default())?
            .first()
            .copied()
        else {
            return Ok(done);
        };
        if applied.is_none() {
            for statement in parsed(VERSIONS_TABLE)? {
                tx.execute_batch(&statement.said_in(Dialect::Sqlite))
                    .map_err(told)?;
            }
        }
        for statement in next.statements()? {
            tx.execute_batch(&statement.said_in(Dialect::Sqlite))
                .map_err(|error| OpenError::BadMigration {
                    file: next.file(),
                    why: error.to_string(),
                })?;
        }
        tx.execute(
            "INSERT INTO schema_versions (version, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4)",
            params![next.version, next.name, next.checksum(), now.as_micros()],
        )
        .map_err(told)?;
        tx.commit().map_err(told)?;
        done.push(format!("{server}: {}", next.file()));
    }
}

fn parsed(text: &str) -> Result<Vec<ddl::Statement>, OpenError> {
    ddl::parse(text).map_err(|why| OpenError::BadMigration {
        file: "schema_versions".to_owned(),
        why,
    })
}

/// Refuses a file that is missing, behind or ahead of this program.
pub(crate) fn accept(path: &Path, lanes: &Lanes, known: &[Migration]) -> Result<(), OpenError> {
    let server = path.display().to_string();
    if !path.exists() {
        return schema::accept(&server, known, &[]);
    }
    let connection = connect_reader(path, lanes).map_err(|error| unfit(path, &error))?;
    let applied = applied(&connection).map_err(|error| unfit(path, &error))?;
    schema::accept(&server, known, &applied.unwrap_or_default())
}

/// `None` when nothing was ever applied here.
pub(super) fn applied(connection: &Connection) -> rusqlite::Result<Option<Vec<Applied>>> {
    // A question to the file itself: what the connection remembers of the schema may be older than the lock it holds.
    let exists = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_versions'";
    if connection.query_row(exists, [], |row| row.get::<_, i64>(0))? == 0 {
        return Ok(None);
    }
    let mut statement =
        connection.prepare("SELECT version, checksum FROM schema_versions ORDER BY version")?;
    let rows = statement.query_map([], |row| {
        Ok(Applied {
            version: row.get(0)?,
            checksum: row.get(1)?,
        })
    })?;
    rows.collect::<Result<_, _>>().map(Some)
}
