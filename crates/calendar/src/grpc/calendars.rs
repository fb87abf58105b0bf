//! Calendars themselves, and what somebody wants of them as a whole.

use front::Problem;
use kernel::Moment;
use tonic::{Request, Response, Status};
use wire::calendar::v1 as pb;
use wire::calendar::v1::calendars_server::Calendars;
use wire::calendar::v1::put_settings_request::Letter;

use super::{Speaker, caller, count, id, only_true, read_as, words};
use crate::http::calendars::{CalendarChangeIn, CalendarIn, bin};
use crate::http::settings::{self, SettingsIn};
use crate::http::{managed_by, visitor};
use crate::settings::Settings;
use crate::sharing::{Held, Rights};

#[tonic::async_trait]
impl Calendars for Speaker {
    async fn list_calendars(
        &self,
        request: Request<pb::ListCalendarsRequest>,
    ) -> Result<Response<pb::ListCalendarsResponse>, Status> {
        let visitor = visitor(&caller(&request)?)?;
        let all = self.0.held(&visitor).await.map_err(Problem::from)?;
        Ok(Response::new(pb::ListCalendarsResponse {
            calendars: all.iter().map(calendar_out).collect(),
        }))
    }

    async fn get_calendar(
        &self,
        request: Request<pb::GetCalendarRequest>,
    ) -> Result<Response<pb::Calendar>, Status> {
        let by = caller(&request)?.person()?.id;
        let held = self.0.reach(by, id(&request.get_ref().id)?, Rights::Busy).await;
        Ok(Response::new(calendar_out(&held.map_err(Problem::from)?)))
    }

    async fn create_calendar(
        &self,
        request: Request<pb::CreateCalendarRequest>,
    ) -> Result<Response<pb::Calendar>, Status> {
        let visitor = visitor(&caller(&request)?)?;
        let given = request.into_inner();
        let asked = CalendarIn {
            title: given.title,
            description: given.description,
            color: given.color,
            zone: given.zone,
            busy: given.busy.unwrap_or(true),
            position: given.position,
            reminders: given.reminders.map(|all| all.minutes),
            kinds: words::kinds_in(&given.kinds),
        };
        let made = self.0.create(visitor.id, asked.draft(&visitor)?).await;
        let held = Held::own(made.map_err(Problem::from)?);
        Ok(Response::new(calendar_out(&held)))
    }

    async fn change_calendar(
        &self,
        request: Request<pb::ChangeCalendarRequest>,
    ) -> Result<Response<pb::Calendar>, Status> {
        let by = caller(&request)?;
        let given = request.into_inner();
        let read = read_as(given.version)?;
        let asked = CalendarChangeIn {
            title: given.title,
            description: given.description,
            color: given.color,
            zone: given.zone,
            busy: given.busy,
            position: given.position,
            reminders: given.reminders.map(|all| all.minutes),
        };
        let held = asked.put(&self.0, &by, id(&given.id)?, &read).await?;
        Ok(Response::new(calendar_out(&held)))
    }

    async fn delete_calendar(
        &self,
        request: Request<pb::DeleteCalendarRequest>,
    ) -> Result<Response<pb::DeleteCalendarResponse>, Status> {
        let by = caller(&request)?;
        let asked = request.get_ref();
        bin(&self.0, &by, id(&asked.id)?, &read_as(asked.version)?).await?;
        Ok(Response::new(pb::DeleteCalendarResponse {}))
    }

    async fn restore_calendar(
        &self,
        request: Request<pb::RestoreCalendarRequest>,
    ) -> Result<Response<pb::Calendar>, Status> {
        let by = caller(&request)?.person()?.id;
        let restored = self.0.restore(by, id(&request.get_ref().id)?).await;
        let held = Held::own(restored.map_err(Problem::from)?);
        Ok(Response::new(calendar_out(&held)))
    }

    async fn return_calendar(
        &self,
        request: Request<pb::ReturnCalendarRequest>,
    ) -> Result<Response<pb::ReturnCalendarResponse>, Status> {
        let by = caller(&request)?;
        let asked = request.get_ref();
        let calendar = id(&asked.id)?;
        let owner = managed_by(&self.0, &by, calendar).await?;
        let at = Moment::from_micros(asked.at_micros);
        let returned = self.0.return_calendar(owner, calendar, at, asked.preview).await;
        let returned = returned.map_err(Problem::from)?;
        Ok(Response::new(pb::ReturnCalendarResponse {
            put_back: count(returned.put_back),
            left_out: count(returned.left_out),
            taken_out: count(returned.taken_out),
        }))
    }

    async fn get_settings(
        &self,
        request: Request<pb::GetSettingsRequest>,
    ) -> Result<Response<pb::Settings>, Status> {
        let by = caller(&request)?.person()?.id;
        let settings = self.0.settings(by).await.map_err(Problem::from)?;
        Ok(Response::new(settings_out(&settings)))
    }

    async fn put_settings(
        &self,
        request: Request<pb::PutSettingsRequest>,
    ) -> Result<Response<pb::Settings>, Status> {
        let visitor = visitor(&caller(&request)?)?;
        let given = request.into_inner();
        let (daily_at, zone) = match given.letter {
            None => (None, None),
            Some(Letter::Daily(daily)) => (Some(Some(daily.at)), daily.zone),
            Some(Letter::NoLetter(true)) => (Some(None), None),
            Some(Letter::NoLetter(false)) => return Err(only_true("no_letter").into()),
        };
        let asked = SettingsIn {
            daily_at,
            zone,
            invitations: words::read("invitations", given.invitations)?,
        };
        let settings = asked.put(&self.0, &visitor).await?;
        Ok(Response::new(settings_out(&settings)))
    }
}

fn calendar_out(held: &Held) -> pb::Calendar {
    let calendar = &held.calendar;
    let about = &calendar.about;
    pb::Calendar {
        id: calendar.id.to_string(),
        name: calendar.name.to_string(),
        owner: calendar.owner.to_string(),
        rights: words::tell(held.rights),
        title: about.title.to_string(),
        description: about.description.to_string(),
        color: about.color.to_string(),
        zone: about.zone.clone(),
        busy: about.busy,
        position: about.position,
        reminders: about.reminders.minutes().to_vec(),
        kinds: calendar.kinds.iter().map(words::kind).collect(),
        version: calendar.version,
        changes: calendar.changes,
        created_at_micros: calendar.created.as_micros(),
        changed_at_micros: calendar.changed.as_micros(),
    }
}

fn settings_out(settings: &Settings) -> pb::Settings {
    let shown = settings::shown(settings);
    pb::Settings {
        daily_at: shown.daily_at,
        zone: shown.zone,
        invitations: words::tell(shown.invitations),
    }
}
