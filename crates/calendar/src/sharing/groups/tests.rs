//! What sharing with groups promises, on real stores.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use kernel::{Id, PersonId};
use parking_lot::Mutex;
use post::To;
use store::StoreError;
use testkit::stores::{self, KINDS};

use super::{GROUP_SHARES_MAX, With};
use crate::people::{Card, People};
use crate::service::Refused;
use crate::sharing::{Consent, Held, Rights};
use crate::tests::{Everybody, Scene, calendars_among, visitor};
use crate::types::{Calendar, Reason};

/// People and the groups that they are in.
#[derive(Default)]
struct Circles(Mutex<BTreeMap<Id, Vec<PersonId>>>, Mutex<Vec<bool>>);

impl Circles {
    fn has(&self, group: Id, person: PersonId) -> bool {
        let groups = self.0.lock();
        groups.get(&group).is_some_and(|people| people.contains(&person))
    }

    fn set(&self, group: Id, person: PersonId, is_in: bool) {
        let mut groups = self.0.lock();
        let people = groups.get_mut(&group).unwrap();
        people.retain(|one| *one != person);
        if is_in {
            people.push(person);
        }
    }
}

impl People for Circles {
    fn cards<'a>(&'a self, people: &'a [PersonId]) -> BoxFuture<'a, Result<Vec<Option<Card>>, StoreError>> {
        Everybody.cards(people)
    }

    fn bearers<'a>(
        &'a self,
        emails: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Option<PersonId>>, StoreError>> {
        Everybody.bearers(emails)
    }

    fn group(&self, group: Id) -> BoxFuture<'_, Result<Option<String>, String>> {
        let known = self.0.lock().contains_key(&group);
        Box::pin(async move { Ok(known.then(|| format!("Group {group}"))) })
    }

    fn groups<'a>(&'a self, groups: &'a [Id]) -> BoxFuture<'a, Result<Vec<(Id, String)>, String>> {
        let known = self.0.lock();
        let known = groups.iter().filter(|group| known.contains_key(group));
        let named = known.map(|group| (*group, format!("Group {group}")));
        let named = named.collect();
        Box::pin(async { Ok(named) })
    }

    fn people_of_group(&self, group: Id) -> BoxFuture<'_, Result<Vec<PersonId>, String>> {
        let people = self.0.lock().get(&group).cloned().unwrap_or_default();
        Box::pin(async { Ok(people) })
    }

    fn is_in_group(&self, group: Id, person: PersonId) -> BoxFuture<'_, Result<bool, String>> {
        // As whoever asked before others wrote.
        let before = self.1.lock().pop();
        let is_in = before.unwrap_or_else(|| self.has(group, person));
        Box::pin(async move { Ok(is_in) })
    }

    fn groups_of(&self, person: PersonId) -> BoxFuture<'_, Result<Vec<(Id, String)>, String>> {
        let groups = self.0.lock().clone().into_iter();
        let own = groups.filter(|(_, people)| people.contains(&person));
        let own = own.map(|(group, _)| (group, format!("Group {group}")));
        let own = own.collect();
        Box::pin(async { Ok(own) })
    }
}

/// Anna's calendar among people and groups.
struct Round {
    scene: Scene,
    circles: Arc<Circles>,
    calendar: Calendar,
}

impl Round {
    async fn on(kind: stores::Kind) -> Round {
        let store = stores::open(kind).await.unwrap();
        let circles = Arc::new(Circles::default());
        let calendars = calendars_among(&store, circles.clone());
        let scene = Scene { store, calendars };
        let calendar = scene.first(&visitor("anna")).await;
        Round {
            scene,
            circles,
            calendar,
        }
    }

    fn group(&self, name: &str, people: &[&str]) -> Id {
        let group = Id::named("group", name);
        let people = people.iter().map(|name| visitor(name).id).collect();
        self.circles.0.lock().insert(group, people);
        group
    }

    /// The registry tells of somebody who came or went.
    async fn now_in(&self, group: Id, name: &str, is_in: bool) {
        let person = visitor(name).id;
        self.circles.set(group, person, is_in);
        for _ in 0..2 {
            self.scene.calendars.group_changed(group, person).await.unwrap();
        }
        self.scene.follow().await;
    }

    async fn share(&self, group: Id, rights: Rights) {
        let (owner, id) = (self.calendar.owner, self.calendar.id);
        let shared = self.scene.calendars.share_with_group(owner, id, group, rights);
        shared.await.unwrap();
        self.scene.follow().await;
    }

    async fn unshare(&self, with: impl Into<Id>) {
        let (owner, id) = (self.calendar.owner, self.calendar.id);
        self.scene.calendars.unshare(owner, id, with).await.unwrap();
    }

    async fn may(&self, name: &str) -> Option<Rights> {
        let reached = self
            .scene
            .calendars
            .reach(visitor(name).id, self.calendar.id, Rights::Busy);
        match reached.await {
            Ok(held) => Some(held.rights),
            Err(Refused::Reason(Reason::NoCalendar)) => None,
            Err(other) => panic!("{other}"),
        }
    }

    async fn answers(&self, name: &str, reply: Consent) {
        let answered =
            self.scene
                .calendars
                .answer_offer(visitor(name).id, self.calendar.id, Some(reply), None);
        answered.await.unwrap();
        self.scene.follow().await;
    }

    async fn takes_in(&self, name: &str) -> Vec<Held> {
        let held = self.scene.calendars.held(&visitor(name)).await.unwrap();
        held.into_iter().filter(|one| !one.is_own()).collect()
    }

    async fn letters(&self, name: &str) -> usize {
        let owner = To::Person(visitor(name).id).owner();
        let shard = self.scene.store.store.shard_of(owner);
        let held = shard.read::<_, store::StoreError>(move |tx| post::held(tx, owner, 100));
        held.await.unwrap().letters.len()
    }

    async fn offers(&self, name: &str) -> usize {
        let person = visitor(name).id;
        let shard = self.scene.store.store.shard_of(person);
        let offers = shard.read::<_, store::StoreError>(move |tx| crate::sharing::rows::offers(tx, person));
        offers.await.unwrap().len()
    }
}

#[tokio::test]
async fn everybody_in_a_group_is_offered_the_calendar_and_answers_for_themselves() {
    for kind in KINDS {
        let round = Round::on(kind).await;
        let choir = round.group("choir", &["anna", "boris", "chen"]);
        round.share(choir, Rights::Read).await;
        for name in ["boris", "chen"] {
            let offered = round.scene.calendars.offered(visitor(name).id).await.unwrap();
            assert_eq!(offered.len(), 1, "{kind:?}");
            assert_eq!(
                (offered[0].0.reply, &offered[0].1.groups),
                (Consent::Waiting, &vec![choir])
            );
            assert_eq!(
                round.letters(name).await,
                1,
                "{kind:?}: heard often, written once"
            );
            assert_eq!(round.may(name).await, Some(Rights::Read));
        }
        assert_eq!(round.offers("anna").await, 0, "{kind:?}: it is her own");
        round.answers("boris", Consent::Taken).await;
        round.answers("chen", Consent::Refused).await;
        assert_eq!(round.takes_in("boris").await.len(), 1, "{kind:?}");
        assert_eq!(round.takes_in("chen").await.len(), 0, "{kind:?}");
        round.unshare(choir).await;
        assert_eq!(round.may("boris").await, None, "{kind:?}: at once");
        round.scene.follow().await;
        assert_eq!(
            (round.offers("boris").await, round.offers("chen").await),
            (0, 0),
            "{kind:?}"
        );
        round.share(choir, Rights::Busy).await;
        let offered = round.scene.calendars.offered(visitor("boris").id).await.unwrap();
        assert_eq!(offered[0].0.reply, Consent::Waiting, "{kind:?}: offered anew");
    }
}

#[tokio::test]
async fn who_joins_later_is_offered_it_and_who_leaves_loses_it() {
    for kind in KINDS {
        let round = Round::on(kind).await;
        let choir = round.group("choir", &["anna"]);
        round.share(choir, Rights::Edit).await;
        assert_eq!(round.may("boris").await, None, "{kind:?}");
        round.now_in(choir, "boris", true).await;
        assert_eq!(round.may("boris").await, Some(Rights::Edit), "{kind:?}");
        assert_eq!(
            (round.offers("boris").await, round.letters("boris").await),
            (1, 1)
        );
        round.answers("boris", Consent::Taken).await;
        round.now_in(choir, "boris", false).await;
        assert_eq!(
            (round.may("boris").await, round.offers("boris").await),
            (None, 0),
            "{kind:?}"
        );
        // Whoever goes and comes on one day gets one letter of it.
        round.scene.store.clock.advance_seconds(86_400);
        round.now_in(choir, "boris", true).await;
        assert_eq!(round.letters("boris").await, 2, "{kind:?}: asked anew");
        assert_eq!(round.takes_in("boris").await.len(), 0, "{kind:?}");
    }
}

#[tokio::test]
async fn the_highest_right_counts_and_each_share_ends_without_the_others() {
    for kind in KINDS {
        let round = Round::on(kind).await;
        let choir = round.group("choir", &["anna", "boris"]);
        let board = round.group("board", &["anna", "boris"]);
        let boris = visitor("boris").id;
        round.share(choir, Rights::Busy).await;
        round.answers("boris", Consent::Taken).await;
        round.share(board, Rights::Manage).await;
        assert_eq!(round.may("boris").await, Some(Rights::Manage), "{kind:?}");
        let (owner, id) = (round.calendar.owner, round.calendar.id);
        let personal = round.scene.calendars.share(owner, id, boris, Rights::Read);
        personal.await.unwrap();
        round.scene.follow().await;
        let shares = round.scene.calendars.shares(owner, id).await.unwrap();
        assert_eq!(shares[0].reply, Consent::Taken, "{kind:?}: they answered before");
        assert_eq!(round.letters("boris").await, 1, "{kind:?}: they know it");
        round.unshare(board).await;
        assert_eq!(round.may("boris").await, Some(Rights::Read), "{kind:?}");
        round.now_in(choir, "boris", false).await;
        assert_eq!(
            round.may("boris").await,
            Some(Rights::Read),
            "{kind:?}: in person"
        );
        assert_eq!(
            round.takes_in("boris").await.len(),
            1,
            "{kind:?}: taken all the time"
        );
        round.now_in(choir, "boris", true).await;
        round.unshare(boris).await;
        round.scene.follow().await;
        assert_eq!(
            round.may("boris").await,
            Some(Rights::Busy),
            "{kind:?}: through the choir"
        );
        assert_eq!(round.takes_in("boris").await.len(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn what_was_shared_with_a_group_that_is_no_more_is_shared_no_longer() {
    for kind in KINDS {
        let round = Round::on(kind).await;
        let choir = round.group("choir", &["anna", "boris"]);
        round.share(choir, Rights::Read).await;
        round.circles.0.lock().remove(&choir);
        round.scene.calendars.group_deleted(choir).await.unwrap();
        round.scene.follow().await;
        assert_eq!(
            (round.may("boris").await, round.offers("boris").await),
            (None, 0),
            "{kind:?}"
        );
        let (owner, id) = (round.calendar.owner, round.calendar.id);
        let shares = round.scene.calendars.group_shares(owner, id).await.unwrap();
        assert_eq!(shares, [], "{kind:?}");
    }
}

#[tokio::test]
async fn who_is_no_more_has_nothing_through_a_group_and_shares_nothing_with_one() {
    for gone in ["anna", "boris"] {
        let round = Round::on(stores::Kind::Sqlite).await;
        let choir = round.group("choir", &["anna", "boris", "chen"]);
        round.share(choir, Rights::Read).await;
        // The registry takes them out of their groups as well.
        round.circles.0.lock().values_mut().for_each(|people| {
            people.retain(|one| *one != visitor(gone).id);
        });
        round.scene.calendars.forget(visitor(gone).id).await.unwrap();
        round.scene.follow().await;
        assert_eq!(
            (round.may("boris").await, round.offers("boris").await),
            (None, 0),
            "{gone}"
        );
        let left = round.may("chen").await;
        assert_eq!(left.is_some(), gone == "boris", "{gone}");
        let shard = round.scene.store.store.shard_of(choir);
        let noted =
            shard.read::<_, store::StoreError>(move |tx| super::rows::calendars(tx, choir, None, 100));
        assert_eq!(noted.await.unwrap().len(), usize::from(gone == "boris"), "{gone}");
    }
}

#[tokio::test]
async fn a_calendar_that_was_forgotten_is_offered_to_nobody() {
    let round = Round::on(stores::Kind::Sqlite).await;
    let choir = round.group("choir", &["anna", "boris"]);
    round.share(choir, Rights::Read).await;
    let (owner, id) = (round.calendar.owner, round.calendar.id);
    let chen = visitor("chen").id;
    let personal = round.scene.calendars.share(owner, id, chen, Rights::Read);
    personal.await.unwrap();
    round.scene.calendars.delete(owner, id, None).await.unwrap();
    round
        .scene
        .store
        .clock
        .advance_seconds(crate::service::BIN_SECONDS);
    round.scene.calendars.forget_old().await.unwrap();
    round.scene.follow().await;
    assert_eq!((round.offers("boris").await, round.offers("chen").await), (0, 0));
}

#[tokio::test]
async fn one_shares_with_groups_that_one_is_in_and_with_so_many() {
    let round = Round::on(stores::Kind::Sqlite).await;
    let (anna, id) = (round.calendar.owner, round.calendar.id);
    let own = round.group("own", &["anna"]);
    let foreign = round.group("foreign", &["boris"]);
    let calendars = &round.scene.calendars;
    let called = calendars.sharer_called(anna, id, &own.to_string()).await.unwrap();
    assert_eq!(called, With::Group(own));
    let called = calendars
        .sharer_called(anna, id, "boris@town.example")
        .await
        .unwrap();
    assert_eq!(called, With::Person(visitor("boris").id));
    for nobody in [foreign.to_string(), "dora@town.example".to_owned(), String::new()] {
        let refused = calendars.sharer_called(anna, id, &nobody).await;
        assert!(
            matches!(refused, Err(Refused::Reason(Reason::Field { .. }))),
            "{nobody}"
        );
    }
    for number in 0..GROUP_SHARES_MAX {
        let group = round.group(&number.to_string(), &["anna"]);
        let shared = calendars.share_with_group(anna, id, group, Rights::Read);
        shared.await.unwrap();
    }
    let more = calendars.share_with_group(anna, id, own, Rights::Read).await;
    assert!(matches!(more, Err(Refused::Reason(Reason::TooManyGroupShares))));
}

#[tokio::test]
async fn who_left_while_it_was_heard_that_they_came_keeps_nothing() {
    for kind in KINDS {
        let round = Round::on(kind).await;
        let choir = round.group("choir", &["anna"]);
        round.share(choir, Rights::Edit).await;
        // Whoever hears of it asked while Boris was in the group, and he left before that was written.
        round.circles.1.lock().push(true);
        let boris = visitor("boris").id;
        round.scene.calendars.group_changed(choir, boris).await.unwrap();
        round.scene.follow().await;
        assert!(round.circles.1.lock().is_empty(), "{kind:?}: it was asked");
        assert_eq!(
            (round.may("boris").await, round.offers("boris").await),
            (None, 0),
            "{kind:?}"
        );
    }
}

#[tokio::test]
async fn a_share_with_a_group_is_had_by_those_in_it_and_nobody_else() {
    for kind in KINDS {
        let round = Round::on(kind).await;
        let choir = round.group("choir", &["anna", "boris"]);
        round.share(choir, Rights::Read).await;
        assert_eq!(round.may("boris").await, Some(Rights::Read), "{kind:?}");
        // Nobody was told that he left.
        round.circles.set(choir, visitor("boris").id, false);
        round.circles.set(choir, visitor("chen").id, true);
        round.share(choir, Rights::Edit).await;
        assert_eq!(
            (round.may("boris").await, round.may("chen").await),
            (None, Some(Rights::Edit)),
            "{kind:?}"
        );
        assert_eq!(round.offers("boris").await, 0, "{kind:?}");
    }
}

#[tokio::test]
async fn of_all_that_somebody_shares_with_groups_on_a_day_there_is_one_letter() {
    for kind in KINDS {
        let round = Round::on(kind).await;
        let choir = round.group("choir", &["anna", "boris"]);
        let board = round.group("board", &["anna", "boris"]);
        round.share(choir, Rights::Read).await;
        let calendars = &round.scene.calendars;
        let other = calendars.create(round.calendar.owner, crate::tests::draft(Some("other")));
        let other = other.await.unwrap();
        let shared = calendars.share_with_group(other.owner, other.id, board, Rights::Read);
        shared.await.unwrap();
        round.scene.follow().await;
        assert_eq!(
            (round.offers("boris").await, round.letters("boris").await),
            (2, 1),
            "{kind:?}"
        );
    }
}

#[tokio::test]
async fn nobody_is_offered_more_through_groups_than_a_list_holds() {
    for kind in KINDS {
        let round = Round::on(kind).await;
        let boris = visitor("boris").id;
        let shard = round.scene.store.store.shard_of(boris);
        let full = shard.write::<_, store::StoreError>(move |tx| {
            for number in 0..crate::sharing::OFFERS_MAX {
                let offer = crate::sharing::Offer {
                    calendar: Id::named("calendar", &number.to_string()),
                    held_by: visitor("chen").id,
                    reply: Consent::Waiting,
                    color: None,
                    offered: stores::START,
                };
                crate::sharing::rows::save_offer(tx, boris, &offer)?;
            }
            Ok(())
        });
        full.await.unwrap();
        let choir = round.group("choir", &["anna", "boris"]);
        round.share(choir, Rights::Read).await;
        let id = round.calendar.id;
        let offer = shard.read::<_, store::StoreError>(move |tx| crate::sharing::rows::offer(tx, boris, id));
        assert_eq!(offer.await.unwrap(), None, "{kind:?}");
        assert_eq!(round.letters("boris").await, 0, "{kind:?}");
    }
}

#[tokio::test]
async fn who_left_a_group_still_says_what_it_may_do_with_their_calendar() {
    let round = Round::on(stores::Kind::Sqlite).await;
    let (anna, id) = (round.calendar.owner, round.calendar.id);
    let choir = round.group("choir", &["anna", "boris"]);
    round.share(choir, Rights::Edit).await;
    round.now_in(choir, "anna", false).await;
    let calendars = &round.scene.calendars;
    let called = calendars.sharer_called(anna, id, &choir.to_string()).await;
    assert_eq!(called.unwrap(), With::Group(choir));
    round.unshare(choir).await;
    let called = calendars.sharer_called(anna, id, &choir.to_string()).await;
    assert!(matches!(called, Err(Refused::Reason(Reason::Field { .. }))));
}
