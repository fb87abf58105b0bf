//! Keys: of services, and those that sign access tokens.

use std::sync::Arc;

use anyhow::Context as _;
use kernel::{Id, PageSize};
use registry::Registry;
use registry::audit::By;
use registry::keys::{ApiKey, NewKey};
use registry::tokens::OldTokens;
use serde::Serialize;

use super::{REQUEST, short};
use crate::cli::{Keys, Printed};
use crate::print;

#[derive(Serialize)]
struct Shown {
    id: String,
    name: String,
    scopes: Vec<String>,
    created: String,
    last_used: Option<String>,
    revoked: Option<String>,
}

#[derive(Serialize)]
struct Made<'a> {
    id: String,
    key: &'a str,
}

pub async fn run(registry: &Arc<Registry>, command: &Keys) -> anyhow::Result<()> {
    let by = By::house(REQUEST);
    match command {
        Keys::List(printed) => list(registry, *printed).await,
        Keys::Create { name, scope, printed } => {
            let new = NewKey {
                name: name.clone(),
                scopes: scope.clone(),
                expires: None,
            };
            let (key, secret) = registry.make_key(new, &by).await?;
            if printed.json {
                return print::json(&Made {
                    id: key.id.to_string(),
                    key: secret.reveal(),
                });
            }
            print::line("The key, shown this once; send it as X-Api-Key:");
            print::line(secret.reveal());
            Ok(())
        }
        Keys::Revoke { id } => {
            let parsed: Id = id
                .parse()
                .with_context(|| format!("{id:?}; `townhall admin keys list` shows ids"))?;
            registry.revoke_key(parsed, &by).await?;
            print::line(&format!(
                "{id}: revoked; it is refused everywhere within a second"
            ));
            Ok(())
        }
        Keys::Rotate { at_once } => {
            let old = if *at_once {
                OldTokens::RefusedAtOnce
            } else {
                OldTokens::StayGood
            };
            registry.rotate_keys(old, &by).await?;
            print::line(match old {
                OldTokens::StayGood => {
                    "A new key signs from now on; tokens of the old one stay good until they end."
                }
                OldTokens::RefusedAtOnce => "A new key signs from now on; tokens of the old one are refused.",
            });
            Ok(())
        }
    }
}

async fn list(registry: &Arc<Registry>, printed: Printed) -> anyhow::Result<()> {
    let mut keys = Vec::new();
    let mut after = None;
    loop {
        let page = registry
            .keys(after.as_ref(), PageSize::clamped(Some(u32::MAX)))
            .await?;
        keys.extend(page.items.iter().map(shown));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if printed.json {
        return print::json(&keys);
    }
    if keys.is_empty() {
        print::line("There are no API keys.");
        return Ok(());
    }
    let rows: Vec<[String; 5]> = keys
        .into_iter()
        .map(|key| {
            let state = key
                .revoked
                .map_or(String::from("good"), |at| format!("revoked {at}"));
            let used = key.last_used.unwrap_or_else(|| String::from("never"));
            [key.id, key.name, key.scopes.join(" "), used, state]
        })
        .collect();
    print::table(["id", "name", "scopes", "last used", "state"], &rows);
    Ok(())
}

fn shown(key: &ApiKey) -> Shown {
    Shown {
        id: key.id.to_string(),
        name: key.name.to_string(),
        scopes: key.scopes.words().to_vec(),
        created: short(key.created),
        last_used: key.last_used.map(short),
        revoked: key.revoked.map(short),
    }
}
