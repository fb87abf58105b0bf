//! How definitions and facts stand in the store: JSON that SQL never looks into. Written by this program only, so what
//! does not read is a fault of the store and not of a caller.

use std::collections::BTreeMap;

use kernel::{Language, Moment};
use serde::{Deserialize, Serialize};
use store::StoreError;

use crate::types::{
    ByHand, Condition, Definition, Facts, Ground, Hashing, Key, Mark, Number, Rollout, Says, Share, Side,
    Span, Step, Test, Value, Variant,
};

pub(crate) fn broken(what: &str) -> StoreError {
    StoreError::broken(format!("{what} of a segment reads otherwise than it is written"))
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum ValueRow {
    Flag(bool),
    Integer(i64),
    Decimal(f64),
    Text(String),
}

impl From<Value> for ValueRow {
    fn from(value: Value) -> ValueRow {
        match value {
            Value::Text(text) => ValueRow::Text(text),
            Value::Integer(integer) => ValueRow::Integer(integer),
            Value::Decimal(decimal) => ValueRow::Decimal(decimal),
            Value::Flag(flag) => ValueRow::Flag(flag),
        }
    }
}

impl From<ValueRow> for Value {
    fn from(row: ValueRow) -> Value {
        match row {
            ValueRow::Text(text) => Value::Text(text),
            ValueRow::Integer(integer) => Value::Integer(integer),
            ValueRow::Decimal(decimal) => Value::Decimal(decimal),
            ValueRow::Flag(flag) => Value::Flag(flag),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct FactsRow {
    language: String,
    zone: String,
    created: i64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, ValueRow>,
}

pub(crate) fn write_facts(facts: &Facts) -> Result<String, StoreError> {
    let attributes = facts.attributes.iter();
    let row = FactsRow {
        language: facts.language.code().to_owned(),
        zone: facts.zone.clone(),
        created: facts.created.as_micros(),
        attributes: attributes
            .map(|(name, value)| (name.clone(), ValueRow::from(value.clone())))
            .collect(),
    };
    serde_json::to_string(&row).map_err(|_| broken("what is known"))
}

pub(crate) fn read_facts(text: &str) -> Result<Facts, StoreError> {
    let row: FactsRow = serde_json::from_str(text).map_err(|_| broken("what is known"))?;
    Ok(Facts {
        language: row.language.parse().map_err(|_| broken("a language"))?,
        zone: row.zone,
        created: Moment::from_micros(row.created),
        attributes: row
            .attributes
            .into_iter()
            .map(|(name, value)| (name, Value::from(value)))
            .collect(),
    })
}

/// Two bytes for each segment, and eight more for an end.
pub(crate) fn write_hand(list: &[ByHand]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(list.len() * 2);
    for one in list {
        let ends = if one.until.is_some() { ENDS } else { 0 };
        bytes.extend_from_slice(&(one.mark().code() | ends).to_be_bytes());
        bytes.extend(one.until.iter().flat_map(|until| until.as_micros().to_be_bytes()));
    }
    bytes
}

/// The bit that sets marks of draws apart, which no list by hand has.
const ENDS: u16 = 0x8000;

pub(crate) fn read_hand(mut bytes: &[u8]) -> Result<Vec<ByHand>, StoreError> {
    let mut list = Vec::with_capacity(bytes.len() / 2);
    while let Some((code, rest)) = bytes.split_first_chunk::<2>() {
        let code = u16::from_be_bytes(*code);
        bytes = rest;
        let until = if code & ENDS == 0 {
            None
        } else {
            let (until, rest) = bytes.split_first_chunk::<8>().ok_or_else(|| broken("an end"))?;
            bytes = rest;
            Some(Moment::from_micros(i64::from_be_bytes(*until)))
        };
        let (segment, side) = match Mark::from_code(code & !ENDS).says() {
            Says::In(segment) => (segment, Side::In),
            Says::Out(segment) => (segment, Side::Out),
            Says::Drawn(_) => return Err(broken("a list by hand")),
        };
        list.push(ByHand { segment, side, until });
    }
    if bytes.is_empty() {
        Ok(list)
    } else {
        Err(broken("a list by hand"))
    }
}

#[derive(Serialize, Deserialize)]
struct DefinitionRow {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rollout: Option<RolloutRow>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    variants: Vec<(String, u32)>,
}

#[derive(Serialize, Deserialize)]
struct RolloutRow {
    salt: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hashing: Option<String>,
    share: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exact: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    steps: Vec<(i64, u32)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    conditions: Vec<ConditionRow>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    include: Vec<u16>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    exclude: Vec<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    layer: Option<LayerRow>,
}

#[derive(Serialize, Deserialize)]
struct LayerRow {
    name: String,
    spans: Vec<(u64, Option<u64>)>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ConditionRow {
    Language(Vec<String>),
    Zone(Vec<String>),
    CreatedBefore(i64),
    CreatedSince(i64),
    OneOf(String, Vec<ValueRow>),
    NoneOf(String, Vec<ValueRow>),
    AtLeast(String, f64),
    AtMost(String, f64),
    Present(String),
    Absent(String),
}

impl From<Condition> for ConditionRow {
    fn from(condition: Condition) -> ConditionRow {
        let rows = |values: Vec<Value>| values.into_iter().map(ValueRow::from).collect();
        match condition {
            Condition::Language(languages) => {
                ConditionRow::Language(languages.iter().map(|one| one.code().to_owned()).collect())
            }
            Condition::Zone(zones) => ConditionRow::Zone(zones),
            Condition::CreatedBefore(instant) => ConditionRow::CreatedBefore(instant.as_micros()),
            Condition::CreatedSince(instant) => ConditionRow::CreatedSince(instant.as_micros()),
            Condition::Attribute { name, test } => match test {
                Test::OneOf(values) => ConditionRow::OneOf(name, rows(values)),
                Test::NoneOf(values) => ConditionRow::NoneOf(name, rows(values)),
                Test::AtLeast(least) => ConditionRow::AtLeast(name, least),
                Test::AtMost(most) => ConditionRow::AtMost(name, most),
                Test::Present => ConditionRow::Present(name),
                Test::Absent => ConditionRow::Absent(name),
            },
        }
    }
}

impl TryFrom<ConditionRow> for Condition {
    type Error = StoreError;

    fn try_from(row: ConditionRow) -> Result<Condition, StoreError> {
        let values = |rows: Vec<ValueRow>| rows.into_iter().map(Value::from).collect();
        let of = |name: String, test: Test| Condition::Attribute { name, test };
        Ok(match row {
            ConditionRow::Language(codes) => {
                let languages: Result<Vec<Language>, _> = codes.iter().map(|code| code.parse()).collect();
                Condition::Language(languages.map_err(|_| broken("a language"))?)
            }
            ConditionRow::Zone(zones) => Condition::Zone(zones),
            ConditionRow::CreatedBefore(instant) => Condition::CreatedBefore(Moment::from_micros(instant)),
            ConditionRow::CreatedSince(instant) => Condition::CreatedSince(Moment::from_micros(instant)),
            ConditionRow::OneOf(name, rows) => of(name, Test::OneOf(values(rows))),
            ConditionRow::NoneOf(name, rows) => of(name, Test::NoneOf(values(rows))),
            ConditionRow::AtLeast(name, least) => of(name, Test::AtLeast(least)),
            ConditionRow::AtMost(name, most) => of(name, Test::AtMost(most)),
            ConditionRow::Present(name) => of(name, Test::Present),
            ConditionRow::Absent(name) => of(name, Test::Absent),
        })
    }
}

pub(crate) fn write_definition(definition: &Definition) -> Result<String, StoreError> {
    let variants = definition.variants.iter();
    let row = DefinitionRow {
        rollout: definition.rollout.clone().map(RolloutRow::from),
        variants: variants
            .map(|variant| (variant.name.to_string(), variant.weight))
            .collect(),
    };
    serde_json::to_string(&row).map_err(|_| broken("the definition"))
}

pub(crate) fn read_definition(text: &str) -> Result<Definition, StoreError> {
    let row: DefinitionRow = serde_json::from_str(text).map_err(|_| broken("the definition"))?;
    let variants = row.variants.into_iter().map(|(name, weight)| Variant {
        name: Key::stored(name),
        weight,
    });
    Ok(Definition {
        rollout: row.rollout.map(Rollout::try_from).transpose()?,
        variants: variants.collect(),
    })
}

pub(crate) fn write_rollout(rollout: &Rollout) -> Result<String, StoreError> {
    serde_json::to_string(&RolloutRow::from(rollout.clone())).map_err(|_| broken("a draw"))
}

pub(crate) fn read_rollout(text: &str) -> Result<Rollout, StoreError> {
    let row: RolloutRow = serde_json::from_str(text).map_err(|_| broken("a draw"))?;
    Rollout::try_from(row)
}

impl From<Rollout> for RolloutRow {
    fn from(rollout: Rollout) -> RolloutRow {
        let numbers = |numbers: Vec<Number>| numbers.into_iter().map(Number::get).collect();
        RolloutRow {
            salt: rollout.salt,
            hashing: (rollout.hashing != Hashing::Ours).then(|| rollout.hashing.as_str().to_owned()),
            share: rollout.share.parts(),
            exact: rollout.exact,
            steps: rollout
                .steps
                .iter()
                .map(|step| (step.at.as_micros(), step.share.parts()))
                .collect(),
            until: rollout.until.map(Moment::as_micros),
            conditions: rollout.conditions.into_iter().map(ConditionRow::from).collect(),
            include: numbers(rollout.include),
            exclude: numbers(rollout.exclude),
            layer: match rollout.ground {
                Ground::Own => None,
                Ground::Layer { name, spans } => Some(LayerRow {
                    name: name.to_string(),
                    spans: spans.iter().map(|span| (span.from, span.to)).collect(),
                }),
            },
        }
    }
}

impl TryFrom<RolloutRow> for Rollout {
    type Error = StoreError;

    fn try_from(row: RolloutRow) -> Result<Rollout, StoreError> {
        let share = |parts| Share::of_parts(parts).ok_or_else(|| broken("a share"));
        let numbers = |numbers: Vec<u16>| {
            let numbers = numbers.into_iter().map(Number::new);
            numbers
                .collect::<Option<Vec<Number>>>()
                .ok_or_else(|| broken("a number"))
        };
        let step = |(at, parts)| {
            Ok::<_, StoreError>(Step {
                at: Moment::from_micros(at),
                share: share(parts)?,
            })
        };
        let ground = row.layer.map_or(Ground::Own, |layer| Ground::Layer {
            name: Key::stored(layer.name),
            spans: layer
                .spans
                .into_iter()
                .map(|(from, to)| Span { from, to })
                .collect(),
        });
        Ok(Rollout {
            salt: row.salt,
            hashing: match row.hashing {
                None => Hashing::Ours,
                Some(name) => Hashing::parse(&name).ok_or_else(|| broken("a hashing"))?,
            },
            share: share(row.share)?,
            exact: row.exact,
            steps: row.steps.into_iter().map(step).collect::<Result<_, _>>()?,
            until: row.until.map(Moment::from_micros),
            conditions: row
                .conditions
                .into_iter()
                .map(Condition::try_from)
                .collect::<Result<_, _>>()?,
            include: numbers(row.include)?,
            exclude: numbers(row.exclude)?,
            ground,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_by_hand_reads_as_it_is_written() {
        let one = |segment, side, until: Option<i64>| ByHand {
            segment: Number::new(segment).unwrap(),
            side,
            until: until.map(Moment::from_seconds),
        };
        let list = [
            one(0, Side::In, None),
            one(1, Side::Out, None),
            one(7, Side::In, Some(1_795_000_000)),
            one(16_383, Side::Out, Some(-1)),
        ];
        let bytes = write_hand(&list);
        assert_eq!(bytes.len(), 4 * 2 + 2 * 8);
        assert_eq!(read_hand(&bytes).unwrap(), list);
        assert!(read_hand(&bytes[..7]).is_err());
        assert!(read_hand(&[]).unwrap().is_empty());
    }

    #[test]
    fn a_definition_reads_as_it_is_written() {
        let attribute = |name: &str, test| Condition::Attribute {
            name: name.to_owned(),
            test,
        };
        let full = Definition {
            rollout: Some(Rollout {
                hashing: Hashing::Unleash,
                exact: Some(u64::MAX),
                steps: vec![Step {
                    at: Moment::from_seconds(1),
                    share: Share::EVERYBODY,
                }],
                until: Some(Moment::from_micros(7)),
                conditions: vec![
                    Condition::Language(vec![Language::Russian]),
                    Condition::Zone(vec!["Asia/Omsk".to_owned()]),
                    Condition::CreatedBefore(Moment::from_seconds(2)),
                    Condition::CreatedSince(Moment::from_seconds(1)),
                    attribute(
                        "plan",
                        Test::OneOf(vec![Value::Text("gold".to_owned()), Value::Integer(3)]),
                    ),
                    attribute("paid", Test::NoneOf(vec![Value::Flag(true)])),
                    attribute("age", Test::AtLeast(1.5)),
                    attribute("age", Test::AtMost(2.0)),
                    attribute("x", Test::Present),
                    attribute("y", Test::Absent),
                ],
                include: vec![Number::new(1).unwrap()],
                exclude: vec![Number::new(2).unwrap()],
                ground: Ground::Layer {
                    name: Key::stored("checkout".to_owned()),
                    spans: vec![Span { from: 3, to: None }],
                },
                ..Rollout::plain("salt", Share::of_parts(7).unwrap())
            }),
            variants: vec![Variant {
                name: Key::stored("a".to_owned()),
                weight: 3,
            }],
        };
        for definition in [full, Definition::default()] {
            let text = write_definition(&definition).unwrap();
            assert_eq!(read_definition(&text).unwrap(), definition, "{text}");
        }
        assert!(read_definition("{}").is_ok() && read_definition("7").is_err());
    }
}
