//! Fresh databases on servers that are shared: with the C collation, dropped when the test is done with them.

use std::env;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, bail};
use postgres::{Client, NoTls};

use super::{Options, Server};

/// Addresses of two servers, separated by a comma, that tests use instead of starting their own.
pub const ENVIRONMENT: &str = "TOWNHALL_TEST_POSTGRES";

/// How to reach a server as its superuser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    url: String,
}

impl Address {
    /// From an address such as `postgres://postgres:password@127.0.0.1:5432/postgres`.
    pub fn new(url: &str) -> Address {
        Address { url: url.into() }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The same server, another database.
    pub fn of_database(&self, name: &str) -> String {
        let (address, question) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let server = address.rsplit_once('/').map_or(address, |(server, _)| server);
        let question = if question.is_empty() {
            String::new()
        } else {
            format!("?{question}")
        };
        format!("{server}/{name}{question}")
    }

    /// A new, empty database that is dropped with the answer.
    pub fn create_database(&self) -> anyhow::Result<Database> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // The token keeps apart the databases of processes that share a server.
        let token: String = kernel::random_token()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(8)
            .collect();
        let name = format!("t{number}_{}", token.to_lowercase());
        self.execute(&format!(
            "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
        ))?;
        Ok(Database {
            url: self.of_database(&name),
            name,
            server: self.clone(),
        })
    }

    /// Runs statements as the superuser, outside any store.
    pub fn execute(&self, statements: &str) -> anyhow::Result<()> {
        execute(&self.url, statements)
    }
}

/// A test's own database.
#[derive(Debug)]
pub struct Database {
    name: String,
    url: String,
    server: Address,
}

impl Database {
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn server(&self) -> &Address {
        &self.server
    }

    /// Runs statements in this database, outside any store.
    pub fn execute(&self, statements: &str) -> anyhow::Result<()> {
        execute(&self.url, statements)
    }

    /// The first column of the answer as text: what a test looks at behind the store's back.
    pub fn query(&self, question: &str) -> anyhow::Result<Vec<String>> {
        on_a_thread(|| {
            let mut client = Client::connect(&self.url, NoTls)?;
            let rows = client.query(&format!("SELECT t.c::text FROM ({question}) AS t(c)"), &[])?;
            Ok(rows
                .iter()
                .map(|row| row.get::<_, Option<String>>(0).unwrap_or_default())
                .collect())
        })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A prepared transaction that a test left behind keeps its database; the server is thrown away all the same.
        self.server
            .execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name))
            .ok();
    }
}

/// Two servers for as long as the value lives.
pub struct Pair {
    servers: [Server; 2],
}

impl Pair {
    pub fn start(options: &Options) -> anyhow::Result<Pair> {
        std::thread::scope(|scope| {
            let other = scope.spawn(|| Server::start(options));
            let one = Server::start(options)?;
            let other = other
                .join()
                .map_err(|_| anyhow::anyhow!("starting a server panicked"))??;
            Ok(Pair {
                servers: [one, other],
            })
        })
    }

    pub fn servers(&self) -> &[Server; 2] {
        &self.servers
    }

    /// What to give to a child as [`ENVIRONMENT`].
    pub fn environment(&self) -> String {
        self.servers
            .iter()
            .map(|server| server.address().url)
            .collect::<Vec<_>>()
            .join(",")
    }
}

/// The servers' addresses, and the servers themselves when they are ours to end.
type Found = (Option<Pair>, [Address; 2]);

/// The two servers all tests of this process share: those named by [`ENVIRONMENT`], or two started now.
pub fn shared() -> anyhow::Result<[Address; 2]> {
    static SHARED: OnceLock<Result<Found, String>> = OnceLock::new();
    let found = SHARED.get_or_init(|| find_or_start().map_err(|error| format!("{error:#}")));
    match found {
        Ok((_, addresses)) => Ok(addresses.clone()),
        Err(says) => bail!("{says}"),
    }
}

fn find_or_start() -> anyhow::Result<Found> {
    if let Ok(given) = env::var(ENVIRONMENT) {
        let addresses: Vec<Address> = given.split(',').map(|url| Address::new(url.trim())).collect();
        let addresses = <[Address; 2]>::try_from(addresses)
            .ok()
            .with_context(|| format!("{ENVIRONMENT} must hold two addresses, separated by a comma"))?;
        return Ok((None, addresses));
    }
    let pair = Pair::start(&Options::fast())?;
    let addresses = [pair.servers[0].address(), pair.servers[1].address()];
    Ok((Some(pair), addresses))
}

fn execute(url: &str, statements: &str) -> anyhow::Result<()> {
    on_a_thread(|| {
        let mut client = Client::connect(url, NoTls)?;
        for statement in statements.split(';').filter(|text| !text.trim().is_empty()) {
            client
                .batch_execute(statement)
                .with_context(|| statement.trim().to_owned())?;
        }
        Ok(())
    })
}

/// The `postgres` crate blocks on a runtime of its own, which a thread that already runs one must not do.
fn on_a_thread<T: Send>(work: impl FnOnce() -> anyhow::Result<T> + Send) -> anyhow::Result<T> {
    std::thread::scope(|scope| scope.spawn(work).join())
        .map_err(|_| anyhow::anyhow!("talking to PostgreSQL panicked"))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_everything_but_the_database() {
        let address = Address::new("postgres://u:p@h:1/postgres?sslmode=disable");
        assert_eq!(address.of_database("t"), "postgres://u:p@h:1/t?sslmode=disable");
    }

    #[test]
    fn each_test_has_a_database_of_its_own_that_goes_with_it() {
        let [one, two] = shared().unwrap();
        let database = one.create_database().unwrap();
        database
            .execute("CREATE TABLE t (n BIGINT); INSERT INTO t VALUES (7)")
            .unwrap();
        assert_eq!(database.query("SELECT n FROM t").unwrap(), ["7"]);
        assert_eq!(
            database
                .query("SELECT setting FROM pg_settings WHERE name = 'max_prepared_transactions'")
                .unwrap(),
            ["64"]
        );
        let name = database.name().to_owned();
        drop(database);
        let other = two.create_database().unwrap();
        let same = one.create_database().unwrap();
        let question = format!("SELECT datname FROM pg_database WHERE datname = '{name}'");
        assert!(same.query(&question).unwrap().is_empty());
        assert!(other.query("SELECT 1").is_ok());
    }

    #[test]
    fn a_server_survives_a_kill_and_leaves_nothing_behind() {
        let server = Server::start(&Options::default()).unwrap();
        let database = server.address().create_database().unwrap();
        database
            .execute("CREATE TABLE t (n BIGINT); INSERT INTO t VALUES (7)")
            .unwrap();
        server.kill().unwrap();
        assert!(database.query("SELECT n FROM t").is_err());
        server.start_again().unwrap();
        assert_eq!(database.query("SELECT n FROM t").unwrap(), ["7"]);
        server.restart().unwrap();
        assert_eq!(database.query("SELECT n FROM t").unwrap(), ["7"]);
        let folder = server.folder.clone();
        drop(database);
        drop(server);
        assert!(!folder.exists());
    }
}
