//! Redis: a sorted set by instant, every write on disk before its answer (`appendfsync always`).

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use super::{Peer, Running, program};
use crate::{BATCH, Rates, key, rate};

pub struct Redis {
    connection: BufReader<TcpStream>,
    _server: Running,
    _folder: TempDir,
}

/// As much of an answer as is needed here.
enum Answer {
    Nothing,
    Number,
    Text(Vec<u8>),
    Many(Vec<Answer>),
}

impl Redis {
    pub fn start() -> Result<Redis> {
        let binary = program("redis-server", "redis-server")?;
        let folder = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let server = Command::new(binary)
            .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", ""])
            .args(["--appendonly", "yes", "--appendfsync", "always"])
            .arg("--dir")
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()?;
        let server = Running(server);
        let began = Instant::now();
        let connection = loop {
            match TcpStream::connect(("127.0.0.1", port)) {
                Ok(connection) => break connection,
                Err(error) if began.elapsed() > Duration::from_secs(20) => return Err(error.into()),
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        connection.set_nodelay(true)?;
        Ok(Redis {
            connection: BufReader::new(connection),
            _server: server,
            _folder: folder,
        })
    }

    fn ask(&mut self, words: &[&[u8]]) -> Result<Answer> {
        let mut text = Vec::new();
        command(&mut text, words)?;
        self.connection.get_mut().write_all(&text)?;
        self.answer()
    }

    fn answer(&mut self) -> Result<Answer> {
        let mut line = String::new();
        self.connection.read_line(&mut line)?;
        let line = line.trim_end();
        let (kind, rest) = line.split_at_checked(1).context("Redis went away")?;
        match kind {
            "+" => Ok(Answer::Text(rest.as_bytes().to_vec())),
            ":" => Ok(Answer::Number),
            "$" | "*" if rest.starts_with('-') => Ok(Answer::Nothing),
            "$" => {
                let mut text = vec![0; rest.parse::<usize>()? + 2];
                self.connection.read_exact(&mut text)?;
                text.truncate(text.len() - 2);
                Ok(Answer::Text(text))
            }
            "*" => {
                let count: usize = rest.parse()?;
                let answers = (0..count).map(|_| self.answer());
                Ok(Answer::Many(answers.collect::<Result<_>>()?))
            }
            _ => bail!("Redis: {line}"),
        }
    }

    /// Takes a batch of due ones out and records them, in one transaction.
    fn ring(&mut self) -> Result<usize> {
        let limit = BATCH.to_string();
        let due = self.ask(&[
            b"ZRANGEBYSCORE",
            b"timers",
            b"-inf",
            b"+inf",
            b"LIMIT",
            b"0",
            limit.as_bytes(),
        ])?;
        let Answer::Many(due) = due else {
            bail!("Redis answered no list")
        };
        let due: Vec<Vec<u8>> = due
            .into_iter()
            .filter_map(|key| match key {
                Answer::Text(key) => Some(key),
                _ => None,
            })
            .collect();
        if due.is_empty() {
            return Ok(0);
        }
        let mut text = Vec::new();
        command(&mut text, &[b"MULTI"])?;
        for (verb, list) in [(&b"ZREM"[..], &b"timers"[..]), (b"RPUSH", b"done")] {
            let words: Vec<&[u8]> = [verb, list]
                .into_iter()
                .chain(due.iter().map(Vec::as_slice))
                .collect();
            command(&mut text, &words)?;
        }
        command(&mut text, &[b"EXEC"])?;
        self.connection.get_mut().write_all(&text)?;
        for _ in 0..3 {
            self.answer()?;
        }
        ensure!(matches!(self.answer()?, Answer::Many(_)), "Redis kept nothing");
        Ok(due.len())
    }
}

impl Peer for Redis {
    fn name(&self) -> &'static str {
        "Redis, sorted set, appendfsync always"
    }

    fn rates(&mut self, timers: usize) -> Result<Rates> {
        self.ask(&[b"FLUSHALL"])?;
        let began = Instant::now();
        for first in (0..timers).step_by(BATCH) {
            let words: Vec<String> = (first..timers.min(first + BATCH))
                .flat_map(|number| [(number * 2_654_435_761 % 60_000_000).to_string(), key(number)])
                .collect();
            let words: Vec<&[u8]> = [&b"ZADD"[..], b"timers"]
                .into_iter()
                .chain(words.iter().map(String::as_bytes))
                .collect();
            ensure!(matches!(self.ask(&words)?, Answer::Number), "Redis refused");
        }
        let set = rate(timers, began.elapsed().as_secs_f64());
        let began = Instant::now();
        let mut rung = 0;
        loop {
            match self.ring()? {
                0 => break,
                some => rung += some,
            }
        }
        ensure!(rung == timers, "Redis rang {rung}");
        Ok(Rates {
            set,
            rung: rate(timers, began.elapsed().as_secs_f64()),
        })
    }
}

fn command(text: &mut Vec<u8>, words: &[&[u8]]) -> Result<()> {
    write!(text, "*{}\r\n", words.len())?;
    for word in words {
        write!(text, "${}\r\n", word.len())?;
        text.extend_from_slice(word);
        text.extend_from_slice(b"\r\n");
    }
    Ok(())
}
