//! What can be done with reports: asking for one, seeing how far it is, and getting at its file.

use archive::{Link, Name};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use kernel::{Id, Moment, PersonId};
use store::StoreError;

use super::rows;
use crate::people;
use crate::service::{Refused, Segments};
use crate::types::{Actor, Number, Reason};

/// For how long a report is kept, and for how long a link to it works.
pub(crate) const KEPT_SECONDS: i64 = 30 * 86_400;
const LINK_SECONDS: i64 = 86_400;
/// Reports that are listed.
const LISTED: u16 = 100;

/// What somebody wants to read.
#[derive(Clone, Debug)]
pub struct ReportWanted {
    /// `2026-11`.
    pub month: String,
    /// Of the IANA database: where the month begins and ends, and by which its instants are told.
    pub zone: String,
    pub person: Option<PersonId>,
    pub segment: Option<String>,
}

/// A report, made or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub id: Id,
    pub state: ReportState,
    pub from: Moment,
    pub to: Moment,
    pub zone: String,
    /// Of everybody and of every segment when nothing is named.
    pub person: Option<PersonId>,
    pub segment: Option<Number>,
    pub asked: Moment,
    pub by: Actor,
    /// Of a thousand.
    pub part: u16,
    pub lines: u64,
    pub(crate) file: Option<String>,
    pub ended: Option<Moment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportState {
    Making,
    Made,
    /// Why, for people.
    Failed(String),
}

impl Segments {
    /// Asks for a report. It is made soon, by whichever process of the house has the duty.
    pub async fn ask_report(&self, wanted: ReportWanted, by: Actor) -> Result<Report, Refused> {
        let now = self.0.clock.now();
        let zone = TimeZone::get(&wanted.zone).map_err(|_| {
            field(
                "zone",
                "must be a time zone of the IANA database, such as Europe/Moscow",
            )
        })?;
        let (from, to) =
            month(&wanted.month, &zone).ok_or_else(|| field("month", "must be a month such as 2026-11"))?;
        if now < from {
            return Err(field("month", "must not lie in the future").into());
        }
        let segment = match &wanted.segment {
            None => None,
            Some(key) => {
                let known = self.segment(key);
                Some(known.map_err(|none| field("segment", &none.to_string()))?.number)
            }
        };
        if let Some(person) = wanted.person {
            let shard = self.0.store.shard_of(person);
            let known = shard
                .read::<_, StoreError>(move |tx| people::rows::person(tx, person))
                .await?;
            known.ok_or_else(|| field("person", "is nobody that segments know"))?;
        }
        let report = Report {
            id: Id::new(now),
            state: ReportState::Making,
            from,
            to,
            zone: wanted.zone,
            person: wanted.person,
            segment,
            asked: now,
            by,
            part: 0,
            lines: 0,
            file: None,
            ended: None,
        };
        self.save_report(report.clone()).await?;
        Ok(report)
    }

    pub(crate) async fn save_report(&self, report: Report) -> Result<(), StoreError> {
        let save = self
            .0
            .store
            .write_everywhere::<_, StoreError>(move |tx| rows::save(tx, &report));
        save.await
    }

    pub async fn report(&self, id: Id) -> Result<Report, Refused> {
        let found = self
            .home()?
            .read::<_, StoreError>(move |tx| rows::with_id(tx, id))
            .await?;
        Ok(found.ok_or(Reason::NoReport)?)
    }

    /// The latest reports, the last asked for first.
    pub async fn reports(&self) -> Result<Vec<Report>, StoreError> {
        self.home()?.read(|tx| rows::latest(tx, LISTED)).await
    }

    /// Where the file of a report can be had for a day; `None` until it is made, and when it is kept no more.
    pub fn report_link(&self, report: &Report) -> Option<Link> {
        let name: Name = report.file.as_deref()?.parse().ok()?;
        self.0.archive.link(&name, name.file(), LINK_SECONDS)
    }
}

fn field(field: &str, problem: &str) -> Reason {
    Reason::Field {
        field: field.to_owned(),
        problem: problem.to_owned(),
    }
}

/// From the first instant of a month to the first one of the next.
fn month(text: &str, zone: &TimeZone) -> Option<(Moment, Moment)> {
    let (year, month) = text.split_once('-')?;
    let is_number =
        |digits: &str, count| digits.len() == count && digits.bytes().all(|one| one.is_ascii_digit());
    if !is_number(year, 4) || !is_number(month, 2) {
        return None;
    }
    let first = Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?;
    let next = first.checked_add(jiff::Span::new().months(1)).ok()?;
    let instant = |date: Date| {
        let zoned = date.to_zoned(zone.clone()).ok()?;
        Some(Moment::from_micros(zoned.timestamp().as_microsecond()))
    };
    Some((instant(first)?, instant(next)?))
}
