//! One SELECT: FROM and WHERE, then groups, windows, set-returning functions, and the SELECT list.

use std::collections::HashMap;

use super::{Extras, Frame, Run, Tuple, aggregate, evaluate, from, is_true, row_bytes, window};
use crate::error::Result;
use crate::plan::{GroupPlan, SelectPlan, SetPlan};
use crate::value::{Key, Row, Value};

/// A row on its way to the SELECT list: what was joined, and what was computed over groups and windows.
pub(super) struct Pending {
    pub(super) tuple: Tuple,
    pub(super) aggregates: Vec<Value>,
    pub(super) windows: Vec<Value>,
}

impl Pending {
    pub(super) fn frame<'f>(&'f self, up: Option<&'f Frame<'f>>) -> Frame<'f> {
        let extras = Extras { aggregates: &self.aggregates, windows: &self.windows, sets: &[] };
        Frame { tuple: &self.tuple, extras, up }
    }
}

pub(super) fn run_select(plan: &SelectPlan, up: Option<&Frame>, run: &Run) -> Result<Vec<Row>> {
    let tuples = from::run_from(&plan.from, plan.slot_count, up, run)?;
    let mut pending = match &plan.group {
        Some(group) => grouped(group, plan.slot_count, tuples, up, run)?,
        None => {
            tuples.into_iter().map(|tuple| Pending { tuple, aggregates: Vec::new(), windows: Vec::new() }).collect()
        }
    };
    for plan in &plan.windows {
        window::run_window(plan, &mut pending, up, run)?;
    }
    let mut rows = Vec::with_capacity(pending.len());
    for item in pending {
        if plan.sets.is_empty() {
            rows.push(targets(plan, &item.frame(up), run)?);
        } else {
            expand(plan, item, up, run, &mut rows)?;
        }
        run.holds(rows.len(), plan.targets.len())?;
    }
    Ok(rows)
}

fn targets(plan: &SelectPlan, frame: &Frame, run: &Run) -> Result<Row> {
    run.step(plan.targets.len())?;
    run.within(|| plan.targets.iter().map(|target| evaluate(target, frame, run)).collect(), row_bytes)
}

/// Set-returning functions of the SELECT list run side by side; the shorter ones are filled with NULL.
fn expand(plan: &SelectPlan, item: Pending, up: Option<&Frame>, run: &Run, rows: &mut Vec<Row>) -> Result<()> {
    let frame = item.frame(up);
    let lists = plan.sets.iter().map(|set| set_values(set, &frame, run)).collect::<Result<Vec<_>>>()?;
    let length = lists.iter().map(Vec::len).max().unwrap_or(0);
    for place in 0..length {
        run.holds(rows.len(), plan.targets.len())?;
        let sets: Vec<Value> = lists.iter().map(|list| list.get(place).cloned().unwrap_or(Value::Null)).collect();
        let extras = Extras { sets: &sets, ..frame.extras };
        rows.push(targets(plan, &Frame { extras, ..frame }, run)?);
    }
    Ok(())
}

/// Each row of a set-returning function as one value: a record where it has several columns.
fn set_values(set: &SetPlan, frame: &Frame, run: &Run) -> Result<Vec<Value>> {
    let args = set.args.iter().map(|arg| evaluate(arg, frame, run)).collect::<Result<Vec<_>>>()?;
    run.read(&args)?;
    let rows = (set.function.run)(run, &args)?;
    Ok(rows
        .into_iter()
        .map(|row| match row.first() {
            Some(only) if row.len() == 1 => only.clone(),
            _ => Value::Record(row),
        })
        .collect())
}

fn grouped(
    plan: &GroupPlan,
    slot_count: usize,
    tuples: Vec<Tuple>,
    up: Option<&Frame>,
    run: &Run,
) -> Result<Vec<Pending>> {
    let mut places: HashMap<Vec<Key>, usize> = HashMap::new();
    let mut groups: Vec<Vec<Tuple>> = Vec::new();
    for tuple in tuples {
        let frame = Frame { tuple: &tuple, extras: Extras::default(), up };
        let key = plan.keys.iter().map(|key| run.key(evaluate(key, &frame, run)?)).collect::<Result<Vec<_>>>()?;
        let place = *places.entry(key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(place) {
            group.push(tuple);
        }
    }
    // Without GROUP BY there is one group, even over no rows.
    if groups.is_empty() && plan.keys.is_empty() {
        groups.push(Vec::new());
    }
    let mut pending = Vec::with_capacity(groups.len());
    for group in groups {
        let aggregates = plan
            .aggregates
            .iter()
            .map(|aggregate| aggregate::run_aggregate(aggregate, group.iter().map(|tuple| &**tuple), up, run))
            .collect::<Result<Vec<_>>>()?;
        let tuple = group.into_iter().next().unwrap_or_else(|| vec![None; slot_count].into());
        let row = Pending { tuple, aggregates, windows: Vec::new() };
        let keep = match &plan.having {
            Some(having) => is_true(having, &row.frame(up), run)?,
            None => true,
        };
        if keep {
            pending.push(row);
        }
    }
    Ok(pending)
}
