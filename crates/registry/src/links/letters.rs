//! The letters that bring links to people.
//!
//! The link's secret travels from the transaction that makes the link to the one moment in which the letter is written,
//! and is sealed in between, so that a copy of the database opens nobody's account. A link that was used or replaced
//! before its letter was written makes no letter.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use front::frame::Tongue;
use futures_util::future::BoxFuture;
use kernel::{Id, Moment, PersonId, Secret};
use post::words::{instant, tongue};
use post::{Ask, Body, Content, Desks, Kind, NotWritten, Recipient, Specimen, To, Wanted, Write};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use super::rows;
use super::types::{Carried, Outgoing, Purpose};
use crate::pages::WORDS;
use crate::service::Registry;
use crate::tokens::{BadSeal, Seal};

/// A link lives for days at most; its own end is what the letter goes by.
const WANTED_FOR: std::time::Duration = std::time::Duration::from_secs(7 * 24 * 3600);

pub static INVITATION: Kind = Kind::prompt(2, "registry.invitation", WANTED_FOR);
pub static RESET: Kind = Kind::prompt(3, "registry.reset", WANTED_FOR);

/// What stands in place of a link's secret when somebody else than its reader looks at the letter. It opens nothing.
const HIDDEN: &str = "only-its-reader-gets-it";

/// What a letter is told.
#[derive(Serialize, Deserialize)]
struct Told {
    link: String,
    /// The address to open, sealed.
    sealed: String,
    /// Microseconds.
    expires: i64,
}

/// Brings links to people: asks for the letter in the transaction that makes the link, so there is neither a link
/// without its letter nor a letter without its link.
pub(crate) struct Carrier {
    seal: Seal,
    reaches_people: bool,
}

impl Carrier {
    pub(crate) fn new(secret: &Secret, reaches_people: bool) -> Result<Carrier, BadSeal> {
        Ok(Carrier {
            seal: Seal::for_links(secret)?,
            reaches_people,
        })
    }

    /// Whether people can be reached without an administrator: only then does a person's own request for a reset make
    /// a link.
    pub(crate) fn reaches_people(&self) -> bool {
        self.reaches_people
    }

    /// Where letters only go into a folder, they are written all the same, and the administrator passes the link on.
    pub(crate) fn carry(&self, tx: &mut Tx<'_>, outgoing: &Outgoing) -> Result<Carried, StoreError> {
        let sealed = self
            .seal
            .close(outgoing.link, outgoing.address.reveal().as_bytes())
            .map_err(|bad| StoreError::broken(bad.to_string()))?;
        let told = Told {
            link: outgoing.link.to_string(),
            sealed: STANDARD.encode(sealed),
            expires: outgoing.expires.as_micros(),
        };
        let told = serde_json::to_string(&told).map_err(|error| StoreError::broken(error.to_string()))?;
        let key = outgoing.link.as_bytes().to_vec();
        let ask = Ask::new(
            kind_of(outgoing.purpose),
            To::Person(outgoing.person),
            key,
            outgoing.made,
        )
        .telling(told)
        .wanted_until(outgoing.expires);
        post::ask(tx, &ask, outgoing.made)?;
        Ok(if self.reaches_people {
            Carried::Sent
        } else {
            Carried::ShownToAdmin
        })
    }

    fn opened(&self, told: &Told, link: Id) -> Option<Secret> {
        let sealed = STANDARD.decode(&told.sealed).ok()?;
        let address = self.seal.open(link, &sealed).ok()?;
        String::from_utf8(address).ok().map(Secret::new)
    }
}

fn kind_of(purpose: Purpose) -> &'static Kind {
    match purpose {
        Purpose::Invitation => &INVITATION,
        Purpose::Reset => &RESET,
    }
}

/// Who writes the letters of the registry.
pub fn desks(registry: &Arc<Registry>) -> Desks {
    let writer = |purpose| Writer {
        registry: Arc::clone(registry),
        purpose,
    };
    Desks::new()
        .writes(&INVITATION, writer(Purpose::Invitation))
        .writes(&RESET, writer(Purpose::Reset))
}

struct Writer {
    registry: Arc<Registry>,
    purpose: Purpose,
}

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
        let failed = |why: &str| NotWritten::Failed(why.to_owned());
        let told: Told = serde_json::from_str(&wanted.data).map_err(|_| failed("its data cannot be read"))?;
        let link: Id = told.link.parse().map_err(|_| failed("its data names no link"))?;
        let person = to
            .person
            .ok_or_else(|| failed("a link is for a person of the house"))?;
        let expires = Moment::from_micros(told.expires);
        if wanted.now >= expires || !self.is_open(person, link).await? {
            return Err(NotWritten::Unwanted(
                "the link was used, replaced or is too old".to_owned(),
            ));
        }
        let address = if wanted.only_shown {
            Some(Secret::new(format!(
                "{}/links/{HIDDEN}",
                self.registry.options.base
            )))
        } else {
            self.registry.carrier.opened(&told, link)
        };
        let address =
            address.ok_or_else(|| failed("the link was sealed with another secret of the house"))?;
        let letter = LinkLetter {
            purpose: self.purpose,
            house: &self.registry.options.house,
            address: address.reveal(),
            expires,
            now: wanted.now,
        };
        letter.content(to).map_err(|error| failed(&error.to_string()))
    }

    async fn is_open(&self, person: PersonId, link: Id) -> Result<bool, StoreError> {
        let links = self
            .registry
            .store
            .shard_of(person)
            .read(move |tx| rows::of_person(tx, person))
            .await?;
        Ok(links.iter().any(|open| open.id == link))
    }
}

/// The texts that differ between the two.
struct Keys {
    subject: &'static str,
    preview: &'static str,
    body: &'static str,
    act: &'static str,
    unexpected: &'static str,
    why: &'static str,
}

const fn keys_of(purpose: Purpose) -> Keys {
    match purpose {
        Purpose::Invitation => Keys {
            subject: "letter-invitation-subject",
            preview: "letter-invitation-preview",
            body: "letter-invitation-body",
            act: "letter-invitation-act",
            unexpected: "letter-invitation-unexpected",
            why: "letter-invitation-why",
        },
        Purpose::Reset => Keys {
            subject: "letter-reset-subject",
            preview: "letter-reset-preview",
            body: "letter-reset-body",
            act: "letter-reset-act",
            unexpected: "letter-reset-unexpected",
            why: "letter-reset-why",
        },
    }
}

/// What such a letter says.
struct LinkLetter<'a> {
    purpose: Purpose,
    house: &'a str,
    address: &'a str,
    expires: Moment,
    now: Moment,
}

impl LinkLetter<'_> {
    fn content(&self, to: &Recipient) -> Result<Content, askama::Error> {
        let tongue = tongue(&WORDS, to);
        let until = instant(&tongue, self.expires, self.now);
        let say = |key: &str| self.say(&tongue, key, to, &until);
        let keys = keys_of(self.purpose);
        let hello = if to.name.is_empty() {
            say("letter-hello-nameless")
        } else {
            say("letter-hello")
        };
        let body = Body::new()
            .heading(say(keys.subject))
            .paragraph(hello)
            .paragraph(say(keys.body))
            .button(say(keys.act), self.address)
            .paragraph(say("letter-link-until"))
            .note(say(keys.unexpected));
        Ok(Content {
            subject: say(keys.subject),
            preview: say(keys.preview),
            html: body.html()?,
            text: body.text()?,
            why: say(keys.why),
            ..Content::default()
        })
    }

    /// All texts of a letter are given the same arguments.
    fn say(&self, tongue: &Tongue, key: &str, to: &Recipient, until: &str) -> String {
        tongue
            .say(key)
            .with("house", self.house)
            .with("name", to.name.as_str())
            .with("email", to.email.as_str())
            .with("until", until)
            .to_string()
    }
}

/// The letters as they look, for previews and tests: with a link that opens nothing.
pub const SPECIMENS: [Specimen; 2] = [
    Specimen {
        kind: &INVITATION,
        write: |to, house, now| specimen(Purpose::Invitation, to, house, now),
    },
    Specimen {
        kind: &RESET,
        write: |to, house, now| specimen(Purpose::Reset, to, house, now),
    },
];

fn specimen(purpose: Purpose, to: &Recipient, house: &str, now: Moment) -> Result<Content, askama::Error> {
    const LIFE_SECONDS: i64 = 2 * 24 * 3600;
    let letter = LinkLetter {
        purpose,
        house,
        address: "https://townhall.example/links/AZmXo8XkcqG9a3Wm0hUqvDkz2nQf7sYb1LpTtR4wJ6cEoVxMiB8uNgHdAaKySzP0e",
        expires: now.plus_seconds(LIFE_SECONDS),
        now,
    };
    letter.content(to)
}

#[cfg(test)]
mod tests {
    use kernel::Language;
    use post::{Light, Specimens, Stationery};

    use super::*;

    #[test]
    fn letters_look_as_they_were_last_seen() {
        let now: Moment = "2026-11-21T09:30:00Z".parse().unwrap();
        let secret = Secret::new("s".repeat(32));
        let base = "https://townhall.example";
        let specimens = Specimens {
            all: SPECIMENS.to_vec(),
            reader: crate::demo::reader,
            stationery: Stationery::new("Townhall", base, "townhall@townhall.example", &secret).unwrap(),
        };
        for specimen in &specimens.all {
            for language in Language::ALL {
                let (subject, framed) = specimens
                    .shown(specimen, language, Light::AsTheReader, now)
                    .unwrap();
                let name = format!("{}-{language}", specimen.kind.name);
                insta::assert_snapshot!(format!("{name}-text"), format!("{subject}\n\n{}", framed.text));
                insta::assert_snapshot!(format!("{name}-html"), framed.html);
            }
        }
    }
}
