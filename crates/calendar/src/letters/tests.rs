//! How letters of calendars look, and what they say of time.

use kernel::{Language, Moment, Secret};
use post::words::tongue;
use post::{Light, Recipient, Specimens, Stationery};

use super::wording::{how_soon, when};
use super::{SPECIMENS, WORDS};
use crate::agenda::Lasting;

fn reader(language: Language) -> Recipient {
    let (name, zone) = match language {
        Language::English => ("James Reed", "Europe/London"),
        Language::Russian => ("Иван Крылов", "Europe/Moscow"),
    };
    Recipient {
        person: None,
        email: "reader@rivermouth.example".to_owned(),
        name: name.to_owned(),
        language,
        zone: zone.to_owned(),
    }
}

#[test]
fn letters_look_as_they_were_last_seen() {
    let now: Moment = "2026-11-22T09:30:00Z".parse().unwrap();
    let secret = Secret::new("s".repeat(32));
    let specimens = Specimens {
        all: SPECIMENS.to_vec(),
        reader,
        stationery: Stationery::new(
            "Townhall",
            "https://townhall.example",
            "townhall@townhall.example",
            &secret,
        )
        .unwrap(),
    };
    for specimen in &specimens.all {
        for language in Language::ALL {
            let (subject, framed) = specimens
                .shown(specimen, language, Light::AsTheReader, now)
                .unwrap();
            let name = format!("{}-{language}", specimen.kind.name);
            insta::assert_snapshot!(format!("{name}-text"), format!("{subject}\n\n{}", framed.text));
            insta::assert_snapshot!(format!("{name}-html"), framed.html);
        }
    }
}

fn time(starts: &str, ends: &str) -> Lasting {
    Lasting::Time {
        starts: starts.parse().unwrap(),
        ends: ends.parse().unwrap(),
    }
}

#[test]
fn when_something_is_is_told_as_its_reader_lives_it() {
    let now: Moment = "2026-11-22T09:30:00Z".parse().unwrap();
    let days = |first: &str, last: &str| Lasting::Days {
        first: first.parse().unwrap(),
        last: last.parse().unwrap(),
    };
    let hour = time("2026-11-23T06:00:00Z", "2026-11-23T07:00:00Z");
    let to_midnight = time("2026-11-23T19:00:00Z", "2026-11-23T21:00:00Z");
    let night = time("2026-12-31T19:00:00Z", "2027-01-01T02:00:00Z");
    let moment = time("2026-11-23T06:00:00Z", "2026-11-23T06:00:00Z");
    for (lasting, english, russian) in [
        (
            hour,
            "Monday, 23 November, 06:00–07:00 (London time)",
            "понедельник, 23 ноября, 09:00–10:00 (московское время)",
        ),
        (
            to_midnight,
            "Monday, 23 November, 19:00–21:00 (London time)",
            "понедельник, 23 ноября, 22:00–00:00 (московское время)",
        ),
        (
            night,
            "Thursday, 31 December, 19:00 – Friday, 1 January 2027, 02:00 (London time)",
            "четверг, 31 декабря, 22:00 – пятница, 1 января 2027, 05:00 (московское время)",
        ),
        (
            moment,
            "Monday, 23 November, 06:00 (London time)",
            "понедельник, 23 ноября, 09:00 (московское время)",
        ),
        (
            days("2026-11-23", "2026-11-23"),
            "Monday, 23 November, all day",
            "понедельник, 23 ноября, весь день",
        ),
        (
            days("2026-11-23", "2026-11-24"),
            "Monday, 23 November – Tuesday, 24 November, all day",
            "понедельник, 23 ноября – вторник, 24 ноября, целыми днями",
        ),
    ] {
        let said = |language| when(&tongue(&WORDS, &reader(language)), &lasting, now);
        assert_eq!(said(Language::English), english);
        assert_eq!(said(Language::Russian), russian);
    }
}

#[test]
fn how_soon_something_is_is_told_in_the_unit_people_count_in() {
    let starts: Moment = "2026-11-23T12:00:00Z".parse().unwrap();
    let lasting = time("2026-11-23T12:00:00Z", "2026-11-23T13:00:00Z");
    for (before, english, russian) in [
        (0, "It begins now.", "Событие начинается."),
        (-60, "It has begun.", "Событие уже началось."),
        (61, "It begins in 1 minute.", "Начало через 1 минуту."),
        (598, "It begins in 10 minutes.", "Начало через 10 минут."),
        (3_600, "It begins in 1 hour.", "Начало через 1 час."),
        (3 * 3_600, "It begins in 3 hours.", "Начало через 3 часа."),
        (7 * 86_400, "It is in 7 days.", "Это через 7 дней."),
    ] {
        let said = |language| {
            how_soon(
                &tongue(&WORDS, &reader(language)),
                &lasting,
                starts.plus_seconds(-before),
            )
        };
        assert_eq!(said(Language::English), english);
        assert_eq!(said(Language::Russian), russian);
    }
    let days = Lasting::Days {
        first: "2026-11-24".parse().unwrap(),
        last: "2026-11-24".parse().unwrap(),
    };
    let eve = how_soon(&tongue(&WORDS, &reader(Language::English)), &days, starts);
    assert_eq!(eve, "It is tomorrow.");
}
