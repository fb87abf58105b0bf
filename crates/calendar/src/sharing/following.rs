//! How the two sides of a share follow each other.

use kernel::{Id, PersonId};
use post::To;
use store::outbox::{self, Change};
use store::{StoreError, Tx};

use super::groups::{self, Given};
use super::{Consent, OFFERS_MAX, Offer, Share, rows};
use crate::letters::offer::{self, Told};
use crate::people::called_by_id;
use crate::rows as calendars;
use crate::service::{Calendars, Refused};

/// Announced by the owner of a calendar: what somebody may do with it is another thing now. The key is the calendar, then who.
pub(crate) const SHARED: &str = "calendar.shared";
/// Announced by those whom it was offered to: they answered. The key is the calendar, then whose it is.
pub(crate) const ANSWERED: &str = "calendar.offer";

/// Said by whoever is no more, and can be asked nothing.
const GONE: &[u8] = b"gone";
const DAY_SECONDS: i64 = 86_400;

pub(super) fn announce(
    tx: &mut Tx<'_>,
    kind: &str,
    by: PersonId,
    (calendar, with): (Id, PersonId),
) -> Result<(), StoreError> {
    say(tx, (kind, b""), by, (calendar, with))
}

fn say(
    tx: &mut Tx<'_>,
    (kind, what): (&str, &[u8]),
    by: PersonId,
    (calendar, with): (Id, PersonId),
) -> Result<(), StoreError> {
    let key = [calendar.as_bytes().as_slice(), with.0.as_bytes().as_slice()].concat();
    outbox::announce(tx, by.0, kind, &key, what)
}

/// Ends some of what somebody shares and was offered: how much that was.
pub(crate) fn forget(tx: &mut Tx<'_>, person: PersonId, count: u16) -> Result<u64, StoreError> {
    let shares = rows::end_some(tx, person, count)?;
    let offers = rows::end_offers(tx, person, count)?;
    for share in &shares {
        announce(tx, SHARED, person, *share)?;
    }
    for offer in &offers {
        say(tx, (ANSWERED, GONE), person, *offer)?;
    }
    let groups = groups::forget(tx, person, count)?;
    Ok(u64::try_from(shares.len() + offers.len() + groups).unwrap_or(u64::MAX))
}

/// Ends some shares of one calendar that is no more: with how many people. Those with groups end last.
pub(crate) fn forget_calendar(
    tx: &mut Tx<'_>,
    owner: PersonId,
    calendar: Id,
    count: u16,
) -> Result<usize, StoreError> {
    let people = rows::end_some_of(tx, calendar, count)?;
    for person in &people {
        announce(tx, SHARED, owner, (calendar, *person))?;
    }
    if people.is_empty() {
        groups::end_all(tx, owner, calendar)?;
    }
    Ok(people.len())
}

/// The calendar and the person of a change's key.
fn read(change: &Change) -> Result<(Id, PersonId), StoreError> {
    let [calendar, person] = change.ids()?;
    Ok((calendar, PersonId(person)))
}

impl Calendars {
    /// Has those whom something was offered know what is so: there, with a letter when it is new, or not any more.
    pub(crate) async fn follow_share(&self, change: &Change) -> Result<(), Refused> {
        let owner = PersonId(change.owner);
        let (id, person) = read(change)?;
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, StoreError>(move |tx| {
            Ok((
                groups::given(tx, id, person)?,
                calendars::calendar_with_id(tx, owner, id)?,
            ))
        });
        let (given, calendar) = found.await?;
        let (by, to) = (self.card(owner).await?, self.card(person).await?);
        let now = self.now();
        let told = match (&given, calendar, by, to) {
            (Some(given), Some(calendar), Some(by), Some(_)) => Some(Told {
                by: by.name,
                title: calendar.about.title.to_string(),
                rights: given.rights.word().to_owned(),
                link: self.link_to("/calendar/own"),
            }),
            _ => None,
        };
        // With whom one shares in person one knows; a group may be many whom one does not.
        let in_person = given.as_ref().is_some_and(|given| given.share.is_some());
        if in_person {
            self.know(owner, vec![called_by_id(person)]).await?;
        }
        let shard = self.store().shard_of(person);
        let followed = shard.write::<_, StoreError>(move |tx| {
            let before = rows::offer(tx, person, id)?;
            let (Some(given), Some(told)) = (&given, &told) else {
                return rows::end_offer(tx, person, id);
            };
            let before_is_none = before.is_none();
            let is_anew = before.as_ref().is_some_and(|before| is_anew(given, before));
            if let Some(before) = before.filter(|_| !is_anew) {
                return answered_before(tx, person, given, &before);
            }
            // Nobody fills the lists of others. Whoever shared it in person was told so then.
            if before_is_none && rows::open_offers(tx, person)? >= OFFERS_MAX {
                return Ok(());
            }
            rows::save_offer(tx, person, &offered(given, id, owner))?;
            let (kind, key) = letter(given, id, owner);
            offer::tell(tx, (kind, To::Person(person)), key, told, now)
        });
        Ok(followed.await?)
    }

    /// Has the owner of a calendar know what was answered. Whoever is no more gave it back; an offer that is not there
    /// otherwise was taken back meanwhile, or was made anew and is on its way.
    pub(crate) async fn follow_answer(&self, change: &Change) -> Result<(), Refused> {
        let person = PersonId(change.owner);
        let (id, owner) = read(change)?;
        let is_gone = change.body == GONE;
        let shard = self.store().shard_of(person);
        let offer = shard
            .read::<_, StoreError>(move |tx| rows::offer(tx, person, id))
            .await?;
        if offer.as_ref().is_some_and(|offer| offer.reply == Consent::Taken) {
            self.know(person, vec![called_by_id(owner)]).await?;
        }
        let shard = self.store().shard_of(owner);
        let followed = shard.write::<_, StoreError>(move |tx| {
            if is_gone {
                rows::end_share(tx, id, person)?;
                return groups::remove(tx, id, person);
            }
            match (rows::share(tx, id, person)?, &offer) {
                (Some(share), Some(offer)) => {
                    let reply = offer.reply;
                    rows::save_share(tx, owner, &Share { reply, ..share })
                }
                _ => Ok(()),
            }
        });
        Ok(followed.await?)
    }
}

/// Which letter tells of an offer, and its key: there is one for each. Taken back and offered anew again and again, it is one letter a
/// day. A group may be many whom one does not know, and many calendars may be shared with it: that is one letter a day of all.
fn letter(given: &Given, calendar: Id, owner: PersonId) -> (&'static post::Kind, String) {
    let day = given.since.as_seconds() / DAY_SECONDS;
    match given.share {
        Some(_) => (&offer::SHARED, format!("{calendar}-{day}")),
        None => (&offer::SHARED_WITH_GROUP, format!("{owner}-{day}")),
    }
}

fn offered(given: &Given, calendar: Id, owner: PersonId) -> Offer {
    Offer {
        calendar,
        held_by: owner,
        reply: Consent::Waiting,
        color: None,
        offered: given.since,
    }
}

/// Whether what was answered was another offer: one that was taken back and made anew before they heard of either.
fn is_anew(given: &Given, before: &Offer) -> bool {
    let waits = |share: &Share| share.reply == Consent::Waiting && share.made > before.offered;
    given.groups.is_empty() && before.reply != Consent::Waiting && given.share.as_ref().is_some_and(waits)
}

/// What was offered through a group may have been answered before it was shared with somebody themselves: its owner hears of it.
fn answered_before(
    tx: &mut Tx<'_>,
    person: PersonId,
    given: &Given,
    before: &Offer,
) -> Result<(), StoreError> {
    match &given.share {
        Some(share) if share.reply != before.reply => {
            announce(tx, ANSWERED, person, (before.calendar, before.held_by))
        }
        _ => Ok(()),
    }
}
