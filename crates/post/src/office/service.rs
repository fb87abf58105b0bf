//! The post office as the rest of the house sees it: letters and their stories, providers, and what a person can do
//! about a letter that does not go on by itself.

use std::sync::Arc;

use bell::{Duty, Task};
use kernel::{BadCursor, Clock, Cursor, Id, Moment, Page, PageSize, VIRTUAL_SHARDS};
use store::lease::VshardRange;
use store::{Store, StoreError};

use super::{Office, audit, meter, pace};
use crate::book::{self, Difference, Sum};
use crate::letters::rules::Event;
use crate::letters::{Filter, Letter, State, happened, rows};
use crate::plan::{MINUTE, Plan};
use crate::providers::{Line, LineStatus, Lines};
use crate::suppressions::Suppressions;
use crate::writing::{Desks, Twins};
use crate::{Kind, Recipients, Stationery};

/// What a post office is made of.
pub struct Setup {
    pub store: Store,
    pub clock: Clock,
    pub desks: Desks,
    pub lines: Vec<Line>,
    pub recipients: Arc<dyn Recipients>,
    pub stationery: Stationery,
    pub suppressions: Suppressions,
}

/// The post office. Cheap to clone.
#[derive(Clone)]
pub struct Post(pub(super) Arc<Office>);

/// Why something cannot be done to a letter.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refused {
    #[error("there is no such letter")]
    NotFound,
    #[error("the letter is {0}, so there is nothing to decide about it")]
    NotNow(State),
    #[error(transparent)]
    BadCursor(#[from] BadCursor),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a person decides about a letter of which nobody knows whether it was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settle {
    /// Take it for handed over.
    HandedOver,
    /// Send it, perhaps for the second time.
    SendAgain,
}

impl Post {
    pub fn new(setup: Setup) -> Result<Post, Twins> {
        meter::describe();
        let now = setup.clock.now();
        let desks = setup.desks.and(super::trial::desks(setup.stationery.house()));
        desks.check()?;
        Ok(Post(Arc::new(Office {
            store: setup.store,
            clock: setup.clock,
            desks,
            lines: Arc::new(Lines::new(setup.lines, now)),
            recipients: setup.recipients,
            stationery: setup.stationery,
            suppressions: setup.suppressions,
            holds: super::holds::Holds::default(),
            out: parking_lot::Mutex::default(),
            stragglers: parking_lot::Mutex::default(),
        })))
    }

    /// The workers, for bell to run.
    pub fn tasks(&self) -> Vec<Task> {
        self.0.tasks()
    }

    /// What it does for the whole house, for bell to have done.
    pub fn duties(&self) -> Vec<Duty> {
        vec![audit::duty(&self.0)]
    }

    /// Waits for letters that are still with a provider. No worker may be at work any more.
    pub async fn close(&self) {
        self.0.close().await;
    }

    /// Who writes which letters, those of the house itself among them.
    pub fn desks(&self) -> &Desks {
        &self.0.desks
    }

    pub fn kinds(&self) -> Vec<&'static Kind> {
        self.0.desks.kinds()
    }

    pub fn kind_named(&self, name: &str) -> Option<&'static Kind> {
        self.0.desks.named(name)
    }

    /// How a kind is called, for people.
    pub fn kind_name(&self, code: i64) -> String {
        self.0.desks.name_of(code)
    }

    pub fn message_id(&self, letter: Id) -> String {
        self.0.stationery.message_id(letter)
    }

    /// How the providers are, as this process knows them.
    pub fn providers(&self) -> Vec<LineStatus> {
        self.0.lines.status()
    }

    /// Letters that fit, the newest first. `data` is not shown: it may be secret.
    pub async fn letters(
        &self,
        filter: Filter,
        after: Option<&Cursor>,
        size: PageSize,
    ) -> Result<Page<Letter>, Refused> {
        let newest = match filter.until {
            Some(until) => (until, Id::from_bytes([0; 16])),
            None => (Moment::from_micros(i64::MAX), Id::from_bytes([0xff; 16])),
        };
        let before = after.map_or(Ok(newest), place)?.min(newest);
        let rows = size.rows_and_one();
        let mut found: Vec<Letter> = self
            .0
            .store
            .read_each::<_, StoreError>(move |tx| rows::list(tx, &filter, before, rows))
            .await?
            .into_iter()
            .flatten()
            .collect();
        found.sort_by_key(|letter| std::cmp::Reverse((letter.asked, letter.id)));
        // While a range of virtual shards moves, two servers may both show a row.
        found.dedup_by_key(|letter| letter.id);
        Ok(Page::cut(found, size, |letter| {
            [
                letter.asked.as_micros().to_be_bytes().as_slice(),
                letter.id.as_bytes(),
            ]
            .concat()
        }))
    }

    /// One letter with its story.
    pub async fn letter(&self, id: Id) -> Result<Letter, Refused> {
        let found = self
            .0
            .store
            .shard_of(id)
            .read::<_, StoreError>(move |tx| rows::letter(tx, id))
            .await?;
        let letter = found.ok_or(Refused::NotFound)?;
        Ok(Letter {
            data: String::new(),
            ..letter
        })
    }

    /// Tries a parked letter again. `by`: who wants it.
    pub async fn try_again(&self, id: Id, by: &str) -> Result<Letter, Refused> {
        let reason = format!("tried again by {by}");
        self.decide(id, &[State::Parked], Event::TriedAgain, reason).await
    }

    /// Settles an unsure letter by hand.
    pub async fn settle(&self, id: Id, how: Settle, by: &str) -> Result<Letter, Refused> {
        let (event, reason) = match how {
            Settle::HandedOver => (
                Event::TakenForHandedOver,
                format!("taken for handed over by {by}"),
            ),
            Settle::SendAgain => (Event::TriedAgain, format!("sent again by {by}")),
        };
        self.decide(id, &[State::Unsure], event, reason).await
    }

    async fn decide(
        &self,
        id: Id,
        only: &'static [State],
        event: Event<'static>,
        reason: String,
    ) -> Result<Letter, Refused> {
        let now = self.0.now();
        self.0
            .store
            .shard_of(id)
            .write(move |tx| {
                let letter = rows::letter(tx, id)?.ok_or(Refused::NotFound)?;
                if !only.contains(&letter.state) || !happened(tx, id, event, now, &reason)? {
                    return Err(Refused::NotNow(letter.state));
                }
                Ok(())
            })
            .await?;
        self.letter(id).await
    }

    /// The plan of this minute for everything that goes to many: the lowest flat rate, and why it cannot be lower.
    pub async fn plan(&self) -> Result<(Plan, u64), StoreError> {
        let Some(all) = VshardRange::new(0, VIRTUAL_SHARDS - 1) else {
            return Err(StoreError::broken("there is no range of all virtual shards"));
        };
        let counted = self
            .0
            .store
            .read_each::<_, StoreError>(move |tx| rows::windows(tx, all, MINUTE))
            .await?;
        let waiting = pace::waiting(counted.into_iter().flatten());
        Ok((pace::plan(&waiting, self.0.now()), waiting.letters()))
    }

    /// What the book says of the last `days` days, summed over all servers.
    pub async fn book(&self, days: u16) -> Result<Vec<Sum>, StoreError> {
        let since = book::day_of(self.0.now()) - i64::from(days) + 1;
        book::sums(&self.0.store, since).await
    }

    /// Holds the book against the rows.
    pub async fn audit(&self, days: u16) -> Result<Vec<Difference>, StoreError> {
        let since = book::day_of(self.0.now()) - i64::from(days) + 1;
        book::differences(&self.0.store, since).await
    }
}

/// Where a page starts, from the cursor of the one before.
fn place(cursor: &Cursor) -> Result<(Moment, Id), BadCursor> {
    let (micros, id) = cursor.key().split_at_checked(8).ok_or(BadCursor)?;
    let micros = i64::from_be_bytes(micros.try_into().map_err(|_| BadCursor)?);
    let id = Id::from_bytes(id.try_into().map_err(|_| BadCursor)?);
    Ok((Moment::from_micros(micros), id))
}
