//! The letters as they look, for previews and tests: an office that works in one building, on the next morning.

use jiff::civil::{Date, time};
use jiff::tz::TimeZone;
use kernel::{Language, Moment};
use post::{Content, Recipient, Specimen};

use super::daily::{DAILY, Day, Item};
use super::notice::{ANSWER, CANCELLATION, CHANGE, Difference, INVITATION, Link, Notice, Reply, What};
use super::offer::{SHARED, SHARED_WITH_GROUP, Told};
use super::reminder::{REMINDER, Reminded};
use crate::agenda::Lasting;

const LINK: &str = "https://townhall.example/calendar/answer";

pub const SPECIMENS: [Specimen; 8] = [
    Specimen {
        kind: &REMINDER,
        write: |to, _, now| reminder(to, now),
    },
    Specimen {
        kind: &INVITATION,
        write: |to, _, now| notice(What::Invited, to, now),
    },
    Specimen {
        kind: &CHANGE,
        write: |to, _, now| notice(What::Changed, to, now),
    },
    Specimen {
        kind: &CANCELLATION,
        write: |to, _, now| notice(What::Cancelled, to, now),
    },
    Specimen {
        kind: &ANSWER,
        write: |to, _, now| notice(What::Answered, to, now),
    },
    Specimen {
        kind: &SHARED,
        write: |to, _, _| shared(to),
    },
    Specimen {
        kind: &SHARED_WITH_GROUP,
        write: |to, _, _| shared(to),
    },
    Specimen {
        kind: &DAILY,
        write: |to, _, now| daily(to, now),
    },
];

/// What people of the office say in a language.
struct Scene {
    title: &'static str,
    before: &'static str,
    place: &'static str,
    calendar: &'static str,
    description: &'static str,
    by: &'static str,
    guests: [&'static str; 2],
    comment: &'static str,
    holiday: &'static str,
    feast: &'static str,
    lunch: &'static str,
}

const ENGLISH: Scene = Scene {
    title: "Board of the library",
    before: "Library",
    place: "Town hall, room 12",
    calendar: "Work",
    description: "We decide on the new reading room. The drawings hang in the corridor.",
    by: "Grace Moor",
    guests: ["Oliver Hart", "Emily Stone"],
    comment: "I shall be ten minutes late.",
    holiday: "Day of open doors",
    feast: "Unity Day",
    lunch: "Lunch with the archive",
};
const RUSSIAN: Scene = Scene {
    title: "Совет библиотеки",
    before: "Библиотека",
    place: "Ратуша, комната 12",
    calendar: "Работа",
    description: "Решаем, каким будет новый читальный зал. Чертежи висят в коридоре.",
    by: "Вера Морозова",
    guests: ["Олег Громов", "Анна Белова"],
    comment: "Опоздаю на десять минут.",
    holiday: "День открытых дверей",
    feast: "День народного единства",
    lunch: "Обед с архивом",
};

fn scene(to: &Recipient) -> &'static Scene {
    match to.language {
        Language::English => &ENGLISH,
        Language::Russian => &RUSSIAN,
    }
}

fn tomorrow(to: &Recipient, now: Moment) -> (Date, TimeZone) {
    let zone = TimeZone::get(&to.zone).unwrap_or(TimeZone::UTC);
    let today = zone.to_datetime(now.to_timestamp()).date();
    (today.tomorrow().unwrap_or(today), zone)
}

/// From one full hour to another one of tomorrow.
fn hours(to: &Recipient, now: Moment, from: i8, until: i8) -> Lasting {
    let (day, zone) = tomorrow(to, now);
    let at = |hour| {
        let there = day.to_datetime(time(hour, 0, 0, 0)).to_zoned(zone.clone());
        there.map_or(now, |there| there.timestamp().into())
    };
    Lasting::Time {
        starts: at(from),
        ends: at(until),
    }
}

fn reminder(to: &Recipient, now: Moment) -> Result<Content, askama::Error> {
    let scene = scene(to);
    let reminded = Reminded {
        title: scene.title.to_owned(),
        when: hours(to, now, 10, 11),
        place: Some(scene.place.to_owned()),
        organizer: Some(scene.by.to_owned()),
        calendar: scene.calendar.to_owned(),
        description: Some(scene.description.to_owned()),
        link: Some("https://meet.example/board".to_owned()),
    };
    reminded.content(to, now)
}

fn notice(what: What, to: &Recipient, now: Moment) -> Result<Content, askama::Error> {
    let scene = scene(to);
    let links = match what {
        What::Invited | What::Changed => vec![Link::Accept, Link::Maybe, Link::Decline],
        What::Cancelled => Vec::new(),
        What::Answered => vec![Link::Open],
    };
    let is_answer = what == What::Answered;
    let notice = Notice {
        by: scene.by.to_owned(),
        title: scene.title.to_owned(),
        when: Some(hours(to, now, 10, 11).into()),
        repeats: what == What::Invited,
        place: Some(scene.place.to_owned()),
        description: (!is_answer).then(|| scene.description.to_owned()),
        guests: scene.guests.map(str::to_owned).to_vec(),
        more_guests: 3,
        changes: vec![
            Difference::Title {
                before: scene.before.to_owned(),
            },
            Difference::When {
                before: hours(to, now, 9, 10).into(),
            },
        ],
        answer: is_answer.then_some(Reply::Comes),
        comment: is_answer.then(|| scene.comment.to_owned()),
        sent: None,
        links: links.into_iter().map(|link| (link, LINK.to_owned())).collect(),
    };
    notice.content(what, to, now)
}

fn daily(to: &Recipient, now: Moment) -> Result<Content, askama::Error> {
    let scene = scene(to);
    let (day, _) = tomorrow(to, now);
    let item = |title: &str, when, place: Option<&str>| Item {
        title: title.to_owned(),
        when,
        place: place.map(str::to_owned),
    };
    let whole = Lasting::Days {
        first: day,
        last: day,
    };
    let day = Day {
        day,
        zone: to.zone.clone(),
        holidays: vec![scene.feast.to_owned()],
        items: vec![
            item(scene.holiday, whole, None),
            item(scene.title, hours(to, now, 10, 11), Some(scene.place)),
            item(scene.lunch, hours(to, now, 13, 14), None),
        ],
    };
    day.content(to, now)
}

fn shared(to: &Recipient) -> Result<Content, askama::Error> {
    let scene = scene(to);
    let told = Told {
        by: scene.by.to_owned(),
        title: scene.calendar.to_owned(),
        rights: "read".to_owned(),
        link: "https://townhall.example/calendar/own".to_owned(),
    };
    told.content(to)
}
