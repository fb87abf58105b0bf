//! A transaction on its way through a lane, with whoever waits for it.
//!
//! The body may run more than once; only the last run counts. The answer is given after the commit, never before it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use kernel::Moment;
use tokio::sync::oneshot;

use crate::gate::Gate;
use crate::{StoreError, Tx};

/// What a body said: whether it wants its work kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Keep,
    Undo,
}

pub(crate) trait Job: Send {
    /// Whether somebody still waits for the answer.
    fn wanted(&self) -> bool;
    /// When it was asked for.
    fn asked_at(&self) -> Moment;
    fn run(&mut self, tx: &mut Tx<'_>) -> Said;
    /// Gives what the last run said.
    fn answer(self: Box<Self>);
    fn refuse(self: Box<Self>, error: StoreError);
}

/// Inside: what the body said. Outside: why it was not to be run or kept.
pub(crate) type Outcome<T, E> = Result<Result<T, E>, StoreError>;

pub(crate) struct BodyJob<B, T, E> {
    body: Arc<B>,
    gate: Gate,
    asked_at: Moment,
    outcome: Option<Outcome<T, E>>,
    reply: oneshot::Sender<Outcome<T, E>>,
}

impl<B, T, E> BodyJob<B, T, E>
where
    B: Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync,
{
    pub(crate) fn new(
        body: Arc<B>,
        gate: Gate,
        asked_at: Moment,
    ) -> (BodyJob<B, T, E>, oneshot::Receiver<Outcome<T, E>>) {
        let (reply, answer) = oneshot::channel();
        (
            BodyJob {
                body,
                gate,
                asked_at,
                outcome: None,
                reply,
            },
            answer,
        )
    }
}

impl<B, T, E> Job for BodyJob<B, T, E>
where
    B: Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync,
    T: Send,
    E: From<StoreError> + Send,
{
    fn wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    fn asked_at(&self) -> Moment {
        self.asked_at
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Said {
        let outcome = run_body(&*self.body, &self.gate, tx);
        let said = if matches!(outcome, Ok(Ok(_))) {
            Said::Keep
        } else {
            Said::Undo
        };
        self.outcome = Some(outcome);
        said
    }

    fn answer(self: Box<Self>) {
        let outcome = self
            .outcome
            .unwrap_or_else(|| Err(StoreError::broken("a body that never ran was answered")));
        // A caller that went away does not want the answer; what was committed stays.
        let _ = self.reply.send(outcome);
    }

    fn refuse(self: Box<Self>, error: StoreError) {
        let _ = self.reply.send(Err(error));
    }
}

/// Runs a body in `tx`. A panic is a fault like any other: the caller hears of it and its work is undone.
pub(crate) fn run_body<T, E>(
    body: &impl Fn(&mut Tx<'_>) -> Result<T, E>,
    gate: &Gate,
    tx: &mut Tx<'_>,
) -> Outcome<T, E> {
    gate.check(tx)?;
    match catch_unwind(AssertUnwindSafe(|| body(tx))) {
        Ok(result) => Ok(result),
        Err(panic) => Err(StoreError::broken(format!(
            "a transaction's body panicked: {}",
            words_of(&*panic)
        ))),
    }
}

fn words_of(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no words)")
}
