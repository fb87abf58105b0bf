//! Invitations: what waits for an answer, what waits apart, and whose invitations one wants.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Choice, Frame, When, done, shown};
use front::{Caller, Form, InPath, Problem};
use kernel::{Id, PersonId};

use super::{Guest, Typed, WORDS, answered, typed_in, unknown};
use crate::invitations::{Invited, Known};
use crate::letters::wording::when;
use crate::people::named;
use crate::rules::inviting::{Standing, Whose};
use crate::said;
use crate::service::Calendars;

const PAGE: &str = "/calendar/invitations";

#[derive(Template)]
#[template(path = "calendar_invitations.html")]
struct InvitationsPage {
    frame: Frame,
    /// Those that are not empty.
    lists: Vec<List>,
    blocked: Vec<Blocked>,
    whose: Choice,
}

/// Those in one's calendars, or those that wait apart.
struct List {
    is_apart: bool,
    rows: Vec<Row>,
}

struct Row {
    action: String,
    /// Its event, where there is one.
    href: Option<String>,
    title: String,
    by: String,
    when: Option<String>,
    repeats: Option<String>,
    place: String,
    arrived: When,
}

struct Blocked {
    organizer: String,
    name: String,
}

pub async fn list(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
) -> Result<Response, Problem> {
    let frame = frame.over(&WORDS);
    let guest = Guest::of(&calendars, &caller)?;
    let person = guest.visitor.id;
    let all = calendars.invitations(&guest.visitor).await?;
    let lists = [false, true].into_iter().map(|is_apart| {
        let meant = all.iter().filter(|one| one.calendar.is_none() == is_apart);
        List {
            is_apart,
            rows: meant.map(|one| row(&calendars, &frame, one)).collect(),
        }
    });
    let lists = lists.filter(|list| !list.rows.is_empty()).collect();
    let chosen = calendars.whose_invitations(person).await?;
    let options = Whose::ALL.into_iter().map(|(_, word)| {
        let called = frame.say_of("invitations-of", word).unwrap_or_default();
        (word.to_owned(), called)
    });
    Ok(shown(&InvitationsPage {
        lists,
        blocked: blocked(&calendars, person).await?,
        whose: Choice::new("whose", frame.say("invitations-whose"), options, chosen.word()),
        frame,
    }))
}

fn row(calendars: &Calendars, frame: &Frame, one: &Invited) -> Row {
    let seen = &one.seen;
    let organizer = seen.organizer.as_ref();
    let by = organizer.map(|organizer| match &organizer.name {
        Some(name) => format!("{name} ({})", organizer.address),
        None => organizer.address.clone(),
    });
    Row {
        action: format!("{PAGE}/{}", one.id),
        href: one
            .calendar
            .map(|calendar| format!("/calendar/events/{calendar}/{}", one.id)),
        title: match seen.title.trim() {
            "" => frame.say("untitled").to_string(),
            title => title.to_owned(),
        },
        by: by.unwrap_or_default(),
        when: one
            .when
            .map(|lasting| when(frame.tongue(), &lasting, calendars.now())),
        repeats: seen
            .rule
            .as_ref()
            .map(|rule| said::rule(frame.tongue(), rule, one.starts())),
        place: seen.place.clone(),
        arrived: frame.when(one.arrived),
    }
}

async fn blocked(calendars: &Calendars, person: PersonId) -> Result<Vec<Blocked>, Problem> {
    let mut blocked = Vec::new();
    let all = calendars.organizers(person).await?;
    let is_blocked = |known: &Known| known.standing == Standing::Blocked;
    for Known { organizer, .. } in all.into_iter().filter(is_blocked) {
        let card = match named(&organizer) {
            Some(person) => calendars.card(person).await?,
            None => None,
        };
        let name = card.map(|card| card.name);
        let mailbox = ical::mailbox(&organizer).unwrap_or(&organizer).to_owned();
        blocked.push(Blocked {
            name: name.unwrap_or(mailbox),
            organizer,
        });
    }
    Ok(blocked)
}

/// Says whose invitations one wants, or hears somebody again who was blocked.
pub async fn choose(
    State(calendars): State<Calendars>,
    caller: Caller,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let person = caller.person()?.id;
    if typed_in(&typed, "act") == "unblock" {
        let organizer = typed_in(&typed, "organizer").to_owned();
        calendars.set_standing(person, organizer, None).await?;
        return Ok(done(PAGE, "done-unblocked"));
    }
    let whose = Whose::read(typed_in(&typed, "whose"));
    let whose =
        whose.ok_or_else(|| Problem::invalid("whose", "whose", "must be everybody, house or known"))?;
    calendars.set_whose_invitations(person, whose).await?;
    Ok(done(PAGE, "done-whose-saved"))
}

/// Answers one, lets it in, does away with it, or hears nothing more of whoever sent it.
pub async fn answer(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let person = caller.person()?.id;
    let (answer, key) = match typed_in(&typed, "act") {
        "let-in" => {
            calendars.let_in(person, id).await?;
            return Ok(done(PAGE, "done-let-in"));
        }
        "remove" => {
            calendars.dismiss(person, id).await?;
            return Ok(done(PAGE, "done-dismissed"));
        }
        "block" => {
            calendars.block_inviter(person, id).await?;
            return Ok(done(PAGE, "done-blocked"));
        }
        word => answered(word)
            .ok_or_else(|| unknown("act", "accepted, tentative, declined, let-in, remove or block"))?,
    };
    calendars.answer_invitation(person, id, answer).await?;
    Ok(done(PAGE, key))
}
