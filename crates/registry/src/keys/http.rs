//! API keys over HTTP.

use front::{Code, Problem};

use super::Refused;
use crate::problems;

pub(crate) fn refused(why: Refused) -> Problem {
    match why {
        Refused::Name(why) => Problem::invalid("name", "name", why.to_string()),
        Refused::Scopes => Problem::invalid("scopes", "scopes", why.to_string()),
        Refused::Expiry => Problem::invalid("expires", "expires", why.to_string()),
        Refused::NotFound => Problem::not_found(),
        Refused::Unknown | Refused::Expired | Refused::Revoked => {
            Problem::new(Code::TokenInvalid).detail(format!("The API key was not accepted: {why}."))
        }
        Refused::Store(error) => problems::of_store(error),
    }
}
