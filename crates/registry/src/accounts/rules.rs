//! When an account locks after wrong passwords, and for how long.

use kernel::Moment;

use super::types::{Failures, Lockout};

/// Failures this long ago are forgotten: who mistypes once a week is not a guesser.
const FORGOTTEN_AFTER_SECONDS: i64 = 24 * 3_600;
/// However often somebody guesses, its owner gets in again the next day.
const LOCK_SECONDS_MAX: i64 = 24 * 3_600;

/// What is known after one more wrong password. From the limit on, each further one doubles the lock.
pub fn after_failure(before: Option<&Failures>, lockout: Lockout, at: Moment) -> Failures {
    let remembered = before.filter(|f| at < f.last_at.plus_seconds(FORGOTTEN_AFTER_SECONDS));
    let count = remembered.map_or(0, |failures| failures.count).saturating_add(1);
    let locked_until = count.checked_sub(lockout.failures.max(1)).map(|further| {
        let doubled = 1i64.checked_shl(further.min(40)).unwrap_or(i64::MAX);
        at.plus_seconds(lockout.seconds.saturating_mul(doubled).clamp(0, LOCK_SECONDS_MAX))
    });
    Failures {
        count,
        last_at: at,
        locked_until,
    }
}

/// For how many seconds more no password is tried.
pub fn locked_seconds(failures: Option<&Failures>, at: Moment) -> Option<u32> {
    let left = failures?.locked_until?.micros_since(at);
    (left > 0).then(|| u32::try_from(left.div_euclid(1_000_000) + 1).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_seconds(1_795_000_000);
    const LOCKOUT: Lockout = Lockout {
        failures: 3,
        seconds: 60,
    };

    fn fail(times: u32, before: Option<Failures>, at: Moment) -> Failures {
        (0..times)
            .fold(before, |known, _| {
                Some(after_failure(known.as_ref(), LOCKOUT, at))
            })
            .unwrap()
    }

    #[test]
    fn the_third_wrong_password_locks_and_each_further_one_doubles_the_lock() {
        let check = |times, seconds: Option<u32>| {
            assert_eq!(
                locked_seconds(Some(&fail(times, None, NOW)), NOW),
                seconds,
                "{times} failures"
            );
        };
        check(1, None);
        check(2, None);
        check(3, Some(61));
        check(4, Some(121));
        check(5, Some(241));
        check(100, Some(24 * 3_600 + 1));
    }

    #[test]
    fn a_lock_ends_and_one_more_failure_locks_again() {
        let locked = fail(3, None, NOW);
        let later = NOW.plus_seconds(60);
        assert_eq!(locked_seconds(Some(&locked), later), None);
        let again = fail(1, Some(locked), later);
        assert_eq!(locked_seconds(Some(&again), later), Some(121));
    }

    #[test]
    fn failures_of_yesterday_are_forgotten() {
        let locked = fail(10, None, NOW);
        let tomorrow = NOW.plus_seconds(FORGOTTEN_AFTER_SECONDS);
        assert_eq!(fail(1, Some(locked), tomorrow).count, 1);
    }
}
