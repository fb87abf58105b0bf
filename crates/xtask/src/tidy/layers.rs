//! Which crate may stand on which, read from `cargo metadata`: a crate uses what lies below it and nothing beside it,
//! so a service never depends on another service.

use std::path::Path;

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, MetadataCommand};

use super::Finding;

/// From the ground up. A crate uses crates of lower layers only; those of the last layer exist for work on the house
/// and may use everything, and nothing of the product may use them.
const LAYERS: &[&[&str]] = &[
    &["ical", "kernel", "wire"],
    &["store", "dial"],
    &["front"],
    &["bell"],
    &["post", "archive", "intake", "dav"],
    SERVICES,
    &["townhall"],
    &[
        "testkit",
        "it",
        "xtask",
        "bench-bell",
        "bench-calendar",
        "bench-front",
        "bench-post",
        "bench-segments",
        "bench-store",
    ],
];
const SERVICES: &[&str] = &["calendar", "registry", "segments"];

/// Crates from outside that only some of ours may name, beside those of the last layer.
const RESERVED: &[(&str, &[&str])] = &[
    ("rusqlite", &["store"]),
    ("postgres", &["store"]),
    ("anyhow", &["townhall"]),
    ("sqlx", &[]),
    ("diesel", &[]),
];

pub fn is_service(name: &str) -> bool {
    SERVICES.contains(&name)
}

#[derive(Debug)]
pub struct Member {
    pub name: String,
    pub path: String,
    /// What the product is built with; dependencies of tests are free, except that they too keep services apart.
    pub uses: Vec<String>,
    pub tests_use: Vec<String>,
}

pub fn members(root: &Path) -> Result<Vec<Member>> {
    let metadata = MetadataCommand::new()
        .current_dir(root)
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .context("cargo metadata does not answer")?;
    let member = |package: &cargo_metadata::Package| {
        let of_kind = |test: bool| {
            let wanted = package
                .dependencies
                .iter()
                .filter(|one| (one.kind == DependencyKind::Development) == test);
            wanted.map(|one| one.name.clone()).collect()
        };
        let path = package
            .manifest_path
            .strip_prefix(root)
            .unwrap_or(&package.manifest_path);
        Member {
            name: package.name.to_string(),
            path: path.to_string(),
            uses: of_kind(false),
            tests_use: of_kind(true),
        }
    };
    Ok(metadata.packages.iter().map(member).collect())
}

pub fn check(members: &[Member]) -> Vec<Finding> {
    let layer_of = |name: &str| LAYERS.iter().position(|layer| layer.contains(&name));
    let ground = LAYERS.len() - 1;
    let mut found = Vec::new();
    for member in members {
        let mut say = |sentence: String| {
            found.push(Finding {
                path: member.path.clone(),
                line: 1,
                sentence,
            });
        };
        let Some(layer) = layer_of(&member.name) else {
            say(format!(
                "crate `{}` has no layer: give it one in xtask/src/tidy/layers.rs",
                member.name
            ));
            continue;
        };
        for name in &member.uses {
            let reserved = RESERVED.iter().find(|(crate_name, _)| crate_name == name);
            match (layer_of(name), reserved) {
                (Some(of_used), _) if of_used >= layer && layer != ground => {
                    say(format!(
                        "`{}` stands on `{name}`, which does not lie below it",
                        member.name
                    ));
                }
                (None, Some((_, allowed))) if layer != ground && !allowed.contains(&member.name.as_str()) => {
                    say(format!("`{}` names `{name}`; only {allowed:?} may", member.name));
                }
                _ => {}
            }
        }
        for name in &member.tests_use {
            if is_service(&member.name) && is_service(name) && *name != member.name {
                say(format!(
                    "tests of service `{}` use service `{name}`; that belongs into `it`",
                    member.name
                ));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(name: &str, uses: &[&str], tests_use: &[&str]) -> Vec<String> {
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        let member = Member {
            name: name.into(),
            path: format!("crates/{name}/Cargo.toml"),
            uses: words(uses),
            tests_use: words(tests_use),
        };
        check(&[member])
            .into_iter()
            .map(|finding| finding.sentence)
            .collect()
    }

    #[test]
    fn a_crate_that_stands_on_a_higher_one_is_found() {
        assert_eq!(sentences("store", &["front"], &[]).len(), 1);
        assert_eq!(sentences("front", &["registry"], &[]).len(), 1);
        assert_eq!(sentences("townhall", &["testkit"], &[]).len(), 1);
        assert!(sentences("registry", &["front", "store", "kernel", "serde"], &["testkit"]).is_empty());
    }

    #[test]
    fn a_service_beside_a_service_is_found() {
        assert_eq!(sentences("registry", &["registry"], &[]).len(), 1);
    }

    #[test]
    fn a_database_outside_the_store_is_found() {
        assert_eq!(sentences("registry", &["rusqlite"], &[]).len(), 1);
        assert_eq!(sentences("front", &["anyhow"], &[]).len(), 1);
        assert!(sentences("store", &["rusqlite", "postgres"], &[]).is_empty());
        assert!(sentences("it", &["postgres", "anyhow"], &[]).is_empty());
    }

    #[test]
    fn a_new_crate_must_take_a_layer() {
        assert!(sentences("attic", &[], &[])[0].contains("has no layer"));
    }
}
