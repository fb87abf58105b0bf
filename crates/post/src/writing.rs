//! Who writes letters: for each kind a service says how, late, from what is true then.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use kernel::{Id, Moment};

use crate::letters::Letter;
use crate::{Content, Kind, Recipient};

/// A letter that is to be written now.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub letter: Id,
    pub kind: &'static Kind,
    /// As it was asked for.
    pub key: Vec<u8>,
    pub data: String,
    pub asked: Moment,
    pub not_before: Moment,
    pub wanted_until: Moment,
    /// When it is written.
    pub now: Moment,
    /// Somebody else than its reader looks at it, and nothing is sent: what only the reader may have stays out.
    pub only_shown: bool,
}

impl Wanted {
    pub(crate) fn of(letter: &Letter, kind: &'static Kind, now: Moment) -> Wanted {
        Wanted {
            letter: letter.id,
            kind,
            key: letter.key.clone(),
            data: letter.data.clone(),
            asked: letter.asked,
            not_before: letter.not_before,
            wanted_until: letter.wanted_until,
            now,
            only_shown: false,
        }
    }
}

/// Why there is nothing to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotWritten {
    /// There is nothing to say any more: the event is over, the link was used. Nobody tries again.
    Unwanted(String),
    /// It failed. It is tried again, and parked when it keeps failing.
    Failed(String),
}

impl From<store::StoreError> for NotWritten {
    fn from(error: store::StoreError) -> NotWritten {
        NotWritten::Failed(error.to_string())
    }
}

/// How the letters of one kind are written. It may be called more than once for one letter, and must change nothing.
pub trait Write: Send + Sync + 'static {
    fn write<'a>(
        &'a self,
        wanted: &'a Wanted,
        to: &'a Recipient,
    ) -> BoxFuture<'a, Result<Content, NotWritten>>;
}

/// All kinds that this program can write.
#[derive(Clone, Default)]
pub struct Desks(HashMap<i64, Desk>);

#[derive(Clone)]
pub(crate) struct Desk {
    pub kind: &'static Kind,
    pub write: Arc<dyn Write>,
}

impl Desks {
    pub fn new() -> Desks {
        Desks::default()
    }

    /// Says who writes a kind.
    #[must_use]
    pub fn writes(mut self, kind: &'static Kind, write: impl Write) -> Desks {
        let write = Arc::new(write);
        self.0.insert(kind.code, Desk { kind, write });
        self
    }

    #[must_use]
    pub fn and(mut self, others: Desks) -> Desks {
        self.0.extend(others.0);
        self
    }

    pub(crate) fn of(&self, code: i64) -> Option<&Desk> {
        self.0.get(&code)
    }

    pub fn kinds(&self) -> Vec<&'static Kind> {
        let mut kinds: Vec<_> = self.0.values().map(|desk| desk.kind).collect();
        kinds.sort_by_key(|kind| kind.name);
        kinds
    }

    /// How a kind is called, for people; its number when this program does not know it.
    pub fn name_of(&self, code: i64) -> String {
        self.of(code)
            .map_or_else(|| code.to_string(), |desk| desk.kind.name.to_owned())
    }

    pub fn named(&self, name: &str) -> Option<&'static Kind> {
        self.0
            .values()
            .map(|desk| desk.kind)
            .find(|kind| kind.name == name)
    }
}
