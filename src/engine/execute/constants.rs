//! What the constants of a statement may take. The engine writes a constant out once for each row of a batch before an
//! operator or a function sees it, so that a text of a megabyte comes to gigabytes, and nobody counts them.
//!
//! Invariant: what all constants of a row come to, times the rows of a batch, is within a share of the memory; where
//! batches have to be much smaller for that, the statement holds what they take in the pool while it runs ([`Batches`]). All
//! constants together are within a share too, and so is every copy that the optimizer may make of one ([`Copies`]).
//! Operands of a comparison and items of a list are never written out and count once.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{BinaryExpr, Expr, Like, LogicalPlan};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};
use datafusion::scalar::ScalarValue;
use sluice_base::Limits;

use super::BATCH_ROWS;
use crate::EngineError;
use crate::share::Share;

/// The part of the memory that a batch's constants may take: one in so many.
const BATCH_SHARE: usize = 64;
/// The part of the memory that all constants of a statement may take, each written once.
const PLAN_SHARE: usize = 4;
/// Batches of a statement that are alive at a time, about: one at an operator and one behind it.
const BATCHES: usize = 2;
/// Statements whose constants come to less for a row hold no more than any other while they run.
const WIDE_ROW: usize = 16 << 10;
/// Shorter constants are as cheap to copy as columns.
const WIDE: usize = 256;

/// The shares of one engine.
#[derive(Debug, Clone)]
pub(super) struct Shares {
    batch_bytes: usize,
    plan_bytes: usize,
    pool: Arc<dyn MemoryPool>,
}

impl Shares {
    pub(super) fn new(limits: &Limits, pool: Arc<dyn MemoryPool>) -> Shares {
        let plan_bytes = (limits.memory_bytes / PLAN_SHARE).max(limits.value_bytes_max);
        Shares { batch_bytes: limits.memory_bytes / BATCH_SHARE, plan_bytes, pool }
    }
}

/// How many rows the batches of a statement have, and the memory that is theirs while it runs.
#[derive(Debug)]
pub(crate) struct Batches {
    pub(crate) rows: usize,
    pub(crate) reservation: Option<MemoryReservation>,
}

impl Default for Batches {
    /// Those of a statement without wide constants.
    fn default() -> Batches {
        Batches { rows: BATCH_ROWS, reservation: None }
    }
}

impl Batches {
    /// Those of an optimized plan; an error where its constants are too large, or the memory is taken.
    pub(super) fn of(plan: &LogicalPlan, shares: &Shares) -> Result<Batches, EngineError> {
        let width = Width::of(plan)?;
        if width.once > shares.plan_bytes {
            return Err(EngineError::Memory(format!("constants of {} bytes", width.once)));
        }
        let rows = (shares.batch_bytes / width.row.max(1)).clamp(1, BATCH_ROWS);
        if rows == BATCH_ROWS {
            return Ok(Batches::default());
        }
        if width.row < WIDE_ROW {
            return Ok(Batches { rows, reservation: None });
        }
        let bytes = width.row.saturating_mul(rows).saturating_mul(BATCHES).saturating_add(width.once);
        let reservation = MemoryConsumer::new("constants").register(&Share::of(&shares.pool));
        reservation.try_grow(bytes)?;
        Ok(Batches { rows, reservation: Some(reservation) })
    }

    /// Whether batches are smaller than usual.
    pub(super) fn are_small(&self) -> bool {
        self.rows < BATCH_ROWS
    }
}

/// Bytes of a plan's constants.
#[derive(Debug, Default, PartialEq, Eq)]
struct Width {
    /// Of all, each written once.
    once: usize,
    /// Of those that are written out for each row, once.
    row: usize,
}

impl Width {
    fn of(plan: &LogicalPlan) -> Result<Width> {
        let mut width = Width::default();
        plan.apply_with_subqueries(|node| {
            let repeats = !node.inputs().into_iter().all(is_single);
            node.apply_expressions(|expr| {
                let (once, row) = (bytes(expr, false)?, if repeats { bytes(expr, true)? } else { 0 });
                width.once = width.once.saturating_add(once);
                width.row = width.row.saturating_add(row);
                Ok(TreeNodeRecursion::Continue)
            })
        })?;
        Ok(width)
    }
}

/// Bytes of the constants in an expression; `spread`: of those alone that are written out for each row.
fn bytes(expr: &Expr, spread: bool) -> Result<usize> {
    let (mut all, mut operands) = (0usize, 0usize);
    expr.apply(|part| {
        if let Expr::Literal(value, _) = part {
            all = all.saturating_add(bytes_of(value));
        }
        operands = operands.saturating_add(if spread { beside(part) } else { 0 });
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(all.saturating_sub(operands))
}

/// Bytes of the constants right below an operator that takes them as they are.
fn beside(expr: &Expr) -> usize {
    let constant = |expr: &Expr| match expr {
        Expr::Literal(value, _) => bytes_of(value),
        _ => 0,
    };
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, right, .. }) => constant(left) + constant(right),
        Expr::Like(Like { pattern, .. }) => constant(pattern),
        Expr::InList(InList { list, .. }) => list.iter().map(constant).sum(),
        _ => 0,
    }
}

/// Bytes of a constant beside the place that every value has.
fn bytes_of(value: &ScalarValue) -> usize {
    value.size().saturating_sub(size_of::<ScalarValue>())
}

/// Bytes that are copied when the constant is; arrays are shared.
fn copied_bytes(expr: &Expr) -> Result<usize> {
    let mut sum = 0usize;
    expr.apply(|part| {
        if let Expr::Literal(value, _) = part {
            let shared = matches!(value, ScalarValue::List(_) | ScalarValue::LargeList(_) | ScalarValue::Struct(_));
            let bytes = if shared { 0 } else { bytes_of(value) };
            sum = sum.saturating_add(if bytes < WIDE { 0 } else { bytes });
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(sum)
}

/// Whether a plan gives one row at most.
fn is_single(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::EmptyRelation(_) => true,
        LogicalPlan::Values(values) => values.values.len() <= 1,
        LogicalPlan::Aggregate(aggregate) if aggregate.group_expr.is_empty() => true,
        LogicalPlan::Projection(_)
        | LogicalPlan::Filter(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Limit(_)
        | LogicalPlan::Window(_)
        | LogicalPlan::Aggregate(_)
        | LogicalPlan::SubqueryAlias(_) => plan.inputs().into_iter().all(is_single),
        _ => false,
    }
}

/// Refuses a plan in which a wide constant has a name that stands in so many places that a copy for each of them would
/// be too much: the optimizer puts a constant wherever its name stands. Asked each time constants have been computed.
#[derive(Debug)]
pub(super) struct Copies {
    bytes_max: usize,
}

impl Copies {
    pub(super) fn new(limits: &Limits) -> Copies {
        Copies { bytes_max: (limits.memory_bytes / PLAN_SHARE).max(limits.value_bytes_max) }
    }
}

impl OptimizerRule for Copies {
    fn name(&self) -> &str {
        "sluice_copies"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        None
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let bytes = bytes_with_copies(&plan)?;
        if bytes > self.bytes_max {
            let told = EngineError::Memory(format!("constants of {bytes} bytes, copies among them"));
            return Err(datafusion::error::DataFusionError::External(Box::new(told)));
        }
        Ok(Transformed::no(plan))
    }
}

/// What wide constants come to where each place in which one's name stands has a copy.
fn bytes_with_copies(plan: &LogicalPlan) -> Result<usize> {
    let (mut once, mut named) = (0usize, 0usize);
    let mut names = HashSet::new();
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            let bytes = copied_bytes(expr)?;
            once = once.saturating_add(bytes);
            if bytes > 0 && matches!(node, LogicalPlan::Projection(_)) {
                named = named.saturating_add(bytes);
                names.insert(expr.qualified_name().1);
            }
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    if named == 0 {
        return Ok(once);
    }
    // A name may get another one on its way up.
    let mut known = 0;
    while names.len() > known {
        known = names.len();
        plan.apply_with_subqueries(|node| {
            match node {
                LogicalPlan::Projection(projection) => {
                    for expr in &projection.expr {
                        if places(expr, &names)? > 0 {
                            names.insert(expr.qualified_name().1);
                        }
                    }
                }
                // Its columns go by the names of the first branch.
                LogicalPlan::Union(union) => {
                    for (place, field) in union.schema.fields().iter().enumerate() {
                        let of_branch = |input: &Arc<LogicalPlan>| input.schema().fields().get(place).cloned();
                        if union.inputs.iter().filter_map(of_branch).any(|field| names.contains(field.name())) {
                            names.insert(field.name().clone());
                        }
                    }
                }
                _ => {}
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
    }
    let mut copies = 0usize;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            copies += places(expr, &names)?;
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    Ok(once.saturating_add(named.saturating_mul(copies)))
}

/// How often one of the names stands in an expression.
fn places(expr: &Expr, names: &HashSet<String>) -> Result<usize> {
    let mut found = 0;
    expr.apply(|part| {
        found += usize::from(matches!(part, Expr::Column(column) if names.contains(&column.name)));
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::{DataType, Field, Schema};
    use datafusion::execution::memory_pool::GreedyMemoryPool;
    use datafusion::functions::string::expr_fn::upper;
    use datafusion::logical_expr::logical_plan::table_scan;
    use datafusion::logical_expr::{LogicalPlanBuilder, col, lit};

    use super::*;

    fn table() -> LogicalPlanBuilder {
        let schema = Schema::new(vec![Field::new("x", DataType::Utf8, true)]);
        table_scan(Some("t"), &schema, None).unwrap()
    }

    fn wide(bytes: usize) -> Expr {
        lit("w".repeat(bytes))
    }

    fn shares(memory_bytes: usize) -> Shares {
        let limits = Limits { memory_bytes, value_bytes_max: 1 << 20, ..Limits::default() };
        Shares::new(&limits, Arc::new(GreedyMemoryPool::new(memory_bytes)))
    }

    #[test]
    fn batches_are_as_small_as_constants_are_wide() {
        let plan =
            table().project([wide(100_000).alias("a"), upper(wide(100_000)).alias("b")]).unwrap().build().unwrap();
        let shares = shares(64 << 20);
        let batches = Batches::of(&plan, &shares).unwrap();
        assert_eq!(batches.rows, (1 << 20) / 200_000);
        let held = shares.pool.reserved();
        assert!((1_000_000..4_000_000).contains(&held), "{held}");
        drop(batches);
        assert_eq!(shares.pool.reserved(), 0);
    }

    #[test]
    fn constants_of_one_row_or_beside_an_operator_are_not_written_out() {
        let one = LogicalPlanBuilder::empty(true).project([wide(100_000).alias("a")]).unwrap().build().unwrap();
        assert_eq!(Width::of(&one).unwrap(), Width { once: 100_000, row: 0 });
        let condition = col("x").eq(wide(100_000)).or(col("x").in_list(vec![wide(70_000), wide(30_000)], false));
        let beside = table().filter(condition.or(col("x").like(wide(5)))).unwrap().build().unwrap();
        assert_eq!(Width::of(&beside).unwrap(), Width { once: 200_005, row: 0 });
        let below = table().filter(col("x").eq(upper(wide(100)))).unwrap().build().unwrap();
        assert_eq!(Width::of(&below).unwrap(), Width { once: 100, row: 100 });
        assert!(!Batches::of(&beside, &shares(16 << 20)).unwrap().are_small());
    }

    #[test]
    fn constants_past_the_share_are_refused() {
        let many: Vec<Expr> = (0..50).map(|n| wide(100_000).alias(format!("a{n}"))).collect();
        let plan = table().project(many).unwrap().build().unwrap();
        assert!(matches!(Batches::of(&plan, &shares(16 << 20)), Err(EngineError::Memory(_))));
        assert!(Batches::of(&plan, &shares(32 << 20)).is_ok());
    }

    #[test]
    fn every_place_of_a_name_counts_as_a_copy() {
        let named = table().project([wide(1_000).alias("a"), col("x")]).unwrap();
        let again = named.project([col("a").alias("b"), col("x")]).unwrap();
        let twice = again.project([col("b").alias("c"), col("b").alias("d"), col("x")]).unwrap().build().unwrap();
        assert_eq!(bytes_with_copies(&twice).unwrap(), 1_000 + 3 * 1_000);
        let narrow = table().project([wide(10).alias("a")]).unwrap().build().unwrap();
        assert_eq!(bytes_with_copies(&narrow).unwrap(), 0);
    }
}
