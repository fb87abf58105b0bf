//! Where a person stands under a salt: a number that is the same for ever, spread evenly, and tells nothing about
//! where they stand under another salt.
//!
//! The person is hashed once, and then mixed with each salt by a multiplication or two, so that a thousand rollouts cost
//! about a microsecond. The mixer is Stafford's 13th, which lets each bit of the input reach each bit of the output; the
//! tests look at a thousand salts and a million people.

pub mod foreign;
#[cfg(test)]
mod tests;

use kernel::PersonId;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::types::{Hashing, Rollout, Share, Variant};

/// Another than the router of virtual shards uses, or one server would hold all of a segment.
const SEED: u64 = 0x746f_776e_6861_6c6c;
/// Sets variants apart from who is in.
const VARIANTS: u64 = 0x7661_7269_616e_7473;

/// A person before any salt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point(u64);

impl Point {
    pub fn of(person: PersonId) -> Point {
        Point(xxh3_64_with_seed(person.0.as_bytes(), SEED))
    }

    /// For tables that are filled by points.
    pub const fn hash(self) -> u64 {
        self.0
    }

    /// For sorting people into 256 heaps.
    pub const fn first_byte(self) -> u8 {
        self.0.to_be_bytes()[0]
    }

    /// Under a salt, by our own hashing.
    pub const fn under(self, salt: Salt) -> u64 {
        mix(self.0 ^ salt.0)
    }
}

/// A salt before any person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Salt(u64);

impl Salt {
    pub fn of(text: &str) -> Salt {
        Salt(xxh3_64(text.as_bytes()))
    }

    /// The same salt for choosing between variants, which must not depend on how somebody came in.
    #[must_use]
    pub const fn of_variants(self) -> Salt {
        Salt(self.0 ^ VARIANTS)
    }
}

const fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// Where a person stands in a rollout, whatever house it came from.
pub fn in_rollout(person: PersonId, rollout: &Rollout) -> u64 {
    match rollout.hashing {
        Hashing::Ours => Point::of(person).under(Salt::of(&rollout.salt)),
        other => foreign::point(other, &rollout.salt, &person.to_string()),
    }
}

/// Whether a point is in a share of all points.
pub fn is_below(point: u64, threshold: Option<u64>) -> bool {
    threshold.is_none_or(|threshold| point < threshold)
}

/// Which of the variants a point falls to; `None` when there are none.
pub fn variant_at(point: u64, variants: &[Variant]) -> Option<usize> {
    let total: u64 = variants.iter().map(|variant| u64::from(variant.weight)).sum();
    let at = (u128::from(point) * u128::from(total)) >> 64;
    let mut end = 0;
    variants.iter().position(|variant| {
        end += u128::from(variant.weight);
        at < end
    })
}

/// The threshold below which lie exactly as many of these points as the share says. `None` lets everybody in.
pub fn exact_threshold(points: &mut [u64], share: Share) -> Option<u64> {
    let wanted = usize::try_from(share.of(points.len().try_into().unwrap_or(u64::MAX))).unwrap_or(usize::MAX);
    if wanted >= points.len() {
        return if share == Share::EVERYBODY {
            None
        } else {
            share.threshold()
        };
    }
    let (_, threshold, _) = points.select_nth_unstable(wanted);
    Some(*threshold)
}
