//! The operator's view for people: one page with what is due, what is late and what is parked.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Frame, NavItem, When, Words, done, shown};
use front::{InPath2, Problem, Routes};
use http::Method;
use kernel::{Id, PageSize};

use super::http::{ADMIN, unread};
use super::{ChangesState, Desk};

/// What the page says.
pub static WORDS: Words = Words::new(
    include_str!("../../locales/en.ftl"),
    include_str!("../../locales/ru.ftl"),
    Some(&front::frame::WORDS),
);

/// Where the header leads to.
pub const NAV: NavItem = NavItem {
    href: "/bell",
    words: &WORDS,
    key: "bell-title",
    access: ADMIN,
};

/// Of each list. Who has more parked than this mends the cause and looks again.
const ROWS: u32 = 50;

pub(super) fn routes() -> Routes<Desk> {
    Routes::new("bell")
        .page(ADMIN, Method::GET, "/bell", page)
        .page(
            ADMIN,
            Method::POST,
            "/bell/timers/{owner}/{name}/retry",
            retry_timer,
        )
        .page(
            ADMIN,
            Method::POST,
            "/bell/changes/{owner}/{number}/retry",
            retry_change,
        )
}

#[derive(Template)]
#[template(path = "bell.html")]
struct BellPage {
    frame: Frame,
    kinds: Vec<KindRow>,
    changes: ChangesState,
    /// Otherwise changes are kept for services that do not run here.
    hears: bool,
    timers: Vec<ParkedRow>,
    parked_changes: Vec<ParkedRow>,
}

struct KindRow {
    kind: &'static str,
    waiting: u32,
    late: u32,
    parked: u32,
    first: Option<When>,
}

/// A timer or a change that is parked.
struct ParkedRow {
    kind: String,
    key: String,
    owner: String,
    when: When,
    attempts: u32,
    reason: String,
    behind: u32,
    action: String,
}

async fn page(State(desk): State<Desk>, frame: Frame) -> Result<Response, Problem> {
    let frame = frame.over(&WORDS);
    let size = PageSize::clamped(Some(ROWS));
    let kinds = desk.kinds().await?;
    let timers = desk.parked_timers(None, size).await.map_err(unread)?;
    let changes = desk.parked_changes(None, size).await.map_err(unread)?;
    let timers = timers.items.into_iter().map(|timer| ParkedRow {
        kind: timer.kind.to_owned(),
        key: timer.key,
        owner: timer.owner.to_string(),
        when: frame.when(timer.due),
        attempts: timer.attempts,
        reason: timer.reason,
        behind: 0,
        action: format!("/bell/timers/{}/{}/retry", timer.owner, timer.name),
    });
    let parked_changes = changes.items.into_iter().map(|change| ParkedRow {
        kind: change.kind,
        key: change.key,
        owner: change.owner.to_string(),
        when: frame.when(change.since),
        attempts: change.attempts,
        reason: change.reason,
        behind: change.behind,
        action: format!("/bell/changes/{}/{}/retry", change.owner, change.number),
    });
    let kinds = kinds.into_iter().map(|state| KindRow {
        kind: state.kind,
        waiting: state.waiting,
        late: state.late,
        parked: state.parked,
        first: state.first.map(|first| frame.when(first)),
    });
    Ok(shown(&BellPage {
        kinds: kinds.collect(),
        changes: desk.changes().await?,
        hears: desk.hears(),
        timers: timers.collect(),
        parked_changes: parked_changes.collect(),
        frame,
    }))
}

async fn retry_timer(
    State(desk): State<Desk>,
    InPath2(owner, name): InPath2<Id, Id>,
) -> Result<Response, Problem> {
    told(desk.retry_timer(owner, name).await?)
}

async fn retry_change(
    State(desk): State<Desk>,
    InPath2(owner, number): InPath2<Id, i64>,
) -> Result<Response, Problem> {
    told(desk.retry_change(owner, number).await?)
}

fn told(was_parked: bool) -> Result<Response, Problem> {
    if was_parked {
        Ok(done("/bell", "done-retried"))
    } else {
        Err(Problem::not_found())
    }
}
