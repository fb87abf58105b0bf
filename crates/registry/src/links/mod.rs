//! Links that let somebody set a password: invitations and password resets.
//!
//! A link works once, until it expires or a newer one of its kind is made. Only its hash is stored, so whoever reads
//! the store cannot use it. It reaches the person in a letter; where letters only go into a folder, it is shown to the
//! administrator who made it as well.

mod expiry;
pub mod http;
mod letters;
pub(crate) mod rows;
mod service;
mod types;

/// Requests for a reset that may be worked on after their answer. More are asked to come back: the work must not pile
/// up where nobody waits for it.
pub(crate) const RESETS_UNDER_WAY_MAX: usize = 64;

pub use expiry::timers;
pub(crate) use letters::Carrier;
pub use letters::{INVITATION, RESET, SPECIMENS, desks};
pub use rows::remove_all as forget;
pub use service::{Issued, LinkView};
pub use types::{Link, LinkToken, Purpose};
