//! What passed, what failed, what was slow: read from the lines of libtest, over all test binaries.

use std::time::Duration;

use anyhow::Result;

/// So many of the slowest tests are shown.
const SLOWEST: usize = 15;

#[derive(Default)]
pub struct Tally {
    passed: u64,
    failed: u64,
    failures: Vec<String>,
    timings: Vec<(Duration, String)>,
}

/// What one line of libtest says.
#[derive(Debug, PartialEq)]
pub enum Line<'a> {
    Passed(&'a str, Duration),
    Failed(&'a str),
    Ignored(&'a str),
    Other,
}

/// Reads `test walk::pages ... ok <0.123s>`.
pub fn read_line(line: &str) -> Line<'_> {
    let Some((name, outcome)) = line
        .strip_prefix("test ")
        .and_then(|rest| rest.rsplit_once(" ... "))
    else {
        return Line::Other;
    };
    let mut words = outcome.split_whitespace();
    match words.next() {
        Some("ok") => Line::Passed(name, words.next().and_then(seconds).unwrap_or_default()),
        Some("FAILED") => Line::Failed(name),
        Some(word) if word.starts_with("ignored") => Line::Ignored(name),
        _ => Line::Other,
    }
}

fn seconds(text: &str) -> Option<Duration> {
    let number: f64 = text.strip_prefix('<')?.strip_suffix("s>")?.parse().ok()?;
    Duration::try_from_secs_f64(number).ok()
}

impl Tally {
    pub fn count_step(&mut self, name: &str, passed: bool) {
        if passed {
            self.passed += 1;
        } else {
            self.count_failure(name.to_owned());
        }
    }

    pub fn count_failure(&mut self, name: String) {
        self.failed += 1;
        self.failures.push(name);
    }

    /// Counts a line of the binary `of`. An ignored test counts as failed: nothing is skipped here.
    pub fn count_line(&mut self, of: &str, line: &str) {
        match read_line(line) {
            Line::Passed(name, took) => {
                self.passed += 1;
                self.timings.push((took, format!("{of} {name}")));
            }
            Line::Failed(name) => self.count_failure(format!("{of} {name}")),
            Line::Ignored(name) => self.count_failure(format!("{of} {name} (ignored)")),
            Line::Other => {}
        }
    }

    pub fn counts(&self) -> (u64, u64) {
        (self.passed, self.failed)
    }

    pub fn close(mut self) -> Result<bool> {
        self.timings.sort_by(|one, other| other.cmp(one));
        if !self.timings.is_empty() {
            crate::say("── the slowest tests");
        }
        for (took, name) in self.timings.iter().take(SLOWEST) {
            crate::say(format_args!("{:>8.1} s  {name}", took.as_secs_f64()));
        }
        if !self.failures.is_empty() {
            crate::say("── failed");
        }
        for name in &self.failures {
            crate::say(format_args!("            {name}"));
        }
        crate::say(format_args!("\n{} passed, {} failed", self.passed, self.failed));
        Ok(self.failed == 0 && self.passed > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_libtest_are_understood() {
        let took = Duration::from_millis(1250);
        assert_eq!(
            read_line("test walk::pages ... ok <1.250s>"),
            Line::Passed("walk::pages", took)
        );
        assert_eq!(
            read_line("test walk::pages ... ok"),
            Line::Passed("walk::pages", Duration::ZERO)
        );
        assert_eq!(
            read_line("test a - should panic ... FAILED <0.000s>"),
            Line::Failed("a - should panic")
        );
        assert_eq!(read_line("test a ... ignored, too slow"), Line::Ignored("a"));
        assert_eq!(read_line("test result: ok. 3 passed; 0 failed"), Line::Other);
        assert_eq!(read_line("running 3 tests"), Line::Other);
    }

    #[test]
    fn an_ignored_test_and_a_broken_step_count_as_failed() {
        let mut tally = Tally::default();
        tally.count_step("fmt", false);
        tally.count_line("it", "test a ... ignored");
        tally.count_line("it", "test b ... ok <0.001s>");
        assert_eq!(tally.counts(), (1, 2));
    }
}
