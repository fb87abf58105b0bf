//! What is asked before it is done: archiving, ending a rollout, tuning it again, returning to an earlier version, and
//! ending a draw. Each question says what would come of it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Frame, done, shown};
use front::{Caller, Form, InPath, InPath2, Problem};

use super::rule::fault_of;
use super::{Typed, WORDS, living, page_of, refused, said, version_in};
use crate::catalog::Edit;
use crate::http::actor;
use crate::rules::change::check;
use crate::service::{Refused, Segments};
use crate::types::{Definition, Draw, DrawNumber, Reason, Segment};

#[derive(Template)]
#[template(path = "sure.html")]
struct SurePage {
    frame: Frame,
    question: String,
    lines: Vec<String>,
    /// What it would do, or why it cannot be done.
    does: Option<String>,
    refused: Option<String>,
    action: String,
    back: String,
    version: String,
    act: String,
    /// It takes people out.
    grave: bool,
}

/// A question about a segment, without what it would do.
fn sure_page(frame: Frame, segment: &Segment, action: &str, question: &str, act: &str) -> SurePage {
    let back = page_of(segment.key.as_str());
    SurePage {
        question: frame.say(question).with("key", segment.key.as_str()).to_string(),
        lines: Vec::new(),
        does: None,
        refused: None,
        action: format!("{back}/{action}"),
        version: segment.version.to_string(),
        act: frame.say(act).to_string(),
        grave: true,
        back,
        frame,
    }
}

pub async fn ask_to_archive(
    State(segments): State<Segments>,
    frame: Frame,
    InPath(key): InPath<String>,
) -> Result<Response, Problem> {
    let segment = living(&segments, &key)?;
    let frame = frame.over(&WORDS);
    let (_, numbers) = segments.numbers().await?;
    let members = numbers.get(&segment.key).map_or(0, |numbers| numbers.members());
    let does = frame
        .say("archive-does")
        .with("people", said::people(&frame, members))
        .to_string();
    let named = |other: &&Segment| {
        let rollout = other.definition.rollout.as_ref();
        rollout.is_some_and(|rollout| {
            rollout.include.contains(&segment.number) || rollout.exclude.contains(&segment.number)
        })
    };
    let others = segments.segments(false);
    let naming: Vec<&str> = others.iter().filter(named).map(|one| one.key.as_str()).collect();
    let lines = if naming.is_empty() {
        Vec::new()
    } else {
        let line = frame.say("archive-named").with("keys", naming.join(", "));
        vec![line.to_string()]
    };
    let page = sure_page(frame, &segment, "archive", "archive-ask", "archive-act");
    Ok(shown(&SurePage {
        does: Some(does),
        lines,
        ..page
    }))
}

pub async fn archive(
    State(segments): State<Segments>,
    caller: Caller,
    InPath(key): InPath<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let version = version_in(&typed);
    segments.archive(&key, Some(version), actor(&caller)).await?;
    Ok(done(&page_of(&key), "done-archived"))
}

/// Another definition that a segment shall have, and how that is asked.
struct Turn {
    to: Definition,
    action: String,
    question: &'static str,
    act: &'static str,
    done: &'static str,
    grave: bool,
    lines: Vec<String>,
}

fn end_of(segment: &Segment) -> Turn {
    Turn {
        to: Definition {
            rollout: None,
            ..segment.definition.clone()
        },
        action: "end-rollout".to_owned(),
        question: "end-ask",
        act: "end-act",
        done: "done-ended",
        grave: true,
        lines: Vec::new(),
    }
}

async fn retuned(segments: &Segments, segment: &Segment) -> Result<Turn, Problem> {
    let rollout = segment.definition.rollout.as_ref();
    if rollout.is_none_or(|rollout| rollout.exact.is_none()) {
        return Err(Problem::not_found());
    }
    Ok(Turn {
        to: segments
            .settled(Some(segment), segment.definition.clone(), true)
            .await?,
        action: "retune".to_owned(),
        question: "retune-ask",
        act: "retune-act",
        done: "done-retuned",
        grave: false,
        lines: Vec::new(),
    })
}

async fn returned(
    frame: &Frame,
    segments: &Segments,
    segment: &Segment,
    version: i64,
) -> Result<Turn, Problem> {
    let made = segments.made_as(segment.key.as_str(), version).await?;
    let made = made
        .filter(|made| !made.archived)
        .ok_or_else(Problem::not_found)?;
    let shelf = segments.shelf_now();
    Ok(Turn {
        lines: said::rule(frame, segment, &made.definition, &shelf, segments.now()),
        to: made.definition,
        action: format!("versions/{version}"),
        question: "return-ask",
        act: "return-act",
        done: "done-returned",
        grave: false,
    })
}

/// The question, with what would come of it.
async fn ask(frame: Frame, segments: &Segments, segment: &Segment, turn: Turn) -> Result<SurePage, Problem> {
    let others = segments.segments(true);
    let fits = check(segment.number, &segment.key, &turn.to, &others, segments.now());
    let does = match fits {
        Ok(()) => match segments.settled(Some(segment), turn.to, false).await {
            Ok(to) => segments.preview(segment.key.as_str(), to).await,
            Err(why) => Err(why),
        },
        Err(reason) => Err(reason.into()),
    };
    let (does, refused) = match does {
        Ok(does) => (Some(said::edited(&frame, does)), None),
        Err(Refused::Reason(reason)) => match fault_of(&frame, &reason) {
            Some((_, wrong)) => (None, Some(wrong)),
            None => return Err(reason.into()),
        },
        Err(why) => return Err(why.into()),
    };
    let page = sure_page(frame, segment, &turn.action, turn.question, turn.act);
    Ok(SurePage {
        lines: turn.lines,
        does,
        refused,
        grave: turn.grave,
        ..page
    })
}

async fn turn_to(
    frame: Frame,
    segments: &Segments,
    segment: &Segment,
    turn: Turn,
    typed: &Typed,
    caller: &Caller,
) -> Result<Response, Problem> {
    let edit = Edit {
        definition: Some(turn.to.clone()),
        ..Edit::default()
    };
    let (key, version) = (segment.key.as_str(), version_in(typed));
    match segments.change(key, Some(version), edit, actor(caller)).await {
        Ok(_) => Ok(done(&page_of(key), turn.done)),
        Err(Refused::Reason(reason)) if fault_of(&frame, &reason).is_some() => {
            Ok(refused(shown(&ask(frame, segments, segment, turn).await?)))
        }
        Err(why) => Err(why.into()),
    }
}

pub async fn ask_to_end(
    State(segments): State<Segments>,
    frame: Frame,
    InPath(key): InPath<String>,
) -> Result<Response, Problem> {
    let segment = living(&segments, &key)?;
    let turn = end_of(&segment);
    Ok(shown(&ask(frame.over(&WORDS), &segments, &segment, turn).await?))
}

pub async fn end(
    State(segments): State<Segments>,
    caller: Caller,
    frame: Frame,
    InPath(key): InPath<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let segment = living(&segments, &key)?;
    let turn = end_of(&segment);
    turn_to(frame.over(&WORDS), &segments, &segment, turn, &typed, &caller).await
}

pub async fn ask_to_retune(
    State(segments): State<Segments>,
    frame: Frame,
    InPath(key): InPath<String>,
) -> Result<Response, Problem> {
    let segment = living(&segments, &key)?;
    let turn = retuned(&segments, &segment).await?;
    Ok(shown(&ask(frame.over(&WORDS), &segments, &segment, turn).await?))
}

pub async fn retune(
    State(segments): State<Segments>,
    caller: Caller,
    frame: Frame,
    InPath(key): InPath<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let segment = living(&segments, &key)?;
    let turn = retuned(&segments, &segment).await?;
    turn_to(frame.over(&WORDS), &segments, &segment, turn, &typed, &caller).await
}

pub async fn ask_to_return(
    State(segments): State<Segments>,
    frame: Frame,
    InPath2(key, version): InPath2<String, i64>,
) -> Result<Response, Problem> {
    let segment = living(&segments, &key)?;
    let frame = frame.over(&WORDS);
    let turn = returned(&frame, &segments, &segment, version).await?;
    Ok(shown(&ask(frame, &segments, &segment, turn).await?))
}

pub async fn return_to(
    State(segments): State<Segments>,
    caller: Caller,
    frame: Frame,
    InPath2(key, version): InPath2<String, i64>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let segment = living(&segments, &key)?;
    let frame = frame.over(&WORDS);
    let turn = returned(&frame, &segments, &segment, version).await?;
    turn_to(frame, &segments, &segment, turn, &typed, &caller).await
}

fn draw_of(segments: &Segments, key: &str, number: u16) -> Result<Draw, Reason> {
    let draws = segments.draws(key)?;
    let draw = draws.into_iter().find(|draw| draw.number.get() == number);
    draw.ok_or(Reason::NoDraw(number))
}

pub async fn ask_to_end_draw(
    State(segments): State<Segments>,
    frame: Frame,
    InPath2(key, number): InPath2<String, u16>,
) -> Result<Response, Problem> {
    let segment = segments.segment(&key)?;
    let draw = draw_of(&segments, &key, number)?;
    let frame = frame.over(&WORDS);
    let does = frame
        .say("draw-end-does")
        .with("people", said::people(&frame, draw.drawn))
        .to_string();
    let action = format!("draws/{number}/end");
    let page = sure_page(frame, &segment, &action, "draw-end-ask", "draw-end-act");
    Ok(shown(&SurePage {
        does: Some(does),
        ..page
    }))
}

pub async fn end_draw(
    State(segments): State<Segments>,
    InPath2(key, number): InPath2<String, u16>,
) -> Result<Response, Problem> {
    let number = DrawNumber::new(number).ok_or(Reason::NoDraw(number))?;
    segments.end_draw(&key, number).await?;
    Ok(done(&page_of(&key), "done-draw-ended"))
}
