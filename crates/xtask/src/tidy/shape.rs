//! What a file looks like: short, said in words, finished.

use super::Finding;
use super::source::{Kind, Source};

pub const FILE_LINES_MAX: usize = 600;
pub const FUNCTION_LINES_MAX: usize = 70;

const EMPTY_NAMES: &[&str] = &[
    "common", "utils", "util", "core", "helpers", "helper", "shared", "misc",
];

pub fn files_are_short(source: &Source) -> Vec<Finding> {
    let lines = source.text.lines().count();
    if lines <= FILE_LINES_MAX {
        return Vec::new();
    }
    vec![Finding::at(
        source,
        lines,
        format!("{lines} lines; a file has at most {FILE_LINES_MAX}"),
    )]
}

/// Counts the lines that hold code: comments and blank lines cost nothing, as in clippy's `too_many_lines`.
pub fn functions_are_short(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, token) in source.tokens.iter().enumerate() {
        let name = source.word(index + 1);
        let named = source
            .tokens
            .get(index + 1)
            .is_some_and(|next| next.kind == Kind::Word);
        if token.text != "fn" || token.kind != Kind::Word || !named {
            continue;
        }
        let Some(body) = body_of(source, index) else {
            continue;
        };
        let lines = lines_of_code(source, body);
        if lines > FUNCTION_LINES_MAX {
            let sentence = format!("`{name}` has {lines} lines; a function has at most {FUNCTION_LINES_MAX}");
            found.push(Finding::at(source, token.line, sentence));
        }
    }
    found
}

/// The index of the `{` that opens the body of the function at `index`; none for a signature alone.
fn body_of(source: &Source, mut index: usize) -> Option<usize> {
    while let Some(token) = source.tokens.get(index) {
        match token.text.as_str() {
            "{" if token.kind == Kind::Open => return Some(index),
            ";" => return None,
            _ if token.kind == Kind::Open => index = token.end + 1,
            _ => index += 1,
        }
    }
    None
}

fn lines_of_code(source: &Source, body: usize) -> usize {
    let inside = &source.tokens[body + 1..source.tokens[body].end];
    let mut last = 0;
    let mut count = 0;
    for token in inside {
        let first = token.line.max(last + 1);
        if token.last_line >= first {
            count += token.last_line - first + 1;
            last = token.last_line;
        }
    }
    count
}

pub fn modules_say_what_they_keep(source: &Source) -> Vec<Finding> {
    let spoken = source.text.lines().any(|line| line.starts_with("//!"));
    if !source.is_rust() || source.path.ends_with("/build.rs") || spoken {
        return Vec::new();
    }
    vec![Finding::at(
        source,
        1,
        "a module opens with `//!`: what it keeps true, and why",
    )]
}

pub fn nothing_is_left_for_later(source: &Source) -> Vec<Finding> {
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
        concat!("HA", "CK:"),
    ];
    let calls = [
        concat!("unimple", "mented!"),
        concat!("to", "do!"),
        concat!("not imple", "mented"),
    ];
    let mut found = Vec::new();
    for (number, line) in source.text.lines().enumerate() {
        // a task of iCalendar is called so
        let line = line.replace(concat!("VTO", "DO"), "");
        if let Some(word) = marks.iter().chain(&calls).find(|word| line.contains(**word)) {
            found.push(Finding::at(
                source,
                number + 1,
                format!("`{word}`: finish it or leave it out"),
            ));
        }
    }
    found
}

pub fn no_test_is_skipped(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, token) in source.tokens.iter().enumerate() {
        if source.reads(index, &["#", "[", "ignore"]) {
            found.push(Finding::at(
                source,
                token.line,
                "a test that is not run promises nothing",
            ));
        }
    }
    found
}

pub fn names_say_something(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    if source.is_rust() {
        for part in source.path.split('/').skip(1) {
            let name = part.strip_suffix(".rs").unwrap_or(part);
            if EMPTY_NAMES.contains(&name) {
                found.push(Finding::at(
                    source,
                    1,
                    format!("`{name}` says nothing: name what it is about"),
                ));
            }
        }
    }
    for (index, token) in source.tokens.iter().enumerate() {
        let name = source.word(index + 1);
        if token.text == "mod" && EMPTY_NAMES.contains(&name) {
            found.push(Finding::at(
                source,
                token.line,
                format!("module `{name}`: name what it is about"),
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source::new(path, text).unwrap()
    }

    #[test]
    fn a_long_file_is_found() {
        assert!(files_are_short(&source("crates/x/src/lib.rs", &"\n".repeat(600))).is_empty());
        assert_eq!(
            files_are_short(&source("crates/x/src/lib.rs", &"\n".repeat(601))).len(),
            1
        );
    }

    #[test]
    fn a_long_function_is_found_and_its_comments_cost_nothing() {
        let body = |lines: usize| format!("fn long() {{\n{}}}\n", "    a();\n".repeat(lines));
        assert!(functions_are_short(&source("crates/x/src/lib.rs", &body(70))).is_empty());
        let found = functions_are_short(&source("crates/x/src/lib.rs", &body(71)));
        assert_eq!(found.len(), 1);
        assert!(found[0].sentence.contains("`long` has 71 lines"));
        let quiet = format!("fn quiet() {{\n{}\n    a();\n}}\n", "    // why\n\n".repeat(100));
        assert!(functions_are_short(&source("crates/x/src/lib.rs", &quiet)).is_empty());
        let text = format!("fn text() {{ a(\"{}\"); }}\n", "\n".repeat(80));
        assert_eq!(
            functions_are_short(&source("crates/x/src/lib.rs", &text)).len(),
            1
        );
    }

    #[test]
    fn a_module_without_its_opening_is_found() {
        assert_eq!(
            modules_say_what_they_keep(&source("crates/x/src/lib.rs", "fn a() {}\n")).len(),
            1
        );
        assert!(modules_say_what_they_keep(&source("crates/x/src/lib.rs", "//! Why.\n")).is_empty());
    }

    #[test]
    fn a_note_for_later_is_found_even_in_a_comment() {
        let note = concat!("// TO", "DO: later\n");
        assert_eq!(
            nothing_is_left_for_later(&source("crates/x/src/lib.rs", note)).len(),
            1
        );
        let task = concat!("// a VTO", "DO is a task\n");
        assert!(nothing_is_left_for_later(&source("crates/x/src/lib.rs", task)).is_empty());
        let call = concat!("fn a() { unimple", "mented!() }\n");
        assert_eq!(
            nothing_is_left_for_later(&source("crates/x/src/lib.rs", call)).len(),
            1
        );
    }

    #[test]
    fn a_skipped_test_is_found() {
        let skipped = "#[test]\n#[ignore]\nfn a() {}\n";
        assert_eq!(
            no_test_is_skipped(&source("crates/x/tests/a.rs", skipped)).len(),
            1
        );
        assert!(no_test_is_skipped(&source("crates/x/tests/a.rs", "#[test]\nfn a() {}\n")).is_empty());
    }

    #[test]
    fn a_name_that_says_nothing_is_found() {
        assert_eq!(names_say_something(&source("crates/x/src/utils.rs", "")).len(), 1);
        assert_eq!(
            names_say_something(&source("crates/shared/src/lib.rs", "")).len(),
            1
        );
        assert_eq!(
            names_say_something(&source("crates/x/src/lib.rs", "mod helpers;")).len(),
            1
        );
        assert!(names_say_something(&source("crates/x/src/lib.rs", "mod people;")).is_empty());
    }
}
