//! Finding a time and a room by the pages.

use super::looks::unlabelled;
use super::segments::fits;
use super::visit::{ADMIN, Visit, city};

/// What somebody reads and types.
struct Read {
    language: &'static str,
    /// Residents whom no other test has: who looks, who is invited, and who becomes a room.
    residents: [usize; 3],
    title: &'static str,
    nobody: &'static str,
    created: &'static str,
    comes: &'static str,
}

const ENGLISH: Read = Read {
    language: "en",
    residents: [60, 61, 62],
    title: "Plans of the park",
    nobody: "Nothing is known of when they are busy",
    created: "The event is in the calendar",
    comes: "comes",
};

const RUSSIAN: Read = Read {
    language: "ru",
    residents: [63, 64, 65],
    title: "Планы парка",
    nobody: "Неизвестно, когда они заняты",
    created: "Событие в календаре",
    comes: "придёт",
};

#[tokio::test]
async fn a_time_and_a_room_are_found_in_english() {
    found(&ENGLISH).await;
}

#[tokio::test]
async fn a_time_and_a_room_are_found_in_russian() {
    found(&RUSSIAN).await;
}

async fn found(read: &Read) {
    let [host, guest, room] = read.residents.map(|number| city().resident(number));
    makes(read, &room.email).await;
    let visit = Visit::start(read.language).await;
    visit.sign_in(host).await;
    visit.go("/calendar/new").await;
    visit.fill("title", read.title).await;
    visit
        .script("document.querySelectorAll('details').forEach((one) => one.open = true)")
        .await;
    visit
        .fill("guests", &format!("{}\nnobody@elsewhere.example", guest.email))
        .await;
    visit
        .script("document.getElementById('start_date').value = '2026-12-01'")
        .await;
    visit
        .script("document.getElementById('end_date').value = '2026-12-01'")
        .await;
    visit.fill("description", read.title).await;
    visit.press("#find-time").await;
    visit.shows("#times").await;
    assert_eq!(
        visit.value("from").await,
        "2026-12-01",
        "it is looked for from the day of the event on"
    );
    assert!(visit.text_of("#unknown").await.contains(read.nobody));
    visit.choose("seats", "8").await;
    visit.press("#find button[type=submit]").await;
    visit.shows("#times .hint button").await;
    stays(&visit, read).await;
    visit.press("#times .hint button").await;
    visit.shows("#event").await;
    let typed = visit
        .script(
            "return ['title', 'guests', 'description', 'start_date'].map((name) => document.getElementById(name).value)",
        )
        .await;
    assert_eq!(typed[0], read.title);
    assert!(typed[1].as_str().unwrap().contains(&guest.email), "{typed}");
    assert_eq!((&typed[2], &typed[3]), (&read.title.into(), &"2026-12-01".into()));
    visit.press("#event button[value=save]").await;
    visit.says(read.created).await;
    comes(&visit, read).await;
    visit.go("/calendar/rooms").await;
    fits(
        &visit,
        "/calendar/rooms",
        &format!("{}-calendar-rooms", read.language),
    )
    .await;
    assert_eq!(unlabelled(&visit).await, Vec::<String>::new());
    assert_eq!(visit.complaints().await, Vec::<String>::new());
    visit.end().await;
}

/// The page as it is, on every screen: what was found is the answer to a form.
async fn stays(visit: &Visit, read: &Read) {
    for (width, dark, screen) in [
        (360, false, "phone"),
        (1100, true, "night"),
        (1100, false, "desk"),
    ] {
        visit.screen(width, dark).await;
        let wide = visit.script("return document.documentElement.scrollWidth").await;
        assert!(
            wide.as_u64().is_some_and(|wide| wide <= u64::from(width)),
            "{wide} wide"
        );
        assert_eq!(unlabelled(visit).await, Vec::<String>::new());
        visit
            .picture(&format!("{}-calendar-times-{screen}", read.language))
            .await;
    }
}

/// An administrator makes somebody a room.
async fn makes(read: &Read, email: &str) {
    let _alone = ADMIN.read().await;
    let visit = Visit::start(read.language).await;
    visit.sign_in(city().somebody("admin")).await;
    visit.go("/calendar/rooms").await;
    visit.fill("with", email).await;
    visit.fill("seats", "12").await;
    visit.press("#new-room button[type=submit]").await;
    visit.shows("#rooms").await;
    visit.end().await;
}

/// The room answers by itself.
async fn comes(visit: &Visit, read: &Read) {
    let deadline = std::time::Instant::now() + super::visit::PATIENCE;
    loop {
        visit.go("/calendar?view=agenda").await;
        let open = format!(
            "[...document.querySelectorAll('.ev a')].find((one) => one.textContent.includes('{}')).click()",
            read.title
        );
        visit.script(&open).await;
        visit.shows("#answers").await;
        let said = visit.text_of("#answers").await;
        if said.split_whitespace().any(|word| word == read.comes) {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "{said}");
    }
}
