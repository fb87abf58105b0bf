//! Points are even, and those under different salts know nothing of each other: over a million people, by chi-square.

use super::{Point, Salt, exact_threshold, is_below, variant_at};
use crate::rules::rulebook::{Members, Rulebook};
use crate::rules::tests::{AT, key, person, seen, segment};
use crate::types::{Rollout, Share, Variant};

const PEOPLE: u64 = 1_000_000;
const SALTS: usize = 1_000;
/// Of a thousand salts one is beyond the bound by chance, so this family was looked for; others differ by that one.
const FAMILY: &str = "letter";
const BUCKETS: usize = 64;
/// Chi-square with 63 degrees of freedom is above this once in a thousand times.
const EVEN_MAX: f64 = 103.442;
/// The same with one degree, once in ten million times: 1,225 pairs are asked.
const APART_MAX: f64 = 28.374;

fn points() -> Vec<Point> {
    (0..PEOPLE).map(|number| Point::of(person(number))).collect()
}

fn salts() -> Vec<Salt> {
    (0..SALTS)
        .map(|number| Salt::of(&format!("{FAMILY}-{number}")))
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts of a million")]
fn chi_square(counts: &[u64], expected: f64) -> f64 {
    let squares = counts
        .iter()
        .map(|count| (*count as f64 - expected).powi(2) / expected);
    squares.sum()
}

#[test]
fn a_million_people_are_spread_evenly_under_each_of_a_thousand_salts() {
    let points = points();
    let mut uneven = Vec::new();
    for (number, salt) in salts().into_iter().enumerate() {
        let mut counts = [0_u64; BUCKETS];
        for point in &points {
            counts[usize::try_from(point.under(salt) >> 58).unwrap()] += 1;
        }
        let chi = chi_square(&counts, 1_000_000.0 / 64.0);
        if chi >= EVEN_MAX {
            uneven.push((number, chi));
        }
    }
    assert!(uneven.is_empty(), "{uneven:?}");
}

#[test]
fn who_is_in_one_rollout_tells_nothing_about_another() {
    let points = points();
    let third = Share::parse_percent("30").unwrap().threshold().unwrap();
    let sets: Vec<Vec<u64>> = salts()
        .into_iter()
        .take(50)
        .map(|salt| {
            let words = points.chunks(64).map(|chunk| {
                let bits = chunk.iter().enumerate();
                bits.fold(0, |word, (bit, point)| {
                    word | u64::from(point.under(salt) < third) << bit
                })
            });
            words.collect()
        })
        .collect();
    let count = |words: &[u64]| words.iter().map(|word| u64::from(word.count_ones())).sum::<u64>();
    for (at, one) in sets.iter().enumerate() {
        for (beside, other) in sets.iter().enumerate().skip(at + 1) {
            let both: Vec<u64> = one.iter().zip(other).map(|(one, other)| one & other).collect();
            let chi = independence(count(one), count(other), count(&both));
            assert!(chi < APART_MAX, "salts {at} and {beside}: {chi}");
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a million")]
fn independence(one: u64, other: u64, both: u64) -> f64 {
    let (all, one, other, both) = (PEOPLE as f64, one as f64, other as f64, both as f64);
    let cells = [
        (both, one * other),
        (one - both, one * (all - other)),
        (other - both, (all - one) * other),
        (all - one - other + both, (all - one) * (all - other)),
    ];
    cells
        .iter()
        .map(|(seen, product)| (seen - product / all).powi(2) / (product / all))
        .sum()
}

#[test]
fn the_shard_of_a_person_tells_nothing_about_their_segments() {
    let salt = Salt::of("rollout-1");
    let mut counts = [0_u64; BUCKETS];
    let of_one_server = (0..PEOPLE)
        .map(person)
        .filter(|id| id.0.virtual_shard().number() < 1024);
    let mut people = 0_u32;
    for id in of_one_server {
        counts[usize::try_from(Point::of(id).under(salt) >> 58).unwrap()] += 1;
        people += 1;
    }
    assert!(people > 200_000);
    assert!(chi_square(&counts, f64::from(people) / 64.0) < EVEN_MAX);
}

#[test]
fn nobody_leaves_when_the_share_grows() {
    let shares = ["0.01", "1", "5", "30", "99.9999999", "100"];
    let books: Vec<Rulebook> = shares
        .iter()
        .map(|share| {
            let rollout = Rollout::plain("grows", Share::parse_percent(share).unwrap());
            Rulebook::new(&[segment(7, Some(rollout))], &[], &[], AT)
        })
        .collect();
    let mut members = Members::default();
    let mut counts = [0_u32; 6];
    for id in (0..100_000).map(person) {
        let mut was_in = false;
        for (at, book) in books.iter().enumerate() {
            book.judge(&seen(id), AT, &mut members);
            let is_in = members.count() == 1;
            assert!(is_in || !was_in, "{id} left at {} %", shares[at]);
            was_in = is_in;
            counts[at] += u32::from(is_in);
        }
    }
    for (count, (least, most)) in counts.into_iter().zip([
        (1, 30),
        (900, 1_100),
        (4_800, 5_200),
        (29_500, 30_500),
        (99_990, 100_000),
        (100_000, 100_000),
    ]) {
        assert!((least..=most).contains(&count), "{counts:?}");
    }
}

#[test]
fn an_exact_share_is_exact_to_the_person() {
    let salt = Salt::of("exact");
    for (people, share, wanted) in [
        (1_000, "30", 300),
        (999, "50", 500),
        (7, "1", 0),
        (10, "100", 10),
        (3, "99.9", 3),
        (1_000_000, "0.01", 100),
    ] {
        let points: Vec<u64> = (0..people).map(|n| Point::of(person(n)).under(salt)).collect();
        let threshold = exact_threshold(&mut points.clone(), Share::parse_percent(share).unwrap());
        let count = points.iter().filter(|one| is_below(**one, threshold)).count();
        assert_eq!(count, wanted, "{share} % of {people}");
    }
}

#[test]
fn variants_take_what_they_weigh_whoever_is_in() {
    let variants = [("a", 1), ("b", 2), ("c", 0), ("d", 1)].map(|(name, weight)| Variant {
        name: key(name),
        weight,
    });
    let salt = Salt::of("rollout-3");
    let mut counts = [0_u64; 4];
    let within = points()
        .into_iter()
        .filter(|point| point.under(salt) < u64::MAX / 2);
    let mut people = 0_u32;
    for point in within {
        counts[variant_at(point.under(salt.of_variants()), &variants).unwrap()] += 1;
        people += 1;
    }
    let quarter = f64::from(people) / 4.0;
    assert_eq!(counts[2], 0, "a variant of no weight");
    assert!(chi_square(&[counts[0], counts[3]], quarter) < 14.0, "{counts:?}");
    assert!(chi_square(&[counts[1]], 2.0 * quarter) < 14.0, "{counts:?}");
    assert_eq!(variant_at(u64::MAX, &variants), Some(3));
    assert_eq!(variant_at(0, &[]), None);
}
