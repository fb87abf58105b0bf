//! App passwords: for clients that can do nothing better than HTTP Basic, such as calendars on telephones.
//!
//! Each is for one client, named by its owner, shown once and hashed, and can be taken away alone. It opens only the
//! routes that say they take Basic, never the account itself: neither password nor sessions can be changed with it.

pub mod http;
pub(crate) mod rows;
mod service;
#[cfg(test)]
mod tests;
mod types;

use kernel::{Moment, PersonId};
use store::{StoreError, Tx};

use crate::revocations::{self, Revocation};

pub(crate) use http::refused;
pub(crate) use service::LAST_USED_SECONDS;
pub use types::{AppPassword, Refused};

/// Takes all of a person's away, in the transaction of the act.
pub(crate) fn end_all(
    tx: &mut Tx<'_>,
    person: PersonId,
    now: Moment,
    kept_until: Moment,
) -> Result<Vec<Revocation>, StoreError> {
    let mut ended = Vec::new();
    for password in rows::all_of(tx, person)? {
        rows::delete(tx, person, password.id)?;
        ended.push(revocations::end(tx, password.id, now, kept_until)?);
    }
    Ok(ended)
}
