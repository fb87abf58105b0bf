//! The house: store, services, front, connected and open. `serve` opens one as a process; tests open many in one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, bail};
use archive::Archive;
use bell::{Bell, OpenBell, Shift};
use calendar::Calendars;
use front::{Front, Routes, Stopped, Tls};
use intake::Intake;
use kernel::Clock;
use post::Post;
use post::suppressions::Suppressions;
use registry::Registry;
use store::Store;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::{Config, Engine};
use crate::lock::HouseLock;
use crate::nearest::hint;
use crate::segmentation::{self, Resident};
use crate::{calendars, commands, connect, files, later, letters, office};

/// The services that this binary can run.
pub const SERVICES: [&str; 3] = ["registry", "segments", "calendar"];

/// How to open a house.
pub struct Opening {
    pub config: Config,
    /// Names of [`SERVICES`]; empty means all.
    pub only: Vec<String>,
    /// Whether the people in it are invented: then there is a mailbox page with all their letters.
    pub demo: bool,
    pub clock: Clock,
}

impl Opening {
    pub fn new(config: Config) -> Opening {
        Opening {
            config,
            only: Vec::new(),
            demo: false,
            clock: Clock::system(),
        }
    }
}

/// A house with everything in its place and its door still shut: the port is taken, and nobody is answered yet.
pub struct Built {
    pub base: String,
    pub front: Front,
    pub registry: Arc<Registry>,
    pub post: Post,
    pub archive: Archive,
    pub calendars: Calendars,
    /// Whether there is a page with all letters that went out.
    pub has_mailbox: bool,
    clock: Clock,
    address: SocketAddr,
    listener: TcpListener,
    tls: Option<Tls>,
    bell: Bell,
    pub segments: Option<Resident>,
    store: Store,
    lock: Option<HouseLock>,
    began: Instant,
}

/// An open house. It closes when [`Running::close`] is called.
pub struct Running {
    pub address: SocketAddr,
    /// How people reach it: `server.base`, or the address with http or https before it.
    pub base: String,
    /// All that answers: for its table of routes, and for requests without a connection.
    pub front: Front,
    pub registry: Arc<Registry>,
    pub post: Post,
    pub archive: Archive,
    pub calendars: Calendars,
    shutdown: watch::Sender<bool>,
    served: JoinHandle<Stopped>,
    bell: OpenBell,
    shift: Shift,
    intake: Option<Intake>,
    pub store: Store,
    _lock: Option<HouseLock>,
}

impl Running {
    /// Takes nothing new, finishes what was accepted, and lets go of the store.
    pub async fn close(self) -> anyhow::Result<()> {
        self.shutdown.send_replace(true);
        let stopped = self.served.await?;
        self.bell.ended().await;
        self.shift.ended().await;
        if let Some(intake) = self.intake {
            intake.ended().await;
        }
        self.post.close().await;
        if stopped.cut_off > 0 {
            tracing::warn!(
                connections = stopped.cut_off,
                "not all was finished in time (server.drain_seconds_max)"
            );
        }
        self.store.close().await;
        tracing::info!("the house is closed");
        Ok(())
    }
}

/// Opens a house with everything as the configuration says.
pub async fn start(config: Config) -> anyhow::Result<Running> {
    open(Opening::new(config)).await
}

pub async fn open(opening: Opening) -> anyhow::Result<Running> {
    build(opening).await?.open()
}

/// Does everything that depends on the world outside.
pub async fn build(opening: Opening) -> anyhow::Result<Built> {
    let began = Instant::now();
    let Opening {
        config,
        only,
        demo,
        clock,
    } = opening;
    known_services(&only)?;
    let tls = certificates(&config)?;
    // Before the store, which asks for its counters when it opens.
    front::Metrics::install().map_err(anyhow::Error::msg)?;
    let (store, mut lock) = open_store(&config, &clock).await?;
    let listener = listen(config.server.listen).await?;
    let address = listener.local_addr()?;
    let base = base(&config, address);
    if let Some(lock) = &mut lock {
        lock.tell(&base)?;
    }
    let options = connect::registry_options(&config, &base, demo)?;
    let archive = files::open(&config, &base, &options.secret, &clock)?;
    let suppressions = Suppressions::new(store.clone(), clock.clone());
    let registry = Registry::open(store.clone(), clock.clone(), options).await?;
    let calendars = calendars::open(&config, store.clone(), clock.clone(), &registry)?;
    let post = office::open(&config, (&store, &clock), &registry, &calendars, &suppressions)?;
    registry.knows_letters(&post.kinds());
    let feedback = office::feedback(&config, (&store, &clock), &registry, &suppressions, &post);
    let mailbox = office::mailbox(&config, &post, demo)?;
    let setup = connect::front_setup(&config, &base, registry.clone(), &store)?;
    let duties = post.duties().into_iter().chain(feedback.duties());
    let bell = later::bell(&store, &clock, &registry, duties);
    let mut bell = files::sweeping(later::forgetting(bell, &post, config.post.keep_days), &archive);
    let routes = [suppressions.routes(), post.routes(), feedback.routes()];
    let routes = routes.into_iter().fold(registry.routes(), Routes::merge);
    let has_mailbox = mailbox.is_some();
    let desk = office::desk(&post, suppressions, mailbox);
    let mut routes = routes.merge(letters::pages(&registry, &store, &clock, desk)?);
    let answers = runs(&only, "segments");
    let (segments, learner) =
        segmentation::open(answers, &config, &store, &clock, &registry, &archive).await?;
    bell = later::hearing(bell, &learner, &calendars);
    if let Some(segments) = &segments {
        bell = segments.later(bell);
        routes = routes.merge(segments.routes(&base, &registry.options().secret));
    }
    if runs(&only, "calendar") {
        bell = calendars::later(bell, &calendars, &config);
        routes = routes.merge(calendars::routes(&calendars));
    }
    let front = Front::build(routes.merge(bell.desk().routes()).merge(archive.routes()), setup)?;
    Ok(Built {
        base,
        front,
        registry,
        post,
        archive,
        calendars,
        has_mailbox,
        clock,
        address,
        listener,
        tls,
        bell,
        segments,
        store,
        lock,
        began,
    })
}

impl Built {
    /// Opens the door. It stays shut only when this program contradicts itself.
    pub fn open(self) -> anyhow::Result<Running> {
        let (shutdown, mut closing) = watch::channel(false);
        let bell = self.bell.open(shutdown.subscribe()).context("the bell")?;
        let shift = Shift::open(&self.store, &self.clock, self.post.tasks(), shutdown.subscribe());
        let follow = |segments: Resident| segments.follow(shutdown.subscribe());
        let intake = self.segments.and_then(follow);
        let (serving, listener, tls) = (self.front.clone(), self.listener, self.tls);
        let served = tokio::spawn(async move {
            let closed = async move {
                let _ = closing.wait_for(|closing| *closing).await;
            };
            serving.serve(listener, tls, closed).await
        });
        let millis = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(address = %self.address, base = self.base, millis, "the house is open");
        Ok(Running {
            address: self.address,
            base: self.base,
            front: self.front,
            registry: self.registry,
            post: self.post,
            archive: self.archive,
            calendars: self.calendars,
            shutdown,
            served,
            bell,
            shift,
            intake,
            store: self.store,
            _lock: self.lock,
        })
    }
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| {
        format!("{address} cannot be listened on; `townhall check` says more, --listen takes another address")
    })
}

fn certificates(config: &Config) -> anyhow::Result<Option<Tls>> {
    if !config.has_tls() {
        return Ok(None);
    }
    let loaded = Tls::load(&config.server.tls_cert, &config.server.tls_key);
    loaded.map(Some).context("server.tls_cert and server.tls_key")
}

fn runs(only: &[String], service: &str) -> bool {
    only.is_empty() || only.iter().any(|name| name == service)
}

fn known_services(only: &[String]) -> anyhow::Result<()> {
    for name in only {
        if !SERVICES.contains(&name.as_str()) {
            bail!(
                "--only {name}: there is no such service.{} Services: {}.",
                hint(name, SERVICES),
                SERVICES.join(", ")
            );
        }
    }
    Ok(())
}

async fn open_store(config: &Config, clock: &Clock) -> anyhow::Result<(Store, Option<HouseLock>)> {
    let embedded = config.store.engine == Engine::Sqlite;
    let mut lock = None;
    if embedded {
        commands::migrate::make_folder(config)?;
        lock = Some(HouseLock::take(&config.store.data)?);
    }
    if embedded || config.store.migrate_on_start {
        for applied in commands::migrate::migrate(config).await?.applied {
            tracing::info!(applied, "the schema was brought up to date");
        }
    }
    let store = Store::open(connect::store_config(config), clock.clone()).await?;
    Ok((store, lock))
}

fn base(config: &Config, address: SocketAddr) -> String {
    if !config.server.base.is_empty() {
        return config.server.base.clone();
    }
    let base = connect::base_of(config, address);
    if !address.ip().is_loopback() {
        tracing::warn!(base, "server.base is not set, so links in invitations lead there");
    }
    base
}

#[cfg(test)]
mod tests;
