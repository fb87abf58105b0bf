//! Looking after people, keys and the audit trail.

use super::visit::{ADMIN, Citizen, Visit, city};

/// Adds somebody and gives the link that they were invited by.
async fn invite(admin: &Visit, name: &str, email: &str) -> String {
    admin.go("/people/new").await;
    admin.fill("name", name).await;
    admin.fill("email", email).await;
    admin.choose("language", "en").await;
    admin.press("main button[type=submit]").await;
    admin.says("It works once").await;
    admin.text_of("#secret").await
}

/// Sets a password by the link, in a browser that was never here, and signs in with it.
async fn accept(link: &str, visit: &Visit, email: &str) -> Citizen {
    let path = link
        .strip_prefix(&visit.base)
        .expect("the link leads to this house");
    visit.go(path).await;
    visit.fill("fresh", "quiet lamps by the river").await;
    visit.fill("again", "quiet lamps by the river").await;
    visit.press("main button[type=submit]").await;
    visit.says("Your password is set").await;
    let citizen = Citizen {
        role: "person".to_owned(),
        email: email.to_owned(),
        password: "quiet lamps by the river".to_owned(),
        id: String::new(),
    };
    visit.sign_in(&citizen).await;
    citizen
}

#[tokio::test]
async fn whoever_is_invited_accepts_gets_a_role_and_sees_more() {
    let _shared = ADMIN.read().await;
    let admin = Visit::start("en").await;
    admin.sign_in(city().somebody("admin")).await;
    let link = invite(&admin, "Zoya Added", "zoya.added@example.org").await;
    let zoya = admin.another("en").await;
    let _ = accept(&link, &zoya, "zoya.added@example.org").await;
    assert!(
        !zoya.has("header nav a[href='/people']").await,
        "no role, no people"
    );

    admin.press_called("Back to the person").await;
    admin.says("active").await;
    admin.choose("relation", "auditor").await;
    admin.press_called("Give the role").await;
    admin.says("The role was given").await;
    zoya.go("/").await;
    assert!(
        zoya.has("header nav a[href='/people']").await,
        "the role opens people"
    );
    assert!(!zoya.has("header nav a[href='/keys']").await, "but not keys");
    admin.press("#grants button").await;
    admin.says("The role was taken away").await;
    zoya.go("/").await;
    assert!(!zoya.has("header nav a[href='/people']").await);
    zoya.go("/people").await;
    zoya.says("not open to you").await;
    zoya.go(link.strip_prefix(&zoya.base).unwrap()).await;
    zoya.says("This link no longer works").await;
    admin.end().await;
    zoya.end().await;
}

#[tokio::test]
async fn a_block_bites_at_once_and_a_deleted_person_is_gone() {
    let _shared = ADMIN.read().await;
    let admin = Visit::start("en").await;
    admin.sign_in(city().somebody("admin")).await;
    let link = invite(&admin, "Yuri Blocked", "yuri.blocked@example.org").await;
    let yuri = admin.another("en").await;
    let citizen = accept(&link, &yuri, "yuri.blocked@example.org").await;
    admin.press_called("Back to the person").await;
    admin.press_called("Block").await;
    admin.says("Block Yuri Blocked?").await;
    admin.press("main .sure").await;
    admin.says("All sessions of this person were ended").await;
    yuri.go("/me").await;
    yuri.arrives("/sign-in").await;
    yuri.fill("email", &citizen.email).await;
    yuri.fill("password", &citizen.password).await;
    yuri.press("main button[type=submit]").await;
    yuri.says("You may not sign in for now").await;

    admin.press_called("Unblock").await;
    admin.says("Unblocked").await;
    yuri.sign_in(&citizen).await;
    admin.press_called("Delete").await;
    admin.says("Delete Yuri Blocked?").await;
    admin.press("main .sure").await;
    admin.says("The person was deleted").await;
    admin.go("/people?search=Yuri").await;
    admin.says("Nobody fits this search").await;
    yuri.go("/me").await;
    yuri.arrives("/sign-in").await;
    admin.end().await;
    yuri.end().await;
}

#[tokio::test]
async fn people_are_found_by_their_role_and_state() {
    let _shared = ADMIN.read().await;
    let admin = Visit::start("en").await;
    admin.sign_in(city().somebody("admin")).await;
    admin.go("/people").await;
    admin.choose("role", "registrar").await;
    admin.choose("state", "active").await;
    admin.press_called("Find").await;
    let registrars = city().people.iter().filter(|person| person.role == "registrar");
    // The page without a filter has a list, too.
    admin.says(&format!("{} people", registrars.count())).await;
    assert_eq!(admin.value("role").await, "registrar");
    assert_eq!(admin.value("state").await, "active");
    admin.end().await;
}

#[tokio::test]
async fn a_refused_form_keeps_what_was_typed() {
    let _shared = ADMIN.read().await;
    let admin = Visit::start("en").await;
    admin.sign_in(city().somebody("admin")).await;
    admin.go("/people/new").await;
    admin.fill("name", "Xenia Twice").await;
    admin.fill("email", &city().somebody("admin").email).await;
    admin.press("main button[type=submit]").await;
    admin.says("Another person has this address").await;
    assert_eq!(admin.value("name").await, "Xenia Twice");
    let described = admin
        .script("return document.activeElement.getAttribute('aria-describedby')")
        .await;
    assert_eq!(
        described, "email-wrong",
        "the refused field has the cursor and names its fault"
    );
    admin.end().await;
}

#[tokio::test]
async fn people_are_found_edited_and_their_password_reset() {
    let registrar = Visit::start("en").await;
    registrar.sign_in(city().somebody("registrar")).await;
    let resident = city().resident(7);
    registrar.go("/people").await;
    registrar.fill("search", &resident.email).await;
    registrar.press_called("Find").await;
    registrar.says("1 person").await;
    registrar.press("#people a").await;
    registrar.arrives(&format!("/people/{}", resident.id)).await;
    registrar.fill("name", "Renamed Resident").await;
    registrar.press_called("Save").await;
    registrar.says("Saved").await;
    registrar.press_called("Make a link for a new password").await;
    registrar.says("It works once").await;
    let link = registrar.text_of("#secret").await;
    let path = link.strip_prefix(&registrar.base).unwrap().to_owned();
    let other = registrar.another("en").await;
    other.go(&path).await;
    other.says("Set a new password").await;
    other.end().await;
    registrar
        .go(&format!("/people/{}", city().somebody("admin").id))
        .await;
    registrar.says("Administrator").await;
    assert!(
        !registrar.has("main button, main form").await,
        "an administrator is not a registrar's to change"
    );
    registrar.end().await;
}

#[tokio::test]
async fn a_key_is_shown_once_and_the_trail_tells_who_made_it() {
    let _shared = ADMIN.read().await;
    let admin = Visit::start("en").await;
    admin.sign_in(city().somebody("admin")).await;
    admin.go("/keys").await;
    admin.fill("name", "Segments").await;
    admin.press_called("Make a key").await;
    admin.says("Choose at least one").await;
    assert_eq!(admin.value("name").await, "Segments");
    admin.press("input[name='people:read']").await;
    admin.press_called("Make a key").await;
    admin.says("It is not shown again").await;
    assert!(admin.text_of("#secret").await.starts_with("th_"));
    admin.go("/audit?act=key.created").await;
    admin.says("API key made").await;
    admin.go("/audit?act=person.retired&from=tomorrow").await;
    admin.says("Enter a date").await;
    admin.end().await;
}
