//! Texts of calendars, for pages and letters.

use front::frame::Words;

pub(crate) static WORDS: Words = Words::new(
    include_str!("../locales/en.ftl"),
    include_str!("../locales/ru.ftl"),
    Some(&front::frame::WORDS),
);
