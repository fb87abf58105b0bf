//! Addresses of domains that are not written in ASCII. Envelopes, headers and lists of addresses have them as the name
//! system knows them (`xn--…`), so that every server takes them and two spellings of one address are one. What stands
//! before the @ has no such second spelling: it stays as it is, and needs a server with SMTPUTF8.

use std::borrow::Cow;

/// The address with its domain in ASCII. `None` when the domain is no name that there can be.
pub(crate) fn ascii_domain(address: &str) -> Option<Cow<'_, str>> {
    let (local, domain) = address.rsplit_once('@')?;
    if domain.is_ascii() {
        return Some(Cow::Borrowed(address));
    }
    let domain = idna::domain_to_ascii(domain)
        .ok()
        .filter(|name| !name.is_empty())?;
    Some(Cow::Owned(format!("{local}@{domain}")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_domain_is_written_as_the_name_system_knows_it() {
        for (address, expected) in [
            ("anna@example.org", Some("anna@example.org")),
            ("anna@EXAMPLE.org", Some("anna@EXAMPLE.org")),
            ("анна@example.org", Some("анна@example.org")),
            ("anna@пример.рф", Some("anna@xn--e1afmkfd.xn--p1ai")),
            ("anna@Пример.РФ", Some("anna@xn--e1afmkfd.xn--p1ai")),
            ("anna@bücher.example", Some("anna@xn--bcher-kva.example")),
            ("анна@пример.рф", Some("анна@xn--e1afmkfd.xn--p1ai")),
            ("anna@\u{200d}.рф", None),
            ("anna", None),
        ] {
            assert_eq!(ascii_domain(address).as_deref(), expected, "{address}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_its_domain_is_ascii_or_refused(address in ".{0,40}@.{0,40}") {
            if let Some(known) = ascii_domain(&address) {
                let domain = known.rsplit_once('@').map(|(_, domain)| domain.is_ascii());
                prop_assert_eq!(domain, Some(true));
            }
        }
    }
}
