//! What a full house holds in memory, and how long it takes to open.

use std::time::Duration;

use anyhow::Result;
use testkit::processes;

use crate::house::Town;
use crate::{Better, exact, say};

/// What the design asks for: 1.5 GB for ten million people with thirty memberships each.
const MEGABYTES_A_MILLION_MAX: f64 = 150.0;
/// What was only needed to open is given back by then.
const SETTLE: Duration = Duration::from_secs(3);

pub fn measure(town: &Town) -> Result<()> {
    let house = town.open()?;
    std::thread::sleep(SETTLE);
    let megabytes = processes::resident_megabytes(house.pid())?;
    let peak = processes::peak_megabytes(house.pid())?;
    let millions = exact(u64::from(town.people)) / 1e6;
    let people = format!("{} people in 30 segments each", town.people);
    let most = (MEGABYTES_A_MILLION_MAX * millions).max(MEGABYTES_A_MILLION_MAX);
    let name = "most that is asked for";
    say(
        &format!("memory of the whole house, {people}"),
        megabytes,
        most,
        name,
        "MB",
        Better::Less,
    )?;
    let case = format!("memory of the whole house at its most, {people}");
    say(&case, peak, most, name, "MB", Better::Less)?;
    let seconds = house.opened_after.as_secs_f64();
    let file = "a minute for ten million";
    let case = format!("from start to open, {people}");
    say(&case, seconds, (6.0 * millions).max(1.0), file, "s", Better::Less)
}
