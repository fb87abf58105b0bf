//! Redis: a set of names for each person, all in memory and nothing on disk.

use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Result, ensure};
use testkit::peers::{Running, free_address};

use super::program;
use crate::crowd;
use crate::house::Town;
use crate::load::{Asked, Protocol};

/// People whose sets are sent before the answers are read.
const TOGETHER: u32 = 1_000;

pub struct Redis {
    address: SocketAddr,
    server: Running,
}

impl Redis {
    pub fn start() -> Result<Redis> {
        let binary = program("redis-server", "redis-server")?;
        let address = free_address()?;
        let server = Command::new(binary)
            .args(["--bind", "127.0.0.1", "--port", &address.port().to_string()])
            .args(["--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()?;
        let mut server = Running::new(server);
        server.answers_at(address, Duration::from_secs(20))?;
        Ok(Redis { address, server })
    }

    pub fn process(&self) -> u32 {
        self.server.id()
    }

    pub fn fill(&self, people: u32) -> Result<()> {
        let stream = TcpStream::connect(self.address)?;
        let mut answers = BufReader::new(stream.try_clone()?);
        let mut to = BufWriter::new(stream);
        for first in (0..people).step_by(usize::try_from(TOGETHER)?) {
            let numbers = first..people.min(first + TOGETHER);
            for number in numbers.clone() {
                let names = crowd::memberships(number).into_iter().map(crowd::key);
                let words: Vec<String> = ["SADD".to_owned(), set(number)]
                    .into_iter()
                    .chain(names)
                    .collect();
                to.write_all(&command(&words))?;
            }
            to.flush()?;
            for _ in numbers {
                let mut line = String::new();
                answers.read_line(&mut line)?;
                ensure!(line.trim_end() == ":30", "Redis: {line}");
            }
        }
        Ok(())
    }

    pub fn questions(&self, town: &Town) -> Asked {
        let ask = |number| command(&["SMEMBERS".to_owned(), set(number)]);
        Asked {
            address: self.address,
            protocol: Protocol::Redis,
            greetings: Vec::new(),
            requests: town.asked_about().map(ask).collect(),
        }
    }
}

fn set(number: u32) -> String {
    format!("segments:{}", crowd::person(number))
}

fn command(words: &[String]) -> Vec<u8> {
    let mut text = format!("*{}\r\n", words.len());
    for word in words {
        text.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    text.into_bytes()
}
