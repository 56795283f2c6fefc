//! Which of the user's predicates may be evaluated inside a governed scan: those that are total and silent.
//!
//! Invariant: everything accepted here has a value for every row (no cast that can fail, no arithmetic, no function),
//! has no side effect, is stable, and reads clear fields alone.

use arrow::datatypes::{DataType, Schema};
use datafusion_common::ScalarValue;
use datafusion_expr::expr::{Between, BinaryExpr, InList, Like};
use datafusion_expr::{Expr, Operator};

/// True where `filter` may run below the barrier of a scan with this schema and these clear columns.
pub fn is_silent(filter: &Expr, schema: &Schema, clear: &[String]) -> bool {
    let condition = |expr: &Expr| is_silent(expr, schema, clear);
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And | Operator::Or, right }) => {
            condition(left) && condition(right)
        }
        Expr::Not(inner) => condition(inner),
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if is_comparison(op) => {
            match (operand(left, schema, clear), operand(right, schema, clear)) {
                (Some(left), Some(right)) => left == right,
                _ => false,
            }
        }
        Expr::IsNull(inner) | Expr::IsNotNull(inner) => operand(inner, schema, clear).is_some() || condition(inner),
        Expr::IsTrue(inner)
        | Expr::IsNotTrue(inner)
        | Expr::IsFalse(inner)
        | Expr::IsNotFalse(inner)
        | Expr::IsUnknown(inner)
        | Expr::IsNotUnknown(inner) => condition(inner),
        Expr::Between(Between { expr, low, high, .. }) => {
            let expected = operand(expr, schema, clear);
            expected.is_some() && operand(low, schema, clear) == expected && operand(high, schema, clear) == expected
        }
        Expr::InList(InList { expr, list, .. }) => {
            let expected = operand(expr, schema, clear);
            let constant = |item: &Expr| is_constant(item) && operand(item, schema, clear) == expected;
            expected.is_some() && list.iter().all(constant)
        }
        Expr::Like(Like { expr, pattern, escape_char, case_insensitive: false, .. }) => {
            operand(expr, schema, clear) == Some(DataType::Utf8) && column(expr).is_some() && {
                matches!(escape_char, None | Some('\\')) && literal_pattern(pattern)
            }
        }
        Expr::Column(_) => operand(filter, schema, clear) == Some(DataType::Boolean),
        Expr::Literal(ScalarValue::Boolean(_), _) => true,
        _ => false,
    }
}

pub(crate) fn is_comparison(op: &Operator) -> bool {
    matches!(
        op,
        Operator::Eq
            | Operator::NotEq
            | Operator::Lt
            | Operator::LtEq
            | Operator::Gt
            | Operator::GtEq
            | Operator::IsDistinctFrom
            | Operator::IsNotDistinctFrom
    )
}

/// A literal, or a parameter of a generic plan, which is one by the time the plan runs.
fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(..) | Expr::Placeholder(_) => true,
        Expr::Cast(cast) => matches!(*cast.expr, Expr::Placeholder(_)),
        _ => false,
    }
}

/// Type of a clear column or a constant; `None` for anything else. Integers may be widened: that cannot fail.
fn operand(expr: &Expr, schema: &Schema, clear: &[String]) -> Option<DataType> {
    match expr {
        Expr::Placeholder(parameter) => parameter.field.as_ref().map(|field| field.data_type().clone()),
        Expr::Cast(cast) if matches!(*cast.expr, Expr::Column(_) | Expr::Placeholder(_)) => {
            let to = cast.field.data_type();
            operand(&cast.expr, schema, clear).filter(|from| widens(from, to)).map(|_| to.clone())
        }
        Expr::Column(column) if clear.contains(&column.name) => {
            schema.field_with_name(&column.name).ok().map(|field| field.data_type().clone())
        }
        Expr::Literal(value, _) => Some(value.data_type()),
        _ => None,
    }
}

fn widens(from: &DataType, to: &DataType) -> bool {
    matches!((from, to), (DataType::Int16, DataType::Int32 | DataType::Int64) | (DataType::Int32, DataType::Int64))
}

fn column(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Column(column) => Some(&column.name),
        _ => None,
    }
}

/// Longest pattern that goes to a source, in bytes. SQLite refuses one of 50,000 as soon as it meets a row, before or after
/// it asked whether the row may be seen, and each place of a text at which a long one could begin takes as much time.
const PATTERN_MAX: usize = 256;
/// The most `%` of one that does: a text is tried as often for each as it has places.
const ANYTHING_MAX: usize = 4;

/// Whether a LIKE may be asked of rows that the person may not see: its pattern ends in no escape, and comparing it takes
/// about as long for any text, so that nobody reads a hidden one by the clock.
pub fn is_silent_pattern(pattern: &str) -> bool {
    let trailing = pattern.chars().rev().take_while(|c| *c == '\\').count();
    let behind = pattern.split_once('%').map_or("", |(_, behind)| behind);
    pattern.len() <= PATTERN_MAX
        && pattern.matches('%').count() <= ANYTHING_MAX
        && !behind.contains('_')
        && trailing.is_multiple_of(2)
}

fn literal_pattern(pattern: &Expr) -> bool {
    matches!(pattern, Expr::Literal(ScalarValue::Utf8(Some(text)), _) if is_silent_pattern(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::Field;
    use datafusion_expr::{cast, col, lit};

    #[test]
    fn only_total_and_silent_predicates_pass() {
        let schema = Schema::new(vec![
            Field::new("name", DataType::Utf8, true),
            Field::new("phone", DataType::Utf8, true),
            Field::new("n", DataType::Int64, true),
            Field::new("m", DataType::Int64, true),
            Field::new("ok", DataType::Boolean, true),
        ]);
        let clear: Vec<String> = ["name", "n", "m", "ok"].map(String::from).to_vec();
        let cases = [
            (col("n").eq(lit(1i64)), true),
            (col("n").eq(col("m")), true),
            (col("n").eq(lit(1i32)), false),
            (col("phone").eq(lit("138")), false),
            (col("name").eq(col("phone")), false),
            (col("phone").is_null(), false),
            (col("name").like(lit("a%")), true),
            (col("name").like(lit("a\\")), false),
            (col("name").like(lit("x".repeat(PATTERN_MAX))), true),
            (col("name").like(lit("x".repeat(PATTERN_MAX + 1))), false),
            (col("name").like(lit("a_b%c%")), true),
            (col("name").like(lit("%a_")), false),
            (col("name").like(lit("%a%b%c%d%")), false),
            (col("name").ilike(lit("a%")), false),
            (col("name").like(col("name")), false),
            (lit(1i64).eq(lit(1i64) / col("n")), false),
            ((col("n") + lit(1i64)).gt(lit(0i64)), false),
            (cast(col("name"), DataType::Int32).eq(lit(1i32)), false),
            (col("n").between(lit(1i64), lit(2i64)), true),
            (col("n").in_list(vec![lit(1i64), col("m")], false), false),
            (col("n").in_list(vec![lit(1i64), lit(2i64)], true), true),
            (col("ok"), true),
            (col("ok").or(col("phone").eq(lit("x"))), false),
            (col("ok").is_not_true(), true),
            (!col("ok"), true),
        ];
        for (filter, expected) in cases {
            assert_eq!(is_silent(&filter, &schema, &clear), expected, "{filter}");
        }
    }
}
