//! The service: what it holds in memory, and how that follows the store.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arc_swap::ArcSwap;
use archive::Archive;
use front::Routes;
use kernel::{Clock, Moment, Secret};
use store::{Shard, Store, StoreError, Tx};
use tokio::sync::Mutex;
use xxhash_rust::xxh3::Xxh3;

use crate::census::Census;
use crate::news::News;
use crate::numbers::Counted;
use crate::people::Population;
use crate::rules::rulebook::Rulebook;
use crate::types::{Draw, DrawNumber, Drawn, Holdout, Key, Number, Reason, Segment};
use crate::{catalog, draws, grpc, http, pages};

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
    pub(crate) archive: Archive,
    pub(crate) census: Census,
    shelf: ArcSwap<Shelf>,
    /// Draws that are marked in the census. Held while rules are read, so that what was read first never comes last.
    marked: Mutex<HashSet<DrawNumber>>,
    pub(crate) counted: Mutex<Counted>,
    /// Held while days are counted: one count after another, because each goes over everybody.
    pub(crate) days: Mutex<()>,
    /// Tells those who keep a stream open.
    pub(crate) news: Arc<News>,
    /// Whether people are kept in memory.
    pub(crate) remembers: bool,
}

/// All segments, and the rules that are compiled from them.
pub struct Shelf {
    /// By number, archived ones too.
    pub(crate) segments: Vec<Segment>,
    /// By number, those that nobody sees too.
    pub(crate) draws: Vec<Draw>,
    pub(crate) holdouts: Vec<Holdout>,
    by_key: HashMap<Key, usize>,
    pub(crate) book: Rulebook,
    /// The same on each instance that has the same rules, and another one as soon as they say something else.
    pub(crate) fingerprint: u64,
}

impl Shelf {
    fn new(stored: Stored, at: Moment) -> Shelf {
        let Stored {
            segments,
            draws,
            holdouts,
        } = stored;
        let by_key = segments.iter().enumerate().map(|(at, one)| (one.key.clone(), at));
        let drawn: Vec<Drawn> = draws.iter().filter_map(Draw::seen).collect();
        let book = Rulebook::new(&segments, &drawn, &holdouts, at);
        Shelf {
            by_key: by_key.collect(),
            fingerprint: fingerprint(&segments, &drawn, &holdouts, &book),
            book,
            segments,
            draws,
            holdouts,
        }
    }

    /// The rules of another instant, as far as what stands now tells them.
    fn at(&self, at: Moment) -> Shelf {
        let stored = Stored {
            segments: self.segments.clone(),
            draws: self.draws.clone(),
            holdouts: self.holdouts.clone(),
        };
        Shelf::new(stored, at)
    }

    /// The key of a segment that a rule names.
    pub(crate) fn key_of(&self, number: Number) -> Key {
        key_among(&self.segments, number)
    }

    pub(crate) fn with_key(&self, key: &str) -> Result<&Segment, Reason> {
        let known = Key::parse(key).ok().and_then(|key| self.by_key.get(&key));
        let segment = known.and_then(|at| self.segments.get(*at));
        segment.ok_or_else(|| Reason::NoSegment(key.to_owned()))
    }
}

/// All that rules are made of.
#[derive(Default)]
pub(crate) struct Stored {
    pub(crate) segments: Vec<Segment>,
    pub(crate) draws: Vec<Draw>,
    pub(crate) holdouts: Vec<Holdout>,
}

/// The key of a segment; its number where nobody knows it.
pub(crate) fn key_among(segments: &[Segment], number: Number) -> Key {
    let known = segments.iter().find(|segment| segment.number == number);
    known.map_or_else(
        || Key::stored(number.get().to_string()),
        |segment| segment.key.clone(),
    )
}

/// Versions tell of changes by people, and the next change of itself tells of those by time.
fn fingerprint(segments: &[Segment], drawn: &[Drawn], holdouts: &[Holdout], book: &Rulebook) -> u64 {
    let mut hasher = Xxh3::new();
    for draw in drawn {
        hasher.update(&draw.number.get().to_be_bytes());
        hasher.update(&draw.until.map_or(0, Moment::as_micros).to_be_bytes());
    }
    for holdout in holdouts {
        hasher.update(holdout.name.as_str().as_bytes());
        hasher.update(&holdout.until.map_or(0, Moment::as_micros).to_be_bytes());
    }
    for segment in segments {
        hasher.update(&segment.number.get().to_be_bytes());
        hasher.update(&segment.version.to_be_bytes());
    }
    hasher.update(&book.right_until().map_or(0, Moment::as_micros).to_be_bytes());
    hasher.digest()
}

impl Segments {
    /// Without anybody and without rules, until [`load`](Segments::load) has read them.
    pub fn new(store: Store, clock: Clock, population: Arc<dyn Population>, archive: Archive) -> Segments {
        Segments::that_remembers(true, store, clock, population, archive)
    }

    /// One that writes down what is heard of people and keeps nobody in memory: for processes that answer nothing about
    /// segments. Those that do follow the store.
    pub fn scribe(store: Store, clock: Clock, population: Arc<dyn Population>, archive: Archive) -> Segments {
        Segments::that_remembers(false, store, clock, population, archive)
    }

    fn that_remembers(
        remembers: bool,
        store: Store,
        clock: Clock,
        population: Arc<dyn Population>,
        archive: Archive,
    ) -> Segments {
        let shelf = Shelf::new(Stored::default(), clock.now());
        Segments(Arc::new(Inner {
            store,
            clock,
            population,
            archive,
            census: Census::default(),
            shelf: ArcSwap::from_pointee(shelf),
            marked: Mutex::default(),
            counted: Mutex::default(),
            days: Mutex::default(),
            news: News::new(),
            remembers,
        }))
    }

    /// The rules of this instant. Those that a step or an end has changed meanwhile are made anew first.
    pub(crate) fn shelf(&self, at: Moment) -> Arc<Shelf> {
        let shelf = self.0.shelf.load_full();
        if shelf.book.right_until().is_none_or(|until| at < until) {
            return shelf;
        }
        let fresh = Arc::new(shelf.at(at));
        // Whoever put other rules there meanwhile knew more.
        self.0.shelf.compare_and_swap(&shelf, Arc::clone(&fresh));
        fresh
    }

    pub(crate) fn shelf_now(&self) -> Arc<Shelf> {
        self.shelf(self.0.clock.now())
    }

    pub(crate) fn now(&self) -> Moment {
        self.0.clock.now()
    }

    pub(crate) fn is_to_come(&self, at: Moment) -> bool {
        self.0.clock.now() < at
    }

    /// What the service answers over HTTP and gRPC, to programs and to people. Addresses that it gives away are below
    /// `base`, where the house is reached, and signed by its secret.
    pub fn routes(&self, base: &str, secret: &Secret) -> Routes {
        let routes = http::routes().merge(pages::routes()).with_state(self.clone());
        let flags = http::flags(self, base, secret);
        routes.merge(flags).merge(grpc::routes(self))
    }

    /// Reads all rules again: after a change, by whomever. Who was drawn is marked before anybody can see the draw.
    pub(crate) async fn reload_rules(&self) -> Result<(), StoreError> {
        let mut marked = self.0.marked.lock().await;
        let stored = self.home()?.read(stored).await?;
        for drawn in stored.draws.iter().filter_map(Draw::seen) {
            if !marked.contains(&drawn.number) {
                self.load_drawn(drawn.number, drawn.at).await?;
                marked.insert(drawn.number);
            }
        }
        let shelf = Shelf::new(stored, self.0.clock.now());
        self.0.shelf.store(Arc::new(shelf));
        self.0.news.of_everybody();
        Ok(())
    }

    /// A server that has all that stands everywhere.
    pub(crate) fn home(&self) -> Result<Shard, StoreError> {
        let first = self.0.store.everywhere().into_iter().next();
        first.ok_or_else(|| StoreError::broken("a house without a server"))
    }
}

/// Work that is too long for a thread that answers others. `what` is told of when it panics.
pub(crate) async fn blocking<T: Send + 'static>(
    what: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| StoreError::broken(format!("{what} broke off")))
}

pub(crate) fn stored(tx: &mut Tx<'_>) -> Result<Stored, StoreError> {
    Ok(Stored {
        segments: catalog::rows::all(tx)?,
        draws: draws::rows::all(tx)?,
        holdouts: catalog::holdouts::rows::all(tx)?,
    })
}
