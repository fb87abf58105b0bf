//! The words and phrases that are chosen first.

use std::collections::HashSet;
use std::sync::OnceLock;

/// One a line, in lower case. Variations of them are the rules' work.
const COMMON: &str = include_str!("common.txt");

pub fn common() -> &'static HashSet<&'static str> {
    static WORDS: OnceLock<HashSet<&'static str>> = OnceLock::new();
    WORDS.get_or_init(|| COMMON.lines().filter(|line| !line.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_the_form_it_is_looked_up_in() {
        assert!(common().len() > 2_000, "{}", common().len());
        for word in common() {
            assert_eq!(*word, word.to_lowercase().trim(), "{word:?}");
        }
    }
}
