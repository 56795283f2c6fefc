//! Values as text, in the form PostgreSQL's output functions give.

use sluice_base::SqlType;

use super::{array, datetime, names};
use crate::Context;
use crate::error::Result;
use crate::typing::element_type;
use crate::value::Value;

fn float_text(value: f64, single: bool) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.into();
    }
    let magnitude = value.abs();
    let exponent_form = magnitude != 0.0 && (magnitude < 1e-4 || magnitude >= if single { 1e6 } else { 1e15 });
    let shortest =
        |form: &dyn Fn() -> String, single_form: &dyn Fn() -> String| if single { single_form() } else { form() };
    if !exponent_form {
        return shortest(&|| value.to_string(), &|| (value as f32).to_string());
    }
    let text = shortest(&|| format!("{value:e}"), &|| format!("{:e}", value as f32));
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let number: i32 = exponent.parse().unwrap_or(0);
            format!("{digits}e{}{:02}", if number < 0 { '-' } else { '+' }, number.abs())
        }
        None => text,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::from("\\x"), |text, byte| text + &format!("{byte:02x}"))
}

fn uuid_text(bytes: &[u8; 16]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

/// The text form of a value that is not NULL; NULL gives the empty text.
pub(crate) fn text_out(value: &Value, sql_type: &SqlType, context: &Context) -> Result<String> {
    Ok(match value {
        Value::Null => String::new(),
        Value::Bool(value) => if *value { "true" } else { "false" }.into(),
        Value::Int(number) => names::oid_text(*number, sql_type, context).unwrap_or_else(|| number.to_string()),
        Value::Float(number) => float_text(*number, *sql_type == SqlType::Float4),
        Value::Numeric(number) => number.to_string(),
        Value::Text(text) => match sql_type {
            SqlType::Bpchar(_) => text.trim_end_matches(' ').to_string(),
            _ => text.to_string(),
        },
        Value::Bytes(bytes) => hex(bytes),
        Value::Date(days) => datetime::date_text(*days),
        Value::Time(micros) => datetime::time_text(*micros),
        Value::Timestamp(micros) => datetime::timestamp_text(*micros),
        Value::Timestamptz(micros) => {
            datetime::timestamptz_text(*micros, datetime::offset_at(&datetime::session_zone(context), *micros))
        }
        Value::Interval(interval) => datetime::interval_text(interval),
        Value::Uuid(bytes) => uuid_text(bytes),
        Value::Array(held) => {
            let item_type = element_type(sql_type).unwrap_or(SqlType::Text);
            let items = held
                .items
                .iter()
                .map(|item| if item.is_null() { Ok(None) } else { inner_text(item, &item_type, context).map(Some) })
                .collect::<Result<Vec<_>>>()?;
            if matches!(sql_type, SqlType::Int2vector | SqlType::Oidvector) {
                items.into_iter().flatten().collect::<Vec<_>>().join(" ")
            } else {
                array::join(&items)
            }
        }
        Value::Record(fields) => {
            let fields = fields
                .iter()
                .map(
                    |item| {
                        if item.is_null() { Ok(None) } else { inner_text(item, &SqlType::Unknown, context).map(Some) }
                    },
                )
                .collect::<Result<Vec<_>>>()?;
            array::join_record(&fields)
        }
    })
}

/// Inside arrays and records, booleans are `t` and `f`.
fn inner_text(value: &Value, sql_type: &SqlType, context: &Context) -> Result<String> {
    match value {
        Value::Bool(value) => Ok(if *value { "t" } else { "f" }.into()),
        other => text_out(other, sql_type, context),
    }
}

#[cfg(test)]
mod tests {
    use super::float_text;

    #[test]
    fn floats_are_shortest() {
        for (value, expected) in
            [(0.1, "0.1"), (1e15, "1e+15"), (123456789.0, "123456789"), (1e-5, "1e-05"), (-2.5, "-2.5"), (0.0, "0")]
        {
            assert_eq!(float_text(value, false), expected);
        }
        assert_eq!(float_text(f64::from(0.1_f32), true), "0.1");
    }
}
