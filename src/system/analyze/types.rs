//! Casting while a query is analysed: literals are read at once, parameters take the type that is wanted.

use sluice_base::SqlType;

use super::{Analyzer, Typed};
use crate::cast::{cast, castable, fit_text, text_in};
use crate::error::{Result, SystemError};
use crate::plan::{Body, Expr, QueryPlan};
use crate::typing::{Ty, element_type, implicit, is_oid_like, is_temporal, is_textual, plain};
use crate::value::Value;

impl Analyzer<'_> {
    /// Makes an expression of the wanted type out of one that fits it; the caller has checked that it does.
    pub(super) fn coerce(&mut self, typed: Typed, to: &SqlType) -> Result<Expr> {
        let from = typed.ty.sql.clone();
        match typed.expr {
            Expr::Const(Value::Text(text)) if from == SqlType::Unknown => {
                Ok(Expr::Const(text_in(&text, to, self.context)?))
            }
            Expr::Const(Value::Null) => Ok(Expr::Const(Value::Null)),
            Expr::Param(place) if from == SqlType::Unknown => {
                self.type_param(place, to);
                let known = self.params.get(place).cloned().flatten().unwrap_or_else(|| to.clone());
                Ok(cast_expr(Expr::Param(place), &known, to))
            }
            Expr::Const(value) if from != *to => Ok(Expr::Const(cast(&value, &from, to, self.context)?)),
            expr => Ok(cast_expr(expr, &from, to)),
        }
    }

    /// As [`Analyzer::coerce`], refusing what PostgreSQL would not cast without being asked.
    pub(super) fn coerce_implicitly(&mut self, typed: Typed, to: &SqlType, what: &str) -> Result<Expr> {
        if !implicit(&typed.ty.sql, to) {
            return Err(SystemError::DatatypeMismatch(format!(
                "{what} must be type {}, not type {}",
                to.sql_name(),
                typed.ty.sql.sql_name()
            )));
        }
        self.coerce(typed, to)
    }

    /// An explicit cast.
    pub(super) fn cast_to(&mut self, typed: Typed, to: &SqlType) -> Result<Typed> {
        let from = &typed.ty.sql;
        if !castable(from, to) {
            return Err(SystemError::CannotCoerce(from.sql_name(), to.sql_name()));
        }
        // The blanks that fill a char(n) up go with its type.
        let texts = is_textual(to) && is_textual(from) && !matches!(from, SqlType::Bpchar(_));
        if let (Expr::Const(Value::Text(text)), true) = (&typed.expr, texts) {
            return Ok(Typed::new(Expr::Const(fit_text(text, to, true)?), to.clone()));
        }
        let origin = typed.origin.filter(|_| from == to);
        let expr = self.coerce(typed, to)?;
        Ok(Typed { expr, ty: to.clone().into(), origin })
    }

    /// Literals and parameters that nothing has typed become text.
    pub(super) fn settled(&mut self, typed: Typed) -> Result<Typed> {
        if !typed.ty.is_unknown() {
            return Ok(typed);
        }
        let origin = typed.origin;
        Ok(Typed { expr: self.coerce(typed, &SqlType::Text)?, ty: SqlType::Text.into(), origin })
    }

    /// Makes the columns of a query that nothing has typed text.
    pub(super) fn settle(&mut self, plan: &mut QueryPlan) -> Result<()> {
        let types: Vec<SqlType> = plan
            .columns
            .iter()
            .map(|column| if column.ty.is_unknown() { SqlType::Text } else { column.ty.sql.clone() })
            .collect();
        self.retype(plan, &types)
    }

    /// Casts the columns of a query to the given types.
    pub(super) fn retype(&mut self, plan: &mut QueryPlan, types: &[SqlType]) -> Result<()> {
        if plan.columns.iter().zip(types).all(|(column, to)| column.ty.sql == *to) {
            return Ok(());
        }
        let given: Vec<Ty> = plan.columns.iter().map(|column| column.ty.clone()).collect();
        match &mut plan.body {
            Body::Select(select) => self.retype_list(&mut select.targets, &given, types)?,
            Body::Values(lists) => {
                for list in lists {
                    self.retype_list(list, &given, types)?;
                }
            }
            Body::Set { branches, .. } => {
                for branch in branches {
                    let mut inner = (**branch).clone();
                    self.retype(&mut inner, types)?;
                    *branch = inner.into();
                }
            }
            Body::Query(inner) => {
                let mut plan = (**inner).clone();
                self.retype(&mut plan, types)?;
                *inner = plan.into();
            }
        }
        for (column, to) in plan.columns.iter_mut().zip(types) {
            if column.ty.sql != *to {
                column.ty = to.clone().into();
            }
        }
        Ok(())
    }

    fn retype_list(&mut self, exprs: &mut [Expr], given: &[Ty], types: &[SqlType]) -> Result<()> {
        for ((expr, from), to) in exprs.iter_mut().zip(given).zip(types) {
            if from.sql != *to {
                let taken = std::mem::replace(expr, Expr::Const(Value::Null));
                *expr = self.coerce(Typed { expr: taken, ty: from.clone(), origin: None }, to)?;
            }
        }
        Ok(())
    }

    /// Brings two sides of a comparison together; `None` where PostgreSQL has no operator for them.
    pub(super) fn meet(&mut self, left: Typed, right: Typed) -> Result<Option<(Expr, Expr)>> {
        let Some((left_type, right_type)) = comparable(&left.ty.sql, &right.ty.sql) else { return Ok(None) };
        let (left, right) = (self.coerce(left, &left_type)?, self.coerce(right, &right_type)?);
        if !matches!(left_type, SqlType::Bpchar(_)) {
            return Ok(Some((left, right)));
        }
        Ok(Some((self.without_blanks(left)?, self.without_blanks(right)?)))
    }

    /// A `bpchar` as it compares: the blanks at its end do not count.
    pub(super) fn without_blanks(&mut self, expr: Expr) -> Result<Expr> {
        self.coerce(Typed::new(expr, SqlType::Bpchar(None)), &SqlType::Text)
    }
}

fn cast_expr(expr: Expr, from: &SqlType, to: &SqlType) -> Expr {
    // Types that share their values need no work.
    let same = plain(from) == plain(to) && plain(to) == *to;
    let alike = is_oid_like(from) && is_oid_like(to);
    let texts =
        is_textual(from) && matches!(to, SqlType::Text | SqlType::Varchar(None)) && !matches!(from, SqlType::Bpchar(_));
    if same || alike || texts { expr } else { Expr::Cast { arg: Box::new(expr), from: from.clone(), to: to.clone() } }
}

fn is_numeric(sql_type: &SqlType) -> bool {
    sql_type.is_number() || is_oid_like(sql_type)
}

/// The types to which two sides of a comparison are cast; `None` where they do not compare.
pub(super) fn comparable(left: &SqlType, right: &SqlType) -> Option<(SqlType, SqlType)> {
    use SqlType::{Bpchar, Date, Interval, Json, Jsonb, Record, Text, Time, Timestamp, Timestamptz, Unknown};
    let (left, right) = (&plain(left), &plain(right));
    let both = |to: &SqlType| Some((to.clone(), to.clone()));
    match (left, right) {
        (Unknown, Unknown) => both(&Text),
        (Unknown, Record) | (Record, Unknown) => None,
        (Unknown, Jsonb) | (Jsonb, Unknown) => None,
        (Unknown, other) | (other, Unknown) => both(other),
        // The nearer operator is that of `bpchar` beside varchar, which has none of its own.
        (Bpchar(_), Bpchar(_) | SqlType::Varchar(_)) | (SqlType::Varchar(_), Bpchar(_)) => both(&Bpchar(None)),
        (Bpchar(_), other) | (other, Bpchar(_)) if is_textual(other) => both(&Text),
        (a, b) if is_numeric(a) && is_numeric(b) => Some((a.clone(), b.clone())),
        (a, b) if is_textual(a) && is_textual(b) => Some((a.clone(), b.clone())),
        // Their equality is not that of their texts.
        (Json | Jsonb, _) | (_, Json | Jsonb) => None,
        (a, b) if a == b => both(a),
        (a, b) if is_temporal(a) && is_temporal(b) => {
            both(if *a == Timestamptz || *b == Timestamptz { &Timestamptz } else { &Timestamp })
        }
        (Time, Interval) | (Interval, Time) => both(&Interval),
        (Date, _) | (_, Date) => None,
        (a, b) => {
            let (a_item, b_item) = (element_type(a)?, element_type(b)?);
            let (a_to, b_to) = comparable(&a_item, &b_item)?;
            (a_to == a_item && b_to == b_item).then(|| (a.clone(), b.clone()))
        }
    }
}
