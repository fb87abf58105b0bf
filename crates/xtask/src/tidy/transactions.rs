//! Nothing awaits inside a transaction: its body is a synchronous closure on a thread that owns the connection, and
//! a future inside it would be built there, dropped, and never run.

use super::Finding;
use super::source::{Kind, Source};

const DOORS: &[&str] = &[
    "write",
    "read",
    "read_stale",
    "read_each",
    "read_of_many",
    "write_everywhere",
];

pub fn nothing_awaits_inside(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, _) in source.tokens.iter().enumerate() {
        let door = source.word(index) == "." && DOORS.contains(&source.word(index + 1));
        if !door || source.word(index + 2) != "(" {
            continue;
        }
        let Some(body) = body_of(source, index + 2) else {
            continue;
        };
        let end = source.tokens[index + 2].end;
        for token in &source.tokens[body..end] {
            if token.kind == Kind::Word
                && matches!(token.text.as_str(), "await" | "async" | "block_on" | "spawn")
            {
                let sentence = format!("`{}` inside a transaction: nothing awaits there", token.text);
                found.push(Finding::at(source, token.line, sentence));
            }
        }
    }
    found
}

/// Where the closure's body starts, when what stands in the parentheses at `open` is a closure of one transaction.
fn body_of(source: &Source, open: usize) -> Option<usize> {
    let start = if source.word(open + 1) == "move" {
        open + 2
    } else {
        open + 1
    };
    let second = (start + 1..start + 12).find(|index| source.word(*index) == "|")?;
    (source.word(start) == "|").then_some(second + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_await_inside_a_transaction_is_found() {
        let text = "async fn a(s: S) { s.write(move |tx| { send(tx).await }).await; }";
        let found = nothing_awaits_inside(&Source::new("crates/x/src/service.rs", text).unwrap());
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn an_await_after_a_transaction_is_welcome() {
        let text = "async fn a(s: S) { s.write(move |tx: &mut Tx<'_>| rows::save(tx)).await; file.read(x().await); }";
        assert!(nothing_awaits_inside(&Source::new("crates/x/src/service.rs", text).unwrap()).is_empty());
    }
}
