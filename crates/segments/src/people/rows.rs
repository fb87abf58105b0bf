//! The rows of people in segments: one for each person, their history, and what was known of them before.

use kernel::{Id, Moment, PersonId};
use store::{Row, StoreError, Tx, VshardRange, params, sql};

use crate::catalog::rows::{actor, actor_columns};
use crate::rules::change::{Happened, What};
use crate::rules::replay::Done;
use crate::stored::{broken, read_facts, read_hand, write_facts, write_hand};
use crate::types::{Actor, ByHand, Facts, Number};

/// A person as a row knows them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Person {
    pub(crate) id: PersonId,
    pub(crate) version: i64,
    /// `None`: the person is no more.
    pub(crate) facts: Option<Facts>,
    pub(crate) hand: Vec<ByHand>,
    /// Since when somebody who was deleted is here again.
    pub(crate) returned: Option<Moment>,
}

pub(crate) fn person(tx: &mut Tx<'_>, id: PersonId) -> Result<Option<Person>, StoreError> {
    tx.query_opt(
        sql!("SELECT person, version, facts, hand, returned_at FROM segment_people WHERE person = $1"),
        params![id],
        read,
    )
}

/// Whoever is known, or was. Somebody who was asked for and was nobody leaves a row too, so that there is a version to
/// compare; that is no person.
pub(crate) fn known(tx: &mut Tx<'_>, id: PersonId) -> Result<Option<Person>, StoreError> {
    let Some(person) = person(tx, id)? else {
        return Ok(None);
    };
    let was_known = person.facts.is_some() || was_known(tx, id)?;
    Ok(was_known.then_some(person))
}

fn was_known(tx: &mut Tx<'_>, id: PersonId) -> Result<bool, StoreError> {
    let before = tx.query_opt(
        sql!("SELECT known_until FROM segment_facts WHERE person = $1 LIMIT 1"),
        params![id],
        |row| row.get::<i64>(0),
    )?;
    Ok(before.is_some())
}

/// The version of a person's row; zero when there is none.
pub(crate) fn version(tx: &mut Tx<'_>, id: PersonId) -> Result<i64, StoreError> {
    let version = tx.query_opt(
        sql!("SELECT version FROM segment_people WHERE person = $1"),
        params![id],
        |row| row.get(0),
    )?;
    Ok(version.unwrap_or(0))
}

/// The next version says the same. Whoever asked before that has to ask again.
pub(crate) fn confirm(tx: &mut Tx<'_>, id: PersonId) -> Result<(), StoreError> {
    tx.execute(
        sql!("UPDATE segment_people SET version = version + 1 WHERE person = $1"),
        params![id],
    )?;
    Ok(())
}

/// At most so many of a range on a server, after one of them, in the order of virtual shards.
pub(crate) fn page(
    tx: &mut Tx<'_>,
    range: VshardRange,
    after: Option<PersonId>,
    count: u16,
) -> Result<Vec<Person>, StoreError> {
    let first = (range.first, Id::from_bytes([0; 16]));
    let (vshard, person) = after.map_or(first, |after| (after.0.virtual_shard(), after.0));
    tx.query(
        sql!(
            "SELECT person, version, facts, hand, returned_at FROM segment_people
             WHERE (vshard, person) > ($1, $2) AND vshard <= $3 ORDER BY vshard, person LIMIT $4"
        ),
        params![vshard, person, range.last, count],
        read,
    )
}

/// Those for whom something is over by then, the earliest first.
pub(crate) fn ending(tx: &mut Tx<'_>, at: Moment, count: u16) -> Result<Vec<PersonId>, StoreError> {
    tx.query(
        sql!("SELECT person FROM segment_people WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2"),
        params![at, count],
        |row| row.get(0),
    )
}

pub(crate) fn save(tx: &mut Tx<'_>, person: &Person) -> Result<(), StoreError> {
    let facts = person.facts.as_ref().map(write_facts).transpose()?;
    let ends = person.hand.iter().filter_map(|one| one.until).min();
    tx.execute(
        sql!(
            "INSERT INTO segment_people (person, vshard, version, facts, hand, ends_at, returned_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (person) DO UPDATE SET version = excluded.version, facts = excluded.facts,
                hand = excluded.hand, ends_at = excluded.ends_at, returned_at = excluded.returned_at"
        ),
        params![
            person.id,
            person.id.0.virtual_shard(),
            person.version,
            facts,
            write_hand(&person.hand),
            ends,
            person.returned
        ],
    )?;
    Ok(())
}

/// What was known until then.
pub(crate) fn keep_facts(
    tx: &mut Tx<'_>,
    person: PersonId,
    facts: Option<&Facts>,
    until: Moment,
) -> Result<(), StoreError> {
    let facts = facts.map(write_facts).transpose()?;
    tx.execute(
        sql!(
            "INSERT INTO segment_facts (person, vshard, known_until, facts) VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING"
        ),
        params![person, person.0.virtual_shard(), until, facts],
    )?;
    Ok(())
}

pub(crate) fn write_history(
    tx: &mut Tx<'_>,
    person: &Person,
    happened: &[Happened],
    at: Moment,
    by: Actor,
) -> Result<(), StoreError> {
    for one in happened {
        // What is over is so at its own instant and by nobody, whenever and by whomever that was noticed.
        let (at, by) = match (one.what, one.until) {
            (What::Ended, Some(until)) => (until, Actor::House),
            _ => (at, by),
        };
        let (kind, actor) = actor_columns(by);
        tx.execute(
            sql!(
                "INSERT INTO segment_history (person, vshard, version, segment, what, happened_at, ends_at, actor_kind,
                    actor)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
            ),
            params![
                person.id,
                person.id.0.virtual_shard(),
                person.version,
                i64::from(one.segment.get()),
                code(one.what),
                at,
                one.until,
                kind,
                actor
            ],
        )?;
    }
    Ok(())
}

/// Lines of one person that are read for a replay.
const DONE_MAX: i64 = 1_000_000;

/// What happened to a person, in the order in which it did.
pub(crate) fn done(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<Done>, StoreError> {
    tx.query(
        sql!(
            "SELECT segment, what, happened_at, ends_at, actor_kind, actor FROM segment_history WHERE person = $1
             ORDER BY happened_at, version, segment LIMIT $2"
        ),
        params![person, DONE_MAX],
        line,
    )
}

/// What happened to a person, the latest first.
pub(crate) fn history(tx: &mut Tx<'_>, person: PersonId, count: u16) -> Result<Vec<Done>, StoreError> {
    tx.query(
        sql!(
            "SELECT segment, what, happened_at, ends_at, actor_kind, actor FROM segment_history WHERE person = $1
             ORDER BY happened_at DESC, version DESC, segment LIMIT $2"
        ),
        params![person, count],
        line,
    )
}

/// When and by whom something was last done to a person in a segment, by an instant.
pub(crate) fn last_done(
    tx: &mut Tx<'_>,
    person: PersonId,
    segment: Number,
    what: What,
    by: Moment,
) -> Result<Option<(Moment, Actor)>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT happened_at, actor_kind, actor FROM segment_history
             WHERE person = $1 AND segment = $2 AND what = $3 AND happened_at <= $4
             ORDER BY happened_at DESC, version DESC LIMIT 1"
        ),
        params![person, i64::from(segment.get()), code(what), by],
        |row| Ok((row.get(0)?, actor(row.get(1)?, row.get(2)?)?)),
    )
}

fn line(row: &Row<'_>) -> Result<Done, StoreError> {
    Ok(Done {
        happened: Happened {
            segment: number(row.get(0)?)?,
            what: what(row.get(1)?)?,
            until: row.get(3)?,
        },
        at: row.get(2)?,
        by: actor(row.get(4)?, row.get(5)?)?,
    })
}

fn read(row: &Row<'_>) -> Result<Person, StoreError> {
    let facts: Option<String> = row.get(2)?;
    Ok(Person {
        id: row.get(0)?,
        version: row.get(1)?,
        facts: facts.as_deref().map(read_facts).transpose()?,
        hand: read_hand(&row.get::<Vec<u8>>(3)?)?,
        returned: row.get(4)?,
    })
}

fn number(column: i64) -> Result<Number, StoreError> {
    let number = u16::try_from(column).ok().and_then(Number::new);
    number.ok_or_else(|| broken("the number"))
}

const fn code(what: What) -> i64 {
    match what {
        What::Added => 1,
        What::Removed => 2,
        What::Ended => 3,
        What::Gone => 4,
    }
}

fn what(code: i64) -> Result<What, StoreError> {
    match code {
        1 => Ok(What::Added),
        2 => Ok(What::Removed),
        3 => Ok(What::Ended),
        4 => Ok(What::Gone),
        _ => Err(broken("the history")),
    }
}
