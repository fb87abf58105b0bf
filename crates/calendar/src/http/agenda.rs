//! What happens when, over HTTP.

use axum::extract::State;
use front::{Body, Caller, Problem, Query, Routes, routes};
use ical::Kind;
use kernel::{Id, Moment};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{OWN, visitor, zone};
use crate::agenda::{Lasting, Shown};
use crate::service::{Calendars, Refused, Visitor};
use crate::types::Reason;

/// More words than these are no search.
const SEARCH_CHARS_MAX: usize = 200;

pub(super) fn routes(routes: Routes<Calendars>) -> Routes<Calendars> {
    routes.api(OWN, routes!(list_agenda))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RangeIn {
    /// The first instant that is looked at (RFC 3339).
    #[param(format = DateTime)]
    pub(crate) from: String,
    /// The first instant that is not, at most 400 days later.
    #[param(format = DateTime)]
    pub(crate) to: String,
    /// Where one looks from, of the IANA database: it decides when whole days begin. Absent: the caller's own zone.
    pub(crate) zone: Option<String>,
    /// One calendar, or one subscription. Absent: all of them.
    #[param(format = "uuid")]
    pub(crate) calendar: Option<String>,
    /// Only what says all of these words: in title, description, place, categories, or the names and addresses of people.
    #[param(max_length = 200)]
    pub(crate) search: Option<String>,
}

impl RangeIn {
    /// What happens within it, by its start.
    pub(crate) async fn shown(
        &self,
        calendars: &Calendars,
        visitor: &Visitor,
    ) -> Result<Vec<Shown>, Problem> {
        let range = (instant("from", &self.from)?, instant("to", &self.to)?);
        let (zone, _) = zone(self.zone.as_deref().unwrap_or(&visitor.zone))?;
        let wanted = self.calendar.as_deref().map(str::parse::<Id>).transpose();
        let wanted =
            wanted.map_err(|_| Problem::invalid("calendar", "id", "must be the id of a calendar"))?;
        let mut held = calendars.held(visitor).await?;
        held.retain(|one| wanted.is_none_or(|id| one.calendar.id == id));
        let followed = match wanted {
            None => calendars.subscriptions(visitor.id).await?,
            Some(_) if !held.is_empty() => Vec::new(),
            Some(id) => match calendars.subscription(visitor.id, id).await {
                Ok(one) => vec![one],
                Err(Refused::Reason(Reason::NoSubscription)) => {
                    return Err(Problem::invalid("calendar", "id", "is none of your calendars"));
                }
                Err(why) => return Err(why.into()),
            },
        };
        let search = self.search.as_deref().unwrap_or_default();
        if search.chars().count() > SEARCH_CHARS_MAX {
            let what = format!("must have at most {SEARCH_CHARS_MAX} characters");
            return Err(Problem::invalid("search", "text", what));
        }
        let mut shown = calendars.agenda(&held, range, &zone, search).await?;
        let followed: Vec<_> = followed.iter().collect();
        calendars
            .add_followed(&mut shown, visitor, &followed, range, &zone, search)
            .await?;
        Ok(shown)
    }
}

/// One time that something happens.
#[derive(Serialize, ToSchema)]
struct InstanceOut {
    /// The calendar, or the subscription.
    #[schema(format = "uuid")]
    calendar: String,
    #[schema(format = "uuid")]
    event: String,
    /// The version of the event; its ETag is made of it.
    change: i64,
    /// `event`, `task` or `journal`.
    kind: &'static str,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    all_day: bool,
    /// A day, if it takes whole days; an instant otherwise.
    starts: String,
    /// The last day, or the instant when it is over.
    ends: String,
    /// Which instance of a series it is: its local time by the rule. Absent for what happens once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-11-23T10:00:00")]
    instance: Option<String>,
    /// Whether something was changed for this instance.
    changed: bool,
    busy: bool,
    private: bool,
    /// All that one may know is that its owner is busy.
    hidden: bool,
    cancelled: bool,
    tentative: bool,
}

impl From<Shown> for InstanceOut {
    fn from(shown: Shown) -> InstanceOut {
        let (all_day, starts, ends) = match shown.when {
            Lasting::Days { first, last } => (true, first.to_string(), last.to_string()),
            Lasting::Time { starts, ends } => (false, starts.to_string(), ends.to_string()),
        };
        InstanceOut {
            calendar: shown.calendar.to_string(),
            event: shown.object.to_string(),
            change: shown.change,
            kind: match shown.kind {
                Kind::Todo => "task",
                Kind::Journal => "journal",
                Kind::Event | Kind::FreeBusy => "event",
            },
            title: shown.title,
            place: shown.place,
            all_day,
            starts,
            ends,
            instance: shown.instance.map(|local| local.to_string()),
            changed: shown.is_changed,
            busy: shown.is_busy,
            private: shown.is_private,
            hidden: shown.is_hidden,
            cancelled: shown.is_cancelled,
            tentative: shown.is_tentative,
        }
    }
}

/// Everything in a range, by its start; whole days stand before what begins in them.
#[derive(Serialize, ToSchema)]
struct AgendaOut {
    items: Vec<InstanceOut>,
}

/// What happens within a range of time in one's calendars, series taken apart
#[utoipa::path(get, path = "/api/v1/agenda", operation_id = "list_agenda", params(RangeIn),
    responses((status = OK, body = AgendaOut)))]
async fn list_agenda(
    State(calendars): State<Calendars>,
    caller: Caller,
    Query(asked): Query<RangeIn>,
) -> Result<Body<AgendaOut>, Problem> {
    let shown = asked.shown(&calendars, &visitor(&caller)?).await?;
    Ok(Body(AgendaOut {
        items: shown.into_iter().map(InstanceOut::from).collect(),
    }))
}

pub(super) fn instant(field: &str, given: &str) -> Result<Moment, Problem> {
    let what = "must be an instant such as 2026-11-23T00:00:00Z";
    given
        .parse()
        .map_err(|_| Problem::invalid(field, "instant", what))
}
