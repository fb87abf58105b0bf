//! Renewals that browsers asked for a moment ago, by the token they showed. Pages that are loaded together all show
//! the same one: the first renews, the others wait for it and get what it got.

use std::collections::HashMap;
use std::sync::Arc;

use kernel::Moment;
use parking_lot::Mutex;
use tokio::sync::OnceCell;

use super::rules::GRACE_SECONDS;
use super::service::Tokens;
use super::types::{Hash, NotRenewed};

/// Above what a busy instance renews in the time of grace. When there are more, all are forgotten, and the store's
/// own grace serves the pages that come late.
const RENEWALS_MAX: usize = 20_000;

struct Renewal {
    began: Moment,
    tokens: Arc<OnceCell<Tokens>>,
}

#[derive(Default)]
pub(crate) struct Renewals(Mutex<HashMap<Hash, Renewal>>);

impl Renewals {
    /// Renews once for all who show this token within the time of grace. A failed renewal is not remembered.
    pub async fn once(
        &self,
        shown: Hash,
        now: Moment,
        renew: impl Future<Output = Result<Tokens, NotRenewed>>,
    ) -> Result<Tokens, NotRenewed> {
        let cell = self.cell(shown, now);
        cell.get_or_try_init(|| renew).await.cloned()
    }

    fn cell(&self, shown: Hash, now: Moment) -> Arc<OnceCell<Tokens>> {
        let is_young = |renewal: &Renewal| now < renewal.began.plus_seconds(GRACE_SECONDS);
        let mut renewals = self.0.lock();
        if let Some(renewal) = renewals.get(&shown).filter(|renewal| is_young(renewal)) {
            return Arc::clone(&renewal.tokens);
        }
        if renewals.len() >= RENEWALS_MAX {
            renewals.retain(|_, renewal| is_young(renewal));
        }
        if renewals.len() >= RENEWALS_MAX {
            metrics::counter!("townhall_limit_reached_total", "limit" => "renewals").increment(1);
            renewals.clear();
        }
        let tokens = Arc::new(OnceCell::new());
        renewals.insert(
            shown,
            Renewal {
                began: now,
                tokens: Arc::clone(&tokens),
            },
        );
        tokens
    }

    /// What was handed out for this token is no longer so.
    pub fn forget(&self, shown: &Hash) {
        self.0.lock().remove(shown);
    }

    /// Forgets those whose time of grace is over.
    pub fn forget_old(&self, now: Moment) {
        self.0
            .lock()
            .retain(|_, renewal| now < renewal.began.plus_seconds(GRACE_SECONDS));
    }
}
