//! Addresses, what does not go to them, and why.

use std::borrow::Cow;
use std::fmt;

use kernel::{Id, Moment};
use store::StoreError;

use crate::idn::ascii_domain;

/// The longest address that SMTP can carry (RFC 5321, section 4.5.3.1.3, less the angle brackets).
const EMAIL_BYTES_MAX: usize = 254;
/// What a server said, or a note of a person. The rest is cut off.
pub const WORDS_CHARS_MAX: usize = 300;
/// Names of streams are words of our own.
pub const STREAM_CHARS_MAX: usize = 64;

/// An e-mail address in the spelling that makes two of them the same. Of one whose bearer was deleted only the id is left.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    id: Id,
    /// Empty when it is forgotten.
    email: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an e-mail address such as anna@example.org")]
pub struct BadAddress;

impl Address {
    /// Servers of other houses name addresses here, so this only refuses what cannot be one; what people type is
    /// checked by the registry.
    pub fn parse(text: &str) -> Result<Address, BadAddress> {
        let bare = text.trim();
        let bare = bare
            .strip_prefix('<')
            .and_then(|inside| inside.strip_suffix('>'))
            .unwrap_or(bare);
        // What has no name in the name system may still be what another house wrote.
        let address = ascii_domain(bare).unwrap_or(Cow::Borrowed(bare)).to_lowercase();
        let (local, domain) = address.rsplit_once('@').ok_or(BadAddress)?;
        let unfit = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>');
        if local.is_empty() || domain.is_empty() || address.len() > EMAIL_BYTES_MAX || address.contains(unfit)
        {
            return Err(BadAddress);
        }
        let id = Id::named("email", &address);
        Ok(Address { id, email: address })
    }

    /// One that was checked before it was stored.
    pub(super) fn stored(id: Id, email: String) -> Address {
        Address { id, email }
    }

    /// Empty when it is forgotten.
    pub fn as_str(&self) -> &str {
        &self.email
    }

    /// Under which its rows lie.
    pub fn id(&self) -> Id {
        self.id
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.email)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

/// Which letters do not go to an address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// None at all.
    Everything,
    /// Those that go to many.
    Bulk,
    /// Those of one stream.
    Stream(String),
}

impl Scope {
    pub(super) fn code(&self) -> i64 {
        match self {
            Scope::Everything => 1,
            Scope::Bulk => 2,
            Scope::Stream(_) => 3,
        }
    }

    pub fn stream(&self) -> &str {
        match self {
            Scope::Stream(name) => name,
            Scope::Everything | Scope::Bulk => "",
        }
    }

    pub(super) fn of_code(code: i64, stream: String) -> Option<Scope> {
        match code {
            1 => Some(Scope::Everything),
            2 => Some(Scope::Bulk),
            3 => Some(Scope::Stream(stream)),
            _ => None,
        }
    }
}

/// `everything`, `bulk`, or `stream:NAME`.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::Everything => f.write_str("everything"),
            Scope::Bulk => f.write_str("bulk"),
            Scope::Stream(name) => write!(f, "stream:{name}"),
        }
    }
}

impl std::str::FromStr for Scope {
    type Err = Refused;

    fn from_str(text: &str) -> Result<Scope, Refused> {
        match text {
            "everything" => Ok(Scope::Everything),
            "bulk" => Ok(Scope::Bulk),
            text => {
                let name = text.strip_prefix("stream:").ok_or(Refused::Scope)?;
                let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
                if name.is_empty() || name.len() > STREAM_CHARS_MAX || !name.chars().all(word) {
                    return Err(Refused::Scope);
                }
                Ok(Scope::Stream(name.to_owned()))
            }
        }
    }
}

/// Why letters do not go to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// There is no such mailbox.
    HardBounce,
    /// Its reader called a letter spam.
    Complaint,
    /// Its reader asked for no more.
    Unsubscribed,
    /// Somebody of the house said so.
    ByHand,
    /// Too many letters in a row came back.
    SoftBounces,
}

impl Reason {
    pub const ALL: [Reason; 5] = [
        Reason::HardBounce,
        Reason::Complaint,
        Reason::Unsubscribed,
        Reason::ByHand,
        Reason::SoftBounces,
    ];

    pub const fn code(self) -> i64 {
        match self {
            Reason::HardBounce => 1,
            Reason::Complaint => 2,
            Reason::Unsubscribed => 3,
            Reason::ByHand => 4,
            Reason::SoftBounces => 5,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Reason::HardBounce => "hard_bounce",
            Reason::Complaint => "complaint",
            Reason::Unsubscribed => "unsubscribed",
            Reason::ByHand => "by_hand",
            Reason::SoftBounces => "soft_bounces",
        }
    }

    pub(super) fn of_code(code: i64) -> Option<Reason> {
        Reason::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

/// An entry: what does not go to an address, since when, and who said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// Orders those of one instant.
    pub id: Id,
    pub address: Address,
    pub scope: Scope,
    pub reason: Reason,
    pub since: Moment,
    /// `mailgun`, `report`, `one-click`, `person:ID`: a word, and never a name.
    pub source: String,
    /// What the server or the person said.
    pub words: String,
}

/// An entry that is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    pub address: Address,
    pub scope: Scope,
    pub reason: Reason,
    pub source: String,
    pub words: String,
}

/// What was heard of a letter after it was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It came back: there is no such mailbox.
    HardBounce,
    /// It came back for a reason that may pass: the mailbox is full, the server was away for days.
    SoftBounce,
    /// It came back because the reader's server does not want such letters.
    Refused,
    /// Its reader called it spam.
    Complained,
    /// Its reader asked for no more of its stream.
    Unsubscribed,
}

/// Something that was heard, of which letter to which address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    pub address: Address,
    pub letter: Id,
    /// The stream of the letter's kind; none for what its reader asked for directly.
    pub stream: Option<String>,
    pub heard: Heard,
    pub source: String,
    pub words: String,
}

/// What happened to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Begun,
    Cleared,
}

impl Act {
    pub(super) const fn code(self) -> i64 {
        match self {
            Act::Begun => 1,
            Act::Cleared => 2,
        }
    }

    pub(super) const fn of_code(code: i64) -> Option<Act> {
        match code {
            1 => Some(Act::Begun),
            2 => Some(Act::Cleared),
            _ => None,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Act::Begun => "begun",
            Act::Cleared => "cleared",
        }
    }
}

/// A line of the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    pub id: Id,
    pub at: Moment,
    pub act: Act,
    pub address: Address,
    pub scope: Scope,
    pub reason: Reason,
    /// Of the entry, or who cleared it.
    pub source: String,
    pub words: String,
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum Refused {
    #[error(transparent)]
    Address(#[from] BadAddress),
    #[error("must be everything, bulk, or stream:NAME")]
    Scope,
    #[error("nothing is stopped there")]
    NotFound,
    #[error(transparent)]
    BadCursor(#[from] kernel::BadCursor),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Cuts what somebody else said to what a row holds, in one line.
pub fn words(said: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    said.chars().take(WORDS_CHARS_MAX).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_however_it_is_spelled() {
        let check = |text: &str, expected: Option<&str>| {
            let parsed = Address::parse(text).ok();
            assert_eq!(parsed.as_ref().map(Address::as_str), expected, "{text:?}");
        };
        check(" Anna@Example.ORG ", Some("anna@example.org"));
        check("<anna@example.org>", Some("anna@example.org"));
        check("\"a@b\"@example.org", Some("\"a@b\"@example.org"));
        for wrong in [
            "",
            "anna",
            "@example.org",
            "anna@",
            "an na@example.org",
            "a\u{0}@b.org",
        ] {
            check(wrong, None);
        }
        check(&format!("{}@example.org", "a".repeat(250)), None);
    }

    #[test]
    fn a_scope_survives_print_and_parse() {
        for scope in [Scope::Everything, Scope::Bulk, Scope::Stream("digest".to_owned())] {
            assert_eq!(scope.to_string().parse::<Scope>().ok(), Some(scope.clone()));
            assert_eq!(
                Scope::of_code(scope.code(), scope.stream().to_owned()),
                Some(scope)
            );
        }
        for wrong in ["", "all", "stream:", "stream:a b"] {
            assert!(wrong.parse::<Scope>().is_err(), "{wrong:?}");
        }
    }
}
