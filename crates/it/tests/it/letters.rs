//! What readers do about letters.

use http::Method;
use kernel::Id;

use crate::town::{Actor, Call, Role, Town};

const ASKED: &str = "Stop these letters?";
const STOPPED: &str = "They are stopped";

struct Reader {
    town: Town,
    link: String,
}

impl Reader {
    async fn of(town: &Town, stream: &str) -> Reader {
        let owner = Id::named("email", "reader@town.example");
        Reader {
            link: format!("/letters/stop/{}", town.stop_link(owner, stream)),
            town: town.clone(),
        }
    }

    /// Opens the link, as somebody who is not signed in.
    async fn sees(&self) -> String {
        let answer = self
            .town
            .page(Method::GET, &self.link, &Actor::default(), Call::default())
            .await;
        assert_eq!(answer.status, 200);
        String::from_utf8(answer.body.to_vec()).unwrap()
    }

    async fn sends(&self, kind: &'static str, body: &'static str) -> u16 {
        let call = Call {
            body: body.into(),
            ..Call::default()
        };
        let call = call.header("content-type", kind);
        self.town
            .page(Method::POST, &self.link, &Actor::default(), call)
            .await
            .status
    }
}

#[tokio::test]
async fn one_click_stops_one_stream_without_a_cookie_and_opening_the_link_stops_nothing() {
    let town = Town::open().await;
    let digest = Reader::of(&town, "test.digest").await;
    let reminder = Reader::of(&town, "test.reminder").await;
    for _ in 0..2 {
        assert!(digest.sees().await.contains(ASKED), "looking changes nothing");
    }
    let form = "application/x-www-form-urlencoded";
    assert_eq!(digest.sends(form, "x=y").await, 422);
    assert!(digest.sees().await.contains(ASKED));
    assert_eq!(digest.sends(form, "List-Unsubscribe=One-Click").await, 200);
    assert_eq!(
        digest.sends(form, "List-Unsubscribe=One-Click").await,
        200,
        "twice is once"
    );
    assert!(digest.sees().await.contains(STOPPED));
    assert!(reminder.sees().await.contains(ASKED), "the other stream goes on");

    assert_eq!(digest.sends(form, "again=yes").await, 200);
    assert!(digest.sees().await.contains(ASKED), "taken back");
}

#[tokio::test]
async fn mail_programs_may_send_the_click_as_a_form_with_parts() {
    let town = Town::open().await;
    let digest = Reader::of(&town, "test.digest").await;
    let body =
        "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
    assert_eq!(digest.sends("multipart/form-data; boundary=x", body).await, 200);
    assert!(digest.sees().await.contains(STOPPED));
}

#[tokio::test]
async fn a_link_that_the_house_did_not_sign_leads_nowhere() {
    let town = Town::open().await;
    let link = "/letters/stop/c29tZXRoaW5nIGVsc2UgdGhhdCBpcyBsb25nIGVub3VnaCBmb3IgYSBsaW5r";
    for method in [Method::GET, Method::POST] {
        let call = Call::form(&[("List-Unsubscribe", "One-Click")]);
        assert_eq!(town.page(method, link, &Actor::default(), call).await.status, 404);
    }
}

#[tokio::test]
async fn a_person_sets_quiet_hours_and_clears_them() {
    let town = Town::open().await;
    let anna = town.actor(&Role::Plain).await;
    let send = async |from: &'static str, until: &'static str| {
        let form = Call::form(&[("from", from), ("until", until)]);
        town.page(Method::POST, "/me/letters", &anna, form).await.status
    };
    let shows = async |text: &str| {
        let answer = town
            .page(Method::GET, "/me/letters", &anna, Call::default())
            .await;
        String::from_utf8(answer.body.to_vec()).unwrap().contains(text)
    };
    assert_eq!(send("22:00", "07:30").await, 303);
    assert!(shows("22:00").await && shows("07:30").await);
    assert_eq!(send("22:00", "").await, 422, "half of the hours are none");
    assert_eq!(send("09:00", "09:00").await, 422);
    assert!(shows("22:00").await, "what was refused changed nothing");
    assert_eq!(send("", "").await, 303);
    assert!(!shows("22:00").await);
}
