//! A client for providers that are reached over HTTP.
//!
//! What it keeps true: it always knows whether a request may have left the house. Before its first byte is written the
//! letter was certainly not given; after that, and without an answer that can be read, nobody can tell. Clients made for
//! convenience try again by themselves or call both cases an error, so this one stands on hyper's connections directly.
//!
//! Connections are kept and used again, one request at a time on each; a request waits for none of them.

mod client;
mod multipart;

pub(super) use client::{Answer, Client, Fault, Options};
pub(super) use multipart::Multipart;

use super::{Class, Refusal, Verdict};

/// What a server said, for people: cut off, in one line.
pub(super) fn words(text: &str) -> String {
    const CHARS_MAX: usize = 300;
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.trim().chars().take(CHARS_MAX).map(plain).collect()
}

impl From<Fault> for Verdict {
    fn from(fault: Fault) -> Verdict {
        match fault {
            Fault::NotSent(refusal) => Verdict::Refused(refusal),
            Fault::Unsure(why) => Verdict::Unsure { why },
        }
    }
}

/// Of a question, which can be asked again whatever went wrong.
impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Refusal {
        match fault {
            Fault::NotSent(refusal) => refusal,
            Fault::Unsure(why) => passing(Class::Network, why),
        }
    }
}

/// A refusal that may end differently another time.
pub(super) fn passing(class: Class, words: impl Into<String>) -> Refusal {
    Refusal {
        class,
        is_final: false,
        words: words.into(),
        retry_after: None,
    }
}
