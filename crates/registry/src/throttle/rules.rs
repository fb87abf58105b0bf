//! How often is too often: the generic cell rate algorithm. One instant per key tells everything: when the key would
//! have used up what it was allowed. That is a token bucket without a task that fills it.

use kernel::Moment;

const MINUTE_MICROS: i64 = 60_000_000;

/// So many in a minute; all of them may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    pub per_minute: u32,
}

/// When the key is used up after one more try, or in how many seconds the next one is allowed.
pub fn take(used_until: Option<Moment>, pace: Pace, at: Moment) -> Result<Moment, u32> {
    let interval = MINUTE_MICROS / i64::from(pace.per_minute.max(1));
    let used_until = used_until.filter(|until| *until > at).unwrap_or(at);
    let ahead = used_until.micros_since(at);
    let allowed = MINUTE_MICROS - interval;
    if ahead > allowed {
        let wait_micros = ahead - allowed;
        Err(u32::try_from(wait_micros.div_euclid(1_000_000) + 1).unwrap_or(u32::MAX))
    } else {
        Ok(used_until.plus_micros(interval))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Moment = Moment::from_seconds(1_795_000_000);

    #[test]
    fn a_minutes_worth_may_come_at_once_and_then_one_by_one() {
        let pace = Pace { per_minute: 6 };
        let mut used = None;
        for n in 0..6 {
            used = Some(take(used, pace, NOW).unwrap_or_else(|_| panic!("try {n}")));
        }
        assert_eq!(take(used, pace, NOW), Err(11));
        assert_eq!(take(used, pace, NOW.plus_seconds(9)), Err(2));
        assert!(take(used, pace, NOW.plus_seconds(10)).is_ok());
        assert!(take(used, pace, NOW.plus_seconds(3_600)).is_ok());
    }

    proptest! {
        #[test]
        fn no_pattern_of_tries_gets_more_than_twice_the_pace(waits in prop::collection::vec(0i64..30, 1..300)) {
            let pace = Pace { per_minute: 10 };
            let (mut at, mut used, mut passed) = (NOW, None, Vec::new());
            for wait in waits {
                at = at.plus_seconds(wait);
                if let Ok(until) = take(used, pace, at) {
                    used = Some(until);
                    passed.push(at);
                }
            }
            for (n, start) in passed.iter().enumerate() {
                let within = passed[n..].iter().filter(|p| p.micros_since(*start) < MINUTE_MICROS).count();
                prop_assert!(within <= 20);
            }
        }
    }
}
