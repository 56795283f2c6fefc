//! PostgreSQL and relatives.
//!
//! Every text column is cast to `text` before it is compared: that gives `varchar`, `char(n)`, `name`, enums and
//! `citext` one meaning (bytes, with a `char(n)` read without its padding, as PostgreSQL's own cast does and as the
//! connector reads it), and for `text` and `varchar` the cast is free and keeps an index usable.

use sluice_base::{Datum, SqlType};
use sluice_model::catalog::SourceKind;

use super::{Aggregate, Dialect, DialectError, literal, quoted};

/// PostgreSQL's spelling.
#[derive(Debug, Clone, Copy)]
pub struct Postgres;

impl Dialect for Postgres {
    fn kind(&self) -> SourceKind {
        SourceKind::Postgres
    }

    fn quote(&self, name: &str) -> Result<String, DialectError> {
        quoted(name, '"')
    }

    fn table(&self, table: &str) -> Result<String, DialectError> {
        // The session's search path is empty.
        let qualified = if table.contains('.') { table.to_string() } else { format!("public.{table}") };
        super::qualified(self, &qualified)
    }

    fn placeholder(&self, n: usize, sql_type: &SqlType) -> String {
        format!("${n}::{}", bind_type(sql_type))
    }

    fn numbered(&self) -> bool {
        true
    }

    fn binds(&self, sql_type: &SqlType) -> bool {
        use SqlType::*;
        matches!(sql_type, Bool | Int2 | Int4 | Int8 | Date | Timestamp | Timestamptz | Uuid)
    }

    fn literal(&self, value: &Datum, sql_type: &SqlType) -> Option<String> {
        let text = literal::plain(value)?;
        Some(match value {
            Datum::Date(_) => format!("DATE '{text}'"),
            Datum::Timestamp(_) => format!("TIMESTAMP '{text}'"),
            Datum::Timestamptz(_) => format!("TIMESTAMPTZ '{text}+00'"),
            Datum::Null => format!("CAST(NULL AS {})", bind_type(sql_type)),
            // A bare number would take PostgreSQL's own type for it, and a leading minus could meet another one.
            Datum::Int(_) | Datum::Numeric(_) => format!("CAST('{text}' AS {})", bind_type(sql_type)),
            _ => text,
        })
    }

    fn text_equals(&self, column: &str, value: &mut dyn FnMut() -> String) -> String {
        let value = value();
        // The first half finds the rows by an index; the second makes a case-insensitive collation harmless.
        format!("({column}::text = {value} AND {column}::text COLLATE \"C\" = {value})")
    }

    fn text_join(&self, left: &str, right: &str) -> Option<String> {
        Some(format!("({left}::text = {right}::text AND {left}::text COLLATE \"C\" = {right}::text COLLATE \"C\")"))
    }

    fn text_order(&self, column: &str) -> String {
        format!("({column}::text COLLATE \"C\")")
    }

    fn text_like(&self, column: &str, value: &mut dyn FnMut() -> String) -> String {
        format!("({column}::text COLLATE \"C\" LIKE {} ESCAPE '\\')", value())
    }

    fn order_by_nulls(&self, expr: &str, asc: bool, nulls_first: bool) -> String {
        super::standard_order(expr, asc, nulls_first)
    }

    fn limit(&self, count: Option<u64>, offset: u64) -> String {
        super::standard_limit(count, offset, "ALL")
    }

    fn compares(&self, sql_type: &SqlType) -> bool {
        use SqlType::*;
        match sql_type {
            Bool | Int2 | Int4 | Int8 | Float4 | Float8 | Numeric(_) | Text | Varchar(_) | Name | Date | Time
            | Timestamp | Timestamptz | Uuid | Bytea | Oid => true,
            // Padding: a char(n) column is read padded where it is declared so, and compares without here.
            Bpchar(_) => false,
            // Equal intervals may differ in their parts; json has no equality, jsonb its own.
            Interval | Json | Jsonb => false,
            Char | Regclass | Regtype | Regproc | Regnamespace | Regprocedure | Regoper | Regoperator | Regrole
            | Int2vector | Oidvector | Unknown | Void | Record | Xid | Aclitem | NodeTree | Anyarray | Array(_) => {
                false
            }
        }
    }

    fn cast(&self, expr: &str, from: &SqlType, to: &SqlType) -> Option<String> {
        super::widens(from, to).then(|| format!("CAST({expr} AS {})", to.sql_name()))
    }

    fn aggregate(&self, function: Aggregate, column: &str, argument: &SqlType, result: &SqlType) -> Option<String> {
        // No modifier on numeric: a cast would round, the connector refuses what does not fit.
        let sum_type = if matches!(result, SqlType::Numeric(_)) { "numeric".into() } else { result.sql_name() };
        let sum = |column: &str| Some(format!("CAST(sum({column}) AS {sum_type})"));
        super::aggregate(self, function, column, argument, result, sum)
    }
}

/// The type a parameter is cast to; PostgreSQL resolves the operator by it.
fn bind_type(sql_type: &SqlType) -> String {
    match sql_type {
        SqlType::Varchar(_) | SqlType::Bpchar(_) | SqlType::Name | SqlType::Unknown | SqlType::Char => "text".into(),
        SqlType::Numeric(_) => "numeric".into(),
        SqlType::Array(item) => format!("{}[]", bind_type(item)),
        other => other.sql_name(),
    }
}
