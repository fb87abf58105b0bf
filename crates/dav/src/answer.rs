//! Answers: multistatus and errors.

use crate::xml::{DAV, Name, Writer};

/// A 207 in the making: each response is written as it comes, so nothing is held twice.
#[derive(Debug)]
pub struct Multistatus {
    responses: String,
    token: Option<String>,
}

/// One response: what is found goes in as it is known, the rest is named.
#[derive(Debug)]
pub struct Answer<'w> {
    writer: &'w mut Writer,
}

impl Default for Multistatus {
    fn default() -> Multistatus {
        Multistatus::new()
    }
}

impl Multistatus {
    pub fn new() -> Multistatus {
        Multistatus {
            responses: String::new(),
            token: None,
        }
    }

    /// The properties of one resource.
    pub fn response(&mut self, href: &str, answer: impl FnOnce(&mut Answer<'_>)) {
        self.add(|writer| response(writer, href, answer));
    }

    /// How long it is by now.
    pub fn bytes(&self) -> usize {
        self.responses.len()
    }

    /// A resource of which there is but a status: gone, refused, more to come (507 with number-of-matches-within-limits).
    pub fn status(&mut self, href: &str, status: u16, condition: Option<&Name>) {
        self.add(|writer| {
            writer.element(DAV, "response", |inside| {
                inside.leaf(DAV, "href", href);
                inside.leaf(DAV, "status", &status_line(status));
                if let Some(condition) = condition {
                    inside.element(DAV, "error", |error| error.empty(condition));
                }
            });
        });
    }

    pub fn sync_token(&mut self, token: &str) {
        self.token = Some(token.to_owned());
    }

    pub fn finish(self) -> String {
        let mut writer = Writer::new();
        writer.element(DAV, "multistatus", |inside| {
            inside.raw(&self.responses);
            if let Some(token) = &self.token {
                inside.leaf(DAV, "sync-token", token);
            }
        });
        writer.finish()
    }

    fn add(&mut self, write: impl FnOnce(&mut Writer)) {
        let mut writer = Writer::within(std::mem::take(&mut self.responses));
        write(&mut writer);
        self.responses = writer.finish();
    }
}

impl Answer<'_> {
    /// Properties with a status.
    pub fn props(&mut self, status: u16, props: impl FnOnce(&mut Writer)) {
        self.writer.element(DAV, "propstat", |inside| {
            inside.element(DAV, "prop", props);
            inside.leaf(DAV, "status", &status_line(status));
        });
    }

    /// Properties that are not there (404), may not be changed (403) or wait for another (424).
    pub fn names(&mut self, status: u16, names: &[Name]) {
        if !names.is_empty() {
            self.names_or_nothing(status, names);
        }
    }

    /// The same, also of none: a response needs something in it.
    pub fn names_or_nothing(&mut self, status: u16, names: &[Name]) {
        self.props(status, |writer| names.iter().for_each(|name| writer.empty(name)));
    }
}

/// The properties of one resource, in whatever is being written.
pub(crate) fn response(writer: &mut Writer, href: &str, answer: impl FnOnce(&mut Answer<'_>)) {
    writer.element(DAV, "response", |inside| {
        inside.leaf(DAV, "href", href);
        answer(&mut Answer { writer: inside });
    });
}

/// Properties with their statuses, in something that is no multistatus.
pub(crate) fn within(writer: &mut Writer) -> Answer<'_> {
    Answer { writer }
}

/// The body of a refusal that names a condition, where it has one the place that it is about, and words for people.
pub fn error_body(condition: &Name, href: Option<&str>, words: &str) -> String {
    let mut writer = Writer::new();
    writer.element(DAV, "error", |inside| {
        inside.element(&condition.space, &condition.local, |condition| {
            if let Some(href) = href {
                condition.leaf(DAV, "href", href);
            }
        });
        inside.leaf(DAV, "responsedescription", words);
    });
    writer.finish()
}

fn status_line(status: u16) -> String {
    let reason = match status {
        200 => "OK",
        201 => "Created",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        412 => "Precondition Failed",
        424 => "Failed Dependency",
        507 => "Insufficient Storage",
        _ => "Status",
    };
    format!("HTTP/1.1 {status} {reason}")
}
