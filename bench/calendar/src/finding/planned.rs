//! What people of an office have in their calendars: a quarter of an hour each morning, a meeting each week, and two to four
//! others a day, some of them at the same time; now and then something before work or after it.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use ical::zones::Zone;
use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, ToSpan as _};

pub const ZONE: &str = "Europe/Berlin";
/// From one to the next in a series of numbers that looks thrown.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
/// How long something takes.
const MINUTES: [i64; 4] = [30, 45, 60, 90];
const QUARTER: i64 = 15;
/// Quarters of an hour from nine o'clock until something of the longest still ends at six.
const QUARTERS: u64 = 31;

pub type Span = (Timestamp, Timestamp);

pub struct Planned {
    pub file: String,
    /// When they are busy; some touch or overlap.
    pub spans: Vec<Span>,
    thrown: u64,
    events: usize,
}

impl Planned {
    /// The diary of person `number`, so many weeks from a Monday on.
    pub fn of(number: usize, monday: Date, weeks: i64) -> Result<Planned> {
        let mut planned = Planned {
            file: "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//Office 1.0//EN\r\n".to_owned(),
            spans: Vec::new(),
            thrown: u64::try_from(number)?.wrapping_mul(STEP),
            events: 0,
        };
        let morning = i64::try_from(planned.up_to(8))?;
        let days: Vec<i64> = (0..weeks)
            .flat_map(|week| (0..5).map(move |day| week * 7 + day))
            .collect();
        let daily = "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR\r\n";
        planned.series(monday, &days, (morning, QUARTER), daily)?;
        let (weekday, quarter) = (
            i64::try_from(planned.up_to(5))?,
            i64::try_from(planned.up_to(QUARTERS))?,
        );
        let weekly: Vec<i64> = (0..weeks).map(|week| week * 7 + weekday).collect();
        planned.series(monday, &weekly, (quarter, 60), "RRULE:FREQ=WEEKLY\r\n")?;
        for day in days {
            let day = monday.checked_add(day.days())?;
            for _ in 0..2 + planned.up_to(3) {
                let quarter = i64::try_from(planned.up_to(QUARTERS))?;
                let minutes = planned.minutes()?;
                planned.once(day, quarter, minutes)?;
            }
            // At half past seven, or at a quarter past six.
            match planned.up_to(2_000) {
                0 => planned.once(day, -6, 60)?,
                1 | 2 => planned.once(day, 37, 90)?,
                _ => {}
            }
        }
        planned.file += "END:VCALENDAR\r\n";
        Ok(planned)
    }

    pub fn instant(at: DateTime) -> Result<Timestamp> {
        Ok(Zone::iana(ZONE).context("a zone")?.instant_of(at))
    }

    fn up_to(&mut self, count: u64) -> u64 {
        self.thrown = self.thrown.wrapping_add(STEP);
        let mixed = (self.thrown ^ (self.thrown >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 29)) % count
    }

    fn minutes(&mut self) -> Result<i64> {
        let at = usize::try_from(self.up_to(4))?;
        MINUTES.get(at).copied().context("a length")
    }

    fn once(&mut self, day: Date, quarter: i64, minutes: i64) -> Result<()> {
        self.event(at(day, quarter)?, minutes, "")?;
        self.busy(day, quarter, minutes)
    }

    /// Something on these days after a Monday, the first of them being where the series begins.
    fn series(
        &mut self,
        monday: Date,
        days: &[i64],
        (quarter, minutes): (i64, i64),
        rule: &str,
    ) -> Result<()> {
        let first = days.first().context("a day")?;
        self.event(at(monday.checked_add(first.days())?, quarter)?, minutes, rule)?;
        days.iter()
            .try_for_each(|day| self.busy(monday.checked_add(day.days())?, quarter, minutes))
    }

    fn busy(&mut self, day: Date, quarter: i64, minutes: i64) -> Result<()> {
        let starts = at(day, quarter)?;
        let ends = starts.checked_add(minutes.minutes())?;
        self.spans
            .push((Planned::instant(starts)?, Planned::instant(ends)?));
        Ok(())
    }

    fn event(&mut self, starts: DateTime, minutes: i64, more: &str) -> Result<()> {
        let number = self.events;
        self.events += 1;
        let local = starts.strftime("%Y%m%dT%H%M%S");
        write!(
            self.file,
            "BEGIN:VEVENT\r\nUID:office-{number}@city.example\r\nDTSTAMP:20260101T000000Z\r\n\
             DTSTART;TZID={ZONE}:{local}\r\nDURATION:PT{minutes}M\r\n{more}SUMMARY:What happens as number {number}\r\n\
             LOCATION:Room {} on the second floor\r\nEND:VEVENT\r\n",
            number % 40,
        )?;
        Ok(())
    }
}

/// So many quarters of an hour after nine.
fn at(day: Date, quarter: i64) -> Result<DateTime> {
    Ok(day.at(9, 0, 0, 0).checked_add((quarter * QUARTER).minutes())?)
}
