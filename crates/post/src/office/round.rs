//! One worker at work: takes what is due, keeps several batches under way, and writes down what came of them.
//!
//! A commit costs more than all else that is done for a letter, so each carries everything that is ready to be written
//! down: what providers answered since the last one, and the attempts of the letters that take the freed places.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bell::{Again, Held};
use kernel::{Id, Moment};
use store::StoreError;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::flight::{self, Landed, What};
use super::pace::{self, Pace, Paces};
use super::record::{self, Decided};
use super::write::{self, Written};
use super::{Office, meter};
use crate::Lane;
use crate::letters::rules::Event;
use crate::letters::{Letter, State, Step, decide, rows};
use crate::plan::MINUTE;
use crate::providers::{Asker, Claim, Pass, Ready, Reserved, Verdict};

/// Letters that are taken at once. More would only make a crash cost more.
const BATCH_MAX: u16 = 256;
/// Letters found without a worker that are taken for lost in one transaction.
const LOST_AT_ONCE: u16 = 500;
/// Letters that one worker looks up at the same time.
const LOOK_UPS_MAX: usize = 16;
/// What was written longer ago is written anew before it goes: its reader may have stopped it since.
const FRESH: Duration = Duration::from_secs(1);
/// While letters are out, others that fall due are looked for this often.
const LOOK: Duration = Duration::from_millis(250);
/// A round that had nothing to do is not followed by another one before this.
const REST_MIN: Duration = Duration::from_millis(20);
/// How long a worker that is to leave waits for its letters. The rest is left to the office.
const LEAVING_MAX: Duration = Duration::from_secs(3);
/// Pause before what a provider answered is written down once more, after the store could not, and how often.
const WRITE_AGAIN: Duration = Duration::from_millis(500);
const WRITE_AGAIN_MAX: u32 = 120;

pub(super) struct Round<'a> {
    office: &'a Arc<Office>,
    lane: Lane,
    held: &'a Held,
    /// Written, and not with a provider yet.
    ready: VecDeque<Written>,
    /// When that was.
    written: Instant,
    out: JoinSet<Landed>,
    looking_up: HashSet<Id>,
    /// Came back, and is not written down yet.
    landed: Vec<Landed>,
    /// The places of what came back: others get them in the transaction that writes it down.
    places: Vec<Pass>,
    /// Letters are due, and every place is taken.
    claim: Option<Claim>,
    /// What does not go, or not now.
    decided: Vec<Decided>,
    /// Of the bulk lane.
    paces: &'a Paces,
    took: Option<Took>,
}

/// When letters were taken last, and how many at most.
#[derive(Clone, Copy)]
struct Took {
    at: Instant,
    most: usize,
}

/// A letter that is about to be given: its attempt has to be on disk first.
struct Start {
    letter: Letter,
    ready: Ready,
    pass: Pass,
}

impl<'a> Round<'a> {
    pub fn new(office: &'a Arc<Office>, lane: Lane, held: &'a Held, paces: &'a Paces) -> Round<'a> {
        Round {
            office,
            lane,
            held,
            ready: VecDeque::new(),
            written: Instant::now(),
            out: JoinSet::new(),
            looking_up: HashSet::new(),
            landed: Vec::new(),
            places: Vec::new(),
            claim: None,
            decided: Vec::new(),
            paces,
            took: None,
        }
    }

    pub async fn run(mut self) -> Result<Again, StoreError> {
        let servers = self.office.store.everywhere().len();
        let lines = &self.office.lines;
        lines.shared(self.lane, self.held.server(), self.held.part(), servers);
        if !self.find_lost().await? {
            return Ok(Again::LeaseLost);
        }
        let outcome = self.work().await;
        self.leave().await;
        outcome
    }

    /// Letters that are `sending`, and nobody's: whoever was about to give them is gone.
    async fn find_lost(&self) -> Result<bool, StoreError> {
        let (lane, range) = (self.lane.code(), self.held.lease.range);
        loop {
            let found = self
                .held
                .shard
                .read(move |tx| rows::sending(tx, lane, range, LOST_AT_ONCE))
                .await?;
            let whole = found.len() < usize::from(LOST_AT_ONCE);
            let now = self.office.now();
            let lost: Vec<Decided> = {
                let out = self.office.out.lock();
                let nobodys = found.iter().filter(|letter| !out.contains(&letter.id));
                let reason = "whoever called the provider is gone";
                nobodys
                    .filter_map(|letter| {
                        Some(Decided::new(
                            letter,
                            decide(letter, Event::NoAnswer, now, reason)?,
                        ))
                    })
                    .collect()
            };
            if lost.is_empty() {
                return Ok(true);
            }
            tracing::warn!(
                letters = lost.len(),
                "letters were lost between call and answer; they are looked up"
            );
            meter::kept(&self.office.desks, &lost);
            if record::under_lease(self.held, lost, now).await?.is_none() {
                return Ok(false);
            }
            if whole {
                return Ok(true);
            }
        }
    }

    async fn work(&mut self) -> Result<Again, StoreError> {
        while self.held.goes_on() {
            let office = Arc::clone(self.office);
            let freed = office.lines.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            while let Some(ended) = self.out.try_join_next() {
                self.landed.extend(ended.ok());
            }
            for one in &mut self.landed {
                self.looking_up.remove(&one.letter.id);
                self.places.extend(one.pass.take());
            }
            let mut busy = !self.landed.is_empty();
            if self.written.elapsed() > FRESH {
                self.ready.clear();
            }
            if self.office.lines.gives_way(self.asker()) {
                self.places.truncate(self.places.len() / 2);
            }
            if self.ready.is_empty() {
                busy |= self.take().await?;
            }
            let starts = self.reserve();
            if !starts.is_empty() {
                busy = true;
                self.claim = None;
            }
            if !self.turn(starts).await? {
                return Ok(Again::LeaseLost);
            }
            if busy {
                continue;
            }
            if self.out.is_empty() && !self.is_kept_waiting().await? && self.ready.is_empty() {
                return self.rest().await;
            }
            let look = self.look();
            tokio::select! {
                landed = self.out.join_next(), if !self.out.is_empty() => {
                    self.landed.extend(landed.and_then(Result::ok));
                }
                () = freed => {}
                () = tokio::time::sleep(look) => {}
            }
        }
        Ok(Again::AtOnce)
    }

    fn asker(&self) -> Asker {
        Asker {
            lane: self.lane,
            has_claim: self.claim.is_some(),
        }
    }

    /// Whether letters are due for which there is no place, because others hold all of them. Then it stands in line.
    async fn is_kept_waiting(&mut self) -> Result<bool, StoreError> {
        let now = self.office.now();
        let waits = self.office.lines.is_crowded(now, self.lane)
            && (self.lane == Lane::Prompt || self.allowance(now).await? > 0)
            && self.next_due().await?.is_some_and(|due| due <= now);
        if !waits {
            self.claim = None;
        } else if self.claim.is_none() {
            self.claim = Some(self.office.lines.claim(self.lane));
        }
        Ok(waits)
    }

    /// When the next letter of this worker is due.
    async fn next_due(&self) -> Result<Option<Moment>, StoreError> {
        let (lane, range) = (self.lane.code(), self.held.lease.range);
        let next = self.held.shard.read(move |tx| rows::next_due(tx, lane, range));
        next.await
    }

    /// How long to wait when nothing comes back: a rate that is used up lets another letter go before long.
    fn look(&self) -> Duration {
        let rests = self.office.lines.rests(self.office.now());
        rests.map_or(LOOK, |rests| rests.min(LOOK))
    }

    /// Takes letters that are due and has them written. Whether there were any.
    async fn take(&mut self) -> Result<bool, StoreError> {
        let now = self.office.now();
        let room = self.office.lines.room(now, self.asker(), &self.places);
        let mut most = if room > 0 { self.portion(room) } else { 0 };
        if most > 0 && self.lane == Lane::Bulk {
            most = most.min(self.allowance(now).await?);
        }
        if most == 0 {
            return Ok(false);
        }
        let count = u16::try_from(most + self.looking_up.len())
            .unwrap_or(BATCH_MAX)
            .min(BATCH_MAX);
        let bulk = self.lane == Lane::Bulk;
        let (lane, range) = (self.lane.code(), self.held.lease.range);
        let due = self
            .held
            .shard
            .read(move |tx| match bulk {
                true => rows::due_by_deadline(tx, range, now, count),
                false => rows::due(tx, lane, range, now, count),
            })
            .await?;
        let (unsure, waiting): (Vec<Letter>, Vec<Letter>) =
            due.into_iter().partition(|letter| letter.state == State::Unsure);
        let looked_up = self.look_up(unsure);
        if waiting.is_empty() {
            return Ok(looked_up);
        }
        let outcome = write::write(self.office, self.held, waiting, now).await?;
        self.ready.extend(outcome.written);
        self.written = Instant::now();
        self.decided.extend(outcome.decided);
        Ok(true)
    }

    /// How many letters to take: as many as there is room for, or more when the last ones were gone within a moment. What
    /// is written now is handed over within a moment, too, and asking for many at once costs less.
    fn portion(&mut self, room: usize) -> usize {
        let at = Instant::now();
        let last = self.took.filter(|last| at.duration_since(last.at) < LOOK);
        let most = last.map_or(room, |last| (last.most * 2).max(room));
        let most = most.min(usize::from(BATCH_MAX));
        self.took = Some(Took { at, most });
        most
    }

    /// How many letters of this worker the plan lets leave now.
    async fn allowance(&mut self, now: Moment) -> Result<usize, StoreError> {
        let place = self.held.place();
        if let Some(pace) = self.paces.of(place).filter(|pace| pace.is_good_at(now)) {
            return Ok(pace.allows(now));
        }
        let range = self.held.lease.range;
        let counted = self
            .held
            .shard
            .read(move |tx| rows::windows(tx, range, MINUTE))
            .await?;
        let waiting = pace::waiting(counted);
        // What is unsure is not in the plan, and has to be looked up all the same.
        let pace = Pace::new(&pace::plan(&waiting, now), now);
        self.paces.set(place, pace);
        Ok(if waiting.is_empty() {
            LOOK_UPS_MAX
        } else {
            pace.allows(now)
        })
    }

    fn look_up(&mut self, unsure: Vec<Letter>) -> bool {
        let mut any = false;
        for letter in unsure {
            if self.looking_up.len() < LOOK_UPS_MAX && self.looking_up.insert(letter.id) {
                self.out.spawn(flight::look_up(Arc::clone(self.office), letter));
                any = true;
            }
        }
        any
    }

    /// Finds a provider for as many of the written letters as there is room for.
    fn reserve(&mut self) -> Vec<Start> {
        let (now, asker) = (self.office.now(), self.asker());
        let mut starts = Vec::new();
        while let Some(Written { letter, ready }) = self.ready.pop_front() {
            let lines = &self.office.lines;
            let asking = (letter.id, letter.stick, letter.provider.as_str());
            match lines.reserve(&mut self.places, asker, asking, now) {
                Reserved::Given(pass) => starts.push(Start { letter, ready, pass }),
                Reserved::Full => {
                    self.ready.push_front(Written { letter, ready });
                    break;
                }
                // It waits in its row, and is taken again when somebody is well.
                Reserved::Nobody => {}
            }
        }
        starts
    }

    /// Writes down what came back and the attempts of `starts`, then gives these. False when the lease is lost.
    async fn turn(&mut self, starts: Vec<Start>) -> Result<bool, StoreError> {
        let certain = Arc::new(answers(self.office, &std::mem::take(&mut self.landed)));
        let mut decided = std::mem::take(&mut self.decided);
        let others = decided.len();
        let now = self.office.now();
        let mut going = Vec::with_capacity(starts.len());
        for Start {
            mut letter,
            ready,
            pass,
        } in starts
        {
            if let Some(one) = attempt(&letter, pass.name(), now) {
                letter.state = State::Sending;
                letter.attempts = one.change.next.attempts;
                letter.provider.clone_from(&one.change.provider);
                decided.push(one);
                going.push((letter, ready, pass));
            }
        }
        if certain.is_empty() && decided.is_empty() {
            return Ok(true);
        }
        meter::kept(&self.office.desks, &decided);
        self.paces.gave(self.held.place(), going.len());
        match record::both(self.held, Arc::clone(&certain), decided, now).await {
            Ok(kept) => {
                self.places.clear();
                let is_mine = kept.is_some();
                for ((letter, ready, pass), kept) in going.into_iter().zip(kept.iter().flatten().skip(others))
                {
                    // What was withdrawn meanwhile is not given.
                    if *kept {
                        let office = Arc::clone(self.office);
                        self.out.spawn(flight::hand_over(office, letter, ready, pass));
                    }
                }
                Ok(is_mine)
            }
            Err(error) => {
                // Perhaps they are `sending` now and perhaps not; certain is that nobody gave them.
                let why = "the attempt could not be written down";
                let back: Vec<Landed> = going
                    .into_iter()
                    .map(|(letter, _, pass)| Landed::never_given(letter, why, now, pass))
                    .collect();
                let mut certain = Vec::clone(&certain);
                certain.extend(answers(self.office, &back));
                write_certain(self.held, certain).await;
                self.places.clear();
                Err(error)
            }
        }
    }

    /// Nothing is due: when is the next?
    async fn rest(&self) -> Result<Again, StoreError> {
        let now = self.office.now();
        if self.lane == Lane::Bulk
            && self
                .paces
                .of(self.held.place())
                .is_some_and(|pace| pace.holds_back(now))
        {
            // Something may be due that has to wait for its share of the minute.
            let micros = i64::try_from(LOOK.as_micros()).unwrap_or(MINUTE);
            return Ok(Again::At(now.plus_micros(micros)));
        }
        let due = self.next_due().await?;
        let well = self
            .office
            .lines
            .well_at(now)
            .unwrap_or_else(|| now.plus_seconds(60));
        let rests = self.office.lines.rests(now).unwrap_or_default().max(REST_MIN);
        let pause = i64::try_from(rests.as_micros()).unwrap_or(MINUTE);
        Ok(match due {
            Some(due) => Again::At(due.max(well).max(now.plus_micros(pause))),
            None => Again::WhenWoken,
        })
    }

    /// Waits a little for what is out; what takes longer is left to the office, which writes it down when it comes.
    async fn leave(mut self) {
        let until = tokio::time::Instant::now() + LEAVING_MAX;
        loop {
            while let Some(ended) = self.out.try_join_next() {
                self.landed.extend(ended.ok());
            }
            write_down(self.office, self.held, std::mem::take(&mut self.landed)).await;
            self.places.clear();
            match tokio::time::timeout_at(until, self.out.join_next()).await {
                Ok(Some(landed)) => self.landed.extend(landed.ok()),
                Ok(None) => return,
                Err(_) => break,
            }
        }
        let (office, held) = (Arc::clone(self.office), self.held.clone());
        let mut out = self.out;
        let stragglers = &self.office.stragglers;
        stragglers.lock().spawn(async move {
            while let Some(landed) = out.join_next().await {
                write_down(&office, &held, landed.into_iter().collect()).await;
            }
        });
    }
}

/// The attempt to give a letter to a provider.
fn attempt(letter: &Letter, provider: &str, now: Moment) -> Option<Decided> {
    let mut change = decide(letter, Event::Attempt, now, "")?;
    provider.clone_into(&mut change.provider);
    change.steps = vec![
        Step::new(now, State::Rendering),
        Step::new(now, State::Sending).at_provider(provider),
    ];
    Some(Decided::new(letter, change))
}

/// What follows from what providers said.
fn answers(office: &Office, landed: &[Landed]) -> Vec<Decided> {
    let kind = |one: &Landed| office.desks.of(one.letter.kind).map(|desk| desk.kind);
    let decided: Vec<Decided> = landed.iter().filter_map(|one| one.decided(kind(one))).collect();
    meter::kept(&office.desks, &decided);
    for one in landed {
        if let What::Given {
            verdict: Verdict::HandedOver { .. },
            ..
        } = one.what
        {
            meter::handed_over(&office.desks, &one.letter, one.at);
        }
    }
    decided
}

async fn write_down(office: &Office, held: &Held, landed: Vec<Landed>) {
    // With it the places are held until all is on disk.
    write_certain(held, answers(office, &landed)).await;
}

/// Writes down what is certain: it is tried until the store takes it.
async fn write_certain(held: &Held, decided: Vec<Decided>) {
    if decided.is_empty() {
        return;
    }
    let decided = Arc::new(decided);
    for _ in 0..WRITE_AGAIN_MAX {
        match record::certain(&held.shard, Arc::clone(&decided), record::page_of(held)).await {
            Ok(()) => return,
            Err(error) => {
                tracing::warn!(%error, "what became of letters could not be written down; trying again");
                tokio::time::sleep(WRITE_AGAIN).await;
            }
        }
    }
    tracing::error!(
        letters = decided.len(),
        "what became of letters was not written down; they will be unsure"
    );
}
