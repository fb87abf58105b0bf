//! What recurrence promises.

mod edits;
mod examples;
mod generated;
mod sets;
mod vectors;

use super::{Moment, Pattern, Rule, Series};
use crate::zones::Zone;

/// `19970902T090000` in a zone, `…Z`, or `19970902`.
pub(super) fn moment(text: &str, zone: &Zone) -> Moment {
    if let Some(utc) = text.strip_suffix('Z') {
        return Moment::Time(super::parse::time(utc).unwrap(), Zone::UTC);
    }
    match super::parse::time(text) {
        Some(time) => Moment::Time(time, zone.clone()),
        None => Moment::Date(super::parse::date(text).unwrap()),
    }
}

pub(super) fn rule(text: &str) -> Rule {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A series of rules only.
pub(super) fn series(start: &str, zone: &Zone, rules: &[&str]) -> Series {
    let mut pattern = Pattern::once(moment(start, zone));
    pattern.rules = rules.iter().map(|text| rule(text)).collect();
    Series::new(pattern).unwrap_or_else(|error| panic!("{rules:?}: {error}"))
}
