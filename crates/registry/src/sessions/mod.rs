//! Sessions: one for each device that is signed in, held open by refresh tokens.
//!
//! A refresh token is good once. When a used one comes again, two have it, and nobody can tell which of them is the
//! owner; so the session ends and both must sign in, which only the owner can. Nothing of a token is stored but its
//! hash, and however long a session lives, it takes one row.
//!
//! A browser loads several pages at a time with one cookie. The first of them renews; the others, in this instance,
//! wait for it and get the same new tokens, and in another instance get an access token only, for a few seconds.

pub mod http;
mod renewals;
pub(crate) mod rows;
pub(crate) mod rules;
mod service;
mod sweep;
#[cfg(test)]
mod tests;
pub(crate) mod types;

use kernel::{Id, Moment, PersonId};
use store::{StoreError, Tx};

use crate::revocations::{self, Revocation};

pub(crate) use renewals::Renewals;
pub(crate) use service::bearer_of;
pub use service::{Client, Tokens};
pub use sweep::SWEEP_EACH;
pub use types::{Ended, NotRenewed, RefreshToken, Session, Surface};

/// Ends one session in the transaction of the act.
pub(crate) fn end_one(
    tx: &mut Tx<'_>,
    session: Id,
    why: Ended,
    now: Moment,
    kept_until: Moment,
) -> Result<Option<Revocation>, StoreError> {
    if rows::end(tx, session, why, now.plus_seconds(rules::ENDED_KEPT_SECONDS))? {
        revocations::end(tx, session, now, kept_until).map(Some)
    } else {
        Ok(None)
    }
}

/// Ends the person's open sessions, perhaps but one.
pub(crate) fn end_all(
    tx: &mut Tx<'_>,
    person: PersonId,
    but: Option<Id>,
    now: Moment,
    kept_until: Moment,
) -> Result<Vec<Revocation>, StoreError> {
    let mut revocations = Vec::new();
    for session in rows::open_of(tx, person, now, i64::MAX)? {
        if Some(session.id) != but {
            revocations.extend(end_one(tx, session.id, Ended::Revoked, now, kept_until)?);
        }
    }
    Ok(revocations)
}

pub(crate) fn erase(tx: &mut Tx<'_>, person: PersonId) -> Result<(), StoreError> {
    rows::delete_all(tx, person)
}
