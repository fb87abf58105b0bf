//! Segments over HTTP: translation only.

mod catalog;
mod draws;
mod members;
mod numbers;
mod ofrep;
mod people;
mod reports;
mod streams;
pub(crate) mod wire;

use front::{Access, Caller, Role, Routes, Who};
use kernel::Secret;

use crate::service::Segments;
use crate::types::Actor;

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
    let routes = catalog::routes(Routes::new("segments"));
    let routes = members::routes(numbers::routes(draws::routes(routes)));
    people::routes(reports::routes(routes))
}

/// The same for OpenFeature. Streams are at addresses below `base`, signed by the secret of the house.
pub(crate) fn flags(segments: &Segments, base: &str, secret: &Secret) -> Routes {
    ofrep::routes(segments, base, secret)
}

pub(crate) fn actor(caller: &Caller) -> Actor {
    match &caller.who {
        Who::Person(person) => Actor::Person(person.id),
        Who::Key(key) => Actor::Service(key.id),
        Who::Nobody => Actor::House,
    }
}
