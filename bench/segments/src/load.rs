//! A client that asks again and again over connections that it keeps open, in any protocol whose answers say where they end.
//!
//! It knows just enough of each protocol for that, so that it takes little of the processor that it shares with the
//! server, and the same for every side.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::exact;

/// Before anything is counted: connections are opened, caches filled.
const WARM_UP: Duration = Duration::from_millis(500);
/// An answer that takes longer is counted as this long.
const MICROSECONDS_MAX: u64 = 60_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Http,
    Redis,
    /// Extended queries with a statement that is prepared on each connection.
    Postgres,
}

/// Where to ask, what to say first on each connection, and the questions.
#[derive(Clone)]
pub struct Asked {
    pub address: SocketAddr,
    pub protocol: Protocol,
    pub greetings: Vec<Vec<u8>>,
    pub requests: Arc<[Vec<u8>]>,
}

#[derive(Clone, Debug)]
pub struct Measured {
    pub per_second: f64,
    pub p99_milliseconds: f64,
    /// Answers in all, those of the warm-up too.
    pub all: u64,
}

impl Asked {
    pub fn http(address: SocketAddr, requests: Vec<Vec<u8>>) -> Asked {
        Asked {
            address,
            protocol: Protocol::Http,
            greetings: Vec::new(),
            requests: requests.into(),
        }
    }

    /// One answer, whole, to look at.
    pub fn first_answer(&self) -> Result<String> {
        alone(async {
            let mut connection = Connection::open(self).await?;
            connection.ask(&self.requests[0]).await?;
            Ok(String::from_utf8_lossy(&connection.answer).into_owned())
        })
    }

    /// Asks over so many connections at once, all of them served by one thread.
    pub fn run(&self, connections: usize, time: Duration) -> Result<Measured> {
        alone(self.ask_for(connections, time))
    }

    async fn ask_for(&self, connections: usize, time: Duration) -> Result<Measured> {
        let mut open = Vec::new();
        for _ in 0..connections {
            open.push(Connection::open(self).await?);
        }
        let start = Instant::now() + WARM_UP;
        let end = start + time;
        let mut tasks = JoinSet::new();
        for (number, connection) in open.into_iter().enumerate() {
            let requests = Arc::clone(&self.requests);
            let first = number * requests.len() / connections;
            tasks.spawn(keep_asking(connection, requests, first, start, end));
        }
        let mut all = Histogram::<u64>::new_with_max(MICROSECONDS_MAX, 3)?;
        let (mut in_time, mut answers) = (0, 0);
        while let Some(ended) = tasks.join_next().await {
            let ended: Answered = ended??;
            all.add(ended.took)?;
            in_time += ended.in_time;
            answers += ended.all;
        }
        Ok(Measured {
            per_second: exact(in_time) / time.as_secs_f64(),
            p99_milliseconds: exact(all.value_at_quantile(0.99)) / 1000.0,
            all: answers,
        })
    }
}

fn alone<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(work)
}

/// What one connection was answered.
struct Answered {
    took: Histogram<u64>,
    in_time: u64,
    all: u64,
}

async fn keep_asking(
    mut connection: Connection,
    requests: Arc<[Vec<u8>]>,
    first: usize,
    start: Instant,
    end: Instant,
) -> Result<Answered> {
    let mut answered = Answered {
        took: Histogram::<u64>::new_with_max(MICROSECONDS_MAX, 3)?,
        in_time: 0,
        all: 0,
    };
    let mut asked = Instant::now();
    for request in requests.iter().cycle().skip(first) {
        if asked >= end {
            break;
        }
        connection.ask(request).await?;
        let done = Instant::now();
        // What is slow counts among the times even when it ends late, but not into the rate.
        if asked >= start {
            let micros = done.duration_since(asked).as_micros();
            let micros = u64::try_from(micros).unwrap_or(u64::MAX);
            answered.took.saturating_record(micros);
            answered.in_time += u64::from(done <= end);
        }
        answered.all += 1;
        asked = done;
    }
    Ok(answered)
}

struct Connection {
    stream: TcpStream,
    protocol: Protocol,
    answer: Vec<u8>,
}

impl Connection {
    async fn open(asked: &Asked) -> Result<Connection> {
        let stream = TcpStream::connect(asked.address).await?;
        stream.set_nodelay(true)?;
        let mut connection = Connection {
            stream,
            protocol: asked.protocol,
            answer: Vec::with_capacity(64 * 1024),
        };
        for greeting in &asked.greetings {
            connection.ask(greeting).await?;
        }
        Ok(connection)
    }

    /// Sends a request and reads its answer to the end.
    async fn ask(&mut self, request: &[u8]) -> Result<()> {
        self.stream.write_all(request).await?;
        self.answer.clear();
        let mut known = 0;
        loop {
            let read = self.stream.read_buf(&mut self.answer).await?;
            ensure!(read > 0, "the server hung up");
            let is_whole = match self.protocol {
                Protocol::Http => is_whole_http(&self.answer, &mut known)?,
                Protocol::Redis => is_whole_redis(&self.answer)?,
                Protocol::Postgres => is_whole_postgres(&self.answer, &mut known)?,
            };
            if is_whole {
                return Ok(());
            }
        }
    }
}

/// `known` is how long the answer will be, once its head was read.
fn is_whole_http(answer: &[u8], known: &mut usize) -> Result<bool> {
    if *known == 0 {
        let Some(head) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Ok(false);
        };
        if !answer.starts_with(b"HTTP/1.1 200") {
            bail!("not 200: {}", String::from_utf8_lossy(answer));
        }
        *known = head + 4 + content_length(std::str::from_utf8(&answer[..head])?)?;
    }
    Ok(answer.len() >= *known)
}

fn content_length(head: &str) -> Result<usize> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    let found = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let (_, value) = found.with_context(|| format!("no content-length: {head}"))?;
    Ok(value.trim().parse()?)
}

/// A list of texts.
fn is_whole_redis(answer: &[u8]) -> Result<bool> {
    let mut rest = answer;
    let Some(count) = number_after(b'*', &mut rest)? else {
        return Ok(false);
    };
    for _ in 0..count {
        let Some(length) = number_after(b'$', &mut rest)? else {
            return Ok(false);
        };
        match rest.get(length + 2..) {
            Some(after) => rest = after,
            None => return Ok(false),
        }
    }
    Ok(true)
}

/// The number of a line that begins with `sign`; `rest` is then what comes after the line.
fn number_after(sign: u8, rest: &mut &[u8]) -> Result<Option<usize>> {
    let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
        return Ok(None);
    };
    let (line, after) = rest.split_at(end + 1);
    ensure!(line[0] == sign, "Redis: {}", String::from_utf8_lossy(line));
    *rest = after;
    let digits = line[1..].iter().take_while(|byte| byte.is_ascii_digit());
    Ok(Some(
        digits.fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0')),
    ))
}

/// Messages up to "ready for query". `at` is where the next one begins.
fn is_whole_postgres(answer: &[u8], at: &mut usize) -> Result<bool> {
    while let Some(head) = answer.get(*at..*at + 5) {
        let kind = head[0];
        ensure!(kind != b'E', "PostgreSQL: {}", String::from_utf8_lossy(answer));
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        let end = *at + 1 + usize::try_from(length)?;
        if answer.len() < end {
            return Ok(false);
        }
        *at = end;
        if kind == b'Z' {
            return Ok(true);
        }
    }
    Ok(false)
}
