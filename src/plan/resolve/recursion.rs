//! Recursive queries in the plan: the engine casts the recursive term to the types of the first one. A cast that changes a
//! value, or that PostgreSQL refuses, is found here.
//!
//! Invariant: behind [`check`] no value of a recursive term is rounded. A numeric whose scale grows from round to round is
//! refused, since a column of the engine has one scale.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::DataType;
use datafusion_common::tree_node::TreeNodeRecursion;
use datafusion_common::{DFSchema, DataFusionError, Result, ScalarValue};
use datafusion_expr::expr::{Cast, ScalarFunction};
use datafusion_expr::{
    ColumnarValue, Expr, ExprSchemable, LogicalPlan, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

use super::{declared, untyped};
use crate::PlanError;
use crate::numeric::{self, Shown};

/// Name of the function that gives a numeric all the digits in front of its point; no client can type it.
pub(super) const ROOM: &str = "\u{1}room";

/// What the mark of a column of a recursive term begins with; the name of the query follows.
pub(super) const TERM: &str = "\u{1}term:";

/// Digits of a numeric that may still grow: fewer than those of [`numeric::UNDECLARED`], whose scale says more.
const DIGITS: u8 = 74;

/// A column whose first term has another type than both terms together.
pub(super) fn other_type(query: &str, column: usize, first: &str, overall: &str) -> PlanError {
    let number = column + 1;
    PlanError::RecursiveType(format!(
        "recursive query \"{query}\" column {number} has type {first} in non-recursive term but type {overall} overall"
    ))
}

/// Refuses recursive terms whose columns would be changed by the engine's casts.
pub(super) fn check(plan: &LogicalPlan) -> Result<()> {
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::RecursiveQuery(query) = node {
            check_term(&query.recursive_term)?;
        }
        Ok(TreeNodeRecursion::Continue)
    })
    .map(|_| ())
}

fn check_term(term: &LogicalPlan) -> Result<()> {
    let LogicalPlan::Projection(projection) = term else { return Ok(()) };
    for (at, expr) in projection.expr.iter().enumerate() {
        let mut expr = expr;
        while let Expr::Alias(alias) = expr {
            expr = &alias.expr;
        }
        let Expr::Cast(Cast { expr: inner, field }) = expr else { continue };
        // Below DISTINCT the marks are one step further down; above it a column is cast by the engine alone.
        let name = match &**inner {
            Expr::Column(_) if !matches!(projection.input.as_ref(), LogicalPlan::Distinct(_)) => None,
            Expr::Column(_) => below(&projection.input),
            inner => marked(inner).map(str::to_string),
        };
        if let Some(name) = name {
            compare(&name, at, inner, projection.input.schema(), field.data_type())?;
        }
    }
    Ok(())
}

/// The query that a mark names.
fn marked(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Alias(alias) => marked(&alias.expr),
        Expr::ScalarFunction(ScalarFunction { func, args }) if func.name() == untyped::KEPT => match args.get(1)? {
            Expr::Literal(ScalarValue::Utf8(Some(word)), _) => word.strip_prefix(TERM),
            _ => None,
        },
        _ => None,
    }
}

fn below(plan: &LogicalPlan) -> Option<String> {
    let LogicalPlan::Projection(projection) = *plan.inputs().first()? else { return None };
    projection.expr.iter().find_map(|expr| marked(expr).map(str::to_string))
}

fn compare(query: &str, at: usize, expr: &Expr, schema: &DFSchema, first: &DataType) -> Result<()> {
    let second = expr.get_type(schema)?;
    if fits(&second, first) {
        return Ok(());
    }
    let numeric = |found: &DataType| found.is_decimal() || *found == numeric::scaled_type();
    if numeric(first) && (numeric(&second) || second.is_integer()) {
        let what = "a recursive numeric column whose terms have different scales";
        return Err(refused(PlanError::Unsupported(what.into())));
    }
    let shown = |found: &DataType| match crate::types::sql_type(found) {
        Some(found) => declared::shown(&found),
        None => "record".into(),
    };
    Err(refused(other_type(query, at, &shown(first), &shown(&second))))
}

/// Whether the cast of a recursive term's column to the first term's type leaves each value what it is.
fn fits(second: &DataType, first: &DataType) -> bool {
    use DataType::{Date32, Float32, Float64, Timestamp};
    let text = |found: &DataType| matches!(found, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let scale = |found: &DataType| numeric::digits_of(found).map(|(_, scale)| scale);
    match (second, first) {
        (second, _) if second.is_null() => true,
        (second, first) if text(second) && text(first) => true,
        (second, first) if second.is_integer() && first.is_integer() => {
            second.primitive_width() <= first.primitive_width()
        }
        (second, first) if first.is_decimal() && scale(second).is_some() => {
            scale(second) == scale(first) || numeric::shown(first) != Shown::Type && scale(second) < scale(first)
        }
        (second, Float32) => second.is_integer() || second.is_decimal(),
        (second, Float64) => second.is_integer() || second.is_decimal() || *second == Float32,
        (Date32, Timestamp(..)) | (Timestamp(_, None), Timestamp(_, Some(_))) => true,
        (Timestamp(_, second), Timestamp(_, first)) => second.is_some() == first.is_some(),
        (DataType::List(second), DataType::List(first)) => {
            second.data_type() == first.data_type() || second.data_type().is_null()
        }
        (second, first) => second == first,
    }
}

fn refused(error: PlanError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// The function behind [`ROOM`].
pub(super) fn room() -> Arc<ScalarUDF> {
    static FUNCTION: LazyLock<Arc<ScalarUDF>> =
        LazyLock::new(|| Arc::new(ScalarUDF::from(Room { signature: Signature::any(1, Volatility::Immutable) })));
    Arc::clone(&FUNCTION)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Room {
    signature: Signature,
}

impl ScalarUDFImpl for Room {
    fn name(&self) -> &str {
        ROOM
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(match types {
            [DataType::Decimal128(_, scale)] => DataType::Decimal256(DIGITS, *scale),
            [DataType::Decimal256(precision, scale)] if *precision < DIGITS => DataType::Decimal256(DIGITS, *scale),
            [other] => other.clone(),
            _ => return Err(DataFusionError::Internal("no number".into())),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let target = args.return_field.data_type().clone();
        let number = args.args.into_iter().next();
        number.ok_or_else(|| DataFusionError::Internal("no number".into()))?.cast_to(&target, None)
    }
}
