//! What a room answers to those who invite it.
//!
//! What is kept true: it comes whenever it is free, and is nowhere twice at the times that it is asked about. Of a series that is
//! free but for a few times, it comes to the others.

use ical::Answer;
use jiff::civil::DateTime;
use kernel::Moment;

/// Times of a series at which a room may be taken without refusing the series.
const EXCEPTIONS_MAX: usize = 5;

/// A time at which it is wanted. `instance`: which one of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub instance: Option<DateTime>,
    pub starts: Moment,
    pub ends: Moment,
}

/// What it answers to all, and at which times it does not come nevertheless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    pub answer: Answer,
    pub declined: Vec<DateTime>,
}

impl Judged {
    /// It does not come.
    pub fn away() -> Judged {
        Judged {
            answer: Answer::Declined,
            declined: Vec::new(),
        }
    }
}

/// `taken`: from when until when it is somewhere already.
pub fn judge(wanted: &[Wanted], mut taken: Vec<(Moment, Moment)>) -> Judged {
    taken.sort_unstable();
    // The end so far: what began before may last longer than what began last.
    let mut latest = Vec::with_capacity(taken.len());
    for (_, ends) in &taken {
        let before = latest.last().copied().unwrap_or(*ends);
        latest.push(before.max(*ends));
    }
    let is_taken = |one: &&Wanted| {
        let begun = taken.partition_point(|(starts, _)| *starts < one.ends);
        begun
            .checked_sub(1)
            .and_then(|at| latest.get(at))
            .is_some_and(|ends| *ends > one.starts)
    };
    let clashes: Vec<&Wanted> = wanted.iter().filter(is_taken).collect();
    let few = clashes.len() <= EXCEPTIONS_MAX && clashes.len() * 2 < wanted.len();
    let declined: Option<Vec<DateTime>> = clashes.iter().map(|one| one.instance).collect();
    match declined {
        Some(declined) if few || declined.is_empty() => Judged {
            answer: Answer::Accepted,
            declined,
        },
        _ => Judged::away(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Moment {
        Moment::from_micros(hour * 3_600_000_000)
    }

    fn wanted(hour: i64) -> Wanted {
        Wanted {
            instance: Some(DateTime::constant(2026, 11, 23, 9, 0, 0, 0)),
            starts: at(hour),
            ends: at(hour + 1),
        }
    }

    #[test]
    fn a_room_comes_when_it_is_free_to_the_minute() {
        let judged = judge(&[wanted(10)], vec![(at(9), at(10)), (at(11), at(12))]);
        assert_eq!(
            judged.answer,
            Answer::Accepted,
            "what ends when it begins is no clash"
        );
        let judged = judge(&[wanted(10)], vec![(at(1), at(20)), (at(9), at(10))]);
        assert_eq!(judged.answer, Answer::Declined, "a long one that began before");
    }

    #[test]
    fn a_series_is_taken_but_for_the_few_times_that_clash() {
        let weekly: Vec<Wanted> = (0..10).map(|week| wanted(week * 168)).collect();
        let judged = judge(&weekly, vec![(at(168), at(169))]);
        assert_eq!((judged.answer, judged.declined.len()), (Answer::Accepted, 1));
        let judged = judge(
            &weekly,
            (0..6).map(|week| (at(week * 168), at(week * 168 + 1))).collect(),
        );
        assert_eq!((judged.answer, judged.declined.len()), (Answer::Declined, 0));
    }

    #[test]
    fn what_is_over_or_never_happens_is_no_reason_to_stay_away() {
        assert_eq!(judge(&[], vec![(at(0), at(9))]).answer, Answer::Accepted);
    }
}
