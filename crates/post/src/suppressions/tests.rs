//! What the list promises, on stores of every kind.

use kernel::{Id, PageSize};
use testkit::stores::{self, KINDS, TestStore};

use super::rules::SOFT_BOUNCES_MAX;
use super::service::Going;
use super::{Act, Address, Heard, Incident, New, Reason, Refused, Scope, Suppressions};
use crate::Lane;

fn list(store: &TestStore) -> Suppressions {
    Suppressions::new(store.store.clone(), store.clock.clone())
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn incident(email: &str, letter: &str, heard: Heard) -> Incident {
    Incident {
        address: address(email),
        letter: Id::named("letter", letter),
        stream: Some("digest".to_owned()),
        heard,
        source: "report".to_owned(),
        words: "5.1.1 no such user".to_owned(),
    }
}

fn by_hand(email: &str, scope: Scope) -> New {
    New {
        address: address(email),
        scope,
        reason: Reason::ByHand,
        source: "person:anna".to_owned(),
        words: "asked by telephone".to_owned(),
    }
}

#[tokio::test]
async fn many_letters_are_asked_about_at_once_on_every_store() {
    for kind in KINDS {
        let store = stores::open(kind).await.unwrap();
        let list = list(&store);
        for number in 0..5 {
            let email = format!("gone{number}@example.org");
            list.hear(incident(&email, "one", Heard::HardBounce))
                .await
                .unwrap();
        }
        list.hear(incident("cross@example.org", "two", Heard::Complained))
            .await
            .unwrap();
        let mut addresses: Vec<Address> = (0..40)
            .map(|n| address(&format!("gone{n}@Example.org")))
            .collect();
        addresses.push(address("Cross@example.org"));
        let going = |lane, stream| {
            addresses
                .iter()
                .map(move |address| Going {
                    address,
                    lane,
                    stream,
                })
                .collect::<Vec<_>>()
        };
        let stopped = async |lane, stream| {
            let asked = list.asked(&going(lane, stream)).await.unwrap();
            assert_eq!(asked.len(), 41, "{kind:?}");
            assert!(
                asked[..5].iter().all(Option::is_some),
                "{kind:?}: gone for everything"
            );
            assert!(asked[5..40].iter().all(Option::is_none), "{kind:?}");
            asked[40].as_ref().map(|entry| entry.reason)
        };
        assert_eq!(stopped(Lane::Bulk, Some("digest")).await, Some(Reason::Complaint));
        assert_eq!(stopped(Lane::Prompt, None).await, None);
    }
}

#[tokio::test]
async fn only_several_letters_that_came_back_within_a_month_stop_an_address() {
    let store = stores::sqlite().await.unwrap();
    let list = list(&store);
    let id = address("full@example.org").id();
    let back = async |letter: &str| {
        list.hear(incident("full@example.org", letter, Heard::SoftBounce))
            .await
            .unwrap();
        list.of(id).await.unwrap()
    };
    for _ in 0..10 {
        assert!(back("the same letter").await.is_empty());
    }
    for number in 2..SOFT_BOUNCES_MAX {
        assert!(back(&number.to_string()).await.is_empty());
    }
    store.clock.advance_seconds(31 * 24 * 60 * 60);
    for number in 0..SOFT_BOUNCES_MAX - 1 {
        assert!(
            back(&format!("later {number}")).await.is_empty(),
            "what came back a month ago is forgotten"
        );
    }
    let entries = back("the last straw").await;
    assert_eq!(entries[0].reason, Reason::SoftBounces);
    assert_eq!(entries[0].scope, Scope::Everything);
}

#[tokio::test]
async fn a_policy_refusal_suppresses_nobody() {
    let store = stores::sqlite().await.unwrap();
    let list = list(&store);
    for number in 0..20 {
        let refused = incident("anna@example.org", &number.to_string(), Heard::Refused);
        list.hear(refused).await.unwrap();
    }
    assert!(
        list.of(address("anna@example.org").id())
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn the_first_reason_stays_and_the_story_tells_who_cleared_it() {
    let store = stores::sqlite().await.unwrap();
    let list = list(&store);
    list.hear(incident("anna@example.org", "one", Heard::HardBounce))
        .await
        .unwrap();
    assert_eq!(
        list.stop(by_hand("anna@example.org", Scope::Everything))
            .await
            .unwrap(),
        None
    );
    list.stop(by_hand("anna@example.org", Scope::Bulk))
        .await
        .unwrap()
        .unwrap();
    store.clock.advance_seconds(60);
    let id = address("anna@example.org").id();
    let clear = async |scope| list.clear(id, scope, "person:boris", "the mailbox is back").await;
    clear(Some(Scope::Everything)).await.unwrap();
    assert!(matches!(
        clear(Some(Scope::Everything)).await,
        Err(Refused::NotFound)
    ));
    let left: Vec<_> = list
        .of(id)
        .await
        .unwrap()
        .into_iter()
        .map(|entry| entry.scope)
        .collect();
    assert_eq!(left, [Scope::Bulk]);
    clear(None).await.unwrap();
    list.hear(incident("anna@example.org", "two", Heard::HardBounce))
        .await
        .unwrap();
    clear(None).await.unwrap();
    let story = list
        .story(
            Some(address("anna@example.org").id()),
            None,
            PageSize::clamped(None),
        )
        .await
        .unwrap();
    assert_eq!(story.items.len(), 6);
    let cleared = story.items.iter().filter(|line| line.act == Act::Cleared);
    assert!(cleared.clone().count() == 3 && cleared.clone().all(|line| line.source == "person:boris"));
}

#[tokio::test]
async fn the_list_is_read_page_by_page_over_all_servers() {
    for kind in KINDS {
        let store = stores::open(kind).await.unwrap();
        let list = list(&store);
        for number in 0..7 {
            let new = by_hand(&format!("a{number}@example.org"), Scope::Bulk);
            list.stop(new).await.unwrap().unwrap();
            store.clock.advance_seconds(i64::from(number % 2));
        }
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = list
                .list(None, after.as_ref(), PageSize::clamped(Some(3)))
                .await
                .unwrap();
            seen.extend(page.items.into_iter().map(|entry| entry.address.to_string()));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), 7, "{kind:?}");
        assert_eq!(
            seen.first().map(String::as_str),
            Some("a6@example.org"),
            "{kind:?}"
        );
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 7, "{kind:?}");
    }
}

#[tokio::test]
async fn an_address_that_is_forgotten_is_known_by_its_hash_and_still_gets_nothing() {
    let store = stores::sqlite().await.unwrap();
    let list = list(&store);
    list.stop(by_hand("Anna@example.org", Scope::Everything))
        .await
        .unwrap();
    let anna = address("anna@example.org");
    for _ in 0..2 {
        Suppressions::forget_email(&store.store, "anna@EXAMPLE.org")
            .await
            .unwrap();
        let size = PageSize::clamped(None);
        let (entries, story) = (
            list.list(None, None, size).await.unwrap(),
            list.story(None, None, size).await.unwrap(),
        );
        assert_eq!((entries.items.len(), story.items.len()), (1, 1));
        assert!(entries.items[0].address.as_str().is_empty());
        assert!(story.items[0].address.as_str().is_empty() && story.items[0].words.is_empty());
        let going = Going {
            address: &anna,
            lane: Lane::Prompt,
            stream: None,
        };
        assert!(list.asked(&[going]).await.unwrap()[0].is_some());
    }
}

#[test]
fn both_spellings_of_a_domain_are_one_address() {
    let (typed, known) = (address("Anna@Пример.рф"), address("anna@xn--e1afmkfd.xn--p1ai"));
    assert_eq!((&typed, typed.id()), (&known, known.id()));
}
