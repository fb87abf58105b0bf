//! What people follow, and what is known of calendars elsewhere.

use std::fmt;

use ical::Kind;
use kernel::{Id, Language, Moment, PersonId, Text};
use sha2::{Digest as _, Sha256};

use crate::rules::feeds::Unread;
use crate::rules::holidays::Country;
use crate::rules::spans::Span;
use crate::said;
use crate::types::Color;

/// What one person follows.
pub const SUBSCRIPTIONS_MAX: usize = 50;
/// How the holidays of a country are named as a source: `holidays:ru`.
pub const HOLIDAYS: &str = "holidays:";

/// Where something that is followed comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// An address, written in one way.
    Address(String),
    /// The house knows it by itself.
    Holidays(&'static Country),
}

impl Source {
    /// What was checked before it was stored. A country that is no longer known is none.
    pub(crate) fn stored(text: String) -> Option<Source> {
        match text.strip_prefix(HOLIDAYS) {
            Some(code) => Country::with_code(code).map(Source::Holidays),
            None => Some(Source::Address(text)),
        }
    }

    /// The same calendar elsewhere, for whoever follows it.
    pub fn feed(&self) -> Option<Id> {
        match self {
            // Nobody may find a second address with the id of another one, and so put their days into others' calendars.
            Source::Address(address) => {
                let hash: [u8; 32] = Sha256::digest(address.as_bytes()).into();
                let mut id = [0; 16];
                id.copy_from_slice(hash.split_at(16).0);
                Some(Id::from_bytes(id))
            }
            Source::Holidays(_) => None,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Address(address) => f.write_str(address),
            Source::Holidays(country) => write!(f, "{HOLIDAYS}{}", country.code),
        }
    }
}

/// That somebody follows something.
#[derive(Clone, Debug)]
pub struct Subscription {
    pub id: Id,
    pub owner: PersonId,
    pub source: Source,
    /// Empty: as it calls itself.
    pub title: Text,
    pub color: Color,
    /// What it brings stands in the letter about the day.
    pub daily: bool,
    /// Grows by one with each change; also the ETag.
    pub version: i64,
    pub created: Moment,
}

/// What somebody wants changed; the rest stays.
#[derive(Clone, Debug, Default)]
pub struct SubscriptionChange {
    pub title: Option<Text>,
    pub color: Option<Color>,
    pub daily: Option<bool>,
}

/// Why a calendar elsewhere could not be got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It is a machine of a private network.
    Private,
    /// Nobody knows a machine of that name.
    Name,
    Unreachable,
    /// It cannot show that it is the machine of that name.
    Certificate,
    Slow,
    Large,
    Redirects,
    /// The server answered something else.
    Status,
    /// It is not there any more.
    Gone,
    /// A web page came.
    Page,
    Unreadable,
    TooMany,
}

impl What {
    const ALL: [(What, &'static str); 12] = [
        (What::Private, "private"),
        (What::Name, "name"),
        (What::Unreachable, "unreachable"),
        (What::Certificate, "certificate"),
        (What::Slow, "slow"),
        (What::Large, "large"),
        (What::Redirects, "redirects"),
        (What::Status, "status"),
        (What::Gone, "gone"),
        (What::Page, "page"),
        (What::Unreadable, "unreadable"),
        (What::TooMany, "too_many"),
    ];

    pub fn as_str(self) -> &'static str {
        let found = What::ALL.iter().find(|(what, _)| *what == self);
        found.map_or("unreadable", |(_, word)| *word)
    }

    pub(crate) fn stored(word: &str) -> What {
        let found = What::ALL.iter().find(|(_, known)| *known == word);
        found.map_or(What::Unreadable, |(what, _)| *what)
    }
}

/// The same with a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub what: What,
    pub why: String,
}

impl Trouble {
    pub fn new(what: What, why: impl fmt::Display) -> Trouble {
        Trouble {
            what,
            why: why.to_string(),
        }
    }
}

/// Since when a calendar elsewhere cannot be got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    pub since: Moment,
    pub trouble: Trouble,
}

/// A calendar elsewhere, as it was got for all who follow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    pub id: Id,
    pub address: String,
    /// As it calls itself; empty when it does not, or was never got.
    pub title: String,
    pub etag: Option<String>,
    pub modified: Option<String>,
    pub entries: i64,
    /// The number of the last change of what lies in it.
    pub changes: i64,
    /// Deletions up to this number are no longer known.
    pub forgotten: i64,
    pub unread: i64,
    /// Some of those that could not be read, each in a line.
    pub unread_why: Vec<Unread>,
    pub every_seconds: i64,
    /// When its server was asked.
    pub asked: Option<Moment>,
    /// When it answered well.
    pub fetched: Option<Moment>,
    pub due: Moment,
    /// How often it was asked in vain since it last answered well.
    pub failures: i64,
    pub failing: Option<Failing>,
}

/// One UID of it, to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub uid: String,
    pub kind: Kind,
    pub text: String,
    pub fingerprint: Id,
    pub spans: Vec<Span>,
}

impl Entry {
    /// Rows that it is written as.
    pub fn rows(&self) -> usize {
        1 + self.spans.len()
    }
}

/// What is known of an entry that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub id: Id,
    pub uid: String,
    pub fingerprint: Id,
}

/// How it stands with something that is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The house knows it by itself.
    BuiltIn,
    /// It was not got yet.
    Waiting,
    Fresh,
    Failing,
}

/// What somebody follows, with what is known of it.
#[derive(Clone, Debug)]
pub struct Followed {
    pub subscription: Subscription,
    /// `None`: it is built in, or was not asked for yet.
    pub feed: Option<Feed>,
    /// What is known of it lies on a server of the house that cannot be asked now.
    pub is_away: bool,
}

impl Followed {
    pub(super) fn away(subscription: Subscription) -> Followed {
        Followed {
            subscription,
            feed: None,
            is_away: true,
        }
    }

    pub fn id(&self) -> Id {
        self.subscription.id
    }

    /// The house knows it by itself: days off, of which nobody has to think.
    pub fn is_holidays(&self) -> bool {
        matches!(self.subscription.source, Source::Holidays(_))
    }

    pub fn title(&self, language: Language) -> String {
        let own = self.subscription.title.as_str();
        let called = self.feed.as_ref().map(|feed| feed.title.as_str());
        match (&self.subscription.source, called) {
            _ if !own.is_empty() => own.to_owned(),
            (_, Some(called)) if !called.is_empty() => called.to_owned(),
            (Source::Holidays(country), _) => said::holidays_of(language, country.names.of(language)),
            (Source::Address(address), _) => {
                let after = address
                    .split_once("://")
                    .map_or(address.as_str(), |(_, rest)| rest);
                let host = after.split(['/', '?']).next();
                host.unwrap_or(after).to_owned()
            }
        }
    }

    pub fn state(&self) -> State {
        match (&self.subscription.source, &self.feed) {
            (Source::Holidays(_), _) => State::BuiltIn,
            (_, Some(feed)) if feed.failing.is_some() => State::Failing,
            (_, Some(feed)) if feed.fetched.is_some() => State::Fresh,
            _ => State::Waiting,
        }
    }
}
