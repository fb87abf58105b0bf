//! Messages that come by mail, from calendar programs of those outside the house (RFC 6047): their answers, what they invite to, and
//! what they cancel.
//!
//! What is kept true: an answer counts for whoever sent the mail and for nobody else, and whoever invites is who sent it and is outside
//! the house; so no mail touches what somebody else organizes. Whether the sender is who they say is judged where mail comes in
//! (SPF, DKIM, DMARC), before it is handed over here.

use std::path::Path;

use ical::{Component, Method, Object, mailbox};
use kernel::{Id, Moment};
use mail_parser::{MimeHeaders as _, PartType};
use post::maildir;

use super::apart::Inviter;
use super::delivery::{ADDRESS_BYTES_MAX, Arriving};
use crate::objects::Piece;
use crate::people::addresses;
use crate::rules::inviting::bare;
use crate::service::{Calendars, Refused};
use crate::types::{Name, Reason};

/// Why a mail changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    NoMail,
    /// It brings no message of a calendar program.
    NoMessage,
    /// It brings something else than an answer, an invitation or a cancellation.
    NoSuchMethod,
    /// It answers for somebody else than its sender.
    NotTheirs,
    /// Nobody of the house organizes that, or asked its sender to it.
    Nobody,
    /// It invites in the name of somebody else than its sender.
    NotTheOrganizer,
    /// Whoever is of the house invites here, and not by mail.
    OfHouse,
    /// Nobody of the house is invited by it.
    NoGuest,
    /// It is too much for the calendars of those who are invited by it.
    NotTaken,
}

impl Ignored {
    pub fn why(self) -> &'static str {
        match self {
            Ignored::NoMail => "this is no mail",
            Ignored::NoMessage => "it brings no part of type text/calendar that can be read",
            Ignored::NoSuchMethod => {
                "it brings no answer, no invitation and no cancellation (METHOD:REPLY, REQUEST or CANCEL)"
            }
            Ignored::NotTheirs => "it answers for somebody else than its sender",
            Ignored::Nobody => "nobody of this house asked its sender to what it answers",
            Ignored::NotTheOrganizer => "it is not from the organizer of what it is about",
            Ignored::OfHouse => "its organizer is of this house, and invites from here",
            Ignored::NoGuest => "nobody of this house is invited by it",
            Ignored::NotTaken => "it is too much for the calendars of those who are invited by it",
        }
    }
}

/// What a mail brings.
enum Mailed {
    Answer {
        organizer: String,
        /// The same whenever it comes.
        name: String,
        text: String,
    },
    /// Somebody invites, says what is otherwise, or cancels.
    Invitation {
        /// A calendar address.
        organizer: String,
        guests: Vec<String>,
        name: String,
        text: String,
    },
}

/// A mail with a message of a calendar program, attachments and all.
pub(crate) const MAIL_BYTES_MAX: usize = 4 * 1024 * 1024;

impl Calendars {
    /// Takes in what a mail server delivered into a Maildir for calendars. What changes nothing is laid aside like what does.
    pub async fn look_into_maildir(&self, folder: &Path) -> Result<(), maildir::Trouble> {
        let take = |mail: Vec<u8>| async move {
            match self.hear_mail(&mail).await {
                Ok(None) => Ok(()),
                Ok(Some(ignored)) => {
                    tracing::debug!(why = ignored.why(), "a mail to calendars changes nothing");
                    Ok(())
                }
                Err(Refused::Reason(why)) => {
                    tracing::warn!(%why, "a mail to calendars cannot be taken");
                    Ok(())
                }
                Err(Refused::Store(error)) => Err(error),
            }
        };
        maildir::empty(folder, MAIL_BYTES_MAX, take).await
    }

    /// Takes what a mail brings to the copies of those whom it is for. The same mail twice changes nothing more.
    pub async fn hear_mail(&self, mail: &[u8]) -> Result<Option<Ignored>, Refused> {
        let mailed = match read(mail, self.now()) {
            Ok(mailed) => mailed,
            Err(ignored) => return Ok(Some(ignored)),
        };
        let (organizer, name, text) = match mailed {
            Mailed::Answer {
                organizer,
                name,
                text,
            } => (organizer, name, text),
            Mailed::Invitation {
                organizer,
                guests,
                name,
                text,
            } => return self.hear_invitation(&organizer, &guests, (name, text)).await,
        };
        let Some(organizer) = self.reader(&organizer).await? else {
            return Ok(Some(Ignored::Nobody));
        };
        match self.hear_reply(organizer, name, text, self.now()).await {
            Ok(()) => Ok(None),
            Err(Refused::Reason(Reason::NoObject)) => Ok(Some(Ignored::Nobody)),
            Err(why) => Err(why),
        }
    }

    async fn hear_invitation(
        &self,
        organizer: &str,
        guests: &[String],
        (name, text): (String, String),
    ) -> Result<Option<Ignored>, Refused> {
        if self.reader(organizer).await?.is_some() {
            return Ok(Some(Ignored::OfHouse));
        }
        let met = self.met(guests).await?;
        let readers = met.into_iter().filter_map(|(_, reader)| reader).collect();
        let mut ignored = Some(Ignored::NoGuest);
        for (reader, card) in self.cards(readers).await? {
            let arriving = Arriving {
                mine: addresses(reader, &card),
                name: Name::stored(name.clone()),
                text: text.clone(),
                base: self.link_to(""),
                now: self.now(),
                by: Some(Inviter::outside(organizer)),
                id: None,
                reader,
                card,
            };
            match self.receive(arriving).await {
                Ok(_) => ignored = None,
                Err(Refused::Reason(why)) => {
                    tracing::warn!(%reader, %why, "a mail to calendars is not taken");
                    ignored = ignored.and(Some(Ignored::NotTaken));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(ignored)
    }
}

fn read(mail: &[u8], now: Moment) -> Result<Mailed, Ignored> {
    let mail = post::read_mail(mail).ok_or(Ignored::NoMail)?;
    let from = mail.from().and_then(|from| from.first());
    let from = from.and_then(|from| from.address()).ok_or(Ignored::NoMail)?;
    if from.len() > ADDRESS_BYTES_MAX {
        return Err(Ignored::NoMail);
    }
    let mut parts = mail
        .parts
        .iter()
        .filter(|part| part.is_content_type("text", "calendar"));
    let part = parts.next().ok_or(Ignored::NoMessage)?;
    let text = match &part.body {
        PartType::Text(text) => text.as_ref(),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
            std::str::from_utf8(bytes).map_err(|_| Ignored::NoMessage)?
        }
        _ => return Err(Ignored::NoMessage),
    };
    let message = ical::parse(text.as_bytes()).map_err(|_| Ignored::NoMessage)?;
    let (method, object) = ical::check_message(&message).map_err(|_| Ignored::NoMessage)?;
    match method {
        Method::Reply => answer(&message, &object, from),
        Method::Request | Method::Cancel => invitation(&message, &object, (from, now)),
        _ => Err(Ignored::NoSuchMethod),
    }
}

fn answer(message: &Component<'_>, object: &Object<'_>, from: &str) -> Result<Mailed, Ignored> {
    let entry = object.entries().next().ok_or(Ignored::NoMessage)?;
    let all = || object.entries().flat_map(|entry| &entry.attendees);
    if !all().all(|who| is_from(&who.address, from)) || all().next().is_none() {
        return Err(Ignored::NotTheirs);
    }
    let organizer = entry.organizer.as_ref().ok_or(Ignored::Nobody)?;
    // Written anew, it has nothing in it that no text can carry.
    let text = message.write();
    Ok(Mailed::Answer {
        organizer: organizer.address.to_string(),
        name: format!("{}.ics", Id::named("mailed answer", &text)),
        text,
    })
}

fn invitation(
    message: &Component<'_>,
    object: &Object<'_>,
    (from, now): (&str, Moment),
) -> Result<Mailed, Ignored> {
    let organizes = |by: Option<&ical::Participant<'_>>| by.is_some_and(|by| is_from(&by.address, from));
    if !object.entries().all(|entry| organizes(entry.organizer.as_ref())) {
        return Err(Ignored::NotTheOrganizer);
    }
    let message = bare(message);
    let text = message.write();
    let mut copy = message;
    copy.remove("METHOD");
    // What could lie in no calendar, such as a series that never occurs, is none.
    Piece::new(copy.write(), Id::named("mailed invitation", &text), now).map_err(|_| Ignored::NoMessage)?;
    let attendees = object.entries().flat_map(|entry| &entry.attendees);
    let mut guests: Vec<String> = attendees.map(|who| who.address.to_string()).collect();
    guests.sort_unstable();
    guests.dedup();
    Ok(Mailed::Invitation {
        organizer: format!("mailto:{from}"),
        guests,
        name: format!("{}.ics", Id::named("mailed invitation", &text)),
        text,
    })
}

fn is_from(address: &str, from: &str) -> bool {
    mailbox(address).is_some_and(|mailbox| mailbox.eq_ignore_ascii_case(from))
}
