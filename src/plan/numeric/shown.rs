//! Display scales carried up to the result: those of quotients, and those of CASE and the like, which give one of several
//! values of different scales.
//!
//! Invariant: the values of every column stay what they are; only the columns of the result itself, which nothing reads
//! any more, become scaled values. The steps between keep their columns and get the scaled ones behind them.

use std::cell::RefCell;
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion_common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion_common::{Column, DataFusionError, Result, TableReference};
use datafusion_expr::expr::{BinaryExpr, Case, ScalarFunction};
use datafusion_expr::{
    Expr, ExprSchemable, Filter, Limit, LogicalPlan, Operator, Projection, Sort, SubqueryAlias, Union,
};

use super::scaled::{Operation, call, inside_value, is_kept, is_scaled};
use super::{NUMERIC, Shown, digits_of, scaled_type, shown};
use crate::resolve::COMMON;

/// The plan with scaled values where the type does not tell the display scale and it can be had.
pub(crate) fn with_display_scale(plan: LogicalPlan) -> Result<LogicalPlan> {
    let width = plan.schema().fields().len();
    // A union has the types of its first side until it is brought to those of all.
    let unions = plan.exists(|node| Ok(matches!(node, LogicalPlan::Union(_))))?;
    let numeric = |data_type: &DataType| data_type.is_decimal() || unions && data_type.is_integer();
    let wanted: Vec<Column> =
        plan.schema().iter().filter(|(_, field)| numeric(field.data_type())).map(Column::from).collect();
    if wanted.is_empty() {
        return Ok(plan);
    }
    let mut carrier = Carrier { made: 0 };
    let (carried, found) = carrier.carry(plan.clone(), &wanted)?;
    if found.iter().all(Option::is_none) {
        return Ok(plan);
    }
    let mut exprs = Vec::with_capacity(width);
    for (qualifier, field) in plan.schema().iter() {
        let column = Column::from((qualifier, field));
        let scaled = wanted.iter().position(|wanted| *wanted == column).and_then(|at| found[at].clone());
        exprs.push(match scaled {
            Some(scaled) => Expr::Column(scaled).alias_qualified(qualifier.cloned(), field.name()),
            None => Expr::Column(column),
        });
    }
    Ok(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(carried))?))
}

struct Carrier {
    /// Columns added so far, for their names.
    made: usize,
}

impl Carrier {
    /// The node with scaled columns behind its own, and for each wanted column its scaled one.
    fn carry(&mut self, plan: LogicalPlan, wanted: &[Column]) -> Result<(LogicalPlan, Vec<Option<Column>>)> {
        Ok(match plan {
            LogicalPlan::Projection(projection) => self.projection(projection, wanted)?,
            LogicalPlan::Sort(sort) => {
                let (input, found) = self.input(&sort.input, wanted)?;
                (LogicalPlan::Sort(Sort { input, ..sort }), found)
            }
            LogicalPlan::Limit(limit) => {
                let (input, found) = self.input(&limit.input, wanted)?;
                (LogicalPlan::Limit(Limit { input, ..limit }), found)
            }
            LogicalPlan::Filter(filter) => {
                let (input, found) = self.input(&filter.input, wanted)?;
                (LogicalPlan::Filter(Filter::try_new(filter.predicate, input)?), found)
            }
            LogicalPlan::SubqueryAlias(alias) => self.alias(alias, wanted)?,
            LogicalPlan::Union(union) => self.union(union, wanted)?,
            other => (other, vec![None; wanted.len()]),
        })
    }

    fn input(
        &mut self,
        input: &Arc<LogicalPlan>,
        wanted: &[Column],
    ) -> Result<(Arc<LogicalPlan>, Vec<Option<Column>>)> {
        let (carried, found) = self.carry(input.as_ref().clone(), wanted)?;
        Ok((Arc::new(carried), found))
    }

    /// A derived table renames its columns by position.
    fn alias(&mut self, alias: SubqueryAlias, wanted: &[Column]) -> Result<(LogicalPlan, Vec<Option<Column>>)> {
        let below = alias.input.schema();
        let inner: Option<Vec<Column>> = wanted
            .iter()
            .map(|column| alias.schema.maybe_index_of_column(column).map(|at| Column::from(below.qualified_field(at))))
            .collect();
        let Some(inner) = inner else { return Ok((LogicalPlan::SubqueryAlias(alias), vec![None; wanted.len()])) };
        let (input, found) = self.input(&alias.input, &inner)?;
        let renamed: TableReference = alias.alias.clone();
        let found = found
            .into_iter()
            .map(|column| column.map(|column| Column::new(Some(renamed.clone()), column.name)))
            .collect();
        Ok((LogicalPlan::SubqueryAlias(SubqueryAlias::try_new(input, alias.alias)?), found))
    }

    /// Rows one behind the other: each side's values keep the digits that they have there.
    fn union(&mut self, union: Union, wanted: &[Column]) -> Result<(LogicalPlan, Vec<Option<Column>>)> {
        let nothing = vec![None; wanted.len()];
        let places: Option<Vec<usize>> =
            wanted.iter().map(|column| union.schema.maybe_index_of_column(column)).collect();
        let Some(places) = places else { return Ok((LogicalPlan::Union(union), nothing)) };
        // For each side its columns, and the scaled ones of those that are wanted.
        let mut sides = Vec::with_capacity(union.inputs.len());
        let mut open = vec![false; wanted.len()];
        for input in &union.inputs {
            let columns = input.schema().columns();
            let own: Vec<Column> = places.iter().filter_map(|at| columns.get(*at)).cloned().collect();
            if own.len() != wanted.len() {
                return Ok((LogicalPlan::Union(union), nothing));
            }
            let (carried, found) = self.input(input, &own)?;
            let scaled = own
                .iter()
                .zip(&found)
                .map(|(column, found)| match found {
                    Some(found) => Ok(Some(Expr::Column(found.clone()))),
                    None => scaled(&Expr::Column(column.clone()), &carried, &|_| None),
                })
                .collect::<Result<Vec<_>>>()?;
            for (open, found) in open.iter_mut().zip(&found) {
                *open |= found.is_some();
            }
            sides.push((columns, carried, scaled));
        }
        let scale =
            |input: &LogicalPlan, at: usize| digits_of(input.schema().field(at).data_type()).map(|(_, scale)| scale);
        for (open, at) in open.iter_mut().zip(&places) {
            let mut scales = union.inputs.iter().filter_map(|input| scale(input, *at));
            let first = scales.next();
            *open |= scales.any(|other| Some(other) != first);
        }
        for (at, open) in open.iter_mut().enumerate() {
            *open &= sides.iter().all(|(_, _, scaled)| scaled[at].is_some());
        }
        if !open.contains(&true) {
            return Ok((LogicalPlan::Union(union), nothing));
        }
        let names: Vec<Option<String>> = open
            .iter()
            .map(|open| {
                open.then(|| {
                    self.made += 1;
                    format!("\u{1}scaled{}", self.made)
                })
            })
            .collect();
        let inputs = sides.into_iter().map(|(columns, input, scaled)| {
            let added = scaled.into_iter().zip(&names).filter_map(|(expr, name)| Some(expr?.alias(name.as_ref()?)));
            let exprs = columns.into_iter().map(Expr::Column).chain(added).collect();
            Ok(Arc::new(LogicalPlan::Projection(Projection::try_new(exprs, input)?)))
        });
        let united = Union::try_new_with_loose_types(inputs.collect::<Result<Vec<_>>>()?)?;
        let found = names.into_iter().map(|name| name.map(Column::new_unqualified)).collect();
        Ok((LogicalPlan::Union(united), found))
    }

    fn projection(&mut self, projection: Projection, wanted: &[Column]) -> Result<(LogicalPlan, Vec<Option<Column>>)> {
        // Expressions of the wanted columns, and the columns of the input that those need.
        let mut outputs = Vec::with_capacity(wanted.len());
        for column in wanted {
            let at = projection.schema.maybe_index_of_column(column);
            outputs.push(at.and_then(|at| projection.expr.get(at)).cloned());
        }
        let mut below: Vec<Column> = Vec::new();
        for expr in outputs.iter().flatten() {
            for column in open_columns(expr, &projection)? {
                if !below.contains(&column) {
                    below.push(column);
                }
            }
        }
        let (input, carried) = match below.is_empty() {
            true => (Arc::clone(&projection.input), Vec::new()),
            false => self.input(&projection.input, &below)?,
        };
        let find = |column: &Column| below.iter().position(|known| known == column).and_then(|at| carried[at].clone());
        // What is of integers is told as an integer, unless a union below makes numerics of them.
        let is_numeric = |expr: &Expr| {
            let decimal = expr.get_type(projection.input.schema())?.is_decimal();
            Ok::<bool, DataFusionError>(decimal || open_columns(expr, &projection)?.iter().any(|at| find(at).is_some()))
        };
        let mut exprs = projection.expr.clone();
        let mut found = Vec::with_capacity(wanted.len());
        for output in &outputs {
            let scaled = match output {
                Some(expr) if is_numeric(expr)? => scaled(expr, &projection.input, &find)?,
                _ => None,
            };
            // What its type shows needs no company.
            let scaled = scaled.filter(|scaled| !is_kept(scaled));
            found.push(scaled.map(|scaled| {
                self.made += 1;
                let name = format!("\u{1}scaled{}", self.made);
                exprs.push(scaled.alias(&name));
                Column::new_unqualified(name)
            }));
        }
        Ok((LogicalPlan::Projection(Projection::try_new(exprs, input)?), found))
    }
}

/// Open columns that stand in an expression where their scales could be used.
fn open_columns(expr: &Expr, projection: &Projection) -> Result<Vec<Column>> {
    let columns = RefCell::new(Vec::new());
    scaled(expr, &projection.input, &|column| {
        columns.borrow_mut().push(column.clone());
        None
    })?;
    Ok(columns.into_inner())
}

/// The scaled column of a column of the input.
type Find<'a> = &'a dyn Fn(&Column) -> Option<Column>;

/// An expression with its display scale beside its value; `None` where the scale cannot be told.
fn scaled(expr: &Expr, input: &LogicalPlan, find: Find) -> Result<Option<Expr>> {
    if let Some(inside) = inside_value(expr)
        && inside.get_type(input.schema())? == scaled_type()
    {
        return with_scales(inside.clone(), find).map(Some);
    }
    let data_type = expr.get_type(input.schema())?;
    if data_type.is_null() {
        return Ok(Some(datafusion_expr::cast(expr.clone(), scaled_type())));
    }
    let found = match expr {
        Expr::Alias(alias) => return scaled(&alias.expr, input, find),
        Expr::Column(column) => find(column).map(Expr::Column),
        Expr::Negative(inner) => scaled(inner, input, find)?.map(|inner| call(Operation::Negate, vec![inner])),
        Expr::Case(case) if shown(&data_type) != Shown::Type || is_mixed(case, &data_type, input)? => {
            scaled_case(case, input, find)?
        }
        Expr::BinaryExpr(BinaryExpr { left, op: op @ (Operator::Plus | Operator::Minus), right }) => {
            let operation = if *op == Operator::Plus { Operation::Add } else { Operation::Subtract };
            let both = (scaled(uncast(left), input, find)?, scaled(uncast(right), input, find)?);
            match both {
                // Where both scales are those of the types, so is that of the sum.
                (Some(left), Some(right)) if !is_kept(&left) || !is_kept(&right) => {
                    Some(call(operation, vec![left, right]))
                }
                _ => None,
            }
        }
        Expr::ScalarFunction(function) => scaled_function(function, input, find)?,
        _ => None,
    };
    match found {
        Some(found) => Ok(Some(found)),
        // The scale of the type is that of each value.
        None if shown(&data_type) == Shown::Type && digits_of(&data_type).is_some() => {
            Ok(Some(call(Operation::Keep, vec![expr.clone()])))
        }
        None => Ok(None),
    }
}

/// A scaled expression that reads the scaled columns of its input where there are any.
fn with_scales(expr: Expr, find: Find) -> Result<Expr> {
    expr.transform_down(|inner| match &inner {
        Expr::Column(column) => Ok(match find(column) {
            Some(found) => Transformed::yes(Expr::Column(found)),
            None => Transformed::no(inner),
        }),
        Expr::ScalarFunction(function) if is_scaled(function) => match inside_value(&inner) {
            Some(inside) => Ok(Transformed::yes(inside.clone())),
            None => Ok(Transformed::no(inner)),
        },
        // Anything else wants plain numbers.
        _ => Ok(Transformed::new(inner, false, TreeNodeRecursion::Jump)),
    })
    .map(|changed| changed.data)
}

/// An operand without the cast that only made it wide enough.
fn uncast(expr: &Expr) -> &Expr {
    match expr {
        Expr::Cast(cast) if cast.field.data_type().is_decimal() => &cast.expr,
        other => other,
    }
}

/// Whether a CASE of a fixed scale has branches of other scales.
fn is_mixed(case: &Case, data_type: &DataType, input: &LogicalPlan) -> Result<bool> {
    let branches = case.when_then_expr.iter().map(|(_, then)| then).chain(&case.else_expr);
    for branch in branches {
        let branch = match &**branch {
            Expr::ScalarFunction(function) if function.func.name() == COMMON => function.args.first().unwrap_or(branch),
            other => other,
        };
        let found = branch.get_type(input.schema())?;
        let same = digits_of(&found).map(|(_, scale)| scale) == digits_of(data_type).map(|(_, scale)| scale);
        if !found.is_null() && !same {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Functions that give one of their arguments, with the scale that it has.
fn scaled_function(function: &ScalarFunction, input: &LogicalPlan, find: Find) -> Result<Option<Expr>> {
    let operation = match function.func.name() {
        "abs" => Some(Operation::Absolute),
        "greatest" => Some(Operation::Greatest),
        "least" => Some(Operation::Least),
        "coalesce" | NUMERIC => None,
        // The first branch of a CASE beside the others, for its type alone.
        COMMON => return function.args.first().map_or(Ok(None), |branch| scaled(branch, input, find)),
        _ => return Ok(None),
    };
    let args = function.args.iter().map(|arg| scaled(arg, input, find)).collect::<Result<Vec<_>>>()?;
    let Some(mut args) = args.into_iter().collect::<Option<Vec<Expr>>>() else { return Ok(None) };
    Ok(match operation {
        Some(operation) => Some(call(operation, args)),
        None if function.func.name() == NUMERIC => args.pop(),
        None => Some(function.func.call(args)),
    })
}

fn scaled_case(case: &Case, input: &LogicalPlan, find: Find) -> Result<Option<Expr>> {
    let mut branches = Vec::with_capacity(case.when_then_expr.len());
    let mut complete = true;
    for (when, then) in &case.when_then_expr {
        match scaled(then, input, find)? {
            Some(then) => branches.push((when.clone(), Box::new(then))),
            None => complete = false,
        }
    }
    let otherwise = match &case.else_expr {
        Some(otherwise) => {
            let found = scaled(otherwise, input, find)?;
            complete &= found.is_some();
            found.map(Box::new)
        }
        None => None,
    };
    Ok(complete.then(|| Expr::Case(Case { expr: case.expr.clone(), when_then_expr: branches, else_expr: otherwise })))
}
