//! Getting calendars from elsewhere.
//!
//! What is kept true: a server is never asked again because we stumbled. When it is asked next is written before it is asked,
//! and again with what it answered; so a process that dies over an answer leaves it alone for a while, like a server that
//! fails. An answer that says nothing new writes no entry.

use std::collections::HashMap;
use std::time::Duration;

use dial::outside::{self, Address, Got};
use futures_util::StreamExt as _;
use futures_util::future;
use futures_util::stream::FuturesUnordered;
use kernel::{Id, Moment};
use store::{Shard, StoreError, Tx};

use super::rows;
use super::types::{Entry, Failing, Feed, Trouble, What};
use crate::publishing::{self, Entrance};
use crate::rows::most as count;
use crate::rules::feeds::{self, Difference, Taken};
use crate::service::{Calendars, Refused};
use crate::types::Reason;

/// Calendars whose time has come that are looked at, the longest waiting ones first. Far more than one person follows, so that
/// those of a slow server hide nobody's.
const DUE_AT_ONCE: u16 = 500;
/// While some are being got, those whose time comes meanwhile wait no longer than this for a look.
const LOOK: Duration = Duration::from_secs(3);
/// Calendars of one server of the house that are being got at the same time.
const ASKED_AT_ONCE: usize = 16;
/// Of one server elsewhere: one that is slow takes the places of nobody else.
const ASKED_AT_ONE_HOST: usize = 2;
/// Whoever was asked, and of whom nothing was heard because a process died, is asked again after this time.
const UNHEARD_SECONDS: i64 = 15 * 60;
/// Deletions of a calendar elsewhere that are known are among so many of its last changes. Some servers give every entry another
/// UID each time, and what went would be more than what is there.
const GONE_KEPT: i64 = 10_000;
/// Entries that one transaction deletes: others of the shard do not wait long for it.
const DELETED_AT_ONCE: usize = 200;
/// Rows that one transaction writes, unless a single entry has more.
const ROWS_AT_ONCE: usize = 1_000;

/// What became of asking.
enum Answer {
    Same,
    New(Taken, outside::Known),
    Failed(Trouble, Option<i64>),
}

impl Calendars {
    /// Gets every calendar elsewhere whose time has come. Those of one server of the house wait for no other.
    pub async fn fetch_due(&self) -> Result<(), StoreError> {
        let shards = self.store().everywhere();
        let rounds = shards.iter().map(|shard| self.fetch_due_on(shard));
        let ended = future::join_all(rounds).await;
        ended.into_iter().fold(Ok(()), Result::and)
    }

    async fn fetch_due_on(&self, shard: &Shard) -> Result<(), StoreError> {
        let mut outcome = Ok(());
        let mut hosts: HashMap<String, usize> = HashMap::new();
        let mut due = Vec::new();
        let mut fetching = FuturesUnordered::new();
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                biased;
                _ = look.tick() => match self.due(shard).await {
                    Ok(found) => due = found,
                    Err(error) => outcome = outcome.and(Err(error)),
                },
                Some((host, fetched)) = fetching.next() => {
                    outcome = outcome.and(fetched);
                    hosts.entry(host).and_modify(|asked| *asked -= 1);
                }
            }
            for feed in std::mem::take(&mut due) {
                let host = host_of(&feed);
                let asked = hosts.entry(host.clone()).or_default();
                if fetching.len() >= ASKED_AT_ONCE || *asked >= ASKED_AT_ONE_HOST {
                    due.push(feed);
                    continue;
                }
                match self.claim(feed.id).await {
                    Ok(None) => {}
                    Ok(Some(feed)) => {
                        *asked += 1;
                        fetching.push(async move { (host, self.fetch(feed).await) });
                    }
                    Err(error) => outcome = outcome.and(Err(error)),
                }
            }
            hosts.retain(|_, asked| *asked > 0);
            if fetching.is_empty() {
                return outcome;
            }
        }
    }

    /// Those of a server of the house that are due.
    async fn due(&self, shard: &Shard) -> Result<Vec<Feed>, StoreError> {
        let at = self.now();
        let due = shard.read::<_, StoreError>(move |tx| rows::due(tx, at, DUE_AT_ONCE));
        due.await
    }

    /// Takes one on that is due; nobody else asks for it for a while.
    pub(super) async fn claim(&self, id: Id) -> Result<Option<Feed>, StoreError> {
        let at = self.now();
        let shard = self.store().shard_of(id);
        let claim = shard.write::<_, StoreError>(move |tx| {
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
        let (claimed, is_left) = claim.await?;
        if is_left {
            self.forget_feed(id).await?;
        }
        Ok(claimed)
    }

    /// Trouble of our own store is nothing that the calendar did: it is asked for again when what was written before it was asked says.
    pub(super) async fn fetch(&self, feed: Feed) -> Result<(), StoreError> {
        let answer = self.ask(&feed).await?;
        let mut told = None;
        match answer {
            Answer::New(taken, marks) => match self.take(feed.id, &taken).await {
                Ok(true) => told = Some((taken, marks)),
                Ok(false) => return Ok(()),
                Err(error @ (StoreError::Unavailable { .. } | StoreError::Busy)) => return Err(error),
                Err(error) => {
                    let trouble = Trouble::new(What::Unreadable, "it cannot be stored as it is");
                    let noted = self.note_down(&feed, move |feed, at| failed(feed, &trouble, None, at));
                    return noted.await.and(Err(error));
                }
            },
            Answer::Same => {}
            Answer::Failed(trouble, after) => {
                tracing::debug!(
                    host = host_of(&feed),
                    why = trouble.why,
                    "a calendar elsewhere cannot be got"
                );
                return self
                    .note_down(&feed, move |feed, at| failed(feed, &trouble, after, at))
                    .await;
            }
        }
        self.note_down(&feed, move |feed, at| well(feed, told.as_ref(), at))
            .await
    }

    async fn ask(&self, feed: &Feed) -> Result<Answer, StoreError> {
        let address = match Address::parse(&feed.address) {
            Ok(address) => address,
            Err(bad) => return Ok(Answer::Failed(Trouble::new(What::Name, bad), None)),
        };
        if let Some(by) = self.entrance_at(&feed.address) {
            return self.look(feed, &by).await;
        }
        let known = outside::Known {
            etag: feed.etag.clone(),
            modified: feed.modified.clone(),
        };
        let page = match self.outside().get(&address, &known).await {
            Ok(Got::Same) => return Ok(Answer::Same),
            Ok(Got::New(page)) => page,
            Err(trouble) => return Ok(refused(&trouble)),
        };
        Ok(self.read(page.bytes, page.kind, page.marks).await)
    }

    /// What an address of this house leads to: nobody need be asked for it.
    async fn look(&self, feed: &Feed, by: &Entrance) -> Result<Answer, StoreError> {
        let looked = async {
            let (calendar, shows) = self.published(by).await?;
            let tag = publishing::tag(&calendar, shows);
            if feed.etag.as_ref() == Some(&tag) {
                return Ok(None);
            }
            let text = self.published_text(&calendar, shows).await?;
            Ok::<_, Refused>(Some((tag, text)))
        };
        match looked.await {
            Ok(None) => Ok(Answer::Same),
            Ok(Some((tag, text))) => {
                let marks = outside::Known {
                    etag: Some(tag),
                    modified: None,
                };
                Ok(self.read(text.into_bytes(), None, marks).await)
            }
            Err(Refused::Reason(reason)) => Ok(Answer::Failed(not_shown(&reason), None)),
            Err(Refused::Store(error)) => Err(error),
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
    /// kept only after it. False when nobody follows it any more.
    async fn take(&self, id: Id, taken: &Taken) -> Result<bool, StoreError> {
        let at = self.now();
        let shard = self.store().shard_of(id);
        let known = shard.read::<_, StoreError>(move |tx| rows::known(tx, id)).await?;
        let Difference { written, gone } = feeds::difference(known, taken.entries.clone());
        for part in gone.chunks(DELETED_AT_ONCE).map(<[Id]>::to_vec) {
            let deleted = shard.write::<_, StoreError>(move |tx| delete(tx, id, &part));
            deleted.await?;
        }
        let mut written = written.into_iter().peekable();
        while written.peek().is_some() {
            let (mut part, mut rows) = (Vec::new(), 0);
            while let Some(entry) = written.next_if(|next| rows == 0 || rows + next.rows() <= ROWS_AT_ONCE) {
                rows += entry.rows();
                part.push((Id::beside(id, at), entry));
            }
            let saved = shard.write::<_, StoreError>(move |tx| save(tx, id, &part, at));
            if !saved.await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Writes down how it stands, unless the calendar was forgotten meanwhile. One that was then followed anew is asked for
    /// anew, too: what was written before it was forgotten is gone.
    async fn note_down(
        &self,
        claimed: &Feed,
        settled: impl Fn(Feed, Moment) -> Feed + Send + Sync + 'static,
    ) -> Result<(), StoreError> {
        let at = self.now();
        let (id, asked) = (claimed.id, claimed.asked);
        let shard = self.store().shard_of(id);
        let written = shard.write::<_, StoreError>(move |tx| {
            let feed = rows::feed(tx, id)?.filter(|feed| feed.asked == asked);
            feed.map_or(Ok(()), |feed| rows::save_feed(tx, &settled(feed, at)))
        });
        written.await
    }
}

/// The server elsewhere that has it.
fn host_of(feed: &Feed) -> String {
    let address = Address::parse(&feed.address);
    address.map_or_else(|_| feed.address.clone(), |address| address.host().to_owned())
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
pub(super) fn delete(tx: &mut Tx<'_>, feed: Id, entries: &[Id]) -> Result<(), StoreError> {
    let Some(last) = rows::numbers(tx, feed, entries.len())? else {
        return Ok(());
    };
    for (change, entry) in (last - count(entries.len()) + 1..).zip(entries) {
        // Whoever asked at the same time may have deleted it already.
        if rows::delete_entry(tx, *entry)? {
            rows::save_gone(tx, feed, *entry, change)?;
        }
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

/// Why a link of this house shows nothing.
fn not_shown(reason: &Reason) -> Trouble {
    match reason {
        Reason::NoCalendar => Trouble::new(What::Gone, "the link was withdrawn or renewed"),
        Reason::TooLong => Trouble::new(What::Large, reason),
        _ => Trouble::new(What::Unreadable, reason),
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
