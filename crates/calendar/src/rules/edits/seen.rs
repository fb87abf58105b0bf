//! What an event says, or one instance of it, in the terms in which it can be changed.

use ical::recurrence::Rule;
use ical::{Answer, Class, Entry, Kind, Participant, Recurs, Role, Sort, Status};
use jiff::civil::DateTime;

use super::Scene;
use super::times::{Times, times_of};
use super::wish::Reminder;
use crate::rules::reminding::is_silent;
use crate::types::Reason;

#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub kind: Kind,
    pub uid: String,
    pub title: String,
    pub description: String,
    pub place: String,
    pub link: String,
    /// `None`: a task without a time.
    pub times: Option<Times>,
    /// The rules of its series, as written.
    pub rules: Vec<String>,
    /// The rule, where there is one and it is understood.
    pub rule: Option<Rule>,
    /// Instances that were taken out.
    pub exceptions: Vec<DateTime>,
    /// Instances beside the rule.
    pub additions: Vec<DateTime>,
    /// Instances that were changed by themselves.
    pub changed: Vec<DateTime>,
    pub is_series: bool,
    pub busy: bool,
    pub class: Class,
    pub status: Option<Status>,
    pub color: String,
    pub categories: Vec<String>,
    pub organizer: Option<SeenGuest>,
    pub guests: Vec<SeenGuest>,
    pub reminders: Vec<Reminder>,
    /// No letter reminds of it, not even as its calendar does by itself.
    pub is_silent: bool,
    /// A task that is done.
    pub is_done: bool,
    /// The UIDs that it names as related.
    pub related: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenGuest {
    /// The e-mail address, or the calendar address where it is none.
    pub address: String,
    pub name: Option<String>,
    pub role: Role,
    pub sort: Sort,
    pub answer: Answer,
}

impl SeenGuest {
    /// As it stands in the event.
    pub fn calendar_address(&self) -> String {
        match self.address.contains(':') {
            true => self.address.clone(),
            false => format!("mailto:{}", self.address),
        }
    }
}

/// All of an event, or of one instance.
pub fn seen(text: &str, instance: Option<DateTime>) -> Result<Seen, Reason> {
    super::open(text, |scene| scene.seen(instance))
}

impl Scene<'_> {
    fn seen(&self, instance: Option<DateTime>) -> Result<Seen, Reason> {
        let master = self.object.master.as_ref();
        let (entry, times) = match instance {
            Some(instance) if self.timing.recurs() || master.is_none() => {
                let seat = self.seat(instance)?;
                let at = seat.own.or(seat.follows);
                let entry = at.map(|at| &self.object.overrides[at]).or(master);
                (entry.ok_or(Reason::NoObject)?, Some(seat.times))
            }
            Some(_) => return Err(super::no_instance()),
            None => {
                let entry = master.or(self.object.overrides.first()).ok_or(Reason::NoObject)?;
                (entry, times_of(entry, &self.timing.zones, None))
            }
        };
        let rules: Vec<String> = master.map_or_else(Vec::new, |master| {
            master.rrules.iter().map(|rule| (*rule).to_owned()).collect()
        });
        let rule = match rules.as_slice() {
            [only] => only.parse().ok(),
            _ => None,
        };
        let dates = |master: &Entry<'_>| master.exdates.iter().map(|when| self.local(when)).collect();
        Ok(Seen {
            kind: entry.kind,
            uid: entry.uid.to_string(),
            title: own(entry.summary.as_ref()),
            description: own(entry.description.as_ref()),
            place: own(entry.location.as_ref()),
            link: entry.url.unwrap_or_default().to_owned(),
            times,
            rules,
            rule,
            exceptions: master.map_or_else(Vec::new, dates),
            additions: master.map_or_else(Vec::new, |master| self.additions(master)),
            changed: self
                .object
                .overrides
                .iter()
                .filter_map(|entry| self.id_of(entry))
                .collect(),
            is_series: self.timing.recurs() || master.is_none(),
            busy: !entry.transparent,
            class: entry.class,
            status: entry.status,
            color: own(entry.color.as_ref()),
            categories: entry.categories.iter().map(ToString::to_string).collect(),
            organizer: entry.organizer.as_ref().map(guest),
            guests: entry.attendees.iter().map(guest).collect(),
            reminders: entry.alarms.iter().filter_map(Reminder::of).collect(),
            is_silent: is_silent(self.object, entry),
            is_done: entry.status == Some(Status::Completed)
                || entry.completed.is_some()
                || entry.percent == Some(100),
            related: entry.related.iter().map(|one| one.uid.to_string()).collect(),
        })
    }

    fn additions(&self, master: &Entry<'_>) -> Vec<DateTime> {
        let at = |extra: &Recurs<'_>| match extra {
            Recurs::At(when) => self.local(when),
            Recurs::During(period) => self.local(&period.start),
        };
        master.rdates.iter().map(at).collect()
    }
}

fn own(text: Option<&std::borrow::Cow<'_, str>>) -> String {
    text.map(ToString::to_string).unwrap_or_default()
}

fn guest(one: &Participant<'_>) -> SeenGuest {
    SeenGuest {
        address: one.mailbox().unwrap_or(&one.address).to_owned(),
        name: one.name.as_ref().map(ToString::to_string),
        role: one.role,
        sort: one.sort,
        answer: one.answer,
    }
}
