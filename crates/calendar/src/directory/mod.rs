//! Published calendars that anybody may find: each has a name of its own, known on every server.
//!
//! What is kept true: a name counts only while the link of its calendar says the same, and that is asked where the calendar is. So
//! whatever is cut off between the two, nothing is public of which its owner does not see it, and a name that no link says any more
//! is free.

mod rows;
#[cfg(test)]
mod tests;

use std::fmt;

use futures_util::future::try_join_all;
use kernel::{BadCursor, Cursor, Id, Moment, Page, PageSize, PersonId, Text};
use store::{Shard, StoreError};

use crate::publishing::{self, Link, PLACE, Shows};
use crate::service::{Calendars, Refused, live};
use crate::types::{Calendar, Reason};

/// Characters of a name.
const NAME_CHARS: std::ops::RangeInclusive<usize> = 3..=60;
/// Names of one person.
pub const PUBLIC_OF_ONE_MAX: i64 = 20;
/// Names of all: each server has them, and the list is searched whole.
pub const PUBLIC_MAX: i64 = 20_000;
/// Characters by which the list is searched.
pub const WORDS_CHARS_MAX: usize = 100;
/// Owners that are asked at a time.
const AT_ONCE: usize = 16;
/// Names that are looked through at a time.
const SWEPT_AT_ONCE: i64 = 200;
/// Somebody may still be about to write into their link that a name of this age is theirs.
const SETTLED_SECONDS: i64 = 3_600;

/// What stands in the address of a public calendar.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicName(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must have 3 to 60 letters a to z, digits, and hyphens between them")]
pub struct BadPublicName;

impl PublicName {
    pub fn parse(text: &str) -> Result<PublicName, BadPublicName> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = NAME_CHARS.contains(&text.len()) && text.bytes().all(is_plain);
        match fits && !text.starts_with('-') && !text.ends_with('-') {
            true => Ok(PublicName(text.to_owned())),
            false => Err(BadPublicName),
        }
    }

    /// A name that was checked before it was stored.
    pub fn stored(text: String) -> PublicName {
        PublicName(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The page that it leads to, below the address of the house.
    pub fn page(&self) -> String {
        format!("{PLACE}{self}")
    }

    /// The same for calendar programs.
    pub fn path(&self) -> String {
        format!("{}.ics", self.page())
    }
}

impl fmt::Display for PublicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Behind which name a page of the list begins.
pub fn behind(cursor: &Cursor) -> Result<PublicName, BadCursor> {
    let name = std::str::from_utf8(cursor.key()).ok();
    name.and_then(|name| PublicName::parse(name).ok())
        .ok_or(BadCursor)
}

/// A calendar that anybody may find.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub name: PublicName,
    pub calendar: Calendar,
    pub shows: Shows,
}

/// Who has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Holder {
    name: PublicName,
    calendar: Id,
    owner: PersonId,
    sought: String,
    made: Moment,
}

impl Calendars {
    /// Gives a published calendar a name by which anybody may find it, or another one.
    pub async fn make_public(
        &self,
        owner: PersonId,
        calendar: Id,
        name: PublicName,
    ) -> Result<Link, Refused> {
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, Refused>(move |tx| {
            let found = live(tx, owner, calendar)?;
            publishing::link_of(tx, calendar)?.ok_or(Reason::NotPublished)?;
            Ok(found)
        });
        let at = self.now();
        let wanted = Holder {
            sought: sought(&name, found.await?.about.title.as_str()),
            name: name.clone(),
            calendar,
            owner,
            made: at,
        };
        if let Some(holder) = self.take_name(wanted.clone()).await? {
            if self.holds(&holder).await? {
                return Err(Reason::PublicNameTaken.into());
            }
            self.release(&holder.name, holder.calendar, holder.made).await?;
            if self.take_name(wanted).await?.is_some() {
                return Err(Reason::PublicNameTaken.into());
            }
        }
        self.say(owner, calendar, Some(name), at).await
    }

    /// Takes the name of a calendar; its link stays.
    pub async fn make_unlisted(&self, owner: PersonId, calendar: Id) -> Result<Link, Refused> {
        self.say(owner, calendar, None, self.now()).await
    }

    /// Takes a name from whoever has it.
    pub async fn take_down(&self, name: &PublicName) -> Result<(), Refused> {
        let listed = self.listed(name).await?;
        let calendar = listed.calendar;
        self.make_unlisted(calendar.owner, calendar.id).await?;
        Ok(())
    }

    /// What a name leads to.
    pub async fn listed(&self, name: &PublicName) -> Result<Listed, Refused> {
        let wanted = name.clone();
        let holder = self.home_of_all()?;
        let holder = holder.read::<_, StoreError>(move |tx| rows::holder(tx, &wanted));
        let holder = holder.await?.ok_or(Reason::NoCalendar)?;
        let shown = self.shown(holder).await?;
        Ok(shown.ok_or(Reason::NoCalendar)?)
    }

    /// Public calendars in the order of their names, of those whose name or title has these words in it.
    pub async fn all_public(
        &self,
        after: Option<PublicName>,
        words: &str,
        size: PageSize,
    ) -> Result<Page<Listed>, Refused> {
        let words = Text::new(words, WORDS_CHARS_MAX).map_err(|bad| Reason::field("words", bad))?;
        let words = words.to_lowercase();
        let home = self.home_of_all()?;
        let found = home.read::<_, StoreError>(move |tx| {
            let after = after.as_ref().map_or("", PublicName::as_str);
            rows::holders(tx, after, &words, size.rows_and_one())
        });
        let page = Page::cut(found.await?, size, |last| last.name.as_str().into());
        let mut items = Vec::with_capacity(page.items.len());
        for some in page.items.chunks(AT_ONCE) {
            let shown = some.iter().map(|holder| self.shown(holder.clone()));
            items.extend(try_join_all(shown).await?.into_iter().flatten());
        }
        Ok(Page {
            items,
            next: page.next,
        })
    }

    /// The calendar was called otherwise: it is found by that from now on.
    pub(crate) async fn seek_by_title(&self, calendar: &Calendar) -> Result<(), Refused> {
        let (owner, id) = (calendar.owner, calendar.id);
        let shard = self.store().shard_of(owner);
        let link = shard.read::<_, StoreError>(move |tx| publishing::link_of(tx, id));
        let Some(name) = link.await?.and_then(|link| link.public) else {
            return Ok(());
        };
        let sought = sought(&name, calendar.about.title.as_str());
        let saved = self
            .store()
            .write_everywhere::<_, StoreError>(move |tx| rows::seek_by(tx, &name, id, &sought));
        Ok(saved.await?)
    }

    /// Frees the names that no link says any more.
    pub(crate) async fn sweep_names(&self) -> Result<(), StoreError> {
        let mut after = String::new();
        loop {
            let from = after.clone();
            let home = self.home_of_all()?;
            let found = home.read::<_, StoreError>(move |tx| rows::holders(tx, &from, "", SWEPT_AT_ONCE));
            let found = found.await?;
            let Some(last) = found.last() else {
                return Ok(());
            };
            last.name.as_str().clone_into(&mut after);
            for holder in found {
                if !self.holds(&holder).await? {
                    self.release(&holder.name, holder.calendar, holder.made).await?;
                }
            }
        }
    }

    /// Writes down on every server that a calendar has a name. `Some`: somebody else has it, so nothing was written.
    async fn take_name(&self, wanted: Holder) -> Result<Option<Holder>, Refused> {
        let claimed = self.store().write_everywhere::<_, Refused>(move |tx| {
            match rows::holder(tx, &wanted.name)? {
                Some(holder) if holder.calendar != wanted.calendar => return Ok(Some(holder)),
                Some(_) => {}
                None if rows::count_of(tx, wanted.owner, wanted.calendar)? >= PUBLIC_OF_ONE_MAX => {
                    return Err(Reason::TooManyPublicOfOne.into());
                }
                None if rows::count(tx)? >= PUBLIC_MAX => return Err(Reason::TooManyPublic.into()),
                None => {}
            }
            rows::save(tx, &wanted)?;
            Ok(None)
        });
        claimed.await
    }

    /// Whether whoever has a name has it by their link, too; or may be about to.
    async fn holds(&self, holder: &Holder) -> Result<bool, StoreError> {
        if holder.made > self.now().plus_seconds(-SETTLED_SECONDS) {
            return Ok(true);
        }
        let calendar = holder.calendar;
        let shard = self.store().shard_of(holder.owner);
        let link = shard.read::<_, StoreError>(move |tx| publishing::link_of(tx, calendar));
        Ok(link
            .await?
            .is_some_and(|link| link.public.as_ref() == Some(&holder.name)))
    }

    /// Frees a name that a calendar had until then; if it was given to it anew since, it stays.
    pub(crate) async fn release(
        &self,
        name: &PublicName,
        calendar: Id,
        until: Moment,
    ) -> Result<(), StoreError> {
        let name = name.clone();
        let released = self
            .store()
            .write_everywhere(move |tx| rows::delete(tx, &name, calendar, until));
        released.await
    }

    /// Frees the names of somebody.
    pub(crate) async fn release_all(&self, owner: PersonId) -> Result<(), StoreError> {
        let released = self
            .store()
            .write_everywhere(move |tx| rows::delete_all(tx, owner));
        released.await
    }

    /// Writes a name into the link of a calendar, and frees the one of before.
    async fn say(
        &self,
        owner: PersonId,
        calendar: Id,
        name: Option<PublicName>,
        at: Moment,
    ) -> Result<Link, Refused> {
        let shard = self.store().shard_of(owner);
        let said = shard.write::<_, Refused>(move |tx| {
            live(tx, owner, calendar)?;
            let before = publishing::link_of(tx, calendar)?.ok_or(Reason::NotPublished)?;
            let after = Link {
                public: name.clone(),
                ..before.clone()
            };
            publishing::save(tx, owner, &after)?;
            Ok((before.public, after))
        });
        let (before, link) = said.await?;
        if let Some(before) = before.filter(|before| link.public.as_ref() != Some(before)) {
            self.release(&before, calendar, at).await?;
        }
        Ok(link)
    }

    /// What is shown of whoever has a name; nothing while their link does not say so.
    async fn shown(&self, holder: Holder) -> Result<Option<Listed>, StoreError> {
        let shard = self.store().shard_of(holder.owner);
        let shown = shard.read::<_, StoreError>(move |tx| {
            let link = publishing::link_of(tx, holder.calendar)?;
            let link = link.filter(|link| link.public.as_ref() == Some(&holder.name));
            let Some(link) = link else {
                return Ok(None);
            };
            let calendar = match live(tx, holder.owner, holder.calendar) {
                Ok(calendar) => calendar,
                Err(Refused::Reason(_)) => return Ok(None),
                Err(Refused::Store(error)) => return Err(error),
            };
            Ok(Some(Listed {
                name: holder.name.clone(),
                calendar,
                shows: link.shows,
            }))
        });
        shown.await
    }

    /// A server that knows all names.
    fn home_of_all(&self) -> Result<Shard, StoreError> {
        let first = self.store().everywhere().into_iter().next();
        first.ok_or_else(|| StoreError::broken("a house without a server"))
    }
}

/// What a calendar is found by.
fn sought(name: &PublicName, title: &str) -> String {
    format!("{name} {}", title.to_lowercase())
}
