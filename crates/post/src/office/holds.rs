//! Streams that stand still because servers do not want them.
//!
//! A refusal for policy says nothing about its reader, so nobody is suppressed for it; but a stream that goes on after
//! several of them spoils the name of the house for all its letters. So it stands still for a while, then one refusal
//! is enough to hold it again. Whoever looks finds the refused letters parked, each with its server's words.

use std::collections::HashMap;

use kernel::Moment;
use metrics::gauge;
use parking_lot::Mutex;

/// Refusals in a row that hold a stream: one server may have a strange policy of its own.
const REFUSALS_MAX: u32 = 3;
const HELD_SECONDS: i64 = 3600;

#[derive(Default)]
pub(crate) struct Holds(Mutex<HashMap<&'static str, Hold>>);

#[derive(Clone, Copy, Default)]
struct Hold {
    refusals: u32,
    until: Option<Moment>,
}

impl Holds {
    /// Until when a stream stands still.
    pub fn until(&self, stream: &'static str, now: Moment) -> Option<Moment> {
        let hold = self.0.lock().get(stream).copied()?;
        hold.until.filter(|until| *until > now)
    }

    /// A server refused a letter of a stream for policy.
    pub fn refused(&self, stream: &'static str, now: Moment) {
        let mut all = self.0.lock();
        let hold = all.entry(stream).or_default();
        hold.refusals += 1;
        if hold.refusals < REFUSALS_MAX || hold.until.is_some_and(|until| until > now) {
            return;
        }
        hold.until = Some(now.plus_seconds(HELD_SECONDS));
        gauge!("townhall_post_stream_held", "stream" => stream).set(1.0);
        tracing::warn!(
            stream,
            "servers refuse this stream for policy; it stands still for an hour"
        );
    }

    /// A letter of a stream was taken.
    pub fn taken(&self, stream: &'static str) {
        if self.0.lock().remove(stream).is_some() {
            gauge!("townhall_post_stream_held", "stream" => stream).set(0.0);
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
        for _ in 1..REFUSALS_MAX {
            holds.refused("digest", NOW);
            assert_eq!(holds.until("digest", NOW), None);
        }
        holds.refused("digest", NOW);
        let until = NOW.plus_seconds(HELD_SECONDS);
        assert_eq!(holds.until("digest", NOW), Some(until));
        assert_eq!(holds.until("reminders", NOW), None);
        assert_eq!(holds.until("digest", until), None, "it is tried again");
        holds.refused("digest", until);
        assert!(holds.until("digest", until).is_some(), "one more is enough now");
        holds.taken("digest");
        assert_eq!(holds.until("digest", until), None);
    }
}
