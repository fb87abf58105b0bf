//! How each letter looks, with sample data.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Choice, Frame, shown};
use front::{InPath, Problem, Query};
use kernel::{Clock, Language};

use super::{Typed, sheet};
use crate::words::WORDS;
use crate::{Light, Specimen, Specimens};

/// All letters of the house with sample data, and what time it is.
#[derive(Clone)]
pub struct Looks(Arc<(Specimens, Clock)>);

impl Looks {
    pub fn new(specimens: Specimens, clock: Clock) -> Looks {
        Looks(Arc::new((specimens, clock)))
    }

    fn named(&self, kind: &str) -> Result<&Specimen, Problem> {
        self.0.0.named(kind).ok_or_else(Problem::not_found)
    }
}

#[derive(Template)]
#[template(path = "looks.html")]
struct LooksPage {
    frame: Frame,
    kinds: Vec<&'static str>,
    shown: Option<Shown>,
}

struct Shown {
    kind: &'static str,
    subject: String,
    text: String,
    address: String,
    language: Choice,
    light: Choice,
}

fn light(typed: &Typed) -> Light {
    match typed.get("light").map(String::as_str) {
        Some("night") => Light::Night,
        Some("reader") => Light::AsTheReader,
        _ => Light::Day,
    }
}

fn language(typed: &Typed, other: Language) -> Language {
    typed
        .get("language")
        .and_then(|language| language.parse().ok())
        .unwrap_or(other)
}

pub async fn list(State(looks): State<Looks>, frame: Frame) -> Response {
    let kinds = looks.0.0.all.iter().map(|specimen| specimen.kind.name);
    shown(&LooksPage {
        kinds: kinds.collect(),
        shown: None,
        frame: frame.over(&WORDS),
    })
}

pub async fn show(
    State(looks): State<Looks>,
    frame: Frame,
    InPath(kind): InPath<String>,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let frame = frame.over(&WORDS);
    let specimen = looks.named(&kind)?;
    let language = language(&typed, frame.language());
    let light = light(&typed);
    let (specimens, clock) = &*looks.0;
    let seen = specimens
        .shown(specimen, language, light, clock.now())
        .map_err(Problem::internal)?;
    let languages =
        Language::ALL.map(|language| (language.code().to_owned(), language.own_name().to_owned()));
    let lights = [
        ("day", frame.say("looks-day").to_string()),
        ("night", frame.say("looks-night").to_string()),
        ("reader", frame.say("looks-reader").to_string()),
    ];
    let chosen = typed.get("light").map_or("day", String::as_str);
    let kinds = specimens.all.iter().map(|specimen| specimen.kind.name);
    Ok(shown(&LooksPage {
        kinds: kinds.collect(),
        shown: Some(Shown {
            kind: specimen.kind.name,
            subject: seen.0,
            text: seen.1.text,
            address: format!(
                "/letters/looks/{}/letter?language={language}&light={}",
                specimen.kind.name,
                front::frame::encoded(chosen)
            ),
            language: Choice::new(
                "language",
                frame.say("looks-language"),
                languages,
                language.code(),
            ),
            light: Choice::new(
                "light",
                frame.say("looks-light"),
                lights.map(|(code, called)| (code.to_owned(), called)),
                chosen,
            ),
        }),
        frame,
    }))
}

/// The letter alone, for the frame on the page.
pub async fn letter(
    State(looks): State<Looks>,
    InPath(kind): InPath<String>,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let specimen = looks.named(&kind)?;
    let (specimens, clock) = &*looks.0;
    let language = language(&typed, Language::default());
    let (_, framed) = specimens
        .shown(specimen, language, light(&typed), clock.now())
        .map_err(Problem::internal)?;
    Ok(sheet(framed.html))
}
