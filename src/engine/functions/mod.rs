//! What the engine computes in place of DataFusion's own expressions, so that a fault is PostgreSQL's fault of the same
//! kind and no result grows without a bound.
//!
//! Invariant: after [`Checked`] no cast that can fail, no integer arithmetic that can overflow and no text function that
//! can grow is left to DataFusion. It runs before constants are folded: a constant overflows as a column does. An error
//! from here is an [`EngineError`] of its kind, carried through DataFusion, and holds no value.
//!
//! Left out: overflow of floating numbers (it gives infinity), and decimals, which DataFusion checks itself.

mod account;
mod aggregate;
mod arithmetic;
mod bounded;
mod cast;
mod growth;
mod read;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::expr::{BinaryExpr, Cast, Like, WindowFunction, WindowFunctionDefinition};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, Operator};
use datafusion::optimizer::AnalyzerRule;
use sluice_base::Limits;
use sluice_plan::{PlanError, checked_pattern, spelled};

use crate::EngineError;
pub(crate) use account::Account;
pub(crate) use aggregate::{Given, counted};
use arithmetic::{Arithmetic, Operation};
use bounded::Bounded;
use cast::CheckedCast;

/// How large results may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Bounds {
    /// One value, bytes.
    value_bytes_max: usize,
    /// All values that one evaluation makes, bytes: a part of the memory, as several are at work, but at least one value
    /// of the largest size.
    batch_bytes_max: usize,
}

impl Bounds {
    pub(crate) fn of(limits: &Limits) -> Bounds {
        let value_bytes_max = limits.value_bytes_max;
        Bounds { value_bytes_max, batch_bytes_max: (limits.memory_bytes / 4).max(value_bytes_max) }
    }

    /// Bytes that one step may make.
    pub(crate) fn batch_bytes_max(self) -> usize {
        self.batch_bytes_max
    }
}

/// The pass over an analyzed plan that puts the checked expressions in.
#[derive(Debug)]
pub(crate) struct Checked {
    bounds: Bounds,
    account: Account,
}

impl Checked {
    pub(crate) fn new(bounds: Bounds, account: Account) -> Checked {
        Checked { bounds, account }
    }

    fn node(&self, node: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
        if matches!(node, LogicalPlan::TableScan(_)) {
            return Ok(Transformed::no(node));
        }
        let schema = merge_schema(&node.inputs());
        let names = NamePreserver::new(&node);
        let checked = node.map_expressions(|expr| self.named(expr, &schema, &names))?;
        if checked.transformed { checked.map_data(LogicalPlan::recompute_schema) } else { Ok(checked) }
    }

    /// An expression of a node, under its old name.
    fn named(&self, expr: Expr, schema: &DFSchema, names: &NamePreserver) -> Result<Transformed<Expr>> {
        if matches!(expr, Expr::GroupingSet(_)) {
            return expr.map_children(|part| self.named(part, schema, names));
        }
        let name = names.save(&expr);
        let checked = expr.transform_up(|part| self.expr(part, schema))?;
        Ok(checked.update_data(|expr| name.restore(expr)))
    }

    fn expr(&self, expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
        let replaced = match expr {
            Expr::BinaryExpr(binary) => return self.binary(binary, schema),
            Expr::Negative(inner) => match type_of(&inner, schema)? {
                found if Arithmetic::takes(&found) => Arithmetic::call(Operation::Negate, found, vec![*inner]),
                _ => return Ok(Transformed::no(Expr::Negative(inner))),
            },
            Expr::Cast(cast) => {
                let from = type_of(&cast.expr, schema)?;
                if !cast::can_fail(&from, cast.field.data_type()) {
                    return Ok(Transformed::no(Expr::Cast(cast)));
                }
                let Cast { expr, field } = cast;
                CheckedCast::call(*expr, field.data_type().clone())
            }
            Expr::Like(like) => {
                let pattern = checked_pattern(*like.pattern).map_err(|error| external(error.into()))?;
                return Ok(Transformed::yes(Expr::Like(Like { pattern: Box::new(pattern), ..like })));
            }
            Expr::ScalarFunction(call) => match growth::of_function(call.func.name()) {
                Some(growth) => Bounded::call(growth, call, self.bounds, &self.account),
                None => return Ok(Transformed::no(Expr::ScalarFunction(call))),
            },
            Expr::AggregateFunction(mut call) => match aggregate::bounded(&call.func, self.bounds) {
                Some(bounded) => {
                    call.func = bounded;
                    Expr::AggregateFunction(call)
                }
                None => return Ok(Transformed::no(Expr::AggregateFunction(call))),
            },
            Expr::WindowFunction(call) => return Ok(self.window(call)),
            other => return Ok(Transformed::no(other)),
        };
        Ok(Transformed::yes(replaced))
    }

    fn binary(&self, binary: BinaryExpr, schema: &DFSchema) -> Result<Transformed<Expr>> {
        let operation = match binary.op {
            Operator::Plus => Operation::Add,
            Operator::Minus => Operation::Subtract,
            Operator::Multiply => Operation::Multiply,
            Operator::StringConcat => {
                let result = binary_type(&binary, schema)?;
                return Ok(match Bounded::concat(binary, result, self.bounds, &self.account) {
                    Ok(call) => Transformed::yes(call),
                    Err(binary) => Transformed::no(Expr::BinaryExpr(binary)),
                });
            }
            Operator::RegexMatch | Operator::RegexIMatch | Operator::RegexNotMatch | Operator::RegexNotIMatch => {
                return regex(binary).map(Transformed::yes).map_err(|error| external(error.into()));
            }
            _ => return Ok(Transformed::no(Expr::BinaryExpr(binary))),
        };
        let (left, right) = (type_of(&binary.left, schema)?, type_of(&binary.right, schema)?);
        if left != right || !Arithmetic::takes(&left) {
            return Ok(Transformed::no(Expr::BinaryExpr(binary)));
        }
        Ok(Transformed::yes(Arithmetic::call(operation, left, vec![*binary.left, *binary.right])))
    }

    fn window(&self, mut call: Box<WindowFunction>) -> Transformed<Expr> {
        let bounded = match &call.fun {
            // Counted for this plan; an execution counts anew.
            WindowFunctionDefinition::AggregateUDF(function) => {
                aggregate::bounded(function, self.bounds).and_then(|function| counted(&function, &Given::default()))
            }
            WindowFunctionDefinition::WindowUDF(_) => None,
        };
        match bounded {
            Some(function) => {
                call.fun = WindowFunctionDefinition::AggregateUDF(function);
                Transformed::yes(Expr::WindowFunction(call))
            }
            None => Transformed::no(Expr::WindowFunction(call)),
        }
    }
}

impl AnalyzerRule for Checked {
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let checked = Checked::new(self.bounds, self.account.afresh());
        plan.transform_up_with_subqueries(|node| checked.node(node)).map(|checked| checked.data)
    }

    fn name(&self) -> &str {
        "sluice_checked"
    }
}

/// A type, without a walk through what this pass has replaced already.
fn type_of(expr: &Expr, schema: &DFSchema) -> Result<DataType> {
    match expr {
        Expr::ScalarFunction(call) => match call.func.inner().downcast_ref::<Arithmetic>() {
            Some(arithmetic) => Ok(arithmetic.data_type.clone()),
            None => expr.get_type(schema),
        },
        Expr::Cast(cast) => Ok(cast.field.data_type().clone()),
        _ => expr.get_type(schema),
    }
}

/// The type of a concatenation; its operands have been brought together already.
fn binary_type(binary: &BinaryExpr, schema: &DFSchema) -> Result<DataType> {
    let (left, right) = (concat_type(&binary.left, schema)?, concat_type(&binary.right, schema)?);
    Ok(if left == right { left } else { Expr::BinaryExpr(binary.clone()).get_type(schema)? })
}

fn concat_type(expr: &Expr, schema: &DFSchema) -> Result<DataType> {
    match expr {
        Expr::ScalarFunction(call) => {
            match call.func.inner().downcast_ref::<Bounded>().and_then(Bounded::concat_type) {
                Some(found) => Ok(found),
                None => type_of(expr, schema),
            }
        }
        _ => type_of(expr, schema),
    }
}

/// A constant pattern is judged before any row is read; another one when a row brings it. The pattern itself says whether
/// case counts.
fn regex(mut binary: BinaryExpr) -> std::result::Result<Expr, PlanError> {
    let insensitive = matches!(binary.op, Operator::RegexIMatch | Operator::RegexNotIMatch);
    binary.op = match binary.op {
        Operator::RegexIMatch => Operator::RegexMatch,
        Operator::RegexNotIMatch => Operator::RegexNotMatch,
        other => other,
    };
    binary.right = Box::new(spelled(*binary.right, insensitive)?);
    Ok(Expr::BinaryExpr(binary))
}

/// An error of ours on its way through DataFusion.
fn external(error: EngineError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

#[cfg(test)]
mod tests;
