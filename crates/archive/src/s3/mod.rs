//! Files in a bucket of any S3.
//!
//! Every request can be sent again whatever became of it: the same bytes to the same key, the same part of the same
//! upload. So what fails in passing is tried again here, later each time, and nobody above has to know.

mod call;
mod says;
mod upload;

use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::try_join_all;
use futures_util::{StreamExt as _, TryStreamExt as _};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use kernel::{Moment, Secret};

use self::call::{Asked, Caller};
#[cfg(test)]
pub(crate) use self::upload::PART;
use crate::archive::{Got, Pieces};
use crate::disposition::attachment;
use crate::name::{ending_files, is_word};
use crate::{Failed, Name};

/// Files that are deleted at once by a sweep.
const DELETING: usize = 8;
/// Pages of a thousand files that one sweep removes; more have their turn in the next one.
const PAGES_MAX: u32 = 20;
/// An upload in parts that is older has come to nothing.
const PUT_SECONDS_MAX: i64 = 24 * 60 * 60;

/// How a bucket is named in addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addressing {
    /// `https://s3.example.org/bucket/key`
    Path,
    /// `https://bucket.s3.example.org/key`
    Host,
}

/// A bucket and who we are there.
#[derive(Clone, Debug)]
pub struct Options {
    /// `https://s3.eu-central-1.amazonaws.com`. Plain http is for servers on this machine.
    pub endpoint: String,
    pub addressing: Addressing,
    pub bucket: String,
    pub region: String,
    /// What the keys of all files begin with; empty, or words separated by slashes.
    pub prefix: String,
    pub access_key: String,
    pub secret_key: Secret,
    /// Empty: the keys are not temporary ones.
    pub session_token: Secret,
    /// Empty: what the bucket gives by itself.
    pub storage_class: String,
    /// A PEM file of authorities that are believed beside those of the world.
    pub root_certificates: Option<PathBuf>,
    pub connect_timeout: Duration,
    /// For each request; of an answer that is a stream, for each silence.
    pub answer_timeout: Duration,
    /// After the first failure; then twice as long each time.
    pub retry_after: Duration,
}

pub(crate) struct S3 {
    caller: Caller,
    /// With a slash at its end, or empty.
    prefix: String,
    storage_class: Option<HeaderValue>,
}

impl S3 {
    pub fn new(options: Options) -> Result<S3, String> {
        let prefix = match options.prefix.trim_matches('/') {
            "" => String::new(),
            prefix if prefix.split('/').all(is_word) => format!("{prefix}/"),
            prefix => return Err(format!("{prefix:?} cannot stand before the names of files")),
        };
        let storage_class = match options.storage_class.as_str() {
            "" => None,
            class => {
                Some(HeaderValue::try_from(class).map_err(|_| format!("{class:?} is no storage class"))?)
            }
        };
        Ok(S3 {
            prefix,
            storage_class,
            caller: Caller::new(options)?,
        })
    }

    fn key(&self, name: &Name) -> String {
        format!("{}{name}", self.prefix)
    }

    /// `None` for what is not ours.
    fn name(&self, key: &str) -> Option<Name> {
        key.strip_prefix(&self.prefix)?.parse().ok()
    }

    pub async fn put(&self, name: &Name, body: Pieces<'_>) -> Result<(), Failed> {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(name.content_type()),
        );
        if let Some(class) = &self.storage_class {
            headers.insert("x-amz-storage-class", class.clone());
        }
        upload::upload(&self.caller, self.key(name), headers, body).await
    }

    pub async fn get(&self, name: &Name, part: Range<u64>) -> Result<Option<Got>, Failed> {
        let mut asked = Asked::new(Method::GET, self.key(name));
        if part != crate::WHOLE {
            let last = part.end.checked_sub(1).filter(|last| *last < u64::MAX - 1);
            let last = last.map(|last| last.to_string()).unwrap_or_default();
            let range = HeaderValue::try_from(format!("bytes={}-{last}", part.start));
            asked
                .headers
                .extend(range.ok().map(|range| (header::RANGE, range)));
        }
        let incoming = match self.caller.open(&asked).await? {
            Ok(incoming) => incoming,
            Err(StatusCode::NOT_FOUND) => return Ok(None),
            Err(_) => return Err(Failed::Beyond),
        };
        let (bytes, part) = says::part(&incoming.headers).ok_or_else(|| {
            Failed::Unavailable("the answer does not say how many bytes the file has".to_owned())
        })?;
        let body = incoming.map_err(call::failed);
        Ok(Some(Got {
            bytes,
            part,
            body: body.boxed(),
        }))
    }

    pub async fn delete(&self, name: &Name) -> Result<(), Failed> {
        self.caller
            .ask_unless_absent(&Asked::new(Method::DELETE, self.key(name)))
            .await?;
        Ok(())
    }

    pub fn link(&self, name: &Name, called: &str, now: Moment, life: Duration) -> String {
        let mut asked = Asked::new(Method::GET, self.key(name));
        asked
            .query
            .insert("response-cache-control", "private, no-store".to_owned());
        asked
            .query
            .insert("response-content-disposition", attachment(called));
        asked
            .query
            .insert("response-content-type", name.content_type().to_owned());
        self.caller.signed(&asked, now, life).into()
    }

    /// Files with an end are listed in the order of their ends, so what has ended is at the beginning.
    pub async fn sweep(&self, now: Moment) -> Result<u64, Failed> {
        let prefix = format!("{}{}", self.prefix, ending_files());
        let mut swept = 0;
        for _ in 0..PAGES_MAX {
            let mut asked = Asked::new(Method::GET, String::new());
            asked.query.insert("list-type", "2".to_owned());
            asked.query.insert("prefix", prefix.clone());
            let page = self.caller.ask(&asked).await?;
            let keys = says::all(&page, "Key");
            let found = keys.len();
            let names = keys.into_iter().filter_map(|key| self.name(key));
            let ended: Vec<Name> = names.filter(|name| name.has_ended(now)).collect();
            for together in ended.chunks(DELETING) {
                try_join_all(together.iter().map(|name| self.delete(name))).await?;
            }
            swept += u64::try_from(ended.len()).unwrap_or(0);
            if ended.is_empty() || ended.len() < found {
                break;
            }
        }
        self.abort_left_behind(now).await?;
        Ok(swept)
    }

    /// Of uploads in parts that came to nothing. A server that cannot list them keeps them; then its own rules for
    /// lifetimes have to.
    async fn abort_left_behind(&self, now: Moment) -> Result<(), Failed> {
        let mut asked = Asked::new(Method::GET, String::new());
        asked.query.insert("uploads", String::new());
        asked.query.insert("prefix", self.prefix.clone());
        let Some(page) = self.caller.ask_if_it_can(&asked).await? else {
            return Ok(());
        };
        for upload in says::all(&page, "Upload") {
            let said = |tag| says::first(upload, tag);
            let (Some(key), Some(id), Some(begun)) = (said("Key"), said("UploadId"), said("Initiated"))
            else {
                continue;
            };
            let begun: Option<Moment> = begun.parse().ok();
            if self.name(key).is_some()
                && begun.is_some_and(|begun| begun.plus_seconds(PUT_SECONDS_MAX) <= now)
            {
                upload::abort(&self.caller, key.to_owned(), id.to_owned()).await?;
            }
        }
        Ok(())
    }
}
