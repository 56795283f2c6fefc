//! Comparisons with more than one value on a side: ANY and ALL over arrays and subqueries, row values. Each becomes
//! comparisons of single values, joined by AND and OR, which have PostgreSQL's three-valued answer.
//!
//! Invariant: a look-up (see `govern::lookup`) is `field = value` or an IN list as the client wrote it, `= ANY` over an
//! array parameter or `ARRAY[...]` being such a list. Nothing else here may turn into one: an equality with a value is
//! written as `NOT (a <> b)`, which no look-up is made of and which the optimizer turns back later.

use std::ops::ControlFlow;

use sluice_base::SqlType;
use sluice_model::dialect::PostgreSql;
use sqlparser::ast::{
    self, BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Query, SetExpr, TableFactor, Value,
};

use super::names::{Resolver, balanced, binary, boolean, null, qualified, quoted};
use crate::PlanError;

/// Longest array that is compared item by item.
const ITEMS_MAX: usize = 1_000;

/// The items of an array, and whether they stand as a list that the client wrote.
struct Items {
    list: Vec<Expr>,
    written: bool,
}

impl Resolver<'_> {
    /// A condition of WHERE: its conjuncts may be told apart from NULL and false by nobody.
    pub(super) fn condition(&mut self, expr: &mut Expr) -> Result<(), PlanError> {
        match expr {
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                self.boolean(left, "AND")?;
                self.boolean(right, "AND")?;
                self.condition(left)?;
                self.condition(right)
            }
            Expr::Nested(inner) => self.condition(inner),
            Expr::InSubquery { expr: inner, negated: false, .. } if is_row(inner) => self.row_in_subquery(expr, true),
            _ => self.expr(expr),
        }
    }

    /// `x op ANY (...)`, `x op ALL (...)`.
    pub(super) fn quantified(&mut self, expr: &mut Expr) -> Result<(), PlanError> {
        let (left, op, right, all) = match expr {
            Expr::AnyOp { left, compare_op, right, .. } => (left, compare_op.clone(), right, false),
            Expr::AllOp { left, compare_op, right } => (left, compare_op.clone(), right, true),
            _ => return Err(PlanError::Internal("neither ANY nor ALL".into())),
        };
        if !is_comparison(&op) {
            return Err(PlanError::Unsupported("ANY or ALL with this operator".into()));
        }
        let is_list = matches!((&op, all), (BinaryOperator::Eq, false) | (BinaryOperator::NotEq, true));
        // The items of ARRAY (SELECT ...) are the rows of the subquery.
        if let Expr::Function(function) = &**right
            && let FunctionArguments::Subquery(subquery) = &function.args
            && crate::query::fold_name(&function.name)?.as_slice() == ["array"]
        {
            **right = Expr::Subquery(subquery.clone());
        }
        if let Expr::Subquery(subquery) = &mut **right {
            if !is_list {
                if is_row(left) {
                    return Err(PlanError::Unsupported("ANY or ALL of row values with this operator".into()));
                }
                self.expr(left)?;
                let before = self.reads();
                self.query(subquery)?;
                return self.copied(self.reads() - before);
            }
            let left = Box::new(std::mem::replace(&mut **left, null()));
            let subquery = subquery.clone();
            *expr = Expr::InSubquery { expr: left, subquery, negated: all };
            return self.expr(expr);
        }
        let of_left = self.declared(left);
        if self.is_array_value(right) {
            super::json::refuse_equality(of_left.as_ref().filter(|found| **found == SqlType::Jsonb), "ANY")?;
            match (self.declared(left), self.declared(right)) {
                (Some(value), Some(SqlType::Array(item))) => super::operands::check(&op, Some(&value), Some(&item))?,
                (_, None | Some(SqlType::Array(_) | SqlType::Unknown)) => {}
                _ => return Err(PlanError::WrongKind("op ANY/ALL (array) requires array on right side".into())),
            }
            self.each([&mut **left, &mut **right])?;
            super::names::narrow_integer(left);
            let take = |side: &mut Expr| std::mem::replace(side, null());
            let sign = Expr::value(Value::SingleQuotedString(op.to_string()));
            *expr = super::names::call(crate::nested::QUANTIFIED, vec![take(left), take(right), sign, boolean(all)]);
            return Ok(());
        }
        self.expr(left)?;
        let mut left = std::mem::replace(&mut **left, null());
        let mut items = self.items(std::mem::replace(&mut **right, null()))?;
        if of_left == Some(SqlType::Jsonb) {
            super::json::compare(&mut left, of_left.as_ref());
            items.list.iter_mut().for_each(|item| super::json::compare(item, Some(&SqlType::Unknown)));
        }
        *expr = if is_list { in_list(left, items, all) } else { chain(&left, &op, items.list, all)? };
        Ok(())
    }

    /// An array that only a row brings: a column, or what a function makes.
    fn is_array_value(&self, array: &Expr) -> bool {
        match array {
            Expr::Nested(inner) => self.is_array_value(inner),
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Function(_) => true,
            Expr::BinaryOp { .. } | Expr::CompoundFieldAccess { .. } => true,
            _ => false,
        }
    }

    fn items(&mut self, array: Expr) -> Result<Items, PlanError> {
        let items = match array {
            Expr::Nested(inner) => return self.items(*inner),
            Expr::Cast { expr, data_type: ast::DataType::Array(of), .. } => {
                let mut items = self.items(*expr)?;
                if let ast::ArrayElemTypeDef::SquareBracket(of, _) = of {
                    items.list.iter_mut().try_for_each(|item| self.typed(item, &of))?;
                }
                return Ok(items);
            }
            Expr::Array(array) => Items { list: array.elem, written: true },
            Expr::Value(value) => match &value.value {
                Value::Placeholder(name) => match self.array_parameter(name)? {
                    Some(list) => Items { list, written: true },
                    // Only described so far: the placeholder stands for one item.
                    None => Items { list: vec![Expr::Value(value)], written: true },
                },
                Value::SingleQuotedString(text) => Items { list: array_text(text)?, written: false },
                Value::Null => Items { list: vec![null()], written: false },
                _ => return Err(PlanError::Datatype("ANY and ALL need an array".into())),
            },
            _ => return Err(PlanError::Unsupported("ANY or ALL over this kind of array".into())),
        };
        let mut items = items;
        self.each(&mut items.list)?;
        Ok(items)
    }

    /// An item of an array that was cast; text stays as it is, so that a list of texts is still one.
    fn typed(&mut self, item: &mut Expr, of: &ast::DataType) -> Result<(), PlanError> {
        if super::sql_type_of(of)?.is_text() {
            return Ok(());
        }
        let inner = Box::new(std::mem::replace(item, null()));
        let mut cast = ast::DataType::clone(of);
        super::casts::castable(&super::sql_type_of(of)?, &mut cast)?;
        *item = Expr::Cast { kind: ast::CastKind::Cast, expr: inner, data_type: cast, array: false, format: None };
        Ok(())
    }

    /// `(a, b) op (c, d)`
    pub(super) fn row_comparison(&mut self, expr: &mut Expr) -> Result<(), PlanError> {
        let Expr::BinaryOp { left, op, right } = expr else {
            return Err(PlanError::Internal("no comparison".into()));
        };
        let op = op.clone();
        if !is_comparison(&op) {
            return Err(PlanError::Unsupported("row values with this operator".into()));
        }
        let (left, right) = (self.row(left)?, self.row(right)?);
        *expr = compare_rows(&left, &op, &right)?;
        Ok(())
    }

    /// `(a, b) IN ((1, 2), ...)`
    pub(super) fn row_in_list(&mut self, expr: &mut Expr) -> Result<(), PlanError> {
        let Expr::InList { expr: inner, list, negated } = expr else {
            return Err(PlanError::Internal("no IN list".into()));
        };
        let left = self.row(inner)?;
        if list.len() > ITEMS_MAX {
            return Err(PlanError::TooComplex("a list of row values"));
        }
        let mut parts = Vec::with_capacity(list.len());
        for item in list.iter_mut() {
            let right = self.row(item)?;
            parts.push(compare_rows(&left, &BinaryOperator::Eq, &right)?);
        }
        let any = balanced(parts, BinaryOperator::Or, false);
        *expr = if *negated { not(any) } else { any };
        Ok(())
    }

    /// `(a, b) IN (SELECT c, d ...)`; as a conjunct of WHERE, NULL need not be told from false.
    pub(super) fn row_in_subquery(&mut self, expr: &mut Expr, conjunct: bool) -> Result<(), PlanError> {
        let Expr::InSubquery { expr: inner, subquery, negated } = expr else {
            return Err(PlanError::Internal("no IN".into()));
        };
        let left = self.row(inner)?;
        let mut subquery = subquery.clone();
        let columns = self.query(&mut subquery)?.unique;
        if columns.len() != left.len() {
            let what = if columns.len() > left.len() { "many" } else { "few" };
            return Err(PlanError::Form(format!("subquery has too {what} columns")));
        }
        let name = "\u{1}row";
        let right: Vec<Expr> = columns.iter().map(|column| qualified(name, column)).collect();
        let same = compare_rows(&left, &BinaryOperator::Eq, &right)?;
        let exists = exists(&subquery, name, same.clone())?;
        if conjunct {
            *expr = exists;
            return Ok(());
        }
        let unknown = self::exists(&subquery, name, Expr::IsNull(Box::new(same)))?;
        let when = |condition, result| ast::CaseWhen { condition, result };
        let value = Expr::Case {
            case_token: ast::helpers::attached_token::AttachedToken::empty(),
            end_token: ast::helpers::attached_token::AttachedToken::empty(),
            operand: None,
            conditions: vec![when(exists, boolean(true)), when(unknown, null())],
            else_result: Some(Box::new(boolean(false))),
        };
        *expr = if *negated { not(value) } else { value };
        Ok(())
    }

    /// The items of a row value, resolved.
    fn row(&mut self, expr: &mut Expr) -> Result<Vec<Expr>, PlanError> {
        let mut items = row_items(std::mem::replace(expr, null()))?;
        let types = items.iter().map(|item| self.declared(item));
        types.into_iter().try_for_each(|found| super::json::refuse_equality(found.as_ref(), "ROW"))?;
        self.each(&mut items)?;
        Ok(items)
    }
}

/// The items of a row value, as they are written.
pub(super) fn row_items(expr: Expr) -> Result<Vec<Expr>, PlanError> {
    Ok(match expr {
        Expr::Nested(inner) => return row_items(*inner),
        Expr::Tuple(items) => items,
        Expr::Function(function) => match function.args {
            FunctionArguments::List(list) => list
                .args
                .into_iter()
                .map(|arg| match arg {
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(item)) => Ok(item),
                    _ => Err(PlanError::Unsupported("this form of a row value".into())),
                })
                .collect::<Result<_, _>>()?,
            _ => return Err(PlanError::Unsupported("this form of a row value".into())),
        },
        _ => return Err(PlanError::Unsupported("a row value compared with something else".into())),
    })
}

/// True for `(a, b)` and `ROW(a, b)`.
pub(super) fn is_row(expr: &Expr) -> bool {
    match expr {
        Expr::Tuple(_) => true,
        Expr::Nested(inner) => is_row(inner),
        Expr::Function(function) => match function.name.0.as_slice() {
            [ast::ObjectNamePart::Identifier(name)] => {
                name.quote_style.is_none() && name.value.eq_ignore_ascii_case("row")
            }
            _ => false,
        },
        _ => false,
    }
}

pub(super) fn is_comparison(op: &BinaryOperator) -> bool {
    use BinaryOperator as B;
    matches!(op, B::Eq | B::NotEq | B::Lt | B::LtEq | B::Gt | B::GtEq)
}

fn not(expr: Expr) -> Expr {
    Expr::UnaryOp { op: ast::UnaryOperator::Not, expr: Box::new(Expr::Nested(Box::new(expr))) }
}

fn in_list(left: Expr, items: Items, negated: bool) -> Expr {
    if items.list.is_empty() {
        // No item equals anything, NULL included.
        return boolean(negated);
    }
    let list = |negated| Expr::InList { expr: Box::new(left), list: items.list, negated };
    if items.written || negated { list(negated) } else { not(list(true)) }
}

fn chain(left: &Expr, op: &BinaryOperator, items: Vec<Expr>, all: bool) -> Result<Expr, PlanError> {
    if items.len() > ITEMS_MAX {
        return Err(PlanError::TooComplex("ANY or ALL over a long array"));
    }
    affordable(nodes(left).saturating_mul(items.len()))?;
    let parts = items.into_iter().map(|item| compare(left, op, &item)).collect();
    Ok(balanced(parts, if all { BinaryOperator::And } else { BinaryOperator::Or }, all))
}

/// One comparison; see the module's invariant for equality.
fn compare(left: &Expr, op: &BinaryOperator, right: &Expr) -> Expr {
    let column = |expr: &Expr| matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
    match op {
        BinaryOperator::Eq if !(column(left) && column(right)) => {
            not(binary(left.clone(), BinaryOperator::NotEq, right.clone()))
        }
        _ => binary(left.clone(), op.clone(), right.clone()),
    }
}

/// Nodes that one comparison may write out. What is compared stands several times in the result: nested without a bound,
/// a short statement would become a huge one.
const NODES_MAX: usize = 4_000;

fn affordable(nodes: usize) -> Result<(), PlanError> {
    if nodes > NODES_MAX { Err(PlanError::TooComplex("nested comparisons of rows or arrays")) } else { Ok(()) }
}

/// Size of an expression, counted no further than it matters.
fn nodes(expr: &Expr) -> usize {
    let mut count = 0;
    let _ = ast::visit_expressions(expr, |_| {
        count += 1;
        if count > NODES_MAX { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    count
}

fn compare_rows(left: &[Expr], op: &BinaryOperator, right: &[Expr]) -> Result<Expr, PlanError> {
    use BinaryOperator as B;
    if left.len() != right.len() {
        return Err(PlanError::Form("unequal number of entries in row expressions".into()));
    }
    affordable(left.iter().chain(right).map(nodes).sum())?;
    let each = |op: &B| left.iter().zip(right).map(|(left, right)| compare(left, op, right)).collect::<Vec<_>>();
    let strict = match op {
        B::Eq => return Ok(balanced(each(&B::Eq), B::And, true)),
        B::NotEq => return Ok(balanced(each(&B::NotEq), B::Or, false)),
        B::Lt | B::LtEq => B::Lt,
        _ => B::Gt,
    };
    // The first pair that differs decides; the last one takes the operator as it was written.
    let mut pairs = left.iter().zip(right).rev();
    let Some((left, right)) = pairs.next() else { return Ok(boolean(true)) };
    let last = compare(left, op, right);
    Ok(pairs.fold(last, |rest, (left, right)| {
        let same = binary(compare(left, &B::Eq, right), B::And, rest);
        binary(compare(left, &strict, right), B::Or, same)
    }))
}

/// `EXISTS (SELECT 1 FROM (subquery) AS name WHERE condition)`
fn exists(subquery: &Query, name: &str, condition: Expr) -> Result<Expr, PlanError> {
    let frame = sqlparser::parser::Parser::new(&PostgreSql)
        .try_with_sql("SELECT 1 FROM (SELECT 1) AS x WHERE true")
        .and_then(|mut parser| parser.parse_query())
        .map_err(|error| PlanError::Internal(error.to_string()))?;
    let mut frame = frame;
    if let SetExpr::Select(select) = frame.body.as_mut() {
        for table in &mut select.from {
            if let TableFactor::Derived { subquery: inner, alias: Some(alias), .. } = &mut table.relation {
                **inner = subquery.clone();
                alias.name = quoted(name);
            }
        }
        select.selection = Some(condition);
    }
    Ok(Expr::Exists { subquery: frame, negated: false })
}

/// The items of `'{a,"b c",NULL}'` as literals.
pub(super) fn array_text(text: &str) -> Result<Vec<Expr>, PlanError> {
    let literal = |item: Option<String>| item.map_or_else(null, |item| Expr::value(Value::SingleQuotedString(item)));
    Ok(array_items(text)?.into_iter().map(literal).collect())
}

/// The items of `'{a,"b c",NULL}'`: one dimension, as PostgreSQL reads it.
pub(crate) fn array_items(text: &str) -> Result<Vec<Option<String>>, PlanError> {
    let wrong = || PlanError::ArrayLiteral;
    let inside = text.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).ok_or_else(wrong)?;
    let mut items = Vec::new();
    let mut letters = inside.chars().peekable();
    if inside.trim().is_empty() {
        return Ok(items);
    }
    loop {
        let (mut item, mut quotes, mut kept) = (String::new(), false, 0);
        loop {
            match letters.next() {
                Some('"') if quotes || item.is_empty() && kept == 0 => {
                    quotes = !quotes;
                    // What stood in quotes is kept whole, blanks and the word NULL included.
                    kept = kept.max(1).max(item.len() + 1);
                }
                Some('\\') => {
                    item.push(letters.next().ok_or_else(wrong)?);
                    kept = item.len() + 1;
                }
                Some(letter) if quotes => {
                    item.push(letter);
                    kept = item.len() + 1;
                }
                Some(',') => break,
                Some('{' | '}' | '"') => return Err(wrong()),
                Some(blank) if blank.is_whitespace() && item.is_empty() && kept == 0 => {}
                Some(letter) => item.push(letter),
                None if quotes => return Err(wrong()),
                None => {
                    items.push(array_item(item, kept)?);
                    return Ok(items);
                }
            }
        }
        items.push(array_item(item, kept)?);
    }
}

/// An item whose first `kept - 1` bytes stood in quotes or behind a backslash; `kept` is 0 where nothing did.
fn array_item(mut item: String, kept: usize) -> Result<Option<String>, PlanError> {
    let end = item.trim_end().len().max(kept.saturating_sub(1));
    item.truncate(end);
    if kept == 0 && item.is_empty() {
        return Err(PlanError::ArrayLiteral);
    }
    if kept == 0 && item.eq_ignore_ascii_case("null") {
        return Ok(None);
    }
    Ok(Some(item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn array_texts() {
        let cases = [
            ("{}", Some("")),
            ("{a,b}", Some("'a'|'b'")),
            (" { a , b c } ", Some("'a'|'b c'")),
            (r#"{"a b","",NULL,"NULL",null}"#, Some("'a b'|''|NULL|'NULL'|NULL")),
            (r#"{a\,b,"c\"d"," e "}"#, Some("'a,b'|'c\"d'|' e '")),
            ("{中,文}", Some("'中'|'文'")),
            ("{a,}", None),
            ("{,a}", None),
            ("{{1},{2}}", None),
            ("{\"a}", None),
            ("a,b", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let got = array_text(text).ok();
            let got = got.map(|items| items.iter().map(ToString::to_string).collect::<Vec<_>>().join("|"));
            assert_eq!(got.as_deref(), expected, "{text}");
        }
    }
}
