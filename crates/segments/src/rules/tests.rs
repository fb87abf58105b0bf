//! Rules over values: people and segments as tests write them down.

mod answers;
mod changes;
mod layers;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use kernel::{Id, Language, Moment, PersonId, Text};

use super::rulebook::Seen;
use crate::types::{Definition, Key, Number, Rollout, Segment, Value};

pub(crate) const THEN: Moment = Moment::from_seconds(1_790_000_000);
pub(crate) const AT: Moment = Moment::from_seconds(1_795_000_000);
pub(crate) const LATER: Moment = Moment::from_seconds(1_799_000_000);

static NOTHING_KNOWN: LazyLock<BTreeMap<String, Value>> = LazyLock::new(BTreeMap::new);

pub(crate) fn person(number: u64) -> PersonId {
    PersonId(Id::named("person", &number.to_string()))
}

pub(crate) fn number(number: u16) -> Number {
    Number::new(number).unwrap()
}

pub(crate) fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

pub(crate) fn seen(id: PersonId) -> Seen<'static> {
    Seen {
        id,
        version: 1,
        marks: &[],
        ends: &[],
        language: Language::English,
        zone: "Europe/Moscow",
        created: THEN,
        attributes: &NOTHING_KNOWN,
    }
}

pub(crate) fn segment(at: u16, rollout: Option<Rollout>) -> Segment {
    Segment {
        number: number(at),
        key: key(&format!("S{at}")),
        title: Text::new("A segment", 100).unwrap(),
        description: Text::new("", 100).unwrap(),
        owner: Text::new("", 100).unwrap(),
        definition: Definition {
            rollout,
            variants: Vec::new(),
        },
        version: 1,
        created: THEN,
        changed: THEN,
        archived: None,
    }
}
