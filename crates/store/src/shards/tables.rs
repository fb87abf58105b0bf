//! Which tables move with their owner and which are the same everywhere, as the marks of the migrations say; and
//! copying their rows from one server to another as PostgreSQL's own binary stream, whatever the columns are.

use std::io::{self, Read, Write};

use kernel::{Id, VirtualShard};
use postgres::Client;

use super::range::VshardRange;
use super::trouble::Attempt;
use crate::{OpenError, StoreError, TableKind};

/// The internal table that is marked as sharded because it moves with its owners, but is never copied between warm
/// and cold.
pub(crate) const WARM_OWNERS: &str = "warm_owners";

#[derive(Clone, Debug)]
pub(crate) struct ShardedTable {
    pub(crate) name: String,
    pub(crate) owner: String,
}

/// In the order of their making, so that what refers to other rows comes after them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tables {
    pub(crate) sharded: Vec<ShardedTable>,
    pub(crate) reference: Vec<String>,
}

/// Which rows of a sharded table are meant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rows<'a> {
    Range(VshardRange),
    Shards(&'a [VirtualShard]),
    Owner(Id),
}

impl Tables {
    pub(crate) fn of_migrations() -> Result<Tables, OpenError> {
        let mut tables = Tables::default();
        for table in crate::tables()? {
            match table.kind {
                TableKind::Sharded { owner } => tables.sharded.push(ShardedTable {
                    name: table.name,
                    owner,
                }),
                TableKind::Reference => tables.reference.push(table.name),
                TableKind::Internal => {}
            }
        }
        Ok(tables)
    }

    /// Rows of each virtual shard in `range` on one server.
    pub(crate) fn count(
        &self,
        client: &mut Client,
        range: VshardRange,
    ) -> Result<Vec<(VirtualShard, u64)>, postgres::Error> {
        let each: Vec<String> = self
            .sharded
            .iter()
            .map(|table| {
                let condition = Rows::Range(range).condition(table);
                format!(
                    "SELECT vshard, count(*) AS n FROM {} WHERE {condition} GROUP BY vshard",
                    table.name
                )
            })
            .collect();
        if each.is_empty() {
            return Ok(Vec::new());
        }
        let question = format!(
            "SELECT vshard, sum(n)::bigint FROM ({}) AS t GROUP BY vshard ORDER BY vshard",
            each.join(" UNION ALL ")
        );
        let counted = |row: &postgres::Row| {
            let vshard = VirtualShard::new(u16::try_from(row.get::<_, i64>(0)).ok()?)?;
            Some((vshard, u64::try_from(row.get::<_, i64>(1)).ok()?))
        };
        Ok(client.query(&question, &[])?.iter().filter_map(counted).collect())
    }

    /// Looking for the rows of one owner or one virtual shard must not read whole tables.
    pub(crate) fn index(&self, client: &mut Client) -> Result<(), postgres::Error> {
        for ShardedTable { name, owner } in &self.sharded {
            if name != WARM_OWNERS {
                client.batch_execute(&format!(
                    "CREATE INDEX IF NOT EXISTS {name}_by_shard ON {name} (vshard, {owner})"
                ))?;
            }
        }
        Ok(())
    }
}

impl ShardedTable {
    pub(crate) fn delete(&self, client: &mut Client, rows: Rows<'_>) -> Result<u64, postgres::Error> {
        client.execute(
            &format!("DELETE FROM {} WHERE {}", self.name, rows.condition(self)),
            &[],
        )
    }
}

impl Rows<'_> {
    /// Numbers and hexadecimal digits of our own making, so nothing in it needs quoting.
    pub(crate) fn condition(self, table: &ShardedTable) -> String {
        match self {
            Rows::Range(range) => format!("vshard BETWEEN {} AND {}", range.first, range.last),
            Rows::Shards(shards) => {
                let list: Vec<String> = shards.iter().map(ToString::to_string).collect();
                format!("vshard IN ({})", list.join(", "))
            }
            Rows::Owner(owner) => {
                let digits: String = owner
                    .as_bytes()
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect();
                format!(
                    "vshard = {} AND {} = '\\x{digits}'::bytea",
                    owner.virtual_shard(),
                    table.owner
                )
            }
        }
    }
}

/// The columns of a table as both ends name them. Two servers of the same schema may still order them differently.
pub(crate) fn columns(client: &mut Client, table: &str) -> Result<String, postgres::Error> {
    let rows = client.query(
        "SELECT quote_ident(attname) FROM pg_attribute
         WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
        &[&table],
    )?;
    Ok(rows
        .iter()
        .map(|row| row.get::<_, String>(0))
        .collect::<Vec<_>>()
        .join(", "))
}

/// Copies what `question` answers into `table`, and says how many rows that were. Both ends stand in transactions.
pub(crate) fn copy(
    from: &mut Client,
    question: &str,
    to: &mut Client,
    table: &str,
    columns: &str,
) -> Attempt<u64> {
    let mut source = from.copy_out(&format!("COPY ({question}) TO STDOUT (FORMAT binary)"))?;
    let mut target = to.copy_in(&format!("COPY {table} ({columns}) FROM STDIN (FORMAT binary)"))?;
    io::copy(&mut source, &mut target).map_err(told)?;
    target.flush().map_err(told)?;
    Ok(target.finish()?)
}

/// What `question` answers, as one stream in memory: for what is known to be small.
pub(crate) fn read_stream(from: &mut Client, question: &str) -> Attempt<Vec<u8>> {
    let mut stream = Vec::new();
    from.copy_out(&format!("COPY ({question}) TO STDOUT (FORMAT binary)"))?
        .read_to_end(&mut stream)
        .map_err(told)?;
    Ok(stream)
}

pub(crate) fn write_stream(to: &mut Client, stream: &[u8], table: &str, columns: &str) -> Attempt<u64> {
    let mut target = to.copy_in(&format!("COPY {table} ({columns}) FROM STDIN (FORMAT binary)"))?;
    target.write_all(stream).map_err(told)?;
    target.flush().map_err(told)?;
    Ok(target.finish()?)
}

/// A stream says what PostgreSQL said, wrapped.
fn told(error: io::Error) -> super::trouble::Trouble {
    match error.downcast::<postgres::Error>() {
        Ok(error) => error.into(),
        Err(error) => StoreError::broken(format!("copying rows between servers: {error}")).into(),
    }
}
