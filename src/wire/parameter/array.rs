//! One-dimensional arrays: as text, `{a,"b c",NULL}`, and in binary.

use super::binary::{self, Reader};
use super::{Decoded, array_item, is_space};
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

/// Items that PostgreSQL lets an array have.
const ITEMS_MAX: i64 = 134_217_727;

/// Dimensions, a flag for NULLs, the items' type, then length and lower bound of the one dimension, and the items.
pub(super) fn of_binary(reader: &mut Reader<'_>, item: &SqlType) -> Decoded {
    let shape = shape(reader, item)?;
    items(reader, item, shape.map_or(0, |(length, _)| length)).map(Datum::Array)
}

/// `int2vector` and `oidvector`: not empty, counted from 0, without NULL.
pub(super) fn vector_of_binary(reader: &mut Reader<'_>, item: &SqlType) -> Decoded {
    let shape = shape(reader, item)?;
    let items = items(reader, item, shape.map_or(0, |(length, _)| length))?;
    let sound = matches!(shape, Some((1.., 0))) && !items.contains(&Datum::Null);
    if sound { Ok(Datum::Array(items)) } else { Err(ParameterFault::Binary) }
}

/// Length and lower bound of the one dimension; `None` is an array without a dimension.
fn shape(reader: &mut Reader<'_>, item: &SqlType) -> Decoded<Option<(usize, i32)>> {
    let dimensions = reader.word()?;
    match dimensions {
        ..0 => return Err(ParameterFault::Binary),
        0..=6 => {}
        _ => return Err(ParameterFault::TooManyItems),
    }
    if !matches!(reader.word()?, 0 | 1) {
        return Err(ParameterFault::Binary);
    }
    if !array_item(item) || reader.word()?.cast_unsigned() != item.oid() {
        return Err(ParameterFault::ItemType);
    }
    match dimensions {
        0 => return Ok(None),
        1 => {}
        _ => return Err(ParameterFault::Unsupported("an array of more than one dimension")),
    }
    let (length, lower_bound) = (reader.word()?, reader.word()?);
    let end = i64::from(length) + i64::from(lower_bound);
    match usize::try_from(length) {
        Ok(items) if i64::from(length) <= ITEMS_MAX && end <= i64::from(i32::MAX) => Ok(Some((items, lower_bound))),
        _ => Err(ParameterFault::TooManyItems),
    }
}

fn items(reader: &mut Reader<'_>, item: &SqlType, length: usize) -> Decoded<Vec<Datum>> {
    // Each item has at least its length.
    let mut items = Vec::with_capacity(length.min(reader.left() / 4));
    for _ in 0..length {
        items.push(match reader.word()? {
            -1 => Datum::Null,
            bytes => {
                let bytes = usize::try_from(bytes).map_err(|_| ParameterFault::Binary)?;
                binary::decode(reader.take_slice(bytes).ok_or(ParameterFault::Binary)?, item)?
            }
        });
    }
    Ok(items)
}
