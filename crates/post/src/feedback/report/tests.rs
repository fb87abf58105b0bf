//! Reports as servers write them, and everything else that may be handed in.

use kernel::Id;
use proptest::prelude::*;

use super::*;

fn letter() -> Id {
    Id::named("letter", "one")
}

/// A report as postfix writes it, of one recipient.
fn notification(recipient: &str, action: &str, status: &str, diagnostic: &str) -> String {
    let letter = letter();
    format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.org (Mail Delivery System)\r\nSubject: Undelivered Mail Returned \
         to Sender\r\nTo: post@town.example\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: \
         multipart/report; report-type=delivery-status;\r\n\tboundary=\"4Wx.1795000000/mx.example.org\"\r\n\r\nThis is a \
         MIME-encapsulated message.\r\n\r\n--4Wx.1795000000/mx.example.org\r\nContent-Description: \
         Notification\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nI'm sorry to have to inform you: \
         <{letter}@elsewhere.example>\r\n\r\n--4Wx.1795000000/mx.example.org\r\nContent-Description: Delivery \
         report\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\nArrival-Date: Sat, 21 \
         Nov 2026 12:00:00 +0000 (UTC)\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\nOriginal-Recipient: \
         rfc822;{recipient}\r\nAction: {action}\r\nStatus: {status}\r\nRemote-MTA: dns; \
         mail.example.org\r\nDiagnostic-Code: {diagnostic}\r\n\r\n--4Wx.1795000000/mx.example.org\r\nContent-Description: \
         Undelivered Message Headers\r\nContent-Type: text/rfc822-headers\r\n\r\nReturn-Path: \
         <post@town.example>\r\nFrom: Town <post@town.example>\r\nMessage-ID: <{letter}@town.example>\r\nSubject: \
         Monday\r\n\r\n--4Wx.1795000000/mx.example.org--\r\n"
    )
}

fn said(action: &str, status: &str, diagnostic: &str) -> Vec<Said> {
    let raw = notification("anna@example.org", action, status, diagnostic);
    read(raw.as_bytes()).into_iter().map(|news| news.said).collect()
}

#[test]
fn a_notification_tells_which_letter_to_whom_and_why() {
    let raw = notification(
        "Anna@Example.org",
        "failed",
        "5.1.1",
        "smtp; 550 5.1.1\r\n    <anna@example.org>: no such user",
    );
    let expected = News {
        letter: letter(),
        address: Some(Address::parse("anna@example.org").unwrap()),
        said: Said::HardBounce,
        words: "5.1.1 smtp; 550 5.1.1 <anna@example.org>: no such user".to_owned(),
    };
    assert_eq!(read(raw.as_bytes()), [expected]);
    assert_eq!(
        read(raw.replace("\r\n", "\n").as_bytes()).len(),
        1,
        "as it lies in a mailbox"
    );
}

#[test]
fn an_address_is_bad_only_where_the_code_says_so() {
    assert_eq!(said("failed", "5.1.1", "smtp; 550"), [Said::HardBounce]);
    assert_eq!(
        said("failed", "5.0.0", "smtp; 550 5.1.1 unknown"),
        [Said::HardBounce]
    );
    assert_eq!(said("failed", "5.0.0", "smtp; 550 no"), [Said::SoftBounce]);
    assert_eq!(said("failed", "5.7.1", "smtp; 550 5.7.1 spam"), [Said::Refused]);
    assert_eq!(said("failed", "4.4.7", "x"), [Said::SoftBounce]);
    assert_eq!(said("failed", "5.2.2", "x"), [Said::SoftBounce]);
    assert_eq!(said("delayed", "4.4.1", "x"), [Said::Delayed]);
    assert_eq!(said("Delivered", "2.1.5", "x"), [Said::Delivered]);
    assert_eq!(said("relayed", "2.1.9", "x"), []);
    assert_eq!(said("exploded", "5.1.1", "x"), []);
}

#[test]
fn a_whole_letter_that_came_back_is_found_as_well() {
    let raw = notification("anna@example.org", "failed", "5.1.1", "x").replace(
        "Content-Type: text/rfc822-headers",
        "Content-Type: message/rfc822",
    );
    assert_eq!(read(raw.as_bytes())[0].letter, letter());
}

#[test]
fn a_letter_is_never_looked_for_among_the_words() {
    let raw =
        notification("anna@example.org", "failed", "5.1.1", "x").replace("Message-ID: <", "X-Message: <");
    assert_eq!(read(raw.as_bytes()), []);
}

#[test]
fn a_complaint_is_read_whether_or_not_it_tells_whose_it_is() {
    let complaint = |kind: &str, to: &str| {
        let letter = letter();
        let raw = format!(
            "From: <abusedesk@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; \
             report-type=feedback-report;\r\n boundary=\"part1\"\r\n\r\n--part1\r\nContent-Type: text/plain\r\n\r\nAn e-mail \
             abuse report.\r\n\r\n--part1\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: \
             {kind}\r\nUser-Agent: SomeGenerator/1.0\r\nVersion: 1\r\n{to}\r\n--part1\r\nContent-Type: \
             message/rfc822\r\n\r\nFrom: <post@town.example>\r\nMessage-ID: <{letter}@town.example>\r\nSubject: \
             Monday\r\n\r\nHello\r\n--part1--\r\n"
        );
        read(raw.as_bytes())
    };
    let news = complaint("abuse", "Original-Rcpt-To: <anna@example.org>\r\n");
    assert_eq!(news[0].said, Said::Complained);
    assert_eq!(
        news[0].address.as_ref().map(Address::as_str),
        Some("anna@example.org")
    );
    assert_eq!(complaint("abuse", "")[0].address, None);
    assert_eq!(complaint("not-spam", ""), []);
    assert_eq!(complaint("auth-failure", ""), []);
}

#[test]
fn what_is_no_report_is_nothing() {
    for raw in [
        "",
        "\r\n\r\n",
        "Subject: Out of office\r\n\r\nBack on Monday.\r\n",
        "--x\r\n--x--\r\n",
    ] {
        assert_eq!(read(raw.as_bytes()), [], "{raw:?}");
    }
    let mut large = notification("anna@example.org", "failed", "5.1.1", "x").into_bytes();
    large.resize(REPORT_BYTES_MAX + 1, b' ');
    assert_eq!(read(&large), []);
}

proptest! {
    #[test]
    fn nothing_that_is_handed_in_makes_it_panic(raw: Vec<u8>) {
        let _ = read(&raw);
    }

    /// A report that was cut anywhere, with anything in the place of a piece of it.
    #[test]
    fn nothing_that_looks_like_a_report_makes_it_panic(
        at in 0_usize..2_000,
        until in 0_usize..2_000,
        instead in "(\r\n|--4Wx\\.1795000000/mx\\.example\\.org|\\PC|[:;<>@. \t]){0,40}",
    ) {
        let mut raw = notification("anna@example.org", "failed", "5.1.1", "smtp; 550").into_bytes();
        let (at, until) = (at.min(raw.len()), until.min(raw.len()).max(at.min(raw.len())));
        raw.splice(at..until, instead.bytes());
        for news in read(&raw) {
            prop_assert!(news.letter == letter() || !instead.is_empty() || at < until);
        }
    }
}
