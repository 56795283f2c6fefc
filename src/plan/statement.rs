//! One SQL text into statements of the kinds that Sluice knows; everything else is refused here, by name.
//!
//! Invariant: bounds are checked on the flat token list, before anything recurses. Session commands are read from the
//! tokens by a small cursor; queries by sqlparser.

mod command;
mod escaped;
mod respelled;
mod tokens;

use sluice_base::{Datum, Limits, SqlType};
use sqlparser::tokenizer::Token;

use crate::{PlanError, Query};
pub(crate) use respelled::{EXCLUDED, ROWS_FROM, SYMMETRIC};
use tokens::Cursor;

/// One statement of a text, of a supported kind and within the limits.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The statement's own text.
    pub text: String,
    /// What it is.
    pub kind: StatementKind,
}

/// The kinds of statement that Sluice takes.
#[derive(Debug, Clone)]
pub enum StatementKind {
    /// SELECT, VALUES, TABLE, WITH
    Query(Query),
    /// EXPLAIN
    Explain {
        /// The explained query.
        query: Query,
        /// What is told, and how.
        options: ExplainOptions,
    },
    /// COPY (query) TO STDOUT
    CopyOut {
        /// The copied query.
        query: Query,
        /// Format and its options.
        options: CopyOptions,
    },
    /// BEGIN, START TRANSACTION
    Begin(TransactionModes),
    /// COMMIT, END
    Commit {
        /// The next transaction begins at once.
        chain: bool,
    },
    /// ROLLBACK, ABORT
    Rollback {
        /// The next transaction begins at once.
        chain: bool,
    },
    /// SAVEPOINT
    Savepoint(String),
    /// RELEASE
    Release(String),
    /// ROLLBACK TO
    RollbackTo(String),
    /// SET name = value; `None` is DEFAULT
    Set {
        /// Setting, lower case.
        name: String,
        /// Its value as text.
        value: Option<String>,
        /// SET LOCAL
        local: bool,
    },
    /// SET TRANSACTION, SET SESSION CHARACTERISTICS
    SetTransaction(TransactionModes),
    /// SHOW name, SHOW ALL
    Show(String),
    /// RESET name; `None` is ALL
    Reset(Option<String>),
    /// DISCARD what, upper case
    Discard(String),
    /// DECLARE CURSOR
    Declare {
        /// Cursor.
        name: String,
        /// Its query.
        query: Query,
        /// BINARY
        binary: bool,
        /// SCROLL, or NO SCROLL
        scroll: Option<bool>,
        /// WITH HOLD
        hold: bool,
    },
    /// FETCH, MOVE
    Fetch {
        /// Cursor.
        name: String,
        /// How far.
        count: FetchCount,
        /// MOVE: no rows are sent
        move_only: bool,
    },
    /// CLOSE name; `None` is ALL
    Close(Option<String>),
    /// PREPARE
    Prepare {
        /// Statement name.
        name: String,
        /// Declared parameter types, in front of inferred ones.
        types: Vec<SqlType>,
        /// The query.
        query: Query,
    },
    /// EXECUTE
    Execute {
        /// Statement name.
        name: String,
        /// Arguments.
        args: Vec<Argument>,
    },
    /// DEALLOCATE name; `None` is ALL
    Deallocate(Option<String>),
    /// LISTEN
    Listen(String),
    /// UNLISTEN name; `None` is `*`
    Unlisten(Option<String>),
    /// SET ROLE; `None` is NONE
    SetRole {
        /// The role; `None`: all roles again.
        role: Option<String>,
        /// SET LOCAL ROLE: for this transaction alone.
        local: bool,
    },
    /// SET SESSION AUTHORIZATION; `None` is DEFAULT
    SetSessionAuthorization(Option<String>),
    /// Commands that a read-only server may accept and ignore, by their tag: LOCK TABLE in ACCESS SHARE mode, SET
    /// CONSTRAINTS
    NoOperation(&'static str),
}

/// Isolation levels; a read-only server gives each the same snapshot semantics of its sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IsolationLevel {
    /// READ UNCOMMITTED
    ReadUncommitted,
    /// READ COMMITTED
    ReadCommitted,
    /// REPEATABLE READ
    RepeatableRead,
    /// SERIALIZABLE
    Serializable,
}

impl IsolationLevel {
    /// As SHOW prints it.
    pub fn name(self) -> &'static str {
        match self {
            IsolationLevel::ReadUncommitted => "read uncommitted",
            IsolationLevel::ReadCommitted => "read committed",
            IsolationLevel::RepeatableRead => "repeatable read",
            IsolationLevel::Serializable => "serializable",
        }
    }
}

/// Modes of BEGIN and SET TRANSACTION.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TransactionModes {
    /// ISOLATION LEVEL
    pub isolation: Option<IsolationLevel>,
    /// READ ONLY (true), READ WRITE (false)
    pub read_only: Option<bool>,
    /// DEFERRABLE
    pub deferrable: Option<bool>,
}

/// An argument of EXECUTE.
#[derive(Debug, Clone)]
pub enum Argument {
    /// A literal.
    Literal(Datum),
    /// The query that gives it: a SELECT of an expression without relations.
    Computed(Query),
}

/// How far FETCH and MOVE go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchCount {
    /// Forward by n rows; 0 is the current row again.
    Forward(u64),
    /// Forward to the end.
    ForwardAll,
    /// Backward by n rows.
    Backward(u64),
    /// Backward to the start.
    BackwardAll,
    /// To the row of this number, negative from the end.
    Absolute(i64),
    /// By this many rows from here.
    Relative(i64),
    /// To the last row.
    Last,
}

/// Options of EXPLAIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExplainOptions {
    /// POLICY: what was decided alone
    pub policy: bool,
    /// ANALYZE
    pub analyze: bool,
    /// COSTS
    pub costs: bool,
    /// FORMAT json, else text
    pub json: bool,
}

/// Format of COPY.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyFormat {
    /// text
    Text,
    /// csv
    Csv,
    /// binary
    Binary,
}

/// Options of COPY TO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyOptions {
    /// FORMAT
    pub format: CopyFormat,
    /// DELIMITER; None is the format's own
    pub delimiter: Option<char>,
    /// NULL; None is the format's own
    pub null: Option<String>,
    /// HEADER
    pub header: bool,
    /// QUOTE
    pub quote: Option<char>,
    /// ESCAPE
    pub escape: Option<char>,
    /// FORCE_QUOTE: None nothing, empty list is `*`
    pub force_quote: Option<Vec<String>>,
    /// Encoding of the texts; `None` is the client's.
    pub encoding: Option<String>,
}

/// Reads a text: zero, one or several statements.
///
/// # Errors
/// The first fault found; then nothing of the text may run.
pub fn parse(text: &str, limits: &Limits) -> Result<Vec<Statement>, PlanError> {
    let tokens = tokens::tokenize(text, limits)?;
    tokens
        .split(|token| token.token == Token::SemiColon)
        .filter(|part| !part.is_empty())
        .map(|part| crate::guarded(part.len() <= crate::SHORT_TOKENS, || one(text, part)))
        .collect()
}

fn one(text: &str, part: &[sqlparser::tokenizer::TokenWithSpan]) -> Result<Statement, PlanError> {
    let statement_text = tokens::slice(text, part);
    let kind = command::read(Cursor::new(text, part))?;
    Ok(Statement { text: statement_text, kind })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_base::ToClient;

    fn outcome(text: &str) -> String {
        match parse(text, &Limits::default()) {
            Ok(all) => all
                .iter()
                .map(|s| {
                    let shown = format!("{:?}", s.kind);
                    shown.split(['(', ' ', '{']).next().unwrap_or_default().to_string()
                })
                .collect::<Vec<_>>()
                .join(","),
            Err(error) => error.to_client().code.code().to_string(),
        }
    }

    #[test]
    fn kinds_and_refusals() {
        let cases = [
            ("", ""),
            (" ; -- nothing\n;", ""),
            ("SELECT 1", "Query"),
            ("select 1; values (2);", "Query,Query"),
            ("(SELECT 1) UNION SELECT 2", "Query"),
            ("WITH a AS (SELECT 1) SELECT * FROM a", "Query"),
            ("TABLE x", "Query"),
            ("BEGIN; SELECT 1; COMMIT", "Begin,Query,Commit"),
            ("start transaction isolation level repeatable read, read only", "Begin"),
            ("END", "Commit"),
            ("ROLLBACK TO SAVEPOINT a", "RollbackTo"),
            ("release a", "Release"),
            ("ABORT WORK", "Rollback"),
            ("SET search_path = a, \"B\", 'c'", "Set"),
            ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "SetTransaction"),
            ("SET TIME ZONE 'UTC'", "Set"),
            ("SET TIME ZONE INTERVAL '+08:00' HOUR TO MINUTE", "Set"),
            ("SET TIME ZONE INTERVAL '-8' HOUR", "Set"),
            ("SET TIME ZONE INTERVAL '1 month'", "22023"),
            ("SET TIME ZONE INTERVAL '8'", "22023"),
            ("SET LOCAL statement_timeout TO '5s'", "Set"),
            ("set names 'utf8'", "Set"),
            ("SET ROLE none", "SetRole"),
            ("SET LOCAL ROLE x", "SetRole"),
            ("SET role = 'none'", "SetRole"),
            ("SET SESSION role TO DEFAULT", "SetRole"),
            ("SET SESSION AUTHORIZATION DEFAULT", "SetSessionAuthorization"),
            ("SHOW TRANSACTION ISOLATION LEVEL", "Show"),
            ("RESET ALL", "Reset"),
            ("DISCARD ALL", "Discard"),
            ("declare c binary no scroll cursor with hold for select 1", "Declare"),
            ("fetch forward 10 from c", "Fetch"),
            ("move all in c", "Fetch"),
            ("fetch c", "Fetch"),
            ("CLOSE ALL", "Close"),
            ("PREPARE p (int, text) AS SELECT $1, $2", "Prepare"),
            ("EXECUTE p (1, 'a', NULL, -2.5, true)", "Execute"),
            ("DEALLOCATE PREPARE ALL", "Deallocate"),
            ("LISTEN x; UNLISTEN *", "Listen,Unlisten"),
            ("COPY (SELECT 1) TO STDOUT WITH (FORMAT csv, HEADER)", "CopyOut"),
            ("copy (select 1) to stdout with binary", "CopyOut"),
            ("EXPLAIN SELECT 1", "Explain"),
            ("EXPLAIN (POLICY) SELECT 1", "Explain"),
            ("EXPLAIN (FORMAT 'json', COSTS 0, BUFFERS) SELECT 1", "Explain"),
            ("EXPLAIN (TABLE x)", "Explain"),
            ("EXPLAIN (FORMAT XML) SELECT 1", "0A000"),
            ("EXPLAIN (COSTS perhaps) SELECT 1", "22023"),
            ("EXPLAIN (COSTS off off) SELECT 1", "42601"),
            ("COPY x (a) TO STDIN", "CopyOut"),
            ("COPY (SELECT 1) TO STDIN", "CopyOut"),
            ("DELETE FROM x", "25006"),
            ("SELECT 1; UPDATE x SET a = 1", "25006"),
            ("CREATE TABLE x (a int)", "25006"),
            ("WITH x AS (DELETE FROM y RETURNING *) SELECT * FROM x", "25006"),
            ("SELECT 1 INTO x", "25006"),
            ("SELECT * FROM x FOR UPDATE", "25006"),
            ("COPY x FROM STDIN", "25006"),
            ("COPY (SELECT 1) TO '/tmp/x'", "0A000"),
            ("COPY (SELECT 1) TO PROGRAM 'sh'", "0A000"),
            ("EXPLAIN ANALYZE COPY (SELECT 1) TO STDOUT", "0A000"),
            ("DO $$ begin end $$", "25006"),
            ("VACUUM", "25006"),
            ("SELEC 1", "42601"),
            ("SELECT 1 FROM", "42601"),
            ("SELECT 1 SELECT 2", "42601"),
            ("SELECT 'open", "42601"),
            ("FETCH 5", "42601"),
            ("SELECT 1;;SELECT 2", "Query,Query"),
        ];
        for (text, expected) in cases {
            assert_eq!(outcome(text), expected, "{text}");
        }
    }

    #[test]
    fn bounds_hold_before_anything_recurses() {
        let nested = format!("SELECT {}1{}", "(".repeat(100_000), ")".repeat(100_000));
        assert_eq!(outcome(&nested), "54001");
        let chain = format!("SELECT 1{}", "+1".repeat(20_000));
        assert_eq!(outcome(&chain), "54001");
        let cases = format!("SELECT {} 1 {}", "CASE WHEN true THEN ".repeat(500), "END ".repeat(500));
        assert_eq!(outcome(&cases), "54001");
        let nots = format!("SELECT {} true", "NOT ".repeat(5_000));
        assert_eq!(outcome(&nots), "54001");
        let wide = format!("SELECT 1 WHERE 1 IN ({}1)", "1,".repeat(20_000));
        assert_eq!(outcome(&wide), "Query");
        let unions = format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(3_000));
        assert_eq!(outcome(&unions), "54001");
        let commas = format!("SELECT 1,1{}", " UNION SELECT 1,1".repeat(3_000));
        assert_eq!(outcome(&commas), "54001");
        let left = (0..60).fold("true".to_string(), |left, _| format!("({left}{})", " AND true".repeat(800)));
        assert_eq!(outcome(&format!("SELECT 1 WHERE {left}")), "54001");
        let left = (0..40).fold("1".to_string(), |left, _| format!("({left}{})", " + 1".repeat(30)));
        assert_eq!(outcome(&format!("SELECT {left}")), "54001");
        let calls = format!("SELECT a{}", " || a".repeat(400));
        assert_eq!(outcome(&calls), "54001");
        let pairs = vec!["(a = 1 AND b = 2)"; 900].join(" OR ");
        assert_eq!(outcome(&format!("SELECT 1 WHERE {pairs}")), "Query");
        let rows = vec!["(1::int, 'a'::text)"; 3_000].join(", ");
        assert_eq!(outcome(&format!("VALUES {rows}")), "Query");
    }

    #[test]
    fn syntax_errors_name_the_place() {
        let error = parse("SELECT 姓名 FORM x y", &Limits::default()).map(|_| ()).unwrap_err().to_client();
        assert_eq!(error.message.en, "syntax error at or near \"x\"");
        assert_eq!(error.position, Some(16));
    }
}
