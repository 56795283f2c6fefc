//! Floating numbers: IEEE's quotients, powers and logarithms, but an error where PostgreSQL has one (`float.c`).

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use arrow::compute::{cast, try_binary};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use arrow::error::ArrowError;
use datafusion_common::{DataFusionError, Result, ScalarValue};
use datafusion_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use crate::PlanError;

/// `double precision` over anything that is a number; `real` where both sides are.
#[derive(Debug, PartialEq, Eq, Hash)]
struct FloatQuotient {
    signature: Signature,
}

/// A quotient with a floating side.
pub(super) fn float_quotient(left: Expr, right: Expr) -> Expr {
    let signature = Signature::user_defined(Volatility::Immutable);
    ScalarUDF::from(FloatQuotient { signature }).call(vec![left, right])
}

impl ScalarUDFImpl for FloatQuotient {
    fn name(&self) -> &str {
        "float_div"
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
        let [left, right] = datafusion_common::utils::take_function_args("float_div", args.args)?;
        let (left, right) = (cast(&left.into_array(rows)?, &target)?, cast(&right.into_array(rows)?, &target)?);
        let result: ArrayRef = match target {
            DataType::Float32 => Arc::new(try_binary::<_, _, _, Float32Type>(
                left.as_primitive::<Float32Type>(),
                right.as_primitive::<Float32Type>(),
                |left, right| checked(left.into(), right.into(), (left / right).into()).map(|quotient| quotient as f32),
            )?),
            _ => Arc::new(try_binary::<_, _, _, Float64Type>(
                left.as_primitive::<Float64Type>(),
                right.as_primitive::<Float64Type>(),
                |left, right| checked(left, right, left / right),
            )?),
        };
        if constant {
            return ScalarValue::try_from_array(&result, 0).map(ColumnarValue::Scalar);
        }
        Ok(ColumnarValue::Array(result))
    }
}

/// A quotient where it is one (`float8_div` of PostgreSQL's `float.c`).
fn checked(left: f64, right: f64, quotient: f64) -> Result<f64, ArrowError> {
    if right == 0.0 && !left.is_nan() {
        return Err(ArrowError::DivideByZero);
    }
    let overflow = quotient.is_infinite() && !left.is_infinite();
    let underflow = quotient == 0.0 && left != 0.0 && !right.is_infinite();
    if overflow || underflow { Err(ArrowError::ArithmeticOverflow("float".into())) } else { Ok(quotient) }
}

/// A function of floating numbers whose errors are PostgreSQL's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Exponential,
    NaturalLogarithm,
    Logarithm,
    Power,
    CubeRoot,
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
            let name = format!("{}() of these argument types", self.name);
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
    if finite && result.is_infinite() || result == 0.0 && !nought {
        return Err(ArrowError::ArithmeticOverflow("float".into()).into());
    }
    Ok(result)
}

impl Kind {
    fn of(self, value: f64) -> Result<f64> {
        match self {
            Kind::Exponential => in_range(value.exp(), value.is_finite(), value == f64::NEG_INFINITY),
            Kind::NaturalLogarithm => positive(value).map(f64::ln),
            Kind::CubeRoot => Ok(value.cbrt()),
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
    fn quotients() {
        let of = |left: f64, right: f64| checked(left, right, left / right).ok();
        assert_eq!(of(7.0, 2.0), Some(3.5));
        assert_eq!(of(0.0, -2.0), Some(-0.0));
        assert_eq!(of(1.0, f64::INFINITY), Some(0.0));
        for (left, right) in [(1.0, 0.0), (0.0, -0.0), (f64::INFINITY, 0.0), (1e300, 1e-300), (1e-300, 1e300)] {
            assert_eq!(of(left, right), None, "{left} / {right}");
        }
        assert!(of(f64::NAN, 0.0).is_some_and(f64::is_nan));
    }
}
