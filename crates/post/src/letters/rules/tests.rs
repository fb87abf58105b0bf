//! What becomes of letters, case by case and on any path.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

const NOW: Moment = Moment::from_seconds(1_795_000_000);

fn standing(state: State) -> Standing {
    Standing {
        id: Id::named("letter", "one"),
        state,
        attempts: 1,
        writings: 0,
        wanted_until: NOW.plus_seconds(3600),
    }
}

fn refusal(class: Class, is_final: bool) -> Refusal {
    Refusal {
        class,
        is_final,
        words: "said".to_owned(),
        retry_after: None,
    }
}

fn refused_as(class: Class, is_final: bool, elsewhere: bool) -> Next {
    let refusal = refusal(class, is_final);
    let event = Event::Refused {
        refusal: &refusal,
        elsewhere,
    };
    after(&standing(State::Sending), event, NOW).unwrap()
}

#[test]
fn each_class_of_refusal_makes_those_suffer_whom_it_is_about() {
    assert_eq!(refused_as(Class::Mailbox, true, true).state, State::Bounced);
    assert_eq!(refused_as(Class::Unwanted, true, true).state, State::Suppressed);
    assert_eq!(refused_as(Class::Policy, true, true).state, State::Parked);
    assert_eq!(refused_as(Class::Letter, true, true).state, State::Parked);
    for class in [
        Class::Authentication,
        Class::Quota,
        Class::Network,
        Class::Latency,
    ] {
        for is_final in [false, true] {
            let next = refused_as(class, is_final, false);
            assert_eq!(next.state, State::Waiting, "{class:?}");
            assert_eq!(next.stick, Stick::RatherElsewhere);
            assert!(next.due > Some(NOW));
            assert_eq!(
                refused_as(class, is_final, true).due,
                Some(NOW),
                "at another one at once"
            );
        }
    }
    let greylisted = refused_as(Class::Mailbox, false, true);
    assert_eq!(
        (greylisted.state, greylisted.stick),
        (State::Waiting, Stick::Anywhere)
    );
    assert!(greylisted.due > Some(NOW));
}

#[test]
fn a_server_that_says_when_is_not_asked_before() {
    let refusal = Refusal {
        retry_after: Some(Duration::from_secs(900)),
        ..refusal(Class::Mailbox, false)
    };
    let event = Event::Refused {
        refusal: &refusal,
        elsewhere: true,
    };
    let next = after(&standing(State::Sending), event, NOW).unwrap();
    assert_eq!(next.due, Some(NOW.plus_seconds(900)));
}

#[test]
fn pauses_grow_and_end_growing() {
    let pause = |attempts| pause_micros(standing(State::Sending).id, attempts);
    assert!(pause(1) >= PAUSE_FIRST_SECONDS * 1_000_000);
    assert!((1..8).all(|n| pause(n + 1) > pause(n)));
    assert_eq!(pause(40), pause(400));
    assert!(pause(400) <= PAUSE_MAX_SECONDS * 1_250_000);
}

#[test]
fn an_unsure_letter_is_settled_by_what_its_provider_says_then_by_its_kind() {
    let settle = |found: Found, knows_again, on_unsure| {
        let event = Event::LookedUp {
            found: &found,
            knows_again,
            on_unsure,
        };
        after(&standing(State::Unsure), event, NOW).unwrap()
    };
    for on_unsure in [OnUnsure::SendAgain, OnUnsure::LetBe] {
        assert_eq!(
            settle(Found::Here { name: None }, false, on_unsure).state,
            State::HandedOver
        );
        let never_got_it = settle(Found::Nowhere, false, on_unsure);
        assert_eq!(
            (never_got_it.state, never_got_it.stick),
            (State::Waiting, Stick::Anywhere)
        );
        let with_key = settle(Found::NobodyKnows, true, on_unsure);
        assert_eq!(
            (with_key.state, with_key.stick),
            (State::Waiting, Stick::OnlyThere)
        );
    }
    assert_eq!(
        settle(Found::NobodyKnows, false, OnUnsure::SendAgain).state,
        State::Waiting
    );
    let let_be = settle(Found::NobodyKnows, false, OnUnsure::LetBe);
    assert_eq!((let_be.state, let_be.due), (State::Unsure, None));
}

#[test]
fn a_provider_is_asked_again_when_it_will_know() {
    let due = |again| {
        after(&standing(State::Unsure), Event::NotLookedUp { again }, NOW)
            .unwrap()
            .due
    };
    let soonest = Some(NOW.plus_seconds(LOOK_UP_PAUSE_SECONDS));
    assert_eq!(due(None), soonest);
    assert_eq!(due(Some(NOW)), soonest);
    assert_eq!(due(Some(NOW.plus_seconds(1800))), Some(NOW.plus_seconds(1800)));
}

#[test]
fn what_cannot_be_written_is_parked_and_tried_again_by_a_person() {
    let mut now = standing(State::Waiting);
    for _ in 1..WRITINGS_MAX {
        let next = after(&now, Event::NotWritten, NOW).unwrap();
        assert_eq!((next.state, next.attempts), (State::Waiting, now.attempts));
        now.writings = next.writings;
    }
    let next = after(&now, Event::NotWritten, NOW).unwrap();
    assert_eq!((next.state, next.due), (State::Parked, None));
    let again = after(&standing(State::Parked), Event::TriedAgain, NOW).unwrap();
    assert_eq!(
        (again.state, again.due, again.attempts),
        (State::Waiting, Some(NOW), 0)
    );
}

#[test]
fn however_often_a_letter_is_refused_for_now_it_may_still_be_written_as_often_as_any() {
    let mut letter = Standing {
        wanted_until: NOW.plus_seconds(30 * 24 * 3600),
        ..standing(State::Waiting)
    };
    let greylisted = refusal(Class::Mailbox, false);
    for _ in 0..100 {
        letter.writings = 1;
        let sending = after(&letter, Event::Attempt, NOW).unwrap();
        assert_eq!(sending.writings, 0, "it was written");
        let given = Standing {
            state: State::Sending,
            attempts: sending.attempts,
            writings: 0,
            ..letter
        };
        let event = Event::Refused {
            refusal: &greylisted,
            elsewhere: true,
        };
        let next = after(&given, event, NOW).unwrap();
        assert_eq!((next.state, next.writings), (State::Waiting, 0));
        (letter.attempts, letter.writings) = (next.attempts, next.writings);
    }
    for _ in 1..WRITINGS_MAX {
        let next = after(&letter, Event::NotWritten, NOW).unwrap();
        assert_eq!(next.state, State::Waiting);
        letter.writings = next.writings;
    }
    assert_eq!(after(&letter, Event::TooLate, NOW).unwrap().state, State::Expired);
}

/// What may happen, without what borrows.
#[derive(Clone, Debug)]
enum Happens {
    Attempt,
    HandedOver,
    Refused(Class, bool, bool),
    NoAnswer,
    LookedUp(Found, bool, OnUnsure),
    NotLookedUp,
    Unwanted,
    NotWritten,
    Later(i64),
    TooLate,
    Withdrawn,
    Heard(Feedback),
    TriedAgain,
    Taken,
}

fn apply(standing: &Standing, happens: &Happens, now: Moment) -> Option<Next> {
    let said;
    let event = match happens {
        Happens::Attempt => Event::Attempt,
        Happens::HandedOver => Event::HandedOver,
        Happens::Refused(class, is_final, elsewhere) => {
            said = refusal(*class, *is_final);
            Event::Refused {
                refusal: &said,
                elsewhere: *elsewhere,
            }
        }
        Happens::NoAnswer => Event::NoAnswer,
        Happens::LookedUp(found, knows_again, on_unsure) => Event::LookedUp {
            found,
            knows_again: *knows_again,
            on_unsure: *on_unsure,
        },
        Happens::NotLookedUp => Event::NotLookedUp { again: None },
        Happens::Unwanted => Event::Unwanted,
        Happens::NotWritten => Event::NotWritten,
        Happens::Later(seconds) => Event::Later(now.plus_seconds(*seconds)),
        Happens::TooLate => Event::TooLate,
        Happens::Withdrawn => Event::Withdrawn,
        Happens::Heard(feedback) => Event::Heard(*feedback),
        Happens::TriedAgain => Event::TriedAgain,
        Happens::Taken => Event::TakenForHandedOver,
    };
    after(standing, event, now)
}

fn happens() -> impl Strategy<Value = Happens> {
    let class = prop_oneof![
        Just(Class::Authentication),
        Just(Class::Quota),
        Just(Class::Policy),
        Just(Class::Unwanted),
        Just(Class::Mailbox),
        Just(Class::Network),
        Just(Class::Latency),
        Just(Class::Letter),
    ];
    let found = prop_oneof![
        Just(Found::Here { name: None }),
        Just(Found::Nowhere),
        Just(Found::NobodyKnows)
    ];
    let on_unsure = prop_oneof![Just(OnUnsure::SendAgain), Just(OnUnsure::LetBe)];
    let feedback = prop_oneof![
        Just(Feedback::Delivered),
        Just(Feedback::Bounced),
        Just(Feedback::Complained)
    ];
    prop_oneof![
        6 => Just(Happens::Attempt),
        2 => Just(Happens::HandedOver),
        4 => (class, any::<bool>(), any::<bool>()).prop_map(|(c, f, e)| Happens::Refused(c, f, e)),
        3 => Just(Happens::NoAnswer),
        3 => (found, any::<bool>(), on_unsure).prop_map(|(f, k, o)| Happens::LookedUp(f, k, o)),
        1 => Just(Happens::NotLookedUp),
        1 => Just(Happens::Unwanted),
        1 => Just(Happens::NotWritten),
        1 => (-100i64..100).prop_map(Happens::Later),
        1 => Just(Happens::TooLate),
        1 => Just(Happens::Withdrawn),
        1 => feedback.prop_map(Happens::Heard),
        1 => Just(Happens::TriedAgain),
        1 => Just(Happens::Taken),
    ]
}

fn is_final(state: State) -> bool {
    matches!(
        state,
        State::Bounced | State::Complained | State::Suppressed | State::Expired | State::Withdrawn
    )
}

proptest! {
    /// A letter on any path: always in a state that somebody looks after, never doubled by a guess, final once final.
    #[test]
    fn whatever_happens_a_letter_is_looked_after_and_never_doubled_by_a_guess(
        events in prop::collection::vec((happens(), 1i64..600), 1..60)
    ) {
        let mut letter = Standing { attempts: 0, ..standing(State::Waiting) };
        let mut now = NOW;
        for (event, seconds) in events {
            now = now.plus_seconds(seconds);
            let Some(next) = apply(&letter, &event, now) else { continue };
            prop_assert!(!is_final(letter.state), "{:?} left {:?}", event, letter.state);
            // Whoever waits is looked at again; whoever rests is with a provider, with a person, or at its end.
            prop_assert_eq!(next.state == State::Waiting, next.due.is_some() && next.state != State::Unsure);
            prop_assert!(next.due.is_none_or(|due| due >= now), "nothing is due in the past");
            prop_assert!(next.attempts >= letter.attempts || matches!(event, Happens::TriedAgain));
            if letter.state == State::Sending && next.state == State::Waiting {
                let certain = matches!(event, Happens::Refused(..));
                prop_assert!(certain, "only a refusal says that it was not handed over: {:?}", event);
            }
            if letter.state == State::Unsure && next.state != State::Unsure {
                let answered = matches!(
                    event,
                    Happens::LookedUp(..)
                        | Happens::HandedOver
                        | Happens::Heard(_)
                        | Happens::TriedAgain
                        | Happens::Taken
                );
                prop_assert!(answered, "{:?} says nothing about an unsure letter", event);
            }
            if next.state == State::Unsure {
                prop_assert_eq!(next.stick, Stick::OnlyThere);
            }
            letter = Standing { state: next.state, attempts: next.attempts, writings: next.writings, ..letter };
        }
    }

    /// The first attempt is the only way out of the house.
    #[test]
    fn nothing_is_out_without_an_attempt(events in prop::collection::vec(happens(), 1..40)) {
        let mut letter = Standing { attempts: 0, ..standing(State::Waiting) };
        let mut tried = false;
        for event in events {
            let Some(next) = apply(&letter, &event, NOW) else { continue };
            tried |= next.state == State::Sending;
            let out = matches!(
                next.state,
                State::HandedOver | State::Delivered | State::Unsure
            );
            prop_assert!(tried || !out || letter.attempts > 0, "{:?} after {:?}", next.state, event);
            letter = Standing { state: next.state, attempts: next.attempts, writings: next.writings, ..letter };
        }
    }
}
