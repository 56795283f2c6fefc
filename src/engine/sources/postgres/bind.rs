//! Parameters of a statement in PostgreSQL's binary form (numbers of any length as text).
//!
//! Invariant: `Debug` shows no value, as the driver logs its parameters.

use sluice_base::{Datum, SqlType};
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};

use super::decode::{EPOCH_DAYS, EPOCH_MICROS};
use crate::sources::{SourceError, ValueProblem};

/// One encoded parameter.
pub(super) struct Bind {
    sql_type: Type,
    format: Format,
    bytes: Option<Vec<u8>>,
}

impl std::fmt::Debug for Bind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<{}>", self.sql_type.name())
    }
}

/// Encodes all parameters of a request.
pub(super) fn all(connection: &str, params: &[(SqlType, Datum)]) -> Result<Vec<Bind>, SourceError> {
    let encode = |(at, (sql_type, value)): (usize, &(SqlType, Datum))| {
        Bind::new(sql_type, value).map_err(|problem| SourceError::Parameter {
            connection: connection.into(),
            position: at + 1,
            problem,
        })
    };
    params.iter().enumerate().map(encode).collect()
}

impl Bind {
    /// A text known to be without NUL, such as a name of the catalog.
    pub(super) fn text(text: &str) -> Bind {
        Bind { sql_type: Type::TEXT, format: Format::Binary, bytes: Some(text.as_bytes().to_vec()) }
    }

    fn new(sql_type: &SqlType, value: &Datum) -> Result<Bind, ValueProblem> {
        let wire_type = super::wire_type(sql_type).ok_or(ValueProblem::OtherType)?;
        let format = if matches!(value, Datum::Numeric(_)) { Format::Text } else { Format::Binary };
        let bytes = if value.is_null() { None } else { Some(encode(&wire_type, value)?) };
        Ok(Bind { sql_type: wire_type, format, bytes })
    }

    pub(super) fn sql_type(&self) -> &Type {
        &self.sql_type
    }
}

impl ToSql for Bind {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match &self.bytes {
            None => Ok(IsNull::Yes),
            Some(bytes) => {
                out.extend_from_slice(bytes);
                Ok(IsNull::No)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        self.format
    }

    to_sql_checked!();
}

fn encode(wire_type: &Type, value: &Datum) -> Result<Vec<u8>, ValueProblem> {
    const OTHER: ValueProblem = ValueProblem::OtherType;
    const OUT: ValueProblem = ValueProblem::OutOfRange;
    let is = |expected: &[Type]| if expected.contains(wire_type) { Ok(()) } else { Err(OTHER) };
    Ok(match value {
        Datum::Null => return Err(OTHER),
        Datum::Bool(value) => is(&[Type::BOOL]).map(|()| vec![u8::from(*value)])?,
        Datum::Int(value) => match *wire_type {
            Type::INT2 => i16::try_from(*value).map_err(|_| OUT)?.to_be_bytes().to_vec(),
            Type::INT4 => i32::try_from(*value).map_err(|_| OUT)?.to_be_bytes().to_vec(),
            Type::INT8 => value.to_be_bytes().to_vec(),
            Type::OID => u32::try_from(*value).map_err(|_| OUT)?.to_be_bytes().to_vec(),
            _ => return Err(OTHER),
        },
        Datum::Float(value) => match *wire_type {
            Type::FLOAT4 => (*value as f32).to_be_bytes().to_vec(),
            Type::FLOAT8 => value.to_be_bytes().to_vec(),
            _ => return Err(OTHER),
        },
        Datum::Numeric(text) => is(&[Type::NUMERIC]).map(|()| text.as_bytes().to_vec())?,
        Datum::Text(text) if text.contains('\0') => return Err(ValueProblem::Nul),
        Datum::Text(text) => match *wire_type {
            Type::TEXT | Type::JSON => text.as_bytes().to_vec(),
            Type::JSONB => [&[1], text.as_bytes()].concat(),
            _ => return Err(OTHER),
        },
        Datum::Bytes(bytes) => is(&[Type::BYTEA]).map(|()| bytes.clone())?,
        Datum::Date(days) => {
            is(&[Type::DATE])?;
            let days = days.checked_sub(EPOCH_DAYS).ok_or(ValueProblem::NoSuchDate)?;
            days.to_be_bytes().to_vec()
        }
        Datum::Time(micros) => is(&[Type::TIME]).map(|()| micros.to_be_bytes().to_vec())?,
        Datum::Timestamp(micros) | Datum::Timestamptz(micros) => {
            is(&[if matches!(value, Datum::Timestamp(_)) { Type::TIMESTAMP } else { Type::TIMESTAMPTZ }])?;
            let micros = micros.checked_sub(EPOCH_MICROS).ok_or(ValueProblem::NoSuchDate)?;
            micros.to_be_bytes().to_vec()
        }
        Datum::Interval(interval) => {
            is(&[Type::INTERVAL])?;
            let parts = (interval.micros.to_be_bytes(), interval.days.to_be_bytes(), interval.months.to_be_bytes());
            [&parts.0[..], &parts.1[..], &parts.2[..]].concat()
        }
        Datum::Uuid(uuid) => is(&[Type::UUID]).map(|()| uuid.to_vec())?,
        Datum::Array(items) => array(wire_type, items)?,
        Datum::Record(_) => return Err(OTHER),
    })
}

/// Dimensions, whether there are NULLs, item type, length, lower bound, then each item with its length.
fn array(wire_type: &Type, items: &[Datum]) -> Result<Vec<u8>, ValueProblem> {
    use tokio_postgres::types::Kind;
    let Kind::Array(item_type) = wire_type.kind() else { return Err(ValueProblem::OtherType) };
    let length = i32::try_from(items.len()).map_err(|_| ValueProblem::OutOfRange)?;
    let nulls = i32::from(items.iter().any(Datum::is_null));
    let mut out = Vec::with_capacity(20 + items.len() * 12);
    for word in [1, nulls, item_type.oid() as i32, length, 1] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    for item in items {
        match item {
            Datum::Null => out.extend_from_slice(&(-1i32).to_be_bytes()),
            // Would have to be text inside a binary array.
            Datum::Numeric(_) => return Err(ValueProblem::OtherType),
            item => {
                let bytes = encode(item_type, item)?;
                let length = i32::try_from(bytes.len()).map_err(|_| ValueProblem::OutOfRange)?;
                out.extend_from_slice(&length.to_be_bytes());
                out.extend_from_slice(&bytes);
            }
        }
    }
    Ok(out)
}
