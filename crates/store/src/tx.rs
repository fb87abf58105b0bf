//! What a body may do: run statements, in order, in one transaction.
//!
//! `Tx` itself remembers how its statements went. After the first one that failed it refuses all others, on both
//! engines alike, and what the body says afterwards cannot turn a failed transaction into a kept one. The same memory
//! holds "run me again", so no wrapping of errors can lose it.

use std::time::Instant;

use kernel::Moment;

use crate::pg;
use crate::sqlite;
use crate::{FromValue, Sql, StoreError, ValueRef};

/// Whoever waits for instants in the store looks at it at least this often, and a little later when it is busy.
const WAITERS_LOOK_SECONDS: i64 = 2;

/// A transaction on one server.
pub struct Tx<'a> {
    hands: Hands<'a>,
    fate: Fate,
    asked_at: Moment,
    announced: bool,
    has_turn: bool,
    has_written: bool,
}

pub(crate) enum Hands<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(&'a mut pg::Session),
}

/// How the statements went so far.
#[derive(Clone, Debug)]
pub(crate) enum Fate {
    Fine,
    /// Run the body again: somebody else changed what it read, or the connection was lost before the commit.
    Again(StoreError),
    Failed(StoreError),
}

/// A row of an answer.
pub struct Row<'a>(Cells<'a>);

enum Cells<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a postgres::Row),
}

/// How one statement failed, as an engine tells it.
pub(crate) enum Failure {
    Again(StoreError),
    Final(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Final(error)
    }
}

impl<'a> Tx<'a> {
    pub(crate) fn new(hands: Hands<'a>, asked_at: Moment) -> Tx<'a> {
        Tx {
            hands,
            fate: Fate::Fine,
            asked_at,
            announced: false,
            has_turn: false,
            has_written: false,
        }
    }

    /// Runs a statement that answers no rows, and says how many it changed.
    pub fn execute(&mut self, sql: &'static Sql, params: &[ValueRef<'_>]) -> Result<u64, StoreError> {
        self.attempt(sql, params, |hands| match hands {
            Hands::Sqlite(connection) => sqlite::execute(connection, sql, params),
            Hands::Postgres(session) => session.execute(sql, params),
        })
    }

    /// All rows of an answer, each turned into a value by `map`. A statement that may have many rows says LIMIT.
    pub fn query<T>(
        &mut self,
        sql: &'static Sql,
        params: &[ValueRef<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut values = Vec::new();
        self.each(sql, params, &mut |row| {
            values.push(map(row)?);
            Ok(())
        })?;
        Ok(values)
    }

    /// The only row of an answer, or none. Two rows are a fault.
    pub fn query_opt<T>(
        &mut self,
        sql: &'static Sql,
        params: &[ValueRef<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut value = None;
        self.each(sql, params, &mut |row| {
            if value.is_some() {
                return Err(StoreError::broken(format!("{sql:?} answered more than one row")));
            }
            value = Some(map(row)?);
            Ok(())
        })?;
        Ok(value)
    }

    /// The one row that there must be.
    pub fn query_one<T>(
        &mut self,
        sql: &'static Sql,
        params: &[ValueRef<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self.query_opt(sql, params, map)? {
            Some(value) => Ok(value),
            None => Err(self.fail(StoreError::broken(format!("{sql:?} answered no row")))),
        }
    }

    fn each(
        &mut self,
        sql: &'static Sql,
        params: &[ValueRef<'_>],
        take: &mut dyn FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.attempt(sql, params, |hands| match hands {
            Hands::Sqlite(connection) => {
                sqlite::query(connection, sql, params, &mut |row| take(&Row(Cells::Sqlite(row))))
            }
            Hands::Postgres(session) => {
                session.query(sql, params, &mut |row| take(&Row(Cells::Postgres(row))))
            }
        })
    }

    fn attempt<T>(
        &mut self,
        sql: &'static Sql,
        params: &[ValueRef<'_>],
        run: impl FnOnce(&mut Hands<'a>) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        if !matches!(self.fate, Fate::Fine) {
            return Err(StoreError::Spent);
        }
        // PostgreSQL cannot hold it; SQLite would, and show half of it elsewhere.
        if params
            .iter()
            .any(|value| matches!(value, ValueRef::Text(text) if text.contains('\0')))
        {
            return Err(self.fail(StoreError::broken(format!("{sql:?} was given text with NUL"))));
        }
        self.has_written |= !sql.only_reads();
        let start = Instant::now();
        let result = run(&mut self.hands);
        sql.meter().ran(start.elapsed(), result.is_ok());
        result.map_err(|failure| match failure {
            Failure::Again(error) => {
                self.fate = Fate::Again(error.clone());
                error
            }
            Failure::Final(error) => self.fail(error),
        })
    }

    fn fail(&mut self, error: StoreError) -> StoreError {
        self.fate = Fate::Failed(error.clone());
        error
    }

    /// When the caller asked for this transaction. For the store's own rows only; services hand their instants in.
    pub(crate) fn asked_at(&self) -> Moment {
        self.asked_at
    }

    /// Once this is committed, those who listen to [`Store::announcements`](crate::Store::announcements) are woken.
    pub fn announced(&mut self) {
        self.announced = true;
    }

    /// The same when `due` comes before those who wait would look by themselves.
    pub fn announced_for(&mut self, due: Moment) {
        if due <= self.asked_at.plus_seconds(WAITERS_LOOK_SECONDS) {
            self.announced();
        }
    }

    /// Whether this transaction is to take the next number of the log: once, where the engine numbers none itself.
    pub(crate) fn takes_a_turn(&mut self) -> bool {
        matches!(self.hands, Hands::Sqlite(_)) && !std::mem::replace(&mut self.has_turn, true)
    }

    /// Whether a statement ran that may have changed something.
    pub(crate) fn has_written(&self) -> bool {
        self.has_written
    }

    pub(crate) fn has_announced(&self) -> bool {
        self.announced
    }

    pub(crate) fn into_fate(self) -> Fate {
        self.fate
    }
}

impl Row<'_> {
    /// The value of a column, counted from zero.
    pub fn get<T: FromValue>(&self, column: usize) -> Result<T, StoreError> {
        let value = match &self.0 {
            Cells::Sqlite(row) => sqlite::cell(row, column)?,
            Cells::Postgres(row) => pg::cell(row, column)?,
        };
        T::from_value(value).map_err(|wrong| {
            StoreError::broken(format!("column {column}: {wrong}, found {}", kind_of(value)))
        })
    }
}

/// The kind only: a value may be somebody's name, and errors end in logs.
fn kind_of(value: ValueRef<'_>) -> &'static str {
    match value {
        ValueRef::Null => "null",
        ValueRef::Int(_) => "a whole number",
        ValueRef::Text(_) => "text",
        ValueRef::Bytes(_) => "bytes",
    }
}
