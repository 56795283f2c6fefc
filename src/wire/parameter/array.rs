//! One-dimensional arrays as text: `{a,"b c",NULL}`.

use super::{Decoded, is_space};
use crate::ParameterFault;
use sluice_base::{Datum, SqlType, TimeZone};

fn split(text: &str) -> Decoded<Vec<Option<String>>> {
    let fault = ParameterFault::Text;
    let text = text.trim_matches(is_space);
    if text.starts_with('[') {
        return Err(ParameterFault::Unsupported("an array with explicit bounds"));
    }
    let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).ok_or(fault)?;
    let mut items = Vec::new();
    let mut rest = inner.trim_start_matches(is_space);
    if rest.is_empty() {
        return Ok(items);
    }
    loop {
        let (item, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_item(quoted).map(|(item, after)| (Some(item), after))?,
            None => bare_item(rest)?,
        };
        items.push(item);
        let after = after.trim_start_matches(is_space);
        match after.strip_prefix(',') {
            Some(next) => rest = next.trim_start_matches(is_space),
            None if after.is_empty() => return Ok(items),
            None => return Err(fault),
        }
    }
}

pub(super) fn of_text(text: &str, item: &SqlType, zone: &TimeZone) -> Decoded {
    if !super::array_item(item) {
        return Err(ParameterFault::Unsupported("an array of this type"));
    }
    let items = split(text)?.into_iter().map(|text| match text {
        None => Ok(Datum::Null),
        Some(text) => super::of_text(&text, item, zone),
    });
    items.collect::<Decoded<_>>().map(Datum::Array)
}

fn quoted_item(text: &str) -> Decoded<(String, &str)> {
    let mut item = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((item, &text[at + 1..])),
            '\\' => item.push(chars.next().ok_or(ParameterFault::Text)?.1),
            c => item.push(c),
        }
    }
    Err(ParameterFault::Text)
}

/// An item without quotes: up to the next comma, white space around it dropped, NULL where it says so.
fn bare_item(text: &str) -> Decoded<(Option<String>, &str)> {
    let mut item = String::new();
    // Length of `item` up to its last character that is not white space, or that was escaped.
    let mut solid = 0;
    let mut escaped = false;
    let mut end = text.len();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            ',' => {
                end = at;
                break;
            }
            '{' | '}' => return Err(ParameterFault::Unsupported("an array of more than one dimension")),
            '"' => return Err(ParameterFault::Text),
            '\\' => {
                item.push(chars.next().ok_or(ParameterFault::Text)?.1);
                escaped = true;
                solid = item.len();
            }
            c => {
                item.push(c);
                solid = if is_space(c) { solid } else { item.len() };
            }
        }
    }
    item.truncate(solid);
    match item.as_str() {
        "" => Err(ParameterFault::Text),
        word if !escaped && word.eq_ignore_ascii_case("null") => Ok((None, &text[end..])),
        _ => Ok((Some(item), &text[end..])),
    }
}
