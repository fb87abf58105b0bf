//! What a full house holds in memory: a million events in the embedded store, in calendars of a thousand.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use testkit::processes;

use crate::city::City;
use crate::diary::{Diary, PART};
use crate::http::ask_for;
use crate::views::{check, offer, views};
use crate::{Size, exact, say_alone};

const EVENTS: usize = 1_000_000;
const EVENTS_QUICK: usize = 20_000;
/// Of the demo city; they share the calendars among them.
const PEOPLE: usize = 50;
/// What was only needed to open is given back by then.
const SETTLE: Duration = Duration::from_secs(3);
/// The mix of views between the first and the second look.
const RATE: u32 = 500;
const TIME: Duration = Duration::from_secs(20);
const TIME_QUICK: Duration = Duration::from_secs(2);

pub fn measure(size: &Size) -> Result<()> {
    let usual = if size.quick { EVENTS_QUICK } else { EVENTS };
    let events = size.events.unwrap_or(usual) / PART * PART;
    ensure!(events > 0, "events come by the {PART}");
    let mut city = City::open(PEOPLE)?;
    let diary = Diary::new(PART)?;
    let file = diary.file();
    let mut calendars = Vec::new();
    let began = Instant::now();
    for number in 0..events / PART {
        let owner = number % city.people.len();
        if number > 0 && owner == 0 {
            city.renew()?;
        }
        let person = city.person(owner)?;
        let calendar = city.calendar(person, &format!("Bench {number}"))?;
        city.import(person, &calendar, &file)?;
        calendars.push((owner, calendar));
    }
    let rate = exact(u64::try_from(events)?) / began.elapsed().as_secs_f64();
    say_alone(&format!("import of {events} events"), rate, None, "events/s")?;
    city.reopen()?;
    let mut requests = Vec::new();
    for (owner, calendar) in &calendars {
        let person = city.person(*owner)?;
        requests.extend(views(person, calendar, &diary));
    }
    std::thread::sleep(SETTLE);
    let process = city.house.pid();
    let case = |what: &str| format!("{events} events, {what}");
    let opened = city.house.opened_after.as_secs_f64();
    say_alone(&case("from start to open"), opened, None, "s")?;
    say_alone(
        &case("memory after start"),
        processes::resident_megabytes(process)?,
        None,
        "MB",
    )?;
    for (owner, calendar) in calendars.iter().take(PEOPLE) {
        check(&city, city.person(*owner)?, calendar, &diary)?;
    }
    let time = if size.quick { TIME_QUICK } else { TIME };
    let offered = offer(&city, &requests, RATE, time)?;
    let after = processes::resident_megabytes(process)?;
    say_alone(&case("memory after a mix of views"), after, None, "MB")?;
    say_alone(
        &case("memory at its most"),
        processes::peak_megabytes(process)?,
        None,
        "MB",
    )?;
    let p99 = exact(offered.took.value_at_quantile(0.99)) / 1e3;
    say_alone(&case(&format!("p99 of views at {RATE}/s")), p99, None, "ms")?;
    // The second of each three is the week.
    let weeks: Vec<&Vec<u8>> = requests.iter().skip(1).step_by(3).collect();
    let ask = |number: u64| weeks[usize::try_from(number).unwrap_or_default() % weeks.len()].clone();
    let work = || {
        let taken = ask_for(city.address, 1, time / 4, &ask, &|answer| answer.status == 200)?;
        Ok((taken, taken.answers))
    };
    let (taken, cpu_micros) = processes::cpu_while(process, work)?;
    say_alone(&case("week view as JSON"), taken.milliseconds, None, "ms")?;
    say_alone(
        &case("week view as JSON, processor"),
        cpu_micros / 1e3,
        None,
        "ms CPU a request",
    )
}
