//! Standard deviations and variances of integers and numerics, exact as PostgreSQL's are: of a count, a sum and a sum of
//! squares.

use sluice_base::SqlType;
use sqlparser::ast::{self, BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Value};

use super::names::{Resolver, binary, call, null};
use crate::PlanError;
use crate::numeric::{DEVIATION, VALUE, VARIANCE};

impl Resolver<'_> {
    /// Whether the text tells that a call is over integers or numerics. Squares of DISTINCT values are not distinct.
    pub(super) fn has_exact_spread(&self, function: &Function) -> bool {
        let exact = |found: SqlType| found.is_number() && !matches!(found, SqlType::Float4 | SqlType::Float8);
        argument(function).and_then(|value| self.declared(value)).is_some_and(exact)
    }

    /// Rewrites and resolves such a call.
    pub(super) fn exact_spread(&mut self, expr: &mut Expr, name: &str) -> Result<(), PlanError> {
        let Expr::Function(function) = expr else { return Err(PlanError::Internal("no call".into())) };
        super::functions::check_kind(name, "stddev", function)?;
        let value = argument(function).cloned().ok_or_else(|| PlanError::Internal("no argument".into()))?;
        let population = name.ends_with("_pop");
        let inner = |engine: &str, argument: Expr| {
            let mut inner = call(engine, vec![argument]);
            if let Expr::Function(inner) = &mut inner {
                inner.filter = function.filter.clone();
                inner.over = function.over.clone();
            }
            inner
        };
        let numeric = || Expr::Cast {
            kind: ast::CastKind::Cast,
            expr: Box::new(Expr::Nested(Box::new(value.clone()))),
            data_type: ast::DataType::Numeric(ast::ExactNumberInfo::None),
            array: false,
            format: None,
        };
        let mut count = inner("count", value.clone());
        let mut sum = inner("sum", numeric());
        let mut squares = inner("sum", binary(numeric(), BinaryOperator::Multiply, numeric()));
        for part in [&mut count, &mut sum, &mut squares] {
            self.expr(part)?;
        }
        let one = || Expr::value(Value::Number("1".into(), false));
        let other = if population { count.clone() } else { binary(count.clone(), BinaryOperator::Minus, one()) };
        // NULL where there are too few values; so is then the whole.
        let enough = if population { BinaryOperator::GtEq } else { BinaryOperator::Gt };
        let enough = binary(count.clone(), enough, one());
        let count = Expr::Case {
            case_token: ast::helpers::attached_token::AttachedToken::empty(),
            end_token: ast::helpers::attached_token::AttachedToken::empty(),
            operand: None,
            conditions: vec![ast::CaseWhen { condition: enough, result: count }],
            else_result: Some(Box::new(null())),
        };
        let hidden = if name.starts_with("stddev") { DEVIATION } else { VARIANCE };
        *expr = call(VALUE, vec![call(hidden, vec![count, other, sum, squares])]);
        Ok(())
    }
}

/// The argument of a call that has one, and neither DISTINCT nor an order.
fn argument(function: &Function) -> Option<&Expr> {
    let FunctionArguments::List(list) = &function.args else { return None };
    match list.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(value))]
            if list.duplicate_treatment.is_none() && list.clauses.is_empty() =>
        {
            Some(value)
        }
        _ => None,
    }
}
