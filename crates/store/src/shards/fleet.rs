//! The PostgreSQL servers of a house, as its housekeeping sees them.

use std::collections::HashMap;

use kernel::Clock;
use parking_lot::Mutex;
use postgres::Client;
use tokio::sync::Semaphore;

use super::link::Contact;
use super::setup::{self, Household};
use super::tables::Tables;
use super::trouble::Attempt;
use super::two_phase::Gid;
use crate::crash::Points;
use crate::{Engine, OpenError, StoreConfig, StoreError, Unavailability};

/// First acts and other errands of housekeeping that run at once; each may hold a connection to two servers.
const ERRANDS_MAX: u16 = 8;

/// The most connections to one server that housekeeping holds at once: its errands, and a move.
pub const HOUSEKEEPING_CONNECTIONS_MAX: u16 = ERRANDS_MAX + 2;

/// What moves, recovery and two-phase commit need to know; the same for the whole life of a store.
pub(crate) struct Fleet {
    /// The home first.
    pub(crate) contacts: Vec<Contact>,
    pub(crate) cold: Option<String>,
    pub(crate) tables: Tables,
    pub(crate) clock: Clock,
    pub(crate) points: Points,
    errands: Semaphore,
    idle: Mutex<HashMap<String, Vec<Client>>>,
}

impl Fleet {
    pub(crate) fn of(config: &StoreConfig, clock: &Clock, points: Points) -> Result<Fleet, OpenError> {
        let Engine::Postgres { servers, cold } = &config.engine else {
            return Err(OpenError::Misconfigured(
                "a store in one file has no servers".to_owned(),
            ));
        };
        let contacts = servers
            .iter()
            .map(|server| Contact::new(server, &config.lanes))
            .collect::<Result<_, _>>()?;
        Ok(Fleet {
            contacts,
            cold: cold.clone(),
            tables: Tables::of_migrations()?,
            clock: clock.clone(),
            points,
            errands: Semaphore::new(usize::from(ERRANDS_MAX)),
            idle: Mutex::default(),
        })
    }

    pub(crate) fn household(&self) -> Household<'_> {
        Household {
            contacts: &self.contacts,
            cold: self.cold.as_deref(),
        }
    }

    /// After the migrations: makes one house of the servers.
    pub(crate) fn settle_in(&self) -> Result<(), OpenError> {
        setup::settle_in(&self.household(), &self.tables, self.clock.now())
    }

    pub(crate) fn home_name(&self) -> &str {
        self.contacts.first().map_or("", Contact::name)
    }

    pub(crate) fn name(&self, at: usize) -> Option<&str> {
        self.contacts.get(at).map(Contact::name)
    }

    pub(crate) fn contact(&self, name: &str) -> Option<&Contact> {
        self.contacts.iter().find(|contact| contact.name() == name)
    }

    pub(crate) fn connect(&self, name: &str) -> Attempt<Client> {
        let contact = self.contact(name).ok_or_else(|| {
            StoreError::broken(format!(
                "the configuration does not name the server `{name}` that is needed now"
            ))
        })?;
        Ok(contact.connect()?)
    }

    pub(crate) fn connect_home(&self) -> Attempt<Client> {
        self.connect(self.home_name())
    }

    /// The home of a transaction, when the configuration names it.
    pub(crate) fn home_of(&self, gid: &Gid) -> Attempt<Option<Client>> {
        Ok(self.contact(&gid.home).map(Contact::connect).transpose()?)
    }

    /// A connection for a short errand.
    pub(crate) fn borrow(&self, name: &str) -> Attempt<Client> {
        let idle = self.idle.lock().get_mut(name).and_then(Vec::pop);
        idle.map_or_else(|| self.connect(name), Ok)
    }

    /// Back for the next errand, once it stands outside of transactions. One that is not given back is closed.
    pub(crate) fn give_back(&self, name: &str, client: Client) {
        if !client.is_closed() {
            self.idle.lock().entry(name.to_owned()).or_default().push(client);
        }
    }

    /// Runs an errand where it may block; a few at a time.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        errand: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let _turn = self
            .errands
            .acquire()
            .await
            .map_err(|_| StoreError::unavailable(Unavailability::Closing))?;
        tokio::task::spawn_blocking(errand).await.unwrap_or_else(|_| {
            Err(StoreError::broken(
                "an errand of the store's housekeeping panicked",
            ))
        })
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        let idle = std::mem::take(&mut *self.idle.lock());
        if idle.is_empty() {
            return;
        }
        // A connection says farewell and waits for it, which it must not do where async tasks run.
        if let Err(error) = std::thread::Builder::new()
            .name("store-farewell".to_owned())
            .spawn(move || drop(idle))
        {
            tracing::warn!(%error, "connections were not closed in an orderly way");
        }
    }
}
