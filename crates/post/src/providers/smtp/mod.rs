//! SMTP: a small client of our own, because the last dot of a letter must not wait for anything.
//!
//! What is kept true:
//! * A letter whose last dot left and whose answer was not read is unsure; every other letter is certainly handed over
//!   or certainly not ([`talk`]).
//! * At most so many connections at once; they are used again, and letters wait in one queue for them ([`pool`]).
//! * A server that cannot keep up with pipelined commands is spoken to one command at a time.
//! * A password leaves only over a line as safe as the configuration says ([`opening`]).

mod class;
mod connection;
mod content;
pub(crate) mod line;
mod opening;
mod options;
mod pool;
mod reply;
mod talk;

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use kernel::Id;

pub(crate) use class::is_full;
pub use options::{Login, Patience, Security, SmtpOptions};

use self::pool::Pool;
use super::{Class, Found, Provider, Ready, Refusal, Verdict};
use crate::dkim::NotSigned;

/// Options with which no letter could be sent.
#[derive(Debug, thiserror::Error)]
pub enum BadOptions {
    #[error("{path} holds no usable root certificates: {reason}")]
    Roots { path: PathBuf, reason: String },
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
    #[error("`{0}` is not a name to greet a server with")]
    Hello(String),
}

/// One SMTP server, with its connections.
pub struct Smtp {
    pool: Arc<Pool>,
}

impl Smtp {
    pub fn new(options: SmtpOptions) -> Result<Smtp, BadOptions> {
        let sayable = |c: char| c.is_ascii_graphic();
        if options.hello.is_empty() || !options.hello.chars().all(sayable) {
            return Err(BadOptions::Hello(options.hello));
        }
        let tls = line::tls(&options)?;
        Ok(Smtp {
            pool: Arc::new(Pool::new(options, tls)),
        })
    }
}

impl Provider for Smtp {
    fn name(&self) -> &str {
        &self.pool.options.name
    }

    /// A letter whose caller goes away while it waits is not sent; one that is being given is given to its end.
    fn hand_over(&self, mut letter: Ready) -> BoxFuture<'_, Verdict> {
        if let Some(dkim) = &self.pool.options.dkim {
            match dkim.sign(&letter.mime) {
                Ok(signed) => letter.mime = signed.into(),
                Err(error) => return Box::pin(async move { not_signed(&error) }),
            }
        }
        let verdict = self.pool.push(letter);
        Box::pin(async move {
            verdict.await.unwrap_or_else(|_| Verdict::Unsure {
                why: String::from("the connection's task ended without a word"),
            })
        })
    }

    /// SMTP has no way to ask what became of a letter.
    fn look_up<'a>(&'a self, _letter: Id, _message_id: &'a str) -> BoxFuture<'a, Result<Found, Refusal>> {
        Box::pin(async { Ok(Found::NobodyKnows) })
    }
}

fn not_signed(error: &NotSigned) -> Verdict {
    Verdict::Refused(Refusal {
        class: Class::Letter,
        is_final: true,
        words: format!("not signed: {error}"),
        retry_after: None,
    })
}

impl Drop for Smtp {
    fn drop(&mut self) {
        self.pool.close();
    }
}
