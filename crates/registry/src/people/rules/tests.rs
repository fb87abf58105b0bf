//! The person's state machine against tables and against any sequence of acts.

use kernel::{Id, Language, Moment, PersonId, Text};
use proptest::prelude::*;

use super::super::types::{
    About, Attributes, BlockedBy, Edit, Email, Origin, Person, Reason, ReplicaRow, Replicated, ReturnsTo,
    State, StateName, Zone, after_prefix, search_key,
};
use super::*;

const NOW: Moment = Moment::from_seconds(1_795_000_000);
const ANNA: PersonId = PersonId(Id::from_bytes([7; 16]));

fn about(name: &str) -> About {
    About {
        email: Some(Email::parse("Anna@Example.org").unwrap()),
        name: Text::new(name, 100).unwrap(),
        language: Language::English,
        zone: Zone::utc(),
        attributes: Attributes::default(),
    }
}

fn in_state(state: StateName) -> Person {
    let invited = invited(ANNA, about("Anna"), NOW);
    match state {
        StateName::Invited => invited,
        StateName::Active => accept(&invited, NOW).unwrap(),
        StateName::Blocked => block(&invited, NOW).unwrap().unwrap(),
        StateName::Deleted => delete(&invited, NOW).unwrap(),
    }
}

#[test]
fn each_act_leads_where_the_table_says() {
    use StateName::{Active, Blocked, Deleted, Invited};
    type Act = fn(&Person) -> Result<Option<Person>, Reason>;
    let check = |act: Act, expected: [Result<Option<StateName>, Reason>; 4]| {
        for (from, expected) in StateName::ALL.into_iter().zip(expected) {
            let led = act(&in_state(from)).map(|person| person.map(|person| person.state.name()));
            assert_eq!(led, expected, "from {from:?}");
        }
    };
    // From: invited, active, blocked, deleted.
    check(
        |person| accept(person, NOW).map(Some),
        [
            Ok(Some(Active)),
            Err(Reason::NotInvited),
            Err(Reason::NotInvited),
            Err(Reason::NotFound),
        ],
    );
    check(
        |person| block(person, NOW),
        [
            Ok(Some(Blocked)),
            Ok(Some(Blocked)),
            Ok(None),
            Err(Reason::NotFound),
        ],
    );
    check(
        |person| unblock(person, NOW),
        [Ok(None), Ok(None), Ok(Some(Invited)), Err(Reason::NotFound)],
    );
    check(
        |person| Ok(delete(person, NOW)),
        [Ok(Some(Deleted)), Ok(Some(Deleted)), Ok(Some(Deleted)), Ok(None)],
    );
}

#[test]
fn an_edit_that_changes_nothing_writes_nothing() {
    let anna = in_state(StateName::Active);
    let same = Edit {
        name: Some(Text::new("Anna", 10).unwrap()),
        ..Edit::default()
    };
    assert_eq!(edit(&anna, same, NOW), Ok(None));
    let other = Edit {
        email: Some(None),
        language: Some(Language::Russian),
        ..Edit::default()
    };
    let (changed, fields) = edit(&anna, other, NOW).unwrap().unwrap();
    assert_eq!(fields, ["email", "language"]);
    assert_eq!(changed.version, anna.version + 1);
    assert_eq!(changed.email(), None);
}

#[test]
fn the_source_does_not_reach_whom_the_house_governs() {
    let row = |version: i64| ReplicaRow {
        id: ANNA,
        blocked: false,
        about: about(&version.to_string()),
        source_version: version,
    };
    for state in StateName::ALL {
        assert_eq!(
            replicate(Some(&in_state(state)), row(9), NOW),
            (Replicated::GovernedHere, None)
        );
        assert_eq!(
            retire(Some(&in_state(state)), ANNA, 9, NOW),
            (Replicated::GovernedHere, None)
        );
    }
    let (_, from_source) = replicate(None, row(1), NOW);
    let kept_out = block(&from_source.unwrap(), NOW).unwrap().unwrap();
    let (outcome, still_out) = replicate(Some(&kept_out), row(2), NOW);
    assert_eq!(outcome, Replicated::Changed);
    assert_eq!(
        still_out.unwrap().state.name(),
        StateName::Blocked,
        "the house's block outlasts the source"
    );
}

#[test]
fn addresses_zones_and_search_keys() {
    for good in ["anna@example.org", "a.b+c@пример.рф", "O'Neil@sub.example.org"] {
        assert!(Email::parse(good).is_ok(), "{good}");
    }
    let long = format!("{}@example.org", "a".repeat(65));
    for bad in [
        "",
        "anna",
        "anna@",
        "@example.org",
        "a b@example.org",
        "a@localhost",
        "a..b@x.org",
        "a\0@x.org",
        &long,
    ] {
        assert!(Email::parse(bad).is_err(), "{bad:?}");
    }
    assert_eq!(
        Zone::parse("europe/moscow")
            .map(|zone| zone.as_str().to_owned())
            .as_deref(),
        Ok("Europe/Moscow")
    );
    for bad in ["", "Mars/Olympus", "+03:00", "Etc/Unknown"] {
        assert!(Zone::parse(bad).is_err(), "{bad:?}");
    }
    assert_eq!(search_key("  Алёна   ПЕТРОВА "), "алена петрова".as_bytes());
    assert_eq!(after_prefix(b"ab"), Some(b"ac".to_vec()));
    assert_eq!(after_prefix(&[1, 255]), Some(vec![2]));
    assert_eq!(after_prefix(&[255]), None);
}

#[derive(Clone, Debug)]
enum Fact {
    Row(i64, bool, u8),
    Gone(i64),
}

fn facts() -> impl Strategy<Value = Vec<Fact>> {
    proptest::collection::vec((any::<bool>(), any::<bool>(), any::<u8>()), 1..8).prop_map(|facts| {
        facts
            .into_iter()
            .zip(1..)
            .map(|((gone, blocked, name), version)| {
                if gone {
                    Fact::Gone(version)
                } else {
                    Fact::Row(version, blocked, name)
                }
            })
            .collect()
    })
}

fn told(person: Option<Person>, fact: &Fact) -> Option<Person> {
    let (_, changed) = match fact {
        Fact::Gone(version) => retire(person.as_ref(), ANNA, *version, NOW),
        Fact::Row(version, blocked, name) => {
            let row = ReplicaRow {
                id: ANNA,
                blocked: *blocked,
                about: about(&name.to_string()),
                source_version: *version,
            };
            replicate(person.as_ref(), row, NOW)
        }
    };
    changed.or(person)
}

proptest! {
    #[test]
    fn the_source_ends_the_same_in_any_order_and_with_repetitions(
        facts in facts(),
        order in proptest::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let straight = facts.iter().fold(None, told).unwrap();
        let mixed = order.iter().map(|at| at.get(&facts)).chain(facts.iter().rev()).fold(None, told).unwrap();
        prop_assert_eq!(straight.state, mixed.state);
        prop_assert_eq!(straight.origin, mixed.origin);
    }

    #[test]
    fn any_sequence_of_acts_keeps_the_invariants(acts in proptest::collection::vec(0u8..6, 0..40)) {
        let mut person = in_state(StateName::Invited);
        let mut accepted = false;
        for act in acts {
            let before = person.clone();
            let led = match act {
                0 => accept(&person, NOW).map(Some),
                1 => block(&person, NOW),
                2 => unblock(&person, NOW),
                3 if person.version > 20 => Ok(delete(&person, NOW)),
                4 => edit(&person, Edit { name: Some(Text::new(&person.version.to_string(), 9).unwrap()), ..Edit::default() }, NOW)
                    .map(|edited| edited.map(|(person, _)| person)),
                _ => Ok(None),
            };
            if let Ok(Some(led)) = led {
                accepted |= act == 0;
                person = led;
                prop_assert_eq!(person.version, before.version + 1, "each change is one version");
            }
            prop_assert_eq!(person.origin, Origin::House);
            if before.state == State::Deleted {
                prop_assert_eq!(&person.state, &State::Deleted, "nothing comes back from deletion");
            }
            prop_assert_eq!(person.about().is_none(), person.state == State::Deleted);
            if person.state.is_active() {
                prop_assert!(accepted, "nobody is active who did not accept");
            }
            if let State::Blocked { returns_to, by, .. } = &person.state {
                prop_assert_eq!(*returns_to == ReturnsTo::Active, accepted);
                prop_assert_eq!(*by, BlockedBy::House);
            }
        }
    }
}

#[test]
fn former_addresses_are_those_that_are_not_borne_any_more() {
    let to = |person: &Person, email: Option<&str>| {
        let wanted = Edit {
            email: Some(email.map(|email| Email::parse(email).unwrap())),
            ..Edit::default()
        };
        edit(person, wanted, NOW).unwrap().unwrap().0
    };
    let former = |person: &Person| {
        let all = person.former_emails.iter().map(ToString::to_string);
        all.collect::<Vec<_>>().join(" ")
    };
    let anna = in_state(StateName::Active);
    assert_eq!(former(&anna), "");
    let spelled = to(&anna, Some("anna@example.org"));
    assert_eq!(former(&spelled), "", "the same address");
    let second = to(&spelled, Some("second@example.org"));
    assert_eq!(former(&second), "anna@example.org");
    let none = to(&second, None);
    assert_eq!(former(&none), "second@example.org anna@example.org");
    let back = to(&none, Some("Anna@example.org"));
    assert_eq!(former(&back), "second@example.org");
    assert_eq!(former(&block(&back, NOW).unwrap().unwrap()), "second@example.org");
    assert_eq!(former(&delete(&back, NOW).unwrap()), "");
    let mut many = back;
    for number in 0..20 {
        many = to(&many, Some(&format!("p{number}@example.org")));
    }
    assert_eq!(many.former_emails.len(), FORMER_EMAILS_MAX);
    assert!(former(&many).starts_with("p18@example.org"));
}
