//! What becomes of a copy when a message about it comes (RFC 5546, RFC 6638 4).
//!
//! What is kept true: late and repeated messages do no harm: sequence numbers decide, then times of answers. Whatever is its
//! reader's own (alarms, colour, their answer) stays.

use ical::recurrence::Moment;
use ical::zones::Zone;
use ical::{Answer, Component, Duration, Method, Participant, Property, Status, Timing, When};

use super::itip::{
    ANSWERED, ASKED, Mine, SILENCE, attendees, entries, instance, is_entry, is_master, is_organized,
    sequence, times,
};

/// What came of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Received {
    /// It is older than what is known, or says nothing new.
    Known,
    /// It is about something that is not there.
    Unknown,
    Changed(Box<Changed>),
}

/// A copy that a message changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    pub copy: Component<'static>,
    pub news: News,
}

/// What a message says to its reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    Invited,
    /// Something is otherwise now; `asks`: and an answer is wanted again.
    Changed {
        asks: bool,
    },
    Cancelled,
    Answered {
        /// The address of whoever answered.
        who: String,
        name: Option<String>,
        answer: Answer,
    },
    /// What only others have to do with: their answers.
    Aside,
}

/// How much of an object a message shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// All that its reader takes part in: what is not there is theirs no more.
    Whole,
    /// Single instances leave the rest as it is.
    Parts,
}

/// Applies a message to the copy of whoever `mine` are the addresses of.
pub fn received(copy: Option<&Component<'_>>, message: &Component<'_>, mine: &Mine, view: View) -> Received {
    let method = message.value("METHOD").and_then(Method::read);
    let kind = |of: &Component<'_>| entries(of).next().map(|entry| entry.is("VTODO"));
    if copy.is_some_and(|copy| kind(copy) != kind(message)) {
        return Received::Unknown;
    }
    match (method, copy) {
        (Some(Method::Request), copy) => requested(copy, message, mine, view),
        (Some(Method::Cancel), Some(copy)) => cancelled(copy, message),
        (Some(Method::Reply), Some(copy)) => answered(copy, message, mine),
        _ => Received::Unknown,
    }
}

fn requested(copy: Option<&Component<'_>>, message: &Component<'_>, mine: &Mine, view: View) -> Received {
    if !entries(message).flat_map(attendees).any(|one| mine.is(&one)) {
        return Received::Unknown;
    }
    let mut taken = message.clone().into_owned();
    taken.remove("METHOD");
    let Some(copy) = copy else {
        return changed(taken, News::Invited);
    };
    // What nobody organized was no answer to anybody.
    let was_invited = is_organized(copy);
    if was_invited && is_older(message, copy) {
        return Received::Known;
    }
    let mut is_new = false;
    let mut asks = false;
    for entry in taken.components.iter_mut().filter(|one| is_entry(one)) {
        let known = same_instance(copy, entry);
        is_new |= known.is_none();
        let Some(old) = known.or_else(|| series(copy)) else {
            asks |= attendees(entry).any(|one| mine.is(&one) && one.answer == Answer::NeedsAction);
            continue;
        };
        let moved = is_master(old) == is_master(entry) && times(old) != times(entry);
        // What was called off and takes place after all is asked anew as well.
        let moved = moved || (is_called_off(old) && !is_called_off(entry));
        is_new |= moved || differs(old, entry);
        keep_own(old, entry);
        asks |= keep_answer(old, entry, mine, moved);
    }
    if view == View::Parts && series(&taken).is_none() {
        taken = merged(copy, taken);
    }
    is_new |= entries(copy).any(|known| same_instance(&taken, known).is_none());
    let news = match (was_invited, is_new) {
        (false, _) => News::Invited,
        (true, true) => News::Changed { asks },
        (true, false) => News::Aside,
    };
    if taken == *copy {
        return Received::Known;
    }
    changed(taken, news)
}

fn changed(copy: Component<'static>, news: News) -> Received {
    Received::Changed(Box::new(Changed { copy, news }))
}

pub(super) fn series<'c, 'a>(calendar: &'c Component<'a>) -> Option<&'c Component<'a>> {
    entries(calendar).find(|entry| is_master(entry))
}

fn same_instance<'c, 'a>(calendar: &'c Component<'a>, wanted: &Component<'_>) -> Option<&'c Component<'a>> {
    let id = instance(wanted);
    entries(calendar).find(|entry| instance(entry) == id)
}

/// Whether something newer than this message is known already.
fn is_older(message: &Component<'_>, copy: &Component<'_>) -> bool {
    let stamp = |entry: &Component<'_>| entry.value("DTSTAMP").unwrap_or_default().trim().to_owned();
    entries(message).any(|entry| {
        same_instance(copy, entry).is_some_and(|known| {
            let (new, old) = (sequence(entry), sequence(known));
            new < old || (new == old && stamp(entry) < stamp(known))
        })
    })
}

/// Whether what people read of it is another thing.
fn differs(old: &Component<'_>, new: &Component<'_>) -> bool {
    let says = |entry: &Component<'_>, name: &str| entry.get(name).map(|one| one.as_text().into_owned());
    let shown = ["SUMMARY", "LOCATION", "DESCRIPTION", "STATUS", "URL"];
    is_master(old) == is_master(new) && shown.iter().any(|name| says(old, name) != says(new, name))
}

fn is_called_off(entry: &Component<'_>) -> bool {
    entry.value("STATUS").and_then(Status::read) == Some(Status::Cancelled)
}

/// What the reader added for themselves.
fn keep_own(old: &Component<'_>, entry: &mut Component<'static>) {
    for name in ["COLOR", "CATEGORIES", "TRANSP", SILENCE] {
        if let Some(own) = old
            .get(name)
            .filter(|_| entry.get(name).is_none() || name == "TRANSP")
        {
            entry.set(own.clone().into_owned());
        }
    }
    let alarms = old.children("VALARM").map(|alarm| alarm.clone().into_owned());
    entry.components.retain(|component| !component.is("VALARM"));
    entry.components.extend(alarms);
}

/// What I answered stands, whatever the organizer has heard of it, unless the time is another one. Whether they want to hear anew.
fn keep_answer(old: &Component<'_>, entry: &mut Component<'static>, mine: &Mine, moved: bool) -> bool {
    let answer = attendees(old).find(|one| mine.is(one)).map(|me| me.answer);
    let me = entry
        .properties
        .iter_mut()
        .filter(|property| property.is("ATTENDEE"))
        .find(|property| mine.is(&Participant::read(property)));
    let (Some(answer), Some(me)) = (answer, me) else {
        return false;
    };
    if !moved && answer != Answer::NeedsAction {
        me.set_param("PARTSTAT", answer.as_str());
        return false;
    }
    Participant::read(me).answer == Answer::NeedsAction
}

/// A copy with some instances as a message has them, and the zones by which those are told.
fn merged(copy: &Component<'_>, message: Component<'static>) -> Component<'static> {
    let mut merged = copy.clone().into_owned();
    let (instances, others): (Vec<_>, Vec<_>) = message.components.into_iter().partition(is_entry);
    let called = |zone: &Component<'_>| zone.value("TZID").map(|id| id.trim().to_owned());
    for zone in others.into_iter().filter(|one| one.is("VTIMEZONE")) {
        if !merged
            .children("VTIMEZONE")
            .any(|known| called(known) == called(&zone))
        {
            merged.components.insert(0, zone);
        }
    }
    // What is new stands first: of instances alone, the first is what a letter tells of.
    let first = merged.components.iter().position(is_entry);
    let first = first.unwrap_or(merged.components.len());
    for entry in instances {
        let id = instance(&entry).map(|id| id.to_string());
        let same = |known: &Component<'_>| is_entry(known) && instance(known).map(|id| id.to_string()) == id;
        match merged.components.iter().position(same) {
            Some(at) => merged.components[at] = entry,
            None => merged.components.insert(first, entry),
        }
    }
    merged
}

fn cancelled(copy: &Component<'_>, message: &Component<'_>) -> Received {
    if is_older(message, copy) {
        return Received::Known;
    }
    let mut kept = copy.clone().into_owned();
    let all = series(message).is_some();
    for entry in kept.components.iter_mut().filter(|one| is_entry(one)) {
        let said = entries(message).find(|said| all || instance(said) == instance(entry));
        if let Some(said) = said {
            let sequence = sequence(said).max(sequence(entry));
            entry.set_value("STATUS", Some(Status::Cancelled.as_str()));
            entry.set_value("SEQUENCE", Some(&sequence.to_string()));
        }
    }
    // Instances that were not written by themselves before.
    for said in entries(message).filter(|_| !all) {
        if same_instance(&kept, said).is_none() && series(&kept).is_some() {
            let mut entry = said.clone().into_owned();
            entry.set_value("STATUS", Some(Status::Cancelled.as_str()));
            kept.components.push(entry);
        }
    }
    if kept == *copy {
        return Received::Known;
    }
    changed(kept, News::Cancelled)
}

fn answered(copy: &Component<'_>, message: &Component<'_>, mine: &Mine) -> Received {
    let organizes = entries(copy)
        .filter_map(|entry| entry.get("ORGANIZER"))
        .any(|organizer| mine.is(&Participant::read(organizer)));
    if !organizes {
        return Received::Unknown;
    }
    let mut kept = copy.clone().into_owned();
    let (mut news, mut is_guest) = (None, false);
    // An answer to an instance is more than one to the series that comes with it.
    let (of_series, of_instances): (Vec<_>, Vec<_>) = entries(message).partition(|reply| is_master(reply));
    for reply in of_instances.into_iter().chain(of_series) {
        let Some(who) = attendees(reply).next() else {
            continue;
        };
        if !entries(copy).flat_map(attendees).any(|one| one.is(&who.address)) {
            continue;
        }
        is_guest = true;
        let at = reply.value("DTSTAMP").unwrap_or_default().trim();
        // What was never one of the series is nothing that can be answered.
        if let Some(id) = instance(reply).filter(|id| happens(&kept, id)) {
            take_apart(&mut kept, &id);
        }
        let id = instance(reply);
        for entry in kept.components.iter_mut().filter(|one| is_entry(one)) {
            // An answer to a series is one to each of its instances that was answered like it.
            let is_meant = instance(entry) == id || id.is_none();
            if is_meant && note(entry, &who, (sequence(reply), at)) {
                news = Some(News::Answered {
                    who: who.address.to_string(),
                    name: who.name.as_ref().map(ToString::to_string),
                    answer: who.answer,
                });
            }
        }
    }
    match news {
        Some(news) => changed(kept, news),
        None if is_guest => Received::Known,
        None => Received::Unknown,
    }
}

/// Whether a series has this instance.
pub(super) fn happens(calendar: &Component<'_>, id: &When<'_>) -> bool {
    let Ok(object) = ical::check(calendar) else {
        return false;
    };
    let Ok(timing) = Timing::new(&object) else {
        return false;
    };
    timing.series().is_some_and(|series| {
        let moment = match timing.zones.moment(id) {
            Moment::Time(local, zone) if !zone.is_floating() && !series.zone().is_floating() => {
                let own = series.zone();
                Moment::Time(own.local_at(zone.instant_of(local)), own.clone())
            }
            other => other,
        };
        series.why(&moment, &Zone::UTC).is_there()
    })
}

/// Gives an instance of a series an entry of its own, to hold what is said of it alone.
pub(super) fn take_apart(calendar: &mut Component<'static>, id: &When<'_>) {
    if entries(calendar).any(|entry| instance(entry).as_ref() == Some(id)) {
        return;
    }
    let Some(series) = series(calendar) else { return };
    let entry = taken_apart(series, id);
    calendar.components.push(entry);
}

/// An instance as its series says it.
pub(super) fn taken_apart(series: &Component<'_>, id: &When<'_>) -> Component<'static> {
    let mut entry = series.clone().into_owned();
    for of_series in ["RRULE", "RDATE", "EXDATE", "EXRULE"] {
        entry.remove(of_series);
    }
    if let Some(length) = length(&entry) {
        entry.set_duration(length);
    }
    entry.set_when("DTSTART", Some(id));
    entry.set_when("RECURRENCE-ID", Some(id));
    entry
}

/// How long an entry lasts by the clock, where that is said by its end.
fn length(entry: &Component<'_>) -> Option<Duration> {
    let time = |name: &str| entry.get(name).and_then(|time| When::read(time).ok());
    let (start, end) = (time("DTSTART")?, time("DTEND").or_else(|| time("DUE"))?);
    let seconds = start.local().duration_until(end.local()).as_secs();
    Some(match start.is_date() {
        true => Duration::days(seconds / 86_400),
        false => Duration::seconds(seconds),
    })
}

/// Notes an answer; false where it is known or a later one is.
fn note(entry: &mut Component<'static>, who: &Participant<'_>, (sequence, at): (u32, &str)) -> bool {
    let of = |property: &&mut Property<'static>| {
        property.is("ATTENDEE") && Participant::read(property).is(&who.address)
    };
    let Some(property) = entry.properties.iter_mut().find(of) else {
        return false;
    };
    let asked = property
        .param(ASKED)
        .and_then(|asked| asked.parse().ok())
        .unwrap_or(0);
    if sequence < asked || property.param(ANSWERED).is_some_and(|known| &*known >= at) {
        return false;
    }
    let was = Participant::read(property).answer;
    property.set_param("PARTSTAT", who.answer.as_str());
    property.remove_param("RSVP");
    property.set_param("SCHEDULE-STATUS", "2.0");
    property.set_param(ANSWERED, at);
    was != who.answer
}

#[cfg(test)]
mod tests;
