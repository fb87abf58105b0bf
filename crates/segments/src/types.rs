//! What a segment is, who may be in it, and the reasons for refusing a change of it.
//!
//! Values are checked where they are made: a key, a share or a definition that exists is one that can be evaluated, so
//! nothing on the way of a sign-in has to ask again.

use std::collections::BTreeMap;
use std::fmt;

use kernel::{Id, Language, Moment, PersonId, Text};

/// Characters of a key.
pub const KEY_CHARS_MAX: usize = 100;
/// Segments there ever were; archived ones keep their numbers. Two marks of each fit beside those of draws in 16 bits.
pub const SEGMENTS_MAX: u16 = 16_384;
/// Parts that a share is counted in: ten millionths of a per cent.
const SHARE_PARTS: u32 = 1_000_000_000;

/// How a segment stands in lists of small numbers. Never given to another segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(u16);

impl Number {
    /// `None` beyond the last there can be.
    pub fn new(number: u16) -> Option<Number> {
        (number < SEGMENTS_MAX).then_some(Number(number))
    }

    pub const fn get(self) -> u16 {
        self.0
    }

    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// The name that programs know a segment by, kept as written and compared exactly.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {KEY_CHARS_MAX} of the characters A-Z a-z 0-9 _ - . such as VOICE_MESSAGES")]
pub struct BadKey;

impl Key {
    pub fn parse(text: &str) -> Result<Key, BadKey> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if text.is_empty() || text.len() > KEY_CHARS_MAX || !text.chars().all(fits) {
            return Err(BadKey);
        }
        Ok(Key(text.to_owned()))
    }

    /// A key that was checked before it was stored.
    pub fn stored(text: String) -> Key {
        Key(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A part of all people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a number of per cent from 0 to 100 with at most 7 decimals, such as 12.5")]
pub struct BadShare;

impl Share {
    pub const NOBODY: Share = Share(0);
    pub const EVERYBODY: Share = Share(SHARE_PARTS);

    /// Per cent in decimal digits, so that 0.1 is a tenth and not what a binary fraction makes of it.
    pub fn parse_percent(text: &str) -> Result<Share, BadShare> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty()
            || whole.len() > 3
            || decimals.len() > 7
            || !is_number(whole)
            || !is_number(decimals)
        {
            return Err(BadShare);
        }
        let parts = format!("{whole}{decimals:0<7}").parse().map_err(|_| BadShare)?;
        Share::of_parts(parts).ok_or(BadShare)
    }

    /// Of 1,000,000,000.
    pub fn of_parts(parts: u32) -> Option<Share> {
        (parts <= SHARE_PARTS).then_some(Share(parts))
    }

    pub const fn parts(self) -> u32 {
        self.0
    }

    /// What points must be below. `None`: everybody, since no threshold is above all points.
    pub fn threshold(self) -> Option<u64> {
        let scaled = (u128::from(self.0) << 64) / u128::from(SHARE_PARTS);
        u64::try_from(scaled).ok()
    }

    /// How many of so many people, rounded to the nearest.
    pub fn of(self, people: u64) -> u64 {
        let whole = u128::from(SHARE_PARTS);
        let exact = (u128::from(people) * u128::from(self.0) + whole / 2) / whole;
        u64::try_from(exact).unwrap_or(people)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 10_000_000, self.0 % 10_000_000);
        if rest == 0 {
            return write!(f, "{whole}");
        }
        let decimals = format!("{rest:07}");
        write!(f, "{whole}.{}", decimals.trim_end_matches('0'))
    }
}

/// What is known about a person that rules can ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    pub language: Language,
    pub zone: String,
    pub created: Moment,
    pub attributes: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    Integer(i64),
    /// Always finite.
    Decimal(f64),
    Flag(bool),
}

/// One thing that must be true of a person. A rule's conditions must all be true.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    Language(Vec<Language>),
    Zone(Vec<String>),
    CreatedBefore(Moment),
    CreatedSince(Moment),
    Attribute { name: String, test: Test },
}

#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    OneOf(Vec<Value>),
    /// Also true of whoever does not have the attribute.
    NoneOf(Vec<Value>),
    AtLeast(f64),
    AtMost(f64),
    Present,
    Absent,
}

/// How a person's point under a salt is computed. Others than ours are for roll-outs that move in from another house
/// without reshuffling anybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Hashing {
    #[default]
    Ours,
    Unleash,
    LaunchDarkly,
    GrowthBook,
    Flagd,
}

impl Hashing {
    pub const ALL: [Hashing; 5] = [
        Hashing::Ours,
        Hashing::Unleash,
        Hashing::LaunchDarkly,
        Hashing::GrowthBook,
        Hashing::Flagd,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Hashing::Ours => "townhall",
            Hashing::Unleash => "unleash",
            Hashing::LaunchDarkly => "launchdarkly",
            Hashing::GrowthBook => "growthbook",
            Hashing::Flagd => "flagd",
        }
    }

    pub fn parse(text: &str) -> Option<Hashing> {
        Hashing::ALL.into_iter().find(|hashing| hashing.as_str() == text)
    }
}

/// Part of a segment's people that is shown something of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    pub name: Key,
    pub weight: u32,
}

/// A raise of the share at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub at: Moment,
    pub share: Share,
}

/// A piece of a layer: points from `from` on, below `to` (`None`: to the end).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: u64,
    pub to: Option<u64>,
}

/// What a rollout's people are cut from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Everybody, each segment by its own salt.
    Own,
    /// A layer, whose segments share nobody. The spans are this segment's own.
    Layer { name: Key, spans: Vec<Span> },
}

/// A standing rule: this share of all people, new people included.
#[derive(Clone, Debug, PartialEq)]
pub struct Rollout {
    pub salt: String,
    pub hashing: Hashing,
    pub share: Share,
    /// Points below it are in, in place of those below the share's own threshold: the k-th smallest point of those whom
    /// the rule applied to when it was saved.
    pub exact: Option<u64>,
    /// In the order of their instants.
    pub steps: Vec<Step>,
    pub until: Option<Moment>,
    pub conditions: Vec<Condition>,
    /// Only people of all of these.
    pub include: Vec<Number>,
    /// Nobody of any of these.
    pub exclude: Vec<Number>,
    pub ground: Ground,
}

impl Rollout {
    /// A share of everybody, and nothing else.
    pub fn plain(salt: &str, share: Share) -> Rollout {
        Rollout {
            salt: salt.to_owned(),
            hashing: Hashing::Ours,
            share,
            exact: None,
            steps: Vec::new(),
            until: None,
            conditions: Vec::new(),
            include: Vec::new(),
            exclude: Vec::new(),
            ground: Ground::Own,
        }
    }
}

/// What a segment decides by itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Definition {
    pub rollout: Option<Rollout>,
    /// None, or at least two: which of them a person of the segment is shown.
    pub variants: Vec<Variant>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    pub number: Number,
    pub key: Key,
    pub title: Text,
    pub description: Text,
    /// The team that answers for it, in its own words.
    pub owner: Text,
    pub definition: Definition,
    /// Grows by one with each change; also the ETag.
    pub version: i64,
    pub created: Moment,
    pub changed: Moment,
    /// Since when nobody is in it any more.
    pub archived: Option<Moment>,
}

/// People who are kept out of all rollouts and draws, to compare the others with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holdout {
    pub name: Key,
    pub salt: String,
    pub share: Share,
    pub since: Moment,
    pub until: Option<Moment>,
}

/// The place of a draw among marks. Given again when nothing names it any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DrawNumber(u16);

impl DrawNumber {
    pub const MAX: u16 = 32_767;

    pub fn new(number: u16) -> Option<DrawNumber> {
        (number <= DrawNumber::MAX).then_some(DrawNumber(number))
    }

    pub const fn get(self) -> u16 {
        self.0
    }
}

/// A draw that is visible: as a rule sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawn {
    pub number: DrawNumber,
    pub segment: Number,
    pub at: Moment,
    pub until: Option<Moment>,
}

/// A draw: once, so many of those whom it asks for, chosen by a seed and written down.
#[derive(Clone, Debug, PartialEq)]
pub struct Draw {
    pub number: DrawNumber,
    pub segment: Number,
    /// Who was asked for and how many of them; its salt is the seed, so whoever has the same people can draw again.
    pub wanted: Rollout,
    pub state: DrawState,
    /// People it was drawn from, and who were drawn.
    pub matching: u64,
    pub drawn: u64,
    pub begun: Moment,
    /// Since when those who were drawn are in.
    pub visible: Option<Moment>,
    pub until: Option<Moment>,
    pub by: Actor,
    /// What the caller named this draw, so that asking again does not draw again.
    pub request: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DrawState {
    Drawing,
    Visible,
    /// It was cut off before it was visible, and nobody is in by it.
    Failed,
}

impl Draw {
    /// As a rule sees it; `None` until it is visible.
    pub fn seen(&self) -> Option<Drawn> {
        Some(Drawn {
            number: self.number,
            segment: self.segment,
            at: self.visible.filter(|_| self.state == DrawState::Visible)?,
            until: self.until,
        })
    }
}

/// How somebody stands in a person's list, in one word: in a segment by hand, shielded from it, or drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark(u16);

/// What a mark says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    In(Number),
    Out(Number),
    Drawn(DrawNumber),
}

impl Mark {
    const DRAWS: u16 = 0x8000;

    pub const fn inside(segment: Number) -> Mark {
        Mark(segment.0 * 2)
    }

    pub const fn outside(segment: Number) -> Mark {
        Mark(segment.0 * 2 + 1)
    }

    pub const fn drawn(draw: DrawNumber) -> Mark {
        Mark(Mark::DRAWS | draw.0)
    }

    pub const fn from_code(code: u16) -> Mark {
        Mark(code)
    }

    pub const fn code(self) -> u16 {
        self.0
    }

    pub const fn says(self) -> Says {
        if self.0 & Mark::DRAWS != 0 {
            return Says::Drawn(DrawNumber(self.0 & !Mark::DRAWS));
        }
        let segment = Number(self.0 / 2);
        if self.0.is_multiple_of(2) {
            Says::In(segment)
        } else {
            Says::Out(segment)
        }
    }
}

/// Where somebody was put by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    In,
    /// Shielded from the segment's rollout and draws.
    Out,
}

/// How a person stands to one segment by hand. There is at most one of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByHand {
    pub segment: Number,
    pub side: Side,
    pub until: Option<Moment>,
}

impl ByHand {
    pub const fn mark(self) -> Mark {
        match self.side {
            Side::In => Mark::inside(self.segment),
            Side::Out => Mark::outside(self.segment),
        }
    }
}

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Nobody asked for it: its time was over, or the person is gone.
    House,
    Person(PersonId),
    /// A service, by the id of its key.
    Service(Id),
}

/// Why a change of a segment or of its members was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error("there is no segment {0}")]
    NoSegment(String),
    #[error("there is no such person")]
    NoPerson,
    #[error("a segment {0} exists already, or did; history names it, so its key is not given again")]
    KeyTaken(Key),
    #[error("the segment was changed meanwhile; read it again")]
    Stale,
    #[error("the segment {0} is archived")]
    Archived(Key),
    #[error("there are as many segments as there can be: {SEGMENTS_MAX}")]
    TooManySegments,
    #[error("{0} cannot be added and removed at once")]
    AddedAndRemoved(Key),
    #[error("must lie in the future")]
    EndsInThePast,
    #[error("{0} would depend on itself: {1}")]
    Cycle(Key, String),
    #[error("there are as many draws as there can be")]
    TooManyDraws,
    #[error("there is no draw {0} of this segment")]
    NoDraw(u16),
    #[error("there is no such report, or it is kept no more")]
    NoReport,
    #[error("there is no holdout {0}")]
    NoHoldout(String),
    #[error("a holdout {0} exists already, or did; history names it, so its name is not given again")]
    HoldoutTaken(Key),
    #[error("another draw was asked for under this idempotency key")]
    OtherRequest,
    #[error("this draw is still being written; ask again in a moment")]
    StillDrawing,
    #[error("this draw was cut off and nobody was drawn; ask again under another idempotency key")]
    DrawFailed,
    #[error("{field} {problem}")]
    Field { field: String, problem: String },
}
