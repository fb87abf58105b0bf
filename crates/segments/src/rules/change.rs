//! What may become of a segment: which definitions can be saved, and what a change of a person's list leaves.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use kernel::Moment;

use crate::types::{ByHand, Definition, Ground, Hashing, Key, Number, Reason, Rollout, Segment, Side};

/// Conditions, include and exclude of one rollout.
pub const CONDITIONS_MAX: usize = 20;
pub const NAMED_MAX: usize = 50;
pub const STEPS_MAX: usize = 50;
pub const VARIANTS_MAX: usize = 20;
/// Weights of variants, so that their sum cannot overflow.
pub const WEIGHT_MAX: u32 = 1_000_000;

/// Whether a definition can be saved for a segment, beside what the others say.
pub fn check(
    number: Number,
    key: &Key,
    definition: &Definition,
    others: &[Segment],
    at: Moment,
) -> Result<(), Reason> {
    check_variants(definition)?;
    match &definition.rollout {
        Some(rollout) => check_rollout(number, key, rollout, others, at),
        None => Ok(()),
    }
}

/// Whether it can be drawn from those whom a rollout asks for, until then.
pub fn check_draw(
    number: Number,
    key: &Key,
    among: &Rollout,
    until: Option<Moment>,
    others: &[Segment],
    at: Moment,
) -> Result<(), Reason> {
    if until.is_some_and(|until| until <= at) {
        return Err(Reason::EndsInThePast);
    }
    check_rollout(number, key, among, others, at)
}

fn check_rollout(
    number: Number,
    key: &Key,
    rollout: &Rollout,
    others: &[Segment],
    at: Moment,
) -> Result<(), Reason> {
    let field = |name: &str, problem: String| Reason::Field {
        field: format!("rollout.{name}"),
        problem,
    };
    for (name, count, max) in [
        ("where", rollout.conditions.len(), CONDITIONS_MAX),
        ("include", rollout.include.len(), NAMED_MAX),
        ("exclude", rollout.exclude.len(), NAMED_MAX),
        ("steps", rollout.steps.len(), STEPS_MAX),
    ] {
        if count > max {
            return Err(field(name, format!("must have at most {max} entries")));
        }
    }
    if !rollout.steps.is_sorted_by(|one, next| one.at < next.at) {
        return Err(field(
            "steps",
            "must be in the order of their instants".to_owned(),
        ));
    }
    if rollout.until.is_some_and(|until| until <= at) {
        return Err(field("until", "must lie in the future".to_owned()));
    }
    if let Some(both) = rollout
        .include
        .iter()
        .find(|number| rollout.exclude.contains(number))
    {
        let name = name_of(*both, others).map_or_else(String::new, ToString::to_string);
        return Err(field(
            "exclude",
            format!("must not name {name}, which include names"),
        ));
    }
    let is_layer = matches!(rollout.ground, Ground::Layer { .. });
    if is_layer && rollout.hashing != Hashing::Ours {
        let problem = "cannot be that of another house in a layer".to_owned();
        return Err(field("hashing", problem));
    }
    match circle(number, rollout, others) {
        Some(way) => Err(Reason::Cycle(key.clone(), way)),
        None => Ok(()),
    }
}

fn check_variants(definition: &Definition) -> Result<(), Reason> {
    let field = |problem: String| Reason::Field {
        field: "variants".to_owned(),
        problem,
    };
    let variants = &definition.variants;
    let names: BTreeSet<&Key> = variants.iter().map(|variant| &variant.name).collect();
    match variants.len() {
        0 => Ok(()),
        1 => Err(field("must be at least two, or none".to_owned())),
        count if count > VARIANTS_MAX => Err(field(format!("must be at most {VARIANTS_MAX}"))),
        count if names.len() < count => Err(field("must have different names".to_owned())),
        _ if variants.iter().any(|variant| variant.weight > WEIGHT_MAX) => {
            Err(field(format!("must have weights of at most {WEIGHT_MAX}")))
        }
        _ if variants.iter().all(|variant| variant.weight == 0) => {
            Err(field("must have a weight above 0 somewhere".to_owned()))
        }
        _ => Ok(()),
    }
}

fn name_of(number: Number, segments: &[Segment]) -> Option<&Key> {
    let segment = segments.iter().find(|segment| segment.number == number)?;
    Some(&segment.key)
}

/// The way by which a segment would come to depend on itself, as keys: `A, B, A`.
fn circle(number: Number, rollout: &Rollout, others: &[Segment]) -> Option<String> {
    let named = |rollout: &Rollout| -> Vec<Number> {
        rollout.include.iter().chain(&rollout.exclude).copied().collect()
    };
    let by_number: HashMap<Number, &Segment> = others.iter().map(|other| (other.number, other)).collect();
    let mut came_from: HashMap<Number, Number> = HashMap::new();
    let mut waiting: Vec<Number> = named(rollout);
    for first in &waiting {
        came_from.insert(*first, number);
    }
    while let Some(next) = waiting.pop() {
        if next == number {
            return Some(way_back(number, &came_from, others));
        }
        let further = by_number
            .get(&next)
            .and_then(|segment| segment.definition.rollout.as_ref());
        for one in further.map(named).unwrap_or_default() {
            if let Entry::Vacant(unseen) = came_from.entry(one) {
                unseen.insert(next);
                waiting.push(one);
            }
        }
    }
    None
}

fn way_back(number: Number, came_from: &HashMap<Number, Number>, segments: &[Segment]) -> String {
    let name = |number: Number| name_of(number, segments).map_or("itself", Key::as_str).to_owned();
    let mut way = vec![name(number)];
    let mut at = number;
    while let Some(before) = came_from.get(&at) {
        way.push(name(*before));
        at = *before;
        if at == number {
            break;
        }
    }
    way.reverse();
    way.join(", ")
}

/// A change of one person's list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    pub add: Vec<Added>,
    pub remove: Vec<Number>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    pub segment: Number,
    pub until: Option<Moment>,
}

/// What happened to one person in one segment by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Happened {
    pub segment: Number,
    pub what: What,
    pub until: Option<Moment>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Added,
    Removed,
    /// Its time was over.
    Ended,
    /// The person was deleted.
    Gone,
}

/// What a wish makes of a person's list, and what happened by it. Adding overwrites nothing that is there: who is in by
/// hand stays in as they are. Removing also shields from rollout and draws. What was over by then is told as ended.
pub fn apply(before: &[ByHand], wish: &Wish, at: Moment) -> (Vec<ByHand>, Vec<Happened>) {
    let (mut list, mut happened) = sweep(before, at);
    for added in &wish.add {
        if put(&mut list, added.segment, Side::In, added.until) {
            happened.push(Happened {
                segment: added.segment,
                what: What::Added,
                until: added.until,
            });
        }
    }
    for &segment in &wish.remove {
        if put(&mut list, segment, Side::Out, None) {
            happened.push(Happened {
                segment,
                what: What::Removed,
                until: None,
            });
        }
    }
    (list, happened)
}

/// Puts somebody on a side, in the order of segments; false when they stand there already.
fn put(list: &mut Vec<ByHand>, segment: Number, side: Side, until: Option<Moment>) -> bool {
    let wanted = ByHand { segment, side, until };
    match list.binary_search_by_key(&segment, |one| one.segment) {
        Ok(at) if list[at].side == side => return false,
        Ok(at) => list[at] = wanted,
        Err(at) => list.insert(at, wanted),
    }
    true
}

/// The list without what is over by then, and what ended, each at its own instant.
pub fn sweep(before: &[ByHand], at: Moment) -> (Vec<ByHand>, Vec<Happened>) {
    let is_over = |one: &ByHand| one.until.is_some_and(|until| until <= at);
    let (over, left): (Vec<ByHand>, Vec<ByHand>) = before.iter().copied().partition(is_over);
    let ended = over.iter().map(|one| Happened {
        segment: one.segment,
        what: What::Ended,
        until: one.until,
    });
    (left, ended.collect())
}

/// What happens to somebody who is deleted: they leave all that they are in by hand.
pub fn leave_all(before: &[ByHand]) -> Vec<Happened> {
    let inside = before.iter().filter(|one| one.side == Side::In);
    inside
        .map(|one| Happened {
            segment: one.segment,
            what: What::Gone,
            until: None,
        })
        .collect()
}

/// A wish that says nothing twice and nothing against itself, and ends in the future.
pub fn check_wish(wish: &Wish, at: Moment, name: impl Fn(Number) -> Key) -> Result<(), Reason> {
    if let Some(added) = wish.add.iter().find(|added| wish.remove.contains(&added.segment)) {
        return Err(Reason::AddedAndRemoved(name(added.segment)));
    }
    if wish
        .add
        .iter()
        .any(|added| added.until.is_some_and(|until| until <= at))
    {
        return Err(Reason::EndsInThePast);
    }
    Ok(())
}
