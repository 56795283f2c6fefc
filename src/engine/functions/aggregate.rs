//! Aggregates that gather what they are given, with a bound on what they give back. What they hold meanwhile is in the
//! engine's memory pool; results for the rows of windows are not, so what all windows of a statement give is bounded too.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, OffsetSizeTrait};
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, ReversedUDAF, SetMonotonicity, Signature,
};
use datafusion::physical_expr::PhysicalSortExpr;
use datafusion::scalar::ScalarValue;

use super::{Bounds, external};
use crate::EngineError;

/// The bounded form of an aggregate that gathers; `None` for those of a fixed size.
pub(super) fn bounded(function: &Arc<AggregateUDF>, bounds: Bounds) -> Option<Arc<AggregateUDF>> {
    let gathers = matches!(function.name(), "string_agg" | "array_agg");
    let bare = function.inner().downcast_ref::<Gathering>().is_none();
    (gathers && bare).then(|| Gathering::over(Arc::clone(function), bounds, None))
}

/// Bytes that the windows of one execution have given.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given(Arc<AtomicUsize>);

impl Given {
    /// Counts more bytes, within this bound.
    pub(crate) fn count(&self, bytes: usize, bytes_max: usize) -> Result<()> {
        let all = self.0.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        let told = || external(EngineError::Memory(format!("windows gave {all} bytes")));
        if all > bytes_max { Err(told()) } else { Ok(()) }
    }
}

impl PartialEq for Given {
    fn eq(&self, other: &Given) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Given {}

impl Hash for Given {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

/// A bounded aggregate that gathers, for a window of the execution; `None` for others.
pub(crate) fn counted(function: &Arc<AggregateUDF>, given: &Given) -> Option<Arc<AggregateUDF>> {
    let gathering = function.inner().downcast_ref::<Gathering>()?;
    Some(Gathering::over(Arc::clone(&gathering.inner), gathering.bounds, Some(given.clone())))
}

/// An aggregate within bounds; everything but the values is the aggregate's own.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Gathering {
    inner: Arc<AggregateUDF>,
    bounds: Bounds,
    /// In a window: where all that is given is counted.
    window: Option<Given>,
}

impl Gathering {
    fn over(inner: Arc<AggregateUDF>, bounds: Bounds, window: Option<Given>) -> Arc<AggregateUDF> {
        Arc::new(AggregateUDF::from(Gathering { inner, bounds, window }))
    }

    fn gathered(&self, inner: Box<dyn Accumulator>) -> Box<dyn Accumulator> {
        // Without a window there is one result of each accumulator.
        let given = self.window.clone().unwrap_or_default();
        Box::new(Gathered { inner, bounds: self.bounds, windowed: self.window.is_some(), rows: 0, given })
    }
}

impl AggregateUDFImpl for Gathering {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arguments)
    }

    fn return_field(&self, arguments: &[FieldRef]) -> Result<FieldRef> {
        self.inner.return_field(arguments)
    }

    fn is_nullable(&self) -> bool {
        self.inner.is_nullable()
    }

    fn accumulator(&self, arguments: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        if arguments.is_distinct && arguments.is_reversed {
            // The aggregate sorts what it keeps itself, and by the reversed order: it is the one that was asked for that counts.
            let order_bys: Vec<PhysicalSortExpr> = arguments.order_bys.iter().map(PhysicalSortExpr::reverse).collect();
            let arguments = AccumulatorArgs { order_bys: &order_bys, is_reversed: false, ..arguments };
            return Ok(self.gathered(self.inner.accumulator(arguments)?));
        }
        Ok(self.gathered(self.inner.accumulator(arguments)?))
    }

    fn create_sliding_accumulator(&self, arguments: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(self.gathered(self.inner.create_sliding_accumulator(arguments)?))
    }

    fn state_fields(&self, arguments: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        self.inner.state_fields(arguments)
    }

    fn groups_accumulator_supported(&self, arguments: AccumulatorArgs) -> bool {
        self.inner.groups_accumulator_supported(arguments)
    }

    fn create_groups_accumulator(&self, arguments: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        let inner = self.inner.create_groups_accumulator(arguments)?;
        Ok(Box::new(GatheredGroups { inner, bounds: self.bounds }))
    }

    fn with_beneficial_ordering(self: Arc<Self>, beneficial: bool) -> Result<Option<Arc<dyn AggregateUDFImpl>>> {
        let (bounds, window) = (self.bounds, self.window.clone());
        let ordered = AggregateUDF::clone(&self.inner).with_beneficial_ordering(beneficial)?;
        let over = |inner| Arc::new(Gathering { inner: Arc::new(inner), bounds, window }) as Arc<dyn AggregateUDFImpl>;
        Ok(ordered.map(over))
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        self.inner.order_sensitivity()
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        match self.inner.reverse_udf() {
            ReversedUDAF::Reversed(function) => {
                ReversedUDAF::Reversed(Gathering::over(function, self.bounds, self.window.clone()))
            }
            other => other,
        }
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(arguments)
    }

    fn default_value(&self, data_type: &DataType) -> Result<ScalarValue> {
        self.inner.default_value(data_type)
    }

    fn supports_null_handling_clause(&self) -> bool {
        self.inner.supports_null_handling_clause()
    }

    fn supports_within_group_clause(&self) -> bool {
        self.inner.supports_within_group_clause()
    }

    fn set_monotonicity(&self, data_type: &DataType) -> SetMonotonicity {
        self.inner.inner().set_monotonicity(data_type)
    }
}

/// One group's, or a window's.
#[derive(Debug)]
struct Gathered {
    inner: Box<dyn Accumulator>,
    bounds: Bounds,
    windowed: bool,
    /// Rows since a value was last given: in a window each of them may get a copy of the next.
    rows: usize,
    /// Bytes of all values given so far.
    given: Given,
}

impl Accumulator for Gathered {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.rows += values.first().map_or(0, |values| values.len());
        self.inner.update_batch(values)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let value = self.inner.evaluate()?;
        let bytes = match &value {
            ScalarValue::List(list) => list.to_data().get_slice_memory_size()?,
            text => text.try_as_str().flatten().map_or(0, str::len),
        };
        check(bytes, self.bounds)?;
        let rows = std::mem::take(&mut self.rows);
        if self.windowed {
            self.given.count(bytes.saturating_mul(rows.max(1)), self.bounds.batch_bytes_max)?;
        }
        Ok(value)
    }

    fn size(&self) -> usize {
        self.inner.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.inner.state()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.inner.merge_batch(states)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.inner.retract_batch(values)
    }

    fn supports_retract_batch(&self) -> bool {
        self.inner.supports_retract_batch()
    }
}

/// All groups'.
struct GatheredGroups {
    inner: Box<dyn GroupsAccumulator>,
    bounds: Bounds,
}

impl GroupsAccumulator for GatheredGroups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        self.inner.update_batch(values, groups, filter, total)
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let values = self.inner.evaluate(emit)?;
        for row in 0..values.len() {
            check(bytes_of(&values, row)?, self.bounds)?;
        }
        Ok(values)
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        self.inner.state(emit)
    }

    fn merge_batch(&mut self, values: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.inner.merge_batch(values, groups, total)
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        self.inner.convert_to_state(values, filter)
    }

    fn size(&self) -> usize {
        self.inner.size()
    }
}

fn check(bytes: usize, bounds: Bounds) -> Result<()> {
    if bytes > bounds.value_bytes_max { Err(external(EngineError::TooLarge(bounds.value_bytes_max))) } else { Ok(()) }
}

fn bytes_of(values: &ArrayRef, row: usize) -> Result<usize> {
    fn text<O: OffsetSizeTrait>(values: &ArrayRef, row: usize) -> usize {
        values.as_string::<O>().value_length(row).as_usize()
    }
    Ok(match values.data_type() {
        DataType::Utf8 => text::<i32>(values, row),
        DataType::LargeUtf8 => text::<i64>(values, row),
        DataType::List(_) => values.as_list::<i32>().value(row).to_data().get_slice_memory_size()?,
        _ => values.slice(row, 1).to_data().get_slice_memory_size()?,
    })
}
