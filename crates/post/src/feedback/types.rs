//! What can be heard of a letter, and from whom.

use kernel::Id;
use store::StoreError;

use crate::letters;
use crate::suppressions::{Address, Heard};

/// What became of a letter after it was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Said {
    /// The reader's server took it.
    Delivered,
    /// The provider still tries.
    Delayed,
    /// It came back: there is no such mailbox.
    HardBounce,
    /// It came back for a reason that may pass.
    SoftBounce,
    /// It came back because the reader's server does not want such letters, or not from us.
    Refused,
    /// Its reader called it spam.
    Complained,
    /// Its reader asked for no more.
    Unsubscribed,
}

impl Said {
    /// For metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Said::Delivered => "delivered",
            Said::Delayed => "delayed",
            Said::HardBounce => "hard_bounce",
            Said::SoftBounce => "soft_bounce",
            Said::Refused => "refused",
            Said::Complained => "complained",
            Said::Unsubscribed => "unsubscribed",
        }
    }

    /// What it means for the address.
    pub const fn of_address(self) -> Option<Heard> {
        match self {
            Said::Delivered | Said::Delayed => None,
            Said::HardBounce => Some(Heard::HardBounce),
            Said::SoftBounce => Some(Heard::SoftBounce),
            Said::Refused => Some(Heard::Refused),
            Said::Complained => Some(Heard::Complained),
            Said::Unsubscribed => Some(Heard::Unsubscribed),
        }
    }

    /// What it means for the letter.
    pub const fn of_letter(self) -> Option<letters::Feedback> {
        match self {
            Said::Delayed | Said::Unsubscribed => None,
            Said::Delivered => Some(letters::Feedback::Delivered),
            Said::HardBounce | Said::SoftBounce | Said::Refused => Some(letters::Feedback::Bounced),
            Said::Complained => Some(letters::Feedback::Complained),
        }
    }
}

/// Who says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Mailgun,
    Mandrill,
    /// A notification or a complaint that came by mail. Anybody can write one.
    Report,
}

impl Source {
    pub const fn name(self) -> &'static str {
        match self {
            Source::Mailgun => "mailgun",
            Source::Mandrill => "mandrill",
            Source::Report => "report",
        }
    }
}

/// One thing that was said about one letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    pub letter: Id,
    /// Whom it had gone to, as whoever says it knows. None in complaints of houses that hide it.
    pub address: Option<Address>,
    pub said: Said,
    /// What the reader's server said, for people.
    pub words: String,
}

/// What came of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    pub taken: usize,
    /// Not understood, not about a letter of ours, known already, or not believed.
    pub ignored: usize,
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum Refused {
    /// No provider of that kind has a key for its webhooks.
    #[error("nobody is expected to call this")]
    NotExpected,
    #[error("the signature is not one of a provider of this house, or too old")]
    Forged,
    #[error("it is no such form")]
    Malformed,
    #[error(transparent)]
    Store(#[from] StoreError),
}
