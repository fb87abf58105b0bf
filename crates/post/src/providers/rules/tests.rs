//! Who takes a letter, and who is left alone.

use proptest::prelude::*;

use super::*;
use crate::providers::Refusal;

const NOW: Moment = Moment::from_seconds(1_795_000_000);

fn candidate(name: &str, order: u32, weight: u32) -> Candidate<'_> {
    Candidate {
        name,
        order,
        weight,
        is_open_for: true,
        has_room: true,
    }
}

fn letter(number: u32) -> Id {
    Id::named("letter", &number.to_string())
}

fn failing(mut breaker: Breaker, times: u32) -> Breaker {
    for _ in 0..times {
        breaker = breaker.after(Health::Failed, NOW);
    }
    breaker
}

#[test]
fn a_provider_that_fails_again_and_again_is_left_alone_then_probed_by_one_letter() {
    let breaker = failing(Breaker::default(), FAILURES_MAX - 1);
    assert!(breaker.lets_through(NOW));
    assert_eq!(breaker.after(Health::Well, NOW), Breaker::default());
    let open = failing(breaker, 1);
    assert!(!open.lets_through(NOW.plus_seconds(1)));
    let later = NOW.plus_seconds(PAUSE_FIRST_SECONDS);
    assert!(open.lets_through(later));
    let probing = open.giving();
    assert!(!probing.lets_through(later), "one letter at a time");
    assert_eq!(probing.after(Health::Well, later), Breaker::default());
    let Breaker::Open { until, opened } = probing.after(Health::Failed, later) else {
        panic!("it opens again");
    };
    assert_eq!((until, opened), (later.plus_seconds(2 * PAUSE_FIRST_SECONDS), 2));
}

#[test]
fn a_provider_that_does_not_know_us_is_left_alone_at_once() {
    let open = Breaker::default().after(Health::Stranger, NOW);
    assert!(!open.lets_through(NOW.plus_seconds(PAUSE_STRANGER_SECONDS - 1)));
    assert!(open.lets_through(NOW.plus_seconds(PAUSE_STRANGER_SECONDS)));
}

#[test]
fn what_is_said_about_a_reader_is_not_the_providers_trouble() {
    let said = |class, retry_after| {
        health(&Verdict::Refused(Refusal {
            class,
            is_final: false,
            words: String::new(),
            retry_after,
        }))
    };
    for class in [Class::Policy, Class::Mailbox, Class::Letter] {
        assert_eq!(said(class, None), Health::Well);
    }
    assert_eq!(said(Class::Network, None), Health::Failed);
    let pause = std::time::Duration::from_secs(30);
    assert_eq!(said(Class::Quota, Some(pause)), Health::Busy { seconds: 30 });
    assert_eq!(said(Class::Quota, None), Health::Failed);
}

#[test]
fn the_first_order_takes_all_while_it_is_well_and_weights_share_among_equals() {
    let mut candidates = [candidate("a", 1, 3), candidate("b", 1, 1), candidate("c", 2, 9)];
    let mut counts = [0u32; 3];
    for number in 0..4000 {
        match choose(&candidates, letter(number), Stick::Anywhere, "") {
            Choice::Take(at) => counts[at] += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!((2850..3150).contains(&counts[0]) && counts[2] == 0, "{counts:?}");
    candidates[0].is_open_for = false;
    candidates[1].is_open_for = false;
    assert_eq!(
        choose(&candidates, letter(1), Stick::Anywhere, ""),
        Choice::Take(2)
    );
    candidates[2].has_room = false;
    assert_eq!(choose(&candidates, letter(1), Stick::Anywhere, ""), Choice::Full);
    candidates[2].is_open_for = false;
    assert_eq!(
        choose(&candidates, letter(1), Stick::Anywhere, ""),
        Choice::Nobody
    );
}

#[test]
fn after_a_provider_failed_another_one_is_tried_if_there_is_one() {
    let both = [candidate("a", 1, 1), candidate("b", 2, 1)];
    assert_eq!(
        choose(&both, letter(1), Stick::RatherElsewhere, "a"),
        Choice::Take(1)
    );
    assert_eq!(
        choose(&both[..1], letter(1), Stick::RatherElsewhere, "a"),
        Choice::Take(0)
    );
}

proptest! {
    #[test]
    fn a_letter_that_only_one_provider_knows_again_goes_nowhere_else(
        states in prop::collection::vec((1u32..3, 0u32..3, any::<bool>(), any::<bool>()), 1..5),
        number in 0u32..1000,
        last in 0usize..5,
    ) {
        let names = ["a", "b", "c", "d", "e"];
        let candidates: Vec<Candidate<'_>> = states.iter().zip(names).map(|(&(order, weight, open, room), name)| {
            Candidate { name, order, weight, is_open_for: open, has_room: room }
        }).collect();
        match choose(&candidates, letter(number), Stick::OnlyThere, names[last]) {
            Choice::Take(at) => prop_assert_eq!(candidates[at].name, names[last]),
            Choice::Full => prop_assert!(candidates[last].is_open_for),
            Choice::Nobody => prop_assert!(candidates.get(last).is_none_or(|one| !one.is_open_for)),
        }
        if let Choice::Take(at) = choose(&candidates, letter(number), Stick::Anywhere, "") {
            prop_assert!(candidates[at].is_open_for && candidates[at].has_room && candidates[at].weight > 0);
        }
    }

    /// Whatever is said, a breaker that is open becomes one that can be probed: no provider is left alone for ever.
    #[test]
    fn every_breaker_lets_a_letter_through_some_day(
        said in prop::collection::vec((0u8..4, 0i64..100), 0..50)
    ) {
        let (mut breaker, mut now) = (Breaker::default(), NOW);
        for (what, seconds) in said {
            now = now.plus_seconds(seconds);
            if breaker.lets_through(now) {
                breaker = breaker.giving();
            }
            let health = match what {
                0 => Health::Well,
                1 => Health::Failed,
                2 => Health::Stranger,
                _ => Health::Busy { seconds: 100 },
            };
            breaker = breaker.after(health, now);
        }
        prop_assert!(breaker.lets_through(now.plus_seconds(PAUSE_ASKED_MAX_SECONDS)));
    }
}
