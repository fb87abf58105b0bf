//! What the codes of RFC 3463 mean for the reader of a letter.

use super::super::types::Said;

/// `5.1.1`: class, subject, detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    class: u16,
    subject: u16,
    detail: u16,
}

impl Status {
    /// The first code in a text, such as `smtp; 550 5.1.1 no such user`.
    pub fn first_in(text: &str) -> Option<Status> {
        text.split(|c: char| !(c.is_ascii_digit() || c == '.'))
            .find_map(Status::parse)
    }

    fn parse(word: &str) -> Option<Status> {
        let mut numbers = word.trim_end_matches('.').split('.').map(|number| {
            let fits = !number.is_empty() && number.len() <= 3;
            fits.then(|| number.parse::<u16>().ok()).flatten()
        });
        let status = Status {
            class: numbers.next()??,
            subject: numbers.next()??,
            detail: numbers.next()??,
        };
        (matches!(status.class, 2 | 4 | 5) && numbers.next().is_none()).then_some(status)
    }

    /// What a letter that came back with this code means. Of bad addresses, 5.1.7 and 5.1.8 are the sender's, and 5.1.9
    /// is about a server on the way; 5.2.1 is a mailbox that was closed, 5.7.17 and 5.7.18 one that has changed hands (RFC 7293).
    pub fn of_failure(self) -> Said {
        match (self.class, self.subject, self.detail) {
            (5, 1, 7..=9) => Said::Refused,
            (5, 1, _) | (5, 2, 1) | (5, 7, 17 | 18) => Said::HardBounce,
            (5, 3, 4) | (5, 6 | 7, _) => Said::Refused,
            _ => Said::SoftBounce,
        }
    }

    /// 5.0.0 and its like say nothing.
    pub fn is_vague(self) -> bool {
        self.subject == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_whether_the_mailbox_the_moment_or_the_letter_was_wrong() {
        let check = |text: &str, expected: Option<Said>| {
            assert_eq!(
                Status::first_in(text).map(Status::of_failure),
                expected,
                "{text:?}"
            );
        };
        check("5.1.1", Some(Said::HardBounce));
        check(
            "smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound",
            Some(Said::HardBounce),
        );
        check("5.1.8 bad sender", Some(Said::Refused));
        check("5.2.2 mailbox full", Some(Said::SoftBounce));
        check("4.4.7 too long in the queue", Some(Said::SoftBounce));
        check("550-5.7.26 unauthenticated", Some(Said::Refused));
        check("5.3.4 too big", Some(Said::Refused));
        check("host 192.0.2.1 said 550 no", None);
        check("5.1", None);
        check("5.1.1111", None);
        check("..5..1...", None);
        check("", None);
    }
}
