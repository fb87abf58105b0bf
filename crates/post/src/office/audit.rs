//! The law of conservation, checked all the time: what was asked for is in exactly one state, and the book that is kept
//! beside the letters says the same as their rows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bell::{Duty, Scope};
use kernel::{Moment, VIRTUAL_SHARDS};
use metrics::gauge;
use parking_lot::Mutex;
use store::StoreError;
use store::lease::VshardRange;

use super::Office;
use crate::Lane;
use crate::book::{self, Sum};
use crate::letters::{State, rows};

/// How often what is open is counted, from the book.
const COUNT_EACH: Duration = Duration::from_secs(2);
/// How often the book is held against the rows, which costs a look at each of them.
const COMPARE_SECONDS: i64 = 60;
/// Days that are compared each time: older letters hardly change any more.
const COMPARED_DAYS: i64 = 3;
/// What somebody still has to look after.
const OPEN: [State; 4] = [State::Waiting, State::Sending, State::Unsure, State::Parked];

/// As a duty of the house.
pub(super) fn duty(office: &Arc<Office>) -> Duty {
    let audit = Arc::new(Audit {
        office: Arc::clone(office),
        last: Mutex::default(),
    });
    Duty::new("post.audit", COUNT_EACH, Scope::OncePerHouse, move || {
        let audit = Arc::clone(&audit);
        async move { Ok(audit.look().await?) }
    })
}

struct Audit {
    office: Arc<Office>,
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    compared: Option<Moment>,
    /// The book that agreed with the rows: what did not change since then agrees still.
    proven: Vec<Sum>,
}

impl Audit {
    async fn look(&self) -> Result<(), StoreError> {
        let now = self.office.now();
        self.count(now).await?;
        let is_due = {
            let last = self.last.lock();
            last.compared
                .is_none_or(|then| then.plus_seconds(COMPARE_SECONDS) <= now)
        };
        if is_due {
            self.compare(now).await?;
        }
        Ok(())
    }

    async fn count(&self, now: Moment) -> Result<(), StoreError> {
        let mut open: BTreeMap<(String, State), i64> = BTreeMap::new();
        for kind in self.office.desks.kinds() {
            for state in OPEN {
                open.insert((kind.name.to_owned(), state), 0);
            }
        }
        for sum in book::sums(&self.office.store, 0).await? {
            if let Some(state) = sum.state.filter(|state| OPEN.contains(state)) {
                *open
                    .entry((self.office.desks.name_of(sum.kind), state))
                    .or_default() += sum.letters;
            }
        }
        for ((kind, state), letters) in open {
            let letters = u32::try_from(letters).unwrap_or(0);
            gauge!("townhall_post_letters", "kind" => kind, "state" => state.name()).set(f64::from(letters));
        }
        for lane in [Lane::Prompt, Lane::Bulk] {
            let oldest = self.oldest(lane).await?;
            let millis = oldest.map_or(0, |due| now.micros_since(due).max(0) / 1000);
            let seconds = f64::from(u32::try_from(millis).unwrap_or(u32::MAX)) / 1000.0;
            gauge!("townhall_post_oldest_seconds", "lane" => lane.name()).set(seconds);
        }
        Ok(())
    }

    async fn oldest(&self, lane: Lane) -> Result<Option<Moment>, StoreError> {
        let Some(all) = VshardRange::new(0, VIRTUAL_SHARDS - 1) else {
            return Ok(None);
        };
        let found = self
            .office
            .store
            .read_each::<_, StoreError>(move |tx| rows::next_due(tx, lane.code(), all))
            .await?;
        Ok(found.into_iter().flatten().min())
    }

    async fn compare(&self, now: Moment) -> Result<(), StoreError> {
        let since = book::day_of(now) - COMPARED_DAYS + 1;
        let before = book::sums(&self.office.store, since).await?;
        if self.last.lock().proven == before && !before.is_empty() {
            self.last.lock().compared = Some(now);
            return Ok(());
        }
        let mut differences = book::differences(&self.office.store, since).await?;
        if !differences.is_empty() {
            // While virtual shards move, two servers are read at two instants: only what stays is a fault.
            let again = book::differences(&self.office.store, since).await?;
            differences.retain(|one| again.contains(one));
        }
        let letters: i64 = differences
            .iter()
            .map(|one| (one.in_book - one.in_rows).abs())
            .sum();
        gauge!("townhall_post_book_difference").set(f64::from(u32::try_from(letters).unwrap_or(u32::MAX)));
        for one in &differences {
            let kind = self.office.desks.name_of(one.kind);
            let state = one.state.map_or("asked_for", State::name);
            let (in_book, in_rows) = (one.in_book, one.in_rows);
            tracing::error!(
                kind,
                state,
                provider = one.provider,
                in_book,
                in_rows,
                "letters do not add up"
            );
        }
        let mut last = self.last.lock();
        last.compared = Some(now);
        if differences.is_empty() {
            last.proven = before;
        }
        Ok(())
    }
}
