//! Calendars as CalDAV asks for them.

mod followed;
mod people;

use dav::{Asked, Busy, Denied, Library, Mark as Place, Object, Only, Principal, Wanted, Wishes};
use front::{Problem, SignedIn};
use ical::Kind;
use jiff::Timestamp;
use kernel::{Moment, Text};

use self::followed::{is_followed, shown_followed};
use crate::objects::{Mark, Put};
use crate::reminders::types::Reminders;
use crate::service::{Calendars, Draft, Refused, Visitor};
use crate::sharing::{Consent, Held, Rights, readable};
use crate::types::{
    About, AboutChange, Color, DESCRIPTION_CHARS_MAX, Expected, Heard, Kinds, Name, Reason, Role, Stored,
    TITLE_CHARS_MAX,
};

/// The library that CalDAV reads and writes.
#[derive(Clone)]
pub struct Shelf(Calendars);

impl Shelf {
    pub fn new(calendars: Calendars) -> Shelf {
        Shelf(calendars)
    }

    async fn found(
        &self,
        who: &SignedIn,
        calendar: &dav::Calendar,
        wanted: Wanted<'_>,
        texts: bool,
    ) -> Result<Vec<Object>, Denied> {
        if is_followed(who, calendar) {
            return self.followed(who, calendar, wanted, texts).await;
        }
        let rights = rights_of(who, calendar);
        // Of what is hidden in parts the whole says nothing.
        if !texts && !rights.hides(true) {
            return self.outlines(calendar, wanted).await;
        }
        let found: Vec<Stored> = match wanted {
            Wanted::Named(names) => {
                let found = self.0.named(calendar.owner, calendar.id, known_of(names));
                found.await?.into_iter().flatten().collect()
            }
            Wanted::After(after, limit) => return self.listed(calendar, rights, after, limit).await,
            // Everything there is.
            Wanted::Around {
                from,
                to,
                after,
                limit,
                ..
            } if from == Timestamp::MIN && to == Timestamp::MAX => {
                return self.listed(calendar, rights, after, limit).await;
            }
            Wanted::Around {
                from,
                to,
                kind,
                after,
                limit,
            } => {
                let range = (from.into(), to.into());
                let near = self.0.near(calendar.owner, calendar.id, range).await?;
                let seen = near
                    .into_iter()
                    .filter_map(|(stored, lies)| Some((readable(stored, rights)?, lies)));
                let seen = page(seen.collect(), kind, after, limit).into_iter();
                return Ok(seen
                    .map(|(stored, lies)| Object {
                        lies,
                        ..object(stored)
                    })
                    .collect());
            }
        };
        let seen = found.into_iter().filter_map(|stored| readable(stored, rights));
        Ok(seen.map(object).collect())
    }

    /// Some of a calendar by their names: as many as are wanted, if there are so many that the reader may see.
    async fn listed(
        &self,
        calendar: &dav::Calendar,
        rights: Rights,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Object>, Denied> {
        let mut after = after.map(|name| Name::stored(name.to_owned()));
        let mut seen = Vec::new();
        loop {
            let wanted = limit - seen.len();
            let page = self.0.objects(calendar.owner, calendar.id, after, wanted).await?;
            let is_last = page.len() < wanted;
            after = page.last().map(|last| last.name.clone());
            let shown = page.into_iter().filter_map(|stored| readable(stored, rights));
            seen.extend(shown.map(object));
            if is_last || seen.len() >= limit {
                return Ok(seen);
            }
        }
    }

    /// The same without texts. Of a range of time that has ends, more than lies in it.
    async fn outlines(&self, calendar: &dav::Calendar, wanted: Wanted<'_>) -> Result<Vec<Object>, Denied> {
        let found = match wanted {
            Wanted::Named(names) => {
                let names = known_of(names);
                self.0.outlines_named(calendar.owner, calendar.id, names).await?
            }
            Wanted::After(after, limit) | Wanted::Around { after, limit, .. } => {
                let after = after.map(|name| Name::stored(name.to_owned()));
                self.0.outlines(calendar.owner, calendar.id, after, limit).await?
            }
        };
        Ok(found.into_iter().map(outline).collect())
    }
}

/// Those that can be names, once each, in their order.
fn known_of(names: &[&str]) -> Vec<Name> {
    let mut names: Vec<Name> = names.iter().filter_map(|name| Name::parse(name).ok()).collect();
    names.sort();
    names.dedup();
    names
}

fn rights_of(who: &SignedIn, calendar: &dav::Calendar) -> Rights {
    match (calendar.owner == who.id, calendar.rights.write) {
        (true, _) => Rights::Own,
        (false, true) => Rights::Edit,
        (false, false) => Rights::Read,
    }
}

/// So many of them after a name.
fn page(
    mut near: Vec<(Stored, bool)>,
    kind: Option<Kind>,
    after: Option<&str>,
    limit: usize,
) -> Vec<(Stored, bool)> {
    near.retain(|(one, _)| kind.is_none_or(|kind| kind == one.kind));
    near.retain(|(one, _)| after.is_none_or(|after| one.name.as_str() > after));
    near.truncate(limit);
    near
}

fn visitor(who: &SignedIn) -> Visitor {
    Visitor {
        id: who.id,
        language: who.language,
        zone: who.zone.clone(),
    }
}

fn shown(held: &Held) -> dav::Calendar {
    let calendar = &held.calendar;
    let about = &calendar.about;
    dav::Calendar {
        id: calendar.id,
        name: match held.is_own() {
            true => calendar.name.to_string(),
            // Its owner may have called it as one of ours is called.
            false => calendar.id.to_string(),
        },
        owner: calendar.owner,
        role: match calendar.role {
            Role::Plain => dav::Role::Plain,
            Role::Inbox => dav::Role::Inbox { default: None },
        },
        rights: dav::Rights {
            read: held.rights >= Rights::Read,
            write: held.rights >= Rights::Edit,
            // Messages are taken out of an inbox, not put in.
            manage: held.rights >= Rights::Manage && calendar.role == Role::Plain,
        },
        title: about.title.to_string(),
        description: about.description.to_string(),
        color: u32::try_from(about.color.rgb()).ok(),
        order: about.position,
        zone: about.zone.clone(),
        kinds: dav::Kinds {
            events: calendar.kinds.take(Kind::Event),
            tasks: calendar.kinds.take(Kind::Todo),
            journals: calendar.kinds.take(Kind::Journal),
        },
        transparent: !about.busy,
        extra: about.extra.clone(),
        version: calendar.version,
        changes: calendar.changes,
        created: calendar.created,
        changed: calendar.changed,
    }
}

fn object(stored: Stored) -> Object {
    Object {
        name: stored.name.to_string(),
        uid: stored.uid,
        kind: stored.kind,
        change: stored.change,
        schedule: stored.schedule,
        bytes: stored.text.len(),
        text: stored.text,
        lies: false,
        created: stored.created,
        changed: stored.changed,
    }
}

fn outline(heard: Heard) -> Object {
    Object {
        name: heard.name.to_string(),
        uid: heard.uid,
        kind: heard.kind,
        change: heard.change,
        schedule: heard.schedule,
        bytes: heard.bytes,
        text: String::new(),
        lies: false,
        created: heard.created,
        changed: heard.changed,
    }
}

fn name(given: &str) -> Result<Name, Denied> {
    Name::parse(given).map_err(|bad| Problem::invalid("name", "name", bad.to_string()).into())
}

/// A name that cannot be is one that is not there.
fn known(given: &str) -> Result<Name, Denied> {
    Name::parse(given).map_err(|_| Denied::NotFound)
}

fn expected(only: Only) -> Expected {
    match only {
        Only::Any => Expected::Anything,
        Only::Absent => Expected::Nothing,
        Only::Exists => Expected::Something,
        Only::Match(change) => Expected::Exactly(change),
        Only::Schedule(change) => Expected::Scheduled(change),
    }
}

fn text(field: &'static str, given: &str, chars_max: usize) -> Result<Text, Denied> {
    Text::new(given, chars_max).map_err(|bad| Problem::invalid(field, "text", bad.to_string()).into())
}

fn zone(given: &str) -> Result<String, Denied> {
    Ok(crate::http::zone(given).map(|(_, name)| name)?)
}

fn change(wishes: &Wishes) -> Result<AboutChange, Denied> {
    let title = wishes.title.as_deref();
    let title = title.map(|given| text("title", given, TITLE_CHARS_MAX));
    let description = wishes.description.as_deref();
    let description = description.map(|given| text("description", given, DESCRIPTION_CHARS_MAX));
    Ok(AboutChange {
        title: title.transpose()?,
        description: description.transpose()?,
        color: wishes.color.and_then(|rgb| Color::stored(i64::from(rgb))),
        zone: wishes.zone.as_deref().map(zone).transpose()?,
        busy: wishes.transparent.map(|transparent| !transparent),
        position: wishes.order,
        extra: wishes.extra.clone(),
        reminders: None,
    })
}

fn kinds(wanted: dav::Kinds) -> Option<Kinds> {
    let all = [Kind::Event, Kind::Todo, Kind::Journal];
    let wanted: Vec<Kind> = all.into_iter().filter(|kind| wanted.takes(*kind)).collect();
    Kinds::of(&wanted)
}

impl Library for Shelf {
    fn now(&self) -> Moment {
        self.0.now()
    }

    fn principal<'a>(&'a self, who: &'a SignedIn) -> Asked<'a, Principal> {
        Box::pin(people::oneself(&self.0, who))
    }

    fn others<'a>(&'a self, _: &'a SignedIn, words: &'a str) -> Asked<'a, Vec<Principal>> {
        Box::pin(people::others(&self.0, words.trim()))
    }

    fn calendars<'a>(&'a self, who: &'a SignedIn) -> Asked<'a, Vec<dav::Calendar>> {
        Box::pin(async move {
            let all = self.0.held_for_sure(&visitor(who)).await?;
            let readable = all.iter().filter(|held| held.rights >= Rights::Read);
            let followed = self.0.subscriptions_for_sure(who.id).await?;
            let followed = followed.iter().map(|one| shown_followed(&self.0, who, one));
            Ok(readable.map(shown).chain(followed).collect())
        })
    }

    fn calendar<'a>(&'a self, who: &'a SignedIn, called: &'a str) -> Asked<'a, dav::Calendar> {
        Box::pin(async move {
            if called == dav::INBOX {
                let (inbox, default) = self.0.inbox(&visitor(who)).await?;
                let default = default.map(|calendar| calendar.name.to_string());
                return Ok(dav::Calendar {
                    role: dav::Role::Inbox { default },
                    ..shown(&Held::own(inbox))
                });
            }
            let own = self.0.calendar_named(who.id, known(called)?).await;
            let held = match own {
                Err(Refused::Reason(Reason::NoCalendar)) => {
                    let id = called.parse().map_err(|_| Denied::NotFound)?;
                    if let Some(followed) = self.0.followed_with(who.id, id).await? {
                        return Ok(shown_followed(&self.0, who, &followed));
                    }
                    let held = self.0.reach(who.id, id, Rights::Read).await?;
                    Some(held).filter(|held| held.is_taken).ok_or(Denied::NotFound)?
                }
                own => Held::own(own?),
            };
            Ok(shown(&held))
        })
    }

    fn create<'a>(&'a self, who: &'a SignedIn, called: &'a str, as_said: Wishes) -> Asked<'a, ()> {
        Box::pin(async move {
            let name = name(called)?;
            let change = change(&as_said)?;
            let title = change.title.filter(|title| !title.is_empty());
            let draft = Draft {
                about: About {
                    title: title.unwrap_or_else(|| Text::stored(name.to_string())),
                    description: change.description.unwrap_or_else(|| Text::stored(String::new())),
                    color: change.color.unwrap_or(Color::BLUE),
                    zone: change.zone.map_or_else(|| zone(&who.zone), Ok)?,
                    busy: change.busy.unwrap_or(true),
                    position: change.position.unwrap_or_default(),
                    extra: change.extra.unwrap_or_default(),
                    reminders: Reminders::default(),
                },
                kinds: as_said.kinds.and_then(kinds).unwrap_or(Kinds::ALL),
                name: Some(name),
            };
            self.0.create(who.id, draft).await?;
            Ok(())
        })
    }

    fn change<'a>(&'a self, who: &'a SignedIn, calendar: &'a dav::Calendar, to: Wishes) -> Asked<'a, ()> {
        Box::pin(async move {
            let (seen, change) = (Some(calendar.version), change(&to)?);
            self.0.manage(who.id, calendar.id, seen, change).await?;
            Ok(())
        })
    }

    fn delete<'a>(&'a self, who: &'a SignedIn, calendar: &'a dav::Calendar) -> Asked<'a, ()> {
        Box::pin(async move {
            // Whoever shall not have another one's calendar any more lets go of it.
            if calendar.owner != who.id {
                let refused = Some(Consent::Refused);
                self.0.answer_offer(who.id, calendar.id, refused, None).await?;
                return Ok(());
            }
            Ok(self.0.delete(who.id, calendar.id, None).await?)
        })
    }

    fn objects<'a>(
        &'a self,
        who: &'a SignedIn,
        calendar: &'a dav::Calendar,
        wanted: Wanted<'a>,
        texts: bool,
    ) -> Asked<'a, Vec<Object>> {
        Box::pin(self.found(who, calendar, wanted, texts))
    }

    fn changes<'a>(
        &'a self,
        who: &'a SignedIn,
        calendar: &'a dav::Calendar,
        since: Place,
        limit: usize,
    ) -> Asked<'a, dav::Changes> {
        Box::pin(async move {
            let found = if is_followed(who, calendar) {
                let followed = self.0.subscription(who.id, calendar.id).await?;
                let since = (since.after, since.began);
                self.0
                    .followed_changes(&followed, who.language, since, limit)
                    .await?
            } else {
                let mark = Mark {
                    after: since.after,
                    began: Some(since.began),
                };
                let rights = rights_of(who, calendar);
                let of = (calendar.owner, calendar.id);
                self.0.changes_for(rights, of, mark, limit).await?
            };
            let found = found.ok_or(Denied::TooOld)?;
            let tells = !is_followed(who, calendar) && !rights_of(who, calendar).hides(true);
            let changed = found.items.into_iter().map(|heard| dav::Changed {
                name: heard.name.to_string(),
                change: heard.change,
                deleted: heard.is_gone,
                object: (tells && !heard.is_gone).then(|| outline(heard)),
            });
            Ok(dav::Changes {
                changed: changed.collect(),
                reached: found.until,
                complete: found.is_all,
            })
        })
    }

    fn put<'a>(
        &'a self,
        _: &'a SignedIn,
        calendar: &'a dav::Calendar,
        called: &'a str,
        text: String,
        only: Only,
    ) -> Asked<'a, dav::Stored> {
        Box::pin(async move {
            let name = name(called)?;
            let put = self
                .0
                .put(calendar.owner, calendar.id, name, text, expected(only));
            Ok(kept(&put.await?))
        })
    }

    fn remove<'a>(
        &'a self,
        _: &'a SignedIn,
        calendar: &'a dav::Calendar,
        called: &'a str,
        only: Only,
        silently: bool,
    ) -> Asked<'a, ()> {
        Box::pin(async move {
            let (name, only) = (known(called)?, expected(only));
            let removed = match silently {
                true => {
                    self.0
                        .remove_silently(calendar.owner, calendar.id, name, only)
                        .await
                }
                false => self.0.remove(calendar.owner, calendar.id, name, only).await,
            };
            Ok(removed?)
        })
    }

    fn busy<'a>(
        &'a self,
        _: &'a SignedIn,
        address: &'a str,
        from: Timestamp,
        to: Timestamp,
    ) -> Asked<'a, Option<Vec<Busy>>> {
        Box::pin(async move {
            let Some(person) = self.0.reader(address).await? else {
                return Ok(None);
            };
            let Some(card) = self.0.card(person).await? else {
                return Ok(None);
            };
            let busy = self.0.busy(person, &card, (from.into(), to.into())).await?;
            let periods = busy.into_iter().map(|one| Busy {
                tentative: one.is_tentative,
                start: one.starts.to_timestamp(),
                end: one.ends.to_timestamp(),
            });
            Ok(Some(periods.collect()))
        })
    }

    fn relocate<'a>(
        &'a self,
        _: &'a SignedIn,
        from: (&'a dav::Calendar, &'a str),
        to: (&'a dav::Calendar, &'a str),
        only: Only,
    ) -> Asked<'a, dav::Stored> {
        Box::pin(async move {
            let owner = from.0.owner;
            if owner != to.0.owner {
                let what = "must be a calendar of the same owner: copy it instead";
                return Err(Problem::invalid("Destination", "owner", what).into());
            }
            let from = (from.0.id, known(from.1)?);
            let to = (to.0.id, name(to.1)?);
            let moved = self.0.relocate(owner, from, to, expected(only));
            Ok(kept(&moved.await?))
        })
    }
}

fn kept(put: &Put) -> dav::Stored {
    dav::Stored {
        created: put.is_new,
        change: put.stored.change,
        schedule: put.stored.schedule,
        as_given: put.as_given,
    }
}

impl From<Refused> for Denied {
    fn from(why: Refused) -> Denied {
        let reason = match why {
            Refused::Reason(reason) => reason,
            store @ Refused::Store(_) => return Denied::Other(store.into()),
        };
        match reason {
            Reason::NoCalendar
            | Reason::NoObject
            | Reason::NotPublished
            | Reason::NotShared
            | Reason::NoResource
            | Reason::NoPerson
            | Reason::NoInvitation
            | Reason::NoOrganizer
            | Reason::NoSubscription => Denied::NotFound,
            Reason::NameTaken => Denied::Taken,
            Reason::Stale => Denied::Precondition,
            Reason::UidTaken(name) => Denied::UidTaken {
                name: name.to_string(),
            },
            Reason::KindNotTaken(_) => Denied::KindNotTaken,
            Reason::Invalid(problem) => Denied::Invalid(problem),
            full @ (Reason::TooManyCalendars
            | Reason::TooManyObjects
            | Reason::TooLong
            | Reason::TooManyShares
            | Reason::TooManyOffers) => Denied::Full(full.to_string()),
            other @ (Reason::Field { .. }
            | Reason::NotAllowed(_)
            | Reason::FollowedAlready
            | Reason::TooManySubscriptions
            | Reason::TooManyGroupShares
            | Reason::TooManyGroupCalendars
            | Reason::PublicNameTaken
            | Reason::TooManyPublicOfOne
            | Reason::TooManyPublic
            | Reason::NothingToFetch) => Denied::Other(other.into()),
        }
    }
}
