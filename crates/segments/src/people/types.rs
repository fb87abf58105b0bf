//! What is told about people and their memberships.

use futures_util::future::BoxFuture;
use kernel::{Moment, PersonId};

use crate::rules::change::What;
use crate::rules::why::Why;
use crate::types::{Actor, Facts, Key};

/// Who knows people. Asked for the state of the moment, so that it does no harm in which order, or how often, it is told
/// that somebody changed.
pub trait Population: Send + Sync + 'static {
    /// What is known of each, in their order; `None` for whoever does not exist, or no more.
    fn facts<'a>(&'a self, people: &'a [PersonId]) -> BoxFuture<'a, Result<Vec<Option<Facts>>, Unknown>>;
}

/// Nobody can tell now: to be asked again.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the people could not be asked: {0}")]
pub struct Unknown(pub String);

/// What became of a change by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub added: Vec<Key>,
    pub removed: Vec<Key>,
    /// Named, and so already.
    pub unchanged: Vec<Key>,
}

/// One person of many who are put into a segment, or taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PutRow {
    pub person: PersonId,
    pub add: bool,
    pub until: Option<Moment>,
}

/// What became of one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Added,
    Removed,
    Unchanged,
}

impl Outcome {
    pub const fn word(self) -> &'static str {
        match self {
            Outcome::Added => "added",
            Outcome::Removed => "removed",
            Outcome::Unchanged => "unchanged",
        }
    }
}

/// Why somebody is in a segment or not, and when and by whom that was done if it was by hand or by draw.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    pub why: Why,
    pub done: Option<(Moment, Actor)>,
}

/// A line of a person's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub segment: Key,
    pub what: What,
    pub at: Moment,
    pub until: Option<Moment>,
    pub by: Actor,
}
