//! The versions that a segment had: who made each, when, and what it decided, so that one can return to it.

mod rows;

use kernel::Moment;

use crate::service::{Refused, Segments};
use crate::types::{Actor, Definition};

/// Versions that are told, the latest first.
const TOLD_MAX: u16 = 20;

/// A version as it was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    pub version: i64,
    pub at: Moment,
    pub by: Actor,
    pub definition: Definition,
    pub archived: bool,
}

impl Segments {
    /// The latest versions of a segment, the newest first.
    pub async fn made(&self, key: &str) -> Result<Vec<Made>, Refused> {
        let number = self.segment(key)?.number;
        let home = self.home()?;
        Ok(home.read(move |tx| rows::made(tx, number, TOLD_MAX)).await?)
    }

    /// One version of a segment; `None` when there is none of this number.
    pub async fn made_as(&self, key: &str, version: i64) -> Result<Option<Made>, Refused> {
        let number = self.segment(key)?.number;
        let home = self.home()?;
        Ok(home.read(move |tx| rows::numbered(tx, number, version)).await?)
    }
}
