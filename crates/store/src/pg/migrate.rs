//! Brings one PostgreSQL server up to date. Each migration and its version row are one transaction under a lock, so
//! two programs that migrate at once do it once.

use kernel::Moment;
use postgres::Client;

use super::address::{Address, said};
use crate::OpenError;
use crate::ddl::{self, Dialect};
use crate::schema::{self, Applied, Migration, VERSIONS_TABLE};

/// Any number that no other program uses for its advisory locks: the first letters of "townhall".
const LOCK: i64 = 0x746f_776e_6861;

fn connect(server: &str, address: &Address) -> Result<Client, OpenError> {
    let mut client = address.connect().map_err(|error| OpenError::Unreachable {
        server: server.to_owned(),
        why: said(&error),
    })?;
    let encoding = client
        .query_one("SHOW server_encoding", &[])
        .and_then(|row| row.try_get::<_, String>(0))
        .map_err(|error| unfit(server, &error))?;
    if encoding != "UTF8" {
        let why = format!("the database's encoding is {encoding}; make it anew WITH ENCODING 'UTF8'");
        return Err(OpenError::Unfit {
            server: server.to_owned(),
            why,
        });
    }
    Ok(client)
}

fn unfit(server: &str, error: &postgres::Error) -> OpenError {
    OpenError::Unfit {
        server: server.to_owned(),
        why: said(error),
    }
}

/// Applies what is missing and names it.
pub(crate) fn migrate(
    server: &str,
    address: &Address,
    known: &[Migration],
    now: Moment,
) -> Result<Vec<String>, OpenError> {
    let mut client = connect(server, address)?;
    let mut done = Vec::new();
    while let Some(file) = migrate_one(server, &mut client, known, now)? {
        done.push(format!("{server}: {file}"));
    }
    Ok(done)
}

fn migrate_one(
    server: &str,
    client: &mut Client,
    known: &[Migration],
    now: Moment,
) -> Result<Option<String>, OpenError> {
    let told = |error: postgres::Error| unfit(server, &error);
    let mut tx = client.transaction().map_err(told)?;
    tx.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK])
        .map_err(told)?;
    let applied = applied(&mut tx).map_err(told)?;
    let Some(next) = schema::missing(server, known, applied.as_deref().unwrap_or_default())?
        .first()
        .copied()
    else {
        return Ok(None);
    };
    if applied.is_none() {
        let statements = ddl::parse(VERSIONS_TABLE).map_err(|why| OpenError::BadMigration {
            file: "schema_versions".to_owned(),
            why,
        })?;
        for statement in statements {
            tx.batch_execute(&statement.said_in(Dialect::Postgres))
                .map_err(told)?;
        }
    }
    for statement in next.statements()? {
        tx.batch_execute(&statement.said_in(Dialect::Postgres))
            .map_err(|error| OpenError::BadMigration {
                file: next.file(),
                why: said(&error),
            })?;
    }
    tx.execute(
        "INSERT INTO schema_versions (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)",
        &[&next.version, &next.name, &next.checksum(), &now.as_micros()],
    )
    .map_err(told)?;
    tx.commit().map_err(told)?;
    Ok(Some(next.file()))
}

/// Refuses a server that cannot be reached, or is behind or ahead of this program.
pub(crate) fn accept(server: &str, address: &Address, known: &[Migration]) -> Result<(), OpenError> {
    let mut client = connect(server, address)?;
    let applied = applied(&mut client).map_err(|error| unfit(server, &error))?;
    schema::accept(server, known, &applied.unwrap_or_default())
}

/// `None` when nothing was ever applied here.
fn applied(client: &mut impl postgres::GenericClient) -> Result<Option<Vec<Applied>>, postgres::Error> {
    let exists: bool = client
        .query_one("SELECT to_regclass('schema_versions') IS NOT NULL", &[])?
        .try_get(0)?;
    if !exists {
        return Ok(None);
    }
    let rows = client.query(
        "SELECT version, checksum FROM schema_versions ORDER BY version",
        &[],
    )?;
    rows.iter()
        .map(|row| {
            Ok(Applied {
                version: row.try_get(0)?,
                checksum: row.try_get(1)?,
            })
        })
        .collect::<Result<_, _>>()
        .map(Some)
}
