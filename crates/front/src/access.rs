//! Who may knock at a route, said where the route is declared.
//!
//! One value does three things: the gate enforces it, the OpenAPI document shows it, and the walk test reads it from
//! the route table. So what is documented, tested and enforced cannot drift apart. It only decides who may *knock*;
//! whether this is *your* class or *your* session is an argument of the service's rule.

use serde_json::json;

use crate::{Code, Grant, Problem, Who};

/// A relation that people may have to scopes of one kind: `admin` of the `house`, `teacher` of a `school`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Role {
    pub relation: &'static str,
    /// The kind of scope: `house` matches a grant on `house`, `school` one on `school:ID`.
    pub scope: &'static str,
}

impl Role {
    pub const fn on(relation: &'static str, scope: &'static str) -> Role {
        Role { relation, scope }
    }

    /// Whether `grant` gives this role in some scope of its kind.
    pub fn is_given_by(&self, grant: &Grant) -> bool {
        grant.relation == self.relation && grant.scope_kind() == self.scope
    }
}

/// What a route asks of its caller. Starts from one of the constants or from [`Access::role`] or [`Access::key`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    people: People,
    key: Option<&'static str>,
    basic: bool,
}

/// Which people a route is open to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum People {
    /// Everybody; credentials are not even looked at.
    Public,
    /// Everybody; who brings valid credentials is recognised.
    Greeted,
    /// Whoever signed in.
    SignedIn,
    /// Whoever has one of these roles.
    Roles(&'static [Role]),
    /// No person, only services with a key.
    Nobody,
}

impl Access {
    /// Open to everybody, and nobody is asked who they are.
    pub const PUBLIC: Access = Access::of(People::Public);
    /// Open to everybody, but who brings credentials is recognised: pages that look different when signed in.
    pub const GREETED: Access = Access::of(People::Greeted);
    /// Open to whoever signed in.
    pub const SIGNED_IN: Access = Access::of(People::SignedIn);

    /// Open to people with any of these roles.
    pub const fn role(roles: &'static [Role]) -> Access {
        Access::of(People::Roles(roles))
    }

    /// Open to services whose key has `scope`, and to no person.
    pub const fn key(scope: &'static str) -> Access {
        Access::of(People::Nobody).or_key(scope)
    }

    /// Also open to services whose API key has `scope`, such as `people:read`.
    pub const fn or_key(mut self, scope: &'static str) -> Access {
        self.key = Some(scope);
        self
    }

    /// Also takes an app password by HTTP Basic: for calendar clients that can do nothing better.
    pub const fn or_basic(mut self) -> Access {
        self.basic = true;
        self
    }

    const fn of(people: People) -> Access {
        Access {
            people,
            key: None,
            basic: false,
        }
    }

    pub fn people(&self) -> People {
        self.people
    }

    pub fn key_scope(&self) -> Option<&'static str> {
        self.key
    }

    pub fn takes_basic(&self) -> bool {
        self.basic
    }

    /// Whether the gate has to look at credentials at all.
    pub fn looks_at_credentials(&self) -> bool {
        self.people != People::Public
    }

    /// Whether a caller without valid credentials is turned away.
    pub fn needs_credentials(&self) -> bool {
        !matches!(self.people, People::Public | People::Greeted)
    }

    /// Whether `who` may come in: `not_signed_in` (401) or `forbidden` (403) if not.
    pub fn check(&self, who: &Who) -> Result<(), Problem> {
        match (self.people, who) {
            (People::Public | People::Greeted, _) => Ok(()),
            (_, Who::Nobody) => Err(Problem::new(Code::NotSignedIn)),
            (_, Who::Key(key)) => match self.key {
                Some(scope) if key.scopes.iter().any(|s| &**s == scope) => Ok(()),
                Some(scope) => Err(Problem::new(Code::Forbidden)
                    .detail(format!("This needs a key with the scope `{scope}`."))),
                None => Err(Problem::new(Code::Forbidden).detail("This is not open to API keys.")),
            },
            (People::SignedIn, Who::Person(_)) => Ok(()),
            (People::Roles(roles), Who::Person(person)) => {
                if roles.iter().any(|role| person.roles.has(role)) {
                    Ok(())
                } else {
                    Err(Problem::new(Code::Forbidden))
                }
            }
            (People::Nobody, Who::Person(_)) => {
                Err(Problem::new(Code::Forbidden).detail("This is open to API keys only."))
            }
        }
    }

    /// As it stands in the OpenAPI document under `x-access`.
    pub fn to_json(&self) -> serde_json::Value {
        let people = match self.people {
            People::Public => "public",
            People::Greeted => "greeted",
            People::SignedIn => "signed-in",
            People::Roles(_) => "role",
            People::Nobody => "key-only",
        };
        let mut value = json!({ "people": people });
        if let (Some(map), People::Roles(roles)) = (value.as_object_mut(), self.people) {
            let roles = roles
                .iter()
                .map(|r| format!("{}@{}", r.relation, r.scope))
                .collect::<Vec<_>>();
            map.insert("roles".to_owned(), json!(roles));
        }
        if let (Some(map), Some(scope)) = (value.as_object_mut(), self.key) {
            map.insert("key".to_owned(), json!(scope));
        }
        if let (Some(map), true) = (value.as_object_mut(), self.basic) {
            map.insert("basic".to_owned(), json!(true));
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::tests::{key, person};

    const ADMIN: Role = Role::on("admin", "house");
    const TEACHER: Role = Role::on("teacher", "school");

    #[test]
    fn a_route_lets_in_exactly_whom_it_names() {
        let check = |access: Access, who: &Who, expected: Option<Code>| {
            assert_eq!(
                access.check(who).err().map(|p| p.code()),
                expected,
                "{access:?} {who:?}"
            );
        };
        let anna = person(&[("teacher", "school:7")]);
        for open in [Access::PUBLIC, Access::GREETED] {
            check(open, &Who::Nobody, None);
        }
        check(Access::SIGNED_IN, &Who::Nobody, Some(Code::NotSignedIn));
        check(Access::SIGNED_IN, &anna, None);
        check(Access::role(&[TEACHER]), &anna, None);
        check(Access::role(&[ADMIN]), &anna, Some(Code::Forbidden));
        check(Access::role(&[ADMIN, TEACHER]), &anna, None);
        check(Access::SIGNED_IN, &key(&["people:read"]), Some(Code::Forbidden));
        let either = Access::role(&[ADMIN]).or_key("people:read");
        check(either, &key(&["people:read"]), None);
        check(either, &key(&["people:write"]), Some(Code::Forbidden));
        check(Access::key("people:read"), &anna, Some(Code::Forbidden));
    }

    #[test]
    fn access_is_documented_as_it_is_enforced() {
        let access = Access::role(&[ADMIN]).or_key("people:read").or_basic();
        assert_eq!(
            access.to_json(),
            json!({"people": "role", "roles": ["admin@house"], "key": "people:read", "basic": true})
        );
    }
}
