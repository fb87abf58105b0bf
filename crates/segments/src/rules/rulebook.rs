//! All rules of an instant, laid out so that one person is judged by a thousand of them in about a microsecond.
//!
//! * Plain rollouts come first and side by side: a salt and a limit each, 64 answers to a word, no branch that a processor
//!   could guess wrongly. What only some of them ask (conditions) is looked at for those that a person is within.
//! * What depends on other segments comes after them, each after all that it names.
//! * A rulebook says until when it is right; whoever asks later makes the next one first. So an answer for an instant of
//!   the past comes from the rulebook of that instant, by the same code.

use std::collections::{BTreeMap, HashMap, HashSet};

use kernel::{Language, Moment, PersonId};

use super::layers::position;
use super::why::why;
use crate::points::{Point, Salt, in_rollout, is_below, variant_at};
use crate::types::{
    Condition, DrawNumber, Drawn, Ground, Hashing, Holdout, Key, Mark, Number, Rollout, Says, Segment, Share,
    Test, Value,
};

/// Where nothing stands.
const NOWHERE: u16 = u16::MAX;

/// A person as a rule sees them.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    pub id: PersonId,
    /// Grows with each change of what is known or done by hand.
    pub version: u32,
    /// Codes of marks.
    pub marks: &'a [u16],
    /// Marks that end, and when.
    pub ends: &'a [(u16, Moment)],
    pub language: Language,
    pub zone: &'a str,
    pub created: Moment,
    pub attributes: &'a BTreeMap<String, Value>,
}

impl Seen<'_> {
    /// A number that is another one as soon as the rules may judge this person otherwise.
    pub fn state_at(&self, at: Moment) -> u64 {
        let ended = self.ends.iter().filter(|(_, until)| *until <= at).count();
        let is_draw = |code: &&u16| matches!(Mark::from_code(**code).says(), Says::Drawn(_));
        let drawn = self.marks.iter().filter(is_draw).count();
        let parts = [u64::from(self.version), to_u64(ended), to_u64(drawn)];
        parts.iter().fold(1, |sum: u64, part| {
            sum.wrapping_mul(0x0100_0193).wrapping_add(*part)
        })
    }
}

fn to_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// The segments of one person, by their places in a rulebook. Made once and used again, so that no answer allocates.
#[derive(Clone, Debug, Default)]
pub struct Members {
    words: Vec<u64>,
    inside: Vec<u64>,
    outside: Vec<u64>,
    drawn: Vec<u64>,
}

impl Members {
    fn reset(&mut self, words: usize) {
        for set in [
            &mut self.words,
            &mut self.inside,
            &mut self.outside,
            &mut self.drawn,
        ] {
            set.clear();
            set.resize(words, 0);
        }
    }

    /// The places, from the first to the last.
    pub fn places(&self) -> impl Iterator<Item = usize> + '_ {
        self.words
            .iter()
            .enumerate()
            .flat_map(|(at, word)| ones(*word).map(move |bit| at * 64 + bit))
    }

    /// The places, each with what the person is in by.
    pub fn ways(&self) -> impl Iterator<Item = (usize, Way)> + '_ {
        self.places().map(|place| {
            let way = if has(&self.inside, place) {
                Way::Hand
            } else if has(&self.drawn, place) {
                Way::Draw
            } else {
                Way::Rollout
            };
            (place, way)
        })
    }

    pub fn contains(&self, place: usize) -> bool {
        has(&self.words, place)
    }

    pub fn count(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }
}

/// What somebody is in a segment by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Hand,
    Draw,
    Rollout,
}

fn ones(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = usize::try_from(word.trailing_zeros()).unwrap_or(64);
        word &= word.wrapping_sub(1);
        (bit < 64).then_some(bit)
    })
}

fn has(words: &[u64], place: usize) -> bool {
    words
        .get(place / 64)
        .is_some_and(|word| word >> (place % 64) & 1 == 1)
}

fn set(words: &mut [u64], place: usize, is_in: bool) {
    if let Some(word) = words.get_mut(place / 64) {
        let bit = 1 << (place % 64);
        *word = if is_in { *word | bit } else { *word & !bit };
    }
}

#[derive(Clone, Copy, Debug)]
struct Draw {
    place: u16,
    drawn: Drawn,
}

#[derive(Debug)]
pub(super) struct HeldOut {
    pub(super) name: Key,
    pub(super) salt: Salt,
    pub(super) threshold: Option<u64>,
}

/// All rules at one instant.
#[derive(Debug)]
pub struct Rulebook {
    /// By place: plain rollouts, then those that ask more, then segments without a rollout.
    segments: Vec<Segment>,
    /// By number.
    places: Vec<u16>,
    /// By number of the draw.
    draws: Vec<Option<Draw>>,
    /// Of the plain rollouts, by place.
    salts: Vec<Salt>,
    /// What a point must not be above.
    limits: Vec<u64>,
    /// Plain rollouts with conditions.
    conditional: Vec<u64>,
    /// Places from the first rollout that asks for others to the last.
    chained: std::ops::Range<usize>,
    holdouts: Vec<HeldOut>,
    right_until: Option<Moment>,
}

impl Rulebook {
    /// The rules of `at`. What is not there yet or was archived by then is left out.
    pub fn new(segments: &[Segment], draws: &[Drawn], holdouts: &[Holdout], at: Moment) -> Rulebook {
        let live = segments.iter().filter(|segment| lives(segment, at));
        let (mut plain, mut chained, mut rest) = (Vec::new(), Vec::new(), Vec::new());
        for segment in live {
            match current(segment, at) {
                Some((rollout, _)) if is_plain(rollout) => plain.push(segment),
                Some(_) => chained.push(segment),
                None => rest.push(segment),
            }
        }
        let (chained, circular) = in_order(chained);
        rest.extend(circular);
        let range = plain.len()..plain.len() + chained.len();
        let ordered: Vec<&Segment> = plain.iter().chain(&chained).chain(&rest).copied().collect();
        let places = places(&ordered);
        let words = ordered.len().div_ceil(64);
        let mut book = Rulebook {
            places,
            draws: Vec::new(),
            salts: Vec::with_capacity(plain.len()),
            limits: Vec::with_capacity(plain.len()),
            conditional: vec![0; words],
            chained: range,
            holdouts: held_out(holdouts, at),
            right_until: next_change(segments, draws, holdouts, at),
            segments: ordered.into_iter().cloned().collect(),
        };
        for (place, segment) in plain.into_iter().enumerate() {
            if let Some((rollout, threshold)) = current(segment, at) {
                book.salts.push(Salt::of(&rollout.salt));
                book.limits
                    .push(threshold.map_or(u64::MAX, |threshold| threshold - 1));
                set(&mut book.conditional, place, !rollout.conditions.is_empty());
            }
        }
        book.place_draws(draws, at);
        book
    }

    fn place_draws(&mut self, draws: &[Drawn], at: Moment) {
        for drawn in draws.iter().filter(|drawn| drawn.at <= at) {
            let index = usize::from(drawn.number.get());
            if self.draws.len() <= index {
                self.draws.resize(index + 1, None);
            }
            if let Some(place) = self
                .place_of(drawn.segment)
                .and_then(|place| u16::try_from(place).ok())
            {
                self.draws[index] = Some(Draw { place, drawn: *drawn });
            }
        }
    }

    /// Until when these are the rules; `None` when nothing in them changes by itself.
    pub fn right_until(&self) -> Option<Moment> {
        self.right_until
    }

    pub fn segment(&self, place: usize) -> Option<&Segment> {
        self.segments.get(place)
    }

    /// Active segments, by place.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    pub fn place_of(&self, number: Number) -> Option<usize> {
        let place = self.places.get(number.index()).copied().unwrap_or(NOWHERE);
        (place != NOWHERE).then_some(usize::from(place))
    }

    pub(super) fn draw(&self, number: DrawNumber) -> Option<(usize, Drawn)> {
        let draw = self.draws.get(usize::from(number.get())).copied().flatten()?;
        Some((usize::from(draw.place), draw.drawn))
    }

    pub(super) fn holdouts(&self) -> &[HeldOut] {
        &self.holdouts
    }

    /// Which segments a person is in at an instant that these rules are right for.
    pub fn judge(&self, person: &Seen<'_>, at: Moment, members: &mut Members) {
        members.reset(self.conditional.len());
        self.read_marks(person, at, members);
        let point = Point::of(person.id);
        if self.holds_out(point) {
            members.words.copy_from_slice(&members.inside);
            return;
        }
        self.roll(person, point, &mut members.words);
        for (at, word) in members.words.iter_mut().enumerate() {
            *word = members.inside[at] | (!members.outside[at] & (members.drawn[at] | *word));
        }
        for place in self.chained.clone() {
            if !has(&members.words, place) && !has(&members.outside, place) {
                let is_in = self.chains(person, place, at, &members.words);
                set(&mut members.words, place, is_in);
            }
        }
    }

    fn read_marks(&self, person: &Seen<'_>, at: Moment, members: &mut Members) {
        for &code in person.marks {
            let (place, into) = match Mark::from_code(code).says() {
                Says::In(number) => (self.place_of(number), &mut members.inside),
                Says::Out(number) => (self.place_of(number), &mut members.outside),
                Says::Drawn(number) => {
                    let draw = self.draw(number);
                    let lasting = draw.filter(|(_, drawn)| drawn.until.is_none_or(|until| at < until));
                    (lasting.map(|(place, _)| place), &mut members.drawn)
                }
            };
            if let Some(place) = place
                && !has_ended(person, code, at)
            {
                set(into, place, true);
            }
        }
    }

    pub(super) fn holds_out(&self, point: Point) -> bool {
        self.holdouts
            .iter()
            .any(|holdout| is_below(point.under(holdout.salt), holdout.threshold))
    }

    /// The plain rollouts that a person is within.
    fn roll(&self, person: &Seen<'_>, point: Point, words: &mut [u64]) {
        let groups = self.salts.chunks(64).zip(self.limits.chunks(64));
        for (at, (salts, limits)) in groups.enumerate() {
            let mut word = within(point, salts, limits);
            for bit in ones(word & self.conditional[at]) {
                if !self.meets_conditions(person, at * 64 + bit) {
                    word &= !(1 << bit);
                }
            }
            words[at] = word;
        }
    }

    fn meets_conditions(&self, person: &Seen<'_>, place: usize) -> bool {
        let rollout = self.segments[place].definition.rollout.as_ref();
        rollout.is_some_and(|rollout| {
            rollout
                .conditions
                .iter()
                .all(|condition| meets(person, condition))
        })
    }

    /// Whether a person is in by a rollout that asks for more than a point and conditions.
    fn chains(&self, person: &Seen<'_>, place: usize, at: Moment, members: &[u64]) -> bool {
        let Some((rollout, threshold)) = current(&self.segments[place], at) else {
            return false;
        };
        let is_in = |number: Number| self.place_of(number).is_some_and(|place| has(members, place));
        is_within(person.id, rollout, threshold) && is_asked_for(person, rollout, is_in)
    }

    /// Whether somebody could be drawn into a segment, or is counted when a share is made exact: asked for by the
    /// conditions, not shielded and not held out.
    pub fn could_join(&self, person: &Seen<'_>, of: Option<Number>, rollout: &Rollout, at: Moment) -> bool {
        let shields = |number| {
            let mark = Mark::outside(number).code();
            person.marks.contains(&mark) && !has_ended(person, mark, at)
        };
        is_asked_for(person, rollout, |number| why(self, number, person, at).is_in())
            && !of.is_some_and(shields)
            && !self.holds_out(Point::of(person.id))
    }

    /// Which of its variants a person of this segment is shown.
    pub fn variant(&self, place: usize, person: PersonId) -> Option<&Key> {
        let segment = self.segments.get(place)?;
        let variants = &segment.definition.variants;
        if variants.is_empty() {
            return None;
        }
        let rollout = segment.definition.rollout.as_ref();
        let salt = rollout.map_or(segment.key.as_str(), |rollout| rollout.salt.as_str());
        let point = Point::of(person).under(Salt::of(salt).of_variants());
        variant_at(point, variants).map(|at| &variants[at].name)
    }
}

/// Which of at most 64 rollouts a point is within, the first in the lowest bit. Eight at a time, so that each has its place
/// in the byte before the program runs.
fn within(point: Point, salts: &[Salt], limits: &[u64]) -> u64 {
    let (eights, rest) = salts.as_chunks::<8>();
    let (eight_limits, rest_limits) = limits.as_chunks::<8>();
    let mut word = 0;
    for (at, (salts, limits)) in eights.iter().zip(eight_limits).enumerate() {
        let mut byte = 0;
        for bit in 0..8 {
            byte |= u64::from(point.under(salts[bit]) <= limits[bit]) << bit;
        }
        word |= byte << (at * 8);
    }
    let first = eights.len() * 8;
    for (bit, (salt, limit)) in rest.iter().zip(rest_limits).enumerate() {
        word |= u64::from(point.under(*salt) <= *limit) << (first + bit);
    }
    word
}

pub(super) fn has_ended(person: &Seen<'_>, code: u16, at: Moment) -> bool {
    person
        .ends
        .iter()
        .any(|(mark, until)| *mark == code && *until <= at)
}

/// Whether a rollout asks for somebody like this, wherever their point lies, when `is_in` tells who is in what.
pub(super) fn is_asked_for(person: &Seen<'_>, rollout: &Rollout, is_in: impl Fn(Number) -> bool) -> bool {
    rollout.include.iter().all(|number| is_in(*number))
        && !rollout.exclude.iter().any(|number| is_in(*number))
        && rollout
            .conditions
            .iter()
            .all(|condition| meets(person, condition))
}

/// Whether a person's point lies in what a rollout takes of its ground.
pub(super) fn is_within(person: PersonId, rollout: &Rollout, threshold: Option<u64>) -> bool {
    match &rollout.ground {
        Ground::Own => is_below(in_rollout(person, rollout), threshold),
        Ground::Layer { name, spans } => {
            let point = Point::of(person).under(Salt::of(name.as_str()));
            position(point, spans).is_some_and(|at| is_below(at, threshold))
        }
    }
}

pub(crate) fn meets(person: &Seen<'_>, condition: &Condition) -> bool {
    match condition {
        Condition::Language(languages) => languages.contains(&person.language),
        Condition::Zone(zones) => zones.iter().any(|zone| zone == person.zone),
        Condition::CreatedBefore(instant) => person.created < *instant,
        Condition::CreatedSince(instant) => *instant <= person.created,
        Condition::Attribute { name, test } => passes(person.attributes.get(name), test),
    }
}

fn passes(value: Option<&Value>, test: &Test) -> bool {
    let number = |value: &Value| match value {
        Value::Integer(integer) => Some(to_decimal(*integer)),
        Value::Decimal(decimal) => Some(*decimal),
        Value::Text(_) | Value::Flag(_) => None,
    };
    match (value, test) {
        (Some(value), Test::OneOf(wanted)) => wanted.iter().any(|one| equals(one, value)),
        (Some(value), Test::NoneOf(unwanted)) => !unwanted.iter().any(|one| equals(one, value)),
        (None, Test::NoneOf(_) | Test::Absent) | (Some(_), Test::Present) => true,
        (Some(value), Test::AtLeast(least)) => number(value).is_some_and(|number| number >= *least),
        (Some(value), Test::AtMost(most)) => number(value).is_some_and(|number| number <= *most),
        _ => false,
    }
}

/// Numbers are equal whichever way they are written.
fn equals(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Integer(integer), Value::Decimal(decimal))
        | (Value::Decimal(decimal), Value::Integer(integer)) => {
            to_decimal(*integer).total_cmp(decimal).is_eq()
        }
        _ => one == other,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers beyond 2^53 are compared as JSON's readers see them"
)]
fn to_decimal(integer: i64) -> f64 {
    integer as f64
}

fn lives(segment: &Segment, at: Moment) -> bool {
    segment.created <= at && segment.archived.is_none_or(|archived| at < archived)
}

/// The rollout that is running at an instant, and its threshold then. Not one that is over, or that takes nobody yet.
pub(super) fn current(segment: &Segment, at: Moment) -> Option<(&Rollout, Option<u64>)> {
    let rollout = segment.definition.rollout.as_ref()?;
    if rollout.until.is_some_and(|until| until <= at) {
        return None;
    }
    let step = rollout.steps.iter().rev().find(|step| step.at <= at);
    let share = step.map_or(rollout.share, |step| step.share);
    let exact = rollout.exact.filter(|_| step.is_none());
    match (share, exact) {
        (Share::NOBODY, None) if rollout.ground == Ground::Own => None,
        (_, Some(0)) => None,
        (_, Some(exact)) => Some((rollout, Some(exact))),
        (share, None) => Some((rollout, share.threshold())),
    }
}

fn is_plain(rollout: &Rollout) -> bool {
    rollout.hashing == Hashing::Ours
        && rollout.ground == Ground::Own
        && rollout.include.is_empty()
        && rollout.exclude.is_empty()
}

/// Each after all that it names, and those that name each other in a circle: that cannot be saved, and if it was,
/// nobody is in one of them by rule.
fn in_order(segments: Vec<&Segment>) -> (Vec<&Segment>, Vec<&Segment>) {
    let mut waiting: HashSet<Number> = segments.iter().map(|segment| segment.number).collect();
    let mut left = segments;
    let mut ordered = Vec::with_capacity(left.len());
    loop {
        let (ready, later): (Vec<&Segment>, Vec<&Segment>) = left.into_iter().partition(|segment| {
            let rollout = segment.definition.rollout.as_ref();
            rollout.is_none_or(|rollout| {
                let named = rollout.include.iter().chain(&rollout.exclude);
                !named.into_iter().any(|number| waiting.contains(number))
            })
        });
        if ready.is_empty() {
            return (ordered, later);
        }
        for segment in &ready {
            waiting.remove(&segment.number);
        }
        ordered.extend(ready);
        left = later;
    }
}

fn places(ordered: &[&Segment]) -> Vec<u16> {
    let of_number: HashMap<usize, u16> = ordered
        .iter()
        .enumerate()
        .filter_map(|(place, segment)| Some((segment.number.index(), u16::try_from(place).ok()?)))
        .collect();
    let count = of_number.keys().max().map_or(0, |last| last + 1);
    (0..count)
        .map(|number| of_number.get(&number).copied().unwrap_or(NOWHERE))
        .collect()
}

fn held_out(holdouts: &[Holdout], at: Moment) -> Vec<HeldOut> {
    holdouts
        .iter()
        .filter(|holdout| holdout.since <= at && holdout.until.is_none_or(|until| at < until))
        .filter(|holdout| holdout.share > Share::NOBODY)
        .map(|holdout| HeldOut {
            name: holdout.name.clone(),
            salt: Salt::of(&holdout.salt),
            threshold: holdout.share.threshold(),
        })
        .collect()
}

fn next_change(segments: &[Segment], draws: &[Drawn], holdouts: &[Holdout], at: Moment) -> Option<Moment> {
    let of_segment = |segment: &Segment| {
        let rollout = segment.definition.rollout.as_ref();
        let steps = rollout
            .into_iter()
            .flat_map(|rollout| rollout.steps.iter().map(|step| step.at));
        let until = rollout.and_then(|rollout| rollout.until);
        let own = [Some(segment.created), segment.archived, until];
        steps.chain(own.into_iter().flatten()).collect::<Vec<_>>()
    };
    let of_holdout = |holdout: &Holdout| [Some(holdout.since), holdout.until];
    let of_segments = segments.iter().flat_map(of_segment);
    let of_holdouts = holdouts.iter().flat_map(of_holdout).flatten();
    let of_draws = draws
        .iter()
        .flat_map(|drawn| [Some(drawn.at), drawn.until])
        .flatten();
    of_segments
        .chain(of_holdouts)
        .chain(of_draws)
        .filter(|instant| at < *instant)
        .min()
}
