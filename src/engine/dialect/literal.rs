//! Literals whose text is made of digits, signs and points alone: nothing in them can end a literal early.

use sluice_base::Datum;

use crate::sources::calendar;

/// The text of a NULL, boolean, integer, finite decimal, date or timestamp; `None` for every other value.
pub(super) fn plain(value: &Datum) -> Option<String> {
    match value {
        Datum::Null => Some("NULL".into()),
        Datum::Bool(true) => Some("TRUE".into()),
        Datum::Bool(false) => Some("FALSE".into()),
        Datum::Int(number) => Some(number.to_string()),
        Datum::Numeric(text) => decimal(text).then(|| text.clone()),
        Datum::Date(days) => calendar::date_text(*days).ok(),
        Datum::Timestamp(micros) | Datum::Timestamptz(micros) => calendar::timestamp_text(*micros).ok(),
        Datum::Float(_)
        | Datum::Text(_)
        | Datum::Bytes(_)
        | Datum::Time(_)
        | Datum::Interval(_)
        | Datum::Uuid(_)
        | Datum::Array(_)
        | Datum::Record(_) => None,
    }
}

/// `-?digits[.digits]`, as a value that claims to be a decimal may have come from a client.
fn decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, part].iter().all(|half| !half.is_empty() && half.bytes().all(|byte| byte.is_ascii_digit()))
}
