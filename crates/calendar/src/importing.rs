//! Files of other calendars, taken in as a whole.
//!
//! What is kept true: a row that cannot be taken is said with its line and hinders no other; the same file taken twice changes
//! nothing the second time; nobody is invited by a file.

use std::collections::HashMap;

use ical::{Component, Entry, Limits};
use kernel::{Id, Moment, PersonId};

use crate::objects::{Piece, put_in};
use crate::rows;
use crate::rules::itip::Mine;
use crate::service::{Calendars, Refused, live};
use crate::types::{Calendar, Expected, Name, Reason, Stored};

/// Rows that are looked up or written in one transaction.
const AT_ONCE: usize = 200;

/// What a file would do to a calendar, or did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imported {
    /// As the file calls itself.
    pub title: Option<String>,
    pub rows: Vec<Row>,
    /// What is wrong outside of rows.
    pub problems: Vec<ical::Problem>,
}

/// One event or task of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub uid: String,
    /// Where it begins in the file.
    pub line: usize,
    pub title: String,
    pub what: What,
}

/// What becomes of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    New,
    /// It was there, and the file has a newer one.
    Changed,
    /// It was there as it is, or newer.
    Known,
    Refused(Wrong),
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Wrong {
    /// The file has its UID twice.
    #[error("the file has this UID twice")]
    Twice,
    /// The calendar takes no such kind.
    #[error("{0}")]
    Kind(Reason),
    /// The calendar is full.
    #[error("{0}")]
    Full(Reason),
    /// Its text cannot be read.
    #[error("{0}")]
    Text(ical::Problem),
    #[error("{0}")]
    Other(Reason),
}

impl Wrong {
    pub fn word(&self) -> &'static str {
        match self {
            Wrong::Twice => "uid-twice",
            Wrong::Kind(_) => "kind",
            Wrong::Full(_) => "full",
            Wrong::Text(problem) => problem.reason.word(),
            Wrong::Other(_) => "other",
        }
    }

    /// What it is about, where the word does not say all.
    pub fn about(&self) -> String {
        match self {
            Wrong::Text(problem) => problem.reason.about(),
            Wrong::Twice | Wrong::Kind(_) | Wrong::Full(_) | Wrong::Other(_) => String::new(),
        }
    }
}

impl What {
    fn refused(reason: Reason) -> What {
        What::Refused(match reason {
            Reason::Invalid(problem) => Wrong::Text(problem),
            Reason::KindNotTaken(_) => Wrong::Kind(reason),
            Reason::TooManyObjects => Wrong::Full(reason),
            _ => Wrong::Other(reason),
        })
    }
}

/// A row that can be taken.
struct Taken {
    at: usize,
    piece: Piece,
    age: Age,
}

/// Which of two texts of one UID is the newer one: the sequence number, then when it was changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Age(u32, String);

impl Calendars {
    /// Takes a file into a calendar, or only says what it would do.
    pub async fn import(
        &self,
        owner: PersonId,
        calendar: Id,
        file: Vec<u8>,
        only_says: bool,
    ) -> Result<Imported, Refused> {
        let now = self.now();
        self.calendar(owner, calendar).await?;
        let mine = self.mine(owner).await?;
        let reading = tokio::task::spawn_blocking(move || read(&file, owner, now, &mine)).await;
        let (mut imported, taken) = reading.map_err(|_| Refused::broke_off("the reading of a file"))??;
        let mut taken = taken.into_iter().peekable();
        while taken.peek().is_some() {
            let part: Vec<Taken> = taken.by_ref().take(AT_ONCE).collect();
            let shard = self.store().shard_of(owner);
            let done = match only_says {
                true => {
                    let read = shard.read::<_, Refused>(move |tx| {
                        live(tx, owner, calendar)?;
                        part.iter()
                            .map(|row| Ok((row.at, judge(tx, calendar, row)?.0)))
                            .collect::<Result<Vec<_>, Refused>>()
                    });
                    read.await?
                }
                false => {
                    let written = shard.write::<_, Refused>(move |tx| {
                        let mut calendar = live(tx, owner, calendar)?;
                        part.iter()
                            .map(|row| Ok((row.at, take(tx, &mut calendar, row)?)))
                            .collect::<Result<Vec<_>, Refused>>()
                    });
                    written.await?
                }
            };
            for (at, what) in done {
                if let Some(row) = imported.rows.get_mut(at) {
                    row.what = what;
                }
            }
        }
        Ok(imported)
    }
}

fn read(file: &[u8], owner: PersonId, now: Moment, mine: &Mine) -> Result<(Imported, Vec<Taken>), Reason> {
    let found = ical::import(file, &Limits::FILE)?;
    let mut imported = Imported {
        title: ical::calendar_name(&found.calendar).map(std::borrow::Cow::into_owned),
        problems: found.problems.clone(),
        ..Imported::default()
    };
    let mut taken = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for row in found.rows {
        let at = imported.rows.len();
        let mut what = What::New;
        let mut title = String::new();
        match &row.object {
            Err(problem) => what = What::Refused(Wrong::Text(problem.clone())),
            Ok(object) => {
                title = summary(object);
                let piece = Piece::of(object.write(), Id::beside(owner.0, now), now, mine);
                match (piece, seen.insert(row.uid.clone(), at)) {
                    (_, Some(_)) => what = What::Refused(Wrong::Twice),
                    (Ok(piece), None) => taken.push(Taken {
                        at,
                        piece,
                        age: age(object),
                    }),
                    (Err(reason), None) => what = What::refused(reason),
                }
            }
        }
        imported.problems.extend(row.older.iter().cloned());
        imported.rows.push(Row {
            uid: row.uid.clone(),
            line: row.line,
            title,
            what,
        });
    }
    Ok((imported, taken))
}

fn entries<'c>(object: &'c Component<'_>) -> impl Iterator<Item = Entry<'c>> {
    object.components.iter().filter_map(|one| Entry::read(one).ok())
}

fn summary(object: &Component<'_>) -> String {
    entries(object)
        .find_map(|entry| entry.summary.map(std::borrow::Cow::into_owned))
        .unwrap_or_default()
}

fn age(object: &Component<'_>) -> Age {
    let changed = |entry: &Entry<'_>| {
        entry
            .modified
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default()
    };
    let ages = entries(object).map(|entry| Age(entry.sequence, changed(&entry)));
    ages.max().unwrap_or(Age(0, String::new()))
}

/// What becomes of a row, and what is there in its place.
fn judge(tx: &mut store::Tx<'_>, calendar: Id, row: &Taken) -> Result<(What, Option<Stored>), Refused> {
    let there = match rows::name_of_uid(tx, calendar, row.piece.uid())? {
        Some(name) => rows::slot(tx, calendar, &name)?.and_then(rows::Slot::stored),
        None => None,
    };
    let Some(there) = there else {
        return Ok((What::New, None));
    };
    let is_known = there.text == row.piece.text()
        || ical::parse(there.text.as_bytes()).is_ok_and(|known| age(&known) > row.age);
    let what = if is_known { What::Known } else { What::Changed };
    Ok((what, Some(there)))
}

fn take(tx: &mut store::Tx<'_>, calendar: &mut Calendar, row: &Taken) -> Result<What, Refused> {
    let (what, there) = judge(tx, calendar.id, row)?;
    if what == What::Known {
        return Ok(what);
    }
    let name = there.map_or_else(|| Name::of_object(row.piece.id()), |there| there.name);
    match put_in(tx, calendar, &name, &row.piece, Expected::Anything, None) {
        Ok(put) => {
            calendar.changes = put.stored.change;
            Ok(what)
        }
        Err(Refused::Reason(reason)) => Ok(What::refused(reason)),
        Err(store) => Err(store),
    }
}
