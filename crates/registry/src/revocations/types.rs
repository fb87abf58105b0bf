//! One thing that is no longer good.

use kernel::{Id, Moment};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// A session, app password or key; or a person, whose access tokens are meant.
    pub subject: Id,
    /// What was made in a lower generation than this is refused.
    pub lowest: i64,
    pub at: Moment,
    pub kept_until: Moment,
}

impl Revocation {
    /// Nothing of it is good any more.
    pub fn all_of(subject: Id, at: Moment, kept_until: Moment) -> Revocation {
        Revocation {
            subject,
            lowest: i64::MAX,
            at,
            kept_until,
        }
    }
}
