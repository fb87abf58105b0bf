//! What the house writes: the streams that readers can stop.

use std::sync::Arc;

use front::Routes;
use kernel::Clock;
use post::streams::{StopLinks, Stream, Streams};
use registry::Registry;
use store::Store;

/// The streams of all services, in the order in which a person sees them.
const STREAMS: [Stream; 0] = [];

/// What readers do about letters.
pub fn pages(registry: &Registry, store: &Store, clock: &Clock) -> Routes {
    let options = registry.options();
    let links = StopLinks::new(&options.base, &options.secret);
    let streams = Streams::new(store.clone(), clock.clone(), links, STREAMS.to_vec());
    post::pages::of_streams(Arc::new(streams))
}
