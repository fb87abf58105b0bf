//! Segments among their neighbours: who tells them of people, and what they do later.

use std::sync::Arc;
use std::time::Duration;

use bell::{Bell, Duty, Failed, Hear, Scope};
use futures_util::future::BoxFuture;
use kernel::{Clock, Id, PersonId};
use registry::Registry;
use registry::people::types::{Attributes, Person, Value};
use segments::types::{Facts, Value as Fact};
use segments::{Population, Segments, Unknown};
use store::Store;
use store::outbox::Change;

/// What is over is so for readers at its instant; that it is written down may take a moment.
const ENDS: Duration = Duration::from_secs(1);
/// What the registry tells of people.
const CHANGES: [&str; 3] = [
    "registry.person.created",
    "registry.person.changed",
    "registry.person.deleted",
];

pub fn open(store: &Store, clock: &Clock, registry: &Arc<Registry>) -> Segments {
    let neighbours = Neighbours(Arc::clone(registry));
    Segments::new(store.clone(), clock.clone(), Arc::new(neighbours))
}

/// What rings and is heard for segments.
pub fn later(bell: Bell, segments: &Segments) -> Bell {
    let ending = segments.clone();
    let bell = bell.duty(Duty::new("segments.end", ENDS, Scope::OncePerHouse, move || {
        let segments = ending.clone();
        async move { Ok(segments.end_what_is_over().await.map(|_| ())?) }
    }));
    CHANGES
        .into_iter()
        .fold(bell, |bell, kind| bell.hear(kind, Learner(segments.clone())))
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

/// Learns about whoever the registry says has changed.
struct Learner(Segments);

impl Hear for Learner {
    fn hear<'a>(&'a self, change: &'a Change) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async move {
            let key: [u8; 16] = change
                .key
                .as_slice()
                .try_into()
                .map_err(|_| Failed::because("the change names nobody"))?;
            let learned = self.0.learn(&[PersonId(Id::from_bytes(key))]).await;
            learned.map_err(|error| Failed::because(error.to_string()))
        })
    }
}
