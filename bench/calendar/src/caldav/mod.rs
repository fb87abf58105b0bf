//! Calendar programs' requests, beside Radicale and Xandikos.

mod cases;
mod sides;

use std::time::Duration;

use anyhow::Result;
use testkit::processes;

use crate::diary::Diary;
use crate::http::{Answer, ask_for};
use crate::{ASKED, Size, exact, say, say_alone, say_counts};
use cases::{Asking, CASES, Case};
use sides::Side;

const EVENTS: [usize; 2] = [1_000, 10_000];
const CLIENTS: [usize; 2] = [1, 8];
/// Processor time is counted in hundredths of a second: what is measured takes many of them.
const TIME: Duration = Duration::from_secs(3);
const TIME_QUICK: Duration = Duration::from_millis(600);
/// Eight clients who would wait longer than this for their first answers learn nothing that one did not.
const PATIENCE: Duration = Duration::from_secs(60);
const PATIENCE_QUICK: Duration = Duration::from_secs(10);
/// What each of the writers puts.
const PUT_EACH: usize = 20;

pub fn measure(size: &Size) -> Result<()> {
    let sizes = match (size.events, size.quick) {
        (Some(events), _) => vec![events],
        (None, true) => vec![EVENTS[0]],
        (None, false) => EVENTS.to_vec(),
    };
    for events in sizes {
        let diary = Diary::new(events)?;
        let ours = sides::ours(&diary)?;
        let peers = match size.alone {
            true => Vec::new(),
            false => vec![sides::radicale(&diary)?, sides::xandikos(&diary)?],
        };
        for case in CASES {
            compare(case, &diary, &ours, &peers, size)?;
        }
        write_at_once(&diary, &ours, &peers)?;
    }
    Ok(())
}

/// What one request cost.
#[derive(Clone, Copy)]
struct Cost {
    cpu_milliseconds: f64,
    wall_milliseconds: f64,
}

/// One case on every side, with one client and with several.
fn compare(case: Case, diary: &Diary, ours: &Side, peers: &[Side], size: &Size) -> Result<()> {
    let mine = case.of(ours, diary)?;
    let theirs: Vec<(&Side, Result<Asking>)> =
        peers.iter().map(|peer| (peer, case.of(peer, diary))).collect();
    for clients in CLIENTS {
        let name = format!(
            "{}, {} events, {}",
            case.name(),
            diary.entries.len(),
            some(clients)
        );
        let our_cost = cost(ours, &mine, clients, size)?;
        let Some(our_cost) = our_cost else { continue };
        let cpu = our_cost.cpu_milliseconds;
        if let Some(target) = case.target(diary.entries.len()) {
            say(&name, cpu, target, ASKED, CPU)?;
        }
        if peers.is_empty() {
            say_alone(&name, cpu, None, CPU)?;
            say_alone(&name, our_cost.wall_milliseconds, None, WALL)?;
        }
        for (peer, asking) in &theirs {
            let their_cost = match asking {
                Ok(asking) => cost(peer, asking, clients, size),
                Err(why) => Err(anyhow::anyhow!("{why:#}")),
            };
            match their_cost {
                Ok(Some(their_cost)) => {
                    say(&name, cpu, their_cost.cpu_milliseconds, peer.name, CPU)?;
                    let walls = (our_cost.wall_milliseconds, their_cost.wall_milliseconds);
                    say(&name, walls.0, walls.1, peer.name, WALL)?;
                }
                Ok(None) => say_alone(
                    &name,
                    cpu,
                    Some((peer.name, "it takes too long to be waited for")),
                    CPU,
                )?,
                Err(why) => say_alone(&name, cpu, Some((peer.name, &format!("{why:#}"))), CPU)?,
            }
        }
    }
    Ok(())
}

const CPU: &str = "ms CPU a request";
const WALL: &str = "ms a request";

fn some(clients: usize) -> String {
    match clients {
        1 => "1 client".to_owned(),
        more => format!("{more} clients"),
    }
}

/// `None`: it would take too long.
fn cost(side: &Side, asking: &Asking, clients: usize, size: &Size) -> Result<Option<Cost>> {
    let (time, patience) = match size.quick {
        true => (TIME_QUICK, PATIENCE_QUICK),
        false => (TIME, PATIENCE),
    };
    let good = |answer: &Answer| answer.status == asking.status || asking.or_status == Some(answer.status);
    let door = &side.door;
    let ask = |_| door.request(&asking.question());
    let first = ask_for(door.address, 1, Duration::ZERO, &ask, &good)?;
    let rounds = u32::try_from(clients)?;
    if Duration::from_secs_f64(first.milliseconds / 1e3) * rounds > patience {
        return Ok(None);
    }
    let work = || {
        let taken = ask_for(door.address, clients, time, &ask, &good)?;
        Ok((taken, taken.answers))
    };
    let (taken, cpu_micros) = processes::cpu_while(side.process, work)?;
    Ok(Some(Cost {
        cpu_milliseconds: cpu_micros / 1e3,
        wall_milliseconds: taken.milliseconds,
    }))
}

/// Several put new objects into one calendar at once: who is refused, and whether everything is there at the end.
fn write_at_once(diary: &Diary, ours: &Side, peers: &[Side]) -> Result<()> {
    let writers = CLIENTS[1];
    let name = format!("{writers} writers at once, {} events", diary.entries.len());
    let failed = |side: &Side| -> Result<f64> {
        let refused = cases::put_at_once(side, diary, writers, PUT_EACH)?;
        let there = cases::written(side)?;
        let missing = (writers * PUT_EACH - refused).saturating_sub(there);
        Ok(exact(u64::try_from(refused + missing)?))
    };
    let mine = failed(ours)?;
    let unit = format!("refused or lost of {}", writers * PUT_EACH);
    if peers.is_empty() {
        say_alone(&name, mine, None, &unit)?;
    }
    for peer in peers {
        match failed(peer) {
            Ok(theirs) => say_counts(&name, mine, theirs, peer.name, &unit)?,
            Err(why) => say_alone(&name, mine, Some((peer.name, &format!("{why:#}"))), &unit)?,
        }
    }
    Ok(())
}
