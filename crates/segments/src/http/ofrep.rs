//! The OpenFeature Remote Evaluation Protocol: a segment is a boolean flag, a segment with variants a string flag, and
//! `targetingKey` is the person.
//!
//! Somebody whom nobody here knows is answered with the reason `UNKNOWN` and how far this instance is behind, never as
//! somebody who is in nothing. Each answer has key, value, reason, variant and metadata, because official clients miss
//! one or the other. What a context says about a person beside the key is not asked for: rules judge what the house
//! knows, so that every interface gives the same answer.

use std::sync::LazyLock;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use front::{InPath, Problem, Routes, routes};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kernel::PersonId;
use serde::Serialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::ASKS;
use crate::rules::rulebook::Seen;
use crate::rules::why::{Why, why};
use crate::service::{Segments, Shelf};
use crate::types::Segment;

pub(super) fn routes(routes: Routes<Segments>) -> Routes<Segments> {
    routes
        .api(ASKS, routes!(evaluate_flag))
        .api(ASKS, routes!(evaluate_flags))
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
struct EvaluationsOut {
    flags: Vec<EvaluationOut>,
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
    State(segments): State<Segments>,
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
    params(("If-None-Match" = Option<String>, Header, description = "The ETag of the last answer")),
    responses((status = OK, body = EvaluationsOut, headers(("ETag" = String, description = "Of rules, person and context"))),
        (status = NOT_MODIFIED, description = "As the last answer"), (status = BAD_REQUEST, body = FailureOut)))]
async fn evaluate_flags(
    State(segments): State<Segments>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let context = match context(request, None).await? {
        Ok(context) => context,
        Err(failure) => return Ok(failure.answer()),
    };
    let shelf = segments.shelf_now();
    let now = segments.0.clock.now();
    let known = segments.0.census.see(context.person, |seen| seen.state_at(now));
    let tag = format!(
        "\"{:016x}{:016x}{:016x}\"",
        shelf.fingerprint,
        known.unwrap_or_default(),
        context.hash
    );
    let is_same = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| {
            value
                .split(',')
                .any(|one| one.trim().trim_start_matches("W/") == tag)
        });
    let tag = HeaderValue::try_from(tag).map_err(Problem::internal)?;
    if is_same {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let found = segments
        .0
        .census
        .see(context.person, |seen| all(&shelf, seen, now));
    let flags = found.unwrap_or_else(|| active(&shelf).map(unknown).collect());
    Ok(([(header::ETAG, tag)], axum::Json(EvaluationsOut { flags })).into_response())
}

fn active(shelf: &Shelf) -> impl Iterator<Item = &Segment> {
    shelf.segments.iter().filter(|segment| segment.archived.is_none())
}

/// Every active segment for one person.
fn all(shelf: &Shelf, seen: &Seen<'_>, now: kernel::Moment) -> Vec<EvaluationOut> {
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
    let body = front::bytes(request, "application/json").await?;
    let fails = |code, what: &str| Ok(Err(FailureOut::new(key, code, what)));
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
