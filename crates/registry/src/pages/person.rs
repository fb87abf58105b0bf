//! One person, as those who look after people see them.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::frame::{Choice, Field, Frame, done, shown};
use front::{ETag, Form, IfMatch, InPath, Problem};
use http::StatusCode;
use kernel::{PageSize, PersonId};

use super::account::{AboutTyped, read_language, read_zone, role_called};
use super::audit::{EntryRow, entry_rows};
use super::people::called;
use super::reader::{Faults, Reader, Typed, required_text};
use super::sessions::{SessionRow, session_rows};
use crate::Registry;
use crate::failure::Failure;
use crate::grants::types::{Given, HOUSE, HouseRole};
use crate::grants::{ADMIN, AUDITOR, REGISTRAR};
use crate::people::limits::NAME_CHARS_MAX;
use crate::people::types::{Edit, Email, Person, Reason, StateName};
use crate::people::zones::ZoneChoice;

/// Latest entries of the audit trail; all of them are a link away.
const ENTRIES: u32 = 5;

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    frame: Frame,
    id: String,
    called: String,
    state: String,
    stopped: bool,
    refused: Option<String>,
    edit: Option<EditForm>,
    zones: Vec<ZoneChoice>,
    facts: Vec<(String, String)>,
    grants: Vec<GrantRow>,
    may_grant: bool,
    give: Option<Choice>,
    acts: Vec<ActLink>,
    sessions: Option<Vec<SessionRow>>,
    entries: Option<Vec<EntryRow>>,
}

struct EditForm {
    version: i64,
    name: Field,
    email: Field,
    language: Choice,
    zone: Field,
}

struct GrantRow {
    called: String,
    relation: String,
    scope: String,
}

/// Something that can be done with the person.
struct ActLink {
    href: String,
    called: String,
    look: &'static str,
    /// Leads to a page that asks first (or shows something) instead of acting at once.
    asks: bool,
}

/// What was refused on this page, to be shown on it again.
#[derive(Default)]
pub struct Refusal {
    pub text: Option<String>,
    pub typed: Option<AboutTyped>,
    pub faults: Faults,
}

pub async fn show(
    State(registry): State<Arc<Registry>>,
    InPath(id): InPath<PersonId>,
    reader: Reader,
) -> Result<Response, Problem> {
    let page = person_page(&registry, reader, id, Refusal::default()).await?;
    Ok(shown(&page))
}

/// The page again, saying what was refused.
pub async fn refused(
    registry: &Registry,
    reader: Reader,
    id: PersonId,
    refusal: Refusal,
) -> Result<Response, Problem> {
    let page = person_page(registry, reader, id, refusal).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, shown(&page)).into_response())
}

pub async fn change(
    State(registry): State<Arc<Registry>>,
    InPath(id): InPath<PersonId>,
    reader: Reader,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    let name = faults.take("name", required_text(&reader, typed.get("name"), NAME_CHARS_MAX));
    let email = match typed.get("email").trim() {
        "" => Some(None),
        text => faults.take(
            "email",
            Email::parse(text).map(Some).map_err(|_| reader.wrong("email")),
        ),
    };
    let language = faults.take("language", read_language(&reader, &typed));
    let zone = faults.take("zone", read_zone(&reader, &typed));
    let again = Some(AboutTyped::from_form(&typed));
    if !faults.is_empty() {
        let refusal = Refusal {
            typed: again,
            faults,
            text: None,
        };
        return refused(&registry, reader, id, refusal).await;
    }
    let edit = Edit {
        email,
        name,
        language,
        zone,
        attributes: None,
    };
    let seen = typed.get("version").parse().ok();
    let seen = seen.map(|version: i64| IfMatch::one(ETag::of(version)));
    let refusal = match registry.change_person(&reader.doer(), id, edit, seen).await {
        Ok(_) => return Ok(done(&format!("/people/{id}"), "done-saved")),
        Err(Failure::Refused(Reason::EmailTaken)) => {
            faults.add("email", reader.wrong("taken"));
            Refusal {
                typed: again,
                faults,
                text: None,
            }
        }
        // What was typed belongs to a state that is gone: the new one is shown.
        Err(Failure::Refused(Reason::Stale)) => Refusal {
            text: Some(reader.say("refused-stale")),
            ..Refusal::default()
        },
        Err(failure) => Refusal {
            typed: again,
            faults,
            text: Some(reader.refused(failure)?),
        },
    };
    refused(&registry, reader, id, refusal).await
}

pub async fn grant(
    State(registry): State<Arc<Registry>>,
    InPath(id): InPath<PersonId>,
    reader: Reader,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let given = registry
        .grant(&reader.doer(), id, typed.get("relation"), HOUSE)
        .await;
    answer(&registry, reader, id, given, "done-granted").await
}

pub async fn ungrant(
    State(registry): State<Arc<Registry>>,
    InPath(id): InPath<PersonId>,
    reader: Reader,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let taken = registry
        .revoke_grant(&reader.doer(), id, typed.get("relation"), typed.get("scope"))
        .await;
    answer(&registry, reader, id, taken, "done-ungranted").await
}

/// Back to the person: what was done, or why it was not.
pub async fn answer<T>(
    registry: &Registry,
    reader: Reader,
    id: PersonId,
    result: Result<T, Failure>,
    code: &str,
) -> Result<Response, Problem> {
    match result {
        Ok(_) => Ok(done(&format!("/people/{id}"), code)),
        Err(failure) => {
            let text = Some(reader.refused(failure)?);
            refused(
                registry,
                reader,
                id,
                Refusal {
                    text,
                    ..Refusal::default()
                },
            )
            .await
        }
    }
}

async fn person_page(
    registry: &Registry,
    reader: Reader,
    id: PersonId,
    refusal: Refusal,
) -> Result<PersonPage, Problem> {
    let doer = reader.doer();
    let person = registry.person(&doer, id).await?;
    let given = registry.grants(&doer, id).await?;
    let state = person.state.name();
    let rules = reader.is(&ADMIN);
    let alive = state != StateName::Deleted;
    let sessions = sessions(registry, &reader, id, alive).await?;
    let looks_after = sessions.is_some();
    let edit = looks_after.then(|| edit_form(&reader, &person, &refusal));
    let entries = if rules || reader.is(&AUDITOR) {
        let page = registry
            .audit_of(&doer, id, None, PageSize::clamped(Some(ENTRIES)))
            .await?;
        Some(entry_rows(registry, &reader, &page.items, Some(id)).await?)
    } else {
        None
    };
    Ok(PersonPage {
        id: id.to_string(),
        called: called(&reader.frame, &person),
        state: reader.frame.say_of("state", state.as_str()).unwrap_or_default(),
        stopped: state == StateName::Blocked,
        refused: refusal.text,
        zones: if edit.is_some() {
            registry.zones()
        } else {
            Vec::new()
        },
        facts: facts(&reader, &person),
        give: (rules && alive).then(|| role_choice(&reader, &given)).flatten(),
        grants: given
            .iter()
            .map(|given| grant_row(&reader.frame, given))
            .collect(),
        may_grant: rules,
        acts: if looks_after {
            acts(&reader, id, state)
        } else {
            Vec::new()
        },
        edit,
        sessions,
        entries,
        frame: reader.frame,
    })
}

/// Where the person is signed in; `None` when they are not the reader's to look after.
async fn sessions(
    registry: &Registry,
    reader: &Reader,
    id: PersonId,
    alive: bool,
) -> Result<Option<Vec<SessionRow>>, Problem> {
    if !alive || !(reader.is(&ADMIN) || reader.is(&REGISTRAR)) {
        return Ok(None);
    }
    match registry.sessions_of(&reader.doer(), id).await {
        Ok(sessions) => Ok(Some(session_rows(&reader.frame, &sessions, None))),
        Err(Failure::Refused(Reason::Outranked | Reason::AdminOnly)) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

fn edit_form(reader: &Reader, person: &Person, refusal: &Refusal) -> EditForm {
    let known = AboutTyped::from_person(person);
    let typed = refusal.typed.as_ref().unwrap_or(&known);
    EditForm {
        version: person.version,
        name: typed.name_field(reader, &refusal.faults),
        email: Field::email("email", reader.say("email"))
            .holding(&typed.email)
            .wrong(refusal.faults.of("email"))
            .optional(),
        language: typed.language_choice(reader, &refusal.faults),
        zone: typed.zone_field(reader, &refusal.faults),
    }
}

/// What whoever only reads sees of a person.
fn facts(reader: &Reader, person: &Person) -> Vec<(String, String)> {
    let Some(about) = person.about() else {
        return Vec::new();
    };
    let email = about.email.as_ref().map(ToString::to_string).unwrap_or_default();
    vec![
        (reader.say("email"), email),
        (reader.say("language"), about.language.own_name().to_owned()),
        (reader.say("zone"), about.zone.as_str().to_owned()),
    ]
}

fn grant_row(frame: &Frame, given: &Given) -> GrantRow {
    GrantRow {
        called: role_called(frame, &given.relation, &given.scope),
        relation: given.relation.clone(),
        scope: given.scope.clone(),
    }
}

/// The roles that the person does not have yet; nothing when they have all.
fn role_choice(reader: &Reader, given: &[Given]) -> Option<Choice> {
    let options: Vec<(String, String)> = HouseRole::ALL
        .into_iter()
        .filter(|role| {
            !given
                .iter()
                .any(|given| given.scope == HOUSE && given.relation == role.relation())
        })
        .map(|role| {
            (
                role.relation().to_owned(),
                role_called(&reader.frame, role.relation(), HOUSE),
            )
        })
        .collect();
    (!options.is_empty()).then(|| Choice::new("relation", reader.say("grant-relation"), options, ""))
}

fn acts(reader: &Reader, id: PersonId, state: StateName) -> Vec<ActLink> {
    let act = |name: &str, text: &str, look, asks| ActLink {
        href: format!("/people/{id}/{name}"),
        called: reader.say(text),
        look,
        asks,
    };
    let invite = || act("invite", "person-invite", "second", false);
    let reset = || act("reset", "person-reset", "second", false);
    let block = || act("block", "person-block", "danger", true);
    let unblock = || act("unblock", "person-unblock", "second", false);
    let end_sessions = || act("end-sessions", "person-end-sessions", "second", true);
    let export = || act("export", "person-export", "second", true);
    let delete = || act("delete", "person-delete", "danger", true);
    match state {
        StateName::Invited => vec![invite(), export(), block(), delete()],
        StateName::Active => vec![reset(), end_sessions(), export(), block(), delete()],
        StateName::Blocked => vec![unblock(), export(), delete()],
        StateName::Deleted => Vec::new(),
    }
}
