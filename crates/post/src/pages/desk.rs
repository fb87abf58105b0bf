//! What administrators see of letters: which went out, the story of each, and the providers.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use front::frame::{Choice, Field, Frame, When, encoded, shown};
use front::{Caller, Form, InPath, Problem, Query};
use kernel::{Cursor, Id, PageSize, PersonId};

use crate::letters::{Filter, Letter, State as LetterState};
use crate::words::WORDS;
use crate::{Post, Recipient, Refused, Settle};

/// Letters of one page.
const ROWS: u32 = 50;

type Typed = HashMap<String, String>;

fn typed_in<'a>(typed: &'a Typed, name: &str) -> &'a str {
    typed.get(name).map(|value| value.trim()).unwrap_or_default()
}

#[derive(Template)]
#[template(path = "letters.html")]
struct LettersPage {
    frame: Frame,
    state: Choice,
    kind: Choice,
    whom: Field,
    letters: Vec<Row>,
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
struct Whom {
    href: Option<String>,
    called: String,
}

fn whom(frame: &Frame, letter: &Letter) -> Whom {
    match &letter.outside {
        Some(outsider) => Whom {
            href: None,
            called: outsider.email.clone(),
        },
        None => Whom {
            href: Some(format!("/people/{}", letter.owner)),
            called: frame.say("letters-person").to_string(),
        },
    }
}

fn state_called(frame: &Frame, state: LetterState) -> String {
    frame
        .say_of("letter-state", state.name())
        .unwrap_or_else(|| state.name().to_owned())
}

const fn is_trouble(state: LetterState) -> bool {
    matches!(
        state,
        LetterState::Parked | LetterState::Unsure | LetterState::Bounced | LetterState::Complained
    )
}

pub async fn list(
    State(post): State<Post>,
    frame: Frame,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let frame = frame.over(&WORDS);
    let value = |name: &str| typed_in(&typed, name);
    let owner = owner_of(value("whom"));
    let filter = Filter {
        kind: post.kind_named(value("kind")).map(|kind| kind.code),
        state: value("state").parse().ok(),
        provider: None,
        owner,
    };
    let after = match value("cursor") {
        "" => None,
        cursor => Some(Cursor::decode(cursor).map_err(front::bad_cursor)?),
    };
    let wrong =
        (!value("whom").is_empty() && owner.is_none()).then(|| frame.say("letters-whom-wrong").to_string());
    let page = post
        .letters(filter, after.as_ref(), PageSize::clamped(Some(ROWS)))
        .await?;
    let kept = ["state", "kind", "whom"].map(|name| format!("{name}={}", encoded(value(name))));
    let address = format!("/letters?{}", kept.join("&"));
    let row = |letter: &Letter| Row {
        id: letter.id.to_string(),
        kind: post.kind_name(letter.kind),
        state: state_called(&frame, letter.state),
        troubled: is_trouble(letter.state),
        asked: frame.when(letter.asked),
        whom: whom(&frame, letter),
        provider: letter.provider.clone(),
    };
    Ok(shown(&LettersPage {
        letters: page.items.iter().map(row).collect(),
        state: state_choice(&frame, value("state")),
        kind: kind_choice(&post, &frame, value("kind")),
        whom: Field::text("whom", frame.say("letters-whom"))
            .holding(value("whom"))
            .wrong(wrong)
            .optional(),
        later: after.is_some(),
        next: page
            .next
            .map(|cursor| format!("{address}&cursor={}", cursor.encode())),
        first: address,
        frame,
    }))
}

/// The id of a person, or the address of somebody outside of the house.
fn owner_of(text: &str) -> Option<Id> {
    match text.parse::<PersonId>() {
        Ok(person) => Some(person.0),
        Err(_) => text.contains('@').then(|| Recipient::owner_of_address(text)),
    }
}

fn state_choice(frame: &Frame, chosen: &str) -> Choice {
    let any = [(String::new(), frame.say("letters-any").to_string())];
    let states = LetterState::ALL
        .into_iter()
        .map(|state| (state.name().to_owned(), state_called(frame, state)));
    Choice::new(
        "state",
        frame.say("letters-state"),
        any.into_iter().chain(states),
        chosen,
    )
}

fn kind_choice(post: &Post, frame: &Frame, chosen: &str) -> Choice {
    let any = [(String::new(), frame.say("letters-any").to_string())];
    let kinds = post
        .kinds()
        .into_iter()
        .map(|kind| (kind.name.to_owned(), kind.name.to_owned()));
    Choice::new(
        "kind",
        frame.say("letters-kind"),
        any.into_iter().chain(kinds),
        chosen,
    )
}

#[derive(Template)]
#[template(path = "letter.html")]
struct LetterPage {
    frame: Frame,
    id: String,
    kind: String,
    state: String,
    whom: Whom,
    message_id: String,
    asked: When,
    wanted_until: When,
    due: Option<When>,
    attempts: u32,
    provider_name: Option<String>,
    story: Vec<StepRow>,
    parked: bool,
    unsure: bool,
}

struct StepRow {
    at: When,
    state: String,
    provider: String,
    reason: String,
}

pub async fn show(
    State(post): State<Post>,
    frame: Frame,
    InPath(id): InPath<Id>,
) -> Result<Response, Problem> {
    let frame = frame.over(&WORDS);
    let letter = post.letter(id).await?;
    let steps = letter.story.iter().map(|step| StepRow {
        at: frame.when(step.at),
        state: state_called(&frame, step.state),
        provider: step.provider.clone(),
        reason: step.reason.clone(),
    });
    Ok(shown(&LetterPage {
        story: steps.collect(),
        id: letter.id.to_string(),
        kind: post.kind_name(letter.kind),
        state: state_called(&frame, letter.state),
        whom: whom(&frame, &letter),
        message_id: post.message_id(letter.id),
        asked: frame.when(letter.asked),
        wanted_until: frame.when(letter.wanted_until),
        due: letter.due.map(|due| frame.when(due)),
        attempts: letter.attempts,
        provider_name: letter.provider_name.clone(),
        parked: letter.state == LetterState::Parked,
        unsure: letter.state == LetterState::Unsure,
        frame,
    }))
}

/// What a person decides: `how` is `again` or `handed-over`.
pub async fn decide(
    State(post): State<Post>,
    caller: Caller,
    InPath(id): InPath<Id>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let by = caller.person()?.id.to_string();
    let letter = post.letter(id).await?;
    let decided = match (letter.state, typed_in(&typed, "how")) {
        (LetterState::Unsure, "handed-over") => post.settle(id, Settle::HandedOver, &by).await,
        (LetterState::Unsure, _) => post.settle(id, Settle::SendAgain, &by).await,
        _ => post.try_again(id, &by).await,
    };
    let page = format!("/letters/{id}");
    let code = DECIDED.strip_prefix("done-").unwrap_or(DECIDED);
    match decided {
        Ok(_) => Ok(Redirect::to(&format!("{page}?done={code}")).into_response()),
        // It went on by itself meanwhile: the page shows how it stands.
        Err(Refused::NotNow(_)) => Ok(Redirect::to(&page).into_response()),
        Err(other) => Err(other.into()),
    }
}

/// What the page says after that.
const DECIDED: &str = "done-letter-decided";

#[derive(Template)]
#[template(path = "providers.html")]
struct ProvidersPage {
    frame: Frame,
    providers: Vec<ProviderRow>,
}

struct ProviderRow {
    name: String,
    well: bool,
    breaker: String,
    open_until: Option<When>,
    limits: String,
    counts: String,
    trouble: Option<(When, String)>,
}

pub async fn providers(State(post): State<Post>, frame: Frame) -> Response {
    let frame = frame.over(&WORDS);
    let rows = post.providers().into_iter().map(|line| ProviderRow {
        well: line.breaker == "closed",
        breaker: frame
            .say_of("breaker", line.breaker)
            .unwrap_or_else(|| line.breaker.to_owned()),
        open_until: line.open_until.map(|until| frame.when(until)),
        limits: frame
            .say("providers-limits")
            .with("order", line.order)
            .with("weight", line.weight)
            .with("concurrency", line.concurrency)
            .with("rate", line.rate_per_second)
            .to_string(),
        counts: frame
            .say("providers-counts")
            .with("out", line.out)
            .with("handed", line.handed_over)
            .with("refused", line.refused)
            .with("unsure", line.unsure)
            .to_string(),
        trouble: line.last_trouble.map(|(at, words)| (frame.when(at), words)),
        name: line.name,
    });
    shown(&ProvidersPage {
        providers: rows.collect(),
        frame,
    })
}
