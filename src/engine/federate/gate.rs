//! The capability gate for expressions: what a source computes exactly as the engine does, rendered; `None` is "here".

use datafusion::arrow::datatypes::DataType;
use datafusion::logical_expr::expr::{Between, BinaryExpr, Cast, InList, Like};
use datafusion::logical_expr::{Expr, Operator};
use datafusion::scalar::ScalarValue;
use sluice_base::{Datum, SqlType};
use sluice_model::catalog::{Entity, SourceKind};
use sluice_model::predicate::{CompareOp, Predicate, Term};
use sluice_plan::govern::is_silent_pattern;
use sluice_plan::types::{arrow_type, decimal_text};

use super::fragment::{Constant, Params};
use crate::dialect::Dialect;

/// Longest list that is sent; longer ones are checked here.
const LIST_MAX: usize = 200;

/// A value expression at the source.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Value {
    pub(super) sql: String,
    pub(super) sql_type: SqlType,
}

/// Renders expressions for one dialect, over columns found by `resolve`.
pub(super) struct Gate<'a> {
    pub(super) dialect: &'a dyn Dialect,
    pub(super) params: &'a mut Params,
    /// SQL and type of a column of the input.
    pub(super) resolve: &'a dyn Fn(&datafusion::common::Column) -> Option<(String, SqlType)>,
}

impl Gate<'_> {
    /// A condition, in parentheses where it needs them.
    pub(super) fn condition(&mut self, expr: &Expr) -> Option<String> {
        match expr {
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
                Some(format!("({} AND {})", self.condition(left)?, self.condition(right)?))
            }
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
                Some(format!("({} OR {})", self.condition(left)?, self.condition(right)?))
            }
            Expr::Not(inner) => Some(format!("(NOT {})", self.condition(inner)?)),
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => self.comparison(left, compare_op(*op)?, right),
            Expr::IsNull(inner) => Some(format!("({} IS NULL)", self.column(inner)?.sql)),
            Expr::IsNotNull(inner) => Some(format!("({} IS NOT NULL)", self.column(inner)?.sql)),
            Expr::Between(Between { expr, negated, low, high }) => {
                let low = self.comparison(expr, CompareOp::GtEq, low)?;
                let high = self.comparison(expr, CompareOp::LtEq, high)?;
                let both = format!("({low} AND {high})");
                Some(if *negated { format!("(NOT {both})") } else { both })
            }
            // Sources bound the parameters and the depth of a statement.
            Expr::InList(InList { list, .. }) if list.len() > LIST_MAX => None,
            Expr::InList(InList { expr, list, negated }) => {
                let parts: Option<Vec<String>> =
                    list.iter().map(|item| self.comparison(expr, CompareOp::Eq, item)).collect();
                let any = format!("({})", parts.filter(|parts| !parts.is_empty())?.join(" OR "));
                Some(if *negated { format!("(NOT {any})") } else { any })
            }
            Expr::Like(Like { negated, expr, pattern, escape_char: None | Some('\\'), case_insensitive: false }) => {
                let column = self.column(expr).filter(|column| column.sql_type.is_text())?;
                let Expr::Literal(ScalarValue::Utf8(Some(pattern)), _) = &**pattern else { return None };
                // A rule may ask what it likes; a client's pattern is asked of rows that the client may not see.
                if !is_silent_pattern(pattern) {
                    return None;
                }
                let like = self.like(&column, pattern)?;
                Some(if *negated { format!("(NOT {like})") } else { like })
            }
            Expr::Column(_) => {
                let column = self.column(expr).filter(|column| column.sql_type == SqlType::Bool)?;
                let literal = self.dialect.literal(&Datum::Bool(true), &SqlType::Bool)?;
                Some(format!("({} = {literal})", column.sql))
            }
            _ => None,
        }
    }

    fn like(&mut self, column: &Value, pattern: &str) -> Option<String> {
        // char(n) matches without its padding at some sources.
        if !column.sql_type.is_text() || !self.dialect.compares(&column.sql_type) {
            return None;
        }
        if pattern.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1 {
            return None;
        }
        let params = &mut *self.params;
        let mut value = || params.mark(&SqlType::Text, Constant::Value(Datum::Text(pattern.to_string())));
        Some(format!("({})", self.dialect.text_like(&column.sql, &mut value)))
    }

    fn comparison(&mut self, left: &Expr, op: CompareOp, right: &Expr) -> Option<String> {
        match (self.column(left), self.column(right)) {
            (Some(left), Some(right)) => self.columns(&left, op, &right),
            (Some(column), None) => self.with_operand(left, column, op, right),
            (None, Some(column)) => self.with_operand(right, column, mirrored(op), left),
            (None, None) => None,
        }
    }

    fn with_operand(&mut self, expr: &Expr, column: Value, op: CompareOp, other: &Expr) -> Option<String> {
        let constant = constant(other, &column.sql_type)?;
        match (constant, expr) {
            // Integers of all widths compare at every source; a cast of the column would hide its index.
            (constant @ Constant::Parameter(_), Expr::Cast(Cast { expr, .. })) => {
                let plain = self.column(expr).filter(|plain| is_integer(&plain.sql_type))?;
                is_integer(&column.sql_type).then_some(())?;
                self.with_constant(&Value { sql_type: column.sql_type, ..plain }, op, &constant)
            }
            (constant, _) => self.with_constant(&column, op, &constant),
        }
    }

    /// A comparison of two columns.
    pub(super) fn columns(&mut self, left: &Value, op: CompareOp, right: &Value) -> Option<String> {
        let dialect = self.dialect;
        let both = dialect.compares(&left.sql_type) && dialect.compares(&right.sql_type);
        if !same_family(&left.sql_type, &right.sql_type) || !both {
            return None;
        }
        let sign = sign(op)?;
        if !left.sql_type.is_text() {
            return Some(format!("({} {sign} {})", left.sql, right.sql));
        }
        match op {
            CompareOp::Eq => dialect.text_join(&left.sql, &right.sql).map(|sql| format!("({sql})")),
            _ => Some(format!("({} {sign} {})", dialect.text_order(&left.sql), dialect.text_order(&right.sql))),
        }
    }

    fn with_constant(&mut self, column: &Value, op: CompareOp, value: &Constant) -> Option<String> {
        let dialect = self.dialect;
        if !dialect.compares(&column.sql_type) {
            return None;
        }
        let sign = sign(op)?;
        let params = &mut *self.params;
        if !column.sql_type.is_text() {
            let operand = match value {
                Constant::Value(Datum::Null) => return None,
                Constant::Value(value) => dialect.literal(value, &column.sql_type)?,
                Constant::Parameter(_) if !dialect.binds(&column.sql_type) => return None,
                Constant::Parameter(_) => params.mark(&column.sql_type, value.clone()),
            };
            return Some(format!("({} {sign} {operand})", column.sql));
        }
        match value {
            Constant::Value(Datum::Text(text)) if text.contains('\0') => return None,
            Constant::Value(Datum::Text(_)) | Constant::Parameter(_) => {}
            Constant::Value(_) => return None,
        }
        let mut mark = || params.mark(&SqlType::Text, value.clone());
        Some(match op {
            CompareOp::Eq => format!("({})", dialect.text_equals(&column.sql, &mut mark)),
            CompareOp::NotEq => format!("(NOT ({}))", dialect.text_equals(&column.sql, &mut mark)),
            _ => format!("({} {sign} {})", dialect.text_order(&column.sql), mark()),
        })
    }

    /// A column, or a widening cast of one.
    pub(super) fn column(&self, expr: &Expr) -> Option<Value> {
        match expr {
            Expr::Column(column) => {
                let (sql, sql_type) = (self.resolve)(column)?;
                Some(Value { sql, sql_type })
            }
            Expr::Alias(alias) => self.column(&alias.expr),
            Expr::Cast(Cast { expr, field }) => {
                let inner = self.column(expr)?;
                let to = exact_type(field.data_type())?;
                let sql = self.dialect.cast(&inner.sql, &inner.sql_type, &to)?;
                Some(Value { sql, sql_type: to })
            }
            _ => None,
        }
    }

    /// A row rule of the policies over raw columns; the caller keeps what cannot be rendered.
    pub(super) fn rule(&mut self, predicate: &Predicate, entity: &Entity) -> Option<String> {
        match predicate {
            Predicate::Const(Some(true)) => Some("(1 = 1)".into()),
            Predicate::Const(Some(false)) => Some("(1 = 0)".into()),
            // Not FALSE: NOT of it would be TRUE, and a rule that cannot be told shows no row.
            Predicate::Const(None) => Some("(1 = NULL)".into()),
            Predicate::Compare { left, op, right } => match (left, right) {
                (Term::Field(left), Term::Field(right)) => {
                    let (left, right) = (self.operand(entity, *left)?, self.operand(entity, *right)?);
                    self.columns(&left, *op, &right)
                }
                (Term::Field(field), Term::Value(value, _)) => {
                    let column = self.operand(entity, *field)?;
                    self.with_constant(&column, *op, &Constant::Value(value.clone()))
                }
                (Term::Value(value, _), Term::Field(field)) => {
                    let column = self.operand(entity, *field)?;
                    self.with_constant(&column, mirrored(*op), &Constant::Value(value.clone()))
                }
                (Term::Value(..), Term::Value(..)) => None,
            },
            Predicate::In { values, negated, .. } if values.is_empty() => {
                Some(if *negated { "(1 = 1)".into() } else { "(1 = 0)".into() })
            }
            Predicate::In { values, .. } if values.len() > LIST_MAX => None,
            Predicate::In { field, values, negated, .. } => {
                let column = self.operand(entity, *field)?;
                let parts: Option<Vec<String>> = values
                    .iter()
                    .map(|value| self.with_constant(&column, CompareOp::Eq, &Constant::Value(value.clone())))
                    .collect();
                let any = format!("({})", parts?.join(" OR "));
                Some(if *negated { format!("(NOT {any})") } else { any })
            }
            Predicate::IsNull { field, negated } => {
                let column = self.field(entity, *field)?;
                Some(format!("({} IS {}NULL)", column.sql, if *negated { "NOT " } else { "" }))
            }
            Predicate::Like { field, pattern, negated } => {
                let column = self.field(entity, *field)?;
                let like = self.like(&column, pattern)?;
                Some(if *negated { format!("(NOT {like})") } else { like })
            }
            Predicate::IsTrue(field) => {
                let column = self.operand(entity, *field)?;
                let literal = self.dialect.literal(&Datum::Bool(true), &SqlType::Bool)?;
                Some(format!("({} = {literal})", column.sql))
            }
            Predicate::And(parts) => self.joined(parts, entity, " AND ", "(1 = 1)"),
            Predicate::Or(parts) => self.joined(parts, entity, " OR ", "(1 = 0)"),
            Predicate::Not(inner) => self.rule(inner, entity).map(|inner| format!("(NOT {inner})")),
        }
    }

    fn joined(&mut self, parts: &[Predicate], entity: &Entity, with: &str, empty: &str) -> Option<String> {
        if parts.is_empty() {
            return Some(empty.into());
        }
        let parts: Option<Vec<String>> = parts.iter().map(|part| self.rule(part, entity)).collect();
        Some(format!("({})", parts?.join(with)))
    }

    /// A field that is compared. A source without a type for truth values may hold anything in such a column, and
    /// `NOT vip` would be true of most of it: what is no truth value is NULL.
    fn operand(&self, entity: &Entity, field: usize) -> Option<Value> {
        let value = self.field(entity, field)?;
        if value.sql_type != SqlType::Bool || self.dialect.kind() == SourceKind::Postgres {
            return Some(value);
        }
        let sql = format!("(CASE {} WHEN 1 THEN 1 WHEN 0 THEN 0 END)", value.sql);
        Some(Value { sql, sql_type: SqlType::Bool })
    }

    fn field(&self, entity: &Entity, field: usize) -> Option<Value> {
        let field = entity.fields.get(field)?;
        let sql = super::fragment::quote(self.dialect, &field.column)?;
        Some(Value { sql, sql_type: field.sql_type.clone() })
    }
}

/// A constant of the engine as a value of the column's type; `None` where the types are not the same.
fn constant(expr: &Expr, column: &SqlType) -> Option<Constant> {
    match expr {
        Expr::Literal(value, _) => literal(value, column).map(Constant::Value),
        Expr::Placeholder(parameter) => {
            let same = *parameter.field.as_ref()?.data_type() == arrow_type(column);
            let number: usize = parameter.id.strip_prefix('$')?.parse().ok()?;
            same.then_some(Constant::Parameter(number.checked_sub(1)?))
        }
        // A wider integer is the same number.
        Expr::Cast(Cast { expr, field }) if *field.data_type() == arrow_type(column) && is_integer(column) => {
            let Expr::Placeholder(parameter) = &**expr else { return None };
            let narrow = exact_type(parameter.field.as_ref()?.data_type()).filter(is_integer)?;
            constant(expr, &narrow)
        }
        _ => None,
    }
}

fn is_integer(sql_type: &SqlType) -> bool {
    matches!(sql_type, SqlType::Int2 | SqlType::Int4 | SqlType::Int8)
}

fn literal(value: &ScalarValue, column: &SqlType) -> Option<Datum> {
    match (value, column) {
        (ScalarValue::Boolean(Some(v)), SqlType::Bool) => Some(Datum::Bool(*v)),
        (ScalarValue::Int16(Some(v)), SqlType::Int2) => Some(Datum::Int(i64::from(*v))),
        (ScalarValue::Int32(Some(v)), SqlType::Int4) => Some(Datum::Int(i64::from(*v))),
        (ScalarValue::Int64(Some(v)), SqlType::Int8) => Some(Datum::Int(*v)),
        (ScalarValue::Decimal128(Some(v), _, scale), SqlType::Numeric(_)) => {
            Some(Datum::Numeric(decimal_text(&v.to_string(), *scale)?))
        }
        (ScalarValue::Decimal256(Some(v), _, scale), SqlType::Numeric(_)) => {
            Some(Datum::Numeric(decimal_text(&v.to_string(), *scale)?))
        }
        (ScalarValue::Date32(Some(v)), SqlType::Date) => Some(Datum::Date(*v)),
        (ScalarValue::TimestampMicrosecond(Some(v), None), SqlType::Timestamp) => Some(Datum::Timestamp(*v)),
        (ScalarValue::Utf8(Some(v)), column) if column.is_text() => Some(Datum::Text(v.clone())),
        _ => None,
    }
}

/// Whether two columns compare without a conversion that the engine would do differently.
fn same_family(left: &SqlType, right: &SqlType) -> bool {
    left == right || (left.is_text() && right.is_text())
}

fn compare_op(op: Operator) -> Option<CompareOp> {
    Some(match op {
        Operator::Eq => CompareOp::Eq,
        Operator::NotEq => CompareOp::NotEq,
        Operator::Lt => CompareOp::Lt,
        Operator::LtEq => CompareOp::LtEq,
        Operator::Gt => CompareOp::Gt,
        Operator::GtEq => CompareOp::GtEq,
        _ => return None,
    })
}

fn mirrored(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::LtEq => CompareOp::GtEq,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::GtEq => CompareOp::LtEq,
        same => same,
    }
}

/// The sign that every dialect shares; the DISTINCT forms have none.
fn sign(op: CompareOp) -> Option<&'static str> {
    Some(match op {
        CompareOp::Eq => "=",
        CompareOp::NotEq => "<>",
        CompareOp::Lt => "<",
        CompareOp::LtEq => "<=",
        CompareOp::Gt => ">",
        CompareOp::GtEq => ">=",
        CompareOp::IsNotDistinctFrom | CompareOp::IsDistinctFrom => return None,
    })
}

/// The SQL type of an Arrow type, with precision and scale kept.
pub(super) fn exact_type(arrow: &DataType) -> Option<SqlType> {
    match arrow {
        DataType::Decimal128(p, s) | DataType::Decimal256(p, s) => Some(SqlType::Numeric(Some((*p, *s)))),
        other => sluice_plan::types::sql_type(other),
    }
}
