//! What a TZID may be called. Files bear names of the database, its old names, paths with such a name at the end, names of
//! Windows, and what Outlook shows to people in their language; one of them that is not understood must harm nothing but
//! the events that use it, so nothing here fails: a name is known or it is not.

use std::collections::HashMap;
use std::sync::OnceLock;

use jiff::civil::date;

use super::{OwnZone, Zone};

/// Longer names are none.
const BYTES_MAX: usize = 200;

/// `Name|territory|zone zone …`
const WINDOWS: &str = include_str!("../../data/zones/windows.txt");
/// `Name|zone`
const SHOWN: &str = include_str!("../../data/zones/shown.txt");

const UTC_NAMES: [&str; 9] = [
    "UTC",
    "Z",
    "Etc/UTC",
    "Etc/UCT",
    "UCT",
    "Zulu",
    "Etc/Zulu",
    "Universal",
    "tzone://Microsoft/Utc",
];

impl Zone {
    /// The zone that a TZID names.
    pub fn named(name: &str) -> Option<Zone> {
        let name = name.trim().trim_matches('"').trim();
        if name.is_empty() || name.len() > BYTES_MAX {
            return None;
        }
        if UTC_NAMES.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return Some(Zone::UTC);
        }
        Zone::iana(name)
            .or_else(|| at_the_end_of_a_path(name))
            .or_else(|| of_windows(name))
            .or_else(|| by_offset(name))
            .or_else(|| as_shown(name))
    }

    /// The zone of a TZID, beside which the object may define one of its own. The name wins where it is known.
    pub fn of(name: &str, own: Option<&OwnZone>) -> Option<Zone> {
        Zone::named(name).or_else(|| Zone::own(own?).ok())
    }

    /// What Windows calls this zone, if it has a name for it.
    pub fn windows_name(&self) -> Option<&'static str> {
        let id = self.id()?;
        let rows = || WINDOWS.lines().filter_map(windows_row);
        let found = rows().find(|(_, _, zones)| zones.split(' ').any(|zone| zone == id));
        found.map(|(name, _, _)| name)
    }
}

/// `/freeassociation.sourceforge.net/Tzfile/Europe/Berlin`
fn at_the_end_of_a_path(name: &str) -> Option<Zone> {
    let slashes: Vec<usize> = name.match_indices('/').map(|(at, _)| at).collect();
    let path = name.starts_with('/') || slashes.len() > 1;
    if !path {
        return None;
    }
    // The longest names of the database have three steps.
    let ends = slashes.iter().rev().take(3).rev();
    ends.filter_map(|at| name.get(at + 1..))
        .find_map(|end| match end {
            "UTC" | "GMT" => Some(Zone::UTC),
            end => Zone::iana(end),
        })
}

fn windows_row(line: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let mut parts = line.split('|');
    Some((parts.next()?, parts.next()?, parts.next()?))
}

fn of_windows(name: &str) -> Option<Zone> {
    static NAMES: OnceLock<HashMap<String, &str>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let rows = WINDOWS.lines().filter_map(windows_row);
        rows.filter(|(_, territory, _)| *territory == "001")
            .map(|(name, _, zone)| (name.to_lowercase(), zone))
            .collect()
    });
    let name = name.to_lowercase();
    let known = names.get(&name).or_else(|| {
        let stem = name.strip_suffix(" daylight time").unwrap_or(&name);
        names.get(&format!("{stem} standard time"))
    });
    Zone::iana(known?)
}

/// `UTC+2`, `GMT-05:30`, `+0100`: the sign as people write it. `Etc/GMT+5`, with the other sign, is of the database.
fn by_offset(name: &str) -> Option<Zone> {
    let start = |word: &str| {
        let head = name.get(..word.len())?;
        head.eq_ignore_ascii_case(word).then(|| &name[word.len()..])
    };
    let rest = start("UTC").or_else(|| start("GMT")).unwrap_or(name).trim();
    Some(Zone::fixed(offset(rest)?))
}

fn offset(text: &str) -> Option<i32> {
    let (sign, rest) = match (text.strip_prefix('+'), text.strip_prefix(['-', '−'])) {
        (Some(rest), _) => (1, rest),
        (_, Some(rest)) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match rest.split_once(':') {
        Some(parts) => parts,
        None if rest.len() == 4 && rest.is_ascii() => rest.split_at(2),
        None => (rest, "0"),
    };
    let digits = |text: &str| {
        let fits = matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit());
        if fits { text.parse::<i32>().ok() } else { None }
    };
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

/// `(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna`, in whatever language.
fn as_shown(name: &str) -> Option<Zone> {
    static NAMES: OnceLock<HashMap<String, &str>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let rows = SHOWN.lines().filter(|line| !line.starts_with('#'));
        rows.filter_map(|line| line.split_once('|'))
            .map(|(name, zone)| (name.to_lowercase(), zone))
            .collect()
    });
    let (in_front, places) = match name.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        Some((in_front, places)) => (Some(in_front.trim()), places.trim()),
        None => (None, name),
    };
    if let Some(zone) = names.get(&places.to_lowercase()) {
        return Zone::iana(zone).map(|zone| if zone.is_utc_by_name() { Zone::UTC } else { zone });
    }
    let in_front = in_front?;
    let bare = in_front
        .trim_start_matches("UTC")
        .trim_start_matches("GMT")
        .trim();
    let offset = if bare.is_empty() { 0 } else { offset(bare)? };
    if places.eq_ignore_ascii_case("UTC") {
        return Some(Zone::UTC);
    }
    places
        .split(',')
        .find_map(|place| of_a_city(place.trim(), offset))
}

/// The zone named after a city, if that is its time in one half of the year. Names of cities differ less between languages
/// than whole lists of them.
fn of_a_city(city: &str, offset: i32) -> Option<Zone> {
    let city = city.replace(' ', "_");
    let names = jiff::tz::db().available();
    let mut fitting = names.filter(|name| {
        let end = name.as_str().rsplit('/').next();
        name.as_str().contains('/') && end.is_some_and(|end| end.eq_ignore_ascii_case(&city))
    });
    let zone = Zone::iana(fitting.next()?.as_str())?;
    let noon = |month| zone.instant_of(date(2025, month, 15).at(12, 0, 0, 0));
    let halves = [noon(1), noon(7)].map(|at| zone.offset_at(at.as_second()));
    halves.contains(&i64::from(offset)).then_some(zone)
}
