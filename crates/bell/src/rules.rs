//! When something is tried again, when it is no longer wanted, and how what falls on one instant is spread.

use kernel::Moment;

use crate::kind::Kind;

/// The pause after the first failure; each further one doubles it.
const PAUSE_FIRST_MICROS: i64 = 5_000_000;
/// So that what is mended is taken up within the hour.
const PAUSE_MAX_MICROS: i64 = 3_600_000_000;
const MINUTE_MICROS: i64 = 60_000_000;

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    At(Moment),
    Park,
}

/// What becomes of something that failed `attempts` times, the last one `at` this instant. `dice` makes a pause up to a quarter
/// longer, so that what failed together does not come back together.
pub fn after_failure(attempts: u32, attempts_max: u32, at: Moment, dice: u64) -> Next {
    if attempts >= attempts_max {
        return Next::Park;
    }
    let doubled = PAUSE_FIRST_MICROS.saturating_mul(1_i64 << attempts.saturating_sub(1).min(20));
    let pause = doubled.min(PAUSE_MAX_MICROS);
    Next::At(at.plus_micros(pause).plus_micros(share_of(pause / 4, dice)))
}

/// Whether a timer of `kind` that was due then is still wanted `at` this instant.
pub fn is_wanted(kind: &Kind, due: Moment, at: Moment) -> bool {
    kind.wanted_for.is_none_or(|late_max| {
        let late_max = i64::try_from(late_max.as_micros()).unwrap_or(i64::MAX);
        at.micros_since(due) <= late_max
    })
}

/// When a timer is rung that was asked for at `due`: on a full minute a little later, each at a place of its own that
/// follows from its name, so that the first second of an hour is not the whole hour's work.
pub fn spread(kind: &Kind, due: Moment, name: &[u8; 16]) -> Moment {
    if due.as_micros().rem_euclid(MINUTE_MICROS) == 0 {
        due.plus_micros(place(kind, name))
    } else {
        due
    }
}

/// The instant that was asked for, from the one that [`spread`] made of it.
pub fn asked_for(kind: &Kind, rings_at: Moment, name: &[u8; 16]) -> Moment {
    let asked = rings_at.plus_micros(-place(kind, name));
    if asked.as_micros().rem_euclid(MINUTE_MICROS) == 0 {
        asked
    } else {
        rings_at
    }
}

fn place(kind: &Kind, name: &[u8; 16]) -> i64 {
    let [.., a, b, c, d, e, f, g, h] = *name;
    let tolerance = i64::try_from(kind.tolerance.as_micros()).unwrap_or(i64::MAX);
    share_of(tolerance, u64::from_be_bytes([a, b, c, d, e, f, g, h]))
}

/// A share of `whole` that is as large as `dice` is among all numbers: from nothing to just below the whole.
fn share_of(whole: i64, dice: u64) -> i64 {
    let share = (i128::from(whole.max(0)) * i128::from(dice)) >> 64;
    i64::try_from(share).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const NOW: Moment = Moment::from_seconds(1_795_000_000);

    fn pause(attempts: u32, dice: u64) -> Option<i64> {
        match after_failure(attempts, 12, NOW, dice) {
            Next::At(then) => Some(then.micros_since(NOW) / 1_000_000),
            Next::Park => None,
        }
    }

    #[test]
    fn pauses_grow_up_to_an_hour_and_then_it_is_parked() {
        let pauses: Vec<_> = (1..=12).map(|attempts| pause(attempts, 0)).collect();
        let expected = [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600].map(Some);
        assert_eq!(pauses, [&expected[..], &[None]].concat());
    }

    #[test]
    fn a_pause_is_at_most_a_quarter_longer() {
        assert_eq!(pause(4, u64::MAX), Some(49));
        assert_eq!(pause(4, u64::MAX / 2), Some(44));
    }

    #[test]
    fn what_is_late_is_wanted_as_long_as_its_kind_says() {
        let always = Kind::new(1, "test.always");
        let hour = Kind::new(2, "test.hour").wanted_for(Duration::from_secs(3600));
        let check = |kind: &Kind, late: i64, expected: bool| {
            assert_eq!(is_wanted(kind, NOW.plus_seconds(-late), NOW), expected, "{late}");
        };
        check(&always, 1_000_000_000, true);
        check(&hour, 3600, true);
        check(&hour, 3601, false);
        check(&hour, -10, true);
    }

    proptest! {
        #[test]
        fn what_is_spread_stays_within_the_tolerance_and_is_known_again(
            name: [u8; 16], minute in 0i64..30_000_000, tolerance in 0u64..7200,
        ) {
            let kind = Kind::new(1, "test.spread").spread_over(Duration::from_secs(tolerance));
            let due = Moment::from_seconds(minute * 60);
            let rings_at = spread(&kind, due, &name);
            let late = rings_at.micros_since(due);
            prop_assert!(late >= 0 && late <= i64::try_from(tolerance).unwrap() * 1_000_000);
            prop_assert_eq!(asked_for(&kind, rings_at, &name), due);
        }

        #[test]
        fn only_full_minutes_are_spread(name: [u8; 16], seconds in 0i64..1_000_000) {
            let kind = Kind::new(1, "test.spread").spread_over(Duration::from_secs(600));
            let due = Moment::from_seconds(seconds * 60 + 1 + seconds % 59);
            prop_assert_eq!(spread(&kind, due, &name), due);
        }
    }
}
