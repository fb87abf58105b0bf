//! What is asked, and what is right to answer.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::sides::Side;
use crate::diary::{Diary, joined};
use crate::http::{Answer, ask_for};

/// Objects of one multiget.
const GOT_AT_ONCE: usize = 50;
/// What is edited and got one by one: as many as there are in the smallest calendar, so that each size takes its turns.
const TURNS: u64 = 500;
const SPACES: &str =
    r#"xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:S="http://calendarserver.org/ns/""#;
/// So the names of objects begin that several writers put at once.
const WRITTEN: &str = "writer-";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    Week,
    Expanded,
    FreeBusy,
    Multiget,
    FirstSync,
    SyncOfNothing,
    CTag,
    Get,
    Put,
}

pub const CASES: [Case; 9] = [
    Case::Week,
    Case::Expanded,
    Case::FreeBusy,
    Case::Multiget,
    Case::FirstSync,
    Case::SyncOfNothing,
    Case::CTag,
    Case::Get,
    Case::Put,
];

/// One request, without where and as whom.
pub struct Question {
    pub method: &'static str,
    /// Behind the address of the calendar.
    pub name: String,
    pub headers: &'static str,
    pub body: String,
}

type Asked = Box<dyn Fn(u64) -> Question + Sync>;

/// Requests of one case to one side, and how a good answer begins. No two of them are the same, however often it is measured:
/// what does not change need not be written.
pub struct Asking {
    questions: Asked,
    asked: AtomicU64,
    pub status: u16,
    pub or_status: Option<u16>,
}

impl Asking {
    pub fn question(&self) -> Question {
        (self.questions)(self.asked.fetch_add(1, Ordering::Relaxed))
    }
}

const XML_DEPTH_0: &str = "content-type: application/xml; charset=utf-8\r\ndepth: 0\r\n";
const XML_DEPTH_1: &str = "content-type: application/xml; charset=utf-8\r\ndepth: 1\r\n";
const CALENDAR: &str = "content-type: text/calendar; charset=utf-8\r\n";
const NEW_CALENDAR: &str = "content-type: text/calendar; charset=utf-8\r\nif-none-match: *\r\n";

impl Case {
    pub fn name(self) -> &'static str {
        match self {
            Case::Week => "week view",
            Case::Expanded => "week expanded",
            Case::FreeBusy => "free-busy of a week",
            Case::Multiget => "multiget of 50",
            Case::FirstSync => "first sync",
            Case::SyncOfNothing => "sync of nothing",
            Case::CTag => "ctag",
            Case::Get => "GET",
            Case::Put => "PUT",
        }
    }

    /// Milliseconds of the processor that the design asks for.
    pub fn target(self, events: usize) -> Option<f64> {
        match (self, events) {
            (Case::Week, 1_000) => Some(1.0),
            (Case::Expanded, 1_000) => Some(1.5),
            (Case::FreeBusy, 1_000) => Some(0.5),
            (Case::Week, 10_000) => Some(4.0),
            (Case::Expanded, 10_000) => Some(6.0),
            (Case::Multiget, 10_000) => Some(1.5),
            (Case::FirstSync, 10_000) => Some(25.0),
            (Case::SyncOfNothing, 10_000) => Some(0.3),
            (Case::CTag | Case::Get, 10_000) => Some(0.2),
            (Case::Put, 10_000) => Some(0.8),
            _ => None,
        }
    }

    /// The requests of this case to one side, once its answer was looked at.
    pub fn of(self, side: &Side, diary: &Diary) -> Result<Asking> {
        let asking = self.asking(side, diary)?;
        let answer = side.door.ask(&asking.question())?;
        let is_good = answer.status == asking.status || asking.or_status == Some(answer.status);
        let text = answer.text();
        let begin: String = text.chars().take(200).collect();
        ensure!(is_good, "{} {begin}", answer.status);
        self.check(&text, diary)?;
        Ok(asking)
    }

    fn asking(self, side: &Side, diary: &Diary) -> Result<Asking> {
        let [from, to] = [diary.week.0, diary.week.1].map(|at| at.strftime("%Y%m%dT%H%M%SZ").to_string());
        let range = format!(r#"start="{from}" end="{to}""#);
        let always = |question: fn(String) -> Question, body: String| -> Asked {
            Box::new(move |_| question(body.clone()))
        };
        let (questions, status): (Asked, u16) = match self {
            Case::Week => (always(report, in_range("<C:calendar-data/>", &range)), 207),
            Case::Expanded => {
                let data = format!("<C:calendar-data><C:expand {range}/></C:calendar-data>");
                (always(report, in_range(&data, &range)), 207)
            }
            Case::FreeBusy => {
                let body = format!("<C:free-busy-query {SPACES}><C:time-range {range}/></C:free-busy-query>");
                (always(report, body), 200)
            }
            Case::Multiget => {
                let step = diary.entries.len() / GOT_AT_ONCE;
                let some = diary.entries.iter().step_by(step).take(GOT_AT_ONCE);
                let hrefs: String = some
                    .map(|one| format!("<D:href>{}{}</D:href>", side.door.path, one.name))
                    .collect();
                let body = format!(
                    "<C:calendar-multiget {SPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop>{hrefs}\
                     </C:calendar-multiget>"
                );
                (always(report, body), 207)
            }
            Case::FirstSync => (always(report_alone, sync("")), 207),
            Case::SyncOfNothing => {
                let first = side.door.ask(&report_alone(sync("")))?.text();
                (always(report_alone, sync(&token(&first)?)), 207)
            }
            Case::CTag => {
                let body = format!("<D:propfind {SPACES}><D:prop><S:getctag/></D:prop></D:propfind>");
                let ask = |body| Question {
                    method: "PROPFIND",
                    ..report_alone(body)
                };
                (always(ask, body), 207)
            }
            Case::Get => (turns(diary, |name, _, _| get(name)), 200),
            Case::Put => (turns(diary, put), 204),
        };
        Ok(Asking {
            questions,
            asked: AtomicU64::new(0),
            status,
            // Radicale says of what it wrote over that it was created.
            or_status: (self == Case::Put).then_some(201),
        })
    }

    fn check(self, text: &str, diary: &Diary) -> Result<()> {
        let number_of = |what: &str, right: usize| -> Result<()> {
            let found = text.matches(what).count();
            ensure!(found == right, "{found} times {what}, and {right} are right");
            Ok(())
        };
        match self {
            Case::Week => number_of("BEGIN:VCALENDAR", diary.objects),
            Case::Expanded => {
                number_of("BEGIN:VEVENT", diary.instances)?;
                number_of("RRULE:FREQ=WEEKLY", 0)
            }
            Case::FreeBusy => {
                let busy = busy(text)?;
                ensure!(busy == diary.busy, "busy at other times: {busy:?}");
                Ok(())
            }
            Case::Multiget => number_of("BEGIN:VCALENDAR", GOT_AT_ONCE),
            Case::FirstSync => number_of(".ics<", diary.entries.len()),
            Case::SyncOfNothing => {
                number_of(".ics<", 0)?;
                token(text).map(|_| ())
            }
            Case::CTag => {
                let said = between(text, "getctag>", "<").unwrap_or_default();
                ensure!(!said.is_empty() && text.contains("200 OK"), "no ctag: {text}");
                Ok(())
            }
            Case::Get => number_of("BEGIN:VCALENDAR", 1),
            Case::Put => Ok(()),
        }
    }
}

fn report(body: String) -> Question {
    Question {
        method: "REPORT",
        name: String::new(),
        headers: XML_DEPTH_1,
        body,
    }
}

fn report_alone(body: String) -> Question {
    Question {
        headers: XML_DEPTH_0,
        ..report(body)
    }
}

fn get(name: String) -> Question {
    Question {
        method: "GET",
        name,
        headers: "",
        body: String::new(),
    }
}

fn put(name: String, text: &str, time: u64) -> Question {
    Question {
        method: "PUT",
        name,
        headers: CALENDAR,
        // What does not change need not be written.
        body: text.replacen("SUMMARY:", &format!("SUMMARY:Edited for the {time}th time, "), 1),
    }
}

/// One object after the other.
fn turns(diary: &Diary, question: fn(String, &str, u64) -> Question) -> Asked {
    let entries: Vec<(String, String)> = diary
        .entries
        .iter()
        .map(|entry| (entry.name.clone(), entry.text()))
        .collect();
    Box::new(move |number| {
        let turn = usize::try_from(number % TURNS).unwrap_or_default();
        let (name, text) = &entries[turn * 17 % entries.len()];
        question(name.clone(), text, number / TURNS)
    })
}

fn in_range(data: &str, range: &str) -> String {
    format!(
        r#"<C:calendar-query {SPACES}><D:prop><D:getetag/>{data}</D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range {range}/></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"#
    )
}

fn sync(token: &str) -> String {
    format!(
        "<D:sync-collection {SPACES}><D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level>\
         <D:prop><D:getetag/></D:prop></D:sync-collection>"
    )
}

fn token(answer: &str) -> Result<String> {
    let said = between(answer, "sync-token>", "<").context("no sync token")?;
    Ok(said.to_owned())
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(said, _)| said)
}

/// The periods of a VFREEBUSY, joined.
fn busy(text: &str) -> Result<Vec<(Timestamp, Timestamp)>> {
    let text = text.replace("\r\n ", "").replace("\n ", "");
    let mut periods = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("FREEBUSY")) {
        let (head, value) = line.split_once(':').context("a FREEBUSY without a value")?;
        if head.contains("FBTYPE=FREE") {
            continue;
        }
        for period in value.trim().split(',') {
            let (from, to) = period.split_once('/').context("a period")?;
            periods.push((utc(from)?, utc(to)?));
        }
    }
    Ok(joined(periods))
}

fn utc(text: &str) -> Result<Timestamp> {
    if text.starts_with('P') {
        bail!("a period with a duration");
    }
    let local = DateTime::strptime("%Y%m%dT%H%M%SZ", text)?;
    Ok(local.to_zoned(TimeZone::UTC)?.timestamp())
}

/// Has writers put new objects at the same time, each so many; how many of these were refused.
pub fn put_at_once(side: &Side, diary: &Diary, writers: usize, each: usize) -> Result<usize> {
    let entry = diary.entries.get(20).context("an entry")?;
    let text = entry.text();
    let refused = AtomicUsize::new(0);
    let count = |answer: &Answer| {
        let is_kept = matches!(answer.status, 201 | 204);
        refused.fetch_add(usize::from(!is_kept), Ordering::Relaxed);
        true
    };
    let door = &side.door;
    let ask = |number: u64| {
        let question = Question {
            method: "PUT",
            name: format!("{WRITTEN}{number:04}.ics"),
            headers: NEW_CALENDAR,
            body: text.replace(entry.uid(), &format!("{WRITTEN}{number}@diary.example")),
        };
        door.request(&question)
    };
    for first in 0..each {
        let offset = u64::try_from(first * writers)?;
        ask_for(
            door.address,
            writers,
            Duration::ZERO,
            &|number| ask(offset + number),
            &count,
        )?;
    }
    Ok(refused.into_inner())
}

/// How many of what they put are there.
pub fn written(side: &Side) -> Result<usize> {
    let question = Question {
        method: "PROPFIND",
        ..report(format!(
            "<D:propfind {SPACES}><D:prop><D:getetag/></D:prop></D:propfind>"
        ))
    };
    let answer = side.door.ask(&question)?;
    ensure!(answer.status == 207, "{} {}", answer.status, answer.text());
    Ok(answer.text().matches(&format!("/{WRITTEN}")).count())
}
