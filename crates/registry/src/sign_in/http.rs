//! Sign-in, renewal and sign-out over HTTP, for programs. Browsers sign in on a page.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::{Access, Body, Caller, Code, Problem, Routes, routes};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Refused;
use crate::audit::By;
use crate::gatekeeper::not_renewed;
use crate::sessions::{Client, Ended, Surface, Tokens};
use crate::{Registry, problems};

/// Full queues drain within this time.
const RETRY_AFTER_SECONDS: u32 = 2;

pub fn routes() -> Routes<Arc<Registry>> {
    Routes::new("registry")
        .api(Access::PUBLIC, routes!(sign_in))
        .api(Access::PUBLIC, routes!(refresh_tokens))
        .api(Access::SIGNED_IN, routes!(sign_out))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignInIn {
    #[schema(max_length = 254, example = "anna@example.org")]
    email: String,
    #[schema(value_type = String, format = Password, max_length = 128)]
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RefreshIn {
    /// The one that came last. It is good once.
    #[schema(max_length = 256)]
    refresh_token: String,
}

/// Tokens of a session, in the words of OAuth 2.
#[derive(Serialize, ToSchema)]
struct TokensOut {
    /// For `Authorization: Bearer …`.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds.
    expires_in: i64,
    /// Gets the next access token, and the next refresh token. Keep it safe; a copy that is used ends the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// Seconds. Each use begins them anew.
    refresh_expires_in: i64,
    #[schema(format = "uuid")]
    person: String,
    #[schema(format = "uuid")]
    session: String,
}

impl From<Tokens> for TokensOut {
    fn from(tokens: Tokens) -> TokensOut {
        TokensOut {
            access_token: tokens.access.token,
            token_type: "Bearer",
            expires_in: tokens.access.seconds,
            refresh_token: tokens.refresh,
            refresh_expires_in: tokens.refresh_seconds,
            person: tokens.person.to_string(),
            session: tokens.session.to_string(),
        }
    }
}

/// Tokens are nobody's to keep on the way (RFC 6749, section 5.1).
fn handed_out(tokens: Tokens) -> Response {
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (no_store, axum::Json(TokensOut::from(tokens))).into_response()
}

/// Signs in by e-mail and password
///
/// Wrong passwords in a row lock the account for a while, and then longer and longer.
#[utoipa::path(post, path = "/api/v1/sign-in", operation_id = "sign_in", request_body = SignInIn, responses(
    (status = OK, body = TokensOut),
    (status = UNAUTHORIZED, description = "Problem: `credentials_invalid`"),
    (status = FORBIDDEN, description = "Problem: `forbidden`: the password is right, and the person is kept out")))]
async fn sign_in(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    headers: HeaderMap,
    Body(typed): Body<SignInIn>,
) -> Result<Response, Problem> {
    let user_agent = headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok());
    let client = Client {
        surface: Surface::Api,
        address: caller.address,
        user_agent: user_agent.map(str::to_owned),
    };
    let signed_in = registry
        .sign_in(&typed.email, &typed.password, &client, caller.request.as_str())
        .await;
    signed_in.map(handed_out).map_err(refused)
}

/// Gets the next access token, and the next refresh token
///
/// A refresh token is good once. When one comes a second time, somebody has a copy, and the session ends.
#[utoipa::path(post, path = "/api/v1/tokens/refresh", operation_id = "refresh_tokens", request_body = RefreshIn,
    responses(
    (status = OK, body = TokensOut),
    (status = UNAUTHORIZED,
        description = "Problem: `token_invalid`, `token_expired`, `session_ended`, `token_reused`")))]
async fn refresh_tokens(
    State(registry): State<Arc<Registry>>,
    caller: Caller,
    Body(given): Body<RefreshIn>,
) -> Result<Response, Problem> {
    let renewed = registry
        .renew(&given.refresh_token, caller.address, &By::from(&caller))
        .await;
    renewed.map(handed_out).map_err(not_renewed)
}

/// Ends the session of the access token
#[utoipa::path(post, path = "/api/v1/sign-out", operation_id = "sign_out",
    responses((status = NO_CONTENT, description = "The session and its tokens are over")))]
async fn sign_out(State(registry): State<Arc<Registry>>, caller: Caller) -> Result<StatusCode, Problem> {
    let person = caller.person()?;
    let by = By::from(&caller);
    let ended = registry
        .end_session(person.id, person.session, Ended::SignedOut, &by)
        .await;
    ended.map_err(problems::of_store)?;
    Ok(StatusCode::NO_CONTENT)
}

/// How a refused sign-in is told, here and on the page.
pub(crate) fn refused(why: Refused) -> Problem {
    match why {
        Refused::WrongCredentials => Problem::new(Code::CredentialsInvalid),
        Refused::Blocked => {
            Problem::forbidden().detail("This account is blocked. Ask those who run the house.")
        }
        Refused::Locked { seconds } => Problem::new(Code::TooManyRequests)
            .retry_after(seconds)
            .detail("Too many wrong passwords. Wait, or set a new one by a reset link."),
        Refused::TooMany { seconds } => Problem::new(Code::TooManyRequests).retry_after(seconds),
        Refused::Busy => Problem::new(Code::Overloaded)
            .retry_after(RETRY_AFTER_SECONDS)
            .detail("Too many people are signing in at once."),
        Refused::Email(why) => Problem::invalid("email", "email", why.to_string()),
        Refused::Password(why) => Problem::invalid("password", why.code(), why.to_string()),
        Refused::Store(error) => problems::of_store(error),
        Refused::Broken(why) => Problem::internal(why),
    }
}
