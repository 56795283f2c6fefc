//! SQLite.
//!
//! Values are typed one by one, so only what the connector would read as the declared type compares as it does here;
//! decimals (doubles or text in the file) and timestamps (many spellings) never do.

use sluice_base::{Datum, SqlType};
use sluice_model::catalog::SourceKind;

use super::{Aggregate, Dialect, DialectError, literal, quoted};

/// SQLite's spelling.
#[derive(Debug, Clone, Copy)]
pub struct Sqlite;

impl Dialect for Sqlite {
    fn kind(&self) -> SourceKind {
        SourceKind::Sqlite
    }

    fn quote(&self, name: &str) -> Result<String, DialectError> {
        quoted(name, '"')
    }

    fn table(&self, table: &str) -> Result<String, DialectError> {
        super::qualified(self, table)
    }

    fn placeholder(&self, n: usize, _sql_type: &SqlType) -> String {
        format!("?{n}")
    }

    fn numbered(&self) -> bool {
        true
    }

    fn literal(&self, value: &Datum, _sql_type: &SqlType) -> Option<String> {
        let text = literal::plain(value)?;
        match value {
            Datum::Bool(true) => Some("1".into()),
            Datum::Bool(false) => Some("0".into()),
            // A number without a point is an integer, and so it is in the column.
            Datum::Int(_) => Some(format!(" {text}")),
            Datum::Date(_) => Some(format!("'{text}'")),
            Datum::Null => Some(text),
            _ => None,
        }
    }

    fn text_equals(&self, column: &str, value: &mut dyn FnMut() -> String) -> String {
        format!("({column} COLLATE BINARY = {})", value())
    }

    fn text_join(&self, left: &str, right: &str) -> Option<String> {
        Some(format!("({left} COLLATE BINARY = {right})"))
    }

    fn text_order(&self, column: &str) -> String {
        format!("({column} COLLATE BINARY)")
    }

    fn text_like(&self, column: &str, value: &mut dyn FnMut() -> String) -> String {
        // The connector switches case_sensitive_like on.
        format!("({column} LIKE {} ESCAPE '\\')", value())
    }

    fn order_by_nulls(&self, expr: &str, asc: bool, nulls_first: bool) -> String {
        super::standard_order(expr, asc, nulls_first)
    }

    fn limit(&self, count: Option<u64>, offset: u64) -> String {
        // LIMIT is a signed number there, and a negative one is "all".
        super::standard_limit(count.map(|count| count.min(i64::MAX as u64)), offset.min(i64::MAX as u64), "-1")
    }

    fn compares(&self, sql_type: &SqlType) -> bool {
        use SqlType::*;
        match sql_type {
            Bool | Int2 | Int4 | Int8 | Float8 | Text | Varchar(_) | Date => true,
            Float4 | Numeric(_) | Time | Timestamp | Timestamptz | Bpchar(_) | Name | Uuid | Bytea | Oid | Interval
            | Json | Jsonb => false,
            Char | Regclass | Regtype | Regproc | Regnamespace | Regprocedure | Regoper | Regoperator | Regrole
            | Int2vector | Oidvector | Unknown | Void | Record | Xid | Aclitem | NodeTree | Anyarray | Array(_) => {
                false
            }
        }
    }

    fn cast(&self, expr: &str, from: &SqlType, to: &SqlType) -> Option<String> {
        // Integers have one size there.
        let integers = matches!(to, SqlType::Int2 | SqlType::Int4 | SqlType::Int8);
        (integers && super::widens(from, to)).then(|| expr.to_string())
    }

    fn aggregate(&self, function: Aggregate, column: &str, argument: &SqlType, result: &SqlType) -> Option<String> {
        // sum() of integers fails beyond 64 bits, where here it would not: only what can never get there goes down.
        let small = matches!(argument, SqlType::Int2 | SqlType::Int4);
        let sum = |column: &str| small.then(|| format!("sum({column})"));
        super::aggregate(self, function, column, argument, result, sum)
    }
}
