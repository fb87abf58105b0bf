//! What is written to people about a message: the letter of an invitation, a change, a cancellation, an answer.
//!
//! What is kept true: nobody is written to about what is over, or about what only others have to do with.

use ical::zones::Zone;
use ical::{Component, Entry, Method, Object, Participant, Property, Timing};
use jiff::Timestamp;
use kernel::Moment;

use crate::agenda::Lasting;
use crate::letters::notice::{Difference, Notice, Reply, Sent, Span, What};
use crate::rules::itip::times;
use crate::rules::received::News;

/// A letter about something without an end in sight is of no use after this.
const WANTED_SECONDS: i64 = 7 * 86_400;
/// Bytes of the message that goes with a letter: three quarters of what a letter may be told (`post::letters::DATA_BYTES_MAX`), for
/// it is quoted there, beside what the letter says and its links.
const SENT_BYTES_MAX: usize = 6 * 1024;

/// A letter that is to be asked for.
pub(crate) struct Asked {
    pub what: What,
    /// Of the event that it is about.
    pub uid: String,
    pub notice: Notice,
    pub until: Moment,
}

/// What is written about news; nothing where nobody needs to know. `copy`: how it is now, `before`: how it was.
pub(super) fn about(
    news: &News,
    copy: &Component<'_>,
    before: Option<&Component<'_>>,
    zone: &str,
    now: Moment,
) -> Option<Asked> {
    let object = ical::check(copy).ok()?;
    let what = match news {
        News::Invited => What::Invited,
        News::Changed { .. } => What::Changed,
        News::Cancelled => What::Cancelled,
        News::Answered { .. } => What::Answered,
        News::Aside => return None,
    };
    let mut asked = of(&object, what, zone, now)?;
    match news {
        News::Answered { who, name, answer } => {
            asked.notice.answer = Some(Reply::of(*answer)?);
            let address = ical::mailbox(who).unwrap_or(who).to_owned();
            asked.notice.by = name.clone().unwrap_or(address);
        }
        News::Changed { .. } => {
            let before = before.and_then(|before| ical::check(before).ok());
            asked.notice.changes = before.map_or_else(Vec::new, |before| differences(&before, &object, zone));
        }
        _ => {}
    }
    Some(asked)
}

/// What is written to somebody outside the house: the message goes with the letter, for their own calendar. `before`: what they were
/// told already of what it changes.
pub(crate) fn outside(
    message: &Component<'_>,
    before: Option<&Component<'_>>,
    address: &str,
    (zone, now): (&str, Moment),
) -> Option<Asked> {
    let (method, object) = ical::check_message(message).ok()?;
    let what = match method {
        Method::Request if before.is_some() => What::Changed,
        Method::Request => What::Invited,
        Method::Cancel => What::Cancelled,
        Method::Reply => What::Answered,
        _ => return None,
    };
    let mut asked = of(&object, what, zone, now)?;
    if method == Method::Reply {
        let who = main(&object)?.attendees.first()?;
        asked.notice.answer = Some(Reply::of(who.answer)?);
        asked.notice.by = named(who);
    }
    let before = before.and_then(|before| ical::check(before).ok());
    asked.notice.changes = before.map_or_else(Vec::new, |before| differences(&before, &object, zone));
    asked.notice.sent = sent(message, method, address);
    Some(asked)
}

/// Whether anybody outside the house would be written to about a message.
pub(super) fn goes_out(message: &Component<'_>, zone: &str, now: Moment) -> bool {
    outside(message, None, "", (zone, now)).is_some()
}

fn main<'o>(object: &'o Object<'_>) -> Option<&'o Entry<'o>> {
    object.entries().next()
}

fn named(who: &Participant<'_>) -> String {
    let name = who.name.as_deref().or_else(|| who.mailbox());
    name.unwrap_or(&who.address).to_owned()
}

/// What a letter says of an object; nothing of one that is over.
fn of(object: &Object<'_>, what: What, zone: &str, now: Moment) -> Option<Asked> {
    let entry = main(object)?;
    let zone = Zone::named(zone).unwrap_or(Zone::UTC);
    let timing = Timing::new(object).unwrap_or_else(|_| Timing::once(object));
    let next = timing.first(now.to_timestamp(), Timestamp::MAX, &zone, |_| true);
    if next.is_none() && timing.extent().is_some() {
        return None;
    }
    let until = next.as_ref().map(|one| Moment::from(one.end));
    let until = until.unwrap_or(now).max(now.plus_seconds(WANTED_SECONDS));
    let guests = entry.attendees.iter().map(named);
    let text = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().map(str::to_owned);
    let notice = Notice {
        by: entry.organizer.as_ref().map(named).unwrap_or_default(),
        title: text(&entry.summary).unwrap_or_default(),
        when: next.as_ref().map(|one| Span::from(Lasting::of(one))),
        repeats: timing.recurs(),
        place: text(&entry.location).filter(|place| !place.is_empty()),
        description: text(&entry.description)
            .filter(|said| what != What::Answered && !said.trim().is_empty()),
        guests: if what == What::Answered {
            Vec::new()
        } else {
            guests.collect()
        },
        ..Notice::default()
    };
    Some(Asked {
        what,
        uid: object.uid.to_string(),
        notice,
        until,
    })
}

fn differences(before: &Object<'_>, after: &Object<'_>, zone: &str) -> Vec<Difference> {
    let (Some(was), Some(is)) = (main(before), main(after)) else {
        return Vec::new();
    };
    if was.recurrence_id != is.recurrence_id {
        return Vec::new();
    }
    let mut found = Vec::new();
    let text = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().map(str::to_owned);
    if was.summary != is.summary {
        let before = text(&was.summary).unwrap_or_default();
        found.push(Difference::Title { before });
    }
    let entry = |object: &Object<'_>| {
        let kind = object.kind.as_str();
        object.calendar.child(kind).map(|entry| times(entry).join("\n"))
    };
    if entry(before) != entry(after) {
        let zone = Zone::named(zone).unwrap_or(Zone::UTC);
        let timing = Timing::new(before).unwrap_or_else(|_| Timing::once(before));
        let first = timing.first(Timestamp::MIN, Timestamp::MAX, &zone, |_| true);
        found.push(match (was.rrules == is.rrules, first) {
            (true, Some(one)) => Difference::When {
                before: Lasting::of(&one).into(),
            },
            _ => Difference::Recurrence,
        });
    }
    if was.location != is.location {
        let before = text(&was.location).filter(|place| !place.is_empty());
        found.push(Difference::Place { before });
    }
    if was.description != is.description {
        found.push(Difference::Description);
    }
    found
}

/// The message as it goes with a letter. One that is too long loses what only says more about it, then the others who take part, then
/// zones that every calendar program knows by their names.
fn sent(message: &Component<'_>, method: Method, address: &str) -> Option<Sent> {
    let mut message = message.clone().into_owned();
    let mut text = message.write();
    for shorter in [Shorter::Bare, Shorter::Alone, Shorter::Unzoned] {
        if text.len() <= SENT_BYTES_MAX {
            break;
        }
        shorten(&mut message, shorter, address);
        text = message.write();
    }
    (text.len() <= SENT_BYTES_MAX).then(|| Sent {
        method: method.as_str().to_owned(),
        text,
    })
}

/// What a message loses that is too long.
#[derive(Clone, Copy, Debug)]
enum Shorter {
    Bare,
    Alone,
    Unzoned,
}

fn shorten(message: &mut Component<'static>, shorter: Shorter, address: &str) {
    let is_entry = |component: &Component<'_>| !component.is("VTIMEZONE");
    let entries = message.components.iter_mut().filter(|one| is_entry(one));
    match shorter {
        Shorter::Bare => entries.for_each(|entry| {
            entry.set_text("DESCRIPTION", None);
            entry.remove("ATTACH");
            entry
                .properties
                .retain(|property| !property.name().starts_with("X-"));
        }),
        Shorter::Alone => entries.for_each(|entry| {
            let stays =
                |property: &Property<'_>| !property.is("ATTENDEE") || Participant::read(property).is(address);
            entry.properties.retain(stays);
        }),
        Shorter::Unzoned => {
            let is_known = |zone: &Component<'_>| {
                zone.is("VTIMEZONE")
                    && zone
                        .value("TZID")
                        .is_some_and(|id| Zone::iana(id.trim()).is_some())
            };
            message.components.retain(|one| !is_known(one));
        }
    }
}
