//! The OpenFeature Remote Evaluation Protocol: a segment is a boolean flag, a segment with variants a string flag, and
//! `targetingKey` is the person.
//!
//! Somebody whom nobody here knows is answered with the reason `UNKNOWN` and how far this instance is behind, never as
//! somebody who is in nothing. Each answer has key, value, reason, variant and metadata, because official clients miss
//! one or the other. What a context says about a person beside the key is not asked for: rules judge what the house
//! knows, so that every interface gives the same answer.
//!
//! All flags at once come with the address of a stream (`streams`) that tells when to fetch them again. Whoever was told
//! by one instance may fetch from another that has not heard of it yet; that one waits until it has, or the answer
//! would be "as before".

use std::sync::LazyLock;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use front::{Code, InPath, Problem, Query, Routes, routes};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kernel::{Moment, PersonId, Secret};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::ASKS;
use super::streams::{self, Addresses, INACTIVITY_SECONDS};
use crate::news::{Listener, NoPlace};
use crate::rules::rulebook::Seen;
use crate::rules::why::{Why, why};
use crate::service::{Segments, Shelf};
use crate::types::Segment;

/// An instance is up to a second behind another, and so waits a little longer for what another told.
const BEHIND_MAX: Duration = Duration::from_millis(1_500);
/// Characters of what is told by a stream.
const STATE_CHARS: usize = 32;

/// Segments as flags, and where it is told that they changed.
#[derive(Clone)]
pub(super) struct Flags {
    pub segments: Segments,
    pub addresses: Addresses,
}

pub(super) fn routes(segments: &Segments, base: &str, secret: &Secret) -> Routes {
    let routes = Routes::new("segments")
        .api_for_elsewhere(ASKS, routes!(evaluate_flag))
        .api_for_elsewhere(ASKS, routes!(evaluate_flags));
    streams::routes(routes).with_state(Flags {
        segments: segments.clone(),
        addresses: Addresses::new(base, secret),
    })
}

/// Who is asked about.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "for the document: what does not read is told in the protocol's own words"
)]
struct EvaluationIn {
    context: ContextIn,
}

/// The person, and whatever else the application knows.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "as above")]
struct ContextIn {
    /// The person's id.
    #[schema(format = "uuid")]
    targeting_key: String,
}

/// A flag as it is for a person.
#[derive(Serialize, ToSchema)]
struct EvaluationOut {
    key: String,
    /// True or false, or the name of a variant.
    value: FlagValue,
    /// `TARGETING_MATCH` (by hand or drawn), `SPLIT` (by a rollout), `STATIC` (nothing is decided for anybody), `DISABLED`
    /// (archived) or `UNKNOWN` (nobody here knows the person).
    reason: &'static str,
    /// `on`, `off`, or the name of a variant.
    variant: String,
    metadata: MetadataOut,
}

/// Whether a person is in, or which variant they are shown.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum FlagValue {
    Boolean(bool),
    Variant(String),
}

/// How the answer came about.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MetadataOut {
    /// The version of the segment.
    version: i64,
    /// The words of `why` in the API of segments.
    why: &'static str,
}

/// All flags as they are for a person.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EvaluationsOut {
    flags: Vec<EvaluationOut>,
    event_streams: [EventStreamOut; 1],
}

/// Where it is told when to fetch again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EventStreamOut {
    /// `sse`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Whoever has it can open it, so it is written to no log.
    #[schema(format = "uri")]
    url: String,
    /// After this long in the background it is closed.
    inactivity_delay_sec: u32,
}

/// What an event of a stream said, when that is why the flags are fetched.
#[derive(Default)]
struct Told {
    etag: Option<String>,
    last_modified: Option<String>,
}

impl Told {
    fn of(query: Vec<(String, String)>) -> Told {
        let mut told = Told::default();
        for (name, value) in query {
            match &*name {
                "flagConfigEtag" => told.etag = Some(value),
                "flagConfigLastModified" => told.last_modified = Some(value),
                _ => {}
            }
        }
        told
    }

    fn is_sane(&self) -> bool {
        let instant = |text: &str| text.parse::<u64>().is_ok() || text.parse::<Moment>().is_ok();
        self.last_modified.as_deref().is_none_or(instant)
    }
}

/// Why nothing was evaluated.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FailureOut {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// `PARSE_ERROR`, `TARGETING_KEY_MISSING`, `INVALID_CONTEXT` or `FLAG_NOT_FOUND`.
    error_code: &'static str,
    error_details: String,
}

impl FailureOut {
    fn new(key: Option<&str>, error_code: &'static str, error_details: impl Into<String>) -> FailureOut {
        FailureOut {
            key: key.map(str::to_owned),
            error_code,
            error_details: error_details.into(),
        }
    }

    fn answer(self) -> Response {
        let status = match self.error_code {
            "FLAG_NOT_FOUND" => StatusCode::NOT_FOUND,
            _ => StatusCode::BAD_REQUEST,
        };
        (status, axum::Json(self)).into_response()
    }
}

/// Evaluates one flag for a person (OFREP)
#[utoipa::path(post, path = "/ofrep/v1/evaluate/flags/{key}", operation_id = "evaluate_flag",
    request_body = EvaluationIn, params(("key" = String, Path, description = "The segment")),
    responses((status = OK, body = EvaluationOut), (status = BAD_REQUEST, body = FailureOut),
        (status = NOT_FOUND, body = FailureOut)))]
async fn evaluate_flag(
    State(Flags { segments, .. }): State<Flags>,
    InPath(key): InPath<String>,
    request: Request,
) -> Result<Response, Problem> {
    let context = match context(request, Some(&key)).await? {
        Ok(context) => context,
        Err(failure) => return Ok(failure.answer()),
    };
    let shelf = segments.shelf_now();
    let Ok(segment) = shelf.with_key(&key) else {
        let what = format!("There is no segment {key}.");
        return Ok(FailureOut::new(Some(&key), "FLAG_NOT_FOUND", what).answer());
    };
    let now = segments.0.clock.now();
    let found = segments.0.census.see(context.person, |seen| {
        let why = why(&shelf.book, segment.number, seen, now);
        evaluation(&shelf, segment, seen, &why)
    });
    let out = found.unwrap_or_else(|| unknown(segment));
    Ok(axum::Json(out).into_response())
}

/// Evaluates all flags for a person (OFREP)
#[utoipa::path(post, path = "/ofrep/v1/evaluate/flags", operation_id = "evaluate_flags",
    request_body = EvaluationIn,
    params(("If-None-Match" = Option<String>, Header, description = "The ETag of the last answer"),
        ("flagConfigEtag" = Option<String>, Query, description = "What the event of a stream told, if that is why"),
        ("flagConfigLastModified" = Option<String>, Query, description = "As above: seconds since 1970, or ISO 8601")),
    responses((status = OK, body = EvaluationsOut, headers(("ETag" = String, description = "Of rules, person and context"))),
        (status = NOT_MODIFIED, description = "As the last answer"), (status = BAD_REQUEST, body = FailureOut)))]
async fn evaluate_flags(
    State(Flags { segments, addresses }): State<Flags>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let context = match context(request, None).await? {
        Ok(context) => context,
        Err(failure) => return Ok(failure.answer()),
    };
    let told = Told::of(query);
    if !told.is_sane() {
        let what = "flagConfigLastModified must be seconds since 1970 or an instant in ISO 8601.";
        return Ok(FailureOut::new(None, "PARSE_ERROR", what).answer());
    }
    if let Some(told) = &told.etag {
        segments.catch_up(context.person, told).await;
    }
    let now = segments.now();
    let shelf = segments.shelf(now);
    let state = segments.state_at(&shelf, context.person, now);
    // When addresses of streams change, so does this: the old ones will soon be no good.
    let said = xxh3_64_with_seed(&streams::period(now).to_be_bytes(), context.hash);
    let tag = format!("\"{state}{said:016x}\"");
    let is_same = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| names(value, &tag));
    let tag = HeaderValue::try_from(tag).map_err(Problem::internal)?;
    if is_same {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let found = segments
        .0
        .census
        .see(context.person, |seen| all(&shelf, seen, now));
    let flags = found.unwrap_or_else(|| active(&shelf).map(unknown).collect());
    let event_streams = [EventStreamOut {
        kind: "sse",
        url: addresses.of(context.person, now),
        inactivity_delay_sec: INACTIVITY_SECONDS,
    }];
    let out = EvaluationsOut { flags, event_streams };
    Ok(([(header::ETAG, tag)], axum::Json(out)).into_response())
}

/// Whether `If-None-Match` names a tag.
fn names(value: &str, tag: &str) -> bool {
    value
        .split(',')
        .any(|one| one.trim().trim_start_matches("W/") == tag)
}

impl Segments {
    /// What the flags of a person follow from: the same on each instance that knows the same, and another one as soon as
    /// any of it changes.
    pub(super) fn state_of_flags(&self, person: PersonId) -> String {
        let now = self.now();
        self.state_at(&self.shelf(now), person, now)
    }

    fn state_at(&self, shelf: &Shelf, person: PersonId, now: Moment) -> String {
        let known = self.0.census.see(person, |seen| seen.state_at(now));
        format!("{:016x}{:016x}", shelf.fingerprint, known.unwrap_or_default())
    }

    pub(super) fn listen(&self, person: PersonId) -> Result<Listener, NoPlace> {
        self.0.news.listen(person)
    }

    /// Waits until this instance knows what another told, unless that takes longer than it may.
    async fn catch_up(&self, person: PersonId, told: &str) {
        let is_ours = told.len() == STATE_CHARS && told.bytes().all(|byte| byte.is_ascii_hexdigit());
        let (true, Ok(mut listener)) = (is_ours, self.listen(person)) else {
            return;
        };
        let caught_up = async { while self.state_of_flags(person) != told && listener.hears().await {} };
        let _ = tokio::time::timeout(BEHIND_MAX, caught_up).await;
    }
}

fn active(shelf: &Shelf) -> impl Iterator<Item = &Segment> {
    shelf.segments.iter().filter(|segment| segment.archived.is_none())
}

/// Every active segment for one person.
fn all(shelf: &Shelf, seen: &Seen<'_>, now: Moment) -> Vec<EvaluationOut> {
    active(shelf)
        .map(|segment| {
            let why = why(&shelf.book, segment.number, seen, now);
            evaluation(shelf, segment, seen, &why)
        })
        .collect()
}

fn evaluation(shelf: &Shelf, segment: &Segment, seen: &Seen<'_>, why: &Why) -> EvaluationOut {
    let place = shelf.book.place_of(segment.number);
    let chosen = place.and_then(|place| shelf.book.variant(place, seen.id));
    let reason = match why {
        Why::ByHand { .. } | Why::Drawn { .. } | Why::Shielded | Why::HeldOut { .. } => "TARGETING_MATCH",
        Why::False { .. } | Why::NotIn(_) | Why::ExcludedBy(_) => "TARGETING_MATCH",
        Why::Rolled { .. } | Why::Beyond { .. } => "SPLIT",
        Why::NoRollout => "STATIC",
        Why::NoSegment => "DISABLED",
    };
    let variant = chosen.filter(|_| why.is_in()).map(ToString::to_string);
    out(segment, why.is_in(), variant, reason, why.word())
}

fn unknown(segment: &Segment) -> EvaluationOut {
    out(segment, false, None, "UNKNOWN", "person_unknown")
}

fn out(
    segment: &Segment,
    is_in: bool,
    variant: Option<String>,
    reason: &'static str,
    why: &'static str,
) -> EvaluationOut {
    let variant = variant.unwrap_or_else(|| if is_in { "on" } else { "off" }.to_owned());
    let has_variants = !segment.definition.variants.is_empty();
    EvaluationOut {
        key: segment.key.to_string(),
        value: if has_variants {
            FlagValue::Variant(variant.clone())
        } else {
            FlagValue::Boolean(is_in)
        },
        reason,
        variant,
        metadata: MetadataOut {
            version: segment.version,
            why,
        },
    }
}

struct Context {
    person: PersonId,
    /// Of all that the application said.
    hash: u64,
}

static NOTHING: LazyLock<Map<String, Json>> = LazyLock::new(Map::new);

/// Who is asked about, or what the protocol calls what is wrong with it.
async fn context(request: Request, key: Option<&str>) -> Result<Result<Context, FailureOut>, Problem> {
    let fails = |code, what: &str| Ok(Err(FailureOut::new(key, code, what)));
    let body = match front::bytes(request, "application/json").await {
        Ok(body) => body,
        // The protocol has one word for whatever cannot be read.
        Err(problem) if problem.code() == Code::UnsupportedMediaType => {
            return fails("PARSE_ERROR", "Send the body as application/json.");
        }
        Err(problem) => return Err(problem),
    };
    let Ok(Json::Object(body)) = serde_json::from_slice(&body) else {
        return fails("PARSE_ERROR", "The body must be a JSON object with a context.");
    };
    let context = match body.get("context") {
        Some(Json::Object(context)) => context,
        None => &*NOTHING,
        Some(_) => return fails("INVALID_CONTEXT", "context must be an object."),
    };
    let person = match context.get("targetingKey") {
        None => {
            return fails(
                "TARGETING_KEY_MISSING",
                "context.targetingKey must name the person.",
            );
        }
        Some(Json::String(text)) => text.parse::<PersonId>(),
        Some(_) => return fails("INVALID_CONTEXT", "context.targetingKey must be a text."),
    };
    let Ok(person) = person else {
        return fails(
            "INVALID_CONTEXT",
            "context.targetingKey must be the id of a person, a GUID.",
        );
    };
    let hash = xxh3_64(Json::Object(context.clone()).to_string().as_bytes());
    Ok(Ok(Context {
        person,
        hash: xxh3_64_with_seed(person.0.as_bytes(), hash),
    }))
}
