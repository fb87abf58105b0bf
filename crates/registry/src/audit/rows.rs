//! The rows of the audit trail.

use kernel::{Id, Moment, PersonId};
use store::{Row, StoreError, Tx, params, sql};

use super::types::{Act, Actor, By, Details, Entry};

/// Adds an entry to the transaction of its act.
pub fn record(tx: &mut Tx<'_>, entry: &Entry) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO audit (id, vshard, subject, at, act, actor_kind, actor, request, details)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        ),
        params![
            entry.id,
            entry.on.virtual_shard(),
            entry.on,
            entry.at,
            entry.act.code(),
            kind_code(entry.by.actor),
            entry.by.actor.id(),
            entry.by.request,
            details_json(&entry.details)
        ],
    )?;
    Ok(())
}

/// What a page of the trail is bounded by; older than `before`, not older than `from`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub before: (Moment, Id),
    pub from: Moment,
    pub rows: i64,
}

pub(crate) fn on(
    tx: &mut Tx<'_>,
    on: Id,
    by: Option<Id>,
    act: Option<Act>,
    window: &Window,
) -> Result<Vec<Entry>, StoreError> {
    tx.query(
        sql!(
            "SELECT id, subject, at, act, actor_kind, actor, request, details FROM audit
             WHERE subject = $1 AND at >= $2 AND (at, id) < ($3, $4)
               AND (actor = $5 OR $5 IS NULL) AND (act = $6 OR $6 IS NULL)
             ORDER BY at DESC, id DESC LIMIT $7"
        ),
        params![
            on,
            window.from,
            window.before.0,
            window.before.1,
            by,
            act.map(Act::code),
            window.rows
        ],
        entry,
    )
}

pub(super) fn by(
    tx: &mut Tx<'_>,
    by: Id,
    act: Option<Act>,
    window: &Window,
) -> Result<Vec<Entry>, StoreError> {
    tx.query(
        sql!(
            "SELECT id, subject, at, act, actor_kind, actor, request, details FROM audit
             WHERE actor = $1 AND at >= $2 AND (at, id) < ($3, $4) AND (act = $5 OR $5 IS NULL)
             ORDER BY at DESC, id DESC LIMIT $6"
        ),
        params![
            by,
            window.from,
            window.before.0,
            window.before.1,
            act.map(Act::code),
            window.rows
        ],
        entry,
    )
}

pub(super) fn all(tx: &mut Tx<'_>, act: Option<Act>, window: &Window) -> Result<Vec<Entry>, StoreError> {
    tx.query(
        sql!(
            "SELECT id, subject, at, act, actor_kind, actor, request, details FROM audit
             WHERE at >= $1 AND (at, id) < ($2, $3) AND (act = $4 OR $4 IS NULL)
             ORDER BY at DESC, id DESC LIMIT $5"
        ),
        params![
            window.from,
            window.before.0,
            window.before.1,
            act.map(Act::code),
            window.rows
        ],
        entry,
    )
}

fn entry(row: &Row<'_>) -> Result<Entry, StoreError> {
    let actor: Option<Id> = row.get(5)?;
    let actor = match (row.get::<i64>(4)?, actor) {
        (1, Some(id)) => Actor::Person(PersonId(id)),
        (2, Some(id)) => Actor::Key(id),
        (3, _) => Actor::House,
        _ => Actor::Nobody,
    };
    let code: String = row.get(3)?;
    let details: String = row.get(7)?;
    Ok(Entry {
        id: row.get(0)?,
        on: row.get(1)?,
        at: row.get(2)?,
        act: Act::parse(&code).ok_or_else(|| StoreError::broken(format!("audit holds no act {code:?}")))?,
        by: By {
            actor,
            request: row.get(6)?,
        },
        details: parse_details(&details)?,
    })
}

fn kind_code(actor: Actor) -> i64 {
    match actor {
        Actor::Nobody => 0,
        Actor::Person(_) => 1,
        Actor::Key(_) => 2,
        Actor::House => 3,
    }
}

fn details_json(details: &Details) -> String {
    let object = details
        .0
        .iter()
        .map(|(what, value)| (what.clone(), serde_json::Value::String(value.clone())))
        .collect::<serde_json::Map<_, _>>();
    serde_json::Value::Object(object).to_string()
}

fn parse_details(text: &str) -> Result<Details, StoreError> {
    let object: std::collections::BTreeMap<String, String> = serde_json::from_str(text)
        .map_err(|error| StoreError::broken(format!("audit holds details that are not JSON: {error}")))?;
    Ok(Details(object.into_iter().collect()))
}
