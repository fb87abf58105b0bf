//! The replica ends as the source's latest word says, whatever came before, late or twice.

use kernel::Id;
use testkit::stores::{KINDS, Kind};

use super::super::replica::{Fact, Taken};
use super::super::types::{ReplicaRow, Replicated, StateName};
use super::*;
use crate::audit::By;

fn row(n: u32, version: i64, name: &str, email: Option<&str>) -> ReplicaRow {
    let id = PersonId(Id::named("source", &n.to_string()));
    ReplicaRow {
        id,
        blocked: false,
        about: about(name, email),
        source_version: version,
    }
}

fn outcomes(taken: &[Taken]) -> Vec<Replicated> {
    taken.iter().map(|taken| taken.outcome).collect()
}

async fn waiting_changes(house: &House) -> usize {
    let mut kinds = 0;
    for server in house.store.everywhere() {
        kinds += server.read(crate::people::rows::count_outbox).await.unwrap();
    }
    usize::try_from(kinds).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_may_come_twice_late_and_in_any_order() {
    for kind in KINDS {
        let house = house(kind).await;
        let by = By::house("feed");
        let batch = (0..60)
            .map(|n| row(n, 2, &format!("P{n}"), Some(&format!("p{n}@example.org"))))
            .collect::<Vec<_>>();
        let first = house.registry.upsert_replica(&by, batch.clone()).await.unwrap();
        assert!(
            first.iter().all(|taken| taken.outcome == Replicated::Created),
            "{kind:?}"
        );
        assert_eq!(
            first.iter().map(|taken| taken.id).collect::<Vec<_>>(),
            batch.iter().map(|r| r.id).collect::<Vec<_>>()
        );
        assert_eq!(
            waiting_changes(&house).await,
            60,
            "{kind:?}: each is announced once"
        );
        let again = house.registry.upsert_replica(&by, batch).await.unwrap();
        assert!(
            again.iter().all(|taken| taken.outcome == Replicated::Unchanged),
            "{kind:?}"
        );
        assert_eq!(
            waiting_changes(&house).await,
            60,
            "{kind:?}: what is known is not announced"
        );
        let late = house
            .registry
            .upsert_replica(&by, vec![row(0, 1, "Old", None)])
            .await
            .unwrap();
        assert_eq!(outcomes(&late), [Replicated::Late]);
        let id = row(0, 0, "", None).id;
        assert_eq!(house.bearer("p0@example.org").await, Some(id), "{kind:?}");

        let gone = house
            .registry
            .retire_replica(&by, vec![(id, 5), (id, 5), (id, 3)])
            .await
            .unwrap();
        assert_eq!(
            outcomes(&gone),
            [Replicated::Retired, Replicated::Unchanged, Replicated::Late]
        );
        assert_eq!(house.bearer("p0@example.org").await, None);
        let late = house
            .registry
            .upsert_replica(&by, vec![row(0, 4, "Late", None)])
            .await
            .unwrap();
        assert_eq!(outcomes(&late), [Replicated::Late]);
        let back = house
            .registry
            .upsert_replica(&by, vec![row(0, 6, "Back", Some("p0@example.org"))])
            .await
            .unwrap();
        assert_eq!(outcomes(&back), [Replicated::Created]);
        assert_eq!(house.bearer("p0@example.org").await, Some(id), "{kind:?}");
    }
}

#[tokio::test]
async fn of_several_rows_about_one_person_the_latest_counts() {
    let house = house(Kind::Sqlite).await;
    let rows = vec![
        row(1, 2, "Two", None),
        row(1, 3, "Three", None),
        row(1, 1, "One", None),
    ];
    let taken = house
        .registry
        .upsert_replica(&By::house("feed"), rows)
        .await
        .unwrap();
    assert_eq!(
        outcomes(&taken),
        [Replicated::Late, Replicated::Created, Replicated::Late]
    );
    let person = house.registry.known(row(1, 0, "", None).id).await.unwrap();
    assert_eq!(person.about().unwrap().name.as_str(), "Three");
}

#[tokio::test]
async fn an_address_of_somebody_else_is_left_out_and_reported() {
    let house = house(Kind::Sqlite).await;
    let anna = house.active("Anna", "anna@example.org").await;
    let taken = house
        .registry
        .upsert_replica(
            &By::house("feed"),
            vec![row(1, 1, "Other", Some("ANNA@example.org"))],
        )
        .await
        .unwrap();
    assert_eq!(
        (taken[0].outcome, taken[0].email_taken),
        (Replicated::Created, true)
    );
    assert_eq!(house.registry.known(taken[0].id).await.unwrap().email(), None);
    assert_eq!(house.bearer("anna@example.org").await, Some(anna));
}

#[tokio::test]
async fn the_source_reaches_neither_the_houses_own_people_nor_its_last_administrator() {
    let house = house(Kind::Sqlite).await;
    let by = By::house("feed");
    let anna = house.active("Anna", "anna@example.org").await;
    let own = Fact::Known(ReplicaRow {
        id: anna,
        ..row(1, 9, "Not Anna", None)
    });
    let gone = Fact::Gone {
        id: anna,
        source_version: 10,
    };
    let taken = house.registry.take_facts(&by, vec![own, gone]).await.unwrap();
    assert_eq!(
        outcomes(&taken),
        [Replicated::GovernedHere, Replicated::GovernedHere]
    );

    let fed = house
        .registry
        .upsert_replica(&by, vec![row(2, 1, "Boris", Some("boris@example.org"))])
        .await
        .unwrap();
    let boris = fed[0].id;
    house
        .registry
        .grant(&operator(), boris, "admin", "house")
        .await
        .unwrap();
    let kept = house
        .registry
        .retire_replica(&by, vec![(boris, 2)])
        .await
        .unwrap();
    assert_eq!(outcomes(&kept), [Replicated::LastAdmin]);
    assert!(house.registry.known(boris).await.unwrap().state.is_active());
    house
        .registry
        .grant(&operator(), anna, "admin", "house")
        .await
        .unwrap();
    let out = ReplicaRow {
        blocked: true,
        ..row(2, 3, "Boris", Some("boris@example.org"))
    };
    let taken = house.registry.upsert_replica(&by, vec![out]).await.unwrap();
    assert_eq!(outcomes(&taken), [Replicated::Changed]);
    assert_eq!(
        house.registry.known(boris).await.unwrap().state.name(),
        StateName::Blocked
    );

    house.registry.delete_person(&operator(), boris).await.unwrap();
    let again = house
        .registry
        .upsert_replica(&by, vec![row(2, 9, "Boris", None)])
        .await
        .unwrap();
    assert_eq!(
        outcomes(&again),
        [Replicated::GovernedHere],
        "who was deleted here stays deleted"
    );
}
