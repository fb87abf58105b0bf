//! Providers of mail that live in this process: they ask of a request what the provider's public documentation asks,
//! keep what they accepted, and can be told to fail. What leaves the house is the one thing that tests may fake.

mod mailgun;
mod mandrill;
mod webhooks;
mod wire;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use mailgun::mailgun;
pub use mandrill::{mandrill, mandrill_without_index};
pub use webhooks::{mailgun_webhook, mandrill_signature};

/// What goes wrong with one request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The connection is closed before anything is read.
    CutBefore,
    /// The request is read and carried out, and the connection closed without an answer.
    CutAfter,
    /// It is carried out, and answered this much later.
    Slow(Duration),
    /// It is not carried out, and answered like this.
    Answer {
        status: u16,
        retry_after: Option<u32>,
        body: &'static str,
    },
    /// It is carried out, and answered with 200 and this instead.
    Garbage(&'static str),
}

/// A letter that was accepted.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// What the provider calls it.
    pub id: String,
    pub to: String,
    /// The message as it was given.
    pub mime: String,
    /// The fields beside it.
    pub fields: Value,
}

/// A request as it arrived.
#[derive(Debug)]
struct Asked {
    method: String,
    /// Without the query.
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Asked {
    fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

struct Answer {
    status: u16,
    body: Value,
}

impl Answer {
    fn new(status: u16, body: Value) -> Answer {
        Answer { status, body }
    }
}

type Carry = dyn Fn(&Asked, &mut Vec<Accepted>) -> Answer + Send + Sync;

struct Books {
    accepted: Vec<Accepted>,
    faults: VecDeque<Fault>,
    connections: u32,
    requests: u32,
}

/// A provider. It ends with this value.
pub struct MailApi {
    address: SocketAddr,
    books: Arc<Mutex<Books>>,
    serving: JoinHandle<()>,
}

impl Drop for MailApi {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl MailApi {
    async fn open(carry: Arc<Carry>) -> anyhow::Result<MailApi> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let books = Arc::new(Mutex::new(Books {
            accepted: Vec::new(),
            faults: VecDeque::new(),
            connections: 0,
            requests: 0,
        }));
        let known = Arc::clone(&books);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                of(&known).connections += 1;
                tokio::spawn(wire::serve(stream, Arc::clone(&known), Arc::clone(&carry)));
            }
        });
        Ok(MailApi {
            address,
            books,
            serving,
        })
    }

    /// `http://127.0.0.1:PORT`
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next requests go wrong like this, one after another.
    pub fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        of(&self.books).faults.extend(faults);
    }

    pub fn accepted(&self) -> Vec<Accepted> {
        of(&self.books).accepted.clone()
    }

    /// How many connections were opened so far.
    pub fn connections(&self) -> u32 {
        of(&self.books).connections
    }

    pub fn requests(&self) -> u32 {
        of(&self.books).requests
    }
}

fn of(books: &Mutex<Books>) -> std::sync::MutexGuard<'_, Books> {
    books.lock().unwrap_or_else(PoisonError::into_inner)
}
