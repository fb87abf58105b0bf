//! PostgreSQL as a queue in the usual way: `FOR UPDATE SKIP LOCKED`, plain client, whole batches in one statement.

use std::time::Instant;

use anyhow::{Result, ensure};
use postgres::{Client, NoTls};
use testkit::postgres::{Database, Options, Server};

use super::Peer;
use crate::{BATCH, Rates, key, rate};

pub struct SkipLocked {
    database: Database,
    _server: Server,
}

impl SkipLocked {
    pub fn start() -> Result<SkipLocked> {
        let server = Server::start(&Options::default())?;
        Ok(SkipLocked {
            database: server.address().create_database()?,
            _server: server,
        })
    }
}

const TABLES: &str = "DROP TABLE IF EXISTS timers, done;
    CREATE TABLE timers (timer_key BYTEA PRIMARY KEY, due_at BIGINT NOT NULL);
    CREATE INDEX timers_due ON timers (due_at);
    CREATE TABLE done (number BIGSERIAL PRIMARY KEY, timer_key BYTEA NOT NULL)";
const SET: &str = "INSERT INTO timers SELECT * FROM unnest($1::bytea[], $2::bigint[])";
const RING: &str =
    "WITH due AS (SELECT timer_key FROM timers ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED),
    taken AS (DELETE FROM timers USING due WHERE timers.timer_key = due.timer_key RETURNING timers.timer_key)
    INSERT INTO done (timer_key) SELECT timer_key FROM taken";

impl Peer for SkipLocked {
    fn name(&self) -> &'static str {
        "PostgreSQL, FOR UPDATE SKIP LOCKED"
    }

    fn rates(&mut self, timers: usize) -> Result<Rates> {
        let mut client = Client::connect(self.database.url(), NoTls)?;
        client.batch_execute(TABLES)?;
        let (set, ring) = (client.prepare(SET)?, client.prepare(RING)?);
        let began = Instant::now();
        for first in (0..timers).step_by(BATCH) {
            let numbers = first..timers.min(first + BATCH);
            let keys: Vec<Vec<u8>> = numbers.clone().map(|number| key(number).into_bytes()).collect();
            let due: Vec<i64> = numbers
                .map(|number| i64::try_from(number * 2_654_435_761 % 60_000_000))
                .collect::<Result<_, _>>()?;
            client.execute(&set, &[&keys, &due])?;
        }
        let set = rate(timers, began.elapsed().as_secs_f64());
        let began = Instant::now();
        let mut rung = 0;
        loop {
            match client.execute(&ring, &[&i64::try_from(BATCH)?])? {
                0 => break,
                some => rung += some,
            }
        }
        ensure!(usize::try_from(rung)? == timers, "PostgreSQL rang {rung}");
        Ok(Rates {
            set,
            rung: rate(timers, began.elapsed().as_secs_f64()),
        })
    }
}
