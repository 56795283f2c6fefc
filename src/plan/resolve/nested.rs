//! Arrays and jsonb in expressions: constructors, subscripts, and operators that have a function behind them.

use sluice_base::SqlType;
use sqlparser::ast::{self, AccessExpr, BinaryOperator as B, Expr, Subscript, UnaryOperator, Value};

use super::comparisons::array_text;
use super::expressions::literal_text;
use super::names::{Resolver, balanced, binary, call, narrow_integer, null};
use super::{json, operands, untyped};
use crate::PlanError;
use crate::nested;

/// An operand of an operator over arrays or jsonb: resolved, with its type.
type Operand = (Expr, Option<SqlType>);

impl Resolver<'_> {
    /// `ARRAY[a, b]`
    pub(super) fn array(&mut self, expr: &mut Expr) -> Result<(), PlanError> {
        let Expr::Array(array) = expr else { return Err(PlanError::Internal("no array".into())) };
        let mut items = std::mem::take(&mut array.elem);
        if !array.named {
            return Err(PlanError::Form("syntax error at or near \"[\"".into()));
        }
        if items.is_empty() {
            return Err(PlanError::EmptyArray);
        }
        let dimensions = items.iter().any(|item| matches!(self.declared(item), Some(SqlType::Array(_))));
        if dimensions || items.iter().any(|item| matches!(item, Expr::Array(_))) {
            return Err(PlanError::Unsupported("an array of arrays".into()));
        }
        self.matched(items.iter(), "ARRAY")?;
        self.each(&mut items)?;
        items.iter_mut().for_each(narrow_integer);
        untyped::adopt(&mut items.iter_mut().collect::<Vec<_>>());
        *expr = call(nested::ARRAY, items);
        Ok(())
    }

    /// `'{a,b}'::text[]`, `ARRAY[a, b]::text[]`, `$1::text[]` and casts of arrays that are values; `None` for casts of
    /// anything else.
    pub(super) fn array_cast(&mut self, inner: &Expr, item: &ast::DataType) -> Result<Option<Expr>, PlanError> {
        let items = match (inner, literal_text(inner)) {
            (Expr::Nested(inner), _) => return self.array_cast(inner, item),
            (_, Some(text)) => array_text(text)?,
            (Expr::Array(array), _) if array.named => array.elem.clone(),
            (Expr::Value(value), _) => match &value.value {
                Value::Null => return self.read_as_array(null(), item).map(Some),
                Value::Placeholder(name) => match self.array_value(name)? {
                    Some(Some(items)) => items,
                    Some(None) => return self.read_as_array(null(), item).map(Some),
                    // Only described so far: the placeholder stands for one item.
                    None => vec![inner.clone()],
                },
                _ => return Ok(None),
            },
            _ => return self.value_cast(inner, item),
        };
        let cast = |expr: Expr| cast_to(expr, item);
        let mut items: Vec<Expr> = items.into_iter().map(cast).collect();
        if items.is_empty() {
            return self.empty(cast(null())).map(Some);
        }
        self.each(&mut items)?;
        Ok(Some(call(nested::ARRAY, items)))
    }

    /// A text, or NULL, as an array.
    fn read_as_array(&mut self, mut text: Expr, item: &ast::DataType) -> Result<Expr, PlanError> {
        let mut nothing = cast_to(null(), item);
        self.each([&mut text, &mut nothing])?;
        Ok(call(nested::ARRAY_OF_TEXT, vec![text, call(nested::ARRAY, vec![nothing])]))
    }

    /// A literal of no type as an array of such items.
    pub(super) fn read_array(&mut self, literal: &mut Expr, item: &SqlType) -> Result<(), PlanError> {
        let text = std::mem::replace(literal, null());
        *literal = self.read_as_array(text, &spelled(item)?)?;
        Ok(())
    }

    /// A cast of an array that is no literal, where each item has the same value in the other type.
    fn value_cast(&mut self, inner: &Expr, item: &ast::DataType) -> Result<Option<Expr>, PlanError> {
        use SqlType as T;
        let to = super::sql_type_of(item)?;
        let (plain, mut spelling) = (matches!(to, T::Text | T::Varchar(None)), item.clone());
        match self.declared(inner) {
            Some(found) if found.is_text() => self.read_as_array(inner.clone(), item).map(Some),
            Some(T::Array(from)) => {
                let same = *from == to || plain && from.is_text();
                let grows = match (&*from, &to) {
                    (T::Int2, T::Int4 | T::Int8) | (T::Int4, T::Int8) => true,
                    (T::Int2 | T::Int4, T::Float8) => true,
                    (T::Int2 | T::Int4 | T::Int8 | T::Bool | T::Date, _) => plain,
                    _ => false,
                };
                if !same && !grows {
                    return Ok(None);
                }
                let mut value = inner.clone();
                self.expr(&mut value)?;
                if same {
                    return Ok(Some(value));
                }
                super::casts::castable(&to, &mut spelling)?;
                let of = ast::ArrayElemTypeDef::SquareBracket(Box::new(spelling), None);
                Ok(Some(cast_to(value, &ast::DataType::Array(of))))
            }
            _ => Ok(None),
        }
    }

    /// An array without items. No call has the type of its items alone: what is left of one with an item has it.
    fn empty(&mut self, mut nothing: Expr) -> Result<Expr, PlanError> {
        self.expr(&mut nothing)?;
        let number = |text: &str| Expr::value(Value::Number(text.into(), false));
        Ok(call(nested::SLICE, vec![call(nested::ARRAY, vec![nothing]), number("2"), number("1")]))
    }

    /// `a[1]`, `t.a[1:2]`
    pub(super) fn subscripts(&mut self, expr: &mut Expr) -> Result<(), PlanError> {
        let Expr::CompoundFieldAccess { root, access_chain } = expr else {
            return Err(PlanError::Internal("no subscript".into()));
        };
        let mut value = std::mem::replace(&mut **root, null());
        let mut chain = std::mem::take(access_chain).into_iter().peekable();
        while let Some(AccessExpr::Dot(Expr::Identifier(ident))) = chain.peek() {
            let mut parts = match value {
                Expr::Identifier(first) => vec![first],
                // `(t).column`
                Expr::Nested(row) if self.row_relation(&row)?.is_some() => match *row {
                    Expr::Identifier(first) => vec![first],
                    _ => return Err(PlanError::Unsupported("a field of a row value".into())),
                },
                Expr::CompoundIdentifier(parts) => parts,
                _ => return Err(PlanError::Unsupported("a field of a row value".into())),
            };
            parts.push(ident.clone());
            value = Expr::CompoundIdentifier(parts);
            chain.next();
        }
        if chain.peek().is_none() {
            *expr = value;
            return self.expr(expr);
        }
        let of = self.declared(&value);
        match &of {
            Some(SqlType::Array(_)) | None => {}
            Some(SqlType::Jsonb) => return Err(PlanError::Unsupported("a subscript of jsonb".into())),
            Some(found) => {
                let name = super::declared::shown(found);
                return Err(PlanError::Mismatch(format!(
                    "cannot subscript type {name} because it does not support subscripting"
                )));
            }
        }
        self.expr(&mut value)?;
        let step = chain.next();
        if chain.next().is_some() {
            return Err(PlanError::Unsupported("more than one subscript".into()));
        }
        *expr = match step {
            Some(AccessExpr::Subscript(Subscript::Index { index })) => {
                let mut index = index;
                self.expr(&mut index)?;
                call(nested::ITEM, vec![value, index])
            }
            Some(AccessExpr::Subscript(Subscript::Slice { lower_bound, upper_bound, stride: None })) => {
                let bound = |bound: Option<Expr>, open: Expr| bound.unwrap_or(open);
                let number = |text: &str| Expr::value(Value::Number(text.into(), false));
                let mut from = bound(lower_bound, number("1"));
                let mut to = bound(upper_bound, number("2147483647"));
                self.each([&mut from, &mut to])?;
                call(nested::SLICE, vec![value, from, to])
            }
            _ => return Err(PlanError::Unsupported("this form of a subscript".into())),
        };
        Ok(())
    }

    /// Operators over arrays and jsonb; `false` where the operands are of other types.
    pub(super) fn nested_operator(&mut self, expr: &mut Expr) -> Result<bool, PlanError> {
        let Expr::BinaryOp { left, op, right } = expr else { return Ok(false) };
        let op = op.clone();
        let types = (self.declared(left), self.declared(right));
        if op == B::StringConcat && (is_array_query(left) || is_array_query(right)) {
            let take = |side: &mut Expr| std::mem::replace(side, null());
            *expr = self.beside_rows(take(left), take(right))?;
            return Ok(true);
        }
        let is_array = |found: &Option<SqlType>| matches!(found, Some(SqlType::Array(_)));
        let keys = matches!(op, B::Question | B::QuestionAnd | B::QuestionPipe);
        let arrays = !keys && (is_array(&types.0) || is_array(&types.1));
        let of_json = matches!(op, B::AtArrow | B::ArrowAt | B::Question | B::QuestionAnd | B::QuestionPipe);
        let applies = match op {
            B::StringConcat | B::PGOverlap | B::Eq | B::NotEq | B::Lt | B::LtEq | B::Gt | B::GtEq => arrays,
            _ => of_json,
        };
        if !applies {
            return self.jsonb_values(expr, types);
        }
        let take = |side: &mut Expr| std::mem::replace(side, null());
        let (left, right) = (take(left), take(right));
        if !arrays && (!matches!(op, B::AtArrow | B::ArrowAt) || !matches!(left, Expr::Array(_))) {
            *expr = self.jsonb_operator(left, &op, right, types)?;
            return Ok(true);
        }
        let value = |found: &Option<SqlType>| {
            found.as_ref().is_some_and(|found| !matches!(found, SqlType::Array(_) | SqlType::Unknown))
        };
        if op != B::StringConcat && (value(&types.0) || value(&types.1)) {
            let other = |found: Option<SqlType>| found.unwrap_or(SqlType::Unknown);
            return Err(operands::undefined(&op.to_string(), &other(types.0), &other(types.1)));
        }
        let item = |found: &Option<SqlType>| match found {
            Some(SqlType::Array(item)) => Some((**item).clone()),
            _ => None,
        };
        let (of_left, of_right) = (item(&types.0), item(&types.1));
        // Of a polymorphic operator both sides are of one type; `||` alone takes what can become one.
        if let (true, Some(of_left), Some(of_right)) = (op != B::StringConcat, &of_left, &of_right)
            && [of_left, of_right].iter().all(|item| **item != SqlType::Unknown)
            && super::declared::shown(of_left) != super::declared::shown(of_right)
            && let (Some(left), Some(right)) = (&types.0, &types.1)
        {
            return Err(operands::undefined(&op.to_string(), left, right));
        }
        let left = self.operand(left, types.0, of_right)?;
        let right = self.operand(right, types.1, of_left)?;
        *expr = match op {
            B::AtArrow => call(nested::CONTAINS, vec![left.0, right.0]),
            B::ArrowAt => call(nested::CONTAINED, vec![left.0, right.0]),
            B::PGOverlap => call(nested::OVERLAPS, vec![left.0, right.0]),
            // NULL beside an array is an array too.
            B::StringConcat if is_null(&right.0) => left.0,
            B::StringConcat if is_null(&left.0) => right.0,
            B::StringConcat => match (is_array(&left.1), is_array(&right.1)) {
                (true, true) => call("array_cat", vec![left.0, right.0]),
                (true, false) => call("array_append", vec![left.0, right.0]),
                _ => call("array_prepend", vec![left.0, right.0]),
            },
            // NULL comes last among the items.
            order @ (B::Lt | B::LtEq | B::Gt | B::GtEq) => {
                let zero = Expr::value(Value::Number("0".into(), false));
                binary(call(nested::ORDER, vec![left.0, right.0]), order, zero)
            }
            comparison => binary(left.0, comparison, right.0),
        };
        Ok(true)
    }

    /// `ARRAY(SELECT ...)`; returns its type where the text tells it.
    pub(super) fn array_query(&mut self, expr: &mut Expr) -> Result<Option<SqlType>, PlanError> {
        let query = match expr {
            Expr::Function(ast::Function { args: ast::FunctionArguments::Subquery(query), .. }) => query,
            _ => return Err(PlanError::UndefinedFunction("array()".into())),
        };
        let types = self.query(query)?.types;
        let [item] = types.as_slice() else {
            return Err(PlanError::Form("subquery must return only one column".into()));
        };
        match item {
            Some(SqlType::Array(_)) => return Err(PlanError::Unsupported("an array of arrays".into())),
            Some(SqlType::Json | SqlType::Jsonb) => return Err(PlanError::Unsupported("an array of json".into())),
            Some(SqlType::Record) => return Err(PlanError::Unsupported("an array of rows".into())),
            _ => {}
        }
        let query = std::mem::replace(query, Box::new(super::names::one()?));
        *expr = call(nested::ARRAY_QUERY, vec![Expr::Subquery(query)]);
        Ok(item.clone().filter(|item| *item != SqlType::Unknown).map(|item| SqlType::Array(Box::new(item))))
    }

    /// `||` where a side is `ARRAY(SELECT ...)`.
    fn beside_rows(&mut self, left: Expr, right: Expr) -> Result<Expr, PlanError> {
        let mut sides = [left, right];
        let mut types = [None, None];
        for (side, found) in sides.iter_mut().zip(&mut types) {
            *found = match is_array_query(side) {
                true => Some(self.array_query(side)?.ok_or_else(|| {
                    PlanError::Unsupported("the operator || beside ARRAY of a subquery whose type is not told".into())
                })?),
                false => None,
            };
        }
        let item = types.iter().flatten().find_map(|found| match found {
            SqlType::Array(item) => Some((**item).clone()),
            _ => None,
        });
        let mut operands = Vec::new();
        for (side, found) in sides.into_iter().zip(types) {
            operands.push(match found {
                Some(found) => (side, Some(found)),
                None => {
                    let declared = self.declared(&side);
                    self.operand(side, declared, item.clone())?
                }
            });
        }
        let [left, right]: [Operand; 2] =
            operands.try_into().map_err(|_| PlanError::Internal("not two operands".into()))?;
        let is_array = |found: &Option<SqlType>| matches!(found, Some(SqlType::Array(_)));
        Ok(match (is_array(&left.1), is_array(&right.1)) {
            (true, true) => call("array_cat", vec![left.0, right.0]),
            (true, false) => call("array_append", vec![left.0, right.0]),
            _ => call("array_prepend", vec![left.0, right.0]),
        })
    }

    /// `a ^@ b`
    pub(super) fn starts_with(&mut self, expr: &mut Expr) -> Result<(), PlanError> {
        let Expr::BinaryOp { left, right, op } = expr else { return Err(PlanError::Internal("no operator".into())) };
        let types = (self.declared(left), self.declared(right));
        if let (Some(of_left), Some(of_right)) = &types
            && !(of_left.is_text() && of_right.is_text())
        {
            return Err(operands::undefined(&op.to_string(), of_left, of_right));
        }
        self.each([&mut **left, &mut **right])?;
        let take = |side: &mut Expr| std::mem::replace(side, null());
        *expr = call("starts_with", vec![take(left), take(right)]);
        Ok(())
    }

    /// A cast to json is a check, one to jsonb puts the value into its one form.
    pub(super) fn json_cast(&mut self, expr: &mut Expr, to: &SqlType) -> Result<(), PlanError> {
        let Expr::Cast { expr: inner, .. } = expr else { return Err(PlanError::Internal("no cast".into())) };
        let from = self.declared(inner);
        self.expr(inner)?;
        let value = std::mem::replace(&mut **inner, null());
        *expr = match from {
            Some(found) if !found.is_text() && !matches!(found, SqlType::Json | SqlType::Jsonb) => {
                return Err(PlanError::CannotCast(super::declared::shown(&found), super::declared::shown(to)));
            }
            Some(found) if found == *to => value,
            _ => {
                let name = if *to == SqlType::Jsonb { json::JSONB } else { json::JSON };
                super::documents::told(call(name, vec![value]), to)
            }
        };
        Ok(())
    }

    /// Operators between values of jsonb; `false` where neither is one.
    fn jsonb_values(&mut self, expr: &mut Expr, types: (Option<SqlType>, Option<SqlType>)) -> Result<bool, PlanError> {
        let Expr::BinaryOp { left, op, right } = expr else { return Ok(false) };
        let is_json = |found: &Option<SqlType>| *found == Some(SqlType::Jsonb);
        if !is_json(&types.0) && !is_json(&types.1) {
            return Ok(false);
        }
        let literal = |expr: &mut Expr, found: &Option<SqlType>| {
            if *found == Some(SqlType::Unknown) && literal_text(expr).is_some() {
                *expr = call(json::JSONB, vec![std::mem::replace(expr, null())]);
            }
        };
        match op {
            // Beside a text it is one.
            B::StringConcat if [&types.0, &types.1].into_iter().flatten().any(super::declared::is_text) => {
                let side = if is_json(&types.0) { left } else { right };
                let document = std::mem::replace(&mut **side, null());
                **side = cast_to(Expr::Nested(Box::new(document)), &ast::DataType::Text);
                return Ok(false);
            }
            B::Eq | B::NotEq | B::Lt | B::LtEq | B::Gt | B::GtEq | B::StringConcat => {}
            B::Minus | B::HashMinus if is_json(&types.0) => {
                let take = |side: &mut Expr| std::mem::replace(side, null());
                let (left, op, right) = (take(left), op.clone(), take(right));
                *expr = match (&op, types.1) {
                    (B::Minus, Some(SqlType::Array(_))) => {
                        let Expr::Array(keys) = right else {
                            return Err(PlanError::Unsupported("the operator - of jsonb and an array of a row".into()));
                        };
                        let without =
                            |value, key| Expr::BinaryOp { left: Box::new(value), op: B::Minus, right: Box::new(key) };
                        let mut all = keys.elem.into_iter().fold(left, without);
                        self.expr(&mut all)?;
                        all
                    }
                    _ => self.without(left, &op, right)?,
                };
                return Ok(true);
            }
            _ => return Ok(false),
        }
        operands::check(op, types.0.as_ref(), types.1.as_ref())?;
        self.each([&mut **left, &mut **right])?;
        if *op != B::StringConcat {
            json::compare(left, types.0.as_ref());
            json::compare(right, types.1.as_ref());
            return Ok(true);
        }
        literal(left, &types.0);
        literal(right, &types.1);
        if *op == B::StringConcat {
            let take = |side: &mut Expr| std::mem::replace(side, null());
            let joined = call(json::JOINED, vec![take(left), take(right)]);
            *expr = super::documents::told(joined, &SqlType::Jsonb);
        }
        Ok(true)
    }

    /// An operand beside an array of such items: a literal of no type is read as one.
    fn operand(
        &mut self,
        mut expr: Expr,
        declared: Option<SqlType>,
        other: Option<SqlType>,
    ) -> Result<Operand, PlanError> {
        if let (Some(text), Some(item)) = (literal_text(&expr), &other) {
            let data_type = spelled(item)?;
            let cast = |value: Expr| cast_to(value, &data_type);
            let mut items = array_text(text)?;
            if items.is_empty() {
                return Ok((self.empty(cast(null()))?, Some(SqlType::Array(Box::new(item.clone())))));
            }
            if !item.is_text() {
                items = items.into_iter().map(cast).collect();
            }
            self.each(&mut items)?;
            return Ok((call(nested::ARRAY, items), Some(SqlType::Array(Box::new(item.clone())))));
        }
        self.expr(&mut expr)?;
        narrow_integer(&mut expr);
        Ok((expr, declared))
    }

    /// `@>`, `<@` and `?` of jsonb.
    fn jsonb_operator(
        &mut self,
        left: Expr,
        op: &B,
        right: Expr,
        types: (Option<SqlType>, Option<SqlType>),
    ) -> Result<Expr, PlanError> {
        let is_json = |found: &Option<SqlType>| matches!(found, Some(SqlType::Jsonb | SqlType::Unknown) | None);
        let other = |found: Option<SqlType>| found.unwrap_or(SqlType::Unknown);
        let both = matches!(op, B::AtArrow | B::ArrowAt);
        if !is_json(&types.0) || both && !is_json(&types.1) {
            return Err(operands::undefined(&op.to_string(), &other(types.0), &other(types.1)));
        }
        let (mut left, mut right) = (left, right);
        self.expr(&mut left)?;
        if matches!(op, B::QuestionAnd | B::QuestionPipe) {
            let keys = match (&right, literal_text(&right)) {
                (_, Some(text)) => array_text(text)?,
                (Expr::Array(array), _) => array.elem.clone(),
                _ => return Err(PlanError::Unsupported(format!("the operator {op} over an array of a row"))),
            };
            let mut tests = Vec::with_capacity(keys.len());
            for mut key in keys {
                self.expr(&mut key)?;
                tests.push(call(json::HAS_KEY, vec![left.clone(), key]));
            }
            let all = *op == B::QuestionAnd;
            return Ok(balanced(tests, if all { B::And } else { B::Or }, all));
        }
        self.expr(&mut right)?;
        Ok(match op {
            B::AtArrow => call(json::CONTAINS, vec![left, right]),
            B::ArrowAt => call(json::CONTAINS, vec![right, left]),
            _ => call(json::HAS_KEY, vec![left, right]),
        })
    }
}

fn is_null(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_null(inner),
        Expr::Value(value) => value.value == Value::Null,
        _ => false,
    }
}

pub(super) fn cast_to(expr: Expr, data_type: &ast::DataType) -> Expr {
    Expr::Cast {
        kind: ast::CastKind::Cast,
        expr: Box::new(Expr::Nested(Box::new(expr))),
        data_type: data_type.clone(),
        array: false,
        format: None,
    }
}

/// A type as a cast names it.
pub(crate) fn spelled(sql_type: &SqlType) -> Result<ast::DataType, PlanError> {
    let name = sql_type.sql_name();
    sqlparser::parser::Parser::new(&sluice_model::dialect::PostgreSql)
        .try_with_sql(&name)
        .and_then(|mut parser| parser.parse_data_type())
        .map_err(|_| PlanError::Unsupported(format!("an array of {name}")))
}

/// The call behind a prefix operator of numbers; `None` for the others.
pub(super) fn prefix(op: UnaryOperator, value: Expr) -> Option<Expr> {
    let float = |expr: Expr| Expr::Cast {
        kind: ast::CastKind::Cast,
        expr: Box::new(Expr::Nested(Box::new(expr))),
        data_type: ast::DataType::DoublePrecision,
        array: false,
        format: None,
    };
    match op {
        UnaryOperator::PGSquareRoot => Some(call("sqrt", vec![float(value)])),
        UnaryOperator::PGCubeRoot => Some(call("cbrt", vec![float(value)])),
        UnaryOperator::PGAbs => Some(call("abs", vec![value])),
        // All bits turned over.
        UnaryOperator::BitwiseNot => {
            let one = Expr::value(Value::Number("1".into(), false));
            let minus = Expr::Nested(Box::new(Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(one) }));
            Some(binary(minus, B::Minus, Expr::Nested(Box::new(value))))
        }
        _ => None,
    }
}

/// The operators that the planner has, or that are written as others here.
pub(super) fn is_known(op: &B) -> bool {
    matches!(
        op,
        B::Plus
            | B::Minus
            | B::Multiply
            | B::Divide
            | B::Modulo
            | B::StringConcat
            | B::Gt
            | B::Lt
            | B::GtEq
            | B::LtEq
            | B::Spaceship
            | B::Eq
            | B::NotEq
            | B::And
            | B::Or
            | B::BitwiseAnd
            | B::BitwiseOr
            | B::BitwiseXor
            | B::PGBitwiseXor
            | B::PGBitwiseShiftLeft
            | B::PGBitwiseShiftRight
            | B::PGExp
            | B::PGRegexMatch
            | B::PGRegexIMatch
            | B::PGRegexNotMatch
            | B::PGRegexNotIMatch
            | B::PGLikeMatch
            | B::PGILikeMatch
            | B::PGNotLikeMatch
            | B::PGNotILikeMatch
            | B::PGCustomBinaryOperator(_)
    )
}

/// `x BETWEEN SYMMETRIC a AND b`, where the spelling of its first bound tells it.
pub(super) fn symmetric(expr: &mut Expr) -> Option<Expr> {
    let Expr::Between { expr: inner, negated, low, high } = expr else { return None };
    let Expr::Function(function) = &mut **low else { return None };
    let marked = matches!(function.name.0.as_slice(),
        [ast::ObjectNamePart::Identifier(name)] if name.value == crate::statement::SYMMETRIC);
    let ast::FunctionArguments::List(list) = &mut function.args else { return None };
    let first = match list.args.pop() {
        Some(ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(first))) if marked => first,
        _ => return None,
    };
    let between = |low: &Expr, high: &Expr| Expr::Between {
        expr: inner.clone(),
        negated: *negated,
        low: Box::new(Expr::Nested(Box::new(low.clone()))),
        high: Box::new(Expr::Nested(Box::new(high.clone()))),
    };
    let op = if *negated { B::And } else { B::Or };
    Some(binary(between(&first, high), op, between(high, &first)))
}

/// `ARRAY(SELECT …)`, whose type the text does not tell.
fn is_array_query(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_array_query(inner),
        Expr::Function(function) => matches!(function.args, ast::FunctionArguments::Subquery(_)),
        _ => false,
    }
}
