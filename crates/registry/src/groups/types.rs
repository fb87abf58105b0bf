//! What a group is, and why something was not done with it.

use kernel::{BadText, Cursor, Id, Moment, PersonId, Text};
use store::StoreError;

/// Names are for lists.
pub const GROUP_NAME_CHARS_MAX: usize = 100;
/// People of one group: each change of a group is told to as many in one transaction.
pub const MEMBERS_MAX: usize = 1_000;
/// Groups that one person keeps.
pub const KEPT_MAX: usize = 50;
/// Groups that one person is in: they are shown in one answer.
pub const MEMBERSHIPS_MAX: usize = 1_000;

/// People who belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub id: Id,
    pub name: Text,
    /// Who says who is in it. They are in it themselves.
    pub keeper: PersonId,
    pub made: Moment,
}

/// Somebody in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    pub person: PersonId,
    pub since: Moment,
}

/// A group with everybody in it, those first who are in it for longest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    pub group: Group,
    pub members: Vec<Member>,
}

/// A group in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    pub group: Group,
    /// How many people are in it.
    pub people: usize,
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum Refused {
    #[error("{0}")]
    Name(BadText),
    #[error("there is no such group")]
    NoGroup,
    #[error("only the keeper of the group does that")]
    NotKeeper,
    #[error("is nobody of this house")]
    Nobody,
    #[error("is not in the group: add them first")]
    NotIn,
    #[error("cannot sign in, so they cannot keep a group")]
    NotActive,
    #[error("a group has no more than {MEMBERS_MAX} people: make another one")]
    TooManyMembers,
    #[error("nobody keeps more than {KEPT_MAX} groups: delete one, or hand one over")]
    TooManyKept,
    #[error("nobody is in more than {MEMBERSHIPS_MAX} groups: they have to leave one first")]
    TooManyMemberships,
    #[error("the keeper cannot leave: hand the group over first, or delete it")]
    KeeperStays,
    #[error("the cursor is not one of this list")]
    BadCursor,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The id in a cursor of the list of all groups.
pub(super) fn place(cursor: &Cursor) -> Result<Id, Refused> {
    let id = cursor.key().try_into().map(Id::from_bytes);
    id.map_err(|_| Refused::BadCursor)
}
