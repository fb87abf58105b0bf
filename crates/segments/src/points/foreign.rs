//! Points as other houses compute them, so that a rollout that runs there moves in and nobody changes sides.
//!
//! Each gives a bucket out of some number of buckets; scaled to 64 bits it is below a share's threshold exactly when the
//! other house would say that it is in the share. Some let in the bucket that the share names, others stop before it.
//! Where a house leaves the choice of what is hashed, `salt` is what stands beside the person: Unleash's group,
//! LaunchDarkly's `key.salt`, GrowthBook's seed, flagd's key of the flag (with the variant that lets in named first).
//!
//! `golden/` has what the libraries of those houses say of some hundred people; ours says the same.

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
            up_to(u64::from(hash % 100) + 1, 100)
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
            before(first >> 4, 0x0fff_ffff_ffff_ffff)
        }
        Hashing::GrowthBook => {
            let inner = fnv1a(format!("{salt}{person}").as_bytes());
            let hash = fnv1a(inner.to_string().as_bytes());
            // A rule's coverage lets in what is at most the share.
            up_to(u64::from(hash % 10_000), 10_000)
        }
        Hashing::Flagd => {
            // It has as many buckets as its weights add up to, which comes to comparing with the whole hash.
            u64::from(murmur3(format!("{salt}{person}").as_bytes(), 0)) << 32
        }
    }
}

/// A bucket, counted from 0, as a part of all 64-bit numbers, of a house that lets in those before the share: bucket 3 of
/// 100 is not below 3 %.
fn before(bucket: u64, buckets: u64) -> u64 {
    let exact = (u128::from(bucket) << 64).div_ceil(u128::from(buckets));
    u64::try_from(exact).unwrap_or(u64::MAX)
}

/// The same for a house that lets in those up to the share: bucket 3 of 100 is below 3 %, and not below anything less.
fn up_to(bucket: u64, buckets: u64) -> u64 {
    let exact = (u128::from(bucket) << 64) / u128::from(buckets);
    u64::try_from(exact.saturating_sub(1)).unwrap_or(u64::MAX)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::points::is_below;
    use crate::types::Share;

    /// Made by `golden/make.mjs` with the libraries of those houses.
    const GOLDEN: &str = include_str!("golden/vectors.csv");

    /// The houses in the order of the columns, and the least step of a share in each, in ten-thousandths of a per cent.
    const HOUSES: [(Hashing, u32); 4] = [
        (Hashing::Unleash, 10_000),
        (Hashing::LaunchDarkly, 10),
        (Hashing::GrowthBook, 100),
        (Hashing::Flagd, 1),
    ];

    fn share(parts: u32) -> Share {
        Share::parse_percent(&format!("{}.{:04}", parts / 10_000, parts % 10_000)).unwrap()
    }

    /// Of `11` or `73.832`.
    fn parts(text: &str) -> u32 {
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        format!("{whole}{rest:0<4}").parse().unwrap()
    }

    #[test]
    fn whoever_is_in_there_is_in_here_and_not_a_step_earlier() {
        let mut people = 0;
        for line in GOLDEN.lines().skip(1) {
            let columns: Vec<&str> = line.split(',').collect();
            let (person, salt) = (columns[0], columns[1]);
            for ((hashing, step), least) in HOUSES.into_iter().zip(&columns[2..]) {
                let point = point(hashing, salt, person);
                let least = parts(least);
                let is_in = |parts| is_below(point, share(parts).threshold());
                assert!(is_in(least), "{hashing:?} has {person} in at {least}");
                assert!(!is_in(least - step), "{hashing:?} has {person} out below {least}");
            }
            people += 1;
        }
        assert_eq!(people, 300);
    }

    #[test]
    fn between_two_steps_the_lower_one_counts_as_it_does_there() {
        // Unleash has 123 of gr1 in bucket 73: in at 73 %, and 72.9 % is not enough.
        let of_unleash = point(Hashing::Unleash, "gr1", "123");
        assert!(is_below(of_unleash, share(730_000).threshold()));
        assert!(!is_below(of_unleash, share(729_000).threshold()));
        for hashing in HOUSES.map(|(hashing, _)| hashing) {
            let point = point(hashing, "gr1", "123");
            assert!(is_below(point, Share::EVERYBODY.threshold()), "all are all");
            assert!(!is_below(point, share(0).threshold()), "nobody is nobody");
        }
    }
}
