//! Text functions whose result is measured before it is made. A text that doubles in each step is refused at the step
//! that passes the bound, not when the machine has no memory left. What one makes is counted before ([`Account`]).

use std::sync::Arc;

use datafusion::arrow::compute::kernels::concat_elements::concat_elements_dyn;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::Result;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::expr::{BinaryExpr, ScalarFunction};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::scalar::ScalarValue;

use super::account::{Account, Made, kept};
use super::growth::{Argument, Growth};
use super::{Bounds, external};
use crate::EngineError;

/// A text function within bounds.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Bounded {
    work: Work,
    growth: Growth,
    bounds: Bounds,
    signature: Signature,
    made: Made,
}

/// What is computed.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Work {
    Function(Arc<ScalarUDF>),
    /// `||` on texts of one type; NULL with anything is NULL.
    Concat(DataType),
}

impl Bounded {
    /// A call of a function whose arguments have their types already.
    pub(super) fn call(growth: Growth, call: ScalarFunction, bounds: Bounds, account: &Account) -> Expr {
        let ScalarFunction { func, args } = call;
        Bounded::over(Work::Function(func), growth, args, (bounds, account))
    }

    /// `||` with this result; given back where it is not on texts.
    pub(super) fn concat(
        binary: BinaryExpr,
        result: DataType,
        bounds: Bounds,
        account: &Account,
    ) -> std::result::Result<Expr, BinaryExpr> {
        if !matches!(result, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) {
            return Err(binary);
        }
        let operands = vec![*binary.left, *binary.right];
        Ok(Bounded::over(Work::Concat(result), Growth::Concat, operands, (bounds, account)))
    }

    fn over(work: Work, growth: Growth, arguments: Vec<Expr>, (bounds, account): (Bounds, &Account)) -> Expr {
        let signature = Signature::any(arguments.len(), Volatility::Immutable);
        let made = Made::new(account);
        let function = ScalarUDF::from(Bounded { work, growth, bounds, signature, made });
        Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(function), arguments))
    }

    /// The type of a `||`.
    pub(super) fn concat_type(&self) -> Option<DataType> {
        match &self.work {
            Work::Concat(result) => Some(result.clone()),
            Work::Function(_) => None,
        }
    }

    /// Bytes of all results at most.
    fn measure(&self, arguments: &[ColumnarValue], rows: usize) -> Result<usize, EngineError> {
        let constant = is_constant(arguments);
        let arguments: Vec<Argument> = arguments.iter().map(Argument::of).collect();
        let mut total: usize = 0;
        for row in 0..if constant { 1 } else { rows } {
            let bytes = self.growth.bytes(&arguments, row);
            if bytes > self.bounds.value_bytes_max {
                return Err(EngineError::TooLarge(self.bounds.value_bytes_max));
            }
            total = total.saturating_add(bytes);
            if total > self.bounds.batch_bytes_max {
                return Err(EngineError::Memory(format!("{} makes {total} bytes of a batch", self.name())));
            }
        }
        Ok(total)
    }

    fn work(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match &self.work {
            Work::Function(function) => function.invoke_with_args(arguments),
            Work::Concat(result) => concat(&arguments.args, result),
        }
    }
}

fn is_constant(arguments: &[ColumnarValue]) -> bool {
    arguments.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)))
}

impl ScalarUDFImpl for Bounded {
    fn name(&self) -> &str {
        match &self.work {
            Work::Function(function) => function.name(),
            Work::Concat(_) => "sluice_concat",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        match &self.work {
            Work::Function(function) => function.return_type(arguments),
            Work::Concat(result) => Ok(result.clone()),
        }
    }

    fn return_field_from_args(&self, arguments: ReturnFieldArgs) -> Result<FieldRef> {
        match &self.work {
            Work::Function(function) => function.return_field_from_args(arguments),
            Work::Concat(result) => {
                Ok(Arc::new(datafusion::arrow::datatypes::Field::new(self.name(), result.clone(), true)))
            }
        }
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let bytes = self.measure(&arguments.args, arguments.number_rows).map_err(external)?;
        if is_constant(&arguments.args) {
            self.made.constant(bytes, self.bounds.batch_bytes_max).map_err(external)?;
            return self.work(arguments);
        }
        let reservation = self.made.take(bytes, self.name())?;
        kept(self.work(arguments)?, reservation)
    }
}

fn concat(operands: &[ColumnarValue], result: &DataType) -> Result<ColumnarValue> {
    let constant = is_constant(operands);
    let operands: Vec<ColumnarValue> =
        operands.iter().map(|operand| operand.cast_to(result, None)).collect::<Result<_>>()?;
    let arrays = ColumnarValue::values_to_arrays(&operands)?;
    let [left, right] = arrays.as_slice() else {
        return Err(DataFusionError::Internal("|| has two operands".into()));
    };
    let joined = concat_elements_dyn(left, right)?;
    Ok(if constant {
        ColumnarValue::Scalar(ScalarValue::try_from_array(&joined, 0)?)
    } else {
        ColumnarValue::Array(joined)
    })
}
