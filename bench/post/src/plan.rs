//! The plan of a whole Monday alone, in virtual time: forty zones, an outage in the busiest hours, a new plan each
//! minute.

use std::time::Instant;

use anyhow::ensure;
use post::plan::{Waiting, Window};
use serde_json::{Value, json};

const ZONES: i64 = 40;
/// Everybody wants the letter within these minutes of their own morning.
const OPEN: i64 = 7 * 60;
const LONG: i64 = 180;
/// In minutes of the day.
pub const OUTAGE: std::ops::Range<i64> = 900..920;
pub const END: i64 = 3 * 24 * 60;

/// When so many people want their letters, in minutes of the day in which Monday begins.
pub fn windows(people: u64) -> anyhow::Result<Vec<(Window, u64)>> {
    let mut windows = Vec::new();
    for zone in 0..ZONES {
        // Cities are not alike: some zones hold many times the people of others.
        let share = u64::try_from(1 + (zone * 7) % 13)?;
        for late in 0..60 {
            let open = OPEN + zone * 36;
            let window = Window {
                open: open + late,
                close: open + LONG,
            };
            windows.push((window, people * share / 280 / 60));
        }
    }
    Ok(windows)
}

pub fn play(people: u64) -> anyhow::Result<Value> {
    let start = Instant::now();
    let mut waiting = Waiting::default();
    for (window, letters) in windows(people)? {
        waiting.add(window, letters);
    }
    let all = waiting.letters();
    let bound = waiting.plan(0, None).per_minute;
    let (mut before, mut after, mut slowest) = (0, 0, 0.0_f64);
    for minute in 0..END {
        let planned = Instant::now();
        let plan = waiting.plan(minute, None);
        slowest = slowest.max(planned.elapsed().as_secs_f64());
        ensure!(
            plan.too_late == 0,
            "{} are too late in minute {minute}",
            plan.too_late
        );
        if OUTAGE.contains(&minute) {
            continue;
        }
        let left: u64 = waiting
            .leave(minute, plan.per_minute)
            .iter()
            .map(|(_, count)| count)
            .sum();
        let peak = if minute < OUTAGE.start {
            &mut before
        } else {
            &mut after
        };
        *peak = left.max(*peak);
    }
    ensure!(waiting.is_empty(), "{} letters are left", waiting.letters());
    ensure!(before <= bound, "{before} left in one minute, {bound} would do");
    Ok(json!({
        "bench": "post", "case": format!("the plan of a whole Monday, {people} people"), "letters": all,
        "lowest_per_minute": bound, "peak_per_minute": before, "peak_after_an_outage": after,
        "late": 0, "slowest_plan_ms": (slowest * 1e5).round() / 100.0,
        "seconds": (start.elapsed().as_secs_f64() * 100.0).round() / 100.0,
    }))
}
