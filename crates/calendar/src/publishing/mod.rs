//! Calendars for whoever has their link.
//!
//! What is kept true: a link shows nothing of those who take part, and of what is private only that its owner is busy; a link that
//! was withdrawn or renewed leads nowhere, and one that nobody gave cannot be told from it.

mod rows;

use std::collections::HashSet;

use dial::outside::Address;
use ical::{Component, Property};
use jiff::civil::DateTime;
use kernel::{Id, Moment, PersonId, Secret, random_token};
use store::{StoreError, Tx};

use crate::directory::PublicName;
use crate::rules::edits::{Seen, seen};
use crate::rules::published;
use crate::service::{Calendars, Refused, live};
use crate::sharing::{Held, Rights};
use crate::types::{Calendar, Reason};

/// Objects that are read at a time.
const PAGE: usize = 500;
/// Bytes of a published calendar; a larger one says so instead of being cut.
const BYTES_MAX: usize = 64 << 20;
/// Clients ask again after this time, if they ask us how often.
const REFRESH: &str = "PT1H";

/// Below it lie the links of all.
pub(crate) const PLACE: &str = "/calendar/public/";

/// What whoever has a link sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    Everything,
    /// When the owner is busy, and nothing else.
    Busy,
}

/// A link to a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub calendar: Id,
    pub token: String,
    pub shows: Shows,
    pub made: Moment,
    /// By which anybody may find it.
    pub public: Option<PublicName>,
}

impl Link {
    /// The page that it leads to, below the address of the house.
    pub fn page(&self, owner: PersonId) -> String {
        Entrance::Link(owner, self.token.clone()).page()
    }

    /// The same for calendar programs.
    pub fn path(&self, owner: PersonId) -> String {
        format!("{}.ics", self.page(owner))
    }
}

/// By what somebody comes to a published calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entrance {
    /// Its link: whose it is, and what only those know who have it.
    Link(PersonId, String),
    /// The name under which anybody may find it.
    Name(PublicName),
}

impl Entrance {
    /// The page that it is, below the address of the house.
    pub fn page(&self) -> String {
        match self {
            Entrance::Link(owner, token) => format!("{PLACE}{owner}/{token}"),
            Entrance::Name(name) => name.page(),
        }
    }
}

/// The link of a calendar, in a bin or not.
pub(crate) fn link_of(tx: &mut Tx<'_>, calendar: Id) -> Result<Option<Link>, StoreError> {
    rows::link(tx, calendar)
}

pub(crate) fn save(tx: &mut Tx<'_>, owner: PersonId, link: &Link) -> Result<(), StoreError> {
    rows::save(tx, owner, link)
}

/// What a link shows is the same while this is.
pub(crate) fn tag(calendar: &Calendar, shows: Shows) -> String {
    let busy = if shows == Shows::Busy { "b" } else { "" };
    format!("\"{}-{}{busy}\"", calendar.changes, calendar.version)
}

/// A calendar as whoever has its link sees it.
pub(crate) fn held(calendar: Calendar, shows: Shows) -> Held {
    Held {
        rights: match shows {
            Shows::Everything => Rights::Read,
            Shows::Busy => Rights::Busy,
        },
        calendar,
        is_taken: true,
        groups: Vec::new(),
    }
}

impl Calendars {
    pub async fn link(&self, owner: PersonId, calendar: Id) -> Result<Option<Link>, Refused> {
        let shard = self.store().shard_of(owner);
        let link = shard.read::<_, Refused>(move |tx| {
            live(tx, owner, calendar)?;
            Ok(rows::link(tx, calendar)?)
        });
        link.await
    }

    /// Publishes a calendar, or changes what its link shows. `renewed`: whoever has the link of before sees nothing any more.
    pub async fn publish(
        &self,
        owner: PersonId,
        calendar: Id,
        shows: Option<Shows>,
        renewed: bool,
    ) -> Result<Link, Refused> {
        let now = self.now();
        let token = random_token();
        let shard = self.store().shard_of(owner);
        let link = shard.write::<_, Refused>(move |tx| {
            live(tx, owner, calendar)?;
            let before = rows::link(tx, calendar)?;
            if renewed && before.is_none() {
                return Err(Reason::NotPublished.into());
            }
            let fresh = Link {
                calendar,
                token: token.clone(),
                shows: shows
                    .or(before.as_ref().map(|link| link.shows))
                    .unwrap_or(Shows::Everything),
                made: now,
                public: before.as_ref().and_then(|link| link.public.clone()),
            };
            let link = match before.filter(|_| !renewed) {
                Some(before) => Link {
                    shows: fresh.shows,
                    ..before
                },
                None => fresh,
            };
            rows::save(tx, owner, &link)?;
            Ok(link)
        });
        link.await
    }

    /// Withdraws the link of a calendar, and its name.
    pub async fn withdraw(&self, owner: PersonId, calendar: Id) -> Result<(), Refused> {
        let shard = self.store().shard_of(owner);
        let at = self.now();
        let withdrawn = shard.write::<_, Refused>(move |tx| {
            live(tx, owner, calendar)?;
            let link = rows::link(tx, calendar)?.ok_or(Reason::NotPublished)?;
            rows::withdraw(tx, calendar)?;
            Ok(link.public)
        });
        if let Some(name) = withdrawn.await? {
            self.release(&name, calendar, at).await?;
        }
        Ok(())
    }

    /// The calendar that a link leads to.
    async fn linked(&self, owner: PersonId, token: &str) -> Result<(Calendar, Shows), Refused> {
        let given = Secret::new(token);
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, Refused>(move |tx| {
            let links = rows::links(tx, owner)?;
            // Compared without telling where they differ.
            let link = links
                .into_iter()
                .find(|link| Secret::new(link.token.as_str()) == given);
            let link = link.ok_or(Reason::NoCalendar)?;
            Ok((live(tx, owner, link.calendar)?, link.shows))
        });
        found.await
    }

    /// What an address leads to, if it is one of this house.
    pub(crate) fn entrance_at(&self, address: &str) -> Option<Entrance> {
        let place = Address::parse(&self.link_to(PLACE)).ok()?;
        let file = address.strip_prefix(place.as_str())?.strip_suffix(".ics")?;
        match file.split_once('/') {
            Some((owner, token)) => Some(Entrance::Link(PersonId(owner.parse().ok()?), token.to_owned())),
            None => PublicName::parse(file).ok().map(Entrance::Name),
        }
    }

    /// The calendar that somebody came to.
    pub async fn published(&self, by: &Entrance) -> Result<(Calendar, Shows), Refused> {
        match by {
            Entrance::Link(owner, token) => self.linked(*owner, token).await,
            Entrance::Name(name) => {
                let listed = self.listed(name).await?;
                Ok((listed.calendar, listed.shows))
            }
        }
    }

    /// One event as a link that shows everything shows it.
    pub async fn published_event(
        &self,
        calendar: &Calendar,
        event: Id,
        instance: Option<DateTime>,
    ) -> Result<Seen, Refused> {
        let stored = self.object(calendar.owner, event).await?;
        let object = ical::parse(stored.text.as_bytes()).ok();
        let object = object.filter(|_| stored.calendar == calendar.id);
        let open = object.map(|object| published::shown(&object, false));
        let open = open.filter(|open| !open.is_empty()).ok_or(Reason::NoObject)?;
        let mut text = Component::new("VCALENDAR");
        text.add(Property::new("VERSION", "2.0"));
        text.components.extend(open);
        seen(&text.write(), instance).map_err(Refused::from)
    }

    /// All that a link shows, as one text.
    pub async fn published_text(&self, calendar: &Calendar, shows: Shows) -> Result<String, Refused> {
        let mut head = Component::new("VCALENDAR");
        head.add(Property::new("VERSION", "2.0"));
        head.add(Property::new("PRODID", "-//Townhall//Calendar//EN"));
        head.add(Property::text("NAME", calendar.about.title.as_str()));
        head.add(Property::text("X-WR-CALNAME", calendar.about.title.as_str()));
        head.add(Property::new("REFRESH-INTERVAL", REFRESH).with("VALUE", "DURATION"));
        head.add(Property::new("X-PUBLISHED-TTL", REFRESH));
        let mut text = head.write();
        text.truncate(text.len() - "END:VCALENDAR\r\n".len());
        let mut zones: HashSet<String> = HashSet::new();
        let mut after = None;
        loop {
            let page = self.objects(calendar.owner, calendar.id, after, PAGE).await?;
            for stored in &page {
                let Ok(object) = ical::parse(stored.text.as_bytes()) else {
                    continue;
                };
                for component in published::shown(&object, shows == Shows::Busy) {
                    let zone = component.value("TZID").filter(|_| component.is("VTIMEZONE"));
                    if zone.is_none_or(|zone| zones.insert(zone.to_owned())) {
                        component.write_into(&mut text);
                    }
                }
            }
            if text.len() > BYTES_MAX {
                return Err(Reason::TooLong.into());
            }
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(last.name.clone()),
                _ => break,
            }
        }
        text.push_str("END:VCALENDAR\r\n");
        Ok(text)
    }
}
