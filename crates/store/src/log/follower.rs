//! Reading the log of one server from a place on.

use std::sync::Arc;
use std::time::Duration;

use kernel::Moment;
use tokio::sync::watch;
use tokio::time::Instant;

use super::mark::{Mark, Place};
use super::{ARRIVALS, Arrival, entries, look};
use crate::{Shard, Store, StoreError, Tx};

/// What other processes tell is seen within this time.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// A process that announces a thousand things a second need not be looked after a thousand times.
const PAUSE_MIN: Duration = Duration::from_millis(5);

/// Reads what is told on one server, each entry once. There is one for each server, and all are needed.
///
/// To keep a whole table in memory: take the followers first, then load the table, then apply what they read by
/// looking up what it names. What was told before the followers began was in the tables by then. Rows that came from
/// another server while the table was being loaded may have been on neither when they were looked for, so load what
/// [`Page::arrived`] names again; when that is read after the loading, there is nothing to do.
pub struct Follower {
    server: Shard,
    name: String,
    topics: Arc<[i64]>,
    mark: Mark,
    announced: watch::Receiver<u64>,
    looked: Instant,
}

/// Something that was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The transaction, on this server. Entries of one transaction come together and in order.
    pub turn: i64,
    pub topic: i64,
    pub key: Vec<u8>,
    /// When the transaction was asked for.
    pub told_at: Moment,
}

/// What was new.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// To be looked up where it lives now; of a reference table, on this server.
    pub entries: Vec<Entry>,
    pub arrived: Vec<Arrival>,
    /// All that had been told on this server was read. Otherwise there is more, now.
    pub caught_up: bool,
}

/// Why nothing was read. The follower stands where it stood.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unread {
    /// For ever: take new followers, then load everything anew.
    #[error("what was told meanwhile is forgotten, or this is another log")]
    Lost,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Follower {
    /// Those of all servers, in the order of [`Store::everywhere`], each behind all that was told until now.
    pub async fn from_now(store: &Store, topics: &[i64]) -> Result<Vec<Follower>, StoreError> {
        let topics: Arc<[i64]> = topics.into();
        let mut followers = Vec::new();
        for (server, known) in store.everywhere().into_iter().zip(store.servers()) {
            let announced = store.announcements();
            followers.push(Follower {
                mark: Mark::of(server.read(look).await?),
                name: known.name.clone(),
                topics: Arc::clone(&topics),
                looked: Instant::now(),
                server,
                announced,
            });
        }
        Ok(followers)
    }

    /// The server's name in the configuration.
    pub fn server(&self) -> &str {
        &self.name
    }

    /// What was told since the last page, at most so much. What is in a page is in no other, so keep it until it is
    /// done with. May be dropped while it waits.
    pub async fn read(&mut self, count_max: u16) -> Result<Page, Unread> {
        self.announced.borrow_and_update();
        self.looked = Instant::now();
        let (mark, count_max) = (self.mark.clone(), usize::from(count_max.max(1)));
        let (found, mark, caught_up) = self
            .server
            .read(move |tx| read_on(tx, mark.clone(), count_max))
            .await?;
        let mut page = Page {
            caught_up,
            ..Page::default()
        };
        for (place, told_at) in found {
            let Place { turn, topic, key } = place;
            if topic == ARRIVALS {
                page.arrived.extend(Arrival::of_key(&key));
            } else if self.topics.contains(&topic) {
                page.entries.push(Entry {
                    turn,
                    topic,
                    key,
                    told_at,
                });
            }
        }
        self.mark = mark;
        Ok(page)
    }

    /// Waits until there may be more: at once after this process told something, and else for a fifth of a second.
    pub async fn wait(&mut self) {
        let woken = async {
            // The store, and with it the sender, lives as long as we do.
            let _ = self.announced.changed().await;
            tokio::time::sleep_until(self.looked + PAUSE_MIN).await;
        };
        // A look that is due is as good as being woken.
        let _ = tokio::time::timeout_at(self.looked + LOOK_EVERY, woken).await;
    }
}

type Found = (Vec<(Place, Moment)>, Mark, bool);

fn read_on(tx: &mut Tx<'_>, mark: Mark, count_max: usize) -> Result<Found, Unread> {
    let look = look(tx)?;
    let mut found = Vec::new();
    for stretch in mark.unread(&look).map_err(|_| Unread::Lost)? {
        // One more than wanted tells whether there is more.
        let room = count_max.saturating_sub(found.len()) + 1;
        found.extend(entries(tx, &stretch, i64::try_from(room).unwrap_or(i64::MAX))?);
        if found.len() > count_max {
            break;
        }
    }
    let is_all = found.len() <= count_max;
    found.truncate(count_max);
    let cut = found.last().filter(|_| !is_all).map(|(place, _)| place.clone());
    Ok((found, mark.advanced(look, cut), is_all))
}
