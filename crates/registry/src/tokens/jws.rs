//! JSON Web Signatures, compact, with Ed25519 and nothing else.
//!
//! Written out because it is sixty lines, and the crates for it bring RSA and a choice of algorithms. There is no
//! choice here: the header must say `EdDSA` and name a key of ours, whatever a token would like to be checked with.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::types::BadToken;

const ALGORITHM: &str = "EdDSA";
/// Longer ones are not ours, and are not decoded.
const TOKEN_BYTES_MAX: usize = 8 * 1024;

#[derive(Serialize)]
struct HeaderOut<'a> {
    alg: &'a str,
    kid: &'a str,
    typ: &'a str,
}

#[derive(Deserialize)]
struct HeaderIn {
    alg: String,
    kid: Option<String>,
    /// Extensions that must be understood: we know none.
    crit: Option<serde_json::Value>,
}

pub fn sign(key: &Ed25519KeyPair, kid: &str, claims: &impl Serialize) -> Result<String, serde_json::Error> {
    let header = HeaderOut {
        alg: ALGORITHM,
        kid,
        typ: "JWT",
    };
    let mut token = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(claims)?, &mut token);
    let signature = key.sign(token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut token);
    Ok(token)
}

/// A token whose header was read, and nothing of it believed.
pub struct Unverified<'a> {
    pub kid: String,
    signed: &'a str,
    payload: &'a str,
    signature: &'a str,
}

/// Reads the header, to find the key.
pub fn parse(token: &str) -> Result<Unverified<'_>, BadToken> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(BadToken::Malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(BadToken::Malformed)?;
    let (header, payload) = signed.split_once('.').ok_or(BadToken::Malformed)?;
    let header: HeaderIn = decode(header)?;
    if header.alg != ALGORITHM || header.crit.is_some() {
        return Err(BadToken::Algorithm);
    }
    Ok(Unverified {
        kid: header.kid.ok_or(BadToken::UnknownKey)?,
        signed,
        payload,
        signature,
    })
}

impl Unverified<'_> {
    /// The claims, once the signature is found right.
    pub fn verify<T: DeserializeOwned>(&self, public: &[u8; 32]) -> Result<T, BadToken> {
        let signature = URL_SAFE_NO_PAD
            .decode(self.signature)
            .map_err(|_| BadToken::Malformed)?;
        UnparsedPublicKey::new(&ED25519, public)
            .verify(self.signed.as_bytes(), &signature)
            .map_err(|_| BadToken::Signature)?;
        decode(self.payload)
    }
}

fn decode<T: DeserializeOwned>(part: &str) -> Result<T, BadToken> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| BadToken::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| BadToken::Malformed)
}

#[cfg(test)]
mod tests {
    use ring::signature::KeyPair as _;
    use serde_json::{Value, json};

    use super::*;

    fn key() -> (Ed25519KeyPair, [u8; 32]) {
        let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let public = key.public_key().as_ref().try_into().unwrap();
        (key, public)
    }

    fn read(token: &str) -> Result<Value, BadToken> {
        parse(token)?.verify(&key().1)
    }

    fn part(json: &Value) -> String {
        URL_SAFE_NO_PAD.encode(json.to_string())
    }

    #[test]
    fn what_was_signed_is_read_back() {
        let claims = json!({"sub": "anna"});
        let token = sign(&key().0, "k1", &claims).unwrap();
        assert_eq!(parse(&token).unwrap().kid, "k1");
        assert_eq!(read(&token), Ok(claims));
    }

    #[test]
    fn the_example_of_rfc_8037_verifies() {
        // RFC 8037, A.4 and A.5: its payload is not JSON, so only the signature is looked at.
        let signed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature =
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        let public: [u8; 32] = URL_SAFE_NO_PAD
            .decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
            .unwrap()
            .try_into()
            .unwrap();
        let token = Unverified {
            kid: String::new(),
            signed,
            payload: "",
            signature,
        };
        assert_eq!(
            token.verify::<Value>(&public),
            Err(BadToken::Malformed),
            "right signature, empty payload"
        );
        let forged = Unverified {
            kid: String::new(),
            signed: "eyJhbGciOiJFZERTQSJ9.x",
            payload: "",
            signature,
        };
        assert_eq!(forged.verify::<Value>(&public), Err(BadToken::Signature));
    }

    #[test]
    fn a_token_cannot_choose_how_it_is_checked() {
        let (key, public) = key();
        let payload = part(&json!({"sub": "anna"}));
        let good = sign(&key, "k1", &json!({"sub": "anna"})).unwrap();
        let signature = good.rsplit_once('.').unwrap().1;
        let check = |header: Value, signature: &str, expected: BadToken| {
            let token = format!("{}.{payload}.{signature}", part(&header));
            assert_eq!(read(&token), Err(expected), "{header}");
        };
        check(json!({"alg": "none", "kid": "k1"}), "", BadToken::Algorithm);
        check(
            json!({"alg": "None", "kid": "k1"}),
            signature,
            BadToken::Algorithm,
        );
        check(
            json!({"alg": "HS256", "kid": "k1"}),
            signature,
            BadToken::Algorithm,
        );
        check(
            json!({"alg": "RS256", "kid": "k1"}),
            signature,
            BadToken::Algorithm,
        );
        check(
            json!({"alg": "EdDSA", "kid": "k1", "crit": ["exp"]}),
            signature,
            BadToken::Algorithm,
        );
        check(json!({"alg": "EdDSA"}), signature, BadToken::UnknownKey);
        check(
            json!({"alg": "EdDSA", "kid": "k2"}),
            signature,
            BadToken::Signature,
        );
        check(json!({"kid": "k1"}), signature, BadToken::Malformed);
        // The public key as the secret of an HMAC, as libraries with a choice were fooled.
        let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &public);
        let signed = format!("{}.{payload}", part(&json!({"alg": "HS256", "kid": "k1"})));
        let mac = URL_SAFE_NO_PAD.encode(ring::hmac::sign(&secret, signed.as_bytes()));
        assert_eq!(read(&format!("{signed}.{mac}")), Err(BadToken::Algorithm));
    }

    #[test]
    fn a_changed_token_is_refused() {
        let token = sign(&key().0, "k1", &json!({"sub": "anna"})).unwrap();
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert!(read(&String::from_utf8(bytes).unwrap()).is_err(), "byte {at}");
        }
        for text in ["", ".", "..", "a.b.c", "....", "é.é.é", &"a".repeat(10_000)] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
}
