//! People as readers of letters: whoever is known, not blocked, and has an address.

use futures_util::future::BoxFuture;
use kernel::PersonId;
use post::{Recipient, Recipients};
use store::StoreError;

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
    /// Who bears an address, or nobody bears it and they bore it last.
    pub async fn last_bearer(&self, email: &str) -> Result<Option<PersonId>, StoreError> {
        let Ok(email) = Email::parse(email) else {
            return Ok(None);
        };
        let person = emails::last_bearer(&self.store, &email).await?;
        Ok(person.map(|person| person.id))
    }

    /// What somebody bore before, and nobody else bears since.
    pub async fn former_emails(&self, person: &Person) -> Result<Vec<String>, StoreError> {
        let mut former = Vec::new();
        for email in &person.former_emails {
            let last = emails::last_bearer(&self.store, email).await?;
            if last.is_some_and(|last| last.id == person.id) {
                former.push(email.to_string());
            }
        }
        Ok(former)
    }

    /// These people in their order, deleted ones too; `None` for whoever never was.
    pub async fn all_of(&self, people: &[PersonId]) -> Result<Vec<Option<Person>>, StoreError> {
        let asked = people.to_vec();
        let mut found = self
            .store
            .read_each::<_, StoreError>(move |tx| {
                let found = asked.iter().map(|person| rows::person(tx, *person));
                found.collect::<Result<Vec<_>, _>>()
            })
            .await?;
        let of = |at: usize| found.iter_mut().find_map(|server| server.get_mut(at)?.take());
        Ok((0..people.len()).map(of).collect())
    }
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
