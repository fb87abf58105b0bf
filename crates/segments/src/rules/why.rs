//! Why somebody is in a segment, or is not: the same checks in the same order as [`Rulebook::judge`], stopped at the one
//! that decides. A test holds the two to each other.

use kernel::Moment;

use super::layers::position;
use super::rulebook::{Rulebook, Seen, current, has_ended, is_within, meets};
use crate::points::{Point, Salt, in_rollout, is_below};
use crate::types::{Condition, DrawNumber, Ground, Key, Mark, Number, Rollout, Says};

/// What decided.
#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    ByHand {
        until: Option<Moment>,
    },
    Drawn {
        draw: DrawNumber,
        at: Moment,
        until: Option<Moment>,
    },
    /// In by the rollout of this version of the segment.
    Rolled {
        stand: Stand,
        version: i64,
    },
    /// There is no such active segment at this instant.
    NoSegment,
    /// Taken out by hand, which shields from rollout and draws.
    Shielded,
    HeldOut {
        holdout: Key,
    },
    /// Not by hand, not drawn, and no rollout runs.
    NoRollout,
    /// Not within the share.
    Beyond {
        stand: Stand,
    },
    False {
        condition: Condition,
    },
    /// Not in a segment that the rollout asks for.
    NotIn(Number),
    /// In a segment that the rollout keeps out.
    ExcludedBy(Number),
}

/// Where a person's point lies, and what it must be below; `None`: the share is everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stand {
    pub point: u64,
    pub threshold: Option<u64>,
}

impl Stand {
    /// In ten thousandths, for people: point 2371 of 3000.
    pub fn in_ten_thousandths(self) -> (u64, u64) {
        let scaled = |value: u128| u64::try_from((value * 10_000) >> 64).unwrap_or(10_000);
        // A share of 30 % ends a hair below 3000, and is called 3000.
        let nearest = |threshold: u64| scaled(u128::from(threshold) + (1 << 64) / 20_000);
        (
            scaled(u128::from(self.point)),
            self.threshold.map_or(10_000, nearest),
        )
    }
}

impl Why {
    /// One word for programs, the same on every interface.
    pub const fn word(&self) -> &'static str {
        match self {
            Why::ByHand { .. } => "by_hand",
            Why::Drawn { .. } => "drawn",
            Why::Rolled { .. } => "rollout",
            Why::NoSegment => "no_segment",
            Why::Shielded => "shielded",
            Why::HeldOut { .. } => "held_out",
            Why::NoRollout => "no_rollout",
            Why::Beyond { .. } => "beyond_share",
            Why::False { .. } => "condition",
            Why::NotIn(_) => "not_included",
            Why::ExcludedBy(_) => "excluded",
        }
    }

    pub fn is_in(&self) -> bool {
        matches!(self, Why::ByHand { .. } | Why::Drawn { .. } | Why::Rolled { .. })
    }
}

/// Why a person is, or is not, in a segment at an instant that the rules are right for.
pub fn why(book: &Rulebook, number: Number, person: &Seen<'_>, at: Moment) -> Why {
    let Some(place) = book.place_of(number) else {
        return Why::NoSegment;
    };
    let until_of = |mark: Mark| person.ends.iter().find(|(code, _)| *code == mark.code());
    let stands = |mark: Mark| person.marks.contains(&mark.code()) && !has_ended(person, mark.code(), at);
    let by_hand = Mark::inside(number);
    if stands(by_hand) {
        return Why::ByHand {
            until: until_of(by_hand).map(|(_, until)| *until),
        };
    }
    if stands(Mark::outside(number)) {
        return Why::Shielded;
    }
    let point = Point::of(person.id);
    let holding = |salt, threshold| is_below(point.under(salt), threshold);
    if let Some(holdout) = book
        .holdouts()
        .iter()
        .find(|one| holding(one.salt, one.threshold))
    {
        return Why::HeldOut {
            holdout: holdout.name.clone(),
        };
    }
    if let Some(drawn) = drawn(book, place, person, at) {
        return drawn;
    }
    let Some(segment) = book.segment(place) else {
        return Why::NoSegment;
    };
    let Some((rollout, threshold)) = current(segment, at) else {
        return Why::NoRollout;
    };
    let stand = stand(person, rollout, threshold);
    by_rollout(book, rollout, person, at).unwrap_or_else(|| {
        if is_within(person.id, rollout, threshold) {
            Why::Rolled {
                stand,
                version: segment.version,
            }
        } else {
            Why::Beyond { stand }
        }
    })
}

fn drawn(book: &Rulebook, place: usize, person: &Seen<'_>, at: Moment) -> Option<Why> {
    person.marks.iter().find_map(|&code| {
        let Says::Drawn(number) = Mark::from_code(code).says() else {
            return None;
        };
        let (of, drawn) = book.draw(number)?;
        let lasts = drawn.until.is_none_or(|until| at < until) && !has_ended(person, code, at);
        (of == place && lasts).then_some(Why::Drawn {
            draw: number,
            at: drawn.at,
            until: drawn.until,
        })
    })
}

/// What keeps a person out whatever their point is.
fn by_rollout(book: &Rulebook, rollout: &Rollout, person: &Seen<'_>, at: Moment) -> Option<Why> {
    let is_in = |number: Number| why(book, number, person, at).is_in();
    let missing = rollout.include.iter().copied().find(|number| !is_in(*number));
    let hit = rollout.exclude.iter().copied().find(|number| is_in(*number));
    let unmet = rollout
        .conditions
        .iter()
        .find(|condition| !meets(person, condition));
    missing
        .map(Why::NotIn)
        .or(hit.map(Why::ExcludedBy))
        .or(unmet.map(|condition| Why::False {
            condition: condition.clone(),
        }))
}

fn stand(person: &Seen<'_>, rollout: &Rollout, threshold: Option<u64>) -> Stand {
    match &rollout.ground {
        Ground::Own => Stand {
            point: in_rollout(person.id, rollout),
            threshold,
        },
        Ground::Layer { name, spans } => {
            let point = Point::of(person.id).under(Salt::of(name.as_str()));
            Stand {
                // Whoever is in another part of the layer is beyond all of this one.
                point: position(point, spans).unwrap_or(u64::MAX),
                threshold,
            }
        }
    }
}
