//! The page frame: what every page has around its content, in the reader's language, zone and theme.
//!
//! Pages are made whole on the server and need no script. Nothing is inline, so the content security policy can
//! forbid inline script and style; what files a page needs stand under addresses that never change their content.

mod arrival;
mod assets;
mod form;
mod places;
mod theme;
mod tongue;
mod view;

pub use arrival::{Asker, Nav, NavItem, done, encoded, keep_language, keep_theme, local_path};
pub use assets::{ASSET_ROUTE, address, asset};
pub use form::{Area, Choice, Field};
pub use places::routes;
pub use theme::Theme;
pub use tongue::{Argument, Said, Tongue, When, Words};
pub use view::{Frame, Link, problem_page, shown};

/// What the frame itself says. Services put their own words over these.
pub static WORDS: Words = Words::new(
    include_str!("../../locales/en.ftl"),
    include_str!("../../locales/ru.ftl"),
    None,
);
