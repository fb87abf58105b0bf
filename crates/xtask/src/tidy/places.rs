//! What may stand where: SQL in rows, databases in the store, decisions without the world around them, front ends
//! that translate and nothing more.

use super::Finding;
use super::layers;
use super::source::{Kind, Source, Token};

const STATEMENTS: &[&str] = &[
    "SELECT ", "INSERT ", "UPDATE ", "DELETE ", "CREATE ", "ALTER ", "DROP ", "WITH ", "PRAGMA ", "PREPARE ",
];

pub fn sql_stands_in_rows(source: &Source) -> Vec<Finding> {
    if !source.is_product() || source.member() == "store" || source.plays("rows") {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (index, token) in source.product_tokens() {
        let macro_call = source.reads(index, &["sql", "!"]);
        if macro_call || is_statement(token) {
            found.push(Finding::at(source, token.line, "SQL stands in rows.rs only"));
        }
    }
    found
}

fn is_statement(token: &Token) -> bool {
    let text = token.text.trim_start_matches(['b', 'r', '#', '"']).trim_start();
    token.kind == Kind::Text && STATEMENTS.iter().any(|start| text.starts_with(start))
}

pub fn databases_are_named_in_store_only(source: &Source) -> Vec<Finding> {
    if !source.is_product() || source.member() == "store" {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (index, token) in source.product_tokens() {
        let database = matches!(
            token.text.as_str(),
            "rusqlite" | "postgres" | "tokio_postgres" | "sqlx"
        );
        let path = source.reads(index + 1, &[":", ":"]) || source.word(index.wrapping_sub(1)) == "use";
        if database && token.kind == Kind::Word && path {
            found.push(Finding::at(
                source,
                token.line,
                format!("only store names `{}`", token.text),
            ));
        }
    }
    found
}

/// Words of the world: what `rules.rs` must not reach for, whatever path leads there.
const IMPURE: &[&str] = &[
    "async",
    "await",
    "Clock",
    "now",
    "getrandom",
    "random_token",
    "Store",
    "Shard",
    "Tx",
    "Instant",
    "SystemTime",
    "sleep",
    "spawn",
    "unsafe",
];
/// `clippy` stands in attributes only; `ical` and `jiff` are values (the clock of `jiff` is a word of the world).
const PURE_ROOTS: &[&str] = &[
    "kernel", "ical", "jiff", "std", "core", "alloc", "self", "super", "crate", "clippy",
];
const IMPURE_STD: &[&str] = &["fs", "net", "env", "process", "thread", "io", "time", "sync"];

pub fn rules_are_pure(source: &Source) -> Vec<Finding> {
    if !source.is_product() || !source.plays("rules") {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (index, token) in source.product_tokens() {
        if token.kind != Kind::Word {
            continue;
        }
        let why = if IMPURE.contains(&token.text.as_str()) {
            Some(format!("`{}`: a rule takes values and gives values", token.text))
        } else {
            impure_path(source, index)
        };
        if let Some(why) = why {
            found.push(Finding::at(source, token.line, why));
        }
    }
    found
}

/// The path that starts at `index`, when it leads out of types and kernel.
fn impure_path(source: &Source, index: usize) -> Option<String> {
    let root = source.word(index);
    let starts_path =
        source.reads(index + 1, &[":", ":"]) && !source.reads(index.wrapping_sub(2), &[":", ":"]);
    let type_or_primitive = root.starts_with(char::is_uppercase) || is_primitive(root);
    if !starts_path || type_or_primitive {
        return None;
    }
    let next = source.word(index + 3);
    let call = next == "<" || source.word(index.wrapping_sub(1)) == ".";
    if call {
        return None;
    }
    let allowed = match root {
        // Beside each other in a folder of rules.
        "super" if source.path.contains("/rules/") && next != "super" => true,
        "crate" | "super" => leads_to_types(source, index + 3),
        "std" | "core" | "alloc" => !IMPURE_STD.contains(&next),
        _ => PURE_ROOTS.contains(&root) || is_child(source, root),
    };
    (!allowed).then(|| format!("`{root}::{next}`: a rule uses types and kernel only"))
}

/// Whether a path within this crate ends in some slice's types (or in other rules) and not in what lies above them.
fn leads_to_types(source: &Source, mut index: usize) -> bool {
    loop {
        match source.word(index) {
            "types" | "rules" | "*" => return true,
            word if word.starts_with(char::is_uppercase) => return true,
            _ if source.reads(index + 1, &[":", ":"]) => index += 3,
            "{" => {
                return source.tokens[index..source.tokens[index].end]
                    .iter()
                    .all(|token| token.text != "rows");
            }
            _ => return false,
        }
    }
}

fn is_primitive(word: &str) -> bool {
    let numeric = word
        .strip_prefix(['u', 'i', 'f'])
        .is_some_and(|width| width == "size" || width.parse::<u8>().is_ok());
    numeric || matches!(word, "str" | "char" | "bool")
}

/// A module declared in this very file, or imported by name from types.
fn is_child(source: &Source, name: &str) -> bool {
    (0..source.tokens.len()).any(|index| source.reads(index, &["mod", name]))
        || (0..source.tokens.len()).any(|index| source.reads(index, &["types", ":", ":", name]))
}

pub fn front_ends_call_the_service_only(source: &Source) -> Vec<Finding> {
    let front_end = ["http", "grpc", "pages"].iter().any(|name| source.plays(name));
    if !source.is_product() || !layers::is_service(source.member()) || !front_end {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (index, token) in source.product_tokens() {
        let below = matches!(token.text.as_str(), "rows" | "store" | "Tx" | "Shard");
        let path = source.reads(index + 1, &[":", ":"])
            || source.reads(index.wrapping_sub(2), &[":", ":"])
            || source.word(index.wrapping_sub(1)) == "use";
        if token.kind == Kind::Word && below && path {
            let sentence = format!(
                "`{}`: a front end translates and calls the service only",
                token.text
            );
            found.push(Finding::at(source, token.line, sentence));
        }
    }
    found
}

pub fn the_clock_is_read_by_services_only(source: &Source) -> Vec<Finding> {
    if !source.is_product() || source.path == "crates/kernel/src/clock.rs" {
        return Vec::new();
    }
    let below =
        source.plays("rows") || source.plays("types") || source.plays("rules") || source.member() == "kernel";
    let mut found = Vec::new();
    for (index, token) in source.product_tokens() {
        if token.text != "now" || source.word(index + 1) != "(" {
            continue;
        }
        let of = source.word(index.wrapping_sub(3));
        let foreign_clock = source.reads(index.wrapping_sub(2), &[":", ":"])
            && matches!(of, "SystemTime" | "Timestamp" | "Zoned" | "Utc" | "Local");
        if foreign_clock {
            found.push(Finding::at(
                source,
                token.line,
                format!("`{of}::now`: the time comes from kernel's Clock"),
            ));
        } else if below {
            found.push(Finding::at(
                source,
                token.line,
                "the clock is read by the service, which hands the instant down",
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::Rule;
    use super::*;

    fn breaks(rule: Rule, path: &str, text: &str) -> bool {
        !rule(&Source::new(path, text).unwrap()).is_empty()
    }

    #[test]
    fn sql_outside_rows_is_found() {
        let by_macro = "fn a() { tx.execute(sql!(\"x\"), &[]); }";
        let by_text = "const A: &str = r#\"SELECT id FROM people\"#;";
        for text in [by_macro, by_text] {
            assert!(breaks(sql_stands_in_rows, "crates/registry/src/service.rs", text));
            assert!(!breaks(sql_stands_in_rows, "crates/registry/src/rows.rs", text));
            assert!(!breaks(
                sql_stands_in_rows,
                "crates/registry/src/rows/keys.rs",
                text
            ));
            assert!(!breaks(sql_stands_in_rows, "crates/store/src/lane.rs", text));
        }
        let in_test = "#[cfg(test)]\nmod tests { const A: &str = \"SELECT 1\"; }";
        assert!(!breaks(
            sql_stands_in_rows,
            "crates/registry/src/service.rs",
            in_test
        ));
    }

    #[test]
    fn a_database_named_outside_the_store_is_found() {
        let text = "use rusqlite::Connection;";
        assert!(breaks(
            databases_are_named_in_store_only,
            "crates/registry/src/service.rs",
            text
        ));
        assert!(!breaks(
            databases_are_named_in_store_only,
            "crates/store/src/sqlite.rs",
            text
        ));
        let engine = "enum Engine { postgres }";
        assert!(!breaks(
            databases_are_named_in_store_only,
            "crates/townhall/src/config.rs",
            engine
        ));
    }

    #[test]
    fn a_rule_that_reaches_for_the_world_is_found() {
        let rules = "crates/registry/src/rules.rs";
        for text in [
            "use store::Tx;",
            "fn a() { axum::body() }",
            "fn a(clock: &Clock) {}",
            "async fn a() {}",
            "use std::time::SystemTime;",
            "use crate::rows;",
            "use crate::people::rows::person;",
            "fn a() -> Token { kernel::random_token() }",
            "use tokio::sync::Mutex;",
            "fn a() -> Zoned { jiff::Zoned::now() }",
        ] {
            assert!(breaks(rules_are_pure, rules, text), "{text}");
        }
        for text in [
            "use kernel::{Moment, PersonId};\nuse crate::types::Refusal;\nuse std::collections::BTreeMap;",
            "fn a(x: X) -> u32 { x.collect::<Vec<_>>(); size_of::<X>(); u32::MAX.min(Share::MAX) }",
            "use super::types::*;\nuse crate::people::types::{Name, Email};",
            "#[cfg(test)]\nmod tests { use proptest::prelude::*; }",
        ] {
            assert!(!breaks(rules_are_pure, rules, text), "{text}");
        }
    }

    #[test]
    fn a_front_end_that_goes_round_the_service_is_found() {
        let text = "use crate::rows;\nfn a() { rows::person(tx, id) }";
        for path in [
            "crates/registry/src/http.rs",
            "crates/registry/src/pages/people.rs",
        ] {
            assert!(breaks(front_ends_call_the_service_only, path, text), "{path}");
        }
        assert!(!breaks(
            front_ends_call_the_service_only,
            "crates/registry/src/service.rs",
            text
        ));
        let rows_of_a_table = "fn a(rows: Vec<Row>) { for row in rows {} }";
        assert!(!breaks(
            front_ends_call_the_service_only,
            "crates/registry/src/pages.rs",
            rows_of_a_table
        ));
    }

    #[test]
    fn a_clock_read_below_the_service_is_found() {
        let read = "fn a(clock: &Clock) { clock.now(); }";
        assert!(breaks(
            the_clock_is_read_by_services_only,
            "crates/registry/src/rows.rs",
            read
        ));
        assert!(!breaks(
            the_clock_is_read_by_services_only,
            "crates/registry/src/service.rs",
            read
        ));
        let foreign = "fn a() { SystemTime::now(); }";
        assert!(breaks(
            the_clock_is_read_by_services_only,
            "crates/registry/src/service.rs",
            foreign
        ));
    }
}
