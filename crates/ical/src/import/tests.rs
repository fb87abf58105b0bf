//! Files: one bad event does not cost the others.

use super::*;

const FILE: &str = "BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:PUBLISH\nX-WR-CALNAME:Work\\, mostly\n\
    BEGIN:VTIMEZONE\nTZID:Europe/Paris\nEND:VTIMEZONE\nBEGIN:VTIMEZONE\nTZID:Unused\nEND:VTIMEZONE\n\
    BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Europe/Paris:20260101T100000\nRRULE:FREQ=DAILY\nEND:VEVENT\n\
    BEGIN:VEVENT\nUID:b\nDTSTART:soon\nEND:VEVENT\n\
    BEGIN:VEVENT\nUID:c\nDTSTART:20260101\nno property\nEND:VEVENT\n\
    BEGIN:VEVENT\nUID:a\nRECURRENCE-ID;TZID=Europe/Paris:20260102T100000\nDTSTART:20260102T120000Z\nEND:VEVENT\n\
    BEGIN:VTODO\nSUMMARY:no name\nDTSTAMP:20260101T000000Z\nEND:VTODO\nEND:VCALENDAR\n";

/// A file with all its objects at once.
struct Read<'a> {
    calendar: Component<'a>,
    rows: Vec<Row<'a>>,
    problems: Vec<Problem>,
}

fn read(text: &str) -> Read<'_> {
    let file = import(text.as_bytes(), &Limits::FILE).unwrap();
    Read {
        calendar: file.calendar,
        rows: file.rows.collect(),
        problems: file.problems,
    }
}

#[test]
fn a_file_is_one_object_for_each_uid_and_names_what_is_wrong_with_the_others() {
    let file = read(FILE);
    assert_eq!(calendar_name(&file.calendar).unwrap(), "Work, mostly");
    let rows: Vec<_> = file
        .rows
        .iter()
        .map(|row| (row.uid.as_str(), row.line, row.object.is_ok()))
        .collect();
    assert_eq!(rows[..3], [("a", 11, true), ("b", 16, false), ("c", 20, false)]);
    let line = |row: usize| file.rows[row].object.as_ref().map(|_| ()).unwrap_err().line;
    assert_eq!((line(1), line(2)), (18, 23));
    let series = file.rows[0].object.as_ref().unwrap();
    let names: Vec<_> = series
        .components
        .iter()
        .map(|child| child.name.as_ref())
        .collect();
    assert_eq!(names, ["VTIMEZONE", "VEVENT", "VEVENT"]);
    assert_eq!(
        series.child("VTIMEZONE").unwrap().value("TZID"),
        Some("Europe/Paris")
    );
    assert_eq!(series.value("METHOD"), None);
    assert!(file.problems.is_empty());
}

#[test]
fn an_entry_without_uid_gets_the_same_one_each_time() {
    let first = read(FILE).rows[3].uid.clone();
    assert_eq!(first.len(), 32);
    let later = FILE.replace("DTSTAMP:20260101T000000Z", "DTSTAMP:20270101T000000Z");
    let later = read(&later);
    assert_eq!(later.rows[3].uid, first);
    let object = later.rows[3].object.as_ref().unwrap();
    assert_eq!(crate::check(object).unwrap().uid, first);
    assert_ne!(read(&FILE.replace("no name", "another")).rows[3].uid, first);
}

#[test]
fn of_one_instance_that_stands_several_times_the_newest_is_taken() {
    let event = |rest: &str| format!("BEGIN:VEVENT\nUID:a\nDTSTART:20260101\n{rest}\nEND:VEVENT\n");
    let events = [
        event("SEQUENCE:2\nSUMMARY:new"),
        event("SEQUENCE:1\nSUMMARY:old"),
        event("SUMMARY:oldest"),
    ];
    let text = format!("BEGIN:VCALENDAR\n{}END:VCALENDAR\n", events.concat());
    let file = read(&text);
    assert_eq!(file.rows.len(), 1);
    let object = file.rows[0].object.as_ref().unwrap();
    assert_eq!(object.components.len(), 1);
    assert_eq!(object.components[0].value("SUMMARY"), Some("new"));
    let older: Vec<_> = file.rows[0].older.iter().map(|problem| problem.line).collect();
    assert_eq!(older, [8, 14]);
}

#[test]
fn a_missing_end_costs_one_event() {
    let text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART:20260101\nBEGIN:VEVENT\nUID:b\nDTSTART:20260101\n\
        END:VEVENT\nstray\nEND:VCALENDAR\n";
    let file = read(text);
    let rows: Vec<_> = file
        .rows
        .iter()
        .map(|row| (row.uid.as_str(), row.object.is_ok()))
        .collect();
    assert_eq!(rows, [("a", false), ("b", true)]);
    assert_eq!(file.problems.len(), 1, "what stands between events is nobody's");
    assert_eq!(file.problems[0].line, 9);
}

#[test]
fn several_calendars_in_one_file_are_all_read() {
    let one = |uid: &str| {
        format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:{uid}\nDTSTART:20260101\nEND:VEVENT\nEND:VCALENDAR\n")
    };
    let text = one("a") + &one("b");
    assert_eq!(read(&text).rows.len(), 2);
}

#[test]
fn a_page_is_not_a_calendar() {
    let problem = import(b"<!DOCTYPE html><html>", &Limits::FILE).unwrap_err();
    assert_eq!(problem, Problem::new(1, Reason::NotCalendar));
    assert_eq!(
        import(b"", &Limits::FILE).unwrap_err().reason,
        Reason::NotCalendar
    );
}

#[test]
fn what_a_file_says_of_itself_is_not_said_again_by_each_of_its_objects() {
    let event = |uid: &str| format!("BEGIN:VEVENT\nUID:{uid}\nDTSTART:20260101\nEND:VEVENT\n");
    let head = "VERSION:2.0\nPRODID:-//x//y//EN\nX-WR-CALNAME:Work\nCOLOR:red\n".to_owned()
        + &"X-A:b\n".repeat(1_000);
    let text = format!(
        "BEGIN:VCALENDAR\n{head}{}{}END:VCALENDAR\n",
        event("a"),
        event("b")
    );
    let file = read(&text);
    assert_eq!(calendar_name(&file.calendar).unwrap(), "Work");
    for row in &file.rows {
        let object = row.object.as_ref().unwrap();
        let head: Vec<&str> = object.properties.iter().map(Property::raw).collect();
        assert_eq!(head, ["VERSION:2.0", "PRODID:-//x//y//EN"]);
    }
}

#[test]
fn what_all_objects_of_a_file_say_together_has_a_limit() {
    let many = 2_000;
    let zone = format!(
        "BEGIN:VTIMEZONE\nTZID:Here\n{}END:VTIMEZONE\n",
        "X-A:b\n".repeat(20_000)
    );
    let event =
        |uid: usize| format!("BEGIN:VEVENT\nUID:{uid}\nDTSTART;TZID=Here:20260101T100000\nEND:VEVENT\n");
    let events: String = (0..many).map(event).collect();
    let text = format!("BEGIN:VCALENDAR\n{zone}{events}END:VCALENDAR\n");
    assert!(text.len() < 1 << 20, "the file itself is small");
    let file = import(text.as_bytes(), &Limits::FILE).unwrap();
    assert_eq!(file.rows.len(), many);
    let (mut taken, mut refused, mut bytes) = (0, 0, 0);
    for row in file.rows {
        match row.object {
            Ok(object) => {
                taken += 1;
                bytes += object.write().len();
            }
            Err(problem) => {
                assert!(
                    matches!(problem.reason, Reason::TooMuchCopied { .. }),
                    "{problem}"
                );
                refused += 1;
            }
        }
    }
    assert!(bytes < COPIES_BYTES_MAX + (1 << 20), "{bytes}");
    assert!(taken > 0 && refused > 0, "{taken} {refused}");

    let zone = format!(
        "BEGIN:VTIMEZONE\nTZID:Here\n{}END:VTIMEZONE\n",
        "X-A:b\n".repeat(200_000)
    );
    let text = format!("BEGIN:VCALENDAR\n{zone}{}END:VCALENDAR\n", event(1));
    let file = read(&text);
    let problem = file.rows[0].object.as_ref().unwrap_err();
    assert!(matches!(problem.reason, Reason::TextTooLong { .. }), "{problem}");
}
