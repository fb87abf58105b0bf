//! The task of one connection: it carries bytes between the socket and the [`Talk`], and letters from the pool to it.
//!
//! What is kept true: bytes that came are heard before a cut is believed, so a server that says why and closes is
//! understood; nothing is waited for without end.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncRead as _, AsyncReadExt as _, AsyncWrite as _, AsyncWriteExt as _, ReadBuf};
use tokio::time::timeout;

use super::line::{self, Line, Stream};
use super::options::Patience;
use super::pool::{Given, Pool, Ticket};
use super::talk::{Awaited, Ended, Talk};

const READ_SIZE: usize = 4 * 1024;
/// What a server still has to say when we cannot write to it any more has come long ago.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// Nobody waits for the answer to QUIT.
const GOODBYE: Duration = Duration::from_secs(1);

/// Opens connections as long as letters wait.
pub async fn run(pool: Arc<Pool>) {
    while let Some(given) = pool.take_or_leave() {
        match line::open(&pool.options, pool.tls.as_ref()).await {
            Err(refusal) => pool.could_not_open(given, &refusal),
            Ok(line) => {
                pool.opened();
                Connection::new(Arc::clone(&pool), line).serve(given).await;
                pool.ended();
            }
        }
    }
}

struct Connection {
    pool: Arc<Pool>,
    stream: Stream,
    talk: Talk<Ticket>,
    /// Everything was written, and TLS may still hold some of it.
    unflushed: bool,
    read: Box<[u8; READ_SIZE]>,
    given: u64,
}

enum Turn {
    Wrote(usize),
    Read(usize),
}

impl Connection {
    fn new(pool: Arc<Pool>, line: Line) -> Connection {
        let talk = Talk::new(line.offers, pool.pipelines(), line.replies);
        Connection {
            pool,
            stream: line.stream,
            talk,
            unflushed: false,
            read: Box::new([0; READ_SIZE]),
            given: 0,
        }
    }

    async fn serve(mut self, given: Given) {
        self.give(given);
        while !self.talk.is_over() {
            self.settle();
            self.take_letters();
            if !self.talk.is_idle() {
                self.work().await;
            } else if self.is_worn_out() || !self.wait_for_letter().await {
                self.say_goodbye().await;
                break;
            }
        }
        if self.talk.proved_pipelining() {
            self.pool.pipelining_works();
        } else if self.talk.suspects_pipelining() {
            self.pool.pipelining_broke();
        }
        self.settle();
    }

    fn give(&mut self, given: Given) {
        self.given += 1;
        self.talk.give(given.ticket, given.letter);
    }

    fn is_worn_out(&self) -> bool {
        let most = self.pool.options.letters_per_connection;
        (most > 0 && self.given >= most) || self.pool.is_closed()
    }

    fn take_letters(&mut self) {
        while self.talk.wants_letter() && !self.is_worn_out() {
            let next = if self.talk.is_idle() {
                self.pool.take()
            } else {
                self.pool.take_ahead()
            };
            match next {
                Some(given) => self.give(given),
                None => break,
            }
        }
    }

    fn settle(&mut self) {
        for (ticket, letter, outcome) in self.talk.outcomes() {
            self.pool.settle(ticket, letter, outcome);
        }
    }

    /// One step of reading or writing, or the end of our patience.
    async fn work(&mut self) {
        let patience = self.patience();
        match timeout(patience, self.turn()).await {
            Ok(Ok(Turn::Wrote(count))) if count > 0 => {
                self.talk.wrote(count);
                self.unflushed = true;
            }
            Ok(Ok(Turn::Read(count))) if count > 0 => self.talk.take_in(&self.read[..count]),
            Ok(_) => {
                self.hear_last_words().await;
                self.talk.cut(Ended::Closed);
            }
            Err(_) => self.talk.cut(Ended::TimedOut),
        }
    }

    fn patience(&self) -> Duration {
        let Patience {
            command,
            content,
            last_answer,
            ..
        } = self.pool.options.patience;
        match self.talk.awaits() {
            _ if !self.talk.output().is_empty() => content,
            Awaited::LastAnswer => last_answer,
            Awaited::Command | Awaited::Nothing => command,
        }
    }

    async fn turn(&mut self) -> io::Result<Turn> {
        poll_fn(|context| {
            let stream = &mut self.stream;
            if !self.talk.output().is_empty() {
                let written = Pin::new(&mut *stream).poll_write(context, self.talk.output());
                if let Poll::Ready(done) = written {
                    return Poll::Ready(done.map(Turn::Wrote));
                }
            } else if self.unflushed {
                match Pin::new(&mut *stream).poll_flush(context) {
                    Poll::Ready(Ok(())) => self.unflushed = false,
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => {}
                }
            }
            let mut buffer = ReadBuf::new(&mut self.read[..]);
            Pin::new(&mut *stream)
                .poll_read(context, &mut buffer)
                .map(|done| done.map(|()| Turn::Read(buffer.filled().len())))
        })
        .await
    }

    async fn hear_last_words(&mut self) {
        while !self.talk.is_over() {
            match timeout(LAST_WORDS, self.stream.read(&mut self.read[..])).await {
                Ok(Ok(count)) if count > 0 => self.talk.take_in(&self.read[..count]),
                _ => return,
            }
        }
    }

    /// Whether a letter came. It did not when the server closes, the pool does, or nothing happens for too long.
    async fn wait_for_letter(&mut self) -> bool {
        let idle = self.pool.options.patience.idle;
        let pool = Arc::clone(&self.pool);
        let woken = pool.wake.notified();
        pool.set_idle(true);
        // Whoever pushed before we were counted as idle did not wake us.
        let mut next = pool.take();
        let mut open = true;
        if next.is_none() {
            open = !pool.is_closed()
                && tokio::select! {
                    () = woken => true,
                    _ = self.stream.read(&mut self.read[..]) => false,
                    () = tokio::time::sleep(idle) => false,
                };
            if open {
                next = pool.take();
            }
        }
        pool.set_idle(false);
        if let Some(given) = next {
            self.give(given);
        }
        open
    }

    async fn say_goodbye(&mut self) {
        let said = async {
            self.stream.write_all(b"QUIT\r\n").await?;
            self.stream.flush().await?;
            self.stream.shutdown().await
        };
        timeout(GOODBYE, said).await.ok();
    }
}
