//! Passwords: what they must be, and how they become hashes.
//!
//! A password is never stored, logged or compared in the clear. Hashing is slow by design, so it has threads and a
//! bounded queue of its own: a flood of sign-ins fills that queue and is refused there, while every other request
//! goes on.

mod pool;
mod rules;
mod types;
mod words;

pub use pool::HashingPool;
pub use types::{
    About, Hashing, HashingRefused, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, Password, PasswordHash,
    TypedPassword, Verdict, WeakPassword,
};

/// A new password, or why it will not do.
pub fn accept(text: &str, chars_min: usize, about: &About<'_>) -> Result<Password, WeakPassword> {
    rules::check(TypedPassword::new(text)?, chars_min, about, words::common())
}
