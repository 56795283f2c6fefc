//! Json that is built of values. Source of the forms: what PostgreSQL's `to_json` and its relatives give.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StringArray, StringBuilder};
use arrow::datatypes::DataType;
use datafusion_common::{DataFusionError, Result};

use super::texts;
use crate::datetime::{DatetimeFault, Session, put_text};

/// The blanks in an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Style {
    /// `{"a" : 1, "b" : 2}`, as `json_build_object` writes.
    Spaced,
    /// `{"a":1,"b":2}`, as a row is written.
    Dense,
}

/// Each value as json.
pub(super) fn values(array: &ArrayRef, session: &Arc<Session>) -> Result<ArrayRef> {
    Ok(Arc::new(StringArray::from(written(array, session)?)))
}

fn written(array: &ArrayRef, session: &Arc<Session>) -> Result<Vec<String>> {
    if array.data_type().is_null() {
        return Ok(vec!["null".into(); array.len()]);
    }
    if let DataType::List(_) = array.data_type() {
        return lists(array.as_list::<i32>(), session);
    }
    let form = form(array.data_type());
    let texts = texts::of(array, session, ("true", "false"))?;
    let one = |text: Option<&str>| {
        let Some(text) = text else { return "null".to_string() };
        let bare = match form {
            Form::Bare => true,
            // NaN and the infinities are no numbers of json.
            Form::Number => !text.ends_with(|letter: char| letter.is_ascii_alphabetic()),
            Form::Quoted | Form::Stamp | Form::Moment => false,
        };
        if bare {
            return text.to_string();
        }
        let mut out = String::with_capacity(text.len() + 2);
        match form {
            Form::Stamp => put_text(&text.replacen(' ', "T", 1), &mut out),
            Form::Moment => put_text(&with_minutes(&text.replacen(' ', "T", 1)), &mut out),
            _ => put_text(text, &mut out),
        }
        out
    };
    Ok(texts.iter().map(one).collect())
}

/// The items of each array, as `json_agg` writes them.
pub(super) fn items(list: &ListArray, session: &Arc<Session>) -> Result<ArrayRef> {
    let items = written(list.values(), session)?;
    let offsets = list.value_offsets();
    let of = |row: usize| {
        list.is_valid(row).then(|| format!("[{}]", items[offsets[row] as usize..offsets[row + 1] as usize].join(", ")))
    };
    Ok(Arc::new((0..list.len()).map(of).collect::<StringArray>()))
}

enum Form {
    Bare,
    Number,
    Quoted,
    Stamp,
    Moment,
}

fn form(data_type: &DataType) -> Form {
    match data_type {
        DataType::Boolean => Form::Bare,
        found if found.is_integer() => Form::Bare,
        found if found.is_numeric() || *found == crate::numeric::scaled_type() => Form::Number,
        DataType::Timestamp(_, None) => Form::Stamp,
        DataType::Timestamp(_, Some(_)) => Form::Moment,
        _ => Form::Quoted,
    }
}

/// A zone `+08` is written `+08:00` in json.
fn with_minutes(text: &str) -> String {
    let (moment, era) = text.strip_suffix(" BC").map_or((text, ""), |moment| (moment, " BC"));
    let zone = moment.rfind(['+', '-']).map(|at| &moment[at + 1..]);
    match zone {
        Some(zone) if zone.len() == 2 => format!("{moment}:00{era}"),
        _ => text.to_string(),
    }
}

fn lists(list: &ListArray, session: &Arc<Session>) -> Result<Vec<String>> {
    let items = written(list.values(), session)?;
    let one = |row: usize| {
        if list.is_null(row) {
            return "null".to_string();
        }
        let offsets = list.value_offsets();
        format!("[{}]", items[offsets[row] as usize..offsets[row + 1] as usize].join(","))
    };
    Ok((0..list.len()).map(one).collect())
}

/// Json, and `null` in the place of NULL.
pub(super) fn or_null(array: &ArrayRef) -> ArrayRef {
    Arc::new(array.as_string::<i32>().iter().map(|text| Some(text.unwrap_or("null"))).collect::<StringArray>())
}

/// `"key" : value`
pub(super) fn members(keys: &ArrayRef, values: &ArrayRef) -> Result<ArrayRef> {
    let (keys, values) = (keys.as_string::<i32>(), values.as_string::<i32>());
    let mut out = StringBuilder::new();
    for row in 0..keys.len() {
        let mut text = String::new();
        put_text(key(keys, row, DatetimeFault::Argument("field name must not be null"))?, &mut text);
        text.push_str(" : ");
        text.push_str(if values.is_valid(row) { values.value(row) } else { "null" });
        out.append_value(text);
    }
    Ok(Arc::new(out.finish()))
}

fn key(keys: &StringArray, row: usize, missing: DatetimeFault) -> Result<&str> {
    match keys.is_valid(row) {
        true => Ok(keys.value(row)),
        false => Err(DataFusionError::from(missing)),
    }
}

/// Objects of keys and values that take turns.
pub(super) fn objects(args: &[ArrayRef], rows: usize, style: Style) -> Result<ArrayRef> {
    let (colon, comma) = match style {
        Style::Spaced => (" : ", ", "),
        Style::Dense => (":", ","),
    };
    let args: Vec<&StringArray> = args.iter().map(|array| array.as_string::<i32>()).collect();
    let mut out = StringBuilder::new();
    for row in 0..rows {
        let mut text = String::from("{");
        for (at, pair) in args.chunks_exact(2).enumerate() {
            if at > 0 {
                text.push_str(comma);
            }
            put_text(key(pair[0], row, DatetimeFault::NullKey(at * 2 + 1))?, &mut text);
            text.push_str(colon);
            text.push_str(if pair[1].is_valid(row) { pair[1].value(row) } else { "null" });
        }
        text.push('}');
        out.append_value(text);
    }
    Ok(Arc::new(out.finish()))
}

pub(super) fn arrays(args: &[ArrayRef], rows: usize) -> ArrayRef {
    let args: Vec<&StringArray> = args.iter().map(|array| array.as_string::<i32>()).collect();
    let one = |row: usize| {
        let items = args.iter().map(|array| if array.is_valid(row) { array.value(row) } else { "null" });
        Some(format!("[{}]", items.collect::<Vec<_>>().join(", ")))
    };
    Arc::new((0..rows).map(one).collect::<StringArray>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Float64Array, TimestampMicrosecondArray};

    #[test]
    fn values_as_postgresql_writes_them() {
        let session = Arc::new(Session { zone: sluice_base::TimeZone::utc(), now: 0 });
        let of = |array: ArrayRef| written(&array, &session).expect("json");
        assert_eq!(of(Arc::new(StringArray::from(vec![Some("a\"\n\u{1}中"), None]))), [r#""a\"\n\u0001中""#, "null"]);
        assert_eq!(of(Arc::new(Float64Array::from(vec![1.5, f64::NAN]))), ["1.5", "\"NaN\""]);
        let moment = TimestampMicrosecondArray::from(vec![250_000]).with_timezone("UTC");
        assert_eq!(of(Arc::new(moment)), ["\"1970-01-01T00:00:00.25+00:00\""]);
    }
}
