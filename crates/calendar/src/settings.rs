//! What somebody wants of their calendars as a whole.
//!
//! What is kept true: a change says all or nothing, in one transaction, and what it does not speak of stays as it was.

use kernel::PersonId;
use store::StoreError;

use crate::daily::{self, Daily};
use crate::invitations::rows as inviting;
use crate::rules::inviting::Whose;
use crate::service::{Calendars, Refused};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// When a letter says what the day brings; `None`: there is none.
    pub daily: Option<Daily>,
    /// Whose invitations become events at once.
    pub whose: Whose,
}

/// What is `None` stays as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsChange {
    pub daily: Option<Option<Daily>>,
    pub whose: Option<Whose>,
}

impl Calendars {
    pub async fn settings(&self, owner: PersonId) -> Result<Settings, Refused> {
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, StoreError>(move |tx| {
            Ok(Settings {
                daily: daily::of(tx, owner)?,
                whose: inviting::whose(tx, owner)?,
            })
        });
        Ok(found.await?)
    }

    pub async fn change_settings(
        &self,
        owner: PersonId,
        change: SettingsChange,
    ) -> Result<Settings, Refused> {
        let at = self.now();
        if let Some(Some(daily)) = &change.daily {
            daily.check(at)?;
        }
        let shard = self.store().shard_of(owner);
        let changed = shard.write::<_, StoreError>(move |tx| {
            if let Some(daily) = &change.daily {
                daily::put(tx, owner, daily.as_ref(), at)?;
            }
            if let Some(whose) = change.whose {
                inviting::save_whose(tx, owner, whose)?;
            }
            Ok(Settings {
                daily: daily::of(tx, owner)?,
                whose: inviting::whose(tx, owner)?,
            })
        });
        Ok(changed.await?)
    }
}
