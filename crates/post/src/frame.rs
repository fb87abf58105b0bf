//! The frame that all letters share, and the paper they are written on.
//!
//! A letter reads without its pictures, at 600 pixels and on a telephone, by day and by night: all that matters is in
//! tables and in styles on the elements, since mail programs throw away most of the rest, and only night and narrow
//! windows are left to a style sheet. Below each letter stands why one gets it and, if it can be stopped, how.

use askama::Template;
use kernel::{Id, Language, Moment, Secret};

use crate::content::{Content, wrapped};
use crate::mime::{self, Mailbox};
use crate::providers::Ready;
use crate::streams::StopLinks;
use crate::words::{WORDS, tongue};
use crate::{Kind, Recipient};

/// What fills the line that lists of letters show, so that a short preview is not followed by the letter's beginning:
/// this many invisible characters, three bytes each.
const PREVIEW_FILL: usize = 60;

/// In which light a letter is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Light {
    /// As the reader's system says. Letters that are sent are like this.
    #[default]
    AsTheReader,
    Day,
    Night,
}

impl Light {
    /// When the colours of the night are used, for `@media`.
    const fn dark(self) -> Option<&'static str> {
        match self {
            Light::AsTheReader => Some("(prefers-color-scheme: dark)"),
            Light::Day => None,
            Light::Night => Some("all"),
        }
    }
}

/// Why a letter could not be finished. Trying again changes nothing.
#[derive(Debug, thiserror::Error)]
pub enum NotFinished {
    #[error("{0:?} is not an address that a letter can go to")]
    Address(String),
    #[error("the template of a letter: {0}")]
    Template(#[from] askama::Error),
}

/// What the house writes on: its name, where it is reached, and who letters are from.
#[derive(Clone, Debug)]
pub struct Stationery {
    house: String,
    base: String,
    from: Mailbox,
    stop: StopLinks,
}

#[derive(Template)]
#[template(path = "letters/letter.html")]
struct AsHtml<'a> {
    language: Language,
    house: &'a str,
    base: &'a str,
    subject: &'a str,
    preview: &'a str,
    fill: usize,
    dark: Option<&'static str>,
    body: &'a str,
    why: &'a str,
    stop: Option<&'a str>,
    stop_words: &'a str,
}

#[derive(Template)]
#[template(path = "letters/letter.txt")]
struct AsText<'a> {
    house: &'a str,
    base: &'a str,
    body: &'a str,
    why: &'a str,
    stop: Option<&'a str>,
    stop_words: &'a str,
}

/// A letter in its frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Framed {
    pub html: String,
    pub text: String,
}

impl Stationery {
    /// `base` is how the house is reached, without a slash at its end; letters are from `address`. Links that stop a
    /// stream are signed with a key made from the secret of the house.
    pub fn new(house: &str, base: &str, address: &str, secret: &Secret) -> Result<Stationery, NotFinished> {
        Ok(Stationery {
            house: mime::one_line(house),
            base: base.to_owned(),
            from: Mailbox::new(house, address).ok_or_else(|| NotFinished::Address(address.to_owned()))?,
            stop: StopLinks::new(base, secret),
        })
    }

    /// Without angle brackets; the same whenever it is asked for.
    pub fn message_id(&self, letter: Id) -> String {
        format!("{letter}@{}", self.from.host())
    }

    pub fn house(&self) -> &str {
        &self.house
    }

    pub fn stop_links(&self) -> &StopLinks {
        &self.stop
    }

    /// The letter in its frame, in its reader's language.
    pub fn framed(
        &self,
        kind: &Kind,
        to: &Recipient,
        content: &Content,
        light: Light,
    ) -> Result<Framed, NotFinished> {
        self.framed_with(self.stop_link(kind, to).as_deref(), to, content, light)
    }

    fn framed_with(
        &self,
        stop: Option<&str>,
        to: &Recipient,
        content: &Content,
        light: Light,
    ) -> Result<Framed, NotFinished> {
        let stop_words = match stop {
            Some(_) => tongue(&WORDS, to).say("letter-stop").to_string(),
            None => String::new(),
        };
        let html = AsHtml {
            language: to.language,
            house: &self.house,
            base: &self.base,
            subject: &mime::one_line(&content.subject),
            preview: &mime::one_line(&content.preview),
            fill: PREVIEW_FILL,
            dark: light.dark(),
            body: &content.html,
            why: &content.why,
            stop,
            stop_words: &stop_words,
        };
        let why = wrapped(&content.why);
        let text = AsText {
            house: &self.house,
            base: &self.base,
            body: content.text.trim_end(),
            why: why.trim_end(),
            stop,
            stop_words: &stop_words,
        };
        Ok(Framed {
            html: html.render()?,
            text: text.render()?,
        })
    }

    fn stop_link(&self, kind: &Kind, to: &Recipient) -> Option<String> {
        kind.stream.map(|stream| self.stop.link(to.owner(), stream))
    }

    /// The whole message, ready to be handed over. `at` is its date.
    pub fn finished(
        &self,
        letter: Id,
        kind: &'static Kind,
        to: &Recipient,
        content: &Content,
        at: Moment,
    ) -> Result<Ready, NotFinished> {
        let reader =
            Mailbox::new(&to.name, &to.email).ok_or_else(|| NotFinished::Address(to.email.clone()))?;
        let stop = self.stop_link(kind, to);
        let framed = self.framed_with(stop.as_deref(), to, content, Light::AsTheReader)?;
        let message_id = self.message_id(letter);
        let mime = mime::message(&mime::Sheet {
            message_id: &message_id,
            at,
            from: &self.from,
            to: &reader,
            list: kind.stream.zip(stop.as_deref()),
            language: to.language,
            content,
            framed: &framed,
        });
        Ok(Ready {
            letter,
            kind: kind.name,
            message_id,
            from: self.from.address().to_owned(),
            to: reader.address().to_owned(),
            mime: mime.into(),
        })
    }
}
