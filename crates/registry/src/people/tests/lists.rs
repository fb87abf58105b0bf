//! Lists and searches over all servers are one list.

use testkit::stores::Kind;

use super::super::list::Search;
use super::super::types::StateName;
use super::*;
use crate::grants::types::HouseRole;

async fn names(house: &House, search: &Search, size: u32) -> Vec<String> {
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let page = house
            .registry
            .people(search, after.as_ref(), kernel::PageSize::clamped(Some(size)))
            .await
            .unwrap();
        names.extend(
            page.items
                .iter()
                .map(|p| p.about().map_or_else(String::new, |about| about.name.to_string())),
        );
        after = page.next;
        if after.is_none() {
            return names;
        }
    }
}

#[tokio::test]
async fn people_of_all_servers_are_one_list_by_name() {
    let house = house(Kind::TwoPostgres).await;
    let mut expected = Vec::new();
    for n in 0..23 {
        let name = format!("Person {n:02}");
        house.active(&name, &format!("p{n}@example.org")).await;
        expected.push(name);
    }
    for size in [1, 5, 22, 23, 100] {
        assert_eq!(
            names(&house, &Search::default(), size).await,
            expected,
            "pages of {size}"
        );
    }
}

#[tokio::test]
async fn those_with_a_role_are_one_list_over_all_servers() {
    let house = house(Kind::TwoPostgres).await;
    let mut people = Vec::new();
    for n in 0..9 {
        let id = house
            .active(&format!("Person {n}"), &format!("p{n}@example.org"))
            .await;
        people.push(id);
    }
    for (who, role) in [
        (0, "admin"),
        (2, "auditor"),
        (3, "auditor"),
        (5, "auditor"),
        (5, "registrar"),
        (7, "auditor"),
    ] {
        house
            .registry
            .grant(&operator(), people[who], role, "house")
            .await
            .unwrap();
    }
    house.registry.block_person(&operator(), people[7]).await.unwrap();
    let with = |role, state, text: &str| Search {
        role: Some(role),
        state,
        text: Some(text.to_owned()),
    };
    let auditors = |state, text: &str| with(HouseRole::Auditor, state, text);
    for size in [1, 2, 50] {
        let all = names(&house, &auditors(None, ""), size).await;
        assert_eq!(
            all,
            ["Person 2", "Person 3", "Person 5", "Person 7"],
            "pages of {size}"
        );
        assert_eq!(
            names(&house, &auditors(Some(StateName::Blocked), ""), size).await,
            ["Person 7"]
        );
        assert_eq!(names(&house, &auditors(None, "person"), size).await, all);
        assert_eq!(names(&house, &auditors(None, "p3@"), size).await, ["Person 3"]);
        assert_eq!(
            names(&house, &with(HouseRole::Registrar, None, ""), size).await,
            ["Person 5"]
        );
        assert_eq!(
            names(&house, &auditors(None, "p1@"), size).await,
            Vec::<String>::new()
        );
    }
}

#[tokio::test]
async fn a_search_finds_the_beginnings_of_names_and_addresses() {
    let house = house(Kind::Sqlite).await;
    house.active("Алёна Петрова", "petrova@example.org").await;
    house.active("Anna Orlova", "alena@example.org").await;
    house.active("alena Smith", "Alena.Smith@example.org").await;
    let blocked = house.active("Boris", "alexander@example.org").await;
    house.registry.block_person(&operator(), blocked).await.unwrap();
    let gone = house.active("Alena Gone", "alena.gone@example.org").await;
    house.registry.delete_person(&operator(), gone).await.unwrap();
    let search = |text: &str| Search {
        text: Some(text.to_owned()),
        ..Search::default()
    };
    for size in [1, 2, 50] {
        assert_eq!(names(&house, &search("АЛЕН"), size).await, ["Алёна Петрова"]);
        assert_eq!(
            names(&house, &search("ale"), size).await,
            ["alena Smith", "Anna Orlova", "Boris"]
        );
        assert_eq!(names(&house, &search("Alena  S"), size).await, ["alena Smith"]);
        assert_eq!(names(&house, &search("%"), size).await, Vec::<String>::new());
        let state = |state| Search {
            state: Some(state),
            ..Search::default()
        };
        assert_eq!(names(&house, &state(StateName::Blocked), size).await, ["Boris"]);
        assert_eq!(names(&house, &state(StateName::Deleted), size).await, [""]);
    }
    let foreign = kernel::Cursor::new(b"\x07nonsense");
    let refused = house
        .registry
        .people(
            &Search::default(),
            Some(&foreign),
            kernel::PageSize::clamped(None),
        )
        .await;
    assert!(matches!(refused, Err(Failure::BadCursor)));
}
