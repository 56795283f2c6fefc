//! Functions that give rows, in the plan: a call of [`ROWS`] stands for the items of a list, one to a row. In a select list,
//! and in GROUP BY, the lists are made below and become rows side by side, as PostgreSQL's `ProjectSet` does; in FROM the
//! rows of the left side are repeated beside the items.
//!
//! Invariant: behind [`spread`] no [`ROWS`] is left; a place that PostgreSQL refuses, or that is not done, is refused.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::DataType;
use datafusion_common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion_common::{
    Column, DFSchema, DataFusionError, Result, ScalarValue, TableReference, UnnestOptions, plan_err,
};
use datafusion_expr::expr::ScalarFunction;
use datafusion_expr::utils::conjunction;
use datafusion_expr::{
    Aggregate, ColumnarValue, Expr, Filter, Join, JoinType, LogicalPlan, LogicalPlanBuilder, Projection,
    ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::PlanError;
use crate::datetime::Session;
use crate::nested;

/// Name of the function; no client can type it.
pub(crate) const ROWS: &str = "\u{1}rows";

/// The function behind [`ROWS`].
pub(super) fn function() -> Arc<ScalarUDF> {
    static FUNCTION: LazyLock<Arc<ScalarUDF>> =
        LazyLock::new(|| Arc::new(ScalarUDF::from(Rows { signature: Signature::user_defined(Volatility::Volatile) })));
    Arc::clone(&FUNCTION)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Rows {
    signature: Signature,
}

impl ScalarUDFImpl for Rows {
    fn name(&self) -> &str {
        ROWS
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        match types {
            [DataType::List(_) | DataType::LargeList(_)] => Ok(types.to_vec()),
            [found] => {
                let shown = crate::types::sql_type(found).map_or_else(|| "record".into(), |found| found.sql_name());
                Err(refused(PlanError::UndefinedFunction(format!("unnest({shown})"))))
            }
            _ => plan_err!("unnest takes one list"),
        }
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [DataType::List(item) | DataType::LargeList(item)] => Ok(item.data_type().clone()),
            _ => plan_err!("unnest takes one list"),
        }
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Err(DataFusionError::Internal("rows of a list as a value".into()))
    }
}

/// Turns every call of [`ROWS`] into rows, in nested plans too.
pub(super) fn spread(plan: LogicalPlan, session: &Arc<Session>) -> Result<LogicalPlan> {
    let lateral = plan.transform_down_with_subqueries(|node| match node {
        LogicalPlan::Join(join) => match items(&join.right) {
            Some(items) => of_join(join, items, session).map(Transformed::yes),
            None => Ok(Transformed::no(LogicalPlan::Join(join))),
        },
        other => Ok(Transformed::no(other)),
    })?;
    let spread = lateral.data.transform_up_with_subqueries(|node| {
        if !node.expressions().iter().any(has_rows) {
            return Ok(Transformed::no(node));
        }
        match node {
            LogicalPlan::Projection(projection) => of_projection(projection).map(Transformed::yes),
            LogicalPlan::Aggregate(aggregate) => of_aggregate(aggregate).map(Transformed::yes),
            LogicalPlan::Filter(_) => disallowed("WHERE"),
            LogicalPlan::Join(_) => disallowed("JOIN conditions"),
            LogicalPlan::Window(_) => refusal("window function calls cannot contain set-returning function calls"),
            LogicalPlan::Values(_) => disallowed("VALUES"),
            _ => misplaced("a set-returning function at this place"),
        }
    })?;
    Ok(spread.data)
}

fn misplaced<T>(what: &str) -> Result<T> {
    Err(refused(PlanError::Unsupported(what.into())))
}

/// A place where PostgreSQL allows no such function.
fn disallowed<T>(place: &str) -> Result<T> {
    refusal(&format!("set-returning functions are not allowed in {place}"))
}

fn refusal<T>(what: &str) -> Result<T> {
    Err(refused(PlanError::NotAllowed(what.into())))
}

fn has_rows(expr: &Expr) -> bool {
    expr.exists(|part| Ok(list_of(part).is_some())).unwrap_or(true)
}

/// The list behind a call of [`ROWS`].
fn list_of(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::ScalarFunction(ScalarFunction { func, args }) if func.name() == ROWS => args.first(),
        _ => None,
    }
}

/// Lists taken out of expressions, under the names that stand for their items.
#[derive(Default)]
struct Lists(Vec<Expr>);

impl Lists {
    fn take(&mut self, expr: Expr) -> Result<Expr> {
        let taken = expr.transform_down(|part| {
            if let Some(list) = list_of(&part) {
                if has_rows(list) {
                    return misplaced("a set-returning function inside of another");
                }
                let column = self.keep(list.clone());
                return Ok(Transformed::new(column, true, TreeNodeRecursion::Jump));
            }
            let chooses = match &part {
                Expr::Case(_) => Some("CASE"),
                Expr::ScalarFunction(call) if call.func.name() == "coalesce" => Some("COALESCE"),
                _ => None,
            };
            match chooses {
                Some(name) if has_rows(&part) => disallowed(name),
                _ => Ok(Transformed::no(part)),
            }
        })?;
        Ok(taken.data)
    }

    fn keep(&mut self, list: Expr) -> Expr {
        let known = self.0.iter().position(|kept| *kept == list);
        let number = known.unwrap_or(self.0.len());
        if known.is_none() {
            self.0.push(list);
        }
        Expr::Column(Column::new_unqualified(name(number)))
    }

    /// The rows of an input, each as often as its longest list has items.
    fn over(self, input: Arc<LogicalPlan>) -> Result<LogicalPlan> {
        let own = input.schema().columns().into_iter().map(Expr::Column);
        let count = self.0.len();
        let lists = self.0.into_iter().enumerate().map(|(number, list)| list.alias(name(number)));
        let below = Projection::try_new(own.chain(lists).collect(), input)?;
        let columns = (0..count).map(|number| Column::new_unqualified(name(number))).collect();
        let options = UnnestOptions::new().with_preserve_nulls(false);
        LogicalPlanBuilder::from(LogicalPlan::Projection(below)).unnest_columns_with_options(columns, options)?.build()
    }
}

fn name(number: usize) -> String {
    format!("\u{1}item{number}")
}

/// An expression under the name that it had.
fn named(expr: Expr, qualifier: Option<&TableReference>, name: &str) -> Expr {
    match &expr {
        Expr::Column(column) if column.name == name && column.relation.as_ref() == qualifier => expr,
        _ => expr.alias_qualified(qualifier.cloned(), name),
    }
}

fn of_projection(projection: Projection) -> Result<LogicalPlan> {
    let mut lists = Lists::default();
    let exprs = projection.expr.into_iter().zip(projection.schema.iter());
    let exprs = exprs
        .map(|(expr, (qualifier, field))| {
            let expr = lists.take(expr)?;
            Ok(match expr {
                Expr::Alias(_) => expr,
                other => named(other, qualifier, field.name()),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let below = lists.over(projection.input)?;
    Ok(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(below))?))
}

fn of_aggregate(aggregate: Aggregate) -> Result<LogicalPlan> {
    if aggregate.aggr_expr.iter().any(has_rows) {
        return refusal("aggregate function calls cannot contain set-returning function calls");
    }
    let mut lists = Lists::default();
    let group = aggregate.group_expr.into_iter().map(|expr| lists.take(expr)).collect::<Result<Vec<_>>>()?;
    let below = lists.over(aggregate.input)?;
    let node = LogicalPlan::Aggregate(Aggregate::try_new(Arc::new(below), group, aggregate.aggr_expr)?);
    let columns = node.schema().columns().into_iter().zip(aggregate.schema.iter());
    let renamed =
        columns.map(|(column, (qualifier, field))| named(Expr::Column(column), qualifier, field.name())).collect();
    Ok(LogicalPlan::Projection(Projection::try_new(renamed, Arc::new(node))?))
}

/// The alias of a function in FROM, and its lists with the names of their items.
type Items = (Option<TableReference>, Vec<(Expr, String)>);

/// The select list of a function in FROM that reads the relations before it.
fn items(plan: &LogicalPlan) -> Option<Items> {
    let (alias, mut inner) = match plan {
        LogicalPlan::SubqueryAlias(alias) => (Some(alias.alias.clone()), alias.input.as_ref()),
        other => (None, other),
    };
    while let LogicalPlan::Subquery(subquery) = inner {
        inner = subquery.subquery.as_ref();
    }
    let LogicalPlan::Projection(projection) = inner else { return None };
    if !matches!(projection.input.as_ref(), LogicalPlan::EmptyRelation(empty) if empty.produce_one_row) {
        return None;
    }
    let item = |expr: &Expr| match expr {
        Expr::Alias(alias) => Some((list_of(&alias.expr)?.clone(), alias.name.clone())),
        _ => None,
    };
    let items = projection.expr.iter().map(item).collect::<Option<Vec<_>>>()?;
    let reads = |(list, _): &(Expr, String)| {
        list.exists(|part| Ok(matches!(part, Expr::OuterReferenceColumn(..)))).unwrap_or(true)
    };
    items.iter().any(reads).then_some((alias, items))
}

fn of_join(
    join: Join,
    (alias, items): (Option<TableReference>, Vec<(Expr, String)>),
    session: &Arc<Session>,
) -> Result<LogicalPlan> {
    let Join { left, mut filter, on, join_type, .. } = join;
    let outer = match join_type {
        JoinType::Inner => false,
        JoinType::Left if on.is_empty() && filter.as_ref().is_none_or(is_true) => {
            filter = None;
            true
        }
        _ => return misplaced("a set-returning function on this side of an outer join with a condition"),
    };
    let mut lists = Lists::default();
    let mut columns: Vec<Expr> = left.schema().columns().into_iter().map(Expr::Column).collect();
    for (list, name) in items {
        let mut list = inward(list, left.schema())?;
        if outer {
            let whole = nested::function(nested::OUTER, session);
            let whole = whole.ok_or_else(|| DataFusionError::Internal("no function for an outer join".into()))?;
            list = whole.call(vec![list]);
        }
        // Each item is a column of its own, equal or not.
        let number = lists.0.len();
        lists.0.push(list);
        columns.push(Expr::Column(Column::new_unqualified(self::name(number))).alias_qualified(alias.clone(), name));
    }
    let below = lists.over(left)?;
    let rows = LogicalPlan::Projection(Projection::try_new(columns, Arc::new(below))?);
    let conditions = on.into_iter().map(|(left, right)| left.eq(right)).chain(filter);
    match conjunction(conditions) {
        Some(condition) if !is_true(&condition) => Ok(LogicalPlan::Filter(Filter::try_new(condition, Arc::new(rows))?)),
        _ => Ok(rows),
    }
}

fn is_true(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(ScalarValue::Boolean(Some(true)), _))
}

/// References to the left side are its columns; those further out stay what they are.
fn inward(list: Expr, left: &DFSchema) -> Result<Expr> {
    let done = list.transform_up(|part| match part {
        Expr::OuterReferenceColumn(_, column) if left.has_column(&column) => Ok(Transformed::yes(Expr::Column(column))),
        other => Ok(Transformed::no(other)),
    })?;
    Ok(done.data)
}

fn refused(error: PlanError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
