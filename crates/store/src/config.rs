//! What a store is made of: one SQLite file, or PostgreSQL servers.

use std::path::PathBuf;
use std::time::Duration;

use kernel::Secret;

/// How to reach the data, and how much may wait.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    pub engine: Engine,
    pub lanes: Lanes,
}

#[derive(Clone, Debug)]
pub enum Engine {
    Sqlite {
        path: PathBuf,
    },
    Postgres {
        servers: Vec<ServerConfig>,
        /// The name of the server among `servers` where owners who never acted live.
        cold: Option<String>,
    },
}

/// One PostgreSQL server (a database of its own).
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// How the shard map and the metrics call it.
    pub name: String,
    /// `postgres://user:password@host/database`
    pub url: Secret,
    /// A streaming replica for reads that may be a little behind.
    pub replica_url: Option<Secret>,
    /// A PEM file of the certificates that may vouch for the server's, or the server's own; the replica's too. Without
    /// it connections are encrypted as `sslmode` in the url says, and the server's certificate is not looked at.
    pub root_cert: Option<PathBuf>,
}

/// How many statements run at once and how long anything may take. The defaults suit one machine of a few cores.
#[derive(Clone, Debug)]
pub struct Lanes {
    /// Jobs that may wait for a lane. The next one is refused at once, so that nobody waits without bound.
    pub queue_jobs_max: usize,
    /// Jobs that SQLite commits together with one flush of the disk.
    pub commit_jobs_max: usize,
    /// Connections to each PostgreSQL server that write.
    pub write_connections: usize,
    /// Connections to each PostgreSQL server, and to each replica, that read.
    pub read_connections: usize,
    /// The longest that one PostgreSQL statement may run.
    pub statement_timeout: Duration,
    /// The longest that PostgreSQL waits for us inside an open transaction.
    pub idle_timeout: Duration,
    /// The longest that connecting may take.
    pub connect_timeout: Duration,
    /// The longest that SQLite waits for another process to let go of the file.
    pub busy_timeout: Duration,
}

impl Default for Lanes {
    fn default() -> Lanes {
        Lanes {
            queue_jobs_max: 1024,
            commit_jobs_max: 128,
            write_connections: 8,
            read_connections: 4,
            statement_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(3),
            busy_timeout: Duration::from_secs(5),
        }
    }
}

impl StoreConfig {
    /// The embedded store in one file.
    pub fn sqlite(path: impl Into<PathBuf>) -> StoreConfig {
        StoreConfig {
            engine: Engine::Sqlite { path: path.into() },
            lanes: Lanes::default(),
        }
    }

    /// A store over PostgreSQL servers without a cold one.
    pub fn postgres(servers: Vec<ServerConfig>) -> StoreConfig {
        StoreConfig {
            engine: Engine::Postgres { servers, cold: None },
            lanes: Lanes::default(),
        }
    }
}
