//! Who takes part in which task on a server.

use kernel::Moment;
use store::{StoreError, Tx, params, sql};

/// More tasks than any program has; a bound for the answer, not a rule.
const TASKS_MAX: i64 = 1000;

pub(super) fn attend(tx: &mut Tx<'_>, worker: &str, task: &str, until: Moment) -> Result<(), StoreError> {
    tx.execute(
        sql!(
            "INSERT INTO attendance (worker, task, present_until) VALUES ($1, $2, $3)
             ON CONFLICT (worker, task) DO UPDATE SET present_until = excluded.present_until"
        ),
        params![worker, task, until],
    )?;
    Ok(())
}

/// Stays for longer with all tasks, and says how many they are.
pub(super) fn stay(tx: &mut Tx<'_>, worker: &str, until: Moment) -> Result<u64, StoreError> {
    tx.execute(
        sql!("UPDATE attendance SET present_until = $2 WHERE worker = $1"),
        params![worker, until],
    )
}

/// Forgets those who went without a word.
pub(super) fn forget_gone(tx: &mut Tx<'_>, now: Moment) -> Result<u64, StoreError> {
    tx.execute(
        sql!("DELETE FROM attendance WHERE present_until <= $1"),
        params![now],
    )
}

pub(super) fn leave(tx: &mut Tx<'_>, worker: &str) -> Result<u64, StoreError> {
    tx.execute(sql!("DELETE FROM attendance WHERE worker = $1"), params![worker])
}

/// How many processes take part in each task.
pub(super) fn present(tx: &mut Tx<'_>, now: Moment) -> Result<Vec<(String, u16)>, StoreError> {
    tx.query(
        sql!("SELECT task, count(*) FROM attendance WHERE present_until > $1 GROUP BY task LIMIT $2"),
        params![now, TASKS_MAX],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}
