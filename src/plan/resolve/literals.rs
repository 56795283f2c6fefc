//! Literals as the planner reads them: numbers with exponents, texts beside `char(n)`, items of array parameters.

use chrono::{DateTime, NaiveDate, TimeDelta};
use sluice_base::{Datum, SqlType};
use sqlparser::ast::{self, Expr, Value};

use super::expressions::literal_text;
use super::names::null;
use crate::PlanError;
use crate::bytes::hex;
use crate::numeric;

/// A text beside a `char(n)` is compared without the blanks at its end.
pub(super) fn unpadded(expr: &mut Expr, other: Option<&SqlType>) {
    if let Some(SqlType::Bpchar(_)) = other
        && let Some(text) = literal_text(expr)
        && text.ends_with(' ')
    {
        *expr = Expr::value(Value::SingleQuotedString(text.trim_end_matches(' ').to_string()));
    } else if let Some(SqlType::Bpchar(_)) = other
        && matches!(&*expr, Expr::Value(value) if matches!(value.value, Value::Placeholder(_)))
    {
        let blank = Expr::value(Value::SingleQuotedString(" ".into()));
        *expr = super::names::call("rtrim", vec![std::mem::replace(expr, null()), blank]);
    }
}

pub(super) fn has_fraction(value: &Value) -> bool {
    matches!(value, Value::Number(text, _) if text.contains(['.', 'e', 'E']))
}

/// `1e3` is the numeric 1000, `1.5e-3` is 0.0015: the planner would take the exponent for a scale.
pub(super) fn without_exponent(value: &Value) -> Option<Expr> {
    let Value::Number(text, _) = value else { return None };
    let (mantissa, exponent) = text.split_once(['e', 'E'])?;
    let exponent: i32 = exponent.parse().ok()?;
    if exponent.abs() > 60 {
        // No decimal is as large, and few as small; what such a number meets is a floating one.
        let data_type = ast::DataType::DoublePrecision;
        let expr = Box::new(Expr::value(Value::SingleQuotedString(text.clone())));
        return Some(Expr::Cast { kind: ast::CastKind::Cast, expr, data_type, array: false, format: None });
    }
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let scale = i32::try_from(fraction.len()).ok()? - exponent;
    let mut digits = format!("{whole}{fraction}{}", "0".repeat(scale.min(0).unsigned_abs() as usize));
    let Ok(scale @ 1..) = usize::try_from(scale) else {
        return Some(super::names::call(numeric::NUMERIC, vec![Expr::value(Value::Number(digits, false))]));
    };
    digits = format!("{digits:0>width$}", width = scale + 1);
    digits.insert(digits.len() - scale, '.');
    Some(Expr::value(Value::Number(digits, false)))
}

/// A number with an exponent that is cast to a floating type is read as one: as a numeric it could be out of range, or
/// have been rounded before.
pub(super) fn float_text(expr: &mut Expr) {
    let (sign, number) = match &*expr {
        Expr::UnaryOp { op: ast::UnaryOperator::Minus, expr: inner } => ("-", &**inner),
        Expr::Nested(inner) => {
            let mut inner = (**inner).clone();
            float_text(&mut inner);
            *expr = inner;
            return;
        }
        other => ("", other),
    };
    let Expr::Value(value) = number else { return };
    if let Value::Number(text, _) = &value.value
        && text.contains(['e', 'E'])
    {
        *expr = Expr::value(Value::SingleQuotedString(format!("{sign}{text}")));
    }
}

pub(super) fn is_bitwise(op: &ast::BinaryOperator) -> bool {
    use ast::BinaryOperator as B;
    matches!(
        op,
        B::BitwiseAnd | B::BitwiseOr | B::BitwiseXor | B::PGBitwiseXor | B::PGBitwiseShiftLeft | B::PGBitwiseShiftRight
    )
}

/// A cast to `numeric` without precision keeps the digits that are there; a constant text is read as the number it is.
pub(super) fn undeclared_numeric(inner: Expr) -> Expr {
    let digits = |text: &str| text.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    match literal_text(&inner).map(str::trim) {
        Some(text) if digits(text) && text.matches('.').count() <= 1 => {
            // A cast keeps an integer constant a numeric.
            super::names::call(numeric::NUMERIC, vec![Expr::value(Value::Number(text.to_string(), false))])
        }
        _ => super::names::call(numeric::NUMERIC, vec![inner]),
    }
}

/// One item of an array parameter as a literal.
pub(super) fn literal_of(sql_type: &SqlType, item: &Datum) -> Result<Expr, PlanError> {
    if let Some((text, data_type)) = typed_text(sql_type, item) {
        let expr = Box::new(Expr::value(Value::SingleQuotedString(text)));
        return Ok(Expr::Cast { kind: ast::CastKind::Cast, expr, data_type, array: false, format: None });
    }
    let value = match item {
        Datum::Null => Value::Null,
        Datum::Bool(v) => Value::Boolean(*v),
        Datum::Int(v) => Value::Number(v.to_string(), false),
        Datum::Numeric(v) => Value::Number(v.clone(), false),
        Datum::Text(v) => Value::SingleQuotedString(v.clone()),
        _ => return Err(PlanError::Unsupported("an array parameter of this type".into())),
    };
    Ok(Expr::value(value))
}

/// What has no literal of its own: a text, and the type that it is cast to.
fn typed_text(sql_type: &SqlType, item: &Datum) -> Option<(String, ast::DataType)> {
    use ast::{DataType as T, TimezoneInfo as Zone};
    let moment = |micros: i64| DateTime::from_timestamp_micros(micros).map(|at| at.format("%Y-%m-%d %H:%M:%S%.6f"));
    // A day may end at 24:00:00.
    let of_time = |micros: i64| {
        let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
        format!("{:02}:{:02}:{:02}.{rest:06}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
    };
    Some(match item {
        Datum::Float(v) if *sql_type == SqlType::Float4 => (v.to_string(), T::Real),
        Datum::Float(v) => (v.to_string(), T::DoublePrecision),
        Datum::Date(days) => {
            let date = NaiveDate::default().checked_add_signed(TimeDelta::days(i64::from(*days)))?;
            (date.format("%Y-%m-%d").to_string(), T::Date)
        }
        Datum::Time(micros) => (of_time(*micros), T::Time(None, Zone::None)),
        Datum::Timestamp(micros) => (moment(*micros)?.to_string(), T::Timestamp(None, Zone::None)),
        Datum::Timestamptz(micros) => (format!("{}+00", moment(*micros)?), T::Timestamp(None, Zone::WithTimeZone)),
        Datum::Interval(v) => {
            let text = format!("{} months {} days {} microseconds", v.months, v.days, v.micros);
            (text, T::Interval { fields: None, precision: None })
        }
        Datum::Uuid(bytes) => (hex(bytes), T::Uuid),
        Datum::Bytes(bytes) => (format!("\\x{}", hex(bytes)), T::Bytea),
        _ => return None,
    })
}
