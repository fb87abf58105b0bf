//! GET, PUT, DELETE, COPY and MOVE: objects one by one, and calendars as a file.
//!
//! What is put is what is got, byte for byte, and only then the answer to PUT has its tag: a client that hears none reads again.

use axum::response::{IntoResponse, Response};
use front::{Code, Problem};
use http::{HeaderName, HeaderValue, StatusCode, header};
use ical::{Component, Reason};

use super::stop::Stop;
use super::{ANSWER_BYTES_MAX, CALENDAR, Call, PAGE, props, tokens};
use crate::library::{Calendar, Denied, Only, Stored, Wanted};
use crate::place::Place;

impl Call<'_> {
    pub(super) async fn get(&self) -> Result<Response, Stop> {
        let (calendar, name) = match &self.place {
            Place::Calendar(_, calendar) => return self.file(&self.calendar(calendar).await?).await,
            Place::Object(_, calendar, name) => (self.calendar(calendar).await?, name),
            _ => return Err(Problem::new(Code::MethodNotAllowed).into()),
        };
        let object = self.object(&calendar, name, true).await?;
        let tag = tokens::tag(&calendar, object.change);
        let has = self.header("if-none-match").is_some_and(|tags| {
            let mut tags = tags.split(',').map(str::trim);
            tags.any(|one| one == "*" || tokens::change_of(one, &calendar) == Some(object.change))
        });
        let mut response = match has {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => object.text.into_response(),
        };
        let headers = response.headers_mut();
        let kind = object.kind.as_str().to_ascii_lowercase();
        let kind = format!("text/calendar; charset=utf-8; component={kind}");
        let said = [
            (header::CONTENT_TYPE, kind),
            (header::ETAG, tag),
            (header::LAST_MODIFIED, props::http_date(object.changed)),
        ];
        let schedule = object.schedule.map(|change| tokens::tag(&calendar, change));
        let schedule = schedule.map(|tag| (SCHEDULE_TAG, tag));
        for (name, value) in said.into_iter().chain(schedule) {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        }
        Ok(response)
    }

    /// All that is in a calendar, as one text: entries as they are, each zone once.
    async fn file(&self, calendar: &Calendar) -> Result<Response, Stop> {
        let mut out = Component::new("VCALENDAR");
        out.add(ical::Property::new("VERSION", "2.0"));
        out.add(ical::Property::new("PRODID", "-//Townhall//Calendar//EN"));
        out.add(ical::Property::text("X-WR-CALNAME", &calendar.title));
        let mut text = out.write();
        let end = "END:VCALENDAR\r\n";
        text.truncate(text.len() - end.len());
        let mut zones: Vec<String> = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let wanted = Wanted::After(after.as_deref(), PAGE);
            let page = self.library.objects(self.who, calendar, wanted, true).await?;
            for object in &page {
                let Ok(read) = ical::parse(object.text.as_bytes()) else {
                    continue;
                };
                for component in &read.components {
                    let zone = component
                        .is("VTIMEZONE")
                        .then(|| component.value("TZID").unwrap_or_default());
                    match zone {
                        Some(zone) if zones.iter().any(|known| known == zone) => continue,
                        Some(zone) => zones.push(zone.to_owned()),
                        None => {}
                    }
                    component.write_into(&mut text);
                }
            }
            if text.len() > ANSWER_BYTES_MAX {
                return Err(Stop::too_long());
            }
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(last.name.clone()),
                _ => break,
            }
        }
        text.push_str(end);
        Ok(([(header::CONTENT_TYPE, CALENDAR)], text).into_response())
    }

    pub(super) async fn put(&self) -> Result<Response, Stop> {
        let (calendar, name) = self.member().await?;
        self.is_calendar_text()?;
        if !calendar.rights.write {
            return Err(Stop::forbidden("You may not change this calendar."));
        }
        let text = std::str::from_utf8(&self.body)
            .map_err(|_| Stop::from(Denied::Invalid(ical::Problem::new(0, Reason::NotUtf8))))?;
        let only = self.only(&calendar, name).await?;
        let put = self
            .library
            .put(self.who, &calendar, name, text.to_owned(), only)
            .await;
        let stored = put.map_err(|denied| self.with_place(denied, &calendar))?;
        Ok(stored_at(stored, &calendar, stored.as_given))
    }

    /// Who says nothing of the kind of a body means the only one that there is.
    fn is_calendar_text(&self) -> Result<(), Stop> {
        let Some(said) = self.header("content-type") else {
            return Ok(());
        };
        let mut parts = said.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default();
        let charset = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.eq_ignore_ascii_case("charset")
                .then(|| value.trim_matches('"'))
        });
        let readable = charset.is_none_or(|name| {
            ["utf-8", "utf8", "us-ascii"]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(name))
        });
        if kind.eq_ignore_ascii_case("text/calendar") && readable {
            return Ok(());
        }
        let words = "Send iCalendar as text/calendar in UTF-8.";
        Err(Stop::caldav("supported-calendar-data", words))
    }

    pub(super) async fn delete(&self) -> Result<Response, Stop> {
        match &self.place {
            Place::Calendar(_, name) => {
                let calendar = self.calendar(name).await?;
                if !calendar.rights.manage {
                    return Err(Stop::forbidden("You may not delete this calendar."));
                }
                self.library.delete(self.who, &calendar).await?;
            }
            _ => {
                let (calendar, name) = self.member().await?;
                if !calendar.rights.write {
                    return Err(Stop::forbidden("You may not change this calendar."));
                }
                let only = match self.only(&calendar, name).await? {
                    Only::Any => Only::Exists,
                    only => only,
                };
                // RFC 6638 8.1.
                let silently = self
                    .header("schedule-reply")
                    .is_some_and(|said| said.eq_ignore_ascii_case("f"));
                let removed = self
                    .library
                    .remove(self.who, &calendar, name, only, silently)
                    .await;
                match removed {
                    // Nothing was asked of it but to be there.
                    Err(Denied::Precondition)
                        if only == Only::Exists && !self.headers.contains_key("if-match") =>
                    {
                        return Err(Problem::not_found().into());
                    }
                    done => done?,
                }
            }
        }
        Ok(StatusCode::NO_CONTENT.into_response())
    }

    /// COPY and MOVE. Calendars stay where they are.
    pub(super) async fn carry(&self, away: bool) -> Result<Response, Stop> {
        let (from, name) = self.member().await?;
        let destination = self.header("destination").and_then(Place::read);
        let destination = destination.ok_or_else(|| {
            Problem::new(Code::Malformed).field("Destination", "header", "is an address within calendars")
        })?;
        let (calendar, to_name) = match destination {
            Place::Object(person, calendar, name) if person == self.who.id => (calendar, name),
            _ => return Err(Stop::forbidden("Objects lie in calendars of one's own.")),
        };
        if calendar == from.name && to_name == name {
            return Err(Problem::forbidden().detail("It is there already.").into());
        }
        let to = match self.calendar(&calendar).await {
            Ok(to) => to,
            Err(Stop::Problem(problem)) if problem.code() == Code::NotFound => {
                return Err(Problem::conflict("There is no such calendar.").into());
            }
            Err(other) => return Err(other),
        };
        if !to.rights.write || (away && !from.rights.write) {
            return Err(Stop::forbidden("You may not change this calendar."));
        }
        let keep = self
            .header("overwrite")
            .is_some_and(|said| said.eq_ignore_ascii_case("f"));
        let only = if keep { Only::Absent } else { Only::Any };
        let carried = if away {
            let (from, to) = ((&from, name), (&to, to_name.as_str()));
            self.library.relocate(self.who, from, to, only).await
        } else {
            let object = self.object(&from, name, true).await?;
            self.library.put(self.who, &to, &to_name, object.text, only).await
        };
        let stored = carried.map_err(|denied| self.with_place(denied, &to))?;
        Ok(stored_at(stored, &to, false))
    }

    /// The calendar and the name of an object that may be there or not. Nothing lies in a calendar that is not there.
    async fn member(&self) -> Result<(Calendar, &str), Stop> {
        let Place::Object(_, calendar, name) = &self.place else {
            return Err(Problem::new(Code::MethodNotAllowed).into());
        };
        Ok((self.calendar(calendar).await?, name))
    }

    /// What has to be so. Only who names several tags makes us look which of them it is.
    async fn only(&self, calendar: &Calendar, name: &str) -> Result<Only, Stop> {
        if let Some(tag) = self.header("if-schedule-tag-match") {
            let known = tokens::change_of(tag, calendar).map(Only::Schedule);
            return known.ok_or_else(|| Problem::new(Code::PreconditionFailed).into());
        }
        let (if_match, if_none_match) = (self.header("if-match"), self.header("if-none-match"));
        let several = if_match.is_some_and(|tags| tags.contains(','));
        let looks = several || if_none_match.is_some_and(|tags| tags != "*");
        let now = match looks {
            true => match self.object(calendar, name, false).await {
                Ok(object) => Some(object.change),
                Err(Stop::Problem(problem)) if problem.code() == Code::NotFound => None,
                Err(other) => return Err(other),
            },
            false => None,
        };
        let only = tokens::only(if_match, if_none_match, calendar, now);
        only.ok_or_else(|| Problem::new(Code::PreconditionFailed).into())
    }

    fn with_place(&self, denied: Denied, calendar: &Calendar) -> Stop {
        let there = match &denied {
            Denied::UidTaken { name } => Some(name.clone()),
            _ => None,
        };
        let stop = Stop::from(denied);
        match there {
            Some(name) => {
                let place = Place::Object(self.who.id, calendar.name.clone(), name);
                stop.about(place.href())
            }
            None => stop,
        }
    }
}

/// RFC 6638 8.2.
const SCHEDULE_TAG: HeaderName = HeaderName::from_static("schedule-tag");

fn stored_at(stored: Stored, calendar: &Calendar, is_tagged: bool) -> Response {
    let status = match stored.created {
        true => StatusCode::CREATED,
        false => StatusCode::NO_CONTENT,
    };
    let mut response = status.into_response();
    let tag = is_tagged.then_some((header::ETAG, stored.change));
    let schedule = stored.schedule.map(|change| (SCHEDULE_TAG, change));
    for (name, change) in tag.into_iter().chain(schedule) {
        if let Ok(tag) = HeaderValue::try_from(tokens::tag(calendar, change)) {
            response.headers_mut().insert(name, tag);
        }
    }
    response
}
