//! What somebody follows, as calendar programs read it: objects with names, and what changed since a reader was there.
//!
//! What is kept true: entries elsewhere bear numbers that were given when they were written, like objects of calendars here.
//! Holidays are worked out, so their numbers follow from what they say: it is the same number for as long as all of them say the
//! same, and whoever comes with another one begins anew. Nothing of it rings: alarms of others are left out.

use ical::zones::Zone;
use ical::{Component, Kind, Property};
use jiff::civil::Date;
use kernel::{Id, Language, Moment};
use store::{StoreError, Tx};

use super::types::{Followed, Source};
use super::{rows, shown_holiday};
use crate::agenda::Lasting;
use crate::objects::Changes;
use crate::rules::holidays::Country;
use crate::service::{Calendars, Refused};
use crate::types::{Heard, Name, Stored};

/// Holidays are told of the years around the present one; with each year they are others.
const YEARS: (i16, i16) = (1, 2);
/// Numbers of single holidays are below, and those of all holidays together above it.
const HOLIDAY_NUMBERS: i64 = 1 << 40;
/// They were never said at an instant.
const SAID: &str = "20160101T000000Z";

/// Which entries are wanted.
pub(crate) enum Picked<'a> {
    Named(&'a [Name]),
    After(Option<&'a Name>, usize),
    Around {
        range: (Moment, Moment),
        kind: Option<Kind>,
        after: Option<&'a Name>,
        count: usize,
    },
}

impl Calendars {
    /// Entries of what somebody follows, in the order of their names.
    pub(crate) async fn followed_objects(
        &self,
        followed: &Followed,
        language: Language,
        picked: Picked<'_>,
    ) -> Result<Vec<Stored>, Refused> {
        let mut found = match &followed.subscription.source {
            Source::Holidays(country) => {
                let mut all = self.days_off(followed, country, language);
                match picked {
                    Picked::Named(names) => all.retain(|one| names.contains(&one.name)),
                    Picked::After(after, count) => {
                        all.retain(|one| after.is_none_or(|after| one.name > *after));
                        all.truncate(count);
                    }
                    Picked::Around {
                        kind, after, count, ..
                    } => {
                        all.retain(|one| kind.is_none_or(|kind| kind == one.kind));
                        all.retain(|one| after.is_none_or(|after| one.name > *after));
                        all.truncate(count);
                    }
                }
                all
            }
            Source::Address(_) => self.entries(followed, picked).await?,
        };
        found.iter_mut().for_each(silence);
        Ok(found)
    }

    async fn entries(&self, followed: &Followed, picked: Picked<'_>) -> Result<Vec<Stored>, Refused> {
        let Some(feed) = followed.feed.as_ref().map(|feed| feed.id) else {
            return Ok(Vec::new());
        };
        let place = (feed, followed.id());
        let shard = self.store().shard_of(feed);
        let mut found = match picked {
            Picked::Named(names) => {
                let ids: Vec<Id> = names.iter().filter_map(Name::object_id).collect();
                shard
                    .read::<_, StoreError>(move |tx| {
                        let found = ids.iter().map(|id| rows::entry(tx, place, *id));
                        let found: Result<Vec<_>, _> = found.collect();
                        Ok(found?.into_iter().flatten().collect::<Vec<_>>())
                    })
                    .await?
            }
            Picked::After(after, count) => {
                let after = place_of(after);
                shard
                    .read::<_, StoreError>(move |tx| rows::entries_after(tx, place, after, count))
                    .await?
            }
            Picked::Around {
                range,
                kind,
                after,
                count,
            } => {
                let near = rows::Near {
                    range,
                    kind,
                    after: place_of(after),
                    count,
                };
                shard
                    .read::<_, StoreError>(move |tx| rows::near(tx, place, near))
                    .await?
            }
        };
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    /// Entries of what somebody follows after one of them, and how long each text is. The texts themselves are nobody's to read.
    pub(crate) async fn followed_outlines(
        &self,
        followed: &Followed,
        language: Language,
        after: Option<&Name>,
        count: usize,
    ) -> Result<Vec<(Stored, usize)>, Refused> {
        let feed = followed.feed.as_ref().map(|feed| feed.id);
        let Some(feed) = feed.filter(|_| !followed.is_holidays()) else {
            let found = self.followed_objects(followed, language, Picked::After(after, count));
            let found = found.await?.into_iter();
            let sized = |stored: Stored| {
                let bytes = stored.text.len();
                (stored, bytes)
            };
            return Ok(found.map(sized).collect());
        };
        let (place, after, shard) = (
            (feed, followed.id()),
            place_of(after),
            self.store().shard_of(feed),
        );
        let found = shard.read::<_, StoreError>(move |tx| rows::outlines_after(tx, place, after, count));
        let found = found.await?.into_iter().map(|(mut stored, bytes)| {
            if stored.text.is_empty() {
                return (stored, bytes);
            }
            silence(&mut stored);
            let bytes = stored.text.len();
            (stored, bytes)
        });
        Ok(found.collect())
    }

    /// What changed since a reader was there. `None`: what went since is no longer known.
    pub(crate) async fn followed_changes(
        &self,
        followed: &Followed,
        language: Language,
        (after, began): (i64, i64),
        count: usize,
    ) -> Result<Option<Changes>, Refused> {
        let (reached, mut items) = match &followed.subscription.source {
            Source::Holidays(country) => {
                let reached = self.followed_number(followed, language);
                // Those of a reader who was told other ones are not known any more.
                if began != reached {
                    return Ok(None);
                }
                let all = self.days_off(followed, country, language);
                let mut items: Vec<Heard> = all.into_iter().map(heard).collect();
                items.retain(|one| one.change > after);
                items.sort_by_key(|one| one.change);
                (reached, items)
            }
            Source::Address(_) => {
                let Some(feed) = followed.subscription.source.feed() else {
                    return Ok(None);
                };
                let shard = self.store().shard_of(feed);
                let more = count.saturating_add(1);
                let heard = shard.read::<_, StoreError>(move |tx| heard_of(tx, feed, (after, began), more));
                match heard.await? {
                    Some(heard) => heard,
                    None => return Ok(None),
                }
            }
        };
        let is_all = items.len() <= count;
        items.truncate(count);
        let until = match (is_all, items.last()) {
            (false, Some(last)) => last.change,
            _ => items.last().map_or(reached, |last| last.change.max(reached)),
        };
        Ok(Some(Changes {
            items,
            until,
            began,
            is_all,
        }))
    }

    /// The number of the last change of what somebody follows.
    pub(crate) fn followed_number(&self, followed: &Followed, language: Language) -> i64 {
        match &followed.subscription.source {
            Source::Address(_) => followed.feed.as_ref().map_or(0, |feed| feed.changes),
            Source::Holidays(country) => {
                let all = self.days_off(followed, country, language);
                let texts: Vec<&str> = all.iter().map(|one| one.text.as_str()).collect();
                HOLIDAY_NUMBERS + number(&texts.concat())
            }
        }
    }

    /// The holidays of a country as objects, by their names.
    fn days_off(&self, followed: &Followed, country: &Country, language: Language) -> Vec<Stored> {
        let year = Zone::UTC.local_at(self.now().to_timestamp()).year();
        let day = |year: i16, month, day| Date::new(year, month, day).unwrap_or_default();
        let (first, last) = (day(year - YEARS.0, 1, 1), day(year + YEARS.1, 12, 31));
        let days = country.between(first, last);
        let created = followed.subscription.created;
        let objects = days.iter().map(|one| {
            let shown = shown_holiday(followed.id(), one, language);
            let text = text_of(shown.object, &shown.title, shown.when);
            Stored {
                id: shown.object,
                calendar: followed.id(),
                name: Name::of_object(shown.object),
                uid: shown.object.to_string(),
                kind: Kind::Event,
                change: number(&text),
                schedule: None,
                text,
                created,
                changed: created,
            }
        });
        let mut objects: Vec<Stored> = objects.collect();
        objects.sort_by(|one, other| one.name.cmp(&other.name));
        objects.dedup_by(|one, other| one.name == other.name);
        objects
    }
}

/// How far a calendar elsewhere is, and what changed in it. `None`: what went since is no longer known, or no such number was given.
/// Both are asked in one transaction: what is forgotten in between would be missed by whoever is told that nothing is.
fn heard_of(
    tx: &mut Tx<'_>,
    feed: Id,
    (after, began): (i64, i64),
    count: usize,
) -> Result<Option<(i64, Vec<Heard>)>, StoreError> {
    let known = rows::feed(tx, feed)?;
    let (reached, forgotten) = known.map_or((0, 0), |feed| (feed.changes, feed.forgotten));
    if after > reached || !(forgotten..=reached).contains(&began) {
        return Ok(None);
    }
    Ok(Some((reached, rows::heard(tx, feed, (after, began), count)?)))
}

/// Where those begin that come after a name.
fn place_of(after: Option<&Name>) -> Id {
    after.and_then(Name::object_id).unwrap_or(Id::from_bytes([0; 16]))
}

fn heard(stored: Stored) -> Heard {
    Heard::bare(stored.name, stored.change, false)
}

/// A number that is the same for the same text, above nothing and below [`HOLIDAY_NUMBERS`].
fn number(text: &str) -> i64 {
    let [a, b, c, d, e, ..] = *Id::named("holidays", text).as_bytes();
    i64::from_be_bytes([0, 0, 0, a, b, c, d, e]).max(1)
}

fn text_of(id: Id, title: &str, when: Lasting) -> String {
    let day = match when {
        Lasting::Days { first, .. } => first.strftime("%Y%m%d").to_string(),
        Lasting::Time { .. } => String::new(),
    };
    let mut event = Component::new("VEVENT");
    event.add(Property::new("UID", &id.to_string()));
    event.add(Property::new("DTSTAMP", SAID));
    event.add(Property::new("DTSTART", &day).with("VALUE", "DATE"));
    event.add(Property::text("SUMMARY", title));
    event.add(Property::new("TRANSP", "TRANSPARENT"));
    let mut calendar = Component::new("VCALENDAR");
    calendar.add(Property::new("VERSION", "2.0"));
    calendar.add(Property::new("PRODID", "-//Townhall//Calendar//EN"));
    calendar.components.push(event);
    calendar.write()
}

/// What rings at others' rings nowhere here.
fn silence(stored: &mut Stored) {
    if !stored.text.contains("VALARM") {
        return;
    }
    let Ok(mut calendar) = ical::parse(stored.text.as_bytes()) else {
        return;
    };
    for entry in &mut calendar.components {
        entry.components.retain(|inner| !inner.is("VALARM"));
    }
    let text = calendar.write();
    stored.text = text;
}
