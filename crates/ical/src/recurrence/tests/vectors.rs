//! Published vectors of two other implementations, each of which gives the times of a rule alone: DTSTART is in them only
//! where the rule gives it.

use super::moment;
use crate::recurrence::days::{datetime_of, local_of};
use crate::recurrence::plan::{Counting, Plan};
use crate::recurrence::walk::Walk;
use crate::recurrence::{Moment, Rule, RuleError};
use crate::zones::Zone;

const LIBICAL: [&str; 3] = [
    include_str!("../../../data/vectors/libical/icalrecur_test.out"),
    include_str!("../../../data/vectors/libical/icalrecur_withicu_test.out"),
    include_str!("../../../data/vectors/libical/icalrecur_withouticu_test.out"),
];
const DATEUTIL: &str = include_str!("../../../data/vectors/dateutil/rrule.txt");

#[derive(Debug, Default, Clone)]
struct Vector<'t> {
    rule: &'t str,
    start: &'t str,
    /// Where to begin to look.
    at: &'t str,
    instances: &'t str,
}

fn vectors(text: &str) -> Vec<Vector<'_>> {
    let mut all = Vec::new();
    let mut one = Vector::default();
    for line in text.lines() {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        match name {
            "RRULE" => {
                one = Vector {
                    rule: value,
                    ..Vector::default()
                }
            }
            "DTSTART" => one.start = value,
            "START-AT" => one.at = value,
            "INSTANCES" => {
                one.instances = value.trim();
                all.push(one.clone());
            }
            _ => {}
        }
    }
    all
}

fn local(text: &str) -> i64 {
    match moment(text, &Zone::UTC) {
        Moment::Date(date) => local_of(date.at(0, 0, 0, 0)),
        Moment::Time(time, _) => local_of(time),
    }
}

/// What our rule gives, in the form of the vector.
fn given(vector: &Vector<'_>, rule: &Rule, most: usize) -> String {
    let start = local(vector.start);
    let Some(mut plan) = Plan::new(rule, start, Counting::RuleOnly) else {
        return "cannot be counted".to_owned();
    };
    // Neither says in which zone its times are: UNTIL is compared as it is written.
    plan.take_until_as_written();
    let from = if vector.at.is_empty() {
        start
    } else {
        local(vector.at)
    };
    let form = match vector.start {
        day if day.len() == 8 => "%Y%m%d",
        utc if utc.ends_with('Z') => "%Y%m%dT%H%M%SZ",
        _ => "%Y%m%dT%H%M%S",
    };
    let times = Walk::new(&plan, from, i64::MAX).take(most);
    let times: Vec<String> = times
        .map(|local| datetime_of(local).strftime(form).to_string())
        .collect();
    times.join(",")
}

/// What became of the vectors of one file.
#[derive(Debug, Default)]
struct Tally {
    same: usize,
    /// Against the RFC's table or impossible: "MUST NOT be used" in 3.3.10. Ours says which part.
    refused: usize,
    other_calendars: usize,
    differ: Vec<String>,
}

fn tally(text: &str) -> Tally {
    let mut tally = Tally::default();
    for vector in vectors(text) {
        let rule: Rule = match vector.rule.parse() {
            Ok(rule) => rule,
            Err(RuleError::OtherCalendar(_)) => {
                tally.other_calendars += 1;
                continue;
            }
            Err(_) => {
                tally.refused += 1;
                continue;
            }
        };
        let count = vector.instances.split(',').count();
        let given = given(&vector, &rule, count + 1);
        if given == vector.instances {
            tally.same += 1;
        } else {
            tally.differ.push(format!(
                "{} from {} {}\n  theirs {}\n  ours   {given}",
                vector.rule, vector.start, vector.at, vector.instances
            ));
        }
    }
    tally
}

#[test]
fn the_vectors_of_libical_come_out_as_published() {
    let all = LIBICAL.map(tally);
    for one in &all {
        assert!(one.differ.is_empty(), "{}", one.differ.join("\n"));
        assert_eq!(one.refused, 0);
    }
    assert_eq!(all.iter().map(|one| one.same).sum::<usize>(), 72);
    assert_eq!(all.iter().map(|one| one.other_calendars).sum::<usize>(), 45);
}

#[test]
fn the_vectors_of_dateutil_come_out_as_published_where_the_rfc_allows_the_rule() {
    let tally = tally(DATEUTIL);
    // A week without BYDAY is one day, that of DTSTART: "information, not contained in the rule, necessary to determine
    // the various recurrence instance start time and dates are derived from the Start Time (DTSTART)". libical agrees.
    let [one] = tally.differ.as_slice() else {
        panic!("{}", tally.differ.join("\n"));
    };
    assert!(one.starts_with("FREQ=YEARLY;COUNT=3;BYWEEKNO=20 from"), "{one}");
    assert_eq!((tally.same, tally.refused), (159, 57));
}
