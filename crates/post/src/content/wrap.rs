//! Lines of plain text that read well in a window of 80 columns, also after they were quoted once or twice.

/// Characters of a line.
const COLUMNS: usize = 72;

/// The text in lines of at most 72 characters. Words are not broken, so that an address stays one that can be opened;
/// what hangs under a bullet stays there; at most one empty line stands between two others.
pub(crate) fn wrapped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 32);
    let mut empty_before = true;
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() {
            if !empty_before {
                out.push('\n');
            }
            empty_before = true;
            continue;
        }
        empty_before = false;
        wrap_line(line, &mut out);
    }
    let kept = out.trim_end().len();
    out.truncate(kept);
    out.push('\n');
    out
}

fn wrap_line(line: &str, out: &mut String) {
    let words = line.trim_start();
    let indent = line.chars().count() - words.chars().count();
    let hanging = indent + if words.starts_with("- ") { 2 } else { 0 };
    push_spaces(indent, out);
    let mut column = indent;
    let mut at_start = true;
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        let width = word.chars().count();
        if !at_start && column + 1 + width > COLUMNS {
            out.push('\n');
            push_spaces(hanging, out);
            column = hanging;
        } else if !at_start {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
        at_start = false;
    }
    out.push('\n');
}

fn push_spaces(count: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', count));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(wrapped(text), expected);
    }

    #[test]
    fn lines_have_at_most_72_characters() {
        let text = "слово ".repeat(40);
        let lines = wrapped(&text);
        assert!(lines.lines().all(|line| line.chars().count() <= 72), "{lines}");
        assert_eq!(lines.split_whitespace().count(), 40, "no word is lost");
    }

    #[test]
    fn an_address_is_never_broken() {
        let address = format!("https://house.example/{}", "x".repeat(90));
        check(
            &format!("Open it: {address} today"),
            &format!("Open it:\n{address}\ntoday\n"),
        );
    }

    #[test]
    fn paragraphs_and_bullets_keep_their_shape() {
        check("\n\na\n\n\n\nb  \n\n", "a\n\nb\n");
        let long = format!("- {}", "word ".repeat(20));
        assert!(wrapped(&long).lines().nth(1).unwrap().starts_with("  word"));
    }
}
