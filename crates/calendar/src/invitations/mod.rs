//! Invitations: those that wait for an answer, and those that wait apart because their reader does not know who invites.
//!
//! What is kept true: an invitation of somebody unknown is no event. It rings nothing, makes nobody busy and is in no calendar, until
//! its reader lets in whoever invites. Somebody is known who was invited, answered with more than a no, or shared something with;
//! whoever is blocked is not heard, and does not learn it.

pub(crate) mod rows;
#[cfg(test)]
mod tests;

use ical::zones::Zone;
use ical::{Answer, Timing};
use jiff::Timestamp;
use jiff::civil::Date;
use kernel::{Id, Moment, PersonId};
use store::{StoreError, Tx};

use crate::agenda::Lasting;
use crate::events::Look;
use crate::objects::{Piece, put_in};
use crate::people::{called, called_by_id, named};
use crate::rows as objects;
use crate::rules::edits::{self, Aim, Pen, Seen, seen};
use crate::rules::inviting::{Standing, Whose};
use crate::rules::itip::{self, Mine};
use crate::scheduling::{self, Host};
use crate::service::{Calendars, Refused, Visitor, live};
use crate::types::{Expected, Reason, Role};

/// Invitations of one person that wait apart: where more come, the oldest go.
pub const APART_MAX: i64 = 500;
/// The same of one organizer.
pub const APART_OF_ONE_MAX: i64 = 20;
/// Bytes of an invitation that waits apart: the longest of those that people write.
pub const APART_BYTES_MAX: usize = 64 * 1024;

/// An invitation that waits apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apart {
    pub id: Id,
    pub uid: String,
    /// As they stand among those whom somebody knows.
    pub organizer: String,
    /// What it would be in a calendar.
    pub text: String,
    /// It was neither declined nor dismissed, or was changed since.
    pub asks: bool,
    pub arrived: Moment,
    pub ends: Moment,
}

/// What somebody thinks of one who may invite them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub organizer: String,
    pub standing: Standing,
    pub since: Moment,
}

/// An invitation as its reader sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Invited {
    /// Of the event, or of what waits apart.
    pub id: Id,
    /// The calendar in which the event lies; `None`: it waits apart.
    pub calendar: Option<Id>,
    pub seen: Seen,
    /// When it is next, or was.
    pub when: Option<Lasting>,
    pub arrived: Moment,
}

impl Invited {
    /// The day on which it first is.
    pub fn starts(&self) -> Date {
        let times = self.seen.times.as_ref();
        times.map_or(Date::ZERO, |times| times.starts().date())
    }
}

/// Where an invitation is.
enum Place {
    Event { calendar: Id },
    Apart(Box<Apart>),
}

impl Calendars {
    pub async fn whose_invitations(&self, owner: PersonId) -> Result<Whose, Refused> {
        let shard = self.store().shard_of(owner);
        let whose = shard.read::<_, StoreError>(move |tx| rows::whose(tx, owner));
        Ok(whose.await?)
    }

    /// Says whose invitations become events at once. What waits apart already stays there.
    pub async fn set_whose_invitations(&self, owner: PersonId, whose: Whose) -> Result<(), Refused> {
        let shard = self.store().shard_of(owner);
        let set = shard.write::<_, StoreError>(move |tx| rows::save_whose(tx, owner, whose));
        Ok(set.await?)
    }

    /// What somebody has not answered and is not over, the next first; those that wait apart at the end, the last that came first.
    pub async fn invitations(&self, visitor: &Visitor) -> Result<Vec<Invited>, Refused> {
        let (owner, at) = (visitor.id, self.now());
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, StoreError>(move |tx| {
            Ok((rows::unanswered(tx, owner, at)?, rows::all_apart(tx, owner)?))
        });
        let (unanswered, apart) = found.await?;
        let zone = Zone::iana(&visitor.zone).unwrap_or(Zone::UTC);
        let asks = unanswered.into_iter().filter_map(|stored| {
            invited(
                &stored.text,
                (stored.id, Some(stored.calendar)),
                (stored.changed, at),
                &zone,
            )
        });
        let mut all: Vec<Invited> = asks.collect();
        all.sort_by_key(|one| (one.when.map(|when| begins(when, &zone)), one.arrived));
        let apart = apart.into_iter().filter(|one| one.asks && one.ends > at);
        all.extend(apart.filter_map(|one| invited(&one.text, (one.id, None), (one.arrived, at), &zone)));
        Ok(all)
    }

    /// How many wait, in somebody's calendars and apart.
    pub async fn count_invitations(&self, owner: PersonId) -> Result<i64, Refused> {
        let at = self.now();
        let shard = self.store().shard_of(owner);
        let counted = shard.read::<_, StoreError>(move |tx| rows::waiting(tx, owner, at));
        Ok(counted.await?)
    }

    /// Answers an invitation, wherever it is: where the event is then, unless it stays apart. Whoever comes or may come lets in
    /// whoever invites; who does not, is done with it.
    pub async fn answer_invitation(
        &self,
        owner: PersonId,
        id: Id,
        answer: Answer,
    ) -> Result<Option<(Id, Id)>, Refused> {
        match self.place_of_invitation(owner, id).await? {
            Place::Event { calendar } => {
                let look = Look {
                    calendar,
                    event: id,
                    change: None,
                    aim: Aim::ALL,
                };
                let changed = self.answer_event(owner, look, answer).await?;
                return Ok(changed.event.map(|event| (event.calendar, event.id)));
            }
            Place::Apart(_) => {}
        }
        let host = self.host(owner).await?;
        let mine = self.mine(owner).await?;
        let shard = self.store().shard_of(owner);
        let answered = shard.write::<_, Refused>(move |tx| {
            // It may be another one by now.
            let apart = rows::apart_with_id(tx, owner, id)?.ok_or(Reason::NoInvitation)?;
            if answer == Answer::Declined {
                decline(tx, &host, &mine, &apart)?;
                return Ok(None);
            }
            let place = enter(tx, &host, &apart)?;
            accept(tx, &host, &mine, place, answer)?;
            Ok(Some(place))
        });
        answered.await
    }

    /// Makes an event of an invitation that waits apart, and of all others of whoever invites: where it is then. They are known from
    /// now on. What is an event already is where it is.
    pub async fn let_in(&self, owner: PersonId, id: Id) -> Result<(Id, Id), Refused> {
        let apart = match self.place_of_invitation(owner, id).await? {
            Place::Event { calendar } => return Ok((calendar, id)),
            Place::Apart(apart) => apart,
        };
        let host = self.host(owner).await?;
        let shard = self.store().shard_of(owner);
        shard
            .write::<_, Refused>(move |tx| enter(tx, &host, &apart))
            .await
    }

    /// Does away with an invitation that waits apart. Nobody hears of it. That it came is known on, so the same mail brings it no
    /// second time.
    pub async fn dismiss(&self, owner: PersonId, id: Id) -> Result<(), Refused> {
        let apart = self.apart(owner, id).await?;
        let shard = self.store().shard_of(owner);
        let dismissed = shard.write::<_, StoreError>(move |tx| rows::dismiss(tx, owner, apart.id));
        Ok(dismissed.await?)
    }

    /// Hears nothing more of whoever sent an invitation that waits apart.
    pub async fn block_inviter(&self, owner: PersonId, id: Id) -> Result<(), Refused> {
        let apart = self.apart(owner, id).await?;
        self.set_standing(owner, apart.organizer, Some(Standing::Blocked))
            .await
    }

    /// Those whom somebody knows or has blocked, the last one first.
    pub async fn organizers(&self, owner: PersonId) -> Result<Vec<Known>, Refused> {
        let shard = self.store().shard_of(owner);
        let all = shard.read::<_, StoreError>(move |tx| rows::organizers(tx, owner));
        Ok(all.await?)
    }

    /// Says what somebody thinks of one who may invite them; `None`: nothing any more. What waits apart of somebody who is known is
    /// let in, and of somebody who is blocked it goes.
    pub async fn set_standing(
        &self,
        owner: PersonId,
        organizer: String,
        standing: Option<Standing>,
    ) -> Result<(), Refused> {
        let host = self.host(owner).await?;
        let shard = self.store().shard_of(owner);
        let set = shard.write::<_, Refused>(move |tx| match standing {
            Some(standing) => stand(tx, &host, &organizer, standing),
            None if rows::end_standing(tx, owner, &organizer)? => Ok(()),
            None => Err(Reason::NoOrganizer.into()),
        });
        set.await
    }

    /// An organizer as they are given: the id of somebody of the house, or an e-mail address.
    pub async fn organizer_called(&self, given: &str) -> Result<String, Refused> {
        let given = given.trim();
        if let Ok(id) = given.parse() {
            return Ok(called_by_id(PersonId(id)));
        }
        let address = match given.contains(':') {
            true => given.to_owned(),
            false => format!("mailto:{given}"),
        };
        let known = self.reader(&address).await?.map(called_by_id);
        let called = known.unwrap_or_else(|| called(&address));
        let is_one = ical::mailbox(&called).is_none_or(|email| email.contains('@') && email.len() > 2);
        let problem = "must be the id of somebody of the house, or an e-mail address";
        let is_one = is_one && !called.contains(char::is_control);
        match is_one && (named(&called).is_some() || called.starts_with("mailto:")) {
            true => Ok(called),
            false => Err(Reason::field("organizer", problem).into()),
        }
    }

    /// Somebody had to do with others of their own will, so those are known from now on.
    pub(crate) async fn know(&self, owner: PersonId, organizers: Vec<String>) -> Result<(), Refused> {
        let shard = self.store().shard_of(owner);
        let looked = shard.read::<_, StoreError>(move |tx| {
            let mut unknown = Vec::new();
            for organizer in &organizers {
                if rows::standing(tx, owner, organizer)?.is_none() {
                    unknown.push(organizer.clone());
                }
            }
            Ok(unknown)
        });
        let unknown = looked.await?;
        if unknown.is_empty() || self.card(owner).await?.is_none() {
            return Ok(());
        }
        let host = self.host(owner).await?;
        let known = shard.write::<_, Refused>(move |tx| {
            for organizer in &unknown {
                if rows::know(tx, owner, organizer, host.now)? {
                    scheduling::let_in(tx, &host, organizer, None)?;
                }
            }
            Ok(())
        });
        known.await
    }

    async fn host(&self, owner: PersonId) -> Result<Host, Refused> {
        Ok(Host {
            person: owner,
            card: self.card(owner).await?.ok_or(Reason::NoInvitation)?,
            base: self.link_to(""),
            now: self.now(),
        })
    }

    async fn apart(&self, owner: PersonId, id: Id) -> Result<Apart, Refused> {
        match self.place_of_invitation(owner, id).await? {
            Place::Apart(apart) => Ok(*apart),
            Place::Event { .. } => Err(Reason::NoInvitation.into()),
        }
    }

    async fn place_of_invitation(&self, owner: PersonId, id: Id) -> Result<Place, Refused> {
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, Refused>(move |tx| {
            if let Some(apart) = rows::apart_with_id(tx, owner, id)? {
                return Ok(Place::Apart(Box::new(apart)));
            }
            let stored = objects::object_with_id(tx, owner, id)?.ok_or(Reason::NoInvitation)?;
            let calendar = live(tx, owner, stored.calendar).map_err(|_| Reason::NoInvitation)?;
            match calendar.role {
                Role::Plain => Ok(Place::Event {
                    calendar: calendar.id,
                }),
                Role::Inbox => Err(Reason::NoInvitation.into()),
            }
        });
        found.await
    }
}

/// What is so of an invitation; nothing of one that cannot be read.
fn invited(
    text: &str,
    (id, calendar): (Id, Option<Id>),
    (arrived, at): (Moment, Moment),
    zone: &Zone,
) -> Option<Invited> {
    let tree = ical::parse(text.as_bytes()).ok()?;
    let object = ical::check(&tree).ok()?;
    let timing = Timing::new(&object).unwrap_or_else(|_| Timing::once(&object));
    let next = timing.first(at.to_timestamp(), Timestamp::MAX, zone, |_| true);
    let next = next.or_else(|| timing.first(Timestamp::MIN, Timestamp::MAX, zone, |_| true));
    Some(Invited {
        id,
        calendar,
        seen: seen(text, None).ok()?,
        when: next.as_ref().map(Lasting::of),
        arrived,
    })
}

/// When something begins to the eyes of whoever looks.
fn begins(when: Lasting, zone: &Zone) -> Moment {
    match when {
        Lasting::Days { first, .. } => zone.start_of(first).into(),
        Lasting::Time { starts, .. } => starts,
    }
}

fn stand(tx: &mut Tx<'_>, host: &Host, organizer: &str, standing: Standing) -> Result<(), Refused> {
    rows::save_standing(tx, host.person, organizer, (standing, host.now))?;
    if standing == Standing::Known {
        scheduling::let_in(tx, host, organizer, None)?;
        return Ok(());
    }
    for apart in rows::apart_by(tx, host.person, organizer)? {
        rows::end_apart(tx, apart.id)?;
    }
    Ok(())
}

/// Knows whoever invites: where this invitation of theirs is now.
fn enter(tx: &mut Tx<'_>, host: &Host, apart: &Apart) -> Result<(Id, Id), Refused> {
    rows::save_standing(tx, host.person, &apart.organizer, (Standing::Known, host.now))?;
    let entered = scheduling::let_in(tx, host, &apart.organizer, Some(apart.id))?;
    let place = entered
        .into_iter()
        .find(|(invitation, ..)| *invitation == apart.id);
    let (_, calendar, object) = place.ok_or(Reason::NoInvitation)?;
    Ok((calendar, object))
}

fn accept(
    tx: &mut Tx<'_>,
    host: &Host,
    mine: &Mine,
    (calendar, object): (Id, Id),
    answer: Answer,
) -> Result<(), Refused> {
    let before = objects::object_with_id(tx, host.person, object)?.ok_or(Reason::NoInvitation)?;
    let calendar = live(tx, host.person, calendar)?;
    let text = answered(&before.text, (before.id, host.now), mine, answer)?;
    let piece = Piece::of(text, before.id, host.now, mine)?;
    let seen = Expected::Exactly(before.change);
    put_in(tx, &calendar, &before.name, &piece, seen, Some(mine))?;
    Ok(())
}

/// Tells whoever invites that one does not come. It stays where it is, for what may be said of it later.
fn decline(tx: &mut Tx<'_>, host: &Host, mine: &Mine, apart: &Apart) -> Result<(), Refused> {
    let before = ical::parse(apart.text.as_bytes()).map_err(Reason::Invalid)?;
    let reply = itip::reply_by(&before, mine, Answer::Declined, host.now).ok_or(Reason::NoInvitation)?;
    let declined = Apart {
        text: answered(&apart.text, (apart.id, host.now), mine, Answer::Declined)?,
        asks: false,
        ..apart.clone()
    };
    rows::save_apart(tx, host.person, &declined)?;
    Ok(scheduling::announce(tx, host.person, vec![reply])?)
}

fn answered(text: &str, (id, now): (Id, Moment), mine: &Mine, answer: Answer) -> Result<String, Refused> {
    let pen = Pen {
        at: Zone::UTC.local_at(now.to_timestamp()),
        uid: id.to_string(),
        zone: "UTC".to_owned(),
    };
    let edited = edits::answer(text, Aim::ALL, mine, answer, &pen)?;
    Ok(edited.text.ok_or(Reason::NoInvitation)?)
}
