//! The statement kinds by their first word. Closed list: what is not named here is refused.

mod copy;
mod cursors;
mod prepared;
mod settings;
mod transactions;

use sqlparser::ast;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::StatementKind;
use super::tokens::Cursor;
use crate::{PlanError, Query};
use copy::copy;
use cursors::{declare, fetch};
use prepared::{execute, explain, prepare};
use settings::{discard, reset, set, show};
use transactions::{chain, modes, rollback};

/// Commands that change data, structure or the server.
const WRITES: &[&str] = &[
    "INSERT",
    "UPDATE",
    "DELETE",
    "MERGE",
    "TRUNCATE",
    "CREATE",
    "ALTER",
    "DROP",
    "GRANT",
    "REVOKE",
    "COMMENT",
    "VACUUM",
    "ANALYZE",
    "REINDEX",
    "CLUSTER",
    "REFRESH",
    "DO",
    "CALL",
    "IMPORT",
    "SECURITY",
    "REASSIGN",
    "LOAD",
    "NOTIFY",
    "LOCK",
    "CHECKPOINT",
    "REPLACE",
];

pub(super) fn read(mut cursor: Cursor) -> Result<StatementKind, PlanError> {
    if cursor.peek() == Some(&Token::LParen) {
        return query(&cursor).map(StatementKind::Query);
    }
    let unknown = cursor.error();
    let Some(word) = cursor.word() else { return Err(unknown) };
    if matches!(word.as_str(), "SELECT" | "WITH" | "VALUES" | "TABLE") {
        return query(&cursor).map(StatementKind::Query);
    }
    if word == "LOCK" && locks_for_reading(&cursor) {
        return Ok(StatementKind::NoOperation("LOCK TABLE"));
    }
    if WRITES.contains(&word.as_str()) {
        return Err(PlanError::ReadOnly(word));
    }
    cursor.advance();
    let kind = match word.as_str() {
        "BEGIN" => {
            let _ = cursor.take("WORK") || cursor.take("TRANSACTION");
            StatementKind::Begin(modes(&mut cursor)?)
        }
        "START" => {
            cursor.expect("TRANSACTION")?;
            StatementKind::Begin(modes(&mut cursor)?)
        }
        "COMMIT" | "END" => {
            let _ = cursor.take("WORK") || cursor.take("TRANSACTION");
            StatementKind::Commit { chain: chain(&mut cursor)? }
        }
        "ROLLBACK" | "ABORT" => rollback(&mut cursor)?,
        "SAVEPOINT" => StatementKind::Savepoint(cursor.name()?),
        "RELEASE" => {
            let _ = cursor.take("SAVEPOINT");
            StatementKind::Release(cursor.name()?)
        }
        "SET" => set(&mut cursor)?,
        "SHOW" => show(&mut cursor)?,
        "RESET" => reset(&mut cursor)?,
        "DISCARD" => discard(&mut cursor)?,
        "DECLARE" => return declare(cursor),
        "FETCH" => fetch(&mut cursor, false)?,
        "MOVE" => fetch(&mut cursor, true)?,
        "CLOSE" => StatementKind::Close(name_or_all(&mut cursor)?),
        "PREPARE" => return prepare(cursor),
        "EXECUTE" => execute(&mut cursor)?,
        "DEALLOCATE" => {
            let _ = cursor.take("PREPARE");
            StatementKind::Deallocate(name_or_all(&mut cursor)?)
        }
        "LISTEN" => StatementKind::Listen(cursor.name()?),
        "UNLISTEN" => {
            if cursor.take_token(&Token::Mul) {
                StatementKind::Unlisten(None)
            } else {
                StatementKind::Unlisten(Some(cursor.name()?))
            }
        }
        "COPY" => copy(&mut cursor)?,
        "EXPLAIN" => return explain(cursor),
        _ => return Err(unknown),
    };
    cursor.end()?;
    Ok(kind)
}

/// LOCK TABLE ... IN ACCESS SHARE MODE keeps others from changing a table's structure while it is read, and a read-only
/// transaction may ask for it. Here the structure that a statement sees stays as it is without being asked.
fn locks_for_reading(cursor: &Cursor) -> bool {
    let words: Vec<String> = cursor
        .rest()
        .iter()
        .filter_map(|token| match &token.token {
            Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_ascii_uppercase()),
            _ => None,
        })
        .collect();
    let words = words.strip_suffix(&["NOWAIT".to_string()]).unwrap_or(&words);
    words.ends_with(&["IN", "ACCESS", "SHARE", "MODE"].map(String::from))
}

fn query(cursor: &Cursor) -> Result<Query, PlanError> {
    let tokens = without_read_only(cursor.rest());
    if let [only] = tokens
        && matches!(&only.token, Token::Word(word) if word.keyword == Keyword::SELECT)
    {
        // One row of no column: the parser takes that with FROM only.
        let mut row = crate::resolve::one_row()?;
        if let ast::SetExpr::Select(select) = row.body.as_mut() {
            select.projection.clear();
        }
        return Query::new(Box::new(row), tokens.len());
    }
    Query::new(cursor.parse(tokens, |parser| parser.parse_query())?, tokens.len())
}

/// FOR READ ONLY behind a query says that nothing is locked, which is so without it.
fn without_read_only(tokens: &[TokenWithSpan]) -> &[TokenWithSpan] {
    let is = |token: &TokenWithSpan, word: &str| matches!(&token.token, Token::Word(found) if found.quote_style.is_none() && found.value.eq_ignore_ascii_case(word));
    match tokens {
        [query @ .., a, b, c] if is(a, "FOR") && is(b, "READ") && is(c, "ONLY") => query,
        _ => tokens,
    }
}

fn name_or_all(cursor: &mut Cursor) -> Result<Option<String>, PlanError> {
    if cursor.take("ALL") { Ok(None) } else { cursor.name().map(Some) }
}

/// A query inside another statement: a write there is named as such.
fn inner_query(cursor: &Cursor) -> Result<Query, PlanError> {
    match cursor.word() {
        Some(word) if WRITES.contains(&word.as_str()) => Err(PlanError::ReadOnly(word)),
        Some(word) if !matches!(word.as_str(), "SELECT" | "WITH" | "VALUES" | "TABLE") => {
            Err(PlanError::Unsupported(format!("{word} at this place")))
        }
        _ => query(cursor),
    }
}
