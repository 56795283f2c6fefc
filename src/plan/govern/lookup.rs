//! Look-ups (governance G8): `field = constant` in WHERE over a field with `use: lookup` meets the raw value.
//!
//! Invariant: done on the plan as the query was written, before any pass derives predicates of its own, and only for
//! conjuncts of a WHERE that filter the scan's own rows. Everything else meets the masked value.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion_common::ScalarValue;
use datafusion_common::tree_node::Transformed;
use datafusion_expr::expr::{BinaryExpr, InList};
use datafusion_expr::utils::{conjunction, split_conjunction_owned};
use datafusion_expr::{Expr, Filter, JoinType, LogicalPlan, Operator, TableScan};
use sluice_model::decision::MaskUse;

use super::GovernedSource;
use super::source::LookupPredicate;
use crate::PlanError;
use crate::planner::from_planner;

/// Longest IN list that counts as a look-up.
const VALUES_MAX: usize = 16;
/// Shortest value, characters: a guess of a short value is a search, not a look-up.
const LENGTH_MIN: usize = 6;

/// Moves the look-ups of a whole plan into their scans.
pub(super) fn extract(plan: LogicalPlan) -> Result<LogicalPlan, PlanError> {
    let moved = plan.transform_up_with_subqueries(|node| match node {
        LogicalPlan::Filter(filter) => of_filter(filter),
        other => Ok(Transformed::no(other)),
    });
    moved.map(|t| t.data).map_err(from_planner)
}

fn of_filter(filter: Filter) -> datafusion_common::Result<Transformed<LogicalPlan>> {
    let mut input = Arc::unwrap_or_clone(filter.input);
    let mut kept = Vec::new();
    let mut changed = false;
    for conjunct in split_conjunction_owned(filter.predicate) {
        match candidate(&conjunct) {
            Some((column, values)) => match push(input, column, values)? {
                Pushed::Into(with) => {
                    input = with;
                    changed = true;
                }
                Pushed::No(same) => {
                    input = same;
                    kept.push(conjunct);
                }
            },
            None => kept.push(conjunct),
        }
    }
    let plan = match conjunction(kept) {
        Some(predicate) => LogicalPlan::Filter(Filter::try_new(predicate, Arc::new(input))?),
        None => input,
    };
    Ok(if changed { Transformed::yes(plan) } else { Transformed::no(plan) })
}

/// `column = 'text'`, `'text' = column`, `column IN ('text', ...)`.
fn candidate(expr: &Expr) -> Option<(&datafusion_common::Column, Vec<String>)> {
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => match (&**left, &**right) {
            (Expr::Column(column), value) | (value, Expr::Column(column)) => Some((column, vec![text(value)?])),
            _ => None,
        },
        Expr::InList(InList { expr, list, negated: false }) if list.len() <= VALUES_MAX => match &**expr {
            Expr::Column(column) => Some((column, list.iter().map(text).collect::<Option<Vec<_>>>()?)),
            _ => None,
        },
        _ => None,
    }
}

fn text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Literal(ScalarValue::Utf8(Some(text)), _) => Some(text.clone()),
        _ => None,
    }
}

enum Pushed {
    Into(LogicalPlan),
    No(LogicalPlan),
}

/// Walks from a WHERE down to the scan that owns the column, through nodes that keep its rows one to one.
fn push(
    plan: LogicalPlan,
    column: &datafusion_common::Column,
    values: Vec<String>,
) -> datafusion_common::Result<Pushed> {
    if !plan.schema().has_column(column) {
        return Ok(Pushed::No(plan));
    }
    match plan {
        LogicalPlan::TableScan(scan) => into_scan(scan, column, values),
        LogicalPlan::SubqueryAlias(alias) => {
            let position = alias.schema.index_of_column(column)?;
            let inner = alias.input.schema().columns()[position].clone();
            // Only an alias over the scan itself: a derived table's columns are masked values already.
            if !matches!(*alias.input, LogicalPlan::TableScan(_)) {
                return Ok(Pushed::No(LogicalPlan::SubqueryAlias(alias)));
            }
            let name = alias.alias.clone();
            Ok(match push(Arc::unwrap_or_clone(alias.input), &inner, values)? {
                Pushed::Into(input) => Pushed::Into(aliased(input, name)?),
                Pushed::No(input) => Pushed::No(aliased(input, name)?),
            })
        }
        LogicalPlan::Filter(filter) => {
            let predicate = filter.predicate.clone();
            let rebuilt = |input| Filter::try_new(predicate, Arc::new(input)).map(LogicalPlan::Filter);
            Ok(match push(Arc::unwrap_or_clone(filter.input), column, values)? {
                Pushed::Into(input) => Pushed::Into(rebuilt(input)?),
                Pushed::No(input) => Pushed::No(rebuilt(input)?),
            })
        }
        LogicalPlan::Join(mut join) => {
            let in_left = join.left.schema().has_column(column);
            let allowed = match join.join_type {
                JoinType::Inner => true,
                JoinType::Left => in_left,
                JoinType::Right => !in_left,
                _ => false,
            };
            if !allowed {
                return Ok(Pushed::No(LogicalPlan::Join(join)));
            }
            let side = if in_left { &mut join.left } else { &mut join.right };
            Ok(match push(side.as_ref().clone(), column, values)? {
                Pushed::Into(with) => {
                    *side = Arc::new(with);
                    Pushed::Into(LogicalPlan::Join(join))
                }
                Pushed::No(_) => Pushed::No(LogicalPlan::Join(join)),
            })
        }
        other => Ok(Pushed::No(other)),
    }
}

fn aliased(input: LogicalPlan, name: datafusion_common::TableReference) -> datafusion_common::Result<LogicalPlan> {
    datafusion_expr::SubqueryAlias::try_new(Arc::new(input), name).map(LogicalPlan::SubqueryAlias)
}

fn into_scan(
    mut scan: TableScan,
    column: &datafusion_common::Column,
    values: Vec<String>,
) -> datafusion_common::Result<Pushed> {
    let Some(source) = scan.source.downcast_ref::<GovernedSource>() else {
        return Ok(Pushed::No(LogicalPlan::TableScan(scan)));
    };
    let position = scan.projected_schema.index_of_column(column)?;
    let field = source.fields()[position];
    let outcome = &source.decision().fields[field];
    // Of other types a literal may be written in several ways, and some of them are no texts any more: none is looked up.
    if *scan.projected_schema.field(position).data_type() != DataType::Utf8 {
        return Ok(Pushed::No(LogicalPlan::TableScan(scan)));
    }
    if outcome.mask.as_ref().is_none_or(|mask| mask.usage != MaskUse::Lookup) {
        return Ok(Pushed::No(LogicalPlan::TableScan(scan)));
    }
    if values.iter().any(|value| value.chars().count() < LENGTH_MIN) {
        return Err(datafusion_common::DataFusionError::External(Box::new(PlanError::LookupTooShort)));
    }
    let with = source.with_lookup(LookupPredicate { field, values });
    scan.source = Arc::new(with);
    Ok(Pushed::Into(LogicalPlan::TableScan(scan)))
}
