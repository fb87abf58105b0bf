//! Events as programs read them.

use front::frame::Tongue;
use ical::recurrence::{Bound, Until};
use ical::{Answer, Kind};
use jiff::civil::{Date, DateTime};
use kernel::Moment;
use serde::Serialize;
use utoipa::ToSchema;

use super::given::{ByWord, FrequencyWord, RoleWord, SortWord, StatusWord, VisibilityWord};
use crate::events::Version;
use crate::rules::edits::times::Times;
use crate::rules::edits::wish::{RemindWhen, Reminder};
use crate::rules::edits::{Difference, Occasion, Seen, SeenGuest, seen};
use crate::said;
use crate::scheduling::Reached;
use crate::types::{Reason, Stored};

/// An event, or one instance of a series.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventOut {
    #[schema(format = "uuid")]
    pub(crate) id: String,
    #[schema(format = "uuid")]
    pub(crate) calendar: String,
    /// The version; the ETag is made of it.
    pub(crate) change: i64,
    /// The last part of its address for calendar programs.
    pub(crate) name: String,
    pub(crate) uid: String,
    /// `event`, `task` or `journal`.
    pub(crate) kind: &'static str,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) place: String,
    pub(crate) link: String,
    pub(crate) all_day: bool,
    /// A day, or a local time; absent for a task without a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-11-23T10:00:00")]
    pub(crate) starts: Option<String>,
    /// The last day, or the local time when it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ends: Option<String>,
    /// Absent: it is the same local time wherever one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) zone: Option<String>,
    /// Absent: it happens once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recurrence: Option<RecurrenceOut>,
    pub(crate) busy: bool,
    pub(crate) visibility: VisibilityWord,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<StatusWord>,
    pub(crate) color: String,
    pub(crate) categories: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) organizer: Option<ParticipantOut>,
    pub(crate) participants: Vec<ParticipantOut>,
    pub(crate) reminders: Vec<ReminderOut>,
    /// No letter reminds of it: neither its own nor those of its calendar.
    pub(crate) silent: bool,
    /// UIDs that it names, such as that of the other part of a series that was cut in two.
    pub(crate) related: Vec<String>,
    #[schema(format = DateTime)]
    pub(crate) created_at: String,
    #[schema(format = DateTime)]
    pub(crate) changed_at: String,
}

/// How a series comes again.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecurrenceOut {
    /// The rules, as they are written.
    pub(crate) rules: Vec<String>,
    /// In words, in the caller's language.
    pub(crate) words: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) frequency: Option<FrequencyWord>,
    pub(crate) interval: u32,
    pub(crate) weekdays: Vec<String>,
    pub(crate) month_days: Vec<i16>,
    pub(crate) months: Vec<i16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) count: Option<u32>,
    /// The last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<String>,
    /// Instances that were taken out.
    pub(crate) exceptions: Vec<String>,
    /// Instances beside the rules.
    pub(crate) additions: Vec<String>,
    /// Instances that were changed by themselves.
    pub(crate) changed: Vec<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ParticipantOut {
    pub(crate) address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    pub(crate) role: RoleWord,
    pub(crate) kind: SortWord,
    /// `needs-action`, `accepted`, `declined`, `tentative`, `delegated`, `completed` or `in-process`.
    pub(crate) answer: &'static str,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ReminderOut {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) minutes: Option<i64>,
    pub(crate) of_end: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<String>,
    pub(crate) by: ByWord,
}

impl EventOut {
    pub(crate) fn of(
        stored: &Stored,
        instance: Option<DateTime>,
        tongue: &Tongue,
    ) -> Result<EventOut, Reason> {
        let seen = seen(&stored.text, instance)?;
        let (starts, ends) = match &seen.times {
            None => (None, None),
            Some(Times::Days { first, last }) => (Some(first.to_string()), Some(last.to_string())),
            Some(Times::Hours { starts, ends, .. }) => (Some(starts.to_string()), Some(ends.to_string())),
        };
        Ok(EventOut {
            id: stored.id.to_string(),
            calendar: stored.calendar.to_string(),
            change: stored.change,
            name: stored.name.to_string(),
            kind: match seen.kind {
                Kind::Todo => "task",
                Kind::Journal => "journal",
                Kind::Event | Kind::FreeBusy => "event",
            },
            all_day: matches!(seen.times, Some(Times::Days { .. })),
            starts,
            ends,
            zone: seen
                .times
                .as_ref()
                .and_then(|times| times.zone().map(str::to_owned)),
            recurrence: seen.is_series.then(|| recurrence(&seen, tongue)),
            busy: seen.busy,
            visibility: VisibilityWord::of(seen.class).unwrap_or(VisibilityWord::Private),
            status: seen.status.and_then(StatusWord::of),
            color: seen.color,
            categories: seen.categories,
            organizer: seen.organizer.as_ref().map(participant),
            participants: seen.guests.iter().map(participant).collect(),
            reminders: seen.reminders.iter().filter_map(reminder).collect(),
            silent: seen.is_silent,
            related: seen.related,
            uid: seen.uid,
            title: seen.title,
            description: seen.description,
            place: seen.place,
            link: seen.link,
            created_at: stored.created.to_string(),
            changed_at: stored.changed.to_string(),
        })
    }
}

fn recurrence(seen: &Seen, tongue: &Tongue) -> RecurrenceOut {
    let start = seen
        .times
        .as_ref()
        .map_or(Date::ZERO, |times| times.starts().date());
    let words = seen.rule.as_ref().map(|rule| said::rule(tongue, rule, start));
    let locals = |all: &[DateTime]| all.iter().map(ToString::to_string).collect();
    let parts = seen.rule.as_ref().map(ical::recurrence::Rule::parts);
    let (count, until) = match parts.map(|parts| parts.bound) {
        Some(Bound::Count(count)) => (Some(count), None),
        Some(Bound::Until(Until::Date(day))) => (None, Some(day)),
        Some(Bound::Until(Until::Local(at))) => (None, Some(at.date())),
        Some(Bound::Until(Until::Utc(at))) => {
            let zone = seen
                .times
                .as_ref()
                .and_then(|times| ical::zones::Zone::named(times.zone()?));
            let zone = zone.unwrap_or(ical::zones::Zone::UTC);
            (
                None,
                Some(zone.local_at(ical::zones::Zone::UTC.instant_of(at)).date()),
            )
        }
        Some(Bound::Endless) | None => (None, None),
    };
    RecurrenceOut {
        words: words.unwrap_or_else(|| seen.rules.join("; ")),
        rules: seen.rules.clone(),
        frequency: parts.and_then(|parts| FrequencyWord::of(parts.frequency)),
        interval: parts.map_or(1, |parts| parts.interval),
        weekdays: parts.map_or_else(Vec::new, |parts| {
            parts.by_day.iter().map(ToString::to_string).collect()
        }),
        month_days: parts.map_or_else(Vec::new, |parts| parts.by_month_day.clone()),
        months: parts.map_or_else(Vec::new, |parts| parts.by_month.clone()),
        count,
        until: until.map(|day| day.to_string()),
        exceptions: locals(&seen.exceptions),
        additions: locals(&seen.additions),
        changed: locals(&seen.changed),
    }
}

fn participant(guest: &SeenGuest) -> ParticipantOut {
    ParticipantOut {
        address: guest.address.clone(),
        name: guest.name.clone(),
        role: RoleWord::of(guest.role).unwrap_or(RoleWord::Required),
        kind: SortWord::of(guest.sort).unwrap_or(SortWord::Unknown),
        answer: match guest.answer {
            Answer::NeedsAction => "needs-action",
            Answer::Accepted => "accepted",
            Answer::Declined => "declined",
            Answer::Tentative => "tentative",
            Answer::Delegated => "delegated",
            Answer::Completed => "completed",
            Answer::InProcess => "in-process",
        },
    }
}

fn reminder(reminder: &Reminder) -> Option<ReminderOut> {
    let (minutes, of_end, at) = match reminder.when {
        RemindWhen::BeforeStart(minutes) => (Some(minutes), false, None),
        RemindWhen::BeforeEnd(minutes) => (Some(minutes), true, None),
        RemindWhen::At(at) => (None, false, Some(Moment::from(at).to_string())),
    };
    let by = ByWord::of(reminder.by)?;
    Some(ReminderOut {
        minutes,
        of_end,
        at,
        by,
    })
}

/// What became of an event.
#[derive(Serialize, ToSchema)]
pub(super) struct ChangedOut {
    /// Absent: nothing of it is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<EventOut>,
    /// The part of a series that was cut off and is an event of its own now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub following: Option<EventOut>,
}

/// How an instance was and will be.
#[derive(Serialize, ToSchema)]
pub(super) struct EventDifferenceOut {
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<OccasionOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<OccasionOut>,
}

#[derive(Serialize, ToSchema)]
struct OccasionOut {
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    title: String,
    all_day: bool,
    #[schema(format = DateTime)]
    starts: String,
    #[schema(format = DateTime)]
    ends: String,
}

impl From<Difference> for EventDifferenceOut {
    fn from(one: Difference) -> EventDifferenceOut {
        let told = |one: Occasion| OccasionOut {
            instance: one.instance.map(|local| local.to_string()),
            title: one.title,
            all_day: one.is_all_day,
            starts: Moment::from(one.starts).to_string(),
            ends: Moment::from(one.ends).to_string(),
        };
        EventDifferenceOut {
            before: one.before.map(told),
            after: one.after.map(told),
        }
    }
}

/// Somebody who would be written to.
#[derive(Serialize, ToSchema)]
pub(super) struct EventReachedOut {
    #[schema(example = "mailto:anna@example.org")]
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// `invitation`, `change`, `cancellation` or `answer`.
    what: &'static str,
    /// `house`: it comes into their calendar here, with a letter if they want these. `mail`: nobody here has the address, and a
    /// letter is all.
    by: &'static str,
}

impl From<Reached> for EventReachedOut {
    fn from(one: Reached) -> EventReachedOut {
        EventReachedOut {
            what: one.sent.word(),
            by: one.means.word(),
            address: one.address,
            name: one.name,
        }
    }
}

/// How an event was for a while.
#[derive(Serialize, ToSchema)]
pub(super) struct EventVersionOut {
    change: i64,
    title: String,
    #[schema(format = DateTime)]
    since: String,
    /// Absent: it is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

impl From<Version> for EventVersionOut {
    fn from(version: Version) -> EventVersionOut {
        EventVersionOut {
            change: version.change,
            title: version.title,
            since: version.since.to_string(),
            until: version.until.map(|until| until.to_string()),
        }
    }
}
