//! Links to files of the folder, signed by the house.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::{Moment, Secret};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::hmac::{self, HMAC_SHA256};

use crate::Name;
use crate::disposition::cleaned;

/// Bytes of the signature that stand in a link: 128 bits cannot be guessed.
const SIGNATURE_BYTES: usize = 16;
/// Where the house serves them.
pub(crate) const PATH: &str = "/files/";

/// Makes and reads the links. All processes of one house have the same secret, so each reads what another made.
#[derive(Clone)]
pub(crate) struct Links {
    base: String,
    key: hmac::Key,
}

/// What a link leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Linked {
    pub name: Name,
    /// What the download is called.
    pub called: String,
    /// In whole seconds.
    pub until: Moment,
}

impl Links {
    pub fn new(base: &str, secret: &Secret) -> Links {
        let derived = Salt::new(HKDF_SHA256, b"townhall").extract(secret.reveal().trim().as_bytes());
        let key = match derived.expand(&[b"links to files"], HMAC_SHA256) {
            Ok(okm) => hmac::Key::from(okm),
            // Unreachable: one block is never too long for HKDF. A key from the same secret is as good.
            Err(_) => hmac::Key::new(HMAC_SHA256, secret.reveal().trim().as_bytes()),
        };
        Links {
            base: base.to_owned(),
            key,
        }
    }

    pub fn link(&self, linked: &Linked) -> String {
        // No part of it holds the end of a line.
        let said = format!(
            "{}\n{}\n{}",
            linked.until.as_seconds(),
            linked.name,
            cleaned(&linked.called)
        );
        format!("{}{PATH}{}", self.base, self.token(&said))
    }

    fn token(&self, said: &str) -> String {
        let signature = hmac::sign(&self.key, said.as_bytes());
        let short = signature.as_ref().get(..SIGNATURE_BYTES).unwrap_or_default();
        URL_SAFE_NO_PAD.encode([short, said.as_bytes()].concat())
    }

    /// Where the last part of a link leads; `None` when we did not make it. Whether it is over is for others to say.
    pub fn read(&self, token: &str) -> Option<Linked> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let said = std::str::from_utf8(bytes.get(SIGNATURE_BYTES..)?).ok()?;
        // The token that we would make is the only one, and compared without telling where they differ.
        if Secret::new(self.token(said)) != Secret::new(token) {
            return None;
        }
        let mut parts = said.splitn(3, '\n');
        let until = parts.next()?.parse().ok()?;
        let name = parts.next()?.parse().ok()?;
        Some(Linked {
            name,
            called: parts.next()?.to_owned(),
            until: Moment::from_seconds(until),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(secret: &str) -> Links {
        Links::new("https://house.example", &Secret::new(secret.repeat(32)))
    }

    fn linked() -> Linked {
        Linked {
            name: Name::kept("a/b.csv").unwrap(),
            called: "Отчёт.csv".to_owned(),
            until: Moment::from_seconds(1_800_000_000),
        }
    }

    #[test]
    fn a_link_leads_where_it_was_made_for_and_nowhere_else() {
        let link = links("x").link(&linked());
        let token = link.strip_prefix("https://house.example/files/").unwrap();
        assert_eq!(links("x").read(token), Some(linked()), "another process");
        assert_eq!(links("y").read(token), None, "another house");
        let bytes = URL_SAFE_NO_PAD.decode(token).unwrap();
        for at in 0..bytes.len() {
            let mut forged = bytes.clone();
            forged[at] ^= 1;
            assert_eq!(
                links("x").read(&URL_SAFE_NO_PAD.encode(forged)),
                None,
                "byte {at}"
            );
        }
        for token in [
            "",
            "x",
            &token[1..],
            &format!("{token}AAAA"),
            &format!("{token}="),
        ] {
            assert_eq!(links("x").read(token), None, "{token}");
        }
    }
}
