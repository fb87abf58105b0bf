//! Calendars over HTTP: translation only. What is asked for is read here for gRPC too, which fills in the same shapes, so that each
//! check is written once and a problem names the same field on both.

pub(crate) mod agenda;
pub(crate) mod calendars;
pub(crate) mod directory;
pub(crate) mod events;
pub(crate) mod finding;
pub(crate) mod importing;
pub(crate) mod invitations;
pub(crate) mod mailed;
pub(crate) mod objects;
mod publishing;
pub(crate) mod resources;
pub(crate) mod settings;
pub(crate) mod sharing;
pub(crate) mod subscriptions;

use front::{Access, Caller, Problem, Routes};
use ical::zones::Zone;
use kernel::{Id, PersonId};

use crate::service::{Calendars, Visitor};
use crate::sharing::Rights;
use crate::types::Color;

/// One's own calendars: whoever signed in has some.
pub(crate) const OWN: Access = Access::SIGNED_IN;

pub(crate) fn routes() -> Routes<Calendars> {
    let routes = events::routes(objects::routes(calendars::routes(Routes::new("calendar"))));
    let routes = invitations::routes(subscriptions::routes(routes));
    let routes = directory::routes(settings::routes(publishing::routes(importing::routes(
        agenda::routes(routes),
    ))));
    let routes = resources::routes(finding::routes(routes));
    crate::pages::routes(mailed::routes(sharing::routes(routes)))
}

pub(crate) fn visitor(caller: &Caller) -> Result<Visitor, Problem> {
    let person = caller.person()?;
    Ok(Visitor {
        id: person.id,
        language: person.language,
        zone: person.zone.clone(),
    })
}

/// Whose calendar it is, if the caller may change what lies in it.
pub(crate) async fn written_by(calendars: &Calendars, caller: &Caller, id: Id) -> Result<PersonId, Problem> {
    Ok(calendars.owner_of(caller.person()?.id, id, Rights::Edit).await?)
}

/// Whose calendar it is, if the caller may say what is so of it.
pub(crate) async fn managed_by(calendars: &Calendars, caller: &Caller, id: Id) -> Result<PersonId, Problem> {
    Ok(calendars
        .owner_of(caller.person()?.id, id, Rights::Manage)
        .await?)
}

/// A time zone by its name, and how the database of zones calls it itself.
pub(crate) fn zone(given: &str) -> Result<(Zone, String), Problem> {
    let known = Zone::iana(given).and_then(|zone| {
        let name = zone.id()?.to_owned();
        Some((zone, name))
    });
    known.ok_or_else(no_zone)
}

pub(crate) fn no_zone() -> Problem {
    let what = "must be a time zone of the IANA database, such as Europe/Moscow";
    Problem::invalid("zone", "zone", what)
}

/// A colour that somebody gives a calendar.
pub(crate) fn color(given: &str) -> Result<Color, Problem> {
    Color::parse(given).map_err(|bad| Problem::invalid("color", "color", bad.to_string()))
}
