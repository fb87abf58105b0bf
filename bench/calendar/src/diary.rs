//! The same calendar for every side: so many events of which a tenth recur, thirty-one of each thousand in the week that is
//! looked at, with thirty-five instances.
//!
//! The texts are as long as those of calendar programs: each brings its zone, and some an alarm.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};
use ical::zones::Zone;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::{Timestamp, ToSpan as _};

/// The plan below is one of so many.
pub const PART: usize = 1_000;
/// Of each part, what lies in the week.
pub const OBJECTS_OF_PART: usize = 31;
pub const INSTANCES_OF_PART: usize = 35;

const ZONE: &str = "Europe/Berlin";
const HEAD: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//Diary 1.0//EN\r\n";
const ZONE_TEXT: &str = "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n\
     BEGIN:DAYLIGHT\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nTZNAME:CEST\r\nDTSTART:19700329T020000\r\n\
     RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\n\
     BEGIN:STANDARD\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nTZNAME:CET\r\nDTSTART:19701025T030000\r\n\
     RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";
const END: &str = "END:VCALENDAR\r\n";

/// What one calendar holds, and what is right to answer of its week.
pub struct Diary {
    pub entries: Vec<Entry>,
    pub week: (Timestamp, Timestamp),
    /// Objects that have something in the week.
    pub objects: usize,
    pub instances: usize,
    /// When whoever has it is busy in the week, joined.
    pub busy: Vec<(Timestamp, Timestamp)>,
}

pub struct Entry {
    pub name: String,
    uid: String,
    /// Its components, without the calendar around them.
    events: String,
}

impl Entry {
    pub fn text(&self) -> String {
        format!("{HEAD}{ZONE_TEXT}{}{END}", self.events)
    }

    pub fn uid(&self) -> &str {
        &self.uid
    }
}

impl Diary {
    pub fn new(events: usize) -> Result<Diary> {
        ensure!(
            events > 0 && events.is_multiple_of(PART),
            "events come by the {PART}"
        );
        let zone = Zone::iana(ZONE).context("a zone")?;
        let utc = Timestamp::now();
        let today = Zone::UTC.local_at(utc).date();
        let monday = today.nth_weekday(1, Weekday::Monday)?;
        let mut plan = Plan {
            monday,
            stamp: utc.strftime("%Y%m%dT%H%M%SZ").to_string(),
            in_week: Vec::new(),
        };
        let entries = (0..events).map(|number| plan.entry(number));
        let entries = entries.collect::<Result<Vec<Entry>>>()?;
        let at = |date: Date| Zone::UTC.instant_of(date.at(0, 0, 0, 0));
        let instances = plan.in_week.len();
        let busy = plan
            .in_week
            .iter()
            .map(|(from, to)| (zone.instant_of(*from), zone.instant_of(*to)));
        Ok(Diary {
            entries,
            week: (at(monday), at(monday.checked_add(7.days())?)),
            objects: events / PART * OBJECTS_OF_PART,
            instances,
            busy: joined(busy.collect()),
        })
    }

    /// All of them in one file.
    pub fn file(&self) -> String {
        let mut file = format!("{HEAD}{ZONE_TEXT}");
        for entry in &self.entries {
            file.push_str(&entry.events);
        }
        file + END
    }
}

/// What touches is one.
pub fn joined(mut periods: Vec<(Timestamp, Timestamp)>) -> Vec<(Timestamp, Timestamp)> {
    periods.sort_unstable();
    let mut joined: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (from, to) in periods {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

struct Plan {
    monday: Date,
    stamp: String,
    in_week: Vec<(DateTime, DateTime)>,
}

impl Plan {
    fn entry(&mut self, number: usize) -> Result<Entry> {
        let place = number % PART;
        let mixed = i64::try_from(number.wrapping_mul(7_919) / 13 % 10_000)?;
        let minutes = if mixed % 3 == 0 { 30 } else { 60 };
        let uid = format!("entry-{number}@diary.example");
        let (weekday, slot) = (mixed % 5, mixed / 5 % 20);
        let day = |weeks: i64| -> Result<DateTime> {
            let date = self.monday.checked_add((weeks * 7 + weekday).days())?;
            Ok(date.at(8, 0, 0, 0).checked_add((slot * 30).minutes())?)
        };
        let ago = 2 + mixed % 40;
        let (start, rule) = match place {
            0..17 => (day(0)?, String::new()),
            17..900 => {
                let week = i64::try_from(place - 17)? % 51 - 25;
                (day(if week > 0 { week } else { week - 1 })?, String::new())
            }
            900..912 => (day(-ago)?, "RRULE:FREQ=WEEKLY\r\n".to_owned()),
            912 | 913 => {
                let days = if place == 912 { "MO,WE,FR" } else { "TU,TH,FR" };
                let first = if place == 912 { 0 } else { 1 };
                let start = day(-ago)?.checked_add((first - weekday).days())?;
                (start, format!("RRULE:FREQ=WEEKLY;BYDAY={days}\r\n"))
            }
            914..957 => {
                let until = self.monday.checked_sub(14.days())?;
                let rule = format!("RRULE:FREQ=WEEKLY;UNTIL={}T000000Z\r\n", until.strftime("%Y%m%d"));
                (day(-ago - 10)?, rule)
            }
            957..979 => {
                let start = self
                    .outside(ago)?
                    .at(8, 0, 0, 0)
                    .checked_add((slot * 30).minutes())?;
                (start, "RRULE:FREQ=MONTHLY\r\n".to_owned())
            }
            _ => (day(1 + mixed % 20)?, "RRULE:FREQ=WEEKLY;COUNT=30\r\n".to_owned()),
        };
        let mut events = self.event(&uid, (number, minutes), start, &rule);
        let lasts = |at: DateTime| -> Result<_> { Ok((at, at.checked_add(minutes.minutes())?)) };
        match place {
            0..17 => self.in_week.push(lasts(start)?),
            905 => {
                // Of this series the instance of the week takes place an hour later than usual.
                let moved = day(0)?.checked_add(1.hour())?;
                let id = format!("RECURRENCE-ID;TZID={ZONE}:{}\r\n", local(day(0)?));
                events += &self.event(&uid, (number, minutes), moved, &id);
                self.in_week.push(lasts(moved)?);
            }
            900..912 => self.in_week.push(lasts(day(0)?)?),
            912 | 913 => {
                let days = if place == 912 { [0, 2, 4] } else { [1, 3, 4] };
                for weekday in days {
                    let date = self.monday.checked_add(weekday.days())?;
                    self.in_week.push(lasts(date.to_datetime(start.time()))?);
                }
            }
            _ => {}
        }
        Ok(Entry {
            name: format!("entry-{number:06}.ics"),
            uid,
            events,
        })
    }

    /// A day so many weeks ago whose number every month has, and the week has not.
    fn outside(&self, weeks: i64) -> Result<Date> {
        let mut date = self.monday.checked_sub((weeks * 7).days())?;
        let days: Vec<i8> = (0..7)
            .map(|day| Ok(self.monday.checked_add(day.days())?.day()))
            .collect::<Result<_>>()?;
        while date.day() > 28 || days.contains(&date.day()) {
            date = date.checked_sub(1.day())?;
        }
        Ok(date)
    }

    fn event(&self, uid: &str, (number, minutes): (usize, i64), start: DateTime, more: &str) -> String {
        let end = start.checked_add(minutes.minutes()).unwrap_or(start);
        let mut text = format!("BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:{}\r\n", self.stamp);
        let _ = write!(
            text,
            "DTSTART;TZID={ZONE}:{}\r\nDTEND;TZID={ZONE}:{}\r\n{more}SUMMARY:What happens as number {number}\r\n\
             LOCATION:Room {} on the second floor\r\nDESCRIPTION:What is talked about\\, with as many words as people \
             write\r\n  who want others to come prepared: what was said last time\\, what is to be\r\n  decided\\, and who \
             brings what.\r\nCATEGORIES:WORK\r\nSEQUENCE:0\r\n",
            local(start),
            local(end),
            number % 40,
        );
        if number.is_multiple_of(5) {
            text += "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Soon\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\n";
        }
        text + "END:VEVENT\r\n"
    }
}

fn local(at: DateTime) -> String {
    at.strftime("%Y%m%dT%H%M%S").to_string()
}
