//! Work on arrays: each result is picked out of the items that the arguments have.
//!
//! Invariant: what is done is linear in the arguments: a call cannot be stopped.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int32Array, Int32Builder, Int64Array, ListArray, ListBuilder,
    make_comparator, new_null_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{SortOptions, interleave};
use arrow::datatypes::{DataType, Field, Int64Type};
use arrow::row::{Row, RowConverter, Rows, SortField};
use datafusion_common::{DataFusionError, Result};

use crate::PlanError;

/// What is asked of the shape of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Measure {
    /// NULL where there are no items.
    Length,
    Lower,
    Dimensions,
    Items,
}

/// How two arrays are compared as sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Overlaps,
    Contains,
}

/// Where an item is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    First,
    Last,
}

/// Lists under way: items by source and place.
struct Picked {
    picks: Vec<(usize, usize)>,
    ends: Vec<i32>,
    valid: Vec<bool>,
}

impl Picked {
    fn new() -> Picked {
        Picked { picks: Vec::new(), ends: vec![0], valid: Vec::new() }
    }

    fn end(&mut self, valid: bool) -> Result<()> {
        let end = i32::try_from(self.picks.len()).map_err(|_| too_large())?;
        self.ends.push(end);
        self.valid.push(valid);
        Ok(())
    }

    fn finish(self, sources: &[&ArrayRef], item: &DataType) -> Result<ArrayRef> {
        let items = picked(sources, &self.picks, item)?;
        let field = Arc::new(Field::new_list_field(item.clone(), true));
        let nulls = NullBuffer::from(self.valid);
        Ok(Arc::new(ListArray::try_new(field, OffsetBuffer::new(self.ends.into()), items, Some(nulls))?))
    }
}

fn picked(sources: &[&ArrayRef], picks: &[(usize, usize)], item: &DataType) -> Result<ArrayRef> {
    if picks.is_empty() {
        return Ok(new_null_array(item, 0));
    }
    let sources: Vec<&dyn Array> = sources.iter().map(|array| array.as_ref()).collect();
    Ok(interleave(&sources, picks)?)
}

fn too_large() -> DataFusionError {
    super::refused(crate::PlanError::TooLarge("an array function"))
}

fn range(list: &ListArray, row: usize) -> std::ops::Range<usize> {
    let offsets = list.value_offsets();
    offsets[row] as usize..offsets[row + 1] as usize
}

fn number(array: &ArrayRef, row: usize) -> Option<i64> {
    array.is_valid(row).then(|| array.as_primitive::<Int64Type>().value(row))
}

/// Values in a form in which bytes compare as they do.
struct Comparable {
    rows: Rows,
    array: ArrayRef,
}

impl Comparable {
    fn of(arrays: &[&ArrayRef]) -> Result<Vec<Comparable>> {
        let Some(first) = arrays.first() else { return Ok(Vec::new()) };
        let converter = RowConverter::new(vec![SortField::new(first.data_type().clone())])?;
        arrays
            .iter()
            .map(|array| {
                let rows = converter.convert_columns(&[Arc::clone(array)])?;
                Ok(Comparable { rows, array: Arc::clone(array) })
            })
            .collect()
    }

    fn null(&self, row: usize) -> bool {
        self.array.is_null(row)
    }

    /// Equal, two NULLs included.
    fn same(&self, row: usize, other: &Comparable, at: usize) -> bool {
        self.rows.row(row) == other.rows.row(at)
    }

    fn order(&self, row: usize, other: &Comparable, at: usize) -> std::cmp::Ordering {
        self.rows.row(row).cmp(&other.rows.row(at))
    }
}

fn two(arrays: [&ArrayRef; 2]) -> Result<(Comparable, Comparable)> {
    let mut all = Comparable::of(&arrays)?.into_iter();
    match (all.next(), all.next()) {
        (Some(first), Some(second)) => Ok((first, second)),
        _ => Err(DataFusionError::Internal("two arrays are compared".into())),
    }
}

/// `ARRAY[...]`
pub(super) fn made(args: &[ArrayRef], rows: usize, target: &DataType) -> Result<ArrayRef> {
    let item = super::item_of(target).ok_or_else(|| DataFusionError::Internal("no array type".into()))?;
    let mut out = Picked::new();
    for row in 0..rows {
        out.picks.extend((0..args.len()).map(|source| (source, row)));
        out.end(true)?;
    }
    out.finish(&args.iter().collect::<Vec<_>>(), &item)
}

/// `a[i]`: NULL past the ends.
pub(super) fn item(list: &ListArray, at: &ArrayRef) -> Result<ArrayRef> {
    let nothing = new_null_array(&list.value_type(), 1);
    let mut picks = Vec::with_capacity(list.len());
    for row in 0..list.len() {
        let range = range(list, row);
        let place = number(at, row).and_then(|at| usize::try_from(at.checked_sub(1)?).ok());
        let found = place.filter(|place| list.is_valid(row) && *place < range.len());
        picks.push(found.map_or((1, 0), |place| (0, range.start + place)));
    }
    picked(&[list.values(), &nothing], &picks, &list.value_type())
}

/// `a[i:j]`: NULL where a bound is.
pub(super) fn slice(list: &ListArray, from: &ArrayRef, to: &ArrayRef) -> Result<ArrayRef> {
    let mut out = Picked::new();
    for row in 0..list.len() {
        let range = range(list, row);
        let bounds = number(from, row).zip(number(to, row)).filter(|_| list.is_valid(row));
        if let Some((first, last)) = bounds {
            let (first, last) = (first.max(1), last.min(range.len() as i64));
            if first <= last {
                let (first, last) = (first as usize, last as usize);
                out.picks.extend((range.start + first - 1..range.start + last).map(|place| (0, place)));
            }
        }
        out.end(bounds.is_some())?;
    }
    out.finish(&[list.values()], &list.value_type())
}

/// A list of one NULL in the place of none.
pub(super) fn outer(list: &ListArray) -> Result<ArrayRef> {
    let nothing = new_null_array(&list.value_type(), 1);
    let mut out = Picked::new();
    for row in 0..list.len() {
        let range = range(list, row);
        if list.is_valid(row) && !range.is_empty() {
            out.picks.extend(range.map(|place| (0, place)));
        } else {
            out.picks.push((1, 0));
        }
        out.end(true)?;
    }
    out.finish(&[list.values(), &nothing], &list.value_type())
}

pub(super) fn measured(list: &ListArray, dimension: Option<&ArrayRef>, measure: Measure) -> Result<ArrayRef> {
    let each = (0..list.len()).map(|row| {
        let length = range(list, row).len();
        let asked = dimension.is_none_or(|dimension| number(dimension, row) == Some(1));
        let found = match measure {
            Measure::Items => Some(length),
            Measure::Length => (length > 0 && asked).then_some(length),
            Measure::Lower | Measure::Dimensions => (length > 0 && asked).then_some(1),
        };
        found.filter(|_| list.is_valid(row)).and_then(|found| i32::try_from(found).ok())
    });
    Ok(Arc::new(each.collect::<Int32Array>()))
}

/// The first place of a value, NULL being one, from a place on.
pub(super) fn position(list: &ListArray, value: &ArrayRef, from: Option<&ArrayRef>) -> Result<ArrayRef> {
    let (items, values) = two([list.values(), value])?;
    let mut out = Int32Builder::new();
    for row in 0..list.len() {
        let range = range(list, row);
        let skipped = match from {
            Some(from) if from.is_null(row) => {
                return Err(crate::datetime::DatetimeFault::Argument("initial position must not be null").into());
            }
            Some(from) => usize::try_from(number(from, row).unwrap_or(1).saturating_sub(1)).unwrap_or(0),
            None => 0,
        };
        let mut places = range.clone().skip(skipped);
        let found = places.find(|place| items.same(*place, &values, row)).map(|place| place - range.start + 1);
        let found = found.filter(|_| list.is_valid(row));
        out.append_option(found.and_then(|found| i32::try_from(found).ok()));
    }
    Ok(Arc::new(out.finish()))
}

pub(super) fn positions(list: &ListArray, value: &ArrayRef) -> Result<ArrayRef> {
    let (items, values) = two([list.values(), value])?;
    let mut out = ListBuilder::new(Int32Builder::new());
    for row in 0..list.len() {
        let range = range(list, row);
        for place in range.clone().filter(|place| items.same(*place, &values, row)) {
            out.values().append_value(i32::try_from(place - range.start + 1).map_err(|_| too_large())?);
        }
        out.append(list.is_valid(row));
    }
    Ok(Arc::new(out.finish()))
}

/// Items that equal a value become another one, or are left out.
pub(super) fn replaced(list: &ListArray, from: &ArrayRef, to: Option<&ArrayRef>) -> Result<ArrayRef> {
    let (items, values) = two([list.values(), from])?;
    let mut out = Picked::new();
    for row in 0..list.len() {
        if list.is_valid(row) {
            for place in range(list, row) {
                match (items.same(place, &values, row), to) {
                    (false, _) => out.picks.push((0, place)),
                    (true, Some(_)) => out.picks.push((1, row)),
                    (true, None) => {}
                }
            }
        }
        out.end(list.is_valid(row))?;
    }
    out.finish(&[list.values(), to.unwrap_or(from)], &list.value_type())
}

pub(super) fn with_item(list: &ListArray, value: &ArrayRef, place: Place) -> Result<ArrayRef> {
    let mut out = Picked::new();
    for row in 0..list.len() {
        if place == Place::First {
            out.picks.push((1, row));
        }
        if list.is_valid(row) {
            out.picks.extend(range(list, row).map(|place| (0, place)));
        }
        if place == Place::Last {
            out.picks.push((1, row));
        }
        out.end(true)?;
    }
    out.finish(&[list.values(), value], &list.value_type())
}

/// One array behind another; NULL beside an array counts for nothing.
pub(super) fn joined(left: &ListArray, right: &ListArray) -> Result<ArrayRef> {
    let mut out = Picked::new();
    for row in 0..left.len() {
        for (source, list) in [left, right].into_iter().enumerate() {
            if list.is_valid(row) {
                out.picks.extend(range(list, row).map(|place| (source, place)));
            }
        }
        out.end(left.is_valid(row) || right.is_valid(row))?;
    }
    out.finish(&[left.values(), right.values()], &left.value_type())
}

/// `&&` and `@>`: a NULL item equals nothing.
pub(super) fn related(left: &ListArray, right: &ListArray, relation: Relation) -> Result<ArrayRef> {
    let (own, other) = two([left.values(), right.values()])?;
    let each = (0..left.len()).map(|row| {
        if left.is_null(row) || right.is_null(row) {
            return None;
        }
        let items: HashSet<Row> = range(left, row).map(|place| own.rows.row(place)).collect();
        let held = |at: usize| !other.null(at) && items.contains(&other.rows.row(at));
        let mut all = range(right, row);
        Some(match relation {
            Relation::Overlaps => all.any(held),
            Relation::Contains => all.all(held),
        })
    });
    Ok(Arc::new(each.collect::<BooleanArray>()))
}

/// `x op ANY (a)` and `x op ALL (a)`, with three values as an OR and an AND of comparisons have them.
pub(super) fn quantified(value: &ArrayRef, list: &ListArray, sign: &ArrayRef, all: &ArrayRef) -> Result<ArrayRef> {
    use std::cmp::Ordering as O;
    let (values, items) = two([value, list.values()])?;
    let (sign, all) = (sign.as_string::<i32>(), all.as_boolean());
    let mut out = Vec::with_capacity(list.len());
    for row in 0..list.len() {
        if list.is_null(row) {
            out.push(None);
            continue;
        }
        let fits = |order: O| match sign.value(row) {
            "=" => order == O::Equal,
            "<>" => order != O::Equal,
            "<" => order == O::Less,
            "<=" => order != O::Greater,
            ">" => order == O::Greater,
            _ => order != O::Less,
        };
        // What settles the matter, whatever the others are.
        let decisive = !all.value(row);
        let mut unknown = false;
        let mut settled = false;
        for place in range(list, row) {
            if values.null(row) || items.null(place) {
                unknown = true;
            } else if fits(values.order(row, &items, place)) == decisive {
                settled = true;
                break;
            }
        }
        out.push(if settled { Some(decisive) } else { (!unknown).then_some(!decisive) });
    }
    Ok(Arc::new(BooleanArray::from(out)))
}

/// How arrays compare, item by item, NULL after every value; then the shorter one comes first.
pub(super) fn ordered(left: &ArrayRef, right: &ArrayRef) -> Result<ArrayRef> {
    let options = SortOptions { descending: false, nulls_first: false };
    let compare = make_comparator(left.as_ref(), right.as_ref(), options)?;
    let each = (0..left.len()).map(|row| (left.is_valid(row) && right.is_valid(row)).then(|| compare(row, row) as i32));
    Ok(Arc::new(each.collect::<Int32Array>()))
}

/// Numbers of rows, of which none is below nought.
pub(super) fn row_counts(counts: &ArrayRef, clauses: &ArrayRef) -> Result<ArrayRef> {
    // Two of them can be added.
    const MOST: i64 = i64::MAX / 4;
    let clauses = clauses.as_string::<i32>();
    let each = counts.as_primitive::<Int64Type>().iter().enumerate().map(|(row, count)| match count {
        Some(..=-1) => {
            let offset = clauses.is_valid(row) && clauses.value(row) == "OFFSET";
            Err(super::refused(PlanError::RowCount(if offset { "OFFSET" } else { "LIMIT" })))
        }
        count => Ok(count.map(|count| count.min(MOST))),
    });
    Ok(Arc::new(each.collect::<Result<Int64Array>>()?))
}

/// `width_bucket(value, thresholds)`: how many of the thresholds, which are in order, the value has reached.
pub(super) fn bucket(value: &ArrayRef, list: &ListArray) -> Result<ArrayRef> {
    let mut both = Comparable::of(&[value, list.values()])?.into_iter();
    let (Some(values), Some(items)) = (both.next(), both.next()) else {
        return Err(DataFusionError::Internal("nothing to compare".into()));
    };
    let mut out = Int32Builder::new();
    for row in 0..list.len() {
        if values.null(row) || list.is_null(row) {
            out.append_null();
            continue;
        }
        let range = range(list, row);
        if range.clone().any(|at| items.null(at)) {
            return Err(super::refused(PlanError::InvalidParameter("thresholds array must not contain NULLs")));
        }
        let (mut low, mut high) = (range.start, range.end);
        while low < high {
            let middle = low + (high - low) / 2;
            if values.order(row, &items, middle).is_lt() { high = middle } else { low = middle + 1 }
        }
        out.append_value(i32::try_from(low - range.start).map_err(|_| too_large())?);
    }
    Ok(Arc::new(out.finish()))
}
