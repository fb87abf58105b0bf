//! Answers of those outside the house, who follow a link in their letter.
//!
//! What is kept true: a link answers for the one whom it was written to, and for one event; it says nothing that whoever got the
//! letter did not know. An answer is an ordinary message to the organizer's copy, so it is judged and told as every other.

use ical::zones::Zone;
use ical::{Answer, Happening, Timing};
use jiff::Timestamp;
use kernel::{Moment, PersonId};
use serde::{Deserialize, Serialize};
use store::StoreError;

use super::delivery::Arriving;
use crate::agenda::Lasting;
use crate::letters::notice::Link;
use crate::people::addresses;
use crate::rows;
use crate::rules::itip::{self, Mine};
use crate::service::{Calendars, Refused};
use crate::types::{Name, Reason};

/// What a link says.
#[derive(Serialize, Deserialize)]
struct Said {
    /// Whose copy it is.
    owner: String,
    uid: String,
    address: String,
}

/// What somebody outside the house is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Invitation {
    /// Who asks.
    pub by: String,
    /// Who is asked.
    pub address: String,
    pub title: String,
    pub place: Option<String>,
    /// The next time that it happens; `None`: it is over.
    pub when: Option<Lasting>,
    pub repeats: bool,
    pub is_cancelled: bool,
    /// Where its organizer is, by whose clock it is told.
    pub zone: String,
    pub answer: Answer,
}

impl Calendars {
    /// Links by which somebody outside the house answers.
    pub fn answer_links(&self, owner: PersonId, uid: &str, address: &str) -> Vec<(Link, String)> {
        let said = Said {
            owner: owner.to_string(),
            uid: uid.to_owned(),
            address: address.to_owned(),
        };
        let Ok(said) = serde_json::to_vec(&said) else {
            return Vec::new();
        };
        let token = self.answers().token(&said);
        let links = [
            (Link::Accept, "accepted"),
            (Link::Maybe, "tentative"),
            (Link::Decline, "declined"),
        ];
        let links = links.into_iter().map(|(link, answer)| {
            let path = format!("/calendar/answer/{token}?answer={answer}");
            (link, self.link_to(&path))
        });
        links.collect()
    }

    /// What a link asks.
    pub async fn invitation(&self, token: &str) -> Result<Invitation, Refused> {
        let (owner, said, text) = self.asked_by(token).await?;
        let tree = ical::parse(text.as_bytes()).map_err(Reason::Invalid)?;
        let object = ical::check(&tree).map_err(Reason::Invalid)?;
        // The series, if they are asked to all of it; otherwise what they are asked to.
        let asked = object.entries().filter_map(|entry| {
            let me = entry.attendees.iter().find(|one| one.is(&said.address))?;
            Some((entry, me))
        });
        let asked = asked.min_by_key(|(entry, _)| entry.recurrence_id.is_some());
        let (entry, me) = asked.ok_or(Reason::NoObject)?;
        let is_one = entry.recurrence_id.is_some();
        let card = self.card(owner).await?.ok_or(Reason::NoObject)?;
        let viewer = Zone::named(&card.zone).unwrap_or(Zone::UTC);
        let timing = match Timing::new(&object) {
            Ok(timing) if !is_one => timing,
            _ => Timing::once(&object),
        };
        let is_asked = |one: &Happening<'_>| !is_one || std::ptr::eq(one.entry, entry);
        let next = timing.first(self.now().to_timestamp(), Timestamp::MAX, &viewer, is_asked);
        Ok(Invitation {
            by: card.name,
            address: ical::mailbox(&said.address).unwrap_or(&said.address).to_owned(),
            title: entry.summary.as_deref().unwrap_or_default().to_owned(),
            place: entry.location.as_deref().map(str::to_owned),
            when: next.as_ref().map(Lasting::of),
            repeats: timing.recurs(),
            is_cancelled: entry.status == Some(ical::Status::Cancelled),
            zone: card.zone,
            answer: me.answer,
        })
    }

    /// Answers by a link.
    pub async fn answer_by_link(&self, token: &str, answer: Answer) -> Result<(), Refused> {
        let (owner, said, text) = self.asked_by(token).await?;
        let tree = ical::parse(text.as_bytes()).map_err(Reason::Invalid)?;
        let now = self.now();
        let mine = Mine(vec![said.address.clone()]);
        let reply = itip::reply_by(&tree, &mine, answer, now).ok_or(Reason::NoObject)?;
        let name = format!("{owner}-{}.ics", now.as_micros());
        self.hear_reply(owner, name, reply.text, now).await
    }

    /// Takes an answer to the copy of the one whom it is for, who asked whoever answers.
    pub(super) async fn hear_reply(
        &self,
        to: PersonId,
        name: String,
        text: String,
        now: Moment,
    ) -> Result<(), Refused> {
        let card = self.card(to).await?.ok_or(Reason::NoObject)?;
        let arriving = Arriving {
            mine: addresses(to, &card),
            name: Name::stored(name),
            text,
            base: self.link_to(""),
            now,
            by: None,
            id: None,
            reader: to,
            card,
        };
        match self.receive(arriving).await? {
            true => Ok(()),
            false => Err(Reason::NoObject.into()),
        }
    }

    /// Whom a link is about, and the event that they are asked to.
    async fn asked_by(&self, token: &str) -> Result<(PersonId, Said, String), Refused> {
        let said = self.answers().read(token).ok_or(Reason::NoObject)?;
        let said: Said = serde_json::from_slice(&said).map_err(|_| Reason::NoObject)?;
        let owner = PersonId(said.owner.parse().map_err(|_| Reason::NoObject)?);
        let uid = said.uid.clone();
        let shard = self.store().shard_of(owner);
        let copy = shard.read::<_, StoreError>(move |tx| rows::copy_of(tx, owner, &uid));
        Ok((owner, said, copy.await?.ok_or(Reason::NoObject)?.text))
    }
}
