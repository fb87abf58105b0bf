//! calendar-query, free-busy-query, and texts in the form that was asked for.

use super::*;

impl House {
    /// What a filter inside of VCALENDAR finds.
    async fn found(&self, filter: &str) -> Vec<String> {
        let inside = format!(
            "<D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name=\"VCALENDAR\">{filter}</C:comp-filter></C:filter>"
        );
        let reply = self
            .report(&format!("{HOME}home/"), "C:calendar-query", &inside)
            .await;
        let names = reply.hrefs();
        names
            .iter()
            .map(|href| {
                href.trim_start_matches("home/")
                    .trim_end_matches(".ics")
                    .to_owned()
            })
            .collect()
    }

    async fn found_in(&self, kind: &str, start: &str, end: &str) -> Vec<String> {
        let range = format!("<C:time-range start=\"{start}\" end=\"{end}\"/>");
        self.found(&format!("<C:comp-filter name=\"{kind}\">{range}</C:comp-filter>"))
            .await
    }

    async fn keep(&self, kind: &str, uid: &str, lines: &str) {
        let reply = self
            .put(&format!("{HOME}home/{uid}.ics"), &object(kind, uid, lines))
            .await;
        assert!(reply.status < 300, "{}", reply.body);
    }

    /// The text of an object in a form.
    async fn data(&self, uid: &str, form: &str) -> String {
        let inside = format!(
            "<D:prop><C:calendar-data>{form}</C:calendar-data></D:prop><D:href>{HOME}home/{uid}.ics</D:href>"
        );
        let reply = self
            .report(&format!("{HOME}home/"), "C:calendar-multiget", &inside)
            .await;
        reply.text(&format!("home/{uid}.ics"), "calendar-data")
    }
}

#[tokio::test]
async fn a_range_finds_what_lies_in_it_and_nothing_else() {
    let house = House::lived_in().await;
    house.events(&[("mon", 5), ("tue", 6), ("wed", 7)]).await;
    house
        .keep(
            "VEVENT",
            "series",
            "DTSTART;TZID=Europe/Berlin:20250106T090000\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY\r\n",
        )
        .await;
    house
        .keep("VEVENT", "day", "DTSTART;VALUE=DATE:20260106\r\n")
        .await;
    let found = async |start: &str, end: &str| house.found_in("VEVENT", start, end).await;
    assert_eq!(
        found("20260105T000000Z", "20260106T000000Z").await,
        ["day", "mon", "series"],
        "the day begins in Berlin"
    );
    assert_eq!(found("20260105T083000Z", "20260105T100000Z").await, ["series"]);
    assert_eq!(
        found("20260105T090000Z", "20260105T120000Z").await,
        Vec::<String>::new()
    );
    assert_eq!(
        found("20260106T120000Z", "20260107T120000Z").await,
        ["day", "tue"]
    );
    assert_eq!(
        found("20660104T000000Z", "20660111T000000Z").await,
        ["series"],
        "forty years on"
    );
    let open = "<C:comp-filter name=\"VEVENT\"><C:time-range start=\"20260107T000000Z\"/></C:comp-filter>";
    assert_eq!(house.found(open).await, ["series", "wed"]);
    let bad = "<D:prop/><C:filter><C:comp-filter name=\"VCALENDAR\"><C:comp-filter name=\"VEVENT\"><C:time-range start=\"yesterday\"/></C:comp-filter></C:comp-filter></C:filter>";
    let bad = house
        .report(&format!("{HOME}home/"), "C:calendar-query", bad)
        .await;
    assert_eq!(bad.condition(), (403, "valid-filter".to_owned()));
}

#[tokio::test]
async fn a_moved_instance_is_found_where_it_is_and_not_where_it_was() {
    let house = House::lived_in().await;
    let lines = "DTSTART:20260105T090000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY;COUNT=3\r\nSUMMARY:Stand-up\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:s\r\nRECURRENCE-ID:20260106T090000Z\r\nDTSTART:20260120T090000Z\r\nDURATION:PT1H\r\nSUMMARY:Late\r\n";
    house.keep("VEVENT", "s", lines).await;
    let found = async |start: &str, end: &str| house.found_in("VEVENT", start, end).await.len();
    assert_eq!(found("20260106T000000Z", "20260107T000000Z").await, 0);
    assert_eq!(found("20260120T000000Z", "20260121T000000Z").await, 1);
    let both = |summary: &str| {
        format!(
            "<C:comp-filter name=\"VEVENT\"><C:time-range start=\"20260120T000000Z\" end=\"20260121T000000Z\"/><C:prop-filter name=\"SUMMARY\"><C:text-match>{summary}</C:text-match></C:prop-filter></C:comp-filter>"
        )
    };
    assert_eq!(house.found(&both("late")).await.len(), 1);
    assert_eq!(
        house.found(&both("stand")).await.len(),
        0,
        "that one is on another day"
    );
}

/// The table of RFC 4791 9.9.
#[tokio::test]
async fn tasks_lie_where_the_rfc_says() {
    let house = House::lived_in().await;
    for (uid, lines) in [
        ("due", "DUE:20260106T120000Z\r\n"),
        ("start", "DTSTART:20260106T120000Z\r\n"),
        ("both", "DTSTART:20260105T120000Z\r\nDUE:20260107T120000Z\r\n"),
        ("lasts", "DTSTART:20260106T120000Z\r\nDURATION:PT1H\r\n"),
        ("done", "COMPLETED:20260106T120000Z\r\n"),
        ("made", "CREATED:20260106T120000Z\r\n"),
        ("always", "SUMMARY:whenever\r\n"),
    ] {
        house.keep("VTODO", uid, lines).await;
    }
    let found = async |start: &str, end: &str| house.found_in("VTODO", start, end).await.join(" ");
    assert_eq!(
        found("20260106T000000Z", "20260107T000000Z").await,
        "always both done due lasts made start"
    );
    assert_eq!(found("20260101T000000Z", "20260102T000000Z").await, "always");
    assert_eq!(
        found("20260107T000000Z", "20260108T000000Z").await,
        "always both made"
    );
    assert_eq!(
        found("20260106T110000Z", "20260106T120000Z").await,
        "always both done due"
    );
}

#[tokio::test]
async fn what_is_said_of_one_entry_holds_for_one_entry() {
    let house = House::lived_in().await;
    house.keep("VEVENT", "a", "DTSTART:20260105T120000Z\r\nSUMMARY:Lunch with ÉMILE\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:e@example.org\r\n").await;
    house.keep("VEVENT", "b", "DTSTART:20260105T120000Z\r\nSUMMARY:Supper\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-P1D\r\nEND:VALARM\r\n").await;
    house.keep("VTODO", "c", "SUMMARY:Lunch list\r\n").await;
    let of_event = async |inside: &str| {
        house
            .found(&format!(
                "<C:comp-filter name=\"VEVENT\">{inside}</C:comp-filter>"
            ))
            .await
            .join(" ")
    };
    assert_eq!(house.found("").await.join(" "), "a b c");
    assert_eq!(of_event("").await, "a b");
    let text = |words: &str, how: &str| {
        format!("<C:prop-filter name=\"SUMMARY\"><C:text-match {how}>{words}</C:text-match></C:prop-filter>")
    };
    assert_eq!(of_event(&text("lunch", "")).await, "a");
    assert_eq!(
        of_event(&text("émile", "collation=\"i;unicode-casemap\"")).await,
        "a"
    );
    assert_eq!(of_event(&text("lunch", "collation=\"i;octet\"")).await, "");
    assert_eq!(of_event(&text("lunch", "negate-condition=\"yes\"")).await, "b");
    assert_eq!(
        of_event("<C:prop-filter name=\"ATTENDEE\"><C:is-not-defined/></C:prop-filter>").await,
        "b"
    );
    let param = "<C:prop-filter name=\"ATTENDEE\"><C:param-filter name=\"PARTSTAT\"><C:text-match>accepted</C:text-match></C:param-filter></C:prop-filter>";
    assert_eq!(of_event(param).await, "a");
    assert_eq!(
        of_event("<C:prop-filter name=\"UID\"><C:text-match>b</C:text-match></C:prop-filter>").await,
        "b"
    );
    let rings = |inside: &str| format!("<C:comp-filter name=\"VALARM\">{inside}</C:comp-filter>");
    assert_eq!(of_event(&rings("<C:is-not-defined/>")).await, "a");
    assert_eq!(
        of_event(&rings(
            "<C:time-range start=\"20260104T120000Z\" end=\"20260104T130000Z\"/>"
        ))
        .await,
        "b"
    );
    assert_eq!(
        of_event(&rings(
            "<C:time-range start=\"20260105T120000Z\" end=\"20260105T130000Z\"/>"
        ))
        .await,
        ""
    );
    let odd = "<D:prop/><C:filter><C:comp-filter name=\"VCALENDAR\"><C:prop-filter name=\"X\"><C:text-match collation=\"i;odd\">x</C:text-match></C:prop-filter></C:comp-filter></C:filter>";
    let odd = house
        .report(&format!("{HOME}home/"), "C:calendar-query", odd)
        .await;
    assert_eq!(odd.condition().1, "supported-collation");
}

#[tokio::test]
async fn a_series_is_expanded_across_summer_time_with_its_moved_instances() {
    let house = House::lived_in().await;
    let lines = "DTSTART;TZID=Europe/Berlin:20260327T090000\r\nDTEND;TZID=Europe/Berlin:20260327T100000\r\nRRULE:FREQ=DAILY\r\n\
        EXDATE;TZID=Europe/Berlin:20260328T090000\r\nSUMMARY:Stand-up\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:s\r\nRECURRENCE-ID;TZID=Europe/Berlin:20260330T090000\r\nDTSTART;TZID=Europe/Berlin:20260330T150000\r\nDTEND;TZID=Europe/Berlin:20260330T153000\r\nSUMMARY:Late\r\n";
    house.keep("VEVENT", "s", lines).await;
    let expanded = house
        .data(
            "s",
            "<C:expand start=\"20260327T000000Z\" end=\"20260331T000000Z\"/>",
        )
        .await;
    insta::assert_snapshot!(expanded.replace('\r', ""));
    let limited = house
        .data(
            "s",
            "<C:limit-recurrence-set start=\"20260401T000000Z\" end=\"20260402T000000Z\"/>",
        )
        .await;
    assert!(limited.contains("RRULE") && !limited.contains("RECURRENCE-ID"));
    let limited = house
        .data(
            "s",
            "<C:limit-recurrence-set start=\"20260330T000000Z\" end=\"20260331T000000Z\"/>",
        )
        .await;
    assert!(limited.contains("RECURRENCE-ID"));
    let part = "<C:comp name=\"VCALENDAR\"><C:prop name=\"VERSION\"/><C:comp name=\"VEVENT\"><C:prop name=\"SUMMARY\"/><C:prop name=\"UID\" novalue=\"yes\"/></C:comp></C:comp>";
    let part = house.data("s", part).await;
    let expected = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:\r\nSUMMARY:Stand-up\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:\r\nSUMMARY:Late\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    assert_eq!(part, expected);
}

#[tokio::test]
async fn days_and_floating_times_stay_what_they_are_when_expanded() {
    let house = House::lived_in().await;
    house
        .keep(
            "VEVENT",
            "d",
            "DTSTART;VALUE=DATE:20260105\r\nDTEND;VALUE=DATE:20260107\r\nRRULE:FREQ=WEEKLY\r\n",
        )
        .await;
    let form = "<C:expand start=\"20260112T000000Z\" end=\"20260113T000000Z\"/>";
    let days = house.data("d", form).await;
    for line in [
        "DTSTART;VALUE=DATE:20260112",
        "DTEND;VALUE=DATE:20260114",
        "RECURRENCE-ID;VALUE=DATE:20260112",
    ] {
        assert!(days.contains(line), "{line}: {days}");
    }
    house
        .keep(
            "VEVENT",
            "f",
            "DTSTART:20260105T090000\r\nDTEND:20260105T100000\r\nRRULE:FREQ=WEEKLY\r\n",
        )
        .await;
    let floats = house.data("f", form).await;
    for line in [
        "DTSTART:20260112T090000\r",
        "DTEND:20260112T100000\r",
        "RECURRENCE-ID:20260112T090000\r",
    ] {
        assert!(floats.contains(line), "{line}: {floats}");
    }
}

#[tokio::test]
async fn busy_times_are_told_without_what_they_are_for() {
    let house = House::lived_in().await;
    house.events(&[("a", 5)]).await;
    house
        .keep(
            "VEVENT",
            "b",
            "DTSTART:20260105T123000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY;COUNT=2\r\n",
        )
        .await;
    house
        .keep(
            "VEVENT",
            "free",
            "DTSTART:20260105T150000Z\r\nDURATION:PT1H\r\nTRANSP:TRANSPARENT\r\n",
        )
        .await;
    house
        .keep(
            "VEVENT",
            "off",
            "DTSTART:20260105T160000Z\r\nDURATION:PT1H\r\nSTATUS:CANCELLED\r\n",
        )
        .await;
    house
        .keep(
            "VEVENT",
            "maybe",
            "DTSTART:20260105T170000Z\r\nDURATION:PT1H\r\nSTATUS:TENTATIVE\r\n",
        )
        .await;
    let range = "<C:time-range start=\"20260105T000000Z\" end=\"20260106T130000Z\"/>";
    for path in ["home/", ""] {
        let busy = house
            .report(&format!("{HOME}{path}"), "C:free-busy-query", range)
            .await;
        assert_eq!(busy.status, 200, "{}", busy.body);
        let lines: Vec<&str> = busy
            .body
            .lines()
            .filter(|line| line.starts_with("FREEBUSY"))
            .collect();
        let expected = [
            "FREEBUSY:20260105T120000Z/20260105T133000Z",
            "FREEBUSY:20260106T123000Z/20260106T130000Z",
            "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20260105T170000Z/20260105T180000Z",
        ];
        assert_eq!(lines, expected);
        assert!(!busy.body.contains("SUMMARY"));
    }
}
