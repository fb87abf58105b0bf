//! What there is: calendars, objects that lie in them, and the reasons for refusing a change of either.

use std::fmt;

use ical::Kind;
use kernel::{Id, Moment, PersonId, Text};

use crate::directory::{PUBLIC_MAX, PUBLIC_OF_ONE_MAX};
use crate::reminders::types::Reminders;
use crate::sharing::groups::{GROUP_CALENDARS_MAX, GROUP_SHARES_MAX};
use crate::sharing::{OFFERS_MAX, Rights, SHARES_MAX};
use crate::subscriptions::types::SUBSCRIPTIONS_MAX;

/// Calendars of one person, deleted ones aside.
pub const CALENDARS_MAX: usize = 200;
/// Objects of one calendar.
pub const OBJECTS_MAX: i64 = 100_000;
/// Characters of what people call things.
pub const TITLE_CHARS_MAX: usize = 200;
pub const DESCRIPTION_CHARS_MAX: usize = 2_000;
/// Bytes of the last part of an address: file systems of clients take no more.
pub const NAME_BYTES_MAX: usize = 255;

/// A calendar of somebody.
#[derive(Clone, Debug, PartialEq)]
pub struct Calendar {
    pub id: Id,
    pub owner: PersonId,
    /// The last part of its address for calendar programs. Once given it stays.
    pub name: Name,
    pub about: About,
    /// The kinds of entries that it takes.
    pub kinds: Kinds,
    pub role: Role,
    /// Grows by one with each change of the calendar itself; also the ETag.
    pub version: i64,
    /// Grows by one with each change of what lies in it: how far a reader has read is such a number.
    pub changes: i64,
    /// Whoever has read less than this must read everything anew: what was deleted by then is forgotten.
    pub forgotten: i64,
    pub created: Moment,
    pub changed: Moment,
    pub deleted: Option<Moment>,
}

/// What a calendar is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Plain,
    /// Where messages of those who invite and answer come. Nobody puts anything into it themselves.
    Inbox,
}

/// What its owner says about a calendar.
#[derive(Clone, Debug, PartialEq)]
pub struct About {
    pub title: Text,
    pub description: Text,
    pub color: Color,
    /// Of the IANA database: where its days begin, for events that name no zone.
    pub zone: String,
    /// Whether what lies in it makes its owner busy.
    pub busy: bool,
    /// Where it stands among the others.
    pub position: i64,
    /// What calendar programs keep here for themselves, in a form that only they know.
    pub extra: String,
    /// How it reminds of events that say nothing of alarms.
    pub reminders: Reminders,
}

/// What somebody wants changed; the rest stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AboutChange {
    pub title: Option<Text>,
    pub description: Option<Text>,
    pub color: Option<Color>,
    pub zone: Option<String>,
    pub busy: Option<bool>,
    pub position: Option<i64>,
    pub extra: Option<String>,
    pub reminders: Option<Reminders>,
}

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color(u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a color such as #1e88e5")]
pub struct BadColor;

impl Color {
    /// `#RRGGBB`; how opaque it is, which Apple's programs write behind it, is left out.
    pub fn parse(text: &str) -> Result<Color, BadColor> {
        let digits = text.trim().strip_prefix('#').ok_or(BadColor)?;
        let rgb = match digits.len() {
            6 => digits,
            8 => digits.get(..6).ok_or(BadColor)?,
            _ => return Err(BadColor),
        };
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(BadColor);
        }
        u32::from_str_radix(rgb, 16).map(Color).map_err(|_| BadColor)
    }

    pub const BLUE: Color = Color(0x1e_88_e5);
    pub const GREEN: Color = Color(0x43_a0_47);

    /// A color that was checked before it was stored.
    pub fn stored(rgb: i64) -> Option<Color> {
        u32::try_from(rgb).ok().filter(|rgb| *rgb <= 0xff_ffff).map(Color)
    }

    pub fn rgb(self) -> i64 {
        i64::from(self.0)
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:06x}", self.0)
    }
}

/// Kinds of entries that a calendar takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds(u8);

impl Kinds {
    pub const ALL: Kinds = Kinds(1 | 2 | 4);
    pub const EVENTS_AND_TASKS: Kinds = Kinds(1 | 2);
    const EACH: [Kind; 3] = [Kind::Event, Kind::Todo, Kind::Journal];

    /// `None` when there is none among them that a calendar can take.
    pub fn of(kinds: &[Kind]) -> Option<Kinds> {
        let bits = kinds.iter().filter_map(|kind| bit(*kind));
        let bits = bits.fold(0, |all, one| all | one);
        (bits != 0).then_some(Kinds(bits))
    }

    pub fn stored(bits: i64) -> Option<Kinds> {
        let bits = u8::try_from(bits).ok()?;
        (1..=7).contains(&bits).then_some(Kinds(bits))
    }

    pub fn bits(self) -> i64 {
        i64::from(self.0)
    }

    pub fn take(self, kind: Kind) -> bool {
        bit(kind).is_some_and(|bit| self.0 & bit != 0)
    }

    pub fn iter(self) -> impl Iterator<Item = Kind> {
        Kinds::EACH.into_iter().filter(move |kind| self.take(*kind))
    }
}

fn bit(kind: Kind) -> Option<u8> {
    match kind {
        Kind::Event => Some(1),
        Kind::Todo => Some(2),
        Kind::Journal => Some(4),
        Kind::FreeBusy => None,
    }
}

/// The last part of the address of a calendar or an object, as its client chose it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {NAME_BYTES_MAX} bytes without control characters and slashes, and neither . nor ..")]
pub struct BadName;

impl Name {
    pub fn parse(text: &str) -> Result<Name, BadName> {
        let fits = !text.is_empty() && text.len() <= NAME_BYTES_MAX && text != "." && text != "..";
        if !fits || text.chars().any(|c| c.is_control() || c == '/') {
            return Err(BadName);
        }
        Ok(Name(text.to_owned()))
    }

    /// Of a calendar that the house names itself.
    pub fn of_calendar(id: Id) -> Name {
        Name(id.to_string())
    }

    /// As most clients call what they make.
    pub fn of_object(id: Id) -> Name {
        Name(format!("{id}.ics"))
    }

    /// Whose name it is, if it is one that the house gave.
    pub fn object_id(&self) -> Option<Id> {
        self.0.strip_suffix(".ics")?.parse().ok()
    }

    /// A name that was checked before it was stored.
    pub fn stored(text: String) -> Name {
        Name(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether CalDAV has another use for it.
    pub fn is_reserved(&self) -> bool {
        [dav::INBOX, dav::OUTBOX].contains(&self.as_str())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What lies in a calendar: everything with one UID, as a client wrote it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    pub id: Id,
    pub calendar: Id,
    pub name: Name,
    pub uid: String,
    pub kind: Kind,
    /// The change of the calendar that made it so; also the ETag.
    pub change: i64,
    /// The change with which it last became another thing for those who take part; `None`: nobody organizes it.
    pub schedule: Option<i64>,
    pub text: String,
    pub created: Moment,
    pub changed: Moment,
}

/// What a reader hears of an object: it is so now, or it is gone. Its text is another question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    pub name: Name,
    pub uid: String,
    pub kind: Kind,
    pub change: i64,
    pub schedule: Option<i64>,
    /// How long its text is.
    pub bytes: usize,
    pub created: Moment,
    pub changed: Moment,
    pub is_gone: bool,
}

impl Heard {
    /// Of which nothing is told but that it changed.
    pub fn bare(name: Name, change: i64, is_gone: bool) -> Heard {
        Heard {
            name,
            uid: String::new(),
            kind: Kind::Event,
            change,
            schedule: None,
            bytes: 0,
            created: Moment::from_micros(0),
            changed: Moment::from_micros(0),
            is_gone,
        }
    }
}

/// What a writer believes of what they write over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// They do not care.
    Anything,
    Nothing,
    Something,
    /// This change of it.
    Exactly(i64),
    /// What was the same for those who take part since this change.
    Scheduled(i64),
}

impl Expected {
    /// Whether what is there, if anything is, is what they believe.
    pub fn holds(self, there: Option<&Stored>) -> bool {
        let change = there.map(|there| there.change);
        match self {
            Expected::Scheduled(expected) => there.and_then(|there| there.schedule) == Some(expected),
            Expected::Anything => true,
            Expected::Nothing => change.is_none(),
            Expected::Something => change.is_some(),
            Expected::Exactly(expected) => change == Some(expected),
        }
    }
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Reason {
    #[error("there is no such calendar")]
    NoCalendar,
    #[error("there is no such event")]
    NoObject,
    #[error("a calendar of this name is there already")]
    NameTaken,
    #[error("nobody can have more than {CALENDARS_MAX} calendars: delete one first")]
    TooManyCalendars,
    #[error("a calendar can hold no more than {OBJECTS_MAX} entries: begin another one")]
    TooManyObjects,
    #[error("there is no such room")]
    NoResource,
    #[error("there is nobody of this id in the registry")]
    NoPerson,
    #[error("there is no such invitation")]
    NoInvitation,
    #[error("nothing is noted of such an organizer")]
    NoOrganizer,
    #[error("you follow no such calendar")]
    NoSubscription,
    #[error("you follow this calendar already")]
    FollowedAlready,
    #[error("nobody can follow more than {SUBSCRIPTIONS_MAX} calendars: end one first")]
    TooManySubscriptions,
    #[error("the house knows these days by itself: there is nothing to get anew")]
    NothingToFetch,
    #[error("this calendar is not published")]
    NotPublished,
    #[error("another public calendar has this name")]
    PublicNameTaken,
    #[error("nobody can have more than {PUBLIC_OF_ONE_MAX} public calendars: take one off the list first")]
    TooManyPublicOfOne,
    #[error("the list of public calendars is full: no more than {PUBLIC_MAX} find a place in it")]
    TooManyPublic,
    #[error("this calendar is not shared with them")]
    NotShared,
    #[error("a calendar can be shared with no more than {SHARES_MAX} people")]
    TooManyShares,
    #[error("a calendar can be shared with no more than {GROUP_SHARES_MAX} groups")]
    TooManyGroupShares,
    #[error("no more than {GROUP_CALENDARS_MAX} calendars can be shared with one group")]
    TooManyGroupCalendars,
    #[error("your rights to this calendar are not enough for that ({}): ask whose it is", .0.word())]
    NotAllowed(Rights),
    #[error("they were offered {OFFERS_MAX} calendars: they have to refuse some first")]
    TooManyOffers,
    #[error("the calendar is too long to be published as one text")]
    TooLong,
    #[error("it was changed meanwhile: look at it again, then change it")]
    Stale,
    #[error("the UID is that of {0} in this calendar: change that one, or write another UID")]
    UidTaken(Name),
    #[error("this calendar does not take a {}", .0.as_str())]
    KindNotTaken(Kind),
    #[error("{0}")]
    Invalid(#[from] ical::Problem),
    #[error("{field} {problem}")]
    Field { field: String, problem: String },
}

impl Reason {
    pub fn field(field: &str, problem: impl fmt::Display) -> Reason {
        Reason::Field {
            field: field.to_owned(),
            problem: problem.to_string(),
        }
    }
}
