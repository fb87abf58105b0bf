//! What is known about a person, and the reasons for refusing a change of it.
//!
//! A state carries exactly what is known in it: a deleted person has no name, so no code can show one. Values are
//! checked where they are made and cannot be made otherwise.

use std::collections::BTreeMap;
use std::fmt;

use kernel::{BadText, Language, Moment, PersonId, Text};

use super::limits;

/// Somebody in the registry.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    pub id: PersonId,
    pub state: State,
    /// Addresses that they bore before, the last one first. Others may bear them by now.
    pub former_emails: Vec<Email>,
    /// Grows by one with each change; also the ETag.
    pub version: i64,
    pub origin: Origin,
    pub created: Moment,
    pub changed: Moment,
}

impl Person {
    /// What is known about them; nothing once they are deleted.
    pub fn about(&self) -> Option<&About> {
        self.state.about()
    }

    pub fn email(&self) -> Option<&Email> {
        self.about().and_then(|about| about.email.as_ref())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// Known, but has not set a password yet.
    Invited(About),
    /// In good standing: signs in with a password, if one was set.
    Active(About),
    /// Kept out until unblocked.
    Blocked {
        about: About,
        returns_to: ReturnsTo,
        by: BlockedBy,
    },
    /// Nothing is left but the id, so that it is never given to somebody else.
    Deleted,
}

/// Where unblocking leads: somebody who never accepted an invitation still has to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnsTo {
    Invited,
    Active,
}

/// Who keeps somebody out. The source cannot let in whom the house keeps out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockedBy {
    House,
    Source,
}

/// A state without what is known in it: for filters and for words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StateName {
    Invited,
    Active,
    Blocked,
    Deleted,
}

impl StateName {
    pub const ALL: [StateName; 4] = [
        StateName::Invited,
        StateName::Active,
        StateName::Blocked,
        StateName::Deleted,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            StateName::Invited => "invited",
            StateName::Active => "active",
            StateName::Blocked => "blocked",
            StateName::Deleted => "deleted",
        }
    }

    pub fn parse(text: &str) -> Option<StateName> {
        StateName::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl State {
    pub fn about(&self) -> Option<&About> {
        match self {
            State::Invited(about) | State::Active(about) | State::Blocked { about, .. } => Some(about),
            State::Deleted => None,
        }
    }

    pub fn name(&self) -> StateName {
        match self {
            State::Invited(_) => StateName::Invited,
            State::Active(_) => StateName::Active,
            State::Blocked { .. } => StateName::Blocked,
            State::Deleted => StateName::Deleted,
        }
    }

    pub fn is_active(&self) -> bool {
        matches!(self, State::Active(_))
    }
}

/// Who governs a person's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Made here, by an administrator. The source cannot touch them.
    House,
    /// Came from outside with this version of theirs; an older one is late and changes nothing.
    Source(i64),
}

#[derive(Clone, Debug, PartialEq)]
pub struct About {
    pub email: Option<Email>,
    /// May be empty for people who came from outside: not every source knows names.
    pub name: Text,
    pub language: Language,
    pub zone: Zone,
    pub attributes: Attributes,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edit {
    pub email: Option<Option<Email>>,
    pub name: Option<Text>,
    pub language: Option<Language>,
    pub zone: Option<Zone>,
    pub attributes: Option<Attributes>,
}

/// An e-mail address as its owner writes it.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an e-mail address such as anna@example.org")]
pub struct BadEmail;

impl Email {
    /// Stricter than RFC 5321 on purpose: quoted local parts and addresses without a dot in the domain are typing
    /// mistakes far more often than mailboxes.
    pub fn parse(text: &str) -> Result<Email, BadEmail> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(BadEmail)?;
        let local_fits = !local.is_empty()
            && local.len() <= limits::EMAIL_LOCAL_BYTES_MAX
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && local
                .chars()
                .all(|c| c.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c));
        let label_fits = |label: &str| {
            !label.is_empty()
                && label.len() <= limits::EMAIL_LABEL_BYTES_MAX
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        let domain_fits = domain.contains('.') && domain.split('.').all(label_fits);
        if local_fits && domain_fits && text.len() <= limits::EMAIL_BYTES_MAX {
            Ok(Email(text.to_owned()))
        } else {
            Err(BadEmail)
        }
    }

    /// An address that was checked before it was stored.
    pub fn stored(text: String) -> Email {
        Email(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What makes two addresses the same: mailboxes that differ in case alone do not exist in practice, while people
    /// who type their own address with a capital letter do.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

/// A time zone of the IANA database, by its own spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a time zone of the IANA database, such as Europe/Moscow")]
pub struct BadZone;

impl Zone {
    pub fn parse(text: &str) -> Result<Zone, BadZone> {
        if text.len() > limits::ZONE_BYTES_MAX {
            return Err(BadZone);
        }
        let zone = jiff::tz::TimeZone::get(text.trim()).map_err(|_| BadZone)?;
        match zone.iana_name() {
            Some(name) if !zone.is_unknown() => Ok(Zone(name.to_owned())),
            _ => Err(BadZone),
        }
    }

    pub fn utc() -> Zone {
        Zone("UTC".to_owned())
    }

    /// A zone that was checked before it was stored.
    pub fn stored(text: String) -> Zone {
        Zone(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Facts about a person that segments are chosen by: plain values under names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes(BTreeMap<String, Value>);

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    Integer(i64),
    /// Always finite: JSON has no other.
    Decimal(f64),
    Flag(bool),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAttributes {
    #[error("must have at most {} attributes", limits::ATTRIBUTES_MAX)]
    TooMany,
    #[error("must take at most {} bytes in all", limits::ATTRIBUTES_BYTES_MAX)]
    TooBig,
    #[error("the name of an attribute {0}")]
    Name(BadText),
    #[error("{name} {problem}")]
    Text { name: String, problem: BadText },
    #[error("{name} must be a number that JSON can write")]
    NotFinite { name: String },
}

impl Attributes {
    pub fn new(values: impl IntoIterator<Item = (String, Value)>) -> Result<Attributes, BadAttributes> {
        let mut kept = BTreeMap::new();
        let mut bytes = 0;
        for (name, value) in values {
            let name = Text::required(&name, limits::ATTRIBUTE_NAME_CHARS_MAX)
                .map_err(BadAttributes::Name)?
                .into_string();
            let value = checked(&name, value)?;
            bytes += name.len() + value.bytes();
            kept.insert(name, value);
            if kept.len() > limits::ATTRIBUTES_MAX {
                return Err(BadAttributes::TooMany);
            }
            if bytes > limits::ATTRIBUTES_BYTES_MAX {
                return Err(BadAttributes::TooBig);
            }
        }
        Ok(Attributes(kept))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn checked(name: &str, value: Value) -> Result<Value, BadAttributes> {
    match value {
        Value::Text(text) => Text::new(&text, limits::ATTRIBUTE_TEXT_CHARS_MAX)
            .map(|text| Value::Text(text.into_string()))
            .map_err(|problem| BadAttributes::Text {
                name: name.to_owned(),
                problem,
            }),
        Value::Decimal(number) if !number.is_finite() => Err(BadAttributes::NotFinite {
            name: name.to_owned(),
        }),
        plain => Ok(plain),
    }
}

impl Value {
    /// What it takes in JSON, roughly: numbers by their longest form.
    fn bytes(&self) -> usize {
        match self {
            Value::Text(text) => text.len() + 6,
            Value::Integer(_) | Value::Decimal(_) => 24,
            Value::Flag(_) => 8,
        }
    }
}

/// How a name is compared when people search: by small letters, with single spaces, and with `ё` as `е`, because
/// Russians type either. Cut to a length that fits into a cursor.
pub fn search_key(text: &str) -> Vec<u8> {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let letters = words.to_lowercase().replace('ё', "е");
    letters
        .chars()
        .take(limits::SEARCH_KEY_CHARS_MAX)
        .collect::<String>()
        .into_bytes()
}

/// The first key after all keys that start with `prefix`; `None` when there is none.
pub fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Some(end);
        }
    }
    None
}

/// One person as the source knows them.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicaRow {
    pub id: PersonId,
    pub blocked: bool,
    pub about: About,
    pub source_version: i64,
}

/// What became of one row from the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replicated {
    Created,
    Changed,
    /// The same as is known already.
    Unchanged,
    /// A later version is known already.
    Late,
    Retired,
    /// The person is governed here, so the source does not reach them.
    GovernedHere,
    /// The house would be left without an administrator.
    LastAdmin,
}

impl Replicated {
    pub const fn as_str(self) -> &'static str {
        match self {
            Replicated::Created => "created",
            Replicated::Changed => "changed",
            Replicated::Unchanged => "unchanged",
            Replicated::Late => "late",
            Replicated::Retired => "retired",
            Replicated::GovernedHere => "governed_here",
            Replicated::LastAdmin => "last_admin",
        }
    }
}

/// Why an act on a person was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error("there is no such person")]
    NotFound,
    #[error("another person has this e-mail address")]
    EmailTaken,
    #[error("a person of this id exists already")]
    IdTaken,
    #[error("the person is not waiting for an invitation")]
    NotInvited,
    #[error("the person is not active")]
    NotActive,
    #[error("the person has no e-mail address to sign in with")]
    NoEmail,
    #[error("the person was changed meanwhile; read them again")]
    Stale,
    #[error("the house would be left without an administrator")]
    LastAdmin,
    #[error("the person holds a role that you do not hold")]
    Outranked,
    #[error("only an administrator may do this")]
    AdminOnly,
    #[error("there is no such role; on the house there are admin, registrar, auditor and analyst")]
    UnknownGrant,
    #[error("this link was used, has expired or was replaced by a newer one")]
    LinkSpent,
}
