//! Letters as a newcomer meets them in the demo: a forgotten password, the mailbox, a letter on trial, suppressions, and
//! one's own quiet hours.

use fantoccini::Locator;
use fantoccini::key::Key;

use super::looks::{keys, tab_to, types};
use super::visit::{ADMIN, Citizen, PATIENCE, Visit, city};

const FRESH: &str = "quiet lamps by the river";
const NARROW: u32 = 360;

/// Opens a page until it says `text`: letters go out behind the answer.
async fn says_soon(visit: &Visit, path: &str, text: &str) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        visit.go(path).await;
        let said = visit.text().await;
        if said.contains(text) {
            return;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "{path} does not say {text:?}: {said}"
        );
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

/// What the letter says, inside of its frame.
async fn text_in_frame(visit: &Visit) -> String {
    let frame = visit.client.find(Locator::Css("iframe.sheet")).await.unwrap();
    frame.enter_frame().await.unwrap();
    let text = visit.text().await;
    visit.client.enter_parent_frame().await.unwrap();
    text
}

/// No page scrolls sideways on a telephone, and no browser complains.
async fn fits(visit: &Visit, path: &str) {
    visit.screen(NARROW, false).await;
    visit.go(path).await;
    let wide = visit.script("return document.documentElement.scrollWidth").await;
    assert!(
        wide.as_u64().is_some_and(|wide| wide <= u64::from(NARROW)),
        "{path} is {wide} wide"
    );
    visit.screen(1100, false).await;
    assert_eq!(visit.complaints().await, Vec::<String>::new(), "{path}");
}

async fn goes_to(visit: &Visit, css: &str) {
    tab_to(visit, css).await;
    keys(visit, &[Key::Enter]).await;
}

#[tokio::test]
async fn whoever_forgot_their_password_sets_another_by_keyboard_alone() {
    let _shared = ADMIN.read().await;
    let visit = Visit::start("en").await;
    let anna = city().resident(20);
    visit.go("/sign-in").await;
    goes_to(&visit, "a[href='/forgotten-password']").await;
    visit.arrives("/forgotten-password").await;
    types(&visit, "nobody").await;
    keys(&visit, &[Key::Enter]).await;
    visit.says("Enter an e-mail").await;
    for email in ["nobody.at.all@example.org", &anna.email] {
        visit.go("/forgotten-password").await;
        types(&visit, email).await;
        keys(&visit, &[Key::Enter]).await;
        visit.arrives("/sign-in").await;
        visit.says("If somebody has this e-mail here").await;
    }

    let admin = visit.another("en").await;
    admin.sign_in(city().somebody("admin")).await;
    let list = format!("/mailbox?whom={}", anna.email.replace('@', "%40"));
    // The letter comes in the reader's language, whatever that is.
    let reader = format!("<{}>", anna.email);
    says_soon(&admin, &list, &reader).await;
    goes_to(&admin, "#mailbox a.name").await;
    admin.says("As plain text").await;
    assert!(text_in_frame(&admin).await.contains(&anna.email));
    let text = admin.text_of("#text").await;
    let link = text.split_whitespace().find(|word| word.contains("/links/"));
    let path = link
        .and_then(|link| link.strip_prefix(&admin.base))
        .unwrap()
        .to_owned();
    assert!(
        admin
            .text_of("#headers")
            .await
            .contains(&format!("<{}>", anna.email))
    );
    let mail = admin.path().await;
    fits(&admin, &mail).await;
    admin.picture("en-mail").await;
    admin.end().await;

    visit.go(&path).await;
    types(&visit, FRESH).await;
    tab_to(&visit, "[name=again]").await;
    types(&visit, FRESH).await;
    keys(&visit, &[Key::Enter]).await;
    visit.says("Your password is set").await;
    let anna = Citizen {
        password: FRESH.to_owned(),
        ..anna.clone()
    };
    visit.sign_in(&anna).await;
    visit.go(&path).await;
    visit.says("This link no longer works").await;
    visit.end().await;
}

/// What an administrator reads on the way of a letter on trial.
struct Read {
    language: &'static str,
    asked: &'static str,
    see: &'static str,
    subject: &'static str,
    arrived: &'static str,
}

const READ: [Read; 2] = [
    Read {
        language: "ru",
        asked: "Письмо заказано",
        see: "Посмотреть, каким его видит получатель",
        subject: "Пробное письмо: Townhall",
        arrived: "Это дошло",
    },
    Read {
        language: "en",
        asked: "It is asked for",
        see: "See it as its reader sees it",
        subject: "A letter on trial from Townhall",
        arrived: "This one did",
    },
];

#[tokio::test]
async fn a_letter_on_trial_is_followed_from_its_button_to_its_reader_s_eyes() {
    let _alone = ADMIN.write().await;
    let visit = Visit::start("en").await;
    let admin = city().somebody("admin");
    visit.sign_in(admin).await;
    for read in READ {
        visit.speaks(read.language).await;
        visit.go("/letters/providers").await;
        assert_eq!(
            visit.value("email").await,
            admin.email,
            "their own address stands there"
        );
        visit.press("main button[type=submit]").await;
        visit.says(read.asked).await;
        let story = visit.path().await;
        let story = story.split('?').next().unwrap().to_owned();
        says_soon(&visit, &story, read.see).await;
        assert!(
            visit
                .script("return document.querySelectorAll('#story li').length")
                .await
                .as_u64()
                >= Some(3)
        );
        fits(&visit, &story).await;
        visit.picture(&format!("{}-story", read.language)).await;

        visit.press_called(read.see).await;
        visit.says(read.subject).await;
        assert!(text_in_frame(&visit).await.contains(read.arrived));
        let mail = visit.path().await;
        fits(&visit, &mail).await;
        says_soon(&visit, "/mailbox", read.subject).await;
        visit.picture(&format!("{}-mailbox", read.language)).await;
        fits(&visit, "/mailbox").await;
        visit.go("/letters?kind=house.trial&state=handed_over").await;
        assert!(visit.has("#letters a.name").await);
        assert_eq!(
            visit.value("kind").await,
            "house.trial",
            "the filter still says so"
        );
        visit.picture(&format!("{}-letters", read.language)).await;
    }
    visit.end().await;
}

#[tokio::test]
async fn an_address_is_stopped_by_hand_found_and_let_go_again() {
    let _shared = ADMIN.read().await;
    let visit = Visit::start("en").await;
    visit.sign_in(city().somebody("admin")).await;
    visit.go("/letters/suppressions").await;
    visit.fill("email", "not an address").await;
    visit.press_called("Stop them").await;
    visit.says("Enter an e-mail address").await;
    visit.fill("email", "Left@Example.org").await;
    visit.fill("note", "moved to another town").await;
    visit.press_called("Stop them").await;
    visit.says("Letters do not go there any more").await;
    let address = visit.path().await;
    let address = address.split('?').next().unwrap().to_owned();

    visit.go("/letters/suppressions?address=left%40example.org").await;
    visit.says("moved to another town").await;
    visit.picture("en-suppressions").await;
    fits(&visit, "/letters/suppressions?address=left%40example.org").await;
    visit
        .go("/letters/suppressions?address=other%40example.org")
        .await;
    visit.says("Nothing is stopped there").await;
    visit.go("/letters/suppressions?address=nothing").await;
    visit.says("Enter an e-mail address").await;

    visit.go(&address).await;
    goes_to(&visit, "#entries a.button").await;
    visit.says("Let letters go there again?").await;
    types(&visit, "they are back").await;
    keys(&visit, &[Key::Enter]).await;
    visit.arrives(&address).await;
    visit.says("Letters go there again").await;
    let story = visit.text_of("#story").await;
    assert!(
        story.contains("Cleared") && story.contains("they are back"),
        "{story}"
    );
    assert!(
        story.contains("Stopped") && story.contains("moved to another town"),
        "{story}"
    );
    fits(&visit, &address).await;
    visit.end().await;
}

#[tokio::test]
async fn a_person_sets_quiet_hours_for_themselves() {
    let visit = Visit::start("ru").await;
    visit.sign_in(city().resident(21)).await;
    visit.go("/me/letters").await;
    visit.says("Тихие часы").await;
    // A field for times takes them as the browser's language writes them.
    let set = |from: &str, until: &str| {
        format!(
            "document.querySelector('[name=from]').value = '{from}';
             document.querySelector('[name=until]').value = '{until}';"
        )
    };
    visit.script(&set("22:00", "")).await;
    goes_to(&visit, "main button[type=submit]").await;
    visit.says("Введите оба времени").await;
    visit.script(&set("22:00", "07:00")).await;
    goes_to(&visit, "main button[type=submit]").await;
    visit.says("Сохранено").await;
    assert_eq!(visit.value("from").await, "22:00");
    assert_eq!(visit.value("until").await, "07:00");
    fits(&visit, "/me/letters").await;
    visit.end().await;
}
