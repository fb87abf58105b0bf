//! A whole Monday by the plan alone, in virtual time: forty zones, an outage in the busiest hours, a new plan each
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
const OUTAGE: std::ops::Range<i64> = 900..920;
const END: i64 = 3 * 24 * 60;

pub fn play(people: u64) -> anyhow::Result<Value> {
    let start = Instant::now();
    let mut waiting = Waiting::default();
    let mut all = 0;
    for zone in 0..ZONES {
        // Cities are not alike: some zones hold many times the people of others.
        let share = u64::try_from(1 + (zone * 7) % 13)?;
        for late in 0..60 {
            let open = OPEN + zone * 36 + late;
            let letters = people * share / 280 / 60;
            waiting.add(
                Window {
                    open,
                    close: open - late + LONG,
                },
                letters,
            );
            all += letters;
        }
    }
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
        "bench": "post", "case": format!("a whole Monday, {people} people"), "letters": all,
        "lowest_per_minute": bound, "peak_per_minute": before, "peak_after_an_outage": after,
        "late": 0, "slowest_plan_ms": (slowest * 1e5).round() / 100.0,
        "seconds": (start.elapsed().as_secs_f64() * 100.0).round() / 100.0,
    }))
}
