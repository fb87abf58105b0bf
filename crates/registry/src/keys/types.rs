//! API keys: who a service is, and what it may do.

use kernel::{BadText, Id, Moment, Secret, Text};
use store::StoreError;

use crate::sessions::types::{Hash, hash};

pub const NAME_CHARS_MAX: usize = 80;
/// More than there are kinds of access; keeps a key in one line of a list.
pub const SCOPES_MAX: usize = 32;
const SCOPE_CHARS_MAX: usize = 64;

/// A key as it is known: without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    pub id: Id,
    pub name: Text,
    pub scopes: Scopes,
    pub created: Moment,
    pub expires: Option<Moment>,
    /// To the hour.
    pub last_used: Option<Moment>,
    pub revoked: Option<Moment>,
}

/// Words such as `people:read`, in order and each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scopes(Vec<String>);

impl Scopes {
    pub fn new(words: impl IntoIterator<Item = String>) -> Result<Scopes, Refused> {
        let mut scopes: Vec<String> = words.into_iter().take(SCOPES_MAX + 1).collect();
        scopes.sort();
        scopes.dedup();
        let fits = |word: &String| {
            let letters = |part: &str| {
                !part.is_empty()
                    && part
                        .chars()
                        .all(|c| c.is_ascii_lowercase() || c == '_' || c == '-')
            };
            word.len() <= SCOPE_CHARS_MAX
                && word
                    .split_once(':')
                    .is_some_and(|(what, act)| letters(what) && letters(act))
        };
        if scopes.is_empty() || scopes.len() > SCOPES_MAX || !scopes.iter().all(fits) {
            return Err(Refused::Scopes);
        }
        Ok(Scopes(scopes))
    }

    pub(super) fn stored(text: &str) -> Scopes {
        Scopes(text.split(' ').map(str::to_owned).collect())
    }

    pub fn words(&self) -> &[String] {
        &self.0
    }
}

/// What a service holds: `th_ID_SECRET`. The id routes it.
#[derive(Clone, Debug)]
pub struct KeySecret {
    pub id: Id,
    secret: Secret,
}

const PREFIX: &str = "th_";
const ID_CHARS: usize = 32;
const SECRET_CHARS: usize = 43;

impl KeySecret {
    pub fn new(id: Id) -> KeySecret {
        KeySecret {
            id,
            secret: Secret::random(),
        }
    }

    /// `None` for what was never ours.
    pub fn parse(text: &str) -> Option<KeySecret> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let fits = id.len() == ID_CHARS && secret.len() == SECRET_CHARS;
        let id = id.parse().ok().filter(|_| fits)?;
        Some(KeySecret {
            id,
            secret: Secret::new(secret),
        })
    }

    /// To be handed out, once.
    pub fn reveal(&self) -> Secret {
        Secret::new(format!(
            "{PREFIX}{}_{}",
            self.id.to_string().replace('-', ""),
            self.secret.reveal()
        ))
    }

    pub fn hash(&self) -> Hash {
        hash(self.secret.reveal())
    }
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum Refused {
    #[error("{0}")]
    Name(BadText),
    #[error("must be one to {SCOPES_MAX} words such as people:read")]
    Scopes,
    #[error("must be in the future")]
    Expiry,
    #[error("there is no such key")]
    NotFound,
    #[error("it is not a key of this house")]
    Unknown,
    #[error("the key has expired")]
    Expired,
    #[error("the key was revoked")]
    Revoked,
    #[error(transparent)]
    BadCursor(#[from] kernel::BadCursor),
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_being_handed_out() {
        let key = KeySecret::new(Id::new(Moment::from_seconds(1_795_000_000)));
        let text = key.reveal();
        let read = KeySecret::parse(text.reveal()).unwrap();
        assert_eq!((read.id, read.hash()), (key.id, key.hash()));
        let text = text.reveal();
        for wrong in [
            "",
            "th_",
            "th__",
            &text[1..],
            &text[..text.len() - 1],
            &format!("{text}x"),
            "th_é_é",
        ] {
            assert!(KeySecret::parse(wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn scopes_are_words_of_what_and_act() {
        let check = |words: &[&str], expected: Option<&[&str]>| {
            let scopes = Scopes::new(words.iter().map(|w| (*w).to_owned())).ok();
            let words = scopes
                .as_ref()
                .map(|s| s.words().iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(words.as_deref(), expected);
        };
        check(
            &["people:write", "people:read", "people:read"],
            Some(&["people:read", "people:write"]),
        );
        check(&[], None);
        check(&["people"], None);
        check(&["people: read"], None);
        check(&["People:read"], None);
        check(&["a:b:c"], None);
    }
}
