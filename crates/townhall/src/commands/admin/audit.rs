//! The audit trail, newest first.

use std::sync::Arc;

use kernel::PageSize;
use registry::Registry;
use registry::audit::{Entry, Filter};
use serde::Serialize;

use super::{find, short};
use crate::cli::Audit;
use crate::print;

#[derive(Serialize)]
struct Shown {
    at: String,
    act: &'static str,
    by: String,
    on: String,
    request: String,
    details: Vec<(String, String)>,
}

pub async fn run(registry: &Arc<Registry>, command: &Audit) -> anyhow::Result<()> {
    let Audit::List {
        about,
        limit,
        printed,
    } = command;
    let on = match about {
        Some(person) => Some(find(registry, person).await?.id.0),
        None => None,
    };
    let filter = Filter {
        on,
        ..Filter::default()
    };
    let page = registry
        .audit(&filter, None, PageSize::clamped(Some(*limit)))
        .await?;
    let entries: Vec<Shown> = page.items.iter().map(shown).collect();
    if printed.json {
        return print::json(&entries);
    }
    if entries.is_empty() {
        print::line("Nothing was done yet.");
        return Ok(());
    }
    let rows: Vec<[String; 5]> = entries
        .into_iter()
        .map(|entry| {
            let details = entry
                .details
                .iter()
                .map(|(what, value)| format!("{what}={value}"));
            [
                entry.at,
                entry.act.to_owned(),
                entry.by,
                entry.on,
                details.collect::<Vec<_>>().join(" "),
            ]
        })
        .collect();
    print::table(["at", "act", "by", "on", "details"], &rows);
    Ok(())
}

fn shown(entry: &Entry) -> Shown {
    let actor = entry.by.actor;
    Shown {
        at: short(entry.at),
        act: entry.act.code(),
        by: actor
            .id()
            .map_or(actor.kind().to_owned(), |id| format!("{} {id}", actor.kind())),
        on: entry.on.to_string(),
        request: entry.by.request.clone(),
        details: entry.details.0.clone(),
    }
}
