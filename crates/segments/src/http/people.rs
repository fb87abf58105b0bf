//! People in segments over HTTP.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use front::{Body, Caller, InPath, InPath2, Problem, Query, Routes, routes};
use kernel::{Moment, PersonId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::wire;
use super::{ASKS, CHANGES, LOOKS, actor};
use crate::past::Step;
use crate::people::{Changed, Explained, Membership};
use crate::service::Segments;
use crate::types::{Actor, Key, Reason};

/// A history that names no time is of so long.
const SPAN_SECONDS: i64 = 31 * 86_400;
/// Segments of one call.
const NAMED_MAX: usize = 1_000;
/// As many segments as somebody may well be in.
const USUAL: usize = 64;

pub(super) fn routes(routes: Routes<Segments>) -> Routes<Segments> {
    routes
        .api(ASKS, routes!(get_segments_of_person))
        .api(CHANGES, routes!(change_segments_of_person))
        .api(LOOKS, routes!(explain_segment_of_person))
        .api(LOOKS, routes!(get_segment_history_of_person))
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhenIn {
    /// An instant of the past to answer for. Absent: this very moment.
    #[param(format = DateTime)]
    pub(crate) at: Option<String>,
}

impl WhenIn {
    pub(crate) fn past(&self, segments: &Segments) -> Result<Option<Moment>, Problem> {
        let at = self.at.as_deref().map(|at| wire::instant("at", at)).transpose()?;
        if at.is_some_and(|at| segments.is_to_come(at)) {
            return Err(Problem::invalid("at", "future", "must not lie in the future"));
        }
        Ok(at)
    }

    pub(crate) async fn segments_of(
        &self,
        segments: &Segments,
        person: PersonId,
    ) -> Result<Vec<Membership>, Problem> {
        let found = match self.past(segments)? {
            None => segments.of_person(person),
            Some(at) => segments.of_person_at(person, at).await?,
        };
        Ok(found.ok_or(Reason::NoPerson)?)
    }

    pub(crate) async fn why(
        &self,
        segments: &Segments,
        person: PersonId,
        key: &str,
    ) -> Result<Explained, Problem> {
        let at = self.past(segments)?;
        Ok(segments.explained(person, key, at).await?)
    }
}

/// One of the segments that somebody is in.
#[derive(Serialize, ToSchema)]
struct MembershipOut<'a> {
    key: &'a str,
    /// Which variant the person is shown, in a segment that has variants.
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<&'a str>,
}

impl<'a> MembershipOut<'a> {
    fn new(segment: &'a Key, variant: Option<&'a Key>) -> MembershipOut<'a> {
        MembershipOut {
            key: segment.as_str(),
            variant: variant.map(Key::as_str),
        }
    }
}

/// Which segments a person is in.
#[derive(Serialize, ToSchema)]
struct SegmentsOfPersonOut<'a> {
    segments: Vec<MembershipOut<'a>>,
}

impl SegmentsOfPersonOut<'_> {
    fn told(&self) -> Response {
        Body(self).into_response()
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddedIn {
    pub(crate) key: String,
    /// When it ends by itself (RFC 3339). Absent: never.
    #[schema(format = DateTime)]
    pub(crate) until: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MembershipChangeIn {
    /// Puts the person into these. Where they are already by hand, nothing is overwritten.
    #[schema(max_items = 1000)]
    #[serde(default)]
    pub(crate) add: Vec<AddedIn>,
    /// Takes the person out of these, and shields them from rollout and draws.
    #[schema(max_items = 1000)]
    #[serde(default)]
    pub(crate) remove: Vec<String>,
}

impl MembershipChangeIn {
    pub(crate) async fn put(
        self,
        segments: &Segments,
        person: PersonId,
        by: Actor,
    ) -> Result<Changed, Problem> {
        for (field, count) in [("add", self.add.len()), ("remove", self.remove.len())] {
            if count > NAMED_MAX {
                let what = format!("must name at most {NAMED_MAX} segments");
                return Err(Problem::invalid(field, "too_many", what));
            }
        }
        let added = self.add.into_iter().enumerate().map(|(at, added)| {
            let field = format!("add[{at}].until");
            let until = added.until.as_deref().map(|until| wire::instant(&field, until));
            Ok((added.key, until.transpose()?))
        });
        let added = added.collect::<Result<Vec<_>, Problem>>()?;
        Ok(segments.put(person, &added, &self.remove, by).await?)
    }
}

/// What became of a change.
#[derive(Serialize, ToSchema)]
struct MembershipChangeOut {
    added: Vec<String>,
    removed: Vec<String>,
    /// Named, and so already.
    unchanged: Vec<String>,
}

impl From<Changed> for MembershipChangeOut {
    fn from(changed: Changed) -> MembershipChangeOut {
        let names = |keys: Vec<crate::types::Key>| keys.iter().map(ToString::to_string).collect();
        MembershipChangeOut {
            added: names(changed.added),
            removed: names(changed.removed),
            unchanged: names(changed.unchanged),
        }
    }
}

/// The segments that a person is in
#[utoipa::path(get, path = "/api/v1/people/{id}/segments", operation_id = "get_segments_of_person",
    params(("id" = String, Path, format = "uuid", description = "The person"), WhenIn),
    responses((status = OK, body = SegmentsOfPersonOut<'_>)))]
async fn get_segments_of_person(
    State(segments): State<Segments>,
    InPath(id): InPath<PersonId>,
    Query(when): Query<WhenIn>,
) -> Result<Response, Problem> {
    let told = match when.past(&segments)? {
        None => segments.show(id, |all| {
            let mut segments = Vec::with_capacity(USUAL);
            segments.extend(all.map(|one| MembershipOut::new(one.segment, one.variant)));
            SegmentsOfPersonOut { segments }.told()
        }),
        Some(at) => segments.of_person_at(id, at).await?.map(|found| {
            let segments = found
                .iter()
                .map(|one| MembershipOut::new(&one.segment, one.variant.as_ref()));
            let segments = segments.collect();
            SegmentsOfPersonOut { segments }.told()
        }),
    };
    Ok(told.ok_or(Reason::NoPerson)?)
}

/// Puts a person into segments and out of others, all or none
#[utoipa::path(patch, path = "/api/v1/people/{id}/segments", operation_id = "change_segments_of_person",
    request_body = MembershipChangeIn,
    params(("id" = String, Path, format = "uuid", description = "The person")),
    responses((status = OK, body = MembershipChangeOut)))]
async fn change_segments_of_person(
    State(segments): State<Segments>,
    caller: Caller,
    InPath(id): InPath<PersonId>,
    Body(given): Body<MembershipChangeIn>,
) -> Result<Body<MembershipChangeOut>, Problem> {
    let changed = given.put(&segments, id, actor(&caller)).await?;
    Ok(Body(changed.into()))
}

/// Why a person is, or is not, in a segment.
#[derive(Serialize, ToSchema)]
struct WhyOut {
    is_in: bool,
    /// In: `by_hand`, `drawn`, `rollout`. Out: `no_segment`, `shielded`, `held_out`, `no_rollout`, `beyond_share`,
    /// `condition`, `not_included`, `excluded`.
    why: &'static str,
    /// Where the person stands in the rollout, of 10,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    point: Option<u64>,
    /// What the point must be below.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<u64>,
    /// The version of the segment that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    until: Option<String>,
    /// The condition that is false, or the segment or holdout that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<String>,
    /// The draw.
    #[serde(skip_serializing_if = "Option::is_none")]
    draw: Option<u16>,
    /// By hand or by draw: since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    since: Option<String>,
    /// By hand or by draw: who did it: `house`, `person:ID` or `key:ID`.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
}

impl WhyOut {
    fn of(explained: &Explained, segments: &Segments) -> WhyOut {
        let told = wire::Told::of(explained, segments);
        let instant = |at: Option<Moment>| at.map(|at| at.to_string());
        WhyOut {
            is_in: explained.why.is_in(),
            why: explained.why.word(),
            point: told.stand.map(|(point, _)| point),
            of: told.stand.map(|(_, of)| of),
            version: told.version,
            until: instant(told.until),
            what: told.what,
            draw: told.draw,
            since: instant(told.since),
            by: told.by,
        }
    }
}

/// Why a person is, or is not, in a segment
#[utoipa::path(get, path = "/api/v1/people/{id}/segments/{key}", operation_id = "explain_segment_of_person",
    params(("id" = String, Path, format = "uuid", description = "The person"),
        ("key" = String, Path, description = "The segment"), WhenIn),
    responses((status = OK, body = WhyOut)))]
async fn explain_segment_of_person(
    State(segments): State<Segments>,
    InPath2(id, key): InPath2<PersonId, String>,
    Query(when): Query<WhenIn>,
) -> Result<Body<WhyOut>, Problem> {
    let explained = when.why(&segments, id, &key).await?;
    Ok(Body(WhyOut::of(&explained, &segments)))
}

/// A line of a person's history: somebody came into a segment, or left it.
#[derive(Serialize, ToSchema)]
struct SegmentStepOut {
    key: String,
    /// `joined` or `left`.
    operation: &'static str,
    #[schema(format = DateTime)]
    at: String,
    /// What decided, in the words of `why`; `person_unknown` when the person was deleted.
    why: &'static str,
    /// Who did it, if it was done by hand: `person:ID` or `key:ID`.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
}

impl From<Step> for SegmentStepOut {
    fn from(step: Step) -> SegmentStepOut {
        SegmentStepOut {
            key: step.segment.to_string(),
            operation: if step.joined { "joined" } else { "left" },
            at: step.at.to_string(),
            why: step.cause,
            by: step.by.map(wire::actor),
        }
    }
}

/// Every joining and leaving, by whatever, in the order of time.
#[derive(Serialize, ToSchema)]
struct HistoryOut {
    items: Vec<SegmentStepOut>,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SpanIn {
    /// The first instant that is told. Absent: 31 days before the last.
    #[param(format = DateTime)]
    pub(crate) from: Option<String>,
    /// The first instant that is told no more. Absent: this very moment.
    #[param(format = DateTime)]
    pub(crate) to: Option<String>,
}

impl SpanIn {
    /// From an instant of the past to one that is not before it.
    pub(crate) fn read(&self, segments: &Segments) -> Result<(Moment, Moment), Problem> {
        let instant =
            |field: &str, given: Option<&str>| given.map(|given| wire::instant(field, given)).transpose();
        let now = segments.now();
        let to = instant("to", self.to.as_deref())?.map_or(now, |to| to.min(now));
        let from = instant("from", self.from.as_deref())?.unwrap_or(to.plus_seconds(-SPAN_SECONDS));
        if from > to {
            let what = "must not lie after `to`, or in the future";
            return Err(Problem::invalid("from", "order", what));
        }
        Ok((from, to))
    }
}

/// Every joining and leaving of a person within a time, by hand, by draw and by rollout
#[utoipa::path(get, path = "/api/v1/people/{id}/segment-history", operation_id = "get_segment_history_of_person",
    params(("id" = String, Path, format = "uuid", description = "The person"), SpanIn),
    responses((status = OK, body = HistoryOut)))]
async fn get_segment_history_of_person(
    State(segments): State<Segments>,
    InPath(id): InPath<PersonId>,
    Query(span): Query<SpanIn>,
) -> Result<Body<HistoryOut>, Problem> {
    let (from, to) = span.read(&segments)?;
    let steps = segments.steps(id, from, to).await?;
    Ok(Body(HistoryOut {
        items: steps.into_iter().map(SegmentStepOut::from).collect(),
    }))
}
