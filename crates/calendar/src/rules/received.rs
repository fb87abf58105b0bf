//! What becomes of a copy when a message about it comes (RFC 5546, RFC 6638 4).
//!
//! What is kept true: late and repeated messages do no harm: sequence numbers decide, then times of answers. Whatever is its
//! reader's own (alarms, colour, an answer on its way) stays.

use ical::recurrence::Moment;
use ical::zones::Zone;
use ical::{Answer, Component, Duration, Method, Participant, Property, Status, Timing, When};

use super::itip::{
    ANSWERED, ASKED, Mine, SILENCE, attendees, entries, instance, is_entry, is_master, sequence, times,
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

/// Applies a message to the copy of whoever `mine` are the addresses of.
pub fn received(copy: Option<&Component<'_>>, message: &Component<'_>, mine: &Mine) -> Received {
    let method = message.value("METHOD").and_then(Method::read);
    match (method, copy) {
        (Some(Method::Request), copy) => requested(copy, message, mine),
        (Some(Method::Cancel), Some(copy)) => cancelled(copy, message),
        (Some(Method::Reply), Some(copy)) => answered(copy, message, mine),
        _ => Received::Unknown,
    }
}

fn requested(copy: Option<&Component<'_>>, message: &Component<'_>, mine: &Mine) -> Received {
    if !entries(message).flat_map(attendees).any(|one| mine.is(&one)) {
        return Received::Unknown;
    }
    let mut taken = message.clone().into_owned();
    taken.remove("METHOD");
    let Some(copy) = copy else {
        return changed(taken, News::Invited);
    };
    if is_older(message, copy) {
        return Received::Known;
    }
    let mut is_new = false;
    let mut asks = false;
    for entry in taken.components.iter_mut().filter(|one| is_entry(one)) {
        let Some(old) = same_instance(copy, entry).or_else(|| series(copy)) else {
            continue;
        };
        let moved = is_master(old) == is_master(entry) && times(old) != times(entry);
        is_new |= moved || differs(old, entry);
        keep_own(old, entry);
        asks |= keep_answer(old, entry, mine, moved);
    }
    is_new |= entries(copy).count() != entries(&taken).count();
    // A message about single instances leaves the series as it is.
    if series(&taken).is_none() && series(copy).is_some() {
        taken = merged(copy, taken);
    }
    let news = if is_new {
        News::Changed { asks }
    } else {
        News::Aside
    };
    if taken == *copy {
        return Received::Known;
    }
    changed(taken, news)
}

fn changed(copy: Component<'static>, news: News) -> Received {
    Received::Changed(Box::new(Changed { copy, news }))
}

fn series<'c, 'a>(calendar: &'c Component<'a>) -> Option<&'c Component<'a>> {
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

/// The organizer may not have heard yet what I answered. Whether they want to hear anew.
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
    let asked = Participant::read(me).answer == Answer::NeedsAction;
    if asked && !moved && answer != Answer::NeedsAction {
        me.set_param("PARTSTAT", answer.as_str());
        return false;
    }
    asked
}

/// A copy with some instances as a message has them.
fn merged(copy: &Component<'_>, message: Component<'static>) -> Component<'static> {
    let mut merged = copy.clone().into_owned();
    for entry in message.components.into_iter().filter(is_entry) {
        let id = instance(&entry).map(|id| id.to_string());
        let same = |known: &Component<'_>| is_entry(known) && instance(known).map(|id| id.to_string()) == id;
        match merged.components.iter().position(same) {
            Some(at) => merged.components[at] = entry,
            None => merged.components.push(entry),
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
fn happens(calendar: &Component<'_>, id: &When<'_>) -> bool {
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
fn take_apart(calendar: &mut Component<'static>, id: &When<'_>) {
    if entries(calendar).any(|entry| instance(entry).as_ref() == Some(id)) {
        return;
    }
    let Some(series) = series(calendar) else { return };
    let mut entry = series.clone();
    for of_series in ["RRULE", "RDATE", "EXDATE", "EXRULE"] {
        entry.remove(of_series);
    }
    if let Some(length) = length(&entry) {
        entry.set_duration(length);
    }
    entry.set_when("DTSTART", Some(id));
    entry.set_when("RECURRENCE-ID", Some(id));
    calendar.components.push(entry);
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
