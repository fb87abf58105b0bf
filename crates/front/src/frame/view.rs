//! One page's frame: who reads, where, and what the header offers them.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use kernel::{Language, Moment};

use super::{Said, Theme, Tongue, When, Words, assets};

/// Pages are about the person who reads them: no cache may keep them.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// A place the header leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub href: &'static str,
    pub called: String,
    pub current: bool,
}

/// What a page's template needs besides its own content. Templates extend `frame.html` and have a field `frame`.
#[derive(Clone)]
pub struct Frame {
    tongue: Tongue,
    theme: Theme,
    path: String,
    person: Option<String>,
    links: Vec<Link>,
    done: Option<String>,
}

impl Frame {
    pub fn new(tongue: Tongue, theme: Theme, path: impl Into<String>) -> Frame {
        Frame {
            tongue,
            theme,
            path: path.into(),
            person: None,
            links: Vec::new(),
            done: None,
        }
    }

    /// The page speaks the words of its service; the frame keeps its own underneath.
    #[must_use]
    pub fn over(self, words: &'static Words) -> Frame {
        Frame {
            tongue: self.tongue.over(words),
            ..self
        }
    }

    /// Somebody is signed in: what to call them, and how they read.
    #[must_use]
    pub fn read_by(self, name: impl Into<String>, language: Language, zone: &str) -> Frame {
        Frame {
            person: Some(name.into()),
            tongue: self.tongue.read_in(language, zone),
            ..self
        }
    }

    #[must_use]
    pub fn leading_to(self, links: Vec<Link>) -> Frame {
        Frame { links, ..self }
    }

    /// The code of what was just done; the page says `done-CODE` at its top.
    #[must_use]
    pub fn after(self, done: Option<String>) -> Frame {
        Frame { done, ..self }
    }

    pub fn tongue(&self) -> &Tongue {
        &self.tongue
    }

    pub fn say<'a>(&self, key: &'a str) -> Said<'a> {
        self.tongue.say(key)
    }

    pub fn say_of(&self, family: &str, code: &str) -> Option<String> {
        self.tongue.say_of(family, code)
    }

    pub fn say_about(&self, family: &str, code: &str, about: &str) -> Option<String> {
        self.tongue.say_about(family, code, about)
    }

    pub fn when(&self, moment: Moment) -> When {
        self.tongue.when(moment)
    }

    pub fn date(&self, moment: Moment) -> String {
        self.tongue.date(moment)
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn language(&self) -> Language {
        self.tongue.language()
    }

    pub fn other_languages(&self) -> impl Iterator<Item = Language> + use<> {
        let own = self.language();
        Language::ALL.into_iter().filter(move |language| *language != own)
    }

    pub fn theme(&self) -> &'static str {
        self.theme.code()
    }

    pub fn themes(&self) -> [Theme; 3] {
        Theme::ALL
    }

    pub fn is_theme(&self, theme: &Theme) -> bool {
        self.theme == *theme
    }

    pub fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    pub fn person(&self) -> Option<&str> {
        self.person.as_deref()
    }

    pub fn links(&self) -> &[Link] {
        &self.links
    }

    pub fn notice(&self) -> Option<String> {
        self.done
            .as_deref()
            .and_then(|code| self.tongue.say_of("done", code))
    }
}

/// A page as an answer. A template that cannot be rendered is our mistake.
pub fn shown(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => ([(header::CACHE_CONTROL, NO_STORE)], Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    frame: Frame,
    heading: String,
    advice: String,
    sign_in: bool,
    request: String,
}

/// A problem for people: what happened, what to do next, and the number to tell an administrator.
pub fn problem_page(
    frame: Frame,
    status: StatusCode,
    request: impl Into<String>,
    retry_after_seconds: Option<u32>,
) -> Response {
    let (heading, advice) = headings(status);
    let advice = match retry_after_seconds {
        Some(seconds) if status == StatusCode::TOO_MANY_REQUESTS => {
            frame.say("problem-429-wait").with("seconds", seconds).to_string()
        }
        _ => frame.say(advice).to_string(),
    };
    let page = ProblemPage {
        heading: frame.say(heading).to_string(),
        advice,
        sign_in: status == StatusCode::UNAUTHORIZED,
        request: request.into(),
        frame,
    };
    (status, shown(&page)).into_response()
}

/// What a status is called and what to do about it.
fn headings(status: StatusCode) -> (&'static str, &'static str) {
    match status.as_u16() {
        401 => ("problem-401", "problem-401-advice"),
        403 => ("problem-403", "problem-403-advice"),
        404 | 405 => ("problem-404", "problem-404-advice"),
        410 => ("problem-410", "problem-410-advice"),
        409 | 412 | 428 => ("problem-409", "problem-409-advice"),
        413 => ("problem-413", "problem-413-advice"),
        422 => ("problem-422", "problem-422-advice"),
        429 => ("problem-429", "problem-429-advice"),
        503 | 504 => ("problem-503", "problem-503-advice"),
        500.. => ("problem-500", "problem-500-advice"),
        _ => ("problem-400", "problem-400-advice"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::WORDS;

    async fn text(answer: Response) -> String {
        let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX)
            .await
            .unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_problem_says_what_to_do_next_in_both_languages() {
        for language in Language::ALL {
            for status in [400u16, 401, 403, 404, 409, 413, 422, 429, 500, 503] {
                let status = StatusCode::from_u16(status).unwrap();
                let frame = Frame::new(Tongue::new(&WORDS, language, "UTC"), Theme::Auto, "/people");
                let answer = problem_page(frame.clone(), status, "req-7", None);
                assert_eq!(answer.status(), status);
                let page = text(answer).await;
                let advice = frame.say(headings(status).1).to_string();
                assert!(page.contains(&advice) && page.contains("req-7"), "{page}");
            }
        }
    }

    #[tokio::test]
    async fn whoever_tried_too_often_learns_how_long_to_wait() {
        let frame = Frame::new(Tongue::new(&WORDS, Language::Russian, "UTC"), Theme::Dark, "/");
        let page = text(problem_page(frame, StatusCode::TOO_MANY_REQUESTS, "", Some(22))).await;
        assert!(page.contains("Подождите 22 секунды"), "{page}");
        assert!(page.contains(r#"data-theme="dark""#));
    }
}
