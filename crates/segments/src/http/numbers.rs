//! Numbers over HTTP, and who is in a segment.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use front::{Body, InPath, Problem, Query, Routes, routes};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::{HeaderMap, header};
use kernel::{PageSize, PersonId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::LOOKS;
use super::members::{CSV, LINES};
use super::wire::{self, RolloutShape, VariantShape};
use crate::numbers::{Edited, Numbers, OVERLAPPING_MAX, Overlap};
use crate::service::Segments;

const JSON: &str = "application/json";

pub(super) fn routes(routes: Routes<Segments>) -> Routes<Segments> {
    routes
        .api(LOOKS, routes!(get_segment_numbers))
        .api(LOOKS, routes!(preview_segment))
        .api(LOOKS, routes!(get_segment_overlap))
        .api(LOOKS, routes!(list_people_of_segment))
}

/// How many people are in a segment now, by what they are in it; by hand counts before draws, and those before the
/// rollout.
#[derive(Serialize, ToSchema)]
struct NumbersOut {
    key: String,
    members: u64,
    by_hand: u64,
    by_draw: u64,
    by_rollout: u64,
}

impl NumbersOut {
    fn of(key: &str, numbers: Numbers) -> NumbersOut {
        NumbersOut {
            key: key.to_owned(),
            members: numbers.members(),
            by_hand: numbers.by_hand,
            by_draw: numbers.by_draw,
            by_rollout: numbers.by_rollout,
        }
    }
}

/// Numbers of a few seconds ago at most.
#[derive(Serialize, ToSchema)]
struct AllNumbersOut {
    /// People that segments know.
    people: u64,
    /// Of each active segment, by key.
    items: Vec<NumbersOut>,
}

/// How many people are in each segment
#[utoipa::path(get, path = "/api/v1/segment-numbers", operation_id = "get_segment_numbers",
    responses((status = OK, body = AllNumbersOut)))]
async fn get_segment_numbers(State(segments): State<Segments>) -> Result<Body<AllNumbersOut>, Problem> {
    let (people, of) = segments.numbers().await?;
    let items = of
        .iter()
        .map(|(key, numbers)| NumbersOut::of(key.as_str(), *numbers));
    Ok(Body(AllNumbersOut {
        people,
        items: items.collect(),
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewIn {
    /// The rule to try; absent: none.
    pub(crate) rollout: Option<RolloutShape>,
    #[schema(max_items = 20)]
    #[serde(default)]
    pub(crate) variants: Vec<VariantShape>,
}

impl PreviewIn {
    /// What saving would change.
    pub(crate) async fn tried(self, segments: &Segments, key: &str) -> Result<Edited, Problem> {
        let segment = segments.segment(key)?;
        let shelf = segments.shelf_now();
        let (definition, exact) = wire::definition(&segment.key, self.rollout, self.variants, &shelf)?;
        let definition = segments.settled(Some(&segment), definition, exact).await?;
        Ok(segments.preview(key, definition).await?)
    }
}

/// What saving would change for the people of now.
#[derive(Serialize, ToSchema)]
struct PreviewOut {
    adds: u64,
    removes: u64,
    /// Who would be in then.
    members: u64,
}

/// What a rule would change, without saving it
#[utoipa::path(post, path = "/api/v1/segments/{key}/preview", operation_id = "preview_segment",
    request_body = PreviewIn, params(("key" = String, Path, description = "The segment")),
    responses((status = OK, body = PreviewOut)))]
async fn preview_segment(
    State(segments): State<Segments>,
    InPath(key): InPath<String>,
    Body(given): Body<PreviewIn>,
) -> Result<Body<PreviewOut>, Problem> {
    let edited = given.tried(&segments, &key).await?;
    Ok(Body(PreviewOut {
        adds: edited.adds,
        removes: edited.removes,
        members: edited.members,
    }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OverlapIn {
    /// Keys of 2 to 10 segments, with commas between them.
    #[param(example = "VOICE_MESSAGES,DARK_MODE")]
    keys: String,
}

/// What segments have in common.
#[derive(Serialize, ToSchema)]
struct OverlapOut {
    each: Vec<CountOut>,
    /// Of every two of them.
    pairs: Vec<PairOut>,
    /// People who are in all of them, and in at least one.
    all: u64,
    any: u64,
}

#[derive(Serialize, ToSchema)]
struct CountOut {
    key: String,
    members: u64,
}

#[derive(Serialize, ToSchema)]
struct PairOut {
    one: String,
    other: String,
    both: u64,
}

/// What segments have in common, if those are so many.
pub(crate) async fn overlap(segments: &Segments, keys: &[String]) -> Result<Overlap, Problem> {
    if keys.len() < 2 || keys.len() > OVERLAPPING_MAX {
        let what = format!("must name 2 to {OVERLAPPING_MAX} segments");
        return Err(Problem::invalid("keys", "count", what));
    }
    if let Some(unknown) = keys.iter().find(|key| segments.segment(key).is_err()) {
        let what = format!("must name segments, and {unknown:?} is none");
        return Err(Problem::invalid("keys", "unknown", what));
    }
    Ok(segments.overlap(keys).await?)
}

/// How many people segments have in common
#[utoipa::path(get, path = "/api/v1/segment-overlap", operation_id = "get_segment_overlap", params(OverlapIn),
    responses((status = OK, body = OverlapOut)))]
async fn get_segment_overlap(
    State(segments): State<Segments>,
    Query(asked): Query<OverlapIn>,
) -> Result<Body<OverlapOut>, Problem> {
    let keys: Vec<String> = asked.keys.split(',').map(|key| key.trim().to_owned()).collect();
    let overlap = overlap(&segments, &keys).await?;
    let pair = |(one, other, both): (crate::types::Key, crate::types::Key, u64)| PairOut {
        one: one.to_string(),
        other: other.to_string(),
        both,
    };
    let count = |(key, members): (crate::types::Key, u64)| CountOut {
        key: key.to_string(),
        members,
    };
    Ok(Body(OverlapOut {
        each: overlap.each.into_iter().map(count).collect(),
        pairs: overlap.pairs.into_iter().map(pair).collect(),
        all: overlap.all,
        any: overlap.any,
    }))
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PageIn {
    /// The last person of the page before.
    #[param(format = "uuid")]
    after: Option<String>,
    /// How many at most: 50 if not given. What is less than 1 or more than 500 is taken as that.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 4_294_967_295_i64)]
    limit: Option<u32>,
}

/// People of a segment, in an order of their own that does not change.
#[derive(Serialize, ToSchema)]
struct PeopleOut {
    #[schema(format = "uuid")]
    items: Vec<String>,
    /// What to hand in as `after` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Somebody in a segment.
#[derive(Serialize, ToSchema)]
struct PersonOfSegmentOut {
    #[schema(format = "uuid")]
    person: String,
}

/// The person whom a list goes on after.
pub(crate) fn after(given: Option<&str>) -> Result<Option<PersonId>, Problem> {
    let after = given.map(str::parse::<PersonId>).transpose();
    after.map_err(|bad| Problem::invalid("after", "id", bad.to_string()))
}

/// All people of a segment: page by page as JSON, or all at once as CSV or JSON lines
///
/// Asked for as `text/csv` or `application/x-ndjson` it is everybody after `after`, by the rules of the moment of asking,
/// however many they are and however long that takes; `limit` is for pages. A list whose last line has no end broke off.
#[utoipa::path(get, path = "/api/v1/segments/{key}/people", operation_id = "list_people_of_segment",
    params(("key" = String, Path, description = "The segment"), PageIn),
    responses((status = OK, content((PeopleOut = "application/json"), (String = "text/csv"),
        (PersonOfSegmentOut = "application/x-ndjson")))))]
async fn list_people_of_segment(
    State(segments): State<Segments>,
    InPath(key): InPath<String>,
    Query(page): Query<PageIn>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let after = after(page.after.as_deref())?;
    let kind = super::preferred(headers.get(header::ACCEPT), &[JSON, CSV, LINES]);
    if kind != JSON {
        let everybody = everybody(&segments, &key, after, kind)?;
        return Ok(([(header::CONTENT_TYPE, kind)], everybody).into_response());
    }
    let size = PageSize::clamped(page.limit).rows();
    let mut people = segments.people_of(&key, after, size + 1).await?;
    let more = people.len() > size;
    people.truncate(size);
    let page = Body(PeopleOut {
        next: people.last().filter(|_| more).map(ToString::to_string),
        items: people.iter().map(ToString::to_string).collect(),
    });
    Ok(page.into_response())
}

/// Everybody, written as they are found, as changes of many people can be handed in.
fn everybody(
    segments: &Segments,
    key: &str,
    after: Option<PersonId>,
    kind: &'static str,
) -> Result<axum::body::Body, Problem> {
    let people = segments.all_people_of(key, after)?;
    let names = if kind == CSV { "person\n" } else { "" };
    let lines = people.map_ok(move |people| {
        let mut text = String::new();
        for person in people {
            text.push_str(&match kind {
                CSV => format!("{person}\n"),
                _ => format!("{{\"person\":\"{person}\"}}\n"),
            });
        }
        Bytes::from(text)
    });
    let head = stream::iter([Ok(Bytes::from_static(names.as_bytes()))]);
    Ok(axum::body::Body::from_stream(head.chain(lines)))
}
