//! Subqueries in a form that the engine's optimizer turns into joins: it does EXISTS and IN as conditions of a filter,
//! and scalar subqueries that are aggregates, both correlated by equal columns. Everything else is brought to that here, or
//! joined here ([`dependent`]).
//!
//! Invariant: runs on a governed plan, after look-ups were taken out and uses were traced; scans are copied or dropped
//! with their decisions, never made. What cannot be brought to a join is refused.

mod apply;
mod correlated;
mod dependent;
mod lateral;
mod repeats;
mod scalar;
mod single;

use std::sync::Arc;

use datafusion_common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion_common::{Column, DFSchema, DFSchemaRef, DataFusionError, ExprSchema, Result, ScalarValue, Spans};
use datafusion_expr::expr::{Exists, InSubquery, SetComparison, SetQuantifier};
use datafusion_expr::utils::{conjunction, split_conjunction_owned};
use datafusion_expr::{
    Expr, Filter, JoinType, LogicalPlan, LogicalPlanBuilder, Operator, Projection, Subquery, SubqueryAlias,
    binary_expr, lit, when,
};
use datafusion_optimizer::decorrelate::PullUpCorrelatedExpr;

use crate::PlanError;
use crate::planner::from_planner;
use crate::resolve::has_subquery;

/// Nodes of an expression that may be compared with a subquery.
const NODES_MAX: usize = 500;

/// Rewrites the subqueries of a whole plan, nested plans included.
pub(super) fn rewrite(plan: LogicalPlan) -> Result<LogicalPlan, PlanError> {
    let (mut marks, mut joins) = (0, 0);
    let rewritten = plan.transform_up_with_subqueries(|node| {
        let node = match node {
            LogicalPlan::SubqueryAlias(alias) => return of_alias(alias),
            LogicalPlan::Join(join) if lateral::subquery(&join.right).is_some() => {
                return lateral::of_join(join, &mut joins);
            }
            other => other,
        };
        if !node.expressions().iter().any(has_subquery) {
            return Ok(Transformed::no(node));
        }
        let (node, columns) = dependent::of_node(node, &mut joins)?;
        let node = node.map_expressions(correlated::told_apart)?.data;
        let node = node.map_expressions(scalar::at_most_one_row)?.data;
        let node = match node {
            LogicalPlan::Filter(filter) => of_filter(filter)?,
            LogicalPlan::Projection(projection) => of_projection(projection, &mut marks)?,
            other => other,
        };
        Ok(Transformed::yes(match columns {
            Some(columns) => {
                let columns = columns.into_iter().map(Expr::Column).collect();
                LogicalPlan::Projection(Projection::try_new(columns, Arc::new(node))?)
            }
            None => node,
        }))
    });
    match rewritten {
        // What refers to nothing in sight would be taken for a column of the engine's.
        Ok(rewritten) if !rewritten.data.all_out_ref_exprs().is_empty() => {
            Err(PlanError::Unsupported("this correlated subquery".into()))
        }
        Ok(rewritten) => Ok(rewritten.data),
        // A schema fault here is one of the rewriting, not of the client's names.
        Err(DataFusionError::External(inner)) => Err(from_planner(DataFusionError::External(inner))),
        Err(_) => Err(PlanError::Unsupported("this correlated subquery".into())),
    }
}

/// An alias over references outwards becomes a projection: the optimizer brings columns up through a projection, and
/// forgets to tell an alias.
fn of_alias(alias: SubqueryAlias) -> Result<Transformed<LogicalPlan>> {
    if matches!(*alias.input, LogicalPlan::Subquery(_)) || alias.input.all_out_ref_exprs().is_empty() {
        return Ok(Transformed::no(LogicalPlan::SubqueryAlias(alias)));
    }
    let columns = alias.input.schema().columns().into_iter().zip(alias.schema.iter());
    let items = columns
        .map(|(column, (qualifier, field))| Expr::Column(column).alias_qualified(qualifier.cloned(), field.name()));
    let projection = Projection::try_new(items.collect(), Arc::clone(&alias.input))?;
    Ok(Transformed::yes(LogicalPlan::Projection(projection)))
}

/// Conditions of their own stay as they are: the optimizer makes semi and anti joins of them.
fn of_filter(filter: Filter) -> Result<LogicalPlan> {
    let schema = Arc::clone(filter.input.schema());
    let kept = |conjunct: Expr| match conjunct {
        Expr::Exists(exists) => of_exists(exists),
        Expr::InSubquery(list) if !list.negated || is_plain(&list) => Ok(Expr::InSubquery(list)),
        Expr::Not(inner) => match *inner {
            Expr::Exists(exists) => of_exists(Exists { negated: !exists.negated, ..exists }),
            Expr::InSubquery(list) if list.negated || is_plain(&list) => {
                Ok(Expr::InSubquery(InSubquery { negated: !list.negated, ..list }))
            }
            other => as_exists(Expr::Not(Box::new(other)), &schema),
        },
        other => as_exists(other, &schema),
    };
    let conjuncts = split_conjunction_owned(filter.predicate).into_iter().map(kept).collect::<Result<Vec<_>>>()?;
    let predicate = conjunction(conjuncts).unwrap_or_else(|| lit(true));
    Filter::try_new(predicate, filter.input).map(LogicalPlan::Filter)
}

/// NOT IN that the optimizer joins with its NULLs: it needs a column to join by, and forgets them without one.
fn is_plain(list: &InSubquery) -> bool {
    let mut tested = list.expr.as_ref();
    while let Expr::Cast(cast) = tested {
        tested = &cast.expr;
    }
    matches!(tested, Expr::Column(_)) && list.subquery.outer_ref_columns.is_empty()
}

/// In a projection EXISTS becomes the column of a mark join.
fn of_projection(projection: Projection, marks: &mut usize) -> Result<LogicalPlan> {
    let schema = Arc::clone(projection.input.schema());
    let mut input = Arc::unwrap_or_clone(projection.input);
    let mut items = Vec::with_capacity(projection.expr.len());
    for (item, (qualifier, field)) in projection.expr.into_iter().zip(projection.schema.iter()) {
        if !has_subquery(&item) {
            items.push(item);
            continue;
        }
        let marked = as_exists(item, &schema)?.transform_up(|part| match part {
            Expr::Exists(exists) => {
                *marks += 1;
                let name = format!("\u{1}mark{marks}");
                let below = std::mem::take(&mut input);
                input = mark_join(below, exists.subquery, &name)?;
                let mark = Expr::Column(Column::new(Some(name), "mark"));
                Ok(Transformed::yes(if exists.negated { !mark } else { mark }))
            }
            other => Ok(Transformed::no(other)),
        })?;
        items.push(marked.data.unalias().alias_qualified(qualifier.cloned(), field.name()));
    }
    Projection::try_new(items, Arc::new(input)).map(LogicalPlan::Projection)
}

/// IN, ANY and ALL as EXISTS, with PostgreSQL's NULL; EXISTS that depends on no row as a value that is found once.
fn as_exists(expr: Expr, schema: &DFSchemaRef) -> Result<Expr> {
    let rewritten = expr.transform_up(|part| {
        Ok(match part {
            Expr::Exists(exists) => Transformed::yes(once(exists)?),
            Expr::InSubquery(InSubquery { expr, subquery, negated }) => {
                let comparison = SetComparison::new(expr, subquery, Operator::Eq, SetQuantifier::Any);
                let any = set_comparison(comparison, schema)?;
                Transformed::yes(if negated { !any } else { any })
            }
            Expr::SetComparison(comparison) => Transformed::yes(set_comparison(comparison, schema)?),
            other => Transformed::no(other),
        })
    })?;
    Ok(rewritten.data)
}

fn set_comparison(comparison: SetComparison, schema: &DFSchemaRef) -> Result<Expr> {
    let SetComparison { expr, subquery, op, quantifier } = comparison;
    // It stands three times in the result: nested, that grows fast.
    let mut nodes = 0;
    expr.apply(|_| {
        nodes += 1;
        Ok(if nodes > NODES_MAX { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    if nodes > NODES_MAX {
        return Err(DataFusionError::External(Box::new(PlanError::TooComplex("nested comparisons with subqueries"))));
    }
    let left = outer(*expr.clone(), schema)?;
    // A name of its own: the two sides may come from relations that go by the same one.
    let name = "\u{1}compared";
    let inside = LogicalPlanBuilder::from(subquery.subquery.as_ref().clone());
    let value = subquery.subquery.schema().columns().into_iter().next().map(Expr::Column);
    let value = value.ok_or_else(|| DataFusionError::Plan("a subquery without columns".into()))?;
    let named = inside.project(vec![value.alias(name)])?.build()?;
    let right = Expr::Column(Column::new_unqualified(name));
    let over = |condition: Option<Expr>| {
        let plan = LogicalPlanBuilder::from(named.clone());
        let plan = match condition {
            Some(condition) => plan.filter(condition)?,
            None => plan,
        };
        once(Exists { subquery: subquery_of(plan.build()?), negated: false })
    };
    let compared = binary_expr(left, op, right.clone());
    // What decides, wherever it is true of one row.
    let (decides, value) = match quantifier {
        SetQuantifier::Any => (compared, true),
        SetQuantifier::All => (!compared, false),
    };
    let unknown = Expr::and(expr.is_null(), over(None)?).or(over(Some(right.is_null()))?);
    when(over(Some(decides))?, lit(value)).when(unknown, lit(ScalarValue::Boolean(None))).otherwise(lit(!value))
}

fn of_exists(exists: Exists) -> Result<Expr> {
    if always_one_row(&exists.subquery.subquery) {
        return Ok(lit(!exists.negated));
    }
    // What is selected does not matter, and its names could stand in the way of the columns that the join needs.
    let LogicalPlan::Projection(projection) = exists.subquery.subquery.as_ref() else {
        return Ok(Expr::Exists(exists));
    };
    let one = vec![lit(1i64).alias("\u{1}one")];
    let plan = LogicalPlan::Projection(Projection::try_new(one, Arc::clone(&projection.input))?);
    Ok(Expr::Exists(Exists { subquery: subquery_of(plan), negated: exists.negated }))
}

/// Whether a plan has an OFFSET: bringing correlated columns up through it would lose it.
fn skips_rows(plan: &LogicalPlan) -> Result<bool> {
    plan.exists(|node| {
        let LogicalPlan::Limit(limit) = node else { return Ok(false) };
        Ok(match limit.skip.as_deref() {
            None => false,
            Some(Expr::Literal(ScalarValue::Int64(Some(skip)), _)) => *skip != 0,
            Some(_) => true,
        })
    })
}

/// EXISTS without a reference outwards is counted once for the whole statement.
fn once(exists: Exists) -> Result<Expr> {
    let exists = match of_exists(exists)? {
        Expr::Exists(exists) if exists.subquery.outer_ref_columns.is_empty() => exists,
        other => return Ok(other),
    };
    let count = datafusion_functions_aggregate::count::count(lit(1i64)).alias("\u{1}count");
    let counted = LogicalPlanBuilder::from(exists.subquery.subquery.as_ref().clone())
        .limit(0, Some(1))?
        .aggregate(Vec::<Expr>::new(), vec![count])?
        .build()?;
    let count = counted.schema().columns().into_iter().next().map(Expr::Column);
    let count = count.ok_or_else(|| DataFusionError::Plan("no count".into()))?;
    let any = if exists.negated { count.eq(lit(0i64)) } else { count.gt(lit(0i64)) };
    let plan = LogicalPlanBuilder::from(counted).project(vec![any.alias("\u{1}exists")])?.build()?;
    Ok(Expr::ScalarSubquery(subquery_of(plan)))
}

/// An aggregate over everything gives a row for no rows too.
fn always_one_row(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Projection(projection) => always_one_row(&projection.input),
        LogicalPlan::SubqueryAlias(alias) => always_one_row(&alias.input),
        LogicalPlan::Sort(sort) => always_one_row(&sort.input),
        LogicalPlan::Aggregate(aggregate) => aggregate.group_expr.is_empty(),
        _ => false,
    }
}

fn subquery_of(plan: LogicalPlan) -> Subquery {
    let outer_ref_columns = plan.all_out_ref_exprs();
    Subquery { subquery: Arc::new(plan), outer_ref_columns, spans: Spans::new() }
}

/// The columns of an expression as a subquery of the same node refers to them.
fn outer(expr: Expr, schema: &DFSchema) -> Result<Expr> {
    let referring = expr.transform_up(|part| match part {
        Expr::Column(column) => {
            let field = Arc::clone(schema.field_from_column(&column)?);
            Ok(Transformed::yes(Expr::OuterReferenceColumn(field, column)))
        }
        other => Ok(Transformed::no(other)),
    })?;
    Ok(referring.data)
}

/// Adds a column `name.mark` that tells whether the subquery has a row for a row of the input.
fn mark_join(input: LogicalPlan, subquery: Subquery, name: &str) -> Result<LogicalPlan> {
    let plan = Arc::unwrap_or_clone(subquery.subquery);
    let mut pull_up = PullUpCorrelatedExpr::new().with_exists_sub_query(true);
    let pulled = plan.rewrite(&mut pull_up)?.data;
    if !pull_up.can_pull_up || pull_up.pulled_up_scalar_agg || pull_up.join_filters.is_empty() {
        return Err(DataFusionError::Plan("no join can be made".into()));
    }
    let inner: Vec<Column> = pull_up.correlated_subquery_cols_map.values().flatten().cloned().collect();
    let condition = conjunction(pull_up.join_filters).unwrap_or_else(|| lit(true));
    let condition = condition.transform_up(|part| match part {
        Expr::Column(column) if inner.contains(&column) => {
            Ok(Transformed::yes(Expr::Column(Column::new(Some(name), column.name))))
        }
        other => Ok(Transformed::no(other)),
    })?;
    let condition = condition.data;
    let aliased = LogicalPlanBuilder::from(pulled).alias(name)?.build()?;
    let mut needed: Vec<Column> = Vec::new();
    condition.apply(|part| {
        if let Expr::Column(column) = part
            && aliased.schema().has_column(column)
            && !needed.contains(column)
        {
            needed.push(column.clone());
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    let right = LogicalPlanBuilder::from(aliased).project(needed.into_iter().map(Expr::Column))?.build()?;
    LogicalPlanBuilder::from(input).join_on(right, JoinType::LeftMark, [condition])?.build()
}
