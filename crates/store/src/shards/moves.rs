//! Moving virtual shards to another server while they are being used.
//!
//! A range is moved in pieces of some thousands of rows. Each piece is copied beside the destination's tables, what
//! was written meanwhile is copied again until that is little, writing is held up for the last of it (the fence), and
//! then one transaction over both servers and the home puts the rows into the destination's tables, takes them out of
//! the source's, and gives the piece to the destination in a new epoch. So at every moment each row is in exactly one
//! server's tables, which matters to lists over all servers and to workers that look for what is due.
//!
//! Why nothing is lost: a write reads the state of its range in its own serialisable transaction. One that read the
//! state before a change of it, and is not seen by the copy made after that change, would have to come both before
//! and after it; PostgreSQL ends such a transaction as a conflict, and its retry finds the new state.
//!
//! Why a killed move does no harm: the home knows of it, and whoever finds that nobody works on it asks for the verdict
//! on its last transaction. If that was `commit` the rest is tidied up, otherwise everything goes back to how it was.

use std::time::{Duration, Instant};

use kernel::VirtualShard;
use metrics::counter;
use postgres::Client;

use super::fleet::Fleet;
use super::link::database_of;
use super::map;
use super::piece::Piece;
use super::range::VshardRange;
use super::trouble::{Attempt, Trouble};
use super::two_phase::{Gid, Verdict, judge, settle};
use crate::StoreError;

/// Rows of one piece: what a fence of a fraction of a second can put in its place.
const PIECE_ROWS_MAX: u64 = 5_000;
/// Virtual shards of one piece, so that a move of empty ones is quick and a write under way conflicts with few others.
const PIECE_SHARDS_MAX: u16 = 512;
/// Whoever holds this lock of the home's database is the one that moves.
const LOCK: i64 = 0x746f_776e_0002;
/// How long a move waits for the lock. Whoever tidies up after a killed move holds it for seconds; another move, much
/// longer.
const LOCK_WAIT: Duration = Duration::from_secs(10);
const LOCK_POLL: Duration = Duration::from_millis(100);

/// What a move did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MoveReport {
    /// Virtual shards that changed their server. The others of the range were there already.
    pub shards: u32,
    pub rows: u64,
    /// How many times some writes were held up, each for a fraction of a second.
    pub pieces: u32,
}

#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    #[error("there is no server `{name}`; there are {known}")]
    UnknownServer { name: String, known: String },
    #[error("`{name}` is the cold server: it holds people who never acted, not ranges of virtual shards")]
    ToCold { name: String },
    #[error("another move is under way; one at a time")]
    AnotherMove,
    #[error("this store is one file; only a store on PostgreSQL servers has shards to move")]
    OneFile,
    #[error("the move ended early, and what was not moved is where it was: {0}")]
    Failed(#[source] StoreError),
}

impl From<Trouble> for MoveError {
    fn from(trouble: Trouble) -> MoveError {
        MoveError::Failed(trouble.into())
    }
}

impl From<postgres::Error> for MoveError {
    fn from(error: postgres::Error) -> MoveError {
        Trouble::from(error).into()
    }
}

/// Moves what of `range` is not there yet to the server `to`.
pub(crate) fn move_range(fleet: &Fleet, range: VshardRange, to: &str) -> Result<MoveReport, MoveError> {
    if fleet.contact(to).is_none() {
        let known = fleet.household().names().join(", ");
        return Err(MoveError::UnknownServer {
            name: to.to_owned(),
            known,
        });
    }
    if fleet.cold.as_deref() == Some(to) {
        return Err(MoveError::ToCold { name: to.to_owned() });
    }
    let mut home = fleet.connect_home()?;
    if !wait_for_lock(&mut home)? {
        return Err(MoveError::AnotherMove);
    }
    end_killed_moves(fleet, &mut home)?;
    let mut report = MoveReport::default();
    for entry in map::load(&mut home)? {
        if let Some(part) = entry.range.intersection(range)
            && entry.server != to
        {
            for shards in pieces(fleet, &entry.server, part)? {
                let rows = move_piece(fleet, &mut home, shards, &entry.server, to)?;
                counter!("townhall_shard_moves_rows_total", "server" => to.to_owned()).increment(rows);
                tracing::info!(range = %shards, from = entry.server, to, rows, "moved virtual shards");
                report.shards += u32::from(shards.count());
                report.rows += rows;
                report.pieces += 1;
            }
        }
    }
    Ok(report)
}

/// Cuts `range` so that each piece is small, unless one virtual shard alone is large.
fn pieces(fleet: &Fleet, source: &str, range: VshardRange) -> Attempt<Vec<VshardRange>> {
    let counts = fleet.tables.count(&mut fleet.connect(source)?, range)?;
    Ok(cut_by_rows(range, &counts))
}

fn cut_by_rows(range: VshardRange, counts: &[(VirtualShard, u64)]) -> Vec<VshardRange> {
    let mut counts = counts.iter().copied().peekable();
    let mut pieces = Vec::new();
    let mut open: Option<(VshardRange, u64)> = None;
    for vshard in range.shards() {
        let rows = counts
            .next_if(|(counted, _)| *counted == vshard)
            .map_or(0, |(_, rows)| rows);
        open = Some(match open {
            Some((piece, sum)) if sum + rows <= PIECE_ROWS_MAX && piece.count() < PIECE_SHARDS_MAX => (
                VshardRange {
                    first: piece.first,
                    last: vshard,
                },
                sum + rows,
            ),
            before => {
                pieces.extend(before.map(|(piece, _)| piece));
                (
                    VshardRange {
                        first: vshard,
                        last: vshard,
                    },
                    rows,
                )
            }
        });
    }
    pieces.extend(open.map(|(piece, _)| piece));
    pieces
}

fn move_piece(fleet: &Fleet, home: &mut Client, shards: VshardRange, from: &str, to: &str) -> Attempt<u64> {
    let under_way = UnderWay {
        id: new_id(),
        shards,
        source: from.to_owned(),
        destination: to.to_owned(),
        gid: Gid::new(fleet.home_name(), &database_of(home)?),
    };
    record(home, &under_way, fleet.clock.now().as_micros())?;
    fleet.points.pass("move.recorded");
    let moved = Piece::new(fleet, home, &under_way).and_then(|mut piece| piece.go());
    if moved.is_ok() {
        fleet.points.pass("move.flipped");
    }
    // Either way what is left to do is what recovery would do for a mover that was killed here.
    let ended = end(fleet, home, &under_way);
    match (moved, ended) {
        (Ok(rows), Ok(_)) => {
            fleet.points.pass("move.cleaned");
            Ok(rows)
        }
        // It was the answer that was lost, not the commit.
        (Err(trouble), Ok(Verdict::Commit)) => {
            tracing::warn!(%trouble, "a move was decided although its mover saw it fail");
            Ok(0)
        }
        (Err(trouble), _) | (Ok(_), Err(trouble)) => Err(trouble),
    }
}

/// A row of the table `shard_moves`.
#[derive(Clone, Debug)]
pub(crate) struct UnderWay {
    /// Letters and digits only, because it is part of a schema's name.
    pub(crate) id: String,
    pub(crate) shards: VshardRange,
    pub(crate) source: String,
    pub(crate) destination: String,
    pub(crate) gid: Gid,
}

impl UnderWay {
    /// Where the destination keeps what was copied until the flip.
    pub(crate) fn staging(&self) -> String {
        format!("townhall_move_{}", self.id)
    }
}

fn new_id() -> String {
    kernel::random_token()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(16)
        .collect::<String>()
        .to_lowercase()
}

fn take_lock(home: &mut Client) -> Result<bool, postgres::Error> {
    Ok(home
        .query_one("SELECT pg_try_advisory_lock($1)", &[&LOCK])?
        .get(0))
}

fn wait_for_lock(home: &mut Client) -> Result<bool, postgres::Error> {
    let from = Instant::now();
    loop {
        let taken = take_lock(home)?;
        if taken || from.elapsed() >= LOCK_WAIT {
            return Ok(taken);
        }
        std::thread::sleep(LOCK_POLL);
    }
}

fn record(home: &mut Client, under_way: &UnderWay, now: i64) -> Result<(), postgres::Error> {
    home.execute(
        "INSERT INTO shard_moves (id, first_vshard, last_vshard, source, destination, gid, started_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            &under_way.id,
            &under_way.shards.first_column(),
            &under_way.shards.last_column(),
            &under_way.source,
            &under_way.destination,
            &under_way.gid.to_string(),
            &now,
        ],
    )?;
    Ok(())
}

fn under_way(home: &mut Client) -> Result<Vec<UnderWay>, postgres::Error> {
    let rows = home.query(
        "SELECT id, first_vshard, last_vshard, source, destination, gid FROM shard_moves ORDER BY started_at",
        &[],
    )?;
    let read = |row: &postgres::Row| {
        Some(UnderWay {
            id: row.get(0),
            shards: VshardRange::of_columns(row.get(1), row.get(2))?,
            source: row.get(3),
            destination: row.get(4),
            gid: Gid::parse(row.get(5))?,
        })
    };
    Ok(rows.iter().filter_map(read).collect())
}

/// Ends the moves that nobody works on. Says how many, or `None` when somebody is moving.
pub(crate) fn recover(fleet: &Fleet, home: &mut Client) -> Attempt<Option<usize>> {
    if under_way(home)?.is_empty() {
        return Ok(Some(0));
    }
    if !take_lock(home)? {
        return Ok(None);
    }
    let ended = end_killed_moves(fleet, home);
    home.execute("SELECT pg_advisory_unlock($1)", &[&LOCK])?;
    ended.map(Some)
}

fn end_killed_moves(fleet: &Fleet, home: &mut Client) -> Attempt<usize> {
    let killed = under_way(home)?;
    for killed in &killed {
        let verdict = end(fleet, home, killed)?;
        tracing::warn!(range = %killed.shards, to = killed.destination, ?verdict, "ended a move that was killed");
    }
    Ok(killed.len())
}

/// Leaves the range on one server and nothing else behind. May be done again.
fn end(fleet: &Fleet, home: &mut Client, under_way: &UnderWay) -> Attempt<Verdict> {
    let verdict = judge(home, &under_way.gid, fleet.clock.now())?;
    let mut source = fleet.connect(&under_way.source)?;
    let mut destination = fleet.connect(&under_way.destination)?;
    settle(&mut source, &under_way.gid, verdict)?;
    settle(&mut destination, &under_way.gid, verdict)?;
    if verdict == Verdict::Abort {
        source.execute(
            "UPDATE shard_ranges SET state = 'here', move = NULL, pass = 0 WHERE move = $1",
            &[&under_way.id],
        )?;
    }
    destination.batch_execute(&format!("DROP SCHEMA IF EXISTS {} CASCADE", under_way.staging()))?;
    home.execute("DELETE FROM shard_moves WHERE id = $1", &[&under_way.id])?;
    Ok(verdict)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_into_pieces_that_a_short_fence_can_flip() {
        let range = |first, last| VshardRange::new(first, last).unwrap();
        let check = |whole: VshardRange, counts: &[(u16, u64)], expected: &[VshardRange]| {
            let counts: Vec<_> = counts
                .iter()
                .map(|(v, n)| (VirtualShard::new(*v).unwrap(), *n))
                .collect();
            assert_eq!(cut_by_rows(whole, &counts), expected);
        };
        check(range(0, 9), &[], &[range(0, 9)]);
        check(
            range(0, 9),
            &[(3, 4_000), (5, 1_001)],
            &[range(0, 4), range(5, 9)],
        );
        check(
            range(0, 2),
            &[(1, 1_000_000)],
            &[range(0, 0), range(1, 1), range(2, 2)],
        );
        check(range(0, 600), &[], &[range(0, 511), range(512, 600)]);
    }
}
