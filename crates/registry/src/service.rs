//! The registry as one value: what all its slices stand on.

use std::sync::Arc;

use kernel::Clock;
use store::{Store, StoreError};

use crate::Options;
use crate::passwords::HashingPool;

/// The service. Each slice adds its use cases in an `impl Registry` of its own.
pub struct Registry {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) options: Options,
    pub(crate) passwords: HashingPool,
}

/// Why the registry cannot start; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("passwords cannot be hashed: {0}")]
    Hashing(String),
    #[error("the registry cannot read its tables: {0}")]
    Store(#[from] StoreError),
}

impl Registry {
    /// Reads what it has to know before the first request.
    pub async fn open(store: Store, clock: Clock, options: Options) -> Result<Arc<Registry>, StartError> {
        let passwords = HashingPool::start(options.hashing).map_err(StartError::Hashing)?;
        Ok(Arc::new(Registry {
            store,
            clock,
            options,
            passwords,
        }))
    }

    pub fn options(&self) -> &Options {
        &self.options
    }
}
