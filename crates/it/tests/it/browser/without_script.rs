//! The pages of a calendar in a browser that runs no scripts: everything is done by links and forms, and nothing is shown that
//! would do nothing.

use fantoccini::Locator;

use super::visit::{Visit, city};

#[tokio::test]
async fn a_calendar_is_kept_without_scripts() {
    let visit = Visit::without_script("en").await;
    signs_in(&visit, 85).await;
    looks(&visit).await;
    ticks(&visit).await;
    types(&visit).await;
    changes_one_of_a_series(&visit).await;
    visit.end().await;
}

#[tokio::test]
async fn a_calendar_is_shared_and_another_followed_without_scripts() {
    let visit = Visit::without_script("en").await;
    signs_in(&visit, 86).await;
    shares(&visit).await;
    follows(&visit).await;
    finds_a_time(&visit).await;
    visit.end().await;
}

async fn signs_in(visit: &Visit, resident: usize) {
    let citizen = city().resident(resident);
    visit.go("/sign-in").await;
    visit.fill("email", &citizen.email).await;
    visit.fill("password", &citizen.password).await;
    visit.press("main button[type=submit]").await;
    visit.shows("#sign-out").await;
    if !visit.has("html[lang=en]").await {
        visit.press(".mine button[value=en]").await;
        visit.shows("html[lang=en]").await;
    }
}

/// Every view, and on none of them a button that only a script would hear.
async fn looks(visit: &Visit) {
    for view in ["week", "day", "month", "agenda"] {
        visit.go("/calendar").await;
        visit.press(&format!(".cal-views a[href*='view={view}']")).await;
        visit.shows(&format!("#cal[data-view={view}]")).await;
        visit.shows(".ev a").await;
        nothing_is_idle(visit).await;
        let before = visit.path().await;
        visit.press(".cal-go [rel=next]").await;
        visit.shows(&format!("#cal[data-view={view}]")).await;
        assert_ne!(visit.path().await, before, "{view}");
        visit.picture(&format!("en-without-script-{view}")).await;
    }
    visit.go("/calendar?view=month").await;
    visit.press(".month .ev a").await;
    visit.shows("#event, main").await;
    for page in [
        "/calendar/new",
        "/calendar/own",
        "/calendar/times",
        "/calendar/rooms",
        "/calendar/invitations",
        "/calendar/settings",
    ] {
        visit.go(page).await;
        nothing_is_idle(visit).await;
    }
}

/// Buttons that send no form, dialogues, and what is drawn by hand.
async fn nothing_is_idle(visit: &Visit) {
    for css in ["button[type=button]", "dialog", "[popover]", "#move", "#import"] {
        for found in visit.client.find_all(Locator::Css(css)).await.unwrap() {
            let said = found.text().await.unwrap();
            let shown = found.is_displayed().await.unwrap();
            assert!(!shown, "{css} {said:?} at {}", visit.path().await);
        }
    }
}

/// A calendar is hidden by its tick and a button, and shown again.
async fn ticks(visit: &Visit) {
    visit.go("/calendar").await;
    let before = count(visit, ".week .ev").await;
    visit.press("#ticks .cal-tick:nth-of-type(1) input").await;
    visit.press("#ticks button[data-only-without-script]").await;
    visit
        .shows("#ticks .cal-tick:nth-of-type(1) input:not(:checked)")
        .await;
    assert!(
        count(visit, ".week .ev").await < before,
        "what is not ticked is not shown"
    );
    visit.press("#ticks .cal-tick:nth-of-type(1) input").await;
    visit.press("#ticks button[data-only-without-script]").await;
    visit.shows("#ticks .cal-tick:nth-of-type(1) input:checked").await;
    assert_eq!(count(visit, ".week .ev").await, before);
}

/// One line makes an event; it is opened, called otherwise, deleted and taken back.
async fn types(visit: &Visit) {
    visit.go("/calendar").await;
    visit.fill("quick", "tomorrow 6:10 water the ferns 30m").await;
    visit.press("#quick-form button").await;
    visit.says("The event is in the calendar").await;
    open(visit, "water the ferns").await;
    nothing_is_idle(visit).await;
    visit.fill("title", "water all the ferns").await;
    visit.press("button[value=save]").await;
    visit.says("The event is saved").await;
    open(visit, "water all the ferns").await;
    visit.press("button[value=delete]").await;
    visit.says("The event is deleted").await;
    assert!(!has_event(visit, "water all the ferns").await);
    visit.press("#undo").await;
    visit.says("The event is as it was").await;
    visit.fill("search", "water all").await;
    let search = visit.client.find(Locator::Css("#search")).await.unwrap();
    search.send_keys("\u{e007}").await.unwrap();
    visit.shows("#cal[data-view=agenda]").await;
    assert!(has_event(visit, "water all the ferns").await);
}

/// One of a series has another title and hour, the following ones another title, and the first is as it was.
async fn changes_one_of_a_series(visit: &Visit) {
    visit.go("/calendar").await;
    visit.fill("quick", "every sunday 10:00 chess 1h").await;
    visit.press("#quick-form button").await;
    visit.says("The event is in the calendar").await;
    next_week(visit).await;
    open(visit, "chess").await;
    visit.shows("#rule-in-words").await;
    visit.fill("title", "chess for once").await;
    types_hour(visit, "start_time", "1130AM").await;
    visit.press("[name=which][value=this]").await;
    visit.press("button[value=save]").await;
    visit.says("It must not end before it starts").await;
    types_hour(visit, "end_time", "1230PM").await;
    visit.press("button[value=save]").await;
    visit.says("The event is saved").await;
    assert_eq!(time_of(visit, "chess for once").await, "11:30–12:30");
    next_week(visit).await;
    assert_eq!(time_of(visit, "chess").await, "10:00–11:00");
    open(visit, "chess").await;
    visit.fill("title", "chess in the park").await;
    visit.press("[name=which][value=following]").await;
    visit.press("button[value=save]").await;
    visit.says("The event is saved").await;
    assert_eq!(time_of(visit, "chess in the park").await, "10:00–11:00");
    open(visit, "chess in the park").await;
    visit.press("[name=which][value=all]").await;
    visit.press("button[value=delete]").await;
    visit.says("The event is deleted").await;
    assert!(!has_event(visit, "chess in the park").await);
    visit.press(".cal-go [rel=prev]").await;
    visit.says("chess for once").await;
}

/// Types an hour into a field that a browser shows in its own way.
async fn types_hour(visit: &Visit, name: &str, hour: &str) {
    let css = format!("[name={name}]");
    let field = visit.client.find(Locator::Css(&css)).await.unwrap();
    field.send_keys(hour).await.unwrap();
}

async fn time_of(visit: &Visit, title: &str) -> String {
    let path = format!("{}//time", event(title));
    let time = visit.client.find(Locator::XPath(&path)).await;
    let time = time.unwrap_or_else(|error| panic!("{title}: {error}"));
    time.text().await.unwrap()
}

async fn next_week(visit: &Visit) {
    let before = visit.path().await;
    visit.press(".cal-go [rel=next]").await;
    visit.shows(".week").await;
    assert_ne!(visit.path().await, before);
}

/// Shared with a neighbour, and no longer.
async fn shares(visit: &Visit) {
    visit.go("/calendar/own").await;
    visit.press("#own a").await;
    visit.shows("#shares").await;
    nothing_is_idle(visit).await;
    visit.fill("with", &city().resident(87).email).await;
    visit.choose("rights", "read").await;
    visit.press("#shares form button[type=submit]").await;
    visit.says("The calendar is shared").await;
    visit.press("#link button[value=all]").await;
    visit.says("The link is there").await;
    nothing_is_idle(visit).await;
    visit.picture("en-without-script-own").await;
    visit.press("#link button[value=withdraw]").await;
    visit.says("The link leads nowhere any more").await;
    visit.press("#shares button[value=end]").await;
    visit.shows("#shares").await;
    assert!(!visit.has("#shares button[value=end]").await);
}

/// Holidays of a country are followed, looked at and no longer followed.
async fn follows(visit: &Visit) {
    visit.go("/calendar/own").await;
    let country = visit.client.find(Locator::Css("#country")).await.unwrap();
    country.select_by_value("holidays:ee").await.unwrap();
    visit.press("#follow-country button").await;
    visit.says("You follow it from here on").await;
    visit.go("/calendar?view=day&date=2027-01-01").await;
    visit.says("New Year").await;
    visit.go("/calendar/own").await;
    visit.press("#followed a").await;
    visit.shows("button[value=end]").await;
    nothing_is_idle(visit).await;
    visit.press("button[value=end]").await;
    visit.says("You follow it no longer").await;
}

/// A new event, a time for it, and it is in the calendar.
async fn finds_a_time(visit: &Visit) {
    visit.go("/calendar").await;
    visit.press("#new-event").await;
    visit.fill("title", "Tea by the river").await;
    visit.press("#find-time").await;
    visit.fill("guests", &city().resident(87).email).await;
    visit.press("#find button[type=submit]").await;
    visit.press("#times button").await;
    visit.shows("#event").await;
    assert_eq!(visit.value("title").await, "Tea by the river");
    visit.press("button[value=save]").await;
    visit.says("The event is in the calendar").await;
}

async fn open(visit: &Visit, title: &str) {
    let found = visit.client.find(Locator::XPath(&event(title))).await;
    let link = found.unwrap_or_else(|error| panic!("{title}: {error}"));
    link.click().await.unwrap();
    visit.shows("#event").await;
}

async fn has_event(visit: &Visit, title: &str) -> bool {
    let found = visit.client.find_all(Locator::XPath(&event(title))).await;
    !found.unwrap().is_empty()
}

/// The link of an event that is called so.
fn event(title: &str) -> String {
    format!("//li[contains(@class, 'ev')]//a[normalize-space(b)='{title}']")
}

async fn count(visit: &Visit, css: &str) -> usize {
    visit.client.find_all(Locator::Css(css)).await.unwrap().len()
}
