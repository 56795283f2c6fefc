//! MariaDB, MySQL and relatives.
//!
//! Collations ignore case, accents and trailing blanks, and a column's collation wins over a parameter's. Text is
//! therefore compared twice: as the column compares it, which finds a superset by the index, and as the bytes of its
//! UTF-8 form, which decides. `CAST(... AS BINARY)` does that in every version of both servers; collations that
//! compare bytes without padding have different names in each.

use sluice_base::{Datum, SqlType};
use sluice_model::catalog::SourceKind;

use super::{Aggregate, Dialect, DialectError, literal, quoted};

/// The MySQL family's spelling, for a session with `NO_BACKSLASH_ESCAPES` as the connector sets it.
#[derive(Debug, Clone, Copy)]
pub struct Mysql;

/// Texts in the keys of one GROUP BY or ORDER BY: each takes 64 KiB of the server's sort buffer for every row in it, which
/// the connector sizes for so many.
pub const TEXT_KEYS_MAX: usize = 8;

/// `LIMIT` has no word for "all".
const ALL_ROWS: &str = "18446744073709551615";

impl Dialect for Mysql {
    fn kind(&self) -> SourceKind {
        SourceKind::Mysql
    }

    fn quote(&self, name: &str) -> Result<String, DialectError> {
        // The servers refuse names that end in a blank and characters beyond the basic plane; they say so themselves.
        quoted(name, '`')
    }

    fn table(&self, table: &str) -> Result<String, DialectError> {
        super::qualified(self, table)
    }

    fn placeholder(&self, _n: usize, sql_type: &SqlType) -> String {
        match sql_type {
            // Decimals travel as text, and text compares with a decimal as a double.
            SqlType::Numeric(Some((precision, scale))) if *scale >= 0 && *precision <= 65 && *scale <= 30 => {
                format!("CAST(? AS DECIMAL({precision},{scale}))")
            }
            SqlType::Numeric(_) => "CAST(? AS DECIMAL(65,30))".into(),
            _ => "?".into(),
        }
    }

    fn text_keys_max(&self) -> usize {
        TEXT_KEYS_MAX
    }

    fn numbered(&self) -> bool {
        false
    }

    fn literal(&self, value: &Datum, _sql_type: &SqlType) -> Option<String> {
        let text = literal::plain(value)?;
        Some(match value {
            Datum::Date(_) => format!("DATE '{text}'"),
            Datum::Timestamp(_) | Datum::Timestamptz(_) => format!("TIMESTAMP '{text}'"),
            // A blank before it: two minus signs would begin a comment.
            Datum::Int(_) | Datum::Numeric(_) => format!(" {text}"),
            _ => text,
        })
    }

    fn text_equals(&self, column: &str, value: &mut dyn FnMut() -> String) -> String {
        let first = value();
        let second = value();
        format!("({column} = {first} AND {} = {})", bytes_of(column), bytes_of(&second))
    }

    fn text_join(&self, _left: &str, _right: &str) -> Option<String> {
        // Columns of two collations may not be compared at all, and by bytes no index helps.
        None
    }

    fn text_order(&self, column: &str) -> String {
        bytes_of(column)
    }

    fn text_like(&self, column: &str, value: &mut dyn FnMut() -> String) -> String {
        // LIKE never pads, so the collation that pads is right here; and `_` has to be a character, not a byte.
        format!("(CONVERT({column} USING utf8mb4) COLLATE utf8mb4_bin LIKE {} ESCAPE '\\')", value())
    }

    fn order_by_nulls(&self, expr: &str, asc: bool, nulls_first: bool) -> String {
        // NULL is the least value here.
        match (asc, nulls_first) {
            (true, true) => format!("{expr} ASC"),
            (true, false) => format!("{expr} IS NULL ASC, {expr} ASC"),
            (false, true) => format!("{expr} IS NULL DESC, {expr} DESC"),
            (false, false) => format!("{expr} DESC"),
        }
    }

    fn limit(&self, count: Option<u64>, offset: u64) -> String {
        super::standard_limit(count, offset, ALL_ROWS)
    }

    fn compares(&self, sql_type: &SqlType) -> bool {
        use SqlType::*;
        match sql_type {
            Bool | Int2 | Int4 | Int8 | Float8 | Numeric(_) | Text | Varchar(_) | Date | Timestamp | Timestamptz => {
                true
            }
            // FLOAT compares as a double with digits nobody wrote; TIME goes beyond a day; the rest is another type there.
            Float4 | Time | Bpchar(_) | Name | Uuid | Bytea | Oid | Interval | Json | Jsonb => false,
            Char | Regclass | Regtype | Regproc | Regnamespace | Regprocedure | Regoper | Regoperator | Regrole
            | Int2vector | Oidvector | Unknown | Void | Record | Xid | Aclitem | NodeTree | Anyarray | Array(_) => {
                false
            }
        }
    }

    fn cast(&self, expr: &str, from: &SqlType, to: &SqlType) -> Option<String> {
        if !super::widens(from, to) {
            return None;
        }
        match to {
            SqlType::Int2 | SqlType::Int4 | SqlType::Int8 => Some(format!("CAST({expr} AS SIGNED)")),
            SqlType::Numeric(Some((precision, scale))) if *scale >= 0 && *precision <= 65 && *scale <= 30 => {
                Some(format!("CAST({expr} AS DECIMAL({precision},{scale}))"))
            }
            _ => None,
        }
    }

    fn aggregate(&self, function: Aggregate, column: &str, argument: &SqlType, result: &SqlType) -> Option<String> {
        // Sums are exact decimals of up to 65 digits and arrive as text; the connector reads them at the declared type.
        let sum = |column: &str| Some(format!("sum({column})"));
        super::aggregate(self, function, column, argument, result, sum)
    }
}

fn bytes_of(expr: &str) -> String {
    format!("CAST(CONVERT({expr} USING utf8mb4) AS BINARY)")
}
