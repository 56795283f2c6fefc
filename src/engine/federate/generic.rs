//! A physical plan that is made once and run with other values each time.
//!
//! Invariant: values go into sources' statements alone, as bound parameters; a plan that needs them anywhere else is not
//! generic. Only nodes that keep nothing between two runs are in such a plan, and each run has nodes of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::projection::ProjectionExec;
use sluice_base::{Datum, SqlType};

use super::govern_exec::GovernExec;
use super::source_exec::SourceExec;
use super::verify::verify_physical;
use super::{Sent, Split};
use crate::EngineError;

/// A generic plan.
#[derive(Debug)]
pub(crate) struct Generic {
    plan: Arc<dyn ExecutionPlan>,
    /// What each source is asked: the same in every run.
    pub(crate) sent: Vec<Sent>,
    fingerprints: BTreeMap<String, usize>,
}

impl Generic {
    /// Keeps a plan; `None` where it cannot be run twice.
    pub(crate) fn new(plan: Arc<dyn ExecutionPlan>, split: Split) -> Option<Generic> {
        keeps_nothing(&plan).then_some(Generic { plan, sent: split.sent, fingerprints: split.fingerprints })
    }

    /// The plan for one run, its barriers found again.
    pub(crate) fn filled(&self, values: &[(SqlType, Datum)]) -> Result<Arc<dyn ExecutionPlan>, EngineError> {
        let filled = Arc::clone(&self.plan).transform_up(|node| match node.downcast_ref::<SourceExec>() {
            Some(source) => Ok(Transformed::yes(Arc::new(source.filled(values)?) as Arc<dyn ExecutionPlan>)),
            None => Ok(Transformed::no(node)),
        });
        let filled = filled.data()?;
        verify_physical(&filled, &self.fingerprints)?;
        Ok(filled)
    }
}

fn keeps_nothing(node: &Arc<dyn ExecutionPlan>) -> bool {
    let known = node.downcast_ref::<SourceExec>().is_some()
        || node.downcast_ref::<GovernExec>().is_some()
        || node.downcast_ref::<ProjectionExec>().is_some()
        || node.downcast_ref::<FilterExec>().is_some()
        || node.downcast_ref::<CooperativeExec>().is_some()
        || node.downcast_ref::<CoalescePartitionsExec>().is_some()
        || node.downcast_ref::<LocalLimitExec>().is_some()
        || node.downcast_ref::<GlobalLimitExec>().is_some();
    known && node.children().into_iter().all(keeps_nothing)
}

/// Whether an expression holds a parameter.
pub(super) fn has_parameter(expr: &Expr) -> bool {
    expr.exists(|expr| Ok(matches!(expr, Expr::Placeholder(_)))).unwrap_or(true)
}

/// Whether a split plan still needs a value here, outside the sources' statements.
pub(crate) fn needs_values(plan: &LogicalPlan) -> Result<bool, EngineError> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            found |= has_parameter(expr);
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    Ok(found)
}
