//! Keys of other services.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Field, Frame, When, done, shown};
use front::{Form, InPath, Problem, Query};
use kernel::{Cursor, Id, PageSize};

use super::confirm::ConfirmPage;
use super::links::Once;
use super::reader::{Faults, Reader, Typed, bad_text, read_cursor, refused_page};
use crate::audit::By;
use crate::keys::{ApiKey, NewKey, Refused, refused};
use crate::people::http::{READ, REPLICATE, WRITE};
use crate::{Registry, audit};

/// Keys of one page.
const ROWS: u32 = 50;

/// What a key can open today: the scopes that routes name.
const SCOPES: [&str; 5] = [READ, WRITE, REPLICATE, audit::http::READ, "metrics:read"];

#[derive(Template)]
#[template(path = "keys.html")]
struct KeysPage {
    frame: Frame,
    once: Option<Once>,
    keys: Vec<Row>,
    name: Field,
    scopes: Vec<ScopeTick>,
    scopes_wrong: Option<String>,
    later: bool,
    first: String,
    next: Option<String>,
}

struct Row {
    id: String,
    name: String,
    scopes: Vec<String>,
    made: When,
    used: Option<When>,
    revoked: bool,
}

struct ScopeTick {
    name: &'static str,
    about: String,
    on: bool,
}

pub async fn list(
    State(registry): State<Arc<Registry>>,
    reader: Reader,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let after = read_cursor(&typed)?;
    let nothing = (&Typed::default(), &Faults::default());
    Ok(shown(
        &page(&registry, reader, after.as_ref(), None, nothing.0, nothing.1).await?,
    ))
}

pub async fn create(
    State(registry): State<Arc<Registry>>,
    reader: Reader,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    let scopes: Vec<String> = SCOPES
        .iter()
        .filter(|scope| typed.ticked(scope))
        .map(|scope| (*scope).to_owned())
        .collect();
    let new = NewKey {
        name: typed.get("name").to_owned(),
        scopes,
        expires: None,
    };
    match registry.make_key(new, &By::from(&reader.caller)).await {
        Ok((key, secret)) => {
            let words = ["keys-once", "keys-once-advice"];
            let once = Once::of(&reader, words, key.name.as_str(), &secret);
            return Ok(shown(
                &page(&registry, reader, None, Some(once), &Typed::default(), &faults).await?,
            ));
        }
        Err(Refused::Name(bad)) => faults.add("name", reader.wrong(bad_text(bad))),
        Err(Refused::Scopes) => faults.add("scopes", reader.wrong("scopes")),
        Err(other) => return Err(refused(other)),
    }
    Ok(refused_page(
        &page(&registry, reader, None, None, &typed, &faults).await?,
    ))
}

async fn page(
    registry: &Registry,
    reader: Reader,
    after: Option<&Cursor>,
    once: Option<Once>,
    typed: &Typed,
    faults: &Faults,
) -> Result<KeysPage, Problem> {
    let known = registry
        .keys(after, PageSize::clamped(Some(ROWS)))
        .await
        .map_err(refused)?;
    let row = |key: &ApiKey| Row {
        id: key.id.to_string(),
        name: key.name.to_string(),
        scopes: key.scopes.words().to_vec(),
        made: reader.frame.when(key.created),
        used: key.last_used.map(|used| reader.frame.when(used)),
        revoked: key.revoked.is_some(),
    };
    let tick = |name: &'static str| ScopeTick {
        name,
        about: reader.frame.say_of("scope", name).unwrap_or_default(),
        on: typed.ticked(name),
    };
    Ok(KeysPage {
        keys: known.items.iter().map(row).collect(),
        later: after.is_some(),
        first: "/keys".to_owned(),
        next: known
            .next
            .map(|cursor| format!("/keys?cursor={}", cursor.encode())),
        once,
        name: Field::text("name", reader.say("keys-name"))
            .holding(typed.get("name"))
            .wrong(faults.of("name")),
        scopes: SCOPES.into_iter().map(tick).collect(),
        scopes_wrong: faults.of("scopes"),
        frame: reader.frame,
    })
}

pub async fn confirm_revoke(
    State(registry): State<Arc<Registry>>,
    InPath(id): InPath<Id>,
    reader: Reader,
) -> Result<Response, Problem> {
    let key = registry.key(id).await.map_err(refused)?;
    let words = ["keys-revoke-question", "keys-revoke-outcome"];
    Ok(ConfirmPage::revoking(reader, words, key.name.as_str(), "/keys", id).answer())
}

pub async fn revoke(
    State(registry): State<Arc<Registry>>,
    InPath(id): InPath<Id>,
    reader: Reader,
) -> Result<Response, Problem> {
    registry
        .revoke_key(id, &By::from(&reader.caller))
        .await
        .map_err(refused)?;
    Ok(done("/keys", "done-revoked"))
}
