//! When somebody is reminded of an object.
//!
//! What is kept true: after any instant one reminder of an object is the next, none is passed over and none comes twice, whatever
//! the clocks of its zone do; and looking for it ends, also in a series without end.
//!
//! An alarm of the object that sends mail (ACTION:EMAIL) counts. Those that a calendar program shows by itself are left to it, and
//! then its user has chosen: what the calendar does by itself is for events that say nothing of alarms at all. ACTION:NONE,
//! which Apple's programs write, is thereby how an event says that it wants no reminder; X-TOWNHALL-REMINDERS:NONE is how our own
//! forms say it, and it can be said of one instance alone.

use ical::recurrence::TooManyOccurrences;
use ical::zones::Zone;
use ical::{Action, Alarm, Duration, Entry, Happening, Kind, Object, Problem, Status, Timing, Trigger, When};
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use kernel::Moment;

use crate::reminders::types::Reminders;

/// Alarms of one entry, and how often each of them is repeated: letters are no alarm clock.
const ALARMS_MAX: usize = 20;
const REPEATS_MAX: u32 = 10;
/// So long after its instant a reminder is still of use, even when what it is about is over.
const LATE_MICROS: i64 = 15 * 60 * 1_000_000;
/// Different instances that one is reminded of at once, after an outage: the latest ones.
const AT_ONCE_MAX: usize = 5;
/// Of whole days a calendar reminds on the day before, at this hour.
const EVE_HOUR: i8 = 9;
/// What a day of a zone may be longer or shorter than 24 hours, generously: some places have skipped one.
const SLACK_MICROS: i64 = DAY_MICROS;
/// The first look for the next reminder, each further one eight times as far: nine of them reach the year 9999.
const FIRST_LOOK_MICROS: i64 = DAY_MICROS;
/// Looks for one reminder, those included that were too far for a dense series.
const LOOKS_MAX: u32 = 24;
/// A look that finds too many instances in so little time is the last one.
const LOOK_MICROS_MIN: i64 = 60 * 1_000_000;
/// Where a zone may be ahead of the one that was looked from.
const FLOATS_MICROS: i64 = 26 * 3_600 * 1_000_000;
const DAY_MICROS: i64 = 86_400 * 1_000_000;
/// The end of the year 9999, which is as far as calendars go.
const END_OF_TIME: Moment = Moment::from_seconds(253_402_207_200);

/// That somebody is reminded of one time that something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reminder {
    pub at: Moment,
    pub starts: Moment,
    pub ends: Moment,
}

impl Reminder {
    /// Whoever was not reminded by then is not reminded any more.
    pub fn wanted_until(&self) -> Moment {
        self.ends.max(self.at.plus_micros(LATE_MICROS))
    }
}

/// All reminders of one object.
pub struct Reminding<'o> {
    object: &'o Object<'o>,
    timing: Timing<'o>,
    reminders: &'o Reminders,
    /// Where whole days begin, and what times without a zone are read by.
    zone: &'o Zone,
}

/// So long before or after something of an instance.
#[derive(Clone, Copy, Debug)]
struct Offset {
    from: Base,
    by: Duration,
    /// Whoever was there at that instant has seen it.
    seen: Option<Moment>,
}

#[derive(Clone, Copy, Debug)]
enum Base {
    Start,
    End,
    /// The morning of the day before.
    Eve,
}

/// Whether there may be any reminder after an instant, whatever the object's calendar does by itself and wherever it is. Quick:
/// what is over for good need not be looked at more closely.
pub fn may_remind(object: &Object<'_>, timing: &Timing<'_>, after: Moment) -> bool {
    if !matches!(object.kind, Kind::Event | Kind::Todo) {
        return false;
    }
    let mut latest = 0;
    let mut any = false;
    for entry in object.entries().filter(|entry| !is_settled(entry)) {
        any |= is_by_itself(object, entry);
        for alarm in letters(entry) {
            any = true;
            match &alarm.trigger {
                Some(Trigger::At(when)) => {
                    let at = Moment::from(timing.zones.instant(when, &Zone::UTC));
                    let last = repeats(alarm, Duration::default()).last().map_or(0, micros);
                    if at.plus_micros(last).plus_micros(FLOATS_MICROS) > after {
                        return true;
                    }
                }
                Some(Trigger::Start(by) | Trigger::End(by)) => {
                    let last = repeats(alarm, *by).last().map_or(0, micros);
                    latest = latest.max(last);
                }
                None => {}
            }
        }
    }
    let margin = FLOATS_MICROS + SLACK_MICROS;
    let end = timing
        .extent()
        .map(|(_, last)| last.map_or(END_OF_TIME, Moment::from));
    any && end.is_some_and(|end| end.plus_micros(latest).plus_micros(margin) > after)
}

impl<'o> Reminding<'o> {
    pub fn new(
        object: &'o Object<'o>,
        reminders: &'o Reminders,
        zone: &'o Zone,
    ) -> Result<Reminding<'o>, Problem> {
        Ok(Reminding {
            object,
            timing: Timing::new(object)?,
            reminders,
            zone,
        })
    }

    /// When somebody is reminded next. `None` also for what happens so often that letters about it would be noise.
    pub fn next(&self, after: Moment) -> Option<Moment> {
        let fixed = self.fixed().into_iter().map(|one| one.at);
        let fixed = fixed.filter(|at| *at > after).min();
        let moving = self.next_moving(after);
        match (fixed, moving) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    /// What somebody is to be reminded of `at` an instant, of all that was due from another one on: each instance once, by its
    /// latest reminder, and nothing that it is too late for.
    pub fn due(&self, from: Moment, at: Moment) -> Vec<Reminder> {
        const HOUR_MICROS: i64 = 3_600 * 1_000_000;
        let before = from.plus_micros(-1);
        let moving = self.moving(before, at).or_else(|TooManyOccurrences| {
            // After a long outage the last hour says enough.
            self.moving(before.max(at.plus_micros(-HOUR_MICROS)), at)
        });
        let mut due = moving.unwrap_or_default();
        due.extend(
            self.fixed()
                .into_iter()
                .filter(|one| (from..=at).contains(&one.at)),
        );
        due.retain(|one| one.wanted_until() >= at);
        due.sort_by_key(|one| (one.starts, one.ends, std::cmp::Reverse(one.at)));
        due.dedup_by_key(|one| (one.starts, one.ends));
        due.sort();
        due.split_off(due.len().saturating_sub(AT_ONCE_MAX))
    }

    fn next_moving(&self, after: Moment) -> Option<Moment> {
        let (low, high) = self.reach()?;
        let (first, last) = self.timing.extent()?;
        let margin = FLOATS_MICROS + SLACK_MICROS;
        let last = last.map_or(END_OF_TIME, |last| Moment::from(last).plus_micros(high + margin));
        let mut from = after.max(Moment::from(first).plus_micros(low - margin));
        let mut look = FIRST_LOOK_MICROS;
        for _ in 0..LOOKS_MAX {
            if from >= last {
                return None;
            }
            let until = from.plus_micros(look).min(last);
            match self.moving(from, until) {
                Ok(found) => match found.first() {
                    Some(next) => return Some(next.at),
                    None => (from, look) = (until, look.saturating_mul(8)),
                },
                Err(TooManyOccurrences) if look > LOOK_MICROS_MIN => look /= 8,
                Err(TooManyOccurrences) => return None,
            }
        }
        None
    }

    /// Those that move with their instance, after an instant and up to another one, in order.
    fn moving(&self, after: Moment, until: Moment) -> Result<Vec<Reminder>, TooManyOccurrences> {
        let Some((low, high)) = self.reach() else {
            return Ok(Vec::new());
        };
        let from = after.plus_micros(-high).plus_micros(-SLACK_MICROS);
        let to = until.plus_micros(-low).plus_micros(SLACK_MICROS);
        let mut found = Vec::new();
        for one in self
            .timing
            .between(from.to_timestamp(), to.to_timestamp(), self.zone)?
        {
            for offset in self.offsets(one.entry) {
                let at = self.instant(offset, &one);
                let is_new = offset.seen.is_none_or(|seen| at > seen);
                if at > after && at <= until && is_new {
                    found.push(reminder(at, &one));
                }
            }
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// Those of a fixed instant. One of a series is about the next instance after it.
    fn fixed(&self) -> Vec<Reminder> {
        let mut found = Vec::new();
        for entry in self.object.entries().filter(|entry| !is_settled(entry)) {
            for alarm in letters(entry) {
                let Some(Trigger::At(when)) = &alarm.trigger else {
                    continue;
                };
                let at = Moment::from(self.timing.zones.instant(when, self.zone));
                let seen = self.seen(alarm);
                for after in repeats(alarm, Duration::default()) {
                    let at = at.plus_micros(micros(after));
                    let about = self.about(entry, at);
                    found.extend(about.filter(|_| seen.is_none_or(|seen| at > seen)));
                }
            }
        }
        found.sort();
        found.dedup();
        found
    }

    fn about(&self, entry: &Entry<'_>, at: Moment) -> Option<Reminder> {
        let is_it = |one: &Happening<'_>| {
            let mine = entry.recurrence_id.is_none() || std::ptr::eq(entry, one.entry);
            mine && !is_settled(one.entry)
        };
        let to = Timestamp::MAX;
        let is_ahead = |one: &Happening<'_>| is_it(one) && Moment::from(one.end) > at;
        let next = self.timing.first(at.to_timestamp(), to, self.zone, is_ahead);
        let alone = || self.timing.first(Timestamp::MIN, to, self.zone, is_it);
        let one = next.or_else(|| if self.timing.recurs() { None } else { alone() })?;
        Some(reminder(at, &one))
    }

    fn offsets(&self, entry: &Entry<'_>) -> Vec<Offset> {
        if is_settled(entry) {
            return Vec::new();
        }
        if !is_by_itself(self.object, entry) {
            return letters(entry).flat_map(|alarm| self.of_alarm(alarm)).collect();
        }
        let before = |from, by| Offset { from, by, seen: None };
        let minutes = self.reminders.minutes().iter();
        if entry.is_all_day() {
            return minutes
                .take(1)
                .map(|_| before(Base::Eve, Duration::default()))
                .collect();
        }
        let start = |minutes: &u32| before(Base::Start, Duration::seconds(-60 * i64::from(*minutes)));
        minutes.map(start).collect()
    }

    fn of_alarm(&self, alarm: &Alarm<'_>) -> Vec<Offset> {
        let (from, by) = match alarm.trigger {
            Some(Trigger::Start(by)) => (Base::Start, by),
            Some(Trigger::End(by)) => (Base::End, by),
            Some(Trigger::At(_)) | None => return Vec::new(),
        };
        let seen = self.seen(alarm);
        let offset = |by| Offset { from, by, seen };
        repeats(alarm, by).map(offset).collect()
    }

    fn seen(&self, alarm: &Alarm<'_>) -> Option<Moment> {
        let seen = alarm.acknowledged.as_ref()?;
        Some(self.timing.zones.instant(seen, self.zone).into())
    }

    /// The earliest and the latest that any reminder is, beside its instance, if all days had 24 hours.
    fn reach(&self) -> Option<(i64, i64)> {
        let offsets = self.object.entries().flat_map(|entry| self.offsets(entry));
        let micros = offsets.map(|offset| match offset.from {
            Base::Start | Base::End => micros(offset.by),
            Base::Eve => -DAY_MICROS,
        });
        micros.fold(None, |reach, at| match reach {
            None => Some((at, at)),
            Some((low, high)) => Some((at.min(low), at.max(high))),
        })
    }

    fn instant(&self, offset: Offset, one: &Happening<'_>) -> Moment {
        let base = match (offset.from, one.days) {
            (Base::Eve, Some((first, _))) => {
                let eve = first.date().yesterday().unwrap_or(first.date());
                return self.zone.instant_of(eve.at(EVE_HOUR, 0, 0, 0)).into();
            }
            (Base::Start | Base::Eve, _) => one.start,
            (Base::End, _) => one.end,
        };
        let by = offset.by;
        let base = if by.days == 0 {
            base
        } else {
            let zone = self.zone_of(one.entry);
            zone.instant_of(days_later(zone.local_at(base), by.days))
        };
        let seconds = Duration::seconds(by.seconds);
        Moment::from(base).plus_micros(micros(seconds))
    }

    /// By which clocks an entry takes place: days before it are days there.
    fn zone_of(&self, entry: &Entry<'_>) -> Zone {
        let zone = match entry.start.as_ref().or(entry.due.as_ref()) {
            Some(When::Utc(_)) => Zone::UTC,
            Some(When::Zoned(_, id)) => self.timing.zones.zone(id),
            _ => Zone::FLOATING,
        };
        if zone.is_floating() {
            self.zone.clone()
        } else {
            zone
        }
    }
}

fn reminder(at: Moment, one: &Happening<'_>) -> Reminder {
    let (starts, ends) = (one.start.into(), one.end.into());
    Reminder { at, starts, ends }
}

/// Whether the calendar reminds of an entry as it does by itself: neither the entry nor its series speaks of alarms.
fn is_by_itself(object: &Object<'_>, entry: &Entry<'_>) -> bool {
    let says_nothing = |entry: &Entry<'_>| entry.alarms.is_empty();
    let is_event = object.kind == Kind::Event;
    is_event && !entry.is_silent && says_nothing(entry) && object.master.as_ref().is_none_or(says_nothing)
}

/// Whether no letter is ever written about an entry.
pub fn is_silent(object: &Object<'_>, entry: &Entry<'_>) -> bool {
    !is_by_itself(object, entry) && letters(entry).next().is_none()
}

/// Nobody has to be reminded of what was called off or is done.
fn is_settled(entry: &Entry<'_>) -> bool {
    let settled = matches!(entry.status, Some(Status::Cancelled | Status::Completed));
    settled || entry.completed.is_some() || entry.percent == Some(100)
}

/// The alarms of an entry that are letters.
fn letters<'e, 'a>(entry: &'e Entry<'a>) -> impl Iterator<Item = &'e Alarm<'a>> {
    let alarms = entry.alarms.iter().take(ALARMS_MAX);
    alarms.filter(|alarm| alarm.action == Some(Action::Email))
}

/// When an alarm rings, and rings again.
fn repeats(alarm: &Alarm<'_>, first: Duration) -> impl Iterator<Item = Duration> + use<> {
    let every = alarm.every.filter(|every| every.nominal_seconds() > 0);
    let (every, times) = match every {
        Some(every) => (every, alarm.repeat.min(REPEATS_MAX)),
        None => (Duration::default(), 0),
    };
    (0..=i64::from(times)).map(move |time| Duration {
        days: first.days.saturating_add(every.days.saturating_mul(time)),
        seconds: first.seconds.saturating_add(every.seconds.saturating_mul(time)),
    })
}

/// As if all days had 24 hours, and never more than some lives.
fn micros(duration: Duration) -> i64 {
    const YEARS: i64 = 200 * 366 * 86_400;
    duration.nominal_seconds().clamp(-YEARS, YEARS) * 1_000_000
}

fn days_later(local: DateTime, days: i64) -> DateTime {
    const DAYS: i64 = 200 * 366;
    local.saturating_add(SignedDuration::from_hours(24 * days.clamp(-DAYS, DAYS)))
}

#[cfg(test)]
mod tests;
