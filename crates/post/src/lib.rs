//! Letters, from asked for to delivered.
//!
//! What this crate keeps true:
//! * A letter is asked for in the transaction of its cause, under a key; asking twice is one letter.
//! * The attempt is on disk before a provider is called. Whatever happens between the call and its answer makes the
//!   letter unsure, never lost, and an unsure letter is looked up before anything is tried again.
//! * A letter is written when it is sent, from what is true then, in its reader's language and zone.
//! * Bulk does not delay what somebody waits for, and a stopped stream stops nothing else.

mod about;
pub mod book;
mod content;
pub mod dkim;
pub mod feedback;
mod frame;
mod idn;
mod kind;
pub mod letters;
pub mod maildir;
mod mime;
mod office;
pub mod pages;
pub mod plan;
pub mod providers;
mod recipient;
pub mod sink;
mod specimen;
pub mod streams;
pub mod suppressions;
pub mod words;
mod writing;

pub use about::{Holding, forget_person, held};
pub use content::{Body, Content, Part, Picture, Place};
pub use frame::{Framed, Light, NotFinished, Stationery};
pub use kind::{Kind, Lane, OnUnsure};
pub use letters::{Ask, Asked, Outsider, To, ask, withdraw};
pub use mime::{Mailbox, read as read_mail};
pub use office::{Post, Preview, Refused, SPECIMENS, Settle, Setup};
pub use recipient::{Recipient, Recipients};
pub use specimen::{Specimen, Specimens};
pub use writing::{Desks, NotWritten, Twins, Wanted, Write};
