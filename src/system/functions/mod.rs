//! The functions that catalog queries use, each with PostgreSQL's signatures.
//!
//! Invariant: a call is resolved while the query is analysed, by PostgreSQL's rule in short: the arguments must be
//! castable implicitly, and the signature that needs the fewest casts wins. A function that is not in the tables
//! does not exist.

mod arithmetic;
mod arrays;
mod catalog;
mod datetime;
mod definitions;
mod describe;
mod identify;
mod json;
mod json_build;
mod json_read;
mod privileges;
mod session;
mod sets;
mod text;

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use sluice_base::SqlType;

pub(crate) use arithmetic::add_intervals;
pub(crate) use definitions::{index_definition, view_definition};
pub(crate) use json::{check_json, jsonb_key, normal_json};
pub(crate) use json_build::{field as json_field, json_or_null};
pub(crate) use sets::{SetFunction, record_function, set_function};

use crate::error::{Result, SystemError};
use crate::eval::Run;
use crate::typing::{array_of, element_type, implicit, plain, type_by_name};
use crate::value::Value;

/// What a function does with its arguments.
pub(crate) type Body = fn(&Run, &[Value]) -> Result<Value>;

/// One entry of a table: signature (`name(type, ...) result`), whether NULL in gives NULL out, what it does.
pub(crate) type Entry = (&'static str, Strictness, Body);

/// Whether a function is entered with NULL among its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// NULL in, NULL out.
    Strict,
    /// Entered whatever the arguments are.
    Called,
}

/// The declared type of an argument or result.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Declared {
    Exactly(SqlType),
    /// Taken as it comes.
    Any,
    /// Turned into text by the type's output function.
    AnyText,
    /// As [`Declared::AnyText`], by its output function and not by a cast: for a boolean they differ.
    AnyShown,
    /// An array, its items turned into text.
    AnyTexts,
    AnyArray,
    AnyElement,
}

/// One signature of a function.
pub(crate) struct Overload {
    pub(crate) name: &'static str,
    pub(crate) args: Vec<Declared>,
    pub(crate) variadic: bool,
    pub(crate) result: Declared,
    pub(crate) strict: bool,
    pub(crate) run: Body,
}

impl fmt::Debug for Overload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.name, self.args.len())
    }
}

impl AggregateKind {
    /// True where the argument is given as JSON.
    pub(crate) fn of_json(self) -> bool {
        matches!(
            self,
            AggregateKind::JsonAgg
                | AggregateKind::JsonbAgg
                | AggregateKind::JsonObjectAgg
                | AggregateKind::JsonbObjectAgg
        )
    }
}

/// Aggregate functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AggregateKind {
    CountRows,
    Count,
    Min,
    Max,
    Sum,
    Avg,
    BoolAnd,
    BoolOr,
    ArrayAgg,
    StringAgg,
    JsonAgg,
    JsonbAgg,
    JsonObjectAgg,
    JsonbObjectAgg,
}

/// The aggregate of this name; `count` over rows is told apart by its arguments.
pub(crate) fn aggregate_kind(name: &str) -> Option<AggregateKind> {
    Some(match name {
        "count" => AggregateKind::Count,
        "min" => AggregateKind::Min,
        "max" => AggregateKind::Max,
        "sum" => AggregateKind::Sum,
        "avg" => AggregateKind::Avg,
        "bool_and" | "every" => AggregateKind::BoolAnd,
        "bool_or" => AggregateKind::BoolOr,
        "array_agg" => AggregateKind::ArrayAgg,
        "string_agg" => AggregateKind::StringAgg,
        "json_agg" => AggregateKind::JsonAgg,
        "jsonb_agg" => AggregateKind::JsonbAgg,
        "json_object_agg" => AggregateKind::JsonObjectAgg,
        "jsonb_object_agg" => AggregateKind::JsonbObjectAgg,
        _ => return None,
    })
}

fn declared(word: &str) -> Declared {
    match word {
        "any" => Declared::Any,
        "anytext" => Declared::AnyText,
        "anyshown" => Declared::AnyShown,
        "anytexts" => Declared::AnyTexts,
        "anyarray" => Declared::AnyArray,
        "anyelement" => Declared::AnyElement,
        word => match word.strip_suffix("[]") {
            Some(item) => Declared::Exactly(array_of(&type_by_name(item).unwrap_or(SqlType::Text))),
            None => Declared::Exactly(type_by_name(word).unwrap_or(SqlType::Text)),
        },
    }
}

fn parse(entry: &Entry) -> Option<Overload> {
    let (signature, strictness, run) = *entry;
    let open = signature.find('(')?;
    let close = signature.rfind(')')?;
    let mut variadic = false;
    let args = signature[open + 1..close]
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(|word| match word.strip_prefix("variadic ") {
            Some(word) => {
                variadic = true;
                declared(word)
            }
            None => declared(word),
        })
        .collect();
    Some(Overload {
        name: &signature[..open],
        args,
        variadic,
        result: declared(signature[close + 1..].trim()),
        strict: strictness == Strictness::Strict,
        run,
    })
}

fn overloads() -> &'static HashMap<&'static str, Vec<Overload>> {
    static OVERLOADS: OnceLock<HashMap<&'static str, Vec<Overload>>> = OnceLock::new();
    OVERLOADS.get_or_init(|| {
        let tables: [&[Entry]; 11] = [
            arithmetic::TABLE,
            arrays::TABLE,
            catalog::TABLE,
            datetime::TABLE,
            definitions::TABLE,
            describe::TABLE,
            json_build::TABLE,
            json_read::TABLE,
            privileges::TABLE,
            session::TABLE,
            text::TABLE,
        ];
        let mut by_name: HashMap<&'static str, Vec<Overload>> = HashMap::new();
        for overload in tables.into_iter().flatten().filter_map(parse) {
            by_name.entry(overload.name).or_default().push(overload);
        }
        by_name
    })
}

/// A function chosen for a call, with the types its arguments are cast to.
pub(crate) struct Chosen {
    pub(crate) overload: &'static Overload,
    pub(crate) args: Vec<SqlType>,
    pub(crate) result: SqlType,
}

/// Casts needed to pass `from` where `to` is declared; `None` where it does not fit.
fn cost(from: &SqlType, to: &Declared) -> Option<u32> {
    match to {
        Declared::AnyShown if *from == SqlType::Bool => None,
        Declared::Any | Declared::AnyText | Declared::AnyShown => Some(3),
        Declared::AnyElement => Some(4),
        Declared::AnyArray | Declared::AnyTexts => match from {
            SqlType::Unknown => Some(5),
            other => element_type(other).map(|_| 3),
        },
        Declared::Exactly(to) => {
            if plain(from) == plain(to) {
                return Some(0);
            }
            if *from == SqlType::Unknown {
                return Some(if *to == SqlType::Text { 0 } else { 1 });
            }
            if !implicit(from, to) {
                return None;
            }
            const LADDER: [SqlType; 6] =
                [SqlType::Int2, SqlType::Int4, SqlType::Int8, SqlType::Numeric(None), SqlType::Float4, SqlType::Float8];
            let rank = |t: &SqlType| LADDER.iter().position(|step| *step == plain(t));
            Some(match (rank(from), rank(to)) {
                // Where no exact match is, PostgreSQL prefers float8 to numeric and real.
                (Some(a), Some(b)) => 1 + (b - a) as u32,
                _ => 2,
            })
        }
    }
}

fn settle(declared: &Declared, given: &SqlType, element: &SqlType) -> SqlType {
    match declared {
        Declared::Exactly(to) => to.clone(),
        Declared::Any if *given == SqlType::Unknown => SqlType::Text,
        Declared::Any => given.clone(),
        // Shown with the blanks that fill it up.
        Declared::AnyText | Declared::AnyShown if matches!(given, SqlType::Bpchar(_)) => given.clone(),
        Declared::AnyText | Declared::AnyShown => SqlType::Text,
        Declared::AnyTexts => array_of(&SqlType::Text),
        Declared::AnyElement => element.clone(),
        Declared::AnyArray => match given {
            SqlType::Unknown => array_of(element),
            vector if element_type(vector).is_some_and(|own| own == *element) => vector.clone(),
            _ => array_of(element),
        },
    }
}

/// The common type behind `anyarray` and `anyelement` of one call.
fn element_of(overload: &Overload, given: &[SqlType]) -> Result<SqlType> {
    let mut types = Vec::new();
    for (place, given) in given.iter().enumerate() {
        match overload.args.get(place.min(overload.args.len().saturating_sub(1))) {
            Some(Declared::AnyArray) => types.extend(element_type(given)),
            Some(Declared::AnyElement) => types.push(given.clone()),
            _ => {}
        }
    }
    crate::typing::common_type(&types, "array")
}

fn fits(overload: &Overload, given: &[SqlType]) -> Option<u32> {
    let counts =
        if overload.variadic { given.len() + 1 >= overload.args.len() } else { given.len() == overload.args.len() };
    if !counts {
        return None;
    }
    let last = overload.args.len().saturating_sub(1);
    let mut total = u32::from(overload.variadic);
    for (place, from) in given.iter().enumerate() {
        total += cost(from, overload.args.get(place.min(last))?)?;
    }
    Some(total)
}

/// Chooses the signature for a call; `None` where none fits.
pub(crate) fn choose(name: &str, given: &[SqlType]) -> Result<Option<Chosen>> {
    let Some(candidates) = overloads().get(name) else { return Ok(None) };
    let best =
        candidates.iter().filter_map(|overload| Some((fits(overload, given)?, overload))).min_by_key(|(c, _)| *c);
    let Some((_, overload)) = best else { return Ok(None) };
    let element = element_of(overload, given)?;
    let last = overload.args.len().saturating_sub(1);
    let args = given
        .iter()
        .enumerate()
        .map(|(place, given)| overload.args.get(place.min(last)).map_or(SqlType::Text, |d| settle(d, given, &element)))
        .collect();
    let result = settle(&overload.result, &array_of(&element), &element);
    Ok(Some(Chosen { overload, args, result }))
}

/// How a call is named in an error.
pub(crate) fn call_text(name: &str, given: &[SqlType]) -> String {
    let args: Vec<String> = given.iter().map(SqlType::sql_name).collect();
    format!("{name}({})", args.join(", "))
}

/// The text argument at a place; strict functions have it, others may not.
pub(crate) fn text_at(args: &[Value], place: usize) -> Option<&str> {
    args.get(place).and_then(Value::as_text)
}

/// The OID argument at a place.
pub(crate) fn oid_at(args: &[Value], place: usize) -> Option<u32> {
    args.get(place).and_then(Value::as_int).and_then(|number| u32::try_from(number).ok())
}

/// The integer argument at a place.
pub(crate) fn int_at(args: &[Value], place: usize) -> Result<i64> {
    args.get(place).and_then(Value::as_int).ok_or(SystemError::Internal("an argument that is no integer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signature_is_read() {
        for overload in overloads().values().flatten() {
            assert!(!overload.name.is_empty());
            assert!(!overload.variadic || !overload.args.is_empty(), "{overload:?}");
        }
        assert!(overloads().len() > 120, "{}", overloads().len());
    }

    #[test]
    fn the_nearest_signature_wins() {
        use SqlType::*;
        for (name, given, result) in [
            ("+", vec![Int4, Int8], Int8),
            ("+", vec![Int2, Int2], Int2),
            ("+", vec![Int4, Numeric(None)], Numeric(None)),
            ("+", vec![Int4, Float8], Float8),
            ("lower", vec![Name], Text),
            ("format_type", vec![Oid, Unknown], Text),
            ("array_upper", vec![Int2vector, Int4], Int4),
        ] {
            let chosen = choose(name, &given).expect("no error").unwrap_or_else(|| panic!("{name}{given:?}"));
            assert_eq!(chosen.result, result, "{name}{given:?}");
        }
        assert!(choose("lower", &[Bool]).expect("no error").is_none());
    }
}
