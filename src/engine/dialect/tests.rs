use sluice_base::{Datum, SqlType};
use sluice_model::catalog::SourceKind;

use super::{Aggregate, Dialect, DialectError, Mysql, Postgres, Sqlite, dialect};

const ALL: [&dyn Dialect; 3] = [&Postgres, &Mysql, &Sqlite];

#[test]
fn names_are_quoted_with_their_quotes_doubled() {
    for (name, expected) in [
        ("a", ["\"a\"", "`a`", "\"a\""]),
        ("客户", ["\"客户\"", "`客户`", "\"客户\""]),
        ("a\"b", ["\"a\"\"b\"", "`a\"b`", "\"a\"\"b\""]),
        ("a`b", ["\"a`b\"", "`a``b`", "\"a`b\""]),
        ("a\\\"b", ["\"a\\\"\"b\"", "`a\\\"b`", "\"a\\\"\"b\""]),
    ] {
        for (dialect, expected) in ALL.iter().zip(expected) {
            assert_eq!(dialect.quote(name).as_deref(), Ok(expected));
        }
    }
    for dialect in ALL {
        assert_eq!(dialect.quote("a\0b"), Err(DialectError::Name));
        assert_eq!(dialect.quote(""), Err(DialectError::Name));
        assert_eq!(dialect.table("a.b.c"), Err(DialectError::Table));
        assert_eq!(dialect.table(".b"), Err(DialectError::Name));
        assert_eq!(dialect.table("a."), Err(DialectError::Name));
    }
    assert_eq!(Postgres.table("dw.t").unwrap(), "\"dw\".\"t\"");
    assert_eq!(Postgres.table("t").unwrap(), "\"public\".\"t\"");
    assert_eq!(Mysql.table("t").unwrap(), "`t`");
    assert_eq!(Sqlite.table("main.t").unwrap(), "\"main\".\"t\"");
}

#[test]
fn only_digits_become_literals() {
    let timestamp = Datum::Timestamp(1_700_000_000_000_001);
    let cases: &[(Datum, SqlType, [Option<&str>; 3])] = &[
        (Datum::Bool(true), SqlType::Bool, [Some("TRUE"), Some("TRUE"), Some("1")]),
        (Datum::Int(-7), SqlType::Int4, [Some("CAST('-7' AS integer)"), Some(" -7"), Some(" -7")]),
        (
            Datum::Numeric("-1.50".into()),
            SqlType::Numeric(Some((5, 2))),
            [Some("CAST('-1.50' AS numeric)"), Some(" -1.50"), None],
        ),
        (Datum::Numeric("1; DROP".into()), SqlType::Numeric(None), [None, None, None]),
        (Datum::Numeric("NaN".into()), SqlType::Numeric(None), [None, None, None]),
        (Datum::Numeric("1e5".into()), SqlType::Numeric(None), [None, None, None]),
        (Datum::Numeric("--1".into()), SqlType::Numeric(None), [None, None, None]),
        (Datum::Numeric("1.".into()), SqlType::Numeric(None), [None, None, None]),
        (Datum::Date(0), SqlType::Date, [Some("DATE '1970-01-01'"), Some("DATE '1970-01-01'"), Some("'1970-01-01'")]),
        (Datum::Date(i32::MAX), SqlType::Date, [None, None, None]),
        (
            timestamp,
            SqlType::Timestamp,
            [Some("TIMESTAMP '2023-11-14 22:13:20.000001'"), Some("TIMESTAMP '2023-11-14 22:13:20.000001'"), None],
        ),
        (Datum::Null, SqlType::Varchar(Some(3)), [Some("CAST(NULL AS text)"), Some("NULL"), Some("NULL")]),
        (Datum::Text("x".into()), SqlType::Text, [None, None, None]),
        (Datum::Bytes(vec![1]), SqlType::Bytea, [None, None, None]),
        (Datum::Float(1.0), SqlType::Float8, [None, None, None]),
        (Datum::Array(vec![]), SqlType::Array(Box::new(SqlType::Int4)), [None, None, None]),
    ];
    for (value, sql_type, expected) in cases {
        for (dialect, expected) in ALL.iter().zip(expected) {
            assert_eq!(dialect.literal(value, sql_type).as_deref(), *expected, "{dialect:?} {value:?}");
        }
    }
}

#[test]
fn placeholders() {
    let numeric = SqlType::Numeric(Some((12, 2)));
    for (sql_type, expected) in [
        (SqlType::Text, ["$2::text", "?", "?2"]),
        (SqlType::Varchar(Some(3)), ["$2::text", "?", "?2"]),
        (SqlType::Int8, ["$2::bigint", "?", "?2"]),
        (numeric, ["$2::numeric", "CAST(? AS DECIMAL(12,2))", "?2"]),
        (SqlType::Numeric(None), ["$2::numeric", "CAST(? AS DECIMAL(65,30))", "?2"]),
        (SqlType::Timestamptz, ["$2::timestamp with time zone", "?", "?2"]),
        (SqlType::Array(Box::new(SqlType::Name)), ["$2::text[]", "?", "?2"]),
    ] {
        for (dialect, expected) in ALL.iter().zip(expected) {
            assert_eq!(dialect.placeholder(2, &sql_type), expected);
        }
    }
}

#[test]
fn a_value_that_stands_twice_is_asked_for_twice_where_places_count() {
    let mut asked = 0;
    Mysql.text_equals("c", &mut || {
        asked += 1;
        "?".into()
    });
    assert_eq!(asked, 2);
    for dialect in [&Postgres as &dyn Dialect, &Sqlite] {
        assert!(dialect.numbered());
    }
    assert!(!Mysql.numbered());
}

#[test]
fn limits() {
    for (count, offset, expected) in [
        (None, 0, ["", "", ""]),
        (Some(5), 0, [" LIMIT 5", " LIMIT 5", " LIMIT 5"]),
        (Some(5), 2, [" LIMIT 5 OFFSET 2", " LIMIT 5 OFFSET 2", " LIMIT 5 OFFSET 2"]),
        (None, 2, [" LIMIT ALL OFFSET 2", " LIMIT 18446744073709551615 OFFSET 2", " LIMIT -1 OFFSET 2"]),
    ] {
        for (dialect, expected) in ALL.iter().zip(expected) {
            assert_eq!(dialect.limit(count, offset), expected);
        }
    }
    assert_eq!(Sqlite.limit(Some(u64::MAX), 0), " LIMIT 9223372036854775807");
}

#[test]
fn what_a_source_does_differently_stays_here() {
    use SqlType::*;
    let money = Numeric(Some((12, 2)));
    for dialect in ALL {
        for kept in [Interval, Json, Jsonb, Bpchar(Some(3)), Array(Box::new(Int4)), Record] {
            assert!(!dialect.compares(&kept), "{dialect:?} {kept:?}");
        }
        for same in [Bool, Int4, Int8, Text, Varchar(None), Date] {
            assert!(dialect.compares(&same), "{dialect:?} {same:?}");
        }
        assert_eq!(dialect.aggregate(Aggregate::Sum, "c", &Float8, &Float8), None);
        assert_eq!(dialect.aggregate(Aggregate::Min, "c", &Json, &Json), None);
        assert_eq!(dialect.aggregate(Aggregate::Min, "c", &Text, &Int4), None);
        assert_eq!(dialect.aggregate(Aggregate::CountAll, "c", &Json, &Int8).as_deref(), Some("count(*)"));
        assert_eq!(dialect.cast("c", &Int8, &Int4), None);
        assert_eq!(dialect.cast("c", &Text, &Int4), None);
        assert_eq!(dialect.cast("c", &Numeric(Some((12, 4))), &money), None);
        let least = dialect.aggregate(Aggregate::Min, "c", &Text, &Text);
        assert_eq!(least, Some(format!("min({})", dialect.text_order("c"))));
    }
    assert_eq!(Sqlite.aggregate(Aggregate::Sum, "c", &money, &Numeric(None)), None);
    assert_eq!(Sqlite.aggregate(Aggregate::Sum, "c", &Int8, &Numeric(None)), None);
    assert_eq!(Sqlite.aggregate(Aggregate::Sum, "c", &Int4, &Int8).as_deref(), Some("sum(c)"));
    assert_eq!(Sqlite.cast("c", &Int4, &Int8).as_deref(), Some("c"));
    assert_eq!(Mysql.cast("c", &Int4, &Int8).as_deref(), Some("CAST(c AS SIGNED)"));
    assert_eq!(Postgres.cast("c", &Int4, &money).as_deref(), Some("CAST(c AS numeric(12,2))"));
    assert_eq!(Mysql.text_join("a", "b"), None);
}

#[test]
fn kinds_have_their_dialect() {
    for kind in [SourceKind::Postgres, SourceKind::Mysql, SourceKind::Sqlite] {
        assert_eq!(dialect(kind).map(|dialect| dialect.kind()), Some(kind));
    }
    for kind in [SourceKind::Parquet, SourceKind::Csv, SourceKind::Audit] {
        assert!(dialect(kind).is_none());
    }
}
