//! Public calendars: the list that anybody may read, and the name that an owner gives one.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Field, Frame, done, encoded, shown};
use front::{Caller, Form, InPath, Problem, Query};
use kernel::{Cursor, Id, PageSize};

use super::rooms::IS_ADMIN;
use super::{Faults, Typed, WORDS, fault, look, own, refused, typed_in, unknown};
use crate::directory::{Listed, PublicName, behind};
use crate::publishing::Shows;
use crate::service::{Calendars, Refused};
use crate::sharing::Rights;
use crate::types::Reason;

const PAGE: &str = "/calendar/public";
const SHOWN: u32 = 50;

#[derive(Template)]
#[template(path = "calendar_directory.html")]
struct DirectoryPage {
    frame: Frame,
    words: Field,
    rows: Vec<Row>,
    /// Something was looked for, so that there is nothing says less.
    is_search: bool,
    more: Option<String>,
    /// The reader may take calendars off the list.
    is_admin: bool,
    is_signed_in: bool,
    sheet: String,
}

struct Row {
    href: String,
    title: String,
    description: String,
    class: String,
    is_busy_only: bool,
    name: String,
}

impl Row {
    fn of(listed: &Listed) -> Row {
        let about = &listed.calendar.about;
        Row {
            href: listed.name.page(),
            title: about.title.to_string(),
            description: about.description.to_string(),
            class: format!("c-{}", look::class(about.color)),
            is_busy_only: listed.shows == Shows::Busy,
            name: listed.name.to_string(),
        }
    }
}

pub async fn list(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let frame = frame.over(&WORDS);
    let words = typed_in(&typed, "words");
    let after = match typed_in(&typed, "after") {
        "" => None,
        cursor => Some(Cursor::decode(cursor).and_then(|cursor| behind(&cursor))),
    };
    let after = after.transpose().map_err(front::bad_cursor)?;
    let found = calendars
        .all_public(after, words, PageSize::clamped(Some(SHOWN)))
        .await?;
    let colors: Vec<_> = found.items.iter().map(|one| one.calendar.about.color).collect();
    let more = found.next.map(|next| {
        let words = encoded(words);
        format!("{PAGE}?words={words}&after={}", next.encode())
    });
    let reader = caller.person().ok();
    Ok(shown(&DirectoryPage {
        words: Field::text("words", frame.say("public-list-words"))
            .holding(words)
            .optional(),
        rows: found.items.iter().map(Row::of).collect(),
        is_search: !words.is_empty(),
        more,
        is_admin: reader.is_some_and(|reader| reader.roles.has(&IS_ADMIN)),
        is_signed_in: reader.is_some(),
        sheet: look::sheet(&colors),
        frame,
    }))
}

/// Takes a calendar off the list, whoever put it there.
pub async fn take_down(
    State(calendars): State<Calendars>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let name = PublicName::parse(typed_in(&typed, "name")).map_err(|_| Problem::not_found())?;
    calendars.take_down(&name).await?;
    Ok(done(PAGE, "done-taken-down"))
}

/// Puts a calendar on the list under a name, or takes it off.
pub async fn name(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    InPath(id): InPath<Id>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let owner = calendars
        .owner_of(caller.person()?.id, id, Rights::Manage)
        .await?;
    let page = format!("/calendar/own/{id}");
    let named = match typed_in(&typed, "act") {
        "unlist" => {
            calendars.make_unlisted(owner, id).await?;
            return Ok(done(&page, "done-unlisted"));
        }
        "list" => match PublicName::parse(typed_in(&typed, "public-name")) {
            Ok(name) => calendars.make_public(owner, id, name).await,
            Err(bad) => Err(Reason::field("public-name", bad).into()),
        },
        _ => return Err(unknown("act", "list or unlist")),
    };
    let why = match named {
        Ok(_) => return Ok(done(&page, "done-listed")),
        Err(why) => why,
    };
    let frame = frame.over(&WORDS);
    let faults = match why {
        Refused::Reason(Reason::PublicNameTaken) => {
            let said = frame.say("wrong-public-taken").to_string();
            Faults::from([("public-name".to_owned(), said)])
        }
        why => fault(&frame, why)?,
    };
    let page = own::page_of(&calendars, &caller, frame, id, (&typed, faults)).await?;
    Ok(refused(shown(&page)))
}
