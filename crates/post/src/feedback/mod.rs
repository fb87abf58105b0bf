//! What is heard of letters after they were handed over: webhooks of providers, delivery status notifications and
//! complaints that come by mail.
//!
//! What this slice keeps true:
//! * Nobody is believed who does not prove who they are: a webhook is signed and counts once, a report must be about a
//!   letter that was handed over lately, to the address that it went to.
//! * What is not understood, and what is about letters that we do not know, is counted and changes nothing.
//! * What was heard is on disk before it is confirmed, so a sender that got no answer may say it again. Said twice, it
//!   counts once.

mod chores;
mod http;
mod mailgun;
mod mandrill;
mod meter;
mod report;
mod rows;
mod rules;
mod service;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod tests;
mod types;

pub(crate) use report::Status;
pub use service::{Feedback, FeedbackSetup, Webhooks};
pub use types::{News, Refused, Said, Source, Taken};
