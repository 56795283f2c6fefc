//! Aggregate functions over the rows of one group.

use std::collections::HashSet;

use sluice_base::SqlType;

use super::sort::order_lists;
use super::{Extras, Frame, Run, VALUE_BYTES_MAX, evaluate, is_true};
use crate::decimal::Decimal;
use crate::error::{Result, SystemError};
use crate::functions::{AggregateKind, json_field, json_or_null, normal_json};
use crate::plan::AggregatePlan;
use crate::value::{Key, Row, Value, compare};

pub(super) fn run_aggregate<'t>(
    plan: &AggregatePlan,
    tuples: impl Iterator<Item = &'t [Option<Row>]>,
    up: Option<&Frame>,
    run: &Run,
) -> Result<Value> {
    run.within(|| aggregated(plan, tuples, up, run), Value::beside)
}

fn aggregated<'t>(
    plan: &AggregatePlan,
    tuples: impl Iterator<Item = &'t [Option<Row>]>,
    up: Option<&Frame>,
    run: &Run,
) -> Result<Value> {
    let mut inputs: Vec<(Vec<Value>, Vec<Value>)> = Vec::new();
    for tuple in tuples {
        run.step(1)?;
        let frame = Frame { tuple, extras: Extras::default(), up };
        if let Some(filter) = &plan.filter
            && !is_true(filter, &frame, run)?
        {
            continue;
        }
        let input = || {
            let values = plan.args.iter().map(|arg| evaluate(arg, &frame, run)).collect::<Result<Vec<_>>>()?;
            let keys = plan.order.iter().map(|key| evaluate(&key.by, &frame, run)).collect::<Result<Vec<_>>>()?;
            Ok((keys, values))
        };
        inputs.push(run.within(input, |(keys, values)| keys.iter().chain(values).map(Value::beside).sum())?);
        run.hold_rows(1, plan.args.len() + plan.order.len())?;
        if let Some((keys, values)) = inputs.last() {
            run.read(keys)?;
            if plan.distinct || matches!(plan.kind, AggregateKind::Min | AggregateKind::Max) {
                run.read(values)?;
            }
        }
    }
    if !plan.order.is_empty() {
        inputs.sort_by(|left, right| order_lists(&left.0, &right.0, &plan.order));
    }
    if plan.distinct {
        let mut seen = HashSet::new();
        inputs.retain(|(_, values)| seen.insert(values.iter().cloned().map(Key).collect::<Vec<_>>()));
        if plan.order.is_empty() {
            // PostgreSQL sorts to find duplicates, and that order shows in array_agg.
            inputs.sort_by(|left, right| distinct_order(&left.1, &right.1));
        }
    }
    let inputs: Vec<Vec<Value>> = inputs.into_iter().map(|(_, values)| values).collect();
    if joins_texts(plan.kind)
        && inputs.iter().flatten().map(Value::size).fold(0, usize::saturating_add) > VALUE_BYTES_MAX
    {
        return Err(SystemError::TooLarge);
    }
    run.made(combine(plan, inputs)?)
}

/// Whether an aggregate is one text with all others in it.
fn joins_texts(kind: AggregateKind) -> bool {
    match kind {
        AggregateKind::StringAgg
        | AggregateKind::JsonAgg
        | AggregateKind::JsonbAgg
        | AggregateKind::JsonObjectAgg
        | AggregateKind::JsonbObjectAgg => true,
        AggregateKind::CountRows
        | AggregateKind::Count
        | AggregateKind::Min
        | AggregateKind::Max
        | AggregateKind::Sum
        | AggregateKind::Avg
        | AggregateKind::BoolAnd
        | AggregateKind::BoolOr
        | AggregateKind::ArrayAgg => false,
    }
}

fn distinct_order(left: &[Value], right: &[Value]) -> std::cmp::Ordering {
    let key = crate::plan::SortKey { by: (), descending: false, nulls_first: false };
    left.first().zip(right.first()).map_or(std::cmp::Ordering::Equal, |(a, b)| super::sort::order_cells(a, b, &key))
}

/// Combines the inputs of an aggregate.
pub(super) fn combine(plan: &AggregatePlan, inputs: Vec<Vec<Value>>) -> Result<Value> {
    let firsts = || inputs.iter().filter_map(|values| values.first()).filter(|value| !value.is_null());
    Ok(match plan.kind {
        AggregateKind::CountRows => Value::Int(inputs.len() as i64),
        AggregateKind::Count => Value::Int(firsts().count() as i64),
        AggregateKind::Min => extreme(firsts(), std::cmp::Ordering::Less),
        AggregateKind::Max => extreme(firsts(), std::cmp::Ordering::Greater),
        AggregateKind::Sum => sum(firsts(), &plan.result)?,
        AggregateKind::Avg => average(firsts(), &plan.result)?,
        AggregateKind::BoolAnd => fold_bools(firsts(), |a, b| a && b),
        AggregateKind::BoolOr => fold_bools(firsts(), |a, b| a || b),
        AggregateKind::ArrayAgg if inputs.is_empty() => Value::Null,
        AggregateKind::ArrayAgg => {
            Value::array(inputs.into_iter().map(|values| values.into_iter().next().unwrap_or(Value::Null)).collect())
        }
        AggregateKind::StringAgg => join_texts(&inputs),
        _ if inputs.is_empty() => Value::Null,
        AggregateKind::JsonAgg => json_list(&inputs).into(),
        AggregateKind::JsonbAgg => normal_json(&json_list(&inputs))?.into(),
        AggregateKind::JsonObjectAgg => json_object(&inputs)?.into(),
        AggregateKind::JsonbObjectAgg => normal_json(&json_object(&inputs)?)?.into(),
    })
}

/// `[a, b]`; items of several parts begin a line each.
fn json_list(inputs: &[Vec<Value>]) -> String {
    let mut list = String::from("[");
    for values in inputs {
        let (item, lines) = (values.first(), values.get(1) == Some(&Value::Bool(true)));
        if list.len() > 1 {
            list.push_str(", ");
            if lines && item.is_some_and(|item| !item.is_null()) {
                list.push_str("\n ");
            }
        }
        list.push_str(json_or_null(item));
    }
    list.push(']');
    list
}

fn json_object(inputs: &[Vec<Value>]) -> Result<String> {
    let fields = inputs.iter().map(|values| json_field(values.first(), values.get(1), " : "));
    Ok(format!("{{ {} }}", fields.collect::<Result<Vec<_>>>()?.join(", ")))
}

fn extreme<'v>(values: impl Iterator<Item = &'v Value>, wanted: std::cmp::Ordering) -> Value {
    values
        .fold(None, |best: Option<&Value>, value| match best {
            Some(held) if compare(value, held) != Some(wanted) => Some(held),
            _ => Some(value),
        })
        .cloned()
        .unwrap_or(Value::Null)
}

fn fold_bools<'v>(values: impl Iterator<Item = &'v Value>, join: fn(bool, bool) -> bool) -> Value {
    values.filter_map(Value::as_bool).reduce(join).map_or(Value::Null, Value::Bool)
}

fn join_texts(inputs: &[Vec<Value>]) -> Value {
    let mut joined: Option<String> = None;
    for values in inputs {
        let (Some(Value::Text(text)), delimiter) = (values.first(), values.get(1)) else { continue };
        match &mut joined {
            None => joined = Some(text.to_string()),
            Some(joined) => {
                joined.push_str(delimiter.and_then(Value::as_text).unwrap_or_default());
                joined.push_str(text);
            }
        }
    }
    joined.map_or(Value::Null, Value::from)
}

fn sum<'v>(values: impl Iterator<Item = &'v Value>, result: &SqlType) -> Result<Value> {
    let mut total: Option<Value> = None;
    for value in values {
        total = Some(match total {
            None => start(value, result)?,
            Some(total) => add(&total, value)?,
        });
    }
    Ok(total.unwrap_or(Value::Null))
}

fn start(value: &Value, result: &SqlType) -> Result<Value> {
    match (result, value) {
        (SqlType::Numeric(_), Value::Int(number)) => Ok(Value::decimal(Decimal::from_int(*number))),
        _ => Ok(value.clone()),
    }
}

fn add(total: &Value, value: &Value) -> Result<Value> {
    match (total, value) {
        (Value::Int(a), Value::Int(b)) => {
            a.checked_add(*b).map(Value::Int).ok_or_else(|| SystemError::OutOfRange("bigint".into()))
        }
        (Value::Float(a), Value::Float(b)) => Ok(Value::Float(a + b)),
        (Value::Numeric(a), _) => match value.as_decimal() {
            Some(b) => a.add(b).map(Value::decimal),
            None => Err(SystemError::Internal("sum of mixed types")),
        },
        (Value::Interval(a), Value::Interval(b)) => crate::functions::add_intervals(a, b).map(Value::Interval),
        _ => Err(SystemError::Internal("sum of mixed types")),
    }
}

fn average<'v>(values: impl Iterator<Item = &'v Value>, result: &SqlType) -> Result<Value> {
    let values: Vec<&Value> = values.collect();
    let count = values.len() as i64;
    if count == 0 {
        return Ok(Value::Null);
    }
    match sum(values.into_iter(), result)? {
        Value::Float(total) => Ok(Value::Float(total / count as f64)),
        total => match total.as_decimal() {
            Some(total) => total.divide(Decimal::from_int(count)).map(Value::decimal),
            None => Err(SystemError::Unsupported("avg of this type".into())),
        },
    }
}
