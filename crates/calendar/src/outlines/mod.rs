//! What lies in a calendar, without the texts: most who list a calendar or follow it want to know what changed, and read only that.

pub(crate) mod rows;

use kernel::{Id, PersonId};

use crate::service::{Calendars, Refused, live};
use crate::types::{Heard, Name};

impl Calendars {
    /// Objects after one of them, in the order of their names.
    pub async fn outlines(
        &self,
        owner: PersonId,
        calendar: Id,
        after: Option<Name>,
        count: usize,
    ) -> Result<Vec<Heard>, Refused> {
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, Refused>(move |tx| {
            live(tx, owner, calendar)?;
            let after = after.as_ref().map_or("", Name::as_str);
            Ok(rows::after(tx, calendar, after, count)?)
        });
        found.await
    }

    /// Those of these names that are there, in this order.
    pub async fn outlines_named(
        &self,
        owner: PersonId,
        calendar: Id,
        names: Vec<Name>,
    ) -> Result<Vec<Heard>, Refused> {
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, Refused>(move |tx| {
            live(tx, owner, calendar)?;
            let found = names.iter().map(|name| rows::named(tx, calendar, name));
            let found: Result<Vec<Option<Heard>>, _> = found.collect();
            Ok(found?.into_iter().flatten().collect())
        });
        found.await
    }
}
