//! Which letters a person gets, and when they want quiet.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use front::frame::{Field, Frame, shown};
use front::{Caller, Form, Problem};
use http::StatusCode;

use crate::streams::{BadHours, QuietHours, Streams, Wishes, clock};
use crate::words::WORDS;

/// What the page says after a change.
const SAVED: &str = "done-letters-saved";

#[derive(Template)]
#[template(path = "mine.html")]
struct MinePage {
    frame: Frame,
    streams: Vec<Row>,
    from: Field,
    until: Field,
}

struct Row {
    name: &'static str,
    called: String,
    about: String,
    comes: bool,
}

type Typed = HashMap<String, String>;

pub async fn show(
    State(streams): State<Arc<Streams>>,
    caller: Caller,
    frame: Frame,
) -> Result<Response, Problem> {
    let wishes = streams.wishes(caller.person()?.id).await?;
    let shown_hours = wishes
        .quiet
        .map(|hours| (clock(hours.from()), clock(hours.until())));
    let (from, until) = shown_hours.unwrap_or_default();
    Ok(shown(&page(&streams, frame, &wishes, (&from, &until), None)))
}

pub async fn change(
    State(streams): State<Arc<Streams>>,
    caller: Caller,
    frame: Frame,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let person = caller.person()?.id;
    let value = |name: &str| typed.get(name).map(|value| value.trim()).unwrap_or_default();
    let names = streams.all().iter().map(|stream| stream.name);
    let mut wishes = Wishes {
        stopped: names
            .filter(|name| !typed.contains_key(*name))
            .map(str::to_owned)
            .collect(),
        quiet: None,
    };
    let hours = (value("from"), value("until"));
    match hours {
        ("", "") => {}
        (from, until) => match QuietHours::parse(from, until) {
            Ok(quiet) => wishes.quiet = Some(quiet),
            Err(bad) => {
                let page = page(&streams, frame, &wishes, hours, Some(bad));
                return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown(&page)).into_response());
            }
        },
    }
    streams.wish(person, wishes).await?;
    let code = SAVED.strip_prefix("done-").unwrap_or(SAVED);
    Ok(Redirect::to(&format!("/me/letters?done={code}")).into_response())
}

fn page(
    streams: &Streams,
    frame: Frame,
    wishes: &Wishes,
    (from, until): (&str, &str),
    bad: Option<BadHours>,
) -> MinePage {
    let rows = streams.all().iter().map(|stream| {
        let tongue = frame.tongue().over(stream.words);
        Row {
            name: stream.name,
            called: tongue.say(stream.key).to_string(),
            about: tongue.say(&format!("{}-about", stream.key)).to_string(),
            comes: !wishes.stopped.contains(stream.name),
        }
    });
    let rows = rows.collect();
    let frame = frame.over(&WORDS);
    let wrong = bad.map(|bad| match bad {
        BadHours::NotATime => frame.say("quiet-not-a-time").to_string(),
        BadHours::Empty => frame.say("quiet-empty").to_string(),
    });
    MinePage {
        streams: rows,
        from: Field::time("from", frame.say("quiet-from"))
            .holding(from)
            .optional(),
        until: Field::time("until", frame.say("quiet-until"))
            .holding(until)
            .optional()
            .wrong(wrong),
        frame,
    }
}
