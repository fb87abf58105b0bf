//! Use cases of API keys.

use std::sync::Arc;

use front::{KeyHolder, Who};
use kernel::{BadCursor, Cursor, Id, Moment, Page, PageSize, Secret, Text};
use store::StoreError;

use super::rows;
use super::types::{ApiKey, KeySecret, NAME_CHARS_MAX, Refused, Scopes};
use crate::app_passwords::LAST_USED_SECONDS;
use crate::audit::{self, Act, By, Entry};
use crate::gatekeeper::Recognised;
use crate::sessions::types::{hash, hex};
use crate::{Registry, revocations};

/// What an administrator says of a new key.
#[derive(Clone, Debug)]
pub struct NewKey {
    pub name: String,
    pub scopes: Vec<String>,
    pub expires: Option<Moment>,
}

impl Registry {
    /// Makes a key. Its secret is told here and never again.
    pub async fn make_key(&self, new: NewKey, by: &By) -> Result<(ApiKey, Secret), Refused> {
        let now = self.clock.now();
        let id = Id::new(now);
        let key = ApiKey {
            id,
            name: Text::required(&new.name, NAME_CHARS_MAX).map_err(Refused::Name)?,
            scopes: Scopes::new(new.scopes)?,
            created: now,
            expires: new.expires,
            last_used: None,
            revoked: None,
        };
        if new.expires.is_some_and(|expires| expires <= now) {
            return Err(Refused::Expiry);
        }
        let secret = KeySecret::new(id);
        let entry = Entry::new(now, by, Act::KeyCreated, id).telling("scopes", key.scopes.words().join(" "));
        let (written, hash) = (key.clone(), secret.hash());
        self.store
            .shard_of(id)
            .write(move |tx| {
                rows::insert(tx, &written, &hash)?;
                audit::record(tx, &entry)
            })
            .await?;
        Ok((key, secret.reveal()))
    }

    pub async fn key(&self, id: Id) -> Result<ApiKey, Refused> {
        let key = self.store.shard_of(id).read(move |tx| rows::key(tx, id)).await?;
        key.ok_or(Refused::NotFound)
    }

    /// All keys, the oldest first. Each server has some; a page is the first of all of theirs together.
    pub async fn keys(&self, after: Option<&Cursor>, size: PageSize) -> Result<Page<ApiKey>, Refused> {
        let after = after.map_or(Ok(Id::from_bytes([0; 16])), key_of)?;
        let rows = size.rows_and_one();
        let mut found: Vec<ApiKey> = self
            .store
            .read_each::<_, StoreError>(move |tx| rows::after(tx, after, rows))
            .await?
            .into_iter()
            .flatten()
            .collect();
        found.sort_by_key(|key| key.id);
        // While a range of virtual shards moves, two servers may both show a row.
        found.dedup_by_key(|key| key.id);
        Ok(Page::cut(found, size, |key| key.id.as_bytes().to_vec()))
    }

    pub async fn revoke_key(&self, id: Id, by: &By) -> Result<(), Refused> {
        let (now, kept_until) = (self.clock.now(), self.tokens_end(self.clock.now()));
        let entry = Entry::new(now, by, Act::KeyRevoked, id);
        let ended = self
            .store
            .shard_of(id)
            .write(move |tx| {
                if rows::key(tx, id)?.is_none() {
                    return Err(Refused::NotFound);
                }
                if !rows::revoke(tx, id, now)? {
                    return Ok(None);
                }
                audit::record(tx, &entry)?;
                Ok(Some(revocations::end(tx, id, now, kept_until)?))
            })
            .await?;
        self.revocations.learn(ended.as_slice());
        Ok(())
    }

    /// Whose key it is. It is recognised for a minute without asking the store.
    pub(crate) async fn recognise_key(&self, text: &str) -> Result<Who, Refused> {
        let now = self.clock.now();
        let shown = hex(&hash(text));
        if let Some(known) = self.recognised.others.get(&shown, now) {
            self.still_good(&known).map_err(|_| Refused::Revoked)?;
            return Ok(known.who.clone());
        }
        let secret = KeySecret::parse(text).ok_or(Refused::Unknown)?;
        let (id, hash) = (secret.id, secret.hash());
        let found = self
            .store
            .shard_of(id)
            .read(move |tx| rows::with_hash(tx, id, &hash))
            .await?;
        let key = found.ok_or(Refused::Unknown)?;
        if key.revoked.is_some() {
            return Err(Refused::Revoked);
        }
        if key.expires.is_some_and(|expires| expires <= now) {
            return Err(Refused::Expired);
        }
        if key
            .last_used
            .is_none_or(|used| used.plus_seconds(LAST_USED_SECONDS) <= now)
        {
            self.store
                .shard_of(id)
                .write(move |tx| rows::used(tx, id, now))
                .await?;
        }
        let until = self.remembered_until(now);
        let recognised = Arc::new(Recognised {
            who: Who::Key(Arc::new(KeyHolder {
                id,
                name: key.name.into_string(),
                scopes: key
                    .scopes
                    .words()
                    .iter()
                    .map(|word| word.as_str().into())
                    .collect(),
            })),
            by: id,
            of: None,
            until: key.expires.map_or(until, |expires| until.min(expires)),
        });
        self.recognised.others.put(&shown, Arc::clone(&recognised));
        self.still_good(&recognised).map_err(|_| Refused::Revoked)?;
        Ok(recognised.who.clone())
    }
}

/// The id in a cursor of the list of keys.
pub(super) fn key_of(cursor: &Cursor) -> Result<Id, BadCursor> {
    cursor.key().try_into().map(Id::from_bytes).map_err(|_| BadCursor)
}
