//! Answers of commands: a table for people, JSON for scripts, on standard output. A reader that went away
//! (`| head`) is no error.

use std::io::Write as _;

use serde::Serialize;

/// Prints one line.
pub fn line(text: &str) {
    // Nobody is left to be told when standard output is closed.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Says on standard error what went wrong.
pub fn complaint(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Prints a value as JSON.
pub fn json(value: &impl Serialize) -> anyhow::Result<()> {
    line(&serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Prints rows under headings, each column as wide as its widest cell.
pub fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) {
    for text in laid_out(headings, rows) {
        line(&text);
    }
}

fn laid_out<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> Vec<String> {
    let headings = headings.map(|heading| heading.to_uppercase());
    let all = || std::iter::once(&headings).chain(rows);
    let widths: [usize; N] =
        std::array::from_fn(|at| all().map(|row| row[at].chars().count()).max().unwrap_or(0));
    let lay = |row: &[String; N]| {
        let cells = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    all().map(lay).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_the_alphabet() {
        let rows = [
            ["Анна".to_owned(), "1".to_owned()],
            ["Bo".to_owned(), "22".to_owned()],
        ];
        assert_eq!(laid_out(["name", "n"], &rows), ["NAME  N", "Анна  1", "Bo    22"]);
    }
}
