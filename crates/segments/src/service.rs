//! The service: what it holds in memory, and how that follows the store.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use front::Routes;
use kernel::{Clock, Moment};
use store::{Store, StoreError};
use xxhash_rust::xxh3::Xxh3;

use crate::catalog;
use crate::census::Census;
use crate::http;
use crate::people::Population;
use crate::rules::rulebook::Rulebook;
use crate::types::{Key, Number, Reason, Segment};

/// Topics of the store's log.
pub(crate) const RULES: i64 = 1;
pub(crate) const PEOPLE: i64 = 2;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error(transparent)]
    Reason(#[from] Reason),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Segments of the house. Cheap to clone.
#[derive(Clone)]
pub struct Segments(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) population: Arc<dyn Population>,
    pub(crate) census: Census,
    shelf: ArcSwap<Shelf>,
}

/// All segments, and the rules that are compiled from them.
pub struct Shelf {
    /// By number, archived ones too.
    pub(crate) segments: Vec<Segment>,
    by_key: HashMap<Key, usize>,
    pub(crate) book: Rulebook,
    /// The same on each instance that has the same rules, and another one as soon as they say something else.
    pub(crate) fingerprint: u64,
}

impl Shelf {
    fn new(segments: Vec<Segment>, at: Moment) -> Shelf {
        let by_key = segments.iter().enumerate().map(|(at, one)| (one.key.clone(), at));
        let book = Rulebook::new(&segments, &[], &[], at);
        Shelf {
            by_key: by_key.collect(),
            fingerprint: fingerprint(&segments, &book),
            book,
            segments,
        }
    }

    /// The key of a segment that a rule names.
    pub(crate) fn key_of(&self, number: Number) -> Key {
        let known = self.segments.iter().find(|segment| segment.number == number);
        known.map_or_else(
            || Key::stored(number.get().to_string()),
            |segment| segment.key.clone(),
        )
    }

    pub(crate) fn with_key(&self, key: &str) -> Result<&Segment, Reason> {
        let known = Key::parse(key).ok().and_then(|key| self.by_key.get(&key));
        let segment = known.and_then(|at| self.segments.get(*at));
        segment.ok_or_else(|| Reason::NoSegment(key.to_owned()))
    }
}

/// Versions tell of changes by people, and the next change of itself tells of those by time.
fn fingerprint(segments: &[Segment], book: &Rulebook) -> u64 {
    let mut hasher = Xxh3::new();
    for segment in segments {
        hasher.update(&segment.number.get().to_be_bytes());
        hasher.update(&segment.version.to_be_bytes());
    }
    hasher.update(&book.right_until().map_or(0, Moment::as_micros).to_be_bytes());
    hasher.digest()
}

impl Segments {
    /// Without anybody and without rules, until [`load`](Segments::load) has read them.
    pub fn new(store: Store, clock: Clock, population: Arc<dyn Population>) -> Segments {
        let shelf = Shelf::new(Vec::new(), clock.now());
        Segments(Arc::new(Inner {
            store,
            clock,
            population,
            census: Census::default(),
            shelf: ArcSwap::from_pointee(shelf),
        }))
    }

    /// The rules of this instant. Those that a step or an end has changed meanwhile are made anew first.
    pub(crate) fn shelf(&self, at: Moment) -> Arc<Shelf> {
        let shelf = self.0.shelf.load_full();
        if shelf.book.right_until().is_none_or(|until| at < until) {
            return shelf;
        }
        let fresh = Arc::new(Shelf::new(shelf.segments.clone(), at));
        // Whoever put other rules there meanwhile knew more.
        self.0.shelf.compare_and_swap(&shelf, Arc::clone(&fresh));
        fresh
    }

    pub(crate) fn shelf_now(&self) -> Arc<Shelf> {
        self.shelf(self.0.clock.now())
    }

    /// What the service answers over HTTP.
    pub fn routes(&self) -> Routes {
        http::routes().with_state(self.clone())
    }

    /// Reads all rules again: after a change, by whomever.
    pub(crate) async fn reload_rules(&self) -> Result<(), StoreError> {
        let home = self.0.store.everywhere().into_iter().next();
        let home = home.ok_or_else(|| StoreError::broken("a house without a server"))?;
        let segments = home.read(catalog::rows::all).await?;
        self.0
            .shelf
            .store(Arc::new(Shelf::new(segments, self.0.clock.now())));
        Ok(())
    }
}
