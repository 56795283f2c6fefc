//! The aggregate of a group that may have one row at most: its value, NULL for none, an error for more.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, UInt64Array};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion_common::{DataFusionError, Result, ScalarValue, exec_err};
use datafusion_expr::expr::AggregateFunction;
use datafusion_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Expr, Signature, Volatility};

static SINGLE_VALUE: LazyLock<Arc<AggregateUDF>> =
    LazyLock::new(|| Arc::new(AggregateUDF::from(SingleValue { signature: Signature::any(1, Volatility::Immutable) })));

/// A call of the aggregate.
pub(super) fn single_value(value: Expr) -> Expr {
    let function = Arc::clone(&SINGLE_VALUE);
    Expr::AggregateFunction(AggregateFunction::new_udf(function, vec![value], false, None, Vec::new(), None))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct SingleValue {
    signature: Signature,
}

impl AggregateUDFImpl for SingleValue {
    fn name(&self) -> &str {
        "single_value"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, args: &[DataType]) -> Result<DataType> {
        match args {
            [only] => Ok(only.clone()),
            _ => Err(DataFusionError::Plan("single_value takes one argument".into())),
        }
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Single { value: ScalarValue::try_from(args.return_field.data_type())?, rows: 0 }))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let value = Field::new(format!("{}[value]", args.name), args.return_field.data_type().clone(), true);
        let rows = Field::new(format!("{}[rows]", args.name), DataType::UInt64, true);
        Ok(vec![Arc::new(value), Arc::new(rows)])
    }
}

#[derive(Debug)]
struct Single {
    value: ScalarValue,
    rows: u64,
}

impl Single {
    fn take(&mut self, values: &dyn Array, row: usize, rows: u64) -> Result<()> {
        self.rows = self.rows.saturating_add(rows);
        if self.rows > 1 {
            return exec_err!("more than one row from a scalar subquery");
        }
        if rows == 1 {
            self.value = ScalarValue::try_from_array(values, row)?;
        }
        Ok(())
    }
}

impl Accumulator for Single {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let [values] = values else { return Err(DataFusionError::Internal("single_value without a value".into())) };
        (0..values.len()).try_for_each(|row| self.take(values.as_ref(), row, 1))
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(self.value.clone())
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.value.size() - size_of_val(&self.value)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.value.clone(), ScalarValue::UInt64(Some(self.rows))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [values, rows] = states else {
            return Err(DataFusionError::Internal("single_value without a state".into()));
        };
        let rows = rows.as_any().downcast_ref::<UInt64Array>();
        let rows = rows.ok_or_else(|| DataFusionError::Internal("single_value with another state".into()))?;
        (0..values.len()).try_for_each(|row| self.take(values.as_ref(), row, rows.value(row)))
    }
}
