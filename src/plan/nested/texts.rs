//! Values as text, as PostgreSQL's output functions write them; and work on texts that is linear here.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int32Array, ListArray, StringArray, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field};
use datafusion_common::config::ConfigOptions;
use datafusion_common::{DataFusionError, Result};
use datafusion_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF};

use crate::PlanError;
use crate::datetime::Session;
use crate::numeric::Numbers;

/// Where letters are taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Sides {
    Both,
    Left,
    Right,
}

/// What is taken off where no letters are told.
const BLANK: &str = " ";

/// `btrim`, `ltrim` and `rtrim`: without the letters of a set, blanks where none is told, at the ends.
pub(super) fn trimmed(texts: &ArrayRef, sets: Option<&ArrayRef>, sides: Sides) -> ArrayRef {
    let texts = texts.as_string::<i32>();
    let mut last: Option<(&str, HashSet<char>)> = None;
    let mut out = StringBuilder::new();
    for row in 0..texts.len() {
        let set = match sets {
            None => Some(BLANK),
            Some(sets) => sets.is_valid(row).then(|| sets.as_string::<i32>().value(row)),
        };
        let Some((text, set)) = texts.is_valid(row).then(|| texts.value(row)).zip(set) else {
            out.append_null();
            continue;
        };
        let (_, letters) = match last.take() {
            Some(known) if known.0 == set => last.insert(known),
            _ => last.insert((set, set.chars().collect())),
        };
        let inside = |letter: char| letters.contains(&letter);
        out.append_value(match sides {
            Sides::Both => text.trim_matches(inside),
            Sides::Left => text.trim_start_matches(inside),
            Sides::Right => text.trim_end_matches(inside),
        });
    }
    Arc::new(out.finish())
}

/// `strpos`: where a part first begins, counted in letters from 1; 0 where it does nowhere.
pub(super) fn place(texts: &ArrayRef, parts: &ArrayRef) -> Result<ArrayRef> {
    let (texts, parts) = (texts.as_string::<i32>(), parts.as_string::<i32>());
    let one = |(text, part): (Option<&str>, Option<&str>)| {
        let (Some(text), Some(part)) = (text, part) else { return Ok(None) };
        let place = text.find(part).map_or(0, |at| text[..at].chars().count() + 1);
        i32::try_from(place).map(Some).map_err(|_| super::refused(PlanError::TooLarge("strpos")))
    };
    Ok(Arc::new(texts.iter().zip(parts.iter()).map(one).collect::<Result<Int32Array>>()?))
}

/// How a boolean is written.
pub(super) type Truth = (&'static str, &'static str);

/// The values of a column as texts.
pub(super) fn of(array: &ArrayRef, session: &Arc<Session>, truth: Truth) -> Result<StringArray> {
    let done = match array.data_type() {
        DataType::Boolean => return Ok(booleans(array.as_boolean(), truth)),
        found if found.is_integer() || super::is_text(found) => cast(array, &DataType::Utf8)?,
        found if found.is_decimal() || *found == crate::numeric::scaled_type() => {
            let numbers = Numbers::of(array)?;
            let texts = (0..array.len()).map(|row| match numbers.get(row) {
                Some(figure) => figure.text().map(Some).ok_or_else(out_of_range),
                None => Ok(None),
            });
            return texts.collect();
        }
        DataType::FixedSizeBinary(16) | DataType::Binary => {
            let function = crate::bytes::text_function();
            called(&function, array)?
        }
        DataType::List(_) => return arrays(array.as_list::<i32>(), session),
        _ => {
            let function = crate::datetime::text(session);
            called(&function.ok_or_else(|| DataFusionError::Internal("no text of a time".into()))?, array)?
        }
    };
    Ok(done.as_string::<i32>().clone())
}

/// `[1:3]`; NULL where there are no items.
pub(super) fn dimensions(list: &ListArray) -> ArrayRef {
    let of = |row: usize| {
        let items = if list.is_valid(row) { list.value_length(row) } else { 0 };
        (items > 0).then(|| format!("[1:{items}]"))
    };
    Arc::new((0..list.len()).map(of).collect::<StringArray>())
}

/// `{a,"b c",NULL}`; inner arrays stand there without quotes.
pub(super) fn arrays(list: &ListArray, session: &Arc<Session>) -> Result<StringArray> {
    let items = of(list.values(), session, ("t", "f"))?;
    let inner = matches!(list.value_type(), DataType::List(_));
    let offsets = list.value_offsets();
    let mut out = StringBuilder::new();
    for row in 0..list.len() {
        if list.is_null(row) {
            out.append_null();
            continue;
        }
        let mut text = vec![b'{'];
        for place in offsets[row] as usize..offsets[row + 1] as usize {
            if text.len() > 1 {
                text.push(b',');
            }
            match items.is_valid(place) {
                true if inner => text.extend_from_slice(items.value(place).as_bytes()),
                true => sluice_base::put_array_item(items.value(place).as_bytes(), |part| text.extend_from_slice(part)),
                false => text.extend_from_slice(b"NULL"),
            }
        }
        text.push(b'}');
        let text = String::from_utf8(text).map_err(|_| DataFusionError::Internal("an array is no text".into()))?;
        out.append_value(text);
    }
    Ok(out.finish())
}

fn out_of_range() -> DataFusionError {
    super::refused(PlanError::OutOfRange("numeric field overflow"))
}

fn booleans(array: &BooleanArray, (yes, no): Truth) -> StringArray {
    array.iter().map(|value| value.map(|value| if value { yes } else { no })).collect()
}

/// A function of one argument over a whole column.
fn called(function: &Arc<ScalarUDF>, array: &ArrayRef) -> Result<ArrayRef> {
    let outcome = function.invoke_with_args(ScalarFunctionArgs {
        args: vec![ColumnarValue::Array(Arc::clone(array))],
        arg_fields: vec![Arc::new(Field::new("value", array.data_type().clone(), true))],
        number_rows: array.len(),
        return_field: Arc::new(Field::new("text", DataType::Utf8, true)),
        config_options: Arc::new(ConfigOptions::default()),
    })?;
    outcome.to_array(array.len())
}

/// `array_to_string`: NULL items are left out, or written as the third argument says.
pub(super) fn joined(
    list: &ListArray,
    separator: &ArrayRef,
    null: Option<&ArrayRef>,
    session: &Arc<Session>,
) -> Result<ArrayRef> {
    let items = of(list.values(), session, ("t", "f"))?;
    let separator = separator.as_string::<i32>();
    let mut out = StringBuilder::new();
    for row in 0..list.len() {
        if list.is_null(row) || separator.is_null(row) {
            out.append_null();
            continue;
        }
        let null = null.filter(|null| null.is_valid(row)).map(|null| null.as_string::<i32>().value(row));
        let offsets = list.value_offsets();
        let range = offsets[row] as usize..offsets[row + 1] as usize;
        let shown = range.filter_map(|place| if items.is_valid(place) { Some(items.value(place)) } else { null });
        out.append_value(shown.collect::<Vec<_>>().join(separator.value(row)));
    }
    Ok(Arc::new(out.finish()))
}
