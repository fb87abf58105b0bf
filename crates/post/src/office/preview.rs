//! A letter as it would be written now, for whoever looks after letters: the same writer, reader and frame as when it
//! is sent, except that what only its reader may have stays out. Nothing is sent and nothing changes.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use kernel::{Id, PersonId};
use store::StoreError;

use super::{Post, Refused};
use crate::letters::{Letter, rows};
use crate::writing::{NotWritten, Wanted};
use crate::{Framed, Light, Recipient};

/// What there is to see of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Preview {
    /// It would be this.
    Written { subject: String, framed: Framed },
    /// It has gone, or will not go any more; what it was told is forgotten.
    NotKept,
    /// Nothing would be written, and why.
    Nothing(String),
}

impl Post {
    pub async fn preview(&self, id: Id) -> Result<Preview, Refused> {
        let found = self
            .0
            .store
            .shard_of(id)
            .read::<_, StoreError>(move |tx| rows::letter(tx, id))
            .await?;
        let letter = found.ok_or(Refused::NotFound)?;
        if letter.state.needs_no_data() {
            return Ok(Preview::NotKept);
        }
        let Some(desk) = self.0.desks.of(letter.kind) else {
            return Ok(Preview::Nothing(
                "nobody here writes letters of its kind".to_owned(),
            ));
        };
        let Some(to) = self.reader_of(&letter).await? else {
            return Ok(Preview::Nothing("its reader cannot be written to".to_owned()));
        };
        let wanted = Wanted {
            only_shown: true,
            ..Wanted::of(&letter, desk.kind, self.0.now())
        };
        let written = AssertUnwindSafe(desk.write.write(&wanted, &to))
            .catch_unwind()
            .await;
        let content = match written {
            Ok(Ok(content)) => content,
            Ok(Err(NotWritten::Unwanted(why) | NotWritten::Failed(why))) => return Ok(Preview::Nothing(why)),
            Err(_) => return Ok(Preview::Nothing("the writer ended in a panic".to_owned())),
        };
        let framed = self
            .0
            .stationery
            .framed(desk.kind, &to, &content, Light::AsTheReader);
        Ok(match framed {
            Ok(framed) => Preview::Written {
                subject: content.subject,
                framed,
            },
            Err(why) => Preview::Nothing(why.to_string()),
        })
    }

    async fn reader_of(&self, letter: &Letter) -> Result<Option<Recipient>, StoreError> {
        match &letter.outside {
            Some(outsider) => Ok(Some(Recipient::from(outsider))),
            None => self.reader(PersonId(letter.owner)).await,
        }
    }
}
