mod answers;
mod changes;
mod spread;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use kernel::{Id, Language, Moment, PersonId, Text};

use super::rulebook::Seen;
use crate::types::{Definition, Key, Number, Rollout, Segment, Value};

pub(super) const THEN: Moment = Moment::from_seconds(1_790_000_000);
pub(super) const AT: Moment = Moment::from_seconds(1_795_000_000);
pub(super) const LATER: Moment = Moment::from_seconds(1_799_000_000);

static NOTHING_KNOWN: LazyLock<BTreeMap<String, Value>> = LazyLock::new(BTreeMap::new);

pub(super) fn person(number: u64) -> PersonId {
    PersonId(Id::named("person", &number.to_string()))
}

pub(super) fn number(number: u16) -> Number {
    Number::new(number).unwrap()
}

pub(super) fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

pub(super) fn seen(id: PersonId) -> Seen<'static> {
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

pub(super) fn segment(at: u16, rollout: Option<Rollout>) -> Segment {
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
