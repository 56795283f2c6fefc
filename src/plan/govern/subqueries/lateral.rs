//! LATERAL subqueries as joins: the rows of the left side are carried through the subquery's plan, so that what it
//! computes for all rows together is told apart by them again.
//!
//! Invariant: the result has the columns of the join it stands for, in order, and nothing is read twice: a scan of
//! either side stands in the new plan once. What cannot be brought to this form is refused.
//!
//! After: T. Neumann and A. Kemper, "Unnesting Arbitrary Queries", BTW 2015, with the left side itself in the place of
//! the distinct values that are referred to.

use std::sync::Arc;

use datafusion_common::tree_node::{Transformed, TreeNode};
use datafusion_common::{Column, DFSchema, DFSchemaRef, DataFusionError, Result, ScalarValue};
use datafusion_expr::expr::{AggregateFunction, Sort as SortKey};
use datafusion_expr::utils::conjunction;
use datafusion_expr::{
    Aggregate, Distinct, Expr, ExprFunctionExt, Filter, Join, JoinType, Limit, LogicalPlan, LogicalPlanBuilder,
    Projection, SubqueryAlias, Values, Window, lit, when,
};
use datafusion_functions_window::row_number::row_number_udwf;

use super::super::unique::is_unique;
use super::always_one_row;
use crate::PlanError;
use crate::resolve::has_subquery;

/// A join of a LATERAL subquery that refers to its left side; any other join as it is.
pub(super) fn of_join(join: Join, joins: &mut usize) -> Result<Transformed<LogicalPlan>> {
    let Some(plan) = subquery(&join.right) else { return Ok(Transformed::no(LogicalPlan::Join(join))) };
    if !matches!(join.join_type, JoinType::Inner | JoinType::Left) || !join.on.is_empty() {
        return Err(refused());
    }
    *joins += 1;
    let lateral = Lateral::new(&join.left, *joins)?;
    let rows = match join.join_type {
        JoinType::Left => lateral.left_join(&plan, &join)?,
        _ => lateral.apply(&plan)?,
    };
    let width = lateral.carried.len();
    let left = join.left.schema().columns().len();
    let columns = rows.schema().columns();
    let places = (0..left).chain(width..);
    let items = places.zip(join.schema.iter()).map(|(place, (qualifier, field))| {
        let column = columns.get(place).cloned().ok_or_else(refused)?;
        Ok(Expr::Column(column).alias_qualified(qualifier.cloned(), field.name()))
    });
    let items = items.collect::<Result<Vec<_>>>()?;
    let joined = LogicalPlan::Projection(Projection::try_new(items, Arc::new(rows))?);
    let joined = match (join.join_type, join.filter) {
        (JoinType::Inner, Some(filter)) => LogicalPlan::Filter(Filter::try_new(filter, Arc::new(joined))?),
        _ => joined,
    };
    Ok(Transformed::yes(joined))
}

fn refused() -> DataFusionError {
    DataFusionError::External(Box::new(PlanError::Unsupported("this LATERAL subquery".into())))
}

/// The plan of a LATERAL subquery that refers outwards.
pub(super) fn subquery(right: &LogicalPlan) -> Option<LogicalPlan> {
    let plan = match right {
        LogicalPlan::Subquery(subquery) => subquery.subquery.as_ref(),
        LogicalPlan::SubqueryAlias(alias) => match alias.input.as_ref() {
            LogicalPlan::Subquery(subquery) => subquery.subquery.as_ref(),
            _ => return None,
        },
        _ => return None,
    };
    (!plan.all_out_ref_exprs().is_empty()).then(|| plan.clone())
}

/// The left side of such a join, under names that nothing in the subquery has.
struct Lateral {
    rows: LogicalPlan,
    /// Its columns, then what tells equal rows apart.
    carried: Vec<Column>,
    /// Its schema as the subquery refers to it.
    schema: DFSchemaRef,
}

/// Column that is NULL on a row for which the subquery has none.
const MET: &str = "\u{1}met";
/// Number of a row among those of one row of the left side.
const NUMBER: &str = "\u{1}number";

impl Lateral {
    fn new(left: &LogicalPlan, join: usize) -> Result<Lateral> {
        let columns = left.schema().columns();
        let name = |place: usize| format!("\u{1}left{join}_{place}");
        let items = columns.iter().enumerate();
        let mut items: Vec<Expr> =
            items.map(|(place, column)| Expr::Column(column.clone()).alias(name(place))).collect();
        let mut rows = left.clone();
        if !is_unique(left, &(0..columns.len()).collect()) {
            let id = name(columns.len());
            let numbered = Expr::from(datafusion_expr::expr::WindowFunction::new(row_number_udwf(), vec![]));
            rows = LogicalPlan::Window(Window::try_new(vec![numbered.alias(&id)], Arc::new(rows))?);
            items.push(Expr::Column(Column::new_unqualified(id)));
        }
        let carried = (0..items.len()).map(|place| Column::new_unqualified(name(place))).collect();
        let rows = LogicalPlan::Projection(Projection::try_new(items, Arc::new(rows))?);
        Ok(Lateral { rows, carried, schema: Arc::clone(left.schema()) })
    }

    fn columns(&self) -> Vec<Expr> {
        self.carried.iter().cloned().map(Expr::Column).collect()
    }

    /// References to the left side become columns that are carried.
    fn inward(&self, expr: Expr) -> Result<Expr> {
        if has_subquery(&expr) {
            return Err(refused());
        }
        let inward = expr.transform_up(|part| match part {
            Expr::OuterReferenceColumn(_, column) => {
                let place = self.schema.maybe_index_of_column(&column).ok_or_else(refused)?;
                Ok(Transformed::yes(Expr::Column(self.carried[place].clone())))
            }
            other => Ok(Transformed::no(other)),
        })?;
        Ok(inward.data)
    }

    /// As [`Lateral::inward`], under the names that they have in a schema.
    fn named<'e>(&self, exprs: impl IntoIterator<Item = &'e Expr>, schema: &DFSchema) -> Result<Vec<Expr>> {
        let named = exprs.into_iter().zip(schema.iter()).map(|(expr, (qualifier, field))| {
            Ok(self.inward(expr.clone())?.unalias().alias_qualified(qualifier.cloned(), field.name()))
        });
        named.collect()
    }

    /// Carried columns, then the plan's: its rows for each row of the left side.
    fn apply(&self, plan: &LogicalPlan) -> Result<LogicalPlan> {
        if plan.all_out_ref_exprs().is_empty() {
            return LogicalPlanBuilder::from(self.rows.clone()).cross_join(plan.clone())?.build();
        }
        match plan {
            LogicalPlan::Filter(filter) => {
                let predicate = self.inward(filter.predicate.clone())?;
                Filter::try_new(predicate, Arc::new(self.apply(&filter.input)?)).map(LogicalPlan::Filter)
            }
            LogicalPlan::Projection(projection) => {
                let items = self.named(&projection.expr, &projection.schema)?;
                self.project(items, self.apply(&projection.input)?)
            }
            LogicalPlan::SubqueryAlias(alias) => self.project(renamed(alias), self.apply(&alias.input)?),
            // Without a bound the order of a subquery means nothing.
            LogicalPlan::Sort(sort) if sort.fetch.is_none() => self.apply(&sort.input),
            LogicalPlan::Distinct(Distinct::All(input)) => {
                Ok(LogicalPlan::Distinct(Distinct::All(Arc::new(self.apply(input)?))))
            }
            LogicalPlan::Aggregate(aggregate) if aggregate.group_expr.is_empty() => self.total(aggregate),
            LogicalPlan::Aggregate(aggregate) => self.grouped(aggregate, self.apply(&aggregate.input)?, Ok),
            LogicalPlan::Limit(limit) => self.limited(limit, false),
            LogicalPlan::Values(values) => self.values(values),
            LogicalPlan::Join(join) => self.joined(join),
            _ => Err(refused()),
        }
    }

    fn project(&self, items: Vec<Expr>, input: LogicalPlan) -> Result<LogicalPlan> {
        let all = self.columns().into_iter().chain(items).collect();
        Projection::try_new(all, Arc::new(input)).map(LogicalPlan::Projection)
    }

    /// An aggregate over all rows has one for none as well: its calls leave out the rows that only keep the left side.
    fn total(&self, aggregate: &Aggregate) -> Result<LogicalPlan> {
        let over_met = |call: Expr| {
            let filtered = call.transform_up(|part| match part {
                Expr::AggregateFunction(AggregateFunction { func, mut params }) => {
                    let filter = params.filter.take();
                    let filter = filter.map_or(met().is_not_null(), |filter| met().is_not_null().and(*filter));
                    params.filter = Some(Box::new(filter));
                    Ok(Transformed::yes(Expr::AggregateFunction(AggregateFunction { func, params })))
                }
                other => Ok(Transformed::no(other)),
            })?;
            Ok(filtered.data)
        };
        self.grouped(aggregate, self.outer(&aggregate.input, Vec::new())?, over_met)
    }

    fn grouped(
        &self,
        aggregate: &Aggregate,
        input: LogicalPlan,
        call: impl Fn(Expr) -> Result<Expr>,
    ) -> Result<LogicalPlan> {
        if aggregate.group_expr.iter().any(|key| matches!(key, Expr::GroupingSet(_))) {
            return Err(refused());
        }
        let keys = aggregate.group_expr.iter().map(|key| self.inward(key.clone()));
        let keys = self.columns().into_iter().map(Ok).chain(keys).collect::<Result<Vec<_>>>()?;
        let calls = aggregate.aggr_expr.iter().map(|one| call(self.inward(one.clone())?));
        let calls = calls.collect::<Result<Vec<_>>>()?;
        let grouped = Aggregate::try_new(Arc::new(input), keys, calls)?;
        let columns = grouped.schema.columns().into_iter().skip(self.carried.len());
        let items = columns
            .zip(aggregate.schema.iter())
            .map(|(column, (qualifier, field))| Expr::Column(column).alias_qualified(qualifier.cloned(), field.name()));
        self.project(items.collect(), LogicalPlan::Aggregate(grouped))
    }

    /// The first rows of each row of the left side; with `kept`, also those of the left side that have none, and [`MET`].
    fn limited(&self, limit: &Limit, kept: bool) -> Result<LogicalPlan> {
        let (input, keys, items): (_, &[SortKey], _) = match limit.input.as_ref() {
            LogicalPlan::Sort(sort) if sort.fetch.is_none() => (&sort.input, sort.expr.as_slice(), None),
            LogicalPlan::Projection(projection) => match projection.input.as_ref() {
                LogicalPlan::Sort(sort) if sort.fetch.is_none() => {
                    (&sort.input, sort.expr.as_slice(), Some(self.named(&projection.expr, &projection.schema)?))
                }
                _ => (&limit.input, &[], None),
            },
            _ => (&limit.input, &[], None),
        };
        let (skip, fetch) = (bound(limit.skip.as_deref())?.unwrap_or(0), bound(limit.fetch.as_deref())?);
        if kept && (skip > 0 || fetch == Some(0)) {
            return Err(refused());
        }
        let applied = if kept { self.outer(input, Vec::new())? } else { self.apply(input)? };
        let keys = keys.iter().map(|key| Ok(SortKey { expr: self.inward(key.expr.clone())?, ..key.clone() }));
        let keys = keys.collect::<Result<Vec<_>>>()?;
        let number = Expr::from(datafusion_expr::expr::WindowFunction::new(row_number_udwf(), vec![]))
            .partition_by(self.columns());
        let number = if keys.is_empty() { number } else { number.order_by(keys) }.build()?;
        let mut items = match items {
            Some(items) => items,
            None => limit.input.schema().columns().into_iter().map(Expr::Column).collect(),
        };
        if kept {
            items = self.where_met(items)?;
            items.push(met());
        }
        let numbered = LogicalPlan::Window(Window::try_new(vec![number.alias(NUMBER)], Arc::new(applied))?);
        let number = || Expr::Column(Column::new_unqualified(NUMBER));
        let mut conditions = Vec::new();
        if skip > 0 {
            conditions.push(number().gt(lit(skip)));
        }
        if let Some(fetch) = fetch {
            conditions.push(number().lt_eq(lit(skip.saturating_add(fetch))));
        }
        let first = match conjunction(conditions) {
            Some(condition) => LogicalPlan::Filter(Filter::try_new(condition, Arc::new(numbered))?),
            None => numbered,
        };
        self.project(items, first)
    }

    /// Rows of constants and of columns of the left side.
    fn values(&self, values: &Values) -> Result<LogicalPlan> {
        // More rows would read the left side more than once.
        let [row] = values.values.as_slice() else { return Err(refused()) };
        self.project(self.named(row, &values.schema)?, self.rows.clone())
    }

    /// A join in the subquery of which one side refers outwards, or its condition.
    fn joined(&self, join: &Join) -> Result<LogicalPlan> {
        let refers = |plan: &LogicalPlan| !plan.all_out_ref_exprs().is_empty();
        let inner = join.join_type == JoinType::Inner;
        if refers(&join.right) && (refers(&join.left) || !inner) || !(inner || join.join_type == JoinType::Left) {
            return Err(refused());
        }
        let right_first = refers(&join.right);
        let (first, second) = if right_first { (&join.right, &join.left) } else { (&join.left, &join.right) };
        let on = join.on.iter().map(|(left, right)| Ok(self.inward(left.clone())?.eq(self.inward(right.clone())?)));
        let filter = join.filter.iter().map(|filter| self.inward(filter.clone()));
        let conditions = on.chain(filter).collect::<Result<Vec<_>>>()?;
        let joined = LogicalPlanBuilder::from(self.apply(first)?)
            .join_on(second.as_ref().clone(), join.join_type, conditions)?
            .build()?;
        self.project(join.schema.columns().into_iter().map(Expr::Column).collect(), joined)
    }

    /// The rows of a LEFT JOIN: those of the left side for which there is none have NULLs.
    fn left_join(&self, plan: &LogicalPlan, join: &Join) -> Result<LogicalPlan> {
        let condition = join.filter.clone().filter(|filter| *filter != lit(true));
        if always_one_row(plan) {
            return self.shown_where(self.apply(plan)?, condition, join);
        }
        let condition = condition.map(|condition| self.of_condition(condition, plan, join)).transpose()?;
        self.outer(plan, condition.into_iter().collect())
    }

    /// The one row that there always is, shown where the join's condition holds.
    fn shown_where(&self, rows: LogicalPlan, condition: Option<Expr>, join: &Join) -> Result<LogicalPlan> {
        let Some(condition) = condition else { return Ok(rows) };
        let columns: Vec<Expr> =
            rows.schema().columns().into_iter().skip(self.carried.len()).map(Expr::Column).collect();
        let left = join.left.schema().fields().len();
        let condition = condition.transform_up(|part| match part {
            Expr::Column(column) => {
                let place = join.schema.maybe_index_of_column(&column).ok_or_else(refused)?;
                let carried = |place: usize| Expr::Column(self.carried[place].clone());
                Ok(Transformed::yes(if place < left { carried(place) } else { columns[place - left].clone() }))
            }
            other => Ok(Transformed::no(other)),
        })?;
        let shown = columns.iter().zip(rows.schema().iter().skip(self.carried.len())).map(|(column, (q, field))| {
            let shown = when(condition.data.clone(), column.clone()).end()?;
            Ok(shown.alias_qualified(q.cloned(), field.name()))
        });
        self.project(shown.collect::<Result<Vec<_>>>()?, rows)
    }

    /// The condition of the join as one over the plan's columns and the carried ones.
    fn of_condition(&self, condition: Expr, plan: &LogicalPlan, join: &Join) -> Result<Expr> {
        let columns = plan.schema().columns();
        let left = join.left.schema().fields().len();
        let condition = condition.transform_up(|part| match part {
            Expr::Column(column) => {
                let place = join.schema.maybe_index_of_column(&column).ok_or_else(refused)?;
                let own = || columns.get(place - left).cloned().ok_or_else(refused);
                let column = if place < left { self.carried[place].clone() } else { own()? };
                Ok(Transformed::yes(Expr::Column(column)))
            }
            other => Ok(Transformed::no(other)),
        })?;
        Ok(condition.data)
    }

    /// Carried columns, the plan's, and [`MET`]: each row of the left side at least once. `conditions` are over the
    /// plan's columns and the carried ones.
    fn outer(&self, plan: &LogicalPlan, conditions: Vec<Expr>) -> Result<LogicalPlan> {
        if plan.all_out_ref_exprs().is_empty() {
            let columns = plan.schema().columns().into_iter().map(Expr::Column);
            let marked = columns.chain([lit(true).alias(MET)]).collect();
            let marked = LogicalPlan::Projection(Projection::try_new(marked, Arc::new(plan.clone()))?);
            let conditions = if conditions.is_empty() { vec![lit(true)] } else { conditions };
            return LogicalPlanBuilder::from(self.rows.clone()).join_on(marked, JoinType::Left, conditions)?.build();
        }
        match plan {
            LogicalPlan::Filter(filter) => {
                let own = self.inward(filter.predicate.clone())?;
                self.outer(&filter.input, conditions.into_iter().chain([own]).collect())
            }
            LogicalPlan::Sort(sort) if sort.fetch.is_none() => self.outer(&sort.input, conditions),
            LogicalPlan::Projection(projection) => {
                let items = self.named(&projection.expr, &projection.schema)?;
                let below = conditions.into_iter().map(|one| below(one, &projection.schema, &items));
                let input = self.outer(&projection.input, below.collect::<Result<Vec<_>>>()?)?;
                self.project(self.where_met(items)?.into_iter().chain([met()]).collect(), input)
            }
            LogicalPlan::SubqueryAlias(alias) => {
                let items = renamed(alias);
                let below = conditions.into_iter().map(|one| below(one, &alias.schema, &items));
                let input = self.outer(&alias.input, below.collect::<Result<Vec<_>>>()?)?;
                self.project(items.into_iter().chain([met()]).collect(), input)
            }
            LogicalPlan::Distinct(Distinct::All(input)) => {
                Ok(LogicalPlan::Distinct(Distinct::All(Arc::new(self.outer(input, conditions)?))))
            }
            LogicalPlan::Limit(limit) if conditions.is_empty() => self.limited(limit, true),
            LogicalPlan::Aggregate(aggregate) if conditions.is_empty() && !aggregate.group_expr.is_empty() => {
                self.groups_kept(aggregate)
            }
            _ => Err(refused()),
        }
    }

    /// Values of a row that only keeps the left side are NULL. The subquery's own columns are so already, those of the
    /// left side are not.
    fn where_met(&self, items: Vec<Expr>) -> Result<Vec<Expr>> {
        let shown = items.into_iter().map(|item| match item {
            Expr::Alias(alias)
                if !matches!(alias.expr.as_ref(), Expr::Column(column) if !self.carried.contains(column)) =>
            {
                Ok(when(met(), *alias.expr).end()?.alias_qualified(alias.relation, alias.name))
            }
            other => Ok(other),
        });
        shown.collect()
    }

    /// Groups, and one of NULLs for a row of the left side that has none.
    fn groups_kept(&self, aggregate: &Aggregate) -> Result<LogicalPlan> {
        let keys = aggregate.group_expr.iter().cloned().chain([met()]).collect();
        let input = self.outer(&aggregate.input, Vec::new())?;
        let marked = Aggregate::try_new(Arc::new(self.stand_in(&aggregate.input)?), keys, aggregate.aggr_expr.clone())?;
        let grouped = self.grouped(&marked, input, Ok)?;
        let place = aggregate.group_expr.len();
        let columns = grouped.schema().columns().into_iter().skip(self.carried.len()).enumerate();
        let columns = columns.filter(|(at, _)| *at != place).map(|(_, column)| Expr::Column(column));
        let shown = columns.zip(aggregate.schema.iter()).map(|(column, (qualifier, field))| {
            Ok(when(met(), column).end()?.alias_qualified(qualifier.cloned(), field.name()))
        });
        let shown = shown.chain([Ok(met())]).collect::<Result<Vec<_>>>()?;
        self.project(shown, grouped)
    }

    /// The plan with [`MET`] beside its columns, for the names and types that an aggregate over it has.
    fn stand_in(&self, plan: &LogicalPlan) -> Result<LogicalPlan> {
        let columns = plan.schema().columns().into_iter().map(Expr::Column).chain([lit(true).alias(MET)]).collect();
        Projection::try_new(columns, Arc::new(plan.clone())).map(LogicalPlan::Projection)
    }
}

fn met() -> Expr {
    Expr::Column(Column::new_unqualified(MET))
}

/// The columns below an alias under the names above it.
fn renamed(alias: &SubqueryAlias) -> Vec<Expr> {
    let columns = alias.input.schema().columns().into_iter().zip(alias.schema.iter());
    columns.map(|(column, (q, field))| Expr::Column(column).alias_qualified(q.cloned(), field.name())).collect()
}

/// A condition over the output of a projection as one over its input.
fn below(condition: Expr, schema: &DFSchema, items: &[Expr]) -> Result<Expr> {
    let below = condition.transform_up(|part| match part {
        Expr::Column(column) => match schema.maybe_index_of_column(&column) {
            Some(place) => Ok(Transformed::yes(items[place].clone().unalias())),
            None => Ok(Transformed::no(Expr::Column(column))),
        },
        other => Ok(Transformed::no(other)),
    })?;
    Ok(below.data)
}

/// A bound of LIMIT, which has to be a constant.
fn bound(expr: Option<&Expr>) -> Result<Option<i64>> {
    match expr {
        None | Some(Expr::Literal(ScalarValue::Null | ScalarValue::Int64(None), _)) => Ok(None),
        Some(Expr::Literal(ScalarValue::Int64(Some(bound)), _)) => Ok(Some(*bound)),
        Some(_) => Err(refused()),
    }
}
