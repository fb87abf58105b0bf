//! Texts of calendars, for pages and letters.

use front::frame::Words;

pub(crate) static WORDS: Words = Words::new(
    concat!(
        include_str!("../locales/en.ftl"),
        "\n",
        include_str!("../locales/en.meeting.ftl"),
        "\n",
        include_str!("../locales/en.pages.ftl")
    ),
    concat!(
        include_str!("../locales/ru.ftl"),
        "\n",
        include_str!("../locales/ru.meeting.ftl"),
        "\n",
        include_str!("../locales/ru.pages.ftl")
    ),
    Some(&front::frame::WORDS),
);
