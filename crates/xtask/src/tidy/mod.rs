//! The absences that ARCHITECTURE.md promises, read from the sources: nobody has to remember them in a review.
//!
//! A rule is a function from what was read (`Source`, `Member`) to findings, so each rule has a test that shows a
//! text which breaks it. The workspace itself is checked by `cargo xtask tidy` and by a test of this crate.

mod dependencies;
mod layers;
mod places;
mod shape;
mod source;
mod transactions;

use std::fmt;

use anyhow::Result;
use source::Source;

/// Where a rule is broken, and the rule in one sentence.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub path: String,
    pub line: usize,
    pub sentence: String,
}

impl Finding {
    fn at(source: &Source, line: usize, sentence: impl Into<String>) -> Finding {
        Finding {
            path: source.path.clone(),
            line,
            sentence: sentence.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.sentence)
    }
}

type Rule = fn(&Source) -> Vec<Finding>;

const RULES: &[Rule] = &[
    shape::files_are_short,
    shape::functions_are_short,
    shape::modules_say_what_they_keep,
    shape::nothing_is_left_for_later,
    shape::no_test_is_skipped,
    shape::names_say_something,
    places::sql_stands_in_rows,
    places::databases_are_named_in_store_only,
    places::rules_are_pure,
    places::front_ends_call_the_service_only,
    places::the_clock_is_read_by_services_only,
    transactions::nothing_awaits_inside,
];

/// Everything in this workspace that breaks a rule, in the order of the files.
pub fn findings() -> Result<Vec<Finding>> {
    let root = crate::root();
    let mut found = layers::check(&layers::members(&root)?);
    found.extend(dependencies::check(&root)?);
    for source in source::all(&root)? {
        for rule in RULES {
            found.extend(rule(&source));
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

pub fn run() -> Result<bool> {
    let found = findings()?;
    for finding in &found {
        crate::say(finding);
    }
    if found.is_empty() {
        crate::say("tidy");
    }
    Ok(found.is_empty())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_workspace_keeps_the_absences_that_its_architecture_promises() {
        let found = super::findings().unwrap();
        let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(lines.is_empty(), "\n{}\n", lines.join("\n"));
    }
}
