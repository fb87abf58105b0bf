//! Whether an object is what a calendar-query looks for (RFC 4791 9.7 and 9.9).
//!
//! What is kept true: what is said of one component has to hold for one component. "Called lunch, and on Monday" is met by an
//! instance that is both, not by one of each.

use ical::recurrence::Moment;
use ical::zones::Zone;
use ical::{Alarm, Component, Entry, Happening, Kind, Object, Property, Timing, Trigger, When, Zones};
use jiff::{SignedDuration, Timestamp};

use crate::opened::{Opened, opened};
use crate::report::{CompFilter, ParamFilter, PropFilter, Range, TextMatch};

/// What of a filter an index can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Around<'f> {
    pub kind: Option<Kind>,
    pub from: Timestamp,
    pub to: Timestamp,
    /// A text that stands in the UID.
    pub uid: Option<&'f TextMatch>,
    /// The kind alone decides.
    pub decided: bool,
    /// Whatever is an event and happens in the range is looked for.
    pub ranged: bool,
}

impl Range {
    pub(crate) fn ends(self) -> (Timestamp, Timestamp) {
        (
            self.start.unwrap_or(Timestamp::MIN),
            self.end.unwrap_or(Timestamp::MAX),
        )
    }
}

impl CompFilter {
    pub(crate) fn around(&self) -> Around<'_> {
        let mut around = Around {
            kind: None,
            from: Timestamp::MIN,
            to: Timestamp::MAX,
            uid: None,
            decided: false,
            ranged: false,
        };
        let Some(inside) = self.comps.first().filter(|inside| !inside.absent) else {
            return around;
        };
        around.kind = Kind::read(&inside.name);
        if let Some(range) = inside.range {
            (around.from, around.to) = range.ends();
        }
        let of_uid = inside
            .props
            .iter()
            .find(|filter| filter.name.eq_ignore_ascii_case("UID"));
        around.uid = of_uid
            .filter(|filter| !filter.absent)
            .and_then(|filter| filter.text.as_ref());
        let is_calendar = self.name.eq_ignore_ascii_case("VCALENDAR") && !self.absent;
        let alone = is_calendar && self.comps.len() == 1 && self.props.is_empty();
        let bare = alone && inside.props.is_empty() && inside.comps.is_empty();
        around.decided = bare && around.kind.is_some() && inside.range.is_none();
        around.ranged = bare && around.kind == Some(Kind::Event) && inside.range.is_some();
        around
    }

    /// Whether an object is what is looked for. What cannot be read is not.
    pub(crate) fn takes(&self, text: &str, viewer: &Zone) -> bool {
        opened(text, |opened| self.takes_opened(opened, viewer)).unwrap_or(false)
    }

    pub(crate) fn takes_opened(&self, opened: &Opened<'_>, viewer: &Zone) -> bool {
        if !opened.calendar.is(&self.name) || self.absent {
            return false;
        }
        let look = Look {
            calendar: opened.calendar,
            object: opened.object,
            timing: opened.timing,
            viewer,
        };
        look.props_fit_somewhere(&self.props) && self.comps.iter().all(|inside| look.fits(inside))
    }
}

/// One object that is looked at.
struct Look<'l> {
    calendar: &'l Component<'l>,
    object: &'l Object<'l>,
    timing: &'l Timing<'l>,
    viewer: &'l Zone,
}

/// The component of each entry.
pub(crate) fn components_of<'c>(
    calendar: &'c Component<'c>,
    object: &'c Object<'c>,
) -> Vec<(&'c Entry<'c>, &'c Component<'c>)> {
    let mut overrides = object.overrides.iter();
    let of_kind = calendar
        .components
        .iter()
        .filter(|one| one.is(object.kind.as_str()));
    of_kind
        .filter_map(|component| {
            let entry = match component.get("RECURRENCE-ID") {
                None => object.master.as_ref(),
                Some(_) => overrides.next(),
            };
            Some((entry?, component))
        })
        .collect()
}

impl Look<'_> {
    /// Whether some component directly inside the calendar is what is looked for.
    fn fits(&self, filter: &CompFilter) -> bool {
        let is_kind = self.object.kind.as_str().eq_ignore_ascii_case(&filter.name);
        if filter.absent {
            return !is_kind && self.calendar.child(&filter.name).is_none();
        }
        if !is_kind {
            let mut named = self.calendar.children(&filter.name);
            return filter.range.is_none() && named.any(|one| self.plain_fits(one, filter));
        }
        let all = components_of(self.calendar, self.object);
        let fitting = all.iter().filter(|(entry, component)| {
            self.props_fit(component, &filter.props)
                && filter
                    .comps
                    .iter()
                    .all(|inside| self.inner_fits(entry, component, inside))
        });
        let fitting: Vec<&Entry<'_>> = fitting.map(|(entry, _)| *entry).collect();
        match filter.range {
            None => !fitting.is_empty(),
            Some(range) => self.lies_in(range, &fitting),
        }
    }

    fn plain_fits(&self, component: &Component<'_>, filter: &CompFilter) -> bool {
        let inside = |inside: &CompFilter| {
            let mut named = component.children(&inside.name);
            match inside.absent {
                true => named.next().is_none(),
                false => named.any(|one| self.plain_fits(one, inside)),
            }
        };
        self.props_fit(component, &filter.props) && filter.comps.iter().all(inside)
    }

    /// Of what lies inside an entry, alarms have times.
    fn inner_fits(&self, entry: &Entry<'_>, component: &Component<'_>, filter: &CompFilter) -> bool {
        let mut named = component.children(&filter.name);
        if filter.absent {
            return named.next().is_none();
        }
        named.any(|one| {
            let rings = filter
                .range
                .is_none_or(|range| self.rings_in(entry, &Alarm::read(one), range));
            rings && self.plain_fits(one, filter)
        })
    }

    fn lies_in(&self, range: Range, fitting: &[&Entry<'_>]) -> bool {
        let (from, to) = range.ends();
        let is_fitting = |entry: &Entry<'_>| fitting.iter().any(|one| std::ptr::eq(*one, entry));
        if self.object.kind == Kind::Todo && !self.timing.recurs() {
            let mut fitting = fitting.iter();
            return fitting.any(|entry| todo_lies_in(entry, &self.timing.zones, self.viewer, from, to));
        }
        let first = self
            .timing
            .first(from, to, self.viewer, |one| is_fitting(one.entry));
        first.is_some()
    }

    /// RFC 4791 9.9, of alarms: the start is within the range, the end is not.
    fn rings_in(&self, entry: &Entry<'_>, alarm: &Alarm<'_>, range: Range) -> bool {
        let (from, to) = range.ends();
        let every = alarm.every.map_or(0, ical::Duration::nominal_seconds).max(0);
        let repeated = i64::from(alarm.repeat.min(REPEATS_MAX));
        let rings = |first: Timestamp| {
            let mut all = (0..=repeated).map(|nth| later(first, nth * every));
            all.any(|at| from <= at && at < to)
        };
        let offset = match &alarm.trigger {
            None => return false,
            Some(Trigger::At(when)) => return rings(self.timing.zones.instant(when, self.viewer)),
            Some(Trigger::Start(offset) | Trigger::End(offset)) => offset.nominal_seconds(),
        };
        let of_end = matches!(alarm.trigger, Some(Trigger::End(_)));
        let earliest = later(from, -offset - repeated * every - MARGIN);
        let latest = later(to, MARGIN - offset);
        let fits = |one: &Happening<'_>| {
            let base = if of_end { one.end } else { one.start };
            std::ptr::eq(one.entry, entry) && rings(later(base, offset))
        };
        self.timing.first(earliest, latest, self.viewer, fits).is_some()
    }

    /// Some clients ask the calendar for what only entries have (CATEGORIES), and mean any kind of entry.
    fn props_fit_somewhere(&self, filters: &[PropFilter]) -> bool {
        self.props_fit(self.calendar, filters)
            || components_of(self.calendar, self.object)
                .iter()
                .any(|(_, component)| self.props_fit(component, filters))
    }

    fn props_fit(&self, component: &Component<'_>, filters: &[PropFilter]) -> bool {
        filters.iter().all(|filter| {
            let mut named = component.all(&filter.name);
            match filter.absent {
                true => named.next().is_none(),
                false => named.any(|property| self.prop_fits(property, filter)),
            }
        })
    }

    fn prop_fits(&self, property: &Property<'_>, filter: &PropFilter) -> bool {
        let in_range = filter.range.is_none_or(|range| {
            let (from, to) = range.ends();
            let when = When::read(property).map(|when| self.timing.zones.instant(&when, self.viewer));
            when.is_ok_and(|at| from <= at && at < to)
        });
        in_range
            && filter
                .text
                .as_ref()
                .is_none_or(|text| text.takes(&property.as_text()))
            && filter.params.iter().all(|param| param_fits(property, param))
    }
}

/// An alarm that rings more often than this is none that anybody looks for.
const REPEATS_MAX: u32 = 1_000;
/// Days of the calendar differ from days of 24 hours by less.
const MARGIN: i64 = 2 * 86_400;

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    let end = if seconds < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(end)
}

fn param_fits(property: &Property<'_>, filter: &ParamFilter) -> bool {
    let mut named = property.params().filter(|param| param.is(&filter.name));
    if filter.absent {
        return named.next().is_none();
    }
    named.any(|param| {
        let text = filter.text.as_ref();
        text.is_none_or(|text| param.values().any(|value| text.takes(&value)))
    })
}

impl TextMatch {
    /// Whether the text stands somewhere in a value, or does not, as was asked.
    pub(crate) fn takes(&self, value: &str) -> bool {
        let found = if self.exact {
            value.contains(&self.text)
        } else {
            contains_in_any_case(value, &self.text)
        };
        found != self.negate
    }
}

pub(crate) fn contains_in_any_case(value: &str, text: &str) -> bool {
    value.to_lowercase().contains(&text.to_lowercase())
}

/// The table of RFC 4791 9.9, of tasks.
fn todo_lies_in(entry: &Entry<'_>, zones: &Zones, viewer: &Zone, from: Timestamp, to: Timestamp) -> bool {
    let at = |when: &Option<When<'_>>| when.as_ref().map(|when| zones.instant(when, viewer));
    let (start, due) = (at(&entry.start), at(&entry.due));
    let ends = match (&entry.start, entry.duration) {
        (Some(when), Some(duration)) => {
            let zone = match zones.moment(when) {
                Moment::Time(_, zone) if !zone.is_floating() => zone,
                _ => viewer.clone(),
            };
            let days = SignedDuration::from_hours(duration.days.clamp(0, 4_000_000) * 24);
            Some(later(
                zone.instant_of(when.local().saturating_add(days)),
                duration.seconds,
            ))
        }
        _ => None,
    };
    match (start, ends, due, at(&entry.completed), at(&entry.created)) {
        (Some(start), Some(end), ..) => from <= end && (to > start || to >= end),
        (Some(start), None, Some(due), ..) => (from < due || from <= start) && (to > start || to >= due),
        (Some(start), None, None, ..) => from <= start && to > start,
        (None, _, Some(due), ..) => from < due && to >= due,
        (None, _, None, Some(done), Some(made)) => {
            (from <= made || from <= done) && (to >= made || to >= done)
        }
        (None, _, None, Some(done), None) => from <= done && to >= done,
        (None, _, None, None, Some(made)) => to > made,
        (None, _, None, None, None) => true,
    }
}
