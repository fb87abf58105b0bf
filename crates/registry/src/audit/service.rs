//! Reading the audit trail, newest first, across all servers.

use kernel::{Cursor, Id, Moment, Page, PageSize, PersonId};

use super::rows::{self, Window};
use super::types::{Entry, Filter};
use crate::failure::Failure;
use crate::grants;
use crate::grants::types::Doer;
use crate::service::Registry;

impl Registry {
    /// The trail of the whole house. Who may read it is said at the route.
    pub async fn audit(
        &self,
        filter: &Filter,
        after: Option<&Cursor>,
        size: PageSize,
    ) -> Result<Page<Entry>, Failure> {
        let newest = filter.until.unwrap_or(Moment::from_micros(i64::MAX));
        let before = match after {
            Some(cursor) => {
                let (at, id) = parse(cursor).ok_or(Failure::BadCursor)?;
                if at < newest {
                    (at, id)
                } else {
                    (newest, Id::from_bytes([0; 16]))
                }
            }
            // Up to but without `until`: the smallest id at that instant.
            None => (newest, Id::from_bytes([0; 16])),
        };
        let from = filter.from.unwrap_or(Moment::from_micros(i64::MIN));
        let window = Window {
            before,
            from,
            rows: size.rows_and_one(),
        };
        let Filter { on, by, act, .. } = *filter;
        let mut found = match on {
            Some(on) => {
                self.store
                    .shard_of(on)
                    .read(move |tx| rows::on(tx, on, by, act, &window))
                    .await?
            }
            None => {
                let answers: Vec<Vec<Entry>> = self
                    .store
                    .read_each(move |tx| match by {
                        Some(by) => rows::by(tx, by, act, &window),
                        None => rows::all(tx, act, &window),
                    })
                    .await?;
                answers.into_iter().flatten().collect()
            }
        };
        found.sort_by_key(|entry| std::cmp::Reverse((entry.at, entry.id)));
        // While a shard moves, two servers may answer with the same entry.
        found.dedup_by_key(|entry| entry.id);
        Ok(Page::cut(found, size, |entry| key(entry.at, entry.id)))
    }

    /// What was done on one person.
    pub async fn audit_of(
        &self,
        doer: &Doer,
        person: PersonId,
        after: Option<&Cursor>,
        size: PageSize,
    ) -> Result<Page<Entry>, Failure> {
        grants::rules::may_audit(doer.acting, person)?;
        self.known(person).await?;
        self.audit(
            &Filter {
                on: Some(person.0),
                ..Filter::default()
            },
            after,
            size,
        )
        .await
    }
}

fn key(at: Moment, id: Id) -> Vec<u8> {
    let mut key = at.as_micros().to_be_bytes().to_vec();
    key.extend_from_slice(id.as_bytes());
    key
}

fn parse(cursor: &Cursor) -> Option<(Moment, Id)> {
    let (at, id) = cursor.key().split_first_chunk::<8>()?;
    let id: [u8; 16] = id.try_into().ok()?;
    Some((Moment::from_micros(i64::from_be_bytes(*at)), Id::from_bytes(id)))
}
