//! What people follow, over HTTP.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::{Body, Caller, ETag, IfMatch, InPath, Problem, Routes, routes};
use http::StatusCode;
use kernel::{Id, Language, Text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{OWN, color, visitor};
use crate::rules::holidays::COUNTRIES;
use crate::service::{Calendars, Visitor};
use crate::subscriptions::types::{Followed, HOLIDAYS, Source, State as Standing, SubscriptionChange};
use crate::types::{Color, TITLE_CHARS_MAX};

pub(super) fn routes(routes: Routes<Calendars>) -> Routes<Calendars> {
    routes
        .api(OWN, routes!(list_subscriptions, create_subscription))
        .api(
            OWN,
            routes!(get_subscription, change_subscription, delete_subscription),
        )
        .api(OWN, routes!(fetch_subscription))
        .api(OWN, routes!(list_holiday_countries))
}

/// How it stands with something that is followed.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SubscriptionStateWord {
    /// The house knows it by itself.
    BuiltIn,
    /// It was not got yet.
    Waiting,
    Fresh,
    /// It could not be got the last time; what was got before is shown.
    Failing,
}

/// A calendar elsewhere, or the holidays of a country, that somebody follows.
#[derive(Serialize, ToSchema)]
struct SubscriptionOut {
    #[schema(format = "uuid")]
    id: String,
    /// An address, or `holidays:` with a country.
    #[schema(example = "holidays:ru")]
    source: String,
    /// What its owner calls it, or else what it calls itself.
    title: String,
    #[schema(example = "#1e88e5")]
    color: String,
    /// Whether what it brings stands in the letter about the day.
    daily: bool,
    /// Grows by one with each change; the ETag is made of it.
    version: i64,
    state: SubscriptionStateWord,
    /// How many entries it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<i64>,
    /// How many of its entries could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<i64>,
    /// Why, for some of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unread_why: Vec<String>,
    /// When its server answered well.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    fetched_at: Option<String>,
    /// When its server is asked again.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    next_fetch_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failing: Option<SubscriptionFailingOut>,
    #[schema(format = DateTime)]
    created_at: String,
}

/// Why a calendar elsewhere cannot be got.
#[derive(Serialize, ToSchema)]
struct SubscriptionFailingOut {
    #[schema(format = DateTime)]
    since: String,
    /// `private`, `name`, `unreachable`, `certificate`, `slow`, `large`, `redirects`, `status`, `gone`, `page` (a web page came),
    /// `unreadable` or `too_many`.
    what: &'static str,
    why: String,
}

impl SubscriptionOut {
    fn of(followed: &Followed, language: Language) -> SubscriptionOut {
        let subscription = &followed.subscription;
        let feed = followed.feed.as_ref();
        let got = feed.filter(|feed| feed.fetched.is_some());
        SubscriptionOut {
            id: subscription.id.to_string(),
            source: subscription.source.to_string(),
            title: followed.title(language),
            color: subscription.color.to_string(),
            daily: subscription.daily,
            version: subscription.version,
            state: match followed.state() {
                Standing::BuiltIn => SubscriptionStateWord::BuiltIn,
                Standing::Waiting => SubscriptionStateWord::Waiting,
                Standing::Fresh => SubscriptionStateWord::Fresh,
                Standing::Failing => SubscriptionStateWord::Failing,
            },
            entries: got.map(|feed| feed.entries),
            unread: got.map(|feed| feed.unread),
            unread_why: got.map_or_else(Vec::new, |feed| {
                feed.unread_why.iter().map(|one| one.told(None)).collect()
            }),
            fetched_at: feed.and_then(|feed| feed.fetched).map(|at| at.to_string()),
            next_fetch_at: feed.map(|feed| feed.due.to_string()),
            failing: feed
                .and_then(|feed| feed.failing.as_ref())
                .map(|failing| SubscriptionFailingOut {
                    since: failing.since.to_string(),
                    what: failing.trouble.what.as_str(),
                    why: failing.trouble.why.clone(),
                }),
            created_at: subscription.created.to_string(),
        }
    }
}

/// All that somebody follows. It is never so much that it would need pages.
#[derive(Serialize, ToSchema)]
struct SubscriptionsOut {
    items: Vec<SubscriptionOut>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubscriptionIn {
    /// An address that begins with `https://`, `http://` or `webcal://`, or `holidays:` with a country.
    #[schema(max_length = 2000, example = "holidays:ru")]
    pub(crate) source: String,
    /// Absent or empty: as it calls itself.
    #[schema(max_length = 200)]
    #[serde(default)]
    pub(crate) title: String,
    #[schema(example = "#43a047")]
    pub(crate) color: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubscriptionChangeIn {
    /// Empty: as it calls itself.
    #[schema(max_length = 200)]
    pub(crate) title: Option<String>,
    pub(crate) color: Option<String>,
    /// Whether what it brings stands in the letter about the day.
    pub(crate) daily: Option<bool>,
}

impl SubscriptionIn {
    pub(crate) async fn follow(self, calendars: &Calendars, visitor: &Visitor) -> Result<Followed, Problem> {
        let source = Source::parse(&self.source)?;
        let title = title(&self.title)?;
        let color = self.color.as_deref().map_or(Ok(Color::GREEN), color)?;
        Ok(calendars.subscribe(visitor.id, source, title, color).await?)
    }
}

impl SubscriptionChangeIn {
    /// Changes a subscription of the version that was read.
    pub(crate) async fn put(
        self,
        calendars: &Calendars,
        visitor: &Visitor,
        id: Id,
        read: &IfMatch,
    ) -> Result<Followed, Problem> {
        let before = calendars.subscription(visitor.id, id).await?;
        let version = before.subscription.version;
        read.check(ETag::of(version))?;
        let change = SubscriptionChange {
            title: self.title.as_deref().map(title).transpose()?,
            color: self.color.as_deref().map(color).transpose()?,
            daily: self.daily,
        };
        let changed = calendars.change_subscription(visitor.id, id, Some(version), change);
        Ok(changed.await?)
    }
}

fn title(given: &str) -> Result<Text, Problem> {
    Text::new(given, TITLE_CHARS_MAX).map_err(|bad| Problem::invalid("title", "text", bad.to_string()))
}

/// What one follows, the first that came first
#[utoipa::path(get, path = "/api/v1/subscriptions", operation_id = "list_subscriptions",
    responses((status = OK, body = SubscriptionsOut)))]
async fn list_subscriptions(
    State(calendars): State<Calendars>,
    caller: Caller,
) -> Result<Body<SubscriptionsOut>, Problem> {
    let visitor = visitor(&caller)?;
    let all = calendars.subscriptions_for_sure(visitor.id).await?;
    let items = all.iter().map(|one| SubscriptionOut::of(one, visitor.language));
    Ok(Body(SubscriptionsOut {
        items: items.collect(),
    }))
}

/// Follows a calendar elsewhere, or the holidays of a country
///
/// A calendar elsewhere is got within seconds, once for all who follow it, and then as often as it says itself.
#[utoipa::path(post, path = "/api/v1/subscriptions", operation_id = "create_subscription", request_body = SubscriptionIn,
    responses((status = CREATED, body = SubscriptionOut, headers(("ETag" = String, description = "The version")))))]
async fn create_subscription(
    State(calendars): State<Calendars>,
    caller: Caller,
    Body(given): Body<SubscriptionIn>,
) -> Result<Response, Problem> {
    let visitor = visitor(&caller)?;
    let made = given.follow(&calendars, &visitor).await?;
    Ok((StatusCode::CREATED, shown(&made, visitor.language)).into_response())
}

/// One of what one follows
#[utoipa::path(get, path = "/api/v1/subscriptions/{id}", operation_id = "get_subscription",
    params(("id" = String, Path, format = "uuid", description = "The subscription")),
    responses((status = OK, body = SubscriptionOut, headers(("ETag" = String, description = "The version")))))]
async fn get_subscription(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
) -> Result<Response, Problem> {
    let visitor = visitor(&caller)?;
    let found = calendars.subscription(visitor.id, id).await?;
    Ok(shown(&found, visitor.language))
}

/// Calls it otherwise, colours it, or takes it out of the letter about the day
#[utoipa::path(patch, path = "/api/v1/subscriptions/{id}", operation_id = "change_subscription",
    request_body = SubscriptionChangeIn,
    params(("id" = String, Path, format = "uuid", description = "The subscription"),
        ("If-Match" = String, Header, description = "The ETag that was read")),
    responses((status = OK, body = SubscriptionOut, headers(("ETag" = String, description = "The version")))))]
async fn change_subscription(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
    if_match: IfMatch,
    Body(given): Body<SubscriptionChangeIn>,
) -> Result<Response, Problem> {
    let visitor = visitor(&caller)?;
    let changed = given.put(&calendars, &visitor, id, &if_match).await?;
    Ok(shown(&changed, visitor.language))
}

/// Follows it no longer
#[utoipa::path(delete, path = "/api/v1/subscriptions/{id}", operation_id = "delete_subscription",
    params(("id" = String, Path, format = "uuid", description = "The subscription")),
    responses((status = NO_CONTENT)))]
async fn delete_subscription(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
) -> Result<StatusCode, Problem> {
    calendars.unsubscribe(caller.person()?.id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Has a calendar elsewhere got anew, before its time
///
/// Its server is asked once in five minutes at most; `next_fetch_at` says when. Holidays are known by the house, and there is
/// nothing to get.
#[utoipa::path(post, path = "/api/v1/subscriptions/{id}/fetch", operation_id = "fetch_subscription",
    params(("id" = String, Path, format = "uuid", description = "The subscription")),
    responses((status = OK, body = SubscriptionOut, headers(("ETag" = String, description = "The version")))))]
async fn fetch_subscription(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
) -> Result<Response, Problem> {
    let visitor = visitor(&caller)?;
    let found = calendars.fetch_anew(visitor.id, id).await?;
    Ok(shown(&found, visitor.language))
}

/// A country whose holidays the house knows.
#[derive(Serialize, ToSchema)]
struct HolidayCountryOut {
    /// What to follow.
    #[schema(example = "holidays:ru")]
    source: String,
    /// In the caller's language.
    name: String,
}

/// All countries whose holidays the house knows, by their codes.
#[derive(Serialize, ToSchema)]
struct HolidayCountriesOut {
    items: Vec<HolidayCountryOut>,
}

/// Countries whose public holidays the house knows by itself
#[utoipa::path(get, path = "/api/v1/subscriptions/countries", operation_id = "list_holiday_countries",
    responses((status = OK, body = HolidayCountriesOut)))]
async fn list_holiday_countries(caller: Caller) -> Result<Body<HolidayCountriesOut>, Problem> {
    let language = visitor(&caller)?.language;
    let items = COUNTRIES.iter().map(|country| HolidayCountryOut {
        source: format!("{HOLIDAYS}{}", country.code),
        name: country.names.of(language).to_owned(),
    });
    Ok(Body(HolidayCountriesOut {
        items: items.collect(),
    }))
}

fn shown(followed: &Followed, language: Language) -> Response {
    let version = ETag::of(followed.subscription.version);
    (version, Body(SubscriptionOut::of(followed, language))).into_response()
}
