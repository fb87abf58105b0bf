//! Why something that rang could not be done.

use store::StoreError;

/// What a receiver says when it could not do its part now. It is asked again later, and parked in the end.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failed {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// In words for the operator, without anybody's name or address in it.
    #[error("{0}")]
    Because(String),
}

impl Failed {
    pub fn because(reason: impl Into<String>) -> Failed {
        Failed::Because(reason.into())
    }

    /// Whether the store is to blame and not what rang: nothing is counted against it then.
    pub(crate) fn is_the_stores(&self) -> bool {
        matches!(
            self,
            Failed::Store(StoreError::Unavailable { .. } | StoreError::Busy | StoreError::Moved(_))
        )
    }
}
