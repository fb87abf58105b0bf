//! What the operator decides about accounts. `townhall` fills it from its configuration.

use kernel::Secret;

use crate::passwords::{Hashing, PASSWORD_CHARS_MIN};

#[derive(Clone, Debug)]
pub struct Options {
    /// What the house is called: a password must not be made of it.
    pub house: String,
    /// How the house is reached from outside, without a slash at the end. It is in links, and names us in tokens.
    pub base: String,
    /// Seals the private signing keys in the store. The same for all instances of one house.
    pub secret: Secret,
    /// Whether letters reach people, and do not only go into a folder.
    pub reaches_people: bool,
    /// Whether letters that go into a folder are read on a page, as in a demo.
    pub has_mailbox: bool,
    pub hashing: Hashing,
    pub password_chars_min: usize,
    pub access_token_seconds: i64,
    /// A session ends when it was not used for this long.
    pub session_seconds: i64,
    /// How long a key signs before a new one takes over.
    pub signing_key_seconds: i64,
    pub invitation_seconds: i64,
    pub reset_seconds: i64,
    /// Wrong passwords in a row that lock an account, and how long the first lock holds.
    pub lockout_failures: u32,
    pub lockout_seconds: i64,
    /// Sign-ins that are tried for one account, and from one address.
    pub account_attempts_per_minute: u32,
    pub address_attempts_per_minute: u32,
}

impl Default for Options {
    fn default() -> Options {
        const MINUTE: i64 = 60;
        const HOUR: i64 = 60 * MINUTE;
        const DAY: i64 = 24 * HOUR;
        Options {
            house: "Townhall".to_owned(),
            base: "http://127.0.0.1:8080".to_owned(),
            secret: Secret::random(),
            reaches_people: false,
            has_mailbox: false,
            hashing: Hashing::default(),
            password_chars_min: PASSWORD_CHARS_MIN,
            access_token_seconds: 10 * MINUTE,
            session_seconds: 30 * DAY,
            signing_key_seconds: 30 * DAY,
            invitation_seconds: 7 * DAY,
            reset_seconds: 2 * HOUR,
            lockout_failures: 10,
            lockout_seconds: 15 * MINUTE,
            account_attempts_per_minute: 30,
            address_attempts_per_minute: 60,
        }
    }
}

impl Options {
    /// The defaults with the cheapest hashing and limits that no test reaches by accident.
    pub fn for_tests() -> Options {
        Options {
            hashing: Hashing::cheapest(),
            account_attempts_per_minute: 10_000,
            address_attempts_per_minute: 10_000,
            ..Options::default()
        }
    }

    /// Whether cookies are for encrypted connections only.
    pub fn has_https(&self) -> bool {
        self.base.starts_with("https://")
    }
}
