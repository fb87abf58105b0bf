//! Links that stop one stream of one reader.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::{Id, Secret};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::hmac::{self, HMAC_SHA256};

use super::types::STREAM_BYTES_MAX;

/// Bytes of the signature that stand in a link: 128 bits cannot be guessed, and a short link survives mail programs.
const SIGNATURE_BYTES: usize = 16;
const ID_BYTES: usize = 16;

/// Makes and reads the links. All instances of one house have the same secret, so each reads what another made.
#[derive(Clone)]
pub struct StopLinks {
    base: String,
    key: hmac::Key,
}

/// What a link stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopping {
    pub owner: Id,
    pub stream: String,
}

impl StopLinks {
    pub fn new(base: &str, secret: &Secret) -> StopLinks {
        let derived = Salt::new(HKDF_SHA256, b"townhall").extract(secret.reveal().trim().as_bytes());
        let key = match derived.expand(&[b"links that stop letters"], HMAC_SHA256) {
            Ok(okm) => hmac::Key::from(okm),
            // Unreachable: one block is never too long for HKDF. A key from the same secret is as good.
            Err(_) => hmac::Key::new(HMAC_SHA256, secret.reveal().trim().as_bytes()),
        };
        StopLinks {
            base: base.to_owned(),
            key,
        }
    }

    pub fn link(&self, owner: Id, stream: &str) -> String {
        format!("{}/letters/stop/{}", self.base, self.token(owner, stream))
    }

    /// The last part of a link.
    pub fn token(&self, owner: Id, stream: &str) -> String {
        let signature = hmac::sign(&self.key, &signed(owner, stream));
        let short = signature.as_ref().get(..SIGNATURE_BYTES).unwrap_or_default();
        URL_SAFE_NO_PAD.encode([owner.as_bytes().as_slice(), short, stream.as_bytes()].concat())
    }

    /// What the link stops; `None` when we did not make it.
    pub fn read(&self, token: &str) -> Option<Stopping> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (id, rest) = bytes.split_at_checked(ID_BYTES)?;
        let (_, stream) = rest.split_at_checked(SIGNATURE_BYTES)?;
        let owner = Id::from_bytes(id.try_into().ok()?);
        let stream = std::str::from_utf8(stream).ok()?;
        let fits = !stream.is_empty() && stream.len() <= STREAM_BYTES_MAX;
        // The token that we would make tells more than a comparison of signatures: it is the only one.
        let made = Secret::new(self.token(owner, stream));
        (fits && made == Secret::new(token)).then(|| Stopping {
            owner,
            stream: stream.to_owned(),
        })
    }
}

fn signed(owner: Id, stream: &str) -> Vec<u8> {
    [owner.as_bytes().as_slice(), stream.as_bytes()].concat()
}

impl fmt::Debug for StopLinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StopLinks").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(secret: &str) -> StopLinks {
        StopLinks::new("https://house.example", &Secret::new(secret.repeat(32)))
    }

    #[test]
    fn a_link_stops_what_it_was_made_for_and_nothing_else() {
        let (anna, boris) = (Id::named("person", "anna"), Id::named("person", "boris"));
        let links = links("x");
        let token = links.token(anna, "calendar.digest");
        let stopping = Stopping {
            owner: anna,
            stream: "calendar.digest".to_owned(),
        };
        assert_eq!(links.read(&token), Some(stopping));
        assert_eq!(
            links.link(anna, "a"),
            format!("https://house.example/letters/stop/{}", links.token(anna, "a"))
        );
        let mut bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        bytes[..16].copy_from_slice(boris.as_bytes());
        assert_eq!(
            links.read(&URL_SAFE_NO_PAD.encode(&bytes)),
            None,
            "another person"
        );
        assert_eq!(links.read(&links.token(anna, "")), None, "no stream");
        for token in ["", "x", &token[1..], &format!("{token}AAAA")] {
            assert_eq!(links.read(token), None, "{token}");
        }
    }

    #[test]
    fn only_the_house_with_the_same_secret_reads_it() {
        let anna = Id::named("person", "anna");
        let token = links("x").token(anna, "digest");
        assert!(links("x").read(&token).is_some(), "another instance");
        assert_eq!(links("y").read(&token), None);
    }
}
