//! Who reads a page, what they typed, and what they are told when it was refused.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use front::frame::Frame;
use front::{Caller, Code, Problem, Role};
use http::request::Parts;
use kernel::{BadText, Cursor, PersonId, Text};

use super::WORDS;
use crate::Registry;
use crate::failure::Failure;
use crate::grants::types::Doer;
use crate::people::types::{Person, Reason};

/// Whoever reads the page. Somebody who is signed in is looked up, so that their name, language and zone are what
/// they are now and not what they were when their token was made.
pub struct Reader {
    pub frame: Frame,
    pub caller: Caller,
    pub person: Option<Person>,
}

impl FromRequestParts<Arc<Registry>> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, registry: &Arc<Registry>) -> Result<Reader, Problem> {
        let caller = Caller::from_request_parts(parts, registry).await?;
        let frame = Frame::from_request_parts(parts, registry)
            .await
            .unwrap_or_else(|never| match never {});
        let frame = frame.over(&WORDS);
        let Ok(signed_in) = caller.person() else {
            return Ok(Reader {
                frame,
                caller,
                person: None,
            });
        };
        let person = registry
            .known(signed_in.id)
            .await
            .map_err(|failure| match failure {
                // Deleted a moment ago: the token still lives, the person does not.
                Failure::Refused(Reason::NotFound) => Problem::new(Code::TokenInvalid),
                other => other.into(),
            })?;
        let about = person.about().ok_or_else(|| Problem::new(Code::TokenInvalid))?;
        let called = if about.name.is_empty() {
            frame.say("nameless").to_string()
        } else {
            about.name.to_string()
        };
        let frame = frame.read_by(called, about.language, about.zone.as_str());
        Ok(Reader {
            frame,
            caller,
            person: Some(person),
        })
    }
}

impl Reader {
    pub fn doer(&self) -> Doer {
        Doer::from(&self.caller)
    }

    pub fn id(&self) -> Result<PersonId, Problem> {
        Ok(self.caller.person()?.id)
    }

    /// Themselves, on pages that are for people who signed in.
    pub fn myself(&self) -> Result<&Person, Problem> {
        self.person
            .as_ref()
            .ok_or_else(|| Problem::new(Code::NotSignedIn))
    }

    pub fn is(&self, role: &Role) -> bool {
        self.caller.has(role)
    }

    pub fn say(&self, key: &str) -> String {
        self.frame.say(key).to_string()
    }

    /// Why a field was not accepted, by the code that the service gives.
    pub fn wrong(&self, code: &str) -> String {
        self.frame
            .say_of("wrong", code)
            .unwrap_or_else(|| self.say("wrong-other"))
    }

    /// Why an act was refused; a problem when the store could not serve or there is nothing to act on.
    pub fn refused(&self, failure: Failure) -> Result<String, Problem> {
        let reason = match failure {
            Failure::Refused(reason) => reason,
            other => return Err(other.into()),
        };
        Ok(match reason {
            Reason::NotFound => return Err(Problem::not_found()),
            Reason::EmailTaken => self.say("wrong-taken"),
            Reason::Stale => self.say("refused-stale"),
            Reason::LastAdmin => self.say("refused-last-admin"),
            Reason::Outranked => self.say("refused-outranked"),
            Reason::AdminOnly => self.say("refused-admin-only"),
            Reason::NoEmail => self.say("refused-no-email"),
            Reason::NotInvited | Reason::NotActive | Reason::IdTaken => self.say("refused-state"),
            _ => self.say("refused-other"),
        })
    }
}

/// The fields of a form as they were typed. What is missing is empty.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(transparent)]
pub struct Typed(HashMap<String, String>);

impl Typed {
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }

    pub fn ticked(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// Where a page of a list starts.
pub fn read_cursor(typed: &Typed) -> Result<Option<Cursor>, Problem> {
    match typed.get("cursor") {
        "" => Ok(None),
        cursor => Cursor::decode(cursor).map(Some).map_err(front::bad_cursor),
    }
}

/// What is wrong with a form, by field.
#[derive(Debug, Default)]
pub struct Faults(Vec<(&'static str, String)>);

impl Faults {
    pub fn add(&mut self, field: &'static str, text: String) {
        self.0.push((field, text));
    }

    pub fn of(&self, field: &str) -> Option<String> {
        self.0
            .iter()
            .find(|(name, _)| *name == field)
            .map(|(_, text)| text.clone())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes a value out of what reading it gave, and notes the fault if there is one.
    pub fn take<T>(&mut self, field: &'static str, read: Result<T, String>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(fault) => {
                self.add(field, fault);
                None
            }
        }
    }
}

/// Text that has to be there, or what is wrong with it.
pub fn required_text(reader: &Reader, typed: &str, chars_max: usize) -> Result<Text, String> {
    Text::required(typed, chars_max).map_err(|bad| reader.wrong(bad_text(bad)))
}

/// The word of a text's fault.
pub fn bad_text(bad: BadText) -> &'static str {
    match bad {
        BadText::Empty => "required",
        BadText::TooLong { .. } => "too-long",
        BadText::Control => "control-character",
    }
}

/// A form that was refused, shown again.
pub fn refused_page(page: &impl askama::Template) -> Response {
    (http::StatusCode::UNPROCESSABLE_ENTITY, front::frame::shown(page)).into_response()
}
