//! Invitations of those whom their reader does not know: kept apart until they are let in.
//!
//! What is kept true: what waits apart is no event. Whatever is said of it later is applied to it where it waits, and once it is let
//! in it is what it would be if it had just come. Whoever is blocked is not heard, nobody changes what somebody else invited to, and
//! nobody writes over what is somebody's own before they say so. Rooms let in everybody of the house and nobody else.

use ical::{Component, Kind, Problem};
use kernel::{Id, Moment, PersonId};
use store::Tx;

use super::delivery::{Arriving, inbox_of, note, update};
use crate::invitations::{APART_BYTES_MAX, Apart, rows};
use crate::objects::Piece;
use crate::people::{Card, addresses, called, called_by_id};
use crate::rows as objects;
use crate::rules::inviting::{Standing, as_request, asks, invites, is_cancelled, is_organized_by, is_whole};
use crate::rules::itip::{Mine, is_organized};
use crate::rules::received::{Changed, News, Received, View, received};
use crate::service::Refused;
use crate::types::{Name, Reason, Stored};

/// Whoever organizes what a message is about.
#[derive(Clone, Debug)]
pub(super) struct Inviter {
    /// As they stand among those whom somebody knows.
    called: String,
    addresses: Mine,
    is_of_house: bool,
    is_no_more: bool,
}

impl Inviter {
    /// Somebody of the house; without a card one who is no more.
    pub fn of_house(person: PersonId, card: Option<&Card>) -> Inviter {
        let called = called_by_id(person);
        Inviter {
            addresses: card.map_or_else(|| Mine(vec![called.clone()]), |card| addresses(person, card)),
            is_of_house: true,
            is_no_more: card.is_none(),
            called,
        }
    }

    /// Whoever a mail is from.
    pub fn outside(address: &str) -> Inviter {
        Inviter {
            called: called(address),
            addresses: Mine(vec![address.to_owned()]),
            is_of_house: false,
            is_no_more: false,
        }
    }

    /// What their messages show of an object: the house sends all that its reader takes part in, others send what they changed.
    pub fn view(&self) -> View {
        match self.is_of_house {
            true => View::Whole,
            false => View::Parts,
        }
    }

    /// Whether a copy is of what they organize. Of somebody who is no more only what they said themselves is known.
    fn organizes(&self, copy: &Component<'_>, message: &Component<'_>) -> bool {
        let mut theirs = self.addresses.clone();
        if self.is_no_more {
            let says = |entry: &Component<'_>| Some(entry.get("ORGANIZER")?.value().trim().to_owned());
            theirs.0.extend(message.components.iter().filter_map(says));
        }
        is_organized_by(copy, &theirs)
    }
}

/// Whether a message stays out of its reader's calendars: it waits apart, is about what waits there, or is not heard at all.
pub(super) fn stays_out(
    tx: &mut Tx<'_>,
    arriving: &Arriving,
    (message, uid): (&Component<'_>, &str),
    (before, is_room): (Option<&Stored>, bool),
) -> Result<bool, Refused> {
    let Some(by) = arriving.by.as_ref().filter(|_| invites(message)) else {
        return Ok(false);
    };
    let standing = rows::standing(tx, arriving.reader, &by.called)?;
    if standing == Some(Standing::Blocked) || (is_room && asks(message) && !by.is_of_house) {
        return Ok(true);
    }
    let is_own = match before {
        Some(before) => {
            let copy = parsed(&before.text)?;
            if is_organized(&copy) {
                return Ok(!by.organizes(&copy, message));
            }
            true
        }
        None => false,
    };
    if is_room {
        return Ok(is_own);
    }
    // What nobody organizes is its owner's own: nobody writes over it before its owner says so.
    let lets_in = !is_own && rows::whose(tx, arriving.reader)?.lets_in(by.is_of_house, standing);
    keeps_apart(tx, arriving, (message, uid), by, lets_in)
}

/// Whether a message about what is in no calendar yet waits apart, or is about what waits there.
fn keeps_apart(
    tx: &mut Tx<'_>,
    arriving: &Arriving,
    (message, uid): (&Component<'_>, &str),
    by: &Inviter,
    lets_in: bool,
) -> Result<bool, Refused> {
    let fresh = received(None, message, &arriving.mine, by.view());
    if let Some(waiting) = rows::apart_of(tx, arriving.reader, uid)? {
        let (id, is_theirs) = (waiting.id, waiting.organizer == by.called);
        let comes_in = match is_theirs {
            // Whoever is known by now asks anew: that comes as everything of theirs.
            true => follow(tx, arriving, (message, by), waiting)? && lets_in && is_whole(message),
            // Of two strangers the first waits; whoever is let in waits behind nobody.
            false => lets_in && matches!(fresh, Received::Changed(_)),
        };
        if comes_in {
            rows::end_apart(tx, id)?;
        }
        return Ok(!comes_in);
    }
    if lets_in {
        return Ok(false);
    }
    if let Received::Changed(changed) = fresh {
        let apart = Apart {
            id: Id::beside(arriving.reader.0, arriving.now),
            uid: uid.to_owned(),
            organizer: by.called.clone(),
            text: String::new(),
            asks: true,
            arrived: arriving.now,
            ends: arriving.now,
        };
        keep(tx, arriving, apart, &changed)?;
    }
    Ok(true)
}

/// Applies what is said of an invitation that waits: whether it says something new and wants an answer.
fn follow(
    tx: &mut Tx<'_>,
    arriving: &Arriving,
    (message, by): (&Component<'_>, &Inviter),
    waiting: Apart,
) -> Result<bool, Refused> {
    match received(Some(&parsed(&waiting.text)?), message, &arriving.mine, by.view()) {
        Received::Changed(changed) if is_cancelled(&changed.copy) => {
            rows::end_apart(tx, waiting.id)?;
            Ok(false)
        }
        Received::Changed(changed) => keep(tx, arriving, waiting, &changed),
        Received::Known | Received::Unknown => Ok(false),
    }
}

/// Keeps an invitation as it is now: whether it wants an answer. What was done with asks anew only by news.
fn keep(tx: &mut Tx<'_>, arriving: &Arriving, apart: Apart, changed: &Changed) -> Result<bool, Refused> {
    let text = changed.copy.write();
    if text.len() > APART_BYTES_MAX {
        let limit = APART_BYTES_MAX;
        return Err(Reason::Invalid(Problem::new(0, ical::Reason::TextTooLong { limit })).into());
    }
    let piece = Piece::of(text, apart.id, arriving.now, &arriving.mine)?;
    let kept = Apart {
        text: piece.text().to_owned(),
        asks: apart.asks || (changed.news != News::Aside && piece.is_unanswered()),
        ends: piece.ends(),
        ..apart
    };
    rows::save_apart(tx, arriving.reader, &kept)?;
    Ok(kept.asks)
}

/// Whoever lets invitations in.
pub(crate) struct Host {
    pub person: PersonId,
    pub card: Card,
    pub base: String,
    pub now: Moment,
}

impl Host {
    /// An invitation that waited, as if it came now.
    fn arriving(&self, waiting: &Apart, copy: &Component<'_>) -> Arriving {
        Arriving {
            reader: self.person,
            mine: addresses(self.person, &self.card),
            card: self.card.clone(),
            name: Name::of_object(waiting.id),
            text: as_request(copy).write(),
            base: self.base.clone(),
            now: self.now,
            by: None,
            id: Some(waiting.id),
        }
    }
}

/// Lets in all that waits of somebody and was not declined, and `meant` in any case: which invitation became which object of which
/// calendar. What would come in the place of something of one's own is let in only where it is meant.
pub(crate) fn let_in(
    tx: &mut Tx<'_>,
    host: &Host,
    organizer: &str,
    meant: Option<Id>,
) -> Result<Vec<(Id, Id, Id)>, Refused> {
    let mut all = Vec::new();
    let waiting = rows::apart_by(tx, host.person, organizer)?;
    let enters = |one: &&Apart| one.asks || Some(one.id) == meant;
    for waiting in waiting.iter().filter(enters) {
        let known = objects::copy_of(tx, host.person, &waiting.uid)?;
        let is_organized = known
            .as_ref()
            .is_some_and(|known| parsed(&known.text).is_ok_and(|known| is_organized(&known)));
        let (calendar, object) = match known {
            Some(known) if is_organized => (known.calendar, known.id),
            Some(_) if Some(waiting.id) != meant => continue,
            known => match enter(tx, host, waiting, known.as_ref()) {
                // Nothing of it was written yet: it waits on.
                Err(Refused::Reason(_)) if Some(waiting.id) != meant => continue,
                entered => entered?,
            },
        };
        rows::end_apart(tx, waiting.id)?;
        all.push((waiting.id, calendar, object));
    }
    Ok(all)
}

fn enter(
    tx: &mut Tx<'_>,
    host: &Host,
    waiting: &Apart,
    before: Option<&Stored>,
) -> Result<(Id, Id), Refused> {
    let copy = parsed(&waiting.text)?;
    let arriving = host.arriving(waiting, &copy);
    let copy = match before {
        Some(before) => {
            let (own, message) = (parsed(&before.text)?, as_request(&copy));
            match received(Some(&own), &message, &arriving.mine, View::Whole) {
                Received::Changed(changed) => changed.copy,
                _ => return Err(Reason::NoInvitation.into()),
            }
        }
        None => copy.into_owned(),
    };
    let inbox = inbox_of(tx, &arriving.visitor(), host.now)?;
    let kind = match copy.child("VTODO") {
        Some(_) => Kind::Todo,
        None => Kind::Event,
    };
    let entered = update(tx, &arriving, before, &copy, &News::Invited)?;
    note(tx, &arriving, &inbox, kind)?;
    Ok((entered.0.id, entered.1.id))
}

fn parsed(text: &str) -> Result<Component<'_>, Reason> {
    Ok(ical::parse(text.as_bytes())?)
}
