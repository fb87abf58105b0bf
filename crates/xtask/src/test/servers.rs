//! Two throw-away PostgreSQL servers that all test binaries share: `testkit`'s program starts them (and installs
//! PostgreSQL where it may), tells where they are, and stops them when its input is closed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

pub struct Servers {
    child: Child,
    /// A variable of the environment and its value, for those who use the servers.
    pub environment: (String, String),
}

impl Servers {
    pub fn start(program: &Path) -> Result<Servers> {
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let Some((name, value)) = line.trim_end().split_once('=') else {
            child.wait()?;
            bail!("no PostgreSQL to test on");
        };
        let environment = (name.to_owned(), value.to_owned());
        Ok(Servers { child, environment })
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
