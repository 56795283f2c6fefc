//! Functions whose result is an open value with its display scale, and `value`, which takes the number alone.

use arrow::datatypes::{DataType, i256};
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::expr::ScalarFunction;
use datafusion_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use std::sync::{Arc, LazyLock};

use super::divide::divide;
use super::limbs::Limbs;
use super::operand::{Operand, scaled_array, values_of};
use super::roots::root_at;
use super::value::{Fault, Number};
use super::{OPEN, open_type, scaled_type};

/// What a [`Scaled`] function computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Negate,
    Absolute,
    Greatest,
    Least,
    /// A number as it is.
    Keep,
    /// The variance, or its root, of how many values, what that count is multiplied with, their sum, and the sum of
    /// their squares.
    Variance,
    Deviation,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Operation::Add => "numeric_add",
            Operation::Subtract => "numeric_sub",
            Operation::Multiply => "numeric_mul",
            Operation::Divide => "numeric_div",
            Operation::Negate => "numeric_uminus",
            Operation::Absolute => "numeric_abs",
            Operation::Greatest => "numeric_larger",
            Operation::Least => "numeric_smaller",
            Operation::Keep => "numeric_scaled",
            Operation::Variance => "numeric_variance",
            Operation::Deviation => "numeric_stddev",
        }
    }

    /// Whether an argument that is NULL is left out, where others make the result NULL.
    fn skips_null(self) -> bool {
        matches!(self, Operation::Greatest | Operation::Least)
    }

    fn of(self, args: &[Number]) -> Result<Number, Fault> {
        match (self, args) {
            (Operation::Add, [left, right]) => add(*left, *right),
            (Operation::Subtract, [left, right]) => add(*left, negated(*right)),
            (Operation::Multiply, [left, right]) => multiply(*left, *right),
            (Operation::Divide, [left, right]) => divide(*left, *right),
            (Operation::Negate, [number]) => negated(*number).open(),
            (Operation::Absolute, [number]) if number.value.is_negative() => negated(*number).open(),
            (Operation::Greatest, numbers) => chosen(numbers, |found, best| found > best),
            (Operation::Least, numbers) => chosen(numbers, |found, best| found < best),
            (Operation::Variance | Operation::Deviation, [count, other, sum, squares]) => {
                spread(*count, *other, *sum, *squares, self == Operation::Deviation)
            }
            (_, [number, ..]) => number.open(),
            (_, []) => Err(Fault::OutOfRange),
        }
    }
}

/// `numeric_stddev_internal` of PostgreSQL's `numeric.c`.
fn spread(count: Number, other: Number, sum: Number, squares: Number, root: bool) -> Result<Number, Fault> {
    let above = add(multiply(count, squares)?, negated(multiply(sum, sum)?))?;
    if above.value.is_negative() || above.is_zero() {
        return Number { value: i256::ZERO, scale: 0, shown: 0 }.open();
    }
    let variance = divide(above, multiply(count, other)?)?;
    if root { root_at(variance, variance.shown) } else { Ok(variance) }
}

/// Functions of a variance and of its root, by their names; no client can type them.
pub(super) fn spreads() -> [(&'static str, Arc<ScalarUDF>); 2] {
    let function = |operation| {
        let signature = Signature::user_defined(Volatility::Immutable);
        Arc::new(ScalarUDF::from(Scaled { operation, signature }))
    };
    [(VARIANCE, function(Operation::Variance)), (DEVIATION, function(Operation::Deviation))]
}

/// Name of the function of a variance.
pub(crate) const VARIANCE: &str = "\u{1}variance";
/// Name of the function of a standard deviation.
pub(crate) const DEVIATION: &str = "\u{1}deviation";

/// The first of the numbers that no other is better than.
fn chosen(numbers: &[Number], better: impl Fn(i256, i256) -> bool) -> Result<Number, Fault> {
    let mut best: Option<Number> = None;
    for number in numbers {
        let found = number.open()?;
        if best.is_none_or(|best| better(found.value, best.value)) {
            best = Some(found);
        }
    }
    best.ok_or(Fault::OutOfRange)
}

fn negated(number: Number) -> Number {
    Number { value: number.value.wrapping_neg(), ..number }
}

fn add(left: Number, right: Number) -> Result<Number, Fault> {
    let (left, right) = (left.open()?, right.open()?);
    let value = left.value.checked_add(right.value).ok_or(Fault::OutOfRange)?;
    Number { value, shown: left.shown.max(right.shown), ..left }.open()
}

fn multiply(left: Number, right: Number) -> Result<Number, Fault> {
    let open = i32::from(OPEN.1);
    let shown = (left.shown + right.shown).clamp(0, open);
    let product = Limbs::of(left.value).times(Limbs::of(right.value)).ok_or(Fault::OutOfRange)?;
    let moved = match left.scale + right.scale - open {
        down @ 0.. => product.rounded(down as u32),
        up => product.shifted(up.unsigned_abs()),
    };
    let negative = left.value.is_negative() != right.value.is_negative();
    let value = moved.and_then(|moved| moved.signed(negative)).ok_or(Fault::OutOfRange)?;
    Number { value, scale: open, shown }.open()
}

/// A function over numbers; NULL where an argument is.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Scaled {
    operation: Operation,
    signature: Signature,
}

impl ScalarUDFImpl for Scaled {
    fn name(&self) -> &str {
        self.operation.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(scaled_type())
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        compute(args, self.operation.skips_null(), |numbers| self.operation.of(numbers))
    }
}

/// Calls a function for each row: for those without NULL, or for all that have anything else.
pub(super) fn compute(
    args: ScalarFunctionArgs,
    skips_null: bool,
    each: impl Fn(&[Number]) -> Result<Number, Fault>,
) -> Result<ColumnarValue> {
    let constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
    let rows = if constant { 1 } else { args.number_rows };
    let operands = args.args.into_iter().map(|arg| Operand::of(&arg.into_array(rows)?)).collect::<Result<Vec<_>>>()?;
    let result = scaled_array(rows, |row| match operands.as_slice() {
        [left, right] if !skips_null => match (left.get(row), right.get(row)) {
            (Some(left), Some(right)) => each(&[left, right]).map(Some),
            _ => Ok(None),
        },
        many => {
            let numbers: Vec<Number> = many.iter().filter_map(|operand| operand.get(row)).collect();
            let some = if skips_null { !numbers.is_empty() } else { numbers.len() == many.len() };
            some.then(|| each(&numbers)).transpose()
        }
    })?;
    if constant {
        return ScalarValue::try_from_array(&result, 0).map(ColumnarValue::Scalar);
    }
    Ok(ColumnarValue::Array(result))
}

/// A call of an operation.
pub(super) fn call(operation: Operation, args: Vec<Expr>) -> Expr {
    let signature = Signature::user_defined(Volatility::Immutable);
    ScalarUDF::from(Scaled { operation, signature }).call(args)
}

/// The number of a scaled value; any other argument is given back.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ValueOf {
    signature: Signature,
}

impl ScalarUDFImpl for ValueOf {
    fn name(&self) -> &str {
        "numeric_value"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(match types.first() {
            Some(found) if *found == scaled_type() => open_type(),
            Some(found) => found.clone(),
            None => DataType::Null,
        })
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn simplify(&self, mut args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        match args.as_slice() {
            [only] if info.get_data_type(only)? != scaled_type() => Ok(ExprSimplifyResult::Simplified(args.remove(0))),
            _ => Ok(ExprSimplifyResult::Original(args)),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [arg] = datafusion_common::utils::take_function_args("numeric_value", args.args)?;
        if arg.data_type() != scaled_type() {
            return Ok(arg);
        }
        match arg {
            ColumnarValue::Array(array) => values_of(&array).map(ColumnarValue::Array),
            ColumnarValue::Scalar(scalar) => {
                let array = values_of(&scalar.to_array()?)?;
                ScalarValue::try_from_array(&array, 0).map(ColumnarValue::Scalar)
            }
        }
    }
}

static VALUE: LazyLock<Arc<ScalarUDF>> =
    LazyLock::new(|| Arc::new(ScalarUDF::from(ValueOf { signature: Signature::user_defined(Volatility::Immutable) })));

/// The function [`ValueOf`].
pub(super) fn value_function() -> Arc<ScalarUDF> {
    Arc::clone(&VALUE)
}

/// A scaled expression as a plain number.
pub(super) fn value(scaled: Expr) -> Expr {
    VALUE.call(vec![scaled])
}

/// True for a call of an operation, and for its number.
pub(super) fn is_operator(function: &ScalarUDF) -> bool {
    function.inner().is::<Scaled>() || function.inner().is::<ValueOf>()
}

/// What stands inside `value(...)`.
pub(super) fn inside_value(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::ScalarFunction(function) if function.func.inner().is::<ValueOf>() => function.args.first(),
        _ => None,
    }
}

/// Whether an expression is a number with the scale of its type beside it.
pub(super) fn is_kept(expr: &Expr) -> bool {
    match expr {
        Expr::ScalarFunction(function) => {
            let scaled = function.func.inner().downcast_ref::<Scaled>();
            scaled.is_some_and(|scaled| scaled.operation == Operation::Keep)
        }
        _ => false,
    }
}

/// Whether a call is one of those that take numbers with their scales.
pub(super) fn is_scaled(function: &ScalarFunction) -> bool {
    function.func.inner().is::<Scaled>() || function.func.inner().is::<ValueOf>()
}
