//! Mail of calendar programs elsewhere, over HTTP.

use axum::extract::{Request, State};
use front::{Access, Body, Code, Pieces, Problem, Routes, routes};
use serde::Serialize;
use utoipa::ToSchema;

use crate::scheduling::{Ignored, MAIL_BYTES_MAX};
use crate::service::Calendars;

/// The scope of keys that may bring mail.
pub(crate) const MAIL: &str = "calendar:mail";

pub(super) fn routes(routes: Routes<Calendars>) -> Routes<Calendars> {
    routes.api_of_files(Access::key(MAIL), routes!(bring_calendar_mail))
}

/// What came of it.
#[derive(Serialize, ToSchema)]
struct CalendarMailOut {
    taken: bool,
    /// Why it changes nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
}

/// Takes in a mail by which somebody outside the house answers, invites or cancels
///
/// What a mail server does with the mail that comes to the house's address for calendars, and with mail for people of the house that has a
/// part of type `text/calendar`: `message/rfc822`, as it came, once its sender was verified. An answer counts for the sender of the mail
/// only, an invitation or a cancellation only from its organizer, and the same mail twice is one. 4 MiB at most, attachments and all.
#[utoipa::path(post, path = "/api/v1/calendar/mail", operation_id = "bring_calendar_mail",
    request_body(content = String, content_type = "message/rfc822"),
    responses((status = OK, body = CalendarMailOut)))]
async fn bring_calendar_mail(
    State(calendars): State<Calendars>,
    request: Request,
) -> Result<Body<CalendarMailOut>, Problem> {
    let mut pieces = Pieces::of(request, "message/rfc822")?;
    let mut mail = Vec::new();
    while let Some(piece) = pieces.next().await? {
        if mail.len() + piece.len() > MAIL_BYTES_MAX {
            pieces.forget().await;
            return Err(Problem::new(Code::BodyTooLarge));
        }
        mail.extend_from_slice(&piece);
    }
    let ignored = hear(&calendars, &mail).await?;
    Ok(Body(CalendarMailOut {
        taken: ignored.is_none(),
        why: ignored.map(|ignored| ignored.why()),
    }))
}

/// Why a mail changes nothing, if so. What is no mail at all is refused.
pub(crate) async fn hear(calendars: &Calendars, mail: &[u8]) -> Result<Option<Ignored>, Problem> {
    if mail.len() > MAIL_BYTES_MAX {
        return Err(Problem::new(Code::BodyTooLarge));
    }
    let ignored = calendars.hear_mail(mail).await?;
    if ignored == Some(Ignored::NoMail) {
        return Err(Problem::invalid(
            "",
            "mail",
            "must be a mail, with its sender in `From`",
        ));
    }
    Ok(ignored)
}
