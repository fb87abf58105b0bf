//! Whose invitations become events at once, and whose wait apart until their reader lets them in.
//!
//! What is kept true: nobody gets anything into the calendar of somebody who does not want to know them, and nobody changes what
//! somebody else invited to.

use ical::{Answer, Component, Method, Object, Participant, Status};

use super::itip::{Mine, attendees, entries, for_others, is_entry, is_master};

/// Whose invitations become events at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Whose {
    Everybody,
    /// Of people of the house, and of those outside whom one knows.
    #[default]
    House,
    /// Only of those whom one knows.
    Known,
}

impl Whose {
    pub const ALL: [(Whose, &'static str); 3] = [
        (Whose::Everybody, "everybody"),
        (Whose::House, "house"),
        (Whose::Known, "known"),
    ];

    pub fn word(self) -> &'static str {
        let known = Whose::ALL.iter().find(|(whose, _)| *whose == self);
        known.map_or("house", |(_, word)| word)
    }

    pub fn read(word: &str) -> Option<Whose> {
        let known = Whose::ALL.iter().find(|(_, known)| *known == word);
        known.map(|(whose, _)| *whose)
    }

    /// Whether an invitation becomes an event at once.
    pub fn lets_in(self, is_of_house: bool, standing: Option<Standing>) -> bool {
        let is_known = standing == Some(Standing::Known);
        match self {
            Whose::Everybody => true,
            Whose::House => is_of_house || is_known,
            Whose::Known => is_known,
        }
    }
}

/// What somebody thinks of one who may invite them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Known,
    /// They hear nothing of them.
    Blocked,
}

/// Whether whoever sends this wants to have to do with those to whom it goes: they are invited by it, or told that one comes.
pub fn welcomes(message: &Component<'_>) -> bool {
    match message.value("METHOD").and_then(Method::read) {
        Some(Method::Request) => true,
        Some(Method::Reply) => entries(message)
            .flat_map(attendees)
            .any(|who| matches!(who.answer, Answer::Accepted | Answer::Tentative)),
        _ => false,
    }
}

/// Whether a message says what its organizer wants: it invites, or cancels.
pub fn invites(message: &Component<'_>) -> bool {
    let method = message.value("METHOD").and_then(Method::read);
    matches!(method, Some(Method::Request | Method::Cancel))
}

/// Whether a message wants its readers to come.
pub fn asks(message: &Component<'_>) -> bool {
    message.value("METHOD").and_then(Method::read) == Some(Method::Request)
}

/// Whether a message speaks of all of an object, and not of single instances only.
pub fn is_whole(message: &Component<'_>) -> bool {
    entries(message).any(is_master)
}

/// Whether an object is organized by whoever has these addresses, and by nobody else.
pub fn is_organized_by(object: &Component<'_>, by: &Mine) -> bool {
    let mut organizers = entries(object)
        .filter_map(|entry| entry.get("ORGANIZER"))
        .peekable();
    organizers.peek().is_some() && organizers.all(|organizer| by.is(&Participant::read(organizer)))
}

/// Whether somebody is invited to an object and has not said yet whether they come.
pub fn is_unanswered(object: &Object<'_>, mine: &Mine) -> bool {
    object.entries().any(|entry| {
        let by_others = entry.organizer.as_ref().is_some_and(|by| !mine.is(by));
        let waits = |who: &Participant<'_>| who.answer == Answer::NeedsAction && mine.is(who);
        by_others && entry.status != Some(Status::Cancelled) && entry.attendees.iter().any(waits)
    })
}

/// Whether nothing of an object takes place.
pub fn is_cancelled(object: &Component<'_>) -> bool {
    entries(object).all(|entry| entry.value("STATUS").and_then(Status::read) == Some(Status::Cancelled))
}

/// A message from outside without what is nobody's business but ours: what reminds, how we send, and other names of the same people.
pub fn bare(message: &Component<'_>) -> Component<'static> {
    let mut bare = message.clone().into_owned();
    for entry in bare.components.iter_mut().filter(|one| is_entry(one)) {
        *entry = for_others(entry);
        for property in &mut entry.properties {
            if property.is("ATTENDEE") || property.is("ORGANIZER") {
                property.remove_param("EMAIL");
            }
        }
    }
    bare
}

/// The message by which an invitation came, as it stands now.
pub fn as_request(copy: &Component<'_>) -> Component<'static> {
    let mut request = copy.clone().into_owned();
    request.set_value("METHOD", Some(Method::Request.as_str()));
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITED: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:a\r\n\
        DTSTAMP:20261101T000000Z\r\nDTSTART:20261123T090000Z\r\nDURATION:PT1H\r\n\
        ORGANIZER;SCHEDULE-AGENT=NONE;EMAIL=boris@town.example:mailto:anna@town.example\r\n\
        ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:boris@town.example\r\n\
        BEGIN:VALARM\r\nACTION:AUDIO\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    fn mine(name: &str) -> Mine {
        Mine(vec![format!("mailto:{name}@town.example")])
    }

    #[test]
    fn whose_invitations_become_events_at_once_is_as_one_said() {
        let known = Some(Standing::Known);
        for (whose, of_house, stranger, known_stranger) in [
            (Whose::Everybody, true, true, true),
            (Whose::House, true, false, true),
            (Whose::Known, false, false, true),
        ] {
            assert_eq!(whose.lets_in(true, None), of_house);
            assert_eq!(whose.lets_in(false, None), stranger);
            assert_eq!(whose.lets_in(false, known), known_stranger);
            assert_eq!(Whose::read(whose.word()), Some(whose));
        }
    }

    #[test]
    fn whoever_invites_or_comes_knows_those_to_whom_it_goes() {
        let welcomes = |text: &str| welcomes(&ical::parse(text.as_bytes()).unwrap());
        assert!(welcomes(INVITED));
        let reply = INVITED.replace("REQUEST", "REPLY");
        assert!(!welcomes(&reply));
        assert!(welcomes(&reply.replace("NEEDS-ACTION", "TENTATIVE")));
        assert!(!welcomes(&reply.replace("NEEDS-ACTION", "DECLINED")));
        assert!(!welcomes(&INVITED.replace("REQUEST", "CANCEL")));
    }

    #[test]
    fn what_comes_from_outside_rings_nothing_and_pretends_nothing() {
        let text = bare(&ical::parse(INVITED.as_bytes()).unwrap()).write();
        for gone in ["VALARM", "SCHEDULE-AGENT", "EMAIL"] {
            assert!(!text.contains(gone), "{text}");
        }
        let copy = ical::parse(text.as_bytes()).unwrap();
        assert!(is_organized_by(&copy, &mine("anna")) && !is_organized_by(&copy, &mine("boris")));
    }

    #[test]
    fn an_invitation_waits_for_those_whom_it_asks() {
        let asks = |text: &str, name: &str| {
            let text = text
                .replace("METHOD:REQUEST\r\n", "")
                .replace(";EMAIL=boris@town.example", "");
            let tree = ical::parse(text.as_bytes()).unwrap();
            is_unanswered(&ical::check(&tree).unwrap(), &mine(name))
        };
        assert!(asks(INVITED, "boris") && !asks(INVITED, "anna") && !asks(INVITED, "chen"));
        assert!(!asks(&INVITED.replace("NEEDS-ACTION", "ACCEPTED"), "boris"));
        assert!(!asks(
            &INVITED.replace("DURATION", "STATUS:CANCELLED\r\nDURATION"),
            "boris"
        ));
    }
}
