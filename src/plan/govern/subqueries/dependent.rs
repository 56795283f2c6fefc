//! Subqueries that the engine's optimizer does not join: those that are correlated otherwise than by equal columns below an
//! aggregate, those that refer further out than to the node they stand in, those with windows, bounds or set operations.
//!
//! Each becomes a join of its own here: the distinct values that it refers to go through its plan ([`Lateral`]), and what
//! comes out meets the rows again by them.
//!
//! Invariant: the node keeps its columns. A row is neither lost nor repeated by a value or a mark: what is joined has one
//! row at most for the values of a row.

use std::sync::Arc;

use datafusion_common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion_common::{Column, DFSchemaRef, Result, ScalarValue};
use datafusion_expr::expr::{Exists, InSubquery, SetComparison};
use datafusion_expr::utils::{conjunction, split_conjunction_owned};
use datafusion_expr::{Aggregate, Distinct, Expr, Filter, JoinType, LogicalPlan, Operator, Projection, Subquery, lit};
use datafusion_optimizer::decorrelate::PullUpCorrelatedExpr;

use super::lateral::{Lateral, refused};
use super::single::single_value;
use super::{always_one_row, as_exists, correlated, scalar, skips_rows, subquery_of};

/// The node with the subqueries that are not for the engine as columns of its input; and its own columns, where it now has
/// others beside them.
pub(super) fn of_node(node: LogicalPlan, number: &mut usize) -> Result<(LogicalPlan, Option<Vec<Column>>)> {
    let node = node.map_expressions(told_again)?.data;
    match node {
        LogicalPlan::Filter(filter) if needed(&filter.predicate, filter.input.schema())? => {
            let columns = filter.input.schema().columns();
            Ok((of_filter(filter, number)?, Some(columns)))
        }
        LogicalPlan::Projection(projection) => {
            let schema = Arc::clone(projection.input.schema());
            for expr in &projection.expr {
                if needed(expr, &schema)? {
                    return Ok((of_projection(projection, number)?, None));
                }
            }
            Ok((LogicalPlan::Projection(projection), None))
        }
        other => Ok((other, None)),
    }
}

/// What a subquery refers to, seen again: of those inside of it some have become joins.
fn told_again(expr: Expr) -> Result<Transformed<Expr>> {
    expr.transform_up(|part| {
        let again = |subquery: Subquery| subquery_of(Arc::unwrap_or_clone(subquery.subquery));
        Ok(Transformed::no(match part {
            Expr::ScalarSubquery(subquery) => Expr::ScalarSubquery(again(subquery)),
            Expr::Exists(Exists { subquery, negated }) => Expr::Exists(Exists { subquery: again(subquery), negated }),
            Expr::InSubquery(InSubquery { expr, subquery, negated }) => {
                Expr::InSubquery(InSubquery { expr, subquery: again(subquery), negated })
            }
            Expr::SetComparison(SetComparison { expr, subquery, op, quantifier }) => {
                Expr::SetComparison(SetComparison { expr, subquery: again(subquery), op, quantifier })
            }
            other => return Ok(Transformed::no(other)),
        }))
    })
    .map(|told| Transformed::yes(told.data))
}

/// Whether an expression holds a subquery that is not for the engine.
fn needed(expr: &Expr, schema: &DFSchemaRef) -> Result<bool> {
    let mut found = false;
    expr.apply(|part| {
        found |= is_dependent(part, schema);
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}

fn is_dependent(expr: &Expr, schema: &DFSchemaRef) -> bool {
    let (subquery, exists) = match expr {
        Expr::ScalarSubquery(subquery) => (subquery, false),
        Expr::Exists(exists) => (&exists.subquery, true),
        Expr::InSubquery(list) => (&list.subquery, false),
        Expr::SetComparison(comparison) => (&comparison.subquery, false),
        _ => return false,
    };
    if subquery.outer_ref_columns.is_empty() {
        return false;
    }
    let here = |reference: &Expr| match reference {
        Expr::OuterReferenceColumn(_, column) => schema.maybe_index_of_column(column).is_some(),
        _ => false,
    };
    if !subquery.outer_ref_columns.iter().all(here) {
        return true;
    }
    if exists && (always_one_row(&subquery.subquery) || skips_rows(&subquery.subquery).unwrap_or(true)) {
        return !always_one_row(&subquery.subquery);
    }
    !is_joined(expr, exists).unwrap_or(false)
}

/// Whether the engine joins the subquery in the form that it is given.
fn is_joined(expr: &Expr, exists: bool) -> Result<bool> {
    let told = correlated::told_apart(expr.clone())?.data;
    let told = scalar::at_most_one_row(told)?.data;
    let (plan, scalar) = match told {
        Expr::ScalarSubquery(subquery) => (subquery.subquery, true),
        Expr::Exists(exists) => (exists.subquery.subquery, false),
        Expr::InSubquery(list) => (list.subquery.subquery, false),
        Expr::SetComparison(comparison) => (comparison.subquery.subquery, false),
        _ => return Ok(false),
    };
    let mut known = true;
    plan.apply(|node| {
        if node.all_out_ref_exprs().is_empty() {
            return Ok(TreeNodeRecursion::Jump);
        }
        known &= match node {
            LogicalPlan::Projection(_) | LogicalPlan::Filter(_) | LogicalPlan::SubqueryAlias(_) => true,
            LogicalPlan::Aggregate(aggregate) => {
                !aggregate.group_expr.iter().any(|key| matches!(key, Expr::GroupingSet(_)))
            }
            LogicalPlan::Distinct(Distinct::All(_)) | LogicalPlan::Sort(_) | LogicalPlan::Limit(_) => true,
            LogicalPlan::Join(join) => join.join_type == JoinType::Inner,
            _ => false,
        };
        Ok(if known { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    })?;
    if !known {
        return Ok(false);
    }
    let mut pull_up = PullUpCorrelatedExpr::new().with_need_handle_count_bug(scalar).with_exists_sub_query(exists);
    Arc::unwrap_or_clone(plan).rewrite(&mut pull_up)?;
    Ok(pull_up.can_pull_up && !pull_up.join_filters.is_empty() && (scalar || !pull_up.pulled_up_scalar_agg))
}

fn of_filter(filter: Filter, number: &mut usize) -> Result<LogicalPlan> {
    let mut joins = Joins::over(Arc::unwrap_or_clone(filter.input), number);
    let mut kept = Vec::new();
    for conjunct in split_conjunction_owned(filter.predicate) {
        let (exists, negated) = match conjunct {
            Expr::Not(inner) if matches!(*inner, Expr::Exists(_)) => (*inner, true),
            other => (other, false),
        };
        match exists {
            Expr::Exists(one) if is_dependent(&Expr::Exists(one.clone()), &joins.schema) => {
                joins.keep_where(&one.subquery, one.negated != negated)?;
            }
            other if negated => kept.push(Expr::Not(Box::new(other))),
            other => kept.push(joins.take(other, false)?),
        }
    }
    match conjunction(kept) {
        Some(predicate) => Filter::try_new(predicate, Arc::new(joins.input)).map(LogicalPlan::Filter),
        None => Ok(joins.input),
    }
}

fn of_projection(projection: Projection, number: &mut usize) -> Result<LogicalPlan> {
    let mut joins = Joins::over(Arc::unwrap_or_clone(projection.input), number);
    let items = projection.expr.into_iter().zip(projection.schema.iter()).map(|(item, (qualifier, field))| {
        if !needed(&item, &joins.schema)? {
            return Ok(item);
        }
        Ok(joins.take(item, false)?.unalias().alias_qualified(qualifier.cloned(), field.name()))
    });
    let items = items.collect::<Result<Vec<_>>>()?;
    Projection::try_new(items, Arc::new(joins.input)).map(LogicalPlan::Projection)
}

/// The input of a node, with a column for each subquery that was taken out.
struct Joins<'n> {
    /// The node's own input: what subqueries refer to.
    base: LogicalPlan,
    schema: DFSchemaRef,
    input: LogicalPlan,
    number: &'n mut usize,
    /// Equal ones share a column.
    known: Vec<(Expr, Expr)>,
}

impl<'n> Joins<'n> {
    fn over(base: LogicalPlan, number: &'n mut usize) -> Joins<'n> {
        let schema = Arc::clone(base.schema());
        Joins { input: base.clone(), base, schema, number, known: Vec::new() }
    }

    /// Takes the subqueries of an expression out: those that are not for the engine, or all that are correlated.
    fn take(&mut self, expr: Expr, all: bool) -> Result<Expr> {
        let schema = Arc::clone(&self.schema);
        let taken = expr.transform_down(|part| {
            if guarded(&part)
                .any(|branch| branch.exists(|part| Ok(is_dependent(part, &schema) && can_fail(part))).unwrap_or(true))
            {
                return Err(refused());
            }
            if !(is_dependent(&part, &schema) || all && is_correlated(&part)) {
                return Ok(Transformed::no(part));
            }
            let known = self.known.iter().find(|(known, _)| *known == part).map(|(_, column)| column.clone());
            let column = match known {
                Some(column) => column,
                None => {
                    let column = match part.clone() {
                        Expr::ScalarSubquery(subquery) => self.value(&subquery)?,
                        Expr::Exists(Exists { subquery, negated }) => {
                            let mark = self.mark(&subquery)?;
                            if negated { mark.is_null() } else { mark.is_not_null() }
                        }
                        other => {
                            let exists = as_exists(other, &schema)?;
                            self.take(exists, true)?
                        }
                    };
                    self.known.push((part, column.clone()));
                    column
                }
            };
            Ok(Transformed::new(column, true, TreeNodeRecursion::Jump))
        })?;
        Ok(taken.data)
    }

    fn next(&mut self, plan: &LogicalPlan) -> Result<Lateral> {
        *self.number += 1;
        Lateral::of_values(&self.base, plan, *self.number)
    }

    /// The value of a subquery, NULL where it has no row.
    fn value(&mut self, subquery: &Subquery) -> Result<Expr> {
        let plan = subquery.subquery.as_ref();
        let lateral = self.next(plan)?;
        let mut rows = lateral.apply(plan)?;
        let value = |rows: &LogicalPlan| {
            rows.schema().columns().get(lateral.carried.len()).cloned().map(Expr::Column).ok_or_else(refused)
        };
        if !at_most_one_row(plan) {
            let call = single_value(value(&rows)?);
            rows = LogicalPlan::Aggregate(Aggregate::try_new(Arc::new(rows), lateral.columns(), vec![call])?);
        }
        let name = format!("\u{1}dependent{}", self.number);
        let rows = lateral.project(vec![value(&rows)?.alias(&name)], rows)?;
        self.input = lateral.meets(self.input.clone(), rows, JoinType::Left, None)?;
        Ok(Expr::Column(Column::new_unqualified(name)))
    }

    /// A column that is NULL where a subquery has no row.
    fn mark(&mut self, subquery: &Subquery) -> Result<Expr> {
        let lateral = self.next(&subquery.subquery)?;
        let name = format!("\u{1}dependent{}", self.number);
        let marked = lateral.project(vec![lit(true).alias(&name)], lateral.apply(&subquery.subquery)?)?;
        let marked = LogicalPlan::Distinct(Distinct::All(Arc::new(marked)));
        self.input = lateral.meets(self.input.clone(), marked, JoinType::Left, None)?;
        Ok(Expr::Column(Column::new_unqualified(name)))
    }

    /// Keeps the rows for which a subquery has one, or has none.
    fn keep_where(&mut self, subquery: &Subquery, negated: bool) -> Result<()> {
        let lateral = self.next(&subquery.subquery)?;
        let rows = lateral.apply(&subquery.subquery)?;
        let rows = match lateral.carried.is_empty() {
            true => lateral.project(vec![lit(true).alias("\u{1}one")], rows)?,
            false => lateral.project(Vec::new(), rows)?,
        };
        let rows = LogicalPlan::Distinct(Distinct::All(Arc::new(rows)));
        let kind = if negated { JoinType::LeftAnti } else { JoinType::LeftSemi };
        self.input = lateral.meets(self.input.clone(), rows, kind, None)?;
        Ok(())
    }
}

/// What an expression evaluates for some rows alone. Taken out, a subquery is evaluated for all.
fn guarded(expr: &Expr) -> impl Iterator<Item = &Expr> {
    let mut branches: Vec<&Expr> = Vec::new();
    match expr {
        Expr::Case(case) => {
            let later = case.when_then_expr.iter().skip(1).map(|(when, _)| when.as_ref());
            branches.extend(later.chain(case.when_then_expr.iter().map(|(_, then)| then.as_ref())));
            branches.extend(case.else_expr.as_deref());
        }
        Expr::ScalarFunction(call) if call.func.name() == "coalesce" => branches.extend(call.args.iter().skip(1)),
        _ => {}
    }
    branches.into_iter()
}

/// Whether a subquery may end in an error: a value of several rows, or anything that is computed but by comparisons.
fn can_fail(expr: &Expr) -> bool {
    let (subquery, scalar) = match expr {
        Expr::ScalarSubquery(subquery) => (subquery, true),
        Expr::Exists(exists) => (&exists.subquery, false),
        _ => return true,
    };
    if scalar && !at_most_one_row(&subquery.subquery) {
        return true;
    }
    let total = |part: &Expr| match part {
        Expr::Column(_)
        | Expr::OuterReferenceColumn(..)
        | Expr::Literal(..)
        | Expr::Alias(_)
        | Expr::Not(_)
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::Between(_)
        | Expr::InList(_) => true,
        Expr::BinaryExpr(binary) => is_comparison(binary.op),
        Expr::AggregateFunction(call) => matches!(call.func.name(), "count" | "min" | "max"),
        _ => false,
    };
    let mut fails = false;
    let looked = subquery.subquery.apply_with_subqueries(|node| {
        for expr in node.expressions() {
            fails |= expr.exists(|part| Ok(!total(part)))?;
        }
        Ok(if fails { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    fails || looked.is_err()
}

fn is_comparison(op: Operator) -> bool {
    use Operator as O;
    matches!(
        op,
        O::Eq
            | O::NotEq
            | O::Lt
            | O::LtEq
            | O::Gt
            | O::GtEq
            | O::IsDistinctFrom
            | O::IsNotDistinctFrom
            | O::And
            | O::Or
    )
}

fn is_correlated(expr: &Expr) -> bool {
    match expr {
        Expr::ScalarSubquery(subquery) => !subquery.outer_ref_columns.is_empty(),
        Expr::Exists(exists) => !exists.subquery.outer_ref_columns.is_empty(),
        _ => false,
    }
}

/// Whether a plan has no second row for any values.
fn at_most_one_row(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Projection(projection) => at_most_one_row(&projection.input),
        LogicalPlan::SubqueryAlias(alias) => at_most_one_row(&alias.input),
        LogicalPlan::Filter(filter) => at_most_one_row(&filter.input),
        LogicalPlan::Sort(sort) => at_most_one_row(&sort.input),
        LogicalPlan::EmptyRelation(_) => true,
        LogicalPlan::Limit(limit) => {
            matches!(limit.fetch.as_deref(), Some(Expr::Literal(ScalarValue::Int64(Some(0 | 1)), _)))
        }
        other => always_one_row(other),
    }
}
