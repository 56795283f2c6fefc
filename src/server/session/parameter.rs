//! Arguments of EXECUTE: literals of the statement's text in the types of the parameters.

use sluice_base::{Datum, Format, SqlType, TimeZone};
use sluice_wire::decode_parameter_in;

/// A literal as a value of a type; `None` where it is none.
pub fn coerce(value: &Datum, sql_type: &SqlType, zone: &TimeZone) -> Option<Datum> {
    let text = match value {
        Datum::Null => return Some(Datum::Null),
        Datum::Bool(value) => value.to_string(),
        Datum::Int(value) => value.to_string(),
        Datum::Float(value) => value.to_string(),
        Datum::Numeric(value) | Datum::Text(value) => value.clone(),
        // The text of a statement has no other literals.
        Datum::Bytes(_)
        | Datum::Date(_)
        | Datum::Time(_)
        | Datum::Timestamp(_)
        | Datum::Timestamptz(_)
        | Datum::Interval(_)
        | Datum::Uuid(_)
        | Datum::Array(_)
        | Datum::Record(_) => return None,
    };
    decode_parameter_in(Format::Text, text.as_bytes(), sql_type, zone).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_take_the_type_of_the_parameter() {
        let cases = [
            (Datum::Int(7), SqlType::Int4, Some(Datum::Int(7))),
            (Datum::Int(7), SqlType::Text, Some(Datum::Text("7".into()))),
            (Datum::Text("7".into()), SqlType::Int8, Some(Datum::Int(7))),
            (Datum::Numeric("1.50".into()), SqlType::Numeric(None), Some(Datum::Numeric("1.50".into()))),
            (Datum::Text("2024-02-29".into()), SqlType::Date, Some(Datum::Date(19_782))),
            (Datum::Null, SqlType::Date, Some(Datum::Null)),
            (Datum::Int(70_000), SqlType::Int2, None),
            (Datum::Text("x".into()), SqlType::Int4, None),
        ];
        for (value, sql_type, expected) in cases {
            assert_eq!(coerce(&value, &sql_type, &TimeZone::utc()), expected, "{value:?} as {sql_type:?}");
        }
    }
}
