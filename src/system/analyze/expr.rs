//! Scalar expressions.

use sluice_base::SqlType;
use sqlparser::ast::{self, CaseWhen, CastKind, UnaryOperator, Value as Literal};

use super::{Analyzer, Typed};
use crate::error::{Result, SystemError};
use crate::plan::{Comparison, Expr, Match, MatchForm, Quantifier, SubqueryUse, Test};
use crate::typing::{Ty, array_of, common_type, element_type, fold, name_parts, of_data_type};
use crate::value::Value;

fn boxed(expr: Expr) -> Box<Expr> {
    Box::new(expr)
}

fn boolean(expr: Expr) -> Typed {
    Typed::new(expr, SqlType::Bool)
}

/// What the statement's reader puts around the first bound of BETWEEN SYMMETRIC.
const SYMMETRIC: &str = "\u{1}symmetric";

/// Names that are functions without parentheses; as bare names they come as identifiers.
const BARE_FUNCTIONS: &[&str] = &[
    "current_schema",
    "current_catalog",
    "current_user",
    "current_role",
    "session_user",
    "user",
    "current_date",
    "current_timestamp",
    "localtimestamp",
    "localtime",
];

/// Collations by which text is ordered as bytes, or by which it may be here.
const COLLATIONS: &[&str] = &["default", "C", "POSIX", "ucs_basic", "C.UTF-8", "C.utf8"];

impl Analyzer<'_> {
    /// Analyses an expression.
    pub(super) fn expr(&mut self, expr: &ast::Expr) -> Result<Typed> {
        self.nested(|this| {
            let grouped = this.scopes.last().is_some_and(|s| s.recording && s.group_exprs.iter().any(|g| g == expr));
            if !grouped {
                return this.expr_kind(expr);
            }
            // An expression of GROUP BY may hold bare columns.
            let allowed = this.scope()?.allowed;
            this.with_allowed(allowed, false, |this| this.expr_kind(expr))
        })
    }

    fn expr_kind(&mut self, expr: &ast::Expr) -> Result<Typed> {
        use ast::Expr as E;
        match expr {
            E::Identifier(ident) => self.identifier(ident),
            E::CompoundIdentifier(parts) => {
                let parts: Vec<String> = parts.iter().map(fold).collect();
                self.qualified_column(&parts)
            }
            E::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain),
            E::Nested(inner) => self.expr(inner),
            E::Value(value) => self.literal(&value.value),
            E::Function(function) => self.call(function),
            E::Cast { kind, expr, data_type, .. } => self.cast_form(kind, expr, data_type),
            E::TypedString(typed) => {
                let literal = self.literal(&typed.value.value)?;
                self.cast_to(literal, &of_data_type(&typed.data_type)?)
            }
            E::Interval(interval) => self.interval(interval),
            E::BinaryOp { .. } => self.binary_chain(expr),
            E::UnaryOp { op, expr } => self.unary(*op, expr),
            E::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref())
            }
            E::Collate { expr, collation } => {
                let name = name_parts(collation)?.pop().unwrap_or_default();
                if !COLLATIONS.contains(&name.as_str()) {
                    return Err(SystemError::UndefinedObject("collation", name));
                }
                self.expr(expr)
            }
            E::Array(array) => self.array(&array.elem, None),
            E::Tuple(items) => {
                let items = items.iter().map(|item| self.expr(item)).collect::<Result<Vec<_>>>()?;
                self.record(items)
            }
            _ => self.predicate(expr),
        }
    }

    fn predicate(&mut self, expr: &ast::Expr) -> Result<Typed> {
        use ast::Expr as E;
        match expr {
            E::IsNull(arg) => self.is(arg, Test::Null),
            E::IsNotNull(arg) => self.is(arg, Test::NotNull),
            E::IsTrue(arg) => self.is(arg, Test::True),
            E::IsNotTrue(arg) => self.is(arg, Test::NotTrue),
            E::IsFalse(arg) => self.is(arg, Test::False),
            E::IsNotFalse(arg) => self.is(arg, Test::NotFalse),
            E::IsUnknown(arg) => self.is(arg, Test::Null),
            E::IsNotUnknown(arg) => self.is(arg, Test::NotNull),
            E::IsDistinctFrom(left, right) => self.distinct(left, right, false),
            E::IsNotDistinctFrom(left, right) => self.distinct(left, right, true),
            E::InList { expr, list, negated } => self.in_list(expr, list, *negated),
            E::InSubquery { expr, subquery, negated } => self.in_subquery(expr, subquery, *negated),
            E::Between { expr, negated, low, high } => self.between(expr, *negated, low, high),
            E::Like { negated, any, expr, pattern, escape_char } => {
                self.pattern(MatchForm::Like, false, *negated, *any, expr, pattern, escape_char.as_ref())
            }
            E::ILike { negated, any, expr, pattern, escape_char } => {
                self.pattern(MatchForm::Like, true, *negated, *any, expr, pattern, escape_char.as_ref())
            }
            E::SimilarTo { negated, expr, pattern, escape_char } => {
                self.pattern(MatchForm::Similar, false, *negated, false, expr, pattern, escape_char.as_ref())
            }
            E::AnyOp { left, compare_op, right, .. } => self.quantified(left, compare_op, right, false),
            E::AllOp { left, compare_op, right } => self.quantified(left, compare_op, right, true),
            E::Exists { subquery, negated } => {
                let plan = self.query(subquery)?;
                Ok(boolean(Expr::Subquery { plan: plan.into(), usage: SubqueryUse::Exists { negated: *negated } }))
            }
            E::Subquery(query) => self.scalar_subquery(query),
            _ => self.special_call(expr),
        }
    }

    /// Functions with a syntax of their own.
    fn special_call(&mut self, expr: &ast::Expr) -> Result<Typed> {
        use ast::Expr as E;
        match expr {
            E::Extract { field, expr, .. } => {
                let unit = Typed::new(Expr::Const(field.to_string().to_ascii_lowercase().into()), SqlType::Text);
                let arg = self.expr(expr)?;
                self.call_typed("extract", vec![unit, arg])
            }
            E::Position { expr, r#in } => {
                let args = vec![self.expr(expr)?, self.expr(r#in)?];
                self.call_typed("position", args)
            }
            E::Substring { expr, substring_from, substring_for, .. } => {
                let mut args = vec![self.expr(expr)?];
                match (substring_from, substring_for) {
                    (Some(from), length) => {
                        args.push(self.expr(from)?);
                        if let Some(length) = length {
                            args.push(self.expr(length)?);
                        }
                    }
                    (None, Some(length)) => {
                        args.push(Typed::new(Expr::Const(Value::Int(1)), SqlType::Int4));
                        args.push(self.expr(length)?);
                    }
                    (None, None) => {}
                }
                self.call_typed("substring", args)
            }
            E::Trim { trim_where, trim_what, expr, trim_characters } => {
                let mut args = vec![self.expr(expr)?];
                if let Some(what) = trim_what {
                    args.push(self.expr(what)?);
                }
                for what in trim_characters.iter().flatten() {
                    args.push(self.expr(what)?);
                }
                let name = match trim_where {
                    Some(ast::TrimWhereField::Leading) => "ltrim",
                    Some(ast::TrimWhereField::Trailing) => "rtrim",
                    _ => "btrim",
                };
                self.call_typed(name, args)
            }
            E::Ceil { expr, .. } => {
                let arg = self.expr(expr)?;
                self.call_typed("ceil", vec![arg])
            }
            E::Floor { expr, .. } => {
                let arg = self.expr(expr)?;
                self.call_typed("floor", vec![arg])
            }
            E::AtTimeZone { timestamp, time_zone } => {
                let args = vec![self.expr(time_zone)?, self.expr(timestamp)?];
                self.call_typed("timezone", args)
            }
            E::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
                let mut args = vec![self.expr(expr)?, self.expr(overlay_what)?, self.expr(overlay_from)?];
                if let Some(length) = overlay_for {
                    args.push(self.expr(length)?);
                }
                self.call_typed("overlay", args)
            }
            E::Wildcard(_) | E::QualifiedWildcard(..) => Err(SystemError::Syntax("* is not allowed here".into())),
            _ => Err(SystemError::Unsupported("this form of expression".into())),
        }
    }

    fn identifier(&mut self, ident: &ast::Ident) -> Result<Typed> {
        let name = fold(ident);
        if ident.quote_style.is_none() && BARE_FUNCTIONS.contains(&name.as_str()) {
            return self.call_typed(&name, Vec::new());
        }
        self.bare_column(&name)
    }

    pub(super) fn literal(&mut self, literal: &Literal) -> Result<Typed> {
        Ok(match literal {
            Literal::Null => Typed::new(Expr::Const(Value::Null), SqlType::Unknown),
            Literal::Boolean(value) => boolean(Expr::Const((*value).into())),
            Literal::Number(text, _) => number(text)?,
            Literal::Placeholder(name) => self.param(name)?,
            Literal::SingleQuotedString(text)
            | Literal::EscapedStringLiteral(text)
            | Literal::UnicodeStringLiteral(text)
            | Literal::NationalStringLiteral(text) => {
                Typed::new(Expr::Const(Value::from(text.as_str())), SqlType::Unknown)
            }
            Literal::DollarQuotedString(quoted) => {
                Typed::new(Expr::Const(Value::from(quoted.value.as_str())), SqlType::Unknown)
            }
            _ => return Err(SystemError::Unsupported("this form of literal".into())),
        })
    }

    fn cast_form(&mut self, kind: &CastKind, arg: &ast::Expr, data_type: &ast::DataType) -> Result<Typed> {
        if !matches!(kind, CastKind::Cast | CastKind::DoubleColon) {
            return Err(SystemError::Unsupported("a cast that does not fail".into()));
        }
        if let Some(number) = self.bits_as_number(arg, data_type)? {
            return Ok(number);
        }
        let to = of_data_type(data_type)?;
        // An array constructor takes its item type from the cast around it.
        if let (ast::Expr::Array(array), Some(item)) = (arg, element_type(&to)) {
            let typed = self.array(&array.elem, Some(&item))?;
            return self.cast_to(typed, &to);
        }
        let typed = self.expr(arg)?;
        self.cast_to(typed, &to)
    }

    fn interval(&mut self, interval: &ast::Interval) -> Result<Typed> {
        let ast::Expr::Value(value) = &*interval.value else {
            return Err(SystemError::Unsupported("an interval of this form".into()));
        };
        let literal = match (&value.value, &interval.leading_field) {
            (literal, None) => self.literal(literal)?,
            (Literal::SingleQuotedString(count), Some(unit)) => {
                Typed::new(Expr::Const(format!("{count} {unit}").into()), SqlType::Unknown)
            }
            _ => return Err(SystemError::Unsupported("an interval of this form".into())),
        };
        self.cast_to(literal, &SqlType::Interval)
    }

    /// A condition: boolean, or a literal read as one.
    pub(super) fn condition(&mut self, expr: &ast::Expr, what: &str) -> Result<Expr> {
        let typed = self.expr(expr)?;
        self.coerce_implicitly(typed, &SqlType::Bool, &format!("argument of {what}"))
    }

    fn unary(&mut self, op: UnaryOperator, arg: &ast::Expr) -> Result<Typed> {
        match op {
            UnaryOperator::Not => Ok(boolean(Expr::Not(boxed(self.condition(arg, "NOT")?)))),
            UnaryOperator::Plus => self.expr(arg),
            UnaryOperator::Minus => {
                let typed = self.expr(arg)?;
                match (&typed.expr, &typed.ty.sql) {
                    (Expr::Const(Value::Int(number)), SqlType::Int4 | SqlType::Int8) => {
                        Ok(Typed::new(Expr::Const(Value::Int(-number)), typed.ty))
                    }
                    _ => self.call_typed("neg", vec![typed]),
                }
            }
            _ => Err(SystemError::UndefinedOperator(op.to_string())),
        }
    }

    fn is(&mut self, arg: &ast::Expr, test: Test) -> Result<Typed> {
        let typed = self.expr(arg)?;
        let arg = match test {
            Test::Null | Test::NotNull => self.settled(typed)?.expr,
            _ => self.coerce_implicitly(typed, &SqlType::Bool, "argument of IS")?,
        };
        Ok(boolean(Expr::Is { arg: boxed(arg), test }))
    }

    fn distinct(&mut self, left: &ast::Expr, right: &ast::Expr, negated: bool) -> Result<Typed> {
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        let (left, right) = self.meet_or_refuse(left, right, "IS DISTINCT FROM")?;
        Ok(boolean(Expr::Distinct { left: boxed(left), right: boxed(right), negated }))
    }

    fn case(
        &mut self,
        operand: Option<&ast::Expr>,
        conditions: &[CaseWhen],
        otherwise: Option<&ast::Expr>,
    ) -> Result<Typed> {
        let mut operand = operand.map(|operand| self.expr(operand)).transpose()?;
        let mut whens = Vec::with_capacity(conditions.len());
        let mut results = Vec::with_capacity(conditions.len() + 1);
        for condition in conditions {
            whens.push(match &mut operand {
                None => self.condition(&condition.condition, "CASE/WHEN")?,
                Some(operand) => {
                    let when = self.expr(&condition.condition)?;
                    if operand.ty.is_unknown() {
                        let to = if when.ty.is_unknown() { SqlType::Text } else { when.ty.sql.clone() };
                        *operand = Typed::new(self.coerce(operand.clone(), &to)?, to);
                    }
                    self.meet_or_refuse(operand.clone(), when, "=")?.1
                }
            });
            results.push(self.expr(&condition.result)?);
        }
        // ELSE is asked first for the type, as PostgreSQL does.
        let otherwise = match otherwise {
            Some(otherwise) => self.expr(otherwise)?,
            None => Typed::new(Expr::Const(Value::Null), SqlType::Unknown),
        };
        results.insert(0, otherwise);
        let (mut results, ty) = self.unify(results, "CASE")?;
        let otherwise = boxed(results.remove(0));
        let operand = operand.map(|operand| boxed(operand.expr));
        Ok(Typed::new(Expr::Case { operand, whens: whens.into_iter().zip(results).collect(), otherwise }, ty))
    }

    /// Brings several expressions to one type.
    pub(super) fn unify(&mut self, list: Vec<Typed>, what: &str) -> Result<(Vec<Expr>, Ty)> {
        let fields = list.iter().find_map(|typed| typed.ty.fields.clone());
        let types: Vec<SqlType> = list.iter().map(|typed| typed.ty.sql.clone()).collect();
        // Nothing to go by: stays open for what stands around it.
        if types.iter().all(|t| *t == SqlType::Unknown)
            && list.iter().all(|t| matches!(t.expr, Expr::Const(Value::Null)))
        {
            return Ok((list.into_iter().map(|typed| typed.expr).collect(), SqlType::Unknown.into()));
        }
        let to = common_type(&types, what)?;
        let exprs = list.into_iter().map(|typed| self.coerce(typed, &to)).collect::<Result<Vec<_>>>()?;
        Ok((exprs, Ty { sql: to, fields }))
    }

    pub(super) fn array(&mut self, items: &[ast::Expr], item_type: Option<&SqlType>) -> Result<Typed> {
        if items.iter().any(|item| matches!(item, ast::Expr::Array(_))) {
            return Err(SystemError::Unsupported("an array of more than one dimension".into()));
        }
        let items = items.iter().map(|item| self.expr(item)).collect::<Result<Vec<_>>>()?;
        if let Some(item_type) = item_type {
            let items = items
                .into_iter()
                .map(|item| self.cast_to(item, item_type).map(|typed| typed.expr))
                .collect::<Result<Vec<_>>>()?;
            return Ok(Typed::new(Expr::Array(items), SqlType::Array(Box::new(item_type.clone()))));
        }
        if items.is_empty() {
            return Err(SystemError::DatatypeMismatch("cannot determine type of empty array".into()));
        }
        let (items, ty) = self.unify(items, "ARRAY")?;
        let item = if ty.is_unknown() { SqlType::Text } else { ty.sql };
        Ok(Typed::new(constant_array(items), array_of(&item)))
    }

    pub(super) fn record(&mut self, items: Vec<Typed>) -> Result<Typed> {
        let mut exprs = Vec::with_capacity(items.len());
        let mut fields = Vec::with_capacity(items.len());
        for (place, item) in items.into_iter().enumerate() {
            let typed = self.settled(item)?;
            fields.push((format!("f{}", place + 1), typed.ty.sql.clone()));
            exprs.push(typed.expr);
        }
        Ok(Typed::new(Expr::Record(exprs), Ty::record(fields)))
    }

    fn scalar_subquery(&mut self, query: &ast::Query) -> Result<Typed> {
        let mut plan = self.query(query)?;
        self.settle(&mut plan)?;
        let [column] = plan.columns.as_slice() else {
            return Err(SystemError::Syntax("subquery must return only one column".into()));
        };
        let ty = column.ty.clone();
        Ok(Typed::new(Expr::Subquery { plan: plan.into(), usage: SubqueryUse::Scalar }, ty))
    }

    fn between(&mut self, arg: &ast::Expr, negated: bool, low: &ast::Expr, high: &ast::Expr) -> Result<Typed> {
        let arg = self.expr(arg)?;
        // The statement's reader spells SYMMETRIC as a call around the first bound.
        if let ast::Expr::Function(call) = low
            && let [ast::ObjectNamePart::Identifier(name)] = call.name.0.as_slice()
            && name.value == SYMMETRIC
            && let ast::FunctionArguments::List(list) = &call.args
            && let [ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(low))] = list.args.as_slice()
        {
            let (low, high) = (self.expr(low)?, self.expr(high)?);
            let upward = self.inside(arg.clone(), low.clone(), high.clone())?;
            let inside = Expr::Or(vec![upward, self.inside(arg, high, low)?]);
            return Ok(boolean(if negated { Expr::Not(boxed(inside)) } else { inside }));
        }
        let (low, high) = (self.expr(low)?, self.expr(high)?);
        let inside = self.inside(arg, low, high)?;
        Ok(boolean(if negated { Expr::Not(boxed(inside)) } else { inside }))
    }

    fn inside(&mut self, arg: Typed, low: Typed, high: Typed) -> Result<Expr> {
        let (left, low) = self.meet_or_refuse(arg.clone(), low, ">=")?;
        let (right, high) = self.meet_or_refuse(arg, high, "<=")?;
        Ok(Expr::And(vec![
            Expr::Compare { op: Comparison::GtEq, left: boxed(left), right: boxed(low) },
            Expr::Compare { op: Comparison::LtEq, left: boxed(right), right: boxed(high) },
        ]))
    }

    #[allow(clippy::too_many_arguments)]
    fn pattern(
        &mut self,
        form: MatchForm,
        insensitive: bool,
        negated: bool,
        any: bool,
        arg: &ast::Expr,
        pattern: &ast::Expr,
        escape: Option<&ast::ValueWithSpan>,
    ) -> Result<Typed> {
        let arg = self.expr(arg)?;
        let quantifier = Quantifier::Match { form, insensitive, negated };
        if any {
            return self.quantify(arg, quantifier, pattern, false);
        }
        if let Some((array, all)) = quantified_pattern(pattern) {
            return self.quantify(arg, quantifier, array, all);
        }
        let pattern = self.expr(pattern)?;
        let escape = match escape {
            Some(escape) => {
                let typed = self.literal(&escape.value)?;
                Some(self.coerce_implicitly(typed, &SqlType::Text, "ESCAPE")?)
            }
            None => None,
        };
        self.match_typed(arg, pattern, Match { form, insensitive, negated, escape })
    }

    pub(super) fn match_typed(&mut self, arg: Typed, pattern: Typed, how: Match) -> Result<Typed> {
        // The blanks of a char(n) count here, as in PostgreSQL.
        let arg = if matches!(arg.ty.sql, SqlType::Bpchar(_)) { arg.expr } else { self.textual(arg)? };
        let pattern = self.textual(pattern)?;
        Ok(boolean(Expr::Match { arg: boxed(arg), pattern: boxed(pattern), how: Box::new(how) }))
    }

    fn textual(&mut self, typed: Typed) -> Result<Expr> {
        if !typed.ty.is_unknown() && !crate::typing::is_textual(&typed.ty.sql) {
            return Err(SystemError::UndefinedOperator(format!("{} ~~ text", typed.ty.sql.sql_name())));
        }
        self.coerce(typed, &SqlType::Text)
    }
}

/// The array of `LIKE ALL (...)`, which comes as a call of a function `all`; true: it is ALL.
fn quantified_pattern(pattern: &ast::Expr) -> Option<(&ast::Expr, bool)> {
    let ast::Expr::Function(call) = pattern else { return None };
    let [ast::ObjectNamePart::Identifier(name)] = call.name.0.as_slice() else { return None };
    let all = match fold(name).as_str() {
        _ if name.quote_style.is_some() => return None,
        "all" => true,
        "any" | "some" => false,
        _ => return None,
    };
    let ast::FunctionArguments::List(list) = &call.args else { return None };
    match list.args.as_slice() {
        [ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(array))] => Some((array, all)),
        _ => None,
    }
}

/// An array of constants is a constant.
fn constant_array(items: Vec<Expr>) -> Expr {
    let constants: Option<Vec<Value>> =
        items.iter().map(|item| if let Expr::Const(value) = item { Some(value.clone()) } else { None }).collect();
    match constants {
        Some(values) => Expr::Const(Value::array(values)),
        None => Expr::Array(items),
    }
}

/// A number as PostgreSQL types it: int4, else int8, else numeric.
fn number(text: &str) -> Result<Typed> {
    if let Ok(value) = text.parse::<i64>() {
        let sql_type = if i32::try_from(value).is_ok() { SqlType::Int4 } else { SqlType::Int8 };
        return Ok(Typed::new(Expr::Const(Value::Int(value)), sql_type));
    }
    match crate::decimal::Decimal::parse(text) {
        Some(decimal) => Ok(Typed::new(Expr::Const(Value::decimal(decimal?)), SqlType::Numeric(None))),
        None => Err(SystemError::Unsupported("this form of number".into())),
    }
}
