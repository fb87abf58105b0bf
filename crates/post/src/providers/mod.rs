//! Ways to hand a letter over. Each turns what its server says into one of the [`Verdict`]s; what follows from a
//! verdict is decided elsewhere, alike for all of them.

mod folder;
mod http;
#[cfg(test)]
mod http_tests;
pub(crate) mod lines;
mod mailgun;
mod mandrill;
mod rate;
pub(crate) mod rules;
pub mod smtp;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use kernel::Id;

pub use folder::Folder;
pub(crate) use lines::{Asker, Claim, Leave, Pass, Reserved};
pub use lines::{Line, LineStatus, Lines};
pub use mailgun::{BASE_EU, BASE_US, Mailgun, MailgunOptions};
pub use mandrill::{BASE as MANDRILL_BASE, Mandrill, MandrillOptions};

pub const NAME_CHARS_MAX: usize = 32;

/// Whether a provider may be called so.
pub fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    !text.is_empty() && text.len() <= NAME_CHARS_MAX && text.chars().all(plain)
}

/// A letter that is written and on its way out.
#[derive(Clone)]
pub struct Ready {
    /// The letter's id. Providers with idempotency keys are given it.
    pub letter: Id,
    /// `calendar.reminder`: for tags at the provider, and never somebody's name.
    pub kind: &'static str,
    /// Without angle brackets, the same at every attempt.
    pub message_id: String,
    /// The envelope.
    pub from: String,
    pub to: String,
    /// The whole message, headers and body, lines ended by CRLF.
    pub mime: Arc<[u8]>,
}

/// What a refusal is about, which decides who suffers for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// The provider does not know us: nothing can be sent through it until somebody mends it.
    Authentication,
    /// Too much, too fast.
    Quota,
    /// The provider or the reader's server does not want such letters: it stops the stream, and suppresses nobody.
    Policy,
    /// The mailbox, or the server behind it: if it is final nobody has it, or it is full, and what follows for the
    /// address depends on which; if it is not, it is full now, or its server wants to see us twice (greylisting). Never
    /// the provider's trouble.
    Mailbox,
    /// The reader asked the provider for no more, or called a letter spam there: this letter ends, and others are not judged
    /// by it.
    Unwanted,
    /// It could not be reached, or broke off before the letter was given.
    Network,
    /// It took too long to say anything.
    Latency,
    /// The letter itself is not acceptable: a fault of ours.
    Letter,
}

impl Class {
    /// For metrics and pages.
    pub const fn name(self) -> &'static str {
        match self {
            Class::Authentication => "authentication",
            Class::Quota => "quota",
            Class::Policy => "policy",
            Class::Mailbox => "mailbox",
            Class::Unwanted => "unwanted",
            Class::Network => "network",
            Class::Latency => "latency",
            Class::Letter => "letter",
        }
    }
}

/// What became of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The provider has it. `name` is what it calls the letter, to look it up by.
    HandedOver { name: Option<String> },
    /// Certainly not handed over.
    Refused(Refusal),
    /// The letter was given, and no answer came: it may or may not be on its way.
    Unsure { why: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub class: Class,
    /// Trying again changes nothing.
    pub is_final: bool,
    /// What the server said, for people: `550 5.1.1 no such user`.
    pub words: String,
    /// When the server wants to be asked again.
    pub retry_after: Option<Duration>,
}

/// What a provider knows of a letter of which we are unsure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It has it: the attempt had gone well.
    Here { name: Option<String> },
    /// It never got it, and never will: it can be sent again.
    Nowhere,
    /// It cannot tell.
    NobodyKnows,
}

/// One way to hand letters over.
pub trait Provider: Send + Sync + 'static {
    /// As in the configuration.
    fn name(&self) -> &str;

    /// Whether giving it the same letter twice hands it over once.
    fn has_idempotency_keys(&self) -> bool {
        false
    }

    /// How long after an attempt a look-up that finds nothing can be believed: providers tell what happened a while after
    /// it did. Before that, nobody asks.
    fn tells_after(&self) -> Duration {
        Duration::ZERO
    }

    fn hand_over(&self, letter: Ready) -> BoxFuture<'_, Verdict>;

    /// Looks a letter up that may have been handed over.
    fn look_up<'a>(&'a self, letter: Id, message_id: &'a str) -> BoxFuture<'a, Result<Found, Refusal>>;
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ready")
            .field("letter", &self.letter)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
