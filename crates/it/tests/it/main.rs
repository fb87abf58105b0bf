//! The one integration-test binary: the whole program and the store on every engine, through real clients.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on ends there"
)]

mod browser;
mod calendar_api;
mod calendar_events;
mod calendar_followed;
mod calendar_grpc;
mod calendar_invitations;
mod calendar_limits;
mod calendar_public;
mod calendar_scheduling;
mod calendar_sharing;
mod calendar_times;
mod cli;
mod documents;
mod encrypted;
mod files;
mod flags;
mod hostile;
mod intake;
mod letters;
mod mailbox;
mod openapi;
mod registry_api;
mod segments_api;
mod server;
mod shards;
mod smtp;
mod store_conformance;
mod town;
mod walk;
