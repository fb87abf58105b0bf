//! Rings what is due, in batches: the timers of a batch are taken out and their effects done in one transaction.
//!
//! When a batch fails, each of its timers is rung alone, so that one that cannot be rung holds up nobody: it is put
//! off with a growing pause, and parked in the end. A failure of the store is nobody's fault and counts for no timer.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use kernel::{Clock, Id, Moment};
use parking_lot::Mutex;
use store::{StoreError, Tx};

use crate::Failed;
use crate::crowd::Crowd;
use crate::kind::Kind;
use crate::meter::KindMeter;
use crate::rules::{self, Next};
use crate::shift::{Again, Held, Work};
use crate::timers::rows::{self, Due};

/// Timers of one transaction: the cost of the commit is shared by then, and nobody waits long for the writer.
pub(crate) const BATCH: u16 = 500;
/// How long a timer waits whose rows others kept changing; nothing is counted against it.
const BUSY_MICROS: i64 = 200_000;

/// What a timer's handler is told.
#[derive(Clone, Copy, Debug)]
pub struct Rung<'a> {
    pub owner: Id,
    pub kind: &'static Kind,
    pub key: &'a [u8],
    pub note: &'a [u8],
    /// The instant that was asked for. `now` may be later: by the kind's tolerance, or after an outage.
    pub due: Moment,
    pub now: Moment,
    /// How often it failed before.
    pub attempts: u32,
}

/// Does what a kind of timers is for.
pub trait Ring: Send + Sync + 'static {
    /// Runs in the transaction that removes the timer, perhaps with others of its kind; it may set the timer again.
    /// It may run more than once, so only `tx` may change in it.
    fn ring(&self, tx: &mut Tx<'_>, rung: &Rung<'_>) -> Result<(), Failed>;
}

impl<F> Ring for F
where
    F: Fn(&mut Tx<'_>, &Rung<'_>) -> Result<(), Failed> + Send + Sync + 'static,
{
    fn ring(&self, tx: &mut Tx<'_>, rung: &Rung<'_>) -> Result<(), Failed> {
        self(tx, rung)
    }
}

/// The work of one kind.
pub(crate) struct Ringer {
    ringing: Arc<Ringing>,
    clock: Clock,
    meter: KindMeter,
    /// By server and quarter.
    crowds: Mutex<HashMap<(usize, u16), Crowd>>,
}

/// What a look at the table found.
struct Found {
    due: Vec<Due>,
    /// Behind those of an owner who has very many.
    past: Vec<Due>,
    /// When nothing is due.
    next: Option<Moment>,
    crowd: Crowd,
}

/// What a transaction takes with it.
struct Ringing {
    kind: &'static Kind,
    handler: Arc<dyn Ring>,
}

/// What became of a batch.
enum Tolled {
    LeaseLost,
    /// How many were no longer wanted, and the instants of those that were rung.
    Done {
        dropped: u64,
        rung: Vec<Moment>,
    },
}

impl Ringer {
    pub(crate) fn new(kind: &'static Kind, handler: Arc<dyn Ring>, clock: Clock) -> Ringer {
        Ringer {
            ringing: Arc::new(Ringing { kind, handler }),
            clock,
            meter: KindMeter::new(kind.name),
            crowds: Mutex::default(),
        }
    }

    async fn ring_due(&self, held: &Held) -> Result<Again, StoreError> {
        let (now, place) = (self.clock.now(), held.place());
        let found = self.look(held, now).await?;
        self.crowds.lock().insert(place, found.crowd);
        if found.due.is_empty() {
            return Ok(found.next.map_or(Again::WhenWoken, Again::At));
        }
        let again = self.ring_together(held, found.due.into(), now).await?;
        if again == Again::LeaseLost || found.past.is_empty() {
            return Ok(again);
        }
        self.ring_together(held, found.past.into(), now).await
    }

    async fn look(&self, held: &Held, now: Moment) -> Result<Found, StoreError> {
        let (quarter, code) = (held.quarter(), self.ringing.kind.code);
        let known = self.crowds.lock().get(&held.place()).cloned();
        let known = known.unwrap_or_default();
        held.shard
            .read(move |tx| {
                let mut crowd = known.clone();
                let due = rows::take(tx, quarter, code, now, BATCH)?;
                if crowd.notices(&due) {
                    let portions = crowd.divide(tx, quarter, code, now, &due)?;
                    return Ok(Found {
                        due: portions.first,
                        past: portions.past,
                        next: None,
                        crowd,
                    });
                }
                let next = if due.is_empty() {
                    rows::next(tx, quarter, code)?
                } else {
                    None
                };
                Ok(Found {
                    due,
                    past: Vec::new(),
                    next,
                    crowd,
                })
            })
            .await
    }

    async fn ring_together(&self, held: &Held, batch: Arc<[Due]>, now: Moment) -> Result<Again, StoreError> {
        match self.toll(held, Arc::clone(&batch), now).await {
            Ok(true) => Ok(Again::AtOnce),
            Ok(false) => Ok(Again::LeaseLost),
            Err(Failed::Store(error @ StoreError::Unavailable { .. })) => Err(error),
            Err(_) => self.ring_each(held, &batch, now).await,
        }
    }

    async fn ring_each(&self, held: &Held, batch: &[Due], now: Moment) -> Result<Again, StoreError> {
        let mut busy = false;
        for due in batch {
            if !held.goes_on() {
                break;
            }
            match self.toll(held, Arc::new([due.clone()]), now).await {
                Ok(true) => {}
                Ok(false) => return Ok(Again::LeaseLost),
                Err(Failed::Store(error @ StoreError::Unavailable { .. })) => return Err(error),
                Err(failed) if failed.is_the_stores() => busy = true,
                Err(failed) => self.put_off(held, due.clone(), &failed).await?,
            }
        }
        Ok(if busy {
            Again::At(self.clock.now().plus_micros(BUSY_MICROS))
        } else {
            Again::AtOnce
        })
    }

    /// One transaction. False when the lease was lost, and nothing was done then.
    async fn toll(&self, held: &Held, batch: Arc<[Due]>, now: Moment) -> Result<bool, Failed> {
        let (ringing, worker) = (Arc::clone(&self.ringing), held.clone());
        let tolled = held
            .shard
            .write(move |tx| {
                if !worker.is_mine(tx, now)? {
                    return Ok(Tolled::LeaseLost);
                }
                ringing.ring_all(tx, &batch, now)
            })
            .await;
        match tolled? {
            Tolled::LeaseLost => Ok(false),
            Tolled::Done { dropped, rung } => {
                self.meter.rung(&rung, self.clock.now());
                self.meter.dropped(dropped);
                Ok(true)
            }
        }
    }

    async fn put_off(&self, held: &Held, due: Due, failed: &Failed) -> Result<(), StoreError> {
        let (kind, now) = (self.ringing.kind, self.clock.now());
        let dice = due.dice();
        let next = rules::after_failure(due.attempts + 1, kind.attempts_max, now, dice);
        let parked = next == Next::Park;
        let reason = failed.to_string();
        if parked {
            tracing::warn!(kind = kind.name, owner = %due.owner, reason, "a timer is parked");
        } else {
            tracing::debug!(kind = kind.name, owner = %due.owner, reason, "a timer failed and is tried again");
        }
        let worker = held.clone();
        held.shard
            .write(move |tx| {
                let rings_at = match next {
                    Next::At(then) => then,
                    Next::Park => due.rings_at,
                };
                if worker.is_mine(tx, now)? {
                    rows::postpone(tx, &due, rings_at, parked, &reason)?;
                }
                Ok::<_, StoreError>(())
            })
            .await?;
        self.meter.failed(parked);
        Ok(())
    }
}

impl Ringing {
    fn ring_all(&self, tx: &mut Tx<'_>, batch: &[Due], now: Moment) -> Result<Tolled, Failed> {
        let (mut dropped, mut rung) = (0, Vec::with_capacity(batch.len()));
        for due in batch {
            let Some(note) = rows::remove(tx, due)? else {
                continue;
            };
            let asked_for = rules::asked_for(self.kind, due.rings_at, &due.name);
            if !rules::is_wanted(self.kind, asked_for, now) {
                dropped += 1;
                continue;
            }
            let ring = Rung {
                owner: due.owner,
                kind: self.kind,
                key: &due.key,
                note: &note,
                due: asked_for,
                now,
                attempts: due.attempts,
            };
            self.handler.ring(tx, &ring)?;
            rung.push(due.rings_at);
        }
        Ok(Tolled::Done { dropped, rung })
    }
}

impl Work for Ringer {
    fn round<'a>(&'a self, held: &'a Held) -> BoxFuture<'a, Result<Again, StoreError>> {
        self.ring_due(held).boxed()
    }
}
