//! Events under kill -9: calendar programs of several people write, change and delete without a pause while the house is
//! killed again and again.
//!
//! Afterwards each event is as it was acknowledged last, or as one of those wrote it whom nobody answered; and its address, the
//! search by time and the sync tell the same of it.

use std::collections::BTreeSet;
use std::time::Duration;

use calendar::Visitor;
use kernel::Language;
use registry::audit::By;
use reqwest::{Client, Method, StatusCode};
use tokio::task::JoinSet;

use super::letters::{ANYWHERE, Town, on_postgres, sink};
use super::load::{PATIENCE, until};
use super::reminders::somebody;

const WRITERS: usize = 6;
const EVENTS_EACH: usize = 9;
/// A kill comes so many milliseconds after the first writer was answered.
const LIVES_MILLIS: [u64; 10] = [1, 190, 40, 7, 320, 90, 3, 150, 25, 60];
/// On another server, which takes longer over each write, what a kill can break is the word between the two: fewer show it.
const LIVES_ON_POSTGRESQL_MILLIS: [u64; 4] = [300, 900, 150, 600];

/// What an event may be like: one version, or several where nobody was answered; `None` is deleted, or not written yet.
type Versions = BTreeSet<Option<u32>>;

/// Somebody with a calendar program.
struct Writer {
    client: Client,
    email: String,
    password: String,
    /// `/dav/calendars/…/…/`
    home: String,
    events: Vec<Versions>,
    /// Of the next version.
    next: u32,
    acknowledged: usize,
    unknown: usize,
}

impl Writer {
    async fn ask(
        &self,
        base: &str,
        method: &str,
        name: &str,
        body: String,
    ) -> reqwest::Result<(StatusCode, String)> {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let content = if method == Method::PUT {
            "text/calendar"
        } else {
            "application/xml"
        };
        let asked = self
            .client
            .request(method, format!("{base}{}{name}", self.home))
            .basic_auth(&self.email, Some(&self.password))
            .header("content-type", content)
            .header("depth", "1")
            .body(body);
        let answer = asked.send().await?;
        let status = answer.status();
        Ok((status, answer.text().await?))
    }

    /// Writes, changes and deletes until nobody listens.
    async fn write(mut self, base: String) -> Writer {
        loop {
            let version = self.next;
            self.next += 1;
            let number = usize::try_from(version).unwrap() % EVENTS_EACH;
            let name = format!("{number}.ics");
            let deletes = version % 5 == 4;
            let (method, body, wanted) = if deletes {
                ("DELETE", String::new(), None)
            } else {
                ("PUT", event(number, version), Some(version))
            };
            match self.ask(&base, method, &name, body).await {
                Err(error) if error.is_connect() => return self,
                Err(_) => self.is_unknown(number, wanted),
                Ok((status, _)) if status.is_server_error() => self.is_unknown(number, wanted),
                Ok((status, told)) => {
                    let was_gone = deletes && status == StatusCode::NOT_FOUND;
                    assert!(
                        status.is_success() || was_gone,
                        "{method} {name}: {status} {told}"
                    );
                    self.events[number] = BTreeSet::from([wanted]);
                    self.acknowledged += 1;
                }
            }
        }
    }

    fn is_unknown(&mut self, number: usize, wanted: Option<u32>) {
        self.events[number].insert(wanted);
        self.unknown += 1;
    }

    /// Everything is as it was acknowledged, however one asks for it.
    async fn finds_all(&mut self, base: &str) {
        let mut there = BTreeSet::new();
        for number in 0..EVENTS_EACH {
            let (status, text) = self
                .ask(base, "GET", &format!("{number}.ics"), String::new())
                .await
                .unwrap();
            let found = (status != StatusCode::NOT_FOUND).then(|| version_of(&text));
            let possible = &self.events[number];
            assert!(possible.contains(&found), "{found:?} is none of {possible:?}");
            if found.is_some() {
                there.insert(number);
            }
            self.events[number] = BTreeSet::from([found]);
        }
        for report in [BY_TIME, BY_SYNC] {
            let (status, text) = self.ask(base, "REPORT", "", report.to_owned()).await.unwrap();
            assert_eq!(status, StatusCode::MULTI_STATUS, "{text}");
            let told = (0..EVENTS_EACH).filter(|number| text.contains(&format!("/{number}.ics</")));
            assert_eq!(told.collect::<BTreeSet<_>>(), there, "{text}");
        }
    }
}

const BY_TIME: &str = r#"<c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:prop><d:getetag/></d:prop>
    <c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">
    <c:time-range start="20270101T000000Z" end="20280101T000000Z"/></c:comp-filter></c:comp-filter></c:filter>
    </c:calendar-query>"#;
const BY_SYNC: &str = r#"<d:sync-collection xmlns:d="DAV:"><d:sync-token/><d:sync-level>1</d:sync-level>
    <d:prop><d:getetag/></d:prop></d:sync-collection>"#;

/// Another day of March with each version, so that what finds it by its time has to move with it.
fn event(number: usize, version: u32) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\nUID:{number}\r\n\
         DTSTAMP:20261101T000000Z\r\nSUMMARY:Version {version}\r\nDTSTART:202703{:02}T090000Z\r\nDURATION:PT1H\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n",
        version % 28 + 1
    )
}

fn version_of(text: &str) -> u32 {
    let said = text
        .lines()
        .find_map(|line| line.strip_prefix("SUMMARY:Version "));
    said.unwrap_or_else(|| panic!("an event that nobody wrote: {text}"))
        .parse()
        .unwrap()
}

async fn writers(town: &Town) -> Vec<Writer> {
    let still = town.still().await;
    let mut writers = Vec::new();
    for number in 0..WRITERS {
        let id = somebody(&still, number).await;
        let visitor = Visitor {
            id,
            language: Language::English,
            zone: "UTC".to_owned(),
        };
        let calendar = still.calendars.home(&visitor).await.unwrap().remove(0);
        let made = still
            .registry
            .make_app_password(id, "load", &By::house("test"))
            .await;
        writers.push(Writer {
            client: Client::builder().timeout(PATIENCE).build().unwrap(),
            email: format!("reader{number}@sink.example"),
            password: made.unwrap().1.reveal().to_owned(),
            home: format!("/dav/calendars/{id}/{}/", calendar.name),
            events: vec![BTreeSet::from([None]); EVENTS_EACH],
            next: 0,
            acknowledged: 0,
            unknown: 0,
        });
    }
    still.close().await.unwrap();
    writers
}

async fn nothing_is_lost(town: &Town, lives: &[u64]) {
    let mut all = writers(town).await;
    for life in lives {
        let mut house = town.open();
        let somebody = all.first().unwrap();
        until("the house answers", async || {
            let answer = somebody.ask(&house.base, "GET", "0.ics", String::new()).await;
            answer.ok().filter(|(status, _)| !status.is_server_error())
        })
        .await;
        let mut at_work = JoinSet::new();
        for writer in all.drain(..) {
            at_work.spawn(writer.write(house.base.clone()));
        }
        tokio::time::sleep(Duration::from_millis(*life)).await;
        house.kill();
        all.extend(at_work.join_all().await);
    }
    let mut house = town.open();
    for writer in &mut all {
        writer.finds_all(&house.base).await;
    }
    assert!(house.terminate().unwrap().success());
    let count = |of: fn(&Writer) -> usize| all.iter().map(of).sum::<usize>();
    let (acknowledged, unknown) = (count(|one| one.acknowledged), count(|one| one.unknown));
    assert!(
        acknowledged > 10 * lives.len(),
        "there was a load: {acknowledged}"
    );
    assert!(unknown > 0, "some kill came while something was being written");
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_while_events_are_written_loses_none_that_was_acknowledged() {
    let sink = sink("", ANYWHERE).await;
    let town = Town::new("", &[("sink", sink.address())]);
    nothing_is_lost(&town, &LIVES_MILLIS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_while_events_are_written_on_postgresql_loses_none_that_was_acknowledged() {
    let sink = sink("", ANYWHERE).await;
    let shared = on_postgres(&[("sink", sink.address())]);
    nothing_is_lost(&shared.town, &LIVES_ON_POSTGRESQL_MILLIS).await;
}
