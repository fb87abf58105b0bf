//! From the greeting to the first letter: EHLO, STARTTLS, AUTH. Replies in, steps out; no I/O.
//!
//! What is kept true: a password is never sent before the line is as safe as the configuration demands, and what a
//! server promised in the clear is forgotten once the line is encrypted.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::class::{self, Asked};
use super::options::Login;
use super::reply::Reply;
use crate::providers::{Class, Refusal};

/// What the server can do, as its EHLO tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    pub pipelining: bool,
    pub eight_bit: bool,
    pub utf8: bool,
    /// Whether `SIZE=` is understood, and the most it takes; 0 is no limit.
    pub size: Option<u64>,
    pub starttls: bool,
    pub auth_plain: bool,
    pub auth_login: bool,
}

impl Offers {
    pub fn of(reply: &Reply) -> Offers {
        let mut offers = Offers::default();
        for line in reply.lines.iter().skip(1) {
            let line = line.to_ascii_uppercase();
            let mut words = line.split([' ', '=']);
            match words.next().unwrap_or_default() {
                "PIPELINING" => offers.pipelining = true,
                "8BITMIME" => offers.eight_bit = true,
                "SMTPUTF8" => offers.utf8 = true,
                "STARTTLS" => offers.starttls = true,
                "SIZE" => offers.size = Some(words.next().and_then(|size| size.parse().ok()).unwrap_or(0)),
                "AUTH" => {
                    for method in words {
                        offers.auth_plain |= method == "PLAIN";
                        offers.auth_login |= method == "LOGIN";
                    }
                }
                _ => {}
            }
        }
        offers
    }
}

#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    Send(String),
    /// Encrypt the line, then tell [`Opening::encrypted`].
    Encrypt,
    Ready(Offers),
    Failed(Refusal),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Greeting,
    Ehlo,
    Helo,
    StartTls,
    Plain,
    LoginName,
    LoginPassword,
    /// Name or password was sent; the answer decides.
    Login,
}

#[derive(Debug)]
pub struct Opening<'a> {
    stage: Stage,
    hello: &'a str,
    login: Option<&'a Login>,
    /// Whether the line has to be encrypted from within, and is not yet.
    wants_tls: bool,
    offers: Offers,
}

impl<'a> Opening<'a> {
    pub fn new(hello: &'a str, login: Option<&'a Login>, wants_tls: bool) -> Opening<'a> {
        Opening {
            stage: Stage::Greeting,
            hello,
            login,
            wants_tls,
            offers: Offers::default(),
        }
    }

    pub fn encrypted(&mut self) -> Step {
        self.wants_tls = false;
        self.ehlo()
    }

    pub fn hear(&mut self, reply: &Reply) -> Step {
        match self.stage {
            Stage::Greeting if reply.is_positive() => self.ehlo(),
            Stage::Ehlo if reply.is_positive() => {
                self.offers = Offers::of(reply);
                self.after_ehlo()
            }
            Stage::Ehlo if reply.is_permanent() && !self.wants_tls && self.login.is_none() => {
                self.stage = Stage::Helo;
                Step::Send(format!("HELO {}\r\n", self.hello))
            }
            Stage::Helo if reply.is_positive() => Step::Ready(Offers::default()),
            Stage::StartTls if reply.is_positive() => Step::Encrypt,
            Stage::Plain | Stage::Login if reply.is_positive() => Step::Ready(self.offers.clone()),
            Stage::LoginName if reply.code == 334 => self.send_secret(Stage::LoginPassword),
            Stage::LoginPassword if reply.code == 334 => self.send_secret(Stage::Login),
            _ => Step::Failed(self.refused(reply)),
        }
    }

    fn ehlo(&mut self) -> Step {
        self.stage = Stage::Ehlo;
        Step::Send(format!("EHLO {}\r\n", self.hello))
    }

    fn after_ehlo(&mut self) -> Step {
        if self.wants_tls {
            if !self.offers.starttls {
                return failed(Class::Network, "the server does not offer STARTTLS");
            }
            self.stage = Stage::StartTls;
            return Step::Send(String::from("STARTTLS\r\n"));
        }
        let Some(login) = self.login else {
            return Step::Ready(self.offers.clone());
        };
        if self.offers.auth_plain {
            self.stage = Stage::Plain;
            let words = format!("\0{}\0{}", login.user, login.password.reveal());
            return Step::Send(format!("AUTH PLAIN {}\r\n", STANDARD.encode(words)));
        }
        if self.offers.auth_login {
            self.stage = Stage::LoginName;
            return Step::Send(String::from("AUTH LOGIN\r\n"));
        }
        failed(
            Class::Authentication,
            "the server offers neither AUTH PLAIN nor AUTH LOGIN",
        )
    }

    fn send_secret(&mut self, next: Stage) -> Step {
        let Some(login) = self.login else {
            return failed(Class::Authentication, "nobody asked to sign in");
        };
        let word = match next {
            Stage::Login => login.password.reveal(),
            _ => login.user.as_str(),
        };
        self.stage = next;
        Step::Send(format!("{}\r\n", STANDARD.encode(word)))
    }

    fn refused(&self, reply: &Reply) -> Refusal {
        let mut refusal = class::refusal(Asked::ToTalk, reply);
        let signing_in = matches!(
            self.stage,
            Stage::Plain | Stage::LoginName | Stage::LoginPassword | Stage::Login
        );
        if signing_in && reply.is_permanent() {
            refusal.class = Class::Authentication;
        }
        refusal
    }
}

fn failed(class: Class, words: &str) -> Step {
    Step::Failed(Refusal {
        class,
        is_final: false,
        words: words.to_owned(),
        retry_after: None,
    })
}

#[cfg(test)]
mod tests {
    use kernel::Secret;

    use super::super::reply::Replies;
    use super::*;

    const GREETING: &str = "220 mx.example ESMTP";

    /// Plays the server's lines; `Encrypt` goes on by itself. Returns what was sent and how it ended.
    fn play(login: Option<&Login>, wants_tls: bool, lines: &[&str]) -> (Vec<String>, Option<Step>) {
        let mut opening = Opening::new("house.example", login, wants_tls);
        let (mut sent, mut replies) = (Vec::new(), Replies::default());
        for line in lines {
            replies.take_in(format!("{line}\r\n").as_bytes());
            let mut step = opening.hear(&replies.next().unwrap().unwrap());
            if step == Step::Encrypt {
                sent.push(String::from("(encrypted)"));
                step = opening.encrypted();
            }
            match step {
                Step::Send(text) => sent.push(text.trim_end().to_owned()),
                end => return (sent, Some(end)),
            }
        }
        (sent, None)
    }

    fn login() -> Login {
        Login {
            user: String::from("tim"),
            password: Secret::new("tanstaaftanstaaf"),
        }
    }

    #[test]
    fn an_open_server_is_greeted_and_its_offers_are_kept() {
        let ehlo = "250-mx.example\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250-8bitmime\r\n250 SMTPUTF8";
        let (sent, end) = play(None, false, &[GREETING, ehlo]);
        assert_eq!(sent, ["EHLO house.example"]);
        let expected = Offers {
            pipelining: true,
            eight_bit: true,
            utf8: true,
            size: Some(1000),
            ..Offers::default()
        };
        assert_eq!(end, Some(Step::Ready(expected)));
    }

    #[test]
    fn an_old_server_is_greeted_in_its_own_words() {
        let (sent, end) = play(None, false, &[GREETING, "502 what?", "250 mx"]);
        assert_eq!(sent, ["EHLO house.example", "HELO house.example"]);
        assert_eq!(end, Some(Step::Ready(Offers::default())));
    }

    #[test]
    fn nothing_secret_is_said_before_the_line_is_encrypted() {
        let login = login();
        let clear = "250-mx\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS";
        let hidden = "250-mx\r\n250 AUTH=LOGIN PLAIN";
        let (sent, end) = play(
            Some(&login),
            true,
            &[GREETING, clear, "220 go", hidden, "235 2.7.0 ok"],
        );
        let plain = "AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm";
        assert_eq!(
            sent,
            [
                "EHLO house.example",
                "STARTTLS",
                "(encrypted)",
                "EHLO house.example",
                plain
            ]
        );
        assert!(matches!(end, Some(Step::Ready(_))));

        let (sent, end) = play(Some(&login), true, &[GREETING, "250-mx\r\n250 AUTH PLAIN"]);
        assert_eq!(sent, ["EHLO house.example"]);
        assert!(matches!(end, Some(Step::Failed(refusal)) if refusal.class == Class::Network));
    }

    #[test]
    fn a_server_with_login_only_is_signed_in_to_step_by_step() {
        let login = login();
        let ehlo = "250-mx\r\n250 AUTH LOGIN";
        let (sent, end) = play(
            Some(&login),
            false,
            &[GREETING, ehlo, "334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 ok"],
        );
        assert_eq!(
            sent[1..],
            ["AUTH LOGIN", "dGlt", "dGFuc3RhYWZ0YW5zdGFhZg=="].map(String::from)
        );
        assert!(matches!(end, Some(Step::Ready(_))));
    }

    #[test]
    fn who_is_not_let_in_learns_whose_fault_it_is() {
        let login = login();
        let ehlo = "250-mx\r\n250 AUTH PLAIN";
        for (login, lines, class) in [
            (None, &["554 no"][..], Class::Network),
            (None, &["421 4.7.0 busy"], Class::Quota),
            (
                Some(&login),
                &[GREETING, ehlo, "535 5.7.8 bad"],
                Class::Authentication,
            ),
            (Some(&login), &[GREETING, ehlo, "500 bad"], Class::Authentication),
            (Some(&login), &[GREETING, "250 mx"], Class::Authentication),
        ] {
            let (_, end) = play(login, false, lines);
            let Some(Step::Failed(refusal)) = end else {
                panic!("{lines:?}: {end:?}");
            };
            assert_eq!((refusal.class, refusal.is_final), (class, false), "{lines:?}");
        }
    }
}
