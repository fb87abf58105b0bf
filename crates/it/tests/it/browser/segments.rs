//! Segments as those meet them who roll something out: a segment is made and given a rule, the rule says what it would
//! do, a person's page says why, people are drawn, and the segment is archived.

use super::visit::{ADMIN, PATIENCE, Visit, city};

const NARROW: u32 = 360;

/// No page scrolls sideways on a telephone, at night either, and no browser complains.
pub async fn fits(visit: &Visit, path: &str, name: &str) {
    for (width, dark, screen) in [
        (NARROW, false, "phone"),
        (1100, true, "night"),
        (1100, false, "desk"),
    ] {
        visit.screen(width, dark).await;
        visit.go(path).await;
        let wide = visit.script("return document.documentElement.scrollWidth").await;
        assert!(
            wide.as_u64().is_some_and(|wide| wide <= u64::from(width)),
            "{path} is {wide} wide"
        );
        visit.picture(&format!("{name}-{screen}")).await;
    }
    assert_eq!(visit.complaints().await, Vec::<String>::new(), "{path}");
}

/// Opens a person's page as soon as segments have heard of them.
pub async fn opens_person(visit: &Visit, id: &str) {
    let path = format!("/people/{id}/segments");
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        visit.go(&path).await;
        if visit.has("#outside, #inside").await {
            return;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "segments do not know {id}"
        );
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

/// What an administrator reads on the way.
struct Read {
    language: &'static str,
    key: &'static str,
    new: &'static str,
    create: &'static str,
    created: &'static str,
    preview: &'static str,
    adds: &'static str,
    save: &'static str,
    saved: &'static str,
    wrong_line: &'static str,
    rolled: &'static str,
    beyond: &'static str,
    by_hand: &'static str,
    shielded: &'static str,
    draw: &'static str,
    drawn: &'static str,
    archive: &'static str,
    archived: &'static str,
}

const ENGLISH: Read = Read {
    language: "en",
    key: "SPOKEN_NOTES",
    new: "New segment",
    create: "Create",
    created: "nobody is in it",
    preview: "Preview",
    adds: "This change adds",
    save: "Save",
    saved: "The rule is saved and in force",
    wrong_line: "Line 2: Write time zones",
    rolled: "rollout: point",
    beyond: "no rollout is running",
    by_hand: "by hand, until 31 January 2099, 12:00",
    shielded: "shielded: taken out by hand",
    draw: "Draw people",
    drawn: "Draw ",
    archive: "Archive",
    archived: "The segment is archived",
};

const RUSSIAN: Read = Read {
    language: "ru",
    key: "NIGHT_COLOURS",
    new: "Новый сегмент",
    create: "Создать",
    created: "в нём пока никого",
    preview: "Предпросмотр",
    adds: "Это изменение добавит",
    save: "Сохранить",
    saved: "Правило сохранено и действует",
    wrong_line: "Строка 2: Напишите часовые пояса",
    rolled: "раскатка: точка",
    beyond: "раскатка не идёт",
    by_hand: "вручную, до 31 января 2099, 12:00",
    shielded: "защищён: исключён вручную",
    draw: "Провести жеребьёвку",
    drawn: "Жеребьёвка ",
    archive: "В архив",
    archived: "Сегмент в архиве",
};

#[tokio::test]
async fn a_segment_is_rolled_out_explained_drawn_for_and_archived_in_english() {
    rolls_out(&ENGLISH, 30).await;
}

#[tokio::test]
async fn a_segment_is_rolled_out_explained_drawn_for_and_archived_in_russian() {
    rolls_out(&RUSSIAN, 31).await;
}

async fn rolls_out(read: &Read, resident: usize) {
    let _alone = ADMIN.write().await;
    let visit = Visit::start(read.language).await;
    visit.sign_in(city().somebody("admin")).await;
    let page = format!("/segments/{}", read.key);
    make(&visit, read).await;
    give_rule(&visit, read).await;
    fits(&visit, &page, &format!("{}-segment", read.language)).await;
    explain(&visit, read, &city().resident(resident).id).await;

    visit.go(&page).await;
    visit.press_called(read.draw).await;
    visit.arrives(&format!("{page}/draws")).await;
    fits(
        &visit,
        &format!("{page}/draws"),
        &format!("{}-draw", read.language),
    )
    .await;
    visit.fill("share", "10").await;
    visit.press("main form[action$=draws] button[type=submit]").await;
    visit.arrives(&page).await;
    assert!(visit.text_of("#draws").await.contains(read.drawn));
    visit.press("#draws a.danger").await;
    visit.press("main .sure").await;
    visit.arrives(&page).await;
    assert!(!visit.has("#draws a.danger").await, "the draw is over");
    visit.picture(&format!("{}-drawn", read.language)).await;

    visit.press_called(read.archive).await;
    visit.arrives(&format!("{page}/archive")).await;
    fits(
        &visit,
        &format!("{page}/archive"),
        &format!("{}-archive", read.language),
    )
    .await;
    visit.press("main .sure").await;
    visit.says(read.archived).await;
    assert!(!visit.has("#numbers").await, "nobody is in it any more");
    visit.go("/segments?which=archived").await;
    assert!(visit.text_of("#segments").await.contains(read.key));
    visit.go("/segments").await;
    assert!(!visit.has(&format!("#segments a[href='{page}']")).await);
    visit.end().await;
}

async fn make(visit: &Visit, read: &Read) {
    visit.go("/segments").await;
    visit.press_called(read.new).await;
    visit.arrives("/new-segment").await;
    visit.fill("key", "two words").await;
    visit.press_called(read.create).await;
    visit.shows("#key-wrong").await;
    assert!(
        visit.has("#title-wrong").await,
        "all that is wrong is told at once"
    );
    assert_eq!(visit.value("key").await, "two words", "nothing is lost");
    visit.fill("key", read.key).await;
    visit.fill("title", "Voice messages").await;
    visit.fill("owner", "Team Messages").await;
    visit.press_called(read.create).await;
    visit.says(read.created).await;
}

/// A rule is refused by its line, previewed, and saved.
async fn give_rule(visit: &Visit, read: &Read) {
    let page = format!("/segments/{}", read.key);
    visit.go(&format!("{page}/rule")).await;
    visit.fill("share", "100").await;
    visit
        .fill("conditions", "language = en, ru\nzone = Mars/Olympus")
        .await;
    visit.fill("variants", "blue 50\ngreen 50").await;
    visit.press_called(read.preview).await;
    visit.says(read.wrong_line).await;
    assert_eq!(visit.value("share").await, "100", "nothing is lost");
    assert!(visit.value("variants").await.contains("green 50"));
    visit.fill("conditions", "language = en, ru").await;
    visit.press_called(read.preview).await;
    visit.says(read.adds).await;
    visit.picture(&format!("{}-preview", read.language)).await;
    visit.press_called(read.save).await;
    visit.says(read.saved).await;
    assert_eq!(visit.path().await.split('?').next(), Some(&*page));
    fits(visit, &format!("{page}/rule"), &format!("{}-rule", read.language)).await;
    fits(visit, "/segments", &format!("{}-segments", read.language)).await;
    fits(
        visit,
        &format!("{page}/people"),
        &format!("{}-members", read.language),
    )
    .await;
}

/// A person's page says why: by the rollout, by hand, and shielded.
async fn explain(visit: &Visit, read: &Read, person: &str) {
    opens_person(visit, person).await;
    visit.says(read.rolled).await;
    assert!(
        visit.text_of("#inside .tag").await.len() > 3,
        "the variant is told"
    );
    visit.fill("segment", "NOTHING").await;
    visit.press("main button[value=add]").await;
    visit.shows("#segment-wrong").await;
    visit.fill("segment", read.key).await;
    visit.fill("until", "2099-01-31 12:00").await;
    visit.press("main button[value=add]").await;
    visit.says(read.by_hand).await;
    visit.fill("segment", read.key).await;
    visit.press("main button[value=remove]").await;
    visit.says(read.shielded).await;
    assert!(visit.has("#story li").await, "the leaving is told");
    let path = format!("/people/{person}/segments");
    fits(visit, &path, &format!("{}-person", read.language)).await;

    visit.go("/segments").await;
    visit.fill("person", "nobody").await;
    visit.press("main form:last-of-type button").await;
    visit.shows("#person-wrong").await;
    visit.fill("person", person).await;
    visit.press("main form:last-of-type button").await;
    visit.arrives(&path).await;

    visit.go(&format!("/segments/{}/end-rollout", read.key)).await;
    visit.picture(&format!("{}-end", read.language)).await;
    visit.press("main .sure").await;
    visit.arrives(&format!("/segments/{}", read.key)).await;
    visit
        .go(&format!("/people/{}/segments", city().somebody("admin").id))
        .await;
    visit.says(read.beyond).await;
    return_to_the_rule(visit, read).await;
}

/// What was ended is in force again after one question.
async fn return_to_the_rule(visit: &Visit, read: &Read) {
    let page = format!("/segments/{}", read.key);
    visit.go(&format!("{page}/versions/2")).await;
    visit.says(read.adds).await;
    visit.press("main form[action$='/2'] button").await;
    visit.arrives(&page).await;
    assert!(visit.text_of("#rule").await.contains("100"));
}

#[tokio::test]
async fn a_rule_that_somebody_else_changed_meanwhile_is_not_overwritten_unseen() {
    let _shared = ADMIN.read().await;
    let visit = Visit::start("en").await;
    visit.sign_in(city().somebody("admin")).await;
    visit.go("/new-segment").await;
    visit.fill("key", "TWO_EDITORS").await;
    visit.fill("title", "Two editors").await;
    visit.press_called("Create").await;
    visit.says("nobody is in it").await;
    visit.go("/segments/TWO_EDITORS/rule").await;
    visit.fill("share", "30").await;
    let saved = visit
        .script(
            "const body = new URLSearchParams({version: 1, share: 10, act: 'save'});
             const request = new XMLHttpRequest();
             request.open('POST', location.pathname, false);
             request.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
             request.send(body.toString());
             return request.status;",
        )
        .await;
    assert_eq!(saved, 200, "the other one was first");
    visit.press_called("Save").await;
    visit.says("Somebody else changed this segment").await;
    visit.says("10\u{a0}% of all").await;
    assert_eq!(visit.value("share").await, "30", "nothing is lost");
    visit.press_called("Save").await;
    visit.says("The rule is saved and in force").await;
    assert!(visit.text_of("#rule").await.contains("30"));
    visit.end().await;
}

#[tokio::test]
async fn a_rule_tells_what_it_would_do_while_it_is_typed() {
    let _shared = ADMIN.read().await;
    let visit = Visit::start("en").await;
    visit.sign_in(city().somebody("admin")).await;
    visit.go("/new-segment").await;
    visit.fill("key", "WHILE_TYPING").await;
    visit.fill("title", "While typing").await;
    visit.press_called("Create").await;
    visit.says("nobody is in it").await;
    visit.go("/segments/WHILE_TYPING/rule").await;
    visit.fill("share", "50").await;
    visit.says("This change adds").await;
    visit.fill("share", "5000").await;
    visit.says("Nothing was saved").await;
    visit.end().await;
}
