//! Calendars between people: shared, published, filled from a file, and invitations answered.

use serde_json::Value;

use super::segments::fits;
use super::visit::{Citizen, Visit, city};

/// What two people read and type.
struct Read {
    language: &'static str,
    /// Two residents whom no other test has.
    residents: (usize, usize),
    shared: &'static str,
    waiting: &'static str,
    taken: &'static str,
    published: &'static str,
    withdrawn: &'static str,
    listed: &'static str,
    taken_name: &'static str,
    unlisted: &'static str,
    in_own: &'static str,
    agenda: &'static str,
    imported: &'static str,
    /// Of an event without a start.
    no_start: &'static str,
    event: &'static str,
    created: &'static str,
    answered: &'static str,
    comes: &'static str,
    tell: &'static str,
    saved: &'static str,
    followed: &'static str,
    /// What Estonia keeps on the first of January.
    holiday: &'static str,
    private: &'static str,
    unfollowed: &'static str,
}

const ENGLISH: Read = Read {
    language: "en",
    residents: (46, 47),
    shared: "The calendar is shared",
    waiting: "has not answered yet",
    taken: "The calendar is among yours",
    published: "The link is there",
    withdrawn: "The link leads nowhere any more",
    listed: "Anybody may find the calendar now",
    taken_name: "Another calendar has this name",
    unlisted: "not on the list any more",
    in_own: "In your own calendar",
    agenda: "Agenda",
    imported: "It is in the calendar",
    no_start: "DTSTART is missing",
    event: "Tea in the archive",
    created: "The event is in the calendar",
    answered: "You come",
    comes: "comes",
    tell: "Save and tell one person",
    saved: "The event is saved",
    followed: "You follow it from here on",
    holiday: "New Year",
    private: "the address is on a private network",
    unfollowed: "You follow it no longer",
};

const RUSSIAN: Read = Read {
    language: "ru",
    residents: (48, 49),
    shared: "Доступ открыт",
    waiting: "ещё не ответили",
    taken: "Календарь теперь среди ваших",
    published: "Ссылка готова",
    withdrawn: "Ссылка больше никуда не ведёт",
    listed: "Теперь календарь найдёт любой",
    taken_name: "Это имя занято",
    unlisted: "Календаря больше нет в списке",
    in_own: "В своём календаре",
    agenda: "Список",
    imported: "Всё в календаре",
    no_start: "нет DTSTART",
    event: "Чай в архиве",
    created: "Событие в календаре",
    answered: "Вы придёте",
    comes: "придёт",
    tell: "Сохранить и сообщить 1 человеку",
    saved: "Событие сохранено",
    followed: "Теперь вы следите за ним",
    holiday: "Новый год",
    private: "адрес в частной сети",
    unfollowed: "Вы больше не следите за ним",
};

const FILE: &str = "BEGIN:VCALENDAR\\r\\nVERSION:2.0\\r\\nPRODID:-//Elsewhere//EN\\r\\nBEGIN:VEVENT\\r\\nUID:brought\\r\\n\
    DTSTAMP:20261101T000000Z\\r\\nDTSTART:20261124T090000Z\\r\\nDURATION:PT1H\\r\\nSUMMARY:Brought\\r\\nEND:VEVENT\\r\\n\
    BEGIN:VEVENT\\r\\nUID:broken\\r\\nDTSTAMP:20261101T000000Z\\r\\nSUMMARY:Broken\\r\\nEND:VEVENT\\r\\n\
    END:VCALENDAR\\r\\n";

#[tokio::test]
async fn two_people_share_and_answer_in_english() {
    between(&ENGLISH).await;
}

#[tokio::test]
async fn two_people_share_and_answer_in_russian() {
    between(&RUSSIAN).await;
}

async fn between(read: &Read) {
    let (giver, taker) = (
        city().resident(read.residents.0),
        city().resident(read.residents.1),
    );
    let visit = Visit::start(read.language).await;
    visit.sign_in(giver).await;
    let own = shares(&visit, read, taker).await;
    publishes(&visit, read).await;
    brings(&visit, read).await;
    follows(&visit, read).await;
    invites(&visit, read, taker).await;
    let other = visit.another(read.language).await;
    other.sign_in(taker).await;
    takes(&other, read).await;
    answers(&other, read).await;
    assert_eq!(other.complaints().await, Vec::<String>::new());
    other.end().await;
    visit.go(&own).await;
    assert!(!visit.text_of("#shares").await.contains(read.waiting));
    hears(&visit, read).await;
    tells(&visit, read).await;
    assert_eq!(visit.complaints().await, Vec::<String>::new());
    visit.end().await;
}

/// The page of one's first calendar, shared with somebody.
async fn shares(visit: &Visit, read: &Read, with: &Citizen) -> String {
    visit.go("/calendar/own").await;
    visit.press("#own a").await;
    visit.shows("#shares").await;
    let page = visit.path().await;
    visit.fill("with", "nobody@nowhere.example").await;
    visit.press("#shares form button[type=submit]").await;
    visit.shows("#with-wrong").await;
    visit.fill("with", &with.email).await;
    visit.choose("rights", "edit").await;
    visit.press("#shares form button[type=submit]").await;
    visit.says(read.shared).await;
    assert!(visit.text_of("#shares").await.contains(read.waiting));
    fits(visit, &page, &format!("{}-calendar-shared", read.language)).await;
    page
}

/// Whoever has the link sees the calendar, until it is withdrawn.
async fn publishes(visit: &Visit, read: &Read) {
    visit.press("#link button[value=all]").await;
    visit.says(read.published).await;
    let address = visit.text_of("#link-address").await;
    let asked = format!(
        "return fetch('{address}', {{ credentials: 'omit', cache: 'no-store' }})
            .then(async (answer) => [answer.status, await answer.text()])"
    );
    let found = visit.script(&asked).await;
    assert_eq!(found[0], 200);
    assert!(found[1].as_str().unwrap().starts_with("BEGIN:VCALENDAR"));
    let own = visit.path().await;
    let page = strangers_look(visit, read).await;
    let own = own.split('?').next().unwrap();
    is_listed(visit, read, own).await;
    visit.go(own).await;
    visit.press("#link button[value=withdraw]").await;
    visit.says(read.withdrawn).await;
    assert_eq!(visit.script(&asked).await[0], 404);
    let asked = asked.replace(&address, &page);
    assert_eq!(visit.script(&asked).await[0], 404);
}

/// It stands on the list of public calendars under a name of its own, for as long as its owner wants.
async fn is_listed(visit: &Visit, read: &Read, own: &str) {
    visit.go(own).await;
    // The demo city's own calendar has this one.
    for (name, said) in [("town", read.taken_name), ("x", "3")] {
        visit.fill("public-name", name).await;
        visit.press("#name-form button[value=list]").await;
        visit.shows("#public-name-wrong").await;
        assert!(visit.text_of("#public-name-wrong").await.contains(said));
        assert_eq!(visit.value("public-name").await, name, "nothing is lost");
    }
    let name = format!("by-{}", read.language);
    visit.fill("public-name", &name).await;
    visit.press("#name-form button[value=list]").await;
    visit.says(read.listed).await;
    fits(visit, own, &format!("{}-calendar-listed", read.language)).await;
    let stranger = visit.another(read.language).await;
    fits(
        &stranger,
        "/calendar/public",
        &format!("{}-calendar-directory", read.language),
    )
    .await;
    stranger.press(&format!("#public a[href$='/{name}']")).await;
    stranger.says(read.in_own).await;
    assert_eq!(stranger.path().await, format!("/calendar/public/{name}"));
    assert_eq!(stranger.complaints().await, Vec::<String>::new());
    stranger.end().await;
    visit.go(own).await;
    visit.press("#name-form button[value=unlist]").await;
    visit.says(read.unlisted).await;
    visit.go("/calendar/public").await;
    assert!(!visit.has(&format!("#public a[href$='/{name}']")).await);
}

/// Somebody without an account looks at the page of the link.
async fn strangers_look(visit: &Visit, read: &Read) -> String {
    let page = visit.text_of("#link-page").await;
    let path = page.strip_prefix(&visit.base).unwrap().to_owned();
    let stranger = visit.another(read.language).await;
    stranger.go(&format!("{path}?date=2026-12-05")).await;
    stranger.says(read.in_own).await;
    assert!(
        !stranger.has("#follow").await,
        "whoever is nobody follows nothing here"
    );
    let webcal = "return document.getElementById('webcal').href";
    let webcal = stranger.script(webcal).await;
    assert!(webcal.as_str().unwrap().starts_with("webcal://"), "{webcal}");
    stranger.press("a[rel=next]").await;
    stranger.press_called(read.agenda).await;
    stranger.fill("zone", "Nowhere").await;
    stranger.press("#zone-form button").await;
    stranger.shows("#zone-wrong").await;
    stranger.fill("zone", "Asia/Tokyo").await;
    stranger.press("#zone-form button").await;
    stranger.says("Asia/Tokyo").await;
    for (view, name) in [("month", "public-month"), ("agenda", "public-agenda")] {
        let at = format!("{path}?view={view}&date=2026-11-23");
        fits(&stranger, &at, &format!("{}-calendar-{name}", read.language)).await;
    }
    assert_eq!(stranger.complaints().await, Vec::<String>::new());
    stranger.end().await;
    page
}

/// A file is looked at first, and brought in then.
async fn brings(visit: &Visit, read: &Read) {
    let choose = format!(
        "const files = new DataTransfer();
         files.items.add(new File([\"{FILE}\"], 'brought.ics', {{ type: 'text/calendar' }}));
         const field = document.getElementById('import-file');
         field.files = files.files;
         field.dispatchEvent(new Event('change'));"
    );
    visit.script(&choose).await;
    visit.shows("#import-do:not([disabled])").await;
    assert_eq!(visit.text_of("#import-result dd[data-of=new]").await, "1");
    let problems = visit.text_of("#import-problems").await;
    assert!(problems.contains(read.no_start), "{problems}");
    visit.press("#import-do").await;
    visit.says(read.imported).await;
}

/// Holidays of a country stand among one's own events; an address of the own network is not asked.
async fn follows(visit: &Visit, read: &Read) {
    visit.go("/calendar/own").await;
    visit
        .script("document.getElementById('country').value = 'holidays:ee'")
        .await;
    visit.press("#follow-country button").await;
    visit.says(read.followed).await;
    visit.go("/calendar?view=day&date=2027-01-01").await;
    assert!(
        visit.text().await.contains(read.holiday),
        "{}",
        visit.text().await
    );
    visit.go("/calendar/own").await;
    visit.fill("source", "http://127.0.0.1:9/town.ics").await;
    visit.press("#follow-address button").await;
    visit.says(read.followed).await;
    let deadline = std::time::Instant::now() + super::visit::PATIENCE;
    loop {
        visit.go("/calendar/own").await;
        if visit.text_of("#followed").await.contains(read.private) {
            break;
        }
        assert!(
            std::time::Instant::now() < deadline,
            "{}",
            visit.text_of("#followed").await
        );
    }
    fits(
        visit,
        "/calendar/own",
        &format!("{}-calendars-followed", read.language),
    )
    .await;
    visit.press("#followed li:last-child a").await;
    visit.press("button[value=end]").await;
    visit.says(read.unfollowed).await;
}

async fn invites(visit: &Visit, read: &Read, guest: &Citizen) {
    visit
        .go("/calendar/new?date=2026-12-01&starts=2026-12-01T20:00")
        .await;
    visit.fill("title", read.event).await;
    visit
        .script("document.querySelectorAll('details').forEach((one) => one.open = true)")
        .await;
    visit.fill("guests", &guest.email).await;
    visit.press("#event button[value=save]").await;
    visit.says(read.created).await;
}

async fn takes(visit: &Visit, read: &Read) {
    visit.go("/calendar/own").await;
    visit.shows("#offers button[value=taken]").await;
    visit.press("#offers button[value=taken]").await;
    visit.says(read.taken).await;
    fits(
        visit,
        "/calendar/own",
        &format!("{}-calendars-taken", read.language),
    )
    .await;
}

/// The invitation lies in one's own calendar, among what the other one shares.
async fn answers(visit: &Visit, read: &Read) {
    let links = format!(
        "return [...document.querySelectorAll('.ev')]
            .filter((one) => one.textContent.includes('{}')).map((one) => one.querySelector('a').href)",
        read.event
    );
    let deadline = std::time::Instant::now() + super::visit::PATIENCE;
    let links = loop {
        visit.go("/calendar?view=agenda&date=2026-11-30").await;
        let Value::Array(links) = visit.script(&links).await else {
            panic!("links are a list")
        };
        if links.len() == 2 {
            break links;
        }
        assert!(
            std::time::Instant::now() < deadline,
            "the organizer's and one's own: {links:?}"
        );
    };
    for link in links {
        let link = link.as_str().unwrap();
        let path = link.splitn(4, '/').nth(3).unwrap();
        visit.go(&format!("/{path}")).await;
        if visit.has("#answer").await {
            fits(
                visit,
                &format!("/{path}"),
                &format!("{}-calendar-invited", read.language),
            )
            .await;
            visit.press("#answer button[value=accepted]").await;
            visit.says(read.answered).await;
            return;
        }
    }
    panic!("none of them asks for an answer");
}

async fn hears(visit: &Visit, read: &Read) {
    let deadline = std::time::Instant::now() + super::visit::PATIENCE;
    loop {
        visit.go("/calendar?view=agenda&date=2026-11-30").await;
        let open = format!(
            "[...document.querySelectorAll('.ev a')].find((one) => one.textContent.includes('{}')).click()",
            read.event
        );
        visit.script(&open).await;
        visit.shows("#answers").await;
        let said = visit.text_of("#answers").await;
        if said.split_whitespace().last() == Some(read.comes) {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "{said}");
    }
}

/// Before somebody else is written to, one is asked; what is only one's own is saved at once.
async fn tells(visit: &Visit, read: &Read) {
    let page = visit.path().await;
    let later = "document.querySelector('[name=start_time]').value = '07:00';
        document.querySelector('[name=end_time]').value = '08:00';";
    visit.script(later).await;
    visit.press("#event button[value=save]").await;
    visit.shows("#tells li").await;
    assert_eq!(visit.text_of("#tell").await, read.tell);
    visit.picture(&format!("{}-calendar-tells", read.language)).await;
    visit.press(".actions a").await;
    visit.shows("#event").await;
    let time = visit.value("start_time").await;
    assert_ne!(time, "07:00", "nothing was saved");
    visit.script(later).await;
    visit.press("#event button[value=save]").await;
    visit.press("#tell").await;
    visit.says(read.saved).await;
    visit.go(&page).await;
    assert_eq!(visit.value("start_time").await, "07:00");
    let one = "document.querySelector('[name=remind]').selectedIndex = 1;
        document.querySelectorAll('details').forEach((one) => one.open = true)";
    visit.script(one).await;
    visit.press("#event button[value=save]").await;
    visit.says(read.saved).await;
}
