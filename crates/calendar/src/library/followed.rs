//! What somebody follows, as CalDAV asks for it: calendars that are read and never written.

use dav::{Denied, Object, Wanted};
use front::SignedIn;

use super::{Shelf, object, page};
use crate::service::Calendars;
use crate::subscriptions::reading::Picked;
use crate::subscriptions::types::Followed;
use crate::types::Name;

/// What is followed stands behind what is one's own or was shared.
const FOLLOWED_ORDER: i64 = 1_000;

impl Shelf {
    /// Entries of what somebody follows.
    pub(super) async fn followed(
        &self,
        who: &SignedIn,
        calendar: &dav::Calendar,
        wanted: Wanted<'_>,
    ) -> Result<Vec<Object>, Denied> {
        let followed = self.0.subscription(who.id, calendar.id).await?;
        let found = match wanted {
            Wanted::Named(names) => {
                let names: Vec<Name> = names.iter().filter_map(|name| Name::parse(name).ok()).collect();
                let picked = Picked::Named(&names);
                self.0.followed_objects(&followed, who.language, picked).await?
            }
            Wanted::After(after, limit) => {
                let after = after.map(|name| Name::stored(name.to_owned()));
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
                let picked = Picked::Around(from.into(), to.into());
                let near = self.0.followed_objects(&followed, who.language, picked).await?;
                let near = near.into_iter().map(|stored| (stored, false)).collect();
                let page = page(near, kind, after, limit).into_iter();
                page.map(|(stored, _)| stored).collect()
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
