//! What an entry of the audit trail says.

use kernel::{Id, Moment, PersonId};

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Somebody who did not sign in: accepting a link, asking for a password reset, failing to sign in.
    Nobody,
    Person(PersonId),
    /// A service with this API key.
    Key(Id),
    /// The operator at the command line, or the house itself when it starts a demo city.
    House,
}

impl Actor {
    pub fn id(self) -> Option<Id> {
        match self {
            Actor::Person(person) => Some(person.0),
            Actor::Key(key) => Some(key),
            Actor::Nobody | Actor::House => None,
        }
    }

    pub const fn kind(self) -> &'static str {
        match self {
            Actor::Nobody => "nobody",
            Actor::Person(_) => "person",
            Actor::Key(_) => "key",
            Actor::House => "house",
        }
    }
}

/// Who acts in which request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    pub actor: Actor,
    pub request: String,
}

impl By {
    pub fn house(request: impl Into<String>) -> By {
        By {
            actor: Actor::House,
            request: request.into(),
        }
    }
}

impl From<&front::Caller> for By {
    fn from(caller: &front::Caller) -> By {
        let actor = match &caller.who {
            front::Who::Nobody => Actor::Nobody,
            front::Who::Person(person) => Actor::Person(person.id),
            front::Who::Key(key) => Actor::Key(key.id),
        };
        By {
            actor,
            request: caller.request.to_string(),
        }
    }
}

macro_rules! acts {
    ($($(#[$doc:meta])* $act:ident = $code:literal,)*) => {
        /// Everything that is worth an entry. A closed list, because whoever reads the trail must be able to know
        /// what can be in it; the codes are stored and never change their meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Act { $($(#[$doc])* $act,)* }

        impl Act {
            pub const ALL: &'static [Act] = &[$(Act::$act,)*];

            pub const fn code(self) -> &'static str {
                match self { $(Act::$act => $code,)* }
            }
        }
    };
}

acts! {
    PersonCreated = "person.created",
    PersonChanged = "person.changed",
    PersonBlocked = "person.blocked",
    PersonUnblocked = "person.unblocked",
    PersonDeleted = "person.deleted",
    /// Everything held about a person was handed out.
    PersonExported = "person.exported",
    /// The source no longer has the person.
    PersonRetired = "person.retired",
    GrantAdded = "grant.added",
    GrantRemoved = "grant.removed",
    InvitationIssued = "invitation.issued",
    InvitationAccepted = "invitation.accepted",
    ResetAsked = "reset.asked",
    ResetIssued = "reset.issued",
    ResetAccepted = "reset.accepted",
    PasswordChanged = "password.changed",
    SignedIn = "session.started",
    SignInRefused = "sign_in.refused",
    /// Too many wrong passwords: the account takes none for a while.
    LockedOut = "sign_in.locked_out",
    /// Somebody forgave the wrong passwords before their time.
    AccountUnlocked = "sign_in.unlocked",
    SignedOut = "session.ended",
    SessionRevoked = "session.revoked",
    SessionsRevoked = "sessions.revoked",
    /// A refresh token came a second time: somebody has a copy, so the session ended.
    TokenTheft = "session.theft",
    KeyCreated = "key.created",
    KeyRevoked = "key.revoked",
    AppPasswordCreated = "app_password.created",
    AppPasswordRevoked = "app_password.revoked",
    SigningKeyRotated = "signing_key.rotated",
    GroupCreated = "group.created",
    GroupRenamed = "group.renamed",
    GroupHandedOver = "group.handed_over",
    GroupMemberAdded = "group.member_added",
    GroupMemberRemoved = "group.member_removed",
    GroupDeleted = "group.deleted",
}

impl Act {
    pub fn parse(code: &str) -> Option<Act> {
        Act::ALL.iter().copied().find(|act| act.code() == code)
    }
}

/// A few facts about an act: ids, codes and the names of fields; never personal values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details(pub Vec<(String, String)>);

/// One act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: Id,
    pub at: Moment,
    pub by: By,
    pub act: Act,
    /// The thing acted on: a person, a session, a key, a group. The entry lives in its shard.
    pub on: Id,
    pub details: Details,
}

impl Entry {
    /// Made before the transaction, because its body may run twice and must write the same entry.
    pub fn new(now: Moment, by: &By, act: Act, on: impl Into<Id>) -> Entry {
        let on = on.into();
        Entry {
            id: Id::beside(on, now),
            at: now,
            by: by.clone(),
            act,
            on,
            details: Details::default(),
        }
    }

    /// The same entry with one more fact, found out inside the transaction.
    #[must_use]
    pub fn telling(mut self, what: &str, value: impl Into<String>) -> Entry {
        self.details.0.push((what.to_owned(), value.into()));
        self
    }
}

/// Which entries to read; newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub on: Option<Id>,
    pub by: Option<Id>,
    pub act: Option<Act>,
    pub from: Option<Moment>,
    /// Up to but without this instant.
    pub until: Option<Moment>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_act_has_a_code_of_its_own() {
        for act in Act::ALL {
            assert_eq!(Act::parse(act.code()), Some(*act));
        }
        assert_eq!(Act::parse("person.invented"), None);
    }

    #[test]
    fn an_entry_lives_beside_what_it_tells_of() {
        let now = Moment::from_seconds(1_795_000_000);
        let on = Id::new(now);
        let entry = Entry::new(now, &By::house("start"), Act::PersonCreated, on).telling("state", "active");
        assert_eq!(entry.id.virtual_shard(), on.virtual_shard());
        assert_eq!(entry.details.0, [("state".to_owned(), "active".to_owned())]);
    }
}
