//! What a sink does wrong, and when: rules in TOML, tried in their order.
//!
//! What is kept true: which letters a share of them is depends on the address and the rule alone, so a dry run that is
//! repeated meets the same faults.

use std::path::PathBuf;
use std::time::Duration;

use kernel::Id;
use serde::Deserialize;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Script {
    /// Certificate and key: the sink offers STARTTLS, or speaks TLS from the first byte.
    pub tls: Option<TlsFiles>,
    /// Whoever wants to send has to sign in with these.
    pub login: Option<Login>,
    pub pipelining: Pipelining,
    /// The largest letter, in bytes; 0 is no limit.
    pub size: u64,
    /// How many letters are kept whole, to be looked at. The others are counted and forgotten.
    pub keep_letters: usize,
    pub rules: Vec<Rule>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
    #[serde(default)]
    pub implicit: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    pub user: String,
    pub password: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pipelining {
    #[default]
    Offered,
    Absent,
    /// Offered, and whoever uses it is cut off.
    Broken,
}

/// The moment of a session at which a rule acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum At {
    Connect,
    Mail,
    Rcpt,
    Data,
    /// While the letter comes in: before its last dot.
    Content,
    /// The last dot has come.
    Dot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cut {
    /// The letter is not kept.
    Before,
    /// The letter is kept, and nobody is told.
    After,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub at: At,
    /// Only for readers in this domain.
    pub domain: Option<String>,
    /// Seconds since the sink was opened.
    #[serde(default)]
    pub from: u64,
    pub until: Option<u64>,
    /// Only for so much of the addresses, from 0 to 1.
    pub share: Option<f64>,
    /// Only the first so many times.
    pub times: Option<u64>,
    #[serde(default)]
    pub wait_ms: u64,
    /// `451 4.7.1 come back later`. 421 closes the connection, too.
    pub answer: Option<String>,
    pub cut: Option<Cut>,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadScript {
    #[error("the script is not TOML as it should be: {0}")]
    Toml(String),
    #[error("rule {0}: {1}")]
    Rule(usize, &'static str),
}

/// What is to be done now.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Act {
    pub wait: Duration,
    pub then: Then,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub enum Then {
    #[default]
    GoOn,
    Answer(String),
    Cut(Cut),
}

/// How often each rule was applied.
#[derive(Debug)]
pub struct Times(Vec<u64>);

impl Times {
    pub fn new(script: &Script) -> Times {
        Times(vec![0; script.rules.len()])
    }
}

impl Script {
    pub fn parse(text: &str) -> Result<Script, BadScript> {
        let script: Script = toml::from_str(text).map_err(|error| BadScript::Toml(error.to_string()))?;
        for (index, rule) in script.rules.iter().enumerate() {
            if let Some(why) = rule.is_wrong() {
                return Err(BadScript::Rule(index + 1, why));
            }
        }
        Ok(script)
    }

    /// Waits of all rules that apply add up until one of them answers or cuts.
    pub fn act(&self, at: At, address: Option<&str>, second: u64, times: &mut Times) -> Act {
        let mut act = Act::default();
        for (index, rule) in self.rules.iter().enumerate() {
            let used = times.0.get(index).copied().unwrap_or(0);
            if !rule.applies(at, address, second, used) {
                continue;
            }
            if let Some(used) = times.0.get_mut(index) {
                *used += 1;
            }
            act.wait += Duration::from_millis(rule.wait_ms);
            if let Some(cut) = rule.cut {
                act.then = Then::Cut(cut);
                break;
            }
            if let Some(answer) = &rule.answer {
                act.then = Then::Answer(answer.clone());
                break;
            }
        }
        act
    }
}

impl Rule {
    fn is_wrong(&self) -> Option<&'static str> {
        let nameless = matches!(self.at, At::Connect | At::Mail);
        let code = self.answer.as_ref().map(|answer| {
            let code = answer.get(..3).and_then(|code| code.parse::<u16>().ok());
            code.is_some_and(|code| (200..600).contains(&code)) && !answer.contains(['\r', '\n'])
        });
        if nameless && (self.domain.is_some() || self.share.is_some()) {
            return Some("at connect and mail nobody knows the reader yet");
        }
        if code == Some(false) {
            return Some("an answer is one line that begins with a code, as in \"451 4.7.1 later\"");
        }
        if self.at == At::Content && self.answer.is_some() {
            return Some("nobody is answered within a letter");
        }
        if self.cut == Some(Cut::After) && self.at != At::Dot {
            return Some("a letter can be kept at dot only");
        }
        if self.share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return Some("a share lies between 0 and 1");
        }
        None
    }

    fn applies(&self, at: At, address: Option<&str>, second: u64, used: u64) -> bool {
        let domain = address
            .and_then(|address| address.rsplit_once('@'))
            .map(|(_, domain)| domain);
        let mine = self
            .domain
            .as_ref()
            .is_none_or(|mine| domain.is_some_and(|domain| domain.eq_ignore_ascii_case(mine)));
        self.at == at
            && second >= self.from
            && self.until.is_none_or(|until| second < until)
            && self.times.is_none_or(|times| used < times)
            && mine
            && self
                .share
                .is_none_or(|share| address.is_some_and(|address| point(address) < share))
    }
}

/// A fixed point between 0 and 1 for each address.
fn point(address: &str) -> f64 {
    let id = Id::named("sink", address);
    let bytes = id.as_bytes();
    let number = u32::from_be_bytes([bytes[12], bytes[13], bytes[14], bytes[15]]);
    f64::from(number) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_applies_acts() {
        let text = r#"
            [[rules]]
            at = "rcpt"
            wait_ms = 5

            [[rules]]
            at = "rcpt"
            domain = "full.example"
            from = 10
            until = 20
            answer = "452 4.2.2 full"

            [[rules]]
            at = "rcpt"
            times = 1
            cut = "before"
        "#;
        let script = Script::parse(text).unwrap();
        let mut times = Times::new(&script);
        let mut then = |address: &str, second: u64| {
            let act = script.act(At::Rcpt, Some(address), second, &mut times);
            assert_eq!(act.wait, Duration::from_millis(5));
            act.then
        };
        assert_eq!(then("a@FULL.example", 10), Then::Answer("452 4.2.2 full".into()));
        assert_eq!(then("a@full.example", 9), Then::Cut(Cut::Before));
        assert_eq!(then("a@full.example", 20), Then::GoOn);
        assert_eq!(then("a@other.example", 10), Then::GoOn);
    }

    #[test]
    fn a_share_is_about_as_large_as_it_says_and_always_the_same() {
        let script =
            Script::parse("rules = [{ at = \"dot\", share = 0.25, answer = \"451 later\" }]").unwrap();
        let refused = |number: u32| {
            let address = format!("reader-{number}@mx.example");
            let act = script.act(At::Dot, Some(&address), 0, &mut Times::new(&script));
            act.then != Then::GoOn
        };
        let count = (0..4000).filter(|number| refused(*number)).count();
        assert!((900..1100).contains(&count), "{count}");
        assert!((0..100).all(|number| refused(number) == refused(number)));
    }

    #[test]
    fn a_script_that_cannot_be_meant_is_refused_with_the_reason() {
        for text in [
            "rules = [{ at = \"connect\", domain = \"a.example\", answer = \"421 no\" }]",
            "rules = [{ at = \"rcpt\", answer = \"no\" }]",
            "rules = [{ at = \"content\", answer = \"451 no\" }]",
            "rules = [{ at = \"rcpt\", cut = \"after\" }]",
            "rules = [{ at = \"rcpt\", share = 2.0, answer = \"451 no\" }]",
            "rules = [{ at = \"never\" }]",
            "colour = 1",
        ] {
            assert!(Script::parse(text).is_err(), "{text}");
        }
    }
}
