//! Timers and changes that are late or parked.

use anyhow::Context as _;
use bell::Desk;
use kernel::{Id, PageSize};
use serde::Serialize;

use super::short;
use crate::cli::{Bell, Printed};
use crate::print;

#[derive(Serialize)]
struct Shown {
    kinds: Vec<Kind>,
    changes_waiting: u32,
    unheard: Vec<Unheard>,
    parked: Vec<Parked>,
}

/// The first change of a kind that waits.
#[derive(Serialize)]
struct Unheard {
    kind: String,
    since: String,
}

#[derive(Serialize)]
struct Kind {
    kind: &'static str,
    waiting: u32,
    due: u32,
    late: u32,
    parked: u32,
    first: Option<String>,
}

#[derive(Serialize)]
struct Parked {
    /// What `retry` takes.
    id: String,
    kind: String,
    key: String,
    attempts: u32,
    reason: String,
}

pub async fn run(desk: &Desk, command: &Bell) -> anyhow::Result<()> {
    match command {
        Bell::List(printed) => list(desk, *printed).await,
        Bell::Retry { id } => retry(desk, id).await,
        Bell::RetryAll => {
            let parked = parked(desk).await?;
            for parked in &parked {
                again(desk, &parked.id).await?;
            }
            print::line(&format!("{} are tried again.", parked.len()));
            Ok(())
        }
    }
}

async fn list(desk: &Desk, printed: Printed) -> anyhow::Result<()> {
    let kinds = desk.kinds().await?.into_iter().map(|state| Kind {
        kind: state.kind,
        waiting: state.waiting,
        due: state.due,
        late: state.late,
        parked: state.parked,
        first: state.first.map(short),
    });
    let unheard = desk.unheard().await?.into_iter().map(|first| Unheard {
        kind: first.kind,
        since: short(first.since),
    });
    let shown = Shown {
        kinds: kinds.collect(),
        changes_waiting: desk.changes().await?.waiting,
        unheard: unheard.collect(),
        parked: parked(desk).await?,
    };
    if printed.json {
        return print::json(&shown);
    }
    let rows: Vec<[String; 6]> = shown
        .kinds
        .into_iter()
        .map(|kind| {
            let first = kind.first.unwrap_or_default();
            let [waiting, due, late, parked] =
                [kind.waiting, kind.due, kind.late, kind.parked].map(|count| count.to_string());
            [kind.kind.to_owned(), waiting, due, late, parked, first]
        })
        .collect();
    print::table(["kind", "waiting", "due", "late", "parked", "first"], &rows);
    print::line(&format!(
        "Changes that wait to be told, or are kept for services to come: {}.",
        shown.changes_waiting
    ));
    if !shown.unheard.is_empty() {
        let rows: Vec<[String; 2]> = shown
            .unheard
            .into_iter()
            .map(|first| [first.kind, first.since])
            .collect();
        print::table(["kind", "first made"], &rows);
    }
    if shown.parked.is_empty() {
        print::line("Nothing is parked.");
        return Ok(());
    }
    let rows: Vec<[String; 5]> = shown
        .parked
        .into_iter()
        .map(|parked| {
            let attempts = parked.attempts.to_string();
            [parked.id, parked.kind, parked.key, attempts, parked.reason]
        })
        .collect();
    print::table(["id", "kind", "key", "attempts", "reason"], &rows);
    Ok(())
}

/// All that is parked, as far as a person can take it in.
async fn parked(desk: &Desk) -> anyhow::Result<Vec<Parked>> {
    let size = PageSize::clamped(Some(u32::MAX));
    let timers = desk.parked_timers(None, size).await?.items.into_iter();
    let changes = desk.parked_changes(None, size).await?.items.into_iter();
    let timers = timers.map(|timer| Parked {
        id: format!("timer/{}/{}", timer.owner, timer.name),
        kind: timer.kind.to_owned(),
        key: timer.key,
        attempts: timer.attempts,
        reason: timer.reason,
    });
    let changes = changes.map(|change| Parked {
        id: format!("change/{}/{}", change.owner, change.number),
        kind: change.kind,
        key: change.key,
        attempts: change.attempts,
        reason: change.reason,
    });
    Ok(timers.chain(changes).collect())
}

async fn retry(desk: &Desk, id: &str) -> anyhow::Result<()> {
    if again(desk, id).await? {
        print::line(&format!(
            "{id}: tried again within a second by whoever runs the house"
        ));
        Ok(())
    } else {
        anyhow::bail!("{id} is not parked; `townhall admin bell list` shows what is")
    }
}

async fn again(desk: &Desk, id: &str) -> anyhow::Result<bool> {
    let wrong = || format!("{id:?}; `townhall admin bell list` shows ids");
    let parts: Vec<&str> = id.split('/').collect();
    let [what, owner, which] = parts[..] else {
        anyhow::bail!(wrong());
    };
    let owner: Id = owner.parse().with_context(wrong)?;
    match what {
        "timer" => Ok(desk
            .retry_timer(owner, which.parse().with_context(wrong)?)
            .await?),
        "change" => Ok(desk
            .retry_change(owner, which.parse().with_context(wrong)?)
            .await?),
        _ => anyhow::bail!(wrong()),
    }
}
