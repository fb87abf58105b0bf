//! Who people are, as calendars ask.

use futures_util::future::BoxFuture;
use ical::mailbox;
use kernel::{Id, Language, PersonId};
use store::StoreError;

use crate::rules::itip::Mine;
use crate::service::Visitor;

/// A person as others address them, and how they read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    pub name: String,
    pub email: Option<String>,
    /// What others called them by before, and calls nobody else since.
    pub former: Vec<String>,
    pub language: Language,
    /// Of the IANA database.
    pub zone: String,
}

impl Card {
    /// Them, as somebody who looks at their own.
    pub(crate) fn visitor(&self, person: PersonId) -> Visitor {
        Visitor {
            id: person,
            language: self.language,
            zone: self.zone.clone(),
        }
    }
}

/// Fulfilled by whoever knows people. An error of the store says whether it passes.
pub trait People: Send + Sync + 'static {
    /// Of many at once, in their order. `None`: nobody.
    fn cards<'a>(&'a self, people: &'a [PersonId]) -> BoxFuture<'a, Result<Vec<Option<Card>>, StoreError>>;

    /// Of one.
    fn card(&self, person: PersonId) -> BoxFuture<'_, Result<Option<Card>, StoreError>> {
        Box::pin(async move { Ok(self.cards(&[person]).await?.pop().flatten()) })
    }

    /// Whose e-mail addresses they are, or were last, in their order.
    fn bearers<'a>(
        &'a self,
        emails: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Option<PersonId>>, StoreError>>;

    /// Whose it is, or was last.
    fn bearer<'a>(&'a self, email: &'a str) -> BoxFuture<'a, Result<Option<PersonId>, StoreError>> {
        Box::pin(async move { Ok(self.bearers(&[email.to_owned()]).await?.pop().flatten()) })
    }

    /// How a group is called. `None`: there is none.
    fn group(&self, group: Id) -> BoxFuture<'_, Result<Option<String>, String>>;

    /// Of many at once, in no order. Those that cannot be asked for now are left out.
    fn groups<'a>(&'a self, groups: &'a [Id]) -> BoxFuture<'a, Result<Vec<(Id, String)>, String>>;

    /// Everybody in a group.
    fn people_of_group(&self, group: Id) -> BoxFuture<'_, Result<Vec<PersonId>, String>>;

    fn is_in_group(&self, group: Id, person: PersonId) -> BoxFuture<'_, Result<bool, String>>;

    /// The groups that somebody is in, and how they are called.
    fn groups_of(&self, person: PersonId) -> BoxFuture<'_, Result<Vec<(Id, String)>, String>>;
}

const PRINCIPALS: &str = "/dav/principals/";
const URN: &str = "urn:uuid:";

/// All calendar addresses of a person, as CalDAV says them.
pub(crate) fn addresses(person: PersonId, card: &Card) -> Mine {
    let mailto = |email: &String| format!("mailto:{email}");
    let lasting = [format!("{PRINCIPALS}{person}/"), format!("{URN}{person}")];
    let former = card.former.iter().map(mailto);
    Mine(
        card.email
            .iter()
            .map(mailto)
            .chain(lasting)
            .chain(former)
            .collect(),
    )
}

/// The person whom a calendar address names by their id.
pub(crate) fn named(address: &str) -> Option<PersonId> {
    let address = address.trim();
    let id = match address.split_once(PRINCIPALS) {
        Some((_, rest)) => rest.trim_end_matches('/'),
        None => address.strip_prefix(URN)?,
    };
    id.parse().ok().map(PersonId)
}

/// A calendar address as it is compared: of a person of the house by their id, of everybody else by their mailbox.
pub(crate) fn called(address: &str) -> String {
    match (named(address), mailbox(address)) {
        (Some(person), _) => called_by_id(person),
        (None, Some(email)) => format!("mailto:{}", email.to_lowercase()),
        (None, None) => address.trim().to_owned(),
    }
}

/// The same of a person of the house.
pub(crate) fn called_by_id(person: PersonId) -> String {
    format!("{URN}{person}")
}
