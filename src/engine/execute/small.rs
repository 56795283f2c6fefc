//! Batches cut into smaller ones, below the operators that write constants out for each row.
//!
//! Invariant: rows and their order stay as they are. What reads the pieces pauses between them.

use std::fmt;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec, SortMergeJoinExec};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, SplitMetrics};
use datafusion::physical_plan::stream::BatchSplitStream;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};

/// A plan in which whatever may give large batches gives batches of so many rows.
pub(super) fn small_batches(plan: Arc<dyn ExecutionPlan>, rows: usize) -> Result<Arc<dyn ExecutionPlan>> {
    let cut = plan.transform_up(|node| {
        let gives_large = node.children().is_empty()
            || node.downcast_ref::<WindowAggExec>().is_some()
            || node.downcast_ref::<BoundedWindowAggExec>().is_some()
            || node.downcast_ref::<HashJoinExec>().is_some()
            || node.downcast_ref::<NestedLoopJoinExec>().is_some()
            || node.downcast_ref::<CrossJoinExec>().is_some()
            || node.downcast_ref::<SortMergeJoinExec>().is_some();
        if !gives_large {
            return Ok(Transformed::no(node));
        }
        let small = Arc::new(SmallExec { input: node, rows });
        Ok(Transformed::yes(Arc::new(CooperativeExec::new(small)) as Arc<dyn ExecutionPlan>))
    })?;
    Ok(cut.data)
}

/// Passes its input on in batches of at most so many rows.
#[derive(Debug)]
struct SmallExec {
    input: Arc<dyn ExecutionPlan>,
    rows: usize,
}

impl DisplayAs for SmallExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "SmallExec: {}", self.rows)
    }
}

impl ExecutionPlan for SmallExec {
    fn name(&self) -> &str {
        "SmallExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(input), true) => Ok(Arc::new(SmallExec { input, rows: self.rows })),
            _ => Err(DataFusionError::Internal("SmallExec has one input".into())),
        }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let metrics = SplitMetrics::new(&ExecutionPlanMetricsSet::new(), partition);
        let input = self.input.execute(partition, context)?;
        Ok(Box::pin(BatchSplitStream::new(input, self.rows, metrics)))
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{AsArray, Int64Array, RecordBatch};
    use datafusion::arrow::datatypes::Int64Type;
    use datafusion::datasource::memory::MemorySourceConfig;
    use datafusion::physical_plan::collect;

    use super::*;

    #[tokio::test]
    async fn batches_are_cut_and_rows_stay() {
        let numbers = Arc::new(Int64Array::from_iter_values(0..10)) as _;
        let batch = RecordBatch::try_from_iter([("n", numbers)]).unwrap();
        let schema = batch.schema();
        let source = MemorySourceConfig::try_new_exec(&[vec![batch]], schema, None).unwrap();
        let plan = small_batches(source, 4).unwrap();
        let cut = collect(plan, Arc::new(TaskContext::default())).await.unwrap();
        assert_eq!(cut.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [4, 4, 2]);
        let rows = cut.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec());
        assert!(rows.eq(0..10));
    }
}
