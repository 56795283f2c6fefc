//! Binary operators, IN, ANY and ALL.

use std::collections::HashSet;

use sluice_base::SqlType;
use sqlparser::ast::{self, BinaryOperator};

use super::types::comparable;
use super::{Analyzer, DEPTH_MAX, Typed};
use crate::error::{Result, SystemError};
use crate::functions::choose;
use crate::plan::{Comparison, Expr, Match, MatchForm, Quantifier, QueryPlan, SubqueryUse};
use crate::typing::{array_of, common_type, element_type, is_textual};
use crate::value::{Key, Value};

fn boxed(expr: Expr) -> Box<Expr> {
    Box::new(expr)
}

/// An operator by PostgreSQL's spelling.
fn symbol(op: &BinaryOperator) -> Result<String> {
    use BinaryOperator as B;
    Ok(match op {
        B::PGRegexMatch => "~",
        B::PGRegexIMatch => "~*",
        B::PGRegexNotMatch => "!~",
        B::PGRegexNotIMatch => "!~*",
        B::PGLikeMatch => "~~",
        B::PGILikeMatch => "~~*",
        B::PGNotLikeMatch => "!~~",
        B::PGNotILikeMatch => "!~~*",
        B::StringConcat => "||",
        B::PGOverlap => "&&",
        B::AtArrow => "@>",
        B::ArrowAt => "<@",
        B::PGStartsWith => "^@",
        B::PGBitwiseXor => "#",
        B::PGBitwiseShiftLeft => "<<",
        B::PGBitwiseShiftRight => ">>",
        B::PGCustomBinaryOperator(parts) => match parts.as_slice() {
            [schema, name] if schema == "pg_catalog" => name,
            [name] => name,
            _ => return Err(SystemError::UndefinedOperator(parts.join("."))),
        },
        B::Custom(name) => name,
        B::NotEq => "<>",
        other => return Ok(other.to_string()),
    }
    .to_string())
}

fn comparison(symbol: &str) -> Option<Comparison> {
    Some(match symbol {
        "=" => Comparison::Eq,
        "<>" | "!=" => Comparison::NotEq,
        "<" => Comparison::Lt,
        "<=" => Comparison::LtEq,
        ">" => Comparison::Gt,
        ">=" => Comparison::GtEq,
        _ => return None,
    })
}

/// Form, case apart, negated.
fn matching(symbol: &str) -> Option<(MatchForm, bool, bool)> {
    Some(match symbol {
        "~" => (MatchForm::Regex, false, false),
        "~*" => (MatchForm::Regex, true, false),
        "!~" => (MatchForm::Regex, false, true),
        "!~*" => (MatchForm::Regex, true, true),
        "~~" => (MatchForm::Like, false, false),
        "~~*" => (MatchForm::Like, true, false),
        "!~~" => (MatchForm::Like, false, true),
        "!~~*" => (MatchForm::Like, true, true),
        _ => return None,
    })
}

impl Analyzer<'_> {
    /// `a op b op c ...`: the left-deep chain is walked without recursion, AND and OR become flat lists.
    pub(super) fn binary_chain(&mut self, expr: &ast::Expr) -> Result<Typed> {
        let mut steps = Vec::new();
        let mut first = expr;
        let mut bits = None;
        while let ast::Expr::BinaryOp { left, op, right } = first {
            bits = self.bits_compared(first)?;
            if bits.is_some() {
                break;
            }
            steps.push((op, &**right));
            first = left;
        }
        let mut total = match bits {
            Some(bits) => bits,
            None => self.expr(first)?,
        };
        let mut depth = 0;
        for (op, right) in steps.into_iter().rev() {
            total = match op {
                BinaryOperator::And | BinaryOperator::Or => self.logical(total, op, right)?,
                _ => {
                    depth += 1;
                    if depth > DEPTH_MAX {
                        return Err(SystemError::TooDeep(DEPTH_MAX));
                    }
                    let right = self.expr(right)?;
                    self.binary(total, &symbol(op)?, right)?
                }
            };
        }
        Ok(total)
    }

    fn logical(&mut self, left: Typed, op: &BinaryOperator, right: &ast::Expr) -> Result<Typed> {
        let and = *op == BinaryOperator::And;
        let what = if and { "argument of AND" } else { "argument of OR" };
        let left = self.coerce_implicitly(left, &SqlType::Bool, what)?;
        let right = self.expr(right)?;
        let right = self.coerce_implicitly(right, &SqlType::Bool, what)?;
        let mut parts = match left {
            Expr::And(parts) if and => parts,
            Expr::Or(parts) if !and => parts,
            other => vec![other],
        };
        parts.push(right);
        Ok(Typed::new(if and { Expr::And(parts) } else { Expr::Or(parts) }, SqlType::Bool))
    }

    fn binary(&mut self, left: Typed, symbol: &str, right: Typed) -> Result<Typed> {
        if left.ty.sql == SqlType::Float4 && right.ty.sql == SqlType::Float4 && comparison(symbol).is_none() {
            return Err(SystemError::Unsupported("arithmetic of real".into()));
        }
        if let Some(op) = comparison(symbol) {
            let (left, right) = self.meet_or_refuse(left, right, symbol)?;
            return Ok(Typed::new(Expr::Compare { op, left: boxed(left), right: boxed(right) }, SqlType::Bool));
        }
        if let Some((form, insensitive, negated)) = matching(symbol) {
            return self.match_typed(left, right, Match { form, insensitive, negated, escape: None });
        }
        if symbol == "||" {
            return self.concatenation(left, right);
        }
        let (left, right) = self.assume_same(symbol, left, right)?;
        self.call_typed(symbol, vec![left, right])
    }

    /// A literal beside a typed operand is taken to be of the same type, where there is such an operator.
    fn assume_same(&mut self, symbol: &str, left: Typed, right: Typed) -> Result<(Typed, Typed)> {
        let of = match (left.ty.is_unknown(), right.ty.is_unknown()) {
            (true, false) => right.ty.sql.clone(),
            (false, true) => left.ty.sql.clone(),
            _ => return Ok((left, right)),
        };
        if choose(symbol, &[of.clone(), of.clone()])?.is_none() {
            return Ok((left, right));
        }
        let left = Typed::new(self.coerce(left, &of)?, of.clone());
        let right = Typed::new(self.coerce(right, &of)?, of);
        Ok((left, right))
    }

    /// `||` on text, on arrays, and on text with anything.
    fn concatenation(&mut self, left: Typed, right: Typed) -> Result<Typed> {
        let (left_item, right_item) = (element_type(&left.ty.sql), element_type(&right.ty.sql));
        match (left_item, right_item) {
            (Some(_), Some(_)) => self.call_typed("array_cat", vec![left, right]),
            (Some(_), None) if right.ty.is_unknown() => {
                let to = left.ty.sql.clone();
                let right = Typed::new(self.coerce(right, &to)?, to);
                self.call_typed("array_cat", vec![left, right])
            }
            (None, Some(_)) if left.ty.is_unknown() => {
                let to = right.ty.sql.clone();
                let left = Typed::new(self.coerce(left, &to)?, to);
                self.call_typed("array_cat", vec![left, right])
            }
            (Some(_), None) => self.call_typed("array_append", vec![left, right]),
            (None, Some(_)) => self.call_typed("array_prepend", vec![left, right]),
            (None, None) => {
                let text = |typed: &Typed| typed.ty.is_unknown() || is_textual(&typed.ty.sql);
                if !text(&left) && !text(&right) {
                    return Err(no_operator(&left, "||", &right));
                }
                let left = self.cast_to(left, &SqlType::Text)?;
                let right = self.cast_to(right, &SqlType::Text)?;
                self.call_typed("||", vec![left, right])
            }
        }
    }

    pub(super) fn meet_or_refuse(&mut self, left: Typed, right: Typed, symbol: &str) -> Result<(Expr, Expr)> {
        if matches!(symbol, "=" | "<>" | "IS DISTINCT FROM") && of_jsonb(&left.ty.sql, &right.ty.sql) {
            return Ok((self.jsonb_key(left)?, self.jsonb_key(right)?));
        }
        if comparable(&left.ty.sql, &right.ty.sql).is_none() {
            return Err(no_operator(&left, symbol, &right));
        }
        let form = no_operator(&left, symbol, &right);
        self.meet(left, right)?.ok_or(form)
    }

    /// What stands for a `jsonb` where its equality is asked for, which is not that of texts.
    fn jsonb_key(&mut self, typed: Typed) -> Result<Expr> {
        let json = self.coerce(typed, &SqlType::Jsonb)?;
        self.coerce(Typed::new(json, SqlType::Jsonb), &SqlType::Bytea)
    }

    pub(super) fn in_list(&mut self, arg: &ast::Expr, list: &[ast::Expr], negated: bool) -> Result<Typed> {
        let arg = self.expr(arg)?;
        let items = list.iter().map(|item| self.expr(item)).collect::<Result<Vec<_>>>()?;
        let to = if arg.ty.is_unknown() {
            common_type(&items.iter().map(|item| item.ty.sql.clone()).collect::<Vec<_>>(), "IN")?
        } else {
            arg.ty.sql.clone()
        };
        let arg_typed = if arg.ty.is_unknown() { Typed::new(self.coerce(arg, &to)?, to.clone()) } else { arg };
        let mut sides = Vec::with_capacity(items.len());
        for item in items {
            sides.push(self.meet_or_refuse(arg_typed.clone(), item, "=")?);
        }
        let constants: Option<Vec<Value>> = sides
            .iter()
            .map(|(_, item)| if let Expr::Const(value) = item { Some(value.clone()) } else { None })
            .collect();
        let arg = sides.first().map_or(arg_typed.expr, |(arg, _)| arg.clone());
        let expr = match constants {
            Some(values) => {
                let holds_null = values.iter().any(Value::is_null);
                let set: HashSet<Key> = values.into_iter().filter(|value| !value.is_null()).map(Key).collect();
                Expr::InSet { arg: boxed(arg), set: set.into(), holds_null, negated }
            }
            None => Expr::InList { arg: boxed(arg), list: sides.into_iter().map(|(_, item)| item).collect(), negated },
        };
        Ok(Typed::new(expr, SqlType::Bool))
    }

    pub(super) fn in_subquery(&mut self, arg: &ast::Expr, query: &ast::Query, negated: bool) -> Result<Typed> {
        let arg = self.expr(arg)?;
        let (arg, plan) = self.beside_subquery(arg, query, true)?;
        let usage = SubqueryUse::In { arg: boxed(arg), negated };
        Ok(Typed::new(Expr::Subquery { plan: plan.into(), usage }, SqlType::Bool))
    }

    /// Brings an operand and the column of a subquery together.
    fn beside_subquery(&mut self, arg: Typed, query: &ast::Query, equality: bool) -> Result<(Expr, QueryPlan)> {
        let mut plan = self.query(query)?;
        let width = arg.ty.fields.as_ref().filter(|_| arg.ty.sql == SqlType::Record).map_or(1, |f| f.len());
        if plan.columns.len() != width {
            return Err(SystemError::Syntax("subquery has a wrong number of columns".into()));
        }
        if width > 1 {
            self.settle(&mut plan)?;
            return Ok((arg.expr, plan));
        }
        let given = plan.columns.first().map_or(SqlType::Unknown, |column| column.ty.sql.clone());
        if equality && of_jsonb(&arg.ty.sql, &given) {
            self.retype(&mut plan, &[SqlType::Jsonb])?;
            self.retype(&mut plan, &[SqlType::Bytea])?;
            return Ok((self.jsonb_key(arg)?, plan));
        }
        let Some((arg_type, column_type)) = comparable(&arg.ty.sql, &given) else {
            return Err(SystemError::UndefinedOperator(format!("{} = {}", arg.ty.sql.sql_name(), given.sql_name())));
        };
        self.retype(&mut plan, std::slice::from_ref(&column_type))?;
        let arg = self.coerce(arg, &arg_type)?;
        if !matches!(column_type, SqlType::Bpchar(_)) {
            return Ok((arg, plan));
        }
        self.retype(&mut plan, &[SqlType::Text])?;
        Ok((self.without_blanks(arg)?, plan))
    }

    pub(super) fn quantified(
        &mut self,
        left: &ast::Expr,
        op: &BinaryOperator,
        right: &ast::Expr,
        all: bool,
    ) -> Result<Typed> {
        let left = self.expr(left)?;
        let symbol = symbol(op)?;
        let quantifier = match (comparison(&symbol), matching(&symbol)) {
            (Some(op), _) => Quantifier::Compare(op),
            (None, Some((form, insensitive, negated))) => Quantifier::Match { form, insensitive, negated },
            (None, None) => return Err(SystemError::Unsupported(format!("{symbol} with ANY or ALL"))),
        };
        self.quantify(left, quantifier, right, all)
    }

    /// A value beside the items of an array, or beside the rows of a subquery.
    pub(super) fn quantify(
        &mut self,
        left: Typed,
        quantifier: Quantifier,
        right: &ast::Expr,
        all: bool,
    ) -> Result<Typed> {
        let mut inner = right;
        while let ast::Expr::Nested(nested) = inner {
            inner = nested;
        }
        if let ast::Expr::Subquery(query) = inner {
            let equality = matches!(quantifier, Quantifier::Compare(Comparison::Eq | Comparison::NotEq));
            let (arg, plan) = self.beside_subquery(left, query, equality)?;
            let usage = SubqueryUse::Quantified { arg: boxed(arg), quantifier, all };
            return Ok(Typed::new(Expr::Subquery { plan: plan.into(), usage }, SqlType::Bool));
        }
        let right = self.expr(inner)?;
        self.quantified_typed(left, quantifier, right, all)
    }

    fn quantified_typed(&mut self, left: Typed, quantifier: Quantifier, right: Typed, all: bool) -> Result<Typed> {
        let (left, right) = if right.ty.is_unknown() {
            let item = if left.ty.is_unknown() { SqlType::Text } else { left.ty.sql.clone() };
            let left = Typed::new(self.coerce(left, &item)?, item.clone());
            (left, Typed::new(self.coerce(right, &array_of(&item))?, array_of(&item)))
        } else {
            (left, right)
        };
        let Some(item) = element_type(&right.ty.sql) else {
            return Err(SystemError::DatatypeMismatch("op ANY/ALL (array) requires array on right side".into()));
        };
        let Some((left_type, item_type)) = comparable(&left.ty.sql, &item) else {
            return Err(no_operator(&left, "=", &Typed::new(Expr::Const(Value::Null), item)));
        };
        let array_type = if item_type == item { right.ty.sql.clone() } else { array_of(&item_type) };
        let mut arg = self.coerce(left, &left_type)?;
        let mut array = self.coerce(right, &array_type)?;
        if matches!(item_type, SqlType::Bpchar(_)) {
            arg = self.without_blanks(arg)?;
            array = self.coerce(Typed::new(array, array_type), &array_of(&SqlType::Text))?;
        }
        Ok(Typed::new(Expr::Quantified { arg: boxed(arg), array: boxed(array), quantifier, all }, SqlType::Bool))
    }
}

/// True where two values of `jsonb` are held against each other.
fn of_jsonb(left: &SqlType, right: &SqlType) -> bool {
    matches!((left, right), (SqlType::Jsonb, SqlType::Jsonb | SqlType::Unknown) | (SqlType::Unknown, SqlType::Jsonb))
}

fn no_operator(left: &Typed, symbol: &str, right: &Typed) -> SystemError {
    SystemError::UndefinedOperator(format!("{} {symbol} {}", left.ty.sql.sql_name(), right.ty.sql.sql_name()))
}
