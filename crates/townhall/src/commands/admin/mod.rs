//! `townhall admin`: what an operator does without a page: beside an open house or without one. Each act goes through
//! the same use cases as a request does, so it follows the same rules and stands in the audit trail as the house's own.

mod audit;
mod bell;
mod keys;
mod letters;
mod people;
mod sink;

use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use kernel::{Clock, Moment, PersonId};
use registry::Registry;
use registry::grants::types::Doer;
use registry::people::types::{Email, Person};
use store::Store;

use crate::cli::Admin;
use crate::config::{Config, Engine};
use crate::{connect, later, lock};

/// How the audit trail tells that it was done here.
const REQUEST: &str = "townhall admin";

pub async fn run(config: &Config, command: &Admin) -> anyhow::Result<()> {
    if let Admin::Sink(options) = command {
        // Nothing of the house is needed, and nothing of it is touched.
        return sink::run(options).await;
    }
    if let Admin::Letters(command) = command {
        return letters::run(config, &base(config), command);
    }
    if config.store.engine == Engine::Sqlite {
        // The first admin is made before or beside the first start; nothing has to be prepared for it.
        super::migrate::migrate(config).await?;
    }
    let clock = Clock::system();
    let store = Store::open(connect::store_config(config), clock.clone()).await?;
    let options = connect::registry_options(config, &base(config), false)?;
    let registry = Registry::new(store.clone(), clock.clone(), options)?;
    let done = match command {
        Admin::People(command) => people::run(&registry, command).await,
        Admin::Keys(command) => keys::run(&registry, command).await,
        Admin::Audit(command) => audit::run(&registry, command).await,
        Admin::Letters(command) => letters::run(config, &base(config), command),
        Admin::Sink(options) => sink::run(options).await,
        Admin::Bell(command) => bell::run(&later::bell(&store, &clock, &registry, []).desk(), command).await,
    };
    store.close().await;
    done
}

/// Links lead to the house that is open on this store, if one is; else to where it would be.
fn base(config: &Config) -> String {
    if !config.server.base.is_empty() {
        return config.server.base.clone();
    }
    lock::base_of_open_house(&config.store.data)
        .unwrap_or_else(|| connect::base_of(config, config.server.listen))
}

fn doer() -> Doer {
    Doer::house(REQUEST)
}

/// A person by id or e-mail address.
async fn find(registry: &Arc<Registry>, named: &str) -> anyhow::Result<Person> {
    if let Ok(id) = named.parse::<PersonId>() {
        return registry
            .person(&doer(), id)
            .await
            .with_context(|| format!("{named:?}"));
    }
    let email =
        Email::parse(named).map_err(|_| anyhow!("{named:?} is neither an id nor an e-mail address"))?;
    let found = registry.person_by_email(&email).await?;
    found.ok_or_else(|| {
        anyhow!("nobody has the address {named}; `townhall admin people list` shows who is there")
    })
}

/// To the second: nobody reads further in a table.
fn short(moment: Moment) -> String {
    Moment::from_seconds(moment.as_seconds()).to_string()
}
