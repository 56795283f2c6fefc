//! `sum` and `avg` over integers and numerics.
//!
//! `sum` gives PostgreSQL's types and fails where it would wrap. `avg` is only a name with a type here: the plan is
//! rewritten to a sum and a count ([`super::rewrite`]) before anything runs, so that both can be asked of a source.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::{Array, ArrayRef, ArrowNativeTypeOp, ArrowNumericType, AsArray, BooleanArray};
use arrow::compute::{cast, sum_checked};
use arrow::datatypes::{DataType, Decimal128Type, Decimal256Type, Field, FieldRef, Int64Type};
use datafusion_common::{DataFusionError, Result, ScalarValue};
use datafusion_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion_expr::type_coercion::functions::fields_with_udf;
use datafusion_expr::utils::AggregateOrderSensitivity;
use datafusion_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, ReversedUDAF, Signature,
};
use datafusion_functions_aggregate_common::aggregate::groups_accumulator::prim_op::PrimitiveGroupsAccumulator;

use super::value::Fault;
use super::{Shown, decimal_type, digits_of, open_type, shown};

/// How many digits a sum may have more than its items: as many rows as nobody has.
const SUM_DIGITS: i32 = 10;

/// The aggregate of a name, made exact over integers and numerics.
pub(crate) fn aggregate(engine: &Arc<AggregateUDF>) -> Option<Arc<AggregateUDF>> {
    let signature = Signature::user_defined(engine.signature().volatility);
    let engine = Arc::clone(engine);
    match engine.name() {
        "sum" => Some(Arc::new(AggregateUDF::from(Sum { engine, signature }))),
        "avg" => Some(Arc::new(AggregateUDF::from(Average { engine, signature }))),
        _ => None,
    }
}

fn is_exact(types: &[DataType]) -> bool {
    matches!(types, [only] if digits_of(only).is_some())
}

fn coerced(engine: &AggregateUDF, types: &[DataType]) -> Result<Vec<DataType>> {
    if is_exact(types) {
        return Ok(types.to_vec());
    }
    let fields: Vec<FieldRef> = types.iter().map(|found| Arc::new(Field::new("arg", found.clone(), true))).collect();
    Ok(fields_with_udf(&fields, engine)?.iter().map(|field| field.data_type().clone()).collect())
}

/// Type of a sum: int8 of the smaller integers, numeric of int8, and numeric of the same scale.
pub(super) fn sum_type(item: &DataType) -> Option<DataType> {
    use DataType as D;
    Some(match item {
        D::Int8 | D::Int16 | D::Int32 | D::UInt8 | D::UInt16 => D::Int64,
        other => {
            let (precision, scale) = digits_of(other)?;
            match shown(other) {
                Shown::Type => {
                    decimal_type((i32::from(precision) + SUM_DIGITS).min(74.max(i32::from(precision))), scale)
                }
                _ => D::Decimal256(76, scale),
            }
        }
    })
}

/// `avg` over integers and numerics, until it is rewritten.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Average {
    engine: Arc<AggregateUDF>,
    signature: Signature,
}

impl AggregateUDFImpl for Average {
    fn name(&self) -> &str {
        "avg"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        coerced(&self.engine, types)
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        if is_exact(types) { Ok(open_type()) } else { self.engine.return_type(types) }
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        self.engine.accumulator(rewritten(args)?)
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        self.engine.state_fields(args)
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs) -> bool {
        rewritten(args).is_ok_and(|args| self.engine.groups_accumulator_supported(args))
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        self.engine.create_groups_accumulator(rewritten(args)?)
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        self.engine.create_sliding_accumulator(rewritten(args)?)
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }
}

/// Refuses an average of numerics that was not rewritten.
fn rewritten(args: AccumulatorArgs) -> Result<AccumulatorArgs> {
    match args.return_field.data_type().is_decimal() {
        true => Err(DataFusionError::Internal("an average that was not rewritten".into())),
        false => Ok(args),
    }
}

/// `sum`
#[derive(Debug, PartialEq, Eq, Hash)]
struct Sum {
    engine: Arc<AggregateUDF>,
    signature: Signature,
}

impl Sum {
    fn exact(args: &AccumulatorArgs) -> bool {
        args.expr_fields.first().is_some_and(|field| is_exact(std::slice::from_ref(field.data_type())))
    }
}

/// Runs `$make::<T>` for the Arrow type that a sum is kept in.
macro_rules! by_sum_type {
    ($found:expr, $make:ident($($arg:expr),*)) => {
        match $found {
            DataType::Int64 => $make::<Int64Type>($($arg),*),
            DataType::Decimal128(..) => $make::<Decimal128Type>($($arg),*),
            DataType::Decimal256(..) => $make::<Decimal256Type>($($arg),*),
            other => Err(DataFusionError::Internal(format!("a sum of type {other}"))),
        }
    };
}

impl AggregateUDFImpl for Sum {
    fn name(&self) -> &str {
        "sum"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        coerced(&self.engine, types)
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [only] if is_exact(types) => {
                sum_type(only).ok_or_else(|| DataFusionError::Internal("a sum without a type".into()))
            }
            _ => self.engine.return_type(types),
        }
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        if !Sum::exact(&args) {
            return self.engine.accumulator(args);
        }
        let data_type = args.return_field.data_type().clone();
        if args.is_distinct {
            let distinct = self.engine.accumulator(args)?;
            return Ok(Box::new(DistinctSum { distinct, data_type }));
        }
        by_sum_type!(data_type.clone(), running(data_type))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        self.engine.state_fields(args)
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs) -> bool {
        if Sum::exact(&args) { !args.is_distinct } else { self.engine.groups_accumulator_supported(args) }
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        if !Sum::exact(&args) {
            return self.engine.create_groups_accumulator(args);
        }
        let data_type = args.return_field.data_type().clone();
        by_sum_type!(data_type.clone(), grouped(data_type))
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        if !Sum::exact(&args) || args.is_distinct {
            return self.engine.create_sliding_accumulator(args);
        }
        self.accumulator(args)
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }
}

/// A sum of all rows, or of a moving window of them.
#[derive(Debug)]
struct RunningSum<T: ArrowNumericType + Debug> {
    sum: T::Native,
    /// Items that were not NULL.
    count: u64,
    data_type: DataType,
}

fn running<T: ArrowNumericType + Debug>(data_type: DataType) -> Result<Box<dyn Accumulator>> {
    Ok(Box::new(RunningSum::<T> { sum: T::Native::ZERO, count: 0, data_type }))
}

impl<T: ArrowNumericType + Debug> RunningSum<T> {
    /// Sum and number of the items of a batch.
    fn of_batch(&self, items: &ArrayRef) -> Result<(T::Native, u64)> {
        let items = cast(items, &self.data_type)?;
        let items = items.as_primitive::<T>();
        let sum = sum_checked(items)?.unwrap_or(T::Native::ZERO);
        Ok((sum, (items.len() - items.null_count()) as u64))
    }
}

impl<T: ArrowNumericType + Debug> Accumulator for RunningSum<T> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (sum, count) = self.of_batch(&values[0])?;
        self.sum = self.sum.add_checked(sum)?;
        self.count += count;
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (sum, count) = self.of_batch(&values[0])?;
        self.sum = self.sum.sub_checked(sum)?;
        self.count = self.count.saturating_sub(count);
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        ScalarValue::new_primitive::<T>((self.count > 0).then_some(self.sum), &self.data_type)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

/// A sum of distinct items: the engine finds those, they are added up here.
#[derive(Debug)]
struct DistinctSum {
    distinct: Box<dyn Accumulator>,
    data_type: DataType,
}

impl Accumulator for DistinctSum {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.distinct.update_batch(&[cast(&values[0], &self.data_type)?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.distinct.merge_batch(states)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut sum = by_sum_type!(self.data_type.clone(), running(self.data_type.clone()))?;
        for state in self.distinct.state()? {
            let array = state.to_array()?;
            for items in array.as_list::<i32>().iter().flatten() {
                sum.update_batch(&[items])?;
            }
        }
        sum.evaluate()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.distinct.state()
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.distinct.size()
    }
}

/// Sums of many groups; a sum that does not fit raises the flag.
struct GroupedSum<A> {
    sums: A,
    overflow: Arc<AtomicBool>,
    data_type: DataType,
}

fn grouped<T: ArrowNumericType + Debug + Send>(data_type: DataType) -> Result<Box<dyn GroupsAccumulator>> {
    let overflow = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&overflow);
    let sums = PrimitiveGroupsAccumulator::<T, _>::new(&data_type, move |sum, item| match sum.add_checked(item) {
        Ok(more) => *sum = more,
        Err(_) => raised.store(true, Ordering::Relaxed),
    });
    Ok(Box::new(GroupedSum { sums, overflow, data_type }))
}

impl<A> GroupedSum<A> {
    fn checked<R>(&self, result: R) -> Result<R> {
        if self.overflow.load(Ordering::Relaxed) { Err(Fault::OutOfRange.into()) } else { Ok(result) }
    }
}

impl<A: GroupsAccumulator> GroupsAccumulator for GroupedSum<A> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        count: usize,
    ) -> Result<()> {
        self.sums.update_batch(&[cast(&values[0], &self.data_type)?], groups, filter, count)?;
        self.checked(())
    }

    fn merge_batch(&mut self, values: &[ArrayRef], groups: &[usize], count: usize) -> Result<()> {
        self.sums.merge_batch(values, groups, count)?;
        self.checked(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        self.sums.evaluate(emit_to)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        self.sums.state(emit_to)
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        self.sums.convert_to_state(&[cast(&values[0], &self.data_type)?], filter)
    }

    fn size(&self) -> usize {
        self.sums.size()
    }
}
