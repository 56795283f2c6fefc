//! How a running statement ends when nobody waits for it any more.
//!
//! A task is aborted where it pauses. A join pauses when it reads its inputs; one that multiplies rows, or whose
//! condition drops them all, can work for hours between two reads. So joins pause after each batch they give
//! ([`cooperative`]), and the condition of a join looks at a flag each time it is evaluated ([`Stop::guard`]).

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::expr::{BinaryExpr, ScalarFunction, WindowFunctionDefinition};
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{
    ColumnarValue, Expr, Filter, LogicalPlan, Operator, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec, SortMergeJoinExec};
use datafusion::physical_plan::unnest::UnnestExec;

use super::written;
use crate::functions::{Given, counted};

/// A flag shared by a statement and whoever may end it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Ends the statement at its next look at the flag.
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The plan with every join condition looking at the flag. For plans that are optimized already: an optimizer
    /// could not see through it. What windows gather, and the constants that they write out for each row, are counted
    /// from here on, for all of the statement, within a bound.
    pub(crate) fn guard(&self, plan: LogicalPlan, bytes_max: usize) -> Result<LogicalPlan> {
        let function =
            Arc::new(ScalarUDF::from(Going { stop: self.clone(), signature: Signature::any(1, Volatility::Volatile) }));
        let given = Given::default();
        let guarded = plan.transform_up_with_subqueries(|node| match node {
            LogicalPlan::Window(window) => LogicalPlan::Window(window).map_expressions(|expr| {
                let expr = written::counted(expr, &given, bytes_max)?;
                expr.transform_data(|expr| {
                    expr.transform_up(|part| match part {
                        Expr::WindowFunction(mut call) => {
                            let counted = match &call.fun {
                                WindowFunctionDefinition::AggregateUDF(function) => counted(function, &given),
                                WindowFunctionDefinition::WindowUDF(_) => None,
                            };
                            let found = counted.is_some();
                            call.fun = counted.map_or(call.fun, WindowFunctionDefinition::AggregateUDF);
                            Ok(Transformed::new_transformed(Expr::WindowFunction(call), found))
                        }
                        other => Ok(Transformed::no(other)),
                    })
                })
            }),
            LogicalPlan::Join(mut join) => match join.filter.take() {
                Some(filter) => {
                    let call = ScalarFunction::new_udf(Arc::clone(&function), vec![filter]);
                    join.filter = Some(Expr::ScalarFunction(call));
                    Ok(Transformed::yes(LogicalPlan::Join(join)))
                }
                None => Ok(Transformed::no(LogicalPlan::Join(join))),
            },
            LogicalPlan::Filter(filter) if equates(&filter.predicate) => {
                let call = ScalarFunction::new_udf(Arc::clone(&function), vec![filter.predicate]);
                Ok(Transformed::yes(LogicalPlan::Filter(Filter::try_new(Expr::ScalarFunction(call), filter.input)?)))
            }
            other => Ok(Transformed::no(other)),
        })?;
        Ok(guarded.data)
    }
}

/// Whether a condition makes a computed value equal to another: DataFusion 55 takes both for one ordering, and then
/// misses the order that a window needs. A guard hides the condition from it.
fn equates(condition: &Expr) -> bool {
    let plain = |expr: &Expr| matches!(expr, Expr::Column(_) | Expr::Literal(..));
    split_conjunction(condition).into_iter().any(|conjunct| match conjunct {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => {
            (!plain(left) && !matches!(**right, Expr::Literal(..)))
                || (!plain(right) && !matches!(**left, Expr::Literal(..)))
        }
        _ => false,
    })
}

/// A plan whose joins pause after each batch they give, so that what reads them can be aborted.
pub(crate) fn cooperative(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let paused = plan.transform_up(|node| {
        let multiplies = node.downcast_ref::<HashJoinExec>().is_some()
            || node.downcast_ref::<NestedLoopJoinExec>().is_some()
            || node.downcast_ref::<CrossJoinExec>().is_some()
            || node.downcast_ref::<SortMergeJoinExec>().is_some()
            || node.downcast_ref::<UnnestExec>().is_some();
        Ok(if multiplies { Transformed::yes(Arc::new(CooperativeExec::new(node)) as _) } else { Transformed::no(node) })
    })?;
    Ok(paused.data)
}

/// Gives its argument back while the statement goes on.
#[derive(Debug)]
struct Going {
    stop: Stop,
    signature: Signature,
}

impl PartialEq for Going {
    fn eq(&self, other: &Going) -> bool {
        Arc::ptr_eq(&self.stop.0, &other.stop.0)
    }
}

impl Eq for Going {}

impl Hash for Going {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.stop.0).hash(state);
    }
}

impl ScalarUDFImpl for Going {
    fn name(&self) -> &str {
        "sluice_going"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        let argument = arguments.first();
        argument.cloned().ok_or_else(|| DataFusionError::Internal("a guard without its condition".into()))
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if self.stop.is_set() {
            return Err(DataFusionError::Execution("the statement was ended".into()));
        }
        let argument = arguments.args.into_iter().next();
        argument.ok_or_else(|| DataFusionError::Internal("a guard without its condition".into()))
    }
}
