//! An input that is read once.
//!
//! A nested loop join that finds too little memory for its left side reads that side again, to write it to disk. Nothing
//! here may be read twice: file scans share out their files among the partitions of one reading, so a second reading
//! finds what the first has left over, and a source may have changed in between. Both would be rows missing without a
//! word. So the second reading is refused with the error that caused it: too little memory.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::joins::NestedLoopJoinExec;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties,
    ReplaceChildrenOptions,
};

/// A finished plan in which no join reads its left side again. After this it may be run, once, and not rewritten.
pub(super) fn read_once(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let guarded = plan.transform_up(|node| {
        if node.downcast_ref::<NestedLoopJoinExec>().is_none() {
            return Ok(Transformed::no(node));
        }
        let mut inputs: Vec<_> = node.children().into_iter().map(Arc::clone).collect();
        if let Some(left) = inputs.first_mut() {
            *left = Arc::new(OnceExec::new(Arc::clone(left)));
        }
        node.replace_children(inputs, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
            .map(Transformed::yes)
    })?;
    Ok(guarded.data)
}

/// Passes its input on, the first time each partition is asked for.
#[derive(Debug)]
struct OnceExec {
    input: Arc<dyn ExecutionPlan>,
    read: Vec<AtomicBool>,
}

impl OnceExec {
    fn new(input: Arc<dyn ExecutionPlan>) -> OnceExec {
        let partitions = input.output_partitioning().partition_count();
        OnceExec { input, read: (0..partitions).map(|_| AtomicBool::new(false)).collect() }
    }
}

impl DisplayAs for OnceExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "OnceExec")
    }
}

impl ExecutionPlan for OnceExec {
    fn name(&self) -> &str {
        "OnceExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
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
            (Some(input), true) => Ok(Arc::new(OnceExec::new(input))),
            _ => Err(DataFusionError::Internal("OnceExec has one input".into())),
        }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let missing = || DataFusionError::Internal("OnceExec has no such partition".into());
        if self.read.get(partition).ok_or_else(missing)?.swap(true, Ordering::SeqCst) {
            return Err(DataFusionError::ResourcesExhausted("the left side of a join does not fit into memory".into()));
        }
        self.input.execute(partition, context)
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::{DataType, Field, Schema};
    use datafusion::common::JoinType;
    use datafusion::physical_plan::empty::EmptyExec;

    use super::*;

    #[test]
    fn the_left_side_of_a_looping_join_is_read_once() {
        let side = |name: &str| {
            let schema = Schema::new(vec![Field::new(name, DataType::Int64, true)]);
            Arc::new(EmptyExec::new(Arc::new(schema))) as Arc<dyn ExecutionPlan>
        };
        let join = NestedLoopJoinExec::try_new(side("a"), side("b"), None, &JoinType::Inner, None).unwrap();
        let plan = read_once(Arc::new(join)).unwrap();
        let left = Arc::clone(plan.children()[0]);
        let context = Arc::new(TaskContext::default());
        assert!(left.execute(0, Arc::clone(&context)).is_ok());
        let again = left.execute(0, context).err();
        assert!(matches!(again, Some(DataFusionError::ResourcesExhausted(_))), "{again:?}");
    }
}
