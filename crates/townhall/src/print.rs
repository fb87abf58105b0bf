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
