//! What calendar programs say and hear in headers when they invite and answer (RFC 6638): the schedule tag, which stays while
//! only answers come in, and the wish that an organizer hears nothing.

use std::time::{Duration, Instant};

use front::Kind;
use http::Method;
use serde_json::json;

use crate::town::{Actor, Answer, Call, PATIENCE, Role, Town};

const NAME: &str = "council.ics";

/// Anna, who invites from her calendar program, and Boris, who answers from his.
struct Programs {
    town: Town,
    anna: Actor,
    boris: Actor,
}

impl Programs {
    async fn open() -> Programs {
        let town = Town::open_for_real().await;
        let anna = town.actor(&Role::Plain).await;
        let boris = town.actor(&Role::Plain).await;
        let programs = Programs { town, anna, boris };
        for one in [&programs.anna, &programs.boris] {
            let home = format!("/dav/calendars/{}/", one.id);
            let found = programs.send(one, "PROPFIND", &home, Call::default().header("depth", "1"));
            assert_eq!(found.await.status, 207);
        }
        programs
    }

    fn path(&self, of: &Actor, name: &str) -> String {
        format!("/dav/calendars/{}/personal/{name}", of.id)
    }

    async fn send(&self, by: &Actor, method: &str, path: &str, call: Call) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.town.send(method, path, Kind::Dav, by, call).await
    }

    async fn get(&self, by: &Actor, name: &str) -> Answer {
        let got = self.send(by, "GET", &self.path(by, name), Call::default()).await;
        assert_eq!(got.status, 200, "{}", got.text());
        got
    }

    async fn put(&self, by: &Actor, name: &str, text: &str, tag: Option<(&'static str, &str)>) -> Answer {
        let call = Call {
            body: text.as_bytes().to_vec().into(),
            ..Call::default()
        };
        let call = call.header("content-type", "text/calendar; charset=utf-8");
        let call = match tag {
            Some((header, tag)) => call.header(header, tag),
            None => call,
        };
        self.send(by, "PUT", &self.path(by, name), call).await
    }

    fn event(&self, title: &str) -> String {
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Program//EN\r\nBEGIN:VEVENT\r\nUID:council\r\n\
             DTSTAMP:20261101T000000Z\r\nDTSTART:20261215T090000Z\r\nDURATION:PT1H\r\nSUMMARY:{title}\r\n\
             ORGANIZER:mailto:{}\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:{}\r\n\
             ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            self.anna.email, self.anna.email, self.boris.email
        )
    }

    /// The name under which Boris's program finds the invitation, as soon as it came.
    async fn arrives(&self) -> String {
        let home = self.path(&self.boris, "");
        self.until("the invitation comes", async || {
            let call = Call::default().header("depth", "1");
            let found = self.send(&self.boris, "PROPFIND", &home, call).await.whole();
            let end = found.find(".ics</")?;
            let start = found[..end].rfind('/')? + 1;
            Some(format!("{}.ics", &found[start..end]))
        })
        .await
    }

    /// Invites Boris, who comes; Anna's event as she had it before, and the name of his copy.
    async fn invited(&self) -> (Answer, String) {
        let put = self.put(&self.anna, NAME, &self.event("Council"), None).await;
        assert_eq!(put.status, 201, "{}", put.text());
        let own = self.get(&self.anna, NAME).await;
        assert_eq!(tag(&put, "schedule-tag"), tag(&own, "schedule-tag"));
        let copy = self.arrives().await;
        self.answers(&copy, "NEEDS-ACTION", "ACCEPTED").await;
        self.hears("ACCEPTED").await;
        (own, copy)
    }

    /// Anna's event as she has it now, if its schedule tag is still this one.
    async fn put_over(&self, text: &str, schedule: &str) -> Answer {
        let tag = Some(("if-schedule-tag-match", schedule));
        self.put(&self.anna, NAME, text, tag).await
    }

    async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(found) = look().await {
                return found;
            }
            assert!(began.elapsed() < PATIENCE, "{what}");
            self.town.clock.advance_seconds(1);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Boris's copy with his answer in it.
    async fn answers(&self, name: &str, from: &str, to: &str) {
        let copy = self.get(&self.boris, name).await.whole().replace("\r\n ", "");
        let said = |answer: &str| format!("PARTSTAT={answer}:mailto:{}", self.boris.email);
        let with = |answer: &str| format!("PARTSTAT={answer};");
        let text = copy
            .replace(&said(from), &said(to))
            .replace(&with(from), &with(to));
        assert_ne!(copy, text, "{copy}");
        let put = self.put(&self.boris, name, &text, None).await;
        assert_eq!(put.status, 204, "{}", put.text());
    }

    /// Until Anna's own copy says so of Boris.
    async fn hears(&self, answer: &str) {
        let wanted = format!("PARTSTAT={answer}");
        self.until(answer, async || {
            let own = self.get(&self.anna, NAME).await.whole().replace("\r\n ", "");
            let line = own.lines().find(|line| {
                line.starts_with("ATTENDEE") && line.ends_with(&format!("mailto:{}", self.boris.email))
            });
            line?.contains(&wanted).then_some(())
        })
        .await;
    }
}

fn tag(answer: &Answer, name: &str) -> String {
    let tag = answer.headers.get(name);
    let tag = tag.unwrap_or_else(|| panic!("no {name}: {:?}", answer.headers));
    tag.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_changes_the_tag_of_an_event_and_leaves_its_schedule_tag() {
    let programs = Programs::open().await;
    let (before, _) = programs.invited().await;
    let (etag, schedule) = (tag(&before, "etag"), tag(&before, "schedule-tag"));
    let after = programs.get(&programs.anna, NAME).await;
    assert_ne!(tag(&after, "etag"), etag);
    assert_eq!(tag(&after, "schedule-tag"), schedule);

    // She changes the event as she saw it before the answer came, and does not take it back with that.
    let late = programs.event("Council and cake");
    let by_tag = programs
        .put(&programs.anna, NAME, &late, Some(("if-match", &etag)))
        .await;
    assert_eq!(by_tag.status, 412);
    let put = programs.put_over(&late, &schedule).await;
    assert_eq!(put.status, 204, "{}", put.text());
    let own = programs.get(&programs.anna, NAME).await;
    assert!(own.whole().contains("Council and cake"));
    programs.hears("ACCEPTED").await;
    let now = tag(&own, "schedule-tag");
    assert_ne!(now, schedule, "what everybody sees is another");
    let again = programs.put_over(&late, &schedule).await;
    assert_eq!(again.status, 412, "somebody else changed it meanwhile");
    let unread = programs.put_over(&late, "yesterday").await;
    assert_eq!(unread.status, 412);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_deletes_a_copy_declines_unless_nobody_is_to_hear_of_it() {
    for (reply, answer) in [
        (None, "DECLINED"),
        (Some("F"), "ACCEPTED"),
        (Some("T"), "DECLINED"),
    ] {
        let programs = Programs::open().await;
        let (_, copy) = programs.invited().await;
        let call = match reply {
            Some(reply) => Call::default().header("schedule-reply", reply),
            None => Call::default(),
        };
        let path = programs.path(&programs.boris, &copy);
        let gone = programs.send(&programs.boris, "DELETE", &path, call).await;
        assert_eq!(gone.status, 204);
        if answer == "ACCEPTED" {
            // Who is not to hear of it hears nothing in a time in which the others have long heard.
            for _ in 0..100 {
                programs.town.clock.advance_seconds(1);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        programs.hears(answer).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_another_address_is_still_meant_by_the_one_of_before() {
    let programs = Programs::open().await;
    let (_, copy) = programs.invited().await;
    for (person, email) in [(&programs.anna, "petrova"), (&programs.boris, "borisov")] {
        let path = format!("/api/v1/people/{}", person.id);
        let call = Call::json(&json!({"email": format!("{email}@town.example")}));
        let call = call.header("if-match", "*");
        let admin = programs.town.admin();
        let changed = programs.town.send(Method::PATCH, &path, Kind::Api, admin, call);
        let changed = changed.await;
        assert_eq!(changed.status, 200, "{}", changed.text());
    }
    // She writes of him, and he of himself, as their programs know them.
    let own = programs.get(&programs.anna, NAME).await.whole();
    let put = own.replace("SUMMARY:Council", "SUMMARY:Council and cake");
    let put = programs.put(&programs.anna, NAME, &put, None).await;
    assert_eq!(put.status, 204, "{}", put.text());
    programs
        .until("the change comes", async || {
            let held = programs.get(&programs.boris, &copy).await.whole();
            held.contains("Council and cake").then_some(())
        })
        .await;
    programs.answers(&copy, "ACCEPTED", "TENTATIVE").await;
    programs.hears("TENTATIVE").await;

    // Somebody else who bears the address is whom it means from then on.
    let eve = json!({"email": programs.boris.email, "name": "Eve"});
    programs
        .town
        .post(programs.town.admin(), "/api/v1/people", eve)
        .await;
    programs.answers(&copy, "TENTATIVE", "DECLINED").await;
    for _ in 0..100 {
        programs.town.clock.advance_seconds(1);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    programs.hears("TENTATIVE").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_finds_rooms_by_name_and_people_by_their_whole_address() {
    let programs = Programs::open().await;
    let hall = programs.town.actor(&Role::Plain).await;
    let path = format!("/api/v1/calendar/resources/{}", hall.id);
    let room = Call::json(&json!({"sort": "room"}));
    let made = programs
        .town
        .send(Method::PUT, &path, Kind::Api, programs.town.admin(), room);
    assert_eq!(made.await.status, 200);
    let name = programs
        .town
        .get(&hall, &format!("/api/v1/people/{}", hall.id))
        .await["name"]
        .clone();
    let found = async |words: &str| {
        let body = format!(
            "<D:principal-property-search xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\" test=\"anyof\">\
             <D:property-search><D:prop><D:displayname/><C:calendar-user-address-set/></D:prop><D:match>{words}</D:match></D:property-search>\
             <D:prop><C:calendar-user-type/></D:prop></D:principal-property-search>"
        );
        let call = Call {
            body: body.into(),
            ..Call::default()
        };
        let said = programs
            .send(&programs.anna, "REPORT", "/dav/principals/", call)
            .await;
        assert_eq!(said.status, 207, "{}", said.text());
        said.whole()
    };
    let rooms = found(name.as_str().unwrap()).await;
    assert!(rooms.contains(&hall.id) && rooms.contains("ROOM"), "{rooms}");
    let boris = found(&programs.boris.email).await;
    assert!(
        boris.contains(&programs.boris.id) && boris.contains("INDIVIDUAL"),
        "{boris}"
    );
    let (part, _) = programs.boris.email.split_once('@').unwrap();
    let none = found(part).await;
    assert!(
        !none.contains(&programs.boris.id),
        "nobody leafs through people: {none}"
    );
}
