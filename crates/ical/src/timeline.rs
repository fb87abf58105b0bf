//! When an object happens: its series, with everything that was changed of single instances laid over it.
//!
//! What is kept true: each happening says which entry it shows and which instance it is of, and its end follows from its start
//! as RFC 5545 3.8.5.3 wants: an end that was written as a time is as many seconds after the start for every instance, one
//! that was written as a length is counted in days and hours by the clock.

use jiff::civil::DateTime;
use jiff::{Span, Timestamp};

use crate::component::Component;
use crate::entry::Entry;
use crate::object::Object;
use crate::problem::{Problem, Reason};
use crate::recurrence::{
    Extra, Instance, Moment, Occurrence, Override, Overrides, Pattern, Rule, Series, TooManyOccurrences,
};
use crate::values::{Duration, Recurs, Until, When, parse_offset, read_dates};
use crate::zones::{Observance, OwnZone, Zone};

/// When all entries of an object happen. What has no time at all (a task without a date) has none.
#[derive(Debug)]
pub struct Timeline<'o, 'a> {
    series: Series,
    overrides: Overrides<&'o Entry<'a>>,
    /// The series itself; absent where there are only changed instances of it.
    master: Option<&'o Entry<'a>>,
    zones: Zones<'o>,
}

/// One time that an object happens.
#[derive(Clone, Debug)]
pub struct Happening<'o, 'a> {
    /// What is said of this one.
    pub entry: &'o Entry<'a>,
    /// Which instance of the series it is: the local time of its RECURRENCE-ID.
    pub instance: DateTime,
    /// Whether something was changed for this one, or from it on.
    pub is_changed: bool,
    /// By the clock where the event takes place, or of the viewer's where it floats; of a day, its midnight.
    pub local: DateTime,
    pub start: Timestamp,
    pub end: Timestamp,
}

impl<'o, 'a> Timeline<'o, 'a> {
    /// `None` for what has no time.
    pub fn of(object: &'o Object<'a>) -> Result<Option<Timeline<'o, 'a>>, Problem> {
        let zones = Zones(object.calendar);
        let mut overrides = Vec::new();
        for entry in &object.overrides {
            if let (Some(id), Some(start)) = (&entry.recurrence_id, begins(entry)) {
                overrides.push(Override {
                    id: zones.moment(id),
                    and_future: entry.and_future,
                    start: zones.moment(start),
                    what: entry,
                });
            }
        }
        let pattern = match &object.master {
            Some(master) => zones.pattern(master)?,
            // Nothing but changed instances: a series of which nothing else is known.
            None => overrides.first().map(|first| Pattern {
                exceptions: vec![first.id.clone()],
                ..Pattern::once(first.id.clone())
            }),
        };
        let Some(pattern) = pattern else {
            return Ok(None);
        };
        let series = Series::new(pattern).map_err(|error| zones.problem("RRULE", error.to_string()))?;
        Ok(Some(Timeline {
            overrides: Overrides::new(&series, overrides),
            master: object.master.as_ref(),
            series,
            zones,
        }))
    }

    pub fn series(&self) -> &Series {
        &self.series
    }

    /// Whether it happens at another instant for somebody elsewhere: whole days, and times without a zone.
    pub fn floats(&self) -> bool {
        self.series.zone().is_floating()
    }

    /// From the start of the first instance to the end of the last one, or a little further; the end is `None` for what
    /// goes on for ever. `None` when nothing of it happens at all. Read in UTC where it floats.
    pub fn extent(&self) -> Option<(Timestamp, Option<Timestamp>)> {
        let viewer = &Zone::UTC;
        let starts: Vec<(Timestamp, i64)> = self
            .overrides
            .all()
            .filter_map(|entry| {
                let start = self.zones.instant(begins(entry)?, viewer);
                let id = self.zones.instant(entry.recurrence_id.as_ref()?, viewer);
                let moves = if entry.and_future {
                    start.as_second() - id.as_second()
                } else {
                    0
                };
                Some((start, moves))
            })
            .collect();
        let moved = starts.iter().map(|(_, moves)| moves.abs()).max().unwrap_or(0);
        let own = self
            .series
            .all(viewer)
            .next()
            .map(|first| later(first.instant(), -moved));
        let first = own
            .into_iter()
            .chain(starts.iter().map(|(start, _)| *start))
            .min()?;
        if self.series.is_endless() {
            return Some((first, None));
        }
        let own = self.series.last(viewer).map(|last| later(last.instant(), moved));
        let last = own
            .into_iter()
            .chain(starts.iter().map(|(start, _)| *start))
            .max()?;
        Some((first, Some(later(last, self.longest(viewer)))))
    }

    /// What is at least partly in `from..to`, in order. `viewer` counts only for what floats. What takes no time is in the
    /// range that it begins in.
    pub fn between(
        &self,
        from: Timestamp,
        to: Timestamp,
        viewer: &Zone,
    ) -> Result<Vec<Happening<'o, 'a>>, TooManyOccurrences> {
        let earlier = later(from, -self.longest(viewer));
        let found = self.series.occurrences(&self.overrides, earlier, to, viewer)?;
        let happenings = found.iter().filter_map(|one| self.happening(one, viewer));
        let is_within =
            |one: &Happening<'_, '_>| one.end > from || (one.start == one.end && one.start >= from);
        Ok(happenings.filter(is_within).collect())
    }

    fn happening(&self, one: &Occurrence<'_, &'o Entry<'a>>, viewer: &Zone) -> Option<Happening<'o, 'a>> {
        let changed = one.changed.or(one.follows).copied();
        let entry = changed.or(self.master)?;
        let start = one.instant();
        Some(Happening {
            entry,
            instance: one.instance.local(),
            is_changed: changed.is_some(),
            local: one.local(),
            start,
            end: self.end(entry, &one.instance, one.local(), start, viewer),
        })
    }

    fn end(
        &self,
        entry: &Entry<'a>,
        instance: &Instance,
        local: DateTime,
        start: Timestamp,
        viewer: &Zone,
    ) -> Timestamp {
        let zone = if self.floats() { viewer } else { self.series.zone() };
        if let Some(seconds) = instance.takes() {
            return later(start, seconds);
        }
        match self.zones.length(entry, viewer) {
            Length::Seconds(seconds) => later(start, seconds),
            Length::Nominal(Duration { days, seconds }) => {
                let day = local.checked_add(Span::new().days(days.clamp(0, DAYS_MAX)));
                later(day.map_or(start, |day| zone.instant_of(day)), seconds)
            }
        }
    }

    /// Seconds that the longest of its instances takes, or a few more. Never negative.
    fn longest(&self, viewer: &Zone) -> i64 {
        let extras = self
            .series
            .pattern()
            .extras
            .iter()
            .filter_map(|extra| extra.takes);
        let entries = self.master.into_iter().chain(self.overrides.all().copied());
        let lengths = entries.map(|entry| match self.zones.length(entry, viewer) {
            Length::Seconds(seconds) => seconds,
            Length::Nominal(duration) => duration.nominal_seconds() + 86_400,
        });
        extras
            .chain(lengths)
            .max()
            .unwrap_or(0)
            .clamp(0, DAYS_MAX * 86_400)
    }
}

/// Longer than from the first to the last day that there is.
const DAYS_MAX: i64 = 10_000 * 366;

enum Length {
    Seconds(i64),
    Nominal(Duration),
}

/// Within the years that there are.
fn later(start: Timestamp, seconds: i64) -> Timestamp {
    let seconds = seconds.clamp(-DAYS_MAX * 86_400, DAYS_MAX * 86_400);
    let end = start.checked_add(Span::new().seconds(seconds));
    end.unwrap_or(if seconds < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// When an entry begins. A task that only is due is there when it is due.
fn begins<'e, 'a>(entry: &'e Entry<'a>) -> Option<&'e When<'a>> {
    entry.start.as_ref().or(entry.due.as_ref())
}

/// What the zone names of an object mean.
#[derive(Clone, Copy, Debug)]
struct Zones<'o>(&'o Component<'o>);

impl<'o> Zones<'o> {
    fn problem(self, name: &'static str, problem: String) -> Problem {
        let entries = self.0.components.iter().filter(|child| !child.is("VTIMEZONE"));
        let line = entries
            .filter_map(|entry| entry.get(name))
            .map(|rule| rule.line())
            .next();
        Problem::new(line.unwrap_or(0), Reason::Recurs { name, problem })
    }

    /// A zone that nobody knows reads as the clock on the wall: that is right for whoever is there, and loses nothing.
    fn zone(self, tzid: &str) -> Zone {
        let own = || self.0.children("VTIMEZONE").find_map(|zone| own_zone(zone, tzid));
        let known = Zone::named(tzid).or_else(|| Zone::own(&own()?).ok());
        known.unwrap_or(Zone::FLOATING)
    }

    fn moment(self, when: &When<'_>) -> Moment {
        match when {
            When::Date(date) => Moment::Date(*date),
            When::Floating(local) => Moment::Time(*local, Zone::FLOATING),
            When::Zoned(local, tzid) => Moment::Time(*local, self.zone(tzid)),
            When::Utc(local) => Moment::Time(*local, Zone::UTC),
        }
    }

    fn instant(self, when: &When<'_>, viewer: &Zone) -> Timestamp {
        match self.moment(when) {
            Moment::Time(local, zone) if !zone.is_floating() => zone.instant_of(local),
            Moment::Time(local, _) => viewer.instant_of(local),
            Moment::Date(date) => viewer.instant_of(date.to_datetime(jiff::civil::Time::midnight())),
        }
    }

    fn pattern(self, master: &Entry<'_>) -> Result<Option<Pattern>, Problem> {
        let Some(start) = begins(master) else {
            return Ok(None);
        };
        let rules = |name, texts: &[&str]| {
            let rules = texts.iter().map(|text| text.parse::<Rule>());
            let rules = rules.collect::<Result<Vec<_>, _>>();
            rules.map_err(|error| self.problem(name, error.to_string()))
        };
        let extra = |recurs: &Recurs<'_>| match recurs {
            Recurs::At(when) => Extra {
                moment: self.moment(when),
                takes: None,
            },
            Recurs::During(period) => Extra {
                moment: self.moment(&period.start),
                takes: Some(self.seconds(&period.start, &period.until)),
            },
        };
        Ok(Some(Pattern {
            start: self.moment(start),
            rules: rules("RRULE", &master.rrules)?,
            extras: master.rdates.iter().map(extra).collect(),
            exceptions: master.exdates.iter().map(|when| self.moment(when)).collect(),
            except_rules: rules("EXRULE", &master.exrules)?,
        }))
    }

    fn seconds(self, start: &When<'_>, until: &Until<'_>) -> i64 {
        match until {
            Until::Lasting(duration) => duration.nominal_seconds(),
            Until::End(end) => self.between(start, end, &Zone::FLOATING),
        }
    }

    fn between(self, start: &When<'_>, end: &When<'_>, viewer: &Zone) -> i64 {
        self.instant(end, viewer).as_second() - self.instant(start, viewer).as_second()
    }

    fn length(self, entry: &Entry<'_>, viewer: &Zone) -> Length {
        let end = entry
            .end
            .as_ref()
            .or(entry.due.as_ref().filter(|_| entry.start.is_some()));
        match (&entry.start, end) {
            (Some(When::Date(start)), Some(end)) => {
                let days = (end.local().date() - *start).get_days();
                Length::Nominal(Duration::days(i64::from(days).max(1)))
            }
            (Some(start), Some(end)) => Length::Seconds(self.between(start, end, viewer)),
            _ => Length::Nominal(entry.lasts().unwrap_or_default()),
        }
    }
}

/// A VTIMEZONE of this name as values; `None` for another one, and for one that says nothing that can be used.
fn own_zone(zone: &Component<'_>, tzid: &str) -> Option<OwnZone> {
    if zone.value("TZID")?.trim() != tzid.trim() {
        return None;
    }
    let parts = zone.components.iter();
    let parts = parts.filter(|part| part.is("STANDARD") || part.is("DAYLIGHT"));
    Some(OwnZone {
        id: tzid.to_owned(),
        observances: parts.filter_map(observance).collect(),
    })
}

fn observance(part: &Component<'_>) -> Option<Observance> {
    let offset = |name| parse_offset(part.value(name)?);
    let rules = part.all("RRULE").filter_map(|rule| rule.value().parse().ok());
    let dates = part.all("RDATE").filter_map(|dates| read_dates(dates).ok());
    Some(Observance {
        daylight: part.is("DAYLIGHT"),
        name: part.value("TZNAME").map(str::to_owned),
        start: When::read(part.get("DTSTART")?).ok()?.local(),
        offset_from: offset("TZOFFSETFROM")?,
        offset_to: offset("TZOFFSETTO")?,
        rules: rules.collect(),
        dates: dates.flatten().map(|date| date.local()).collect(),
    })
}

#[cfg(test)]
mod tests;
