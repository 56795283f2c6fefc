//! PREPARE, EXECUTE and EXPLAIN: statements about a statement.

use sluice_base::{Datum, SqlType};
use sqlparser::tokenizer::Token;

use super::inner_query;
use super::settings::text_value;
use crate::PlanError;
use crate::statement::tokens::Cursor;
use crate::statement::{ExplainOptions, StatementKind};

pub(super) fn prepare(mut cursor: Cursor) -> Result<StatementKind, PlanError> {
    let name = cursor.name()?;
    let mut types = Vec::new();
    if cursor.take_token(&Token::LParen) {
        let inside = cursor.inside_parens()?;
        for part in Cursor::pieces(inside) {
            let parsed = cursor.parse(part, |parser| parser.parse_data_type())?;
            types.push(plain(crate::resolve::sql_type_of(&parsed)?));
        }
    }
    cursor.expect("AS")?;
    Ok(StatementKind::Prepare { name, types, query: inner_query(&cursor)? })
}

/// A parameter's type has no modifier: a value is not cut or rounded to it.
fn plain(sql_type: SqlType) -> SqlType {
    match sql_type {
        SqlType::Numeric(_) => SqlType::Numeric(None),
        SqlType::Varchar(_) => SqlType::Varchar(None),
        SqlType::Bpchar(_) => SqlType::Bpchar(None),
        SqlType::Array(item) => SqlType::Array(Box::new(plain(*item))),
        other => other,
    }
}

pub(super) fn execute(cursor: &mut Cursor) -> Result<StatementKind, PlanError> {
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

pub(super) fn explain(mut cursor: Cursor) -> Result<StatementKind, PlanError> {
    let mut options = ExplainOptions { policy: false, analyze: false, costs: true, json: false };
    if cursor.peek() == Some(&Token::LParen)
        && !matches!(cursor.word_at(1).as_deref(), Some("SELECT" | "WITH" | "VALUES" | "TABLE"))
    {
        cursor.advance();
        for option in Cursor::pieces(cursor.inside_parens()?) {
            let mut option = Cursor::new("", option);
            explain_option(&mut option, &mut options)?;
            option.end()?;
        }
    }
    loop {
        if cursor.take("ANALYZE") || cursor.take("ANALYSE") {
            options.analyze = true;
        } else if !cursor.take("VERBOSE") {
            break;
        }
    }
    Ok(StatementKind::Explain { query: inner_query(&cursor)?, options })
}

fn explain_option(option: &mut Cursor, options: &mut ExplainOptions) -> Result<(), PlanError> {
    let name = option.name()?;
    let value = if option.at_end() { None } else { text_value(option)? };
    if name == "format" {
        options.json = match value.as_deref() {
            Some("text") => false,
            Some("json") => true,
            other => return Err(PlanError::Unsupported(format!("EXPLAIN FORMAT {}", other.unwrap_or_default()))),
        };
        return Ok(());
    }
    let on = match value.as_deref() {
        None | Some("true" | "on" | "1") => true,
        Some("false" | "off" | "0") => false,
        Some(_) => return Err(PlanError::InvalidParameter("an option of EXPLAIN requires a Boolean value")),
    };
    match name.as_str() {
        "policy" => options.policy = on,
        "analyze" => options.analyze = on,
        "costs" => options.costs = on,
        // Nothing of what these add is ever shown: the answer is the same with and without.
        "verbose" | "summary" | "settings" | "buffers" => {}
        "timing" | "wal" if !on => {}
        other => return Err(PlanError::Unsupported(format!("EXPLAIN option {other}"))),
    }
    Ok(())
}
