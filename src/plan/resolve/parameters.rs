//! Types of parameters that nobody declared: that of what each meets first, as PostgreSQL tells them
//! (<https://www.postgresql.org/docs/15/sql-prepare.html>), and the same wherever it stands again.
//!
//! Invariant: what is told never depends on values; a parameter in no such place is left to the planner, and is a text
//! where the planner does not know either.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use sluice_base::SqlType;
use sqlparser::ast::{
    self, BinaryOperator as B, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Query, Value, Visit,
};

use super::comparisons::{is_comparison, is_row, row_items};
use super::declared;
use super::names::Resolver;
use crate::query::{Step, fold_name, own_expressions};

/// Arguments, from 0, that are integers: a parameter there is an `integer` and no text.
const INTEGERS: &[(&str, &[usize])] = &[
    ("chr", &[0]),
    ("left", &[1]),
    ("lag", &[1]),
    ("lead", &[1]),
    ("lpad", &[1]),
    ("make_date", &[0, 1, 2]),
    ("nth_value", &[1]),
    ("ntile", &[0]),
    ("repeat", &[1]),
    ("right", &[1]),
    ("round", &[1]),
    ("rpad", &[1]),
    ("split_part", &[2]),
    ("substr", &[1, 2]),
    ("trunc", &[1]),
];

/// Functions whose arguments have one type.
const ALIKE: &[&str] = &["coalesce", "greatest", "least", "nullif", "mod", "div"];

impl Resolver<'_> {
    /// Notes what a part of a statement tells about parameters that stand in it: what is inside before what is around it,
    /// and what its subqueries tell when they are read.
    pub(super) fn tell<T: Visit>(&mut self, part: &T) {
        if !self.tells() {
            return;
        }
        own_expressions(part, |expr, step| match (expr, step) {
            // BETWEEN is two comparisons, the first of which is read before the upper bound.
            (Expr::Between { expr, low, .. }, Step::In) => self.meet(&[expr, low]),
            (_, Step::In) => {}
            (_, Step::Out) => self.tell_of(expr),
        });
    }

    fn tell_of(&mut self, expr: &Expr) {
        match expr {
            Expr::BinaryOp { left, op, right } if is_comparison(op) && is_row(left) && is_row(right) => {
                if let (Ok(left), Ok(right)) = (row_items((**left).clone()), row_items((**right).clone())) {
                    left.iter().zip(&right).for_each(|(left, right)| self.meet(&[left, right]));
                }
            }
            Expr::BinaryOp { left, op, right } if is_comparison(op) => self.meet(&[left, right]),
            Expr::BinaryOp { left, op: B::And | B::Or, right } => {
                self.note(left, Some(SqlType::Bool));
                self.note(right, Some(SqlType::Bool));
            }
            Expr::BinaryOp { left, op, right } => {
                for (side, other) in [(left, right), (right, left)] {
                    // Each level around passes here again: what has its type by then must cost nothing.
                    if self.untold(side).is_some() {
                        let told = self.declared(other).and_then(|other| beside(&other, op));
                        self.note(side, told);
                    }
                }
            }
            Expr::UnaryOp { op: ast::UnaryOperator::Not, expr } => self.note(expr, Some(SqlType::Bool)),
            Expr::Between { expr, low, high, .. } => {
                self.meet(&[expr, low]);
                self.meet(&[expr, high]);
            }
            Expr::InList { expr, list, .. } if !is_row(expr) => {
                self.meet(&std::iter::once(&**expr).chain(list).collect::<Vec<_>>());
            }
            Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => self.meet(&[left, right]),
            Expr::AnyOp { left, right, .. } | Expr::AllOp { left, right, .. } if self.untold(right).is_some() => {
                let item = self.declared(left);
                self.note(right, item);
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                if let Some(operand) = operand {
                    let keys = conditions.iter().map(|when| &when.condition);
                    self.meet(&std::iter::once(&**operand).chain(keys).collect::<Vec<_>>());
                } else {
                    conditions.iter().for_each(|when| self.note(&when.condition, Some(SqlType::Bool)));
                }
                let results = else_result.as_deref().into_iter().chain(conditions.iter().map(|when| &when.result));
                self.meet(&results.collect::<Vec<_>>());
            }
            Expr::Cast { expr, data_type, array: false, .. } => {
                let to = super::sql_type_of(data_type).ok();
                self.note(expr, to);
            }
            Expr::Function(function) => self.tell_call(function),
            _ => {}
        }
    }

    /// Whether a parameter that nobody declared stands in a statement.
    pub(super) fn has_undeclared(&self, query: &Query) -> bool {
        ast::visit_expressions(query, |expr| match number_of(expr) {
            Some(number) if self.is_undeclared(number) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        })
        .is_break()
    }

    fn tell_call(&mut self, function: &ast::Function) {
        let Some(name) = fold_name(&function.name).ok().and_then(|mut parts| parts.pop()) else { return };
        let FunctionArguments::List(list) = &function.args else { return };
        let args = list.args.iter().map(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
            _ => None,
        });
        let Some(args) = args.collect::<Option<Vec<&Expr>>>() else { return };
        if ALIKE.contains(&name.as_str()) {
            self.meet(&args);
        }
        if let Some((_, places)) = INTEGERS.iter().find(|(of, _)| *of == name) {
            for place in *places {
                if let Some(arg) = args.get(*place) {
                    self.note(arg, Some(SqlType::Int4));
                }
            }
        }
        match (name.as_str(), args.as_slice()) {
            ("lag" | "lead", [value, _, instead]) => self.meet(&[value, instead]),
            ("generate_series", [from, to]) => self.meet(&[from, to]),
            ("generate_series", [from, to, step]) => self.tell_series(from, to, step),
            _ => {}
        }
    }

    /// The steps between times are intervals, and others are as what they lead through.
    fn tell_series(&mut self, from: &Expr, to: &Expr, step: &Expr) {
        self.meet(&[from, to]);
        if self.declared(step) == Some(SqlType::Interval) {
            self.note(from, Some(SqlType::Timestamptz));
            self.note(to, Some(SqlType::Timestamptz));
        }
        match self.declared(from).or_else(|| self.declared(to)) {
            Some(SqlType::Date | SqlType::Timestamp | SqlType::Timestamptz) => self.note(step, Some(SqlType::Interval)),
            _ => self.meet(&[from, to, step]),
        }
    }

    /// Values that are compared with each other, or stand for one another: parameters have the type of the others.
    fn meet(&mut self, all: &[&Expr]) {
        if !all.iter().any(|expr| self.untold(expr).is_some()) {
            return;
        }
        let known = all.iter().filter_map(|expr| self.declared(expr)).filter(|found| *found != SqlType::Unknown);
        let widest =
            known.reduce(|one, other| if declared::width(&other) > declared::width(&one) { other } else { one });
        all.iter().for_each(|expr| self.note(expr, widest.clone()));
    }

    fn note(&mut self, expr: &Expr, sql_type: Option<SqlType>) {
        let (Some(number), Some(sql_type)) = (self.untold(expr), sql_type) else { return };
        let told = match sql_type {
            SqlType::Numeric(_) => SqlType::Numeric(None),
            // Blanks at the end are a matter of the other side.
            SqlType::Bpchar(_) | SqlType::Unknown | SqlType::Record => return,
            found if found.is_text() => SqlType::Text,
            found => found,
        };
        self.told.insert(number, told);
    }

    /// The number of a parameter that has no type yet.
    fn untold(&self, expr: &Expr) -> Option<usize> {
        let number = number_of(expr)?;
        let is_open = number <= super::PARAMETERS_MAX && self.is_undeclared(number) && !self.told.contains_key(&number);
        is_open.then_some(number)
    }
}

/// The type of a parameter beside a value of a type; `None` where the operator leaves it open.
fn beside(other: &SqlType, op: &B) -> Option<SqlType> {
    use SqlType as S;
    Some(match (other, op) {
        (S::Interval, B::Multiply | B::Divide) => S::Float8,
        (S::Date, B::Plus) => S::Int4,
        (S::Time | S::Timestamp | S::Timestamptz, B::Plus) => S::Interval,
        (S::Date | S::Time | S::Timestamp | S::Timestamptz, B::Minus) => other.clone(),
        (S::Interval, B::Plus | B::Minus) => S::Interval,
        (S::Jsonb, B::AtArrow | B::ArrowAt) => S::Jsonb,
        (found, B::Plus | B::Minus | B::Multiply | B::Divide | B::Modulo) if found.is_number() => other.clone(),
        _ => return None,
    })
}

/// What was told, less numerics and texts that stand once: the planner knows more, from what they stand beside.
pub(super) fn kept(mut told: BTreeMap<usize, SqlType>, query: &Query) -> BTreeMap<usize, SqlType> {
    let better_known = |found: &SqlType| matches!(found, SqlType::Numeric(_) | SqlType::Text);
    if !told.values().any(better_known) {
        return told;
    }
    let mut places: BTreeMap<usize, usize> = BTreeMap::new();
    let _: ControlFlow<()> = ast::visit_expressions(query, |expr| {
        if let (Expr::Value(_), Some(number)) = (expr, number_of(expr)) {
            *places.entry(number).or_default() += 1;
        }
        ControlFlow::Continue(())
    });
    told.retain(|number, found| !better_known(found) || places.get(number).is_some_and(|of| *of > 1));
    told
}

/// The number of the parameter that an expression is.
pub(super) fn number_of(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Nested(inner) => number_of(inner),
        Expr::Value(value) => match &value.value {
            Value::Placeholder(name) => name.strip_prefix('$')?.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}
