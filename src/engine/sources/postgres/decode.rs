//! PostgreSQL's binary values to Arrow: one decoder per column, chosen once.
//!
//! | at the source | may be declared as |
//! |---|---|
//! | bool | bool |
//! | int2, int4, int8 | itself, a wider integer, numeric; int2 and int4 also as float8 |
//! | float4, float8 | itself, float4 also as float8 |
//! | numeric | numeric; NaN, infinity and lost digits are errors |
//! | text, varchar, name, "char", xml, enums, citext | any text type |
//! | bpchar | bpchar with its padding; other text types without, as PostgreSQL's own cast |
//! | json, jsonb | json, jsonb, text |
//! | date, time, timestamp, timestamptz | itself; infinity is an error |
//! | interval, uuid, bytea, oid | itself |
//! | an array of one of these, of one dimension that counts from 1 | an array of what its items may be declared as |

use arrow::datatypes::{DataType, TimeUnit};
use sluice_base::SqlType;
use tokio_postgres::types::{Kind, Type};

use crate::sources::ValueProblem;
use crate::sources::columns::{Column, Pushed};

/// Stores one value that is not NULL.
type Value = fn(&mut Column, &[u8]) -> Pushed;

/// How the values of a column are stored.
#[derive(Clone, Copy)]
pub(super) enum Decode {
    /// One by one.
    Value(Value),
    /// As arrays whose items are stored so.
    Array(Value),
}

impl Decode {
    /// Stores one value that is not NULL.
    pub(super) fn store(self, column: &mut Column, raw: &[u8]) -> Pushed {
        match self {
            Decode::Value(value) => value(column, raw),
            Decode::Array(item) => array(column, raw, item),
        }
    }
}

/// Days from 1970-01-01 to PostgreSQL's epoch, 2000-01-01.
pub(super) const EPOCH_DAYS: i32 = 10_957;
/// Microseconds from 1970-01-01 to PostgreSQL's epoch, 2000-01-01.
pub(super) const EPOCH_MICROS: i64 = 946_684_800_000_000;

const BAD: ValueProblem = ValueProblem::Malformed;

/// The decoder for a column; `None` where the two types do not go together.
pub(super) fn decoder(found: &Type, declared: &SqlType, target: &DataType) -> Option<Decode> {
    match (found.kind(), declared, target) {
        (Kind::Array(found), SqlType::Array(declared), DataType::List(field)) => {
            value_decoder(found, declared, field.data_type()).map(Decode::Array)
        }
        _ => value_decoder(found, declared, target).map(Decode::Value),
    }
}

fn value_decoder(found: &Type, declared: &SqlType, target: &DataType) -> Option<Value> {
    use DataType as A;
    let decimal = matches!(target, A::Decimal128(..) | A::Decimal256(..));
    let text = matches!(target, A::Utf8 | A::Utf8View);
    let pairs: (bool, Value) = match *found {
        Type::BOOL => (*target == A::Boolean, bool_),
        Type::INT2 => (decimal || matches!(target, A::Int16 | A::Int32 | A::Int64 | A::Float32 | A::Float64), int2),
        Type::INT4 => (decimal || matches!(target, A::Int32 | A::Int64 | A::Float64), int4),
        Type::INT8 => (decimal || *target == A::Int64, int8),
        Type::OID => (matches!(target, A::Int64 | A::UInt32), oid),
        Type::FLOAT4 => (matches!(target, A::Float32 | A::Float64), float4),
        Type::FLOAT8 => (*target == A::Float64, float8),
        Type::NUMERIC => (decimal, numeric),
        Type::BPCHAR if !matches!(declared, SqlType::Bpchar(_)) => (text, unpadded),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::CHAR | Type::XML | Type::JSON => (text, utf8),
        Type::JSONB => (text, jsonb),
        Type::DATE => (*target == A::Date32, date),
        Type::TIME => (*target == A::Time64(TimeUnit::Microsecond), time),
        Type::TIMESTAMP => (matches!(target, A::Timestamp(TimeUnit::Microsecond, None)), timestamp),
        Type::TIMESTAMPTZ => (matches!(target, A::Timestamp(TimeUnit::Microsecond, Some(_))), timestamptz),
        Type::INTERVAL => (matches!(target, A::Interval(_)), interval),
        Type::UUID => (matches!(target, A::FixedSizeBinary(16)), uuid),
        Type::BYTEA => (*target == A::Binary, bytea),
        _ if is_named_text(found) => (text, utf8),
        _ => return None,
    };
    let (fits, decode) = pairs;
    fits.then_some(decode)
}

/// Types made by users whose binary form is their text.
fn is_named_text(found: &Type) -> bool {
    matches!(found.kind(), Kind::Enum(_)) || (*found.kind() == Kind::Simple && found.name() == "citext")
}

/// The SQL type of a column by its OID and modifier; `text_like` says that it is an enum or `citext`.
pub(super) fn sql_type(oid: u32, modifier: i32, text_like: bool) -> Option<SqlType> {
    if text_like || oid == Type::XML.oid() {
        return Some(SqlType::Text);
    }
    let length = (modifier > 4).then(|| (modifier - 4) as u32);
    match SqlType::from_oid(oid)? {
        SqlType::Varchar(_) => Some(SqlType::Varchar(length)),
        SqlType::Bpchar(_) => Some(SqlType::Bpchar(length)),
        SqlType::Numeric(_) if modifier >= 4 => {
            let packed = modifier - 4;
            // The scale is a signed number of 11 bits.
            let scale = ((packed & 0x7ff) ^ 1024) - 1024;
            let precision = u8::try_from((packed >> 16) & 0xffff).ok();
            Some(SqlType::Numeric(precision.zip(i8::try_from(scale).ok())))
        }
        SqlType::Record | SqlType::Void => None,
        other => Some(other),
    }
}

fn fixed<const N: usize>(raw: &[u8]) -> Result<[u8; N], ValueProblem> {
    raw.try_into().map_err(|_| BAD)
}

/// Dimensions, a flag for NULLs, the type of the items; length and first number of each dimension; then the items, each
/// behind its length.
fn array(column: &mut Column, raw: &[u8], item: Value) -> Pushed {
    let mut rest = raw;
    let mut word = || {
        let (word, behind) = rest.split_first_chunk::<4>().ok_or(BAD)?;
        rest = behind;
        Ok(i32::from_be_bytes(*word))
    };
    let (dimensions, _nulls, _type) = (word()?, word()?, word()?);
    let count = match dimensions {
        0 => 0,
        1 => {
            let (count, first) = (word()?, word()?);
            if first != 1 {
                return Err(ValueProblem::OtherType);
            }
            usize::try_from(count).map_err(|_| BAD)?
        }
        _ => return Err(ValueProblem::OtherType),
    };
    column.push_list(|items| {
        for _ in 0..count {
            let (length, behind) = rest.split_first_chunk::<4>().ok_or(BAD)?;
            rest = behind;
            match i32::from_be_bytes(*length) {
                -1 => items.push_null(),
                length => {
                    let length = usize::try_from(length).map_err(|_| BAD)?;
                    let (value, behind) = rest.split_at_checked(length).ok_or(BAD)?;
                    rest = behind;
                    item(items, value)?;
                }
            }
        }
        if rest.is_empty() { Ok(count) } else { Err(BAD) }
    })
}

fn bool_(column: &mut Column, raw: &[u8]) -> Pushed {
    column.push_bool(fixed::<1>(raw)? != [0])
}

fn int2(column: &mut Column, raw: &[u8]) -> Pushed {
    column.push_int(i128::from(i16::from_be_bytes(fixed(raw)?)))
}

fn int4(column: &mut Column, raw: &[u8]) -> Pushed {
    column.push_int(i128::from(i32::from_be_bytes(fixed(raw)?)))
}

fn int8(column: &mut Column, raw: &[u8]) -> Pushed {
    column.push_int(i128::from(i64::from_be_bytes(fixed(raw)?)))
}

fn oid(column: &mut Column, raw: &[u8]) -> Pushed {
    column.push_int(i128::from(u32::from_be_bytes(fixed(raw)?)))
}

fn float4(column: &mut Column, raw: &[u8]) -> Pushed {
    column.push_f32(f32::from_be_bytes(fixed(raw)?))
}

fn float8(column: &mut Column, raw: &[u8]) -> Pushed {
    column.push_f64(f64::from_be_bytes(fixed(raw)?))
}

fn numeric(column: &mut Column, raw: &[u8]) -> Pushed {
    column.push_pg_numeric(raw)
}

fn utf8(column: &mut Column, raw: &[u8]) -> Pushed {
    column.push_utf8(raw)
}

fn unpadded(column: &mut Column, raw: &[u8]) -> Pushed {
    let length = raw.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
    column.push_utf8(&raw[..length])
}

fn jsonb(column: &mut Column, raw: &[u8]) -> Pushed {
    match raw {
        [1, text @ ..] => column.push_utf8(text),
        _ => Err(BAD),
    }
}

fn date(column: &mut Column, raw: &[u8]) -> Pushed {
    match i32::from_be_bytes(fixed(raw)?) {
        i32::MIN | i32::MAX => Err(ValueProblem::NoSuchDate),
        days => column.push_date(days.checked_add(EPOCH_DAYS).ok_or(ValueProblem::NoSuchDate)?),
    }
}

fn time(column: &mut Column, raw: &[u8]) -> Pushed {
    column.push_time(i64::from_be_bytes(fixed(raw)?))
}

fn moment(raw: &[u8]) -> Result<i64, ValueProblem> {
    match i64::from_be_bytes(fixed(raw)?) {
        i64::MIN | i64::MAX => Err(ValueProblem::NoSuchDate),
        micros => micros.checked_add(EPOCH_MICROS).ok_or(ValueProblem::NoSuchDate),
    }
}

fn timestamp(column: &mut Column, raw: &[u8]) -> Pushed {
    column.push_timestamp(moment(raw)?)
}

fn timestamptz(column: &mut Column, raw: &[u8]) -> Pushed {
    column.push_timestamptz(moment(raw)?)
}

fn interval(column: &mut Column, raw: &[u8]) -> Pushed {
    let (micros, rest) = raw.split_first_chunk::<8>().ok_or(BAD)?;
    let (days, months) = rest.split_first_chunk::<4>().ok_or(BAD)?;
    column.push_interval(i32::from_be_bytes(fixed(months)?), i32::from_be_bytes(*days), i64::from_be_bytes(*micros))
}

fn uuid(column: &mut Column, raw: &[u8]) -> Pushed {
    column.push_uuid(raw)
}

fn bytea(column: &mut Column, raw: &[u8]) -> Pushed {
    column.push_bytes(raw)
}
