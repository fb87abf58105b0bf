//! How segments are written in JSON, and read from it: shares in per cent, segments by their keys.

use front::Problem;
use kernel::{Language, Moment, Text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::people::Explained;
use crate::rules::why::Why;
use crate::service::{Segments, Shelf};
use crate::types::{
    Actor, Condition, Definition, Ground, Hashing, Key, Number, Rollout, Segment, Share, Step, Test, Value,
    Variant,
};

pub const TITLE_CHARS_MAX: usize = 120;
pub const DESCRIPTION_CHARS_MAX: usize = 2_000;
pub const OWNER_CHARS_MAX: usize = 120;
pub const SALT_CHARS_MAX: usize = 100;
pub const VALUES_MAX: usize = 100;
pub const VALUE_CHARS_MAX: usize = 300;

/// A segment.
#[derive(Serialize, ToSchema)]
pub struct SegmentOut {
    pub key: String,
    pub title: String,
    pub description: String,
    /// The team that answers for it.
    pub owner: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollout: Option<RolloutShape>,
    pub variants: Vec<VariantShape>,
    /// Grows by one with each change; the ETag is made of it.
    pub version: i64,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub changed_at: String,
    /// Since when nobody is in it any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub archived_at: Option<String>,
}

/// A standing rule: this share of all people, new people included.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RolloutShape {
    /// In per cent, with at most 7 decimals.
    #[schema(minimum = 0, maximum = 100, example = 12.5)]
    pub share: f64,
    /// Takes exactly this share of the people that it applies to at the moment when it is saved.
    #[serde(default)]
    pub exact: bool,
    /// What makes it independent of all others. The key, if not given; two rollouts with one salt have the same people.
    #[schema(max_length = 100)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// `townhall` (if not given), or how another house hashes: `unleash`, `launchdarkly`, `growthbook`, `flagd`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hashing: Option<String>,
    /// From these instants on, these shares.
    #[schema(max_items = 50)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepShape>,
    /// From this instant on, nobody.
    #[schema(format = DateTime)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// All of these must be true of a person.
    #[schema(max_items = 20)]
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<ConditionShape>,
    /// Keys of segments: only people of all of these.
    #[schema(max_items = 50)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// Keys of segments: nobody of any of these.
    #[schema(max_items = 50)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// The layer that the share is cut from: segments of one layer have nobody in common.
    #[schema(max_length = 100, example = "CHECKOUT")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
}

/// A change of the share at an instant.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepShape {
    #[schema(format = DateTime)]
    pub at: String,
    #[schema(minimum = 0, maximum = 100)]
    pub share: f64,
}

/// One thing that must be true: about the language, the zone, the time of creation, or one attribute.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConditionShape {
    /// One of these languages: `en`, `ru`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Vec<String>>,
    /// One of these time zones of the IANA database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Vec<String>>,
    #[schema(format = DateTime)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_before: Option<String>,
    #[schema(format = DateTime)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_since: Option<String>,
    /// The name of an attribute, with exactly one of the tests below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Vec<PlainShape>>,
    /// Also true of whoever does not have the attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub none_of: Option<Vec<PlainShape>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// Whether the person has the attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present: Option<bool>,
}

/// A value of an attribute: text, a number, true or false.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum PlainShape {
    Flag(bool),
    Integer(i64),
    Decimal(f64),
    Text(String),
}

/// Part of a segment's people that is shown something of its own.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VariantShape {
    #[schema(max_length = 100, example = "blue")]
    pub name: String,
    #[schema(minimum = 0, maximum = 1000000, example = 1)]
    pub weight: u32,
}

impl SegmentOut {
    pub fn of(segment: &Segment, shelf: &Shelf) -> SegmentOut {
        let definition = &segment.definition;
        SegmentOut {
            key: segment.key.to_string(),
            title: segment.title.as_str().to_owned(),
            description: segment.description.as_str().to_owned(),
            owner: segment.owner.as_str().to_owned(),
            rollout: rollout_of(definition, shelf),
            variants: variants_of(definition),
            version: segment.version,
            created_at: segment.created.to_string(),
            changed_at: segment.changed.to_string(),
            archived_at: segment.archived.map(|at| at.to_string()),
        }
    }
}

pub fn rollout_of(definition: &Definition, shelf: &Shelf) -> Option<RolloutShape> {
    let rollout = definition.rollout.as_ref();
    rollout.map(|rollout| rollout_shape(rollout, shelf))
}

pub fn variants_of(definition: &Definition) -> Vec<VariantShape> {
    let variants = definition.variants.iter().map(|variant| VariantShape {
        name: variant.name.to_string(),
        weight: variant.weight,
    });
    variants.collect()
}

fn rollout_shape(rollout: &Rollout, shelf: &Shelf) -> RolloutShape {
    let keys = |numbers: &[Number]| {
        numbers
            .iter()
            .map(|number| shelf.key_of(*number).to_string())
            .collect()
    };
    RolloutShape {
        share: percent(rollout.share),
        exact: rollout.exact.is_some(),
        salt: Some(rollout.salt.clone()),
        hashing: Some(rollout.hashing.as_str().to_owned()),
        steps: rollout
            .steps
            .iter()
            .map(|step| StepShape {
                at: step.at.to_string(),
                share: percent(step.share),
            })
            .collect(),
        until: rollout.until.map(|until| until.to_string()),
        conditions: rollout.conditions.iter().map(condition_shape).collect(),
        include: keys(&rollout.include),
        exclude: keys(&rollout.exclude),
        layer: match &rollout.ground {
            Ground::Own => None,
            Ground::Layer { name, .. } => Some(name.to_string()),
        },
    }
}

pub fn percent(share: Share) -> f64 {
    share.to_string().parse().unwrap_or_default()
}

pub fn condition_shape(condition: &Condition) -> ConditionShape {
    let nothing = ConditionShape::default();
    let shapes = |values: &[Value]| Some(values.iter().map(plain).collect());
    match condition {
        Condition::Language(languages) => ConditionShape {
            language: Some(languages.iter().map(|one| one.code().to_owned()).collect()),
            ..nothing
        },
        Condition::Zone(zones) => ConditionShape {
            zone: Some(zones.clone()),
            ..nothing
        },
        Condition::CreatedBefore(instant) => ConditionShape {
            created_before: Some(instant.to_string()),
            ..nothing
        },
        Condition::CreatedSince(instant) => ConditionShape {
            created_since: Some(instant.to_string()),
            ..nothing
        },
        Condition::Attribute { name, test } => {
            let mut shape = ConditionShape {
                attribute: Some(name.clone()),
                ..nothing
            };
            match test {
                Test::OneOf(values) => shape.one_of = shapes(values),
                Test::NoneOf(values) => shape.none_of = shapes(values),
                Test::AtLeast(least) => shape.at_least = Some(*least),
                Test::AtMost(most) => shape.at_most = Some(*most),
                Test::Present => shape.present = Some(true),
                Test::Absent => shape.present = Some(false),
            }
            shape
        }
    }
}

fn plain(value: &Value) -> PlainShape {
    match value {
        Value::Text(text) => PlainShape::Text(text.clone()),
        Value::Integer(integer) => PlainShape::Integer(*integer),
        Value::Decimal(decimal) => PlainShape::Decimal(*decimal),
        Value::Flag(flag) => PlainShape::Flag(*flag),
    }
}

/// Text of a field, or what is wrong with it.
pub fn text(field: &str, given: &str, chars_max: usize) -> Result<Text, Problem> {
    Text::new(given, chars_max).map_err(|bad| Problem::invalid(field, "text", bad.to_string()))
}

pub fn key(field: &str, given: &str) -> Result<Key, Problem> {
    Key::parse(given).map_err(|bad| Problem::invalid(field, "key", bad.to_string()))
}

pub fn instant(field: &str, given: &str) -> Result<Moment, Problem> {
    given.parse().map_err(|_| {
        Problem::invalid(
            field,
            "instant",
            "must be an instant such as 2027-01-31T12:00:00Z",
        )
    })
}

pub fn share(field: &str, given: f64) -> Result<Share, Problem> {
    Share::parse_percent(&given.to_string()).map_err(|bad| Problem::invalid(field, "share", bad.to_string()))
}

/// What a caller wants a segment of this key to decide. Whether it is `exact` is for the service to fulfil.
pub fn definition(
    key: &Key,
    rollout: Option<RolloutShape>,
    variants: Vec<VariantShape>,
    shelf: &Shelf,
) -> Result<(Definition, bool), Problem> {
    let exact = rollout.as_ref().is_some_and(|rollout| rollout.exact);
    let rollout = rollout
        .map(|shape| read_rollout(key, &shape, shelf))
        .transpose()?;
    let variants = variants.into_iter().enumerate().map(|(at, shape)| {
        Ok(Variant {
            name: self::key(&format!("variants[{at}].name"), &shape.name)?,
            weight: shape.weight,
        })
    });
    let definition = Definition {
        rollout,
        variants: variants.collect::<Result<_, Problem>>()?,
    };
    Ok((definition, exact))
}

/// Living segments by their keys.
fn numbers(field: &str, keys: &[String], shelf: &Shelf) -> Result<Vec<Number>, Problem> {
    let numbers = keys.iter().enumerate().map(|(at, key)| {
        let field = || format!("{field}[{at}]");
        let segment = shelf
            .with_key(key)
            .map_err(|reason| Problem::invalid(field(), "unknown", reason.to_string()))?;
        match segment.archived {
            None => Ok(segment.number),
            Some(_) => Err(Problem::invalid(field(), "archived", "is archived")),
        }
    });
    numbers.collect()
}

pub fn conditions(field: &str, shapes: &[ConditionShape]) -> Result<Vec<Condition>, Problem> {
    let conditions = shapes.iter().enumerate();
    conditions
        .map(|(at, shape)| condition(&format!("{field}[{at}]"), shape))
        .collect()
}

/// Whom a draw is from: everybody of whom all of this is true.
pub fn among(
    conditions: &[ConditionShape],
    include: &[String],
    exclude: &[String],
    shelf: &Shelf,
) -> Result<Rollout, Problem> {
    Ok(Rollout {
        conditions: self::conditions("where", conditions)?,
        include: numbers("include", include, shelf)?,
        exclude: numbers("exclude", exclude, shelf)?,
        ..Rollout::plain("", Share::EVERYBODY)
    })
}

fn read_rollout(key: &Key, shape: &RolloutShape, shelf: &Shelf) -> Result<Rollout, Problem> {
    let salt = shape.salt.as_deref().unwrap_or(key.as_str());
    let hashing = match shape.hashing.as_deref() {
        None => Hashing::Ours,
        Some(name) => Hashing::parse(name).ok_or_else(|| {
            let names = Hashing::ALL.map(Hashing::as_str).join(", ");
            Problem::invalid("rollout.hashing", "unknown", format!("must be one of: {names}"))
        })?,
    };
    let steps = shape.steps.iter().enumerate().map(|(at, step)| {
        Ok(Step {
            at: instant(&format!("rollout.steps[{at}].at"), &step.at)?,
            share: share(&format!("rollout.steps[{at}].share"), step.share)?,
        })
    });
    Ok(Rollout {
        salt: text("rollout.salt", salt, SALT_CHARS_MAX)?.into_string(),
        hashing,
        share: share("rollout.share", shape.share)?,
        exact: None,
        steps: steps.collect::<Result<_, Problem>>()?,
        until: shape
            .until
            .as_deref()
            .map(|until| instant("rollout.until", until))
            .transpose()?,
        conditions: conditions("rollout.where", &shape.conditions)?,
        include: numbers("rollout.include", &shape.include, shelf)?,
        exclude: numbers("rollout.exclude", &shape.exclude, shelf)?,
        ground: match shape.layer.as_deref() {
            None => Ground::Own,
            Some(_) if shape.exact => {
                let what = "cannot be asked for in a layer, whose shares are of all people";
                return Err(Problem::invalid("rollout.exact", "layer", what));
            }
            Some(name) => Ground::Layer {
                name: self::key("rollout.layer", name)?,
                spans: Vec::new(),
            },
        },
    })
}

fn condition(field: &str, shape: &ConditionShape) -> Result<Condition, Problem> {
    let at = |name: &str| format!("{field}.{name}");
    let mut found = Vec::new();
    if let Some(codes) = &shape.language {
        let languages = codes.iter().map(|code| code.parse::<Language>());
        let languages: Result<Vec<_>, _> = languages.collect();
        let bad = |bad: kernel::BadLanguage| Problem::invalid(at("language"), "language", bad.to_string());
        found.push(Condition::Language(languages.map_err(bad)?));
    }
    if let Some(zones) = &shape.zone {
        let unknown = zones.iter().find(|zone| jiff::tz::TimeZone::get(zone).is_err());
        if unknown.is_some() {
            let what = "must be time zones of the IANA database, such as Europe/Moscow";
            return Err(Problem::invalid(at("zone"), "zone", what));
        }
        found.push(Condition::Zone(zones.clone()));
    }
    if let Some(before) = &shape.created_before {
        found.push(Condition::CreatedBefore(instant(&at("created_before"), before)?));
    }
    if let Some(since) = &shape.created_since {
        found.push(Condition::CreatedSince(instant(&at("created_since"), since)?));
    }
    if let Some(name) = &shape.attribute {
        found.push(Condition::Attribute {
            name: text(&at("attribute"), name, VALUE_CHARS_MAX)?.into_string(),
            test: test(field, shape)?,
        });
    }
    match (found.pop(), found.is_empty()) {
        (Some(condition), true) => Ok(condition),
        _ => Err(Problem::invalid(
            field,
            "condition",
            "must have exactly one of language, zone, created_before, created_since and attribute",
        )),
    }
}

fn test(field: &str, shape: &ConditionShape) -> Result<Test, Problem> {
    let values = |name: &str, given: &[PlainShape]| {
        let bad = |what: &str| Problem::invalid(format!("{field}.{name}"), "values", what);
        if given.is_empty() || given.len() > VALUES_MAX {
            return Err(bad(&format!("must have 1 to {VALUES_MAX} values")));
        }
        let values: Option<Vec<Value>> = given.iter().map(value).collect();
        values.ok_or_else(|| bad("must be texts of at most 300 characters, numbers, true or false"))
    };
    let mut found = Vec::new();
    if let Some(given) = &shape.one_of {
        found.push(Test::OneOf(values("one_of", given)?));
    }
    if let Some(given) = &shape.none_of {
        found.push(Test::NoneOf(values("none_of", given)?));
    }
    found.extend(shape.at_least.map(Test::AtLeast));
    found.extend(shape.at_most.map(Test::AtMost));
    found.extend(
        shape
            .present
            .map(|present| if present { Test::Present } else { Test::Absent }),
    );
    match (found.pop(), found.is_empty()) {
        (Some(test), true) => Ok(test),
        _ => Err(Problem::invalid(
            field,
            "test",
            "must have exactly one of one_of, none_of, at_least, at_most and present beside attribute",
        )),
    }
}

fn value(shape: &PlainShape) -> Option<Value> {
    match shape {
        PlainShape::Flag(flag) => Some(Value::Flag(*flag)),
        PlainShape::Integer(integer) => Some(Value::Integer(*integer)),
        PlainShape::Decimal(decimal) => Some(Value::Decimal(*decimal)),
        PlainShape::Text(text) => {
            let fits = text.chars().count() <= VALUE_CHARS_MAX && !text.contains('\0');
            fits.then(|| Value::Text(text.clone()))
        }
    }
}

/// Who did something: `house`, `person:ID` or `key:ID`.
pub fn actor(by: Actor) -> String {
    match by {
        Actor::House => "house".to_owned(),
        Actor::Person(person) => format!("person:{person}"),
        Actor::Service(key) => format!("key:{key}"),
    }
}

/// A condition in one line, for people: the JSON in which it was asked for.
pub fn said(condition: &Condition) -> String {
    serde_json::to_string(&condition_shape(condition)).unwrap_or_default()
}

/// What is said beside the word for why somebody is in or not.
#[derive(Default)]
pub struct Told {
    /// The person's point and what it must be below, of 10,000.
    pub stand: Option<(u64, u64)>,
    pub version: Option<i64>,
    pub until: Option<Moment>,
    pub what: Option<String>,
    pub draw: Option<u16>,
    pub since: Option<Moment>,
    pub by: Option<String>,
}

impl Told {
    pub fn of(explained: &Explained, segments: &Segments) -> Told {
        let told = Told {
            since: explained.done.map(|(since, _)| since),
            by: explained.done.map(|(_, by)| actor(by)),
            ..Told::default()
        };
        let key = |number| segments.shelf_now().key_of(number).to_string();
        match &explained.why {
            Why::ByHand { until } => Told {
                until: *until,
                ..told
            },
            Why::Drawn { draw, until, .. } => Told {
                until: *until,
                draw: Some(draw.get()),
                ..told
            },
            Why::Rolled { stand, version } => Told {
                stand: Some(stand.in_ten_thousandths()),
                version: Some(*version),
                ..told
            },
            Why::Beyond { stand } => Told {
                stand: Some(stand.in_ten_thousandths()),
                ..told
            },
            Why::NoSegment | Why::Shielded | Why::NoRollout => told,
            Why::HeldOut { holdout } => told.about(holdout.to_string()),
            Why::False { condition } => told.about(said(condition)),
            Why::NotIn(number) | Why::ExcludedBy(number) => told.about(key(*number)),
        }
    }

    fn about(self, what: String) -> Told {
        Told {
            what: Some(what),
            ..self
        }
    }
}
