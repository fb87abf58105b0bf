//! Parts of forms: a label, a control, a hint, and what is wrong with what was typed, tied together for the eye and
//! for screen readers. A form that was refused shows again what was typed, except passwords.

use std::fmt;

use askama::Template;

/// One line to type in.
#[derive(Template)]
#[template(path = "field.html")]
pub struct Field {
    name: &'static str,
    label: String,
    kind: &'static str,
    value: String,
    hint: Option<String>,
    wrong: Option<String>,
    complete: &'static str,
    required: bool,
    focus: bool,
    list: Option<&'static str>,
}

impl Field {
    pub fn text(name: &'static str, label: impl fmt::Display) -> Field {
        Field {
            name,
            label: label.to_string(),
            kind: "text",
            value: String::new(),
            hint: None,
            wrong: None,
            complete: "off",
            required: true,
            focus: false,
            list: None,
        }
    }

    pub fn email(name: &'static str, label: impl fmt::Display) -> Field {
        Field {
            kind: "email",
            ..Field::text(name, label)
        }
    }

    /// `complete` tells password managers which one it is: `current-password` or `new-password`.
    pub fn password(name: &'static str, label: impl fmt::Display, complete: &'static str) -> Field {
        Field {
            kind: "password",
            complete,
            ..Field::text(name, label)
        }
    }

    /// A whole number.
    pub fn number(name: &'static str, label: impl fmt::Display) -> Field {
        Field {
            kind: "number",
            ..Field::text(name, label)
        }
    }

    pub fn date(name: &'static str, label: impl fmt::Display) -> Field {
        Field {
            kind: "date",
            ..Field::text(name, label)
        }
    }

    /// A time of the day.
    pub fn time(name: &'static str, label: impl fmt::Display) -> Field {
        Field {
            kind: "time",
            ..Field::text(name, label)
        }
    }

    /// A line with suggestions from the `<datalist>` of this id.
    #[must_use]
    pub fn suggesting(self, list: &'static str) -> Field {
        Field {
            list: Some(list),
            ..self
        }
    }

    #[must_use]
    pub fn holding(self, value: impl Into<String>) -> Field {
        Field {
            value: value.into(),
            ..self
        }
    }

    #[must_use]
    pub fn hint(self, hint: impl fmt::Display) -> Field {
        Field {
            hint: Some(hint.to_string()),
            ..self
        }
    }

    #[must_use]
    pub fn wrong(self, wrong: Option<String>) -> Field {
        Field { wrong, ..self }
    }

    #[must_use]
    pub fn complete(self, complete: &'static str) -> Field {
        Field { complete, ..self }
    }

    #[must_use]
    pub fn optional(self) -> Field {
        Field {
            required: false,
            ..self
        }
    }

    /// Where the cursor stands when the page opens: the one thing the page is for.
    #[must_use]
    pub fn focused(self) -> Field {
        Field { focus: true, ..self }
    }

    fn described_by(&self) -> String {
        let hint = self.hint.as_ref().map(|_| format!("{}-hint", self.name));
        let wrong = self.wrong.as_ref().map(|_| format!("{}-wrong", self.name));
        hint.into_iter().chain(wrong).collect::<Vec<_>>().join(" ")
    }
}

impl askama::filters::HtmlSafe for Field {}

/// Some lines to type in.
#[derive(Template)]
#[template(path = "area.html")]
pub struct Area {
    name: &'static str,
    label: String,
    value: String,
    rows: u8,
    hint: Option<String>,
    example: Option<&'static str>,
    wrong: Option<String>,
}

impl Area {
    pub fn new(name: &'static str, label: impl fmt::Display, rows: u8) -> Area {
        Area {
            name,
            label: label.to_string(),
            value: String::new(),
            rows,
            hint: None,
            example: None,
            wrong: None,
        }
    }

    #[must_use]
    pub fn holding(self, value: impl Into<String>) -> Area {
        Area {
            value: value.into(),
            ..self
        }
    }

    #[must_use]
    pub fn hint(self, hint: impl fmt::Display) -> Area {
        Area {
            hint: Some(hint.to_string()),
            ..self
        }
    }

    /// Lines as they can be typed, in any language.
    #[must_use]
    pub fn example(self, lines: &'static str) -> Area {
        Area {
            example: Some(lines),
            ..self
        }
    }

    #[must_use]
    pub fn wrong(self, wrong: Option<String>) -> Area {
        Area { wrong, ..self }
    }

    fn described_by(&self) -> String {
        let hint = self.hint.as_ref().map(|_| format!("{}-hint", self.name));
        let example = self.example.map(|_| format!("{}-example", self.name));
        let wrong = self.wrong.as_ref().map(|_| format!("{}-wrong", self.name));
        let parts = hint.into_iter().chain(example).chain(wrong);
        parts.collect::<Vec<_>>().join(" ")
    }
}

impl askama::filters::HtmlSafe for Area {}

/// One of a few values.
#[derive(Template)]
#[template(path = "choice.html")]
pub struct Choice {
    name: &'static str,
    label: String,
    options: Vec<(String, String)>,
    chosen: String,
    wrong: Option<String>,
}

impl Choice {
    /// `options` are values and what they are called.
    pub fn new(
        name: &'static str,
        label: impl fmt::Display,
        options: impl IntoIterator<Item = (String, String)>,
        chosen: impl Into<String>,
    ) -> Choice {
        Choice {
            name,
            label: label.to_string(),
            options: options.into_iter().collect(),
            chosen: chosen.into(),
            wrong: None,
        }
    }

    #[must_use]
    pub fn wrong(self, wrong: Option<String>) -> Choice {
        Choice { wrong, ..self }
    }
}

impl askama::filters::HtmlSafe for Choice {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_field_keeps_what_was_typed_and_names_its_fault() {
        let page = Field::text("name", "Name")
            .holding("<b>")
            .hint("As on letters")
            .wrong(Some("Too long".to_owned()))
            .to_string();
        assert!(page.contains(r#"value="&#60;b&#62;""#), "{page}");
        assert!(
            page.contains(r#"aria-describedby="name-hint name-wrong""#),
            "{page}"
        );
        assert!(page.contains(r#"aria-invalid="true""#), "{page}");
    }

    #[test]
    fn refused_lines_are_kept_as_they_were_typed() {
        let page = Area::new("steps", "Steps", 3)
            .holding("\n<first>\nsecond ")
            .example("one")
            .wrong(Some("Line 2".to_owned()))
            .to_string();
        // A browser drops one new line after the tag.
        assert!(
            page.contains(">\n\n&#60;first&#62;\nsecond </textarea>"),
            "{page}"
        );
        assert!(
            page.contains(r#"aria-describedby="steps-example steps-wrong""#),
            "{page}"
        );
    }

    #[test]
    fn a_password_is_not_sent_back() {
        let page = Field::password("password", "Password", "current-password")
            .holding("secret")
            .to_string();
        assert!(!page.contains("secret"), "{page}");
    }
}
