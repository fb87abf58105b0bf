//! Calendars over HTTP: translation only.

mod agenda;
mod calendars;
mod events;
mod importing;
mod objects;
mod publishing;
mod settings;
mod subscriptions;

use front::{Access, Caller, Problem, Routes};

use crate::service::{Calendars, Visitor};

/// One's own calendars: whoever signed in has some.
pub(crate) const OWN: Access = Access::SIGNED_IN;

pub(crate) fn routes() -> Routes<Calendars> {
    let routes = events::routes(objects::routes(calendars::routes(Routes::new("calendar"))));
    let routes = subscriptions::routes(routes);
    let routes = settings::routes(publishing::routes(importing::routes(agenda::routes(routes))));
    crate::pages::routes(routes)
}

pub(crate) fn visitor(caller: &Caller) -> Result<Visitor, Problem> {
    let person = caller.person()?;
    Ok(Visitor {
        id: person.id,
        language: person.language,
        zone: person.zone.clone(),
    })
}
