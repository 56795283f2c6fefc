//! Rows with `jsonb` that are told apart: DISTINCT, GROUP BY, UNION, INTERSECT and EXCEPT go by what equal values have in
//! common ([`KEY`]), and show one of the values.
//!
//! Invariant: behind [`by_value`] no [`MARK`] is left. A value is shown as one of its group is written, never as its key.

use std::sync::Arc;

use datafusion_common::tree_node::{Transformed, TreeNode};
use datafusion_common::{Column, DataFusionError, Result, TableReference};
use datafusion_expr::expr::ScalarFunction;
use datafusion_expr::expr_rewriter::NamePreserver;
use datafusion_expr::{Aggregate, Distinct, Expr, JoinType, LogicalPlan, Projection, ScalarUDF};
use datafusion_functions_aggregate::min_max::min_udaf;

use super::json::{GROUP_MARK, KEY, MARK};
use crate::PlanError;
use crate::datetime::{self, Session};

/// Tells rows apart in a whole plan, nested plans included.
pub(super) fn by_value(plan: LogicalPlan, session: &Arc<Session>) -> Result<LogicalPlan> {
    let function = |name| {
        datetime::function(name, session).ok_or_else(|| DataFusionError::Internal("no function of jsonb".into()))
    };
    let functions = Functions { key: function(KEY)?, mark: function(MARK)? };
    let done = plan.transform_up_with_subqueries(|node| functions.node(node))?;
    let bare = done.data.transform_up_with_subqueries(|node| {
        let names = NamePreserver::new(&node);
        node.map_expressions(|expr| {
            let name = names.save(&expr);
            let done = expr.transform_up(|part| match inside(&part, MARK) {
                Some(inner) => Ok(Transformed::yes(inner.clone())),
                None => Ok(Transformed::no(part)),
            })?;
            Ok(done.update_data(|expr| name.restore(expr)))
        })
    })?;
    Ok(bare.data)
}

struct Functions {
    key: Arc<ScalarUDF>,
    mark: Arc<ScalarUDF>,
}

/// The argument of a call of one of the marks.
fn inside<'e>(expr: &'e Expr, mark: &str) -> Option<&'e Expr> {
    match expr {
        Expr::ScalarFunction(ScalarFunction { func, args }) if func.name() == mark => args.first(),
        _ => None,
    }
}

/// Which columns of a plan are marked.
fn marked(plan: &LogicalPlan) -> Vec<bool> {
    match plan {
        LogicalPlan::Projection(projection) => {
            let below = marked(&projection.input);
            let of = |expr: &Expr| match expr.clone().unalias() {
                Expr::Column(column) => {
                    let place = projection.input.schema().maybe_index_of_column(&column);
                    place.is_some_and(|place| below.get(place).copied().unwrap_or(false))
                }
                other => inside(&other, MARK).is_some(),
            };
            projection.expr.iter().map(of).collect()
        }
        LogicalPlan::Union(union) => {
            let mut found = vec![false; union.schema.fields().len()];
            for input in &union.inputs {
                found.iter_mut().zip(marked(input)).for_each(|(found, other)| *found |= other);
            }
            found
        }
        LogicalPlan::SubqueryAlias(alias) => marked(&alias.input),
        LogicalPlan::Subquery(subquery) => marked(&subquery.subquery),
        LogicalPlan::Sort(sort) => marked(&sort.input),
        LogicalPlan::Limit(limit) => marked(&limit.input),
        LogicalPlan::Filter(filter) => marked(&filter.input),
        LogicalPlan::Distinct(Distinct::All(input)) => marked(input),
        LogicalPlan::Join(join) if matches!(join.join_type, JoinType::LeftSemi | JoinType::LeftAnti) => {
            marked(&join.left)
        }
        other => vec![false; other.schema().fields().len()],
    }
}

fn least(value: Expr) -> Expr {
    min_udaf().call(vec![value])
}

/// An expression under the name that a column had.
fn named(expr: Expr, qualifier: Option<&TableReference>, name: &str) -> Expr {
    match &expr {
        Expr::Column(column) if column.name == name && column.relation.as_ref() == qualifier => expr,
        _ => expr.alias_qualified(qualifier.cloned(), name),
    }
}

impl Functions {
    fn node(&self, node: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
        match node {
            LogicalPlan::Aggregate(aggregate)
                if aggregate.group_expr.iter().any(|expr| inside(expr, GROUP_MARK).is_some()) =>
            {
                self.groups(aggregate).map(Transformed::yes)
            }
            LogicalPlan::Distinct(Distinct::All(input)) => {
                let marks = marked(&input);
                if !marks.contains(&true) {
                    return Ok(Transformed::no(LogicalPlan::Distinct(Distinct::All(input))));
                }
                self.rows(input, &marks).map(Transformed::yes)
            }
            LogicalPlan::Join(mut join) if matches!(join.join_type, JoinType::LeftSemi | JoinType::LeftAnti) => {
                let marks = marked(&join.left);
                let mut changed = false;
                for (left, right) in &mut join.on {
                    let place = match &*left {
                        Expr::Column(column) => join.left.schema().maybe_index_of_column(column),
                        _ => None,
                    };
                    if place.is_some_and(|place| marks.get(place) == Some(&true)) {
                        for side in [left, right] {
                            *side = self.key.call(vec![std::mem::take(side)]);
                        }
                        changed = true;
                    }
                }
                let join = LogicalPlan::Join(join);
                Ok(if changed { Transformed::yes(join) } else { Transformed::no(join) })
            }
            other => Ok(Transformed::no(other)),
        }
    }

    /// Each row once.
    fn rows(&self, input: Arc<LogicalPlan>, marks: &[bool]) -> Result<LogicalPlan> {
        let columns: Vec<Column> = input.schema().columns();
        let fields: Vec<_> = input.schema().iter().map(|(q, field)| (q.cloned(), field.name().clone())).collect();
        let mut group = Vec::with_capacity(columns.len());
        let mut values = Vec::new();
        for (column, marked) in columns.into_iter().zip(marks) {
            if *marked {
                group.push(self.key.call(vec![Expr::Column(column.clone())]));
                values.push(least(Expr::Column(column)));
            } else {
                group.push(Expr::Column(column));
            }
        }
        let node = LogicalPlan::Aggregate(Aggregate::try_new(input, group, values)?);
        let made = node.schema().columns();
        let mut next = marks.len();
        let items = marks.iter().zip(&fields).enumerate().map(|(at, (marked, (qualifier, name)))| {
            let from = if *marked { next } else { at };
            next += usize::from(*marked);
            let column = Expr::Column(made[from].clone());
            match marked {
                true => self.mark.call(vec![column]).alias_qualified(qualifier.clone(), name.as_str()),
                false => named(column, qualifier.as_ref(), name),
            }
        });
        Projection::try_new(items.collect(), Arc::new(node)).map(LogicalPlan::Projection)
    }

    /// Groups of equal values.
    fn groups(&self, aggregate: Aggregate) -> Result<LogicalPlan> {
        enum From {
            Group(usize),
            Value(usize),
        }
        let keys: Vec<Expr> =
            aggregate.group_expr.iter().filter_map(|expr| inside(expr, GROUP_MARK).cloned()).collect();
        let mut group = Vec::new();
        let mut values: Vec<Expr> = Vec::new();
        let mut from = Vec::new();
        for expr in &aggregate.group_expr {
            let value = match inside(expr, GROUP_MARK) {
                Some(inner) => Some(inner),
                None => {
                    let key = keys.contains(expr);
                    group.push(if key { self.key.call(vec![expr.clone()]) } else { expr.clone() });
                    key.then_some(expr)
                }
            };
            let Some(value) = value else {
                from.push(From::Group(group.len() - 1));
                continue;
            };
            let value = least(value.clone());
            let known = values.iter().position(|known| *known == value);
            from.push(From::Value(known.unwrap_or(values.len())));
            if known.is_none() {
                values.push(value);
            }
        }
        if keys.iter().any(|key| !aggregate.group_expr.contains(key)) {
            return Err(DataFusionError::External(Box::new(PlanError::Unsupported(
                "GROUP BY of this expression of jsonb".into(),
            ))));
        }
        let (groups, aggregates, extra) = (group.len(), aggregate.aggr_expr.len(), values.len());
        // An aggregate that the statement has already is not made twice.
        let known = |value: &Expr| aggregate.aggr_expr.iter().position(|known| known == value);
        let places: Vec<usize> = {
            let mut next = aggregates;
            values
                .iter()
                .map(|value| {
                    known(value).unwrap_or_else(|| {
                        next += 1;
                        next - 1
                    })
                })
                .collect()
        };
        debug_assert_eq!(places.len(), extra);
        let added: Vec<Expr> = values.into_iter().filter(|value| known(value).is_none()).collect();
        let all = aggregate.aggr_expr.iter().cloned().chain(added).collect();
        let node = LogicalPlan::Aggregate(Aggregate::try_new(aggregate.input, group, all)?);
        let made = node.schema().columns();
        let own = from.iter().map(|from| match from {
            From::Group(at) => *at,
            From::Value(at) => groups + places[*at],
        });
        let items = own
            .chain(groups..groups + aggregates)
            .zip(aggregate.schema.iter())
            .map(|(at, (qualifier, field))| named(Expr::Column(made[at].clone()), qualifier, field.name()));
        Projection::try_new(items.collect(), Arc::new(node)).map(LogicalPlan::Projection)
    }
}
