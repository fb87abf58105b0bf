//! Invitations of somebody whom one does not know: let in, answered, removed and blocked, on the page where they wait.

use std::time::Instant;

use super::segments::fits;
use super::visit::{Citizen, PATIENCE, Visit, city};

/// What two people read and type.
struct Read {
    language: &'static str,
    /// Two residents whom no other test has.
    residents: (usize, usize),
    saved: &'static str,
    created: &'static str,
    none: &'static str,
    heading: &'static str,
    count: &'static str,
    let_in: &'static str,
    answered: &'static str,
    blocked: &'static str,
    unblocked: &'static str,
    titles: [&'static str; 3],
}

const ENGLISH: Read = Read {
    language: "en",
    residents: (50, 51),
    saved: "Your choice is saved",
    created: "The event is in the calendar",
    none: "Nothing waits for your answer",
    heading: "From people you do not know",
    count: "Invitations (1)",
    let_in: "It is in the calendar, and waits for your answer",
    answered: "You come",
    blocked: "You hear nothing more of them",
    unblocked: "What they send from now on comes again",
    titles: ["Tea on the roof", "Coffee on the roof", "Cocoa on the roof"],
};

const RUSSIAN: Read = Read {
    language: "ru",
    residents: (52, 53),
    saved: "Ваш выбор сохранён",
    created: "Событие в календаре",
    none: "Ничто не ждёт вашего ответа",
    heading: "От тех, кого вы не знаете",
    count: "Приглашения (1)",
    let_in: "Событие в календаре и ждёт вашего ответа",
    answered: "Вы придёте",
    blocked: "Вы больше ничего от них не получите",
    unblocked: "То, что они пришлют с этих пор, снова будет приходить",
    titles: ["Чай на крыше", "Кофе на крыше", "Какао на крыше"],
};

const PAGE: &str = "/calendar/invitations";

#[tokio::test]
async fn somebody_unknown_waits_apart_in_english() {
    waits(&ENGLISH).await;
}

#[tokio::test]
async fn somebody_unknown_waits_apart_in_russian() {
    waits(&RUSSIAN).await;
}

async fn waits(read: &Read) {
    let (host, guest) = (
        city().resident(read.residents.0),
        city().resident(read.residents.1),
    );
    let visit = Visit::start(read.language).await;
    visit.sign_in(guest).await;
    visit.go(PAGE).await;
    visit.says(read.none).await;
    visit.choose("whose", "known").await;
    visit.press("#whose-form button").await;
    visit.says(read.saved).await;
    let other = visit.another(read.language).await;
    other.sign_in(host).await;
    blocks(&visit, read, (&other, guest)).await;
    lets_in(&visit, read, (&other, guest)).await;
    assert_eq!(other.complaints().await, Vec::<String>::new());
    other.end().await;
    assert_eq!(visit.complaints().await, Vec::<String>::new());
    visit.end().await;
}

/// What waits is removed with whoever sent it, who is heard again later.
async fn blocks(visit: &Visit, read: &Read, (host, guest): (&Visit, &Citizen)) {
    invites(host, read, guest, read.titles[0]).await;
    comes(visit, "#apart", read.titles[0]).await;
    visit.press("#apart button[value=block]").await;
    visit.says(read.blocked).await;
    assert!(!visit.has("#apart").await, "what they sent is gone");
    visit.press("#blocked button").await;
    visit.says(read.unblocked).await;
    assert!(!visit.has("#blocked").await);
}

/// What is let in is in the calendar, and so is what the same host sends from then on.
async fn lets_in(visit: &Visit, read: &Read, (host, guest): (&Visit, &Citizen)) {
    invites(host, read, guest, read.titles[1]).await;
    comes(visit, "#apart", read.titles[1]).await;
    visit.says(read.heading).await;
    fits(visit, PAGE, &format!("{}-invitations-apart", read.language)).await;
    visit.go("/calendar?view=agenda&date=2026-12-01").await;
    assert!(
        !visit.text_of("#cal").await.contains(read.titles[1]),
        "it is no event"
    );
    assert_eq!(visit.text_of("#invitations").await, read.count);
    visit.press("#invitations").await;
    visit.arrives(PAGE).await;
    visit.press("#apart button[value=let-in]").await;
    visit.says(read.let_in).await;
    assert!(visit.has("#asked").await && !visit.has("#apart").await);
    invites(host, read, guest, read.titles[2]).await;
    comes(visit, "#asked", read.titles[2]).await;
    fits(visit, PAGE, &format!("{}-invitations-asked", read.language)).await;
    visit.press("#asked li:first-child button[value=accepted]").await;
    visit.says(read.answered).await;
    visit.press("#asked li:first-child button[value=declined]").await;
    visit.shows(".empty").await;
    visit.go("/calendar?view=agenda&date=2026-12-01").await;
    assert!(visit.text_of("#cal").await.contains(read.titles[1]));
}

async fn invites(host: &Visit, read: &Read, guest: &Citizen, title: &str) {
    host.go("/calendar/new?date=2026-12-01&starts=2026-12-01T20:00")
        .await;
    host.fill("title", title).await;
    host.script("document.querySelectorAll('details').forEach((one) => one.open = true)")
        .await;
    host.fill("guests", &guest.email).await;
    host.press("#event button[value=save]").await;
    host.says(read.created).await;
}

/// Waits until an invitation is in one of the lists.
async fn comes(visit: &Visit, list: &str, title: &str) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        visit.go(PAGE).await;
        if visit.has(list).await && visit.text_of(list).await.contains(title) {
            return;
        }
        assert!(Instant::now() < deadline, "{title} does not come to {list}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}
