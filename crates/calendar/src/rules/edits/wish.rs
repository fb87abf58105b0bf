//! What somebody wants an event to say, and putting that into its component.
//!
//! What is kept true: what a wish does not speak of stays as it was written, and so does what already says so. An instance
//! that was changed by itself keeps what was changed for it, and follows its series in everything else.

use ical::recurrence::Rule;
use ical::{
    Action, Alarm, Class, Component, Duration, Participant, Property, Role, Sort, Status, Trigger, When,
};
use jiff::Timestamp;
use jiff::civil::DateTime;

use super::times::TimesWish;
use crate::rules::itip::SILENCE;

/// What is `None` stays as it is; an empty text takes away.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wish {
    pub title: Option<String>,
    pub description: Option<String>,
    pub place: Option<String>,
    pub link: Option<String>,
    pub times: TimesWish,
    /// `Some(None)`: it happens once.
    pub recurrence: Option<Option<Rule>>,
    pub busy: Option<bool>,
    pub class: Option<Class>,
    pub status: Option<Status>,
    pub color: Option<String>,
    pub categories: Option<Vec<String>>,
    pub organizer: Option<Guest>,
    pub guests: Option<Vec<Guest>>,
    pub reminders: Option<Vec<Reminder>>,
    /// Whether no letter is to remind of it, not even as its calendar does by itself.
    pub silent: Option<bool>,
    /// When a task was done, in UTC. `Some(None)`: it is to be done.
    pub completed: Option<Option<DateTime>>,
}

/// Somebody who is to take part. What is `None` stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// A calendar address: `mailto:anna@example.org`.
    pub address: String,
    pub name: Option<String>,
    pub role: Option<Role>,
    pub sort: Option<Sort>,
}

impl Guest {
    /// Of an e-mail address, or of another address with its scheme.
    pub fn at(address: &str) -> Guest {
        let has_scheme = address.contains(':');
        Guest {
            address: if has_scheme {
                address.to_owned()
            } else {
                format!("mailto:{address}")
            },
            name: None,
            role: None,
            sort: None,
        }
    }
}

/// When to remind of it, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reminder {
    pub when: RemindWhen,
    pub by: Action,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemindWhen {
    /// So many minutes before it starts; after it where negative.
    BeforeStart(i64),
    BeforeEnd(i64),
    At(Timestamp),
}

impl Reminder {
    /// What an alarm says, if it is one that can be said so.
    pub fn of(alarm: &Alarm<'_>) -> Option<Reminder> {
        let minutes = |duration: &Duration| -duration.nominal_seconds().div_euclid(60);
        let when = match alarm.trigger.as_ref()? {
            Trigger::Start(duration) => RemindWhen::BeforeStart(minutes(duration)),
            Trigger::End(duration) => RemindWhen::BeforeEnd(minutes(duration)),
            Trigger::At(When::Utc(at)) => RemindWhen::At(ical::zones::Zone::UTC.instant_of(*at)),
            Trigger::At(_) => return None,
        };
        let by = alarm.action.filter(|action| *action != Action::Audio)?;
        Some(Reminder { when, by })
    }

    fn to_alarm(self) -> Alarm<'static> {
        let ago = |minutes: i64| match minutes {
            whole if whole != 0 && whole % 1_440 == 0 => Duration::days(-whole / 1_440),
            minutes => Duration::seconds(minutes.saturating_mul(-60)),
        };
        let trigger = match self.when {
            RemindWhen::BeforeStart(minutes) => Trigger::Start(ago(minutes)),
            RemindWhen::BeforeEnd(minutes) => Trigger::End(ago(minutes)),
            RemindWhen::At(at) => Trigger::At(When::Utc(ical::zones::Zone::UTC.local_at(at))),
        };
        Alarm::new(self.by, trigger)
    }
}

impl Wish {
    /// Whether it changes when something happens, or whether it does: what guests have to hear of anew.
    pub fn is_of_time(&self) -> bool {
        !self.times.is_empty() || self.recurrence.is_some() || self.status.is_some()
    }

    /// Puts everything but the times and the recurrence into a component.
    pub fn put_into(&self, entry: &mut Component<'static>) {
        let some = |text: &'_ str| (!text.is_empty()).then(|| text.to_owned());
        for (name, text) in [
            ("SUMMARY", &self.title),
            ("DESCRIPTION", &self.description),
            ("LOCATION", &self.place),
        ] {
            if let Some(text) = text {
                entry.set_text(name, some(text).as_deref());
            }
        }
        for (name, value) in [("URL", &self.link), ("COLOR", &self.color)] {
            if let Some(value) = value {
                entry.set_value(name, some(value).as_deref());
            }
        }
        if let Some(busy) = self.busy {
            put_word(entry, "TRANSP", if busy { "OPAQUE" } else { "TRANSPARENT" }, busy);
        }
        if let Some(class) = self.class {
            put_word(entry, "CLASS", class.as_str(), class == Class::Public);
        }
        if let Some(status) = self.status {
            entry.set_value("STATUS", Some(status.as_str()));
        }
        if let Some(completed) = self.completed {
            put_completed(entry, completed);
        }
        if let Some(categories) = &self.categories {
            let categories: Vec<&str> = categories.iter().map(String::as_str).collect();
            entry.set_list("CATEGORIES", &categories);
        }
        if let Some(organizer) = &self.organizer {
            let before = entry.get("ORGANIZER").cloned();
            entry.set_organizer(Some(&invited(organizer, before.as_ref())));
        }
        if let Some(guests) = &self.guests {
            put_guests(entry, guests);
        }
        if let Some(reminders) = &self.reminders {
            put_reminders(entry, reminders);
        }
        let is_letter = |reminder: &Reminder| reminder.by == Action::Email;
        let has_letters = self
            .reminders
            .as_ref()
            .is_some_and(|all| all.iter().any(is_letter));
        match self.silent {
            Some(true) => silence(entry),
            None if !has_letters => {}
            Some(false) | None => unsilence(entry),
        }
    }

    /// What of it an instance follows that was changed by itself: `before` is the series, `own` the instance.
    pub fn followed_by(&self, before: &Component<'_>, own: &Component<'_>) -> Wish {
        let alike = |name: &str| before.value(name) == own.value(name);
        let keep = |name: &str, text: &Option<String>| text.clone().filter(|_| alike(name));
        let alarms = |of: &Component<'_>| -> Vec<Component<'static>> {
            of.children("VALARM")
                .cloned()
                .map(Component::into_owned)
                .collect()
        };
        Wish {
            title: keep("SUMMARY", &self.title),
            description: keep("DESCRIPTION", &self.description),
            place: keep("LOCATION", &self.place),
            link: keep("URL", &self.link),
            times: TimesWish::default(),
            recurrence: None,
            busy: self.busy.filter(|_| alike("TRANSP")),
            class: self.class.filter(|_| alike("CLASS")),
            status: self.status.filter(|_| alike("STATUS")),
            color: keep("COLOR", &self.color),
            categories: self.categories.clone().filter(|_| alike("CATEGORIES")),
            organizer: self.organizer.clone(),
            guests: self
                .guests
                .as_ref()
                .map(|wanted| guests_of_instance(wanted, before, own)),
            reminders: self.reminders.clone().filter(|_| alarms(before) == alarms(own)),
            silent: self
                .silent
                .filter(|_| alarms(before) == alarms(own) && alike(SILENCE)),
            completed: self.completed.filter(|_| alike("STATUS")),
        }
    }
}

/// Sets a word; where the default is meant and nothing stands there, nothing need.
fn put_word(entry: &mut Component<'static>, name: &str, word: &str, is_default: bool) {
    if !is_default || entry.get(name).is_some() {
        entry.set_value(name, Some(word));
    }
}

fn addresses<'c>(of: &'c Component<'_>) -> impl Iterator<Item = Participant<'c>> {
    of.all("ATTENDEE").map(Participant::read)
}

/// Whoever comes to the series comes to the instance, and whoever leaves the series leaves it too.
fn guests_of_instance(wanted: &[Guest], before: &Component<'_>, own: &Component<'_>) -> Vec<Guest> {
    let is_wanted = |one: &Participant<'_>| wanted.iter().any(|guest| one.is(&guest.address));
    let stays = |one: &Participant<'_>| is_wanted(one) || !addresses(before).any(|old| old.is(&one.address));
    let there = addresses(own).filter(stays).map(|one| Guest::at(&one.address));
    let new = wanted
        .iter()
        .filter(|guest| !addresses(before).any(|old| old.is(&guest.address)));
    let mut guests: Vec<Guest> = there.collect();
    for guest in new {
        guests.retain(|there| there.address != guest.address);
        guests.push(guest.clone());
    }
    guests
}

/// A guest as they were, with what is wanted of them.
fn invited(guest: &Guest, before: Option<&Property<'static>>) -> Participant<'static> {
    let there = before
        .map(Participant::read)
        .filter(|there| there.is(&guest.address));
    let is_new = there.is_none();
    let mut one = there.map_or_else(
        || Participant::new(guest.address.clone()),
        Participant::into_owned,
    );
    one.asked |= is_new;
    if let Some(name) = &guest.name {
        one.name = Some(name.clone().into()).filter(|name: &std::borrow::Cow<'_, str>| !name.is_empty());
    }
    one.role = guest.role.unwrap_or(one.role);
    one.sort = guest.sort.unwrap_or(one.sort);
    one
}

fn put_guests(entry: &mut Component<'static>, guests: &[Guest]) {
    let gone: Vec<String> = addresses(entry)
        .filter(|there| !guests.iter().any(|guest| there.is(&guest.address)))
        .map(|there| there.address.into_owned())
        .collect();
    for address in gone {
        entry.remove_attendee(&address);
    }
    for guest in guests {
        let there = entry
            .all("ATTENDEE")
            .find(|one| Participant::read(one).is(&guest.address))
            .cloned();
        entry.put_attendee(&invited(guest, there.as_ref()));
    }
}

/// Alarms that say something else than reminders do (sounds, programs of a client) stay.
fn put_reminders(entry: &mut Component<'static>, reminders: &[Reminder]) {
    let before = entry.clone();
    let old: Vec<Alarm<'_>> = before.children("VALARM").map(Alarm::read).collect();
    let others = old.iter().filter(|alarm| Reminder::of(alarm).is_none()).cloned();
    let wanted = reminders.iter().map(|reminder| {
        let same = old
            .iter()
            .find(|alarm| Reminder::of(alarm).as_ref() == Some(reminder));
        same.cloned().unwrap_or_else(|| reminder.to_alarm())
    });
    let alarms: Vec<Alarm<'_>> = others.chain(wanted).collect();
    let title = before.get("SUMMARY").map(Property::as_text).unwrap_or_default();
    let mut after = entry.clone();
    after.set_alarms(&alarms, &title);
    *entry = after.into_owned();
}

/// All that says of a task whether it is done.
fn put_completed(entry: &mut Component<'static>, completed: Option<DateTime>) {
    let is_done = completed.is_some();
    let status = match is_done {
        true => Status::Completed,
        false => Status::NeedsAction,
    };
    entry.set_value("STATUS", Some(status.as_str()));
    entry.set_value("PERCENT-COMPLETE", is_done.then_some("100"));
    entry.set_when("COMPLETED", completed.map(When::Utc).as_ref());
}

/// No letter any more. What calendar programs show by themselves is left to them.
fn silence(entry: &mut Component<'static>) {
    entry.components.retain(|inner| {
        let is_letter = inner.is("VALARM") && Alarm::read(inner).action == Some(Action::Email);
        !is_letter
    });
    entry.set_value(SILENCE, Some("NONE"));
}

/// Takes back what says that nobody is to be reminded, in our words and in Apple's.
fn unsilence(entry: &mut Component<'static>) {
    entry.remove(SILENCE);
    entry.components.retain(|inner| {
        let action = inner.value("ACTION");
        let is_none = action.is_some_and(|action| action.trim().eq_ignore_ascii_case("NONE"));
        !(inner.is("VALARM") && is_none)
    });
}
