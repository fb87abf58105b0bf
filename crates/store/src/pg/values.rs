//! Values on the wire. Only BIGINT, TEXT and BYTEA pass, in both directions: what another type would do to a value is
//! not what SQLite would do, so a statement that needs one is wrong and is told so.

use std::error::Error;

use postgres::types::private::BytesMut;
use postgres::types::{FromSql, IsNull, ToSql, Type};

use crate::{StoreError, ValueRef};

#[derive(Debug)]
pub(super) struct Parameter<'a>(pub(super) ValueRef<'a>);

fn is_ours(wire: &Type) -> bool {
    matches!(*wire, Type::INT8 | Type::TEXT | Type::BYTEA)
}

impl ToSql for Parameter<'_> {
    fn to_sql(&self, wire: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self.0, wire) {
            (ValueRef::Null, _) => return Ok(IsNull::Yes),
            (ValueRef::Int(number), &Type::INT8) => out.extend_from_slice(&number.to_be_bytes()),
            (ValueRef::Text(text), &Type::TEXT) => out.extend_from_slice(text.as_bytes()),
            (ValueRef::Bytes(bytes), &Type::BYTEA) => out.extend_from_slice(bytes),
            (_, wire) => return Err(format!("the column or expression is {wire}, the value is not").into()),
        }
        Ok(IsNull::No)
    }

    fn accepts(wire: &Type) -> bool {
        is_ours(wire)
    }

    fn to_sql_checked(
        &self,
        wire: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        if is_ours(wire) {
            self.to_sql(wire, out)
        } else {
            Err(format!("the parameter is {wire} here; only BIGINT, TEXT and BYTEA are held: CAST it").into())
        }
    }
}

struct Cell<'a>(ValueRef<'a>);

impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(wire: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Cell(match *wire {
            Type::INT8 => ValueRef::Int(i64::from_be_bytes(raw.try_into()?)),
            Type::TEXT => ValueRef::Text(std::str::from_utf8(raw)?),
            _ => ValueRef::Bytes(raw),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Cell(ValueRef::Null))
    }

    fn accepts(wire: &Type) -> bool {
        is_ours(wire)
    }
}

pub(crate) fn cell(row: &postgres::Row, column: usize) -> Result<ValueRef<'_>, StoreError> {
    row.try_get::<_, Cell<'_>>(column)
        .map(|cell| cell.0)
        .map_err(|error| {
            let wire = row
                .columns()
                .get(column)
                .map_or("missing", |column| column.type_().name());
            let what = format!("column {column} is {wire}; only BIGINT, TEXT and BYTEA are held: CAST it");
            StoreError::broken_by(what, error)
        })
}
