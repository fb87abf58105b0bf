//! Who is in, and why: the two agree with each other and with a plain reading of the rules.

use std::collections::BTreeMap;

use kernel::{Language, Moment};
use proptest::prelude::*;

use super::{AT, LATER, THEN, key, number, person, seen, segment};
use crate::points::foreign;
use crate::rules::rulebook::{Members, Rulebook, Seen};
use crate::rules::why::{Why, why};
use crate::types::{
    Condition, DrawNumber, Drawn, Ground, Hashing, Holdout, Mark, Rollout, Segment, Share, Span, Step, Test,
    Value,
};

fn share(percent: &str) -> Share {
    Share::parse_percent(percent).unwrap()
}

fn everybody(salt: &str) -> Rollout {
    Rollout::plain(salt, Share::EVERYBODY)
}

fn keys(book: &Rulebook, person: &Seen<'_>, at: Moment) -> Vec<String> {
    let mut members = Members::default();
    book.judge(person, at, &mut members);
    let mut keys: Vec<String> = members
        .places()
        .map(|place| book.segment(place).unwrap().key.to_string())
        .collect();
    keys.sort();
    keys
}

fn codes(marks: &[Mark]) -> Vec<u16> {
    marks.iter().map(|mark| mark.code()).collect()
}

#[test]
fn hands_win_over_rules_and_out_shields() {
    let draw = DrawNumber::new(4).unwrap();
    let drawn = Drawn {
        number: draw,
        segment: number(2),
        at: THEN,
        until: Some(LATER),
    };
    let segments = [
        segment(0, Some(everybody("a"))),
        segment(1, None),
        segment(2, None),
    ];
    let book = Rulebook::new(&segments, &[drawn], &[], AT);
    let check = |marks: &[Mark], at: Moment, expected: &[&str]| {
        let codes = codes(marks);
        let person = Seen {
            marks: &codes,
            ..seen(person(1))
        };
        assert_eq!(keys(&book, &person, at), expected);
    };
    check(&[], AT, &["S0"]);
    check(&[Mark::inside(number(1))], AT, &["S0", "S1"]);
    check(&[Mark::outside(number(0))], AT, &[]);
    check(&[Mark::drawn(draw)], AT, &["S0", "S2"]);
    check(&[Mark::drawn(draw)], LATER, &["S0"]);
    check(&[Mark::outside(number(2)), Mark::drawn(draw)], AT, &["S0"]);
    check(&[Mark::inside(number(9))], AT, &["S0"]);
}

#[test]
fn a_membership_ends_at_its_instant() {
    let book = Rulebook::new(&[segment(1, None)], &[], &[], AT);
    let codes = codes(&[Mark::inside(number(1))]);
    let ends = [(codes[0], LATER)];
    let person = Seen {
        marks: &codes,
        ends: &ends,
        ..seen(person(1))
    };
    assert_eq!(keys(&book, &person, LATER.plus_micros(-1)), ["S1"]);
    assert!(keys(&book, &person, LATER).is_empty());
}

#[test]
fn conditions_ask_what_is_known() {
    let mut attributes = BTreeMap::new();
    attributes.insert("plan".to_owned(), Value::Text("gold".to_owned()));
    attributes.insert("age".to_owned(), Value::Integer(40));
    let check = |condition: Condition, expected: bool| {
        let rollout = Rollout {
            conditions: vec![condition.clone()],
            ..everybody("c")
        };
        let book = Rulebook::new(&[segment(0, Some(rollout))], &[], &[], AT);
        let person = Seen {
            attributes: &attributes,
            ..seen(person(1))
        };
        assert_eq!(
            keys(&book, &person, AT).len(),
            usize::from(expected),
            "{condition:?}"
        );
    };
    let attribute = |name: &str, test: Test| Condition::Attribute {
        name: name.to_owned(),
        test,
    };
    let gold = || vec![Value::Text("gold".to_owned())];
    check(Condition::Language(vec![Language::English]), true);
    check(Condition::Language(vec![Language::Russian]), false);
    check(Condition::Zone(vec!["Europe/Moscow".to_owned()]), true);
    check(Condition::CreatedBefore(THEN), false);
    check(Condition::CreatedSince(THEN), true);
    check(attribute("plan", Test::OneOf(gold())), true);
    check(attribute("plan", Test::NoneOf(gold())), false);
    check(attribute("town", Test::NoneOf(gold())), true);
    check(attribute("town", Test::OneOf(gold())), false);
    check(attribute("age", Test::AtLeast(40.0)), true);
    check(attribute("age", Test::AtMost(39.5)), false);
    check(attribute("plan", Test::AtLeast(0.0)), false);
    check(attribute("age", Test::OneOf(vec![Value::Decimal(40.0)])), true);
    check(attribute("age", Test::Present), true);
    check(attribute("age", Test::Absent), false);
    check(attribute("town", Test::Absent), true);
}

#[test]
fn segments_that_name_others_come_after_them_in_whatever_order_they_were_made() {
    let naming = |include: &[u16], exclude: &[u16]| Rollout {
        include: include.iter().copied().map(number).collect(),
        exclude: exclude.iter().copied().map(number).collect(),
        ..everybody("n")
    };
    let segments = [
        segment(0, Some(naming(&[1], &[]))),
        segment(1, Some(naming(&[2], &[3]))),
        segment(2, Some(everybody("x"))),
        segment(3, None),
        segment(4, Some(naming(&[3], &[]))),
    ];
    let book = Rulebook::new(&segments, &[], &[], AT);
    assert_eq!(keys(&book, &seen(person(1)), AT), ["S0", "S1", "S2"]);
    let codes = codes(&[Mark::inside(number(3))]);
    let by_hand = Seen {
        marks: &codes,
        ..seen(person(1))
    };
    assert_eq!(keys(&book, &by_hand, AT), ["S2", "S3", "S4"]);
}

#[test]
fn steps_ends_and_archiving_happen_at_their_instants() {
    let rollout = Rollout {
        steps: vec![
            Step {
                at: AT,
                share: Share::EVERYBODY,
            },
            Step {
                at: LATER,
                share: Share::NOBODY,
            },
        ],
        ..Rollout::plain("s", Share::NOBODY)
    };
    let archived = Segment {
        archived: Some(LATER),
        ..segment(1, Some(everybody("a")))
    };
    let ending = Rollout {
        until: Some(LATER),
        ..everybody("e")
    };
    let segments = [segment(0, Some(rollout)), archived, segment(2, Some(ending))];
    let check = |at: Moment, expected: &[&str], right_until: Option<Moment>| {
        let book = Rulebook::new(&segments, &[], &[], at);
        assert_eq!(keys(&book, &seen(person(1)), at), expected);
        assert_eq!(book.right_until(), right_until);
    };
    check(THEN, &["S1", "S2"], Some(AT));
    check(AT, &["S0", "S1", "S2"], Some(LATER));
    check(LATER, &[], None);
}

#[test]
fn segments_of_a_layer_share_nobody() {
    let half = u64::MAX / 2 + 1;
    let of_layer = |from, to| Rollout {
        ground: Ground::Layer {
            name: key("checkout"),
            spans: vec![Span { from, to }],
        },
        ..everybody("l")
    };
    let segments = [
        segment(0, Some(of_layer(0, Some(half)))),
        segment(1, Some(of_layer(half, None))),
    ];
    let book = Rulebook::new(&segments, &[], &[], AT);
    let mut first = 0;
    for id in (0..2_000).map(person) {
        let keys = keys(&book, &seen(id), AT);
        assert_eq!(keys.len(), 1);
        first += u32::from(keys[0] == "S0");
    }
    assert!((900..1_100).contains(&first));
}

#[test]
fn who_is_held_out_is_in_by_hand_only() {
    let holdout = Holdout {
        name: key("control"),
        salt: "control".to_owned(),
        share: share("20"),
        since: THEN,
        until: None,
    };
    let book = Rulebook::new(
        &[segment(0, Some(everybody("a"))), segment(1, None)],
        &[],
        &[holdout],
        AT,
    );
    let codes = codes(&[Mark::inside(number(1))]);
    let mut held = 0;
    for id in (0..2_000).map(person) {
        let person = Seen {
            marks: &codes,
            ..seen(id)
        };
        let keys = keys(&book, &person, AT);
        if keys == ["S1"] {
            held += 1;
            let why = why(&book, number(0), &person, AT);
            assert_eq!(
                why,
                Why::HeldOut {
                    holdout: key("control")
                }
            );
        } else {
            assert_eq!(keys, ["S0", "S1"]);
        }
    }
    assert!((330..470).contains(&held), "{held}");
}

/// Values that the other houses' own programs gave, or their documents give.
#[test]
fn other_houses_put_people_where_they_always_did() {
    let within = |hashing, salt: &str, person: &str, percent: &str| {
        let threshold = share(percent).threshold();
        threshold.is_none_or(|threshold| foreign::point(hashing, salt, person) < threshold)
    };
    // Unleash's client specification: normalized("123", "gr1") = 73, ("999", "groupX") = 25.
    assert!(within(Hashing::Unleash, "gr1", "123", "73") && !within(Hashing::Unleash, "gr1", "123", "72"));
    assert!(
        within(Hashing::Unleash, "groupX", "999", "25") && !within(Hashing::Unleash, "groupX", "999", "24")
    );
    // LaunchDarkly's documents: bucket of userKeyA under hashKey.saltyA is 0.42157587.
    assert!(within(
        Hashing::LaunchDarkly,
        "hashKey.saltyA",
        "userKeyA",
        "42.158"
    ));
    assert!(!within(
        Hashing::LaunchDarkly,
        "hashKey.saltyA",
        "userKeyA",
        "42.157"
    ));
    // GrowthBook's cases, version 2: "a" under the seed "seed" is 0.0505.
    assert!(within(Hashing::GrowthBook, "seed", "a", "5.05"));
    assert!(!within(Hashing::GrowthBook, "seed", "a", "5.04"));
}

fn rollouts() -> impl Strategy<Value = Vec<Segment>> {
    let one = (
        0_u32..=4,
        any::<bool>(),
        prop::collection::vec(0_u16..6, 0..2),
        0_u8..3,
    );
    prop::collection::vec(one, 1..6).prop_map(|all| {
        all.into_iter()
            .zip(0_u16..)
            .map(|((quarters, english, named, how), at)| {
                let named: Vec<_> = named
                    .into_iter()
                    .filter(|other| *other < at)
                    .map(number)
                    .collect();
                let language = [Language::Russian, Language::English][usize::from(english)];
                let rollout = Rollout {
                    conditions: if how == 1 {
                        vec![Condition::Language(vec![language])]
                    } else {
                        Vec::new()
                    },
                    include: if how == 2 { named.clone() } else { Vec::new() },
                    exclude: if how == 1 { named } else { Vec::new() },
                    ..Rollout::plain(
                        &format!("r{at}"),
                        Share::of_parts(quarters * 250_000_000).unwrap(),
                    )
                };
                segment(at, (quarters != 4 || how != 0).then_some(rollout))
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn the_reason_says_the_same_as_the_answer(
        segments in rollouts(),
        marks in prop::collection::btree_set(0_u16..12, 0..4),
        who in 0_u64..1_000,
    ) {
        let book = Rulebook::new(&segments, &[], &[], AT);
        let codes: Vec<u16> = marks.into_iter().collect();
        let person = Seen { marks: &codes, ..seen(person(who)) };
        let keys = keys(&book, &person, AT);
        for segment in &segments {
            let why = why(&book, segment.number, &person, AT);
            prop_assert_eq!(why.is_in(), keys.contains(&segment.key.to_string()), "{:?}", why);
        }
    }
}

/// More than two words of the answer, and a tail that is no multiple of eight: as the code takes them together.
#[test]
fn a_hundred_and_more_rollouts_are_answered_as_each_alone() {
    let shares = ["0.5", "30", "70", "100"];
    let rollout = |at: u16| {
        let percent = shares[usize::from(at) % shares.len()];
        Rollout::plain(&format!("salt {at}"), share(percent))
    };
    let segments: Vec<Segment> = (0..137).map(|at| segment(at, Some(rollout(at)))).collect();
    let book = Rulebook::new(&segments, &[], &[], AT);
    let alone: Vec<Rulebook> = segments
        .iter()
        .map(|one| Rulebook::new(std::slice::from_ref(one), &[], &[], AT))
        .collect();
    let mut counted = 0;
    for at in 0..50 {
        let someone = seen(person(at));
        let expected: Vec<String> = alone.iter().flat_map(|book| keys(book, &someone, AT)).collect();
        counted += expected.len();
        let mut expected = expected;
        expected.sort();
        assert_eq!(keys(&book, &someone, AT), expected);
    }
    // About half of 137 for each of fifty: the shares above are 200.5 of 400 percent.
    assert!((3_000..3_900).contains(&counted), "{counted}");
}
