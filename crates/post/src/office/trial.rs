//! Letters that somebody sends to find out whether letters go out: the operator after a change, and tests.

use futures_util::future::BoxFuture;
use futures_util::{StreamExt as _, stream};
use kernel::{Id, Moment, random_token};
use std::time::Duration;
use store::StoreError;

use super::Post;
use crate::letters::{Ask, Outsider, To, ask};
use crate::words::{WORDS, instant, tongue};
use crate::writing::{Desks, NotWritten, Wanted, Write};
use crate::{Body, Content, Kind, Recipient, Specimen};

/// A letter that says nothing but that letters arrive.
pub static TRIAL: Kind = Kind::prompt(1, "house.trial", Duration::from_secs(3600));

/// How the house's own letters look.
pub const SPECIMENS: [Specimen; 1] = [Specimen {
    kind: &TRIAL,
    write: |to, house, now| content(to, house, now, now),
}];

/// More than a test of a provider needs, and few enough not to fill a store by a slip of the finger.
pub const LETTERS_MAX: u32 = 20_000;
/// Letters that are asked for at the same time.
const ASKED_AT_ONCE: usize = 256;

struct Trial {
    house: String,
}

impl Write for Trial {
    fn write<'a>(
        &'a self,
        wanted: &'a Wanted,
        to: &'a Recipient,
    ) -> BoxFuture<'a, Result<Content, NotWritten>> {
        Box::pin(async move {
            let written = content(to, &self.house, wanted.asked, wanted.now);
            written.map_err(|error| NotWritten::Failed(error.to_string()))
        })
    }
}

fn content(to: &Recipient, house: &str, asked: Moment, now: Moment) -> Result<Content, askama::Error> {
    let tongue = tongue(&WORDS, to);
    let say = |key: &str| tongue.say(key).with("house", house).to_string();
    let body = Body::new()
        .heading(say("trial-subject"))
        .paragraph(say("trial-body"))
        .facts(vec![
            (say("letter-whom"), to.email.clone()),
            (say("letter-asked"), instant(&tongue, asked, now)),
            (say("trial-written"), instant(&tongue, now, now)),
        ]);
    Ok(Content {
        subject: say("trial-subject"),
        preview: say("trial-preview"),
        html: body.html()?,
        text: body.text()?,
        why: say("trial-why"),
        ..Content::default()
    })
}

/// The kinds that the house itself writes.
pub(super) fn desks(house: &str) -> Desks {
    let house = house.to_owned();
    Desks::new().writes(&TRIAL, Trial { house })
}

impl Post {
    /// Asks for letters on trial to an address; several go to `name+1@host`, `name+2@host` and so on, as many mail
    /// servers know them. Whoever of the house has the address gets them in their own language and zone, others as
    /// `reader` says. Says which letters they are.
    pub async fn try_out(&self, reader: &Outsider, letters: u32) -> Result<Vec<Id>, StoreError> {
        let reader = self.as_known(reader).await?;
        let (now, key) = (self.0.now(), random_token());
        let asks = (0..letters.min(LETTERS_MAX)).map(|number| {
            let to = To::Address(Outsider {
                email: numbered(&reader.email, number, letters),
                ..reader.clone()
            });
            let wanted = Ask::new(&TRIAL, to, format!("{key}/{number}"), now);
            let id = wanted.id();
            let shard = self.0.store.shard_of(id);
            async move {
                shard
                    .write::<_, StoreError>(move |tx| ask(tx, &wanted, now).map(|_| ()))
                    .await
                    .map(|()| id)
            }
        });
        let asked: Vec<_> = stream::iter(asks).buffer_unordered(ASKED_AT_ONCE).collect().await;
        asked.into_iter().collect()
    }

    async fn as_known(&self, reader: &Outsider) -> Result<Outsider, StoreError> {
        let Some(person) = self.0.recipients.bearer(&reader.email).await? else {
            return Ok(reader.clone());
        };
        let known = self.reader(person).await?;
        Ok(known.map_or_else(
            || reader.clone(),
            |known| Outsider {
                email: reader.email.clone(),
                name: known.name,
                language: known.language.code().to_owned(),
                zone: known.zone,
            },
        ))
    }
}

fn numbered(email: &str, number: u32, letters: u32) -> String {
    match email.rsplit_once('@') {
        Some((name, host)) if letters > 1 => format!("{name}+{number}@{host}"),
        _ => email.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Language, Secret};

    use super::*;
    use crate::{Light, Specimens, Stationery};

    fn reader(language: Language) -> Recipient {
        Recipient {
            person: None,
            email: "anna@example.org".to_owned(),
            name: "Anna".to_owned(),
            language,
            zone: "Europe/Moscow".to_owned(),
        }
    }

    #[test]
    fn a_letter_on_trial_comes_in_the_language_and_zone_of_its_reader() {
        let now: Moment = "2026-11-21T09:30:00Z".parse().unwrap();
        let secret = Secret::new("s".repeat(32));
        let base = "https://townhall.example";
        let stationery = Stationery::new("Townhall", base, "townhall@townhall.example", &secret).unwrap();
        let specimens = Specimens {
            all: SPECIMENS.to_vec(),
            reader,
            stationery,
        };
        for language in Language::ALL {
            let shown = specimens.shown(&specimens.all[0], language, Light::AsTheReader, now);
            let (subject, framed) = shown.unwrap();
            let (expected, written) = match language {
                Language::English => (
                    "A letter on trial from Townhall",
                    "Saturday, 21 November, 12:30 (Moscow time)",
                ),
                Language::Russian => (
                    "Пробное письмо: Townhall",
                    "суббота, 21 ноября, 12:30 (московское время)",
                ),
            };
            assert_eq!(subject, expected);
            for said in [expected, written, "anna@example.org"] {
                assert!(framed.text.contains(said), "{said}: {}", framed.text);
                assert!(framed.html.contains(said), "{said}: {}", framed.html);
            }
        }
    }

    #[test]
    fn several_letters_go_to_addresses_that_many_servers_know_as_one() {
        assert_eq!(numbered("anna@example.org", 0, 1), "anna@example.org");
        assert_eq!(numbered("anna@example.org", 1, 2), "anna+1@example.org");
    }
}
