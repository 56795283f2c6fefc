//! Floating numbers: IEEE's quotients, powers and logarithms, but an error where PostgreSQL has one (`float.c`).

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, Float32Array, Float64Array, PrimitiveArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use arrow::error::ArrowError;
use datafusion_common::{DataFusionError, Result, ScalarValue};
use datafusion_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use super::operand::Operand;
use super::value::Number;
use crate::PlanError;

/// Arithmetic of floating numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum FloatOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// `double precision` over anything that is a number; `real` where both sides are.
#[derive(Debug, PartialEq, Eq, Hash)]
struct FloatArithmetic {
    operator: FloatOperator,
    signature: Signature,
}

/// An operation with a floating side.
pub(super) fn float_operation(operator: FloatOperator, left: Expr, right: Expr) -> Expr {
    let signature = Signature::user_defined(Volatility::Immutable);
    ScalarUDF::from(FloatArithmetic { operator, signature }).call(vec![left, right])
}

/// True for one of these operators.
pub(super) fn is_operator(function: &ScalarUDF) -> bool {
    function.inner().is::<FloatArithmetic>()
}

impl ScalarUDFImpl for FloatArithmetic {
    fn name(&self) -> &str {
        match self.operator {
            FloatOperator::Add => "float_add",
            FloatOperator::Subtract => "float_sub",
            FloatOperator::Multiply => "float_mul",
            FloatOperator::Divide => "float_div",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let real = types.iter().all(|found| *found == DataType::Float32);
        Ok(vec![if real { DataType::Float32 } else { DataType::Float64 }; types.len()])
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(self.coerce_types(types)?.pop().unwrap_or(DataType::Float64))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let target = args.return_type().clone();
        let constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let [left, right] = datafusion_common::utils::take_function_args(self.name(), args.args)?;
        let (left, right) = (cast(&left.into_array(rows)?, &target)?, cast(&right.into_array(rows)?, &target)?);
        let operator = self.operator;
        let result: ArrayRef = match target {
            DataType::Float32 => Arc::new(each(
                left.as_primitive::<Float32Type>(),
                right.as_primitive::<Float32Type>(),
                |left, right| operator.of_reals(left, right),
            )?),
            _ => Arc::new(each(
                left.as_primitive::<Float64Type>(),
                right.as_primitive::<Float64Type>(),
                |left, right| operator.of(left, right),
            )?),
        };
        if constant {
            return ScalarValue::try_from_array(&result, 0).map(ColumnarValue::Scalar);
        }
        Ok(ColumnarValue::Array(result))
    }
}

/// The results row by row; NULL where a side is.
fn each<T: ArrowPrimitiveType>(
    left: &PrimitiveArray<T>,
    right: &PrimitiveArray<T>,
    of: impl Fn(T::Native, T::Native) -> Result<T::Native>,
) -> Result<PrimitiveArray<T>> {
    let pairs = left.iter().zip(right.iter());
    pairs.map(|(left, right)| left.zip(right).map(|(left, right)| of(left, right)).transpose()).collect()
}

const OVERFLOW: PlanError = PlanError::OutOfRange("value out of range: overflow");
const UNDERFLOW: PlanError = PlanError::OutOfRange("value out of range: underflow");

impl FloatOperator {
    /// As `float8_pl` and its relatives in PostgreSQL's `float.h`.
    fn of(self, left: f64, right: f64) -> Result<f64> {
        let result = match self {
            FloatOperator::Add => left + right,
            FloatOperator::Subtract => left - right,
            FloatOperator::Multiply => left * right,
            FloatOperator::Divide => left / right,
        };
        self.checked(left, right, result.is_infinite(), result == 0.0).map(|()| result)
    }

    fn of_reals(self, left: f32, right: f32) -> Result<f32> {
        let result = match self {
            FloatOperator::Add => left + right,
            FloatOperator::Subtract => left - right,
            FloatOperator::Multiply => left * right,
            FloatOperator::Divide => left / right,
        };
        self.checked(left.into(), right.into(), result.is_infinite(), result == 0.0).map(|()| result)
    }

    fn checked(self, left: f64, right: f64, infinite: bool, nought: bool) -> Result<()> {
        let division = self == FloatOperator::Divide;
        if division && right == 0.0 && !left.is_nan() {
            return Err(ArrowError::DivideByZero.into());
        }
        if infinite && !left.is_infinite() && (division || !right.is_infinite()) {
            return Err(refused(OVERFLOW));
        }
        let can_vanish = matches!(self, FloatOperator::Multiply | FloatOperator::Divide);
        let vanished =
            nought && can_vanish && left != 0.0 && if division { !right.is_infinite() } else { right != 0.0 };
        if vanished { Err(refused(UNDERFLOW)) } else { Ok(()) }
    }
}

/// The nearest floating number to a numeric, which the engine's own cast may miss by a digit.
#[derive(Debug, PartialEq, Eq, Hash)]
struct FloatOf {
    real: bool,
    signature: Signature,
}

/// A numeric as a floating number; a constant is one at once.
pub(crate) fn float(numeric: Expr, target: DataType) -> Result<Expr> {
    let real = target == DataType::Float32;
    if let Expr::Literal(value, metadata) = &numeric {
        let array = nearest(&value.to_array()?, real)?;
        return Ok(Expr::Literal(ScalarValue::try_from_array(&array, 0)?, metadata.clone()));
    }
    let signature = Signature::user_defined(Volatility::Immutable);
    Ok(ScalarUDF::from(FloatOf { real, signature }).call(vec![numeric]))
}

impl ScalarUDFImpl for FloatOf {
    fn name(&self) -> &str {
        if self.real { "numeric_real" } else { "numeric_float" }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(if self.real { DataType::Float32 } else { DataType::Float64 })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [arg] = datafusion_common::utils::take_function_args(self.name(), args.args)?;
        match arg {
            ColumnarValue::Array(array) => nearest(&array, self.real).map(ColumnarValue::Array),
            ColumnarValue::Scalar(scalar) => {
                ScalarValue::try_from_array(&nearest(&scalar.to_array()?, self.real)?, 0).map(ColumnarValue::Scalar)
            }
        }
    }
}

fn nearest(array: &ArrayRef, real: bool) -> Result<ArrayRef> {
    let operand = Operand::of(array)?;
    let malformed = || DataFusionError::Internal("a numeric that is no number".into());
    let double = |number: Number| -> Result<f64> {
        // Both are exact, and so the quotient is the nearest number there is.
        let small = number.value.to_i128().filter(|value| value.unsigned_abs() < 1 << 53);
        if let (Some(value), scale @ 0..=22) = (small, number.scale) {
            return Ok(value as f64 / 10f64.powi(scale));
        }
        format!("{}e-{}", number.value, number.scale).parse().map_err(|_| malformed())
    };
    let single = |number: Number| -> Result<f32> {
        format!("{}e-{}", number.value, number.scale).parse().map_err(|_| malformed())
    };
    Ok(match real {
        true => {
            let each = (0..array.len()).map(|row| operand.get(row).map(single).transpose());
            Arc::new(each.collect::<Result<Float32Array>>()?)
        }
        false => {
            let each = (0..array.len()).map(|row| operand.get(row).map(double).transpose());
            Arc::new(each.collect::<Result<Float64Array>>()?)
        }
    })
}

/// A function of floating numbers whose errors are PostgreSQL's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Exponential,
    NaturalLogarithm,
    Logarithm,
    Power,
    CubeRoot,
    /// A function of numbers within these bounds.
    Within(Bounded),
}

/// Functions that not every number has a value of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Bounded {
    ArcSine,
    ArcCosine,
    HyperbolicArcCosine,
    HyperbolicArcTangent,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct FloatFunction {
    name: &'static str,
    kind: Kind,
    signature: Signature,
}

/// The function of a name.
pub(super) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    let (name, kind) = match name {
        "exp" => ("exp", Kind::Exponential),
        "ln" => ("ln", Kind::NaturalLogarithm),
        "log" => ("log", Kind::Logarithm),
        "power" => ("power", Kind::Power),
        "cbrt" => ("cbrt", Kind::CubeRoot),
        "asin" => ("asin", Kind::Within(Bounded::ArcSine)),
        "acos" => ("acos", Kind::Within(Bounded::ArcCosine)),
        "acosh" => ("acosh", Kind::Within(Bounded::HyperbolicArcCosine)),
        "atanh" => ("atanh", Kind::Within(Bounded::HyperbolicArcTangent)),
        _ => return None,
    };
    let signature = Signature::user_defined(Volatility::Immutable);
    Some(Arc::new(ScalarUDF::from(FloatFunction { name, kind, signature })))
}

impl ScalarUDFImpl for FloatFunction {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let number = |found: &DataType| {
            found.is_numeric() || found.is_null() || matches!(found, DataType::Utf8) || *found == super::scaled_type()
        };
        let count = match self.kind {
            Kind::Power => types.len() == 2,
            Kind::Logarithm => matches!(types.len(), 1 | 2),
            _ => types.len() == 1,
        };
        if !count || !types.iter().all(number) {
            let name = self.name.to_string();
            return Err(DataFusionError::External(Box::new(PlanError::UndefinedFunction(name))));
        }
        Ok(vec![DataType::Float64; types.len()])
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let arrays = args
            .args
            .into_iter()
            .map(|arg| Ok(cast(&arg.into_array(rows)?, &DataType::Float64)?))
            .collect::<Result<Vec<ArrayRef>>>()?;
        let columns: Vec<_> = arrays.iter().map(|array| array.as_primitive::<Float64Type>()).collect();
        let one = |row: usize| -> Result<Option<f64>> {
            Ok(match columns.as_slice() {
                [only] if only.is_valid(row) => Some(self.kind.of(only.value(row))?),
                [left, right] if left.is_valid(row) && right.is_valid(row) => {
                    Some(self.kind.of_two(left.value(row), right.value(row))?)
                }
                _ => None,
            })
        };
        let array: Float64Array = (0..rows).map(one).collect::<Result<_>>()?;
        if constant {
            return ScalarValue::try_from_array(&array, 0).map(ColumnarValue::Scalar);
        }
        Ok(ColumnarValue::Array(Arc::new(array)))
    }
}

fn refused(error: PlanError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// A result that is finite where its arguments are, and not nought where it cannot be.
fn in_range(result: f64, finite: bool, nought: bool) -> Result<f64> {
    if finite && result.is_infinite() {
        return Err(refused(OVERFLOW));
    }
    if result == 0.0 && !nought { Err(refused(UNDERFLOW)) } else { Ok(result) }
}

impl Kind {
    fn of(self, value: f64) -> Result<f64> {
        match self {
            Kind::Exponential => in_range(value.exp(), value.is_finite(), value == f64::NEG_INFINITY),
            Kind::NaturalLogarithm => positive(value).map(f64::ln),
            Kind::CubeRoot => Ok(value.cbrt()),
            Kind::Within(function) => {
                let (inside, result) = match function {
                    Bounded::ArcSine => (value.abs() <= 1.0, value.asin()),
                    Bounded::ArcCosine => (value.abs() <= 1.0, value.acos()),
                    Bounded::HyperbolicArcCosine => (value >= 1.0, value.acosh()),
                    Bounded::HyperbolicArcTangent => (value.abs() <= 1.0, value.atanh()),
                };
                let outside = !inside && !value.is_nan();
                if outside { Err(refused(PlanError::OutOfRange("input is out of range"))) } else { Ok(result) }
            }
            Kind::Logarithm | Kind::Power => positive(value).map(f64::log10),
        }
    }

    fn of_two(self, left: f64, right: f64) -> Result<f64> {
        if self == Kind::Logarithm {
            let (base, value) = (positive(left)?, positive(right)?);
            if base.ln() == 0.0 {
                return Err(ArrowError::DivideByZero.into());
            }
            return Ok(value.log10() / base.log10());
        }
        if left == 0.0 && right < 0.0 {
            return Err(refused(PlanError::Power("zero raised to a negative power is undefined")));
        }
        if left < 0.0 && right.is_finite() && right.fract() != 0.0 {
            let what = "a negative number raised to a non-integer power yields a complex result";
            return Err(refused(PlanError::Power(what)));
        }
        in_range(left.powf(right), left.is_finite() && right.is_finite(), left == 0.0 || !right.is_finite())
    }
}

fn positive(value: f64) -> Result<f64> {
    if value == 0.0 {
        Err(refused(PlanError::Logarithm("cannot take logarithm of zero")))
    } else if value < 0.0 {
        Err(refused(PlanError::Logarithm("cannot take logarithm of a negative number")))
    } else {
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_an_error() {
        assert_eq!(Kind::Exponential.of(0.0).ok(), Some(1.0));
        assert_eq!(Kind::Logarithm.of(1_000.0).ok(), Some(3.0));
        assert_eq!(Kind::Logarithm.of_two(2.0, 8.0).ok(), Some(3.0));
        assert_eq!(Kind::Power.of_two(-2.0, 3.0).ok(), Some(-8.0));
        assert_eq!(Kind::Exponential.of(f64::NEG_INFINITY).ok(), Some(0.0));
        for (kind, left, right) in [
            (Kind::Power, 0.0, -1.0),
            (Kind::Power, -8.0, 0.5),
            (Kind::Power, 10.0, 400.0),
            (Kind::Logarithm, 1.0, 5.0),
            (Kind::Logarithm, 10.0, 0.0),
        ] {
            assert!(kind.of_two(left, right).is_err(), "{kind:?} {left} {right}");
        }
        for (kind, value) in
            [(Kind::Exponential, 1_000.0), (Kind::Exponential, -1_000.0), (Kind::NaturalLogarithm, 0.0)]
        {
            assert!(kind.of(value).is_err(), "{kind:?} {value}");
        }
    }

    #[test]
    fn nearest_numbers() {
        let numbers = arrow::array::Decimal256Array::from(vec![
            arrow::datatypes::i256::from_string("11000000000000000000000000000000000000"),
            None,
        ]);
        let numbers = numbers.with_precision_and_scale(75, 37).expect("a type");
        let found = nearest(&(Arc::new(numbers) as ArrayRef), false).expect("floats");
        assert_eq!(found.as_primitive::<Float64Type>().iter().collect::<Vec<_>>(), [Some(1.1), None]);
    }

    #[test]
    fn products_that_are_too_large_or_too_small() {
        let times = |left, right| FloatOperator::Multiply.of(left, right).ok();
        assert_eq!(times(1e200, 1e200), None);
        assert_eq!(times(1e-200, 1e-200), None);
        assert_eq!(times(0.0, 1e-200), Some(0.0));
        assert_eq!(times(f64::INFINITY, 2.0), Some(f64::INFINITY));
        assert_eq!(FloatOperator::Add.of(1e308, 1e308).ok(), None);
        assert_eq!(FloatOperator::Add.of(1.0, -1.0).ok(), Some(0.0));
        assert_eq!(FloatOperator::Subtract.of_reals(-3e38, 3e38).ok(), None);
    }

    #[test]
    fn quotients() {
        let of = |left: f64, right: f64| FloatOperator::Divide.of(left, right).ok();
        assert_eq!(of(7.0, 2.0), Some(3.5));
        assert_eq!(of(0.0, -2.0), Some(-0.0));
        assert_eq!(of(1.0, f64::INFINITY), Some(0.0));
        for (left, right) in [(1.0, 0.0), (0.0, -0.0), (f64::INFINITY, 0.0), (1e300, 1e-300), (1e-300, 1e300)] {
            assert_eq!(of(left, right), None, "{left} / {right}");
        }
        assert!(of(f64::NAN, 0.0).is_some_and(f64::is_nan));
    }
}
