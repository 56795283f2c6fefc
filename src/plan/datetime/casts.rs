//! Casts from and to dates, times and intervals, and to text, wherever they come from: before coercion operands are
//! brought to one kind of time, after it every cast that the engine would do differently is replaced.
//!
//! Constants are computed here, as PostgreSQL computes them while it parses: a literal that is no date is refused even
//! where its branch is never taken.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion_common::config::ConfigOptions;
use datafusion_common::tree_node::{Transformed, TreeNode};
use datafusion_common::{Column, DFSchema, DataFusionError, Result, ScalarValue};
use datafusion_expr::expr::{Between, BinaryExpr, Case, Cast, InList, ScalarFunction};
use datafusion_expr::expr_rewriter::NamePreserver;
use datafusion_expr::utils::merge_schema;
use datafusion_expr::{
    ColumnarValue, Expr, ExprSchemable, LogicalPlan, Operator, Projection, ScalarFunctionArgs, ScalarUDF, Union, cast,
    lit,
};

use super::Session;
use super::function::{call, chosen, is_temporal};
use super::planner::{same_time, together};
use super::table::{TO_DATE, TO_MOMENT, TO_SPAN, TO_STAMP, TO_TEXT, TO_TIME};
use super::value::Kind;
use crate::PlanError;
use crate::resolve::beside;

/// Operands of one kind, where coercion would take the engine's; a text never meets a number.
pub(crate) fn before(plan: LogicalPlan, session: &Arc<Session>) -> Result<LogicalPlan> {
    each(plan, &|expr, schema| brought(expr, schema, session))?
        .transform_up_with_subqueries(|node| match node {
            LogicalPlan::Union(union) => in_one_unit(union),
            other => Ok(Transformed::no(other)),
        })
        .map(|done| done.data)
}

/// A union of dates and timestamps in the unit of timestamps: in the engine's common one `9999-12-31` has no place.
fn in_one_unit(union: Union) -> Result<Transformed<LogicalPlan>> {
    let width = union.schema.fields().len();
    let target = |column: usize| {
        let of = |input: &Arc<LogicalPlan>| input.schema().fields().get(column).map(|field| field.data_type().clone());
        let types: Vec<DataType> = union.inputs.iter().filter_map(of).collect();
        let stamp = types.iter().find(|found| matches!(found, DataType::Timestamp(..))).cloned();
        stamp.filter(|_| types.contains(&DataType::Date32))
    };
    let targets: Vec<Option<DataType>> = (0..width).map(target).collect();
    if targets.iter().all(Option::is_none) {
        return Ok(Transformed::no(LogicalPlan::Union(union)));
    }
    let brought = |input: &Arc<LogicalPlan>| -> Result<Arc<LogicalPlan>> {
        let columns = input.schema().iter().zip(&targets).map(|((qualifier, field), target)| {
            let column = Expr::Column(Column::from((qualifier, field)));
            match target {
                Some(target) if *field.data_type() == DataType::Date32 => {
                    cast(column, target.clone()).alias_qualified(qualifier.cloned(), field.name())
                }
                _ => column,
            }
        });
        Ok(Arc::new(LogicalPlan::Projection(Projection::try_new(columns.collect(), Arc::clone(input))?)))
    };
    let inputs = union.inputs.iter().map(brought).collect::<Result<Vec<_>>>()?;
    Union::try_new_with_loose_types(inputs).map(LogicalPlan::Union).map(Transformed::yes)
}

/// PostgreSQL's casts in place of the engine's.
pub(crate) fn after(plan: LogicalPlan, session: &Arc<Session>) -> Result<LogicalPlan> {
    each(plan, &|expr, schema| replaced(expr, schema, session))
}

/// As [`after`], for an expression that stands alone.
pub(crate) fn expression(expr: Expr, schema: &DFSchema, session: &Arc<Session>) -> Result<Expr> {
    Ok(expr.transform_up(|part| replaced(part, schema, session))?.data)
}

type Rewrite<'a> = &'a dyn Fn(Expr, &DFSchema) -> Result<Transformed<Expr>>;

/// Rewrites all expressions of a plan and of its subqueries; columns keep their names.
fn each(plan: LogicalPlan, rewrite: Rewrite) -> Result<LogicalPlan> {
    plan.transform_up_with_subqueries(|node| {
        if matches!(node, LogicalPlan::TableScan(_)) {
            return Ok(Transformed::no(node));
        }
        let mut schema = merge_schema(&node.inputs());
        if let LogicalPlan::Join(join) = &node {
            // What a semi join drops is still read by its condition.
            schema = join.left.schema().as_ref().clone();
            schema.merge(join.right.schema());
        }
        let names = NamePreserver::new(&node);
        let done = node.map_expressions(|expr| named(expr, &schema, &names, rewrite))?;
        if done.transformed { done.map_data(LogicalPlan::recompute_schema) } else { Ok(done) }
    })
    .map(|done| done.data)
}

fn named(expr: Expr, schema: &DFSchema, names: &NamePreserver, rewrite: Rewrite) -> Result<Transformed<Expr>> {
    if matches!(expr, Expr::GroupingSet(_)) {
        return expr.map_children(|part| named(part, schema, names, rewrite));
    }
    let name = names.save(&expr);
    // `grouping(x)` asks for a key by its expression: both get the same name.
    let done = match expr {
        Expr::AggregateFunction(call) if call.func.name() == "grouping" => {
            Expr::AggregateFunction(call).map_children(|part| named(part, schema, names, rewrite))?
        }
        expr => expr.transform_up(|part| rewrite(part, schema))?,
    };
    Ok(done.update_data(|expr| name.restore(expr)))
}

fn brought(expr: Expr, schema: &DFSchema, session: &Arc<Session>) -> Result<Transformed<Expr>> {
    match expr {
        Expr::BinaryExpr(BinaryExpr { mut left, op, mut right }) if is_comparison(op) => {
            comparable(&[&*left, &*right], schema, op)?;
            if crate::resolve::aligned(&mut [&mut *left, &mut *right], schema, session)? {
                return Ok(Transformed::yes(binary(*left, op, *right)));
            }
            let typed = beside(&mut [&mut *left, &mut *right], schema, session)?;
            match same_time(&left, &right, schema, session)? {
                Some((left, right)) => Ok(Transformed::yes(binary(left, op, right))),
                None => Ok(changed(Expr::BinaryExpr(BinaryExpr { left, op, right }), typed)),
            }
        }
        Expr::Between(Between { mut expr, negated, mut low, mut high }) => {
            comparable(&[&*expr, &*low], schema, Operator::GtEq)?;
            comparable(&[&*expr, &*high], schema, Operator::LtEq)?;
            if crate::resolve::aligned(&mut [&mut *expr, &mut *low, &mut *high], schema, session)? {
                return Ok(Transformed::yes(Expr::Between(Between { expr, negated, low, high })));
            }
            let typed = beside(&mut [&mut *expr, &mut *low, &mut *high], schema, session)?;
            let all = together(&[&*expr, &*low, &*high], schema, session)?;
            let between = |expr, low, high| Expr::Between(Between { expr, negated, low, high });
            match all.and_then(|all| <[Expr; 3]>::try_from(all).ok()) {
                Some([expr, low, high]) => Ok(Transformed::yes(between(Box::new(expr), Box::new(low), Box::new(high)))),
                None => Ok(changed(between(expr, low, high), typed)),
            }
        }
        Expr::InList(InList { mut expr, mut list, negated }) => {
            for item in &list {
                comparable(&[&*expr, item], schema, Operator::Eq)?;
            }
            let mut all: Vec<&mut Expr> = std::iter::once(&mut *expr).chain(&mut list).collect();
            if crate::resolve::aligned(&mut all, schema, session)? {
                return Ok(Transformed::yes(Expr::InList(InList { expr, list, negated })));
            }
            let mut operands: Vec<&mut Expr> = std::iter::once(&mut *expr).chain(&mut list).collect();
            let typed = beside(&mut operands, schema, session)?;
            let all: Vec<&Expr> = std::iter::once(&*expr).chain(&list).collect();
            match together(&all, schema, session)? {
                Some(mut all) => {
                    let expr = Box::new(all.remove(0));
                    Ok(Transformed::yes(Expr::InList(InList { expr, list: all, negated })))
                }
                None => Ok(changed(Expr::InList(InList { expr, list, negated }), typed)),
            }
        }
        Expr::Case(case) => branches(case, schema, session),
        Expr::AggregateFunction(call) => {
            let name = call.func.name();
            let first = call.params.args.first();
            if matches!(name, "min" | "max") && first.and_then(|first| kind(first, schema)) == Some(Kind::Bool) {
                return refused(PlanError::UndefinedFunction(format!("{name}(boolean)")));
            }
            Ok(Transformed::no(Expr::AggregateFunction(call)))
        }
        Expr::ScalarFunction(function) => arguments(function, schema, session),
        other => Ok(Transformed::no(other)),
    }
}

fn changed(expr: Expr, changed: bool) -> Transformed<Expr> {
    if changed { Transformed::yes(expr) } else { Transformed::no(expr) }
}

fn binary(left: Expr, op: Operator, right: Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr { left: Box::new(left), op, right: Box::new(right) })
}

fn is_comparison(op: Operator) -> bool {
    use Operator as O;
    matches!(op, O::Eq | O::NotEq | O::Lt | O::LtEq | O::Gt | O::GtEq | O::IsDistinctFrom | O::IsNotDistinctFrom)
}

/// The kind of an expression; a literal text that nothing has typed may become anything.
fn kind(expr: &Expr, schema: &DFSchema) -> Option<Kind> {
    match expr {
        Expr::Literal(ScalarValue::Utf8(_) | ScalarValue::Null, _) => None,
        // The first branch of a CASE beside the others, and a literal among typed ones.
        Expr::ScalarFunction(function) if function.func.name() == crate::resolve::COMMON => {
            function.args.first().and_then(|first| kind(first, schema))
        }
        Expr::ScalarFunction(function) if function.func.name() == crate::resolve::LIKE_TYPE => None,
        // A literal beside bytes is read as they are.
        _ => expr.get_type(schema).ok().and_then(|found| Kind::of(&found)).filter(|kind| *kind != Kind::Bytes),
    }
}

/// Groups of kinds between which PostgreSQL converts by itself.
fn category(kind: Kind) -> u8 {
    match kind {
        Kind::Text => 0,
        Kind::Bytes => 5,
        Kind::Bool => 1,
        Kind::Int | Kind::Long | Kind::Float | Kind::Real | Kind::Numeric => 2,
        Kind::Date | Kind::Stamp | Kind::Moment => 3,
        Kind::Time | Kind::Span => 4,
    }
}

/// The first two that have no common type.
fn apart(all: &[&Expr], schema: &DFSchema) -> Option<(Kind, Kind)> {
    let mut known = all.iter().filter_map(|expr| kind(expr, schema));
    let first = known.next()?;
    known.find(|other| category(*other) != category(first)).map(|other| (first, other))
}

fn comparable(all: &[&Expr], schema: &DFSchema, op: Operator) -> Result<()> {
    match apart(all, schema) {
        Some((left, right)) => {
            let op = match op {
                Operator::NotEq => "<>".to_string(),
                Operator::IsDistinctFrom | Operator::IsNotDistinctFrom => "=".to_string(),
                other => other.to_string(),
            };
            refused(PlanError::UndefinedOperator(format!("{} {op} {}", left.sql(), right.sql())))
        }
        None => Ok(()),
    }
}

fn refused<T>(error: PlanError) -> Result<T> {
    Err(DataFusionError::External(Box::new(error)))
}

fn branches(mut case: Case, schema: &DFSchema, session: &Arc<Session>) -> Result<Transformed<Expr>> {
    let mut typed = false;
    if let Some(operand) = &mut case.expr {
        let whens = case.when_then_expr.iter_mut().map(|(when, _)| &mut **when);
        let mut operands: Vec<&mut Expr> = std::iter::once(&mut **operand).chain(whens).collect();
        typed = beside(&mut operands, schema, session)?;
        for (when, _) in &case.when_then_expr {
            comparable(&[&**operand, &**when], schema, Operator::Eq)?;
        }
    }
    let results: Vec<&Expr> =
        case.when_then_expr.iter().map(|(_, then)| &**then).chain(case.else_expr.as_deref()).collect();
    if let Some((first, other)) = apart(&results, schema) {
        return refused(PlanError::Mismatch(format!(
            "CASE types {} and {} cannot be matched",
            first.sql(),
            other.sql()
        )));
    }
    let kinds: Vec<Kind> = results.iter().filter_map(|expr| kind(expr, schema)).collect();
    if kinds.contains(&Kind::Span) || kinds.windows(2).all(|pair| pair[0] == pair[1]) {
        return Ok(changed(Expr::Case(case), typed));
    }
    let Some(all) = together(&results, schema, session)? else { return Ok(changed(Expr::Case(case), typed)) };
    let mut all = all.into_iter();
    for (_, then) in &mut case.when_then_expr {
        if let Some(result) = all.next() {
            **then = result;
        }
    }
    if let (Some(otherwise), Some(result)) = (&mut case.else_expr, all.next()) {
        **otherwise = result;
    }
    Ok(Transformed::yes(Expr::Case(case)))
}

fn arguments(mut function: ScalarFunction, schema: &DFSchema, session: &Arc<Session>) -> Result<Transformed<Expr>> {
    if is_temporal(&function.func) {
        refuse_text(&function, schema)?;
        return Ok(Transformed::no(Expr::ScalarFunction(function)));
    }
    if matches!(function.func.name(), "concat" | "concat_ws") {
        return letters(function, schema, session);
    }
    let name = function.func.name();
    if !matches!(name, "coalesce" | "nullif" | "greatest" | "least") {
        return Ok(Transformed::no(Expr::ScalarFunction(function)));
    }
    if name == "nullif" {
        comparable(&function.args.iter().collect::<Vec<_>>(), schema, Operator::Eq)?;
    }
    if crate::resolve::aligned(&mut function.args.iter_mut().collect::<Vec<_>>(), schema, session)? {
        return Ok(Transformed::yes(Expr::ScalarFunction(function)));
    }
    let name = function.func.name();
    if name == "nullif" {
        let typed = beside(&mut function.args.iter_mut().collect::<Vec<_>>(), schema, session)?;
        return Ok(changed(Expr::ScalarFunction(function), typed));
    }
    let all: Vec<&Expr> = function.args.iter().collect();
    if let Some((first, other)) = apart(&all, schema) {
        let upper = name.to_ascii_uppercase();
        let told = format!("{upper} types {} and {} cannot be matched", first.sql(), other.sql());
        return refused(PlanError::Mismatch(told));
    }
    let spans = all.iter().any(|expr| kind(expr, schema) == Some(Kind::Span));
    if spans {
        return match name {
            "coalesce" => Ok(Transformed::no(Expr::ScalarFunction(function))),
            _ => refused(PlanError::Unsupported("greatest and least of intervals".into())),
        };
    }
    match together(&all, schema, session)? {
        Some(all) => {
            function.args = all;
            Ok(Transformed::yes(Expr::ScalarFunction(function)))
        }
        None => Ok(Transformed::no(Expr::ScalarFunction(function))),
    }
}

/// `concat` writes a boolean as its output function does, `t` and `f`, and an array too.
fn letters(mut function: ScalarFunction, schema: &DFSchema, session: &Arc<Session>) -> Result<Transformed<Expr>> {
    let mut found = false;
    for arg in &mut function.args {
        let data_type = arg.get_type(schema)?;
        if matches!(data_type, DataType::List(_)) {
            *arg = array_text(std::mem::replace(arg, Expr::Literal(ScalarValue::Null, None)), session)?;
            found = true;
        }
        if data_type == DataType::Boolean {
            let value = std::mem::replace(arg, Expr::Literal(ScalarValue::Null, None));
            let not = Expr::Not(Box::new(value.clone()));
            *arg = datafusion_expr::when(value, lit("t")).when(not, lit("f")).end()?;
            found = true;
        }
    }
    let function = Expr::ScalarFunction(function);
    Ok(if found { Transformed::yes(function) } else { Transformed::no(function) })
}

/// A text that is no literal is not read as a time without a cast.
fn refuse_text(function: &ScalarFunction, schema: &DFSchema) -> Result<()> {
    let types = function.args.iter().map(|arg| arg.get_type(schema)).collect::<Result<Vec<_>>>()?;
    let overload = chosen(function.func.name(), &types)?;
    for (wanted, arg) in overload.args.iter().zip(&function.args) {
        if *wanted != Kind::Text && kind(arg, schema) == Some(Kind::Text) {
            let types: Vec<&str> = types.iter().map(|given| Kind::of(given).map_or("unknown", Kind::sql)).collect();
            let name = function.func.name().trim_start_matches('\u{1}');
            return refused(PlanError::UndefinedFunction(format!("{name}({})", types.join(", "))));
        }
    }
    Ok(())
}

fn replaced(expr: Expr, schema: &DFSchema, session: &Arc<Session>) -> Result<Transformed<Expr>> {
    let Expr::Cast(Cast { expr: inner, field }) = expr else {
        return match expr {
            Expr::ScalarFunction(function) if is_temporal(&function.func) => constant(function),
            Expr::ScalarFunction(function) => crate::resolve::settled(function, schema, session),
            other => Ok(Transformed::no(other)),
        };
    };
    let (from, to) = (inner.get_type(schema)?, field.data_type().clone());
    if Kind::of(&from) == Some(Kind::Numeric) && to == DataType::Utf8 {
        return Ok(Transformed::yes(crate::numeric::text(&inner)));
    }
    if to == DataType::Utf8
        && let Some(text) = crate::bytes::text(&inner, &from)
    {
        return Ok(Transformed::yes(text));
    }
    if let (DataType::Utf8, DataType::List(item)) = (&from, &to) {
        return array_of_text(*inner, item.data_type(), session).map(Transformed::yes);
    }
    if to == DataType::Utf8 && matches!(from, DataType::List(_)) {
        return array_text(*inner, session).map(Transformed::yes);
    }
    if from.is_floating() && to.is_decimal() {
        return Ok(Transformed::yes(cast(crate::numeric::of_float(*inner), to)));
    }
    if from.is_decimal() && matches!(to, DataType::Float32 | DataType::Float64) {
        return crate::numeric::float(*inner, to).map(Transformed::yes);
    }
    let Some(name) = conversion(&from, &to) else {
        return Ok(Transformed::no(Expr::Cast(Cast { expr: inner, field })));
    };
    if from.is_null() || matches!(&*inner, Expr::Literal(value, _) if value.is_null()) {
        return Ok(Transformed::yes(Expr::Literal(ScalarValue::try_from(&to)?, None)));
    }
    if let Expr::Literal(ScalarValue::Utf8(Some(text)), _) = &*inner
        && let Some(value) = super::words::word(text, &to, session)?
    {
        let same = value.data_type() == to;
        let value = Expr::Literal(value, None);
        return Ok(Transformed::yes(if same { value } else { cast(value, to) }));
    }
    let Expr::ScalarFunction(function) = call(name, session, vec![*inner])? else {
        return Err(DataFusionError::Internal("a call is no function".into()));
    };
    let done = constant(function)?.data;
    // In nanoseconds, where the engine counts so.
    let same = done.get_type(schema)? == to;
    Ok(Transformed::yes(if same { done } else { cast(done, to) }))
}

/// An array as PostgreSQL writes it.
fn array_text(array: Expr, session: &Arc<Session>) -> Result<Expr> {
    let function = crate::nested::function(crate::nested::ARRAY_TEXT, session);
    Ok(function.ok_or_else(|| DataFusionError::Internal("no text of an array".into()))?.call(vec![array]))
}

/// A text as an array; the engine would take it for the one item.
fn array_of_text(text: Expr, item: &DataType, session: &Arc<Session>) -> Result<Expr> {
    if let Expr::Literal(ScalarValue::Utf8(Some(text)), _) = &text {
        return Ok(Expr::Literal(crate::nested::array_of_text(text, item, session)?, None));
    }
    let function = crate::nested::function(crate::nested::ARRAY_OF_TEXT, session);
    let function = function.ok_or_else(|| DataFusionError::Internal("no array of a text".into()))?;
    let sample = ScalarValue::try_from(&DataType::new_list(item.clone(), true))?;
    Ok(function.call(vec![text, Expr::Literal(sample, None)]))
}

/// The function that does a cast; `None` where the engine's own is PostgreSQL's.
fn conversion(from: &DataType, to: &DataType) -> Option<&'static str> {
    use Kind as K;
    let (from, to) = (Kind::of(from)?, Kind::of(to)?);
    Some(match (from, to) {
        (K::Bool | K::Date | K::Time | K::Stamp | K::Moment | K::Span | K::Float | K::Real, K::Text) => TO_TEXT,
        (K::Text | K::Moment | K::Stamp, K::Date) => TO_DATE,
        (K::Text | K::Moment | K::Stamp | K::Span, K::Time) => TO_TIME,
        (K::Text | K::Moment, K::Stamp) => TO_STAMP,
        (K::Text | K::Date | K::Stamp, K::Moment) => TO_MOMENT,
        (K::Text | K::Time, K::Span) => TO_SPAN,
        _ => return None,
    })
}

/// The value of a call over constants.
fn constant(function: ScalarFunction) -> Result<Transformed<Expr>> {
    let literals: Option<Vec<ScalarValue>> = function
        .args
        .iter()
        .map(|arg| match arg {
            Expr::Literal(value, _) => Some(value.clone()),
            _ => None,
        })
        .collect();
    let Some(literals) = literals else { return Ok(Transformed::no(Expr::ScalarFunction(function))) };
    let value = evaluated(&function.func, literals)?;
    Ok(Transformed::yes(Expr::Literal(value, None)))
}

/// Calls a function once.
pub(crate) fn evaluated(function: &Arc<ScalarUDF>, args: Vec<ScalarValue>) -> Result<ScalarValue> {
    let field = |value: &ScalarValue| Arc::new(arrow::datatypes::Field::new("arg", value.data_type(), true));
    let arg_fields: Vec<_> = args.iter().map(field).collect();
    let scalar_arguments: Vec<Option<&ScalarValue>> = args.iter().map(Some).collect();
    let return_field = function.return_field_from_args(datafusion_expr::ReturnFieldArgs {
        arg_fields: &arg_fields,
        scalar_arguments: &scalar_arguments,
    })?;
    let outcome = function.invoke_with_args(ScalarFunctionArgs {
        args: args.iter().cloned().map(ColumnarValue::Scalar).collect(),
        arg_fields,
        number_rows: 1,
        return_field,
        config_options: Arc::new(ConfigOptions::default()),
    })?;
    match outcome {
        ColumnarValue::Scalar(value) => Ok(value),
        ColumnarValue::Array(array) => ScalarValue::try_from_array(&array, 0),
    }
}
