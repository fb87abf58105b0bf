//! Rules of segments beyond a plain share, as those meet them who write them: steps, exact shares that are tuned again,
//! layers, overlaps and holdouts; and what a segment is called.

use serde_json::{Value, json};

use super::segments::{fits, opens_person};
use super::visit::{ADMIN, Visit, city};

/// Makes a segment and opens its page.
async fn made(visit: &Visit, key: &str) -> String {
    visit.go("/new-segment").await;
    visit.fill("key", key).await;
    visit.fill("title", "A segment").await;
    visit.press_called("Create").await;
    visit.says("nobody is in it").await;
    format!("/segments/{key}")
}

async fn saves(visit: &Visit, page: &str, fields: &[(&str, &str)]) {
    visit.go(&format!("{page}/rule")).await;
    for (name, value) in fields {
        visit.fill(name, value).await;
    }
    visit.press_called("Save").await;
}

/// Calls the API as whoever is signed in here; the status of the answer.
async fn calls(visit: &Visit, method: &str, path: &str, body: &Value) -> Value {
    let script = format!(
        "const request = new XMLHttpRequest();
         request.open({method:?}, {path:?}, false);
         request.setRequestHeader('Content-Type', 'application/json');
         request.send({:?});
         return request.status;",
        body.to_string()
    );
    visit.script(&script).await
}

async fn admin() -> Visit {
    let visit = Visit::start("en").await;
    visit.sign_in(city().somebody("admin")).await;
    visit
}

#[tokio::test]
async fn a_segment_is_called_otherwise_and_two_who_name_it_at_once_do_not_undo_each_other() {
    let _shared = ADMIN.read().await;
    let visit = admin().await;
    let page = made(&visit, "CALLED").await;
    visit.press_called("Title, owner and description").await;
    visit.arrives(&format!("{page}/about")).await;
    fits(&visit, &format!("{page}/about"), "en-about").await;
    let first = visit
        .script(
            "const body = new URLSearchParams({version: 1, title: 'The first title', owner: 'Parks'});
             const request = new XMLHttpRequest();
             request.open('POST', location.pathname, false);
             request.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
             request.send(body.toString());
             return request.status;",
        )
        .await;
    assert_eq!(first, 200, "the other one was first");
    visit.fill("title", "The second title").await;
    visit.fill("description", "What it is for").await;
    visit.press_called("Save").await;
    visit.says("Somebody else changed this segment").await;
    assert_eq!(visit.value("title").await, "The second title", "nothing is lost");
    visit.fill("title", "").await;
    visit.press_called("Save").await;
    visit.shows("#title-wrong").await;
    visit.fill("title", "The second title").await;
    visit.press_called("Save").await;
    visit.arrives(&page).await;
    visit.says("What it is for").await;
    assert_eq!(visit.text_of("h1").await, "The second title");
    visit.end().await;
}

#[tokio::test]
async fn steps_are_refused_by_their_line_and_told_on_the_segment_and_in_the_list() {
    let _shared = ADMIN.read().await;
    let visit = admin().await;
    let page = made(&visit, "IN_STEPS").await;
    saves(
        &visit,
        &page,
        &[("share", "1"), ("steps", "2099-01-31 12:00 30\nsoon 100")],
    )
    .await;
    visit.says("Line 2: Write an instant and a share").await;
    let backwards = "2099-02-28 12:00 100\n2099-01-31 12:00 30";
    visit.fill("steps", backwards).await;
    visit.press_called("Save").await;
    visit.says("in the order of their instants").await;
    assert_eq!(visit.value("steps").await, backwards, "nothing is lost");
    visit
        .fill("steps", "2099-01-31 12:00 30\n2099-02-28 12:00 100")
        .await;
    visit.press_called("Save").await;
    visit.says("The rule is saved and in force").await;
    let rule = visit.text_of("#rule").await;
    assert!(rule.contains("from 31 January 2099, 12:00 on 30"), "{rule}");
    assert!(rule.contains("from 28 February 2099, 12:00 on 100"), "{rule}");
    fits(&visit, &page, "en-steps").await;
    visit.go("/segments").await;
    visit.says("from 31 January 2099, 12:00 on 30").await;
    visit.end().await;
}

#[tokio::test]
async fn an_exact_share_is_tuned_again_after_a_question_that_says_whom_it_adds() {
    let _shared = ADMIN.read().await;
    let visit = admin().await;
    let page = made(&visit, "TO_THE_PERSON").await;
    visit.go(&format!("{page}/rule")).await;
    visit.fill("share", "50").await;
    visit.press("[name=exact]").await;
    visit.press_called("Save").await;
    visit.says("The rule is saved and in force").await;
    visit.says("exactly 50\u{a0}% of those").await;
    visit.press_called("Tune again").await;
    visit.arrives(&format!("{page}/retune")).await;
    visit.says("This change adds").await;
    assert!(
        visit.text_of("#does").await.contains("removes 0."),
        "nobody is taken out"
    );
    fits(&visit, &format!("{page}/retune"), "en-retune").await;
    visit.press("main form button").await;
    visit.says("The share is exact again").await;
    visit.go("/segments/VOICE_MESSAGES/retune").await;
    assert!(
        visit.has("#request").await,
        "a share that is not exact is not tuned"
    );
    visit.end().await;
}

#[tokio::test]
async fn segments_of_one_layer_share_it_and_have_nobody_in_common() {
    let _shared = ADMIN.read().await;
    let visit = admin().await;
    let one = made(&visit, "LAYERED_ONE").await;
    saves(&visit, &one, &[("share", "60"), ("layer", "BROWSED")]).await;
    visit.says("cut from the layer BROWSED").await;
    let two = made(&visit, "LAYERED_TWO").await;
    saves(&visit, &two, &[("share", "60"), ("layer", "BROWSED")]).await;
    visit
        .says("Other segments of this layer have too much of it")
        .await;
    visit.press("[name=exact]").await;
    visit.fill("share", "40").await;
    visit.press_called("Save").await;
    visit.says("A layer has no exact shares").await;
    visit.press("[name=exact]").await;
    visit.press_called("Save").await;
    visit.says("The rule is saved and in force").await;

    visit.go(&two).await;
    visit.press_called("Overlap").await;
    visit.arrives(&format!("{two}/overlap")).await;
    visit.fill("with", "LAYERED_ONE\nNOT_A_SEGMENT").await;
    visit.press_called("Count").await;
    visit.says("Line 2: There is no such segment").await;
    visit.fill("with", "LAYERED_ONE").await;
    visit.press_called("Count").await;
    visit.shows("#overlap").await;
    let counted = visit.text_of("#overlap").await;
    assert!(counted.contains("0 people"), "{counted}");
    fits(
        &visit,
        &format!("{two}/overlap?with=LAYERED_ONE%0AVOICE_MESSAGES%0ABUTTON_COLOUR"),
        "en-overlap",
    )
    .await;
    visit.end().await;
}

#[tokio::test]
async fn a_person_who_is_held_out_reads_by_which_holdout() {
    // It keeps everybody out, so nobody else may look meanwhile.
    let _alone = ADMIN.write().await;
    let visit = admin().await;
    let page = made(&visit, "HELD_FROM").await;
    saves(&visit, &page, &[("share", "100")]).await;
    visit.says("The rule is saved and in force").await;
    let person = &city().resident(32).id;
    opens_person(&visit, person).await;
    assert!(visit.text_of("#inside").await.contains("HELD_FROM"));

    let holdout = json!({"name": "EVERYBODY_BROWSED", "share": 100});
    assert_eq!(calls(&visit, "POST", "/api/v1/holdouts", &holdout).await, 201);
    opens_person(&visit, person).await;
    let outside = visit.text_of("#outside").await;
    assert!(
        outside.contains("kept out by the holdout EVERYBODY_BROWSED"),
        "{outside}"
    );
    fits(&visit, &format!("/people/{person}/segments"), "en-held-out").await;
    visit.go(&page).await;
    visit.says("0 people").await;
    let path = "/api/v1/holdouts/EVERYBODY_BROWSED";
    assert_eq!(calls(&visit, "DELETE", path, &json!({})).await, 200);
    opens_person(&visit, person).await;
    assert!(visit.text_of("#inside").await.contains("HELD_FROM"), "in again");
    visit.end().await;
}
