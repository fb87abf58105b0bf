//! When people are busy: what calendar programs ask of them by CalDAV, and no more.

use dav::{Busy, Denied, Library as _};
use front::{Caller, Problem};
use jiff::Timestamp;
use kernel::{Id, Moment};
use tonic::{Request, Response, Status};
use wire::calendar::v1 as pb;
use wire::calendar::v1::free_busy_server::FreeBusy;

use super::{Speaker, caller};
use crate::library::Shelf;

/// People of one question: what may be known of them fits into one message.
const PEOPLE_MAX: usize = 50;
/// Days of one question.
const DAYS_MAX: i64 = 366;
const DAY_MICROS: i64 = 86_400_000_000;

#[tonic::async_trait]
impl FreeBusy for Speaker {
    async fn get_busy_times(
        &self,
        request: Request<pb::GetBusyTimesRequest>,
    ) -> Result<Response<pb::GetBusyTimesResponse>, Status> {
        let by = caller(&request)?;
        let asked = request.into_inner();
        let range = range(asked.from_micros, asked.to_micros)?;
        if asked.people.is_empty() || asked.people.len() > PEOPLE_MAX {
            let what = format!("must be 1 to {PEOPLE_MAX}");
            return Err(Problem::invalid("people", "bounds", what).into());
        }
        let mut people = Vec::with_capacity(asked.people.len());
        for person in asked.people {
            people.push(self.busy(&by, person, range).await?);
        }
        Ok(Response::new(pb::GetBusyTimesResponse { people }))
    }
}

impl Speaker {
    async fn busy(
        &self,
        by: &Caller,
        person: String,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<pb::BusyPerson, Problem> {
        let shelf = Shelf::new(self.0.clone());
        let address = address(&person);
        let asked = shelf.busy(by.person()?, &address, from, to);
        let found = asked.await.map_err(problem)?;
        Ok(pb::BusyPerson {
            person,
            known: found.is_some(),
            times: joined(found.unwrap_or_default()),
        })
    }
}

/// Somebody's id or e-mail address as a calendar address.
fn address(given: &str) -> String {
    let given = given.trim();
    match given.parse::<Id>() {
        Ok(id) => format!("urn:uuid:{id}"),
        Err(_) => format!("mailto:{given}"),
    }
}

fn range(from: i64, to: i64) -> Result<(Timestamp, Timestamp), Problem> {
    let (from, to) = (Moment::from_micros(from), Moment::from_micros(to));
    let (from, to) = (from.to_timestamp(), to.to_timestamp());
    if to <= from || to.as_microsecond() - from.as_microsecond() > DAYS_MAX * DAY_MICROS {
        let what = format!("must be later than `from`, by at most {DAYS_MAX} days");
        return Err(Problem::invalid("to", "bounds", what));
    }
    Ok((from, to))
}

/// What touches becomes one; what is certain and what is not stay apart.
fn joined(mut found: Vec<Busy>) -> Vec<pb::BusyTime> {
    found.sort_unstable();
    let mut joined: Vec<Busy> = Vec::with_capacity(found.len());
    for one in found {
        match joined.last_mut() {
            Some(last) if last.tentative == one.tentative && one.start <= last.end => {
                last.end = last.end.max(one.end);
            }
            _ => joined.push(one),
        }
    }
    joined.sort_unstable_by_key(|one| (one.start, one.end));
    let told = joined.into_iter().map(|one| pb::BusyTime {
        starts_at_micros: one.start.as_microsecond(),
        ends_at_micros: one.end.as_microsecond(),
        tentative: one.tentative,
    });
    told.collect()
}

fn problem(denied: Denied) -> Problem {
    match denied {
        Denied::Other(problem) => problem,
        _ => Problem::not_found(),
    }
}
