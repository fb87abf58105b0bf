//! Finding a time for several people, and a room.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Area, Choice, Field, Frame, Tongue, encoded, shown};
use front::{Caller, Problem, Query};
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, Time, Weekday};
use kernel::Moment;

use super::{Faults, Guest, Typed, WORDS, fault, form, look, refused, typed_in};
use crate::agenda::Lasting;
use crate::finding::{Search, Times};
use crate::letters::wording::when;
use crate::resources::Resource;
use crate::rules::slots::Hours;
use crate::service::{Calendars, Refused};

/// Times that are offered.
const OFFERED: usize = 10;
/// Rooms that are offered with each.
const ROOMS_OFFERED: usize = 4;
const MINUTES: [i64; 8] = [15, 30, 45, 60, 90, 120, 180, 240];
const DAYS: [i32; 4] = [2, 7, 14, 31];
const SEATS: [i64; 6] = [1, 4, 8, 15, 30, 100];

#[derive(Template)]
#[template(path = "times.html")]
struct TimesPage {
    frame: Frame,
    /// What is to happen then, as it was typed.
    title: String,
    guests: Area,
    minutes: Choice,
    days: Choice,
    seats: Choice,
    date: Field,
    hours_from: Field,
    hours_to: Field,
    weekends: bool,
    everyones: bool,
    /// `None`: nothing was looked for yet.
    found: Option<Vec<Offer>>,
    unknown: String,
    sheet: String,
}

struct Offer {
    when: String,
    href: String,
    missing: String,
    /// What a room is called, and the event in it.
    rooms: Vec<(String, String)>,
    /// A room was looked for, and there is none.
    lacks_room: bool,
}

/// The form; as soon as it says who, the times as well.
pub async fn find(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let frame = frame.over(&WORDS);
    let guest = Guest::of(&calendars, &caller)?;
    let mut page = form_of(&frame, &guest, &typed, Faults::new());
    if typed_in(&typed, "guests").is_empty() {
        return Ok(shown(&page));
    }
    let searched = match search(&guest, &typed) {
        Ok(search) => calendars.find_times(&guest.visitor, &search).await,
        Err(why) => Err(why),
    };
    match searched {
        Ok(found) => {
            let unknown: Vec<&str> = found.unknown.iter().map(|called| bare(called)).collect();
            page.unknown = unknown.join(", ");
            page.found = Some(offers(&calendars, &frame, &guest, &typed, found).await?);
            Ok(shown(&page))
        }
        Err(why) => {
            let faults = fault(&frame, why)?;
            Ok(refused(shown(&form_of(&frame, &guest, &typed, faults))))
        }
    }
}

fn form_of(frame: &Frame, guest: &Guest, typed: &Typed, mut faults: Faults) -> TimesPage {
    let own = |name: &str, usual: &str| match typed_in(typed, name) {
        "" => usual.to_owned(),
        given => given.to_owned(),
    };
    let minutes = MINUTES.map(|minutes| {
        let called = frame.say("times-minutes").with("count", minutes);
        (minutes.to_string(), called.to_string())
    });
    let days = DAYS.map(|days| {
        let called = frame.say("times-days").with("count", i64::from(days));
        (days.to_string(), called.to_string())
    });
    let no_room = (String::new(), frame.say("times-no-room").to_string());
    let seats = SEATS.map(|seats| {
        let called = frame.say("times-seats").with("count", seats);
        (seats.to_string(), called.to_string())
    });
    let seats = std::iter::once(no_room).chain(seats);
    let mut wrong = |field: &str| faults.remove(field);
    TimesPage {
        title: typed_in(typed, "title").to_owned(),
        guests: Area::new("guests", frame.say("times-people"), 4)
            .hint(frame.say("event-guests-hint"))
            .holding(typed_in(typed, "guests"))
            .wrong(wrong("guests").or_else(|| wrong("people"))),
        minutes: Choice::new(
            "minutes",
            frame.say("times-length"),
            minutes,
            own("minutes", "60"),
        )
        .wrong(wrong("minutes")),
        days: Choice::new("days", frame.say("times-within"), days, own("days", "7")).wrong(wrong("to")),
        seats: Choice::new("seats", frame.say("times-room"), seats, own("seats", "")),
        date: Field::date("date", frame.say("times-from"))
            .holding(own("date", &guest.today().to_string()))
            .wrong(wrong("from")),
        hours_from: Field::time("hours_from", frame.say("times-hours-from"))
            .holding(own("hours_from", "09:00"))
            .wrong(wrong("hours")),
        hours_to: Field::time("hours_to", frame.say("times-hours-to")).holding(own("hours_to", "18:00")),
        weekends: !typed_in(typed, "weekends").is_empty(),
        everyones: !typed_in(typed, "everyones").is_empty(),
        found: None,
        unknown: String::new(),
        sheet: look::sheet(&[]),
        frame: frame.clone(),
    }
}

fn search(guest: &Guest, typed: &Typed) -> Result<Search, Refused> {
    use crate::types::Reason;
    let wrong = |field: &'static str| Refused::from(Reason::field(field, "cannot be read"));
    let guests = form::guests(typed_in(typed, "guests")).ok_or_else(|| wrong("guests"))?;
    let date = match typed_in(typed, "date") {
        "" => guest.today(),
        date => date.parse::<Date>().map_err(|_| wrong("from"))?,
    };
    let days = match typed_in(typed, "days") {
        "" => DAYS[1],
        days => days.parse::<i32>().map_err(|_| wrong("to"))?,
    };
    let minutes = match typed_in(typed, "minutes") {
        "" => 60,
        minutes => minutes.parse().map_err(|_| wrong("minutes"))?,
    };
    let hour = |name: &str, usual: i8| match typed_in(typed, name) {
        "" => Ok(Time::constant(usual, 0, 0, 0)),
        time => time.parse::<Time>().map_err(|_| wrong("hours")),
    };
    let start_of = |day: Date| Moment::from(guest.zone.instant_of(day.at(0, 0, 0, 0)));
    // Nobody meets in the past.
    let from = start_of(date).max(Moment::from(guest.zone.instant_of(guest.at)));
    let weekdays = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];
    let working = if typed_in(typed, "weekends").is_empty() {
        5
    } else {
        7
    };
    Ok(Search {
        needed: guests.into_iter().map(|guest| guest.address).collect(),
        optional: Vec::new(),
        with_me: true,
        from,
        to: start_of(date.saturating_add(days.days())),
        minutes,
        hours: Hours {
            from: hour("hours_from", 9)?,
            to: hour("hours_to", 18)?,
            weekdays: weekdays.into_iter().take(working).collect(),
        },
        zone: guest.zone.clone(),
        everyones_hours: !typed_in(typed, "everyones").is_empty(),
        count: OFFERED,
    })
}

async fn offers(
    calendars: &Calendars,
    frame: &Frame,
    guest: &Guest,
    typed: &Typed,
    found: Times,
) -> Result<Vec<Offer>, Problem> {
    let seats = typed_in(typed, "seats").parse::<i64>().ok();
    let mut rooms = match seats {
        Some(seats) => calendars
            .rooms_at(&found.times, seats, ROOMS_OFFERED)
            .await?
            .into_iter(),
        None => Vec::new().into_iter(),
    };
    let clocks = Tongue::new(&WORDS, frame.tongue().language(), &guest.zone_name);
    let mut offers = Vec::new();
    for time in found.times {
        let local = |at: Moment| guest.zone.local_at(at.to_timestamp());
        let event = Event {
            title: typed_in(typed, "title"),
            guests: typed_in(typed, "guests"),
            starts: local(time.starts),
            ends: local(time.ends),
        };
        let free = rooms.next().unwrap_or_default();
        let mut offered = Vec::new();
        for room in &free {
            let Some(email) = calendars.card(room.person).await?.and_then(|card| card.email) else {
                continue;
            };
            offered.push((room.name.clone(), event.link(Some((room, &email)))));
        }
        let me = guest.visitor.id.to_string();
        let missing = time.missing.into_iter().map(|called| match called == me {
            true => frame.say("times-you").to_string(),
            false => bare(&called).to_owned(),
        });
        let lasting = Lasting::Time {
            starts: time.starts,
            ends: time.ends,
        };
        offers.push(Offer {
            when: when(&clocks, &lasting, calendars.now()),
            href: event.link(None),
            missing: missing.collect::<Vec<_>>().join(", "),
            lacks_room: seats.is_some() && offered.is_empty(),
            rooms: offered,
        });
    }
    Ok(offers)
}

/// An address as people write it.
fn bare(called: &str) -> &str {
    called.strip_prefix("mailto:").unwrap_or(called)
}

/// The event that is to be.
struct Event<'t> {
    title: &'t str,
    guests: &'t str,
    starts: DateTime,
    ends: DateTime,
}

impl Event<'_> {
    /// Its form, filled in as far as it is known.
    fn link(&self, room: Option<(&Resource, &str)>) -> String {
        let mut guests = self.guests.to_owned();
        let mut place = String::new();
        if let Some((room, email)) = room {
            guests = format!("{guests}\n{} <{email}>", room.name);
            place = match room.place.is_empty() {
                true => room.name.clone(),
                false => format!("{}, {}", room.name, room.place),
            };
        }
        format!(
            "/calendar/new?title={}&guests={}&place={}&starts={}&ends={}",
            encoded(self.title),
            encoded(&guests),
            encoded(&place),
            self.starts,
            self.ends
        )
    }
}
