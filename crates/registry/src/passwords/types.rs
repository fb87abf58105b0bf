//! What a password may be, and why one is refused.

use kernel::Secret;
use unicode_normalization::UnicodeNormalization as _;

/// Characters a password has at least: below ten, an offline guesser needs no list.
pub const PASSWORD_CHARS_MIN: usize = 10;
/// Characters a password has at most: a passphrase fits, and hashing megabytes does not.
pub const PASSWORD_CHARS_MAX: usize = 128;

/// A password that passed the rules, in Unicode's composed form (NFC), so that the same keys pressed on another
/// device give the same bytes.
#[derive(Clone, Debug)]
pub struct Password(Secret);

impl Password {
    /// Called by the rules, and for a password that is stored already and only hashed anew.
    pub(super) fn accepted(typed: TypedPassword) -> Password {
        Password(typed.0)
    }

    pub fn secret(&self) -> &Secret {
        &self.0
    }
}

/// What a sign-in typed: bounded, composed, and held to no other rule, because rules change and old passwords stay.
#[derive(Clone, Debug)]
pub struct TypedPassword(Secret);

impl TypedPassword {
    pub fn new(text: &str) -> Result<TypedPassword, WeakPassword> {
        // Before composing, which may shorten: no more than four code points make one in any writing system we serve.
        if text.chars().take(PASSWORD_CHARS_MAX * 4 + 1).count() > PASSWORD_CHARS_MAX * 4 {
            return Err(WeakPassword::TooLong);
        }
        let composed: String = text.nfc().collect();
        if composed.chars().count() > PASSWORD_CHARS_MAX {
            return Err(WeakPassword::TooLong);
        }
        if composed.chars().any(char::is_control) {
            return Err(WeakPassword::Control);
        }
        Ok(TypedPassword(Secret::new(composed)))
    }

    pub fn secret(&self) -> &Secret {
        &self.0
    }
}

/// What a password must not be made of: the person's name and address, the name of the house.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    pub email: &'a str,
    pub name: &'a str,
    pub house: &'a str,
}

/// The stored form: a PHC string (`$argon2id$v=19$m=…,t=…,p=…$salt$hash`).
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    pub fn stored(text: String) -> PasswordHash {
        PasswordHash(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    #[error("must have at least {min} characters")]
    TooShort { min: usize },
    #[error("must have at most {PASSWORD_CHARS_MAX} characters")]
    TooLong,
    #[error("must not contain control characters such as NUL")]
    Control,
    #[error("is among the first that a guesser tries; take a few words that do not belong together")]
    Common,
    #[error("must not be made of your name, your e-mail address or the name of this house")]
    AboutYou,
    #[error("repeats the same few characters")]
    Repetitive,
    #[error("follows the alphabet, the digits or a row of the keyboard")]
    Sequence,
}

impl WeakPassword {
    /// The word that stands in a problem's `errors[].code`.
    pub fn code(self) -> &'static str {
        match self {
            WeakPassword::TooShort { .. } => "too_short",
            WeakPassword::TooLong => "too_long",
            WeakPassword::Control => "control_character",
            WeakPassword::Common => "password_common",
            WeakPassword::AboutYou => "password_about_you",
            WeakPassword::Repetitive => "password_repetitive",
            WeakPassword::Sequence => "password_sequence",
        }
    }
}

/// What hashing costs. The defaults are OWASP's for argon2id; a stored hash with other parameters is made anew at
/// the next sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hashing {
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
    /// Threads that do nothing but hash.
    pub threads: usize,
    /// Sign-ins that may wait for one of them; the next is refused at once.
    pub queue: usize,
}

impl Default for Hashing {
    fn default() -> Hashing {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Hashing {
            memory_kib: 19 * 1024,
            passes: 2,
            lanes: 1,
            threads: (cores / 2).max(1),
            queue: 64,
        }
    }
}

impl Hashing {
    /// The cheapest that argon2 allows: for tests, which sign in by the hundred.
    pub fn cheapest() -> Hashing {
        Hashing {
            memory_kib: 8,
            passes: 1,
            lanes: 1,
            threads: 1,
            queue: 64,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashingRefused {
    /// The queue is full, or the house is closing.
    #[error("too many sign-ins wait already")]
    Busy,
    #[error("the stored password hash cannot be read")]
    BadHash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub matches: bool,
    /// The hash was made with other parameters than today's.
    pub outdated: bool,
}
