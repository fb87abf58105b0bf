//! Signatures that the public half of the key confirms. A verifier that is not ours reads them in `it`.

use ring::signature::{ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

use super::*;

const RSA: &str = include_str!("key-for-tests.pem");
const LETTER: &[u8] = b"From: House <house@house.example>\r\nTo: a@mx.example\r\nX-Other: 1\r\nSubject: a\r\n  b\r\n\r\nHello  \r\n\r\n";

fn ed25519() -> String {
    let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let text = STANDARD.encode(key.as_ref());
    format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
}

fn dkim(key: &str) -> Dkim {
    Dkim::new("house.example", "post", &Secret::new(key)).unwrap()
}

/// The value of a tag, its folds removed.
fn tag(letter: &str, name: &str) -> String {
    let head = letter.split("\r\nFrom:").next().unwrap().replace("\r\n\t", " ");
    let value = head
        .split("; ")
        .find_map(|part| part.strip_prefix(&format!("{name}=")));
    value.unwrap().replace(' ', "").trim_end_matches(';').to_owned()
}

#[test]
fn the_public_half_of_the_key_confirms_what_was_signed() {
    let signed_head = "from:House <house@house.example>\r\nto:a@mx.example\r\nsubject:a b\r\n";
    for key in [RSA.to_owned(), ed25519()] {
        let dkim = dkim(&key);
        let letter = dkim.sign(LETTER).unwrap();
        assert!(letter.ends_with(LETTER));
        let text = String::from_utf8(letter).unwrap();
        assert!(text.lines().all(|line| line.len() < 200));
        assert_eq!(tag(&text, "h"), "from:to:subject:from");
        assert_eq!(tag(&text, "bh"), STANDARD.encode(Sha256::digest(b"Hello\r\n")));
        let signature = STANDARD.decode(tag(&text, "b")).unwrap();
        let unsigned = format!(
            "{signed_head}dkim-signature:v=1; a={}; c=relaxed/relaxed; d=house.example; s=post; h=from:to:subject:from; bh={}; b=",
            tag(&text, "a"),
            tag(&text, "bh")
        );
        match &dkim.key {
            Key::Rsa(key) => {
                let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public().as_ref());
                public.verify(unsigned.as_bytes(), &signature).unwrap();
            }
            Key::Ed25519(key) => {
                let public = UnparsedPublicKey::new(&ED25519, key.public_key().as_ref());
                public.verify(&Sha256::digest(&unsigned), &signature).unwrap();
            }
        }
    }
}

#[test]
fn the_record_is_what_the_world_publishes() {
    let record = dkim(RSA).record();
    assert!(
        record.starts_with("v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA"),
        "{record}"
    );
    assert_eq!(dkim(RSA).record_name(), "post._domainkey.house.example");
}

#[test]
fn what_cannot_be_signed_with_or_for_is_refused() {
    let new = |domain: &str, key: &str| {
        Dkim::new(domain, "post", &Secret::new(key))
            .map(|_| ())
            .unwrap_err()
    };
    assert_eq!(new("house.example", "no key"), BadDkim::Key);
    assert!(matches!(new("house.example; l=0", RSA), BadDkim::Name(_)));
    assert_eq!(dkim(RSA).sign(b"To: a\r\n\r\n"), Err(NotSigned::NoFrom));
}
