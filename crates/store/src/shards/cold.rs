//! The cold server: owners who never acted live there, out of the way of those who do, until their first write.
//!
//! An owner comes over in one transaction on both servers: the rows are copied and taken out, and both write down that
//! it happened. The hot server's note says where to look; the cold server's keeps an import that comes late from putting
//! rows where nobody would find them. While there is a cold server, a body touches rows of its own owner only.

use std::sync::Arc;

use kernel::Id;
use postgres::Client;

use super::fleet::Fleet;
use super::link::database_of;
use super::map::Spot;
use super::tables::{Rows, WARM_OWNERS, columns, read_stream, write_stream};
use super::trouble::{Attempt, Trouble};
use super::two_phase::{Ended, Gid, Work, commit_together};
use crate::log::{self, Arrival};
use crate::{Elsewhere, StoreError};

/// Two first acts of one person at once meet on the person's own rows; one of them waits.
const ATTEMPTS_MAX: u32 = 10;
/// A binary stream without rows: its signature, flags and end.
const EMPTY_STREAM_BYTES: usize = 21;

/// Brings an owner's rows to the server that owns the virtual shard. Nothing to do for one who came before.
pub(crate) async fn warm(fleet: &Arc<Fleet>, spot: Spot, owner: Id) -> Result<(), StoreError> {
    let theirs = Arc::clone(fleet);
    fleet
        .run(move || bring_over(&theirs, spot, owner).map_err(StoreError::from))
        .await
}

fn bring_over(fleet: &Fleet, spot: Spot, owner: Id) -> Attempt<()> {
    let (Some(hot_name), Some(cold_name)) = (fleet.name(spot.server), fleet.cold.as_deref()) else {
        return Err(StoreError::broken("there is no cold server").into());
    };
    let mut hot = fleet.borrow(hot_name)?;
    let mut cold = fleet.borrow(cold_name)?;
    for _ in 0..ATTEMPTS_MAX {
        let gid = Gid::new(hot_name, &database_of(&mut hot)?);
        let mut thaw = Thaw {
            fleet,
            owner,
            epoch: spot.epoch,
            rows: Vec::new(),
            came_before: false,
        };
        let mut members = [&mut hot, &mut cold];
        match commit_together(&mut members, &gid, fleet.clock.now(), &fleet.points, &mut thaw) {
            Ended::Undone(trouble) if trouble.may_pass() => {}
            Ended::Undone(trouble) if !thaw.came_before => return Err(trouble),
            Ended::Unknown(trouble) => return Err(trouble),
            Ended::Committed | Ended::Undone(_) => {
                fleet.give_back(hot_name, hot);
                fleet.give_back(cold_name, cold);
                return Ok(());
            }
        }
    }
    Err(StoreError::Busy.into())
}

struct Thaw<'a> {
    fleet: &'a Fleet,
    owner: Id,
    epoch: i64,
    /// By the number of the table.
    rows: Vec<(usize, String, Vec<u8>)>,
    came_before: bool,
}

impl Work<&mut Client> for Thaw<'_> {
    fn at_home(&mut self, hot: &mut &mut Client) -> Attempt<()> {
        let vshard = i64::from(self.owner.virtual_shard().number());
        let range = hot.query_opt(
            "SELECT last_vshard, epoch, state, pass FROM shard_ranges
             WHERE first_vshard <= $1 ORDER BY first_vshard DESC LIMIT 1",
            &[&vshard],
        )?;
        let elsewhere = |why| Err(Trouble::Store(StoreError::Moved(why)));
        let Some(range) =
            range.filter(|row| row.get::<_, i64>(0) >= vshard && row.get::<_, i64>(1) == self.epoch)
        else {
            return elsewhere(Elsewhere::Remapped);
        };
        match range.get::<_, &str>(2) {
            "here" => {}
            "moving" => {
                let pass: i64 = range.get(3);
                hot.execute(
                    "INSERT INTO shard_touched (vshard, pass) VALUES ($1, $2)",
                    &[&vshard, &pass],
                )?;
            }
            _ => return elsewhere(Elsewhere::Fenced),
        }
        if note(hot, self.owner)? {
            return Ok(());
        }
        self.came_before = true;
        Err(Trouble::Overtaken("somebody else brought this owner over"))
    }

    fn at_other(&mut self, _number: usize, cold: &mut &mut Client) -> Attempt<()> {
        let rows = Rows::Owner(self.owner);
        for (at, table) in self.fleet.tables.sharded.iter().enumerate() {
            if table.name == WARM_OWNERS {
                continue;
            }
            let columns = columns(cold, &table.name)?;
            let question = format!(
                "SELECT {columns} FROM {} WHERE {}",
                table.name,
                rows.condition(table)
            );
            let stream = read_stream(cold, &question)?;
            if stream.len() > EMPTY_STREAM_BYTES {
                self.rows.push((at, columns, stream));
            }
        }
        // What refers to other rows goes first.
        for (at, ..) in self.rows.iter().rev() {
            self.fleet.tables.sharded[*at].delete(cold, rows)?;
        }
        note(cold, self.owner)?;
        Ok(())
    }

    fn seal(&mut self, hot: &mut &mut Client) -> Attempt<()> {
        for (at, columns, stream) in &self.rows {
            write_stream(hot, stream, &self.fleet.tables.sharded[*at].name, columns)?;
        }
        if !self.rows.is_empty() {
            log::tell_arrival(hot, Arrival::Owner(self.owner), self.fleet.clock.now())?;
        }
        Ok(())
    }
}

/// False when it stands there already.
fn note(client: &mut Client, owner: Id) -> Result<bool, postgres::Error> {
    let vshard = i64::from(owner.virtual_shard().number());
    let noted = client.execute(
        "INSERT INTO warm_owners (vshard, owner) VALUES ($1, $2) ON CONFLICT (vshard, owner) DO NOTHING",
        &[&vshard, &owner.as_bytes().as_slice()],
    )?;
    Ok(noted == 1)
}
