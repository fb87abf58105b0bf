//! A client of HTTP/1.1 that asks again and again over a connection that it keeps open, where the server lets it.
//!
//! It knows just enough of the protocol to find the end of an answer, so it takes little of the processor that it shares with
//! the servers, and the same for every side.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail, ensure};

use crate::exact;

/// The slowest of the others take some ten seconds for the dearest report, and eight may wait for each other.
const ANSWERS_WITHIN: Duration = Duration::from_secs(300);
const HEAD_END: &[u8] = b"\r\n\r\n";

/// A connection, opened anew where the server closed it.
pub struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    heard: Vec<u8>,
}

pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Where the body of an answer ends.
enum Ends {
    After(usize),
    WithChunks,
    WithConnection,
}

impl Connection {
    pub fn new(address: SocketAddr) -> Connection {
        Connection {
            address,
            stream: None,
            heard: Vec::with_capacity(64 * 1024),
        }
    }

    pub fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        if let Some(kept) = self.stream.take() {
            let answer = self.ask_over(kept, request);
            // A server may close what was kept open at any time; then nothing was answered.
            if answer.is_ok() || !self.heard.is_empty() {
                return answer;
            }
        }
        let stream = TcpStream::connect(self.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWERS_WITHIN))?;
        self.ask_over(stream, request)
    }

    fn ask_over(&mut self, mut stream: TcpStream, request: &[u8]) -> Result<Answer> {
        self.heard.clear();
        stream.write_all(request)?;
        let head = loop {
            ensure!(more(&mut stream, &mut self.heard)? > 0, "the server hung up");
            if let Some(at) = find(&self.heard, HEAD_END) {
                break at;
            }
        };
        let (status, ends, keeps) = read_head(std::str::from_utf8(&self.heard[..head])?)?;
        let begin = head + HEAD_END.len();
        let body = match ends {
            Ends::After(length) => {
                while self.heard.len() < begin + length {
                    ensure!(more(&mut stream, &mut self.heard)? > 0, "half an answer");
                }
                self.heard[begin..begin + length].to_vec()
            }
            Ends::WithChunks => loop {
                if let Some(body) = unchunked(&self.heard[begin..])? {
                    break body;
                }
                ensure!(more(&mut stream, &mut self.heard)? > 0, "half an answer");
            },
            Ends::WithConnection => {
                while more(&mut stream, &mut self.heard)? > 0 {}
                self.heard[begin..].to_vec()
            }
        };
        self.stream = keeps.then_some(stream);
        Ok(Answer { status, body })
    }
}

fn more(stream: &mut TcpStream, heard: &mut Vec<u8>) -> Result<usize> {
    let mut some = [0; 64 * 1024];
    loop {
        match stream.read(&mut some) {
            Ok(read) => {
                heard.extend_from_slice(&some[..read]);
                return Ok(read);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn find(heard: &[u8], what: &[u8]) -> Option<usize> {
    heard.windows(what.len()).position(|some| some == what)
}

fn read_head(head: &str) -> Result<(u16, Ends, bool)> {
    let mut lines = head.split("\r\n");
    let first = lines.next().context("an answer without a line")?;
    let status: u16 = first.split(' ').nth(1).context("no status")?.parse()?;
    let headers: Vec<(String, &str)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
        .collect();
    let header = |name: &str| {
        headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| *value)
    };
    let closes = header("connection").is_some_and(|said| said.eq_ignore_ascii_case("close"));
    let ends = match (header("transfer-encoding"), header("content-length"), status) {
        (_, _, 204 | 304) => Ends::After(0),
        (Some(_), ..) => Ends::WithChunks,
        (None, Some(length), _) => Ends::After(length.parse()?),
        (None, None, _) => Ends::WithConnection,
    };
    let keeps = first.starts_with("HTTP/1.1") && !closes && !matches!(ends, Ends::WithConnection);
    Ok((status, ends, keeps))
}

/// The whole body, if its last chunk is there.
fn unchunked(mut heard: &[u8]) -> Result<Option<Vec<u8>>> {
    if !heard.ends_with(b"0\r\n\r\n") {
        return Ok(None);
    }
    let mut body = Vec::with_capacity(heard.len());
    loop {
        let Some(end) = find(heard, b"\r\n") else {
            return Ok(None);
        };
        let size = std::str::from_utf8(&heard[..end])?;
        let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16)?;
        if size == 0 {
            return Ok(Some(body));
        }
        let Some(chunk) = heard.get(end + 2..end + 2 + size) else {
            return Ok(None);
        };
        body.extend_from_slice(chunk);
        heard = heard.get(end + 4 + size..).unwrap_or_default();
    }
}

/// What several clients were answered.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    pub answers: u64,
    /// From asking to the last byte, on average.
    pub milliseconds: f64,
}

/// Has so many clients ask for so long, each at least once, the next thing when the answer is there. An answer that is not
/// `good` ends it.
pub fn ask_for(
    address: SocketAddr,
    clients: usize,
    time: Duration,
    request: &(dyn Fn(u64) -> Vec<u8> + Sync),
    good: &(dyn Fn(&Answer) -> bool + Sync),
) -> Result<Taken> {
    let number = AtomicU64::new(0);
    let until = Instant::now() + time;
    let client = || -> Result<(u64, Duration)> {
        let mut connection = Connection::new(address);
        let (mut answers, mut took) = (0, Duration::ZERO);
        while answers == 0 || Instant::now() < until {
            let request = request(number.fetch_add(1, Ordering::Relaxed));
            let asked = Instant::now();
            let answer = connection.ask(&request)?;
            took += asked.elapsed();
            answers += 1;
            if !good(&answer) {
                let text: String = answer.text().chars().take(300).collect();
                bail!("{} {text}", answer.status);
            }
        }
        Ok((answers, took))
    };
    let all = std::thread::scope(|scope| {
        let all: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
        let all = all.into_iter().map(|one| match one.join() {
            Ok(done) => done,
            Err(_) => Err(anyhow!("a client broke off")),
        });
        all.collect::<Result<Vec<_>>>()
    })?;
    let answers = all.iter().map(|(answers, _)| answers).sum();
    let took: Duration = all.iter().map(|(_, took)| *took).sum();
    Ok(Taken {
        answers,
        milliseconds: took.as_secs_f64() * 1e3 / exact(answers),
    })
}
