//! What comes again: what was called off and takes place after all, and what is put back as it was.
//!
//! What is kept true: whoever was told that something does not take place is asked anew when it does; and an answer that somebody
//! gave is theirs, so it stays when its organizer puts back what was before it.

use ical::{Answer, Component, Participant, Property, When};

use super::itip::{
    ANSWERED, ASKED, Mine, Side, attendees, entries, essence_of, instance, is_entry, is_master, keep_answers,
    raise, sequence, side,
};
use super::received::{happens, series, take_apart, taken_apart};

/// Invites once more to what was called off as `gone`: those who were told so would take a lower number for an older message.
pub fn ask_again(gone: &Component<'_>, after: &mut Component<'_>, mine: &Mine) {
    if side(gone, mine) != Some(Side::Organizer) {
        return;
    }
    let last = entries(gone).map(sequence).max().unwrap_or(0);
    // It was called off by the number after the last one.
    let above = last.saturating_add(2);
    let knows = |who: &Participant<'_>| entries(gone).flat_map(attendees).any(|one| one.is(&who.address));
    for entry in after.components.iter_mut().filter(|one| is_entry(one)) {
        if sequence(entry) < above {
            raise(entry, above);
        }
        let asked = sequence(entry).to_string();
        for property in guests(entry, mine) {
            if knows(&Participant::read(property)) {
                forget_answer(property);
                property.set_param(ASKED, &asked);
            }
        }
    }
}

/// The same with nobody's answer but the organizer's own: what is made of it is another event, to which nobody said anything.
pub fn unanswered(entry: &mut Component<'_>) {
    let organizer = entry.get("ORGANIZER").map(|one| one.value().trim().to_owned());
    let own = Mine(organizer.into_iter().collect());
    guests(entry, &own).for_each(forget_answer);
}

/// The same as a part of another event: answers to that one stay answers to this, and whatever comes later counts.
pub fn of_another(entry: &mut Component<'_>) {
    for property in guests(entry, &Mine::default()) {
        property.remove_param(ANSWERED);
        property.remove_param(ASKED);
    }
}

/// What a room has of an invitation: it has not answered, whatever others wrote for it, and is taken for as long as it lasts.
pub fn as_of_room(copy: &mut Component<'_>, room: &Mine) {
    for entry in copy.components.iter_mut().filter(|one| is_entry(one)) {
        entry.remove("TRANSP");
        for property in entry.properties.iter_mut().filter(|one| one.is("ATTENDEE")) {
            if room.is(&Participant::read(property)) {
                property.set_param("PARTSTAT", Answer::NeedsAction.as_str());
            }
        }
    }
}

/// A text of before, with the answers that were given to it since; also those to single instances.
pub fn with_answers(since: &str, then: String, mine: &Mine) -> String {
    let (Ok(is), Ok(was)) = (ical::parse(since.as_bytes()), ical::parse(then.as_bytes())) else {
        return then;
    };
    if side(&is, mine) != Some(Side::Organizer) {
        return then;
    }
    let mut back = was.into_owned();
    for id in answered_alone(&is) {
        if happens(&back, &id) {
            take_apart(&mut back, &id);
        }
    }
    keep_answers(&is, &mut back, mine);
    back.write()
}

/// Whether two texts of somebody's event say the same, but for what others answered.
pub fn is_same_but_for_answers(one: &str, other: &str, mine: &Mine) -> bool {
    let bare = |text: &str| Some(bare(&ical::parse(text.as_bytes()).ok()?, mine));
    one == other || bare(one).is_some_and(|one| Some(one) == bare(other))
}

/// Whether somebody else organizes it, and `mine` are the addresses of one who is invited.
pub fn is_of_others(text: &str, mine: &Mine) -> bool {
    ical::parse(text.as_bytes()).is_ok_and(|tree| side(&tree, mine) == Some(Side::Attendee))
}

/// Those who take part in an entry and are not `mine`.
fn guests<'e, 'a>(entry: &'e mut Component<'a>, mine: &Mine) -> impl Iterator<Item = &'e mut Property<'a>> {
    let all = entry.properties.iter_mut().filter(|one| one.is("ATTENDEE"));
    all.filter(move |one| !mine.is(&Participant::read(one)))
}

fn forget_answer(guest: &mut Property<'_>) {
    guest.set_param("PARTSTAT", Answer::NeedsAction.as_str());
    for of_answer in [ANSWERED, ASKED, "SCHEDULE-STATUS"] {
        guest.remove_param(of_answer);
    }
}

/// The instances that stand by themselves for nothing but an answer to them.
fn answered_alone(calendar: &Component<'_>) -> Vec<When<'static>> {
    let Some(series) = series(calendar) else {
        return Vec::new();
    };
    let alone = entries(calendar).filter_map(|entry| {
        let id = instance(entry)?;
        let is_same = essence_of(entry) == essence_of(&taken_apart(series, &id));
        is_same.then(|| id.into_owned())
    });
    alone.collect()
}

fn bare(calendar: &Component<'_>, mine: &Mine) -> Component<'static> {
    let alone = answered_alone(calendar);
    let mut bare = calendar.clone().into_owned();
    bare.components.retain(|entry| {
        let id = instance(entry);
        is_master(entry) || !id.is_some_and(|id| alone.contains(&id))
    });
    for entry in bare.components.iter_mut().filter(|one| is_entry(one)) {
        for property in guests(entry, mine) {
            for of_answer in ["PARTSTAT", "RSVP", "SCHEDULE-STATUS", ANSWERED, ASKED] {
                property.remove_param(of_answer);
            }
        }
    }
    bare
}
