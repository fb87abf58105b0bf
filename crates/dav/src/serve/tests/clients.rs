//! How clients find a server and read it for the first time, in the bodies that they send.

use super::*;
use crate::xml::APPLE;

/// Apple Calendar looks for rooms as it looks for people.
const ROOMS: &str = "<D:property-search><D:prop><C:calendar-user-type/></D:prop><D:match>ROOM</D:match></D:property-search>\
    <D:prop><D:displayname/><D:principal-URL/><C:calendar-user-type/><C:calendar-user-address-set/><C:calendar-home-set/></D:prop>";

#[tokio::test]
async fn who_does_not_sign_in_is_asked_for_an_app_password() {
    let house = House::open();
    for (method, path) in [("PROPFIND", "/dav/"), ("OPTIONS", HOME), ("PROPFIND", "/")] {
        let reply = house.knock(method, path, &[], "").await;
        assert_eq!(reply.status, 401, "{method} {path}");
        assert!(reply.header("www-authenticate").starts_with("Basic"));
    }
    let looking = house.knock("PROPFIND", "/.well-known/caldav", &[], "").await;
    assert_eq!((looking.status, looking.header("location")), (301, "/dav/"));
}

#[tokio::test]
async fn what_is_somebody_elses_is_not_there() {
    let house = House::lived_in().await;
    let theirs = "11111111-0707-0707-0707-070707070707";
    for method in ["OPTIONS", "PROPFIND", "PROPPATCH", "REPORT"] {
        for path in ["calendars", "principals"] {
            let reply = house
                .ask(method, &format!("/dav/{path}/{theirs}/"), &[("depth", "0")], "")
                .await;
            assert_eq!(reply.status, 404, "{method} {path}");
        }
    }
    for method in ["GET", "PUT", "DELETE", "MOVE", "PROPFIND"] {
        let reply = house
            .ask(
                method,
                &format!("/dav/calendars/{theirs}/home/a.ics"),
                &[("depth", "0")],
                "",
            )
            .await;
        assert_eq!(reply.status, 404, "{method}");
    }
}

#[tokio::test]
async fn a_method_that_is_not_known_is_answered_with_those_that_are() {
    let house = House::lived_in().await;
    let reply = house.ask("LOCK", &format!("{HOME}home/a.ics"), &[], "").await;
    assert_eq!(reply.status, 405);
    assert_eq!(
        reply.header("allow"),
        "OPTIONS, GET, HEAD, PUT, DELETE, COPY, MOVE, PROPFIND, PROPPATCH, REPORT"
    );
    let options = house.ask("OPTIONS", HOME, &[], "").await;
    assert_eq!(
        options.header("dav"),
        "1, 3, access-control, extended-mkcol, calendar-access, calendar-auto-schedule"
    );
}

/// DAVx5 looks from the address that somebody typed in to the principal, to the home, to the calendars.
#[tokio::test]
async fn davx5_finds_its_way_from_the_root_to_the_calendars() {
    let house = House::open();
    let body = r#"<?xml version='1.0' encoding='UTF-8' ?><propfind xmlns="DAV:" xmlns:CAL="urn:ietf:params:xml:ns:caldav" xmlns:CARD="urn:ietf:params:xml:ns:carddav"><prop><resourcetype /><displayname /><CARD:addressbook-description /><CAL:calendar-home-set /><current-user-principal /></prop></propfind>"#;
    let root = house.ask("PROPFIND", "/dav/", &[("depth", "0")], body).await;
    let principal = href_in(&root.prop("/dav/", "current-user-principal"));
    assert_eq!(principal, format!("/dav/principals/{ANNA}/"));
    let body = r#"<?xml version='1.0' encoding='UTF-8' ?><propfind xmlns="DAV:" xmlns:CAL="urn:ietf:params:xml:ns:caldav"><prop><CAL:calendar-home-set /><displayname/><group-membership /></prop></propfind>"#;
    let person = house.ask("PROPFIND", &principal, &[("depth", "0")], body).await;
    assert_eq!(person.text(&principal, "displayname"), "Anna Petrova");
    let home = href_in(&person.prop(&principal, "calendar-home-set"));
    assert_eq!(home, HOME);
    let body = r#"<?xml version='1.0' encoding='UTF-8' ?><propfind xmlns="DAV:" xmlns:CAL="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/" xmlns:ICAL="http://apple.com/ns/ical/"><prop><resourcetype /><displayname /><owner /><current-user-privilege-set /><CAL:calendar-description /><ICAL:calendar-color /><CAL:calendar-timezone /><CAL:calendar-timezone-id /><CAL:supported-calendar-component-set /><CS:source /><supported-report-set /><CS:getctag /><sync-token /></prop></propfind>"#;
    let calendars = house.ask("PROPFIND", &home, &[("depth", "1")], body).await;
    assert_eq!(calendars.hrefs(), ["", "home/", "inbox/", "outbox/"]);
    assert!(!is_calendar(&calendars.prop("inbox/", "resourcetype")));
    assert!(is_calendar(&calendars.prop("home/", "resourcetype")));
    assert!(!is_calendar(&calendars.prop("", "resourcetype")));
    assert_eq!(calendars.text("home/", "calendar-timezone-id"), "Europe/Berlin");
    assert_eq!(
        calendars.text("home/", "getctag"),
        calendars.text("home/", "sync-token")
    );
    let reports = calendars.prop("home/", "supported-report-set");
    let reports: Vec<String> = reports
        .elements()
        .flat_map(|one| super::inside(one.child(DAV, "report").unwrap()))
        .collect();
    for report in [
        "calendar-query",
        "calendar-multiget",
        "sync-collection",
        "free-busy-query",
    ] {
        assert!(reports.iter().any(|one| one == report), "{report}");
    }
    let missing = calendars.props("home/", 404);
    let missing: Vec<&str> = missing.iter().map(|one| one.name.local.as_ref()).collect();
    assert_eq!(missing, ["calendar-description", "source"]);
}

/// The account set-up of Apple Calendar.
#[tokio::test]
async fn apple_calendar_reads_the_person_and_orders_the_calendars() {
    let house = House::lived_in().await;
    let body = r#"<?xml version="1.0" encoding="UTF-8"?>
<A:propfind xmlns:A="DAV:"><A:prop><B:calendar-home-set xmlns:B="urn:ietf:params:xml:ns:caldav"/><B:calendar-user-address-set xmlns:B="urn:ietf:params:xml:ns:caldav"/><A:current-user-principal/><A:displayname/><C:dropbox-home-URL xmlns:C="http://calendarserver.org/ns/"/><C:email-address-set xmlns:C="http://calendarserver.org/ns/"/><B:schedule-inbox-URL xmlns:B="urn:ietf:params:xml:ns:caldav"/><B:schedule-outbox-URL xmlns:B="urn:ietf:params:xml:ns:caldav"/><A:principal-collection-set/><A:principal-URL/><A:resource-id/><A:supported-report-set/></A:prop></A:propfind>"#;
    let path = format!("/dav/principals/{ANNA}/");
    let headers = [("depth", "0"), ("brief", "t"), ("prefer", "return=minimal")];
    let person = house.ask("PROPFIND", &path, &headers, body).await;
    let addresses = person.prop(&path, "calendar-user-address-set");
    let addresses: Vec<String> = addresses.elements().map(Element::text).collect();
    assert_eq!(
        addresses,
        ["mailto:anna@example.org", &path, &format!("urn:uuid:{ANNA}")]
    );
    assert!(person.props(&path, 404).is_empty(), "it asked to be brief");
    let patch = r#"<?xml version="1.0" encoding="UTF-8"?>
<A:propertyupdate xmlns:A="DAV:"><A:set><A:prop><D:calendar-order xmlns:D="http://apple.com/ns/ical/">3</D:calendar-order><D:calendar-color xmlns:D="http://apple.com/ns/ical/" symbolic-color="custom">#1BADF8FF</D:calendar-color><B:default-alarm-vevent-date xmlns:B="urn:ietf:params:xml:ns:caldav">BEGIN:VALARM
END:VALARM</B:default-alarm-vevent-date></A:prop></A:set></A:propertyupdate>"#;
    let done = house.ask("PROPPATCH", &format!("{HOME}home/"), &[], patch).await;
    assert_eq!(done.props("home/", 200).len(), 3);
    let said = house
        .propfind(
            &format!("{HOME}home/"),
            "0",
            "<A:calendar-order/><A:calendar-color/><C:default-alarm-vevent-date/>",
        )
        .await;
    assert_eq!(said.text("home/", "calendar-order"), "3");
    assert_eq!(said.text("home/", "calendar-color"), "#1BADF8");
    assert_eq!(said.prop("home/", "calendar-color").name.space, APPLE);
    assert!(
        said.text("home/", "default-alarm-vevent-date")
            .starts_with("BEGIN:VALARM")
    );
}

/// vdirsyncer lists by PROPFIND, then fetches by multiget.
#[tokio::test]
async fn vdirsyncer_lists_a_calendar_and_fetches_what_it_lacks() {
    let house = House::lived_in().await;
    house.events(&[("a", 5), ("b", 6)]).await;
    let list = r#"<?xml version="1.0" encoding="utf-8" ?>
            <propfind xmlns="DAV:"><prop><resourcetype/><getcontenttype/><getetag/></prop></propfind>"#;
    let listed = house
        .ask("PROPFIND", &format!("{HOME}home/"), &[("depth", "1")], list)
        .await;
    assert_eq!(listed.hrefs(), ["home/", "home/a.ics", "home/b.ics"]);
    assert_eq!(listed.text("home/b.ics", "getetag"), "\"01010101-2\"");
    let fetch = format!(
        r#"<?xml version="1.0" encoding="utf-8" ?><C:calendar-multiget xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><prop><getetag/><C:calendar-data/></prop><href>{HOME}home/b.ics</href><href>{HOME}home/gone.ics</href><href>/elsewhere</href></C:calendar-multiget>"#
    );
    let fetched = house.ask("REPORT", &format!("{HOME}home/"), &[], &fetch).await;
    assert_eq!(fetched.hrefs(), ["home/b.ics", "home/gone.ics", "/elsewhere"]);
    let text = fetched.text("home/b.ics", "calendar-data");
    assert_eq!(
        text,
        house.ask("GET", &format!("{HOME}home/b.ics"), &[], "").await.body
    );
    assert_eq!(fetched.status_of("home/gone.ics"), "HTTP/1.1 404 Not Found");
}

#[tokio::test]
async fn an_answer_to_all_properties_has_the_cheap_ones_and_names_all_that_there_are() {
    let house = House::lived_in().await;
    house.events(&[("a", 5)]).await;
    let all = house.ask("PROPFIND", &format!("{HOME}home/"), &[], "").await;
    let names = |href: &str, reply: &Reply| -> Vec<String> {
        reply
            .props(href, 200)
            .iter()
            .map(|one| one.name.local.to_string())
            .collect()
    };
    assert_eq!(
        names("home/", &all),
        ["resourcetype", "displayname", "creationdate", "getlastmodified"]
    );
    let of_object = [
        "resourcetype",
        "creationdate",
        "getlastmodified",
        "getetag",
        "getcontenttype",
        "getcontentlength",
    ];
    assert_eq!(names("home/a.ics", &all), of_object);
    let body = r#"<propfind xmlns="DAV:"><propname/></propfind>"#;
    let every = house
        .ask("PROPFIND", &format!("{HOME}home/"), &[("depth", "0")], body)
        .await;
    insta::assert_snapshot!(names("home/", &every).join("\n"));
    let far = house.ask("PROPFIND", HOME, &[("depth", "infinity")], "").await;
    assert_eq!(far.condition(), (403, "propfind-finite-depth".to_owned()));
}

#[tokio::test]
async fn links_are_followed_in_one_request_and_people_find_themselves() {
    let house = House::lived_in().await;
    let path = format!("/dav/principals/{ANNA}/");
    let inside = r#"<D:property name="displayname"/><D:property name="calendar-home-set" namespace="urn:ietf:params:xml:ns:caldav"><D:property name="resourcetype"/><D:property name="getetag"/></D:property>"#;
    let expanded = house.report(&path, "D:expand-property", inside).await;
    insta::assert_snapshot!(expanded.body.replace("><", ">\n<"));
    let search = async |words: &str| {
        let inside = format!(
            "<D:property-search><D:prop><D:displayname/></D:prop><D:match>{words}</D:match></D:property-search><D:prop><D:displayname/></D:prop>"
        );
        house
            .report("/dav/principals/", "D:principal-property-search", &inside)
            .await
            .hrefs()
    };
    assert_eq!(search("petro").await, [path]);
    assert_eq!(search("boris").await, Vec::<String>::new());
    let hall = format!("/dav/principals/{HALL}/");
    assert_eq!(search("hall").await, std::slice::from_ref(&hall));
    let rooms = house
        .report("/dav/principals/", "D:principal-property-search", ROOMS)
        .await;
    assert_eq!(rooms.hrefs(), std::slice::from_ref(&hall));
    insta::assert_snapshot!("a_room_is_found_by_what_it_is", rooms.body.replace("><", ">\n<"));
    let set = house
        .report("/dav/principals/", "D:principal-search-property-set", "")
        .await;
    assert_eq!(set.xml().elements().count(), 4);
    let unknown = house.report(&format!("{HOME}home/"), "D:version-tree", "").await;
    assert_eq!(unknown.condition(), (403, "supported-report".to_owned()));
}

#[tokio::test]
async fn a_calendar_is_one_file_with_each_zone_once() {
    let house = House::lived_in().await;
    let zoned = |uid: &str| {
        event(uid, "DTSTART;TZID=X:20260105T120000\r\n").replace(
            "BEGIN:VEVENT",
            "BEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT",
        )
    };
    for name in ["a", "b"] {
        assert_eq!(
            house
                .put(&format!("{HOME}home/{name}.ics"), &zoned(name))
                .await
                .status,
            201
        );
    }
    let file = house.ask("GET", &format!("{HOME}home/"), &[], "").await;
    assert_eq!(file.header("content-type"), "text/calendar; charset=utf-8");
    let found = ical::import(file.body.as_bytes(), &ical::Limits::FILE).unwrap();
    assert_eq!((found.rows.len(), found.problems.len()), (2, 0));
    assert_eq!(file.body.matches("BEGIN:VTIMEZONE").count(), 1);
}

/// Thunderbird asks the place that somebody typed in, and takes the first that says it is a calendar or knows a principal.
#[tokio::test]
async fn thunderbird_begins_at_the_top_and_reads_what_changed() {
    let house = House::lived_in().await;
    let body = r#"<?xml version="1.0" encoding="UTF-8"?>
<D:propfind xmlns:D='DAV:' xmlns:C='urn:ietf:params:xml:ns:caldav'><D:prop><D:resourcetype/><D:owner/><D:displayname/><D:current-user-principal/><D:current-user-privilege-set/><C:calendar-home-set/></D:prop></D:propfind>"#;
    let top = house.ask("PROPFIND", "/", &[("depth", "0")], body).await;
    assert_eq!(
        href_in(&top.prop("/", "current-user-principal")),
        format!("/dav/principals/{ANNA}/")
    );
    house.events(&[("a", 5)]).await;
    let body = r#"<?xml version="1.0" encoding="UTF-8"?>
<D:propfind xmlns:D="DAV:" xmlns:CS="http://calendarserver.org/ns/" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><D:resourcetype/><D:owner/><D:current-user-principal/><D:current-user-privilege-set/><D:supported-report-set/><C:supported-calendar-component-set/><CS:getctag/></D:prop></D:propfind>"#;
    let calendar = house
        .ask("PROPFIND", &format!("{HOME}home/"), &[("depth", "0")], body)
        .await;
    assert_eq!(calendar.props("home/", 200).len(), 7);
    let body = r#"<?xml version="1.0" encoding="UTF-8"?>
<sync-collection xmlns="DAV:"><sync-token/><sync-level>1</sync-level><prop><getcontenttype/><getetag/></prop></sync-collection>"#;
    let synced = house
        .ask("REPORT", &format!("{HOME}home/"), &[("depth", "1")], body)
        .await;
    assert!(
        synced
            .text("home/a.ics", "getcontenttype")
            .starts_with("text/calendar")
    );
}

/// Evolution and GNOME Calendar.
#[tokio::test]
async fn evolution_finds_calendars_and_lists_events_by_a_query() {
    let house = House::lived_in().await;
    house.events(&[("a", 5), ("b", 6)]).await;
    let body = r#"<?xml version="1.0" encoding="utf-8" standalone="no"?>
<propfind xmlns="DAV:" xmlns:CS="http://calendarserver.org/ns/" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:IC="http://apple.com/ns/ical/"><prop><displayname/><resourcetype/><C:supported-calendar-component-set/><CS:source-url/><IC:calendar-color/><IC:calendar-order/><C:calendar-description/></prop></propfind>"#;
    let list = house.ask("PROPFIND", HOME, &[("depth", "1")], body).await;
    assert!(is_calendar(&list.prop("home/", "resourcetype")));
    let body = r#"<?xml version="1.0" encoding="utf-8" standalone="no"?>
<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"/></C:comp-filter></C:filter></C:calendar-query>"#;
    let found = house
        .ask("REPORT", &format!("{HOME}home/"), &[("depth", "1")], body)
        .await;
    assert_eq!(found.hrefs(), ["home/a.ics", "home/b.ics"]);
}

/// python caldav: `date_search(expand=True)`, and a look by UID.
#[tokio::test]
async fn python_caldav_searches_expands_and_looks_up_by_uid() {
    let house = House::lived_in().await;
    let daily = event(
        "daily",
        "DTSTART:20260105T120000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY\r\n",
    );
    house.put(&format!("{HOME}home/daily.ics"), &daily).await;
    let body = r#"<?xml version='1.0' encoding='utf-8'?>
<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><C:calendar-data><C:expand start="20260201T000000Z" end="20260203T000000Z"/></C:calendar-data></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range start="20260201T000000Z" end="20260203T000000Z"/></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"#;
    let found = house
        .ask("REPORT", &format!("{HOME}home/"), &[("depth", "1")], body)
        .await;
    let text = found.text("home/daily.ics", "calendar-data");
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 2, "{text}");
    assert!(text.contains("RECURRENCE-ID:20260202T120000Z") && !text.contains("RRULE"));
    let body = r#"<?xml version='1.0' encoding='utf-8'?>
<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><C:calendar-data/></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:prop-filter name="UID"><C:text-match collation="i;octet">daily</C:text-match></C:prop-filter></C:comp-filter></C:filter></C:calendar-query>"#;
    let odd = house
        .ask("REPORT", &format!("{HOME}home/"), &[("depth", "1")], body)
        .await;
    assert_eq!(
        odd.hrefs(),
        ["home/daily.ics"],
        "what only entries have is asked of entries"
    );
}

#[tokio::test]
async fn ten_thousand_members_are_answered_whole() {
    let house = House::lived_in().await;
    house.shelf.fill("home", 10_000);
    let listed = house
        .propfind(&format!("{HOME}home/"), "1", "<D:getetag/><D:resourcetype/>")
        .await;
    assert_eq!(listed.body.matches("<D:response>").count(), 10_001);
    let inside =
        "<D:sync-token/><D:sync-level>1</D:sync-level><D:prop><D:getetag/><C:calendar-data/></D:prop>";
    let synced = house
        .report(&format!("{HOME}home/"), "D:sync-collection", inside)
        .await;
    assert_eq!(synced.body.matches("<D:response>").count(), 10_000);
    assert_eq!(synced.body.matches("END:VCALENDAR").count(), 10_000);
}
