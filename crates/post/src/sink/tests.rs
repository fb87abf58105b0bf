//! Our client and our sink against each other, over loopback, in every way a server can misbehave.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use kernel::{Clock, Id, Moment, Secret};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::providers::smtp::{Login as SignIn, Patience, Security, Smtp, SmtpOptions};
use crate::providers::{Class, Provider, Ready, Refusal, Verdict};

fn letter(number: u32, to: &str) -> Ready {
    let mime = format!("Message-ID: <{number}@house.example>\r\nSubject: a\r\n\r\n.dot\r\n..\r\n");
    Ready {
        letter: Id::named("letter", &number.to_string()),
        kind: "test.letter",
        message_id: format!("{number}@house.example"),
        from: String::from("house@house.example"),
        to: to.to_owned(),
        mime: mime.into_bytes().into(),
    }
}

async fn open(script: &str) -> Sink {
    let script = Script::parse(script).unwrap();
    let clock = Clock::manual(Moment::from_seconds(1_800_000_000));
    Sink::open(script, "127.0.0.1:0".parse().unwrap(), clock)
        .await
        .unwrap()
}

fn options(sink: &Sink) -> SmtpOptions {
    SmtpOptions {
        security: Security::Off,
        connections: 2,
        ..SmtpOptions::new("sink", "127.0.0.1", sink.address().port())
    }
}

/// Hands over letters 0, 1, 2, … at once, and tells the verdicts in their order.
async fn hand_over(smtp: &Smtp, to: &[&str]) -> Vec<Verdict> {
    let all = (0..)
        .zip(to)
        .map(|(number, to)| smtp.hand_over(letter(number, to)));
    futures_util::future::join_all(all).await
}

fn class(verdict: &Verdict) -> Option<(Class, bool)> {
    match verdict {
        Verdict::Refused(Refusal { class, is_final, .. }) => Some((*class, *is_final)),
        _ => None,
    }
}

fn is_given(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::HandedOver { .. })
}

#[tokio::test]
async fn letters_arrive_once_as_they_were_written() {
    let sink = open("keep_letters = 1").await;
    let smtp = Smtp::new(options(&sink)).unwrap();
    let verdicts = hand_over(&smtp, &["a@mx.example"; 50]).await;
    assert!(verdicts.iter().all(is_given), "{verdicts:?}");
    let counts = sink.counts();
    assert_eq!((counts.kept, counts.distinct), (50, 50));
    assert!(counts.connections <= 2);
    assert_eq!(sink.times("49@house.example"), 1);
    let kept = &sink.kept()[0];
    let number: u32 = String::from_utf8_lossy(&kept.mime)[13..]
        .split('@')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(kept.mime, letter(number, "").mime.to_vec());
    assert_eq!(
        (kept.from.as_str(), kept.to.as_slice()),
        ("house@house.example", &[String::from("a@mx.example")][..])
    );
}

#[tokio::test]
async fn each_reader_gets_their_own_refusal_and_the_others_their_letter() {
    let sink = open(
        r#"
        rules = [
            { at = "rcpt", domain = "gone.example", answer = "550 5.1.1 nobody" },
            { at = "rcpt", domain = "full.example", answer = "452 4.2.2 full" },
            { at = "dot", domain = "spam.example", answer = "550 5.7.1 no" },
            { at = "data", domain = "ill.example", answer = "451 4.3.0 ill" },
            { at = "dot", domain = "shut.example", answer = "421 4.3.2 closing" },
        ]"#,
    )
    .await;
    let smtp = Smtp::new(options(&sink)).unwrap();
    let bad = [
        ("a@gone.example", Class::Mailbox, true),
        ("a@full.example", Class::Mailbox, false),
        ("a@spam.example", Class::Policy, true),
        ("a@ill.example", Class::Network, false),
        ("a@shut.example", Class::Network, false),
    ];
    let to: Vec<&str> = bad.iter().flat_map(|(to, ..)| [*to, "a@good.example"]).collect();
    for _ in 0..5 {
        let verdicts = hand_over(&smtp, &to).await;
        for (pair, (_, expected, is_final)) in verdicts.chunks(2).zip(bad) {
            assert_eq!(class(&pair[0]), Some((expected, is_final)), "{verdicts:?}");
            assert!(is_given(&pair[1]), "{verdicts:?}");
        }
    }
    let counts = sink.counts();
    assert_eq!(counts.domains["good.example"].kept, 25);
    assert_eq!(counts.kept, 25);
    assert_eq!(counts.refused[&550], 10);
}

#[tokio::test]
async fn a_cut_before_the_last_dot_is_certain_and_one_after_it_is_not() {
    let sink = open(
        r#"
        rules = [
            { at = "content", domain = "early.example", cut = "before" },
            { at = "dot", domain = "late.example", cut = "before" },
            { at = "dot", domain = "kept.example", cut = "after" },
        ]"#,
    )
    .await;
    let smtp = Smtp::new(options(&sink)).unwrap();
    for _ in 0..10 {
        let verdicts = hand_over(
            &smtp,
            &[
                "a@late.example",
                "a@good.example",
                "a@kept.example",
                "a@good.example",
            ],
        )
        .await;
        assert!(matches!(verdicts[0], Verdict::Unsure { .. }), "{verdicts:?}");
        assert!(is_given(&verdicts[1]), "{verdicts:?}");
        assert!(matches!(verdicts[2], Verdict::Unsure { .. }), "{verdicts:?}");
        assert!(is_given(&verdicts[3]), "{verdicts:?}");
    }
    let counts = sink.counts();
    assert_eq!(counts.domains["good.example"].kept, 20);
    assert_eq!(
        (counts.domains["kept.example"].kept, counts.kept_and_cut),
        (10, 10)
    );
    assert!(!counts.domains.contains_key("late.example"));

    // More than the sockets hold, so that the cut comes before the last dot whoever is faster.
    let mut large = letter(99, "a@early.example");
    let line = ["x".repeat(900).as_bytes(), b"\r\n"].concat();
    large.mime = [&large.mime[..], &line.repeat(20_000)].concat().into();
    let verdict = smtp.hand_over(large).await;
    assert_eq!(class(&verdict), Some((Class::Network, false)), "{verdict:?}");
}

#[tokio::test]
async fn a_server_that_turns_a_worn_connection_away_costs_nobody_a_letter() {
    let script =
        Script::parse("rules = [{ at = \"mail\", from = 60, times = 1, answer = \"421 4.7.0 enough\" }]");
    let clock = Clock::manual(Moment::from_seconds(0));
    let listen = "127.0.0.1:0".parse().unwrap();
    let sink = Sink::open(script.unwrap(), listen, clock.clone()).await.unwrap();
    let one = |sink: &Sink| SmtpOptions {
        connections: 1,
        ..options(sink)
    };
    let smtp = Smtp::new(one(&sink)).unwrap();
    assert!(is_given(&smtp.hand_over(letter(0, "a@mx.example")).await));
    clock.advance_seconds(60);
    assert!(is_given(&smtp.hand_over(letter(1, "a@mx.example")).await));
    assert_eq!((sink.counts().connections, sink.counts().refused[&421]), (2, 1));

    // A fresh connection that is turned away is an answer.
    let sink = open("rules = [{ at = \"mail\", times = 1, answer = \"421 4.7.0 enough\" }]").await;
    let smtp = Smtp::new(one(&sink)).unwrap();
    let verdict = smtp.hand_over(letter(0, "a@mx.example")).await;
    assert_eq!(class(&verdict), Some((Class::Quota, false)));

    let sink = open("rules = [{ at = \"dot\", domain = \"last.example\", cut = \"before\" }]").await;
    let smtp = Smtp::new(one(&sink)).unwrap();
    let verdicts = hand_over(
        &smtp,
        &["a@mx.example", "a@last.example", "b@mx.example", "c@mx.example"],
    )
    .await;
    let given: Vec<bool> = verdicts.iter().map(is_given).collect();
    assert_eq!(given, [true, false, true, true], "{verdicts:?}");
}

#[tokio::test]
async fn a_server_that_promises_pipelining_and_breaks_on_it_is_given_one_command_at_a_time() {
    for script in ["pipelining = \"broken\"", "pipelining = \"absent\""] {
        let sink = open(script).await;
        let smtp = Smtp::new(options(&sink)).unwrap();
        let verdicts = hand_over(&smtp, &["a@mx.example"; 20]).await;
        assert!(verdicts.iter().all(is_given), "{script}: {verdicts:?}");
        assert_eq!((sink.counts().kept, sink.counts().distinct), (20, 20));
    }
}

#[tokio::test]
async fn who_takes_too_long_is_late_before_the_last_dot_and_unsure_behind_it() {
    let sink = open(
        r#"
        pipelining = "absent"
        rules = [
            { at = "rcpt", domain = "slow.example", wait_ms = 60000 },
            { at = "dot", domain = "dawdling.example", wait_ms = 60000 },
        ]"#,
    )
    .await;
    let patience = Patience {
        command: Duration::from_millis(200),
        last_answer: Duration::from_millis(200),
        ..Patience::default()
    };
    let smtp = Smtp::new(SmtpOptions {
        patience,
        ..options(&sink)
    })
    .unwrap();
    let verdicts = hand_over(&smtp, &["a@slow.example", "a@dawdling.example"]).await;
    assert_eq!(class(&verdicts[0]), Some((Class::Latency, false)));
    assert!(matches!(verdicts[1], Verdict::Unsure { .. }), "{verdicts:?}");
}

#[tokio::test]
async fn nobody_there_refuses_all_who_wait_at_once() {
    let sink = open("").await;
    let smtp = Smtp::new(options(&sink)).unwrap();
    let port = sink.address().port();
    drop(sink);
    while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let verdicts = hand_over(&smtp, &["a@mx.example"; 8]).await;
    assert!(
        verdicts
            .iter()
            .all(|verdict| class(verdict) == Some((Class::Network, false))),
        "{verdicts:?}"
    );
}

/// A certificate for 127.0.0.1 and its key, in a folder that goes with the test.
fn certificate() -> (tempfile::TempDir, TlsFiles) {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed([String::from("127.0.0.1")]).unwrap();
    let files = TlsFiles {
        certificate: folder.path().join("certificate.pem"),
        key: folder.path().join("key.pem"),
        implicit: false,
    };
    fs::write(&files.certificate, made.cert.pem()).unwrap();
    fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    (folder, files)
}

#[tokio::test]
async fn letters_and_passwords_go_over_an_encrypted_line_to_a_server_that_is_known() {
    let (_folder, files) = certificate();
    for implicit in [false, true] {
        let script = Script {
            tls: Some(TlsFiles {
                implicit,
                ..files.clone()
            }),
            login: Some(Login {
                user: "house".into(),
                password: "kaleidoscope".into(),
            }),
            ..Script::default()
        };
        let clock = Clock::manual(Moment::from_seconds(0));
        let sink = Sink::open(script, "127.0.0.1:0".parse().unwrap(), clock)
            .await
            .unwrap();
        let with = |password: &str, roots: bool| SmtpOptions {
            security: if implicit {
                Security::Implicit
            } else {
                Security::StartTls
            },
            root_certificates: roots.then(|| files.certificate.clone()),
            login: Some(SignIn {
                user: "house".into(),
                password: Secret::new(password),
            }),
            ..options(&sink)
        };
        for (options, expected) in [
            (with("kaleidoscope", true), None),
            (with("wrong", true), Some((Class::Authentication, false))),
            (with("kaleidoscope", false), Some((Class::Network, false))),
        ] {
            let smtp = Smtp::new(options).unwrap();
            let verdicts = hand_over(&smtp, &["a@mx.example"; 3]).await;
            for verdict in &verdicts {
                assert_eq!(class(verdict), expected, "{verdict:?}");
                assert_eq!(is_given(verdict), expected.is_none(), "{verdict:?}");
            }
        }
        assert_eq!(sink.counts().kept, 3);
    }
}

#[tokio::test]
async fn faults_come_and_go_with_the_hours_of_the_script() {
    let script =
        Script::parse("rules = [{ at = \"rcpt\", from = 60, until = 120, answer = \"451 4.3.0 ill\" }]")
            .unwrap();
    let clock = Clock::manual(Moment::from_seconds(1_800_000_000));
    let sink = Sink::open(script, "127.0.0.1:0".parse().unwrap(), clock.clone())
        .await
        .unwrap();
    let smtp = Smtp::new(options(&sink)).unwrap();
    let mut given = Vec::new();
    for number in 0..3 {
        given.push(is_given(&smtp.hand_over(letter(number, "a@mx.example")).await));
        clock.advance_seconds(60);
    }
    assert_eq!(given, [true, false, true]);
    let minutes = sink.counts().minutes;
    assert_eq!(
        minutes.into_iter().collect::<Vec<_>>(),
        [(1_800_000_000, 1), (1_800_000_120, 1)]
    );
}

#[tokio::test]
async fn the_counts_are_told_over_http() {
    let sink = Arc::new(open("").await);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let told = Arc::clone(&sink);
    let telling = tokio::spawn(async move { told.tell_counts(listener).await });
    let smtp = Smtp::new(options(&sink)).unwrap();
    smtp.hand_over(letter(1, "a@mx.example")).await;
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let counts: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        (&counts["kept"], &counts["domains"]["mx.example"]["kept"]),
        (&1.into(), &1.into())
    );
    telling.abort();
}

proptest::proptest! {
    #[test]
    fn no_text_is_a_script_that_breaks_the_sink(
        text in ".{0,200}",
        lines in proptest::collection::vec("(rules = \\[\\{|at = |\"dot\"|share = |[0-9.eE-]{1,20}|wait_ms = |answer = \"|[45][0-9]{2}|\\}\\]|, |\n){0,12}", 0..4),
    ) {
        let _ = Script::parse(&text);
        let _ = Script::parse(&lines.concat());
    }
}

#[tokio::test]
async fn whatever_bytes_come_the_sink_still_takes_letters() {
    use proptest::strategy::{Strategy as _, ValueTree as _};
    use proptest::test_runner::TestRunner;

    let sink = open("").await;
    let mut any = TestRunner::deterministic();
    let verb = "(EHLO|MAIL FROM:|RCPT TO:|DATA|RSET|AUTH PLAIN|STARTTLS|NOOP)?( ?[ -~]{0,20}|\\PC{0,10})\r\n";
    let talk = proptest::collection::vec(
        proptest::prop_oneof![
            proptest::collection::vec(proptest::num::u8::ANY, 0..200),
            verb.prop_map(String::into_bytes),
        ],
        1..20,
    );
    for _ in 0..100 {
        let bytes = talk.new_tree(&mut any).unwrap().current().concat();
        let mut line = tokio::net::TcpStream::connect(sink.address()).await.unwrap();
        // The sink may hang up in the middle, which is its right.
        let _ = line.write_all(&bytes).await;
        let _ = line.shutdown().await;
        let mut said = Vec::new();
        let _ = line.read_to_end(&mut said).await;
    }
    let smtp = Smtp::new(options(&sink)).unwrap();
    assert!(hand_over(&smtp, &["a@mx.example"]).await.iter().all(is_given));
}
