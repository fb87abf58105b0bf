//! Readers of letters, as a list of letters tells them: by their names of today, and found by their addresses.

use std::collections::HashMap;

use kernel::{Id, PersonId};
use store::StoreError;

use super::Post;
use crate::Recipient;
use crate::letters::Letter;

impl Post {
    /// Whose letters those to an address are: the person's who has it today, and those that went to the address before
    /// it was anybody's.
    pub async fn owners_of(&self, email: &str) -> Result<Vec<Id>, StoreError> {
        let person = self.0.recipients.bearer(email).await?;
        let person = person.map(|person| person.0);
        Ok(person
            .into_iter()
            .chain([Recipient::owner_of_address(email)])
            .collect())
    }

    /// The people these letters go to, as they are now. Whoever cannot be written to any more is left out.
    pub async fn readers(&self, letters: &[Letter]) -> Result<HashMap<PersonId, Recipient>, StoreError> {
        let inside = letters.iter().filter(|letter| letter.outside.is_none());
        let mut people: Vec<PersonId> = inside.map(|letter| PersonId(letter.owner)).collect();
        people.sort();
        people.dedup();
        if people.is_empty() {
            return Ok(HashMap::new());
        }
        let found = self.0.recipients.recipients(&people).await?;
        let named = people.into_iter().zip(found);
        Ok(named
            .filter_map(|(person, reader)| Some((person, reader?)))
            .collect())
    }

    /// Somebody of the house as a reader of letters.
    pub async fn reader(&self, person: PersonId) -> Result<Option<Recipient>, StoreError> {
        self.0.recipients.recipient(person).await
    }
}
