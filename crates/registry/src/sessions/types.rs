//! Sessions and their refresh tokens.

use kernel::{Id, Moment, PersonId, Secret};
use ring::digest::{SHA256, digest};

/// One device that is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: Id,
    pub person: PersonId,
    pub surface: Surface,
    /// As its owner may recognise it: `Firefox on Linux`.
    pub device: String,
    /// Where it was last seen.
    pub address: String,
    pub created: Moment,
    pub last_seen: Moment,
    pub expires: Moment,
    pub rotation: Rotation,
    pub ended: Option<Ended>,
}

/// What a session was started from. It decides how strictly its refresh tokens are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// A program that keeps its tokens itself.
    Api,
    /// A browser with cookies, which asks for several pages at a time and cannot wait for one.
    Browser,
}

/// Which refresh tokens a session gave out, by their hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Of the part that all its tokens share. It tells a used token from a guess: a guess ends nothing.
    pub family: Hash,
    /// Of the one that is good.
    pub current: Hash,
    /// Of the one before it.
    pub previous: Option<Hash>,
    pub rotated_at: Moment,
}

pub type Hash = [u8; 32];

/// Why a session is over before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    SignedOut,
    Revoked,
    /// A refresh token came a second time.
    Theft,
}

/// What a session's owner holds: `tr.SESSION.FAMILY.ONE`. The session routes it, the family proves that it was ours.
#[derive(Clone, Debug)]
pub struct RefreshToken {
    pub session: Id,
    family: Secret,
    one: Secret,
}

const PREFIX: &str = "tr";
const PART_CHARS: usize = 43;

impl RefreshToken {
    /// The first one of a session.
    pub fn first(session: Id) -> RefreshToken {
        RefreshToken {
            session,
            family: Secret::random(),
            one: Secret::random(),
        }
    }

    /// The one that takes its place.
    pub fn next(&self) -> RefreshToken {
        RefreshToken {
            session: self.session,
            family: self.family.clone(),
            one: Secret::random(),
        }
    }

    /// `None` for what was never ours.
    pub fn parse(text: &str) -> Option<RefreshToken> {
        let mut parts = text.split('.');
        let (prefix, session, family, one) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let whole = prefix == PREFIX && parts.next().is_none();
        if !whole || family.len() != PART_CHARS || one.len() != PART_CHARS {
            return None;
        }
        Some(RefreshToken {
            session: session.parse().ok()?,
            family: Secret::new(family),
            one: Secret::new(one),
        })
    }

    /// To be handed out, once.
    pub fn reveal(&self) -> String {
        format!(
            "{PREFIX}.{}.{}.{}",
            self.session,
            self.family.reveal(),
            self.one.reveal()
        )
    }

    pub fn family_hash(&self) -> Hash {
        hash(self.family.reveal())
    }

    pub fn hash(&self) -> Hash {
        hash(self.one.reveal())
    }

    /// How a session starts.
    pub fn rotation(&self, now: Moment) -> Rotation {
        Rotation {
            family: self.family_hash(),
            current: self.hash(),
            previous: None,
            rotated_at: now,
        }
    }
}

/// SHA-256 is enough for what has 256 random bits; only what people choose needs slow hashing.
pub fn hash(secret: &str) -> Hash {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
    bytes
}

pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

/// What a refresh leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is the good one: a new one takes its place.
    Rotate,
    /// A page that was loaded beside the one that got the new token: it gets an access token only.
    Beside,
    /// It was used before, so two have it.
    Reused,
}

/// Why a session was not found, ended or renewed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NotRenewed {
    #[error("it is not a refresh token of this house")]
    Unknown,
    #[error("the session was not used for too long")]
    Expired,
    #[error("the session was ended")]
    Ended,
    #[error("the refresh token was used before, so the session was ended")]
    Reused,
    #[error("the person may not sign in")]
    Blocked,
    #[error(transparent)]
    Store(#[from] store::StoreError),
    #[error("no token could be made: {0}")]
    Token(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_token_survives_being_handed_out() {
        let token = RefreshToken::first(Id::new(Moment::from_seconds(1)));
        let read = RefreshToken::parse(&token.reveal()).unwrap();
        assert_eq!((read.session, read.hash()), (token.session, token.hash()));
        assert_eq!(token.next().family_hash(), token.family_hash());
        assert_ne!(token.next().hash(), token.hash());
        assert_eq!(
            format!("{token:?}").matches('…').count(),
            2,
            "its secrets do not print"
        );
    }

    #[test]
    fn what_is_not_a_refresh_token_is_not_read() {
        let token = RefreshToken::first(Id::new(Moment::from_seconds(1))).reveal();
        for text in [
            "",
            "tr",
            "tr...",
            "a.b.c",
            &token[1..],
            &token[..token.len() - 1],
            &format!("{token}.x"),
        ] {
            assert!(RefreshToken::parse(text).is_none(), "{text:?}");
        }
    }
}
