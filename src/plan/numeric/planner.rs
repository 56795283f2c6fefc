//! Operators over numerics: which function or operator of the engine gives PostgreSQL's result. Beside them, the quotient
//! of floating numbers, which fails over zero as well.

use arrow::datatypes::DataType;
use datafusion_common::{DFSchema, Result, ScalarValue};
use datafusion_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion_expr::{Expr, ExprSchemable, Operator, binary_expr, cast};
use sqlparser::ast::BinaryOperator;

use super::float::{FloatOperator, float_operation};
use super::scaled::{Operation, call, inside_value, value};
use super::text::text;
use super::{Shown, UNDECLARED, decimal_type, digits_of, open_type, shown};

/// Largest scale of a product that is kept exactly in a decimal of its own scale.
const EXACT_SCALE_MAX: i32 = 60;

/// Plans operators that have a `numeric` side and no floating one.
#[derive(Debug)]
pub(crate) struct NumericPlanner;

impl ExprPlanner for NumericPlanner {
    fn plan_binary_op(&self, raw: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let (Ok(left), Ok(right)) = (raw.left.get_type(schema), raw.right.get_type(schema)) else {
            return Ok(PlannerResult::Original(raw));
        };
        if raw.op == BinaryOperator::StringConcat {
            return Ok(PlannerResult::Original(with_text(raw, &left, &right)));
        }
        let (raw, left, right) = with_reals(raw, left, right);
        if let Some(operator) = float_operator(&raw.op)
            && (left.is_floating() || right.is_floating())
            && [&left, &right].into_iter().all(|side| side.is_numeric() || side.is_null())
        {
            return Ok(PlannerResult::Planned(float_operation(operator, raw.left, raw.right)));
        }
        if is_comparison(&raw.op) {
            return Ok(PlannerResult::Original(with_floats(raw, &left, &right)));
        }
        let Some((left, right)) = numbers(&raw, left, right) else { return Ok(PlannerResult::Original(raw)) };
        let planned = match raw.op {
            BinaryOperator::Divide => value(call(Operation::Divide, vec![scaled_side(left), scaled_side(right)])),
            BinaryOperator::Multiply => product(left, right),
            BinaryOperator::Plus => sum(left, right, Operator::Plus),
            BinaryOperator::Minus => sum(left, right, Operator::Minus),
            BinaryOperator::Modulo => remainder(left, right),
            _ => return Ok(PlannerResult::Original(raw)),
        };
        Ok(PlannerResult::Planned(planned))
    }
}

fn float_operator(op: &BinaryOperator) -> Option<FloatOperator> {
    Some(match op {
        BinaryOperator::Plus => FloatOperator::Add,
        BinaryOperator::Minus => FloatOperator::Subtract,
        BinaryOperator::Multiply => FloatOperator::Multiply,
        BinaryOperator::Divide => FloatOperator::Divide,
        _ => return None,
    })
}

/// An operand with the digits its type or literal has.
struct Side {
    expr: Expr,
    precision: u8,
    scale: i8,
    shown: Shown,
}

impl Side {
    fn open(&self) -> bool {
        self.shown != Shown::Type
    }

    /// As a decimal of 128 or 256 bits.
    fn decimal(self, wide: bool) -> Expr {
        let target = if wide {
            DataType::Decimal256(self.precision, self.scale)
        } else {
            decimal_type(i32::from(self.precision), self.scale)
        };
        match self.expr {
            Expr::Literal(ref literal, ref metadata) => match literal.cast_to(&target) {
                Ok(literal) => Expr::Literal(literal, metadata.clone()),
                Err(_) => cast(self.expr, target),
            },
            expr => cast(expr, target),
        }
    }
}

/// Both operands, where one is a numeric and the other counts as one: another numeric, an integer, NULL, or a parameter
/// whose type nothing has told yet.
fn numbers(raw: &RawBinaryExpr, left: DataType, right: DataType) -> Option<(Side, Side)> {
    if !left.is_decimal() && !right.is_decimal() {
        return None;
    }
    Some((side(&raw.left, &left)?, side(&raw.right, &right)?))
}

fn side(expr: &Expr, data_type: &DataType) -> Option<Side> {
    if data_type.is_null() {
        let data_type = DataType::Decimal256(UNDECLARED.0, UNDECLARED.1);
        let expr = match expr {
            Expr::Placeholder(placeholder) => {
                let field = arrow::datatypes::Field::new(&placeholder.id, data_type, true);
                let mut placeholder = placeholder.clone();
                placeholder.field = Some(field.into());
                Expr::Placeholder(placeholder)
            }
            _ => Expr::Literal(ScalarValue::Decimal256(None, UNDECLARED.0, UNDECLARED.1), None),
        };
        return Some(Side { expr, precision: UNDECLARED.0, scale: UNDECLARED.1, shown: Shown::Trimmed });
    }
    let (mut precision, scale) = digits_of(data_type)?;
    // A literal has the digits it is written with.
    if let Expr::Literal(ScalarValue::Int64(Some(literal)), _) = expr {
        precision = literal.unsigned_abs().checked_ilog10().unwrap_or(0) as u8 + 1;
    }
    Some(Side { expr: expr.clone(), precision, scale, shown: shown(data_type) })
}

/// An operand of a scaled function: where it is a scaled value itself, that one.
fn scaled_side(side: Side) -> Expr {
    match inside_value(&side.expr) {
        Some(scaled) => scaled.clone(),
        None if matches!(side.expr, Expr::Literal(..)) => side.decimal(false),
        None => side.expr,
    }
}

fn scaled(operation: Operation, left: Side, right: Side) -> Expr {
    value(call(operation, vec![scaled_side(left), scaled_side(right)]))
}

fn product(left: Side, right: Side) -> Expr {
    let scale = i32::from(left.scale) + i32::from(right.scale);
    let precision = i32::from(left.precision) + i32::from(right.precision);
    // A product must not be taken for an open value.
    let ambiguous = precision + 1 >= i32::from(UNDECLARED.0) && scale >= i32::from(UNDECLARED.1);
    if left.open() || right.open() || scale > EXACT_SCALE_MAX || ambiguous {
        return scaled(Operation::Multiply, left, right);
    }
    let wide = precision > 38 || is_wide(&left) || is_wide(&right);
    binary_expr(left.decimal(wide), Operator::Multiply, right.decimal(wide))
}

fn sum(left: Side, right: Side, operator: Operator) -> Expr {
    // With the scale beside the value the sum knows its own; without, the types of open values keep it open.
    if inside_value(&left.expr).is_some() || inside_value(&right.expr).is_some() {
        let operation = if operator == Operator::Plus { Operation::Add } else { Operation::Subtract };
        return scaled(operation, left, right);
    }
    let whole = |side: &Side| i32::from(side.precision) - i32::from(side.scale);
    let precision = whole(&left).max(whole(&right)) + i32::from(left.scale.max(right.scale)) + 1;
    let wide = precision > 38 || is_wide(&left) || is_wide(&right);
    binary_expr(left.decimal(wide), operator, right.decimal(wide))
}

fn remainder(left: Side, right: Side) -> Expr {
    let open = left.open() || right.open();
    let scale = left.scale.max(right.scale);
    let shifted = |side: &Side| i32::from(side.precision) + i32::from(scale - side.scale);
    // Both operands are brought to one scale first.
    let wide = shifted(&left).max(shifted(&right)) > 38 || is_wide(&left) || is_wide(&right);
    let rest = binary_expr(left.decimal(wide), Operator::Modulo, right.decimal(wide));
    if open { cast(rest, open_type()) } else { rest }
}

fn is_wide(side: &Side) -> bool {
    side.precision > 38
}

/// What is joined to text is written as it is shown; what nothing has typed is a text.
fn with_text(mut raw: RawBinaryExpr, left: &DataType, right: &DataType) -> RawBinaryExpr {
    let other = |found: &DataType| {
        found.is_primitive() && !found.is_decimal()
            || matches!(found, DataType::Boolean | DataType::Binary | DataType::FixedSizeBinary(16))
    };
    let joins = |found: &DataType| found.is_null() || *found == DataType::Utf8;
    // A literal beside bytes is bytes too.
    let literal = |side: &Expr| matches!(side, Expr::Literal(..));
    if *left == DataType::Binary && literal(&raw.right) || *right == DataType::Binary && literal(&raw.left) {
        return raw;
    }
    for (side, data_type, beside) in [(&mut raw.left, left, right), (&mut raw.right, right, left)] {
        if data_type.is_decimal() {
            *side = text(side);
        } else if other(data_type) && joins(beside) {
            *side = cast(side.clone(), DataType::Utf8);
        } else if data_type.is_null() && (other(beside) || beside.is_decimal()) {
            *side = untyped_text(side.clone());
        }
    }
    raw
}

fn untyped_text(side: Expr) -> Expr {
    match side {
        Expr::Placeholder(mut placeholder) => {
            let field = arrow::datatypes::Field::new(&placeholder.id, DataType::Utf8, true);
            placeholder.field = Some(field.into());
            Expr::Placeholder(placeholder)
        }
        other => cast(other, DataType::Utf8),
    }
}

/// A `real` beside a number of another kind: both are double precision.
fn with_reals(mut raw: RawBinaryExpr, left: DataType, right: DataType) -> (RawBinaryExpr, DataType, DataType) {
    let real = |found: &DataType| *found == DataType::Float32;
    let other = |found: &DataType| found.is_numeric() && !real(found);
    let arithmetic = matches!(
        raw.op,
        BinaryOperator::Plus | BinaryOperator::Minus | BinaryOperator::Multiply | BinaryOperator::Divide
    );
    if !arithmetic || !(real(&left) && other(&right) || other(&left) && real(&right)) {
        return (raw, left, right);
    }
    raw.left = cast(raw.left, DataType::Float64);
    raw.right = cast(raw.right, DataType::Float64);
    (raw, DataType::Float64, DataType::Float64)
}

fn is_comparison(op: &BinaryOperator) -> bool {
    use BinaryOperator as B;
    matches!(op, B::Eq | B::NotEq | B::Lt | B::LtEq | B::Gt | B::GtEq)
}

/// A numeric meets a floating number as one; the engine would do it the other way round.
fn with_floats(mut raw: RawBinaryExpr, left: &DataType, right: &DataType) -> RawBinaryExpr {
    if left.is_decimal() && right.is_floating() {
        raw.left = cast(raw.left, DataType::Float64);
    } else if left.is_floating() && right.is_decimal() {
        raw.right = cast(raw.right, DataType::Float64);
    }
    raw
}
