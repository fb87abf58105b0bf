//! What is kept of the past: every version of every segment, and about a person all that was known and done.

use std::collections::HashMap;

use kernel::{Id, Moment, PersonId, VirtualShard};
use store::{StoreError, Tx, params, sql};

use crate::people::rows::{self as people, Person};
use crate::rules::replay::Done;
use crate::stored::{broken, read_definition, read_facts};
use crate::types::{Definition, DrawNumber, Facts, Number};

/// Versions of all segments together that are read; more than a busy century makes.
const VERSIONS_MAX: i64 = 10_000_000;

/// A segment as it was from an instant on.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) number: Number,
    pub(crate) version: i64,
    pub(crate) at: Moment,
    pub(crate) definition: Definition,
    pub(crate) archived: bool,
}

/// Every version there was by an instant, by segment and in their order.
pub(crate) fn versions(tx: &mut Tx<'_>, until: Moment) -> Result<Vec<Version>, StoreError> {
    tx.query(
        sql!(
            "SELECT number, version, made_at, definition, archived FROM segment_versions WHERE made_at <= $1
             ORDER BY number, version LIMIT $2"
        ),
        params![until, VERSIONS_MAX],
        |row| {
            let number = u16::try_from(row.get::<i64>(0)?).ok().and_then(Number::new);
            Ok(Version {
                number: number.ok_or_else(|| broken("the number"))?,
                version: row.get(1)?,
                at: row.get(2)?,
                definition: read_definition(&row.get::<String>(3)?)?,
                archived: row.get::<i64>(4)? == 1,
            })
        },
    )
}

/// A person with all that was known and done before.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) person: Person,
    pub(crate) known: Vec<(Moment, Option<Facts>)>,
    pub(crate) done: Vec<Done>,
}

pub(crate) fn kept(tx: &mut Tx<'_>, person: Person) -> Result<Kept, StoreError> {
    let known = tx.query(
        sql!("SELECT known_until, facts FROM segment_facts WHERE person = $1 ORDER BY known_until LIMIT $2"),
        params![person.id, VERSIONS_MAX],
        |row| {
            let facts: Option<String> = row.get(1)?;
            Ok((row.get(0)?, facts.as_deref().map(read_facts).transpose()?))
        },
    )?;
    let done = people::done(tx, person.id)?;
    Ok(Kept { person, known, done })
}

/// Who was drawn of one virtual shard as far as a server knows, each with their draws.
pub(crate) fn drawn(
    tx: &mut Tx<'_>,
    vshard: VirtualShard,
) -> Result<HashMap<PersonId, Vec<DrawNumber>>, StoreError> {
    let rows = tx.query(
        sql!("SELECT draw, people FROM segment_drawn WHERE vshard = $1 ORDER BY draw LIMIT $2"),
        params![vshard, VERSIONS_MAX],
        |row| {
            let draw = u16::try_from(row.get::<i64>(0)?).ok().and_then(DrawNumber::new);
            let draw = draw.ok_or_else(|| broken("the number of a draw"))?;
            Ok((draw, row.get::<Vec<u8>>(1)?))
        },
    )?;
    let mut drawn: HashMap<PersonId, Vec<DrawNumber>> = HashMap::new();
    for (draw, packed) in rows {
        for bytes in packed.as_chunks::<16>().0 {
            let person = PersonId(Id::from_bytes(*bytes));
            drawn.entry(person).or_default().push(draw);
        }
    }
    Ok(drawn)
}
