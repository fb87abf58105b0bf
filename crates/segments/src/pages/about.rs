//! What a segment is called, is for, and who answers for it: of a new one, and of one that exists.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::frame::{Area, Field, Frame, done, shown};
use front::{Caller, Form, InPath, Problem};
use http::StatusCode;
use kernel::{BadText, Text};

use super::{Faults, Typed, WORDS, living, page_of, refused, typed_in, version_in};
use crate::catalog::{Draft, Edit};
use crate::http::actor;
use crate::http::wire::{DESCRIPTION_CHARS_MAX, OWNER_CHARS_MAX, TITLE_CHARS_MAX};
use crate::service::{Refused, Segments};
use crate::types::{Definition, Key, Reason, Segment};

#[derive(Template)]
#[template(path = "about.html")]
struct AboutPage {
    frame: Frame,
    heading: String,
    action: String,
    back: String,
    /// Of a segment that is new.
    key: Option<Field>,
    version: String,
    /// Somebody else changed it meanwhile.
    stale: bool,
    title: Field,
    owner: Field,
    description: Area,
    save: String,
}

/// The form as it was typed, with what is wrong with it; of a new segment when there is none.
fn about_page(frame: Frame, before: Option<&Segment>, typed: &Typed, mut faults: Faults) -> AboutPage {
    let (action, back) = match before {
        None => ("/new-segment".to_owned(), "/segments".to_owned()),
        Some(before) => {
            let page = page_of(before.key.as_str());
            (format!("{page}/about"), page)
        }
    };
    let key = Field::text("key", frame.say("segment-key"))
        .holding(typed_in(typed, "key"))
        .hint(frame.say("segment-key-hint"))
        .wrong(faults.remove("key"))
        .focused();
    AboutPage {
        heading: match before {
            None => frame.say("segment-new").to_string(),
            Some(before) => before.key.to_string(),
        },
        key: before.is_none().then_some(key),
        version: typed_in(typed, "version").to_owned(),
        stale: false,
        title: Field::text("title", frame.say("segment-title"))
            .holding(typed_in(typed, "title"))
            .wrong(faults.remove("title")),
        owner: Field::text("owner", frame.say("segment-owner"))
            .holding(typed_in(typed, "owner"))
            .hint(frame.say("segment-owner-hint"))
            .wrong(faults.remove("owner"))
            .optional(),
        description: Area::new("description", frame.say("segment-description"), 4)
            .holding(typed_in(typed, "description"))
            .wrong(faults.remove("description")),
        save: match before {
            None => frame.say("segment-create").to_string(),
            Some(_) => frame.say("save").to_string(),
        },
        action,
        back,
        frame,
    }
}

/// What was typed, when nothing is wrong with it.
struct About {
    title: Text,
    owner: Text,
    description: Text,
}

fn read(frame: &Frame, typed: &Typed) -> Result<About, Faults> {
    let mut faults = Faults::new();
    let mut text = |name: &'static str, max: usize, must_be: bool| {
        // Browsers end lines as telegraphs did.
        let given = &typed_in(typed, name).replace("\r\n", "\n");
        let read = if must_be {
            Text::required(given, max)
        } else {
            Text::new(given, max)
        };
        read.unwrap_or_else(|bad| {
            let wrong = match bad {
                BadText::Empty => frame.say("wrong-empty"),
                BadText::TooLong { max, .. } => frame.say("wrong-long").with("max", max),
                BadText::Control => frame.say("wrong-characters"),
            };
            faults.insert(name, wrong.to_string());
            Text::stored(String::new())
        })
    };
    let about = About {
        title: text("title", TITLE_CHARS_MAX, true),
        owner: text("owner", OWNER_CHARS_MAX, false),
        description: text("description", DESCRIPTION_CHARS_MAX, false),
    };
    if faults.is_empty() { Ok(about) } else { Err(faults) }
}

pub async fn new(frame: Frame) -> Response {
    let frame = frame.over(&WORDS);
    shown(&about_page(frame, None, &Typed::new(), Faults::new()))
}

pub async fn create(
    State(segments): State<Segments>,
    caller: Caller,
    frame: Frame,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let frame = frame.over(&WORDS);
    let again = |frame: Frame, faults| refused(shown(&about_page(frame, None, &typed, faults)));
    let read = read(&frame, &typed);
    let key = Key::parse(typed_in(&typed, "key"));
    let (about, key) = match (read, key) {
        (Ok(about), Ok(key)) => (about, key),
        (read, key) => {
            let mut faults = read.err().unwrap_or_default();
            if key.is_err() {
                faults.insert("key", frame.say("wrong-key").to_string());
            }
            return Ok(again(frame, faults));
        }
    };
    let draft = Draft {
        key,
        title: about.title,
        description: about.description,
        owner: about.owner,
        definition: Definition::default(),
    };
    match segments.create(draft, actor(&caller)).await {
        Ok(created) => Ok(done(&page_of(created.key.as_str()), "done-segment-created")),
        Err(Refused::Reason(Reason::KeyTaken(_))) => {
            let taken = frame.say("wrong-taken").to_string();
            Ok(again(frame, Faults::from([("key", taken)])))
        }
        Err(why) => Err(why.into()),
    }
}

pub async fn edit(
    State(segments): State<Segments>,
    frame: Frame,
    InPath(key): InPath<String>,
) -> Result<Response, Problem> {
    let before = living(&segments, &key)?;
    let frame = frame.over(&WORDS);
    let typed = Typed::from([
        ("title".to_owned(), before.title.to_string()),
        ("owner".to_owned(), before.owner.to_string()),
        ("description".to_owned(), before.description.to_string()),
        ("version".to_owned(), before.version.to_string()),
    ]);
    Ok(shown(&about_page(frame, Some(&before), &typed, Faults::new())))
}

pub async fn change(
    State(segments): State<Segments>,
    caller: Caller,
    frame: Frame,
    InPath(key): InPath<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let before = living(&segments, &key)?;
    let frame = frame.over(&WORDS);
    let about = match read(&frame, &typed) {
        Ok(about) => about,
        Err(faults) => return Ok(refused(shown(&about_page(frame, Some(&before), &typed, faults)))),
    };
    let edit = Edit {
        title: Some(about.title),
        description: Some(about.description),
        owner: Some(about.owner),
        definition: None,
    };
    let version = version_in(&typed);
    match segments.change(&key, Some(version), edit, actor(&caller)).await {
        Ok(_) => Ok(done(&page_of(&key), "done-segment-saved")),
        Err(Refused::Reason(Reason::Stale)) => {
            let page = AboutPage {
                stale: true,
                version: before.version.to_string(),
                ..about_page(frame, Some(&before), &typed, Faults::new())
            };
            Ok((StatusCode::CONFLICT, shown(&page)).into_response())
        }
        Err(why) => Err(why.into()),
    }
}
