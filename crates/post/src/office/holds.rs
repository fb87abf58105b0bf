//! Streams that stand still because servers do not want them.
//!
//! A refusal for policy says nothing about its reader, so nobody is suppressed for it; but a stream that goes on after
//! several of them spoils the name of the house for all its letters. So it stands still for a while, then one refusal
//! is enough to hold it again. Whoever looks finds the refused letters parked, each with its server's words.
//!
//! What one process holds all others hold within seconds: it is a row, which each reads again before it writes letters.

use std::collections::HashMap;

use kernel::{Id, Moment};
use metrics::gauge;
use parking_lot::Mutex;
use store::{Store, StoreError};

use super::rows;

/// Refusals in a row that hold a stream: one server may have a strange policy of its own.
const REFUSALS_MAX: u32 = 3;
const HELD_SECONDS: i64 = 3600;
/// How old what is known of other processes may be.
const KNOWN_SECONDS: i64 = 2;

#[derive(Default)]
pub(crate) struct Holds(Mutex<Known>);

#[derive(Default)]
struct Known {
    streams: HashMap<String, Hold>,
    /// When the rows were read last.
    read: Option<Moment>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Hold {
    refusals: u32,
    until: Option<Moment>,
}

/// What has to be written down for other processes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum News {
    Nothing,
    Held(Moment),
    Released,
}

impl Holds {
    /// Until when a stream stands still.
    pub fn until(&self, stream: &str, now: Moment) -> Option<Moment> {
        let hold = self.0.lock().streams.get(stream).copied()?;
        hold.until.filter(|until| *until > now)
    }

    /// Learns what other processes hold, unless it is known well enough.
    pub async fn learn(&self, store: &Store, now: Moment) -> Result<(), StoreError> {
        {
            let mut known = self.0.lock();
            let is_fresh = |read: Moment| (0..KNOWN_SECONDS * 1_000_000).contains(&now.micros_since(read));
            if known.read.is_some_and(is_fresh) {
                return Ok(());
            }
            known.read = Some(now);
        }
        let rows = store.read_each(rows::all).await?;
        self.0.lock().take_over(rows.into_iter().flatten().collect());
        Ok(())
    }

    /// A server refused a letter of a stream for policy.
    pub async fn refused(&self, store: &Store, stream: &'static str, now: Moment) -> Result<(), StoreError> {
        let news = self.0.lock().refused(stream, now);
        tell(store, stream, news).await
    }

    /// A letter of a stream was taken.
    pub async fn taken(&self, store: &Store, stream: &'static str) -> Result<(), StoreError> {
        let news = self.0.lock().taken(stream);
        tell(store, stream, news).await
    }
}

async fn tell(store: &Store, stream: &'static str, news: News) -> Result<(), StoreError> {
    let shard = store.shard_of(Id::named("stream", stream));
    match news {
        News::Nothing => Ok(()),
        News::Held(until) => {
            gauge!("townhall_post_stream_held", "stream" => stream).set(1.0);
            tracing::warn!(
                stream,
                "servers refuse this stream for policy; it stands still for an hour"
            );
            shard.write(move |tx| rows::hold(tx, stream, until)).await
        }
        News::Released => {
            gauge!("townhall_post_stream_held", "stream" => stream).set(0.0);
            shard.write(move |tx| rows::release(tx, stream)).await
        }
    }
}

impl Known {
    /// What stands in the rows counts; refusals in a row that held nothing yet are this process's own.
    fn take_over(&mut self, rows: Vec<(String, Moment)>) {
        self.streams.retain(|_, hold| hold.until.is_none());
        for (stream, until) in rows {
            let hold = Hold {
                refusals: REFUSALS_MAX,
                until: Some(until),
            };
            self.streams.insert(stream, hold);
        }
    }

    fn refused(&mut self, stream: &str, now: Moment) -> News {
        let hold = self.streams.entry(stream.to_owned()).or_default();
        hold.refusals = hold.refusals.saturating_add(1);
        if hold.refusals < REFUSALS_MAX || hold.until.is_some_and(|until| until > now) {
            return News::Nothing;
        }
        let until = now.plus_seconds(HELD_SECONDS);
        hold.until = Some(until);
        News::Held(until)
    }

    fn taken(&mut self, stream: &str) -> News {
        match self.streams.remove(stream) {
            Some(hold) if hold.until.is_some() => News::Released,
            _ => News::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_seconds(1_795_000_000);

    #[test]
    fn a_stream_that_is_refused_again_and_again_stands_still_and_others_go_on() {
        let holds = Holds::default();
        let refused = |at| holds.0.lock().refused("digest", at);
        for _ in 1..REFUSALS_MAX {
            assert_eq!(refused(NOW), News::Nothing);
            assert_eq!(holds.until("digest", NOW), None);
        }
        let until = NOW.plus_seconds(HELD_SECONDS);
        assert_eq!(refused(NOW), News::Held(until));
        assert_eq!(holds.until("digest", NOW), Some(until));
        assert_eq!(holds.until("reminders", NOW), None);
        assert_eq!(holds.until("digest", until), None, "it is tried again");
        refused(until);
        assert!(holds.until("digest", until).is_some(), "one more is enough now");
        assert_eq!(holds.0.lock().taken("digest"), News::Released);
        assert_eq!(holds.until("digest", until), None);
    }

    #[tokio::test]
    async fn what_one_process_holds_another_holds_within_seconds_and_lets_go_with_it() {
        for kind in testkit::stores::KINDS {
            let house = testkit::stores::open(kind).await.unwrap();
            let (one, other) = (Holds::default(), Holds::default());
            let learn = async |holds: &Holds, at: Moment| holds.learn(&house.store, at).await.unwrap();
            learn(&other, NOW).await;
            for _ in 0..REFUSALS_MAX {
                one.refused(&house.store, "digest", NOW).await.unwrap();
            }
            let soon = NOW.plus_seconds(KNOWN_SECONDS);
            learn(&other, soon).await;
            assert_eq!(other.until("digest", soon), one.until("digest", soon));
            assert!(other.until("digest", soon).is_some());
            let over = NOW.plus_seconds(HELD_SECONDS + 1);
            learn(&other, over).await;
            assert_eq!(other.until("digest", over), None);
            other.taken(&house.store, "digest").await.unwrap();
            learn(&one, over).await;
            one.refused(&house.store, "digest", over).await.unwrap();
            assert_eq!(one.until("digest", over), None, "it begins to count anew");
        }
    }
}
