//! The handle that services hold, and the handle of one shard that their transactions run on.

use std::path::PathBuf;
use std::sync::Arc;

use kernel::{Clock, Id, Moment};
use tokio::sync::watch;

use crate::config::{Engine, Lanes, ServerConfig, StoreConfig};
use crate::crash::Points;
use crate::gate::Gate;
use crate::job::BodyJob;
use crate::lane::{Freshness, Lane, Server};
use crate::routes::{Journey, Place, Purpose, Routes};
use crate::schema::{self, Migrated};
use crate::shards::Fleet;
use crate::{OpenError, StoreError, Tx, pg, sqlite};

/// All data of the house. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    clock: Clock,
    routes: Routes,
    announced: watch::Sender<u64>,
}

/// The rows of one owner, or of one server. Cheap to clone.
#[derive(Clone)]
pub struct Shard {
    store: Store,
    place: Place,
}

/// How one server is doing.
#[derive(Clone, Debug)]
pub struct ServerHealth {
    pub name: String,
    /// Why it cannot serve, for people; `None` when all is well.
    pub problem: Option<String>,
}

impl Store {
    /// Opens a store that was migrated. What is behind or ahead of this program is refused.
    pub async fn open(config: StoreConfig, clock: Clock) -> Result<Store, OpenError> {
        Store::open_visited(config, clock, Points::default()).await
    }

    /// The same with a test at the points of two-phase commit and of moves.
    #[doc(hidden)]
    pub async fn open_visited(config: StoreConfig, clock: Clock, points: Points) -> Result<Store, OpenError> {
        crate::meter::describe();
        blocking(move || {
            let announced = watch::Sender::new(0);
            let routes = match &config.engine {
                Engine::Sqlite { path } => {
                    sqlite::accept(path, &config.lanes, schema::migrations())?;
                    Routes::one_file(Arc::new(Server::open_file(
                        path.clone(),
                        &config.lanes,
                        announced.clone(),
                    )?))
                }
                Engine::Postgres { servers, .. } => {
                    let open = open_servers(servers, &config.lanes, &announced)?;
                    Routes::sharded(
                        open,
                        Arc::new(Fleet::of(&config, &clock, points)?),
                        &config.lanes,
                        announced.clone(),
                    )?
                }
            };
            Ok(Store(Arc::new(Inner {
                clock,
                routes,
                announced,
            })))
        })
        .await
    }

    /// Applies the migrations that are missing, on every server.
    pub async fn migrate(config: &StoreConfig, clock: &Clock) -> Result<Migrated, OpenError> {
        let (config, clock) = (config.clone(), clock.clone());
        blocking(move || {
            let now = clock.now();
            let applied = match &config.engine {
                Engine::Sqlite { path } => sqlite::migrate(path, &config.lanes, schema::migrations(), now)?,
                Engine::Postgres { servers, .. } => {
                    let mut applied = Vec::new();
                    for server in servers {
                        let address = pg::Address::of(server, &config.lanes)?;
                        applied.extend(pg::migrate(&server.name, &address, schema::migrations(), now)?);
                    }
                    Fleet::of(&config, &clock, Points::default())?.settle_in()?;
                    applied
                }
            };
            Ok(Migrated { applied })
        })
        .await
    }

    /// Where the rows of this owner are.
    pub fn shard_of(&self, owner: impl Into<Id>) -> Shard {
        Shard {
            store: self.clone(),
            place: Place::Owner(owner.into()),
        }
    }

    /// One handle for each server: for lists over everybody, reference tables and metrics.
    pub fn everywhere(&self) -> Vec<Shard> {
        (0..self.0.routes.servers().len())
            .map(|at| Shard {
                store: self.clone(),
                place: Place::Server(at),
            })
            .collect()
    }

    /// Reads on each server, one after another, in the order of the configuration.
    pub async fn read_each<T, E>(
        &self,
        body: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<Vec<T>, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let body = Arc::new(body);
        let mut answers = Vec::new();
        for shard in self.everywhere() {
            let body = Arc::clone(&body);
            answers.push(shard.read(move |tx| body(tx)).await?);
        }
        Ok(answers)
    }

    /// Changes a reference table on all servers or on none.
    pub async fn write_everywhere<T, E>(
        &self,
        body: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let Some(sharding) = self.0.routes.sharding() else {
            let place = Place::Server(0);
            return Shard {
                store: self.clone(),
                place,
            }
            .write(body)
            .await;
        };
        let (job, answer) = BodyJob::new(Arc::new(body), Gate::Open, self.0.clock.now());
        sharding.everywhere.submit(Box::new(job));
        let ended = || Err(StoreError::broken("a lane ended without an answer"));
        answer.await.unwrap_or_else(|_| ended())?
    }

    /// Whether each server can serve, and why not.
    pub async fn ready(&self) -> Vec<ServerHealth> {
        let mut healths = Vec::new();
        for (shard, server) in self.everywhere().iter().zip(self.0.routes.servers()) {
            let mut problem = shard.read(crate::health::answers).await.err();
            if problem.is_none() && server.trouble().is_some() {
                // Nobody sends requests to a server that is not ready, so only a try tells whether it is again.
                problem = shard.write(crate::health::takes_writes).await.err();
            }
            let problem = problem.map(|error: StoreError| error.to_string());
            healths.push(ServerHealth {
                name: server.name.clone(),
                problem,
            });
        }
        healths
    }

    pub(crate) fn servers(&self) -> &[Arc<Server>] {
        self.0.routes.servers()
    }

    /// Changes whenever a transaction that announced something was committed in this process.
    pub fn announcements(&self) -> watch::Receiver<u64> {
        self.0.announced.subscribe()
    }

    /// Copies the embedded store to a new file while it is in use. PostgreSQL is backed up with its own tools.
    pub async fn backup_to(&self, path: impl Into<PathBuf>) -> Result<(), StoreError> {
        let (store, path) = (self.clone(), path.into());
        blocking(move || {
            let servers = store.0.routes.servers();
            let Some(Lane::Sqlite { readers, .. }) = servers.first().map(|server| &server.lane) else {
                return Err(StoreError::broken(
                    "PostgreSQL is backed up with its own tools, such as pg_basebackup",
                ));
            };
            sqlite::back_up(&readers.connection()?, &path)
        })
        .await
    }

    /// Whether a file is a whole backup that this program can open (perhaps after `townhall migrate`).
    pub async fn check_backup(path: impl Into<PathBuf>) -> Result<(), OpenError> {
        let path = path.into();
        blocking(move || sqlite::check_backup(&path, &Lanes::default(), schema::migrations())).await
    }

    /// Puts a backup in the place of the embedded store `to`, which nobody may use meanwhile. What was there is kept
    /// as the new file `kept`.
    pub async fn restore(
        backup: impl Into<PathBuf>,
        to: impl Into<PathBuf>,
        kept: impl Into<PathBuf>,
    ) -> Result<(), OpenError> {
        let (backup, to, kept) = (backup.into(), to.into(), kept.into());
        blocking(move || sqlite::restore(&backup, &to, &kept, schema::migrations())).await
    }

    /// Finishes what was accepted and takes no more.
    pub async fn close(&self) {
        let store = self.clone();
        blocking(move || {
            store.0.routes.servers().iter().for_each(|server| server.close());
            if let Some(sharding) = store.0.routes.sharding() {
                sharding.everywhere.close();
            }
        })
        .await;
    }
}

impl Store {
    pub(crate) fn now(&self) -> Moment {
        self.0.clock.now()
    }

    pub(crate) fn routes(&self) -> &Routes {
        &self.0.routes
    }
}

impl Shard {
    /// Runs `body` as one transaction. It may run more than once, so only `tx` may change in it: ids, time and random
    /// numbers are made before. The answer comes when the work is on disk.
    pub async fn write<T, E>(
        &self,
        body: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.write_on(Journey::new(self.place, Purpose::Write), body)
            .await
    }

    /// Like [`write`](Shard::write), but rows of an owner who never acted go to the cold server, where there is one:
    /// for imports.
    pub async fn write_cold<T, E>(
        &self,
        body: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.write_on(Journey::to_cold(self.place, Purpose::Write), body)
            .await
    }

    /// Like [`write`](Shard::write) on a whole server, but of its internal tables only, such as leases. An ordinary write
    /// there may touch whatever is moving just then, so that all of it is copied again; this one moves nothing.
    pub async fn write_internal<T, E>(
        &self,
        body: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.write_on(Journey::new(self.place, Purpose::WriteInternal), body)
            .await
    }

    async fn write_on<T, E>(
        &self,
        mut journey: Journey,
        body: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let inner = &*self.store.0;
        let (body, now) = (Arc::new(body), inner.clock.now());
        loop {
            let (server, gate) = inner.routes.find(&journey)?;
            match server.write(Arc::clone(&body), gate, now).await {
                Ok(result) => return result,
                Err(StoreError::Moved(why)) => inner.routes.follow(&mut journey, why).await?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Runs `body` on one snapshot. It cannot change anything.
    pub async fn read<T, E>(
        &self,
        body: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.read_as(body, Freshness::Latest).await
    }

    /// Like [`read`](Shard::read), but from a PostgreSQL replica where there is one: it may be a little behind.
    pub async fn read_stale<T, E>(
        &self,
        body: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.read_as(body, Freshness::MayLag).await
    }

    async fn read_as<T, E>(
        &self,
        body: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        freshness: Freshness,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let inner = &*self.store.0;
        let (body, now) = (Arc::new(body), inner.clock.now());
        let mut journey = Journey::new(self.place, Purpose::Read);
        let mut freshness = freshness;
        loop {
            let (server, gate) = inner.routes.find(&journey)?;
            match server.read(&body, gate, now, freshness).await {
                Ok(result) => return result,
                Err(StoreError::Moved(why)) => inner.routes.follow(&mut journey, why).await?,
                Err(error) => return Err(error.into()),
            }
            // A replica may not have heard yet where its rows went.
            freshness = Freshness::Latest;
        }
    }
}

fn open_servers(
    servers: &[ServerConfig],
    lanes: &Lanes,
    announced: &watch::Sender<u64>,
) -> Result<Vec<Arc<Server>>, OpenError> {
    if servers.is_empty() {
        return Err(OpenError::Misconfigured(
            "name at least one PostgreSQL server".to_owned(),
        ));
    }
    let mut open = Vec::new();
    for server in servers {
        let address = pg::Address::of(server, lanes)?;
        pg::accept(&server.name, &address, schema::migrations())?;
        open.push(Arc::new(Server::open_postgres(server, lanes, announced)?));
    }
    Ok(open)
}

/// Runs `work` where it may block.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(ended) => std::panic::resume_unwind(ended.into_panic()),
    }
}
