//! What the house writes: the streams that readers can stop, and how each letter looks.

use std::sync::Arc;

use calendar::Calendars;
use front::Routes;
use kernel::{Clock, Secret};
use post::pages::{Desk, Looks};
use post::streams::{StopLinks, Stream, Streams};
use post::{Desks, NotFinished, Specimens, Stationery};
use registry::Registry;
use store::Store;

/// The streams of all services, in the order in which a person sees them.
const STREAMS: [Stream; 3] = calendar::letters::STREAMS;

/// Who writes which letters. Whichever services run here: the post office of each process writes those of all.
pub fn desks(registry: &Arc<Registry>, calendars: &Calendars) -> Desks {
    registry::links::desks(registry).and(calendar::letters::desks(calendars))
}

/// What readers do about letters, and what administrators see of them.
pub fn pages(registry: &Registry, store: &Store, clock: &Clock, desk: Desk) -> anyhow::Result<Routes> {
    let options = registry.options();
    let links = StopLinks::new(&options.base, &options.secret);
    let streams = Streams::new(store.clone(), clock.clone(), links, STREAMS.to_vec());
    let looks = Looks::new(specimens(&options.house, &options.base)?, clock.clone());
    Ok(post::pages::of_streams(Arc::new(streams)).merge(post::pages::of_desk(desk, looks)))
}

/// Every letter of the house with sample data. Links in them open nothing, so they are signed with no secret of ours.
pub fn specimens(house: &str, base: &str) -> Result<Specimens, NotFinished> {
    Ok(Specimens {
        all: [
            &registry::links::SPECIMENS[..],
            &calendar::letters::SPECIMENS[..],
            &post::SPECIMENS[..],
        ]
        .concat(),
        reader: registry::demo::reader,
        stationery: Stationery::new(house, base, "townhall@townhall.example", &Secret::random())?,
    })
}
