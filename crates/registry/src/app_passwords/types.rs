//! App passwords: a secret for one client of one person.

use kernel::{BadText, Id, Moment, PersonId, Text};
use store::StoreError;

use crate::sessions::types::{Hash, hash};

/// Names are for the owner's list.
pub const NAME_CHARS_MAX: usize = 80;
/// More clients than anybody has.
pub const APP_PASSWORDS_MAX: usize = 50;
/// Letters without those that are mistaken for others. 20 of 32 are 100 random bits.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
const GROUPS: usize = 5;
const GROUP_CHARS: usize = 4;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppPassword {
    pub id: Id,
    pub person: PersonId,
    pub name: Text,
    pub created: Moment,
    /// To the hour.
    pub last_used: Option<Moment>,
}

/// `abcd-efgh-…` from random bytes: easy to copy from a screen into a telephone.
pub fn spell(random: &[u8; GROUPS * GROUP_CHARS]) -> String {
    let letter = |byte: &u8| char::from(ALPHABET[usize::from(byte % 32)]);
    let groups: Vec<String> = random
        .chunks(GROUP_CHARS)
        .map(|group| group.iter().map(letter).collect())
        .collect();
    groups.join("-")
}

/// Of what was typed, however it was spaced and capitalised.
pub fn typed_hash(typed: &str) -> Hash {
    let letters: String = typed
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .map(|c| c.to_ascii_lowercase())
        .take(64)
        .collect();
    hash(&letters)
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum Refused {
    #[error("{0}")]
    Name(BadText),
    #[error("there are {APP_PASSWORDS_MAX} app passwords already; remove one that is not used")]
    TooManyOfThem,
    #[error("e-mail or app password is wrong")]
    WrongCredentials,
    #[error("there were too many tries; the next is answered in {seconds} seconds")]
    TooMany { seconds: u32 },
    #[error("there is no such app password")]
    NotFound,
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_password_may_be_typed_carelessly() {
        let spelled = spell(&std::array::from_fn(|n| u8::try_from(n * 13).unwrap()));
        assert_eq!(spelled.len(), 24);
        let careless = spelled.replace('-', " ").to_uppercase();
        assert_eq!(typed_hash(&careless), typed_hash(&spelled));
        assert_ne!(typed_hash(&spelled[1..]), typed_hash(&spelled));
    }
}
