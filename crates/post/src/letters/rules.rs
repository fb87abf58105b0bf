//! What becomes of a letter. Everything that can happen to one is an [`Event`], and this is the one place that says
//! what follows from it.
//!
//! * Every letter is always in some state, and an event that does not fit its state changes nothing.
//! * What may have been handed over leaves `unsure` only by an answer, never by a guess: an answer of the same provider,
//!   feedback, the kind's choice once the provider said that it cannot tell, or a person.
//! * A fault of a provider never ends a letter: it waits for another attempt as long as somebody wants it.
//! * Final is final.

use kernel::{Id, Moment};

use super::types::{State, Stick};
use crate::OnUnsure;
use crate::providers::{Class, Found, Refusal};

/// How often in a row writing may fail before a person has to look. What servers say to a letter that was written does
/// not count: it is tried as long as somebody wants it.
pub const WRITINGS_MAX: u32 = 8;
/// The pause after the first attempt that failed; it doubles with each one.
const PAUSE_FIRST_SECONDS: i64 = 20;
/// A mail server that was away for a day takes a letter within so long after it is back.
const PAUSE_MAX_SECONDS: i64 = 2 * 3600;
/// Attempts in a row that may go straight to another provider. After them all providers seem to be in trouble.
const FAILOVERS_MAX: u32 = 3;
/// Before a letter is looked up: what is on its way to the provider, or in its books, may still arrive.
const LOOK_UP_AFTER_SECONDS: i64 = 5;
/// Between look-ups that failed.
const LOOK_UP_PAUSE_SECONDS: i64 = 60;

/// As much of a letter as decisions need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub id: Id,
    pub state: State,
    pub attempts: u32,
    /// Writings that failed since it was last written.
    pub writings: u32,
    pub wanted_until: Moment,
}

/// What the world says of a letter that went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feedback {
    Delivered,
    Bounced,
    Complained,
}

/// What happens to a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A provider is about to be called.
    Attempt,
    HandedOver,
    /// `elsewhere`: another provider could take it now.
    Refused {
        refusal: &'a Refusal,
        elsewhere: bool,
    },
    /// No answer came, or whoever called is gone.
    NoAnswer,
    /// The provider was asked whether it has it. `knows_again`: giving it the letter twice hands it over once.
    LookedUp {
        found: &'a Found,
        knows_again: bool,
        on_unsure: OnUnsure,
    },
    /// The provider could not be asked, or does not know yet; `again` is when it will.
    NotLookedUp {
        again: Option<Moment>,
    },
    /// Its reader does not want it, or nobody can be reached.
    Unwanted,
    /// It could not be written.
    NotWritten,
    /// Not now: quiet hours, a stopped stream, no provider.
    Later(Moment),
    TooLate,
    Withdrawn,
    Heard(Feedback),
    /// A person wants it tried again.
    TriedAgain,
    /// A person found out that it was handed over, or decided that it may be taken for that.
    TakenForHandedOver,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    pub state: State,
    /// When somebody has to look at it. `None`: nobody has to.
    pub due: Option<Moment>,
    pub stick: Stick,
    pub attempts: u32,
    pub writings: u32,
}

impl Next {
    fn rest(state: State, standing: &Standing) -> Next {
        Next {
            state,
            due: None,
            stick: Stick::Anywhere,
            attempts: standing.attempts,
            writings: standing.writings,
        }
    }

    fn wait(standing: &Standing, due: Moment) -> Next {
        Next {
            due: Some(due),
            ..Next::rest(State::Waiting, standing)
        }
    }

    fn stick(self, stick: Stick) -> Next {
        Next { stick, ..self }
    }
}

/// What becomes of a letter when `event` happens at `now`. `None`: it does not fit, and nothing changes.
pub fn after(standing: &Standing, event: Event<'_>, instant: Moment) -> Option<Next> {
    let next = match (standing.state, event) {
        (State::Waiting, Event::Attempt) => Next {
            attempts: standing.attempts.saturating_add(1),
            writings: 0,
            ..Next::rest(State::Sending, standing)
        },
        (State::Waiting, Event::Unwanted) => Next::rest(State::Suppressed, standing),
        (State::Waiting, Event::TooLate) => Next::rest(State::Expired, standing),
        (State::Waiting, Event::NotWritten) => not_written(standing, instant),
        (State::Waiting, Event::Later(then)) => Next::wait(standing, then.max(instant)),
        (State::Waiting | State::Parked, Event::Withdrawn) => Next::rest(State::Withdrawn, standing),
        (State::Sending | State::Unsure, Event::HandedOver) => Next::rest(State::HandedOver, standing),
        (State::Sending, Event::Refused { refusal, elsewhere }) => {
            refused(standing, refusal, elsewhere, instant)
        }
        (State::Sending, Event::NoAnswer) => {
            look_up_at(standing, instant, instant.plus_seconds(LOOK_UP_AFTER_SECONDS))
        }
        (State::Unsure, Event::NotLookedUp { again }) => {
            let soonest = instant.plus_seconds(LOOK_UP_PAUSE_SECONDS);
            look_up_at(
                standing,
                instant,
                again.map_or(soonest, |again| again.max(soonest)),
            )
        }
        (
            State::Unsure,
            Event::LookedUp {
                found,
                knows_again,
                on_unsure,
            },
        ) => looked_up(standing, found, knows_again, on_unsure, instant),
        (State::Unsure | State::Parked, Event::TriedAgain) => Next {
            attempts: 0,
            writings: 0,
            ..Next::wait(standing, instant)
        },
        (State::Unsure, Event::TakenForHandedOver) => Next::rest(State::HandedOver, standing),
        (state, Event::Heard(feedback)) => heard(standing, state, feedback)?,
        _ => return None,
    };
    Some(next)
}

fn not_written(standing: &Standing, instant: Moment) -> Next {
    let writings = standing.writings.saturating_add(1);
    let next = if writings < WRITINGS_MAX {
        Next::wait(standing, instant.plus_micros(pause_micros(standing.id, writings)))
    } else {
        Next::rest(State::Parked, standing)
    };
    Next { writings, ..next }
}

fn refused(standing: &Standing, refusal: &Refusal, elsewhere: bool, instant: Moment) -> Next {
    let paused = instant.plus_micros(pause_micros(standing.id, standing.attempts));
    match refusal.class {
        Class::Mailbox if refusal.is_final => Next::rest(State::Bounced, standing),
        Class::Unwanted if refusal.is_final => Next::rest(State::Suppressed, standing),
        Class::Policy | Class::Letter if refusal.is_final => Next::rest(State::Parked, standing),
        Class::Mailbox | Class::Unwanted | Class::Policy | Class::Letter => {
            Next::wait(standing, later(paused, refusal, instant))
        }
        Class::Authentication | Class::Quota | Class::Network | Class::Latency => {
            let due = if elsewhere && standing.attempts <= FAILOVERS_MAX {
                instant
            } else {
                later(paused, refusal, instant)
            };
            Next::wait(standing, due).stick(Stick::RatherElsewhere)
        }
    }
}

/// Not before the server wants to be asked again, whatever we think of it.
fn later(paused: Moment, refusal: &Refusal, instant: Moment) -> Moment {
    let asked = refusal
        .retry_after
        .and_then(|pause| i64::try_from(pause.as_micros()).ok());
    asked.map_or(paused, |micros| paused.max(instant.plus_micros(micros)))
}

/// Once nobody wants it any more it rests as it is, for a person or for late feedback.
fn look_up_at(standing: &Standing, instant: Moment, due: Moment) -> Next {
    Next {
        due: (instant < standing.wanted_until).then_some(due),
        stick: Stick::OnlyThere,
        ..Next::rest(State::Unsure, standing)
    }
}

fn looked_up(
    standing: &Standing,
    found: &Found,
    knows_again: bool,
    on_unsure: OnUnsure,
    instant: Moment,
) -> Next {
    match (found, on_unsure) {
        (Found::Here { .. }, _) => Next::rest(State::HandedOver, standing),
        (Found::Nowhere, _) => Next::wait(standing, instant),
        (Found::NobodyKnows, _) if knows_again => Next::wait(standing, instant).stick(Stick::OnlyThere),
        (Found::NobodyKnows, OnUnsure::SendAgain) => Next::wait(standing, instant),
        (Found::NobodyKnows, OnUnsure::LetBe) => Next::rest(State::Unsure, standing).stick(Stick::OnlyThere),
    }
}

/// Feedback may overtake our own record of the hand-over, and counts for every letter that was ever tried.
fn heard(standing: &Standing, state: State, feedback: Feedback) -> Option<Next> {
    let may_be_out = match state {
        State::Waiting | State::Parked => standing.attempts > 0,
        State::Sending | State::Unsure | State::HandedOver => true,
        State::Delivered => feedback != Feedback::Delivered,
        _ => false,
    };
    let state = match feedback {
        Feedback::Delivered => State::Delivered,
        Feedback::Bounced => State::Bounced,
        Feedback::Complained => State::Complained,
    };
    may_be_out.then(|| Next::rest(state, standing))
}

/// Doubles with each time, and is spread by up to a quarter so that letters which failed together come back apart.
fn pause_micros(letter: Id, times: u32) -> i64 {
    let doublings = times.saturating_sub(1).min(16);
    let seconds = (PAUSE_FIRST_SECONDS << doublings).min(PAUSE_MAX_SECONDS);
    let quarters = i64::from(letter.as_bytes()[15]);
    seconds * 1_000_000 + seconds * 1_000_000 * quarters / (4 * 256)
}

#[cfg(test)]
mod tests;
