//! The letter that reminds of one time that something happens.

use std::time::Duration;

use futures_util::future::BoxFuture;
use ical::{Answer, Status, Timing};
use kernel::{Id, Moment, PersonId};
use post::words::tongue;
use post::{Body, Content, Kind, NotWritten, Recipient, Wanted, Write};
use serde::{Deserialize, Serialize};
use store::StoreError;

use super::wording::{cut, how_soon, titled, when};
use super::{WORDS, failed, for_its_reader, unwanted};
use crate::agenda::Lasting;
use crate::reminders::zone;
use crate::rules::reminding::Reminder;
use crate::service::{Calendars, Refused, live};
use crate::types::{Calendar, Reason, Stored};

pub const STREAM: &str = "calendar.reminders";

/// Whoever asks says until when; an event lasts for days at most, mostly.
pub static REMINDER: Kind =
    Kind::prompt(20, "calendar.reminder", Duration::from_secs(24 * 3600)).stopped_as(STREAM);

/// What the letter is told: which time of which object. What that is then is looked up.
#[derive(Serialize, Deserialize)]
pub(crate) struct Told {
    object: String,
    /// Microseconds.
    starts: i64,
}

impl Told {
    pub(crate) fn new(object: &Stored, reminder: &Reminder) -> Told {
        Told {
            object: object.id.to_string(),
            starts: reminder.starts.as_micros(),
        }
    }

    pub(crate) fn as_json(&self) -> Result<String, StoreError> {
        serde_json::to_string(self).map_err(|error| StoreError::broken(error.to_string()))
    }
}

pub(crate) struct Writer(pub(crate) Calendars);

impl Write for Writer {
    fn write<'a>(
        &'a self,
        wanted: &'a Wanted,
        to: &'a Recipient,
    ) -> BoxFuture<'a, Result<Content, NotWritten>> {
        Box::pin(self.written(wanted, to))
    }
}

impl Writer {
    async fn written(&self, wanted: &Wanted, to: &Recipient) -> Result<Content, NotWritten> {
        for_its_reader(wanted)?;
        let told: Told = serde_json::from_str(&wanted.data).map_err(|error| failed(&error))?;
        let person = to.person.ok_or_else(|| failed("a reminder is for a person"))?;
        let object: Id = told.object.parse().map_err(|error| failed(&error))?;
        let found = self.found(person, object).await?;
        let (calendar, object) = found.ok_or_else(|| unwanted("it was deleted"))?;
        let reminded = Reminded::of(&calendar, &object, &told, to)?;
        reminded.content(to, wanted.now).map_err(|error| failed(&error))
    }

    async fn found(&self, owner: PersonId, id: Id) -> Result<Option<(Calendar, Stored)>, NotWritten> {
        let shard = self.0.store().shard_of(owner);
        let found = shard.read::<_, Refused>(move |tx| {
            let object = crate::rows::object_with_id(tx, owner, id)?.ok_or(Reason::NoObject)?;
            Ok((live(tx, owner, object.calendar)?, object))
        });
        match found.await {
            Ok(found) => Ok(Some(found)),
            Err(Refused::Reason(_)) => Ok(None),
            Err(Refused::Store(error)) => Err(error.into()),
        }
    }
}

/// What one is reminded of.
pub(super) struct Reminded {
    pub(super) title: String,
    pub(super) when: Lasting,
    pub(super) place: Option<String>,
    pub(super) organizer: Option<String>,
    pub(super) calendar: String,
    pub(super) description: Option<String>,
    /// Where to meet, or to read more.
    pub(super) link: Option<String>,
}

impl Reminded {
    /// The one that the letter was asked for, if it still is then.
    fn of(calendar: &Calendar, object: &Stored, told: &Told, to: &Recipient) -> Result<Reminded, NotWritten> {
        let text = ical::parse(object.text.as_bytes()).map_err(|error| failed(&error))?;
        let checked = ical::check(&text).map_err(|error| failed(&error))?;
        let timing = Timing::new(&checked).map_err(|error| failed(&error))?;
        let starts = Moment::from_micros(told.starts);
        let (from, until) = (starts.to_timestamp(), starts.plus_seconds(1).to_timestamp());
        let there = timing.between(from, until, &zone(calendar));
        let there = there.unwrap_or_default();
        let one = there.iter().find(|one| one.start == from);
        let one = one.ok_or_else(|| unwanted("it was moved"))?;
        let entry = one.entry;
        if entry.status == Some(Status::Cancelled) {
            return Err(unwanted("it was cancelled"));
        }
        let mine = entry.attendee(&to.email);
        if mine.is_some_and(|mine| mine.answer == Answer::Declined) {
            return Err(unwanted("its reader declined it"));
        }
        let organizer = entry.organizer.as_ref().filter(|one| !one.is(&to.email));
        let organizer = organizer.map(|one| one.name.as_deref().or(one.mailbox()).unwrap_or(&one.address));
        let text = |text: &Option<std::borrow::Cow<'_, str>>| {
            text.as_deref().map(cut).filter(|text| !text.is_empty())
        };
        let link = entry
            .conferences
            .first()
            .map(|conference| conference.uri)
            .or(entry.url);
        Ok(Reminded {
            title: entry.summary.as_deref().unwrap_or_default().to_owned(),
            when: Lasting::of(one),
            place: text(&entry.location),
            organizer: organizer.map(str::to_owned),
            calendar: calendar.about.title.to_string(),
            description: text(&entry.description),
            link: link.filter(|link| is_of_the_web(link)).map(str::to_owned),
        })
    }

    pub(super) fn content(&self, to: &Recipient, now: Moment) -> Result<Content, askama::Error> {
        let tongue = tongue(&WORDS, to);
        let title = titled(&tongue, &self.title);
        let when = when(&tongue, &self.when, now);
        let soon = how_soon(&tongue, &self.when, now);
        let fact = |key: &str, value: &Option<String>| Some((tongue.say(key).to_string(), value.clone()?));
        let facts = [
            fact("fact-when", &Some(when.clone())),
            fact("fact-where", &self.place),
            fact("fact-organizer", &self.organizer),
            fact("fact-calendar", &Some(self.calendar.clone())),
        ];
        let mut body = Body::new()
            .heading(title.clone())
            .paragraph(soon.clone())
            .facts(facts.into_iter().flatten().collect());
        if let Some(description) = &self.description {
            body = body.paragraph(description.clone());
        }
        if let Some(link) = &self.link {
            body = body.button(tongue.say("letter-link").to_string(), link.clone());
        }
        let preview = tongue.say("reminder-preview").with("soon", soon);
        Ok(Content {
            subject: tongue.say("reminder-subject").with("title", title).to_string(),
            preview: preview.with("when", when).to_string(),
            html: body.html()?,
            text: body.text()?,
            why: tongue.say("reminder-why").to_string(),
            ..Content::default()
        })
    }
}

/// What a browser opens. Other links may do anything in a mail program.
fn is_of_the_web(link: &str) -> bool {
    let link = link.to_ascii_lowercase();
    link.starts_with("https://") || link.starts_with("http://")
}
