//! Limits of tries per address and per account, in memory: they protect this instance's processor. What protects an
//! account against patience, the growing lock, is in the store.

mod rules;

use std::collections::HashMap;
use std::net::IpAddr;

use kernel::Moment;
use parking_lot::Mutex;

pub use rules::Pace;

/// Keys that are remembered at a time: a few megabytes. When there are more, those that are furthest from their limit
/// are forgotten first, so that whoever hits a limit stays limited.
const KEYS_MAX: usize = 50_000;

/// How often each of many keys may try.
pub struct Throttle {
    name: &'static str,
    pace: Pace,
    used_until: Mutex<HashMap<Box<str>, Moment>>,
}

impl Throttle {
    pub fn new(name: &'static str, per_minute: u32) -> Throttle {
        Throttle {
            name,
            pace: Pace { per_minute },
            used_until: Mutex::default(),
        }
    }

    /// Counts a try; if it is one too many, says in how many seconds the next is allowed.
    pub fn take(&self, key: &str, now: Moment) -> Result<(), u32> {
        let mut keys = self.used_until.lock();
        if keys.len() >= KEYS_MAX && !keys.contains_key(key) {
            make_room(&mut keys, now);
        }
        match rules::take(keys.get(key).copied(), self.pace, now) {
            Ok(until) => {
                keys.insert(Box::from(key), until);
                Ok(())
            }
            Err(seconds) => {
                metrics::counter!("townhall_limit_reached_total", "limit" => self.name).increment(1);
                Err(seconds)
            }
        }
    }
}

fn make_room(keys: &mut HashMap<Box<str>, Moment>, now: Moment) {
    keys.retain(|_, until| *until > now);
    if keys.len() >= KEYS_MAX {
        let mut instants: Vec<Moment> = keys.values().copied().collect();
        let middle = instants.len() / 2;
        let (_, median, _) = instants.select_nth_unstable(middle);
        let median = *median;
        keys.retain(|_, until| *until > median);
    }
}

/// What is counted as one address: a single one, or for IPv6 the network of 64 bits that one household gets.
pub fn address_key(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_seconds(1_795_000_000);

    #[test]
    fn each_key_has_its_own_limit() {
        let throttle = Throttle::new("test", 2);
        assert_eq!(throttle.take("a", NOW), Ok(()));
        assert_eq!(throttle.take("a", NOW), Ok(()));
        assert!(throttle.take("a", NOW).is_err());
        assert_eq!(throttle.take("b", NOW), Ok(()));
        assert_eq!(throttle.take("a", NOW.plus_seconds(60)), Ok(()));
    }

    #[test]
    fn a_flood_of_keys_is_bounded_and_does_not_free_who_is_limited() {
        let throttle = Throttle::new("test", 2);
        throttle.take("a", NOW).unwrap();
        throttle.take("a", NOW).unwrap();
        for n in 0..KEYS_MAX * 2 {
            assert_eq!(throttle.take(&n.to_string(), NOW), Ok(()));
        }
        assert!(throttle.used_until.lock().len() <= KEYS_MAX);
        assert!(throttle.take("a", NOW).is_err());
    }

    #[test]
    fn an_ipv6_household_is_one_address() {
        let key = |text: &str| address_key(text.parse().unwrap());
        assert_eq!(key("2001:db8:1:2::5"), key("2001:db8:1:2:ffff::1"));
        assert_ne!(key("2001:db8:1:2::5"), key("2001:db8:1:3::5"));
        assert_eq!(key("::ffff:192.0.2.7"), "192.0.2.7");
    }
}
