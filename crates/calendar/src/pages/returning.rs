//! Taking back what happened to a calendar: one deleted event, or all of it as it was at an instant.
//!
//! Before a whole calendar is put back its reader sees what comes back, what changes, what goes, and who hears of it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Field, Frame, When, done, shown};
use front::{Caller, Form, InPath, Problem, Query};
use jiff::civil::{Date, Time};
use kernel::{Id, Moment};

use super::{Faults, Guest, Typed, WORDS, fault, refused, typed_in};
use crate::returning::{Fate, Foretold};
use crate::service::{Calendars, Refused};
use crate::sharing::Rights;
use crate::types::Reason;

#[derive(Template)]
#[template(path = "calendar_return.html")]
struct ReturnPage {
    frame: Frame,
    title: String,
    action: String,
    back: String,
    date: Field,
    time: Field,
    zone: String,
    /// `None`: no instant was chosen yet.
    told: Option<Told>,
}

struct Told {
    /// The instant, to be sent again.
    at: String,
    when: String,
    /// What becomes of it, and what it is called.
    events: Vec<(String, String)>,
    /// How many there are beside those.
    more: usize,
    /// Organized by others, so they stay as they are.
    left_out: usize,
    /// Who they are, and what they get how.
    people: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "calendar_deleted.html")]
struct DeletedPage {
    frame: Frame,
    title: String,
    back: String,
    calendar: String,
    rows: Vec<Deleted>,
}

struct Deleted {
    event: String,
    title: String,
    since: When,
    change: i64,
}

/// The form; as soon as it says when, what would become of the calendar.
pub async fn ask(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    InPath(id): InPath<Id>,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let guest = Guest::of(&calendars, &caller)?;
    let frame = frame.over(&WORDS);
    let held = calendars.reach(guest.visitor.id, id, Rights::Manage).await?;
    let title = held.calendar.about.title.to_string();
    let page = |told: Option<Told>, faults: Faults| {
        page_of(&frame, &guest, (id, title.clone()), &typed, (told, faults))
    };
    if typed_in(&typed, "date").is_empty() {
        return Ok(shown(&page(None, Faults::new())));
    }
    let foretold = match instant(&guest, &typed) {
        Ok(at) => calendars
            .foretell_return(held.calendar.owner, id, at)
            .await
            .map(|foretold| (at, foretold)),
        Err(why) => Err(why),
    };
    match foretold {
        Ok((at, foretold)) => Ok(shown(&page(Some(told(&frame, at, foretold)), Faults::new()))),
        Err(why) => Ok(refused(shown(&page(None, fault(&frame, why)?)))),
    }
}

/// Does it. Whatever was changed since the page was looked at is put back too, as the page said.
pub async fn put_back(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let person = caller.person()?.id;
    let owner = calendars.owner_of(person, id, Rights::Manage).await?;
    let at: Moment = typed_in(&typed, "at")
        .parse()
        .map_err(|_| Problem::invalid("at", "time", "must be an instant (RFC 3339)"))?;
    calendars.return_calendar(owner, id, at, false).await?;
    Ok(done(&format!("/calendar/own/{id}"), "done-calendar-returned"))
}

fn instant(guest: &Guest, typed: &Typed) -> Result<Moment, Refused> {
    let wrong = || Refused::from(Reason::field("at", "must be a day and a time"));
    let date: Date = typed_in(typed, "date").parse().map_err(|_| wrong())?;
    let time = match typed_in(typed, "time") {
        "" => Time::midnight(),
        time => time.parse().map_err(|_| wrong())?,
    };
    if !(1..=8_999).contains(&date.year()) {
        return Err(wrong());
    }
    Ok(guest.zone.instant_of(date.to_datetime(time)).into())
}

fn page_of(
    frame: &Frame,
    guest: &Guest,
    (id, title): (Id, String),
    typed: &Typed,
    (told, mut faults): (Option<Told>, Faults),
) -> ReturnPage {
    let date = match typed_in(typed, "date") {
        "" => guest.today().to_string(),
        date => date.to_owned(),
    };
    ReturnPage {
        title,
        action: format!("/calendar/own/{id}/return"),
        back: format!("/calendar/own/{id}"),
        date: Field::date("date", frame.say("return-date"))
            .holding(date)
            .wrong(faults.remove("at")),
        time: Field::time("time", frame.say("return-time")).holding(typed_in(typed, "time")),
        zone: guest.zone_name.clone(),
        told,
        frame: frame.clone(),
    }
}

fn told(frame: &Frame, at: Moment, foretold: Foretold) -> Told {
    let all = foretold.all.put_back + foretold.all.taken_out;
    let events: Vec<(String, String)> = foretold
        .events
        .into_iter()
        .map(|(fate, title)| {
            let key = match fate {
                Fate::ComesBack => "return-comes-back",
                Fate::Changes => "return-changes",
                Fate::Goes => "return-goes",
            };
            let title = match title.trim() {
                "" => frame.say("untitled").to_string(),
                title => title.to_owned(),
            };
            (frame.say(key).to_string(), title)
        })
        .collect();
    let people = foretold
        .reached
        .iter()
        .map(|one| super::telling::person(frame, one));
    Told {
        at: at.to_string(),
        when: frame.tongue().date_time(at),
        more: all.saturating_sub(events.len()),
        left_out: foretold.all.left_out,
        people: people.collect(),
        events,
    }
}

/// What was deleted and can be put back.
pub async fn deleted(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    InPath(id): InPath<Id>,
) -> Result<Response, Problem> {
    let person = caller.person()?.id;
    let frame = frame.over(&WORDS);
    let held = calendars.reach(person, id, Rights::Edit).await?;
    let gone = calendars.deleted_events(held.calendar.owner, id).await?;
    let rows = gone.into_iter().map(|one| Deleted {
        event: one.event.to_string(),
        title: match one.title.trim() {
            "" => frame.say("untitled").to_string(),
            title => title.to_owned(),
        },
        since: frame.when(one.deleted),
        change: one.change,
    });
    let back = match held.rights >= Rights::Manage {
        true => format!("/calendar/own/{id}"),
        false => "/calendar/own".to_owned(),
    };
    Ok(shown(&DeletedPage {
        title: held.calendar.about.title.to_string(),
        rows: rows.collect(),
        calendar: id.to_string(),
        back,
        frame,
    }))
}
