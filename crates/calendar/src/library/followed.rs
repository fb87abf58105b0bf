//! What somebody follows, as CalDAV asks for it: calendars that are read and never written.

use dav::{Denied, Object, Wanted};
use front::SignedIn;
use jiff::Timestamp;

use super::{Shelf, object};
use crate::service::Calendars;
use crate::subscriptions::reading::Picked;
use crate::subscriptions::types::Followed;
use crate::types::Name;

/// What is followed stands behind what is one's own or was shared.
const FOLLOWED_ORDER: i64 = 1_000;

impl Shelf {
    /// Entries of what somebody follows. Without texts, more than lies in a range of time.
    pub(super) async fn followed(
        &self,
        who: &SignedIn,
        calendar: &dav::Calendar,
        wanted: Wanted<'_>,
        texts: bool,
    ) -> Result<Vec<Object>, Denied> {
        let followed = self.0.subscription(who.id, calendar.id).await?;
        let named = |after: Option<&str>| after.map(|name| Name::stored(name.to_owned()));
        let found = match wanted {
            Wanted::Named(names) => {
                let names: Vec<Name> = names.iter().filter_map(|name| Name::parse(name).ok()).collect();
                let picked = Picked::Named(&names);
                self.0.followed_objects(&followed, who.language, picked).await?
            }
            Wanted::After(after, limit) | Wanted::Around { after, limit, .. } if !texts => {
                let after = named(after);
                let found = self
                    .0
                    .followed_outlines(&followed, who.language, after.as_ref(), limit);
                let found = found.await?.into_iter();
                return Ok(found
                    .map(|(stored, bytes)| Object {
                        bytes,
                        ..object(stored)
                    })
                    .collect());
            }
            Wanted::After(after, limit) => {
                let after = named(after);
                let picked = Picked::After(after.as_ref(), limit);
                self.0.followed_objects(&followed, who.language, picked).await?
            }
            // Everything there is.
            Wanted::Around {
                from,
                to,
                after,
                limit,
                ..
            } if from == Timestamp::MIN && to == Timestamp::MAX => {
                let after = named(after);
                let picked = Picked::After(after.as_ref(), limit);
                self.0.followed_objects(&followed, who.language, picked).await?
            }
            Wanted::Around {
                from,
                to,
                kind,
                after,
                limit,
            } => {
                let after = named(after);
                let picked = Picked::Around {
                    range: (from.into(), to.into()),
                    kind,
                    after: after.as_ref(),
                    count: limit,
                };
                self.0.followed_objects(&followed, who.language, picked).await?
            }
        };
        Ok(found.into_iter().map(object).collect())
    }
}

/// Only what somebody follows is theirs and still not to be written.
pub(super) fn is_followed(who: &SignedIn, calendar: &dav::Calendar) -> bool {
    calendar.owner == who.id && !calendar.rights.write
}

/// What somebody follows, elsewhere or holidays: a calendar that they read and nobody writes.
pub(super) fn shown_followed(calendars: &Calendars, who: &SignedIn, followed: &Followed) -> dav::Calendar {
    let subscription = &followed.subscription;
    let got = followed.feed.as_ref().and_then(|feed| feed.fetched);
    dav::Calendar {
        id: subscription.id,
        name: subscription.id.to_string(),
        owner: who.id,
        role: dav::Role::Plain,
        rights: dav::Rights {
            read: true,
            write: false,
            manage: false,
        },
        title: followed.title(who.language),
        description: String::new(),
        color: u32::try_from(subscription.color.rgb()).ok(),
        order: FOLLOWED_ORDER,
        zone: who.zone.clone(),
        kinds: dav::Kinds::ALL,
        transparent: true,
        extra: String::new(),
        version: subscription.version,
        changes: calendars.followed_number(followed, who.language),
        created: subscription.created,
        changed: got.unwrap_or(subscription.created),
    }
}
