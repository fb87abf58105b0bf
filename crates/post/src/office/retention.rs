//! How long letters are kept: a chore of the house, done in small transactions so that nobody waits for it.

use kernel::Moment;
use store::StoreError;

use super::Post;
use crate::book;
use crate::letters::forget;

/// Pages of the book are there so that many can write at once; of a day that is so long over hardly anything changes.
const PAGED_DAYS: i64 = 7;

impl Post {
    /// Forgets letters that were asked for more than so many days ago and are at their end, with their stories, and sums
    /// up the book of days that are over.
    pub async fn forget_old(&self, keep_days: u32) -> Result<(), StoreError> {
        const DAY_SECONDS: i64 = 24 * 60 * 60;
        let now = self.0.now();
        let before: Moment = now.plus_seconds(-i64::from(keep_days) * DAY_SECONDS);
        let day = book::day_of(now) - PAGED_DAYS;
        for shard in self.0.store.everywhere() {
            while shard.write(move |tx| forget::old(tx, before)).await? {}
            while shard.write(move |tx| book::fold(tx, day)).await? {}
        }
        Ok(())
    }
}
