//! How long the result of a text function can get, known before it is made.
//!
//! Invariant: [`Growth::bytes`] is never less than the length of what the function makes of a row.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, LargeStringArray, StringArray, StringViewArray};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::logical_expr::ColumnarValue;
use datafusion::scalar::ScalarValue;
use sluice_plan::Grows;

/// The functions that can make more than they are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Growth {
    /// All arguments behind one another.
    Concat,
    /// As above, with the first argument between the others.
    ConcatWith,
    /// Each find of the second argument becomes the third.
    Replace,
    /// Each character becomes one of the third argument.
    Translate,
    /// As often as the second argument says.
    Repeat,
    /// As many characters as the second argument says.
    Pad,
    /// Each match becomes the third argument, with parts of the match in it.
    RegexReplace,
    /// The texts among the arguments stand at each item of the array.
    Items,
    /// Texts with what json escapes in them.
    Json,
    /// Each byte becomes four letters at most.
    Encoded,
    /// Each part stands on a line of its own, behind the blanks of its depth.
    Lines,
    /// The first argument once for each group of the second.
    Groups,
}

/// What is known of a function by its name here.
pub(super) fn of_function(name: &str) -> Option<Growth> {
    Some(match name {
        "concat" | "overlay" | "\u{1}jsonb_joined" | "\u{1}jsonb_set" => Growth::Concat,
        "encode" => Growth::Encoded,
        "jsonb_pretty" => Growth::Lines,
        "concat_ws" => Growth::ConcatWith,
        "replace" => Growth::Replace,
        "translate" => Growth::Translate,
        "repeat" => Growth::Repeat,
        "lpad" | "rpad" => Growth::Pad,
        "regexp_replace" => Growth::RegexReplace,
        other => match sluice_plan::grows(other)? {
            Grows::Together => Growth::Concat,
            Grows::Items => Growth::Items,
            Grows::Json => Growth::Json,
            Grows::Groups => Growth::Groups,
        },
    })
}

impl Growth {
    /// Bytes of the row's result at most.
    pub(super) fn bytes(self, arguments: &[Argument], row: usize) -> usize {
        let text = |at: usize| arguments.get(at).and_then(|argument| argument.text(row)).unwrap_or_default();
        let count = || arguments.get(1).and_then(|argument| argument.number(row)).unwrap_or(0);
        match self {
            Growth::Concat => (0..arguments.len()).map(|at| arguments[at].length(row)).fold(0, usize::saturating_add),
            Growth::ConcatWith => {
                let separators = text(0).len().saturating_mul(arguments.len());
                let parts = arguments.iter().skip(1).map(|argument| argument.length(row));
                parts.fold(separators, usize::saturating_add)
            }
            Growth::Replace => replaced(text(0), text(1), text(2)),
            Growth::Translate => text(0).len().saturating_mul(widest(text(2))),
            Growth::Repeat => text(0).len().saturating_mul(count()),
            Growth::Pad => {
                let fill = if arguments.len() > 2 { text(2) } else { " " };
                count().saturating_mul(widest(text(0)).max(widest(fill)))
            }
            Growth::Items => {
                let items: usize = arguments.iter().map(|argument| argument.items(row)).sum();
                let texts = (0..arguments.len()).map(|at| text(at).len()).fold(PRINTED, usize::saturating_add);
                let own = arguments.iter().map(|argument| argument.length(row)).fold(0, usize::saturating_add);
                own.saturating_add(items.saturating_mul(texts))
            }
            Growth::Json => {
                let one = |argument: &Argument| match argument.text(row) {
                    Some(text) => escaped(text),
                    // An item, with every letter escaped.
                    None => argument.length(row).saturating_mul(6).saturating_add(argument.items(row) * PRINTED),
                };
                arguments.iter().map(|argument| one(argument).saturating_add(4)).fold(2, usize::saturating_add)
            }
            Growth::Encoded => arguments.first().map_or(0, |argument| argument.length(row)).saturating_mul(4),
            Growth::Lines => lined(text(0)),
            Growth::Groups => {
                let groups = text(1).matches('(').count() + 1;
                text(0).len().saturating_mul(groups).saturating_add(groups * 16)
            }
            Growth::RegexReplace => {
                let flags = if arguments.len() > 3 { text(3) } else { "" };
                regex_replaced(text(0), text(1), text(2), flags)
            }
        }
    }
}

/// Bytes of json with each of its parts on a line.
fn lined(json: &str) -> usize {
    let (mut depth, mut bytes) = (0usize, json.len());
    for byte in json.bytes() {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => {}
            _ => continue,
        }
        bytes = bytes.saturating_add(2 + 4 * depth);
    }
    bytes
}

/// Bytes of a value that is no text, printed, at most.
const PRINTED: usize = 128;

/// Bytes of a text in json, quotes aside.
fn escaped(text: &str) -> usize {
    let of = |byte: u8| match byte {
        b'"' | b'\\' | 8 | 9 | 10 | 12 | 13 => 2,
        0..=31 => 6,
        _ => 1,
    };
    text.bytes().map(of).sum()
}

fn replaced(text: &str, from: &str, to: &str) -> usize {
    if from.is_empty() || to.len() <= from.len() {
        return text.len();
    }
    text.len().saturating_add(text.matches(from).count().saturating_mul(to.len() - from.len()))
}

/// Matches never overlap, so what they bring into the result through one reference is no longer than the text.
fn regex_replaced(text: &str, pattern: &str, replacement: &str, flags: &str) -> usize {
    let references = replacement.bytes().filter(|byte| matches!(byte, b'\\' | b'$')).count();
    let matches = if flags.contains('g') { matches_max(text, pattern, replacement.len(), flags) } else { 1 };
    // A reference is turned into one of at most two bytes more.
    let literal = replacement.len().saturating_add(references.saturating_mul(2));
    let copied = references.saturating_add(1).saturating_mul(text.len());
    copied.saturating_add(matches.saturating_mul(literal))
}

/// Matches in a text: counted where the longest possible result would be much.
fn matches_max(text: &str, pattern: &str, replacement_bytes: usize, flags: &str) -> usize {
    const SMALL: usize = 1 << 16;
    let most = text.len().saturating_add(1);
    if most.saturating_mul(replacement_bytes) <= SMALL {
        return most;
    }
    // A pattern that cannot be matched makes no result.
    sluice_plan::pattern_matches(text, pattern, flags).unwrap_or(most)
}

/// Bytes of the widest character that a text can bring into a result.
fn widest(text: &str) -> usize {
    if text.is_ascii() { 1 } else { 4 }
}

/// One argument of a call, by row.
pub(super) enum Argument<'a> {
    Constant(&'a ScalarValue),
    Utf8(&'a StringArray),
    LargeUtf8(&'a LargeStringArray),
    Utf8View(&'a StringViewArray),
    Other(&'a dyn Array),
}

impl<'a> Argument<'a> {
    pub(super) fn of(value: &'a ColumnarValue) -> Argument<'a> {
        match value {
            ColumnarValue::Scalar(value) => Argument::Constant(value),
            ColumnarValue::Array(array) => match array.data_type() {
                DataType::Utf8 => Argument::Utf8(array.as_string()),
                DataType::LargeUtf8 => Argument::LargeUtf8(array.as_string()),
                DataType::Utf8View => Argument::Utf8View(array.as_string_view()),
                _ => Argument::Other(array),
            },
        }
    }

    fn text(&self, row: usize) -> Option<&'a str> {
        match self {
            Argument::Constant(value) => value.try_as_str().flatten(),
            Argument::Utf8(array) => array.is_valid(row).then(|| array.value(row)),
            Argument::LargeUtf8(array) => array.is_valid(row).then(|| array.value(row)),
            Argument::Utf8View(array) => array.is_valid(row).then(|| array.value(row)),
            Argument::Other(_) => None,
        }
    }

    /// The array of a row.
    fn list(&self, row: usize) -> Option<ArrayRef> {
        match self {
            Argument::Constant(ScalarValue::List(list)) if list.is_valid(0) => Some(list.value(0)),
            Argument::Other(array) => {
                array.as_list_opt::<i32>().filter(|list| list.is_valid(row)).map(|list| list.value(row))
            }
            _ => None,
        }
    }

    /// Items of an array.
    fn items(&self, row: usize) -> usize {
        self.list(row).map_or(0, |list| list.len())
    }

    /// Bytes of a text, and of the texts of an array; values of other types print as less than this.
    fn length(&self, row: usize) -> usize {
        if let Some(list) = self.list(row) {
            return list.to_data().get_slice_memory_size().unwrap_or(usize::MAX);
        }
        match self {
            Argument::Other(array) if *array.data_type() == DataType::Binary => match array.is_valid(row) {
                true => array.as_binary::<i32>().value(row).len(),
                false => 0,
            },
            Argument::Constant(ScalarValue::Binary(bytes)) => bytes.as_ref().map_or(0, Vec::len),
            Argument::Other(array) if array.is_valid(row) => PRINTED,
            Argument::Constant(value) if !value.is_null() && value.try_as_str().is_none() => PRINTED,
            _ => self.text(row).map_or(0, str::len),
        }
    }

    /// A count; less than none is none, and one of another type than the functions take is past every bound.
    fn number(&self, row: usize) -> Option<usize> {
        let whole = match self {
            Argument::Constant(ScalarValue::Int64(value)) => *value,
            Argument::Constant(value) if value.is_null() => None,
            Argument::Other(array) if array.is_null(row) => None,
            Argument::Other(array) => {
                array.as_primitive_opt::<Int64Type>().map_or(Some(i64::MAX), |array| Some(array.value(row)))
            }
            _ => Some(i64::MAX),
        };
        whole.map(|count| usize::try_from(count).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(growth: Growth, texts: &[&str]) -> usize {
        let values: Vec<ColumnarValue> =
            texts.iter().map(|text| ColumnarValue::Scalar(ScalarValue::from(*text))).collect();
        let arguments: Vec<Argument> = values.iter().map(Argument::of).collect();
        growth.bytes(&arguments, 0)
    }

    #[test]
    fn lengths_are_known_before() {
        assert_eq!(bytes(Growth::Concat, &["ab", "闸"]), 5);
        assert_eq!(bytes(Growth::Replace, &["aXbXc", "X", "123"]), 9);
        assert_eq!(bytes(Growth::Replace, &["abc", "", "123"]), 3);
        assert!(bytes(Growth::ConcatWith, &["--", "a", "b"]) >= 4);
        assert!(bytes(Growth::Translate, &["aaa", "a", "闸"]) >= 9);
    }

    #[test]
    fn lines_are_no_longer_than_was_said() {
        let pretty = "{\n    \"a\": [\n        1,\n        {\n            \"b\": 2\n        }\n    ]\n}";
        assert!(bytes(Growth::Lines, &["{\"a\": [1, {\"b\": 2}]}"]) >= pretty.len());
    }

    #[test]
    fn json_and_groups_are_no_longer_than_was_said() {
        assert!(bytes(Growth::Json, &["a\"b\n\u{1}"]) >= "\"a\\\"b\\n\\u0001\"".len());
        assert!(bytes(Growth::Groups, &["abc", "((.)(.))"]) >= 5);
        assert_eq!(of_function("regexp_match"), Some(Growth::Groups));
        assert_eq!(of_function("array_to_string"), Some(Growth::Items));
    }

    #[test]
    fn a_regular_expression_makes_no_more_than_was_said() {
        for (text, pattern, replacement) in [
            ("abcabc", "b", r"[\0\0]"),
            ("aaaa", "", "xy"),
            ("abc", "(.*)", r"\1\1\1"),
            (&"x".repeat(70_000), "y", "z"),
        ] {
            let made = regex::Regex::new(pattern).unwrap();
            let rust = replacement.replace('\\', "$").replace("$0", "${0}").replace("$1", "${1}");
            let made = made.replace_all(text, rust.as_str()).len();
            let said = bytes(Growth::RegexReplace, &[text, pattern, replacement, "g"]);
            assert!(made <= said, "{pattern}: {made} bytes, said {said}");
        }
    }
}
