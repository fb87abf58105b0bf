//! Rooms and things: which there are, whether they are free now, and for administrators, which are some.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Choice, Field, Frame, done, encoded, shown};
use front::{Access, Caller, Form, Problem, Query, Role};
use kernel::{Cursor, PageSize, PersonId};

use super::{Faults, Typed, WORDS, fault, form, look, refused, typed_in};
use crate::resources::{Place, Resource, Sort};
use crate::service::{Calendars, Refused};
use crate::types::Reason;

pub(super) const IS_ADMIN: Role = Role::on("admin", "house");
/// Who may say what a room is.
pub(super) const ADMIN: Access = Access::role(&[IS_ADMIN]);
const SHOWN: u32 = 50;
const HOUR_MICROS: i64 = 3_600_000_000;

#[derive(Template)]
#[template(path = "rooms.html")]
struct RoomsPage {
    frame: Frame,
    rows: Vec<Row>,
    more: Option<String>,
    form: Option<NewRoom>,
    sheet: String,
}

struct Row {
    name: String,
    facts: String,
    is_free: bool,
    /// Where its invitation is written; `None`: it has no address.
    invite: Option<String>,
    person: String,
}

/// For whoever may say what a room is.
struct NewRoom {
    with: Field,
    sort: Choice,
    place: Field,
    seats: Field,
}

pub async fn list(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let page = page(&calendars, &caller, frame, &typed, Faults::new()).await?;
    Ok(shown(&page))
}

async fn page(
    calendars: &Calendars,
    caller: &Caller,
    frame: Frame,
    typed: &Typed,
    mut faults: Faults,
) -> Result<RoomsPage, Problem> {
    let frame = frame.over(&WORDS);
    let after = match typed_in(typed, "after") {
        "" => None,
        cursor => Some(Cursor::decode(cursor).and_then(|cursor| Place::of(&cursor))),
    };
    let after = after.transpose().map_err(front::bad_cursor)?;
    let found = calendars
        .resources(after, 0, PageSize::clamped(Some(SHOWN)))
        .await?;
    let from = calendars.now();
    let free = calendars
        .free_of(&found.items, (from, from.plus_micros(HOUR_MICROS)))
        .await?;
    let mut rows = Vec::new();
    for (room, is_free) in found.items.iter().zip(free) {
        let card = calendars.card(room.person).await?;
        let invite = card.and_then(|card| card.email).map(|email| {
            let guests = form::guest_line(Some(&room.name), &email);
            format!(
                "/calendar/new?guests={}&place={}",
                encoded(&guests),
                encoded(&room.name)
            )
        });
        rows.push(Row {
            name: room.name.clone(),
            facts: facts(&frame, room),
            is_free,
            invite,
            person: room.person.to_string(),
        });
    }
    let is_admin = caller.person()?.roles.has(&IS_ADMIN);
    let form = is_admin.then(|| NewRoom::new(&frame, typed, &mut faults));
    let more = found
        .next
        .map(|next| format!("/calendar/rooms?after={}", next.encode()));
    Ok(RoomsPage {
        rows,
        more,
        form,
        sheet: look::sheet(&[]),
        frame,
    })
}

fn facts(frame: &Frame, room: &Resource) -> String {
    let sort = match room.sort {
        Sort::Room => frame.say("rooms-room"),
        Sort::Thing => frame.say("rooms-thing"),
    };
    let seats = (room.seats > 0).then(|| frame.say("times-seats").with("count", room.seats).to_string());
    let place = (!room.place.is_empty()).then(|| room.place.clone());
    let all = std::iter::once(sort.to_string()).chain(place).chain(seats);
    all.collect::<Vec<_>>().join(" · ")
}

impl NewRoom {
    fn new(frame: &Frame, typed: &Typed, faults: &mut Faults) -> NewRoom {
        let sorts = [("room", "rooms-room"), ("thing", "rooms-thing")];
        let sorts = sorts.map(|(word, key)| (word.to_owned(), frame.say(key).to_string()));
        NewRoom {
            with: Field::email("with", frame.say("share-with"))
                .hint(frame.say("rooms-with-hint"))
                .holding(typed_in(typed, "with"))
                .wrong(faults.remove("with")),
            sort: Choice::new("sort", frame.say("rooms-sort"), sorts, typed_in(typed, "sort")),
            place: Field::text("place", frame.say("event-place"))
                .holding(typed_in(typed, "place"))
                .optional()
                .wrong(faults.remove("place")),
            seats: Field::text("seats", frame.say("rooms-seats"))
                .holding(typed_in(typed, "seats"))
                .optional()
                .wrong(faults.remove("seats")),
        }
    }
}

/// Makes somebody a room, or a room somebody.
pub async fn change(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    match typed_in(&typed, "act") {
        "make" => {}
        "end" => {
            let person = super::id(&typed, "person")?;
            calendars.end_resource(PersonId(person)).await?;
            return Ok(done("/calendar/rooms", "done-room-ended"));
        }
        _ => return Err(super::unknown("act", "make or end")),
    }
    match made(&calendars, &typed).await {
        Ok(()) => Ok(done("/calendar/rooms", "done-room-made")),
        Err(why) => {
            let faults = fault(&frame.clone().over(&WORDS), why)?;
            let page = page(&calendars, &caller, frame, &typed, faults).await?;
            Ok(refused(shown(&page)))
        }
    }
}

async fn made(calendars: &Calendars, typed: &Typed) -> Result<(), Refused> {
    let found = calendars.somebody(typed_in(typed, "with")).await?;
    let (person, _) = found.ok_or_else(|| Reason::field("with", "is nobody of this house"))?;
    let sort = match typed_in(typed, "sort") {
        "room" => Sort::Room,
        "thing" => Sort::Thing,
        _ => return Err(Reason::field("sort", "must be room or thing").into()),
    };
    let seats = match typed_in(typed, "seats") {
        "" => 0,
        seats => seats
            .parse()
            .map_err(|_| Reason::field("seats", "must be a number"))?,
    };
    let place = typed_in(typed, "place").to_owned();
    calendars.make_resource(person, (sort, place, seats)).await?;
    Ok(())
}
