//! Calendars as those meet them who plan their week: looking, drawing, typing, changing one of a series or what follows.

use fantoccini::actions::{Actions, InputSource as _, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::key::Key;
use std::time::Duration;

use super::looks::keys;
use super::segments::fits;
use super::visit::{Visit, city};

/// What somebody reads and types on the way.
struct Read {
    language: &'static str,
    resident: usize,
    heading: &'static str,
    quick: &'static str,
    quick_title: &'static str,
    created: &'static str,
    drawn: &'static str,
    lasting: &'static str,
    pressed: &'static str,
    series: &'static str,
    weekly: &'static str,
    saved: &'static str,
    moved: &'static str,
    deleted: &'static str,
    back: &'static str,
}

const ENGLISH: Read = Read {
    language: "en",
    resident: 40,
    heading: "Calendar",
    quick: "tomorrow 15:00 water the ferns 30m",
    quick_title: "water the ferns",
    created: "The event is in the calendar",
    drawn: "Drawn by hand",
    lasting: "Camp",
    pressed: "Day out",
    series: "every monday 10:00 chess 1h",
    weekly: "every week on Monday",
    saved: "The event is saved",
    moved: "The event is moved",
    deleted: "The event is deleted",
    back: "The event is as it was",
};

const RUSSIAN: Read = Read {
    language: "ru",
    resident: 41,
    heading: "Календарь",
    quick: "завтра 15:00 полить папоротник 30м",
    quick_title: "полить папоротник",
    created: "Событие в календаре",
    drawn: "Нарисовано рукой",
    lasting: "Лагерь",
    pressed: "Выходной",
    series: "каждый понедельник 10:00 шахматы 1ч",
    weekly: "каждую неделю по понедельникам",
    saved: "Событие сохранено",
    moved: "Событие перенесено",
    deleted: "Событие удалено",
    back: "Событие снова такое",
};

#[tokio::test]
async fn a_week_is_planned_in_english() {
    plans(&ENGLISH).await;
}

#[tokio::test]
async fn a_week_is_planned_in_russian() {
    plans(&RUSSIAN).await;
}

async fn plans(read: &Read) {
    let visit = Visit::start(read.language).await;
    visit.sign_in(city().resident(read.resident)).await;
    looks(&visit, read).await;
    types(&visit, read).await;
    draws(&visit, read).await;
    drags(&visit, read).await;
    carries_days(&visit, read).await;
    changes(&visit, read).await;
    assert_eq!(visit.complaints().await, Vec::<String>::new());
    visit.end().await;
}

/// The week of a demo person has something in it, in every view.
async fn looks(visit: &Visit, read: &Read) {
    visit.go("/calendar").await;
    assert!(
        visit
            .script("return document.title")
            .await
            .as_str()
            .unwrap()
            .contains(read.heading)
    );
    let shown = count(visit, ".week .ev").await;
    assert!(shown >= 12, "{shown} events in this week");
    assert!(visit.has(".clock").await, "the line of the clock");
    for (path, name) in [
        ("/calendar", "week"),
        ("/calendar?view=day", "day"),
        ("/calendar?view=month", "month"),
        ("/calendar?view=agenda", "agenda"),
        ("/calendar/new", "new"),
        ("/calendar/own", "own"),
    ] {
        fits(visit, path, &format!("{}-calendar-{name}", read.language)).await;
    }
    // As somebody sees it who has not scrolled yet.
    visit.screen(1100, false).await;
    visit.script("sessionStorage.clear()").await;
    visit.go("/calendar").await;
    visit.picture(&format!("{}-calendar-opened", read.language)).await;
}

/// One line says what, when and for how long.
async fn types(visit: &Visit, read: &Read) {
    visit.go("/calendar").await;
    visit.fill("quick", read.quick).await;
    visit.press("#quick-form button").await;
    visit.says(read.created).await;
    assert!(
        titles(visit).await.iter().any(|title| title == read.quick_title),
        "{:?}",
        titles(visit).await
    );
    visit.fill("quick", "15:00").await;
    visit.press("#quick-form button").await;
    visit.shows("#quick-wrong").await;
    assert_eq!(visit.value("quick").await, "15:00", "nothing is lost");
}

/// Pressed on an empty hour, drawn to another one, and called.
async fn draws(visit: &Visit, read: &Read) {
    week(visit, 14).await;
    let (x, y) = spot(visit, 6, 6 * 60).await;
    let (_, below) = spot(visit, 6, 7 * 60 + 30).await;
    drag(visit, (x, y), (x, below)).await;
    visit.shows("#short[open]").await;
    assert!(visit.text_of("#short-when").await.contains("06:00–07:30"));
    visit
        .script("document.getElementById('short-title').focus()")
        .await;
    visit.fill("title", read.drawn).await;
    visit.press("#short button[type=submit]").await;
    visit.says(read.created).await;
    assert!(titles(visit).await.iter().any(|title| title == read.drawn));
    assert_eq!(time_of(visit, read.drawn).await, "06:00–07:30");
}

/// Moved to another hour, then stretched by its lower edge.
async fn drags(visit: &Visit, read: &Read) {
    let (x, y) = middle(visit, read.drawn, 0.4).await;
    let (other, below) = spot(visit, 5, 9 * 60 + 18).await;
    shifts(visit, (x, y), (other, below)).await;
    visit.says(read.moved).await;
    assert!(
        time_of(visit, read.drawn).await.starts_with("08:4"),
        "{}",
        time_of(visit, read.drawn).await
    );
    let before = time_of(visit, read.drawn).await;
    let (x, y) = middle(visit, read.drawn, 0.97).await;
    shifts(visit, (x, y), (x, y + 48.0)).await;
    visit.says(read.moved).await;
    let after = time_of(visit, read.drawn).await;
    assert!(
        after != before && after.starts_with(&before[..5]),
        "{before} {after}"
    );
    visit.press("#undo").await;
    visit.says(read.back).await;
    assert_eq!(time_of(visit, read.drawn).await, before);
}

/// What lasts for days is drawn over them, in a week and in a month, and carried to others.
async fn carries_days(visit: &Visit, read: &Read) {
    week(visit, 21).await;
    let from = cell(visit, 1, ".whole-days").await;
    drag(visit, from, cell(visit, 3, ".whole-days").await).await;
    visit.shows("#short[open]").await;
    visit.fill("title", read.lasting).await;
    visit.press("#short button[type=submit]").await;
    visit.says(read.created).await;
    assert_eq!(days_of(visit, read.lasting).await, [1, 2, 3]);
    let grip = on(visit, read.lasting).await;
    shifts(visit, grip, cell(visit, 3, ".whole-days").await).await;
    assert_eq!(days_of(visit, read.lasting).await, [3, 4, 5]);

    let date = visit
        .script("return document.getElementById('cal').dataset.date")
        .await;
    let month = format!("/calendar?view=month&date={}", date.as_str().unwrap());
    visit.go(&month).await;
    let before = days_of(visit, read.lasting).await;
    // A month may end with the week in which it is.
    let by: i64 = if before[0] < 14 { 7 } else { -7 };
    let after: Vec<u64> = before
        .iter()
        .filter_map(|day| day.checked_add_signed(by))
        .collect();
    let grip = on(visit, read.lasting).await;
    shifts(visit, grip, inside(visit, after[0]).await).await;
    visit.says(read.moved).await;
    assert_eq!(days_of(visit, read.lasting).await, after);
    fits(visit, &month, &format!("{}-calendar-carried", read.language)).await;
    visit.screen(1100, false).await;
    visit.go(&month).await;
    let empty = visit
        .script("return [...document.querySelectorAll('[data-day]')].findIndex((day) => !day.querySelector('.ev'))")
        .await;
    let empty = empty.as_u64().unwrap();
    let there = inside(visit, empty).await;
    drag(visit, there, there).await;
    visit.shows("#short[open]").await;
    visit.fill("title", read.pressed).await;
    visit.press("#short button[type=submit]").await;
    visit.says(read.created).await;
    assert_eq!(days_of(visit, read.pressed).await, [empty]);
}

/// The days of the page on which something of this title is, counted from the first.
async fn days_of(visit: &Visit, title: &str) -> Vec<u64> {
    let script = format!(
        "return [...document.querySelectorAll('[data-day]')].flatMap((day, at) =>
            [...day.querySelectorAll('.ev a')].some((one) => one.textContent.endsWith('{title}')) ? [at] : [])"
    );
    let found = visit.script(&script).await;
    found
        .as_array()
        .unwrap()
        .iter()
        .filter_map(serde_json::Value::as_u64)
        .collect()
}

/// The lower end of a part of a day of a week, where nothing is.
async fn cell(visit: &Visit, day: u64, part: &str) -> (f64, f64) {
    let script = format!(
        "const box = document.querySelectorAll('[data-day]')[{day}].querySelector('{part}').getBoundingClientRect();
         return [Math.round(box.left + box.width / 2), Math.round(box.bottom - 3)];"
    );
    point(&visit.script(&script).await)
}

/// The middle of a day of a month, which is scrolled into view as a whole.
async fn inside(visit: &Visit, day: u64) -> (f64, f64) {
    let script = format!(
        "document.getElementById('month').scrollIntoView();
         const box = document.querySelectorAll('[data-day]')[{day}].getBoundingClientRect();
         return [Math.round(box.left + box.width / 2), Math.round(box.top + box.height / 2)];"
    );
    point(&visit.script(&script).await)
}

/// Something on the first of its days.
async fn on(visit: &Visit, title: &str) -> (f64, f64) {
    let script = format!(
        "document.getElementById('month')?.scrollIntoView();
         const found = [...document.querySelectorAll('.ev a')].find((one) => one.textContent.endsWith('{title}'));
         const box = found.getBoundingClientRect();
         return [Math.round(box.left + box.width / 2), Math.round(box.top + box.height / 2)];"
    );
    point(&visit.script(&script).await)
}

/// One of a series is changed, then this and the following ones, and what is deleted comes back.
async fn changes(visit: &Visit, read: &Read) {
    visit.go("/calendar").await;
    visit.fill("quick", read.series).await;
    visit.press("#quick-form button").await;
    visit.says(read.created).await;
    let title = read.series.split(' ').nth(3).unwrap();
    week(visit, 14).await;
    open(visit, title).await;
    assert!(visit.text_of("#rule-in-words").await.contains(read.weekly));
    fits(
        visit,
        &visit.path().await,
        &format!("{}-calendar-event", read.language),
    )
    .await;
    set(visit, "start_time", "11:00").await;
    visit.press("input[name=which][value=this]").await;
    visit.press("button[value=save]").await;
    visit.says(read.saved).await;
    assert_eq!(time_of(visit, title).await, "11:00–12:00");
    week(visit, 21).await;
    assert_eq!(time_of(visit, title).await, "10:00–11:00");
    open(visit, title).await;
    visit.fill("title", &format!("{title} 2")).await;
    visit.press("input[name=which][value=following]").await;
    visit.press("button[value=save]").await;
    visit.says(read.saved).await;
    let called = format!("{title} 2");
    assert_eq!(time_of(visit, &called).await, "10:00–11:00");
    week(visit, 14).await;
    assert_eq!(
        time_of(visit, title).await,
        "11:00–12:00",
        "what was before is as it was"
    );
    open(visit, title).await;
    visit.press("button[value=delete]").await;
    visit.says(read.deleted).await;
    assert!(!titles(visit).await.iter().any(|one| one == title));
    visit.press("#undo").await;
    visit.says(read.back).await;
    week(visit, 14).await;
    assert_eq!(time_of(visit, title).await, "11:00–12:00");
}

#[tokio::test]
async fn a_calendar_is_used_by_keys_alone() {
    let visit = Visit::start("en").await;
    visit.sign_in(city().resident(42)).await;
    visit.go("/calendar").await;
    for (key, view) in [('m', "month"), ('a', "agenda"), ('d', "day"), ('w', "week")] {
        press(&visit, key).await;
        visit.shows(&format!("#cal[data-view={view}]")).await;
    }
    let today = visit
        .script("return document.getElementById('cal').dataset.date")
        .await;
    press(&visit, 'j').await;
    visit
        .shows(&format!("#cal:not([data-date='{}'])", today.as_str().unwrap()))
        .await;
    press(&visit, 't').await;
    visit
        .shows(&format!("#cal[data-date='{}']", today.as_str().unwrap()))
        .await;
    press(&visit, 'q').await;
    type_in(&visit, "tomorrow 7:00 by keys").await;
    keys(&visit, &[Key::Enter]).await;
    visit.says("The event is in the calendar").await;
    keys(&visit, &[Key::Down]).await;
    let focused = visit
        .script("return document.activeElement.closest('.ev') !== null")
        .await;
    assert_eq!(focused, true, "an event has the focus");
    press(&visit, '/').await;
    type_in(&visit, "by keys").await;
    keys(&visit, &[Key::Enter]).await;
    visit.shows(".agenda .ev").await;
    assert_eq!(count(&visit, ".agenda .ev").await, 1);
    keys(&visit, &[Key::Down, Key::Enter]).await;
    visit.shows("#event").await;
    visit.fill("title", "by keys alone").await;
    keys(&visit, &[Key::Enter]).await;
    visit.says("The event is saved").await;
    press(&visit, '?').await;
    let open = visit
        .script("return document.getElementById('keys').matches(':popover-open')")
        .await;
    assert_eq!(open, true);
    visit.end().await;
}

#[tokio::test]
async fn two_edits_of_one_version_are_both_shown() {
    let visit = Visit::start("en").await;
    visit.sign_in(city().resident(43)).await;
    visit.go("/calendar").await;
    visit.fill("quick", "tomorrow 12:00 contested").await;
    visit.press("#quick-form button").await;
    visit.says("The event is in the calendar").await;
    open(&visit, "contested").await;
    let form = visit.path().await;
    let saved = visit
        .script(
            "const body = new URLSearchParams(new FormData(document.getElementById('event')));
             body.set('place', 'Attic');
             const request = new XMLHttpRequest();
             request.open('POST', document.getElementById('event').action, false);
             request.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
             request.send(body.toString());
             return request.status;",
        )
        .await;
    assert_eq!(saved, 200, "the other one was first: {form}");
    visit.fill("title", "contested twice").await;
    visit.press("button[value=save]").await;
    visit.shows("#both").await;
    assert!(visit.text_of("#both").await.contains("Attic"));
    assert_eq!(visit.value("title").await, "contested twice", "nothing is lost");
    visit.picture("en-calendar-both").await;
    visit.press("button[value=save]").await;
    visit.says("The event is saved").await;
    visit.end().await;
}

#[tokio::test]
async fn a_calendar_is_made_coloured_binned_and_taken_out_again() {
    let visit = Visit::start("en").await;
    visit.sign_in(city().resident(44)).await;
    visit.go("/calendar/own").await;
    visit.fill("title", "Choir").await;
    visit.press("main form button[type=submit]").await;
    visit.says("The calendar is there").await;
    visit.press_called("Choir").await;
    visit.fill("title", "Choir and band").await;
    visit
        .script("document.getElementById('color').value = '#aa0044'")
        .await;
    visit.press("button[value=save]").await;
    visit.says("The calendar is saved").await;
    visit.press_called("Choir and band").await;
    visit.press("button[value=delete]").await;
    visit.says("The calendar is in the bin").await;
    visit.press("#bin button").await;
    visit.says("The calendar is back").await;
    visit.go("/calendar").await;
    assert!(visit.text_of("#ticks").await.contains("Choir and band"));
    let before = count(&visit, ".week .ev").await;
    visit.press("#ticks .cal-tick:nth-of-type(1) input").await;
    let deadline = std::time::Instant::now() + super::visit::PATIENCE;
    while count(&visit, ".week .ev").await >= before {
        assert!(
            std::time::Instant::now() < deadline,
            "what is not ticked is not shown"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    visit.end().await;
}

/// The week so many days ahead.
async fn week(visit: &Visit, days: i64) {
    let script = format!("return new Date(Date.now() + {days} * 86400000).toISOString().slice(0, 10)");
    let date = visit.script(&script).await;
    visit
        .go(&format!("/calendar?view=week&date={}", date.as_str().unwrap()))
        .await;
}

async fn count(visit: &Visit, css: &str) -> u64 {
    let script = format!("return document.querySelectorAll('{css}').length");
    visit.script(&script).await.as_u64().unwrap()
}

async fn titles(visit: &Visit) -> Vec<String> {
    let found = visit
        .script("return [...document.querySelectorAll('.ev a b, .ev a')].map((one) => one.textContent)")
        .await;
    found
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap_or_default().trim().to_owned())
        .collect()
}

pub(super) async fn time_of(visit: &Visit, title: &str) -> String {
    let script = format!(
        "const found = [...document.querySelectorAll('.hours .ev')].find((one) => one.querySelector('b').textContent === '{title}');
         return found ? found.querySelector('time').textContent : 'nowhere';"
    );
    visit
        .script(&script)
        .await
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

async fn open(visit: &Visit, title: &str) {
    let script = format!(
        "[...document.querySelectorAll('.ev a')].find((one) => (one.querySelector('b') ?? one).textContent === '{title}').click()"
    );
    visit.script(&script).await;
    visit.shows("#event").await;
}

/// Sets a field that a browser fills in its own way.
async fn set(visit: &Visit, name: &str, value: &str) {
    let script = format!(
        "const field = document.querySelector('[name={name}]'); field.value = '{value}';
         field.dispatchEvent(new Event('change', {{ bubbles: true }}));"
    );
    visit.script(&script).await;
}

/// Where a time of a day of the week is on the screen, scrolled into view.
async fn spot(visit: &Visit, day: usize, minutes: i64) -> (f64, f64) {
    let script = format!(
        "const week = document.getElementById('week'); const hours = document.querySelectorAll('.hours')[{day}];
         if (!week.dataset.tested) {{ week.dataset.tested = 'yes'; week.scrollTop = 4 * hours.offsetHeight / 24; week.scrollIntoView(); }}
         const box = hours.getBoundingClientRect();
         return [Math.round(box.left + box.width / 2), Math.round(box.top + box.height * {minutes} / 1440)];"
    );
    point(&visit.script(&script).await)
}

/// A place in an event, so far down.
async fn middle(visit: &Visit, title: &str, down: f64) -> (f64, f64) {
    spot(visit, 0, 0).await;
    let script = format!(
        "const found = [...document.querySelectorAll('.hours .ev')].find((one) => one.querySelector('b').textContent === '{title}');
         const box = found.getBoundingClientRect();
         return [Math.round(box.left + box.width / 2), Math.round(box.top + box.height * {down})];"
    );
    point(&visit.script(&script).await)
}

pub(super) fn point(found: &serde_json::Value) -> (f64, f64) {
    (found[0].as_f64().unwrap(), found[1].as_f64().unwrap())
}

/// Drags an event, which leads to the page as it is after that.
async fn shifts(visit: &Visit, from: (f64, f64), to: (f64, f64)) {
    visit.script("document.body.dataset.before = ''").await;
    drag(visit, from, to).await;
    visit.shows("body:not([data-before])").await;
}

async fn drag(visit: &Visit, from: (f64, f64), to: (f64, f64)) {
    let go = |(x, y): (f64, f64)| PointerAction::MoveTo {
        duration: Some(Duration::from_millis(60)),
        x,
        y,
    };
    let half = (f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1));
    let actions = MouseActions::new("mouse".to_owned())
        .then(go(from))
        .then(PointerAction::Down {
            button: MOUSE_BUTTON_LEFT,
        })
        .then(go(half))
        .then(go(to))
        .then(PointerAction::Up {
            button: MOUSE_BUTTON_LEFT,
        });
    visit
        .client
        .perform_actions(Actions::from(actions))
        .await
        .unwrap();
}

async fn press(visit: &Visit, key: char) {
    type_in(visit, &key.to_string()).await;
}

/// Types into whatever has the focus.
async fn type_in(visit: &Visit, text: &str) {
    use fantoccini::actions::{KeyAction, KeyActions};
    let mut actions = KeyActions::new("keys".to_owned());
    for value in text.chars() {
        actions = actions
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value });
    }
    visit
        .client
        .perform_actions(Actions::from(actions))
        .await
        .unwrap();
}
