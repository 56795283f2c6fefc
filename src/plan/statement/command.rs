//! The statement kinds by their first word. Closed list: what is not named here is refused.

use sluice_base::Datum;
use sqlparser::tokenizer::Token;

use super::tokens::Cursor;
use super::{CopyFormat, CopyOptions, FetchCount, IsolationLevel, StatementKind, TransactionModes};
use crate::{PlanError, Query};

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
    let Some(word) = cursor.word() else { return Err(cursor.error()) };
    if matches!(word.as_str(), "SELECT" | "WITH" | "VALUES" | "TABLE") {
        return query(&cursor).map(StatementKind::Query);
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
            no_chain(&mut cursor)?;
            StatementKind::Commit
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
        _ => return Err(unknown(&word, &cursor)),
    };
    cursor.end()?;
    Ok(kind)
}

fn unknown(word: &str, cursor: &Cursor) -> PlanError {
    let position = match cursor.rest().first() {
        _ if cursor.at_end() => None,
        _ => Some(1),
    };
    PlanError::Syntax { message: format!("syntax error at or near \"{}\"", word.to_lowercase()), position }
}

fn query(cursor: &Cursor) -> Result<Query, PlanError> {
    Query::new(cursor.parse(cursor.rest(), |parser| parser.parse_query())?)
}

fn no_chain(cursor: &mut Cursor) -> Result<(), PlanError> {
    if cursor.take("AND") {
        if !cursor.take("NO") {
            return Err(PlanError::Unsupported("AND CHAIN".into()));
        }
        cursor.expect("CHAIN")?;
    }
    if cursor.word().as_deref() == Some("PREPARED") {
        return Err(PlanError::Unsupported("two-phase commit".into()));
    }
    Ok(())
}

fn rollback(cursor: &mut Cursor) -> Result<StatementKind, PlanError> {
    let _ = cursor.take("WORK") || cursor.take("TRANSACTION");
    if cursor.take("TO") {
        let _ = cursor.take("SAVEPOINT");
        return Ok(StatementKind::RollbackTo(cursor.name()?));
    }
    no_chain(cursor)?;
    Ok(StatementKind::Rollback)
}

fn modes(cursor: &mut Cursor) -> Result<TransactionModes, PlanError> {
    let mut modes = TransactionModes::default();
    while !cursor.at_end() {
        if cursor.take("ISOLATION") {
            cursor.expect("LEVEL")?;
            modes.isolation = Some(isolation(cursor)?);
        } else if cursor.take("READ") {
            modes.read_only = Some(if cursor.take("ONLY") {
                true
            } else {
                cursor.expect("WRITE")?;
                false
            });
        } else if cursor.take("DEFERRABLE") {
            modes.deferrable = Some(true);
        } else if cursor.take("NOT") {
            cursor.expect("DEFERRABLE")?;
            modes.deferrable = Some(false);
        } else {
            return Err(cursor.error());
        }
        let _ = cursor.take_token(&Token::Comma);
    }
    Ok(modes)
}

fn isolation(cursor: &mut Cursor) -> Result<IsolationLevel, PlanError> {
    if cursor.take("SERIALIZABLE") {
        return Ok(IsolationLevel::Serializable);
    }
    if cursor.take("REPEATABLE") {
        cursor.expect("READ")?;
        return Ok(IsolationLevel::RepeatableRead);
    }
    cursor.expect("READ")?;
    if cursor.take("COMMITTED") {
        return Ok(IsolationLevel::ReadCommitted);
    }
    cursor.expect("UNCOMMITTED")?;
    Ok(IsolationLevel::ReadUncommitted)
}

fn set(cursor: &mut Cursor) -> Result<StatementKind, PlanError> {
    let local = cursor.take("LOCAL");
    if !local && cursor.take("SESSION") {
        if cursor.take("CHARACTERISTICS") {
            cursor.expect("AS")?;
            cursor.expect("TRANSACTION")?;
            return Ok(StatementKind::SetTransaction(modes(cursor)?));
        }
        if cursor.take("AUTHORIZATION") {
            let who = text_value(cursor)?;
            return Ok(StatementKind::SetSessionAuthorization(who.filter(|w| !w.eq_ignore_ascii_case("default"))));
        }
    }
    if cursor.take("TRANSACTION") {
        return Ok(StatementKind::SetTransaction(modes(cursor)?));
    }
    if cursor.take("ROLE") {
        let role = text_value(cursor)?;
        return Ok(StatementKind::SetRole(role.filter(|r| !r.eq_ignore_ascii_case("none"))));
    }
    if cursor.take("TIME") {
        cursor.expect("ZONE")?;
        let value = text_value(cursor)?.filter(|v| !v.eq_ignore_ascii_case("local"));
        return Ok(StatementKind::Set { name: "timezone".into(), value, local });
    }
    if cursor.take("NAMES") {
        return Ok(StatementKind::Set { name: "client_encoding".into(), value: text_value(cursor)?, local });
    }
    if cursor.take("XML") {
        return Err(PlanError::Unsupported("SET XML OPTION".into()));
    }
    let name = cursor.dotted_name()?.to_lowercase();
    if !cursor.take_token(&Token::Eq) {
        cursor.expect("TO")?;
    }
    let mut parts = Vec::new();
    loop {
        match text_value(cursor)? {
            Some(part) => parts.push(part),
            None if parts.is_empty() && cursor.at_end() => {
                return Ok(StatementKind::Set { name, value: None, local });
            }
            None => return Err(cursor.error()),
        }
        if !cursor.take_token(&Token::Comma) {
            break;
        }
    }
    Ok(StatementKind::Set { name, value: Some(parts.join(", ")), local })
}

/// One value of SET as text; `None` is DEFAULT.
fn text_value(cursor: &mut Cursor) -> Result<Option<String>, PlanError> {
    if cursor.take("DEFAULT") {
        return Ok(None);
    }
    let negative = cursor.take_token(&Token::Minus);
    let error = cursor.error();
    match cursor.advance() {
        Some(Token::Number(number, _)) => Ok(Some(format!("{}{number}", if negative { "-" } else { "" }))),
        _ if negative => Err(error),
        Some(Token::SingleQuotedString(text) | Token::EscapedStringLiteral(text)) => Ok(Some(text.clone())),
        Some(Token::Word(word)) => Ok(Some(match word.quote_style {
            Some(_) => word.value.clone(),
            None => word.value.to_lowercase(),
        })),
        _ => Err(error),
    }
}

fn show(cursor: &mut Cursor) -> Result<StatementKind, PlanError> {
    let name = if cursor.take("TRANSACTION") {
        cursor.expect("ISOLATION")?;
        cursor.expect("LEVEL")?;
        "transaction_isolation".to_string()
    } else if cursor.take("TIME") {
        cursor.expect("ZONE")?;
        "timezone".into()
    } else if cursor.take("SESSION") {
        cursor.expect("AUTHORIZATION")?;
        "session_authorization".into()
    } else {
        cursor.dotted_name()?.to_lowercase()
    };
    Ok(StatementKind::Show(name))
}

fn reset(cursor: &mut Cursor) -> Result<StatementKind, PlanError> {
    if cursor.take("ALL") {
        return Ok(StatementKind::Reset(None));
    }
    if cursor.take("ROLE") {
        return Ok(StatementKind::SetRole(None));
    }
    if cursor.take("SESSION") {
        cursor.expect("AUTHORIZATION")?;
        return Ok(StatementKind::SetSessionAuthorization(None));
    }
    if cursor.take("TIME") {
        cursor.expect("ZONE")?;
        return Ok(StatementKind::Reset(Some("timezone".into())));
    }
    Ok(StatementKind::Reset(Some(cursor.dotted_name()?.to_lowercase())))
}

fn discard(cursor: &mut Cursor) -> Result<StatementKind, PlanError> {
    let what = cursor.name()?.to_uppercase();
    match what.as_str() {
        "ALL" | "PLANS" | "SEQUENCES" | "TEMP" | "TEMPORARY" => Ok(StatementKind::Discard(what)),
        _ => Err(cursor.error()),
    }
}

fn name_or_all(cursor: &mut Cursor) -> Result<Option<String>, PlanError> {
    if cursor.take("ALL") { Ok(None) } else { cursor.name().map(Some) }
}

fn declare(mut cursor: Cursor) -> Result<StatementKind, PlanError> {
    let name = cursor.name()?;
    let (mut binary, mut scroll) = (false, false);
    loop {
        if cursor.take("BINARY") {
            binary = true;
        } else if cursor.take("NO") {
            cursor.expect("SCROLL")?;
            scroll = false;
        } else if cursor.take("SCROLL") {
            scroll = true;
        } else if !(cursor.take("INSENSITIVE") || cursor.take("ASENSITIVE")) {
            break;
        }
    }
    cursor.expect("CURSOR")?;
    let mut hold = false;
    if cursor.take("WITH") {
        cursor.expect("HOLD")?;
        hold = true;
    } else if cursor.take("WITHOUT") {
        cursor.expect("HOLD")?;
    }
    cursor.expect("FOR")?;
    Ok(StatementKind::Declare { name, query: inner_query(&cursor)?, binary, scroll, hold })
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

fn fetch(cursor: &mut Cursor, move_only: bool) -> Result<StatementKind, PlanError> {
    let count = fetch_count(cursor)?;
    let _ = cursor.take("FROM") || cursor.take("IN");
    Ok(StatementKind::Fetch { name: cursor.name()?, count, move_only })
}

fn fetch_count(cursor: &mut Cursor) -> Result<FetchCount, PlanError> {
    // A cursor may be called like one of the direction words; then nothing follows it.
    let alone = cursor.rest().len() == 1;
    let word = if alone { None } else { cursor.word() };
    let Some(word) = word else {
        return Ok(match integer(cursor)? {
            Some(n) if n < 0 => FetchCount::Backward(n.unsigned_abs()),
            Some(n) => FetchCount::Forward(n.unsigned_abs()),
            None => FetchCount::Forward(1),
        });
    };
    let direction = match word.as_str() {
        "NEXT" => FetchCount::Forward(1),
        "PRIOR" => FetchCount::Backward(1),
        "FIRST" => FetchCount::Absolute(1),
        "LAST" => FetchCount::Last,
        "ALL" => FetchCount::ForwardAll,
        "ABSOLUTE" | "RELATIVE" | "FORWARD" | "BACKWARD" => {
            cursor.advance();
            return counted(cursor, &word);
        }
        _ => return Ok(FetchCount::Forward(1)),
    };
    cursor.advance();
    Ok(direction)
}

fn counted(cursor: &mut Cursor, word: &str) -> Result<FetchCount, PlanError> {
    let all = matches!(word, "FORWARD" | "BACKWARD") && cursor.take("ALL");
    let count = if all { None } else { integer(cursor)? };
    Ok(match (word, all, count) {
        ("FORWARD", true, _) => FetchCount::ForwardAll,
        ("BACKWARD", true, _) => FetchCount::BackwardAll,
        ("ABSOLUTE", _, Some(n)) => FetchCount::Absolute(n),
        ("RELATIVE", _, Some(n)) => FetchCount::Relative(n),
        ("ABSOLUTE" | "RELATIVE", _, None) => return Err(cursor.error()),
        ("FORWARD", _, n) => signed(n.unwrap_or(1)),
        (_, _, n) => signed(n.unwrap_or(1).saturating_neg()),
    })
}

fn signed(count: i64) -> FetchCount {
    if count < 0 { FetchCount::Backward(count.unsigned_abs()) } else { FetchCount::Forward(count.unsigned_abs()) }
}

fn integer(cursor: &mut Cursor) -> Result<Option<i64>, PlanError> {
    let negative = cursor.take_token(&Token::Minus);
    match cursor.peek() {
        Some(Token::Number(text, _)) => {
            let value: i64 = text.parse().map_err(|_| cursor.error())?;
            cursor.advance();
            Ok(Some(if negative { -value } else { value }))
        }
        _ if negative => Err(cursor.error()),
        _ => Ok(None),
    }
}

fn prepare(mut cursor: Cursor) -> Result<StatementKind, PlanError> {
    let name = cursor.name()?;
    let mut types = Vec::new();
    if cursor.take_token(&Token::LParen) {
        let inside = cursor.inside_parens()?;
        for part in inside.split(|t| t.token == Token::Comma) {
            let parsed = cursor.parse(part, |parser| parser.parse_data_type())?;
            types.push(crate::resolve::sql_type_of(&parsed)?);
        }
    }
    cursor.expect("AS")?;
    Ok(StatementKind::Prepare { name, types, query: inner_query(&cursor)? })
}

fn execute(cursor: &mut Cursor) -> Result<StatementKind, PlanError> {
    let name = cursor.name()?;
    let mut args = Vec::new();
    if cursor.take_token(&Token::LParen) && !cursor.take_token(&Token::RParen) {
        loop {
            args.push(literal(cursor)?);
            if !cursor.take_token(&Token::Comma) {
                break;
            }
        }
        cursor.expect_token(&Token::RParen)?;
    }
    Ok(StatementKind::Execute { name, args })
}

fn literal(cursor: &mut Cursor) -> Result<Datum, PlanError> {
    let negative = cursor.take_token(&Token::Minus);
    let error = cursor.error();
    let value = match cursor.advance() {
        Some(Token::Number(text, _)) => {
            let text = if negative { format!("-{text}") } else { text.clone() };
            return Ok(text.parse().map_or(Datum::Numeric(text), Datum::Int));
        }
        Some(Token::SingleQuotedString(text) | Token::EscapedStringLiteral(text)) => Datum::Text(text.clone()),
        Some(Token::Word(word)) if word.quote_style.is_none() => match word.value.to_ascii_uppercase().as_str() {
            "NULL" => Datum::Null,
            "TRUE" => Datum::Bool(true),
            "FALSE" => Datum::Bool(false),
            _ => return Err(PlanError::Unsupported("an EXECUTE argument that is not a literal".into())),
        },
        _ => return Err(error),
    };
    if negative { Err(error) } else { Ok(value) }
}

fn explain(mut cursor: Cursor) -> Result<StatementKind, PlanError> {
    let (mut policy, mut analyze) = (false, false);
    if cursor.peek() == Some(&Token::LParen)
        && !matches!(cursor.word_at(1).as_deref(), Some("SELECT" | "WITH" | "VALUES"))
    {
        cursor.advance();
        for option in cursor.inside_parens()?.split(|t| t.token == Token::Comma) {
            let mut option = Cursor::new("", option);
            let name = option.name()?;
            let value = option.word();
            let on = !matches!(value.as_deref(), Some("FALSE" | "OFF"));
            match name.as_str() {
                "policy" => policy = on,
                "analyze" => analyze = on,
                // Nothing of what these add is ever shown: the answer is the same with and without.
                "verbose" | "costs" | "summary" => {}
                "timing" | "buffers" | "settings" | "wal" if !on => {}
                "format" if value.as_deref() == Some("TEXT") => {}
                other => return Err(PlanError::Unsupported(format!("EXPLAIN option {other}"))),
            }
        }
    }
    loop {
        if cursor.take("ANALYZE") || cursor.take("ANALYSE") {
            analyze = true;
        } else if !cursor.take("VERBOSE") {
            break;
        }
    }
    Ok(StatementKind::Explain { query: inner_query(&cursor)?, policy, analyze })
}

fn copy(cursor: &mut Cursor) -> Result<StatementKind, PlanError> {
    if cursor.peek() != Some(&Token::LParen) {
        return copy_table(cursor);
    }
    cursor.advance();
    let inside = cursor.inside_parens()?;
    let query = inner_query(&Cursor::new("", inside))?;
    cursor.expect("TO")?;
    if !cursor.take("STDOUT") {
        return Err(PlanError::Unsupported("COPY to a file or program of the server".into()));
    }
    Ok(StatementKind::CopyOut { query, options: copy_options(cursor)? })
}

/// `COPY table [(columns)] TO STDOUT` is the query over these columns; FROM is a write.
fn copy_table(cursor: &mut Cursor) -> Result<StatementKind, PlanError> {
    use sqlparser::tokenizer::{TokenWithSpan, Word};
    let mut table = Vec::new();
    while let Some(Token::Word(_) | Token::Period) = cursor.peek() {
        if matches!(cursor.word().as_deref(), Some("TO" | "FROM")) {
            break;
        }
        table.push(cursor.rest()[0].clone());
        cursor.advance();
    }
    if table.is_empty() {
        return Err(cursor.error());
    }
    let columns = if cursor.take_token(&Token::LParen) { Some(cursor.inside_parens()?.to_vec()) } else { None };
    if cursor.take("FROM") {
        return Err(PlanError::ReadOnly("COPY FROM".into()));
    }
    cursor.expect("TO")?;
    if !cursor.take("STDOUT") {
        return Err(PlanError::Unsupported("COPY to a file or program of the server".into()));
    }
    let word = |text: &str| {
        let keyword = match Token::make_keyword(text) {
            Token::Word(Word { keyword, .. }) => keyword,
            _ => sqlparser::keywords::Keyword::NoKeyword,
        };
        TokenWithSpan::wrap(Token::Word(Word { value: text.into(), quote_style: None, keyword }))
    };
    let mut tokens = vec![word("SELECT")];
    tokens.extend(columns.unwrap_or_else(|| vec![TokenWithSpan::wrap(Token::Mul)]));
    tokens.push(word("FROM"));
    tokens.extend(table);
    let query = Query::new(cursor.parse(&tokens, |parser| parser.parse_query())?)?;
    Ok(StatementKind::CopyOut { query, options: copy_options(cursor)? })
}

fn copy_options(cursor: &mut Cursor) -> Result<CopyOptions, PlanError> {
    let mut options = CopyOptions {
        format: CopyFormat::Text,
        delimiter: None,
        null: None,
        header: false,
        quote: None,
        escape: None,
        force_quote: None,
    };
    let _ = cursor.take("WITH");
    if cursor.take_token(&Token::LParen) {
        for part in cursor.inside_parens()?.split(|t| t.token == Token::Comma) {
            let mut part = Cursor::new("", part);
            let name = part.name()?;
            copy_option(&name, &mut part, &mut options)?;
            part.end()?;
        }
    } else {
        while !cursor.at_end() {
            let name = cursor.name()?;
            let _ = cursor.take("AS");
            match name.as_str() {
                "binary" => options.format = CopyFormat::Binary,
                "csv" => options.format = CopyFormat::Csv,
                "header" => options.header = true,
                "delimiter" | "delimiters" | "null" | "quote" | "escape" => {
                    copy_option(name.trim_end_matches('s'), cursor, &mut options)?;
                }
                other => return Err(PlanError::Unsupported(format!("COPY option {other}"))),
            }
        }
    }
    if options.format == CopyFormat::Binary && (options.delimiter.is_some() || options.null.is_some() || options.header)
    {
        return Err(PlanError::Unsupported("DELIMITER, NULL or HEADER in COPY BINARY".into()));
    }
    Ok(options)
}

fn copy_option(name: &str, cursor: &mut Cursor, options: &mut CopyOptions) -> Result<(), PlanError> {
    match name {
        "format" => {
            options.format = match text_value(cursor)?.as_deref() {
                Some("text") => CopyFormat::Text,
                Some("csv") => CopyFormat::Csv,
                Some("binary") => CopyFormat::Binary,
                _ => return Err(PlanError::Unsupported("this COPY format".into())),
            }
        }
        "delimiter" => options.delimiter = Some(one_char(cursor)?),
        "null" => options.null = text_value(cursor)?,
        "quote" => options.quote = Some(one_char(cursor)?),
        "escape" => options.escape = Some(one_char(cursor)?),
        "header" => {
            let value = if cursor.at_end() { None } else { text_value(cursor)? };
            options.header = match value.as_deref() {
                None | Some("true" | "on" | "1") => true,
                Some("false" | "off" | "0") => false,
                Some(_) => return Err(PlanError::Unsupported("this value of HEADER".into())),
            };
        }
        "force_quote" => {
            let mut columns = Vec::new();
            if !cursor.take_token(&Token::Mul) {
                cursor.expect_token(&Token::LParen)?;
                loop {
                    columns.push(cursor.name()?);
                    if !cursor.take_token(&Token::Comma) {
                        break;
                    }
                }
                cursor.expect_token(&Token::RParen)?;
            }
            options.force_quote = Some(columns);
        }
        "encoding" => match text_value(cursor)? {
            Some(encoding) if encoding.eq_ignore_ascii_case("utf8") || encoding.eq_ignore_ascii_case("utf-8") => {}
            _ => return Err(PlanError::Unsupported("a COPY encoding other than UTF8".into())),
        },
        other => return Err(PlanError::Unsupported(format!("COPY option {other}"))),
    }
    Ok(())
}

fn one_char(cursor: &mut Cursor) -> Result<char, PlanError> {
    let text = text_value(cursor)?.unwrap_or_default();
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if c.is_ascii() => Ok(c),
        _ => Err(PlanError::Unsupported(
            "a COPY delimiter, quote or escape that is not one single-byte character".into(),
        )),
    }
}
