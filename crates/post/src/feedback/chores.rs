//! What feedback does by itself, under leases: looking into the mailbox, and forgetting webhooks that nobody could say
//! again. Both are safe to be done twice.

use std::time::Duration;

use bell::{Again, Held, Work};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use kernel::{Moment, VirtualShard};
use parking_lot::Mutex;
use store::StoreError;

use super::service::Feedback;

/// A reader who complained should not get the letters of the next hour; nobody waits for it at a screen.
const LOOK_EVERY: Duration = Duration::from_secs(30);
const FORGET_EVERY: Duration = Duration::from_secs(60 * 60);

/// When something is done next. Work is woken by whatever is announced, and this has nothing to do with it.
struct Every {
    pause: Duration,
    next: Mutex<Moment>,
}

impl Every {
    fn new(pause: Duration) -> Every {
        Every {
            pause,
            next: Mutex::new(Moment::from_micros(0)),
        }
    }

    /// `Err`: not yet. Of the ranges of a server only the first has this to do.
    fn begin(&self, held: &Held, now: Moment) -> Result<(), Again> {
        if held.lease.range.first != VirtualShard::FIRST {
            return Err(Again::WhenWoken);
        }
        let mut next = self.next.lock();
        if now < *next {
            return Err(Again::At(*next));
        }
        *next = now.plus_micros(i64::try_from(self.pause.as_micros()).unwrap_or(i64::MAX));
        Ok(())
    }

    fn again(&self) -> Again {
        Again::At(*self.next.lock())
    }
}

pub(super) struct LookIntoMaildir {
    feedback: Feedback,
    every: Every,
    was_well: Mutex<bool>,
}

impl LookIntoMaildir {
    pub fn new(feedback: Feedback) -> LookIntoMaildir {
        LookIntoMaildir {
            feedback,
            every: Every::new(LOOK_EVERY),
            was_well: Mutex::new(true),
        }
    }

    async fn look(&self, held: &Held) -> Again {
        if let Err(again) = self.every.begin(held, self.feedback.now()) {
            return again;
        }
        let looked = self.feedback.look_into_maildir().await;
        let was_well = std::mem::replace(&mut *self.was_well.lock(), looked.is_ok());
        if let (Err(trouble), true) = (&looked, was_well) {
            tracing::warn!(%trouble, "reports cannot be taken out of their mailbox (post.reports); it is tried again");
        }
        self.every.again()
    }
}

impl Work for LookIntoMaildir {
    fn round<'a>(&'a self, held: &'a Held) -> BoxFuture<'a, Result<Again, StoreError>> {
        self.look(held).map(Ok).boxed()
    }
}

pub(super) struct ForgetWebhooks {
    feedback: Feedback,
    every: Every,
}

impl ForgetWebhooks {
    pub fn new(feedback: Feedback) -> ForgetWebhooks {
        ForgetWebhooks {
            feedback,
            every: Every::new(FORGET_EVERY),
        }
    }

    async fn forget(&self, held: &Held) -> Result<Again, StoreError> {
        if let Err(again) = self.every.begin(held, self.feedback.now()) {
            return Ok(again);
        }
        self.feedback.forget_old(&held.shard).await?;
        Ok(self.every.again())
    }
}

impl Work for ForgetWebhooks {
    fn round<'a>(&'a self, held: &'a Held) -> BoxFuture<'a, Result<Again, StoreError>> {
        self.forget(held).boxed()
    }
}
