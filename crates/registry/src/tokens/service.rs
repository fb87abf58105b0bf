//! Use cases of tokens: make one, recognise one, replace the key that signs.

use kernel::{Id, Moment};
use store::{Shard, StoreError, Tx};

use super::rules;
use super::types::{AccessToken, BadToken, Bearer, Claims, OldTokens, SigningKey};
use super::{BadSeal, rows};
use crate::Registry;
use crate::audit::{self, Act, By, Entry};

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum NoKey {
    #[error(transparent)]
    Seal(#[from] BadSeal),
    #[error("the signing keys cannot be read: {0}")]
    Store(#[from] StoreError),
}

/// All signing keys live in one shard: they are few, and a rotation is then one transaction.
fn house() -> Id {
    Id::named("house", "signing keys")
}

impl Registry {
    /// Until when a token that is handed out now may be shown.
    pub(crate) fn tokens_end(&self, now: Moment) -> Moment {
        rules::last_token_ends(now, self.options.access_token_seconds)
    }

    pub(crate) fn access_token(&self, bearer: &Bearer, now: Moment) -> Result<AccessToken, String> {
        let seconds = self.options.access_token_seconds;
        let token = self
            .keyring
            .sign(&rules::claims(bearer, &self.options.base, now, seconds))?;
        metrics::counter!("townhall_tokens_issued_total").increment(1);
        Ok(AccessToken { token, seconds })
    }

    /// Whose token it is and when it ends, by its signature and claims; what was revoked is asked elsewhere.
    pub(crate) async fn read_token(&self, token: &str, now: Moment) -> Result<(Bearer, Moment), BadToken> {
        let claims: Claims = match self.keyring.verify(token, now) {
            Err(BadToken::UnknownKey) if self.keyring.may_reload(now) => {
                if let Err(error) = self.load_keys(now).await {
                    tracing::warn!(%error, "the signing keys could not be read again");
                }
                self.keyring.verify(token, now)?
            }
            read => read?,
        };
        let bearer = rules::accept(&claims, now)?;
        Ok((bearer, Moment::from_seconds(claims.exp)))
    }

    /// Reads the keys of the store into memory; makes the first one.
    pub(crate) async fn load_keys(&self, now: Moment) -> Result<(), NoKey> {
        let house = house();
        let mut found = self.keys_shard().read(move |tx| rows::all(tx, house)).await?;
        if rules::signing(&found).is_none() {
            found = self
                .replace_key(&By::house("first signing key"), OldTokens::StayGood, true, now)
                .await?;
        }
        self.take_over(&found, now)?;
        Ok(())
    }

    /// Makes a new key when the one that signs has done so for long enough.
    pub(crate) async fn rotate_keys_if_due(&self) -> Result<(), NoKey> {
        let now = self.clock.now();
        if rules::is_due(
            &self.keyring.published(now),
            now,
            self.options.signing_key_seconds,
        ) {
            let by = By::house("signing key is old");
            let found = self.replace_key(&by, OldTokens::StayGood, true, now).await?;
            self.take_over(&found, now)?;
        }
        Ok(())
    }

    /// Makes a new key now. Works also when the old one cannot be opened because the secret was lost.
    pub async fn rotate_keys(&self, old: OldTokens, by: &By) -> Result<(), NoKey> {
        let now = self.clock.now();
        let found = self.replace_key(by, old, false, now).await?;
        self.take_over(&found, now)?;
        Ok(())
    }

    fn take_over(&self, found: &[SigningKey], now: Moment) -> Result<(), NoKey> {
        if self.keyring.replace(found, now)? {
            self.recognised.clear();
        }
        Ok(())
    }

    fn keys_shard(&self) -> Shard {
        self.store.shard_of(house())
    }

    /// With `only_if_due`, of several instances that come at the same time one makes the key.
    async fn replace_key(
        &self,
        by: &By,
        old: OldTokens,
        only_if_due: bool,
        now: Moment,
    ) -> Result<Vec<SigningKey>, NoKey> {
        let house = house();
        let key = self.keyring.make(Id::beside(house, now), now)?;
        let until = match old {
            OldTokens::StayGood => self.tokens_end(now),
            OldTokens::RefusedAtOnce => now,
        };
        let entry = Entry::new(now, by, Act::SigningKeyRotated, house).telling("key", key.id.to_string());
        let key_seconds = self.options.signing_key_seconds;
        let rotate = move |tx: &mut Tx<'_>| {
            let known = rows::all(tx, house)?;
            if only_if_due && !rules::is_due(&known, now, key_seconds) {
                return Ok(known);
            }
            for spent in rules::spent(&known, now) {
                rows::delete(tx, spent)?;
            }
            let still = |key: &&SigningKey| {
                key.verifies_until.is_none() || (old == OldTokens::RefusedAtOnce && rules::verifies(key, now))
            };
            for retiring in known.iter().filter(still) {
                rows::retire(tx, retiring.id, until)?;
            }
            rows::insert(tx, house, &key)?;
            audit::record(tx, &entry)?;
            rows::all(tx, house)
        };
        Ok(self.keys_shard().write::<_, StoreError>(rotate).await?)
    }

    /// The public keys, for whoever wants to verify our tokens.
    pub fn published_keys(&self) -> Vec<SigningKey> {
        self.keyring.published(self.clock.now())
    }
}
