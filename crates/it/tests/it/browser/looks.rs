//! Every page in both languages, on a narrow screen, by day and by night, and by keyboard alone.

use fantoccini::actions::{Actions, InputSource as _, KeyAction, KeyActions};
use fantoccini::key::Key;

use super::visit::{ADMIN, Visit, city};

/// Every page that can be opened without doing anything first.
fn pages() -> Vec<(&'static str, String)> {
    let resident = &city().resident(8).id;
    vec![
        ("home", "/".to_owned()),
        ("profile", "/me".to_owned()),
        ("password", "/me/password".to_owned()),
        ("sessions", "/me/sessions".to_owned()),
        ("end-others", "/me/sessions/end-others".to_owned()),
        ("my-letters", "/me/letters".to_owned()),
        ("letters", "/letters".to_owned()),
        ("providers", "/letters/providers".to_owned()),
        ("looks", "/letters/looks/registry.invitation".to_owned()),
        ("mailbox", "/mailbox".to_owned()),
        ("suppressions", "/letters/suppressions".to_owned()),
        ("forgotten", "/forgotten-password".to_owned()),
        ("app-passwords", "/me/app-passwords".to_owned()),
        ("calendar", "/calendar".to_owned()),
        ("calendar-month", "/calendar?view=month".to_owned()),
        ("calendar-agenda", "/calendar?view=agenda".to_owned()),
        ("calendar-new", "/calendar/new".to_owned()),
        ("calendars", "/calendar/own".to_owned()),
        ("calendar-settings", "/calendar/settings".to_owned()),
        ("calendar-times", "/calendar/times".to_owned()),
        ("calendar-rooms", "/calendar/rooms".to_owned()),
        ("calendar-invitations", "/calendar/invitations".to_owned()),
        ("groups", "/groups".to_owned()),
        ("people", "/people".to_owned()),
        ("people-none", "/people?search=nobodywhoishere".to_owned()),
        ("person-new", "/people/new".to_owned()),
        ("person", format!("/people/{resident}")),
        ("person-block", format!("/people/{resident}/block")),
        ("person-delete", format!("/people/{resident}/delete")),
        ("person-end-sessions", format!("/people/{resident}/end-sessions")),
        ("segments", "/segments".to_owned()),
        ("segment-new", "/new-segment".to_owned()),
        ("segment", "/segments/VOICE_MESSAGES".to_owned()),
        ("segment-about", "/segments/VOICE_MESSAGES/about".to_owned()),
        ("segment-rule", "/segments/SMART_METER/rule".to_owned()),
        (
            "segment-overlap",
            "/segments/STAFF/overlap?with=VOICE_MESSAGES".to_owned(),
        ),
        ("segment-people", "/segments/STAFF/people".to_owned()),
        ("segment-draw", "/segments/STAFF/draws".to_owned()),
        ("segment-return", "/segments/VOICE_MESSAGES/versions/2".to_owned()),
        ("person-segments", format!("/people/{resident}/segments")),
        ("keys", "/keys".to_owned()),
        ("audit", "/audit".to_owned()),
        ("link-gone", "/links/nothing".to_owned()),
        ("not-found", "/nowhere".to_owned()),
    ]
}

#[tokio::test]
async fn every_page_is_whole_in_both_languages_on_every_screen() {
    let _alone = ADMIN.write().await;
    let visit = Visit::start("en").await;
    visit.go("/sign-in").await;
    visit.picture("en-sign-in").await;
    visit.sign_in(city().somebody("admin")).await;
    for language in ["ru", "en"] {
        visit.speaks(language).await;
        for (name, path) in pages() {
            for (width, dark, screen) in [
                (1100, false, "desk"),
                (1100, true, "night"),
                (360, false, "phone"),
            ] {
                visit.screen(width, dark).await;
                visit.go(&path).await;
                assert_eq!(
                    visit.script("return document.documentElement.lang").await,
                    language,
                    "{path}"
                );
                let wide = visit
                    .script("return document.documentElement.scrollWidth")
                    .await
                    .as_u64()
                    .unwrap();
                assert!(
                    wide <= u64::from(width),
                    "{path} is {wide} wide on a screen of {width} ({language})"
                );
                let background = visit
                    .script("return getComputedStyle(document.body).backgroundColor")
                    .await;
                assert_eq!(
                    background,
                    if dark {
                        "rgb(22, 25, 26)"
                    } else {
                        "rgb(255, 255, 255)"
                    },
                    "{path}"
                );
                assert_eq!(unlabelled(&visit).await, Vec::<String>::new(), "{path}");
                visit.picture(&format!("{language}-{name}-{screen}")).await;
            }
            assert_eq!(visit.complaints().await, Vec::<String>::new(), "{path}");
        }
    }
    visit.end().await;
}

/// Fields and buttons that a screen reader could not name, ids that stand twice, and headings that are missing.
pub async fn unlabelled(visit: &Visit) -> Vec<String> {
    let found = visit
        .script(
            "const faults = [];
             for (const field of document.querySelectorAll('input:not([type=hidden]):not([hidden]), select')) {
               if (!field.labels.length) faults.push('no label: ' + field.name);
             }
             for (const button of document.querySelectorAll('button, a')) {
               if (!(button.innerText || button.getAttribute('aria-label') || button.hidden || button.textContent.trim())) {
                 faults.push('no name: ' + button.outerHTML);
               }
             }
             const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
             for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push('twice: ' + id);
             for (const element of document.querySelectorAll('[aria-describedby]')) {
               for (const id of element.getAttribute('aria-describedby').split(' ')) {
                 if (!document.getElementById(id)) faults.push('described by nothing: ' + id);
               }
             }
             if (document.querySelectorAll('h1').length !== 1) faults.push('not one heading');
             if (!document.title) faults.push('no title');
             return faults;",
        )
        .await;
    let faults = found.as_array().cloned().unwrap_or_default();
    faults
        .iter()
        .map(|fault| fault.as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Presses keys without touching anything else.
pub async fn keys(visit: &Visit, keys: &[Key]) {
    let mut actions = KeyActions::new("keys".to_owned());
    for key in keys {
        let value = char::from(*key);
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

pub async fn types(visit: &Visit, text: &str) {
    visit
        .client
        .active_element()
        .await
        .unwrap()
        .send_keys(text)
        .await
        .unwrap();
}

/// Goes on by Tab until the element that fits is reached.
pub async fn tab_to(visit: &Visit, css: &str) {
    let script = format!("return document.activeElement.matches({css:?})");
    for _ in 0..40 {
        keys(visit, &[Key::Tab]).await;
        if visit.script(&script).await == true {
            let outline = visit
                .script("return getComputedStyle(document.activeElement).outlineStyle")
                .await;
            assert_ne!(outline, "none", "{css}: the focus can be seen");
            return;
        }
    }
    panic!("{css} cannot be reached by Tab");
}

#[tokio::test]
async fn everything_can_be_done_by_keyboard_alone() {
    let visit = Visit::start("en").await;
    let person = city().resident(9);
    visit.go("/sign-in").await;
    assert_eq!(
        visit.script("return document.activeElement.name").await,
        "email",
        "the cursor waits there"
    );
    types(&visit, &person.email).await;
    tab_to(&visit, "[name=password]").await;
    types(&visit, &person.password).await;
    keys(&visit, &[Key::Enter]).await;
    visit.arrives("/").await;

    keys(&visit, &[Key::Tab]).await;
    assert_eq!(
        visit.script("return document.activeElement.className").await,
        "skip",
        "first the way to the content"
    );
    keys(&visit, &[Key::Enter]).await;
    assert_eq!(visit.script("return document.activeElement.id").await, "main");
    tab_to(&visit, "a[href='/me']").await;
    keys(&visit, &[Key::Enter]).await;
    visit.arrives("/me").await;
    tab_to(&visit, "[name=name]").await;
    types(&visit, " by Keys").await;
    tab_to(&visit, "main button[type=submit]").await;
    keys(&visit, &[Key::Enter]).await;
    visit.says("by Keys").await;

    tab_to(&visit, ".menu summary").await;
    keys(&visit, &[Key::Enter]).await;
    tab_to(&visit, "#sign-out").await;
    keys(&visit, &[Key::Escape]).await;
    assert_eq!(
        visit.script("return document.querySelector('.menu').open").await,
        false,
        "Escape closes the menu"
    );
    keys(&visit, &[Key::Enter]).await;
    tab_to(&visit, "#sign-out").await;
    keys(&visit, &[Key::Enter]).await;
    visit.arrives("/sign-in").await;
    visit.end().await;
}

#[tokio::test]
async fn a_person_without_roles_sees_no_doors_that_are_shut() {
    let visit = Visit::start("ru").await;
    visit.sign_in(city().resident(10)).await;
    visit.screen(1100, false).await;
    visit.picture("resident-home").await;
    let doors = visit.text_of("header nav").await;
    assert_eq!(
        doors.trim(),
        "Календарь",
        "everybody has one, and nothing else is open"
    );
    for path in ["/people", "/people/new", "/keys", "/audit"] {
        visit.go(path).await;
        assert!(visit.has("#request").await, "{path} tells a number to ask about");
        assert!(!visit.has("#people, #keys, #entries").await, "{path}");
    }
    visit.end().await;
}
