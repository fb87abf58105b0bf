//! How memory follows the store: everything is read once, and then what the log names is looked up again.
//!
//! The followers stand where the log was before the reading began, so what changes meanwhile is read twice and never
//! not at all. A follower that is lost (it was away for longer than the log reaches back) begins anew.

use std::collections::HashSet;

use kernel::{Id, PersonId};
use metrics::gauge;
use store::log::{Arrival, Follower, Page, Unread};
use store::{Shard, StoreError, VshardRange};
use tokio::sync::watch;

use crate::people::rows;
use crate::service::{PEOPLE, RULES, Segments};

/// Rows that are read at once.
const PAGE: u16 = 5_000;
/// Entries of the log that are read at once.
const ENTRIES: u16 = 2_000;
/// Before a store that could not be read is asked again.
const AGAIN: std::time::Duration = std::time::Duration::from_secs(1);

impl Segments {
    /// Reads everything, and gives what follows the store from there on.
    pub async fn load(&self) -> Result<Followers, StoreError> {
        let followers = Follower::from_now(&self.0.store, &[RULES, PEOPLE]).await?;
        self.reload_rules().await?;
        for server in self.0.store.everywhere() {
            self.load_people(&server, VshardRange::ALL).await?;
        }
        Ok(Followers(followers))
    }

    async fn load_people(&self, server: &Shard, range: VshardRange) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = server
                .read::<_, StoreError>(move |tx| rows::page(tx, range, after, PAGE))
                .await?;
            after = page.last().map(|last| last.id);
            let is_last = page.len() < usize::from(PAGE);
            for person in page {
                self.remember(person);
            }
            if is_last {
                self.0.news.of_everybody();
                return Ok(());
            }
        }
    }

    /// Follows the store until the house closes, and tells those who listen.
    pub async fn follow(self, followers: Followers, mut closing: watch::Receiver<bool>) {
        tokio::select! {
            () = self.follow_on(followers) => {}
            () = self.tell_in_time() => {}
            _ = closing.wait_for(|closing| *closing) => {}
        }
        self.0.news.end();
    }

    /// Never comes back.
    async fn follow_on(&self, followers: Followers) {
        let mut followers = followers;
        loop {
            let tails = followers.0.iter_mut().map(|follower| self.follow_one(follower));
            let (lost, ..) = futures_util::future::select_all(tails.map(Box::pin)).await;
            tracing::warn!(
                server = lost,
                "the log is not what was followed; everything is read again"
            );
            followers = loop {
                match self.load().await {
                    Ok(followers) => break followers,
                    Err(error) => {
                        tracing::warn!(%error, "segments could not be read; what was known before is answered");
                        tokio::time::sleep(AGAIN).await;
                    }
                }
            };
        }
    }

    /// Comes back, with the name of the server, only when its log is lost.
    async fn follow_one(&self, follower: &mut Follower) -> String {
        let server = follower.server().to_owned();
        let behind = gauge!("townhall_segments_behind_seconds", "server" => server.clone());
        let mut undone = Page::default();
        loop {
            if undone.entries.is_empty() && undone.arrived.is_empty() {
                match follower.read(ENTRIES).await {
                    Ok(page) => undone = page,
                    Err(Unread::Lost) => return server,
                    Err(Unread::Store(error)) => {
                        tracing::warn!(%error, server, "the log could not be read");
                        tokio::time::sleep(AGAIN).await;
                        continue;
                    }
                }
            }
            match self.take_in(&undone).await {
                Ok(()) => {
                    let is_all = undone.caught_up;
                    undone = Page::default();
                    behind.set(0.0);
                    if is_all {
                        follower.wait().await;
                    }
                }
                Err(error) => {
                    let told = undone.entries.first().map(|entry| entry.told_at);
                    let micros = told.map_or(0, |told| self.0.clock.now().micros_since(told));
                    behind.set(to_seconds(micros));
                    tracing::warn!(%error, server, "what changed could not be looked up");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }

    async fn take_in(&self, page: &Page) -> Result<(), StoreError> {
        if page.entries.iter().any(|entry| entry.topic == RULES) {
            self.reload_rules().await?;
        }
        let of_people = page.entries.iter().filter(|entry| entry.topic == PEOPLE);
        let keys = of_people.filter_map(|entry| <[u8; 16]>::try_from(entry.key.as_slice()).ok());
        let people: HashSet<PersonId> = keys.map(|key| PersonId(Id::from_bytes(key))).collect();
        let arrived = page.arrived.iter();
        let owners = arrived.filter_map(|arrival| match arrival {
            Arrival::Owner(owner) => Some(PersonId(*owner)),
            Arrival::Range(_) => None,
        });
        for person in people.into_iter().chain(owners) {
            let found = self
                .0
                .store
                .shard_of(person)
                .read::<_, StoreError>(move |tx| rows::person(tx, person))
                .await?;
            if let Some(found) = found {
                self.know(found);
            }
        }
        for arrival in &page.arrived {
            if let Arrival::Range(range) = arrival {
                for server in self.0.store.everywhere() {
                    self.load_people(&server, *range).await?;
                }
            }
        }
        Ok(())
    }
}

/// Where reading the store goes on.
pub struct Followers(Vec<Follower>);

#[expect(clippy::cast_precision_loss, reason = "seconds for a gauge")]
fn to_seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}
