//! What programs want of an event, read and checked field by field.

use std::fmt;

use front::Problem;
use ical::recurrence::{Bound, ByDay, Frequency, Parts, Rule, Until};
use ical::{ATTENDEES_MAX, Action, Class, Role, Sort, Status};
use jiff::civil::{Date, DateTime, Weekday};
use kernel::{Moment, Text};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::rules::edits::times::{Spot, TimesWish};
use crate::rules::edits::wish::{Guest, RemindWhen, Reminder, Wish};

const TITLE_CHARS_MAX: usize = 1_000;
const DESCRIPTION_CHARS_MAX: usize = 100_000;
const LINK_CHARS_MAX: usize = 2_000;
const CATEGORIES_MAX: usize = 50;
const REMINDERS_MAX: usize = 20;
/// A reminder a year before, or after.
const MINUTES_MAX: i64 = 366 * 1_440;

/// What an event is to say. What is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventIn {
    #[schema(max_length = 1000)]
    pub(crate) title: Option<String>,
    #[schema(max_length = 100_000)]
    pub(crate) description: Option<String>,
    #[schema(max_length = 1000)]
    pub(crate) place: Option<String>,
    /// Where more is to be found, or where one meets.
    #[schema(max_length = 2000, example = "https://meet.example.org/rounds")]
    pub(crate) link: Option<String>,
    /// A day (`2026-11-23`), a local time (`2026-11-23T10:00`) or an instant (`2026-11-23T09:00:00Z`).
    #[schema(example = "2026-11-23T10:00")]
    pub(crate) starts: Option<String>,
    /// Of the same kind as `starts`; of whole days the last one. Absent: it takes as long as before.
    #[schema(example = "2026-11-23T10:30")]
    pub(crate) ends: Option<String>,
    /// Of the IANA database. Absent: that of the event, or of the calendar.
    #[schema(example = "Europe/Moscow")]
    pub(crate) zone: Option<String>,
    /// How it comes again. `null`: it happens once.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<RecurrenceIn>)]
    pub(crate) recurrence: Option<Option<RecurrenceIn>>,
    /// Whether it makes its owner busy.
    pub(crate) busy: Option<bool>,
    pub(crate) visibility: Option<VisibilityWord>,
    pub(crate) status: Option<StatusWord>,
    /// A color's name or `#rrggbb`.
    #[schema(max_length = 40, example = "teal")]
    pub(crate) color: Option<String>,
    #[schema(max_items = 50)]
    pub(crate) categories: Option<Vec<String>>,
    pub(crate) organizer: Option<ParticipantIn>,
    /// Everybody who takes part. Whoever is there already keeps their answer.
    #[schema(max_items = 10_000)]
    pub(crate) participants: Option<Vec<ParticipantIn>>,
    #[schema(max_items = 20)]
    pub(crate) reminders: Option<Vec<ReminderIn>>,
    /// `true`: no letter reminds of it, not even as its calendar does by itself. `false`: as the calendar does, or as `reminders`
    /// say. Absent: as it was; letters among `reminders` end the silence.
    pub(crate) silent: Option<bool>,
}

/// A field that is there, be it `null`.
pub(crate) fn said<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// How something comes again: as a rule of RFC 5545, or in parts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecurrenceIn {
    #[schema(max_length = 8192, example = "FREQ=WEEKLY;BYDAY=MO,TH")]
    pub(crate) rule: Option<String>,
    pub(crate) frequency: Option<FrequencyWord>,
    #[schema(minimum = 1, maximum = 1000)]
    pub(crate) interval: Option<u32>,
    /// `MO`, or with MONTHLY and YEARLY also `2TU` and `-1FR`.
    #[schema(max_items = 60)]
    pub(crate) weekdays: Option<Vec<String>>,
    /// Days of the month, from its end where negative.
    #[schema(max_items = 62)]
    pub(crate) month_days: Option<Vec<i16>>,
    /// Months of the year.
    #[schema(max_items = 12)]
    pub(crate) months: Option<Vec<i16>>,
    /// How often in all.
    #[schema(minimum = 1)]
    pub(crate) count: Option<u32>,
    /// The last day.
    #[schema(format = Date)]
    pub(crate) until: Option<String>,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident: $of:ty { $($variant:ident = $value:expr),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize, ToSchema)]
        #[serde(rename_all = "kebab-case")]
        pub(crate) enum $name { $($variant),* }

        impl $name {
            const ALL: &[($name, $of)] = &[$(($name::$variant, $value)),*];

            pub(super) fn value(self) -> $of {
                match self { $($name::$variant => $value),* }
            }

            /// The word for a value; `None` where there is none for it.
            pub(super) fn of(value: $of) -> Option<$name> {
                $name::ALL.iter().find(|(_, known)| *known == value).map(|(word, _)| *word)
            }
        }
    };
}

words! {
    FrequencyWord: Frequency {
        Hourly = Frequency::Hourly,
        Daily = Frequency::Daily,
        Weekly = Frequency::Weekly,
        Monthly = Frequency::Monthly,
        Yearly = Frequency::Yearly,
    }
}

words! {
    /// Who may see it, where a calendar is shared.
    VisibilityWord: Class {
        Public = Class::Public,
        Private = Class::Private,
        Confidential = Class::Confidential,
    }
}

words! {
    /// `needs-action`, `in-process` and `completed` are of tasks, `draft` and `final` of journals.
    StatusWord: Status {
        Tentative = Status::Tentative,
        Confirmed = Status::Confirmed,
        Cancelled = Status::Cancelled,
        NeedsAction = Status::NeedsAction,
        InProcess = Status::InProcess,
        Completed = Status::Completed,
        Draft = Status::Draft,
        Final = Status::Final,
    }
}

words! {
    RoleWord: Role {
        Chair = Role::Chair,
        Required = Role::Required,
        Optional = Role::Optional,
        Informed = Role::Informed,
    }
}

words! {
    /// What takes part.
    SortWord: Sort {
        Individual = Sort::Individual,
        Group = Sort::Group,
        Resource = Sort::Resource,
        Room = Sort::Room,
        Unknown = Sort::Unknown,
    }
}

words! {
    ByWord: Action {
        Display = Action::Display,
        Email = Action::Email,
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParticipantIn {
    #[schema(max_length = 500, example = "anna@example.org")]
    pub(crate) address: String,
    #[schema(max_length = 200)]
    pub(crate) name: Option<String>,
    pub(crate) role: Option<RoleWord>,
    pub(crate) kind: Option<SortWord>,
}

/// When to remind: so many minutes before, or at an instant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReminderIn {
    /// Before the start, or before the end; after it where negative.
    pub(crate) minutes: Option<i64>,
    /// Whether the minutes are those before the end.
    #[serde(default)]
    pub(crate) of_end: bool,
    #[schema(format = DateTime)]
    pub(crate) at: Option<String>,
    /// Absent: a letter (`email`). `display` leaves it to calendar programs.
    pub(crate) by: Option<ByWord>,
}

impl EventIn {
    pub(crate) fn wish(self) -> Result<Wish, Problem> {
        let title = |name: &str, given: Option<String>| text(name, given, TITLE_CHARS_MAX);
        let description = text("description", self.description, DESCRIPTION_CHARS_MAX)?;
        let reminders = self.reminders.map(reminders).transpose()?;
        let letters = reminders.iter().flatten().any(|one| one.by == Action::Email);
        if self.silent == Some(true) && letters {
            return Err(bad(
                "silent",
                "must not be true beside reminders that are letters",
            ));
        }
        Ok(Wish {
            title: title("title", self.title)?,
            description,
            place: title("place", self.place)?,
            link: text("link", self.link, LINK_CHARS_MAX)?.map(link).transpose()?,
            times: TimesWish {
                starts: self.starts.map(|given| spot("starts", &given)).transpose()?,
                ends: self.ends.map(|given| spot("ends", &given)).transpose()?,
                zone: self.zone,
            },
            recurrence: self
                .recurrence
                .map(|given| given.map(rule).transpose())
                .transpose()?,
            busy: self.busy,
            class: self.visibility.map(VisibilityWord::value),
            status: self.status.map(StatusWord::value),
            color: self.color.map(color).transpose()?,
            categories: self.categories.as_deref().map(categories).transpose()?,
            organizer: self
                .organizer
                .map(|given| guest("organizer", given))
                .transpose()?,
            guests: self.participants.map(guests).transpose()?,
            reminders,
            silent: self.silent,
            completed: None,
        })
    }
}

fn bad(field: &str, what: impl fmt::Display) -> Problem {
    Problem::invalid(field, "bounds", what.to_string())
}

fn text(field: &str, given: Option<String>, max: usize) -> Result<Option<String>, Problem> {
    let read = given.map(|given| Text::new(&given, max).map(Text::into_string));
    read.transpose()
        .map_err(|wrong| Problem::invalid(field, "text", wrong.to_string()))
}

fn link(given: String) -> Result<String, Problem> {
    let has_scheme = given.split_once(':').is_some_and(|(scheme, rest)| {
        !rest.is_empty()
            && !scheme.is_empty()
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    });
    if !given.is_empty() && (!has_scheme || given.contains(char::is_whitespace)) {
        return Err(bad("link", "must be an address such as https://example.org"));
    }
    Ok(given)
}

fn color(given: String) -> Result<String, Problem> {
    let named = given.chars().all(|c| c.is_ascii_alphabetic()) && given.len() <= 40;
    if named || crate::types::Color::parse(&given).is_ok() {
        return Ok(given);
    }
    Err(bad(
        "color",
        "must be a color's name such as teal, or one such as #1e88e5",
    ))
}

/// A day, a local time, or an instant.
pub(crate) fn spot(field: &str, given: &str) -> Result<Spot, Problem> {
    let given = given.trim();
    let read = if given.len() <= 10 {
        given.parse::<Date>().ok().map(Spot::Day)
    } else {
        let instant = given.parse::<Moment>().ok().map(|at| Spot::At(at.to_timestamp()));
        instant.or_else(|| local(given).map(Spot::Local))
    };
    let what = "must be a day such as 2026-11-23, a local time such as 2026-11-23T10:00 or an instant with Z behind it";
    read.filter(|spot| in_years(*spot))
        .ok_or_else(|| Problem::invalid(field, "time", what))
}

/// A local time; without `Z` and without an offset, which would be lost.
pub(crate) fn local(given: &str) -> Option<DateTime> {
    let is_local = given
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"-:T".contains(&byte));
    given.parse::<DateTime>().ok().filter(|_| is_local)
}

/// Years that every calendar program can write.
fn in_years(spot: Spot) -> bool {
    let year = match spot {
        Spot::Day(day) => day.year(),
        Spot::Local(local) => local.year(),
        Spot::At(at) => at.to_zoned(jiff::tz::TimeZone::UTC).year(),
    };
    (1..=9_000).contains(&year)
}

fn rule(given: RecurrenceIn) -> Result<Rule, Problem> {
    let parts_given = given.frequency.is_some()
        || given.interval.is_some()
        || given.weekdays.is_some()
        || given.month_days.is_some()
        || given.months.is_some()
        || given.count.is_some()
        || given.until.is_some();
    match (given.rule.as_deref(), parts_given) {
        (Some(_), true) => Err(bad(
            "recurrence.rule",
            "must stand alone: it says all of the other parts",
        )),
        (Some(text), false) => text.trim().parse().map_err(|wrong| bad("recurrence.rule", wrong)),
        (None, _) => in_parts(given),
    }
}

fn in_parts(given: RecurrenceIn) -> Result<Rule, Problem> {
    let frequency = given.frequency.ok_or_else(|| {
        bad(
            "recurrence.frequency",
            "must be there, or `rule` instead: how often does it come?",
        )
    })?;
    let mut parts = Parts::every(frequency.value());
    parts.interval = given.interval.unwrap_or(1);
    for weekday in given.weekdays.unwrap_or_default() {
        parts.by_day.push(by_day(&weekday)?);
    }
    parts.by_month_day = given.month_days.unwrap_or_default();
    parts.by_month = given.months.unwrap_or_default();
    parts.bound = match (given.count, given.until) {
        (None, None) => Bound::Endless,
        (Some(count), None) => Bound::Count(count),
        (None, Some(until)) => {
            let day = until
                .parse()
                .map_err(|_| bad("recurrence.until", "must be a day such as 2026-12-31"))?;
            Bound::Until(Until::Date(day))
        }
        (Some(_), Some(_)) => {
            return Err(bad(
                "recurrence.until",
                "must not stand beside `count`: it ends in one way",
            ));
        }
    };
    Rule::new(parts).map_err(|wrong| bad("recurrence", wrong))
}

fn by_day(given: &str) -> Result<ByDay, Problem> {
    let wrong = || bad("recurrence.weekdays", "must be such as MO, 2TU or -1FR");
    let at = given.len().checked_sub(2).ok_or_else(wrong)?;
    let (nth, name) = given.split_at_checked(at).ok_or_else(wrong)?;
    let weekday = match name.to_ascii_uppercase().as_str() {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return Err(wrong()),
    };
    let nth = match nth {
        "" => None,
        nth => Some(nth.parse().map_err(|_| wrong())?),
    };
    Ok(ByDay { nth, weekday })
}

fn categories(given: &[String]) -> Result<Vec<String>, Problem> {
    if given.len() > CATEGORIES_MAX {
        return Err(bad("categories", format!("must be at most {CATEGORIES_MAX}")));
    }
    let read = given
        .iter()
        .map(|one| Text::required(one, 100).map(Text::into_string));
    read.collect::<Result<_, _>>()
        .map_err(|wrong| Problem::invalid("categories", "text", wrong.to_string()))
}

fn guests(given: Vec<ParticipantIn>) -> Result<Vec<Guest>, Problem> {
    if given.len() > ATTENDEES_MAX {
        return Err(bad("participants", format!("must be at most {ATTENDEES_MAX}")));
    }
    given.into_iter().map(|one| guest("participants", one)).collect()
}

fn guest(field: &str, given: ParticipantIn) -> Result<Guest, Problem> {
    let address = Text::required(&given.address, 500)
        .map_err(|wrong| Problem::invalid(format!("{field}.address"), "text", wrong.to_string()))?;
    let fits = address.contains(['@', ':'])
        && !address.contains(|c: char| c.is_whitespace() || "\"<>,;".contains(c));
    if !fits {
        return Err(bad(
            &format!("{field}.address"),
            "must be an e-mail address such as anna@example.org",
        ));
    }
    // Quotation marks cannot be written in a parameter.
    let name = text(&format!("{field}.name"), given.name, 200)?;
    Ok(Guest {
        name: name.map(|name| name.replace('"', "'").replace(['\n', '\t'], " ")),
        role: given.role.map(RoleWord::value),
        sort: given.kind.map(SortWord::value),
        ..Guest::at(&address)
    })
}

fn reminders(given: Vec<ReminderIn>) -> Result<Vec<Reminder>, Problem> {
    if given.len() > REMINDERS_MAX {
        return Err(bad("reminders", format!("must be at most {REMINDERS_MAX}")));
    }
    given.into_iter().map(reminder).collect()
}

fn reminder(given: ReminderIn) -> Result<Reminder, Problem> {
    let when = match (given.minutes, given.at) {
        (Some(minutes), None) if minutes.abs() > MINUTES_MAX => {
            return Err(bad(
                "reminders.minutes",
                format!("must be within {MINUTES_MAX} minutes, which are a year"),
            ));
        }
        (Some(minutes), None) if given.of_end => RemindWhen::BeforeEnd(minutes),
        (Some(minutes), None) => RemindWhen::BeforeStart(minutes),
        (None, Some(at)) => match spot("reminders.at", &at)? {
            Spot::At(at) => RemindWhen::At(at),
            Spot::Day(_) | Spot::Local(_) => {
                return Err(bad("reminders.at", "must be an instant with Z behind it"));
            }
        },
        _ => {
            return Err(bad(
                "reminders",
                "must say either `minutes` or `at`, each of them",
            ));
        }
    };
    Ok(Reminder {
        when,
        by: given.by.map_or(Action::Email, ByWord::value),
    })
}
