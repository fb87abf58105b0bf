//! Every change of summer time: a time in a gap takes the offset before it, one that comes twice is the first, and a series
//! across a change loses nothing and gives nothing twice.

use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::recurrence::days::{DAY, datetime_of, local_of};
use crate::recurrence::{Moment, Pattern, Series};
use crate::zones::Zone;

/// Half hours, the southern half, a change at midnight, months without summer time, a day that was left out, and links.
const ZONES: [&str; 14] = [
    "Europe/Berlin",
    "Europe/London",
    "Europe/Dublin",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Havana",
    "Asia/Gaza",
    "Asia/Tehran",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "US/Pacific",
];

/// Instants at which the offset changes, in two thirds of a century.
fn changes(name: &str) -> Vec<i64> {
    let zone = TimeZone::get(name).unwrap();
    let from: Timestamp = "1970-01-01T00:00:00Z".parse().unwrap();
    let mut before = zone.to_offset(from);
    let mut changes = Vec::new();
    for change in zone.following(from) {
        if change.timestamp().as_second() > 67 * 365 * DAY {
            break;
        }
        if change.offset() != before {
            changes.push(change.timestamp().as_second());
        }
        before = change.offset();
    }
    changes
}

/// What the database says of a local time, by the RFC's sentence.
fn by_database(zone: &TimeZone, local: i64) -> i64 {
    let offset = match zone.to_ambiguous_timestamp(datetime_of(local)).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. } => before,
    };
    local - i64::from(offset.seconds())
}

#[test]
fn every_local_time_around_every_change_is_the_instant_that_the_rfc_says() {
    for name in ZONES {
        let (zone, database) = (Zone::iana(name).unwrap(), TimeZone::get(name).unwrap());
        for change in changes(name) {
            for local in (change - 30 * 3_600..change + 30 * 3_600).step_by(450) {
                assert_eq!(
                    zone.resolve(local),
                    by_database(&database, local),
                    "{name} {}",
                    datetime_of(local)
                );
                let shown = zone.local_at(Timestamp::from_second(local).unwrap());
                assert_eq!(
                    shown,
                    database.to_datetime(Timestamp::from_second(local).unwrap())
                );
            }
        }
    }
}

#[test]
fn the_far_future_is_resolved_as_the_database_does_it() {
    for name in ZONES {
        let (zone, database) = (Zone::iana(name).unwrap(), TimeZone::get(name).unwrap());
        for year in [2037, 2038, 2066, 2099, 2100, 2101, 2400, 9998] {
            let start = local_of(jiff::civil::date(year, 1, 1).at(0, 30, 0, 0));
            for local in (start..start + 366 * DAY).step_by(6 * 3_600) {
                assert_eq!(
                    zone.resolve(local),
                    by_database(&database, local),
                    "{name} {}",
                    datetime_of(local)
                );
            }
        }
    }
}

/// What a series must give: each local time resolved, in the order of instants, each instant once.
fn expected(name: &str, locals: impl Iterator<Item = i64>) -> Vec<i64> {
    let database = TimeZone::get(name).unwrap();
    let mut all: Vec<i64> = locals.map(|local| by_database(&database, local)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[test]
fn series_across_a_change_lose_nothing_and_give_nothing_twice() {
    for name in ZONES {
        let zone = Zone::iana(name).unwrap();
        for change in changes(name) {
            let shown = local_of(zone.local_at(Timestamp::from_second(change).unwrap()));
            for (rule, step, first, count) in [
                ("FREQ=DAILY;COUNT=20", DAY, -10 * DAY - 900, 20),
                ("FREQ=DAILY;COUNT=20", DAY, -10 * DAY - 3_600 - 900, 20),
                ("FREQ=WEEKLY;COUNT=8", 7 * DAY, -28 * DAY + 900, 8),
                ("FREQ=HOURLY;COUNT=120", 3_600, -60 * 3_600 + 600, 120),
                ("FREQ=MINUTELY;INTERVAL=20;COUNT=200", 1_200, -100 * 1_200, 200),
                ("FREQ=SECONDLY;INTERVAL=7;COUNT=4000", 7, -2_000 * 7, 4_000),
            ] {
                let start = shown + first;
                let mut pattern = Pattern::once(Moment::Time(datetime_of(start), zone.clone()));
                pattern.rules = vec![rule.parse().unwrap()];
                let series = Series::new(pattern).unwrap();
                let wanted = expected(name, (0..count).map(|index| start + index * step));
                let given = series.all(&zone).map(|one| one.instant().as_second());
                let given: Vec<i64> = given.collect();
                assert_eq!(given, wanted, "{name} {rule} {}", datetime_of(start));
                // The same from the middle, where a walk begins in or beside the gap.
                for around in [-7_200, -3_600, -1_800, -1, 0, 1, 1_800, 3_600] {
                    let from = Timestamp::from_second(change + around).unwrap();
                    let part = series.between(from, Timestamp::MAX, &zone);
                    let part: Vec<i64> = part.map(|one| one.instant().as_second()).collect();
                    let wanted: Vec<i64> = wanted
                        .iter()
                        .copied()
                        .filter(|at| *at >= change + around)
                        .collect();
                    assert_eq!(part, wanted, "{name} {rule} {} from {from}", datetime_of(start));
                    let early = series.between(Timestamp::MIN, from, &zone).count();
                    assert_eq!(early + part.len(), given.len(), "{name} {rule} until {from}");
                }
            }
        }
    }
}
