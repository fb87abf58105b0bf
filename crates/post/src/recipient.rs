//! Whom a letter goes to, as they are when it is written.

use futures_util::future::BoxFuture;
use kernel::{Id, Language, PersonId};
use store::StoreError;

use crate::letters::Outsider;

/// A reader: where letters reach them, and how they want to be written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// `None` for somebody outside the house.
    pub person: Option<PersonId>,
    pub email: String,
    pub name: String,
    pub language: Language,
    /// IANA name of their time zone.
    pub zone: String,
}

impl Recipient {
    /// Whose rows what they stopped and what was sent to them is: the person's, or those of the address.
    pub fn owner(&self) -> Id {
        match self.person {
            Some(person) => person.0,
            None => Recipient::owner_of_address(&self.email),
        }
    }

    /// The owner of the rows about an address that belongs to nobody in the house. Small and capital letters are one.
    pub fn owner_of_address(email: &str) -> Id {
        Id::named("email", &email.to_lowercase())
    }
}

impl From<&Outsider> for Recipient {
    fn from(outsider: &Outsider) -> Recipient {
        Recipient {
            person: None,
            email: outsider.email.clone(),
            name: outsider.name.clone(),
            language: outsider.language(),
            zone: outsider.zone.clone(),
        }
    }
}

/// Who knows people. The registry does; post asks at the moment of writing.
pub trait Recipients: Send + Sync + 'static {
    /// `None` when nobody of this id can be written to: deleted, blocked, or without an address.
    fn recipient(&self, person: PersonId) -> BoxFuture<'_, Result<Option<Recipient>, StoreError>>;

    /// The same for many at once, in their order: a batch of letters asks once.
    fn recipients<'a>(
        &'a self,
        people: &'a [PersonId],
    ) -> BoxFuture<'a, Result<Vec<Option<Recipient>>, StoreError>>;

    /// Whose address this is, whether or not they can be written to.
    fn bearer<'a>(&'a self, email: &'a str) -> BoxFuture<'a, Result<Option<PersonId>, StoreError>>;
}
