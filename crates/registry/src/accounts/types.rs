//! What belongs to an account, and the reasons for refusing a change of it.

use kernel::Moment;

use crate::passwords::{PasswordHash, WeakPassword};

/// A person's means to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// `None` while an invitation waits to be accepted.
    pub password: Option<PasswordHash>,
    pub password_set_at: Option<Moment>,
    /// Access tokens bear it. Raising it cuts all those before short.
    pub generation: i64,
}

/// Wrong passwords in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failures {
    pub count: u32,
    pub last_at: Moment,
    pub locked_until: Option<Moment>,
}

/// When an account locks, and for how long at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lockout {
    pub failures: u32,
    pub seconds: i64,
}

/// Why a password was not changed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NotChanged {
    #[error("the current password is wrong")]
    WrongPassword,
    #[error("the new password {0}")]
    Weak(WeakPassword),
    #[error("the new password is the current one")]
    Same,
    #[error("there were too many tries; the next is answered in {seconds} seconds")]
    Locked { seconds: u32 },
    #[error("too many sign-ins wait already")]
    Busy,
    #[error("the account has no password that could be read")]
    NoPassword,
    #[error(transparent)]
    Store(#[from] store::StoreError),
}
