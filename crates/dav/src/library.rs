//! What the handlers ask of whoever keeps calendars.
//!
//! Everything is asked for a person who signed in, and is about calendars that this person sees. What somebody does not see is
//! [`Denied::NotFound`], as if it were not there; what they see and may not do is told by [`Rights`] before it is asked for.

use front::{Problem, SignedIn};
use futures_util::future::BoxFuture;
use ical::Sort;
use jiff::Timestamp;
use kernel::{Id, Moment, PersonId};

/// An answer that is on its way.
pub type Asked<'a, T> = BoxFuture<'a, Result<T, Denied>>;

/// Fulfilled by the service of calendars.
pub trait Library: Send + Sync + 'static {
    /// The instant, for what is made of answers.
    fn now(&self) -> Moment;

    fn principal<'a>(&'a self, who: &'a SignedIn) -> Asked<'a, Principal>;

    /// Whom else somebody may know of by these words: rooms and things by a part of their names, people by their whole address.
    fn others<'a>(&'a self, who: &'a SignedIn, words: &'a str) -> Asked<'a, Vec<Principal>>;

    /// All calendars, in their order. Whoever comes for the first time gets one.
    fn calendars<'a>(&'a self, who: &'a SignedIn) -> Asked<'a, Vec<Calendar>>;

    /// The calendar of this name in addresses; `inbox` is where messages of participants come.
    fn calendar<'a>(&'a self, who: &'a SignedIn, name: &'a str) -> Asked<'a, Calendar>;

    /// Makes a calendar: [`Denied::Taken`] where there is one of that name.
    fn create<'a>(&'a self, who: &'a SignedIn, name: &'a str, as_said: Wishes) -> Asked<'a, ()>;

    /// Changes what is said of a calendar, all of it or nothing.
    fn change<'a>(&'a self, who: &'a SignedIn, calendar: &'a Calendar, to: Wishes) -> Asked<'a, ()>;

    /// Puts a calendar away, with all that is in it.
    fn delete<'a>(&'a self, who: &'a SignedIn, calendar: &'a Calendar) -> Asked<'a, ()>;

    /// Objects of a calendar, in the order of their names; names that are not there are left out. Without `texts` their texts
    /// may stay empty, which is cheaper.
    fn objects<'a>(
        &'a self,
        who: &'a SignedIn,
        calendar: &'a Calendar,
        wanted: Wanted<'a>,
        texts: bool,
    ) -> Asked<'a, Vec<Object>>;

    /// What changed since a reader was there, in the order of numbers, each object once and as it is now.
    /// [`Denied::TooOld`] where what was deleted since the reader began is no longer known.
    fn changes<'a>(
        &'a self,
        who: &'a SignedIn,
        calendar: &'a Calendar,
        since: Mark,
        limit: usize,
    ) -> Asked<'a, Changes>;

    fn put<'a>(
        &'a self,
        who: &'a SignedIn,
        calendar: &'a Calendar,
        name: &'a str,
        text: String,
        only: Only,
    ) -> Asked<'a, Stored>;

    /// Takes an object away. `silently`: nobody who takes part in it is to hear of that.
    fn remove<'a>(
        &'a self,
        who: &'a SignedIn,
        calendar: &'a Calendar,
        name: &'a str,
        only: Only,
        silently: bool,
    ) -> Asked<'a, ()>;

    /// When whoever has a calendar address is busy; none for an address that nobody here has.
    fn busy<'a>(
        &'a self,
        who: &'a SignedIn,
        address: &'a str,
        from: Timestamp,
        to: Timestamp,
    ) -> Asked<'a, Option<Vec<Busy>>>;

    /// Moves an object, within a calendar or to another. `only` is asked of the place where it goes.
    fn relocate<'a>(
        &'a self,
        who: &'a SignedIn,
        from: (&'a Calendar, &'a str),
        to: (&'a Calendar, &'a str),
        only: Only,
    ) -> Asked<'a, Stored>;
}

/// A person as calendars know them.
#[derive(Debug, Clone)]
pub struct Principal {
    pub id: PersonId,
    pub sort: Sort,
    pub name: String,
    /// E-mail addresses, the best first.
    pub addresses: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Calendar {
    pub id: Id,
    /// As it stands in addresses.
    pub name: String,
    pub owner: PersonId,
    pub role: Role,
    pub rights: Rights,
    pub title: String,
    pub description: String,
    /// Red, green and blue.
    pub color: Option<u32>,
    pub order: i64,
    /// A name of the database of zones.
    pub zone: String,
    pub kinds: Kinds,
    /// Nobody is busy for what is in it.
    pub transparent: bool,
    /// What clients keep here for themselves, as this crate writes it.
    pub extra: String,
    /// Grows with each change of what is said above.
    pub version: i64,
    /// Grows with each change of what is in it.
    pub changes: i64,
    pub created: Moment,
    pub changed: Moment,
}

/// What a calendar is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    Plain,
    /// Where messages of participants come, and the name of the calendar into which they are taken.
    Inbox {
        default: Option<String>,
    },
}

/// Some time that is taken, perhaps only tentatively.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Busy {
    pub tentative: bool,
    pub start: Timestamp,
    pub end: Timestamp,
}

/// What somebody may do with a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    /// See what is in it, and not only when somebody is busy.
    pub read: bool,
    /// Put, change and delete what is in it.
    pub write: bool,
    /// Change what is said of it, and delete it.
    pub manage: bool,
}

impl Rights {
    pub const ALL: Rights = Rights {
        read: true,
        write: true,
        manage: true,
    };
}

/// Which kinds of entries a calendar takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds {
    pub events: bool,
    pub tasks: bool,
    pub journals: bool,
}

impl Kinds {
    pub const ALL: Kinds = Kinds {
        events: true,
        tasks: true,
        journals: true,
    };

    pub fn takes(self, kind: ical::Kind) -> bool {
        match kind {
            ical::Kind::Event => self.events,
            ical::Kind::Todo => self.tasks,
            ical::Kind::Journal => self.journals,
            ical::Kind::FreeBusy => false,
        }
    }
}

/// What is to be said of a calendar; what is none stays, or takes its default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    pub title: Option<String>,
    pub description: Option<String>,
    pub color: Option<u32>,
    pub order: Option<i64>,
    pub zone: Option<String>,
    pub transparent: Option<bool>,
    pub extra: Option<String>,
    /// When it is made only.
    pub kinds: Option<Kinds>,
}

#[derive(Debug, Clone)]
pub struct Object {
    pub name: String,
    pub uid: String,
    pub kind: ical::Kind,
    /// The number of the change that made it so.
    pub change: i64,
    /// The number of the change with which it last became another thing for others; none if nobody organizes it.
    pub schedule: Option<i64>,
    pub bytes: usize,
    pub text: String,
    /// It happens once, and that lies in the range that was asked for. `false`: only its text says when it happens.
    pub lies: bool,
    pub created: Moment,
    pub changed: Moment,
}

/// Which objects.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'a> {
    Named(&'a [&'a str]),
    /// So many after a name, or from the first on.
    After(Option<&'a str>, usize),
    /// All that may lie in a range of time; more than that does no harm. What has no time of its own lies everywhere. So many
    /// after a name, or from the first on.
    Around {
        from: Timestamp,
        to: Timestamp,
        kind: Option<ical::Kind>,
        after: Option<&'a str>,
        limit: usize,
    },
}

/// What has to be so at the moment of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    Any,
    Absent,
    Exists,
    Match(i64),
    /// Nothing but answers has changed since this number.
    Schedule(i64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    pub created: bool,
    pub change: i64,
    pub schedule: Option<i64>,
    /// What is kept is byte for byte what was given.
    pub as_given: bool,
}

/// Where a reader of a calendar is. A first reading may take several answers: until its end, what was deleted before it began
/// was never there for this reader, so it is not told, and need not be known any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Everything up to this number was told.
    pub after: i64,
    /// The calendar's number when the first reading began; `after`, once that is done. Deletions up to it are left out.
    pub began: i64,
}

impl Mark {
    pub fn at(number: i64) -> Mark {
        Mark {
            after: number,
            began: number,
        }
    }

    /// Of somebody who has read nothing yet.
    pub fn first(calendar: &Calendar) -> Mark {
        Mark {
            after: 0,
            began: calendar.changes,
        }
    }

    /// The same reader further on.
    #[must_use]
    pub fn reached(self, number: i64) -> Mark {
        Mark {
            after: number,
            began: self.began.max(number),
        }
    }
}

#[derive(Debug, Clone)]
pub struct Changes {
    pub changed: Vec<Changed>,
    /// The number up to which these are all.
    pub reached: i64,
    /// There is nothing after it.
    pub complete: bool,
}

#[derive(Debug, Clone)]
pub struct Changed {
    pub name: String,
    pub change: i64,
    pub deleted: bool,
    /// As it is now, without its text, if that is known without another look.
    pub object: Option<Object>,
}

/// Why something was not done.
#[derive(Debug)]
pub enum Denied {
    NotFound,
    /// A calendar of that name is there.
    Taken,
    /// What had to be so is not.
    Precondition,
    /// The text is none that can be kept.
    Invalid(ical::Problem),
    /// The UID stands in this calendar under another name.
    UidTaken {
        name: String,
    },
    KindNotTaken,
    /// It needs another right.
    Forbidden,
    /// The place of a reader is so old that what was deleted since is not known.
    TooOld,
    /// There are as many as there may be; the sentence says how many.
    Full(String),
    Other(Problem),
}

impl From<Problem> for Denied {
    fn from(problem: Problem) -> Denied {
        Denied::Other(problem)
    }
}
