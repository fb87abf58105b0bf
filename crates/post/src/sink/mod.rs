//! The smart sink: an SMTP server for tests and dry runs. It takes letters and delivers none, refuses, dawdles and
//! breaks off as its script says, and counts what came by Message-ID.
//!
//! What is kept true: a letter is counted before its answer is written, so whoever reads "accepted" finds it in the
//! counts; a letter whose connection is cut by the script is counted exactly when the script says that it was kept.

mod counts;
mod script;
mod session;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use kernel::Clock;
use kernel::Moment;
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

pub use counts::{Counts, OfDomain};
pub use script::{At, BadScript, Cut, Login, Pipelining, Rule, Script, TlsFiles};

use self::counts::Book;
use self::script::{Act, Times};

/// What a letter was when it was kept for a look: `keep_letters` of the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub from: String,
    pub to: Vec<String>,
    /// As it was written, its doubled dots undone.
    pub mime: Vec<u8>,
}

/// An open sink. It closes, with all its connections, when it is dropped.
pub struct Sink {
    address: SocketAddr,
    inner: Arc<Inner>,
    accepting: JoinHandle<()>,
}

struct Inner {
    script: Script,
    tls: Option<front::Tls>,
    clock: Clock,
    opened: Moment,
    book: Mutex<Book>,
    /// How often each rule of the script was applied.
    times: Mutex<Times>,
    kept: Mutex<Vec<Kept>>,
}

#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] io::Error),
    #[error("certificate and key of the sink cannot be used")]
    Tls(#[from] front::TlsError),
}

impl Sink {
    /// Listens; port 0 takes a free one. `from` and `until` of the script are told by `clock`, from now on.
    pub async fn open(script: Script, listen: SocketAddr, clock: Clock) -> Result<Sink, SinkError> {
        let listener = TcpListener::bind(listen).await;
        let listener = listener.map_err(|error| SinkError::Listen(listen, error))?;
        let address = listener
            .local_addr()
            .map_err(|error| SinkError::Listen(listen, error))?;
        let tls = script
            .tls
            .as_ref()
            .map(|files| front::Tls::load(&files.certificate, &files.key));
        let inner = Arc::new(Inner {
            tls: tls.transpose()?,
            opened: clock.now(),
            clock,
            book: Mutex::default(),
            times: Mutex::new(Times::new(&script)),
            kept: Mutex::default(),
            script,
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&inner)));
        Ok(Sink {
            address,
            inner,
            accepting,
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn counts(&self) -> Counts {
        self.inner.book.lock().counts()
    }

    /// Closes it and counts what came until its last connection was gone.
    pub async fn close(mut self) -> Counts {
        self.accepting.abort();
        // Aborted, which is what was wanted.
        let _ = (&mut self.accepting).await;
        // Connections are being dropped, and one may be taking its last letter.
        while Arc::strong_count(&self.inner) > 1 {
            tokio::task::yield_now().await;
        }
        self.counts()
    }

    /// How many letters were kept in the minute that begins then, without counting anything else.
    pub fn counts_of_minute(&self, start: Moment) -> u64 {
        self.inner.book.lock().of_minute(start)
    }

    /// How often the letter of this Message-ID (without brackets) came.
    pub fn times(&self, message_id: &str) -> u64 {
        self.inner.book.lock().times(message_id)
    }

    pub fn kept(&self) -> Vec<Kept> {
        self.inner.kept.lock().clone()
    }

    /// The counts as JSON over HTTP, for whoever started the sink as a program. Runs until it is dropped.
    pub async fn tell_counts(&self, listener: TcpListener) -> io::Result<()> {
        let inner = Arc::clone(&self.inner);
        let counts = move || {
            let counts = inner.book.lock().counts();
            async move { axum::Json(counts) }
        };
        axum::serve(
            listener,
            axum::Router::new().route("/", axum::routing::get(counts)),
        )
        .await
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Inner {
    fn act(&self, at: At, address: Option<&str>) -> Act {
        if self.script.rules.is_empty() {
            return Act::default();
        }
        let second = self.clock.now().micros_since(self.opened).div_euclid(1_000_000);
        let second = u64::try_from(second).unwrap_or(0);
        self.script.act(at, address, second, &mut self.times.lock())
    }
}

async fn accept(listener: TcpListener, inner: Arc<Inner>) {
    let mut sessions = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    sessions.spawn(serve(stream, Arc::clone(&inner)));
                }
                // Out of descriptors, as a rule: those that are open will close.
                Err(_) => tokio::task::yield_now().await,
            },
            Some(_) = sessions.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, inner: Arc<Inner>) {
    stream.set_nodelay(true).ok();
    inner.book.lock().connected();
    session::run(Box::new(stream), Arc::clone(&inner)).await.ok();
    inner.book.lock().left();
}

#[cfg(test)]
mod tests;
