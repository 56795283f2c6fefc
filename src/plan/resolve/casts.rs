//! Types of casts and typed literals, spelled in the way that the planner reads them.

use sluice_base::SqlType;
use sqlparser::ast::{self, Expr, Value};

use super::expressions::literal_text;
use super::literals::{float_text, has_fraction, undeclared_numeric};
use super::names::{Resolver, null};
use super::{declared, untyped};
use crate::{PlanError, datetime, numeric};

/// Longest `varchar(n)`, as in PostgreSQL.
const TEXT_LENGTH_MAX: u32 = 10_485_760;

impl Resolver<'_> {
    /// A cast. Where rows are grouped it has a name of its own: the planner's names leave casts out, and `x::date` beside
    /// `x` would be one column.
    pub(super) fn cast(&mut self, expr: &mut Expr) -> Result<(), PlanError> {
        let literal = matches!(expr, Expr::Cast { expr: inner, .. } if matches!(**inner, Expr::Value(_)));
        let named = match expr {
            Expr::Cast { data_type, .. } => data_type.to_string(),
            _ => String::new(),
        };
        self.plain_cast(expr)?;
        if !literal && self.scopes.last().is_some_and(|scope| scope.grouped) && matches!(expr, Expr::Cast { .. }) {
            let name = Expr::value(Value::SingleQuotedString(named));
            let cast = std::mem::replace(expr, null());
            *expr = super::names::call(untyped::KEPT, vec![cast, name]);
        }
        Ok(())
    }

    fn plain_cast(&mut self, expr: &mut Expr) -> Result<(), PlanError> {
        let Expr::Cast { expr: inner, data_type, .. } = expr else {
            return Err(PlanError::Internal("no cast".into()));
        };
        if let Some(length) = text_length(data_type)? {
            return self.text_cast(expr, length);
        }
        if let ast::DataType::Array(ast::ArrayElemTypeDef::SquareBracket(item, _)) = &*data_type
            && let Some(array) = self.array_cast(inner, item)?
        {
            *expr = array;
            return Ok(());
        }
        let sql_type = super::sql_type_of(data_type)?;
        self.convertible(inner, &sql_type)?;
        if matches!(sql_type, SqlType::Json | SqlType::Jsonb) {
            return self.json_cast(expr, &sql_type);
        }
        if matches!(sql_type, SqlType::Uuid | SqlType::Bytea) {
            let name = if sql_type == SqlType::Uuid { crate::bytes::TO_UUID } else { crate::bytes::TO_BYTEA };
            self.expr(inner)?;
            *expr = super::names::call(name, vec![std::mem::replace(&mut **inner, null())]);
            return Ok(());
        }
        castable(&sql_type, data_type)?;
        let digits = precision(data_type)?;
        if matches!(sql_type, SqlType::Float8 | SqlType::Float4) {
            float_text(inner);
        }
        self.expr(inner)?;
        if let Some(digits) = digits {
            *expr = rounded(std::mem::replace(expr, Expr::value(Value::Null)), digits);
            return Ok(());
        }
        // A bare literal or parameter takes the type of the cast itself.
        let bare = matches!(&**inner, Expr::Value(value) if !has_fraction(&value.value));
        let taken = std::mem::replace(&mut **inner, Expr::value(Value::Null));
        **inner = match sql_type {
            SqlType::Numeric(None) => {
                *expr = undeclared_numeric(taken);
                return Ok(());
            }
            SqlType::Text | SqlType::Varchar(_) | SqlType::Name if !bare => {
                super::names::call(numeric::TEXT, vec![taken])
            }
            SqlType::Int2 | SqlType::Int4 | SqlType::Int8 if !bare => super::names::call(numeric::WHOLE, vec![taken]),
            _ => taken,
        };
        Ok(())
    }

    /// A cast to text of a limited length cuts, without an error. The blanks that fill up `char(n)` count for nothing in
    /// an expression: there they are off, and only a column of the result has them (see [`padded_length`]).
    fn text_cast(&mut self, expr: &mut Expr, length: u32) -> Result<(), PlanError> {
        let fixed = padded_length(expr).is_some();
        let Expr::Cast { expr: inner, data_type, kind, .. } = expr else {
            return Err(PlanError::Internal("no cast".into()));
        };
        if length == 0 || length > TEXT_LENGTH_MAX {
            return Err(PlanError::Unsupported("a text type of this length".into()));
        }
        if *kind == ast::CastKind::TryCast || *kind == ast::CastKind::SafeCast {
            return Err(PlanError::Unsupported("this form of a cast".into()));
        }
        self.expr(inner)?;
        *data_type = ast::DataType::Text;
        let text = std::mem::replace(expr, Expr::value(Value::Null));
        let length = Expr::value(Value::Number(length.to_string(), false));
        let cut = super::names::call("left", vec![text, length]);
        *expr = if fixed {
            super::names::call("rtrim", vec![cut, Expr::value(Value::SingleQuotedString(" ".into()))])
        } else {
            cut
        };
        Ok(())
    }

    /// Refuses casts that PostgreSQL does not have, where the type of the value is told.
    fn convertible(&self, value: &Expr, to: &SqlType) -> Result<(), PlanError> {
        use SqlType as T;
        let Some(from) = self.declared(value) else { return Ok(()) };
        let temporal = |found: &T| matches!(found, T::Date | T::Time | T::Timestamp | T::Timestamptz | T::Interval);
        let number = |found: &T| found.is_number();
        let lacks = match (&from, to) {
            (T::Bool, to) => temporal(to) || number(to) && *to != T::Int4 || matches!(to, T::Uuid | T::Bytea),
            (from, T::Bool) => temporal(from) || number(from) && *from != T::Int4 || *from == T::Uuid,
            (from, to) if number(from) => temporal(to) || *to == T::Uuid,
            (from, to) if temporal(from) => number(to) || matches!(to, T::Uuid | T::Bytea),
            (T::Uuid, to) => number(to) || temporal(to),
            _ => false,
        };
        if lacks { Err(PlanError::CannotCast(declared::shown(&from), declared::shown(to))) } else { Ok(()) }
    }
}

/// The length of `varchar(n)` and `char(n)`.
pub(super) fn text_length(data_type: &ast::DataType) -> Result<Option<u32>, PlanError> {
    Ok(match super::sql_type_of(data_type)? {
        SqlType::Varchar(Some(length)) => Some(length),
        // `char` has the length 1 by now, `bpchar` none.
        SqlType::Bpchar(length) => length,
        _ => None,
    })
}

/// The length of `char(n)` where an expression is a cast to it.
pub(super) fn padded_length(expr: &Expr) -> Option<u32> {
    match expr {
        Expr::Nested(inner) => padded_length(inner),
        Expr::Cast { data_type, .. } => match super::sql_type_of(data_type) {
            Ok(SqlType::Bpchar(length)) => length,
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
