//! Putting a file into a bucket: in one request when it is small, in parts otherwise.
//!
//! S3 shows a file once its last part is in its place, so nobody sees half of one. Each request bears its length and a
//! hash of its bytes, both signed, so that what arrives is what was sent. An upload that breaks off is aborted; of one
//! that is killed the parts stay behind, unseen, and are swept.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt as _;
use http::{HeaderMap, HeaderValue, Method, header};
use md5::{Digest as _, Md5};

use super::call::{Asked, Caller, length};
use super::says;
use crate::Failed;
use crate::archive::Pieces;

/// Bytes of a part: more than the least that S3 takes, and little enough to be held in memory by each upload.
pub(crate) const PART: usize = 8 * 1024 * 1024;
/// By which an upload is known again: its answer may have been lost, and another file may have had the name before.
const MARK: &str = "x-amz-meta-put";
/// So many parts S3 takes, which makes files of 80 GB.
const PARTS_MAX: usize = 10_000;

pub(super) async fn upload(
    caller: &Caller,
    key: String,
    headers: HeaderMap,
    mut body: Pieces<'_>,
) -> Result<(), Failed> {
    let mut rest = BytesMut::new();
    let first = next_part(&mut body, &mut rest).await?;
    if rest.is_empty() {
        // Nothing more comes, or it would be there.
        let mut asked = Asked::new(Method::PUT, key);
        asked.headers = headers;
        give(&mut asked, first);
        return caller.ask(&asked).await.map(drop);
    }
    let mark = kernel::random_token();
    let mut asked = Asked::new(Method::POST, key.clone());
    asked.headers = headers;
    let value = HeaderValue::try_from(&mark).map_err(|error| Failed::Refused(error.to_string()))?;
    asked.headers.insert(MARK, value);
    asked.query.insert("uploads", String::new());
    let said = caller.ask(&asked).await?;
    let id = says::first(&said, "UploadId").filter(|id| !says::is_escaped(id));
    let id = id.ok_or_else(|| Failed::Unavailable("an upload without an id".to_owned()))?;
    let parts = Parts {
        caller,
        key: &key,
        id,
        mark: &mark,
    };
    let uploaded = parts.upload(first, rest, body).await;
    if uploaded.is_err() {
        // What cannot be aborted now is swept.
        let _ = abort(caller, key.clone(), id.to_owned()).await;
    }
    uploaded
}

pub(super) async fn abort(caller: &Caller, key: String, id: String) -> Result<(), Failed> {
    let mut asked = Asked::new(Method::DELETE, key);
    asked.query.insert("uploadId", id);
    caller.ask_unless_absent(&asked).await.map(drop)
}

/// A part that is full, or the last one. `rest` holds what came beyond it: empty when nothing comes any more.
async fn next_part(body: &mut Pieces<'_>, rest: &mut BytesMut) -> Result<Bytes, Failed> {
    while rest.len() <= PART {
        let Some(piece) = body.try_next().await? else {
            break;
        };
        rest.extend_from_slice(&piece);
    }
    let part = rest.split_to(rest.len().min(PART));
    Ok(part.freeze())
}

/// Puts bytes into a request, with what S3 checks them by.
fn give(asked: &mut Asked, bytes: Bytes) {
    let hash = STANDARD.encode(Md5::digest(&bytes));
    if let Ok(hash) = HeaderValue::try_from(hash) {
        asked.headers.insert("content-md5", hash);
    }
    asked.headers.extend([length(&bytes)]);
    asked.body = bytes;
}

struct Parts<'a> {
    caller: &'a Caller,
    key: &'a str,
    id: &'a str,
    mark: &'a str,
}

impl Parts<'_> {
    async fn upload(&self, first: Bytes, mut rest: BytesMut, mut body: Pieces<'_>) -> Result<(), Failed> {
        let mut tags = vec![self.part(1, first).await?];
        while !rest.is_empty() {
            if tags.len() >= PARTS_MAX {
                return Err(Failed::TooLarge);
            }
            let part = next_part(&mut body, &mut rest).await?;
            tags.push(self.part(tags.len() + 1, part).await?);
        }
        self.complete(&tags).await
    }

    /// What S3 calls the part.
    async fn part(&self, number: usize, bytes: Bytes) -> Result<String, Failed> {
        let mut asked = self.asked(Method::PUT);
        asked.query.insert("partNumber", number.to_string());
        give(&mut asked, bytes);
        let headers = self.caller.ask_for_headers(&asked).await?;
        let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
        tag.map(ToOwned::to_owned)
            .ok_or_else(|| Failed::Unavailable("a part without a tag".to_owned()))
    }

    async fn complete(&self, tags: &[String]) -> Result<(), Failed> {
        let parts = tags.iter().zip(1..).map(|(tag, number)| {
            let tag = tag
                .replace('&', "&amp;")
                .replace('"', "&quot;")
                .replace('<', "&lt;");
            format!("<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>")
        });
        let parts: String = parts.collect();
        let mut asked = self.asked(Method::POST);
        asked.body = Bytes::from(format!(
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{parts}</CompleteMultipartUpload>"
        ));
        asked.headers.extend([length(&asked.body)]);
        match self.caller.ask(&asked).await {
            Ok(_) => Ok(()),
            // An earlier try may have done it, and its answer was lost: then there is no such upload any more.
            Err(_) if self.is_there().await => Ok(()),
            Err(failed) => Err(failed),
        }
    }

    async fn is_there(&self) -> bool {
        let asked = Asked::new(Method::HEAD, self.key.to_owned());
        let found = self.caller.ask_for_headers(&asked).await;
        found.is_ok_and(|headers| headers.get(MARK).is_some_and(|mark| mark == self.mark))
    }

    fn asked(&self, method: Method) -> Asked {
        let mut asked = Asked::new(method, self.key.to_owned());
        asked.query.insert("uploadId", self.id.to_owned());
        asked
    }
}
