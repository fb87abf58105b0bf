//! The migrations that this program carries, and what a database must have of them.
//!
//! A released migration is never edited: its checksum stands in each database that applied it. A database that knows
//! more than this program is refused, because a newer program may have changed what old statements mean.

use sha2::{Digest, Sha256};

use crate::OpenError;
use crate::ddl::{self, Statement, Table};

/// One file of `migrations/`.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    pub version: i64,
    pub name: &'static str,
    pub text: &'static str,
}

const EMBEDDED: &[Migration] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// What [`Store::migrate`](crate::Store::migrate) did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// `SERVER: 0001_house` for each file that was applied, in order.
    pub applied: Vec<String>,
}

/// A row of the table `schema_versions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Applied {
    pub version: i64,
    pub checksum: String,
}

/// The table that says what was applied. It is older than the first migration, so it stands here.
pub(crate) const VERSIONS_TABLE: &str = "-- internal
CREATE TABLE schema_versions (
    version BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at BIGINT NOT NULL
)";

impl Migration {
    pub(crate) fn file(&self) -> String {
        format!("{:04}_{}", self.version, self.name)
    }

    pub(crate) fn checksum(&self) -> String {
        let text = self.text.replace("\r\n", "\n");
        Sha256::digest(text.as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    pub(crate) fn statements(&self) -> Result<Vec<Statement>, OpenError> {
        ddl::parse(self.text).map_err(|why| OpenError::BadMigration {
            file: self.file(),
            why,
        })
    }
}

/// The migrations of this program, oldest first.
pub fn migrations() -> &'static [Migration] {
    EMBEDDED
}

/// All tables that the migrations make, with their kinds.
pub fn tables() -> Result<Vec<Table>, OpenError> {
    let mut tables = Vec::new();
    for migration in EMBEDDED {
        tables.extend(
            migration
                .statements()?
                .into_iter()
                .filter_map(|statement| statement.table),
        );
    }
    Ok(tables)
}

/// What is still to be applied, given what was.
pub(crate) fn missing<'m>(
    server: &str,
    known: &'m [Migration],
    applied: &[Applied],
) -> Result<Vec<&'m Migration>, OpenError> {
    let last_known = known.last().map_or(0, |migration| migration.version);
    for row in applied {
        match known.iter().find(|migration| migration.version == row.version) {
            None => {
                let server = server.to_owned();
                return Err(OpenError::Newer {
                    server,
                    found: row.version,
                    known: last_known,
                });
            }
            Some(migration) if migration.checksum() != row.checksum => {
                return Err(OpenError::Changed {
                    server: server.to_owned(),
                    file: migration.file(),
                });
            }
            Some(_) => {}
        }
    }
    let is_applied = |version| applied.iter().any(|row| row.version == version);
    Ok(known
        .iter()
        .filter(|migration| !is_applied(migration.version))
        .collect())
}

/// Whether a store may open on a database where `applied` was applied.
pub(crate) fn accept(server: &str, known: &[Migration], applied: &[Applied]) -> Result<(), OpenError> {
    let missing = missing(server, known, applied)?;
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing
        .iter()
        .map(|migration| migration.file())
        .collect::<Vec<_>>()
        .join(", ");
    Err(OpenError::Unmigrated {
        server: server.to_owned(),
        missing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [Migration; 2] = [
        Migration {
            version: 1,
            name: "house",
            text: "-- internal\nCREATE TABLE a (b BIGINT);",
        },
        Migration {
            version: 2,
            name: "people",
            text: "-- internal\nCREATE TABLE c (d BIGINT);",
        },
    ];

    fn applied(version: i64, checksum: String) -> Applied {
        Applied { version, checksum }
    }

    #[test]
    fn a_database_is_up_to_date_behind_ahead_or_changed() {
        let first = applied(1, KNOWN[0].checksum());
        let second = applied(2, KNOWN[1].checksum());
        assert!(accept("x", &KNOWN, &[first.clone(), second.clone()]).is_ok());
        let check = |rows: &[Applied], expected: &str| {
            let said = accept("x", &KNOWN, rows).unwrap_err().to_string();
            assert!(said.contains(expected), "{said}");
        };
        check(&[], "run `townhall migrate`");
        check(std::slice::from_ref(&first), "0002_people");
        check(&[first, second, applied(3, String::new())], "newer townhall");
        check(&[applied(1, "other".into())], "put its text back");
    }

    #[test]
    fn line_ends_do_not_change_a_checksum() {
        let unix = Migration {
            version: 1,
            name: "a",
            text: "a\nb\n",
        };
        let windows = Migration {
            version: 1,
            name: "a",
            text: "a\r\nb\r\n",
        };
        assert_eq!(unix.checksum(), windows.checksum());
    }

    #[test]
    fn the_migrations_of_this_program_are_sound() {
        let tables = tables().unwrap();
        assert!(tables.iter().any(|table| table.name == "outbox"));
    }
}
