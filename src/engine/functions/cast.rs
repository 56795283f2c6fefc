//! Casts that fail in PostgreSQL's words and round in PostgreSQL's way.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float32Array, Int64Array};
use datafusion::arrow::compute::{CastOptions, cast, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::common::Result;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::scalar::ScalarValue;

use super::{external, read};
use crate::EngineError;

/// Whether some value of one type has no place in the other. Casts that cannot fail stay as they are: a source may do
/// them, and the optimizer sees through them.
pub(super) fn can_fail(from: &DataType, to: &DataType) -> bool {
    use DataType::{Decimal128, Decimal256, Float32, Float64};
    match (from, to) {
        (text, to) if is_text(text) => read::reads(to) || matches!(to, DataType::Interval(_)),
        (from, to) if integer_digits(from).is_some() && integer_digits(to).is_some() => {
            integer_digits(from) > integer_digits(to)
        }
        (from, Decimal128(precision, scale) | Decimal256(precision, scale)) => match from {
            Decimal128(p, s) | Decimal256(p, s) => {
                let (before, after) = (whole_digits(*p, *s), whole_digits(*precision, *scale));
                before > after || (before == after && s > scale)
            }
            Float32 | Float64 => true,
            from => integer_digits(from).is_some_and(|digits| digits > whole_digits(*precision, *scale)),
        },
        (Float32 | Float64 | Decimal128(..) | Decimal256(..), to) if integer_digits(to).is_some() => true,
        (Float64, Float32) => true,
        _ => false,
    }
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

fn whole_digits(precision: u8, scale: i8) -> i16 {
    i16::from(precision) - i16::from(scale)
}

/// Decimal digits of the largest integer of a type.
fn integer_digits(data_type: &DataType) -> Option<i16> {
    Some(match data_type {
        DataType::Int8 | DataType::UInt8 => 3,
        DataType::Int16 | DataType::UInt16 => 5,
        DataType::Int32 | DataType::UInt32 => 10,
        DataType::Int64 => 19,
        DataType::UInt64 => 20,
        _ => return None,
    })
}

/// PostgreSQL's name of a type, as its errors spell it.
pub(super) fn type_name(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Boolean => "boolean",
        DataType::Int8 | DataType::UInt8 | DataType::Int16 => "smallint",
        DataType::UInt16 | DataType::Int32 => "integer",
        DataType::UInt32 | DataType::Int64 => "bigint",
        DataType::Float32 => "real",
        DataType::Float64 => "double precision",
        DataType::Date32 => "date",
        DataType::Time64(_) => "time",
        DataType::Timestamp(_, None) => "timestamp",
        DataType::Timestamp(_, Some(_)) => "timestamp with time zone",
        DataType::Interval(_) => "interval",
        _ => "numeric",
    }
}

/// A cast to one type.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct CheckedCast {
    to: DataType,
    signature: Signature,
}

impl CheckedCast {
    pub(super) fn call(value: Expr, to: DataType) -> Expr {
        let function = ScalarUDF::from(CheckedCast { to, signature: Signature::any(1, Volatility::Immutable) });
        Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(function), vec![value]))
    }
}

impl ScalarUDFImpl for CheckedCast {
    fn name(&self) -> &str {
        "sluice_cast"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.to.clone())
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match arguments.args.as_slice() {
            [ColumnarValue::Array(array)] => checked(array, &self.to).map(ColumnarValue::Array).map_err(external),
            [ColumnarValue::Scalar(value)] => {
                let array = checked(&value.to_array()?, &self.to).map_err(external)?;
                ScalarValue::try_from_array(&array, 0).map(ColumnarValue::Scalar)
            }
            _ => Err(DataFusionError::Internal("a cast of another number of values".into())),
        }
    }
}

/// The cast itself.
pub(super) fn checked(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, EngineError> {
    if is_text(array.data_type()) {
        return of_text(array, to);
    }
    match (array.data_type(), to) {
        (DataType::Float32 | DataType::Float64, to) if integer_digits(to).is_some() => of_float(array, to),
        (DataType::Float64, DataType::Float32) => {
            let narrowed = array.as_primitive::<Float64Type>().iter().map(|value| match value {
                Some(value) if value.is_finite() && !(value as f32).is_finite() => Err(EngineError::TypeRange("real")),
                value => Ok(value.map(|value| value as f32)),
            });
            Ok(Arc::new(narrowed.collect::<Result<Float32Array, _>>()?))
        }
        (DataType::Decimal128(..), to) if integer_digits(to).is_some() => {
            strict(&strict(array, &DataType::Decimal128(38, 0))?, to)
        }
        (DataType::Decimal256(..), to) if integer_digits(to).is_some() => {
            strict(&strict(array, &DataType::Decimal256(76, 0))?, to)
        }
        _ => strict(array, to),
    }
}

fn of_text(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, EngineError> {
    match (array.data_type(), read::reads(to)) {
        (DataType::Utf8, true) => read::array(array.as_string::<i32>().iter(), to),
        (DataType::LargeUtf8, true) => read::array(array.as_string::<i64>().iter(), to),
        (_, true) => read::array(array.as_string_view().iter(), to),
        // Intervals are read as Arrow does.
        (_, false) => cast_with_options(array, to, &STRICT).map_err(|_| EngineError::InvalidDatetime(type_name(to))),
    }
}

/// A half goes to the even neighbour.
fn of_float(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, EngineError> {
    let doubles = cast(array, &DataType::Float64).map_err(|error| EngineError::Internal(error.to_string()))?;
    let range = i64::MIN as f64..-(i64::MIN as f64);
    let whole = doubles.as_primitive::<Float64Type>().iter().map(|value| match value.map(f64::round_ties_even) {
        // Not a number is in no range.
        Some(value) if !range.contains(&value) => Err(EngineError::TypeRange(type_name(to))),
        value => Ok(value.map(|value| value as i64)),
    });
    let whole: ArrayRef = Arc::new(whole.collect::<Result<Int64Array, _>>()?);
    strict(&whole, to)
}

const STRICT: CastOptions<'static> =
    CastOptions { safe: false, format_options: datafusion::common::format::DEFAULT_FORMAT_OPTIONS };

/// Arrow's cast between numbers: the only way it fails is the range.
fn strict(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, EngineError> {
    cast_with_options(array, to, &STRICT).map_err(|_| EngineError::TypeRange(type_name(to)))
}
