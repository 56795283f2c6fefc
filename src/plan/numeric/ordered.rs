//! Ordered-set aggregates over the array of a group's values: percentiles and the most frequent value
//! (`orderedsetaggs.c` of PostgreSQL).
//!
//! NULLs are no values. Texts are in the order of their bytes.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, UInt32Array};
use arrow::compute::{SortOptions, cast, sort_to_indices, take};
use arrow::datatypes::{DataType, Float64Type};
use datafusion_common::{DataFusionError, Result, ScalarValue, plan_err};
use datafusion_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use crate::PlanError;

/// Names of the functions; no client can type them.
pub(crate) const CONTINUOUS: &str = "\u{1}percentile_cont";
pub(crate) const DISCRETE: &str = "\u{1}percentile_disc";
pub(crate) const MODE: &str = "\u{1}mode";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Continuous,
    Discrete,
    Mode,
}

/// An array of values, the fraction where there is one, and whether the order is descending.
#[derive(Debug, PartialEq, Eq, Hash)]
struct OrderedSet {
    kind: Kind,
    signature: Signature,
}

/// The three functions by name.
pub(super) fn functions() -> [(&'static str, Arc<ScalarUDF>); 3] {
    let function = |kind| {
        let signature = Signature::user_defined(Volatility::Immutable);
        Arc::new(ScalarUDF::from(OrderedSet { kind, signature }))
    };
    [(CONTINUOUS, function(Kind::Continuous)), (DISCRETE, function(Kind::Discrete)), (MODE, function(Kind::Mode))]
}

impl ScalarUDFImpl for OrderedSet {
    fn name(&self) -> &str {
        match self.kind {
            Kind::Continuous => "percentile_cont",
            Kind::Discrete => "percentile_disc",
            Kind::Mode => "mode",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types.first() {
            Some(DataType::List(item)) => Ok(item.data_type().clone()),
            Some(DataType::Null) => Ok(DataType::Null),
            _ => plan_err!("an array expected"),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let target = args.return_field.data_type().clone();
        let arrays = args.args.iter().map(|arg| arg.to_array(rows)).collect::<Result<Vec<ArrayRef>>>()?;
        let internal = || DataFusionError::Internal("a call of an ordered-set aggregate".into());
        let (lists, descending) = match (arrays.first(), arrays.last()) {
            (Some(lists), Some(descending)) => (lists, descending),
            _ => return Err(internal()),
        };
        let Some(lists) = lists.as_list_opt::<i32>() else {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from(&target)?));
        };
        let descending = descending.as_boolean_opt().ok_or_else(internal)?;
        let fractions = match self.kind {
            Kind::Mode => None,
            _ => Some(cast(arrays.get(1).ok_or_else(internal)?, &DataType::Float64)?),
        };
        let mut results = Vec::with_capacity(rows);
        for row in 0..rows {
            let fraction = match &fractions {
                Some(fractions) if fractions.is_null(row) => None,
                Some(fractions) => Some(fraction(fractions.as_primitive::<Float64Type>().value(row))?),
                None => Some(0.0),
            };
            let found = match fraction {
                Some(fraction) if !lists.is_null(row) => {
                    self.one(&lists.value(row), fraction, descending.value(row))?
                }
                _ => None,
            };
            results.push(match found {
                Some(value) => value,
                None => ScalarValue::try_from(&target)?,
            });
        }
        match results.is_empty() {
            true => Ok(ColumnarValue::Array(arrow::array::new_empty_array(&target))),
            false => Ok(ColumnarValue::Array(ScalarValue::iter_to_array(results)?)),
        }
    }
}

fn fraction(value: f64) -> Result<f64> {
    match (0.0..=1.0).contains(&value) {
        true => Ok(value),
        false => {
            let told = "percentile value is not between 0 and 1";
            Err(DataFusionError::External(Box::new(PlanError::OutOfRange(told))))
        }
    }
}

impl OrderedSet {
    /// The result over the values of a group; `None` for NULL.
    fn one(&self, items: &ArrayRef, fraction: f64, descending: bool) -> Result<Option<ScalarValue>> {
        let count = items.len() - items.null_count();
        if count == 0 {
            return Ok(None);
        }
        let options = SortOptions { descending, nulls_first: false };
        let order = sort_to_indices(items, Some(options), None)?.slice(0, count);
        let at = |place: usize| order.value(place) as usize;
        match self.kind {
            Kind::Continuous => {
                let values = items.as_primitive_opt::<Float64Type>();
                let values = values.ok_or_else(|| DataFusionError::Internal("a percentile of no numbers".into()))?;
                Ok(Some(ScalarValue::Float64(Some(between(values, &order, fraction)))))
            }
            Kind::Discrete => {
                let place = (fraction * count as f64).ceil() as usize;
                ScalarValue::try_from_array(items, at(place.saturating_sub(1).min(count - 1))).map(Some)
            }
            Kind::Mode => most_frequent(items, &order).map(Some),
        }
    }
}

/// The value at a fraction of the way, between two neighbours where it falls between them.
fn between(values: &Float64Array, order: &UInt32Array, fraction: f64) -> f64 {
    let place = fraction * (order.len() - 1) as f64;
    let value = |place: f64| values.value(order.value(place as usize) as usize);
    let (low, high) = (value(place.floor()), value(place.ceil()));
    if place.floor() == place.ceil() { low } else { low + (place - place.floor()) * (high - low) }
}

/// The value that stands most often; of several the first in order.
fn most_frequent(items: &ArrayRef, order: &UInt32Array) -> Result<ScalarValue> {
    let sorted = take(items, order, None)?;
    let distinct = arrow::compute::partition(std::slice::from_ref(&sorted))?.ranges();
    let mut best = 0..0;
    for range in distinct {
        if range.len() > best.len() {
            best = range;
        }
    }
    ScalarValue::try_from_array(&sorted, best.start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int32Array, StringArray};

    fn of(kind: Kind, items: ArrayRef, fraction: f64, descending: bool) -> Option<ScalarValue> {
        let signature = Signature::user_defined(Volatility::Immutable);
        OrderedSet { kind, signature }.one(&items, fraction, descending).expect("a result")
    }

    #[test]
    fn as_postgresql_orders_them() {
        let numbers = || Arc::new(Float64Array::from(vec![Some(4.0), None, Some(1.0), Some(2.0)])) as ArrayRef;
        let double = |value| Some(ScalarValue::Float64(Some(value)));
        assert_eq!(of(Kind::Continuous, numbers(), 0.5, false), double(2.0));
        assert_eq!(of(Kind::Continuous, numbers(), 0.25, false), double(1.5));
        assert_eq!(of(Kind::Continuous, numbers(), 0.25, true), double(3.0));
        let whole = || Arc::new(Int32Array::from(vec![5, 3, 9, 3])) as ArrayRef;
        let integer = |value| Some(ScalarValue::Int32(Some(value)));
        assert_eq!(of(Kind::Discrete, whole(), 0.5, false), integer(3));
        assert_eq!(of(Kind::Discrete, whole(), 0.51, false), integer(5));
        assert_eq!(of(Kind::Discrete, whole(), 0.0, true), integer(9));
        assert_eq!(of(Kind::Mode, whole(), 0.0, true), integer(3));
        let texts = Arc::new(StringArray::from(vec![Some("b"), Some("a"), None])) as ArrayRef;
        assert_eq!(of(Kind::Mode, texts, 0.0, false), Some(ScalarValue::Utf8(Some("a".into()))));
        let none = Arc::new(Int32Array::from(vec![None::<i32>])) as ArrayRef;
        assert_eq!(of(Kind::Mode, none, 0.0, false), None);
    }
}
