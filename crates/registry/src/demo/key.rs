//! The key of the demo's service: kept from start to start, so that scripts need not read it again.

use kernel::Secret;

use crate::audit::By;
use crate::keys::{ApiKey, KeySecret, NewKey, Refused};
use crate::service::Registry;

/// What the key is called.
const NAME: &str = "Demo service";

impl Registry {
    /// The key `kept`, if it is good and opens exactly `scopes`; otherwise a new one.
    pub async fn demo_key(&self, kept: Option<&str>, scopes: &[&str]) -> Result<Secret, Refused> {
        if let Some(kept) = kept {
            let is_good = |key: &ApiKey| key.revoked.is_none() && key.scopes.words() == scopes;
            if self.known_key(kept).await?.as_ref().is_some_and(is_good) {
                return Ok(Secret::new(kept));
            }
        }
        let new = NewKey {
            name: NAME.to_owned(),
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
            expires: None,
        };
        Ok(self.make_key(new, &By::house("demo")).await?.1)
    }

    async fn known_key(&self, text: &str) -> Result<Option<ApiKey>, Refused> {
        let Some(secret) = KeySecret::parse(text) else {
            return Ok(None);
        };
        match self.recognise_key(text).await {
            Ok(_) => self.key(secret.id).await.map(Some),
            Err(broken @ Refused::Store(_)) => Err(broken),
            Err(_) => Ok(None),
        }
    }
}
