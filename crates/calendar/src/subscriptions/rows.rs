//! The rows of subscriptions, in the shard of whoever has them, and of calendars elsewhere, each in a shard of its own.

use ical::Kind;
use kernel::{Id, Moment, PersonId, Text};
use store::{Row, StoreError, Tx, params, sql};

use super::types::{Entry, Failing, Feed, Known, SUBSCRIPTIONS_MAX, Source, Subscription, Trouble, What};
use crate::rows::{kind, kind_code, most};
use crate::rules::feeds::{ENTRIES_MAX, Unread};
use crate::rules::spans::{REACHES, Reach};
use crate::types::{Color, Heard, Name, Stored};

/// All of somebody's, the first that came first.
pub(super) fn subscriptions(tx: &mut Tx<'_>, owner: PersonId) -> Result<Vec<Subscription>, StoreError> {
    let found = tx.query(
        sql!(
            "SELECT subscription, owner, source, title, color, version, created_at, daily FROM calendar_subscriptions
             WHERE vshard = $1 AND owner = $2 ORDER BY created_at, subscription LIMIT $3"
        ),
        params![
            owner.0.virtual_shard(),
            owner,
            most(SUBSCRIPTIONS_MAX)
        ],
        subscription_of,
    )?;
    Ok(found.into_iter().flatten().collect())
}

pub(super) fn subscription(
    tx: &mut Tx<'_>,
    owner: PersonId,
    id: Id,
) -> Result<Option<Subscription>, StoreError> {
    let found = tx.query_opt(
        sql!(
            "SELECT subscription, owner, source, title, color, version, created_at, daily FROM calendar_subscriptions
             WHERE subscription = $1 AND owner = $2"
        ),
        params![id, owner],
        subscription_of,
    )?;
    Ok(found.flatten())
}

/// The address that somebody follows a calendar elsewhere by, if they do.
pub(super) fn address_of(tx: &mut Tx<'_>, owner: PersonId, feed: Id) -> Result<Option<String>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT source FROM calendar_subscriptions WHERE vshard = $1 AND owner = $2 AND feed = $3 LIMIT 1"
        ),
        params![owner.0.virtual_shard(), owner, feed],
        |row| row.get(0),
    )
}

pub(super) fn save_subscription(tx: &mut Tx<'_>, one: &Subscription) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO calendar_subscriptions (subscription, owner, vshard, source, feed, title, color, version, created_at,
                daily)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (subscription) DO UPDATE SET title = excluded.title, color = excluded.color,
                version = excluded.version, daily = excluded.daily"
        ),
        params![
            one.id,
            one.owner,
            one.owner.0.virtual_shard(),
            one.source.to_string(),
            one.source.feed(),
            one.title.as_str(),
            one.color.rgb(),
            one.version,
            one.created,
            i64::from(one.daily)
        ],
    )?;
    Ok(())
}

pub(super) fn delete_subscription(tx: &mut Tx<'_>, id: Id) -> Result<(), StoreError> {
    tx.execute(
        sql!("DELETE FROM calendar_subscriptions WHERE subscription = $1"),
        params![id],
    )?;
    Ok(())
}

/// Deletes so much of what somebody follows; the calendars elsewhere among it.
pub(super) fn forget(tx: &mut Tx<'_>, owner: PersonId, count: u16) -> Result<Vec<Option<Id>>, StoreError> {
    tx.query(
        sql!(
            "DELETE FROM calendar_subscriptions WHERE subscription IN
             (SELECT subscription FROM calendar_subscriptions WHERE vshard = $1 AND owner = $2 LIMIT $3)
             RETURNING feed"
        ),
        params![owner.0.virtual_shard(), owner, count],
        |row| row.get(0),
    )
}

pub(super) fn feed(tx: &mut Tx<'_>, id: Id) -> Result<Option<Feed>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT feed, address, title, etag, modified, entries, unread, unread_why, every_seconds, asked_at,
                fetched_at, due_at, failures, failing_since, trouble, trouble_why, changes, forgotten
             FROM calendar_feeds WHERE feed = $1"
        ),
        params![id],
        feed_of,
    )
}

/// Those of a server that are to be asked for again, the longest waiting ones first.
pub(super) fn due(tx: &mut Tx<'_>, at: Moment, count: u16) -> Result<Vec<Feed>, StoreError> {
    tx.query(
        sql!(
            "SELECT feed, address, title, etag, modified, entries, unread, unread_why, every_seconds, asked_at,
                fetched_at, due_at, failures, failing_since, trouble, trouble_why, changes, forgotten
             FROM calendar_feeds WHERE due_at <= $1 ORDER BY due_at LIMIT $2"
        ),
        params![at, count],
        feed_of,
    )
}

pub(super) fn save_feed(tx: &mut Tx<'_>, feed: &Feed) -> Result<(), StoreError> {
    let trouble = feed.failing.as_ref().map(|failing| &failing.trouble);
    tx.execute(
        sql!(
            "INSERT INTO calendar_feeds (feed, vshard, address, title, etag, modified, entries, unread, unread_why,
                every_seconds, asked_at, fetched_at, due_at, failures, failing_since, trouble, trouble_why)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
             ON CONFLICT (feed) DO UPDATE SET title = excluded.title, etag = excluded.etag, modified = excluded.modified,
                entries = excluded.entries, unread = excluded.unread, unread_why = excluded.unread_why,
                every_seconds = excluded.every_seconds, asked_at = excluded.asked_at, fetched_at = excluded.fetched_at,
                due_at = excluded.due_at, failures = excluded.failures, failing_since = excluded.failing_since,
                trouble = excluded.trouble, trouble_why = excluded.trouble_why"
        ),
        params![
            feed.id,
            feed.id.virtual_shard(),
            feed.address.as_str(),
            feed.title.as_str(),
            feed.etag.as_deref(),
            feed.modified.as_deref(),
            feed.entries,
            feed.unread,
            {
                let lines = feed.unread_why.iter().map(Unread::line);
                lines.collect::<Vec<_>>().join("\n")
            },
            feed.every_seconds,
            feed.asked,
            feed.fetched,
            feed.due,
            feed.failures,
            feed.failing.as_ref().map(|failing| failing.since),
            trouble.map(|trouble| trouble.what.as_str()),
            trouble.map_or("", |trouble| trouble.why.as_str())
        ],
    )?;
    Ok(())
}

/// Asks for it at an instant, unless that is to be done earlier anyway.
pub(super) fn hurry(tx: &mut Tx<'_>, feed: Id, due: Moment) -> Result<(), StoreError> {
    tx.execute(
        sql!("UPDATE calendar_feeds SET due_at = $2 WHERE feed = $1 AND due_at > $2"),
        params![feed, due],
    )?;
    Ok(())
}

pub(super) fn add_follower(tx: &mut Tx<'_>, feed: Id, person: PersonId) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO calendar_feed_followers (feed, person, vshard) VALUES ($1, $2, $3)
             ON CONFLICT (feed, person) DO NOTHING"
        ),
        params![feed, person, feed.virtual_shard()],
    )?;
    Ok(())
}

pub(super) fn remove_follower(tx: &mut Tx<'_>, feed: Id, person: PersonId) -> Result<(), StoreError> {
    tx.execute(
        sql!("DELETE FROM calendar_feed_followers WHERE feed = $1 AND person = $2"),
        params![feed, person],
    )?;
    Ok(())
}

pub(super) fn is_followed(tx: &mut Tx<'_>, feed: Id) -> Result<bool, StoreError> {
    let any = tx.query_opt(
        sql!("SELECT person FROM calendar_feed_followers WHERE feed = $1 LIMIT 1"),
        params![feed],
        |row| row.get::<PersonId>(0),
    )?;
    Ok(any.is_some())
}

pub(super) fn delete_feed(tx: &mut Tx<'_>, feed: Id) -> Result<(), StoreError> {
    tx.execute(sql!("DELETE FROM calendar_feeds WHERE feed = $1"), params![feed])?;
    Ok(())
}

/// What is stored of a calendar elsewhere.
pub(super) fn known(tx: &mut Tx<'_>, feed: Id) -> Result<Vec<Known>, StoreError> {
    tx.query(
        sql!("SELECT entry, uid, fingerprint FROM calendar_feed_entries WHERE feed = $1 LIMIT $2"),
        params![feed, most(ENTRIES_MAX)],
        |row| {
            Ok(Known {
                id: row.get(0)?,
                uid: row.get(1)?,
                fingerprint: row.get(2)?,
            })
        },
    )
}

/// Some of what is stored of it.
pub(super) fn some_entries(tx: &mut Tx<'_>, feed: Id, count: u16) -> Result<Vec<Id>, StoreError> {
    tx.query(
        sql!("SELECT entry FROM calendar_feed_entries WHERE feed = $1 LIMIT $2"),
        params![feed, count],
        |row| row.get(0),
    )
}

/// Numbers for so many changes of it, the last of them. None: it is not there.
pub(super) fn numbers(tx: &mut Tx<'_>, feed: Id, count: usize) -> Result<Option<i64>, StoreError> {
    tx.query_opt(
        sql!("UPDATE calendar_feeds SET changes = changes + $2 WHERE feed = $1 RETURNING changes"),
        params![feed, most(count)],
        |row| row.get(0),
    )
}

/// It is asked for at an instant, whenever that was to be done.
pub(super) fn set_due(tx: &mut Tx<'_>, feed: Id, due: Moment) -> Result<(), StoreError> {
    tx.execute(
        sql!("UPDATE calendar_feeds SET due_at = $2 WHERE feed = $1"),
        params![feed, due],
    )?;
    Ok(())
}

/// What is stored of it is not all, so its server has to send it once more.
pub(super) fn unget(tx: &mut Tx<'_>, feed: Id) -> Result<(), StoreError> {
    tx.execute(
        sql!("UPDATE calendar_feeds SET etag = NULL, modified = NULL, fetched_at = NULL WHERE feed = $1"),
        params![feed],
    )?;
    Ok(())
}

/// Notes down that an entry went.
pub(super) fn save_gone(tx: &mut Tx<'_>, feed: Id, entry: Id, change: i64) -> Result<(), StoreError> {
    tx.execute(
        sql!("INSERT INTO calendar_feed_gone (entry, feed, vshard, change) VALUES ($1, $2, $3, $4)"),
        params![entry, feed, feed.virtual_shard(), change],
    )?;
    Ok(())
}

/// Forgets what went, up to a number.
pub(super) fn forget_gone(tx: &mut Tx<'_>, feed: Id, until: i64) -> Result<(), StoreError> {
    tx.execute(
        sql!("DELETE FROM calendar_feed_gone WHERE feed = $1 AND change <= $2"),
        params![feed, until],
    )?;
    tx.execute(
        sql!("UPDATE calendar_feeds SET forgotten = $2 WHERE feed = $1 AND forgotten < $2"),
        params![feed, until],
    )?;
    Ok(())
}

/// What changed after a number, and what went after another one, in the order of numbers.
pub(super) fn heard(
    tx: &mut Tx<'_>,
    feed: Id,
    (after, began): (i64, i64),
    count: usize,
) -> Result<Vec<Heard>, StoreError> {
    let count_max = most(count);
    let heard =
        |row: &Row<'_>, is_gone: bool| Ok(Heard::bare(Name::of_object(row.get(0)?), row.get(1)?, is_gone));
    let mut all: Vec<Heard> = tx.query(
        sql!(
            "SELECT entry, change FROM calendar_feed_entries WHERE feed = $1 AND change > $2 ORDER BY change LIMIT $3"
        ),
        params![feed, after, count_max],
        |row| heard(row, false),
    )?;
    all.extend(tx.query(
        sql!("SELECT entry, change FROM calendar_feed_gone WHERE feed = $1 AND change > $2 ORDER BY change LIMIT $3"),
        params![feed, after.max(began), count_max],
        |row| heard(row, true),
    )?);
    all.sort_by_key(|one| one.change);
    all.truncate(count);
    Ok(all)
}

/// Entries after one of them, in the order of their ids, which is that of their names.
pub(super) fn entries_after(
    tx: &mut Tx<'_>,
    (feed, subscription): (Id, Id),
    after: Id,
    count: usize,
) -> Result<Vec<Stored>, StoreError> {
    tx.query(
        sql!(
            "SELECT e.entry, e.uid, e.kind, e.ical, e.changed_at, e.change FROM calendar_feed_entries e
             WHERE e.feed = $1 AND e.entry > $2 ORDER BY e.entry LIMIT $3"
        ),
        params![feed, after, most(count)],
        |row| entry_of(row, subscription),
    )
}

/// The same without texts, but for those that are shown otherwise than they are stored; and how long each text is.
pub(super) fn outlines_after(
    tx: &mut Tx<'_>,
    (feed, subscription): (Id, Id),
    after: Id,
    count: usize,
) -> Result<Vec<(Stored, usize)>, StoreError> {
    tx.query(
        sql!(
            "SELECT e.entry, e.uid, e.kind, CASE WHEN e.ical LIKE '%VALARM%' THEN e.ical ELSE '' END, e.changed_at, e.change,
                CAST(octet_length(e.ical) AS BIGINT)
             FROM calendar_feed_entries e WHERE e.feed = $1 AND e.entry > $2 ORDER BY e.entry LIMIT $3"
        ),
        params![feed, after, most(count)],
        |row| {
            let bytes = usize::try_from(row.get::<i64>(6)?).unwrap_or_default();
            Ok((entry_of(row, subscription)?, bytes))
        },
    )
}

/// Writes an entry, over what has its UID or as a new one.
pub(super) fn save_entry(
    tx: &mut Tx<'_>,
    feed: Id,
    (id, entry): (Id, &Entry),
    (change, at): (i64, Moment),
) -> Result<(), StoreError> {
    let id: Id = tx.query_one(
        sql!(
            "INSERT INTO calendar_feed_entries (entry, feed, vshard, uid, kind, fingerprint, ical, changed_at, change)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (feed, uid) DO UPDATE SET kind = excluded.kind, fingerprint = excluded.fingerprint,
                ical = excluded.ical, changed_at = excluded.changed_at, change = excluded.change RETURNING entry"
        ),
        params![
            id,
            feed,
            feed.virtual_shard(),
            entry.uid.as_str(),
            kind_code(entry.kind),
            entry.fingerprint,
            entry.text.as_str(),
            at,
            change
        ],
        |row| row.get(0),
    )?;
    delete_spans(tx, id)?;
    for span in &entry.spans {
        tx.execute(
            sql!(
                "INSERT INTO calendar_feed_spans (entry, starts_at, feed, vshard, reach, ends_at)
                 VALUES ($1, $2, $3, $4, $5, $6)"
            ),
            params![
                id,
                span.starts,
                feed,
                feed.virtual_shard(),
                code(span.reach()),
                span.ends
            ],
        )?;
    }
    Ok(())
}

fn delete_spans(tx: &mut Tx<'_>, entry: Id) -> Result<(), StoreError> {
    tx.execute(
        sql!("DELETE FROM calendar_feed_spans WHERE entry = $1"),
        params![entry],
    )?;
    Ok(())
}

/// Whether it was there.
pub(super) fn delete_entry(tx: &mut Tx<'_>, entry: Id) -> Result<bool, StoreError> {
    delete_spans(tx, entry)?;
    let deleted = tx.execute(
        sql!("DELETE FROM calendar_feed_entries WHERE entry = $1"),
        params![entry],
    )?;
    Ok(deleted > 0)
}

/// Entries that are wanted by when they are: so many of a kind after one of them, in the order of their ids.
#[derive(Clone, Copy, Debug)]
pub(super) struct Near {
    pub range: (Moment, Moment),
    pub kind: Option<Kind>,
    pub after: Id,
    pub count: usize,
}

impl Near {
    /// All of a range.
    pub(super) fn all(range: (Moment, Moment)) -> Near {
        Near {
            range,
            kind: None,
            after: Id::from_bytes([0; 16]),
            count: ENTRIES_MAX,
        }
    }
}

/// Entries that may lie in a range: all that do, and a few that do not. They bear the id that `subscription` is.
pub(super) fn near(
    tx: &mut Tx<'_>,
    (feed, subscription): (Id, Id),
    near: Near,
) -> Result<Vec<Stored>, StoreError> {
    let ((from, to), kind) = (near.range, near.kind.map(kind_code));
    let (after, count) = (near.after, most(near.count));
    let mut found: Vec<Stored> = Vec::new();
    for reach in REACHES {
        let read = |row: &Row<'_>| entry_of(row, subscription);
        found.extend(match reach.micros_max() {
            Some(micros) => tx.query(
                sql!(
                    "SELECT e.entry, e.uid, e.kind, e.ical, e.changed_at, e.change FROM calendar_feed_entries e
                     WHERE e.feed = $1 AND e.entry > $6 AND (CAST($7 AS BIGINT) IS NULL OR e.kind = $7) AND e.entry IN
                        (SELECT s.entry FROM calendar_feed_spans s
                         WHERE s.feed = $1 AND s.reach = $2 AND s.starts_at >= $3 AND s.starts_at < $4 AND s.ends_at >= $5)
                     ORDER BY e.entry LIMIT $8"
                ),
                params![feed, code(reach), from.plus_micros(-micros), to, from, after, kind, count],
                read,
            )?,
            None => tx.query(
                sql!(
                    "SELECT e.entry, e.uid, e.kind, e.ical, e.changed_at, e.change FROM calendar_feed_entries e
                     WHERE e.feed = $1 AND e.entry > $4 AND (CAST($5 AS BIGINT) IS NULL OR e.kind = $5) AND e.entry IN
                        (SELECT s.entry FROM calendar_feed_spans s
                         WHERE s.feed = $1 AND s.reach = 4 AND s.ends_at >= $2 AND s.starts_at < $3)
                     ORDER BY e.entry LIMIT $6"
                ),
                params![feed, from, to, after, kind, count],
                read,
            )?,
        });
    }
    // Those with spans of several lengths in the range were found for each.
    found.sort_by_key(|one| one.id);
    found.dedup_by_key(|one| one.id);
    found.truncate(near.count);
    Ok(found)
}

pub(super) fn entry(
    tx: &mut Tx<'_>,
    (feed, subscription): (Id, Id),
    id: Id,
) -> Result<Option<Stored>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT e.entry, e.uid, e.kind, e.ical, e.changed_at, e.change FROM calendar_feed_entries e
             WHERE e.entry = $1 AND e.feed = $2"
        ),
        params![id, feed],
        |row| entry_of(row, subscription),
    )
}

fn code(reach: Reach) -> i64 {
    i64::from(reach.code())
}

fn entry_of(row: &Row<'_>, subscription: Id) -> Result<Stored, StoreError> {
    let id = row.get(0)?;
    let changed = row.get(4)?;
    Ok(Stored {
        id,
        calendar: subscription,
        name: Name::of_object(id),
        uid: row.get(1)?,
        kind: kind(row.get(2)?)?,
        change: row.get(5)?,
        schedule: None,
        text: row.get(3)?,
        created: changed,
        changed,
    })
}

/// `None`: of a country that is no longer known.
fn subscription_of(row: &Row<'_>) -> Result<Option<Subscription>, StoreError> {
    let Some(source) = Source::stored(row.get(2)?) else {
        return Ok(None);
    };
    Ok(Some(Subscription {
        id: row.get(0)?,
        owner: row.get(1)?,
        source,
        title: Text::stored(row.get(3)?),
        color: Color::stored(row.get(4)?).unwrap_or(Color::BLUE),
        version: row.get(5)?,
        created: row.get(6)?,
        daily: row.get::<i64>(7)? != 0,
    }))
}

fn feed_of(row: &Row<'_>) -> Result<Feed, StoreError> {
    let since: Option<Moment> = row.get(13)?;
    let what: Option<String> = row.get(14)?;
    let why: String = row.get(15)?;
    Ok(Feed {
        id: row.get(0)?,
        address: row.get(1)?,
        title: row.get(2)?,
        etag: row.get(3)?,
        modified: row.get(4)?,
        entries: row.get(5)?,
        changes: row.get(16)?,
        forgotten: row.get(17)?,
        unread: row.get(6)?,
        unread_why: {
            let lines: String = row.get(7)?;
            lines.lines().map(Unread::of_line).collect()
        },
        every_seconds: row.get(8)?,
        asked: row.get(9)?,
        fetched: row.get(10)?,
        due: row.get(11)?,
        failures: row.get(12)?,
        failing: since.zip(what).map(|(since, what)| Failing {
            since,
            trouble: Trouble {
                what: What::stored(&what),
                why,
            },
        }),
    })
}

/// Rows about calendars elsewhere on a server, by table.
#[cfg(test)]
pub(super) fn counted(tx: &mut Tx<'_>) -> Result<Vec<i64>, StoreError> {
    let mut counts = Vec::new();
    for statement in [
        sql!("SELECT COUNT(*) FROM calendar_subscriptions"),
        sql!("SELECT COUNT(*) FROM calendar_feeds"),
        sql!("SELECT COUNT(*) FROM calendar_feed_followers"),
        sql!("SELECT COUNT(*) FROM calendar_feed_entries"),
        sql!("SELECT COUNT(*) FROM calendar_feed_spans"),
        sql!("SELECT COUNT(*) FROM calendar_feed_gone"),
    ] {
        counts.push(tx.query_one(statement, params![], |row| row.get(0))?);
    }
    Ok(counts)
}

/// When entries were written, by their UIDs.
#[cfg(test)]
pub(super) fn written(tx: &mut Tx<'_>) -> Result<Vec<(String, Moment)>, StoreError> {
    tx.query(
        sql!("SELECT uid, changed_at FROM calendar_feed_entries ORDER BY uid LIMIT 100"),
        params![],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}
