//! Constants that the engine takes as literals alone: whole numbers and intervals that a statement spells as casts, sums or
//! calls are computed here.
//!
//! Invariant: what is computed is what PostgreSQL's operators give; anything else is left as it stands.

use sluice_base::{Interval, SqlType};
use sqlparser::ast::{
    self, BinaryOperator as B, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Value,
};

use super::calls::plain_arguments;
use super::expressions::literal_text;
use super::names::Resolver;
use super::parameters::number_of;
use crate::PlanError;
use crate::datetime::DatetimeFault;
use crate::query::fold_name;

impl Resolver<'_> {
    /// Places of `round(x, 1 + 1)` that are constant stand as a number: the type of the result has as many.
    pub(super) fn constant_places(&mut self, function: &mut Function) {
        let Ok([_, FunctionArg::Unnamed(FunctionArgExpr::Expr(places))]) =
            plain_arguments(function).map(Vec::as_mut_slice)
        else {
            return;
        };
        // A parameter that stands alone becomes a number later; one that is not there yet is to stand alone.
        let whole =
            |to: &ast::DataType| matches!(super::sql_type_of(to), Ok(SqlType::Int2 | SqlType::Int4 | SqlType::Int8));
        if self.tells()
            && let Expr::Cast { expr: parameter, data_type, array: false, .. } = &*places
            && whole(data_type)
            && number_of(parameter).is_some_and(|number| self.may_be_whole(number))
        {
            let parameter = (**parameter).clone();
            self.tell(places);
            *places = parameter;
        }
        if number_of(places).is_some() {
            return;
        }
        let of_parameter = |number: usize| self.whole_parameter(number);
        if let Some(constant) = constant_with(places, &of_parameter) {
            let number = Expr::value(Value::Number(constant.unsigned_abs().to_string(), false));
            *places = match constant < 0 {
                true => Expr::UnaryOp { op: ast::UnaryOperator::Minus, expr: Box::new(number) },
                false => number,
            };
        }
    }
}

/// An offset that is an interval by a cast, a call or a product, as a literal in words that the engine reads too.
pub(super) fn spelled_out(offset: &mut Expr) -> Result<(), PlanError> {
    let plain = match &*offset {
        Expr::Interval(interval) => literal_text(&interval.value).is_some(),
        other => literal_text(other).is_some(),
    };
    if plain {
        return Ok(());
    }
    let Some(span) = span_of(offset)? else { return Ok(()) };
    let (seconds, rest) = (span.micros / 1_000_000, span.micros % 1_000_000);
    let sign = if span.micros < 0 { "-" } else { "" };
    let (seconds, rest) = (seconds.unsigned_abs(), rest.unsigned_abs());
    let text = format!("{} months {} days {sign}{seconds}.{rest:06} seconds", span.months, span.days);
    *offset = Expr::Interval(ast::Interval {
        value: Box::new(Expr::value(Value::SingleQuotedString(text))),
        leading_field: None,
        leading_precision: None,
        last_field: None,
        fractional_seconds_precision: None,
    });
    Ok(())
}

/// The interval that an expression of constants is; `None` for what is none.
fn span_of(expr: &Expr) -> Result<Option<Interval>, PlanError> {
    let read = |text: &str| Ok(Some(crate::datetime::read_interval(text)?));
    match expr {
        Expr::Nested(inner) => span_of(inner),
        Expr::Interval(interval) => match (literal_text(&interval.value), &interval.leading_field) {
            (Some(text), None) => read(text),
            (Some(text), Some(unit)) => read(&format!("{text} {unit}")),
            (None, None) => span_of(&interval.value),
            _ => Ok(None),
        },
        Expr::Cast { expr, data_type, .. } if super::sql_type_of(data_type)? == SqlType::Interval => {
            match literal_text(expr) {
                Some(text) if matches!(data_type, ast::DataType::Interval { fields: None, precision: None }) => {
                    read(text)
                }
                Some(_) => Ok(None),
                None => span_of(expr),
            }
        }
        Expr::BinaryOp { left, op: B::Multiply, right } => {
            let (span, factor) = match (span_of(left)?, span_of(right)?) {
                (Some(span), None) => (span, constant(right)),
                (None, Some(span)) => (span, constant(left)),
                _ => return Ok(None),
            };
            let Some(factor) = factor else { return Ok(None) };
            let part = |part: i32| i32::try_from(i64::from(part).checked_mul(factor)?).ok();
            let times = || {
                let micros = span.micros.checked_mul(factor)?;
                Some(Interval { months: part(span.months)?, days: part(span.days)?, micros })
            };
            times().map(Some).ok_or(PlanError::from(DatetimeFault::Range("interval")))
        }
        Expr::Function(function) if fold_name(&function.name)?.last().is_some_and(|name| name == "make_interval") => {
            const UNITS: [&str; 7] = ["years", "months", "weeks", "days", "hours", "minutes", "seconds"];
            let mut function = function.clone();
            super::rewritten::in_order(&mut function)?;
            let FunctionArguments::List(list) = &function.args else { return Ok(None) };
            let mut text = String::new();
            for (arg, unit) in list.args.iter().zip(UNITS) {
                let FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) = arg else { return Ok(None) };
                let number = match (constant(value), value) {
                    (Some(whole), _) => whole.to_string(),
                    (None, Expr::Value(value)) if unit == "seconds" => value.value.to_string(),
                    _ => return Ok(None),
                };
                text.push_str(&format!("{number} {unit} "));
            }
            read(&text)
        }
        _ => Ok(None),
    }
}

/// The whole number that an expression of constants is.
pub(super) fn constant(expr: &Expr) -> Option<i64> {
    constant_with(expr, &|_| None)
}

/// As [`constant`], with the values of parameters by their numbers.
fn constant_with(expr: &Expr, parameter: &dyn Fn(usize) -> Option<i64>) -> Option<i64> {
    let inner = |expr: &Expr| constant_with(expr, parameter);
    match expr {
        Expr::Nested(nested) => inner(nested),
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => text.parse().ok(),
            Value::SingleQuotedString(text) => text.trim().parse().ok(),
            Value::Placeholder(_) => parameter(number_of(expr)?),
            _ => None,
        },
        Expr::UnaryOp { op: ast::UnaryOperator::Minus, expr } => inner(expr)?.checked_neg(),
        Expr::UnaryOp { op: ast::UnaryOperator::Plus, expr } => inner(expr),
        Expr::Cast { expr, data_type, .. } => {
            let found = inner(expr)?;
            let fits = match super::sql_type_of(data_type).ok()? {
                SqlType::Int2 => i16::try_from(found).is_ok(),
                SqlType::Int4 => i32::try_from(found).is_ok(),
                SqlType::Int8 => true,
                _ => false,
            };
            fits.then_some(found)
        }
        Expr::BinaryOp { left, op, right } => {
            let (left, right) = (inner(left)?, inner(right)?);
            match op {
                B::Plus => left.checked_add(right),
                B::Minus => left.checked_sub(right),
                B::Multiply => left.checked_mul(right),
                B::Divide => left.checked_div(right),
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_model::dialect::PostgreSql;
    use sqlparser::parser::Parser;

    fn of(text: &str) -> Option<i64> {
        let expr = Parser::new(&PostgreSql).try_with_sql(text).and_then(|mut parser| parser.parse_expr());
        constant(&expr.expect("an expression"))
    }

    #[test]
    fn intervals_of_constants() {
        let of = |text: &str| {
            let expr = Parser::new(&PostgreSql).try_with_sql(text).and_then(|mut parser| parser.parse_expr());
            let mut expr = expr.expect("an expression");
            spelled_out(&mut expr).expect("no overflow");
            expr.to_string()
        };
        assert_eq!(of("cast('1 mon 7 days' as interval)"), "INTERVAL '1 months 7 days 0.000000 seconds'");
        assert_eq!(of("'-00:00:01.5'::interval"), "INTERVAL '0 months 0 days -1.500000 seconds'");
        assert_eq!(of("make_interval(weeks => 1, secs => 2.5)"), "INTERVAL '0 months 7 days 2.500000 seconds'");
        assert_eq!(of("2 * interval '1 day'"), "INTERVAL '0 months 2 days 0.000000 seconds'");
        assert_eq!(of("interval '7 days'"), "INTERVAL '7 days'");
        assert_eq!(of("5"), "5");
    }

    #[test]
    fn constants() {
        assert_eq!(of("(1 + 2) * 3"), Some(9));
        assert_eq!(of("-'4'::int"), Some(-4));
        assert_eq!(of("40000::smallint"), None);
        assert_eq!(of("1.5"), None);
        assert_eq!(of("a + 1"), None);
    }
}
