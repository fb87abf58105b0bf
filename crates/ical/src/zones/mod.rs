//! Zones: what a TZID means, and which instant a local time is.
//!
//! What this module keeps true:
//! * Every local time is exactly one instant: in a gap by the offset before it, and of two the first (RFC 5545, 3.3.5).
//! * A name that the database of zones knows counts more than a VTIMEZONE beside it. Clients write the rules that they
//!   had when they were built, and often for one year only; the database is kept up to date, and two events in
//!   `Europe/Berlin` must not lie an hour apart because different programs wrote them. Rules of an object's own count where
//!   the name says nothing.

mod names;
pub(crate) mod own;
pub(crate) mod table;
#[cfg(test)]
mod tests;
mod written;

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::recurrence::days::{DAY, datetime_of, local_of};
use table::{Stretch, Table};

pub use own::{Observance, OwnZone, OwnZoneError};

/// What local times are to be read by.
#[derive(Clone)]
pub struct Zone(Kind);

#[derive(Clone)]
enum Kind {
    Utc,
    Floating,
    Ruled(Arc<Ruled>),
}

struct Ruled {
    id: String,
    own: bool,
    table: Table,
}

/// Zones of the database that were laid out already. They are what the database said when first asked.
static LAID_OUT: RwLock<Option<HashMap<String, Zone>>> = RwLock::new(None);

/// How often clocks show a local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    Once,
    /// What is set to it takes place the first time.
    Twice,
    /// Never; what is set to it takes place when they show another one.
    Skips {
        to: DateTime,
    },
}

impl Zone {
    pub const UTC: Zone = Zone(Kind::Utc);
    /// The same local time wherever the viewer is.
    pub const FLOATING: Zone = Zone(Kind::Floating);

    /// A zone of the database by its own name, in any case; old names are known too.
    pub fn iana(name: &str) -> Option<Zone> {
        let zone = database(name)?;
        let id = zone.iana_name()?.to_owned();
        let known = LAID_OUT.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(zone) = known.as_ref().and_then(|known| known.get(&id)) {
            return Some(zone.clone());
        }
        drop(known);
        let laid_out = Zone(Kind::Ruled(Arc::new(Ruled {
            id: id.clone(),
            own: false,
            table: Table::of_database(&zone),
        })));
        let mut known = LAID_OUT.write().unwrap_or_else(PoisonError::into_inner);
        known
            .get_or_insert_with(HashMap::new)
            .insert(id, laid_out.clone());
        Some(laid_out)
    }

    /// The same offset for ever, in seconds east of UTC.
    pub fn fixed(offset: i32) -> Zone {
        if offset == 0 {
            return Zone::UTC;
        }
        let (hours, rest) = (offset.abs() / 3_600, offset.abs() % 3_600);
        let sign = if offset < 0 { '-' } else { '+' };
        Zone(Kind::Ruled(Arc::new(Ruled {
            id: format!("UTC{sign}{hours:02}:{:02}", rest / 60),
            own: false,
            table: Table::fixed(i64::from(offset)),
        })))
    }

    /// The zone that an object brings with it.
    pub fn own(zone: &OwnZone) -> Result<Zone, OwnZoneError> {
        let compiled = own::Compiled::new(zone)?;
        Ok(Zone(Kind::Ruled(Arc::new(Ruled {
            id: zone.id.clone(),
            own: true,
            table: Table::of_own(Arc::new(compiled)),
        }))))
    }

    pub fn is_floating(&self) -> bool {
        matches!(self.0, Kind::Floating)
    }

    fn is_utc_by_name(&self) -> bool {
        matches!(&self.0, Kind::Ruled(ruled) if ruled.id.ends_with("UTC"))
    }

    pub fn is_utc(&self) -> bool {
        matches!(self.0, Kind::Utc)
    }

    /// Whether its rules came with an object.
    pub fn is_own(&self) -> bool {
        matches!(&self.0, Kind::Ruled(ruled) if ruled.own)
    }

    /// The name for a TZID; none for UTC and floating times, which have none.
    pub fn id(&self) -> Option<&str> {
        match &self.0 {
            Kind::Ruled(ruled) => Some(&ruled.id),
            Kind::Utc | Kind::Floating => None,
        }
    }

    /// The instant of a local time. Floating is read as UTC: whoever knows the viewer's zone asks that one.
    pub fn instant_of(&self, local: DateTime) -> Timestamp {
        Timestamp::from_second(self.resolve(local_of(local))).unwrap_or(Timestamp::MAX)
    }

    /// The instant at which a day begins.
    pub fn start_of(&self, day: Date) -> Timestamp {
        self.instant_of(day.at(0, 0, 0, 0))
    }

    /// What clocks show at an instant.
    pub fn local_at(&self, instant: Timestamp) -> DateTime {
        let second = second_of(instant);
        datetime_of(second + self.offset_at(second))
    }

    /// What clocks do with a local time on its day.
    pub fn shows(&self, local: DateTime) -> Shows {
        let first = self.instant_of(local);
        let shown = self.local_at(first);
        if shown != local {
            return Shows::Skips { to: shown };
        }
        let later = local_of(local) - self.offset_at(second_of(first) + DAY);
        let shows_again = later > second_of(first) && later + self.offset_at(later) == local_of(local);
        if shows_again { Shows::Twice } else { Shows::Once }
    }

    pub(crate) fn resolve(&self, local: i64) -> i64 {
        local - self.stretch_of(local).offset
    }

    pub(crate) fn offset_at(&self, instant: i64) -> i64 {
        match &self.0 {
            Kind::Ruled(ruled) => ruled.table.offset_at(instant),
            Kind::Utc | Kind::Floating => 0,
        }
    }

    pub(crate) fn stretch_of(&self, local: i64) -> Stretch {
        match &self.0 {
            Kind::Ruled(ruled) => ruled.table.stretch_of(local),
            Kind::Utc | Kind::Floating => Stretch {
                from: i64::MIN,
                to: i64::MAX,
                offset: 0,
                gap: false,
            },
        }
    }
}

/// A number for the rules of all zones that this program reads times by: another one when any of them changed between 2020 and
/// 2060. So whoever keeps what follows from rules knows when to work it out again, wherever the rules came from.
pub fn fingerprint() -> i64 {
    static OF_ALL: OnceLock<i64> = OnceLock::new();
    *OF_ALL.get_or_init(|| {
        let bundled = TimeZoneDatabase::bundled();
        let names = jiff::tz::db().available().chain(bundled.available());
        let names: BTreeSet<String> = names.map(|name| name.to_string()).collect();
        let rules = names.iter().filter_map(|name| Some((name, database(name)?)));
        let hash = rules.fold(FNV_BASIS, |hash, (name, zone)| {
            of_rules(mixed(hash, name.as_bytes()), &zone)
        });
        i64::from_be_bytes(hash.to_be_bytes())
    })
}

fn of_rules(hash: u64, zone: &TimeZone) -> u64 {
    const FROM: Timestamp = Timestamp::constant(1_577_836_800, 0);
    const TO: Timestamp = Timestamp::constant(2_840_140_800, 0);
    let hash = mixed(hash, &zone.to_offset(FROM).seconds().to_be_bytes());
    let changes = zone.following(FROM).take_while(|change| change.timestamp() < TO);
    changes.fold(hash, |hash, change| {
        let hash = mixed(hash, &change.timestamp().as_second().to_be_bytes());
        mixed(hash, &change.offset().seconds().to_be_bytes())
    })
}

/// FNV-1a: the same in each build and on each machine.
const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;

fn mixed(hash: u64, bytes: &[u8]) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(hash, mix)
}

/// A zone of the machine's database, or of the one that is compiled in: some machines have no old names.
fn database(name: &str) -> Option<TimeZone> {
    static COMPILED_IN: OnceLock<TimeZoneDatabase> = OnceLock::new();
    TimeZone::get(name)
        .or_else(|_| COMPILED_IN.get_or_init(TimeZoneDatabase::bundled).get(name))
        .ok()
}

/// The second that an instant lies in.
pub(crate) fn second_of(instant: Timestamp) -> i64 {
    instant.as_second() - i64::from(instant.subsec_nanosecond() < 0)
}

/// Zones are equal that have one name, but for those of objects: each of these is equal to itself only.
impl PartialEq for Zone {
    fn eq(&self, other: &Zone) -> bool {
        match (&self.0, &other.0) {
            (Kind::Utc, Kind::Utc) | (Kind::Floating, Kind::Floating) => true,
            (Kind::Ruled(one), Kind::Ruled(other)) => {
                Arc::ptr_eq(one, other) || !one.own && !other.own && one.id == other.id
            }
            _ => false,
        }
    }
}

impl Eq for Zone {}

impl fmt::Debug for Zone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Utc => out.write_str("Zone::UTC"),
            Kind::Floating => out.write_str("Zone::FLOATING"),
            Kind::Ruled(ruled) if ruled.own => write!(out, "Zone::own({:?})", ruled.id),
            Kind::Ruled(ruled) => write!(out, "Zone::iana({:?})", ruled.id),
        }
    }
}
