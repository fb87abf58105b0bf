//! The page before an act that cannot be taken back.

use askama::Template;
use axum::response::Response;
use front::frame::{Frame, shown};

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
    pub fn answer(&self) -> Response {
        shown(self)
    }
}
