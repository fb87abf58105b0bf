//! App passwords over HTTP.

use front::{Code, Problem};

use super::Refused;
use crate::problems;

pub(crate) fn refused(why: Refused) -> Problem {
    match why {
        Refused::Name(why) => Problem::invalid("name", "name", why.to_string()),
        Refused::TooManyOfThem => Problem::conflict(format!("{why}.")),
        Refused::WrongCredentials => Problem::new(Code::CredentialsInvalid),
        Refused::TooMany { seconds } => Problem::new(Code::TooManyRequests).retry_after(seconds),
        Refused::NotFound => Problem::not_found(),
        Refused::Store(error) => problems::of_store(error),
    }
}
