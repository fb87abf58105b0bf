//! Every letter gets the right verdict, wherever the talk breaks off.

use kernel::Id;
use proptest::prelude::*;

use super::*;

const MIME: &[u8] = b"Subject: a\r\n\r\n.hello\r\n";
const CONTENT: &str = "Subject: a\r\n\r\n..hello\r\n.\r\n";

fn letter(number: u32) -> Ready {
    Ready {
        letter: Id::named("letter", &number.to_string()),
        kind: "test.letter",
        message_id: format!("{number}@house.example"),
        from: String::from("house@house.example"),
        to: format!("reader-{number}@mx.example"),
        mime: MIME.into(),
    }
}

fn group(number: u32) -> String {
    format!("MAIL FROM:<house@house.example>\r\nRCPT TO:<reader-{number}@mx.example>\r\nDATA\r\n")
}

fn talk(pipelined: bool) -> Talk<u32> {
    let offers = Offers {
        pipelining: true,
        ..Offers::default()
    };
    Talk::new(offers, pipelined, Replies::default())
}

/// Lets everything leave, and tells what it was.
fn leave(talk: &mut Talk<u32>) -> String {
    let text = String::from_utf8(talk.output().to_vec()).unwrap();
    talk.wrote(text.len());
    text
}

/// Each letter with its fate in one word.
fn fates(talk: &mut Talk<u32>) -> Vec<(u32, String)> {
    talk.outcomes()
        .map(|(ticket, _, outcome)| {
            let fate = match outcome {
                Outcome::Verdict(Verdict::HandedOver { .. }) => String::from("handed over"),
                Outcome::Verdict(Verdict::Unsure { .. }) => String::from("unsure"),
                Outcome::Verdict(Verdict::Refused(refusal)) => format!("refused {:?}", refusal.class),
                Outcome::Untouched { blameless, .. } => format!("untouched {blameless}"),
            };
            (ticket, fate)
        })
        .collect()
}

fn fate(number: u32, text: &str) -> (u32, String) {
    (number, text.to_owned())
}

#[test]
fn an_envelope_is_one_write_and_the_next_one_leaves_with_the_last_dot() {
    let mut talk = talk(true);
    talk.give(1, letter(1));
    assert_eq!(leave(&mut talk), group(1));
    talk.give(2, letter(2));
    assert_eq!(leave(&mut talk), "");
    assert!(!talk.wants_letter());
    talk.take_in(b"250 ok\r\n250 ok\r\n354 go\r\n");
    assert_eq!(leave(&mut talk), format!("{CONTENT}{}", group(2)));
    talk.take_in(b"250 2.0.0 Ok: queued as 4XyZ\r\n250 ok\r\n250 ok\r\n354 go\r\n");
    let first = talk.outcomes().next().unwrap();
    let named = Verdict::HandedOver {
        name: Some(String::from("4XyZ")),
    };
    assert_eq!((first.0, first.2), (1, Outcome::Verdict(named)));
    assert_eq!(leave(&mut talk), CONTENT);
    talk.take_in(b"250 ok\r\n");
    assert_eq!(fates(&mut talk), [fate(2, "handed over")]);
    assert!(talk.is_idle() && talk.proved_pipelining());
}

#[test]
fn without_pipelining_each_command_waits_for_its_answer() {
    let mut talk = talk(false);
    talk.give(1, letter(1));
    assert!(!talk.wants_letter());
    for (said, answer) in [
        ("MAIL FROM:<house@house.example>\r\n", "250 ok\r\n"),
        ("RCPT TO:<reader-1@mx.example>\r\n", "550 5.1.1 nobody\r\n"),
    ] {
        assert_eq!(leave(&mut talk), said);
        talk.take_in(answer.as_bytes());
    }
    assert_eq!(fates(&mut talk), [fate(1, "refused Mailbox")]);
    talk.give(2, letter(2));
    for (said, answer) in [
        ("RSET\r\n", "250 ok\r\n"),
        ("MAIL FROM:<house@house.example>\r\n", "250 ok\r\n"),
        ("RCPT TO:<reader-2@mx.example>\r\n", "250 ok\r\n"),
        ("DATA\r\n", "354 go\r\n"),
        (CONTENT, "250 ok\r\n"),
    ] {
        assert_eq!(leave(&mut talk), said);
        talk.take_in(answer.as_bytes());
    }
    assert_eq!(fates(&mut talk), [fate(2, "handed over")]);
    assert!(talk.is_idle());
}

#[test]
fn a_refused_letter_leaves_the_connection_fit_for_the_next() {
    for (answers, class) in [
        ("550 5.7.1 no\r\n503 first MAIL\r\n503 first RCPT\r\n", "Policy"),
        ("250 ok\r\n550 5.1.1 no\r\n554 nobody\r\n", "Mailbox"),
        ("250 ok\r\n250 ok\r\n451 4.3.0 no\r\n", "Network"),
    ] {
        let mut talk = talk(true);
        talk.give(1, letter(1));
        leave(&mut talk);
        talk.give(2, letter(2));
        talk.take_in(answers.as_bytes());
        assert_eq!(fates(&mut talk), [fate(1, &format!("refused {class}"))]);
        assert_eq!(leave(&mut talk), format!("RSET\r\n{}", group(2)));
        talk.take_in(b"250 reset\r\n250 ok\r\n250 ok\r\n354 go\r\n");
        assert_eq!(leave(&mut talk), CONTENT);
        talk.take_in(b"250 ok\r\n");
        assert_eq!(fates(&mut talk), [fate(2, "handed over")]);
    }
}

#[test]
fn a_server_that_wants_content_for_nobody_gets_an_empty_letter() {
    let mut talk = talk(true);
    talk.give(1, letter(1));
    leave(&mut talk);
    talk.give(2, letter(2));
    talk.take_in(b"250 ok\r\n550 5.1.1 no\r\n354 go\r\n");
    assert_eq!(leave(&mut talk), format!(".\r\n{}", group(2)));
    talk.take_in(b"554 no valid recipients\r\n250 ok\r\n250 ok\r\n354 go\r\n");
    assert_eq!(leave(&mut talk), CONTENT);
    talk.take_in(b"250 ok\r\n");
    assert_eq!(
        fates(&mut talk),
        [fate(1, "refused Mailbox"), fate(2, "handed over")]
    );
}

/// Two letters; the line breaks after so many bytes have left since the first envelope, with nothing more heard.
fn cut_after(content_bytes: usize, ended: Ended) -> Vec<(u32, String)> {
    let mut talk = talk(true);
    talk.give(1, letter(1));
    leave(&mut talk);
    talk.give(2, letter(2));
    talk.take_in(b"250 ok\r\n250 ok\r\n354 go\r\n");
    talk.wrote(content_bytes);
    talk.cut(ended);
    fates(&mut talk)
}

#[test]
fn a_letter_is_unsure_from_its_last_dot_to_the_answer_and_at_no_other_time() {
    let whole = CONTENT.len();
    for (left, first) in [
        (0, "refused Network"),
        (1, "refused Network"),
        (whole - 1, "refused Network"),
        (whole, "unsure"),
        (whole + 1, "unsure"),
        (whole + group(2).len(), "unsure"),
    ] {
        let expected = [fate(1, first), fate(2, "untouched true")];
        assert_eq!(cut_after(left, Ended::Closed), expected, "{left}");
    }
    let late = cut_after(whole - 1, Ended::TimedOut);
    assert_eq!(late, [fate(1, "refused Latency"), fate(2, "untouched true")]);
    let late = cut_after(whole, Ended::TimedOut);
    assert_eq!(late, [fate(1, "unsure"), fate(2, "untouched true")]);
}

#[test]
fn letters_behind_a_cut_each_get_their_own_verdict() {
    for (heard, first, second) in [
        ("", "untouched true", "untouched true"),
        ("250 ok\r\n250 o", "untouched true", "untouched true"),
        ("250 ok\r\n250 ok\r\n354 go\r\n", "unsure", "untouched true"),
        ("250 ok\r\n250 ok\r\n354 go\r\n25", "unsure", "untouched true"),
        (
            "250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n",
            "handed over",
            "untouched true",
        ),
        (
            "250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n",
            "handed over",
            "unsure",
        ),
        (
            "250 ok\r\n250 ok\r\n354 go\r\n451 4.3.0 no\r\n250 ok\r\n550 5.1.1 no\r\n503 no\r\n",
            "refused Network",
            "refused Mailbox",
        ),
        // A word of farewell is an answer to the last dot, and to nothing else.
        (
            "250 ok\r\n250 ok\r\n354 go\r\n421 4.3.2 closing\r\n",
            "refused Network",
            "untouched true",
        ),
        (
            "250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n421 enough\r\n",
            "handed over",
            "untouched true",
        ),
        ("421 4.7.0 busy\r\n", "untouched false", "untouched true"),
        (
            "250 ok\r\n250 ok\r\n354 go\r\nwhat?\r\n",
            "unsure",
            "untouched true",
        ),
        (
            "250 ok\r\n250 ok\r\n354 go\r\n354 go\r\n",
            "unsure",
            "untouched true",
        ),
    ] {
        let mut talk = talk(true);
        talk.give(1, letter(1));
        leave(&mut talk);
        talk.give(2, letter(2));
        for byte in heard.as_bytes() {
            talk.take_in(&[*byte]);
            leave(&mut talk);
        }
        talk.cut(Ended::Closed);
        let expected = [fate(1, first), fate(2, second)];
        assert_eq!(fates(&mut talk), expected, "{heard:?}");
        assert!(talk.is_over());
    }
}

#[test]
fn a_server_that_answers_before_the_last_dot_has_not_accepted() {
    for (answer, expected) in [
        ("250 ok\r\n", "refused Network"),
        ("552 5.3.4 too big\r\n", "refused Letter"),
    ] {
        let mut talk = talk(true);
        talk.give(1, letter(1));
        leave(&mut talk);
        talk.take_in(b"250 ok\r\n250 ok\r\n354 go\r\n");
        talk.wrote(3);
        talk.take_in(answer.as_bytes());
        assert_eq!(fates(&mut talk), [fate(1, expected)]);
        assert!(talk.is_over());
    }
}

#[test]
fn a_server_that_breaks_on_pipelining_is_found_out() {
    for (heard, ended) in [
        ("250 ok\r\n", Ended::Closed),
        ("250 ok\r\n", Ended::TimedOut),
        (
            "250 ok\r\n554 SMTP synchronization error\r\n503 no\r\n",
            Ended::Closed,
        ),
        ("250 ok\r\n250 ok\r\nnonsense\r\n", Ended::Closed),
        ("421 5.5.0 improper use of pipelining\r\n", Ended::Closed),
    ] {
        let mut talk = talk(true);
        talk.give(1, letter(1));
        leave(&mut talk);
        talk.take_in(heard.as_bytes());
        talk.cut(ended);
        assert!(talk.suspects_pipelining(), "{heard:?}");
        assert_eq!(fates(&mut talk), [fate(1, "untouched true")], "{heard:?}");
    }
}

#[test]
fn who_is_cut_off_while_waiting_for_letters_loses_none() {
    let mut talk = talk(true);
    talk.take_in(b"421 4.4.2 timeout\r\n");
    assert!(talk.is_over());
    assert_eq!(fates(&mut talk), []);
}

/// A server that answers as told, whole or cut after so many bytes of its answers.
fn served(answers: &[(u8, u8)], cut: usize, chunks: &[usize]) -> (Vec<(u32, String)>, Vec<&'static str>) {
    let mut talk = talk(true);
    let (mut text, mut expected) = (String::new(), Vec::new());
    // No server answers what it was not asked yet: up to where its answers can come without another word of ours.
    let mut asked_until = Vec::new();
    for (to, end) in answers {
        let (heard, fate) = match (to % 3, end % 3) {
            (1, _) => ("250 ok\r\n550 5.1.1 no\r\n554 no\r\n", "refused Mailbox"),
            (2, _) => ("250 ok\r\n451 4.3.0 no\r\n354 go\r\n", "refused Network"),
            (_, 1) => ("250 ok\r\n250 ok\r\n354 go\r\n550 5.7.1 no\r\n", "refused Policy"),
            (_, 2) => (
                "250 ok\r\n250 ok\r\n354 go\r\n452 4.2.2 no\r\n",
                "refused Mailbox",
            ),
            _ => (
                "250 ok\r\n250 ok\r\n354 go\r\n250-yes\r\n250 ok\r\n",
                "handed over",
            ),
        };
        if expected.last().is_some_and(|(_, reset)| *reset) {
            text.push_str("250 reset\r\n");
        }
        let start = heard.find("354 go\r\n").map(|at| text.len() + at + 8);
        asked_until.extend(start);
        text.push_str(heard);
        if to % 3 == 2 {
            text.push_str("554 nobody\r\n");
        }
        asked_until.push(text.len());
        expected.push((fate, to % 3 == 1));
    }
    let mut given = 0;
    let mut chunks = chunks.iter().cycle();
    let mut rest = &text.as_bytes()[..cut.min(text.len())];
    loop {
        while given < answers.len() && talk.wants_letter() {
            let number = u32::try_from(given).unwrap();
            talk.give(number, letter(number));
            given += 1;
        }
        leave(&mut talk);
        if rest.is_empty() || talk.is_over() {
            break;
        }
        let read = cut.min(text.len()) - rest.len();
        let until = asked_until.iter().find(|end| **end > read).unwrap() - read;
        let (now, later) = rest.split_at(rest.len().min(until).min(*chunks.next().unwrap()));
        talk.take_in(now);
        rest = later;
    }
    talk.cut(Ended::Closed);
    (
        fates(&mut talk),
        expected.into_iter().map(|(fate, _)| fate).collect(),
    )
}

proptest! {
    #[test]
    fn verdicts_do_not_depend_on_how_answers_are_chopped_up(
        answers in prop::collection::vec(any::<(u8, u8)>(), 1..8),
        chunks in prop::collection::vec(1usize..40, 1..6),
    ) {
        let (fates, expected) = served(&answers, usize::MAX, &chunks);
        let fates: Vec<&str> = fates.iter().map(|(_, fate)| fate.as_str()).collect();
        prop_assert_eq!(fates, expected);
    }

    #[test]
    fn however_it_is_cut_each_letter_has_one_verdict_and_one_at_most_is_unsure(
        answers in prop::collection::vec(any::<(u8, u8)>(), 1..8),
        cut in 0usize..600,
        chunks in prop::collection::vec(1usize..40, 1..6),
    ) {
        let (fates, expected) = served(&answers, cut, &chunks);
        let unsure = fates.iter().filter(|(_, fate)| fate == "unsure").count();
        prop_assert!(unsure <= 1, "{fates:?}");
        for (index, (number, fate)) in fates.iter().enumerate() {
            prop_assert_eq!(usize::try_from(*number).unwrap(), index);
            let told = fate == expected[index];
            prop_assert!(told || fate == "unsure" || fate.starts_with("untouched"), "{fates:?}");
        }
    }

    #[test]
    fn whatever_a_server_says_nothing_breaks_and_no_letter_is_forgotten(
        said in prop::collection::vec(prop::sample::select(vec![
            "250 ok\r\n", "354 go\r\n", "550 5.1.1 no\r\n", "421 bye\r\n", "\r\n", "250-", "x", "250",
        ]), 0..24),
    ) {
        let mut talk = talk(true);
        let mut given = 0;
        for piece in said {
            while talk.wants_letter() {
                talk.give(given, letter(given));
                given += 1;
            }
            leave(&mut talk);
            talk.take_in(piece.as_bytes());
        }
        talk.cut(Ended::Closed);
        let told = fates(&mut talk).len();
        prop_assert_eq!(told, usize::try_from(given).unwrap());
    }
}
