//! What is done from the calendar itself: one line typed, something dragged, something undone.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use front::frame::{Frame, done, encoded};
use front::{Caller, Form, InPath2, Problem};
use http::HeaderMap;
use ical::Kind;
use ical::zones::Zone;
use jiff::civil::{Date, DateTime};
use kernel::{Id, PersonId};

use super::telling::{Doing, Way, asks};
use super::{
    Faults, Guest, Step, Typed, WORDS, answered, fault, id, number, to_day, typed_in, unknown, view,
};
use crate::events::Look;
use crate::rules::edits::times::{Times, TimesWish};
use crate::rules::edits::wish::Wish;
use crate::rules::edits::{Aim, Which, seen};
use crate::rules::quick;
use crate::service::{Calendars, Refused};
use crate::sharing::Rights;
use crate::types::{Reason, Stored};

/// Nobody drags further than this.
const DRAGGED_MINUTES_MAX: i64 = 400 * 24 * 60;

pub async fn quick(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let guest = Guest::of(&calendars, &caller)?;
    let frame = frame.over(&WORDS);
    let read = quick::read(typed_in(&typed, "quick"), guest.at, &guest.zone_name);
    let wrong = |key: &'static str| Faults::from([("quick".to_owned(), frame.say(key).to_string())]);
    let faults = match read {
        None => wrong("wrong-quick"),
        Some(read) => {
            let into = match typed_in(&typed, "calendar") {
                "" => first_taker(&calendars, &guest).await?,
                _ => Some(id(&typed, "calendar")?),
            };
            let Some(into) = into else {
                return view::page(
                    &calendars,
                    &caller,
                    frame.clone(),
                    &headers,
                    &typed,
                    wrong("wrong-no-calendar"),
                )
                .await;
            };
            let day = read.times.starts().date();
            let wish = Wish {
                title: Some(read.title),
                place: Some(read.place).filter(|place| !place.is_empty()),
                times: TimesWish::all(&read.times),
                recurrence: read.rule.map(Some),
                ..Wish::default()
            };
            match create(&calendars, &guest, into, &wish).await {
                Ok(_) => return Ok(to_day(&typed, day, "done-event-created", None)),
                Err(why) => fault(&frame, why)?,
            }
        }
    };
    let faults = Faults::from([(
        "quick".to_owned(),
        faults.into_values().collect::<Vec<_>>().join(" "),
    )]);
    view::page(&calendars, &caller, frame, &headers, &typed, faults).await
}

async fn first_taker(calendars: &Calendars, guest: &Guest) -> Result<Option<Id>, Problem> {
    let held = calendars.held(&guest.visitor).await?;
    let first = held.iter().find(|one| one.takes_events());
    Ok(first.map(|one| one.calendar.id))
}

/// Makes an event in a calendar into which one may put some.
pub(super) async fn create(
    calendars: &Calendars,
    guest: &Guest,
    into: Id,
    wish: &Wish,
) -> Result<Stored, Refused> {
    let owner = calendars.owner_of(guest.visitor.id, into, Rights::Edit).await?;
    calendars.create_event(owner, into, wish).await
}

/// Something was dragged so many minutes, or stretched by so many.
pub async fn drag(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let guest = Guest::of(&calendars, &caller)?;
    let (calendar, event) = (id(&typed, "calendar")?, id(&typed, "event")?);
    let owner = calendars
        .owner_of(guest.visitor.id, calendar, Rights::Edit)
        .await?;
    let stored = calendars.event(owner, calendar, event).await?;
    let instance: Option<DateTime> = typed_in(&typed, "instance").parse().ok();
    let page = format!(
        "/calendar/events/{calendar}/{event}?instance={}",
        typed_in(&typed, "instance")
    );
    let Ok(seen) = seen(&stored.text, instance) else {
        return Ok(Redirect::to(&page).into_response());
    };
    if seen.asked(&calendars.mine(owner).await?).is_some() {
        return Ok(done(&page, "done-event-not-yours"));
    }
    let minutes = |name: &str| number(&typed, name).clamp(-DRAGGED_MINUTES_MAX, DRAGGED_MINUTES_MAX);
    let times = seen
        .times
        .map(|times| stretched(times.moved(minutes("by") * 60), minutes("stretch") * 60));
    let Some(times) = times else {
        return Ok(Redirect::to(&page).into_response());
    };
    let which = match (instance, typed_in(&typed, "which")) {
        (None, _) | (Some(_), "all") => Which::All,
        (Some(_), "following") => Which::Following,
        (Some(_), _) => Which::This,
    };
    let look = Look {
        calendar,
        event,
        change: Some(number(&typed, "change")),
        aim: Aim { which, instance },
    };
    let wanted = TimesWish {
        zone: None,
        ..TimesWish::all(&times)
    };
    let wish = Wish {
        times: wanted,
        ..Wish::default()
    };
    let day = times.starts().date();
    let frame = frame.over(&WORDS);
    if let Some(asked) = asked_first(&calendars, &frame, (owner, look), &wish, (&typed, day)).await? {
        return Ok(asked);
    }
    match calendars.change_event(owner, look, &wish).await {
        Ok(changed) => {
            let step = Step {
                calendar,
                event,
                change: stored.change,
            };
            let step = Some(step).filter(|_| changed.split.is_none());
            Ok(to_day(&typed, day, "done-event-moved", step))
        }
        // It is another one by now, or cannot go there: its page says what it is.
        Err(Refused::Reason(Reason::Stale | Reason::Field { .. })) => Ok(done(&page, "done-event-not-moved")),
        Err(why) => Err(why.into()),
    }
}

/// The page that asks before others hear of it. What is wrong with a move is said when it is done.
async fn asked_first(
    calendars: &Calendars,
    frame: &Frame,
    (owner, look): (PersonId, Look),
    wish: &Wish,
    (typed, day): (&Typed, Date),
) -> Result<Option<Response>, Problem> {
    let reached = match calendars.reached_by(owner, look, Some(wish)).await {
        Err(Refused::Reason(Reason::Stale | Reason::Field { .. })) => return Ok(None),
        reached => reached?,
    };
    let way = Way {
        action: "/calendar/move".to_owned(),
        back: format!("/calendar?view={}&date={day}", encoded(typed_in(typed, "view"))),
    };
    Ok(asks(frame, &reached, Doing::Move, typed, way))
}

fn stretched(times: Times, seconds: i64) -> Times {
    match times {
        Times::Hours { starts, ends, zone } => {
            let longer = crate::rules::edits::times::plus(ends, seconds);
            Times::Hours {
                starts,
                ends: longer.max(starts),
                zone,
            }
        }
        days @ Times::Days { .. } => days,
    }
}

/// Puts an event back as it was.
pub async fn undo(
    State(calendars): State<Calendars>,
    caller: Caller,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let guest = Guest::of(&calendars, &caller)?;
    let place = (id(&typed, "calendar")?, id(&typed, "event")?);
    let change = number(&typed, "change");
    let owner = calendars
        .owner_of(guest.visitor.id, place.0, Rights::Edit)
        .await?;
    let returned = calendars.return_event(owner, place, None, change).await?;
    let times = seen(&returned.text, None).ok().and_then(|seen| seen.times);
    let first = times.map_or(guest.today(), |times| times.starts().date());
    let day = typed_in(&typed, "date").parse().unwrap_or(first);
    Ok(to_day(&typed, day, "done-event-returned", None))
}

/// Answers an invitation.
pub async fn answer(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath2(calendar, event): InPath2<Id, Id>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let guest = Guest::of(&calendars, &caller)?;
    let owner = calendars
        .owner_of(guest.visitor.id, calendar, Rights::Edit)
        .await?;
    let instance: Option<DateTime> = typed_in(&typed, "instance").parse().ok();
    let which = match (instance, typed_in(&typed, "which")) {
        (Some(_), "this") => Which::This,
        _ => Which::All,
    };
    let look = Look {
        calendar,
        event,
        // What is answered is what is asked now: whatever else was changed meanwhile, they have to do with it.
        change: None,
        aim: Aim { which, instance },
    };
    let (answer, done) = answered(typed_in(&typed, "answer"))
        .ok_or_else(|| unknown("answer", "accepted, tentative or declined"))?;
    calendars.answer_event(owner, look, answer).await?;
    let day = typed_in(&typed, "date").parse().unwrap_or(guest.today());
    Ok(to_day(&typed, day, done, None))
}

/// Says of a task, or of one of a series, that it is done, or that it is not.
pub async fn tick(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath2(calendar, event): InPath2<Id, Id>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let guest = Guest::of(&calendars, &caller)?;
    let owner = calendars
        .owner_of(guest.visitor.id, calendar, Rights::Edit)
        .await?;
    let stored = calendars.event(owner, calendar, event).await?;
    if stored.kind != Kind::Todo {
        return Err(Problem::not_found());
    }
    let instance: Option<DateTime> = typed_in(&typed, "instance").parse().ok();
    let which = instance.map_or(Which::All, |_| Which::This);
    let look = Look {
        calendar,
        event,
        change: Some(stored.change),
        aim: Aim { which, instance },
    };
    let at = Zone::UTC.local_at(calendars.now().to_timestamp());
    let (completed, done) = match typed_in(&typed, "act") {
        "done" => (Some(at), "done-task-done"),
        "open" => (None, "done-task-open"),
        _ => return Err(unknown("act", "done or open")),
    };
    let wish = Wish {
        completed: Some(completed),
        ..Wish::default()
    };
    calendars.change_event(owner, look, &wish).await?;
    let step = Step {
        calendar,
        event,
        change: stored.change,
    };
    let day = typed_in(&typed, "date").parse().unwrap_or(guest.today());
    Ok(to_day(&typed, day, done, Some(step)))
}
