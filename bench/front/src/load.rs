//! A client that asks the same again and again over connections that it keeps open.
//!
//! It knows just enough HTTP/1.1 to find the end of an answer, so that it takes little of the processor that it
//! shares with the server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// An answer that takes longer is counted as this long.
const MICROSECONDS_MAX: u64 = 60_000_000;

/// The bytes of a request; one of several, so that not everybody asks as the same person.
#[derive(Clone)]
pub struct Request(Arc<[Vec<u8>]>);

impl Request {
    pub fn get(path: &str, tokens: Option<&[String]>) -> Request {
        let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n");
        let all = match tokens {
            None => vec![format!("{head}\r\n").into_bytes()],
            Some(tokens) => tokens
                .iter()
                .map(|token| format!("{head}authorization: Bearer {token}\r\n\r\n").into_bytes())
                .collect(),
        };
        Request(all.into())
    }

    /// Signs in as one of `people` (e-mail and password).
    pub fn sign_in(people: &[(String, String)]) -> Request {
        let all = people.iter().map(|(email, password)| {
            let body = serde_json::json!({ "email": email, "password": password }).to_string();
            let length = body.len();
            format!(
                "POST /api/v1/sign-in HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                 content-length: {length}\r\n\r\n{body}"
            )
            .into_bytes()
        });
        Request(all.collect())
    }
}

#[derive(Clone, Debug)]
pub struct Measured {
    pub per_second: f64,
    pub p99_milliseconds: f64,
}

#[derive(Clone)]
pub struct Load {
    address: SocketAddr,
    request: Request,
}

impl Load {
    pub fn of(address: SocketAddr, request: Request) -> Load {
        Load { address, request }
    }

    /// How long the body of one answer is.
    pub async fn body_bytes(&self) -> anyhow::Result<usize> {
        let mut connection = Connection::open(self.address).await?;
        connection.ask(&self.request.0[0]).await
    }

    /// Asks over `connections` at once for `time`, after `warm_up`. Anything but 200 ends it.
    pub async fn run(
        &self,
        connections: usize,
        warm_up: Duration,
        time: Duration,
    ) -> anyhow::Result<Measured> {
        let mut tasks = JoinSet::new();
        let start = Instant::now() + warm_up;
        let end = start + time;
        for number in 0..connections {
            let mut connection = Connection::open(self.address).await?;
            let requests = Arc::clone(&self.request.0);
            tasks.spawn(async move {
                let mut took = Histogram::<u64>::new_with_max(MICROSECONDS_MAX, 3)?;
                let mut in_time = 0;
                for request in requests.iter().cycle().skip(number % requests.len()) {
                    let asked = Instant::now();
                    if asked >= end {
                        break;
                    }
                    connection.ask(request).await?;
                    let done = Instant::now();
                    // What is slow counts among the times even when it ends late, but not into the rate.
                    if done >= start {
                        let micros = done.duration_since(asked).as_micros();
                        took.saturating_record(u64::try_from(micros).unwrap_or(u64::MAX));
                        in_time += u64::from(done <= end);
                    }
                }
                anyhow::Ok((took, in_time))
            });
        }
        let mut all = Histogram::<u64>::new_with_max(MICROSECONDS_MAX, 3)?;
        let mut answers = 0;
        while let Some(ended) = tasks.join_next().await {
            let (took, in_time) = ended??;
            all.add(took)?;
            answers += in_time;
        }
        Ok(Measured {
            per_second: exact(answers) / time.as_secs_f64(),
            p99_milliseconds: exact(all.value_at_quantile(0.99)) / 1000.0,
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
fn exact(count: u64) -> f64 {
    count as f64
}

struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection {
            stream,
            answer: Vec::with_capacity(16 * 1024),
        })
    }

    /// Sends a request and reads its answer; tells how long the body was.
    async fn ask(&mut self, request: &[u8]) -> anyhow::Result<usize> {
        self.stream.write_all(request).await?;
        self.answer.clear();
        let (head, body) = loop {
            let read = self.stream.read_buf(&mut self.answer).await?;
            ensure!(read > 0, "the server hung up");
            if let Some(at) = self.answer.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = std::str::from_utf8(&self.answer[..at])?;
                break (at + 4, length(head)?);
            }
        };
        while self.answer.len() < head + body {
            let read = self.stream.read_buf(&mut self.answer).await?;
            ensure!(read > 0, "the server hung up in the middle of an answer");
        }
        if !self.answer.starts_with(b"HTTP/1.1 200 ") {
            bail!("not 200: {}", String::from_utf8_lossy(&self.answer));
        }
        Ok(body)
    }
}

fn length(head: &str) -> anyhow::Result<usize> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    let found = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let (_, value) = found.with_context(|| format!("no content-length: {head}"))?;
    Ok(value.trim().parse()?)
}
