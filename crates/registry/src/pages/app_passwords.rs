//! Passwords for programs that cannot sign in by a page.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Field, Frame, When, done, shown};
use front::{Form, InPath, Problem};
use kernel::{Id, Secret};

use super::confirm::ConfirmPage;
use super::links::Once;
use super::reader::{Faults, Reader, Typed, bad_text, refused_page};
use crate::Registry;
use crate::app_passwords::{AppPassword, Refused, refused};
use crate::audit::By;

#[derive(Template)]
#[template(path = "app_passwords.html")]
struct AppPasswordsPage {
    frame: Frame,
    once: Option<Once>,
    passwords: Vec<Row>,
    name: Field,
}

struct Row {
    id: String,
    name: String,
    made: When,
    used: Option<When>,
}

pub async fn list(State(registry): State<Arc<Registry>>, reader: Reader) -> Result<Response, Problem> {
    Ok(shown(
        &page(&registry, reader, None, "", &Faults::default()).await?,
    ))
}

pub async fn create(
    State(registry): State<Arc<Registry>>,
    reader: Reader,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    let made = registry
        .make_app_password(reader.id()?, typed.get("name"), &By::from(&reader.caller))
        .await;
    let refused = match made {
        Ok((password, secret)) => return made_page(&registry, reader, &password, &secret).await,
        Err(Refused::Name(bad)) => reader.wrong(bad_text(bad)),
        Err(Refused::TooManyOfThem) => reader.say("refused-too-many"),
        Err(other) => return Err(refused(other)),
    };
    faults.add("name", refused);
    let page = page(&registry, reader, None, typed.get("name"), &faults).await?;
    Ok(refused_page(&page))
}

async fn made_page(
    registry: &Registry,
    reader: Reader,
    password: &AppPassword,
    secret: &Secret,
) -> Result<Response, Problem> {
    let words = ["app-passwords-once", "app-passwords-once-advice"];
    let once = Once::of(&reader, words, password.name.as_str(), secret);
    Ok(shown(
        &page(registry, reader, Some(once), "", &Faults::default()).await?,
    ))
}

async fn page(
    registry: &Registry,
    reader: Reader,
    once: Option<Once>,
    typed: &str,
    faults: &Faults,
) -> Result<AppPasswordsPage, Problem> {
    let known = registry.app_passwords(reader.id()?).await.map_err(refused)?;
    let row = |password: &AppPassword| Row {
        id: password.id.to_string(),
        name: password.name.to_string(),
        made: reader.frame.when(password.created),
        used: password.last_used.map(|used| reader.frame.when(used)),
    };
    Ok(AppPasswordsPage {
        passwords: known.iter().map(row).collect(),
        once,
        name: Field::text("name", reader.say("app-passwords-name"))
            .hint(reader.say("app-passwords-name-hint"))
            .holding(typed)
            .wrong(faults.of("name")),
        frame: reader.frame,
    })
}

pub async fn confirm_revoke(
    State(registry): State<Arc<Registry>>,
    InPath(id): InPath<Id>,
    reader: Reader,
) -> Result<Response, Problem> {
    let known = registry.app_passwords(reader.id()?).await.map_err(refused)?;
    let password = known
        .iter()
        .find(|password| password.id == id)
        .ok_or_else(Problem::not_found)?;
    let words = ["app-passwords-revoke-question", "app-passwords-revoke-outcome"];
    let name = password.name.as_str();
    Ok(ConfirmPage::revoking(reader, words, name, "/me/app-passwords", id).answer())
}

pub async fn revoke(
    State(registry): State<Arc<Registry>>,
    InPath(id): InPath<Id>,
    reader: Reader,
) -> Result<Response, Problem> {
    let removed = registry
        .remove_app_password(reader.id()?, id, &By::from(&reader.caller))
        .await;
    removed.map_err(refused)?;
    Ok(done("/me/app-passwords", "done-revoked"))
}
