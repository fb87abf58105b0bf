//! Finding a time and a room by the pages.

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
    visit.press("#find-time").await;
    visit.shows("#times").await;
    assert!(visit.text_of("#unknown").await.contains(read.nobody));
    visit.choose("seats", "8").await;
    visit.press("#find button[type=submit]").await;
    visit.shows("#times .hint a").await;
    let page = visit.script("return location.pathname + location.search").await;
    let page = page.as_str().unwrap().to_owned();
    fits(&visit, &page, &format!("{}-calendar-times", read.language)).await;
    visit.press("#times .hint a").await;
    visit.shows("#event").await;
    let typed = visit
        .script("return [document.getElementById('title').value, document.getElementById('guests').value]")
        .await;
    assert_eq!(typed[0], read.title);
    assert!(typed[1].as_str().unwrap().contains(&guest.email), "{typed}");
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
    assert_eq!(visit.complaints().await, Vec::<String>::new());
    visit.end().await;
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
