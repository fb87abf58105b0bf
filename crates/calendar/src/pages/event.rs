//! One event: what it says, changing it for this instance, the following ones or all, and how it was before.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::frame::{Frame, When, encoded, shown};
use front::{Caller, Form, InPath2, Problem, Query};
use http::StatusCode;
use ical::Kind;
use jiff::civil::{Date, DateTime};
use kernel::Id;

use super::form::{self, Controls};
use super::telling::{Doing, Way, asks};
use super::view::takers;
use super::{
    Faults, Guest, Step, Typed, WORDS, fault, id, look, moving, number, refused, reminding, times, to_day,
    typed_in,
};
use crate::events::{Changed, Look};
use crate::rules::edits::times::{Spot, Times, TimesWish};
use crate::rules::edits::{Aim, Seen, Which, seen};
use crate::rules::itip::Mine;
use crate::said;
use crate::service::{Calendars, Refused};
use crate::sharing::{Held, Rights};
use crate::types::{Reason, Stored};

/// Versions that the page lists.
const VERSIONS_SHOWN: usize = 10;

#[derive(Template)]
#[template(path = "event.html")]
struct EventPage {
    frame: Frame,
    heading: String,
    action: String,
    back: String,
    version: i64,
    instance: String,
    view: String,
    date: String,
    is_new: bool,
    /// Others may have it to read only.
    can_write: bool,
    /// Of an event that somebody else organizes a guest changes only what is theirs.
    decides: bool,
    /// Who organizes it, where that is another one.
    organizer: Option<String>,
    /// Of a task, whether it is done.
    is_done: Option<bool>,
    is_series: bool,
    which: String,
    /// How often it happens, in words.
    rule: Option<String>,
    form: Controls,
    /// Somebody else changed it meanwhile.
    is_stale: bool,
    /// What is different then: what it is now, and what was typed.
    both: Vec<(String, String, String)>,
    guests: Vec<(String, String)>,
    /// What one answered, where one is asked: by its word.
    answer: Option<String>,
    history: Vec<Version>,
    calendar: String,
    event: String,
    sheet: String,
    script: String,
}

struct Version {
    title: String,
    since: When,
    change: i64,
    is_current: bool,
}

fn local(typed: &Typed, name: &str) -> Option<DateTime> {
    typed_in(typed, name).parse().ok()
}

/// The form of a new event: for the time that was dragged, or the next full hour.
pub async fn new(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let guest = Guest::of(&calendars, &caller)?;
    let mut filled = typed.clone();
    if typed_in(&typed, "start_date").is_empty() {
        let wish = TimesWish {
            starts: local(&typed, "starts").map(Spot::Local).or_else(|| {
                let day = typed_in(&typed, "date").parse::<Date>().unwrap_or(guest.today());
                let hour = (guest.at.hour() + 1).min(23);
                Some(Spot::Local(day.at(hour, 0, 0, 0)))
            }),
            ends: local(&typed, "ends").map(Spot::Local),
            zone: Some(guest.zone_name.clone()),
        };
        if let Ok(times) = Times::new(&wish, &guest.zone_name) {
            form::put_times(&mut filled, &times);
        }
    }
    Ok(shown(
        &new_page(&calendars, &guest, frame, &filled, Faults::new()).await?,
    ))
}

async fn new_page(
    calendars: &Calendars,
    guest: &Guest,
    frame: Frame,
    typed: &Typed,
    faults: Faults,
) -> Result<EventPage, Problem> {
    let frame = frame.over(&WORDS);
    let held = calendars.held(&guest.visitor).await?;
    let is_whole = !typed_in(typed, "whole").is_empty();
    let usual = reminding::usual(&frame, &reminding::of_takers(&held), is_whole);
    Ok(EventPage {
        heading: frame.say("event-new").to_string(),
        action: "/calendar/new".to_owned(),
        back: back(typed),
        version: 0,
        instance: String::new(),
        view: typed_in(typed, "view").to_owned(),
        date: typed_in(typed, "date").to_owned(),
        is_new: true,
        can_write: true,
        decides: true,
        organizer: None,
        is_done: None,
        is_series: false,
        which: String::new(),
        rule: None,
        form: form::controls(&frame, typed, faults, (takers(&held), usual)),
        is_stale: false,
        both: Vec::new(),
        guests: Vec::new(),
        answer: None,
        history: Vec::new(),
        calendar: String::new(),
        event: String::new(),
        sheet: look::sheet(&[]),
        script: look::script(),
        frame,
    })
}

fn back(typed: &Typed) -> String {
    let part = |name: &str| encoded(typed_in(typed, name));
    format!("/calendar?view={}&date={}", part("view"), part("date"))
}

pub async fn create(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let guest = Guest::of(&calendars, &caller)?;
    let frame = frame.over(&WORDS);
    if typed.contains_key(times::CHOSEN) {
        let filled = times::filled(&calendars, &guest, typed).await?;
        return Ok(shown(
            &new_page(&calendars, &guest, frame, &filled, Faults::new()).await?,
        ));
    }
    let faults = match form::wish(&frame, &typed, None) {
        Err(faults) => faults,
        Ok(wish) => {
            let into = id(&typed, "calendar")?;
            match moving::create(&calendars, &guest, into, &wish).await {
                Ok(_) => {
                    let day = typed_in(&typed, "start_date").parse().unwrap_or(guest.today());
                    return Ok(to_day(&typed, day, "done-event-created", None));
                }
                Err(why) => fault(&frame, why)?,
            }
        }
    };
    Ok(refused(shown(
        &new_page(&calendars, &guest, frame, &typed, faults).await?,
    )))
}

/// What is being looked at.
struct Open {
    guest: Guest,
    held: Held,
    stored: Stored,
    seen: Seen,
    instance: Option<DateTime>,
    /// The addresses of whom it belongs to.
    mine: Mine,
}

impl Open {
    async fn of(
        calendars: &Calendars,
        caller: &Caller,
        (calendar, event): (Id, Id),
        typed: &Typed,
    ) -> Result<Open, Problem> {
        let guest = Guest::of(calendars, caller)?;
        let person = guest.visitor.id;
        let (held, stored) = calendars.visible_event(person, (calendar, event)).await?;
        let instance = local(typed, "instance");
        // An instance that somebody else took out meanwhile: the series is what is left to see.
        let (seen, instance) = match seen(&stored.text, instance) {
            Ok(one) => (one, instance),
            Err(_) => (seen(&stored.text, None)?, None),
        };
        Ok(Open {
            mine: calendars.mine(held.calendar.owner).await?,
            guest,
            held,
            stored,
            seen,
            instance,
        })
    }

    /// What its owner answered to whoever invites them; `None` where nobody does.
    fn answer(&self) -> Option<String> {
        let me = self.seen.asked(&self.mine)?;
        Some(format!("{:?}", me.answer).to_lowercase())
    }

    fn organizer(&self) -> Option<String> {
        let organizer = self.seen.organized_by_other(&self.mine)?;
        Some(
            organizer
                .name
                .clone()
                .unwrap_or_else(|| organizer.address.clone()),
        )
    }

    /// How often it happens, in words.
    fn rule(&self, frame: &Frame) -> Option<String> {
        let times = self.seen.times.as_ref();
        let start = times.map_or(Date::ZERO, |times| times.starts().date());
        let rule = self.seen.rule.as_ref();
        rule.map(|rule| said::rule(frame.tongue(), rule, start))
    }

    /// Everybody who takes part, and what they answered.
    fn guests(&self, frame: &Frame) -> Vec<(String, String)> {
        let guests = self.seen.guests.iter().map(|guest| {
            let answer = frame.say_of("answer", &format!("{:?}", guest.answer).to_lowercase());
            let called = guest.name.clone().unwrap_or_else(|| guest.address.clone());
            (called, answer.unwrap_or_default())
        });
        guests.collect()
    }

    /// What its calendar reminds of by itself.
    fn usual(&self, frame: &Frame, typed: &Typed) -> String {
        let reminders = &self.held.calendar.about.reminders;
        reminding::usual(frame, &[reminders], !typed_in(typed, "whole").is_empty())
    }
}

pub async fn show(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    InPath2(calendar, event): InPath2<Id, Id>,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let open = Open::of(&calendars, &caller, (calendar, event), &typed).await?;
    let mut filled = form::filled(&open.seen);
    filled.insert("calendar".to_owned(), calendar.to_string());
    for name in ["view", "date"] {
        filled.insert(name.to_owned(), typed_in(&typed, name).to_owned());
    }
    Ok(shown(
        &event_page(&calendars, &open, frame, &filled, Faults::new()).await?,
    ))
}

async fn event_page(
    calendars: &Calendars,
    open: &Open,
    frame: Frame,
    typed: &Typed,
    faults: Faults,
) -> Result<EventPage, Problem> {
    let frame = frame.over(&WORDS);
    let owner = open.held.calendar.owner;
    let can_write = open.held.rights >= Rights::Edit;
    let place = (open.stored.calendar, open.stored.id);
    let answer = open.answer().filter(|_| can_write);
    let decides = can_write && answer.is_none();
    let history = match decides {
        true => calendars.history(owner, place).await?.1,
        false => Vec::new(),
    };
    let history = history.into_iter().take(VERSIONS_SHOWN).map(|version| Version {
        title: version.title,
        since: frame.when(version.since),
        change: version.change,
        is_current: version.until.is_none(),
    });
    Ok(EventPage {
        heading: if open.seen.title.is_empty() {
            frame.say("untitled").to_string()
        } else {
            open.seen.title.clone()
        },
        action: format!("/calendar/events/{}/{}", place.0, place.1),
        back: back(typed),
        version: open.stored.change,
        instance: open.instance.map(|local| local.to_string()).unwrap_or_default(),
        view: typed_in(typed, "view").to_owned(),
        date: typed_in(typed, "date").to_owned(),
        is_new: false,
        can_write,
        decides,
        organizer: open.organizer(),
        is_done: (open.seen.kind == Kind::Todo && can_write).then_some(open.seen.is_done),
        is_series: open.seen.is_series && open.instance.is_some(),
        which: typed.get("which").cloned().unwrap_or_else(|| "this".to_owned()),
        rule: open.rule(&frame),
        guests: open.guests(&frame),
        answer,
        form: {
            let usual = open.usual(&frame, typed);
            form::controls(&frame, typed, faults, (beside(calendars, open).await?, usual))
        },
        is_stale: false,
        both: Vec::new(),
        history: history.collect(),
        calendar: place.0.to_string(),
        event: place.1.to_string(),
        sheet: look::sheet(&[]),
        script: look::script(),
        frame,
    })
}

/// The calendars that the event can lie in: those of its owner into which one may put events.
async fn beside(calendars: &Calendars, open: &Open) -> Result<Vec<(String, String)>, Problem> {
    let mut held = calendars.held(&open.guest.visitor).await?;
    let (here, owner) = (open.stored.calendar, open.held.calendar.owner);
    held.retain(|one| one.calendar.owner == owner);
    let is_listed = held
        .iter()
        .any(|one| one.calendar.id == here && one.takes_events());
    let mut takers = takers(&held);
    if !is_listed {
        let title = open.held.calendar.about.title.to_string();
        takers.push((here.to_string(), title));
    }
    Ok(takers)
}

pub async fn change(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    InPath2(calendar, event): InPath2<Id, Id>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let open = Open::of(&calendars, &caller, (calendar, event), &typed).await?;
    let frame = frame.over(&WORDS);
    let typed = match open.seen.asked(&open.mine) {
        Some(_) => form::of_guest(&typed, &open.seen),
        None => typed,
    };
    if number(&typed, "version") != open.stored.change {
        return conflict(&calendars, &open, frame, &typed).await;
    }
    match act(&calendars, &open, &frame, &typed).await {
        Ok(answer) => Ok(answer),
        Err(Stopped::Wrong(faults)) => Ok(refused(shown(
            &event_page(&calendars, &open, frame, &typed, faults).await?,
        ))),
        Err(Stopped::Refused(Refused::Reason(Reason::Stale))) => {
            let open = Open::of(&calendars, &caller, (calendar, event), &typed).await?;
            conflict(&calendars, &open, frame, &typed).await
        }
        Err(Stopped::Refused(why)) => {
            let faults = fault(&frame, why)?;
            Ok(refused(shown(
                &event_page(&calendars, &open, frame, &typed, faults).await?,
            )))
        }
    }
}

/// Why a form was not done.
enum Stopped {
    Wrong(Faults),
    Refused(Refused),
}

impl From<Refused> for Stopped {
    fn from(why: Refused) -> Stopped {
        Stopped::Refused(why)
    }
}

async fn act(calendars: &Calendars, open: &Open, frame: &Frame, typed: &Typed) -> Result<Response, Stopped> {
    let calendar = open.stored.calendar;
    let owner = calendars
        .owner_of(open.guest.visitor.id, calendar, Rights::Edit)
        .await?;
    let which = match (open.instance, typed_in(typed, "which")) {
        (None, _) | (Some(_), "all") => Which::All,
        (Some(_), "following") => Which::Following,
        (Some(_), _) => Which::This,
    };
    let look = Look {
        calendar: open.stored.calendar,
        event: open.stored.id,
        change: Some(open.stored.change),
        aim: Aim {
            which,
            instance: open.instance,
        },
    };
    let start = open
        .seen
        .times
        .as_ref()
        .map_or(open.guest.today(), |times| times.starts().date());
    match typed_in(typed, "act") {
        "delete" => {
            let reached = calendars.reached_by(owner, look, None).await?;
            if let Some(asked) = asks(frame, &reached, Doing::Delete, typed, way(open, typed)) {
                return Ok(asked);
            }
            let changed = calendars.delete_event(owner, look).await?;
            Ok(done(typed, start, "done-event-deleted", open, &changed))
        }
        "duplicate" => {
            calendars
                .duplicate_event(owner, (look.calendar, look.event))
                .await?;
            Ok(to_day(typed, start, "done-event-duplicated", None))
        }
        _ => {
            let wish = form::wish(frame, typed, Some(&open.seen)).map_err(Stopped::Wrong)?;
            let reached = calendars.reached_by(owner, look, Some(&wish)).await?;
            if let Some(asked) = asks(frame, &reached, Doing::Save, typed, way(open, typed)) {
                return Ok(asked);
            }
            let to: Option<Id> = typed_in(typed, "calendar").parse().ok();
            let to = to.filter(|to| *to != look.calendar);
            if let Some(to) = to {
                let person = open.guest.visitor.id;
                calendars.may_move_to(person, owner, to).await?;
            }
            let changed = calendars.change_event(owner, look, &wish).await?;
            if let (Some(to), Some(event)) = (to, &changed.event) {
                let look = Look {
                    change: Some(event.change),
                    aim: Aim::ALL,
                    ..look
                };
                calendars.move_event(owner, look, to).await?;
            }
            let day = typed_in(typed, "start_date").parse().unwrap_or(start);
            Ok(done(typed, day, "done-event-saved", open, &changed))
        }
    }
}

/// To this event and back to it, from a page that asks.
fn way(open: &Open, typed: &Typed) -> Way {
    let action = format!("/calendar/events/{}/{}", open.stored.calendar, open.stored.id);
    let part = |name: &str| encoded(typed_in(typed, name));
    let instance = match open.instance {
        Some(instance) => format!("&instance={instance}"),
        None => String::new(),
    };
    Way {
        back: format!("{action}?view={}&date={}{instance}", part("view"), part("date")),
        action,
    }
}

/// Back to the calendar, with the way to undo it where one step undoes it.
fn done(typed: &Typed, day: Date, done: &str, open: &Open, changed: &Changed) -> Response {
    let was_moved =
        typed_in(typed, "calendar") != open.stored.calendar.to_string() && done == "done-event-saved";
    let stored = &open.stored;
    let step = Step {
        calendar: stored.calendar,
        event: stored.id,
        change: stored.change,
    };
    let one_step = changed.split.is_none() && !was_moved;
    to_day(typed, day, done, one_step.then_some(step))
}

/// Somebody else was faster: both are shown, and what was typed is kept.
async fn conflict(
    calendars: &Calendars,
    open: &Open,
    frame: Frame,
    typed: &Typed,
) -> Result<Response, Problem> {
    let is = form::filled(&open.seen);
    let usual = open.usual(&frame, &is);
    let both = form::both(&frame, &is, typed, &usual);
    let page = event_page(calendars, open, frame, typed, Faults::new()).await?;
    let page = EventPage {
        is_stale: true,
        both,
        ..page
    };
    Ok((StatusCode::PRECONDITION_FAILED, shown(&page)).into_response())
}
