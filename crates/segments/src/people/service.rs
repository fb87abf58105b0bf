//! What can be done with a person: learned about, put into segments and out of them, judged, and explained.

use std::cell::RefCell;
use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};
use kernel::{Moment, PersonId};
use store::{StoreError, Tx, log};

use super::rows::{self, Person};
use super::types::{Changed, Explained, Line, Unknown};
use crate::census::{BLOCKS, Entry};
use crate::rules::change::{self, Added, Happened, What, Wish};
use crate::rules::replay::Done;
use crate::rules::rulebook::Members;
use crate::rules::why::{Why, why};
use crate::service::{PEOPLE, Refused, Segments, Shelf};
use crate::types::{Actor, Facts, Key, Reason};

/// Lines of a person's history that are shown.
const LINES_MAX: u16 = 500;
/// People whose memberships are ended in one round.
const ENDING_AT_ONCE: u16 = 500;

/// People who are learned about at the same time, so that they share commits.
const LEARNED_AT_ONCE: usize = 32;
/// How often somebody is asked for whom others learn about at the same time.
const ROUNDS_MAX: usize = 8;

/// One of the segments that somebody is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    pub segment: Key,
    pub variant: Option<Key>,
}

/// The same where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    pub segment: &'a Key,
    pub variant: Option<&'a Key>,
}

impl From<Shown<'_>> for Membership {
    fn from(shown: Shown<'_>) -> Membership {
        Membership {
            segment: shown.segment.clone(),
            variant: shown.variant.cloned(),
        }
    }
}

thread_local! {
    /// Used again by each answer that this thread gives.
    static MEMBERS: RefCell<Members> = RefCell::default();
}

impl Segments {
    /// Asks those who know people about these, and keeps what they say. May be done again, and in any order.
    ///
    /// What is kept in the end is never older than what was true when this began, whoever else asks meanwhile: an answer is
    /// written only over the version that was there before the question, and every answer makes a new version.
    pub async fn learn(&self, people: &[PersonId]) -> Result<(), LearnError> {
        let once: BTreeSet<PersonId> = people.iter().copied().collect();
        let mut left: Vec<PersonId> = once.into_iter().collect();
        for _ in 0..ROUNDS_MAX {
            let versions = self.versions_of(&left).await?;
            let now = self.0.clock.now();
            let facts = self.0.population.facts(&left).await?;
            let asked = left.into_iter().zip(versions).zip(facts);
            let answers =
                asked.map(|((person, version), facts)| self.write_down(person, version, facts, now));
            let overtaken = stream::iter(answers).buffer_unordered(LEARNED_AT_ONCE);
            left = overtaken
                .try_filter_map(async |person| Ok(person))
                .try_collect()
                .await?;
            if left.is_empty() {
                return Ok(());
            }
        }
        Err(LearnError::Overtaken(left.len()))
    }

    async fn versions_of(&self, people: &[PersonId]) -> Result<Vec<i64>, StoreError> {
        let versions = people.iter().copied().map(|person| async move {
            let shard = self.0.store.shard_of(person);
            shard.read(move |tx| rows::version(tx, person)).await
        });
        stream::iter(versions)
            .buffered(LEARNED_AT_ONCE)
            .try_collect()
            .await
    }

    /// Gives the person back when others were faster, so that the answer may be old.
    async fn write_down(
        &self,
        person: PersonId,
        version: i64,
        facts: Option<Facts>,
        now: Moment,
    ) -> Result<Option<PersonId>, StoreError> {
        let shard = self.0.store.shard_of(person);
        let written = shard.write::<_, StoreError>(move |tx| learn(tx, person, version, facts.as_ref(), now));
        Ok(match written.await? {
            Learned::Changed(after) => {
                self.know(after);
                None
            }
            Learned::Same => None,
            Learned::Overtaken => Some(person),
        })
    }

    /// Keeps in memory what is on disk, and tells those who listen for this person.
    pub(crate) fn know(&self, person: Person) {
        let id = person.id;
        self.remember(person);
        self.0.news.of_person(id);
    }

    /// The same without a word: for many at once, after which everybody is told.
    pub(crate) fn remember(&self, person: Person) {
        if !self.0.remembers {
            return;
        }
        match person.facts {
            Some(facts) => {
                self.0.census.learn(&Entry {
                    person: person.id,
                    facts,
                    hand: person.hand,
                    version: person.version,
                    returned: person.returned,
                });
            }
            None => self.0.census.forget(person.id),
        }
    }

    /// Puts a person into segments and out of others, all or none.
    pub async fn put(
        &self,
        person: PersonId,
        add: &[(String, Option<Moment>)],
        remove: &[String],
        by: Actor,
    ) -> Result<Changed, Refused> {
        let now = self.0.clock.now();
        let shelf = self.shelf(now);
        let wish = wish(&shelf, add, remove)?;
        let name = |number| shelf.key_of(number);
        change::check_wish(&wish, now, name)?;
        let asked = wish.clone();
        let (after, happened) = self
            .0
            .store
            .shard_of(person)
            .write::<_, Refused>(move |tx| {
                let before = rows::person(tx, person)?.filter(|known| known.facts.is_some());
                let before = before.ok_or(Reason::NoPerson)?;
                Ok(put(tx, before, &wish, now, by)?)
            })
            .await?;
        self.know(after);
        Ok(told(&shelf, &asked, &happened))
    }

    /// Whether this instance knows a person.
    pub fn knows(&self, person: PersonId) -> bool {
        self.0.census.see(person, |_| ()).is_some()
    }

    /// Lets `tell` look at the segments that a person is in, where they stand: a sign-in copies no key. `None` when nobody
    /// here knows the person.
    pub fn show<T>(
        &self,
        person: PersonId,
        tell: impl FnOnce(&mut dyn Iterator<Item = Shown<'_>>) -> T,
    ) -> Option<T> {
        let now = self.0.clock.now();
        let shelf = self.shelf(now);
        // Taken away meanwhile, in case that `tell` asks about somebody else.
        let mut members = MEMBERS.take();
        let told = self
            .0
            .census
            .judge(&shelf.book, person, now, &mut members)
            .then(|| {
                let shown = |place| {
                    Some(Shown {
                        segment: &shelf.book.segment(place)?.key,
                        variant: shelf.book.variant(place, person),
                    })
                };
                tell(&mut members.places().filter_map(shown))
            });
        MEMBERS.set(members);
        told
    }

    /// Which segments a person is in; `None` when nobody here knows the person.
    pub fn of_person(&self, person: PersonId) -> Option<Vec<Membership>> {
        self.show(person, |all| all.map(Membership::from).collect())
    }

    /// Some who are known here beside this person, other ones for each, and all of them when there are few.
    pub fn others(&self, than: PersonId, count: usize) -> Vec<PersonId> {
        let first = usize::from(than.0.as_bytes()[15]);
        let mut others = Vec::new();
        for block in (0..BLOCKS).map(|at| (first + at) % BLOCKS) {
            self.0.census.each_of(block, &mut |seen| {
                if others.len() < count && seen.id != than {
                    others.push(seen.id);
                }
            });
            if others.len() == count {
                break;
            }
        }
        others
    }

    /// Why a person is, or is not, in a segment.
    pub fn why(&self, person: PersonId, key: &str) -> Result<Why, Reason> {
        let now = self.0.clock.now();
        let shelf = self.shelf(now);
        let number = shelf.with_key(key)?.number;
        let found = self
            .0
            .census
            .see(person, |seen| why(&shelf.book, number, seen, now));
        found.ok_or(Reason::NoPerson)
    }

    /// The same, now or at an instant of the past, with what was done to that end.
    pub async fn explained(
        &self,
        person: PersonId,
        key: &str,
        at: Option<Moment>,
    ) -> Result<Explained, Refused> {
        let shelf = self.shelf_now();
        let segment = shelf.with_key(key)?.number;
        let why = match at {
            None => self.why(person, key)?,
            Some(at) => self.why_at(person, key, at).await?,
        };
        let what = match &why {
            Why::ByHand { .. } => What::Added,
            Why::Shielded => What::Removed,
            Why::Drawn { draw, at, .. } => {
                let drawn = shelf.draws.iter().find(|known| known.number == *draw);
                let done = drawn.map(|drawn| (*at, drawn.by));
                return Ok(Explained { why, done });
            }
            _ => return Ok(Explained { why, done: None }),
        };
        // By the clocks of other instances what is true now may be done a little later.
        let by = at.unwrap_or(Moment::from_micros(i64::MAX));
        let shard = self.0.store.shard_of(person);
        let done = shard.read::<_, StoreError>(move |tx| rows::last_done(tx, person, segment, what, by));
        Ok(Explained {
            why,
            done: done.await?,
        })
    }

    /// What was done with a person by hand, the latest first: also what changed nothing, as a shield of whoever was out.
    pub async fn history(&self, person: PersonId) -> Result<Vec<Line>, Refused> {
        let shelf = self.shelf(self.0.clock.now());
        let past = self
            .0
            .store
            .shard_of(person)
            .read::<_, Refused>(move |tx| {
                rows::known(tx, person)?.ok_or(Reason::NoPerson)?;
                Ok(rows::history(tx, person, LINES_MAX)?)
            })
            .await?;
        let line = |past: Done| Line {
            segment: shelf.key_of(past.happened.segment),
            what: past.happened.what,
            at: past.at,
            until: past.happened.until,
            by: past.by,
        };
        Ok(past.into_iter().map(line).collect())
    }

    /// Ends what is over, and says how much that was. For readers it ended at its instant; this writes it down.
    pub async fn end_what_is_over(&self) -> Result<usize, StoreError> {
        let now = self.0.clock.now();
        let mut ended = 0;
        for server in self.0.store.everywhere() {
            let over = server
                .read::<_, StoreError>(move |tx| rows::ending(tx, now, ENDING_AT_ONCE))
                .await?;
            for person in over {
                let nothing = Wish::default();
                let swept = self
                    .0
                    .store
                    .shard_of(person)
                    .write::<_, StoreError>(move |tx| {
                        let before = rows::person(tx, person)?;
                        before
                            .map(|before| put(tx, before, &nothing, now, Actor::House))
                            .transpose()
                    })
                    .await?;
                if let Some((after, happened)) = swept {
                    ended += happened.len();
                    self.know(after);
                }
            }
        }
        Ok(ended)
    }
}

/// Why people were not learned about.
#[derive(Debug, thiserror::Error)]
pub enum LearnError {
    #[error(transparent)]
    Unknown(#[from] Unknown),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("others learned about {0} of these people again and again meanwhile")]
    Overtaken(usize),
}

/// What became of an answer about a person.
enum Learned {
    Changed(Person),
    Same,
    /// The row is another one than before the question.
    Overtaken,
}

/// Writes what is known now. Whoever is nobody gets a row too.
fn learn(
    tx: &mut Tx<'_>,
    id: PersonId,
    version: i64,
    facts: Option<&Facts>,
    now: Moment,
) -> Result<Learned, StoreError> {
    let before = rows::person(tx, id)?;
    if before.as_ref().map_or(0, |before| before.version) != version {
        return Ok(Learned::Overtaken);
    }
    if before
        .as_ref()
        .is_some_and(|before| before.facts.as_ref() == facts)
    {
        rows::confirm(tx, id)?;
        return Ok(Learned::Same);
    }
    let is_new = rows::known(tx, id)?.is_none();
    let before = before.unwrap_or(Person {
        id,
        version: 0,
        facts: None,
        hand: Vec::new(),
        returned: None,
    });
    let mut after = Person {
        version: before.version + 1,
        facts: facts.cloned(),
        returned: if !is_new && before.facts.is_none() {
            Some(now)
        } else {
            before.returned
        },
        ..before.clone()
    };
    if facts.is_none() {
        let gone = change::leave_all(&before.hand);
        after.hand.clear();
        rows::write_history(tx, &after, &gone, now, Actor::House)?;
    }
    if !is_new {
        rows::keep_facts(tx, id, before.facts.as_ref(), now)?;
    }
    rows::save(tx, &after)?;
    tell(tx, id)?;
    Ok(Learned::Changed(after))
}

fn put(
    tx: &mut Tx<'_>,
    before: Person,
    wish: &Wish,
    now: Moment,
    by: Actor,
) -> Result<(Person, Vec<Happened>), StoreError> {
    let (hand, happened) = change::apply(&before.hand, wish, now);
    if happened.is_empty() {
        return Ok((before, happened));
    }
    let after = Person {
        version: before.version + 1,
        hand,
        ..before
    };
    rows::save(tx, &after)?;
    rows::write_history(tx, &after, &happened, now, by)?;
    tell(tx, after.id)?;
    Ok((after, happened))
}

fn tell(tx: &mut Tx<'_>, person: PersonId) -> Result<(), StoreError> {
    log::tell(tx, PEOPLE, person.0.as_bytes())
}

fn wish(shelf: &Shelf, add: &[(String, Option<Moment>)], remove: &[String]) -> Result<Wish, Reason> {
    let number = |key: &String| {
        let segment = shelf.with_key(key)?;
        match segment.archived {
            None => Ok(segment.number),
            Some(_) => Err(Reason::Archived(segment.key.clone())),
        }
    };
    let added = add.iter().map(|(key, until)| {
        Ok(Added {
            segment: number(key)?,
            until: *until,
        })
    });
    Ok(Wish {
        add: added.collect::<Result<_, Reason>>()?,
        remove: remove.iter().map(number).collect::<Result<_, Reason>>()?,
    })
}

fn told(shelf: &Shelf, asked: &Wish, happened: &[Happened]) -> Changed {
    let of = |what: What| happened.iter().filter(move |one| one.what == what);
    let names = |what: What| of(what).map(|one| shelf.key_of(one.segment)).collect();
    let changed: Vec<_> = happened.iter().filter(|one| one.what != What::Ended).collect();
    let named = asked
        .add
        .iter()
        .map(|added| added.segment)
        .chain(asked.remove.iter().copied());
    let unchanged = named.filter(|number| !changed.iter().any(|one| one.segment == *number));
    Changed {
        added: names(What::Added),
        removed: names(What::Removed),
        unchanged: unchanged.map(|number| shelf.key_of(number)).collect(),
    }
}
