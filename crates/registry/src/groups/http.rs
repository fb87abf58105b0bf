//! Groups over HTTP.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::{
    Access, Body, Caller, Code, InPath, InPath2, Listing, Paging, PagingIn, Problem, Routes, routes,
};
use http::StatusCode;
use kernel::{Id, PersonId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::types::{Group, Membership, Refused, Whole};
use crate::audit::By;
use crate::grants::ADMIN;
use crate::grants::types::Doer;
use crate::{Registry, problems};

pub fn routes() -> Routes<Arc<Registry>> {
    const OWN: Access = Access::SIGNED_IN;
    Routes::new("registry")
        .api(OWN, routes!(list_groups, make_group))
        .api(Access::role(&[ADMIN]), routes!(list_all_groups))
        .api(OWN, routes!(get_group, change_group, delete_group))
        .api(OWN, routes!(add_to_group))
        .api(OWN, routes!(remove_from_group))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupIn {
    #[schema(min_length = 1, max_length = 100, example = "Choir")]
    name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupChangeIn {
    /// Absent: as it was.
    #[schema(min_length = 1, max_length = 100, example = "Choir")]
    name: Option<String>,
    /// Who keeps it from now on: somebody in it who may sign in. Absent: as it was.
    #[schema(format = "uuid")]
    keeper: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupMemberIn {
    /// The id or the e-mail address of somebody of the house.
    #[schema(min_length = 1, max_length = 320)]
    person: String,
}

/// People who belong together.
#[derive(Serialize, ToSchema)]
struct GroupOut {
    #[schema(format = "uuid")]
    id: String,
    name: String,
    /// Who says who is in it.
    #[schema(format = "uuid")]
    keeper: String,
    /// How many are in it.
    count: usize,
    #[schema(format = DateTime)]
    made_at: String,
}

/// Somebody in a group.
#[derive(Serialize, ToSchema)]
struct GroupMemberOut {
    #[schema(format = "uuid")]
    person: String,
    /// Absent: nobody knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[schema(format = DateTime)]
    since: String,
}

/// A group with everybody in it, those first who are in it for longest.
#[derive(Serialize, ToSchema)]
struct WholeGroupOut {
    #[schema(format = "uuid")]
    id: String,
    name: String,
    /// Who says who is in it.
    #[schema(format = "uuid")]
    keeper: String,
    #[schema(format = DateTime)]
    made_at: String,
    people: Vec<GroupMemberOut>,
}

fn group_out(group: Group, count: usize) -> GroupOut {
    GroupOut {
        id: group.id.to_string(),
        name: group.name.into_string(),
        keeper: group.keeper.to_string(),
        count,
        made_at: group.made.to_string(),
    }
}

fn listed(one: Membership) -> GroupOut {
    group_out(one.group, one.people)
}

async fn whole_out(registry: &Registry, whole: Whole) -> Result<WholeGroupOut, Problem> {
    let names = registry
        .names_in(&whole.members)
        .await
        .map_err(problems::of_store)?;
    let people = whole.members.into_iter().map(|member| GroupMemberOut {
        person: member.person.to_string(),
        name: names.get(&member.person).cloned(),
        since: member.since.to_string(),
    });
    Ok(WholeGroupOut {
        id: whole.group.id.to_string(),
        name: whole.group.name.into_string(),
        keeper: whole.group.keeper.to_string(),
        made_at: whole.group.made.to_string(),
        people: people.collect(),
    })
}

/// The groups that one is in, the oldest first
///
/// Whoever was added a moment ago may find the group a moment later.
#[utoipa::path(get, path = "/api/v1/groups", operation_id = "list_groups",
    responses((status = OK, body = Listing<GroupOut>)))]
async fn list_groups(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
) -> Result<Listing<GroupOut>, Problem> {
    let known = registry.groups_of(caller.person()?.id).await.map_err(refused)?;
    Ok(Listing {
        items: known.into_iter().map(listed).collect(),
        next: None,
    })
}

/// All groups of the house, the oldest first
#[utoipa::path(get, path = "/api/v1/groups/all", operation_id = "list_all_groups", params(PagingIn),
    responses((status = OK, body = Listing<GroupOut>)))]
async fn list_all_groups(
    State(registry): State<Arc<Registry>>,
    paging: Paging,
) -> Result<Listing<GroupOut>, Problem> {
    let page = registry.all_groups(paging.after.as_ref(), paging.size).await;
    Ok(Listing::of(page.map_err(refused)?, listed))
}

/// Makes a group that one keeps
#[utoipa::path(post, path = "/api/v1/groups", operation_id = "make_group",
    request_body = GroupIn, responses((status = CREATED, body = GroupOut)))]
async fn make_group(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    Body(given): Body<GroupIn>,
) -> Result<Response, Problem> {
    let keeper = caller.person()?.id;
    let made = registry.make_group(keeper, &given.name, &By::from(&caller)).await;
    let out = group_out(made.map_err(refused)?, 1);
    Ok((StatusCode::CREATED, axum::Json(out)).into_response())
}

/// A group with everybody in it
///
/// Whoever is in it sees it, and administrators see all.
#[utoipa::path(get, path = "/api/v1/groups/{id}", operation_id = "get_group",
    params(("id" = String, Path, format = "uuid", description = "The group")),
    responses((status = OK, body = WholeGroupOut)))]
async fn get_group(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath(id): InPath<Id>,
) -> Result<Body<WholeGroupOut>, Problem> {
    let whole = registry.group(&Doer::from(&caller), id).await.map_err(refused)?;
    Ok(Body(whole_out(&registry, whole).await?))
}

/// Gives a group another name, or hands it over
///
/// Only its keeper does, and administrators.
#[utoipa::path(patch, path = "/api/v1/groups/{id}", operation_id = "change_group", request_body = GroupChangeIn,
    params(("id" = String, Path, format = "uuid", description = "The group")),
    responses((status = OK, body = WholeGroupOut)))]
async fn change_group(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath(id): InPath<Id>,
    Body(given): Body<GroupChangeIn>,
) -> Result<Body<WholeGroupOut>, Problem> {
    let doer = Doer::from(&caller);
    let keeper = given
        .keeper
        .as_deref()
        .map(|keeper| keeper.trim().parse().map(PersonId));
    let keeper = keeper
        .transpose()
        .map_err(|bad: kernel::BadId| Problem::invalid("keeper", "uuid", bad.to_string()))?;
    let changed = registry
        .change_group(&doer, id, given.name.as_deref(), keeper)
        .await;
    let group = changed.map_err(|why| of_field("keeper", why))?;
    let whole = registry.group(&doer, group.id).await.map_err(refused)?;
    Ok(Body(whole_out(&registry, whole).await?))
}

/// Deletes a group
///
/// What was shared with it is shared with those in it no longer.
#[utoipa::path(delete, path = "/api/v1/groups/{id}", operation_id = "delete_group",
    params(("id" = String, Path, format = "uuid", description = "The group")),
    responses((status = NO_CONTENT)))]
async fn delete_group(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath(id): InPath<Id>,
) -> Result<StatusCode, Problem> {
    let deleted = registry.delete_group(&Doer::from(&caller), id).await;
    deleted.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes somebody into a group
///
/// Whoever is in it already stays in it.
#[utoipa::path(post, path = "/api/v1/groups/{id}/people", operation_id = "add_to_group", request_body = GroupMemberIn,
    params(("id" = String, Path, format = "uuid", description = "The group")),
    responses((status = OK, body = GroupMemberOut)))]
async fn add_to_group(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath(id): InPath<Id>,
    Body(given): Body<GroupMemberIn>,
) -> Result<Body<GroupMemberOut>, Problem> {
    let doer = Doer::from(&caller);
    let added = registry.add_to_group(&doer, id, &given.person).await;
    let member = added.map_err(|why| of_field("person", why))?;
    let names = registry.names_in(&[member]).await.map_err(problems::of_store)?;
    Ok(Body(GroupMemberOut {
        person: member.person.to_string(),
        name: names.get(&member.person).cloned(),
        since: member.since.to_string(),
    }))
}

/// Takes somebody out of a group, or leaves it
///
/// The keeper takes others out; everybody leaves by themselves.
#[utoipa::path(delete, path = "/api/v1/groups/{id}/people/{person}", operation_id = "remove_from_group",
    params(("id" = String, Path, format = "uuid", description = "The group"),
        ("person" = String, Path, format = "uuid", description = "Who")),
    responses((status = NO_CONTENT)))]
async fn remove_from_group(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    InPath2(id, person): InPath2<Id, Id>,
) -> Result<StatusCode, Problem> {
    let removed = registry
        .remove_from_group(&Doer::from(&caller), id, PersonId(person))
        .await;
    removed.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// A refusal that is about somebody who was named in a field.
fn of_field(field: &'static str, why: Refused) -> Problem {
    match why {
        Refused::Nobody => Problem::invalid(field, "unknown", why.to_string()),
        Refused::NotIn | Refused::NotActive => Problem::invalid(field, "state", why.to_string()),
        other => refused(other),
    }
}

pub(crate) fn refused(why: Refused) -> Problem {
    match why {
        Refused::Name(why) => Problem::invalid("name", "name", why.to_string()),
        Refused::NoGroup | Refused::Nobody | Refused::NotIn => Problem::not_found(),
        Refused::NotKeeper => Problem::new(Code::Forbidden).because(why),
        Refused::NotActive
        | Refused::TooManyMembers
        | Refused::TooManyKept
        | Refused::TooManyMemberships
        | Refused::KeeperStays => Problem::conflict(format!("{why}.")),
        Refused::BadCursor => front::bad_cursor(kernel::BadCursor),
        Refused::Store(error) => problems::of_store(error),
    }
}
