//! The time zones to choose from. Any zone of the IANA database is accepted; these are the ones worth showing.

use std::sync::LazyLock;

use jiff::tz::{self, TimeZone};
use kernel::Moment;

use crate::Registry;

/// A zone of the list: its name, and how far it is from UTC at this time of the year.
pub struct ZoneChoice {
    pub name: &'static str,
    pub offset: String,
}

/// The parts of the world that zones are named after. The other names of the database are old or technical.
const PARTS: [&str; 10] = [
    "Africa/",
    "America/",
    "Antarctica/",
    "Arctic/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
];

static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let all = tz::db().available().map(|name| name.as_str().to_owned());
    let mut names: Vec<String> = all
        .filter(|name| name == "UTC" || PARTS.iter().any(|part| name.starts_with(part)))
        .collect();
    names.sort();
    names.dedup();
    names
});

impl Registry {
    /// The zones to choose from, with their offsets of today.
    pub fn zones(&self) -> Vec<ZoneChoice> {
        zones(self.clock.now())
    }
}

fn zones(now: Moment) -> Vec<ZoneChoice> {
    NAMES
        .iter()
        .map(|name| ZoneChoice {
            name,
            offset: offset(name, now),
        })
        .collect()
}

fn offset(name: &str, now: Moment) -> String {
    let zone = TimeZone::get(name).unwrap_or(TimeZone::UTC);
    let minutes = zone.to_offset(now.to_timestamp()).seconds() / 60;
    let sign = if minutes < 0 { '−' } else { '+' };
    format!("UTC{sign}{}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_cities_with_their_distance_from_utc() {
        let zones = zones(Moment::from_seconds(1_795_000_000));
        assert!((300..700).contains(&zones.len()), "{}", zones.len());
        let of = |name: &str| {
            zones
                .iter()
                .find(|zone| zone.name == name)
                .map(|zone| zone.offset.as_str())
        };
        assert_eq!(of("Europe/Moscow"), Some("UTC+3:00"));
        assert_eq!(of("America/New_York"), Some("UTC−5:00"));
        assert_eq!(of("Asia/Kolkata"), Some("UTC+5:30"));
        assert_eq!(of("US/Eastern"), None);
    }
}
