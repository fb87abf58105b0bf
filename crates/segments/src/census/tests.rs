//! The memory holds what was put into it and nothing else, compared with a plain map.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kernel::{Id, Language, Moment, PersonId};
use proptest::prelude::*;

use super::{Census, Entry};
use crate::types::{ByHand, DrawNumber, Facts, Mark, Number, Side, Value};

const AT: Moment = Moment::from_seconds(1_795_000_000);

fn person(number: u64) -> PersonId {
    PersonId(Id::named("person", &number.to_string()))
}

fn entry(who: u64, plan: u8, hand: &[(u16, bool, bool)], version: i64) -> Entry {
    let text = Value::Text(format!("plan {plan}"));
    let mut hand: Vec<ByHand> = hand
        .iter()
        .map(|&(at, is_in, ends)| ByHand {
            segment: Number::new(at).unwrap(),
            side: if is_in { Side::In } else { Side::Out },
            until: ends.then_some(AT),
        })
        .collect();
    hand.sort_by_key(|one| one.segment);
    hand.dedup_by_key(|one| one.segment);
    Entry {
        person: person(who),
        facts: Facts {
            language: Language::Russian,
            zone: format!("Zone/{plan}"),
            created: AT.plus_seconds(i64::from(plan)),
            attributes: BTreeMap::from([("plan".to_owned(), text)]),
        },
        hand,
        version,
        returned: None,
    }
}

#[derive(Clone, Debug)]
enum Act {
    Learn(u64, u8, Vec<(u16, bool, bool)>),
    Forget(u64),
    Draw(u16, Vec<u64>),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let who = 0_u64..40;
    let hand = prop::collection::vec((0_u16..60, any::<bool>(), any::<bool>()), 0..12);
    let act = prop_oneof![
        6 => (who.clone(), 0_u8..5, hand).prop_map(|(who, plan, hand)| Act::Learn(who, plan, hand)),
        1 => who.clone().prop_map(Act::Forget),
        2 => (0_u16..4, prop::collection::vec(who, 0..20)).prop_map(|(draw, people)| Act::Draw(draw, people)),
    ];
    prop::collection::vec(act, 1..200)
}

/// What a census must say, kept the plain way.
#[derive(Default)]
struct Plain {
    entries: HashMap<PersonId, Entry>,
    drawn: HashMap<PersonId, BTreeSet<u16>>,
}

proptest! {
    #[test]
    fn a_census_says_what_it_learned(acts in acts()) {
        let census = Census::default();
        let mut plain = Plain::default();
        for (version, act) in acts.into_iter().enumerate() {
            match act {
                Act::Learn(who, plan, hand) => {
                    let entry = entry(who, plan, &hand, i64::try_from(version).unwrap());
                    prop_assert!(census.learn(&entry));
                    plain.entries.insert(entry.person, entry);
                }
                Act::Forget(who) => {
                    census.forget(person(who));
                    plain.entries.remove(&person(who));
                    plain.drawn.remove(&person(who));
                }
                Act::Draw(draw, people) => {
                    let people: Vec<PersonId> = people.into_iter().map(person).collect();
                    census.draw(DrawNumber::new(draw).unwrap(), AT, &people);
                    // Whoever is not known yet is so once they are learned about.
                    for one in &people {
                        plain.drawn.entry(*one).or_default().insert(draw);
                    }
                }
            }
        }
        prop_assert_eq!(census.len(), plain.entries.len());
        let mut seen_people = 0;
        census.each(|seen| seen_people += usize::from(plain.entries.contains_key(&seen.id)));
        prop_assert_eq!(seen_people, plain.entries.len());
        for who in 0..40 {
            let expected = plain.entries.get(&person(who));
            let found = census.see(person(who), |seen| {
                let marks: BTreeSet<u16> = seen.marks.iter().copied().collect();
                (marks, seen.ends.to_vec(), seen.zone.to_owned(), seen.created, seen.attributes.clone())
            });
            let drawn = plain.drawn.get(&person(who)).cloned().unwrap_or_default();
            let expected = expected.map(|entry| {
                let hand = entry.hand.iter().map(|one| one.mark().code());
                let drawn = drawn.iter().map(|draw| Mark::drawn(DrawNumber::new(*draw).unwrap()).code());
                let ends = entry.hand.iter().filter_map(|one| Some((one.mark().code(), one.until?)));
                let facts = &entry.facts;
                (hand.chain(drawn).collect(), ends.collect(), facts.zone.clone(), facts.created, facts.attributes.clone())
            });
            prop_assert_eq!(found, expected);
        }
    }
}

#[test]
fn what_comes_late_changes_nothing() {
    let census = Census::default();
    assert!(census.learn(&entry(1, 2, &[(3, true, false)], 5)));
    assert!(!census.learn(&entry(1, 1, &[], 4)));
    assert_eq!(census.see(person(1), |seen| seen.marks.len()), Some(1));
    assert_eq!(census.see(person(2), |_| ()), None, "unknown is not in nothing");
}
