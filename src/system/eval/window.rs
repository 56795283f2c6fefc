//! Window functions: `row_number` and its kin, and aggregates over a partition.
//!
//! Left out: frames other than the default one; they are refused while the query is analysed.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::select::Pending;
use super::sort::order_lists;
use super::{Frame, Run, aggregate, evaluate};
use crate::error::Result;
use crate::plan::{WindowKind, WindowPlan};
use crate::value::{Key, Value};

/// Computes one window function for every row, and appends it to the rows' extras.
pub(super) fn run_window(plan: &WindowPlan, rows: &mut [Pending], up: Option<&Frame>, run: &Run) -> Result<()> {
    let mut places: HashMap<Vec<Key>, usize> = HashMap::new();
    let mut partitions: Vec<Vec<(Vec<Value>, usize)>> = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        run.step(1)?;
        let frame = row.frame(up);
        let key = plan.partition.iter().map(|by| run.key(evaluate(by, &frame, run)?)).collect::<Result<Vec<_>>>()?;
        let order = plan.order.iter().map(|by| evaluate(&by.by, &frame, run)).collect::<Result<Vec<_>>>()?;
        // Each is compared with some twenty others when they are sorted.
        run.read(&order)?;
        let place = *places.entry(key).or_insert_with(|| {
            partitions.push(Vec::new());
            partitions.len() - 1
        });
        if let Some(partition) = partitions.get_mut(place) {
            partition.push((order, number));
        }
    }
    let mut values = vec![Value::Null; rows.len()];
    for mut partition in partitions {
        partition.sort_by(|left, right| order_lists(&left.0, &right.0, &plan.order));
        let computed = partition_values(plan, &partition, rows, up, run)?;
        for ((_, number), value) in partition.iter().zip(computed) {
            values[*number] = value;
        }
    }
    for (row, value) in rows.iter_mut().zip(values) {
        row.windows.push(value);
    }
    Ok(())
}

/// For each row of the sorted partition, the place just behind its last peer.
fn peers_end(plan: &WindowPlan, partition: &[(Vec<Value>, usize)]) -> Vec<usize> {
    let mut ends = vec![partition.len(); partition.len()];
    for place in (0..partition.len().saturating_sub(1)).rev() {
        let same = order_lists(&partition[place].0, &partition[place + 1].0, &plan.order) == Ordering::Equal;
        ends[place] = if same { ends[place + 1] } else { place + 1 };
    }
    ends
}

fn partition_values(
    plan: &WindowPlan,
    partition: &[(Vec<Value>, usize)],
    rows: &[Pending],
    up: Option<&Frame>,
    run: &Run,
) -> Result<Vec<Value>> {
    let ends = peers_end(plan, partition);
    let at = |place: usize, expr: &crate::plan::Expr| {
        let row = &rows[partition[place].1];
        evaluate(expr, &row.frame(up), run)
    };
    let mut values = Vec::with_capacity(partition.len());
    let (mut rank, mut dense) = (0, 0);
    let mut last: Option<(usize, Value)> = None;
    for place in 0..partition.len() {
        if place == 0 || ends[place - 1] == place {
            rank = place as i64 + 1;
            dense += 1;
        }
        values.push(match &plan.kind {
            WindowKind::RowNumber => Value::Int(place as i64 + 1),
            WindowKind::Rank => Value::Int(rank),
            WindowKind::DenseRank => Value::Int(dense),
            WindowKind::Neighbour { value, distance } => {
                match usize::try_from((place as i64).saturating_add(*distance)) {
                    Ok(other) if other < partition.len() => at(other, value)?,
                    _ => Value::Null,
                }
            }
            WindowKind::Edge { value, last: false } => at(0, value)?,
            WindowKind::Edge { value, last: true } => {
                let end = if plan.order.is_empty() { partition.len() } else { ends[place] };
                at(end - 1, value)?
            }
            WindowKind::Aggregate(aggregate_plan) => {
                let end = if plan.order.is_empty() { partition.len() } else { ends[place] };
                match &last {
                    Some((held, value)) if *held == end => value.clone(),
                    _ => {
                        let tuples = partition[..end].iter().map(|(_, number)| &*rows[*number].tuple);
                        let value = aggregate::run_aggregate(aggregate_plan, tuples, up, run)?;
                        last = Some((end, value.clone()));
                        value
                    }
                }
            }
        });
    }
    Ok(values)
}
