//! One worker at work: takes what is due, keeps several batches under way, and writes down what came of them.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bell::{Again, Held};
use kernel::{Id, Moment};
use store::StoreError;
use tokio::task::JoinSet;

use super::flight::{self, Landed, What};
use super::pace::{self, Pace};
use super::record::{self, Decided};
use super::write::{self, Written};
use super::{Office, meter};
use crate::Lane;
use crate::letters::rules::Event;
use crate::letters::{Letter, State, Step, decide, rows};
use crate::plan::MINUTE;
use crate::providers::{Pass, Ready, Reserved, Verdict};

/// Letters that are taken at once. More would only make a crash cost more.
const BATCH_MAX: u16 = 256;
/// Letters found without a worker that are taken for lost in one transaction.
const LOST_AT_ONCE: u16 = 500;
/// Letters that one worker looks up at the same time.
const LOOK_UPS_MAX: usize = 16;
/// While letters are out, others that fall due are looked for this often.
const LOOK: Duration = Duration::from_millis(250);
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
    out: JoinSet<Landed>,
    looking_up: HashSet<Id>,
    /// Of the bulk lane.
    pace: Option<Pace>,
}

/// A letter that is about to be given: its attempt has to be on disk first.
struct Start {
    letter: Letter,
    ready: Ready,
    pass: Pass,
}

impl<'a> Round<'a> {
    pub fn new(office: &'a Arc<Office>, lane: Lane, held: &'a Held) -> Round<'a> {
        Round {
            office,
            lane,
            held,
            ready: VecDeque::new(),
            out: JoinSet::new(),
            looking_up: HashSet::new(),
            pace: None,
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
            let landed = self.landed();
            let mut busy = !landed.is_empty();
            self.write_down(landed).await;
            if self.ready.is_empty() {
                let Some(took) = self.take().await? else {
                    return Ok(Again::LeaseLost);
                };
                busy |= took;
            }
            let starts = self.reserve();
            busy |= !starts.is_empty();
            if !self.start(starts).await? {
                return Ok(Again::LeaseLost);
            }
            if busy {
                continue;
            }
            let is_held_back = self.pace.is_some_and(|pace| pace.holds_back(self.office.now()));
            if self.out.is_empty() && self.ready.is_empty() && !is_held_back {
                return self.rest().await;
            }
            tokio::select! {
                landed = self.out.join_next(), if !self.out.is_empty() => {
                    if let Some(Ok(landed)) = landed {
                        self.write_down(vec![landed]).await;
                    }
                }
                () = freed => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        Ok(Again::AtOnce)
    }

    /// What came back by now.
    fn landed(&mut self) -> Vec<Landed> {
        let mut landed = Vec::new();
        while let Some(ended) = self.out.try_join_next() {
            landed.extend(ended.ok());
        }
        landed
    }

    async fn write_down(&mut self, landed: Vec<Landed>) {
        for one in &landed {
            self.looking_up.remove(&one.letter.id);
        }
        write_down(self.office, self.held, landed).await;
    }

    /// Takes letters that are due, as many as providers have room for, and has them written. `None`: the lease is lost.
    async fn take(&mut self) -> Result<Option<bool>, StoreError> {
        let now = self.office.now();
        let mut room = self.office.lines.room(now, self.lane);
        if room > 0 && self.lane == Lane::Bulk {
            room = room.min(self.allowance(now).await?);
        }
        let count = u16::try_from(room + self.looking_up.len())
            .unwrap_or(BATCH_MAX)
            .min(BATCH_MAX);
        if room == 0 || count == 0 {
            return Ok(Some(false));
        }
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
            return Ok(Some(looked_up));
        }
        let outcome = write::write(self.office, self.held, waiting, now).await?;
        self.ready.extend(outcome.written);
        Ok(self.keep(outcome.decided).await?.then_some(true))
    }

    /// How many letters of this worker the plan lets leave now.
    async fn allowance(&mut self, now: Moment) -> Result<usize, StoreError> {
        if let Some(pace) = self.pace.filter(|pace| pace.is_good_at(now)) {
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
        self.pace = Some(pace);
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
        let now = self.office.now();
        let mut starts = Vec::new();
        while let Some(Written { letter, ready }) = self.ready.pop_front() {
            let lines = &self.office.lines;
            match lines.reserve(self.lane, letter.id, letter.stick, &letter.provider, now) {
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

    /// Records the attempts, then gives the letters. False when the lease is lost.
    async fn start(&mut self, starts: Vec<Start>) -> Result<bool, StoreError> {
        if starts.is_empty() {
            return Ok(true);
        }
        let now = self.office.now();
        let attempt = |start: &Start| {
            let mut change = decide(&start.letter, Event::Attempt, now, "")?;
            change.provider = start.pass.name().to_owned();
            change.steps = vec![
                Step::new(now, State::Rendering),
                Step::new(now, State::Sending).at_provider(start.pass.name()),
            ];
            Some(Decided::new(&start.letter, change))
        };
        let (mut decided, mut going) = (Vec::new(), Vec::new());
        for start in starts {
            if let Some(one) = attempt(&start) {
                let mut letter = start.letter;
                letter.state = State::Sending;
                letter.attempts = one.change.next.attempts;
                letter.provider.clone_from(&one.change.provider);
                decided.push(one);
                going.push((letter, start.ready, start.pass));
            }
        }
        meter::kept(&self.office.desks, &decided);
        if let Some(pace) = &mut self.pace {
            pace.gave(going.len());
        }
        match record::under_lease(self.held, decided, now).await {
            Ok(None) => Ok(false),
            Ok(Some(kept)) => {
                for ((letter, ready, pass), kept) in going.into_iter().zip(kept) {
                    // What was withdrawn meanwhile is not given.
                    if kept {
                        let office = Arc::clone(self.office);
                        self.out.spawn(flight::hand_over(office, letter, ready, pass));
                    }
                }
                Ok(true)
            }
            Err(error) => {
                // Perhaps they are `sending` now and perhaps not; certain is that nobody gave them.
                let why = "the attempt could not be written down";
                let back = going
                    .into_iter()
                    .map(|(letter, _, _)| Landed::never_given(letter, why, now));
                let back = back.collect();
                self.write_down(back).await;
                Err(error)
            }
        }
    }

    async fn keep(&self, decided: Vec<Decided>) -> Result<bool, StoreError> {
        if decided.is_empty() {
            return Ok(true);
        }
        meter::kept(&self.office.desks, &decided);
        let now = self.office.now();
        Ok(record::under_lease(self.held, decided, now).await?.is_some())
    }

    /// Nothing is due: when is the next?
    async fn rest(&self) -> Result<Again, StoreError> {
        let now = self.office.now();
        let (lane, range) = (self.lane.code(), self.held.lease.range);
        let due = self
            .held
            .shard
            .read(move |tx| rows::next_due(tx, lane, range))
            .await?;
        let well = self
            .office
            .lines
            .well_at(now)
            .unwrap_or_else(|| now.plus_seconds(60));
        Ok(match due {
            Some(due) => Again::At(due.max(well).max(now.plus_micros(20_000))),
            None => Again::WhenWoken,
        })
    }

    /// Waits a little for what is out; what takes longer is left to the office, which writes it down when it comes.
    async fn leave(mut self) {
        let until = tokio::time::Instant::now() + LEAVING_MAX;
        while let Ok(Some(landed)) = tokio::time::timeout_at(until, self.out.join_next()).await {
            let mut all = self.landed();
            all.extend(landed.ok());
            self.write_down(all).await;
        }
        if self.out.is_empty() {
            return;
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

/// Writes down what providers said. It is certain, so it is tried until the store takes it.
async fn write_down(office: &Office, held: &Held, landed: Vec<Landed>) {
    let kind = |one: &Landed| office.desks.of(one.letter.kind).map(|desk| desk.kind);
    let decided: Vec<Decided> = landed.iter().filter_map(|one| one.decided(kind(one))).collect();
    if decided.is_empty() {
        return;
    }
    meter::kept(&office.desks, &decided);
    for one in &landed {
        if let What::Given {
            verdict: Verdict::HandedOver { .. },
            ..
        } = one.what
        {
            meter::handed_over(&office.desks, &one.letter, one.at);
        }
    }
    let _places: Vec<_> = landed.into_iter().filter_map(|one| one.pass).collect();
    for _ in 0..WRITE_AGAIN_MAX {
        match record::certain(&held.shard, decided.clone(), record::page_of(held)).await {
            Ok(_) => return,
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
