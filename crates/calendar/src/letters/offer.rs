//! The letter that says that somebody shares a calendar.

use std::time::Duration;

use futures_util::future::BoxFuture;
use kernel::Moment;
use post::words::tongue;
use post::{Ask, Body, Content, Kind, NotWritten, Recipient, To, Wanted, Write};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use super::notice::STREAM;
use super::{WORDS, failed, for_its_reader};

/// Whoever is away for a week finds it on the page.
const WANTED_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

pub static SHARED: Kind = Kind::prompt(26, "calendar.shared", WANTED_FOR).stopped_as(STREAM);

/// The same through a group: of all that somebody shares with groups on one day there is one, and it waits behind what is prompt.
pub static SHARED_WITH_GROUP: Kind = Kind::bulk(27, "calendar.shared_with_group", STREAM, WANTED_FOR);

/// What the letter is told.
#[derive(Serialize, Deserialize)]
pub(crate) struct Told {
    pub by: String,
    pub title: String,
    /// By its word.
    pub rights: String,
    /// Where it is answered.
    pub link: String,
}

/// Asks for the letter, once for a key.
pub(crate) fn tell(
    tx: &mut Tx<'_>,
    (kind, to): (&'static Kind, To),
    key: String,
    told: &Told,
    at: Moment,
) -> Result<(), StoreError> {
    let told = serde_json::to_string(told).map_err(|error| StoreError::broken(error.to_string()))?;
    post::ask(tx, &Ask::new(kind, to, key, at).telling(told), at)?;
    Ok(())
}

pub(super) struct Writer;

impl Write for Writer {
    fn write<'a>(
        &'a self,
        wanted: &'a Wanted,
        to: &'a Recipient,
    ) -> BoxFuture<'a, Result<Content, NotWritten>> {
        Box::pin(async move {
            for_its_reader(wanted)?;
            let told: Told = serde_json::from_str(&wanted.data).map_err(|error| failed(&error))?;
            told.content(to).map_err(|error| failed(&error))
        })
    }
}

impl Told {
    pub(super) fn content(&self, to: &Recipient) -> Result<Content, askama::Error> {
        let tongue = tongue(&WORDS, to);
        let say = |key: &str| {
            let said = tongue.say(key).with("title", self.title.as_str());
            said.with("by", self.by.as_str()).to_string()
        };
        let rights = tongue.say_of("shared-may", &self.rights).unwrap_or_default();
        let lead = say("shared-lead");
        let body = Body::new()
            .heading(self.title.clone())
            .paragraph(lead.clone())
            .paragraph(rights)
            .button(tongue.say("shared-look").to_string(), self.link.clone());
        Ok(Content {
            subject: say("shared-subject"),
            preview: lead,
            html: body.html()?,
            text: body.text()?,
            why: tongue.say("shared-why").to_string(),
            ..Content::default()
        })
    }
}
