//! People in the words of the wire, and back: what comes in is checked here, all fields at once, so that a form with
//! three mistakes is sent back once and not three times.

use std::collections::BTreeMap;

use front::Problem;
use kernel::{BadText, Language, PersonId, Text};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::limits;
use super::types::{About, Attributes, BadAttributes, Edit, Email, Origin, Person, StateName, Value, Zone};
use crate::grants::types::HouseRole;

/// A state by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StateOut {
    Invited,
    Active,
    Blocked,
    Deleted,
}

/// A role on the whole house.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleOut {
    Admin,
    Registrar,
    Auditor,
    Analyst,
}

impl From<RoleOut> for HouseRole {
    fn from(role: RoleOut) -> HouseRole {
        match role {
            RoleOut::Admin => HouseRole::Admin,
            RoleOut::Registrar => HouseRole::Registrar,
            RoleOut::Auditor => HouseRole::Auditor,
            RoleOut::Analyst => HouseRole::Analyst,
        }
    }
}

impl From<StateName> for StateOut {
    fn from(state: StateName) -> StateOut {
        match state {
            StateName::Invited => StateOut::Invited,
            StateName::Active => StateOut::Active,
            StateName::Blocked => StateOut::Blocked,
            StateName::Deleted => StateOut::Deleted,
        }
    }
}

impl From<StateOut> for StateName {
    fn from(state: StateOut) -> StateName {
        match state {
            StateOut::Invited => StateName::Invited,
            StateOut::Active => StateName::Active,
            StateOut::Blocked => StateName::Blocked,
            StateOut::Deleted => StateName::Deleted,
        }
    }
}

/// Somebody in the registry. Of a deleted person only the id and the state are left.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonOut {
    #[schema(format = "uuid")]
    pub id: String,
    pub state: StateOut,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `en` or `ru`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<&'static str>,
    /// Of the IANA database: `Europe/Moscow`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Plain values under names.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, serde_json::Value>>)]
    pub attributes: Option<BTreeMap<String, ScalarIn>>,
    /// The version of the source, for people who came from outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_version: Option<i64>,
    /// Grows by one with each change; the same as the ETag.
    pub version: i64,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub changed_at: String,
}

impl From<&Person> for PersonOut {
    fn from(person: &Person) -> PersonOut {
        let about = person.about();
        PersonOut {
            id: person.id.to_string(),
            state: person.state.name().into(),
            email: person.email().map(ToString::to_string),
            name: about.map(|about| about.name.to_string()),
            language: about.map(|about| about.language.code()),
            zone: about.map(|about| about.zone.as_str().to_owned()),
            attributes: about.map(|about| attributes_out(&about.attributes)),
            source_version: match person.origin {
                Origin::House => None,
                Origin::Source(version) => Some(version),
            },
            version: person.version,
            created_at: person.created.to_string(),
            changed_at: person.changed.to_string(),
        }
    }
}

/// A plain value of an attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ScalarIn {
    Flag(bool),
    Integer(i64),
    Decimal(f64),
    Text(String),
}

fn attributes_out(attributes: &Attributes) -> BTreeMap<String, ScalarIn> {
    let out = |value: &Value| match value {
        Value::Text(text) => ScalarIn::Text(text.clone()),
        Value::Integer(number) => ScalarIn::Integer(*number),
        Value::Decimal(number) => ScalarIn::Decimal(*number),
        Value::Flag(flag) => ScalarIn::Flag(*flag),
    };
    attributes
        .iter()
        .map(|(name, value)| (name.to_owned(), out(value)))
        .collect()
}

/// Somebody new.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonIn {
    /// Their GUID elsewhere. Without it they get one of ours.
    #[schema(format = "uuid")]
    pub id: Option<String>,
    /// What they sign in with. People without one cannot sign in.
    #[schema(format = "email", max_length = 254)]
    pub email: Option<String>,
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// `en` or `ru`; `en` if not given.
    #[schema(pattern = "^(en|ru)$")]
    pub language: Option<String>,
    /// Of the IANA database; `UTC` if not given.
    #[schema(max_length = 64)]
    pub zone: Option<String>,
    /// Plain values under names: texts, numbers, true and false.
    #[schema(value_type = Option<BTreeMap<String, serde_json::Value>>)]
    pub attributes: Option<BTreeMap<String, ScalarIn>>,
}

/// What to change about somebody. What is not given stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonChangeIn {
    /// `null` takes the address away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = "email", max_length = 254)]
    pub email: Option<Option<String>>,
    #[schema(min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// `en` or `ru`.
    #[schema(pattern = "^(en|ru)$")]
    pub language: Option<String>,
    #[schema(max_length = 64)]
    pub zone: Option<String>,
    /// All of them: those that are not named are taken away.
    #[schema(value_type = Option<BTreeMap<String, serde_json::Value>>)]
    pub attributes: Option<BTreeMap<String, ScalarIn>>,
}

/// Tells a field that is `null` from one that is not there.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// Collects what is wrong with the fields of one body.
#[derive(Default)]
pub(crate) struct Faults(Option<Problem>);

impl Faults {
    pub fn add(&mut self, field: impl Into<String>, code: &'static str, message: impl Into<String>) {
        let problem = self.0.take();
        self.0 = Some(match problem {
            Some(problem) => problem.field(field, code, message),
            None => Problem::invalid(field, code, message),
        });
    }

    /// The value, or a note of what is wrong with it.
    fn take<T>(&mut self, field: &str, parsed: Result<T, (&'static str, String)>) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err((code, message)) => {
                self.add(field, code, message);
                None
            }
        }
    }

    /// `value`, if nothing was wrong.
    pub fn or<T>(self, value: Option<T>) -> Result<T, Problem> {
        match (self.0, value) {
            (None, Some(value)) => Ok(value),
            (Some(problem), _) => Err(problem),
            (None, None) => Err(Problem::internal("a field was refused without a reason")),
        }
    }
}

pub(crate) fn email(text: &str) -> Result<Email, (&'static str, String)> {
    Email::parse(text).map_err(|bad| ("email", bad.to_string()))
}

fn name(text: &str, required: bool) -> Result<Text, (&'static str, String)> {
    let make = if required { Text::required } else { Text::new };
    make(text, limits::NAME_CHARS_MAX).map_err(|bad| (text_code(bad), bad.to_string()))
}

fn language(text: &str) -> Result<Language, (&'static str, String)> {
    text.parse::<Language>()
        .map_err(|bad| ("language", bad.to_string()))
}

fn zone(text: &str) -> Result<Zone, (&'static str, String)> {
    Zone::parse(text).map_err(|bad| ("zone", bad.to_string()))
}

fn attributes(values: BTreeMap<String, ScalarIn>) -> Result<Attributes, (&'static str, String)> {
    let values = values.into_iter().map(|(name, value)| {
        let value = match value {
            ScalarIn::Flag(flag) => Value::Flag(flag),
            ScalarIn::Integer(number) => Value::Integer(number),
            ScalarIn::Decimal(number) => Value::Decimal(number),
            ScalarIn::Text(text) => Value::Text(text),
        };
        (name, value)
    });
    Attributes::new(values).map_err(|bad| (attributes_code(&bad), bad.to_string()))
}

fn attributes_code(bad: &BadAttributes) -> &'static str {
    match bad {
        BadAttributes::TooMany | BadAttributes::TooBig => "too_long",
        BadAttributes::Name(bad) | BadAttributes::Text { problem: bad, .. } => text_code(*bad),
        BadAttributes::NotFinite { .. } => "number",
    }
}

fn text_code(bad: BadText) -> &'static str {
    match bad {
        BadText::Empty => "required",
        BadText::TooLong { .. } => "too_long",
        BadText::Control => "control_character",
    }
}

/// The fields of a person, as they come in anywhere.
pub(crate) struct AboutIn<'a> {
    pub email: Option<&'a str>,
    pub name: &'a str,
    pub name_required: bool,
    pub language: Option<&'a str>,
    pub zone: Option<&'a str>,
    pub attributes: Option<BTreeMap<String, ScalarIn>>,
}

impl AboutIn<'_> {
    pub fn check(self, faults: &mut Faults) -> Option<About> {
        let email = match self.email {
            Some(text) => faults.take("email", email(text)).map(Some),
            None => Some(None),
        };
        let name = faults.take("name", name(self.name, self.name_required));
        let language = faults.take(
            "language",
            self.language.map_or(Ok(Language::default()), language),
        );
        let zone = faults.take("zone", self.zone.map_or_else(|| Ok(Zone::utc()), zone));
        let attributes = faults.take("attributes", attributes(self.attributes.unwrap_or_default()));
        Some(About {
            email: email?,
            name: name?,
            language: language?,
            zone: zone?,
            attributes: attributes?,
        })
    }
}

impl PersonIn {
    pub fn check(self) -> Result<(Option<PersonId>, About), Problem> {
        let mut faults = Faults::default();
        let id = match self.id.as_deref() {
            Some(text) => {
                let id = text.parse::<PersonId>().map_err(|bad| ("id", bad.to_string()));
                faults.take("id", id).map(Some)
            }
            None => Some(None),
        };
        let about = AboutIn {
            email: self.email.as_deref(),
            name: &self.name,
            name_required: true,
            language: self.language.as_deref(),
            zone: self.zone.as_deref(),
            attributes: self.attributes,
        };
        let about = about.check(&mut faults);
        faults.or(id.zip(about))
    }
}

impl PersonChangeIn {
    pub fn check(self) -> Result<Edit, Problem> {
        let mut faults = Faults::default();
        let edit = Edit {
            email: match self.email {
                Some(Some(text)) => faults.take("email", email(&text)).map(Some),
                Some(None) => Some(None),
                None => None,
            },
            name: self.name.and_then(|text| faults.take("name", name(&text, true))),
            language: self
                .language
                .and_then(|text| faults.take("language", language(&text))),
            zone: self.zone.and_then(|text| faults.take("zone", zone(&text))),
            attributes: self
                .attributes
                .and_then(|values| faults.take("attributes", attributes(values))),
        };
        faults.or(Some(edit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_mistakes_of_a_body_are_named_at_once() {
        let body: PersonIn = serde_json::from_value(serde_json::json!({
            "id": "7", "email": "anna", "name": " ", "language": "fr", "zone": "Mars/Olympus",
            "attributes": {"city": "a\u{0}b"},
        }))
        .unwrap();
        let problem = body.check().unwrap_err();
        let named = problem
            .errors()
            .iter()
            .map(|error| (error.field.as_str(), &*error.code))
            .collect::<Vec<_>>();
        assert_eq!(
            named,
            [
                ("id", "id"),
                ("email", "email"),
                ("name", "required"),
                ("language", "language"),
                ("zone", "zone"),
                ("attributes", "control_character")
            ]
        );
    }

    #[test]
    fn a_change_tells_null_from_nothing() {
        let check = |json: &str, expected: Option<Option<Email>>| {
            let body: PersonChangeIn = serde_json::from_str(json).unwrap();
            assert_eq!(body.check().unwrap().email, expected, "{json}");
        };
        check("{}", None);
        check(r#"{"email":null}"#, Some(None));
        check(
            r#"{"email":"a@example.org"}"#,
            Some(Some(Email::parse("a@example.org").unwrap())),
        );
        assert!(serde_json::from_str::<PersonChangeIn>(r#"{"nmae":"Anna"}"#).is_err());
    }
}
