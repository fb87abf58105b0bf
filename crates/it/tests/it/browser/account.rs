//! Signing in and looking after one's own account.

use super::visit::{Visit, city};

#[tokio::test]
async fn a_person_signs_in_and_out_in_english() {
    let visit = Visit::start("en").await;
    let anna = city().resident(0);
    visit.go("/me").await;
    visit.arrives("/sign-in").await;
    visit.says("Sign in").await;
    visit.fill("email", &anna.email).await;
    visit.fill("password", &anna.password).await;
    visit.press("main button[type=submit]").await;
    visit.arrives("/me").await;
    visit.sign_out().await;
    visit.go("/me").await;
    visit.arrives("/sign-in").await;
    assert_eq!(visit.complaints().await, Vec::<String>::new());
    visit.end().await;
}

#[tokio::test]
async fn a_person_signs_in_and_out_in_russian() {
    let visit = Visit::start("ru").await;
    visit.go("/").await;
    visit.says("Добро пожаловать").await;
    visit.press_called("Войти").await;
    visit.arrives("/sign-in").await;
    assert_eq!(visit.script("return document.documentElement.lang").await, "ru");
    let boris = city().resident(1);
    visit.fill("email", &boris.email).await;
    visit.fill("password", &boris.password).await;
    visit.press("main button[type=submit]").await;
    visit.arrives("/").await;
    visit.sign_out().await;
    visit.end().await;
}

#[tokio::test]
async fn the_language_can_be_chosen_before_signing_in() {
    let visit = Visit::start("en").await;
    visit.go("/sign-in?next=%2Fme").await;
    visit.press_called("Русский").await;
    visit.says("Пароль").await;
    assert_eq!(visit.path().await, "/sign-in?next=%2Fme");
    visit.press_called("English").await;
    visit.says("Password").await;
    visit.end().await;
}

#[tokio::test]
async fn a_wrong_password_says_so_and_keeps_the_address() {
    let visit = Visit::start("en").await;
    let vera = city().resident(2);
    visit.go("/sign-in").await;
    visit.fill("email", &vera.email).await;
    visit.fill("password", "not the right words").await;
    visit.press("main button[type=submit]").await;
    visit.says("The e-mail or the password is wrong").await;
    assert_eq!(visit.value("email").await, vera.email);
    assert_eq!(visit.value("password").await, "");
    visit.fill("email", "vera at example").await;
    visit.fill("password", "not the right words").await;
    visit.press("main button[type=submit]").await;
    visit.says("Enter an e-mail address").await;
    assert_eq!(
        visit.text_of("#email-wrong").await,
        "Enter an e-mail address such as anna@example.org."
    );
    visit.end().await;
}

#[tokio::test]
async fn a_person_changes_name_language_zone_and_theme() {
    let visit = Visit::start("en").await;
    visit.sign_in(city().resident(3)).await;
    visit.go("/me").await;
    visit.fill("name", "").await;
    visit.choose("language", "en").await;
    visit.fill("zone", "Europe/Atlantis").await;
    visit.press("main button[type=submit]").await;
    visit.says("Please fill this in").await;
    visit.says("There is no such time zone").await;
    assert_eq!(visit.value("zone").await, "Europe/Atlantis");

    visit.fill("name", "Галина Ветрова").await;
    visit.fill("zone", "Asia/Kamchatka").await;
    visit.choose("language", "ru").await;
    visit.choose("theme", "dark").await;
    visit.press("main button[type=submit]").await;
    visit.says("Сохранено").await;
    assert_eq!(visit.value("zone").await, "Asia/Kamchatka");
    assert_eq!(visit.text_of(".menu summary").await, "Галина Ветрова");
    assert_eq!(
        visit
            .script("return document.documentElement.dataset.theme")
            .await,
        "dark"
    );
    let background = visit
        .script("return getComputedStyle(document.body).backgroundColor")
        .await;
    assert_eq!(
        background, "rgb(22, 25, 26)",
        "dark, although the system is light"
    );
    assert_eq!(visit.complaints().await, Vec::<String>::new());
    visit.end().await;
}

#[tokio::test]
async fn a_new_password_signs_all_other_devices_out() {
    let city = city();
    let dina = city.resident(4);
    let desk = Visit::start("en").await;
    let phone = desk.another("en").await;
    desk.sign_in(dina).await;
    phone.sign_in(dina).await;
    desk.go("/me/password").await;
    for (current, fresh, again, said) in [
        (
            "wrong wrong wrong",
            "seven green kettles",
            "seven green kettles",
            "not your current password",
        ),
        (
            &*dina.password,
            "seven green kettles",
            "seven grey kettles",
            "The two are not the same",
        ),
        (
            &*dina.password,
            "password123",
            "password123",
            "first that a guesser tries",
        ),
    ] {
        desk.fill("current", current).await;
        desk.fill("fresh", fresh).await;
        desk.fill("again", again).await;
        desk.press("main button[type=submit]").await;
        desk.says(said).await;
    }
    desk.fill("current", &dina.password).await;
    desk.fill("fresh", "seven green kettles").await;
    desk.fill("again", "seven green kettles").await;
    desk.press("main button[type=submit]").await;
    desk.says("Your password is changed").await;
    phone.go("/me").await;
    phone.arrives("/sign-in").await;
    desk.go("/me").await;
    desk.arrives("/me").await;
    desk.end().await;
    phone.end().await;
}

#[tokio::test]
async fn a_session_can_be_ended_from_another_device() {
    let city = city();
    let egor = city.resident(5);
    let desk = Visit::start("en").await;
    let (phone, tablet) = (desk.another("en").await, desk.another("en").await);
    for visit in [&desk, &phone] {
        visit.sign_in(egor).await;
    }
    desk.go("/me/sessions").await;
    desk.says("You are signed in on 2 devices").await;
    desk.says("Chrome on Linux").await;
    desk.press("#sessions form button").await;
    desk.says("The session was ended").await;
    phone.go("/me").await;
    phone.arrives("/sign-in").await;
    tablet.sign_in(egor).await;
    desk.go("/me/sessions").await;
    desk.press_called("End all other sessions").await;
    desk.says("End all other sessions?").await;
    desk.press("main .sure").await;
    desk.says("This is your only session").await;
    tablet.go("/me").await;
    tablet.arrives("/sign-in").await;
    for visit in [desk, phone, tablet] {
        visit.end().await;
    }
}

#[tokio::test]
async fn an_app_password_is_shown_once_and_can_be_revoked() {
    let visit = Visit::start("en").await;
    visit.sign_in(city().resident(6)).await;
    visit.go("/me/app-passwords").await;
    visit.says("You have no app passwords").await;
    visit.press("main button[type=submit]").await;
    visit.says("Please fill this in").await;
    visit.fill("name", "Calendar on the phone").await;
    visit.press("main form button[type=submit]").await;
    visit.says("It is not shown again").await;
    let secret = visit.text_of("#secret").await;
    assert!(secret.len() >= 20, "{secret}");
    visit.go("/me/app-passwords").await;
    visit.says("Calendar on the phone").await;
    assert!(!visit.text().await.contains(&secret));
    visit.press("#app-passwords a.danger").await;
    visit.says("Revoke the app password Calendar on the phone?").await;
    visit.press("main .sure").await;
    visit.says("You have no app passwords").await;
    visit.end().await;
}
