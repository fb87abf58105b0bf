//! What a link is, and how it is carried.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::{Id, Moment, PersonId, Secret};
use sha2::{Digest as _, Sha256};

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Sets the first password and makes the person active.
    Invitation,
    /// Sets another password and ends all sessions.
    Reset,
}

impl Purpose {
    pub const fn as_str(self) -> &'static str {
        match self {
            Purpose::Invitation => "invitation",
            Purpose::Reset => "reset",
        }
    }
}

/// A link as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub id: Id,
    pub person: PersonId,
    pub purpose: Purpose,
    pub token_hash: [u8; 32],
    pub created: Moment,
    pub expires: Moment,
}

impl Link {
    pub fn new(person: PersonId, purpose: Purpose, seconds: i64, now: Moment) -> (Link, LinkToken) {
        let token = LinkToken {
            person,
            secret: Secret::random(),
        };
        let link = Link {
            id: Id::beside(person.0, now),
            person,
            purpose,
            token_hash: token.hash(),
            created: now,
            expires: now.plus_seconds(seconds),
        };
        (link, token)
    }

    /// Whether this token opens it at this instant. Both halves are random, so a comparison tells nothing.
    pub fn opens_with(&self, token: &LinkToken, at: Moment) -> bool {
        at < self.expires && Secret::new(encoded(&self.token_hash)) == Secret::new(encoded(&token.hash()))
    }
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What stands in the address of a link: whose it is, and the secret that opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkToken {
    pub person: PersonId,
    secret: Secret,
}

impl LinkToken {
    fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret.reveal().as_bytes()).into()
    }

    /// As it stands in an address. A place to look at in review.
    pub fn reveal(&self) -> String {
        format!(
            "{}{}",
            URL_SAFE_NO_PAD.encode(self.person.0.as_bytes()),
            self.secret.reveal()
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a link of ours")]
pub struct BadLinkToken;

/// Characters of an id and of a secret in base64.
const ID_CHARS: usize = 22;
const SECRET_CHARS: usize = 43;

impl FromStr for LinkToken {
    type Err = BadLinkToken;

    fn from_str(text: &str) -> Result<LinkToken, BadLinkToken> {
        let (id, secret) = text.split_at_checked(ID_CHARS).ok_or(BadLinkToken)?;
        let id = URL_SAFE_NO_PAD.decode(id).map_err(|_| BadLinkToken)?;
        let id: [u8; 16] = id.try_into().map_err(|_| BadLinkToken)?;
        if secret.len() != SECRET_CHARS
            || !secret
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        {
            return Err(BadLinkToken);
        }
        Ok(LinkToken {
            person: PersonId(Id::from_bytes(id)),
            secret: Secret::new(secret),
        })
    }
}

/// A link on its way to its person.
#[derive(Clone)]
pub(crate) struct Outgoing {
    pub link: Id,
    pub person: PersonId,
    pub purpose: Purpose,
    /// The address to open, with the secret in it.
    pub address: Secret,
    pub made: Moment,
    pub expires: Moment,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("person", &self.person)
            .field("purpose", &self.purpose)
            .finish()
    }
}

/// What became of a link that was to be carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// It is on its way in a letter. Nobody else needs to see it.
    Sent,
    /// Letters reach nobody from here: whoever made it has to pass it on.
    ShownToAdmin,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_with_its_own_token_until_it_expires() {
        let now = Moment::from_seconds(1_795_000_000);
        let anna = PersonId::new(now);
        let (link, token) = Link::new(anna, Purpose::Reset, 60, now);
        let (_, other) = Link::new(anna, Purpose::Reset, 60, now);
        let read: LinkToken = token.reveal().parse().unwrap();
        assert_eq!(read, token);
        assert!(link.opens_with(&read, now.plus_seconds(59)));
        assert!(!link.opens_with(&read, now.plus_seconds(60)));
        assert!(!link.opens_with(&other, now));
        assert_eq!(link.id.virtual_shard(), anna.0.virtual_shard());
        assert!(!format!("{link:?}{token:?}").contains(&token.reveal()[22..]));
    }

    #[test]
    fn what_is_not_a_link_is_refused() {
        for text in [
            "",
            "x",
            &"a".repeat(64),
            &"я".repeat(40),
            &"!".repeat(65),
            &"a".repeat(66),
        ] {
            assert_eq!(text.parse::<LinkToken>(), Err(BadLinkToken), "{text}");
        }
    }
}
