//! From letters that are due to letters that are ready: everything that is asked and made right before a letter goes,
//! for a whole batch at once where that costs less.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bell::Held;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use kernel::{Id, Moment, PersonId};
use store::StoreError;

use super::Office;
use super::record::Decided;
use crate::letters::rules::Event;
use crate::letters::{Letter, decide, rows};
use crate::providers::Ready;
use crate::suppressions::{Address, Going};
use crate::writing::{Desk, NotWritten, Wanted};
use crate::{Recipient, streams};

/// Letters of one batch that are written at the same time.
const WRITERS: usize = 16;
/// A letter of a kind that this program does not know waits for a program that does.
const UNKNOWN_KIND_SECONDS: i64 = 60;

/// A letter that only needs a provider.
pub(super) struct Written {
    pub letter: Letter,
    pub ready: Ready,
}

/// What became of letters that were due.
#[derive(Default)]
pub(super) struct Outcome {
    pub written: Vec<Written>,
    /// Those that do not go, or not now.
    pub decided: Vec<Decided>,
}

impl Outcome {
    fn ends(&mut self, letter: &Letter, event: Event<'_>, now: Moment, reason: &str) {
        if let Some(change) = decide(letter, event, now, reason) {
            self.decided.push(Decided::new(letter, change));
        }
    }

    /// Not now, and not worth a line in the story.
    fn later(&mut self, letter: &Letter, then: Moment, now: Moment) {
        if let Some(mut change) = decide(letter, Event::Later(then), now, "") {
            change.steps.clear();
            change.next.stick = letter.stick;
            self.decided.push(Decided::new(letter, change));
        }
    }
}

/// A letter with everything that is needed to write it.
struct Prepared {
    letter: Letter,
    desk: Desk,
    to: Recipient,
    address: Address,
}

/// Asks who does not want what, and has the others written.
pub(super) async fn write(
    office: &Arc<Office>,
    held: &Held,
    letters: Vec<Letter>,
    now: Moment,
) -> Result<Outcome, StoreError> {
    let mut outcome = Outcome::default();
    let letters = end_late(held, letters, &mut outcome, now).await?;
    office.holds.learn(&office.store, now).await?;
    let people = readers(office, &letters).await?;
    let mut prepared = Vec::with_capacity(letters.len());
    for letter in letters {
        prepared.extend(prepare(office, letter, &people, &mut outcome, now));
    }
    let prepared = as_they_wish(held, prepared, &mut outcome, now).await?;
    let going: Vec<Going<'_>> = prepared
        .iter()
        .map(|one| Going {
            address: &one.address,
            lane: one.desk.kind.lane,
            stream: one.desk.kind.stream,
        })
        .collect();
    let stopped = office.suppressions.asked(&going).await?;
    let mut wanted = Vec::with_capacity(prepared.len());
    for (one, stopped) in prepared.into_iter().zip(stopped) {
        match stopped {
            Some(entry) => {
                let reason = format!("suppressed ({}): {}", entry.reason.name(), entry.words);
                outcome.ends(&one.letter, Event::Unwanted, now, &reason);
            }
            None => wanted.push(one),
        }
    }
    let written: Vec<_> = stream::iter(wanted)
        .map(|one| write_one(Arc::clone(office), one, now))
        .buffer_unordered(WRITERS)
        .collect()
        .await;
    for (letter, result) in written {
        match result {
            Ok(ready) => outcome.written.push(Written { letter, ready }),
            Err(NotWritten::Unwanted(why)) => outcome.ends(&letter, Event::Unwanted, now, &why),
            Err(NotWritten::Failed(why)) => outcome.ends(&letter, Event::NotWritten, now, &why),
        }
    }
    Ok(outcome)
}

/// Those that somebody still wants. The others end here, and their stories say what kept them so long.
async fn end_late(
    held: &Held,
    letters: Vec<Letter>,
    outcome: &mut Outcome,
    now: Moment,
) -> Result<Vec<Letter>, StoreError> {
    let (late, wanted): (Vec<Letter>, Vec<Letter>) =
        letters.into_iter().partition(|letter| letter.wanted_until <= now);
    let is_tried = |letter: &&Letter| letter.attempts > 0 || letter.writings > 0;
    let tried: Vec<Id> = late.iter().filter(is_tried).map(|letter| letter.id).collect();
    let mut reasons: HashMap<Id, String> = HashMap::new();
    if !tried.is_empty() {
        let read = held.shard.read::<_, StoreError>(move |tx| {
            let stories = tried.iter().map(|&id| rows::letter(tx, id));
            stories.collect::<Result<Vec<_>, _>>()
        });
        for letter in read.await?.into_iter().flatten() {
            let said = letter.story.iter().rev().find(|step| !step.reason.is_empty());
            reasons.extend(said.map(|step| (letter.id, step.reason.clone())));
        }
    }
    for letter in &late {
        let reason = match reasons.get(&letter.id) {
            Some(last) => format!("nobody wants it any more; the last that was said: {last}"),
            None => "nobody wants it any more".to_owned(),
        };
        outcome.ends(letter, Event::TooLate, now, &reason);
    }
    Ok(wanted)
}

/// The people of a batch as they are now.
async fn readers(office: &Office, letters: &[Letter]) -> Result<HashMap<PersonId, Recipient>, StoreError> {
    let mut ids: Vec<PersonId> = letters
        .iter()
        .filter(|letter| letter.outside.is_none())
        .map(|letter| PersonId(letter.owner))
        .collect();
    ids.sort();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = office.recipients.recipients(&ids).await?;
    Ok(ids
        .into_iter()
        .zip(found)
        .filter_map(|(id, reader)| Some((id, reader?)))
        .collect())
}

/// Everything that can be said without asking anybody else. `None` when the letter does not go now.
fn prepare(
    office: &Office,
    letter: Letter,
    people: &HashMap<PersonId, Recipient>,
    outcome: &mut Outcome,
    now: Moment,
) -> Option<Prepared> {
    let Some(desk) = office.desks.of(letter.kind) else {
        outcome.later(&letter, now.plus_seconds(UNKNOWN_KIND_SECONDS), now);
        return None;
    };
    if let Some(until) = desk
        .kind
        .stream
        .and_then(|stream| office.holds.until(stream, now))
    {
        outcome.later(&letter, until, now);
        return None;
    }
    let to = match &letter.outside {
        Some(outsider) => Some(Recipient::from(outsider)),
        None => people.get(&PersonId(letter.owner)).cloned(),
    };
    let Some(to) = to else {
        outcome.ends(
            &letter,
            Event::Unwanted,
            now,
            "the person cannot be written to: deleted, blocked, or without an address",
        );
        return None;
    };
    match Address::parse(&to.email) {
        Ok(address) => Some(Prepared {
            letter,
            desk: desk.clone(),
            to,
            address,
        }),
        Err(why) => {
            outcome.ends(&letter, Event::Unwanted, now, &format!("the address {why}"));
            None
        }
    }
}

/// What a reader wants of one letter.
#[derive(Default)]
struct Wish {
    is_stopped: bool,
    quiet_until: Option<Moment>,
}

/// Those that their readers want, and want now.
async fn as_they_wish(
    held: &Held,
    prepared: Vec<Prepared>,
    outcome: &mut Outcome,
    now: Moment,
) -> Result<Vec<Prepared>, StoreError> {
    let asked: Vec<(Id, Option<&'static str>, Option<String>)> = prepared
        .iter()
        .map(|one| {
            let quiet = one.desk.kind.keeps_quiet.then(|| one.to.zone.clone());
            (one.letter.owner, one.desk.kind.stream, quiet)
        })
        .collect();
    if asked
        .iter()
        .all(|(_, stream, zone)| stream.is_none() && zone.is_none())
    {
        return Ok(prepared);
    }
    let wishes: Vec<Wish> = held
        .shard
        .read::<_, StoreError>(move |tx| {
            let mut wishes = Vec::with_capacity(asked.len());
            for (owner, stream, zone) in &asked {
                let mut wish = Wish::default();
                if let Some(stream) = stream {
                    wish.is_stopped = streams::is_stopped(tx, *owner, stream)?;
                }
                if let Some(zone) = zone {
                    wish.quiet_until = streams::quiet_until(tx, *owner, zone, now)?;
                }
                wishes.push(wish);
            }
            Ok(wishes)
        })
        .await?;
    let mut wanted = Vec::with_capacity(prepared.len());
    for (one, wish) in prepared.into_iter().zip(wishes) {
        // A letter that would be too late after the quiet hours rather comes in them.
        let quiet = wish.quiet_until.filter(|end| *end < one.letter.wanted_until);
        if wish.is_stopped {
            outcome.ends(
                &one.letter,
                Event::Unwanted,
                now,
                "its reader stopped this stream",
            );
        } else if let Some(end) = quiet {
            outcome.later(&one.letter, end, now);
        } else {
            wanted.push(one);
        }
    }
    Ok(wanted)
}

/// A writer that panics has failed to write this letter, and nothing else.
async fn write_one(office: Arc<Office>, one: Prepared, now: Moment) -> (Letter, Result<Ready, NotWritten>) {
    let Prepared { letter, desk, to, .. } = one;
    let wanted = Wanted::of(&letter, desk.kind, now);
    let written = AssertUnwindSafe(async {
        let content = desk.write.write(&wanted, &to).await?;
        let finished = office
            .stationery
            .finished(letter.id, desk.kind, &to, &content, now);
        finished.map_err(|why| NotWritten::Failed(why.to_string()))
    });
    let result = match written.catch_unwind().await {
        Ok(result) => result,
        Err(_) => Err(NotWritten::Failed("the writer ended in a panic".to_owned())),
    };
    (letter, result)
}
