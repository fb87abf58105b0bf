//! When an object happens, coarsely: what a range of time is answered from before anybody looks at a text.
//!
//! What is kept true: whatever an object has in a range, in whichever zone one looks, lies in one of its spans. Instances that
//! follow each other closely are one span, so a daily series is one row and not a thousand. Far from the day of writing,
//! spans are as coarse as can be: that makes an answer slower and never wrong, and no series ever runs dry. A span that is exact is
//! the one time at which its object happens, whoever looks.

use ical::Timing;
use ical::zones::Zone;
use kernel::Moment;

const DAY_MICROS: i64 = 86_400_000_000;
/// Instances that are no further apart are one span: a weekly series is one, a monthly one is not.
const APART_MICROS: i64 = 10 * DAY_MICROS;
/// Whoever looks may be so far from Greenwich: what floats can be earlier or later for them.
const FLOATS_MICROS: i64 = 14 * 3_600_000_000;
/// Spans are fine from so long before the day of writing until so long after it.
const FINE_BEFORE_MICROS: i64 = 366 * DAY_MICROS;
const FINE_AFTER_MICROS: i64 = 5 * 366 * DAY_MICROS;
/// What has no end, and the beginning of what has no time at all.
const NEVER: Moment = Moment::from_micros(i64::MAX / 4);
const ALWAYS: Moment = Moment::from_micros(-NEVER.as_micros());

/// From the start of the first instance in it to the end of the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub starts: Moment,
    pub ends: Moment,
    pub exact: bool,
}

/// How long a span is at most. Those of one reach that lie in a range begin not long before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach(u8);

/// All of them, the shortest first.
pub const REACHES: [Reach; 5] = [Reach(0), Reach(1), Reach(2), Reach(3), Reach(4)];

impl Reach {
    /// `None`: a span of this reach may be of any length.
    pub fn micros_max(self) -> Option<i64> {
        let days = match self.0 {
            0 => 1,
            1 => 8,
            2 => 64,
            3 => 512,
            _ => return None,
        };
        Some(days * DAY_MICROS)
    }

    pub fn code(self) -> u8 {
        self.0
    }
}

impl Span {
    /// What lies in either of two, and between them.
    pub fn with(self, other: Span) -> Span {
        Span {
            starts: self.starts.min(other.starts),
            ends: self.ends.max(other.ends),
            exact: false,
        }
    }

    /// Whether what happens in it lies in a range; `None`: that has to be looked up.
    pub fn lies_in(&self, from: Moment, to: Moment) -> Option<bool> {
        self.exact
            .then(|| self.starts < to && (self.ends > from || self.starts >= from))
    }

    pub fn reach(&self) -> Reach {
        let micros = self.ends.as_micros() - self.starts.as_micros();
        let fits = |reach: &Reach| reach.micros_max().is_some_and(|max| micros <= max);
        REACHES.into_iter().find(fits).unwrap_or(Reach(4))
    }
}

/// The spans of an object that is written `at` an instant. What has no time is always there.
pub fn spans(timing: &Timing<'_>, at: Moment) -> Vec<Span> {
    if !timing.has_time() {
        return vec![Span {
            starts: ALWAYS,
            ends: NEVER,
            exact: false,
        }];
    }
    if let Some(one) = timing.only() {
        return vec![Span {
            starts: one.start.into(),
            ends: one.end.max(one.start).into(),
            exact: true,
        }];
    }
    let Some((first, last)) = timing.extent() else {
        return Vec::new();
    };
    let (first, last) = (Moment::from(first), last.map_or(NEVER, Moment::from));
    let from = at.plus_micros(-FINE_BEFORE_MICROS);
    let to = at.plus_micros(FINE_AFTER_MICROS);
    let mut run = Run {
        spans: Vec::new(),
        margin: if timing.floats() { FLOATS_MICROS } else { 0 },
    };
    if first < from {
        run.add(first, last.min(from));
    }
    match timing.between(from.to_timestamp(), to.to_timestamp(), &Zone::UTC) {
        Ok(happenings) => {
            for one in &happenings {
                run.add(one.start.into(), one.end.into());
            }
        }
        // So dense that it is one span anyway.
        Err(_) => run.add(first.max(from), last.min(to)),
    }
    if last >= to {
        run.add(first.max(to), last);
    }
    run.spans
}

/// Spans in the making, from instances in the order of their starts.
struct Run {
    spans: Vec<Span>,
    margin: i64,
}

impl Run {
    fn add(&mut self, starts: Moment, ends: Moment) {
        let span = Span {
            starts: starts.plus_micros(-self.margin),
            ends: ends.max(starts).plus_micros(self.margin).min(NEVER),
            exact: false,
        };
        match self.spans.last_mut() {
            Some(last) if span.starts.micros_since(last.ends) <= APART_MICROS => {
                last.ends = last.ends.max(span.ends);
            }
            _ => self.spans.push(span),
        }
    }
}
