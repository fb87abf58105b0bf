//! Connections of the store's own housekeeping: moves, recovery, setting up, looking around. They are few, live as
//! long as their work, and may run statements that take minutes, so they are kept apart from the lanes.

use postgres::Client;

use crate::OpenError;
use crate::config::{Lanes, ServerConfig};
use crate::pg::Address;

/// A pass of a move copies at most some thousands of rows; counting the rows of a big house takes longer.
const STATEMENT_MINUTES_MAX: u32 = 10;
/// Nobody may keep us waiting for a row for longer; the work is tried again.
const LOCK_SECONDS_MAX: u32 = 5;
/// Between two statements of ours lies at most the work of another server.
const IDLE_SECONDS_MAX: u32 = 60;

/// How to reach one server.
#[derive(Clone, Debug)]
pub(crate) struct Contact {
    name: String,
    address: Address,
}

impl Contact {
    pub(crate) fn new(config: &ServerConfig, lanes: &Lanes) -> Result<Contact, OpenError> {
        let address = Address::of(config, lanes)?;
        Ok(Contact {
            name: config.name.clone(),
            address,
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    pub(crate) fn connect(&self) -> Result<Client, postgres::Error> {
        let mut client = self.address.connect()?;
        client.batch_execute(&format!(
            "SET application_name = 'townhall housekeeping'; SET statement_timeout = '{STATEMENT_MINUTES_MAX}min'; \
             SET lock_timeout = '{LOCK_SECONDS_MAX}s'; SET client_min_messages = 'error'; \
             SET idle_in_transaction_session_timeout = '{IDLE_SECONDS_MAX}s'"
        ))?;
        Ok(client)
    }
}

/// The database a connection is in.
pub(crate) fn database_of(client: &mut Client) -> Result<String, postgres::Error> {
    Ok(client.query_one("SELECT current_database()::text", &[])?.get(0))
}
