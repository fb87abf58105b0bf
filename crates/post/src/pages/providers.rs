//! The providers for administrators: how each of them is, as this process knows it, and a letter to try them out.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::frame::{Field, Frame, When, done, shown};
use front::{Caller, Form, Problem};
use http::StatusCode;

use super::{Desk, Typed, typed_in};
use crate::letters::Outsider;
use crate::suppressions::Address;
use crate::words::WORDS;

#[derive(Template)]
#[template(path = "providers.html")]
struct ProvidersPage {
    frame: Frame,
    providers: Vec<ProviderRow>,
    email: Field,
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

pub async fn list(State(desk): State<Desk>, caller: Caller, frame: Frame) -> Result<Response, Problem> {
    let own = desk.post.reader(caller.person()?.id).await?;
    let email = own.map(|reader| reader.email).unwrap_or_default();
    Ok(shown(&page(&desk, frame, &email, false)))
}

fn page(desk: &Desk, frame: Frame, email: &str, is_wrong: bool) -> ProvidersPage {
    let frame = frame.over(&WORDS);
    let wrong = is_wrong.then(|| frame.say("suppressions-address-wrong").to_string());
    ProvidersPage {
        providers: rows(desk, &frame),
        email: Field::email("email", frame.say("letters-whom"))
            .holding(email)
            .wrong(wrong),
        frame,
    }
}

fn rows(desk: &Desk, frame: &Frame) -> Vec<ProviderRow> {
    let rows = desk.post.providers().into_iter().map(|line| ProviderRow {
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
    rows.collect()
}

/// Sends a letter on trial, in the language of whoever has the address, or else of whoever sends it.
pub async fn try_out(
    State(desk): State<Desk>,
    frame: Frame,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let email = typed_in(&typed, "email");
    let Ok(address) = Address::parse(email) else {
        let page = page(&desk, frame, email, true);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown(&page)).into_response());
    };
    let reader = Outsider {
        language: frame.language().code().to_owned(),
        zone: frame.tongue().zone().iana_name().unwrap_or("UTC").to_owned(),
        ..Outsider::at(address.as_str())
    };
    let asked = desk.post.try_out(&reader, 1).await?;
    let letter = asked.first().ok_or_else(Problem::not_found)?;
    Ok(done(&format!("/letters/{letter}"), "done-trial-asked"))
}
