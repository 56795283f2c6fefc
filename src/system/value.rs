//! Cells while a query runs: cheap to clone, ordered and hashed as PostgreSQL does.
//!
//! Invariant: two values that `=` calls equal have the same [`Key`]. The type of a cell stands beside it, in the
//! analysed expression.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use sluice_base::{Datum, Interval, SqlType};

use crate::decimal::Decimal;
use crate::error::{Result, SystemError};

/// One row of a relation.
pub(crate) type Row = Arc<[Value]>;

/// A one-dimensional array; vectors such as `indkey` count from 0, all others from 1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ArrayValue {
    pub(crate) lower: i32,
    pub(crate) items: Vec<Value>,
}

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Numeric(Arc<Decimal>),
    Text(Arc<str>),
    Bytes(Arc<[u8]>),
    Date(i32),
    Time(i64),
    Timestamp(i64),
    Timestamptz(i64),
    Interval(Interval),
    Uuid([u8; 16]),
    Array(Arc<ArrayValue>),
    Record(Row),
}

impl Value {
    pub(crate) fn text(text: impl Into<Arc<str>>) -> Value {
        Value::Text(text.into())
    }

    pub(crate) fn decimal(value: Decimal) -> Value {
        Value::Numeric(Arc::new(value))
    }

    pub(crate) fn array(items: Vec<Value>) -> Value {
        Value::Array(Arc::new(ArrayValue { lower: 1, items }))
    }

    /// A vector that counts from 0: `int2vector`, `oidvector`.
    pub(crate) fn vector(items: Vec<Value>) -> Value {
        Value::Array(Arc::new(ArrayValue { lower: 0, items }))
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        if let Value::Text(text) = self { Some(text) } else { None }
    }

    pub(crate) fn as_int(&self) -> Option<i64> {
        if let Value::Int(value) = self { Some(*value) } else { None }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(value) = self { Some(*value) } else { None }
    }

    pub(crate) fn as_array(&self) -> Option<&ArrayValue> {
        if let Value::Array(array) = self { Some(array) } else { None }
    }

    pub(crate) fn as_float(&self) -> Option<f64> {
        match self {
            Value::Int(value) => Some(*value as f64),
            Value::Float(value) => Some(*value),
            Value::Numeric(value) => Some(value.to_f64()),
            _ => None,
        }
    }

    pub(crate) fn as_decimal(&self) -> Option<Decimal> {
        match self {
            Value::Int(value) => Some(Decimal::from_int(*value)),
            Value::Numeric(value) => Some(**value),
            _ => None,
        }
    }

    /// Bytes outside of its place, of large values alone: short texts are shared with the catalog more often than not.
    pub(crate) fn beside(&self) -> usize {
        const SHORT: usize = 64;
        let bytes = match self {
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            Value::Array(array) => array.items.iter().map(|item| size_of::<Value>() + item.own()).sum(),
            Value::Record(row) => row.len() * size_of::<Value>(),
            _ => 0,
        };
        if bytes <= SHORT { 0 } else { bytes }
    }

    /// As [`Value::beside`], of an item of an array: each text has an allocation of its own.
    fn own(&self) -> usize {
        match self {
            Value::Text(text) => text.len() + 2 * size_of::<usize>(),
            Value::Bytes(bytes) => bytes.len() + 2 * size_of::<usize>(),
            other => other.beside(),
        }
    }

    /// Rough size in bytes with all that is inside, charged against the work budget.
    pub(crate) fn size(&self) -> usize {
        self.size_within(usize::MAX)
    }

    /// As [`Value::size`]; what is larger than `most` is not measured to its end. Records that share their fields can be
    /// far larger than the memory they take.
    pub(crate) fn size_within(&self, most: usize) -> usize {
        let mut total = 0;
        self.measure(&mut total, most);
        total
    }

    fn measure(&self, total: &mut usize, most: usize) {
        const ITEM: usize = 16;
        let items: &[Value] = match self {
            Value::Text(text) => {
                *total = total.saturating_add(text.len());
                &[]
            }
            Value::Bytes(bytes) => {
                *total = total.saturating_add(bytes.len());
                &[]
            }
            Value::Array(array) => &array.items,
            Value::Record(row) => row,
            _ => {
                *total = total.saturating_add(8);
                &[]
            }
        };
        for item in items {
            if *total > most {
                return;
            }
            *total = total.saturating_add(ITEM);
            item.measure(total, most);
        }
    }

    /// Takes a bound parameter in.
    pub(crate) fn of_datum(datum: &Datum, sql_type: &SqlType) -> Result<Value> {
        Ok(match datum {
            Datum::Null => Value::Null,
            Datum::Bool(value) => Value::Bool(*value),
            Datum::Int(value) => Value::Int(*value),
            Datum::Float(value) => Value::Float(*value),
            Datum::Numeric(text) => Value::decimal(
                Decimal::parse(text)
                    .unwrap_or_else(|| Err(SystemError::Unsupported("a numeric that is not finite".into())))?,
            ),
            Datum::Text(text) => Value::text(text.as_str()),
            Datum::Bytes(bytes) => Value::Bytes(bytes.as_slice().into()),
            Datum::Date(days) => Value::Date(*days),
            Datum::Time(micros) => Value::Time(*micros),
            Datum::Timestamp(micros) => Value::Timestamp(*micros),
            Datum::Timestamptz(micros) => Value::Timestamptz(*micros),
            Datum::Interval(interval) => Value::Interval(*interval),
            Datum::Uuid(bytes) => Value::Uuid(*bytes),
            Datum::Array(items) => {
                let item_type = crate::typing::element_type(sql_type).unwrap_or(SqlType::Text);
                let items = items.iter().map(|item| Value::of_datum(item, &item_type)).collect::<Result<_>>()?;
                let lower = crate::typing::array_lower(sql_type);
                Value::Array(Arc::new(ArrayValue { lower, items }))
            }
            Datum::Record(items) => Value::Record(
                items.iter().map(|item| Value::of_datum(item, &SqlType::Unknown)).collect::<Result<Vec<_>>>()?.into(),
            ),
        })
    }

    /// Gives the cell out.
    pub(crate) fn into_datum(self) -> Datum {
        match self {
            Value::Null => Datum::Null,
            Value::Bool(value) => Datum::Bool(value),
            Value::Int(value) => Datum::Int(value),
            Value::Float(value) => Datum::Float(value),
            Value::Numeric(value) => Datum::Numeric(value.to_string()),
            Value::Text(text) => Datum::Text(text.to_string()),
            Value::Bytes(bytes) => Datum::Bytes(bytes.to_vec()),
            Value::Date(days) => Datum::Date(days),
            Value::Time(micros) => Datum::Time(micros),
            Value::Timestamp(micros) => Datum::Timestamp(micros),
            Value::Timestamptz(micros) => Datum::Timestamptz(micros),
            Value::Interval(interval) => Datum::Interval(interval),
            Value::Uuid(bytes) => Datum::Uuid(bytes),
            Value::Array(array) => Datum::Array(array.items.iter().cloned().map(Value::into_datum).collect()),
            Value::Record(row) => Datum::Record(row.iter().cloned().map(Value::into_datum).collect()),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Value {
        Value::Int(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::text(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Value {
        Value::text(value)
    }
}

fn interval_micros(interval: &Interval) -> i128 {
    let days = i128::from(interval.months) * 30 + i128::from(interval.days);
    days * 86_400_000_000 + i128::from(interval.micros)
}

/// Order of two cells that are not NULL; `None` where the types do not compare.
pub(crate) fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    Some(match (left, right) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Value::Numeric(_) | Value::Int(_), Value::Numeric(_) | Value::Int(_)) => {
            left.as_decimal()?.cmp(&right.as_decimal()?)
        }
        (Value::Float(_) | Value::Int(_) | Value::Numeric(_), Value::Float(_) | Value::Int(_) | Value::Numeric(_)) => {
            compare_floats(left.as_float()?, right.as_float()?)
        }
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Timestamp(a), Value::Timestamp(b)) | (Value::Timestamptz(a), Value::Timestamptz(b)) => a.cmp(b),
        (Value::Interval(a), Value::Interval(b)) => interval_micros(a).cmp(&interval_micros(b)),
        (Value::Uuid(a), Value::Uuid(b)) => a.cmp(b),
        (Value::Array(a), Value::Array(b)) => return compare_lists(&a.items, &b.items),
        (Value::Record(a), Value::Record(b)) => return compare_lists(a, b),
        _ => return None,
    })
}

/// As PostgreSQL orders floats: NaN above all, the zeros equal.
fn compare_floats(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}

fn compare_lists(left: &[Value], right: &[Value]) -> Option<Ordering> {
    for (a, b) in left.iter().zip(right) {
        let order = match (a.is_null(), b.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => compare(a, b)?,
        };
        if order != Ordering::Equal {
            return Some(order);
        }
    }
    Some(left.len().cmp(&right.len()))
}

/// A cell as a key of a hash table; NULL equals NULL here, as in GROUP BY and DISTINCT.
#[derive(Debug, Clone)]
pub(crate) struct Key(pub(crate) Value);

/// What it costs to compare two values, in bytes that are looked at.
pub(crate) fn effort(left: &Value, right: &Value) -> usize {
    match (left, right) {
        (Value::Text(a), Value::Text(b)) => a.len().min(b.len()),
        (Value::Bytes(a), Value::Bytes(b)) => a.len().min(b.len()),
        _ => left.size().saturating_add(right.size()),
    }
}

/// A float that equals an integer, as that integer.
fn whole(value: f64) -> Option<i64> {
    if value.fract() == 0.0 && value.abs() < 9.2e18 { Some(value as i64) } else { None }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        match (self.0.is_null(), other.0.is_null()) {
            (true, true) => true,
            (false, false) => compare(&self.0, &other.0) == Some(Ordering::Equal),
            _ => false,
        }
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_value(&self.0, state);
    }
}

fn hash_value<H: Hasher>(value: &Value, state: &mut H) {
    match value {
        Value::Null => state.write_u8(0),
        Value::Bool(value) => state.write_u8(1 + u8::from(*value)),
        Value::Int(value) => state.write_i64(*value),
        // Numbers that equal an integer hash as it does. The others meet their own type alone: both sides of a comparison
        // were cast to one. Many values that hash alike would make a look at all of them for each.
        Value::Float(value) => match whole(*value) {
            Some(whole) => state.write_i64(whole),
            None => state.write_u64(if value.is_nan() { f64::NAN } else { *value }.to_bits()),
        },
        Value::Numeric(value) => match value.as_integer() {
            Some(whole) => state.write_i64(whole),
            None => value.shortest().hash(state),
        },
        // The end is told apart: texts beside each other must not hash as one.
        Value::Text(text) => {
            state.write(text.as_bytes());
            state.write_u8(0xff);
        }
        Value::Bytes(bytes) => {
            state.write(bytes);
            state.write_usize(bytes.len());
        }
        Value::Date(days) => state.write_i32(*days),
        Value::Time(micros) | Value::Timestamp(micros) | Value::Timestamptz(micros) => state.write_i64(*micros),
        Value::Interval(interval) => state.write_i128(interval_micros(interval)),
        Value::Uuid(bytes) => state.write(bytes),
        Value::Array(array) => {
            state.write_usize(array.items.len());
            array.items.iter().for_each(|item| hash_value(item, state));
        }
        Value::Record(row) => {
            state.write_usize(row.len());
            row.iter().for_each(|item| hash_value(item, state));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn equal_numbers_are_one_key() {
        let decimal = Decimal::parse("2.0").expect("a number").expect("short");
        let keys: HashSet<Key> = [Value::Int(2), Value::Float(2.0), Value::decimal(decimal)].map(Key).into();
        assert_eq!(keys.len(), 1);
    }

    #[test]
    fn numbers_and_texts_side_by_side_hash_apart() {
        let hash = |value: &Value| {
            let mut state = std::hash::DefaultHasher::new();
            hash_value(value, &mut state);
            state.finish()
        };
        let decimal = |text| Value::decimal(Decimal::parse(text).expect("a number").expect("short"));
        assert_eq!(hash(&decimal("1.50")), hash(&decimal("1.5")));
        assert_ne!(hash(&decimal("1.5")), hash(&decimal("1.25")));
        assert_ne!(hash(&Value::Float(0.5)), hash(&Value::Float(0.25)));
        let pair = |a: &str, b: &str| Value::array(vec![a.into(), b.into()]);
        assert_ne!(hash(&pair("a", "aa")), hash(&pair("aa", "a")));
    }

    #[test]
    fn shared_fields_are_measured_up_to_a_bound() {
        let mut value = Value::from("x");
        for _ in 0..60 {
            value = Value::Record([value.clone(), value].into());
        }
        assert!(value.size_within(1000) > 1000);
    }

    #[test]
    fn null_is_a_key_of_its_own() {
        let keys: HashSet<Key> = [Value::Null, Value::Int(0), Value::Bool(false), Value::Null].map(Key).into();
        assert_eq!(keys.len(), 3);
    }
}
