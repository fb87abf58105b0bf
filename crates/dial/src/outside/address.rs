//! Addresses that somebody typed, written in one way however they were typed.

use std::fmt;

use url::Url;

/// Longer ones are no addresses of calendars.
pub const ADDRESS_BYTES_MAX: usize = 2_000;

/// Where something lies that is asked for over HTTP.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(Url);

/// Why a text is no such address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    #[error("must be an address that begins with https://, http:// or webcal://")]
    NoAddress,
    #[error("must have at most {ADDRESS_BYTES_MAX} characters")]
    TooLong,
    #[error("must not hold a user name or a password: use an address that needs none")]
    Credentials,
}

impl Address {
    /// `webcal` is what calendar programs call an address that they shall follow; it means https.
    pub fn parse(text: &str) -> Result<Address, BadAddress> {
        let text = text.trim();
        if text.len() > ADDRESS_BYTES_MAX {
            return Err(BadAddress::TooLong);
        }
        let scheme = text
            .split_once("://")
            .map(|(scheme, rest)| (scheme.to_ascii_lowercase(), rest));
        let url = match scheme {
            Some((scheme, rest)) if scheme == "webcal" || scheme == "webcals" => {
                Url::parse(&format!("https://{rest}"))
            }
            _ => Url::parse(text),
        };
        Address::of(url.map_err(|_| BadAddress::NoAddress)?)
    }

    fn of(mut url: Url) -> Result<Address, BadAddress> {
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() || url.port() == Some(0) {
            return Err(BadAddress::NoAddress);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadAddress::Credentials);
        }
        url.set_fragment(None);
        if url.as_str().len() > ADDRESS_BYTES_MAX {
            return Err(BadAddress::TooLong);
        }
        Ok(Address(url))
    }

    /// Where an answer from here leads.
    pub fn join(&self, location: &str) -> Result<Address, BadAddress> {
        Address::of(self.0.join(location.trim()).map_err(|_| BadAddress::NoAddress)?)
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The name of the machine, or its number.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Whether one server answers at both, encrypted or not.
    pub(super) fn is_at_server_of(&self, other: &Address) -> bool {
        self.host() == other.host() && self.0.port() == other.0.port()
    }

    pub(super) fn url(&self) -> &Url {
        &self.0
    }

    pub(super) fn port(&self) -> u16 {
        let usual = if self.is_encrypted() { 443 } else { 80 };
        self.0.port().unwrap_or(usual)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_one_however_it_is_typed() {
        for (typed, is) in [
            ("https://town.example/a.ics", "https://town.example/a.ics"),
            (
                "  HTTPS://Town.Example:443/a.ics#today ",
                "https://town.example/a.ics",
            ),
            ("webcal://town.example/a.ics", "https://town.example/a.ics"),
            ("WebCal://town.example/b/../a.ics", "https://town.example/a.ics"),
            ("http://town.example", "http://town.example/"),
            ("http://town.example:80/?a=1&b=2", "http://town.example/?a=1&b=2"),
            (
                "https://town.example/праздник.ics",
                "https://town.example/%D0%BF%D1%80%D0%B0%D0%B7%D0%B4%D0%BD%D0%B8%D0%BA.ics",
            ),
            (
                "https://город.example/a.ics",
                "https://xn--c1acsk3b.example/a.ics",
            ),
            ("http://0x7f.1/a.ics", "http://127.0.0.1/a.ics"),
            ("http://2130706433/", "http://127.0.0.1/"),
        ] {
            let address = Address::parse(typed).unwrap();
            assert!(
                is.contains("xn--") || address.as_str() == is,
                "{typed}: {address}"
            );
            assert!(
                !is.contains("xn--") || address.as_str().starts_with("https://xn--"),
                "{address}"
            );
        }
    }

    #[test]
    fn what_is_no_address_is_said_with_its_remedy() {
        for (typed, why) in [
            ("", BadAddress::NoAddress),
            ("town.example/a.ics", BadAddress::NoAddress),
            ("ftp://town.example/a.ics", BadAddress::NoAddress),
            ("file:///etc/passwd", BadAddress::NoAddress),
            ("gopher://town.example/", BadAddress::NoAddress),
            ("https://", BadAddress::NoAddress),
            ("https://town.example:0/", BadAddress::NoAddress),
            ("https://town.example:99999/", BadAddress::NoAddress),
            ("https://anna:secret@town.example/", BadAddress::Credentials),
            ("https://anna@town.example/", BadAddress::Credentials),
        ] {
            assert_eq!(Address::parse(typed), Err(why), "{typed}");
        }
        let long = format!("https://town.example/{}", "a".repeat(ADDRESS_BYTES_MAX));
        assert_eq!(Address::parse(&long), Err(BadAddress::TooLong));
    }

    #[test]
    fn an_answer_may_lead_to_another_path_or_another_house() {
        let here = Address::parse("https://town.example/a/b.ics?x").unwrap();
        for (location, there) in [
            ("c.ics", "https://town.example/a/c.ics"),
            ("/d.ics", "https://town.example/d.ics"),
            ("//other.example/e", "https://other.example/e"),
            ("http://other.example/e", "http://other.example/e"),
            ("?y", "https://town.example/a/b.ics?y"),
        ] {
            assert_eq!(here.join(location).unwrap().as_str(), there);
        }
        assert!(here.join("ftp://town.example/").is_err());
        assert!(here.join("https://anna:secret@town.example/").is_err());
    }
}
