//! A letter and what is known of it.
//!
//! The id of a letter is made of its kind, its owner and its key, and lies in the owner's virtual shard: so asking
//! twice meets the primary key, and the `Message-ID`, which is made of the id, leads back to the row without a search.

use std::fmt;
use std::str::FromStr;

use kernel::{Id, Language, Moment, PersonId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{Kind, Lane};

/// The longest key: it names the cause (`event / person / recurrence / alarm`), it does not carry it.
pub const KEY_BYTES_MAX: usize = 192;
/// What a letter is told when it is asked for. What it can look up when it is written does not belong there.
pub const DATA_BYTES_MAX: usize = 8 * 1024;
/// The longest reason in a letter's story. What servers say is cut there.
pub const REASON_CHARS_MAX: usize = 300;
/// Between the fields of a step; no reason and no name contains it.
const FIELD: char = '\t';

/// Where a letter is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// For its instant, or for another attempt.
    Waiting,
    /// Somebody writes it now. A step of the story; at rest it is still waiting.
    Rendering,
    /// The attempt is on disk, and the provider is being called.
    Sending,
    HandedOver,
    Delivered,
    /// The reader's server gave it back, or would not have it.
    Bounced,
    /// The reader called it spam.
    Complained,
    /// The reader does not want it, or cannot be reached.
    Suppressed,
    /// It was too late.
    Expired,
    /// It cannot go on without a person.
    Parked,
    /// Nobody can tell whether it was handed over.
    Unsure,
    /// Whoever asked took it back in time.
    Withdrawn,
}

impl State {
    pub const ALL: [State; 12] = [
        State::Waiting,
        State::Rendering,
        State::Sending,
        State::HandedOver,
        State::Delivered,
        State::Bounced,
        State::Complained,
        State::Suppressed,
        State::Expired,
        State::Parked,
        State::Unsure,
        State::Withdrawn,
    ];

    /// How it stands in the table. Indexes of the migration name 3, 10 and 11.
    pub const fn code(self) -> i64 {
        match self {
            State::Waiting => 1,
            State::Rendering => 2,
            State::Sending => 3,
            State::HandedOver => 4,
            State::Delivered => 5,
            State::Bounced => 6,
            State::Complained => 7,
            State::Suppressed => 8,
            State::Expired => 9,
            State::Parked => 10,
            State::Unsure => 11,
            State::Withdrawn => 12,
        }
    }

    pub fn of_code(code: i64) -> Option<State> {
        State::ALL.into_iter().find(|state| state.code() == code)
    }

    /// For metrics, REST and filters.
    pub const fn name(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Rendering => "rendering",
            State::Sending => "sending",
            State::HandedOver => "handed_over",
            State::Delivered => "delivered",
            State::Bounced => "bounced",
            State::Complained => "complained",
            State::Suppressed => "suppressed",
            State::Expired => "expired",
            State::Parked => "parked",
            State::Unsure => "unsure",
            State::Withdrawn => "withdrawn",
        }
    }

    /// Whether what the letter was told may be forgotten: nobody will write it again.
    pub const fn needs_no_data(self) -> bool {
        !matches!(
            self,
            State::Waiting | State::Rendering | State::Sending | State::Parked | State::Unsure
        )
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// There is no state of that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no state of a letter")]
pub struct BadState;

impl FromStr for State {
    type Err = BadState;

    fn from_str(text: &str) -> Result<State, BadState> {
        State::ALL
            .into_iter()
            .find(|state| state.name() == text)
            .ok_or(BadState)
    }
}

impl Lane {
    pub const ALL: [Lane; 2] = [Lane::Prompt, Lane::Bulk];

    pub const fn code(self) -> i64 {
        match self {
            Lane::Prompt => 1,
            Lane::Bulk => 2,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Lane::Prompt => "prompt",
            Lane::Bulk => "bulk",
        }
    }
}

/// What the next attempt has to do with the provider of the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stick {
    Anywhere,
    /// Only there: it may have the letter already, and knows it again by its idempotency key.
    OnlyThere,
    /// It was the provider that failed, so another one is tried first.
    RatherElsewhere,
}

impl Stick {
    pub const fn code(self) -> i64 {
        match self {
            Stick::Anywhere => 0,
            Stick::OnlyThere => 1,
            Stick::RatherElsewhere => 2,
        }
    }

    pub const fn of_code(code: i64) -> Stick {
        match code {
            1 => Stick::OnlyThere,
            2 => Stick::RatherElsewhere,
            _ => Stick::Anywhere,
        }
    }
}

/// Whom a letter goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// Where they can be reached is looked up when the letter is written.
    Person(PersonId),
    /// Somebody whom the house does not know.
    Address(Outsider),
}

/// A reader who is no person of the house.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outsider {
    pub email: String,
    pub name: String,
    /// ISO 639-1.
    pub language: String,
    /// IANA name of their time zone.
    pub zone: String,
}

impl Outsider {
    /// Nothing is known but the address.
    pub fn at(email: &str) -> Outsider {
        Outsider {
            email: email.to_owned(),
            name: String::new(),
            language: Language::default().code().to_owned(),
            zone: "UTC".to_owned(),
        }
    }

    pub fn language(&self) -> Language {
        self.language.parse().unwrap_or_default()
    }
}

impl To {
    /// Beside whose rows the letter lies.
    pub fn owner(&self) -> Id {
        match self {
            To::Person(person) => person.0,
            To::Address(outsider) => Id::named("email", &outsider.email.to_lowercase()),
        }
    }
}

/// A letter that is asked for.
#[derive(Clone, Debug)]
pub struct Ask {
    pub kind: &'static Kind,
    pub to: To,
    /// What makes it this letter and no other: asked for again under the same key it is the same letter.
    pub key: Vec<u8>,
    /// JSON, for whoever writes it. What is secret in it is sealed by whoever asks.
    pub data: String,
    pub not_before: Moment,
    /// After this nobody wants it. `None`: as the kind says.
    pub wanted_until: Option<Moment>,
}

impl Ask {
    pub fn new(kind: &'static Kind, to: To, key: impl Into<Vec<u8>>, not_before: Moment) -> Ask {
        Ask {
            kind,
            to,
            key: key.into(),
            data: "{}".to_owned(),
            not_before,
            wanted_until: None,
        }
    }

    #[must_use]
    pub fn telling(mut self, data: impl Into<String>) -> Ask {
        self.data = data.into();
        self
    }

    #[must_use]
    pub fn wanted_until(mut self, until: Moment) -> Ask {
        self.wanted_until = Some(until);
        self
    }

    pub fn id(&self) -> Id {
        id_of(self.kind, self.to.owner(), &self.key)
    }
}

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    New(Id),
    /// It was asked for before, and whatever has become of it since, it is not asked for again.
    Already(Id),
}

impl Asked {
    pub fn id(self) -> Id {
        match self {
            Asked::New(id) | Asked::Already(id) => id,
        }
    }
}

/// The id of the letter of this kind and key to this owner: always the same, in the owner's virtual shard.
pub fn id_of(kind: &Kind, owner: Id, key: &[u8]) -> Id {
    let hash = Sha256::new()
        .chain_update(kind.code.to_be_bytes())
        .chain_update(owner.as_bytes())
        .chain_update(key)
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    let [high, low] = owner.virtual_shard().number().to_be_bytes();
    bytes[6] = 0x80 | high;
    bytes[7] = low;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    Id::from_bytes(bytes)
}

/// `Message-ID` without its brackets: the same at every attempt.
pub fn message_id(letter: Id, host: &str) -> String {
    format!("{letter}@{host}")
}

/// Which letter a `Message-ID` is of, with brackets or without. `None` when it is not one of ours.
pub fn letter_of(message_id: &str) -> Option<Id> {
    let inside = message_id.trim().trim_start_matches('<').trim_end_matches('>');
    let (id, _) = inside.split_once('@')?;
    id.parse().ok()
}

/// A letter as it stands in its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub id: Id,
    pub owner: Id,
    /// Code of its kind: the program that wrote it may have known more kinds than this one.
    pub kind: i64,
    pub lane: i64,
    pub state: State,
    /// When somebody has to look at it next.
    pub due: Option<Moment>,
    pub asked: Moment,
    pub not_before: Moment,
    pub wanted_until: Moment,
    pub attempts: u32,
    /// Writings that failed since it was last written.
    pub writings: u32,
    /// The last provider that was called; empty when none was.
    pub provider: String,
    /// What the next attempt has to do with that provider.
    pub stick: Stick,
    /// What the provider calls it.
    pub provider_name: Option<String>,
    pub key: Vec<u8>,
    /// `None` for a person of the house: then `owner` is that person.
    pub outside: Option<Outsider>,
    pub data: String,
    pub story: Vec<Step>,
}

impl Letter {
    pub fn to(&self) -> To {
        match &self.outside {
            Some(outsider) => To::Address(outsider.clone()),
            None => To::Person(PersonId(self.owner)),
        }
    }
}

/// One step of a letter's story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub at: Moment,
    pub state: State,
    pub provider: String,
    pub reason: String,
}

impl Step {
    pub fn new(at: Moment, state: State) -> Step {
        Step {
            at,
            state,
            provider: String::new(),
            reason: String::new(),
        }
    }

    #[must_use]
    pub fn at_provider(mut self, provider: &str) -> Step {
        provider.clone_into(&mut self.provider);
        self
    }

    #[must_use]
    pub fn because(mut self, reason: &str) -> Step {
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        self.reason = reason.chars().take(REASON_CHARS_MAX).map(plain).collect();
        self
    }

    /// One line.
    pub fn line(&self) -> String {
        format!(
            "{}{FIELD}{}{FIELD}{}{FIELD}{}\n",
            self.at.as_micros(),
            self.state.code(),
            self.provider,
            self.reason
        )
    }

    /// All steps of a story. A line that cannot be read is left out: a story is for people.
    pub fn all(story: &str) -> Vec<Step> {
        story.lines().filter_map(Step::read).collect()
    }

    fn read(line: &str) -> Option<Step> {
        let mut fields = line.splitn(4, FIELD);
        Some(Step {
            at: Moment::from_micros(fields.next()?.parse().ok()?),
            state: State::of_code(fields.next()?.parse().ok()?)?,
            provider: fields.next()?.to_owned(),
            reason: fields.next()?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    static RESET: Kind = Kind::prompt(1, "test.reset", Duration::from_secs(3600));
    static DIGEST: Kind = Kind::bulk(2, "test.digest", "digest", Duration::from_secs(3600));
    const NOW: Moment = Moment::from_seconds(1_795_000_000);

    #[test]
    fn the_id_of_a_letter_follows_from_its_key_and_lies_beside_its_owner() {
        let owner = Id::named("guid", "somebody");
        let id = id_of(&RESET, owner, b"monday");
        assert_eq!(id, id_of(&RESET, owner, b"monday"));
        assert_eq!(id.virtual_shard(), owner.virtual_shard());
        for other in [
            id_of(&DIGEST, owner, b"monday"),
            id_of(&RESET, Id::named("guid", "another"), b"monday"),
            id_of(&RESET, owner, b"tuesday"),
        ] {
            assert_ne!(id, other);
        }
    }

    #[test]
    fn a_message_id_leads_back_to_its_letter() {
        let id = id_of(&RESET, Id::named("guid", "somebody"), b"monday");
        let message_id = message_id(id, "mail.example.org");
        assert_eq!(letter_of(&message_id), Some(id));
        assert_eq!(letter_of(&format!(" <{message_id}> ")), Some(id));
        assert_eq!(letter_of("<else@example.org>"), None);
    }

    #[test]
    fn a_story_survives_writing_and_reading_whatever_a_server_says() {
        let steps = [
            Step::new(NOW, State::Waiting),
            Step::new(NOW, State::Sending).at_provider("relay"),
            Step::new(NOW, State::Waiting)
                .at_provider("relay")
                .because("451 \t4.3.0\r\nплохо"),
        ];
        let story: String = steps.iter().map(Step::line).collect();
        assert_eq!(story.lines().count(), 3);
        assert_eq!(Step::all(&story), steps);
        assert_eq!(steps[2].reason, "451  4.3.0  плохо");
    }
}
