//! `cargo xtask test`: every check and every test of the house, on a machine that has only Rust.
//!
//! What is missing fails: no step is skipped, because a step that skips itself on the machine where it matters
//! promises nothing. All steps share one profile and one feature set (`--workspace --all-targets`), so each crate is
//! compiled once. The last line, `N passed, N failed`, sums the tests and the steps; CI reads it.

pub mod api;
mod binaries;
mod providers;
mod servers;
mod tally;
pub mod tools;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;

use binaries::Built;
use servers::Servers;
use tally::Tally;

#[derive(Args)]
pub struct Choice {
    /// Only steps or tests with this in their name (`fmt`, `clippy`, `tidy`, `walk::`); may stand several times
    #[arg(long)]
    only: Vec<String>,
}

impl Choice {
    fn wants_step(&self, step: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == step)
    }

    /// Names that are no step: filters for tests. None when all tests are wanted.
    fn test_filters(&self) -> Option<Vec<String>> {
        if self.only.is_empty() || self.only.iter().any(|name| name == "tests") {
            return None;
        }
        Some(
            self.only
                .iter()
                .filter(|name| !STEPS.contains(&name.as_str()))
                .cloned()
                .collect(),
        )
    }
}

const STEPS: &[&str] = &["fmt", "clippy", "tidy", "tests", "api"];

pub fn run(choice: &Choice) -> Result<bool> {
    let mut house = House {
        tally: Tally::default(),
        steps: Vec::new(),
    };
    if choice.wants_step("fmt") {
        house.step("fmt", || cargo(&["fmt", "--all", "--check"]));
    }
    if choice.wants_step("tidy") {
        house.step("tidy", crate::tidy::run);
    }
    if choice.wants_step("clippy") {
        house.step("clippy", || {
            cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
        });
    }
    let filters = choice.test_filters();
    let wants_tests = filters.as_ref().is_none_or(|filters| !filters.is_empty());
    let wants_api = choice.wants_step("api");
    if (wants_tests || wants_api)
        && let Some(built) = house.build()
    {
        if wants_tests {
            house.tests(&built, &filters.unwrap_or_default());
        }
        if wants_api {
            house.api(&built);
        }
    }
    house.close()
}

struct House {
    tally: Tally,
    steps: Vec<(String, Duration)>,
}

impl House {
    /// One step that passes or fails as a whole. What it costs is shown at the end.
    fn step(&mut self, name: &str, body: impl FnOnce() -> Result<bool>) -> bool {
        crate::say(format_args!("── {name}"));
        let started = Instant::now();
        let passed = body().unwrap_or_else(|error| {
            crate::say(format_args!("{name}: {error:#}"));
            false
        });
        self.steps.push((name.to_owned(), started.elapsed()));
        self.tally.count_step(name, passed);
        passed
    }

    fn build(&mut self) -> Option<Built> {
        let mut built = None;
        self.step("build", || {
            built = Some(binaries::build()?);
            Ok(true)
        });
        built
    }

    fn tests(&mut self, built: &Built, filters: &[String]) {
        let mut servers = None;
        self.step("two PostgreSQL servers", || {
            servers = Some(Servers::start(&built.program("two-postgres")?)?);
            Ok(true)
        });
        let Some(servers) = servers else { return };
        crate::say("── tests");
        let started = Instant::now();
        let mut environment = vec![servers.environment.clone()];
        if let Ok(townhall) = built.program("townhall") {
            environment.push(("TOWNHALL_TEST_BINARY".to_owned(), townhall.display().to_string()));
        }
        for binary in &built.tests {
            binaries::run(binary, filters, &environment, &mut self.tally);
        }
        self.steps.push(("tests".to_owned(), started.elapsed()));
    }

    fn api(&mut self, built: &Built) {
        let mut ready = None;
        self.step("API tester: a demo city", || {
            ready = Some((api::install()?, api::City::open(&built.program("townhall")?)?));
            providers::install()?;
            Ok(true)
        });
        let Some((tester, city)) = ready else { return };
        for shown in &providers::ALL {
            self.step(&format!("OpenFeature in {}", shown.name), || {
                shown.holds(&tester, &city)
            });
        }
        self.step("API tester by the text of OFREP", || city.try_flags(&tester));
        for who in ["admin", "service"] {
            self.step(&format!("API tester as {who}"), || city.try_as(&tester, who));
        }
    }

    fn close(self) -> Result<bool> {
        crate::say("── the time went to");
        for (name, took) in &self.steps {
            crate::say(format_args!("{:>8.1} s  {name}", took.as_secs_f64()));
        }
        self.tally.close()
    }
}

fn cargo(arguments: &[&str]) -> Result<bool> {
    let status = crate::cargo()
        .args(arguments)
        .status()
        .with_context(|| format!("cannot start cargo {}", arguments.join(" ")))?;
    Ok(status.success())
}
