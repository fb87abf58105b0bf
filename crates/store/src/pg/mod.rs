//! PostgreSQL: threads that own a connection each and its prepared statements.

use crate::tx::Failure;
use crate::{Sql, StoreError, ValueRef};

pub(crate) struct Session;

impl Session {
    pub(crate) fn execute(&mut self, _: &'static Sql, _: &[ValueRef<'_>]) -> Result<u64, Failure> {
        Err(StoreError::broken("PostgreSQL lanes are being built").into())
    }

    pub(crate) fn query(
        &mut self,
        _: &'static Sql,
        _: &[ValueRef<'_>],
        _: &mut dyn FnMut(&postgres::Row) -> Result<(), StoreError>,
    ) -> Result<(), Failure> {
        Err(StoreError::broken("PostgreSQL lanes are being built").into())
    }
}

pub(crate) fn cell<'a>(_: &'a postgres::Row, _: usize) -> Result<ValueRef<'a>, StoreError> {
    Err(StoreError::broken("PostgreSQL lanes are being built"))
}
