//! Numerics as text, with the digits a client would be shown.

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::{DataType, i256};
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use super::operand::{Operand, scaled_array};
use super::scaled::inside_value;
use super::scaled_type;
use super::value::{Fault, Number};
use crate::types::decimal_text;

/// A numeric as text; any other argument is given back, for the cast around the call.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Text {
    signature: Signature,
}

static TEXT: LazyLock<Arc<ScalarUDF>> =
    LazyLock::new(|| Arc::new(ScalarUDF::from(Text { signature: Signature::user_defined(Volatility::Immutable) })));

pub(super) fn text_function() -> Arc<ScalarUDF> {
    Arc::clone(&TEXT)
}

/// A numeric expression as text.
pub(crate) fn text(expr: &Expr) -> Expr {
    TEXT.call(vec![inside_value(expr).unwrap_or(expr).clone()])
}

fn is_numeric(data_type: &DataType) -> bool {
    data_type.is_decimal() || *data_type == scaled_type()
}

impl ScalarUDFImpl for Text {
    fn name(&self) -> &str {
        super::functions::TEXT
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        super::name_of_call(self.name(), args)
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(match types {
            [found] if !is_numeric(found) => found.clone(),
            _ => DataType::Utf8,
        })
    }

    fn simplify(&self, mut args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        Ok(match args.as_slice() {
            [only] if !is_numeric(&info.get_data_type(only)?) => ExprSimplifyResult::Simplified(args.remove(0)),
            // With the scale beside the number, where there is one.
            [only] => match inside_value(only) {
                Some(inside) if info.get_data_type(inside)? == scaled_type() => {
                    ExprSimplifyResult::Simplified(TEXT.call(vec![inside.clone()]))
                }
                _ => ExprSimplifyResult::Original(args),
            },
            _ => ExprSimplifyResult::Original(args),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [arg] = datafusion_common::utils::take_function_args("numeric_text", args.args)?;
        if !is_numeric(&arg.data_type()) {
            return Ok(arg);
        }
        match arg {
            ColumnarValue::Array(array) => texts(&array).map(ColumnarValue::Array),
            ColumnarValue::Scalar(scalar) => {
                ScalarValue::try_from_array(&texts(&scalar.to_array()?)?, 0).map(ColumnarValue::Scalar)
            }
        }
    }
}

fn texts(array: &ArrayRef) -> Result<ArrayRef> {
    let operand = Operand::of(array)?;
    let written = (0..array.len()).map(|row| operand.get(row).map(write).transpose());
    Ok(Arc::new(written.collect::<Result<StringArray, Fault>>()?))
}

fn write(number: Number) -> Result<String, Fault> {
    let value = number.at_scale(number.shown)?;
    let scale = i8::try_from(number.shown).map_err(|_| Fault::OutOfRange)?;
    decimal_text(&value.to_string(), scale).ok_or(Fault::OutOfRange)
}

/// A column of numerics, whatever decimals they are.
pub(crate) struct Numbers(Operand);

impl Numbers {
    pub(crate) fn of(array: &ArrayRef) -> Result<Numbers> {
        Operand::of(array).map(Numbers)
    }

    /// The number of a row; `None` for NULL.
    pub(crate) fn get(&self, row: usize) -> Option<Figure> {
        self.0.get(row).map(Figure)
    }
}

/// One numeric.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figure(Number);

impl Figure {
    /// As it is shown; `None` past the range.
    pub(crate) fn text(self) -> Option<String> {
        write(self.0).ok()
    }

    /// Rounded, half away from zero, to so many digits behind the point; `None` past the range.
    pub(crate) fn rounded(self, digits: u8) -> Option<String> {
        write(Number { shown: i32::from(digits), ..self.0 }).ok()
    }
}

/// Numbers with the digits that they are written with, each a sign, digits and perhaps a point.
pub(crate) fn scaled_of_texts(texts: &[Option<String>]) -> Result<ArrayRef> {
    let one = |text: &String| {
        let scale = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let scale = i32::try_from(scale).map_err(|_| Fault::OutOfRange)?;
        let value = i256::from_string(&text.replace('.', "")).ok_or(Fault::OutOfRange)?;
        Number { value, scale, shown: scale }.open()
    };
    scaled_array(texts.len(), |row| texts[row].as_ref().map(one).transpose())
}

#[cfg(test)]
mod tests {
    use super::super::value::tests::number;
    use super::*;

    #[test]
    fn written_as_shown() {
        for text in ["0", "-0.05", "12.340", "-7"] {
            assert_eq!(write(number(text)).as_deref(), Ok(text));
        }
        let quotient = Number { shown: 3, ..number("0.5000").open().expect("fits") };
        assert_eq!(write(quotient).as_deref(), Ok("0.500"));
    }
}
