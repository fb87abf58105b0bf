//! Points as other houses compute them, so that a rollout that runs there moves in and nobody changes sides.
//!
//! Each gives a bucket out of some number of buckets; scaled to 64 bits it is below a share's threshold exactly when the
//! other house would say that it is in the share. Where a house leaves the choice of what is hashed, `salt` is what
//! stands beside the person: Unleash's group, LaunchDarkly's `key.salt`, GrowthBook's seed, flagd's key of the flag.

use ring::digest;

use crate::types::Hashing;

/// Where a person of this id stands under a salt, from the house that hashes like this.
pub fn point(hashing: Hashing, salt: &str, person: &str) -> u64 {
    match hashing {
        // Ours is asked for by point and salt, without text.
        Hashing::Ours => xxhash_rust::xxh3::xxh3_64(format!("{salt}:{person}").as_bytes()),
        Hashing::Unleash => {
            // It counts buckets from 1 and lets in what is at most the percentage.
            let hash = murmur3(format!("{salt}:{person}").as_bytes(), 0);
            scaled(u64::from(hash % 100), 100)
        }
        Hashing::LaunchDarkly => {
            let hash = digest::digest(
                &digest::SHA1_FOR_LEGACY_USE_ONLY,
                format!("{salt}.{person}").as_bytes(),
            );
            let first = hash
                .as_ref()
                .iter()
                .take(8)
                .fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
            // Fifteen hexadecimal digits.
            scaled(first >> 4, 0x0fff_ffff_ffff_ffff)
        }
        Hashing::GrowthBook => {
            let inner = fnv1a(format!("{salt}{person}").as_bytes());
            let hash = fnv1a(inner.to_string().as_bytes());
            scaled(u64::from(hash % 10_000), 10_000)
        }
        Hashing::Flagd => {
            // Its hash has a sign, which it drops, and hundred buckets.
            let hash = murmur3(format!("{salt}{person}").as_bytes(), 0)
                .cast_signed()
                .unsigned_abs();
            let bucket = u64::from(hash) * 100 / u64::from(i32::MAX.unsigned_abs());
            scaled(bucket.min(99), 100)
        }
    }
}

/// A bucket, counted from 0, as a part of all 64-bit numbers, rounded up: so that bucket 3 of 100 is not below 3 %.
fn scaled(bucket: u64, buckets: u64) -> u64 {
    let exact = (u128::from(bucket) << 64).div_ceil(u128::from(buckets));
    u64::try_from(exact).unwrap_or(u64::MAX)
}

/// FNV-1a of 32 bits.
fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

/// MurmurHash3, x86, 32 bits.
fn murmur3(bytes: &[u8], seed: u32) -> u32 {
    let scramble = |word: u32| {
        word.wrapping_mul(0xcc9e_2d51)
            .rotate_left(15)
            .wrapping_mul(0x1b87_3593)
    };
    let mut hash = seed;
    let (words, rest) = bytes.as_chunks::<4>();
    for word in words {
        hash = (hash ^ scramble(u32::from_le_bytes(*word)))
            .rotate_left(13)
            .wrapping_mul(5)
            .wrapping_add(0xe654_6b64);
    }
    let tail = rest
        .iter()
        .rev()
        .fold(0_u32, |word, byte| (word << 8) | u32::from(*byte));
    hash ^= scramble(tail);
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    hash ^= length;
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}
