//! The same people for every side: who they are, and which thirty of a thousand segments each is in by hand.

use kernel::{Id, PersonId};

pub const SEGMENTS: u16 = 1_000;
pub const MEMBERSHIPS: usize = 30;

pub fn person(number: u32) -> PersonId {
    PersonId(Id::named("bench", &number.to_string()))
}

/// As long as keys of product teams are.
pub fn key(segment: u16) -> String {
    format!("SEGMENT_{segment:04}")
}

/// Thirty different segments, in order.
pub fn memberships(number: u32) -> Vec<u16> {
    let mut state = u64::from(number) + 1;
    let mut chosen: Vec<u16> = Vec::with_capacity(MEMBERSHIPS);
    while chosen.len() < MEMBERSHIPS {
        // SplitMix64: good enough to spread people, and the same in every run.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        let segment = u16::try_from(bits % u64::from(SEGMENTS)).unwrap_or_default();
        if !chosen.contains(&segment) {
            chosen.push(segment);
        }
    }
    chosen.sort_unstable();
    chosen
}

/// Some of them, far apart in every order, so that no cache holds just those who are asked about.
pub fn sample(people: u32, count: u32) -> impl Iterator<Item = u32> {
    let step = people / count.min(people) + 1;
    let mut at = 0;
    (0..count.min(people)).map(move |_| {
        at = (at + step * 7 + 1) % people;
        at
    })
}
