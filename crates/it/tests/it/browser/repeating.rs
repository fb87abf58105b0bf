//! How often an event comes, chosen as people count: every so many weeks, on these days, so many times.

use super::segments::fits;
use super::visit::{Visit, city};

/// What somebody reads and types.
struct Read {
    language: &'static str,
    /// A resident whom no other test has.
    resident: usize,
    title: &'static str,
    created: &'static str,
    saved: &'static str,
    twice: &'static str,
    rule: &'static str,
    monthly: &'static str,
}

const ENGLISH: Read = Read {
    language: "en",
    resident: 76,
    title: "Choir",
    created: "The event is in the calendar",
    saved: "The event is saved",
    twice: "Name the last day or a number of times, not both",
    rule: "every 2 weeks on Tuesday and Thursday, 5 times",
    monthly: "every 3 months on the first Tuesday",
};

const RUSSIAN: Read = Read {
    language: "ru",
    resident: 77,
    title: "Хор",
    created: "Событие в календаре",
    saved: "Событие сохранено",
    twice: "Назовите или последний день, или число раз, но не то и другое",
    rule: "каждые 2 недели по вторникам и четвергам, 5 раз",
    monthly: "каждые 3 месяца в первый вторник",
};

#[tokio::test]
async fn a_series_is_counted_as_people_count_in_english() {
    counts(&ENGLISH).await;
}

#[tokio::test]
async fn a_series_is_counted_as_people_count_in_russian() {
    counts(&RUSSIAN).await;
}

/// Whether the control of this name is to be seen.
async fn is_seen(visit: &Visit, name: &str) -> bool {
    let look = format!("return document.querySelector('main [name={name}]').offsetParent !== null");
    visit.script(&look).await == true
}

async fn counts(read: &Read) {
    let visit = Visit::start(read.language).await;
    visit.sign_in(city().resident(read.resident)).await;
    visit
        .go("/calendar/new?date=2026-12-01&starts=2026-12-01T12:00")
        .await;
    visit.fill("title", read.title).await;
    for name in ["every", "unit", "on_tu", "until", "times"] {
        assert!(!is_seen(&visit, name).await, "{name}: it comes once");
    }
    visit.choose("repeat", "custom").await;
    for name in ["every", "unit", "on_tu", "until", "times"] {
        assert!(is_seen(&visit, name).await, "{name}");
    }
    visit.choose("unit", "month").await;
    assert!(!is_seen(&visit, "on_tu").await, "days are of weeks");
    visit.choose("unit", "week").await;
    visit.fill("every", "2").await;
    visit.press("main [name=on_tu]").await;
    visit.press("main [name=on_th]").await;
    visit.fill("times", "5").await;
    visit
        .script("document.querySelector('[name=until]').value = '2027-01-31'")
        .await;
    visit.press("#event button[value=save]").await;
    visit.says(read.twice).await;
    assert_eq!(visit.value("every").await, "2", "what was typed is still there");
    visit
        .script("document.querySelector('[name=until]').value = ''")
        .await;
    visit.press("#event button[value=save]").await;
    visit.says(read.created).await;
    opens(&visit, read).await;
    assert_eq!(visit.text_of("#rule-in-words").await, read.rule);
    let kept = ["repeat", "every", "unit", "times"];
    for (name, value) in kept.into_iter().zip(["custom", "2", "week", "5"]) {
        assert_eq!(visit.value(name).await, value, "{name}");
    }
    let ticked = "return [...document.querySelectorAll('.weekdays input:checked')].map((one) => one.name)";
    assert_eq!(visit.script(ticked).await, serde_json::json!(["on_tu", "on_th"]));
    let path = visit.script("return location.pathname + location.search").await;
    let name = format!("{}-calendar-repeating", read.language);
    fits(&visit, path.as_str().unwrap(), &name).await;

    visit.choose("unit", "month-nth").await;
    visit.fill("every", "3").await;
    visit
        .script("document.querySelector('[name=times]').value = ''")
        .await;
    visit.press("#event input[name=which][value=all]").await;
    visit.press("#event button[value=save]").await;
    visit.says(read.saved).await;
    opens(&visit, read).await;
    assert_eq!(visit.text_of("#rule-in-words").await, read.monthly);
    assert_eq!(visit.complaints().await, Vec::<String>::new());
    visit.end().await;
}

/// The first of the series.
async fn opens(visit: &Visit, read: &Read) {
    visit.go("/calendar?view=agenda&date=2026-12-01").await;
    let first = format!(
        "const found = [...document.querySelectorAll('.agenda .ev a')].find((one) => one.textContent.includes('{}'));
         if (found) found.click();
         return found !== undefined",
        read.title
    );
    assert_eq!(visit.script(&first).await, true);
    visit.shows("#event").await;
}
