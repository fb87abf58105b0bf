//! Recurrence: which local times a rule gives, and which instants a series has.
//!
//! What this module keeps true:
//! * The truth is local time. A rule is worked out in numbers of local seconds ([`days`]), from any place in the series,
//!   and zones come in at the end ([`stream`]).
//! * Whoever holds a [`Rule`] or a [`Series`] holds one that can be walked: what is not allowed, never occurs or cannot be
//!   counted was refused with the part and the limit by name. Every walk ends.

pub(crate) mod days;
mod edit;
mod overrides;
mod parse;
pub(crate) mod plan;
pub(crate) mod rule;
mod series;
mod stream;
pub(crate) mod walk;
mod why;

#[cfg(test)]
mod tests;

pub use edit::{EditError, Split};
pub use overrides::{OCCURRENCES_MAX, Occurrence, Override, Overrides, TooManyOccurrences};
pub use plan::COUNT_WALKED_MAX;
pub use rule::{Bound, ByDay, Frequency, Parts, Rule, RuleError, Until};
pub use series::{Extra, Instance, Moment, Pattern, Series, SeriesError};
pub use stream::{EXCEPTED_MAX, Instances};
pub use walk::FRUITLESS_MAX;
pub use why::{Missing, Why};
