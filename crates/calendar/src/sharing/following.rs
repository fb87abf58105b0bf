//! How the two sides of a share follow each other.

use kernel::{Id, PersonId};
use post::To;
use store::outbox::{self, Change};
use store::{StoreError, Tx};

use super::{Consent, Offer, Share, rows};
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
const ID_BYTES: usize = 16;
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
    Ok(u64::try_from(shares.len() + offers.len()).unwrap_or(u64::MAX))
}

/// Ends some shares of one calendar that is no more: how many.
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
    Ok(people.len())
}

/// The calendar and the person of a change's key.
fn read(change: &Change) -> Result<(Id, PersonId), StoreError> {
    let broken = || StoreError::broken("the change names no calendar and no person");
    let (calendar, person) = change.key.split_at_checked(ID_BYTES).ok_or_else(broken)?;
    let id = |bytes: &[u8]| bytes.try_into().map(Id::from_bytes).map_err(|_| broken());
    Ok((id(calendar)?, PersonId(id(person)?)))
}

impl Calendars {
    /// Has those whom something was offered know what is so: there, with a letter when it is new, or not any more.
    pub(crate) async fn follow_share(&self, change: &Change) -> Result<(), Refused> {
        let owner = PersonId(change.owner);
        let (id, person) = read(change)?;
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, StoreError>(move |tx| {
            Ok((
                rows::share(tx, id, person)?,
                calendars::calendar_with_id(tx, owner, id)?,
            ))
        });
        let (share, calendar) = found.await?;
        let (by, to) = (self.card(owner).await?, self.card(person).await?);
        let now = self.now();
        let told = match (&share, calendar, by, to) {
            (Some(share), Some(calendar), Some(by), Some(_)) => Some(Told {
                by: by.name,
                title: calendar.about.title.to_string(),
                rights: share.rights.word().to_owned(),
                link: self.link_to("/calendar/own"),
            }),
            _ => None,
        };
        if share.is_some() {
            self.know(owner, vec![called_by_id(person)]).await?;
        }
        let shard = self.store().shard_of(person);
        let followed = shard.write::<_, StoreError>(move |tx| {
            let before = rows::offer(tx, person, id)?;
            let (Some(share), Some(told)) = (&share, &told) else {
                return rows::end_offer(tx, person, id);
            };
            // One that was taken back and made anew, before they heard of either, is another offer.
            if before.is_some_and(|before| before.offered == share.made) {
                return Ok(());
            }
            rows::save_offer(tx, person, &offered(share, owner))?;
            // Taken back and offered anew again and again, it is one letter a day.
            let key = format!("{id}-{}", share.made.as_seconds() / DAY_SECONDS);
            offer::tell(tx, To::Person(person), key, told, now)
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
            let Some(share) = rows::share(tx, id, person)? else {
                return Ok(());
            };
            match &offer {
                _ if is_gone => rows::end_share(tx, id, person).map(|_| ()),
                Some(offer) => {
                    let reply = offer.reply;
                    rows::save_share(tx, owner, &Share { reply, ..share })
                }
                None => Ok(()),
            }
        });
        Ok(followed.await?)
    }
}

fn offered(share: &Share, owner: PersonId) -> Offer {
    Offer {
        calendar: share.calendar,
        held_by: owner,
        reply: Consent::Waiting,
        color: None,
        offered: share.made,
    }
}
