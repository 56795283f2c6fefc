//! Operators of json: calls of functions that read the text of the value ([`crate::datetime`] has their table).

use sluice_base::SqlType;
use sqlparser::ast::{BinaryOperator, Expr};

use super::comparisons::array_text;
use super::expressions::literal_text;
use super::names::{Resolver, call, null};
use super::operands::undefined;
use crate::PlanError;
use crate::nested;

/// `json -> item` as json.
pub(crate) const ITEM: &str = "\u{1}json_item";
/// `json ->> item` as text.
pub(crate) const ITEM_TEXT: &str = "\u{1}json_item_text";
/// One step of a path: a key, or a place where the value is an array.
pub(crate) const STEP: &str = "\u{1}json_step";
/// The last step of a path, as text.
pub(crate) const STEP_TEXT: &str = "\u{1}json_step_text";

/// Json in the one form of jsonb.
pub(crate) const JSONB: &str = "\u{1}jsonb";
/// A text that is json.
pub(crate) const JSON: &str = "\u{1}json_text";
/// `jsonb @> jsonb`
pub(crate) const CONTAINS: &str = "\u{1}jsonb_contains";
/// `jsonb ? text`
pub(crate) const HAS_KEY: &str = "\u{1}jsonb_has_key";

/// `jsonb || jsonb`
pub(crate) const JOINED: &str = "\u{1}jsonb_joined";

/// `jsonb - text`, `jsonb - integer`
pub(crate) const DROPPED: &str = "\u{1}jsonb_dropped";
/// `jsonb #- path`, the path being json.
pub(crate) const DROPPED_PATH: &str = "\u{1}jsonb_dropped_path";
/// `jsonb_set`, the path being json.
pub(crate) const SET_PATH: &str = "\u{1}jsonb_set";

/// What equal values of jsonb have in common, in the order of the values.
pub(crate) const KEY: &str = "\u{1}jsonb_key";
/// A column of a select list by whose values, not texts, rows are told apart ([`super::distinct`]).
pub(crate) const MARK: &str = "\u{1}jsonb_mark";
/// Beside a key of GROUP BY: it is jsonb.
pub(crate) const GROUP_MARK: &str = "\u{1}jsonb_group";

/// Puts a call of one argument around an expression.
pub(super) fn within(name: &str, value: &mut Expr) {
    *value = call(name, vec![std::mem::replace(value, null())]);
}

/// A value of jsonb as it is compared; a literal of no type is read as jsonb before.
pub(super) fn compare(value: &mut Expr, sql_type: Option<&SqlType>) {
    if sql_type == Some(&SqlType::Unknown) && literal_text(value).is_some() {
        within(JSONB, value);
    }
    within(KEY, value);
}

/// The function of an operator; the last step of a path has it, the others [`STEP`].
pub(super) fn function(op: &BinaryOperator) -> Option<&'static str> {
    Some(match op {
        BinaryOperator::Arrow => ITEM,
        BinaryOperator::LongArrow => ITEM_TEXT,
        BinaryOperator::HashArrow => STEP,
        BinaryOperator::HashLongArrow => STEP_TEXT,
        _ => return None,
    })
}

/// Operators of json that are not done, by name.
pub(super) fn is_other(op: &BinaryOperator) -> bool {
    use BinaryOperator as B;
    matches!(op, B::AtQuestion | B::AtAt | B::PGOverlap | B::PGStartsWith)
}

/// Whether values are told apart by what equal ones of jsonb have in common; json has no equality.
pub(super) fn by_key(sql_type: Option<&SqlType>) -> Result<bool, PlanError> {
    match sql_type {
        Some(SqlType::Json) => {
            Err(PlanError::NoOperator("could not identify an equality operator for type json".into()))
        }
        found => Ok(found == Some(&SqlType::Jsonb)),
    }
}

/// Refuses values to be told apart by what they are equal to: json has no equality, and that of jsonb is not that of its
/// text.
pub(super) fn refuse_equality(sql_type: Option<&SqlType>, clause: &str) -> Result<(), PlanError> {
    if by_key(sql_type)? { Err(PlanError::Unsupported(format!("{clause} over jsonb"))) } else { Ok(()) }
}

/// As [`by_key`], of an order.
pub(super) fn in_order(sql_type: Option<&SqlType>) -> Result<bool, PlanError> {
    match sql_type {
        Some(SqlType::Json) => {
            Err(PlanError::NoOperator("could not identify an ordering operator for type json".into()))
        }
        found => Ok(found == Some(&SqlType::Jsonb)),
    }
}

impl Resolver<'_> {
    /// A path as json: an array of texts, or a literal that is one.
    fn path(&mut self, mut path: Expr) -> Result<Expr, PlanError> {
        if let Some(text) = literal_text(&path) {
            let steps = array_text(text)?;
            path = if steps.is_empty() {
                return Ok(Expr::value(sqlparser::ast::Value::SingleQuotedString("[]".into())));
            } else {
                call(nested::ARRAY, steps)
            };
        } else {
            self.expr(&mut path)?;
        }
        Ok(call(nested::TO_JSON, vec![path]))
    }

    /// `jsonb - key`, `jsonb - place`, `jsonb #- path`
    pub(super) fn without(&mut self, value: Expr, op: &BinaryOperator, part: Expr) -> Result<Expr, PlanError> {
        let (mut value, mut part) = (value, part);
        self.expr(&mut value)?;
        let dropped = if *op == BinaryOperator::HashMinus {
            let path = self.path(part)?;
            call(DROPPED_PATH, vec![value, path])
        } else {
            self.expr(&mut part)?;
            super::names::narrow_integer(&mut part);
            call(DROPPED, vec![value, part])
        };
        Ok(super::documents::told(dropped, &SqlType::Jsonb))
    }

    /// `jsonb_set(value, path, new, create)`
    pub(super) fn jsonb_set(&mut self, args: Vec<Expr>, shown: String) -> Result<Expr, PlanError> {
        let mut args = args.into_iter();
        let (Some(mut value), Some(path), Some(mut new)) = (args.next(), args.next(), args.next()) else {
            return Err(PlanError::UndefinedFunction(shown));
        };
        let create = args.next();
        if args.next().is_some() {
            return Err(PlanError::UndefinedFunction(shown));
        }
        for part in [&mut value, &mut new] {
            match self.declared(part) {
                Some(SqlType::Jsonb | SqlType::Unknown) | None => {}
                Some(_) => return Err(PlanError::UndefinedFunction(shown)),
            }
            self.expr(part)?;
        }
        let path = self.path(path)?;
        let mut create = create.unwrap_or_else(|| super::names::boolean(true));
        self.expr(&mut create)?;
        Ok(super::documents::told(call(SET_PATH, vec![value, path, new, create]), &SqlType::Jsonb))
    }

    /// Rewrites `json -> item` and its relatives, and resolves the operands.
    pub(super) fn json_operator(&mut self, expr: &mut Expr, name: &'static str) -> Result<(), PlanError> {
        let Expr::BinaryOp { left, op, right } = expr else { return Err(PlanError::Internal("no operator".into())) };
        if let Some(found) = self.declared(left)
            && !matches!(found, SqlType::Json | SqlType::Jsonb | SqlType::Unknown)
        {
            let other = self.declared(right).unwrap_or(SqlType::Unknown);
            return Err(undefined(&op.to_string(), &found, &other));
        }
        let take = |side: &mut Expr| std::mem::replace(side, null());
        let (mut value, mut item) = (take(left), take(right));
        self.expr(&mut value)?;
        if matches!(name, ITEM | ITEM_TEXT) {
            self.expr(&mut item)?;
            super::names::narrow_integer(&mut item);
            *expr = call(name, vec![value, item]);
            return Ok(());
        }
        let path = match literal_text(&item) {
            Some(text) => array_text(text)?,
            None => return Err(PlanError::Unsupported("a path into json that is not a constant".into())),
        };
        let last = path.len();
        if last == 0 {
            return Err(PlanError::Unsupported("an empty path into json".into()));
        }
        for (at, step) in path.into_iter().enumerate() {
            value = call(if at + 1 == last { name } else { STEP }, vec![value, step]);
        }
        *expr = value;
        Ok(())
    }
}
