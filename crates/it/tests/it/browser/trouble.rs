//! What an administrator sees when something does not go by itself: a provider that is ill, a letter and a timer that are
//! parked; and a reader who stops a stream from a letter.

use kernel::Id;
use post::sink::{Script, Sink};
use serde_json::json;

use super::visit::{Citizen, PATIENCE, Visit};
use crate::town::samples::{Ctx, a_parked_letter, parked_timer};
use crate::town::{PASSWORD, Town};

/// Whoever connects is told to come back later.
const ILL: &str = "[[rules]]\nat = \"connect\"\nanswer = \"421 4.3.2 down for the night\"\n";

/// A house with a provider that is ill, and that gets nearly all letters.
async fn ill_town() -> (Town, Sink) {
    let script = Script::parse(ILL).unwrap();
    let sink = Sink::open(script, "127.0.0.1:0".parse().unwrap(), kernel::Clock::system())
        .await
        .unwrap();
    let port = sink.address().port();
    let relay = format!(
        r#"{{ kind = "smtp", name = "relay", host = "127.0.0.1", port = {port}, tls = "off", weight = 1000 }}"#
    );
    (Town::open_with(&relay).await, sink)
}

async fn admin_of(town: &Town) -> Visit {
    let mut visit = Visit::start("en").await;
    town.base().clone_into(&mut visit.base);
    visit
        .sign_in(&Citizen {
            role: "admin".to_owned(),
            email: town.admin().email.clone(),
            password: PASSWORD.to_owned(),
            id: town.admin().id.clone(),
        })
        .await;
    visit
}

#[tokio::test]
async fn an_ill_provider_is_seen_to_be_left_alone() {
    let (town, _sink) = ill_town().await;
    let asked = json!({"email": "anna@example.org", "letters": 8});
    town.post(town.admin(), "/api/v1/letters/trial", asked).await;
    let visit = admin_of(&town).await;
    for (language, left_alone) in [("ru", "на паузе"), ("en", "left alone")] {
        visit.speaks(language).await;
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            visit.go("/letters/providers").await;
            let said = visit.text_of("#providers").await;
            if said.contains(left_alone) && said.contains("down for the night") {
                break;
            }
            assert!(tokio::time::Instant::now() < deadline, "{said}");
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        visit.picture(&format!("{language}-provider-ill")).await;
    }
    visit.end().await;
}

#[tokio::test]
async fn a_letter_that_is_parked_can_be_read_before_it_is_sent_again() {
    let town = Town::open().await;
    let ctx = Ctx {
        owner: town.admin().clone(),
        town: town.clone(),
    };
    let letter = a_parked_letter(&ctx).await;
    let visit = admin_of(&town).await;
    visit.go("/letters?state=parked&kind=house.trial").await;
    visit.press("#letters a.name").await;
    visit.arrives(&format!("/letters/{letter}")).await;
    visit.says("As it would be written now").await;
    assert_eq!(visit.text_of("#subject").await, "A letter on trial from Townhall");
    assert!(visit.text_of("#text").await.contains("Somebody wanted to know"));
    visit.picture("en-letter-parked").await;
    assert_eq!(visit.complaints().await, Vec::<String>::new());
    visit.press_called("Send it again").await;
    visit.says("Done").await;
    visit.end().await;
}

#[tokio::test]
async fn a_parked_timer_is_tried_again_by_its_button() {
    let town = Town::open().await;
    parked_timer(&town).await;
    let visit = admin_of(&town).await;
    for language in ["ru", "en"] {
        visit.speaks(language).await;
        visit.screen(360, false).await;
        visit.go("/bell").await;
        assert!(visit.text_of("#timers").await.contains("it never worked"));
        let wide = visit.script("return document.documentElement.scrollWidth").await;
        assert!(wide.as_u64() <= Some(360), "{wide}");
        visit.picture(&format!("{language}-bell-parked")).await;
    }
    visit.press("#timers button").await;
    visit.arrives("/bell").await;
    visit.says("No timer is parked").await;
    visit.end().await;
}

#[tokio::test]
async fn a_reader_stops_a_stream_from_a_letter_and_takes_it_back() {
    let town = Town::open().await;
    let link = town.stop_link(Id::named("email", "reader@town.example"), "test.digest");
    let mut visit = Visit::start("ru").await;
    town.base().clone_into(&mut visit.base);
    visit.go(&format!("/letters/stop/{link}")).await;
    visit.says("Не присылать таких писем?").await;
    visit.press_called("Не присылать").await;
    visit.says("Больше не пришлём").await;
    visit.press_called("Присылать снова").await;
    visit.says("Не присылать таких писем?").await;
    assert_eq!(visit.complaints().await, Vec::<String>::new());
    visit.end().await;
}
