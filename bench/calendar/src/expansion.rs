//! Expansion of one series: from its beginning, and a week in the middle of it.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use ical::recurrence::{Moment, Pattern, Series};
use ical::zones::Zone;
use jiff::Timestamp;
use jiff::civil::DateTime;
use rrule::RRuleSet;

use crate::{Size, say};

const PEER: &str = "rrule 0.14";

struct Case {
    name: &'static str,
    zone: &'static str,
    start: &'static str,
    rule: &'static str,
    /// Which instants, as local times of the zone.
    from: &'static str,
    to: &'static str,
    /// Nanoseconds for each instance, or for all of them.
    each: bool,
}

const CASES: [Case; 6] = [
    Case {
        name: "weekly on three days, 3 years in a zone",
        zone: "Europe/Berlin",
        start: "20230102T090000",
        rule: "FREQ=WEEKLY;BYDAY=MO,WE,FR",
        from: "20230102T000000",
        to: "20260102T000000",
        each: true,
    },
    Case {
        name: "daily, 3 years in a zone",
        zone: "America/New_York",
        start: "20230102T090000",
        rule: "FREQ=DAILY",
        from: "20230102T000000",
        to: "20260102T000000",
        each: true,
    },
    Case {
        name: "last weekday of a month, 10 years",
        zone: "Europe/Berlin",
        start: "20200131T170000",
        rule: "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        from: "20200131T000000",
        to: "20300131T000000",
        each: true,
    },
    Case {
        name: "endless daily, a week nine years on",
        zone: "Europe/Berlin",
        start: "20150105T083000",
        rule: "FREQ=DAILY",
        from: "20240108T000000",
        to: "20240115T000000",
        each: false,
    },
    Case {
        name: "every second week until 2035, a week nine years on",
        zone: "Europe/Berlin",
        start: "20150105T083000",
        rule: "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;UNTIL=20350101T000000Z",
        from: "20240101T000000",
        to: "20240108T000000",
        each: false,
    },
    Case {
        name: "third Tuesday of a month, 200 times, a month nine years on",
        zone: "Europe/Berlin",
        start: "20150120T083000",
        rule: "FREQ=MONTHLY;BYDAY=3TU;COUNT=200",
        from: "20240101T000000",
        to: "20240201T000000",
        each: false,
    },
];

pub fn measure(size: &Size) -> Result<()> {
    for case in &CASES {
        let zone = Zone::iana(case.zone).context("the zone")?;
        let time = |text: &str| DateTime::strptime("%Y%m%dT%H%M%S", text);
        let mut pattern = Pattern::once(Moment::Time(time(case.start)?, zone.clone()));
        pattern.rules.push(case.rule.parse()?);
        let series = Series::new(pattern.clone())?;
        let (from, to) = (zone.instant_of(time(case.from)?), zone.instant_of(time(case.to)?));
        let ours = || -> (usize, i64) {
            let mut sum = (0, 0);
            for one in series.between(from, to, &zone) {
                sum = (sum.0 + 1, sum.1 + one.instant().as_second());
            }
            sum
        };
        let peer = Peer::new(case, from, to)?;
        let (number, _) = ours();
        ensure!(
            ours() == peer.sum(),
            "{}: {:?} beside {:?}",
            case.name,
            ours(),
            peer.sum()
        );
        let divisor = if case.each { number } else { 1 };
        let (ours, theirs) = (took(size.time, ours), took(size.time, || peer.sum()));
        let unit = if case.each { "ns an instance" } else { "ns" };
        let per = |nanoseconds: f64| nanoseconds / f64::from(u32::try_from(divisor).unwrap_or(u32::MAX));
        say(case.name, per(ours), per(theirs), PEER, unit)?;
        if case.name.starts_with("endless") {
            let made = took(size.time, || Series::new(pattern.clone()));
            let text = peer.text.clone();
            let parsed = took(size.time, || text.parse::<RRuleSet>());
            say("making a series ready", made, parsed, PEER, "ns")?;
        }
    }
    Ok(())
}

struct Peer {
    text: String,
    set: RRuleSet,
    from: i64,
    to: i64,
}

impl Peer {
    fn new(case: &Case, from: Timestamp, to: Timestamp) -> Result<Peer> {
        let text = format!("DTSTART;TZID={}:{}\nRRULE:{}", case.zone, case.start, case.rule);
        let set: RRuleSet = text.parse()?;
        Ok(Peer {
            text,
            set,
            from: from.as_second(),
            to: to.as_second(),
        })
    }

    fn sum(&self) -> (usize, i64) {
        let mut sum = (0, 0);
        for one in &self.set {
            let at = one.timestamp();
            if at >= self.to {
                break;
            }
            if at >= self.from {
                sum = (sum.0 + 1, sum.1 + at);
            }
        }
        sum
    }
}

/// Nanoseconds that one call takes: the middle of many rounds.
fn took<T>(time: Duration, mut call: impl FnMut() -> T) -> f64 {
    let started = Instant::now();
    let mut rounds = Vec::new();
    while started.elapsed() < time {
        let round = Instant::now();
        for _ in 0..32 {
            black_box(call());
        }
        rounds.push(round.elapsed().as_secs_f64() * 1e9 / 32.0);
    }
    rounds.sort_by(f64::total_cmp);
    rounds.get(rounds.len() / 2).copied().unwrap_or_default()
}
