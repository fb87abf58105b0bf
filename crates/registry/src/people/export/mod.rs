//! Everything that is held about one person, from all slices, in one answer. It is their right to see it, so a slice
//! that starts to keep something about people adds it here; what is secret (hashes) is not theirs to read.

pub mod http;

use kernel::{Id, Moment, PersonId};

use super::limits::EXPORT_ROWS_MAX;
use super::rows;
use super::types::{Person, Reason};
use crate::accounts::{self, Account};
use crate::app_passwords::{self, AppPassword};
use crate::audit::{self, Act, Entry};
use crate::failure::Failure;
use crate::grants::types::{Doer, Given};
use crate::links::{self, Link};
use crate::service::Registry;
use crate::sessions::{self, Session};
use crate::{grants, groups};

#[derive(Clone, Debug)]
pub struct Export {
    pub at: Moment,
    pub person: Person,
    pub grants: Vec<Given>,
    pub account: Option<Account>,
    pub sessions: Vec<Session>,
    pub app_passwords: Vec<AppPassword>,
    /// The groups that they are in.
    pub groups: Vec<Id>,
    /// Open invitations and resets.
    pub links: Vec<Link>,
    /// What they stopped, when they want quiet, and letters to them.
    pub post: post::Holding,
    /// What was done on them, newest first.
    pub audit: Vec<Entry>,
}

impl Registry {
    /// Takes out everything about somebody, and writes down that it was taken out, in the same transaction.
    pub async fn export_person(&self, doer: &Doer, id: PersonId) -> Result<Export, Failure> {
        grants::rules::may_see(doer.acting, id)?;
        let now = self.clock.now();
        let entry = Entry::new(now, &doer.by, Act::PersonExported, id);
        let acting = doer.acting;
        let window = audit::rows::Window {
            before: (Moment::from_micros(i64::MAX), Id::from_bytes([0; 16])),
            from: Moment::from_micros(i64::MIN),
            rows: EXPORT_ROWS_MAX,
        };
        self.store
            .shard_of(id)
            .write(move |tx| {
                let person = rows::person(tx, id)?.ok_or(Reason::NotFound)?;
                let held = grants::rows::on_house(tx, id)?;
                grants::rules::may_export(acting, id, held)?;
                audit::record(tx, &entry)?;
                Ok(Export {
                    at: now,
                    person,
                    grants: grants::rows::of_person(tx, id)?,
                    account: accounts::rows::account(tx, id.0)?,
                    sessions: sessions::rows::open_of(tx, id, now, EXPORT_ROWS_MAX)?,
                    app_passwords: app_passwords::rows::all_of(tx, id)?,
                    groups: groups::rows::memberships(tx, id)?,
                    links: links::rows::of_person(tx, id)?,
                    post: post::held(tx, id.0, EXPORT_ROWS_MAX)?,
                    audit: audit::rows::on(tx, id.0, None, None, &window)?,
                })
            })
            .await
    }
}
