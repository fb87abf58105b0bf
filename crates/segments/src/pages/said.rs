//! What pages say of numbers, rules and those who made them, in the reader's language.

use askama::Template;
use front::frame::Frame;
use kernel::{Language, Moment};

use super::notation::write_value;
use crate::numbers::{Edited, Numbers};
use crate::service::Shelf;
use crate::types::{
    Actor, Condition, Definition, Ground, Hashing, Number, Rollout, Segment, Share, Step, Test, Value,
    Variant,
};

/// No line is broken there.
const NARROW: char = '\u{a0}';
/// Parts that a bar is drawn in, and the fewest that can still be seen.
const BAR_PARTS: u64 = 1_000;
const BAR_SEEN: u64 = 4;

/// With a mark between thousands: 41,203.
pub fn grouped(frame: &Frame, number: u64) -> String {
    let mark = match frame.language() {
        Language::English => ',',
        Language::Russian => NARROW,
    };
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(mark);
        }
        out.push(digit);
    }
    out
}

fn per_cent(frame: &Frame, number: &str) -> String {
    let number = match frame.language() {
        Language::English => number.to_owned(),
        Language::Russian => number.replace('.', ","),
    };
    format!("{number}{NARROW}%")
}

pub fn share(frame: &Frame, share: Share) -> String {
    per_cent(frame, &share.to_string())
}

/// How much one number is of another, with one decimal where it says something.
pub fn part(frame: &Frame, some: u64, all: u64) -> String {
    let tenths = scaled(some, all, 1_000);
    let decimal = match tenths % 10 {
        0 => String::new(),
        decimal => format!(".{decimal}"),
    };
    per_cent(frame, &format!("{}{decimal}", tenths / 10))
}

fn scaled(some: u64, all: u64, parts: u64) -> u64 {
    let exact = (u128::from(some) * u128::from(parts) + u128::from(all) / 2) / u128::from(all.max(1));
    u64::try_from(exact).unwrap_or(parts)
}

/// So many people.
pub fn people(frame: &Frame, count: u64) -> String {
    frame
        .say("people-count")
        .with("count", count)
        .with("shown", grouped(frame, count))
        .to_string()
}

/// The members of a segment as a part of all people.
#[derive(Template)]
#[template(path = "bar.html")]
pub struct Bar {
    label: String,
    rollout: u64,
    draw: u64,
    hand: u64,
}

impl askama::filters::HtmlSafe for Bar {}

/// The numbers of a segment, said and drawn.
pub struct Standing {
    pub bar: Bar,
    pub members: String,
    pub ways: String,
}

pub fn standing(frame: &Frame, all: u64, numbers: Numbers) -> Standing {
    let members = frame
        .say("members-of-all")
        .with("people", people(frame, numbers.members()))
        .with("part", part(frame, numbers.members(), all))
        .to_string();
    let seen = |some: u64| match scaled(some, all, BAR_PARTS) {
        0 if some == 0 => 0,
        width => width.clamp(BAR_SEEN, BAR_PARTS),
    };
    let shown = |number| grouped(frame, number);
    Standing {
        bar: Bar {
            label: members.clone(),
            rollout: seen(numbers.by_rollout),
            draw: seen(numbers.by_draw),
            hand: seen(numbers.by_hand),
        },
        ways: frame
            .say("members-ways")
            .with("hand", shown(numbers.by_hand))
            .with("rollout", shown(numbers.by_rollout))
            .with("draw", shown(numbers.by_draw))
            .to_string(),
        members,
    }
}

/// What a change would do.
pub fn edited(frame: &Frame, edited: Edited) -> String {
    frame
        .say("edit-does")
        .with("adds", edited.adds)
        .with("added", grouped(frame, edited.adds))
        .with("removed", grouped(frame, edited.removes))
        .with("members", people(frame, edited.members))
        .to_string()
}

pub fn instant(frame: &Frame, at: Moment) -> String {
    frame.tongue().date_time(at)
}

pub fn next_step(rollout: &Rollout, at: Moment) -> Option<&Step> {
    let is_over = rollout.until.is_some_and(|until| until <= at);
    rollout.steps.iter().find(|step| at < step.at && !is_over)
}

/// A rule in words, a line for each thing that it asks for.
pub fn rule(
    frame: &Frame,
    segment: &Segment,
    definition: &Definition,
    shelf: &Shelf,
    at: Moment,
) -> Vec<String> {
    let mut lines = Vec::new();
    match &definition.rollout {
        None => lines.push(frame.say("rule-none").to_string()),
        Some(rollout) => {
            lines.extend(shares(frame, rollout, at));
            lines.extend(among(frame, rollout, shelf));
            lines.extend(ground(frame, segment, rollout));
        }
    }
    if !definition.variants.is_empty() {
        let names = variants(frame, &definition.variants);
        lines.push(frame.say("rule-variants").with("names", names).to_string());
    }
    lines
}

fn shares(frame: &Frame, rollout: &Rollout, at: Moment) -> Vec<String> {
    let about = |key, at: Moment, percent: Share| {
        let line = frame.say(key).with("at", instant(frame, at));
        line.with("share", share(frame, percent)).to_string()
    };
    let first = if rollout.exact.is_some() {
        frame.say("rule-exact")
    } else {
        frame.say("rule-share")
    };
    let mut lines = vec![first.with("share", share(frame, rollout.share)).to_string()];
    let steps = rollout.steps.iter().map(|step| {
        let key = if at < step.at {
            "rule-step"
        } else {
            "rule-step-done"
        };
        about(key, step.at, step.share)
    });
    lines.extend(steps);
    lines.extend(rollout.until.map(|until| {
        let key = if at < until { "rule-until" } else { "rule-over" };
        frame.say(key).with("at", instant(frame, until)).to_string()
    }));
    lines
}

/// Whom a rollout or a draw asks for.
pub fn among(frame: &Frame, rollout: &Rollout, shelf: &Shelf) -> Vec<String> {
    let conditions = rollout.conditions.iter().map(|one| {
        let said = condition(frame, one);
        frame.say("rule-where").with("condition", said).to_string()
    });
    let mut lines: Vec<String> = conditions.collect();
    let keys = |numbers: &[Number]| {
        let keys: Vec<String> = numbers
            .iter()
            .map(|number| shelf.key_of(*number).to_string())
            .collect();
        keys.join(", ")
    };
    if !rollout.include.is_empty() {
        let keys = keys(&rollout.include);
        lines.push(frame.say("rule-include").with("keys", keys).to_string());
    }
    if !rollout.exclude.is_empty() {
        let keys = keys(&rollout.exclude);
        lines.push(frame.say("rule-exclude").with("keys", keys).to_string());
    }
    lines
}

fn ground(frame: &Frame, segment: &Segment, rollout: &Rollout) -> Vec<String> {
    let mut lines = Vec::new();
    if let Ground::Layer { name, .. } = &rollout.ground {
        let name = name.as_str();
        lines.push(frame.say("rule-layer").with("name", name).to_string());
    }
    if rollout.hashing != Hashing::Ours {
        let name = rollout.hashing.as_str();
        lines.push(frame.say("rule-hashing").with("name", name).to_string());
    }
    if rollout.salt != segment.key.as_str() {
        let salt = rollout.salt.as_str();
        lines.push(frame.say("rule-salt").with("salt", salt).to_string());
    }
    lines
}

fn variants(frame: &Frame, variants: &[Variant]) -> String {
    let all: u64 = variants.iter().map(|variant| u64::from(variant.weight)).sum();
    let one = |variant: &Variant| {
        let part = part(frame, u64::from(variant.weight), all);
        format!("{} {part}", variant.name)
    };
    variants.iter().map(one).collect::<Vec<_>>().join(", ")
}

pub fn condition(frame: &Frame, condition: &Condition) -> String {
    let join = |values: Vec<String>| values.join(", ");
    match condition {
        Condition::Language(languages) => {
            let codes = languages.iter().map(|one| one.own_name().to_owned()).collect();
            frame
                .say("where-language")
                .with("values", join(codes))
                .to_string()
        }
        Condition::Zone(zones) => frame
            .say("where-zone")
            .with("values", zones.join(", "))
            .to_string(),
        Condition::CreatedBefore(before) => frame
            .say("where-before")
            .with("at", instant(frame, *before))
            .to_string(),
        Condition::CreatedSince(since) => frame
            .say("where-since")
            .with("at", instant(frame, *since))
            .to_string(),
        Condition::Attribute { name, test } => attribute(frame, name, test),
    }
}

fn attribute(frame: &Frame, name: &str, test: &Test) -> String {
    let joined = |values: &[Value]| values.iter().map(write_value).collect::<Vec<_>>().join(", ");
    let said = match test {
        Test::OneOf(values) => frame.say("where-one-of").with("values", joined(values)),
        Test::NoneOf(values) => frame.say("where-none-of").with("values", joined(values)),
        Test::AtLeast(least) => frame.say("where-at-least").with("number", least.to_string()),
        Test::AtMost(most) => frame.say("where-at-most").with("number", most.to_string()),
        Test::Present => frame.say("where-present"),
        Test::Absent => frame.say("where-absent"),
    };
    said.with("name", name).to_string()
}

/// Who did something, and where more is said about them.
#[derive(Template)]
#[template(path = "doer.html")]
pub struct Doer {
    href: Option<String>,
    called: String,
}

impl askama::filters::HtmlSafe for Doer {}

pub fn doer(frame: &Frame, by: Actor, may_change: bool) -> Doer {
    let (called, href) = match by {
        Actor::House => (frame.say("by-house"), None),
        Actor::Person(person) => (frame.say("by-person"), Some(format!("/people/{person}"))),
        Actor::Service(_) => (frame.say("by-key"), Some("/keys".to_owned())),
    };
    Doer {
        href: href.filter(|_| may_change),
        called: called.to_string(),
    }
}
