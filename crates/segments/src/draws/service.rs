//! What can be done with draws: drawing, ending one early, and clearing away what was cut off.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use kernel::{Id, Moment, PersonId, VirtualShard};
use store::{Shard, StoreError, log};

use super::rows;
use crate::catalog;
use crate::points::{Point, Salt};
use crate::rules::change;
use crate::service::{RULES, Refused, Segments, blocking};
use crate::types::{Actor, Draw, DrawNumber, DrawState, Key, Number, Reason, Rollout, Share};

/// Rows of who was drawn that are written at the same time, and read or forgotten at once.
const WRITTEN_AT_ONCE: usize = 32;
const READ_AT_ONCE: u16 = 500;
/// A draw that was not ended this long after it began never will be.
const CUT_OFF_SECONDS: i64 = 600;

/// A draw that somebody wants.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub share: Share,
    /// Conditions, include and exclude of whom to draw from; the rest of it says nothing.
    pub among: Rollout,
    pub until: Option<Moment>,
    /// Asked for again under the same name it is not drawn again.
    pub request: Option<String>,
}

impl Segments {
    /// Draws exactly so many of all who match, as this instance knows them, and makes them members all at once.
    pub async fn draw(&self, key: &str, wanted: Wanted, by: Actor) -> Result<Draw, Refused> {
        let begun = match self.begin_draw(key, wanted, by).await? {
            draw if draw.state == DrawState::Drawing => draw,
            drawn => return Ok(drawn),
        };
        // Whoever asked may hang up meanwhile; half a draw helps nobody.
        let segments = self.clone();
        let drawing = tokio::spawn(async move { segments.fulfil(begun).await });
        drawing
            .await
            .map_err(|_| StoreError::broken("a draw broke off"))?
    }

    /// The draw of this request if there is one, or a new one that nobody sees yet.
    async fn begin_draw(&self, key: &str, wanted: Wanted, by: Actor) -> Result<Draw, Refused> {
        let now = self.0.clock.now();
        let name = key.to_owned();
        // Public on purpose: whoever has the same people and the seed can check the draw.
        let seed = Id::new(now).to_string();
        let draw = self
            .0
            .store
            .write_everywhere::<_, Refused>(move |tx| {
                let no_segment = || Reason::NoSegment(name.clone());
                let key = Key::parse(&name).map_err(|_| no_segment())?;
                let segment = catalog::rows::with_key(tx, &key)?.ok_or_else(no_segment)?;
                if segment.archived.is_some() {
                    return Err(Reason::Archived(key).into());
                }
                let earlier = wanted
                    .request
                    .as_deref()
                    .map(|request| rows::requested(tx, request));
                if let Some(earlier) = earlier.transpose()?.flatten() {
                    return Ok((again(&earlier, segment.number, &wanted)?, true));
                }
                change::check_draw(
                    segment.number,
                    &segment.key,
                    &wanted.among,
                    wanted.until,
                    &catalog::rows::all(tx)?,
                    now,
                )?;
                let draw = Draw {
                    number: rows::next_number(tx)?.ok_or(Reason::TooManyDraws)?,
                    segment: segment.number,
                    wanted: Rollout {
                        salt: seed.clone(),
                        share: wanted.share,
                        ..wanted.among.clone()
                    },
                    state: DrawState::Drawing,
                    matching: 0,
                    drawn: 0,
                    begun: now,
                    visible: None,
                    until: wanted.until,
                    by,
                    request: wanted.request.clone(),
                };
                rows::save(tx, &draw)?;
                log::tell(tx, RULES, &draw.segment.get().to_be_bytes())?;
                Ok((draw, false))
            })
            .await?;
        match draw {
            (draw, true) if draw.state == DrawState::Drawing => Err(Reason::StillDrawing.into()),
            (draw, _) => Ok(draw),
        }
    }

    async fn fulfil(&self, draw: Draw) -> Result<Draw, Refused> {
        let segments = self.clone();
        let asked = draw.clone();
        let (matching, chosen) = blocking("a draw", move || segments.choose(&asked)).await?;
        let chosen = Arc::new(chosen);
        self.keep(draw.number, &chosen).await?;
        let now = self.0.clock.now();
        let drawn = u64::try_from(chosen.len()).unwrap_or(u64::MAX);
        let visible = self
            .0
            .store
            .write_everywhere::<_, Refused>(move |tx| {
                let before = rows::numbered(tx, draw.number)?;
                let before = before.filter(|before| before.state == DrawState::Drawing);
                let after = Draw {
                    state: DrawState::Visible,
                    matching,
                    drawn,
                    visible: Some(now),
                    ..before.ok_or(Reason::DrawFailed)?
                };
                rows::save(tx, &after)?;
                log::tell(tx, RULES, &after.segment.get().to_be_bytes())?;
                Ok(after)
            })
            .await?;
        self.reload_rules().await?;
        Ok(visible)
    }

    /// How many match, and those of them whose points under the seed are the smallest.
    fn choose(&self, draw: &Draw) -> (u64, Vec<PersonId>) {
        let now = self.0.clock.now();
        let shelf = self.shelf(now);
        let salt = Salt::of(&draw.wanted.salt);
        let mut matching = Vec::new();
        self.0.census.each(|seen| {
            if shelf.book.could_join(seen, Some(draw.segment), &draw.wanted, now) {
                matching.push((Point::of(seen.id).under(salt), seen.id));
            }
        });
        let count = u64::try_from(matching.len()).unwrap_or(u64::MAX);
        let wanted = usize::try_from(draw.wanted.share.of(count)).unwrap_or(usize::MAX);
        if wanted < matching.len() {
            matching.select_nth_unstable(wanted);
            matching.truncate(wanted);
        }
        (count, matching.into_iter().map(|(_, person)| person).collect())
    }

    async fn keep(&self, draw: DrawNumber, chosen: &[PersonId]) -> Result<(), StoreError> {
        let mut by_shard: BTreeMap<VirtualShard, Vec<PersonId>> = BTreeMap::new();
        for person in chosen {
            by_shard
                .entry(person.0.virtual_shard())
                .or_default()
                .push(*person);
        }
        let writes = by_shard.into_values().filter_map(|people| {
            let shard = self.0.store.shard_of(*people.first()?);
            Some(async move {
                let keep = move |tx: &mut store::Tx<'_>| rows::keep(tx, draw, &people);
                shard.write::<_, StoreError>(keep).await
            })
        });
        stream::iter(writes)
            .buffer_unordered(WRITTEN_AT_ONCE)
            .try_collect::<Vec<()>>()
            .await?;
        Ok(())
    }

    /// Takes out everybody who is in by a draw, at this instant.
    pub async fn end_draw(&self, key: &str, number: DrawNumber) -> Result<Draw, Refused> {
        let now = self.0.clock.now();
        let segment = self.segment(key)?.number;
        let ended = self
            .0
            .store
            .write_everywhere::<_, Refused>(move |tx| {
                let before = rows::numbered(tx, number)?.filter(|draw| draw.segment == segment);
                let before = before.ok_or(Reason::NoDraw(number.get()))?;
                if before.state == DrawState::Drawing {
                    return Err(Reason::StillDrawing.into());
                }
                if before.until.is_some_and(|until| until <= now) {
                    return Ok(before);
                }
                let after = Draw {
                    until: Some(now),
                    ..before
                };
                rows::save(tx, &after)?;
                log::tell(tx, RULES, &segment.get().to_be_bytes())?;
                Ok(after)
            })
            .await?;
        self.reload_rules().await?;
        Ok(ended)
    }

    /// The draws of a segment, the latest first.
    pub fn draws(&self, key: &str) -> Result<Vec<Draw>, Reason> {
        let shelf = self.shelf_now();
        let number = shelf.with_key(key)?.number;
        let of_segment = shelf.draws.iter().rev().filter(|draw| draw.segment == number);
        Ok(of_segment.cloned().collect())
    }

    /// Clears away what was cut off before it was visible, and says how much that was.
    pub async fn clear_draws(&self) -> Result<usize, StoreError> {
        let begun_by = self.0.clock.now().plus_seconds(-CUT_OFF_SECONDS);
        let home = self.home()?;
        let cut_off = home
            .read::<_, StoreError>(move |tx| rows::cut_off(tx, begun_by))
            .await?;
        let count = cut_off.len();
        for draw in cut_off {
            let failed = Draw {
                state: DrawState::Failed,
                ..draw.clone()
            };
            // First, so that what is still being written can no longer become visible.
            self.0
                .store
                .write_everywhere::<_, StoreError>(move |tx| {
                    let now = rows::numbered(tx, failed.number)?;
                    if now.is_some_and(|now| now.state == DrawState::Drawing) {
                        rows::save(tx, &failed)?;
                        log::tell(tx, RULES, &failed.segment.get().to_be_bytes())?;
                    }
                    Ok(())
                })
                .await?;
            for server in self.0.store.everywhere() {
                forget(&server, draw.number).await?;
            }
        }
        Ok(count)
    }

    /// Marks in memory who was drawn.
    pub(crate) async fn load_drawn(&self, draw: DrawNumber, at: Moment) -> Result<(), StoreError> {
        for server in self.0.store.everywhere() {
            let mut after = Id::from_bytes([0; 16]);
            loop {
                let page = server
                    .read::<_, StoreError>(move |tx| rows::kept(tx, draw, after, READ_AT_ONCE))
                    .await?;
                for (first, people) in &page {
                    self.0.census.draw(draw, at, people);
                    after = *first;
                }
                if page.len() < usize::from(READ_AT_ONCE) {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// What somebody gets who asks again.
fn again(earlier: &Draw, segment: Number, wanted: &Wanted) -> Result<Draw, Reason> {
    let asked = &earlier.wanted;
    let is_same = earlier.segment == segment
        && asked.share == wanted.share
        && earlier.until == wanted.until
        && asked.conditions == wanted.among.conditions
        && asked.include == wanted.among.include
        && asked.exclude == wanted.among.exclude;
    match earlier.state {
        _ if !is_same => Err(Reason::OtherRequest),
        DrawState::Failed => Err(Reason::DrawFailed),
        DrawState::Drawing | DrawState::Visible => Ok(earlier.clone()),
    }
}

async fn forget(server: &Shard, draw: DrawNumber) -> Result<(), StoreError> {
    loop {
        let gone = server
            .write::<_, StoreError>(move |tx| rows::forget(tx, draw, READ_AT_ONCE))
            .await?;
        if gone < u64::from(READ_AT_ONCE) {
            return Ok(());
        }
    }
}
