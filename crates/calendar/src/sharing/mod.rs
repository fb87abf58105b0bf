//! Calendars that their owners share with other people of the house; with groups of them, in `groups`.
//!
//! What is kept true: what somebody may do stands beside the calendar, in the shard of its owner, and is looked up whenever they come;
//! so a share that was taken back is over at once. What they were offered stands in their own shard, and follows through the
//! outbox: each side reads what is so on the other when it hears of a change, so the last word counts, however often and late it
//! is heard.

mod following;
pub mod groups;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};

use futures_util::stream::{self, StreamExt as _};
use kernel::{Id, Moment, PersonId};
use store::{StoreError, Tx};

pub(crate) use self::following::{ANSWERED, SHARED, forget, forget_calendar};
use crate::objects::{Changes, Mark};
use crate::rows as calendars;
use crate::rules::published::{self, Readable};
use crate::service::{Calendars, Refused, Visitor, live};
use crate::types::{AboutChange, Calendar, Color, Name, Reason, Stored};

/// People whom one calendar is shared with.
pub const SHARES_MAX: usize = 500;
/// Calendars of others that somebody was offered and did not refuse.
pub const OFFERS_MAX: usize = 1_000;
/// Owners who are asked at once for what they share with somebody.
const OWNERS_AT_ONCE: usize = 8;

/// What somebody may do with a calendar. Each may do what stands before, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rights {
    /// See when its owner is busy.
    Busy,
    /// See everything that is not private.
    Read,
    /// See everything, and change what lies in it.
    Edit,
    /// Change what is said of it, publish it and share it.
    Manage,
    /// Do away with it.
    Own,
}

impl Rights {
    /// What can be given to others.
    pub const SHARED: [(Rights, &'static str); 4] = [
        (Rights::Busy, "busy"),
        (Rights::Read, "read"),
        (Rights::Edit, "edit"),
        (Rights::Manage, "manage"),
    ];

    pub fn word(self) -> &'static str {
        let known = Rights::SHARED.iter().find(|(rights, _)| *rights == self);
        known.map_or("own", |(_, word)| word)
    }

    /// `None`: nothing that can be given.
    pub fn read(word: &str) -> Option<Rights> {
        let known = Rights::SHARED.iter().find(|(_, known)| *known == word);
        known.map(|(rights, _)| *rights)
    }

    /// As rows say it.
    const fn number(self) -> i64 {
        match self {
            Rights::Busy => 1,
            Rights::Read => 2,
            Rights::Edit => 3,
            Rights::Manage | Rights::Own => 4,
        }
    }

    const fn numbered(number: i64) -> Rights {
        match number {
            1 => Rights::Busy,
            2 => Rights::Read,
            3 => Rights::Edit,
            _ => Rights::Manage,
        }
    }

    /// Whether what is private is hidden, or everything is.
    pub fn hides(self, is_private: bool) -> bool {
        self == Rights::Busy || (self == Rights::Read && is_private)
    }
}

/// What somebody said to an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    Waiting,
    Taken,
    Refused,
}

/// What somebody else may do with a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    pub calendar: Id,
    pub person: PersonId,
    pub rights: Rights,
    pub reply: Consent,
    pub made: Moment,
}

/// What somebody was offered, as they keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub calendar: Id,
    pub held_by: PersonId,
    pub reply: Consent,
    /// `None`: the owner's.
    pub color: Option<Color>,
    pub offered: Moment,
}

/// A calendar, and what the one who looks may do with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    pub calendar: Calendar,
    pub rights: Rights,
    /// It is one's own, or was taken among them.
    pub is_taken: bool,
    /// The groups through which it is shared.
    pub groups: Vec<Id>,
}

impl Held {
    pub fn own(calendar: Calendar) -> Held {
        Held {
            calendar,
            rights: Rights::Own,
            is_taken: true,
            groups: Vec::new(),
        }
    }

    pub fn is_own(&self) -> bool {
        self.rights == Rights::Own
    }

    /// Whether one may put events into it.
    pub fn takes_events(&self) -> bool {
        self.rights >= Rights::Edit && self.calendar.kinds.take(ical::Kind::Event)
    }
}

/// An object of somebody's as one with these rights sees it; `None`: for them it is not there. What cannot be understood could be
/// private.
pub(crate) fn readable(stored: Stored, rights: Rights) -> Option<Stored> {
    if !rights.hides(true) {
        return Some(stored);
    }
    let seen = published::readable(&ical::parse(stored.text.as_bytes()).ok()?);
    match seen {
        Readable::AsItIs => Some(stored),
        Readable::Cut(shown) => Some(Stored {
            text: shown.write(),
            ..stored
        }),
        Readable::Nothing => None,
    }
}

/// What somebody may do with a calendar that they were offered, where it lies; `None`: nothing any more.
fn shared_with(tx: &mut Tx<'_>, person: PersonId, offer: &Offer) -> Result<Option<Held>, StoreError> {
    let Some(given) = groups::given(tx, offer.calendar, person)? else {
        return Ok(None);
    };
    let calendar = calendars::calendar_with_id(tx, offer.held_by, offer.calendar)?;
    let calendar = calendar.filter(|calendar| calendar.deleted.is_none());
    Ok(calendar.map(|mut calendar| {
        calendar.about.color = offer.color.unwrap_or(calendar.about.color);
        Held {
            calendar,
            rights: given.rights,
            is_taken: offer.reply == Consent::Taken,
            groups: given.groups,
        }
    }))
}

/// Those of one owner's offers that still stand.
fn still_shared(
    tx: &mut Tx<'_>,
    person: PersonId,
    offers: &[Offer],
) -> Result<Vec<(Offer, Held)>, StoreError> {
    let mut found = Vec::new();
    for offer in offers {
        if let Some(held) = shared_with(tx, person, offer)? {
            found.push((offer.clone(), held));
        }
    }
    Ok(found)
}

impl Calendars {
    /// One's own calendars and those of others that one took, in that order. Those of owners whose server cannot be asked now
    /// are not among them: what is one's own is there all the same.
    pub async fn held(&self, visitor: &Visitor) -> Result<Vec<Held>, Refused> {
        Ok(self.own_and_taken(visitor).await?.0)
    }

    /// The same for programs that forget what is not listed: all of it, or none.
    pub async fn held_for_sure(&self, visitor: &Visitor) -> Result<Vec<Held>, Refused> {
        let (held, missing) = self.own_and_taken(visitor).await?;
        missing.map_or(Ok(held), |why| Err(why.into()))
    }

    async fn own_and_taken(&self, visitor: &Visitor) -> Result<(Vec<Held>, Option<StoreError>), Refused> {
        let own = self.home(visitor).await?.into_iter().map(Held::own);
        let person = visitor.id;
        let shard = self.store().shard_of(person);
        let taken = shard.read::<_, StoreError>(move |tx| rows::taken(tx, person));
        let (taken, missing) = self.looked_at_offers(person, taken.await?).await?;
        let taken = taken.into_iter().map(|(_, held)| held);
        Ok((own.chain(taken).collect(), missing))
    }

    /// What somebody was offered and still may look at, as far as its owners can be asked now.
    pub async fn offered(&self, person: PersonId) -> Result<Vec<(Offer, Held)>, Refused> {
        let shard = self.store().shard_of(person);
        let offers = shard.read::<_, StoreError>(move |tx| rows::offers(tx, person));
        Ok(self.looked_at_offers(person, offers.await?).await?.0)
    }

    /// What became of offers, in their order, and why some of their owners could not be asked. Each owner is asked once.
    async fn looked_at_offers(
        &self,
        person: PersonId,
        offers: Vec<Offer>,
    ) -> Result<(Vec<(Offer, Held)>, Option<StoreError>), Refused> {
        let mut of_owners: BTreeMap<PersonId, Vec<Offer>> = BTreeMap::new();
        let order: HashMap<Id, usize> = offers.iter().map(|one| one.calendar).zip(0..).collect();
        for offer in offers {
            of_owners.entry(offer.held_by).or_default().push(offer);
        }
        let looks = of_owners.into_iter().map(|(owner, offers)| {
            let shard = self.store().shard_of(owner);
            async move { shard.read(move |tx| still_shared(tx, person, &offers)).await }
        });
        let looks: Vec<_> = looks.collect();
        let mut looks = stream::iter(looks).buffer_unordered(OWNERS_AT_ONCE);
        let (mut found, mut missing) = (Vec::new(), None);
        while let Some(look) = looks.next().await {
            match look {
                Ok(held) => found.extend(held),
                Err(why @ StoreError::Unavailable { .. }) => missing = Some(why),
                Err(why) => return Err(why.into()),
            }
        }
        found.sort_by_key(|(offer, _)| order.get(&offer.calendar).copied());
        Ok((found, missing))
    }

    /// A calendar of whomever it is, if `person` may do so much with it. One that they may not even see is not there.
    pub async fn reach(&self, person: PersonId, id: Id, need: Rights) -> Result<Held, Refused> {
        let shard = self.store().shard_of(person);
        let found = shard.read::<_, StoreError>(move |tx| {
            let own = calendars::calendar_with_id(tx, person, id)?;
            let offer = match own {
                Some(_) => None,
                None => rows::offer(tx, person, id)?,
            };
            Ok((own.filter(|calendar| calendar.deleted.is_none()), offer))
        });
        let held = match found.await? {
            (Some(own), _) => Held::own(own),
            (None, Some(offer)) => {
                let shard = self.store().shard_of(offer.held_by);
                let held = shard.read::<_, StoreError>(move |tx| shared_with(tx, person, &offer));
                held.await?.ok_or(Reason::NoCalendar)?
            }
            (None, None) => return Err(Reason::NoCalendar.into()),
        };
        if held.rights < need {
            return Err(Reason::NotAllowed(held.rights).into());
        }
        Ok(held)
    }

    /// Whose calendar it is, if `person` may do so much with it.
    pub async fn owner_of(&self, person: PersonId, id: Id, need: Rights) -> Result<PersonId, Refused> {
        Ok(self.reach(person, id, need).await?.calendar.owner)
    }

    /// An event as `person` may see it; what is hidden from them is not there.
    pub async fn visible_event(
        &self,
        person: PersonId,
        (calendar, event): (Id, Id),
    ) -> Result<(Held, Stored), Refused> {
        let held = self.reach(person, calendar, Rights::Read).await?;
        let found = self.event(held.calendar.owner, calendar, event).await?;
        let text = ical::parse(found.text.as_bytes()).map_err(Reason::Invalid)?;
        if held.rights.hides(published::is_private(&text)) {
            return Err(Reason::NoObject.into());
        }
        Ok((held, found))
    }

    /// What happened in a calendar since somebody looked, as one with these rights hears of it: what is not there for them is gone.
    pub(crate) async fn changes_for(
        &self,
        rights: Rights,
        (owner, id): (PersonId, Id),
        mark: Mark,
        count: usize,
    ) -> Result<Option<Changes>, Refused> {
        let found = self.changes(owner, id, mark, count).await?;
        let Some(mut changes) = found else {
            return Ok(None);
        };
        if !rights.hides(true) {
            return Ok(Some(changes));
        }
        let there = changes.items.iter().filter(|one| !one.is_gone);
        let mut names: Vec<Name> = there.map(|one| one.name.clone()).collect();
        names.sort();
        let shown = self.named(owner, id, names).await?.into_iter().flatten();
        let shown: HashSet<Name> = shown
            .filter_map(|stored| readable(stored, rights))
            .map(|stored| stored.name)
            .collect();
        let is_first = mark.after == 0;
        changes.items.retain_mut(|one| {
            let is_hidden = !one.is_gone && !shown.contains(&one.name);
            one.is_gone |= is_hidden;
            // Whoever knows nothing yet needs not to hear of it.
            !(is_hidden && is_first)
        });
        Ok(Some(changes))
    }

    /// Changes what is said of a calendar, as whoever may manage it: `seen` is the version that they know. In which colour one
    /// sees another one's is one's own affair, and among its owner's it stands where the owner put it.
    pub async fn manage(
        &self,
        person: PersonId,
        id: Id,
        seen: Option<i64>,
        mut change: AboutChange,
    ) -> Result<Held, Refused> {
        let held = self.reach(person, id, Rights::Manage).await?;
        let (owner, looks) = (held.calendar.owner, held.calendar.about.color);
        if held.is_own() {
            return Ok(Held::own(self.change(owner, id, seen, change).await?));
        }
        let color = change.color.take().filter(|color| *color != looks);
        change.position = None;
        let mut calendar = match change == AboutChange::default() {
            true => held.calendar,
            false => self.change(owner, id, seen, change).await?,
        };
        calendar.about.color = color.unwrap_or(looks);
        if color.is_some() {
            self.answer_offer(person, id, None, color).await?;
        }
        Ok(Held { calendar, ..held })
    }

    /// Shares a calendar with somebody, or lets them do something else with it from now on.
    pub async fn share(
        &self,
        by: PersonId,
        id: Id,
        person: PersonId,
        rights: Rights,
    ) -> Result<Share, Refused> {
        let owner = self.owner_of(by, id, Rights::Manage).await?;
        if person == owner {
            return Err(Reason::field("with", "must be somebody else: it is their own calendar").into());
        }
        let theirs = self.store().shard_of(person);
        let open = theirs.read::<_, StoreError>(move |tx| rows::open_offers(tx, person));
        let is_full = open.await? >= OFFERS_MAX;
        let now = self.now();
        let shard = self.store().shard_of(owner);
        let shared = shard.write::<_, Refused>(move |tx| {
            live(tx, owner, id)?;
            let before = rows::share(tx, id, person)?;
            if before.is_none() && is_full {
                return Err(Reason::TooManyOffers.into());
            }
            if before.is_none() && rows::shares(tx, id)?.len() >= SHARES_MAX {
                return Err(Reason::TooManyShares.into());
            }
            let share = match before {
                Some(before) => Share { rights, ..before },
                None => Share {
                    calendar: id,
                    person,
                    rights,
                    reply: Consent::Waiting,
                    made: now,
                },
            };
            rows::save_share(tx, owner, &share)?;
            following::announce(tx, SHARED, owner, (id, person))?;
            Ok(share)
        });
        shared.await
    }

    /// Takes a share with somebody, or with a group, back.
    pub async fn unshare(&self, by: PersonId, id: Id, with: impl Into<Id>) -> Result<(), Refused> {
        let with = with.into();
        let owner = self.owner_of(by, id, Rights::Manage).await?;
        let shard = self.store().shard_of(owner);
        let taken_back = shard.write::<_, Refused>(move |tx| {
            live(tx, owner, id)?;
            if rows::end_share(tx, id, PersonId(with))? {
                return Ok(following::announce(tx, SHARED, owner, (id, PersonId(with)))?);
            }
            if groups::end(tx, owner, (id, with))? {
                return Ok(());
            }
            Err(Reason::NotShared.into())
        });
        taken_back.await
    }

    /// Whom a calendar is shared with, those first who came first.
    pub async fn shares(&self, by: PersonId, id: Id) -> Result<Vec<Share>, Refused> {
        let owner = self.owner_of(by, id, Rights::Manage).await?;
        let shard = self.store().shard_of(owner);
        Ok(shard
            .read::<_, StoreError>(move |tx| rows::shares(tx, id))
            .await?)
    }

    /// What somebody says to an offer, and in which colour they see it. `None`: as it was.
    pub async fn answer_offer(
        &self,
        person: PersonId,
        id: Id,
        reply: Option<Consent>,
        color: Option<Color>,
    ) -> Result<Offer, Refused> {
        // Only what they may still look at is theirs to answer.
        let held = self.reach(person, id, Rights::Busy).await?;
        if held.is_own() {
            return Err(Reason::NoCalendar.into());
        }
        let shard = self.store().shard_of(person);
        let answered = shard.write::<_, Refused>(move |tx| {
            let before = rows::offer(tx, person, id)?.ok_or(Reason::NoCalendar)?;
            let was = before.reply;
            let after = Offer {
                reply: reply.unwrap_or(was),
                color: color.or(before.color),
                ..before
            };
            rows::save_offer(tx, person, &after)?;
            if after.reply != was {
                following::announce(tx, ANSWERED, person, (id, after.held_by))?;
            }
            Ok(after)
        });
        answered.await
    }
}
