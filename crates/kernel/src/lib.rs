//! Values that every room of the house shares: ids that route themselves, instants, text that any database can
//! hold, secrets that cannot be logged, cursors, limits.
//!
//! Nothing here does I/O or depends on another crate of ours, so a rule written over these values can be tested
//! with plain tables of input and output.

mod clock;
mod id;
mod language;
pub mod limits;
mod page;
mod secret;
mod text;

pub use clock::{Clock, Moment};
pub use id::{BadId, Id, PersonId, VIRTUAL_SHARDS, VirtualShard};
pub use language::{BadLanguage, Language};
pub use page::{BadCursor, Cursor, Page, PageSize};
pub use secret::{Secret, random_token};
pub use text::{BadText, Text};
