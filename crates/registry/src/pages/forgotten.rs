//! A forgotten password: whoever has the address gets a letter whose link leads to the page where a new one is set.
//! The answer does not tell whether anybody has it.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Field, Frame, done, shown};
use front::{Form, Problem};

use super::reader::{Faults, Reader, Typed, refused_page};
use crate::Registry;
use crate::failure::Failure;
use crate::people::types::Email;

#[derive(Template)]
#[template(path = "forgotten.html")]
struct ForgottenPage {
    frame: Frame,
    lead: String,
    refused: Option<String>,
    email: Field,
}

pub async fn page(State(registry): State<Arc<Registry>>, reader: Reader) -> Response {
    shown(&forgotten(&registry, reader, "", None, &Faults::default()))
}

fn forgotten(
    registry: &Registry,
    reader: Reader,
    email: &str,
    refused: Option<String>,
    faults: &Faults,
) -> ForgottenPage {
    let lead = if registry.sends_resets() {
        "forgotten-lead"
    } else {
        "forgotten-lead-admin"
    };
    ForgottenPage {
        lead: reader.say(lead),
        refused,
        email: Field::email("email", reader.say("email"))
            .complete("username")
            .holding(email)
            .wrong(faults.of("email"))
            .focused(),
        frame: reader.frame,
    }
}

pub async fn ask(
    State(registry): State<Arc<Registry>>,
    reader: Reader,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let text = typed.get("email").trim();
    let mut faults = Faults::default();
    let Ok(email) = Email::parse(text) else {
        let fault = if text.is_empty() { "required" } else { "email" };
        faults.add("email", reader.wrong(fault));
        return Ok(refused_page(&forgotten(&registry, reader, text, None, &faults)));
    };
    match registry.take_reset_request(&reader.caller, email) {
        Ok(()) if registry.sends_resets() => Ok(done("/sign-in", "done-reset-asked")),
        Ok(()) => Ok(done("/sign-in", "done-reset-noted")),
        Err(Failure::TooMany { seconds }) => {
            let wait = reader
                .frame
                .say("refused-wait")
                .with("seconds", seconds)
                .to_string();
            Ok(refused_page(&forgotten(
                &registry,
                reader,
                text,
                Some(wait),
                &faults,
            )))
        }
        Err(other) => Err(other.into()),
    }
}
