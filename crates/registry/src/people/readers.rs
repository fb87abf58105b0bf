//! People as readers of letters: whoever is known, not blocked, and has an address.

use futures_util::future::BoxFuture;
use kernel::PersonId;
use post::{Recipient, Recipients};
use store::{Store, StoreError};

use super::types::{Email, Person, State};
use super::{emails, rows};
use crate::Registry;

impl Recipients for Registry {
    fn recipient(&self, person: PersonId) -> BoxFuture<'_, Result<Option<Recipient>, StoreError>> {
        Box::pin(async move {
            let found = self
                .store
                .shard_of(person)
                .read(move |tx| rows::person(tx, person))
                .await?;
            Ok(found.as_ref().and_then(reader))
        })
    }

    fn recipients<'a>(
        &'a self,
        people: &'a [PersonId],
    ) -> BoxFuture<'a, Result<Vec<Option<Recipient>>, StoreError>> {
        Box::pin(async move {
            let known = self.all_of(people).await?;
            Ok(known.iter().map(|person| reader(person.as_ref()?)).collect())
        })
    }

    fn bearer<'a>(&'a self, email: &'a str) -> BoxFuture<'a, Result<Option<PersonId>, StoreError>> {
        Box::pin(async move {
            let Ok(email) = Email::parse(email) else {
                return Ok(None);
            };
            let person = emails::bearer(&self.store, &email).await?;
            Ok(person.map(|person| person.id))
        })
    }
}

impl Registry {
    /// Who bears each of these addresses, or nobody bears it and they bore it last; in their order.
    pub async fn last_bearers(&self, emails: &[String]) -> Result<Vec<Option<PersonId>>, StoreError> {
        let asked: Vec<Option<Email>> = emails.iter().map(|email| Email::parse(email).ok()).collect();
        let sought: Vec<Email> = asked.iter().flatten().cloned().collect();
        let mut found = emails::last_bearers(&self.store, &sought).await?.into_iter();
        let told = asked.iter().map(|asked| match asked {
            Some(_) => found.next()?.map(|person| person.id),
            None => None,
        });
        Ok(told.collect())
    }

    /// What somebody bore before, and nobody else bears since.
    pub async fn former_emails(&self, person: &Person) -> Result<Vec<String>, StoreError> {
        let former = &person.former_emails;
        let last = emails::last_bearers(&self.store, former).await?;
        let theirs = former.iter().zip(last);
        let theirs = theirs.filter(|(_, last)| last.as_ref().is_some_and(|last| last.id == person.id));
        Ok(theirs.map(|(email, _)| email.to_string()).collect())
    }

    /// These people in their order, deleted ones too; `None` for whoever never was.
    pub async fn all_of(&self, people: &[PersonId]) -> Result<Vec<Option<Person>>, StoreError> {
        all_of(&self.store, people.to_vec()).await
    }
}

pub(super) async fn all_of(store: &Store, people: Vec<PersonId>) -> Result<Vec<Option<Person>>, StoreError> {
    store
        .read_of_many(people, |person| person.0, |tx, person| rows::person(tx, *person))
        .await
}

fn reader(person: &Person) -> Option<Recipient> {
    let (State::Invited(about) | State::Active(about)) = &person.state else {
        return None;
    };
    Some(Recipient {
        person: Some(person.id),
        email: about.email.as_ref()?.as_str().to_owned(),
        name: about.name.as_str().to_owned(),
        language: about.language,
        zone: about.zone.as_str().to_owned(),
    })
}
