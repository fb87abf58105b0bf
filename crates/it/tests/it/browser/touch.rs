//! A calendar under a finger: a swipe scrolls, and what is held for a moment is drawn, moved and stretched.

use fantoccini::actions::{Actions, InputSource as _, MOUSE_BUTTON_LEFT, PointerAction, TouchActions};
use std::time::Duration;

use super::calendar::{point, time_of};
use super::visit::{Visit, city};

/// Longer than the page waits before it takes a finger's rest for a hold.
const HOLD: Duration = Duration::from_millis(600);
const STEP: Duration = Duration::from_millis(60);
/// What has not scrolled for so long has come to rest.
const REST: Duration = Duration::from_millis(150);
/// A telephone, and a screen on which a week has its hours.
const NARROW: u32 = 390;
const WIDE: u32 = 900;

#[tokio::test]
async fn on_a_telephone_a_day_is_planned_by_a_finger() {
    let visit = Visit::start("en").await;
    visit.sign_in(city().resident(80)).await;
    day(&visit, NARROW).await;
    swipes(&visit).await;
    thinks_better_of_it(&visit).await;
    draws(&visit).await;
    moves(&visit).await;
    assert_eq!(visit.complaints().await, Vec::<String>::new());
    visit.end().await;
}

#[tokio::test]
async fn one_of_a_series_is_moved_by_a_finger() {
    let visit = Visit::start("en").await;
    visit.sign_in(city().resident(81)).await;
    visit.go("/calendar").await;
    visit.fill("quick", "every sunday 10:00 choir 1h").await;
    visit.press("#quick-form button").await;
    visit.says("The event is in the calendar").await;
    day(&visit, NARROW).await;
    let from = spot(&visit, 10 * 60 + 20).await;
    hold_and_drag(&visit, from, (from.0, from.1 + 96.0)).await;
    visit.shows("#which[open]").await;
    visit.picture("en-touch-which").await;
    press(&visit, "#which button[value=this]").await;
    visit.says("The event is moved").await;
    assert_eq!(time_of(&visit, "choir").await, "12:00–13:00");
    visit.end().await;
}

#[tokio::test]
async fn on_a_wide_screen_a_finger_moves_to_another_day() {
    let visit = Visit::start("en").await;
    visit.sign_in(city().resident(82)).await;
    visit.go("/calendar").await;
    visit.fill("quick", "sunday 10:00 long walk 1h").await;
    visit.press("#quick-form button").await;
    visit.says("The event is in the calendar").await;
    let date = date_of(&visit, "long walk").await;
    visit.screen(WIDE, false).await;
    visit.touched().await;
    visit.go(&format!("/calendar?view=week&date={date}")).await;
    let before = scrolled(&visit).await;
    let (x, y) = middle(&visit, "long walk").await;
    swipe(&visit, (x, y), 150.0).await;
    assert!(scrolled(&visit).await > before + 40.0, "the hours scroll");
    let (x, y) = middle(&visit, "long walk").await;
    let across = visit
        .script("return document.querySelector('.hours').offsetWidth")
        .await;
    let wide = across.as_f64().unwrap();
    leads(&visit, (x, y), (x - wide, y)).await;
    visit.says("The event is moved").await;
    assert_eq!(time_of(&visit, "long walk").await, "10:00–11:00");
    let saturday = visit
        .script(
            "const found = [...document.querySelectorAll('.hours .ev')].find((one) => one.querySelector('b').textContent === 'long walk');
             return new Date(found.closest('[data-day]').dataset.day).getUTCDay();",
        )
        .await;
    assert_eq!(saturday, 6);
    visit.end().await;
}

/// The hours of a Sunday, in which nobody of the city has anything planned.
async fn day(visit: &Visit, width: u32) {
    visit.screen(width, false).await;
    visit.touched().await;
    let sunday = "const day = new Date(Date.now() + 14 * 86400000);
        day.setUTCDate(day.getUTCDate() + (7 - day.getUTCDay()) % 7);
        return day.toISOString().slice(0, 10);";
    let sunday = visit.script(sunday).await;
    let path = format!("/calendar?view=day&date={}", sunday.as_str().unwrap());
    visit.go(&path).await;
    visit.shows(".week.day .hours").await;
}

/// A finger that passes over the hours scrolls them.
async fn swipes(visit: &Visit) {
    let (x, y) = spot(visit, 8 * 60).await;
    let before = scrolled(visit).await;
    swipe(visit, (x, y), 200.0).await;
    let after = scrolled(visit).await;
    assert!(after > before + 80.0, "from {before} to {after}");
    assert!(!visit.has("#short[open], .draft").await, "nothing is drawn");
    visit.script("scrollTo(0, 0)").await;
    let (x, y) = spot(visit, 8 * 60).await;
    drag(visit, (x, y), (x, y), Duration::ZERO).await;
    assert!(!visit.has("#short[open], .draft").await, "nor by a tap");
}

/// What was drawn is given up, and the next tap opens what it touches.
async fn thinks_better_of_it(visit: &Visit) {
    let (x, y) = spot(visit, 6 * 60 + 5).await;
    hold_and_drag(visit, (x, y), (x, y + 48.0)).await;
    visit.shows("#short[open]").await;
    press(visit, "#short [data-close]").await;
    visit.shows("body:not(:has(#short[open], .draft))").await;
    visit.script("document.body.dataset.before = ''").await;
    press(visit, ".week h2 a").await;
    visit.shows("body:not([data-before])").await;
}

/// Held on an empty hour, drawn to another one, and called.
async fn draws(visit: &Visit) {
    let (x, y) = spot(visit, 6 * 60 + 5).await;
    let before = scrolled(visit).await;
    hold_and_drag(visit, (x, y), (x, y + 72.0)).await;
    visit.shows("#short[open]").await;
    assert_eq!(
        scrolled(visit).await.to_bits(),
        before.to_bits(),
        "nothing scrolls meanwhile"
    );
    let when = visit.text_of("#short-when").await;
    assert!(when.contains("06:00–07:30"), "{when}");
    visit.picture("en-touch-drawn").await;
    let title = visit
        .client
        .find(fantoccini::Locator::Css("#short-title"))
        .await
        .unwrap();
    title.send_keys("Finger paint").await.unwrap();
    visit.press("#short button[type=submit]").await;
    visit.says("The event is in the calendar").await;
    assert_eq!(time_of(visit, "Finger paint").await, "06:00–07:30");
}

/// Swiped over, it stays where it is; held, it moves and stretches; tapped, it opens.
async fn moves(visit: &Visit) {
    let (x, y) = middle(visit, "Finger paint").await;
    swipe(visit, (x, y), 120.0).await;
    assert_eq!(time_of(visit, "Finger paint").await, "06:00–07:30");
    let (x, y) = middle(visit, "Finger paint").await;
    drag(visit, (x, y), (x, y), HOLD).await;
    tokio::time::sleep(HOLD).await;
    visit.shows("#cal").await;
    assert!(!visit.has(".dragged").await, "let go where it was");
    leads(visit, (x, y), (x, y + 48.0)).await;
    visit.says("The event is moved").await;
    assert_eq!(time_of(visit, "Finger paint").await, "07:00–08:30");
    let (x, y) = middle(visit, "Finger paint").await;
    leads(visit, (x, y + 31.0), (x, y + 79.0)).await;
    visit.says("The event is moved").await;
    assert_eq!(time_of(visit, "Finger paint").await, "07:00–09:30");
    visit.picture("en-touch-moved").await;
    let (x, y) = middle(visit, "Finger paint").await;
    drag(visit, (x, y), (x, y), Duration::ZERO).await;
    visit.shows("#event").await;
    assert_eq!(visit.value("title").await, "Finger paint");
}

/// Touches something that is not on the hours.
async fn press(visit: &Visit, css: &str) {
    let script = format!(
        "const found = document.querySelector('{css}');
         found.scrollIntoView({{ block: 'center' }});
         const box = found.getBoundingClientRect();
         return [Math.round(box.left + box.width / 2), Math.round(box.top + box.height / 2)];"
    );
    let at = point(&visit.script(&script).await);
    drag(visit, at, at, Duration::ZERO).await;
}

/// Where a time of the first day that is shown is on the screen, scrolled into view.
async fn spot(visit: &Visit, minutes: i64) -> (f64, f64) {
    let script = format!(
        "const hours = document.querySelector('.hours'); hours.scrollIntoView();
         const box = hours.getBoundingClientRect();
         return [Math.round(box.left + box.width / 2), Math.round(box.top + box.height * {minutes} / 1440)];"
    );
    point(&visit.script(&script).await)
}

/// The middle of an event, scrolled into the middle of the screen.
async fn middle(visit: &Visit, title: &str) -> (f64, f64) {
    let script = format!(
        "const found = [...document.querySelectorAll('.hours .ev')].find((one) => one.querySelector('b').textContent === '{title}');
         found.scrollIntoView({{ block: 'center' }});
         const box = found.getBoundingClientRect();
         return [Math.round(box.left + box.width / 2), Math.round(box.top + box.height / 2)];"
    );
    point(&visit.script(&script).await)
}

/// The day of an event that has just been made.
async fn date_of(visit: &Visit, title: &str) -> String {
    let script = format!(
        "const found = [...document.querySelectorAll('.hours .ev')].find((one) => one.querySelector('b').textContent === '{title}');
         return found.closest('[data-day]').dataset.day;"
    );
    let date = visit.script(&script).await;
    date.as_str().unwrap().to_owned()
}

/// How far the page and its hours are scrolled.
async fn scrolled(visit: &Visit) -> f64 {
    let far = "return scrollY + document.getElementById('week').scrollTop";
    visit.script(far).await.as_f64().unwrap()
}

/// Drags something, which leads to the page as it is after that.
async fn leads(visit: &Visit, from: (f64, f64), to: (f64, f64)) {
    visit.script("document.body.dataset.before = ''").await;
    hold_and_drag(visit, from, to).await;
    visit.shows("body:not([data-before])").await;
}

/// Passes upwards over the screen, and waits until what scrolls has come to rest.
async fn swipe(visit: &Visit, (x, y): (f64, f64), far: f64) {
    drag(visit, (x, y), (x, y - far), Duration::ZERO).await;
    let mut last = f64::MIN;
    loop {
        let now = scrolled(visit).await;
        if (now - last).abs() < 0.5 {
            return;
        }
        last = now;
        tokio::time::sleep(REST).await;
    }
}

async fn hold_and_drag(visit: &Visit, from: (f64, f64), to: (f64, f64)) {
    drag(visit, from, to, HOLD).await;
}

/// Puts a finger down, lets it rest, and draws it to another place.
async fn drag(visit: &Visit, from: (f64, f64), to: (f64, f64), rest: Duration) {
    let go = |(x, y): (f64, f64)| PointerAction::MoveTo {
        duration: Some(STEP),
        x,
        y,
    };
    let mut actions = TouchActions::new("finger".to_owned())
        .then(go(from))
        .then(PointerAction::Down {
            button: MOUSE_BUTTON_LEFT,
        })
        .then(PointerAction::Pause { duration: rest });
    if from != to {
        let half = (f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1));
        // At rest again before it leaves: nothing goes on scrolling.
        let rest = PointerAction::Pause { duration: REST };
        actions = actions.then(go(half)).then(go(to)).then(rest);
    }
    let actions = actions.then(PointerAction::Up {
        button: MOUSE_BUTTON_LEFT,
    });
    visit
        .client
        .perform_actions(Actions::from(actions))
        .await
        .unwrap();
}
