//! Edits of events: this one, this and following, or all.
//!
//! What is kept true:
//! * The tree of what a client wrote is changed, never made anew, so what nobody here knows comes back.
//! * An edit changes the instances that it speaks of and no others; `differences` says which these are.
//! * What was changed for one instance stays changed, as long as its series has that instance.

mod answer;
mod differences;
mod guest;
mod seen;
mod series;
mod split;
#[cfg(test)]
mod tests;
pub mod times;
mod why;
pub mod wish;

use ical::recurrence::{Instance, Moment, Series};
use ical::zones::Zone;
use ical::{Component, Entry, Kind, Object, Property, Timing, When};
use jiff::civil::DateTime;

pub use answer::answer;
pub use differences::{Difference, Occasion, differences};
pub use guest::check_guest;
pub use seen::{Seen, SeenGuest, seen};
use times::{Form, Times, times_of};
pub use why::{Explained, explain};
use wish::Wish;

use crate::rules::again::unanswered;
use crate::types::Reason;

/// Which instances of a series an edit speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    This,
    Following,
    All,
}

/// An edit of what somebody looks at: an instance of a series, or an event that happens once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aim {
    pub which: Which,
    /// The local time by the rule, as the series names its instances.
    pub instance: Option<DateTime>,
}

impl Aim {
    pub const ALL: Aim = Aim {
        which: Which::All,
        instance: None,
    };
}

/// What comes from outside into an edit.
#[derive(Clone, Debug)]
pub struct Pen {
    /// When it is written, in UTC.
    pub at: DateTime,
    /// The UID of what an edit makes besides.
    pub uid: String,
    /// Where it is written, for times that name no zone.
    pub zone: String,
}

/// What an event is after an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// `None`: nothing of it is left.
    pub text: Option<String>,
    /// The part of a series that was cut off.
    pub split: Option<String>,
    /// From which instance on, and how many seconds by the clock, instances are called otherwise than before.
    pub renamed: Option<(DateTime, i64)>,
}

/// Changes an event.
pub fn change(text: &str, aim: Aim, wish: &Wish, pen: &Pen) -> Result<Edited, Reason> {
    open(text, |scene| match scene.which(aim)? {
        Which::This => scene.change_one(aim, wish, pen).map(|tree| Edited::whole(&tree)),
        Which::Following => scene.change_following(aim, wish, pen),
        Which::All => scene.change_all(aim.instance, wish, pen),
    })?
    .checked()
}

/// Takes instances out of an event, or all of it away.
pub fn delete(text: &str, aim: Aim, pen: &Pen) -> Result<Edited, Reason> {
    open(text, |scene| match scene.which(aim)? {
        Which::This => scene.delete_one(aim, pen),
        Which::Following => scene.delete_following(aim, pen),
        Which::All => Ok(Edited::nothing()),
    })?
    .checked()
}

/// A new event.
pub fn create(wish: &Wish, pen: &Pen) -> Result<String, Reason> {
    let times = Times::new(&wish.times, &pen.zone)?;
    let mut entry = Component::new("VEVENT");
    entry.add(Property::text("UID", &pen.uid));
    entry.set_when("DTSTAMP", Some(&When::Utc(pen.at)));
    entry.set_when("CREATED", Some(&When::Utc(pen.at)));
    times.write_to(&mut entry, false);
    let mut tree = Component::new("VCALENDAR");
    tree.add(Property::new("VERSION", "2.0"));
    tree.add(Property::new("PRODID", "-//Townhall//Calendar//EN"));
    bring_zone(&mut tree, &times);
    tree.components.push(entry);
    let bare = Wish {
        times: times::TimesWish::default(),
        ..wish.clone()
    };
    open(&tree.write(), |scene| scene.change_all(None, &bare, pen))?
        .checked()?
        .text
        .ok_or(Reason::NoObject)
}

/// The same event once more, as another one. Nobody has answered to it yet.
pub fn duplicate(text: &str, pen: &Pen) -> Result<String, Reason> {
    open(text, |scene| {
        let mut tree = scene.tree();
        for entry in entries(&mut tree) {
            entry.set_text("UID", Some(&pen.uid));
            entry.set_when("CREATED", Some(&When::Utc(pen.at)));
            entry.set_value("SEQUENCE", Some("0"));
            unanswered(entry);
            stamp(entry, pen, false);
        }
        Ok(tree.write())
    })
}

/// Reads a text and does something with what it says.
pub fn open<T>(text: &str, with: impl FnOnce(&Scene<'_>) -> Result<T, Reason>) -> Result<T, Reason> {
    let tree = ical::parse(text.as_bytes())?;
    let object = ical::check(&tree)?;
    let timing = Timing::new(&object).map_err(of_recurrence)?;
    with(&Scene {
        object: &object,
        timing: &timing,
    })
}

/// A problem of a rule is one of the field that the rule came in.
fn of_recurrence(problem: ical::Problem) -> Reason {
    match &problem.reason {
        ical::Reason::Recurs { problem, .. } => Reason::field("recurrence", problem),
        _ => Reason::Invalid(problem),
    }
}

impl Edited {
    fn whole(tree: &Component<'static>) -> Edited {
        Edited {
            text: Some(tree.write()),
            split: None,
            renamed: None,
        }
    }

    fn nothing() -> Edited {
        Edited {
            text: None,
            split: None,
            renamed: None,
        }
    }

    /// What was made can be read again, and what never happens any more is gone.
    fn checked(mut self) -> Result<Edited, Reason> {
        if let Some(text) = &self.text {
            let happens = open(text, |scene| Ok(scene.happens()))?;
            self.text = self.text.filter(|_| happens);
        }
        if let Some(text) = &self.split {
            open(text, |_| Ok(()))?;
        }
        Ok(self)
    }
}

/// An event as it is before an edit.
pub struct Scene<'o> {
    pub object: &'o Object<'o>,
    pub timing: &'o Timing<'o>,
}

/// Where an instance stands: what says what it is, and when.
struct Seat {
    /// The override of this very instance, by its place among the overrides.
    own: Option<usize>,
    /// The THISANDFUTURE that it follows.
    follows: Option<usize>,
    times: Times,
}

impl<'o> Scene<'o> {
    /// A copy that can be changed.
    fn tree(&self) -> Component<'static> {
        self.object.calendar.clone().into_owned()
    }

    fn happens(&self) -> bool {
        !self.timing.has_time() || self.timing.extent().is_some()
    }

    fn master(&self) -> Result<&'o Entry<'o>, Reason> {
        let none = "must be `this`: only single instances of this series are here";
        self.object
            .master
            .as_ref()
            .ok_or_else(|| Reason::field("which", none))
    }

    /// What an edit means here: of what happens once, this one is all of it.
    fn which(&self, aim: Aim) -> Result<Which, Reason> {
        let is_series = self.timing.recurs() || self.object.master.is_none();
        match (aim.which, aim.instance) {
            (_, Some(instance)) if is_series => self.seat(instance).map(|_| aim.which),
            (_, Some(_)) => Err(no_instance()),
            (Which::All, None) => Ok(Which::All),
            (_, None) if !is_series => Ok(Which::All),
            (_, None) => Err(Reason::field(
                "instance",
                "must be there: which one of the series is meant?",
            )),
        }
    }

    /// How the series writes its times.
    fn form(&self) -> Form {
        let first = self.object.master.as_ref().or(self.object.overrides.first());
        let when = first.and_then(|entry| match entry.recurrence_id.as_ref() {
            Some(id) => Some(id),
            None => entry.start.as_ref().or(entry.due.as_ref()),
        });
        when.map_or(Form::Floating, Form::of_when)
    }

    fn local(&self, when: &When<'_>) -> DateTime {
        self.form().local(when, &self.timing.zones)
    }

    /// The local time that a RECURRENCE-ID names; one that is a day names the instance of that day.
    fn id_of(&self, entry: &Entry<'_>) -> Option<DateTime> {
        let id = entry.recurrence_id.as_ref()?;
        let local = self.local(id);
        let start = self
            .object
            .master
            .as_ref()
            .and_then(|master| master.start.as_ref());
        match start {
            Some(start) if id.is_date() && !start.is_date() => {
                Some(local.date().to_datetime(start.local().time()))
            }
            _ => Some(local),
        }
    }

    fn seat(&self, instance: DateTime) -> Result<Seat, Reason> {
        let zones = &self.timing.zones;
        let overrides = &self.object.overrides;
        let ids: Vec<Option<DateTime>> = overrides.iter().map(|entry| self.id_of(entry)).collect();
        if let Some(own) = ids.iter().position(|id| *id == Some(instance)) {
            let times = times_of(&overrides[own], zones, None).ok_or_else(no_instance)?;
            return Ok(Seat {
                own: Some(own),
                follows: None,
                times,
            });
        }
        let master = self.object.master.as_ref().ok_or_else(no_instance)?;
        self.instance(instance).ok_or_else(no_instance)?;
        let earlier = overrides
            .iter()
            .zip(&ids)
            .enumerate()
            .filter_map(|(at, (entry, id))| {
                let id = (*id)?;
                (entry.and_future && id <= instance).then_some((id, at))
            });
        let follows = earlier.max();
        let (entry, starts) = match follows {
            None => (master, instance),
            Some((id, at)) => {
                let start = overrides[at].start.as_ref().map_or(id, |start| self.local(start));
                (
                    &overrides[at],
                    times::plus(instance, times::seconds_from(id, start)),
                )
            }
        };
        let times = times_of(entry, zones, Some(starts)).ok_or_else(no_instance)?;
        Ok(Seat {
            own: None,
            follows: follows.map(|(_, at)| at),
            times,
        })
    }

    /// The instance of the series with this local time, overrides aside.
    fn instance(&self, local: DateTime) -> Option<Instance> {
        let series = self.timing.series()?;
        instance_of(series, local)
    }

    /// Changes one instance, by a component of its own.
    fn change_one(&self, aim: Aim, wish: &Wish, pen: &Pen) -> Result<Component<'static>, Reason> {
        let local = aim.instance.ok_or_else(no_instance)?;
        if wish.recurrence.is_some() {
            let problem = "is of the whole series: change all, or this and following";
            return Err(Reason::field("recurrence", problem));
        }
        let seat = self.seat(local)?;
        let times = seat.times.changed(&wish.times, &pen.zone)?;
        let mut tree = self.tree();
        bring_zone(&mut tree, &times);
        let at = self.set_apart(&mut tree, &seat, local);
        let entry = &mut tree.components[at];
        if times != seat.times {
            let length_stays = times.seconds() == seat.times.seconds();
            times.write_to(entry, length_stays);
        }
        wish.put_into(entry);
        stamp(entry, pen, wish.is_of_time());
        Ok(tree)
    }

    /// The place of the component of one instance; it gets one if it has none.
    fn set_apart(&self, tree: &mut Component<'static>, seat: &Seat, local: DateTime) -> usize {
        if let Some(own) = seat.own {
            return nth_override(tree, own);
        }
        let copy = self.copy_for(tree, seat, local);
        tree.components.push(copy);
        tree.components.len() - 1
    }

    /// What one instance says, as a component.
    fn copy_for(&self, tree: &Component<'static>, seat: &Seat, local: DateTime) -> Component<'static> {
        let from = match seat.follows {
            Some(at) => nth_override(tree, at),
            None => master_place(tree),
        };
        let mut copy = tree.components[from].clone();
        for name in ["RRULE", "EXRULE", "RDATE", "EXDATE", "RECURRENCE-ID"] {
            copy.remove(name);
        }
        copy.set_when("RECURRENCE-ID", Some(&self.form().when(local)));
        seat.times.write_to(&mut copy, true);
        copy
    }

    fn delete_one(&self, aim: Aim, pen: &Pen) -> Result<Edited, Reason> {
        let local = aim.instance.ok_or_else(no_instance)?;
        let seat = self.seat(local)?;
        let mut tree = self.tree();
        if let Some(own) = seat.own {
            let at = nth_override(&tree, own);
            tree.components.remove(at);
        }
        if entries(&mut tree).next().is_none() {
            return Ok(Edited::nothing());
        }
        if self.object.master.is_some() {
            let at = master_place(&tree);
            let master = &mut tree.components[at];
            if self.instance(local).is_some() {
                master.add_exdate(&self.form().when(local));
            }
            stamp(master, pen, true);
        }
        Ok(Edited::whole(&tree))
    }
}

fn no_instance() -> Reason {
    Reason::field(
        "instance",
        "is none of this event: ask for the agenda, which names them",
    )
}

fn instance_of(series: &Series, local: DateTime) -> Option<Instance> {
    let moment = match &series.pattern().start {
        Moment::Date(_) => Moment::Date(local.date()),
        Moment::Time(_, zone) => Moment::Time(local, zone.clone()),
    };
    if !series.why(&moment, &Zone::UTC).is_there() {
        return None;
    }
    let zone = if series.zone().is_floating() {
        &Zone::UTC
    } else {
        series.zone()
    };
    let at = zone.instant_of(local);
    let after = at.saturating_add(jiff::SignedDuration::from_secs(1)).ok()?;
    series.between(at, after, &Zone::UTC).next()
}

fn is_entry(component: &Component<'_>) -> bool {
    Kind::read(&component.name).is_some()
}

/// All entries of a tree, to be changed.
fn entries<'t>(tree: &'t mut Component<'static>) -> impl Iterator<Item = &'t mut Component<'static>> {
    tree.components.iter_mut().filter(|component| is_entry(component))
}

fn is_override(component: &Component<'_>) -> bool {
    is_entry(component) && component.get("RECURRENCE-ID").is_some()
}

fn master_place(tree: &Component<'_>) -> usize {
    let is_master = |component: &Component<'_>| is_entry(component) && !is_override(component);
    tree.components.iter().position(is_master).unwrap_or_default()
}

fn nth_override(tree: &Component<'_>, nth: usize) -> usize {
    let places = tree.components.iter().enumerate();
    let mut overrides = places.filter(|(_, component)| is_override(component));
    overrides.nth(nth).map_or(0, |(at, _)| at)
}

/// Says when an entry was changed, and whether whoever takes part has to look at it anew.
fn stamp(entry: &mut Component<'static>, pen: &Pen, is_of_time: bool) {
    entry.set_when("DTSTAMP", Some(&When::Utc(pen.at)));
    entry.set_when("LAST-MODIFIED", Some(&When::Utc(pen.at)));
    if is_of_time {
        let sequence = entry
            .value("SEQUENCE")
            .and_then(|value| value.trim().parse::<u32>().ok());
        let next = sequence.unwrap_or(0).saturating_add(1);
        entry.set_value("SEQUENCE", Some(&next.to_string()));
    }
}

/// Zones are written out for these years: what clients show.
const ZONE_YEARS: (i64, i64) = (946_684_800, 2_240_611_200);

/// Writes out the zone of some times, if it is not there.
fn bring_zone(tree: &mut Component<'static>, times: &Times) {
    let Some(name) = times.zone().filter(|name| *name != "UTC") else {
        return;
    };
    let has = |zone: &Component<'_>| zone.get("TZID").is_some_and(|id| id.as_text() == name);
    if tree.children("VTIMEZONE").any(has) {
        return;
    }
    let at = |second| jiff::Timestamp::from_second(second).unwrap_or_default();
    let zone = Zone::named(name);
    let written = zone.and_then(|zone| zone.written_out(at(ZONE_YEARS.0), at(ZONE_YEARS.1)));
    let Some(mut written) = written else {
        return;
    };
    name.clone_into(&mut written.id);
    let text = format!("BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n", written.lines());
    let zone = ical::parse(text.as_bytes())
        .ok()
        .and_then(|read| read.child("VTIMEZONE").cloned());
    if let Some(zone) = zone {
        let at = tree
            .components
            .iter()
            .position(is_entry)
            .unwrap_or(tree.components.len());
        tree.components.insert(at, zone.into_owned());
    }
}
