//! Calls to servers outside the house, over HTTP/1.1, in clear or by TLS.
//!
//! What it keeps true: a caller always knows whether a request may have left the house. Before its first byte is
//! written the other side certainly knows nothing; after that, and without an answer that can be read, nobody can tell.
//! Clients made for convenience try again by themselves or call both cases an error, so this one stands on hyper's
//! connections directly.
//!
//! Connections are kept and used again, one request at a time on each; a request waits for none of them.
//!
//! What lies at an address of somebody else's choosing is got by [`outside`], with a guard against whoever chooses ill.

mod client;
pub mod outside;
mod tls;

pub use client::{Answer, Client, Fault, Incoming, Options};
pub use tls::{client as tls_client, public_roots, roots_with};

/// What a server said, for people: cut off, in one line.
pub fn words(text: &str) -> String {
    const CHARS_MAX: usize = 300;
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.trim().chars().take(CHARS_MAX).map(plain).collect()
}
