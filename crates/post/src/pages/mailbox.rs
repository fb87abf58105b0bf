//! The mailbox of a demo: each letter that went out, as its reader sees it.
//!
//! It shows what nobody but the reader may see, links that open accounts among it, so it is there only in a demo and
//! only for administrators. The list is made of the rows of letters, page by page; of the folder only the files of
//! one page are read, however many lie there. A letter is what a file says: it is read as a mail program would read
//! it, shown in a frame that runs and loads nothing, and its links open windows of their own.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use front::frame::{Field, Frame, When, shown};
use front::{InPath, Problem, Query};
use http::{HeaderValue, header};
use kernel::{Id, PageSize};
use mail_parser::{Address, Message, MimeHeaders as _, PartType};

use super::letters::{address_with, owners_of, read_cursor};
use super::{NO_STORE, Typed, sheet_under, typed_in};
use crate::Post;
use crate::letters::Filter;
use crate::mime;
use crate::providers::{Folder, Provider as _};
use crate::words::WORDS;

/// Letters of one page: so many files are read for it.
const ROWS: u32 = 30;

/// The letters that went into a folder.
#[derive(Clone)]
pub struct DemoMailbox(Arc<(Post, Folder)>);

impl DemoMailbox {
    pub fn new(post: Post, folder: Folder) -> DemoMailbox {
        DemoMailbox(Arc::new((post, folder)))
    }

    fn post(&self) -> &Post {
        &self.0.0
    }

    async fn file(&self, letter: Id) -> Result<Option<Vec<u8>>, Problem> {
        self.0.1.letter(letter).await.map_err(Problem::internal)
    }

    /// Whether the letter has gone out.
    pub(super) async fn has(&self, letter: Id) -> Result<bool, Problem> {
        Ok(self.file(letter).await?.is_some())
    }

    async fn message(&self, letter: Id) -> Result<Vec<u8>, Problem> {
        self.file(letter).await?.ok_or_else(Problem::not_found)
    }
}

#[derive(Template)]
#[template(path = "mailbox.html")]
struct MailboxPage {
    frame: Frame,
    whom: Field,
    letters: Vec<Row>,
    filtered: bool,
    later: bool,
    first: String,
    next: Option<String>,
}

struct Row {
    id: String,
    subject: String,
    to: String,
    at: When,
}

pub async fn list(
    State(mailbox): State<DemoMailbox>,
    frame: Frame,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let frame = frame.over(&WORDS);
    let whom = typed_in(&typed, "whom");
    let owners = owners_of(mailbox.post(), whom).await?;
    let is_wrong = !whom.is_empty() && owners.is_empty();
    let after = read_cursor(&typed)?;
    let (mut letters, mut next) = (Vec::new(), None);
    if !is_wrong {
        let filter = Filter {
            provider: Some(mailbox.0.1.name().to_owned()),
            owners,
            ..Filter::default()
        };
        let size = PageSize::clamped(Some(ROWS));
        let page = mailbox.post().letters(filter, after.as_ref(), size).await?;
        next = page.next;
        for letter in page.items {
            // One that is still on its way has no file yet.
            let Some(bytes) = mailbox.file(letter.id).await? else {
                continue;
            };
            letters.push(row(&frame, letter.id, letter.asked, &bytes));
        }
    }
    let address = address_with("/mailbox", &["whom"], &typed);
    Ok(shown(&MailboxPage {
        letters,
        filtered: !whom.is_empty(),
        whom: Field::text("whom", frame.say("letters-whom"))
            .holding(whom)
            .wrong(is_wrong.then(|| frame.say("letters-whom-wrong").to_string()))
            .optional(),
        later: after.is_some(),
        next: next.map(|cursor| format!("{address}&cursor={}", cursor.encode())),
        first: address,
        frame,
    }))
}

fn row(frame: &Frame, id: Id, asked: kernel::Moment, bytes: &[u8]) -> Row {
    let message = mime::read(bytes);
    let message = message.as_ref();
    Row {
        id: id.to_string(),
        subject: subject(frame, message),
        to: reader(message.and_then(Message::to)),
        at: frame.when(asked),
    }
}

fn subject(frame: &Frame, message: Option<&Message<'_>>) -> String {
    let subject = message.and_then(Message::subject).unwrap_or_default();
    if subject.is_empty() {
        frame.say("mailbox-no-subject").to_string()
    } else {
        subject.to_owned()
    }
}

/// `Anna Petrova <anna@example.org>`
fn reader(to: Option<&Address<'_>>) -> String {
    let Some(first) = to.and_then(Address::first) else {
        return String::new();
    };
    let address = first.address().unwrap_or_default();
    match first.name() {
        Some(name) => format!("{name} <{address}>"),
        None => address.to_owned(),
    }
}

#[derive(Template)]
#[template(path = "mail.html")]
struct MailPage {
    frame: Frame,
    id: String,
    subject: String,
    from: String,
    to: String,
    has_html: bool,
    text: String,
    headers: String,
    /// Parts beside the letter: their names and sizes.
    files: Vec<String>,
}

pub async fn show(
    State(mailbox): State<DemoMailbox>,
    frame: Frame,
    InPath(id): InPath<Id>,
) -> Result<Response, Problem> {
    let frame = frame.over(&WORDS);
    let bytes = mailbox.message(id).await?;
    let message = mime::read(&bytes).ok_or_else(Problem::not_found)?;
    let text = message.text_bodies().find_map(|part| match &part.body {
        PartType::Text(text) => Some(text.to_string()),
        _ => None,
    });
    Ok(shown(&MailPage {
        id: id.to_string(),
        subject: subject(&frame, Some(&message)),
        from: reader(message.from()),
        to: reader(message.to()),
        has_html: html(&message).is_some(),
        text: text.unwrap_or_default(),
        headers: headers(&bytes),
        files: message
            .attachments()
            .filter_map(|part| part.attachment_name())
            .map(str::to_owned)
            .collect(),
        frame,
    }))
}

/// All above the first empty line, as it travelled.
fn headers(bytes: &[u8]) -> String {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    String::from_utf8_lossy(&bytes[..end.unwrap_or(bytes.len())]).into_owned()
}

fn html(message: &Message<'_>) -> Option<String> {
    message.html_bodies().find_map(|part| match &part.body {
        PartType::Html(html) => Some(html.to_string()),
        _ => None,
    })
}

/// As letters elsewhere, except that a click on a link opens it: that is what whoever tries a house out wants to do.
const LINKS_OPEN_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
     sandbox allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'self'",
);
/// The letter alone, for the frame on the page.
pub async fn letter(State(mailbox): State<DemoMailbox>, InPath(id): InPath<Id>) -> Result<Response, Problem> {
    let bytes = mailbox.message(id).await?;
    let message = mime::read(&bytes).ok_or_else(Problem::not_found)?;
    let html = html(&message).ok_or_else(Problem::not_found)?;
    let html = opening_windows(&with_pictures(&message, html));
    Ok(sheet_under(LINKS_OPEN_POLICY, html))
}

/// Pictures that came along, in the places that name them.
fn with_pictures(message: &Message<'_>, mut html: String) -> String {
    for part in &message.parts {
        let (Some(id), Some(kind), PartType::InlineBinary(bytes) | PartType::Binary(bytes)) =
            (part.content_id(), part.content_type(), &part.body)
        else {
            continue;
        };
        let kind = format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default());
        let data = format!("data:{kind};base64,{}", STANDARD.encode(bytes));
        html = html.replace(&format!("cid:{id}"), &data);
    }
    html
}

/// A frame shows nothing but the letter, so its links open windows.
fn opening_windows(html: &str) -> String {
    html.replacen("<head>", "<head><base target=\"_blank\">", 1)
}

/// The letter as it travelled.
pub async fn source(State(mailbox): State<DemoMailbox>, InPath(id): InPath<Id>) -> Result<Response, Problem> {
    let bytes = mailbox.message(id).await?;
    let name = format!("attachment; filename=\"{id}.eml\"");
    let name = HeaderValue::from_str(&name).map_err(Problem::internal)?;
    Ok((
        [
            (header::CONTENT_TYPE, HeaderValue::from_static("message/rfc822")),
            (header::CONTENT_DISPOSITION, name),
            (header::CACHE_CONTROL, NO_STORE),
        ],
        bytes,
    )
        .into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTER: &str = "From: House <house@example.org>\r\nTo: Anna <anna@example.org>\r\nSubject: Week\r\n\
        MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><head></head><body><img src=\"cid:week.png@letter\">\
        </body></html>\r\n\
        --b\r\nContent-Type: image/png\r\nContent-ID: <week.png@letter>\r\nContent-Disposition: inline\r\n\
        Content-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n--b--\r\n";

    #[test]
    fn a_letter_is_shown_with_the_pictures_that_came_along() {
        let message = mime::read(LETTER.as_bytes()).unwrap();
        let html = with_pictures(&message, html(&message).unwrap());
        assert!(html.contains("data:image/png;base64,iVBORw=="), "{html}");
        assert!(!html.contains("cid:"), "{html}");
        assert!(opening_windows(&html).contains("<base target=\"_blank\">"));
        assert_eq!(reader(message.to()), "Anna <anna@example.org>");
        assert!(headers(LETTER.as_bytes()).ends_with("boundary=b"));
    }
}
