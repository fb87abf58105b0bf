//! Properties: what is not touched stays as it was spelled.

use super::*;

fn read(raw: &str) -> Property<'_> {
    Property::read(Cow::Borrowed(raw), 7).unwrap()
}

#[test]
fn name_parameters_and_value_are_found() {
    let property =
        read(r#"ATTENDEE;CN="Roe; Jane: Dr";MEMBER="mailto:a@x","mailto:b@x";RSVP=TRUE:mailto:jane@x"#);
    assert!(property.is("attendee"));
    assert_eq!(property.value(), "mailto:jane@x");
    assert_eq!(property.param("cn").unwrap(), "Roe; Jane: Dr");
    let members = property.params().find(|param| param.is("MEMBER")).unwrap();
    assert_eq!(members.values().collect::<Vec<_>>(), ["mailto:a@x", "mailto:b@x"]);
    assert!(property.param_is("RSVP", "true"));
    assert_eq!(property.param("ROLE"), None);
}

#[test]
fn carets_stand_for_what_a_parameter_cannot_hold() {
    let property = read("ATTENDEE;CN=George ^'Babe^' Ruth^nRight ^^ field ^x:mailto:a@x");
    assert_eq!(
        property.param("CN").unwrap(),
        "George \"Babe\" Ruth\nRight ^ field ^x"
    );
    let mut property = read("ATTENDEE:mailto:a@x");
    property.set_param("CN", "George \"Babe\" Ruth,\nfield");
    assert_eq!(
        property.raw(),
        "ATTENDEE;CN=\"George ^'Babe^' Ruth,^nfield\":mailto:a@x"
    );
}

#[test]
fn sloppy_parameters_are_read_and_come_back() {
    for raw in [
        "X_ODD.NAME:1",
        "DTSTART;:20260101",
        "SUMMARY;ENCODED;LANGUAGE=de:x",
        "ATTENDEE;CN=The \"Big; One\" here:mailto:a@x",
        "SUMMARY;:",
    ] {
        assert_eq!(read(raw).raw(), raw);
    }
    assert_eq!(
        read("SUMMARY;ENCODED;LANGUAGE=de:x").param("LANGUAGE").unwrap(),
        "de"
    );
}

#[test]
fn what_is_no_property_is_said() {
    let reason = |raw: &'static str| Property::read(Cow::Borrowed(raw), 1).unwrap_err();
    assert!(matches!(reason("no colon here"), Reason::NoProperty { start } if start == "no colon here"));
    assert!(matches!(reason(":value"), Reason::NoProperty { .. }));
    assert!(matches!(reason("SUMMARY"), Reason::NoProperty { .. }));
    assert!(
        matches!(reason("ATTENDEE;CN=\"open:mailto:a@x"), Reason::OpenQuote { name } if name == "ATTENDEE")
    );
}

#[test]
fn a_change_leaves_everything_else_as_it_was_spelled() {
    let mut property = read("DTSTART;X-a=\"q\" ;tzid=Europe/Paris;X-b=1,2:20260101T000000");
    property.set_param("TZID", "Europe/Berlin");
    property.set_value("20260102T000000");
    assert_eq!(
        property.raw(),
        "DTSTART;X-a=\"q\" ;tzid=Europe/Berlin;X-b=1,2:20260102T000000"
    );
    property.remove_param("X-A");
    assert_eq!(
        property.raw(),
        "DTSTART;tzid=Europe/Berlin;X-b=1,2:20260102T000000"
    );
    assert_eq!(property.line(), 7);
}

#[test]
fn nothing_that_is_handed_in_begins_another_line() {
    let evil = "x\r\nATTENDEE:mailto:evil@x";
    let property = Property::text(evil, evil).with(evil, evil);
    assert!(!property.raw().contains(['\r', '\n']));
    assert_eq!(property.as_text(), "x\nATTENDEE:mailto:evil@x");
    let property = Property::new("URL", evil);
    assert_eq!(property.value(), "xATTENDEE:mailto:evil@x");
}
