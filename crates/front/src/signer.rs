//! What the house gives away and knows again when it comes back: links in letters, to files, to streams.
//!
//! A token is what it says, behind a signature by a key that is derived from the house's secret, another one for each
//! purpose. So all processes of one house read what any of them made, nobody else makes one, and nothing is stored.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::Secret;
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::hmac::{self, HMAC_SHA256};

/// Bytes of the signature that stand in a token: 128 bits cannot be guessed, and a short link survives mail programs.
const SIGNATURE_BYTES: usize = 16;

/// Makes the tokens of one purpose and reads them.
#[derive(Clone, Debug)]
pub struct Signer(hmac::Key);

impl Signer {
    pub fn new(secret: &Secret, purpose: &str) -> Signer {
        let text = secret.reveal().trim().as_bytes();
        let derived = Salt::new(HKDF_SHA256, b"townhall").extract(text);
        let key = match derived.expand(&[purpose.as_bytes()], HMAC_SHA256) {
            Ok(okm) => hmac::Key::from(okm),
            // Unreachable: one block is never too long for HKDF. A key from the same secret is as good.
            Err(_) => hmac::Key::new(HMAC_SHA256, text),
        };
        Signer(key)
    }

    /// Safe in an address. Not secret: whoever has it reads what it says.
    pub fn token(&self, said: &[u8]) -> String {
        let signature = hmac::sign(&self.0, said);
        let short = signature.as_ref().get(..SIGNATURE_BYTES).unwrap_or_default();
        URL_SAFE_NO_PAD.encode([short, said].concat())
    }

    /// What a token says; `None` when we did not make it for this purpose.
    pub fn read(&self, token: &str) -> Option<Vec<u8>> {
        let mut bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        if bytes.len() < SIGNATURE_BYTES {
            return None;
        }
        let said = bytes.split_off(SIGNATURE_BYTES);
        // The token that we would make is the only one, and compared without telling where they differ.
        (Secret::new(self.token(&said)) == Secret::new(token)).then_some(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(secret: &str, purpose: &str) -> Signer {
        Signer::new(&Secret::new(secret.repeat(32)), purpose)
    }

    #[test]
    fn a_token_is_read_by_the_same_house_for_the_same_purpose() {
        let token = signer("x", "files").token(b"said");
        assert_eq!(
            signer("x", "files").read(&token).unwrap(),
            b"said",
            "another process"
        );
        assert_eq!(signer("y", "files").read(&token), None, "another house");
        assert_eq!(signer("x", "letters").read(&token), None, "another purpose");
    }

    #[test]
    fn a_token_that_was_changed_anywhere_is_not_read() {
        let signer = signer("x", "files");
        let token = signer.token(b"what it says");
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for at in 0..bytes.len() {
            let mut forged = bytes.clone();
            forged[at] ^= 1;
            let forged = URL_SAFE_NO_PAD.encode(forged);
            assert_eq!(signer.read(&forged), None, "byte {at}");
        }
        for token in [
            "",
            "x",
            &token[1..],
            &format!("{token}AAAA"),
            &format!("{token}="),
        ] {
            assert_eq!(signer.read(token), None, "{token}");
        }
    }
}
