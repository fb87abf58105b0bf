//! The operator's view for programs.

use axum::extract::State;
use front::{Access, InPath2, Listing, Paging, PagingIn, Problem, Role, Routes, routes};
use http::StatusCode;
use kernel::{Id, Page};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Desk, KindState, ParkedChange, ParkedTimer, Unread};

pub(super) const ADMIN: Access = Access::role(&[Role::on("admin", "house")]);

pub(super) fn routes() -> Routes<Desk> {
    Routes::new("bell")
        .api(ADMIN, routes!(list_timer_kinds))
        .api(ADMIN, routes!(list_parked_timers))
        .api(ADMIN, routes!(retry_timer))
        .api(ADMIN, routes!(list_parked_changes))
        .api(ADMIN, routes!(retry_change))
}

/// How the timers of a kind are doing. Counts end at 10,000.
#[derive(Serialize, ToSchema)]
struct TimerKindOut {
    kind: &'static str,
    /// Set and not parked, due or not.
    waiting: u32,
    due: u32,
    /// Due for more than a second.
    late: u32,
    parked: u32,
    /// When the first of them rings, or should have rung.
    #[schema(format = DateTime)]
    first: Option<String>,
}

impl From<KindState> for TimerKindOut {
    fn from(state: KindState) -> TimerKindOut {
        TimerKindOut {
            kind: state.kind,
            waiting: state.waiting,
            due: state.due,
            late: state.late,
            parked: state.parked,
            first: state.first.map(|first| first.to_string()),
        }
    }
}

/// A timer that failed too often.
#[derive(Serialize, ToSchema)]
struct ParkedTimerOut {
    #[schema(format = "uuid")]
    owner: String,
    #[schema(format = "uuid")]
    name: String,
    kind: &'static str,
    key: String,
    /// When it should have rung.
    #[schema(format = DateTime)]
    due: String,
    attempts: u32,
    /// Why it failed the last time.
    reason: String,
}

impl From<ParkedTimer> for ParkedTimerOut {
    fn from(timer: ParkedTimer) -> ParkedTimerOut {
        ParkedTimerOut {
            owner: timer.owner.to_string(),
            name: timer.name.to_string(),
            kind: timer.kind,
            key: timer.key,
            due: timer.due.to_string(),
            attempts: timer.attempts,
            reason: timer.reason,
        }
    }
}

/// A change that nobody could take in.
#[derive(Serialize, ToSchema)]
struct ParkedChangeOut {
    #[schema(format = "uuid")]
    owner: String,
    number: i64,
    kind: String,
    key: String,
    #[schema(format = DateTime)]
    since: String,
    attempts: u32,
    /// Why it failed the last time.
    reason: String,
    /// Later changes of the same owner, which wait for this one.
    behind: u32,
}

impl From<ParkedChange> for ParkedChangeOut {
    fn from(change: ParkedChange) -> ParkedChangeOut {
        ParkedChangeOut {
            owner: change.owner.to_string(),
            number: change.number,
            kind: change.kind,
            key: change.key,
            since: change.since.to_string(),
            attempts: change.attempts,
            reason: change.reason,
            behind: change.behind,
        }
    }
}

/// Kinds of timers: what waits, is due, late and parked
#[utoipa::path(get, path = "/api/v1/bell/kinds", operation_id = "list_timer_kinds",
    responses((status = OK, body = Listing<TimerKindOut>)))]
async fn list_timer_kinds(State(desk): State<Desk>) -> Result<Listing<TimerKindOut>, Problem> {
    let page = Page {
        items: desk.kinds().await?,
        next: None,
    };
    Ok(Listing::of(page, TimerKindOut::from))
}

/// Timers that failed too often
#[utoipa::path(get, path = "/api/v1/bell/parked-timers", operation_id = "list_parked_timers", params(PagingIn),
    responses((status = OK, body = Listing<ParkedTimerOut>)))]
async fn list_parked_timers(
    State(desk): State<Desk>,
    paging: Paging,
) -> Result<Listing<ParkedTimerOut>, Problem> {
    let page = desk.parked_timers(paging.after.as_ref(), paging.size).await;
    Ok(Listing::of(page.map_err(unread)?, ParkedTimerOut::from))
}

/// Rings a parked timer again, with all its attempts
#[utoipa::path(post, path = "/api/v1/bell/parked-timers/{owner}/{name}/retry", operation_id = "retry_timer",
    params(("owner" = String, Path, format = "uuid"), ("name" = String, Path, format = "uuid")),
    responses((status = NO_CONTENT, description = "It rings within a second")))]
async fn retry_timer(
    State(desk): State<Desk>,
    InPath2(owner, name): InPath2<Id, Id>,
) -> Result<StatusCode, Problem> {
    if desk.retry_timer(owner, name).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found())
    }
}

/// Changes that nobody could take in; later ones of the same owner wait for them
#[utoipa::path(get, path = "/api/v1/bell/parked-changes", operation_id = "list_parked_changes", params(PagingIn),
    responses((status = OK, body = Listing<ParkedChangeOut>)))]
async fn list_parked_changes(
    State(desk): State<Desk>,
    paging: Paging,
) -> Result<Listing<ParkedChangeOut>, Problem> {
    let page = desk.parked_changes(paging.after.as_ref(), paging.size).await;
    Ok(Listing::of(page.map_err(unread)?, ParkedChangeOut::from))
}

/// Tells a parked change again, and those after it
#[utoipa::path(post, path = "/api/v1/bell/parked-changes/{owner}/{number}/retry", operation_id = "retry_change",
    params(("owner" = String, Path, format = "uuid"), ("number" = i64, Path)),
    responses((status = NO_CONTENT, description = "It is told within a second")))]
async fn retry_change(
    State(desk): State<Desk>,
    InPath2(owner, number): InPath2<Id, i64>,
) -> Result<StatusCode, Problem> {
    if desk.retry_change(owner, number).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found())
    }
}

pub(super) fn unread(why: Unread) -> Problem {
    match why {
        Unread::BadCursor(bad) => front::bad_cursor(bad),
        Unread::Store(error) => Problem::from(error),
    }
}
