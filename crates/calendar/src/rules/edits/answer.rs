//! What somebody who is invited answers. What their organizer stamped stays so: by that, later messages are told from earlier ones.

use ical::{Answer, Component, Participant, When};

use super::{Aim, Edited, Pen, Scene, Which, entries, open};
use crate::rules::counting::{Asked, keep_stamp};
use crate::rules::edits::wish::Wish;
use crate::rules::itip::Mine;
use crate::types::Reason;

/// Puts an answer into the copy of whoever `mine` are the addresses of: to one instance, or to all of it.
pub fn answer(text: &str, aim: Aim, mine: &Mine, answer: Answer, pen: &Pen) -> Result<Edited, Reason> {
    open(text, |scene| {
        let (mut tree, only) = match scene.which(aim)? {
            Which::This => (scene.change_one(aim, &Wish::default(), pen)?, aim.instance),
            Which::All => (scene.tree(), None),
            Which::Following => {
                return Err(Reason::field(
                    "which",
                    "must be `this` or `all`: an answer cuts no series",
                ));
            }
        };
        let asked = Asked::by(Some(scene.object.calendar));
        let mut is_asked = false;
        for entry in entries(&mut tree) {
            if only.is_some() && scene.named_by(entry) != only {
                continue;
            }
            if put(entry, mine, answer) {
                is_asked = true;
                entry.set_when("LAST-MODIFIED", Some(&When::Utc(pen.at)));
                if let Some(known) = asked.to(entry) {
                    keep_stamp(known, entry);
                }
            }
        }
        if !is_asked {
            return Err(Reason::field(
                "answer",
                "is not yours to give: you are not invited to this event",
            ));
        }
        Ok(Edited::whole(&tree))
    })
}

impl Scene<'_> {
    /// The local time of the instance that a component moves.
    fn named_by(&self, entry: &Component<'_>) -> Option<jiff::civil::DateTime> {
        let id = entry.get("RECURRENCE-ID")?;
        When::read(id).ok().map(|id| self.local(&id))
    }
}

fn put(entry: &mut Component<'static>, mine: &Mine, answer: Answer) -> bool {
    let me = entry
        .properties
        .iter_mut()
        .filter(|property| property.is("ATTENDEE"))
        .find(|property| mine.is(&Participant::read(property)));
    let Some(me) = me else { return false };
    me.set_param("PARTSTAT", answer.as_str());
    me.remove_param("RSVP");
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::edits::seen;

    const SERIES: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\nBEGIN:VEVENT\r\nUID:a\r\n\
        DTSTAMP:20261101T000000Z\r\nDTSTART:20261123T090000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY;COUNT=5\r\n\
        ORGANIZER:mailto:anna@town.example\r\nATTENDEE;RSVP=TRUE;PARTSTAT=NEEDS-ACTION:mailto:boris@town.example\r\n\
        END:VEVENT\r\nEND:VCALENDAR\r\n";

    fn boris() -> Mine {
        Mine(vec!["mailto:boris@town.example".to_owned()])
    }

    fn pen() -> Pen {
        Pen {
            at: "2026-11-22T10:00:00".parse().unwrap(),
            uid: "other".to_owned(),
            zone: "UTC".to_owned(),
        }
    }

    fn answers(text: &str, instance: Option<&str>) -> Answer {
        let instance = instance.map(|local| local.parse().unwrap());
        seen(text, instance).unwrap().guests[0].answer
    }

    #[test]
    fn one_instance_or_all_of_it_is_answered() {
        let text = answer(SERIES, Aim::ALL, &boris(), Answer::Accepted, &pen()).unwrap();
        let text = text.text.unwrap();
        assert_eq!(answers(&text, Some("2026-11-25T09:00:00")), Answer::Accepted);
        let aim = Aim {
            which: Which::This,
            instance: Some("2026-11-24T09:00:00".parse().unwrap()),
        };
        let text = answer(&text, aim, &boris(), Answer::Declined, &pen()).unwrap();
        let text = text.text.unwrap();
        assert_eq!(answers(&text, Some("2026-11-24T09:00:00")), Answer::Declined);
        assert_eq!(answers(&text, Some("2026-11-25T09:00:00")), Answer::Accepted);
        assert_eq!(answers(&text, None), Answer::Accepted);
    }

    #[test]
    fn who_is_not_invited_answers_nothing() {
        let chen = Mine(vec!["mailto:chen@town.example".to_owned()]);
        let refused = answer(SERIES, Aim::ALL, &chen, Answer::Accepted, &pen());
        assert!(matches!(refused, Err(Reason::Field { field, .. }) if field == "answer"));
    }
}
