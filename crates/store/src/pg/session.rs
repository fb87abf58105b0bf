//! One connection and the statements prepared on it.

use std::collections::HashMap;

use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::ToSql;
use postgres::{Client, Statement};

use super::address::Address;
use super::failure::{self, Trouble};
use super::values::Parameter;
use crate::config::Lanes;
use crate::tx::Failure;
use crate::{Sql, StoreError, ValueRef};

pub(crate) struct Session {
    client: Client,
    /// By the address of the statement: each stands once in the program.
    prepared: HashMap<usize, Statement>,
    lost: bool,
    /// A fresh transaction is open already: the last commit began it.
    chained: bool,
}

impl Session {
    pub(crate) fn connect(address: &Address, lanes: &Lanes) -> Result<Session, postgres::Error> {
        let mut client = address.connect()?;
        client.batch_execute(&format!(
            "SET statement_timeout = {}; SET idle_in_transaction_session_timeout = {}",
            lanes.statement_timeout.as_millis(),
            lanes.idle_timeout.as_millis()
        ))?;
        Ok(Session {
            client,
            prepared: HashMap::new(),
            lost: false,
            chained: false,
        })
    }

    pub(crate) fn execute(&mut self, sql: &'static Sql, params: &[ValueRef<'_>]) -> Result<u64, Failure> {
        let statement = self.prepared(sql, params)?;
        let params: Vec<Parameter<'_>> = params.iter().copied().map(Parameter).collect();
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|value| value as _).collect();
        let result = self.client.execute(&statement, &params);
        result.map_err(|error| self.told(sql, error))
    }

    pub(crate) fn query(
        &mut self,
        sql: &'static Sql,
        params: &[ValueRef<'_>],
        take: &mut dyn FnMut(&postgres::Row) -> Result<(), StoreError>,
    ) -> Result<(), Failure> {
        let statement = self.prepared(sql, params)?;
        let params = params.iter().copied().map(Parameter);
        let result = self.client.query_raw(&statement, params).and_then(|mut rows| {
            while let Some(row) = rows.next()? {
                if let Err(error) = take(&row) {
                    return Ok(Err(error));
                }
            }
            Ok(Ok(()))
        });
        match result {
            Ok(taken) => taken.map_err(Failure::Final),
            Err(error) => Err(self.told(sql, error)),
        }
    }

    fn prepared(&mut self, sql: &'static Sql, params: &[ValueRef<'_>]) -> Result<Statement, Failure> {
        let key = std::ptr::from_ref(sql).addr();
        let statement = match self.prepared.get(&key) {
            Some(statement) => statement.clone(),
            None => {
                let statement = self
                    .client
                    .prepare(sql.for_postgres())
                    .map_err(|error| self.told(sql, error))?;
                self.prepared.insert(key, statement.clone());
                statement
            }
        };
        let (expected, given) = (statement.params().len(), params.len());
        if expected != given {
            let what = format!("{sql:?} takes {expected} parameters and was given {given}");
            return Err(StoreError::broken(what).into());
        }
        Ok(statement)
    }

    /// Statements without parameters, in one round trip: BEGIN, COMMIT, PREPARE TRANSACTION.
    pub(crate) fn batch(&mut self, text: &str) -> Result<(), Failure> {
        let result = self.client.batch_execute(text);
        result.map_err(|error| self.note(failure::of(text, error)))
    }

    /// Opens a transaction, unless the last commit did.
    pub(crate) fn begin(&mut self, text: &str) -> Result<(), Failure> {
        if std::mem::take(&mut self.chained) {
            return Ok(());
        }
        self.batch(text)
    }

    /// Commits, and in the same round trip opens the next transaction when there is one to run.
    pub(crate) fn commit(&mut self, chain: bool) -> Result<(), Failure> {
        self.batch(if chain { "COMMIT AND CHAIN" } else { "COMMIT" })?;
        self.chained = chain;
        Ok(())
    }

    /// Ends a transaction that was opened for a job which nobody wanted any more.
    pub(crate) fn end_chain(&mut self) -> Result<(), Failure> {
        if std::mem::take(&mut self.chained) {
            self.batch("ROLLBACK")?;
        }
        Ok(())
    }

    fn told(&mut self, sql: &Sql, error: postgres::Error) -> Failure {
        let trouble = failure::of(&format!("{sql:?}"), error);
        self.note(trouble)
    }

    fn note(&mut self, trouble: Trouble) -> Failure {
        match trouble {
            Trouble::Lost => self.lost = true,
            Trouble::Stale => self.prepared.clear(),
            Trouble::Conflicted | Trouble::Told(_) => {}
        }
        trouble.into()
    }

    /// The connection itself, for statements that are made at run time.
    pub(crate) fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.lost || self.client.is_closed()
    }
}
