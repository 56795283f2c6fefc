//! Aggregates that gather what they are given, with a bound on what they give back. What they hold meanwhile is in the
//! engine's memory pool; a result for each row of a window is not, so its sum is bounded too.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, OffsetSizeTrait};
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, ReversedUDAF, SetMonotonicity, Signature,
};
use datafusion::scalar::ScalarValue;

use super::{Bounds, external};
use crate::EngineError;

/// The bounded form of an aggregate that gathers; `None` for those of a fixed size.
pub(super) fn bounded(function: &Arc<AggregateUDF>, bounds: Bounds) -> Option<Arc<AggregateUDF>> {
    let gathers = matches!(function.name(), "string_agg" | "array_agg");
    let bare = function.inner().downcast_ref::<Gathering>().is_none();
    (gathers && bare).then(|| Gathering::over(Arc::clone(function), bounds))
}

/// An aggregate within bounds; everything but the values is the aggregate's own.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Gathering {
    inner: Arc<AggregateUDF>,
    bounds: Bounds,
}

impl Gathering {
    fn over(inner: Arc<AggregateUDF>, bounds: Bounds) -> Arc<AggregateUDF> {
        Arc::new(AggregateUDF::from(Gathering { inner, bounds }))
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
        let inner = self.inner.accumulator(arguments)?;
        Ok(Box::new(Gathered { inner, bounds: self.bounds, given: 0 }))
    }

    fn create_sliding_accumulator(&self, arguments: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        let inner = self.inner.create_sliding_accumulator(arguments)?;
        Ok(Box::new(Gathered { inner, bounds: self.bounds, given: 0 }))
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
        let bounds = self.bounds;
        let ordered = AggregateUDF::clone(&self.inner).with_beneficial_ordering(beneficial)?;
        Ok(ordered.map(|inner| Arc::new(Gathering { inner: Arc::new(inner), bounds }) as Arc<dyn AggregateUDFImpl>))
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        self.inner.order_sensitivity()
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        match self.inner.reverse_udf() {
            ReversedUDAF::Reversed(function) => ReversedUDAF::Reversed(Gathering::over(function, self.bounds)),
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
    /// Bytes of all values given so far.
    given: usize,
}

impl Accumulator for Gathered {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.inner.update_batch(values)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let value = self.inner.evaluate()?;
        let bytes = match &value {
            ScalarValue::List(list) => list.to_data().get_slice_memory_size()?,
            text => text.try_as_str().flatten().map_or(0, str::len),
        };
        check(bytes, self.bounds)?;
        self.given = self.given.saturating_add(bytes);
        if self.given > self.bounds.batch_bytes_max {
            return Err(external(EngineError::Memory(format!(
                "a window gave {} bytes of gathered values",
                self.given
            ))));
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
