//! What an access token says, and why one is refused.

use front::{Grant, Proof, Roles, SignedIn};
use kernel::{Id, Language, Moment, PersonId};
use serde::{Deserialize, Serialize};

/// Who the tokens are for; ours are of no use elsewhere, and others' are of none here.
pub const AUDIENCE: &str = "townhall";

/// What is put into a token about the person who signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    pub person: PersonId,
    pub session: Id,
    /// Of the account when the token was made; a higher one there cuts the token short.
    pub generation: i64,
    pub roles: Roles,
    pub language: Language,
    pub zone: String,
}

/// The claims as they stand in the token. Instants are whole seconds, as RFC 7519 has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: String,
    pub sid: String,
    pub iat: i64,
    pub exp: i64,
    #[serde(rename = "gen")]
    pub generation: i64,
    /// `admin@house`: a relation and the scope it is to.
    pub roles: Vec<String>,
    pub lang: String,
    pub zone: String,
}

/// A key that signs or once signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// Also its `kid`.
    pub id: Id,
    pub public: [u8; 32],
    /// The private half, sealed with the secret of the house; gone once the key no longer signs.
    pub sealed: Option<Vec<u8>>,
    pub created_at: Moment,
    /// `None`: it signs. Otherwise its tokens are over by then, and it is of no more use.
    pub verifies_until: Option<Moment>,
}

/// What becomes of the tokens of the key that stops signing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldTokens {
    /// They stay good until they expire: the ordinary rotation.
    StayGood,
    /// They are refused at once: somebody may know the key.
    RefusedAtOnce,
}

/// An access token as it is handed out.
#[derive(Clone, Debug)]
pub struct AccessToken {
    pub token: String,
    pub seconds: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadToken {
    #[error("it is not a token of three parts")]
    Malformed,
    #[error("it is not signed with EdDSA")]
    Algorithm,
    #[error("the key it was signed with is no longer in use here, or never was")]
    UnknownKey,
    #[error("its signature is wrong")]
    Signature,
    #[error("it was not made by this house for this house")]
    NotOurs,
    #[error("it has expired")]
    Expired,
    #[error("what it says of the person has changed since")]
    Outdated,
    #[error("its session was ended")]
    Revoked,
}

impl Claims {
    /// `None` when an id or role in it does not read, which only a key thief could bring about.
    pub fn bearer(&self) -> Option<Bearer> {
        let grant = |text: &String| {
            text.split_once('@')
                .map(|(relation, scope)| Grant::new(relation, scope))
        };
        Some(Bearer {
            person: self.sub.parse().ok()?,
            session: self.sid.parse().ok()?,
            generation: self.generation,
            roles: Roles::new(self.roles.iter().map(grant).collect::<Option<Vec<_>>>()?),
            language: self.lang.parse().ok()?,
            zone: self.zone.clone(),
        })
    }
}

impl Bearer {
    /// `admin@house`: how roles stand in a token.
    pub fn role_words(&self) -> Vec<String> {
        let word = |grant: &Grant| format!("{}@{}", grant.relation, grant.scope);
        self.roles.grants().iter().map(word).collect()
    }

    pub fn signed_in(self, proof: Proof) -> SignedIn {
        SignedIn {
            id: self.person,
            session: self.session,
            roles: self.roles,
            language: self.language,
            zone: self.zone,
            proof,
        }
    }
}
