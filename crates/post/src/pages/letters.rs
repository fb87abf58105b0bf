//! All letters for administrators: the newest first, and those that are looked for.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Choice, Field, Frame, When, encoded, shown};
use front::{Problem, Query};
use kernel::{Cursor, Id, PageSize, PersonId};

use super::{Desk, Typed, state_called, typed_in};
use crate::letters::{Filter, Letter, State as LetterState};
use crate::providers::is_name;
use crate::words::WORDS;
use crate::{Post, Recipient};

/// Letters of one page.
const ROWS: u32 = 50;
/// What the letters are looked for by; a page of the list keeps all of it.
const FILTERS: [&str; 5] = ["state", "kind", "provider", "day", "whom"];

#[derive(Template)]
#[template(path = "letters.html")]
struct LettersPage {
    frame: Frame,
    state: Choice,
    kind: Choice,
    provider: Choice,
    day: Field,
    whom: Field,
    letters: Vec<Row>,
    has_mailbox: bool,
    /// Why nothing can be looked for.
    wrong: bool,
    filtered: bool,
    later: bool,
    first: String,
    next: Option<String>,
}

struct Row {
    id: String,
    kind: String,
    state: String,
    troubled: bool,
    asked: When,
    whom: Whom,
    provider: String,
}

/// A person of the house, or an address.
pub struct Whom {
    pub href: Option<String>,
    pub called: String,
}

impl Whom {
    /// By the name of today; of whoever cannot be written to any more only the way to them is left.
    pub fn of(frame: &Frame, letter: &Letter, readers: &HashMap<PersonId, Recipient>) -> Whom {
        if let Some(outsider) = &letter.outside {
            return Whom {
                href: None,
                called: outsider.email.clone(),
            };
        }
        let called = match readers.get(&PersonId(letter.owner)) {
            Some(reader) if reader.name.is_empty() => reader.email.clone(),
            Some(reader) => reader.name.clone(),
            None => frame.say("letters-person").to_string(),
        };
        Whom {
            href: Some(format!("/people/{}", letter.owner)),
            called,
        }
    }
}

const fn is_trouble(state: LetterState) -> bool {
    matches!(
        state,
        LetterState::Parked | LetterState::Unsure | LetterState::Bounced | LetterState::Complained
    )
}

pub async fn list(
    State(desk): State<Desk>,
    frame: Frame,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let post = &desk.post;
    let frame = frame.over(&WORDS);
    let value = |name: &str| typed_in(&typed, name);
    let (filter, wrong) = read_filter(post, &frame, &typed).await?;
    let after = read_cursor(&typed)?;
    let is_wrong = wrong.day.is_some() || wrong.whom.is_some();
    let page = if is_wrong {
        kernel::Page {
            items: Vec::new(),
            next: None,
        }
    } else {
        post.letters(filter, after.as_ref(), PageSize::clamped(Some(ROWS)))
            .await?
    };
    let readers = post.readers(&page.items).await?;
    let row = |letter: &Letter| Row {
        id: letter.id.to_string(),
        kind: post.kind_name(letter.kind),
        state: state_called(&frame, letter.state),
        troubled: is_trouble(letter.state),
        asked: frame.when(letter.asked),
        whom: Whom::of(&frame, letter, &readers),
        provider: letter.provider.clone(),
    };
    let address = address_with("/letters", &FILTERS, &typed);
    Ok(shown(&LettersPage {
        letters: page.items.iter().map(row).collect(),
        state: state_choice(&frame, value("state")),
        kind: kind_choice(post, &frame, value("kind")),
        provider: provider_choice(post, &frame, value("provider")),
        day: Field::date("day", frame.say("letters-day"))
            .holding(value("day"))
            .wrong(wrong.day)
            .optional(),
        whom: Field::text("whom", frame.say("letters-whom"))
            .holding(value("whom"))
            .wrong(wrong.whom)
            .optional(),
        has_mailbox: desk.mailbox.is_some(),
        wrong: is_wrong,
        filtered: FILTERS.iter().any(|name| !value(name).is_empty()),
        later: after.is_some(),
        next: page
            .next
            .map(|cursor| format!("{address}&cursor={}", cursor.encode())),
        first: address,
        frame,
    }))
}

/// What is wrong with what was typed.
#[derive(Default)]
struct Wrong {
    day: Option<String>,
    whom: Option<String>,
}

/// What is looked for; a day is a day of the reader's zone.
async fn read_filter(post: &Post, frame: &Frame, typed: &Typed) -> Result<(Filter, Wrong), Problem> {
    let value = |name: &str| typed_in(typed, name);
    let mut wrong = Wrong::default();
    let day = |days_later| frame.tongue().day_start(value("day"), days_later);
    let (from, until) = (day(0), day(1));
    if !value("day").is_empty() && from.is_none() {
        wrong.day = Some(frame.say("letters-day-wrong").to_string());
    }
    let owners = owners_of(post, value("whom")).await?;
    if !value("whom").is_empty() && owners.is_empty() {
        wrong.whom = Some(frame.say("letters-whom-wrong").to_string());
    }
    let filter = Filter {
        kind: post.kind_named(value("kind")).map(|kind| kind.code),
        state: value("state").parse().ok(),
        provider: Some(value("provider"))
            .filter(|name| is_name(name))
            .map(str::to_owned),
        owners,
        from,
        until,
    };
    Ok((filter, wrong))
}

/// Whose letters are meant: a person by their id, or whoever has an address. None when it is neither.
pub async fn owners_of(post: &Post, text: &str) -> Result<Vec<Id>, Problem> {
    match text.parse::<PersonId>() {
        Ok(person) => Ok(vec![person.0]),
        Err(_) if text.contains('@') => Ok(post.owners_of(text).await?),
        Err(_) => Ok(Vec::new()),
    }
}

/// Where a page of a list starts.
pub fn read_cursor(typed: &Typed) -> Result<Option<Cursor>, Problem> {
    match typed_in(typed, "cursor") {
        "" => Ok(None),
        cursor => Cursor::decode(cursor).map(Some).map_err(front::bad_cursor),
    }
}

/// A list that is looked at in the same way again.
pub fn address_with(path: &str, names: &[&str], typed: &Typed) -> String {
    let kept: Vec<String> = names
        .iter()
        .map(|name| format!("{name}={}", encoded(typed_in(typed, name))))
        .collect();
    format!("{path}?{}", kept.join("&"))
}

/// One of these or any.
fn choice(
    frame: &Frame,
    name: &'static str,
    label: &str,
    options: impl IntoIterator<Item = (String, String)>,
    chosen: &str,
) -> Choice {
    let any = [(String::new(), frame.say("letters-any").to_string())];
    Choice::new(name, label, any.into_iter().chain(options), chosen)
}

fn state_choice(frame: &Frame, chosen: &str) -> Choice {
    // A letter is never found being written: that is only a step of its story.
    let states = LetterState::ALL
        .into_iter()
        .filter(|state| *state != LetterState::Rendering);
    let states = states.map(|state| (state.name().to_owned(), state_called(frame, state)));
    choice(
        frame,
        "state",
        &frame.say("letters-state").to_string(),
        states,
        chosen,
    )
}

fn kind_choice(post: &Post, frame: &Frame, chosen: &str) -> Choice {
    let kinds = post.kinds().into_iter();
    let kinds = kinds.map(|kind| (kind.name.to_owned(), kind.name.to_owned()));
    choice(
        frame,
        "kind",
        &frame.say("letters-kind").to_string(),
        kinds,
        chosen,
    )
}

fn provider_choice(post: &Post, frame: &Frame, chosen: &str) -> Choice {
    let lines = post.providers().into_iter();
    let lines = lines.map(|line| (line.name.clone(), line.name));
    choice(
        frame,
        "provider",
        &frame.say("letters-provider").to_string(),
        lines,
        chosen,
    )
}
