//! Who is calling: what the gate found out, handed to handlers.
//!
//! Only the gate makes one, so a handler that has a [`Caller`] knows that it was checked. What a caller is stands
//! behind an `Arc`, because the gatekeeper remembers it between requests.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use kernel::{Id, Language, PersonId};

use crate::{Code, Problem, RequestId, Role};

/// A relation that somebody has to one scope: `admin` on `house`, `teacher` on `school:ID`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Grant {
    pub relation: String,
    pub scope: String,
}

impl Grant {
    pub fn new(relation: impl Into<String>, scope: impl Into<String>) -> Grant {
        Grant {
            relation: relation.into(),
            scope: scope.into(),
        }
    }

    /// `house` of `house`, `school` of `school:ID`.
    pub fn scope_kind(&self) -> &str {
        self.scope
            .split_once(':')
            .map_or(self.scope.as_str(), |(kind, _)| kind)
    }
}

/// All grants of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles(Vec<Grant>);

impl Roles {
    pub fn new(grants: Vec<Grant>) -> Roles {
        Roles(grants)
    }

    /// Whether the person has `role` in any scope of its kind.
    pub fn has(&self, role: &Role) -> bool {
        self.0.iter().any(|grant| role.is_given_by(grant))
    }

    /// Whether the person has exactly this relation to exactly this scope.
    pub fn has_on(&self, relation: &str, scope: &str) -> bool {
        self.0.iter().any(|g| g.relation == relation && g.scope == scope)
    }

    pub fn grants(&self) -> &[Grant] {
        &self.0
    }
}

/// How a person proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// An access token in the Authorization header.
    Token,
    /// An access token in a cookie: pages, and what is guarded against cross-site requests.
    Cookie,
    /// An app password by HTTP Basic.
    AppPassword,
}

/// A person who signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    pub id: PersonId,
    /// The session, or the app password that stands for one.
    pub session: Id,
    pub roles: Roles,
    pub language: Language,
    /// IANA: `Europe/Moscow`.
    pub zone: String,
    pub proof: Proof,
}

/// A service that came with an API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHolder {
    pub id: Id,
    pub name: String,
    pub scopes: Vec<Box<str>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Who {
    #[default]
    Nobody,
    Person(Arc<SignedIn>),
    Key(Arc<KeyHolder>),
}

impl Who {
    /// The person's or key's id, as the access log and the audit trail name them.
    pub fn id(&self) -> Option<Id> {
        match self {
            Who::Nobody => None,
            Who::Person(person) => Some(person.id.0),
            Who::Key(key) => Some(key.id),
        }
    }
}

/// Who calls, in which request, and from where.
#[derive(Clone, Debug)]
pub struct Caller {
    pub who: Who,
    pub request: RequestId,
    /// The client's address: the connection's, or what a trusted proxy says.
    pub address: IpAddr,
}

impl Caller {
    pub fn nobody(request: RequestId) -> Caller {
        Caller {
            who: Who::Nobody,
            request,
            address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        }
    }

    /// The person who signed in; a `forbidden` or `not_signed_in` problem when it is a service or nobody.
    pub fn person(&self) -> Result<&Arc<SignedIn>, Problem> {
        match &self.who {
            Who::Person(person) => Ok(person),
            Who::Key(_) => Err(Problem::new(Code::Forbidden).detail("This is for people, not for API keys.")),
            Who::Nobody => Err(Problem::new(Code::NotSignedIn)),
        }
    }

    pub fn has(&self, role: &Role) -> bool {
        matches!(&self.who, Who::Person(person) if person.roles.has(role))
    }
}

/// Without a gate before it there is no caller: then this is our mistake, and nobody gets in.
impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, Problem> {
        parts
            .extensions
            .get::<Caller>()
            .cloned()
            .ok_or_else(|| Problem::internal("a route without a gate asked for its caller"))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const ID: [u8; 16] = [7; 16];

    pub(crate) fn person(grants: &[(&str, &str)]) -> Who {
        Who::Person(Arc::new(SignedIn {
            id: PersonId(Id::from_bytes(ID)),
            session: Id::from_bytes(ID),
            roles: Roles::new(grants.iter().map(|(r, s)| Grant::new(*r, *s)).collect()),
            language: Language::English,
            zone: "Europe/Moscow".to_owned(),
            proof: Proof::Token,
        }))
    }

    pub(crate) fn key(scopes: &[&str]) -> Who {
        Who::Key(Arc::new(KeyHolder {
            id: Id::from_bytes(ID),
            name: "loader".to_owned(),
            scopes: scopes.iter().map(|s| Box::from(*s)).collect(),
        }))
    }

    #[test]
    fn a_role_in_one_school_is_not_one_in_another() {
        let roles = Roles::new(vec![Grant::new("teacher", "school:7")]);
        assert!(roles.has(&Role::on("teacher", "school")));
        assert!(roles.has_on("teacher", "school:7"));
        assert!(!roles.has_on("teacher", "school:8"));
        assert!(!roles.has(&Role::on("teacher", "house")));
    }
}
