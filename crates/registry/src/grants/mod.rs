//! Grants: who stands in which relation to what, and what that lets them do.

pub mod rows;
pub mod rules;
pub mod types;
