//! Casts between text and the types that are kept as bytes: `uuid` and `bytea`.

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, AsArray, BinaryArray, FixedSizeBinaryBuilder, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion_common::{DataFusionError, Result, ScalarValue, plan_err};
use datafusion_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use crate::PlanError;
use crate::types::{read_bytea, read_uuid};

/// Names of the casts to `uuid` and to `bytea`; no client can type them.
pub(crate) const TO_UUID: &str = "\u{1}uuid";
pub(crate) const TO_BYTEA: &str = "\u{1}bytea";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Target {
    Text,
    Uuid,
    Bytea,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Spelled {
    target: Target,
    signature: Signature,
}

fn function(target: Target) -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::from(Spelled { target, signature: Signature::user_defined(Volatility::Immutable) }))
}

/// The casts by their names.
pub(crate) fn functions() -> [(&'static str, Arc<ScalarUDF>); 2] {
    [(TO_UUID, function(Target::Uuid)), (TO_BYTEA, function(Target::Bytea))]
}

/// The function that writes a uuid or bytes as text.
pub(crate) fn text_function() -> Arc<ScalarUDF> {
    static TEXT: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| function(Target::Text));
    Arc::clone(&TEXT)
}

/// A uuid or bytes as text; `None` for other types.
pub(crate) fn text(inner: &Expr, from: &DataType) -> Option<Expr> {
    matches!(from, DataType::FixedSizeBinary(16) | DataType::Binary).then(|| text_function().call(vec![inner.clone()]))
}

impl ScalarUDFImpl for Spelled {
    fn name(&self) -> &str {
        match self.target {
            Target::Text => "bytes_text",
            Target::Uuid => TO_UUID,
            Target::Bytea => TO_BYTEA,
        }
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        crate::numeric::name_of_call(self.name(), args)
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        match types {
            [found @ (DataType::FixedSizeBinary(16) | DataType::Binary)] => Ok(vec![found.clone()]),
            [DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null] => Ok(vec![DataType::Utf8]),
            _ => plan_err!("cannot cast to type {}", self.name().trim_start_matches('\u{1}')),
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.target {
            Target::Text => DataType::Utf8,
            Target::Uuid => DataType::FixedSizeBinary(16),
            Target::Bytea => DataType::Binary,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let target = args.return_field.data_type().clone();
        let [arg] = datafusion_common::utils::take_function_args(self.name(), args.args)?;
        if arg.data_type() == target {
            return Ok(arg);
        }
        match arg {
            ColumnarValue::Array(array) => self.cast(&array).map(ColumnarValue::Array),
            ColumnarValue::Scalar(scalar) => {
                ScalarValue::try_from_array(&self.cast(&scalar.to_array()?)?, 0).map(ColumnarValue::Scalar)
            }
        }
    }
}

impl Spelled {
    fn cast(&self, array: &ArrayRef) -> Result<ArrayRef> {
        let invalid = |name| DataFusionError::External(Box::new(PlanError::InvalidValue(name)));
        let texts =
            |array: &ArrayRef| Ok::<_, DataFusionError>(cast(array, &DataType::Utf8)?.as_string::<i32>().clone());
        Ok(match self.target {
            Target::Text => match array.data_type() {
                DataType::FixedSizeBinary(_) => {
                    let each = array.as_fixed_size_binary().iter().map(|bytes| bytes.map(uuid_text));
                    Arc::new(each.collect::<StringArray>())
                }
                _ => {
                    let each =
                        array.as_binary::<i32>().iter().map(|bytes| bytes.map(|bytes| format!("\\x{}", hex(bytes))));
                    Arc::new(each.collect::<StringArray>())
                }
            },
            Target::Uuid => {
                let mut out = FixedSizeBinaryBuilder::new(16);
                for text in texts(array)?.iter() {
                    match text {
                        Some(text) => out.append_value(read_uuid(text).ok_or_else(|| invalid("uuid"))?)?,
                        None => out.append_null(),
                    }
                }
                Arc::new(out.finish())
            }
            Target::Bytea => {
                let texts = texts(array)?;
                let read = |text: &str| read_bytea(text).ok_or_else(|| invalid("bytea"));
                let each = texts.iter().map(|text| text.map(read).transpose());
                let bytes = each.collect::<Result<Vec<Option<Vec<u8>>>>>()?;
                Arc::new(BinaryArray::from_iter(bytes))
            }
        })
    }
}

/// Two digits for each byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn uuid_text(bytes: &[u8]) -> String {
    let hex = hex(bytes);
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let text = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
        let of = |target| Spelled { target, signature: Signature::user_defined(Volatility::Immutable) };
        let texts = Arc::new(StringArray::from(vec![Some(text), None])) as ArrayRef;
        let uuids = of(Target::Uuid).cast(&texts).expect("uuids");
        assert_eq!(&of(Target::Text).cast(&uuids).expect("texts"), &texts);
        let bytes = of(Target::Bytea).cast(&(Arc::new(StringArray::from(vec!["\\x00ff"])) as ArrayRef)).expect("bytes");
        let shown = of(Target::Text).cast(&bytes).expect("texts");
        assert_eq!(shown.as_string::<i32>().value(0), "\\x00ff");
        assert!(of(Target::Uuid).cast(&(Arc::new(StringArray::from(vec!["x"])) as ArrayRef)).is_err());
    }
}
