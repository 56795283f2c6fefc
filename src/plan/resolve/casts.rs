//! Types of casts and typed literals, spelled in the way that the planner reads them.

use sluice_base::SqlType;
use sqlparser::ast::{self, Expr, Value};

use super::expressions::literal_text;
use crate::PlanError;
use crate::datetime;

/// The length of `varchar(n)` and `char(n)`.
pub(super) fn text_length(data_type: &ast::DataType) -> Result<Option<u32>, PlanError> {
    Ok(match super::sql_type_of(data_type)? {
        SqlType::Varchar(Some(length)) => Some(length),
        SqlType::Bpchar(length) => Some(length.unwrap_or(1)),
        _ => None,
    })
}

/// The length of `char(n)` where an expression is a cast to it.
pub(super) fn padded_length(expr: &Expr) -> Option<u32> {
    match expr {
        Expr::Nested(inner) => padded_length(inner),
        Expr::Cast { data_type, .. } => match super::sql_type_of(data_type) {
            Ok(SqlType::Bpchar(length)) => Some(length.unwrap_or(1)),
            _ => None,
        },
        _ => None,
    }
}

/// Spells a type in the way the planner reads it.
pub(super) fn castable(sql_type: &SqlType, data_type: &mut ast::DataType) -> Result<(), PlanError> {
    let spelled = match sql_type {
        // A jsonb is written in another order and with other blanks than it was read.
        SqlType::Name | SqlType::Unknown | SqlType::Varchar(None) | SqlType::Json => ast::DataType::Text,
        // A limited length is cut before, by `text_cast`.
        SqlType::Varchar(_) | SqlType::Bpchar(_) => ast::DataType::Text,
        SqlType::Timestamptz => match data_type {
            ast::DataType::Timestamp(digits, _) => {
                ast::DataType::Timestamp(digits.take(), ast::TimezoneInfo::WithTimeZone)
            }
            _ => ast::DataType::Timestamp(None, ast::TimezoneInfo::WithTimeZone),
        },
        SqlType::Float8 => ast::DataType::DoublePrecision,
        SqlType::Float4 => ast::DataType::Real,
        SqlType::Int2 => ast::DataType::SmallInt(None),
        SqlType::Int4 => ast::DataType::Integer(None),
        SqlType::Int8 => ast::DataType::BigInt(None),
        SqlType::Bool => ast::DataType::Boolean,
        SqlType::Numeric(_) | SqlType::Text | SqlType::Date | SqlType::Time | SqlType::Timestamp => return Ok(()),
        SqlType::Interval => return Ok(()),
        other => return Err(PlanError::Unsupported(format!("a cast to {}", other.sql_name()))),
    };
    *data_type = spelled;
    Ok(())
}

/// Gives a timestamp the unit of the catalog's, and takes away the precision to which the value is to be rounded. The
/// planner's own unit would reach from 1677 to 2262 alone.
pub(super) fn precision(data_type: &mut ast::DataType) -> Result<Option<u64>, PlanError> {
    let digits = match data_type {
        ast::DataType::Timestamp(precision, _) | ast::DataType::Datetime(precision) => precision.replace(6),
        ast::DataType::Time(precision, _) => precision.take(),
        ast::DataType::Interval { fields: Some(_), .. } => {
            return Err(PlanError::Unsupported("an interval of some fields".into()));
        }
        ast::DataType::Interval { precision, .. } => precision.take(),
        _ => None,
    };
    Ok(digits.filter(|digits| *digits < 6))
}

pub(super) fn rounded(time: Expr, digits: u64) -> Expr {
    let digits = Expr::value(Value::Number(digits.to_string(), false));
    let mut digits = digits;
    super::names::narrow_integer(&mut digits);
    super::names::call(datetime::ROUNDED, vec![time, digits])
}

/// `INTERVAL '3 days'`, `INTERVAL '3' DAY`; the planner reads other forms than PostgreSQL.
pub(super) fn interval_literal(interval: &ast::Interval) -> Result<Expr, PlanError> {
    let unsupported = || PlanError::Unsupported("this form of an interval".into());
    if interval.last_field.is_some() || interval.leading_precision.is_some() {
        return Err(unsupported());
    }
    let text = literal_text(&interval.value).ok_or_else(unsupported)?;
    let literal = Expr::value(Value::SingleQuotedString(text.to_string()));
    let Some(unit) = &interval.leading_field else {
        return Ok(Expr::Cast {
            kind: ast::CastKind::DoubleColon,
            expr: Box::new(literal),
            data_type: ast::DataType::Interval { fields: None, precision: None },
            array: false,
            format: None,
        });
    };
    // With units of its own the text would be cut to the field.
    let plain = !text.trim().is_empty() && text.trim().bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+'));
    if !plain {
        return Err(unsupported());
    }
    let unit = Expr::value(Value::SingleQuotedString(unit.to_string()));
    Ok(super::names::call(datetime::INTERVAL_OF, vec![literal, unit]))
}
