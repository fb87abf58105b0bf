//! The four kinds of values that both engines hold alike: whole numbers, text, bytes and null. Everything else is
//! said in these: time as microseconds, booleans as 0 and 1, ids as sixteen bytes.

use kernel::{Id, Moment, PersonId, Text, VirtualShard};

/// A value on its way in or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueRef<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// What can be given to a statement.
pub trait Bind {
    fn bind(&self) -> ValueRef<'_>;
}

/// What can be read from a column.
pub trait FromValue: Sized {
    fn from_value(value: ValueRef<'_>) -> Result<Self, WrongValue>;
}

/// A column held something else than the reader expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct WrongValue {
    pub expected: &'static str,
}

/// The parameters of a statement: `params![id, &name, moment]` are `$1`, `$2`, `$3`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$($crate::Bind::bind(&$value)),*] as &[$crate::ValueRef<'_>]
    };
}

impl Bind for ValueRef<'_> {
    fn bind(&self) -> ValueRef<'_> {
        *self
    }
}

impl<T: Bind + ?Sized> Bind for &T {
    fn bind(&self) -> ValueRef<'_> {
        T::bind(self)
    }
}

impl<T: Bind> Bind for Option<T> {
    fn bind(&self) -> ValueRef<'_> {
        self.as_ref().map_or(ValueRef::Null, Bind::bind)
    }
}

impl Bind for i64 {
    fn bind(&self) -> ValueRef<'_> {
        ValueRef::Int(*self)
    }
}

macro_rules! bind_as_int {
    ($($type:ty),*) => {$(
        impl Bind for $type {
            fn bind(&self) -> ValueRef<'_> {
                ValueRef::Int(i64::from(*self))
            }
        }
    )*};
}

bind_as_int!(i32, u32, u16, u8, bool);

impl Bind for str {
    fn bind(&self) -> ValueRef<'_> {
        ValueRef::Text(self)
    }
}

impl Bind for String {
    fn bind(&self) -> ValueRef<'_> {
        ValueRef::Text(self)
    }
}

impl Bind for Text {
    fn bind(&self) -> ValueRef<'_> {
        ValueRef::Text(self)
    }
}

impl Bind for [u8] {
    fn bind(&self) -> ValueRef<'_> {
        ValueRef::Bytes(self)
    }
}

impl Bind for Vec<u8> {
    fn bind(&self) -> ValueRef<'_> {
        ValueRef::Bytes(self)
    }
}

impl<const N: usize> Bind for [u8; N] {
    fn bind(&self) -> ValueRef<'_> {
        ValueRef::Bytes(self)
    }
}

impl Bind for Id {
    fn bind(&self) -> ValueRef<'_> {
        ValueRef::Bytes(self.as_bytes())
    }
}

impl Bind for PersonId {
    fn bind(&self) -> ValueRef<'_> {
        self.0.bind()
    }
}

impl Bind for VirtualShard {
    fn bind(&self) -> ValueRef<'_> {
        ValueRef::Int(i64::from(self.number()))
    }
}

impl Bind for Moment {
    fn bind(&self) -> ValueRef<'_> {
        ValueRef::Int(self.as_micros())
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: ValueRef<'_>) -> Result<Self, WrongValue> {
        match value {
            ValueRef::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl FromValue for i64 {
    fn from_value(value: ValueRef<'_>) -> Result<Self, WrongValue> {
        match value {
            ValueRef::Int(number) => Ok(number),
            _ => Err(WrongValue {
                expected: "a whole number",
            }),
        }
    }
}

macro_rules! from_int {
    ($($type:ty: $expected:literal),*) => {$(
        impl FromValue for $type {
            fn from_value(value: ValueRef<'_>) -> Result<Self, WrongValue> {
                <$type>::try_from(i64::from_value(value)?).map_err(|_| WrongValue { expected: $expected })
            }
        }
    )*};
}

from_int!(
    i32: "a number of 32 bits",
    u32: "a number of 32 bits, not negative",
    u16: "a number of 16 bits, not negative",
    u8: "a number of 8 bits, not negative"
);

impl FromValue for bool {
    fn from_value(value: ValueRef<'_>) -> Result<Self, WrongValue> {
        match value {
            ValueRef::Int(0) => Ok(false),
            ValueRef::Int(1) => Ok(true),
            _ => Err(WrongValue { expected: "0 or 1" }),
        }
    }
}

impl FromValue for String {
    fn from_value(value: ValueRef<'_>) -> Result<Self, WrongValue> {
        match value {
            ValueRef::Text(text) => Ok(text.to_owned()),
            _ => Err(WrongValue { expected: "text" }),
        }
    }
}

impl FromValue for Text {
    fn from_value(value: ValueRef<'_>) -> Result<Self, WrongValue> {
        String::from_value(value).map(Text::stored)
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: ValueRef<'_>) -> Result<Self, WrongValue> {
        match value {
            ValueRef::Bytes(bytes) => Ok(bytes.to_owned()),
            _ => Err(WrongValue { expected: "bytes" }),
        }
    }
}

impl<const N: usize> FromValue for [u8; N] {
    fn from_value(value: ValueRef<'_>) -> Result<Self, WrongValue> {
        let wrong = WrongValue {
            expected: "bytes of a fixed length",
        };
        match value {
            ValueRef::Bytes(bytes) => bytes.try_into().map_err(|_| wrong),
            _ => Err(wrong),
        }
    }
}

impl FromValue for Id {
    fn from_value(value: ValueRef<'_>) -> Result<Self, WrongValue> {
        <[u8; 16]>::from_value(value)
            .map(Id::from_bytes)
            .map_err(|_| WrongValue { expected: "an id" })
    }
}

impl FromValue for PersonId {
    fn from_value(value: ValueRef<'_>) -> Result<Self, WrongValue> {
        Id::from_value(value).map(PersonId)
    }
}

impl FromValue for VirtualShard {
    fn from_value(value: ValueRef<'_>) -> Result<Self, WrongValue> {
        u16::from_value(value)
            .ok()
            .and_then(VirtualShard::new)
            .ok_or(WrongValue {
                expected: "a virtual shard",
            })
    }
}

impl FromValue for Moment {
    fn from_value(value: ValueRef<'_>) -> Result<Self, WrongValue> {
        i64::from_value(value).map(Moment::from_micros)
    }
}
