//! Segments among their neighbours: who tells them of people, and what they do later.
//!
//! People come from one place. That is the registry of this house, or, with `[intake]`, the users service, asked when Kafka
//! says that somebody came or went; then what the registry says of its own people is not for segments.

mod arrivals;
mod users;

use std::collections::BTreeSet;
use std::slice;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use archive::Archive;
use bell::{Bell, Duty, Failed, Hear, Scope};
use front::Routes;
use futures_util::future::BoxFuture;
use intake::Intake;
use kernel::{Clock, Id, PersonId, Secret};
use registry::Registry;
use registry::people::types::{Attributes, Person, Value};
use segments::types::{Facts, Value as Fact};
use segments::{Followers, Population, Segments, Unknown};
use store::outbox::Change;
use store::{Store, StoreError};
use tokio::sync::watch;

use self::arrivals::Arrivals;
pub use self::users::{ID, Users};
use crate::config::Config;

/// What is over is so for readers at its instant; that it is written down may take a moment.
const ENDS: Duration = Duration::from_secs(1);
/// Between two looks for draws that were cut off, and for reports that are kept no more.
const CLEARS: Duration = Duration::from_secs(60);
/// Between two looks for reports to be made.
const REPORTS: Duration = Duration::from_secs(1);
/// What the registry tells of people.
const CHANGES: [&str; 3] = [
    "registry.person.created",
    "registry.person.changed",
    "registry.person.deleted",
];

/// Changes of people that are learned at once.
const LEARNED_AT_ONCE: usize = 200;

/// Segments of a process that answers for them, and who learns in any process.
pub async fn open(
    answers: bool,
    config: &Config,
    store: &Store,
    clock: &Clock,
    registry: &Arc<Registry>,
    archive: &Archive,
) -> anyhow::Result<(Option<Resident>, Learner)> {
    if !answers {
        let learner = Learner::elsewhere(config, store, clock, registry, archive);
        return Ok((None, learner));
    }
    let resident = Resident::open(config, store, clock, registry, archive).await?;
    let learner = resident.learner();
    Ok((Some(resident), learner))
}

/// Segments in a house that runs them, and where their reading of the store goes on.
pub struct Resident {
    pub segments: Segments,
    followers: Followers,
    /// Whom Kafka speaks of, if people come from there.
    arrivals: Option<Arrivals>,
}

impl Resident {
    async fn open(
        config: &Config,
        store: &Store,
        clock: &Clock,
        registry: &Arc<Registry>,
        archive: &Archive,
    ) -> anyhow::Result<Resident> {
        let segments = |population| Segments::new(store.clone(), clock.clone(), population, archive.clone());
        let (segments, arrivals) = if config.has_intake() {
            let users = Arc::new(Users::new(&config.intake).context("the users service")?);
            let segments = segments(users.clone());
            let arrivals = Arrivals::new(config, &segments, users);
            (segments, Some(arrivals))
        } else {
            (segments(Arc::new(Neighbours(Arc::clone(registry)))), None)
        };
        let followers = segments.load().await.context("segments cannot be read")?;
        Ok(Resident {
            segments,
            followers,
            arrivals,
        })
    }

    pub fn routes(&self, base: &str, secret: &Secret) -> Routes {
        self.segments.routes(base, secret)
    }

    /// What is done for segments again and again.
    pub fn later(&self, bell: Bell) -> Bell {
        bell.duty(self.duty("segments.end", ENDS, |segments| async move {
            segments.end_what_is_over().await.map(|_| ())
        }))
        .duty(self.duty("segments.clear", CLEARS, |segments| async move {
            segments.clear_draws().await?;
            segments.forget_reports().await
        }))
        .duty(self.duty("segments.reports", REPORTS, |segments| async move {
            while segments.make_report().await? {}
            Ok(())
        }))
    }

    /// Learns here, where memory is told at once.
    fn learner(&self) -> Learner {
        Learner(self.arrivals.is_none().then(|| self.segments.clone()))
    }

    /// Something that one process of the house does again and again.
    fn duty<F>(
        &self,
        name: &'static str,
        every: Duration,
        round: impl Fn(Segments) -> F + Send + Sync + 'static,
    ) -> Duty
    where
        F: Future<Output = Result<(), StoreError>> + Send + 'static,
    {
        let segments = self.segments.clone();
        Duty::new(name, every, Scope::OncePerHouse, move || {
            let round = round(segments.clone());
            async move { Ok(round.await?) }
        })
    }

    /// Follows the store, and Kafka if people come from there, until the house closes.
    pub fn follow(self, closing: watch::Receiver<bool>) -> Option<Intake> {
        let arrivals = self.arrivals.map(|arrivals| arrivals.open(closing.clone()));
        tokio::spawn(async move { self.segments.follow(self.followers, closing).await });
        arrivals
    }
}

/// The registry, as segments ask for people.
struct Neighbours(Arc<Registry>);

impl Population for Neighbours {
    fn facts<'a>(&'a self, people: &'a [PersonId]) -> BoxFuture<'a, Result<Vec<Option<Facts>>, Unknown>> {
        Box::pin(async move {
            let known = self.0.all_of(people).await;
            let known = known.map_err(|error| Unknown(error.to_string()))?;
            Ok(known.iter().map(|person| facts(person.as_ref()?)).collect())
        })
    }
}

fn facts(person: &Person) -> Option<Facts> {
    let about = person.about()?;
    Some(Facts {
        language: about.language,
        zone: about.zone.as_str().to_owned(),
        created: person.created,
        attributes: plain(&about.attributes),
    })
}

fn plain(attributes: &Attributes) -> std::collections::BTreeMap<String, Fact> {
    let fact = |value: &Value| match value {
        Value::Text(text) => Fact::Text(text.clone()),
        Value::Integer(integer) => Fact::Integer(*integer),
        Value::Decimal(decimal) => Fact::Decimal(*decimal),
        Value::Flag(flag) => Fact::Flag(*flag),
    };
    attributes
        .iter()
        .map(|(name, value)| (name.to_owned(), fact(value)))
        .collect()
}

/// Learns about whoever the registry says has changed. When people come from elsewhere it hears it all the same and does
/// nothing: what nobody hears would be kept.
#[derive(Clone)]
pub struct Learner(Option<Segments>);

impl Learner {
    /// For a process that answers nothing about segments.
    fn elsewhere(
        config: &Config,
        store: &Store,
        clock: &Clock,
        registry: &Arc<Registry>,
        archive: &Archive,
    ) -> Learner {
        let scribe = || {
            let population = Arc::new(Neighbours(Arc::clone(registry)));
            Segments::scribe(store.clone(), clock.clone(), population, archive.clone())
        };
        Learner((!config.has_intake()).then(scribe))
    }

    /// Has it hear what it is about.
    pub fn hearing(&self, bell: Bell) -> Bell {
        CHANGES
            .into_iter()
            .fold(bell, |bell, kind| bell.hear(kind, self.clone()))
    }
}

impl Hear for Learner {
    fn hear<'a>(&'a self, change: &'a Change) -> BoxFuture<'a, Result<(), Failed>> {
        self.hear_many(slice::from_ref(change))
    }

    fn many_max(&self) -> usize {
        LEARNED_AT_ONCE
    }

    fn hear_many<'a>(&'a self, changes: &'a [Change]) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async move {
            let Some(segments) = &self.0 else {
                return Ok(());
            };
            let people: Result<BTreeSet<PersonId>, Failed> = changes.iter().map(person).collect();
            let people: Vec<PersonId> = people?.into_iter().collect();
            let learned = segments.learn(&people).await;
            learned.map_err(|error| Failed::because(error.to_string()))
        })
    }
}

/// Whom a change of the registry is about.
pub(crate) fn person(change: &Change) -> Result<PersonId, Failed> {
    let key: [u8; 16] = change
        .key
        .as_slice()
        .try_into()
        .map_err(|_| Failed::because("the change names nobody"))?;
    Ok(PersonId(Id::from_bytes(key)))
}
