//! Bit strings, as far as they end as a number or a truth: `(tgtype::int::bit(7) & b'0000100')::int`,
//! `x::bit(8) = B'00010000'`.
//!
//! Invariant: a bit string is never a value here. A cast of one to a number, and the equality of two of one length, is
//! computed with numbers of as many bits, which is the same thing; a bit string that stays one is refused.

use sluice_base::SqlType;
use sqlparser::ast::{self, BinaryOperator, Value as Literal};

use super::{Analyzer, Typed};
use crate::error::{Result, SystemError};
use crate::plan::{Comparison, Expr};
use crate::typing::of_data_type;
use crate::value::Value;

/// Bits of a number that is not negative.
const BITS_MAX: u64 = 31;

fn unsupported() -> SystemError {
    SystemError::Unsupported("a bit string of this form".into())
}

fn bare(expr: &ast::Expr) -> &ast::Expr {
    let mut inner = expr;
    while let ast::Expr::Nested(nested) = inner {
        inner = nested;
    }
    inner
}

/// The length of the bit string that an expression is by its form.
fn bit_length(expr: &ast::Expr) -> Option<u64> {
    match bare(expr) {
        ast::Expr::Value(value) => match &value.value {
            Literal::SingleQuotedByteStringLiteral(digits) => u64::try_from(digits.len()).ok(),
            _ => None,
        },
        ast::Expr::Cast { data_type: ast::DataType::Bit(length), .. } => Some(length.unwrap_or(1)),
        ast::Expr::BinaryOp { left, op, .. } if operator(op).is_some() => bit_length(left),
        _ => None,
    }
}

/// An operator that makes a bit string of two.
fn operator(op: &BinaryOperator) -> Option<&'static str> {
    let symbol = match op {
        BinaryOperator::BitwiseAnd => "&",
        BinaryOperator::BitwiseOr => "|",
        BinaryOperator::PGBitwiseXor => "#",
        BinaryOperator::PGCustomBinaryOperator(parts) => match parts.as_slice() {
            [schema, symbol] if schema == "pg_catalog" => symbol,
            _ => return None,
        },
        _ => return None,
    };
    ["&", "|", "#"].into_iter().find(|known| *known == symbol)
}

impl Analyzer<'_> {
    /// The equality of two bit strings; `None` for what is none.
    pub(super) fn bits_compared(&mut self, expr: &ast::Expr) -> Result<Option<Typed>> {
        let ast::Expr::BinaryOp { left, op, right } = expr else { return Ok(None) };
        let comparison = match op {
            BinaryOperator::Eq => Comparison::Eq,
            BinaryOperator::NotEq => Comparison::NotEq,
            _ => return Ok(None),
        };
        let (Some(length), Some(_)) = (bit_length(left), bit_length(right)) else { return Ok(None) };
        let (left, right) = (Box::new(self.bits(left, length)?), Box::new(self.bits(right, length)?));
        Ok(Some(Typed::new(Expr::Compare { op: comparison, left, right }, SqlType::Bool)))
    }

    /// A cast of a bit string to a number; `None` where the argument is no bit string.
    pub(super) fn bits_as_number(&mut self, arg: &ast::Expr, to: &ast::DataType) -> Result<Option<Typed>> {
        let Some(length) = bit_length(arg) else { return Ok(None) };
        let to = of_data_type(to)?;
        if !matches!(to, SqlType::Int4 | SqlType::Int8) {
            return Err(unsupported());
        }
        let number = Typed::new(self.bits(arg, length)?, SqlType::Int4);
        self.cast_to(number, &to).map(Some)
    }

    fn bits(&mut self, expr: &ast::Expr, length: u64) -> Result<Expr> {
        self.nested(|this| this.bits_of(bare(expr), length))
    }

    fn bits_of(&mut self, expr: &ast::Expr, length: u64) -> Result<Expr> {
        if length == 0 || length > BITS_MAX || bit_length(expr) != Some(length) {
            return Err(unsupported());
        }
        match expr {
            ast::Expr::Value(value) => match &value.value {
                Literal::SingleQuotedByteStringLiteral(digits) => {
                    let number = i64::from_str_radix(digits, 2).ok().filter(|number| *number >= 0);
                    number.map(|number| Expr::Const(Value::Int(number))).ok_or_else(unsupported)
                }
                _ => Err(unsupported()),
            },
            ast::Expr::Cast { expr, .. } => {
                let number = self.expr(expr)?;
                if !matches!(number.ty.sql, SqlType::Int4 | SqlType::Int8) {
                    return Err(unsupported());
                }
                // The bits at the end are those that stay.
                let mask = Typed::new(Expr::Const(Value::Int((1 << length) - 1)), number.ty.sql.clone());
                let kept = self.call_typed("&", vec![number, mask])?;
                Ok(self.cast_to(kept, &SqlType::Int4)?.expr)
            }
            ast::Expr::BinaryOp { left, op, right } => {
                let name = operator(op).ok_or_else(unsupported)?;
                let sides = [self.bits(left, length)?, self.bits(right, length)?];
                let sides = sides.map(|side| Typed::new(side, SqlType::Int4));
                Ok(self.call_typed(name, sides.into())?.expr)
            }
            _ => Err(unsupported()),
        }
    }
}
