use std::time::{Duration, Instant};

use futures::StreamExt;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use sluice_base::{Datum, SqlType, ToClient};
use sluice_model::catalog::SourceKind;

use crate::dialect::{Aggregate, Dialect, Mysql};
use crate::sources::testing::{
    ask, batches, hostile, mariadb_admin, one, open, request, round_trips, server_source, text_means_bytes,
};
use crate::sources::testserver::{self, PASSWORD};
use crate::sources::{ScanRequest, SourceError, SqlSource};

/// A source over the test server, and a client that may write, once the server is up.
async fn both(more: &[(&str, &str)]) -> (std::sync::Arc<dyn SqlSource>, Conn) {
    // mysql_async takes the process's default provider.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let admin = mariadb_admin().await;
    (server_source(SourceKind::Mysql, more), admin)
}

async fn run(admin: &mut Conn, statements: &str) {
    for statement in statements.split(";\n").filter(|statement| !statement.trim().is_empty()) {
        admin.query_drop(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}

#[tokio::test]
async fn every_type_and_what_does_not_fit() {
    use SqlType::*;
    let (source, mut admin) = both(&[]).await;
    run(
        &mut admin,
        "SET sql_mode = ''
         ;\nCREATE TABLE types (t1 TINYINT(1), tu TINYINT UNSIGNED, s SMALLINT, m MEDIUMINT, i INT, iu INT UNSIGNED,
            b BIGINT, bu BIGINT UNSIGNED, y YEAR, d DECIMAL(12,2), dw DECIMAL(60,10), f FLOAT, db DOUBLE, b1 BIT(1),
            b9 BIT(9), c CHAR(5), v VARCHAR(9), x TEXT, e ENUM('a','乙'), st SET('p','q'), j JSON, bi BINARY(2),
            vb VARBINARY(9), bl BLOB, da DATE, dt DATETIME(6), ts TIMESTAMP(6) NULL, ti TIME(6), tl TIME, tn TIME,
            u UUID, u16 BINARY(16), g VARCHAR(9) CHARACTER SET gbk, l VARCHAR(9) CHARACTER SET latin1, z DATE,
            zd DATETIME, zt TIMESTAMP NULL, zp DATE, n INT)
         ;\nSET time_zone = '+08:00'
         ;\nINSERT INTO types VALUES (2, 255, -32768, 8388607, -2147483648, 4294967295, -9223372036854775808,
            18446744073709551615, 2024, 12.34, 12345678901234567890123456789012345678901234567890.0123456789, 1.5,
            0.1, b'1', b'100000001', 'ab', 'a ', '张三', '乙', 'p,q', '{\"a\":1}', x'00ff', x'00ff', x'ff',
            '2024-02-29', '2024-02-29 01:02:03.000004', '2024-02-29 08:00:00', '23:59:59.999999', '838:59:59',
            '-00:00:01', '0192f0c1-7e5a-7abc-8def-0123456789ab', x'0192f0c17e5a7abc8def0123456789ab', '张三', 'é',
            '0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '2024-02-00', NULL)",
    )
    .await;
    let money = || Numeric(Some((12, 2)));
    let cases = [
        ("n", Int4, "NULL"),
        ("t1", Bool, "! OutOfRange"),
        ("t1 = 2", Bool, "true"),
        ("t1", Int2, "2"),
        ("tu", Int2, "255"),
        ("s", Int2, "-32768"),
        ("m", Int4, "8388607"),
        ("i", Int4, "-2147483648"),
        ("i", Int2, "! OutOfRange"),
        ("iu", Int8, "4294967295"),
        ("iu", Int4, "! OutOfRange"),
        ("b", Int8, "-9223372036854775808"),
        ("bu", Int8, "! OutOfRange"),
        ("bu", Numeric(Some((20, 0))), "18446744073709551615"),
        ("y", Int2, "2024"),
        ("s", Text, "! TypeMismatch"),
        ("d", money(), "12.34"),
        ("d", Numeric(Some((12, 1))), "! OutOfRange"),
        ("d", Int8, "! OutOfRange"),
        ("d", Float8, "! TypeMismatch"),
        ("dw", Numeric(Some((60, 10))), "12345678901234567890123456789012345678901234567890.0123456789"),
        ("f", Float4, "1.5"),
        ("f", Float8, "1.5"),
        ("db", Float8, "0.1"),
        ("db", Float4, "! TypeMismatch"),
        ("b1", Bool, "true"),
        ("b9", Int4, "257"),
        ("b9", Bytea, "0101"),
        ("c", Text, "ab"),
        ("c", Bpchar(Some(5)), "ab"),
        ("v", Text, "a "),
        ("x", Text, "张三"),
        ("e", Text, "乙"),
        ("st", Text, "p,q"),
        ("j", Json, "{\"a\":1}"),
        ("bi", Bytea, "00ff"),
        ("vb", Bytea, "00ff"),
        ("bl", Bytea, "ff"),
        ("bl", Text, "! NotUtf8"),
        ("x", Bytea, "! TypeMismatch"),
        ("da", Date, "2024-02-29"),
        ("dt", Timestamp, "2024-02-29T01:02:03.000004"),
        ("dt", Date, "! OutOfRange"),
        ("ts", Timestamptz, "2024-02-29T00:00:00Z"),
        ("ti", Time, "23:59:59.999999"),
        ("tl", Time, "! NoSuchTime"),
        ("tn", Time, "! NoSuchTime"),
        ("tl", Interval, "838 hours 59 mins 59.000000000 secs"),
        ("u", Uuid, "0192f0c17e5a7abc8def0123456789ab"),
        ("u16", Uuid, "0192f0c17e5a7abc8def0123456789ab"),
        ("g", Text, "张三"),
        ("l", Text, "é"),
        ("z", Date, "! NoSuchDate"),
        ("zd", Timestamp, "! NoSuchDate"),
        ("zt", Timestamptz, "! NoSuchDate"),
        ("zp", Date, "! NoSuchDate"),
        ("count(*)", Int8, "1"),
        ("sum(i)", Int8, "-2147483648"),
        ("Point(1,1)", Text, "! TypeMismatch"),
    ];
    for (expression, sql_type, expected) in cases {
        let got = one(&*source, &format!("{expression} FROM types"), &sql_type).await;
        assert_eq!(got, expected, "{expression} as {sql_type:?}");
    }
    let lenient = server_source(SourceKind::Mysql, &[("zero_dates", "null")]);
    for (expression, sql_type) in [("z", Date), ("zd", Timestamp), ("zt", Timestamptz), ("zp", Date)] {
        assert_eq!(one(&*lenient, &format!("{expression} FROM types"), &sql_type).await, "NULL", "{expression}");
    }
    let told: Vec<_> = source.columns("types").await.unwrap().into_iter().map(|c| (c.name, c.sql_type)).collect();
    for (name, expected) in [
        ("t1", Some(Bool)),
        ("tu", Some(Int2)),
        ("iu", Some(Int8)),
        ("bu", Some(Numeric(Some((20, 0))))),
        ("d", Some(Numeric(Some((12, 2))))),
        ("c", Some(Bpchar(Some(5)))),
        ("v", Some(Varchar(Some(9)))),
        ("x", Some(Text)),
        ("e", Some(Text)),
        ("bl", Some(Bytea)),
        ("dt", Some(Timestamp)),
        ("ts", Some(Timestamptz)),
        ("u", Some(Uuid)),
    ] {
        let found = told.iter().find(|(known, _)| known == name).map(|(_, sql_type)| sql_type.clone());
        assert_eq!(found, Some(expected), "{name}");
    }
}

#[tokio::test]
async fn parameters_of_every_type() {
    use SqlType::*;
    let (source, _admin) = both(&[]).await;
    // What a bare parameter comes back as is the server's choice, so each is compared with a literal of its type.
    let cases = [
        (Bool, Datum::Bool(true), "TRUE"),
        (Int8, Datum::Int(i64::MIN), "-9223372036854775808"),
        (Float8, Datum::Float(0.1), "1e-1"),
        (Numeric(Some((40, 2))), Datum::Numeric("-12345678901234567890123456789012345678.12".into()), ""),
        (Text, Datum::Text("it''s \\".into()), "'it''''s \\'"),
        (Bytea, Datum::Bytes(vec![0, 255]), "x'00ff'"),
        (Date, Datum::Date(-1), "DATE '1969-12-31'"),
        (Time, Datum::Time(86_399_000_001), "TIME '23:59:59.000001'"),
        (Timestamp, Datum::Timestamp(-1), "TIMESTAMP '1969-12-31 23:59:59.999999'"),
        (Timestamptz, Datum::Timestamptz(0), "TIMESTAMP '1970-01-01 00:00:00'"),
        (Uuid, Datum::Uuid([7; 16]), "CAST('07070707-0707-0707-0707-070707070707' AS UUID)"),
    ];
    for (sql_type, value, literal) in cases {
        let literal = match &value {
            Datum::Numeric(text) => text.clone(),
            _ => literal.to_string(),
        };
        let sql = format!("SELECT {} = {literal}", Mysql.placeholder(1, &sql_type));
        let got = ask(&*source, &sql, vec![(sql_type.clone(), value)], &[Bool]).await;
        assert_eq!(got.unwrap(), ["true"], "{sql_type:?}");
    }
    let null = ask(&*source, "SELECT ? IS NULL", vec![(Text, Datum::Null)], &[Bool]).await;
    assert_eq!(null.unwrap(), ["true"]);
    for (sql_type, value) in [
        (Float8, Datum::Float(f64::NAN)),
        (Numeric(None), Datum::Numeric("NaN".into())),
        (Date, Datum::Date(i32::MAX)),
        (Interval, Datum::Interval(Default::default())),
    ] {
        let refused = ask(&*source, "SELECT ? IS NULL", vec![(sql_type, value)], &[Bool]).await;
        assert!(matches!(refused, Err(SourceError::Parameter { position: 1, .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn hostile_texts_go_through() {
    let (source, _admin) = both(&[]).await;
    // The server has no names with supplementary characters, and cuts blanks and control characters at their ends.
    round_trips(&*source, |name| {
        let plain = |c: char| u32::from(c) <= 0xffff && !c.is_control();
        name.chars().all(plain) && name.trim() == name && name.len() < 64
    })
    .await;
}

#[tokio::test]
async fn text_is_compared_by_bytes_whatever_the_collation() {
    let (source, mut admin) = both(&[]).await;
    run(
        &mut admin,
        "CREATE TABLE texts_ci (v VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, KEY (v))
         ;\nCREATE TABLE texts_uca (v VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_nopad_ci, KEY (v))
         ;\nCREATE TABLE texts_bin (v VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, KEY (v))
         ;\nCREATE TABLE texts_blob (v TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_swedish_ci)",
    )
    .await;
    let tables = ["texts_ci", "texts_uca", "texts_bin", "texts_blob"];
    for text in hostile() {
        for table in tables {
            admin.exec_drop(format!("INSERT INTO {table} VALUES (?)"), (&text,)).await.unwrap();
        }
    }
    for table in tables {
        text_means_bytes(&*source, table).await;
    }
    text_means_bytes(&*source, "bank.texts_ci").await;
}

#[tokio::test]
async fn a_gbk_table_is_compared_by_its_text() {
    let (source, mut admin) = both(&[]).await;
    run(
        &mut admin,
        "CREATE TABLE texts_gbk (v VARCHAR(50) CHARACTER SET gbk COLLATE gbk_chinese_ci, KEY (v))
         ;\nINSERT INTO texts_gbk VALUES ('张三'), ('運'), ('A'), ('a'), ('a ')",
    )
    .await;
    for (text, expected) in [("张三", 1), ("運", 1), ("a", 1), ("A", 1), ("a ", 1), ("a  ", 0), ("運\\'", 0)] {
        let mut params = Vec::new();
        let condition = Mysql.text_equals("v", &mut || {
            params.push((SqlType::Text, Datum::Text(text.to_string())));
            "?".to_string()
        });
        let sql = format!("SELECT v FROM texts_gbk WHERE {condition}");
        let got = ask(&*source, &sql, params, &[SqlType::Text]).await;
        assert_eq!(got.unwrap_or_else(|error| panic!("{text}: {error}")), vec![text; expected]);
    }
    // A character that GBK lacks is an error with its own code: the server does not compare such texts.
    let text = || (SqlType::Text, Datum::Text("😀".to_string()));
    let condition = Mysql.text_equals("v", &mut || "?".to_string());
    let sql = format!("SELECT v FROM texts_gbk WHERE {condition}");
    let error = ask(&*source, &sql, vec![text(), text()], &[SqlType::Text]).await.unwrap_err();
    assert_eq!(error.to_client().code, sluice_base::SqlState::CharacterNotInRepertoire);
}

#[tokio::test]
async fn an_equality_on_text_uses_the_index() {
    let (_source, mut admin) = both(&[]).await;
    run(
        &mut admin,
        "CREATE TABLE keyed (k VARCHAR(20) COLLATE utf8mb4_general_ci, KEY k_index (k))
         ;\nINSERT INTO keyed SELECT CONCAT('k', seq) FROM seq_1_to_5000",
    )
    .await;
    let condition = Mysql.text_equals("k", &mut || "'k77'".to_string());
    let plan: Vec<mysql_async::Row> =
        admin.query(format!("EXPLAIN SELECT k FROM keyed WHERE {condition}")).await.unwrap();
    let key: Option<String> = plan[0].get("key").unwrap();
    let kind: Option<String> = plan[0].get("type").unwrap();
    assert_eq!((key.as_deref(), kind.as_deref()), (Some("k_index"), Some("ref")));
}

/// MariaDB refuses the second execution of a prepared aggregate over a derived table that it merged, with error 1140.
#[tokio::test]
async fn a_nested_statement_runs_any_number_of_times_on_one_connection() {
    let (source, mut admin) = both(&[("pool_max", "1")]).await;
    run(&mut admin, "CREATE TABLE merged (k INT)\n;\nINSERT INTO merged VALUES (1), (2), (NULL)").await;
    let nested = "SELECT count(1) AS c0, count(t1.c0) AS c1 FROM (SELECT k AS c0 FROM merged WHERE k > ?) AS t1";
    for low in [0, 1, 2] {
        let low_bound = vec![(SqlType::Int4, Datum::Int(low))];
        let got = ask(&*source, nested, low_bound, &[SqlType::Int8, SqlType::Int8]).await;
        assert_eq!(got.unwrap(), [format!("{0} | {0}", 2 - low)]);
    }
}

/// The driver keeps a reusable statement prepared: the second execution costs no further round trip.
#[tokio::test]
async fn a_reusable_statement_is_prepared_once() {
    let (source, mut admin) = both(&[("pool_max", "1")]).await;
    run(&mut admin, "CREATE TABLE looked_up (k INT)\n;\nINSERT INTO looked_up VALUES (1), (2)").await;
    let count = "VARIABLE_VALUE FROM information_schema.session_status WHERE VARIABLE_NAME = 'COM_STMT_PREPARE'";
    for (sql, reusable, steps) in
        [("SELECT k FROM looked_up WHERE k = ?", true, [1, 1]), ("SELECT k FROM looked_up WHERE ? = k", false, [2, 2])]
    {
        let mut prepared = Vec::new();
        for _ in 0..3 {
            let params = vec![(SqlType::Int4, Datum::Int(1))];
            let request = ScanRequest { reusable, ..request(sql, params, &[SqlType::Int4]) };
            assert_eq!(batches(&*source, request).await.unwrap().len(), 1);
            prepared.push(one(&*source, count, &SqlType::Text).await.parse::<i64>().unwrap());
        }
        // The count is itself prepared each time.
        assert_eq!([prepared[1] - prepared[0], prepared[2] - prepared[1]], steps, "{sql}");
    }
}

#[tokio::test]
async fn long_texts_are_sorted_to_their_end() {
    let (source, mut admin) = both(&[]).await;
    run(
        &mut admin,
        "CREATE TABLE longs (v TEXT)
         ;\nINSERT INTO longs SELECT CONCAT(REPEAT('x', 3000), LPAD(500 - seq, 4, '0')) FROM seq_1_to_500",
    )
    .await;
    let order = Mysql.text_order("v");
    let sql = format!("SELECT {order} FROM longs ORDER BY {}", Mysql.order_by_nulls(&order, true, false));
    let got = ask(&*source, &sql, Vec::new(), &[SqlType::Text]).await.unwrap();
    let mut sorted = got.clone();
    sorted.sort();
    assert_eq!(got, sorted);
}

#[tokio::test]
async fn nulls_stand_where_they_are_asked_for() {
    let (source, _admin) = both(&[]).await;
    let table = "(SELECT 1 AS a UNION ALL SELECT NULL UNION ALL SELECT 2) t";
    for (asc, nulls_first, expected) in [
        (true, true, ["NULL", "1", "2"]),
        (true, false, ["1", "2", "NULL"]),
        (false, true, ["NULL", "2", "1"]),
        (false, false, ["2", "1", "NULL"]),
    ] {
        let sql = format!("SELECT a FROM {table} ORDER BY {}", Mysql.order_by_nulls("a", asc, nulls_first));
        assert_eq!(ask(&*source, &sql, Vec::new(), &[SqlType::Int8]).await.unwrap(), expected);
        let sql = format!("{sql}{}", Mysql.limit(None, 1));
        assert_eq!(ask(&*source, &sql, Vec::new(), &[SqlType::Int8]).await.unwrap(), expected[1..]);
        let sql = format!(
            "SELECT a FROM {table} ORDER BY {}{}",
            Mysql.order_by_nulls("a", asc, nulls_first),
            Mysql.limit(Some(1), 1)
        );
        assert_eq!(ask(&*source, &sql, Vec::new(), &[SqlType::Int8]).await.unwrap(), expected[1..2]);
    }
}

#[tokio::test]
async fn sums_come_as_what_was_declared() {
    let (source, _admin) = both(&[]).await;
    let rows = "(SELECT 9223372036854775807 AS b, 0.01 AS c UNION ALL SELECT 9223372036854775807, 0.02) t";
    let numeric = SqlType::Numeric(None);
    for (column, argument, expected) in [
        ("b", SqlType::Int8, "18446744073709551614.0000000000"),
        ("c", SqlType::Numeric(Some((10, 2))), "0.0300000000"),
    ] {
        let sum = Mysql.aggregate(Aggregate::Sum, column, &argument, &numeric).unwrap();
        let got = ask(&*source, &format!("SELECT {sum} FROM {rows}"), Vec::new(), std::slice::from_ref(&numeric)).await;
        assert_eq!(got.unwrap(), [expected]);
    }
}

#[tokio::test]
async fn sessions_are_read_only_in_utc_and_take_backslashes_as_they_are() {
    let (source, mut admin) = both(&[]).await;
    run(&mut admin, "CREATE TABLE kept (v INT)\n;\nGRANT ALL ON bank.kept TO 'sluice'@'%'").await;
    let written = ask(&*source, "INSERT INTO kept VALUES (1) RETURNING v", Vec::new(), &[SqlType::Int4]).await;
    assert!(matches!(&written, Err(SourceError::Failed { sqlstate: Some(s), .. }) if s == "25006"), "{written:?}");
    let zone = ask(&*source, "SELECT @@session.time_zone, '\\n'", Vec::new(), &[SqlType::Text, SqlType::Text]).await;
    assert_eq!(zone.unwrap(), ["+00:00 | \\n"]);
    let count: Option<i64> = admin.query_first("SELECT COUNT(*) FROM kept").await.unwrap();
    assert_eq!(count, Some(0));
}

async fn until_running(admin: &mut Conn, mark: &str, count: u64) {
    let sql = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'sluice' AND info LIKE ?";
    let started = Instant::now();
    loop {
        let running: Option<u64> = admin.exec_first(sql, (format!("%{mark}%"),)).await.unwrap();
        if running == Some(count) {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(10), "{mark} never had {count} running");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn dropping_the_stream_kills_at_the_server() {
    for tls in ["disable", "require"] {
        let (source, mut admin) = both(&[("pool_max", "1"), ("queue_timeout_ms", "300"), ("tls", tls)]).await;
        let sleeping = format!("SELECT SLEEP(60) + 0 /* {tls} mark */");
        let stream = source.scan(request(&sleeping, Vec::new(), &[SqlType::Int8])).await.unwrap();
        until_running(&mut admin, &format!("{tls} mark"), 1).await;
        let busy = source.ping().await;
        assert!(matches!(busy, Err(SourceError::Busy { pool_max: 1, .. })), "{busy:?}");
        drop(stream);
        until_running(&mut admin, &format!("{tls} mark"), 0).await;
        wait_for_place(&*source).await;
        let flowing = format!("SELECT seq /* {tls} flow */ FROM seq_1_to_100000000");
        let mut stream = source.scan(request(&flowing, Vec::new(), &[SqlType::Int8])).await.unwrap();
        assert_eq!(stream.next().await.unwrap().unwrap().num_rows(), 8_192);
        until_running(&mut admin, &format!("{tls} flow"), 1).await;
        drop(stream);
        until_running(&mut admin, &format!("{tls} flow"), 0).await;
        wait_for_place(&*source).await;
        let broken = "SELECT seq /* broken */ FROM seq_1_to_100000000";
        let outcome = batches(&*source, request(broken, Vec::new(), &[SqlType::Int2])).await;
        assert!(matches!(outcome, Err(SourceError::Value { .. })), "{outcome:?}");
        until_running(&mut admin, "broken", 0).await;
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
    let (source, _admin) = both(&[("pool_max", "1")]).await;
    let endless = "SELECT SUM(seq + 0) FROM seq_1_to_10000000000";
    let mut asked = request(endless, Vec::new(), &[SqlType::Int8]);
    asked.timeout_ms = 150;
    let outcome = batches(&*source, asked).await;
    assert!(matches!(outcome, Err(SourceError::Timeout { .. })), "{outcome:?}");
    let slow = ask(&*source, "SELECT SLEEP(0.3) + 0", Vec::new(), &[SqlType::Int8]).await;
    assert_eq!(slow.unwrap(), ["0"]);
}

#[tokio::test]
async fn tls_proves_what_its_mode_says() {
    let server = testserver::mariadb();
    let ca = server.folder.join("ca.pem");
    let ca = ca.to_str().unwrap();
    let encrypted =
        "SELECT variable_value <> '' FROM information_schema.session_status WHERE variable_name = 'Ssl_cipher'";
    let cases = [
        (vec![("tls", "disable")], Some("false")),
        (vec![("tls", "require")], Some("true")),
        (vec![("tls", "verify-full"), ("ca", ca), ("host", "localhost")], Some("true")),
        (vec![("tls", "verify-full"), ("ca", ca), ("host", "127.0.0.1")], None),
    ];
    for (settings, expected) in cases {
        let (source, _admin) = both(&settings).await;
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
        let (source, _admin) = both(&more).await;
        let error = source.ping().await.unwrap_err();
        assert!(matches!(error, SourceError::Unavailable { .. }), "{more:?}: {error:?}");
        let told = format!("{:?}", error.to_client());
        for secret in ["127.0.0.1", "nothing_here", "nobody_known", PASSWORD] {
            assert!(!told.contains(secret), "{told}");
        }
    }
}

#[tokio::test]
async fn pairs_and_missing_tables() {
    let (source, mut admin) = both(&[]).await;
    run(
        &mut admin,
        "CREATE TABLE `机 构` (k VARCHAR(9), p VARCHAR(9) CHARACTER SET gbk)
         ;\nINSERT INTO `机 构` VALUES ('H00', NULL), ('B10', 'H00'), (NULL, 'H00')
         ;\nCREATE TABLE numbered (k INT, p INT)\n;\nINSERT INTO numbered VALUES (1, NULL), (2, 1)",
    )
    .await;
    let pairs = source.read_texts("bank.机 构", &["k", "p"]).await.unwrap();
    assert_eq!(pairs, [vec![Some("H00".to_string()), None], vec![Some("B10".into()), Some("H00".into())]]);
    let pairs = source.read_texts("numbered", &["k", "p"]).await.unwrap();
    assert_eq!(pairs, [vec![Some("1".to_string()), None], vec![Some("2".into()), Some("1".into())]]);
    assert!(matches!(source.columns("nothing").await, Err(SourceError::NoTable { .. })));
    let missing = ask(&*source, "SELECT 1 FROM nothing", Vec::new(), &[SqlType::Int8]).await;
    assert!(matches!(&missing, Err(SourceError::Failed { sqlstate: Some(s), .. }) if s == "42S02"), "{missing:?}");
}

#[test]
fn settings_are_strict() {
    let good = [("host", "h"), ("database", "d"), ("user", "u"), ("tls", "disable")];
    assert!(open(SourceKind::Mysql, &good).is_ok());
    for bad in
        [("tls", "prefer"), ("tls", "verify-ca"), ("zero_dates", "maybe"), ("password", "plain"), ("charset", "gbk")]
    {
        let mut settings: Vec<(&str, &str)> = good.iter().copied().filter(|(key, _)| *key != bad.0).collect();
        settings.push(bad);
        assert!(matches!(open(SourceKind::Mysql, &settings), Err(SourceError::Config { .. })), "{bad:?}");
    }
}
