//! The plan of a subquery for all rows of its left side together: what is carried passes through every node, and tells
//! the rows of one from those of another.
//!
//! Invariant: what [`Lateral::apply`] gives has the carried columns, then the plan's own, by their names. Each carried row
//! stands beside the rows that the plan gives for it, and beside no others.

use std::sync::Arc;

use datafusion_common::tree_node::{Transformed, TreeNode};
use datafusion_common::{Column, NullEquality, Result, ScalarValue};
use datafusion_expr::expr::{AggregateFunction, Sort as SortKey};
use datafusion_expr::utils::conjunction;
use datafusion_expr::{
    Aggregate, Distinct, DistinctOn, Expr, ExprFunctionExt, ExprSchemable, Filter, Join, JoinConstraint, JoinType,
    Limit, LogicalPlan, LogicalPlanBuilder, Operator, Projection, Union, Unnest, Values, Window, binary_expr, cast,
    lit, when,
};
use datafusion_functions_window::row_number::row_number_udwf;

use super::lateral::{Lateral, met, refused, renamed, same_values};

/// Number of a row among those of one row of the left side.
const NUMBER: &str = "\u{1}number";
/// Number of a row of VALUES.
const ROW: &str = "\u{1}row";

impl Lateral {
    /// Carried columns, then the plan's: its rows for each row of the left side.
    pub(super) fn apply(&self, plan: &LogicalPlan) -> Result<LogicalPlan> {
        match plan {
            LogicalPlan::EmptyRelation(empty) if empty.produce_one_row && empty.schema.fields().is_empty() => {
                return Ok(self.rows.clone());
            }
            _ if !self.refers(plan) => {
                return LogicalPlanBuilder::from(self.rows.clone()).cross_join(plan.clone())?.build();
            }
            _ => {}
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
            LogicalPlan::Subquery(subquery) => self.apply(&subquery.subquery),
            // Without a bound the order of a subquery means nothing.
            LogicalPlan::Sort(sort) if sort.fetch.is_none() => self.apply(&sort.input),
            LogicalPlan::Distinct(Distinct::All(input)) => {
                Ok(LogicalPlan::Distinct(Distinct::All(Arc::new(self.apply(input)?))))
            }
            LogicalPlan::Distinct(Distinct::On(on)) => self.distinct_on(on),
            LogicalPlan::Aggregate(aggregate) if aggregate.group_expr.is_empty() => self.total(aggregate),
            LogicalPlan::Aggregate(aggregate) => self.grouped(aggregate, self.apply(&aggregate.input)?, Ok),
            LogicalPlan::Window(window) => self.window(window),
            LogicalPlan::Limit(limit) => self.limited(limit, false),
            LogicalPlan::Values(values) => self.values(values),
            LogicalPlan::Unnest(unnest) => self.unnest(unnest),
            LogicalPlan::Union(union) if self.again() => self.union(union),
            LogicalPlan::Join(join) => self.joined(join),
            _ => Err(refused()),
        }
    }

    pub(super) fn project(&self, items: Vec<Expr>, input: LogicalPlan) -> Result<LogicalPlan> {
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

    pub(super) fn grouped(
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

    /// Windows see the rows of one row of the left side.
    fn window(&self, window: &Window) -> Result<LogicalPlan> {
        let input = self.apply(&window.input)?;
        let width = window.input.schema().fields().len();
        let calls =
            window.window_expr.iter().zip(window.schema.iter().skip(width)).map(|(call, (qualifier, field))| {
                let call = self.inward(call.clone())?.transform_up(|part| match part {
                    Expr::WindowFunction(mut call) => {
                        let own = std::mem::take(&mut call.params.partition_by);
                        call.params.partition_by = self.columns().into_iter().chain(own).collect();
                        Ok(Transformed::yes(Expr::WindowFunction(call)))
                    }
                    other => Ok(Transformed::no(other)),
                })?;
                // The engine looks for the call below one name, not below two.
                Ok(call.data.unalias_nested().data.alias_qualified(qualifier.cloned(), field.name()))
            });
        let numbered = Window::try_new(calls.collect::<Result<Vec<_>>>()?, Arc::new(input))?;
        self.project(window.schema.columns().into_iter().map(Expr::Column).collect(), LogicalPlan::Window(numbered))
    }

    fn distinct_on(&self, on: &DistinctOn) -> Result<LogicalPlan> {
        let inward = |exprs: &[Expr]| exprs.iter().map(|expr| self.inward(expr.clone())).collect::<Result<Vec<_>>>();
        let first = |exprs: Vec<Expr>| self.columns().into_iter().chain(exprs).collect::<Vec<_>>();
        let items = first(self.named(&on.select_expr, &on.schema)?);
        let keys = on
            .sort_expr
            .iter()
            .flatten()
            .map(|key| Ok(SortKey { expr: self.inward(key.expr.clone())?, ..key.clone() }));
        let carried = self.columns().into_iter().map(|column| Ok(column.sort(true, false)));
        let keys = carried.chain(keys).collect::<Result<Vec<_>>>()?;
        let input = Arc::new(self.apply(&on.input)?);
        let distinct = DistinctOn::try_new(first(inward(&on.on_expr)?), items, Some(keys), input)?;
        Ok(LogicalPlan::Distinct(Distinct::On(distinct)))
    }

    /// The first rows of each row of the left side; with `kept`, also those of the left side that have none, and whether
    /// they were met.
    pub(super) fn limited(&self, limit: &Limit, kept: bool) -> Result<LogicalPlan> {
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
        // Beside a window of the subquery's own it must not be an equal call: the engine would take two for one.
        let own = input.exists(|node| Ok(matches!(node, LogicalPlan::Window(_))))?;
        let apart = own.then(|| lit("first"));
        let number = Expr::from(datafusion_expr::expr::WindowFunction::new(row_number_udwf(), vec![]))
            .partition_by(self.columns().into_iter().chain(apart).collect());
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

    /// Rows of constants and of columns of the left side: each carried row as often as there are, with the values of the
    /// one that its number tells.
    fn values(&self, values: &Values) -> Result<LogicalPlan> {
        let rows = values.values.iter().map(|row| self.named(row, &values.schema)).collect::<Result<Vec<_>>>()?;
        if let [row] = rows.as_slice() {
            return self.project(row.clone(), self.rows.clone());
        }
        let numbers = (0..rows.len()).map(|number| i64::try_from(number).map(|number| vec![lit(number)]));
        let numbers = numbers.collect::<Result<Vec<_>, _>>().map_err(|_| refused())?;
        let numbers = LogicalPlanBuilder::values(numbers)?.build()?;
        let number = numbers.schema().columns().into_iter().next().map(Expr::Column).ok_or_else(refused)?;
        let numbers = LogicalPlanBuilder::from(numbers).project(vec![number.alias(ROW)])?.build()?;
        let numbered = LogicalPlanBuilder::from(self.rows.clone()).cross_join(numbers)?.build()?;
        let schema = Arc::clone(numbered.schema());
        let items = values.schema.iter().enumerate().map(|(at, (qualifier, field))| {
            let mut chosen = None;
            for (number, row) in (0i64..).zip(&rows) {
                let value = row.get(at).cloned().ok_or_else(refused)?.unalias();
                let value = if value.get_type(&schema)? == *field.data_type() {
                    value
                } else {
                    cast(value, field.data_type().clone())
                };
                let is_this = Expr::Column(Column::new_unqualified(ROW)).eq(lit(number));
                chosen = Some(match chosen {
                    None => when(is_this, value),
                    Some(mut chosen) => {
                        datafusion_expr::conditional_expressions::CaseBuilder::when(&mut chosen, is_this, value)
                    }
                });
            }
            let chosen = chosen.ok_or_else(refused)?;
            Ok(chosen.end()?.alias_qualified(qualifier.cloned(), field.name()))
        });
        self.project(items.collect::<Result<Vec<_>>>()?, numbered)
    }

    /// Lists that become rows: what is carried is repeated beside their items.
    fn unnest(&self, unnest: &Unnest) -> Result<LogicalPlan> {
        let rows = LogicalPlanBuilder::from(self.apply(&unnest.input)?)
            .unnest_columns_with_options(unnest.exec_columns.clone(), unnest.options.clone())?
            .build()?;
        self.project(unnest.schema.columns().into_iter().map(Expr::Column).collect(), rows)
    }

    /// Each side has its own rows for each carried one.
    fn union(&self, union: &Union) -> Result<LogicalPlan> {
        let sides = union.inputs.iter().map(|side| {
            let rows = self.apply(side)?;
            let own = rows.schema().columns().into_iter().skip(self.carried.len()).zip(union.schema.iter());
            let items = own.map(|(column, (qualifier, field))| {
                Expr::Column(column).alias_qualified(qualifier.cloned(), field.name())
            });
            Ok(Arc::new(self.project(items.collect(), rows)?))
        });
        Union::try_new(sides.collect::<Result<Vec<_>>>()?).map(LogicalPlan::Union)
    }

    /// A join in the subquery of which a side refers outwards, or its condition.
    fn joined(&self, join: &Join) -> Result<LogicalPlan> {
        use JoinType as J;
        let of_left = matches!(join.join_type, J::Inner | J::Left | J::LeftSemi | J::LeftAnti | J::LeftMark);
        if !of_left || join.null_aware {
            return Err(refused());
        }
        let (left, right) = (self.refers(&join.left), self.refers(&join.right));
        let joined = match (left, right) {
            (_, false) => {
                let on = join.on.iter().map(|(l, r)| Ok((self.inward(l.clone())?, self.inward(r.clone())?)));
                let filter = join.filter.iter().map(|filter| self.inward(filter.clone())).next().transpose()?;
                LogicalPlan::Join(Join::try_new(
                    Arc::new(self.apply(&join.left)?),
                    Arc::clone(&join.right),
                    on.collect::<Result<Vec<_>>>()?,
                    filter,
                    join.join_type,
                    JoinConstraint::On,
                    join.null_equality,
                    false,
                )?)
            }
            (false, true) if join.join_type == J::Inner => {
                let conditions = self.conditions(join)?;
                let rows = LogicalPlanBuilder::from(self.apply(&join.right)?);
                rows.join_on(join.left.as_ref().clone(), J::Inner, conditions)?.build()?
            }
            _ if self.again() => {
                let rows = self.apply(&join.right)?;
                let (items, again) = self.carried_again(&rows);
                let rows = LogicalPlan::Projection(Projection::try_new(items, Arc::new(rows))?);
                let keys = (self.carried.clone(), again);
                same_values(self.apply(&join.left)?, rows, join.join_type, keys, conjunction(self.conditions(join)?))?
            }
            _ => return Err(refused()),
        };
        self.project(join.schema.columns().into_iter().map(Expr::Column).collect(), joined)
    }

    /// Keys and condition of a join, as conditions.
    fn conditions(&self, join: &Join) -> Result<Vec<Expr>> {
        let op = match join.null_equality {
            NullEquality::NullEqualsNothing => Operator::Eq,
            NullEquality::NullEqualsNull => Operator::IsNotDistinctFrom,
        };
        let on = join
            .on
            .iter()
            .map(|(left, right)| Ok(binary_expr(self.inward(left.clone())?, op, self.inward(right.clone())?)));
        let filter = join.filter.iter().map(|filter| self.inward(filter.clone()));
        on.chain(filter).collect()
    }
}

/// A bound of LIMIT, which has to be a constant.
fn bound(expr: Option<&Expr>) -> Result<Option<i64>> {
    match expr {
        None | Some(Expr::Literal(ScalarValue::Null | ScalarValue::Int64(None), _)) => Ok(None),
        Some(Expr::Literal(ScalarValue::Int64(Some(bound)), _)) => Ok(Some(*bound)),
        Some(_) => Err(refused()),
    }
}
