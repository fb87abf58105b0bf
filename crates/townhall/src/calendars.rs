//! Calendars among their neighbours: what they hear of people, and who people are.

use std::sync::Arc;

use bell::{Bell, Failed, Hear};
use calendar::{Address, Calendars, Card, People, Shelf};
use dial::outside::Outside;
use front::Routes;
use futures_util::future::BoxFuture;
use kernel::{Clock, Id, PersonId};
use registry::people::types::Person;
use registry::{Registry, groups};
use store::outbox::Change;
use store::{Store, StoreError};

use crate::config::Config;
use crate::segmentation::person;

/// What is heard for calendars.
pub fn hearing(bell: Bell, calendars: &Calendars) -> Bell {
    let bell = calendars.hearing(bell);
    bell.hear("registry.person.deleted", Forgetter(calendars.clone()))
        .hear(groups::MEMBER, Joiner(calendars.clone()))
        .hear(groups::DELETED, Ender(calendars.clone()))
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

/// The bell, with what calendars leave for later.
pub fn later(bell: Bell, calendars: &Calendars, config: &Config) -> Bell {
    let maildir = &config.calendar.maildir;
    let bell = calendars.later(bell);
    match maildir.as_os_str().is_empty() {
        true => bell,
        false => calendars.reading_mail(bell, maildir.clone()),
    }
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

/// Has calendars that are shared with a group follow those who come into it and leave it.
struct Joiner(Calendars);

impl Hear for Joiner {
    fn hear<'a>(&'a self, change: &'a Change) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async move {
            let [group, person] = change.ids()?;
            let told = self.0.group_changed(group, PersonId(person));
            told.await.map_err(|error| Failed::because(error.to_string()))
        })
    }
}

/// Has calendars know that a group is no more.
struct Ender(Calendars);

impl Hear for Ender {
    fn hear<'a>(&'a self, change: &'a Change) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async move {
            let [group] = change.ids()?;
            let told = self.0.group_deleted(group).await;
            told.map_err(|error| Failed::because(error.to_string()))
        })
    }
}

/// The registry, as calendars ask for people.
struct Neighbours(Arc<Registry>);

impl Neighbours {
    /// `None`: they are no more.
    async fn card_of(&self, person: &Person) -> Result<Option<Card>, StoreError> {
        let Some(about) = person.about() else {
            return Ok(None);
        };
        Ok(Some(Card {
            name: about.name.to_string(),
            email: about.email.as_ref().map(ToString::to_string),
            former: self.0.former_emails(person).await?,
            language: about.language,
            zone: about.zone.as_str().to_owned(),
        }))
    }
}

impl People for Neighbours {
    fn cards<'a>(&'a self, people: &'a [PersonId]) -> BoxFuture<'a, Result<Vec<Option<Card>>, StoreError>> {
        Box::pin(async move {
            let mut cards = Vec::with_capacity(people.len());
            for person in self.0.all_of(people).await? {
                cards.push(match &person {
                    Some(person) => self.card_of(person).await?,
                    None => None,
                });
            }
            Ok(cards)
        })
    }

    fn bearers<'a>(
        &'a self,
        emails: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Option<PersonId>>, StoreError>> {
        Box::pin(self.0.last_bearers(emails))
    }

    fn group(&self, group: Id) -> BoxFuture<'_, Result<Option<String>, String>> {
        Box::pin(async move {
            let found = self.0.known_group(group).await;
            let found = found.map_err(|error| error.to_string())?;
            Ok(found.map(|group| group.name.into_string()))
        })
    }

    fn groups<'a>(&'a self, groups: &'a [Id]) -> BoxFuture<'a, Result<Vec<(Id, String)>, String>> {
        Box::pin(async move {
            let found = self.0.known_groups(groups).await;
            let found = found.map_err(|error| error.to_string())?.into_iter();
            Ok(found.map(|group| (group.id, group.name.into_string())).collect())
        })
    }

    fn people_of_group(&self, group: Id) -> BoxFuture<'_, Result<Vec<PersonId>, String>> {
        Box::pin(async move {
            let people = self.0.people_of_group(group).await;
            people.map_err(|error| error.to_string())
        })
    }

    fn is_in_group(&self, group: Id, person: PersonId) -> BoxFuture<'_, Result<bool, String>> {
        Box::pin(async move {
            let is_in = self.0.is_in_group(group, person).await;
            is_in.map_err(|error| error.to_string())
        })
    }

    fn groups_of(&self, person: PersonId) -> BoxFuture<'_, Result<Vec<(Id, String)>, String>> {
        Box::pin(async move {
            let groups = self
                .0
                .groups_of(person)
                .await
                .map_err(|error| error.to_string())?;
            let called = groups
                .into_iter()
                .map(|one| (one.group.id, one.group.name.into_string()));
            Ok(called.collect())
        })
    }
}
