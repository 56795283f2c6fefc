//! Exact `numeric` arithmetic with PostgreSQL's results, over Arrow's decimals.
//!
//! Arrow's decimals have one scale for a column; PostgreSQL has a display scale for each value. Where the scale follows
//! from the types (`+`, `-`, `*`, `%`, `round(x, 2)`, sums) a plain decimal of that scale is used, 256 bits wide where
//! 128 are too narrow. Where it depends on the values (quotients, roots) a result is *open*: a decimal of
//! [`OPEN`], with the value rounded to the very digits PostgreSQL keeps. Inside an expression, and from there up to the
//! result, such a value travels with its display scale ([`scaled_type`]); `value()` takes the number alone where something
//! compares, groups or sums it.
//!
//! Invariants: a result is exact to the digits PostgreSQL would keep, or an error (22003, 22012), never another number.
//! Everything a client is told about types at Describe comes from the same types.
//!
//! Where this differs from PostgreSQL:
//! * at most 38 digits stay behind the point and 38 before it in an open value; more digits in front are 22003;
//! * an open value that lost its display scale on the way (through DISTINCT, UNION, GROUP BY, a join, min, max, sum) is
//!   shown by [`display_scale`], which cannot see zeros PostgreSQL would still print;
//! * NaN and infinity do not occur;
//! * `stddev` and `variance` are exact where the text tells the argument's type, and floating numbers elsewhere, as are
//!   those of DISTINCT values.

mod aggregate;
mod divide;
mod float;
mod functions;
mod limbs;
mod operand;
mod ordered;
mod planner;
mod rewrite;
mod roots;
mod scaled;
mod shown;
mod text;
mod value;

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields};
use datafusion_common::Result;
use datafusion_expr::{Expr, ScalarUDF};

pub(crate) use aggregate::aggregate;
pub(crate) use float::float;
pub(crate) use functions::{NUMERIC, TEXT, VALUE, WHOLE, gives_scaled, hidden, of_float, scalar};
pub(crate) use ordered::{CONTINUOUS, DISCRETE, MODE};
pub(crate) use planner::NumericPlanner;
pub(crate) use rewrite::averages;
pub(crate) use scaled::{DEVIATION, VARIANCE};
pub(crate) use shown::with_display_scale;
pub(crate) use text::{Figure, Numbers, scaled_of_texts, text};
pub use value::{NegativeRoot, display_scale};

/// What a column is called that a call of a hidden function is, the casts inside told: the planner's own names leave them
/// out, and two columns would be one.
pub(crate) fn name_of_call(name: &str, args: &[Expr]) -> Result<String> {
    let args: Vec<String> = args.iter().map(Expr::to_string).collect();
    Ok(format!("{name}({})", args.join(", ")))
}

/// True for what an operator of [`NumericPlanner`] is planned as.
pub(crate) fn is_operator(function: &ScalarUDF) -> bool {
    float::is_operator(function) || scaled::is_operator(function)
}

/// Precision and scale of open values.
pub const OPEN: (u8, i8) = (76, 38);

/// Precision and scale of a `numeric` that declares none: its values keep their own digits, zeros at the end dropped.
///
/// One digit less than [`OPEN`] on each side of the point, so that either meets every decimal of 128 bits in its own type.
pub const UNDECLARED: (u8, i8) = (75, 37);

/// What the display scale of a column's values follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The scale of the type.
    Type,
    /// The value: a quotient's digits.
    Quotient,
    /// The value: as few digits as it takes.
    Trimmed,
}

/// How values of an Arrow type are shown. Arithmetic may have added a digit of precision to an undeclared type.
pub fn shown(data_type: &DataType) -> Shown {
    match data_type {
        DataType::Decimal256(precision, scale) if *precision >= UNDECLARED.0 => match *scale {
            scale if scale == OPEN.1 => Shown::Quotient,
            scale if scale == UNDECLARED.1 => Shown::Trimmed,
            _ => Shown::Type,
        },
        _ => Shown::Type,
    }
}

/// Arrow type of open values.
pub(crate) fn open_type() -> DataType {
    DataType::Decimal256(OPEN.0, OPEN.1)
}

/// Arrow type of an open value with its display scale beside it.
pub fn scaled_type() -> DataType {
    DataType::Struct(Fields::from(vec![
        Arc::new(Field::new("value", open_type(), true)),
        Arc::new(Field::new("scale", DataType::Int16, true)),
    ]))
}

/// A decimal type of this precision and scale, in the narrowest of the two widths that holds it.
pub(crate) fn decimal_type(precision: i32, scale: i8) -> DataType {
    match precision {
        ..=38 => DataType::Decimal128(precision.max(1).max(i32::from(scale)) as u8, scale),
        _ => DataType::Decimal256(precision.min(76) as u8, scale),
    }
}

/// Precision and scale of a type that counts as `numeric` beside a `numeric`: decimals and integers.
pub(crate) fn digits_of(data_type: &DataType) -> Option<(u8, i8)> {
    Some(match data_type {
        DataType::Decimal32(p, s) | DataType::Decimal64(p, s) => (*p, *s),
        DataType::Decimal128(p, s) | DataType::Decimal256(p, s) => (*p, *s),
        DataType::Int8 | DataType::UInt8 => (3, 0),
        DataType::Int16 | DataType::UInt16 => (5, 0),
        DataType::Int32 | DataType::UInt32 => (10, 0),
        DataType::Int64 => (19, 0),
        DataType::UInt64 => (20, 0),
        _ => return None,
    })
}
