//! What happens in calendars within a range of time, for somebody who looks from somewhere.

use ical::zones::Zone;
use ical::{Class, Entry, Happening, Kind, Status, Timing};
use jiff::civil::{Date, DateTime};
use kernel::{Id, Moment};

use crate::rules::colors;
use crate::service::{Calendars, Refused};
use crate::sharing::{Held, Rights};
use crate::types::{Color, Reason, Stored};

/// The longest range of one look. A year of four views is more than anybody sees at once.
pub const RANGE_DAYS_MAX: i64 = 400;
/// Instances of one answer.
pub const SHOWN_MAX: usize = 20_000;

/// One time that something happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub calendar: Id,
    pub object: Id,
    /// The change of the calendar that made it so.
    pub change: i64,
    pub kind: Kind,
    pub title: String,
    pub place: Option<String>,
    pub when: Lasting,
    /// Which instance of a series it is, by the clock where it takes place; `None` for what happens once.
    pub instance: Option<DateTime>,
    /// Whether something was changed for this instance.
    pub is_changed: bool,
    pub is_busy: bool,
    pub is_private: bool,
    /// Whoever looks may only know that its owner is busy.
    pub is_hidden: bool,
    pub is_cancelled: bool,
    pub is_tentative: bool,
    /// A task that is done.
    pub is_done: bool,
    /// Its own colour; `None`: that of its calendar.
    pub color: Option<Color>,
    /// The calendar address of who organizes it.
    pub organizer: Option<String>,
}

/// From when until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// Whole days, the last one included, the same for whoever looks.
    Days {
        first: Date,
        last: Date,
    },
    Time {
        starts: Moment,
        ends: Moment,
    },
}

impl Lasting {
    pub(crate) fn of(one: &Happening<'_>) -> Lasting {
        match one.days {
            Some((first, after)) => Lasting::Days {
                first: first.date(),
                last: after.date().yesterday().unwrap_or(first.date()).max(first.date()),
            },
            None => Lasting::Time {
                starts: one.start.into(),
                ends: one.end.into(),
            },
        }
    }
}

impl Calendars {
    /// Everything in some calendars that is at least partly in `from..to`, by its start, as whoever holds them may see it.
    /// `viewer` counts for whole days and for times without a zone. Of a `search`, only what says all its words: in its
    /// title, description, place, categories, or the names and addresses of those who take part.
    pub async fn agenda(
        &self,
        calendars: &[Held],
        (from, to): (Moment, Moment),
        viewer: &Zone,
        search: &str,
    ) -> Result<Vec<Shown>, Refused> {
        let words = words(search);
        check_range(from, to)?;
        let mut all = Vec::new();
        for Held { calendar, rights, .. } in calendars {
            for (stored, _) in self.near(calendar.owner, calendar.id, (from, to)).await? {
                let meant = |one: &Happening<'_>| seen(&stored, one, *rights, &words);
                all.extend(each(&stored, (from, to), viewer, meant));
                check_count(&all)?;
            }
        }
        sort(&mut all, viewer);
        Ok(all)
    }
}

/// What is searched for.
pub(crate) fn words(search: &str) -> Vec<String> {
    search.split_whitespace().map(str::to_lowercase).collect()
}

pub(crate) fn check_range(from: Moment, to: Moment) -> Result<(), Reason> {
    let days = to.micros_since(from) / 86_400_000_000;
    if to <= from || days > RANGE_DAYS_MAX {
        let problem = format!("must be later than `from`, by at most {RANGE_DAYS_MAX} days");
        return Err(Reason::field("to", problem));
    }
    Ok(())
}

pub(crate) fn check_count(all: &[Shown]) -> Result<(), Reason> {
    if all.len() > SHOWN_MAX {
        let problem = format!("reaches over more than {SHOWN_MAX} instances: ask for fewer days");
        return Err(Reason::field("to", problem));
    }
    Ok(())
}

/// By the start, as whoever looks sees it.
pub(crate) fn sort(all: &mut [Shown], viewer: &Zone) {
    all.sort_by(|one, other| order(one, viewer).cmp(&order(other, viewer)));
}

/// Each time that an object happens in a range, as somebody wants to know it, or not at all. What was understood when it was stored is understood
/// now; should it not be, it is not shown and hides nothing else.
pub(crate) fn each<T>(
    stored: &Stored,
    (from, to): (Moment, Moment),
    viewer: &Zone,
    known: impl FnMut(&Happening<'_>) -> Option<T>,
) -> Vec<T> {
    let Ok(calendar) = ical::parse(stored.text.as_bytes()) else {
        return Vec::new();
    };
    let Ok(object) = ical::check(&calendar) else {
        return Vec::new();
    };
    let Ok(timing) = Timing::new(&object) else {
        return Vec::new();
    };
    let found = timing.between(from.to_timestamp(), to.to_timestamp(), viewer);
    let found = found.unwrap_or_default();
    found.iter().filter_map(known).collect()
}

/// One time as somebody with these rights sees it. Of what is hidden they learn when its owner is busy, and find nothing by words.
fn seen(stored: &Stored, one: &Happening<'_>, rights: Rights, words: &[String]) -> Option<Shown> {
    let shown = of(stored, one);
    if !rights.hides(shown.is_private) {
        return says(one.entry, words).then_some(shown);
    }
    (shown.is_busy && shown.kind == Kind::Event && words.is_empty()).then(|| Shown {
        title: String::new(),
        place: None,
        color: None,
        organizer: None,
        is_hidden: true,
        ..shown
    })
}

/// Whether an entry says all of these words, in capitals or not.
pub(crate) fn says(entry: &Entry<'_>, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let people = entry.attendees.iter().chain(&entry.organizer);
    let people = people.flat_map(|one| [one.name.as_deref().unwrap_or_default(), &*one.address]);
    let texts = [&entry.summary, &entry.description, &entry.location];
    let texts = texts
        .into_iter()
        .flatten()
        .chain(&entry.categories)
        .map(AsRef::as_ref);
    let all: Vec<&str> = texts.chain(people).collect();
    let all = all.join("\n").to_lowercase();
    words.iter().all(|word| all.contains(word))
}

pub(crate) fn of(stored: &Stored, one: &Happening<'_>) -> Shown {
    let entry = one.entry;
    Shown {
        calendar: stored.calendar,
        object: stored.id,
        change: stored.change,
        kind: entry.kind,
        title: entry.summary.as_deref().unwrap_or_default().to_owned(),
        place: entry.location.as_deref().map(str::to_owned),
        when: Lasting::of(one),
        instance: one.id.map(|(local, _)| local),
        is_changed: one.changed,
        is_busy: !entry.transparent && entry.status != Some(Status::Cancelled),
        is_private: entry.class != Class::Public,
        is_hidden: false,
        is_cancelled: entry.status == Some(Status::Cancelled),
        is_tentative: entry.status == Some(Status::Tentative),
        is_done: entry.status == Some(Status::Completed)
            || entry.completed.is_some()
            || entry.percent == Some(100),
        color: entry.color.as_deref().and_then(colors::named),
        organizer: entry.organizer.as_ref().map(|one| one.address.to_string()),
    }
}

/// Whole days stand before what begins in them.
fn order<'s>(shown: &'s Shown, viewer: &Zone) -> (Moment, bool, &'s str, Id) {
    let (starts, is_time) = match shown.when {
        Lasting::Days { first, .. } => (viewer.start_of(first).into(), false),
        Lasting::Time { starts, .. } => (starts, true),
    };
    (starts, is_time, &shown.title, shown.object)
}
