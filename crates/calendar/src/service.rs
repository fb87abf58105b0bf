//! The service: one method for each thing that can be done with calendars. What can be done with what lies in them stands
//! beside it, in `objects` and `agenda`.
//!
//! Whatever is said here is said of one person's own: another one's calendar is one that is not there.

use std::collections::HashMap;
use std::sync::Arc;

use dial::outside::Outside;
use front::{Routes, Signer};
use ical::zones::Zone;
use kernel::{Clock, Id, Language, Moment, PersonId, Secret, Text};
use store::{Store, StoreError, Tx};

use crate::daily;
use crate::people::{self, Card, People};
use crate::reminders::types::Reminders;
use crate::reminders::{self, again};
use crate::rows;
use crate::rules::itip::Mine;
use crate::said;
use crate::types::{About, AboutChange, CALENDARS_MAX, Calendar, Color, Kinds, Name, Reason, Role};
use crate::{finding, grpc, http, resources, sharing, subscriptions};

/// For so long a deleted calendar can be put back.
pub(crate) const BIN_SECONDS: i64 = 30 * 86_400;

/// Rows of each table that are deleted in one transaction.
const FORGOTTEN_AT_ONCE: u16 = 500;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error(transparent)]
    Reason(#[from] Reason),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Refused {
    /// Work beside the requests ended before its time.
    pub(crate) fn broke_off(what: &str) -> Refused {
        StoreError::broken(format!("{what} broke off")).into()
    }
}

/// Somebody who looks at their calendars, and how they read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    pub id: PersonId,
    pub language: Language,
    /// Of the IANA database.
    pub zone: String,
}

/// A calendar that somebody wants.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The last part of its address; `None`: the house gives it one.
    pub name: Option<Name>,
    pub about: About,
    pub kinds: Kinds,
}

/// Calendars of the house. Cheap to clone.
#[derive(Clone)]
pub struct Calendars(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    people: Arc<dyn People>,
    base: String,
    answers: Signer,
    outside: Outside,
}

/// What links in letters are made of.
#[derive(Clone, Debug)]
pub struct Address {
    /// How people reach the house.
    pub base: String,
    /// The house's, from which the key of its links is made.
    pub secret: Secret,
}

impl Calendars {
    /// `outside` gets calendars that people follow elsewhere.
    pub fn new(
        store: Store,
        clock: Clock,
        people: Arc<dyn People>,
        address: Address,
        outside: Outside,
    ) -> Calendars {
        Calendars(Arc::new(Inner {
            store,
            clock,
            people,
            answers: Signer::new(&address.secret, "answers to invitations"),
            base: address.base,
            outside,
        }))
    }

    /// Who makes the links by which those outside the house answer.
    pub(crate) fn answers(&self) -> &Signer {
        &self.0.answers
    }

    /// A page of the house, as letters lead to it.
    pub(crate) fn link_to(&self, path: &str) -> String {
        format!("{}{path}", self.0.base)
    }

    /// What the service answers over HTTP and gRPC.
    pub fn routes(&self) -> Routes {
        http::routes().with_state(self.clone()).merge(grpc::routes(self))
    }

    pub(crate) fn now(&self) -> Moment {
        self.0.clock.now()
    }

    pub(crate) fn people(&self) -> &dyn People {
        &*self.0.people
    }

    /// Who somebody is; a person whom nobody knows any more is no one.
    pub(crate) async fn card(&self, person: PersonId) -> Result<Option<Card>, Refused> {
        Ok(self.people().card(person).await?)
    }

    /// Those of some people that are still known.
    pub(crate) async fn cards(&self, mut people: Vec<PersonId>) -> Result<HashMap<PersonId, Card>, Refused> {
        people.sort_unstable();
        people.dedup();
        let cards = self.people().cards(&people).await?;
        let known = people.into_iter().zip(cards);
        Ok(known.filter_map(|(person, card)| Some((person, card?))).collect())
    }

    /// The addresses by which others invite somebody.
    pub(crate) async fn mine(&self, person: PersonId) -> Result<Mine, Refused> {
        let card = self.card(person).await?;
        Ok(card.map_or_else(Mine::default, |card| people::addresses(person, &card)))
    }

    pub(crate) fn outside(&self) -> &Outside {
        &self.0.outside
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    /// All calendars of somebody, in their order. Whoever comes for the first time gets one.
    pub async fn home(&self, visitor: &Visitor) -> Result<Vec<Calendar>, Refused> {
        let owner = visitor.id;
        let shard = self.0.store.shard_of(owner);
        let (all, is_old) = shard
            .read::<_, StoreError>(move |tx| {
                let all = rows::calendars(tx, owner)?;
                let is_old = !all.is_empty() || rows::has_had_calendars(tx, owner)?;
                Ok((all, is_old))
            })
            .await?;
        if is_old {
            return Ok(all);
        }
        let first = first_calendar(visitor, self.now());
        let made = shard.write::<_, Refused>(move |tx| {
            // Two windows may have opened at once.
            if !rows::has_had_calendars(tx, owner)? {
                rows::save_calendar(tx, &first)?;
            }
            Ok(rows::calendars(tx, owner)?)
        });
        made.await
    }

    pub async fn create(&self, owner: PersonId, draft: Draft) -> Result<Calendar, Refused> {
        let now = self.now();
        let id = Id::beside(owner.0, now);
        let calendar = Calendar {
            id,
            owner,
            name: draft.name.unwrap_or_else(|| Name::of_calendar(id)),
            about: draft.about,
            kinds: draft.kinds,
            role: Role::Plain,
            version: 1,
            changes: 0,
            forgotten: 0,
            created: now,
            changed: now,
            deleted: None,
        };
        let shard = self.0.store.shard_of(owner);
        let created = shard.write::<_, Refused>(move |tx| {
            if calendar.name.is_reserved() || rows::calendar_named(tx, owner, &calendar.name)?.is_some() {
                return Err(Reason::NameTaken.into());
            }
            if rows::calendars(tx, owner)?.len() >= CALENDARS_MAX {
                return Err(Reason::TooManyCalendars.into());
            }
            rows::save_calendar(tx, &calendar)?;
            Ok(calendar.clone())
        });
        created.await
    }

    pub async fn calendar(&self, owner: PersonId, id: Id) -> Result<Calendar, Refused> {
        let shard = self.0.store.shard_of(owner);
        shard.read(move |tx| live(tx, owner, id)).await
    }

    pub async fn calendar_named(&self, owner: PersonId, name: Name) -> Result<Calendar, Refused> {
        let shard = self.0.store.shard_of(owner);
        let found = shard.read::<_, StoreError>(move |tx| rows::calendar_named(tx, owner, &name));
        Ok(found.await?.ok_or(Reason::NoCalendar)?)
    }

    /// `version`: what the calendar was when its owner looked at it; `None`: whatever it is.
    pub async fn change(
        &self,
        owner: PersonId,
        id: Id,
        version: Option<i64>,
        change: AboutChange,
    ) -> Result<Calendar, Refused> {
        let now = self.now();
        let is_called_anew = change.title.is_some();
        let shard = self.0.store.shard_of(owner);
        let changed = shard.write::<_, Refused>(move |tx| {
            let before = expected(tx, owner, id, version)?;
            let after = Calendar {
                about: changed(before.about.clone(), change.clone()),
                version: before.version + 1,
                changed: now,
                ..before.clone()
            };
            rows::save_calendar(tx, &after)?;
            again::announce(tx, &before, &after)?;
            Ok(after)
        });
        let after = changed.await?;
        if is_called_anew {
            self.seek_by_title(&after).await?;
        }
        Ok(after)
    }

    /// Puts a calendar at a place among those of its owner, the first of which is 0.
    pub async fn put_at(&self, owner: PersonId, id: Id, place: usize) -> Result<(), Refused> {
        let now = self.now();
        let shard = self.0.store.shard_of(owner);
        let placed = shard.write::<_, Refused>(move |tx| {
            let mut all = rows::calendars(tx, owner)?;
            let at = all.iter().position(|one| one.id == id);
            let one = all.remove(at.ok_or(Reason::NoCalendar)?);
            all.insert(place.min(all.len()), one);
            for (position, mut one) in (0..).zip(all) {
                if one.about.position != position {
                    one.about.position = position;
                    one.version += 1;
                    one.changed = now;
                    rows::save_calendar(tx, &one)?;
                }
            }
            Ok(())
        });
        placed.await
    }

    /// Puts a calendar into the bin, with all that lies in it.
    pub async fn delete(&self, owner: PersonId, id: Id, version: Option<i64>) -> Result<(), Refused> {
        let now = self.now();
        let shard = self.0.store.shard_of(owner);
        let deleted = shard.write::<_, Refused>(move |tx| {
            let before = expected(tx, owner, id, version)?;
            let after = Calendar {
                version: before.version + 1,
                deleted: Some(now),
                ..before
            };
            Ok(rows::save_calendar(tx, &after)?)
        });
        deleted.await
    }

    /// What lies in the bin and can be taken out of it, the last that came first.
    pub async fn bin(&self, owner: PersonId) -> Result<Vec<Calendar>, Refused> {
        let since = self.now().plus_seconds(-BIN_SECONDS);
        let shard = self.0.store.shard_of(owner);
        let found = shard.read::<_, StoreError>(move |tx| rows::deleted_calendars(tx, owner, since));
        Ok(found.await?)
    }

    /// Takes a calendar out of the bin. If its address was given to another one meanwhile, it gets a new one.
    pub async fn restore(&self, owner: PersonId, id: Id) -> Result<Calendar, Refused> {
        let now = self.now();
        let shard = self.0.store.shard_of(owner);
        let restored = shard.write::<_, Refused>(move |tx| {
            let before = rows::calendar_with_id(tx, owner, id)?.ok_or(Reason::NoCalendar)?;
            let Some(deleted) = before.deleted else {
                return Ok(before);
            };
            if deleted.plus_seconds(BIN_SECONDS) <= now {
                return Err(Reason::NoCalendar.into());
            }
            let name = match rows::calendar_named(tx, owner, &before.name)? {
                Some(_) => Name::of_calendar(id),
                None => before.name.clone(),
            };
            let after = Calendar {
                name,
                version: before.version + 1,
                changed: now,
                deleted: None,
                ..before
            };
            rows::save_calendar(tx, &after)?;
            Ok(after)
        });
        restored.await
    }

    /// Somebody is no more, and neither is anything of theirs.
    pub async fn forget(&self, owner: PersonId) -> Result<(), StoreError> {
        let shard = self.0.store.shard_of(owner);
        loop {
            let forgotten = shard.write::<_, StoreError>(move |tx| {
                let (mut deleted, objects) = rows::forget(tx, owner, FORGOTTEN_AT_ONCE)?;
                deleted += subscriptions::forget(tx, owner, FORGOTTEN_AT_ONCE)?;
                for object in objects {
                    reminders::take_back(tx, owner, object)?;
                }
                daily::take_back(tx, owner)?;
                deleted += finding::forget(tx, owner, FORGOTTEN_AT_ONCE)?;
                resources::delete(tx, owner)?;
                Ok(deleted + sharing::forget(tx, owner, FORGOTTEN_AT_ONCE)?)
            });
            if forgotten.await? == 0 {
                return self.release_all(owner).await;
            }
        }
    }
}

/// A calendar of somebody that is not in the bin.
pub(crate) fn live(tx: &mut Tx<'_>, owner: PersonId, id: Id) -> Result<Calendar, Refused> {
    let found = rows::calendar_with_id(tx, owner, id)?;
    let found = found.filter(|calendar| calendar.deleted.is_none());
    Ok(found.ok_or(Reason::NoCalendar)?)
}

/// The same, if it is still what its owner saw.
fn expected(tx: &mut Tx<'_>, owner: PersonId, id: Id, version: Option<i64>) -> Result<Calendar, Refused> {
    let found = live(tx, owner, id)?;
    if version.is_some_and(|version| version != found.version) {
        return Err(Reason::Stale.into());
    }
    Ok(found)
}

fn changed(before: About, change: AboutChange) -> About {
    About {
        title: change.title.unwrap_or(before.title),
        description: change.description.unwrap_or(before.description),
        color: change.color.unwrap_or(before.color),
        zone: change.zone.unwrap_or(before.zone),
        busy: change.busy.unwrap_or(before.busy),
        position: change.position.unwrap_or(before.position),
        extra: change.extra.unwrap_or(before.extra),
        reminders: change.reminders.unwrap_or(before.reminders),
    }
}

pub(crate) fn first_calendar(visitor: &Visitor, now: Moment) -> Calendar {
    let zone = Zone::iana(&visitor.zone).and_then(|zone| zone.id().map(str::to_owned));
    Calendar {
        id: Id::beside(visitor.id.0, now),
        owner: visitor.id,
        name: Name::stored("personal".to_owned()),
        about: About {
            title: Text::stored(said::first_calendar(visitor.language)),
            description: Text::stored(String::new()),
            color: Color::BLUE,
            zone: zone.unwrap_or_else(|| "UTC".to_owned()),
            busy: true,
            position: 0,
            extra: String::new(),
            reminders: Reminders::default(),
        },
        kinds: Kinds::EVENTS_AND_TASKS,
        role: Role::Plain,
        version: 1,
        changes: 0,
        forgotten: 0,
        created: now,
        changed: now,
        deleted: None,
    }
}
