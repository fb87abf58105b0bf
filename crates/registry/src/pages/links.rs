//! What an invitation or a link for a new password opens.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::frame::{Field, Frame, done, shown};
use front::{Form, InPath, Problem};
use http::StatusCode;
use kernel::Secret;

use super::account::new_password_fields;
use super::people::called;
use super::reader::{Faults, Reader, Typed, refused_page};
use crate::Registry;
use crate::failure::Failure;
use crate::links::{Issued, LinkToken, LinkView, Purpose};
use crate::people::types::{Person, Reason};

#[derive(Template)]
#[template(path = "set_password.html")]
struct SetPasswordPage {
    frame: Frame,
    heading: String,
    lead: String,
    email: String,
    refused: Option<String>,
    fresh: Field,
    again: Field,
}

#[derive(Template)]
#[template(path = "link_gone.html")]
struct LinkGonePage {
    frame: Frame,
}

/// A token that cannot be one is a link that no longer works, too: mail programs cut addresses.
pub struct Token(Option<LinkToken>);

impl std::str::FromStr for Token {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Token, std::convert::Infallible> {
        Ok(Token(text.parse().ok()))
    }
}

pub async fn open(
    State(registry): State<Arc<Registry>>,
    InPath(Token(token)): InPath<Token>,
    reader: Reader,
) -> Result<Response, Problem> {
    match view(&registry, token.as_ref()).await? {
        Some(view) => Ok(shown(&page(&registry, reader, &view, None, &Faults::default()))),
        None => Ok(gone(reader)),
    }
}

pub async fn accept(
    State(registry): State<Arc<Registry>>,
    InPath(Token(token)): InPath<Token>,
    reader: Reader,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let view = view(&registry, token.as_ref()).await?;
    let (Some(view), Some(token)) = (view, token) else {
        return Ok(gone(reader));
    };
    let mut faults = Faults::default();
    let fresh = typed.get("fresh");
    if fresh != typed.get("again") {
        faults.add("again", reader.wrong("again"));
        return Ok(refused_page(&page(&registry, reader, &view, None, &faults)));
    }
    match registry.accept_link(&reader.caller, &token, fresh).await {
        Ok(_) => Ok(done("/sign-in", "done-welcome")),
        Err(Failure::Refused(Reason::LinkSpent)) => Ok(gone(reader)),
        Err(Failure::Weak(weak)) => {
            faults.add("fresh", reader.wrong(weak.code()));
            Ok(refused_page(&page(&registry, reader, &view, None, &faults)))
        }
        Err(other) => {
            let refused = reader.refused(other)?;
            Ok(refused_page(&page(
                &registry,
                reader,
                &view,
                Some(refused),
                &faults,
            )))
        }
    }
}

async fn view(registry: &Registry, token: Option<&LinkToken>) -> Result<Option<LinkView>, Problem> {
    let Some(token) = token else { return Ok(None) };
    match registry.open_link(token).await {
        Ok(view) => Ok(Some(view)),
        Err(Failure::Refused(Reason::LinkSpent | Reason::NotFound)) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// In the language of the person it was made for, unless somebody is signed in here.
fn page(
    registry: &Registry,
    reader: Reader,
    view: &LinkView,
    refused: Option<String>,
    faults: &Faults,
) -> SetPasswordPage {
    let (heading, lead) = match view.purpose {
        Purpose::Invitation => (
            reader
                .frame
                .say("invitation-title")
                .with("name", &view.name)
                .to_string(),
            "invitation-lead",
        ),
        Purpose::Reset => (reader.say("reset-title"), "reset-lead"),
    };
    let (fresh, again) = new_password_fields(&reader, registry.options().password_chars_min, faults);
    SetPasswordPage {
        heading,
        lead: reader.say(lead),
        email: view.email.to_string(),
        refused,
        fresh: fresh.focused(),
        again,
        frame: reader.frame,
    }
}

fn gone(reader: Reader) -> Response {
    (StatusCode::GONE, shown(&LinkGonePage { frame: reader.frame })).into_response()
}

#[derive(Template)]
#[template(path = "link.html")]
struct LinkMadePage {
    frame: Frame,
    heading: String,
    once: Once,
    back: String,
}

/// A secret that is shown this one time.
pub struct Once {
    pub title: String,
    pub advice: String,
    pub secret: String,
}

impl Once {
    /// `words` are the keys of what is said above the secret, which names it, and below.
    pub fn of(reader: &Reader, words: [&str; 2], name: &str, secret: &Secret) -> Once {
        Once {
            title: reader.frame.say(words[0]).with("name", name).to_string(),
            advice: reader.say(words[1]),
            secret: secret.reveal().to_owned(),
        }
    }
}

/// A link was made. While nobody carries letters, it is shown to whoever made it; otherwise it is on its way.
pub fn made_page(reader: Reader, person: &Person, issued: &Issued) -> Response {
    let back = format!("/people/{}", person.id);
    let Some(address) = &issued.address else {
        return done(&back, "done-sent");
    };
    let heading = match issued.purpose {
        Purpose::Invitation => "link-invitation",
        Purpose::Reset => "link-reset",
    };
    let until = reader.frame.tongue().date_time(issued.expires);
    let once = Once {
        title: reader
            .frame
            .say("link-once")
            .with("name", called(&reader.frame, person))
            .to_string(),
        advice: reader.frame.say("link-advice").with("until", until).to_string(),
        secret: address.reveal().to_owned(),
    };
    shown(&LinkMadePage {
        heading: reader.say(heading),
        once,
        back,
        frame: reader.frame,
    })
}
