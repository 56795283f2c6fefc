//! Division of floating numbers: IEEE's quotient, but an error over zero and on overflow.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::compute::{cast, try_binary};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use arrow::error::ArrowError;
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

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

#[cfg(test)]
mod tests {
    use super::*;

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
