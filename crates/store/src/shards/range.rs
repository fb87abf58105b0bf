//! A range of virtual shards, as people write it: `17`, `0-2047`, `all`.

use std::fmt;
use std::str::FromStr;

use kernel::{VIRTUAL_SHARDS, VirtualShard};

/// From `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VshardRange {
    pub first: VirtualShard,
    pub last: VirtualShard,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a range of virtual shards is `17`, `0-2047` or `all`; the last there is is {}", VIRTUAL_SHARDS - 1)]
pub struct BadRange;

impl VshardRange {
    pub const ALL: VshardRange = VshardRange {
        first: VirtualShard::FIRST,
        last: VirtualShard::LAST,
    };

    /// `None` when it would be empty or reach beyond the last virtual shard.
    pub fn new(first: u16, last: u16) -> Option<VshardRange> {
        let (first, last) = (VirtualShard::new(first)?, VirtualShard::new(last)?);
        (first <= last).then_some(VshardRange { first, last })
    }

    pub fn contains(self, vshard: VirtualShard) -> bool {
        self.first <= vshard && vshard <= self.last
    }

    /// How many virtual shards it holds.
    pub fn count(self) -> u16 {
        (self.last.number() + 1).saturating_sub(self.first.number())
    }

    /// What both hold, if anything.
    pub fn intersection(self, other: VshardRange) -> Option<VshardRange> {
        let (first, last) = (self.first.max(other.first), self.last.min(other.last));
        (first <= last).then_some(VshardRange { first, last })
    }

    pub fn shards(self) -> impl Iterator<Item = VirtualShard> {
        (self.first.number()..=self.last.number()).filter_map(VirtualShard::new)
    }

    pub(crate) fn of_columns(first: i64, last: i64) -> Option<VshardRange> {
        VshardRange::new(u16::try_from(first).ok()?, u16::try_from(last).ok()?)
    }

    pub(crate) fn first_column(self) -> i64 {
        i64::from(self.first.number())
    }

    pub(crate) fn last_column(self) -> i64 {
        i64::from(self.last.number())
    }
}

impl fmt::Display for VshardRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            self.first.fmt(f)
        } else {
            write!(f, "{}-{}", self.first, self.last)
        }
    }
}

impl FromStr for VshardRange {
    type Err = BadRange;

    fn from_str(text: &str) -> Result<VshardRange, BadRange> {
        if text == "all" {
            return Ok(VshardRange::ALL);
        }
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let number = |text: &str| text.trim().parse::<u16>().map_err(|_| BadRange);
        VshardRange::new(number(first)?, number(last)?).ok_or(BadRange)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_reads_as_it_prints() {
        for (text, prints) in [
            ("17", "17"),
            ("0-2047", "0-2047"),
            ("all", "0-4095"),
            (" 3 - 3 ", "3"),
        ] {
            let range: VshardRange = text.parse().unwrap();
            assert_eq!(range.to_string(), prints);
            assert_eq!(range.to_string().parse(), Ok(range));
        }
        for text in ["", "x", "-1", "5-4", "0-4096", "1-2-3", "70000"] {
            assert_eq!(text.parse::<VshardRange>(), Err(BadRange), "{text:?}");
        }
    }

    #[test]
    fn ranges_meet_where_they_overlap() {
        let range = |first, last| VshardRange::new(first, last).unwrap();
        assert_eq!(range(0, 10).intersection(range(5, 20)), Some(range(5, 10)));
        assert_eq!(range(0, 10).intersection(range(11, 20)), None);
        assert_eq!(range(3, 7).count(), 5);
        assert_eq!(range(3, 7).shards().count(), 5);
    }
}
