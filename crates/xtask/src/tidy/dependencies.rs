//! What comes from outside: each crate once, and under a licence that lets us give the house away.
//!
//! Two versions of a crate are compiled, shipped and mended twice. Where that is not for us to end, the crate stands in
//! [`TWICE`] with whoever keeps it; an entry that is no longer needed is a finding too, so the list only shrinks by itself.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;

use super::Finding;

/// Crates that may be there in two versions, by the reason.
const TWICE: &[(&str, &[&str])] = &[
    (
        "webdriver, which only tests use, has not moved on",
        &[
            "cookie",
            "http",
            "icu_collections",
            "icu_provider",
            "litemap",
            "thiserror",
            "thiserror-impl",
            "tinystr",
            "writeable",
            "yoke",
            "yoke-derive",
            "zerovec",
            "zerovec-derive",
        ],
    ),
    (
        "reqwest and hyper-util have moved on, tonic and the database drivers have not",
        &["base64", "tower-http"],
    ),
    (
        "s3s, which only tests use, and what it stands on differ from the rest",
        &["crypto-common", "digest", "nom"],
    ),
    ("the drivers of our two databases differ", &["fallible-iterator"]),
    (
        "metrics-util and opentelemetry_sdk have not moved on",
        &["rand", "rand_core"],
    ),
    (
        "metrics-util, and petgraph below prost-build, have not moved on",
        &["foldhash", "hashbrown"],
    ),
    (
        "chrono-tz below rrule, which only tests and a bench use, has not moved on",
        &["phf", "phf_shared"],
    ),
    ("ring and an older rand have not moved on", &["getrandom"]),
    (
        "procedural macros move one by one; they are not shipped",
        &["syn", "synstructure"],
    ),
    ("other systems than Linux", &["r-efi", "wasi", "windows-sys"]),
];

const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    // Of lists of certificates, which are data.
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];
/// Under a licence that asks more of us, and why that is no matter.
const LICENCES_APART: &[(&str, &str)] = &[("webdriver", "only tests use it")];

pub fn check(root: &Path) -> Result<Vec<Finding>> {
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).context("Cargo.lock")?;
    let mut found = twice(&lock, TWICE);
    let target = std::env::consts::ARCH.to_owned() + "-unknown-linux-gnu";
    let metadata = MetadataCommand::new()
        .current_dir(root)
        .other_options(["--filter-platform".to_owned(), target])
        .exec()
        .context("cargo metadata does not answer")?;
    let licences = metadata
        .packages
        .iter()
        .map(|package| (package.name.as_str(), package.license.as_deref()));
    found.extend(unfit(licences));
    Ok(found)
}

fn finding(line: usize, sentence: String) -> Finding {
    Finding {
        path: "Cargo.lock".to_owned(),
        line,
        sentence,
    }
}

fn twice(lock: &str, allowed: &[(&str, &[&str])]) -> Vec<Finding> {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, line) in (1..).zip(lock.lines()) {
        let name = line
            .strip_prefix("name = \"")
            .and_then(|rest| rest.strip_suffix('"'));
        places.entry(name.unwrap_or_default()).or_default().push(number);
    }
    places.remove("");
    let is_allowed = |name: &str| allowed.iter().any(|(_, names)| names.contains(&name));
    let mut found = Vec::new();
    for (name, lines) in &places {
        if lines.len() > 1 && !is_allowed(name) {
            let sentence = format!(
                "{name} is there in {} versions: `cargo tree --invert {name}`",
                lines.len()
            );
            found.push(finding(lines[1], sentence));
        }
    }
    for name in allowed.iter().flat_map(|(_, names)| names.iter()) {
        if places.get(name).is_none_or(|lines| lines.len() < 2) {
            found.push(finding(
                1,
                format!("{name} is there once: take it off the list of those that may be twice"),
            ));
        }
    }
    found
}

fn unfit<'a>(packages: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (name, licence) in packages {
        let licence = licence.unwrap_or("none");
        if !is_fit(licence) && !LICENCES_APART.iter().any(|(apart, _)| *apart == name) {
            found.push(finding(
                1,
                format!("{name} has the licence {licence}, which is not on the list"),
            ));
        }
    }
    found
}

/// Whether one way to read an SPDX expression is all on the list. AND binds closer than OR; a slash is an old OR.
fn is_fit(expression: &str) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    any_of(&words, &mut at) && at == words.len()
}

fn any_of(words: &[&str], at: &mut usize) -> bool {
    let mut fits = all_of(words, at);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        fits |= all_of(words, at);
    }
    fits
}

fn all_of(words: &[&str], at: &mut usize) -> bool {
    let mut fits = one(words, at);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        fits &= one(words, at);
    }
    fits
}

fn one(words: &[&str], at: &mut usize) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let fits = any_of(words, at);
        *at += 1;
        return fits;
    }
    if words.get(*at) == Some(&"WITH") {
        let exception = words.get(*at + 1).unwrap_or(&"");
        *at += 2;
        return LICENCES.contains(&format!("{word} WITH {exception}").as_str());
    }
    LICENCES.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_in_two_versions_is_found_unless_it_is_listed() {
        let lock = "name = \"syn\"\nversion = \"2\"\nname = \"one\"\nname = \"syn\"\nversion = \"3\"\n";
        let found = twice(lock, &[]);
        assert_eq!((found.len(), found[0].line), (1, 4));
        assert!(found[0].sentence.contains("syn is there in 2 versions"));
        assert!(twice(lock, &[("a reason", &["syn"])]).is_empty());
        let found = twice(lock, &[("a reason", &["syn", "one"])]);
        assert!(found[0].sentence.contains("one is there once"), "{found:?}");
    }

    #[test]
    fn a_licence_fits_when_one_reading_of_it_is_on_the_list() {
        for fit in [
            "MIT",
            "MIT/Apache-2.0",
            "Apache-2.0 OR GPL-2.0-only",
            "GPL-2.0-only OR MIT AND ISC",
            "(MIT OR GPL-2.0-only) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0-only",
        ] {
            assert!(is_fit(fit), "{fit}");
        }
        for unfit in [
            "GPL-2.0-only",
            "MIT AND GPL-2.0-only",
            "(MIT OR ISC) AND MPL-2.0",
            "Apache-2.0 WITH Classpath-exception-2.0",
            "none",
            "",
            "MIT MIT",
        ] {
            assert!(!is_fit(unfit), "{unfit}");
        }
    }
}
