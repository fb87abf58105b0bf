//! A dry run of a whole Monday: the workers of the house with a clock that is moved by hand, the embedded store, and a
//! sink of our own that fails by its script: an outage in the busiest hours, a domain that greylists, one that turns
//! connections away, and answers that never come.
//!
//! What is asserted: everybody's letter left inside their window; none is lost or came twice, counted by Message-ID;
//! and in each minute no more left than 5 % above the lowest rate that is proven for what was left then.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use bell::{Shift, Task};
use kernel::{Clock, Moment, PersonId};
use post::plan::{MINUTE, Waiting, Window};
use post::sink::{At, Cut, Rule, Script, Sink};
use post::{Ask, To as Reader};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

use crate::house::{House, MONDAY, To};
use crate::plan::{END, OUTAGE, windows};
use crate::{cpu, plan};

/// Monday, 23 November 2026, 00:00 UTC, and the minute of it counted from 1970.
const MIDNIGHT: Moment = Moment::from_seconds(1_795_392_000);
/// Seconds of a minute at which the workers look; in the house they do four times a second.
const LOOKS: [i64; 4] = [0, 20, 40, 59];
/// As an entry of a provider has by default.
const CONCURRENCY: u32 = 32;
/// The four workers plan for themselves, each in whole letters, and their quarters are not quite alike.
const WHOLE_LETTERS: u64 = 12;
/// Answers that never come.
const CUT_AFTER: u64 = 3;

/// What left in one minute, and the rate that was proven to be the lowest for it.
#[derive(Clone, Copy, Default)]
struct Minute {
    left: u64,
    lowest: u64,
}

pub async fn play(people: u64) -> anyhow::Result<Value> {
    let began = Instant::now();
    let clock = Clock::manual(MIDNIGHT);
    let listen = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    let sink = Sink::open(script(), listen, clock.clone()).await?;
    let to = To {
        port: sink.address().port(),
        concurrency: CONCURRENCY,
    };
    let house = House::open(clock.clone(), to).await?;
    let windows = windows(people)?;
    let all = ask_everybody(&house, &windows).await?;
    let asked = began.elapsed().as_secs_f64();

    let (began, before) = (Instant::now(), cpu::own()?);
    let mut waiting = Waiting::default();
    for (window, letters) in &windows {
        waiting.add(*window, *letters);
    }
    let lowest = waiting.plan(0, None).per_minute;
    let (mut peak, mut peak_after) = (Minute::default(), Minute::default());
    for minute in 0..END {
        if waiting.is_empty() {
            break;
        }
        let proven = waiting.plan(minute, None).per_minute;
        let left = one_minute(&house, &sink, minute).await?;
        let allowed = proven + proven / 20 + WHOLE_LETTERS;
        ensure!(
            left <= allowed,
            "{left} left in minute {minute}, and {proven} would have done"
        );
        waiting.leave(minute, left);
        let of = if minute < OUTAGE.start {
            &mut peak
        } else {
            &mut peak_after
        };
        if left > of.left {
            *of = Minute { left, lowest: proven };
        }
    }
    let taken = cpu::micros_each(cpu::own()?.saturating_sub(before), approximately(all));
    let seconds = began.elapsed().as_secs_f64();

    let counts = sink.counts();
    ensure!(
        counts.doubled.is_empty(),
        "letters came twice: {:?}",
        counts.doubled
    );
    ensure!(
        counts.distinct == all,
        "{} of {all} letters came",
        counts.distinct
    );
    house.post.close().await;
    ensure!(
        house.post.audit(4).await?.is_empty(),
        "the book differs from the letters"
    );
    let unsure = look_at_each(&house, all)?;
    house.store.close().await;
    Ok(json!({
        "bench": "post", "case": format!("a whole Monday, {people} people"), "letters": all,
        "lowest_per_minute": lowest, "peak_per_minute": peak.left, "peak_over_lowest": over(peak),
        "peak_after_an_outage": peak_after.left, "lowest_then": peak_after.lowest, "peak_after_over_lowest": over(peak_after),
        "outside_their_window": 0, "lost": 0, "doubled": 0, "unsure": unsure,
        "refused": counts.refused, "cut": counts.cut,
        "seconds": seconds.round(), "seconds_to_ask": asked.round(), "cpu_micros_a_letter_with_the_sink": taken,
    }))
}

fn script() -> Script {
    let rule = |at: At| Rule {
        at,
        domain: None,
        from: 0,
        until: None,
        share: None,
        times: None,
        wait_ms: 0,
        answer: None,
        cut: None,
    };
    let second = |minute: i64| u64::try_from(minute * 60).unwrap_or(0);
    let closed = |at: At| Rule {
        from: second(OUTAGE.start),
        until: Some(second(OUTAGE.end)),
        answer: Some("421 4.3.2 closed for repairs".to_owned()),
        ..rule(at)
    };
    let grey = Rule {
        domain: Some("grey.example".to_owned()),
        share: Some(0.3),
        until: Some(second(plan::OUTAGE.start / 2)),
        answer: Some("451 4.7.1 come back later".to_owned()),
        ..rule(At::Rcpt)
    };
    let busy = Rule {
        domain: Some("busy.example".to_owned()),
        times: Some(20),
        answer: Some("421 4.7.0 too many connections".to_owned()),
        ..rule(At::Rcpt)
    };
    let silent = Rule {
        times: Some(CUT_AFTER),
        cut: Some(Cut::After),
        ..rule(At::Dot)
    };
    Script {
        rules: vec![closed(At::Connect), closed(At::Mail), grey, busy, silent],
        ..Script::default()
    }
}

async fn ask_everybody(house: &House, windows: &[(Window, u64)]) -> anyhow::Result<u64> {
    let all: u64 = windows.iter().map(|(_, letters)| letters).sum();
    let domain = |number: usize| match number % 20 {
        0 => "grey.example",
        1 => "busy.example",
        _ => "mx.example",
    };
    let people = house.let_in(usize::try_from(all)?, domain).await?;
    let each = windows
        .iter()
        .flat_map(|(window, letters)| (0..*letters).map(move |_| *window));
    let ask = |(person, window): (&PersonId, Window)| {
        let minute = |minute: i64| MIDNIGHT.plus_micros(minute * MINUTE);
        Ask::new(
            &MONDAY,
            Reader::Person(*person),
            "2026-11-23",
            minute(window.open),
        )
        .wanted_until(minute(window.close))
    };
    house.ask(people.iter().zip(each).map(ask)).await?;
    Ok(all)
}

/// Lets the workers work through a minute of the day, and says how many letters came in it.
async fn one_minute(house: &House, sink: &Sink, minute: i64) -> anyhow::Result<u64> {
    let workers = |task: &Task| task.name != "post.audit";
    let tasks: Vec<Task> = house.post.tasks().into_iter().filter(workers).collect();
    let start = MIDNIGHT.plus_micros(minute * MINUTE);
    let before = sink.counts_of_minute(start);
    for look in LOOKS {
        let ahead = start.plus_seconds(look).micros_since(house.clock.now());
        house.clock.advance_seconds(ahead / 1_000_000);
        Shift::catch_up(&house.store, &house.clock, &tasks).await?;
    }
    Ok(sink.counts_of_minute(start) - before)
}

/// Reads each letter's story as it stands in the file. Says how many are unsure.
fn look_at_each(house: &House, all: u64) -> anyhow::Result<u64> {
    const HANDED_OVER: &str = "4";
    const UNSURE: i64 = 11;
    let file = house.folder.path().join("house.sqlite");
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut letters = connection.prepare("SELECT state, not_before, wanted_until, story FROM letters")?;
    let mut rows = letters.query([])?;
    let (mut seen, mut unsure) = (0, 0);
    while let Some(row) = rows.next()? {
        seen += 1;
        if row.get::<_, i64>(0)? == UNSURE {
            unsure += 1;
            continue;
        }
        let (from, until, story): (i64, i64, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let mut steps = story.lines().filter_map(|line| line.split_once('\t'));
        let handed_over = steps.find(|(_, rest)| rest.split('\t').next() == Some(HANDED_OVER));
        let at: i64 = handed_over
            .context("a letter that was not handed over")?
            .0
            .parse()?;
        ensure!(
            (from..until).contains(&at),
            "a letter for {from} to {until} left at {at}"
        );
    }
    ensure!(seen == all, "{seen} of {all} letters are kept");
    ensure!(unsure <= CUT_AFTER, "{unsure} letters are unsure");
    Ok(unsure)
}

fn over(minute: Minute) -> f64 {
    (approximately(minute.left) / approximately(minute.lowest.max(1)) * 1000.0).round() / 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "letters are far fewer than 2^52")]
fn approximately(count: u64) -> f64 {
    count as f64
}
