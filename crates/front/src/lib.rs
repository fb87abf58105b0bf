//! What every front end of the house shares: who is calling and whether they may, how things that go wrong are said,
//! how lists are read, and the server that speaks HTTP/1.1, HTTP/2 and gRPC on one port.
//!
//! Two invariants are kept here. A route cannot be declared without saying who may knock ([`Routes`]), and nothing
//! that goes wrong leaves the house in other words than a [`Problem`] of the closed list of [`Code`]s.

mod access;
mod answer;
mod arriving;
mod boundary;
mod caller;
mod code;
pub mod cookies;
mod docs;
mod elsewhere;
mod etag;
mod extract;
pub mod frame;
mod front;
mod gate;
mod gatekeeper;
mod grpc;
mod limits;
mod listing;
mod meter;
mod openapi;
mod patient;
mod probes;
mod problem;
mod request_id;
mod routes;
mod server;
mod signer;
mod tls;

pub use access::{Access, People, Role};
pub use caller::{Caller, Grant, KeyHolder, Proof, Roles, SignedIn, Who};
pub use code::Code;
pub use etag::{ETag, IfMatch};
pub use extract::{Body, Form, InPath, InPath2, Pieces, Query, bytes};
pub use front::{BadRoutes, Front, Setup};
pub use gatekeeper::{Admission, Credentials, Gatekeeper, Knock};
pub use limits::Limits;
pub use listing::{Listing, Paging, PagingIn, bad_cursor};
pub use meter::Metrics;
pub use probes::{Checked, Readiness};
pub use problem::{FieldError, Problem};
pub use request_id::{RequestId, X_REQUEST_ID};
pub use routes::{Kind, RouteEntry, Routes};
pub use server::Stopped;
pub use signer::Signer;
pub use tls::{Tls, TlsError};
/// Collects handlers with `#[utoipa::path]` for [`Routes::api`].
pub use utoipa_axum::routes;
