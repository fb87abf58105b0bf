//! Lists of people across all servers.
//!
//! Each server answers a range of an index in order, and the ranges are merged here: no sorting of whole tables, and
//! the tenth page costs what the first one did. A search finds names that start with what was typed, then addresses.

use kernel::{Cursor, Id, Page, PageSize};

use super::limits::SEARCH_CHARS_MAX;
use super::rows::{self, Range};
use super::types::{Email, Person, StateName, after_prefix, search_key};
use crate::failure::Failure;
use crate::grants::types::HouseRole;
use crate::service::Registry;

/// Which people to list. Deleted ones are listed only when asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    pub state: Option<StateName>,
    /// The beginning of a name or of an e-mail address.
    pub text: Option<String>,
    /// Only those who hold this role on the house.
    pub role: Option<HouseRole>,
}

/// A list has a part by name and, when something is searched for, one by address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Names,
    Addresses,
}

/// Where a page ended.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    part: Part,
    key: Vec<u8>,
    id: Id,
}

impl Place {
    fn start(part: Part, key: Vec<u8>) -> Place {
        Place {
            part,
            key,
            id: Id::from_bytes([0; 16]),
        }
    }

    fn of(part: Part, person: &Person) -> Place {
        Place {
            part,
            key: key_of(part, person),
            id: person.id.0,
        }
    }

    fn cursor(&self) -> Cursor {
        let part = match self.part {
            Part::Names => 0,
            Part::Addresses => 1,
        };
        let mut bytes = vec![part];
        bytes.extend_from_slice(self.id.as_bytes());
        bytes.extend_from_slice(&self.key);
        Cursor::new(&bytes)
    }

    fn parse(cursor: &Cursor) -> Option<Place> {
        let (part, rest) = cursor.key().split_first()?;
        let (id, key) = rest.split_first_chunk::<16>()?;
        let part = match part {
            0 => Part::Names,
            1 => Part::Addresses,
            _ => return None,
        };
        Some(Place {
            part,
            key: key.to_vec(),
            id: Id::from_bytes(*id),
        })
    }
}

fn key_of(part: Part, person: &Person) -> Vec<u8> {
    match (part, person.about()) {
        (Part::Names, Some(about)) => search_key(&about.name),
        (Part::Addresses, Some(about)) => about
            .email
            .as_ref()
            .map(Email::key)
            .unwrap_or_default()
            .into_bytes(),
        (_, None) => Vec::new(),
    }
}

impl Registry {
    pub async fn people(
        &self,
        search: &Search,
        after: Option<&Cursor>,
        size: PageSize,
    ) -> Result<Page<Person>, Failure> {
        let text = search.text.as_deref().map(str::trim).unwrap_or_default();
        let text: String = text.chars().take(SEARCH_CHARS_MAX).collect();
        let names = search_key(&text);
        let place = match after {
            Some(cursor) => Place::parse(cursor).ok_or(Failure::BadCursor)?,
            None => Place::start(Part::Names, names.clone()),
        };
        let mut found = Vec::new();
        let mut from_addresses = place.clone();
        if place.part == Part::Names {
            found = self.range(&place, &names, &names, search, size).await?;
            from_addresses = Place::start(Part::Addresses, text.to_lowercase().into_bytes());
        }
        if found.len() <= size.rows() && !text.is_empty() {
            let prefix = text.to_lowercase().into_bytes();
            let more = self.range(&from_addresses, &prefix, &names, search, size).await?;
            found.extend(more);
        }
        let page = Page::cut(found, size, |(part, person)| {
            Place::of(*part, person).cursor().key().to_vec()
        });
        Ok(page.map(|(_, person)| person))
    }

    /// How many people the house holds, deleted ones too.
    pub async fn count_people(&self) -> Result<i64, Failure> {
        let counts: Vec<i64> = self.store.read_each(rows::count).await?;
        Ok(counts.into_iter().sum())
    }

    /// One page and a row of one part, merged from all servers.
    async fn range(
        &self,
        from: &Place,
        prefix: &[u8],
        names: &[u8],
        search: &Search,
        size: PageSize,
    ) -> Result<Vec<(Part, Person)>, Failure> {
        let part = from.part;
        let states = match search.state {
            Some(state) => vec![state],
            None => vec![StateName::Invited, StateName::Active, StateName::Blocked],
        };
        let ranges = states
            .into_iter()
            .map(|state| Range {
                state,
                after: (from.key.clone(), from.id),
                until: after_prefix(prefix),
                but_named: names.to_vec(),
                role: search.role,
                rows: size.rows_and_one(),
            })
            .collect::<Vec<_>>();
        let answers: Vec<Vec<Person>> = self
            .store
            .read_each(move |tx| {
                let mut found = Vec::new();
                for range in &ranges {
                    found.extend(match part {
                        Part::Names => rows::by_name(tx, range)?,
                        Part::Addresses => rows::by_email(tx, range)?,
                    });
                }
                Ok::<_, Failure>(found)
            })
            .await?;
        let mut found = answers.into_iter().flatten().collect::<Vec<_>>();
        found.sort_by_cached_key(|person| (key_of(part, person), person.id));
        // While a shard moves, two servers may answer for the same person.
        found.dedup_by_key(|person| person.id);
        found.truncate(size.rows() + 1);
        Ok(found.into_iter().map(|person| (part, person)).collect())
    }
}
