//! POST to the outbox: when others are busy (RFC 6638 5).

use axum::response::Response;
use front::{Code, Problem};
use http::StatusCode;
use ical::{Component, Method, Participant, Property, When, Zones};
use jiff::Timestamp;

use super::query::busy_component;
use super::stop::Stop;
use super::{Call, xml};
use crate::place::Place;
use crate::xml::{CALDAV, DAV, Writer};

/// People of one question.
const ASKED_MAX: usize = 500;
/// Days of one question.
const DAYS_MAX: i64 = 366;

/// Who wants to know of whom, and for which time.
struct Question<'q> {
    from: Timestamp,
    to: Timestamp,
    component: &'q Component<'q>,
    people: Vec<Participant<'q>>,
}

impl Call<'_> {
    pub(super) async fn ask(&self) -> Result<Response, Stop> {
        if !matches!(self.place, Place::Outbox(_)) {
            return Err(Problem::new(Code::MethodNotAllowed).into());
        }
        let bad = |problem: ical::Problem| Stop::caldav("valid-calendar-data", problem.to_string());
        let message = ical::parse(&self.body).map_err(bad)?;
        let question = read(&message)?;
        let made = Timestamp::from_second(self.library.now().as_seconds()).unwrap_or_default();
        let mut writer = Writer::new();
        let mut answers = Vec::new();
        for one in &question.people {
            let busy = self
                .library
                .busy(self.who, &one.address, question.from, question.to)
                .await?;
            let text = busy.map(|busy| {
                reply(
                    &question,
                    &one.address,
                    busy_component(made, question.from, question.to, busy),
                )
            });
            answers.push((one.address.as_ref(), text));
        }
        writer.element(CALDAV, "schedule-response", |all| {
            for (address, text) in &answers {
                all.element(CALDAV, "response", |one| {
                    one.element(CALDAV, "recipient", |inside| inside.leaf(DAV, "href", address));
                    let status = match text {
                        Some(_) => "2.0;Success",
                        None => "3.7;Invalid calendar user",
                    };
                    one.leaf(CALDAV, "request-status", status);
                    if let Some(text) = text {
                        one.leaf(CALDAV, "calendar-data", text);
                    }
                });
            }
        });
        Ok(xml(StatusCode::OK, writer.finish()))
    }
}

fn read<'q>(message: &'q Component<'q>) -> Result<Question<'q>, Stop> {
    let bad = |words: &str| Stop::caldav("valid-scheduling-message", words);
    let asks = message.value("METHOD").and_then(Method::read) == Some(Method::Request);
    let component = message.child("VFREEBUSY").filter(|_| asks);
    let component = component.ok_or_else(|| {
        bad("A REQUEST with a VFREEBUSY is answered here; invitations go out when an event is stored.")
    })?;
    let zones = Zones::of(message);
    let time = |name: &str| {
        let when = component.get(name).and_then(|time| When::read(time).ok());
        when.map(|when| zones.instant(&when, &ical::zones::Zone::UTC))
    };
    let (Some(from), Some(to)) = (time("DTSTART"), time("DTEND")) else {
        return Err(bad("It has DTSTART and DTEND."));
    };
    let days = to.duration_since(from).as_secs() / 86_400;
    if to <= from || days > DAYS_MAX {
        return Err(bad("DTEND is later than DTSTART, by a year at most."));
    }
    let people: Vec<Participant<'q>> = component.all("ATTENDEE").map(Participant::read).collect();
    if people.is_empty() || people.len() > ASKED_MAX {
        return Err(bad("It asks for 1 to 500 attendees."));
    }
    Ok(Question {
        from,
        to,
        component,
        people,
    })
}

fn reply(question: &Question<'_>, address: &str, mut busy: Component<'static>) -> String {
    for name in ["UID", "ORGANIZER"] {
        if let Some(property) = question.component.get(name) {
            busy.add(property.clone().into_owned());
        }
    }
    busy.add(Property::new("ATTENDEE", address));
    let mut calendar = Component::new("VCALENDAR");
    calendar.add(Property::new("VERSION", "2.0"));
    calendar.add(Property::new("PRODID", "-//Townhall//Calendar//EN"));
    calendar.add(Property::new("METHOD", Method::Reply.as_str()));
    calendar.components.push(busy);
    calendar.write()
}
