//! One connection's talk about letters: bytes in, bytes and verdicts out, no I/O and no clock.
//!
//! What is kept true:
//! * A letter is unsure exactly when its last dot has left and no answer to it was read. Before that nobody can have
//!   accepted it; with the answer everybody knows.
//! * With pipelining MAIL, RCPT and DATA go out in one write, and the next letter's together with the end of this one.
//!   So at most one letter of a connection can be unsure; the one behind it has shown its envelope and nothing else.
//! * A letter of which the server has seen nothing but the envelope comes back [`Outcome::Untouched`], to be tried on
//!   another connection.

use std::collections::VecDeque;

use super::class::{self, Asked};
use super::content;
use super::opening::Offers;
use super::reply::{Replies, Reply};
use crate::providers::{Class, Ready, Refusal, Verdict};

/// Letters on one connection: one being given, one announced behind it.
const AHEAD: usize = 2;

/// Why a connection ended without a word of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Closed,
    TimedOut,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Verdict(Verdict),
    /// Nothing of the letter was given. `blameless`: it was not the first this connection saw, so the connection had
    /// worked before and this letter has nothing to do with its end.
    Untouched {
        refusal: Refusal,
        blameless: bool,
    },
}

/// What the next reply is about; each one's time is bounded on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    Nothing,
    Command,
    LastAnswer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Reset,
    From,
    To,
    Start,
    LoneDot,
    LastAnswer,
}

struct InFlight<T> {
    ticket: T,
    letter: Ready,
    mail: String,
    /// Whether its envelope has been said, at least in part.
    announced: bool,
    accepted_to: bool,
    refused: Option<Refusal>,
    /// Behind the last dot, counted in bytes of the whole connection.
    ends_at: Option<u64>,
}

pub struct Talk<T> {
    offers: Offers,
    pipelined: bool,
    replies: Replies,
    out: Vec<u8>,
    /// Of `out`, how much has left.
    left: usize,
    /// Of the whole connection, what has left before `out`.
    left_before: u64,
    expected: VecDeque<Expected>,
    letters: VecDeque<InFlight<T>>,
    needs_reset: bool,
    /// Letters whose fate this connection told.
    finished: u64,
    /// A letter announced behind another one went well: pipelining works here.
    proved: bool,
    suspect: bool,
    over: bool,
    outcomes: Vec<(T, Ready, Outcome)>,
}

impl<T> Talk<T> {
    /// `replies` may hold what came behind the answer to EHLO or AUTH.
    pub fn new(offers: Offers, pipelined: bool, replies: Replies) -> Talk<T> {
        Talk {
            pipelined: pipelined && offers.pipelining,
            offers,
            replies,
            out: Vec::with_capacity(16 * 1024),
            left: 0,
            left_before: 0,
            expected: VecDeque::with_capacity(8),
            letters: VecDeque::with_capacity(AHEAD),
            needs_reset: false,
            finished: 0,
            proved: false,
            suspect: false,
            over: false,
            outcomes: Vec::new(),
        }
    }

    pub fn wants_letter(&self) -> bool {
        let room = if self.pipelined { AHEAD } else { 1 };
        !self.over && self.letters.len() < room
    }

    pub fn is_idle(&self) -> bool {
        self.letters.is_empty() && self.expected.is_empty() && self.output().is_empty()
    }

    pub fn is_over(&self) -> bool {
        self.over
    }

    pub fn proved_pipelining(&self) -> bool {
        self.proved
    }

    /// The way it ended looks like a server that promises pipelining and breaks on it.
    pub fn suspects_pipelining(&self) -> bool {
        self.suspect
    }

    pub fn awaits(&self) -> Awaited {
        match self.expected.front() {
            None => Awaited::Nothing,
            Some(Expected::LastAnswer) => Awaited::LastAnswer,
            Some(_) => Awaited::Command,
        }
    }

    pub fn outcomes(&mut self) -> impl Iterator<Item = (T, Ready, Outcome)> + use<'_, T> {
        self.outcomes.drain(..)
    }

    /// What is to be written next.
    pub fn output(&self) -> &[u8] {
        &self.out[self.left..]
    }

    pub fn wrote(&mut self, bytes: usize) {
        self.left += bytes;
        if self.left == self.out.len() {
            self.left_before += length(self.left);
            self.out.clear();
            self.left = 0;
        }
    }

    /// How much has left since the connection began.
    fn all_left(&self) -> u64 {
        self.left_before + length(self.left)
    }

    pub fn give(&mut self, ticket: T, letter: Ready) {
        match content::needs(&letter, &self.offers) {
            Err(refusal) => {
                let outcome = Outcome::Verdict(Verdict::Refused(refusal));
                self.outcomes.push((ticket, letter, outcome));
            }
            Ok(needs) => {
                let mail = content::mail_command(&letter, needs, &self.offers);
                self.letters.push_back(InFlight {
                    ticket,
                    letter,
                    mail,
                    announced: false,
                    accepted_to: false,
                    refused: None,
                    ends_at: None,
                });
                self.announce();
            }
        }
    }

    pub fn take_in(&mut self, bytes: &[u8]) {
        self.replies.take_in(bytes);
        while !self.over {
            match self.replies.next() {
                Ok(None) => return,
                Ok(Some(reply)) if reply.code == 421 => self.turned_away(&reply),
                Ok(Some(reply)) => self.hear(&reply),
                Err(bad) => self.confused(&bad.to_string()),
            }
        }
    }

    /// The connection is gone. Call it only when everything that had come was taken in.
    pub fn cut(&mut self, ended: Ended) {
        if self.over {
            return;
        }
        let behind_another = ended == Ended::TimedOut && self.finished > 0;
        self.suspect |= self.pipelined && (self.finished == 0 || behind_another) && self.is_before_content();
        let (class, words) = match ended {
            Ended::Closed => (Class::Network, "the server cut the connection"),
            Ended::TimedOut => (Class::Latency, "the server did not answer in time"),
        };
        self.end(class, words);
    }

    fn is_before_content(&self) -> bool {
        self.letters
            .front()
            .is_some_and(|letter| letter.announced && letter.ends_at.is_none())
    }

    /// Says the envelopes that can be said now.
    fn announce(&mut self) {
        let next = match self.letters.front() {
            Some(first) if !first.announced => 0,
            Some(first) if first.ends_at.is_some() && self.pipelined => 1,
            _ => return,
        };
        let Some(letter) = self.letters.get_mut(next).filter(|letter| !letter.announced) else {
            return;
        };
        letter.announced = true;
        let reset = std::mem::take(&mut self.needs_reset);
        if reset {
            self.out.extend_from_slice(b"RSET\r\n");
            self.expected.push_back(Expected::Reset);
        }
        if !self.pipelined {
            if !reset {
                self.say_from();
            }
            return;
        }
        self.out.extend_from_slice(letter.mail.as_bytes());
        for part in ["RCPT TO:<", &letter.letter.to, ">\r\nDATA\r\n"] {
            self.out.extend_from_slice(part.as_bytes());
        }
        self.expected
            .extend([Expected::From, Expected::To, Expected::Start]);
    }

    fn say_from(&mut self) {
        if let Some(letter) = self.letters.front() {
            self.out.extend_from_slice(letter.mail.as_bytes());
            self.expected.push_back(Expected::From);
        }
    }

    fn say_to(&mut self) {
        if let Some(letter) = self.letters.front() {
            for part in ["RCPT TO:<", &letter.letter.to, ">\r\n"] {
                self.out.extend_from_slice(part.as_bytes());
            }
            self.expected.push_back(Expected::To);
        }
    }

    fn hear(&mut self, reply: &Reply) {
        let sane = reply.is_positive() || reply.is_refusal();
        match self.expected.pop_front() {
            Some(Expected::LastAnswer) => self.hear_last_answer(reply),
            Some(Expected::Start) if sane || reply.code == 354 => self.hear_start(reply),
            Some(Expected::From | Expected::To) if sane && self.pipelined => self.hear_envelope(reply),
            Some(Expected::From) if reply.is_positive() => self.say_to(),
            Some(Expected::To) if reply.is_positive() => {
                self.hear_envelope(reply);
                self.out.extend_from_slice(b"DATA\r\n");
                self.expected.push_back(Expected::Start);
            }
            Some(asked @ (Expected::From | Expected::To)) if sane => {
                self.needs_reset = asked == Expected::To;
                self.refuse_first(class::refusal(of(asked), reply));
            }
            Some(Expected::Reset) if reply.is_positive() => {
                if !self.pipelined {
                    self.say_from();
                }
            }
            Some(Expected::LoneDot) if sane => {}
            _ => self.confused(&format!("unexpected: {reply}")),
        }
    }

    /// An answer to MAIL or RCPT, in the order they were sent: RCPT's is the only one that can accept a reader.
    fn hear_envelope(&mut self, reply: &Reply) {
        let is_to = self.expected.front() != Some(&Expected::To);
        let asked = if is_to { Asked::To } else { Asked::From };
        let Some(letter) = self.letters.front_mut() else {
            return;
        };
        if reply.is_positive() {
            letter.accepted_to |= is_to;
        } else if letter.refused.is_none() {
            self.suspect |= complains_of_pipelining(reply) && self.pipelined;
            letter.refused = Some(class::refusal(asked, reply));
        }
    }

    fn hear_start(&mut self, reply: &Reply) {
        let Some(letter) = self.letters.front_mut() else {
            return;
        };
        match (reply.code, letter.refused.take()) {
            (354, None) => {
                content::write_content(&letter.letter.mime, &mut self.out);
                letter.ends_at = Some(self.left_before + length(self.out.len()));
                self.expected.push_back(Expected::LastAnswer);
                self.announce();
            }
            // To nobody: the empty letter that RFC 2920 demands here.
            (354, Some(refusal)) if !letter.accepted_to => {
                self.out.extend_from_slice(b".\r\n");
                self.expected.push_back(Expected::LoneDot);
                self.refuse_first(refusal);
            }
            (354, Some(refusal)) => {
                let words = format!("refused and then accepted: {}", refusal.words);
                self.confused(&words);
            }
            (_, _) if reply.is_positive() => self.confused(&format!("unexpected: {reply}")),
            (_, refused) => {
                self.suspect |= complains_of_pipelining(reply) && self.pipelined;
                self.needs_reset = true;
                self.refuse_first(refused.unwrap_or_else(|| class::refusal(Asked::Letter, reply)));
            }
        }
    }

    fn hear_last_answer(&mut self, reply: &Reply) {
        let ends_at = self.letters.front().and_then(|letter| letter.ends_at);
        let whole = ends_at.is_some_and(|end| end <= self.all_left());
        let verdict = if reply.is_positive() && whole {
            Verdict::HandedOver {
                name: queued_as(reply),
            }
        } else if reply.is_refusal() {
            Verdict::Refused(class::refusal(Asked::Letter, reply))
        } else {
            return self.confused(&format!("unexpected: {reply}"));
        };
        self.proved |= self.pipelined && self.finished > 0;
        self.finish_first(Outcome::Verdict(verdict));
        if !whole {
            // The rest of the letter would be read as commands.
            self.end(Class::Network, "the server refused a letter before its end");
        }
    }

    fn refuse_first(&mut self, refusal: Refusal) {
        let outcome = if self.suspect {
            Outcome::Untouched {
                refusal,
                blameless: true,
            }
        } else {
            Outcome::Verdict(Verdict::Refused(refusal))
        };
        self.finish_first(outcome);
    }

    fn finish_first(&mut self, outcome: Outcome) {
        if let Some(letter) = self.letters.pop_front() {
            self.finished += 1;
            self.outcomes.push((letter.ticket, letter.letter, outcome));
        }
        if self.suspect {
            return self.end(Class::Network, "the server breaks on pipelining");
        }
        self.announce();
    }

    /// 421: the server closes, whatever it was asked. As an answer to the last dot it is a refusal like any other.
    fn turned_away(&mut self, reply: &Reply) {
        let answered = self.expected.front() == Some(&Expected::LastAnswer);
        let refusal = class::refusal(Asked::ToTalk, reply);
        self.suspect |= self.pipelined && complains_of_pipelining(reply);
        if answered && let Some(letter) = self.letters.pop_front() {
            let verdict = Verdict::Refused(class::refusal(Asked::Letter, reply));
            self.outcomes
                .push((letter.ticket, letter.letter, Outcome::Verdict(verdict)));
            self.finished += 1;
        }
        self.end(refusal.class, &refusal.words);
    }

    fn confused(&mut self, words: &str) {
        self.suspect |= self.pipelined && !self.proved && self.is_before_content();
        self.end(Class::Network, words);
    }

    fn end(&mut self, class: Class, words: &str) {
        self.over = true;
        let all_left = self.all_left();
        let mut blameless = self.finished > 0 || self.suspect;
        for letter in std::mem::take(&mut self.letters) {
            let refusal = Refusal {
                class,
                is_final: false,
                words: words.to_owned(),
                retry_after: None,
            };
            let outcome = match letter.ends_at {
                Some(end) if end <= all_left => Outcome::Verdict(Verdict::Unsure {
                    why: format!("the letter was given, and then: {words}"),
                }),
                Some(_) => Outcome::Verdict(Verdict::Refused(refusal)),
                None => Outcome::Untouched { refusal, blameless },
            };
            self.outcomes.push((letter.ticket, letter.letter, outcome));
            blameless = true;
        }
    }
}

fn of(expected: Expected) -> Asked {
    match expected {
        Expected::From => Asked::From,
        Expected::To => Asked::To,
        _ => Asked::Letter,
    }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

fn complains_of_pipelining(reply: &Reply) -> bool {
    reply.lines.iter().any(|line| {
        let line = line.to_lowercase();
        line.contains("pipelin") || line.contains("synchroni")
    })
}

/// What the server calls the letter, for those who read its log: postfix says "queued as X", exim "OK id=X".
fn queued_as(reply: &Reply) -> Option<String> {
    let line = reply.lines.last()?;
    let (_, name) = line.split_once("queued as ").or_else(|| line.split_once("id="))?;
    let name: String = name
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
        .take(64)
        .collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests;
