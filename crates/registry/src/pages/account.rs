//! One's own profile and password.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Choice, Field, Frame, Theme, done, keep_language, keep_theme, shown};
use front::{Form, Problem};
use http::header;
use kernel::Language;

use super::reader::{Faults, Reader, Typed, refused_page, required_text};
use crate::Registry;
use crate::accounts::{self, NotChanged};
use crate::audit::By;
use crate::people::limits::NAME_CHARS_MAX;
use crate::people::types::{Edit, Zone};
use crate::people::zones::ZoneChoice;

#[derive(Template)]
#[template(path = "me.html")]
struct ProfilePage {
    frame: Frame,
    refused: Option<String>,
    name: Field,
    language: Choice,
    zone: Field,
    theme: Choice,
    zones: Vec<ZoneChoice>,
    email: String,
    roles: Vec<String>,
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    frame: Frame,
    /// For password managers, which want to know whose password it is.
    email: String,
    refused: Option<String>,
    current: Field,
    fresh: Field,
    again: Field,
}

/// What stands in the fields of a person's page: what is known, or what was typed and refused.
pub struct AboutTyped {
    pub name: String,
    pub email: String,
    pub language: String,
    pub zone: String,
}

impl AboutTyped {
    pub fn from_form(typed: &Typed) -> AboutTyped {
        AboutTyped {
            name: typed.get("name").to_owned(),
            email: typed.get("email").to_owned(),
            language: typed.get("language").to_owned(),
            zone: typed.get("zone").to_owned(),
        }
    }

    pub fn from_person(person: &crate::people::types::Person) -> AboutTyped {
        let about = person.about();
        AboutTyped {
            name: about.map(|about| about.name.to_string()).unwrap_or_default(),
            email: person.email().map(ToString::to_string).unwrap_or_default(),
            language: about
                .map(|about| about.language.code())
                .unwrap_or_default()
                .to_owned(),
            zone: about
                .map(|about| about.zone.as_str())
                .unwrap_or_default()
                .to_owned(),
        }
    }

    pub fn name_field(&self, reader: &Reader, faults: &Faults) -> Field {
        Field::text("name", reader.say("name"))
            .holding(&self.name)
            .wrong(faults.of("name"))
    }

    pub fn language_choice(&self, reader: &Reader, faults: &Faults) -> Choice {
        let options =
            Language::ALL.map(|language| (language.code().to_owned(), language.own_name().to_owned()));
        Choice::new("language", reader.say("language"), options, &self.language).wrong(faults.of("language"))
    }

    pub fn zone_field(&self, reader: &Reader, faults: &Faults) -> Field {
        Field::text("zone", reader.say("zone"))
            .holding(&self.zone)
            .hint(reader.say("zone-hint"))
            .suggesting("zones")
            .wrong(faults.of("zone"))
    }
}

/// Language and zone as they were typed, or what is wrong with them.
pub fn read_language(reader: &Reader, typed: &Typed) -> Result<Language, String> {
    typed
        .get("language")
        .parse()
        .map_err(|_| reader.wrong("language"))
}

pub fn read_zone(reader: &Reader, typed: &Typed) -> Result<Zone, String> {
    Zone::parse(typed.get("zone")).map_err(|_| reader.wrong("zone"))
}

pub async fn profile(State(registry): State<Arc<Registry>>, reader: Reader) -> Result<Response, Problem> {
    let typed = AboutTyped::from_person(reader.myself()?);
    Ok(shown(&profile_page(
        &registry,
        reader,
        &typed,
        None,
        &Faults::default(),
    )?))
}

pub async fn change_profile(
    State(registry): State<Arc<Registry>>,
    reader: Reader,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    let name = faults.take("name", required_text(&reader, typed.get("name"), NAME_CHARS_MAX));
    let language = faults.take("language", read_language(&reader, &typed));
    let zone = faults.take("zone", read_zone(&reader, &typed));
    if !faults.is_empty() {
        let about = AboutTyped::from_form(&typed);
        return Ok(refused_page(&profile_page(
            &registry, reader, &about, None, &faults,
        )?));
    }
    let edit = Edit {
        name,
        language,
        zone,
        ..Edit::default()
    };
    match registry
        .change_person(&reader.doer(), reader.id()?, edit, None)
        .await
    {
        Ok(person) => {
            let secure = registry.options().has_https();
            let language = person.about().map(|about| about.language).unwrap_or_default();
            let theme: Theme = typed.get("theme").parse().unwrap_or_default();
            let mut answer = done("/me", "done-saved");
            answer
                .headers_mut()
                .append(header::SET_COOKIE, keep_language(language, secure));
            answer
                .headers_mut()
                .append(header::SET_COOKIE, keep_theme(theme, secure));
            Ok(answer)
        }
        Err(failure) => {
            let refused = reader.refused(failure)?;
            let about = AboutTyped::from_form(&typed);
            Ok(refused_page(&profile_page(
                &registry,
                reader,
                &about,
                Some(refused),
                &faults,
            )?))
        }
    }
}

fn profile_page(
    registry: &Registry,
    reader: Reader,
    typed: &AboutTyped,
    refused: Option<String>,
    faults: &Faults,
) -> Result<ProfilePage, Problem> {
    let email = reader
        .myself()?
        .email()
        .map(ToString::to_string)
        .unwrap_or_default();
    let grants = reader.caller.person()?.roles.grants();
    let roles = grants
        .iter()
        .map(|grant| role_called(&reader.frame, &grant.relation, &grant.scope))
        .collect();
    let themes = Theme::ALL.map(|theme| (theme.code().to_owned(), reader.say(theme.key())));
    Ok(ProfilePage {
        refused,
        name: typed.name_field(&reader, faults).complete("name"),
        language: typed.language_choice(&reader, faults),
        zone: typed.zone_field(&reader, faults),
        theme: Choice::new("theme", reader.say("me-theme"), themes, reader.frame.theme()),
        zones: registry.zones(),
        email,
        roles,
        frame: reader.frame,
    })
}

/// A relation as people call it; one that another service brought is shown as it is.
pub fn role_called(frame: &Frame, relation: &str, scope: &str) -> String {
    match frame.say_of("role", relation) {
        Some(role) if scope == crate::grants::types::HOUSE => role,
        Some(role) => format!("{role} · {scope}"),
        None => format!("{relation} · {scope}"),
    }
}

pub async fn password_page(State(registry): State<Arc<Registry>>, reader: Reader) -> Response {
    shown(&own_password_page(&registry, reader, None, &Faults::default()))
}

pub async fn change_password(
    State(registry): State<Arc<Registry>>,
    reader: Reader,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    if typed.get("current").is_empty() {
        faults.add("current", reader.wrong("required"));
    }
    if typed.get("fresh").is_empty() {
        faults.add("fresh", reader.wrong("required"));
    } else if typed.get("fresh") != typed.get("again") {
        faults.add("again", reader.wrong("again"));
    }
    if !faults.is_empty() {
        return Ok(refused_page(&own_password_page(&registry, reader, None, &faults)));
    }
    let me = reader.caller.person()?;
    let by = By::from(&reader.caller);
    let changed = registry
        .change_password(me.id, me.session, typed.get("current"), typed.get("fresh"), &by)
        .await;
    let refused = match changed {
        Ok(()) => return Ok(done("/me/sessions", "done-password")),
        Err(NotChanged::WrongPassword) => {
            faults.add("current", reader.wrong("current"));
            None
        }
        Err(NotChanged::Weak(weak)) => {
            faults.add("fresh", reader.wrong(weak.code()));
            None
        }
        Err(NotChanged::Same) => {
            faults.add("fresh", reader.wrong("same"));
            None
        }
        Err(NotChanged::Locked { seconds }) => Some(
            reader
                .frame
                .say("refused-wait")
                .with("seconds", seconds)
                .to_string(),
        ),
        Err(other) => return Err(accounts::http::refused(other)),
    };
    Ok(refused_page(&own_password_page(
        &registry, reader, refused, &faults,
    )))
}

fn own_password_page(
    registry: &Registry,
    reader: Reader,
    refused: Option<String>,
    faults: &Faults,
) -> PasswordPage {
    let (fresh, again) = new_password_fields(&reader, registry.options().password_chars_min, faults);
    let email = reader.person.as_ref().and_then(|person| person.email());
    PasswordPage {
        email: email.map(ToString::to_string).unwrap_or_default(),
        refused,
        current: Field::password("current", reader.say("password-current"), "current-password")
            .wrong(faults.of("current"))
            .focused(),
        fresh,
        again,
        frame: reader.frame,
    }
}

/// A new password, typed twice: it cannot be read while it is typed.
pub fn new_password_fields(reader: &Reader, chars_min: usize, faults: &Faults) -> (Field, Field) {
    let rule = reader
        .frame
        .say("password-rule")
        .with("count", chars_min)
        .to_string();
    let fresh = Field::password("fresh", reader.say("password-new"), "new-password").hint(rule);
    let again = Field::password("again", reader.say("password-again"), "new-password");
    (fresh.wrong(faults.of("fresh")), again.wrong(faults.of("again")))
}
