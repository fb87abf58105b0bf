//! PostgreSQL: a row for each membership, asked by a prepared statement of each connection.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use kernel::PersonId;
use postgres::{Client, NoTls};
use testkit::postgres::{Database, Options, Server};

use crate::crowd;
use crate::house::Town;
use crate::load::{Asked, Protocol};

const TABLE: &str = "CREATE TABLE memberships (person UUID NOT NULL, segment TEXT NOT NULL)";
const INDEX: &str = "CREATE INDEX memberships_of_person ON memberships (person) INCLUDE (segment); VACUUM ANALYZE memberships";
const QUESTION: &str = "SELECT segment FROM memberships WHERE person = $1";
const USER: &str = "asker";
/// The load generator speaks the protocol, but signs in nowhere.
const LET_IN: &str = "host all asker 127.0.0.1/32 trust\n";

pub struct Memberships {
    database: Database,
    server: Server,
}

impl Memberships {
    pub fn start(people: u32) -> Result<Memberships> {
        let options = Options::fast()
            .with("shared_buffers", "4GB")
            .with("max_connections", "200")
            .with("maintenance_work_mem", "1GB")
            .with("max_wal_size", "8GB");
        let server = Server::start(&options)?;
        let database = server.address().create_database()?;
        let mut client = Client::connect(database.url(), NoTls)?;
        client.batch_execute(TABLE)?;
        let mut copy = client.copy_in("COPY memberships FROM STDIN")?;
        let mut rows = String::new();
        for number in 0..people {
            let person = crowd::person(number);
            rows.clear();
            for segment in crowd::memberships(number) {
                writeln!(rows, "{person}\t{}", crowd::key(segment))?;
            }
            copy.write_all(rows.as_bytes())?;
        }
        copy.finish()?;
        for statement in INDEX.split("; ") {
            client.batch_execute(statement)?;
        }
        client.batch_execute(&format!(
            "CREATE ROLE {USER} LOGIN; GRANT SELECT ON memberships TO {USER}"
        ))?;
        let file: String = client.query_one("SHOW hba_file", &[])?.get(0);
        let before = std::fs::read_to_string(&file)?;
        std::fs::write(&file, format!("{LET_IN}{before}"))?;
        client.batch_execute("SELECT pg_reload_conf()")?;
        Ok(Memberships { database, server })
    }

    pub fn process(&self) -> Result<u32> {
        self.server.process_id().context("the server runs")
    }

    pub fn questions(&self, town: &Town) -> Result<Asked> {
        let ask = |number| question(crowd::person(number));
        Ok(Asked {
            address: SocketAddr::from(([127, 0, 0, 1], self.server.port())),
            protocol: Protocol::Postgres,
            greetings: vec![startup(self.database.name())?, prepare()?],
            requests: town.asked_about().map(ask).collect::<Result<_>>()?,
        })
    }
}

fn startup(database: &str) -> Result<Vec<u8>> {
    let mut body = 196_608_u32.to_be_bytes().to_vec();
    for text in ["user", USER, "database", database] {
        body.extend_from_slice(text.as_bytes());
        body.push(0);
    }
    body.push(0);
    let mut message = u32::try_from(body.len() + 4)?.to_be_bytes().to_vec();
    message.extend(body);
    Ok(message)
}

fn prepare() -> Result<Vec<u8>> {
    let mut body = b"question\0".to_vec();
    body.extend_from_slice(QUESTION.as_bytes());
    body.extend_from_slice(&[0, 0, 0]);
    let mut messages = message(b'P', &body)?;
    messages.extend(message(b'S', &[])?);
    Ok(messages)
}

/// Bind, execute and sync, with the person in binary.
fn question(person: PersonId) -> Result<Vec<u8>> {
    let mut body = b"\0question\0".to_vec();
    body.extend_from_slice(&[0, 1, 0, 1, 0, 1, 0, 0, 0, 16]);
    body.extend_from_slice(person.0.as_bytes());
    body.extend_from_slice(&[0, 0]);
    let mut messages = message(b'B', &body)?;
    messages.extend(message(b'E', &[0, 0, 0, 0, 0])?);
    messages.extend(message(b'S', &[])?);
    Ok(messages)
}

fn message(kind: u8, body: &[u8]) -> Result<Vec<u8>> {
    let mut message = vec![kind];
    message.extend(u32::try_from(body.len() + 4)?.to_be_bytes());
    message.extend_from_slice(body);
    Ok(message)
}
