//! Segments themselves over HTTP.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::{Body, Caller, ETag, IfMatch, InPath, Problem, Query, Routes, routes};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::wire::{self, RolloutShape, SegmentOut, VariantShape};
use super::{CHANGES, LOOKS, actor};
use crate::catalog::{Draft, Edit, Made};
use crate::service::Segments;
use crate::types::{Definition, Reason, Segment};

pub(super) fn routes(routes: Routes<Segments>) -> Routes<Segments> {
    routes
        .api(LOOKS, routes!(list_segments))
        .api(CHANGES, routes!(create_segment))
        .api(LOOKS, routes!(get_segment))
        .api(CHANGES, routes!(change_segment, archive_segment))
        .api(LOOKS, routes!(list_segment_versions))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SegmentIn {
    /// Unique for ever, and compared exactly.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[A-Za-z0-9_.-]+$",
        example = "VOICE_MESSAGES"
    )]
    pub(crate) key: String,
    #[schema(max_length = 120)]
    pub(crate) title: String,
    #[schema(max_length = 2000)]
    #[serde(default)]
    pub(crate) description: String,
    /// The team that answers for it.
    #[schema(max_length = 120)]
    #[serde(default)]
    pub(crate) owner: String,
    pub(crate) rollout: Option<RolloutShape>,
    #[schema(max_items = 20)]
    #[serde(default)]
    pub(crate) variants: Vec<VariantShape>,
}

impl SegmentIn {
    pub(crate) async fn draft(self, segments: &Segments) -> Result<Draft, Problem> {
        let key = wire::key("key", &self.key)?;
        let shelf = segments.shelf_now();
        let (definition, exact) = wire::definition(&key, self.rollout, self.variants, &shelf)?;
        Ok(Draft {
            title: wire::text("title", &self.title, wire::TITLE_CHARS_MAX)?,
            description: wire::text("description", &self.description, wire::DESCRIPTION_CHARS_MAX)?,
            owner: wire::text("owner", &self.owner, wire::OWNER_CHARS_MAX)?,
            definition: segments.settled(None, definition, exact).await?,
            key,
        })
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SegmentChangeIn {
    #[schema(max_length = 120)]
    pub(crate) title: Option<String>,
    #[schema(max_length = 2000)]
    pub(crate) description: Option<String>,
    #[schema(max_length = 120)]
    pub(crate) owner: Option<String>,
    /// The whole rule anew; `null` ends it.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<RolloutShape>)]
    pub(crate) rollout: Option<Option<RolloutShape>>,
    /// All of them anew; empty: none.
    #[schema(max_items = 20)]
    pub(crate) variants: Option<Vec<VariantShape>>,
}

impl SegmentChangeIn {
    pub(crate) async fn edit(self, segments: &Segments, before: &Segment) -> Result<Edit, Problem> {
        let field = |name: &str, given: Option<String>, max| {
            given.map(|given| wire::text(name, &given, max)).transpose()
        };
        Ok(Edit {
            title: field("title", self.title, wire::TITLE_CHARS_MAX)?,
            description: field("description", self.description, wire::DESCRIPTION_CHARS_MAX)?,
            owner: field("owner", self.owner, wire::OWNER_CHARS_MAX)?,
            definition: wanted(segments, before, self.rollout, self.variants).await?,
        })
    }
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
    let draft = given.draft(&segments).await?;
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
    let edit = given.edit(&segments, &before).await?;
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

/// A version that a segment had.
#[derive(Serialize, ToSchema)]
struct VersionOut {
    version: i64,
    #[schema(format = DateTime)]
    made_at: String,
    by: String,
    /// It took the segment from everybody.
    archived: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    rollout: Option<RolloutShape>,
    variants: Vec<VariantShape>,
}

/// The latest versions, the newest first.
#[derive(Serialize, ToSchema)]
struct VersionsOut {
    items: Vec<VersionOut>,
}

/// The latest versions of a segment, at most 20, the newest first
#[utoipa::path(get, path = "/api/v1/segments/{key}/versions", operation_id = "list_segment_versions",
    params(("key" = String, Path, description = "The segment")),
    responses((status = OK, body = VersionsOut)))]
async fn list_segment_versions(
    State(segments): State<Segments>,
    InPath(key): InPath<String>,
) -> Result<Body<VersionsOut>, Problem> {
    let made = segments.made(&key).await?;
    let shelf = segments.shelf_now();
    let version = |made: Made| VersionOut {
        version: made.version,
        made_at: made.at.to_string(),
        by: wire::actor(made.by),
        archived: made.archived,
        rollout: wire::rollout_of(&made.definition, &shelf),
        variants: wire::variants_of(&made.definition),
    };
    Ok(Body(VersionsOut {
        items: made.into_iter().map(version).collect(),
    }))
}

/// The segment, if it is of the version that the caller read. The store asks again in its transaction.
pub(crate) fn matched(segments: &Segments, key: &str, if_match: &IfMatch) -> Result<Segment, Problem> {
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
