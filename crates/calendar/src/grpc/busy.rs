//! When people are busy, and times at which they are free together.

use front::Problem;
use tonic::{Request, Response, Status};
use wire::calendar::v1 as pb;
use wire::calendar::v1::free_busy_server::FreeBusy;

use super::rooms::resource_out;
use super::{Speaker, caller, instant_in, words};
use crate::finding::{Busy, Time};
use crate::http::finding::{BusyIn, Found, TimesIn};
use crate::http::visitor;
use crate::resources::Resource;

#[tonic::async_trait]
impl FreeBusy for Speaker {
    async fn get_busy_times(
        &self,
        request: Request<pb::GetBusyTimesRequest>,
    ) -> Result<Response<pb::GetBusyTimesResponse>, Status> {
        let given = request.into_inner();
        let asked = BusyIn {
            people: given.people,
            from: instant_in(given.from_micros),
            to: instant_in(given.to_micros),
        };
        let told = asked.told(&self.0).await?.into_iter();
        let people = told.map(|(person, busy)| pb::BusyPerson {
            person,
            known: busy.is_some(),
            times: busy.into_iter().flatten().map(busy_out).collect(),
        });
        Ok(Response::new(pb::GetBusyTimesResponse {
            people: people.collect(),
        }))
    }

    async fn find_times(
        &self,
        request: Request<pb::FindTimesRequest>,
    ) -> Result<Response<pb::FindTimesResponse>, Status> {
        let visitor = visitor(&caller(&request)?)?;
        let asked = times_in(request.into_inner())?;
        let Found { found, rooms } = asked.found(&self.0, &visitor).await?;
        let mut rooms = rooms.unwrap_or_default().into_iter();
        let times = found.times.into_iter();
        let times = times.map(|time| time_out(time, rooms.next().unwrap_or_default()));
        Ok(Response::new(pb::FindTimesResponse {
            times: times.collect(),
            unknown: found.unknown,
        }))
    }
}

fn times_in(given: pb::FindTimesRequest) -> Result<TimesIn, Problem> {
    let weekdays = given.weekdays.iter().map(|day| words::must("weekdays", *day));
    let weekdays: Vec<_> = weekdays.collect::<Result<_, _>>()?;
    Ok(TimesIn {
        people: given.people,
        optional: given.optional_people,
        with_me: given.with_me,
        minutes: given.minutes,
        from: instant_in(given.from_micros),
        to: instant_in(given.to_micros),
        hours_from: given.hours_from,
        hours_to: given.hours_to,
        weekdays: Some(weekdays).filter(|days| !days.is_empty()),
        zone: given.zone,
        everyones_hours: given.everyones_hours,
        room_for: given.room_for,
        count: given
            .count
            .map(|count| usize::try_from(count).unwrap_or(usize::MAX)),
    })
}

fn busy_out(busy: Busy) -> pb::BusyTime {
    pb::BusyTime {
        starts_at_micros: busy.starts.as_micros(),
        ends_at_micros: busy.ends.as_micros(),
        tentative: busy.is_tentative,
    }
}

fn time_out(time: Time, rooms: Vec<Resource>) -> pb::FoundTime {
    pb::FoundTime {
        starts_at_micros: time.starts.as_micros(),
        ends_at_micros: time.ends.as_micros(),
        missing: time.missing,
        missing_optional: time.missing_optional,
        rooms: rooms.into_iter().map(|room| resource_out(room, None)).collect(),
    }
}
