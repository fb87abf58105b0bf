//! HTTP/1.1 by hand, so that a connection can be cut at any point of it.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::{Answer, Asked, Books, Carry, Fault, of};

/// Serves one connection until either side ends it.
pub(super) async fn serve(stream: TcpStream, books: Arc<Mutex<Books>>, carry: Arc<Carry>) {
    let mut stream = BufReader::new(stream);
    loop {
        // A cut before the request takes effect with its first byte, so that kept connections see it too.
        if stream.fill_buf().await.is_ok_and(<[u8]>::is_empty) {
            return;
        }
        let fault = of(&books).faults.pop_front();
        if matches!(fault, Some(Fault::CutBefore)) {
            return;
        }
        let Some(asked) = read(&mut stream).await else {
            return;
        };
        let carried = {
            let mut books = of(&books);
            books.requests += 1;
            match fault {
                Some(Fault::Answer { .. }) => None,
                _ => Some(carry(&asked, &mut books.accepted)),
            }
        };
        let said = match (fault, carried) {
            (Some(Fault::CutAfter | Fault::CutBefore), _) => return,
            (
                Some(Fault::Answer {
                    status,
                    retry_after,
                    body,
                }),
                _,
            ) => response(status, retry_after, body),
            (Some(Fault::Garbage(body)), _) => response(200, None, body),
            (Some(Fault::Slow(pause)), Some(answer)) => {
                tokio::time::sleep(pause).await;
                in_words(&answer)
            }
            (_, Some(answer)) => in_words(&answer),
            (_, None) => return,
        };
        if stream.write_all(said.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn in_words(answer: &Answer) -> String {
    response(answer.status, None, &answer.body.to_string())
}

fn response(status: u16, retry_after: Option<u32>, body: &str) -> String {
    let retry_after = retry_after.map_or(String::new(), |seconds| format!("Retry-After: {seconds}\r\n"));
    format!(
        "HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{retry_after}\r\n{body}",
        body.len()
    )
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut asked = Asked {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    };
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        asked
            .headers
            .push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = asked.header("content-length").unwrap_or("0").parse().ok()?;
    asked.body.resize(length, 0);
    stream.read_exact(&mut asked.body).await.ok()?;
    Some(asked)
}
