//! Constants in the calls of windows. A window is computed over all rows of its partitions at once, so that smaller
//! batches do not help: what the constants of its calls come to is counted before they are written out.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::scalar::ScalarValue;

use crate::functions::Given;

/// Shorter constants are no larger than columns.
const WIDE: usize = 64;

/// The expression of a window, under its old name, with its constants counted within a bound.
pub(super) fn counted(expr: Expr, given: &Given, bytes_max: usize) -> Result<Transformed<Expr>> {
    let name = expr.schema_name().to_string();
    let named = matches!(expr, Expr::Alias(_));
    let counted = expr.transform_up(|part| match part {
        Expr::WindowFunction(mut call) => {
            let bytes: usize = call.params.args.iter().map(bytes_of).sum();
            let Some(first) = call.params.args.first_mut().filter(|_| bytes > WIDE) else {
                return Ok(Transformed::no(Expr::WindowFunction(call)));
            };
            let signature = Signature::any(1, Volatility::Volatile);
            let function = Written { bytes, given: given.clone(), bytes_max, signature };
            let argument = std::mem::replace(first, Expr::Literal(ScalarValue::Null, None));
            *first = Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(function.into()), vec![argument]));
            Ok(Transformed::yes(Expr::WindowFunction(call)))
        }
        other => Ok(Transformed::no(other)),
    })?;
    let rename = counted.transformed && !named;
    Ok(counted.update_data(|expr| if rename { expr.alias(name) } else { expr }))
}

fn bytes_of(expr: &Expr) -> usize {
    match expr {
        Expr::Literal(value, _) => value.size().saturating_sub(size_of::<ScalarValue>()),
        _ => 0,
    }
}

/// Gives its argument, the first of a window's, once the constants of the call were counted for all rows.
#[derive(Debug)]
struct Written {
    /// Of all constants of the call, once.
    bytes: usize,
    given: Given,
    bytes_max: usize,
    signature: Signature,
}

impl PartialEq for Written {
    fn eq(&self, other: &Written) -> bool {
        self.bytes == other.bytes && self.given == other.given
    }
}

impl Eq for Written {}

impl Hash for Written {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
        self.given.hash(state);
    }
}

impl ScalarUDFImpl for Written {
    fn name(&self) -> &str {
        "sluice_written"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        arguments.first().cloned().ok_or_else(missing)
    }

    fn return_field_from_args(&self, arguments: ReturnFieldArgs) -> Result<FieldRef> {
        arguments.arg_fields.first().cloned().ok_or_else(missing)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        self.given.count(self.bytes.saturating_mul(arguments.number_rows), self.bytes_max)?;
        arguments.args.into_iter().next().ok_or_else(missing)
    }
}

fn missing() -> DataFusionError {
    DataFusionError::Internal("a count without its argument".into())
}
