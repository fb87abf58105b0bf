//! Where rows are: which server owns which virtual shard. This is the one place that knows.
//!
//! A process may hold an old map. So each transaction first finds true, inside itself, that its virtual shard is here
//! in the epoch it was sent for (the [`Gate`]); one that was sent to the wrong place learns the new map and follows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use kernel::{Id, Moment, VirtualShard};
use tokio::sync::watch;

use crate::config::Lanes;
use crate::gate::Gate;
use crate::lane::{Freshness, Server};
use crate::shards::{Everywhere, Fleet, Map, cold, map, setup};
use crate::{Elsewhere, OpenError, StoreError, Unavailability};

/// The longest that a transaction follows its rows: a fence lasts a fraction of a second.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE_FIRST: Duration = Duration::from_millis(2);
const PAUSE_MAX: Duration = Duration::from_millis(100);

/// The servers, and the owner of each virtual shard among them.
pub(crate) struct Routes {
    servers: Vec<Arc<Server>>,
    sharding: Option<Sharding>,
}

/// What a store on PostgreSQL has more than one in a file.
pub(crate) struct Sharding {
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) everywhere: Everywhere,
    map: ArcSwap<Map>,
    refreshing: tokio::sync::Mutex<()>,
    cold: Option<usize>,
}

/// Where a handle points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Wherever the rows of this owner live at the time of the call.
    Owner(Id),
    /// This server, by its number in the configuration.
    Server(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Read,
    Write,
    /// Writes rows that belong to a server and move nowhere.
    WriteInternal,
}

/// A transaction on its way to its rows.
pub(crate) struct Journey {
    place: Place,
    purpose: Purpose,
    /// Whether to look on the cold server.
    to_cold: bool,
    since: Instant,
    detours: u32,
}

impl Journey {
    pub(crate) fn new(place: Place, purpose: Purpose) -> Journey {
        Journey {
            place,
            purpose,
            to_cold: false,
            since: Instant::now(),
            detours: 0,
        }
    }

    /// First to the cold server: for owners who are imported and never acted.
    pub(crate) fn to_cold(place: Place, purpose: Purpose) -> Journey {
        Journey {
            to_cold: true,
            ..Journey::new(place, purpose)
        }
    }

    /// A little longer each time.
    async fn pause(&mut self) -> Result<(), StoreError> {
        self.detours += 1;
        if self.since.elapsed() > PATIENCE {
            return Err(StoreError::Busy);
        }
        let pause = PAUSE_FIRST
            .saturating_mul(1 << self.detours.min(10))
            .min(PAUSE_MAX);
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

impl Routes {
    pub(crate) fn one_file(server: Arc<Server>) -> Routes {
        Routes {
            servers: vec![server],
            sharding: None,
        }
    }

    /// Refuses servers that are not those of one house, and a map that names others.
    pub(crate) fn sharded(
        servers: Vec<Arc<Server>>,
        fleet: Arc<Fleet>,
        lanes: &Lanes,
        announced: watch::Sender<u64>,
    ) -> Result<Routes, OpenError> {
        let map = setup::verify_all(&fleet.household())?;
        let everywhere = Everywhere::start(Arc::clone(&fleet), lanes, announced)
            .map_err(|error| OpenError::Misconfigured(format!("no thread can be started: {error}")))?;
        let cold = fleet
            .cold
            .as_ref()
            .and_then(|cold| servers.iter().position(|server| server.name == *cold));
        let sharding = Sharding {
            fleet,
            everywhere,
            map: ArcSwap::from_pointee(map),
            refreshing: tokio::sync::Mutex::new(()),
            cold,
        };
        Ok(Routes {
            servers,
            sharding: Some(sharding),
        })
    }

    pub(crate) fn servers(&self) -> &[Arc<Server>] {
        &self.servers
    }

    pub(crate) fn sharding(&self) -> Option<&Sharding> {
        self.sharding.as_ref()
    }

    pub(crate) fn find(&self, journey: &Journey) -> Result<(&Arc<Server>, Gate), StoreError> {
        let (at, gate) = match (&self.sharding, journey.place) {
            (None, Place::Owner(_)) => (0, Gate::Open),
            (None, Place::Server(at)) => (at, Gate::Open),
            (Some(_), Place::Server(at)) => (at, Gate::of_server(journey.purpose)),
            (Some(sharding), Place::Owner(owner)) => sharding.find(owner, journey)?,
        };
        let server = self
            .servers
            .get(at)
            .ok_or_else(|| StoreError::broken("there is no such server"))?;
        Ok((server, gate))
    }

    /// After a gate said that the rows are elsewhere: finds out where, or waits for them.
    pub(crate) async fn follow(&self, journey: &mut Journey, why: Elsewhere) -> Result<(), StoreError> {
        let (Some(sharding), Place::Owner(owner)) = (&self.sharding, journey.place) else {
            return journey.pause().await;
        };
        match why {
            Elsewhere::Remapped => {
                self.refresh().await?;
                if journey.detours > 0 {
                    return journey.pause().await;
                }
                journey.detours += 1;
                Ok(())
            }
            Elsewhere::Fenced => journey.pause().await,
            Elsewhere::Cold if journey.purpose == Purpose::Read => {
                journey.to_cold = true;
                Ok(())
            }
            Elsewhere::Cold => {
                let spot = sharding
                    .map
                    .load()
                    .spot(owner.virtual_shard())
                    .ok_or_else(unmapped)?;
                match cold::warm(&sharding.fleet, spot, owner).await {
                    Err(StoreError::Moved(Elsewhere::Remapped)) => {
                        self.refresh().await?;
                        journey.pause().await
                    }
                    Err(StoreError::Moved(_)) => journey.pause().await,
                    result => result,
                }
            }
            Elsewhere::Warm => {
                journey.to_cold = false;
                journey.pause().await
            }
        }
    }

    /// Learns the map from the home server. Callers who come at the same time share one look.
    pub(crate) async fn refresh(&self) -> Result<(), StoreError> {
        let (Some(sharding), Some(home)) = (&self.sharding, self.servers.first()) else {
            return Ok(());
        };
        let seen = sharding.map.load_full();
        let _one_at_a_time = sharding.refreshing.lock().await;
        if !Arc::ptr_eq(&seen, &sharding.map.load_full()) {
            return Ok(());
        }
        let now: Moment = sharding.fleet.clock.now();
        let entries = home
            .read(&Arc::new(map::read), Gate::Open, now, Freshness::Latest)
            .await??;
        match Map::new(entries, &sharding.fleet.household().names()) {
            Ok(map) if map == *seen => {}
            Ok(map) => sharding.map.store(Arc::new(map)),
            // The map was good when this program started, so somebody added a server since.
            Err(bad) => {
                tracing::error!(%bad, "the shard map cannot be used; give this program the new configuration");
                return Err(StoreError::unavailable(Unavailability::ServerDown));
            }
        }
        Ok(())
    }
}

impl Sharding {
    fn find(&self, owner: Id, journey: &Journey) -> Result<(usize, Gate), StoreError> {
        if let (true, Some(cold)) = (journey.to_cold, self.cold) {
            return Ok((cold, Gate::of_cold(owner)));
        }
        let vshard: VirtualShard = owner.virtual_shard();
        let spot = self.map.load().spot(vshard).ok_or_else(unmapped)?;
        let owner = self.cold.map(|_| owner);
        Ok((
            spot.server,
            Gate::of_range(vshard, owner, spot.epoch, journey.purpose),
        ))
    }
}

fn unmapped() -> StoreError {
    StoreError::broken("the shard map has a hole")
}
