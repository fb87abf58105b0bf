//! CalDAV: each method of each place.

use super::calendars::{made, with_event};
use super::{Ctx, Sample, Shows, sample};
use crate::town::Call;

const PEOPLE: &str = r#"<principal-search-property-set xmlns="DAV:"/>"#;
const CHANGES: &str = r#"<sync-collection xmlns="DAV:"><sync-token/><sync-level>1</sync-level>
    <prop><getetag/></prop></sync-collection>"#;
const LOOK: &str = r#"<c:calendar-query xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">
    <prop><getetag/></prop><c:filter><c:comp-filter name="VCALENDAR"/></c:filter></c:calendar-query>"#;
const NAMED: &str = r#"<propertyupdate xmlns="DAV:"><set><prop><displayname>Walks</displayname></prop></set>
    </propertyupdate>"#;
const MADE: &str = r#"<mkcol xmlns="DAV:"><set><prop><resourcetype><collection/>
    <calendar xmlns="urn:ietf:params:xml:ns:caldav"/></resourcetype></prop></set></mkcol>"#;
const EVENT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Town//EN\r\nBEGIN:VEVENT\r\nUID:another walk\r\n\
    DTSTAMP:20261101T000000Z\r\nDTSTART:20261124T090000Z\r\nDURATION:PT1H\r\nSUMMARY:Another walk\r\nEND:VEVENT\r\n\
    END:VCALENDAR\r\n";

const BUSY: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Town//EN\r\nMETHOD:REQUEST\r\nBEGIN:VFREEBUSY\r\n\
    UID:walk\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261123T000000Z\r\nDTEND:20261124T000000Z\r\n\
    ORGANIZER:mailto:a@town.example\r\nATTENDEE:mailto:b@town.example\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n";

const HOME: &str = "/dav/calendars/{person}/";
const CALENDAR: &str = "/dav/calendars/{person}/{calendar}/";
const OBJECT: &str = "/dav/calendars/{person}/{calendar}/{object}";

pub fn samples() -> Vec<Sample> {
    let mut samples = places();
    samples.extend(people());
    samples.extend(collections());
    samples.extend(objects());
    samples
}

/// Places that are nobody's.
fn places() -> Vec<Sample> {
    let mut samples = Vec::new();
    for method in ["OPTIONS", "GET", "HEAD", "PROPFIND", "REPORT"] {
        let call = async |_| Call::default();
        samples.push(sample(method, "/.well-known/caldav", Shows::Everyone, call));
    }
    for method in ["OPTIONS", "PROPFIND"] {
        samples.push(sample(method, "/", Shows::Everyone, async |_| shallow("")));
    }
    for path in ["/dav/", "/dav/principals/", "/dav/calendars/"] {
        for method in ["OPTIONS", "PROPFIND"] {
            samples.push(sample(method, path, Shows::Everyone, async |_| shallow("")));
        }
        samples.push(sample("REPORT", path, Shows::Everyone, async |_| shallow(PEOPLE)));
    }
    samples
}

/// A person and their home.
fn people() -> Vec<Sample> {
    let mut samples = Vec::new();
    for path in ["/dav/principals/{person}/", HOME] {
        for (method, body) in [
            ("OPTIONS", ""),
            ("PROPFIND", ""),
            ("PROPPATCH", NAMED),
            ("REPORT", PEOPLE),
        ] {
            let call = async move |ctx: Ctx| shallow(body).at(&[&ctx.owner.id]);
            samples.push(sample(method, path, Shows::Owner, call));
        }
    }
    samples
}

/// What a calendar and an object are asked alike, but for the report.
fn everywhere(report: &'static str) -> [(&'static str, &'static str); 7] {
    [
        ("OPTIONS", ""),
        ("GET", ""),
        ("HEAD", ""),
        ("DELETE", ""),
        ("PROPFIND", ""),
        ("PROPPATCH", NAMED),
        ("REPORT", report),
    ]
}

fn collections() -> Vec<Sample> {
    let mut samples = Vec::new();
    for (method, body) in everywhere(CHANGES) {
        let call = async move |ctx: Ctx| shallow(body).at(&[&ctx.owner.id, &made(&ctx).await]);
        samples.push(sample(method, CALENDAR, Shows::Owner, call));
    }
    samples.push(sample("POST", CALENDAR, Shows::Owner, async |ctx| {
        let call = Call {
            body: BUSY.into(),
            ..Call::default()
        };
        let call = call.header("content-type", "text/calendar");
        call.at(&[&ctx.owner.id, "outbox"])
    }));
    for (method, body) in [("MKCALENDAR", ""), ("MKCOL", MADE)] {
        let call = async move |ctx: Ctx| xml(body).at(&[&ctx.owner.id, "walks"]);
        samples.push(sample(method, CALENDAR, Shows::Owner, call));
    }
    samples
}

fn objects() -> Vec<Sample> {
    let mut samples = Vec::new();
    for (method, body) in everywhere(LOOK) {
        let call = async move |ctx: Ctx| at_event(shallow(body), &ctx).await;
        samples.push(sample(method, OBJECT, Shows::Owner, call));
    }
    samples.push(sample("PUT", OBJECT, Shows::Owner, async |ctx| {
        let call = Call {
            body: EVENT.into(),
            ..Call::default()
        };
        let call = call.header("content-type", "text/calendar");
        call.at(&[&ctx.owner.id, &made(&ctx).await, "another.ics"])
    }));
    for method in ["COPY", "MOVE"] {
        samples.push(sample(method, OBJECT, Shows::Owner, async |ctx| {
            let there = format!("/dav/calendars/{}/{}/there.ics", ctx.owner.id, made(&ctx).await);
            let mut call = at_event(Call::default(), &ctx).await;
            call.headers.insert("destination", there.parse().unwrap());
            call
        }));
    }
    samples
}

async fn at_event(call: Call, ctx: &Ctx) -> Call {
    call.at(&[&ctx.owner.id, &with_event(ctx).await, "walk.ics"])
}

/// About the place itself, and not what lies in it.
fn shallow(body: &'static str) -> Call {
    xml(body).header("depth", "0")
}

fn xml(body: &'static str) -> Call {
    let call = Call {
        body: body.into(),
        ..Call::default()
    };
    call.header("content-type", "application/xml")
}
