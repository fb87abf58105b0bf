//! A time for many people: the best ones over REST, beside PostgreSQL with the same busy times in a table.
//!
//! Two things are asked. When all are free: the first ten times in wide hours at which everybody can. And when the fewest are missing:
//! in the hours in which people work, where nobody finds such a time for hundreds. Both sides answer before anything is measured,
//! and what they answer is the same to the minute and to the number of people.

mod planned;
mod spans;

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use ical::zones::Zone;
use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};
use testkit::processes;

use crate::city::City;
use crate::http::{Answer, Connection, Taken, ask_for};
use crate::{Size, exact, say, say_alone};
use planned::{Planned, ZONE};
use spans::Spans;

/// The most are as many as one search is for.
const PEOPLE: [usize; 3] = [10, 100, 500];
/// A week, and the longest search.
const DAYS: [i64; 2] = [7, 62];
const MINUTES: i64 = 60;
/// What a caller gets who says nothing else.
const TIMES: usize = 10;
/// All that one search may answer: what is compared, not measured.
const TIMES_COMPARED: usize = 50;
/// Processor time is counted in hundredths of a second: what is measured takes many of them.
const TIME: Duration = Duration::from_secs(4);
const TIME_QUICK: Duration = Duration::from_millis(500);
const PEER: &str = "PostgreSQL";
const CPU: &str = "ms CPU a request";
const WALL: &str = "ms a request";

/// What is asked of both sides.
struct Question {
    what: What,
    people: usize,
    days: i64,
    from: Timestamp,
    to: Timestamp,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    AllFree,
    FewestMissing,
}

/// When it begins, and how many are missing then.
type Time = (Timestamp, i64);

pub fn measure(size: &Size) -> Result<()> {
    let (people, days) = (PEOPLE[PEOPLE.len() - 1], DAYS[DAYS.len() - 1]);
    let today = Zone::UTC.local_at(Timestamp::now()).date();
    let monday = today.nth_weekday(1, Weekday::Monday)?;
    let mut city = City::open(people)?;
    city.grow(people)?;
    let mut peer = match size.alone {
        true => None,
        false => Some(Spans::start()?),
    };
    for (number, person) in city.people.iter().enumerate() {
        let planned = Planned::of(number, monday, days / 7 + 1)?;
        city.let_rest(person)?;
        let calendar = city.calendar(person, "Bench")?;
        city.import(person, &calendar, &planned.file)?;
        if let Some(peer) = &mut peer {
            peer.fill(number, &planned.spans)?;
        }
    }
    city.renew()?;
    if let Some(peer) = &mut peer {
        peer.settle()?;
    }
    for what in [What::AllFree, What::FewestMissing] {
        for days in DAYS {
            for people in PEOPLE {
                let question = Question::about(what, people, monday, days)?;
                compare(&city, peer.as_mut(), &question, size)?;
            }
        }
    }
    Ok(())
}

impl What {
    /// Between which times of the day.
    fn hours(self) -> (&'static str, &'static str) {
        match self {
            What::AllFree => ("07:00", "21:00"),
            What::FewestMissing => ("09:00", "18:00"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            What::AllFree => "all are free",
            What::FewestMissing => "the fewest are missing",
        }
    }
}

impl Question {
    fn about(what: What, people: usize, monday: Date, days: i64) -> Result<Question> {
        let midnight = |date: Date| Planned::instant(date.at(0, 0, 0, 0));
        Ok(Question {
            what,
            people,
            days,
            from: midnight(monday)?,
            to: midnight(monday.checked_add(days.days())?)?,
        })
    }

    fn request(&self, city: &City, count: usize) -> Result<Vec<u8>> {
        let people = city.people.iter().take(self.people);
        let (opens, closes) = self.what.hours();
        let asked = json!({
            "people": people.map(|one| one.email.as_str()).collect::<Vec<_>>(), "with_me": false,
            "minutes": MINUTES, "from": self.from.to_string(), "to": self.to.to_string(), "zone": ZONE,
            "hours_from": opens, "hours_to": closes, "count": count,
        });
        Ok(city.person(0)?.post("/api/v1/calendar/times", &asked))
    }
}

/// One question on both sides.
fn compare(city: &City, peer: Option<&mut Spans>, question: &Question, size: &Size) -> Result<()> {
    let (people, days, what) = (question.people, question.days, question.what.name());
    let name = format!("a time for {people} people in {days} days, {what}");
    let time = if size.quick { TIME_QUICK } else { TIME };
    let compared = question.request(city, TIMES_COMPARED)?;
    let found = times(&Connection::new(city.address).ask(&compared)?)?;
    let Some(peer) = peer else {
        let (mine, cpu_micros) = ask_us(city, question, time)?;
        say_alone(&name, cpu_micros / 1e3, None, CPU)?;
        return say_alone(&name, mine.milliseconds, None, WALL);
    };
    check(&name, question, &found, &peer.times(question, TIMES_COMPARED)?)?;
    let (mine, my_micros) = ask_us(city, question, time)?;
    let (theirs, their_micros) = processes::cpu_while(peer.process()?, || {
        let taken = ask_peer(peer, question, time)?;
        Ok((taken, taken.answers))
    })?;
    say(&name, my_micros / 1e3, their_micros / 1e3, PEER, CPU)?;
    say(&name, mine.milliseconds, theirs.milliseconds, PEER, WALL)
}

/// Whether both found the same; when all shall be free, the times at which nobody is missing.
fn check(name: &str, question: &Question, ours: &[Time], theirs: &[Time]) -> Result<()> {
    let all_come = ours.iter().filter(|(_, missing)| *missing == 0).count();
    let ours = match question.what {
        What::AllFree => &ours[..all_come],
        What::FewestMissing => ours,
    };
    ensure!(ours.len() >= TIMES, "{name}: only {} times", ours.len());
    ensure!(ours == theirs, "{name}: ours {ours:?}, and {PEER} {theirs:?}");
    Ok(())
}

/// What was answered, the best first.
fn times(answer: &Answer) -> Result<Vec<Time>> {
    ensure!(answer.status == 200, "{} {}", answer.status, answer.text());
    let told: Value = serde_json::from_slice(&answer.body)?;
    let unknown = told["unknown"].as_array().context("unknown")?;
    ensure!(unknown.is_empty(), "unknown: {unknown:?}");
    let items = told["items"].as_array().context("items")?.iter();
    let times = items.map(|item| {
        let starts = item["starts"].as_str().context("a start")?.parse()?;
        let missing = item["missing"].as_array().context("who is missing")?.len();
        Ok((starts, i64::try_from(missing)?))
    });
    times.collect()
}

fn ask_us(city: &City, question: &Question, time: Duration) -> Result<(Taken, f64)> {
    let request = question.request(city, TIMES)?;
    processes::cpu_while(city.house.pid(), || {
        let good = |answer: &Answer| answer.status == 200;
        let taken = ask_for(city.address, 1, time, &|_| request.clone(), &good)?;
        Ok((taken, taken.answers))
    })
}

fn ask_peer(peer: &mut Spans, question: &Question, time: Duration) -> Result<Taken> {
    let (begin, mut answers) = (Instant::now(), 0);
    while answers == 0 || begin.elapsed() < time {
        peer.times(question, TIMES)?;
        answers += 1;
    }
    Ok(Taken {
        answers,
        milliseconds: begin.elapsed().as_secs_f64() * 1e3 / exact(answers),
    })
}
