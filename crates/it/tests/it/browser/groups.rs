//! Groups: made, filled, given a calendar, left and deleted.

use super::segments::fits;
use super::visit::{Citizen, PATIENCE, Visit, city};

/// What two people read and type.
struct Read {
    language: &'static str,
    /// Two residents whom no other test has.
    residents: (usize, usize),
    name: &'static str,
    made: &'static str,
    added: &'static str,
    nobody: &'static str,
    saved: &'static str,
    shared: &'static str,
    for_all: &'static str,
    through: &'static str,
    left: &'static str,
    deleted: &'static str,
}

const ENGLISH: Read = Read {
    language: "en",
    residents: (54, 55),
    name: "Harbour choir",
    made: "The group is there",
    added: "They are in the group",
    nobody: "This is nobody of this house",
    saved: "Saved",
    shared: "The calendar is shared",
    for_all: "everybody in the group answers for themselves",
    through: "Through:",
    left: "You left the group",
    deleted: "The group is deleted",
};

const RUSSIAN: Read = Read {
    language: "ru",
    residents: (56, 57),
    name: "Хор у гавани",
    made: "Группа создана",
    added: "Теперь они в группе",
    nobody: "В этом доме такого человека нет",
    saved: "Сохранено",
    shared: "Доступ открыт",
    for_all: "каждый в группе отвечает за себя",
    through: "Через:",
    left: "Вы вышли из группы",
    deleted: "Группа удалена",
};

#[tokio::test]
async fn a_group_is_made_filled_given_a_calendar_and_deleted_in_english() {
    together(&ENGLISH).await;
}

#[tokio::test]
async fn a_group_is_made_filled_given_a_calendar_and_deleted_in_russian() {
    together(&RUSSIAN).await;
}

async fn together(read: &Read) {
    let keeper = city().resident(read.residents.0);
    let other = city().resident(read.residents.1);
    let visit = Visit::start(read.language).await;
    visit.sign_in(keeper).await;
    let page = fills(&visit, read, other).await;
    shares(&visit, read).await;
    let second = visit.another(read.language).await;
    second.sign_in(other).await;
    leaves(&second, read, &page).await;
    assert_eq!(second.complaints().await, Vec::<String>::new());
    second.end().await;
    visit.go(&page).await;
    visit.press("#rename a.danger").await;
    visit.press("main .sure").await;
    visit.says(read.deleted).await;
    assert!(!visit.text().await.contains(read.name));
    assert_eq!(visit.complaints().await, Vec::<String>::new());
    visit.end().await;
}

/// Makes a group and adds somebody: its page.
async fn fills(visit: &Visit, read: &Read, other: &Citizen) -> String {
    visit.go("/groups").await;
    visit.fill("name", "  ").await;
    visit.press("main form button[type=submit]").await;
    visit.shows("#name-wrong").await;
    visit.fill("name", "Choir").await;
    visit.press("main form button[type=submit]").await;
    visit.says(read.made).await;
    let page = visit.path().await;
    visit.fill("person", "nobody@nowhere.example").await;
    visit.press("#add button").await;
    visit.says(read.nobody).await;
    visit.fill("person", &other.email).await;
    visit.press("#add button").await;
    visit.says(read.added).await;
    visit.fill("name", read.name).await;
    visit.press("#rename button").await;
    visit.says(read.saved).await;
    let people = visit
        .script("return document.querySelectorAll('#members li').length")
        .await;
    assert_eq!(people, 2);
    fits(visit, &page, &format!("{}-group", read.language)).await;
    page
}

/// Shares the first calendar with the group.
async fn shares(visit: &Visit, read: &Read) {
    visit.go("/calendar/own").await;
    visit.press("#own a").await;
    visit.shows("#share-group").await;
    let page = visit.path().await;
    visit.press("#share-group button").await;
    visit.says(read.shared).await;
    let shares = visit.text_of("#shares .list").await;
    assert!(
        shares.contains(read.name) && shares.contains(read.for_all),
        "{shares}"
    );
    fits(visit, &page, &format!("{}-calendar-group", read.language)).await;
}

/// Finds the offer, and leaves the group: then there is none.
async fn leaves(visit: &Visit, read: &Read, page: &str) {
    let through = format!("{} {}", read.through, read.name);
    offers(visit, &through, true).await;
    fits(visit, "/groups", &format!("{}-groups", read.language)).await;
    visit.go(page).await;
    visit.press("#leave button").await;
    visit.says(read.left).await;
    offers(visit, &through, false).await;
}

async fn offers(visit: &Visit, through: &str, are_there: bool) {
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        visit.go("/calendar/own").await;
        let text = visit.text().await;
        if text.contains(through) == are_there {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "{text}");
    }
}
