//! LATERAL subqueries as joins: the rows of the left side are carried through the subquery's plan, so that what it
//! computes for all rows together is told apart by them again.
//!
//! Invariant: the result has the columns of the join it stands for, in order. Where it can be, nothing is read twice: a
//! scan of either side stands in the new plan once. Else the distinct values that are referred to are carried in the place
//! of the rows, and meet the left side again at the end. What cannot be brought to either form is refused.
//!
//! After: T. Neumann and A. Kemper, "Unnesting Arbitrary Queries", BTW 2015.

use std::sync::Arc;

use datafusion_common::tree_node::{Transformed, TreeNode};
use datafusion_common::{Column, DFSchema, DFSchemaRef, DataFusionError, NullEquality, Result};
use datafusion_expr::utils::conjunction;
use datafusion_expr::{
    Aggregate, Distinct, EmptyRelation, Expr, Filter, Join, JoinType, LogicalPlan, LogicalPlanBuilder, Projection,
    SubqueryAlias, Window, lit, when,
};
use datafusion_functions_window::row_number::row_number_udwf;

use super::super::unique::is_unique;
use super::always_one_row;
use super::repeats::repeats;
use crate::PlanError;

/// A join of a LATERAL subquery that refers to its left side; any other join as it is.
pub(super) fn of_join(join: Join, joins: &mut usize) -> Result<Transformed<LogicalPlan>> {
    let Some(plan) = subquery(&join.right) else { return Ok(Transformed::no(LogicalPlan::Join(join))) };
    if !matches!(join.join_type, JoinType::Inner | JoinType::Left) || !join.on.is_empty() {
        return Err(refused());
    }
    *joins += 1;
    if let Ok(joined) = with_left(&join, &plan, *joins) {
        return Ok(Transformed::yes(joined));
    }
    *joins += 1;
    with_values(&join, &plan, *joins).map(Transformed::yes)
}

/// The rows of the left side are carried.
fn with_left(join: &Join, plan: &LogicalPlan, number: usize) -> Result<LogicalPlan> {
    let lateral = Lateral::new(&join.left, number)?;
    let rows = match join.join_type {
        JoinType::Left => lateral.left_join(plan, join)?,
        _ => lateral.apply(plan)?,
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
    Ok(match (join.join_type, &join.filter) {
        (JoinType::Inner, Some(filter)) => LogicalPlan::Filter(Filter::try_new(filter.clone(), Arc::new(joined))?),
        _ => joined,
    })
}

/// The values that the subquery refers to are carried, and meet the left side again.
fn with_values(join: &Join, plan: &LogicalPlan, number: usize) -> Result<LogicalPlan> {
    let lateral = Lateral::of_values(&join.left, plan, number)?;
    let rows = lateral.apply(plan)?;
    let left = join.left.schema().fields().len();
    let own = rows.schema().columns().into_iter().skip(lateral.carried.len()).zip(join.schema.iter().skip(left));
    let own =
        own.map(|(column, (qualifier, field))| Expr::Column(column).alias_qualified(qualifier.cloned(), field.name()));
    let rows = lateral.project(own.collect(), rows)?;
    let joined = lateral.meets(join.left.as_ref().clone(), rows, join.join_type, join.filter.clone())?;
    let columns = join.schema.columns().into_iter().map(Expr::Column).collect();
    Projection::try_new(columns, Arc::new(joined)).map(LogicalPlan::Projection)
}

pub(super) fn refused() -> DataFusionError {
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

/// What stands for the left side of such a join in the subquery's plan, under names that nothing in it has.
pub(super) struct Lateral {
    pub(super) rows: LogicalPlan,
    /// Its columns: those of the left side, then what tells equal rows apart; or the values that are referred to.
    pub(super) carried: Vec<Column>,
    /// Where values are carried, the columns that they are of.
    of: Option<Vec<Column>>,
    /// The left side's schema, and the carried column for each of its columns that has one.
    schema: DFSchemaRef,
    places: Vec<Option<usize>>,
}

/// Column that is NULL on a row for which the subquery has none.
pub(super) const MET: &str = "\u{1}met";

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
        let places = (0..columns.len()).map(Some).collect();
        Ok(Lateral { rows, carried, of: None, schema: Arc::clone(left.schema()), places })
    }

    /// Carries the distinct values of the columns that a plan refers to. They may be read again, so the left side has to
    /// give the same rows each time.
    pub(super) fn of_values(left: &LogicalPlan, plan: &LogicalPlan, join: usize) -> Result<Lateral> {
        let schema = Arc::clone(left.schema());
        let mut places = vec![None; schema.fields().len()];
        let mut of = Vec::new();
        for expr in plan.all_out_ref_exprs() {
            let Expr::OuterReferenceColumn(_, column) = expr else { continue };
            if let Some(place) = schema.maybe_index_of_column(&column)
                && places[place].is_none()
            {
                places[place] = Some(of.len());
                of.push(Column::from(schema.qualified_field(place)));
            }
        }
        let carried: Vec<Column> =
            (0..of.len()).map(|place| Column::new_unqualified(format!("\u{1}value{join}_{place}"))).collect();
        // A value that is another one the second time would find no row to meet again.
        if !of.is_empty() && !repeats(left)? {
            return Err(DataFusionError::External(Box::new(PlanError::Unsupported(
                "a subquery that is correlated in this way".into(),
            ))));
        }
        let items = of.iter().zip(&carried).map(|(column, name)| Expr::Column(column.clone()).alias(&name.name));
        let rows = match of.is_empty() {
            true => {
                LogicalPlan::EmptyRelation(EmptyRelation { produce_one_row: true, schema: Arc::new(DFSchema::empty()) })
            }
            false => {
                let values = Projection::try_new(items.collect(), Arc::new(left.clone()))?;
                LogicalPlan::Distinct(Distinct::All(Arc::new(LogicalPlan::Projection(values))))
            }
        };
        Ok(Lateral { rows, carried, of: Some(of), schema, places })
    }

    /// Whether the carried rows may be read more than once.
    pub(super) fn again(&self) -> bool {
        self.of.is_some()
    }

    /// Whether a plan refers to the left side.
    pub(super) fn refers(&self, plan: &LogicalPlan) -> bool {
        plan.all_out_ref_exprs().iter().any(|expr| match expr {
            Expr::OuterReferenceColumn(_, column) => self.schema.maybe_index_of_column(column).is_some(),
            _ => true,
        })
    }

    /// The left side beside the rows that have its values in their carried columns.
    pub(super) fn meets(
        &self,
        left: LogicalPlan,
        rows: LogicalPlan,
        join_type: JoinType,
        filter: Option<Expr>,
    ) -> Result<LogicalPlan> {
        let of = self.of.clone().ok_or_else(refused)?;
        same_values(left, rows, join_type, (of, self.carried.clone()), filter)
    }

    pub(super) fn columns(&self) -> Vec<Expr> {
        self.carried.iter().cloned().map(Expr::Column).collect()
    }

    /// References to the left side become columns that are carried; those further out stay what they are. A subquery that
    /// is still in the expression refers to the plan that it stands in, and to nothing else.
    pub(super) fn inward(&self, expr: Expr) -> Result<Expr> {
        let inward = expr.transform_up(|part| match part {
            Expr::OuterReferenceColumn(field, column) => match self.schema.maybe_index_of_column(&column) {
                Some(place) => {
                    let place = self.places[place].ok_or_else(refused)?;
                    Ok(Transformed::yes(Expr::Column(self.carried[place].clone())))
                }
                None => Ok(Transformed::no(Expr::OuterReferenceColumn(field, column))),
            },
            other => Ok(Transformed::no(other)),
        })?;
        Ok(inward.data)
    }

    /// As [`Lateral::inward`], under the names that they have in a schema.
    pub(super) fn named<'e>(&self, exprs: impl IntoIterator<Item = &'e Expr>, schema: &DFSchema) -> Result<Vec<Expr>> {
        let named = exprs.into_iter().zip(schema.iter()).map(|(expr, (qualifier, field))| {
            Ok(self.inward(expr.clone())?.unalias().alias_qualified(qualifier.cloned(), field.name()))
        });
        named.collect()
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
    pub(super) fn outer(&self, plan: &LogicalPlan, conditions: Vec<Expr>) -> Result<LogicalPlan> {
        if self.again() {
            return self.kept_values(plan, conditions);
        }
        if !self.refers(plan) {
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

    /// As [`Lateral::outer`], by reading the carried values again.
    fn kept_values(&self, plan: &LogicalPlan, conditions: Vec<Expr>) -> Result<LogicalPlan> {
        let rows = self.apply(plan)?;
        let (items, again) = self.carried_again(&rows);
        let items = items.into_iter().chain([lit(true).alias(MET)]).collect();
        let rows = LogicalPlan::Projection(Projection::try_new(items, Arc::new(rows))?);
        let keys = (self.carried.clone(), again);
        let joined = same_values(self.rows.clone(), rows, JoinType::Left, keys, conjunction(conditions))?;
        self.project(plan.schema().columns().into_iter().map(Expr::Column).chain([met()]).collect(), joined)
    }

    /// The columns of applied rows, the carried ones under a second name, and those names.
    pub(super) fn carried_again(&self, rows: &LogicalPlan) -> (Vec<Expr>, Vec<Column>) {
        let again = |column: &Column| Column::new_unqualified(format!("{}again", column.name));
        let names: Vec<Column> = self.carried.iter().map(again).collect();
        let carried = self.columns().into_iter().zip(&names).map(|(column, name)| column.alias(&name.name));
        let own = rows.schema().columns().into_iter().skip(self.carried.len()).map(Expr::Column);
        (carried.chain(own).collect(), names)
    }

    /// Values of a row that only keeps the left side are NULL. The subquery's own columns are so already, those of the
    /// left side are not.
    pub(super) fn where_met(&self, items: Vec<Expr>) -> Result<Vec<Expr>> {
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

pub(super) fn met() -> Expr {
    Expr::Column(Column::new_unqualified(MET))
}

/// The columns below an alias under the names above it.
pub(super) fn renamed(alias: &SubqueryAlias) -> Vec<Expr> {
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

/// A join by columns whose values are the same, NULL being the same as NULL.
pub(super) fn same_values(
    left: LogicalPlan,
    right: LogicalPlan,
    join_type: JoinType,
    keys: (Vec<Column>, Vec<Column>),
    filter: Option<Expr>,
) -> Result<LogicalPlan> {
    let builder = LogicalPlanBuilder::from(left);
    if keys.0.is_empty() {
        return builder.join_on(right, join_type, [filter.unwrap_or_else(|| lit(true))])?.build();
    }
    builder.join_detailed(right, join_type, keys, filter, NullEquality::NullEqualsNull)?.build()
}
