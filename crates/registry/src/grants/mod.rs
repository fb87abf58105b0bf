//! Grants: who stands in which relation to what, and what that lets them do.
//!
//! What holds always: nobody acts on somebody who may do what they may not, and the house has an administrator who
//! can sign in once it had one (see `roll.rs`).

pub mod http;
pub(crate) mod roll;
pub(crate) mod rows;
pub mod rules;
mod service;
pub mod types;

use front::Role;

pub const ADMIN: Role = Role::on("admin", types::HOUSE);
pub const REGISTRAR: Role = Role::on("registrar", types::HOUSE);
pub const AUDITOR: Role = Role::on("auditor", types::HOUSE);
