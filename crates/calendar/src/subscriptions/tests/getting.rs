//! That nobody gets in the way of what others follow.

use super::*;

#[tokio::test]
async fn a_server_that_does_not_answer_holds_up_no_calendar_of_another_one() {
    let scene = Scene::on(Kind::Sqlite, true).await;
    let anna = visitor("anna");
    // It takes connections and says nothing.
    let silent = TcpListener::bind(("127.0.0.2", 0)).await.unwrap();
    for number in 0..40 {
        let port = silent.local_addr().unwrap().port();
        scene
            .waits_for(&anna, &format!("http://127.0.0.2:{port}/{number}.ics"))
            .await;
    }
    scene.store.clock.advance_seconds(1);
    scene.elsewhere.has(&[("a", "A")]);
    scene.waits_for(&anna, &scene.elsewhere.address()).await;
    let round = async {
        scene.calendars.fetch_due().await.unwrap();
    };
    let there = async {
        while scene.sees(&anna, "").await.is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = round => panic!("the silent one takes longer"),
        there = tokio::time::timeout(std::time::Duration::from_secs(20), there) => there.unwrap(),
    }
}

#[tokio::test]
async fn an_entry_that_no_store_takes_keeps_none_of_the_others_away() {
    for kind in KINDS {
        let scene = Scene::on(kind, true).await;
        let anna = visitor("anna");
        // Nothing that can be packed.
        let long: String = (0..200)
            .map(|number| Id::named("uid", &format!("{number}")).to_string())
            .collect();
        scene.elsewhere.has(&[(&long, "Long"), ("a", "A")]);
        let id = scene.follows(&anna).await;
        scene.after(1).await;
        assert_eq!(scene.sees(&anna, "").await, ["A"], "{kind:?}");
        let feed = scene
            .calendars
            .subscription(anna.id, id)
            .await
            .unwrap()
            .feed
            .unwrap();
        assert_eq!((feed.entries, feed.unread), (1, 1));
        let why = &feed.unread_why[0];
        assert!(why.word == "uid-too-long" && why.line().len() < 200, "{why:?}");
    }
}

#[tokio::test]
async fn what_was_forgotten_and_followed_again_while_it_was_got_is_got_again() {
    let scene = Scene::on(Kind::Sqlite, true).await;
    let anna = visitor("anna");
    scene.elsewhere.has(&[("a", "A")]);
    let id = scene.follows(&anna).await;
    let feed = Source::Address(scene.elsewhere.address()).feed().unwrap();
    scene.calendars.follow(anna.id, feed).await.unwrap();
    let claimed = scene.calendars.claim(feed).await.unwrap().unwrap();
    scene.calendars.unsubscribe(anna.id, id).await.unwrap();
    scene.calendars.follow(anna.id, feed).await.unwrap();
    // Nobody follows it when its time comes, so it is forgotten.
    scene.after(16 * 60).await;
    let id = scene.follows(&anna).await;
    scene.calendars.follow(anna.id, feed).await.unwrap();
    scene.calendars.fetch(claimed).await.unwrap();
    assert_eq!(
        scene.state(&anna, id).await.0,
        State::Waiting,
        "that was said of the one before"
    );
    scene.after(1).await;
    assert_eq!(scene.state(&anna, id).await.0, State::Fresh);
    assert_eq!(scene.elsewhere.asked(), 2);
}
