//! A house without its front: a store in a file, people in the registry, the post office as the house connects it, and
//! one SMTP server that takes its letters.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use futures_util::future::BoxFuture;
use kernel::{Clock, Language, Moment, PersonId, Secret, Text};
use post::providers::Line;
use post::providers::smtp::{Security, Smtp, SmtpOptions};
use post::suppressions::Suppressions;
use post::{
    Ask, Body, Content, Desks, Kind, NotWritten, Post, Recipient, Setup, Stationery, Wanted, Write, words,
};
use registry::people::types::{About, Attributes, Email, Person, Zone};
use registry::people::{rows, rules};
use registry::{Options, Registry};
use store::{Store, StoreConfig, StoreError, Tx};
use tempfile::TempDir;

/// Somebody waits for it, and may stop it: a reminder.
pub static REMINDER: Kind =
    Kind::prompt(9001, "bench.reminder", Duration::from_secs(3600)).stopped_as("bench.reminders");
/// It goes to everybody, in their morning.
pub static MONDAY: Kind = Kind::bulk(
    9002,
    "bench.monday",
    "bench.monday",
    Duration::from_secs(3 * 3600),
);
/// Rows of one transaction, where many are written at once.
const ROWS: usize = 500;

pub struct House {
    pub store: Store,
    pub clock: Clock,
    pub post: Post,
    pub folder: TempDir,
    stationery: Stationery,
    registry: Arc<Registry>,
}

/// How the SMTP server is spoken to.
#[derive(Clone, Copy)]
pub struct To {
    pub port: u16,
    /// Letters that the server may have in its hands; the house has half as many connections.
    pub concurrency: u32,
}

impl House {
    pub async fn open(clock: Clock, to: To) -> anyhow::Result<House> {
        let folder = tempfile::tempdir()?;
        let config = StoreConfig::sqlite(folder.path().join("house.sqlite"));
        Store::migrate(&config, &clock).await?;
        let store = Store::open(config, clock.clone()).await?;
        let registry = Registry::open(store.clone(), clock.clone(), Options::for_tests()).await?;
        let secret = Secret::new("the same all the time, as good as any other here");
        let stationery = Stationery::new("House", "https://house.example", "house@house.example", &secret)?;
        let smtp = Smtp::new(SmtpOptions {
            security: Security::Off,
            connections: usize::try_from(to.concurrency.div_ceil(2))?,
            ..SmtpOptions::new("sink", "127.0.0.1", to.port)
        })?;
        let line = Line {
            concurrency: to.concurrency,
            ..Line::new(Arc::new(smtp))
        };
        let post = Post::new(Setup {
            store: store.clone(),
            clock: clock.clone(),
            desks: Desks::new().writes(&REMINDER, Week).writes(&MONDAY, Week),
            lines: vec![line],
            recipients: registry.clone(),
            stationery: stationery.clone(),
            suppressions: Suppressions::new(store.clone(), clock.clone()),
        });
        Ok(House {
            store,
            clock,
            post: post?,
            folder,
            stationery,
            registry,
        })
    }

    /// Lets so many people in, each at a mail server that `domain` names.
    pub async fn let_in(
        &self,
        count: usize,
        domain: impl Fn(usize) -> &'static str,
    ) -> anyhow::Result<Vec<PersonId>> {
        let now = self.clock.now();
        let mut ids = Vec::with_capacity(count);
        for first in (0..count).step_by(ROWS) {
            let people = (first..count.min(first + ROWS)).map(|number| {
                let about = About {
                    email: Some(Email::parse(&format!("reader-{number}@{}", domain(number)))?),
                    name: Text::new(&format!("Reader {number}"), 100).context("a name")?,
                    language: [Language::English, Language::Russian][number % 2],
                    zone: Zone::parse("Europe/Moscow").context("a zone")?,
                    attributes: Attributes::default(),
                };
                Ok(rules::admitted(PersonId::new(now), about, now))
            });
            let people: Vec<Person> = people.collect::<anyhow::Result<_>>()?;
            ids.extend(people.iter().map(|person| person.id));
            self.write(move |tx| people.iter().try_for_each(|person| rows::insert(tx, person)))
                .await?;
        }
        Ok(ids)
    }

    /// Asks for letters, many in one transaction, as whoever rings timers in batches does.
    pub async fn ask(&self, asks: impl Iterator<Item = Ask>) -> anyhow::Result<()> {
        let now = self.clock.now();
        let mut asks = asks.peekable();
        while asks.peek().is_some() {
            let some: Vec<Ask> = asks.by_ref().take(ROWS).collect();
            self.write(move |tx| {
                some.iter()
                    .try_for_each(|ask| post::ask(tx, ask, now).map(|_| ()))
            })
            .await?;
        }
        Ok(())
    }

    async fn write(
        &self,
        body: impl Fn(&mut Tx<'_>) -> Result<(), StoreError> + Send + Sync + 'static,
    ) -> anyhow::Result<()> {
        let shards = self.store.everywhere();
        let shard = shards.first().context("a store without a server")?;
        Ok(shard.write(body).await?)
    }

    /// As many bytes as a letter of these has on its way.
    pub async fn letter_bytes(&self, kind: &'static Kind, person: PersonId) -> anyhow::Result<usize> {
        let to = post::Recipients::recipient(&*self.registry, person).await?;
        let to = to.context("nobody is there to write to")?;
        let now = self.clock.now();
        let content = week(now, &to)?;
        let ready =
            self.stationery
                .finished(kernel::Id::named("letter", "bench"), kind, &to, &content, now)?;
        Ok(ready.mime.len())
    }
}

/// A letter as services write them: a week told from current data.
struct Week;

impl Write for Week {
    fn write<'a>(
        &'a self,
        wanted: &'a Wanted,
        to: &'a Recipient,
    ) -> BoxFuture<'a, Result<Content, NotWritten>> {
        Box::pin(async move { week(wanted.now, to).map_err(|error| NotWritten::Failed(error.to_string())) })
    }
}

fn week(now: Moment, to: &Recipient) -> anyhow::Result<Content> {
    let tongue = words::tongue(&words::WORDS, to);
    let facts = (1..=3).map(|day| {
        let at = words::instant(&tongue, now.plus_seconds(day * 24 * 3600), now);
        (at, format!("Meeting number {day} of the house"))
    });
    let body = Body::new()
        .heading(format!("{}, this is your week", to.name))
        .paragraph("What happens in the house this week, and what it needs you for.")
        .facts(facts.collect())
        .button("Open the calendar", "https://house.example/calendar")
        .note("Times are those of your own zone.");
    Ok(Content {
        subject: "Your week".to_owned(),
        preview: "Three meetings from Tuesday to Thursday.".to_owned(),
        html: body.html()?,
        text: body.text()?,
        why: "You get this letter because you are a member of the house.".to_owned(),
        ..Content::default()
    })
}
