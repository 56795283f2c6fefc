//! What the tests of the connectors share: one check that asks a source and prints what came.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{DataType, Field, IntervalUnit, Schema, SchemaRef, TimeUnit};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use futures::StreamExt;
use proptest::strategy::{Strategy, ValueTree};
use sluice_base::{Datum, SqlType};
use sluice_model::catalog::{Connection, SourceKind};

use super::testserver::{self, PASSWORD};
use super::{ReadAhead, ScanRequest, Source, SourceError, Sources, SqlSource};

/// A file of this test process that does not exist yet.
pub(super) fn new_path(name: &str) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("sluice-{}-{number}-{name}", std::process::id()))
}

/// Opens one connection with these settings; `password` is what the references lead to.
pub(super) fn open(kind: SourceKind, settings: &[(&str, &str)]) -> Result<Source, SourceError> {
    let settings = settings.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    let connection = Connection { id: "src".into(), kind, settings };
    let connections = BTreeMap::from([("src".to_string(), connection)]);
    let sources = Sources::open(&connections, &|_| Ok(PASSWORD.to_string()))?;
    Ok(sources.get("src").expect("opened").clone())
}

pub(super) fn open_sql(kind: SourceKind, settings: &[(&str, &str)]) -> Arc<dyn SqlSource> {
    match open(kind, settings).expect("settings") {
        Source::Sql(source) => source,
        other => panic!("not SQL: {other:?}"),
    }
}

/// A source over this process's own server, with more settings.
pub(super) fn server_source(kind: SourceKind, more: &[(&str, &str)]) -> Arc<dyn SqlSource> {
    let server = if kind == SourceKind::Postgres { testserver::postgres() } else { testserver::mariadb() };
    let port = server.port.to_string();
    let mut settings = vec![
        ("host", "127.0.0.1"),
        ("port", port.as_str()),
        ("database", "bank"),
        ("user", "sluice"),
        ("password", "env:PW"),
    ];
    if !more.iter().any(|(key, _)| *key == "tls") {
        settings.push(("tls", "disable"));
    }
    for (key, value) in more {
        settings.retain(|(known, _)| known != key);
        settings.push((key, value));
    }
    open_sql(kind, &settings)
}

/// A client that may change the server's tables.
pub(super) async fn postgres_admin() -> tokio_postgres::Client {
    let server = testserver::postgres();
    let mut config = tokio_postgres::Config::new();
    config.host("127.0.0.1").port(server.port).user("postgres").password(PASSWORD).dbname("bank");
    let (client, connection) = config.connect(tokio_postgres::NoTls).await.expect("admin");
    tokio::spawn(connection);
    client
}

pub(super) async fn mariadb_admin() -> mysql_async::Conn {
    let server = testserver::mariadb();
    let opts = mysql_async::OptsBuilder::default()
        .ip_or_hostname("127.0.0.1")
        .tcp_port(server.port)
        .prefer_socket(false)
        .user(Some("admin"))
        .pass(Some(PASSWORD))
        .db_name(Some("bank"))
        .init(vec!["SET NAMES utf8mb4"]);
    let started = std::time::Instant::now();
    loop {
        match mysql_async::Conn::new(opts.clone()).await {
            Ok(connection) => return connection,
            // The users are made a moment after the port is open.
            Err(_) if started.elapsed().as_secs() < 30 => {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// The Arrow type of a declared type, as the plan room decides it.
pub(super) fn arrow_type(sql_type: &SqlType) -> DataType {
    match sql_type {
        SqlType::Bool => DataType::Boolean,
        SqlType::Int2 => DataType::Int16,
        SqlType::Int4 => DataType::Int32,
        SqlType::Int8 | SqlType::Oid => DataType::Int64,
        SqlType::Float4 => DataType::Float32,
        SqlType::Float8 => DataType::Float64,
        SqlType::Numeric(Some((p, s))) if *p <= 38 => DataType::Decimal128(*p, *s),
        SqlType::Numeric(Some((p, s))) => DataType::Decimal256(*p, *s),
        SqlType::Numeric(None) => DataType::Decimal128(38, 10),
        SqlType::Date => DataType::Date32,
        SqlType::Time => DataType::Time64(TimeUnit::Microsecond),
        SqlType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
        SqlType::Timestamptz => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        SqlType::Interval => DataType::Interval(IntervalUnit::MonthDayNano),
        SqlType::Uuid => DataType::FixedSizeBinary(16),
        SqlType::Bytea => DataType::Binary,
        _ => DataType::Utf8,
    }
}

pub(super) fn request(sql: &str, params: Vec<(SqlType, Datum)>, types: &[SqlType]) -> ScanRequest {
    let field = |(at, sql_type): (usize, &SqlType)| Field::new(format!("c{at}"), arrow_type(sql_type), true);
    let schema: SchemaRef = Arc::new(Schema::new(types.iter().enumerate().map(field).collect::<Vec<Field>>()));
    ScanRequest {
        sql: sql.into(),
        params,
        schema,
        types: types.to_vec(),
        unreadable_as_null: Vec::new(),
        batch_rows: 0,
        read_ahead: ReadAhead::default(),
        timeout_ms: 0,
        reusable: false,
    }
}

pub(super) async fn batches(source: &dyn SqlSource, request: ScanRequest) -> Result<Vec<RecordBatch>, SourceError> {
    let mut stream = source.scan(request).await?;
    let mut batches = Vec::new();
    while let Some(batch) = stream.next().await {
        batches.push(batch?);
    }
    Ok(batches)
}

/// Rows as text, columns separated by ` | `; the error by its name and what a client would be told.
pub(super) async fn ask(
    source: &dyn SqlSource,
    sql: &str,
    params: Vec<(SqlType, Datum)>,
    types: &[SqlType],
) -> Result<Vec<String>, SourceError> {
    Ok(rows(&batches(source, request(sql, params, types)).await?))
}

pub(super) fn rows(batches: &[RecordBatch]) -> Vec<String> {
    let options = FormatOptions::default().with_null("NULL");
    let mut rows = Vec::new();
    for batch in batches {
        let columns: Vec<ArrayFormatter<'_>> = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column, &options).expect("printable"))
            .collect();
        for row in 0..batch.num_rows() {
            rows.push(columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join(" | "));
        }
    }
    rows
}

/// One expression of a declared type: what it reads as, or the name of the error.
pub(super) async fn one(source: &dyn SqlSource, expression: &str, sql_type: &SqlType) -> String {
    match ask(source, &format!("SELECT {expression}"), Vec::new(), std::slice::from_ref(sql_type)).await {
        Ok(rows) => rows.join(" / "),
        Err(SourceError::Value { problem, column, .. }) => {
            assert_eq!(column, 1);
            format!("! {problem:?}")
        }
        Err(SourceError::TypeMismatch { .. }) => "! TypeMismatch".into(),
        Err(other) => format!("! {other}"),
    }
}

/// Texts that break careless quoting, as values and as names.
pub(super) fn hostile() -> Vec<String> {
    let texts = [
        "",
        "'",
        "''",
        "it's",
        "it''s",
        "\\",
        "a\\",
        "\\'",
        "\\' UNION SELECT secret FROM other --",
        "\\'; DROP TABLE t; --",
        "\"",
        "\"\"",
        "\\\"",
        "`",
        "``",
        "a`b",
        "--",
        "/* */",
        "$1",
        "?",
        "?1",
        ":a",
        "$$x$$",
        "%",
        "_",
        "\n\r\t\u{1}\u{8}\u{1a}",
        " leading and trailing ",
        "a ",
        "A",
        "a",
        "Ä",
        "ä",
        "张三",
        "張三",
        "成都分行",
        "𠮷野家",
        "😀👩‍👩‍👧",
        "\u{feff}bom",
        "\u{202e}rtl",
        // In GBK the second byte of these is a backslash or a quote's neighbour.
        "縗",
        "運",
        "誠\\'",
        "\u{bf}\\'",
        "e\u{301}",
        "é",
        "ß",
        "ss",
        "ı",
        "NULL",
        "1e3",
        "0x41",
        "\u{10ffff}",
    ];
    texts.iter().map(|text| text.to_string()).collect()
}

/// Characters of random texts: quotes, escapes, and neighbours of both in other character sets.
const ODD: &str = "'\"`\\;-/*%_?$:@#[](){} \tab0张運縗誠é\u{bf}\u{5c0f}\u{ff07}\u{2019}𠮷😀";

/// That every hostile text goes through the source and comes back, alone equal to itself, as a value and as a name.
pub(super) async fn round_trips(source: &dyn SqlSource, names: impl Fn(&str) -> bool) {
    let dialect = crate::dialect::dialect(source.kind()).expect("runs SQL");
    let mut random = proptest::test_runner::TestRunner::deterministic();
    let strategy = proptest::collection::vec(proptest::sample::select(ODD.chars().collect::<Vec<char>>()), 1..12);
    let texts = (0..150).map(|_| {
        let tree = strategy.new_tree(&mut random).expect("a strategy without filters");
        tree.current().into_iter().collect::<String>()
    });
    for text in hostile().into_iter().chain(texts) {
        let param = (SqlType::Text, Datum::Text(text.clone()));
        let placeholder = dialect.placeholder(1, &SqlType::Text);
        let got = batches(source, request(&format!("SELECT {placeholder}"), vec![param], &[SqlType::Text])).await;
        let got = got.unwrap_or_else(|error| panic!("{text:?}: {error}"));
        let column = got[0].column(0).as_any().downcast_ref::<arrow::array::StringArray>().expect("text");
        assert_eq!(column.value(0), text);
        assert_eq!(column.len(), 1);
        if text.is_empty() || !names(&text) {
            continue;
        }
        // As a name: of a column of a subquery, then asked for by that name.
        let name = dialect.quote(&text).expect("a name");
        let sql = format!("SELECT s.{name} FROM (SELECT 7 AS {name}) s");
        let got = ask(source, &sql, Vec::new(), &[SqlType::Int8]).await;
        if source.kind() == SourceKind::Postgres {
            let sql = sql.replace("SELECT 7", "SELECT 7::int8");
            let got = ask(source, &sql, Vec::new(), &[SqlType::Int8]).await;
            assert_eq!(got.unwrap_or_else(|error| panic!("{text:?}: {error}")), ["7"]);
        } else {
            assert_eq!(got.unwrap_or_else(|error| panic!("{text:?}: {error}")), ["7"]);
        }
    }
    let nul = vec![(SqlType::Text, Datum::Text("a\0b".into()))];
    let refused =
        ask(source, &format!("SELECT {}", dialect.placeholder(1, &SqlType::Text)), nul, &[SqlType::Text]).await;
    assert!(matches!(refused, Err(SourceError::Parameter { position: 1, .. })), "{refused:?}");
    assert!(dialect.quote("a\0b").is_err() && dialect.quote("").is_err());
}

/// That a dialect's text forms mean bytes: over a table `t(v)` that holds every hostile text once, whatever the
/// column's collation.
pub(super) async fn text_means_bytes(source: &dyn SqlSource, table: &str) {
    let dialect = crate::dialect::dialect(source.kind()).expect("runs SQL");
    let mut texts = hostile();
    let table = dialect.table(table).expect("table");
    let column = dialect.quote("v").expect("name");
    let order = dialect.text_order(&column);
    for text in &texts {
        let mut params = Vec::new();
        let mut value = || {
            if params.is_empty() || !dialect.numbered() {
                params.push((SqlType::Text, Datum::Text(text.clone())));
            }
            dialect.placeholder(params.len(), &SqlType::Text)
        };
        let condition = dialect.text_equals(&column, &mut value);
        let sql = format!("SELECT {column} FROM {table} WHERE {condition}");
        let got = ask(source, &sql, params, &[SqlType::Text]).await;
        assert_eq!(got.unwrap_or_else(|error| panic!("{sql} {text:?}: {error}")), std::slice::from_ref(text), "{sql}");
        let sql = format!(
            "SELECT count(*) FROM {table} WHERE {order} < {}",
            dialect.text_order(&dialect.placeholder(1, &SqlType::Text))
        );
        let got = ask(source, &sql, vec![(SqlType::Text, Datum::Text(text.clone()))], &[SqlType::Int8]).await;
        let expected = texts.iter().filter(|other| other.as_bytes() < text.as_bytes()).count().to_string();
        assert_eq!(got.unwrap_or_else(|error| panic!("{sql} {text:?}: {error}")), [expected], "{sql} {text:?}");
    }
    let sql = format!(
        "SELECT {order}, count(*) FROM {table} GROUP BY {order} ORDER BY {}",
        dialect.order_by_nulls(&order, true, false)
    );
    let got = ask(source, &sql, Vec::new(), &[SqlType::Text, SqlType::Int8]).await.expect("grouped");
    texts.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    let expected: Vec<String> = texts.iter().map(|text| format!("{text} | 1")).collect();
    assert_eq!(got, expected);
    let distinct = dialect.aggregate(crate::dialect::Aggregate::CountDistinct, &column, &SqlType::Text, &SqlType::Int8);
    let sql = format!("SELECT {} FROM {table}", distinct.expect("counted"));
    assert_eq!(ask(source, &sql, Vec::new(), &[SqlType::Int8]).await.expect("counted"), [texts.len().to_string()]);
    for (pattern, like) in [("a%", vec!["a", "a ", "a\\", "a`b"]), ("_", vec!["A", "a"]), ("\\%", vec!["%"])] {
        let param = vec![(SqlType::Text, Datum::Text(pattern.into()))];
        let condition = dialect.text_like(&column, &mut || dialect.placeholder(1, &SqlType::Text));
        let sql = format!("SELECT {column} FROM {table} WHERE {condition}");
        let got = ask(source, &sql, param, &[SqlType::Text]).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        for text in like {
            assert!(got.contains(&text.to_string()), "{pattern}: {got:?}");
        }
        assert!(got.iter().all(|text| text.starts_with('a') || pattern != "a%"), "{got:?}");
        assert!(pattern != "_" || got.iter().all(|text| text.chars().count() == 1), "{got:?}");
        assert!(pattern != "\\%" || got.len() == 1, "{got:?}");
    }
}
