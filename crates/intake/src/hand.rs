//! What is in hand: messages that were polled and whose offsets are not done with, by partition.
//!
//! An offset is done when its message and all before it are. So a message that waits holds back the offset of its
//! partition, and what was done behind it is remembered and not done twice. When it waits because nothing can be done now, the
//! partition is paused; when it fails alone, those behind it go on.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use crate::{Message, Options, Verdict};

/// A message that keeps failing where others succeed is poison after so many tries; with the pauses between them that is
/// some four minutes, long enough for a service that is being mended.
const TRIES_MAX: u32 = 12;
/// Messages of one partition that may be in hand; they come again after a crash.
const LANE_MAX: usize = 2_000;

pub(crate) type Place = (String, i32);

struct Slot {
    message: Message,
    is_done: bool,
    /// Whether its partition has to wait with it.
    holds: bool,
    failed: u32,
    doubted: u32,
    /// When it is tried again.
    again: Option<Instant>,
}

#[derive(Default)]
struct Lane {
    slots: VecDeque<Slot>,
    is_paused: bool,
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
        let slot = Slot {
            message,
            is_done: false,
            holds: false,
            failed: 0,
            doubted: 0,
            again: None,
        };
        let lane = self.lanes.entry(place(&slot.message)).or_default();
        lane.slots.push_back(slot);
    }

    /// Somebody else has these partitions now, or nobody.
    pub fn drop_all_of(&mut self, places: &[Place]) {
        for place in places {
            self.lanes.remove(place);
        }
    }

    pub fn paused(&self) -> usize {
        self.lanes.values().filter(|lane| lane.is_paused).count()
    }

    /// What is to be taken at this instant.
    pub fn due(&self, now: Instant) -> Vec<Message> {
        let slots = self.lanes.values().flat_map(|lane| &lane.slots);
        let due = slots.filter(|slot| !slot.is_done && slot.again.is_none_or(|again| again <= now));
        due.map(|slot| slot.message.clone()).collect()
    }

    /// Notes what became of a message, and turns doubts that lasted into poison. Poison waits until it is told to be
    /// [`done`](Hand::done).
    pub fn judge(&mut self, message: &Message, verdict: Verdict, now: Instant, retry: Duration) -> Verdict {
        let Some(slot) = self.slot(message) else {
            return verdict;
        };
        let verdict = match verdict {
            Verdict::Doubtful(why) => {
                slot.doubted += 1;
                if slot.doubted < TRIES_MAX {
                    Verdict::Doubtful(why)
                } else {
                    Verdict::Poison(format!("{why} (after {TRIES_MAX} tries)"))
                }
            }
            other => other,
        };
        slot.is_done = verdict == Verdict::Done;
        slot.holds = matches!(verdict, Verdict::Later(_) | Verdict::Poison(_));
        slot.again = Some(now + pause(retry, slot.failed));
        slot.failed += 1;
        verdict
    }

    pub fn done(&mut self, message: &Message) {
        if let Some(slot) = self.slot(message) {
            slot.is_done = true;
        }
    }

    /// Lets go of what is done, and says which partitions have to wait from now on and which go on.
    pub fn settle(&mut self) -> Settled {
        let mut settled = Settled::default();
        for (place, lane) in &mut self.lanes {
            if let Some(next) = lane.let_go() {
                settled.next.push((place.clone(), next));
            }
            let waits = lane.waits();
            if waits != lane.is_paused {
                let changed = if waits {
                    &mut settled.pause
                } else {
                    &mut settled.resume
                };
                changed.push(place.clone());
                lane.is_paused = waits;
            }
        }
        self.lanes.retain(|_, lane| !lane.slots.is_empty());
        settled
    }

    fn slot(&mut self, message: &Message) -> Option<&mut Slot> {
        let slots = &mut self.lanes.get_mut(&place(message))?.slots;
        let at = slots.binary_search_by_key(&message.offset(), |slot| slot.message.offset());
        slots.get_mut(at.ok()?)
    }
}

impl Lane {
    fn let_go(&mut self) -> Option<i64> {
        let mut next = None;
        while self.slots.front().is_some_and(|slot| slot.is_done) {
            next = self.slots.pop_front().map(|slot| slot.message.offset() + 1);
        }
        next
    }

    fn waits(&self) -> bool {
        self.slots.len() >= LANE_MAX || self.slots.iter().any(|slot| slot.holds && !slot.is_done)
    }
}

fn place(message: &Message) -> Place {
    (message.topic().to_owned(), message.partition())
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

    fn lane(partition: i32) -> Place {
        ("create-user".to_owned(), partition)
    }

    fn later() -> Verdict {
        Verdict::Later("down".into())
    }

    fn doubtful() -> Verdict {
        Verdict::Doubtful("500".into())
    }

    /// A round in which each of these messages gets its verdict.
    fn round(hand: &mut Hand, now: Instant, verdicts: &[(i64, Verdict)]) -> Settled {
        for (offset, verdict) in verdicts {
            hand.judge(&message(0, *offset), verdict.clone(), now, RETRY);
        }
        hand.settle()
    }

    fn due(hand: &Hand, now: Instant) -> Vec<i64> {
        hand.due(now).iter().map(Message::offset).collect()
    }

    #[test]
    fn an_offset_is_done_when_all_before_it_are() {
        let mut hand = hand(&[(0, 5), (0, 6), (0, 7)]);
        let now = Instant::now();
        let settled = round(
            &mut hand,
            now,
            &[(5, Verdict::Done), (6, later()), (7, Verdict::Done)],
        );
        assert_eq!(settled.next, [(lane(0), 6)]);
        assert_eq!((settled.pause, settled.resume), (vec![lane(0)], vec![]));
        assert!(
            due(&hand, now).is_empty(),
            "what waits is left alone until its pause is over"
        );
        assert_eq!(
            due(&hand, now + RETRY),
            [6],
            "what was done behind it is not done twice"
        );
        let settled = round(&mut hand, now + RETRY, &[(6, Verdict::Done)]);
        assert_eq!(settled.next, [(lane(0), 8)]);
        assert_eq!((settled.pause, settled.resume), (vec![], vec![lane(0)]));
        assert_eq!(hand.paused(), 0);
    }

    #[test]
    fn who_fails_alone_keeps_back_nobody_but_the_offset() {
        let mut hand = hand(&[(0, 1)]);
        let now = Instant::now();
        let settled = round(&mut hand, now, &[(1, doubtful())]);
        assert_eq!(settled, Settled::default(), "its partition runs");
        hand.add(message(0, 2));
        assert_eq!(due(&hand, now), [2]);
        assert_eq!(round(&mut hand, now, &[(2, Verdict::Done)]), Settled::default());
        for offset in 3..i64::try_from(LANE_MAX).unwrap() + 1 {
            hand.add(message(0, offset));
        }
        assert_eq!(hand.settle().pause, [lane(0)], "but not without end");
    }

    #[test]
    fn pauses_grow_up_to_a_limit() {
        let mut hand = hand(&[(0, 1)]);
        let mut now = Instant::now();
        let mut waited = Vec::new();
        for _ in 0..8 {
            round(&mut hand, now, &[(1, later())]);
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
        let now = Instant::now();
        for _ in 1..TRIES_MAX {
            assert_eq!(hand.judge(&message(0, 1), doubtful(), now, RETRY), doubtful());
        }
        for _ in 0..TRIES_MAX * 2 {
            assert_eq!(hand.judge(&message(0, 2), later(), now, RETRY), later());
        }
        let poison = hand.judge(&message(0, 1), doubtful(), now, RETRY);
        assert!(matches!(poison, Verdict::Poison(_)));
        assert!(hand.settle().next.is_empty(), "it waits until it is laid aside");
        hand.done(&message(0, 1));
        assert_eq!(hand.settle().next, [(lane(0), 2)]);
    }

    #[test]
    fn what_somebody_else_has_now_is_dropped() {
        let mut hand = hand(&[(0, 1), (1, 1)]);
        hand.drop_all_of(&[lane(0)]);
        let left = hand.due(Instant::now());
        assert_eq!(left.iter().map(Message::partition).collect::<Vec<_>>(), [1]);
    }
}
