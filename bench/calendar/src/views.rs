//! People who look at their calendars: their calendars, thirty-five instances of a week, who they are; a third each, over
//! HTTP as JSON, at a rate that does not wait for the answers.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use hdrhistogram::Histogram;
use serde_json::Value;
use testkit::processes;

use crate::city::{City, Person};
use crate::diary::{Diary, INSTANCES_OF_PART, PART};
use crate::http::Connection;
use crate::{ASKED, Size, exact, say, say_alone, say_more};

/// What the design asks for.
const VIEWS_A_SECOND: u32 = 2_500;
const PEOPLE: usize = 16;
/// More than have a request on its way at any time, or the rate would wait for answers.
const CONNECTIONS: usize = 48;
const TIME: Duration = Duration::from_secs(10);
const TIME_QUICK: Duration = Duration::from_secs(2);
/// A rate is held if nearly everything that was due is answered, and the slowest of a hundred within this.
const P99_MILLISECONDS_MAX: f64 = 100.0;
const ANSWERED_MIN: f64 = 0.99;
/// Of the machine that the design speaks of.
const CORES: f64 = 2.0;
/// By so much the rate grows until it is held no more.
const STEPS: [u32; 9] = [2_500, 3_000, 3_500, 4_000, 5_000, 6_000, 7_000, 8_500, 10_000];

pub fn measure(size: &Size) -> Result<()> {
    let city = City::open(PEOPLE)?;
    let diary = Diary::new(PART)?;
    let file = diary.file();
    let mut requests = Vec::new();
    for person in &city.people {
        let calendar = city.calendar(person, "Bench")?;
        city.import(person, &calendar, &file)?;
        requests.extend(views(person, &calendar, &diary));
        check(&city, person, &calendar, &diary)?;
    }
    let time = if size.quick { TIME_QUICK } else { TIME };
    offer(&city, &requests, VIEWS_A_SECOND, time / 5)?;
    let mut highest = 0;
    for rate in STEPS {
        let offered = offer(&city, &requests, rate, time)?;
        if rate == VIEWS_A_SECOND {
            tell(&offered, rate)?;
        }
        if !offered.is_held(rate) {
            break;
        }
        highest = rate;
    }
    let case = "views, the highest rate that was held";
    say_more(
        case,
        f64::from(highest),
        f64::from(VIEWS_A_SECOND),
        ASKED,
        "views/s",
    )
}

fn tell(offered: &Offered, rate: u32) -> Result<()> {
    let case = |what: &str| format!("{rate} views a second, {what}");
    say_more(
        &case("answered"),
        offered.per_second,
        f64::from(rate),
        ASKED,
        "views/s",
    )?;
    let milliseconds = |quantile| exact(offered.took.value_at_quantile(quantile)) / 1e3;
    say_alone(&case("p50"), milliseconds(0.5), None, "ms")?;
    say(
        &case("p99"),
        milliseconds(0.99),
        P99_MILLISECONDS_MAX,
        "most that counts as held",
        "ms",
    )?;
    say_alone(
        &case("processor of a view"),
        offered.cpu_micros,
        None,
        "µs CPU a view",
    )?;
    // On a machine that others use at the same time this says more than the rates.
    let fits = CORES * 1e6 / offered.cpu_micros;
    say_more(
        &case("what two processors would answer"),
        fits,
        f64::from(rate),
        ASKED,
        "views/s",
    )
}

/// The three requests of a view.
pub fn views(person: &Person, calendar: &str, diary: &Diary) -> [Vec<u8>; 3] {
    [
        person.get("/api/v1/calendars"),
        person.get(&agenda(calendar, diary)),
        person.get("/api/v1/me"),
    ]
}

fn agenda(calendar: &str, diary: &Diary) -> String {
    let (from, to) = diary.week;
    format!("/api/v1/agenda?from={from}&to={to}&zone=Europe%2FBerlin&calendar={calendar}")
}

pub fn check(city: &City, person: &Person, calendar: &str, diary: &Diary) -> Result<()> {
    let answer = Connection::new(city.address).ask(&person.get(&agenda(calendar, diary)))?;
    let week: Value = serde_json::from_slice(&answer.body)?;
    let shown = week["items"].as_array().context("instances")?.len();
    ensure!(
        shown == INSTANCES_OF_PART,
        "{shown} instances in the week, and {INSTANCES_OF_PART} are right"
    );
    Ok(())
}

pub struct Offered {
    /// In microseconds, from the instant at which it was due.
    pub took: Histogram<u64>,
    pub per_second: f64,
    pub cpu_micros: f64,
}

impl Offered {
    pub fn is_held(&self, rate: u32) -> bool {
        let p99 = exact(self.took.value_at_quantile(0.99)) / 1e3;
        self.per_second >= f64::from(rate) * ANSWERED_MIN && p99 <= P99_MILLISECONDS_MAX
    }
}

/// Asks one request after the other at instants that were set before, whether or not earlier ones were answered.
pub fn offer(city: &City, requests: &[Vec<u8>], rate: u32, time: Duration) -> Result<Offered> {
    let (address, process) = (city.address, city.house.pid());
    let took = Mutex::new(Histogram::<u64>::new_with_max(600_000_000, 3)?);
    let all = u64::from(rate) * u64::try_from(time.as_millis())? / 1000;
    let begin = Instant::now() + Duration::from_millis(20);
    let ask_some = &|first: usize| -> Result<()> {
        let mut connection = Connection::new(address);
        let mut mine = Histogram::<u64>::new_with_max(600_000_000, 3)?;
        for number in (u64::try_from(first)?..all).step_by(CONNECTIONS) {
            let due = begin + Duration::from_secs_f64(exact(number) / f64::from(rate));
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let request = &requests[usize::try_from(number)? % requests.len()];
            let answer = connection.ask(request)?;
            ensure!(answer.status == 200, "{} {}", answer.status, answer.text());
            mine.saturating_record(u64::try_from(due.elapsed().as_micros())?);
        }
        let mut all = took.lock().map_err(|_| anyhow!("a client broke off"))?;
        Ok(all.add(&mine)?)
    };
    let work = || {
        std::thread::scope(|scope| {
            let clients: Vec<_> = (0..CONNECTIONS)
                .map(|first| scope.spawn(move || ask_some(first)))
                .collect();
            clients.into_iter().try_for_each(|client| match client.join() {
                Ok(done) => done,
                Err(_) => Err(anyhow!("a client broke off")),
            })
        })?;
        Ok((begin.elapsed(), all))
    };
    let (lasted, cpu_micros) = processes::cpu_while(process, work)?;
    Ok(Offered {
        took: took.into_inner().map_err(|_| anyhow!("a client broke off"))?,
        per_second: exact(all) / lasted.as_secs_f64(),
        cpu_micros,
    })
}
