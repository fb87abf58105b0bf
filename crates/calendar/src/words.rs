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

#[cfg(test)]
mod tests {
    /// A key that nobody has is shown as itself.
    #[test]
    fn whatever_can_be_wrong_with_a_text_is_said_in_words() {
        for text in [
            include_str!("../locales/en.pages.ftl"),
            include_str!("../locales/ru.pages.ftl"),
        ] {
            for word in ical::Reason::WORDS {
                assert!(text.contains(&format!("\nical-{word} = ")), "{word}");
            }
        }
    }
}
