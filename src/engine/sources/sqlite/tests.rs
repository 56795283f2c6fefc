use std::time::{Duration, Instant};

use futures::StreamExt;
use sluice_base::{Datum, SqlType};
use sluice_model::catalog::SourceKind;

use super::SqliteSource;
use crate::sources::testing::{
    ask, batches, new_path, one, open, open_sql, request, round_trips, rows, text_means_bytes,
};
use crate::sources::{SourceError, SqlSource};

struct File(std::path::PathBuf);

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn file(sql: &str) -> (File, SqliteSource) {
    let path = new_path("t.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch(sql).unwrap();
    let source = SqliteSource::new("src", &path);
    (File(path), source)
}

#[tokio::test]
async fn every_type_and_what_does_not_fit() {
    let (_file, source) = file("");
    use SqlType::*;
    let money = Numeric(Some((12, 2)));
    let wide = Numeric(Some((50, 10)));
    let cases = [
        ("NULL", Int4, "NULL"),
        ("1", Bool, "true"),
        ("2", Bool, "! OutOfRange"),
        ("'true'", Bool, "! OtherType"),
        ("32767", Int2, "32767"),
        ("32768", Int2, "! OutOfRange"),
        ("-2147483648", Int4, "-2147483648"),
        ("9223372036854775807", Int8, "9223372036854775807"),
        ("'12'", Int4, "! OtherType"),
        ("1.0", Int4, "! OtherType"),
        ("0.1", Float8, "0.1"),
        ("9007199254740992", Float8, "9007199254740992.0"),
        ("9007199254740993", Float8, "! OutOfRange"),
        ("0.5", Float4, "0.5"),
        ("0.1", Float4, "! OutOfRange"),
        ("12", money.clone(), "12.00"),
        ("12.34", money.clone(), "12.34"),
        ("12.345", money.clone(), "! OutOfRange"),
        ("0.1+0.2", money.clone(), "! OutOfRange"),
        ("1e-2", money.clone(), "0.01"),
        ("'12.340'", money.clone(), "12.34"),
        ("'12345678901.00'", money.clone(), "! OutOfRange"),
        ("'twelve'", money.clone(), "! Malformed"),
        ("9e999", money.clone(), "! NotFinite"),
        (
            "'1234567890123456789012345678901234567890.0123456789'",
            wide,
            "1234567890123456789012345678901234567890.0123456789",
        ),
        ("'张三 '", Text, "张三 "),
        ("12", Text, "! OtherType"),
        ("x'ff'", Text, "! OtherType"),
        ("CAST(x'ff' AS TEXT)", Text, "! NotUtf8"),
        ("'{\"a\":1}'", Json, "{\"a\":1}"),
        ("x'00ff'", Bytea, "00ff"),
        ("'text'", Bytea, "! OtherType"),
        ("'2024-02-29'", Date, "2024-02-29"),
        ("'2023-02-29'", Date, "! NoSuchDate"),
        ("'2024-2-9'", Date, "! Malformed"),
        ("19000", Date, "! OtherType"),
        ("'23:59:59.5'", Time, "23:59:59.500"),
        ("'25:00'", Time, "! NoSuchTime"),
        ("'2024-02-29 01:02:03.000004'", Timestamp, "2024-02-29T01:02:03.000004"),
        ("'2024-02-29T08:00:00+08:00'", Timestamptz, "2024-02-29T00:00:00Z"),
        ("'0192F0C1-7e5a-7abc-8def-0123456789ab'", Uuid, "0192f0c17e5a7abc8def0123456789ab"),
        ("x'0192f0c17e5a7abc8def0123456789ab'", Uuid, "0192f0c17e5a7abc8def0123456789ab"),
        ("x'01'", Uuid, "! Malformed"),
        ("'1 day'", Interval, "! OtherType"),
    ];
    for (expression, sql_type, expected) in cases {
        assert_eq!(one(&source, expression, &sql_type).await, expected, "{expression} as {sql_type:?}");
    }
}

#[tokio::test]
async fn decimals_in_a_decimal_column_come_back_as_written() {
    let (_file, source) = file(
        "CREATE TABLE a (rate DECIMAL(7,4), n INTEGER PRIMARY KEY);
         INSERT INTO a(rate) VALUES (0.0001), ('3.1415'), (999.9999), (2), (NULL), (-0.35);",
    );
    let types = [SqlType::Numeric(Some((7, 4)))];
    let got = ask(&source, "SELECT rate FROM a ORDER BY n", Vec::new(), &types).await.unwrap();
    assert_eq!(got, ["0.0001", "3.1415", "999.9999", "2.0000", "NULL", "-0.3500"]);
}

#[tokio::test]
async fn parameters_of_every_type() {
    let (_file, source) = file("");
    let cases = [
        (SqlType::Bool, Datum::Bool(true), "true"),
        (SqlType::Int8, Datum::Int(-5), "-5"),
        (SqlType::Float8, Datum::Float(0.1), "0.1"),
        (SqlType::Numeric(Some((6, 2))), Datum::Numeric("12.30".into()), "12.30"),
        (SqlType::Text, Datum::Text("it''s".into()), "it''s"),
        (SqlType::Bytea, Datum::Bytes(vec![0, 255]), "00ff"),
        (SqlType::Date, Datum::Date(-1), "1969-12-31"),
        (SqlType::Time, Datum::Time(1), "00:00:00.000001"),
        (SqlType::Timestamp, Datum::Timestamp(-1), "1969-12-31T23:59:59.999999"),
        (SqlType::Timestamptz, Datum::Timestamptz(0), "1970-01-01T00:00:00Z"),
        (SqlType::Uuid, Datum::Uuid([7; 16]), "07070707070707070707070707070707"),
        (SqlType::Text, Datum::Null, "NULL"),
    ];
    for (sql_type, value, expected) in cases {
        let got = ask(&source, "SELECT ?1", vec![(sql_type.clone(), value)], std::slice::from_ref(&sql_type)).await;
        assert_eq!(got.unwrap(), [expected], "{sql_type:?}");
    }
    let nan = ask(&source, "SELECT ?1", vec![(SqlType::Float8, Datum::Float(f64::NAN))], &[SqlType::Float8]).await;
    assert!(matches!(nan, Err(SourceError::Parameter { .. })), "{nan:?}");
}

#[tokio::test]
async fn hostile_texts_go_through() {
    let (_file, source) = file("");
    round_trips(&source, |_| true).await;
}

#[tokio::test]
async fn text_is_compared_by_bytes_whatever_the_collation() {
    let (file, source) = file("CREATE TABLE t (v TEXT COLLATE NOCASE); CREATE INDEX t_v ON t(v COLLATE BINARY);");
    let connection = rusqlite::Connection::open(&file.0).unwrap();
    for text in crate::sources::testing::hostile() {
        connection.execute("INSERT INTO t VALUES (?1)", [text]).unwrap();
    }
    text_means_bytes(&source, "t").await;
}

#[tokio::test]
async fn the_file_is_never_written_and_misspelt_names_are_errors() {
    let (_file, source) = file("CREATE TABLE t (v TEXT); INSERT INTO t VALUES ('x');");
    let types = [SqlType::Text];
    for sql in ["INSERT INTO t VALUES ('y') RETURNING v", "DELETE FROM t RETURNING v", "SELECT \"no_such\" FROM t"] {
        let refused = ask(&source, sql, Vec::new(), &types).await;
        assert!(matches!(refused, Err(SourceError::Failed { .. })), "{sql}: {refused:?}");
    }
    assert_eq!(ask(&source, "SELECT v FROM t", Vec::new(), &types).await.unwrap(), ["x"]);
    let missing = SqliteSource::new("src", new_path("missing.db"));
    assert!(matches!(missing.ping().await, Err(SourceError::Unavailable { .. })));
    let path = new_path("text.db");
    std::fs::write(&path, "this is no database, but long enough to be read as the head of one, is it not?").unwrap();
    let _file = File(path.clone());
    let broken = SqliteSource::new("src", path).ping().await;
    assert!(matches!(broken, Err(SourceError::Unavailable { .. })), "{broken:?}");
}

const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT ";

#[tokio::test]
async fn dropping_the_stream_stops_the_thread() {
    let path = new_path("drop.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (v)").unwrap();
    let _file = File(path.clone());
    let settings = [("path", path.to_str().unwrap()), ("pool_max", "1"), ("queue_timeout_ms", "2000")];
    let source = open_sql(SourceKind::Sqlite, &settings);
    for sql in [format!("{ENDLESS} i FROM n"), format!("{ENDLESS} count(*) FROM n")] {
        let mut stream = source.scan(request(&sql, Vec::new(), &[SqlType::Int8])).await.unwrap();
        if sql.ends_with("i FROM n") {
            assert_eq!(stream.next().await.unwrap().unwrap().num_rows(), super::super::BATCH_ROWS);
        }
        let busy = open_and_wait(&*source).await;
        assert!(matches!(busy, Err(SourceError::Busy { pool_max: 1, .. })), "{busy:?}");
        drop(stream);
        source.ping().await.expect("the only place is free again");
    }
}

async fn open_and_wait(source: &dyn SqlSource) -> Result<(), SourceError> {
    source.ping().await
}

#[tokio::test]
async fn a_statement_ends_at_its_time_limit() {
    let (_file, source) = file("");
    let mut request = request(&format!("{ENDLESS} count(*) FROM n"), Vec::new(), &[SqlType::Int8]);
    request.timeout_ms = 200;
    let started = Instant::now();
    let outcome = batches(&source, request).await;
    assert!(matches!(outcome, Err(SourceError::Timeout { .. })), "{outcome:?}");
    assert!(started.elapsed() < Duration::from_secs(5));
    source.ping().await.unwrap();
}

#[tokio::test]
async fn batches_end_at_their_rows_and_at_their_bytes() {
    let (_file, source) = file("");
    let count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT";
    let mut asked = request(&format!("{count} i FROM n"), Vec::new(), &[SqlType::Int8]);
    asked.batch_rows = 7_000;
    let got = batches(&source, asked).await.unwrap();
    assert_eq!(got.iter().map(|batch| batch.num_rows()).collect::<Vec<_>>(), [7_000, 7_000, 6_000]);
    assert_eq!(rows(&got).last().unwrap(), "20000");
    let long = format!("{count} hex(zeroblob(500000)) FROM n LIMIT 10");
    let got = batches(&source, request(&long, Vec::new(), &[SqlType::Text])).await.unwrap();
    assert_eq!(got.iter().map(|batch| batch.num_rows()).collect::<Vec<_>>(), [5, 5]);
}

#[tokio::test]
async fn a_request_must_fit_its_statement() {
    let (_file, source) = file("");
    for (sql, params, types) in [
        ("SELECT 1, 2", vec![], vec![SqlType::Int8]),
        ("SELECT ?1", vec![], vec![SqlType::Int8]),
        ("SELECT 1", vec![(SqlType::Int8, Datum::Int(1))], vec![SqlType::Int8]),
    ] {
        let outcome = ask(&source, sql, params, &types).await;
        assert!(matches!(outcome, Err(SourceError::Request { .. })), "{sql}: {outcome:?}");
    }
    let mut not_null = request("SELECT NULL", Vec::new(), &[SqlType::Int8]);
    let field = arrow::datatypes::Field::new("c", arrow::datatypes::DataType::Int64, false);
    not_null.schema = std::sync::Arc::new(arrow::datatypes::Schema::new(vec![field]));
    let outcome = batches(&source, not_null).await;
    assert!(
        matches!(outcome, Err(SourceError::Value { problem: crate::sources::ValueProblem::UnexpectedNull, .. })),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn columns_and_pairs() {
    let (_file, source) = file(
        "CREATE TABLE branches (br_no TEXT NOT NULL, up_br_no VARCHAR(10), lvl INT, rate DECIMAL(7,4), odd FUZZY);
         INSERT INTO branches(br_no, up_br_no) VALUES ('H00', NULL), ('B10', 'H00');
         CREATE TABLE \"we\"\"ird 表\" (k INTEGER, p INTEGER); INSERT INTO \"we\"\"ird 表\" VALUES (1, NULL), (2, 1);",
    );
    let got = source.columns("branches").await.unwrap();
    let told: Vec<_> = got.iter().map(|c| (c.name.as_str(), c.sql_type.clone(), c.nullable)).collect();
    let expected = [
        ("br_no", Some(SqlType::Text), false),
        ("up_br_no", Some(SqlType::Varchar(Some(10))), true),
        ("lvl", Some(SqlType::Int8), true),
        ("rate", Some(SqlType::Numeric(Some((7, 4)))), true),
        ("odd", None, true),
    ];
    assert_eq!(told, expected);
    assert!(matches!(source.columns("nothing").await, Err(SourceError::NoTable { .. })));
    let pairs = source.read_texts("main.branches", &["br_no", "up_br_no"]).await.unwrap();
    assert_eq!(pairs, [vec![Some("H00".to_string()), None], vec![Some("B10".into()), Some("H00".into())]]);
    let pairs = source.read_texts("we\"ird 表", &["k", "p"]).await.unwrap();
    assert_eq!(pairs, [vec![Some("1".to_string()), None], vec![Some("2".into()), Some("1".into())]]);
    assert!(matches!(source.read_texts("a.b.c", &["k", "p"]).await, Err(SourceError::Name { .. })));
}

#[test]
fn settings_are_strict() {
    for settings in [
        &[][..],
        &[("path", "x"), ("pth", "y")],
        &[("path", "x"), ("pool_max", "0")],
        &[("path", "x"), ("pool_max", "many")],
    ] {
        assert!(matches!(open(SourceKind::Sqlite, settings), Err(SourceError::Config { .. })), "{settings:?}");
    }
}
