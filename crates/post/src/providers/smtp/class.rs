//! What a refusal is about. The enhanced status code decides where there is one, then the code and the moment it
//! came; words decide only whether a 550 is about the mailbox or about us, because that suppresses an address.

use std::time::Duration;

use super::reply::{Enhanced, Reply};
use crate::providers::{Class, Refusal};

/// What the server was asked when it refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Greeting, EHLO, STARTTLS, AUTH: nothing of a letter was told yet.
    ToTalk,
    From,
    To,
    /// The command DATA, or the letter itself.
    Letter,
}

/// Servers write these where they refuse us and not the mailbox.
const ABOUT_US: [&str; 12] = [
    "spam",
    "policy",
    "blocked",
    "blocklist",
    "blacklist",
    "reputation",
    "denied",
    "relay",
    "listed",
    "spf",
    "dmarc",
    "not allowed",
];

/// What people wait for at most when a server says "in 3 days".
const WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

pub fn refusal(asked: Asked, reply: &Reply) -> Refusal {
    let class = class(asked, reply);
    // Who cannot talk to a server at all knows nothing about the letter: another way or hour may do.
    let of_the_talk = asked == Asked::ToTalk || class == Class::Authentication;
    Refusal {
        class,
        is_final: reply.is_permanent() && !of_the_talk,
        words: reply.to_string(),
        retry_after: if reply.is_permanent() {
            None
        } else {
            told_wait(&reply.lines)
        },
    }
}

fn class(asked: Asked, reply: &Reply) -> Class {
    if matches!(reply.code, 530 | 534 | 535 | 538) {
        return Class::Authentication;
    }
    let by_enhanced = reply.enhanced.and_then(|enhanced| by_enhanced(asked, enhanced));
    by_enhanced.unwrap_or_else(|| by_code(asked, reply))
}

/// `None` where the enhanced code says no more than the code itself.
fn by_enhanced(asked: Asked, enhanced: Enhanced) -> Option<Class> {
    let permanent = enhanced.class == 5;
    let class = match (enhanced.subject, enhanced.detail) {
        // The address of the sender.
        (1, 7 | 8) => Class::Policy,
        (1, _) if permanent && asked == Asked::From => Class::Policy,
        (1, _) if permanent => Class::Mailbox,
        (1, _) => Class::Network,
        // Full: too much, for now.
        (2, 2) => Class::Quota,
        (2, 3) => Class::Letter,
        (2, 1) if permanent && asked == Asked::To => Class::Mailbox,
        (3, 4) => Class::Letter,
        (3, 1) => Class::Quota,
        (3 | 4, _) => Class::Network,
        (5, 3) => Class::Quota,
        (5, _) if permanent => Class::Letter,
        (5, _) => Class::Network,
        (6, _) => Class::Letter,
        (7, 8 | 9 | 11 | 13) => Class::Authentication,
        (7, 17) => Class::Mailbox,
        (7, _) if permanent => Class::Policy,
        (7, _) => Class::Quota,
        _ => return None,
    };
    Some(class)
}

fn by_code(asked: Asked, reply: &Reply) -> Class {
    match (reply.code, asked) {
        (454, Asked::ToTalk) => Class::Authentication,
        (_, Asked::ToTalk) => Class::Network,
        (452, _) | (552, Asked::To) => Class::Quota,
        (550 | 551 | 553 | 556, Asked::To) if !is_about_us(reply) => Class::Mailbox,
        (500..=504 | 552 | 555, _) => Class::Letter,
        (500..=599, _) => Class::Policy,
        _ => Class::Network,
    }
}

fn is_about_us(reply: &Reply) -> bool {
    reply.lines.iter().any(|line| {
        let line = line.to_lowercase();
        ABOUT_US.iter().any(|word| line.contains(word))
    })
}

/// "try again in 300 seconds", as greylisting servers say it.
fn told_wait(lines: &[String]) -> Option<Duration> {
    lines.iter().find_map(|line| {
        let words: Vec<&str> = line.split(|c: char| !c.is_ascii_alphanumeric()).collect();
        words.windows(3).find_map(|three| {
            let number: u64 = three[1].parse().ok()?;
            let unit = match three[2] {
                "s" | "sec" | "secs" | "second" | "seconds" => 1,
                "min" | "mins" | "minute" | "minutes" => 60,
                "h" | "hour" | "hours" => 60 * 60,
                _ => return None,
            };
            let told = Duration::from_secs(number.checked_mul(unit)?);
            (three[0] == "in" && !told.is_zero()).then(|| told.min(WAIT_MAX))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::reply::Replies;
    use super::*;

    fn of(asked: Asked, text: &str) -> Refusal {
        let mut replies = Replies::default();
        replies.take_in(text.as_bytes());
        replies.take_in(b"\r\n");
        refusal(asked, &replies.next().unwrap().unwrap())
    }

    #[test]
    fn a_refusal_says_who_suffers_for_it() {
        use Asked::{From, Letter as Data, To, ToTalk};
        use Class::{Authentication, Letter, Mailbox, Network, Policy, Quota};
        for (asked, text, class, is_final) in [
            (To, "550 5.1.1 no such user", Mailbox, true),
            (To, "550 5.1.10 null MX", Mailbox, true),
            (To, "550 5.2.1 disabled", Mailbox, true),
            (To, "450 4.1.1 not known yet", Network, false),
            (To, "550 no such user", Mailbox, true),
            (To, "551 not here", Mailbox, true),
            (To, "556 accepts no mail", Mailbox, true),
            (To, "550 rejected: your network is blocklisted", Policy, true),
            (To, "550 5.7.1 unsolicited", Policy, true),
            (To, "554 5.7.1 relay access denied", Policy, true),
            (To, "450 4.7.1 greylisted", Quota, false),
            (To, "452 4.5.3 too many recipients", Quota, false),
            (To, "452 4.2.2 over quota", Quota, false),
            (To, "552 5.2.2 mailbox full", Quota, true),
            (To, "452 insufficient storage", Quota, false),
            (To, "451 local error", Network, false),
            (To, "450 busy", Network, false),
            (To, "421 4.3.2 closing", Network, false),
            (From, "550 5.1.8 sender unknown", Policy, true),
            (From, "550 we do not know you", Policy, true),
            (From, "552 5.3.4 too big", Letter, true),
            (From, "530 5.7.0 authentication required", Authentication, false),
            (From, "550 5.1.0 sender rejected", Policy, true),
            (Data, "550 5.1.1 no such user", Mailbox, true),
            (Data, "550 content", Policy, true),
            (Data, "554 5.6.0 malformed", Letter, true),
            (Data, "552 too big", Letter, true),
            (Data, "451 4.7.650 slow down", Quota, false),
            (Data, "554 5.7.1 spam", Policy, true),
            (Data, "503 5.5.1 out of order", Letter, true),
            (ToTalk, "535 5.7.8 bad credentials", Authentication, false),
            (ToTalk, "454 4.7.0 cannot authenticate now", Quota, false),
            (ToTalk, "454 no TLS now", Authentication, false),
            (ToTalk, "554 no service here", Network, false),
            (ToTalk, "554 5.7.1 your address is listed", Policy, false),
            (ToTalk, "421 too many connections", Network, false),
            (ToTalk, "421 4.7.0 too many connections", Quota, false),
        ] {
            let refusal = of(asked, text);
            assert_eq!(
                (refusal.class, refusal.is_final),
                (class, is_final),
                "{asked:?} {text}"
            );
            assert_eq!(refusal.words, text);
        }
    }

    #[test]
    fn a_wait_that_the_server_names_is_kept() {
        for (text, seconds) in [
            ("450 4.7.1 Greylisted, try again in 300 seconds", Some(300)),
            ("451 come back in 5 minutes, please", Some(300)),
            ("451 later: in 2 hours.", Some(7200)),
            ("451 in 900000 hours", Some(86_400)),
            ("451 in 99999999999999999999 hours", None),
            ("451 in 0 seconds", None),
            ("451 300 seconds", None),
            ("550 5.7.1 in 300 seconds", None),
        ] {
            let expected = seconds.map(Duration::from_secs);
            assert_eq!(of(Asked::To, text).retry_after, expected, "{text}");
        }
    }
}
