//! Whole queries: WITH, set operations, ORDER BY, LIMIT.

use std::collections::HashSet;
use std::sync::Arc;

use super::sort::order_rows;
use super::{Extras, Frame, Run, bytes_of, evaluate, select};
use crate::error::{Result, SystemError};
use crate::plan::{Body, CteBody, CtePlan, DistinctPlan, Expr, QueryPlan, SetOperation};
use crate::relations::Source;
use crate::value::{Key, Row, Value};

/// What entering a query costs beside its rows.
const QUERY_STEPS: usize = 20;

/// The rows of a query; computed once where they cannot vary within the statement.
pub(crate) fn rows_of(plan: &Arc<QueryPlan>, frame: &Frame, run: &Run) -> Result<Arc<Source>> {
    if !plan.correlated
        && let Some(source) = run.results.borrow().get(&plan.id)
    {
        return Ok(source.clone());
    }
    let source = Arc::new(Source::new(run_query(plan, Some(frame), run)?, plan.columns.len()));
    if !plan.correlated {
        run.keep(&source.rows)?;
        run.results.borrow_mut().insert(plan.id, source.clone());
    }
    Ok(source)
}

/// Runs a query.
pub(crate) fn run_query(plan: &QueryPlan, up: Option<&Frame>, run: &Run) -> Result<Vec<Row>> {
    run.within(|| stacker::maybe_grow(512 << 10, 4 << 20, || rows_in_order(plan, up, run)), |rows| bytes_of(rows))
}

fn rows_in_order(plan: &QueryPlan, up: Option<&Frame>, run: &Run) -> Result<Vec<Row>> {
    run.step(QUERY_STEPS)?;
    for cte in &plan.ctes {
        // Those of the row before go.
        if let Some(before) = run.ctes.borrow_mut().remove(&cte.id) {
            run.give_back(&before.rows);
        }
        let source = cte_rows(cte, up, run)?;
        run.keep(&source.rows)?;
        run.ctes.borrow_mut().insert(cte.id, source);
    }
    let mut rows = body_rows(plan, up, run)?;
    if !plan.order.is_empty() {
        run.step(rows.len() * 4)?;
        rows.sort_by(|left, right| order_rows(left, right, &plan.order));
    }
    if let Body::Select(select) = &plan.body
        && let DistinctPlan::On(places) = &select.distinct
    {
        let mut seen = HashSet::new();
        rows.retain(|row| seen.insert(key_of(row, places)));
    }
    limit(&mut rows, plan, up, run)?;
    let width = plan.columns.len();
    if rows.first().is_some_and(|row| row.len() > width) {
        run.hold_rows(rows.len(), width)?;
        rows = rows.iter().map(|row| row.iter().take(width).cloned().collect()).collect();
    }
    Ok(rows)
}

fn key_of(row: &Row, places: &[usize]) -> Vec<Key> {
    places.iter().map(|place| Key(row.get(*place).cloned().unwrap_or(Value::Null))).collect()
}

fn count(expr: &Option<Expr>, up: Option<&Frame>, run: &Run, what: &str) -> Result<Option<usize>> {
    let Some(expr) = expr else { return Ok(None) };
    match evaluate(expr, &Frame { tuple: &[], extras: Extras::default(), up }, run)? {
        Value::Null => Ok(None),
        Value::Int(count) => usize::try_from(count)
            .map(Some)
            .map_err(|_| SystemError::InvalidParameter(format!("{what} must not be negative"))),
        _ => Err(SystemError::Internal("LIMIT of another type")),
    }
}

fn limit(rows: &mut Vec<Row>, plan: &QueryPlan, up: Option<&Frame>, run: &Run) -> Result<()> {
    if let Some(offset) = count(&plan.offset, up, run, "OFFSET")? {
        rows.drain(..offset.min(rows.len()));
    }
    if let Some(limit) = count(&plan.limit, up, run, "LIMIT")? {
        rows.truncate(limit);
    }
    Ok(())
}

fn body_rows(plan: &QueryPlan, up: Option<&Frame>, run: &Run) -> Result<Vec<Row>> {
    match &plan.body {
        Body::Select(select) => {
            let rows = select::run_select(select, up, run)?;
            Ok(if matches!(select.distinct, DistinctPlan::Rows) { distinct(rows, &[], run)? } else { rows })
        }
        Body::Query(inner) => run_query(inner, up, run),
        Body::Values(lists) => {
            let frame = Frame { tuple: &[], extras: Extras::default(), up };
            lists
                .iter()
                .map(|list| list.iter().map(|expr| evaluate(expr, &frame, run)).collect::<Result<Row>>())
                .collect()
        }
        Body::Set { operation, all, branches, jsonb } => set_rows(*operation, *all, branches, jsonb, up, run),
    }
}

/// Each row once; the columns at `jsonb` are compared as such.
fn distinct(rows: Vec<Row>, jsonb: &[usize], run: &Run) -> Result<Vec<Row>> {
    run.step(rows.len())?;
    run.hold_rows(rows.len(), 2)?;
    let mut seen = HashSet::new();
    let mut kept = Vec::new();
    for row in rows {
        let mut key = row.clone();
        if !jsonb.is_empty() {
            let mut cells = row.to_vec();
            for place in jsonb {
                if let Some(cell) = cells.get_mut(*place)
                    && let Value::Text(text) = cell
                {
                    *cell = crate::functions::jsonb_key(text)?.into();
                }
            }
            key = cells.into();
        }
        if seen.insert(Key(Value::Record(key))) {
            kept.push(row);
        }
    }
    Ok(kept)
}

fn set_rows(
    operation: SetOperation,
    all: bool,
    branches: &[Arc<QueryPlan>],
    jsonb: &[usize],
    up: Option<&Frame>,
    run: &Run,
) -> Result<Vec<Row>> {
    let mut branches = branches.iter();
    let Some(first) = branches.next() else { return Ok(Vec::new()) };
    let mut rows = run_query(first, up, run)?;
    for branch in branches {
        let next = run_query(branch, up, run)?;
        run.step(next.len())?;
        run.holds(rows.len() + next.len(), 1)?;
        rows = match operation {
            SetOperation::Union => {
                rows.extend(next);
                rows
            }
            SetOperation::Except | SetOperation::Intersect => meet(rows, next, operation, all),
        };
        if !all {
            rows = distinct(rows, jsonb, run)?;
        }
    }
    Ok(rows)
}

/// EXCEPT and INTERSECT; with ALL, each row of the right side counts once.
fn meet(left: Vec<Row>, right: Vec<Row>, operation: SetOperation, all: bool) -> Vec<Row> {
    let mut counts: std::collections::HashMap<Key, usize> = Default::default();
    for row in right {
        *counts.entry(Key(Value::Record(row))).or_default() += 1;
    }
    let wanted = operation == SetOperation::Intersect;
    left.into_iter()
        .filter(|row| {
            let count = counts.get_mut(&Key(Value::Record(row.clone())));
            let found = match count {
                Some(count) if all => {
                    let held = *count > 0;
                    *count = count.saturating_sub(1);
                    held
                }
                Some(_) => true,
                None => false,
            };
            found == wanted
        })
        .collect()
}

fn cte_rows(cte: &CtePlan, up: Option<&Frame>, run: &Run) -> Result<Arc<Source>> {
    let (first, next, all) = match &cte.plan {
        CteBody::Plain(plan) => return Ok(Arc::new(Source::new(run_query(plan, up, run)?, cte.width))),
        CteBody::Recursive { first, next, all } => (first, next, *all),
    };
    let mut seen = HashSet::new();
    let mut fresh = |rows: Vec<Row>| -> Vec<Row> {
        rows.into_iter().filter(|row| all || seen.insert(Key(Value::Record(row.clone())))).collect()
    };
    let mut working = fresh(run_query(first, up, run)?);
    let mut rows = Vec::new();
    while !working.is_empty() {
        run.step(working.len())?;
        rows.extend(working.iter().cloned());
        run.holds(rows.len(), cte.width)?;
        run.ctes.borrow_mut().insert(cte.id, Arc::new(Source::new(working, cte.width)));
        working = fresh(run_query(next, up, run)?);
    }
    Ok(Arc::new(Source::new(rows, cte.width)))
}
