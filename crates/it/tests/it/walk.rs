//! The walk: every route × every role × own, foreign and unknown objects, generated from the route table.
//!
//! What must come of a call follows from the route's declared `Access` and from its sample's word on whose objects it
//! shows. A new route is walked without a word here; without a sample it fails by its name.

mod nul;

use std::collections::BTreeSet;
use std::sync::Arc;

use front::{Access, Kind, People, RouteEntry};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::town::samples::{self, Ctx, Sample, Shows};
use crate::town::{Actor, Answer, Role, Town};

/// Each call makes people first; several routes at a time share the store's commits.
const ROUTES_AT_ONCE: usize = 8;

/// Whose object a call is about.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Object {
    Own,
    Foreign,
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Expected {
    Served,
    NotSignedIn,
    Forbidden,
    NotFound,
    /// Either of the last two.
    Hidden,
}

impl Expected {
    fn is_met_by(self, said: Option<Expected>) -> bool {
        match self {
            Expected::Hidden => matches!(said, Some(Expected::Forbidden | Expected::NotFound)),
            _ => said == Some(self),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_every_role_as_it_declares() {
    let town = Town::open().await;
    let scopes = scopes(town.front.table());
    let at_once = Arc::new(Semaphore::new(ROUTES_AT_ONCE));
    let mut walking = JoinSet::new();
    for route in town.front.table().to_vec() {
        let (town, scopes, at_once) = (town.clone(), scopes.clone(), Arc::clone(&at_once));
        walking.spawn(async move {
            let _turn = at_once.acquire().await.unwrap();
            walk(&town, &route, &scopes).await
        });
    }
    let (mut walked, mut wrong) = (0, Vec::new());
    while let Some(done) = walking.join_next().await {
        let (calls, complaints) = done.unwrap();
        walked += calls;
        wrong.extend(complaints);
    }
    wrong.sort();
    assert!(
        wrong.is_empty(),
        "{} of {walked} calls:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(walked > 300, "only {walked} calls");
}

/// Calls one route as everybody, and says what went otherwise than declared.
async fn walk(town: &Town, route: &RouteEntry, scopes: &BTreeSet<&'static str>) -> (u32, Vec<String>) {
    let Some(sample) = samples::of(route) else {
        let nothing = format!(
            "{}: has no sample; add one to crates/it/tests/it/town/samples",
            name(route)
        );
        return (0, vec![nothing]);
    };
    let (mut calls, mut wrong) = (0, Vec::new());
    for role in roles(scopes) {
        for object in objects(sample, &role) {
            let expected = expected(route, sample, &role, object);
            let answer = knock(town, route, sample, &role, object).await;
            calls += 1;
            if !expected.is_met_by(verdict(route.kind, &answer)) {
                let said = format!("{} {}", answer.status, answer.text());
                wrong.push(format!(
                    "{} as {role:?}, {object:?}: expected {expected:?}, got {said}",
                    name(route)
                ));
            }
        }
    }
    (calls, wrong)
}

/// Samples of routes that are gone only confuse.
#[tokio::test]
async fn every_sample_belongs_to_a_route() {
    let town = Town::open().await;
    let table = town.front.table();
    for (method, path) in samples::names() {
        let known = table
            .iter()
            .any(|route| route.method.as_str() == method && route.path == path);
        assert!(known, "{method} {path} has a sample and is no route");
    }
}

fn name(route: &RouteEntry) -> String {
    format!("{} {}", route.method, route.path)
}

/// Every scope that some route asks of a key.
fn scopes(table: &[RouteEntry]) -> BTreeSet<&'static str> {
    table
        .iter()
        .filter_map(|route| route.access.key_scope())
        .collect()
}

fn roles(scopes: &BTreeSet<&'static str>) -> Vec<Role> {
    let people = [
        Role::Nobody,
        Role::Plain,
        Role::Analyst,
        Role::Auditor,
        Role::Registrar,
        Role::Admin,
    ];
    people
        .into_iter()
        .chain(scopes.iter().map(|scope| Role::Key(scope)))
        .collect()
}

fn objects(sample: &Sample, role: &Role) -> Vec<Object> {
    if matches!(sample.shows, Shows::Everyone) {
        return vec![Object::Own];
    }
    match role {
        Role::Nobody | Role::Key(_) => vec![Object::Foreign, Object::Unknown],
        _ => vec![Object::Own, Object::Foreign, Object::Unknown],
    }
}

fn expected(route: &RouteEntry, sample: &Sample, role: &Role, object: Object) -> Expected {
    match lets_in(route.access, role) {
        Err(refused) => refused,
        Ok(()) => match (object, sample.shows) {
            (_, Shows::Everyone) => Expected::Served,
            // Who may never look is told the same of everybody, known or not.
            (Object::Unknown, Shows::OwnerAnd { forbidden, .. }) if forbidden.contains(role) => {
                Expected::Hidden
            }
            (Object::Unknown, _) => Expected::NotFound,
            (Object::Own, _) | (_, Shows::Whoever) => Expected::Served,
            (Object::Foreign, Shows::Owner) => Expected::NotFound,
            (Object::Foreign, Shows::OwnerAnd { .. }) if matches!(role, Role::Key(_)) => Expected::Served,
            (Object::Foreign, Shows::OwnerAnd { served, .. }) if served.contains(role) => Expected::Served,
            (Object::Foreign, Shows::OwnerAnd { forbidden, .. }) if forbidden.contains(role) => {
                Expected::Forbidden
            }
            (Object::Foreign, Shows::OwnerAnd { .. }) => Expected::NotFound,
        },
    }
}

/// The gate's rule, said a second time and otherwise than in `front`.
fn lets_in(access: Access, role: &Role) -> Result<(), Expected> {
    let open = matches!(access.people(), People::Public | People::Greeted);
    let fits = match role {
        _ if open => true,
        Role::Nobody => return Err(Expected::NotSignedIn),
        Role::Key(scope) => access.key_scope() == Some(*scope),
        Role::Plain => access.people() == People::SignedIn,
        Role::Analyst | Role::Auditor | Role::Registrar | Role::Admin => match access.people() {
            People::SignedIn => true,
            People::Roles(roles) => roles
                .iter()
                .any(|one| one.relation == role.relation() && one.scope == "house"),
            _ => false,
        },
    };
    if fits { Ok(()) } else { Err(Expected::Forbidden) }
}

/// Somebody new of that role calls the route, about an object made for this call.
async fn knock(town: &Town, route: &RouteEntry, sample: &Sample, role: &Role, object: Object) -> Answer {
    let caller = town.actor(role).await;
    let owner = match object {
        Object::Own => caller.clone(),
        Object::Foreign => town.actor(&Role::Plain).await,
        Object::Unknown => Actor::unknown(town),
    };
    let ctx = Ctx {
        town: town.clone(),
        owner,
    };
    let call = (sample.call)(ctx).await;
    town.call(route, &caller, call).await
}

/// What an answer says about access; nothing when it says neither yes nor no.
fn verdict(kind: Kind, answer: &Answer) -> Option<Expected> {
    let status = match kind {
        Kind::Grpc => answer.grpc_as_http(),
        _ => answer.status,
    };
    match status {
        401 => Some(Expected::NotSignedIn),
        403 => Some(Expected::Forbidden),
        404 | 410 => Some(Expected::NotFound),
        200..=399 => Some(Expected::Served),
        _ => None,
    }
}
