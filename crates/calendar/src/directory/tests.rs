//! What the list of public calendars promises, on real stores.

use kernel::{Id, PageSize, Text};
use testkit::stores::{KINDS, Kind};

use super::{Listed, PUBLIC_OF_ONE_MAX, PublicName, SETTLED_SECONDS, behind};
use crate::publishing::{Entrance, Shows};
use crate::service::{Draft, Refused};
use crate::tests::{Scene, visitor};
use crate::types::{AboutChange, Calendar, Kinds, Reason};

fn called(text: &str) -> PublicName {
    PublicName::parse(text).unwrap()
}

fn reason<T>(result: Result<T, Refused>) -> Reason {
    match result {
        Err(Refused::Reason(reason)) => reason,
        Err(Refused::Store(error)) => panic!("{error}"),
        Ok(_) => panic!("was done"),
    }
}

impl Scene {
    /// Another published calendar of somebody.
    async fn published(&self, by: &str, title: &str) -> Calendar {
        let first = self.first(&visitor(by)).await;
        let draft = Draft {
            name: None,
            about: first.about.clone(),
            kinds: Kinds::ALL,
        };
        let made = self.calendars.create(first.owner, draft).await.unwrap();
        let calendar = self.call(&made, title).await;
        let link = self
            .calendars
            .publish(calendar.owner, calendar.id, Some(Shows::Everything), false);
        link.await.unwrap();
        calendar
    }

    async fn call(&self, calendar: &Calendar, title: &str) -> Calendar {
        let change = AboutChange {
            title: Some(Text::stored(title.to_owned())),
            ..AboutChange::default()
        };
        let called = self.calendars.change(calendar.owner, calendar.id, None, change);
        called.await.unwrap()
    }

    async fn name(&self, calendar: &Calendar, name: &str) -> Result<(), Refused> {
        let named = self
            .calendars
            .make_public(calendar.owner, calendar.id, called(name));
        named.await.map(|_| ())
    }

    async fn found(&self, words: &str) -> Vec<String> {
        let page = self.calendars.all_public(None, words, PageSize::clamped(None));
        names(&page.await.unwrap().items)
    }

    /// Names that are written down, whether they count or not.
    async fn written_down(&self) -> Vec<String> {
        let home = self.calendars.home_of_all().unwrap();
        let held = home.read::<_, store::StoreError>(|tx| super::rows::holders(tx, "", "", 100));
        held.await
            .unwrap()
            .iter()
            .map(|one| one.name.to_string())
            .collect()
    }

    async fn leads(&self, name: &str) -> Option<Id> {
        match self.calendars.published(&Entrance::Name(called(name))).await {
            Ok((calendar, _)) => Some(calendar.id),
            Err(Refused::Reason(Reason::NoCalendar)) => None,
            Err(why) => panic!("{why:?}"),
        }
    }
}

fn names(listed: &[Listed]) -> Vec<String> {
    listed.iter().map(|one| one.name.to_string()).collect()
}

#[test]
fn a_name_can_be_read_out_and_stands_in_an_address_as_it_is() {
    for good in ["abc", "summer-concerts", "2027", &"a".repeat(60)] {
        assert_eq!(PublicName::parse(good).unwrap().as_str(), good);
    }
    for bad in [
        "",
        "ab",
        "Concerts",
        "a b",
        "-abc",
        "abc-",
        "a.ics",
        "a/b",
        "лето",
        &"a".repeat(61),
    ] {
        assert!(PublicName::parse(bad).is_err(), "{bad}");
    }
    assert_eq!(called("concerts").page(), "/calendar/public/concerts");
    assert_eq!(called("concerts").path(), "/calendar/public/concerts.ics");
}

#[tokio::test]
async fn whoever_gives_a_name_is_found_by_it_until_they_take_it_back() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let choir = scene.published("anna", "Choir").await;
        let market = scene.published("boris", "Market").await;
        scene.name(&choir, "choir").await.unwrap();
        scene.name(&market, "market").await.unwrap();
        assert_eq!(scene.found("").await, ["choir", "market"], "{kind:?}");
        assert_eq!(scene.leads("choir").await, Some(choir.id), "{kind:?}");
        assert_eq!(
            reason(scene.name(&market, "choir").await),
            Reason::PublicNameTaken
        );
        scene.name(&choir, "singers").await.unwrap();
        assert_eq!(scene.leads("choir").await, None, "{kind:?}: it has another name");
        assert_eq!(scene.found("").await, ["market", "singers"], "{kind:?}");
        scene.name(&market, "choir").await.unwrap();
        assert_eq!(scene.leads("choir").await, Some(market.id), "{kind:?}");
        let link = scene
            .calendars
            .make_unlisted(choir.owner, choir.id)
            .await
            .unwrap();
        assert_eq!(link.public, None);
        let by_link = Entrance::Link(choir.owner, link.token);
        let shown = scene.calendars.published(&by_link).await.unwrap();
        assert_eq!(shown.0.id, choir.id, "{kind:?}: its link stays");
        scene.calendars.withdraw(market.owner, market.id).await.unwrap();
        assert_eq!(scene.found("").await, [""; 0], "{kind:?}");
        assert_eq!(reason(scene.name(&market, "market").await), Reason::NotPublished);
    }
}

#[tokio::test]
async fn the_list_is_searched_by_titles_of_any_script_and_read_in_pages() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let first = scene.published("anna", "Хор «Весна»").await;
        scene.name(&first, "spring").await.unwrap();
        let second = scene.published("anna", "100% jazz").await;
        scene.name(&second, "jazz").await.unwrap();
        let third = scene.published("boris", "1000 jazz").await;
        scene.name(&third, "other-jazz").await.unwrap();
        assert_eq!(scene.found("хор").await, ["spring"], "{kind:?}");
        assert_eq!(scene.found(" SPRING ").await, ["spring"], "{kind:?}");
        assert_eq!(
            scene.found("100%").await,
            ["jazz"],
            "{kind:?}: a sign, no pattern"
        );
        assert_eq!(scene.found("nothing").await, [""; 0], "{kind:?}");
        scene.call(&first, "Хор «Осень»").await;
        assert_eq!(scene.found("осень").await, ["spring"], "{kind:?}: called anew");
        assert_eq!(scene.found("весна").await, [""; 0], "{kind:?}");
        let size = PageSize::clamped(Some(2));
        let page = scene.calendars.all_public(None, "", size).await.unwrap();
        assert_eq!(names(&page.items), ["jazz", "other-jazz"], "{kind:?}");
        let after = behind(&page.next.unwrap()).unwrap();
        let page = scene.calendars.all_public(Some(after), "", size).await.unwrap();
        assert_eq!((names(&page.items), page.next), (vec!["spring".to_owned()], None));
        let long = scene.calendars.all_public(None, &"a".repeat(101), size).await;
        assert!(matches!(reason(long), Reason::Field { field, .. } if field == "words"));
    }
}

#[tokio::test]
async fn what_lies_in_the_bin_is_not_listed_and_comes_back_with_its_name() {
    let scene = Scene::on(Kind::Sqlite).await;
    let choir = scene.published("anna", "Choir").await;
    scene.name(&choir, "choir").await.unwrap();
    scene.calendars.delete(choir.owner, choir.id, None).await.unwrap();
    assert_eq!(
        (scene.found("").await, scene.leads("choir").await),
        (Vec::new(), None)
    );
    scene.store.clock.advance_seconds(2 * SETTLED_SECONDS);
    scene.calendars.forget_old().await.unwrap();
    let market = scene.published("boris", "Market").await;
    assert_eq!(
        reason(scene.name(&market, "choir").await),
        Reason::PublicNameTaken
    );
    scene.calendars.restore(choir.owner, choir.id).await.unwrap();
    assert_eq!(scene.leads("choir").await, Some(choir.id));
}

#[tokio::test]
async fn a_name_that_was_cut_off_on_its_way_counts_for_nobody_and_is_free_after_a_while() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let choir = scene.published("anna", "Choir").await;
        let market = scene.published("boris", "Market").await;
        for name in ["choir", "songs"] {
            let cut_off = super::Holder {
                name: called(name),
                calendar: choir.id,
                owner: choir.owner,
                sought: "choir".to_owned(),
                made: scene.calendars.now(),
            };
            assert_eq!(scene.calendars.take_name(cut_off).await.unwrap(), None);
        }
        assert_eq!(
            (scene.found("").await, scene.leads("choir").await),
            (Vec::new(), None)
        );
        let early = scene.name(&market, "choir").await;
        assert_eq!(
            reason(early),
            Reason::PublicNameTaken,
            "{kind:?}: its owner may be at it"
        );
        scene.store.clock.advance_seconds(2 * SETTLED_SECONDS);
        scene.name(&market, "choir").await.unwrap();
        assert_eq!(scene.leads("choir").await, Some(market.id), "{kind:?}");
        scene.calendars.forget_old().await.unwrap();
        assert_eq!(
            scene.written_down().await,
            ["choir"],
            "{kind:?}: the other one was swept"
        );
    }
}

#[tokio::test]
async fn a_name_that_was_given_back_meanwhile_is_not_freed_by_who_comes_late() {
    let scene = Scene::on(Kind::Sqlite).await;
    let choir = scene.published("anna", "Choir").await;
    scene.name(&choir, "choir").await.unwrap();
    let late = scene.calendars.now();
    scene.store.clock.advance_seconds(1);
    scene.name(&choir, "singers").await.unwrap();
    scene.name(&choir, "choir").await.unwrap();
    let freed = called("choir");
    scene.calendars.release(&freed, choir.id, late).await.unwrap();
    assert_eq!(scene.leads("choir").await, Some(choir.id));
}

#[tokio::test]
async fn somebody_has_so_many_public_calendars_and_none_when_they_are_forgotten() {
    let scene = Scene::on(Kind::Sqlite).await;
    let mut last = scene.published("anna", "Choir").await;
    for number in 0..PUBLIC_OF_ONE_MAX {
        scene.name(&last, &format!("choir-{number}")).await.unwrap();
        last = scene.published("anna", "Choir").await;
    }
    assert_eq!(
        reason(scene.name(&last, "choir").await),
        Reason::TooManyPublicOfOne
    );
    let taken = called("choir-7");
    scene.calendars.take_down(&taken).await.unwrap();
    assert_eq!(
        reason(scene.calendars.take_down(&taken).await),
        Reason::NoCalendar
    );
    scene.name(&last, "choir").await.unwrap();
    scene.calendars.forget(last.owner).await.unwrap();
    assert_eq!(scene.written_down().await, [""; 0]);
}
