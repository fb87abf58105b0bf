//! Messages about events, put into the shapes of REST, and back from them.

use front::Problem;
use front::frame::Tongue;
use jiff::civil::{Date, DateTime};
use kernel::Moment;
use wire::calendar::v1 as pb;

use super::{instant_in, words};
use crate::agenda::{Lasting, Shown};
use crate::events::{Changed, Version};
use crate::http::events::AimIn;
use crate::http::events::given::{EventIn, ParticipantIn, RecurrenceIn, ReminderIn};
use crate::http::events::told::{EventOut, ParticipantOut, RecurrenceOut, ReminderOut};
use crate::rules::edits::{Difference, Occasion};
use crate::types::Stored;

pub(super) fn aim_in(given: Option<pb::Aim>) -> Result<AimIn, Problem> {
    let given = given.unwrap_or_default();
    Ok(AimIn {
        which: words::read("which", given.which)?,
        instance: given.instance,
    })
}

/// Nothing given is nothing wanted.
pub(super) fn fields_in(given: Option<pb::EventFields>) -> Result<EventIn, Problem> {
    use pb::event_fields::Again;
    let given = given.unwrap_or_default();
    Ok(EventIn {
        title: given.title,
        description: given.description,
        place: given.place,
        link: given.link,
        starts: given.starts,
        ends: given.ends,
        zone: given.zone,
        recurrence: match given.again {
            None | Some(Again::Once(false)) => None,
            Some(Again::Once(true)) => Some(None),
            Some(Again::Recurrence(given)) => Some(Some(recurrence_in(given)?)),
        },
        busy: given.busy,
        visibility: words::read("visibility", given.visibility)?,
        status: words::read("status", given.status)?,
        color: given.color,
        categories: given.categories.map(|all| all.categories),
        organizer: given
            .organizer
            .map(|one| participant_in("organizer", one))
            .transpose()?,
        participants: given
            .participants
            .map(|all| participants_in(all.participants))
            .transpose()?,
        reminders: given
            .reminders
            .map(|all| all.reminders.into_iter().map(reminder_in).collect())
            .transpose()?,
        silent: given.silent,
    })
}

fn recurrence_in(given: pb::RecurrenceFields) -> Result<RecurrenceIn, Problem> {
    Ok(RecurrenceIn {
        rule: given.rule,
        frequency: words::read("recurrence.frequency", given.frequency)?,
        interval: given.interval,
        weekdays: (!given.weekdays.is_empty()).then_some(given.weekdays),
        month_days: small(given.month_days),
        months: small(given.months),
        count: given.count,
        until: given.until,
    })
}

/// What is too large for any month stays so, and is refused for that.
fn small(numbers: Vec<i32>) -> Option<Vec<i16>> {
    let small = |number: i32| i16::try_from(number).unwrap_or(i16::MAX);
    (!numbers.is_empty()).then(|| numbers.into_iter().map(small).collect())
}

fn participants_in(given: Vec<pb::Participant>) -> Result<Vec<ParticipantIn>, Problem> {
    let read = given.into_iter().map(|one| participant_in("participants", one));
    read.collect()
}

fn participant_in(field: &str, given: pb::Participant) -> Result<ParticipantIn, Problem> {
    Ok(ParticipantIn {
        address: given.address,
        name: given.name,
        role: words::read(&format!("{field}.role"), given.role)?,
        kind: words::read(&format!("{field}.kind"), given.kind)?,
    })
}

/// One that says nothing becomes one that is refused for that.
fn reminder_in(given: pb::Reminder) -> Result<ReminderIn, Problem> {
    use pb::reminder::When;
    let (minutes, of_end, at) = match given.when {
        None => (None, false, None),
        Some(When::MinutesBeforeStart(minutes)) => (Some(minutes), false, None),
        Some(When::MinutesBeforeEnd(minutes)) => (Some(minutes), true, None),
        Some(When::AtMicros(micros)) => (None, false, Some(instant_in(micros))),
    };
    Ok(ReminderIn {
        minutes,
        of_end,
        at,
        by: words::read("reminders.by", given.by)?,
    })
}

pub(super) fn event_out(
    stored: &Stored,
    instance: Option<DateTime>,
    tongue: &Tongue,
) -> Result<pb::Event, Problem> {
    let told = EventOut::of(stored, instance, tongue)?;
    Ok(pb::Event {
        id: told.id,
        calendar: told.calendar,
        change: told.change,
        name: told.name,
        uid: told.uid,
        kind: words::kind(stored.kind),
        title: told.title,
        description: told.description,
        place: told.place,
        link: told.link,
        all_day: told.all_day,
        starts: told.starts,
        ends: told.ends,
        zone: told.zone,
        recurrence: told.recurrence.map(recurrence_out),
        busy: told.busy,
        visibility: words::tell(told.visibility),
        status: told.status.map_or(0, words::tell),
        color: told.color,
        categories: told.categories,
        organizer: told.organizer.map(participant_out),
        participants: told.participants.into_iter().map(participant_out).collect(),
        reminders: told.reminders.into_iter().map(reminder_out).collect(),
        related: told.related,
        silent: told.silent,
        created_at_micros: stored.created.as_micros(),
        changed_at_micros: stored.changed.as_micros(),
    })
}

fn recurrence_out(told: RecurrenceOut) -> pb::Recurrence {
    let numbers = |small: Vec<i16>| small.into_iter().map(i32::from).collect();
    pb::Recurrence {
        rules: told.rules,
        words: told.words,
        frequency: told.frequency.map_or(0, words::tell),
        interval: told.interval,
        weekdays: told.weekdays,
        month_days: numbers(told.month_days),
        months: numbers(told.months),
        count: told.count,
        until: told.until,
        exceptions: told.exceptions,
        additions: told.additions,
        changed: told.changed,
    }
}

fn participant_out(told: ParticipantOut) -> pb::Participant {
    pb::Participant {
        address: told.address,
        name: told.name,
        role: words::tell(told.role),
        kind: words::tell(told.kind),
        answer: told.answer.to_owned(),
    }
}

fn reminder_out(told: ReminderOut) -> pb::Reminder {
    use pb::reminder::When;
    let at = told.at.and_then(|at| at.parse::<Moment>().ok());
    let when = match (told.minutes, told.of_end) {
        (Some(minutes), false) => Some(When::MinutesBeforeStart(minutes)),
        (Some(minutes), true) => Some(When::MinutesBeforeEnd(minutes)),
        (None, _) => at.map(|at| When::AtMicros(at.as_micros())),
    };
    pb::Reminder {
        when,
        by: words::tell(told.by),
    }
}

pub(super) fn changed_out(changed: &Changed, tongue: &Tongue) -> Result<pb::ChangedEvent, Problem> {
    let told = |stored: &Stored| event_out(stored, None, tongue);
    Ok(pb::ChangedEvent {
        event: changed.event.as_ref().map(told).transpose()?,
        following: changed.split.as_ref().map(told).transpose()?,
    })
}

pub(super) fn difference_out(one: Difference) -> pb::Difference {
    let told = |one: Occasion| pb::Occasion {
        instance: one.instance.map(|local| local.to_string()),
        title: one.title,
        all_day: one.is_all_day,
        starts_at_micros: Moment::from(one.starts).as_micros(),
        ends_at_micros: Moment::from(one.ends).as_micros(),
    };
    pb::Difference {
        before: one.before.map(told),
        after: one.after.map(told),
    }
}

pub(super) fn version_out(version: Version) -> pb::EventVersion {
    pb::EventVersion {
        change: version.change,
        title: version.title,
        since_micros: version.since.as_micros(),
        until_micros: version.until.map(Moment::as_micros),
    }
}

pub(super) fn days_out(first: Date, last: Date) -> pb::Days {
    pb::Days {
        first: first.to_string(),
        last: last.to_string(),
    }
}

pub(super) fn span_out(starts: Moment, ends: Moment) -> pb::Span {
    pb::Span {
        starts_at_micros: starts.as_micros(),
        ends_at_micros: ends.as_micros(),
    }
}

pub(super) fn instance_out(shown: Shown) -> pb::Instance {
    use pb::instance::When;
    let when = match shown.when {
        Lasting::Days { first, last } => When::Days(days_out(first, last)),
        Lasting::Time { starts, ends } => When::Span(span_out(starts, ends)),
    };
    pb::Instance {
        calendar: shown.calendar.to_string(),
        event: shown.object.to_string(),
        change: shown.change,
        kind: words::kind(shown.kind),
        title: shown.title,
        place: shown.place,
        when: Some(when),
        instance: shown.instance.map(|local| local.to_string()),
        changed: shown.is_changed,
        busy: shown.is_busy,
        private: shown.is_private,
        hidden: shown.is_hidden,
        cancelled: shown.is_cancelled,
        tentative: shown.is_tentative,
    }
}
