//! Events as people think of them: made, changed for this instance, for the following ones or for all, and put back.
//!
//! Every edit is a decision over the text that was read (`rules::edits`) and is written only if that text is still there, so
//! two edits of one version never mix. A series that is cut in two is written in one transaction.

use std::collections::HashSet;

use futures_util::future::try_join_all;
use ical::zones::Zone;
use ical::{Answer, Kind, Sort};
use jiff::Timestamp;
use kernel::{Id, Moment, PersonId};
use store::Tx;

use crate::objects::{Piece, put_in, take_out};
use crate::people::{addresses, called};
use crate::rows;
use crate::rules::again::with_answers;
use crate::rules::edits::wish::{Guest, Wish};
use crate::rules::edits::{self, Aim, Difference, Edited, Pen, Seen};
use crate::scheduling::Reached;
use crate::service::{Calendars, Refused, live};
use crate::sharing::Rights;
use crate::types::{Calendar, Expected, Name, Reason, Stored};

/// Versions that are told of one event.
const VERSIONS_MAX: u16 = 200;
/// Guests who are looked up at the same time.
const GUESTS_AT_ONCE: usize = 32;

/// What became of an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// `None`: nothing of it is left.
    pub event: Option<Stored>,
    /// The part of a series that was cut off.
    pub split: Option<Stored>,
}

/// What an edit would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    pub differences: Vec<Difference>,
    pub reached: Vec<Reached>,
}

/// How an event was for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    pub change: i64,
    pub title: String,
    pub since: Moment,
    /// `None`: it still is.
    pub until: Option<Moment>,
}

/// One edit: what it is about, and which version its writer saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    pub calendar: Id,
    pub event: Id,
    /// `None`: whatever it is.
    pub change: Option<i64>,
    pub aim: Aim,
}

impl Calendars {
    pub async fn create_event(&self, owner: PersonId, calendar: Id, wish: &Wish) -> Result<Stored, Refused> {
        let into = self.calendar(owner, calendar).await?;
        let id = Id::beside(owner.0, self.now());
        let wish = &self.organized(owner, None, wish).await?;
        let text = edits::create(wish, &self.pen(id, &into))?;
        self.add(owner, calendar, id, text).await
    }

    /// An event of a calendar.
    pub async fn event(&self, owner: PersonId, calendar: Id, event: Id) -> Result<Stored, Refused> {
        let found = self.object(owner, event).await?;
        if found.calendar != calendar {
            return Err(Reason::NoObject.into());
        }
        self.calendar(owner, calendar).await?;
        Ok(found)
    }

    pub async fn change_event(&self, owner: PersonId, look: Look, wish: &Wish) -> Result<Changed, Refused> {
        let (before, into) = self.looked_at(owner, look).await?;
        self.check_guest(owner, (&before, &into), look.aim, wish).await?;
        let beside = Id::beside(owner.0, self.now());
        let wish = &self.organized(owner, Some(&before.text), wish).await?;
        let edited = edits::change(&before.text, look.aim, wish, &self.pen(beside, &into))?;
        self.write(owner, before, edited, beside).await
    }

    /// Answers an invitation, as the owner of the copy.
    pub async fn answer_event(
        &self,
        owner: PersonId,
        look: Look,
        answer: Answer,
    ) -> Result<Changed, Refused> {
        let (before, into) = self.looked_at(owner, look).await?;
        let mine = self.mine(owner).await?;
        let pen = self.pen(before.id, &into);
        let edited = edits::answer(&before.text, look.aim, &mine, answer, &pen)?;
        let beside = before.id;
        self.write(owner, before, edited, beside).await
    }

    pub async fn delete_event(&self, owner: PersonId, look: Look) -> Result<Changed, Refused> {
        let (before, into) = self.looked_at(owner, look).await?;
        let beside = Id::beside(owner.0, self.now());
        let edited = edits::delete(&before.text, look.aim, &self.pen(beside, &into))?;
        self.write(owner, before, edited, beside).await
    }

    /// What an edit would change within a range, and whom it would reach; without a wish, what a deletion would.
    pub async fn preview_event(
        &self,
        owner: PersonId,
        look: Look,
        wish: Option<&Wish>,
        (from, to): (Timestamp, Timestamp),
        viewer: &Zone,
    ) -> Result<Preview, Refused> {
        let (before, edited) = self.rehearsed(owner, look, wish).await?;
        let found = edits::differences(&before.text, &edited, (from, to), viewer)?;
        let (after, split) = (edited.text.as_deref(), edited.split.as_deref());
        Ok(Preview {
            reached: self.reached(owner, &before.text, after, split).await?,
            differences: found,
        })
    }

    /// Whom an edit would reach; without a wish, whom a deletion would.
    pub async fn reached_by(
        &self,
        owner: PersonId,
        look: Look,
        wish: Option<&Wish>,
    ) -> Result<Vec<Reached>, Refused> {
        let (before, edited) = self.rehearsed(owner, look, wish).await?;
        let (after, split) = (edited.text.as_deref(), edited.split.as_deref());
        self.reached(owner, &before.text, after, split).await
    }

    /// An edit that is not written: what it is about, and what would become of it.
    async fn rehearsed(
        &self,
        owner: PersonId,
        look: Look,
        wish: Option<&Wish>,
    ) -> Result<(Stored, Edited), Refused> {
        let (before, into) = self.looked_at(owner, look).await?;
        let pen = self.pen(before.id, &into);
        let pen = Pen {
            uid: format!("{}-following", pen.uid),
            ..pen
        };
        let edited = match wish {
            Some(wish) => {
                self.check_guest(owner, (&before, &into), look.aim, wish).await?;
                let wish = &self.organized(owner, Some(&before.text), wish).await?;
                edits::change(&before.text, look.aim, wish, &pen)?
            }
            None => edits::delete(&before.text, look.aim, &pen)?,
        };
        Ok((before, edited))
    }

    /// The same event once more.
    pub async fn duplicate_event(
        &self,
        owner: PersonId,
        (calendar, event): (Id, Id),
    ) -> Result<Stored, Refused> {
        let found = self.event(owner, calendar, event).await?;
        let into = self.calendar(owner, calendar).await?;
        let id = Id::beside(owner.0, self.now());
        let text = edits::duplicate(&found.text, &self.pen(id, &into))?;
        self.add(owner, calendar, id, text).await
    }

    /// Whether `person` may put what lies with `owner` into this calendar: one of the same owner that takes events, and into
    /// which they may put some. Ask before anything is done.
    pub async fn may_move_to(&self, person: PersonId, owner: PersonId, to: Id) -> Result<(), Refused> {
        let target = self.reach(person, to, Rights::Edit).await?;
        if target.calendar.owner != owner {
            let what = "must be a calendar of the same owner: make the event there instead";
            return Err(Reason::field("calendar", what).into());
        }
        match target.takes_events() {
            true => Ok(()),
            false => Err(Reason::KindNotTaken(Kind::Event).into()),
        }
    }

    /// Into another calendar of the same owner.
    pub async fn move_event(&self, owner: PersonId, look: Look, to: Id) -> Result<Stored, Refused> {
        let (found, _) = self.looked_at(owner, look).await?;
        if found.calendar == to {
            return Ok(found);
        }
        let now = self.now();
        let id = Id::beside(owner.0, now);
        let mine = self.mine(owner).await?;
        let piece = Piece::of(found.text.clone(), id, now, &mine)?;
        let shard = self.store().shard_of(owner);
        let moved = shard.write::<_, Refused>(move |tx| {
            let (source, target) = (live(tx, owner, found.calendar)?, live(tx, owner, to)?);
            take_out(
                tx,
                &source,
                &found.name,
                Expected::Exactly(found.change),
                (now, None),
            )?;
            let name = match rows::slot(tx, to, &found.name)? {
                Some(_) => Name::of_object(id),
                None => found.name.clone(),
            };
            Ok(put_in(tx, &target, &name, &piece, Expected::Nothing, None)?.stored)
        });
        moved.await
    }

    /// How an event was, the latest first: as it is, unless it is gone, and everything before. The number is that of its
    /// last change.
    pub async fn history(
        &self,
        owner: PersonId,
        (calendar, event): (Id, Id),
    ) -> Result<(i64, Vec<Version>), Refused> {
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, Refused>(move |tx| {
            let change = last_change(tx, owner, (calendar, event))?;
            let current = rows::object_with_id(tx, owner, event)?;
            Ok((change, current, rows::past(tx, owner, event, VERSIONS_MAX)?))
        });
        let (change, current, past) = found.await?;
        let current = current.map(|stored| Version {
            change: stored.change,
            title: title(&stored.text),
            since: stored.changed,
            until: None,
        });
        let past = past.into_iter().map(|past| Version {
            change: past.change,
            title: title(&past.text),
            since: past.since,
            until: Some(past.until),
        });
        Ok((change, current.into_iter().chain(past).collect()))
    }

    /// Puts an event back as it was after a change, also when it is gone. What guests answered since stays. `seen` is its last
    /// change, as the writer knows it.
    pub async fn return_event(
        &self,
        owner: PersonId,
        (calendar, event): (Id, Id),
        seen: Option<i64>,
        change: i64,
    ) -> Result<Stored, Refused> {
        let now = self.now();
        let shard = self.store().shard_of(owner);
        let past = shard.read::<_, Refused>(move |tx| {
            last_change(tx, owner, (calendar, event))?;
            Ok(rows::past(tx, owner, event, VERSIONS_MAX)?)
        });
        let past = past.await?.into_iter().find(|past| past.change == change);
        let text = past
            .ok_or_else(|| Reason::field("change", "is none that this event had"))?
            .text;
        let mine = self.mine(owner).await?;
        let returned = shard.write::<_, Refused>(move |tx| {
            let place = rows::place_of(tx, owner, event)?;
            let (place, name, last) = place
                .filter(|(place, ..)| *place == calendar)
                .ok_or(Reason::NoObject)?;
            if seen.is_some_and(|seen| seen != last) {
                return Err(Reason::Stale.into());
            }
            let into = live(tx, owner, place)?;
            let text = match rows::object_with_id(tx, owner, event)? {
                Some(now) => with_answers(&now.text, text.clone(), &mine),
                None => text.clone(),
            };
            let piece = Piece::of(text, event, now, &mine)?;
            Ok(put_in(tx, &into, &name, &piece, Expected::Anything, Some(&mine))?.stored)
        });
        returned.await
    }

    /// The same wish, by whoever invites: without an organizer nobody would hear of it.
    async fn organized(&self, owner: PersonId, before: Option<&str>, wish: &Wish) -> Result<Wish, Refused> {
        let mut wish = wish.clone();
        if wish.guests.as_ref().is_none_or(Vec::is_empty) {
            return Ok(wish);
        }
        let known = before.map(|text| edits::seen(text, None)).transpose()?;
        self.know_rooms(known.as_ref(), &mut wish).await?;
        if wish.organizer.is_some() {
            return Ok(wish);
        }
        if known.is_none_or(|seen| seen.organizer.is_none()) {
            let card = self.card(owner).await?;
            let called = card.as_ref().map(|card| addresses(owner, card).0);
            let address = called.and_then(|all| all.into_iter().next());
            wish.organizer = address.map(|address| Guest {
                address,
                name: card.map(|card| card.name),
                role: None,
                sort: None,
            });
        }
        Ok(wish)
    }

    /// Refuses to a guest what the organizer decides.
    async fn check_guest(
        &self,
        owner: PersonId,
        (before, into): (&Stored, &Calendar),
        aim: Aim,
        wish: &Wish,
    ) -> Result<(), Refused> {
        let mine = self.mine(owner).await?;
        Ok(edits::check_guest(
            &before.text,
            aim,
            wish,
            &mine,
            &into.about.zone,
        )?)
    }

    /// Tells guests who are rooms from people, as calendar programs do. Whoever is there already is told apart already.
    async fn know_rooms(&self, before: Option<&Seen>, wish: &mut Wish) -> Result<(), Refused> {
        let there = before.iter().flat_map(|seen| &seen.guests);
        let there: HashSet<String> = there.map(|guest| called(&guest.calendar_address())).collect();
        let is_new = |guest: &&mut Guest| guest.sort.is_none() && !there.contains(&called(&guest.address));
        let mut unknown: Vec<&mut Guest> = wish.guests.iter_mut().flatten().filter(is_new).collect();
        for some in unknown.chunks_mut(GUESTS_AT_ONCE) {
            let sorts = try_join_all(some.iter().map(|guest| self.sort_of(&guest.address))).await?;
            for (guest, sort) in some.iter_mut().zip(sorts) {
                guest.sort = sort;
            }
        }
        Ok(())
    }

    /// `None`: it is nobody of the house, or a person like others.
    async fn sort_of(&self, address: &str) -> Result<Option<Sort>, Refused> {
        let Some(person) = self.reader(address).await? else {
            return Ok(None);
        };
        let resource = self.resource(person).await?;
        Ok(resource.map(|resource| resource.sort.written()))
    }

    fn pen(&self, id: Id, into: &Calendar) -> Pen {
        Pen {
            at: Zone::UTC.local_at(self.now().to_timestamp()),
            uid: id.to_string(),
            zone: into.about.zone.clone(),
        }
    }

    /// What an edit is about, if it is what its writer saw.
    async fn looked_at(&self, owner: PersonId, look: Look) -> Result<(Stored, Calendar), Refused> {
        let found = self.event(owner, look.calendar, look.event).await?;
        if look.change.is_some_and(|change| change != found.change) {
            return Err(Reason::Stale.into());
        }
        let into = self.calendar(owner, look.calendar).await?;
        Ok((found, into))
    }

    async fn add(&self, owner: PersonId, calendar: Id, id: Id, text: String) -> Result<Stored, Refused> {
        let name = Name::of_object(id);
        Ok(self
            .put(owner, calendar, name, text, Expected::Nothing)
            .await?
            .stored)
    }

    async fn write(
        &self,
        owner: PersonId,
        before: Stored,
        edited: Edited,
        beside: Id,
    ) -> Result<Changed, Refused> {
        let now = self.now();
        let mine = self.mine(owner).await?;
        let piece = |text: String, id| Piece::of(text, id, now, &mine);
        let event = edited.text.map(|text| piece(text, before.id)).transpose()?;
        let split = edited.split.map(|text| piece(text, beside)).transpose()?;
        let shard = self.store().shard_of(owner);
        let written = shard.write::<_, Refused>(move |tx| {
            let calendar = live(tx, owner, before.calendar)?;
            let seen = Expected::Exactly(before.change);
            let event = match &event {
                Some(piece) => Some(put_in(tx, &calendar, &before.name, piece, seen, Some(&mine))?.stored),
                None => {
                    take_out(tx, &calendar, &before.name, seen, (now, Some(&mine)))?;
                    None
                }
            };
            let split = match &split {
                Some(piece) => {
                    let name = Name::of_object(beside);
                    Some(put_in(tx, &calendar, &name, piece, Expected::Nothing, Some(&mine))?.stored)
                }
                None => None,
            };
            Ok(Changed { event, split })
        });
        written.await
    }
}

fn title(text: &str) -> String {
    edits::seen(text, None).map(|seen| seen.title).unwrap_or_default()
}

/// The number of the last change of an event that is in this calendar, or was.
fn last_change(tx: &mut Tx<'_>, owner: PersonId, (calendar, event): (Id, Id)) -> Result<i64, Refused> {
    live(tx, owner, calendar)?;
    let place = rows::place_of(tx, owner, event)?.filter(|(place, ..)| *place == calendar);
    let (_, _, change) = place.ok_or(Reason::NoObject)?;
    Ok(change)
}

#[cfg(test)]
mod tests {
    use testkit::stores::KINDS;

    use super::*;
    use crate::rules::edits::Which;
    use crate::rules::edits::wish::{RemindWhen, Reminder};
    use crate::tests::{Scene, visitor};

    fn all(stored: &Stored) -> Look {
        Look {
            calendar: stored.calendar,
            event: stored.id,
            change: None,
            aim: Aim::ALL,
        }
    }

    fn renamed() -> Wish {
        Wish {
            title: Some("Mine".to_owned()),
            ..Wish::default()
        }
    }

    #[tokio::test]
    async fn a_guest_keeps_to_what_is_theirs_in_what_another_one_organizes() {
        for kind in KINDS {
            let scene = Scene::on(kind).await;
            scene.invite().await;
            let boris = visitor("boris").id;
            let copy = scene.copy_of("boris").await.unwrap();
            let refused = scene.calendars.change_event(boris, all(&copy), &renamed()).await;
            let told = refused.unwrap_err().to_string();
            assert!(told.contains("anna@town.example"), "{told}");
            let previewed = scene
                .calendars
                .reached_by(boris, all(&copy), Some(&renamed()))
                .await;
            assert!(previewed.is_err(), "nor is it rehearsed");
            let silent = Wish {
                silent: Some(true),
                ..Wish::default()
            };
            scene
                .calendars
                .change_event(boris, all(&copy), &silent)
                .await
                .unwrap();
            scene.post().await;
            let copy = scene.copy_of("boris").await.unwrap();
            assert!(edits::seen(&copy.text, None).unwrap().is_silent);
            let theirs = scene.copy_of("anna").await.unwrap();
            assert!(!theirs.text.contains("X-TOWNHALL-REMINDERS"), "it is boris's own");
            // What the organizer changes comes, and the silence stays.
            scene
                .rewrite("anna", "SUMMARY:Plans", "SUMMARY:Other plans")
                .await;
            let copy = scene.copy_of("boris").await.unwrap();
            let seen = edits::seen(&copy.text, None).unwrap();
            assert_eq!((seen.title.as_str(), seen.is_silent), ("Other plans", true));
            let deleted = scene.calendars.delete_event(boris, all(&copy)).await;
            deleted.unwrap();
        }
    }

    #[tokio::test]
    async fn silence_is_said_and_taken_back() {
        for kind in KINDS {
            let scene = Scene::on(kind).await;
            let calendar = scene.first(&visitor("anna")).await;
            let anna = visitor("anna").id;
            let letter = Reminder {
                when: RemindWhen::BeforeStart(30),
                by: ical::Action::Email,
            };
            let wish = Wish {
                reminders: Some(vec![letter]),
                times: edits::times::TimesWish {
                    starts: Some(edits::times::Spot::Day("2026-12-01".parse().unwrap())),
                    ..edits::times::TimesWish::default()
                },
                ..renamed()
            };
            let made = scene
                .calendars
                .create_event(anna, calendar.id, &wish)
                .await
                .unwrap();
            let mut silences = Vec::new();
            let steps: [(Option<bool>, Option<Vec<Reminder>>); 4] = [
                (Some(true), None),
                (None, Some(vec![letter])),
                (Some(true), None),
                (Some(false), Some(Vec::new())),
            ];
            for (silent, reminders) in steps {
                let wish = Wish {
                    silent,
                    reminders,
                    ..Wish::default()
                };
                let changed = scene
                    .calendars
                    .change_event(anna, all(&made), &wish)
                    .await
                    .unwrap();
                let seen = edits::seen(&changed.event.unwrap().text, None).unwrap();
                silences.push((seen.is_silent, seen.reminders.len()));
            }
            assert_eq!(silences, [(true, 0), (false, 1), (true, 0), (false, 0)]);
        }
    }

    #[tokio::test]
    async fn one_of_a_recurring_task_is_done_and_to_be_done_again() {
        const TASK: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\nBEGIN:VTODO\r\nUID:t\r\n\
            DTSTAMP:20261101T000000Z\r\nDTSTART:20261201T090000Z\r\nDUE:20261201T100000Z\r\nRRULE:FREQ=DAILY\r\n\
            SUMMARY:Water\r\nEND:VTODO\r\nEND:VCALENDAR\r\n";
        for kind in KINDS {
            let scene = Scene::on(kind).await;
            let calendar = scene.first(&visitor("anna")).await;
            let (anna, name) = (visitor("anna").id, Name::parse("t.ics").unwrap());
            let put = scene
                .calendars
                .put(anna, calendar.id, name, TASK.to_owned(), Expected::Nothing);
            let put = put.await.unwrap();
            let at = "2026-12-02T09:00:00".parse().unwrap();
            let look = Look {
                aim: Aim {
                    which: Which::This,
                    instance: Some(at),
                },
                ..all(&put.stored)
            };
            for (completed, is_done) in [(Some(at), true), (None, false)] {
                let wish = Wish {
                    completed: Some(completed),
                    ..Wish::default()
                };
                let changed = scene.calendars.change_event(anna, look, &wish).await;
                let text = changed.unwrap().event.unwrap().text;
                assert_eq!(edits::seen(&text, Some(at)).unwrap().is_done, is_done);
                assert_eq!(text.contains("PERCENT-COMPLETE:100"), is_done, "{text}");
                let other = "2026-12-03T09:00:00".parse().unwrap();
                assert!(!edits::seen(&text, Some(other)).unwrap().is_done);
            }
        }
    }
}
