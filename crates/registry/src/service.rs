//! The registry as one value: what all its slices stand on.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, Weak};

use front::Routes;
use kernel::Clock;
use store::{Store, StoreError};
use tokio::sync::Semaphore;

use crate::gatekeeper::Known;
use crate::links::{Carrier, RESETS_UNDER_WAY_MAX};
use crate::passwords::HashingPool;
use crate::revocations::Revocations;
use crate::sessions::Renewals;
use crate::throttle::Throttle;
use crate::tokens::{BadSeal, Keyring, NoKey, Seal};
use crate::{
    Options, accounts, app_passwords, audit, grants, groups, keys, links, pages, people, sessions, sign_in,
    tokens,
};

/// The service. Each slice adds its use cases in an `impl Registry` of its own.
pub struct Registry {
    /// For work that must go on when whoever asked for it is gone.
    pub(crate) me: Weak<Registry>,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) options: Options,
    pub(crate) passwords: HashingPool,
    pub(crate) keyring: Keyring,
    pub(crate) revocations: Revocations,
    pub(crate) recognised: Known,
    pub(crate) renewals: Renewals,
    pub(crate) throttles: Throttles,
    pub(crate) carrier: Arc<Carrier>,
    /// Requests for a reset that are worked on after their answer.
    pub(crate) resets_under_way: Arc<Semaphore>,
    /// Names of the kinds of letters of the whole house, for exports.
    kinds_of_letters: OnceLock<HashMap<i64, &'static str>>,
}

pub(crate) struct Throttles {
    pub account: Throttle,
    pub address: Throttle,
}

/// Why the registry cannot start; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("passwords cannot be hashed: {0}")]
    Hashing(String),
    #[error(transparent)]
    Seal(#[from] BadSeal),
    #[error(transparent)]
    Key(#[from] NoKey),
    #[error("the registry cannot read its tables: {0}")]
    Store(#[from] StoreError),
}

impl Registry {
    /// Makes the service. It signs and recognises nobody before [`Registry::prepare`].
    pub fn new(store: Store, clock: Clock, options: Options) -> Result<Arc<Registry>, StartError> {
        let passwords = HashingPool::start(options.hashing).map_err(StartError::Hashing)?;
        let keyring = Keyring::new(Seal::new(&options.secret)?);
        let carrier = Carrier::new(&options.secret, options.reaches_people)?;
        Ok(Arc::new_cyclic(|me| Registry {
            me: me.clone(),
            passwords,
            keyring,
            revocations: Revocations::default(),
            recognised: Known::default(),
            renewals: Renewals::default(),
            throttles: Throttles {
                account: Throttle::new("account_sign_ins", options.account_attempts_per_minute),
                address: Throttle::new("address_sign_ins", options.address_attempts_per_minute),
            },
            carrier: Arc::new(carrier),
            resets_under_way: Arc::new(Semaphore::new(RESETS_UNDER_WAY_MAX)),
            kinds_of_letters: OnceLock::new(),
            store,
            clock,
            options,
        }))
    }

    /// Tells it which letters this house writes. To be called once, when all services are there.
    pub fn knows_letters(&self, kinds: &[&'static post::Kind]) {
        let names = kinds.iter().map(|kind| (kind.code, kind.name)).collect();
        if self.kinds_of_letters.set(names).is_err() {
            tracing::error!("the registry was told twice which letters there are");
        }
    }

    /// How a kind of letters is called; its number when this program does not know it.
    pub(crate) fn kind_of_letter(&self, code: i64) -> String {
        let known = self.kinds_of_letters.get().and_then(|kinds| kinds.get(&code));
        known.map_or_else(|| code.to_string(), |name| (*name).to_owned())
    }

    /// Reads what has to be known before the first request: the signing keys, and what was revoked.
    pub async fn prepare(&self) -> Result<(), StartError> {
        let now = self.clock.now();
        self.load_keys(now).await?;
        self.revocations.load(&self.store, now).await?;
        Ok(())
    }

    /// Makes the service and prepares it.
    pub async fn open(store: Store, clock: Clock, options: Options) -> Result<Arc<Registry>, StartError> {
        let registry = Registry::new(store, clock, options)?;
        registry.prepare().await?;
        Ok(registry)
    }

    /// What is done each second: learns what other instances revoked and which keys they made, and replaces the key
    /// that signs when it is old.
    pub async fn tend(&self) -> Result<(), StartError> {
        let now = self.clock.now();
        self.revocations.look(&self.store, now).await?;
        self.revocations.forget_old(now);
        self.renewals.forget_old(now);
        self.load_keys(now).await?;
        self.rotate_keys_if_due().await?;
        Ok(())
    }

    pub fn options(&self) -> &Options {
        &self.options
    }

    /// All routes of the registry, with their state.
    pub fn routes(self: &Arc<Self>) -> Routes {
        tokens::http::routes()
            .merge(people::http::routes())
            .merge(grants::http::routes())
            .merge(groups::http::routes())
            .merge(audit::http::routes())
            .merge(links::http::routes())
            .merge(sign_in::http::routes())
            .merge(sessions::http::routes())
            .merge(accounts::http::routes())
            .merge(app_passwords::http::routes())
            .merge(keys::http::routes())
            .merge(pages::routes())
            .with_state(Arc::clone(self))
            .merge(people::grpc::routes(Arc::clone(self)))
    }
}
