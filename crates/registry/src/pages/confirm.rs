//! The page before an act that cannot be taken back.

use askama::Template;
use axum::response::Response;
use front::frame::{Frame, shown};
use kernel::Id;

use super::reader::Reader;

#[derive(Template)]
#[template(path = "confirm.html")]
pub struct ConfirmPage {
    pub frame: Frame,
    pub question: String,
    /// What will be so afterwards.
    pub outcome: String,
    /// What the button says, and where it leads.
    pub act: String,
    pub action: String,
    pub back: String,
}

impl ConfirmPage {
    /// Asks before what is called `name` in the list at `list` stops to open anything. `words` are the keys of the
    /// question, which names it, and of what will be so afterwards.
    pub fn revoking(reader: Reader, words: [&str; 2], name: &str, list: &str, id: Id) -> ConfirmPage {
        ConfirmPage {
            question: reader.frame.say(words[0]).with("name", name).to_string(),
            outcome: reader.say(words[1]),
            act: reader.say("revoke"),
            action: format!("{list}/{id}/revoke"),
            back: list.to_owned(),
            frame: reader.frame,
        }
    }

    pub fn answer(&self) -> Response {
        shown(self)
    }
}
