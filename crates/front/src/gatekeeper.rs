//! What the gate asks of whoever knows people: turn credentials into a [`Who`].
//!
//! The front knows where credentials stand in a request and what may be asked of which route; the registry knows
//! whom they belong to. `townhall` connects the two.

use std::net::IpAddr;

use futures_util::future::BoxFuture;
use http::HeaderValue;

use crate::{Problem, RequestId, Who};

/// What a request brought to prove who sends it. Borrowed: a secret is not copied on its way to be checked.
#[derive(Clone, Copy)]
pub enum Credentials<'a> {
    /// `Authorization: Bearer …`: an access token.
    Bearer(&'a str),
    /// `X-Api-Key: …`: a service's key.
    ApiKey(&'a str),
    /// `Authorization: Basic …`: an app password, on routes that allow it.
    Basic { user: &'a str, password: &'a str },
    /// The cookies of a browser. With a refresh token the gatekeeper may renew the access token in passing.
    Cookie {
        access: Option<&'a str>,
        refresh: Option<&'a str>,
    },
}

/// Somebody knocks: the credentials, and what limits and audit need to know.
#[derive(Clone, Copy)]
pub struct Knock<'a> {
    pub credentials: Credentials<'a>,
    pub address: IpAddr,
    pub request: &'a RequestId,
    pub user_agent: Option<&'a str>,
}

/// Who it is, and the cookies to set when they were renewed or are to be forgotten.
#[derive(Clone, Debug, Default)]
pub struct Admission {
    pub who: Who,
    pub cookies: Vec<HeaderValue>,
}

impl From<Who> for Admission {
    fn from(who: Who) -> Admission {
        Admission {
            who,
            cookies: Vec::new(),
        }
    }
}

/// Fulfilled by the registry.
pub trait Gatekeeper: Send + Sync + 'static {
    /// Whose credentials these are. Invalid ones are a problem: `token_invalid`, `token_expired`,
    /// `credentials_invalid` (401), `too_many_requests` (429), `unavailable` (503). Called once for each request
    /// that needs it, so what can be remembered is remembered here.
    fn admit<'a>(&'a self, knock: Knock<'a>) -> BoxFuture<'a, Result<Admission, Problem>>;
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Lets everybody in as nobody.
    pub(crate) struct Nobody;

    impl Gatekeeper for Nobody {
        fn admit<'a>(&'a self, _: Knock<'a>) -> BoxFuture<'a, Result<Admission, Problem>> {
            Box::pin(std::future::ready(Ok(Admission::default())))
        }
    }
}
