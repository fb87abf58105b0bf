//! What readers stopped, and when they want quiet.
//!
//! A stream is what can be stopped by itself: the digest stops, reminders still come. Whoever holds a letter can stop
//! its stream with one click and without signing in, for ever: the link is signed, never goes bad, and can do nothing
//! but stop this one stream of this one reader and take that back.

mod links;
mod quiet;
pub mod rows;
mod service;
mod types;

pub use links::{StopLinks, Stopping};
pub use rows::{forget, is_stopped};
pub use service::{Streams, Wishes};
pub use types::{BadHours, QuietHours, Stream, clock};

use kernel::{Id, Moment};
use store::{StoreError, Tx};

/// Until when a letter to this owner, who lives in this zone, waits for the end of their quiet hours.
pub fn quiet_until(
    tx: &mut Tx<'_>,
    owner: Id,
    zone: &str,
    now: Moment,
) -> Result<Option<Moment>, StoreError> {
    let hours = rows::quiet_hours(tx, owner)?;
    Ok(hours.and_then(|hours| quiet::quiet_until(hours, zone, now)))
}
