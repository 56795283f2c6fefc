//! One SQL value on its own: parameters, literals of policies, cells of small system relations.

use serde::{Deserialize, Serialize};

/// `interval` as PostgreSQL keeps it: the three parts do not convert into each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Interval {
    /// Months.
    pub months: i32,
    /// Days.
    pub days: i32,
    /// Microseconds.
    pub micros: i64,
}

/// One value. The type is told beside it by a [`crate::SqlType`]; several types share a variant
/// (`text`, `varchar`, `name`, `json` are all `Text`; every integer and every `reg*` type is `Int`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Datum {
    /// SQL NULL of any type.
    Null,
    /// `boolean`
    Bool(bool),
    /// `smallint`, `integer`, `bigint`, `oid` and the `reg*` types.
    Int(i64),
    /// `real`, `double precision`
    Float(f64),
    /// `numeric` in PostgreSQL's text form, `NaN` and `Infinity` included.
    Numeric(String),
    /// Text of any kind, `json` and `jsonb` included.
    Text(String),
    /// `bytea`
    Bytes(Vec<u8>),
    /// `date`: days since 1970-01-01.
    Date(i32),
    /// `time`: microseconds since midnight.
    Time(i64),
    /// `timestamp`: microseconds since 1970-01-01 00:00:00.
    Timestamp(i64),
    /// `timestamptz`: microseconds since 1970-01-01 00:00:00 UTC.
    Timestamptz(i64),
    /// `interval`
    Interval(Interval),
    /// `uuid`
    Uuid([u8; 16]),
    /// A one-dimensional array.
    Array(Vec<Datum>),
    /// A record, as `ROW(...)` makes it.
    Record(Vec<Datum>),
}

impl Datum {
    /// True for SQL NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Datum::Null)
    }
}

/// A small, finished result: what `SHOW`, `EXPLAIN` and the system relations answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Columns.
    pub columns: Vec<crate::Column>,
    /// Rows, each as long as `columns`.
    pub rows: Vec<Vec<Datum>>,
}
