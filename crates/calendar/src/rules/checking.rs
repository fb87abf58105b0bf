//! Whether what is found by an object is what the object says.
//!
//! What is kept true: each instance is worked out twice, by looking into a range and by coming to it from before; and each lies in a
//! span. Who looks at a calendar trusts both.

use ical::Timing;
use ical::zones::Zone;
use jiff::Timestamp;
use kernel::Moment;

use super::spans::Span;

const DAY_MICROS: i64 = 86_400_000_000;
/// What is looked at, and from how long before it is come to.
const RANGE_MICROS: i64 = 31 * DAY_MICROS;
const RUN_UP_MICROS: i64 = 200 * DAY_MICROS;
/// These many days from the day of checking: what people look at, and what lies far.
const AHEAD_DAYS: [i64; 3] = [-15, 90, 1_000];

/// What does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// An instance lies in no span, so nobody who looks at its day finds it.
    Spans,
    /// A look into the middle of a series finds something else than a walk to it.
    Series,
}

impl Mismatch {
    pub fn word(self) -> &'static str {
        match self {
            Mismatch::Spans => "spans",
            Mismatch::Series => "series",
        }
    }
}

/// Checks one object on a day; `None`: all is well. A text that cannot be read says nothing wrong.
pub fn check(text: &str, spans: &[Span], day: Moment) -> Option<Mismatch> {
    let tree = ical::parse(text.as_bytes()).ok()?;
    let object = ical::check(&tree).ok()?;
    let timing = Timing::new(&object).ok()?;
    if !timing.has_time() {
        return None;
    }
    if spans.iter().any(|span| span.exact) && *spans != super::spans::spans(&timing, day) {
        return Some(Mismatch::Spans);
    }
    AHEAD_DAYS.into_iter().find_map(|days| {
        let from = day.plus_micros(days * DAY_MICROS);
        check_range(&timing, spans, from, from.plus_micros(RANGE_MICROS))
    })
}

fn check_range(timing: &Timing<'_>, spans: &[Span], from: Moment, to: Moment) -> Option<Mismatch> {
    let times = |from: Moment| -> Option<Vec<(Timestamp, Timestamp)>> {
        let found = timing.between(from.to_timestamp(), to.to_timestamp(), &Zone::UTC);
        Some(found.ok()?.iter().map(|one| (one.start, one.end)).collect())
    };
    // More instances than are told at once are no mismatch.
    let (looked, mut walked) = (times(from)?, times(from.plus_micros(-RUN_UP_MICROS))?);
    let start = from.to_timestamp();
    walked.retain(|(starts, ends)| *ends > start || (starts == ends && *starts >= start));
    if looked != walked {
        return Some(Mismatch::Series);
    }
    let lies = |(starts, ends): &(Timestamp, Timestamp)| {
        let (starts, ends) = (Moment::from(*starts), Moment::from(*ends));
        spans
            .iter()
            .any(|span| span.starts <= starts && span.ends >= ends)
    };
    (!looked.iter().all(lies)).then_some(Mismatch::Spans)
}
