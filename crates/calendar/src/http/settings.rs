//! What somebody wants of calendars as a whole, over HTTP.

use axum::extract::State;
use front::{Body, Caller, Problem, Routes, routes};
use jiff::civil::Time;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::events::given::said;
use super::invitations::WhoseInvitations;
use super::{OWN, no_zone, visitor, zone};
use crate::daily::Daily;
use crate::service::{Calendars, Visitor};
use crate::settings::{Settings, SettingsChange};

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

/// What is absent stays as it was.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsIn {
    /// When a letter says what the day brings, hours and minutes. `null`: no letter.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>, example = "07:00", pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    pub(crate) daily_at: Option<Option<String>>,
    /// By whose clocks that is, of the IANA database; only beside a time. Absent: the caller's own.
    #[schema(example = "Europe/Moscow")]
    pub(crate) zone: Option<String>,
    /// Whose invitations become events at once; others wait apart. Absent: as it was.
    pub(crate) invitations: Option<WhoseInvitations>,
}

impl SettingsIn {
    pub(crate) async fn put(&self, calendars: &Calendars, visitor: &Visitor) -> Result<Settings, Problem> {
        let change = SettingsChange {
            daily: self.daily(visitor)?,
            whose: self.invitations.map(WhoseInvitations::whose),
        };
        Ok(calendars.change_settings(visitor.id, change).await?)
    }

    fn daily(&self, visitor: &Visitor) -> Result<Option<Option<Daily>>, Problem> {
        let Some(Some(at)) = &self.daily_at else {
            if self.zone.is_some() {
                let what = "must stand beside `daily_at`: it says by whose clocks that is";
                return Err(Problem::invalid("zone", "alone", what));
            }
            return Ok(self.daily_at.as_ref().map(|_| None));
        };
        let (_, zone) = zone(self.zone.as_deref().unwrap_or(&visitor.zone))?;
        let daily = Daily::new(time(at)?, &zone).ok_or_else(no_zone)?;
        Ok(Some(Some(daily)))
    }
}

pub(crate) fn shown(settings: &Settings) -> SettingsOut {
    let daily = settings.daily.as_ref();
    SettingsOut {
        invitations: WhoseInvitations::of(settings.whose),
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
    let settings = calendars.settings(caller.person()?.id).await?;
    Ok(Body(shown(&settings)))
}

/// Says what one wants of one's calendars as a whole
///
/// What is absent stays as it was. A day on which nothing is on brings no letter.
#[utoipa::path(put, path = "/api/v1/calendar/settings", operation_id = "put_calendar_settings",
    request_body = SettingsIn, responses((status = OK, body = SettingsOut)))]
async fn put_calendar_settings(
    State(calendars): State<Calendars>,
    caller: Caller,
    Body(given): Body<SettingsIn>,
) -> Result<Body<SettingsOut>, Problem> {
    let settings = given.put(&calendars, &visitor(&caller)?).await?;
    Ok(Body(shown(&settings)))
}

fn time(given: &str) -> Result<Time, Problem> {
    let is_short = given.len() == "07:00".len();
    let time = given.parse().ok().filter(|_| is_short);
    time.ok_or_else(|| Problem::invalid("daily_at", "time", "must be a time of the day, such as 07:00"))
}
