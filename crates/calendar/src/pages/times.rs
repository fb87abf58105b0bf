//! Finding a time for several people, and a room.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Area, Choice, Field, Frame, Tongue, shown};
use front::{Caller, Form, Problem, Query};
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, Time, Weekday};
use kernel::{Moment, PersonId};

use super::{Faults, Guest, Typed, WORDS, fault, form, look, refused, typed_in};
use crate::agenda::Lasting;
use crate::finding::{Search, Times};
use crate::letters::wording::when;
use crate::resources::Resource;
use crate::rules::edits::times::Times as EventTimes;
use crate::rules::slots::Hours;
use crate::service::{Calendars, Refused};

/// Times that are offered.
const OFFERED: usize = 10;
/// Rooms that are offered with each.
const ROOMS_OFFERED: usize = 4;
const MINUTES: [i64; 8] = [15, 30, 45, 60, 90, 120, 180, 240];
const DAYS: [i32; 4] = [2, 7, 14, 31];
const SEATS: [i64; 6] = [1, 4, 8, 15, 30, 100];
/// Days that one search looks over, at most.
const DAYS_MAX: i32 = 62;
/// The field of a button that stands for a time: when it starts, when it ends, and the room. Empty: the event as it was typed.
pub(super) const CHOSEN: &str = "chosen";

#[derive(Template)]
#[template(path = "times.html")]
struct TimesPage {
    frame: Frame,
    /// What was typed of the event that is to be, to be sent with every button.
    carried: Vec<(&'static str, String)>,
    /// Whoever is to come, as they stand in the event's form.
    invited: String,
    guests: Area,
    minutes: Choice,
    days: Choice,
    seats: Choice,
    from: Field,
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
    chosen: String,
    missing: String,
    /// What a room is called, and the time in it.
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
    page(&calendars, &caller, frame, &as_asked(typed)).await
}

/// The same, with all of an event's form behind it.
pub async fn ask(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    page(&calendars, &caller, frame, &as_asked(typed)).await
}

/// Whoever comes from the form of an event looks from its day on, for as long as it is to last.
fn as_asked(mut typed: Typed) -> Typed {
    let at = |day: &str, time: &str| -> Option<DateTime> {
        let day: Date = typed_in(&typed, day).parse().ok()?;
        Some(day.to_datetime(typed_in(&typed, time).parse().ok()?))
    };
    let starts = at("start_date", "start_time");
    let length = starts.zip(at("end_date", "end_time"));
    let length = length.map(|(starts, ends)| ends.duration_since(starts).as_mins());
    if let Some(minutes) = length.filter(|minutes| MINUTES.contains(minutes)) {
        typed.entry("minutes".to_owned()).or_insert(minutes.to_string());
    }
    if !typed.contains_key("from") {
        let known = ["start_date", "date"].map(|name| typed_in(&typed, name).to_owned());
        let day = known.into_iter().find(|day| !day.is_empty());
        typed.insert("from".to_owned(), day.unwrap_or_default());
    }
    typed
}

async fn page(
    calendars: &Calendars,
    caller: &Caller,
    frame: Frame,
    typed: &Typed,
) -> Result<Response, Problem> {
    let frame = frame.over(&WORDS);
    let guest = Guest::of(calendars, caller)?;
    let mut page = form_of(&frame, &guest, typed, Faults::new());
    if typed_in(typed, "guests").is_empty() {
        return Ok(shown(&page));
    }
    let searched = match search(&guest, typed) {
        Ok(search) => calendars.find_times(&guest.visitor, &search).await,
        Err(why) => Err(why),
    };
    match searched {
        Ok(found) => {
            let unknown: Vec<&str> = found.unknown.iter().map(|called| bare(called)).collect();
            page.unknown = unknown.join(", ");
            page.found = Some(offers(calendars, &frame, &guest, typed, found).await?);
            Ok(shown(&page))
        }
        Err(why) => {
            let faults = fault(&frame, why)?;
            Ok(refused(shown(&form_of(&frame, &guest, typed, faults))))
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
        carried: {
            let typed = |name: &'static str| Some((name, typed.get(name)?.clone()));
            form::carried().filter_map(typed).collect()
        },
        invited: typed_in(typed, "guests").to_owned(),
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
        from: Field::date("from", frame.say("times-from"))
            .holding(own("from", &guest.today().to_string()))
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
    let date = match typed_in(typed, "from") {
        "" => Some(guest.today()),
        date => date
            .parse()
            .ok()
            .filter(|date: &Date| (1..=8_999).contains(&date.year())),
    };
    let date = date.ok_or_else(|| wrong("from"))?;
    let days = match typed_in(typed, "days") {
        "" => Some(DAYS[1]),
        days => days.parse().ok().filter(|days| (1..=DAYS_MAX).contains(days)),
    };
    let days = days.ok_or_else(|| wrong("to"))?;
    let minutes = match typed_in(typed, "minutes") {
        "" => 60,
        minutes => minutes.parse().map_err(|_| wrong("minutes"))?,
    };
    let hour = |name: &str, usual: i8| match typed_in(typed, name) {
        "" => Ok(Time::constant(usual, 0, 0, 0)),
        time => time.parse::<Time>().map_err(|_| wrong("hours")),
    };
    let start_of = |day: Date| Moment::from(guest.zone.start_of(day));
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
        let (starts, ends) = (local(time.starts), local(time.ends));
        let free = rooms.next().unwrap_or_default();
        let mut offered = Vec::new();
        for room in &free {
            offered.push((room.name.clone(), format!("{starts}/{ends}/{}", room.person)));
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
            chosen: format!("{starts}/{ends}"),
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

/// The form of the event with the time that was chosen, and with the room; everything else as it was typed.
pub(super) async fn filled(calendars: &Calendars, guest: &Guest, mut typed: Typed) -> Result<Typed, Problem> {
    let chosen = typed.remove(CHOSEN).unwrap_or_default();
    let mut parts = chosen.split('/');
    let mut local = || parts.next().and_then(|part| part.parse::<DateTime>().ok());
    if let (Some(starts), Some(ends)) = (local(), local()) {
        typed.remove("whole");
        let times = EventTimes::Hours {
            starts,
            ends,
            zone: Some(guest.zone_name.clone()),
        };
        form::put_times(&mut typed, &times);
    }
    if let Some(room) = parts.next().and_then(|part| part.parse().ok()) {
        let room = PersonId(room);
        let (found, card) = (calendars.resource(room).await?, calendars.card(room).await?);
        if let (Some(room), Some(email)) = (found, card.and_then(|card| card.email)) {
            invite(&mut typed, &room, &email);
        }
    }
    Ok(typed)
}

fn invite(typed: &mut Typed, room: &Resource, email: &str) {
    let line = form::guest_line(Some(&room.name), email);
    let guests = format!("{}\n{line}", typed_in(typed, "guests"));
    typed.insert("guests".to_owned(), guests.trim().to_owned());
    if typed_in(typed, "place").is_empty() {
        let place = match room.place.is_empty() {
            true => room.name.clone(),
            false => format!("{}, {}", room.name, room.place),
        };
        typed.insert("place".to_owned(), place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(fields: &[(&str, &str)]) -> Typed {
        let fields = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        fields.collect()
    }

    #[test]
    fn a_search_begins_at_the_day_of_the_event_and_lasts_as_long_as_it() {
        let event = [
            ("start_date", "2026-12-01"),
            ("start_time", "10:00"),
            ("end_date", "2026-12-01"),
            ("end_time", "10:30"),
            ("date", "2026-11-23"),
        ];
        let asked = as_asked(typed(&event));
        assert_eq!(
            (asked["from"].as_str(), asked["minutes"].as_str()),
            ("2026-12-01", "30")
        );
        let mut again = typed(&event);
        again.extend(typed(&[("from", "2026-12-09"), ("minutes", "60")]));
        let asked = as_asked(again);
        assert_eq!(
            (asked["from"].as_str(), asked["minutes"].as_str()),
            ("2026-12-09", "60")
        );
    }
}
