//! Calendars in memory, as the service keeps them in its store.

use std::collections::BTreeMap;

use front::SignedIn;
use ical::Sort;
use jiff::Timestamp;
use kernel::{Id, Moment, PersonId};
use parking_lot::Mutex;

use crate::library::{
    Asked, Busy, Calendar, Changed, Changes, Denied, Kinds, Library, Mark, Object, Only, Principal, Rights,
    Role, Stored, Wanted, Wishes,
};
use crate::place::INBOX;

#[derive(Default)]
pub struct Shelf(Mutex<State>);

#[derive(Default)]
struct State {
    calendars: Vec<Kept>,
    made: u8,
}

struct Kept {
    calendar: Calendar,
    /// Deleted ones without a text.
    objects: BTreeMap<String, Object>,
    forgotten: i64,
}

const MONDAY: i64 = 1_767_600_000;

impl Shelf {
    /// As when a calendar is shared for reading.
    pub fn allow(&self, name: &str, rights: Rights) {
        let mut state = self.0.lock();
        state.find(name).unwrap().calendar.rights = rights;
    }

    /// With so many events of a kilobyte, each a day after the other.
    pub fn fill(&self, name: &str, count: i64) {
        let mut state = self.0.lock();
        let kept = state.find(name).unwrap();
        for change in 1..=count {
            let uid = format!("event-{change:06}");
            let lines = format!(
                "DTSTART;TZID=Europe/Berlin:20260105T120000\r\nDURATION:PT1H\r\nSUMMARY:Event {change}\r\n{}",
                "X-MORE:about seventy bytes that somebody wrote about it for themselves\r\n".repeat(10)
            );
            let text = super::event(&uid, &lines);
            let object = Object {
                name: format!("{uid}.ics"),
                uid,
                kind: ical::Kind::Event,
                change,
                schedule: None,
                bytes: text.len(),
                text,
                lies: false,
                created: Moment::from_seconds(MONDAY),
                changed: Moment::from_seconds(MONDAY),
            };
            kept.objects.insert(object.name.clone(), object);
        }
        kept.calendar.changes = count;
    }

    pub fn forget(&self, name: &str, before: i64) {
        self.0.lock().find(name).unwrap().forgotten = before;
    }

    fn with<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut State) -> Result<T, Denied>,
    ) -> Asked<'static, T> {
        Box::pin(std::future::ready(act(&mut self.0.lock())))
    }
}

impl State {
    fn find(&mut self, name: &str) -> Result<&mut Kept, Denied> {
        let mut all = self.calendars.iter_mut();
        all.find(|one| one.calendar.name == name).ok_or(Denied::NotFound)
    }

    fn create(&mut self, who: &SignedIn, name: &str, said: Wishes) -> Result<(), Denied> {
        if self.find(name).is_ok() {
            return Err(Denied::Taken);
        }
        self.made += 1;
        let mut kept = Kept {
            calendar: Calendar {
                id: Id::from_bytes([self.made; 16]),
                name: name.to_owned(),
                owner: who.id,
                role: Role::Plain,
                rights: Rights::ALL,
                title: name.to_owned(),
                description: String::new(),
                color: Some(0x33_66_99),
                order: 0,
                zone: "Europe/Berlin".to_owned(),
                kinds: said.kinds.unwrap_or(Kinds::ALL),
                transparent: false,
                extra: String::new(),
                version: 0,
                changes: 0,
                created: Moment::from_seconds(MONDAY),
                changed: Moment::from_seconds(MONDAY),
            },
            objects: BTreeMap::new(),
            forgotten: 0,
        };
        kept.say(said);
        self.calendars.push(kept);
        Ok(())
    }

    fn put(&mut self, calendar: &Calendar, name: &str, text: &str, only: Only) -> Result<Stored, Denied> {
        let tree = ical::parse(text.as_bytes()).map_err(Denied::Invalid)?;
        let object = ical::check(&tree).map_err(Denied::Invalid)?;
        ical::Timing::new(&object).map_err(Denied::Invalid)?;
        if !calendar.kinds.takes(object.kind) {
            return Err(Denied::KindNotTaken);
        }
        let kept = self.find(&calendar.name)?;
        let before = kept.objects.get(name).filter(|one| !one.text.is_empty());
        meets(only, before)?;
        let mut others = kept
            .objects
            .values()
            .filter(|one| !one.text.is_empty() && one.name != name);
        if let Some(other) = others.find(|one| one.uid == object.uid) {
            return Err(Denied::UidTaken {
                name: other.name.clone(),
            });
        }
        let created = before.is_none();
        kept.calendar.changes += 1;
        let change = kept.calendar.changes;
        let object = Object {
            name: name.to_owned(),
            uid: object.uid.to_string(),
            kind: object.kind,
            change,
            schedule: None,
            bytes: text.len(),
            text: text.to_owned(),
            lies: false,
            created: Moment::from_seconds(MONDAY),
            changed: Moment::from_seconds(MONDAY + change),
        };
        kept.objects.insert(name.to_owned(), object);
        Ok(Stored {
            created,
            change,
            schedule: None,
            as_given: true,
        })
    }

    fn remove(&mut self, calendar: &Calendar, name: &str, only: Only) -> Result<Object, Denied> {
        let kept = self.find(&calendar.name)?;
        let there = kept.objects.get_mut(name).filter(|one| !one.text.is_empty());
        meets(only, there.as_deref())?;
        let there = there.ok_or(Denied::NotFound)?;
        kept.calendar.changes += 1;
        let object = there.clone();
        there.text.clear();
        there.change = kept.calendar.changes;
        Ok(object)
    }
}

/// Nobody invites anybody here.
fn inbox(who: &SignedIn) -> Calendar {
    let mut state = State::default();
    let made = state.create(who, INBOX, Wishes::default());
    assert!(made.is_ok());
    Calendar {
        role: Role::Inbox {
            default: Some("work".to_owned()),
        },
        ..state.calendars.remove(0).calendar
    }
}

fn meets(only: Only, before: Option<&Object>) -> Result<(), Denied> {
    let met = match only {
        Only::Any => true,
        Only::Absent => before.is_none(),
        Only::Exists => before.is_some(),
        Only::Match(change) => before.is_some_and(|one| one.change == change),
        Only::Schedule(_) => false,
    };
    if met { Ok(()) } else { Err(Denied::Precondition) }
}

impl Kept {
    fn say(&mut self, said: Wishes) {
        let calendar = &mut self.calendar;
        calendar.version += 1;
        calendar.title = said.title.unwrap_or(calendar.title.clone());
        calendar.description = said.description.unwrap_or(calendar.description.clone());
        calendar.color = said.color.or(calendar.color);
        calendar.order = said.order.unwrap_or(calendar.order);
        calendar.zone = said.zone.unwrap_or(calendar.zone.clone());
        calendar.transparent = said.transparent.unwrap_or(calendar.transparent);
        calendar.extra = said.extra.unwrap_or(calendar.extra.clone());
    }
}

/// As an index would: by the first and the last time that an object happens.
fn may_lie_in(object: &Object, from: Timestamp, to: Timestamp) -> bool {
    let tree = ical::parse(object.text.as_bytes()).unwrap();
    let checked = ical::check(&tree).unwrap();
    if object.kind == ical::Kind::Todo {
        return true;
    }
    let timing = ical::Timing::new(&checked).unwrap();
    timing
        .first(from, to, &ical::zones::Zone::UTC, |_| true)
        .is_some()
        || checked.entries().any(ical::Entry::is_all_day)
}

/// Whether it needs no look: it happens once, and there.
fn lies_in(object: &Object, from: Timestamp, to: Timestamp) -> bool {
    let tree = ical::parse(object.text.as_bytes()).unwrap();
    let checked = ical::check(&tree).unwrap();
    let only = ical::Timing::new(&checked).unwrap().only();
    only.is_some_and(|one| one.lies_in(from, to))
}

impl Library for Shelf {
    fn now(&self) -> Moment {
        Moment::from_seconds(MONDAY)
    }

    fn principal<'a>(&'a self, _: &'a SignedIn) -> Asked<'a, Principal> {
        self.with(|_| {
            Ok(Principal {
                id: PersonId(Id::from_bytes([7; 16])),
                sort: Sort::Individual,
                name: "Anna Petrova".to_owned(),
                addresses: vec!["anna@example.org".to_owned()],
            })
        })
    }

    fn others<'a>(&'a self, _: &'a SignedIn, words: &'a str) -> Asked<'a, Vec<Principal>> {
        let hall = Principal {
            id: PersonId(Id::from_bytes([9; 16])),
            sort: Sort::Room,
            name: "Small hall".to_owned(),
            addresses: vec!["hall@example.org".to_owned()],
        };
        let is_found = hall.name.contains(words) || hall.addresses[0] == words;
        self.with(move |_| Ok(Some(hall.clone()).filter(|_| is_found).into_iter().collect()))
    }

    fn calendars<'a>(&'a self, who: &'a SignedIn) -> Asked<'a, Vec<Calendar>> {
        self.with(|state| {
            if state.made == 0 {
                state.create(who, "home", Wishes::default())?;
            }
            Ok(state.calendars.iter().map(|one| one.calendar.clone()).collect())
        })
    }

    fn calendar<'a>(&'a self, who: &'a SignedIn, name: &'a str) -> Asked<'a, Calendar> {
        self.with(|state| match name {
            INBOX => Ok(inbox(who)),
            _ => Ok(state.find(name)?.calendar.clone()),
        })
    }

    fn create<'a>(&'a self, who: &'a SignedIn, name: &'a str, as_said: Wishes) -> Asked<'a, ()> {
        self.with(|state| state.create(who, name, as_said))
    }

    fn change<'a>(&'a self, _: &'a SignedIn, calendar: &'a Calendar, to: Wishes) -> Asked<'a, ()> {
        self.with(|state| {
            state.find(&calendar.name)?.say(to);
            Ok(())
        })
    }

    fn delete<'a>(&'a self, _: &'a SignedIn, calendar: &'a Calendar) -> Asked<'a, ()> {
        self.with(|state| {
            state.calendars.retain(|one| one.calendar.name != calendar.name);
            Ok(())
        })
    }

    fn objects<'a>(
        &'a self,
        _: &'a SignedIn,
        calendar: &'a Calendar,
        wanted: Wanted<'a>,
        texts: bool,
    ) -> Asked<'a, Vec<Object>> {
        self.with(|state| {
            let kept = state.find(&calendar.name)?;
            let there = kept.objects.values().filter(|one| !one.text.is_empty());
            let behind =
                |after: Option<&str>, one: &Object| after.is_none_or(|after| one.name.as_str() > after);
            let mut found: Vec<Object> = match wanted {
                Wanted::Named(names) => {
                    let mut names = names.to_vec();
                    names.sort_unstable();
                    let found = names.iter().filter_map(|name| kept.objects.get(*name));
                    found.filter(|one| !one.text.is_empty()).cloned().collect()
                }
                Wanted::After(after, limit) => there
                    .filter(|one| behind(after, one))
                    .take(limit)
                    .cloned()
                    .collect(),
                Wanted::Around {
                    from,
                    to,
                    kind,
                    after,
                    limit,
                } => {
                    let fits = |one: &&Object| {
                        behind(after, one)
                            && kind.is_none_or(|kind| kind == one.kind)
                            && may_lie_in(one, from, to)
                    };
                    let judged = |one: &Object| Object {
                        lies: lies_in(one, from, to),
                        ..one.clone()
                    };
                    there.filter(fits).take(limit).map(judged).collect()
                }
            };
            if !texts {
                found.iter_mut().for_each(|one| one.text.clear());
            }
            Ok(found)
        })
    }

    fn changes<'a>(
        &'a self,
        _: &'a SignedIn,
        calendar: &'a Calendar,
        since: Mark,
        limit: usize,
    ) -> Asked<'a, Changes> {
        self.with(|state| {
            let kept = state.find(&calendar.name)?;
            if since.began < kept.forgotten {
                return Err(Denied::TooOld);
            }
            let mut all: Vec<Changed> = kept
                .objects
                .values()
                .map(|one| Changed {
                    name: one.name.clone(),
                    change: one.change,
                    deleted: one.text.is_empty(),
                    // Not of all is it known without another look.
                    object: (one.change % 2 == 0).then(|| Object {
                        text: String::new(),
                        ..one.clone()
                    }),
                })
                .filter(|one| one.change > if one.deleted { since.began } else { since.after })
                .collect();
            all.sort_by_key(|one| one.change);
            let complete = all.len() <= limit;
            all.truncate(limit);
            let end = all.last().map_or(since.after, |one| one.change);
            Ok(Changes {
                changed: all,
                reached: if complete { kept.calendar.changes } else { end },
                complete,
            })
        })
    }

    fn put<'a>(
        &'a self,
        _: &'a SignedIn,
        calendar: &'a Calendar,
        name: &'a str,
        text: String,
        only: Only,
    ) -> Asked<'a, Stored> {
        self.with(|state| state.put(calendar, name, &text, only))
    }

    fn busy<'a>(
        &'a self,
        _: &'a SignedIn,
        _: &'a str,
        _: Timestamp,
        _: Timestamp,
    ) -> Asked<'a, Option<Vec<Busy>>> {
        self.with(|_| Ok(None))
    }

    fn remove<'a>(
        &'a self,
        _: &'a SignedIn,
        calendar: &'a Calendar,
        name: &'a str,
        only: Only,
        _silently: bool,
    ) -> Asked<'a, ()> {
        self.with(|state| state.remove(calendar, name, only).map(|_| ()))
    }

    fn relocate<'a>(
        &'a self,
        _: &'a SignedIn,
        from: (&'a Calendar, &'a str),
        to: (&'a Calendar, &'a str),
        only: Only,
    ) -> Asked<'a, Stored> {
        self.with(|state| {
            let object = state.remove(from.0, from.1, Only::Exists)?;
            state.put(to.0, to.1, &object.text, only)
        })
    }
}
