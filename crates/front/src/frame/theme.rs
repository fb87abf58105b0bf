//! Light, dark, or as the system says. The choice belongs to the device, not to the person: one reads in bed on a
//! phone and at a desk by the window. So it lives in a cookie.

use std::str::FromStr;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    Auto,
    Light,
    Dark,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of: auto, light, dark")]
pub struct BadTheme;

impl Theme {
    pub const ALL: [Theme; 3] = [Theme::Auto, Theme::Light, Theme::Dark];

    pub const fn code(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// The key of its name among the frame's words.
    pub const fn key(self) -> &'static str {
        match self {
            Theme::Auto => "theme-auto",
            Theme::Light => "theme-light",
            Theme::Dark => "theme-dark",
        }
    }
}

impl FromStr for Theme {
    type Err = BadTheme;

    fn from_str(text: &str) -> Result<Theme, BadTheme> {
        Theme::ALL
            .into_iter()
            .find(|theme| theme.code() == text)
            .ok_or(BadTheme)
    }
}
