//! Lists that become rows: parts of json, pieces of texts, series, and the numbers of rows.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Int64Builder, ListArray, ListBuilder, StringArray, StringBuilder, new_null_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::concat;
use arrow::datatypes::{DataType, Field, TimeUnit};
use datafusion_common::{Result, ScalarValue};

use super::refused;
use crate::PlanError;
use crate::datetime::{DatetimeFault, Session, json};
use crate::resolve::series_of;

/// Items that one evaluation of a series makes.
const ITEMS_MAX: usize = 4_000_000;

/// Which parts of json.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Part {
    Elements,
    ElementTexts,
    Keys,
    Values,
    ValueTexts,
}

/// The parts of each json, in order.
pub(super) fn parts(array: &ArrayRef, part: Part) -> Result<ArrayRef> {
    let texts = array.as_string::<i32>();
    let mut out = ListBuilder::new(StringBuilder::new());
    for row in 0..texts.len() {
        if texts.is_null(row) {
            out.append(false);
            continue;
        }
        let of_array = matches!(part, Part::Elements | Part::ElementTexts);
        for (key, value) in json::entries(texts.value(row), of_array)? {
            match part {
                Part::Keys => out.values().append_option(key),
                Part::Elements | Part::Values => out.values().append_value(value),
                Part::ElementTexts | Part::ValueTexts => out.values().append_option(json::plain(value)?),
            }
        }
        out.append(true);
    }
    Ok(Arc::new(out.finish()))
}

/// 1, 2, ... for the longest of the lists of each row.
pub(super) fn ordinals(lists: &[&ListArray], rows: usize) -> ArrayRef {
    let mut out = ListBuilder::new(Int64Builder::new());
    for row in 0..rows {
        let length = |list: &&ListArray| if list.is_valid(row) { list.value_length(row) } else { 0 };
        let longest = lists.iter().map(length).max().unwrap_or(0);
        (1..=i64::from(longest)).for_each(|number| out.values().append_value(number));
        out.append(true);
    }
    Arc::new(out.finish())
}

/// `string_to_array`: no separator splits between letters, an empty one does not split.
pub(super) fn split(text: &ArrayRef, separator: &ArrayRef, null: Option<&ArrayRef>) -> Result<ArrayRef> {
    let (texts, separators) = (text.as_string::<i32>(), separator.as_string::<i32>());
    let mut out = ListBuilder::new(StringBuilder::new());
    for row in 0..texts.len() {
        if texts.is_null(row) {
            out.append(false);
            continue;
        }
        let text = texts.value(row);
        let null = null.filter(|null| null.is_valid(row)).map(|null| null.as_string::<i32>().value(row));
        let mut put = |piece: &str| out.values().append_option(Some(piece).filter(|piece| Some(*piece) != null));
        let separator = separators.is_valid(row).then(|| separators.value(row));
        match separator {
            _ if text.is_empty() => {}
            None => text.char_indices().for_each(|(at, letter)| put(&text[at..at + letter.len_utf8()])),
            Some("") => put(text),
            Some(separator) => text.split(separator).for_each(put),
        }
        out.append(true);
    }
    Ok(Arc::new(out.finish()))
}

/// The type of a series' items; between dates, too, PostgreSQL counts in moments.
pub(super) fn series_item(types: &[DataType]) -> DataType {
    let scales = types.iter().filter_map(|found| match found {
        DataType::Decimal128(_, scale) => Some(*scale),
        _ => None,
    });
    if let Some(scale) = scales.max() {
        return DataType::Decimal128(38, scale);
    }
    let bounds = types.get(..2).unwrap_or_default();
    match bounds {
        [first, _] if first.is_integer() => first.clone(),
        _ if bounds.iter().all(|found| matches!(found, DataType::Timestamp(_, None)) || super::is_text(found)) => {
            DataType::Timestamp(TimeUnit::Microsecond, None)
        }
        _ => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    }
}

/// `generate_series` of each row.
pub(super) fn series(args: &[ArrayRef], rows: usize, session: &Session, target: &DataType) -> Result<ArrayRef> {
    let item = super::item_of(target).unwrap_or(DataType::Int64);
    let (mut ends, mut total) = (vec![0i32], 0usize);
    let mut made = Vec::with_capacity(rows);
    for row in 0..rows {
        let values =
            args.iter().map(|array| ScalarValue::try_from_array(array, row)).collect::<Result<Vec<ScalarValue>>>()?;
        if values.iter().all(|value| !value.is_null()) {
            let one = series_of(&values, session)?;
            total += one.len();
            if total > ITEMS_MAX {
                return Err(refused(PlanError::TooLarge("generate_series")));
            }
            made.push(arrow::compute::cast(&one, &item)?);
        }
        ends.push(i32::try_from(total).map_err(|_| refused(PlanError::TooLarge("generate_series")))?);
    }
    let items = match made.as_slice() {
        [] => new_null_array(&item, 0),
        all => concat(&all.iter().map(|array| array.as_ref()).collect::<Vec<&dyn Array>>())?,
    };
    let field = Arc::new(Field::new_list_field(item, true));
    Ok(Arc::new(ListArray::try_new(field, OffsetBuffer::new(ends.into()), items, None)?))
}

/// A list of lists of texts.
pub(super) fn nested(rows: Vec<Option<Vec<Vec<Option<String>>>>>) -> Result<ArrayRef> {
    let (mut outer, mut inner) = (vec![0i32], vec![0i32]);
    let mut valid = Vec::with_capacity(rows.len());
    let mut texts: Vec<Option<String>> = Vec::new();
    let too_large = |_| refused(PlanError::TooLarge("regexp_matches"));
    for row in rows {
        valid.push(row.is_some());
        for found in row.unwrap_or_default() {
            texts.extend(found);
            inner.push(i32::try_from(texts.len()).map_err(too_large)?);
        }
        outer.push(i32::try_from(inner.len() - 1).map_err(too_large)?);
    }
    let text = Arc::new(Field::new_list_field(DataType::Utf8, true));
    let lists = ListArray::try_new(text, OffsetBuffer::new(inner.into()), Arc::new(StringArray::from(texts)), None)?;
    let field = Arc::new(Field::new_list_field(lists.data_type().clone(), true));
    let nulls = NullBuffer::from(valid);
    Ok(Arc::new(ListArray::try_new(field, OffsetBuffer::new(outer.into()), Arc::new(lists), Some(nulls))?))
}

/// What cannot be read.
pub(super) fn fault(what: &'static str) -> datafusion_common::DataFusionError {
    DatetimeFault::Argument(what).into()
}
