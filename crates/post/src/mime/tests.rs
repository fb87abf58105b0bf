//! What a program that is not ours reads in the letters that we write: names, subjects, both bodies, pictures, files, and
//! nothing that was not meant to be there.

use std::sync::Arc;

use kernel::{Id, Secret};
use mail_parser::{Message, MessageParser, MimeHeaders as _};

use super::*;
use crate::content::Body;
use crate::frame::Stationery;
use crate::{Kind, Recipient};

static PLAIN: Kind = Kind::prompt(1, "test.reset", std::time::Duration::from_secs(60));
static DIGEST: Kind = Kind::bulk(
    2,
    "test.digest",
    "test.digest",
    std::time::Duration::from_secs(60),
);

const SUBJECT: &str =
    "Понедельник: 3 встречи, совет в пятницу и ещё кое-что длинное, чтобы не влезло в строку";

fn stationery() -> Stationery {
    let secret = Secret::new("s".repeat(32));
    Stationery::new(
        "Ратуша",
        "https://house.example",
        "letters@house.example",
        &secret,
    )
    .unwrap()
}

fn anna() -> Recipient {
    Recipient {
        person: None,
        email: "anna@example.org".to_owned(),
        name: "Анна Петрова".to_owned(),
        language: Language::Russian,
        zone: "Europe/Moscow".to_owned(),
    }
}

fn content() -> Content {
    let body = Body::new()
        .heading("Ваша неделя")
        .paragraph("Здравствуйте! ".repeat(30))
        .picture("week.png", "Неделя");
    Content {
        subject: SUBJECT.to_owned(),
        preview: "Три встречи".to_owned(),
        html: body.html().unwrap(),
        text: body.text().unwrap(),
        why: "Потому что вы в ней живёте.".to_owned(),
        pictures: vec![Picture {
            name: "week.png".to_owned(),
            kind: "image/png",
            bytes: Arc::from([137u8, 80, 78, 71, 0, 255].as_slice()),
        }],
        parts: vec![
            Part {
                kind: "text/calendar",
                parameters: vec![("method", "REQUEST".to_owned())],
                place: Place::Alternative,
                bytes: Arc::from(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n".as_slice()),
            },
            Part {
                kind: "application/pdf",
                parameters: Vec::new(),
                place: Place::Attached("Повестка.pdf".to_owned()),
                bytes: Arc::from(b"%PDF".as_slice()),
            },
        ],
        reply_to: Some("anna.smirnova@example.org".to_owned()),
    }
}

fn sent(kind: &'static Kind, to: &Recipient, content: &Content) -> Vec<u8> {
    let at: Moment = "2026-11-23T06:00:00Z".parse().unwrap();
    let ready = stationery()
        .finished(Id::named("letter", "1"), kind, to, content, at)
        .unwrap();
    ready.mime.to_vec()
}

fn read(bytes: &[u8]) -> Message<'_> {
    MessageParser::default().parse(bytes).unwrap()
}

fn header(message: &Message<'_>, name: &str) -> Option<String> {
    message.header_raw(name).map(|value| value.trim().to_owned())
}

#[test]
fn a_stranger_reads_names_subject_and_both_bodies() {
    let bytes = sent(&PLAIN, &anna(), &content());
    let message = read(&bytes);
    assert_eq!(message.subject(), Some(SUBJECT));
    let from = message.from().unwrap().first().unwrap();
    assert_eq!(
        (from.name(), from.address()),
        (Some("Ратуша"), Some("letters@house.example"))
    );
    let to = message.to().unwrap().first().unwrap();
    assert_eq!(
        (to.name(), to.address()),
        (Some("Анна Петрова"), Some("anna@example.org"))
    );
    let answers = message.reply_to().unwrap().first().unwrap();
    assert_eq!(answers.address(), Some("anna.smirnova@example.org"));
    let id = Id::named("letter", "1");
    assert_eq!(message.message_id(), Some(format!("{id}@house.example").as_str()));
    assert_eq!(message.date().unwrap().to_rfc3339(), "2026-11-23T06:00:00Z");
    assert_eq!(
        header(&message, "Auto-Submitted").as_deref(),
        Some("auto-generated")
    );
    let text = message.body_text(0).unwrap();
    assert!(
        text.starts_with("Ваша неделя") && text.contains("Потому что"),
        "{text}"
    );
    assert!(text.lines().all(|line| line.chars().count() <= 72), "{text}");
    let html = message.body_html(0).unwrap();
    assert!(
        html.contains("Ваша неделя") && html.contains("lang=\"ru\""),
        "{html}"
    );
}

#[test]
fn pictures_go_with_the_html_calendars_beside_it_and_files_after_both() {
    let bytes = sent(&PLAIN, &anna(), &content());
    let message = read(&bytes);
    let kinds: Vec<String> = message
        .parts
        .iter()
        .filter_map(|part| part.content_type())
        .map(|kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()))
        .collect();
    assert_eq!(
        kinds,
        [
            "multipart/mixed",
            "multipart/alternative",
            "text/plain",
            "multipart/related",
            "text/html",
            "image/png",
            "text/calendar",
            "application/pdf"
        ]
    );
    let part = |kind: &str| {
        message
            .parts
            .iter()
            .find(|part| {
                part.is_content_type(
                    &kind[..kind.find('/').unwrap()],
                    &kind[kind.find('/').unwrap() + 1..],
                )
            })
            .unwrap()
    };
    let picture = part("image/png");
    assert_eq!(picture.contents(), [137u8, 80, 78, 71, 0, 255]);
    let html = message.body_html(0).unwrap();
    assert!(html.contains(&format!("cid:{}", picture.content_id().unwrap())));
    let calendar = part("text/calendar");
    assert_eq!(
        calendar.content_type().unwrap().attribute("method"),
        Some("REQUEST")
    );
    assert_eq!(part("application/pdf").attachment_name(), Some("Повестка.pdf"));
}

#[test]
fn what_has_a_stream_is_stopped_with_one_click_and_what_was_asked_for_is_not() {
    let bytes = sent(&DIGEST, &anna(), &content());
    let message = read(&bytes);
    let link = stationery().stop_links().link(anna().owner(), "test.digest");
    let unfolded = header(&message, "List-Unsubscribe").unwrap();
    assert_eq!(unfolded, format!("<{link}>"));
    assert_eq!(
        header(&message, "List-Unsubscribe-Post").as_deref(),
        Some("List-Unsubscribe=One-Click")
    );
    assert_eq!(
        header(&message, "List-Id").as_deref(),
        Some("<test.digest.house.example>")
    );
    assert!(message.body_text(0).unwrap().contains(&link) && message.body_html(0).unwrap().contains(&link));
    let bytes = sent(&PLAIN, &anna(), &content());
    let message = read(&bytes);
    assert_eq!(header(&message, "List-Unsubscribe"), None);
    assert_eq!(header(&message, "List-Id"), None);
}

#[test]
fn nothing_that_was_typed_becomes_a_header() {
    let attack = "Hello\r\nBcc: everybody@example.org\r\n\r\nA body\0";
    let mut content = content();
    content.subject = attack.to_owned();
    content.reply_to = Some("x@example.org>\r\nBcc: everybody@example.org".to_owned());
    content.pictures[0].name = attack.to_owned();
    content.parts[0].parameters = vec![("method", attack.to_owned())];
    content.parts[1].place = Place::Attached(attack.to_owned());
    let mut to = anna();
    to.name = attack.to_owned();
    let bytes = sent(&DIGEST, &to, &content);
    let message = read(&bytes);
    let is_there = message
        .parts
        .iter()
        .any(|part| part.headers.iter().any(|header| header.name() == "Bcc"));
    assert!(
        !is_there && message.bcc().is_none(),
        "{}",
        String::from_utf8_lossy(&bytes)
    );
    assert_eq!(message.subject(), Some("Hello Bcc: everybody@example.org A body"));
    assert!(
        message.reply_to().is_none(),
        "an odd address is not written at all"
    );
    for address in [
        "x@example.org>\r\nBcc: y",
        "a b@example.org",
        "a@b@c",
        "@example.org",
        "x@",
        "",
        "x@exa,mple",
    ] {
        assert_eq!(Mailbox::new("", address), None, "{address:?}");
    }
}

#[test]
fn lines_are_ended_as_mail_ends_them_and_none_is_too_long() {
    let bytes = sent(&DIGEST, &anna(), &content());
    let text = String::from_utf8(bytes).expect("headers and bodies are ASCII");
    assert!(text.is_ascii());
    assert_eq!(text.replace("\r\n", "").find(['\r', '\n']), None);
    let long: Vec<&str> = text.split("\r\n").filter(|line| line.len() > 78).collect();
    assert!(
        long.iter()
            .all(|line| line.contains("<https://") && line.len() < 998),
        "{long:?}"
    );
}

#[test]
fn a_name_without_letters_is_left_out() {
    let mut to = anna();
    to.name = " \r\n ".to_owned();
    let bytes = sent(&PLAIN, &to, &content());
    let message = read(&bytes);
    assert_eq!(message.to().unwrap().first().unwrap().name(), None);
}
