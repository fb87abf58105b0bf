//! Why a sign-in is refused.

use store::StoreError;

use crate::passwords::WeakPassword;
use crate::people::types::BadEmail;

#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Wrong password, no such address, or no password yet: nobody outside may tell these apart.
    #[error("e-mail or password is wrong")]
    WrongCredentials,
    /// Told only to who knows the password.
    #[error("the person may not sign in")]
    Blocked,
    #[error("there were too many wrong passwords; the next is tried in {seconds} seconds")]
    Locked { seconds: u32 },
    #[error("there were too many sign-ins; the next is tried in {seconds} seconds")]
    TooMany { seconds: u32 },
    #[error("too many sign-ins wait already")]
    Busy,
    #[error("{0}")]
    Email(BadEmail),
    #[error("{0}")]
    Password(WeakPassword),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Broken(String),
}

impl Refused {
    /// How the metrics call it.
    pub fn label(&self) -> &'static str {
        match self {
            Refused::WrongCredentials => "wrong_credentials",
            Refused::Blocked => "blocked",
            Refused::Locked { .. } => "locked",
            Refused::TooMany { .. } => "too_many",
            Refused::Busy => "busy",
            Refused::Email(_) | Refused::Password(_) => "invalid",
            Refused::Store(_) | Refused::Broken(_) => "failed",
        }
    }
}
