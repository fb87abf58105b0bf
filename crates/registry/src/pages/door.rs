//! Coming in, going out, and the language one is met in.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use front::frame::{Field, Frame, done, keep_language, local_path, shown};
use front::{Form, Problem, Query};
use http::{HeaderMap, HeaderValue, header};
use kernel::Language;

use super::reader::{Faults, Reader, Typed, refused_page};
use crate::Registry;
use crate::audit::By;
use crate::failure::Failure;
use crate::people::types::Edit;
use crate::sessions::{Client, Ended, Surface};
use crate::sign_in::{self, Refused};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    refused: Option<String>,
    email: Field,
    password: Field,
    next: String,
}

pub async fn sign_in_page(reader: Reader, Query(typed): Query<Typed>) -> Response {
    if reader.person.is_some() {
        return Redirect::to(&local_path(typed.get("next"))).into_response();
    }
    shown(&page(reader, &typed, None, &Faults::default()))
}

pub async fn sign_in(
    State(registry): State<Arc<Registry>>,
    headers: HeaderMap,
    reader: Reader,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    for name in ["email", "password"] {
        if typed.get(name).trim().is_empty() {
            faults.add(name, reader.wrong("required"));
        }
    }
    if !faults.is_empty() {
        return Ok(refused_page(&page(reader, &typed, None, &faults)));
    }
    let client = Client {
        surface: Surface::Browser,
        address: reader.caller.address,
        user_agent: headers
            .get(header::USER_AGENT)
            .and_then(|agent| agent.to_str().ok())
            .map(str::to_owned),
    };
    let request = reader.caller.request.to_string();
    let tokens = registry
        .sign_in(typed.get("email"), typed.get("password"), &client, &request)
        .await;
    let refused = match tokens {
        Ok(tokens) => {
            let next = local_path(typed.get("next"));
            let mut answer = Redirect::to(&next).into_response();
            set(&mut answer, registry.cookies_of(&tokens));
            return Ok(answer);
        }
        Err(Refused::WrongCredentials | Refused::Password(_)) => Some(reader.say("refused-credentials")),
        Err(Refused::Blocked) => Some(reader.say("refused-blocked")),
        Err(Refused::Locked { seconds } | Refused::TooMany { seconds }) => Some(
            reader
                .frame
                .say("refused-wait")
                .with("seconds", seconds)
                .to_string(),
        ),
        Err(Refused::Email(_)) => {
            faults.add("email", reader.wrong("email"));
            None
        }
        Err(other) => return Err(sign_in::http::refused(other)),
    };
    Ok(refused_page(&page(reader, &typed, refused, &faults)))
}

fn page(reader: Reader, typed: &Typed, refused: Option<String>, faults: &Faults) -> SignInPage {
    let email = Field::email("email", reader.say("email"))
        .complete("username")
        .holding(typed.get("email"))
        .wrong(faults.of("email"));
    let password = Field::password("password", reader.say("sign-in-password"), "current-password")
        .wrong(faults.of("password"));
    let again = !typed.get("email").is_empty();
    SignInPage {
        refused,
        // Whoever typed the address already has only the password to correct.
        email: if again { email } else { email.focused() },
        password: if again { password.focused() } else { password },
        next: local_path(typed.get("next")).into_owned(),
        frame: reader.frame,
    }
}

pub async fn sign_out(State(registry): State<Arc<Registry>>, reader: Reader) -> Result<Response, Problem> {
    if let Ok(person) = reader.caller.person() {
        let by = By::from(&reader.caller);
        let ended = registry
            .end_session(person.id, person.session, Ended::SignedOut, &by)
            .await;
        ended.map_err(Failure::from)?;
    }
    let mut answer = done("/sign-in", "done-signed-out");
    set(&mut answer, registry.cookies_of_nobody());
    set(
        &mut answer,
        vec![keep_language(
            reader.frame.language(),
            registry.options().has_https(),
        )],
    );
    Ok(answer)
}

/// Another language, and back to the page. Of somebody who is signed in it becomes a part of their profile, so that
/// letters come in it, too.
pub async fn choose_language(
    State(registry): State<Arc<Registry>>,
    reader: Reader,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let back = local_path(typed.get("next"));
    let mut answer = Redirect::to(&back).into_response();
    let Ok(language) = typed.get("language").parse::<Language>() else {
        return Ok(answer);
    };
    if let Some(person) = &reader.person {
        let edit = Edit {
            language: Some(language),
            ..Edit::default()
        };
        registry
            .change_person(&reader.doer(), person.id, edit, None)
            .await?;
    }
    set(
        &mut answer,
        vec![keep_language(language, registry.options().has_https())],
    );
    Ok(answer)
}

fn set(answer: &mut Response, cookies: Vec<HeaderValue>) {
    for cookie in cookies {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
