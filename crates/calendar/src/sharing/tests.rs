//! What sharing promises, on real stores.

use kernel::{Id, Moment, Text};
use post::To;
use store::outbox::{self, Change};
use testkit::stores::{self, KINDS};

use super::groups::{MEMBER, SHARED_WITH_GROUP};
use super::{ANSWERED, Consent, Held, Rights, SHARED};
use crate::objects::Mark;
use crate::service::Refused;
use crate::tests::{Scene, visitor};
use crate::types::{AboutChange, Calendar, Color, Expected, Name, Reason};

const OPEN: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\nBEGIN:VEVENT\r\nUID:open\r\n\
    DTSTAMP:20261101T000000Z\r\nDTSTART:20261124T090000Z\r\nDURATION:PT1H\r\nSUMMARY:Choir\r\nLOCATION:Hall\r\n\
    END:VEVENT\r\nEND:VCALENDAR\r\n";
const SECRET: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\nBEGIN:VEVENT\r\nUID:secret\r\n\
    DTSTAMP:20261101T000000Z\r\nDTSTART:20261124T120000Z\r\nDURATION:PT1H\r\nSUMMARY:Doctor\r\nCLASS:PRIVATE\r\n\
    ATTENDEE:mailto:doctor@elsewhere.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

impl Scene {
    /// Brings what each side has to hear, and what follows from that, each more than once: once more does no harm.
    pub(super) async fn follow(&self) {
        for _ in 0..3 {
            let mut waiting: Vec<Change> = Vec::new();
            for shard in self.store.store.everywhere() {
                let range = store::lease::VshardRange::ALL;
                let taken = shard.read::<_, store::StoreError>(move |tx| {
                    outbox::take(tx, range, Moment::from_micros(i64::MAX / 2), 1_000)
                });
                waiting.extend(taken.await.unwrap());
            }
            for change in &waiting {
                match change.kind.as_str() {
                    SHARED => self.calendars.follow_share(change).await.unwrap(),
                    ANSWERED => self.calendars.follow_answer(change).await.unwrap(),
                    SHARED_WITH_GROUP => self.calendars.follow_group_share(change).await.unwrap(),
                    MEMBER => self.calendars.follow_group_member(change).await.unwrap(),
                    _ => {}
                }
            }
        }
    }

    /// Anna's calendar with an open and a private event, shared with Boris, who took it.
    async fn shared(&self, rights: Rights) -> Calendar {
        let calendar = self.first(&visitor("anna")).await;
        for (name, text) in [("open.ics", OPEN), ("secret.ics", SECRET)] {
            self.put(&calendar, name, text, Expected::Nothing).await.unwrap();
        }
        self.give(&calendar, rights).await;
        self.follow().await;
        let boris = visitor("boris").id;
        let taken = self
            .calendars
            .answer_offer(boris, calendar.id, Some(Consent::Taken), None);
        taken.await.unwrap();
        self.follow().await;
        calendar
    }

    async fn give(&self, calendar: &Calendar, rights: Rights) {
        let boris = visitor("boris").id;
        let share = self.calendars.share(calendar.owner, calendar.id, boris, rights);
        share.await.unwrap();
    }

    async fn boris_has(&self) -> Vec<Held> {
        let held = self.calendars.held(&visitor("boris")).await.unwrap();
        held.into_iter().filter(|one| !one.is_own()).collect()
    }

    /// The titles of a day as Boris sees them; of what is hidden, none.
    async fn boris_sees(&self, search: &str) -> Vec<String> {
        let held = self.boris_has().await;
        let day = ("2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z");
        let day = (day.0.parse().unwrap(), day.1.parse().unwrap());
        let shown = self
            .calendars
            .agenda(&held, day, &ical::zones::Zone::UTC, search)
            .await;
        shown.unwrap().into_iter().map(|one| one.title).collect()
    }
}

fn not_there<T: std::fmt::Debug>(result: &Result<T, Refused>) -> bool {
    matches!(
        result,
        Err(Refused::Reason(Reason::NoCalendar | Reason::NoObject))
    )
}

fn not_allowed<T: std::fmt::Debug>(result: &Result<T, Refused>) -> bool {
    matches!(result, Err(Refused::Reason(Reason::NotAllowed(_))))
}

#[tokio::test]
async fn what_is_shared_is_offered_taken_and_given_back() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let boris = visitor("boris").id;
        let calendar = scene.first(&visitor("anna")).await;
        assert!(not_there(
            &scene.calendars.reach(boris, calendar.id, Rights::Busy).await
        ));
        scene.give(&calendar, Rights::Read).await;
        scene.follow().await;
        assert!(
            scene.boris_has().await.is_empty(),
            "nobody is given what they did not take"
        );
        let offered = scene.calendars.offered(boris).await.unwrap();
        assert_eq!((offered.len(), offered[0].0.reply), (1, Consent::Waiting));
        let owner = To::Person(boris).owner();
        let shard = scene.store.store.shard_of(owner);
        let letters = shard.read::<_, store::StoreError>(move |tx| post::held(tx, owner, 100));
        assert_eq!(
            letters.await.unwrap().letters.len(),
            1,
            "heard twice, written once"
        );
        let red = Color::parse("#aa0044").unwrap();
        let taken = Some(Consent::Taken);
        let answered = scene.calendars.answer_offer(boris, calendar.id, taken, Some(red));
        answered.await.unwrap();
        scene.follow().await;
        let held = scene.boris_has().await;
        assert_eq!((held.len(), held[0].rights), (1, Rights::Read));
        assert_eq!(held[0].calendar.about.color, red, "one's own colour");
        let shares = scene.calendars.shares(calendar.owner, calendar.id).await.unwrap();
        assert_eq!(shares[0].reply, Consent::Taken);
        let back = scene.calendars.unshare(calendar.owner, calendar.id, boris);
        back.await.unwrap();
        assert!(scene.boris_has().await.is_empty(), "at once");
        scene.follow().await;
        assert!(scene.calendars.offered(boris).await.unwrap().is_empty());
        let again = scene.calendars.unshare(calendar.owner, calendar.id, boris).await;
        assert!(matches!(again, Err(Refused::Reason(Reason::NotShared))));
    }
}

#[tokio::test]
async fn each_sees_and_does_what_they_may() {
    let scene = Scene::on(stores::Kind::Sqlite).await;
    let calendar = scene.shared(Rights::Busy).await;
    let boris = visitor("boris").id;
    let look = async |name: &str| {
        let name = crate::types::Name::parse(name).unwrap();
        let found = scene.calendars.named(calendar.owner, calendar.id, vec![name]);
        let id = found.await.unwrap()[0].as_ref().unwrap().id;
        scene.calendars.visible_event(boris, (calendar.id, id)).await
    };
    assert_eq!(
        scene.boris_sees("").await,
        ["", ""],
        "when Anna is busy, and no more"
    );
    assert!(
        scene.boris_sees("doctor").await.is_empty(),
        "nor by asking for words"
    );
    assert!(not_allowed(&look("open.ics").await));
    scene.give(&calendar, Rights::Read).await;
    assert_eq!(scene.boris_sees("").await, ["Choir", ""]);
    assert!(scene.boris_sees("doctor").await.is_empty());
    assert!(look("open.ics").await.is_ok());
    assert!(not_there(&look("secret.ics").await));
    let edit = scene.calendars.owner_of(boris, calendar.id, Rights::Edit).await;
    assert!(not_allowed(&edit));
    scene.give(&calendar, Rights::Edit).await;
    assert_eq!(scene.boris_sees("").await, ["Choir", "Doctor"]);
    assert!(look("secret.ics").await.is_ok());
    let chen = visitor("chen").id;
    let on = scene
        .calendars
        .share(boris, calendar.id, chen, Rights::Read)
        .await;
    assert!(not_allowed(&on));
    scene.give(&calendar, Rights::Manage).await;
    let on = scene
        .calendars
        .share(boris, calendar.id, chen, Rights::Read)
        .await;
    assert_eq!(on.unwrap().person, chen);
    let own = scene.calendars.owner_of(boris, calendar.id, Rights::Own).await;
    assert!(not_allowed(&own), "only Anna does away with it");
}

#[tokio::test]
async fn whoever_reads_gets_the_text_without_what_is_private() {
    let scene = Scene::on(stores::Kind::Sqlite).await;
    let calendar = scene.shared(Rights::Read).await;
    let all = scene
        .calendars
        .objects(calendar.owner, calendar.id, None, 10)
        .await
        .unwrap();
    let texts: Vec<String> = all
        .into_iter()
        .map(|stored| super::readable(stored, Rights::Read).unwrap().text)
        .collect();
    assert_eq!(texts[0], OPEN);
    assert!(
        !texts[1].contains("Doctor") && !texts[1].contains("doctor"),
        "{}",
        texts[1]
    );
    assert!(texts[1].contains("SUMMARY:Busy") && texts[1].contains("DTSTART:20261124T120000Z"));
}

#[tokio::test]
async fn who_is_no_more_shares_nothing_and_was_offered_nothing() {
    for gone in ["anna", "boris"] {
        let scene = Scene::on(stores::Kind::Sqlite).await;
        let calendar = scene.shared(Rights::Read).await;
        scene.calendars.forget(visitor(gone).id).await.unwrap();
        scene.follow().await;
        let boris = visitor("boris").id;
        assert!(scene.calendars.offered(boris).await.unwrap().is_empty());
        if gone == "boris" {
            let shares = scene.calendars.shares(calendar.owner, calendar.id).await;
            assert!(shares.unwrap().is_empty());
        }
    }
}

#[tokio::test]
async fn whoever_manages_a_calendar_has_a_colour_of_their_own_and_leaves_its_owner_theirs() {
    let scene = Scene::on(stores::Kind::Sqlite).await;
    let calendar = scene.shared(Rights::Manage).await;
    let boris = visitor("boris").id;
    let change = AboutChange {
        title: Some(Text::new("Choirs", 100).unwrap()),
        color: Some(Color::parse("#aa0044").unwrap()),
        position: Some(7),
        ..AboutChange::default()
    };
    let color = AboutChange {
        color: Some(Color::parse("#00aa44").unwrap()),
        ..AboutChange::default()
    };
    let seen = Some(calendar.version);
    let managed = scene
        .calendars
        .manage(boris, calendar.id, seen, change.clone())
        .await;
    assert_eq!(managed.unwrap().calendar.about.color, change.color.unwrap());
    let stale = scene
        .calendars
        .manage(boris, calendar.id, seen, change.clone())
        .await;
    assert!(matches!(stale, Err(Refused::Reason(Reason::Stale))));
    let managed = scene
        .calendars
        .manage(boris, calendar.id, None, color.clone())
        .await;
    assert_eq!(managed.unwrap().calendar.about.color, color.color.unwrap());
    let annas = scene.first(&visitor("anna")).await;
    assert_eq!(annas.about.title.to_string(), "Choirs");
    assert_eq!(annas.about.color, calendar.about.color);
    assert_eq!(annas.about.position, calendar.about.position);
    assert_eq!(
        annas.version,
        calendar.version + 1,
        "a colour of one's own changes nothing"
    );
    assert_eq!(
        scene.boris_has().await[0].calendar.about.color,
        color.color.unwrap()
    );
}

#[tokio::test]
async fn what_was_taken_back_and_offered_anew_at_once_is_a_new_offer_on_both_sides() {
    let scene = Scene::on(stores::Kind::Sqlite).await;
    let calendar = scene.shared(Rights::Read).await;
    let boris = visitor("boris").id;
    scene.store.clock.advance_seconds(60);
    let back = scene.calendars.unshare(calendar.owner, calendar.id, boris);
    back.await.unwrap();
    scene.give(&calendar, Rights::Edit).await;
    scene.follow().await;
    let offered = scene.calendars.offered(boris).await.unwrap();
    assert_eq!(offered[0].0.reply, Consent::Waiting);
    let shares = scene.calendars.shares(calendar.owner, calendar.id).await.unwrap();
    assert_eq!(shares[0].reply, Consent::Waiting);
    assert_eq!(offered[0].0.offered, shares[0].made);
}

#[tokio::test]
async fn nobody_is_offered_more_than_they_can_look_through_and_refusing_makes_room() {
    let scene = Scene::on(stores::Kind::Sqlite).await;
    let calendar = scene.first(&visitor("anna")).await;
    let boris = visitor("boris").id;
    let shard = scene.store.store.shard_of(boris);
    let offer = |number: usize, reply| super::Offer {
        calendar: Id::named("calendar", &number.to_string()),
        held_by: calendar.owner,
        reply,
        color: None,
        offered: stores::START,
    };
    let all: Vec<_> = (0..super::OFFERS_MAX)
        .map(|number| offer(number, Consent::Waiting))
        .collect();
    let save = shard.write::<_, store::StoreError>(move |tx| {
        let mut all = all.iter();
        all.try_for_each(|offer| super::rows::save_offer(tx, boris, offer))
    });
    save.await.unwrap();
    let share = async || {
        let share = scene
            .calendars
            .share(calendar.owner, calendar.id, boris, Rights::Read);
        share.await
    };
    let full = share().await;
    assert!(matches!(full, Err(Refused::Reason(Reason::TooManyOffers))));
    let refused = offer(0, Consent::Refused);
    let save = shard.write::<_, store::StoreError>(move |tx| super::rows::save_offer(tx, boris, &refused));
    save.await.unwrap();
    share().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_server_is_down_only_what_lies_there_is_missing() {
    let scene = Scene::on(stores::Kind::TwoPostgres).await;
    let there = &scene.store.databases[1];
    let mut apart = (None, None);
    for name in (0..20).map(|number| number.to_string()) {
        let who = visitor(&name);
        scene.first(&who).await;
        let bytes: String = who
            .id
            .0
            .as_bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let is_there = format!("SELECT 1 FROM calendars WHERE encode(owner, 'hex') = '{bytes}'");
        match there.query(&is_there).unwrap().is_empty() {
            true => apart.0 = Some(who),
            false => apart.1 = Some(who),
        }
    }
    let (reader, owner) = (apart.0.unwrap(), apart.1.unwrap());
    let calendar = scene.first(&owner).await;
    let shared = scene
        .calendars
        .share(owner.id, calendar.id, reader.id, Rights::Read);
    shared.await.unwrap();
    let (person, offer) = (
        reader.id,
        super::Offer {
            calendar: calendar.id,
            held_by: owner.id,
            reply: Consent::Taken,
            color: None,
            offered: stores::START,
        },
    );
    let shard = scene.store.store.shard_of(person);
    let save = shard.write::<_, store::StoreError>(move |tx| super::rows::save_offer(tx, person, &offer));
    save.await.unwrap();
    assert_eq!(scene.calendars.held(&reader).await.unwrap().len(), 2);
    let name = there.name();
    let close = format!(
        "ALTER DATABASE {name} ALLOW_CONNECTIONS false;
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    );
    there.server().execute(&close).unwrap();
    let held = scene.calendars.held(&reader).await.unwrap();
    assert!(held.iter().all(Held::is_own) && held.len() == 1);
    let sure = scene.calendars.held_for_sure(&reader).await;
    assert!(sure.is_err(), "programs are not told that it is gone");
}

#[tokio::test]
async fn a_calendar_that_leaves_the_bin_for_good_leaves_no_share_and_no_offer() {
    for kind in KINDS {
        let scene = Scene::on(kind).await;
        let calendar = scene.shared(Rights::Read).await;
        let deleted = scene.calendars.delete(calendar.owner, calendar.id, None);
        deleted.await.unwrap();
        scene.store.clock.advance_seconds(crate::service::BIN_SECONDS + 1);
        scene.calendars.forget_old().await.unwrap();
        scene.follow().await;
        let (boris, id) = (visitor("boris").id, calendar.id);
        let left = scene.store.store.shard_of(boris);
        let offer = left.read::<_, store::StoreError>(move |tx| super::rows::offer(tx, boris, id));
        assert_eq!(offer.await.unwrap(), None, "{kind:?}");
        let left = scene.store.store.shard_of(calendar.owner);
        let share = left.read::<_, store::StoreError>(move |tx| super::rows::share(tx, id, boris));
        assert_eq!(share.await.unwrap(), None, "{kind:?}");
    }
}

#[tokio::test]
async fn what_is_offered_again_and_again_is_one_letter_a_day() {
    let scene = Scene::on(stores::Kind::Sqlite).await;
    let calendar = scene.first(&visitor("anna")).await;
    let boris = visitor("boris").id;
    let owner = To::Person(boris).owner();
    for (seconds, written) in [(1, 1), (1, 1), (86_400, 2)] {
        scene.store.clock.advance_seconds(seconds);
        scene.give(&calendar, Rights::Read).await;
        scene.follow().await;
        let back = scene.calendars.unshare(calendar.owner, calendar.id, boris);
        back.await.unwrap();
        scene.follow().await;
        let shard = scene.store.store.shard_of(owner);
        let letters = shard.read::<_, store::StoreError>(move |tx| post::held(tx, owner, 100));
        assert_eq!(letters.await.unwrap().letters.len(), written);
    }
}

#[tokio::test]
async fn what_is_private_and_makes_nobody_busy_is_not_there_for_readers() {
    let scene = Scene::on(stores::Kind::Sqlite).await;
    let calendar = scene.shared(Rights::Read).await;
    let of = (calendar.owner, calendar.id);
    let busy = SECRET.to_owned();
    let hidden = [
        busy.replace("SUMMARY", "TRANSP:TRANSPARENT\r\nSUMMARY"),
        busy.replace("SUMMARY", "STATUS:CANCELLED\r\nSUMMARY"),
        busy.replace("VEVENT", "VTODO"),
    ];
    let hear = async |after: i64| {
        let mark = Mark {
            after,
            began: (after > 0).then_some(after),
        };
        let heard = scene.calendars.changes_for(Rights::Read, of, mark, 100);
        heard.await.unwrap().unwrap()
    };
    for text in &hidden {
        let (kind, uid) = match text.contains("VTODO") {
            true => ("task.ics", "UID:task"),
            false => ("secret.ics", "UID:secret"),
        };
        let text = text.replace("UID:secret", uid);
        let before = hear(0).await;
        scene
            .put(&calendar, kind, &text, Expected::Anything)
            .await
            .unwrap();
        let name = Name::parse(kind).unwrap();
        let found = scene
            .calendars
            .named(calendar.owner, calendar.id, vec![name.clone()]);
        let stored = found.await.unwrap().remove(0).unwrap();
        assert_eq!(super::readable(stored.clone(), Rights::Read), None, "{text}");
        assert!(super::readable(stored, Rights::Edit).is_some());
        let heard = hear(before.until).await.items;
        assert!(heard.len() == 1 && heard[0].is_gone && heard[0].name == name);
        assert!(hear(0).await.items.iter().all(|one| one.name != name));
    }
}
