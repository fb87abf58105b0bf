//! What of an event is its organizer's to decide.
//!
//! What is kept true: a guest's copy says what the organizer said. Nobody would hear of anything else, and the organizer's next
//! change would take it back.

use ical::Participant;

use super::times::Times;
use super::wish::Wish;
use super::{Aim, Seen, SeenGuest, Which, seen};
use crate::rules::itip::Mine;
use crate::types::Reason;

impl Seen {
    /// Who organizes it, where that is another one than the owner of the copy.
    pub fn organized_by_other(&self, mine: &Mine) -> Option<&SeenGuest> {
        self.organizer
            .as_ref()
            .filter(|organizer| !is_me(organizer, mine))
    }

    /// The owner of the copy, where somebody else invites them.
    pub fn asked(&self, mine: &Mine) -> Option<&SeenGuest> {
        self.organized_by_other(mine)?;
        self.guests.iter().find(|guest| is_me(guest, mine))
    }
}

fn is_me(guest: &SeenGuest, mine: &Mine) -> bool {
    mine.is(&Participant::new(guest.calendar_address()))
}

/// Refuses what of a wish only the organizer decides, where its reader is a guest. What is as it was is no wish.
pub fn check_guest(text: &str, aim: Aim, wish: &Wish, mine: &Mine, zone: &str) -> Result<(), Reason> {
    let seen = seen(text, aim.instance)?;
    let (Some(organizer), Some(_)) = (seen.organized_by_other(mine), seen.asked(mine)) else {
        return Ok(());
    };
    let theirs = of_organizer(&seen, wish, zone);
    let Some(field) = theirs.or((aim.which == Which::Following).then_some("which")) else {
        return Ok(());
    };
    let who = organizer.name.as_deref().unwrap_or(&organizer.address);
    let problem =
        format!("is for {who} to decide, who organizes this event: answer them, or ask them to change it");
    Err(Reason::field(field, problem))
}

/// The first field by which a wish differs in what the organizer decides.
fn of_organizer(seen: &Seen, wish: &Wish, zone: &str) -> Option<&'static str> {
    let other = |wanted: &Option<String>, is: &str| wanted.as_ref().is_some_and(|wanted| wanted != is);
    let moves = |times: &Times| {
        times
            .changed(&wish.times, zone)
            .map_or(true, |moved| moved != *times)
    };
    let others = wish.guests.as_ref().is_some_and(|wanted| {
        let is_there = |guest: &SeenGuest| wanted.iter().any(|one| one.address == guest.calendar_address());
        wanted.len() != seen.guests.len() || !seen.guests.iter().all(is_there)
    });
    let organizer = seen.organizer.as_ref().map(SeenGuest::calendar_address);
    let fields = [
        ("title", other(&wish.title, &seen.title)),
        ("description", other(&wish.description, &seen.description)),
        ("place", other(&wish.place, &seen.place)),
        ("link", other(&wish.link, &seen.link)),
        (
            "starts",
            !wish.times.is_empty() && seen.times.as_ref().is_none_or(moves),
        ),
        (
            "recurrence",
            wish.recurrence.as_ref().is_some_and(|rule| *rule != seen.rule),
        ),
        (
            "status",
            wish.status.is_some_and(|status| Some(status) != seen.status),
        ),
        (
            "organizer",
            wish.organizer
                .as_ref()
                .is_some_and(|wanted| Some(&wanted.address) != organizer.as_ref()),
        ),
        ("participants", others),
    ];
    let theirs = fields.into_iter().find(|(_, is_other)| *is_other);
    theirs.map(|(field, _)| field)
}

#[cfg(test)]
mod tests {
    use jiff::civil::DateTime;

    use super::*;
    use crate::rules::edits::times::{Spot, TimesWish};
    use crate::rules::edits::wish::Guest;

    const MEETING: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20261124T090000Z\r\n\
        DURATION:PT1H\r\nSUMMARY:Plans\r\nORGANIZER;CN=Anna:mailto:anna@town.example\r\n\
        ATTENDEE:mailto:boris@town.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    fn asked(name: &str, wish: &Wish) -> Result<(), Reason> {
        let mine = Mine(vec![format!("mailto:{name}@town.example")]);
        check_guest(MEETING, Aim::ALL, wish, &mine, "UTC")
    }

    fn moved() -> Wish {
        let later: DateTime = "2026-11-24T15:00:00".parse().unwrap();
        Wish {
            times: TimesWish {
                starts: Some(Spot::Local(later)),
                ..TimesWish::default()
            },
            ..Wish::default()
        }
    }

    #[test]
    fn a_guest_moves_nothing_and_is_told_whose_it_is() {
        let Err(Reason::Field { field, problem }) = asked("boris", &moved()) else {
            panic!("it was moved");
        };
        assert_eq!(field, "starts");
        assert!(problem.contains("Anna"), "{problem}");
        assert_eq!(asked("anna", &moved()), Ok(()), "its organizer moves it");
        assert_eq!(
            asked("clara", &moved()),
            Ok(()),
            "nobody asks whoever was not invited"
        );
    }

    #[test]
    fn a_guest_changes_what_is_theirs_and_may_say_again_what_is_so() {
        let own = Wish {
            title: Some("Plans".to_owned()),
            guests: Some(vec![Guest::at("boris@town.example")]),
            silent: Some(true),
            busy: Some(false),
            color: Some("teal".to_owned()),
            ..Wish::default()
        };
        assert_eq!(asked("boris", &own), Ok(()));
        let more = Wish {
            guests: Some(vec![
                Guest::at("boris@town.example"),
                Guest::at("clara@town.example"),
            ]),
            ..Wish::default()
        };
        let refused = asked("boris", &more);
        assert!(matches!(refused, Err(Reason::Field { field, .. }) if field == "participants"));
    }
}
