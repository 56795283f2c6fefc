//! Values of scalar expressions.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use super::{Frame, Run, ValueSet, pattern, run_query};
use crate::cast::cast;
use crate::error::{Result, SystemError};
use crate::plan::{Comparison, Expr, ExtraKind, Quantifier, QueryPlan, SubqueryUse, Test};
use crate::typing::is_oid_like;
use crate::value::{ArrayValue, Key, Row, Value, compare};

/// What a name costs that is looked for.
const LOOKUP_STEPS: usize = 64;
/// Values up to this size are not counted when a cast makes them.
const SHORT_BYTES: usize = 64;

/// True where a condition is TRUE: neither FALSE nor NULL.
pub(crate) fn is_true(expr: &Expr, frame: &Frame, run: &Run) -> Result<bool> {
    run.within(|| Ok(matches!(evaluate(expr, frame, run)?, Value::Bool(true))), |_| 0)
}

fn level<'f>(frame: &'f Frame<'f>, up: usize) -> Result<&'f Frame<'f>> {
    let mut found = frame;
    for _ in 0..up {
        found = found.up.ok_or(SystemError::Internal("a column of no level"))?;
    }
    Ok(found)
}

fn row<'f>(frame: &'f Frame<'f>, up: usize, slot: usize) -> Result<Option<&'f Row>> {
    Ok(level(frame, up)?.tuple.get(slot).and_then(Option::as_ref))
}

/// As [`evaluate`], without a copy of what stands in a row or in the plan.
fn look<'v>(expr: &'v Expr, frame: &'v Frame<'v>, run: &Run) -> Result<Cow<'v, Value>> {
    match expr {
        Expr::Const(value) => Ok(Cow::Borrowed(value)),
        Expr::Column { up, slot, column } => {
            let held = row(frame, *up, *slot)?.and_then(|row| row.get(*column));
            Ok(held.map_or(Cow::Owned(Value::Null), Cow::Borrowed))
        }
        _ => evaluate(expr, frame, run).map(Cow::Owned),
    }
}

/// The value of an expression.
pub(crate) fn evaluate(expr: &Expr, frame: &Frame, run: &Run) -> Result<Value> {
    match expr {
        Expr::Const(value) => Ok(value.clone()),
        Expr::Column { up, slot, column } => {
            Ok(row(frame, *up, *slot)?.and_then(|row| row.get(*column)).cloned().unwrap_or(Value::Null))
        }
        Expr::WholeRow { up, slot } => {
            row(frame, *up, *slot)?.map_or(Ok(Value::Null), |row| run.bounded(Value::Record(row.clone())))
        }
        Expr::PerRelation { up, slot, value } => Ok(row(frame, *up, *slot)?.map_or(Value::Null, |_| value.clone())),
        Expr::Param(place) => run.params.get(*place).cloned().ok_or(SystemError::UndefinedParameter(place + 1)),
        Expr::Extra(kind, place) => {
            let held = match kind {
                ExtraKind::Aggregate => frame.extras.aggregates,
                ExtraKind::Window => frame.extras.windows,
                ExtraKind::Set => frame.extras.sets,
            };
            held.get(*place).cloned().ok_or(SystemError::Internal("a value that was not computed"))
        }
        Expr::And(parts) => logical(parts, frame, run, false),
        Expr::Or(parts) => logical(parts, frame, run, true),
        _ => {
            run.step(1)?;
            compound(expr, frame, run)
        }
    }
}

/// AND and OR: `decisive` ends the chain, NULL survives it.
fn logical(parts: &[Expr], frame: &Frame, run: &Run, decisive: bool) -> Result<Value> {
    let mut unknown = false;
    for part in parts {
        match evaluate(part, frame, run)? {
            Value::Bool(value) if value == decisive => return Ok(Value::Bool(decisive)),
            Value::Bool(_) => {}
            _ => unknown = true,
        }
    }
    Ok(if unknown { Value::Null } else { Value::Bool(!decisive) })
}

fn compound(expr: &Expr, frame: &Frame, run: &Run) -> Result<Value> {
    match expr {
        Expr::Cast { arg, from, to } => {
            let arg = look(arg, frame, run)?;
            run.read(std::slice::from_ref(&arg))?;
            if is_oid_like(to) && !matches!(&*arg, Value::Int(_)) {
                // A name is looked for among all of them.
                run.step(LOOKUP_STEPS)?;
            }
            let made = cast(&arg, from, to, run.context)?;
            if made.size_within(SHORT_BYTES) > SHORT_BYTES { run.made(made) } else { Ok(made) }
        }
        Expr::Not(arg) => Ok(match evaluate(arg, frame, run)? {
            Value::Bool(value) => Value::Bool(!value),
            _ => Value::Null,
        }),
        Expr::Compare { op, left, right } => {
            let (left, right) = (look(left, frame, run)?, look(right, frame, run)?);
            compare_values(*op, &left, &right, run)
        }
        Expr::Is { arg, test } => {
            let arg = look(arg, frame, run)?;
            Ok(Value::Bool(passes(&arg, *test)))
        }
        Expr::Distinct { left, right, negated } => {
            let (left, right) = (evaluate(left, frame, run)?, evaluate(right, frame, run)?);
            run.compared(&left, &right)?;
            Ok(Value::Bool((Key(left) == Key(right)) == *negated))
        }
        Expr::Call { function, args } => {
            let mut values = Vec::with_capacity(args.len());
            for arg in args {
                let value = evaluate(arg, frame, run)?;
                if function.strict && value.is_null() {
                    return Ok(Value::Null);
                }
                values.push(value);
            }
            run.read(&values)?;
            run.made((function.run)(run, &values)?)
        }
        Expr::Match { arg, pattern, how } => {
            let (arg, pattern) = (look(arg, frame, run)?, look(pattern, frame, run)?);
            let escape = how.escape.as_ref().map(|escape| evaluate(escape, frame, run)).transpose()?;
            pattern::matches(&arg, &pattern, escape.as_ref(), how, run)
        }
        Expr::Subquery { plan, usage } => stacker::maybe_grow(256 << 10, 2 << 20, || subquery(plan, usage, frame, run)),
        Expr::Case { .. } | Expr::Coalesce(_) | Expr::Extreme { .. } | Expr::NullIf(..) => {
            conditional(expr, frame, run)
        }
        _ => collection(expr, frame, run),
    }
}

fn conditional(expr: &Expr, frame: &Frame, run: &Run) -> Result<Value> {
    match expr {
        Expr::Case { operand: Some(operand), whens, otherwise } => {
            let operand = evaluate(operand, frame, run)?;
            for (when, then) in whens {
                let when = evaluate(when, frame, run)?;
                if compare_values(Comparison::Eq, &operand, &when, run)? == Value::Bool(true) {
                    return evaluate(then, frame, run);
                }
            }
            evaluate(otherwise, frame, run)
        }
        Expr::Case { operand: None, whens, otherwise } => {
            for (when, then) in whens {
                if is_true(when, frame, run)? {
                    return evaluate(then, frame, run);
                }
            }
            evaluate(otherwise, frame, run)
        }
        Expr::Coalesce(args) => {
            for arg in args {
                let value = evaluate(arg, frame, run)?;
                if !value.is_null() {
                    return Ok(value);
                }
            }
            Ok(Value::Null)
        }
        Expr::Extreme { args, greatest } => {
            let wanted = if *greatest { Ordering::Greater } else { Ordering::Less };
            let mut best = Value::Null;
            for arg in args {
                let value = evaluate(arg, frame, run)?;
                run.compared(&value, &best)?;
                if !value.is_null() && (best.is_null() || compare(&value, &best) == Some(wanted)) {
                    best = value;
                }
            }
            Ok(best)
        }
        Expr::NullIf(left, right) => {
            let (left, right) = (evaluate(left, frame, run)?, evaluate(right, frame, run)?);
            let same = compare_values(Comparison::Eq, &left, &right, run)? == Value::Bool(true);
            Ok(if same { Value::Null } else { left })
        }
        _ => Err(SystemError::Internal("not a conditional")),
    }
}

fn collection(expr: &Expr, frame: &Frame, run: &Run) -> Result<Value> {
    let list = |parts: &[Expr]| parts.iter().map(|part| evaluate(part, frame, run)).collect::<Result<Vec<_>>>();
    match expr {
        Expr::InList { arg, list: items, negated } => {
            let arg = evaluate(arg, frame, run)?;
            let found = any_equal(&arg, &list(items)?, run)?;
            Ok(negate(found, *negated))
        }
        Expr::InSet { arg, set, holds_null, negated } => {
            let arg = evaluate(arg, frame, run)?;
            in_set(arg, set, *holds_null, *negated, run)
        }
        Expr::Quantified { arg, array, quantifier, all } => {
            let (arg, array) = (look(arg, frame, run)?, look(array, frame, run)?);
            match array.as_array() {
                Some(array) => quantified(&arg, array.items.iter(), *quantifier, *all, run),
                None => Ok(Value::Null),
            }
        }
        Expr::Array(items) => run.made(Value::array(list(items)?)),
        Expr::Record(items) => run.bounded(Value::Record(list(items)?.into())),
        Expr::Subscript { arg, index } => Ok(subscript(&evaluate(arg, frame, run)?, &evaluate(index, frame, run)?)),
        Expr::Slice { arg, from, to } => {
            let bound = |bound: &Option<Box<Expr>>| bound.as_ref().map(|b| evaluate(b, frame, run)).transpose();
            run.made(slice(&evaluate(arg, frame, run)?, bound(from)?, bound(to)?))
        }
        Expr::Field { arg, place } => Ok(match evaluate(arg, frame, run)? {
            Value::Record(row) => row.get(*place).cloned().unwrap_or(Value::Null),
            _ => Value::Null,
        }),
        _ => Err(SystemError::Internal("an expression without a rule")),
    }
}

/// Compares as SQL does: NULL where either side is.
pub(crate) fn compare_values(op: Comparison, left: &Value, right: &Value, run: &Run) -> Result<Value> {
    if left.is_null() || right.is_null() {
        return Ok(Value::Null);
    }
    run.compared(left, right)?;
    let order = compare(left, right).ok_or(SystemError::Internal("types that do not compare"))?;
    Ok(Value::Bool(match op {
        Comparison::Eq => order == Ordering::Equal,
        Comparison::NotEq => order != Ordering::Equal,
        Comparison::Lt => order == Ordering::Less,
        Comparison::LtEq => order != Ordering::Greater,
        Comparison::Gt => order == Ordering::Greater,
        Comparison::GtEq => order != Ordering::Less,
    }))
}

fn passes(value: &Value, test: Test) -> bool {
    match test {
        Test::Null => value.is_null() || is_row_of(value, true),
        Test::NotNull => !value.is_null() && !matches!(value, Value::Record(row) if row.iter().any(Value::is_null)),
        Test::True => *value == Value::Bool(true),
        Test::NotTrue => *value != Value::Bool(true),
        Test::False => *value == Value::Bool(false),
        Test::NotFalse => *value != Value::Bool(false),
    }
}

fn is_row_of(value: &Value, nulls: bool) -> bool {
    matches!(value, Value::Record(row) if row.iter().all(|cell| cell.is_null() == nulls))
}

fn negate(value: Value, negated: bool) -> Value {
    match value {
        Value::Bool(value) => Value::Bool(value != negated),
        other => other,
    }
}

fn any_equal(arg: &Value, items: &[Value], run: &Run) -> Result<Value> {
    let mut unknown = false;
    for item in items {
        match compare_values(Comparison::Eq, arg, item, run)? {
            Value::Bool(true) => return Ok(Value::Bool(true)),
            Value::Null => unknown = true,
            _ => {}
        }
    }
    Ok(if unknown { Value::Null } else { Value::Bool(false) })
}

fn in_set(arg: Value, set: &HashSet<Key>, holds_null: bool, negated: bool, run: &Run) -> Result<Value> {
    if arg.is_null() {
        return Ok(if set.is_empty() && !holds_null { Value::Bool(negated) } else { Value::Null });
    }
    let found = set.contains(&run.key(arg)?);
    Ok(if !found && holds_null { Value::Null } else { Value::Bool(found != negated) })
}

fn quantified<'v>(
    arg: &Value,
    items: impl Iterator<Item = &'v Value>,
    quantifier: Quantifier,
    all: bool,
    run: &Run,
) -> Result<Value> {
    let mut unknown = false;
    for item in items {
        run.step(1)?;
        let outcome = match quantifier {
            Quantifier::Compare(op) => compare_values(op, arg, item, run)?,
            Quantifier::Match { form, insensitive, negated } => {
                let how = crate::plan::Match { form, insensitive, negated, escape: None };
                pattern::matches(arg, item, None, &how, run)?
            }
        };
        match outcome {
            Value::Bool(value) if value != all => return Ok(Value::Bool(!all)),
            Value::Bool(_) => {}
            _ => unknown = true,
        }
    }
    Ok(if unknown { Value::Null } else { Value::Bool(all) })
}

fn subscript(arg: &Value, index: &Value) -> Value {
    match (arg, index) {
        (Value::Array(array), Value::Int(index)) => index
            .checked_sub(array.lower.into())
            .and_then(|place| usize::try_from(place).ok())
            .and_then(|place| array.items.get(place).cloned())
            .unwrap_or(Value::Null),
        // `name` counts its bytes from 0.
        (Value::Text(text), Value::Int(index)) => usize::try_from(*index)
            .ok()
            .and_then(|place| text.as_bytes().get(place))
            .filter(|byte| byte.is_ascii())
            .map_or(Value::Null, |byte| Value::from(char::from(*byte).to_string())),
        _ => Value::Null,
    }
}

fn slice(arg: &Value, from: Option<Value>, to: Option<Value>) -> Value {
    let Value::Array(array) = arg else { return Value::Null };
    if [&from, &to].into_iter().flatten().any(Value::is_null) {
        return Value::Null;
    }
    let lower = i64::from(array.lower);
    let upper = lower + array.items.len() as i64 - 1;
    let first = from.and_then(|v| v.as_int()).map_or(lower, |v| v.max(lower));
    let last = to.and_then(|v| v.as_int()).map_or(upper, |v| v.min(upper));
    let items =
        (first..=last).filter_map(|place| array.items.get(usize::try_from(place - lower).ok()?).cloned()).collect();
    Value::Array(ArrayValue { lower: 1, items }.into())
}

fn subquery(plan: &Arc<QueryPlan>, usage: &SubqueryUse, frame: &Frame, run: &Run) -> Result<Value> {
    if let SubqueryUse::In { arg, negated } = usage {
        let arg = evaluate(arg, frame, run)?;
        let set = value_set(plan, frame, run)?;
        return in_set(arg, &set.keys, set.holds_null, *negated, run);
    }
    let rows = super::query::rows_of(plan, frame, run)?;
    let first = |row: &Row| row.first().cloned().unwrap_or(Value::Null);
    match usage {
        SubqueryUse::Exists { negated } => Ok(Value::Bool(rows.rows.is_empty() == *negated)),
        SubqueryUse::Scalar => match rows.rows.as_slice() {
            [] => Ok(Value::Null),
            [row] => Ok(first(row)),
            _ => Err(SystemError::Cardinality),
        },
        SubqueryUse::Array => run.made(Value::array(rows.rows.iter().map(first).collect())),
        SubqueryUse::Quantified { arg, quantifier, all } => {
            let arg = evaluate(arg, frame, run)?;
            let values: Vec<Value> = rows.rows.iter().map(first).collect();
            quantified(&arg, values.iter(), *quantifier, *all, run)
        }
        SubqueryUse::In { .. } => Err(SystemError::Internal("IN handled above")),
    }
}

/// The values of a subquery, hashed; kept for the statement where they do not vary.
fn value_set(plan: &Arc<QueryPlan>, frame: &Frame, run: &Run) -> Result<Arc<ValueSet>> {
    if !plan.correlated
        && let Some(set) = run.sets.borrow().get(&plan.id)
    {
        return Ok(set.clone());
    }
    let mut set = ValueSet { keys: HashSet::new(), holds_null: false };
    for row in run_query(plan, Some(frame), run)? {
        let value = match (plan.columns.len(), row.first()) {
            (1, Some(value)) => value.clone(),
            _ => Value::Record(row),
        };
        if value.is_null() || matches!(&value, Value::Record(row) if row.iter().any(Value::is_null)) {
            set.holds_null = true;
        } else {
            set.keys.insert(run.key(value)?);
        }
    }
    let set = Arc::new(set);
    if !plan.correlated {
        run.sets.borrow_mut().insert(plan.id, set.clone());
    }
    Ok(set)
}
