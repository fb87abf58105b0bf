//! What post holds about one person: what they stopped, when they want quiet, and the letters to them. A registry of
//! people shows it to whom it is about, and has it forgotten when somebody is deleted.

use kernel::{Id, Moment};
use store::{StoreError, Tx};

use crate::letters::{Filter, Letter, forget, rows};
use crate::streams::{self, QuietHours};

#[derive(Clone, Debug, Default)]
pub struct Holding {
    /// Streams that they stopped, and since when.
    pub stopped: Vec<(String, Moment)>,
    pub quiet: Option<QuietHours>,
    /// The newest first, with their stories.
    pub letters: Vec<Letter>,
}

/// Everything about somebody, of letters the newest `letters_max`.
pub fn held(tx: &mut Tx<'_>, owner: Id, letters_max: i64) -> Result<Holding, StoreError> {
    let filter = Filter {
        owners: vec![owner],
        ..Filter::default()
    };
    let newest = (Moment::from_micros(i64::MAX), Id::from_bytes([0xff; 16]));
    Ok(Holding {
        stopped: streams::rows::stopped_since(tx, owner)?,
        quiet: streams::rows::quiet_hours(tx, owner)?,
        letters: rows::list(tx, &filter, newest, letters_max)?,
    })
}

/// Forgets all of it. Letters that wait are withdrawn; of one that is with a provider right now only its row is left,
/// until it is at its end and old.
pub fn forget_person(tx: &mut Tx<'_>, owner: Id) -> Result<(), StoreError> {
    streams::forget(tx, owner)?;
    forget::of_person(tx, owner)
}
