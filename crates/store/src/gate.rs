//! What a transaction must find true before its body runs: that its rows are here, now.
//!
//! The server's own table of ranges answers, in the transaction's own snapshot. So whoever changes that table decides
//! for every transaction on which side of the change it stands; the moves of virtual shards are built on this.

use kernel::{Id, VirtualShard};

use crate::routes::Purpose;
use crate::{Elsewhere, StoreError, Tx, params, sql};

#[derive(Clone, Debug)]
pub(crate) enum Gate {
    Open,
    /// On a server that owns ranges.
    Range {
        vshard: VirtualShard,
        epoch: i64,
        purpose: Purpose,
    },
    /// The same in a house with a cold server: the owner must have come from there.
    WarmOwner {
        owner: Id,
        epoch: i64,
        purpose: Purpose,
    },
    /// On the cold server: the owner must not have left.
    ColdOwner(Id),
    /// A write that belongs to no owner, on a server from which a range may be moving.
    AllRanges,
}

/// A row of `shard_ranges`.
struct Range {
    last: i64,
    epoch: i64,
    state: String,
    pass: i64,
}

impl Gate {
    pub(crate) fn of_range(vshard: VirtualShard, owner: Option<Id>, epoch: i64, purpose: Purpose) -> Gate {
        match owner {
            Some(owner) => Gate::WarmOwner {
                owner,
                epoch,
                purpose,
            },
            None => Gate::Range {
                vshard,
                epoch,
                purpose,
            },
        }
    }

    pub(crate) fn of_cold(owner: Id) -> Gate {
        Gate::ColdOwner(owner)
    }

    pub(crate) fn of_server(purpose: Purpose) -> Gate {
        match purpose {
            Purpose::Read | Purpose::WriteInternal => Gate::Open,
            Purpose::Write => Gate::AllRanges,
        }
    }

    pub(crate) fn check(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        match self {
            Gate::Open => Ok(()),
            Gate::Range {
                vshard,
                epoch,
                purpose,
            } => {
                let range = range_of(tx, *vshard)?;
                pass(tx, range, *vshard, *epoch, *purpose)
            }
            Gate::WarmOwner {
                owner,
                epoch,
                purpose,
            } => {
                let vshard = owner.virtual_shard();
                let (range, is_warm) = range_and_owner(tx, *owner)?;
                pass(tx, range, vshard, *epoch, *purpose)?;
                if is_warm {
                    Ok(())
                } else {
                    Err(StoreError::Moved(Elsewhere::Cold))
                }
            }
            Gate::ColdOwner(owner) => {
                if has_left(tx, *owner)? {
                    Err(StoreError::Moved(Elsewhere::Warm))
                } else {
                    Ok(())
                }
            }
            Gate::AllRanges => pass_all(tx),
        }
    }
}

fn pass(
    tx: &mut Tx<'_>,
    range: Option<Range>,
    vshard: VirtualShard,
    epoch: i64,
    purpose: Purpose,
) -> Result<(), StoreError> {
    let range = range
        .filter(|range| range.last >= i64::from(vshard.number()) && range.epoch == epoch)
        .ok_or(StoreError::Moved(Elsewhere::Remapped))?;
    match (range.state.as_str(), purpose) {
        ("here", _) | (_, Purpose::Read) => Ok(()),
        ("moving", Purpose::Write) => touch(tx, i64::from(vshard.number()), range.pass),
        _ => Err(StoreError::Moved(Elsewhere::Fenced)),
    }
}

/// Such a write may change rows of any virtual shard, so it waits for a fence and has all that moves copied again.
fn pass_all(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let on_the_move = tx.query(
        sql!("SELECT state, pass FROM shard_ranges WHERE state <> 'here' LIMIT 4096"),
        params![],
        |row| Ok((row.get::<String>(0)?, row.get::<i64>(1)?)),
    )?;
    for (state, pass) in on_the_move {
        if state == "fenced" {
            return Err(StoreError::Moved(Elsewhere::Fenced));
        }
        touch(tx, crate::shards::ANYTHING, pass)?;
    }
    Ok(())
}

fn range_of(tx: &mut Tx<'_>, vshard: VirtualShard) -> Result<Option<Range>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT last_vshard, epoch, state, pass FROM shard_ranges
             WHERE first_vshard <= $1 ORDER BY first_vshard DESC LIMIT 1"
        ),
        params![vshard],
        |row| {
            Ok(Range {
                last: row.get(0)?,
                epoch: row.get(1)?,
                state: row.get(2)?,
                pass: row.get(3)?,
            })
        },
    )
}

/// Both answers in one round trip.
fn range_and_owner(tx: &mut Tx<'_>, owner: Id) -> Result<(Option<Range>, bool), StoreError> {
    let found = tx.query_opt(
        sql!(
            "SELECT last_vshard, epoch, state, pass,
                (SELECT count(*) FROM warm_owners WHERE vshard = $1 AND owner = $2)
             FROM shard_ranges WHERE first_vshard <= $1 ORDER BY first_vshard DESC LIMIT 1"
        ),
        params![owner.virtual_shard(), owner],
        |row| {
            let range = Range {
                last: row.get(0)?,
                epoch: row.get(1)?,
                state: row.get(2)?,
                pass: row.get(3)?,
            };
            Ok((range, row.get::<i64>(4)? > 0))
        },
    )?;
    Ok(found.map_or((None, false), |(range, is_warm)| (Some(range), is_warm)))
}

fn has_left(tx: &mut Tx<'_>, owner: Id) -> Result<bool, StoreError> {
    tx.query_one(
        sql!("SELECT count(*) FROM warm_owners WHERE vshard = $1 AND owner = $2"),
        params![owner.virtual_shard(), owner],
        |row| Ok(row.get::<i64>(0)? > 0),
    )
}

fn touch(tx: &mut Tx<'_>, vshard: i64, pass: i64) -> Result<(), StoreError> {
    tx.execute(
        sql!("INSERT INTO shard_touched (vshard, pass) VALUES ($1, $2)"),
        params![vshard, pass],
    )
    .map(|_| ())
}
