//! Functions on arrays.
//!
//! Invariant: as in `text`, each does work that is linear in its arguments.

use std::collections::HashSet;

use super::Entry;
use super::Strictness::{Called, Strict};
use super::text::within;
use super::{int_at, text_at};
use crate::error::{Result, SystemError};
use crate::eval::Run;
use crate::value::{ArrayValue, Key, Value};

fn array(args: &[Value], place: usize) -> Option<&ArrayValue> {
    args.get(place).and_then(Value::as_array)
}

/// A bound or length of dimension 1; other dimensions do not exist.
fn bound(args: &[Value], of: fn(&ArrayValue) -> i64) -> Result<Value> {
    let dimension = int_at(args, 1)?;
    Ok(match array(args, 0) {
        Some(held) if dimension == 1 && !held.items.is_empty() => Value::Int(of(held)),
        _ => Value::Null,
    })
}

fn upper(held: &ArrayValue) -> i64 {
    i64::from(held.lower) + held.items.len() as i64 - 1
}

fn to_string(_: &Run, args: &[Value]) -> Result<Value> {
    let (Some(held), Some(delimiter)) = (array(args, 0), text_at(args, 1)) else { return Ok(Value::Null) };
    let instead = text_at(args, 2);
    let longest = delimiter.len() + instead.unwrap_or_default().len();
    within(held.items.len().saturating_mul(longest))?;
    within(held.items.iter().filter_map(Value::as_text).map(str::len).fold(0, usize::saturating_add))?;
    let parts: Vec<&str> =
        held.items.iter().filter_map(|item| if item.is_null() { instead } else { item.as_text() }).collect();
    Ok(parts.join(delimiter).into())
}

fn of_string(_: &Run, args: &[Value]) -> Result<Value> {
    let Some(text) = text_at(args, 0) else { return Ok(Value::Null) };
    let null = text_at(args, 2);
    items_within(match text_at(args, 1) {
        None => text.len(),
        Some("") => 1,
        Some(delimiter) => text.matches(delimiter).count() + 1,
    })?;
    let item = |part: &str| if Some(part) == null { Value::Null } else { Value::from(part) };
    let items = match text_at(args, 1) {
        _ if text.is_empty() => Vec::new(),
        None => text.chars().map(|c| item(&c.to_string())).collect(),
        Some("") => vec![item(text)],
        Some(delimiter) => text.split(delimiter).map(item).collect(),
    };
    Ok(Value::array(items))
}

/// Refuses an array of this many items before it is made.
pub(super) fn items_within(items: usize) -> Result<()> {
    within(items.saturating_mul(size_of::<Value>()))
}

fn items(value: Option<&Value>) -> Vec<Value> {
    value.and_then(Value::as_array).map_or_else(Vec::new, |held| held.items.clone())
}

fn concatenate(_: &Run, args: &[Value]) -> Result<Value> {
    if args.iter().all(Value::is_null) {
        return Ok(Value::Null);
    }
    let mut joined = items(args.first());
    joined.extend(items(args.get(1)));
    Ok(Value::array(joined))
}

fn append(_: &Run, args: &[Value]) -> Result<Value> {
    let mut joined = items(args.first());
    joined.extend(args.get(1).cloned());
    Ok(Value::array(joined))
}

fn prepend(_: &Run, args: &[Value]) -> Result<Value> {
    let mut joined: Vec<Value> = args.first().cloned().into_iter().collect();
    joined.extend(items(args.get(1)));
    Ok(Value::array(joined))
}

fn remove(_: &Run, args: &[Value]) -> Result<Value> {
    let (Some(held), Some(unwanted)) = (array(args, 0), args.get(1)) else { return Ok(Value::Null) };
    let unwanted = Key(unwanted.clone());
    Ok(Value::array(held.items.iter().filter(|item| Key((*item).clone()) != unwanted).cloned().collect()))
}

fn position(_: &Run, args: &[Value]) -> Result<Value> {
    let (Some(held), Some(wanted)) = (array(args, 0), args.get(1)) else { return Ok(Value::Null) };
    let wanted = Key(wanted.clone());
    let place = held.items.iter().position(|item| Key(item.clone()) == wanted);
    Ok(place.map_or(Value::Null, |place| Value::Int(place as i64 + i64::from(held.lower))))
}

fn positions(_: &Run, args: &[Value]) -> Result<Value> {
    let (Some(held), Some(wanted)) = (array(args, 0), args.get(1)) else { return Ok(Value::Null) };
    let wanted = Key(wanted.clone());
    let places = held.items.iter().zip(i64::from(held.lower)..).filter(|(item, _)| Key((*item).clone()) == wanted);
    Ok(Value::array(places.map(|(_, place)| Value::Int(place)).collect()))
}

fn replace(_: &Run, args: &[Value]) -> Result<Value> {
    let (Some(held), Some(from), Some(to)) = (array(args, 0), args.get(1), args.get(2)) else { return Ok(Value::Null) };
    let from = Key(from.clone());
    let items = held.items.iter().map(|item| if Key(item.clone()) == from { to.clone() } else { item.clone() });
    Ok(Value::array(items.collect()))
}

/// The items as a set; NULL equals nothing.
fn set_of(array: &ArrayValue) -> HashSet<Key> {
    array.items.iter().filter(|item| !item.is_null()).cloned().map(Key).collect()
}

fn contains(outer: &ArrayValue, inner: &ArrayValue) -> bool {
    let held = set_of(outer);
    inner.items.iter().all(|wanted| held.contains(&Key(wanted.clone())))
}

fn pair(args: &[Value]) -> Result<(&ArrayValue, &ArrayValue)> {
    array(args, 0).zip(array(args, 1)).ok_or(SystemError::Internal("operands that are no arrays"))
}

fn overlaps(a: &ArrayValue, b: &ArrayValue) -> bool {
    let held = set_of(b);
    a.items.iter().any(|item| held.contains(&Key(item.clone())))
}

pub(super) static TABLE: &[Entry] = &[
    ("array_upper(anyarray,int4) int4", Strict, |_, args| bound(args, upper)),
    ("array_lower(anyarray,int4) int4", Strict, |_, args| bound(args, |held| held.lower.into())),
    ("array_length(anyarray,int4) int4", Strict, |_, args| bound(args, |held| held.items.len() as i64)),
    ("array_ndims(anyarray) int4", Strict, |_, args| {
        Ok(array(args, 0).filter(|held| !held.items.is_empty()).map_or(Value::Null, |_| Value::Int(1)))
    }),
    ("cardinality(anyarray) int4", Strict, |_, args| {
        Ok(array(args, 0).map_or(Value::Null, |held| Value::Int(held.items.len() as i64)))
    }),
    ("array_to_string(anytexts,text) text", Strict, to_string),
    ("array_to_string(anytexts,text,text) text", Called, to_string),
    ("string_to_array(text,text) text[]", Called, of_string),
    ("string_to_array(text,text,text) text[]", Called, of_string),
    ("array_append(anyarray,anyelement) anyarray", Called, append),
    ("array_prepend(anyelement,anyarray) anyarray", Called, prepend),
    ("array_cat(anyarray,anyarray) anyarray", Called, concatenate),
    ("array_remove(anyarray,anyelement) anyarray", Called, remove),
    ("array_position(anyarray,anyelement) int4", Called, position),
    ("array_positions(anyarray,anyelement) int4[]", Called, positions),
    ("array_replace(anyarray,anyelement,anyelement) anyarray", Called, replace),
    ("array_dims(anyarray) text", Strict, |_, args| {
        let held = array(args, 0).filter(|held| !held.items.is_empty());
        Ok(held.map_or(Value::Null, |held| format!("[{}:{}]", held.lower, upper(held)).into()))
    }),
    ("@>(anyarray,anyarray) bool", Strict, |_, args| pair(args).map(|(a, b)| contains(a, b).into())),
    ("<@(anyarray,anyarray) bool", Strict, |_, args| pair(args).map(|(a, b)| contains(b, a).into())),
    ("&&(anyarray,anyarray) bool", Strict, |_, args| pair(args).map(|(a, b)| overlaps(a, b).into())),
];
