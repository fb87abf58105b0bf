//! DKIM (RFC 6376, RFC 8463): the house signs what it sends in its own name.
//!
//! What is kept true: both parts are signed in relaxed form, so relays that fold headers or trim line ends break nothing;
//! `From` is named once more than it stands there, so that nobody can add another; a letter with a key that cannot sign
//! is not sent unsigned.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kernel::Secret;
use memchr::memmem;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair as RsaKey;
use ring::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use sha2::{Digest as _, Sha256};

mod relaxed;

/// Headers that are signed where a letter has them: all that a reader sees or a mail program acts upon.
const SIGNED: [&str; 14] = [
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "sender",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "auto-submitted",
    "list-id",
];
/// Shorter keys are refused by those who check (RFC 8301).
const RSA_BITS_MIN: usize = 1024;
/// How much of a signature stands in one line of its header.
const LINE: usize = 72;

/// Who signs, and with what: `selector._domainkey.domain` holds the [`Dkim::record`].
pub struct Dkim {
    domain: String,
    selector: String,
    key: Key,
}

enum Key {
    Rsa(Box<RsaKey>),
    Ed25519(Ed25519KeyPair),
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadDkim {
    #[error("the key is no PEM file with a private key of RSA or Ed25519")]
    Key,
    #[error("an RSA key needs {RSA_BITS_MIN} bits at least, better 2048")]
    Short,
    #[error("`{0}` is no name of a domain or selector")]
    Name(String),
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotSigned {
    #[error("the letter has no From header to sign")]
    NoFrom,
    #[error("the key cannot sign")]
    Key,
}

impl Dkim {
    /// `key` is PEM: PKCS #8 (`openssl genpkey`), or PKCS #1 for RSA.
    pub fn new(domain: &str, selector: &str, key: &Secret) -> Result<Dkim, BadDkim> {
        for name in [domain, selector] {
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
            if name.is_empty() || !name.chars().all(fits) {
                return Err(BadDkim::Name(name.to_owned()));
            }
        }
        let der = PrivateKeyDer::from_pem_slice(key.reveal().as_bytes()).map_err(|_| BadDkim::Key)?;
        let key = match &der {
            PrivateKeyDer::Pkcs1(der) => Key::Rsa(Box::new(
                RsaKey::from_der(der.secret_pkcs1_der()).map_err(|_| BadDkim::Key)?,
            )),
            PrivateKeyDer::Pkcs8(der) => {
                let der = der.secret_pkcs8_der();
                match RsaKey::from_pkcs8(der) {
                    Ok(key) => Key::Rsa(Box::new(key)),
                    Err(_) => Key::Ed25519(
                        Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(|_| BadDkim::Key)?,
                    ),
                }
            }
            _ => return Err(BadDkim::Key),
        };
        if let Key::Rsa(key) = &key
            && key.public().modulus_len() * 8 < RSA_BITS_MIN
        {
            return Err(BadDkim::Short);
        }
        Ok(Dkim {
            domain: domain.to_owned(),
            selector: selector.to_owned(),
            key,
        })
    }

    /// Where the record has to stand in the DNS.
    pub fn record_name(&self) -> String {
        format!("{}._domainkey.{}", self.selector, self.domain)
    }

    /// What has to stand there, as TXT.
    pub fn record(&self) -> String {
        let (kind, key) = match &self.key {
            Key::Rsa(key) => ("rsa", subject_public_key(key.public().as_ref())),
            Key::Ed25519(key) => ("ed25519", key.public_key().as_ref().to_vec()),
        };
        format!("v=DKIM1; k={kind}; p={}", STANDARD.encode(key))
    }

    /// The letter with its signature before it.
    pub fn sign(&self, mime: &[u8]) -> Result<Vec<u8>, NotSigned> {
        let (head, body) = match memmem::find(mime, b"\r\n\r\n") {
            Some(at) => (&mime[..at + 2], &mime[at + 4..]),
            None => (mime, &[][..]),
        };
        let fields = relaxed::fields(head);
        let mut names = Vec::new();
        let mut signed = Vec::new();
        for name in SIGNED {
            // Of several the last counts first.
            for field in fields.iter().rev().filter(|field| field.name == name) {
                names.push(name);
                signed.extend_from_slice(&field.line);
                signed.extend_from_slice(b"\r\n");
            }
        }
        if names.first() != Some(&"from") {
            return Err(NotSigned::NoFrom);
        }
        names.push("from");
        let mut header = format!(
            "DKIM-Signature: v=1; a={}; c=relaxed/relaxed; d={}; s={};\r\n\th={};\r\n\tbh={};\r\n\tb=",
            self.algorithm(),
            self.domain,
            self.selector,
            names.join(":"),
            STANDARD.encode(relaxed::body_digest(body)),
        );
        for field in relaxed::fields(header.as_bytes()) {
            signed.extend_from_slice(&field.line);
        }
        let signature = STANDARD.encode(self.signature(&signed)?);
        for (index, character) in signature.chars().enumerate() {
            if index > 0 && index % LINE == 0 {
                header.push_str("\r\n\t");
            }
            header.push(character);
        }
        header.push_str("\r\n");
        let mut out = header.into_bytes();
        out.extend_from_slice(mime);
        Ok(out)
    }

    fn algorithm(&self) -> &'static str {
        match self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        }
    }

    fn signature(&self, signed: &[u8]) -> Result<Vec<u8>, NotSigned> {
        match &self.key {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed, &mut signature)
                    .map_err(|_| NotSigned::Key)?;
                Ok(signature)
            }
            Key::Ed25519(key) => Ok(key.sign(&Sha256::digest(signed)).as_ref().to_vec()),
        }
    }
}

impl fmt::Debug for Dkim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dkim({})", self.record_name())
    }
}

/// `SubjectPublicKeyInfo` around a PKCS #1 public key: what the world publishes for RSA.
fn subject_public_key(pkcs1: &[u8]) -> Vec<u8> {
    const RSA: &[u8] = &[
        0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
    ];
    let bits = der(0x03, &[&[0], pkcs1].concat());
    der(0x30, &[RSA, &bits].concat())
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut out = vec![tag];
    match significant.as_slice() {
        [] => out.push(0),
        [short] if *short < 0x80 => out.push(*short),
        long => {
            // At most eight of them.
            out.push(0x80 | u8::try_from(long.len()).unwrap_or(8));
            out.extend_from_slice(long);
        }
    }
    out.extend_from_slice(content);
    out
}

#[cfg(test)]
mod tests;
