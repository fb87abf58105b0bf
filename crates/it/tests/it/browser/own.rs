//! A calendar as its owner wants it: when it reminds, what others organize, what was deleted, and all of it as it was.

use std::time::Instant;

use super::looks::unlabelled;
use super::segments::fits;
use super::visit::{PATIENCE, Visit, city};

/// What somebody reads and types.
struct Read {
    language: &'static str,
    /// Residents whom no other test has: whose calendar it is, who is invited, and who invites them.
    residents: [usize; 3],
    title: &'static str,
    usual: &'static str,
    others: &'static str,
    created: &'static str,
    saved: &'static str,
    calendar_saved: &'static str,
    settings_saved: &'static str,
    deleted: &'static str,
    back: &'static str,
    comes: &'static str,
    returned: &'static str,
    meeting: &'static str,
    organizes: &'static str,
    task: &'static str,
    done: &'static str,
    stale: &'static str,
    yes: &'static str,
}

const ENGLISH: Read = Read {
    language: "en",
    residents: [70, 71, 72],
    title: "Quiet reading",
    usual: "as the calendar says (10 minutes before, when it starts)",
    others: "as the calendar says (1 hour before)",
    created: "The event is in the calendar",
    saved: "The event is saved",
    calendar_saved: "The calendar is saved",
    settings_saved: "Your choice is saved",
    deleted: "The event is deleted",
    back: "The event is as it was",
    comes: "comes back",
    returned: "The calendar is as it was then",
    meeting: "Roof party",
    organizes: "organizes this event",
    task: "Feed the cat",
    done: "It is done",
    stale: "Somebody changed this event meanwhile",
    yes: "you typed: yes",
};

const RUSSIAN: Read = Read {
    language: "ru",
    residents: [73, 74, 75],
    title: "Тихое чтение",
    usual: "как принято в календаре (за 10 минут, в начале)",
    others: "как принято в календаре (за 1 час)",
    created: "Событие в календаре",
    saved: "Событие сохранено",
    calendar_saved: "Календарь сохранён",
    settings_saved: "Ваш выбор сохранён",
    deleted: "Событие удалено",
    back: "Событие снова такое",
    comes: "вернётся",
    returned: "Календарь такой, каким был тогда",
    meeting: "Праздник на крыше",
    organizes: "Организатор события",
    task: "Покормить кота",
    done: "Дело сделано",
    stale: "Это событие тем временем изменили",
    yes: "у вас: да",
};

#[tokio::test]
async fn a_calendar_is_as_its_owner_wants_it_in_english() {
    wants(&ENGLISH).await;
}

#[tokio::test]
async fn a_calendar_is_as_its_owner_wants_it_in_russian() {
    wants(&RUSSIAN).await;
}

#[tokio::test]
async fn what_others_organize_is_theirs_in_english() {
    is_theirs(&ENGLISH).await;
}

#[tokio::test]
async fn what_others_organize_is_theirs_in_russian() {
    is_theirs(&RUSSIAN).await;
}

async fn wants(read: &Read) {
    let visit = Visit::start(read.language).await;
    visit.sign_in(city().resident(read.residents[0])).await;
    is_silent(&visit, read).await;
    is_stale(&visit, read).await;
    let page = reminds(&visit, read).await;
    takes_back(&visit, read, &page).await;
    ticks(&visit, read, &page).await;
    visit.go("/calendar/settings").await;
    visit.press("[name=daily]").await;
    visit.choose("whose", "known").await;
    visit.press("#settings button").await;
    visit.says(read.settings_saved).await;
    let kept = "return [document.querySelector('[name=daily]').checked, document.querySelector('[name=daily_at]').value]";
    assert_eq!(visit.script(kept).await, serde_json::json!([true, "07:00"]));
    whole(
        &visit,
        "/calendar/settings",
        &format!("{}-calendar-settings", read.language),
    )
    .await;
    assert_eq!(visit.complaints().await, Vec::<String>::new());
    visit.end().await;
}

/// A page on every screen, also for whoever hears it.
async fn whole(visit: &Visit, path: &str, name: &str) {
    fits(visit, path, name).await;
    assert_eq!(unlabelled(visit).await, Vec::<String>::new(), "{path}");
}

/// What a choice shows as chosen.
async fn chosen(visit: &Visit, name: &str) -> String {
    let script = format!("return document.querySelector('[name={name}]').selectedOptions[0].text");
    visit
        .script(&script)
        .await
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

async fn opens(visit: &Visit, title: &str) {
    let deadline = Instant::now() + PATIENCE;
    let open = format!(
        "const found = [...document.querySelectorAll('.ev a')].find((one) => one.textContent.includes('{title}'));
         if (found) found.click(); return !!found;"
    );
    loop {
        visit.go("/calendar?view=agenda&date=2026-12-01").await;
        if visit.script(&open).await == true {
            break;
        }
        assert!(Instant::now() < deadline, "{title} does not come");
    }
    visit.shows("#event").await;
}

/// An event says what will happen, and is silent if one wants that.
async fn is_silent(visit: &Visit, read: &Read) {
    visit
        .go("/calendar/new?date=2026-12-01&starts=2026-12-01T20:00")
        .await;
    assert_eq!(chosen(visit, "remind").await, read.usual);
    visit.fill("title", read.title).await;
    visit.press("#event button[value=save]").await;
    visit.says(read.created).await;
    opens(visit, read.title).await;
    assert_eq!(visit.value("remind").await, "");
    let path = visit.script("return location.pathname + location.search").await;
    let name = format!("{}-calendar-event", read.language);
    whole(visit, path.as_str().unwrap(), &name).await;
    visit.choose("remind", "never").await;
    visit.press("#event button[value=save]").await;
    visit.says(read.saved).await;
    opens(visit, read.title).await;
    assert_eq!(visit.value("remind").await, "never");
    visit.choose("remind", "").await;
    visit.press("#event button[value=save]").await;
    visit.says(read.saved).await;
    opens(visit, read.title).await;
    assert_eq!(visit.value("remind").await, "");
}

/// Only a tick was changed, and somebody else was faster: it is said.
async fn is_stale(visit: &Visit, read: &Read) {
    opens(visit, read.title).await;
    visit
        .script("document.querySelector('#event [name=version]').value = 1")
        .await;
    visit.press("#event [name=private]").await;
    visit.press("#event button[value=save]").await;
    visit.says(read.stale).await;
    visit.says(read.yes).await;
    visit.press("#event button[value=save]").await;
    visit.says(read.saved).await;
}

/// The calendar's own reminders are chosen on its page: which one that is.
async fn reminds(visit: &Visit, read: &Read) -> String {
    visit.go("/calendar/own").await;
    visit.press("#own li:first-child a").await;
    visit.shows("#reminders").await;
    let page = visit.path().await;
    for name in ["remind-10", "remind-0", "remind-60"] {
        visit.press(&format!("[name={name}]")).await;
    }
    visit.press("main button[value=save]").await;
    visit.says(read.calendar_saved).await;
    opens(visit, read.title).await;
    assert_eq!(chosen(visit, "remind").await, read.others);
    let page = page.split('?').next().unwrap_or_default().to_owned();
    whole(visit, &page, &format!("{}-calendar-own-page", read.language)).await;
    page
}

/// A deleted event comes back, and so does all of a calendar.
async fn takes_back(visit: &Visit, read: &Read, page: &str) {
    visit.go("/calendar").await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let clock = "const zone = document.querySelector('#short [name=zone]').value;
        return new Date().toLocaleString('sv-SE', { timeZone: zone }).split(' ')";
    let then = visit.script(clock).await;
    let (day, time) = (then[0].as_str().unwrap(), then[1].as_str().unwrap());
    deletes(visit, read).await;
    let deleted = format!("{page}/deleted");
    whole(visit, &deleted, &format!("{}-calendar-deleted", read.language)).await;
    visit.press("#deleted button").await;
    visit.says(read.back).await;
    deletes(visit, read).await;
    let back = format!("{page}/return?date={day}&time={time}");
    whole(visit, &back, &format!("{}-calendar-return", read.language)).await;
    let foretold = visit.text_of("#foretold").await;
    assert!(
        foretold.contains(read.title) && foretold.contains(read.comes),
        "{foretold}"
    );
    visit.press("#return button").await;
    visit.says(read.returned).await;
    opens(visit, read.title).await;
}

async fn deletes(visit: &Visit, read: &Read) {
    opens(visit, read.title).await;
    visit.press("#event button[value=delete]").await;
    visit.says(read.deleted).await;
}

/// A task is done, and to be done again.
async fn ticks(visit: &Visit, read: &Read, page: &str) {
    let calendar = page.rsplit('/').next().unwrap_or_default();
    let lay = format!(
        "const text = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Town//EN', 'BEGIN:VTODO', 'UID:cat',
           'DTSTAMP:20261101T000000Z', 'DUE:20261201T090000Z', 'SUMMARY:{}', 'COLOR:teal', 'END:VTODO', 'END:VCALENDAR', ''];
         const headers = {{ 'content-type': 'text/calendar' }};
         return fetch('/api/v1/calendars/{calendar}/objects/cat.ics', {{ method: 'PUT', headers, body: text.join('\\r\\n') }})
           .then((put) => put.status)",
        read.task
    );
    assert_eq!(visit.script(&lay).await, 201);
    opens(visit, read.task).await;
    visit.press("#tick button").await;
    visit.says(read.done).await;
    visit.go("/calendar?view=agenda&date=2026-12-01").await;
    assert!(
        visit.has(".ev.task.done.c-008080").await,
        "it is ticked, in its own colour"
    );
    visit.picture(&format!("{}-calendar-task", read.language)).await;
    opens(visit, read.task).await;
    visit.press("#tick button").await;
    visit.shows("#cal").await;
    visit.go("/calendar?view=agenda&date=2026-12-01").await;
    assert!(visit.has(".ev.task").await && !visit.has(".ev.task.done").await);
}

async fn is_theirs(read: &Read) {
    let [_, guest, host] = read.residents.map(|number| city().resident(number));
    let other = Visit::start(read.language).await;
    other.sign_in(host).await;
    other
        .go("/calendar/new?date=2026-12-01&starts=2026-12-01T20:00")
        .await;
    other.fill("title", read.meeting).await;
    other
        .script("document.querySelectorAll('details').forEach((one) => one.open = true)")
        .await;
    other.fill("guests", &guest.email).await;
    other.press("#event button[value=save]").await;
    other.says(read.created).await;
    let visit = other.another(read.language).await;
    visit.sign_in(guest).await;
    comes(&visit, read).await;
    opens(&visit, read.meeting).await;
    assert!(visit.text_of("#organizer").await.contains(read.organizes));
    let locked = "return ['title', 'start_date', 'guests', 'remind'].map((name) => document.querySelector(`#event [name=${name}]`).matches(':disabled'))";
    assert_eq!(
        visit.script(locked).await,
        serde_json::json!([true, true, true, false])
    );
    let path = visit.script("return location.pathname + location.search").await;
    let name = format!("{}-calendar-theirs", read.language);
    whole(&visit, path.as_str().unwrap(), &name).await;
    visit.choose("remind", "never").await;
    visit.press("#event button[value=save]").await;
    visit.says(read.saved).await;
    opens(&visit, read.meeting).await;
    assert_eq!(visit.value("remind").await, "never");
    assert_eq!(visit.value("title").await, read.meeting);
    visit.go("/calendar?date=2026-12-01").await;
    let dragged = format!(
        "const found = [...document.querySelectorAll('.hours .ev')].find((one) => one.textContent.includes('{}'));
         return found ? found.hasAttribute('data-event') : null",
        read.meeting
    );
    assert_eq!(visit.script(&dragged).await, false);
    for one in [visit, other] {
        assert_eq!(one.complaints().await, Vec::<String>::new());
        one.end().await;
    }
}

/// Whoever is not known yet is let in.
async fn comes(visit: &Visit, read: &Read) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        visit.go("/calendar/invitations").await;
        let shown = visit.text().await;
        if shown.contains(read.meeting) {
            break;
        }
        assert!(Instant::now() < deadline, "{shown}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    if visit.has("#apart").await {
        visit.press("#apart button[value=let-in]").await;
        visit.shows("#asked").await;
    }
}
