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
pub struct Desks {
    by_code: HashMap<i64, Desk>,
    twins: Option<Twins>,
}

/// Two kinds of letters that could not be told apart: one of them would never be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Twins {
    #[error("the kinds of letters `{0}` and `{1}` have the same code {2}: give one of them another")]
    Code(&'static str, &'static str, i64),
    #[error("two kinds of letters are called `{0}`, or two write it")]
    Name(&'static str),
}

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
        self.add(Desk { kind, write });
        self
    }

    #[must_use]
    pub fn and(mut self, others: Desks) -> Desks {
        self.twins = self.twins.or(others.twins);
        for desk in others.by_code.into_values() {
            self.add(desk);
        }
        self
    }

    fn add(&mut self, desk: Desk) {
        let kind = desk.kind;
        if self.named(kind.name).is_some() {
            self.twins.get_or_insert(Twins::Name(kind.name));
        }
        if let Some(before) = self.by_code.insert(kind.code, desk)
            && before.kind.name != kind.name
        {
            let twins = Twins::Code(before.kind.name, kind.name, kind.code);
            self.twins.get_or_insert(twins);
        }
    }

    /// Whether each kind can be told from the others.
    pub(crate) fn check(&self) -> Result<(), Twins> {
        self.twins.map_or(Ok(()), Err)
    }

    pub(crate) fn of(&self, code: i64) -> Option<&Desk> {
        self.by_code.get(&code)
    }

    pub fn kinds(&self) -> Vec<&'static Kind> {
        let mut kinds: Vec<_> = self.by_code.values().map(|desk| desk.kind).collect();
        kinds.sort_by_key(|kind| kind.name);
        kinds
    }

    /// How a kind is called, for people; its number when this program does not know it.
    pub fn name_of(&self, code: i64) -> String {
        self.of(code)
            .map_or_else(|| code.to_string(), |desk| desk.kind.name.to_owned())
    }

    pub fn named(&self, name: &str) -> Option<&'static Kind> {
        self.by_code
            .values()
            .map(|desk| desk.kind)
            .find(|kind| kind.name == name)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    static RESET: Kind = Kind::prompt(9001, "test.reset", Duration::from_secs(60));
    static SAME_CODE: Kind = Kind::prompt(9001, "test.same_code", Duration::from_secs(60));
    static SAME_NAME: Kind = Kind::prompt(9002, "test.reset", Duration::from_secs(60));

    struct Nothing;

    impl Write for Nothing {
        fn write<'a>(
            &'a self,
            _wanted: &'a Wanted,
            _to: &'a Recipient,
        ) -> BoxFuture<'a, Result<Content, NotWritten>> {
            Box::pin(async { Ok(Content::default()) })
        }
    }

    #[test]
    fn kinds_of_letters_that_cannot_be_told_apart_are_refused() {
        let with = |kind| Desks::new().writes(kind, Nothing);
        assert_eq!(with(&RESET).check(), Ok(()));
        let same_code = Err(Twins::Code("test.reset", "test.same_code", 9001));
        assert_eq!(with(&RESET).writes(&SAME_CODE, Nothing).check(), same_code);
        assert_eq!(with(&RESET).and(with(&SAME_CODE)).check(), same_code);
        for again in [&SAME_NAME, &RESET] {
            assert_eq!(
                with(&RESET).and(with(again)).check(),
                Err(Twins::Name("test.reset"))
            );
        }
        let within = with(&RESET).writes(&SAME_CODE, Nothing);
        assert_eq!(Desks::new().and(within).check(), same_code, "of the others, too");
    }
}
