//! Sharing over HTTP: what owners let others do, and what others offered.

use axum::extract::State;
use front::{Body, Caller, InPath, InPath2, Problem, Routes, routes};
use http::StatusCode;
use kernel::{Id, PersonId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::OWN;
use crate::service::Calendars;
use crate::sharing::{Consent, Held, Offer, Rights, Share};
use crate::types::Color;

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

/// What somebody else may do with a calendar.
#[derive(Serialize, ToSchema)]
struct CalendarShareOut {
    #[schema(format = "uuid")]
    person: String,
    /// Absent: nobody knows them any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    rights: ShareRights,
    reply: OfferReply,
    #[schema(format = DateTime)]
    made_at: String,
}

/// All of one calendar, those first who came first.
#[derive(Serialize, ToSchema)]
struct CalendarSharesOut {
    items: Vec<CalendarShareOut>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CalendarShareIn {
    /// The id or the e-mail address of somebody of the house.
    #[schema(min_length = 1, max_length = 320)]
    pub(crate) with: String,
    pub(crate) rights: ShareRights,
}

impl CalendarShareIn {
    pub(crate) async fn share(
        self,
        calendars: &Calendars,
        caller: &Caller,
        id: Id,
    ) -> Result<Share, Problem> {
        let by = caller.person()?.id;
        // Whoever may not share learns nothing of who there is.
        calendars.reach(by, id, Rights::Manage).await?;
        let with = calendars.person_called(&self.with).await?;
        Ok(calendars.share(by, id, with, self.rights.rights()).await?)
    }
}

async fn share_out(calendars: &Calendars, share: Share) -> Result<CalendarShareOut, Problem> {
    let card = calendars.card(share.person).await?;
    Ok(CalendarShareOut {
        person: share.person.to_string(),
        name: card.map(|card| card.name),
        rights: ShareRights::of(share.rights),
        reply: OfferReply::of(share.reply),
        made_at: share.made.to_string(),
    })
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
    let mut items = Vec::new();
    for share in calendars.shares(caller.person()?.id, id).await? {
        items.push(share_out(&calendars, share).await?);
    }
    Ok(Body(CalendarSharesOut { items }))
}

/// Shares a calendar with somebody, or changes what they may do
///
/// They get a letter, and it is theirs to take it or not. What they may do counts at once.
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
    let share = given.share(&calendars, &caller, id).await?;
    Ok(Body(share_out(&calendars, share).await?))
}

/// Takes a share back
#[utoipa::path(delete, path = "/api/v1/calendars/{id}/shares/{person}", operation_id = "end_calendar_share",
    params(("id" = String, Path, format = "uuid", description = "The calendar"),
        ("person" = String, Path, format = "uuid", description = "With whom")),
    responses((status = NO_CONTENT)))]
async fn end_calendar_share(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath2(id, person): InPath2<Id, Id>,
) -> Result<StatusCode, Problem> {
    calendars
        .unshare(caller.person()?.id, id, PersonId(person))
        .await?;
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
    #[schema(format = DateTime)]
    offered_at: String,
}

/// All of them, those first that came first.
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
        let color = self.color.as_deref().map(Color::parse).transpose();
        let color = color.map_err(|bad| Problem::invalid("color", "color", bad.to_string()))?;
        let person = caller.person()?.id;
        let reply = self.reply.map(OfferReply::reply);
        let offer = calendars.answer_offer(person, id, reply, color).await?;
        let held = calendars.reach(person, id, Rights::Busy).await?;
        Ok((offer, held))
    }
}

async fn offer_out(calendars: &Calendars, offer: &Offer, held: &Held) -> Result<CalendarOfferOut, Problem> {
    let card = calendars.card(offer.held_by).await?;
    let about = &held.calendar.about;
    Ok(CalendarOfferOut {
        calendar: offer.calendar.to_string(),
        title: about.title.to_string(),
        owner: offer.held_by.to_string(),
        owner_name: card.map(|card| card.name),
        color: about.color.to_string(),
        rights: ShareRights::of(held.rights),
        reply: OfferReply::of(offer.reply),
        offered_at: offer.offered.to_string(),
    })
}

/// Which calendars of others one may look at
#[utoipa::path(get, path = "/api/v1/calendar/offers", operation_id = "list_calendar_offers",
    responses((status = OK, body = CalendarOffersOut)))]
async fn list_calendar_offers(
    State(calendars): State<Calendars>,
    caller: Caller,
) -> Result<Body<CalendarOffersOut>, Problem> {
    let mut items = Vec::new();
    for (offer, held) in calendars.offered(caller.person()?.id).await? {
        items.push(offer_out(&calendars, &offer, &held).await?);
    }
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
    let (offer, held) = given.put(&calendars, &caller, id).await?;
    Ok(Body(offer_out(&calendars, &offer, &held).await?))
}
