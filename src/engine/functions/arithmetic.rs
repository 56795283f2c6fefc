//! Integer arithmetic that overflows with an error. DataFusion's own wraps around.

use std::sync::Arc;

use datafusion::arrow::compute::kernels::numeric::{add, mul, neg, sub};
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::error::ArrowError;
use datafusion::common::Result;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::physical_expr_common::datum::apply;
use datafusion::scalar::ScalarValue;

use super::cast::type_name;
use super::external;
use crate::EngineError;

/// What is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Operation {
    Add,
    Subtract,
    Multiply,
    Negate,
}

/// One operation over operands of one integer type.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Arithmetic {
    operation: Operation,
    pub(super) data_type: DataType,
    signature: Signature,
}

impl Arithmetic {
    /// Whether this is an integer type that SQL has.
    pub(super) fn takes(data_type: &DataType) -> bool {
        matches!(data_type, DataType::Int16 | DataType::Int32 | DataType::Int64)
    }

    pub(super) fn call(operation: Operation, data_type: DataType, operands: Vec<Expr>) -> Expr {
        let signature = Signature::any(operands.len(), Volatility::Immutable);
        let function = ScalarUDF::from(Arithmetic { operation, data_type, signature });
        Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(function), operands))
    }

    fn compute(&self, operands: &[ColumnarValue]) -> Result<ColumnarValue> {
        match (self.operation, operands) {
            (Operation::Add, [left, right]) => apply(left, right, add),
            (Operation::Subtract, [left, right]) => apply(left, right, sub),
            (Operation::Multiply, [left, right]) => apply(left, right, mul),
            (Operation::Negate, [ColumnarValue::Array(array)]) => Ok(ColumnarValue::Array(neg(array)?)),
            (Operation::Negate, [ColumnarValue::Scalar(value)]) => {
                let negated = neg(&value.to_array()?)?;
                ScalarValue::try_from_array(&negated, 0).map(ColumnarValue::Scalar)
            }
            _ => Err(DataFusionError::Internal("arithmetic with another number of operands".into())),
        }
    }
}

impl ScalarUDFImpl for Arithmetic {
    fn name(&self) -> &str {
        match self.operation {
            Operation::Add => "sluice_add",
            Operation::Subtract => "sluice_subtract",
            Operation::Multiply => "sluice_multiply",
            Operation::Negate => "sluice_negate",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.data_type.clone())
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        self.compute(&arguments.args).map_err(|error| match &error {
            DataFusionError::ArrowError(arrow, _) if matches!(**arrow, ArrowError::ArithmeticOverflow(_)) => {
                external(EngineError::TypeRange(type_name(&self.data_type)))
            }
            _ => error,
        })
    }
}
