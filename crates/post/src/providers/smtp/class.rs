//! What a refusal is about. The enhanced status code decides where there is one, then the code and the moment it
//! came. Words decide where servers use one code for different things: whether it is about the mailbox or about us,
//! because that suppresses an address, and whether a reader's server wants to wait or has had too much of us, because
//! that stops a provider.
//!
//! What is kept true: no word about a reader, a full mailbox or a server that wants to see us twice is held against the
//! provider, and none about us against the reader.

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
const ABOUT_US: [&str; 13] = [
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
    "sender",
];

/// Servers write these where there is no such mailbox, whatever their code. Yandex: `550 5.7.1 No such user!`; Outlook:
/// `550 5.5.0 Requested action not taken: mailbox unavailable`; Yahoo: `554 delivery error: dd This user doesn't have a
/// yahoo.com account`.
const NOBODY: [&str; 17] = [
    "no such user",
    "no such mailbox",
    "no such recipient",
    "no mailbox",
    "user unknown",
    "unknown user",
    "user not found",
    "recipient unknown",
    "unknown recipient",
    "recipient not found",
    "invalid recipient",
    "invalid mailbox",
    "mailbox not found",
    "mailbox unavailable",
    "does not exist",
    "doesn't exist",
    "doesn't have a",
];

/// And these where a mailbox is full.
const FULL: [&str; 7] = [
    "over quota",
    "overquota",
    "quota exceeded",
    "exceeded storage",
    "mailbox full",
    "mailbox is full",
    "mailbox size limit",
];

/// And these where they have had too much of us.
const TOO_MUCH: [&str; 12] = [
    "rate limit",
    "rate-limit",
    "ratelimit",
    "rate of",
    "too many",
    "too much",
    "too fast",
    "throttl",
    "slow down",
    "sending limit",
    "user complaints",
    "reputation",
];

/// Details of 4.7.x with which Microsoft says that we are too fast.
const THROTTLED: std::ops::RangeInclusive<u16> = 500..=999;

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
    let said = Said::of(reply);
    let by_enhanced = reply
        .enhanced
        .and_then(|enhanced| by_enhanced(asked, enhanced, said));
    match by_enhanced.unwrap_or_else(|| by_code(asked, reply, said)) {
        // 421 is about the connection, and before a reader was named nothing is about one.
        Class::Mailbox if reply.code == 421 || asked == Asked::ToTalk => Class::Network,
        Class::Mailbox if asked == Asked::From => Class::Policy,
        class => class,
    }
}

/// What its words say, where they are such that servers agree about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    TooMuch,
    Full,
    Nobody,
    AboutUs,
    Nothing,
}

/// Whether a server says of a mailbox that it is there and full.
pub fn is_full(words: &str) -> bool {
    let words = words.to_lowercase();
    FULL.iter().any(|full| words.contains(full))
}

impl Said {
    fn of(reply: &Reply) -> Said {
        let words = reply.lines.join(" ").to_lowercase();
        let says = |some: &[&str]| some.iter().any(|word| words.contains(word));
        if says(&TOO_MUCH) {
            Said::TooMuch
        } else if is_full(&words) {
            Said::Full
        } else if says(&NOBODY) && !words.contains("sender") {
            Said::Nobody
        } else if says(&ABOUT_US) {
            Said::AboutUs
        } else {
            Said::Nothing
        }
    }
}

/// `None` where the enhanced code says no more than the code itself.
fn by_enhanced(asked: Asked, enhanced: Enhanced, said: Said) -> Option<Class> {
    let permanent = enhanced.class == 5;
    let class = match (enhanced.subject, enhanced.detail) {
        // The address of the sender.
        (1, 7 | 8) => Class::Policy,
        (1, 9) => Class::Letter,
        (1, _) if asked == Asked::From => Class::Policy,
        (1, 0) if said == Said::AboutUs => Class::Policy,
        (1, _) => Class::Mailbox,
        (2, 3) => Class::Letter,
        // A mailing list that does not take everybody's letters.
        (2, 4) if permanent => Class::Policy,
        (2, _) if asked == Asked::From => Class::Quota,
        (2, _) => Class::Mailbox,
        (3, 3 | 4) => Class::Letter,
        (3, 1) | (4, 5) => Class::Quota,
        (3, 0) | (5, 0) if permanent => return None,
        // What Exchange says of readers that it does not know, and relays of hosts that there are not.
        (4, 1 | 4 | 6) if permanent && matches!(asked, Asked::To | Asked::Letter) => Class::Mailbox,
        (3 | 4, _) => Class::Network,
        (5, 3) => Class::Quota,
        (5, 6) => Class::Authentication,
        (5, _) if permanent => Class::Letter,
        (5, _) => Class::Network,
        (6, _) => Class::Letter,
        (7, detail) => return Some(of_policy(asked, permanent, detail, said)),
        _ => return None,
    };
    Some(class)
}

/// X.7.x: security and policy.
fn of_policy(asked: Asked, permanent: bool, detail: u16, said: Said) -> Class {
    match detail {
        // Yahoo says 5.7.9 of letters that it does not like, so it is about our signing in only where we do.
        8..=11 | 13 if matches!(asked, Asked::ToTalk | Asked::From) => Class::Authentication,
        // The mailbox, or its domain, has changed hands (RFC 7293).
        17 | 18 => Class::Mailbox,
        28 => Class::Quota,
        0 | 1 if permanent && said == Said::Nobody && asked == Asked::To => Class::Mailbox,
        _ if permanent => Class::Policy,
        detail if THROTTLED.contains(&detail) || said == Said::TooMuch => Class::Quota,
        // Greylisting: a server that has not seen us with this reader wants to see us twice.
        _ if matches!(asked, Asked::To | Asked::Letter) => Class::Mailbox,
        _ => Class::Quota,
    }
}

fn by_code(asked: Asked, reply: &Reply, said: Said) -> Class {
    let of_reader = matches!(asked, Asked::To | Asked::Letter);
    match (reply.code, asked) {
        (454, Asked::ToTalk) => Class::Authentication,
        (_, Asked::ToTalk) => Class::Network,
        (400..=499, _) if said == Said::TooMuch => Class::Quota,
        (400..=499 | 550..=554, _) if of_reader && said == Said::Full => Class::Mailbox,
        (450, Asked::To) => Class::Mailbox,
        (452, _) | (552, Asked::To) => Class::Quota,
        (550..=556, _) if of_reader && said == Said::Nobody => Class::Mailbox,
        (550 | 551 | 553, Asked::To) if said == Said::Nothing => Class::Mailbox,
        // The domain takes no letters (RFC 7504, RFC 7505).
        (556, Asked::To) => Class::Mailbox,
        (500..=504 | 552 | 555, _) => Class::Letter,
        (500..=599, _) => Class::Policy,
        _ => Class::Network,
    }
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

    fn check(cases: &[(Asked, &str, Class, bool)]) {
        for (asked, text, class, is_final) in cases {
            let refusal = of(*asked, text);
            assert_eq!(
                (refusal.class, refusal.is_final),
                (*class, *is_final),
                "{asked:?} {text}"
            );
            assert_eq!(refusal.words, *text);
        }
    }

    #[test]
    fn what_is_said_about_a_mailbox_is_about_nobody_else() {
        use Asked::{Letter as Data, To};
        use Class::Mailbox;
        check(&[
            (To, "550 5.1.1 no such user", Mailbox, true),
            (To, "550 5.1.2 bad destination system", Mailbox, true),
            (To, "450 4.1.2 domain not found", Mailbox, false),
            (To, "550 5.1.6 moved", Mailbox, true),
            (To, "556 5.1.10 null MX", Mailbox, true),
            (To, "450 4.1.1 not known yet", Mailbox, false),
            (To, "550 5.2.1 disabled", Mailbox, true),
            (
                To,
                "450 4.2.1 The user is receiving mail too quickly",
                Mailbox,
                false,
            ),
            (To, "452 4.2.2 over quota", Mailbox, false),
            (To, "552 5.2.2 mailbox full", Mailbox, true),
            (Data, "452 4.2.2 over quota", Mailbox, false),
            (Data, "552 5.2.2 mailbox full", Mailbox, true),
            (To, "452 mailbox full", Mailbox, false),
            (To, "552 Quota exceeded", Mailbox, true),
            (To, "450 4.2.0 Greylisted", Mailbox, false),
            (To, "450 4.7.1 greylisted", Mailbox, false),
            (To, "451 4.7.1 Please come back later.", Mailbox, false),
            (Data, "451 4.7.1 Try again later", Mailbox, false),
            (To, "450 mailbox unavailable", Mailbox, false),
            (To, "550 no such user", Mailbox, true),
            (To, "551 not here", Mailbox, true),
            (To, "556 accepts no mail", Mailbox, true),
            (Data, "550 5.1.1 no such user", Mailbox, true),
            (To, "550 5.7.1 No such user!", Mailbox, true),
            (
                To,
                "550 5.5.0 Requested action not taken: mailbox unavailable",
                Mailbox,
                true,
            ),
            (
                To,
                "554 delivery error: dd This user doesn't have a account",
                Mailbox,
                true,
            ),
            (Data, "550 invalid mailbox. User not found", Mailbox, true),
            (
                To,
                "550 5.4.1 Recipient address rejected: Access denied.",
                Mailbox,
                true,
            ),
            (To, "550 5.7.17 owner has changed", Mailbox, true),
        ]);
    }

    #[test]
    fn what_is_said_about_us_is_not_about_the_reader() {
        use Asked::{From, Letter as Data, To};
        use Class::{Letter, Network, Policy, Quota};
        check(&[
            (To, "550 rejected: your network is blocklisted", Policy, true),
            (To, "550 5.7.1 unsolicited", Policy, true),
            (To, "554 5.7.1 relay access denied", Policy, true),
            (To, "550 5.1.0 sender rejected", Policy, true),
            (To, "550 sender's domain does not exist", Policy, true),
            (From, "550 5.1.8 sender unknown", Policy, true),
            (From, "550 we do not know you", Policy, true),
            (From, "550 5.1.0 sender rejected", Policy, true),
            (From, "550 5.7.27 sender has null MX", Policy, true),
            (Data, "550 content", Policy, true),
            (Data, "554 5.7.1 spam", Policy, true),
            (Data, "550 5.7.26 unauthenticated", Policy, true),
            (Data, "554 5.7.9 not accepted for policy reasons", Policy, true),
            (To, "452 4.5.3 too many recipients", Quota, false),
            (To, "452 insufficient storage", Quota, false),
            (To, "451 ratelimit exceeded", Quota, false),
            (To, "451 4.7.1 too many messages", Quota, false),
            (To, "450 4.7.28 unusual rate of mail", Quota, false),
            (Data, "451 4.7.650 slow down", Quota, false),
            (Data, "421 4.7.0 deferred due to user complaints", Quota, false),
            (From, "451 4.7.1 later", Quota, false),
            (From, "550 5.4.5 daily limit", Quota, true),
            (To, "451 local error", Network, false),
            (To, "451 4.3.0 error", Network, false),
            (To, "421 4.3.2 closing", Network, false),
            (To, "421 4.2.1 closing", Network, false),
            (To, "451 4.4.3 temporary server error", Network, false),
            (From, "552 5.3.4 too big", Letter, true),
            (Data, "554 5.6.0 malformed", Letter, true),
            (To, "553 5.6.7 non-ASCII addresses not permitted", Letter, true),
            (Data, "552 too big", Letter, true),
            (Data, "503 5.5.1 out of order", Letter, true),
        ]);
    }

    #[test]
    fn who_cannot_talk_or_sign_in_learns_nothing_about_a_letter() {
        use Asked::{From, To, ToTalk};
        use Class::{Authentication, Network, Policy, Quota};
        check(&[
            (From, "530 5.7.0 authentication required", Authentication, false),
            (From, "550 5.7.8 credentials", Authentication, false),
            (From, "550 5.7.10 encryption needed", Authentication, false),
            (To, "530 5.5.1 sign in", Authentication, false),
            (ToTalk, "535 5.7.8 bad credentials", Authentication, false),
            (ToTalk, "534 5.7.9 too weak", Authentication, false),
            (ToTalk, "525 5.7.13 disabled", Authentication, false),
            (ToTalk, "454 4.7.0 cannot authenticate now", Quota, false),
            (ToTalk, "454 no TLS now", Authentication, false),
            (ToTalk, "554 no service here", Network, false),
            (ToTalk, "521 accepts no mail", Network, false),
            (ToTalk, "554 5.7.1 your address is listed", Policy, false),
            (ToTalk, "421 too many connections", Network, false),
            (ToTalk, "421 4.7.0 too many connections", Quota, false),
            (ToTalk, "450 4.2.0 busy", Network, false),
        ]);
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_said_a_refusal_is_final_only_where_it_may_be(
            code in 400u16..600,
            enhanced in "([45]\\.[0-9]{1,3}\\.[0-9]{1,3} )?",
            words in ".{0,60}",
            asked in 0usize..4,
        ) {
            let asked = [Asked::ToTalk, Asked::From, Asked::To, Asked::Letter][asked];
            let words: String = words.chars().filter(|c| !c.is_control()).collect();
            let refusal = of(asked, &format!("{code} {enhanced}{words}"));
            let of_reader = matches!(asked, Asked::To | Asked::Letter) && code != 421;
            proptest::prop_assert!(of_reader || refusal.class != Class::Mailbox, "{refusal:?}");
            proptest::prop_assert!(!refusal.is_final || (code >= 500 && asked != Asked::ToTalk), "{refusal:?}");
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
