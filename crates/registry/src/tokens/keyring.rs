//! The signing keys in memory: one signs, all that are still of use verify.

use std::collections::HashMap;

use arc_swap::ArcSwap;
use kernel::{Id, Moment};
use parking_lot::Mutex;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::jws;
use super::rules;
use super::seal::{BadSeal, Seal};
use super::types::{BadToken, SigningKey};

/// A token of a key that is not known here may come from an instance that has a new one. The store is asked for it
/// at once, but for tokens of unknown keys not more often than this, whatever comes.
const RELOAD_MICROS_MIN: i64 = 1_000_000;

#[derive(Default)]
struct Keys {
    signer: Option<(String, Ed25519KeyPair)>,
    verifiers: HashMap<String, SigningKey>,
}

pub struct Keyring {
    seal: Seal,
    keys: ArcSwap<Keys>,
    asked_at: Mutex<Moment>,
}

impl Keyring {
    pub fn new(seal: Seal) -> Keyring {
        Keyring {
            seal,
            keys: ArcSwap::default(),
            asked_at: Mutex::new(Moment::from_micros(0)),
        }
    }

    /// A new key with its private half sealed.
    pub fn make(&self, id: Id, now: Moment) -> Result<SigningKey, BadSeal> {
        let private =
            Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| BadSeal::NoRandomness)?;
        let pair = Ed25519KeyPair::from_pkcs8(private.as_ref()).map_err(|_| BadSeal::OtherSecret)?;
        let mut public = [0; 32];
        public.copy_from_slice(pair.public_key().as_ref());
        let sealed = Some(self.seal.close(id, private.as_ref())?);
        Ok(SigningKey {
            id,
            public,
            sealed,
            created_at: now,
            verifies_until: None,
        })
    }

    /// Takes over what the store holds. Says whether a key is gone that was known: then nothing it signed counts.
    pub fn replace(&self, found: &[SigningKey], now: Moment) -> Result<bool, BadSeal> {
        let before = self.keys.load();
        let signing = rules::signing(found);
        let same = found.len() == before.verifiers.len()
            && found
                .iter()
                .all(|key| before.verifiers.get(&key.id.to_string()) == Some(key));
        if same {
            return Ok(false);
        }
        let signer = match signing {
            Some(SigningKey {
                id,
                sealed: Some(sealed),
                ..
            }) => {
                let private = self.seal.open(*id, sealed)?;
                let pair = Ed25519KeyPair::from_pkcs8(&private).map_err(|_| BadSeal::OtherSecret)?;
                Some((id.to_string(), pair))
            }
            _ => None,
        };
        let verifiers: HashMap<_, _> = found
            .iter()
            .map(|key| (key.id.to_string(), key.clone()))
            .collect();
        let gone = before.verifiers.values().any(|key| {
            !verifiers
                .get(&key.id.to_string())
                .is_some_and(|key| rules::verifies(key, now))
        });
        self.keys.store(std::sync::Arc::new(Keys { signer, verifiers }));
        Ok(gone)
    }

    pub fn sign(&self, claims: &impl Serialize) -> Result<String, String> {
        let keys = self.keys.load();
        let (kid, pair) = keys.signer.as_ref().ok_or("there is no signing key")?;
        jws::sign(pair, kid, claims).map_err(|error| error.to_string())
    }

    /// What a token claims, if one of our keys that is still in use signed it.
    pub fn verify<T: DeserializeOwned>(&self, token: &str, now: Moment) -> Result<T, BadToken> {
        let unverified = jws::parse(token)?;
        let keys = self.keys.load();
        let key = keys
            .verifiers
            .get(&unverified.kid)
            .filter(|key| rules::verifies(key, now));
        unverified.verify(&key.ok_or(BadToken::UnknownKey)?.public)
    }

    /// Whether it is worth asking the store for a key that is not known here.
    pub fn may_reload(&self, now: Moment) -> bool {
        let mut asked_at = self.asked_at.lock();
        let may = now.micros_since(*asked_at) >= RELOAD_MICROS_MIN;
        if may {
            *asked_at = now;
        }
        may
    }

    /// The public halves that verify now, the youngest first.
    pub fn published(&self, now: Moment) -> Vec<SigningKey> {
        let keys = self.keys.load();
        let mut published: Vec<_> = keys
            .verifiers
            .values()
            .filter(|key| rules::verifies(key, now))
            .cloned()
            .collect();
        published.sort_by_key(|key| std::cmp::Reverse((key.created_at, key.id)));
        published
    }
}
