//! Invitations of those whom their reader does not know: kept apart until they are let in.
//!
//! What is kept true: what waits apart is no event. Whatever is said of it later is applied to it where it waits, and once it is let
//! in it is what it would be if it had just come. Whoever is blocked is not heard, and nobody changes what somebody else invited to.

use ical::{Component, Kind};
use kernel::{Id, Moment, PersonId};
use store::{StoreError, Tx};

use super::delivery::{Arriving, inbox_of, note, update};
use crate::invitations::{Apart, rows};
use crate::objects::Piece;
use crate::people::{Card, addresses, called, called_by_id};
use crate::rows as objects;
use crate::rules::inviting::{Standing, as_request, invites, is_cancelled, is_organized_by, is_whole};
use crate::rules::itip::Mine;
use crate::rules::received::{News, Received, received};
use crate::types::{Name, Stored};

/// Whoever organizes what a message is about.
#[derive(Clone, Debug)]
pub(super) struct Inviter {
    /// As they stand among those whom somebody knows.
    called: String,
    addresses: Mine,
    is_of_house: bool,
}

impl Inviter {
    /// Somebody of the house; without a card one who is no more.
    pub fn of_house(person: PersonId, card: Option<&Card>) -> Inviter {
        let called = called_by_id(person);
        Inviter {
            addresses: card.map_or_else(|| Mine(vec![called.clone()]), |card| addresses(person, card)),
            is_of_house: true,
            called,
        }
    }

    /// Whoever a mail is from.
    pub fn outside(address: &str) -> Inviter {
        Inviter {
            called: called(address),
            addresses: Mine(vec![address.to_owned()]),
            is_of_house: false,
        }
    }

    /// Whether a copy is of what they organize. People of the house may have called themselves otherwise when they began it.
    fn organizes(&self, copy: &Component<'_>, message: &Component<'_>) -> bool {
        let mut theirs = self.addresses.clone();
        if self.is_of_house {
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
    before: Option<&Stored>,
) -> Result<bool, StoreError> {
    let Some(by) = arriving.by.as_ref().filter(|_| invites(message)) else {
        return Ok(false);
    };
    let standing = rows::standing(tx, arriving.reader, &by.called)?;
    if standing == Some(Standing::Blocked) {
        return Ok(true);
    }
    if let Some(before) = before {
        return Ok(!by.organizes(&parsed(&before.text)?, message));
    }
    let lets_in = rows::whose(tx, arriving.reader)?.lets_in(by.is_of_house, standing);
    if let Some(waiting) = rows::apart_of(tx, arriving.reader, uid)? {
        let (id, is_theirs) = (waiting.id, waiting.organizer == by.called);
        let asks_anew = is_theirs && follow(tx, arriving, message, waiting)?;
        if !(asks_anew && lets_in && is_whole(message)) {
            return Ok(true);
        }
        // Whoever is known by now asks anew: that comes as everything of theirs.
        rows::end_apart(tx, id)?;
        return Ok(false);
    }
    if lets_in {
        return Ok(false);
    }
    if let Received::Changed(changed) = received(None, message, &arriving.mine) {
        let apart = Apart {
            id: Id::beside(arriving.reader.0, arriving.now),
            uid: uid.to_owned(),
            organizer: by.called.clone(),
            text: String::new(),
            asks: true,
            arrived: arriving.now,
            ends: arriving.now,
        };
        keep(tx, arriving, apart, &changed.copy)?;
    }
    Ok(true)
}

/// Applies what is said of an invitation that waits: whether it says something new and wants an answer.
fn follow(
    tx: &mut Tx<'_>,
    arriving: &Arriving,
    message: &Component<'_>,
    waiting: Apart,
) -> Result<bool, StoreError> {
    match received(Some(&parsed(&waiting.text)?), message, &arriving.mine) {
        Received::Changed(changed) if is_cancelled(&changed.copy) => {
            rows::end_apart(tx, waiting.id)?;
            Ok(false)
        }
        Received::Changed(changed) => keep(tx, arriving, waiting, &changed.copy),
        Received::Known | Received::Unknown => Ok(false),
    }
}

/// Keeps an invitation as it is now: whether it wants an answer.
fn keep(
    tx: &mut Tx<'_>,
    arriving: &Arriving,
    apart: Apart,
    copy: &Component<'_>,
) -> Result<bool, StoreError> {
    let piece = Piece::of(copy.write(), apart.id, arriving.now, &arriving.mine);
    let piece = piece.map_err(|why| StoreError::broken(why.to_string()))?;
    let kept = Apart {
        text: piece.text().to_owned(),
        asks: apart.asks || piece.is_unanswered(),
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
        }
    }
}

/// Lets in all that waits of somebody and was not declined, and `meant` in any case: which invitation became which object of which
/// calendar.
pub(crate) fn let_in(
    tx: &mut Tx<'_>,
    host: &Host,
    organizer: &str,
    meant: Option<Id>,
) -> Result<Vec<(Id, Id, Id)>, StoreError> {
    let mut all = Vec::new();
    let waiting = rows::all_apart(tx, host.person)?;
    let enters = |one: &&Apart| one.organizer == organizer && (one.asks || Some(one.id) == meant);
    for waiting in waiting.iter().filter(enters) {
        rows::end_apart(tx, waiting.id)?;
        let (calendar, object) = match objects::copy_of(tx, host.person, &waiting.uid)? {
            Some(known) => (known.calendar, known.id),
            None => enter(tx, host, waiting)?,
        };
        all.push((waiting.id, calendar, object));
    }
    Ok(all)
}

fn enter(tx: &mut Tx<'_>, host: &Host, waiting: &Apart) -> Result<(Id, Id), StoreError> {
    let copy = parsed(&waiting.text)?;
    let arriving = host.arriving(waiting, &copy);
    let inbox = inbox_of(tx, &arriving.visitor(), host.now)?;
    let kind = match copy.child("VTODO") {
        Some(_) => Kind::Todo,
        None => Kind::Event,
    };
    let entered = update(tx, &arriving, None, &copy, &News::Invited)?;
    note(tx, &arriving, &inbox, kind)?;
    Ok((entered.0.id, entered.1.id))
}

fn parsed(text: &str) -> Result<Component<'_>, StoreError> {
    ical::parse(text.as_bytes()).map_err(|error| StoreError::broken(error.to_string()))
}
