//! Calendars among their neighbours: what they hear of people, and who people are.

use std::sync::Arc;

use bell::{Bell, Failed, Hear};
use calendar::{Address, Calendars, Card, People, Shelf};
use dial::outside::Outside;
use front::Routes;
use futures_util::future::BoxFuture;
use kernel::{Clock, PersonId};
use post::Recipients;
use registry::Registry;
use store::Store;
use store::outbox::Change;

use crate::config::Config;
use crate::segmentation::person;

/// What is heard for calendars.
pub fn hearing(bell: Bell, calendars: &Calendars) -> Bell {
    let bell = calendars.hearing(bell);
    bell.hear("registry.person.deleted", Forgetter(calendars.clone()))
}

/// Calendars among people of the registry.
pub fn open(
    config: &Config,
    store: Store,
    clock: Clock,
    registry: &Arc<Registry>,
) -> anyhow::Result<Calendars> {
    let mut outside = Outside::new(config.calendar.private_addresses).map_err(anyhow::Error::msg)?;
    let roots = &config.calendar.root_cert;
    if !roots.as_os_str().is_empty() {
        let trusting = outside.trusting(roots);
        outside =
            trusting.map_err(|why| anyhow::anyhow!("calendar.root_cert: {}: {why}", roots.display()))?;
    }
    let people = Arc::new(Neighbours(Arc::clone(registry)));
    let address = Address {
        base: registry.options().base.clone(),
        secret: registry.options().secret.clone(),
    };
    Ok(Calendars::new(store, clock, people, address, outside))
}

/// What calendars answer to pages, programs and calendar programs.
pub fn routes(calendars: &Calendars) -> Routes {
    let shelf = Shelf::new(calendars.clone());
    calendars.routes().merge(dav::routes(Arc::new(shelf)))
}

/// Deletes what was somebody's who is no more.
struct Forgetter(Calendars);

impl Hear for Forgetter {
    fn hear<'a>(&'a self, change: &'a Change) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async move {
            let forgotten = self.0.forget(person(change)?).await;
            forgotten.map_err(|error| Failed::because(error.to_string()))
        })
    }
}

/// The registry, as calendars ask for people.
struct Neighbours(Arc<Registry>);

impl People for Neighbours {
    fn card(&self, person: PersonId) -> BoxFuture<'_, Result<Option<Card>, String>> {
        Box::pin(async move {
            let found = self
                .0
                .all_of(&[person])
                .await
                .map_err(|error| error.to_string())?;
            let found = found.into_iter().next().flatten();
            Ok(found.as_ref().and_then(|found| found.about()).map(|about| Card {
                name: about.name.to_string(),
                email: about.email.as_ref().map(ToString::to_string),
                language: about.language,
                zone: about.zone.as_str().to_owned(),
            }))
        })
    }

    fn bearer<'a>(&'a self, email: &'a str) -> BoxFuture<'a, Result<Option<PersonId>, String>> {
        Box::pin(async move {
            let found = Recipients::bearer(&*self.0, email).await;
            found.map_err(|error| error.to_string())
        })
    }
}
