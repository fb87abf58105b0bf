//! Where rows are: which server owns which virtual shard. This is the one place that knows.

use std::sync::Arc;

use kernel::{VIRTUAL_SHARDS, VirtualShard};

use crate::lane::Server;
use crate::{StoreError, Tx};

/// The servers, and the owner of each virtual shard among them.
pub(crate) struct Routes {
    servers: Vec<Arc<Server>>,
}

/// Where a handle points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Wherever this virtual shard lives at the time of the call.
    Virtual(VirtualShard),
    /// This server, by its number in the configuration.
    Server(usize),
}

/// What a transaction must find true before its body runs: that it is still in the right place.
#[derive(Clone, Debug)]
pub(crate) enum Gate {
    Open,
}

impl Routes {
    pub(crate) fn evenly(servers: Vec<Arc<Server>>) -> Routes {
        Routes { servers }
    }

    pub(crate) fn servers(&self) -> &[Arc<Server>] {
        &self.servers
    }

    pub(crate) fn find(&self, place: Place) -> Result<(&Arc<Server>, Gate), StoreError> {
        let at = match place {
            Place::Virtual(vshard) => {
                usize::from(vshard.number()) * self.servers.len() / usize::from(VIRTUAL_SHARDS)
            }
            Place::Server(at) => at,
        };
        let server = self
            .servers
            .get(at)
            .ok_or_else(|| StoreError::broken("there is no such server"))?;
        Ok((server, Gate::Open))
    }
}

impl Gate {
    pub(crate) fn check(&self, _tx: &mut Tx<'_>) -> Result<(), StoreError> {
        match self {
            Gate::Open => Ok(()),
        }
    }
}
