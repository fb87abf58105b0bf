//! PostgreSQL: a row for each time that somebody is busy, asked by prepared statements over one connection.

use std::io::Write as _;

use anyhow::{Context as _, Result};
use jiff::{Timestamp, ToSpan as _};
use postgres::{Client, NoTls, Statement};
use testkit::postgres::{Database, Options, Server};

use super::planned::{Span, ZONE};
use super::{MINUTES, Question, Time, What};

const TABLE: &str = "CREATE TABLE busy (person INT NOT NULL, span TSTZRANGE NOT NULL)";
/// Somebody's spans in the order of time are read from the index alone, five to ten times as fast as with one of GiST over
/// person and span.
const INDEX: &str = "CREATE INDEX busy_spans ON busy (person, lower(span), upper(span)) INCLUDE (span)";
const SETTLED: &str = "VACUUM ANALYZE busy";
/// Plans are made once: anew for each question they take longer, and compiling them longer than answering.
const SETTINGS: &str = "SET plan_cache_mode = force_generic_plan; SET jit = off";
/// The hours of the days that are looked over: for people $1, from $2, to $3, between $4 and $5 by the clock, for $6 minutes.
const HOURS: &str = "WITH hours AS (
    SELECT tstzrange((day + $4::text::time) AT TIME ZONE 'ZONE', (day + $5::text::time) AT TIME ZONE 'ZONE') AS span
    FROM generate_series((to_timestamp($2::bigint) AT TIME ZONE 'ZONE')::date::timestamp,
        (to_timestamp($3::bigint - 1) AT TIME ZONE 'ZONE')::date::timestamp, interval '1 day') AS day
    WHERE extract(isodow FROM day) < 6)";
/// What is left of the hours when everybody's busy times are taken away, as far as it is long enough.
const FREE: &str = "SELECT extract(epoch FROM lower(free))::bigint, extract(epoch FROM upper(free))::bigint
    FROM unnest((SELECT range_agg(span) FROM hours) - coalesce((SELECT range_agg(span) FROM busy WHERE person = ANY($1::int[])
        AND lower(span) < to_timestamp($3::bigint) AND upper(span) > to_timestamp($2::bigint)), '{}')) AS free
    WHERE upper(free) - lower(free) >= $6::int * interval '1 minute' ORDER BY 1";
/// For each quarter at which it could begin, how many are busy then: each person's busy times, longer by what is looked for, bar
/// quarters once.
const MISSING: &str = ", starts AS (
    SELECT at FROM hours,
        generate_series(lower(span), upper(span) - $6::int * interval '1 minute', interval '15 minutes') AS at
    ), barred AS (
    SELECT range_agg(tstzrange(lower(span) - $6::int * interval '1 minute', upper(span), '()')) AS spans FROM busy
    WHERE person = ANY($1::int[]) AND lower(span) < to_timestamp($3::bigint) AND upper(span) > to_timestamp($2::bigint)
    GROUP BY person
    ), missing AS (
    SELECT at, count(*) AS people FROM barred, unnest(spans) AS span, generate_series(lower(span) + interval '15 minutes',
        upper(span) - interval '15 minutes', interval '15 minutes') AS at GROUP BY at)
    SELECT extract(epoch FROM at)::bigint, coalesce(people, 0) FROM starts LEFT JOIN missing USING (at) ORDER BY 2, 1";

pub struct Spans {
    client: Client,
    free: Statement,
    missing: Statement,
    _database: Database,
    server: Server,
}

impl Spans {
    pub fn start() -> Result<Spans> {
        let options = Options::fast()
            .with("shared_buffers", "512MB")
            .with("work_mem", "64MB");
        let server = Server::start(&options)?;
        let database = server.address().create_database()?;
        let mut client = Client::connect(database.url(), NoTls)?;
        client.batch_execute(SETTINGS)?;
        client.batch_execute(TABLE)?;
        let mut statement =
            |text: &str| client.prepare(&format!("{HOURS} {text}").replace("ZONE'", &format!("{ZONE}'")));
        Ok(Spans {
            free: statement(FREE)?,
            missing: statement(MISSING)?,
            client,
            _database: database,
            server,
        })
    }

    pub fn fill(&mut self, person: usize, spans: &[Span]) -> Result<()> {
        let mut copy = self.client.copy_in("COPY busy FROM STDIN")?;
        for (starts, ends) in spans {
            writeln!(copy, "{person}\t[{starts},{ends})")?;
        }
        copy.finish()?;
        Ok(())
    }

    /// Everybody is there.
    pub fn settle(&mut self) -> Result<()> {
        self.client.batch_execute(INDEX)?;
        Ok(self.client.batch_execute(SETTLED)?)
    }

    pub fn process(&self) -> Result<u32> {
        self.server.process_id().context("the server runs")
    }

    /// The best times, the best first, and how many are missing.
    pub fn times(&mut self, question: &Question, count: usize) -> Result<Vec<Time>> {
        let statement = match question.what {
            What::AllFree => &self.free,
            What::FewestMissing => &self.missing,
        };
        let people: Vec<i32> = (0..i32::try_from(question.people)?).collect();
        let (from, to) = (question.from.as_second(), question.to.as_second());
        let (opens, closes) = question.what.hours();
        let minutes = i32::try_from(MINUTES)?;
        let rows = self
            .client
            .query(statement, &[&people, &from, &to, &opens, &closes, &minutes])?;
        let pairs = rows.iter().map(|row| (row.get(0), row.get(1)));
        let starts: Vec<(i64, i64)> = match question.what {
            What::AllFree => pairs.flat_map(|(from, to)| starts_in(from, to)).collect(),
            What::FewestMissing => pairs.collect(),
        };
        apart(&starts, count)
    }
}

/// Where times in one that is free begin, one after the other. Whatever there is begins and ends at a quarter.
fn starts_in(from: i64, to: i64) -> impl Iterator<Item = (i64, i64)> {
    let length = MINUTES * 60;
    (0..(to - from) / length).map(move |number| (from + number * length, 0))
}

/// The first of them that do not overlap.
fn apart(starts: &[(i64, i64)], count: usize) -> Result<Vec<Time>> {
    let mut times: Vec<Time> = Vec::new();
    for (at, missing) in starts {
        if times.len() >= count {
            break;
        }
        let at = Timestamp::from_second(*at)?;
        let (before, after) = (
            at.checked_sub(MINUTES.minutes())?,
            at.checked_add(MINUTES.minutes())?,
        );
        if !times.iter().any(|(other, _)| before < *other && *other < after) {
            times.push((at, *missing));
        }
    }
    Ok(times)
}
