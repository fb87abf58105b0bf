//! The mailbox of a demo, and letters that are looked for.

use http::Method;
use serde_json::json;

use crate::town::{Actor, Answer, Call, Role, Town};

async fn page(town: &Town, path: &str) -> Answer {
    town.page(Method::GET, path, town.admin(), Call::default()).await
}

async fn shown(town: &Town, path: &str) -> String {
    let answer = page(town, path).await;
    assert_eq!(answer.status, 200, "{path}");
    String::from_utf8(answer.body.to_vec()).unwrap()
}

/// Asks for letters on trial to an address and waits until they are out; their ids.
async fn sent(town: &Town, email: &str, letters: u32) -> Vec<String> {
    let asked = json!({"email": email, "letters": letters});
    let made = town.post(town.admin(), "/api/v1/letters/trial", asked).await;
    let ids = made["letters"].as_array().unwrap().iter();
    let ids: Vec<String> = ids.map(|id| id.as_str().unwrap().to_owned()).collect();
    for id in &ids {
        town.has_handed_over(id).await;
    }
    ids
}

#[tokio::test]
async fn a_demo_shows_its_letters_as_their_readers_see_them_and_a_real_house_shows_none() {
    let town = Town::open().await;
    let id = sent(&town, "anna@example.org", 1).await.remove(0);
    let list = shown(&town, "/mailbox").await;
    assert!(list.contains("anna@example.org") && list.contains(&id), "{list}");
    assert!(shown(&town, "/mailbox?whom=Anna@Example.org").await.contains(&id));
    assert!(
        !shown(&town, "/mailbox?whom=boris@example.org")
            .await
            .contains(&id)
    );

    let letter = page(&town, &format!("/mailbox/{id}/letter")).await;
    let policy = letter.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("sandbox"),
        "{policy}"
    );
    assert!(
        !policy.contains("allow-scripts") && !policy.contains("allow-same-origin"),
        "{policy}"
    );
    let source = page(&town, &format!("/mailbox/{id}/source")).await;
    assert_eq!(source.headers["content-type"], "message/rfc822");
    assert!(
        source.headers["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment")
    );
    assert!(
        town.letters().iter().any(|file| file[..] == source.body[..]),
        "byte by byte"
    );

    let real = Town::open_for_real().await;
    let id = sent(&real, "anna@example.org", 1).await.remove(0);
    for path in [
        "/mailbox".to_owned(),
        format!("/mailbox/{id}"),
        format!("/mailbox/{id}/source"),
    ] {
        assert_eq!(page(&real, &path).await.status, 404, "{path}");
    }
    assert!(!shown(&real, "/letters").await.contains("/mailbox"));
}

/// What the link to the older ones says.
fn older(list: &str) -> Option<String> {
    let (before, _) = list.split_once("rel=\"next\"")?;
    let (_, href) = before.rsplit_once("href=\"")?;
    Some(href.trim_end().trim_end_matches('"').replace("&#38;", "&"))
}

#[tokio::test]
async fn what_letters_are_looked_for_by_survives_turning_the_page() {
    let town = Town::open().await;
    sent(&town, "many@example.org", 70).await;
    let day = &town.clock.now().to_string()[..10];
    let filters = format!("state=handed_over&kind=house.trial&provider=folder&day={day}");
    let first = shown(&town, &format!("/letters?{filters}")).await;
    assert_eq!(first.matches("class=\"name\"").count(), 50);
    let next = older(&first).unwrap();
    assert!(next.starts_with(&format!("/letters?{filters}")), "{next}");
    let second = shown(&town, &next).await;
    assert_eq!(second.matches("class=\"name\"").count(), 20);
    assert!(
        second.contains(&format!("value=\"{day}\"")),
        "the fields still say it"
    );
    assert!(older(&second).is_none());
}

#[tokio::test]
async fn letters_are_found_by_their_reader_s_address_and_their_day() {
    let town = Town::open().await;
    let anna: Actor = town.actor(&Role::Plain).await;
    sent(&town, "somebody@example.org", 1).await;
    let count = async |query: &str| {
        let list = shown(&town, &format!("/letters?{query}")).await;
        list.matches("class=\"name\"").count()
    };
    assert_eq!(count("").await, 3, "two invitations, and one on trial");
    let by_address = format!("whom={}", anna.email.replace('@', "%40").to_uppercase());
    assert_eq!(
        count(&by_address).await,
        1,
        "those of a person by the address they have"
    );
    assert_eq!(count("whom=somebody%40example.org").await, 1);
    assert_eq!(count("whom=nobody%40example.org").await, 0);
    assert_eq!(count("day=2020-02-29").await, 0);

    let none = shown(&town, "/letters?day=2020-02-29").await;
    assert!(none.contains("No letter fits"), "{none}");
    for wrong in ["whom=nobody", "day=yesterday"] {
        let page = shown(&town, &format!("/letters?{wrong}")).await;
        assert!(
            page.contains("role=\"alert\"") && page.contains("aria-invalid"),
            "{wrong}"
        );
    }
}
