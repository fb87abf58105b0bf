//! Bodies as clients send them, and answers as they read them.

use proptest::prelude::*;

use super::*;

fn named(props: &PropRequest) -> Vec<String> {
    match props {
        PropRequest::Named { names, .. } => names
            .iter()
            .map(|name| format!("{}|{}", name.space, name.local))
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn names_are_known_by_namespace_whatever_the_prefix() {
    let body = br#"<?xml version="1.0"?><x:propfind xmlns:x="DAV:" xmlns="urn:ietf:params:xml:ns:caldav">
        <!-- a comment --><unknown/><x:prop><x:getetag/><calendar-data/><ctag xmlns="http://calendarserver.org/ns/"/>
        </x:prop></x:propfind>"#;
    let names = named(&propfind(body).unwrap());
    let expected = [
        "DAV:|getetag",
        "urn:ietf:params:xml:ns:caldav|calendar-data",
        "http://calendarserver.org/ns/|ctag",
    ];
    assert_eq!(names, expected);
    assert_eq!(propfind(b" \r\n"), Ok(PropRequest::All { include: vec![] }));
    assert_eq!(
        propfind(b"<propfind xmlns='DAV:'><propname/></propfind>"),
        Ok(PropRequest::Names)
    );
    assert!(matches!(
        propfind(b"<propfind/>"),
        Err(Refusal::Unexpected { .. })
    ));
}

#[test]
fn nothing_expands_and_everything_has_a_limit() {
    let bomb = b"<!DOCTYPE a [<!ENTITY b \"bbbb\">]><a>&b;</a>";
    assert_eq!(parse(bomb), Err(Refusal::Entity));
    assert_eq!(parse(b"<a>&b;</a>"), Err(Refusal::Entity));
    assert_eq!(parse(&vec![b' '; xml::BYTES_MAX + 1]), Err(Refusal::TooLong));
    assert_eq!(parse("<a>".repeat(1000).as_bytes()), Err(Refusal::TooDeep));
    let many = format!("<a>{}</a>", "<b/>".repeat(xml::ELEMENTS_MAX));
    assert_eq!(parse(many.as_bytes()), Err(Refusal::TooMany));
    for body in ["<a>", "<a></b>", "<a/><b/>", "<x:a/>", "text", "<a b='1' b='2'/>"] {
        assert!(
            matches!(parse(body.as_bytes()), Err(Refusal::Malformed(_))),
            "{body}"
        );
    }
}

#[test]
fn a_calendar_query_says_what_it_looks_for() {
    let body = br#"<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><C:calendar-data>
        <C:expand start="20260101T000000Z" end="20260108T000000Z"/></C:calendar-data></D:prop><C:filter>
        <C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range start="20260101T000000Z"/>
        <C:prop-filter name="SUMMARY"><C:text-match collation="i;octet" negate-condition="yes">a &amp; b</C:text-match>
        <C:param-filter name="LANGUAGE"><C:is-not-defined/></C:param-filter></C:prop-filter>
        </C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"#;
    let Report::CalendarQuery {
        props,
        filter,
        timezone,
    } = report(body).unwrap()
    else {
        panic!("another report");
    };
    assert_eq!((filter.name.as_str(), timezone), ("VCALENDAR", None));
    let event = &filter.comps[0];
    assert_eq!(
        event.range.unwrap().start.unwrap().to_string(),
        "2026-01-01T00:00:00Z"
    );
    assert_eq!(event.range.unwrap().end, None);
    let text = event.props[0].text.as_ref().unwrap();
    assert_eq!(
        (text.text.as_str(), text.exact, text.negate),
        ("a & b", true, true)
    );
    assert!(event.props[0].params[0].absent);
    assert!(matches!(props, PropRequest::Named { calendar_data, .. } if calendar_data.expand.is_some()));
}

#[test]
fn other_reports_are_read_and_unknown_ones_are_named() {
    let read = |inside: &str| {
        let spaces = "xmlns='DAV:' xmlns:C='urn:ietf:params:xml:ns:caldav'";
        report(inside.replacen(' ', &format!(" {spaces} "), 1).as_bytes())
    };
    let multiget = read(
        "<C:calendar-multiget ><prop><getetag/></prop><href>/a b.ics</href><href> /c.ics\n</href></C:calendar-multiget>",
    );
    assert!(
        matches!(multiget, Ok(Report::CalendarMultiget { hrefs, .. }) if hrefs == ["/a b.ics", "/c.ics"])
    );
    let sync = "<sync-collection ><sync-token/><sync-level>1</sync-level><limit><nresults>5</nresults></limit></sync-collection>";
    assert!(
        matches!(read(sync), Ok(Report::SyncCollection(Sync { limit: Some(5), deep: false, token, .. })) if token.is_empty())
    );
    let busy = |range| {
        read(&format!(
            "<C:free-busy-query ><C:time-range {range}/></C:free-busy-query>"
        ))
    };
    assert!(busy("start='20260101T000000Z' end='20260102T000000'").is_ok());
    for range in ["", "start='x'", "start='20260102T000000Z' end='20260101T000000Z'"] {
        assert!(matches!(busy(range), Err(Refusal::BadRange { .. })), "{range}");
    }
    let search = read(
        "<principal-property-search test='anyof'><property-search><prop><displayname/></prop><match>an</match></property-search></principal-property-search>",
    );
    assert!(
        matches!(search, Ok(Report::PrincipalPropertySearch { any: true, searches, .. }) if searches[0].text == "an")
    );
    let expand = read(
        "<expand-property ><property name='a'><property name='b' namespace='x'/></property></expand-property>",
    );
    assert!(
        matches!(expand, Ok(Report::ExpandProperty(all)) if all[0].inside[0].name == Name::new("x", "b"))
    );
    assert_eq!(read("<what />"), Err(Refusal::UnknownReport("what".to_owned())));
}

#[test]
fn changes_of_properties_keep_their_order_and_their_values() {
    let body =
        b"<d:propertyupdate xmlns:d='DAV:'><d:set><d:prop><x xmlns='urn:y' a='1'>t<z/></x></d:prop></d:set>\
        <d:remove><d:prop><d:displayname/></d:prop></d:remove></d:propertyupdate>";
    let changes = proppatch(body).unwrap();
    let PropChange::Set(dead) = &changes[0] else {
        panic!("{changes:?}");
    };
    let mut writer = Writer::new();
    writer.copy(dead);
    assert_eq!(parse(writer.finish().as_bytes()).unwrap().as_ref(), Some(dead));
    assert_eq!(changes[1], PropChange::Remove(Name::new(DAV, "displayname")));
    let made = make(b"<C:mkcalendar xmlns='DAV:' xmlns:C='urn:ietf:params:xml:ns:caldav'><set><prop><displayname>A</displayname></prop></set></C:mkcalendar>");
    assert_eq!(made.unwrap()[0].text(), "A");
    assert_eq!(make(b""), Ok(vec![]));
}

#[test]
fn an_answer_is_xml_whatever_stands_in_it() {
    let mut answer = Multistatus::new();
    answer.response("/a&b/", |one| {
        one.props(200, |prop| {
            prop.leaf(CALDAV, "calendar-data", "BEGIN:X\r\n<\u{1}\u{ffff}>é\u{fffd}\r\n");
        });
        one.names(404, &[Name::new("urn:y", "z"), Name::new(DAV, "owner")]);
    });
    answer.status("/gone", 404, None);
    answer.sync_token("t1");
    let root = parse(answer.finish().as_bytes()).unwrap().unwrap();
    let first = root.child(DAV, "response").unwrap();
    assert_eq!(first.child(DAV, "href").unwrap().text(), "/a&b/");
    let prop = first.child(DAV, "propstat").unwrap().child(DAV, "prop").unwrap();
    assert_eq!(
        prop.child(CALDAV, "calendar-data").unwrap().text(),
        "BEGIN:X\r\n<>é\u{fffd}\r\n"
    );
    assert!(
        first
            .all(DAV, "propstat")
            .nth(1)
            .unwrap()
            .child(DAV, "prop")
            .unwrap()
            .child("urn:y", "z")
            .is_some()
    );
    assert_eq!(root.child(DAV, "sync-token").unwrap().text(), "t1");
    let error = error_body(&Name::new(CALDAV, "valid-calendar-data"), None, "line 3");
    assert!(
        parse(error.as_bytes())
            .unwrap()
            .unwrap()
            .child(CALDAV, "valid-calendar-data")
            .is_some()
    );
}

fn everything_that_reads(body: &[u8]) {
    let _ = (propfind(body), proppatch(body), make(body), report(body));
    if let Ok(Some(root)) = parse(body) {
        let mut writer = Writer::new();
        writer.copy(&root);
        let written = writer.finish();
        let again = parse(written.as_bytes());
        assert!(matches!(again, Ok(Some(_))), "{again:?} {written}");
    }
}

proptest! {
    #[test]
    fn no_bytes_do_harm(body in prop::collection::vec(any::<u8>(), 0..200)) {
        everything_that_reads(&body);
    }

    #[test]
    fn nothing_that_looks_like_xml_does_harm(parts in prop::collection::vec(0..PARTS.len(), 0..30)) {
        let body: String = parts.into_iter().map(|part| PARTS[part]).collect();
        everything_that_reads(body.as_bytes());
        everything_that_reads(format!("<a xmlns='DAV:' xmlns:C='urn:ietf:params:xml:ns:caldav'>{body}</a>").as_bytes());
    }
}

const PARTS: &[&str] = &[
    "<a>",
    "</a>",
    "<b xmlns='x'>",
    "</b>",
    "<C:filter name='\"&lt;'/>",
    "<prop/>",
    "&amp;",
    "&#1;",
    "&#x41;",
    "&#xD800;",
    "<![CDATA[ ]]",
    ">",
    "]]>",
    "<!--",
    "-->",
    "<?x",
    "?>",
    " text ",
    "é",
    "\"",
    "<a b='1' C:b=\"2\"/>",
    "<é/>",
    "<a xml:lang='en'/>",
];
