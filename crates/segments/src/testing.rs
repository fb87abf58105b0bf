//! A service on a store of its own, with people whom a test makes and unmakes.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use archive::Archive;
use futures_util::future::BoxFuture;
use kernel::{Clock, Id, Language, Moment, PersonId, Secret, Text};
use parking_lot::Mutex;
use testkit::stores::{self, Kind, TestStore};

use crate::catalog::Draft;
use crate::following::Followers;
use crate::people::{Population, Unknown};
use crate::service::Segments;
use crate::types::{Actor, Definition, Facts, Key, Rollout};

/// Who exists, as the test says.
#[derive(Clone, Default)]
pub(crate) struct Town(Arc<Mutex<HashMap<PersonId, Facts>>>);

impl Population for Town {
    fn facts<'a>(&'a self, people: &'a [PersonId]) -> BoxFuture<'a, Result<Vec<Option<Facts>>, Unknown>> {
        let known = self.0.lock();
        let found = people.iter().map(|person| known.get(person).cloned()).collect();
        Box::pin(async move { Ok(found) })
    }
}

pub(crate) struct Scene {
    pub(crate) store: TestStore,
    pub(crate) town: Town,
    pub(crate) segments: Segments,
    files: tempfile::TempDir,
}

pub(crate) fn archive(path: &Path, clock: &Clock) -> Archive {
    let secret = Secret::new("a secret of no house");
    Archive::folder(path, "http://house", &secret, clock.clone()).unwrap()
}

impl Scene {
    pub(crate) async fn on(kind: Kind) -> Scene {
        let store = stores::open(kind).await.unwrap();
        let town = Town::default();
        let files = tempfile::tempdir().unwrap();
        let archive = archive(files.path(), &store.clock);
        let segments = Segments::new(
            store.store.clone(),
            store.clock.clone(),
            Arc::new(town.clone()),
            archive,
        );
        segments.load().await.unwrap();
        Scene {
            store,
            town,
            segments,
            files,
        }
    }

    /// A second instance on the same store, which has read everything.
    pub(crate) async fn another(&self) -> (Segments, Followers) {
        let store = self.store.another().await.unwrap();
        let archive = archive(self.files.path(), &self.store.clock);
        let other = Segments::new(
            store,
            self.store.clock.clone(),
            Arc::new(self.town.clone()),
            archive,
        );
        let followers = other.load().await.unwrap();
        (other, followers)
    }

    /// Somebody who has been here for longer than a year.
    pub(crate) async fn old_person(&self, number: u64) -> PersonId {
        self.person_since(number, "gold", stores::START.plus_seconds(-400 * 86_400))
            .await
    }

    /// Somebody new, or somebody known of whom other things are true.
    pub(crate) async fn person(&self, number: u64, plan: &str) -> PersonId {
        self.person_since(number, plan, stores::START).await
    }

    async fn person_since(&self, number: u64, plan: &str, created: Moment) -> PersonId {
        let id = person(number);
        let value = crate::types::Value::Text(plan.to_owned());
        let facts = Facts {
            language: Language::English,
            zone: "Europe/Moscow".to_owned(),
            created,
            attributes: BTreeMap::from([("plan".to_owned(), value)]),
        };
        self.town.0.lock().insert(id, facts);
        self.segments.learn(&[id]).await.unwrap();
        id
    }

    pub(crate) async fn delete(&self, person: PersonId) {
        self.town.0.lock().remove(&person);
        self.segments.learn(&[person]).await.unwrap();
    }

    pub(crate) async fn segment(&self, key: &str, rollout: Option<Rollout>) {
        self.segments
            .create(draft(key, rollout), Actor::House)
            .await
            .unwrap();
    }

    pub(crate) async fn add(&self, person: PersonId, key: &str, until: Option<Moment>) {
        let add = [(key.to_owned(), until)];
        self.segments.put(person, &add, &[], Actor::House).await.unwrap();
    }
}

pub(crate) fn person(number: u64) -> PersonId {
    PersonId(Id::named("person", &number.to_string()))
}

pub(crate) fn draft(key: &str, rollout: Option<Rollout>) -> Draft {
    Draft {
        key: Key::parse(key).unwrap(),
        title: Text::new(key, 100).unwrap(),
        description: Text::new("", 100).unwrap(),
        owner: Text::new("", 100).unwrap(),
        definition: Definition {
            rollout,
            variants: Vec::new(),
        },
    }
}

/// The keys of a person's segments; `None` when the instance does not know them.
pub(crate) fn keys(segments: &Segments, person: PersonId) -> Option<Vec<String>> {
    let found = segments.of_person(person)?;
    let mut keys: Vec<String> = found.iter().map(|one| one.segment.to_string()).collect();
    keys.sort();
    Some(keys)
}
