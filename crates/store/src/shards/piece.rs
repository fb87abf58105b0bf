//! One piece of a move: copy, catch up, fence, flip.

use std::time::Instant;

use kernel::VirtualShard;
use metrics::histogram;
use postgres::Client;

use super::ANYTHING;
use super::fleet::Fleet;
use super::map;
use super::moves::UnderWay;
use super::tables::{Rows, columns, copy};
use super::trouble::{Attempt, Trouble, again};
use super::two_phase::{Ended, Work, commit_together};
use crate::StoreError;
use crate::log::{self, Arrival};

/// So many virtual shards or fewer are left to the last pass, behind the fence.
const LAST_PASS_SHARDS: usize = 4;
/// Where writes touch more in the time of each pass, the fence comes all the same.
const PASSES_MAX: i64 = 8;

const LOST: Trouble = Trouble::Overtaken("somebody else ended this move");

pub(super) struct Piece<'a> {
    fleet: &'a Fleet,
    under_way: &'a UnderWay,
    home: &'a mut Client,
    source: Client,
    destination: Client,
    pass: i64,
}

impl<'a> Piece<'a> {
    pub(super) fn new(fleet: &'a Fleet, home: &'a mut Client, under_way: &'a UnderWay) -> Attempt<Piece<'a>> {
        let source = fleet.connect(&under_way.source)?;
        let destination = fleet.connect(&under_way.destination)?;
        Ok(Piece {
            fleet,
            under_way,
            home,
            source,
            destination,
            pass: 0,
        })
    }

    /// Says how many rows were moved.
    pub(super) fn go(&mut self) -> Attempt<u64> {
        let points = &self.fleet.points;
        self.mark()?;
        points.pass("move.marked");
        self.stage()?;
        points.pass("move.staged");
        self.copy_all()?;
        points.pass("move.copied");
        while self.pass < PASSES_MAX {
            self.next_pass("moving")?;
            if self.copy_touched()? <= LAST_PASS_SHARDS {
                break;
            }
        }
        points.pass("move.caught_up");
        let fence = Instant::now();
        self.next_pass("fenced")?;
        points.pass("move.fenced");
        self.copy_touched()?;
        points.pass("move.last_pass");
        let moved = self.flip();
        histogram!("townhall_shard_fence_seconds").record(fence.elapsed());
        moved
    }

    /// From here on every write says what it touches.
    fn mark(&mut self) -> Attempt<()> {
        let (shards, id) = (self.under_way.shards, &self.under_way.id);
        again(|| {
            in_transaction(&mut self.source, "", |source| {
                map::cut(source, "shard_ranges", "epoch, state, move, pass", shards)?;
                source.execute("DELETE FROM shard_touched", &[])?;
                source.execute(
                    "UPDATE shard_ranges SET state = 'moving', move = $1, pass = 1
                     WHERE first_vshard >= $2 AND last_vshard <= $3 AND state = 'here'",
                    &[id, &shards.first_column(), &shards.last_column()],
                )?;
                holds(source, self.under_way, "moving", 1)
            })
        })?;
        self.pass = 1;
        Ok(())
    }

    fn next_pass(&mut self, state: &str) -> Attempt<()> {
        let next = self.pass + 1;
        again(|| {
            in_transaction(&mut self.source, "", |source| {
                source.execute(
                    "UPDATE shard_ranges SET state = $1, pass = $2 WHERE move = $3",
                    &[&state, &next, &self.under_way.id],
                )?;
                holds(source, self.under_way, state, next)
            })
        })?;
        self.pass = next;
        Ok(())
    }

    /// Tables beside those of the destination: a half-copied virtual shard must not show in a list over all servers.
    fn stage(&mut self) -> Attempt<()> {
        let staging = self.under_way.staging();
        let mut text = format!("CREATE SCHEMA {staging};");
        for table in &self.fleet.tables.sharded {
            text.push_str(&format!("CREATE TABLE {staging}.{0} (LIKE {0});", table.name));
        }
        Ok(self.destination.batch_execute(&text)?)
    }

    fn copy_all(&mut self) -> Attempt<()> {
        again(|| self.copy_once(|_| Ok(Vec::from([ANYTHING])))).map(|_| ())
    }

    /// Copies again what was touched since the pass before, and says how many virtual shards that were.
    fn copy_touched(&mut self) -> Attempt<usize> {
        let before = self.pass - 1;
        again(|| {
            self.copy_once(|source| {
                let rows = source.query(
                    "SELECT DISTINCT vshard FROM shard_touched WHERE pass = $1",
                    &[&before],
                )?;
                Ok(rows.iter().map(|row| row.get(0)).collect())
            })
        })
    }

    /// One snapshot of the source replaces what the destination holds of the virtual shards that `choose` names. The
    /// snapshot counts only if the source's transaction commits, so that comes first.
    fn copy_once(&mut self, choose: impl Fn(&mut Client) -> Attempt<Vec<i64>>) -> Attempt<usize> {
        let Piece {
            fleet,
            under_way,
            source,
            destination,
            pass,
            ..
        } = self;
        let state_now = |source: &mut Client| {
            holds(source, under_way, "moving", *pass).or_else(|_| holds(source, under_way, "fenced", *pass))
        };
        let mut copied = 0;
        in_transaction(destination, "", |destination| {
            in_transaction(source, "READ ONLY", |source| {
                state_now(source)?;
                let chosen = choose(source)?;
                copied = chosen.len();
                if chosen.contains(&ANYTHING) {
                    copied = usize::from(under_way.shards.count());
                    return copy_rows(
                        fleet,
                        under_way,
                        source,
                        destination,
                        Rows::Range(under_way.shards),
                    );
                }
                let shards: Vec<VirtualShard> = chosen.into_iter().filter_map(known).collect();
                if shards.is_empty() {
                    return Ok(());
                }
                copy_rows(fleet, under_way, source, destination, Rows::Shards(&shards))
            })
        })?;
        Ok(copied)
    }

    fn flip(&mut self) -> Attempt<u64> {
        again(|| self.flip_once())
    }

    fn flip_once(&mut self) -> Attempt<u64> {
        let Piece {
            fleet,
            under_way,
            home,
            source,
            destination,
            ..
        } = self;
        let mut members: Vec<&mut Client> = vec![home];
        let mut names = vec![fleet.home_name()];
        for (name, client) in [(&under_way.source, source), (&under_way.destination, destination)] {
            if name != fleet.home_name() {
                members.push(client);
                names.push(name);
            }
        }
        let mut flip = Flip {
            fleet,
            under_way,
            names,
            epoch: 0,
            taken: Vec::new(),
            given: Vec::new(),
        };
        match commit_together(
            &mut members,
            &under_way.gid,
            fleet.clock.now(),
            &fleet.points,
            &mut flip,
        ) {
            Ended::Committed => Ok(flip.given.iter().sum()),
            Ended::Undone(trouble) | Ended::Unknown(trouble) => Err(trouble),
        }
    }
}

/// The transaction that gives the piece to the destination.
struct Flip<'a> {
    fleet: &'a Fleet,
    under_way: &'a UnderWay,
    /// Of the members, in their order.
    names: Vec<&'a str>,
    epoch: i64,
    /// How many rows of each sharded table left the source, and reached the destination.
    taken: Vec<u64>,
    given: Vec<u64>,
}

impl Flip<'_> {
    fn part(&mut self, number: usize, client: &mut Client) -> Attempt<()> {
        if self.names[number] == self.under_way.source {
            self.taken = take_out(self.fleet, self.under_way, client)?;
        }
        if self.names[number] == self.under_way.destination {
            self.given = put_in(self.fleet, self.under_way, client, self.epoch)?;
            let arrival = Arrival::Range(self.under_way.shards);
            log::tell_arrival(client, arrival, self.fleet.clock.now())?;
        }
        Ok(())
    }
}

impl Work<&mut Client> for Flip<'_> {
    fn at_home(&mut self, home: &mut &mut Client) -> Attempt<()> {
        self.epoch = map::give(home, self.under_way.shards, &self.under_way.destination)?;
        self.part(0, home)
    }

    fn at_other(&mut self, number: usize, other: &mut &mut Client) -> Attempt<()> {
        self.part(number, other)
    }

    fn seal(&mut self, _home: &mut &mut Client) -> Attempt<()> {
        if self.taken == self.given {
            return Ok(());
        }
        let (shards, taken, given) = (self.under_way.shards, &self.taken, &self.given);
        let says =
            format!("of the virtual shards {shards} {taken:?} rows would leave and {given:?} would arrive");
        Err(StoreError::broken(says).into())
    }
}

fn known(number: i64) -> Option<VirtualShard> {
    VirtualShard::new(u16::try_from(number).ok()?)
}

fn copy_rows(
    fleet: &Fleet,
    under_way: &UnderWay,
    source: &mut Client,
    destination: &mut Client,
    rows: Rows<'_>,
) -> Attempt<()> {
    for table in &fleet.tables.sharded {
        let staged = format!("{}.{}", under_way.staging(), table.name);
        let (columns, condition) = (columns(source, &table.name)?, rows.condition(table));
        destination.batch_execute(&format!("DELETE FROM {staged} WHERE {condition}"))?;
        let question = format!("SELECT {columns} FROM {} WHERE {condition}", table.name);
        copy(source, &question, destination, &staged, &columns)?;
    }
    Ok(())
}

/// The source's part of the flip.
fn take_out(fleet: &Fleet, under_way: &UnderWay, source: &mut Client) -> Attempt<Vec<u64>> {
    let mut taken = Vec::new();
    // What refers to other rows goes first.
    for table in fleet.tables.sharded.iter().rev() {
        taken.push(table.delete(source, Rows::Range(under_way.shards))?);
    }
    taken.reverse();
    let gone = source.query(
        "DELETE FROM shard_ranges WHERE move = $1 AND state = 'fenced' RETURNING last_vshard - first_vshard + 1",
        &[&under_way.id],
    )?;
    let count: i64 = gone.iter().map(|row| row.get::<_, i64>(0)).sum();
    if count == i64::from(under_way.shards.count()) {
        Ok(taken)
    } else {
        Err(LOST)
    }
}

/// The destination's part of the flip.
fn put_in(fleet: &Fleet, under_way: &UnderWay, destination: &mut Client, epoch: i64) -> Attempt<Vec<u64>> {
    let mut given = Vec::new();
    for table in &fleet.tables.sharded {
        let (staging, columns) = (under_way.staging(), columns(destination, &table.name)?);
        given.push(destination.execute(
            &format!(
                "INSERT INTO {0} ({columns}) SELECT {columns} FROM {staging}.{0}",
                table.name
            ),
            &[],
        )?);
    }
    destination.execute(
        "INSERT INTO shard_ranges (first_vshard, last_vshard, epoch, state, pass) VALUES ($1, $2, $3, 'here', 0)",
        &[&under_way.shards.first_column(), &under_way.shards.last_column(), &epoch],
    )?;
    Ok(given)
}

/// Whether the whole piece is in this state for this move, as the transaction sees it.
fn holds(source: &mut Client, under_way: &UnderWay, state: &str, pass: i64) -> Attempt<()> {
    let row = source.query_one(
        "SELECT coalesce(sum(last_vshard - first_vshard + 1), 0)::bigint FROM shard_ranges
         WHERE move = $1 AND state = $2 AND pass = $3",
        &[&under_way.id, &state, &pass],
    )?;
    if row.get::<_, i64>(0) == i64::from(under_way.shards.count()) {
        Ok(())
    } else {
        Err(LOST)
    }
}

fn in_transaction<T>(
    client: &mut Client,
    mode: &str,
    work: impl FnOnce(&mut Client) -> Attempt<T>,
) -> Attempt<T> {
    client.batch_execute(&format!("BEGIN ISOLATION LEVEL SERIALIZABLE {mode}"))?;
    let result = work(client).and_then(|value| {
        client.batch_execute("COMMIT")?;
        Ok(value)
    });
    if result.is_err() {
        // A connection that is gone has nothing left to roll back.
        client.batch_execute("ROLLBACK").ok();
    }
    result
}
