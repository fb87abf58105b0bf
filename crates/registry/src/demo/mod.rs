//! A demo city: some 200 people who never lived, the same ones each time.
//!
//! Everything in it follows from the seed, the ids too, so founding it twice is founding it once, and a test or a
//! script can rely on whom it finds. Its people work for the city of Rivermouth, in two languages and many zones.

mod key;
mod names;
mod plan;
mod reader;
mod service;

pub use plan::{City, Dweller, RoleInCity, Standing, plan};
pub use reader::reader;
pub use service::Ground;
