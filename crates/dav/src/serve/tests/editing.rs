//! Objects and calendars: put, got, changed, moved, deleted.

use super::*;
use crate::library::Rights;

#[tokio::test]
async fn what_was_put_is_got_byte_for_byte_and_its_tag_names_it() {
    let house = House::lived_in().await;
    let path = format!("{HOME}home/a.ics");
    let text = event("a", "DTSTART:20260105T120000Z\r\nX-OWN;X-P=\"q\":kept\\, all\r\n");
    let put = house.put(&path, &text).await;
    assert_eq!((put.status, put.header("etag")), (201, "\"01010101-1\""));
    let got = house.ask("GET", &path, &[], "").await;
    assert_eq!(
        (got.status, got.body.as_str(), got.header("etag")),
        (200, text.as_str(), "\"01010101-1\"")
    );
    assert_eq!(
        got.header("content-type"),
        "text/calendar; charset=utf-8; component=vevent"
    );
    assert_eq!(got.header("last-modified"), "Mon, 05 Jan 2026 08:00:01 GMT");
    let again = house
        .ask("GET", &path, &[("if-none-match", "\"01010101-1\"")], "")
        .await;
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    let head = house.ask("HEAD", &path, &[], "").await;
    assert_eq!((head.status, head.header("etag")), (200, "\"01010101-1\""));
    assert_eq!(head.body, "");
    assert_eq!(house.put(&path, &text).await.status, 204);
}

#[tokio::test]
async fn nobody_overwrites_what_they_have_not_seen() {
    let house = House::lived_in().await;
    let path = format!("{HOME}home/a.ics");
    let text = event("a", "DTSTART:20260105T120000Z\r\n");
    let put = async |headers: &[(&str, &str)]| house.ask("PUT", &path, headers, &text).await.status;
    assert_eq!(put(&[("if-match", "*")]).await, 412);
    assert_eq!(put(&[("if-match", "\"01010101-1\"")]).await, 412);
    assert_eq!(put(&[("if-none-match", "*")]).await, 201);
    assert_eq!(put(&[("if-none-match", "*")]).await, 412);
    assert_eq!(put(&[("if-none-match", "\"01010101-1\"")]).await, 412);
    assert_eq!(
        put(&[("if-match", "\"02020202-1\"")]).await,
        412,
        "a tag of another calendar"
    );
    assert_eq!(put(&[("if-match", "\"01010101-9\", \"01010101-1\"")]).await, 204);
    assert_eq!(
        put(&[("if-match", "W/\"01010101-2\"")]).await,
        204,
        "a proxy made it weak"
    );
    let delete = async |tag: &str| house.ask("DELETE", &path, &[("if-match", tag)], "").await.status;
    assert_eq!(delete("\"01010101-2\"").await, 412);
    assert_eq!(delete("\"01010101-3\"").await, 204);
    assert_eq!(house.ask("DELETE", &path, &[], "").await.status, 404);
    assert_eq!(house.ask("GET", &path, &[], "").await.status, 404);
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused_with_the_condition_and_the_line() {
    let house = House::lived_in().await;
    let path = format!("{HOME}home/a.ics");
    house.events(&[("there", 5)]).await;
    let check = async |text: &str, condition: &str, words: &str| {
        let reply = house.put(&path, text).await;
        assert_eq!(reply.condition(), (403, condition.to_owned()), "{text}");
        assert!(reply.body.contains(words), "{} lacks {words}", reply.body);
    };
    check("hello", "valid-calendar-data", "BEGIN:VCALENDAR").await;
    check(
        &event("b", "DTSTART:tomorrow\r\n"),
        "valid-calendar-data",
        "line 7",
    )
    .await;
    check(
        &event("b", "DTSTART:20260105T120000Z\r\nRRULE:FREQ=HARDLY\r\n"),
        "valid-calendar-data",
        "FREQ",
    )
    .await;
    check(
        &event("there", "DTSTART:20260105T120000Z\r\n"),
        "no-uid-conflict",
        "home/there.ics",
    )
    .await;
    check(&object("VFREEBUSY", "b", ""), "supported-calendar-component", "").await;
    let as_text = house
        .ask("PUT", &path, &[("content-type", "text/plain")], "x")
        .await;
    assert_eq!(as_text.condition(), (403, "supported-calendar-data".to_owned()));
    let nowhere = house.put(&format!("{HOME}nowhere/a.ics"), "x").await;
    assert_eq!(nowhere.status, 404);
}

#[tokio::test]
async fn objects_move_and_are_copied_within_ones_own_calendars() {
    let house = House::lived_in().await;
    house.ask("MKCALENDAR", &format!("{HOME}work/"), &[], "").await;
    house.events(&[("a", 5), ("b", 6)]).await;
    let carry = async |method: &str, name: &str, to: &str, overwrite: &str| {
        let to = if to.starts_with('/') {
            to.to_owned()
        } else {
            format!("http://here.example{HOME}{to}")
        };
        let headers = [("destination", to.as_str()), ("overwrite", overwrite)];
        house
            .ask(method, &format!("{HOME}home/{name}.ics"), &headers, "")
            .await
    };
    assert_eq!(carry("MOVE", "a", "work/a%20b.ics", "F").await.status, 201);
    assert_eq!(
        house
            .ask("GET", &format!("{HOME}work/a%20b.ics"), &[], "")
            .await
            .status,
        200
    );
    assert_eq!(
        house
            .ask("GET", &format!("{HOME}home/a.ics"), &[], "")
            .await
            .status,
        404
    );
    assert_eq!(carry("COPY", "b", "work/b.ics", "F").await.status, 201);
    assert_eq!(carry("COPY", "b", "work/b.ics", "F").await.status, 412);
    assert_eq!(carry("COPY", "b", "work/b.ics", "T").await.status, 204);
    assert_eq!(
        carry("COPY", "b", "home/c.ics", "F").await.condition().1,
        "no-uid-conflict"
    );
    assert_eq!(carry("MOVE", "b", "nowhere/b.ics", "F").await.status, 409);
    assert_eq!(carry("MOVE", "b", "home/b.ics", "T").await.status, 403);
    assert_eq!(carry("MOVE", "b", "/elsewhere/b.ics", "T").await.status, 400);
}

#[tokio::test]
async fn a_calendar_is_made_with_what_is_said_of_it_and_changed_as_a_whole() {
    let house = House::lived_in().await;
    let path = format!("{HOME}work/");
    let inside = "<D:set><D:prop><D:displayname>Work</D:displayname><A:calendar-color>#FF2968FF</A:calendar-color>\
        <C:supported-calendar-component-set><C:comp name=\"VTODO\"/></C:supported-calendar-component-set>\
        <C:calendar-timezone-id>America/New_York</C:calendar-timezone-id><X:own xmlns:X=\"urn:x\" a=\"1\">kept<X:b/></X:own></D:prop></D:set>";
    let made = house
        .ask(
            "MKCALENDAR",
            &path,
            &[],
            &format!("<C:mkcalendar {SPACES}>{inside}</C:mkcalendar>"),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    let asked = "<D:displayname/><A:calendar-color/><C:supported-calendar-component-set/><C:calendar-timezone/><X:own xmlns:X=\"urn:x\"/>";
    let said = house.propfind(&path, "0", asked).await;
    assert_eq!(said.text("work/", "displayname"), "Work");
    assert_eq!(said.text("work/", "calendar-color"), "#FF2968");
    assert!(
        said.text("work/", "calendar-timezone")
            .contains("TZID:America/New_York")
    );
    assert_eq!(said.text("work/", "own"), "kept");
    let kinds = said.prop("work/", "supported-calendar-component-set");
    assert_eq!(kinds.elements().next().unwrap().attribute("name"), Some("VTODO"));
    let event = house
        .put(
            &format!("{path}a.ics"),
            &event("a", "DTSTART:20260105T120000Z\r\n"),
        )
        .await;
    assert_eq!(event.condition().1, "supported-calendar-component");

    let patch = async |inside: &str| {
        let body = format!("<D:propertyupdate {SPACES}>{inside}</D:propertyupdate>");
        house.ask("PROPPATCH", &path, &[], &body).await
    };
    let refused =
        patch("<D:set><D:prop><D:displayname>Other</D:displayname><D:getetag>x</D:getetag></D:prop></D:set>")
            .await;
    assert_eq!(refused.props("work/", 403)[0].name.local, "getetag");
    assert_eq!(refused.props("work/", 424)[0].name.local, "displayname");
    let done = patch("<D:set><D:prop><D:displayname>Other</D:displayname><C:schedule-calendar-transp><C:transparent/></C:schedule-calendar-transp></D:prop></D:set>\
        <D:remove><D:prop><X:own xmlns:X=\"urn:x\"/></D:prop></D:remove>").await;
    assert_eq!(done.props("work/", 200).len(), 3);
    let said = house
        .propfind(
            &path,
            "0",
            "<D:displayname/><C:schedule-calendar-transp/><X:own xmlns:X=\"urn:x\"/>",
        )
        .await;
    assert_eq!(said.text("work/", "displayname"), "Other");
    assert_eq!(
        super::inside(&said.prop("work/", "schedule-calendar-transp")),
        ["transparent"]
    );
    assert_eq!(said.props("work/", 404)[0].name.local, "own");
    assert_eq!(
        house.ask("MKCALENDAR", &path, &[], "").await.condition().1,
        "resource-must-be-null"
    );
    assert_eq!(house.ask("DELETE", &path, &[], "").await.status, 204);
    assert_eq!(house.propfind(&path, "0", asked).await.status, 404);
}

#[tokio::test]
async fn mkcol_makes_calendars_only_and_says_which_property_was_to_blame() {
    let house = House::lived_in().await;
    let path = format!("{HOME}work/");
    let make = async |props: &str| {
        let body = format!("<D:mkcol {SPACES}><D:set><D:prop>{props}</D:prop></D:set></D:mkcol>");
        house.ask("MKCOL", &path, &[], &body).await
    };
    let calendar = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>";
    assert_eq!(
        house.ask("MKCOL", &path, &[], "").await.condition().1,
        "valid-resourcetype"
    );
    assert_eq!(
        make("<D:resourcetype><D:collection/></D:resourcetype>")
            .await
            .condition()
            .1,
        "valid-resourcetype"
    );
    let unmade = make(&format!(
        "{calendar}<D:displayname>W</D:displayname><A:calendar-color>reddish</A:calendar-color>"
    ))
    .await;
    assert_eq!(unmade.status, 424);
    insta::assert_snapshot!(unmade.body.replace("><", ">\n<"));
    assert_eq!(
        make(&format!("{calendar}<D:displayname>W</D:displayname>"))
            .await
            .status,
        201
    );
    assert_eq!(make(calendar).await.status, 405);
}

#[tokio::test]
async fn what_one_may_only_read_stays_as_it_is() {
    let house = House::lived_in().await;
    house.events(&[("a", 5)]).await;
    let rights = Rights {
        read: true,
        write: false,
        manage: false,
    };
    house.shelf.allow("home", rights);
    let path = format!("{HOME}home/a.ics");
    let privileges = house
        .propfind(&format!("{HOME}home/"), "0", "<D:current-user-privilege-set/>")
        .await;
    let set = privileges.prop("home/", "current-user-privilege-set");
    let names: Vec<String> = set.elements().flat_map(super::inside).collect();
    assert_eq!(
        names,
        [
            "read",
            "read-acl",
            "read-current-user-privilege-set",
            "read-free-busy"
        ]
    );
    assert_eq!(house.ask("GET", &path, &[], "").await.status, 200);
    let text = event("a", "DTSTART:20260105T120000Z\r\n");
    assert_eq!(house.put(&path, &text).await.condition().1, "need-privileges");
    for (method, path) in [("DELETE", path.as_str()), ("DELETE", &format!("{HOME}home/"))] {
        assert_eq!(
            house.ask(method, path, &[], "").await.condition().1,
            "need-privileges"
        );
    }
    house.shelf.allow(
        "home",
        Rights {
            read: false,
            ..rights
        },
    );
    assert_eq!(house.ask("GET", &path, &[], "").await.status, 404);
}
