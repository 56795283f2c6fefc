//! Untyped literals: a text in quotes without a cast takes the type of what it meets.
//!
//! Source of the rule: PostgreSQL documentation, chapter "Type Conversion", sections "Operators" and "UNION, CASE, and
//! Related Constructs". Operators are dealt with where they are planned ([`UntypedPlanner`]); the branches of CASE and of
//! its relatives, whose type has to be known before, by a function in the tree that is gone after coercion
//! ([`LIKE_TYPE`], [`settled`]).
//!
//! Left out: literals that meet each other only through UNION or VALUES keep the engine's own rule.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, FieldRef, IntervalUnit, TimeUnit};
use datafusion_common::tree_node::{Transformed, TreeNode};
use datafusion_common::{DFSchema, DataFusionError, Result, ScalarValue};
use datafusion_expr::expr::ScalarFunction;
use datafusion_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion_expr::type_coercion::other::get_coerce_type_for_case_expression;
use datafusion_expr::{
    ColumnarValue, Expr, ExprSchemable, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility, cast, lit, when,
};
use datafusion_optimizer::analyzer::type_coercion::TypeCoercionRewriter;
use sqlparser::ast::{self, BinaryOperator, Value};

use sluice_base::{Datum, SqlType};

use crate::PlanError;
use crate::datetime::{self, Session};
use crate::numeric;
use crate::types::scalar;

/// Name of the function that gives its first argument, a literal, the type of its second; no client can type it.
pub(crate) const LIKE_TYPE: &str = "\u{1}like_type";

/// Nodes of an expression that may stand a second time beside a literal, only to tell its type.
const SAMPLE_NODES_MAX: usize = 24;

/// The function behind [`LIKE_TYPE`].
pub(super) fn like_type() -> Arc<ScalarUDF> {
    static FUNCTION: LazyLock<Arc<ScalarUDF>> =
        LazyLock::new(|| Arc::new(ScalarUDF::from(LikeType { signature: Signature::any(2, Volatility::Immutable) })));
    Arc::clone(&FUNCTION)
}

/// Name of the function that gives its first argument the common type of all of them; no client can type it.
pub(crate) const COMMON: &str = "\u{1}common";

/// The function behind [`COMMON`].
pub(super) fn common() -> Arc<ScalarUDF> {
    static FUNCTION: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| {
        Arc::new(ScalarUDF::from(Common { signature: Signature::variadic_any(Volatility::Immutable) }))
    });
    Arc::clone(&FUNCTION)
}

/// Name of the function that gives back its first argument; the second makes the name of the call one of its own. No
/// client can type it.
pub(crate) const KEPT: &str = "\u{1}kept";

/// The function behind [`KEPT`].
pub(super) fn kept() -> Arc<ScalarUDF> {
    static FUNCTION: LazyLock<Arc<ScalarUDF>> =
        LazyLock::new(|| Arc::new(ScalarUDF::from(Kept { signature: Signature::any(2, Volatility::Immutable) })));
    Arc::clone(&FUNCTION)
}

/// Lets the first branch of a CASE have the type of all: the planner takes it for the type of the whole, and what is
/// computed from it is planned before the branches are coerced.
pub(super) fn unite(branches: &mut [&mut ast::Expr]) {
    let mut known = branches.iter().enumerate().filter(|(_, branch)| !is_null(branch) && !is_untyped(branch));
    let Some((first, _)) = known.next() else { return };
    let others: Vec<ast::Expr> =
        known.filter(|(_, other)| nodes(other) <= SAMPLE_NODES_MAX).map(|(_, other)| (**other).clone()).collect();
    if others.is_empty() {
        return;
    }
    let branch = std::mem::replace(&mut *branches[first], ast::Expr::value(Value::Null));
    *branches[first] = super::names::call(COMMON, std::iter::once(branch).chain(others).collect());
}

/// Gives the untyped literals among the branches of a CASE, or the arguments of its relatives, the type of another one.
pub(super) fn adopt(branches: &mut [&mut ast::Expr]) {
    let sample =
        branches.iter().find(|branch| !is_untyped(branch) && !is_null(branch) && nodes(branch) <= SAMPLE_NODES_MAX);
    let Some(sample) = sample.map(|branch| (**branch).clone()) else { return };
    for branch in branches.iter_mut().filter(|branch| is_untyped(branch)) {
        let literal = std::mem::replace(&mut **branch, ast::Expr::value(Value::Null));
        **branch = super::names::call(LIKE_TYPE, vec![literal, sample.clone()]);
    }
}

fn is_untyped(expr: &ast::Expr) -> bool {
    match expr {
        ast::Expr::Value(value) => matches!(
            value.value,
            Value::SingleQuotedString(_) | Value::EscapedStringLiteral(_) | Value::DollarQuotedString(_)
        ),
        ast::Expr::Nested(inner) => is_untyped(inner),
        _ => false,
    }
}

fn is_null(expr: &ast::Expr) -> bool {
    matches!(expr, ast::Expr::Value(value) if matches!(value.value, Value::Null | Value::Placeholder(_)))
}

/// Size of an expression; one with a subquery counts as too large.
fn nodes(expr: &ast::Expr) -> usize {
    let mut count = 0;
    let _ = ast::visit_expressions(expr, |inner| {
        let subquery =
            matches!(inner, ast::Expr::Subquery(_) | ast::Expr::Exists { .. } | ast::Expr::InSubquery { .. });
        count += if subquery { SAMPLE_NODES_MAX + 1 } else { 1 };
        if count > SAMPLE_NODES_MAX { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) }
    });
    count
}

/// Types the literal of an operator by its other side, before any other planner looks at the operator.
#[derive(Debug)]
pub(super) struct UntypedPlanner {
    pub(super) session: Arc<Session>,
}

impl ExprPlanner for UntypedPlanner {
    fn plan_binary_op(&self, mut raw: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        if !is_arithmetic(&raw.op) && !is_comparison(&raw.op) {
            return Ok(PlannerResult::Original(raw));
        }
        raw.left = coerced(raw.left, schema)?;
        raw.right = coerced(raw.right, schema)?;
        if let Some(known) = beside_infinity(&raw, schema)? {
            return Ok(PlannerResult::Planned(known));
        }
        match (untyped(&raw.left), untyped(&raw.right)) {
            (Some(text), None) => {
                if let Some(typed) = typed(text, &raw.right, &raw.op, schema, &self.session)? {
                    raw.left = typed;
                }
            }
            (None, Some(text)) => {
                if let Some(typed) = typed(text, &raw.left, &raw.op, schema, &self.session)? {
                    raw.right = typed;
                }
            }
            _ => {}
        }
        if is_arithmetic(&raw.op) {
            narrow(&mut raw.left, &mut raw.right, schema);
        }
        Ok(PlannerResult::Original(raw))
    }
}

/// An integer constant that fits is an `integer`, as in PostgreSQL; the parser's is a `bigint`. Beside a `bigint` or a
/// numeric it does not matter.
fn narrow(left: &mut Expr, right: &mut Expr, schema: &DFSchema) {
    let small = |expr: &Expr| match expr {
        Expr::Literal(ScalarValue::Int64(Some(value)), _) => i32::try_from(*value).ok(),
        _ => None,
    };
    let short =
        |expr: &Expr| small(expr).is_some() || matches!(expr.get_type(schema), Ok(DataType::Int16 | DataType::Int32));
    if !(short(left) && short(right)) {
        return;
    }
    for side in [left, right] {
        if let Some(value) = small(side) {
            *side = Expr::Literal(ScalarValue::Int32(Some(value)), None);
        }
    }
}

fn is_arithmetic(op: &BinaryOperator) -> bool {
    use BinaryOperator as B;
    matches!(op, B::Plus | B::Minus | B::Multiply | B::Divide | B::Modulo)
}

fn is_comparison(op: &BinaryOperator) -> bool {
    use BinaryOperator as B;
    matches!(op, B::Eq | B::NotEq | B::Lt | B::LtEq | B::Gt | B::GtEq)
}

/// An operand in its final type: that of `CASE WHEN x THEN 1 ELSE 2.5 END` is known after coercion only.
fn coerced(operand: Expr, schema: &DFSchema) -> Result<Expr> {
    match operand {
        Expr::Column(_) | Expr::Literal(..) | Expr::Placeholder(_) => Ok(operand),
        // The operands of an operator were brought to their final types when it was planned: to do it again for each
        // operator of a chain would take the cube of its length.
        _ if is_operation(&operand) => Ok(operand.infer_placeholder_types(schema)?.0),
        _ => {
            let (operand, _) = operand.infer_placeholder_types(schema)?;
            let coerced = operand.clone().rewrite(&mut TypeCoercionRewriter::new(schema))?.data;
            // As it was written it is found again in GROUP BY.
            let same = matches!((operand.get_type(schema), coerced.get_type(schema)), (Ok(a), Ok(b)) if a == b);
            Ok(if same { operand } else { coerced })
        }
    }
}

fn is_operation(expr: &Expr) -> bool {
    match expr {
        Expr::BinaryExpr(_) => true,
        Expr::Alias(alias) => is_operation(&alias.expr),
        Expr::ScalarFunction(call) => numeric::is_operator(&call.func) || datetime::is_operator(&call.func),
        _ => false,
    }
}

/// The text of a literal that nothing has typed: a cast or a typed string is no bare literal.
fn untyped(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(ScalarValue::Utf8(Some(text)), _) => Some(text),
        _ => None,
    }
}

/// What a comparison of a date or timestamp with `infinity` gives: no value here is that.
fn beside_infinity(raw: &RawBinaryExpr, schema: &DFSchema) -> Result<Option<Expr>> {
    use BinaryOperator as B;
    let (text, other, turned) = match (untyped(&raw.left), untyped(&raw.right)) {
        (None, Some(text)) => (text, &raw.left, false),
        (Some(text), None) => (text, &raw.right, true),
        _ => return Ok(None),
    };
    let above = match text.trim().to_ascii_lowercase().as_str() {
        "infinity" | "+infinity" => true,
        "-infinity" => false,
        _ => return Ok(None),
    };
    if !matches!(other.get_type(schema), Ok(DataType::Date32 | DataType::Timestamp(..))) {
        return Ok(None);
    }
    let holds = match raw.op {
        B::Eq => false,
        B::NotEq => true,
        B::Lt | B::LtEq => above != turned,
        B::Gt | B::GtEq => above == turned,
        _ => return Ok(None),
    };
    when(other.clone().is_not_null(), lit(holds)).end().map(Some)
}

fn typed(text: &str, other: &Expr, op: &BinaryOperator, schema: &DFSchema, session: &Session) -> Result<Option<Expr>> {
    let Ok(other) = other.get_type(schema) else { return Ok(None) };
    let target = match &other {
        DataType::Date32 | DataType::Timestamp(..) if *op == BinaryOperator::Plus => {
            DataType::Interval(IntervalUnit::MonthDayNano)
        }
        // A factor is a number.
        DataType::Interval(_) if matches!(op, BinaryOperator::Multiply | BinaryOperator::Divide) => DataType::Float64,
        other => other.clone(),
    };
    Ok(read(text, &target, session)?.map(|value| Expr::Literal(value, None)))
}

/// Gives the bare literals among operands that are compared with each other, as in IN, BETWEEN and CASE with an operand,
/// the type of the others: a numeric with all the digits it is written with, which coercion would round to theirs.
pub(crate) fn beside(operands: &mut [&mut Expr], schema: &DFSchema, session: &Session) -> Result<bool> {
    let known = |operand: &Expr| match untyped(operand) {
        Some(_) => None,
        None => operand.get_type(schema).ok().filter(DataType::is_numeric),
    };
    let numbers: Vec<DataType> = operands.iter().filter_map(|operand| known(operand)).collect();
    let Some(target) = numbers.iter().find(|found| !found.is_integer()).or(numbers.first()) else { return Ok(false) };
    let mut changed = false;
    for operand in operands.iter_mut() {
        let value = match untyped(operand) {
            Some(text) => read(text, target, session)?,
            None => None,
        };
        if let Some(value) = value {
            **operand = Expr::Literal(value, None);
            changed = true;
        }
    }
    Ok(changed)
}

/// Reads a literal's text as a type's input function would; `None` for types whose literals need no such reading.
pub(crate) fn read(text: &str, target: &DataType, session: &Session) -> Result<Option<ScalarValue>> {
    let name = match target {
        DataType::Boolean => "boolean",
        DataType::Int16 => "smallint",
        DataType::Int32 => "integer",
        DataType::Int64 => "bigint",
        DataType::Float32 => "real",
        DataType::Float64 => "double precision",
        DataType::Decimal128(..) | DataType::Decimal256(..) => {
            let special = ["nan", "infinity", "inf", "-infinity", "-inf"];
            if special.iter().any(|word| text.trim().eq_ignore_ascii_case(word)) {
                return Err(datetime::DatetimeFault::Special("numeric").into());
            }
            return decimal(text).map(Some).ok_or_else(|| refused(PlanError::InvalidValue("numeric")));
        }
        DataType::FixedSizeBinary(16) => {
            let uuid = crate::types::read_uuid(text).ok_or_else(|| refused(PlanError::InvalidValue("uuid")))?;
            return Ok(Some(ScalarValue::FixedSizeBinary(16, Some(uuid.to_vec()))));
        }
        DataType::Binary => {
            let bytes = crate::types::read_bytea(text).ok_or_else(|| refused(PlanError::InvalidValue("bytea")))?;
            return Ok(Some(ScalarValue::Binary(Some(bytes))));
        }
        DataType::List(item) => return crate::nested::array_of_text(text, item.data_type(), session).map(Some),
        other => return Ok(datetime::read(text, other, session)?),
    };
    match ScalarValue::Utf8(Some(text.trim().to_string())).cast_to(target) {
        Ok(value) if !value.is_null() => Ok(Some(value)),
        _ if target.is_integer() && is_integer(text) => Err(refused(PlanError::OutOfRange(match name {
            "smallint" => "value is out of range for type smallint",
            "integer" => "value is out of range for type integer",
            _ => "value is out of range for type bigint",
        }))),
        _ => Err(refused(PlanError::InvalidValue(name))),
    }
}

/// Digits with a sign or without one.
fn is_integer(text: &str) -> bool {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Brings operands that are compared, or stand for one another, to one type where the engine would choose another than
/// PostgreSQL: a numeric meets a floating number as one, and a literal of no type is read as the uuid or the bytes
/// beside it. Tells whether anything was changed.
pub(crate) fn aligned(all: &mut [&mut Expr], schema: &DFSchema, session: &Session) -> Result<bool> {
    let types = all.iter().map(|expr| expr.get_type(schema)).collect::<Result<Vec<_>>>()?;
    let floating = types.iter().any(DataType::is_floating);
    let mut changed = false;
    if floating && types.iter().any(DataType::is_decimal) {
        for (expr, found) in all.iter_mut().zip(&types) {
            if found.is_decimal() || matches!(found, DataType::Float16 | DataType::Float32) {
                let inner = std::mem::replace(&mut **expr, Expr::Literal(ScalarValue::Null, None));
                **expr = cast(inner, DataType::Float64);
                changed = true;
            }
        }
    }
    let bytes = types.iter().find(|found| matches!(found, DataType::FixedSizeBinary(16) | DataType::Binary));
    if let Some(target) = bytes {
        for expr in all.iter_mut() {
            if let Some(text) = untyped(expr)
                && let Some(value) = read(text, target, session)?
            {
                **expr = Expr::Literal(value, None);
                changed = true;
            }
        }
    }
    Ok(changed)
}

fn refused(error: PlanError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// A branch in its type: what [`LIKE_TYPE`] and [`COMMON`] stand for, once all types are known.
pub(crate) fn settled(function: ScalarFunction, schema: &DFSchema, session: &Session) -> Result<Transformed<Expr>> {
    let settled = match (function.func.name(), function.args.as_slice()) {
        (LIKE_TYPE, [literal, sample]) => {
            let sample = sample.get_type(schema)?;
            let text = untyped(literal).map(str::to_string);
            let target = LikeType::target(text.clone().map(|text| ScalarValue::Utf8(Some(text))).as_ref(), &sample);
            match text {
                Some(text) => match read(&text, &target, session)? {
                    Some(value) => Expr::Literal(value, None),
                    None if target == DataType::Utf8 => literal.clone(),
                    None => cast(literal.clone(), target),
                },
                None => cast(literal.clone(), sample),
            }
        }
        (KEPT, [first, ..]) => first.clone(),
        (COMMON, [first, ..]) => {
            let target = Expr::ScalarFunction(function.clone()).get_type(schema)?;
            if first.get_type(schema)? == target { first.clone() } else { cast(first.clone(), target) }
        }
        _ => return Ok(Transformed::no(Expr::ScalarFunction(function))),
    };
    Ok(Transformed::yes(settled))
}

/// A numeric with the digits it is written with.
fn decimal(text: &str) -> Option<ScalarValue> {
    scalar(&SqlType::Numeric(None), &Datum::Numeric(text.trim().to_string())).ok()
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct LikeType {
    signature: Signature,
}

impl LikeType {
    fn target(literal: Option<&ScalarValue>, sample: &DataType) -> DataType {
        match (literal, sample) {
            // A numeric literal keeps the digits it is written with.
            (Some(ScalarValue::Utf8(Some(text))), DataType::Decimal128(..) | DataType::Decimal256(..)) => {
                decimal(text).map_or(sample.clone(), |value| value.data_type())
            }
            _ => sample.clone(),
        }
    }
}

impl ScalarUDFImpl for LikeType {
    fn name(&self) -> &str {
        LIKE_TYPE
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        arguments.get(1).cloned().ok_or_else(|| DataFusionError::Internal("a literal without a sample".into()))
    }

    fn return_field_from_args(&self, arguments: ReturnFieldArgs) -> Result<FieldRef> {
        let literal = arguments.scalar_arguments.first().copied().flatten();
        let sample =
            self.return_type(&arguments.arg_fields.iter().map(|f| f.data_type().clone()).collect::<Vec<_>>())?;
        Ok(Arc::new(Field::new(LIKE_TYPE, LikeType::target(literal, &sample), true)))
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let target = arguments.return_field.data_type().clone();
        let literal = arguments.args.into_iter().next();
        let literal = literal.ok_or_else(|| DataFusionError::Internal("a literal without a sample".into()))?;
        literal.cast_to(&target, None)
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Kept {
    signature: Signature,
}

impl ScalarUDFImpl for Kept {
    fn name(&self) -> &str {
        KEPT
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        arguments.first().cloned().ok_or_else(|| DataFusionError::Internal("nothing to keep".into()))
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        arguments.args.into_iter().next().ok_or_else(|| DataFusionError::Internal("nothing to keep".into()))
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Common {
    signature: Signature,
}

impl ScalarUDFImpl for Common {
    fn name(&self) -> &str {
        COMMON
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        // Branches without a common type are told where the CASE itself is coerced.
        let first = arguments.first().ok_or_else(|| DataFusionError::Internal("a CASE without a branch".into()))?;
        let common = get_coerce_type_for_case_expression(arguments, None).unwrap_or_else(|| first.clone());
        // The engine has dates meet timestamps in nanoseconds, where few years have a place.
        Ok(match common {
            DataType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Microsecond, zone),
            other => other,
        })
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let target = arguments.return_field.data_type().clone();
        let first = arguments.args.into_iter().next();
        let first = first.ok_or_else(|| DataFusionError::Internal("a CASE without a branch".into()))?;
        first.cast_to(&target, None)
    }
}
