//! The text of an object, read once for all that is asked of it.

use ical::{Component, Object, Timing};

pub(crate) struct Opened<'o> {
    pub calendar: &'o Component<'o>,
    pub object: &'o Object<'o>,
    pub timing: &'o Timing<'o>,
}

/// `None`: it cannot be read.
pub(crate) fn opened<T>(text: &str, look: impl FnOnce(&Opened<'_>) -> T) -> Option<T> {
    let calendar = ical::parse(text.as_bytes()).ok()?;
    let object = ical::check(&calendar).ok()?;
    let timing = Timing::new(&object).unwrap_or_else(|_| Timing::once(&object));
    Some(look(&Opened {
        calendar: &calendar,
        object: &object,
        timing: &timing,
    }))
}
