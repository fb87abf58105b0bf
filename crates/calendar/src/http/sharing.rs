//! Sharing over HTTP: what owners let others do, and what others offered.

use std::collections::BTreeMap;

use axum::extract::State;
use front::{Body, Caller, InPath, InPath2, Problem, Routes, routes};
use http::StatusCode;
use kernel::Id;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{OWN, color};
use crate::service::Calendars;
use crate::sharing::groups::{GroupShare, With};
use crate::sharing::{Consent, Held, Offer, Rights, Share};

pub(super) fn routes(routes: Routes<Calendars>) -> Routes<Calendars> {
    routes
        .api(OWN, routes!(list_calendar_shares, share_calendar))
        .api(OWN, routes!(end_calendar_share))
        .api(OWN, routes!(list_calendar_offers))
        .api(OWN, routes!(answer_calendar_offer))
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ShareRights {
    /// See when its owner is busy.
    Busy,
    /// See everything that is not private.
    Read,
    /// See everything, and change what lies in it.
    Edit,
    /// Change what is said of it, publish it and share it.
    Manage,
}

impl ShareRights {
    fn rights(self) -> Rights {
        match self {
            ShareRights::Busy => Rights::Busy,
            ShareRights::Read => Rights::Read,
            ShareRights::Edit => Rights::Edit,
            ShareRights::Manage => Rights::Manage,
        }
    }

    fn of(rights: Rights) -> ShareRights {
        match rights {
            Rights::Busy => ShareRights::Busy,
            Rights::Read => ShareRights::Read,
            Rights::Edit => ShareRights::Edit,
            Rights::Manage | Rights::Own => ShareRights::Manage,
        }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OfferReply {
    /// Nothing yet.
    Waiting,
    Taken,
    Refused,
}

impl OfferReply {
    fn reply(self) -> Consent {
        match self {
            OfferReply::Waiting => Consent::Waiting,
            OfferReply::Taken => Consent::Taken,
            OfferReply::Refused => Consent::Refused,
        }
    }

    fn of(reply: Consent) -> OfferReply {
        match reply {
            Consent::Waiting => OfferReply::Waiting,
            Consent::Taken => OfferReply::Taken,
            Consent::Refused => OfferReply::Refused,
        }
    }
}

/// What somebody else, or everybody in a group, may do with a calendar.
#[derive(Serialize, ToSchema)]
struct CalendarShareOut {
    /// Absent: it is shared with a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    person: Option<String>,
    /// Absent: it is shared with one person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    group: Option<String>,
    /// Absent: nobody knows them any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    rights: ShareRights,
    /// Absent for a group: everybody in it answers for themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<OfferReply>,
    #[schema(format = DateTime)]
    made_at: String,
}

/// All of one calendar: people, then groups, those first who came first.
#[derive(Serialize, ToSchema)]
struct CalendarSharesOut {
    items: Vec<CalendarShareOut>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CalendarShareIn {
    /// The id or the e-mail address of somebody of the house, or the id of a group that one is in.
    #[schema(min_length = 1, max_length = 320)]
    pub(crate) with: String,
    pub(crate) rights: ShareRights,
}

/// A share that was made.
pub(crate) enum Shared {
    Person(Share),
    Group(GroupShare),
}

impl CalendarShareIn {
    pub(crate) async fn share(
        self,
        calendars: &Calendars,
        caller: &Caller,
        id: Id,
    ) -> Result<Shared, Problem> {
        let by = caller.person()?.id;
        // Whoever may not share this one is told so first.
        calendars.reach(by, id, Rights::Manage).await?;
        let rights = self.rights.rights();
        Ok(match calendars.sharer_called(by, id, &self.with).await? {
            With::Person(person) => Shared::Person(calendars.share(by, id, person, rights).await?),
            With::Group(group) => Shared::Group(calendars.share_with_group(by, id, group, rights).await?),
        })
    }
}

async fn shares_out(calendars: &Calendars, shares: Vec<Share>) -> Result<Vec<CalendarShareOut>, Problem> {
    let mut cards = calendars
        .cards(shares.iter().map(|share| share.person).collect())
        .await?;
    let told = shares.into_iter().map(|share| CalendarShareOut {
        person: Some(share.person.to_string()),
        group: None,
        name: cards.remove(&share.person).map(|card| card.name),
        rights: ShareRights::of(share.rights),
        reply: Some(OfferReply::of(share.reply)),
        made_at: share.made.to_string(),
    });
    Ok(told.collect())
}

async fn group_shares_out(
    calendars: &Calendars,
    shares: Vec<GroupShare>,
) -> Result<Vec<CalendarShareOut>, Problem> {
    let groups: Vec<Id> = shares.iter().map(|share| share.group).collect();
    let mut names = calendars.group_names(&groups).await?;
    let told = shares.into_iter().map(|share| CalendarShareOut {
        person: None,
        group: Some(share.group.to_string()),
        name: names.remove(&share.group),
        rights: ShareRights::of(share.rights),
        reply: None,
        made_at: share.made.to_string(),
    });
    Ok(told.collect())
}

/// Whom a calendar is shared with
#[utoipa::path(get, path = "/api/v1/calendars/{id}/shares", operation_id = "list_calendar_shares",
    params(("id" = String, Path, format = "uuid", description = "The calendar")),
    responses((status = OK, body = CalendarSharesOut)))]
async fn list_calendar_shares(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
) -> Result<Body<CalendarSharesOut>, Problem> {
    let by = caller.person()?.id;
    let mut items = shares_out(&calendars, calendars.shares(by, id).await?).await?;
    items.extend(group_shares_out(&calendars, calendars.group_shares(by, id).await?).await?);
    Ok(Body(CalendarSharesOut { items }))
}

/// Shares a calendar with somebody or with a group, or changes what they may do
///
/// They get a letter, and it is theirs to take it or not. What they may do counts at once. Who joins the group later is offered it
/// then, who leaves it loses it; of several shares the highest right counts.
#[utoipa::path(post, path = "/api/v1/calendars/{id}/shares", operation_id = "share_calendar",
    request_body = CalendarShareIn,
    params(("id" = String, Path, format = "uuid", description = "The calendar")),
    responses((status = OK, body = CalendarShareOut)))]
async fn share_calendar(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
    Body(given): Body<CalendarShareIn>,
) -> Result<Body<CalendarShareOut>, Problem> {
    let told = match given.share(&calendars, &caller, id).await? {
        Shared::Person(share) => shares_out(&calendars, vec![share]).await?,
        Shared::Group(share) => group_shares_out(&calendars, vec![share]).await?,
    };
    Ok(Body(told.into_iter().next().ok_or_else(Problem::not_found)?))
}

/// Takes a share back
#[utoipa::path(delete, path = "/api/v1/calendars/{id}/shares/{with}", operation_id = "end_calendar_share",
    params(("id" = String, Path, format = "uuid", description = "The calendar"),
        ("with" = String, Path, format = "uuid", description = "The person or the group")),
    responses((status = NO_CONTENT)))]
async fn end_calendar_share(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath2(id, with): InPath2<Id, Id>,
) -> Result<StatusCode, Problem> {
    calendars.unshare(caller.person()?.id, id, with).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A calendar that somebody else shares with one.
#[derive(Serialize, ToSchema)]
struct CalendarOfferOut {
    #[schema(format = "uuid")]
    calendar: String,
    title: String,
    #[schema(format = "uuid")]
    owner: String,
    /// Absent: nobody knows them any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_name: Option<String>,
    /// In which one sees it.
    #[schema(example = "#1e88e5")]
    color: String,
    rights: ShareRights,
    reply: OfferReply,
    /// The groups through which it is shared.
    groups: Vec<OfferGroupOut>,
    #[schema(format = DateTime)]
    offered_at: String,
}

/// A group through which a calendar is shared with one.
#[derive(Serialize, ToSchema)]
struct OfferGroupOut {
    #[schema(format = "uuid")]
    id: String,
    name: String,
}

/// All of them, those first that came first, and what was refused last.
#[derive(Serialize, ToSchema)]
struct CalendarOffersOut {
    items: Vec<CalendarOfferOut>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CalendarOfferIn {
    /// Absent: as it was.
    pub(crate) reply: Option<OfferReply>,
    /// For one's own eyes. Absent: as it was.
    #[schema(example = "#1e88e5")]
    pub(crate) color: Option<String>,
}

impl CalendarOfferIn {
    pub(crate) async fn put(
        self,
        calendars: &Calendars,
        caller: &Caller,
        id: Id,
    ) -> Result<(Offer, Held), Problem> {
        let color = self.color.as_deref().map(color).transpose()?;
        let person = caller.person()?.id;
        let reply = self.reply.map(OfferReply::reply);
        let offer = calendars.answer_offer(person, id, reply, color).await?;
        let held = calendars.reach(person, id, Rights::Busy).await?;
        Ok((offer, held))
    }
}

async fn offers_out(
    calendars: &Calendars,
    offers: &[(Offer, Held)],
) -> Result<Vec<CalendarOfferOut>, Problem> {
    let owners = offers.iter().map(|(offer, _)| offer.held_by);
    let cards = calendars.cards(owners.collect()).await?;
    let names = calendars.names_of_groups(offers).await?;
    let told = offers.iter().map(|(offer, held)| CalendarOfferOut {
        groups: held
            .groups
            .iter()
            .filter_map(|id| group_out(&names, *id))
            .collect(),
        calendar: offer.calendar.to_string(),
        title: held.calendar.about.title.to_string(),
        owner: offer.held_by.to_string(),
        owner_name: cards.get(&offer.held_by).map(|card| card.name.clone()),
        color: held.calendar.about.color.to_string(),
        rights: ShareRights::of(held.rights),
        reply: OfferReply::of(offer.reply),
        offered_at: offer.offered.to_string(),
    });
    Ok(told.collect())
}

fn group_out(names: &BTreeMap<Id, String>, id: Id) -> Option<OfferGroupOut> {
    let name = names.get(&id)?.clone();
    let id = id.to_string();
    Some(OfferGroupOut { id, name })
}

/// Which calendars of others one may look at
#[utoipa::path(get, path = "/api/v1/calendar/offers", operation_id = "list_calendar_offers",
    responses((status = OK, body = CalendarOffersOut)))]
async fn list_calendar_offers(
    State(calendars): State<Calendars>,
    caller: Caller,
) -> Result<Body<CalendarOffersOut>, Problem> {
    let offered = calendars.offered(caller.person()?.id).await?;
    let items = offers_out(&calendars, &offered).await?;
    Ok(Body(CalendarOffersOut { items }))
}

/// Takes a calendar of somebody else among one's own, or out of them again
#[utoipa::path(put, path = "/api/v1/calendar/offers/{id}", operation_id = "answer_calendar_offer",
    request_body = CalendarOfferIn,
    params(("id" = String, Path, format = "uuid", description = "The calendar")),
    responses((status = OK, body = CalendarOfferOut)))]
async fn answer_calendar_offer(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
    Body(given): Body<CalendarOfferIn>,
) -> Result<Body<CalendarOfferOut>, Problem> {
    let offer = given.put(&calendars, &caller, id).await?;
    let told = offers_out(&calendars, &[offer]).await?.pop();
    Ok(Body(told.ok_or_else(Problem::not_found)?))
}
