//! Invitations over HTTP: what waits for an answer, what waits apart, and who may invite.

use axum::extract::State;
use front::frame::Tongue;
use front::{Body, Caller, InPath, Problem, Routes, routes};
use http::StatusCode;
use kernel::Id;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::events::EventAnswerIn;
use super::{OWN, visitor};
use crate::agenda::Lasting;
use crate::invitations::{Invited, Known};
use crate::people::named;
use crate::rules::inviting::{Standing, Whose};
use crate::said;
use crate::service::Calendars;
use crate::words::WORDS;

pub(super) fn routes(routes: Routes<Calendars>) -> Routes<Calendars> {
    routes
        .api(OWN, routes!(list_calendar_invitations))
        .api(OWN, routes!(dismiss_calendar_invitation))
        .api(OWN, routes!(answer_calendar_invitation))
        .api(OWN, routes!(let_in_calendar_invitation))
        .api(OWN, routes!(block_calendar_inviter))
        .api(OWN, routes!(list_calendar_organizers))
        .api(OWN, routes!(put_calendar_organizer, end_calendar_organizer))
}

/// Whose invitations become events at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WhoseInvitations {
    Everybody,
    /// Of people of the house, and of those outside whom one knows.
    House,
    /// Only of those whom one knows.
    Known,
}

impl WhoseInvitations {
    pub(crate) fn whose(self) -> Whose {
        match self {
            WhoseInvitations::Everybody => Whose::Everybody,
            WhoseInvitations::House => Whose::House,
            WhoseInvitations::Known => Whose::Known,
        }
    }

    pub(crate) fn of(whose: Whose) -> WhoseInvitations {
        match whose {
            Whose::Everybody => WhoseInvitations::Everybody,
            Whose::House => WhoseInvitations::House,
            Whose::Known => WhoseInvitations::Known,
        }
    }
}

/// An invitation that one has not answered.
#[derive(Serialize, ToSchema)]
pub(crate) struct CalendarInvitationOut {
    /// Of the event, or of what waits apart.
    #[schema(format = "uuid")]
    pub(crate) id: String,
    /// The calendar in which the event is. Absent: it waits apart, and is no event yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    pub(crate) calendar: Option<String>,
    /// Who invites, as they call themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) by: Option<String>,
    /// Their e-mail address, or the calendar address where they have none.
    pub(crate) address: String,
    pub(crate) title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<String>,
    pub(crate) all_day: bool,
    /// A day, if it takes whole days; an instant otherwise. Of a series, the next time. Absent: it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) starts: Option<String>,
    /// The last day, or the instant when it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ends: Option<String>,
    /// How it repeats, in the caller's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repeats: Option<String>,
    #[schema(format = DateTime)]
    pub(crate) arrived_at: String,
}

/// Those in one's calendars, the next first, and then those that wait apart, the last that came first.
#[derive(Serialize, ToSchema)]
struct CalendarInvitationsOut {
    items: Vec<CalendarInvitationOut>,
}

/// Where the event is now.
#[derive(Serialize, ToSchema)]
struct CalendarInvitationTakenOut {
    /// Absent: it is in none, because it was declined where it waited.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    calendar: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    event: Option<String>,
}

impl CalendarInvitationTakenOut {
    fn of(place: Option<(Id, Id)>) -> CalendarInvitationTakenOut {
        CalendarInvitationTakenOut {
            calendar: place.map(|(calendar, _)| calendar.to_string()),
            event: place.map(|(_, event)| event.to_string()),
        }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum OrganizerStanding {
    /// What they invite to becomes an event at once.
    Known,
    /// One hears nothing of them.
    Blocked,
}

/// Somebody who may invite one, or may not.
#[derive(Serialize, ToSchema)]
struct CalendarOrganizerOut {
    /// The id of somebody of the house, or an e-mail address.
    organizer: String,
    /// Absent: they are outside the house, or nobody knows them any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    standing: OrganizerStanding,
    #[schema(format = DateTime)]
    since: String,
}

/// All of them, the last one first.
#[derive(Serialize, ToSchema)]
struct CalendarOrganizersOut {
    items: Vec<CalendarOrganizerOut>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CalendarOrganizerIn {
    standing: OrganizerStanding,
}

pub(crate) fn invitation_out(tongue: &Tongue, invited: &Invited) -> CalendarInvitationOut {
    let seen = &invited.seen;
    let organizer = seen.organizer.as_ref();
    let span = invited.when.map(|when| match when {
        Lasting::Days { first, last } => (first.to_string(), last.to_string()),
        Lasting::Time { starts, ends } => (starts.to_string(), ends.to_string()),
    });
    let (starts, ends) = span.unzip();
    CalendarInvitationOut {
        id: invited.id.to_string(),
        calendar: invited.calendar.map(|calendar| calendar.to_string()),
        by: organizer.and_then(|organizer| organizer.name.clone()),
        address: organizer
            .map(|organizer| organizer.address.clone())
            .unwrap_or_default(),
        title: seen.title.clone(),
        place: Some(seen.place.clone()).filter(|place| !place.is_empty()),
        all_day: matches!(invited.when, Some(Lasting::Days { .. })),
        starts,
        ends,
        repeats: seen
            .rule
            .as_ref()
            .map(|rule| said::rule(tongue, rule, invited.starts())),
        arrived_at: invited.arrived.to_string(),
    }
}

/// The invitations that one has not answered
///
/// Those in one's calendars that are not over, and those that wait apart because one does not know who invites: these ring nothing, and
/// are in no calendar until they are let in.
#[utoipa::path(get, path = "/api/v1/calendar/invitations", operation_id = "list_calendar_invitations",
    responses((status = OK, body = CalendarInvitationsOut)))]
async fn list_calendar_invitations(
    State(calendars): State<Calendars>,
    caller: Caller,
) -> Result<Body<CalendarInvitationsOut>, Problem> {
    let visitor = visitor(&caller)?;
    let tongue = Tongue::new(&WORDS, visitor.language, &visitor.zone);
    let all = calendars.invitations(&visitor).await?;
    let items = all.iter().map(|one| invitation_out(&tongue, one)).collect();
    Ok(Body(CalendarInvitationsOut { items }))
}

/// Does away with an invitation that waits apart
///
/// Nobody hears of it.
#[utoipa::path(delete, path = "/api/v1/calendar/invitations/{id}", operation_id = "dismiss_calendar_invitation",
    params(("id" = String, Path, format = "uuid", description = "The invitation")),
    responses((status = NO_CONTENT)))]
async fn dismiss_calendar_invitation(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
) -> Result<StatusCode, Problem> {
    calendars.dismiss(caller.person()?.id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Answers an invitation, to all of it
///
/// Whoever invited hears of it. Who comes or may come to what waits apart, lets in whoever invites; what is declined there is in no
/// calendar.
#[utoipa::path(post, path = "/api/v1/calendar/invitations/{id}/answer", operation_id = "answer_calendar_invitation",
    request_body = EventAnswerIn,
    params(("id" = String, Path, format = "uuid", description = "The invitation")),
    responses((status = OK, body = CalendarInvitationTakenOut)))]
async fn answer_calendar_invitation(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
    Body(given): Body<EventAnswerIn>,
) -> Result<Body<CalendarInvitationTakenOut>, Problem> {
    let owner = caller.person()?.id;
    let place = calendars.answer_invitation(owner, id, given.answer()).await?;
    Ok(Body(CalendarInvitationTakenOut::of(place)))
}

/// Lets in whoever sent an invitation that waits apart
///
/// It becomes an event that is not answered yet, and so does everything else of theirs that waits. They are known from now on.
#[utoipa::path(post, path = "/api/v1/calendar/invitations/{id}/let-in", operation_id = "let_in_calendar_invitation",
    params(("id" = String, Path, format = "uuid", description = "The invitation")),
    responses((status = OK, body = CalendarInvitationTakenOut)))]
async fn let_in_calendar_invitation(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
) -> Result<Body<CalendarInvitationTakenOut>, Problem> {
    let place = calendars.let_in(caller.person()?.id, id).await?;
    Ok(Body(CalendarInvitationTakenOut::of(Some(place))))
}

/// Hears nothing more of whoever sent an invitation that waits apart
///
/// All of theirs that waits goes, and what they send from now on is dropped. They do not learn it.
#[utoipa::path(post, path = "/api/v1/calendar/invitations/{id}/block", operation_id = "block_calendar_inviter",
    params(("id" = String, Path, format = "uuid", description = "The invitation")),
    responses((status = NO_CONTENT)))]
async fn block_calendar_inviter(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
) -> Result<StatusCode, Problem> {
    calendars.block_inviter(caller.person()?.id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How the caller names each of them, and what they are called.
pub(crate) async fn called(
    calendars: &Calendars,
    all: &[Known],
) -> Result<Vec<(String, Option<String>)>, Problem> {
    let people = all.iter().filter_map(|known| named(&known.organizer));
    let cards = calendars.cards(people.collect()).await?;
    let called = all.iter().map(|known| match named(&known.organizer) {
        Some(person) => (
            person.to_string(),
            cards.get(&person).map(|card| card.name.clone()),
        ),
        None => {
            let mailbox = ical::mailbox(&known.organizer).unwrap_or(&known.organizer);
            (mailbox.to_owned(), None)
        }
    });
    Ok(called.collect())
}

/// Those whom one knows or has blocked
#[utoipa::path(get, path = "/api/v1/calendar/organizers", operation_id = "list_calendar_organizers",
    responses((status = OK, body = CalendarOrganizersOut)))]
async fn list_calendar_organizers(
    State(calendars): State<Calendars>,
    caller: Caller,
) -> Result<Body<CalendarOrganizersOut>, Problem> {
    let all = calendars.organizers(caller.person()?.id).await?;
    let called = called(&calendars, &all).await?.into_iter();
    let items = all
        .iter()
        .zip(called)
        .map(|(known, (organizer, name))| CalendarOrganizerOut {
            organizer,
            name,
            standing: match known.standing {
                Standing::Known => OrganizerStanding::Known,
                Standing::Blocked => OrganizerStanding::Blocked,
            },
            since: known.since.to_string(),
        });
    Ok(Body(CalendarOrganizersOut {
        items: items.collect(),
    }))
}

/// Says that one knows somebody who may invite, or blocks them
///
/// What waits apart of somebody who is known is let in; of somebody who is blocked it goes.
#[utoipa::path(put, path = "/api/v1/calendar/organizers/{organizer}", operation_id = "put_calendar_organizer",
    request_body = CalendarOrganizerIn,
    params(("organizer" = String, Path, description = "The id of somebody of the house, or an e-mail address")),
    responses((status = NO_CONTENT)))]
async fn put_calendar_organizer(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(organizer): InPath<String>,
    Body(given): Body<CalendarOrganizerIn>,
) -> Result<StatusCode, Problem> {
    let called = calendars.organizer_called(&organizer).await?;
    let standing = match given.standing {
        OrganizerStanding::Known => Standing::Known,
        OrganizerStanding::Blocked => Standing::Blocked,
    };
    let owner = caller.person()?.id;
    calendars.set_standing(owner, called, Some(standing)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets what one thinks of somebody who may invite
#[utoipa::path(delete, path = "/api/v1/calendar/organizers/{organizer}", operation_id = "end_calendar_organizer",
    params(("organizer" = String, Path, description = "The id of somebody of the house, or an e-mail address")),
    responses((status = NO_CONTENT)))]
async fn end_calendar_organizer(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(organizer): InPath<String>,
) -> Result<StatusCode, Problem> {
    let called = calendars.organizer_called(&organizer).await?;
    calendars.set_standing(caller.person()?.id, called, None).await?;
    Ok(StatusCode::NO_CONTENT)
}
