//! Draws and holdouts over HTTP.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::{Body, Caller, InPath, InPath2, Problem, Routes, routes};
use http::{HeaderMap, StatusCode};
use kernel::Text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::wire::{self, ConditionShape};
use super::{CHANGES, LOOKS, actor};
use crate::draws::Wanted;
use crate::service::{Segments, Shelf};
use crate::types::{Draw, DrawNumber, DrawState, Holdout, Reason};

const REQUEST_CHARS_MAX: usize = 200;

pub(super) fn routes(routes: Routes<Segments>) -> Routes<Segments> {
    routes
        .api(LOOKS, routes!(list_draws))
        .api(CHANGES, routes!(draw_people))
        .api(CHANGES, routes!(end_draw))
        .api(LOOKS, routes!(list_holdouts))
        .api(CHANGES, routes!(create_holdout))
        .api(CHANGES, routes!(end_holdout))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DrawIn {
    /// In per cent of all who match now, rounded to whole people.
    #[schema(minimum = 0, maximum = 100, example = 10)]
    pub(crate) share: f64,
    /// All of these must be true of a person.
    #[schema(max_items = 20)]
    #[serde(default, rename = "where")]
    pub(crate) conditions: Vec<ConditionShape>,
    /// Keys of segments: only people of all of these.
    #[schema(max_items = 50)]
    #[serde(default)]
    pub(crate) include: Vec<String>,
    /// Keys of segments: nobody of any of these.
    #[schema(max_items = 50)]
    #[serde(default)]
    pub(crate) exclude: Vec<String>,
    /// When it ends by itself for all of them. Absent: never.
    #[schema(format = DateTime)]
    pub(crate) until: Option<String>,
}

impl DrawIn {
    /// What is to be drawn, under the name that the caller gave the request.
    pub(crate) fn wanted(self, segments: &Segments, request: Option<&str>) -> Result<Wanted, Problem> {
        let name = |text| wire::text("Idempotency-Key", text, REQUEST_CHARS_MAX);
        let request = request.map(name).transpose()?.map(Text::into_string);
        if request.as_deref() == Some("") {
            let what = "must not be empty when it is given";
            return Err(Problem::invalid("Idempotency-Key", "empty", what));
        }
        let shelf = segments.shelf_now();
        let until = self.until.as_deref().map(|until| wire::instant("until", until));
        Ok(Wanted {
            share: wire::share("share", self.share)?,
            among: wire::among(&self.conditions, &self.include, &self.exclude, &shelf)?,
            until: until.transpose()?,
            request,
        })
    }
}

/// A draw.
#[derive(Serialize, ToSchema)]
struct DrawOut {
    number: u16,
    /// `drawing`, `visible` or `failed`.
    state: &'static str,
    share: f64,
    #[serde(rename = "where")]
    conditions: Vec<ConditionShape>,
    include: Vec<String>,
    exclude: Vec<String>,
    /// Under it the points of those who were drawn are the smallest.
    seed: String,
    /// How many it was drawn from, and how many were drawn.
    matching: u64,
    drawn: u64,
    #[schema(format = DateTime)]
    begun_at: String,
    /// Since when they are members.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    visible_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    until: Option<String>,
    by: String,
}

impl DrawOut {
    fn of(draw: &Draw, shelf: &Shelf) -> DrawOut {
        let keys = |numbers: &[crate::types::Number]| {
            let keys = numbers.iter().map(|number| shelf.key_of(*number).to_string());
            keys.collect()
        };
        DrawOut {
            number: draw.number.get(),
            state: match draw.state {
                DrawState::Drawing => "drawing",
                DrawState::Visible => "visible",
                DrawState::Failed => "failed",
            },
            share: wire::percent(draw.wanted.share),
            conditions: draw.wanted.conditions.iter().map(wire::condition_shape).collect(),
            include: keys(&draw.wanted.include),
            exclude: keys(&draw.wanted.exclude),
            seed: draw.wanted.salt.clone(),
            matching: draw.matching,
            drawn: draw.drawn,
            begun_at: draw.begun.to_string(),
            visible_at: draw.visible.map(|at| at.to_string()),
            until: draw.until.map(|at| at.to_string()),
            by: wire::actor(draw.by),
        }
    }
}

/// The draws of a segment, the latest first.
#[derive(Serialize, ToSchema)]
struct DrawsOut {
    items: Vec<DrawOut>,
}

/// The draws of a segment, the latest first
#[utoipa::path(get, path = "/api/v1/segments/{key}/draws", operation_id = "list_draws",
    params(("key" = String, Path, description = "The segment")),
    responses((status = OK, body = DrawsOut)))]
async fn list_draws(
    State(segments): State<Segments>,
    InPath(key): InPath<String>,
) -> Result<Body<DrawsOut>, Problem> {
    let shelf = segments.shelf_now();
    let draws = segments.draws(&key)?;
    Ok(Body(DrawsOut {
        items: draws.iter().map(|draw| DrawOut::of(draw, &shelf)).collect(),
    }))
}

/// Draws people at random, once
///
/// Exactly the share of all who match now become members, all at the same instant. Asked for again under the same
/// `Idempotency-Key` nothing is drawn again, and the answer is that of the first time.
#[utoipa::path(post, path = "/api/v1/segments/{key}/draws", operation_id = "draw_people", request_body = DrawIn,
    params(("key" = String, Path, description = "The segment"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names this draw, with at most 200 characters")),
    responses((status = CREATED, body = DrawOut)))]
async fn draw_people(
    State(segments): State<Segments>,
    caller: Caller,
    InPath(key): InPath<String>,
    headers: HeaderMap,
    Body(given): Body<DrawIn>,
) -> Result<Response, Problem> {
    let request = headers
        .get("idempotency-key")
        .map(|value| value.to_str().unwrap_or_default());
    let wanted = given.wanted(&segments, request)?;
    let drawn = segments.draw(&key, wanted, actor(&caller)).await?;
    let out = DrawOut::of(&drawn, &segments.shelf_now());
    Ok((StatusCode::CREATED, axum::Json(out)).into_response())
}

/// Takes out everybody who is in by a draw
#[utoipa::path(delete, path = "/api/v1/segments/{key}/draws/{number}", operation_id = "end_draw",
    params(("key" = String, Path, description = "The segment"),
        ("number" = u16, Path, description = "The draw")),
    responses((status = OK, body = DrawOut)))]
async fn end_draw(
    State(segments): State<Segments>,
    InPath2(key, number): InPath2<String, u16>,
) -> Result<Body<DrawOut>, Problem> {
    let known = DrawNumber::new(number).ok_or(Reason::NoDraw(number))?;
    let ended = segments.end_draw(&key, known).await?;
    Ok(Body(DrawOut::of(&ended, &segments.shelf_now())))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoldoutIn {
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[A-Za-z0-9_.-]+$",
        example = "WINTER_2027"
    )]
    pub(crate) name: String,
    /// In per cent of all people.
    #[schema(minimum = 0, maximum = 100, example = 1)]
    pub(crate) share: f64,
    /// When it ends by itself. Absent: when somebody ends it.
    #[schema(format = DateTime)]
    pub(crate) until: Option<String>,
}

impl HoldoutIn {
    pub(crate) async fn hold_out(self, segments: &Segments) -> Result<Holdout, Problem> {
        let name = wire::key("name", &self.name)?;
        let share = wire::share("share", self.share)?;
        let until = self.until.as_deref().map(|until| wire::instant("until", until));
        Ok(segments.hold_out(name, share, until.transpose()?).await?)
    }
}

/// People who are kept out of all rollouts and draws. Whoever is in a segment by hand stays in it.
#[derive(Serialize, ToSchema)]
struct HoldoutOut {
    name: String,
    share: f64,
    #[schema(format = DateTime)]
    since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    until: Option<String>,
}

impl From<&Holdout> for HoldoutOut {
    fn from(holdout: &Holdout) -> HoldoutOut {
        HoldoutOut {
            name: holdout.name.to_string(),
            share: wire::percent(holdout.share),
            since: holdout.since.to_string(),
            until: holdout.until.map(|until| until.to_string()),
        }
    }
}

/// Holdouts, the latest first.
#[derive(Serialize, ToSchema)]
struct HoldoutsOut {
    items: Vec<HoldoutOut>,
}

/// All holdouts there ever were, the latest first
#[utoipa::path(get, path = "/api/v1/holdouts", operation_id = "list_holdouts",
    responses((status = OK, body = HoldoutsOut)))]
async fn list_holdouts(State(segments): State<Segments>) -> Result<Body<HoldoutsOut>, Problem> {
    Ok(Body(HoldoutsOut {
        items: segments.holdouts().iter().map(HoldoutOut::from).collect(),
    }))
}

/// Keeps a share of all people out of all rollouts and draws
#[utoipa::path(post, path = "/api/v1/holdouts", operation_id = "create_holdout", request_body = HoldoutIn,
    responses((status = CREATED, body = HoldoutOut)))]
async fn create_holdout(
    State(segments): State<Segments>,
    Body(given): Body<HoldoutIn>,
) -> Result<Response, Problem> {
    let held = given.hold_out(&segments).await?;
    Ok((StatusCode::CREATED, axum::Json(HoldoutOut::from(&held))).into_response())
}

/// Lets everybody in again whom a holdout kept out
#[utoipa::path(delete, path = "/api/v1/holdouts/{name}", operation_id = "end_holdout",
    params(("name" = String, Path, description = "The holdout")),
    responses((status = OK, body = HoldoutOut)))]
async fn end_holdout(
    State(segments): State<Segments>,
    InPath(name): InPath<String>,
) -> Result<Body<HoldoutOut>, Problem> {
    let ended = segments.end_holdout(&name).await?;
    Ok(Body(HoldoutOut::from(&ended)))
}
