//! Groups: those that one is in, and one of them with its people.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Field, Frame, done, shown};
use front::{Access, Form, InPath, Problem, Query, Routes};
use http::Method;
use kernel::{Cursor, Id, PageSize, PersonId};

use super::ADMINS;
use super::confirm::ConfirmPage;
use super::reader::{Faults, Reader, Typed, bad_text, read_cursor, refused_page};
use crate::audit::By;
use crate::groups::{Membership, Refused, Whole, refused};
use crate::{Registry, problems};

/// Groups of one page of those that an administrator sees.
const ROWS: u32 = 50;

#[derive(Template)]
#[template(path = "groups.html")]
struct GroupsPage {
    frame: Frame,
    rows: Vec<Row>,
    /// All groups of the house, for administrators.
    all: Option<Vec<Row>>,
    name: Field,
    later: bool,
    first: String,
    next: Option<String>,
}

struct Row {
    id: String,
    name: String,
    people: usize,
    is_kept: bool,
}

#[derive(Template)]
#[template(path = "group.html")]
struct GroupPage {
    frame: Frame,
    id: String,
    called: String,
    refused: Option<String>,
    people: Vec<Somebody>,
    /// For its keeper.
    edit: Option<Edit>,
    may_leave: bool,
}

struct Edit {
    name: Field,
    person: Field,
}

/// Somebody in the group.
struct Somebody {
    id: String,
    name: String,
    is_keeper: bool,
}

pub(super) fn routes(routes: Routes<Arc<Registry>>) -> Routes<Arc<Registry>> {
    const OWN: Access = Access::SIGNED_IN;
    routes
        .page(OWN, Method::GET, "/groups", list)
        .page(OWN, Method::POST, "/groups", create)
        .page(OWN, Method::GET, "/groups/{id}", show)
        .page(OWN, Method::POST, "/groups/{id}", act)
        .page(OWN, Method::GET, "/groups/{id}/delete", confirm_delete)
        .page(OWN, Method::POST, "/groups/{id}/delete", delete)
}

pub async fn list(
    State(registry): State<Arc<Registry>>,
    reader: Reader,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let after = read_cursor(&typed)?;
    let page = list_page(&registry, reader, after.as_ref(), ("", None)).await?;
    Ok(shown(&page))
}

pub async fn create(
    State(registry): State<Arc<Registry>>,
    reader: Reader,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let name = typed.get("name");
    let made = registry
        .make_group(reader.id()?, name, &By::from(&reader.caller))
        .await;
    match made {
        Ok(group) => Ok(done(&format!("/groups/{}", group.id), "done-group-made")),
        Err(why) => {
            let wrong = Some(said(&reader, why)?);
            let page = list_page(&registry, reader, None, (name, wrong)).await?;
            Ok(refused_page(&page))
        }
    }
}

async fn list_page(
    registry: &Registry,
    reader: Reader,
    after: Option<&Cursor>,
    (typed, wrong): (&str, Option<String>),
) -> Result<GroupsPage, Problem> {
    let me = reader.id()?;
    let row = |one: Membership| Row {
        id: one.group.id.to_string(),
        name: one.group.name.to_string(),
        people: one.people,
        is_kept: one.group.keeper == me,
    };
    let own = registry.groups_of(me).await.map_err(refused)?;
    let (mut all, mut next) = (None, None);
    if ADMINS.check(&reader.caller.who).is_ok() {
        let page = registry.all_groups(after, PageSize::clamped(Some(ROWS))).await;
        let page = page.map_err(refused)?;
        next = page
            .next
            .map(|cursor| format!("/groups?cursor={}", cursor.encode()));
        all = Some(page.items.into_iter().map(row).collect());
    }
    Ok(GroupsPage {
        rows: own.into_iter().map(row).collect(),
        all,
        name: Field::text("name", reader.say("groups-name"))
            .hint(reader.say("groups-name-hint"))
            .holding(typed)
            .wrong(wrong),
        later: after.is_some(),
        first: "/groups".to_owned(),
        next,
        frame: reader.frame,
    })
}

pub async fn show(
    State(registry): State<Arc<Registry>>,
    InPath(id): InPath<Id>,
    reader: Reader,
) -> Result<Response, Problem> {
    let nothing = (&Typed::default(), &Faults::default());
    Ok(shown(&group_page(&registry, reader, id, nothing, None).await?))
}

/// One form for each thing that is done with a group; `act` says which.
pub async fn act(
    State(registry): State<Arc<Registry>>,
    InPath(id): InPath<Id>,
    reader: Reader,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let page = format!("/groups/{id}");
    let (result, path, key) = match typed.get("act") {
        "rename" => {
            let name = Some(typed.get("name"));
            let changed = registry.change_group(&reader.doer(), id, name, None).await;
            (changed.map(|_| ()), page, "done-saved")
        }
        "add" => {
            let added = registry
                .add_to_group(&reader.doer(), id, typed.get("person"))
                .await;
            (added.map(|_| ()), page, "done-group-added")
        }
        "keeper" => {
            let keeper = Some(somebody(&typed)?);
            let changed = registry.change_group(&reader.doer(), id, None, keeper).await;
            (changed.map(|_| ()), page, "done-group-handed-over")
        }
        "leave" => {
            let left = registry.remove_from_group(&reader.doer(), id, reader.id()?).await;
            (left, "/groups".to_owned(), "done-group-left")
        }
        "remove" => {
            let person = somebody(&typed)?;
            let removed = registry.remove_from_group(&reader.doer(), id, person).await;
            (removed, page, "done-group-removed")
        }
        _ => {
            let known = "must be rename, add, keeper, leave or remove";
            return Err(Problem::invalid("act", "word", known));
        }
    };
    let Err(why) = result else {
        return Ok(done(&path, key));
    };
    let (mut faults, mut above) = (Faults::default(), None);
    let said = said(&reader, why)?;
    match typed.get("act") {
        "rename" => faults.add("name", said),
        "add" => faults.add("person", said),
        _ => above = Some(said),
    }
    let page = group_page(&registry, reader, id, (&typed, &faults), above).await?;
    Ok(refused_page(&page))
}

fn somebody(typed: &Typed) -> Result<PersonId, Problem> {
    let person = typed.get("person").parse().map(PersonId);
    person.map_err(|bad: kernel::BadId| Problem::invalid("person", "uuid", bad.to_string()))
}

async fn group_page(
    registry: &Registry,
    reader: Reader,
    id: Id,
    (typed, faults): (&Typed, &Faults),
    refusal: Option<String>,
) -> Result<GroupPage, Problem> {
    let me = reader.id()?;
    let Whole { group, members } = registry.group(&reader.doer(), id).await.map_err(refused)?;
    let names = registry.names_in(&members).await.map_err(problems::of_store)?;
    let may_edit = group.keeper == me || ADMINS.check(&reader.caller.who).is_ok();
    let name = if typed.get("act") == "rename" {
        typed.get("name")
    } else {
        group.name.as_str()
    };
    let edit = may_edit.then(|| Edit {
        name: Field::text("name", reader.say("groups-name"))
            .holding(name)
            .wrong(faults.of("name")),
        person: Field::email("person", reader.say("group-person"))
            .hint(reader.say("group-person-hint"))
            .holding(if typed.get("act") == "add" {
                typed.get("person")
            } else {
                ""
            })
            .wrong(faults.of("person")),
    });
    let people = members.iter().map(|member| Somebody {
        id: member.person.to_string(),
        name: names
            .get(&member.person)
            .cloned()
            .unwrap_or_else(|| reader.say("nameless")),
        is_keeper: member.person == group.keeper,
    });
    Ok(GroupPage {
        id: id.to_string(),
        called: group.name.to_string(),
        refused: refusal,
        people: people.collect(),
        edit,
        may_leave: group.keeper != me && members.iter().any(|member| member.person == me),
        frame: reader.frame,
    })
}

pub async fn confirm_delete(
    State(registry): State<Arc<Registry>>,
    InPath(id): InPath<Id>,
    reader: Reader,
) -> Result<Response, Problem> {
    let whole = registry.group(&reader.doer(), id).await.map_err(refused)?;
    if whole.group.keeper != reader.id()? {
        ADMINS.check(&reader.caller.who)?;
    }
    let page = ConfirmPage {
        question: reader
            .frame
            .say("group-delete-question")
            .with("name", whole.group.name.as_str())
            .to_string(),
        outcome: reader.say("group-delete-outcome"),
        act: reader.say("group-delete"),
        action: format!("/groups/{id}/delete"),
        back: format!("/groups/{id}"),
        frame: reader.frame,
    };
    Ok(page.answer())
}

pub async fn delete(
    State(registry): State<Arc<Registry>>,
    InPath(id): InPath<Id>,
    reader: Reader,
) -> Result<Response, Problem> {
    let deleted = registry.delete_group(&reader.doer(), id).await;
    deleted.map_err(refused)?;
    Ok(done("/groups", "done-group-deleted"))
}

/// Why something was refused, in the reader's words; a problem when there is nothing to show it on.
fn said(reader: &Reader, why: Refused) -> Result<String, Problem> {
    Ok(match why {
        Refused::Name(bad) => reader.wrong(bad_text(bad)),
        Refused::Nobody => reader.say("refused-nobody"),
        Refused::NotActive => reader.say("refused-not-active"),
        Refused::NotIn => reader.say("refused-not-in"),
        Refused::KeeperStays => reader.say("refused-keeper-stays"),
        Refused::TooManyMembers => reader.say("refused-too-many-members"),
        Refused::TooManyKept => reader.say("refused-too-many-kept"),
        Refused::TooManyMemberships => reader.say("refused-too-many-memberships"),
        other => return Err(refused(other)),
    })
}
