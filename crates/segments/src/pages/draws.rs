//! The form that draws people. It carries a name of its own, so that sending it twice draws once.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Area, Field, Frame, done, shown};
use front::{Caller, Form, InPath, Problem};
use kernel::Id;

use super::rule::{self, among_fields};
use super::{Faults, Typed, WORDS, living, notation, page_of, refused, typed_in, until_in};
use crate::draws::Wanted;
use crate::http::actor;
use crate::service::{Refused, Segments};
use crate::types::{Reason, Rollout, Segment, Share};

#[derive(Template)]
#[template(path = "draw.html")]
struct DrawPage {
    frame: Frame,
    key: String,
    /// What this draw is called, so that it is not drawn again.
    request: String,
    share: Field,
    until: Field,
    conditions: Area,
    include: Area,
    exclude: Area,
}

pub async fn ask(
    State(segments): State<Segments>,
    frame: Frame,
    InPath(key): InPath<String>,
) -> Result<Response, Problem> {
    let segment = living(&segments, &key)?;
    let request = Id::new(segments.now()).to_string();
    let typed = Typed::from([("request".to_owned(), request)]);
    let frame = frame.over(&WORDS);
    Ok(shown(&draw_page(frame, &segment, &typed, Faults::new())))
}

fn draw_page(frame: Frame, segment: &Segment, typed: &Typed, mut faults: Faults) -> DrawPage {
    let [conditions, include, exclude] = among_fields(&frame, typed, &mut faults);
    DrawPage {
        key: segment.key.to_string(),
        request: typed_in(typed, "request").to_owned(),
        share: Field::text("share", frame.say("draw-share"))
            .holding(typed_in(typed, "share"))
            .hint(frame.say("draw-share-hint"))
            .wrong(faults.remove("share"))
            .focused(),
        until: Field::text("until", frame.say("draw-ends"))
            .holding(typed_in(typed, "until"))
            .hint(frame.say("until-hint"))
            .wrong(faults.remove("until"))
            .optional(),
        conditions,
        include,
        exclude,
        frame,
    }
}

pub async fn draw(
    State(segments): State<Segments>,
    caller: Caller,
    frame: Frame,
    InPath(key): InPath<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let segment = living(&segments, &key)?;
    let frame = frame.over(&WORDS);
    let again = |frame: Frame, faults| refused(shown(&draw_page(frame, &segment, &typed, faults)));
    let wanted = match read(&frame, &typed, &segments) {
        Ok(wanted) => wanted,
        Err(faults) => return Ok(again(frame, faults)),
    };
    match segments.draw(&key, wanted, actor(&caller)).await {
        Ok(_) => Ok(done(&page_of(&key), "done-drawn")),
        Err(Refused::Reason(Reason::OtherRequest)) => {
            let drawn = frame.say("wrong-drawn").to_string();
            Ok(again(frame, Faults::from([("share", drawn)])))
        }
        Err(Refused::Reason(reason)) => match rule::fault_of(&frame, &reason) {
            Some(fault) => Ok(again(frame, Faults::from([fault]))),
            None => Err(reason.into()),
        },
        Err(why) => Err(why.into()),
    }
}

fn read(frame: &Frame, typed: &Typed, segments: &Segments) -> Result<Wanted, Faults> {
    let mut faults = Faults::new();
    let share = notation::share(typed_in(typed, "share")).unwrap_or_else(|wrong| {
        faults.insert("share", frame.say(wrong).to_string());
        Share::NOBODY
    });
    let until = until_in(frame, typed, segments).unwrap_or_else(|wrong| {
        faults.insert("until", wrong);
        None
    });
    let among = Rollout::plain("", Share::EVERYBODY);
    let among = rule::read_among(frame, typed, segments, among, &mut faults);
    let request = typed_in(typed, "request").parse::<Id>().ok();
    let wanted = Wanted {
        share,
        among,
        until,
        request: request.map(|request| request.to_string()),
    };
    if faults.is_empty() {
        Ok(wanted)
    } else {
        Err(faults)
    }
}
