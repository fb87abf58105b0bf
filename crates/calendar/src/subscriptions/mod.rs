//! Following calendars elsewhere, and the holidays of a country.
//!
//! What is kept true: what lies at an address is got once for all who follow it, and stored once; who follows it is told to it
//! by a change in the outbox, so a calendar that nobody follows any more is forgotten. What somebody follows is theirs to look
//! at and never to change, makes nobody busy, and reminds of nothing.

mod fetching;
pub(crate) mod reading;
mod rows;
#[cfg(test)]
mod synced;
#[cfg(test)]
mod tests;
pub mod types;

use dial::outside::Address;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use ical::zones::Zone;
use ical::{Happening, Kind};
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime};
use kernel::{Id, Language, Moment, PersonId, Text};
use store::{StoreError, Tx, outbox};

use crate::agenda::{self, Lasting, Shown};
use crate::rules::edits::{Seen, seen};
use crate::rules::feeds::EVERY_SECONDS;
use crate::rules::holidays::{Country, Holiday};
use crate::service::{Calendars, Refused, Visitor};
use crate::types::{Color, Reason, Stored};
use types::{Feed, Followed, HOLIDAYS, SUBSCRIPTIONS_MAX, Source, Subscription, SubscriptionChange};

/// The change that says that somebody began or ceased to follow a calendar elsewhere; its key is that calendar.
pub const CHANGE: &str = "calendar.subscription";

/// A server is asked once in this time at most, however often people want it.
const ANEW_SECONDS: i64 = 5 * 60;
/// Calendars elsewhere that are looked at side by side: each is in a shard of its own.
const LOOKED_AT_ONCE: usize = 8;
/// Entries that one transaction deletes.
const FORGOTTEN_AT_ONCE: u16 = 200;

impl Source {
    /// An address, or `holidays:` with a country.
    pub fn parse(text: &str) -> Result<Source, Reason> {
        let text = text.trim();
        if let Some(code) = text.strip_prefix(HOLIDAYS) {
            let country = Country::with_code(code).map(Source::Holidays);
            let problem = "names a country whose holidays are not known here";
            return country.ok_or_else(|| Reason::field("source", problem));
        }
        let address = Address::parse(text).map_err(|bad| Reason::field("source", bad))?;
        Ok(Source::Address(address.to_string()))
    }
}

/// One entry of what somebody follows.
#[derive(Debug)]
pub struct Told {
    pub title: String,
    pub when: Option<Lasting>,
    /// Of an entry elsewhere, all that it says.
    pub seen: Option<Seen>,
}

impl Calendars {
    /// All that somebody follows, the first that came first. Of what lies on a server that cannot be asked now nothing is known but
    /// that they follow it: everything else is there all the same.
    pub async fn subscriptions(&self, owner: PersonId) -> Result<Vec<Followed>, Refused> {
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, StoreError>(move |tx| rows::subscriptions(tx, owner));
        let looks = found.await?.into_iter().map(|one| async move {
            match self.followed(one.clone()).await {
                Err(Refused::Store(StoreError::Unavailable { .. })) => Ok(Followed::away(one)),
                followed => followed,
            }
        });
        let looks: Vec<_> = looks.collect();
        stream::iter(looks).buffered(LOOKED_AT_ONCE).try_collect().await
    }

    /// The same for programs, which take what they are told for all that there is: all of it, or none.
    pub async fn subscriptions_for_sure(&self, owner: PersonId) -> Result<Vec<Followed>, Refused> {
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, StoreError>(move |tx| rows::subscriptions(tx, owner));
        let looks = found.await?.into_iter().map(|one| self.followed(one));
        let looks: Vec<_> = looks.collect();
        stream::iter(looks).buffered(LOOKED_AT_ONCE).try_collect().await
    }

    pub async fn subscription(&self, owner: PersonId, id: Id) -> Result<Followed, Refused> {
        let found = self.followed_with(owner, id).await?;
        Ok(found.ok_or(Reason::NoSubscription)?)
    }

    /// What somebody follows by this id, if they do.
    pub(crate) async fn followed_with(&self, owner: PersonId, id: Id) -> Result<Option<Followed>, Refused> {
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, StoreError>(move |tx| rows::subscription(tx, owner, id));
        match found.await? {
            Some(found) => Ok(Some(self.followed(found).await?)),
            None => Ok(None),
        }
    }

    async fn followed(&self, subscription: Subscription) -> Result<Followed, Refused> {
        let feed = match subscription.source.feed() {
            None => None,
            Some(feed) => {
                let shard = self.store().shard_of(feed);
                shard
                    .read::<_, StoreError>(move |tx| rows::feed(tx, feed))
                    .await?
            }
        };
        Ok(Followed {
            subscription,
            feed,
            is_away: false,
        })
    }

    /// Has somebody follow something from here on.
    pub async fn subscribe(
        &self,
        owner: PersonId,
        source: Source,
        title: Text,
        color: Color,
    ) -> Result<Followed, Refused> {
        let at = self.now();
        let wanted = Subscription {
            id: Id::beside(owner.0, at),
            owner,
            source,
            title,
            color,
            daily: true,
            version: 1,
            created: at,
        };
        let shard = self.store().shard_of(owner);
        let made = shard.write::<_, Refused>(move |tx| {
            let before = rows::subscriptions(tx, owner)?;
            let source = wanted.source.to_string();
            if before.iter().any(|one| one.source.to_string() == source) {
                return Err(Reason::FollowedAlready.into());
            }
            if before.len() >= SUBSCRIPTIONS_MAX {
                return Err(Reason::TooManySubscriptions.into());
            }
            rows::save_subscription(tx, &wanted)?;
            announce(tx, owner, wanted.source.feed())?;
            Ok(wanted.clone())
        });
        self.followed(made.await?).await
    }

    /// `version`: what it was when its owner looked at it; `None`: whatever it is.
    pub async fn change_subscription(
        &self,
        owner: PersonId,
        id: Id,
        version: Option<i64>,
        change: SubscriptionChange,
    ) -> Result<Followed, Refused> {
        let shard = self.store().shard_of(owner);
        let changed = shard.write::<_, Refused>(move |tx| {
            let before = expected(tx, owner, id, version)?;
            let after = Subscription {
                title: change.title.clone().unwrap_or(before.title),
                color: change.color.unwrap_or(before.color),
                daily: change.daily.unwrap_or(before.daily),
                version: before.version + 1,
                ..before
            };
            rows::save_subscription(tx, &after)?;
            Ok(after)
        });
        self.followed(changed.await?).await
    }

    pub async fn unsubscribe(&self, owner: PersonId, id: Id) -> Result<(), Refused> {
        let shard = self.store().shard_of(owner);
        let ended = shard.write::<_, Refused>(move |tx| {
            let before = expected(tx, owner, id, None)?;
            rows::delete_subscription(tx, id)?;
            Ok(announce(tx, owner, before.source.feed())?)
        });
        ended.await
    }

    /// Has a calendar elsewhere asked for before its time; at once, unless that was done a moment ago.
    pub async fn fetch_anew(&self, owner: PersonId, id: Id) -> Result<Followed, Refused> {
        let at = self.now();
        let followed = self.subscription(owner, id).await?;
        let feed = followed
            .subscription
            .source
            .feed()
            .ok_or(Reason::NothingToFetch)?;
        let shard = self.store().shard_of(feed);
        let hurried = shard.write::<_, StoreError>(move |tx| {
            let asked = rows::feed(tx, feed)?.and_then(|feed| feed.asked);
            let due = asked.map_or(at, |asked| asked.plus_seconds(ANEW_SECONDS).max(at));
            rows::hurry(tx, feed, due)
        });
        hurried.await?;
        self.followed(followed.subscription).await
    }

    /// Adds everything in some of what somebody follows that is at least partly in `from..to` to what else they are shown. Says why
    /// something is missing of it, because it lies on a server that cannot be asked now.
    pub async fn add_followed(
        &self,
        all: &mut Vec<Shown>,
        visitor: &Visitor,
        followed: &[&Followed],
        (from, to): (Moment, Moment),
        viewer: &Zone,
        search: &str,
    ) -> Result<Option<StoreError>, Refused> {
        agenda::check_range(from, to)?;
        let words = agenda::words(search);
        let looks = followed.iter().map(|one| self.near_of(one, (from, to)));
        let looks: Vec<_> = looks.collect();
        let mut looks = stream::iter(looks).buffered(LOOKED_AT_ONCE);
        let mut missing = None;
        for one in followed {
            let id = one.id();
            let near = match looks.next().await.transpose() {
                Ok(near) => near.unwrap_or_default(),
                Err(why @ StoreError::Unavailable { .. }) => {
                    missing = Some(why);
                    continue;
                }
                Err(why) => return Err(why.into()),
            };
            if let Source::Holidays(country) = one.subscription.source {
                let days = holidays(country, (from, to), viewer);
                let shown = days.iter().map(|day| shown_holiday(id, day, visitor.language));
                all.extend(shown.filter(|shown| {
                    let title = shown.title.to_lowercase();
                    words.iter().all(|word| title.contains(word))
                }));
            }
            for stored in near {
                let meant =
                    |one: &Happening<'_>| agenda::says(one.entry, &words).then(|| agenda::of(&stored, one));
                all.extend(agenda::each(&stored, (from, to), viewer, meant));
                agenda::check_count(all)?;
            }
        }
        agenda::sort(all, viewer);
        Ok(missing)
    }

    /// What may lie in a range of what somebody follows elsewhere.
    async fn near_of(&self, one: &Followed, range: (Moment, Moment)) -> Result<Vec<Stored>, StoreError> {
        let Some(feed) = one.subscription.source.feed() else {
            return Ok(Vec::new());
        };
        let (id, shard) = (one.id(), self.store().shard_of(feed));
        let near = shard.read::<_, StoreError>(move |tx| rows::near(tx, (feed, id), rows::Near::all(range)));
        near.await
    }

    /// One entry of what somebody follows. `day`: a day on which it is, for what is built in; `instance`: which one of a series.
    pub async fn followed_entry(
        &self,
        visitor: &Visitor,
        followed: &Followed,
        entry: Id,
        (instance, day): (Option<DateTime>, Option<Date>),
    ) -> Result<Told, Refused> {
        let id = followed.id();
        if let Source::Holidays(country) = followed.subscription.source {
            let days = day.map(|day| country.between(day, day)).unwrap_or_default();
            let mut shown = days.iter().map(|day| shown_holiday(id, day, visitor.language));
            let shown = shown.find(|shown| shown.object == entry);
            let shown = shown.ok_or(Reason::NoObject)?;
            return Ok(Told {
                title: shown.title,
                when: Some(shown.when),
                seen: None,
            });
        }
        let feed = followed.subscription.source.feed().ok_or(Reason::NoObject)?;
        let shard = self.store().shard_of(feed);
        let found = shard.read::<_, StoreError>(move |tx| rows::entry(tx, (feed, id), entry));
        let stored = found.await?.ok_or(Reason::NoObject)?;
        // An instance that is no more: the series is what is left to see.
        let seen = seen(&stored.text, instance).or_else(|_| seen(&stored.text, None))?;
        Ok(Told {
            title: seen.title.clone(),
            when: None,
            seen: Some(seen),
        })
    }

    /// Tells a calendar elsewhere whether somebody follows it, by what is so at the moment. Told twice it ends the same. When the
    /// last one leaves it stays for a moment, so that whoever comes back finds it, and its server is not asked once more.
    pub(crate) async fn follow(&self, person: PersonId, feed: Id) -> Result<(), StoreError> {
        let at = self.now();
        let theirs = self.store().shard_of(person);
        let address = theirs
            .read::<_, StoreError>(move |tx| rows::address_of(tx, person, feed))
            .await?;
        let shard = self.store().shard_of(feed);
        let told = shard.write::<_, StoreError>(move |tx| {
            let was_followed = rows::is_followed(tx, feed)?;
            match &address {
                Some(_) => rows::add_follower(tx, feed, person)?,
                None => rows::remove_follower(tx, feed, person)?,
            }
            let known = rows::feed(tx, feed)?;
            match (known, address.clone()) {
                (None, Some(address)) => rows::save_feed(tx, &unknown(feed, address, at)),
                (Some(known), Some(_)) if !was_followed => rows::set_due(tx, feed, due_again(&known, at)),
                (Some(known), None) if was_followed && !rows::is_followed(tx, feed)? => {
                    rows::set_due(tx, feed, not_before(&known, at))
                }
                _ => Ok(()),
            }
        });
        told.await
    }

    /// Forgets a calendar elsewhere, unless somebody follows it again meanwhile.
    async fn forget_feed(&self, feed: Id) -> Result<(), StoreError> {
        let shard = self.store().shard_of(feed);
        while shard.write(move |tx| forget_entries(tx, feed)).await? {}
        Ok(())
    }
}

/// Its server is not asked before.
fn not_before(feed: &Feed, at: Moment) -> Moment {
    let asked = feed.asked.map(|asked| asked.plus_seconds(ANEW_SECONDS));
    asked.map_or(at, |due| due.max(at))
}

/// When it is asked for again, now that somebody follows it who is the first again.
fn due_again(feed: &Feed, at: Moment) -> Moment {
    match feed.fetched {
        Some(fetched) if feed.failing.is_none() => fetched.plus_seconds(feed.every_seconds).max(at),
        _ => not_before(feed, at),
    }
}

/// Deletes some entries of a calendar elsewhere that nobody follows, and itself last. False when there is nothing more to do.
fn forget_entries(tx: &mut Tx<'_>, feed: Id) -> Result<bool, StoreError> {
    if rows::is_followed(tx, feed)? {
        return Ok(false);
    }
    let entries = rows::some_entries(tx, feed, FORGOTTEN_AT_ONCE)?;
    if entries.is_empty() {
        rows::forget_gone(tx, feed, i64::MAX)?;
        rows::delete_feed(tx, feed)?;
        return Ok(false);
    }
    // Should somebody come in between, what is left is not all that there is.
    rows::unget(tx, feed)?;
    for entry in &entries {
        rows::delete_entry(tx, *entry)?;
    }
    Ok(true)
}

fn announce(tx: &mut Tx<'_>, owner: PersonId, feed: Option<Id>) -> Result<(), StoreError> {
    match feed {
        Some(feed) => outbox::announce(tx, owner.0, CHANGE, feed.as_bytes(), b""),
        None => Ok(()),
    }
}

/// Deletes so much of what somebody follows who is no more.
pub(crate) fn forget(tx: &mut Tx<'_>, owner: PersonId, count: u16) -> Result<u64, StoreError> {
    let ended = rows::forget(tx, owner, count)?;
    for feed in &ended {
        announce(tx, owner, *feed)?;
    }
    Ok(u64::try_from(ended.len()).unwrap_or(u64::MAX))
}

fn expected(tx: &mut Tx<'_>, owner: PersonId, id: Id, version: Option<i64>) -> Result<Subscription, Refused> {
    let found = rows::subscription(tx, owner, id)?.ok_or(Reason::NoSubscription)?;
    if version.is_some_and(|version| version != found.version) {
        return Err(Reason::Stale.into());
    }
    Ok(found)
}

/// A calendar elsewhere of which only the address is known.
fn unknown(id: Id, address: String, at: Moment) -> Feed {
    Feed {
        id,
        address,
        title: String::new(),
        etag: None,
        modified: None,
        entries: 0,
        changes: 0,
        forgotten: 0,
        unread: 0,
        unread_why: Vec::new(),
        every_seconds: EVERY_SECONDS,
        asked: None,
        fetched: None,
        due: at,
        failures: 0,
        failing: None,
    }
}

/// The holidays of a range, for whoever looks from somewhere.
fn holidays(country: &Country, (from, to): (Moment, Moment), viewer: &Zone) -> Vec<Holiday> {
    let midnight = |date: Date| Moment::from(viewer.start_of(date));
    let day = |at: Moment| viewer.local_at(at.to_timestamp()).date();
    let mut days = country.between(day(from), day(to));
    days.retain(|one| midnight(one.date) < to && midnight(one.date.saturating_add(1.day())) > from);
    days
}

fn shown_holiday(subscription: Id, day: &Holiday, language: Language) -> Shown {
    let (first, last) = (day.date, day.date);
    Shown {
        is_hidden: false,
        calendar: subscription,
        object: Id::named("holiday", &format!("{} {}", day.date, day.names.english)),
        change: 0,
        kind: Kind::Event,
        title: crate::said::holiday(language, day),
        place: None,
        when: Lasting::Days { first, last },
        instance: None,
        is_changed: false,
        is_busy: false,
        is_private: false,
        is_cancelled: false,
        is_tentative: false,
        is_done: false,
        color: None,
        organizer: None,
    }
}
