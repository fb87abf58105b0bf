//! Answers that come by mail, from calendar programs of those outside the house (RFC 6047).
//!
//! What is kept true: an answer counts for whoever sent the mail and for nobody else. Whether the sender is who they say is judged
//! where mail comes in (SPF, DKIM, DMARC), before it is handed over here.

use ical::{Method, mailbox};
use kernel::Id;
use mail_parser::{MimeHeaders as _, PartType};

use crate::service::{Calendars, Refused};
use crate::types::Reason;

/// Why a mail changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    NoMail,
    /// It brings no message of a calendar program.
    NoMessage,
    /// It brings something else than an answer.
    NoAnswer,
    /// It answers for somebody else than its sender.
    NotTheirs,
    /// Nobody of the house organizes that, or asked its sender to it.
    Nobody,
}

impl Ignored {
    pub fn why(self) -> &'static str {
        match self {
            Ignored::NoMail => "this is no mail",
            Ignored::NoMessage => "it brings no part of type text/calendar that can be read",
            Ignored::NoAnswer => "it brings no answer (METHOD:REPLY)",
            Ignored::NotTheirs => "it answers for somebody else than its sender",
            Ignored::Nobody => "nobody of this house asked its sender to what it answers",
        }
    }
}

/// What a mail answers.
struct Answered {
    organizer: String,
    /// The same whenever it comes.
    name: String,
    text: String,
}

impl Calendars {
    /// Takes an answer out of a mail to the organizer's copy. The same mail twice changes nothing more.
    pub async fn hear_mail(&self, mail: &[u8]) -> Result<Option<Ignored>, Refused> {
        let answered = match read(mail) {
            Ok(answered) => answered,
            Err(ignored) => return Ok(Some(ignored)),
        };
        let Some(organizer) = self.reader(&answered.organizer).await? else {
            return Ok(Some(Ignored::Nobody));
        };
        let heard = self.hear_reply(organizer, answered.name, answered.text, self.now());
        match heard.await {
            Ok(()) => Ok(None),
            Err(Refused::Reason(Reason::NoObject)) => Ok(Some(Ignored::Nobody)),
            Err(why) => Err(why),
        }
    }
}

fn read(mail: &[u8]) -> Result<Answered, Ignored> {
    let mail = post::read_mail(mail).ok_or(Ignored::NoMail)?;
    let from = mail.from().and_then(|from| from.first());
    let from = from.and_then(|from| from.address()).ok_or(Ignored::NoMail)?;
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
    if method != Method::Reply {
        return Err(Ignored::NoAnswer);
    }
    let entry = object.entries().next().ok_or(Ignored::NoAnswer)?;
    let all = || object.entries().flat_map(|entry| &entry.attendees);
    let is_theirs = all().all(|who| mailbox(&who.address).is_some_and(|who| who.eq_ignore_ascii_case(from)));
    if !is_theirs || all().next().is_none() {
        return Err(Ignored::NotTheirs);
    }
    let organizer = entry.organizer.as_ref().ok_or(Ignored::Nobody)?;
    Ok(Answered {
        organizer: organizer.address.to_string(),
        name: format!("{}.ics", Id::named("mailed answer", text)),
        text: text.to_owned(),
    })
}
