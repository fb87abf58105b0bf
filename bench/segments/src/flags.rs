//! A thousand flags at 30 % for one person, beside Unleash's server and Unleash Edge.

use std::io::Write as _;

use anyhow::{Result, ensure};

use crate::hot::ask;
use crate::house::{self, Town};
use crate::load::Asked;
use crate::peers::edge::Edge;
use crate::peers::unleash::Unleash;
use crate::{Better, Size, crowd, say};

const PERCENT: u32 = 30;
const CONNECTIONS: usize = 16;
/// A thirtieth part of people is within by hand beside those of the roll-outs; no side may be further off than this.
const FEWEST: usize = 200;
const MOST: usize = 400;

pub fn measure(town: &Town, size: &Size) -> Result<()> {
    let Some(unleash) = Unleash::start()? else {
        writeln!(std::io::stderr(), "npm is not here, so Unleash is not measured")?;
        return Ok(());
    };
    unleash.roll_out(PERCENT)?;
    let edge = match size.wants("edge") {
        true => Some(Edge::start(&unleash.features()?)?),
        false => None,
    };
    let house = town.open()?;
    house::roll_out(&house.base, &town.key, f64::from(PERCENT))?;
    let ours = town.questions(&house)?;
    about_as_many(&ours)?;
    let (own, own_cpu) = ask(&ours, house.pid(), CONNECTIONS, size)?;
    let mut peers = vec![(
        "Unleash, frontend API",
        unleash.questions(town),
        unleash.process(),
    )];
    if let Some(edge) = &edge {
        peers.push(("Unleash Edge, frontend API", edge.questions(town), edge.process()));
    }
    for (name, asked, process) in peers {
        about_as_many(&asked)?;
        let (theirs, cpu) = ask(&asked, process, CONNECTIONS, size)?;
        let case = |figure| format!("1,000 flags at {PERCENT} %, {CONNECTIONS} connections, {figure}");
        say(
            &case("rate"),
            own.per_second,
            theirs.per_second,
            name,
            "requests/s",
            Better::More,
        )?;
        let unit = "µs of the server's processor a request";
        say(&case("processor"), own_cpu, cpu, name, unit, Better::Less)?;
    }
    Ok(())
}

fn about_as_many(asked: &Asked) -> Result<()> {
    let answer = asked.first_answer()?;
    let named = (0..crowd::SEGMENTS)
        .filter(|number| answer.contains(&crowd::key(*number)))
        .count();
    ensure!((FEWEST..MOST).contains(&named), "{named} flags in {answer}");
    Ok(())
}
