//! When people are busy, and when they are free together, over HTTP.

use axum::extract::State;
use front::{Body, Caller, Problem, Routes, routes};
use jiff::civil::{Time, Weekday};
use kernel::Moment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::agenda::instant;
use super::resources::{ResourceOut, resource_out};
use super::{OWN, visitor, zone};
use crate::finding::{BUSY_PEOPLE_MAX, Busy, Search, Times, check_days, check_seats};
use crate::resources::Resource;
use crate::rules::slots::Hours;
use crate::service::{Calendars, Visitor};

/// Times of one answer, where nobody says how many.
const TIMES: usize = 10;
/// Rooms that are named with each time.
const ROOMS_MAX: usize = 200;

pub(super) fn routes(routes: Routes<Calendars>) -> Routes<Calendars> {
    routes.api(OWN, routes!(list_busy)).api(OWN, routes!(find_times))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BusyIn {
    /// E-mail addresses or ids of people of the house.
    #[schema(min_items = 1, max_items = 50)]
    pub(crate) people: Vec<String>,
    /// The first instant that is looked at (RFC 3339).
    #[schema(format = DateTime)]
    pub(crate) from: String,
    /// The first instant that is not, at most 62 days later.
    #[schema(format = DateTime)]
    pub(crate) to: String,
}

impl BusyIn {
    /// When each of them is busy, as they were asked for; `None`: nobody of the house is called so.
    pub(crate) async fn told(
        self,
        calendars: &Calendars,
    ) -> Result<Vec<(String, Option<Vec<Busy>>)>, Problem> {
        if !(1..=BUSY_PEOPLE_MAX).contains(&self.people.len()) {
            let what = format!("must name 1 to {BUSY_PEOPLE_MAX} people");
            return Err(Problem::invalid("people", "count", what));
        }
        let range = range(&self.from, &self.to)?;
        let busy = calendars.busy_of(&self.people, range).await?;
        Ok(self.people.into_iter().zip(busy).collect())
    }
}

/// Somebody is busy.
#[derive(Serialize, ToSchema)]
struct BusyOut {
    #[schema(format = DateTime)]
    starts: String,
    #[schema(format = DateTime)]
    ends: String,
    /// They have not said yet that they come.
    tentative: bool,
}

/// When one of those who were asked about is busy.
#[derive(Serialize, ToSchema)]
struct BusyPersonOut {
    /// As it was asked.
    person: String,
    /// By their start; what touches is one time. Of more than 2,000 times, the whole hours in which they lie. Absent: nobody of the
    /// house is called so.
    #[serde(skip_serializing_if = "Option::is_none")]
    busy: Option<Vec<BusyOut>>,
}

/// In the order in which it was asked.
#[derive(Serialize, ToSchema)]
struct BusyPeopleOut {
    items: Vec<BusyPersonOut>,
}

/// When people are busy, and nothing of what it is
#[utoipa::path(post, path = "/api/v1/calendar/busy", operation_id = "list_busy", request_body = BusyIn,
    responses((status = OK, body = BusyPeopleOut)))]
async fn list_busy(
    State(calendars): State<Calendars>,
    Body(given): Body<BusyIn>,
) -> Result<Body<BusyPeopleOut>, Problem> {
    let told = given.told(&calendars).await?.into_iter();
    let busy_out = |one: Busy| BusyOut {
        starts: one.starts.to_string(),
        ends: one.ends.to_string(),
        tentative: one.is_tentative,
    };
    let items = told.map(|(person, busy)| BusyPersonOut {
        person,
        busy: busy.map(|busy| busy.into_iter().map(busy_out).collect()),
    });
    Ok(Body(BusyPeopleOut {
        items: items.collect(),
    }))
}

fn range(from: &str, to: &str) -> Result<(Moment, Moment), Problem> {
    let range = (instant("from", from)?, instant("to", to)?);
    check_days(range.0, range.1)?;
    Ok(range)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Day {
    Mo,
    Tu,
    We,
    Th,
    Fr,
    Sa,
    Su,
}

impl Day {
    fn weekday(self) -> Weekday {
        match self {
            Day::Mo => Weekday::Monday,
            Day::Tu => Weekday::Tuesday,
            Day::We => Weekday::Wednesday,
            Day::Th => Weekday::Thursday,
            Day::Fr => Weekday::Friday,
            Day::Sa => Weekday::Saturday,
            Day::Su => Weekday::Sunday,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TimesIn {
    /// E-mail addresses or ids of people without whom it makes no sense.
    #[serde(default)]
    #[schema(max_items = 500)]
    pub(crate) people: Vec<String>,
    /// Of people who are welcome.
    #[serde(default)]
    #[schema(max_items = 500)]
    pub(crate) optional: Vec<String>,
    /// Whether the caller comes, too. Absent: yes.
    pub(crate) with_me: Option<bool>,
    /// How long it takes.
    #[schema(minimum = 1, maximum = 1440)]
    pub(crate) minutes: i64,
    /// The first instant that is looked at (RFC 3339).
    #[schema(format = DateTime)]
    pub(crate) from: String,
    /// The first instant that is not, at most 62 days later.
    #[schema(format = DateTime)]
    pub(crate) to: String,
    /// Between which times of the day. Absent: nine o'clock.
    #[schema(example = "09:00", pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    pub(crate) hours_from: Option<String>,
    /// Absent: 18 o'clock.
    #[schema(example = "18:00", pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    pub(crate) hours_to: Option<String>,
    /// On which days. Absent: Monday to Friday.
    pub(crate) weekdays: Option<Vec<Day>>,
    /// By whose clocks the hours are, of the IANA database. Absent: the caller's own.
    #[schema(example = "Europe/Moscow")]
    pub(crate) zone: Option<String>,
    /// The hours count by the clock of each of `people` as well.
    #[serde(default)]
    pub(crate) everyones_hours: bool,
    /// Rooms with so many seats that are free then are named with each time. Absent: no rooms.
    #[schema(minimum = 0, maximum = 100_000)]
    pub(crate) room_for: Option<i64>,
    /// How many times at most. Absent: 10.
    #[schema(minimum = 1, maximum = 50)]
    pub(crate) count: Option<usize>,
}

/// What came of it, and for each time the rooms that are free then, if they were asked for.
pub(crate) struct Found {
    pub(crate) found: Times,
    pub(crate) rooms: Option<Vec<Vec<Resource>>>,
}

impl TimesIn {
    pub(crate) async fn found(self, calendars: &Calendars, visitor: &Visitor) -> Result<Found, Problem> {
        let room_for = self.room_for;
        if let Some(seats) = room_for {
            check_seats("room_for", seats)?;
        }
        let search = search(self, &visitor.zone)?;
        let found = calendars.find_times(visitor, &search).await?;
        let rooms = match room_for {
            None => None,
            Some(seats) => Some(calendars.rooms_at(&found.times, seats, ROOMS_MAX).await?),
        };
        Ok(Found { found, rooms })
    }
}

/// A time at which it could be.
#[derive(Serialize, ToSchema)]
struct TimeOut {
    #[schema(format = DateTime)]
    starts: String,
    #[schema(format = DateTime)]
    ends: String,
    /// Who of `people` is busy then, as they were called first; the caller by their id, if they named themselves nowhere.
    missing: Vec<String>,
    missing_optional: Vec<String>,
    /// By name, 200 at most. Absent: none were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    rooms: Option<Vec<ResourceOut>>,
}

/// The best times, the best first.
#[derive(Serialize, ToSchema)]
struct TimesOut {
    items: Vec<TimeOut>,
    /// Nobody of the house is called so: nothing is known of when they are busy.
    unknown: Vec<String>,
}

/// Finds times at which people are free together
///
/// The best first: those at which all can come, then those at which the fewest of `people` cannot. None of them overlap.
#[utoipa::path(post, path = "/api/v1/calendar/times", operation_id = "find_times", request_body = TimesIn,
    responses((status = OK, body = TimesOut)))]
async fn find_times(
    State(calendars): State<Calendars>,
    caller: Caller,
    Body(given): Body<TimesIn>,
) -> Result<Body<TimesOut>, Problem> {
    let Found { found, rooms } = given.found(&calendars, &visitor(&caller)?).await?;
    let mut rooms = rooms.map(Vec::into_iter);
    let items = found.times.into_iter().map(|time| TimeOut {
        starts: time.starts.to_string(),
        ends: time.ends.to_string(),
        missing: time.missing,
        missing_optional: time.missing_optional,
        rooms: rooms.as_mut().map(|rooms| {
            rooms
                .next()
                .unwrap_or_default()
                .into_iter()
                .map(resource_out)
                .collect()
        }),
    });
    Ok(Body(TimesOut {
        items: items.collect(),
        unknown: found.unknown,
    }))
}

fn search(given: TimesIn, own_zone: &str) -> Result<Search, Problem> {
    let (zone, _) = zone(given.zone.as_deref().unwrap_or(own_zone))?;
    let working = vec![Day::Mo, Day::Tu, Day::We, Day::Th, Day::Fr];
    let weekdays = given.weekdays.unwrap_or(working);
    let (from, to) = range(&given.from, &given.to)?;
    Ok(Search {
        needed: given.people,
        optional: given.optional,
        with_me: given.with_me.unwrap_or(true),
        from,
        to,
        minutes: given.minutes,
        hours: Hours {
            from: hour("hours_from", given.hours_from.as_deref(), 9)?,
            to: hour("hours_to", given.hours_to.as_deref(), 18)?,
            weekdays: weekdays.into_iter().map(Day::weekday).collect(),
        },
        zone,
        everyones_hours: given.everyones_hours,
        count: given.count.unwrap_or(TIMES),
    })
}

fn hour(field: &'static str, given: Option<&str>, usual: i8) -> Result<Time, Problem> {
    let Some(given) = given else {
        return Ok(Time::constant(usual, 0, 0, 0));
    };
    let wrong = || Problem::invalid(field, "time", "must be hours and minutes, such as 09:30");
    if given.len() != 5 {
        return Err(wrong());
    }
    given.parse().map_err(|_| wrong())
}
