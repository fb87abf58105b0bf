//! Lines and escapes.

use proptest::prelude::*;

use super::*;

fn lines(text: &[u8]) -> Vec<(usize, Result<String, Reason>)> {
    let plain =
        |line: Result<Cow<'_, str>, Problem>| line.map(Cow::into_owned).map_err(|problem| problem.reason);
    Lines::new(text, &Limits::OBJECT)
        .map(|(number, line)| (number, plain(line)))
        .collect()
}

fn good(text: &[u8]) -> Vec<String> {
    lines(text).into_iter().map(|(_, line)| line.unwrap()).collect()
}

#[test]
fn every_way_to_end_a_line_ends_it() {
    for text in [
        "A:1\r\nB:2\r\n",
        "A:1\nB:2",
        "A:1\r\r\nB:2\r\n",
        "A:1\rB:2\r",
        "\u{feff}A:1\n\n\r\nB:2\n\n",
    ] {
        assert_eq!(good(text.as_bytes()), ["A:1", "B:2"], "{text:?}");
    }
}

#[test]
fn a_fold_within_a_character_or_beside_an_empty_line_does_no_harm() {
    assert_eq!(good(b"A:caf\xC3\r\n \xA9\r\n"), ["A:café"]);
    assert_eq!(good(b"A:one\r\n\r\n  two\r\n\tthree\r\n"), ["A:one twothree"]);
}

#[test]
fn a_line_that_is_not_folded_is_not_copied() {
    for (_, line) in Lines::new(b"A:1\r\nB:2\r\n", &Limits::OBJECT) {
        assert!(matches!(line, Ok(Cow::Borrowed(_))));
    }
}

#[test]
fn a_bad_line_is_named_by_its_physical_number() {
    let read = lines(b"A:1\r\n 2\r\nB:\xFF\r\nC:3\r\n");
    assert_eq!(read[1], (3, Err(Reason::NotUtf8)));
    assert_eq!(read[2].0, 4);
    assert_eq!(lines(b" A:1\r\nB:2")[0], (1, Err(Reason::NothingToContinue)));
    let endless = format!("A:{}", "x".repeat(Limits::OBJECT.line));
    let limit = Limits::OBJECT.line;
    assert_eq!(lines(endless.as_bytes())[0].1, Err(Reason::LineTooLong { limit }));
}

#[test]
fn control_characters_are_dropped_because_no_xml_could_carry_them() {
    assert_eq!(good(b"A:one\x0btwo\x00\tthree\r\n"), ["A:onetwo\tthree"]);
}

#[test]
fn a_folded_line_has_at_most_75_bytes_and_whole_characters() {
    let line = format!("SUMMARY:{}", "дом ".repeat(100));
    let mut folded = String::new();
    fold_into(&mut folded, &line);
    assert!(folded.split("\r\n").all(|physical| physical.len() <= 75));
    assert!(folded.split("\r\n").next().unwrap().len() > 70);
    assert_eq!(good(folded.as_bytes()), [line]);
}

#[test]
fn texts_are_read_as_they_were_meant_even_if_escaped_sloppily() {
    for (value, text) in [
        (
            r"one\, two\; three\\ four\nfive\Nsix",
            "one, two; three\\ four\nfive\nsix",
        ),
        (r#"say \"so\" at 8\:00"#, "say \"so\" at 8:00"),
        (r"C:\temp", r"C:\temp"),
        (r"ends with \", r"ends with \"),
    ] {
        assert_eq!(unescape(value), text);
    }
    assert_eq!(escape("a\r\nb\rc\u{7}"), r"a\nb\nc");
}

#[test]
fn lists_are_split_where_nothing_is_escaped() {
    let parts: Vec<_> = split_unescaped(r"a\,b,c,,d\\,e\", b',').collect();
    assert_eq!(parts, [r"a\,b", "c", "", r"d\\", r"e\"]);
}

proptest! {
    #[test]
    fn a_text_survives_being_escaped(text in "\\PC*") {
        let escaped = escape(&text);
        let back = unescape(&escaped);
        prop_assert_eq!(back, text.as_str());
    }

    #[test]
    fn a_parameter_survives_being_written(value in "[^\\x00-\\x1f\\r]*") {
        let mut written = String::new();
        caret_into(&mut written, &value);
        prop_assert!(!written.trim_matches('"').contains('"'));
        let inner = written.strip_prefix('"').and_then(|w| w.strip_suffix('"')).unwrap_or(&written);
        prop_assert_eq!(uncaret(inner), value);
    }

    #[test]
    fn any_line_survives_being_folded(line in "A[^\\x00-\\x1f]{0,400}") {
        let mut folded = String::new();
        fold_into(&mut folded, &line);
        prop_assert!(folded.split("\r\n").all(|physical| physical.len() <= 75));
        prop_assert_eq!(good(folded.as_bytes()), [line]);
    }
}
