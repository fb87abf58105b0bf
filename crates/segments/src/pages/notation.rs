//! How rules are typed: one entry in a line, the same in every language, read and written without loss.
//!
//! ```text
//! language = en, ru
//! zone = Europe/Moscow
//! created >= 2026-01-31 12:00
//! attribute plan != free, "a, b"
//! attribute plan = *
//! ```

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use kernel::{Language, Moment, Text};
use serde_json::Value as Json;

use crate::http::wire::{VALUE_CHARS_MAX, VALUES_MAX};
use crate::types::{Condition, Key, Share, Step, Test, Value, Variant};

/// What is wrong with a line, as a key of words.
pub type Wrong = &'static str;

/// A line that could not be read, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub line: usize,
    pub wrong: Wrong,
}

/// Whatever value an attribute has.
const ANY: &str = "*";

/// Every line that says something.
pub fn lines<T>(text: &str, read: impl Fn(&str) -> Result<T, Wrong>) -> Result<Vec<T>, Fault> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    let said = lines.filter(|(_, line)| !line.is_empty());
    said.map(|(line, text)| read(text).map_err(|wrong| Fault { line, wrong }))
        .collect()
}

pub fn written<T>(entries: &[T], write: impl Fn(&T) -> String) -> String {
    entries.iter().map(write).collect::<Vec<_>>().join("\n")
}

/// A date, or a date and a time of the zone, or an instant with its offset.
pub fn instant(text: &str, zone: &TimeZone) -> Option<Moment> {
    if let Ok(instant) = text.parse() {
        return Some(instant);
    }
    let there: DateTime = text.parse().ok()?;
    let there = there.to_zoned(zone.clone()).ok()?;
    Some(there.timestamp().into())
}

/// As short as it can be read again.
pub fn write_instant(moment: Moment, zone: &TimeZone) -> String {
    let there = moment.to_timestamp().to_zoned(zone.clone());
    let minutes = there.strftime("%Y-%m-%d %H:%M").to_string();
    let exact = there.datetime().to_string().replace('T', " ");
    let fits = |text: &String| instant(text, zone) == Some(moment);
    // A time that a zone has twice is written with its offset.
    [minutes, exact]
        .into_iter()
        .find(fits)
        .unwrap_or_else(|| moment.to_string())
}

/// `12.5`, `12,5` or `12.5 %`.
pub fn share(text: &str) -> Result<Share, Wrong> {
    let bare = text.trim().trim_end_matches('%').trim_end().replace(',', ".");
    Share::parse_percent(&bare).map_err(|_| "wrong-share")
}

/// `2027-01-31 12:00 30`.
pub fn step(line: &str, zone: &TimeZone) -> Result<Step, Wrong> {
    let line = line.trim_end_matches('%').trim_end();
    let (at, share) = line.rsplit_once(char::is_whitespace).ok_or("wrong-step")?;
    Ok(Step {
        at: instant(at.trim_end(), zone).ok_or("wrong-step")?,
        share: self::share(share)?,
    })
}

pub fn write_step(step: &Step, zone: &TimeZone) -> String {
    format!("{} {}", write_instant(step.at, zone), step.share)
}

/// `blue 50`.
pub fn variant(line: &str) -> Result<Variant, Wrong> {
    let (name, weight) = line.rsplit_once(char::is_whitespace).ok_or("wrong-variant")?;
    Ok(Variant {
        name: Key::parse(name.trim_end()).map_err(|_| "wrong-variant")?,
        weight: weight.parse().map_err(|_| "wrong-variant")?,
    })
}

pub fn write_variant(variant: &Variant) -> String {
    format!("{} {}", variant.name, variant.weight)
}

pub fn condition(line: &str, zone: &TimeZone) -> Result<Condition, Wrong> {
    let (subject, rest) = word(line).ok_or("wrong-condition")?;
    if subject == "attribute" {
        let (name, rest) = word(rest).ok_or("wrong-condition")?;
        let name = Text::required(&name, VALUE_CHARS_MAX).map_err(|_| "wrong-condition")?;
        return Ok(Condition::Attribute {
            name: name.into_string(),
            test: test(rest)?,
        });
    }
    let (sign, rest) = sign(rest)?;
    match (subject.as_str(), sign) {
        ("language", "=") => {
            let codes = values(rest)?.into_iter();
            let languages = codes.map(|(code, _)| code.parse::<Language>());
            let languages: Result<_, _> = languages.collect();
            Ok(Condition::Language(languages.map_err(|_| "wrong-language")?))
        }
        ("zone", "=") => {
            let zones: Vec<String> = values(rest)?.into_iter().map(|(zone, _)| zone).collect();
            if zones.iter().any(|zone| TimeZone::get(zone).is_err()) {
                return Err("wrong-zone");
            }
            Ok(Condition::Zone(zones))
        }
        ("created", ">=") => Ok(Condition::CreatedSince(
            instant(rest, zone).ok_or("wrong-instant")?,
        )),
        ("created", "<") => Ok(Condition::CreatedBefore(
            instant(rest, zone).ok_or("wrong-instant")?,
        )),
        _ => Err("wrong-condition"),
    }
}

fn test(rest: &str) -> Result<Test, Wrong> {
    let (sign, rest) = sign(rest)?;
    let number = || {
        let number = rest.replace(',', ".").parse::<f64>().ok();
        number.filter(|number| number.is_finite()).ok_or("wrong-number")
    };
    match (sign, rest) {
        ("=", ANY) => Ok(Test::Present),
        ("!=", ANY) => Ok(Test::Absent),
        ("=", rest) => Ok(Test::OneOf(plain(rest)?)),
        ("!=", rest) => Ok(Test::NoneOf(plain(rest)?)),
        (">=", _) => Ok(Test::AtLeast(number()?)),
        ("<=", _) => Ok(Test::AtMost(number()?)),
        _ => Err("wrong-condition"),
    }
}

/// A sign, and what follows it. The longer ones come first.
fn sign(text: &str) -> Result<(&'static str, &str), Wrong> {
    let text = text.trim_start();
    let signs = ["!=", ">=", "<=", "=", "<"].into_iter();
    let mut found = signs.filter_map(|sign| Some((sign, text.strip_prefix(sign)?.trim())));
    found.next().ok_or("wrong-condition")
}

/// The first word, and what follows it. One in quotes can have any characters.
fn word(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start();
    if text.starts_with('"') {
        return quoted(text);
    }
    let ends = |c: char| c.is_whitespace() || matches!(c, '=' | '!' | '<' | '>');
    let end = text.find(ends).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (!word.is_empty()).then(|| (word.to_owned(), rest))
}

/// A text in quotes, as in JSON.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut read = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let word = read.next()?.ok()?;
    Some((word, text.get(read.byte_offset()..)?))
}

/// Values with commas between them, and whether each stood in quotes.
fn values(text: &str) -> Result<Vec<(String, bool)>, Wrong> {
    let mut found = Vec::new();
    let mut rest = text.trim();
    loop {
        let (value, after) = if rest.starts_with('"') {
            let (value, after) = quoted(rest).ok_or("wrong-values")?;
            ((value, true), after.trim_start())
        } else {
            let (value, after) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
            ((value.trim().to_owned(), false), after)
        };
        if value == (String::new(), false)
            || value.0.chars().count() > VALUE_CHARS_MAX
            || value.0.contains('\0')
        {
            return Err("wrong-values");
        }
        found.push(value);
        if after.is_empty() {
            break;
        }
        rest = after.strip_prefix(',').ok_or("wrong-values")?.trim_start();
    }
    if found.len() > VALUES_MAX {
        return Err("wrong-values");
    }
    Ok(found)
}

fn plain(text: &str) -> Result<Vec<Value>, Wrong> {
    let value = |(text, quoted): (String, bool)| match bare(&text) {
        Some(value) if !quoted => value,
        _ => Value::Text(text),
    };
    Ok(values(text)?.into_iter().map(value).collect())
}

/// What text without quotes is, when it is no text.
fn bare(text: &str) -> Option<Value> {
    match serde_json::from_str(text).ok()? {
        Json::Bool(flag) => Some(Value::Flag(flag)),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Some(Value::Integer(integer)),
            None => number.as_f64().map(Value::Decimal),
        },
        _ => None,
    }
}

pub fn write_condition(condition: &Condition, zone: &TimeZone) -> String {
    match condition {
        Condition::Language(languages) => {
            let codes: Vec<&str> = languages.iter().map(|one| one.code()).collect();
            format!("language = {}", codes.join(", "))
        }
        Condition::Zone(zones) => format!("zone = {}", zones.join(", ")),
        Condition::CreatedBefore(instant) => format!("created < {}", write_instant(*instant, zone)),
        Condition::CreatedSince(instant) => format!("created >= {}", write_instant(*instant, zone)),
        Condition::Attribute { name, test } => {
            let is_bare = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
            let name = if name.chars().all(is_bare) {
                name.clone()
            } else {
                in_quotes(name)
            };
            format!("attribute {name} {}", write_test(test))
        }
    }
}

fn write_test(test: &Test) -> String {
    let joined = |values: &[Value]| values.iter().map(write_value).collect::<Vec<_>>().join(", ");
    match test {
        Test::OneOf(values) => format!("= {}", joined(values)),
        Test::NoneOf(values) => format!("!= {}", joined(values)),
        Test::AtLeast(least) => format!(">= {least}"),
        Test::AtMost(most) => format!("<= {most}"),
        Test::Present => format!("= {ANY}"),
        Test::Absent => format!("!= {ANY}"),
    }
}

pub fn write_value(value: &Value) -> String {
    match value {
        Value::Text(text) => {
            let would_be_read_otherwise = text.is_empty()
                || text == ANY
                || text.trim() != text
                || text.contains(['"', ','])
                || text.chars().any(char::is_control)
                || bare(text).is_some();
            if would_be_read_otherwise {
                in_quotes(text)
            } else {
                text.clone()
            }
        }
        Value::Integer(integer) => integer.to_string(),
        Value::Decimal(decimal) => format!("{decimal:?}"),
        Value::Flag(flag) => flag.to_string(),
    }
}

fn in_quotes(text: &str) -> String {
    Json::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moscow() -> TimeZone {
        TimeZone::get("Europe/Moscow").unwrap()
    }

    #[test]
    fn a_condition_is_read_as_it_is_written() {
        for line in [
            "language = en, ru",
            "zone = Europe/Moscow, Asia/Omsk",
            "created >= 2026-01-31 12:00",
            "created < 2026-01-31 12:00:07.25",
            "attribute plan = gold, silver",
            r#"attribute plan != "a, b", "18", 18, 1.5, true, "*", two words"#,
            r#"attribute "two words" = *"#,
            "attribute plan != *",
            "attribute age >= 18",
            "attribute age <= 64.5",
        ] {
            let read = condition(line, &moscow()).unwrap();
            assert_eq!(write_condition(&read, &moscow()), line);
        }
    }

    #[test]
    fn spaces_around_signs_mean_nothing() {
        let one = condition("attribute  plan=gold ,silver", &moscow()).unwrap();
        let other = condition("attribute plan = gold, silver", &moscow()).unwrap();
        assert_eq!(one, other);
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_line() {
        let read = |text: &str| lines(text, |line| condition(line, &moscow())).unwrap_err();
        let check = |text, line, wrong| assert_eq!(read(text), Fault { line, wrong }, "{text}");
        check("language = de", 1, "wrong-language");
        check("language = en\n\nzone = Mars/Olympus", 3, "wrong-zone");
        check("created = 2026-01-31", 1, "wrong-condition");
        check("created >= tomorrow", 1, "wrong-instant");
        check("attribute plan", 1, "wrong-condition");
        check("attribute plan = ", 1, "wrong-values");
        check("attribute plan = gold,", 1, "wrong-values");
        check("attribute plan = \"gold", 1, "wrong-values");
        check("attribute age >= old", 1, "wrong-number");
        check("moon = full", 1, "wrong-condition");
    }

    #[test]
    fn steps_and_variants_are_read_as_they_are_written() {
        let line = "2027-01-31 12:00 30";
        assert_eq!(write_step(&step(line, &moscow()).unwrap(), &moscow()), line);
        assert_eq!(
            step("2027-01-31  30 %", &moscow()).unwrap().at,
            "2027-01-30T21:00:00Z".parse().unwrap()
        );
        assert_eq!(step("2027-01-31 12:00 130", &moscow()), Err("wrong-share"));
        assert_eq!(step("30", &moscow()), Err("wrong-step"));
        let line = "blue 50";
        assert_eq!(write_variant(&variant(line).unwrap()), line);
        assert_eq!(variant("blue"), Err("wrong-variant"));
    }

    #[test]
    fn an_instant_is_written_without_loss_in_any_zone() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        for text in [
            "2026-10-25T00:30:00Z",
            "2026-10-25T01:30:00Z",
            "2026-07-01T10:00:00.000001Z",
        ] {
            let moment: Moment = text.parse().unwrap();
            let written = write_instant(moment, &berlin);
            assert_eq!(instant(&written, &berlin), Some(moment), "{written}");
        }
    }
}
