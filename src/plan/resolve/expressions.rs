//! Expressions of the syntax tree: columns to the names their scans list. Every kind of expression that is passed on is
//! named here.

use sqlparser::ast::{self, CaseWhen, Expr, SetExpr, Value};

use sluice_base::SqlType;

use super::casts::{interval_literal, precision, rounded};
use super::comparisons::is_row;
use super::literals::{is_bitwise, undeclared_numeric, unpadded, without_exponent};
use super::names::{Resolver, null};
use super::{declared, json, operands, similar, untyped};
use crate::PlanError;
use crate::datetime;
use crate::query::{fold, fold_name};

impl Resolver<'_> {
    /// Rewrites one expression in the current scopes.
    pub(super) fn expr(&mut self, expr: &mut Expr) -> Result<(), PlanError> {
        self.tell(expr);
        match expr {
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
                self.column(expr)?;
                match self.declared(expr) {
                    Some(SqlType::Record) => Err(PlanError::Unsupported("a whole row as a value".into())),
                    _ => Ok(()),
                }
            }
            Expr::Value(value) => {
                self.value(&value.value)?;
                if let Some(plain) = without_exponent(&value.value) {
                    *expr = plain;
                }
                Ok(())
            }
            Expr::TypedString(typed) => {
                if let Some(digits) = precision(&mut typed.data_type)? {
                    *expr = rounded(std::mem::replace(expr, Expr::value(Value::Null)), digits);
                    return Ok(());
                }
                if super::sql_type_of(&typed.data_type)? == SqlType::Numeric(None) {
                    *expr = undeclared_numeric(Expr::Value(typed.value.clone()));
                }
                Ok(())
            }
            Expr::Interval(interval) => {
                let literal = interval_literal(interval)?;
                *expr = literal;
                Ok(())
            }
            Expr::IsNull(_) | Expr::IsNotNull(_) if self.is_row_test(expr)? => {
                if let Some(test) = self.row_test(expr)? {
                    *expr = test;
                }
                self.expr(expr)
            }
            Expr::Nested(inner)
            | Expr::IsFalse(inner)
            | Expr::IsNotFalse(inner)
            | Expr::IsTrue(inner)
            | Expr::IsNotTrue(inner)
            | Expr::IsNull(inner)
            | Expr::IsNotNull(inner)
            | Expr::IsUnknown(inner)
            | Expr::IsNotUnknown(inner) => self.expr(inner),
            Expr::UnaryOp { op, .. } => {
                let op = *op;
                self.unary(expr, op)
            }
            Expr::Extract { expr: inner, field, .. } => {
                self.expr(inner)?;
                let unit = field.to_string().trim_matches(['\'', '"']).to_lowercase();
                let value = std::mem::replace(&mut **inner, Expr::value(Value::Null));
                let unit = Expr::value(Value::SingleQuotedString(unit));
                *expr = super::names::call(datetime::EXTRACT, vec![unit, value]);
                Ok(())
            }
            Expr::Cast { format: None, .. } => self.cast(expr),
            Expr::Ceil { expr: inner, .. } | Expr::Floor { expr: inner, .. } => self.expr(inner),
            Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
                let types = (self.declared(left), self.declared(right));
                if let (Some(of_left), Some(of_right)) = &types {
                    operands::check(&ast::BinaryOperator::Eq, Some(of_left), Some(of_right))?;
                }
                self.each([&mut **left, &mut **right])?;
                if types.0 == Some(SqlType::Jsonb) || types.1 == Some(SqlType::Jsonb) {
                    json::compare(left, types.0.as_ref());
                    json::compare(right, types.1.as_ref());
                }
                Ok(())
            }
            Expr::BinaryOp { left, right, op } => {
                if *op == ast::BinaryOperator::Overlaps && is_row(left) && is_row(right) {
                    *expr = self.overlap(expr)?;
                    return self.expr(expr);
                }
                if is_row(left) || is_row(right) {
                    return self.row_comparison(expr);
                }
                if matches!(op, ast::BinaryOperator::And | ast::BinaryOperator::Or) {
                    let clause = op.to_string();
                    self.boolean(left, &clause)?;
                    self.boolean(right, &clause)?;
                    return self.each([&mut **left, &mut **right]);
                }
                if let Some(name) = json::function(op) {
                    return self.json_operator(expr, name);
                }
                if *op == ast::BinaryOperator::PGStartsWith {
                    return self.starts_with(expr);
                }
                if self.nested_operator(expr)? {
                    return Ok(());
                }
                let Expr::BinaryOp { left, right, op } = expr else {
                    return Err(PlanError::Internal("no operator".into()));
                };
                if json::is_other(op) || !super::nested::is_known(op) {
                    return Err(PlanError::Unsupported(format!("the operator {op}")));
                }
                let (of_left, of_right) = (self.declared(left), self.declared(right));
                self.each([&mut **left, &mut **right])?;
                operands::check(op, of_left.as_ref(), of_right.as_ref())?;
                unpadded(left, of_right.as_ref());
                unpadded(right, of_left.as_ref());
                if is_bitwise(op) {
                    super::names::narrow_integer(left);
                    super::names::narrow_integer(right);
                }
                use ast::BinaryOperator as B;
                let shifts = matches!(op, B::PGBitwiseShiftLeft | B::PGBitwiseShiftRight);
                if shifts && of_left == Some(SqlType::Int2) {
                    as_small(expr);
                }
                Ok(())
            }
            Expr::Like { any: true, .. } | Expr::ILike { any: true, .. } => {
                *expr = super::like::any(expr)?;
                self.expr(expr)
            }
            Expr::Like { pattern, .. } | Expr::ILike { pattern, .. }
                if super::like::array_of_all(pattern).is_some() =>
            {
                if let Some(array) = super::like::array_of_all(pattern).cloned() {
                    *expr = super::like::of_each(expr, &array, ast::BinaryOperator::And)?;
                }
                self.expr(expr)
            }
            Expr::Like { expr: inner, pattern, any: false, escape_char, negated } => {
                let sign = if *negated { "!~~" } else { "~~" };
                let types = (self.declared(inner), self.declared(pattern));
                self.each([&mut **inner, &mut **pattern])?;
                operands::check_pattern(sign, types.0.as_ref(), types.1.as_ref())?;
                super::calls::filled_up(inner, types.0.as_ref());
                self.like(pattern, escape_char)
            }
            Expr::ILike { expr: inner, pattern, any: false, escape_char, negated } => {
                let sign = if *negated { "!~~*" } else { "~~*" };
                let types = (self.declared(inner), self.declared(pattern));
                self.each([&mut **inner, &mut **pattern])?;
                operands::check_pattern(sign, types.0.as_ref(), types.1.as_ref())?;
                super::calls::filled_up(inner, types.0.as_ref());
                self.like(pattern, escape_char)
            }
            Expr::IsNormalized { expr: inner, form, negated } => {
                self.expr(inner)?;
                let form = form.map_or_else(|| "NFC".into(), |form| form.to_string());
                let form = Expr::value(Value::SingleQuotedString(form));
                let value = std::mem::replace(&mut **inner, null());
                let test = super::names::call(datetime::IS_NORMALIZED, vec![value, form]);
                *expr = if *negated {
                    Expr::Nested(Box::new(Expr::UnaryOp { op: ast::UnaryOperator::Not, expr: Box::new(test) }))
                } else {
                    test
                };
                Ok(())
            }
            Expr::SimilarTo { .. } => {
                similar::as_regular_expression(expr)?;
                self.expr(expr)
            }
            Expr::AtTimeZone { timestamp, time_zone } => {
                self.each([&mut **timestamp, &mut **time_zone])?;
                let take = |part: &mut Expr| std::mem::replace(part, Expr::value(Value::Null));
                *expr = super::names::call("timezone", vec![take(time_zone), take(timestamp)]);
                Ok(())
            }
            Expr::Position { expr: inner, r#in } => {
                let of_bytes = self.declared(r#in) == Some(SqlType::Bytea);
                self.each([&mut **inner, &mut **r#in])?;
                if of_bytes {
                    let take = |part: &mut Expr| std::mem::replace(part, null());
                    *expr = super::names::call("\u{1}bytes_place", vec![take(r#in), take(inner)]);
                }
                Ok(())
            }
            Expr::Between { .. } => {
                if let Some(both) = super::nested::symmetric(expr) {
                    *expr = both;
                    return self.expr(expr);
                }
                let Expr::Between { expr: inner, low, high, .. } = expr else {
                    return Err(PlanError::Internal("no BETWEEN".into()));
                };
                let parts = [&**inner, &**low, &**high];
                if parts.iter().any(|part| self.declared(part) == Some(SqlType::Jsonb)) {
                    *expr = as_comparisons(expr);
                    return self.expr(expr);
                }
                self.each([&mut **inner, &mut **low, &mut **high])
            }
            Expr::InList { expr: inner, .. } if is_row(inner) => self.row_in_list(expr),
            Expr::InList { expr: inner, list, .. } => {
                let of_inner = self.declared(inner);
                self.expr(inner)?;
                for item in &mut *list {
                    let of_item = self.declared(item);
                    operands::check(&ast::BinaryOperator::Eq, of_inner.as_ref(), of_item.as_ref())?;
                    self.expr(item)?;
                    unpadded(item, of_inner.as_ref());
                    if of_inner == Some(SqlType::Jsonb) {
                        json::compare(item, of_item.as_ref());
                    }
                }
                if of_inner == Some(SqlType::Jsonb) {
                    json::compare(inner, of_inner.as_ref());
                }
                if matches!(of_inner, Some(SqlType::Array(_))) {
                    untyped::adopt(&mut std::iter::once(&mut **inner).chain(list).collect::<Vec<_>>());
                }
                Ok(())
            }
            Expr::Tuple(items) => self.each(items),
            Expr::InSubquery { expr: inner, .. } if is_row(inner) => self.row_in_subquery(expr, false),
            Expr::InSubquery { expr: inner, subquery, negated } => {
                if let Some(list) = listed(subquery) {
                    let (expr_, negated) = (Box::new(std::mem::replace(&mut **inner, null())), *negated);
                    *expr = Expr::InList { expr: expr_, list, negated };
                    return self.expr(expr);
                }
                let of_inner = self.declared(inner);
                self.expr(inner)?;
                let columns = self.query(subquery)?;
                let ([of_rows], [name]) = (columns.types.as_slice(), columns.unique.as_slice()) else {
                    return Err(PlanError::Form("subquery has too many columns".into()));
                };
                operands::check(&ast::BinaryOperator::Eq, of_inner.as_ref(), of_rows.as_ref())?;
                if of_inner == Some(SqlType::Jsonb) || *of_rows == Some(SqlType::Jsonb) {
                    json::compare(inner, of_inner.as_ref());
                    super::names::wrapped(&mut subquery.body, 0, name, json::KEY)?;
                }
                Ok(())
            }
            Expr::Exists { subquery, .. } => self.query(subquery).map(|_| ()),
            Expr::Subquery(subquery) => {
                let types = self.scalar_query(subquery)?.types;
                let [only] = types.as_slice() else {
                    return Err(PlanError::Form("subquery must return only one column".into()));
                };
                // The text of a subquery does not tell its type to what stands around it.
                if let Some(only @ (SqlType::Json | SqlType::Jsonb | SqlType::Record)) = only {
                    *expr = super::documents::told(std::mem::replace(expr, null()), only);
                }
                Ok(())
            }
            Expr::Array(_) => self.array(expr),
            Expr::CompoundFieldAccess { .. } => self.subscripts(expr),
            Expr::AnyOp { .. } | Expr::AllOp { .. } => self.quantified(expr),
            Expr::Substring { expr: inner, substring_from: Some(from), substring_for: None, .. }
                if self.declared(from).is_some_and(|found| found.is_text() || found == SqlType::Unknown) =>
            {
                let take = |part: &mut Expr| std::mem::replace(part, null());
                let mut args = vec![take(inner), take(from)];
                self.each(&mut args)?;
                *expr = super::rewritten::part_by_pattern(args);
                Ok(())
            }
            Expr::Substring { expr: inner, substring_from, substring_for, .. }
                if self.declared(inner) == Some(SqlType::Bytea) =>
            {
                let one = || Expr::value(Value::Number("1".into(), false));
                let from = substring_from.take().map_or_else(one, |from| *from);
                let value = std::mem::replace(&mut **inner, null());
                let mut args: Vec<Expr> =
                    [value, from].into_iter().chain(substring_for.take().map(|length| *length)).collect();
                self.each(&mut args)?;
                args.iter_mut().for_each(super::names::narrow_integer);
                *expr = super::names::call("\u{1}bytes_part", args);
                Ok(())
            }
            Expr::Substring { expr: inner, substring_from, substring_for, .. } => {
                self.expr(inner)?;
                self.each(substring_from.as_deref_mut().into_iter().chain(substring_for.as_deref_mut()))
            }
            Expr::Trim { expr: inner, trim_what, trim_characters: None, .. } => {
                self.expr(inner)?;
                self.each(trim_what.as_deref_mut())
            }
            Expr::Overlay { expr: inner, overlay_what, overlay_from, overlay_for } => {
                if super::calls::literal_integer(overlay_from) == Some(0) {
                    return Err(PlanError::Substring);
                }
                self.each([&mut **inner, &mut **overlay_what, &mut **overlay_from])?;
                self.each(overlay_for.as_deref_mut())
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                // ELSE comes first where types are chosen.
                let results = else_result.as_deref().into_iter().chain(conditions.iter().map(|when| &when.result));
                self.matched(results, "CASE")?;
                let of_operand = operand.as_deref().and_then(|operand| self.declared(operand));
                self.each(operand.as_deref_mut())?;
                let keyed = of_operand == Some(SqlType::Jsonb);
                if let (Some(operand), true) = (operand.as_deref_mut(), keyed) {
                    json::compare(operand, of_operand.as_ref());
                }
                for CaseWhen { condition, result } in &mut *conditions {
                    let of_condition = self.declared(condition);
                    match operand {
                        None => self.boolean(condition, "CASE/WHEN")?,
                        Some(_) => {
                            operands::check(&ast::BinaryOperator::Eq, of_operand.as_ref(), of_condition.as_ref())?;
                        }
                    }
                    self.each([&mut *condition, result])?;
                    if keyed {
                        json::compare(condition, of_condition.as_ref());
                    }
                }
                self.each(else_result.as_deref_mut())?;
                let mut branches: Vec<&mut Expr> = conditions.iter_mut().map(|when| &mut when.result).collect();
                branches.extend(else_result.as_deref_mut());
                branches.iter_mut().for_each(|branch| super::names::narrow_integer(branch));
                untyped::adopt(&mut branches);
                untyped::unite(&mut branches);
                Ok(())
            }
            Expr::Rollup(sets) | Expr::Cube(sets) | Expr::GroupingSets(sets) => self.each(sets.iter_mut().flatten()),
            Expr::Collate { expr: inner, collation } => {
                let name = fold_name(collation)?.pop().unwrap_or_default();
                if !matches!(name.as_str(), "default" | "C" | "POSIX" | "ucs_basic") {
                    return Err(PlanError::Unsupported("COLLATE other than \"C\"".into()));
                }
                let mut inner = std::mem::replace(&mut **inner, Expr::value(Value::Null));
                self.expr(&mut inner)?;
                *expr = Expr::Nested(Box::new(inner));
                Ok(())
            }
            Expr::Function(_) => self.function_expr(expr),
            other => Err(PlanError::Unsupported(unknown(other).to_string())),
        }
    }

    pub(super) fn each<'e>(&mut self, all: impl IntoIterator<Item = &'e mut Expr>) -> Result<(), PlanError> {
        all.into_iter().try_for_each(|expr| self.expr(expr))
    }

    /// A column by its name.
    pub(super) fn column(&self, expr: &mut Expr) -> Result<(), PlanError> {
        *expr = match &*expr {
            Expr::Identifier(ident) => self.identifier(ident)?,
            Expr::CompoundIdentifier(parts) => self.compound(parts)?,
            _ => return Err(PlanError::Internal("no name".into())),
        };
        Ok(())
    }

    fn value(&self, value: &Value) -> Result<(), PlanError> {
        match value {
            Value::Number(..)
            | Value::SingleQuotedString(_)
            | Value::EscapedStringLiteral(_)
            | Value::DollarQuotedString(_)
            | Value::UnicodeStringLiteral(_)
            | Value::Boolean(_)
            | Value::Null
            | Value::Placeholder(_) => Ok(()),
            _ => Err(PlanError::Unsupported("this kind of literal".into())),
        }
    }

    fn identifier(&self, ident: &ast::Ident) -> Result<Expr, PlanError> {
        let name = fold(ident);
        if let Some(found) = self.find_unqualified(&name)? {
            return Ok(found);
        }
        if self.scopes.iter().any(|scope| scope.relations.iter().any(|relation| relation.name == name)) {
            return Err(PlanError::Unsupported("a whole row as a value".into()));
        }
        if ident.quote_style.is_none()
            && let Some(constant) = self.session_value(&name)
        {
            return Ok(constant);
        }
        Err(PlanError::UndefinedColumn(name))
    }

    fn compound(&self, parts: &[ast::Ident]) -> Result<Expr, PlanError> {
        let parts: Vec<String> = parts.iter().map(fold).collect();
        let shown = parts.join(".");
        let [.., relation, column] = parts.as_slice() else { return Err(PlanError::UndefinedColumn(shown)) };
        let found = self.scopes.iter().rev().flat_map(|scope| &scope.relations).find(|r| r.name == *relation);
        let listed = found.and_then(|relation| self.listed(relation, column));
        match (found, listed) {
            (Some(_), Some(listed)) => Ok(super::names::qualified(relation, &listed)),
            (Some(_), None) => Err(PlanError::UndefinedQualified(relation.clone(), column.clone())),
            (None, _) => Err(self.missing_from(relation)),
        }
    }

    /// A relation that no FROM in sight goes by; told from the names that the statement itself gives.
    pub(super) fn missing_from(&self, name: &str) -> PlanError {
        let relations = self.scopes.iter().rev().flat_map(|scope| &scope.relations);
        match relations.into_iter().find(|relation| relation.table.as_deref() == Some(name)) {
            Some(relation) => PlanError::HiddenByAlias(name.to_string(), relation.name.clone()),
            None => PlanError::MissingFrom(name.to_string()),
        }
    }

    /// `-a ^ b` is `(-a) ^ b`: minus binds more tightly than a power.
    fn unary(&mut self, expr: &mut Expr, op: ast::UnaryOperator) -> Result<(), PlanError> {
        let Expr::UnaryOp { expr: inner, .. } = expr else { return Err(PlanError::Internal("no operator".into())) };
        if op == ast::UnaryOperator::Minus
            && let Expr::BinaryOp { left, op: ast::BinaryOperator::PGExp, right } = &mut **inner
        {
            let take = |side: &mut Expr| Box::new(std::mem::replace(side, null()));
            let left = Box::new(Expr::Nested(Box::new(Expr::UnaryOp { op, expr: take(left) })));
            *expr = Expr::BinaryOp { left, op: ast::BinaryOperator::PGExp, right: take(right) };
            return self.expr(expr);
        }
        if let Some(call) = super::nested::prefix(op, (**inner).clone()) {
            let small = op == ast::UnaryOperator::BitwiseNot && self.declared(inner) == Some(SqlType::Int2);
            *expr = call;
            self.expr(expr)?;
            if small {
                as_small(expr);
            }
            return Ok(());
        }
        let declared = self.declared(inner);
        match (op, declared) {
            (ast::UnaryOperator::Not, _) => self.boolean(inner, "NOT")?,
            (ast::UnaryOperator::Minus | ast::UnaryOperator::Plus, Some(found))
                if declared::is_text(&found) || matches!(found, SqlType::Bool | SqlType::Date) =>
            {
                let sign = if op == ast::UnaryOperator::Minus { "-" } else { "+" };
                return Err(PlanError::UndefinedOperator(format!("{sign} {}", declared::shown(&found))));
            }
            _ => {}
        }
        self.expr(inner)
    }

    /// Values of the session that stand as bare words or calls without arguments.
    pub(super) fn session_value(&self, name: &str) -> Option<Expr> {
        let text = match name {
            "current_user" | "session_user" | "user" | "current_role" => self.asker.principal.user.clone(),
            "current_catalog" | "current_database" => self.asker.database.to_string(),
            "current_schema" => self.asker.search_path.first()?.clone(),
            _ => return None,
        };
        Some(Expr::value(Value::SingleQuotedString(text)))
    }
}

/// `a BETWEEN b AND c` as two comparisons.
fn as_comparisons(expr: &Expr) -> Expr {
    let Expr::Between { expr: value, negated, low, high } = expr else { return expr.clone() };
    let nested = |part: &Expr| Expr::Nested(Box::new(part.clone()));
    let part = |op, bound: &Expr| super::names::binary(nested(value), op, nested(bound));
    let (from, to) = (part(ast::BinaryOperator::GtEq, low), part(ast::BinaryOperator::LtEq, high));
    let both = super::names::binary(from, ast::BinaryOperator::And, to);
    match negated {
        true => Expr::Nested(Box::new(Expr::UnaryOp { op: ast::UnaryOperator::Not, expr: Box::new(both) })),
        false => both,
    }
}

/// A result that the engine has as an `integer`.
fn as_small(expr: &mut Expr) {
    let inner = Box::new(Expr::Nested(Box::new(std::mem::replace(expr, null()))));
    let data_type = ast::DataType::SmallInt(None);
    *expr = Expr::Cast { kind: ast::CastKind::Cast, expr: inner, data_type, array: false, format: None };
}

/// The rows of `(VALUES (1), (2))`, where it is that and nothing more.
fn listed(query: &ast::Query) -> Option<Vec<Expr>> {
    let plain =
        query.with.is_none() && query.order_by.is_none() && query.limit_clause.is_none() && query.fetch.is_none();
    let SetExpr::Values(values) = query.body.as_ref() else { return None };
    let single = |row: &ast::Parens<Vec<Expr>>| match row.content.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    };
    if plain { values.rows.iter().map(single).collect() } else { None }
}

pub(super) fn literal_text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// What an expression that is not done is called.
fn unknown(expr: &Expr) -> &'static str {
    match expr {
        Expr::JsonAccess { .. } => "a path into json with a colon",
        Expr::RLike { .. } => "RLIKE",
        Expr::InUnnest { .. } => "IN UNNEST",
        Expr::Convert { .. } => "CONVERT",
        Expr::Named { .. } | Expr::Struct { .. } | Expr::Dictionary(_) | Expr::Map(_) => "a value of named fields",
        Expr::Wildcard(_) | Expr::QualifiedWildcard(..) => "* as a value",
        Expr::Lambda(_) => "a function as a value",
        _ => "this form of an expression",
    }
}
