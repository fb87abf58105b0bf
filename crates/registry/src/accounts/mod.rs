//! Accounts: a person's means to sign in, and how all of them are ended.
//!
//! The functions here are for transactions of other slices: whoever blocks, deletes or re-grants a person calls them
//! in the same transaction, so there is no instant at which the act is done and the old tokens are good.

pub mod http;
pub(crate) mod rows;
pub(crate) mod rules;
mod service;
mod types;

use kernel::{Moment, PersonId};
use store::{StoreError, Tx};

use crate::failure::Failure;
use crate::grants::types::Acting;
use crate::passwords::PasswordHash;
use crate::people::types::Reason;
use crate::revocations::{self, Revocation};
use crate::{app_passwords, grants, people, sessions};

pub use types::{Account, Failures, Lockout, NotChanged};

/// Whether somebody may look after this person's ways in, as both stand in this transaction.
pub(crate) fn may_administer(tx: &mut Tx<'_>, acting: Acting, person: PersonId) -> Result<(), Failure> {
    let known = people::rows::person(tx, person)?.filter(|known| known.about().is_some());
    let held = grants::rows::on_house(tx, person)?;
    grants::rules::may_administer(acting, person, held)?;
    known.map(|_| ()).ok_or(Failure::Refused(Reason::NotFound))
}

/// How long failed sign-ins of others in the shard are kept at least: longer than any lock.
pub(crate) const FAILURES_KEPT_SECONDS: i64 = 2 * 24 * 3_600;

/// Sets the password, and unlocks the account.
pub fn set_password(
    tx: &mut Tx<'_>,
    person: PersonId,
    hash: &PasswordHash,
    now: Moment,
) -> Result<(), StoreError> {
    rows::forget_failures(tx, person.0)?;
    rows::put_password(tx, person, hash, now)
}

/// Cuts the person's access tokens short, because what they say is no longer so: roles, language, state. Sessions go
/// on, and get tokens that say what is so now.
pub fn outdate_tokens(
    tx: &mut Tx<'_>,
    person: PersonId,
    now: Moment,
    kept_until: Moment,
) -> Result<Vec<Revocation>, StoreError> {
    match rows::raise_generation(tx, person)? {
        Some(lowest) => Ok(vec![revocations::cut(tx, person, lowest, now, kept_until)?]),
        None => Ok(Vec::new()),
    }
}

/// Ends every way in that is open: sessions, app passwords, access tokens. The password stays.
pub fn end_all(
    tx: &mut Tx<'_>,
    person: PersonId,
    now: Moment,
    kept_until: Moment,
) -> Result<Vec<Revocation>, StoreError> {
    let mut ended = outdate_tokens(tx, person, now, kept_until)?;
    ended.extend(sessions::end_all(tx, person, None, now, kept_until)?);
    ended.extend(app_passwords::end_all(tx, person, now, kept_until)?);
    Ok(ended)
}

/// Ends every way in, and keeps nothing: for the deletion of a person.
pub fn erase(
    tx: &mut Tx<'_>,
    person: PersonId,
    now: Moment,
    kept_until: Moment,
) -> Result<Vec<Revocation>, StoreError> {
    let ended = end_all(tx, person, now, kept_until)?;
    sessions::erase(tx, person)?;
    rows::forget_failures(tx, person.0)?;
    rows::delete(tx, person)?;
    Ok(ended)
}
