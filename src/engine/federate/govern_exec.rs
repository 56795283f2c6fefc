//! The barrier in the physical plan: row rule, then masks, over raw rows.
//!
//! Invariant: nothing above sees a row that the rule did not keep, nor a raw value of a masked column. The node passes
//! no filter, no projection and no dynamic filter downwards (the trait's defaults refuse them), so no optimizer rule
//! can get between it and its input.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringBuilder, new_null_array};
use datafusion::arrow::compute::kernels::zip::zip;
use datafusion::arrow::compute::{filter_record_batch, nullif, prep_null_mask_filter};
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::Result;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, Distribution, ExecutionPlan, ExecutionPlanProperties, PlanProperties,
};
use datafusion::scalar::ScalarValue;
use futures::StreamExt;
use sluice_base::{Datum, SqlType};
use sluice_model::mask::{Mask, MaskKeys};
use sluice_plan::types::{datum, scalar};

/// One output column of the barrier.
#[derive(Debug, Clone)]
pub(crate) struct GovernColumn {
    pub(crate) raw: Option<usize>,
    pub(crate) sql_type: SqlType,
    pub(crate) mask: Option<Mask>,
    /// Rows where another mask holds, or none.
    pub(crate) lighter: Option<(Arc<dyn PhysicalExpr>, Option<Mask>)>,
    pub(crate) covered: Option<Arc<dyn PhysicalExpr>>,
}

/// The barrier.
#[derive(Debug)]
pub(crate) struct GovernExec {
    input: Arc<dyn ExecutionPlan>,
    work: Arc<Work>,
    pub(crate) fingerprint: String,
    properties: Arc<PlanProperties>,
}

/// What is done to each batch.
#[derive(Debug)]
struct Work {
    residual: Option<Arc<dyn PhysicalExpr>>,
    columns: Vec<GovernColumn>,
    schema: SchemaRef,
    keys: MaskKeys,
    fetch: Option<usize>,
}

impl GovernExec {
    pub(crate) fn new(
        input: Arc<dyn ExecutionPlan>,
        residual: Option<Arc<dyn PhysicalExpr>>,
        columns: Vec<GovernColumn>,
        schema: SchemaRef,
        fingerprint: String,
        keys: MaskKeys,
        fetch: Option<usize>,
    ) -> GovernExec {
        let work = Work { residual, columns, schema, keys, fetch };
        GovernExec::over(input, Arc::new(work), fingerprint)
    }

    fn over(input: Arc<dyn ExecutionPlan>, work: Arc<Work>, fingerprint: String) -> GovernExec {
        // Orderings and equivalences of raw columns say nothing about masked ones: none are claimed.
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&work.schema)),
            datafusion::physical_plan::Partitioning::UnknownPartitioning(input.output_partitioning().partition_count()),
            input.pipeline_behavior(),
            input.boundedness(),
        ));
        GovernExec { input, work, fingerprint, properties }
    }
}

impl DisplayAs for GovernExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "GovernExec")
    }
}

impl ExecutionPlan for GovernExec {
    fn name(&self) -> &str {
        "GovernExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn required_input_distribution(&self) -> Vec<Distribution> {
        vec![Distribution::UnspecifiedDistribution]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        // Rule and masks are not shown to passes that rewrite expressions.
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(input), true) => {
                Ok(Arc::new(GovernExec::over(input, Arc::clone(&self.work), self.fingerprint.clone())))
            }
            _ => Err(DataFusionError::Internal("GovernExec has one input".into())),
        }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, context)?;
        let work = Arc::clone(&self.work);
        let schema = Arc::clone(&work.schema);
        let mut left = work.fetch;
        let governed = input.map(move |batch| batch.and_then(|batch| work.govern(&batch)));
        // The limit holds per partition; the plan keeps its own above.
        let bounded = governed
            .take_while(move |batch| {
                let go_on = left != Some(0);
                if let (Some(left), Ok(batch)) = (&mut left, batch) {
                    *left = left.saturating_sub(batch.num_rows());
                }
                futures::future::ready(go_on)
            })
            .boxed();
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, bounded)))
    }
}

impl Work {
    fn govern(&self, raw: &RecordBatch) -> Result<RecordBatch> {
        let kept = match &self.residual {
            Some(residual) => filter_record_batch(raw, &condition(residual, raw)?)?,
            None => raw.clone(),
        };
        let columns = self
            .columns
            .iter()
            .enumerate()
            .map(|(i, column)| self.column(i, column, &kept))
            .collect::<Result<Vec<_>>>();
        let options = datafusion::arrow::array::RecordBatchOptions::new().with_row_count(Some(kept.num_rows()));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns?, &options)?)
    }

    fn column(&self, index: usize, column: &GovernColumn, kept: &RecordBatch) -> Result<ArrayRef> {
        let target = self.schema.field(index).data_type();
        let value = self.shown(column.mask.as_ref(), column, kept, target)?;
        let value = match &column.lighter {
            Some((rows, mask)) => {
                let lighter = self.shown(mask.as_ref(), column, kept, target)?;
                zip(&condition(rows, kept)?, &lighter, &value)?
            }
            None => value,
        };
        let value = match &column.covered {
            Some(covered) => {
                let uncovered = datafusion::arrow::compute::not(&condition(covered, kept)?)?;
                nullif(&value, &uncovered)?
            }
            None => value,
        };
        Ok(value)
    }

    /// The values under a mask, or as they are, in the column's type.
    fn shown(
        &self,
        mask: Option<&Mask>,
        column: &GovernColumn,
        kept: &RecordBatch,
        target: &DataType,
    ) -> Result<ArrayRef> {
        let value = match (mask, column.raw) {
            (None, Some(raw)) => Arc::clone(kept.column(raw)),
            (Some(mask), raw) => self.masked(mask, raw.map(|raw| kept.column(raw)), column, target, kept.num_rows())?,
            (None, None) => return Err(DataFusionError::Internal("a clear column without its raw value".into())),
        };
        if value.data_type() == target { Ok(value) } else { Ok(datafusion::arrow::compute::cast(&value, target)?) }
    }

    fn masked(
        &self,
        mask: &Mask,
        raw: Option<&ArrayRef>,
        column: &GovernColumn,
        target: &DataType,
        rows: usize,
    ) -> Result<ArrayRef> {
        match (mask, raw) {
            (Mask::Hide, _) => Ok(new_null_array(target, rows)),
            (Mask::Constant(value), _) => scalar(&column.sql_type, value).map_err(refused)?.to_array_of_size(rows),
            (_, None) => Err(DataFusionError::Internal("a mask without its raw value".into())),
            (_, Some(raw)) if *raw.data_type() == DataType::Utf8 => Ok(self.masked_text(mask, raw)),
            (_, Some(raw)) => self.masked_values(mask, raw, &column.sql_type, target),
        }
    }

    fn masked_text(&self, mask: &Mask, raw: &ArrayRef) -> ArrayRef {
        let raw = raw.as_string::<i32>();
        let mut out = StringBuilder::with_capacity(raw.len(), raw.value_data().len());
        let mut text = String::new();
        for value in raw {
            text.clear();
            match value {
                Some(value) if mask.apply_text(value, &self.keys, &mut text) => out.append_value(&text),
                _ => out.append_null(),
            }
        }
        Arc::new(out.finish())
    }

    fn masked_values(&self, mask: &Mask, raw: &ArrayRef, sql_type: &SqlType, target: &DataType) -> Result<ArrayRef> {
        if raw.is_empty() {
            return Ok(new_null_array(target, 0));
        }
        let values = (0..raw.len()).map(|row| {
            let value = datum(&ScalarValue::try_from_array(raw, row)?).unwrap_or(Datum::Null);
            scalar(sql_type, &mask.apply(&value, sql_type, &self.keys)).map_err(refused)
        });
        ScalarValue::iter_to_array(values.collect::<Result<Vec<_>>>()?)
    }
}

fn refused(error: sluice_plan::PlanError) -> DataFusionError {
    DataFusionError::Internal(format!("a masked value does not fit its type: {error}"))
}

/// A condition over a batch; NULL is not TRUE (governance G11).
fn condition(expr: &Arc<dyn PhysicalExpr>, batch: &RecordBatch) -> Result<BooleanArray> {
    let array = expr.evaluate(batch)?.into_array(batch.num_rows())?;
    let flags = array
        .as_any()
        .downcast_ref::<BooleanArray>()
        .ok_or_else(|| DataFusionError::Internal("a condition that is not boolean".into()))?;
    Ok(if flags.null_count() > 0 { prep_null_mask_filter(flags) } else { flags.clone() })
}
