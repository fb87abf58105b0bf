//! What somebody wants of calendars as a whole, over HTTP.

use axum::extract::State;
use front::{Body, Caller, Problem, Routes, routes};
use jiff::civil::Time;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::invitations::WhoseInvitations;
use super::{OWN, visitor};
use crate::daily::Daily;
use crate::rules::inviting::Whose;
use crate::service::{Calendars, Visitor};

pub(super) fn routes(routes: Routes<Calendars>) -> Routes<Calendars> {
    routes.api(OWN, routes!(get_calendar_settings, put_calendar_settings))
}

/// What one wants of one's calendars.
#[derive(Serialize, ToSchema)]
pub(crate) struct SettingsOut {
    /// When a letter says what the day brings. `null`: there is none.
    #[schema(example = "07:00")]
    pub(crate) daily_at: Option<String>,
    /// By whose clocks that is, of the IANA database.
    #[schema(example = "Europe/Moscow")]
    pub(crate) zone: Option<String>,
    /// Whose invitations become events at once; others wait apart.
    pub(crate) invitations: WhoseInvitations,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsIn {
    /// When a letter says what the day brings, hours and minutes. `null`: no letter.
    #[schema(example = "07:00", pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    pub(crate) daily_at: Option<String>,
    /// By whose clocks that is, of the IANA database. Absent: the caller's own.
    #[schema(example = "Europe/Moscow")]
    pub(crate) zone: Option<String>,
    /// Whose invitations become events at once; others wait apart. Absent: as it was.
    pub(crate) invitations: Option<WhoseInvitations>,
}

impl SettingsIn {
    pub(crate) async fn put(
        &self,
        calendars: &Calendars,
        visitor: &Visitor,
    ) -> Result<(Option<Daily>, Whose), Problem> {
        let daily = match &self.daily_at {
            Some(at) => {
                let zone = self.zone.as_deref().unwrap_or(&visitor.zone);
                let bad_zone = || {
                    let what = "must be a time zone of the IANA database, such as Europe/Moscow";
                    Problem::invalid("zone", "zone", what)
                };
                Some(Daily::new(time(at)?, zone).ok_or_else(bad_zone)?)
            }
            None => None,
        };
        calendars.set_daily(visitor.id, daily.clone()).await?;
        if let Some(given) = self.invitations {
            calendars.set_whose_invitations(visitor.id, given.whose()).await?;
        }
        Ok((daily, calendars.whose_invitations(visitor.id).await?))
    }
}

pub(crate) fn shown(daily: Option<&Daily>, whose: Whose) -> SettingsOut {
    SettingsOut {
        invitations: WhoseInvitations::of(whose),
        daily_at: daily.map(|daily| {
            let time = daily.time();
            format!("{:02}:{:02}", time.hour(), time.minute())
        }),
        zone: daily.map(|daily| daily.zone().to_owned()),
    }
}

/// What one wants of one's calendars as a whole
#[utoipa::path(get, path = "/api/v1/calendar/settings", operation_id = "get_calendar_settings",
    responses((status = OK, body = SettingsOut)))]
async fn get_calendar_settings(
    State(calendars): State<Calendars>,
    caller: Caller,
) -> Result<Body<SettingsOut>, Problem> {
    let person = caller.person()?.id;
    let daily = calendars.daily(person).await?;
    let whose = calendars.whose_invitations(person).await?;
    Ok(Body(shown(daily.as_ref(), whose)))
}

/// Says what one wants of one's calendars as a whole
///
/// A day on which nothing is on brings no letter.
#[utoipa::path(put, path = "/api/v1/calendar/settings", operation_id = "put_calendar_settings",
    request_body = SettingsIn, responses((status = OK, body = SettingsOut)))]
async fn put_calendar_settings(
    State(calendars): State<Calendars>,
    caller: Caller,
    Body(given): Body<SettingsIn>,
) -> Result<Body<SettingsOut>, Problem> {
    let (daily, whose) = given.put(&calendars, &visitor(&caller)?).await?;
    Ok(Body(shown(daily.as_ref(), whose)))
}

fn time(given: &str) -> Result<Time, Problem> {
    let is_short = given.len() == "07:00".len();
    let time = given.parse().ok().filter(|_| is_short);
    time.ok_or_else(|| Problem::invalid("daily_at", "time", "must be a time of the day, such as 07:00"))
}
