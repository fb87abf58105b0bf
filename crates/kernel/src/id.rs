//! Ids that order by time and know where their rows live.
//!
//! Our own ids are UUIDs of version 8 (RFC 9562): 48 bits of milliseconds, 12 bits of virtual shard, 62 random bits.
//! An id that came from outside (a person's GUID) is hashed to its virtual shard instead. Either way the virtual
//! shard is a pure function of the sixteen bytes, so that no look-up is needed to route a request.

use std::fmt;
use std::str::FromStr;

use crate::Moment;

/// How many virtual shards there are. Fixed for ever: it is part of every id that was ever handed out.
pub const VIRTUAL_SHARDS: u16 = 4096;

const VERSION_OURS: u8 = 8;

/// One of [`VIRTUAL_SHARDS`] buckets that owners fall into; servers own ranges of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VirtualShard(u16);

impl VirtualShard {
    pub const FIRST: VirtualShard = VirtualShard(0);
    pub const LAST: VirtualShard = VirtualShard(VIRTUAL_SHARDS - 1);

    /// `None` when there is no such virtual shard.
    pub fn new(number: u16) -> Option<VirtualShard> {
        (number < VIRTUAL_SHARDS).then_some(VirtualShard(number))
    }

    /// The virtual shard that a hash falls into.
    pub fn of_hash(hash: u64) -> VirtualShard {
        let [.., high, low] = hash.to_be_bytes();
        VirtualShard(u16::from_be_bytes([high & 0x0f, low]))
    }

    pub fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Display for VirtualShard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A UUID, ours or foreign. Prints and parses in the usual form with hyphens.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id([u8; 16]);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id is 32 hexadecimal digits, as in 01997a3c-5f0e-8a31-9d2c-4b7a11c0ffee")]
pub struct BadId;

impl Id {
    /// A new id whose rows live in a virtual shard of its own choosing (at random).
    pub fn new(now: Moment) -> Id {
        let random = random_bytes();
        Id::compose(
            now,
            VirtualShard::of_hash(u64::from(u16::from_be_bytes([random[0], random[1]]))),
            random,
        )
    }

    /// A new id whose rows live beside those of `owner`.
    pub fn beside(owner: Id, now: Moment) -> Id {
        Id::compose(now, owner.virtual_shard(), random_bytes())
    }

    /// An id that is the same for the same words each time: for rows that are found by a name, such as an e-mail address.
    pub fn named(kind: &str, name: &str) -> Id {
        let hash = xxhash_rust::xxh3::xxh3_128_with_seed(
            name.as_bytes(),
            xxhash_rust::xxh3::xxh3_64(kind.as_bytes()),
        );
        let mut bytes = hash.to_be_bytes();
        // Version 4 keeps it out of the space of our own ids, so it is routed by its hash like any foreign one.
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Id(bytes)
    }

    fn compose(now: Moment, shard: VirtualShard, random: [u8; 16]) -> Id {
        let mut bytes = random;
        let millis = u64::try_from(now.as_micros() / 1000).unwrap_or(0);
        bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        let [high, low] = shard.number().to_be_bytes();
        bytes[6] = (VERSION_OURS << 4) | high;
        bytes[7] = low;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Id(bytes)
    }

    pub const fn from_bytes(bytes: [u8; 16]) -> Id {
        Id(bytes)
    }

    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Where the rows of this owner live.
    pub fn virtual_shard(self) -> VirtualShard {
        if self.0[6] >> 4 == VERSION_OURS && self.0[8] >> 6 == 0b10 {
            VirtualShard(u16::from_be_bytes([self.0[6] & 0x0f, self.0[7]]))
        } else {
            VirtualShard::of_hash(xxhash_rust::xxh3::xxh3_64(&self.0))
        }
    }
}

fn random_bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    crate::secret::fill_random(&mut bytes);
    bytes
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // At once: sixteen calls of the formatter for each id were a tenth of finding a time for many people.
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [b'-'; 36];
        let mut at = 0;
        for (number, byte) in self.0.iter().enumerate() {
            at += usize::from(matches!(number, 4 | 6 | 8 | 10));
            text[at] = DIGITS[usize::from(byte >> 4)];
            text[at + 1] = DIGITS[usize::from(byte & 0x0f)];
            at += 2;
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Id {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Id, BadId> {
        let mut bytes = [0u8; 16];
        let mut digits = 0;
        for (at, character) in text.bytes().enumerate() {
            if character == b'-' && matches!(at, 8 | 13 | 18 | 23) {
                continue;
            }
            let value = char::from(character)
                .to_digit(16)
                .and_then(|d| u8::try_from(d).ok())
                .ok_or(BadId)?;
            let byte = bytes.get_mut(digits / 2).ok_or(BadId)?;
            *byte = (*byte << 4) | value;
            digits += 1;
        }
        if digits == 32 { Ok(Id(bytes)) } else { Err(BadId) }
    }
}

/// A person in the registry. A GUID from outside or one of ours.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(pub Id);

impl PersonId {
    pub fn new(now: Moment) -> PersonId {
        PersonId(Id::new(now))
    }
}

impl From<PersonId> for Id {
    fn from(person: PersonId) -> Id {
        person.0
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for PersonId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<PersonId, BadId> {
        text.parse().map(PersonId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Moment = Moment::from_micros(1_795_000_000_000_000);

    #[test]
    fn our_ids_carry_their_virtual_shard_and_order_by_time() {
        let owner = Id::new(NOW);
        let row = Id::beside(owner, NOW.plus_seconds(1));
        assert_eq!(row.virtual_shard(), owner.virtual_shard());
        assert!(row > owner);
        assert_eq!(&row.to_string()[14..15], "8");
    }

    #[test]
    fn a_name_always_gives_the_same_id() {
        assert_eq!(
            Id::named("email", "a@example.org"),
            Id::named("email", "a@example.org")
        );
        assert_ne!(
            Id::named("email", "a@example.org"),
            Id::named("phone", "a@example.org")
        );
    }

    #[test]
    fn foreign_ids_spread_over_the_virtual_shards() {
        let mut counts = vec![0u32; usize::from(VIRTUAL_SHARDS)];
        for n in 0..VIRTUAL_SHARDS * 8 {
            let id = Id::named("guid", &n.to_string());
            counts[usize::from(id.virtual_shard().number())] += 1;
        }
        assert!(counts.iter().all(|&n| n < 40), "no virtual shard is crowded");
        assert!(
            counts.iter().filter(|&&n| n == 0).count() < 20,
            "hardly any virtual shard is empty"
        );
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        for text in [
            "",
            "x",
            "01997a3c-5f0e-8a31-9d2c-4b7a11c0ffe",
            "01997a3c5f0e8a319d2c4b7a11c0ffee0",
            "0-1997a3c5f0e8a319d2c4b7a11c0ffee",
        ] {
            assert_eq!(text.parse::<Id>(), Err(BadId), "{text:?}");
        }
        assert!(
            "01997A3C5F0E8A319D2C4B7A11C0FFEE".parse::<Id>().is_ok(),
            "without hyphens, upper case"
        );
    }

    proptest! {
        #[test]
        fn an_id_survives_print_and_parse(bytes: [u8; 16]) {
            let id = Id::from_bytes(bytes);
            prop_assert_eq!(id.to_string().parse::<Id>(), Ok(id));
            prop_assert!(id.virtual_shard() <= VirtualShard::LAST);
        }
    }
}
