//! What the registry promises about people, on real stores.

mod addresses;
mod administrators;
mod cold;
mod deletion;
mod lists;
mod replica;

use std::sync::Arc;

use axum::extract::FromRequestParts as _;
use front::IfMatch;
use kernel::{Language, PersonId, Text};
use testkit::stores::{self, Kind, TestStore};

use super::service::{NewPerson, Start};
use super::types::{About, Attributes, Email, Person, Zone};
use crate::failure::Failure;
use crate::grants::types::{Acting, Doer, HouseRole, HouseRoles};
use crate::{Options, Registry};

pub(crate) struct House {
    pub registry: Arc<Registry>,
    pub store: TestStore,
}

pub(crate) async fn house(kind: Kind) -> House {
    let store = stores::open(kind).await.unwrap();
    let registry = Registry::open(store.store.clone(), store.clock.clone(), Options::for_tests())
        .await
        .unwrap();
    House { registry, store }
}

impl House {
    pub async fn add(&self, name: &str, email: Option<&str>, start: Start) -> Result<Person, Failure> {
        let new = NewPerson {
            id: None,
            about: about(name, email),
            start,
        };
        self.registry.create_person(&operator(), new).await
    }

    pub async fn active(&self, name: &str, email: &str) -> PersonId {
        self.add(name, Some(email), Start::Active).await.unwrap().id
    }

    pub async fn admin(&self, name: &str, email: &str) -> PersonId {
        let id = self.active(name, email).await;
        self.registry
            .grant(&operator(), id, "admin", "house")
            .await
            .unwrap();
        id
    }

    pub async fn bearer(&self, email: &str) -> Option<PersonId> {
        let email = Email::parse(email).unwrap();
        self.registry
            .person_by_email(&email)
            .await
            .unwrap()
            .map(|person| person.id)
    }

    pub async fn last_bearer(&self, email: &str) -> Option<PersonId> {
        self.registry
            .last_bearers(&[email.to_owned()])
            .await
            .unwrap()
            .pop()
            .flatten()
    }
}

pub(crate) fn about(name: &str, email: Option<&str>) -> About {
    About {
        email: email.map(|email| Email::parse(email).unwrap()),
        name: Text::new(name, 200).unwrap(),
        language: Language::English,
        zone: Zone::utc(),
        attributes: Attributes::default(),
    }
}

pub(crate) fn operator() -> Doer {
    Doer::house("test")
}

pub(crate) fn doer(id: PersonId, roles: &[HouseRole]) -> Doer {
    Doer {
        by: crate::audit::By {
            actor: crate::audit::Actor::Person(id),
            request: "test".to_owned(),
        },
        acting: Acting::Person {
            id,
            roles: HouseRoles::of(roles.iter().copied()),
        },
    }
}

pub(crate) async fn if_match(version: i64) -> IfMatch {
    let request = axum::extract::Request::builder().header("If-Match", format!("\"v{version}\""));
    let (mut parts, _) = request.body(()).unwrap().into_parts();
    IfMatch::from_request_parts(&mut parts, &()).await.unwrap()
}
