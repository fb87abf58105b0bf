//! What somebody wants of their calendars as a whole: the letter about the day, and whose invitations become events.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Choice, Field, Frame, done, shown};
use front::{Caller, Form, Problem};
use ical::zones::Zone;
use jiff::civil::Time;
use kernel::PersonId;

use super::{Faults, Guest, Typed, WORDS, fault, refused, typed_in};
use crate::daily::Daily;
use crate::rules::inviting::Whose;
use crate::service::{Calendars, Refused};
use crate::types::Reason;

const PAGE: &str = "/calendar/settings";
/// When most people have not left yet.
const USUAL: &str = "07:00";

#[derive(Template)]
#[template(path = "calendar_settings.html")]
struct SettingsPage {
    frame: Frame,
    daily: bool,
    at: Field,
    zone: Field,
    whose: Choice,
}

pub async fn show(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
) -> Result<Response, Problem> {
    let guest = Guest::of(&calendars, &caller)?;
    let person = guest.visitor.id;
    let mut typed = Typed::new();
    let mut put = |name: &str, value: String| typed.insert(name.to_owned(), value);
    match calendars.daily(person).await? {
        Some(daily) => {
            put("daily", "on".to_owned());
            put("daily_at", daily.time().strftime("%H:%M").to_string());
            put("zone", daily.zone().to_owned());
        }
        None => {
            put("zone", guest.zone_name.clone());
        }
    }
    put(
        "whose",
        calendars.whose_invitations(person).await?.word().to_owned(),
    );
    Ok(shown(&page(frame.over(&WORDS), &typed, Faults::new())))
}

fn page(frame: Frame, typed: &Typed, mut faults: Faults) -> SettingsPage {
    let options = Whose::ALL.into_iter().map(|(_, word)| {
        let called = frame.say_of("invitations-of", word).unwrap_or_default();
        (word.to_owned(), called)
    });
    let at = match typed_in(typed, "daily_at") {
        "" => USUAL,
        at => at,
    };
    SettingsPage {
        daily: !typed_in(typed, "daily").is_empty(),
        at: Field::time("daily_at", frame.say("settings-daily-at"))
            .holding(at)
            .wrong(faults.remove("daily_at")),
        zone: Field::text("zone", frame.say("own-zone"))
            .holding(typed_in(typed, "zone"))
            .wrong(faults.remove("zone")),
        whose: Choice::new(
            "whose",
            frame.say("invitations-whose"),
            options,
            typed_in(typed, "whose"),
        )
        .wrong(faults.remove("whose")),
        frame,
    }
}

pub async fn change(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let person = caller.person()?.id;
    match changed(&calendars, person, &typed).await {
        Ok(()) => Ok(done(PAGE, "done-settings-saved")),
        Err(why) => {
            let frame = frame.over(&WORDS);
            let faults = fault(&frame, why)?;
            Ok(refused(shown(&page(frame, &typed, faults))))
        }
    }
}

async fn changed(calendars: &Calendars, person: PersonId, typed: &Typed) -> Result<(), Refused> {
    let daily = match typed_in(typed, "daily") {
        "" => None,
        _ => Some(daily(typed)?),
    };
    let whose = Whose::read(typed_in(typed, "whose"));
    let whose = whose.ok_or_else(|| Reason::field("whose", "must be everybody, house or known"))?;
    calendars.set_daily(person, daily).await?;
    calendars.set_whose_invitations(person, whose).await
}

fn daily(typed: &Typed) -> Result<Daily, Reason> {
    let at = typed_in(typed, "daily_at").parse::<Time>();
    let at = at.map_err(|_| Reason::field("daily_at", "must be a time of the day"))?;
    let zone = Zone::iana(typed_in(typed, "zone")).and_then(|zone| zone.id().map(str::to_owned));
    let daily = zone.and_then(|zone| Daily::new(at, &zone));
    daily.ok_or_else(|| Reason::field("zone", "must be a time zone of the IANA database"))
}
