//! What a letter says, before it is framed: a subject, a body twice over (for programs that show HTML and for those
//! that do not), and what goes with it.
//!
//! Whoever writes letters seldom needs the two bodies by hand: a [`Body`] is told once what to say and says it both
//! ways, so that nothing stands in one of them only. A picture is never the only bearer of a fact.

mod body;
mod wrap;

use std::sync::Arc;

pub use body::Body;
pub(crate) use wrap::wrapped;

/// A letter without its frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// One line.
    pub subject: String,
    /// What a list of letters shows after the subject: one line that says more than the subject does.
    pub preview: String,
    /// The body as a fragment of HTML with its styles on the elements. See [`Body`].
    pub html: String,
    /// The same for programs and people who read plain text.
    pub text: String,
    /// Why the reader gets it, in a sentence: it stands below the letter.
    pub why: String,
    pub pictures: Vec<Picture>,
    pub parts: Vec<Part>,
    /// Where answers go, when not to the house.
    pub reply_to: Option<String>,
}

/// A picture inside the letter. [`Body::picture`] shows it; templates of services say `<img src="cid:NAME@letter">`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Letters, digits, hyphens and dots, once in a letter: `week.png`.
    pub name: String,
    /// `image/png`.
    pub kind: &'static str,
    pub bytes: Arc<[u8]>,
}

/// Something else that goes with a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// `text/calendar`.
    pub kind: &'static str,
    /// What stands after the kind: `method=REQUEST`.
    pub parameters: Vec<(&'static str, String)>,
    pub place: Place,
    pub bytes: Arc<[u8]>,
}

/// Where a part stands in a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The letter said in one more way, for programs that understand it: an invitation to an event.
    Alternative,
    /// A file under this name.
    Attached(String),
}
