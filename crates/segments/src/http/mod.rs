//! Segments over HTTP: translation only. What is asked for is read here for gRPC too, which fills in the same shapes, so that each
//! check is written once and a problem names the same field on both.

pub(crate) mod catalog;
pub(crate) mod days;
pub(crate) mod draws;
pub(crate) mod members;
pub(crate) mod numbers;
mod ofrep;
pub(crate) mod people;
pub(crate) mod reports;
mod streams;
pub(crate) mod wire;

use front::{Access, Caller, Role, Routes, Who};
use kernel::Secret;

use http::HeaderValue;

use crate::service::Segments;
use crate::types::Actor;

/// The hot path, and nothing else.
pub const READ: &str = "segments:read";
/// Everything that an administrator may do.
pub const WRITE: &str = "segments:write";

const ADMIN: Role = Role::on("admin", "house");
const ANALYST: Role = Role::on("analyst", "house");

pub(crate) const CHANGES: Access = Access::role(&[ADMIN]).or_key(WRITE);
pub(crate) const LOOKS: Access = Access::role(&[ADMIN, ANALYST]).or_key(WRITE);
pub(crate) const ASKS: Access = Access::role(&[ADMIN, ANALYST]).or_key(READ);

pub(crate) fn routes() -> Routes<Segments> {
    let routes = catalog::routes(Routes::new("segments"));
    let routes = members::routes(numbers::routes(draws::routes(routes)));
    people::routes(reports::routes(days::routes(routes)))
}

/// The same for OpenFeature. Streams are at addresses below `base`, signed by the secret of the house.
pub(crate) fn flags(segments: &Segments, base: &str, secret: &Secret) -> Routes {
    ofrep::routes(segments, base, secret)
}

/// Which of these the caller would rather have; the first one, if that is all the same to them or none will do.
fn preferred(accept: Option<&HeaderValue>, offered: &[&'static str]) -> &'static str {
    let accept = accept.and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    let wish = |kind: &str| {
        let ranges = accept.split(',').filter_map(|range| {
            let (name, rest) = range.split_once(';').unwrap_or((range, ""));
            let weight = rest.split(';').find_map(|one| one.trim().strip_prefix("q="));
            let weight: f64 = weight.map_or(Some(1.0), |weight| weight.parse().ok())?;
            let all = kind.split_once('/').map(|(family, _)| format!("{family}/*"))?;
            match name.trim() {
                exact if exact.eq_ignore_ascii_case(kind) => Some((2, weight)),
                family if *family == all => Some((1, weight)),
                "*/*" => Some((0, weight)),
                _ => None,
            }
        });
        // What is said most exactly counts.
        ranges
            .max_by_key(|(exactness, _)| *exactness)
            .map_or(0.0, |(_, weight)| weight)
    };
    let mut best = (offered.first().copied().unwrap_or_default(), 0.0);
    for &kind in offered {
        let weight = wish(kind);
        if weight > best.1 {
            best = (kind, weight);
        }
    }
    best.0
}

pub(crate) fn actor(caller: &Caller) -> Actor {
    match &caller.who {
        Who::Person(person) => Actor::Person(person.id),
        Who::Key(key) => Actor::Service(key.id),
        Who::Nobody => Actor::House,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asks_gets_the_kind_that_they_would_rather_have() {
        let offered = ["application/json", "text/csv", "application/x-ndjson"];
        for (accept, expected) in [
            ("*/*", "application/json"),
            ("text/csv", "text/csv"),
            (
                "text/html, application/x-ndjson;q=0.9, */*;q=0.1",
                "application/x-ndjson",
            ),
            ("text/*", "text/csv"),
            ("application/json;q=0.2, text/csv;q=0.3", "text/csv"),
            ("image/png", "application/json"),
            ("text/csv;q=much", "application/json"),
        ] {
            let accept = HeaderValue::from_static(accept);
            assert_eq!(preferred(Some(&accept), &offered), expected, "{accept:?}");
        }
        assert_eq!(preferred(None, &offered), "application/json");
    }
}
