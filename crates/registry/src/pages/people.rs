//! Finding people and adding one.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Choice, Field, Frame, encoded, shown};
use front::{Form, Problem, Query};
use kernel::PageSize;

use super::account::{AboutTyped, read_language, read_zone, role_called};
use super::links::made_page;
use super::reader::{Faults, Reader, Typed, read_cursor, refused_page, required_text};
use crate::Registry;
use crate::failure::Failure;
use crate::grants::types::{HOUSE, HouseRole};
use crate::grants::{ADMIN, REGISTRAR};
use crate::people::Search;
use crate::people::limits::NAME_CHARS_MAX;
use crate::people::types::{About, Attributes, Email, Person, Reason, StateName};
use crate::people::zones::ZoneChoice;
use crate::people::{NewPerson, Start};

/// People of one page: two screens.
const ROWS: u32 = 30;

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    frame: Frame,
    search: Field,
    state: Choice,
    role: Choice,
    may_change: bool,
    rows: Vec<Row>,
    later: bool,
    first: String,
    next: Option<String>,
}

struct Row {
    id: String,
    name: String,
    email: String,
    /// Said only when it is not the usual one.
    state: Option<String>,
    stopped: bool,
    roles: Vec<String>,
}

#[derive(Template)]
#[template(path = "person_new.html")]
struct NewPersonPage {
    frame: Frame,
    refused: Option<String>,
    name: Field,
    email: Field,
    language: Choice,
    zone: Field,
    zones: Vec<ZoneChoice>,
}

pub async fn list(
    State(registry): State<Arc<Registry>>,
    reader: Reader,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let search = Search {
        state: StateName::parse(typed.get("state")),
        text: Some(typed.get("search").to_owned()).filter(|text| !text.trim().is_empty()),
        role: HouseRole::parse(typed.get("role")),
    };
    let after = read_cursor(&typed)?;
    let page = registry
        .people(&search, after.as_ref(), PageSize::clamped(Some(ROWS)))
        .await?;
    let mut rows = Vec::with_capacity(page.items.len());
    for person in &page.items {
        rows.push(row(&registry, &reader, person).await?);
    }
    let address = format!(
        "/people?search={}&state={}&role={}",
        encoded(typed.get("search")),
        encoded(typed.get("state")),
        encoded(typed.get("role"))
    );
    let next = page
        .next
        .map(|cursor| format!("{address}&cursor={}", cursor.encode()));
    let states = StateName::ALL.map(|state| {
        (
            state.as_str().to_owned(),
            reader.frame.say_of("state", state.as_str()).unwrap_or_default(),
        )
    });
    let any = [(String::new(), reader.say("people-any"))];
    let roles = HouseRole::ALL.map(|role| {
        let role = role.relation();
        (role.to_owned(), role_called(&reader.frame, role, HOUSE))
    });
    let any_role = [(String::new(), reader.say("people-any-role"))];
    Ok(shown(&PeoplePage {
        search: Field::text("search", reader.say("people-search"))
            .holding(typed.get("search"))
            .optional(),
        state: Choice::new(
            "state",
            reader.say("people-state"),
            any.into_iter().chain(states),
            typed.get("state"),
        ),
        role: Choice::new(
            "role",
            reader.say("people-role"),
            any_role.into_iter().chain(roles),
            typed.get("role"),
        ),
        may_change: reader.is(&ADMIN) || reader.is(&REGISTRAR),
        rows,
        later: after.is_some(),
        first: address,
        next,
        frame: reader.frame,
    }))
}

async fn row(registry: &Registry, reader: &Reader, person: &Person) -> Result<Row, Problem> {
    let grants = registry.grants(&reader.doer(), person.id).await?;
    let state = person.state.name();
    Ok(Row {
        id: person.id.to_string(),
        name: called(&reader.frame, person),
        email: person.email().map(ToString::to_string).unwrap_or_default(),
        state: (state != StateName::Active)
            .then(|| reader.frame.say_of("state", state.as_str()))
            .flatten(),
        stopped: state == StateName::Blocked,
        roles: grants
            .iter()
            .map(|given| role_called(&reader.frame, &given.relation, &given.scope))
            .collect(),
    })
}

/// What to call somebody whose name may not be known.
pub fn called(frame: &Frame, person: &Person) -> String {
    let name = person
        .about()
        .map(|about| about.name.as_str())
        .unwrap_or_default();
    if name.is_empty() {
        frame.say("nameless").to_string()
    } else {
        name.to_owned()
    }
}

pub async fn new_page(State(registry): State<Arc<Registry>>, reader: Reader) -> Result<Response, Problem> {
    let own = AboutTyped::from_person(reader.myself()?);
    // Whoever is added most likely lives where the registrar does and reads the same language.
    let typed = AboutTyped {
        name: String::new(),
        email: String::new(),
        ..own
    };
    Ok(shown(&new_person_page(
        &registry,
        reader,
        &typed,
        None,
        &Faults::default(),
    )))
}

pub async fn create(
    State(registry): State<Arc<Registry>>,
    reader: Reader,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    let name = faults.take("name", required_text(&reader, typed.get("name"), NAME_CHARS_MAX));
    let email = faults.take(
        "email",
        Email::parse(typed.get("email")).map_err(|_| reader.wrong("email")),
    );
    let language = faults.take("language", read_language(&reader, &typed));
    let zone = faults.take("zone", read_zone(&reader, &typed));
    let about = AboutTyped::from_form(&typed);
    let (Some(name), Some(email), Some(language), Some(zone)) = (name, email, language, zone) else {
        return Ok(refused_page(&new_person_page(
            &registry, reader, &about, None, &faults,
        )));
    };
    let new = NewPerson {
        id: None,
        about: About {
            email: Some(email),
            name,
            language,
            zone,
            attributes: Attributes::default(),
        },
        start: Start::Invited,
    };
    let doer = reader.doer();
    match registry.create_person(&doer, new).await {
        Ok(person) => {
            let issued = registry.invite(&doer, person.id).await?;
            Ok(made_page(reader, &person, &issued))
        }
        Err(Failure::Refused(Reason::EmailTaken)) => {
            faults.add("email", reader.wrong("taken"));
            Ok(refused_page(&new_person_page(
                &registry, reader, &about, None, &faults,
            )))
        }
        Err(failure) => {
            let refused = reader.refused(failure)?;
            Ok(refused_page(&new_person_page(
                &registry,
                reader,
                &about,
                Some(refused),
                &faults,
            )))
        }
    }
}

fn new_person_page(
    registry: &Registry,
    reader: Reader,
    typed: &AboutTyped,
    refused: Option<String>,
    faults: &Faults,
) -> NewPersonPage {
    NewPersonPage {
        refused,
        name: typed.name_field(&reader, faults).focused(),
        email: Field::email("email", reader.say("email"))
            .holding(&typed.email)
            .wrong(faults.of("email")),
        language: typed.language_choice(&reader, faults),
        zone: typed.zone_field(&reader, faults),
        zones: registry.zones(),
        frame: reader.frame,
    }
}
