//! What has to be told to whom after somebody changed an object that others take part in (RFC 5546, RFC 6638 3.2).
//!
//! What is kept true: everybody hears of exactly the instances they take part in, and hears nothing while those stay the same;
//! what is only an organizer's or an attendee's own (alarms, how messages went) never leaves them.

use std::collections::BTreeMap;

use ical::zones::Zone;
use ical::{Agent, Answer, Component, Method, Participant, Property, Status, When};
use jiff::civil::DateTime;
use kernel::Moment;

use super::counting::counted;

/// The calendar addresses of whoever changed something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mine(pub Vec<String>);

impl Mine {
    pub fn is(&self, participant: &Participant<'_>) -> bool {
        self.0.iter().any(|address| participant.is(address))
    }
}

/// What somebody is in an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Organizer,
    Attendee,
}

/// One message, the same for all who get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub method: Method,
    /// Calendar addresses.
    pub to: Vec<String>,
    pub text: String,
    /// Of a change, what they were shown before, without people; `None`: they hear of it for the first time, or for the last.
    pub before: Option<String>,
}

/// What follows from a change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    pub messages: Vec<Message>,
    /// What is kept in the place of what was written; `None`: that itself.
    pub kept: Option<Component<'static>>,
    /// Those who see the object see nothing else than before: its schedule tag stays (RFC 6638 3.2.10).
    pub is_same_for_others: bool,
}

/// Whether somebody organizes an object, so that others may take part in it.
pub fn is_organized(calendar: &Component<'_>) -> bool {
    entries(calendar).any(|entry| entry.get("ORGANIZER").is_some())
}

/// What somebody is in an object; `None` where nobody else has to hear of it.
pub fn side(calendar: &Component<'_>, mine: &Mine) -> Option<Side> {
    let organizer = entries(calendar).find_map(|entry| entry.get("ORGANIZER"))?;
    let organizer = Participant::read(organizer);
    let mut attendees = entries(calendar).flat_map(attendees);
    if mine.is(&organizer) {
        return attendees.any(|one| !mine.is(&one)).then_some(Side::Organizer);
    }
    let serves = organizer.agent == Agent::Server;
    (serves && attendees.any(|one| mine.is(&one))).then_some(Side::Attendee)
}

/// What its organizer tells after an object became `after`. At least one of the two is there.
pub fn by_organizer(
    before: Option<&Component<'_>>,
    after: Option<&Component<'_>>,
    mine: &Mine,
    at: Moment,
) -> Told {
    let kept = after.map(|after| rescheduled(before, after, mine));
    let after = kept.as_ref();
    let mut groups: BTreeMap<(Vec<usize>, Vec<usize>), Vec<Participant<'static>>> = BTreeMap::new();
    for one in others(before, after, mine) {
        let was = before.map_or_else(Vec::new, |before| part_of(before, &one));
        let is = after.map_or_else(Vec::new, |after| part_of(after, &one));
        groups.entry((was, is)).or_default().push(one);
    }
    let mut told = Told::default();
    let mut reached: Vec<String> = Vec::new();
    for ((was, is), people) in groups {
        let was = before
            .filter(|_| !was.is_empty())
            .map(|before| view(before, &was));
        let is = after.filter(|_| !is.is_empty()).map(|after| view(after, &is));
        let ends = is.as_ref().is_none_or(is_cancelled);
        let is_same = was.as_ref().map(essence) == is.as_ref().map(essence);
        let to = people.iter().filter(|one| !is_same || one.force_send.is_some());
        let to: Vec<String> = to.map(|one| one.address.to_string()).collect();
        if ends && was.as_ref().is_some_and(is_cancelled) {
            continue;
        }
        let before = was.as_ref().filter(|_| !ends).map(|was| unpeopled(was).write());
        // Whoever was never invited to what is cancelled need not know.
        let Some(view) = (if ends { was.map(cancelled) } else { is }) else {
            continue;
        };
        if !to.is_empty() {
            let method = if ends { Method::Cancel } else { Method::Request };
            reached.extend(to.iter().cloned());
            let message = message(method, to, view, at);
            told.messages.push(Message { before, ..message });
        }
    }
    told.is_same_for_others = told.messages.is_empty() && before.is_some();
    told.kept = kept.map(|kept| marked(kept, "ATTENDEE", &reached));
    told
}

/// What an attendee tells the organizer after their own copy became `after`.
pub fn by_attendee(
    before: Option<&Component<'_>>,
    after: Option<&Component<'_>>,
    mine: &Mine,
    at: Moment,
) -> Told {
    let is_same_for_others =
        matches!((before, after), (Some(before), Some(after)) if essence(before) == essence(after));
    let kept = after.map(|after| counted(before, after));
    let mut told = Told {
        is_same_for_others,
        ..Told::default()
    };
    let answers = match (before, &kept) {
        (before, Some(kept)) => answered(before, kept, mine),
        (Some(before), None) => declined(before, mine),
        (None, None) => Vec::new(),
    };
    let organizer = kept.as_ref().or(before).and_then(|calendar| {
        let organizer = entries(calendar).find_map(|entry| entry.get("ORGANIZER"))?;
        Some((envelope(calendar), organizer.value().trim().to_owned()))
    });
    match organizer.filter(|_| !answers.is_empty()) {
        Some((envelope, organizer)) => {
            let to = vec![organizer];
            let reply = with_answers(envelope, answers);
            told.kept = kept.map(|kept| marked(kept, "ORGANIZER", &to));
            told.messages.push(message(Method::Reply, to, reply, at));
        }
        None => told.kept = kept.filter(|kept| after != Some(kept)),
    }
    told
}

/// The events or tasks of an object, each of its instances that are moved by itself.
pub(crate) fn entries<'c, 'a>(calendar: &'c Component<'a>) -> impl Iterator<Item = &'c Component<'a>> {
    calendar.components.iter().filter(|component| is_entry(component))
}

pub(super) fn is_entry(component: &Component<'_>) -> bool {
    component.is("VEVENT") || component.is("VTODO")
}

pub(crate) fn attendees<'c>(entry: &'c Component<'_>) -> impl Iterator<Item = Participant<'c>> {
    entry.all("ATTENDEE").map(Participant::read)
}

pub(super) fn is_master(entry: &Component<'_>) -> bool {
    entry.get("RECURRENCE-ID").is_none()
}

/// Which instance an entry is; `None` for the series itself.
pub(super) fn instance<'c>(entry: &'c Component<'_>) -> Option<When<'c>> {
    entry.get("RECURRENCE-ID").and_then(|id| When::read(id).ok())
}

fn is_cancelled(calendar: &Component<'_>) -> bool {
    let says =
        |entry: &Component<'_>| entry.value("STATUS").and_then(Status::read) == Some(Status::Cancelled);
    entries(calendar).all(says)
}

/// Everybody else who takes part or took part, as they stand in the newest text.
fn others(
    before: Option<&Component<'_>>,
    after: Option<&Component<'_>>,
    mine: &Mine,
) -> Vec<Participant<'static>> {
    let mut found: BTreeMap<String, Participant<'static>> = BTreeMap::new();
    for calendar in [after, before].into_iter().flatten() {
        for one in entries(calendar).flat_map(attendees) {
            if !mine.is(&one) && one.agent == Agent::Server {
                let key = one.address.trim().to_lowercase();
                found.entry(key).or_insert_with(|| one.into_owned());
            }
        }
    }
    found.into_values().collect()
}

/// The places of the entries that somebody takes part in.
fn part_of(calendar: &Component<'_>, who: &Participant<'_>) -> Vec<usize> {
    let takes_part = |entry: &Component<'_>| attendees(entry).any(|one| one.is(&who.address));
    let entries = entries(calendar).enumerate();
    entries
        .filter(|(_, entry)| takes_part(entry))
        .map(|(at, _)| at)
        .collect()
}

/// What those who take part in these entries are shown. Whoever is in a series and not in one of its moved instances sees the
/// series without it.
fn view(calendar: &Component<'_>, part: &[usize]) -> Component<'static> {
    let mut shown = envelope(calendar);
    let all: Vec<&Component<'_>> = entries(calendar).collect();
    let has_series = part
        .iter()
        .any(|at| all.get(*at).is_some_and(|entry| is_master(entry)));
    let missing: Vec<When<'_>> = all
        .iter()
        .enumerate()
        .filter(|(at, _)| has_series && !part.contains(at))
        .filter_map(|(_, entry)| instance(entry))
        .collect();
    shown.components.retain(|component| component.is("VTIMEZONE"));
    for at in part {
        let Some(entry) = all.get(*at) else { continue };
        let mut entry = for_others(entry);
        if is_master(&entry) {
            missing.iter().for_each(|date| entry.add_exdate(date));
        }
        shown.components.push(entry);
    }
    shown
}

/// A view without those who take part: what a letter compares.
fn unpeopled(view: &Component<'_>) -> Component<'static> {
    let mut bare = view.clone().into_owned();
    for entry in bare.components.iter_mut().filter(|one| is_entry(one)) {
        entry.remove("ATTENDEE");
    }
    bare
}

/// The same calendar, ready to become a message.
fn envelope(calendar: &Component<'_>) -> Component<'static> {
    let mut envelope = calendar.clone().into_owned();
    envelope.remove("METHOD");
    envelope
}

/// What is answered, in the place of what was asked.
fn with_answers(mut envelope: Component<'static>, answers: Vec<Component<'static>>) -> Component<'static> {
    envelope.components.retain(|component| component.is("VTIMEZONE"));
    envelope.components.extend(answers);
    envelope
}

/// An entry without what is only its owner's.
pub(super) fn for_others(entry: &Component<'_>) -> Component<'static> {
    let mut shown = entry.clone().into_owned();
    shown.components.retain(|component| !component.is("VALARM"));
    shown.remove(SILENCE);
    for property in &mut shown.properties {
        if property.is("ATTENDEE") || property.is("ORGANIZER") {
            for own in [
                "SCHEDULE-STATUS",
                "SCHEDULE-FORCE-SEND",
                "SCHEDULE-AGENT",
                ANSWERED,
                ASKED,
            ] {
                property.remove_param(own);
            }
        }
    }
    shown
}

/// When somebody gave the answer that stands in the organizer's copy: an older one that comes late changes nothing.
pub(super) const ANSWERED: &str = "X-TOWNHALL-ANSWERED";
/// Since which sequence number somebody is asked anew: answers to what it was before are answers to another question.
pub(super) const ASKED: &str = "X-TOWNHALL-ASKED";

/// What says of an entry that its calendar is not to remind of it by itself; `NONE` is its one value.
pub(super) const SILENCE: &str = "X-TOWNHALL-REMINDERS";

/// What is the same while nothing has changed for others.
fn essence(calendar: &Component<'_>) -> Vec<Component<'static>> {
    entries(calendar).map(essence_of).collect()
}

pub(super) fn essence_of(entry: &Component<'_>) -> Component<'static> {
    let mut entry = for_others(entry);
    for own in [
        "DTSTAMP",
        "LAST-MODIFIED",
        "CREATED",
        "SEQUENCE",
        "TRANSP",
        "REQUEST-STATUS",
    ] {
        entry.remove(own);
    }
    entry
        .properties
        .retain(|property| !property.name().starts_with("X-"));
    for property in entry
        .properties
        .iter_mut()
        .filter(|property| property.is("ATTENDEE"))
    {
        property.remove_param("PARTSTAT");
        property.remove_param("RSVP");
    }
    entry.properties.sort_by(|one, other| one.raw().cmp(other.raw()));
    entry
}

fn cancelled(mut calendar: Component<'static>) -> Component<'static> {
    for entry in calendar.components.iter_mut().filter(|one| is_entry(one)) {
        entry.set_value("STATUS", Some(Status::Cancelled.as_str()));
        raise(entry, sequence(entry) + 1);
    }
    calendar
}

pub(super) fn sequence(entry: &Component<'_>) -> u32 {
    let said = entry
        .value("SEQUENCE")
        .and_then(|number| number.trim().parse().ok());
    said.unwrap_or(0)
}

pub(super) fn raise(entry: &mut Component<'_>, sequence: u32) {
    entry.set_value("SEQUENCE", Some(&sequence.to_string()));
}

/// What the organizer wrote; where it takes place at another time than before, everybody is asked anew.
fn rescheduled(before: Option<&Component<'_>>, after: &Component<'_>, mine: &Mine) -> Component<'static> {
    let mut kept = after.clone().into_owned();
    for entry in kept.components.iter_mut().filter(|one| is_entry(one)) {
        let id = instance(entry).map(|id| id.to_string());
        let same = |old: &&Component<'_>| instance(old).map(|id| id.to_string()) == id;
        let Some(old) = before.and_then(|before| entries(before).find(same)) else {
            continue;
        };
        if times(old) == times(entry) {
            // What was put back from of old is new to everybody else.
            if sequence(entry) < sequence(old) {
                raise(entry, sequence(old));
            }
            continue;
        }
        if sequence(entry) <= sequence(old) {
            raise(entry, sequence(old) + 1);
        }
        let asked = sequence(entry).to_string();
        for property in entry
            .properties
            .iter_mut()
            .filter(|property| property.is("ATTENDEE"))
        {
            let mut one = Participant::read(property).into_owned();
            let answered = attendees(old).find(|old| old.is(&one.address));
            if !mine.is(&one) && answered.is_some_and(|old| old.answer == one.answer) {
                one.answer = Answer::NeedsAction;
                one.write_to(property);
                property.set_param(ASKED, &asked);
                property.remove_param(ANSWERED);
            }
        }
    }
    kept
}

/// Gives an organizer's text the answers that came since they read it.
pub fn keep_answers(before: &Component<'_>, after: &mut Component<'_>, mine: &Mine) {
    for entry in after.components.iter_mut().filter(|one| is_entry(one)) {
        let id = instance(entry).map(|id| id.to_string());
        let same = |old: &&Component<'_>| instance(old).map(|id| id.to_string()) == id;
        let Some(old) = entries(before).find(same) else {
            continue;
        };
        for property in entry
            .properties
            .iter_mut()
            .filter(|property| property.is("ATTENDEE"))
        {
            let one = Participant::read(property);
            let known = |old: &&Property<'_>| Participant::read(old).is(&one.address);
            if mine.is(&one) {
                continue;
            }
            let Some(known) = old.all("ATTENDEE").find(known) else {
                continue;
            };
            let said = ["PARTSTAT", "SCHEDULE-STATUS", ANSWERED, ASKED].map(|name| {
                let value = known.param(name).map(std::borrow::Cow::into_owned);
                (name, value)
            });
            for (name, value) in said {
                match value {
                    Some(value) => property.set_param(name, &value),
                    None => property.remove_param(name),
                }
            }
        }
    }
}

/// What decides when an entry takes place.
pub fn times<'c>(entry: &'c Component<'_>) -> Vec<&'c str> {
    let decides = ["DTSTART", "DTEND", "DUE", "DURATION", "RRULE", "RDATE"];
    let mut times: Vec<&str> = entry
        .properties
        .iter()
        .filter(|property| decides.iter().any(|name| property.is(name)))
        .map(Property::raw)
        .collect();
    times.sort_unstable();
    times
}

/// Notes at those who were told that a message is on its way (RFC 6638 3.2.9), and takes out what asked for it.
fn marked(mut kept: Component<'static>, name: &str, reached: &[String]) -> Component<'static> {
    for entry in kept.components.iter_mut().filter(|one| is_entry(one)) {
        for property in entry.properties.iter_mut().filter(|property| property.is(name)) {
            property.remove_param("SCHEDULE-FORCE-SEND");
            if reached
                .iter()
                .any(|address| ical::same_address(address, property.value()))
            {
                property.set_param("SCHEDULE-STATUS", "1.1");
            }
        }
    }
    kept
}

/// The answer of each of my entries that is another one than before.
fn answered(before: Option<&Component<'_>>, after: &Component<'_>, mine: &Mine) -> Vec<Component<'static>> {
    let mut replies = Vec::new();
    for entry in entries(after) {
        let Some(me) = attendees(entry).find(|one| mine.is(one)) else {
            continue;
        };
        let was = before.map_or(Answer::NeedsAction, |before| {
            answer_to(before, instance(entry).as_ref(), mine)
        });
        let is_forced = entry
            .get("ORGANIZER")
            .is_some_and(|organizer| organizer.param_is("SCHEDULE-FORCE-SEND", "REPLY"));
        if me.answer != was || is_forced {
            replies.push(reply(entry, instance(entry), mine, me.answer));
        }
    }
    // Whoever takes an instance out of their copy does not come.
    let series = entries(after).find(|entry| is_master(entry));
    let was = before.and_then(|before| entries(before).find(|entry| is_master(entry)));
    if let (Some(was), Some(series), Some(before)) = (was, series, before) {
        let old = exdates(was);
        for date in exdates(series) {
            let answer = answer_to(before, Some(&date), mine);
            if !old.contains(&date) && answer != Answer::Declined {
                replies.push(reply(series, Some(date), mine, Answer::Declined));
            }
        }
    }
    replies
}

fn exdates<'c>(entry: &'c Component<'_>) -> Vec<When<'c>> {
    let dates = entry
        .all("EXDATE")
        .filter_map(|dates| ical::read_dates(dates).ok());
    dates.flatten().collect()
}

/// What I answered to an instance, by itself or with the series.
fn answer_to(calendar: &Component<'_>, id: Option<&When<'_>>, mine: &Mine) -> Answer {
    let of = |entry: &Component<'_>| attendees(entry).find(|one| mine.is(one)).map(|me| me.answer);
    let itself = entries(calendar)
        .find(|entry| instance(entry).as_ref() == id)
        .and_then(of);
    let series = || entries(calendar).find(|entry| is_master(entry)).and_then(of);
    itself.or_else(series).unwrap_or(Answer::NeedsAction)
}

/// My copy is gone: I do not come, unless I said so, or it does not take place.
fn declined(before: &Component<'_>, mine: &Mine) -> Vec<Component<'static>> {
    if is_cancelled(before) {
        return Vec::new();
    }
    let comes =
        |entry: &&Component<'_>| attendees(entry).any(|one| mine.is(&one) && one.answer != Answer::Declined);
    let mut entries: Vec<_> = entries(before).filter(comes).collect();
    if let Some(series) = entries.iter().position(|entry| is_master(entry)) {
        entries = vec![entries.swap_remove(series)];
    }
    let all = entries.into_iter();
    all.map(|entry| reply(entry, instance(entry), mine, Answer::Declined))
        .collect()
}

/// The message by which somebody who is invited answers all of it, made from the organizer's copy: for those who answer by a link.
/// `None`: they are not invited.
pub fn reply_by(copy: &Component<'_>, mine: &Mine, answer: Answer, at: Moment) -> Option<Message> {
    let comes = |entry: &&Component<'_>| attendees(entry).any(|one| mine.is(&one));
    let entry = entries(copy)
        .filter(comes)
        .min_by_key(|entry| !is_master(entry))?;
    let organizer = entry.get("ORGANIZER")?.value().trim().to_owned();
    // Times of answers are whole seconds, and a calendar program of theirs may go by another clock: this answer is the last.
    let known = entries(copy).flat_map(|entry| entry.all("ATTENDEE"));
    let known = known.filter(|one| mine.is(&Participant::read(one)));
    let known = known.filter_map(|one| instant(&one.param(ANSWERED)?)).max();
    let at = known.map_or(at, |known| at.max(known.plus_seconds(1)));
    let answers = vec![reply(entry, instance(entry), mine, answer)];
    let calendar = with_answers(envelope(copy), answers);
    Some(message(Method::Reply, vec![organizer], calendar, at))
}

/// An answer as it is sent: who, to what, and when it was.
fn reply(entry: &Component<'_>, id: Option<When<'_>>, mine: &Mine, answer: Answer) -> Component<'static> {
    let mut reply = for_others(entry);
    let told = [
        "UID",
        "SEQUENCE",
        "DTSTART",
        "DTEND",
        "DUE",
        "DURATION",
        "SUMMARY",
        "ORGANIZER",
        "COMMENT",
    ];
    let is_mine = |property: &Property<'_>| mine.is(&Participant::read(property));
    reply.properties.retain(|property| {
        told.iter().any(|name| property.is(name)) || (property.is("ATTENDEE") && is_mine(property))
    });
    for property in reply
        .properties
        .iter_mut()
        .filter(|property| property.is("ATTENDEE"))
    {
        property.set_param("PARTSTAT", answer.as_str());
        property.remove_param("RSVP");
    }
    if let Some(id) = id {
        reply.set_when("RECURRENCE-ID", Some(&id));
        if entry.get("RECURRENCE-ID").is_none() {
            for of_series in ["DTSTART", "DTEND", "DUE", "DURATION"] {
                reply.remove(of_series);
            }
            reply.set_when("DTSTART", Some(&id));
        }
    }
    reply
}

fn message(method: Method, to: Vec<String>, mut calendar: Component<'static>, at: Moment) -> Message {
    let head = calendar
        .properties
        .iter()
        .take_while(|property| property.is("VERSION") || property.is("PRODID") || property.is("CALSCALE"));
    let head = head.count();
    calendar
        .properties
        .insert(head, Property::new("METHOD", method.as_str()));
    let stamp = stamp(at);
    for entry in calendar.components.iter_mut().filter(|one| is_entry(one)) {
        entry.set_value("DTSTAMP", Some(&stamp));
    }
    Message {
        method,
        to,
        text: calendar.write(),
        before: None,
    }
}

/// The instant that a DTSTAMP names.
fn instant(stamp: &str) -> Option<Moment> {
    let local = DateTime::strptime("%Y%m%dT%H%M%SZ", stamp).ok()?;
    Some(Zone::UTC.instant_of(local).into())
}

/// An instant as DTSTAMP writes it.
pub(super) fn stamp(at: Moment) -> String {
    let second = at.as_seconds();
    let local = jiff::Timestamp::from_second(second).unwrap_or_default();
    local.strftime("%Y%m%dT%H%M%SZ").to_string()
}
