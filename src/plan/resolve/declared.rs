//! Types that the text of an expression tells by itself: those of fields, casts, literals, and of what is made of them by
//! rules that need no more.
//!
//! Not a second type checker: the planner types the statement. What is told here names operands in messages as
//! PostgreSQL does, and gives result columns the declared type that the engine's types do not tell apart (`varchar(20)`
//! from `text`). `None` anywhere means "not told", and whoever asks goes on without.

use sluice_base::SqlType;
use sqlparser::ast::{
    self, BinaryOperator as B, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Value,
};

use super::names::Resolver;
use super::parameters::number_of;
use super::{documents, untyped};
use crate::PlanError;
use crate::nested;
use crate::query::{fold, fold_name};

/// Operators of a chain that are looked through.
const DEPTH_MAX: usize = 12;

impl Resolver<'_> {
    /// The type of an expression, as it was written or already resolved.
    pub(super) fn declared(&self, expr: &Expr) -> Option<SqlType> {
        self.typed_at(expr, 0)
    }

    fn typed_at(&self, expr: &Expr, depth: usize) -> Option<SqlType> {
        if depth > DEPTH_MAX {
            return None;
        }
        let inner = |expr: &Expr| self.typed_at(expr, depth + 1);
        match expr {
            Expr::Identifier(ident) => match self.find_unqualified(&fold(ident)).ok()? {
                None if ident.quote_style.is_none() => self.session_value(&fold(ident)).map(|_| SqlType::Name),
                None | Some(Expr::Identifier(_)) => None,
                Some(found) => inner(&found),
            },
            Expr::CompoundIdentifier(parts) => {
                let parts: Vec<String> = parts.iter().map(fold).collect();
                let [.., relation, column] = parts.as_slice() else { return None };
                let relation =
                    self.scopes.iter().rev().flat_map(|scope| &scope.relations).find(|r| r.name == *relation)?;
                let listed = self.listed(relation, column)?;
                let place = relation.columns.iter().position(|column| *column == listed)?;
                relation.types.get(place)?.clone()
            }
            Expr::Nested(nested) | Expr::Collate { expr: nested, .. } => inner(nested),
            Expr::Value(value) => literal(&value.value).or_else(|| self.told.get(&number_of(expr)?).cloned()),
            Expr::BinaryOp { op: B::AtArrow | B::ArrowAt | B::PGOverlap | B::PGStartsWith, .. } => Some(SqlType::Bool),
            Expr::BinaryOp { left, op: B::Minus | B::HashMinus, .. } if inner(left) == Some(SqlType::Jsonb) => {
                Some(SqlType::Jsonb)
            }
            Expr::BinaryOp { op: B::Overlaps, .. } => Some(SqlType::Bool),
            Expr::BinaryOp { op: B::Question | B::QuestionAnd | B::QuestionPipe, .. } => Some(SqlType::Bool),
            Expr::Cast { data_type, array: false, .. } => super::sql_type_of(data_type).ok(),
            Expr::TypedString(typed) => super::sql_type_of(&typed.data_type).ok(),
            Expr::Interval(_) => Some(SqlType::Interval),
            Expr::UnaryOp { op: ast::UnaryOperator::Not, .. } => Some(SqlType::Bool),
            Expr::UnaryOp { op: ast::UnaryOperator::Minus | ast::UnaryOperator::Plus, expr } => inner(expr).map(bare),
            Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::IsTrue(_)
            | Expr::IsNotTrue(_)
            | Expr::IsFalse(_)
            | Expr::IsNotFalse(_)
            | Expr::IsUnknown(_)
            | Expr::IsNotUnknown(_)
            | Expr::IsDistinctFrom(..)
            | Expr::IsNotDistinctFrom(..)
            | Expr::Like { .. }
            | Expr::ILike { .. }
            | Expr::SimilarTo { .. }
            | Expr::Between { .. }
            | Expr::InList { .. }
            | Expr::InSubquery { .. }
            | Expr::Exists { .. } => Some(SqlType::Bool),
            Expr::BinaryOp { op: B::And | B::Or | B::Eq | B::NotEq | B::Lt | B::LtEq | B::Gt | B::GtEq, .. } => {
                Some(SqlType::Bool)
            }
            Expr::BinaryOp { left, op, right } => computed(&inner(left)?, op, &inner(right)?),
            Expr::Extract { .. } => Some(SqlType::Numeric(None)),
            Expr::Substring { .. } | Expr::Trim { .. } | Expr::Overlay { .. } => Some(SqlType::Text),
            Expr::Position { .. } => Some(SqlType::Int4),
            Expr::Case { conditions, else_result, .. } => {
                // ELSE comes first where types are chosen.
                let results = else_result.as_deref().into_iter().chain(conditions.iter().map(|when| &when.result));
                self.common(results, depth)
            }
            Expr::Array(array) => {
                let items = array.elem.iter();
                let known: Vec<&Expr> = items.filter(|item| inner(item) != Some(SqlType::Unknown)).collect();
                let item = if known.is_empty() {
                    SqlType::Text
                } else {
                    known
                        .iter()
                        .map(|item| inner(item))
                        .collect::<Option<Vec<_>>>()?
                        .into_iter()
                        .rev()
                        .max_by_key(width)?
                };
                Some(SqlType::Array(Box::new(bare(item))))
            }
            Expr::CompoundFieldAccess { root, access_chain } => of_subscript(self, root, access_chain, depth),
            Expr::Function(function) => self.of_call(function, depth),
            _ => None,
        }
    }

    /// What branches have in common, where that is plain.
    pub(super) fn common<'e>(&self, exprs: impl Iterator<Item = &'e Expr>, depth: usize) -> Option<SqlType> {
        let mut found: Option<SqlType> = None;
        for expr in exprs {
            let next = self.typed_at(expr, depth + 1)?;
            found = Some(match found {
                None => next,
                Some(before) => of_both(before, next)?,
            });
        }
        found
    }

    fn of_call(&self, function: &Function, depth: usize) -> Option<SqlType> {
        let name = fold_name(&function.name).ok()?.pop()?;
        let args = arguments(function);
        if let Some(sql_type) = self.session_type(function) {
            return Some(sql_type);
        }
        if args.is_empty() && self.session_value(&name).is_some() {
            return Some(SqlType::Name);
        }
        let first = || args.first().and_then(|arg| self.typed_at(arg, depth + 1));
        Some(match name.as_str() {
            "count" | "row_number" | "rank" | "dense_rank" | "regr_count" => SqlType::Int8,
            "substring" | "substr" | "length" | "octet_length" if first() == Some(SqlType::Bytea) => {
                match name.as_str() {
                    "substring" | "substr" => SqlType::Bytea,
                    _ => SqlType::Int4,
                }
            }
            "ntile" | "length" | "char_length" | "character_length" | "octet_length" | "strpos" | "ascii" => {
                SqlType::Int4
            }
            "lower" | "upper" | "initcap" | "left" | "right" | "lpad" | "rpad" | "ltrim" | "rtrim" | "btrim"
            | "replace" | "reverse" | "repeat" | "split_part" | "concat" | "concat_ws" | "translate" | "substr"
            | "substring" | "to_char" | "md5" | "string_agg" | "chr" | "format" | "regexp_replace" | "to_hex" => {
                SqlType::Text
            }
            "encode" | "quote_nullable" | "quote_literal" | "jsonb_pretty" | "convert_from" => SqlType::Text,
            "decode" | "sha224" | "sha256" | "sha384" | "sha512" | "convert_to" | "\u{1}bytes_part" => SqlType::Bytea,
            "get_byte" | "get_bit" | "regexp_instr" => SqlType::Int4,
            "sind" | "cosd" | "tand" | "cotd" | "asind" | "acosd" | "atand" | "atan2d" => SqlType::Float8,
            "jsonb_set" => SqlType::Jsonb,
            "bool_and" | "bool_or" | "every" | "starts_with" | "regexp_like" => SqlType::Bool,
            "age" | "make_interval" | "justify_days" | "justify_hours" | "justify_interval" => SqlType::Interval,
            "date_trunc" => match self.typed_at(args.get(1)?, depth + 1)? {
                SqlType::Date => SqlType::Timestamptz,
                found @ (SqlType::Timestamp | SqlType::Timestamptz | SqlType::Interval) => found,
                _ => return None,
            },
            "to_date" | "make_date" => SqlType::Date,
            "to_timestamp" | "make_timestamptz" => SqlType::Timestamptz,
            "make_timestamp" => SqlType::Timestamp,
            "abs" => bare(first().filter(SqlType::is_number)?),
            "round" | "trunc" | "ceil" | "ceiling" | "floor" | "sign" => match first()? {
                found @ SqlType::Numeric(_) => bare(found),
                _ if args.len() == 2 => SqlType::Numeric(None),
                found if found.is_number() => SqlType::Float8,
                _ => return None,
            },
            "now" | "clock_timestamp" | "statement_timestamp" | "transaction_timestamp" => SqlType::Timestamptz,
            // There is no minimum of varchar, and one of char.
            "min" | "max" => match first()? {
                SqlType::Varchar(_) | SqlType::Unknown => SqlType::Text,
                other => bare(other),
            },
            "sum" | "avg" if first() == Some(SqlType::Time) => SqlType::Interval,
            "sum" => match first()? {
                SqlType::Int2 | SqlType::Int4 => SqlType::Int8,
                SqlType::Int8 | SqlType::Numeric(_) => SqlType::Numeric(None),
                other => bare(other),
            },
            "avg" => match first()? {
                SqlType::Float4 | SqlType::Float8 => SqlType::Float8,
                SqlType::Interval => SqlType::Interval,
                other if other.is_number() => SqlType::Numeric(None),
                _ => return None,
            },
            "first_value" | "last_value" | "nth_value" | "lag" | "lead" => bare(first()?),
            "array_agg" => SqlType::Array(Box::new(bare(first()?))),
            untyped::KEPT => documents::told_type(args.get(1)?).or_else(first)?,
            nested::ARRAY => SqlType::Array(Box::new(bare(first()?))),
            nested::SLICE | "array_remove" | "array_replace" | "array_append" | "array_cat" => first()?,
            "array_prepend" => self.typed_at(args.get(1)?, depth + 1)?,
            nested::ITEM | super::rows::ROWS | "unnest" => match first()? {
                SqlType::Array(item) => *item,
                _ => return None,
            },
            "string_to_array" | "regexp_match" | "regexp_split_to_array" | "regexp_matches" => {
                SqlType::Array(Box::new(SqlType::Text))
            }
            "array_positions" => SqlType::Array(Box::new(SqlType::Int4)),
            "array_length" | "array_upper" | "array_lower" | "array_ndims" | "cardinality" | "array_position"
            | "num_nulls" | "num_nonnulls" | "json_array_length" | "jsonb_array_length" => SqlType::Int4,
            nested::CONTAINS | nested::OVERLAPS | nested::QUANTIFIED => SqlType::Bool,
            super::json::CONTAINS | super::json::HAS_KEY => SqlType::Bool,
            "array_to_string"
            | "json_typeof"
            | "jsonb_typeof"
            | "json_object_keys"
            | "jsonb_object_keys"
            | "json_array_elements_text"
            | "jsonb_array_elements_text"
            | "regexp_split_to_table"
            | "string_to_table"
            | super::json::ITEM_TEXT
            | super::json::STEP_TEXT => SqlType::Text,
            "json_strip_nulls" | "json_array_elements" => SqlType::Json,
            "jsonb_strip_nulls" | "jsonb_array_elements" => SqlType::Jsonb,
            super::json::ITEM | super::json::STEP => match first()? {
                found @ (SqlType::Json | SqlType::Jsonb) => found,
                _ => return None,
            },
            name if documents::result(name).is_some() => documents::result(name)?,
            "stddev" | "stddev_samp" | "stddev_pop" | "variance" | "var_samp" | "var_pop" => match first()? {
                SqlType::Float4 | SqlType::Float8 => SqlType::Float8,
                found if found.is_number() => SqlType::Numeric(None),
                _ => return None,
            },
            "percentile_cont" => SqlType::Float8,
            "percentile_disc" | "mode" => bare(self.typed_at(&function.within_group.first()?.expr, depth + 1)?),
            "nullif" => match first()? {
                text if text.is_text() => SqlType::Text,
                other => other,
            },
            "coalesce" | "greatest" | "least" => return self.common(args.into_iter(), depth),
            _ => return None,
        })
    }

    /// The arguments of a call in a message: their types, as far as they are told.
    pub(super) fn signature(&self, name: &str, function: &Function) -> String {
        let shown = |arg: &Expr| self.declared(arg).map_or_else(|| "...".into(), |found| shown(&found));
        let types: Vec<String> = arguments(function).into_iter().map(shown).collect();
        if types.iter().any(|found| found == "...") {
            return format!("{name}(...)");
        }
        format!("{name}({})", types.join(", "))
    }
}

/// Which of several numbers has the type of all.
pub(super) fn width(sql_type: &SqlType) -> u8 {
    match sql_type {
        SqlType::Int2 => 0,
        SqlType::Int4 => 1,
        SqlType::Int8 => 2,
        SqlType::Numeric(_) => 3,
        SqlType::Float4 => 4,
        SqlType::Float8 => 5,
        _ => 6,
    }
}

/// The type of `a[1]` and `a[1:2]`.
fn of_subscript(resolver: &Resolver, root: &Expr, chain: &[ast::AccessExpr], depth: usize) -> Option<SqlType> {
    let mut parts = match root {
        Expr::Identifier(first) => vec![first.clone()],
        Expr::CompoundIdentifier(parts) => parts.clone(),
        _ => Vec::new(),
    };
    let plain = parts.len();
    for step in chain {
        match step {
            ast::AccessExpr::Dot(Expr::Identifier(ident)) if plain > 0 => parts.push(ident.clone()),
            _ => break,
        }
    }
    let whole = if parts.len() > plain { Expr::CompoundIdentifier(parts) } else { root.clone() };
    match (resolver.typed_at(&whole, depth + 1)?, chain.last()?) {
        (SqlType::Array(item), ast::AccessExpr::Subscript(ast::Subscript::Index { .. })) => Some(*item),
        (found @ SqlType::Array(_), _) => Some(found),
        _ => None,
    }
}

fn arguments(function: &Function) -> Vec<&Expr> {
    match &function.args {
        FunctionArguments::List(list) => list
            .args
            .iter()
            .filter_map(|arg| match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn literal(value: &Value) -> Option<SqlType> {
    Some(match value {
        Value::Number(text, _) if text.parse::<i32>().is_ok() => SqlType::Int4,
        Value::Number(text, _) if text.parse::<i64>().is_ok() => SqlType::Int8,
        Value::Number(..) => SqlType::Numeric(None),
        Value::Boolean(_) => SqlType::Bool,
        Value::Null
        | Value::SingleQuotedString(_)
        | Value::EscapedStringLiteral(_)
        | Value::DollarQuotedString(_)
        | Value::UnicodeStringLiteral(_) => SqlType::Unknown,
        _ => return None,
    })
}

/// A type without its length, or its precision and scale.
fn bare(sql_type: SqlType) -> SqlType {
    match sql_type {
        SqlType::Varchar(_) => SqlType::Varchar(None),
        SqlType::Numeric(_) => SqlType::Numeric(None),
        // The length tells how far its values are filled up with blanks.
        other => other,
    }
}

/// A type as messages name it.
pub(super) fn shown(sql_type: &SqlType) -> String {
    match sql_type {
        SqlType::Bpchar(_) => SqlType::Bpchar(None).sql_name(),
        other => bare(other.clone()).sql_name(),
    }
}

/// Text, by any of its types, a literal of no type aside.
pub(super) fn is_text(sql_type: &SqlType) -> bool {
    sql_type.is_text() && *sql_type != SqlType::Unknown
}

/// Groups of types between which PostgreSQL converts by itself; `None` for a literal of no type and for types that
/// stand alone.
pub(super) fn category(sql_type: &SqlType) -> Option<u8> {
    Some(match sql_type {
        found if is_text(found) => 0,
        SqlType::Char => 0,
        SqlType::Bool => 1,
        found if found.is_number() => 2,
        SqlType::Date | SqlType::Timestamp | SqlType::Timestamptz => 3,
        SqlType::Time | SqlType::Interval => 4,
        SqlType::Uuid => 5,
        SqlType::Bytea => 6,
        SqlType::Json => 7,
        SqlType::Jsonb => 8,
        _ => return None,
    })
}

/// The type that branches or columns of two types have; `None` where the engine's own rule is to be asked.
pub(super) fn united(left: &SqlType, right: &SqlType, what: &str) -> Result<Option<SqlType>, PlanError> {
    if left == right {
        return Ok(Some(left.clone()));
    }
    Ok(match (category(left), category(right)) {
        (Some(0), Some(0)) => Some(bare(left.clone())),
        (None, Some(0)) if *left == SqlType::Unknown => Some(bare(right.clone())),
        (Some(0), None) if *right == SqlType::Unknown => Some(bare(left.clone())),
        (_, Some(7 | 8)) if *left == SqlType::Unknown => Some(right.clone()),
        (Some(7 | 8), _) if *right == SqlType::Unknown => Some(left.clone()),
        (Some(l), Some(r)) if l != r && !what.is_empty() => {
            let told = format!("{what} types {} and {} cannot be matched", shown(left), shown(right));
            return Err(PlanError::Mismatch(told));
        }
        _ => None,
    })
}

/// The type that two branches of an expression have, where it is plain.
fn of_both(before: SqlType, next: SqlType) -> Option<SqlType> {
    use SqlType as T;
    match (before, next) {
        (T::Unknown, found) | (found, T::Unknown) => Some(bare(found)),
        (before, next) if before == next => Some(before),
        (before, next) if before.is_number() && next.is_number() => {
            Some(bare(if width(&before) < width(&next) { next } else { before }))
        }
        // Of char of different lengths the longest is not known, and text takes the blanks away.
        (T::Bpchar(_), found @ (T::Text | T::Varchar(_))) | (found @ (T::Text | T::Varchar(_)), T::Bpchar(_)) => {
            Some(bare(found))
        }
        (T::Bpchar(_), T::Bpchar(_)) => None,
        (T::Date, found @ (T::Timestamp | T::Timestamptz)) | (found @ (T::Timestamp | T::Timestamptz), T::Date) => {
            Some(found)
        }
        (before, next) => united(&before, &next, "").ok()?,
    }
}

/// The type of what an operator makes of plain numbers, dates and texts.
fn computed(left: &SqlType, op: &B, right: &SqlType) -> Option<SqlType> {
    use SqlType as T;
    match op {
        B::Arrow | B::HashArrow if matches!(left, T::Json | T::Jsonb) => Some(left.clone()),
        B::LongArrow | B::HashLongArrow => Some(T::Text),
        B::StringConcat if *left == T::Jsonb && matches!(right, T::Jsonb | T::Unknown) => Some(T::Jsonb),
        B::StringConcat if matches!(left, T::Array(_)) => Some(left.clone()),
        B::StringConcat if matches!(right, T::Array(_)) => Some(right.clone()),
        B::StringConcat if left.is_text() && right.is_text() => Some(T::Text),
        B::StringConcat if is_text(left) || is_text(right) => Some(T::Text),
        B::StringConcat if *left == T::Unknown && matches!(category(right), Some(1..=5)) => Some(T::Text),
        B::StringConcat if *right == T::Unknown && matches!(category(left), Some(1..=5)) => Some(T::Text),
        B::Plus | B::Minus | B::Multiply | B::Divide | B::Modulo => match (left, right) {
            (T::Float4, T::Float4) => Some(T::Float4),
            (T::Float4 | T::Float8, other) | (other, T::Float4 | T::Float8) if other.is_number() => Some(T::Float8),
            (T::Numeric(_), other) | (other, T::Numeric(_)) if other.is_number() => Some(T::Numeric(None)),
            (T::Int8, T::Int2 | T::Int4 | T::Int8) | (T::Int2 | T::Int4, T::Int8) => Some(T::Int8),
            (T::Int2, T::Int2) => Some(T::Int2),
            (T::Int2 | T::Int4, T::Int2 | T::Int4) => Some(T::Int4),
            (T::Date, T::Date) if *op == B::Minus => Some(T::Int4),
            (T::Date, T::Int2 | T::Int4) => Some(T::Date),
            (T::Date | T::Timestamp, T::Interval) => Some(T::Timestamp),
            (T::Timestamptz, T::Interval) => Some(T::Timestamptz),
            (T::Date, T::Time) if *op == B::Plus => Some(T::Timestamp),
            (T::Timestamp, T::Time) => Some(T::Timestamp),
            (T::Timestamptz, T::Time) => Some(T::Timestamptz),
            (T::Date, T::Time) if *op == B::Minus => Some(T::Timestamp),
            (T::Interval, T::Interval) => Some(T::Interval),
            (T::Time, other) | (other, T::Time) if other.is_number() => Some(T::Interval),
            (T::Timestamp, T::Timestamp | T::Date) | (T::Date, T::Timestamp) if *op == B::Minus => Some(T::Interval),
            (T::Timestamptz, T::Timestamptz) if *op == B::Minus => Some(T::Interval),
            (T::Time, T::Time) if *op == B::Minus => Some(T::Interval),
            (T::Interval, other) | (other, T::Interval) if other.is_number() => Some(T::Interval),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_unite_to_the_first_that_has_a_type() {
        let union = |left: SqlType, right: SqlType| united(&left, &right, "UNION");
        let varchar = || SqlType::Varchar(Some(20));
        assert_eq!(union(varchar(), varchar()).ok(), Some(Some(varchar())));
        assert_eq!(union(varchar(), SqlType::Text).ok(), Some(Some(SqlType::Varchar(None))));
        assert_eq!(union(SqlType::Unknown, varchar()).ok(), Some(Some(SqlType::Varchar(None))));
        assert_eq!(union(SqlType::Int4, SqlType::Int8).ok(), Some(None));
        let told = union(SqlType::Int8, varchar()).map_err(|error| error.to_string());
        assert_eq!(told, Err("UNION types bigint and character varying cannot be matched".into()));
    }
}
