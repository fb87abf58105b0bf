//! People: list, show, create with an invitation, block, give roles.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use kernel::{PageSize, Text};
use registry::Registry;
use registry::grants::types::{HOUSE, HouseRole};
use registry::links::Issued;
use registry::people::limits::NAME_CHARS_MAX;
use registry::people::types::{About, Attributes, Email, Person, Zone};
use registry::people::{NewPerson, Search, Start};
use serde::Serialize;

use super::{doer, find, short};
use crate::cli::{People, Printed};
use crate::print;

#[derive(Serialize)]
struct Shown {
    id: String,
    state: &'static str,
    name: String,
    email: String,
    language: String,
    zone: String,
    created: String,
    roles: Vec<String>,
}

#[derive(Serialize)]
struct Linked<'a> {
    id: String,
    link: Option<&'a str>,
    expires: String,
}

pub async fn run(registry: &Arc<Registry>, command: &People) -> anyhow::Result<()> {
    match command {
        People::List {
            search,
            limit,
            printed,
        } => list(registry, search.clone(), *limit, *printed).await,
        People::Show { person, printed } => show(registry, person, *printed).await,
        People::Create {
            email,
            name,
            role,
            language,
            zone,
            printed,
        } => {
            let about = About {
                email: Some(Email::parse(email).context("--email")?),
                name: Text::required(name, NAME_CHARS_MAX).context("--name")?,
                language: language.parse().context("--language")?,
                zone: Zone::parse(zone).context("--zone")?,
                attributes: Attributes::default(),
            };
            create(registry, about, role, *printed).await
        }
        People::Block { person } => {
            let id = find(registry, person).await?.id;
            registry.block_person(&doer(), id).await?;
            done(person, "blocked; their sessions have ended")
        }
        People::Unblock { person } => {
            let id = find(registry, person).await?.id;
            registry.unblock_person(&doer(), id).await?;
            done(person, "let in again")
        }
        People::ResetLink { person, printed } => {
            let id = find(registry, person).await?.id;
            let issued = registry.issue_reset(&doer(), id).await?;
            linked(id.to_string(), &issued, *printed)
        }
        People::Grant { person, role, scope } => {
            let id = find(registry, person).await?.id;
            registry.grant(&doer(), id, role, scope).await?;
            done(person, &format!("has the role {role} on {scope}"))
        }
        People::Revoke { person, role, scope } => {
            let id = find(registry, person).await?.id;
            registry.revoke_grant(&doer(), id, role, scope).await?;
            done(person, &format!("no longer has the role {role} on {scope}"))
        }
    }
}

fn done(person: &str, what: &str) -> anyhow::Result<()> {
    print::line(&format!("{person}: {what}"));
    Ok(())
}

async fn create(
    registry: &Arc<Registry>,
    about: About,
    roles: &[String],
    printed: Printed,
) -> anyhow::Result<()> {
    // Looked at before anything is written, so that a slip does not leave half of what was asked for.
    for role in roles {
        let known = HouseRole::ALL.map(HouseRole::relation);
        if !known.contains(&role.as_str()) {
            let hint = crate::nearest::hint(role, known);
            bail!(
                "--role {role}: there is no such role.{hint} Roles: {}.",
                known.join(", ")
            );
        }
    }
    let new = NewPerson {
        id: None,
        about,
        start: Start::Invited,
    };
    let person = registry.create_person(&doer(), new).await?;
    for role in roles {
        registry.grant(&doer(), person.id, role, HOUSE).await?;
    }
    let issued = registry.invite(&doer(), person.id).await?;
    linked(person.id.to_string(), &issued, printed)
}

fn linked(id: String, issued: &Issued, printed: Printed) -> anyhow::Result<()> {
    let link = issued.address.as_ref().map(kernel::Secret::reveal);
    let expires = short(issued.expires);
    if printed.json {
        return print::json(&Linked { id, link, expires });
    }
    match link {
        Some(link) => {
            print::line(&format!(
                "Pass this link on; it can be used once, until {expires}:"
            ));
            print::line(link);
        }
        None => print::line(&format!(
            "The link is on its way in a letter; it can be used until {expires}."
        )),
    }
    Ok(())
}

async fn list(
    registry: &Arc<Registry>,
    search: Option<String>,
    limit: u32,
    printed: Printed,
) -> anyhow::Result<()> {
    let search = Search {
        text: search,
        ..Search::default()
    };
    let page = registry
        .people(&search, None, PageSize::clamped(Some(limit)))
        .await?;
    let shown: Vec<Shown> = page
        .items
        .iter()
        .map(|person| shown(person, Vec::new()))
        .collect();
    if printed.json {
        return print::json(&shown);
    }
    if shown.is_empty() {
        print::line("Nobody.");
        return Ok(());
    }
    let rows: Vec<[String; 4]> = shown
        .into_iter()
        .map(|person| [person.id, person.state.to_owned(), person.name, person.email])
        .collect();
    print::table(["id", "state", "name", "e-mail"], &rows);
    if page.next.is_some() {
        print::line("There are more; narrow them with --search, or raise --limit.");
    }
    Ok(())
}

async fn show(registry: &Arc<Registry>, named: &str, printed: Printed) -> anyhow::Result<()> {
    let person = find(registry, named).await?;
    let grants = registry.grants(&doer(), person.id).await?;
    let roles = grants
        .into_iter()
        .map(|given| format!("{} on {}", given.relation, given.scope))
        .collect();
    let shown = shown(&person, roles);
    if printed.json {
        return print::json(&shown);
    }
    let roles = if shown.roles.is_empty() {
        String::from("none")
    } else {
        shown.roles.join(", ")
    };
    let rows = [
        ["id", &shown.id],
        ["state", shown.state],
        ["name", &shown.name],
        ["e-mail", &shown.email],
        ["language", &shown.language],
        ["zone", &shown.zone],
        ["created", &shown.created],
        ["roles", &roles],
    ];
    for [what, value] in rows {
        print::line(&format!("{what:10}{value}"));
    }
    Ok(())
}

fn shown(person: &Person, roles: Vec<String>) -> Shown {
    let about = person.about();
    Shown {
        id: person.id.to_string(),
        state: person.state.name().as_str(),
        name: about.map_or(String::new(), |about| about.name.to_string()),
        email: person
            .email()
            .map_or(String::new(), |email| email.as_str().to_owned()),
        language: about.map_or(String::new(), |about| about.language.to_string()),
        zone: about.map_or(String::new(), |about| about.zone.as_str().to_owned()),
        created: short(person.created),
        roles,
    }
}
