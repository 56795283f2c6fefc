use std::time::{Duration, Instant};

use futures::StreamExt;
use sluice_base::{Datum, Interval as Span, SqlType, ToClient};
use sluice_model::catalog::SourceKind;

use crate::dialect::{Aggregate, Dialect, Postgres};
use crate::sources::testing::{
    ask, batches, hostile, one, open, open_sql, postgres_admin, request, round_trips, server_source, text_means_bytes,
};
use crate::sources::testserver::{self, PASSWORD};
use crate::sources::{SourceError, SqlSource};

fn source() -> std::sync::Arc<dyn SqlSource> {
    server_source(SourceKind::Postgres, &[])
}

#[tokio::test]
async fn every_type_and_what_does_not_fit() {
    use SqlType::*;
    let source = source();
    let admin = postgres_admin().await;
    admin
        .batch_execute(
            "CREATE EXTENSION IF NOT EXISTS citext SCHEMA public;
             CREATE TYPE public.mood AS ENUM ('sad', '开心');
             CREATE DOMAIN public.code AS varchar(5);",
        )
        .await
        .unwrap();
    let money = || Numeric(Some((12, 2)));
    let cases = [
        ("NULL::int4", Int4, "NULL"),
        ("true", Bool, "true"),
        ("1::int4", Bool, "! TypeMismatch"),
        ("'-32768'::int2", Int2, "-32768"),
        ("7::int2", Int8, "7"),
        ("7::int4", Int8, "7"),
        ("7::int4", Int2, "! TypeMismatch"),
        ("7::int8", Int4, "! TypeMismatch"),
        ("9223372036854775807", Int8, "9223372036854775807"),
        ("7::int4", money(), "7.00"),
        ("7::int4", Float8, "7.0"),
        ("7::int8", Float8, "! TypeMismatch"),
        ("1.5::float4", Float4, "1.5"),
        ("1.5::float4", Float8, "1.5"),
        ("0.1::float8", Float8, "0.1"),
        ("'NaN'::float8", Float8, "NaN"),
        ("'-Infinity'::float8", Float8, "-inf"),
        ("0.1::float8", Float4, "! TypeMismatch"),
        ("12.34", money(), "12.34"),
        ("-0.01", money(), "-0.01"),
        ("12.340000", money(), "12.34"),
        ("12.345", money(), "! OutOfRange"),
        ("9999999999.99", money(), "9999999999.99"),
        ("10000000000.00", money(), "! OutOfRange"),
        ("1e11", money(), "! OutOfRange"),
        ("'NaN'::numeric", money(), "! NotFinite"),
        ("'Infinity'::numeric", money(), "! NotFinite"),
        ("12345678901234567890.0123456789", Numeric(None), "12345678901234567890.0123456789"),
        (
            "99999999999999999999999999999999999999999999999999.99",
            Numeric(Some((52, 2))),
            "99999999999999999999999999999999999999999999999999.99",
        ),
        ("0.00000000000000000001", Numeric(Some((38, 20))), "0.00000000000000000001"),
        ("1e20", Numeric(Some((38, 0))), "100000000000000000000"),
        ("1.5", Float8, "! TypeMismatch"),
        ("'a '::text", Text, "a "),
        ("'张三'::varchar(9)", Varchar(Some(9)), "张三"),
        ("'ab'::char(5)", Bpchar(Some(5)), "ab   "),
        ("'ab'::char(5)", Text, "ab"),
        ("'n'::name", Name, "n"),
        ("'c'::\"char\"", Text, "c"),
        ("'开心'::public.mood", Text, "开心"),
        ("'CiText'::public.citext", Text, "CiText"),
        ("'dom'::public.code", Text, "dom"),
        ("'{\"a\": 1.0}'::json", Json, "{\"a\": 1.0}"),
        ("'{\"b\":1, \"a\":2}'::jsonb", Jsonb, "{\"a\": 2, \"b\": 1}"),
        ("1", Text, "! TypeMismatch"),
        ("'2024-02-29'::date", Date, "2024-02-29"),
        ("'0044-03-15 BC'::date", Date, "-0043-03-15"),
        ("'infinity'::date", Date, "! NoSuchDate"),
        ("'23:59:59.999999'::time", Time, "23:59:59.999999"),
        ("'2024-02-29 01:02:03.000004'::timestamp", Timestamp, "2024-02-29T01:02:03.000004"),
        ("'-infinity'::timestamp", Timestamp, "! NoSuchDate"),
        ("'2024-02-29 08:00:00+08'::timestamptz", Timestamptz, "2024-02-29T00:00:00Z"),
        ("'infinity'::timestamptz", Timestamptz, "! NoSuchDate"),
        ("'2024-02-29'::timestamp", Timestamptz, "! TypeMismatch"),
        ("'1 mon 2 days 00:00:03'::interval", Interval, "1 mons 2 days 3.000000000 secs"),
        ("'178000000 years'::interval", Interval, "2136000000 mons"),
        ("'3000000 hours'::interval", Interval, "! OutOfRange"),
        ("'0192f0c1-7e5a-7abc-8def-0123456789ab'::uuid", Uuid, "0192f0c17e5a7abc8def0123456789ab"),
        ("'\\x00ff'::bytea", Bytea, "00ff"),
        ("4294967295::oid", Oid, "4294967295"),
        ("ARRAY[1]", Text, "! TypeMismatch"),
        ("1::money", money(), "! TypeMismatch"),
        ("B'101'", Text, "! TypeMismatch"),
        ("'1.2.3.4'::inet", Text, "! TypeMismatch"),
    ];
    for (expression, sql_type, expected) in cases {
        assert_eq!(one(&*source, expression, &sql_type).await, expected, "{expression} as {sql_type:?}");
    }
}

#[tokio::test]
async fn parameters_of_every_type() {
    use SqlType::*;
    let source = source();
    let cases = [
        (Bool, Datum::Bool(true), "true"),
        (Int2, Datum::Int(-5), "-5"),
        (Int4, Datum::Int(-5), "-5"),
        (Int8, Datum::Int(i64::MIN), "-9223372036854775808"),
        (Float4, Datum::Float(1.5), "1.5"),
        (Float8, Datum::Float(f64::NAN), "NaN"),
        (Numeric(Some((38, 2))), Datum::Numeric("-123456789012345678901234567890.12".into()), ""),
        (Text, Datum::Text("it''s".into()), "it''s"),
        (Varchar(Some(2)), Datum::Text("longer".into()), "longer"),
        (Json, Datum::Text("[1]".into()), "[1]"),
        (Jsonb, Datum::Text("[1]".into()), "[1]"),
        (Bytea, Datum::Bytes(vec![0, 255]), "00ff"),
        (Date, Datum::Date(-1), "1969-12-31"),
        (Time, Datum::Time(1), "00:00:00.000001"),
        (Timestamp, Datum::Timestamp(-1), "1969-12-31T23:59:59.999999"),
        (Timestamptz, Datum::Timestamptz(0), "1970-01-01T00:00:00Z"),
        (Interval, Datum::Interval(Span { months: 1, days: -2, micros: 3_000_000 }), "1 mons -2 days 3.000000000 secs"),
        (Uuid, Datum::Uuid([7; 16]), "07070707070707070707070707070707"),
        (Text, Datum::Null, "NULL"),
        (Int8, Datum::Null, "NULL"),
    ];
    for (sql_type, value, expected) in cases {
        let expected = match &value {
            Datum::Numeric(text) => text.clone(),
            _ => expected.to_string(),
        };
        let sql = format!("SELECT {}", Postgres.placeholder(1, &sql_type));
        let got = ask(&*source, &sql, vec![(sql_type.clone(), value)], std::slice::from_ref(&sql_type)).await;
        assert_eq!(got.unwrap(), [expected], "{sql_type:?}");
    }
    let keys = Datum::Array(vec![Datum::Text("a\"b,{}".into()), Datum::Null, Datum::Text("\\'".into())]);
    let array = Array(Box::new(Text));
    let sql = format!("SELECT pg_catalog.unnest({})", Postgres.placeholder(1, &array));
    let got = ask(&*source, &sql, vec![(array, keys)], &[Text]).await.unwrap();
    assert_eq!(got, ["a\"b,{}", "NULL", "\\'"]);
    let array = Array(Box::new(Int8));
    let sql = format!("SELECT 1 WHERE 2 = ANY({})", Postgres.placeholder(1, &array));
    let got = ask(&*source, &sql, vec![(array, Datum::Array(vec![Datum::Int(1), Datum::Int(2)]))], &[Int4]).await;
    assert_eq!(got.unwrap(), ["1"]);
    let wrong = ask(&*source, "SELECT $1::int2", vec![(Int2, Datum::Int(40_000))], &[Int2]).await;
    assert!(matches!(wrong, Err(SourceError::Parameter { position: 1, .. })), "{wrong:?}");
    let wrong = ask(&*source, "SELECT $1::int2", vec![(Int2, Datum::Text("1".into()))], &[Int2]).await;
    assert!(matches!(wrong, Err(SourceError::Parameter { position: 1, .. })), "{wrong:?}");
}

#[tokio::test]
async fn hostile_texts_go_through() {
    // PostgreSQL cuts names at 63 bytes.
    round_trips(&*source(), |name| name.len() < 64).await;
}

#[tokio::test]
async fn text_is_compared_by_bytes_whatever_the_collation() {
    let source = source();
    let admin = postgres_admin().await;
    admin
        .batch_execute(
            "CREATE COLLATION public.ci (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
             CREATE TABLE public.texts_ci (v text COLLATE public.ci);
             CREATE TABLE public.texts_icu (v varchar(200) COLLATE \"en-x-icu\");
             CREATE INDEX ON public.texts_icu (v);",
        )
        .await
        .unwrap();
    for text in hostile() {
        for table in ["texts_ci", "texts_icu"] {
            admin.execute(&format!("INSERT INTO public.{table} VALUES ($1)"), &[&text]).await.unwrap();
        }
    }
    text_means_bytes(&*source, "public.texts_ci").await;
    text_means_bytes(&*source, "texts_icu").await;
    let join = Postgres.text_join("a.v", "b.v").unwrap();
    for table in ["texts_ci", "texts_icu"] {
        let sql = format!("SELECT count(*) FROM public.{table} a JOIN public.{table} b ON {join}");
        assert_eq!(ask(&*source, &sql, Vec::new(), &[SqlType::Int8]).await.unwrap(), [hostile().len().to_string()]);
    }
    // Columns of two collations of their own do not join at the server: a clear error, never other rows.
    let sql = format!("SELECT count(*) FROM public.texts_ci a JOIN public.texts_icu b ON {join}");
    let refused = ask(&*source, &sql, Vec::new(), &[SqlType::Int8]).await;
    assert!(matches!(&refused, Err(SourceError::Failed { sqlstate: Some(s), .. }) if s == "42P22"), "{refused:?}");
}

#[tokio::test]
async fn an_equality_on_text_uses_the_index() {
    let admin = postgres_admin().await;
    admin
        .batch_execute(
            "CREATE TABLE public.keyed (k varchar(20) COLLATE \"en-x-icu\");
             INSERT INTO public.keyed SELECT 'k' || i FROM generate_series(1, 20000) i;
             CREATE INDEX ON public.keyed (k); ANALYZE public.keyed;",
        )
        .await
        .unwrap();
    let condition = Postgres.text_equals("k", &mut || "'k77'".to_string());
    let plan = admin.query(&format!("EXPLAIN SELECT k FROM public.keyed WHERE {condition}"), &[]).await.unwrap();
    let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
    assert!(plan[0].contains("Index"), "{plan:?}");
}

#[tokio::test]
async fn sums_are_cast_to_what_was_declared() {
    let source = source();
    let rows = "(VALUES (2147483647, 9223372036854775807, 0.01), (2147483647, 9223372036854775807, 0.02)) t(a, b, c)";
    let numeric = SqlType::Numeric(None);
    let cases = [
        ("a", SqlType::Int4, SqlType::Int8, "4294967294"),
        ("b", SqlType::Int8, numeric.clone(), "18446744073709551614.0000000000"),
        ("c", SqlType::Numeric(Some((10, 2))), numeric, "0.0300000000"),
    ];
    for (column, argument, result, expected) in cases {
        let sum = Postgres.aggregate(Aggregate::Sum, column, &argument, &result).unwrap();
        let got = ask(&*source, &format!("SELECT {sum} FROM {rows}"), Vec::new(), &[result]).await.unwrap();
        assert_eq!(got, [expected]);
    }
    assert_eq!(Postgres.aggregate(Aggregate::Sum, "x", &SqlType::Float8, &SqlType::Float8), None);
}

#[tokio::test]
async fn sessions_are_read_only_in_utc_without_a_search_path() {
    let source = source();
    let admin = postgres_admin().await;
    admin.batch_execute("CREATE TABLE public.kept (v int4); GRANT ALL ON public.kept TO sluice").await.unwrap();
    let types = [SqlType::Int4];
    let written = ask(&*source, "INSERT INTO public.kept VALUES (1) RETURNING v", Vec::new(), &types).await;
    assert!(matches!(&written, Err(SourceError::Failed { sqlstate: Some(s), .. }) if s == "25006"), "{written:?}");
    let found = ask(&*source, "SELECT v FROM kept", Vec::new(), &types).await;
    assert!(matches!(&found, Err(SourceError::Failed { sqlstate: Some(s), .. }) if s == "42P01"), "{found:?}");
    let zone = ask(&*source, "SELECT current_setting('TimeZone')", Vec::new(), &[SqlType::Text]).await;
    assert_eq!(zone.unwrap(), ["UTC"]);
}

/// Statements of this source's user that are running and carry the mark.
async fn running(admin: &tokio_postgres::Client, mark: &str) -> i64 {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'sluice' AND state = 'active' AND query LIKE $1";
    admin.query_one(sql, &[&format!("%{mark}%")]).await.unwrap().get(0)
}

async fn until_running(admin: &tokio_postgres::Client, mark: &str, count: i64) {
    let started = Instant::now();
    while running(admin, mark).await != count {
        assert!(started.elapsed() < Duration::from_secs(10), "{mark} never had {count} running");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn dropping_the_stream_cancels_at_the_server() {
    let admin = postgres_admin().await;
    for tls in ["disable", "require"] {
        let source =
            server_source(SourceKind::Postgres, &[("pool_max", "1"), ("queue_timeout_ms", "300"), ("tls", tls)]);
        // Before its first row, while rows flow, and before `scan` is even done.
        let sleeping = format!("SELECT 1 /* {tls} mark */ FROM pg_catalog.pg_sleep(60)");
        let stream = source.scan(request(&sleeping, Vec::new(), &[SqlType::Int4])).await.unwrap();
        until_running(&admin, &format!("{tls} mark"), 1).await;
        let busy = source.ping().await;
        assert!(matches!(busy, Err(SourceError::Busy { pool_max: 1, .. })), "{busy:?}");
        drop(stream);
        until_running(&admin, &format!("{tls} mark"), 0).await;
        wait_for_place(&*source).await;
        let flowing = format!("SELECT pg_catalog.generate_series(1, 100000000) /* {tls} flow */");
        let mut stream = source.scan(request(&flowing, Vec::new(), &[SqlType::Int4])).await.unwrap();
        assert_eq!(stream.next().await.unwrap().unwrap().num_rows(), 8_192);
        until_running(&admin, &format!("{tls} flow"), 1).await;
        drop(stream);
        until_running(&admin, &format!("{tls} flow"), 0).await;
        wait_for_place(&*source).await;
        let broken = "SELECT (CASE WHEN i = 50000 THEN 'NaN' ELSE '1' END)::numeric /* broken */ \
                      FROM (SELECT pg_catalog.generate_series(1, 100000000) AS i) s";
        let outcome = batches(&*source, request(broken, Vec::new(), &[SqlType::Numeric(Some((5, 0)))])).await;
        assert!(matches!(outcome, Err(SourceError::Value { .. })), "{outcome:?}");
        until_running(&admin, "broken", 0).await;
        wait_for_place(&*source).await;
    }
}

/// The place in the pool is free a moment after the statement has ended.
async fn wait_for_place(source: &dyn SqlSource) {
    let started = Instant::now();
    while let Err(error) = source.ping().await {
        assert!(matches!(error, SourceError::Busy { .. }) && started.elapsed() < Duration::from_secs(10), "{error}");
    }
}

#[tokio::test]
async fn a_statement_ends_at_its_time_limit_and_the_limit_does_not_stay() {
    let source = server_source(SourceKind::Postgres, &[("pool_max", "1")]);
    let mut asked = request("SELECT 1 FROM pg_catalog.pg_sleep(30)", Vec::new(), &[SqlType::Int4]);
    asked.timeout_ms = 150;
    let outcome = batches(&*source, asked).await;
    assert!(matches!(outcome, Err(SourceError::Timeout { .. })), "{outcome:?}");
    let slow = ask(&*source, "SELECT 1 FROM pg_catalog.pg_sleep(0.3)", Vec::new(), &[SqlType::Int4]).await;
    assert_eq!(slow.unwrap(), ["1"]);
    let limited = server_source(SourceKind::Postgres, &[("statement_timeout_ms", "150")]);
    let outcome = ask(&*limited, "SELECT 1 FROM pg_catalog.pg_sleep(30)", Vec::new(), &[SqlType::Int4]).await;
    assert!(matches!(outcome, Err(SourceError::Timeout { .. })), "{outcome:?}");
}

#[tokio::test]
async fn a_dead_connection_and_a_changed_table_are_survived() {
    let source = server_source(SourceKind::Postgres, &[("pool_max", "1")]);
    let admin = postgres_admin().await;
    admin.batch_execute("CREATE TABLE public.grows (a int4)").await.unwrap();
    let sql = "SELECT * /* victim */ FROM public.grows";
    assert_eq!(ask(&*source, sql, Vec::new(), &[SqlType::Int4]).await.unwrap().len(), 0);
    let kill =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%victim%' AND usename = 'sluice'";
    assert_eq!(admin.query(kill, &[]).await.unwrap().len(), 1);
    assert_eq!(ask(&*source, sql, Vec::new(), &[SqlType::Int4]).await.unwrap().len(), 0);
    admin.batch_execute("ALTER TABLE public.grows ALTER a TYPE int8").await.unwrap();
    let changed = ask(&*source, sql, Vec::new(), &[SqlType::Int4]).await;
    assert!(matches!(changed, Err(SourceError::TypeMismatch { column: 1, .. })), "{changed:?}");
    assert_eq!(ask(&*source, sql, Vec::new(), &[SqlType::Int8]).await.unwrap().len(), 0);
}

#[tokio::test]
async fn tls_proves_what_its_mode_says() {
    let server = testserver::postgres();
    let ca = server.folder.join("ca.pem");
    let ca = ca.to_str().unwrap();
    let other_ca = server.folder.join("other.pem");
    let other_ca = other_ca.to_str().unwrap();
    let made = std::process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=x"])
        .args(["-keyout", "/dev/null", "-out", other_ca])
        .output()
        .unwrap();
    assert!(made.status.success());
    let encrypted = "SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()";
    let cases = [
        (vec![("tls", "disable")], Some("false")),
        (vec![("tls", "prefer")], Some("true")),
        (vec![("tls", "require")], Some("true")),
        (vec![("tls", "verify-ca"), ("ca", ca)], Some("true")),
        (vec![("tls", "verify-full"), ("ca", ca), ("host", "localhost")], Some("true")),
        (vec![("tls", "verify-full"), ("ca", ca), ("host", "127.0.0.1")], None),
        (vec![("tls", "verify-ca"), ("ca", other_ca)], None),
        (vec![("tls", "verify-full"), ("ca", other_ca), ("host", "localhost")], None),
    ];
    for (settings, expected) in cases {
        let source = server_source(SourceKind::Postgres, &settings);
        let got = ask(&*source, encrypted, Vec::new(), &[SqlType::Bool]).await;
        match expected {
            Some(expected) => assert_eq!(got.unwrap(), [expected], "{settings:?}"),
            None => assert!(matches!(got, Err(SourceError::Unavailable { .. })), "{settings:?}: {got:?}"),
        }
    }
}

#[tokio::test]
async fn what_cannot_be_reached_is_unavailable_and_tells_no_client_why() {
    for more in [[("port", "1")], [("database", "nothing_here")], [("user", "nobody_known")]] {
        let source = server_source(SourceKind::Postgres, &more);
        let error = source.ping().await.unwrap_err();
        assert!(matches!(error, SourceError::Unavailable { .. }), "{more:?}: {error:?}");
        let log = error.to_string();
        let told = format!("{:?}", error.to_client());
        for secret in ["127.0.0.1", "nothing_here", "nobody_known", PASSWORD] {
            assert!(!told.contains(secret), "{told}");
        }
        assert!(!log.contains(PASSWORD), "{log}");
    }
}

#[tokio::test]
async fn columns_and_pairs() {
    let source = source();
    let admin = postgres_admin().await;
    admin
        .batch_execute(
            "CREATE SCHEMA \"模 式\"; CREATE DOMAIN public.amount AS numeric(14,2) NOT NULL;
             CREATE TYPE public.level AS ENUM ('a');
             CREATE TABLE \"模 式\".branches (br_no varchar(8) NOT NULL, up_br_no char(8), n numeric, m numeric(7,4),
                 z numeric(5,-2), d public.amount, l public.level, ts timestamptz, tags text[], gone int);
             ALTER TABLE \"模 式\".branches DROP gone;
             INSERT INTO \"模 式\".branches(br_no, up_br_no, d) VALUES ('H00', NULL, 0), ('B10', 'H00', 0);
             CREATE TABLE public.numbered (k int4, p int4); INSERT INTO public.numbered VALUES (1, NULL), (2, 1), (NULL, 1);",
        )
        .await
        .unwrap();
    let got = source.columns("模 式.branches").await.unwrap();
    let told: Vec<_> = got.iter().map(|c| (c.name.as_str(), c.sql_type.clone(), c.nullable)).collect();
    use SqlType::*;
    let expected = [
        ("br_no", Some(Varchar(Some(8))), false),
        ("up_br_no", Some(Bpchar(Some(8))), true),
        ("n", Some(Numeric(None)), true),
        ("m", Some(Numeric(Some((7, 4)))), true),
        ("z", Some(Numeric(Some((5, -2)))), true),
        ("d", Some(Numeric(Some((14, 2)))), false),
        ("l", Some(Text), true),
        ("ts", Some(Timestamptz), true),
        ("tags", Some(Array(Box::new(Text))), true),
    ];
    assert_eq!(told, expected);
    assert_eq!(got[3].type_name, "numeric(7,4)");
    assert!(matches!(source.columns("public.nothing").await, Err(SourceError::NoTable { .. })));
    let pairs = source.read_texts("模 式.branches", &["br_no", "up_br_no"]).await.unwrap();
    assert_eq!(pairs, [vec![Some("H00".to_string()), None], vec![Some("B10".into()), Some("H00".into())]]);
    let pairs = source.read_texts("numbered", &["k", "p"]).await.unwrap();
    assert_eq!(pairs, [vec![Some("1".to_string()), None], vec![Some("2".into()), Some("1".into())]]);
}

#[tokio::test]
async fn several_scans_at_once_and_many_rows() {
    let source = server_source(SourceKind::Postgres, &[("pool_max", "4")]);
    let sql = "SELECT i::int8, (i / 100.0)::numeric(12,2), 'row ' || i FROM pg_catalog.generate_series(1, 50000) i";
    let types = [SqlType::Int8, SqlType::Numeric(Some((12, 2))), SqlType::Text];
    let scans = (0..8).map(|_| ask(&*source, sql, Vec::new(), &types));
    for rows in futures::future::join_all(scans).await {
        let rows = rows.unwrap();
        assert_eq!(rows.len(), 50_000);
        assert_eq!(rows[49_998], "49999 | 499.99 | row 49999");
    }
}

#[test]
fn settings_are_strict() {
    let good = [("host", "h"), ("database", "d"), ("user", "u"), ("password", "env:PW"), ("tls", "disable")];
    assert!(open(SourceKind::Postgres, &good).is_ok());
    let with = |key: &'static str, value: &'static str| {
        let mut settings: Vec<(&str, &str)> = good.iter().copied().filter(|(known, _)| *known != key).collect();
        settings.push((key, value));
        open(SourceKind::Postgres, &settings)
    };
    for (key, value) in [
        ("password", "plain"),
        ("port", "0"),
        ("port", "65536"),
        ("tls", "yes"),
        ("tls", "verify-full"),
        ("tls", "verify-ca"),
        ("ca", "/x"),
        ("pool_max", "-1"),
        ("statement_timeout_ms", "soon"),
        ("sslmode", "disable"),
    ] {
        let refused = with(key, value);
        assert!(matches!(refused, Err(SourceError::Config { .. })), "{key}={value}: {refused:?}");
        assert!(!refused.unwrap_err().to_string().contains("plain"));
    }
    let source = open_sql(SourceKind::Postgres, &good);
    assert!(!format!("{source:?}").contains(PASSWORD));
}
