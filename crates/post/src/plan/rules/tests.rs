//! The cap against the bound, against brute force, and through outages and quotas.

use proptest::prelude::*;

use super::*;

fn window(open: i64, close: i64) -> Window {
    Window { open, close }
}

fn waiting(letters: &[(i64, i64, u64)]) -> Waiting {
    let mut waiting = Waiting::default();
    for (open, close, count) in letters {
        waiting.add(window(*open, *close), *count);
    }
    waiting
}

#[test]
fn a_window_is_the_whole_minutes_in_it() {
    let at = |seconds: i64| Moment::from_seconds(seconds);
    for (not_before, wanted_until, expected) in [
        (0, 120, window(0, 2)),
        (1, 120, window(1, 2)),
        (59, 179, window(1, 2)),
        (61, 119, window(1, 2)),
        (90, 91, window(1, 2)),
        (-90, 60, window(-1, 1)),
    ] {
        assert_eq!(Window::between(at(not_before), at(wanted_until)), expected);
    }
}

#[test]
fn the_cap_is_what_the_tightest_interval_demands() {
    for (letters, cap, proof) in [
        (&[(0, 10, 100)][..], 10, (0, 10, 100)),
        (&[(0, 10, 100), (2, 4, 30)], 15, (2, 4, 30)),
        (&[(0, 10, 100), (2, 4, 10)], 11, (0, 10, 110)),
        (&[(0, 3, 1)], 1, (0, 3, 1)),
        (&[(0, 60, 600), (60, 120, 1200)], 20, (60, 120, 1200)),
    ] {
        let plan = waiting(letters).plan(0, None);
        let (from, until, letters) = proof;
        let expected = Proof { from, until, letters };
        assert_eq!((plan.per_minute, plan.proof), (cap, Some(expected)));
    }
    let nothing = Waiting::default().plan(0, None);
    assert_eq!((nothing.per_minute, nothing.proof), (0, None));
}

#[test]
fn a_window_that_is_over_is_told_and_moves_nothing() {
    let plan = waiting(&[(0, 5, 7), (0, 10, 10)]).plan(5, None);
    assert_eq!((plan.per_minute, plan.too_late), (2, 7));
}

#[test]
fn a_quota_below_the_cap_tells_how_many_it_makes_late() {
    let letters = waiting(&[(0, 10, 100), (0, 20, 40)]);
    assert_eq!(letters.plan(0, Some(10)).will_be_late, 0);
    let plan = letters.plan(0, Some(5));
    assert_eq!((plan.per_minute, plan.will_be_late), (5, 50));
    assert_eq!(letters.plan(0, Some(0)).will_be_late, 140);
}

/// The lowest cap found by trying every letter in every minute.
fn brute_force(letters: &[(i64, i64)]) -> u64 {
    fn place(letters: &[(i64, i64)], room: &mut [u64]) -> bool {
        let Some(((open, close), rest)) = letters.split_first() else {
            return true;
        };
        (*open..*close).any(|minute| {
            let at = usize::try_from(minute).unwrap();
            if room[at] == 0 {
                return false;
            }
            room[at] -= 1;
            let fits = place(rest, room);
            room[at] += 1;
            fits
        })
    }
    let mut cap = 0;
    while !place(letters, &mut [cap; 8]) {
        cap += 1;
    }
    cap
}

/// Plays from `start` with a new plan each minute; `works` tells in which minutes letters can leave. Returns the most
/// that left in a minute, and who did not get their letter.
fn play(mut waiting: Waiting, start: i64, works: impl Fn(i64) -> bool, quota: Option<u64>) -> (u64, u64) {
    let (mut peak, mut minute) = (0, start);
    while waiting.plan(minute, None).proof.is_some() {
        let cap = waiting.plan(minute, quota).per_minute;
        if works(minute) {
            let gone = waiting.leave(minute, cap);
            assert!(
                gone.iter()
                    .all(|(window, _)| window.open <= minute && minute < window.close)
            );
            peak = peak.max(gone.iter().map(|(_, count)| count).sum());
        }
        minute += 1;
    }
    (peak, waiting.letters())
}

prop_compose! {
    fn windows(horizon: i64, most: u64)(
        letters in prop::collection::vec((0..horizon, 1..=horizon, 1..=most), 1..14)
    ) -> Vec<(i64, i64, u64)> {
        letters.into_iter().map(|(open, length, count)| (open, open + length, count)).collect()
    }
}

proptest! {
    #[test]
    fn the_cap_is_the_lowest_that_brute_force_finds(
        letters in prop::collection::vec((0i64..6, 1i64..6), 1..7)
    ) {
        let letters: Vec<(i64, i64)> = letters.into_iter().map(|(open, length)| (open, (open + length).min(8))).collect();
        let mut counted = Waiting::default();
        for (open, close) in &letters {
            counted.add(window(*open, *close), 1);
        }
        prop_assert_eq!(counted.plan(0, None).per_minute, brute_force(&letters));
    }

    #[test]
    fn everybody_is_served_inside_their_window_and_the_peak_is_the_first_cap(letters in windows(60, 500)) {
        let waiting = waiting(&letters);
        let first = waiting.plan(0, None).per_minute;
        let (peak, unserved) = play(waiting, 0, |_| true, None);
        prop_assert_eq!(unserved, 0);
        prop_assert!(peak <= first, "{peak} > {first}");
    }

    #[test]
    fn the_proof_counts_what_lies_inside_it(letters in windows(60, 500)) {
        let plan = waiting(&letters).plan(0, None);
        let proof = plan.proof.unwrap();
        let inside = letters.iter().filter(|(open, close, _)| proof.from <= *open && *close <= proof.until);
        prop_assert_eq!(inside.map(|(.., count)| count).sum::<u64>(), proof.letters);
        prop_assert_eq!(proof.per_minute(), plan.per_minute);
    }

    #[test]
    fn an_outage_only_moves_the_cap(letters in windows(60, 500), from in 0i64..40, length in 1i64..30) {
        let all = waiting(&letters);
        let back = from + length;
        let mut left = all.clone();
        for minute in 0..from {
            let cap = left.plan(minute, None).per_minute;
            left.leave(minute, cap);
        }
        let plan = left.plan(back, None);
        let (peak, unserved) = play(all.clone(), 0, |minute| !(from..back).contains(&minute), None);
        // Only whose window closed meanwhile go without; all others are served at the cap that the rest demands.
        prop_assert_eq!(unserved, plan.too_late);
        prop_assert!(peak <= plan.per_minute.max(all.plan(0, None).per_minute));
    }

    #[test]
    fn a_quota_is_kept_and_what_it_costs_is_told_before(letters in windows(60, 500), quota in 1u64..400) {
        let all = waiting(&letters);
        let told = all.plan(0, Some(quota));
        let (peak, _) = play(all.clone(), 0, |_| true, Some(quota));
        prop_assert!(peak <= quota);
        if told.per_minute < quota || told.will_be_late == 0 {
            let (_, unserved) = play(all, 0, |_| true, Some(quota));
            prop_assert_eq!(unserved, 0);
        }
    }
}

/// A Monday of a city whose people live in forty zones: each wants the letter in three hours of their own morning.
fn monday(people: u64) -> Waiting {
    let mut waiting = Waiting::default();
    for zone in 0..40i64 {
        // Cities are not alike: some zones hold many times the people of others.
        let share = 1 + (zone * 7) % 13;
        let of_zone = people * u64::try_from(share).unwrap() / 280;
        for (offset, part) in [(0, 5), (30, 3), (60, 2)] {
            let open = 7 * 60 + zone * 36 + offset;
            waiting.add(window(open, open + 180 - offset), of_zone * part / 10);
        }
    }
    waiting
}

#[test]
fn a_whole_monday_stays_at_the_lowest_rate_and_inside_everybody_s_window() {
    let all = monday(1_000_000);
    let bound = all.plan(0, None).per_minute;
    let (peak, unserved) = play(all.clone(), 0, |_| true, None);
    assert_eq!((peak <= bound, unserved), (true, 0), "{peak} {bound}");

    // Forty minutes without a provider, in the middle of the busiest hours.
    let (peak, unserved) = play(all, 0, |minute| !(900..940).contains(&minute), None);
    assert_eq!(unserved, 0);
    assert!(peak > bound, "an outage has to be caught up with");
}
