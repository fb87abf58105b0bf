//! Segments over HTTP: translation only.

mod catalog;
mod ofrep;
mod people;
mod wire;

use front::{Access, Caller, Code, Problem, Role, Routes, Who};
use store::StoreError;

use crate::service::{Refused, Segments};
use crate::types::{Actor, Reason};

/// The hot path, and nothing else.
pub const READ: &str = "segments:read";
/// Everything that an administrator may do.
pub const WRITE: &str = "segments:write";

const ADMIN: Role = Role::on("admin", "house");
const ANALYST: Role = Role::on("analyst", "house");

const CHANGES: Access = Access::role(&[ADMIN]).or_key(WRITE);
const LOOKS: Access = Access::role(&[ADMIN, ANALYST]).or_key(WRITE);
const ASKS: Access = Access::role(&[ADMIN, ANALYST]).or_key(READ);

pub(crate) fn routes() -> Routes<Segments> {
    ofrep::routes(people::routes(catalog::routes(Routes::new("segments"))))
}

pub(crate) fn actor(caller: &Caller) -> Actor {
    match &caller.who {
        Who::Person(person) => Actor::Person(person.id),
        Who::Key(key) => Actor::Service(key.id),
        Who::Nobody => Actor::House,
    }
}

pub(crate) fn refused(why: Refused) -> Problem {
    match why {
        Refused::Reason(reason) => Problem::from(reason),
        Refused::Store(error) => of_store(error),
    }
}

fn of_store(error: StoreError) -> Problem {
    match error {
        StoreError::Unavailable { .. } | StoreError::Busy => Problem::from(error),
        error => Problem::internal(error),
    }
}

impl From<Reason> for Problem {
    fn from(reason: Reason) -> Problem {
        let text = reason.to_string();
        match reason {
            Reason::NoSegment(_) | Reason::NoPerson => Problem::not_found().detail(sentence(&text)),
            Reason::KeyTaken(_) => Problem::conflict(sentence(&text)).field("key", "taken", "is taken"),
            Reason::Archived(_) | Reason::TooManySegments => Problem::conflict(sentence(&text)),
            Reason::Stale => Problem::new(Code::PreconditionFailed),
            Reason::AddedAndRemoved(_) => Problem::invalid("add", "contradiction", text),
            Reason::EndsInThePast => Problem::invalid("until", "past", text),
            Reason::Cycle(..) => Problem::invalid("rollout", "cycle", text),
            Reason::Field { field, problem } => Problem::invalid(field, "bounds", problem),
        }
    }
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), characters.as_str())
}
