//! What others did to an event: the letters of invitations, changes, cancellations and answers.
//!
//! Their readers may be anywhere, also outside the house, and what they are told is a message of somebody else: so it travels with
//! the letter, cut to what a letter shows, and is not looked up when the letter is written.

use std::time::Duration;

use front::frame::Tongue;
use futures_util::future::BoxFuture;
use ical::Answer;
use jiff::civil::Date;
use kernel::Moment;
use post::letters::DATA_BYTES_MAX;
use post::words::tongue;
use post::{Ask, Body, Content, Kind, NotWritten, Part, Place, Recipient, To, Wanted, Write};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use super::wording::{cut, titled, when};
use super::{WORDS, as_text, failed, for_its_reader, unwanted};
use crate::agenda::Lasting;

pub const STREAM: &str = "calendar.notices";

/// Whoever asks says until when: mostly until the event is over.
const WANTED_FOR: Duration = Duration::from_secs(7 * 24 * 3600);
/// Guests who are named; of others it is said how many they are.
const GUESTS_SHOWN: usize = 10;
/// Characters of a title, a name or a place; the description has a limit of its own.
const LINE_CHARS_MAX: usize = 120;

pub static INVITATION: Kind = Kind::prompt(21, "calendar.invitation", WANTED_FOR).stopped_as(STREAM);
pub static CHANGE: Kind = Kind::prompt(22, "calendar.change", WANTED_FOR).stopped_as(STREAM);
pub static CANCELLATION: Kind = Kind::prompt(23, "calendar.cancellation", WANTED_FOR).stopped_as(STREAM);
pub static ANSWER: Kind = Kind::prompt(24, "calendar.answer", WANTED_FOR).stopped_as(STREAM);

/// What somebody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Invited,
    Changed,
    Cancelled,
    Answered,
}

pub(super) static KINDS: [(&Kind, What); 4] = [
    (&INVITATION, What::Invited),
    (&CHANGE, What::Changed),
    (&CANCELLATION, What::Cancelled),
    (&ANSWER, What::Answered),
];

/// What a letter tells of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Who did it: the organizer, or whoever answered.
    pub by: String,
    pub title: String,
    /// Of a series, the first time that it is about.
    pub when: Option<Span>,
    /// It is about a whole series.
    pub repeats: bool,
    pub place: Option<String>,
    pub description: Option<String>,
    pub guests: Vec<String>,
    /// How many there are beside those who are named.
    pub more_guests: usize,
    /// What is different now.
    pub changes: Vec<Difference>,
    /// Of an answer: what it was.
    pub answer: Option<Reply>,
    /// What whoever did it says to that.
    pub comment: Option<String>,
    /// The message itself, for the calendar of a reader outside the house.
    pub sent: Option<Sent>,
    /// Where one answers, or sees more.
    pub links: Vec<(Link, String)>,
}

/// A message of iTIP that goes with a letter (RFC 6047).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// `REQUEST`, `CANCEL` or `REPLY`.
    pub method: String,
    pub text: String,
}

/// From when until when, as it travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Span {
    Days {
        #[serde(with = "as_text")]
        first: Date,
        #[serde(with = "as_text")]
        last: Date,
    },
    /// Microseconds.
    Time { starts: i64, ends: i64 },
}

impl From<Lasting> for Span {
    fn from(lasting: Lasting) -> Span {
        match lasting {
            Lasting::Days { first, last } => Span::Days { first, last },
            Lasting::Time { starts, ends } => Span::Time {
                starts: starts.as_micros(),
                ends: ends.as_micros(),
            },
        }
    }
}

impl From<Span> for Lasting {
    fn from(span: Span) -> Lasting {
        match span {
            Span::Days { first, last } => Lasting::Days { first, last },
            Span::Time { starts, ends } => Lasting::Time {
                starts: Moment::from_micros(starts),
                ends: Moment::from_micros(ends),
            },
        }
    }
}

/// What is different in an event, with what it was before where that says more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Difference {
    Title { before: String },
    When { before: Span },
    Place { before: Option<String> },
    Description,
    Guests,
    Recurrence,
}

/// What somebody answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    Comes,
    MayCome,
    DoesNotCome,
}

impl Reply {
    /// `None` for what tells nobody anything yet.
    pub fn of(answer: Answer) -> Option<Reply> {
        match answer {
            Answer::Accepted | Answer::Completed | Answer::InProcess => Some(Reply::Comes),
            Answer::Tentative => Some(Reply::MayCome),
            Answer::Declined => Some(Reply::DoesNotCome),
            Answer::NeedsAction | Answer::Delegated => None,
        }
    }
}

/// What a link does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Link {
    Accept,
    Maybe,
    Decline,
    Open,
}

/// Asks for the letter that tells somebody what was done to an event.
pub fn tell(
    tx: &mut Tx<'_>,
    what: What,
    to: To,
    key: impl Into<Vec<u8>>,
    notice: &Notice,
    (at, wanted_until): (Moment, Moment),
) -> Result<(), StoreError> {
    let ask = Ask::new(what.kind(), to, key, at);
    post::ask(tx, &ask.telling(notice.told()?).wanted_until(wanted_until), at)?;
    Ok(())
}

impl What {
    fn kind(self) -> &'static Kind {
        match self {
            What::Invited => &INVITATION,
            What::Changed => &CHANGE,
            What::Cancelled => &CANCELLATION,
            What::Answered => &ANSWER,
        }
    }
}

pub(super) struct Writer(pub(super) What);

impl Write for Writer {
    fn write<'a>(
        &'a self,
        wanted: &'a Wanted,
        to: &'a Recipient,
    ) -> BoxFuture<'a, Result<Content, NotWritten>> {
        Box::pin(async move {
            for_its_reader(wanted)?;
            let notice: Notice = serde_json::from_str(&wanted.data).map_err(|error| failed(&error))?;
            if self.0 == What::Answered && notice.answer.is_none() {
                return Err(unwanted("nothing was answered"));
            }
            notice
                .content(self.0, to, wanted.now)
                .map_err(|error| failed(&error))
        })
    }
}

impl Notice {
    /// As a letter carries it. What is too long for that loses its description, then the names of guests, then the message for the
    /// reader's calendar, in the end its links.
    fn told(&self) -> Result<String, StoreError> {
        let mut notice = self.cut();
        let shorter: [fn(&mut Notice); 4] = [
            |notice| notice.description = None,
            |notice| notice.more_guests += std::mem::take(&mut notice.guests).len(),
            |notice| notice.sent = None,
            |notice| notice.links.clear(),
        ];
        let written = |notice: &Notice| {
            serde_json::to_string(notice).map_err(|error| StoreError::broken(error.to_string()))
        };
        let mut told = written(&notice)?;
        for shorten in shorter {
            if told.len() <= DATA_BYTES_MAX {
                break;
            }
            shorten(&mut notice);
            told = written(&notice)?;
        }
        Ok(told)
    }

    /// As much of it as a letter shows.
    fn cut(&self) -> Notice {
        let line = |text: &str| text.chars().take(LINE_CHARS_MAX).collect::<String>();
        let optional = |text: &Option<String>| text.as_deref().map(line);
        let guests: Vec<String> = self
            .guests
            .iter()
            .take(GUESTS_SHOWN)
            .map(|one| line(one))
            .collect();
        let changes = self.changes.iter().map(|change| match change {
            Difference::Title { before } => Difference::Title { before: line(before) },
            Difference::Place { before } => Difference::Place {
                before: optional(before),
            },
            other => other.clone(),
        });
        Notice {
            by: line(&self.by),
            title: line(&self.title),
            place: optional(&self.place),
            description: self.description.as_deref().map(cut),
            comment: optional(&self.comment),
            more_guests: self.more_guests + self.guests.len() - guests.len(),
            guests,
            changes: changes.collect(),
            ..self.clone()
        }
    }

    pub(super) fn content(&self, what: What, to: &Recipient, now: Moment) -> Result<Content, askama::Error> {
        let tongue = tongue(&WORDS, to);
        let said = self.said(&tongue, what);
        let mut body = Body::new()
            .heading(said.title.clone())
            .paragraph(said.lead.clone());
        if let Some(comment) = &self.comment {
            let comment = tongue.say("notice-comment").with("comment", comment);
            body = body.paragraph(comment.to_string());
        }
        if what == What::Changed && !self.changes.is_empty() {
            body = body.list(self.differences(&tongue, now));
        }
        body = body.facts(self.facts(&tongue, what, now));
        if let Some(description) = &self.description {
            body = body.paragraph(cut(description));
        }
        for (link, href) in &self.links {
            body = body.button(called(&tongue, *link), href.clone());
        }
        Ok(Content {
            subject: said.subject,
            preview: said.lead,
            html: body.html()?,
            text: body.text()?,
            why: tongue.say("notice-why").to_string(),
            parts: self.sent.iter().flat_map(parts).collect(),
            ..Content::default()
        })
    }

    fn said(&self, tongue: &Tongue, what: What) -> Said {
        let title = titled(tongue, &self.title);
        let (subject, lead) = match (what, self.answer) {
            (What::Invited, _) => ("invitation-subject", "invitation-lead"),
            (What::Changed, _) => ("change-subject", "change-lead"),
            (What::Cancelled, _) => ("cancellation-subject", "cancellation-lead"),
            (What::Answered, Some(Reply::Comes)) => ("answer-subject-yes", "answer-lead-yes"),
            (What::Answered, Some(Reply::MayCome)) => ("answer-subject-maybe", "answer-lead-maybe"),
            (What::Answered, _) => ("answer-subject-no", "answer-lead-no"),
        };
        let say = |key: &str| {
            let said = tongue.say(key).with("title", title.as_str());
            said.with("by", self.by.as_str()).to_string()
        };
        Said {
            subject: say(subject),
            lead: say(lead),
            title: title.clone(),
        }
    }

    fn facts(&self, tongue: &Tongue, what: What, now: Moment) -> Vec<(String, String)> {
        let mut facts = Vec::new();
        let mut fact = |key: &str, value: String| facts.push((tongue.say(key).to_string(), value));
        if let Some(span) = self.when {
            let mut said = when(tongue, &span.into(), now);
            if self.repeats {
                said = tongue.say("notice-repeats").with("when", said).to_string();
            }
            fact("fact-when", said);
        }
        if let Some(place) = &self.place {
            fact("fact-where", place.clone());
        }
        if what != What::Answered {
            fact("fact-organizer", self.by.clone());
        }
        if !self.guests.is_empty() || self.more_guests > 0 {
            fact("fact-guests", self.guests(tongue));
        }
        facts
    }

    /// "Anna, Boris and 3 more".
    fn guests(&self, tongue: &Tongue) -> String {
        let named = self.guests.join(", ");
        if self.more_guests == 0 {
            return named;
        }
        if named.is_empty() {
            return tongue
                .say("notice-guests")
                .with("count", self.more_guests)
                .to_string();
        }
        let said = tongue.say("notice-guests-more").with("named", named);
        said.with("count", self.more_guests).to_string()
    }

    fn differences(&self, tongue: &Tongue, now: Moment) -> Vec<String> {
        let before = |key: &str, before: &str| tongue.say(key).with("before", before).to_string();
        let differences = self.changes.iter().map(|change| match change {
            Difference::Title { before: title } => before("changed-title", &titled(tongue, title)),
            Difference::When { before: span } => before("changed-when", &when(tongue, &(*span).into(), now)),
            Difference::Place { before: Some(place) } => before("changed-place", place),
            Difference::Place { before: None } => tongue.say("changed-place-new").to_string(),
            Difference::Description => tongue.say("changed-description").to_string(),
            Difference::Guests => tongue.say("changed-guests").to_string(),
            Difference::Recurrence => tongue.say("changed-recurrence").to_string(),
        });
        differences.collect()
    }
}

/// Once for programs that understand invitations, once as a file for those that do not.
fn parts(sent: &Sent) -> [Part; 2] {
    let part = |place| Part {
        kind: "text/calendar",
        parameters: vec![("method", sent.method.clone())],
        place,
        bytes: sent.text.as_bytes().into(),
    };
    [
        part(Place::Alternative),
        part(Place::Attached("invite.ics".to_owned())),
    ]
}

struct Said {
    subject: String,
    lead: String,
    title: String,
}

fn called(tongue: &Tongue, link: Link) -> String {
    match link {
        Link::Accept => tongue.say("link-accept").to_string(),
        Link::Maybe => tongue.say("link-maybe").to_string(),
        Link::Decline => tongue.say("link-decline").to_string(),
        Link::Open => tongue.say("link-open").to_string(),
    }
}
