//! What `docs/segments.md` shows of OpenFeature, run as it stands there: with the official providers, against a running house.
//!
//! A snippet is cut out of the chapter and given the three things that it leaves open (the address of the house, a key, a
//! person). Beside each stands a program that looks at what came of it and goes on with the snippet's own client. All
//! packages are pinned, in `openfeature/package.json` and `api/requirements.txt`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::api::City;
use super::tools;

const DOCS: &str = "docs/segments.md";
const CHAPTER: &str = "## OpenFeature\n";
const FILES: &str = "crates/xtask/openfeature";
const PACKAGES: &str = include_str!("../../openfeature/package.json");
const NODE_MIN: u32 = 20;

/// One of the ways in which the docs use OpenFeature.
pub struct Shown {
    pub name: &'static str,
    language: &'static str,
    /// What only this snippet imports.
    imports: &'static str,
    /// What the snippet leaves open, and what is looked at afterwards.
    before: &'static str,
    after: &'static str,
    file: &'static str,
    check: &'static str,
}

pub const ALL: [Shown; 3] = [
    Shown {
        name: "JavaScript on a server",
        language: "js",
        imports: "@openfeature/server-sdk",
        before: "const { house, key, person } = globalThis.given;\n",
        after: "export { client, colour, isIn };\n",
        file: "snippet-server.mjs",
        check: "server.mjs",
    },
    Shown {
        name: "JavaScript on a page",
        language: "js",
        imports: "@openfeature/web-sdk",
        before: "const { house, key, person, redraw } = globalThis.given;\n",
        after: "export { OpenFeature, ProviderEvents, client, isIn };\n",
        file: "snippet-web.mjs",
        check: "web.mjs",
    },
    Shown {
        name: "Python",
        language: "python",
        imports: "openfeature.contrib.provider.ofrep",
        before: "",
        after: "",
        file: "snippet.py",
        check: "check.py",
    },
];

fn folder() -> PathBuf {
    crate::root().join("target/openfeature")
}

/// The providers from npm, fetched once under `target/`; those of Python come with the API tester.
pub fn install() -> Result<()> {
    let folder = folder();
    fs::create_dir_all(&folder)?;
    for file in fs::read_dir(crate::root().join(FILES))? {
        let file = file?.path();
        fs::copy(
            &file,
            folder.join(file.file_name().context("a file without a name")?),
        )?;
    }
    let stamp = folder.join("installed.json");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == PACKAGES) {
        return Ok(());
    }
    let is_ready = has_node() || (tools::install_packages(&["nodejs", "npm"])? && has_node());
    if !is_ready {
        bail!("OpenFeature's providers need Node.js {NODE_MIN} or newer with `npm`: install it");
    }
    let modules = folder.join("node_modules");
    if modules.exists() {
        fs::remove_dir_all(&modules)?;
    }
    tools::run(
        Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--no-package-lock"])
            .args(["--ignore-scripts", "--loglevel", "error"])
            .current_dir(&folder),
    )?;
    fs::write(&stamp, PACKAGES)?;
    Ok(())
}

fn has_node() -> bool {
    let says = |program: &str| Command::new(program).arg("--version").output().ok();
    let node = says("node").map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let node = node.as_deref().and_then(major);
    node.is_some_and(|major| major >= NODE_MIN) && says("npm").is_some()
}

/// Of `v20.20.2`.
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

impl Shown {
    /// Runs the snippet and looks at what came of it.
    pub fn holds(&self, tester: &Path, city: &City) -> Result<bool> {
        let text = fs::read_to_string(crate::root().join(DOCS))?;
        let (_, chapter) = text
            .split_once(CHAPTER)
            .with_context(|| format!("{DOCS} has no chapter on OpenFeature"))?;
        let chapter = chapter.split("\n## ").next().unwrap_or(chapter);
        let mut found = blocks(chapter, self.language).filter(|block| block.contains(self.imports));
        let (Some(snippet), None) = (found.next(), found.next()) else {
            bail!("{DOCS} does not show {} exactly once", self.name);
        };
        let folder = folder();
        fs::write(
            folder.join(self.file),
            format!("{}{snippet}{}", self.before, self.after),
        )?;
        let mut check = match self.language {
            "python" => Command::new(tester.with_file_name("python")),
            _ => Command::new("node"),
        };
        check
            .arg(self.check)
            .arg(self.file)
            .current_dir(&folder)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("TESTER_PERSON", "analyst");
        city.tell(&mut check);
        tools::succeeds(&mut check)
    }
}

/// What stands between the fences of a language.
fn blocks<'a>(text: &'a str, language: &str) -> impl Iterator<Item = &'a str> {
    let fence = format!("```{language}\n");
    let starts: Vec<usize> = text
        .match_indices(&fence)
        .map(|(at, _)| at + fence.len())
        .collect();
    starts
        .into_iter()
        .filter_map(|start| text.get(start..)?.split("```").next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_fences_is_cut_out_as_it_is() {
        let text = "Words\n```js\none();\n```\n```python\ntwo()\n```\nmore\n```js\nthree();\n```\n";
        assert_eq!(blocks(text, "js").collect::<Vec<_>>(), ["one();\n", "three();\n"]);
        assert_eq!(blocks(text, "python").collect::<Vec<_>>(), ["two()\n"]);
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("nothing"), None);
    }
}
