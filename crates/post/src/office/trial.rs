//! Letters that somebody sends to find out whether letters go out: the operator after a change, and tests.

use futures_util::future::BoxFuture;
use futures_util::{StreamExt as _, stream};
use kernel::{Id, random_token};
use std::time::Duration;
use store::StoreError;

use super::Post;
use crate::letters::{Ask, Outsider, To, ask};
use crate::writing::{Desks, NotWritten, Wanted, Write};
use crate::{Body, Content, Kind, Recipient};

/// A letter that says nothing but that letters arrive.
pub static TRIAL: Kind = Kind::prompt(1, "house.trial", Duration::from_secs(3600));

/// More than a test of a provider needs, and few enough not to fill a store by a slip of the finger.
pub const LETTERS_MAX: u32 = 20_000;
/// Letters that are asked for at the same time.
const ASKED_AT_ONCE: usize = 256;

struct Trial;

impl Write for Trial {
    fn write<'a>(
        &'a self,
        wanted: &'a Wanted,
        to: &'a Recipient,
    ) -> BoxFuture<'a, Result<Content, NotWritten>> {
        Box::pin(async move {
            let body = Body::new()
                .heading("A letter on trial")
                .paragraph("Somebody wanted to know whether letters of this house arrive. This one did.")
                .facts(vec![
                    ("To".to_owned(), to.email.clone()),
                    ("Asked for".to_owned(), wanted.asked.to_string()),
                    ("Written".to_owned(), wanted.now.to_string()),
                ]);
            let failed = |error: askama::Error| NotWritten::Failed(error.to_string());
            Ok(Content {
                subject: "A letter on trial".to_owned(),
                preview: "Letters of this house arrive.".to_owned(),
                html: body.html().map_err(failed)?,
                text: body.text().map_err(failed)?,
                ..Content::default()
            })
        })
    }
}

/// The kinds that the house itself writes.
pub(super) fn desks() -> Desks {
    Desks::new().writes(&TRIAL, Trial)
}

impl Post {
    /// Asks for letters on trial to an address; several go to `name+1@host`, `name+2@host` and so on, as many mail
    /// servers know them. Says which letters they are.
    pub async fn try_out(&self, email: &str, letters: u32) -> Result<Vec<Id>, StoreError> {
        let (now, key) = (self.0.now(), random_token());
        let asks = (0..letters.min(LETTERS_MAX)).map(|number| {
            let to = To::Address(Outsider {
                email: numbered(email, number, letters),
                name: String::new(),
                language: "en".to_owned(),
                zone: "UTC".to_owned(),
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
}

fn numbered(email: &str, number: u32, letters: u32) -> String {
    match email.rsplit_once('@') {
        Some((name, host)) if letters > 1 => format!("{name}+{number}@{host}"),
        _ => email.to_owned(),
    }
}
