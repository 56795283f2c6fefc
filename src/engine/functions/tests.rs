//! Checked expressions over columns and over constants, against what PostgreSQL answers.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::optimizer::Analyzer;
use datafusion::prelude::SessionContext;
use sluice_base::{SqlState, ToClient};

use super::*;

fn context() -> SessionContext {
    let bounds = Bounds { value_bytes_max: 1_000, batch_bytes_max: 2_500 };
    let mut rules = Analyzer::new().rules;
    let pool = Arc::new(GreedyMemoryPool::new(4 << 20));
    rules.push(Arc::new(Checked::new(bounds, Account::new(pool))));
    let state = SessionStateBuilder::new().with_default_features().with_analyzer_rules(rules).build();
    let context = SessionContext::new_with_state(state);
    let columns: [(&str, ArrayRef); 4] = [
        ("n", Arc::new(Int32Array::from(vec![Some(1), None, Some(i32::MAX)]))),
        ("b", Arc::new(Int64Array::from(vec![Some(i64::MIN), None, Some(2)]))),
        ("f", Arc::new(Float64Array::from(vec![Some(2.5), None, Some(1e300)]))),
        ("x", Arc::new(StringArray::from(vec![Some("12"), None, Some("ab_c")]))),
    ];
    context.register_batch("t", RecordBatch::try_from_iter(columns).unwrap()).unwrap();
    context
}

#[expect(clippy::disallowed_methods, reason = "the pass alone is under test, over a table of its own")]
/// The first column, or the code of the error.
async fn answer(sql: &str) -> Result<Vec<String>, SqlState> {
    let failed = |error: DataFusionError| EngineError::from(error).to_client().code;
    let frame = context().sql(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let mut rows = Vec::new();
    for batch in frame.collect().await.map_err(failed)? {
        let format = FormatOptions::default().with_null("NULL");
        let column = ArrayFormatter::try_new(batch.column(0), &format).unwrap();
        rows.extend((0..batch.num_rows()).map(|row| column.value(row).to_string()));
    }
    Ok(rows)
}

#[tokio::test]
async fn arithmetic_and_casts_fail_by_their_kind() {
    let range = SqlState::NumericValueOutOfRange;
    let text = SqlState::InvalidTextRepresentation;
    let cases = [
        ("SELECT n + CAST(1 AS int) FROM t", range),
        ("SELECT n * n FROM t", range),
        ("SELECT -b FROM t", range),
        ("SELECT b - 1 FROM t", range),
        ("SELECT 9223372036854775807 + 1", range),
        ("SELECT sum(b - 1) FROM t", range),
        ("SELECT n FROM t WHERE b - 1 > 0", range),
        ("SELECT n FROM t ORDER BY b - 1", range),
        ("SELECT count(*) FROM t GROUP BY b - 1", range),
        ("SELECT (SELECT max(u.b - 1) FROM t u WHERE u.n = t.n) FROM t", range),
        ("SELECT row_number() OVER (ORDER BY b - 1) FROM t", range),
        ("SELECT l.n FROM t l JOIN t r ON l.b - 1 = r.b", range),
        ("SELECT CAST(f AS bigint) FROM t", range),
        ("SELECT CAST(f AS real) FROM t", range),
        ("SELECT CAST(f AS decimal(5, 1)) FROM t", range),
        ("SELECT CAST(n AS smallint) FROM t", range),
        ("SELECT CAST(n AS decimal(3, 1)) FROM t", range),
        ("SELECT CAST(CAST(n AS decimal(20, 2)) AS smallint) FROM t", range),
        ("SELECT CAST(x AS int) FROM t", text),
        ("SELECT CAST(x AS boolean) FROM t", text),
        ("SELECT CAST(x AS decimal(5, 1)) FROM t", text),
        ("SELECT CAST('x' AS double)", text),
        ("SELECT CAST(x AS date) FROM t", SqlState::InvalidDatetimeFormat),
        ("SELECT CAST(x AS timestamp) FROM t", SqlState::InvalidDatetimeFormat),
        ("SELECT CAST(x AS interval) FROM t", SqlState::InvalidDatetimeFormat),
        ("SELECT CAST('2024-02-30' AS date)", SqlState::DatetimeFieldOverflow),
        ("SELECT CAST('infinity' AS date)", SqlState::FeatureNotSupported),
        ("SELECT x FROM t WHERE x ~ '('", SqlState::InvalidRegularExpression),
        ("SELECT x FROM t WHERE x ~ concat('(', x)", SqlState::InvalidRegularExpression),
        ("SELECT regexp_replace(x, '(', 'y') FROM t", SqlState::InvalidRegularExpression),
        ("SELECT regexp_like(x, concat('(', x)) FROM t", SqlState::InvalidRegularExpression),
        ("SELECT x FROM t WHERE x LIKE 'a\\'", SqlState::InvalidEscapeSequence),
        ("SELECT x FROM t WHERE x LIKE x || '\\'", SqlState::InvalidEscapeSequence),
    ];
    for (sql, code) in cases {
        assert_eq!(answer(sql).await, Err(code), "{sql}");
    }
}

#[tokio::test]
async fn what_can_be_computed_is() {
    let cases = [
        ("SELECT n - CAST(1 AS int) FROM t", vec!["0", "NULL", "2147483646"]),
        ("SELECT CAST(f AS int) FROM t WHERE f < 10", vec!["2"]),
        ("SELECT CAST(f + 1 AS int) FROM t WHERE f < 10", vec!["4"]),
        ("SELECT CAST(CAST(2.5 AS decimal(4, 1)) AS int)", vec!["3"]),
        ("SELECT CAST(CAST(-2.5 AS decimal(4, 1)) AS bigint)", vec!["-3"]),
        ("SELECT CAST(-9223372036854775808.0 AS bigint)", vec!["-9223372036854775808"]),
        ("SELECT CAST(' 7 ' AS smallint)", vec!["7"]),
        ("SELECT CAST(x AS int) FROM t WHERE n = 1", vec!["12"]),
        ("SELECT CAST('1e2' AS decimal(40, 1))", vec!["100.0"]),
        ("SELECT CASE WHEN x = '12' THEN CAST(x AS int) ELSE 0 END FROM t", vec!["12", "0", "0"]),
        ("SELECT n + 1 AS m FROM t GROUP BY ROLLUP (n + 1) HAVING n + 1 < 9 ORDER BY m", vec!["2"]),
        ("SELECT x || 'd' FROM t", vec!["12d", "NULL", "ab_cd"]),
        ("SELECT 'a' || 'b'", vec!["ab"]),
        ("SELECT concat(x, n) FROM t", vec!["121", "", "ab_c2147483647"]),
        ("SELECT x FROM t WHERE x LIKE '%\\_c' AND x LIKE concat('a', '%')", vec!["ab_c"]),
        ("SELECT string_agg(x, ',' ORDER BY x DESC) FROM t", vec!["ab_c,12"]),
        ("SELECT string_agg(x, ',') OVER (ORDER BY x NULLS FIRST) FROM t", vec!["NULL", "12", "12,ab_c"]),
        ("SELECT array_agg(DISTINCT x ORDER BY x NULLS FIRST) FROM t", vec!["[NULL, 12, ab_c]"]),
    ];
    for (sql, rows) in cases {
        let rows: Vec<String> = rows.into_iter().map(String::from).collect();
        assert_eq!(answer(sql).await, Ok(rows), "{sql}");
    }
}

#[tokio::test]
async fn what_grows_is_bounded() {
    let (value, batch) = (SqlState::ProgramLimitExceeded, SqlState::OutOfMemory);
    let cases = [
        ("SELECT repeat(x, 1000) FROM t", value),
        ("SELECT repeat(x, b + 9223372036854775807 + 502) FROM t WHERE n = 1", value),
        ("SELECT repeat(x, 500) || x || '!' FROM t WHERE n = 1", value),
        ("SELECT concat(repeat('x', 600), repeat('y', 600)) FROM t", value),
        ("SELECT concat_ws(repeat('x', 600), x, x, x) FROM t", value),
        ("SELECT replace(repeat(x, 100), x, repeat('y', 11)) FROM t WHERE n = 1", value),
        ("SELECT translate(repeat('a', 300), 'a', '闸') FROM t", value),
        ("SELECT lpad(x, 300, '闸') FROM t", value),
        ("SELECT rpad(x, 1001) FROM t", value),
        ("SELECT overlay(repeat(x, 250) placing repeat(x, 300) FROM 1) FROM t WHERE n = 1", value),
        ("SELECT regexp_replace(repeat(x, 250), '.*', '\\0\\0\\0') FROM t WHERE n = 1", value),
        ("SELECT regexp_replace(repeat(x, 250), '.', 'abc', 'g') FROM t WHERE n = 1", value),
        ("SELECT string_agg(repeat(l.x, 100), '') FROM t l, t r", value),
        (
            "SELECT n, string_agg(repeat(x, 250), repeat('-', 900)) FROM (SELECT * FROM t, (VALUES (1), (2)) AS v) GROUP BY n",
            value,
        ),
        ("SELECT array_agg(repeat(x, 200)) FROM t", value),
        ("SELECT n, array_agg(repeat(l.x, 200)) FROM t l, (VALUES (1), (2), (3)) AS v GROUP BY n", value),
        ("SELECT repeat('x', 900) || x FROM (SELECT l.x FROM t l, t r) AS u", batch),
        (
            "SELECT string_agg(repeat('x', 90), '') OVER (ORDER BY a, b, c) FROM (VALUES (1), (2)) AS u(a), (VALUES (1), (2)) AS v(b), (VALUES (1), (2)) AS w(c)",
            batch,
        ),
        (
            "SELECT string_agg(repeat('x', 90), '') OVER () FROM (VALUES (1), (2), (3), (4), (5), (6), (7), (8)) AS u(a)",
            batch,
        ),
        (
            "SELECT array_agg(repeat('x', 90)) OVER (PARTITION BY a % 4) FROM (VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12)) AS u(a)",
            batch,
        ),
    ];
    for (sql, code) in cases {
        assert_eq!(answer(sql).await, Err(code), "{sql}");
    }
}
