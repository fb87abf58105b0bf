//! When an object happens: its series with the instances that were moved, each with its start and its end.
//!
//! What this module keeps true:
//! * What is read here is what the text says: zones by their names, and by the object's own rules where the name says nothing.
//! * A length that is written as an end is the same number of seconds for every instance, one that is written as a duration
//!   the same days and seconds (RFC 5545 3.8.5.3). Days are days of the zone, so one of them may have 23 hours.
//! * Floating times and whole days are read by the viewer's zone, and by nothing else.

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

use crate::component::Component;
use crate::entry::Entry;
use crate::object::Object;
use crate::problem::{Problem, Reason};
use crate::property::Property;
use crate::recurrence::{Extra, Moment, Override, Overrides, Pattern, Rule, Series, TooManyOccurrences};
use crate::values::{self, Duration, Recurs, Until, When};
use crate::words::Kind;
use crate::zones::{Observance, OwnZone, Zone};

/// What the TZIDs of one object mean.
#[derive(Debug, Clone, Default)]
pub struct Zones(Vec<(String, Zone)>);

impl Zones {
    pub fn of(calendar: &Component<'_>) -> Zones {
        let own = calendar.children("VTIMEZONE").filter_map(|component| {
            let id = component.get("TZID")?.as_text().into_owned();
            let zone = Zone::named(&id).or_else(|| Zone::own(&OwnZone::read(component)?).ok())?;
            Some((id, zone))
        });
        Zones(own.collect())
    }

    /// The zone of a TZID. One that nobody knows says no more than a floating time does.
    pub fn zone(&self, id: &str) -> Zone {
        let own = self.0.iter().find(|(known, _)| known == id);
        own.map(|(_, zone)| zone.clone())
            .or_else(|| Zone::named(id))
            .unwrap_or(Zone::FLOATING)
    }

    /// The first zone that the object brings.
    pub fn first(&self) -> Option<&Zone> {
        self.0.first().map(|(_, zone)| zone)
    }

    pub fn moment(&self, when: &When<'_>) -> Moment {
        match when {
            When::Date(date) => Moment::Date(*date),
            When::Floating(local) => Moment::Time(*local, Zone::FLOATING),
            When::Zoned(local, id) => Moment::Time(*local, self.zone(id)),
            When::Utc(local) => Moment::Time(*local, Zone::UTC),
        }
    }

    pub fn instant(&self, when: &When<'_>, viewer: &Zone) -> Timestamp {
        match when {
            When::Utc(local) => Zone::UTC.instant_of(*local),
            When::Zoned(local, id) => {
                let zone = self.zone(id);
                if zone.is_floating() { viewer } else { &zone }.instant_of(*local)
            }
            When::Date(_) | When::Floating(_) => viewer.instant_of(when.local()),
        }
    }
}

impl OwnZone {
    /// Reads a VTIMEZONE. Parts that cannot be read are none.
    pub fn read(component: &Component<'_>) -> Option<OwnZone> {
        let id = component.get("TZID")?.as_text().into_owned();
        let parts = component.components.iter();
        let parts = parts.filter(|part| part.is("STANDARD") || part.is("DAYLIGHT"));
        let observances = parts.filter_map(Observance::read).collect();
        Some(OwnZone { id, observances })
    }
}

impl Observance {
    fn read(part: &Component<'_>) -> Option<Observance> {
        let offset = |name| part.value(name).and_then(values::parse_offset);
        let rules = part.all("RRULE").map(|rule| rule.value().parse::<Rule>());
        let dates = part
            .all("RDATE")
            .filter_map(|dates| values::read_dates(dates).ok());
        Some(Observance {
            daylight: part.is("DAYLIGHT"),
            name: part.get("TZNAME").map(|name| name.as_text().into_owned()),
            start: When::read(part.get("DTSTART")?).ok()?.local(),
            offset_from: offset("TZOFFSETFROM")?,
            offset_to: offset("TZOFFSETTO")?,
            rules: rules.collect::<Result<_, _>>().ok()?,
            dates: dates.flatten().map(|date| date.local()).collect(),
        })
    }
}

/// One time that an object happens.
#[derive(Debug, Clone, Copy)]
pub struct Happening<'o> {
    /// What says what it is: the series, the moved instance, or the one that it follows by THISANDFUTURE.
    pub entry: &'o Entry<'o>,
    pub start: Timestamp,
    pub end: Timestamp,
    /// Of whole days: the first, and the one after the last.
    pub days: Option<(DateTime, DateTime)>,
    /// The start as the zone of the series shows it.
    pub local: DateTime,
    /// Of a series: the start that its rule gives, which a RECURRENCE-ID names.
    pub id: Option<(DateTime, Timestamp)>,
    /// Somebody moved or changed this very instance.
    pub changed: bool,
}

/// When one object happens.
#[derive(Debug)]
pub struct Timing<'o> {
    object: &'o Object<'o>,
    pub zones: Zones,
    series: Option<(Series, Overrides<usize>)>,
    /// The longest that anything of it may last, in seconds and generously.
    longest: i64,
}

/// How long each instance lasts.
#[derive(Debug, Clone, Copy)]
enum Length {
    Exact(i64),
    Nominal(Duration),
}

const DAY: i64 = 86_400;

impl<'o> Timing<'o> {
    pub fn new(object: &'o Object<'o>) -> Result<Timing<'o>, Problem> {
        let mut timing = Timing::once(object);
        let Some(master) = object.master.as_ref() else {
            return Ok(timing);
        };
        let Some(start) = anchor(master) else {
            return Ok(timing);
        };
        if !master.recurs() && object.overrides.is_empty() && master.exdates.is_empty() {
            return Ok(timing);
        }
        let pattern = timing.pattern(master, start)?;
        let takes = pattern.extras.iter().filter_map(|extra| extra.takes);
        timing.longest = takes.fold(timing.longest, i64::max);
        let series = Series::new(pattern).map_err(|error| timing.problem("RRULE", error.to_string()))?;
        let overrides = object.overrides.iter().enumerate().filter_map(|(at, entry)| {
            let id = timing.zones.moment(entry.recurrence_id.as_ref()?);
            let start = anchor(entry).map_or_else(|| id.clone(), |start| timing.zones.moment(start));
            Some(Override {
                id,
                and_future: entry.and_future,
                start,
                what: at,
            })
        });
        let overrides = Overrides::new(&series, overrides.collect());
        timing.series = Some((series, overrides));
        Ok(timing)
    }

    /// Each entry by itself, whatever its rules say.
    pub fn once(object: &'o Object<'o>) -> Timing<'o> {
        let zones = Zones::of(object.calendar);
        let lengths = object.entries().map(|entry| length(entry, &zones).generous());
        let longest = lengths.max().unwrap_or_default();
        Timing {
            object,
            zones,
            series: None,
            longest,
        }
    }

    pub fn recurs(&self) -> bool {
        self.series.is_some()
    }

    /// The one time of an event that happens once, if that is the same whoever looks.
    pub fn only(&self) -> Option<Happening<'o>> {
        let alone = self.series.is_none() && self.object.overrides.is_empty();
        let master = self.object.master.as_ref()?;
        let is_one = alone && self.object.kind == Kind::Event && !self.floats();
        is_one.then(|| self.alone(master, &Zone::UTC)).flatten()
    }

    /// The series itself, without what was changed one by one.
    pub fn series(&self) -> Option<&Series> {
        self.series.as_ref().map(|(series, _)| series)
    }

    /// Everything that lies in a range, in order: what begins before its end and ends after its start, and what takes no time
    /// and begins within.
    pub fn between(
        &self,
        from: Timestamp,
        to: Timestamp,
        viewer: &Zone,
    ) -> Result<Vec<Happening<'o>>, TooManyOccurrences> {
        let Some((series, overrides)) = &self.series else {
            let mut all: Vec<_> = self
                .object
                .entries()
                .filter_map(|entry| self.alone(entry, viewer))
                .collect();
            all.retain(|one| one.lies_in(from, to));
            all.sort_by_key(|one| one.start);
            return Ok(all);
        };
        let earliest = back(from, self.longest);
        let mut found = Vec::new();
        for one in series.occurrences(overrides, earliest, to, viewer)? {
            let moved = one.changed.or(one.follows);
            let Some(entry) = moved.map_or(self.object.master.as_ref(), |at| self.object.overrides.get(*at))
            else {
                continue;
            };
            let zone = if series.zone().is_floating() {
                viewer
            } else {
                series.zone()
            };
            let length = match one.instance.takes() {
                Some(seconds) => Length::Exact(seconds),
                None => length(entry, &self.zones),
            };
            let all_day = entry.is_all_day();
            let at = if all_day {
                viewer.instant_of(one.local())
            } else {
                one.instant()
            };
            let happening = Happening {
                entry,
                start: at,
                end: length.end(one.local(), at, if all_day { viewer } else { zone }),
                days: all_day.then(|| (one.local(), length.days_after(one.local()))),
                local: one.local(),
                id: Some((one.instance.local(), one.instance.instant())),
                changed: one.changed.is_some(),
            };
            if happening.lies_in(from, to) {
                found.push(happening);
            }
        }
        Ok(found)
    }

    /// The first in a range for which `fits` holds. Looks further and further ahead, so it ends for series without end.
    pub fn first(
        &self,
        from: Timestamp,
        to: Timestamp,
        viewer: &Zone,
        fits: impl Fn(&Happening<'o>) -> bool,
    ) -> Option<Happening<'o>> {
        if !self.recurs() {
            let all = self.between(from, to, viewer).unwrap_or_default();
            return all.into_iter().find(fits);
        }
        let begins = self.object.entries().filter_map(anchor);
        let begins = begins.map(|start| self.zones.instant(start, viewer)).min()?;
        let (mut from, mut reach) = (from.max(back(begins, 2 * DAY)), FIRST_LOOK);
        while from < to {
            let until = ahead(from, reach).min(to);
            let found = self.between(from, until, viewer).unwrap_or_default();
            if let Some(one) = found.into_iter().find(&fits) {
                return Some(one);
            }
            if until <= from {
                return None;
            }
            (from, reach) = (until, reach.saturating_mul(8));
        }
        None
    }

    /// Whether it has any time at all: a task may have none.
    pub fn has_time(&self) -> bool {
        self.object.entries().any(|entry| anchor(entry).is_some())
    }

    /// From the start of the first happening to the end of the last one, or a little further; the end is `None` for what goes
    /// on for ever. `None` for what has no time, and for what never happens. Read in UTC where it floats.
    pub fn extent(&self) -> Option<(Timestamp, Option<Timestamp>)> {
        let viewer = &Zone::UTC;
        let at = |when: &When<'_>| self.zones.instant(when, viewer);
        let starts = self.object.overrides.iter().filter_map(anchor).map(at);
        let starts: Vec<Timestamp> = starts.collect();
        let (own, own_last, moved) = match &self.series {
            None => {
                let own = self.object.master.as_ref().and_then(anchor).map(at);
                (own, own, 0)
            }
            Some((series, _)) => {
                let moved = self.object.overrides.iter().map(|entry| self.moves(entry));
                let own = series.all(viewer).next().map(|first| first.instant());
                let last = series.last(viewer).map(|last| last.instant());
                (own, last, moved.max().unwrap_or_default())
            }
        };
        let own = own.map(|first| back(first, moved));
        let first = starts.iter().copied().chain(own).min()?;
        if self
            .series
            .as_ref()
            .is_some_and(|(series, _)| series.is_endless())
        {
            return Some((first, None));
        }
        let own = own_last.map(|last| ahead(last, moved));
        let last = starts.into_iter().chain(own).max()?;
        Some((first, Some(ahead(last, self.longest))))
    }

    /// Whether it happens at another instant for somebody elsewhere: whole days, and times without a zone.
    pub fn floats(&self) -> bool {
        let floats = |entry: &Entry<'_>| match anchor(entry) {
            None | Some(When::Utc(_)) => false,
            Some(When::Date(_) | When::Floating(_)) => true,
            Some(When::Zoned(_, id)) => self.zones.zone(id).is_floating(),
        };
        self.object.entries().any(floats)
    }

    /// How many seconds a THISANDFUTURE moves what follows it, either way.
    fn moves(&self, entry: &Entry<'_>) -> i64 {
        let (Some(id), Some(start)) = (&entry.recurrence_id, anchor(entry)) else {
            return 0;
        };
        let at = |when: &When<'_>| self.zones.instant(when, &Zone::UTC).as_second();
        if entry.and_future {
            (at(start) - at(id)).abs()
        } else {
            0
        }
    }

    fn problem(&self, name: &'static str, problem: String) -> Problem {
        let entries = self.object.calendar.components.iter();
        let mut rules = entries
            .filter(|entry| !entry.is("VTIMEZONE"))
            .filter_map(|entry| entry.get(name));
        let line = rules.next().map_or(0, Property::line);
        Problem::new(line, Reason::Recurs { name, problem })
    }

    fn pattern(&self, master: &Entry<'_>, start: &When<'_>) -> Result<Pattern, Problem> {
        let zones = &self.zones;
        let rules = |name, texts: &[&str]| {
            let rules = texts.iter().map(|text| text.parse::<Rule>());
            let rules = rules.collect::<Result<Vec<_>, _>>();
            rules.map_err(|error| self.problem(name, error.to_string()))
        };
        let extras = master.rdates.iter().map(|date| match date {
            Recurs::At(when) => Extra {
                moment: zones.moment(when),
                takes: None,
            },
            Recurs::During(period) => Extra {
                moment: zones.moment(&period.start),
                takes: Some(match &period.until {
                    Until::Lasting(duration) => duration.nominal_seconds().max(0),
                    Until::End(end) => seconds_between(&period.start, end, zones).unwrap_or(self.longest),
                }),
            },
        });
        Ok(Pattern {
            start: zones.moment(start),
            rules: rules("RRULE", &master.rrules)?,
            extras: extras.collect(),
            exceptions: master.exdates.iter().map(|date| zones.moment(date)).collect(),
            except_rules: rules("EXRULE", &master.exrules)?,
        })
    }

    /// An entry as if no rule gave it.
    fn alone(&self, entry: &'o Entry<'o>, viewer: &Zone) -> Option<Happening<'o>> {
        let when = anchor(entry)?;
        let start = self.zones.instant(when, viewer);
        let zone = when
            .tzid()
            .map_or_else(|| viewer.clone(), |id| self.zones.zone(id));
        let length = length(entry, &self.zones);
        let local = when.local();
        let zone = match when {
            When::Utc(_) => Zone::UTC,
            _ if zone.is_floating() => viewer.clone(),
            _ => zone,
        };
        let id = entry.recurrence_id.as_ref();
        Some(Happening {
            entry,
            start,
            end: length.end(local, start, &zone),
            days: when.is_date().then(|| (local, length.days_after(local))),
            local,
            id: id.map(|id| (id.local(), self.zones.instant(id, viewer))),
            changed: id.is_some(),
        })
    }
}

/// A month: what clients ask for most.
const FIRST_LOOK: i64 = 32 * DAY;

impl Happening<'_> {
    /// RFC 4791 9.9, of events.
    pub fn lies_in(&self, from: Timestamp, to: Timestamp) -> bool {
        let begins = self.start < to;
        begins && (self.end > from || self.start >= from)
    }
}

/// What an entry begins with: its start, or that by which it is due.
fn anchor<'e>(entry: &'e Entry<'_>) -> Option<&'e When<'e>> {
    entry.start.as_ref().or(entry.due.as_ref())
}

fn seconds_between(start: &When<'_>, end: &When<'_>, zones: &Zones) -> Option<i64> {
    let (start, end) = (zones.instant(start, &Zone::UTC), zones.instant(end, &Zone::UTC));
    Some(end.as_second() - start.as_second()).filter(|seconds| *seconds >= 0)
}

fn length(entry: &Entry<'_>, zones: &Zones) -> Length {
    let end = entry.end.as_ref().or(entry.due.as_ref());
    match (&entry.start, end) {
        (Some(start), Some(end)) if start.is_date() => {
            let days = start.local().date().until(end.local().date());
            let days = days.map_or(0, |span| i64::from(span.get_days()));
            Length::Nominal(Duration::days(days.max(1)))
        }
        (Some(start), Some(end)) => Length::Exact(seconds_between(start, end, zones).unwrap_or_default()),
        (Some(_), None) => Length::Nominal(entry.lasts().filter(|d| !d.is_negative()).unwrap_or_default()),
        (None, _) => Length::Exact(0),
    }
}

impl Length {
    fn generous(self) -> i64 {
        match self {
            Length::Exact(seconds) => seconds,
            Length::Nominal(duration) => duration.nominal_seconds().saturating_add(DAY),
        }
    }

    fn end(self, local: DateTime, at: Timestamp, zone: &Zone) -> Timestamp {
        match self {
            Length::Exact(seconds) => ahead(at, seconds),
            Length::Nominal(Duration { days: 0, seconds }) => ahead(at, seconds),
            Length::Nominal(duration) => {
                ahead(zone.instant_of(after(local, duration.days)), duration.seconds)
            }
        }
    }

    fn days_after(self, local: DateTime) -> DateTime {
        match self {
            Length::Exact(seconds) => after(local, seconds.div_euclid(DAY)),
            Length::Nominal(duration) => after(local, duration.days),
        }
    }
}

fn after(local: DateTime, days: i64) -> DateTime {
    local.saturating_add(SignedDuration::from_hours(days.clamp(-4_000_000, 4_000_000) * 24))
}

fn ahead(at: Timestamp, seconds: i64) -> Timestamp {
    let seconds = seconds.clamp(-LONGEST, LONGEST);
    at.saturating_add(SignedDuration::from_secs(seconds))
        .unwrap_or(at)
}

fn back(at: Timestamp, seconds: i64) -> Timestamp {
    ahead(at, -seconds.clamp(0, LONGEST))
}

/// Twice from the year -9999 to the year 9999.
const LONGEST: i64 = 40_000 * 366 * DAY;

impl Zone {
    /// The zone that a text with a VTIMEZONE in it means, as clients send their own.
    pub fn of_text(text: &str) -> Option<Zone> {
        let calendar = crate::parse::parse(text.as_bytes()).ok()?;
        let zone = calendar.child("VTIMEZONE")?;
        let id = zone.get("TZID").map(Property::as_text)?;
        Zone::of(&id, OwnZone::read(zone).as_ref())
    }
}

#[cfg(test)]
mod tests;
