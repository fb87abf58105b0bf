//! How one SMTP server is to be used.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kernel::Secret;

use crate::dkim::Dkim;

/// How the line is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Security {
    /// STARTTLS or nothing is sent: port 587.
    #[default]
    StartTls,
    /// TLS from the first byte: port 465.
    Implicit,
    /// In the clear: for a relay on this machine or in a trusted network. A password goes in the clear, too.
    Off,
}

#[derive(Clone, Debug)]
pub struct Login {
    pub user: String,
    pub password: Secret,
}

/// How long is waited for what. RFC 5321 (4.5.3.2) names minutes; servers that take longer than these are ill.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Name, connection, TLS.
    pub connect: Duration,
    /// Greeting and each command. Some servers let strangers wait for half a minute.
    pub command: Duration,
    /// For a piece of the letter to leave.
    pub content: Duration,
    /// From the last dot to its answer. Giving up here makes a letter unsure, so it is the longest.
    pub last_answer: Duration,
    /// A connection without work is closed.
    pub idle: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            connect: Duration::from_secs(20),
            command: Duration::from_secs(90),
            content: Duration::from_secs(90),
            last_answer: Duration::from_secs(5 * 60),
            idle: Duration::from_secs(20),
        }
    }
}

#[derive(Clone, Debug)]
pub struct SmtpOptions {
    /// As in the configuration.
    pub name: String,
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// A PEM file with further roots, for a server whose certificate the world does not know.
    pub root_certificates: Option<PathBuf>,
    pub login: Option<Login>,
    /// What we call ourselves in EHLO.
    pub hello: String,
    /// At most so many connections at once.
    pub connections: usize,
    /// After so many letters a connection is closed; some servers want this. 0 is no limit.
    pub letters_per_connection: u64,
    /// Off for a server that says it can and cannot.
    pub pipelining: bool,
    /// Signs each letter. For a server of our own: providers sign in our name themselves.
    pub dkim: Option<Arc<Dkim>>,
    pub patience: Patience,
}

impl SmtpOptions {
    pub fn new(name: impl Into<String>, host: impl Into<String>, port: u16) -> SmtpOptions {
        SmtpOptions {
            name: name.into(),
            host: host.into(),
            port,
            security: Security::default(),
            root_certificates: None,
            login: None,
            hello: String::from("localhost"),
            connections: 8,
            letters_per_connection: 0,
            pipelining: true,
            dkim: None,
            patience: Patience::default(),
        }
    }
}
