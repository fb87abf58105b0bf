//! Kinds of letters: what all letters of one purpose have in common.

use std::time::Duration;

/// Which queue a letter waits in. They have workers of their own, so that one never waits for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Somebody waits for it: an invitation, a reset, a reminder.
    Prompt,
    /// It goes to many, and has hours: it is smeared over its window.
    Bulk,
}

/// What is done with a letter of which nobody can tell whether it was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnUnsure {
    /// Twice is better than never: a reset.
    SendAgain,
    /// Never is better than twice: a digest.
    LetBe,
}

/// A purpose that letters are written for. Declared once, as a `static` of the service that writes it.
#[derive(Debug)]
pub struct Kind {
    /// How the kind stands in the table. Never used again for another kind.
    pub code: i64,
    /// For people, templates and metrics: `registry.invitation`.
    pub name: &'static str,
    pub lane: Lane,
    /// What its readers can stop without stopping anything else. `None`: they asked for it themselves, so there is
    /// nothing to stop and no `List-Unsubscribe`.
    pub stream: Option<&'static str>,
    pub on_unsure: OnUnsure,
    /// Whether it waits until a person's quiet hours are over.
    pub keeps_quiet: bool,
    /// How long after `not_before` it is still wanted when whoever asks does not say.
    pub wanted_for: Duration,
}

impl Kind {
    /// A letter that somebody asked for and waits for.
    pub const fn prompt(code: i64, name: &'static str, wanted_for: Duration) -> Kind {
        Kind {
            code,
            name,
            lane: Lane::Prompt,
            stream: None,
            on_unsure: OnUnsure::SendAgain,
            keeps_quiet: false,
            wanted_for,
        }
    }

    /// A letter that goes to many, and that each of them can stop.
    pub const fn bulk(code: i64, name: &'static str, stream: &'static str, wanted_for: Duration) -> Kind {
        Kind {
            code,
            name,
            lane: Lane::Bulk,
            stream: Some(stream),
            on_unsure: OnUnsure::LetBe,
            keeps_quiet: true,
            wanted_for,
        }
    }

    #[must_use]
    pub const fn stopped_as(mut self, stream: &'static str) -> Kind {
        self.stream = Some(stream);
        self
    }

    #[must_use]
    pub const fn when_unsure(mut self, on_unsure: OnUnsure) -> Kind {
        self.on_unsure = on_unsure;
        self
    }

    #[must_use]
    pub const fn quiet(mut self, keeps_quiet: bool) -> Kind {
        self.keeps_quiet = keeps_quiet;
        self
    }
}
