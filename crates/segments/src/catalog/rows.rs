//! The rows of segments. They are on every server, so whoever changes them does it everywhere.

use kernel::{Id, Moment};
use store::{Row, StoreError, Tx, params, sql};

use crate::stored::{broken, read_definition, write_definition};
use crate::types::{Actor, Key, Number, SEGMENTS_MAX, Segment};

/// Every segment, archived ones too, in the order of their numbers.
pub(crate) fn all(tx: &mut Tx<'_>) -> Result<Vec<Segment>, StoreError> {
    tx.query(
        sql!(
            "SELECT number, segment_key, version, title, description, owner, definition, created_at, changed_at,
                archived_at
             FROM segments ORDER BY number LIMIT $1"
        ),
        params![i64::from(SEGMENTS_MAX)],
        segment,
    )
}

pub(crate) fn with_key(tx: &mut Tx<'_>, key: &Key) -> Result<Option<Segment>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT number, segment_key, version, title, description, owner, definition, created_at, changed_at,
                archived_at
             FROM segments WHERE segment_key = $1"
        ),
        params![key.as_str()],
        segment,
    )
}

/// The number that no segment ever had; `None` when there are as many as there can be.
pub(crate) fn next_number(tx: &mut Tx<'_>) -> Result<Option<Number>, StoreError> {
    let next: i64 = tx.query_one(
        sql!("SELECT COALESCE(max(number), -1) + 1 FROM segments"),
        params![],
        |row| row.get(0),
    )?;
    Ok(u16::try_from(next).ok().and_then(Number::new))
}

pub(crate) fn insert(tx: &mut Tx<'_>, new: &Segment, by: Actor) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO segments (number, segment_key, version, title, description, owner, definition, created_at,
                changed_at, archived_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ),
        params![
            i64::from(new.number.get()),
            new.key.as_str(),
            new.version,
            new.title,
            new.description,
            new.owner,
            write_definition(&new.definition)?,
            new.created,
            new.changed,
            new.archived
        ],
    )?;
    remember(tx, new, by)
}

pub(crate) fn save(tx: &mut Tx<'_>, changed: &Segment, by: Actor) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "UPDATE segments SET version = $2, title = $3, description = $4, owner = $5, definition = $6,
                changed_at = $7, archived_at = $8 WHERE number = $1"
        ),
        params![
            i64::from(changed.number.get()),
            changed.version,
            changed.title,
            changed.description,
            changed.owner,
            write_definition(&changed.definition)?,
            changed.changed,
            changed.archived
        ],
    )?;
    remember(tx, changed, by)
}

fn remember(tx: &mut Tx<'_>, segment: &Segment, by: Actor) -> Result<(), StoreError> {
    let (kind, actor) = actor_columns(by);
    tx.execute(
        sql!(
            "INSERT INTO segment_versions (number, version, made_at, actor_kind, actor, definition, archived)
             VALUES ($1, $2, $3, $4, $5, $6, $7)"
        ),
        params![
            i64::from(segment.number.get()),
            segment.version,
            segment.changed,
            kind,
            actor,
            write_definition(&segment.definition)?,
            segment.archived.is_some()
        ],
    )?;
    Ok(())
}

fn segment(row: &Row<'_>) -> Result<Segment, StoreError> {
    let number: i64 = row.get(0)?;
    let number = u16::try_from(number).ok().and_then(Number::new);
    Ok(Segment {
        number: number.ok_or_else(|| broken("the number"))?,
        key: Key::stored(row.get(1)?),
        version: row.get(2)?,
        title: row.get(3)?,
        description: row.get(4)?,
        owner: row.get(5)?,
        definition: read_definition(&row.get::<String>(6)?)?,
        created: row.get(7)?,
        changed: row.get(8)?,
        archived: row.get::<Option<Moment>>(9)?,
    })
}

/// How somebody who does something stands in a row.
pub(crate) fn actor_columns(by: Actor) -> (i64, Option<Id>) {
    match by {
        Actor::House => (0, None),
        Actor::Person(person) => (1, Some(person.0)),
        Actor::Service(key) => (2, Some(key)),
    }
}

pub(crate) fn actor(kind: i64, id: Option<Id>) -> Result<Actor, StoreError> {
    match (kind, id) {
        (0, None) => Ok(Actor::House),
        (1, Some(id)) => Ok(Actor::Person(kernel::PersonId(id))),
        (2, Some(id)) => Ok(Actor::Service(id)),
        _ => Err(broken("who did it")),
    }
}
