//! Messages, put into the shapes of REST, and back from them. An instant is written out as REST would have it and read
//! there, so that one reading says what is wrong with it.

use kernel::Moment;
use wire::segments::v1 as pb;

use crate::http::wire::{self as shapes, percent};
use crate::http::wire::{ConditionShape, PlainShape, RolloutShape, StepShape, VariantShape};
use crate::service::Shelf;
use crate::types::{Condition, Definition, Ground, Number, Rollout, Segment, Step, Test, Value};

pub(super) fn instant_in(micros: i64) -> String {
    Moment::from_micros(micros).to_string()
}

pub(super) fn rollout_in(rollout: pb::Rollout) -> RolloutShape {
    RolloutShape {
        share: rollout.share,
        exact: rollout.exact,
        salt: rollout.salt,
        hashing: rollout.hashing,
        steps: rollout
            .steps
            .into_iter()
            .map(|step| StepShape {
                at: instant_in(step.at_micros),
                share: step.share,
            })
            .collect(),
        until: rollout.until_micros.map(instant_in),
        conditions: rollout.conditions.into_iter().map(condition_in).collect(),
        include: rollout.include,
        exclude: rollout.exclude,
        layer: rollout.layer,
    }
}

pub(super) fn variants_in(variants: Vec<pb::Variant>) -> Vec<VariantShape> {
    let variants = variants.into_iter().map(|variant| VariantShape {
        name: variant.name,
        weight: variant.weight,
    });
    variants.collect()
}

/// One that says nothing becomes one that is refused for that.
pub(super) fn condition_in(condition: pb::Condition) -> ConditionShape {
    use pb::condition::About;
    let nothing = ConditionShape::default();
    match condition.about {
        None => nothing,
        Some(About::Language(texts)) => ConditionShape {
            language: Some(texts.values),
            ..nothing
        },
        Some(About::Zone(texts)) => ConditionShape {
            zone: Some(texts.values),
            ..nothing
        },
        Some(About::CreatedBeforeMicros(micros)) => ConditionShape {
            created_before: Some(instant_in(micros)),
            ..nothing
        },
        Some(About::CreatedSinceMicros(micros)) => ConditionShape {
            created_since: Some(instant_in(micros)),
            ..nothing
        },
        Some(About::Attribute(attribute)) => attribute_in(attribute),
    }
}

fn attribute_in(attribute: pb::AttributeTest) -> ConditionShape {
    use pb::attribute_test::Test;
    let mut shape = ConditionShape {
        attribute: Some(attribute.name),
        ..ConditionShape::default()
    };
    match attribute.test {
        None => {}
        Some(Test::OneOf(values)) => shape.one_of = Some(values_in(values)),
        Some(Test::NoneOf(values)) => shape.none_of = Some(values_in(values)),
        Some(Test::AtLeast(least)) => shape.at_least = Some(least),
        Some(Test::AtMost(most)) => shape.at_most = Some(most),
        Some(Test::Present(present)) => shape.present = Some(present),
    }
    shape
}

fn values_in(values: pb::Values) -> Vec<PlainShape> {
    use pb::value::Value;
    let values = values.values.into_iter().map(|value| match value.value {
        Some(Value::Text(text)) => PlainShape::Text(text),
        Some(Value::Integer(integer)) => PlainShape::Integer(integer),
        Some(Value::Decimal(decimal)) => PlainShape::Decimal(decimal),
        Some(Value::Flag(flag)) => PlainShape::Flag(flag),
        // What was left out is the empty text, as everywhere in gRPC.
        None => PlainShape::Text(String::new()),
    });
    values.collect()
}

pub(super) fn segment_out(segment: &Segment, shelf: &Shelf) -> pb::Segment {
    let definition = &segment.definition;
    pb::Segment {
        key: segment.key.to_string(),
        title: segment.title.as_str().to_owned(),
        description: segment.description.as_str().to_owned(),
        owner: segment.owner.as_str().to_owned(),
        rollout: rollout_out(definition, shelf),
        variants: variants_out(definition),
        version: segment.version,
        created_at_micros: segment.created.as_micros(),
        changed_at_micros: segment.changed.as_micros(),
        archived_at_micros: segment.archived.map(Moment::as_micros),
    }
}

pub(super) fn rollout_out(definition: &Definition, shelf: &Shelf) -> Option<pb::Rollout> {
    let rollout = definition.rollout.as_ref()?;
    let steps = rollout.steps.iter().map(|step: &Step| pb::Step {
        at_micros: step.at.as_micros(),
        share: percent(step.share),
    });
    let (conditions, include, exclude) = among_out(rollout, shelf);
    Some(pb::Rollout {
        share: percent(rollout.share),
        exact: rollout.exact.is_some(),
        salt: Some(rollout.salt.clone()),
        hashing: Some(rollout.hashing.as_str().to_owned()),
        steps: steps.collect(),
        until_micros: rollout.until.map(Moment::as_micros),
        conditions,
        include,
        exclude,
        layer: match &rollout.ground {
            Ground::Own => None,
            Ground::Layer { name, .. } => Some(name.to_string()),
        },
    })
}

/// Whom a rollout or a draw is for.
pub(super) fn among_out(rollout: &Rollout, shelf: &Shelf) -> (Vec<pb::Condition>, Vec<String>, Vec<String>) {
    let keys = |numbers: &[Number]| {
        let keys = numbers.iter().map(|number| shelf.key_of(*number).to_string());
        keys.collect::<Vec<_>>()
    };
    let conditions = rollout.conditions.iter().map(condition_out).collect();
    (conditions, keys(&rollout.include), keys(&rollout.exclude))
}

pub(super) fn variants_out(definition: &Definition) -> Vec<pb::Variant> {
    let variants = shapes::variants_of(definition).into_iter();
    let variant = |shape: VariantShape| pb::Variant {
        name: shape.name,
        weight: shape.weight,
    };
    variants.map(variant).collect()
}

fn condition_out(condition: &Condition) -> pb::Condition {
    use pb::condition::About;
    let about = match condition {
        Condition::Language(languages) => About::Language(pb::Texts {
            values: languages.iter().map(|one| one.code().to_owned()).collect(),
        }),
        Condition::Zone(zones) => About::Zone(pb::Texts {
            values: zones.clone(),
        }),
        Condition::CreatedBefore(at) => About::CreatedBeforeMicros(at.as_micros()),
        Condition::CreatedSince(at) => About::CreatedSinceMicros(at.as_micros()),
        Condition::Attribute { name, test } => About::Attribute(pb::AttributeTest {
            name: name.clone(),
            test: Some(test_out(test)),
        }),
    };
    pb::Condition { about: Some(about) }
}

fn test_out(test: &Test) -> pb::attribute_test::Test {
    use pb::attribute_test::Test as Out;
    let values = |values: &[Value]| pb::Values {
        values: values.iter().map(value_out).collect(),
    };
    match test {
        Test::OneOf(given) => Out::OneOf(values(given)),
        Test::NoneOf(given) => Out::NoneOf(values(given)),
        Test::AtLeast(least) => Out::AtLeast(*least),
        Test::AtMost(most) => Out::AtMost(*most),
        Test::Present => Out::Present(true),
        Test::Absent => Out::Present(false),
    }
}

fn value_out(value: &Value) -> pb::Value {
    use pb::value::Value as Out;
    let value = match value {
        Value::Text(text) => Out::Text(text.clone()),
        Value::Integer(integer) => Out::Integer(*integer),
        Value::Decimal(decimal) => Out::Decimal(*decimal),
        Value::Flag(flag) => Out::Flag(*flag),
    };
    pb::Value { value: Some(value) }
}
