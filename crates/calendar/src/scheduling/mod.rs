//! Between participants: what one changes, the others hear.
//!
//! What is kept true: a message is announced in the transaction that changes the object, and each copy takes it in one transaction
//! with a note that it came. So nobody misses one, and one that is brought twice is taken once. Each participant's copy lies in
//! their own shard, and nobody's request waits for anybody else's.

mod answering;
mod apart;
mod delivery;
mod mailed;
mod notices;
mod reached;
#[cfg(test)]
pub(crate) mod tests;

pub use answering::Invitation;
pub(crate) use apart::{Host, let_in};
use ical::Component;
use kernel::{Moment, PersonId};
pub use mailed::Ignored;
pub(crate) use mailed::MAIL_BYTES_MAX;
#[cfg(test)]
pub(crate) use notices::outside;
pub use reached::Reached;
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx, outbox};

use crate::rules::again;
use crate::rules::itip::{self, Message, Mine, Side, Told};

/// Announced when participants have to hear of something.
pub const TOLD: &str = "calendar.told";

/// Messages of one change, as they lie in the outbox.
#[derive(Serialize, Deserialize)]
struct Letter {
    to: Vec<String>,
    text: String,
    /// What they were told before of what it changes, without people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<String>,
}

/// An object that is about to be otherwise, to the eyes of its owner.
pub(crate) struct Change<'c> {
    pub before: Option<&'c str>,
    pub after: Option<&'c str>,
    /// How something of this UID was that its owner deleted, where nothing is before.
    pub gone: Option<&'c str>,
    pub mine: &'c Mine,
    pub now: Moment,
    /// Their copy may lack answers that came meanwhile (RFC 6638 3.2.10).
    pub merges: bool,
}

impl Change<'_> {
    /// What follows; `None` where nobody organizes it.
    pub fn told(&self) -> Option<Told> {
        let before = self.before.and_then(tree);
        let mut after = self.after.and_then(tree);
        let seen = after.as_ref().or(before.as_ref())?;
        if !itip::is_organized(seen) && !before.as_ref().is_some_and(itip::is_organized) {
            return None;
        }
        let side = itip::side(seen, self.mine).or_else(|| itip::side(before.as_ref()?, self.mine));
        if let (true, Some(before), Some(after)) = (self.merges, &before, &mut after) {
            itip::keep_answers(before, after, self.mine);
        }
        if let (None, Some(gone), Some(after)) = (&before, self.gone.and_then(tree), &mut after) {
            again::ask_again(&gone, after, self.mine);
        }
        let (was, is) = (before.as_ref(), after.as_ref());
        let mut told = match side {
            Some(Side::Organizer) => itip::by_organizer(was, is, self.mine, self.now),
            Some(Side::Attendee) => itip::by_attendee(was, is, self.mine, self.now),
            None => Told::default(),
        };
        if self.merges && told.kept.is_none() {
            told.kept = after.map(Component::into_owned);
        }
        Some(told)
    }
}

fn tree(text: &str) -> Option<Component<'_>> {
    ical::parse(text.as_bytes()).ok()
}

/// Announces messages beside the change that they tell of.
pub(crate) fn announce(tx: &mut Tx<'_>, owner: PersonId, messages: Vec<Message>) -> Result<(), StoreError> {
    for Message { to, text, before, .. } in messages {
        let body = serde_json::to_vec(&Letter { to, text, before })
            .map_err(|error| StoreError::broken(error.to_string()))?;
        outbox::announce(tx, owner.0, TOLD, b"", &body)?;
    }
    Ok(())
}
