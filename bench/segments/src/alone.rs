//! The judgement alone, in this process: everybody in memory, one person after the other far apart from each other.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use anyhow::{Result, ensure};
use kernel::{Language, Moment, PersonId, Text};
use segments::census::{Census, Entry};
use segments::rules::rulebook::{Members, Rulebook};
use segments::types::{ByHand, Definition, Facts, Key, Number, Rollout, Segment, Share, Side};

use crate::{Better, Size, crowd, say};

const NOW: Moment = Moment::from_micros(1_800_000_000_000_000);
/// What the design asks for.
const MEMBERSHIPS_NANOSECONDS_MAX: f64 = 300.0;
const ROLLOUTS_NANOSECONDS_MAX: f64 = 2_000.0;
const JUDGED: u32 = 1_000_000;
/// So few that the processor's own memory holds them: what remains is the judgement.
const FEW: u32 = 200;

pub fn measure(size: &Size) -> Result<()> {
    let census = Census::default();
    for number in 0..size.people {
        census.learn(&entry(number));
    }
    let plain = book(None)?;
    let rolled = book(Some("30"))?;
    let name = "most that is asked for";
    for (asked_about, who) in [
        (FEW, "the same few people".to_owned()),
        (JUDGED, format!("anybody of {} people", size.people)),
    ] {
        let people: Vec<PersonId> = crowd::sample(size.people, asked_about)
            .map(crowd::person)
            .collect();
        let nanoseconds = judge(&census, &plain, &people)?;
        let case = format!("judging alone, 30 memberships, {who}");
        say(
            &case,
            nanoseconds,
            MEMBERSHIPS_NANOSECONDS_MAX,
            name,
            "ns",
            Better::Less,
        )?;
        let nanoseconds = judge(&census, &rolled, &people)?;
        let case = format!("judging alone, 30 memberships and 1,000 roll-outs of 30 %, {who}");
        say(
            &case,
            nanoseconds,
            ROLLOUTS_NANOSECONDS_MAX,
            name,
            "ns",
            Better::Less,
        )?;
    }
    Ok(())
}

fn judge(census: &Census, book: &Rulebook, people: &[PersonId]) -> Result<f64> {
    let judged = usize::try_from(JUDGED)?;
    let mut members = Members::default();
    let mut sum = 0;
    let began = Instant::now();
    for person in people.iter().cycle().take(judged) {
        ensure!(
            census.judge(book, *person, NOW, &mut members),
            "somebody is not known"
        );
        sum += u64::from(black_box(&members).count());
    }
    let took = began.elapsed();
    ensure!(sum >= u64::from(JUDGED) * 30, "somebody is in less than thirty");
    Ok(took.as_secs_f64() * 1e9 / f64::from(JUDGED))
}

fn entry(number: u32) -> Entry {
    let hand = crowd::memberships(number)
        .into_iter()
        .filter_map(Number::new)
        .map(|segment| ByHand {
            segment,
            side: Side::In,
            until: None,
        });
    Entry {
        person: crowd::person(number),
        facts: Facts {
            language: Language::English,
            zone: "Europe/Moscow".to_owned(),
            created: NOW.plus_seconds(-86_400),
            attributes: BTreeMap::new(),
        },
        hand: hand.collect(),
        version: 1,
        returned: None,
    }
}

/// A thousand segments, all with a roll-out of the same share or all without.
fn book(percent: Option<&str>) -> Result<Rulebook> {
    let share = percent.map(Share::parse_percent).transpose()?;
    let segments = (0..crowd::SEGMENTS).filter_map(Number::new).map(|number| {
        let key = crowd::key(number.get());
        let text = Text::new("a segment of a bench", 100)?;
        Ok(Segment {
            number,
            key: Key::parse(&key)?,
            title: text.clone(),
            description: text.clone(),
            owner: text,
            definition: Definition {
                rollout: share.map(|share| Rollout::plain(&key, share)),
                variants: Vec::new(),
            },
            version: 1,
            created: NOW.plus_seconds(-86_400),
            changed: NOW.plus_seconds(-86_400),
            archived: None,
        })
    });
    let segments = segments.collect::<Result<Vec<Segment>>>()?;
    Ok(Rulebook::new(&segments, &[], &[], NOW))
}
