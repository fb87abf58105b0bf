//! Relations of people to scopes, and what they let somebody do with people.
//!
//! A grant is a relation on a scope, not one of a flat list of roles: `admin` on `house` today, and a service that
//! has schools adds `teacher` on `school:ID` without a change here. Only the relations on the house are the
//! registry's own; they decide who may administer people.

use std::fmt;

use kernel::{Moment, PersonId};

use crate::audit::By;

/// The scope that is the whole house.
pub const HOUSE: &str = "house";

/// What somebody is to the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HouseRole {
    /// May do everything.
    Admin,
    /// Administers people, but not those who hold a role that they do not hold, and gives no roles.
    Registrar,
    /// Reads people and the audit trail.
    Auditor,
    /// Sees what people are counted and chosen by, and changes nothing: segments, reports.
    Analyst,
}

impl HouseRole {
    pub const ALL: [HouseRole; 4] = [
        HouseRole::Admin,
        HouseRole::Registrar,
        HouseRole::Auditor,
        HouseRole::Analyst,
    ];

    pub const fn relation(self) -> &'static str {
        match self {
            HouseRole::Admin => "admin",
            HouseRole::Registrar => "registrar",
            HouseRole::Auditor => "auditor",
            HouseRole::Analyst => "analyst",
        }
    }

    pub fn parse(relation: &str) -> Option<HouseRole> {
        HouseRole::ALL
            .into_iter()
            .find(|role| role.relation() == relation)
    }
}

impl fmt::Display for HouseRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.relation())
    }
}

/// The roles on the house that one person holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HouseRoles {
    pub admin: bool,
    pub registrar: bool,
    pub auditor: bool,
    pub analyst: bool,
}

impl HouseRoles {
    pub fn of(roles: impl IntoIterator<Item = HouseRole>) -> HouseRoles {
        let mut held = HouseRoles::default();
        for role in roles {
            match role {
                HouseRole::Admin => held.admin = true,
                HouseRole::Registrar => held.registrar = true,
                HouseRole::Auditor => held.auditor = true,
                HouseRole::Analyst => held.analyst = true,
            }
        }
        held
    }

    pub fn has(self, role: HouseRole) -> bool {
        match role {
            HouseRole::Admin => self.admin,
            HouseRole::Registrar => self.registrar,
            HouseRole::Auditor => self.auditor,
            HouseRole::Analyst => self.analyst,
        }
    }

    /// Whether `other` holds nothing that these do not.
    pub fn cover(self, other: HouseRoles) -> bool {
        HouseRole::ALL
            .into_iter()
            .all(|role| self.has(role) || !other.has(role))
    }
}

/// Who acts on people, as far as the rules need to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acting {
    /// The operator at the command line, or the house itself.
    House,
    /// A service whose key lets it do what the route asks for.
    Service,
    Person {
        id: PersonId,
        roles: HouseRoles,
    },
    /// Nobody who signed in.
    Nobody,
}

/// A grant that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub relation: String,
    pub scope: String,
    pub at: Moment,
}

/// Who acts, as the audit trail tells it and as the rules judge it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doer {
    pub by: By,
    pub acting: Acting,
}

impl Doer {
    /// The operator at the command line, or the house itself in the course of a request of somebody else.
    pub fn house(request: &str) -> Doer {
        Doer {
            by: By::house(request),
            acting: Acting::House,
        }
    }
}

impl From<&front::Caller> for Doer {
    fn from(caller: &front::Caller) -> Doer {
        let acting = match &caller.who {
            front::Who::Nobody => Acting::Nobody,
            front::Who::Key(_) => Acting::Service,
            front::Who::Person(person) => Acting::Person {
                id: person.id,
                roles: HouseRoles::of(
                    HouseRole::ALL
                        .into_iter()
                        .filter(|role| person.roles.has_on(role.relation(), HOUSE)),
                ),
            },
        };
        Doer {
            by: By::from(caller),
            acting,
        }
    }
}

/// A role by the name it has in tokens and addresses: `auditor@house`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedRole {
    pub relation: String,
    pub scope: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is named by a relation and a scope, as in auditor@house")]
pub struct BadRoleName;

impl std::str::FromStr for NamedRole {
    type Err = BadRoleName;

    fn from_str(text: &str) -> Result<NamedRole, BadRoleName> {
        let (relation, scope) = text.split_once('@').ok_or(BadRoleName)?;
        Ok(NamedRole {
            relation: relation.to_owned(),
            scope: scope.to_owned(),
        })
    }
}
