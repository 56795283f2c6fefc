//! Arrays that are read from text, as PostgreSQL's `array_in` does for one dimension.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, new_null_array};
use arrow::compute::concat;
use arrow::datatypes::DataType;
use datafusion_common::{DataFusionError, Result, ScalarValue};

use super::refused;
use crate::PlanError;
use crate::datetime::Session;
use crate::resolve::{array_items, read_literal};

/// A text as an array of such items.
pub(crate) fn array(text: &str, item: &DataType, session: &Session) -> Result<ScalarValue> {
    let items = array_items(text).map_err(refused)?;
    let values = items.into_iter().map(|text| match text {
        None => ScalarValue::try_from(item),
        Some(text) => one(text, item, session),
    });
    let values = values.collect::<Result<Vec<ScalarValue>>>()?;
    Ok(ScalarValue::List(ScalarValue::new_list_nullable(&values, item)))
}

fn one(text: String, item: &DataType, session: &Session) -> Result<ScalarValue> {
    let value = match read_literal(&text, item, session)? {
        Some(value) => value,
        None if super::is_text(item) => ScalarValue::Utf8(Some(text)),
        None => return Err(refused(PlanError::Unsupported("a text read as an array of this type".into()))),
    };
    if value.data_type() == *item {
        return Ok(value);
    }
    let scale = |found: &DataType| crate::numeric::digits_of(found).map(|(_, scale)| scale);
    if scale(&value.data_type()) > scale(item) {
        return Err(refused(PlanError::Unsupported("an array of numerics of different scales".into())));
    }
    value.cast_to(item)
}

/// The arrays that texts stand for; NULL stays NULL.
pub(super) fn arrays(texts: &ArrayRef, target: &DataType, session: &Arc<Session>) -> Result<ArrayRef> {
    let item = super::item_of(target).ok_or_else(|| DataFusionError::Internal("no array type".into()))?;
    let texts = texts.as_string::<i32>();
    let mut made = Vec::with_capacity(texts.len());
    for text in texts {
        made.push(match text {
            Some(text) => array(text, &item, session)?.to_array()?,
            None => new_null_array(target, 1),
        });
    }
    match made.as_slice() {
        [] => Ok(new_null_array(target, 0)),
        all => Ok(concat(&all.iter().map(|array| array.as_ref()).collect::<Vec<&dyn Array>>())?),
    }
}
