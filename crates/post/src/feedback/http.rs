//! Feedback over HTTP. Webhooks are open to everybody and believe nobody without a signature.

use axum::extract::{Request, State};
use front::{Access, Body, Code, Form, Problem, Routes, routes};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::mailgun::Webhook;
use super::service::Feedback;
use super::types::{Refused, Taken};

const SIGNATURE: &str = "x-mandrill-signature";

pub fn routes() -> Routes<Feedback> {
    Routes::new("post")
        .api(Access::PUBLIC, routes!(mailgun_webhook))
        .api(Access::PUBLIC, routes!(mandrill_webhook, mandrill_asks))
        .api(Access::key("reports:write"), routes!(hand_in_report))
}

/// What came of it.
#[derive(Serialize, ToSchema)]
struct TakenOut {
    /// What was said of letters of ours, and is kept.
    taken: usize,
    /// Not understood, not about a letter of ours, or known already.
    ignored: usize,
}

impl From<Taken> for Body<TakenOut> {
    fn from(taken: Taken) -> Body<TakenOut> {
        Body(TakenOut {
            taken: taken.taken,
            ignored: taken.ignored,
        })
    }
}

/// Takes in an event of Mailgun
///
/// Mailgun calls it. `signature` is checked with the keys of the configuration, and each token counts once.
#[utoipa::path(post, path = "/api/v1/post/webhooks/mailgun", operation_id = "mailgun_webhook", request_body = Webhook,
    responses((status = OK, body = TakenOut), (status = FORBIDDEN, description = "The signature is wrong or too old"),
        (status = NOT_FOUND, description = "The configuration has no key for it")))]
async fn mailgun_webhook(
    State(feedback): State<Feedback>,
    Body(webhook): Body<Webhook>,
) -> Result<Body<TakenOut>, Problem> {
    Ok(feedback.mailgun(&webhook).await.map_err(refused)?.into())
}

/// A form with one field.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "for the document: the handler takes all fields, because all are signed"
)]
struct EventsIn {
    /// A JSON array of events.
    #[schema(example = "[]")]
    mandrill_events: String,
}

/// Takes in events of Mailchimp Transactional
///
/// Mailchimp calls it. `X-Mandrill-Signature` is checked with the keys of the configuration, and each request counts once.
#[utoipa::path(post, path = "/api/v1/post/webhooks/mandrill", operation_id = "mandrill_webhook",
    request_body(content = EventsIn, content_type = "application/x-www-form-urlencoded"),
    params(("X-Mandrill-Signature" = Option<String>, Header, description = "HMAC-SHA1 over the address and the fields")),
    responses((status = OK, body = TakenOut), (status = FORBIDDEN, description = "The signature is wrong"),
        (status = NOT_FOUND, description = "The configuration has no key for it")))]
async fn mandrill_webhook(
    State(feedback): State<Feedback>,
    headers: HeaderMap,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Body<TakenOut>, Problem> {
    let signature = headers.get(SIGNATURE).and_then(|value| value.to_str().ok());
    let taken = feedback.mandrill(signature.unwrap_or_default(), &form).await;
    Ok(taken.map_err(refused)?.into())
}

/// Says that there is a webhook
///
/// Mailchimp asks before it calls for the first time.
#[utoipa::path(head, path = "/api/v1/post/webhooks/mandrill", operation_id = "mandrill_asks",
    responses((status = NO_CONTENT, description = "There is")))]
async fn mandrill_asks() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Takes in a delivery status notification or a complaint, as it came by mail
///
/// A `multipart/report` (RFC 3464, RFC 5965). It is believed when it is about a letter that was handed over within the last
/// fourteen days, to the address that the letter went to.
#[utoipa::path(post, path = "/api/v1/post/reports", operation_id = "hand_in_report",
    request_body(content = String, content_type = "message/rfc822"),
    responses((status = OK, body = TakenOut)))]
async fn hand_in_report(
    State(feedback): State<Feedback>,
    request: Request,
) -> Result<Body<TakenOut>, Problem> {
    let raw = front::bytes(request, "message/rfc822").await?;
    Ok(feedback.report(&raw).await?.into())
}

fn refused(why: Refused) -> Problem {
    match why {
        Refused::NotExpected => Problem::not_found(),
        Refused::Forged => Problem::new(Code::Forbidden).detail(format!("Not believed: {why}.")),
        Refused::Malformed => Problem::new(Code::Malformed).field("mandrill_events", "json", why.to_string()),
        Refused::Store(error) => Problem::from(error),
    }
}
