//! The users service: whoever knows people when they come by Kafka, asked for the state of the moment.
//!
//! A person is read as another Townhall shows one (`GET /api/v1/people/{id}`), so that one house can feed another. Whoever is
//! gone is told by 410 or the state `deleted`. 404 says that too, but so does whoever is no users service and stands at
//! a wrong address, and being gone ends all memberships; so it is believed only while the service is proved, which
//! is for a moment after it knew somebody. What is wrong is told apart by whom it is about: an
//! answer that can be read and says what cannot be will say so the next time too; whatever else went wrong may be over by then.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;
use futures_util::future::{BoxFuture, join_all, try_join_all};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kernel::{Id, Language, Moment, PersonId};
use metrics::{counter, describe_counter};
use parking_lot::Mutex;
use registry::people::types::{Attributes, Value as Attribute, Zone};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use segments::types::Facts;
use segments::{Population, Unknown};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;

use crate::config::Intake;

/// Where the id stands in the address.
pub const ID: &str = "{id}";
/// A person has 16 KB of attributes at most.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// Services close idle connections after a minute or so.
const IDLE_MAX: Duration = Duration::from_secs(20);
/// How long 404 is believed after somebody was known.
const PROVED: Duration = Duration::from_secs(60);

/// Why nothing is known of a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The answer cannot be used, and will not be otherwise the next time.
    #[error("the users service says of this person what cannot be: {0}")]
    Wrong(String),
    /// There was no answer that can be read.
    #[error("the users service does not answer as it should: {0}")]
    Failed(String),
    /// There was no answer at all, or none of the service's own, or we may not ask.
    #[error("the users service cannot be asked: {0}")]
    Away(String),
    /// 404 by whoever did not show that it knows anybody.
    #[error(
        "404, and whoever says so does not know people that are known here, or says it in no JSON; see users_url"
    )]
    Unproved,
}

/// What it says of a person.
enum Said {
    Known(Facts),
    Gone,
    /// 404, and whether in JSON.
    Nobody {
        in_json: bool,
    },
}

pub struct Users {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    address: String,
    token: Option<(HeaderName, HeaderValue)>,
    within: Duration,
    /// Questions that may be open.
    open: Semaphore,
    /// When it knew somebody the last time. Not since then when it was away meanwhile.
    proved: Mutex<Option<Instant>>,
}

impl Users {
    pub fn new(config: &Intake) -> anyhow::Result<Users> {
        describe_counter!(
            "townhall_intake_users_total",
            "Questions to the users service, by its answer: known, gone, nobody (404), wrong, failed."
        );
        let tls = HttpsConnectorBuilder::new().with_tls_config(tls(&config.users_root_cert)?);
        let connector = tls.https_or_http().enable_http1().build();
        let at_once = usize::try_from(config.users_at_once)?;
        Ok(Users {
            client: Client::builder(TokioExecutor::new())
                .pool_idle_timeout(IDLE_MAX)
                .pool_max_idle_per_host(at_once)
                .pool_timer(hyper_util::rt::TokioTimer::new())
                .build(connector),
            address: config.users_url.clone(),
            token: token(config)?,
            within: Duration::from_secs(config.users_seconds_max.into()),
            open: Semaphore::new(at_once),
            proved: Mutex::new(None),
        })
    }

    /// What is true of a person now; `None` when there is nobody.
    pub async fn about(&self, person: PersonId) -> Result<Option<Facts>, Fault> {
        match self.asked(person).await? {
            Said::Known(facts) => Ok(Some(facts)),
            Said::Gone => Ok(None),
            Said::Nobody { .. } if self.is_proved() => Ok(None),
            Said::Nobody { .. } => Err(Fault::Unproved),
        }
    }

    /// Whether it knew somebody a moment ago.
    pub fn is_proved(&self) -> bool {
        self.proved.lock().is_some_and(|at| at.elapsed() < PROVED)
    }

    /// Whether it is there and the right one: it knows one of these. Where nobody is known there is nobody to lose, and
    /// 404 in JSON will do.
    pub async fn prove(&self, witnesses: &[PersonId]) -> Result<(), Fault> {
        if witnesses.is_empty() {
            let nobody = PersonId(Id::named("person", "nobody, to see who answers"));
            if let Said::Nobody { in_json: false } = self.asked(nobody).await? {
                return Err(Fault::Unproved);
            }
            *self.proved.lock() = Some(Instant::now());
            return Ok(());
        }
        let said = join_all(witnesses.iter().map(|person| self.asked(*person))).await;
        if said.iter().any(|said| matches!(said, Ok(Said::Known(_)))) {
            return Ok(());
        }
        let fault = said.into_iter().find_map(Result::err);
        Err(fault.unwrap_or(Fault::Unproved))
    }

    async fn asked(&self, person: PersonId) -> Result<Said, Fault> {
        let away = |why: String| Fault::Away(why);
        let Ok(_open) = self.open.acquire().await else {
            return Err(away("nothing is asked any more".into()));
        };
        let asked = match tokio::time::timeout(self.within, self.ask(person)).await {
            Ok(asked) => asked,
            Err(_) => Err(away(format!("no answer within {} s", self.within.as_secs()))),
        };
        match &asked {
            Ok(Said::Known(_)) => *self.proved.lock() = Some(Instant::now()),
            Err(Fault::Away(_)) => *self.proved.lock() = None,
            _ => {}
        }
        let answer = match &asked {
            Ok(Said::Known(_)) => "known",
            Ok(Said::Gone) => "gone",
            Ok(Said::Nobody { .. }) => "nobody",
            Err(Fault::Wrong(_)) => "wrong",
            Err(_) => "failed",
        };
        counter!("townhall_intake_users_total", "answer" => answer).increment(1);
        asked
    }

    async fn ask(&self, person: PersonId) -> Result<Said, Fault> {
        let failed = |why: String| Fault::Failed(why);
        let away = |why: String| Fault::Away(why);
        let mut request = Request::builder()
            .method(Method::GET)
            .uri(self.address.replace(ID, &person.to_string()))
            .header(header::ACCEPT, "application/json")
            .header(
                header::USER_AGENT,
                concat!("townhall/", env!("CARGO_PKG_VERSION")),
            );
        if let Some((name, value)) = &self.token {
            request = request.header(name, value);
        }
        let request = request
            .body(Empty::new())
            .map_err(|error| failed(error.to_string()))?;
        let answer = self.client.request(request).await;
        let answer = answer.map_err(|error| away(chain(&error)))?;
        let status = answer.status();
        match status {
            StatusCode::OK | StatusCode::NOT_FOUND => {}
            StatusCode::GONE => return Ok(Said::Gone),
            StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => return Err(away(status.to_string())),
            status => return Err(failed(status.to_string())),
        }
        let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| failed(error.to_string()))?.to_bytes();
        let fields = serde_json::from_slice::<Map<String, Value>>(&body);
        if status == StatusCode::NOT_FOUND {
            return Ok(Said::Nobody {
                in_json: fields.is_ok(),
            });
        }
        let fields = fields.map_err(|_| failed("200, and no JSON object".into()))?;
        let facts = read(person, &fields).map_err(Fault::Wrong)?;
        Ok(facts.map_or(Said::Gone, Said::Known))
    }
}

impl Population for Users {
    /// Ends with the first person of whom nothing can be known, so that a service that is down is not asked for hundreds.
    fn facts<'a>(&'a self, people: &'a [PersonId]) -> BoxFuture<'a, Result<Vec<Option<Facts>>, Unknown>> {
        let asked: Vec<_> = people.iter().map(|person| self.about(*person)).collect();
        Box::pin(async move {
            let known: Result<Vec<_>, Fault> = try_join_all(asked).await;
            known.map_err(|fault| Unknown(fault.to_string()))
        })
    }
}

/// What another Townhall says of a person, or whoever says the same: `id`, `state`, `language`, `zone`, `created_at` and
/// `attributes`. What else is there is not looked at.
fn read(person: PersonId, fields: &Map<String, Value>) -> Result<Option<Facts>, String> {
    let text = |name: &str| match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(format!("{name} must be text")),
    };
    if let Some(id) = text("id")?
        && id.parse() != Ok(person)
    {
        return Err("id is somebody else's".into());
    }
    if text("state")? == Some("deleted") {
        return Ok(None);
    }
    let language = text("language")?.map_or(Ok(Language::default()), str::parse);
    let zone = text("zone")?.map_or_else(|| Ok(Zone::utc()), Zone::parse);
    let created = text("created_at")?.ok_or("created_at is missing")?;
    let created = created.parse::<Moment>();
    let attributes = match fields.get("attributes") {
        None | Some(Value::Null) => BTreeMap::new(),
        Some(Value::Object(values)) => values.iter().filter_map(attribute).collect::<Result<_, _>>()?,
        Some(_) => return Err("attributes must be an object".into()),
    };
    let attributes = Attributes::new(attributes).map_err(|bad| format!("attributes: {bad}"))?;
    Ok(Some(Facts {
        language: language.map_err(|bad| format!("language {bad}"))?,
        zone: zone.map_err(|bad| format!("zone {bad}"))?.as_str().to_owned(),
        created: created.map_err(|_| "created_at must be an instant such as 2026-11-21T08:00:00Z")?,
        attributes: super::plain(&attributes),
    }))
}

/// `null` is no attribute.
fn attribute((name, value): (&String, &Value)) -> Option<Result<(String, Attribute), String>> {
    let value = match value {
        Value::Null => return None,
        Value::Bool(flag) => Ok(Attribute::Flag(*flag)),
        Value::String(text) => Ok(Attribute::Text(text.clone())),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Ok(Attribute::Integer(integer)),
            (None, Some(decimal)) => Ok(Attribute::Decimal(decimal)),
            (None, None) => Err(()),
        },
        Value::Array(_) | Value::Object(_) => Err(()),
    };
    let plain = value.map_err(|()| format!("attributes: {name:?} must be text, a number, true or false"));
    Some(plain.map(|value| (name.clone(), value)))
}

fn token(config: &Intake) -> anyhow::Result<Option<(HeaderName, HeaderValue)>> {
    let token = config.users_token.reveal();
    if token.is_empty() {
        return Ok(None);
    }
    let name: HeaderName = config.users_header.parse().context("intake.users_header")?;
    let value = if name == header::AUTHORIZATION {
        format!("Bearer {token}")
    } else {
        token.to_owned()
    };
    let value = HeaderValue::try_from(value);
    let mut value = value.map_err(|_| anyhow!("intake.users_token cannot stand in a header"))?;
    value.set_sensitive(true);
    Ok(Some((name, value)))
}

/// The authorities that the world trusts, and those of the file.
fn tls(file: &Path) -> anyhow::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    if !file.as_os_str().is_empty() {
        let context = || format!("intake.users_root_cert: {}", file.display());
        let mut found = 0;
        for certificate in CertificateDer::pem_file_iter(file).with_context(context)? {
            roots
                .add(certificate.with_context(context)?)
                .with_context(context)?;
            found += 1;
        }
        if found == 0 {
            bail!("intake.users_root_cert: {} holds no certificate", file.display());
        }
    }
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// An error with its causes: the outermost of this client says only that something went wrong.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let said: Vec<String> = causes.map(ToString::to_string).collect();
    said.join(": ")
}

#[cfg(test)]
mod tests {
    use kernel::PersonId;
    use segments::types::Value as Fact;
    use serde_json::{Value, json};

    use super::*;

    fn person() -> PersonId {
        PersonId(Id::named("person", "1"))
    }

    fn reading(answer: Value) -> Result<Option<Facts>, String> {
        let Value::Object(fields) = answer else {
            panic!("an object")
        };
        read(person(), &fields)
    }

    #[test]
    fn a_person_is_read_as_another_house_shows_one() {
        let facts = reading(json!({
            "id": person().to_string(), "state": "active", "email": "a@example.org", "name": "Anna", "language": "ru",
            "zone": "Europe/Moscow", "attributes": {"plan": "gold", "visits": 7, "rate": 0.5, "staff": true, "none": null},
            "version": 3, "created_at": "2026-11-21T08:00:00Z", "changed_at": "2026-11-21T09:00:00Z",
        }));
        let facts = facts.unwrap().expect("is there");
        assert_eq!(facts.language, Language::Russian);
        assert_eq!(facts.zone, "Europe/Moscow");
        assert_eq!(facts.created.to_string(), "2026-11-21T08:00:00Z");
        let attributes: Vec<_> = facts
            .attributes
            .iter()
            .map(|(name, value)| (name.as_str(), value))
            .collect();
        assert_eq!(
            attributes,
            [
                ("plan", &Fact::Text("gold".into())),
                ("rate", &Fact::Decimal(0.5)),
                ("staff", &Fact::Flag(true)),
                ("visits", &Fact::Integer(7))
            ]
        );
        assert_eq!(reading(json!({"state": "deleted"})), Ok(None));
        let little = reading(json!({"created_at": "2026-11-21T08:00:00Z"}));
        assert_eq!(little.unwrap().expect("is there").zone, "UTC");
    }

    #[test]
    fn what_cannot_be_is_named() {
        let born = "2026-11-21T08:00:00Z";
        for (answer, named) in [
            (json!({}), "created_at"),
            (json!({"created_at": "yesterday"}), "created_at"),
            (json!({"created_at": born, "language": "fr"}), "language"),
            (json!({"created_at": born, "language": 7}), "language"),
            (json!({"created_at": born, "zone": "Mars/Olympus"}), "zone"),
            (
                json!({"created_at": born, "id": Id::named("person", "2").to_string()}),
                "id",
            ),
            (json!({"created_at": born, "attributes": [1]}), "attributes"),
            (json!({"created_at": born, "attributes": {"a": [1]}}), "\"a\""),
            (json!({"created_at": born, "attributes": {"": "x"}}), "attributes"),
        ] {
            let refused = reading(answer).unwrap_err();
            assert!(refused.contains(named), "{refused}");
        }
    }
}
