//! Groups: people who belong together, such as a choir or the parents of a class, as one of them says.
//!
//! What is kept true: who is in a group stands beside the group, in the shard of its id. Each who is in it has a row in
//! their own shard, to find the group by, which follows through the outbox: whoever hears of a change reads what is so
//! beside the group, so the last word counts, however often and late it is heard. A group has a keeper, who is in it;
//! a person who was deleted is in none.

mod following;
pub mod http;
pub(crate) mod rows;
mod rules;
mod service;
#[cfg(test)]
mod tests;
mod types;

pub(crate) use following::leave_all;
pub use following::{DELETED, MEMBER, hearing};
pub(crate) use http::refused;
pub use types::{
    GROUP_NAME_CHARS_MAX, Group, KEPT_MAX, MEMBERS_MAX, MEMBERSHIPS_MAX, Member, Membership, Refused, Whole,
};
