//! One connection to the sink. Answers to commands that came together leave together, as a real server's do.

use std::io;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::{memchr, memmem};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::script::{Act, At, Cut, Pipelining, Then};
use super::{Inner, Kept};
use crate::providers::smtp::line::Stream;

const LINE_MAX: usize = 64 * 1024;
/// What a letter may have when the script sets no limit.
const LETTER_MAX: usize = 64 * 1024 * 1024;
const READ_SIZE: usize = 16 * 1024;

/// Whether the connection goes on.
#[derive(PartialEq, Eq)]
enum On {
    Yes,
    No,
}

struct Session {
    inner: Arc<Inner>,
    stream: Stream,
    input: Vec<u8>,
    /// Of `input`, how much was understood.
    read: usize,
    out: Vec<u8>,
    encrypted: bool,
    signed_in: bool,
    from: Option<String>,
    to: Vec<String>,
}

pub async fn run(stream: Stream, inner: Arc<Inner>) -> io::Result<()> {
    let mut session = Session {
        inner,
        stream,
        input: Vec::with_capacity(READ_SIZE),
        read: 0,
        out: Vec::new(),
        encrypted: false,
        signed_in: false,
        from: None,
        to: Vec::new(),
    };
    if session.inner.script.tls.as_ref().is_some_and(|tls| tls.implicit) {
        session.encrypt().await?;
    }
    if session.acted(At::Connect, None).await? != Acted::Goes {
        return session.flush().await;
    }
    session.reply("220 sink ESMTP: nothing is delivered");
    while let Some(line) = session.line().await? {
        if session.hear(&line).await? == On::No {
            break;
        }
    }
    session.flush().await
}

/// What the script made of a moment.
#[derive(PartialEq, Eq)]
enum Acted {
    /// As without a script.
    Goes,
    /// It answered.
    Answered,
    /// It answered 421 or cut.
    Over,
}

impl Session {
    async fn acted(&mut self, at: At, address: Option<&str>) -> io::Result<Acted> {
        let Act { wait, then } = self.inner.act(at, address);
        if !wait.is_zero() {
            self.flush().await?;
            tokio::time::sleep(wait).await;
        }
        match then {
            Then::GoOn => Ok(Acted::Goes),
            Then::Cut(_) => {
                self.inner.book.lock().cut(false);
                self.out.clear();
                Ok(Acted::Over)
            }
            Then::Answer(answer) => {
                self.reply(&answer);
                if answer.starts_with(['4', '5']) {
                    self.inner.book.lock().refuse(&answer, address);
                }
                Ok(if answer.starts_with("421") {
                    Acted::Over
                } else {
                    Acted::Answered
                })
            }
        }
    }

    async fn hear(&mut self, line: &str) -> io::Result<On> {
        let (verb, rest) = line.split_once([' ', ':']).unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => self.ehlo(),
            "HELO" => self.reply("250 sink"),
            "NOOP" => self.reply("250 2.0.0 ok"),
            "RSET" => {
                self.forget();
                self.reply("250 2.0.0 forgotten");
            }
            "QUIT" => {
                self.reply("221 2.0.0 bye");
                return Ok(On::No);
            }
            "STARTTLS" => return self.starttls().await,
            "AUTH" => return self.sign_in(rest).await,
            "MAIL" => return self.mail(line).await,
            "RCPT" => return self.rcpt(line).await,
            "DATA" => return self.data().await,
            _ => self.reply("502 5.5.1 what?"),
        }
        Ok(On::Yes)
    }

    fn ehlo(&mut self) {
        let script = &self.inner.script;
        let mut offers = vec![String::from("sink")];
        if script.pipelining != Pipelining::Absent {
            offers.push(String::from("PIPELINING"));
        }
        if script.size > 0 {
            offers.push(format!("SIZE {}", script.size));
        }
        if script.tls.is_some() && !self.encrypted {
            offers.push(String::from("STARTTLS"));
        }
        if script.login.is_some() && (self.encrypted || script.tls.is_none()) {
            offers.push(String::from("AUTH PLAIN LOGIN"));
        }
        offers.extend(["8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"].map(String::from));
        let last = offers.len() - 1;
        for (index, offer) in offers.iter().enumerate() {
            let mark = if index == last { ' ' } else { '-' };
            self.reply(&format!("250{mark}{offer}"));
        }
    }

    async fn starttls(&mut self) -> io::Result<On> {
        if self.inner.script.tls.is_none() || self.encrypted {
            self.reply("502 5.5.1 not here");
            return Ok(On::Yes);
        }
        self.reply("220 2.0.0 go on");
        self.flush().await?;
        self.input.clear();
        self.read = 0;
        self.encrypt().await?;
        self.forget();
        Ok(On::Yes)
    }

    async fn encrypt(&mut self) -> io::Result<()> {
        let Some(tls) = &self.inner.tls else {
            return Ok(());
        };
        let clear = std::mem::replace(&mut self.stream, Box::new(tokio::io::empty()));
        self.stream = Box::new(tls.acceptor().accept(clear).await?);
        self.encrypted = true;
        Ok(())
    }

    async fn sign_in(&mut self, rest: &str) -> io::Result<On> {
        let Some(login) = self.inner.script.login.clone() else {
            self.reply("502 5.5.1 not here");
            return Ok(On::Yes);
        };
        let (method, first) = rest.split_once(' ').unwrap_or((rest, ""));
        let (told, expected) = if method.eq_ignore_ascii_case("PLAIN") {
            let told = if first.is_empty() {
                self.ask("334 ").await?
            } else {
                first.to_owned()
            };
            (told, format!("\0{}\0{}", login.user, login.password))
        } else {
            let user = self.ask("334 VXNlcm5hbWU6").await?;
            let password = self.ask("334 UGFzc3dvcmQ6").await?;
            let expected = STANDARD.encode(&login.password);
            (
                format!("{user} {password}"),
                format!("{} {expected}", STANDARD.encode(login.user)),
            )
        };
        let plain = STANDARD
            .decode(&told)
            .is_ok_and(|told| told == expected.as_bytes());
        self.signed_in = plain || told == expected;
        self.reply(if self.signed_in {
            "235 2.7.0 welcome"
        } else {
            "535 5.7.8 not with these words"
        });
        Ok(On::Yes)
    }

    async fn ask(&mut self, words: &str) -> io::Result<String> {
        self.reply(words);
        Ok(self.line().await?.unwrap_or_default())
    }

    async fn mail(&mut self, line: &str) -> io::Result<On> {
        let broken = self.inner.script.pipelining == Pipelining::Broken;
        if broken && self.read < self.input.len() {
            self.reply("554 5.5.0 SMTP synchronization error");
            return Ok(On::No);
        }
        if self.inner.script.login.is_some() && !self.signed_in {
            self.reply("530 5.7.0 sign in first");
            return Ok(On::Yes);
        }
        if self.from.is_some() {
            self.reply("503 5.5.1 one letter at a time");
            return Ok(On::Yes);
        }
        match self.acted(At::Mail, None).await? {
            Acted::Goes => {
                self.from = Some(address_of(line));
                self.reply("250 2.1.0 ok");
            }
            Acted::Answered => {}
            Acted::Over => return Ok(On::No),
        }
        Ok(On::Yes)
    }

    async fn rcpt(&mut self, line: &str) -> io::Result<On> {
        if self.from.is_none() {
            self.reply("503 5.5.1 from whom?");
            return Ok(On::Yes);
        }
        let address = address_of(line);
        match self.acted(At::Rcpt, Some(&address)).await? {
            Acted::Goes => {
                self.to.push(address);
                self.reply("250 2.1.5 ok");
            }
            Acted::Answered => {}
            Acted::Over => return Ok(On::No),
        }
        Ok(On::Yes)
    }

    async fn data(&mut self) -> io::Result<On> {
        let Some(reader) = self.to.first().cloned() else {
            self.reply("503 5.5.1 to whom?");
            return Ok(On::Yes);
        };
        match self.acted(At::Data, Some(&reader)).await? {
            Acted::Goes => self.reply("354 go on"),
            Acted::Answered => return Ok(On::Yes),
            Acted::Over => return Ok(On::No),
        }
        self.flush().await?;
        if self.acted(At::Content, Some(&reader)).await? == Acted::Over {
            self.fill().await?;
            return Ok(On::No);
        }
        let Some(mime) = self.content().await? else {
            self.reply("552 5.3.4 too much");
            return Ok(On::No);
        };
        self.dot(&reader, mime).await
    }

    async fn dot(&mut self, reader: &str, mime: Vec<u8>) -> io::Result<On> {
        let Act { wait, then } = self.inner.act(At::Dot, Some(reader));
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        let limit = self.inner.script.size;
        let too_big = limit > 0 && u64::try_from(mime.len()).is_ok_and(|length| length > limit);
        let then = if too_big {
            Then::Answer(String::from("552 5.3.4 too much"))
        } else {
            then
        };
        if let Then::Answer(answer) = &then {
            self.reply(answer);
            if !answer.starts_with('2') {
                self.inner.book.lock().refuse(answer, Some(reader));
                self.forget();
                return Ok(if answer.starts_with("421") {
                    On::No
                } else {
                    On::Yes
                });
            }
        }
        if then == Then::Cut(Cut::Before) {
            self.inner.book.lock().cut(false);
            return Ok(On::No);
        }
        self.keep(mime);
        if then == Then::Cut(Cut::After) {
            self.inner.book.lock().cut(true);
            return Ok(On::No);
        }
        if then == Then::GoOn {
            self.reply("250 2.0.0 kept");
        }
        Ok(On::Yes)
    }

    fn keep(&mut self, mime: Vec<u8>) {
        let id = message_id(&mime);
        self.inner.book.lock().keep(&id, &self.to, self.inner.clock.now());
        let (from, to) = (self.from.take().unwrap_or_default(), std::mem::take(&mut self.to));
        if self.inner.script.keep_letters > 0 {
            let mut kept = self.inner.kept.lock();
            if kept.len() < self.inner.script.keep_letters {
                kept.push(Kept { from, to, mime });
            }
        }
    }

    fn forget(&mut self) {
        self.from = None;
        self.to.clear();
    }

    fn reply(&mut self, line: &str) {
        self.out.extend_from_slice(line.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    async fn flush(&mut self) -> io::Result<()> {
        if !self.out.is_empty() {
            self.stream.write_all(&self.out).await?;
            self.stream.flush().await?;
            self.out.clear();
        }
        Ok(())
    }

    /// More input; before we wait for it, everything that was answered leaves.
    async fn fill(&mut self) -> io::Result<usize> {
        self.flush().await?;
        self.input.drain(..self.read);
        self.read = 0;
        self.stream.read_buf(&mut self.input).await
    }

    async fn line(&mut self) -> io::Result<Option<String>> {
        loop {
            let unread = &self.input[self.read..];
            if let Some(end) = memchr(b'\n', unread) {
                let line = String::from_utf8_lossy(&unread[..end]).trim_end().to_owned();
                self.read += end + 1;
                return Ok(Some(line));
            }
            if unread.len() > LINE_MAX || self.fill().await? == 0 {
                return Ok(None);
            }
        }
    }

    /// The letter up to its last dot; `None` when it never ends.
    async fn content(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut searched = 0;
        loop {
            let unread = &self.input[self.read..];
            if unread.starts_with(b".\r\n") {
                self.read += 3;
                return Ok(Some(Vec::new()));
            }
            if let Some(at) = memmem::find(&unread[searched..], b"\r\n.\r\n") {
                let end = searched + at + 2;
                let mime = without_dots(&unread[..end]);
                self.read += end + 3;
                return Ok(Some(mime));
            }
            searched = unread.len().saturating_sub(4);
            if unread.len() > LETTER_MAX {
                return Ok(None);
            }
            if self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

fn without_dots(wire: &[u8]) -> Vec<u8> {
    let mut mime = Vec::with_capacity(wire.len());
    let mut from = usize::from(wire.first() == Some(&b'.'));
    for at in memmem::find_iter(wire, b"\r\n.") {
        mime.extend_from_slice(&wire[from..at + 2]);
        from = at + 3;
    }
    mime.extend_from_slice(&wire[from..]);
    mime
}

/// What stands between the angle brackets.
fn address_of(line: &str) -> String {
    let address = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    address.map(|(address, _)| address.to_owned()).unwrap_or_default()
}

/// Without brackets; empty when the letter bears none.
fn message_id(mime: &[u8]) -> String {
    let head = memmem::find(mime, b"\r\n\r\n").unwrap_or(mime.len());
    let lines = mime[..head].split(|byte| *byte == b'\n');
    const NAME: &[u8] = b"message-id:";
    let value = lines
        .filter(|line| line.len() > NAME.len() && line[..NAME.len()].eq_ignore_ascii_case(NAME))
        .map(|line| String::from_utf8_lossy(&line[NAME.len()..]).trim().to_owned())
        .next();
    let value = value.unwrap_or_default();
    value.trim_start_matches('<').trim_end_matches('>').to_owned()
}
