//! However a house is split over processes, no change is lost to a service that another process answers for.

use std::path::Path;

use calendar::Visitor;
use kernel::{Id, Language, PersonId, Text};
use registry::grants::types::Doer;
use registry::people::service::{NewPerson, Start};
use registry::people::types::{About, Attributes, Zone};

use super::*;
use crate::config::Sources;

/// A house on the store in this folder, with its door shut.
async fn built(folder: &Path, only: &[&str]) -> Built {
    let settings = [
        ("TOWNHALL_STORE__DATA", folder.to_str().unwrap()),
        ("TOWNHALL_SERVER__LISTEN", "127.0.0.1:0"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let sources = Sources {
        file: None,
        environment: settings.into_iter().collect(),
        flags: Vec::new(),
    };
    let opening = Opening {
        only: only.iter().map(|service| (*service).to_owned()).collect(),
        ..Opening::new(Config::load(&sources).unwrap())
    };
    build(opening).await.unwrap()
}

async fn somebody(house: &Built) -> PersonId {
    let about = About {
        email: None,
        name: Text::new("Somebody", 20).unwrap(),
        language: Language::default(),
        zone: Zone::parse("UTC").unwrap(),
        attributes: Attributes::default(),
    };
    let new = NewPerson {
        id: None,
        about,
        start: Start::Invited,
    };
    let made = house.registry.create_person(&Doer::house("test"), new).await;
    made.unwrap().id
}

async fn calendar(house: &Built, owner: PersonId) -> Id {
    let visitor = Visitor {
        id: owner,
        language: Language::default(),
        zone: "UTC".to_owned(),
    };
    house.calendars.home(&visitor).await.unwrap()[0].id
}

async fn has(house: &Built, owner: PersonId, calendar: Id) -> bool {
    house.calendars.calendar(owner, calendar).await.is_ok()
}

fn is_known(house: &Built, person: PersonId) -> bool {
    house.segments.as_ref().unwrap().segments.knows(person)
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_services_a_process_answers_for_what_it_hears_is_heard_for_all() {
    let folder = tempfile::tempdir().unwrap();
    for service in SERVICES {
        let whole = built(folder.path(), &[]).await;
        let hearers = whole.bell.hearers();
        let goes = somebody(&whole).await;
        let theirs = calendar(&whole, goes).await;
        whole.bell.catch_up().await.unwrap();
        assert!(is_known(&whole, goes) && has(&whole, goes, theirs).await);
        whole.store.close().await;
        drop(whole);

        let part = built(folder.path(), &[service]).await;
        assert_eq!(part.bell.hearers(), hearers, "--only {service}");
        let comes = somebody(&part).await;
        part.registry
            .delete_person(&Doer::house("test"), goes)
            .await
            .unwrap();
        part.bell.catch_up().await.unwrap();
        part.store.close().await;
        drop(part);

        // Nothing is heard here: what is known was written down by the part.
        let whole = built(folder.path(), &[]).await;
        assert!(!is_known(&whole, goes), "--only {service}: segments");
        assert!(!has(&whole, goes, theirs).await, "--only {service}: calendars");
        assert!(is_known(&whole, comes), "--only {service}");
        whole.store.close().await;
    }
}
