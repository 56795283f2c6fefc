//! ORDER BY: PostgreSQL's order of values, with NULL where it was asked for.

use std::cmp::Ordering;

use crate::plan::SortKey;
use crate::value::{Value, compare};

/// Order of two cells under one key.
pub(crate) fn order_cells<T>(left: &Value, right: &Value, key: &SortKey<T>) -> Ordering {
    match (left.is_null(), right.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) if key.nulls_first => Ordering::Less,
        (true, false) => Ordering::Greater,
        (false, true) if key.nulls_first => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => {
            let order = compare(left, right).unwrap_or(Ordering::Equal);
            if key.descending { order.reverse() } else { order }
        }
    }
}

/// Order of two lists of cells, each under its own key.
pub(crate) fn order_lists<T>(left: &[Value], right: &[Value], keys: &[SortKey<T>]) -> Ordering {
    left.iter()
        .zip(right)
        .zip(keys)
        .map(|((left, right), key)| order_cells(left, right, key))
        .find(|order| *order != Ordering::Equal)
        .unwrap_or(Ordering::Equal)
}

/// Order of two rows by places in them.
pub(crate) fn order_rows(left: &[Value], right: &[Value], keys: &[SortKey<usize>]) -> Ordering {
    keys.iter()
        .map(|key| match (left.get(key.by), right.get(key.by)) {
            (Some(left), Some(right)) => order_cells(left, right, key),
            _ => Ordering::Equal,
        })
        .find(|order| *order != Ordering::Equal)
        .unwrap_or(Ordering::Equal)
}
