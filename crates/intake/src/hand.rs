//! What is in hand: messages that were polled and whose offsets are not done with, by partition.
//!
//! An offset is done when its message and all before it are. So a message that has to wait holds up its partition, and
//! what was done behind it is remembered and not done twice.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use crate::{Message, Options, Verdict};

/// A message that keeps failing where others succeed is poison after so many tries; with the pauses between them that is
/// some four minutes, long enough for a service that is being mended.
const TRIES_MAX: u32 = 12;

pub(crate) type Place = (String, i32);

struct Slot {
    message: Message,
    is_done: bool,
    tries: u32,
}

#[derive(Default)]
struct Lane {
    slots: VecDeque<Slot>,
    /// Rounds in a row after which something was left.
    failed: u32,
    /// Set while the partition is paused.
    again: Option<Instant>,
}

#[derive(Default)]
pub(crate) struct Hand {
    lanes: BTreeMap<Place, Lane>,
}

/// What follows from a round.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Settled {
    /// The offset of each of these partitions from which to go on.
    pub next: Vec<(Place, i64)>,
    pub pause: Vec<Place>,
    pub resume: Vec<Place>,
}

impl Hand {
    pub fn add(&mut self, message: Message) {
        let place = (message.topic().to_owned(), message.partition());
        self.lanes.entry(place).or_default().slots.push_back(Slot {
            message,
            is_done: false,
            tries: 0,
        });
    }

    /// Somebody else has these partitions now, or nobody.
    pub fn drop_all_of(&mut self, places: &[Place]) {
        for place in places {
            self.lanes.remove(place);
        }
    }

    pub fn paused(&self) -> usize {
        self.lanes.values().filter(|lane| lane.again.is_some()).count()
    }

    /// What is to be taken at this instant.
    pub fn due(&self, now: Instant) -> Vec<Message> {
        let slots = self.lanes.values().filter(|lane| lane.is_due(now));
        slots
            .flat_map(|lane| &lane.slots)
            .filter(|slot| !slot.is_done)
            .map(|slot| slot.message.clone())
            .collect()
    }

    /// Turns doubts that lasted into poison.
    pub fn doubt(&mut self, message: &Message, verdict: Verdict) -> Verdict {
        let Verdict::Doubtful(why) = verdict else {
            return verdict;
        };
        let Some(slot) = self.slot(message) else {
            return Verdict::Doubtful(why);
        };
        slot.tries += 1;
        if slot.tries < TRIES_MAX {
            return Verdict::Doubtful(why);
        }
        Verdict::Poison(format!("{why} (after {} tries)", slot.tries))
    }

    pub fn done(&mut self, message: &Message) {
        if let Some(slot) = self.slot(message) {
            slot.is_done = true;
        }
    }

    /// Lets go of what is done, and decides about the rest of what was due when the round began.
    pub fn settle(&mut self, began: Instant, now: Instant, retry: Duration) -> Settled {
        let mut settled = Settled::default();
        for (place, lane) in &mut self.lanes {
            if !lane.is_due(began) {
                continue;
            }
            if let Some(next) = lane.let_go() {
                settled.next.push((place.clone(), next));
            }
            if lane.slots.is_empty() {
                if lane.again.is_some() {
                    settled.resume.push(place.clone());
                }
                continue;
            }
            if lane.again.is_none() {
                settled.pause.push(place.clone());
            }
            lane.again = Some(now + pause(retry, lane.failed));
            lane.failed += 1;
        }
        self.lanes.retain(|_, lane| !lane.slots.is_empty());
        settled
    }

    fn slot(&mut self, message: &Message) -> Option<&mut Slot> {
        let place = (message.topic().to_owned(), message.partition());
        let slots = &mut self.lanes.get_mut(&place)?.slots;
        slots
            .iter_mut()
            .find(|slot| slot.message.offset() == message.offset())
    }
}

impl Lane {
    fn is_due(&self, now: Instant) -> bool {
        self.again.is_none_or(|again| again <= now)
    }

    fn let_go(&mut self) -> Option<i64> {
        let mut next = None;
        while self.slots.front().is_some_and(|slot| slot.is_done) {
            next = self.slots.pop_front().map(|slot| slot.message.offset() + 1);
        }
        next
    }
}

fn pause(retry: Duration, failed: u32) -> Duration {
    let doubled = retry.saturating_mul(1 << failed.min(16));
    doubled.min(Options::RETRY_MOST)
}

#[cfg(test)]
mod tests {
    use rdkafka::Timestamp;
    use rdkafka::message::OwnedMessage;

    use super::*;

    const RETRY: Duration = Duration::from_secs(1);

    fn message(partition: i32, offset: i64) -> Message {
        let topic = "create-user".to_owned();
        Message(OwnedMessage::new(
            None,
            None,
            topic,
            Timestamp::NotAvailable,
            partition,
            offset,
            None,
        ))
    }

    fn hand(messages: &[(i32, i64)]) -> Hand {
        let mut hand = Hand::default();
        for (partition, offset) in messages {
            hand.add(message(*partition, *offset));
        }
        hand
    }

    fn place(partition: i32) -> Place {
        ("create-user".to_owned(), partition)
    }

    #[test]
    fn an_offset_is_done_when_all_before_it_are() {
        let mut hand = hand(&[(0, 5), (0, 6), (0, 7), (1, 9)]);
        let now = Instant::now();
        for (partition, offset) in [(0, 5), (0, 7), (1, 9)] {
            hand.done(&message(partition, offset));
        }
        let settled = hand.settle(now, now, RETRY);
        assert_eq!(settled.next, [(place(0), 6), (place(1), 10)]);
        assert_eq!((settled.pause, settled.resume), (vec![place(0)], vec![]));
        assert!(
            hand.due(now).is_empty(),
            "what waits is left alone until its pause is over"
        );
        let later = now + RETRY;
        assert_eq!(
            hand.due(later).len(),
            1,
            "what was done behind it is not done twice"
        );
        hand.done(&message(0, 6));
        let settled = hand.settle(later, later, RETRY);
        assert_eq!(settled.next, [(place(0), 8)]);
        assert_eq!(settled.resume, [place(0)]);
        assert_eq!(hand.paused(), 0);
    }

    #[test]
    fn pauses_grow_up_to_a_limit() {
        let mut hand = hand(&[(0, 1)]);
        let mut now = Instant::now();
        let mut waited = Vec::new();
        for _ in 0..8 {
            hand.settle(now, now, RETRY);
            let from = now;
            while hand.due(now).is_empty() {
                now += RETRY;
            }
            waited.push((now - from).as_secs());
        }
        assert_eq!(waited, [1, 2, 4, 8, 16, 30, 30, 30]);
    }

    #[test]
    fn what_fails_alone_is_poison_in_the_end_and_what_fails_with_all_others_never_is() {
        let mut hand = hand(&[(0, 1), (0, 2)]);
        let doubt = || Verdict::Doubtful("500".into());
        for _ in 1..TRIES_MAX {
            assert_eq!(hand.doubt(&message(0, 1), doubt()), doubt());
            let later = Verdict::Later("down".into());
            assert_eq!(hand.doubt(&message(0, 2), later.clone()), later);
        }
        assert!(matches!(hand.doubt(&message(0, 1), doubt()), Verdict::Poison(_)));
    }

    #[test]
    fn what_somebody_else_has_now_is_dropped() {
        let mut hand = hand(&[(0, 1), (1, 1)]);
        hand.drop_all_of(&[place(0)]);
        let left = hand.due(Instant::now());
        assert_eq!(left.iter().map(Message::partition).collect::<Vec<_>>(), [1]);
    }
}
