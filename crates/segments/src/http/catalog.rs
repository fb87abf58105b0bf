//! Segments themselves over HTTP.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::{Body, Caller, ETag, IfMatch, InPath, Problem, Query, Routes, routes};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::wire::{self, RolloutShape, SegmentOut, VariantShape};
use super::{CHANGES, LOOKS, actor};
use crate::catalog::{Draft, Edit};
use crate::service::Segments;
use crate::types::{Definition, Reason, Segment};

pub(super) fn routes(routes: Routes<Segments>) -> Routes<Segments> {
    routes
        .api(LOOKS, routes!(list_segments))
        .api(CHANGES, routes!(create_segment))
        .api(LOOKS, routes!(get_segment))
        .api(CHANGES, routes!(change_segment, archive_segment))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SegmentIn {
    /// Unique for ever, and compared exactly.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[A-Za-z0-9_.-]+$",
        example = "VOICE_MESSAGES"
    )]
    key: String,
    #[schema(max_length = 120)]
    title: String,
    #[schema(max_length = 2000)]
    #[serde(default)]
    description: String,
    /// The team that answers for it.
    #[schema(max_length = 120)]
    #[serde(default)]
    owner: String,
    rollout: Option<RolloutShape>,
    #[schema(max_items = 20)]
    #[serde(default)]
    variants: Vec<VariantShape>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SegmentChangeIn {
    #[schema(max_length = 120)]
    title: Option<String>,
    #[schema(max_length = 2000)]
    description: Option<String>,
    #[schema(max_length = 120)]
    owner: Option<String>,
    /// The whole rule anew; `null` ends it.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<RolloutShape>)]
    rollout: Option<Option<RolloutShape>>,
    /// All of them anew; empty: none.
    #[schema(max_items = 20)]
    variants: Option<Vec<VariantShape>>,
}

/// Tells a field that is `null` from one that is not there.
fn named<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WhichIn {
    /// Archived ones, too.
    archived: Option<bool>,
}

/// All segments. There are never so many that they would need pages.
#[derive(Serialize, ToSchema)]
struct SegmentsOut {
    items: Vec<SegmentOut>,
}

/// All segments, by key
#[utoipa::path(get, path = "/api/v1/segments", operation_id = "list_segments", params(WhichIn),
    responses((status = OK, body = SegmentsOut)))]
async fn list_segments(
    State(segments): State<Segments>,
    Query(which): Query<WhichIn>,
) -> Result<Body<SegmentsOut>, Problem> {
    let shelf = segments.shelf_now();
    let all = segments.segments(which.archived.unwrap_or(false));
    let items = all.iter().map(|segment| SegmentOut::of(segment, &shelf));
    Ok(Body(SegmentsOut {
        items: items.collect(),
    }))
}

/// Makes a segment
#[utoipa::path(post, path = "/api/v1/segments", operation_id = "create_segment", request_body = SegmentIn,
    responses((status = CREATED, body = SegmentOut, headers(("ETag" = String, description = "The version")))))]
async fn create_segment(
    State(segments): State<Segments>,
    caller: Caller,
    Body(given): Body<SegmentIn>,
) -> Result<Response, Problem> {
    let key = wire::key("key", &given.key)?;
    let (definition, exact) = wire::definition(&key, given.rollout, given.variants, &segments.shelf_now())?;
    let draft = Draft {
        title: wire::text("title", &given.title, wire::TITLE_CHARS_MAX)?,
        description: wire::text("description", &given.description, wire::DESCRIPTION_CHARS_MAX)?,
        owner: wire::text("owner", &given.owner, wire::OWNER_CHARS_MAX)?,
        definition: segments.settled(None, definition, exact).await?,
        key,
    };
    let created = segments.create(draft, actor(&caller)).await?;
    Ok((StatusCode::CREATED, shown(&segments, &created)).into_response())
}

/// One segment, archived or not
#[utoipa::path(get, path = "/api/v1/segments/{key}", operation_id = "get_segment",
    params(("key" = String, Path, description = "The segment")),
    responses((status = OK, body = SegmentOut, headers(("ETag" = String, description = "The version")))))]
async fn get_segment(
    State(segments): State<Segments>,
    InPath(key): InPath<String>,
) -> Result<Response, Problem> {
    let segment = segments.segment(&key)?;
    Ok(shown(&segments, &segment))
}

/// Changes a segment
#[utoipa::path(patch, path = "/api/v1/segments/{key}", operation_id = "change_segment", request_body = SegmentChangeIn,
    params(("key" = String, Path, description = "The segment"),
        ("If-Match" = String, Header, description = "The ETag that was read")),
    responses((status = OK, body = SegmentOut, headers(("ETag" = String, description = "The version")))))]
async fn change_segment(
    State(segments): State<Segments>,
    caller: Caller,
    InPath(key): InPath<String>,
    if_match: IfMatch,
    Body(given): Body<SegmentChangeIn>,
) -> Result<Response, Problem> {
    let before = matched(&segments, &key, &if_match)?;
    let field =
        |name: &str, given: Option<String>, max| given.map(|given| wire::text(name, &given, max)).transpose();
    let edit = Edit {
        title: field("title", given.title, wire::TITLE_CHARS_MAX)?,
        description: field("description", given.description, wire::DESCRIPTION_CHARS_MAX)?,
        owner: field("owner", given.owner, wire::OWNER_CHARS_MAX)?,
        definition: wanted(&segments, &before, given.rollout, given.variants).await?,
    };
    let changed = segments
        .change(&key, Some(before.version), edit, actor(&caller))
        .await;
    Ok(shown(&segments, &changed?))
}

/// Takes a segment from everybody, for ever
#[utoipa::path(delete, path = "/api/v1/segments/{key}", operation_id = "archive_segment",
    params(("key" = String, Path, description = "The segment"),
        ("If-Match" = String, Header, description = "The ETag that was read")),
    responses((status = OK, body = SegmentOut, headers(("ETag" = String, description = "The version")))))]
async fn archive_segment(
    State(segments): State<Segments>,
    caller: Caller,
    InPath(key): InPath<String>,
    if_match: IfMatch,
) -> Result<Response, Problem> {
    let before = matched(&segments, &key, &if_match)?;
    let archived = segments.archive(&key, Some(before.version), actor(&caller)).await;
    Ok(shown(&segments, &archived?))
}

/// The segment, if it is of the version that the caller read. The store asks again in its transaction.
fn matched(segments: &Segments, key: &str, if_match: &IfMatch) -> Result<Segment, Problem> {
    let before = segments.segment(key)?;
    if before.archived.is_some() {
        return Err(Reason::Archived(before.key).into());
    }
    if_match.check(ETag::of(before.version))?;
    Ok(before)
}

/// The definition that a change leaves; `None` when it names nothing of it.
async fn wanted(
    segments: &Segments,
    before: &Segment,
    rollout: Option<Option<RolloutShape>>,
    variants: Option<Vec<VariantShape>>,
) -> Result<Option<Definition>, Problem> {
    if rollout.is_none() && variants.is_none() {
        return Ok(None);
    }
    let names_rollout = rollout.is_some();
    let names_variants = variants.is_some();
    let shelf = segments.shelf_now();
    let given = wire::definition(
        &before.key,
        rollout.flatten(),
        variants.unwrap_or_default(),
        &shelf,
    )?;
    let (mut definition, exact) = given;
    if !names_rollout {
        definition.rollout.clone_from(&before.definition.rollout);
    }
    if !names_variants {
        definition.variants.clone_from(&before.definition.variants);
    }
    let settled = segments.settled(Some(before), definition, exact && names_rollout);
    Ok(Some(settled.await?))
}

fn shown(segments: &Segments, segment: &Segment) -> Response {
    let out = SegmentOut::of(segment, &segments.shelf_now());
    (ETag::of(segment.version), axum::Json(out)).into_response()
}
