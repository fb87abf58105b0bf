//! Getting calendars from elsewhere.
//!
//! What is kept true: a server is never asked again because we stumbled. When it is asked next is written before it is asked,
//! and again with what it answered; so a process that dies over an answer leaves it alone for a while, like a server that
//! fails. An answer that says nothing new writes no entry.

use std::time::Duration;

use dial::outside::{self, Address, Got};
use futures_util::{StreamExt as _, stream};
use kernel::{Id, Moment, PersonId};
use store::{Shard, StoreError, Tx};

use super::rows;
use super::types::{Entry, Failing, Feed, Trouble, What};
use crate::publishing;
use crate::rules::feeds::{self, Difference, Taken};
use crate::service::{Calendars, Refused};

/// Calendars that are taken on in one transaction.
const CLAIMED_AT_ONCE: u16 = 64;
/// Servers that are asked at the same time.
const ASKED_AT_ONCE: usize = 8;
/// Whoever was asked, and of whom nothing was heard because a process died, is asked again after this time.
const UNHEARD_SECONDS: i64 = 15 * 60;
/// Deletions of a calendar elsewhere that are known are among so many of its last changes. Some servers give every entry another
/// UID each time, and what went would be more than what is there.
const GONE_KEPT: i64 = 10_000;
/// Entries that one transaction writes or deletes: others of the shard do not wait long for it.
const WRITTEN_AT_ONCE: usize = 200;

/// What became of asking.
enum Answer {
    Same,
    New(Taken, outside::Known),
    Failed(Trouble, Option<i64>),
}

impl Calendars {
    /// Gets every calendar elsewhere whose time has come.
    pub async fn fetch_due(&self) -> Result<(), StoreError> {
        let mut outcome = Ok(());
        for shard in self.store().everywhere() {
            loop {
                let due = self.claim(&shard).await?;
                let count = due.len();
                let mut fetching = stream::iter(due)
                    .map(|feed| self.fetch(feed))
                    .buffer_unordered(ASKED_AT_ONCE);
                while let Some(fetched) = fetching.next().await {
                    outcome = outcome.and(fetched);
                }
                if count < usize::from(CLAIMED_AT_ONCE) {
                    break;
                }
            }
        }
        outcome
    }

    /// Those that are due on a server; nobody else asks for them for a while.
    pub(super) async fn claim(&self, shard: &Shard) -> Result<Vec<Feed>, StoreError> {
        let at = self.now();
        let due = shard
            .read::<_, StoreError>(move |tx| rows::due(tx, at, CLAIMED_AT_ONCE))
            .await?;
        let mut claimed = Vec::new();
        // Each is a row of a virtual shard of its own.
        for feed in due {
            let id = feed.id;
            let own = self.store().shard_of(id);
            let claim = own.write::<_, StoreError>(move |tx| {
                let found = rows::feed(tx, id)?.filter(|feed| feed.due <= at);
                if found.is_some() && !rows::is_followed(tx, id)? {
                    return Ok((None, true));
                }
                let claimed = found.map(|feed| Feed {
                    asked: Some(at),
                    due: at.plus_seconds(UNHEARD_SECONDS),
                    ..feed
                });
                if let Some(feed) = &claimed {
                    rows::save_feed(tx, feed)?;
                }
                Ok((claimed, false))
            });
            let (taken, is_left) = claim.await?;
            claimed.extend(taken);
            if is_left {
                self.forget_feed(id).await?;
            }
        }
        Ok(claimed)
    }

    async fn fetch(&self, feed: Feed) -> Result<(), StoreError> {
        let answer = self.ask(&feed).await;
        let id = feed.id;
        let mut told = None;
        match answer {
            Answer::New(taken, marks) => {
                self.take(id, &taken).await?;
                told = Some((taken, marks));
            }
            Answer::Same => {}
            Answer::Failed(trouble, after) => {
                tracing::debug!(
                    address = feed.address,
                    why = trouble.why,
                    "a calendar elsewhere cannot be got"
                );
                return self
                    .note_down(id, move |feed, at| failed(feed, &trouble, after, at))
                    .await;
            }
        }
        self.note_down(id, move |feed, at| well(feed, told.as_ref(), at))
            .await
    }

    async fn ask(&self, feed: &Feed) -> Answer {
        let address = match Address::parse(&feed.address) {
            Ok(address) => address,
            Err(bad) => return Answer::Failed(Trouble::new(What::Name, bad), None),
        };
        if let Some((owner, token)) = self.link_at(&feed.address) {
            return self.look(feed, owner, &token).await;
        }
        let known = outside::Known {
            etag: feed.etag.clone(),
            modified: feed.modified.clone(),
        };
        let page = match self.outside().get(&address, &known).await {
            Ok(Got::Same) => return Answer::Same,
            Ok(Got::New(page)) => page,
            Err(trouble) => return refused(&trouble),
        };
        self.read(page.bytes, page.kind, page.marks).await
    }

    /// What a link of this house leads to: nobody need be asked for it.
    async fn look(&self, feed: &Feed, owner: PersonId, token: &str) -> Answer {
        let looked = async {
            let (calendar, shows) = self.published(owner, token).await?;
            let tag = publishing::tag(&calendar, shows);
            if feed.etag.as_ref() == Some(&tag) {
                return Ok(None);
            }
            let text = self.published_text(&calendar, shows).await?;
            Ok::<_, Refused>(Some((tag, text)))
        };
        match looked.await {
            Ok(None) => Answer::Same,
            Ok(Some((tag, text))) => {
                let marks = outside::Known {
                    etag: Some(tag),
                    modified: None,
                };
                self.read(text.into_bytes(), None, marks).await
            }
            Err(Refused::Reason(_)) => {
                let why = "the link was withdrawn or renewed";
                Answer::Failed(Trouble::new(What::Gone, why), None)
            }
            Err(Refused::Store(error)) => Answer::Failed(Trouble::new(What::Unreachable, error), None),
        }
    }

    async fn read(&self, bytes: Vec<u8>, kind: Option<String>, marks: outside::Known) -> Answer {
        let at = self.now();
        let reading = tokio::task::spawn_blocking(move || feeds::read(&bytes, kind.as_deref(), at));
        match reading.await {
            Ok(Ok(taken)) => Answer::New(taken, marks),
            Ok(Err(trouble)) => Answer::Failed(trouble, None),
            Err(_) => Answer::Failed(Trouble::new(What::Unreadable, "the reading broke off"), None),
        }
    }

    /// Writes what is new, in small transactions. Cut off anywhere, the next round does the rest: the marks of the answer are
    /// kept only after it.
    async fn take(&self, id: Id, taken: &Taken) -> Result<(), StoreError> {
        let at = self.now();
        let shard = self.store().shard_of(id);
        let known = shard.read::<_, StoreError>(move |tx| rows::known(tx, id)).await?;
        let Difference { written, gone } = feeds::difference(known, taken.entries.clone());
        for part in gone.chunks(WRITTEN_AT_ONCE).map(<[Id]>::to_vec) {
            let deleted = shard.write::<_, StoreError>(move |tx| delete(tx, id, &part));
            deleted.await?;
        }
        let mut written = written.into_iter().peekable();
        while written.peek().is_some() {
            let part = written.by_ref().take(WRITTEN_AT_ONCE);
            let part: Vec<(Id, Entry)> = part.map(|entry| (Id::beside(id, at), entry)).collect();
            let saved = shard.write::<_, StoreError>(move |tx| save(tx, id, &part, at));
            if !saved.await? {
                break;
            }
        }
        Ok(())
    }

    /// Writes down how it stands, unless the calendar was forgotten meanwhile.
    async fn note_down(
        &self,
        id: Id,
        settled: impl Fn(Feed, Moment) -> Feed + Send + Sync + 'static,
    ) -> Result<(), StoreError> {
        let at = self.now();
        let shard = self.store().shard_of(id);
        let written = shard.write::<_, StoreError>(move |tx| match rows::feed(tx, id)? {
            Some(feed) => rows::save_feed(tx, &settled(feed, at)),
            None => Ok(()),
        });
        written.await
    }
}

/// False when nobody follows it any more.
fn save(tx: &mut Tx<'_>, feed: Id, entries: &[(Id, Entry)], at: Moment) -> Result<bool, StoreError> {
    let Some(last) = rows::numbers(tx, feed, entries.len())? else {
        return Ok(false);
    };
    for (change, (id, entry)) in (last - count(entries.len()) + 1..).zip(entries) {
        rows::save_entry(tx, feed, (*id, entry), (change, at))?;
    }
    Ok(true)
}

/// Deletes entries, and notes down that they went.
fn delete(tx: &mut Tx<'_>, feed: Id, entries: &[Id]) -> Result<(), StoreError> {
    let Some(last) = rows::numbers(tx, feed, entries.len())? else {
        return Ok(());
    };
    for (change, entry) in (last - count(entries.len()) + 1..).zip(entries) {
        rows::delete_entry(tx, *entry)?;
        rows::save_gone(tx, feed, *entry, change)?;
    }
    match last > GONE_KEPT {
        true => rows::forget_gone(tx, feed, last - GONE_KEPT),
        false => Ok(()),
    }
}

/// As it is after a good answer: a new one, or that there is nothing new.
fn well(feed: Feed, told: Option<&(Taken, outside::Known)>, at: Moment) -> Feed {
    let feed = match told {
        None => feed,
        Some((taken, marks)) => Feed {
            title: taken.title.clone(),
            etag: marks.etag.clone(),
            modified: marks.modified.clone(),
            entries: count(taken.entries.len()),
            unread: count(taken.unread),
            unread_why: taken.unread_why.clone(),
            every_seconds: taken.every_seconds,
            ..feed
        },
    };
    Feed {
        fetched: Some(at),
        due: at.plus_seconds(feed.every_seconds),
        failures: 0,
        failing: None,
        ..feed
    }
}

fn failed(feed: Feed, trouble: &Trouble, after: Option<i64>, at: Moment) -> Feed {
    let failures = feed.failures.saturating_add(1);
    let since = feed.failing.as_ref().map_or(at, |failing| failing.since);
    Feed {
        failures,
        due: at.plus_seconds(feeds::pause(failures, trouble.what, after)),
        failing: Some(Failing {
            since,
            trouble: trouble.clone(),
        }),
        ..feed
    }
}

fn refused(trouble: &outside::Trouble) -> Answer {
    let what = match trouble {
        outside::Trouble::Private(_) => What::Private,
        outside::Trouble::NoSuchName(_) => What::Name,
        outside::Trouble::Unreachable(_) | outside::Trouble::BrokenOff => What::Unreachable,
        outside::Trouble::Untrusted(_) => What::Certificate,
        outside::Trouble::TooSlow(_) => What::Slow,
        outside::Trouble::TooLarge(_) => What::Large,
        outside::Trouble::Redirects(_) => What::Redirects,
        outside::Trouble::Status { status: 410, .. } => What::Gone,
        outside::Trouble::Status { .. } => What::Status,
        outside::Trouble::Packed => What::Unreadable,
    };
    let after = match trouble {
        outside::Trouble::Status { after, .. } => *after,
        _ => None,
    };
    let seconds = |after: Duration| i64::try_from(after.as_secs()).unwrap_or(i64::MAX);
    Answer::Failed(Trouble::new(what, trouble), after.map(seconds))
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
