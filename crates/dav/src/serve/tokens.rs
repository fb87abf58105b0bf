//! Tokens and tags: where a reader is, and what a reader has.
//!
//! A token names the calendar as well as the number, and so does a tag: numbers of another calendar, or of one that had the
//! same name before, mean nothing here. Both also say whether it was read by somebody who may only read: what they are given
//! can be less than what is there, so whoever may write from now on reads everything anew, and writes nothing over what they
//! never saw.

use std::fmt::Write as _;

use kernel::{Id, PersonId};

use crate::library::{Calendar, Mark, Only};
use crate::place::encode;

const BEGIN: &str = "urn:townhall:sync:";
const HOME: &str = "home:";
/// Stands after what is given to whoever may only read.
const READER: &str = "-r";

/// Enough of an id to tell calendars of one person apart.
fn short(id: Id) -> String {
    let [.., a, b, c, d] = *id.as_bytes();
    format!("{a:02x}{b:02x}{c:02x}{d:02x}")
}

/// What stands after the tags and tokens of whoever reads this calendar.
fn reader(calendar: &Calendar) -> &'static str {
    match calendar.rights.write {
        true => "",
        false => READER,
    }
}

/// What was given with these rights, without what says so.
fn given<'a>(text: &'a str, calendar: &Calendar) -> Option<&'a str> {
    match calendar.rights.write {
        true => Some(text).filter(|text| !text.ends_with(READER)),
        false => text.strip_suffix(READER),
    }
}

/// The entity tag of an object, with its quotation marks.
pub(super) fn tag(calendar: &Calendar, change: i64) -> String {
    format!("\"{}-{change}{}\"", short(calendar.id), reader(calendar))
}

/// The change that a tag names. A proxy that packs answers makes tags weak; ours change with every byte all the same.
pub(super) fn change_of(tag: &str, calendar: &Calendar) -> Option<i64> {
    let tag = tag.trim();
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    let tag = given(tag.strip_prefix('"')?.strip_suffix('"')?, calendar)?;
    let (id, change) = tag.split_once('-')?;
    (id == short(calendar.id)).then(|| change.parse().ok())?
}

/// What If-Match and If-None-Match ask for. `now` is the change that is there, where one of several tags may be it.
pub(super) fn only(
    if_match: Option<&str>,
    if_none_match: Option<&str>,
    calendar: &Calendar,
    now: Option<i64>,
) -> Option<Only> {
    let list =
        |tags: &str| -> Vec<Option<i64>> { tags.split(',').map(|tag| change_of(tag, calendar)).collect() };
    match (if_match, if_none_match) {
        (Some("*"), _) => Some(Only::Exists),
        (Some(tags), _) => {
            let known: Vec<i64> = list(tags).into_iter().flatten().collect();
            let there = now.filter(|now| known.contains(now));
            there.or(known.first().copied()).map(Only::Match)
        }
        (None, Some("*")) => Some(Only::Absent),
        (None, Some(tags)) if list(tags).contains(&now) && now.is_some() => None,
        (None, _) => Some(Only::Any),
    }
}

/// The place of a reader of one calendar.
pub(super) fn of_calendar(calendar: &Calendar, mark: Mark) -> String {
    format!("{BEGIN}{}:{}{}", calendar.id, written(mark), reader(calendar))
}

fn written(mark: Mark) -> String {
    match mark.after == mark.began {
        true => mark.after.to_string(),
        false => format!("{}-{}", mark.after, mark.began),
    }
}

fn mark_of(text: &str) -> Option<Mark> {
    match text.split_once('-') {
        None => Some(Mark::at(text.parse().ok()?)),
        Some((after, began)) => Some(Mark {
            after: after.parse().ok()?,
            began: began.parse().ok()?,
        }),
    }
}

/// What a token of this calendar says, if it can have been given.
pub(super) fn read(token: &str, calendar: &Calendar) -> Option<Mark> {
    let (id, mark) = given(token, calendar)?.strip_prefix(BEGIN)?.split_once(':')?;
    let mark = mark_of(mark)?;
    (id == calendar.id.to_string() && is_possible(mark, calendar)).then_some(mark)
}

fn is_possible(mark: Mark, calendar: &Calendar) -> bool {
    0 <= mark.after && mark.after <= mark.began && mark.began <= calendar.changes
}

/// The place of a reader of all calendars of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub name: String,
    id: String,
    version: i64,
    pub mark: Mark,
}

impl Seen {
    pub fn new(calendar: &Calendar, mark: Mark) -> Seen {
        Seen {
            name: calendar.name.clone(),
            id: Seen::id_of(calendar),
            version: calendar.version,
            mark,
        }
    }

    fn id_of(calendar: &Calendar) -> String {
        format!("{}{}", short(calendar.id), reader(calendar))
    }

    pub fn is_of(&self, calendar: &Calendar) -> bool {
        self.name == calendar.name && self.id == Seen::id_of(calendar) && is_possible(self.mark, calendar)
    }

    /// Nothing is new there.
    pub fn is_all(&self, calendar: &Calendar) -> bool {
        self.version == calendar.version && self.mark.after == calendar.changes
    }
}

pub(super) fn of_home(person: PersonId, seen: &[Seen]) -> String {
    let mut token = format!("{BEGIN}{HOME}{person}:");
    for (at, one) in seen.iter().enumerate() {
        if at > 0 {
            token.push(';');
        }
        encode(&one.name, &mut token);
        let _ = write!(token, "/{}/{}/{}", one.id, one.version, written(one.mark));
    }
    token
}

pub(super) fn seen_of(token: &str, person: PersonId) -> Option<Vec<Seen>> {
    let (of, rest) = token.strip_prefix(BEGIN)?.strip_prefix(HOME)?.split_once(':')?;
    if of != person.to_string() {
        return None;
    }
    let parts = rest.split(';').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let mut fields = part.split('/');
            let seen = Seen {
                name: crate::place::decoded(fields.next()?)?,
                id: fields.next()?.to_owned(),
                version: fields.next()?.parse().ok()?,
                mark: mark_of(fields.next()?)?,
            };
            fields.next().is_none().then_some(seen)
        })
        .collect()
}
