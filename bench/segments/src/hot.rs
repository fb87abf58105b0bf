//! "Which segments is this person in?" beside Redis `SMEMBERS` and a PostgreSQL table of memberships.

use anyhow::{Result, ensure};
use testkit::processes::cpu_while;

use crate::house::{self, Town};
use crate::load::{Asked, Measured};
use crate::peers::postgres::Memberships;
use crate::peers::redis::Redis;
use crate::{Better, Size, crowd, say};

/// Connections at once: a few services that ask one thing after the other, and many.
const CONNECTIONS: [usize; 2] = [16, 64];
/// The load is measured against each side in turn this often, because a shared machine is fast in one second and slow in
/// the next.
const ROUNDS: u32 = 3;
/// What the design asks for: microseconds of the processor for a request.
const CPU_MICROSECONDS_MAX: f64 = 15.0;
/// So that a thousand roll-outs give about as many segments as people are in by hand.
const FEW_PERCENT: f64 = 1.0;

/// One side of the comparison.
struct Side {
    name: &'static str,
    asked: Asked,
    process: u32,
}

/// What a side did in all rounds.
#[derive(Default)]
struct Sum {
    per_second: f64,
    p99_milliseconds: f64,
    cpu_micros: f64,
}

pub fn measure(town: &Town, size: &Size) -> Result<()> {
    let redis = Redis::start()?;
    redis.fill(town.people)?;
    let postgres = Memberships::start(town.people)?;
    let house = town.open()?;
    let ours = Side {
        name: "townhall",
        asked: town.questions(&house)?,
        process: house.pid(),
    };
    let peers = [
        Side {
            name: "Redis SMEMBERS of 30",
            asked: redis.questions(town),
            process: redis.process(),
        },
        Side {
            name: "PostgreSQL, select segment where person, prepared",
            asked: postgres.questions(town)?,
            process: postgres.process()?,
        },
    ];
    same_answers(&ours, &peers)?;
    compare("30 memberships", &ours, &peers, size)?;
    house::roll_out(&house.base, &town.key, FEW_PERCENT)?;
    let case = format!("30 memberships and 1,000 roll-outs of {FEW_PERCENT} %");
    compare(&case, &ours, &peers, size)
}

/// Everybody answers the same question: each of the first person's thirty segments is in each answer.
fn same_answers(ours: &Side, peers: &[Side]) -> Result<()> {
    for side in peers.iter().chain([ours]) {
        let answer = side.asked.first_answer()?;
        let named = (0..crowd::SEGMENTS)
            .filter(|number| answer.contains(&crowd::key(*number)))
            .count();
        ensure!(
            named == crowd::MEMBERSHIPS,
            "{}: {named} segments in {answer}",
            side.name
        );
    }
    Ok(())
}

fn compare(what: &str, ours: &Side, peers: &[Side], size: &Size) -> Result<()> {
    for connections in CONNECTIONS {
        let mut own = Sum::default();
        let mut theirs: Vec<Sum> = peers.iter().map(|_| Sum::default()).collect();
        for _ in 0..ROUNDS {
            own.add(ours, connections, size)?;
            for (sum, peer) in theirs.iter_mut().zip(peers) {
                sum.add(peer, connections, size)?;
            }
        }
        let case = |figure: &str| format!("hot path, {what}, {connections} connections, {figure}");
        for (sum, peer) in theirs.iter().zip(peers) {
            say(
                &case("rate"),
                own.per_second,
                sum.per_second,
                peer.name,
                "requests/s",
                Better::More,
            )?;
            say(
                &case("p99"),
                own.p99_milliseconds,
                sum.p99_milliseconds,
                peer.name,
                "ms",
                Better::Less,
            )?;
            let unit = "µs of the server's processor a request";
            say(
                &case("processor"),
                own.cpu_micros,
                sum.cpu_micros,
                peer.name,
                unit,
                Better::Less,
            )?;
        }
        let name = "most that is asked for";
        let unit = "µs of the server's processor a request";
        say(
            &case("processor"),
            own.cpu_micros,
            CPU_MICROSECONDS_MAX,
            name,
            unit,
            Better::Less,
        )?;
    }
    Ok(())
}

impl Sum {
    fn add(&mut self, side: &Side, connections: usize, size: &Size) -> Result<()> {
        let (measured, cpu_micros) = ask(&side.asked, side.process, connections, size)?;
        self.per_second += measured.per_second / f64::from(ROUNDS);
        self.p99_milliseconds += measured.p99_milliseconds / f64::from(ROUNDS);
        self.cpu_micros += cpu_micros / f64::from(ROUNDS);
        Ok(())
    }
}

pub fn ask(asked: &Asked, process: u32, connections: usize, size: &Size) -> Result<(Measured, f64)> {
    cpu_while(process, || {
        let measured = asked.run(connections, size.time)?;
        let answers = measured.all;
        Ok((measured, answers))
    })
}
