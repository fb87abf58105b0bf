//! Calendars among their neighbours: what they hear of people.

use bell::{Bell, Failed, Hear};
use calendar::Calendars;
use futures_util::future::BoxFuture;
use store::outbox::Change;

use crate::segmentation::person;

/// What is heard for calendars.
pub fn hearing(bell: Bell, calendars: &Calendars) -> Bell {
    bell.hear("registry.person.deleted", Forgetter(calendars.clone()))
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
