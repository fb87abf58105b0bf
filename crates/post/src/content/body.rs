//! The body of a letter, told once and said in HTML and in plain text.

use askama::Template;

use super::wrapped;

/// The body of a letter, piece by piece in the order in which it is read.
#[derive(Clone, Debug, Default)]
pub struct Body {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Heading(String),
    Paragraph(String),
    Button { label: String, href: String },
    Facts(Vec<(String, String)>),
    List(Vec<String>),
    Picture { name: String, alt: String },
    Note(String),
    Own { html: String, text: String },
}

#[derive(Template)]
#[template(path = "letters/body.html")]
struct AsHtml<'a> {
    pieces: &'a [Piece],
}

#[derive(Template)]
#[template(path = "letters/body.txt")]
struct AsText<'a> {
    pieces: &'a [Piece],
}

impl Body {
    pub fn new() -> Body {
        Body::default()
    }

    fn with(mut self, piece: Piece) -> Body {
        self.pieces.push(piece);
        self
    }

    /// What the letter is about, once, at its top.
    #[must_use]
    pub fn heading(self, text: impl Into<String>) -> Body {
        self.with(Piece::Heading(text.into()))
    }

    #[must_use]
    pub fn paragraph(self, text: impl Into<String>) -> Body {
        self.with(Piece::Paragraph(text.into()))
    }

    /// The one thing the reader may want to do now. In plain text the address stands on a line of its own.
    #[must_use]
    pub fn button(self, label: impl Into<String>, href: impl Into<String>) -> Body {
        let (label, href) = (label.into(), href.into());
        self.with(Piece::Button { label, href })
    }

    /// What and its value, line by line.
    #[must_use]
    pub fn facts(self, facts: Vec<(String, String)>) -> Body {
        self.with(Piece::Facts(facts))
    }

    #[must_use]
    pub fn list(self, items: Vec<String>) -> Body {
        self.with(Piece::List(items))
    }

    /// A picture of [`Content::pictures`](super::Content::pictures), and what it shows in words.
    #[must_use]
    pub fn picture(self, name: impl Into<String>, alt: impl Into<String>) -> Body {
        let (name, alt) = (name.into(), alt.into());
        self.with(Piece::Picture { name, alt })
    }

    /// Small print.
    #[must_use]
    pub fn note(self, text: impl Into<String>) -> Body {
        self.with(Piece::Note(text.into()))
    }

    /// What a service says by templates of its own, both ways. The HTML must be escaped already.
    #[must_use]
    pub fn own(self, html: impl Into<String>, text: impl Into<String>) -> Body {
        let (html, text) = (html.into(), text.into());
        self.with(Piece::Own { html, text })
    }

    /// A fragment of HTML with its styles on the elements.
    pub fn html(&self) -> Result<String, askama::Error> {
        AsHtml { pieces: &self.pieces }.render()
    }

    /// Plain text, in lines of at most 72 characters but for addresses, which must not be broken.
    pub fn text(&self) -> Result<String, askama::Error> {
        Ok(wrapped(&AsText { pieces: &self.pieces }.render()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Body {
        Body::new()
            .heading("Board <7>")
            .paragraph("First.")
            .button("Open", "https://house.example/x?a=1&b=2")
            .facts(vec![("When".to_owned(), "Monday".to_owned())])
            .list(vec!["one".to_owned(), "two".to_owned()])
            .picture("week.png", "A week with 4 & 5 hours")
            .note("Small.")
            .own("<p>own</p>", "own words")
    }

    #[test]
    fn what_stands_in_one_body_stands_in_the_other() {
        let (html, text) = (sample().html().unwrap(), sample().text().unwrap());
        for said in ["First.", "Open", "When", "Monday", "one", "two", "Small."] {
            assert!(
                html.contains(said) && text.contains(said),
                "{said}\n{html}\n{text}"
            );
        }
        assert!(text.contains("A week with 4 & 5 hours"), "{text}");
        assert!(text.contains("\nhttps://house.example/x?a=1&b=2\n"), "{text}");
    }

    #[test]
    fn what_was_typed_by_somebody_is_not_html() {
        let html = sample().html().unwrap();
        assert!(
            html.contains("Board &#60;7&#62;") && !html.contains("<7>"),
            "{html}"
        );
        assert!(html.contains("x?a=1&#38;b=2"), "{html}");
    }

    #[test]
    fn plain_text_has_one_empty_line_between_its_pieces() {
        let text = sample().text().unwrap();
        assert!(!text.contains("\n\n\n") && !text.starts_with('\n'), "{text:?}");
        assert_eq!(text.lines().next(), Some("Board <7>"));
    }
}
