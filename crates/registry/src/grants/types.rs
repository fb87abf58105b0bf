//! Relations of people to scopes, and what they let somebody do with people.
//!
//! A grant is a relation on a scope, not one of a flat list of roles: `admin` on `house` today, and a service that
//! has schools adds `teacher` on `school:ID` without a change here. Only the relations on the house are the
//! registry's own; they decide who may administer people.

use std::fmt;

use kernel::{Moment, PersonId};

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
}

impl HouseRole {
    pub const ALL: [HouseRole; 3] = [HouseRole::Admin, HouseRole::Registrar, HouseRole::Auditor];

    pub const fn relation(self) -> &'static str {
        match self {
            HouseRole::Admin => "admin",
            HouseRole::Registrar => "registrar",
            HouseRole::Auditor => "auditor",
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
}

impl HouseRoles {
    pub fn of(roles: impl IntoIterator<Item = HouseRole>) -> HouseRoles {
        let mut held = HouseRoles::default();
        for role in roles {
            match role {
                HouseRole::Admin => held.admin = true,
                HouseRole::Registrar => held.registrar = true,
                HouseRole::Auditor => held.auditor = true,
            }
        }
        held
    }

    pub fn has(self, role: HouseRole) -> bool {
        match role {
            HouseRole::Admin => self.admin,
            HouseRole::Registrar => self.registrar,
            HouseRole::Auditor => self.auditor,
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
