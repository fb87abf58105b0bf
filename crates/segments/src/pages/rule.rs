//! The editor of a rule. It tells what a change would do before it is saved, and is saved only over the version that
//! it was opened with.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::frame::{Area, Field, Frame, done, shown};
use front::{Caller, Form, InPath, Problem};
use http::StatusCode;
use jiff::tz::TimeZone;
use kernel::Moment;

use super::notation::{self, Wrong};
use super::{Faults, Typed, WORDS, living, page_of, refused, said, typed_in, version_in};
use crate::catalog::Edit;
use crate::http::actor;
use crate::rules::change::check;
use crate::service::{Refused, Segments};
use crate::types::{Definition, Ground, Key, Number, Reason, Rollout, Segment, Share};

/// What can be typed, the same in every language.
const CONDITIONS: &str = "language = en, ru
zone = Europe/Moscow, Asia/Omsk
created >= 2026-01-31 12:00
created < 2027-01-31
attribute plan = gold, silver
attribute plan != free
attribute age >= 18
attribute age <= 65
attribute plan = *
attribute plan != *";
const KEYS: &str = "VOICE_MESSAGES\nDARK_MODE";
const STEPS: &str = "2027-01-31 12:00 5\n2027-02-07 12:00 30";
const VARIANTS: &str = "blue 50\ngreen 50";

#[derive(Template)]
#[template(path = "rule.html")]
struct RulePage {
    frame: Frame,
    key: String,
    version: String,
    share: Field,
    exact: bool,
    exact_wrong: Option<String>,
    steps: Area,
    until: Field,
    conditions: Area,
    include: Area,
    exclude: Area,
    layer: Field,
    variants: Area,
    /// What saving would do.
    preview: Option<String>,
    wrong: bool,
    /// What stands now, when somebody else changed it meanwhile.
    stale: Option<Vec<String>>,
}

fn rule_page(frame: Frame, segment: &Segment, typed: &Typed, mut faults: Faults) -> RulePage {
    let wrong = !faults.is_empty();
    let exact_wrong = faults.remove("exact");
    let [conditions, include, exclude] = among_fields(&frame, typed, &mut faults);
    let mut field = |name, label, hint| {
        Field::text(name, frame.say(label))
            .holding(typed_in(typed, name))
            .hint(frame.say(hint))
            .wrong(faults.remove(name))
            .optional()
    };
    RulePage {
        key: segment.key.to_string(),
        version: typed_in(typed, "version").to_owned(),
        share: field("share", "rule-share-field", "rule-share-hint"),
        until: field("until", "rule-until-field", "until-hint"),
        layer: field("layer", "rule-layer-field", "rule-layer-hint"),
        exact: !typed_in(typed, "exact").is_empty(),
        exact_wrong,
        steps: area(&frame, "steps", "rule-steps-field", 3, typed, &mut faults)
            .hint(frame.say("rule-steps-hint"))
            .example(STEPS),
        variants: area(&frame, "variants", "rule-variants-field", 3, typed, &mut faults)
            .hint(frame.say("rule-variants-hint"))
            .example(VARIANTS),
        conditions,
        include,
        exclude,
        preview: None,
        wrong,
        stale: None,
        frame,
    }
}

fn area(
    frame: &Frame,
    name: &'static str,
    label: &str,
    rows: u8,
    typed: &Typed,
    faults: &mut Faults,
) -> Area {
    let text = typed.get(name).map(String::as_str).unwrap_or_default();
    Area::new(name, frame.say(label), rows)
        .holding(text)
        .wrong(faults.remove(name))
}

/// Fields of whom a rollout or a draw asks for: conditions, include and exclude.
pub fn among_fields(frame: &Frame, typed: &Typed, faults: &mut Faults) -> [Area; 3] {
    [
        area(frame, "conditions", "rule-conditions-field", 5, typed, faults)
            .hint(frame.say("rule-conditions-hint"))
            .example(CONDITIONS),
        area(frame, "include", "rule-include-field", 2, typed, faults)
            .hint(frame.say("rule-include-hint"))
            .example(KEYS),
        area(frame, "exclude", "rule-exclude-field", 2, typed, faults).hint(frame.say("rule-exclude-hint")),
    ]
}

/// A definition as it would be typed.
fn typed_of(segment: &Segment, segments: &Segments, zone: &TimeZone) -> Typed {
    let shelf = segments.shelf_now();
    let mut typed = Typed::new();
    let mut put = |name: &str, value: String| typed.insert(name.to_owned(), value);
    put("version", segment.version.to_string());
    let variants = &segment.definition.variants;
    put("variants", notation::written(variants, notation::write_variant));
    if let Some(rollout) = &segment.definition.rollout {
        let keys =
            |numbers: &[Number]| notation::written(numbers, |number| shelf.key_of(*number).to_string());
        let instant = |until: Moment| notation::write_instant(until, zone);
        put("share", rollout.share.to_string());
        put(
            "exact",
            rollout.exact.map(|_| "yes".to_owned()).unwrap_or_default(),
        );
        put("until", rollout.until.map(instant).unwrap_or_default());
        put("include", keys(&rollout.include));
        put("exclude", keys(&rollout.exclude));
        put(
            "steps",
            notation::written(&rollout.steps, |step| notation::write_step(step, zone)),
        );
        put(
            "conditions",
            notation::written(&rollout.conditions, |one| notation::write_condition(one, zone)),
        );
        if let Ground::Layer { name, .. } = &rollout.ground {
            put("layer", name.to_string());
        }
    }
    typed
}

/// Fields that say nothing without a share.
const OF_ROLLOUT: [&str; 7] = [
    "exact",
    "steps",
    "until",
    "conditions",
    "include",
    "exclude",
    "layer",
];

/// What was typed, as a definition, and whether it shall be exact. What the form does not show stays as it is.
fn read(
    frame: &Frame,
    typed: &Typed,
    segment: &Segment,
    segments: &Segments,
) -> Result<(Definition, bool), Faults> {
    let mut faults = Faults::new();
    let zone = frame.tongue().zone();
    let variants = read_lines(frame, typed, "variants", &mut faults, notation::variant);
    let exact = !typed_in(typed, "exact").is_empty();
    let share = typed_in(typed, "share");
    let rollout = if share.is_empty() {
        if OF_ROLLOUT.iter().any(|name| !typed_in(typed, name).is_empty()) {
            faults.insert("share", frame.say("wrong-no-share").to_string());
        }
        None
    } else {
        let before = segment.definition.rollout.clone();
        let kept = before.unwrap_or_else(|| Rollout::plain(segment.key.as_str(), Share::NOBODY));
        let share = notation::share(share).unwrap_or_else(|wrong| {
            faults.insert("share", frame.say(wrong).to_string());
            Share::NOBODY
        });
        let rollout = Rollout {
            share,
            exact: None,
            steps: read_lines(frame, typed, "steps", &mut faults, |line| {
                notation::step(line, zone)
            }),
            until: read_until(frame, typed, &mut faults),
            ground: read_ground(frame, typed, exact, &mut faults),
            ..kept
        };
        Some(read_among(frame, typed, segments, rollout, &mut faults))
    };
    let definition = Definition { rollout, variants };
    if faults.is_empty() {
        Ok((definition, exact))
    } else {
        Err(faults)
    }
}

fn read_until(frame: &Frame, typed: &Typed, faults: &mut Faults) -> Option<Moment> {
    let text = Some(typed_in(typed, "until")).filter(|text| !text.is_empty())?;
    let until = notation::instant(text, frame.tongue().zone());
    if until.is_none() {
        faults.insert("until", frame.say("wrong-instant").to_string());
    }
    until
}

fn read_ground(frame: &Frame, typed: &Typed, exact: bool, faults: &mut Faults) -> Ground {
    let name = typed_in(typed, "layer");
    if name.is_empty() {
        return Ground::Own;
    }
    if exact {
        faults.insert("exact", frame.say("wrong-exact").to_string());
    }
    match Key::parse(name) {
        Ok(name) => Ground::Layer {
            name,
            spans: Vec::new(),
        },
        Err(_) => {
            faults.insert("layer", frame.say("wrong-key").to_string());
            Ground::Own
        }
    }
}

/// A rollout with the conditions, include and exclude that were typed.
pub fn read_among(
    frame: &Frame,
    typed: &Typed,
    segments: &Segments,
    rollout: Rollout,
    faults: &mut Faults,
) -> Rollout {
    let zone = frame.tongue().zone();
    let number = |line: &str| {
        let segment = segments.segment(line).map_err(|_| "wrong-no-segment")?;
        match segment.archived {
            None => Ok(segment.number),
            Some(_) => Err("wrong-archived"),
        }
    };
    Rollout {
        conditions: read_lines(frame, typed, "conditions", faults, |line| {
            notation::condition(line, zone)
        }),
        include: read_lines(frame, typed, "include", faults, number),
        exclude: read_lines(frame, typed, "exclude", faults, number),
        ..rollout
    }
}

/// The entries of a field; none, and a fault, when one of its lines cannot be read.
fn read_lines<T>(
    frame: &Frame,
    typed: &Typed,
    name: &'static str,
    faults: &mut Faults,
    read: impl Fn(&str) -> Result<T, Wrong>,
) -> Vec<T> {
    let text = typed.get(name).map(String::as_str).unwrap_or_default();
    notation::lines(text, read).unwrap_or_else(|fault| {
        faults.insert(name, at_line(frame, fault.line, fault.wrong));
        Vec::new()
    })
}

pub fn at_line(frame: &Frame, line: usize, wrong: Wrong) -> String {
    frame
        .say("wrong-line")
        .with("line", line)
        .with("wrong", frame.say(wrong).to_string())
        .to_string()
}

/// The field that a refusal is about, if it is about one.
pub fn fault_of(frame: &Frame, reason: &Reason) -> Option<(&'static str, String)> {
    match reason {
        Reason::Cycle(_, way) => {
            let wrong = frame.say("wrong-cycle").with("way", way.as_str());
            Some(("include", wrong.to_string()))
        }
        Reason::EndsInThePast => Some(("until", frame.say("wrong-past").to_string())),
        Reason::Field { field, .. } => {
            let (name, key) = match field.strip_prefix("rollout.").unwrap_or(field) {
                "where" => ("conditions", "wrong-many-conditions"),
                "include" => ("include", "wrong-many-segments"),
                "exclude" => ("exclude", "wrong-exclude"),
                "steps" => ("steps", "wrong-steps"),
                "until" => ("until", "wrong-past"),
                "layer" => ("layer", "wrong-layer"),
                "hashing" => ("layer", "wrong-hashing"),
                "variants" => ("variants", "wrong-variants"),
                _ => return None,
            };
            Some((name, frame.say(key).to_string()))
        }
        _ => None,
    }
}

pub async fn edit(
    State(segments): State<Segments>,
    frame: Frame,
    InPath(key): InPath<String>,
) -> Result<Response, Problem> {
    let segment = living(&segments, &key)?;
    let frame = frame.over(&WORDS);
    let typed = typed_of(&segment, &segments, frame.tongue().zone());
    Ok(shown(&rule_page(frame, &segment, &typed, Faults::new())))
}

pub async fn change(
    State(segments): State<Segments>,
    caller: Caller,
    frame: Frame,
    InPath(key): InPath<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let segment = living(&segments, &key)?;
    let frame = frame.over(&WORDS);
    let again = |frame: Frame, faults| refused(shown(&rule_page(frame, &segment, &typed, faults)));
    let (definition, exact) = match read(&frame, &typed, &segment, &segments) {
        Ok(read) => read,
        Err(faults) => return Ok(again(frame, faults)),
    };
    let saved = if typed_in(&typed, "act") == "save" {
        let version = version_in(&typed);
        save(&segments, &segment, version, definition, exact, &caller).await
    } else {
        preview(&segments, &segment, definition, exact).await
    };
    match saved {
        Ok(Done::Saved) => Ok(done(&page_of(&key), "done-rule-saved")),
        Ok(Done::Previewed(does)) => {
            let page = RulePage {
                preview: Some(said::edited(&frame, does)),
                ..rule_page(frame, &segment, &typed, Faults::new())
            };
            Ok(shown(&page))
        }
        Err(Refused::Reason(Reason::Stale)) => Ok(stale(frame, &segments, &key, &typed)?),
        Err(Refused::Reason(reason)) => match fault_of(&frame, &reason) {
            Some(fault) => Ok(again(frame, Faults::from([fault]))),
            None => Err(reason.into()),
        },
        Err(why) => Err(why.into()),
    }
}

enum Done {
    Saved,
    Previewed(crate::numbers::Edited),
}

async fn save(
    segments: &Segments,
    segment: &Segment,
    version: i64,
    definition: Definition,
    exact: bool,
    caller: &Caller,
) -> Result<Done, Refused> {
    if version != segment.version {
        return Err(Reason::Stale.into());
    }
    let definition = segments.settled(Some(segment), definition, exact).await?;
    let edit = Edit {
        definition: Some(definition),
        ..Edit::default()
    };
    let key = segment.key.as_str();
    segments.change(key, Some(version), edit, actor(caller)).await?;
    Ok(Done::Saved)
}

async fn preview(
    segments: &Segments,
    segment: &Segment,
    definition: Definition,
    exact: bool,
) -> Result<Done, Refused> {
    let others = segments.segments(true);
    check(segment.number, &segment.key, &definition, &others, segments.now())?;
    let definition = segments.settled(Some(segment), definition, exact).await?;
    let does = segments.preview(segment.key.as_str(), definition).await?;
    Ok(Done::Previewed(does))
}

/// Nothing that was typed is lost: what stands now is shown above it, and saving again goes over that.
fn stale(frame: Frame, segments: &Segments, key: &str, typed: &Typed) -> Result<Response, Problem> {
    let current = living(segments, key)?;
    let shelf = segments.shelf_now();
    let rule = said::rule(&frame, &current, &current.definition, &shelf, segments.now());
    let page = RulePage {
        stale: Some(rule),
        version: current.version.to_string(),
        ..rule_page(frame, &current, typed, Faults::new())
    };
    Ok((StatusCode::CONFLICT, shown(&page)).into_response())
}
