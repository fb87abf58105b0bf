//! Suppressions over HTTP: seen, added and cleared by administrators.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::{
    Access, Body, Caller, InPath, Listing, Paging, PagingIn, Problem, Query, Role, Routes, Who, routes,
};
use http::StatusCode;
use kernel::{Id, Text};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Address, Happened, New, Reason, Refused, Scope, Suppression, Suppressions};

/// Characters of a note.
const NOTE_CHARS_MAX: usize = 300;

const ADMIN: Access = Access::role(&[Role::on("admin", "house")]);

pub fn routes() -> Routes<Suppressions> {
    Routes::new("post")
        .api(ADMIN, routes!(list_suppressions, add_suppression))
        .api(ADMIN, routes!(get_suppression, clear_suppression))
        .api(ADMIN, routes!(list_suppression_story))
}

/// What does not go to an address, and why.
#[derive(Serialize, ToSchema)]
struct SuppressionOut {
    /// Of the address: all its entries have the same.
    #[schema(format = "uuid")]
    id: String,
    email: String,
    /// `everything`, `bulk`, or `stream:NAME`.
    scope: String,
    /// `hard_bounce`, `complaint`, `unsubscribed`, `by_hand` or `soft_bounces`.
    reason: &'static str,
    #[schema(format = DateTime)]
    since: String,
    /// Who said so: a provider, `report`, `one-click`, `person:ID` or `key:ID`.
    source: String,
    /// What they said.
    words: String,
}

impl From<Suppression> for SuppressionOut {
    fn from(entry: Suppression) -> SuppressionOut {
        SuppressionOut {
            id: entry.address.id().to_string(),
            email: entry.address.to_string(),
            scope: entry.scope.to_string(),
            reason: entry.reason.name(),
            since: entry.since.to_string(),
            source: entry.source,
            words: entry.words,
        }
    }
}

/// A line of the story of suppressions.
#[derive(Serialize, ToSchema)]
struct HappenedOut {
    #[schema(format = DateTime)]
    at: String,
    /// `begun` or `cleared`.
    act: &'static str,
    #[schema(format = "uuid")]
    id: String,
    email: String,
    scope: String,
    /// Why it had begun.
    reason: &'static str,
    /// Who said so.
    source: String,
    words: String,
}

impl From<Happened> for HappenedOut {
    fn from(line: Happened) -> HappenedOut {
        HappenedOut {
            at: line.at.to_string(),
            act: line.act.name(),
            id: line.address.id().to_string(),
            email: line.address.to_string(),
            scope: line.scope.to_string(),
            reason: line.reason.name(),
            source: line.source,
            words: line.words,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SuppressionIn {
    #[schema(max_length = 254, example = "anna@example.org")]
    email: String,
    /// `everything` (if not given), `bulk`, or `stream:NAME`.
    #[schema(max_length = 71, example = "bulk")]
    scope: Option<String>,
    /// Why, for whoever asks later.
    #[schema(max_length = 300)]
    note: Option<String>,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OfIn {
    /// Only what is about this address.
    #[param(max_length = 254)]
    email: Option<String>,
}

impl OfIn {
    fn address(&self) -> Result<Option<Address>, Problem> {
        let parsed = self.email.as_deref().map(Address::parse).transpose();
        parsed.map_err(|bad| refused(bad.into()))
    }
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ClearIn {
    /// Only this: `everything`, `bulk`, or `stream:NAME`. Without it, all that is stopped.
    #[param(max_length = 71)]
    scope: Option<String>,
    /// Why, for whoever asks later.
    #[param(max_length = 300)]
    note: Option<String>,
}

/// Addresses that letters do not go to, the latest first
#[utoipa::path(get, path = "/api/v1/post/suppressions", operation_id = "list_suppressions", params(PagingIn, OfIn),
    responses((status = OK, body = Listing<SuppressionOut>)))]
async fn list_suppressions(
    State(suppressions): State<Suppressions>,
    paging: Paging,
    Query(of): Query<OfIn>,
) -> Result<Listing<SuppressionOut>, Problem> {
    let page = suppressions
        .list(of.address()?.as_ref(), paging.after.as_ref(), paging.size)
        .await
        .map_err(refused)?;
    Ok(Listing::of(page, SuppressionOut::from))
}

/// Stops letters to an address
#[utoipa::path(post, path = "/api/v1/post/suppressions", operation_id = "add_suppression", request_body = SuppressionIn,
    responses((status = CREATED, body = SuppressionOut), (status = OK, body = SuppressionOut, description = "That was stopped already: the first reason stays")))]
async fn add_suppression(
    State(suppressions): State<Suppressions>,
    caller: Caller,
    Body(given): Body<SuppressionIn>,
) -> Result<Response, Problem> {
    let scope = given.scope.as_deref().map_or(Ok(Scope::Everything), str::parse);
    let new = New {
        address: Address::parse(&given.email).map_err(|bad| refused(bad.into()))?,
        scope: scope.map_err(refused)?,
        reason: Reason::ByHand,
        source: by(&caller),
        words: note(given.note)?,
    };
    let (address, scope) = (new.address.id(), new.scope.clone());
    if let Some(entry) = suppressions.stop(new).await? {
        return Ok((StatusCode::CREATED, axum::Json(SuppressionOut::from(entry))).into_response());
    }
    let entries = suppressions.of(address).await?;
    let known = entries.into_iter().find(|entry| entry.scope == scope);
    let known = known.ok_or_else(Problem::not_found)?;
    Ok(axum::Json(SuppressionOut::from(known)).into_response())
}

/// What does not go to one address
#[utoipa::path(get, path = "/api/v1/post/suppressions/{id}", operation_id = "get_suppression",
    params(("id" = String, Path, format = "uuid", description = "The address, by its id in the list")),
    responses((status = OK, body = Listing<SuppressionOut>)))]
async fn get_suppression(
    State(suppressions): State<Suppressions>,
    InPath(id): InPath<Id>,
) -> Result<Listing<SuppressionOut>, Problem> {
    let items: Vec<_> = suppressions.of(id).await?;
    if items.is_empty() {
        return Err(Problem::not_found());
    }
    let page = kernel::Page { items, next: None };
    Ok(Listing::of(page, SuppressionOut::from))
}

/// Lets letters go to an address again
#[utoipa::path(delete, path = "/api/v1/post/suppressions/{id}", operation_id = "clear_suppression",
    params(("id" = String, Path, format = "uuid", description = "The address, by its id in the list"), ClearIn),
    responses((status = NO_CONTENT, description = "Letters go there again")))]
async fn clear_suppression(
    State(suppressions): State<Suppressions>,
    caller: Caller,
    InPath(id): InPath<Id>,
    Query(given): Query<ClearIn>,
) -> Result<StatusCode, Problem> {
    let scope = given.scope.as_deref().map(str::parse::<Scope>).transpose();
    let note = note(given.note)?;
    suppressions
        .clear(id, scope.map_err(refused)?, &by(&caller), &note)
        .await
        .map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// What was stopped and cleared, by whom and why, the latest first
#[utoipa::path(get, path = "/api/v1/post/suppression-story", operation_id = "list_suppression_story", params(PagingIn, OfIn),
    responses((status = OK, body = Listing<HappenedOut>)))]
async fn list_suppression_story(
    State(suppressions): State<Suppressions>,
    paging: Paging,
    Query(of): Query<OfIn>,
) -> Result<Listing<HappenedOut>, Problem> {
    let page = suppressions
        .story(
            of.address()?.map(|address| address.id()),
            paging.after.as_ref(),
            paging.size,
        )
        .await
        .map_err(refused)?;
    Ok(Listing::of(page, HappenedOut::from))
}

fn note(given: Option<String>) -> Result<String, Problem> {
    let note = Text::new(&given.unwrap_or_default(), NOTE_CHARS_MAX);
    note.map(Text::into_string)
        .map_err(|bad| Problem::invalid("note", "text", bad.to_string()))
}

/// Who acts, as a word of the story.
pub(crate) fn by(caller: &Caller) -> String {
    match &caller.who {
        Who::Person(person) => format!("person:{}", person.id),
        Who::Key(key) => format!("key:{}", key.id),
        Who::Nobody => "nobody".to_owned(),
    }
}

pub(crate) fn refused(why: Refused) -> Problem {
    match why {
        Refused::Address(why) => Problem::invalid("email", "email", why.to_string()),
        Refused::Scope => Problem::invalid("scope", "scope", why.to_string()),
        Refused::NotFound => Problem::not_found(),
        Refused::BadCursor(error) => front::bad_cursor(error),
        Refused::Store(error) => Problem::from(error),
    }
}
