//! The rows of letters. A change is kept only if the letter still is as it was when the change was decided, so a worker
//! that comes late changes nothing.

use kernel::{Id, Moment};
use store::lease::VshardRange;
use store::{Row, StoreError, Tx, ValueRef, params, sql};

use super::rules::Next;
use super::types::{Ask, Letter, Outsider, State, Step, Stick, To};

/// Virtual shards in one piece of the index of what is due: as the migration says.
const PIECE: u16 = 1024;

/// A letter whose state changes, and what it was when that was decided.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub id: Id,
    pub from: State,
    pub attempts: u32,
    pub next: Next,
    pub provider: String,
    pub provider_name: Option<String>,
    pub steps: Vec<Step>,
}

/// What is looked for in the list of letters.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub kind: Option<i64>,
    pub state: Option<State>,
    pub provider: Option<String>,
    /// Only letters to one of these; to anybody when there are none.
    pub owners: Vec<Id>,
    /// Asked for at this instant or later.
    pub from: Option<Moment>,
    /// Asked for before this instant.
    pub until: Option<Moment>,
}

/// Where a page of the list of letters starts: after this one, the newest first.
pub(crate) type Newest = (Moment, Id);

/// False when it is there already.
pub(crate) fn insert(tx: &mut Tx<'_>, ask: &Ask, until: Moment, now: Moment) -> Result<bool, StoreError> {
    let (id, owner) = (ask.id(), ask.to.owner());
    let outside = outside(&ask.to)?;
    let step = Step::new(now, State::Waiting).line();
    let inserted = tx.execute(
        sql!(
            "INSERT INTO letters (id, vshard, owner, kind, lane, state, due_at, asked_at, not_before, wanted_until,
                 attempts, provider, stick, provider_name, letter_key, outside, data, story)
             VALUES ($1, $2, $3, $4, $5, $6, $8, $7, $8, $9, 0, '', 0, NULL, $10, $11, $12, $13)
             ON CONFLICT (id) DO NOTHING"
        ),
        params![
            id,
            owner.virtual_shard(),
            owner,
            ask.kind.code,
            ask.kind.lane.code(),
            State::Waiting.code(),
            now,
            ask.not_before,
            until,
            ask.key,
            outside,
            ask.data,
            step
        ],
    )?;
    Ok(inserted == 1)
}

/// A letter that was withdrawn is asked for again. False when it is not there or was not withdrawn.
pub(crate) fn ask_again(tx: &mut Tx<'_>, ask: &Ask, until: Moment, now: Moment) -> Result<bool, StoreError> {
    let step = Step::new(now, State::Waiting).because("asked for again").line();
    let asked = tx.execute(
        sql!(
            "UPDATE letters SET state = $2, due_at = $4, not_before = $4, wanted_until = $5, outside = $6, data = $7,
                 story = story || $8
             WHERE id = $1 AND state = $3"
        ),
        params![
            ask.id(),
            State::Waiting.code(),
            State::Withdrawn.code(),
            ask.not_before,
            until,
            outside(&ask.to)?,
            ask.data,
            step
        ],
    )?;
    Ok(asked == 1)
}

fn outside(to: &To) -> Result<Option<String>, StoreError> {
    match to {
        To::Person(_) => Ok(None),
        To::Address(outsider) => serde_json::to_string(outsider)
            .map(Some)
            .map_err(|error| StoreError::broken(format!("a reader that cannot be written down: {error}"))),
    }
}

pub(crate) fn letter(tx: &mut Tx<'_>, id: Id) -> Result<Option<Letter>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT id, owner, kind, lane, state, due_at, asked_at, not_before, wanted_until, attempts, provider, stick,
                 provider_name, letter_key, outside, data, story, writings
             FROM letters WHERE id = $1"
        ),
        params![id],
        read,
    )
}

/// At most `count` letters of a lane and range that somebody has to look at, the longest due first, without their
/// stories.
pub(crate) fn due(
    tx: &mut Tx<'_>,
    lane: i64,
    range: VshardRange,
    now: Moment,
    count: u16,
) -> Result<Vec<Letter>, StoreError> {
    let mut letters: Vec<Letter> = Vec::new();
    for piece in range.first.number() / PIECE..=range.last.number() / PIECE {
        letters.extend(tx.query(
            sql!(
                "SELECT id, owner, kind, lane, state, due_at, asked_at, not_before, wanted_until, attempts, provider,
                     stick, provider_name, letter_key, outside, data, '', writings
                 FROM letters
                 WHERE lane = $1 AND (vshard / 1024) = $2 AND due_at <= $3 AND vshard BETWEEN $4 AND $5
                 ORDER BY due_at LIMIT $6"
            ),
            params![lane, piece, now, range.first, range.last, count],
            read,
        )?);
    }
    letters.sort_by_key(|letter| (letter.due, letter.id));
    letters.truncate(usize::from(count));
    Ok(letters)
}

/// At most `count` letters of the bulk lane and a range that somebody has to look at, the earliest deadline first. The plus
/// keeps SQLite from sorting all that are due, which in the busiest hour is most of a million.
pub(crate) fn due_by_deadline(
    tx: &mut Tx<'_>,
    range: VshardRange,
    now: Moment,
    count: u16,
) -> Result<Vec<Letter>, StoreError> {
    let mut letters: Vec<Letter> = Vec::new();
    for piece in range.first.number() / PIECE..=range.last.number() / PIECE {
        letters.extend(tx.query(
            sql!(
                "SELECT id, owner, kind, lane, state, due_at, asked_at, not_before, wanted_until, attempts, provider,
                     stick, provider_name, letter_key, outside, data, '', writings
                 FROM letters
                 WHERE lane = 2 AND (vshard / 1024) = $1 AND due_at IS NOT NULL AND +due_at <= $2
                 AND vshard BETWEEN $3 AND $4 ORDER BY wanted_until, due_at LIMIT $5"
            ),
            params![piece, now, range.first, range.last, count],
            read,
        )?);
    }
    letters.sort_by_key(|letter| (letter.wanted_until, letter.id));
    letters.truncate(usize::from(count));
    Ok(letters)
}

/// Letters of the bulk lane and a range that wait, counted by the units of time in which their windows open and close. They are
/// counted in the order of the index first, so that nobody sorts a million of them, and piece by piece, so that nobody
/// steps over the letters of others.
pub(crate) fn windows(
    tx: &mut Tx<'_>,
    range: VshardRange,
    unit_micros: i64,
) -> Result<Vec<(i64, i64, u64)>, StoreError> {
    const WINDOWS_MAX: i64 = 1_000_000;
    let mut windows = Vec::new();
    for piece in range.first.number() / PIECE..=range.last.number() / PIECE {
        windows.extend(tx.query(
            sql!(
                "SELECT ((due_at + $4 - 1) / $4), (wanted_until / $4), CAST(sum(letters) AS BIGINT) FROM
                 (SELECT wanted_until, due_at, count(*) AS letters FROM letters
                  WHERE lane = 2 AND (vshard / 1024) = $1 AND due_at IS NOT NULL AND state = 1
                  AND vshard BETWEEN $2 AND $3 GROUP BY wanted_until, due_at) AS exact
                 GROUP BY ((due_at + $4 - 1) / $4), (wanted_until / $4) LIMIT $5"
            ),
            params![piece, range.first, range.last, unit_micros, WINDOWS_MAX],
            |row| {
                let letters = u64::try_from(row.get::<i64>(2)?).unwrap_or(0);
                Ok((row.get(0)?, row.get(1)?, letters))
            },
        )?);
    }
    Ok(windows)
}

/// When the next letter of a lane and range is due.
pub(crate) fn next_due(tx: &mut Tx<'_>, lane: i64, range: VshardRange) -> Result<Option<Moment>, StoreError> {
    let mut earliest: Option<Moment> = None;
    for piece in range.first.number() / PIECE..=range.last.number() / PIECE {
        let due = tx.query_one(
            sql!("SELECT min(due_at) FROM letters WHERE lane = $1 AND (vshard / 1024) = $2 AND due_at IS NOT NULL"),
            params![lane, piece],
            |row| row.get::<Option<Moment>>(0),
        )?;
        earliest = match (earliest, due) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
    Ok(earliest)
}

/// Letters of a lane and range that somebody was about to hand over.
pub(crate) fn sending(
    tx: &mut Tx<'_>,
    lane: i64,
    range: VshardRange,
    count: u16,
) -> Result<Vec<Letter>, StoreError> {
    tx.query(
        sql!(
            "SELECT id, owner, kind, lane, state, due_at, asked_at, not_before, wanted_until, attempts, provider, stick,
                 provider_name, letter_key, outside, data, '', writings
             FROM letters WHERE state = 3 AND vshard BETWEEN $2 AND $3 AND lane = $1 LIMIT $4"
        ),
        params![lane, range.first, range.last, count],
        read,
    )
}

/// Keeps a change. False, and nothing is changed, when the letter is not any more what the change was decided on.
pub(crate) fn change(tx: &mut Tx<'_>, change: &Change) -> Result<bool, StoreError> {
    let story: String = change.steps.iter().map(Step::line).collect();
    let changed = if change.next.state.needs_no_data() {
        tx.execute(
            sql!(
                "UPDATE letters SET state = $4, due_at = $5, attempts = $6, provider = $7, stick = $8,
                     provider_name = $9, story = story || $10, writings = $11, data = ''
                 WHERE id = $1 AND state = $2 AND attempts = $3"
            ),
            &bound(change, &story),
        )?
    } else {
        tx.execute(
            sql!(
                "UPDATE letters SET state = $4, due_at = $5, attempts = $6, provider = $7, stick = $8,
                     provider_name = $9, story = story || $10, writings = $11
                 WHERE id = $1 AND state = $2 AND attempts = $3"
            ),
            &bound(change, &story),
        )?
    };
    Ok(changed == 1)
}

fn bound<'v>(change: &'v Change, story: &'v str) -> [ValueRef<'v>; 11] {
    let next = &change.next;
    [
        ValueRef::Bytes(change.id.as_bytes()),
        ValueRef::Int(change.from.code()),
        ValueRef::Int(i64::from(change.attempts)),
        ValueRef::Int(next.state.code()),
        next.due
            .map_or(ValueRef::Null, |due| ValueRef::Int(due.as_micros())),
        ValueRef::Int(i64::from(next.attempts)),
        ValueRef::Text(&change.provider),
        ValueRef::Int(next.stick.code()),
        change
            .provider_name
            .as_deref()
            .map_or(ValueRef::Null, ValueRef::Text),
        ValueRef::Text(story),
        ValueRef::Int(i64::from(next.writings)),
    ]
}

/// Letters of this server that fit, the newest first; for several owners, those of each.
pub(crate) fn list(
    tx: &mut Tx<'_>,
    filter: &Filter,
    before: Newest,
    rows: i64,
) -> Result<Vec<Letter>, StoreError> {
    if filter.owners.is_empty() {
        return of_all(tx, filter, before, rows);
    }
    let mut found = Vec::new();
    for owner in &filter.owners {
        found.extend(to_owner(tx, filter, *owner, before, rows)?);
    }
    Ok(found)
}

/// Before everything.
const EVER: Moment = Moment::from_micros(i64::MIN);

fn to_owner(
    tx: &mut Tx<'_>,
    filter: &Filter,
    owner: Id,
    before: Newest,
    rows: i64,
) -> Result<Vec<Letter>, StoreError> {
    let state = filter.state.map(State::code);
    let (kind, provider) = (filter.kind, filter.provider.as_deref());
    let from = filter.from.unwrap_or(EVER);
    tx.query(
        sql!(
            "SELECT id, owner, kind, lane, state, due_at, asked_at, not_before, wanted_until, attempts, provider,
                 stick, provider_name, letter_key, outside, '', story, writings
             FROM letters WHERE vshard = $6 AND owner = $7 AND (asked_at, id) < ($1, $2) AND asked_at >= $9
             AND (CAST($3 AS BIGINT) IS NULL OR kind = $3) AND (CAST($4 AS BIGINT) IS NULL OR state = $4)
             AND (CAST($5 AS TEXT) IS NULL OR provider = $5)
             ORDER BY asked_at DESC, id DESC LIMIT $8"
        ),
        params![before.0, before.1, kind, state, provider, owner.virtual_shard(), owner, rows, from],
        read,
    )
}

fn of_all(tx: &mut Tx<'_>, filter: &Filter, before: Newest, rows: i64) -> Result<Vec<Letter>, StoreError> {
    let state = filter.state.map(State::code);
    let (kind, provider) = (filter.kind, filter.provider.as_deref());
    let from = filter.from.unwrap_or(EVER);
    if matches!(filter.state, Some(State::Parked | State::Unsure)) {
        return tx.query(
            sql!(
                "SELECT id, owner, kind, lane, state, due_at, asked_at, not_before, wanted_until, attempts, provider,
                     stick, provider_name, letter_key, outside, '', story, writings
                 FROM letters WHERE state IN (10, 11) AND state = $4 AND (asked_at, id) < ($1, $2)
                 AND asked_at >= $7
                 AND (CAST($3 AS BIGINT) IS NULL OR kind = $3) AND (CAST($5 AS TEXT) IS NULL OR provider = $5)
                 ORDER BY asked_at DESC, id DESC LIMIT $6"
            ),
            params![before.0, before.1, kind, state, provider, rows, from],
            read,
        );
    }
    tx.query(
        sql!(
            "SELECT id, owner, kind, lane, state, due_at, asked_at, not_before, wanted_until, attempts, provider, stick,
                 provider_name, letter_key, outside, '', story, writings
             FROM letters WHERE (asked_at, id) < ($1, $2) AND asked_at >= $7
             AND (CAST($3 AS BIGINT) IS NULL OR kind = $3) AND (CAST($4 AS BIGINT) IS NULL OR state = $4)
             AND (CAST($5 AS TEXT) IS NULL OR provider = $5)
             ORDER BY asked_at DESC, id DESC LIMIT $6"
        ),
        params![before.0, before.1, kind, state, provider, rows, from],
        read,
    )
}

/// As much of a letter as forgetting it needs.
#[derive(Clone, Debug)]
pub(super) struct Gone {
    pub id: Id,
    pub kind: i64,
    pub asked: Moment,
    pub state: State,
    pub provider: String,
    pub is_due: bool,
}

/// Letters at their end that were asked for, and wanted, before an instant; the oldest first.
pub(super) fn old(tx: &mut Tx<'_>, before: Moment, count: u16) -> Result<Vec<Gone>, StoreError> {
    tx.query(
        sql!(
            "SELECT id, kind, asked_at, state, provider, due_at FROM letters
             WHERE asked_at < $1 AND wanted_until < $1 AND due_at IS NULL AND state NOT IN (1, 2, 3)
             ORDER BY asked_at, id LIMIT $2"
        ),
        params![before, count],
        gone,
    )
}

/// Letters of an owner, in the order of their ids.
pub(super) fn of_owner(tx: &mut Tx<'_>, owner: Id, after: Id, count: u16) -> Result<Vec<Gone>, StoreError> {
    tx.query(
        sql!(
            "SELECT id, kind, asked_at, state, provider, due_at FROM letters
             WHERE vshard = $1 AND owner = $2 AND id > $3 ORDER BY id LIMIT $4"
        ),
        params![owner.virtual_shard(), owner, after, count],
        gone,
    )
}

/// Takes a letter away that still is as it was read.
pub(super) fn remove(tx: &mut Tx<'_>, letter: &Gone) -> Result<bool, StoreError> {
    let removed = tx.execute(
        sql!("DELETE FROM letters WHERE id = $1 AND state = $2"),
        params![letter.id, letter.state.code()],
    )?;
    Ok(removed == 1)
}

/// Empties what a letter was told and its story.
pub(super) fn blank(tx: &mut Tx<'_>, id: Id) -> Result<(), StoreError> {
    tx.execute(
        sql!("UPDATE letters SET data = '', story = '' WHERE id = $1"),
        params![id],
    )?;
    Ok(())
}

fn gone(row: &Row<'_>) -> Result<Gone, StoreError> {
    let state = row.get::<i64>(3)?;
    Ok(Gone {
        id: row.get(0)?,
        kind: row.get(1)?,
        asked: row.get(2)?,
        state: State::of_code(state)
            .ok_or_else(|| StoreError::broken(format!("a letter in a state that is none: {state}")))?,
        provider: row.get(4)?,
        is_due: row.get::<Option<Moment>>(5)?.is_some(),
    })
}

fn read(row: &Row<'_>) -> Result<Letter, StoreError> {
    let state = row.get::<i64>(4)?;
    let outside: Option<String> = row.get(14)?;
    Ok(Letter {
        id: row.get(0)?,
        owner: row.get(1)?,
        kind: row.get(2)?,
        lane: row.get(3)?,
        state: State::of_code(state)
            .ok_or_else(|| StoreError::broken(format!("a letter in a state that is none: {state}")))?,
        due: row.get(5)?,
        asked: row.get(6)?,
        not_before: row.get(7)?,
        wanted_until: row.get(8)?,
        attempts: row.get(9)?,
        provider: row.get(10)?,
        stick: Stick::of_code(row.get(11)?),
        provider_name: row.get(12)?,
        key: row.get(13)?,
        outside: outside.as_deref().map(outsider).transpose()?,
        data: row.get(15)?,
        story: Step::all(&row.get::<String>(16)?),
        writings: row.get(17)?,
    })
}

fn outsider(text: &str) -> Result<Outsider, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::broken(format!("a reader of a letter cannot be read: {error}")))
}
