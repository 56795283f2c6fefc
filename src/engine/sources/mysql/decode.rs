//! MySQL values to Arrow, and parameters to MySQL values.
//!
//! | at the source | may be declared as |
//! |---|---|
//! | tinyint ... bigint, unsigned too, year | bool (0, 1), any integer it fits (value by value), numeric, float8 (up to 2^53) |
//! | decimal | numeric, exactly; an integer type if it is whole |
//! | float, double | itself, float also as float8 |
//! | bit(n) | bool (0, 1), integers, bytea |
//! | char, varchar, text, enum, set, json | text types, json |
//! | binary, varbinary, blob | bytea; a text type if it is UTF-8 |
//! | date, datetime, timestamp | date (no time of day), timestamp, timestamptz (UTC) |
//! | time | time up to 24 h; interval |
//! | uuid, char(36), binary(16) | uuid |
//!
//! A zero date (any part 0) is an error, or NULL where the connection says `zero_dates: null`.

use mysql_async::consts::{ColumnFlags, ColumnType};
use mysql_async::{Row, Value};
use sluice_base::{Datum, SqlType};

use crate::sources::columns::{Batch, Column, Pushed};
use crate::sources::{ScanRequest, SourceColumn, SourceError, ValueProblem, calendar};

/// What to make of `0000-00-00` and its like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum ZeroDates {
    Error,
    Null,
}

/// What a column's values are at the source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Form {
    Integer,
    Decimal,
    Float,
    Double,
    Bit,
    Text,
    Binary,
    Moment,
    Time,
    /// NULL in every row.
    Nothing,
}

/// The character set number of bytes.
const BINARY_CHARSET: u16 = 63;

/// Forms of the answered columns, checked against the declared types.
pub(super) fn columns(
    connection: &str,
    found: &[mysql_async::Column],
    request: &ScanRequest,
) -> Result<Vec<Form>, SourceError> {
    let declared = request.types.iter().zip(request.schema.fields());
    let check = |(at, (column, (sql_type, field))): (usize, (&mysql_async::Column, (&SqlType, _)))| {
        let field: &arrow::datatypes::FieldRef = field;
        form(column).filter(|form| fits(*form, field.data_type())).ok_or_else(|| SourceError::TypeMismatch {
            connection: connection.into(),
            column: at + 1,
            declared: sql_type.sql_name(),
            found: format!("{:?}", column.column_type()),
        })
    };
    found.iter().zip(declared).enumerate().map(check).collect()
}

fn form(column: &mysql_async::Column) -> Option<Form> {
    use ColumnType::*;
    Some(match column.column_type() {
        MYSQL_TYPE_TINY | MYSQL_TYPE_SHORT | MYSQL_TYPE_LONG | MYSQL_TYPE_LONGLONG | MYSQL_TYPE_INT24
        | MYSQL_TYPE_YEAR => Form::Integer,
        MYSQL_TYPE_DECIMAL | MYSQL_TYPE_NEWDECIMAL => Form::Decimal,
        MYSQL_TYPE_FLOAT => Form::Float,
        MYSQL_TYPE_DOUBLE => Form::Double,
        MYSQL_TYPE_BIT => Form::Bit,
        MYSQL_TYPE_VARCHAR
        | MYSQL_TYPE_VAR_STRING
        | MYSQL_TYPE_STRING
        | MYSQL_TYPE_TINY_BLOB
        | MYSQL_TYPE_MEDIUM_BLOB
        | MYSQL_TYPE_LONG_BLOB
        | MYSQL_TYPE_BLOB => {
            let of_bytes = column.character_set() == BINARY_CHARSET
                && !column.flags().intersects(ColumnFlags::ENUM_FLAG | ColumnFlags::SET_FLAG);
            if of_bytes { Form::Binary } else { Form::Text }
        }
        MYSQL_TYPE_JSON | MYSQL_TYPE_ENUM | MYSQL_TYPE_SET => Form::Text,
        MYSQL_TYPE_DATE
        | MYSQL_TYPE_NEWDATE
        | MYSQL_TYPE_DATETIME
        | MYSQL_TYPE_DATETIME2
        | MYSQL_TYPE_TIMESTAMP
        | MYSQL_TYPE_TIMESTAMP2 => Form::Moment,
        MYSQL_TYPE_TIME | MYSQL_TYPE_TIME2 => Form::Time,
        MYSQL_TYPE_NULL => Form::Nothing,
        _ => return None,
    })
}

fn fits(form: Form, target: &arrow::datatypes::DataType) -> bool {
    use arrow::datatypes::DataType as A;
    let integer = matches!(target, A::Boolean | A::Int16 | A::Int32 | A::Int64 | A::UInt32);
    let decimal = matches!(target, A::Decimal128(..) | A::Decimal256(..));
    let text = matches!(target, A::Utf8 | A::Utf8View);
    let uuid = matches!(target, A::FixedSizeBinary(16));
    match form {
        Form::Integer => integer || decimal || *target == A::Float64,
        Form::Decimal => decimal || integer,
        Form::Float => matches!(target, A::Float32 | A::Float64),
        Form::Double => *target == A::Float64,
        Form::Bit => integer || *target == A::Binary,
        Form::Text => text || uuid,
        Form::Binary => *target == A::Binary || text || uuid,
        Form::Moment => matches!(target, A::Date32 | A::Timestamp(..)),
        Form::Time => matches!(target, A::Time64(_) | A::Interval(_)),
        Form::Nothing => true,
    }
}

/// Adds one value to its column; gives its size in bytes.
pub(super) fn value(
    batch: &mut Batch,
    position: usize,
    form: Form,
    value: &Value,
    zero_dates: ZeroDates,
) -> Result<usize, SourceError> {
    let size = if let Value::Bytes(bytes) = value { bytes.len() } else { 8 };
    match value {
        Value::NULL => batch.null(position)?,
        Value::Date(year, month, day, ..) if [*year, u16::from(*month), u16::from(*day)].contains(&0) => {
            match zero_dates {
                ZeroDates::Null => batch.null(position)?,
                ZeroDates::Error => batch.cell(position, |_| Err(ValueProblem::NoSuchDate))?,
            }
        }
        value => batch.cell(position, |column| push(column, form, value))?,
    }
    Ok(size)
}

fn push(column: &mut Column, form: Form, value: &Value) -> Pushed {
    match (value, form) {
        (Value::Int(number), _) => column.push_int(i128::from(*number)),
        (Value::UInt(number), _) => column.push_int(i128::from(*number)),
        (Value::Float(number), _) => column.push_f32(*number),
        (Value::Double(number), _) => column.push_f64(*number),
        (Value::Date(year, month, day, hour, minute, second, micro), _) => {
            let days = calendar::days(i32::from(*year), u32::from(*month), u32::from(*day))?;
            let time = calendar::micros(u32::from(*hour), u32::from(*minute), u32::from(*second), *micro)?;
            match column {
                Column::Date(_) if time == 0 => column.push_date(days),
                Column::Date(_) => Err(ValueProblem::OutOfRange),
                Column::Timestamptz(_) => column.push_timestamptz(calendar::moment(days, time)?),
                _ => column.push_timestamp(calendar::moment(days, time)?),
            }
        }
        (Value::Time(negative, days, hour, minute, second, micro), _) => {
            let clock = calendar::micros(u32::from(*hour), u32::from(*minute), u32::from(*second), *micro)?;
            let span = i64::from(*days) * 86_400_000_000 + clock;
            let span = if *negative { -span } else { span };
            match column {
                Column::Interval(_) => column.push_interval(0, 0, span),
                _ => column.push_time(span),
            }
        }
        (Value::Bytes(bytes), Form::Decimal) => {
            column.push_decimal_text(std::str::from_utf8(bytes).map_err(|_| ValueProblem::Malformed)?)
        }
        (Value::Bytes(bytes), Form::Bit) => match column {
            Column::Bytes(_) => column.push_bytes(bytes),
            _ if bytes.len() > 8 => Err(ValueProblem::Malformed),
            _ => column.push_int(bytes.iter().fold(0i128, |sum, byte| sum << 8 | i128::from(*byte))),
        },
        (Value::Bytes(bytes), Form::Text | Form::Binary) => match column {
            Column::Uuid(_) if bytes.len() == 16 => column.push_uuid(bytes),
            Column::Uuid(_) => {
                let text = std::str::from_utf8(bytes).map_err(|_| ValueProblem::Malformed)?;
                column.push_uuid(&calendar::uuid_of_text(text)?)
            }
            Column::Bytes(_) => column.push_bytes(bytes),
            _ => column.push_utf8(bytes),
        },
        (Value::Bytes(_) | Value::NULL, _) => Err(ValueProblem::Malformed),
    }
}

/// All parameters of a request as MySQL takes them.
pub(super) fn bind_all(connection: &str, params: &[(SqlType, Datum)]) -> Result<Vec<Value>, SourceError> {
    let bound = |(at, (_, value)): (usize, &(SqlType, Datum))| {
        bind(value).map_err(|problem| SourceError::Parameter {
            connection: connection.into(),
            position: at + 1,
            problem,
        })
    };
    params.iter().enumerate().map(bound).collect()
}

fn bind(value: &Datum) -> Result<Value, ValueProblem> {
    Ok(match value {
        Datum::Null => Value::NULL,
        Datum::Bool(value) => Value::Int(i64::from(*value)),
        Datum::Int(value) => Value::Int(*value),
        Datum::Float(value) if !value.is_finite() => return Err(ValueProblem::NotFinite),
        Datum::Float(value) => Value::Double(*value),
        Datum::Numeric(text) => {
            // The cast around its placeholder would read other words as 0.
            let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
            if !plain {
                return Err(ValueProblem::NotFinite);
            }
            Value::Bytes(text.as_bytes().to_vec())
        }
        Datum::Text(text) if text.contains('\0') => return Err(ValueProblem::Nul),
        Datum::Text(text) => Value::Bytes(text.as_bytes().to_vec()),
        Datum::Bytes(bytes) => Value::Bytes(bytes.clone()),
        Datum::Date(days) => {
            let (year, month, day) = calendar::date_parts(*days)?;
            Value::Date(year as u16, month as u8, day as u8, 0, 0, 0, 0)
        }
        Datum::Time(micros) => {
            // Checks the range; a time of day has no days.
            calendar::time_text(*micros)?;
            let seconds = micros / 1_000_000;
            let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
            Value::Time(false, 0, hour as u8, minute as u8, second as u8, (micros % 1_000_000) as u32)
        }
        Datum::Timestamp(micros) | Datum::Timestamptz(micros) => {
            let (year, month, day, hour, minute, second, micro) = calendar::timestamp_parts(*micros)?;
            Value::Date(year, month, day, hour, minute, second, micro)
        }
        Datum::Uuid(uuid) => Value::Bytes(calendar::uuid_text(uuid).into_bytes()),
        Datum::Interval(_) | Datum::Array(_) | Datum::Record(_) => return Err(ValueProblem::OtherType),
    })
}

/// One row of `information_schema.columns`; `None` if it is not what was asked for.
pub(super) fn source_column(row: &Row) -> Option<SourceColumn> {
    let text = |at: usize| row.get_opt::<String, _>(at)?.ok();
    let number = |at: usize| row.get_opt::<i64, _>(at)?.ok();
    let (type_name, data_type) = (text(1)?, text(2)?);
    let length = u32::try_from(number(4)?).ok();
    let precision = u8::try_from(number(5)?).ok().zip(i8::try_from(number(6)?).ok());
    let unsigned = type_name.contains("unsigned");
    let sql_type = match data_type.as_str() {
        "tinyint" if type_name.starts_with("tinyint(1)") => Some(SqlType::Bool),
        "tinyint" | "year" => Some(SqlType::Int2),
        "smallint" if !unsigned => Some(SqlType::Int2),
        "smallint" | "mediumint" => Some(SqlType::Int4),
        "int" if !unsigned => Some(SqlType::Int4),
        "int" => Some(SqlType::Int8),
        "bigint" if !unsigned => Some(SqlType::Int8),
        "bigint" => Some(SqlType::Numeric(Some((20, 0)))),
        "bit" if type_name == "bit(1)" => Some(SqlType::Bool),
        "bit" => Some(SqlType::Int8),
        "decimal" => Some(SqlType::Numeric(precision)),
        "float" => Some(SqlType::Float4),
        "double" => Some(SqlType::Float8),
        "char" => Some(SqlType::Bpchar(length)),
        "varchar" => Some(SqlType::Varchar(length)),
        "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set" => Some(SqlType::Text),
        "json" => Some(SqlType::Json),
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => Some(SqlType::Bytea),
        "date" => Some(SqlType::Date),
        "datetime" => Some(SqlType::Timestamp),
        "timestamp" => Some(SqlType::Timestamptz),
        "time" => Some(SqlType::Time),
        "uuid" => Some(SqlType::Uuid),
        _ => None,
    };
    Some(SourceColumn { name: text(0)?, type_name, sql_type, nullable: text(3)?.eq_ignore_ascii_case("yes") })
}
