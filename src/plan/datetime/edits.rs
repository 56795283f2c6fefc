//! Changed values of `jsonb`: without a key, an element or what a path leads to, and with another value there.
//!
//! Source of the rules: PostgreSQL documentation, "JSON Functions and Operators". Invariant: a result is no longer than the
//! arguments together, a few letters of punctuation aside.

use super::fault::DatetimeFault as Fault;
use super::json::{parts, unescaped, whole};
use super::jsonb::{brackets, members, normal, put_text};
use super::table::{Outcome, Overload, int, text};
use super::value::{Kind, Value};
use crate::resolve::json::{DROPPED, DROPPED_PATH, SET_PATH};

macro_rules! table {
    ($($name:expr, [$($arg:ident),*], $run:expr;)*) => {
        &[$(Overload { name: $name, args: &[$(Kind::$arg),*], result: Kind::Text, run: $run },)*]
    };
}

pub(super) static TABLE: &[Overload] = table! {
    DROPPED, [Text, Text], |_, v| without_key(text(&v[0])?, text(&v[1])?);
    DROPPED, [Text, Int], |_, v| without_element(text(&v[0])?, int(&v[1])?);
    DROPPED, [Text, Long], |_, v| without_element(text(&v[0])?, int(&v[1])?);
    DROPPED_PATH, [Text, Text], |_, v| along(text(&v[0])?, text(&v[1])?, &Edit::Drop);
    SET_PATH, [Text, Text, Text, Bool], |_, v| {
        let create = matches!(v[3], Value::Bool(true));
        along(text(&v[0])?, text(&v[1])?, &Edit::Set(whole(text(&v[2])?)?, create))
    };
    "jsonb_pretty", [Text], |_, v| {
        let mut out = String::new();
        pretty(whole(text(&v[0])?)?, 0, &mut out)?;
        Ok(Value::Owned(out))
    };
};

/// What becomes of the place that a path leads to.
enum Edit<'e> {
    Drop,
    /// A value, and whether it is put where there was none.
    Set(&'e str, bool),
}

fn is_object(part: &str) -> bool {
    part.starts_with('{')
}

fn is_array(part: &str) -> bool {
    part.starts_with('[')
}

fn object<'p>(members: impl Iterator<Item = (String, &'p str)>) -> String {
    let mut out = String::from("{");
    for (at, (key, value)) in members.enumerate() {
        if at > 0 {
            out.push(',');
        }
        put_text(&key, &mut out);
        out.push(':');
        out.push_str(value);
    }
    out.push('}');
    out
}

fn array<'p>(elements: impl Iterator<Item = &'p str>) -> String {
    format!("[{}]", elements.collect::<Vec<_>>().join(","))
}

/// `jsonb - text`: without the member of a key, or the strings that are equal.
fn without_key(json: &str, key: &str) -> Outcome<'static> {
    let part = whole(json)?;
    if is_object(part) {
        return normal(&object(members(part)?.into_iter().filter(|(name, _)| name != key)));
    }
    if !is_array(part) {
        return Err(Fault::Argument("cannot delete from scalar"));
    }
    let mut kept = Vec::new();
    for (_, element) in parts(part)? {
        if !(element.starts_with('"') && unescaped(element)? == key) {
            kept.push(element);
        }
    }
    normal(&array(kept.into_iter()))
}

/// `jsonb - integer`: without an element, counted from the end where the place is below nought.
fn without_element(json: &str, place: i64) -> Outcome<'static> {
    let part = whole(json)?;
    if is_object(part) {
        return Err(Fault::Argument("cannot delete from object using integer index"));
    }
    if !is_array(part) {
        return Err(Fault::Argument("cannot delete from scalar"));
    }
    let elements = parts(part)?;
    let dropped = place_of(place, elements.len());
    let kept = elements.iter().enumerate().filter(|(at, _)| Some(*at) != dropped).map(|(_, (_, element))| *element);
    normal(&array(kept))
}

fn place_of(place: i64, count: usize) -> Option<usize> {
    let place = if place < 0 { place.checked_add(i64::try_from(count).ok()?)? } else { place };
    usize::try_from(place).ok().filter(|place| *place < count)
}

fn along(json: &str, path: &str, edit: &Edit) -> Outcome<'static> {
    let part = whole(json)?;
    // The path is an array of texts, as json.
    let steps = parts(whole(path)?)?.into_iter().map(|(_, step)| unescaped(step)).collect::<Result<Vec<_>, _>>()?;
    if !is_object(part) && !is_array(part) {
        return Err(Fault::Argument(match edit {
            Edit::Drop => "cannot delete path in scalar",
            Edit::Set(..) => "cannot set path in scalar",
        }));
    }
    if steps.is_empty() {
        return normal(part);
    }
    normal(&edited(part, &steps, edit)?)
}

fn edited(part: &str, steps: &[String], edit: &Edit) -> Result<String, Fault> {
    let Some((step, rest)) = steps.split_first() else { return Ok(part.to_string()) };
    let inside = |value: &str| -> Result<Option<String>, Fault> {
        match (rest.is_empty(), edit) {
            (true, Edit::Drop) => Ok(None),
            (true, Edit::Set(new, _)) => Ok(Some((*new).to_string())),
            (false, _) => edited(value, rest, edit).map(Some),
        }
    };
    let added = match edit {
        Edit::Set(new, true) if rest.is_empty() => Some(*new),
        _ => None,
    };
    if is_object(part) {
        let mut made = Vec::new();
        let mut met = false;
        for (key, value) in members(part)? {
            if key != *step {
                made.push((key, value.to_string()));
                continue;
            }
            met = true;
            made.extend(inside(value)?.map(|value| (key, value)));
        }
        made.extend(added.filter(|_| !met).map(|new| (step.clone(), new.to_string())));
        return Ok(object(made.iter().map(|(key, value)| (key.clone(), value.as_str()))));
    }
    if !is_array(part) {
        return Ok(part.to_string());
    }
    let place: i64 = step.trim().parse().map_err(|_| Fault::Input("path element is not an integer"))?;
    let elements = parts(part)?;
    let at = place_of(place, elements.len());
    let mut made = Vec::new();
    for (number, (_, element)) in elements.iter().enumerate() {
        if Some(number) == at {
            made.extend(inside(element)?);
        } else {
            made.push((*element).to_string());
        }
    }
    if let (None, Some(new)) = (at, added) {
        let end = if place < 0 { 0 } else { made.len() };
        made.insert(end, new.to_string());
    }
    Ok(array(made.iter().map(String::as_str)))
}

/// Each member and element on a line of its own.
fn pretty(part: &str, depth: usize, out: &mut String) -> Result<(), Fault> {
    let Some((open, close)) = brackets(part) else {
        out.push_str(part);
        return Ok(());
    };
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("    ", depth));
    };
    out.push(open);
    for (at, (key, value)) in parts(part)?.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        line(out, depth + 1);
        if let Some(key) = key {
            out.push_str(key);
            out.push_str(": ");
        }
        pretty(value, depth + 1, out)?;
    }
    line(out, depth);
    out.push(close);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(outcome: Outcome) -> String {
        match outcome {
            Ok(Value::Owned(text)) => text,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn values_are_changed_as_postgresql_does() {
        assert_eq!(of(without_key(r#"{"a": 1, "b": 2}"#, "a")), r#"{"b": 2}"#);
        assert_eq!(of(without_key(r#"["a", 1, "a"]"#, "a")), "[1]");
        assert_eq!(of(without_element("[1, 2, 3]", -1)), "[1, 2]");
        let path = r#"["b", "0"]"#;
        assert_eq!(of(along(r#"{"b": [1, 2]}"#, path, &Edit::Drop)), r#"{"b": [2]}"#);
        assert_eq!(of(along(r#"{"b": [1, 2]}"#, path, &Edit::Set("9", true))), r#"{"b": [9, 2]}"#);
        assert_eq!(of(along(r#"{"b": 1}"#, r#"["c"]"#, &Edit::Set("9", true))), r#"{"b": 1, "c": 9}"#);
        assert_eq!(of(along(r#"{"b": 1}"#, r#"["c"]"#, &Edit::Set("9", false))), r#"{"b": 1}"#);
        assert_eq!(of(along("[1]", r#"["5"]"#, &Edit::Set("9", true))), "[1, 9]");
        assert!(without_key("1", "a").is_err());
    }
}
